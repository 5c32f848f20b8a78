//! Dates as they are stamped on cylinders: year and month, or a whole day.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A date known to the month or to the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    year: i32,
    month: u32,
    day: Option<u32>,
}

impl PartialDate {
    /// A month. `None` when there is no such month, or the year is not within 1900..=2199.
    #[must_use]
    pub fn month(year: i32, month: u32) -> Option<Self> {
        ((1900..=2199).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month, day: None })
    }

    /// A whole date. `None` when the year is not within 1900..=2199.
    #[must_use]
    pub fn day(date: NaiveDate) -> Option<Self> {
        Self::month(date.year(), date.month()).map(|p| Self { day: Some(date.day()), ..p })
    }

    /// The first day it can mean.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, self.day.unwrap_or(1)).unwrap_or_default()
    }

    /// The last day it can mean: a month-precision due date lasts to the end of its month (`due_day = LAST_DAY_OF_MONTH`).
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        match self.day {
            Some(_) => self.first_day(),
            None => end_of_month(self.year, self.month),
        }
    }

    /// Adds months, keeping the precision; a day past the end of the month clamps (2020-02-29 + 12 = 2021-02-28).
    #[must_use]
    pub fn add_months(self, months: i32) -> Self {
        let m = self.year * 12 + self.month as i32 - 1 + months;
        let (year, month) = (m.div_euclid(12), m.rem_euclid(12) as u32 + 1);
        Self { year, month, day: self.day.map(|d| d.min(end_of_month(year, month).day())) }
    }

    /// Whether the day is known.
    #[must_use]
    pub const fn has_day(self) -> bool {
        self.day.is_some()
    }
}

fn end_of_month(year: i32, month: u32) -> NaiveDate {
    let (y, m) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    NaiveDate::from_ymd_opt(y, m, 1).and_then(|d| d.pred_opt()).unwrap_or_default()
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)?;
        self.day.map_or(Ok(()), |d| write!(f, "-{d:02}"))
    }
}

impl From<PartialDate> for String {
    fn from(d: PartialDate) -> Self {
        d.to_string()
    }
}

impl TryFrom<String> for PartialDate {
    type Error = String;
    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl FromStr for PartialDate {
    type Err = String;

    /// Reads `200504`, `2005-04`, `2005/4`, `2005.04`, `2005年4月`, `20050412`, `2005-04-12`, `2005年4月12日`, each also
    /// in full-width digits and with a time behind it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{}` is no date such as 2005-04 or 2005-04-12", crate::clock::clip(text));
        let t = crate::codes::half_width(text);
        let t = t.trim().split([' ', 'T']).next().unwrap_or_default();
        let parts: Vec<&str> = t.split(['-', '/', '.', '年', '月', '日']).filter(|p| !p.is_empty()).collect();
        if t.len() > 24 || parts.iter().any(|p| !p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(bad());
        }
        let n = |s: &str| s.parse::<u32>().map_err(|_| bad());
        let (y, m, d) = match parts.as_slice() {
            [one] if one.len() == 6 => (n(&one[..4])?, n(&one[4..])?, None),
            [one] if one.len() == 8 => (n(&one[..4])?, n(&one[4..6])?, Some(n(&one[6..])?)),
            [y, m] if y.len() == 4 && m.len() <= 2 => (n(y)?, n(m)?, None),
            [y, m, d] if y.len() == 4 && m.len() <= 2 && d.len() <= 2 => (n(y)?, n(m)?, Some(n(d)?)),
            _ => return Err(bad()),
        };
        let y = i32::try_from(y).map_err(|_| bad())?;
        match d {
            None => Self::month(y, m),
            Some(d) => NaiveDate::from_ymd_opt(y, m, d).and_then(Self::day),
        }
        .ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(s: &str) -> PartialDate {
        s.parse().unwrap()
    }

    #[test]
    fn every_form_of_the_sources() {
        for s in ["200504", "2005-04", "2005/4", "2005.04", "2005年4月", "２００５０４", " 2005-4 "] {
            assert_eq!(d(s).to_string(), "2005-04", "{s}");
        }
        for s in ["20050412", "2005-04-12", "2005年4月12日", "2005-04-12 08:00:00", "2005-04-12T08:00:00"] {
            assert_eq!(d(s).to_string(), "2005-04-12", "{s}");
        }
        for s in [
            "",
            "2005",
            "200513",
            "2005-13",
            "2005-02-30",
            "1899-01",
            "2200-01",
            "05-04",
            "2005-04-12-1",
            "abcdef",
            "2005分析絵",
            "９９９９９９９９９９９",
        ] {
            assert!(s.parse::<PartialDate>().is_err(), "{s}");
        }
    }

    #[test]
    fn months_clamp_and_a_month_lasts_to_its_end() {
        assert_eq!(d("2020-02-29").add_months(48).to_string(), "2024-02-29");
        assert_eq!(d("2020-02-29").add_months(12).to_string(), "2021-02-28");
        assert_eq!(d("2021-03").add_months(96).last_day().to_string(), "2029-03-31");
        assert_eq!(d("2023-12").last_day().to_string(), "2023-12-31");
        assert_eq!(d("2024-02").last_day().to_string(), "2024-02-29");
        assert_eq!(d("2024-02").first_day().to_string(), "2024-02-01");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_prints_and_parses(s in ".{0,30}") {
            if let Ok(p) = s.parse::<PartialDate>() {
                prop_assert_eq!(p.to_string().parse(), Ok(p));
            }
        }

        #[test]
        fn adding_months_is_monotonic(y in 1950i32..2100, m in 1u32..=12, a in 0i32..300, b in 0i32..300) {
            let p = PartialDate::month(y, m).unwrap();
            prop_assert_eq!(a <= b, p.add_months(a).last_day() <= p.add_months(b).last_day());
        }
    }
}
