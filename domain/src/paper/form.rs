//! What a form says of a document.

use super::PARTIES_MAX;
use crate::{
    form::{Fault, Reader, Values},
    message::prose,
    scope::Scope,
};
use chrono::NaiveDate;

/// Fields of a document, in the order of the form. `parties` holds scopes (`org:7`, `district:410105`), separated by commas.
pub const FIELDS: [&str; 7] = ["number", "title", "issuer", "body", "parties", "deadline", "answer"];

/// Longest text, characters.
const BODY_MAX: usize = 20_000;
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
        assert_eq!(
            answer(&Values::from([("answer".into(), " 已自查\r\n无问题 ".into())])),
            Ok("已自查\n无问题".into())
        );
        assert!(answer(&Values::new()).is_err());
    }
}
