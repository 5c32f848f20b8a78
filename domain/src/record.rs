//! Records of checks and fills (充装前检查、充装、充装后复检): three stages of one fill, linked.

use crate::{
    event::{CheckItem, EventKind},
    outcome::{Anomaly, Text},
    trace::AttemptRow,
};
use serde::{Deserialize, Serialize};

/// Names of the filters of the list, as they stand in its address.
pub const FILTERS: [&str; 8] = ["q", "kind", "verdict", "from", "to", "site", "org", "district"];

/// Names of the columns that the list can be sorted by. The newest first unless asked otherwise.
pub const SORTS: [&str; 1] = ["no"];

/// The kinds of records of the list with their words in an address; the first unless asked otherwise.
pub const KINDS: [(EventKind, &str); 4] = [
    (EventKind::FillEnd, "fill"),
    (EventKind::Precheck, "precheck"),
    (EventKind::Postcheck, "postcheck"),
    (EventKind::FillReject, "reject"),
];

/// Days that the list looks back where neither days nor a code are asked for.
pub const DAYS: i32 = 7;

/// What was found, as the list can be narrowed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A fill without an anomaly, a check that was passed.
    Sound,
    /// A fill with one, a check that was not passed.
    Faulty,
    /// A fill with this one.
    Anomaly(Anomaly),
}

impl Found {
    /// From its word in an address.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "sound" => Some(Self::Sound),
            "faulty" => Some(Self::Faulty),
            _ => Anomaly::from_code(code).map(Self::Anomaly),
        }
    }
}

/// A check beside a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// Ledger number.
    pub no: u64,
    /// Whether it was passed.
    pub passed: bool,
}

impl Linked {
    /// The check beside a fill for people, or that there is none.
    #[must_use]
    pub const fn text(check: Option<Self>) -> Text {
        match check {
            Some(Self { passed: true, .. }) => Verdict::Passed.text(),
            Some(Self { passed: false, .. }) => Verdict::NotPassed.text(),
            None => Text { zh: "无记录", en: "none" },
        }
    }
}

/// What a record comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A correction took it back.
    TakenBack,
    /// A check that was not passed.
    NotPassed,
    /// Something is wrong with it, by the name of each anomaly.
    Anomalous,
    /// A check that was passed.
    Passed,
    /// A fill with nothing wrong.
    Sound,
}

impl Verdict {
    /// For people.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::TakenBack => ("已更正", "taken back"),
            Self::NotPassed => ("不合格", "not passed"),
            Self::Anomalous => ("异常", "anomalous"),
            Self::Passed => ("合格", "passed"),
            Self::Sound => ("正常", "sound"),
        };
        Text { zh, en }
    }
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Ledger number.
    pub no: u64,
    /// What it records: one of [`KINDS`].
    pub kind: EventKind,
    /// When it happened, device clock, ms.
    pub at_ms: i64,
    /// When it was recorded, ms.
    pub recorded_ms: i64,
    /// Tag as read.
    pub tag: String,
    /// Station.
    pub station: String,
    /// Label of the gun or handheld.
    pub device: String,
    /// Who, as the device named him.
    pub operator: String,
    /// Gross, grams.
    pub gross_g: Option<i64>,
    /// Measured tare, grams.
    pub tare_g: Option<i64>,
    /// Gas added, grams.
    pub net_g: Option<i64>,
    /// What was found wrong with it.
    pub anomalies: Vec<Anomaly>,
    /// Of a check: whether it was passed.
    pub passed: Option<bool>,
    /// Of a fill: the check before it.
    pub precheck: Option<Linked>,
    /// Of a fill: the check after it.
    pub postcheck: Option<Linked>,
    /// Ledger number of the correction that took it back.
    pub corrected_by: Option<u64>,
}

impl RecordLine {
    /// Whether nothing is wrong with it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.anomalies.is_empty() && self.passed != Some(false)
    }

    /// What it comes to: the first that applies.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.corrected_by, self.passed, self.anomalies.is_empty()) {
            (Some(_), ..) => Verdict::TakenBack,
            (None, Some(false), _) => Verdict::NotPassed,
            (None, _, false) => Verdict::Anomalous,
            (None, Some(true), true) => Verdict::Passed,
            (None, None, true) => Verdict::Sound,
        }
    }

    /// The same in words: anomalies by their names.
    #[must_use]
    pub fn finding(&self, zh: bool) -> String {
        let pick = |t: Text| if zh { t.zh } else { t.en };
        match self.verdict() {
            Verdict::Anomalous => self.anomalies.iter().map(|a| pick(a.info())).collect::<Vec<_>>().join("、"),
            other => pick(other.text()).to_owned(),
        }
    }
}

/// A check with its items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Ledger number.
    pub no: u64,
    /// Pre-fill or post-fill check.
    pub kind: EventKind,
    /// When, ms.
    pub at_ms: i64,
    /// Who.
    pub operator: String,
    /// Whether it was passed.
    pub passed: bool,
    /// Weighed then, grams: the empty cylinder before, the full one after the fill.
    pub weighed_g: Option<i64>,
    /// A leak was found.
    pub leak: bool,
    /// Why it was failed, in the checker's words.
    pub reason: String,
    /// Item by item.
    pub items: Vec<CheckItem>,
}

/// The page of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPage {
    /// Its line.
    pub line: RecordLine,
    /// The device's epoch and running number.
    pub sequence: (i64, i64),
    /// When the fill began, device clock, ms.
    pub started_ms: Option<i64>,
    /// Medium of a fill, code.
    pub medium: String,
    /// What the gate said before.
    pub attempt: Option<AttemptRow>,
    /// The checks: its own, or those before and after the fill.
    pub checks: Vec<Check>,
    /// SHA-256 of its content, hex.
    pub hash: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_anomaly_is_named_within_another() {
        // The list finds them by a part of a text.
        for a in Anomaly::ALL {
            assert_eq!(Found::from_code(a.code()), Some(Found::Anomaly(*a)));
            let within = Anomaly::ALL.iter().filter(|b| b.code().contains(a.code())).count();
            assert_eq!(within, 1, "{}", a.code());
        }
        assert_eq!(Found::from_code("sound"), Some(Found::Sound));
        assert_eq!(Found::from_code("SOUND"), None);
    }

    #[test]
    fn no_filter_is_named_like_a_part_of_every_address() {
        let mut names: Vec<&str> = FILTERS.iter().chain(&crate::list::RESERVED).copied().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FILTERS.len() + crate::list::RESERVED.len());
    }
}
