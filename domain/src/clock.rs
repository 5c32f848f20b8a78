//! Instants and local calendar days. Instants are `i64` milliseconds since the Unix epoch, UTC.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Offset of Asia/Shanghai from UTC in milliseconds. China has kept one zone without daylight saving since 1991-09-15.
pub const SHANGHAI_OFFSET_MS: i64 = 8 * 3_600_000;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;

/// The local (Asia/Shanghai) day of an instant, as days since 1970-01-01.
#[must_use]
pub const fn local_day(ms: i64) -> i32 {
    (ms.saturating_add(SHANGHAI_OFFSET_MS)).div_euclid(DAY_MS) as i32
}

/// Minute of the local day (0..1440) of an instant.
#[must_use]
pub const fn local_minute(ms: i64) -> i32 {
    ((ms.saturating_add(SHANGHAI_OFFSET_MS)).rem_euclid(DAY_MS) / MINUTE_MS) as i32
}

/// The instant at which a local day begins.
#[must_use]
pub const fn day_start(day: i32) -> i64 {
    day as i64 * DAY_MS - SHANGHAI_OFFSET_MS
}

/// Days since 1970-01-01 of a calendar date.
#[must_use]
pub fn day_of(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// The calendar date of a day number; days outside the calendar clamp to its ends.
#[must_use]
pub fn date_of(day: i32) -> NaiveDate {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(i64::from(day))).unwrap_or(if day < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

/// The local date of an instant.
#[must_use]
pub fn local_date(ms: i64) -> NaiveDate {
    date_of(local_day(ms))
}

/// Parses RFC 3339 with an explicit offset (GB/T 7408) into milliseconds.
///
/// # Errors
/// A text when the value is not a date-time, has no offset or lies outside the years 1970 to 9999.
pub fn parse_instant(text: &str) -> Result<i64, String> {
    let t = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| {
        format!("`{}` is not an RFC 3339 time with an offset, such as 2026-11-21T08:00:00Z", clip(text))
    })?;
    let ms = t.timestamp_millis();
    // 9999-12-31T23:59:59.999Z: a later year has no four-digit form to answer with.
    if (0..=253_402_300_799_999).contains(&ms) {
        Ok(ms)
    } else {
        Err(format!("`{}` lies outside the years 1970 to 9999", clip(text)))
    }
}

/// An instant as RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms)
        .map_or_else(|| ms.to_string(), |t| t.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// `2026-11-21 16:05:09` in local time, for screens.
#[must_use]
pub fn local_text(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms.saturating_add(SHANGHAI_OFFSET_MS))
        .map_or_else(|| ms.to_string(), |t| t.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// `16:05:09` in local time.
#[must_use]
pub fn local_hms(ms: i64) -> String {
    let s = (ms.saturating_add(SHANGHAI_OFFSET_MS)).rem_euclid(DAY_MS) / 1000;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// At most 40 characters of somebody's text, for an error message.
#[must_use]
pub fn clip(text: &str) -> String {
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.chars().count() > 40 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_day_turns_at_sixteen_hours_utc() {
        let before = parse_instant("2026-11-21T15:59:59.999Z").unwrap();
        let after = parse_instant("2026-11-21T16:00:00Z").unwrap();
        assert_eq!(local_day(after), local_day(before) + 1);
        assert_eq!(local_minute(before), 1439);
        assert_eq!(local_minute(after), 0);
        assert_eq!(day_start(local_day(after)), after);
        assert_eq!(local_date(after).to_string(), "2026-11-22");
        assert_eq!(local_text(after), "2026-11-22 00:00:00");
        assert_eq!(local_hms(before), "23:59:59");
    }

    #[test]
    fn an_instant_needs_an_offset() {
        assert!(parse_instant("2026-11-21T08:00:00").is_err());
        assert!(parse_instant("9999-12-31T23:59:59-12:00").is_err());
        assert!(parse_instant("").is_err());
        assert_eq!(parse_instant("2026-11-21T16:00:00+08:00").unwrap(), parse_instant("2026-11-21T08:00:00Z").unwrap());
        assert_eq!(rfc3339(parse_instant("2026-11-21T16:00:00+08:00").unwrap()), "2026-11-21T08:00:00.000Z");
    }

    #[test]
    fn day_numbers_go_both_ways() {
        for d in [-800_000, -1, 0, 1, 20_778, 2_900_000] {
            assert_eq!(day_of(date_of(d)), d);
        }
        assert_eq!(date_of(i32::MAX), NaiveDate::MAX);
        assert_eq!(local_day(i64::MAX), local_day(i64::MAX - 1));
    }
}
