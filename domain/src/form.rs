//! What a form sends, and what is wrong with it, whatever the form is for. Browser and server check by the same code.

use crate::{date::PartialDate, list::VALUE_MAX};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands in a form's fields, by their names.
pub type Values = BTreeMap<String, String>;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The field's name.
    pub field: String,
    /// What is wrong and what to do, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// What became of a form that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saved {
    /// It stands in the record; the address of its page.
    Done(String),
    /// It was not saved: what is wrong.
    Faults(Vec<Fault>),
}

/// Reads fields one by one and collects what is wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    values: &'a Values,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Begins to read.
    #[must_use]
    pub const fn new(values: &'a Values) -> Self {
        Self { values, faults: Vec::new() }
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.push(Fault { field: field.into(), zh: zh.into(), en: en.into() });
    }

    /// What is wrong, in the order of reading.
    ///
    /// # Errors
    /// The faults, if there are any.
    pub fn done(self) -> Result<(), Vec<Fault>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    /// A text of at most so many characters; empty where it is not given.
    pub fn text(&mut self, field: &str, longest: usize) -> &'a str {
        let value = self.values.get(field).map_or("", |v| v.trim());
        if value.chars().count() > longest.min(VALUE_MAX) {
            self.fault(field, format!("最多 {longest} 个字符"), format!("at most {longest} characters"));
        } else if value.chars().any(char::is_control) {
            self.fault(field, "含有不可见的控制字符,请重新输入", "holds control characters: enter it anew");
        }
        value
    }

    /// The same, and it must be given.
    pub fn needed(&mut self, field: &str, longest: usize) -> &'a str {
        let value = self.text(field, longest);
        if value.is_empty() {
            self.fault(field, "请填写此项", "fill this in");
        }
        value
    }

    /// A text of several lines, of at most so many characters, with line ends as one sign; empty where it is not given.
    pub fn prose(&mut self, field: &str, longest: usize) -> String {
        let value = self.values.get(field).map_or("", |v| v.trim()).replace("\r\n", "\n").replace('\r', "\n");
        if value.chars().count() > longest {
            self.fault(field, format!("最多 {longest} 个字符"), format!("at most {longest} characters"));
        } else if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.fault(field, "含有不可见的控制字符,请重新输入", "holds control characters: enter it anew");
        }
        value
    }

    /// A whole number, as of an id.
    pub fn id(&mut self, field: &str) -> i64 {
        let text = self.needed(field, 20);
        let id = text.parse().ok().filter(|n| *n > 0);
        if id.is_none() && !text.is_empty() {
            self.fault(field, "请从列表中选择", "choose one of the list");
        }
        id.unwrap_or_default()
    }

    /// A whole number from 0 to `most`; `None` where it is not given.
    pub fn count(&mut self, field: &str, most: i64) -> Option<i64> {
        let text = crate::codes::half_width(self.text(field, 20));
        if text.is_empty() {
            return None;
        }
        let number = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
        let found = number.filter(|n| (0..=most).contains(n));
        if found.is_none() {
            self.fault(field, format!("应为 0 至 {most} 的整数"), format!("a whole number from 0 to {most}"));
        }
        found
    }

    /// An instant of local time as a date-time field gives it, ms; not on a day after `last`.
    pub fn instant(&mut self, field: &str, last: NaiveDate) -> Option<i64> {
        let text = self.needed(field, 20);
        if text.is_empty() {
            return None;
        }
        let Some(at) = crate::trace::known_at(text) else {
            self.fault(field, "时间应如 2026-11-21T15:30", "a time such as 2026-11-21T15:30");
            return None;
        };
        // The whole minute was named: its beginning is meant.
        let at = at - at.rem_euclid(1_000) - if text.len() == 16 { 59_000 } else { 0 };
        if crate::clock::local_date(at) > last {
            self.fault(field, "不能晚于今天", "not after today");
            return None;
        }
        Some(at)
    }

    /// A day (`2026-11-21`), not before `first`; `None` where it is not given.
    pub fn day(&mut self, field: &str, first: NaiveDate) -> Option<NaiveDate> {
        let text = self.text(field, 20);
        if text.is_empty() {
            return None;
        }
        let day: Option<NaiveDate> = if text.len() == 10 { text.parse().ok() } else { None };
        match day {
            Some(d) if d >= first => Some(d),
            Some(_) => {
                self.fault(field, format!("不能早于 {first}"), format!("not before {first}"));
                None
            }
            None => {
                self.fault(field, "日期应如 2026-11-21", "a day such as 2026-11-21");
                None
            }
        }
    }

    /// A date known to the month or to the day, not before `first` and not after `last`.
    pub fn date(&mut self, field: &str, first: Option<PartialDate>, last: Option<NaiveDate>) -> Option<PartialDate> {
        let text = self.text(field, 20);
        if text.is_empty() {
            return None;
        }
        let Ok(date) = text.parse::<PartialDate>() else {
            self.fault(field, "日期应如 2021-05 或 2021-05-20", "a date such as 2021-05 or 2021-05-20");
            return None;
        };
        if last.is_some_and(|last| date.first_day() > last) {
            self.fault(field, "日期不能晚于今天", "not after today");
            return None;
        }
        if let Some(first) = first.filter(|f| date.last_day() < f.first_day()) {
            self.fault(field, format!("不能早于出厂日期 {first}"), format!("not before it was made, {first}"));
            return None;
        }
        Some(date)
    }

    /// A number with at most three decimals, as thousandths: kilograms as grams. Between `least` and `most` thousandths.
    pub fn thousandths(&mut self, field: &str, least: i64, most: i64) -> Option<i64> {
        let text = crate::codes::half_width(self.text(field, 20));
        if text.is_empty() {
            return None;
        }
        let number = thousandths(&text);
        match number {
            Some(n) if (least..=most).contains(&n) => number,
            Some(_) => {
                let (a, b) = (least / 1_000, most / 1_000);
                self.fault(field, format!("应在 {a} 与 {b} 之间"), format!("between {a} and {b}"));
                None
            }
            None => {
                self.fault(field, "应为数字,如 16.5", "a number such as 16.5");
                None
            }
        }
    }
}

