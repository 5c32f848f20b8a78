//! People: GB 11643.

use super::{CodeError, Division, Kind, check, compact, division};
use chrono::NaiveDate;
use std::{fmt, ops::Range, str::FromStr};

/// A citizen's number (GB 11643-1999), 18 characters. It is personal: stored encrypted with a keyed index, shown by
/// [`masked`](Self::masked). There is no serde for it and `Debug` masks, so that it gets into no message by accident;
/// who needs all of it says `to_string`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdCard(String);

const KIND: Kind = Kind::IdCard;
const BIRTH: Range<usize> = 6..14;

impl FromStr for IdCard {
    type Err = CodeError;

    /// Reads 18 characters, or the 15 of before 1999, which are converted (born in 19yy).
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        let digits = t.strip_suffix('X').filter(|d| d.len() == 17).unwrap_or(&t);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(KIND, "应为数字，末位可为 X", "should be digits, the last may be X"));
        }
        let whole = match t.len() {
            18 => t,
            15 => {
                let body = format!("{}19{}", &t[..6], &t[6..]);
                let last = check::id_card(body.as_bytes()).map(char::from);
                body.chars().chain(last).collect()
            }
            _ => return Err(CodeError::length(KIND, &t, 18)),
        };
        let (body, last) = whole.as_bytes().split_at(17);
        if let Some(c) = check::id_card(body).filter(|c| [*c] != *last) {
            return Err(CodeError::check(KIND, 18, c));
        }
        let card = Self(whole);
        if card.birth().is_none() {
            return Err(CodeError::content(
                KIND,
                "第7至14位不是有效的出生日期",
                "characters 7 to 14 are no date of birth",
            ));
        }
        // A foreigner's permanent residence number since 2023: 9, then the province.
        let place = if card.0.starts_with('9') { &card.0[1..3] } else { &card.0[..6] };
        if place.len() == 2 && !division::has_province(place) {
            return Err(CodeError::content(KIND, "第2、3位不是省级代码", "characters 2 and 3 are no province"));
        }
        // 83 is on the residence permits of people from Taiwan; it is no division.
        if place.len() == 6 && place != "830000" {
            division::form(KIND, place)?;
        }
        Ok(card)
    }
}

impl IdCard {
    /// The day of birth. Whether it lies ahead is for the caller to say, who knows what day it is.
    #[must_use]
    pub fn birth(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.0.get(BIRTH)?, "%Y%m%d")
            .ok()
            .filter(|d| (1900..=2099).contains(&chrono::Datelike::year(d)))
    }

    /// The division that gave it, which may exist no more; `None` for a foreigner's.
    #[must_use]
    pub fn division(&self) -> Option<Division> {
        if self.0.starts_with('9') { None } else { Division::first_six(&self.0) }
    }

    /// With the day of birth hidden: `110105********002X`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, BIRTH)
    }
}

/// A text with a stretch of stars.
pub(super) fn mask(text: &str, hidden: Range<usize>) -> String {
    text.chars().enumerate().map(|(i, c)| if hidden.contains(&i) { '*' } else { c }).collect()
}

impl fmt::Display for IdCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for IdCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdCard({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(body: &str) -> String {
        format!("{body}{}", char::from(check::id_card(body.as_bytes()).unwrap()))
    }

    fn says(text: &str) -> String {
        text.parse::<IdCard>().unwrap_err().says.zh
    }

    #[test]
    fn the_standard_s_example() {
        let c: IdCard = "11010519491231002x".parse().unwrap();
        assert_eq!(c.to_string(), "11010519491231002X");
        assert_eq!(c.masked(), "110105********002X");
        assert_eq!(c.birth(), NaiveDate::from_ymd_opt(1949, 12, 31));
        assert_eq!(c.division().unwrap().as_str(), "110105");
        assert_eq!("110105491231002".parse::<IdCard>().unwrap(), c, "fifteen digits of the same person");
        assert_eq!("1101 0519 4912 3100 2X".parse::<IdCard>().unwrap(), c);
    }

    #[test]
    fn it_prints_itself_whole_only_when_asked() {
        let c: IdCard = "11010519491231002X".parse().unwrap();
        assert_eq!(format!("{c:?}"), "IdCard(110105********002X)");
        assert!(!format!("{:?}", vec![Some(c)]).contains("19491231"));
        for wrong in ["110105194912310021".to_owned(), made("11010519491331002"), made("99010519491231002")] {
            let e = wrong.parse::<IdCard>().unwrap_err();
            assert!(!format!("{e} {e:?}").contains("1949"), "{e}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(says("110105194912310021"), "第18位校验码应为 X");
        assert!(says(&made("11010519490229002")).contains("出生日期"));
        assert!(says(&made("11010518991231002")).contains("出生日期"));
        assert!(says("110105490229002").contains("出生日期"));
        assert!(says(&made("66010519491231002")).contains("行政区划 660105 不存在"));
        assert_eq!(says("1101051949123100"), "应为 18 位，现为 16 位");
        assert!(says("1101051949123X002X").contains("数字"));
        assert!(says("11010549123100X").contains("数字"), "fifteen characters have no X");
    }

    #[test]
    fn residents_from_elsewhere() {
        for body in ["81000019900101001", "82000019900101001", "83000019900101001", "91112419810803002"] {
            let c: IdCard = made(body).parse().unwrap();
            assert_eq!(c.division().is_some(), !body.starts_with('9') && !body.starts_with("83"), "{body}");
        }
        assert!(says(&made("99912419810803002")).contains("省级"));
    }

    proptest! {
        #[test]
        fn the_canonical_text_is_a_fixed_point(day in 0i64..36_000, serial in 0u32..1000) {
            let birth = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::Days::new(day.unsigned_abs());
            let c: IdCard = made(&format!("410105{}{serial:03}", birth.format("%Y%m%d"))).parse().unwrap();
            prop_assert_eq!(c.birth(), Some(birth));
            prop_assert_eq!(c.to_string().parse::<IdCard>().unwrap(), c);
        }
    }
}
