//! Element strings: keys and what is said with them, each behind its application identifier.

use super::{CodeError, Giai, Gln, Grai, Gsrn, Gtin, Kind, cased, is_serial_char};
use crate::codes::link::Link;
use chrono::{Datelike, NaiveDate};
use std::{fmt, str::FromStr};

/// Application identifiers in use here. Keys come first, which is also the order of the canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ai {
    /// (8003) returnable asset.
    Grai,
    /// (8004) individual asset.
    Giai,
    /// (8018) service relation, recipient.
    Gsrn,
    /// (414) location.
    Gln,
    /// (01) trade item.
    Gtin,
    /// (10) batch.
    Batch,
    /// (21) serial.
    Serial,
    /// (11) made on, YYMMDD.
    Made,
    /// (17) expires on, YYMMDD.
    Expiry,
    /// (3103) net weight, kilograms with three decimals.
    NetWeight,
}

impl Ai {
    const ALL: [Self; 10] = [
        Self::Grai,
        Self::Giai,
        Self::Gsrn,
        Self::Gln,
        Self::Gtin,
        Self::Batch,
        Self::Serial,
        Self::Made,
        Self::Expiry,
        Self::NetWeight,
    ];

    /// Its digits.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Grai => "8003",
            Self::Giai => "8004",
            Self::Gsrn => "8018",
            Self::Gln => "414",
            Self::Gtin => "01",
            Self::Batch => "10",
            Self::Serial => "21",
            Self::Made => "11",
            Self::Expiry => "17",
            Self::NetWeight => "3103",
        }
    }

    /// The key that it names.
    #[must_use]
    pub const fn key(self) -> Option<Kind> {
        match self {
            Self::Grai => Some(Kind::Grai),
            Self::Giai => Some(Kind::Giai),
            Self::Gsrn => Some(Kind::Gsrn),
            Self::Gln => Some(Kind::Gln),
            Self::Gtin => Some(Kind::Gtin),
            _ => None,
        }
    }

    /// Characters of those whose end is known without a separator (General Specifications, figure 7.8.5-2).
    const fn predefined(self) -> Option<usize> {
        match self {
            Self::Gtin => Some(14),
            Self::Gln => Some(13),
            Self::Made | Self::Expiry | Self::NetWeight => Some(6),
            _ => None,
        }
    }

    fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.code() == code)
    }

    /// The canonical value, or what is wrong with it. `kind` is what the whole text is taken for.
    fn value(self, kind: Kind, value: &str) -> Result<String, CodeError> {
        let code = self.code();
        let bad = |zh: &str, en: &str| CodeError::content(kind, format!("({code}) {zh}"), format!("({code}) {en}"));
        let six = value.len() == 6 && value.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Grai => {
                let t = value.strip_prefix('0').ok_or_else(|| bad("应以 0 开头", "should begin with 0"))?;
                Ok(format!("0{}", Grai::of(t)?))
            }
            Self::Giai => value.parse().map(|v: Giai| v.into()),
            Self::Gsrn => value.parse().map(|v: Gsrn| v.into()),
            Self::Gln => value.parse().map(|v: Gln| v.into()),
            Self::Gtin => value.parse().map(|v: Gtin| v.into()),
            Self::Serial | Self::Batch if (1..=20).contains(&value.len()) && value.chars().all(is_serial_char) => {
                Ok(value.to_owned())
            }
            Self::Serial | Self::Batch => Err(bad("应为 1 至 20 位字母、数字", "should be 1 to 20 letters or digits")),
            Self::NetWeight if six => Ok(value.to_owned()),
            Self::NetWeight => Err(bad("应为 6 位数字", "should be 6 digits")),
            // Which century is meant does not matter for whether the day exists but on 29 February of 2100.
            Self::Made | Self::Expiry if six && date(value, NaiveDate::default()).is_some() => Ok(value.to_owned()),
            Self::Made | Self::Expiry => Err(bad("不是有效日期 (YYMMDD)", "is no date (YYMMDD)")),
        }
    }
}

