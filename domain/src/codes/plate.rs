//! Number plates: GA 36.

use super::{CodeError, Division, Kind, compact, division::province_of_plate, text_code};
use std::str::FromStr;

text_code! {
    /// A vehicle's number plate: `豫A12345`, a new-energy vehicle's with eight characters, or one that ends in 挂 学 警 港 澳.
    Plate
}

fn is_letter(c: char) -> bool {
    c.is_ascii_uppercase() && !matches!(c, 'I' | 'O')
}

impl FromStr for Plate {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const KIND: Kind = Kind::Plate;
        let t = compact(text);
        let mut chars = t.chars();
        let (first, second) = (chars.next(), chars.next());
        if first.and_then(province_of_plate).is_none() {
            return Err(CodeError::far(KIND, "应以省份简称开头", "should begin with a province's character"));
        }
        let n = t.chars().count();
        if !(7..=8).contains(&n) {
            return Err(CodeError::content(
                KIND,
                format!("应为 7 位，新能源 8 位，现为 {n} 位"),
                format!("should have 7 characters, a new-energy vehicle 8; has {n}"),
            ));
        }
        for (i, c) in t.chars().enumerate().skip(1) {
            let last = i + 1 == n && matches!(c, '挂' | '学' | '警' | '港' | '澳');
            let fits = if i == 1 { second.is_some_and(is_letter) } else { is_letter(c) || c.is_ascii_digit() || last };
            if !fits {
                let place = i + 1;
                let (zh, en) = match c {
                    'I' | 'O' => (format!("第{place}位不用字母 {c}"), format!("character {place} is never {c}")),
                    _ => (format!("第{place}位不能是 {c}"), format!("character {place} cannot be {c}")),
                };
                return Err(CodeError::content(KIND, zh, en));
            }
        }
        Ok(Self(t))
    }
}

impl Plate {
    /// Whether it is a new-energy vehicle's: eight characters.
    #[must_use]
    pub fn is_new_energy(&self) -> bool {
        self.0.chars().count() == 8
    }

    /// Its province, `410000`.
    #[must_use]
    pub fn province(&self) -> Option<Division> {
        let p = self.0.chars().next().and_then(province_of_plate)?;
        format!("{p}0000").parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates() {
        for (given, want, new_energy) in [
            ("豫A12345", "豫A12345", false),
            ("豫a·1234d", "豫A1234D", false),
            ("豫A D12345", "豫AD12345", true),
            ("豫A12345D", "豫A12345D", true),
            ("豫A1234挂", "豫A1234挂", false),
            ("粤Z1234港", "粤Z1234港", false),
            ("京Ａ－１２３４警", "京A1234警", false),
        ] {
            let p: Plate = given.parse().unwrap_or_else(|e| panic!("{given}: {e}"));
            assert_eq!((p.as_str(), p.is_new_energy()), (want, new_energy), "{given}");
        }
        assert_eq!("豫A12345".parse::<Plate>().unwrap().province().unwrap().as_str(), "410000");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let says = |s: &str| s.parse::<Plate>().unwrap_err().says.zh;
        assert_eq!(says("豫A1234O"), "第7位不用字母 O");
        assert_eq!(says("豫I12345"), "第2位不用字母 I");
        assert_eq!(says("豫112345"), "第2位不能是 1");
        assert_eq!(says("豫A挂1234"), "第3位不能是 挂");
        assert_eq!(says("豫A1234"), "应为 7 位，新能源 8 位，现为 6 位");
        for bad in ["", "A12345", "台A12345", "豫A1234567"] {
            assert!(bad.parse::<Plate>().is_err(), "{bad}");
        }
    }
}
