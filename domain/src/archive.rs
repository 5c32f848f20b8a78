//! The archive of cylinders (钢瓶档案) as a list: a line, and what it can be asked by.

use crate::{
    gate::Verdict,
    headline::Headline,
    history::HistoryPage,
    ledger::{Custody, FileState, flag},
    life::{Derived, Inspection},
    list::ListQuery,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Names of the filters of the archive, as they stand in its address.
pub const FILTERS: [&str; 17] = [
    "q",
    "org",
    "site",
    "district",
    "medium",
    "file",
    "inspection",
    "custody",
    "flag",
    "made",
    "made_from",
    "made_to",
    "due_from",
    "due_to",
    "life_from",
    "life_to",
    "as_of",
];

/// Groups of file states that the archive can be narrowed to, with their words, Chinese and English: on file, and not any more.
pub const FILE_GROUPS: [(&str, &str, &str); 2] =
    [("on", "在册(合计)", "On file, all"), ("off", "已报废、已销毁", "Scrapped or destroyed")];

/// Names of the columns that the archive can be sorted by. The first is its own order.
pub const SORTS: [&str; 6] = ["tag", "stamp", "serial", "made", "due", "life_end"];

/// The column that the archive is sorted by: what is asked for, else the day that it is narrowed by, else the first. At a station those
/// stand first that have to leave it first.
#[must_use]
pub fn order(query: &ListQuery) -> &str {
    let asked = |name: &&str| !query.filter(name).is_empty();
    let wanted = InspectionFilter::from_code(query.filter("inspection"));
    if !query.sort.is_empty() {
        &query.sort
    } else if wanted == Some(InspectionFilter::PastLife) || ["life_from", "life_to"].iter().any(asked) {
        "life_end"
    } else if wanted.is_some_and(|w| w != InspectionFilter::Unknown) || ["due_from", "due_to", "site"].iter().any(asked)
    {
        "due"
    } else {
        SORTS[0]
    }
}

/// What the dates of a cylinder come to, as people ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectionFilter {
    /// 未到期: not even soon.
    Valid,
    /// 临检: due within the window.
    DueSoon,
    /// 过检, and not past its life.
    Overdue,
    /// 超年限, or past eight years without the assessment.
    PastLife,
    /// 日期不明
    Unknown,
}

impl InspectionFilter {
    /// All of them with their words in an address, in the order of a choice.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Overdue, "overdue"),
        (Self::PastLife, "past_life"),
        (Self::DueSoon, "due_soon"),
        (Self::Valid, "valid"),
        (Self::Unknown, "unknown"),
    ];

    /// From its word in an address.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, c)| *c == code).map(|(f, _)| f)
    }

    /// The words of the axis, Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        let inspection = match self {
            Self::Valid => Inspection::Valid,
            Self::DueSoon => Inspection::DueSoon,
            Self::Overdue => Inspection::Overdue,
            Self::PastLife => Inspection::PastLife,
            Self::Unknown => Inspection::Unknown,
        };
        crate::headline::inspection_words(inspection, Custody::InUse, 0)
    }
}

/// A line of the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CylinderLine {
    /// Id: the ledger number of its registration.
    pub id: i64,
    /// 标签号
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// 出厂编号
    pub serial_no: String,
    /// 产权单位
    pub org: String,
    /// 充装介质, Chinese.
    pub medium: String,
    /// The same in English.
    pub medium_en: String,
    /// 规格
    pub model: String,
    /// 制造单位
    pub maker: String,
    /// 出厂日期, partial date or empty.
    pub made: String,
    /// 上次检测, partial date or empty.
    pub inspected: String,
    /// 已检次数
    pub inspections: i32,
    /// 阀类型
    pub valve: String,
    /// 下次检测: the due day as stored.
    pub due: Option<NaiveDate>,
    /// 报废日期: the last day of its life as stored.
    pub life_end: Option<NaiveDate>,
    /// File axis.
    pub file: FileState,
    /// 流转状态
    pub custody: Custody,
    /// Flags.
    pub flags: i64,
    /// 位置: the station it was last seen at, else its home.
    pub place: String,
    /// Inspection axis as of the day that was asked for.
    pub inspection: Inspection,
    /// Demonstration data.
    pub demo: bool,
}

impl CylinderLine {
    /// The one word that says how it stands.
    #[must_use]
    pub const fn headline(&self) -> Headline {
        Headline::of(self.file, self.inspection, self.custody, self.flags)
    }

    /// 异常原因: what is wrong with its dates, then its flags; Chinese and English, none where nothing is wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let dates = match self.inspection {
            Inspection::Overdue => Some(("过检", "overdue")),
            Inspection::PastLife | Inspection::AwaitsAssessment => Some(("报废", "past its life")),
            Inspection::Valid | Inspection::DueSoon | Inspection::Unknown => None,
        };
        let flags = flag::SHOWN.iter().filter(|f| self.flags & f.0 != 0).map(|f| (f.1, f.2));
        dates.into_iter().chain(flags).collect()
    }
}