/// The day that six digits YYMMDD mean, read in a year: at most 49 years back and 50 ahead (General Specifications §7.12).
/// A day of `00` is the last of the month.
#[must_use]
pub fn date(value: &str, read_on: NaiveDate) -> Option<NaiveDate> {
    if value.len() != 6 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n = |range| value.get(range).and_then(|t: &str| t.parse::<u32>().ok());
    let (yy, month, day) = (i32::try_from(n(0..2)?).ok()?, n(2..4)?, n(4..6)?);
    let century = read_on.year().div_euclid(100) * 100;
    let year = match yy - read_on.year().rem_euclid(100) {
        51.. => century - 100 + yy,
        ..=-50 => century + 100 + yy,
        _ => century + yy,
    };
    if day > 0 {
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    Some(crate::date::PartialDate::month(year, month)?.last_day())
}

/// The grams that the six digits of (3103) mean.
#[must_use]
pub fn net_g(value: &str) -> Option<i64> {
    // Kilograms with three decimals are grams.
    (value.len() == 6 && value.bytes().all(|b| b.is_ascii_digit())).then(|| value.parse().ok())?
}

/// Keys and what is said with them. Prints with brackets, keys first: `(8003)06900000000014A1(17)261130`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elements(Vec<(Ai, String)>);

/// FNC1 as scanners send it, and as it is written.
const SEPARATORS: [&str; 3] = ["\u{241D}", "<GS>", "{GS}"];
const FNC1: char = '\u{1D}';

/// What the whole text is taken for until a key is found.
const KIND: Kind = Kind::Grai;

impl FromStr for Elements {
    type Err = CodeError;

    /// Reads brackets, FNC1 as U+001D (or written `␝`, `<GS>`), a symbology's prefix (`]Q3` …), or a Digital Link.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut t = cased(text);
        for s in SEPARATORS {
            t = t.replace(s, "\u{1D}");
        }
        let t = t.trim_matches(|c: char| c.is_control() && c != FNC1);
        if let Some(link) = Link::of(t) {
            return Self::of_link(&link);
        }
        let t = strip_symbology(t).0.trim_matches(FNC1);
        let pairs = if t.starts_with('(') { bracketed(t)? } else { run(t)? };
        Self::of(pairs)
    }
}

/// Takes a scanner's symbology prefix off; true when it says GS1.
pub(in crate::codes) fn strip_symbology(text: &str) -> (&str, bool) {
    match text.as_bytes() {
        [b']', a, b, ..] if a.is_ascii_alphabetic() && b.is_ascii_alphanumeric() => (
            text.get(3..).unwrap_or_default(),
            matches!((a, b), (b'C', b'1') | (b'd', b'2') | (b'Q', b'3') | (b'J', b'1') | (b'e', b'0'..=b'3')),
        ),
        _ => (text, false),
    }
}

