//! Numbers that enterprises give: orders, recovery slips, customers.

use super::{CodeError, Division, Kind, compact, division, text_code};
use chrono::NaiveDate;
use std::str::FromStr;

text_code! {
    /// Order number: `DD`, the day as yyyyMMdd, four digits: `DD201804100003`. In print the letters look like `00`, so
    /// that is accepted as another form of them.
    OrderNo
}
text_code! {
    /// Number of a recovery slip: `HS`, the day as yyyyMMdd, four digits: `HS201810150013`.
    RecoveryNo
}
text_code! {
    /// Customer number: six digits of a division (GB/T 2260) and four of a serial.
    CustomerNo
}

/// The day in a number: two characters, then yyyyMMdd.
fn day(number: &str) -> Option<NaiveDate> {
    let d = NaiveDate::parse_from_str(number.get(2..10)?, "%Y%m%d").ok()?;
    (2000..=2099).contains(&chrono::Datelike::year(&d)).then_some(d)
}

/// A number of a kind: its two letters, or what stands for them.
fn of_day(kind: Kind, letters: &str, alias: Option<&str>, text: &str) -> Result<String, CodeError> {
    let t = compact(text);
    let Some(rest) = t.strip_prefix(letters).or_else(|| t.strip_prefix(alias?)) else {
        let (zh, en) = (format!("应以 {letters} 开头"), format!("should begin with {letters}"));
        return Err(CodeError::far(kind, zh, en));
    };
    let number = format!("{letters}{rest}");
    if !rest.bytes().all(|b| b.is_ascii_digit()) {
        let (zh, en) = (format!("{letters} 后应为数字"), format!("digits should follow {letters}"));
        return Err(CodeError::far(kind, zh, en));
    }
    if number.len() != 14 {
        return Err(CodeError::length(kind, &number, 14));
    }
    if day(&number).is_none() {
        let d = &rest[..8];
        return Err(CodeError::content(kind, format!("日期 {d} 不存在"), format!("there is no date {d}")));
    }
    Ok(number)
}

impl FromStr for OrderNo {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        of_day(Kind::Order, "DD", Some("00"), text).map(Self)
    }
}

impl FromStr for RecoveryNo {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        of_day(Kind::Recovery, "HS", None, text).map(Self)
    }
}

macro_rules! daily {
    ($name:ident, $letters:literal) => {
        impl $name {
            #[doc = concat!("Number `", $letters, "` + day + serial; `None` past 9999 or outside the years 2000 to 2099.")]
            #[must_use]
            pub fn new(day: NaiveDate, serial: u32) -> Option<Self> {
                (serial <= 9999).then(|| format!("{}{}{serial:04}", $letters, day.format("%Y%m%d")).parse().ok())?
            }

            /// The day it was given.
            #[must_use]
            pub fn day(&self) -> Option<NaiveDate> {
                day(&self.0)
            }

            /// Its number within the day.
            #[must_use]
            pub fn serial(&self) -> Option<u32> {
                self.0.get(10..)?.parse().ok()
            }
        }
    };
}
daily!(OrderNo, "DD");
daily!(RecoveryNo, "HS");

impl FromStr for CustomerNo {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        if t.len() != 10 || !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(Kind::Customer, "应为 10 位数字", "should be 10 digits"));
        }
        division::form(Kind::Customer, &t[..6])?;
        Ok(Self(t))
    }
}

impl CustomerNo {
    /// Number of a customer of a county or above; `None` past 9999.
    #[must_use]
    pub fn new(division: &Division, serial: u32) -> Option<Self> {
        (serial <= 9999).then(|| format!("{}{serial:04}", division.as_str().get(..6)?).parse().ok())?
    }

    /// The customer's division.
    #[must_use]
    pub fn division(&self) -> Option<Division> {
        Division::first_six(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Near;
    use super::*;

    #[test]
    fn orders_and_slips_of_the_sources() {
        let o: OrderNo = "00201804100003".parse().unwrap();
        assert_eq!(o.as_str(), "DD201804100003");
        assert_eq!((o.day(), o.serial()), (NaiveDate::from_ymd_opt(2018, 4, 10), Some(3)));
        assert_eq!("dd 20180410-0003".parse::<OrderNo>().unwrap(), o);
        assert_eq!(OrderNo::new(NaiveDate::from_ymd_opt(2018, 4, 10).unwrap(), 3), Some(o));
        let r: RecoveryNo = "HS201810150013".parse().unwrap();
        assert_eq!((r.day(), r.serial()), (NaiveDate::from_ymd_opt(2018, 10, 15), Some(13)));
        assert_eq!(RecoveryNo::new(NaiveDate::MIN, 1), None);
        assert_eq!(OrderNo::new(NaiveDate::from_ymd_opt(2018, 4, 10).unwrap(), 10_000), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let e = |s: &str| s.parse::<RecoveryNo>().unwrap_err();
        assert_eq!(e("HS201813150013").says.zh, "日期 20181315 不存在");
        assert_eq!(
            (e("HS20181015001").near, e("HS20181015001").says.zh),
            (Near::Length, "应为 14 位，现为 13 位".into())
        );
        assert_eq!(e("00201810150013").says.en, "should begin with HS");
        assert_eq!(e("HS2018101500A3").says.en, "digits should follow HS");
        assert!("HS201810150013".parse::<OrderNo>().is_err());
    }

    #[test]
    fn customers_of_the_sources() {
        for (no, division) in
            [("1302050001", "130205"), ("3413220001", "341322"), ("3705030010", "370503"), ("5001010001", "500101")]
        {
            let c: CustomerNo = no.parse().unwrap();
            assert_eq!(c.division().unwrap().as_str(), division);
            let serial = no[6..].parse().unwrap();
            assert_eq!(CustomerNo::new(&division.parse().unwrap(), serial), Some(c));
        }
        assert_eq!("9999990001".parse::<CustomerNo>().unwrap_err().says.zh, "行政区划 999999 不存在：99 不是省级代码");
        assert!("130205000".parse::<CustomerNo>().is_err());
        assert_eq!(CustomerNo::new(&"410105".parse().unwrap(), 10_000), None);
    }
}
