//! Months, quarters and years of the local calendar.

use crate::clock;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A length of time that reports are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// 月
    #[default]
    Month,
    /// 季
    Quarter,
    /// 年
    Year,
}

/// Days from one to another, both included; days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    pub first: i32,
    /// Last day.
    pub last: i32,
}

impl Span {
    /// How many days.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.last - self.first + 1
    }
}

impl Period {
    const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The period that a day lies in.
    #[must_use]
    pub fn of(self, day: i32) -> Span {
        let first = month_of(day).div_euclid(self.months()) * self.months();
        Span { first: first_day(first), last: first_day(first + self.months()) - 1 }
    }

    /// The one before that of a day.
    #[must_use]
    pub fn before(self, day: i32) -> Span {
        self.of(self.of(day).first - 1)
    }
}

/// The month that a day lies in, counted from January of the year 0.
#[must_use]
pub fn month_of(day: i32) -> i32 {
    let date = clock::date_of(day);
    date.year() * 12 + date.month0() as i32
}

/// First day of a month, counted from January of the year 0; the ends of the calendar stand for what lies beyond them.
#[must_use]
pub fn first_day(month: i32) -> i32 {
    let date = NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    clock::day_of(date.unwrap_or(if month < 0 { NaiveDate::MIN } else { NaiveDate::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(p: Period, day: &str) -> [String; 4] {
        let d = clock::day_of(day.parse().unwrap());
        let (now, before) = (p.of(d), p.before(d));
        [now.first, now.last, before.first, before.last].map(|d| clock::date_of(d).to_string())
    }

    #[test]
    fn periods_of_the_calendar() {
        assert_eq!(span(Period::Month, "2024-03-31"), ["2024-03-01", "2024-03-31", "2024-02-01", "2024-02-29"]);
        assert_eq!(span(Period::Quarter, "2026-01-01"), ["2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"]);
        assert_eq!(span(Period::Year, "2026-11-21"), ["2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"]);
        assert_eq!(Period::Year.of(clock::day_of("2024-05-05".parse().unwrap())).days(), 366);
    }
}
