//! Cells into values: dates, times, weights, and words that scans misread.

use chrono::{Datelike, Days, NaiveDate};
use domain::{clock, date::PartialDate};

/// Bare day numbers taken for dates: 1927-05-18 to 2119-01-09. Smaller ones are counts, larger ones are `yyyymm`.
const SERIALS: std::ops::Range<u64> = 10_000..80_000;

/// A date cell: every form of [`PartialDate`], and a spreadsheet's bare day number. `None` is a blank cell.
///
/// # Errors
/// The cell, when it is no date.
pub(super) fn date(cell: &str, is_1904: bool) -> Result<Option<PartialDate>, String> {
    if cell.is_empty() || matches!(cell, "-" | "--" | "/" | "无") {
        return Ok(None);
    }
    if let Ok(d) = cell.parse() {
        return Ok(Some(d));
    }
    serial(cell, is_1904).and_then(|(d, _)| PartialDate::day(d)).map(Some).ok_or_else(|| clock::clip(cell))
}

/// A spreadsheet's day number with the second of its day.
fn serial(cell: &str, is_1904: bool) -> Option<(NaiveDate, u32)> {
    let t = domain::codes::half_width(cell);
    let (whole, rest) = t.trim().split_once('.').unwrap_or((t.trim(), ""));
    if whole.len() > 5 || !whole.bytes().chain(rest.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = whole.parse().ok()?;
    let fraction: f64 = if rest.is_empty() { 0.0 } else { format!("0.{rest}").parse().ok()? };
    let epoch = if is_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1899, 12, 30) }?;
    let second = (fraction * 86_400.0).round().clamp(0.0, 86_399.0) as u32;
    SERIALS.contains(&n).then(|| epoch.checked_add_days(Days::new(n)).map(|d| (d, second))).flatten()
}

/// A local date and time as an instant, ms UTC: `2011-08-10 12:17`, `2011/8/10 12:17:05`, `2011年8月10日 12:17`,
/// a bare day number with its fraction. A day without a time is midnight.
pub(super) fn instant(cell: &str, is_1904: bool) -> Option<i64> {
    // The Chinese form may join the time to the day without a blank.
    let t = domain::codes::half_width(cell).replace('日', "日 ");
    let t = t.trim();
    let (day, second) = match t.parse::<PartialDate>() {
        Ok(d) if d.has_day() => {
            let time = t.find([' ', 'T']).map_or("", |i| t[i..].trim_start_matches([' ', 'T']));
            (d.first_day(), second_of(time)?)
        }
        _ => serial(t, is_1904)?,
    };
    // Instants begin in 1970: an earlier record of a fill is a misread year.
    (day.year() >= 1970).then(|| clock::day_start(clock::day_of(day)) + i64::from(second) * 1000).filter(|ms| *ms >= 0)
}

fn second_of(time: &str) -> Option<u32> {
    if time.is_empty() {
        return Some(0);
    }
    let parts: Vec<u32> = time.split(':').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
    match *parts.as_slice() {
        [h, m] if h < 24 && m < 60 => Some(h * 3600 + m * 60),
        [h, m, s] if h < 24 && m < 60 && s < 60 => Some(h * 3600 + m * 60 + s),
        _ => None,
    }
}

