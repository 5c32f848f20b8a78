//! Credit of enterprises (信用评价, S0-50, rules.md §12): graded from what happened, by rules that are edited like any others.
//!
//! A fact says what happened, when, and whether it was put right; it knows no rules. What it costs follows from the facts and the rules
//! as of a day, by whole numbers only: whoever computes it anew comes to the same.

mod appeal;
mod page;
mod rate;
mod rows;

pub use appeal::{
    APPEAL_FIELDS, Act, Appeal, AppealLine, AppealPage, Asked, DECIDE_DAYS, ENTRY_FIELDS, Entered, EntryAct, EntryLine,
    EntryState, Filed, NOTE_MAX, State, Step, read_act, read_appeal, read_entry,
};
pub use page::{
    Counts, DimensionLine, FILTERS, ItemLine, Look, Moved, Moves, Point, PointRef, Public, RatingLine, RatingPage,
    Turned,
};
pub use rate::{Candidate, DimensionSum, Group, ItemSum, Rated, Scheme, WhatIf, weight};
pub use rows::{Effect, effects, rows};

use crate::{check::words, outcome::Text, rules::RuleSet};
use serde::{Deserialize, Serialize};

words! {
    /// What is graded: a hundred points over six of them.
    Dimension {
        /// 许可与人员
        Licence = "licence", "许可与人员", "Licences and people";
        /// 气瓶合规
        Cylinder = "cylinder", "气瓶合规", "Cylinders";
        /// 充装合规
        Filling = "filling", "充装合规", "Filling";
        /// 数据质量
        Data = "data", "数据质量", "Quality of data";
        /// 安检与整改
        Hazard = "hazard", "安检与整改", "Home checks and rectification";
        /// 投诉与处罚
        Conduct = "conduct", "投诉与处罚", "Complaints and penalties";
    }
}

words! {
    /// A grade; the best first.
    Grade {
        /// 信用好
        A = "A", "A 级", "A";
        /// 一般
        B = "B", "B 级", "B";
        /// 较高风险
        C = "C", "C 级", "C";
        /// 高风险
        D = "D", "D 级", "D";
    }
}

words! {
    /// Whether it became better within the days that the rules name.
    Trend {
        /// 上升
        Up = "up", "上升", "rising";
        /// 平稳
        Steady = "steady", "平稳", "steady";
        /// 下降
        Down = "down", "下降", "falling";
    }
}

words! {
    /// Where a fact comes from.
    Origin {
        /// An alert; its number.
        Alert = "alert", "预警", "Alert";
        /// An alert that was closed as real and proves more than it said; its number.
        Proven = "proven", "查实", "Proven";
        /// A fill that a regulator let pass; the number of the question.
        Override = "override", "特许放行", "Let pass";
        /// Records of a day that came late; the day.
        Late = "late", "迟报", "Late records";
        /// An accident; its number.
        Accident = "accident", "事故", "Accident";
        /// A hazard; its number.
        Hazard = "hazard", "隐患", "Hazard";
        /// What a regulator entered; its number.
        Entry = "entry", "登记", "Entered";
        /// The register: what lapsed on a day.
        Register = "register", "登记簿", "Register";
        /// A share that was read off today: it counts as long as it is so, and does not fade.
        Reading = "reading", "现状", "As it stands";
    }
}

impl Grade {
    /// The number that stands for it in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::A => 0,
            Self::B => 1,
            Self::C => 2,
            Self::D => 3,
        }
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|g| g.number() == n)
    }

    /// The next better one.
    #[must_use]
    pub fn better(self) -> Option<Self> {
        Self::from_number(self.number() - 1)
    }
}

impl Trend {
    /// The number that stands for it in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Up => 1,
            Self::Steady => 0,
            Self::Down => -1,
        }
    }

    /// From the record; whatever is none is steady.
    #[must_use]
    pub fn from_number(n: i16) -> Self {
        match n {
            1 => Self::Up,
            -1 => Self::Down,
            _ => Self::Steady,
        }
    }
}

impl Origin {
    /// The number that stands for it in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Alert => 1,
            Self::Proven => 2,
            Self::Override => 3,
            Self::Late => 4,
            Self::Accident => 5,
            Self::Hazard => 6,
            Self::Entry => 7,
            Self::Register => 8,
            Self::Reading => 9,
        }
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|o| o.number() == n)
    }

    /// Whether one of these can be put right by somebody who closes it.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self, Self::Alert | Self::Proven | Self::Accident | Self::Hazard | Self::Entry)
    }

    /// The page of the event itself; `None` where it has none of its own.
    #[must_use]
    pub fn address(self, no: i64, org: i64) -> Option<String> {
        Some(match self {
            Self::Alert | Self::Proven => format!("/alerts/{no}"),
            Self::Override => format!("/records/{no}"),
            Self::Accident => format!("/accidents/{no}"),
            Self::Hazard => format!("/hazards/{no}"),
            Self::Register => format!("/orgs/{org}"),
            Self::Late | Self::Entry | Self::Reading => return None,
        })
    }
}

/// What an item of the credit costs: the terms of a rule row of kind `credit`, beside its value, the points of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// From which dimension it is taken.
    pub dimension: Dimension,
    /// The most that all of its kind take at once, thousandths of a point.
    pub cap: i64,
    /// Months after which it counts half; a veto ends with them.
    pub half_life: i64,
    /// Share that is given back when it is closed, percent.
    pub repair: i64,
    /// Whether one of them is enough for the grade D.
    pub veto: bool,
}

impl Terms {
    /// What a new row begins with.
    pub const USUAL: Self = Self { dimension: Dimension::Conduct, cap: 10_000, half_life: 12, repair: 0, veto: false };
    /// Most points of an item, thousandths.
    pub const POINTS_MAX: i64 = 100_000;
    /// Longest half-life, months.
    pub const HALF_LIFE_MAX: i64 = 120;

    /// Whether they can be computed with; or the field that cannot.
    ///
    /// # Errors
    /// The name of the field.
    pub fn check(&self) -> Result<(), &'static str> {
        for (field, value, least, most) in [
            ("cap", self.cap, 0, Self::POINTS_MAX),
            ("half_life", self.half_life, 1, Self::HALF_LIFE_MAX),
            ("repair", self.repair, 0, 100),
        ] {
            if !(least..=most).contains(&value) {
                return Err(field);
            }
        }
        Ok(())
    }
}

/// How the id of an item begins.
pub const ITEM: &str = "CRD-";
/// How the id of an item begins that a regulator enters by hand.
pub const ENTRY: &str = "CRD-ENTRY-";

/// The item of an alert of a kind, by the kind's code.
#[must_use]
pub fn alert_item(code: &str) -> String {
    format!("{ITEM}{code}")
}

/// What an item is called; the words of its clause where it is one that somebody added.
#[must_use]
pub fn item_text(rules: &RuleSet, item: &str) -> (String, String) {
    if let Some(Text { zh, en }) = rows::text(item) {
        return (zh.to_owned(), en.to_owned());
    }
    let clause = rules.rows.iter().find(|r| r.rule_id == item).map_or(item, |r| r.clause.as_str());
    (clause.to_owned(), clause.to_owned())
}

/// Thousandths of a point as people write them: `2.5`.
#[must_use]
pub fn points(milli: i64) -> String {
    let (sign, n) = (if milli < 0 { "-" } else { "" }, milli.unsigned_abs());
    let part = format!("{:03}", n % 1_000);
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{}", n / 1_000) } else { format!("{sign}{}.{part}", n / 1_000) }
}

#[cfg(test)]
mod tests;
