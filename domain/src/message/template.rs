//! Texts with fields in braces, filled in for each recipient.

use crate::check::words;
use serde::{Deserialize, Serialize};

words! {
    /// What may stand in braces.
    Field {
        /// Name of the recipient.
        Name = "name", "姓名", "Name of the recipient";
        /// His organisation.
        Org = "org", "单位", "Organisation";
        /// Its district.
        District = "district", "区县", "District";
        /// Cylinders of the organisation that are past their due date.
        Overdue = "overdue", "过检数", "Cylinders overdue";
        /// The day on which it goes out.
        Date = "date", "日期", "Day of sending";
    }
}

impl Field {
    /// Reads what stands in braces, in either language.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.iter().copied().find(|f| f.code() == text || f.text().zh == text)
    }
}

/// What is put into the fields for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// [`Field::Name`].
    pub name: String,
    /// [`Field::Org`].
    pub org: String,
    /// [`Field::District`].
    pub district: String,
    /// [`Field::Overdue`].
    pub overdue: i64,
    /// [`Field::Date`].
    pub date: String,
}

impl Fields {
    fn of(&self, field: Field) -> String {
        match field {
            Field::Name => self.name.clone(),
            Field::Org => self.org.clone(),
            Field::District => self.district.clone(),
            Field::Overdue => self.overdue.to_string(),
            Field::Date => self.date.clone(),
        }
    }
}

/// A piece of a text: words as they stand, or what stands in braces.
enum Piece<'a> {
    Words(&'a str),
    Braced(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('{')
            && let Some(end) = inner.find(['{', '}', '\n'])
            && inner.as_bytes().get(end) == Some(&b'}')
        {
            let (name, after) = inner.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            return Some(Piece::Braced(name));
        }
        // The brace that opens nothing is a word like others.
        let skip = usize::from(rest.starts_with('{'));
        let end = rest.get(skip..).and_then(|r| r.find('{')).map_or(rest.len(), |at| at + skip);
        let (words, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Words(words))
    })
}

/// The first name in braces that is no field: a slip of the pen, which nobody should read in his letter.
#[must_use]
pub fn unknown(text: &str) -> Option<&str> {
    pieces(text).find_map(|p| match p {
        Piece::Braced(name) if Field::read(name).is_none() => Some(name),
        _ => None,
    })
}

/// Fills a text in. What is filled in is not looked at again: a name with braces stays a name.
#[must_use]
pub fn fill(text: &str, fields: &Fields) -> String {
    pieces(text).fold(String::with_capacity(text.len()), |mut out, p| {
        match p {
            Piece::Words(words) => out.push_str(words),
            Piece::Braced(name) => match Field::read(name) {
                Some(field) => out.push_str(&fields.of(field)),
                None => {
                    out.push('{');
                    out.push_str(name);
                    out.push('}');
                }
            },
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields() -> Fields {
        Fields {
            name: "{单位}".into(),
            org: "北郊气站".into(),
            district: "金水区".into(),
            overdue: 7,
            date: "2026-11-21".into(),
        }
    }

    #[test]
    fn fields_are_filled_in_once() {
        let f = fields();
        assert_eq!(fill("{单位}({区县})有 {overdue} 只过检", &f), "北郊气站(金水区)有 7 只过检");
        assert_eq!(fill("{name}", &f), "{单位}", "what is filled in is not looked at again");
        assert_eq!(fill("{ 日期 }", &f), "2026-11-21");
        for same in ["", "{", "}", "{}", "a { b", "{{", "{x}", "{\n}", "{单位"] {
            assert_eq!(fill(same, &f), same, "{same}");
        }
        assert_eq!(fill("{{org}}", &f), "{北郊气站}");
    }

    #[test]
    fn a_slip_of_the_pen_is_named() {
        assert_eq!(unknown("{单位} {姓名}"), None);
        assert_eq!(unknown("{单位} {密码}"), Some("密码"));
        assert_eq!(unknown("a { b } c"), Some(" b "));
        assert_eq!(unknown("{"), None);
    }

    proptest! {
        #[test]
        fn words_stay(text in "[^{}]{0,40}", odd in "[{}a瓶\n]{0,20}") {
            prop_assert_eq!(fill(&text, &fields()), text);
            prop_assert!(unknown(&odd).is_none_or(|name| odd.contains(name)));
            prop_assert_eq!(fill(&odd, &fields()), odd);
        }
    }
}
