//! Due date and end of life, derived from the facts of a file under the rules in force (rules.md §3).

use crate::{
    date::PartialDate,
    rules::{MediumClass, RuleSet, Subject},
};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

/// How a cylinder is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Welded steel for LPG and DME.
    LpgWelded,
    /// Seamless steel.
    SteelSeamless,
    /// Seamless aluminium alloy.
    AluminiumSeamless,
    /// Dissolved acetylene.
    Acetylene,
    /// Welded, vacuum insulated.
    Cryogenic,
    /// Other welded steel.
    SteelWelded,
    /// Natural gas, compressed, on a vehicle.
    VehicleCng,
    /// Natural gas, liquefied, on a vehicle.
    VehicleLng,
    /// LPG on a vehicle.
    VehicleLpg,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 9] = [
        Self::LpgWelded,
        Self::SteelSeamless,
        Self::AluminiumSeamless,
        Self::Acetylene,
        Self::Cryogenic,
        Self::SteelWelded,
        Self::VehicleCng,
        Self::VehicleLng,
        Self::VehicleLpg,
    ];

    /// The word in the tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LpgWelded => "lpg_welded",
            Self::SteelSeamless => "steel_seamless",
            Self::AluminiumSeamless => "aluminium_seamless",
            Self::Acetylene => "acetylene",
            Self::Cryogenic => "cryogenic",
            Self::SteelWelded => "steel_welded",
            Self::VehicleCng => "vehicle_cng",
            Self::VehicleLng => "vehicle_lng",
            Self::VehicleLpg => "vehicle_lpg",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> crate::outcome::Text {
        let (zh, en) = match self {
            Self::LpgWelded => ("液化石油气钢瓶", "LPG, welded"),
            Self::SteelSeamless => ("钢质无缝气瓶", "steel, seamless"),
            Self::AluminiumSeamless => ("铝合金无缝气瓶", "aluminium, seamless"),
            Self::Acetylene => ("溶解乙炔气瓶", "acetylene"),
            Self::Cryogenic => ("焊接绝热气瓶", "cryogenic"),
            Self::SteelWelded => ("钢质焊接气瓶", "steel, welded"),
            Self::VehicleCng => ("车用压缩天然气瓶", "CNG on vehicles"),
            Self::VehicleLng => ("车用液化天然气瓶", "LNG on vehicles"),
            Self::VehicleLpg => ("车用液化石油气瓶", "LPG on vehicles"),
        };
        crate::outcome::Text { zh, en }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_code(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.code() == s)
    }
}

/// The dates of a cylinder's file, and what decides which rules apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// Family.
    pub family: Family,
    /// Model name.
    pub model: String,
    /// Class of its gas.
    pub medium_class: MediumClass,
    /// Manufacture.
    pub made: Option<PartialDate>,
    /// Last inspection.
    pub inspected: Option<PartialDate>,
    /// Next inspection as printed on the last report.
    pub next_printed: Option<PartialDate>,
    /// End of life as stamped or recorded.
    pub scrap_recorded: Option<PartialDate>,
    /// Whether the assessment that extends the life was passed.
    pub assessed: bool,
    /// Inspections passed: an old LPG cylinder's interval is shorter after the third.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub inspections: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
const fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// What follows from the dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// Last day on which the inspection is valid.
    pub due: Option<NaiveDate>,
    /// Last day of the life.
    pub life_end: Option<NaiveDate>,
    /// Last day that the life could reach with an assessment; later than `life_end` only where one is still possible.
    pub life_end_assessed: Option<NaiveDate>,
}

/// State of the inspection axis as of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inspection {
    /// 未到期
    Valid,
    /// 临检: due within the window.
    DueSoon,
    /// 过检
    Overdue,
    /// Past eight years, an assessment could extend it.
    AwaitsAssessment,
    /// 超年限
    PastLife,
    /// No date to judge by.
    Unknown,
}

