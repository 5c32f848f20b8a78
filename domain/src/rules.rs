//! The rules as rows: what a regulator may edit, with source, clause, dates and the «unconfirmed» (待确认) mark.
//!
//! The engine takes a [`RuleSet`] of one version and evaluates as of a date, so that every past decision can be replayed.

use crate::{date::PartialDate, life::Family};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a row sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Inspection interval, months.
    Interval,
    /// Design life, months.
    Life,
    /// Extension of the life after an assessment, months.
    Extension,
    /// A parameter of rules.md §20, named by its id.
    Param,
}

impl RuleKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Interval, Self::Life, Self::Extension, Self::Param];

    /// The word in the rule table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Life => "life",
            Self::Extension => "extension",
            Self::Param => "param",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_code(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == s)
    }
}

/// How a gas treats a seamless cylinder (rules.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediumClass {
    /// Nitrogen, inert gases, SF₆.
    Inert,
    /// Oxygen, air, hydrogen, carbon dioxide, LPG …
    Other,
    /// Chlorine, ammonia …
    Corrosive,
}

impl MediumClass {
    /// The word in the media table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inert => "inert",
            Self::Other => "other",
            Self::Corrosive => "corrosive",
        }
    }

    /// Reads the word; anything unknown counts as corrosive, the shortest interval.
    #[must_use]
    pub fn from_code(s: &str) -> Self {
        match s {
            "inert" => Self::Inert,
            "other" => Self::Other,
            _ => Self::Corrosive,
        }
    }
}

/// A row of the rule table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    /// Id, unique within a version.
    pub rule_id: String,
    /// What it sets.
    pub kind: RuleKind,
    /// Only cylinders of this family.
    pub family: Option<Family>,
    /// Only models whose name begins so.
    pub model: Option<String>,
    /// Only gases of this class.
    pub medium_class: Option<MediumClass>,
    /// Only cylinders made on or after this day.
    pub made_from: Option<NaiveDate>,
    /// Only cylinders made before this day.
    pub made_before: Option<NaiveDate>,
    /// The value, in `unit`.
    pub value: i64,
    /// Unit: `month`, `day`, `hour`, `g`, `s`, `m`, `km/h`, `per_mille`, `percent`, `l`.
    pub unit: String,
    /// An interval that stands back when the inspection report prints a next date.
    pub yields_to_print: bool,
    /// Source.
    pub source: String,
    /// Clause.
    pub clause: String,
    /// In force from.
    pub effective_from: Option<NaiveDate>,
    /// In force before.
    pub effective_to: Option<NaiveDate>,
    /// False: 待确认, to be confirmed by the authority.
    pub confirmed: bool,
    /// Whose rule it is: `CN`, or a GB/T 2260 code.
    pub jurisdiction: String,
    /// A row that is switched off decides nothing.
    pub enabled: bool,
}

/// All rows of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// The version every decision records.
    pub version: i64,
    /// The rows.
    pub rows: Vec<RuleRow>,
}

/// What of a cylinder decides which rows apply to it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Family.
    pub family: Family,
    /// Model name.
    pub model: &'a str,
    /// Class of its gas.
    pub medium_class: MediumClass,
    /// Manufacture, if known.
    pub made: Option<PartialDate>,
}

impl RuleSet {
    fn best<'a>(&'a self, kind: RuleKind, subject: Subject<'_>, as_of: NaiveDate) -> Option<&'a RuleRow> {
        self.rows
            .iter()
            .filter(|r| r.kind == kind && r.applies(subject, as_of))
            // The most specific row wins; among equals the shortest, which is the safe side.
            .min_by_key(|r| (std::cmp::Reverse(r.specificity()), r.value))
    }

    /// The interval for a cylinder.
    #[must_use]
    pub fn interval<'a>(&'a self, subject: Subject<'_>, as_of: NaiveDate) -> Option<&'a RuleRow> {
        self.best(RuleKind::Interval, subject, as_of)
    }

    /// The design life for a cylinder.
    #[must_use]
    pub fn life<'a>(&'a self, subject: Subject<'_>, as_of: NaiveDate) -> Option<&'a RuleRow> {
        self.best(RuleKind::Life, subject, as_of)
    }

