//! The rules as rows: what a regulator may edit, with source, clause, dates and the «unconfirmed» (待确认) mark.
//!
//! The engine takes a [`RuleSet`] of one version and evaluates as of a date, so that every past decision can be replayed.

use crate::{
    date::PartialDate,
    life::Family,
    outcome::{Reason, Text},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub mod draft;
pub mod form;
pub mod preview;

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
    /// A step of the gate or a guard of an event that can be switched on and off, named by its id.
    Guard,
    /// A reason of the gate that a regulator may override with a reason of his own, for at most `value` hours: `OVR-` and its code.
    Override,
    /// A detector's threshold or parameter ([`crate::detect`]), named by its id.
    Detector,
    /// A statutory term of a case ([`crate::case::Clock`]), in its unit, for cases received on days on which it is in force.
    Clock,
    /// What something costs an enterprise's credit ([`crate::credit`]), named by its id.
    Credit,
}

impl RuleKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Interval,
        Self::Life,
        Self::Extension,
        Self::Param,
        Self::Guard,
        Self::Override,
        Self::Detector,
        Self::Clock,
        Self::Credit,
    ];

    /// The word in the rule table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Life => "life",
            Self::Extension => "extension",
            Self::Param => "param",
            Self::Guard => "guard",
            Self::Override => "override",
            Self::Detector => "detector",
            Self::Clock => "clock",
            Self::Credit => "credit",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::Interval => ("检验周期", "Interval"),
            Self::Life => ("使用年限", "Life"),
            Self::Extension => ("延寿", "Extension"),
            Self::Param => ("参数", "Parameter"),
            Self::Guard => ("校验步骤", "Guard"),
            Self::Override => ("特许", "Override"),
            Self::Detector => ("检测器", "Detector"),
            Self::Clock => ("办理时限", "Term of a case"),
            Self::Credit => ("信用扣分", "Credit"),
        };
        Text { zh, en }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_code(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == s)
    }
}

/// The longest term of a case, in its unit.
pub const CLOCK_MAX: i64 = 1_000;

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

    /// For people.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::Inert => ("惰性气体", "inert gases"),
            Self::Other => ("一般气体", "other gases"),
            Self::Corrosive => ("腐蚀性气体", "corrosive gases"),
        };
        Text { zh, en }
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
    /// Only cylinders that passed so many inspections or more.
    #[serde(default)]
    pub inspections_from: Option<i64>,
    /// The value, in `unit`.
    pub value: i64,
    /// Unit: `month`, `day`, `hour`, `g`, `s`, `m`, `km/h`, `per_mille`, `percent`, `l`, `fills`, `chi2`, `milli_point`, `point`, `switch`,
    /// `workday`.
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
    /// What an item of the credit costs beside its value; none for every other kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<crate::credit::Terms>,
}

