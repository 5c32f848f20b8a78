//! Companies: GB 32100 and what came before it.

use super::{CodeError, Division, Kind, check, compact, division, text_code};
use std::str::FromStr;

text_code! {
    /// Unified social credit code (GB 32100-2015): authority, type, division, organisation code, check character.
    SocialCredit
}
text_code! {
    /// Organisation code (GB 11714-1997): eight digits or letters and a check character, without the hyphen.
    Organisation
}
text_code! {
    /// Registration number of a business licence before 2015: 15 digits, of which the first six are the authority's.
    /// Kept as another name of a company only.
    Licence
}

/// What a character that the alphabet leaves out was probably meant to be.
fn meant(c: char) -> Option<char> {
    match c {
        'I' => Some('1'),
        'O' => Some('0'),
        'S' => Some('5'),
        'V' => Some('U'),
        'Z' => Some('2'),
        _ => None,
    }
}

impl FromStr for SocialCredit {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::SocialCredit;
        let t = compact(text);
        if !t.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CodeError::far(KIND, "应为数字和大写字母", "should be digits and capital letters"));
        }
        if t.len() != 18 {
            return Err(CodeError::length(KIND, &t, 18));
        }
        for (i, c) in t.chars().enumerate() {
            let place = i + 1;
            if let Some(m) = meant(c) {
                return Err(CodeError::content(
                    KIND,
                    format!("第{place}位不用字母 {c}，可能是 {m}"),
                    format!("character {place} is never {c}, perhaps it is {m}"),
                ));
            }
            if (3..=8).contains(&place) && !c.is_ascii_digit() {
                return Err(CodeError::far(
                    KIND,
                    "第3至8位应为行政区划数字",
                    "characters 3 to 8 should be the division's digits",
                ));
            }
        }
        let (body, last) = t.as_bytes().split_at(17);
        let organisation = check::organisation(&body[8..16]);
        // Both checks are told: which of them failed shows where the slip is.
        let mut wrong = Vec::new();
        match check::social_credit(body) {
            Some(c) if [c] == *last => {}
            Some(c) => wrong.push(CodeError::check(KIND, 18, c)),
            None => return Err(CodeError::far(KIND, "有不允许的字符", "has a character that is not allowed")),
        }
        if let Some(c) = organisation.filter(|c| *c != body[16]) {
            let c = char::from(c);
            wrong.push(CodeError::content(
                KIND,
                format!("第17位（组织机构代码校验码）应为 {c}"),
                format!("character 17, which checks the organisation code, should be {c}"),
            ));
        }
        let mut wrong = wrong.into_iter();
        if let Some(mut e) = wrong.next() {
            for more in wrong {
                e.says.zh = format!("{}；{}", e.says.zh, more.says.zh);
                e.says.en = format!("{}; {}", e.says.en, more.says.en);
            }
            return Err(e);
        }
        // 100000 is the country's own register.
        if &t[2..8] != "100000" {
            division::form(KIND, &t[2..8])?;
        }
        Ok(Self(t))
    }
}

impl SocialCredit {
    /// The division of the register; `None` for the country's own.
    #[must_use]
    pub fn division(&self) -> Option<Division> {
        Division::first_six(self.0.get(2..8)?)
    }

    /// The organisation code inside.
    #[must_use]
    pub fn organisation(&self) -> Organisation {
        Organisation(self.0.get(8..17).unwrap_or_default().to_owned())
    }
}

impl FromStr for Organisation {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::Organisation;
        let t = compact(text);
        if t.len() != 9 || !t.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CodeError::far(KIND, "应为 9 位数字或大写字母", "should be 9 digits or capital letters"));
        }
        let (body, last) = t.as_bytes().split_at(8);
        match check::organisation(body) {
            Some(c) if [c] == *last => Ok(Self(t)),
            Some(c) => Err(CodeError::check(KIND, 9, c)),
            None => Err(CodeError::far(KIND, "有不允许的字符", "has a character that is not allowed")),
        }
    }
}

impl FromStr for Licence {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::Licence;
        let t = compact(text);
        if !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(KIND, "应为数字", "should be digits"));
        }
        if t.len() != 15 {
            return Err(CodeError::length(KIND, &t, 15));
        }
        if &t[..6] != "100000" {
            division::form(KIND, &t[..6])?;
        }
        Ok(Self(t))
    }
}