impl Dates {
    fn subject(&self) -> Subject<'_> {
        Subject {
            family: self.family,
            model: &self.model,
            medium_class: self.medium_class,
            made: self.made,
            inspections: self.inspections,
        }
    }

    /// Last day on which a cylinder that has stood since `since` may be used without an inspection: one interval after the
    /// later of that day and its last inspection (INT-IDLE; TSG 23-2021 9.3). `None` where no interval applies.
    #[must_use]
    pub fn idle_until(&self, since: NaiveDate, rules: &RuleSet, as_of: NaiveDate) -> Option<NaiveDate> {
        let base = self.inspected.map_or(since, |d| d.last_day().max(since));
        let interval = rules.interval(self.subject(), as_of)?;
        PartialDate::day(base).map(|d| d.add_months(months(interval.value)).last_day())
    }

    /// Due date and end of life under `rules` as of a day.
    #[must_use]
    pub fn derive(&self, rules: &RuleSet, as_of: NaiveDate) -> Derived {
        let recorded = self.scrap_recorded.map(PartialDate::last_day);
        let life = rules.life(self.subject(), as_of).zip(self.made).map(|(r, m)| m.add_months(months(r.value)));
        let extension = rules.extension(self.subject(), as_of).map_or(0, |r| months(r.value));
        let earlier = |d: Option<NaiveDate>| min(d, recorded);
        let plain = earlier(life.map(PartialDate::last_day));
        let extended = earlier(life.map(|l| l.add_months(extension).last_day()));
        let life_end = if self.assessed { extended } else { plain };

        let interval = rules.interval(self.subject(), as_of);
        let printed = self.next_printed.map(PartialDate::last_day);
        let base = self.inspected.or(self.made);
        let computed = interval.zip(base).map(|(r, b)| b.add_months(months(r.value)).last_day());
        let due = match printed {
            Some(p) if interval.is_some_and(|r| r.yields_to_print) => Some(p),
            p => min(p, computed),
        };
        Derived { due: min(due, life_end), life_end, life_end_assessed: extended }
    }
}

impl Derived {
    /// State of the inspection axis as of a day. Expired ⇔ `as_of > due`; past life ⇔ `as_of > life_end`.
    #[must_use]
    pub fn inspection(&self, as_of: NaiveDate, due_soon_days: i64) -> Inspection {
        if self.life_end.is_some_and(|d| as_of > d) {
            return if self.life_end_assessed.is_some_and(|d| as_of <= d) {
                Inspection::AwaitsAssessment
            } else {
                Inspection::PastLife
            };
        }
        match self.due {
            None => Inspection::Unknown,
            Some(d) if as_of > d => Inspection::Overdue,
            Some(d) if d - as_of <= TimeDelta::days(due_soon_days.clamp(0, 3650)) => Inspection::DueSoon,
            Some(_) => Inspection::Valid,
        }
    }
}

fn months(v: i64) -> i32 {
    i32::try_from(v.clamp(0, 2400)).unwrap_or(2400)
}