/// `(8003)0…(21)…`: a bracket opens an element only before the digits of one.
fn bracketed(t: &str) -> Result<Vec<(Ai, String)>, CodeError> {
    let mut out = Vec::new();
    let mut rest = t;
    while let Some((code, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
        let ai = Ai::of(code).ok_or_else(|| unknown(code))?;
        let end = after.find('(').unwrap_or(after.len());
        out.push((ai, after.get(..end).unwrap_or_default().trim_matches(FNC1).to_owned()));
        rest = after.get(end..).unwrap_or_default();
    }
    if rest.is_empty() { Ok(out) } else { Err(unknown(rest)) }
}

/// Elements one after another, separated by FNC1 where their end is not known.
fn run(t: &str) -> Result<Vec<(Ai, String)>, CodeError> {
    let mut out = Vec::new();
    let mut rest = t;
    while !rest.is_empty() {
        let ai = Ai::ALL.into_iter().find(|a| rest.starts_with(a.code())).ok_or_else(|| unknown(rest))?;
        let value = rest.get(ai.code().len()..).unwrap_or_default();
        let end = match ai.predefined() {
            Some(n) => n,
            None => value.find(FNC1).unwrap_or(value.len()),
        };
        let Some((value, after)) = value.split_at_checked(end) else {
            let code = ai.code();
            let (zh, en) = (format!("({code}) 应有 {end} 位"), format!("({code}) should have {end} characters"));
            return Err(CodeError::far(ai.key().unwrap_or(KIND), zh, en));
        };
        out.push((ai, value.to_owned()));
        rest = after.trim_start_matches(FNC1);
    }
    Ok(out)
}

fn unknown(text: &str) -> CodeError {
    let code: String = text.chars().filter(|c| !c.is_control()).take(6).collect();
    CodeError::far(
        KIND,
        format!("“{code}”不是本系统所用的 GS1 应用标识符"),
        format!("`{code}` is no GS1 application identifier that is used here"),
    )
}

impl Elements {
    fn of(pairs: Vec<(Ai, String)>) -> Result<Self, CodeError> {
        let kind = pairs.iter().find_map(|(ai, _)| ai.key()).unwrap_or(KIND);
        let mut all = Vec::with_capacity(pairs.len());
        for (ai, value) in pairs {
            all.push((ai, ai.value(ai.key().unwrap_or(kind), &value)?));
        }
        all.sort();
        all.dedup();
        if all.is_empty() {
            return Err(CodeError::far(kind, "没有 GS1 数据", "holds no GS1 data"));
        }
        if let Some([(ai, _), _]) = all.windows(2).find(|w| matches!(w, [a, b] if a.0 == b.0)) {
            let code = ai.code();
            let (zh, en) = (format!("({code}) 有两个不同的值"), format!("({code}) has two different values"));
            return Err(CodeError::content(kind, zh, en));
        }
        Ok(Self(all))
    }

    /// A Digital Link: keys and qualifiers in the path, the rest behind `?`. Names it does not know are left out.
    pub(in crate::codes) fn of_link(link: &Link) -> Result<Self, CodeError> {
        let start = link.path.iter().position(|s| Ai::of(s).is_some_and(|a| a.key().is_some()));
        let path = start.and_then(|i| link.path.get(i..)).unwrap_or_default();
        let mut pairs = Vec::new();
        for pair in path.chunks(2) {
            let [code, value] = pair else {
                return Err(CodeError::far(KIND, "网址中缺少编码", "the address lacks the key's value"));
            };
            pairs.push((Ai::of(code).ok_or_else(|| unknown(code))?, cased(value)));
        }
        if pairs.is_empty() {
            return Err(CodeError::far(KIND, "网址中没有 GS1 编码", "the address holds no GS1 key"));
        }
        pairs.extend(link.query.iter().filter_map(|(k, v)| Some((Ai::of(k)?, cased(v)))));
        Self::of(pairs)
    }

    /// The value of an identifier, as it stands behind it.
    #[must_use]
    pub fn get(&self, ai: Ai) -> Option<&str> {
        self.0.iter().find(|(a, _)| *a == ai).map(|(_, v)| v.as_str())
    }

    /// All of them, keys first.
    pub fn iter(&self) -> impl Iterator<Item = (Ai, &str)> {
        self.0.iter().map(|(a, v)| (*a, v.as_str()))
    }

    /// The address of a Digital Link on a host: the first key in the path, batch and serial behind a trade item, the rest
    /// behind `?`. Characters that an address may not hold are encoded.
    #[must_use]
    pub fn link(&self, host: &str) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let first = self.0.first().map(|(ai, _)| *ai);
        let in_path = |ai: Ai| Some(ai) == first || first == Some(Ai::Gtin) && matches!(ai, Ai::Batch | Ai::Serial);
        let (mut path, mut query) = (String::new(), String::new());
        for (ai, value) in self.iter() {
            let (code, value) = (ai.code(), utf8_percent_encode(value, NON_ALPHANUMERIC));
            if in_path(ai) {
                path = format!("{path}/{code}/{value}");
            } else {
                let mark = if query.is_empty() { '?' } else { '&' };
                query = format!("{query}{mark}{code}={value}");
            }
        }
        format!("https://{host}{path}{query}")
    }
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(ai, v)| write!(f, "({}){v}", ai.code()))
    }
}

impl From<&Grai> for Elements {
    fn from(grai: &Grai) -> Self {
        Self(vec![(Ai::Grai, format!("0{grai}"))])
    }
}

impl From<&Gln> for Elements {
    fn from(gln: &Gln) -> Self {
        Self(vec![(Ai::Gln, gln.to_string())])
    }
}

impl From<&Gtin> for Elements {
    fn from(gtin: &Gtin) -> Self {
        Self(vec![(Ai::Gtin, gtin.to_string())])
    }
}

impl From<&Giai> for Elements {
    fn from(giai: &Giai) -> Self {
        Self(vec![(Ai::Giai, giai.to_string())])
    }
}