/// Why a set of rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The text is no JSON of the expected form.
    #[error("the rules cannot be read: {0}")]
    Unreadable(String),
    /// A row is wrong.
    #[error("rule `{id}`: {what}")]
    Row {
        /// Its id.
        id: String,
        /// The field of its form.
        field: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
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
    /// Inspections passed.
    pub inspections: i64,
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

    /// Whether a step of the gate or a guard of an event is switched on as of a day. A row that is not there is off: a decision
    /// made before it was written replays to itself.
    #[must_use]
    pub fn guard(&self, id: &str, as_of: NaiveDate) -> bool {
        self.rows.iter().any(|r| r.kind == RuleKind::Guard && r.rule_id == id && r.is_in_force(as_of))
    }

    /// For how many hours a regulator may override a reason; `None` for what may never be overridden.
    #[must_use]
    pub fn override_hours(&self, reason: Reason, as_of: NaiveDate) -> Option<i64> {
        self.rows
            .iter()
            .find(|r| {
                r.kind == RuleKind::Override
                    && r.rule_id.strip_prefix("OVR-") == Some(reason.code())
                    && r.is_in_force(as_of)
            })
            .map(|r| r.value)
    }

    /// The row that phases a model out (淘汰规格), if there is one as of a day.
    #[must_use]
    pub fn phase_out(&self, model: &str, as_of: NaiveDate) -> Option<&RuleRow> {
        self.rows.iter().find(|r| {
            r.kind == RuleKind::Guard
                && r.rule_id.starts_with("PHASE-OUT-")
                && r.model.as_deref().is_some_and(|m| model.starts_with(m))
                && r.is_in_force(as_of)
        })
    }

    /// Most residue before a fill, grams, by the maximum fill of the model: to 15 kg, and above (rules.md §20).
    #[must_use]
    pub fn residue_limit_g(&self, max_fill_g: i64) -> Option<i64> {
        self.param(if max_fill_g <= 15_000 { "PAR-RESIDUE-15" } else { "PAR-RESIDUE-50" })
    }

    /// Reads and checks rules that somebody wrote.
    ///
    /// # Errors
    /// What cannot be read, the first row whose id is empty, too long or there twice, whose value or dates lie outside what can
    /// be computed with, or whose form contradicts its kind.
    pub fn load(text: &str) -> Result<Self, RuleError> {
        let set: Self = serde_json::from_str(text).map_err(|e| RuleError::Unreadable(e.to_string()))?;
        set.check()?;
        Ok(set)
    }

    /// Checks all rows, as [`RuleSet::load`] does.
    ///
    /// # Errors
    /// The first row that is wrong.
    pub fn check(&self) -> Result<(), RuleError> {
        let mut ids = std::collections::HashSet::new();
        for r in &self.rows {
            let wrong = |field, what| Err(RuleError::Row { id: crate::clock::clip(&r.rule_id), field, what });
            if r.rule_id.is_empty() || r.rule_id.len() > 64 || !r.rule_id.bytes().all(|b| b.is_ascii_graphic()) {
                return wrong("id", "an id has 1 to 64 printable ASCII characters");
            }
            if !ids.insert(r.rule_id.as_str()) {
                return wrong("id", "the id stands there twice");
            }
            let most = match r.kind {
                RuleKind::Interval | RuleKind::Life | RuleKind::Extension => 2_400,
                RuleKind::Param if r.rule_id.starts_with(crate::message::USUAL) => crate::message::LAST_MINUTE,
                RuleKind::Param | RuleKind::Guard | RuleKind::Detector => 1_000_000_000,
                RuleKind::Override => 24,
                RuleKind::Clock => CLOCK_MAX,
                RuleKind::Credit => crate::credit::Terms::POINTS_MAX,
            };
            let least = i64::from(r.kind == RuleKind::Clock);
            if !(least..=most).contains(&r.value) {
                return wrong(
                    "value",
                    "the value lies outside its range: months to 2400, hours of an override to 24, a term from 1 to 1000, points to 100, \
                     minutes of a day to 1439, \
                     else to 1,000,000,000",
                );
            }
            if r.kind == RuleKind::Clock && crate::case::Clock::of_rule(&r.rule_id).is_none() {
                return wrong("id", "a term names its clock: CLK-ACCEPT- and a name, and so on");
            }
            if r.kind == RuleKind::Clock && crate::case::term_of(r).is_none() {
                return wrong("unit", "a term is counted in workday, day or hour");
            }
            let dates = [
                ("made_from", r.made_from),
                ("made_before", r.made_before),
                ("effective_from", r.effective_from),
                ("effective_to", r.effective_to),
            ];
            if let Some((field, _)) = dates.into_iter().find(|(_, d)| d.is_some_and(|d| PartialDate::day(d).is_none()))
            {
                return wrong(field, "a date lies outside the years 1900 to 2199");
            }
            let ordered = |from: Option<NaiveDate>, to: Option<NaiveDate>| from.zip(to).is_none_or(|(a, b)| a < b);
            if !ordered(r.made_from, r.made_before) {
                return wrong("made_before", "a range ends before it begins");
            }
            if !ordered(r.effective_from, r.effective_to) {
                return wrong("effective_to", "a range ends before it begins");
            }
            if r.kind == RuleKind::Override
                && r.rule_id.strip_prefix("OVR-").and_then(Reason::from_code).is_none_or(|r| !r.may_be_overridden())
            {
                return wrong("id", "an override names a reason of the gate, and none of its steps 1 to 6 and 8");
            }
            match (r.kind == RuleKind::Credit, r.credit) {
                (true, Some(terms)) => {
                    if let Err(field) = terms.check() {
                        return wrong(field, "it lies outside its range");
                    }
                    if !r.rule_id.starts_with(crate::credit::ITEM) {
                        return wrong("id", "an item of the credit begins with CRD-");
                    }
                }
                (false, None) => {}
                _ => return wrong("dimension", "an item of the credit has a dimension, and nothing else has"),
            }
        }
        Ok(())
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

    /// The most gas that may stand at a user's address, g: a household's, or that of a shop without a cylinder room; 0 where no row is in force.
    #[must_use]
    pub fn store_user_g(&self, shop: bool) -> i64 {
        self.param(if shop { "PAR-STORE-SHOP" } else { "PAR-STORE-HOME" }).unwrap_or(0).saturating_mul(1_000)
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
        let mut rows = seed::rows();
        rows.extend(crate::ledger::guard_rows());
        rows.extend(crate::detect::rows());
        rows.extend(crate::case::rule_rows());
        rows.extend(crate::credit::rows());
        rows.extend(crate::task::rule_rows());
        rows.extend(crate::message::rule_rows());
        Self { version: 1, rows }
    }
}

impl RuleRow {
    fn applies(&self, s: Subject<'_>, as_of: NaiveDate) -> bool {
        self.family.is_none_or(|f| f == s.family)
            && self.model.as_deref().is_none_or(|m| s.model.starts_with(m))
            && self.medium_class.is_none_or(|c| c == s.medium_class)
            && self.made_from.is_none_or(|d| s.made.is_some_and(|m| m.first_day() >= d))
            // An unknown manufacture date falls under the older, stricter rule.
            && self.made_before.is_none_or(|d| s.made.is_none_or(|m| m.first_day() < d))
            && self.inspections_from.is_none_or(|n| s.inspections >= n)
            && self.is_in_force(as_of)
    }

    /// Whether it decides as of a day.
    #[must_use]
    pub fn is_in_force(&self, as_of: NaiveDate) -> bool {
        self.enabled && self.effective_from.is_none_or(|d| as_of >= d) && self.effective_to.is_none_or(|d| as_of < d)
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
            inspections_from: None,
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
            credit: None,
        }
    }

    pub(super) fn rows() -> Vec<RuleRow> {
        use Family::{
            Acetylene, AluminiumSeamless, Cryogenic, LpgWelded, SteelSeamless, SteelWelded, VehicleCng, VehicleLng,
            VehicleLpg,
        };
        use RuleKind::{Extension, Guard, Interval, Life, Override, Param};
        // GB 5842-2006 in force: the eight-year life and the four-year interval begin with cylinders made from here on.
        let gb2006 = NaiveDate::from_ymd_opt(2007, 2, 1);
        let tsg = "TSG 23-2021";
        let of = |r: RuleRow, c: MediumClass| RuleRow { medium_class: Some(c), ..r };
        let par = |id: &str, value: i64, unit: &str, clause: &str| {
            row(id, Param, None, (value, unit), ("系统参数默认值(待确认)", clause), false)
        };
        // The classes are those of the standard; which class a station is stands in its own row.
        let store = |id: &str, value: i64, unit: &str, clause: &str, confirmed: bool| {
            let source = if confirmed { "GB 51142-2015" } else { "用户及站点存瓶限量(条款待确认)" };
            row(id, Param, None, (value, unit), (source, clause), confirmed)
        };
        let guard = |id: &str, (source, clause): (&str, &str), enabled: bool| RuleRow {
            enabled,
            ..row(id, Guard, None, (0, ""), (source, clause), false)
        };
        let may = |reason: super::Reason| {
            row(
                &format!("OVR-{}", reason.code()),
                Override,
                None,
                (24, "hour"),
                ("系统参数默认值(待确认)", "可由监管放行"),
                false,
            )
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
            // After the third inspection of an old LPG cylinder the interval is shorter.
            RuleRow {
                made_before: gb2006,
                inspections_from: Some(3),
                ..row(
                    "INT-LPG-2-LATER",
                    Interval,
                    Some(LpgWelded),
                    (36, "month"),
                    ("GB 8334-1999/2011", "检验周期"),
                    true,
                )
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
            row("INT-VEH-CNG", Interval, Some(VehicleCng), (36, "month"), (tsg, "9.3"), false),
            row("INT-VEH-LNG", Interval, Some(VehicleLng), (36, "month"), (tsg, "9.3"), false),
            row("INT-VEH-LPG", Interval, Some(VehicleLpg), (60, "month"), (tsg, "9.3"), false),
            row("LIFE-VEH-CNG", Life, Some(VehicleCng), (180, "month"), (tsg, "设计使用年限"), false),
            RuleRow {
                model: Some("TAXI".into()),
                ..row("LIFE-VEH-TAXI", Life, Some(VehicleCng), (96, "month"), (tsg, "出租车"), false)
            },
            row("LIFE-VEH-LNG", Life, Some(VehicleLng), (180, "month"), (tsg, "设计使用年限"), false),
            row("LIFE-VEH-LPG", Life, Some(VehicleLpg), (180, "month"), (tsg, "设计使用年限"), false),
            guard("INT-IDLE", (tsg, "9.3 停用超过一个检验周期"), true),
            guard("GATE-2-SUSPENDED", ("TSG 08-2026", "停用"), true),
            // What these look at is not recorded everywhere yet: a regulator switches them on when it is.
            guard("GATE-7-OPERATOR", ("特种设备安全法", "第十四条 作业人员证"), false),
            guard("GATE-7-SCALE", ("计量法", "第九条 强制检定"), false),
            guard("GATE-9-VACUUM", ("郑州市燃气管理条例", "第二十三条 首充抽真空"), false),
            guard("GATE-10-STATE", ("气瓶流转与异常判定规则(条款待确认)", "待充方可充装"), false),
            guard("GATE-11-PRECHECK", ("特种设备安全法", "第四十九条 充装前检查"), false),
            guard("GATE-14-INSURANCE", ("充装安全责任保险试点(条款待确认)", "充装安全责任保险"), false),
            RuleRow {
                model: Some("YSP23.5".into()),
                ..guard("PHASE-OUT-YSP23.5", ("GB 5842-2023", "淘汰规格"), false)
            },
            may(super::Reason::PrecheckStale),
            may(super::Reason::OperatorCertExpiring),
            may(super::Reason::ScaleUnverified),
            may(super::Reason::NoInsurance),
            par("PAR-DUE-SOON", 30, "day", "临检"),
            par("PAR-PRECHECK-VALID", 8, "hour", "充装前检查有效期"),
            par("PAR-RESIDUE-15", 600, "g", "残液限值 15 kg 及以下"),
            par("PAR-RESIDUE-50", 2_000, "g", "残液限值 50 kg"),
            par("PAR-CERT-SOON", 30, "day", "作业人员证临期"),
            par("PAR-SNAPSHOT", 24, "hour", "离线快照有效期"),
            par("PAR-DESPATCH", 0, "day", "出库检验余期"),
            par("PAR-LOST-LPG", 12, "month", "疑似流失 LPG"),
            par("PAR-LOST", 24, "month", "疑似流失 其他"),
            par("PAR-TARE-DRIFT", 500, "g", "皮重偏差"),
            par("PAR-FILL-FACTOR-LPG", 420, "g/L", "LPG 充装系数"),
            par("PAR-SHORT-15", 150, "g", "净含量允许短缺 10–15 kg"),
            par("PAR-SHORT-50", 10, "per_mille", "净含量允许短缺 15–50 kg"),
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
            store("PAR-STORE-SHOP", 100, "kg", "餐饮等商业用户 未设瓶组间", false),
            store("PAR-STORE-HOME", 30, "kg", "居民用户", false),
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
    fn rules_that_somebody_wrote_are_checked() {
        let seed = RuleSet::seed();
        assert_eq!(RuleSet::load(&serde_json::to_string(&seed).unwrap()), Ok(seed.clone()));
        assert!(matches!(RuleSet::load("{"), Err(RuleError::Unreadable(_))));
        assert!(matches!(RuleSet::load("[]"), Err(RuleError::Unreadable(_))));
        let wrong = |change: &dyn Fn(&mut RuleRow)| {
            let mut r = seed.clone();
            change(&mut r.rows[0]);
            match RuleSet::load(&serde_json::to_string(&r).unwrap()) {
                Err(RuleError::Row { what, .. }) => what,
                other => panic!("{other:?}"),
            }
        };
        let day = |s: &str| s.parse::<NaiveDate>().ok();
        assert!(wrong(&|r| r.rule_id.clear()).starts_with("an id"));
        assert!(wrong(&|r| r.rule_id = "号".into()).starts_with("an id"));
        assert!(wrong(&|r| r.rule_id = "INT-LPG-2".into()).contains("twice"));
        assert!(wrong(&|r| r.value = -1).contains("range"));
        assert!(wrong(&|r| r.value = 2_401).contains("range"));
        assert!(wrong(&|r| r.effective_from = day("0001-01-01")).contains("1900"));
        assert!(
            wrong(&|r| (r.effective_from, r.effective_to) = (day("2026-01-02"), day("2026-01-02"))).contains("ends")
        );
        assert!(wrong(&|r| (r.kind, r.value) = (RuleKind::Override, 1)).contains("override"));
        assert!(
            wrong(&|r| (r.kind, r.value, r.rule_id) = (RuleKind::Override, 25, "OVR-NO_INSURANCE".into()))
                .contains("range")
        );
    }

    #[test]
    fn guards_overrides_and_what_is_phased_out_are_judged_as_of_a_day() {
        let d = |s: &str| s.parse::<NaiveDate>().unwrap();
        let mut r = RuleSet::seed();
        let today = d("2026-11-21");
        assert!(r.guard("INT-IDLE", today) && !r.guard("GATE-10-STATE", today) && !r.guard("NO-SUCH", today));
        assert_eq!(r.override_hours(Reason::ScaleUnverified, today), Some(24));
        assert_eq!(r.override_hours(Reason::NotOwn, today), None);
        assert!(r.phase_out("YSP23.5", today).is_none(), "shipped switched off");
        for row in &mut r.rows {
            row.enabled = true;
            row.effective_from = Some(d("2027-01-01"));
            row.effective_to = Some(d("2028-01-01"));
        }
        assert!(!r.guard("GATE-10-STATE", today) && r.guard("GATE-10-STATE", d("2027-01-01")));
        assert_eq!(r.override_hours(Reason::ScaleUnverified, d("2028-01-01")), None);
        assert_eq!(r.phase_out("YSP23.5", d("2027-12-31")).map(|r| r.rule_id.as_str()), Some("PHASE-OUT-YSP23.5"));
        assert!(r.phase_out("YSP35.5", d("2027-12-31")).is_none());
        assert_eq!((r.residue_limit_g(15_000), r.residue_limit_g(15_001)), (Some(600), Some(2_000)));
    }

    #[test]
    fn an_old_lpg_cylinder_is_inspected_more_often_after_the_third_time() {
        let r = RuleSet::seed();
        let d = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
        let s = |inspections| Subject {
            family: Family::LpgWelded,
            model: "YSP35.5",
            medium_class: MediumClass::Other,
            made: "2005-04".parse().ok(),
            inspections,
        };
        let id = |n| r.interval(s(n), d).map(|r| (r.rule_id.as_str(), r.value)).unwrap();
        assert_eq!((id(0), id(2), id(3)), (("INT-LPG-2", 48), ("INT-LPG-2", 48), ("INT-LPG-2-LATER", 36)));
    }

    #[test]
    fn a_taxi_lives_shorter_than_another_vehicle() {
        let r = RuleSet::seed();
        let d = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let life = |model: &'static str| {
            let s = Subject {
                family: Family::VehicleCng,
                model,
                medium_class: MediumClass::Other,
                made: "2020-01".parse().ok(),
                inspections: 0,
            };
            r.life(s, d).unwrap().value
        };
        assert_eq!((life("TAXI-CNG"), life("CNG2")), (96, 180));
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
            inspections: 0,
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
