//! What can be exported: any query that pages by key, as a value. A job reads it page by page, each in a transaction of its own, so
//! that memory does not grow with the rows and a job goes on after a restart where its last page ended.

mod analyses;
mod archive;
mod audit;
mod begin;
mod in_use;
pub mod job;
mod records;

pub use archive::ARCHIVE;
pub use audit::AUDIT;
pub use begin::{Refusal, Wanted, begin, line};
pub use in_use::IN_USE;
pub use records::RECORDS;

use crate::{Db, Error};
use chrono::NaiveDate;
use domain::{outcome::Text, permission::Permission, rules::RuleSet, scope::Viewer};
use std::{future::Future, pin::Pin};

/// Every export there is but those of analyses.
static TABLES: [&Rows; 4] = [&ARCHIVE, &IN_USE, &RECORDS, &AUDIT];

/// Every export there is.
pub fn all() -> impl Iterator<Item = &'static Rows> {
    TABLES.into_iter().chain(analyses::ALL)
}

/// An export: its columns, and where its rows come from.
#[derive(Debug)]
pub struct Rows {
    /// Its word in jobs and addresses.
    pub name: &'static str,
    /// What it is called; also the name of the file.
    pub title: Text,
    /// What its owner must be allowed to read.
    pub needs: Permission,
    /// The sequence that numbers its rows: nothing that is numbered after the job was asked for is in the file.
    pub numbers: &'static str,
    /// Heads of the columns.
    pub columns: fn() -> Vec<Text>,
    /// What is wrong with a filter, if anything.
    pub check: fn(&str) -> Result<(), String>,
    /// How many rows there will be at most: for the progress.
    pub count: for<'a> fn(Ask<'a>) -> Answer<'a, u64>,
    /// The rows after a key (empty at the start), at most so many.
    pub fetch: for<'a> fn(Ask<'a>, &'a str, u64) -> Answer<'a, Page>,
}

/// What an export is asked for with.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Where to read.
    pub db: &'a Db,
    /// Who asks.
    pub viewer: Viewer,
    /// The day as of which everything is judged.
    pub as_of: NaiveDate,
    /// The rules it is judged by.
    pub rules: &'a RuleSet,
    /// Nothing after this number of [`Rows::numbers`]: an export does not grow while it runs.
    pub upto: i64,
    /// What is asked for, JSON; empty for everything.
    pub filter: &'a str,
    /// In Chinese or English.
    pub zh: bool,
    /// The instant, ms.
    pub now: i64,
}

/// What a query will answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// The key of the last row; `None` when nothing follows.
    pub next: Option<String>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A number of thousandths, such as the grams of a weight in kilograms.
    Thousandths(i64),
}

impl Cell {
    /// A text; nothing where it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A text that people wrote: numbers of people are struck out of it, for nobody knows where a file goes.
    #[must_use]
    pub fn prose(text: &str) -> Self {
        Self::text(domain::personal::veiled(text))
    }

    /// Thousandths, where known.
    #[must_use]
    pub fn thousandths(value: Option<i64>) -> Self {
        value.map_or(Self::Empty, Self::Thousandths)
    }
}

/// The export of this name.
#[must_use]
pub fn of(name: &str) -> Option<&'static Rows> {
    all().find(|r| r.name == name)
}
