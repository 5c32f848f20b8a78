//! Telephone numbers.

use super::{CodeError, Kind, compact, half_width, person::mask, text_code};
use std::str::FromStr;

text_code! {
    /// A telephone number in China: mobile `13800001111`, fixed line `0371-66668888`, service line `400-820-8820`, or a
    /// short public number `12315`, `12345`, `96xxx`.
    Phone
}

/// What sort of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    /// Mobile.
    Mobile,
    /// Fixed line.
    Landline,
    /// 400 or 800.
    Service,
    /// Three to six digits that everybody may know.
    Short,
}

impl PhoneKind {
    /// As a kind of code.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Mobile => Kind::Mobile,
            Self::Landline => Kind::Landline,
            Self::Service => Kind::ServiceLine,
            Self::Short => Kind::ShortCode,
        }
    }
}

fn is_mobile(d: &str) -> bool {
    d.len() == 11 && matches!(d.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// Digits of the area code: 010 and 02x have three, 03xx to 09xx have four. `None` when none begins so, or the number
/// behind it has neither 7 nor 8 digits.
fn area(d: &str) -> Option<usize> {
    let n = match d.as_bytes() {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => 3,
        [b'0', b'3'..=b'9', ..] => 4,
        _ => return None,
    };
    matches!(d.len().checked_sub(n), Some(7 | 8)).then_some(n)
}

fn is_short(d: &str) -> bool {
    matches!(d, "110" | "119" | "120" | "122")
        || d.len() == 5 && (d.starts_with("123") || d.starts_with("96"))
        || d.len() == 6 && d.starts_with("96")
}

fn is_service(d: &str) -> bool {
    d.len() == 10 && (d.starts_with("400") || d.starts_with("800"))
}

impl FromStr for Phone {
    type Err = CodeError;

    /// Blanks, hyphens, brackets round the area code, and +86 or 0086 before it are accepted.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t: String = compact(text).chars().filter(|c| !matches!(c, '(' | ')')).collect();
        let abroad = t.strip_prefix("+86").or_else(|| t.strip_prefix("0086").filter(|d| d.len() >= 10));
        let d = abroad.unwrap_or(&t);
        if d.is_empty() || !d.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(Kind::Mobile, "应为数字", "should be digits"));
        }
        if is_mobile(d) || is_short(d) && abroad.is_none() {
            return Ok(Self(d.to_owned()));
        }
        if is_service(d) {
            return Ok(Self(format!("{}-{}-{}", &d[..3], &d[3..6], &d[6..])));
        }
        // From abroad the zero of the area code is left out.
        let d = if abroad.is_some() && !d.starts_with('0') { format!("0{d}") } else { d.to_owned() };
        if let Some(n) = area(&d) {
            return Ok(Self(format!("{}-{}", &d[..n], &d[n..])));
        }
        if d.len() == 11 && d.starts_with('1') {
            return Err(CodeError::content(
                Kind::Mobile,
                "手机号第2位应为 3 至 9",
                "the second digit of a mobile number should be 3 to 9",
            ));
        }
        if d.starts_with('1') && (10..=12).contains(&d.len()) {
            return Err(CodeError::length(Kind::Mobile, &d, 11));
        }
        if area(&format!("{d}0")).is_some() {
            return Err(CodeError::far(
                Kind::Landline,
                "区号后应为 7 或 8 位",
                "7 or 8 digits should follow the area code",
            ));
        }
        Err(CodeError::far(Kind::Mobile, "不是电话号码", "is no telephone number"))
    }
}

impl Phone {
    /// What sort of number it is.
    #[must_use]
    pub fn kind(&self) -> PhoneKind {
        match self.0.as_bytes() {
            [b'0', ..] => PhoneKind::Landline,
            t if t.contains(&b'-') => PhoneKind::Service,
            t if t.len() == 11 => PhoneKind::Mobile,
            _ => PhoneKind::Short,
        }
    }

    /// With the middle hidden: `138****1111`, `0371-****8888`. Service lines and short numbers are public.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.kind() {
            PhoneKind::Mobile => mask(&self.0, 3..7),
            PhoneKind::Landline => {
                let n = self.0.find('-').unwrap_or_default();
                mask(&self.0, n + 1..self.0.len().saturating_sub(4))
            }
            PhoneKind::Service | PhoneKind::Short => self.0.clone(),
        }
    }
}

/// Whether it is written as only a telephone number is: +86 before it, or the area code set apart.
pub(super) fn is_written_as_phone(text: &str) -> bool {
    let t = half_width(text);
    let t = t.trim();
    t.starts_with("+86") || t.starts_with("(0") || t.starts_with('0') && matches!(t.find(['-', ' ']), Some(3 | 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_canonical_text_and_a_mask() {
        for (given, want, masked, kind) in [
            ("13800001111", "13800001111", "138****1111", PhoneKind::Mobile),
            ("138-0000-1111", "13800001111", "138****1111", PhoneKind::Mobile),
            ("\u{202d}138 0000 1111\u{202c}", "13800001111", "138****1111", PhoneKind::Mobile),
            ("+86 138 0000 1111", "13800001111", "138****1111", PhoneKind::Mobile),
            ("0086-13800001111", "13800001111", "138****1111", PhoneKind::Mobile),
            ("１９９００００１１１１", "19900001111", "199****1111", PhoneKind::Mobile),
            ("0371-66668888", "0371-66668888", "0371-****8888", PhoneKind::Landline),
            ("037166668888", "0371-66668888", "0371-****8888", PhoneKind::Landline),
            ("(0371)6666888", "0371-6666888", "0371-***6888", PhoneKind::Landline),
            ("010 12345678", "010-12345678", "010-****5678", PhoneKind::Landline),
            ("+86 371 66668888", "0371-66668888", "0371-****8888", PhoneKind::Landline),
            ("4008208820", "400-820-8820", "400-820-8820", PhoneKind::Service),
            ("800-820-8820", "800-820-8820", "800-820-8820", PhoneKind::Service),
            ("12315", "12315", "12315", PhoneKind::Short),
            ("12345", "12345", "12345", PhoneKind::Short),
            ("96119", "96119", "96119", PhoneKind::Short),
            ("119", "119", "119", PhoneKind::Short),
        ] {
            let p: Phone = given.parse().unwrap_or_else(|e| panic!("{given}: {e}"));
            assert_eq!((p.as_str(), p.masked().as_str(), p.kind()), (want, masked, kind), "{given}");
            assert_eq!(p.as_str().parse::<Phone>().unwrap(), p);
        }
    }

    #[test]
    fn placeholders_of_the_sources_are_none() {
        let e = |s: &str| s.parse::<Phone>().unwrap_err();
        assert_eq!(e("12345678901").says.zh, "手机号第2位应为 3 至 9");
        assert_eq!(e("1380000111").says.en, "should have 11 characters, has 10");
        assert_eq!(e("0371-666688").kind, Kind::Landline);
        // A tag code is no fixed line: there is no area 011.
        for bad in ["", "0", "2", "111111", "01101000001", "00106000026", "test1", "+8612315", "1３8000011112222"] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }
}
