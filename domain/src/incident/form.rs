//! What a form says of an accident or a hazard.

use super::{Act, Harm, Kind, NOTE_MAX, Register};
use crate::{
    check::{Severity, chosen},
    codes,
    form::{Fault, Reader, Values},
};
use chrono::NaiveDate;

/// Fields of an accident, in the order of the form.
pub const ACCIDENT_FIELDS: [&str; 12] =
    ["at", "kind", "district", "place", "org", "tag", "dead", "serious", "minor", "loss", "brief", "cause"];

/// Fields of a hazard, in the order of the form.
pub const HAZARD_FIELDS: [&str; 9] = ["at", "kind", "severity", "district", "place", "org", "tag", "item", "brief"];

/// People that an accident may have hurt.
const PEOPLE_MAX: i64 = 100_000;
/// Yuan that it may have cost.
const LOSS_MAX: i64 = 1_000_000_000_000;

/// An accident or a hazard as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Which register.
    pub register: Register,
    /// When it happened or was found, ms.
    pub at: i64,
    /// What or where.
    pub kind: Kind,
    /// How grave a hazard was judged; `None` for an accident, whose harm decides.
    pub severity: Option<Severity>,
    /// District, GB/T 2260.
    pub division: i32,
    /// Place.
    pub place: String,
    /// Organisation, id; 0 for none.
    pub org: i64,
    /// Tag as it is compared; empty for none.
    pub tag: String,
    /// Harm.
    pub harm: Harm,
    /// What happened.
    pub brief: String,
    /// Why, as far as it is known.
    pub cause: String,
    /// Check item.
    pub item: String,
}

/// Reads the form of a register, on a day.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(register: Register, values: &Values, today: NaiveDate) -> Result<Entered, Vec<Fault>> {
    let mut r = Reader::new(values);
    let accident = register == Register::Accident;
    let at = r.instant("at", today);
    let of = |code: &str| Kind::from_code(code).filter(|k| register.kinds().contains(k));
    let kind = chosen(&mut r, "kind", true, of);
    let severity = if accident { None } else { chosen(&mut r, "severity", true, Severity::from_code) };
    let division = r.id("district");
    let place = r.needed("place", 120).to_owned();
    let org = if r.text("org", 20).is_empty() { 0 } else { r.id("org") };
    let typed = r.text("tag", 32);
    let tag = codes::tag(typed).unwrap_or_default();
    if tag.is_empty() && !typed.is_empty() {
        r.fault("tag", "标签号只含字母、数字和 - _ .", "a tag holds letters, digits and - _ . only");
    }
    let harm = if accident { harm(&mut r) } else { Harm::default() };
    let item = if accident { String::new() } else { r.text("item", 24).to_ascii_uppercase() };
    let brief = r.needed("brief", NOTE_MAX).to_owned();
    let cause = if accident { r.text("cause", NOTE_MAX).to_owned() } else { String::new() };
    r.done()?;
    let (Some(at), Some(kind)) = (at, kind) else { return Err(vec![]) };
    let division = i32::try_from(division).unwrap_or_default();
    Ok(Entered { register, at, kind, severity, division, place, org, tag, harm, brief, cause, item })
}

fn harm(r: &mut Reader<'_>) -> Harm {
    let people = |r: &mut Reader<'_>, field: &str| {
        r.count(field, PEOPLE_MAX).and_then(|n| i32::try_from(n).ok()).unwrap_or_default()
    };
    let (dead, serious, minor) = (people(r, "dead"), people(r, "serious"), people(r, "minor"));
    Harm { dead, serious, minor, loss_yuan: r.count("loss", LOSS_MAX).unwrap_or_default() }
}

/// What the form of a step asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is done.
    pub act: Act,
    /// Why.
    pub note: String,
    /// Last day for a rectification that is demanded.
    pub due: Option<NaiveDate>,
    /// Harm and cause as they are known now, for an amendment.
    pub amended: Option<(Harm, String)>,
    /// Steps that stood there when it was looked at: what was done since is undone by nobody who did not see it.
    pub seen: i64,
}