/// `16.5` → 16,500. Digits, and at most three behind a point.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1_000 + part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, n) in
            [("16.5", Some(16_500)), ("0", Some(0)), ("16.", Some(16_000)), ("0.001", Some(1)), ("16.0005", None)]
        {
            assert_eq!(thousandths(text), n, "{text}");
        }
        for text in ["", ".5", "-1", "1e3", "1,5", "9999999999", "1.2.3", "+1", "NaN"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }

    #[test]
    fn counts_instants_and_days_are_what_they_say() {
        let today: NaiveDate = "2026-11-21".parse().unwrap();
        let read = |text: &str| {
            let values = Values::from([("a".to_owned(), text.to_owned())]);
            let mut r = Reader::new(&values);
            let of = (r.count("a", 30), r.instant("a", today), r.day("a", today));
            (of, r.done().err().unwrap_or_default().len())
        };
        let at = crate::clock::parse_instant("2026-11-21T16:05:00+08:00").unwrap();
        assert_eq!(read("30").0, (Some(30), None, None));
        assert_eq!(read("31"), ((None, None, None), 3));
        assert_eq!(read("2026-11-21T16:05").0, (None, Some(at), None));
        assert_eq!(read("2026-11-21T16:05:00").0, (None, Some(at), None));
        assert_eq!(read("2026-11-22T00:00").0, (None, None, None));
        assert_eq!(read("2026-11-21").0, (None, None, Some(today)));
        assert_eq!(read("2026-11-20").0, (None, None, None));
        for text in ["-1", "+1", "1e1", "+026-11-21", "2026-02-30", "2026-11-21T24:05"] {
            assert_eq!(read(text), ((None, None, None), 3), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(text in ".{0,40}") {
            let values = Values::from([("a".to_owned(), text)]);
            let mut r = Reader::new(&values);
            r.needed("a", 10);
            r.id("a");
            r.date("a", "2020-01".parse().ok(), None);
            r.thousandths("a", 0, 1_000_000);
            r.count("a", 100);
            r.instant("a", NaiveDate::MAX);
            r.day("a", NaiveDate::MIN);
            let faults = r.done().err().unwrap_or_default();
            prop_assert!(faults.iter().all(|f| f.field == "a" && !f.zh.is_empty() && !f.en.is_empty()));
        }
    }
}
