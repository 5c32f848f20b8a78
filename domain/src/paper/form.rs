//! What a form says of a document.

use super::{Deed, PARTIES_MAX};
use crate::{
    form::{Fault, Reader, Values},
    message::prose,
    org::Kind,
    scope::Scope,
};
use chrono::NaiveDate;

/// Fields of a document, in the order of the form. `parties` holds scopes (`org:7`, `district:410105`), separated by commas.
pub const FIELDS: [&str; 7] = ["number", "title", "issuer", "body", "parties", "deadline", "answer"];

/// Longest text, characters.
pub const BODY_MAX: usize = 20_000;
/// Longest answer, characters.
pub const ANSWER_MAX: usize = 2_000;
/// Longest reason of a withdrawal, characters.
pub const NOTE_MAX: usize = 200;

/// A document as it is drawn up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// 文号
    pub number: String,
    /// Title.
    pub title: String,
    /// 发文单位
    pub issuer: String,
    /// Text.
    pub body: String,
    /// Who must sign for it, each once.
    pub parties: Vec<Scope>,
    /// Last day.
    pub deadline: Option<NaiveDate>,
    /// Whether an answer is asked for.
    pub answer: bool,
}

/// Reads the form on a day.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, today: NaiveDate) -> Result<Drawn, Vec<Fault>> {
    let mut r = Reader::new(values);
    let number = r.needed("number", 60).to_owned();
    let title = r.needed("title", 120).to_owned();
    let issuer = r.needed("issuer", 60).to_owned();
    let body = prose(values, "body", BODY_MAX, true).unwrap_or_else(|f| {
        r.fault("body", f.zh, f.en);
        String::new()
    });
    let parties = values.get("parties").map_or("", |v| v.as_str());
    let words = parties.split([',', '\n', '\r', ' ']).map(str::trim).filter(|w| !w.is_empty());
    let found: Vec<Option<Scope>> = words.take(PARTIES_MAX + 1).map(|w| w.parse().ok()).collect();
    // The city is whoever issues it: it signs for nothing.
    let fits = |p: &Option<Scope>| matches!(p, Some(Scope::Org(_) | Scope::District(_)));
    if found.len() > PARTIES_MAX {
        r.fault("parties", format!("最多 {PARTIES_MAX} 个"), format!("at most {PARTIES_MAX}"));
    } else if found.is_empty() || !found.iter().all(fits) {
        r.fault("parties", "请选择收文单位", "choose who is to sign for it");
    }
    let deadline = r.day("deadline", today);
    if deadline.is_some_and(|d| (d - today).num_days() > 3_650) {
        r.fault("deadline", "期限过远", "too far away");
    }
    let answer = r.text("answer", 5) == "yes";
    r.done()?;
    let mut parties: Vec<Scope> = found.into_iter().flatten().collect();
    parties.sort_unstable();
    parties.dedup();
    Ok(Drawn { number, title, issuer, body, parties, deadline, answer })
}

/// To whom a document goes, as its form chooses them: organisations one by one, all of districts, all of kinds, districts themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressed {
    /// Organisations, each by its number.
    pub orgs: Vec<i64>,
    /// Districts of which all organisations are meant.
    pub areas: Vec<i32>,
    /// Kinds of which all organisations are meant; with `areas`, those of the kind that are seated there.
    pub kinds: Vec<Kind>,
    /// Districts whose regulators sign themselves.
    pub districts: Vec<i32>,
}

impl Addressed {
    /// Reads the fields `orgs`, `areas`, `kinds` and `districts`: words separated by commas. What is none is left out; what is missing
    /// thereby stands in the preview.
    #[must_use]
    pub fn of(values: &Values) -> Self {
        fn all<T>(values: &Values, field: &str, of: impl Fn(&str) -> Option<T>) -> Vec<T> {
            let text = values.get(field).map_or("", String::as_str);
            text.split(',').map(str::trim).filter_map(of).take(PARTIES_MAX).collect()
        }
        let code = |t: &str| t.parse::<i32>().ok();
        Self {
            orgs: all(values, "orgs", |t| t.parse().ok().filter(|n: &i64| *n > 0)),
            areas: all(values, "areas", code),
            kinds: all(values, "kinds", Kind::from_code),
            districts: all(values, "districts", code),
        }
    }

    /// Whether an organisation is meant: its number, its kind and the district where it is seated.
    #[must_use]
    pub fn means(&self, org: i64, kind: Kind, district: i32) -> bool {
        let among = (!self.areas.is_empty() || !self.kinds.is_empty())
            && (self.areas.is_empty() || self.areas.contains(&district))
            && (self.kinds.is_empty() || self.kinds.contains(&kind));
        among || self.orgs.contains(&org)
    }
}

