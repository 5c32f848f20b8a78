//! An analysis as a table: what its page shows, what its export writes. Each figure knows the list behind it.

use super::{Asked, Kind, Unit};
use crate::list::Part;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Rows on a page.
pub const PAGE: usize = 50;

/// An amount, whatever it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Nobody recorded it, or there is nothing to divide by.
    #[default]
    Unknown,
    /// A count.
    Count(i64),
    /// Thousandths of what the column says: grams under kg, millilitres under L.
    Thousandths(i64),
    /// A share, per mille.
    Permille(i64),
    /// A text that is the same in every language: a name, a day, a month.
    Text(String),
    /// A word, Chinese and English.
    Word(String, String),
}

/// A figure with the address of the list behind it; empty where no list is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// How much.
    pub amount: Amount,
    /// Where the list stands.
    pub to: String,
}

impl From<Amount> for Figure {
    fn from(amount: Amount) -> Self {
        Self { amount, to: String::new() }
    }
}

impl Amount {
    /// A number to compare and to draw by.
    #[must_use]
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Count(n) | Self::Thousandths(n) | Self::Permille(n) => Some(*n),
            Self::Unknown | Self::Text(_) | Self::Word(..) => None,
        }
    }

    /// A count that may not be known.
    #[must_use]
    pub fn count(n: Option<i64>) -> Self {
        n.map_or(Self::Unknown, Self::Count)
    }

    /// A share that may not be known.
    #[must_use]
    pub fn permille(n: Option<i64>) -> Self {
        n.map_or(Self::Unknown, Self::Permille)
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) | (Self::Word(a, _), Self::Word(b, _)) => a.cmp(b),
            _ => self.number().cmp(&other.number()),
        }
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Rows, each as long as the columns of its analysis: all of them, or those of a page.
    pub rows: Vec<Vec<Figure>>,
    /// How many rows there are on all pages.
    pub all: usize,
    /// All together; empty where rows do not add up.
    pub total: Vec<Figure>,
    /// The day that was asked for.
    pub as_of: NaiveDate,
    /// When it was made, ms, where what takes long to make is kept for a while.
    pub made_at: Option<i64>,
    /// First and last day of the period, where it tells of one.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// What it was asked by, with the column that it is sorted by.
    pub asked: Asked,
    /// Name of the district that it was narrowed to.
    pub district: String,
}

/// Whose list stands behind a figure.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'a> {
    /// What the analysis is asked by.
    pub asked: &'a Asked,
    /// The day it is judged at.
    pub day: NaiveDate,
    /// The unit; `None` for all.
    pub unit: Option<i64>,
}

impl Behind<'_> {
    /// A count of cylinders, with their list.
    #[must_use]
    pub fn cylinders(&self, count: i64, filters: &[(&str, &str)]) -> Figure {
        Figure { amount: Amount::Count(count), to: self.asked.cylinders(self.day, self.unit, filters) }
    }
}

/// A row of an analysis.
pub trait Line: Clone + Default {
    /// What it speaks of.
    fn unit(&self) -> &Unit;
    /// Its figures behind the first column.
    fn figures(&self, behind: Behind<'_>) -> Vec<Figure>;
    /// Adds another's figures to its own.
    fn add(&mut self, other: &Self);
}

/// The table of these rows. `drill` gives the address that a unit's name leads to.
#[must_use]
pub fn sheet<T: Line>(
    lines: &[T],
    asked: &Asked,
    day: NaiveDate,
    drill: impl Fn(&Unit) -> String,
) -> (Vec<Vec<Figure>>, Vec<Figure>) {
    let mut sum = T::default();
    let mut rows = Vec::with_capacity(lines.len());
    for l in lines {
        sum.add(l);
        let behind = Behind { asked, day, unit: Some(l.unit().id) };
        let name = Figure { amount: Amount::Text(l.unit().name.clone()), to: drill(l.unit()) };
        rows.push(std::iter::once(name).chain(l.figures(behind)).collect());
    }
    let all = Figure::from(Amount::Word("合计".into(), "Total".into()));
    let total = std::iter::once(all).chain(sum.figures(Behind { asked, day, unit: None })).collect();
    (rows, if lines.is_empty() { vec![] } else { total })
}

impl Sheet {
    /// Sorts by the column that was asked for, else in the order of the analysis. False when it has no such column.
    #[must_use]
    pub fn sort(&mut self, kind: &Kind) -> bool {
        let name = if self.asked.sort.is_empty() { kind.order } else { &self.asked.sort };
        if name.is_empty() {
            return true;
        }
        let Some(at) = kind.column(name) else { return false };
        let ascending = self.asked.ascending;
        // Stable: what is equal stays in the order of the record; what is not known stands last either way.
        self.rows.sort_by(|a, b| {
            let (a, b) = (&a[at].amount, &b[at].amount);
            let known = (*a == Amount::Unknown).cmp(&(*b == Amount::Unknown));
            known.then_with(|| if ascending { a.compare(b) } else { b.compare(a) })
        });
        true
    }

    /// The rows of the page that was asked for; of the last one where there are not so many.
    #[must_use]
    pub fn page(mut self) -> Self {
        let part = Part::of(self.asked.page, PAGE, self.all);
        self.asked.page = self.asked.page.min(part.last);
        self.rows = part.rows(self.rows);
        self
    }

    /// The figure that stands for the analysis: the total of its main column.
    #[must_use]
    pub fn main(&self, kind: &Kind) -> Figure {
        let at = kind.column(kind.main);
        at.and_then(|at| self.total.get(at).or_else(|| self.rows.first()?.get(at))).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_part_of_the_rows_and_the_last_one_stands_for_those_behind_it() {
        let all: Vec<Vec<Figure>> = (0..101).map(|n| vec![Amount::Count(n).into()]).collect();
        let page = |page, rows: &[Vec<Figure>]| {
            let asked = Asked { page, ..Asked::default() };
            let s = Sheet { rows: rows.to_vec(), all: rows.len(), asked, ..Sheet::default() }.page();
            let at = |i: usize| s.rows.get(i).map(|r| r[0].amount.clone());
            (s.asked.page, s.rows.len(), at(0), Part::of(page, PAGE, s.all).last)
        };
        let first = |n| Some(Amount::Count(n));
        assert_eq!(page(0, &all), (0, 50, first(0), 3));
        assert_eq!(page(1, &all), (1, 50, first(0), 3));
        assert_eq!(page(2, &all), (2, 50, first(50), 3));
        for beyond in [3, 4, u32::MAX] {
            assert_eq!(page(beyond, &all), (3, 1, first(100), 3));
        }
        assert_eq!(page(7, &[]), (1, 0, None, 1));
        assert_eq!(page(2, &all[..50]), (1, 50, first(0), 1));
    }
}
