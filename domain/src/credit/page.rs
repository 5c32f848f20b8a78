//! What is shown of the credit.

use super::{Dimension, Effect, Grade, Origin, State, Trend};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Names of the filters of the list of ratings. The first is the search box.
pub const FILTERS: [&str; 5] = ["q", "grade", "trend", "kind", "district"];

/// Which point of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PointRef {
    /// Where it comes from.
    pub origin: Origin,
    /// Number there.
    pub no: i64,
    /// Item: the id of its rule row.
    pub item: String,
}

impl fmt::Display for PointRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.origin.code(), self.no, self.item)
    }
}

impl From<PointRef> for String {
    fn from(p: PointRef) -> Self {
        p.to_string()
    }
}

impl TryFrom<String> for PointRef {
    type Error = String;
    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl FromStr for PointRef {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{}` is no point", crate::clock::clip(s));
        let mut parts = s.splitn(3, '.');
        let (origin, no, item) = (parts.next(), parts.next(), parts.next());
        let origin = origin.and_then(Origin::from_code).ok_or_else(bad)?;
        let no = no.filter(|n| !n.starts_with('+')).and_then(|n| n.parse().ok()).filter(|n: &i64| *n >= 0);
        let item = item.filter(|i| (1..=64).contains(&i.len()) && i.bytes().all(|b| b.is_ascii_graphic()));
        Ok(Self { origin, no: no.ok_or_else(bad)?, item: item.ok_or_else(bad)?.to_owned() })
    }
}

/// A point that is taken, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Which.
    pub point: PointRef,
    /// What it is called, Chinese and English.
    pub name: (String, String),
    /// From which dimension it is taken; none where no rule in force knows its item.
    pub dimension: Option<Dimension>,
    /// By which document …
    pub source: String,
    /// … and clause.
    pub clause: String,
    /// The page of the event; `None` where it has none of its own.
    pub event: Option<String>,
    /// When it happened.
    pub day: NaiveDate,
    /// When it was closed.
    pub closed: Option<NaiveDate>,
    /// How many, of how many.
    pub share: (i64, i64),
    /// Share that counts at all, percent.
    pub kept: i64,
    /// What it costs today, thousandths of a point, before the cap of its item.
    pub cost: i64,
    /// The day from which on it costs nothing; `None` for what lasts as long as it is so.
    pub fades: Option<NaiveDate>,
    /// Whether it forces the grade D by itself.
    pub veto: bool,
    /// What closing it would give back, percent; 0 where it cannot be closed, or is.
    pub repair: i64,
    /// The appeal against it.
    pub appeal: Option<(i64, State)>,
}

/// An item on the page of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// Id of its rule row.
    pub item: String,
    /// What it is called, Chinese and English.
    pub name: (String, String),
    /// By which document and clause.
    pub basis: (String, String),
    /// Facts of it that count today.
    pub facts: i64,
    /// All of them together, thousandths of a point.
    pub raw: i64,
    /// What is taken, its cap considered.
    pub taken: i64,
    /// Whether it forces the grade D.
    pub veto: bool,
}

/// A dimension on the page of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimensionLine {
    /// Which.
    pub dimension: Dimension,
    /// Thousandths of a point that are left.
    pub left: i64,
    /// Of so many.
    pub of: i64,
    /// What was taken, the most first.
    pub items: Vec<ItemLine>,
}

/// A change of the grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// When, ms.
    pub at: i64,
    /// The grade before; none for the first.
    pub was: Option<Grade>,
    /// The grade then.
    pub is: Grade,
    /// Points, thousandths.
    pub score: i64,
    /// Version of the rules.
    pub version: i64,
}

/// An organisation in the list of ratings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingLine {
    /// Organisation.
    pub org: i64,
    /// Its name.
    pub name: String,
    /// Its kind, a word of [`crate::org::Kind`].
    pub kind: String,
    /// District, GB/T 2260.
    pub division: i32,
    /// … its name.
    pub district: String,
    /// Points, thousandths.
    pub score: i64,
    /// Its grade.
    pub grade: Grade,
    /// Where it goes …
    pub trend: Trend,
    /// … by how many thousandths.
    pub by: i64,
    /// Whether an item alone forces the grade D.
    pub veto: bool,
    /// As of which day.
    pub day: NaiveDate,
}

/// The page of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingPage {
    /// Its rating.
    pub line: RatingLine,
    /// Version of the rules that it follows from.
    pub version: i64,
    /// The dimensions, in their order.
    pub dimensions: Vec<DimensionLine>,
    /// The latest points, the newest first; [`Self::more`] says that there are others.
    pub points: Vec<Point>,
    /// Whether there are more points than these.
    pub more: bool,
    /// What its grade changes. None of it is done by the system.
    pub effects: Vec<Effect>,
    /// The grades that it had, the latest first.
    pub turned: Vec<Turned>,
    /// Its points on the first days of the last twelve months and today, under the rules of today, the first first.
    pub curve: Vec<(NaiveDate, i64)>,
}

/// How many have which grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// A, B, C, D.
    pub grades: [i64; 4],
    /// Rising, steady, falling.
    pub trends: [i64; 3],
}

/// What anybody may know of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Public {
    /// Its name.
    pub name: String,
    /// Its grade.
    pub grade: Grade,
    /// Where it goes.
    pub trend: Trend,
}

/// What somebody looks up, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A part of a name, Chinese or mixed: characters in their order.
    Name(String),
    /// Letters: Pinyin whole, or the first letters.
    Letters(String),
}

impl Look {
    /// Reads what was typed; `None` where it is nothing to look for: shorter than two characters, too long, or without any letter.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let kept: String = crate::codes::half_width(text)
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        if !(2..=40).contains(&kept.chars().count()) {
            return None;
        }
        Some(if kept.bytes().all(|b| b.is_ascii_alphanumeric()) { Self::Letters(kept) } else { Self::Name(kept) })
    }
}

/// An organisation that other rules would grade otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Organisation.
    pub org: i64,
    /// Its name.
    pub name: String,
    /// Points in thousandths and grade under the rules in force.
    pub was: (i64, Grade),
    /// The same under the others.
    pub is: (i64, Grade),
}

/// What other rules would come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// Organisations that were looked at.
    pub seen: i64,
    /// Whose points become others.
    pub moved: i64,
    /// A, B, C, D now.
    pub was: [i64; 4],
    /// A, B, C, D then.
    pub is: [i64; 4],
    /// Those whose grade becomes another, the gravest fall first; a thousand at most.
    pub turned: Vec<Moved>,
}