/// Kilograms as grams, exactly: `16.4` is 16,400 and never 16,399. `None` is a cell that is no weight of a cylinder.
pub(super) fn grams(cell: &str) -> Option<i64> {
    let t = domain::codes::half_width(cell).to_ascii_lowercase();
    let t = t.trim().trim_end_matches("kg").trim_end_matches("公斤").trim();
    let (whole, rest) = t.split_once('.').unwrap_or((t, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 5 || rest.len() > 20 || !digits(whole) || !digits(rest) {
        return None;
    }
    // A computed cell carries its binary tail: 13.55 is stored as 13.550000000000001.
    let tail: f64 = format!("0.{rest}0").parse().ok()?;
    let g = whole.parse::<i64>().ok()? * 1000 + (tail * 1000.0).round() as i64;
    (g <= domain::event::WEIGHT_MAX_G).then_some(g)
}

/// Pieces: `3`, `３ 只`, `3.0`. `None` is a blank cell, or the `-` that lists print where nothing was noted.
///
/// # Errors
/// When the cell is no whole number; a negative one is a number.
pub(super) fn count(cell: &str) -> Result<Option<i64>, ()> {
    let t = domain::codes::half_width(cell);
    let t = t.trim().trim_end_matches(['只', '瓶', '个', '支']).trim();
    if t.is_empty() || matches!(t, "-" | "--" | "—" | "——" | "/" | "无") {
        return Ok(None);
    }
    let (whole, rest) = t.split_once('.').unwrap_or((t, ""));
    if whole.is_empty() || !rest.bytes().all(|b| b == b'0') {
        return Err(());
    }
    whole.parse().map(Some).map_err(|_| ())
}

/// The right word for a cell out of a table of (right word, misreadings). `Some((word, true))` where it was misread.
pub(super) fn word<'a>(cell: &str, table: &[(&'a str, &[&str])]) -> Option<(&'a str, bool)> {
    let t: String = domain::codes::half_width(cell).chars().filter(|c| !c.is_whitespace()).collect();
    table.iter().find_map(|(right, wrong)| {
        if t.eq_ignore_ascii_case(right) {
            Some((*right, false))
        } else {
            wrong.contains(&t.as_str()).then_some((*right, true))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: &str) -> Option<String> {
        instant(s, false).map(clock::rfc3339)
    }

    #[test]
    fn dates_of_every_writer() {
        let d = |s, old| date(s, old).map(|d| d.map(|d| d.to_string()));
        for s in ["2017-10-10", "2017/10/10", "20171010", "43018", "４３０１８", "43018.5", "2017-10-10 08:30"] {
            assert_eq!(d(s, false), Ok(Some("2017-10-10".into())), "{s}");
        }
        assert_eq!(d("41556", true), Ok(Some("2017-10-10".into())), "the system that counts from 1904");
        assert_eq!(d("200504", false), Ok(Some("2005-04".into())), "a month is no day number");
        assert_eq!((d("", false), d("-", false)), (Ok(None), Ok(None)));
        for s in ["2005分析絵", "5", "99999", "1e5", "43018.x", "2017-13-01"] {
            assert!(d(s, false).is_err(), "{s}");
        }
    }

    #[test]
    fn local_times_become_utc() {
        for s in [
            "2011-08-10 12:17",
            "2011/8/10 12:17:00",
            "2011年8月10日12:17",
            "２０１１-08-10 １２:１７",
            "40765.5118055556",
        ] {
            assert_eq!(at(s).as_deref(), Some("2011-08-10T04:17:00.000Z"), "{s}");
        }
        assert_eq!(at("2011-08-10").as_deref(), Some("2011-08-09T16:00:00.000Z"));
        for s in ["", "2011-08", "2011-08-10 24:00", "2011-08-10 noon", "1969-12-31 08:00", "日"] {
            assert_eq!(at(s), None, "{s}");
        }
    }

    #[test]
    fn pieces() {
        for (s, n) in [("3", 3), ("３ 只", 3), ("3.0", 3), ("0", 0), ("-5", -5), ("1500", 1500)] {
            assert_eq!(count(s), Ok(Some(n)), "{s}");
        }
        for s in ["", "-", "—", "无", " "] {
            assert_eq!(count(s), Ok(None), "{s}");
        }
        for s in ["3.5", "1e3", "三", "99999999999999999999", ".", "=1+1", "1,500", "--3"] {
            assert_eq!(count(s), Err(()), "{s}");
        }
    }

    #[test]
    fn weights_are_exact() {
        for (s, g) in [
            ("16.4", 16_400),
            ("17.34", 17_340),
            ("30.8", 30_800),
            ("13.550000000000001", 13_550),
            ("１６.４ kg", 16_400),
            ("0", 0),
        ] {
            assert_eq!(grams(s), Some(g), "{s}");
        }
        for s in ["", ".", "-1", "16,4", "1e3", "NaN", "99999.9", "123456"] {
            assert_eq!(grams(s), None, "{s}");
        }
    }
}
