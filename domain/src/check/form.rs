//! An item of a catalogue as a form gives it.

use super::{Catalogue, Item, Part, Severity};
use crate::form::{Fault, Reader, Values};

/// Names of the fields, in the order of the form. `was` is the code of the item that is edited; empty for a new one.
pub const FIELDS: [&str; 14] = [
    "catalogue",
    "was",
    "code",
    "part",
    "zh",
    "en",
    "severity",
    "days",
    "media",
    "source",
    "clause",
    "note",
    "confirmed",
    "enabled",
];

/// Days that anybody may be given to put something right.
const DAYS_MAX: i64 = 365;

/// What a form says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Of which catalogue.
    pub catalogue: Catalogue,
    /// The code it had; empty for a new one.
    pub was: String,
    /// The item.
    pub item: Item,
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// An item as the fields of its form; without `catalogue` and `was`.
#[must_use]
pub fn values(i: &Item) -> Values {
    [
        ("code", i.code.clone()),
        ("part", i.part.code().to_owned()),
        ("zh", i.zh.clone()),
        ("en", i.en.clone()),
        ("severity", i.severity.map(|s| s.code().to_owned()).unwrap_or_default()),
        ("days", i.days.map(|d| d.to_string()).unwrap_or_default()),
        ("media", i.media.clone()),
        ("source", i.source.clone()),
        ("clause", i.clause.clone()),
        ("note", i.note.clone()),
        ("confirmed", yes(i.confirmed).to_owned()),
        ("enabled", yes(i.enabled).to_owned()),
    ]
    .map(|(n, v)| (n.to_owned(), v))
    .into()
}

/// Reads the form.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values) -> Result<Edited, Vec<Fault>> {
    let mut r = Reader::new(values);
    let catalogue = chosen(&mut r, "catalogue", true, Catalogue::from_code);
    let was = code(&mut r, "was", false);
    let code = code(&mut r, "code", true);
    let part = chosen(&mut r, "part", true, Part::from_code);
    let zh = r.needed("zh", 120).to_owned();
    let en = r.needed("en", 200).to_owned();
    let severity = chosen(&mut r, "severity", false, Severity::from_code);
    let days = r.count("days", DAYS_MAX);
    let media = media(&mut r);
    let source = r.needed("source", 60).to_owned();
    let clause = r.text("clause", 40).to_owned();
    let note = r.text("note", 120).to_owned();
    let answer = |t: &str| match t {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let confirmed = chosen(&mut r, "confirmed", true, answer);
    let enabled = chosen(&mut r, "enabled", true, answer);
    if severity == Some(Severity::Grave) && days.is_some_and(|d| d > 0) {
        r.fault("days", "重大项须立即停供,整改期限应为 0", "supply stops at once for a grave item: 0 days");
    }
    r.done()?;
    // Nothing is missing: what must be chosen was.
    let (Some(catalogue), Some(part)) = (catalogue, part) else { return Err(vec![]) };
    let item = Item {
        code,
        part,
        zh,
        en,
        severity,
        days: days.and_then(|d| i16::try_from(d).ok()),
        media,
        source,
        clause,
        note,
        confirmed: confirmed.unwrap_or_default(),
        enabled: enabled.unwrap_or_default(),
    };
    Ok(Edited { catalogue, was, item })
}

/// One of the words of a list.
pub(crate) fn chosen<T>(r: &mut Reader<'_>, field: &str, needed: bool, of: impl Fn(&str) -> Option<T>) -> Option<T> {
    let word = if needed { r.needed(field, 32) } else { r.text(field, 32) };
    let found = of(word);
    if found.is_none() && !word.is_empty() {
        r.fault(field, "请从列表中选择", "choose one of the list");
    }
    found
}

/// A code: capitals, digits and `_`, as devices send it.
fn code(r: &mut Reader<'_>, field: &str, needed: bool) -> String {
    let text = if needed { r.needed(field, 24) } else { r.text(field, 24) }.to_ascii_uppercase();
    if text.bytes().any(|b| !b.is_ascii_uppercase() && !b.is_ascii_digit() && b != b'_') {
        r.fault(field, "代码只含字母、数字和下划线", "a code holds letters, digits and _ only");
    }
    text
}

fn media(r: &mut Reader<'_>) -> String {
    let text = r.text("media", 60).to_ascii_uppercase().replace(['\u{ff0c}', '、', ' '], ",");
    let all: Vec<&str> = text.split(',').map(str::trim).filter(|m| !m.is_empty()).collect();
    if all.iter().any(|m| m.bytes().any(|b| !b.is_ascii_alphanumeric())) {
        r.fault("media", "介质代码以逗号分隔,如 LPG,DME", "codes of media with commas between, such as LPG,DME");
    }
    all.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(changes: &[(&str, &str)]) -> Vec<String> {
        let mut v = values(&super::super::shipped(Catalogue::Home)[0]);
        v.insert("catalogue".into(), "home".into());
        v.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        read(&v).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        assert_eq!(faults(&[]), [""; 0]);
        let long = "长".repeat(121);
        for (field, value) in [
            ("catalogue", ""),
            ("catalogue", "x"),
            ("was", "a b"),
            ("code", ""),
            ("code", "瓶"),
            ("part", "x"),
            ("zh", ""),
            ("zh", &long),
            ("en", " "),
            ("severity", "worst"),
            ("days", "-1"),
            ("days", "366"),
            ("days", "1.5"),
            ("media", "L;G"),
            ("source", ""),
            ("note", "a\u{0}"),
            ("confirmed", ""),
            ("enabled", "maybe"),
        ] {
            assert_eq!(faults(&[(field, value)]), [field], "{field} = {value:?}");
        }
        assert_eq!(faults(&[("severity", "grave")]), ["days"], "seven days are too many");
        let mut v = values(&super::super::shipped(Catalogue::Home)[0]);
        v.extend(
            [("catalogue", "home"), ("code", "c_01"), ("media", "lpg,dme、 o2")]
                .map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        let item = read(&v).unwrap().item;
        assert_eq!((item.code.as_str(), item.media.as_str()), ("C_01", "LPG,DME,O2"));
    }
}