/// Reads harm and cause as an amendment gives them.
///
/// # Errors
/// The first field that cannot be taken.
pub fn amendment(values: &Values) -> Result<(Harm, String), String> {
    let mut r = Reader::new(values);
    let harm = harm(&mut r);
    let cause = r.text("cause", NOTE_MAX).to_owned();
    r.done().map_err(|f| f.into_iter().next().map(|f| f.field).unwrap_or_default())?;
    Ok((harm, cause))
}

/// Reads the last day of a rectification that is demanded: not before today.
///
/// # Errors
/// `due` when it is missing or no such day.
pub fn deadline(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    let values = Values::from([("due".to_owned(), text.to_owned())]);
    let mut r = Reader::new(&values);
    let day = r.day("due", today);
    // Ten years are no term.
    day.filter(|d| (*d - today).num_days() <= 3_650).ok_or_else(|| "due".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    fn good(register: Register) -> Values {
        let all: &[(&str, &str)] = match register {
            Register::Accident => &[
                ("at", "2026-11-20T08:30"),
                ("kind", "leak"),
                ("district", "410105"),
                ("place", "经三路 1 号"),
                ("dead", "1"),
                ("loss", "20000"),
                ("tag", " t 1 "),
                ("brief", "泄漏起火"),
            ],
            Register::Hazard => &[
                ("at", "2026-11-20T08:30:00"),
                ("kind", "user"),
                ("severity", "grave"),
                ("district", "410105"),
                ("place", "经三路 1 号"),
                ("org", "3"),
                ("item", "c06"),
                ("brief", "瓶阀漏气"),
            ],
        };
        all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn faults(register: Register, field: &str, value: &str) -> Vec<String> {
        let mut v = good(register);
        v.insert(field.into(), value.into());
        read(register, &v, today()).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_sound_form_is_read() {
        let a = read(Register::Accident, &good(Register::Accident), today()).unwrap();
        assert_eq!((a.harm.dead, a.harm.loss_yuan, a.tag.as_str(), a.org), (1, 20_000, "T1", 0));
        assert_eq!(crate::clock::local_text(a.at), "2026-11-20 08:30:00");
        let h = read(Register::Hazard, &good(Register::Hazard), today()).unwrap();
        assert_eq!((h.severity, h.item.as_str(), h.org), (Some(Severity::Grave), "C06", 3));
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        let long = "长".repeat(201);
        for (register, field, value) in [
            (Register::Accident, "at", ""),
            (Register::Accident, "at", "2026-11-22T00:00"),
            (Register::Accident, "at", "yesterday"),
            (Register::Accident, "kind", "user"),
            (Register::Accident, "district", "x"),
            (Register::Accident, "place", ""),
            (Register::Accident, "org", "-1"),
            (Register::Accident, "tag", "瓶"),
            (Register::Accident, "dead", "-1"),
            (Register::Accident, "dead", "100001"),
            (Register::Accident, "loss", "1.5"),
            (Register::Accident, "brief", ""),
            (Register::Accident, "cause", &long),
            (Register::Hazard, "kind", "fire"),
            (Register::Hazard, "severity", ""),
            (Register::Hazard, "severity", "general"),
            (Register::Hazard, "item", &long),
            (Register::Hazard, "brief", "a\u{0}b"),
        ] {
            assert_eq!(faults(register, field, value), [field], "{register:?} {field} = {value:?}");
        }
    }

    #[test]
    fn a_term_lies_ahead() {
        for (text, good) in [
            ("2026-11-21", true),
            ("2026-12-01", true),
            ("2026-11-20", false),
            ("", false),
            ("2046-11-21", false),
            ("9999-12-31", false),
            ("+026-12-01", false),
        ] {
            assert_eq!(deadline(text, today()).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn an_amendment_names_what_cannot_be_taken() {
        let of = |field: &str, value: &str| amendment(&Values::from([(field.to_owned(), value.to_owned())]));
        assert_eq!(of("dead", "2"), Ok((Harm { dead: 2, ..Harm::default() }, String::new())));
        assert_eq!(of("dead", "x"), Err("dead".to_owned()));
        assert_eq!(of("cause", "a\u{7}"), Err("cause".to_owned()));
    }
}