impl From<&Gsrn> for Elements {
    fn from(gsrn: &Gsrn) -> Self {
        Self(vec![(Ai::Gsrn, gsrn.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e(s: &str) -> Elements {
        s.parse().unwrap_or_else(|e| panic!("{s:?}: {e}"))
    }

    #[test]
    fn every_form_of_one_label() {
        let want = "(8003)06900000000014AbC12(17)261130(3103)014500";
        for same in [
            want,
            "(17)261130(8003)06900000000014AbC12(3103)014500",
            "（8003）06900000000014AbC12（17）261130（3103）014500",
            "800306900000000014AbC12\u{1D}172611303103014500",
            "\u{1D}172611303103014500800306900000000014AbC12\r\n",
            "]d2800306900000000014AbC12\u{1D}172611303103014500",
            "]Q33103014500800306900000000014AbC12␝17261130",
            "800306900000000014AbC12<GS>17261130<GS>3103014500",
            "https://id.example/8003/06900000000014AbC12?17=261130&3103=014500&utm=x",
            "https://id.example/a/b/8003/06900000000014AbC12?3103=014500&17=261130",
        ] {
            assert_eq!(e(same).to_string(), want, "{same:?}");
        }
        let all = e(want);
        assert_eq!((all.get(Ai::NetWeight).and_then(net_g), all.get(Ai::Serial)), (Some(14_500), None));
        assert_eq!(e(&all.link("id.example")), all);
    }

    #[test]
    fn every_key() {
        for (given, want) in [
            ("(01)06901234567892(21)A/1", "(01)06901234567892(21)A/1"),
            ("https://id.gs1.org/01/6901234567892/21/A%2F1?11=250600", "(01)06901234567892(21)A/1(11)250600"),
            ("4146900000000021", "(414)6900000000021"),
            ("(8004)69000000GUN-7", "(8004)69000000GUN-7"),
            ("8018690000000000000010", "(8018)690000000000000010"),
            ("(01)06901234567892(10)B-1", "(01)06901234567892(10)B-1"),
        ] {
            let got = e(given);
            assert_eq!(got.to_string(), want);
            assert_eq!(e(&got.to_string()), got);
            assert_eq!(e(&got.link("h.example")), got, "{}", got.link("h.example"));
        }
        assert_eq!(Elements::from(&"6900000000014A".parse::<Grai>().unwrap()), e("(8003)06900000000014A"));
        assert_eq!(Elements::from(&"6900000000021".parse::<Gln>().unwrap()), e("(414)6900000000021"));
        assert_eq!(Elements::from(&"6901234567892".parse::<Gtin>().unwrap()), e("(01)06901234567892"));
        assert_eq!(Elements::from(&"69000000GUN-7".parse::<Giai>().unwrap()), e("(8004)69000000GUN-7"));
        assert_eq!(Elements::from(&"690000000000000010".parse::<Gsrn>().unwrap()), e("(8018)690000000000000010"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let says = |s: &str| s.parse::<Elements>().unwrap_err().says.zh;
        assert_eq!(says("(8003)06900000000015A"), "第13位校验码应为 4");
        assert_eq!(says("(8003)6900000000014A"), "(8003) 应以 0 开头");
        assert_eq!(says("(99)1"), "“99”不是本系统所用的 GS1 应用标识符");
        assert_eq!(says("(414)6900000000021(17)261340"), "(17) 不是有效日期 (YYMMDD)");
        assert_eq!(says("(414)6900000000021(3103)1"), "(3103) 应为 6 位数字");
        assert_eq!(says("(414)6900000000021(21)"), "(21) 应为 1 至 20 位字母、数字");
        assert_eq!(says("(414)6900000000021(414)6900000000038"), "(414) 有两个不同的值");
        assert_eq!(says("0169012345"), "(01) 应有 14 位");
        assert_eq!(says("https://id.example/8003"), "网址中缺少编码");
        assert_eq!(says("https://id.example/x"), "网址中没有 GS1 编码");
        for bad in ["", "]d2", "\u{1D}", "(", "(8003", "(8003)", "()1", "(414)6900000000021)", "01瓶瓶瓶瓶瓶瓶瓶"]
        {
            assert!(bad.parse::<Elements>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn dates_have_a_century_by_the_day_they_are_read() {
        let on = |y| NaiveDate::from_ymd_opt(y, 11, 21).unwrap();
        for (value, year, want) in [
            ("261130", 2026, "2026-11-30"),
            ("760101", 2026, "2076-01-01"),
            ("770101", 2026, "1977-01-01"),
            ("990101", 2026, "1999-01-01"),
            ("250200", 2026, "2025-02-28"),
            ("240200", 2026, "2024-02-29"),
            ("100101", 2095, "2110-01-01"),
        ] {
            assert_eq!(date(value, on(year)).unwrap().to_string(), want, "{value} in {year}");
        }
        for bad in ["", "2611", "261300", "260230", "26113O", "瓶瓶"] {
            assert_eq!(date(bad, on(2026)), None, "{bad}");
        }
        assert_eq!((net_g("014500"), net_g("14500"), net_g("+14500")), (Some(14_500), None, None));
    }
}