impl Licence {
    /// Whether its last digit is the check digit of the others (GB/T 17710 MOD 11,10). Numbers of the first years were
    /// given without one, so this is no condition.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.0.as_bytes().split_last().is_some_and(|(last, body)| check::mod_11_10(body) == Some(*last))
    }

    /// The division of the register; `None` for the country's own.
    #[must_use]
    pub fn division(&self) -> Option<Division> {
        Division::first_six(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> String {
        text.parse::<SocialCredit>().unwrap_err().says.zh
    }

    #[test]
    fn real_codes() {
        for (text, org, division) in [
            ("91110000802100433B", "802100433", "110000"),
            ("91440300708461136T", "708461136", "440300"),
            ("91330100799655058B", "799655058", "330100"),
            ("914403001922038216", "192203821", "440300"),
            ("91350100M000100Y43", "M000100Y4", "350100"),
        ] {
            let c: SocialCredit = text.parse().unwrap();
            assert_eq!(c.to_string(), text);
            assert_eq!(c.organisation().as_str(), org);
            assert_eq!(org.parse::<Organisation>().unwrap(), c.organisation());
            assert_eq!(c.division().unwrap().as_str(), division);
            assert_eq!(text.to_lowercase().parse::<SocialCredit>().unwrap(), c);
        }
        assert_eq!("80210043-3".parse::<Organisation>().unwrap().as_str(), "802100433");
        assert_eq!("ｍ０００１００ｙ－４".parse::<Organisation>().unwrap().as_str(), "M000100Y4");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(says("91110000802100433C"), "第18位校验码应为 B");
        assert_eq!("91110000802100433C".parse::<SocialCredit>().unwrap_err().says.en, "check character 18 should be B");
        assert_eq!(says("9111000080210O433B"), "第14位不用字母 O，可能是 0");
        for c in ['I', 'S', 'V', 'Z'] {
            assert!(says(&format!("{c}1110000802100433B")).contains(c));
        }
        assert!(says("91110000802100443B").contains("第17位（组织机构代码校验码）应为"));
        assert_eq!(says("9111000080210043B"), "应为 18 位，现为 17 位");
        assert_eq!("9111000080210043B".parse::<SocialCredit>().unwrap_err().near, super::super::Near::Length);
        assert!(says("9A110000802100433B").contains("校验码"));
        assert!(says("911A0000802100433B").contains("行政区划"));
        assert!(says("91110000802100433*").contains("数字"));
        assert!("80210043".parse::<Organisation>().is_err() && "80210043?".parse::<Organisation>().is_err());
        assert_eq!("802100434".parse::<Organisation>().unwrap_err().says.zh, "第9位校验码应为 3");
    }

    /// A code whose checks hold.
    fn made(authority: &str, org: &str) -> String {
        let org = format!("{org}{}", char::from(check::organisation(org.as_bytes()).unwrap()));
        let body = format!("{authority}{org}");
        format!("{body}{}", char::from(check::social_credit(body.as_bytes()).unwrap()))
    }

    #[test]
    fn the_organisation_code_inside_is_checked_by_itself() {
        // Character 18 holds for what stands before it, character 17 does not.
        let body = "91110000802100434";
        let text = format!("{body}{}", char::from(check::social_credit(body.as_bytes()).unwrap()));
        assert_eq!(says(&text), "第17位（组织机构代码校验码）应为 3");
    }

    #[test]
    fn a_register_has_a_division_or_is_the_country_s() {
        let national: SocialCredit = made("53100000", "50002002").parse().unwrap();
        assert_eq!(national.division(), None);
        assert!(says(&made("91990000", "80210043")).contains("行政区划 990000 不存在"));
    }

    #[test]
    fn old_licences() {
        let with_check = |body: &str| format!("{body}{}", char::from(check::mod_11_10(body.as_bytes()).unwrap()));
        let l: Licence = with_check("41010000001234").parse().unwrap();
        assert!(l.is_checked());
        assert_eq!(l.division().unwrap().as_str(), "410100");
        let mut other = l.to_string();
        other.replace_range(14.., if other.ends_with('0') { "1" } else { "0" });
        assert!(!other.parse::<Licence>().unwrap().is_checked());
        assert!("100000000000017".parse::<Licence>().unwrap().division().is_none());
        assert!("990000000000017".parse::<Licence>().is_err() && "4101000000".parse::<Licence>().is_err());
        assert!("41010000000123X".parse::<Licence>().is_err());
    }
}
