//! Numbers of the trade and the forms of personal data, as far as an import must tell them apart (features.md F).

use super::cells::identity;
use chrono::NaiveDate;
use domain::codes;

/// A number that holds a day: a prefix, `yyyyMMdd`, four digits of a running number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dated {
    /// In its canonical form, or as written where it has another one.
    pub number: String,
    /// The day it says.
    pub day: Option<NaiveDate>,
    /// It was written with zeros, or nothing, in place of its prefix.
    pub restored: bool,
}

/// The day that twelve digits begin with.
fn day_of(digits: &str) -> Option<NaiveDate> {
    (digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| NaiveDate::parse_from_str(digits.get(..8)?, "%Y%m%d").ok())
        .flatten()
        .filter(|d| (1990..2100).contains(&chrono::Datelike::year(d)))
}

/// An order's number: `DD` and twelve digits. Where a scan prints `00` for the letters, or a spreadsheet has dropped these
/// zeros, it is the same number.
pub(super) fn order(cell: &str) -> Option<Dated> {
    let number = identity(cell)?;
    let digits = match number.len() {
        14 => number.strip_prefix("00"),
        12 => Some(number.as_str()),
        _ => None,
    };
    if let Some((digits, day)) = digits.and_then(|d| Some((d, day_of(d)?))) {
        return Some(Dated { number: format!("DD{digits}"), day: Some(day), restored: true });
    }
    let day = number.strip_prefix("DD").and_then(day_of);
    Some(Dated { number, day, restored: false })
}

/// A recovery slip's number: `HS` and twelve digits.
pub(super) fn slip(cell: &str) -> Option<Dated> {
    let number = identity(cell)?;
    let day = number.strip_prefix("HS").and_then(day_of);
    Some(Dated { number, day, restored: false })
}

/// The division that a customer's number begins with: six digits of GB/T 2260 and four of a running number.
pub(super) fn division_of(number: &str) -> Option<i32> {
    (number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit())).then(|| number.get(..6)?.parse().ok()).flatten()
}

/// The parts of a tag's code: enterprise, medium, serial. A code of 17 digits carries a division before them.
pub(super) fn tag(code: &str) -> Option<(&str, &str, i32)> {
    let code = match code.len() {
        11 => code,
        17 => code.get(6..)?,
        _ => return None,
    };
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((code.get(..3)?, code.get(3..5)?, code.get(5..)?.parse().ok()?))
}

/// Whether a text can be a telephone number: a mobile (11 digits from 13 to 19), a landline with its area code, a 400 or
/// 800 number, a public short code.
pub(super) fn is_phone(text: &str) -> bool {
    let t: String = codes::half_width(text).chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let t = t.strip_prefix("+86").or_else(|| t.strip_prefix("0086")).unwrap_or(&t);
    let b = t.as_bytes();
    if b.is_empty() || !b.iter().all(u8::is_ascii_digit) {
        return false;
    }
    match (b.len(), b) {
        (11, [b'1', b'3'..=b'9', ..]) => true,
        (10..=12, [b'0', b'1'..=b'9', ..]) => true,
        (10, [b'4' | b'8', b'0', b'0', ..]) => true,
        (5 | 6, [b'9', b'6', ..]) => true,
        (5, _) => matches!(t, "12315" | "12345"),
        _ => false,
    }
}

/// Whether a name or an address says nothing: empty, or without a single letter.
pub(super) fn is_placeholder(text: &str) -> bool {
    !text.chars().any(char::is_alphabetic)
}

/// Whether somebody has masked a name: 朱某, 张**.
pub(super) fn is_masked(text: &str) -> bool {
    text.contains(['*', '＊', '×', '某', '●'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_every_writer_are_one_number() {
        let day = NaiveDate::from_ymd_opt(2018, 4, 10);
        for (cell, restored) in [
            ("00201804100003", true),
            ("201804100003", true),
            ("DD201804100003", false),
            ("ｄｄ２０１８０４１０ 0003", false),
        ] {
            assert_eq!(order(cell), Some(Dated { number: "DD201804100003".into(), day, restored }), "{cell}");
        }
        for cell in ["00201813100003", "DD201802300003", "X1", "0020180410003", "DD00000000ABCD"] {
            let d = order(cell).unwrap();
            assert_eq!((d.number.as_str(), d.day, d.restored), (cell, None, false));
        }
        for cell in ["", "-", "  ", "2.01804E+11", "订单"] {
            assert_eq!(order(cell), None, "{cell}");
        }
        assert_eq!(slip("HS201810150013").unwrap().day, NaiveDate::from_ymd_opt(2018, 10, 15));
        assert_eq!(slip("00201810150013").unwrap().day, None, "the sources print no slip without its letters");
    }

    #[test]
    fn parts_of_numbers() {
        assert_eq!(
            (division_of("1302050001"), division_of("130205001"), division_of("13020５0001")),
            (Some(130_205), None, None)
        );
        assert_eq!(tag("01101000001"), Some(("011", "01", 1)));
        assert_eq!(tag("11000001102000200"), Some(("011", "02", 200)));
        assert_eq!((tag("0020000020"), tag("0110100000A"), tag("号号号号a")), (None, None, None));
    }

    #[test]
    fn telephones() {
        for t in ["13900000000", "+86 139-0000-0000", "0371-65512345", "010 88888888", "4001234567", "12345", "96777"] {
            assert!(is_phone(t), "{t}");
        }
        // The sources' own placeholders first.
        for t in
            ["12345678901", "12345678900", "111111", "2", "0", "", "1390000000", "139000000000", "电话", "00371655"]
        {
            assert!(!is_phone(t), "{t}");
        }
    }

    #[test]
    fn names_that_say_nothing() {
        assert!(["", "0", "22", "11111111111111111111", "-", "。"].iter().all(|t| is_placeholder(t)));
        assert!(["test1", "朱某", "测试地址1"].iter().all(|t| !is_placeholder(t)));
        assert!(is_masked("朱某") && is_masked("张*") && !is_masked("张三"));
    }
}