/// What whoever issued a document does with it: `act` is a word of [`Deed`], `deadline` the new last day, `note` why it is withdrawn.
///
/// # Errors
/// The field that cannot be taken.
pub fn deed(values: &Values, today: NaiveDate) -> Result<(Deed, Option<NaiveDate>, String), Vec<Fault>> {
    let mut r = Reader::new(values);
    let act = crate::check::chosen(&mut r, "act", true, Deed::from_code);
    let deadline = if act == Some(Deed::Extend) { r.day("deadline", today) } else { None };
    if act == Some(Deed::Extend) && deadline.is_none_or(|d| (d - today).num_days() > 3_650) {
        r.fault("deadline", "请填写新的期限", "give the new last day");
    }
    let note = if act == Some(Deed::Withdraw) { r.needed("note", NOTE_MAX).to_owned() } else { String::new() };
    r.done()?;
    act.map(|act| (act, deadline, note)).ok_or_else(Vec::new)
}

/// Reads an answer.
///
/// # Errors
/// What is wrong with it.
pub fn answer(values: &Values) -> Result<String, Fault> {
    prose(values, "answer", ANSWER_MAX, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Values {
        [
            ("number", "郑市监〔2026〕12号"),
            ("title", "关于开展气瓶专项检查的通知"),
            ("issuer", "市市场监管局"),
            ("body", "各单位:\n请于期限内自查。"),
            ("parties", "org:3, org:1,district:410105,org:3"),
            ("deadline", "2026-12-01"),
            ("answer", "yes"),
        ]
        .into_iter()
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
    }

    #[test]
    fn a_sound_form_is_read_and_each_fault_stands_at_its_field() {
        let today: NaiveDate = "2026-11-21".parse().unwrap();
        let d = read(&good(), today).unwrap();
        assert_eq!(d.parties, [Scope::District(410_105), Scope::Org(1), Scope::Org(3)]);
        assert!(d.answer && d.deadline == "2026-12-01".parse().ok());
        let long = "长".repeat(BODY_MAX + 1);
        for (field, value) in [
            ("number", ""),
            ("title", "a\u{7}"),
            ("issuer", ""),
            ("body", ""),
            ("body", &long),
            ("parties", ""),
            ("parties", "city"),
            ("parties", "org:0"),
            ("parties", "org:1;drop"),
            ("deadline", "2026-11-20"),
            ("deadline", "9999-12-31"),
            ("deadline", "soon"),
        ] {
            let mut v = good();
            v.insert(field.into(), value.into());
            let faults: Vec<String> = read(&v, today).unwrap_err().into_iter().map(|f| f.field).collect();
            assert_eq!(faults, [field], "{field} = {value}");
        }
        let act = |pairs: &[(&str, &str)]| {
            let v: Values = pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
            deed(&v, today).map_err(|f| f.into_iter().map(|f| f.field).collect::<Vec<_>>())
        };
        assert_eq!(act(&[("act", "remind"), ("note", "\u{0}")]), Ok((Deed::Remind, None, String::new())));
        assert_eq!(
            act(&[("act", "extend"), ("deadline", "2026-12-05")]),
            Ok((Deed::Extend, "2026-12-05".parse().ok(), String::new()))
        );
        for (pairs, field) in [
            (&[("act", "burn")][..], "act"),
            (&[], "act"),
            (&[("act", "extend")], "deadline"),
            (&[("act", "extend"), ("deadline", "2026-11-01")], "deadline"),
            (&[("act", "extend"), ("deadline", "9999-01-01")], "deadline"),
            (&[("act", "withdraw")], "note"),
            (&[("act", "withdraw"), ("note", "a\u{0}")], "note"),
        ] {
            assert_eq!(act(pairs).unwrap_err()[0], field, "{pairs:?}");
        }
        assert_eq!(
            answer(&Values::from([("answer".into(), " 已自查\r\n无问题 ".into())])),
            Ok("已自查\n无问题".into())
        );
        assert!(answer(&Values::new()).is_err());
    }

    #[test]
    fn organisations_are_meant_by_number_or_by_kind_and_district() {
        let of = |pairs: &[(&str, &str)]| {
            Addressed::of(&pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect())
        };
        let (filler, delivery) = (Kind::Filler, Kind::Delivery);
        assert!(!of(&[]).means(1, filler, 410_105), "nobody is meant by nothing");
        let a = of(&[("orgs", "1,x,-2,7")]);
        assert_eq!(a.orgs, [1, 7]);
        assert!(a.means(7, delivery, 1) && !a.means(2, filler, 410_105));
        let a = of(&[("areas", "410105"), ("kinds", "filler")]);
        assert!(a.means(1, filler, 410_105) && !a.means(1, delivery, 410_105) && !a.means(1, filler, 410_106));
        assert!(
            of(&[("kinds", "filler")]).means(1, filler, 1) && of(&[("areas", "410105")]).means(1, delivery, 410_105)
        );
    }
}
