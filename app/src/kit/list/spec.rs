//! A list as a value: columns, filters, where the rows come from. A page that lists something is one of these.

use crate::{error::AppError, lang::Lang};
use domain::{
    list::{ListPage, ListQuery, Total},
    outcome::Text,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, pin::Pin};

/// An answer that is on its way.
pub type Coming<T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send>>;

/// A list of `T`.
pub struct ListSpec<T: 'static> {
    /// Its name: what this browser keeps its columns and views under.
    pub name: &'static str,
    /// Path of its page.
    pub path: &'static str,
    /// Its heading.
    pub title: Text,
    /// Its columns, in order. The first leads to the row's page.
    pub columns: &'static [Column<T>],
    /// The column that it is sorted by, where that depends on what is asked; else its first, until another is asked for.
    pub order: Option<fn(&ListQuery) -> &str>,
    /// What it can be narrowed by; the first is the search box.
    pub filters: &'static [Filter],
    /// Reads a page.
    pub fetch: fn(ListQuery) -> Coming<ListPage<T>>,
    /// Reads the choices of its filters that stand in the record.
    pub choices: fn() -> Coming<Choices>,
    /// The page of a row.
    pub link: fn(&T) -> String,
    /// The export of the same rows, by its name: it takes the same filters.
    pub export: Option<&'static str>,
    /// What can be done with the rows that are picked.
    pub bulk: Option<Bulk<T>>,
    /// What an empty list says.
    pub nothing: Text,
}

/// Something done with picked rows: a page of ours that takes them by its address. It is offered to whom that page opens.
pub struct Bulk<T: 'static> {
    /// Path of the page.
    pub path: &'static str,
    /// Name of the parameter, once a row.
    pub name: &'static str,
    /// What its button says.
    pub title: Text,
    /// What a row is called there; empty for one that cannot be picked.
    pub value: fn(&T) -> String,
}

/// The same without its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picks {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) title: Text,
}

/// A column.
pub struct Column<T: 'static> {
    /// Its name, by which it is sorted.
    pub name: &'static str,
    /// Its heading.
    pub title: Text,
    /// Whether the list can be sorted by it.
    pub sorted: bool,
    /// Whether it is shown unless the reader chooses otherwise.
    pub shown: bool,
    /// What stands in it.
    pub cell: fn(&T, Lang) -> Cell,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing on record.
    None,
    /// A text.
    Text(String),
    /// A code, a number or a date: digits as wide as each other, never broken.
    Code(String),
    /// A state in a word.
    Badge(Tone, String),
    /// Several words.
    Words(Vec<String>),
}

impl Cell {
    /// A text, or nothing where it is empty.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.is_empty() { Self::None } else { Self::Text(text.to_owned()) }
    }

    /// A code, or nothing where it is empty.
    #[must_use]
    pub fn code(text: &str) -> Self {
        if text.is_empty() { Self::None } else { Self::Code(text.to_owned()) }
    }
}

/// How grave a state is. The word beside it says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Nothing to note.
    Plain,
    /// In order.
    Ok,
    /// To be looked at.
    Warn,
    /// Must not be used.
    Bad,
}

impl Tone {
    /// Its word in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A filter.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name in the address.
    pub name: &'static str,
    /// Its label.
    pub title: Text,
    /// How it is entered.
    pub input: Input,
    /// Whether it stands in the first row; others stand behind «more».
    pub first: bool,
}

/// How a filter is entered.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A text, with what it takes as a hint.
    Text(Text),
    /// A day.
    Day,
    /// A year.
    Year,
    /// One of these.
    Choice(fn() -> Vec<Choice>),
    /// One of those that the record names under the filter's name.
    Record,
}

/// One of a choice: its value in the address, Chinese, English.
pub type Choice = (String, String, String);

/// Choices that stand in the record, by the name of the filter.
pub type Choices = BTreeMap<String, Vec<Choice>>;

/// A column without its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) name: &'static str,
    pub(super) title: Text,
    pub(super) sorted: bool,
    pub(super) shown: bool,
}

/// A page of rows as they are shown: what the browser takes over from the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    /// For each row its page, what it is picked by, and its cells.
    pub(super) rows: Vec<(String, String, Vec<Cell>)>,
    pub(super) total: Total,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl<T> ListSpec<T> {
    /// The columns without their type.
    pub(super) fn heads(&self) -> Vec<Head> {
        let heads = self.columns.iter();
        heads.map(|c| Head { name: c.name, title: c.title, sorted: c.sorted, shown: c.shown }).collect()
    }

    /// Rows as they are shown.
    pub(super) fn show(&self, page: ListPage<T>, lang: Lang) -> Shown {
        let picked = |row: &T| self.bulk.as_ref().map(|b| (b.value)(row)).unwrap_or_default();
        let cells = |row: &T| self.columns.iter().map(|c| (c.cell)(row, lang)).collect();
        Shown {
            rows: page.rows.iter().map(|row| ((self.link)(row), picked(row), cells(row))).collect(),
            total: page.total,
            before: page.before,
            after: page.after,
        }
    }
}