/// A tag that leads to a cylinder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagLine {
    /// Code as read.
    pub code: String,
    /// Whether it is bound to the cylinder now.
    pub bound: bool,
    /// State, Chinese.
    pub state: String,
    /// The same in English.
    pub state_en: String,
}

/// What the gate would say now, were the cylinder put to a gun of its home station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSays {
    /// The station.
    pub station: String,
    /// The gun's label.
    pub gun: String,
    /// Decision and reasons.
    pub verdict: Verdict,
}

/// The page of one cylinder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CylinderPage {
    /// Its line of the archive, judged at `as_of`.
    pub line: CylinderLine,
    /// Its history, judged at `as_of`.
    pub history: HistoryPage,
    /// The day it is judged at.
    pub as_of: NaiveDate,
    /// Home station.
    pub home: String,
    /// 阀类型
    pub valve: String,
    /// Maximum fill, grams.
    pub max_fill_g: Option<i64>,
    /// 已检次数
    pub inspections: i32,
    /// What is doubtful, in words.
    pub doubts: Vec<String>,
    /// Tags that lead to it.
    pub tags: Vec<TagLine>,
    /// `None` where its home has no gun for its medium, or another day than today is asked for: the gate judges the present.
    pub gate: Option<GateSays>,
    /// Whether its reader may bind tags to it.
    #[serde(default)]
    pub may_bind: bool,
    /// Whether its reader may put the file right.
    #[serde(default)]
    pub may_edit: bool,
}

/// The inspection axis by stored days, as of a day: what the filters of the archive go by. Whether an assessment could
/// extend the life is not told apart; the headline does not either.
#[must_use]
pub fn inspection(due: Option<NaiveDate>, life_end: Option<NaiveDate>, as_of: NaiveDate, soon_days: i64) -> Inspection {
    Derived { due, life_end, life_end_assessed: None }.inspection(as_of, soon_days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(s: &str) -> Option<NaiveDate> {
        Some(s.parse().unwrap())
    }

    #[test]
    fn what_is_narrowed_by_a_day_is_sorted_by_it() {
        let of = |pairs: &[(&str, &str)], sort: &str| {
            let q = pairs.iter().fold(ListQuery::default(), |q, (name, value)| q.with(name, value));
            order(&ListQuery { sort: sort.into(), ..q }).to_owned()
        };
        assert_eq!(of(&[], ""), "tag");
        assert_eq!(of(&[("org", "7"), ("file", "on")], ""), "tag");
        for (name, value) in
            [("inspection", "overdue"), ("inspection", "due_soon"), ("due_to", "2026-11-30"), ("site", "9")]
        {
            assert_eq!(of(&[(name, value)], ""), "due");
            assert_eq!(of(&[(name, value)], "made"), "made");
        }
        assert_eq!(of(&[("inspection", "past_life"), ("due_to", "2026-11-30")], ""), "life_end");
        assert_eq!(of(&[("life_from", "2026-11-30")], ""), "life_end");
        assert_eq!(of(&[("inspection", "unknown")], ""), "tag", "these have no day");
        assert!(["tag", "due", "life_end"].iter().all(|o| SORTS.contains(o)));
    }

    #[test]
    fn the_last_day_counts_and_the_end_of_life_stands_before_the_due_date() {
        let of = |due, life_end, at: &str| inspection(due, life_end, at.parse().unwrap(), 30);
        for (at, state) in [
            ("2018-05-11", Inspection::Valid),
            ("2018-05-12", Inspection::DueSoon),
            ("2018-06-11", Inspection::DueSoon),
            ("2018-06-12", Inspection::Overdue),
            ("2018-10-10", Inspection::Overdue),
            ("2018-10-11", Inspection::PastLife),
        ] {
            assert_eq!(of(day("2018-06-11"), day("2018-10-10"), at), state, "{at}");
        }
        assert_eq!(of(None, None, "2018-01-01"), Inspection::Unknown);
    }

    #[test]
    fn every_filter_has_a_word() {
        for (f, code) in InspectionFilter::ALL {
            assert_eq!(InspectionFilter::from_code(code), Some(f));
            assert!(!f.words().0.is_empty() && !f.words().1.is_empty());
        }
        assert_eq!(InspectionFilter::from_code("VALID"), None);
        let mut names: Vec<&str> = FILTERS.iter().chain(&crate::list::RESERVED).copied().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            names.len(),
            FILTERS.len() + crate::list::RESERVED.len(),
            "a filter is named like a part of every address"
        );
    }
}
