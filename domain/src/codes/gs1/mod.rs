//! GS1 keys. A cylinder is a returnable asset (GRAI), a station or filler a location (GLN), a gun or device an individual
//! asset (GIAI). Keys print bare; [`Elements`] prints them with their application identifiers.

mod elements;

pub(super) use elements::strip_symbology;
pub use elements::{Ai, Elements, date, net_g};

use super::{CodeError, Kind, check, compact, half_width, is_invisible, text_code};
use std::str::FromStr;

text_code! {
    /// Trade item (GTIN), as 14 digits; 8, 12 and 13 are filled up with zeros.
    Gtin
}
text_code! {
    /// Location (GLN), 13 digits.
    Gln
}
text_code! {
    /// Returnable asset (GRAI): 13 digits of the asset's type and up to 16 characters of its serial.
    Grai
}
text_code! {
    /// Individual asset (GIAI): the company's digits and its reference, at most 30 characters.
    Giai
}
text_code! {
    /// Service relation (GSRN), 18 digits.
    Gsrn
}

/// Whether a character may stand in a serial: the 82 of the General Specifications (table 7.11-1) without the brackets
/// `()` and `<>`, which in print mark application identifiers and `<GS>`.
pub(super) fn is_serial_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'*+,-./:;=?_".contains(c)
}

/// A text without blanks and invisible characters; letters keep their case, which serials tell apart.
pub(super) fn cased(text: &str) -> String {
    half_width(text).chars().filter(|c| !(c.is_whitespace() || is_invisible(*c) || *c == '\0')).collect()
}

/// Digits of one of some lengths with a check digit at their end.
fn checked(kind: Kind, t: &str, lengths: &[usize]) -> Result<(), CodeError> {
    if t.is_empty() || !t.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CodeError::far(kind, "应为数字", "should be digits"));
    }
    if !lengths.contains(&t.len()) {
        let all = lengths.iter().map(ToString::to_string).collect::<Vec<_>>().join("/");
        return Err(CodeError::far(kind, format!("应为 {all} 位"), format!("should have {all} digits")));
    }
    let (body, last) = t.as_bytes().split_at(t.len() - 1);
    match check::gs1(body) {
        Some(c) if [c] != *last => Err(CodeError::check(kind, t.len(), c)),
        _ => Ok(()),
    }
}

impl FromStr for Gtin {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        checked(Kind::Gtin, &t, &[8, 12, 13, 14])?;
        Ok(Self(format!("{t:0>14}")))
    }
}

impl FromStr for Gln {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        checked(Kind::Gln, &t, &[13])?;
        Ok(Self(t))
    }
}

impl FromStr for Gsrn {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        checked(Kind::Gsrn, &t, &[18])?;
        Ok(Self(t))
    }
}

impl FromStr for Grai {
    type Err = CodeError;

    /// Reads the 13 digits and the serial, or these behind the zero that fills up application identifier 8003.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = cased(text);
        match Self::of(&t) {
            Ok(grai) => Ok(grai),
            Err(e) => t.strip_prefix('0').and_then(|t| Self::of(t).ok()).ok_or(e),
        }
    }
}

impl Grai {
    fn of(t: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::Grai;
        let asset = t.get(..13).unwrap_or(t);
        checked(KIND, asset, &[13])?;
        let serial = t.get(13..).unwrap_or_default();
        if serial.len() > 16 || !serial.chars().all(is_serial_char) {
            return Err(CodeError::content(
                KIND,
                "序列号至多 16 位，只能有字母、数字和常用符号",
                "a serial has at most 16 letters, digits and common signs",
            ));
        }
        Ok(Self(t.to_owned()))
    }

    /// The asset's type: company, type, check digit.
    #[must_use]
    pub fn asset_type(&self) -> &str {
        self.0.get(..13).unwrap_or_default()
    }

    /// The serial; empty when only the type is named.
    #[must_use]
    pub fn serial(&self) -> &str {
        self.0.get(13..).unwrap_or_default()
    }
}

impl FromStr for Giai {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = cased(text);
        // A company's prefix has 4 to 12 digits.
        let digits = t.bytes().take_while(u8::is_ascii_digit).count();
        if digits < 4 || !(5..=30).contains(&t.len()) || !t.chars().all(is_serial_char) {
            return Err(CodeError::far(
                Kind::Giai,
                "应以厂商识别代码的数字开头，5 至 30 位",
                "should begin with the company's digits and have 5 to 30 characters",
            ));
        }
        Ok(Self(t))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!("6901234567892".parse::<Gtin>().unwrap().as_str(), "06901234567892");
        assert_eq!("6900000000021".parse::<Gln>().unwrap().as_str(), "6900000000021");
        for same in ["6900000000014AbC/12", "06900000000014AbC/12", " 690 0000000014 AbC/12"] {
            let g: Grai = same.parse().unwrap();
            assert_eq!((g.asset_type(), g.serial(), g.as_str()), ("6900000000014", "AbC/12", "6900000000014AbC/12"));
        }
        assert_eq!("6900000000014".parse::<Grai>().unwrap().serial(), "");
        assert_eq!("69000000GUN-7".parse::<Giai>().unwrap().as_str(), "69000000GUN-7");
        let body = "69000000000000001";
        let gsrn = format!("{body}{}", char::from(check::gs1(body.as_bytes()).unwrap()));
        assert_eq!(gsrn.parse::<Gsrn>().unwrap().as_str(), gsrn);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!("6901234567893".parse::<Gtin>().unwrap_err().says.zh, "第13位校验码应为 2");
        assert_eq!("6900000000022".parse::<Gln>().unwrap_err().says.en, "check character 13 should be 1");
        assert_eq!("6900000000015X".parse::<Grai>().unwrap_err().says.zh, "第13位校验码应为 4");
        assert!("6900000000014(21)1".parse::<Grai>().is_err());
        assert!("690000000001412345678901234567".parse::<Grai>().is_err());
        assert!("69012345678".parse::<Gtin>().unwrap_err().says.zh.contains("8/12/13/14"));
        for bad in ["", "GUN-7", "690", "6900瓶", "0123456789012345678901234567890"] {
            assert!(bad.parse::<Giai>().is_err(), "{bad}");
        }
        for bad in ["", "瓶", "690000000001"] {
            assert!(bad.parse::<Grai>().is_err() && bad.parse::<Gln>().is_err() && bad.parse::<Gsrn>().is_err());
        }
    }
}