    /// The extension of the life after an assessment.
    #[must_use]
    pub fn extension<'a>(&'a self, subject: Subject<'_>, as_of: NaiveDate) -> Option<&'a RuleRow> {
        self.best(RuleKind::Extension, subject, as_of)
    }

    /// A parameter by its id; `None` when the row is missing or switched off.
    #[must_use]
    pub fn param(&self, id: &str) -> Option<i64> {
        self.rows.iter().find(|r| r.kind == RuleKind::Param && r.rule_id == id && r.enabled).map(|r| r.value)
    }

    /// Days before the due date at which a cylinder counts as due soon (临检).
    #[must_use]
    pub fn due_soon_days(&self) -> i64 {
        self.param("PAR-DUE-SOON").unwrap_or(0)
    }

    /// Volume of full cylinders that a station of a class (1 to 3) may store, ml; 0 where no limit is in force.
    #[must_use]
    pub fn store_ml(&self, class: i16) -> i64 {
        self.param(&format!("PAR-STORE-{class}")).unwrap_or(0).saturating_mul(1_000)
    }

    /// Share of a storage limit from which it is yellow, orange and red, percent.
    #[must_use]
    pub fn store_warn(&self) -> [i64; 3] {
        [("YELLOW", 80), ("ORANGE", 95), ("RED", 100)]
            .map(|(level, usual)| self.param(&format!("PAR-STORE-{level}")).unwrap_or(usual))
    }

    /// Scale tolerance in grams at a gross weight.
    #[must_use]
    pub fn scale_tolerance_g(&self, gross_g: i64) -> i64 {
        self.param(if gross_g <= 30_000 { "PAR-SCALE-30" } else { "PAR-SCALE-OVER" }).unwrap_or(0)
    }

    /// Lowest contents of a model in grams.
    #[must_use]
    pub fn lowest_contents_g(&self, model: &str, max_fill_g: i64) -> i64 {
        self.rows
            .iter()
            .find(|r| {
                r.kind == RuleKind::Param
                    && r.enabled
                    && r.rule_id.starts_with("PAR-LOWEST-")
                    && r.model.as_deref() == Some(model)
            })
            .map_or_else(|| max_fill_g.saturating_mul(self.param("PAR-LOWEST").unwrap_or(0)) / 1000, |r| r.value)
    }

    /// The rules this product ships with (rules.md §3, §20), version 1.
    #[must_use]
    pub fn seed() -> Self {
        Self { version: 1, rows: seed::rows() }
    }
}

impl RuleRow {
    fn applies(&self, s: Subject<'_>, as_of: NaiveDate) -> bool {
        self.enabled
            && self.family.is_none_or(|f| f == s.family)
            && self.model.as_deref().is_none_or(|m| s.model.starts_with(m))
            && self.medium_class.is_none_or(|c| c == s.medium_class)
            && self.made_from.is_none_or(|d| s.made.is_some_and(|m| m.first_day() >= d))
            // An unknown manufacture date falls under the older, stricter rule.
            && self.made_before.is_none_or(|d| s.made.is_none_or(|m| m.first_day() < d))
            && self.effective_from.is_none_or(|d| as_of >= d)
            && self.effective_to.is_none_or(|d| as_of < d)
    }

    fn specificity(&self) -> usize {
        usize::from(self.model.is_some()) * 4
            + usize::from(self.medium_class.is_some()) * 2
            + usize::from(self.family.is_some())
    }
}

mod seed {
    use super::{MediumClass, RuleKind, RuleRow};
    use crate::life::Family;
    use chrono::NaiveDate;

    fn row(
        rule_id: &str,
        kind: RuleKind,
        family: Option<Family>,
        (value, unit): (i64, &str),
        (source, clause): (&str, &str),
        confirmed: bool,
    ) -> RuleRow {
        RuleRow {
            rule_id: rule_id.into(),
            kind,
            family,
            model: None,
            medium_class: None,
            made_from: None,
            made_before: None,
            value,
            unit: unit.into(),
            yields_to_print: false,
            source: source.into(),
            clause: clause.into(),
            effective_from: None,
            effective_to: None,
            confirmed,
            jurisdiction: "CN".into(),
            enabled: true,
        }
    }