fn min(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn lpg(made: &str, inspected: &str, next: &str) -> Dates {
        Dates {
            family: Family::LpgWelded,
            model: "YSP35.5".into(),
            medium_class: MediumClass::Other,
            made: made.parse().ok(),
            inspected: inspected.parse().ok(),
            next_printed: next.parse().ok(),
            scrap_recorded: None,
            assessed: false,
            inspections: 0,
        }
    }

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn at(d: &Dates, s: &str) -> (Derived, Inspection) {
        let r = RuleSet::seed();
        let x = d.derive(&r, day(s));
        (x, x.inspection(day(s), r.due_soon_days()))
    }

    const TODAY: &str = "2026-11-21";

    #[test]
    fn vector_1_due_is_capped_at_the_end_of_life() {
        let (d, s) = at(&lpg("2021-03", "2025-03", "2029-03"), TODAY);
        assert_eq!((d.due, d.life_end, s), (Some(day("2029-03-31")), Some(day("2029-03-31")), Inspection::Valid));
    }

    #[test]
    fn vector_2_the_last_day_counts() {
        let c = lpg("2018-11-21", "2022-11-21", "");
        assert_eq!(at(&c, TODAY).1, Inspection::DueSoon);
        assert_eq!(at(&c, "2026-11-22").1, Inspection::AwaitsAssessment);
    }

    #[test]
    fn vectors_4_and_5_forced_end() {
        let c = Dates { assessed: true, ..lpg("2014-10", "2024-01", "") };
        assert_eq!(at(&c, "2026-10-31").1, Inspection::DueSoon);
        assert_eq!(at(&c, TODAY).1, Inspection::PastLife);
        assert_eq!(at(&lpg("2006-12", "2020-01", ""), TODAY).1, Inspection::PastLife);
        assert_eq!(at(&lpg("2006-12", "2020-01", ""), TODAY).0.life_end, Some(day("2021-12-31")));
    }

    #[test]
    fn vectors_7_8_and_10_other_gases() {
        let sl = |class, inspected: &str| Dates {
            family: Family::SteelSeamless,
            model: "WMA".into(),
            medium_class: class,
            made: "2015-01".parse().ok(),
            ..lpg("", inspected, "")
        };
        assert_eq!(
            at(&sl(MediumClass::Other, "2023-06"), TODAY),
            (at(&sl(MediumClass::Other, "2023-06"), TODAY).0, Inspection::Overdue)
        );
        assert_eq!(at(&sl(MediumClass::Other, "2023-06"), TODAY).0.due, Some(day("2026-06-30")));
        assert_eq!(at(&sl(MediumClass::Inert, "2023-06"), TODAY).0.due, Some(day("2028-06-30")));
        let cl = Dates { family: Family::SteelWelded, ..sl(MediumClass::Corrosive, "2024-11-22") };
        assert_eq!(at(&cl, TODAY).1, Inspection::DueSoon);
        assert_eq!(at(&cl, TODAY).0.due, Some(day("2026-11-22")));
    }

    #[test]
    fn the_cylinder_of_the_source_is_past_the_oldest_limit() {
        let c = lpg("200504", "2009-03-01", "2013-03-01");
        let (d, s) = at(&c, "2011-08-11");
        assert_eq!((d.due, s), (Some(day("2013-03-01")), Inspection::Valid));
        assert_eq!(d.life_end, Some(day("2020-04-30")));
        assert_eq!(at(&c, TODAY).1, Inspection::PastLife);
    }

    #[test]
    fn a_recorded_scrap_date_only_shortens() {
        let c = Dates { scrap_recorded: "2018-10-10".parse().ok(), ..lpg("2017-10-10", "2017-10-10", "2018-06-10") };
        assert_eq!(at(&c, "2018-06-11").1, Inspection::Overdue);
        assert_eq!(at(&c, "2018-10-11").1, Inspection::PastLife, "no assessment undoes a recorded scrap date");
        let c = Dates { scrap_recorded: "2060-01".parse().ok(), ..lpg("2017-10-10", "", "") };
        assert_eq!(at(&c, TODAY).0.life_end, Some(day("2025-10-10")));
    }

    #[test]
    fn fifty_kilo_cylinders_follow_the_report() {
        let c = Dates { model: "YSP118".into(), ..lpg("2022-01", "2024-01", "2028-01") };
        assert_eq!(at(&c, TODAY).0.due, Some(day("2028-01-31")));
        let c = Dates { next_printed: None, ..c };
        assert_eq!(at(&c, TODAY).0.due, Some(day("2027-01-31")));
    }

    #[test]
    fn without_dates_nothing_is_claimed() {
        let (d, s) = at(&lpg("", "", ""), TODAY);
        assert_eq!((d.due, d.life_end, s), (None, None, Inspection::Unknown));
    }
}