    pub(super) fn rows() -> Vec<RuleRow> {
        use Family::{Acetylene, AluminiumSeamless, Cryogenic, LpgWelded, SteelSeamless, SteelWelded};
        use RuleKind::{Extension, Interval, Life, Param};
        // GB 5842-2006 in force: the eight-year life and the four-year interval begin with cylinders made from here on.
        let gb2006 = NaiveDate::from_ymd_opt(2007, 2, 1);
        let tsg = "TSG 23-2021";
        let of = |r: RuleRow, c: MediumClass| RuleRow { medium_class: Some(c), ..r };
        let par = |id: &str, value: i64, unit: &str, clause: &str| {
            row(id, Param, None, (value, unit), ("rules.md §20", clause), false)
        };
        // The classes are those of the standard; which class a station is stands in its own row.
        let store = |id: &str, value: i64, unit: &str, clause: &str, confirmed: bool| {
            let source = if confirmed { "GB 51142-2015" } else { "rules.md §14" };
            row(id, Param, None, (value, unit), (source, clause), confirmed)
        };
        let lowest =
            |id: &str, model: &str, g: i64| RuleRow { model: Some(model.into()), ..par(id, g, "g", "最低装量") };
        vec![
            RuleRow {
                made_from: gb2006,
                ..row("INT-LPG-1", Interval, Some(LpgWelded), (48, "month"), (tsg, "9.3"), true)
            },
            RuleRow {
                made_before: gb2006,
                ..row("INT-LPG-2", Interval, Some(LpgWelded), (48, "month"), ("GB 8334-1999/2011", "检验周期"), true)
            },
            RuleRow {
                model: Some("YSP118".into()),
                yields_to_print: true,
                ..row("INT-LPG-50", Interval, Some(LpgWelded), (36, "month"), ("GB 8334", "YSP118"), false)
            },
            of(row("INT-SL-5", Interval, Some(SteelSeamless), (60, "month"), (tsg, "9.3"), true), MediumClass::Inert),
            of(row("INT-SL-3", Interval, Some(SteelSeamless), (36, "month"), (tsg, "9.3"), true), MediumClass::Other),
            of(
                row("INT-SL-2", Interval, Some(SteelSeamless), (24, "month"), (tsg, "9.3"), true),
                MediumClass::Corrosive,
            ),
            row("INT-AL", Interval, Some(AluminiumSeamless), (36, "month"), (tsg, "9.3"), true),
            of(
                row("INT-AL-C", Interval, Some(AluminiumSeamless), (24, "month"), (tsg, "9.3"), true),
                MediumClass::Corrosive,
            ),
            row("INT-WELD", Interval, Some(SteelWelded), (36, "month"), (tsg, "9.3"), false),
            of(
                row("INT-WELD-C", Interval, Some(SteelWelded), (24, "month"), (tsg, "9.3"), false),
                MediumClass::Corrosive,
            ),
            row("INT-C2H2", Interval, Some(Acetylene), (36, "month"), ("GB/T 13076", "检验周期"), true),
            row("INT-CRYO", Interval, Some(Cryogenic), (36, "month"), (tsg, "9.3"), true),
            RuleRow {
                made_from: gb2006,
                ..row(
                    "LIFE-LPG-2006",
                    Life,
                    Some(LpgWelded),
                    (96, "month"),
                    ("GB 5842-2006/2023", "设计使用年限"),
                    true,
                )
            },
            RuleRow {
                made_from: gb2006,
                ..row(
                    "LIFE-LPG-2006-EXT",
                    Extension,
                    Some(LpgWelded),
                    (48, "month"),
                    ("GB 5842-2006/2023", "安全评估后延长一次"),
                    true,
                )
            },
            RuleRow {
                made_before: gb2006,
                ..row("LIFE-LPG-OLD", Life, Some(LpgWelded), (180, "month"), ("GB 8334-1999/2011", "强制报废"), true)
            },
            row("LIFE-SL", Life, Some(SteelSeamless), (360, "month"), (tsg, "设计使用年限"), false),
            row("LIFE-AL", Life, Some(AluminiumSeamless), (240, "month"), (tsg, "设计使用年限"), false),
            row("LIFE-C2H2", Life, Some(Acetylene), (360, "month"), (tsg, "设计使用年限"), false),
            row("LIFE-CRYO", Life, Some(Cryogenic), (240, "month"), (tsg, "设计使用年限"), false),
            row("LIFE-WELD", Life, Some(SteelWelded), (240, "month"), (tsg, "设计使用年限"), false),
            of(
                row("LIFE-WELD-C", Life, Some(SteelWelded), (144, "month"), (tsg, "设计使用年限"), false),
                MediumClass::Corrosive,
            ),
            par("PAR-DUE-SOON", 30, "day", "临检"),
            par("PAR-SCALE-30", 50, "g", "衡器允差 毛重≤30 kg"),
            par("PAR-SCALE-OVER", 100, "g", "衡器允差 毛重>30 kg"),
            par("PAR-LOWEST", 940, "per_mille", "其他型号最低装量"),
            lowest("PAR-LOWEST-15", "YSP35.5", 14_000),
            lowest("PAR-LOWEST-5", "YSP12", 4_600),
            lowest("PAR-LOWEST-10", "YSP23.5", 9_200),
            lowest("PAR-LOWEST-50", "YSP118", 48_000),
            par("PAR-TRAVEL-SPEED", 80, "km/h", "疑似克隆 直线速度"),
            par("PAR-TRAVEL-SLACK", 300, "s", "疑似克隆 宽限"),
            par("PAR-OMISSION", 60, "s", "遗漏告警"),
            par("PAR-SKEW", 300, "s", "签名时钟偏差"),
            par("PAR-ATTEMPT-VALID", 8, "hour", "充装核验有效期"),
            store("PAR-STORE-1", 20_000, "l", "Ⅰ类瓶组供应站 重瓶容积", true),
            store("PAR-STORE-2", 6_000, "l", "Ⅱ类瓶组供应站 重瓶容积", true),
            store("PAR-STORE-3", 1_000, "l", "Ⅲ类瓶组供应站 重瓶容积", true),
            store("PAR-STORE-YELLOW", 80, "percent", "重瓶存放 黄色预警", false),
            store("PAR-STORE-ORANGE", 95, "percent", "重瓶存放 橙色预警", false),
            store("PAR-STORE-RED", 100, "percent", "重瓶存放 红色预警", false),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_rows_survive_the_table() {
        let r = RuleSet::seed();
        let mut ids: Vec<_> = r.rows.iter().map(|r| r.rule_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), r.rows.len());
        let text = serde_json::to_string(&r).unwrap();
        assert_eq!(serde_json::from_str::<RuleSet>(&text).unwrap(), r);
        for k in RuleKind::ALL {
            assert_eq!(RuleKind::from_code(k.code()), Some(k));
        }
    }

    #[test]
    fn the_most_specific_row_wins_and_a_row_switched_off_is_gone() {
        let mut r = RuleSet::seed();
        let d = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let s = Subject {
            family: Family::LpgWelded,
            model: "YSP118-II",
            medium_class: MediumClass::Other,
            made: "2015-01".parse().ok(),
        };
        assert_eq!(r.interval(s, d).unwrap().rule_id, "INT-LPG-50");
        r.rows.iter_mut().filter(|r| r.rule_id == "INT-LPG-50").for_each(|r| r.enabled = false);
        assert_eq!(r.interval(s, d).unwrap().rule_id, "INT-LPG-1");
        assert_eq!(
            r.interval(Subject { made: None, ..s }, d).unwrap().rule_id,
            "INT-LPG-2",
            "unknown age: the older rule"
        );
        r.rows.iter_mut().for_each(|r| r.effective_to = Some(d));
        assert!(r.interval(s, d).is_none());
        assert!(r.interval(s, d.pred_opt().unwrap()).is_some());
    }
}
