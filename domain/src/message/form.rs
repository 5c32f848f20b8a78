//! What a form says of a message.

use super::{Audience, Channel, NAME_MAX, Whom, unknown};
use crate::{
    check::chosen,
    clock,
    form::{Fault, Reader, Values},
    permission::Role,
};

/// Fields of a message, in the order of the form. `whom` is `all`, `orgs`, `districts`, `list`, `accounts` or `overdue`; `which` holds the
/// numbers that it needs, `roles` and `channels` words, each separated by commas; `at` is empty for now.
pub const COMPOSE_FIELDS: [&str; 8] = ["title", "body", "channels", "whom", "which", "roles", "at", "urgent"];
/// Fields of a template.
pub const TEMPLATE_FIELDS: [&str; 3] = ["name", "title", "body"];

/// Longest title, characters.
pub const TITLE_MAX: usize = 80;
/// Longest text, characters.
pub const BODY_MAX: usize = 2_000;
/// Numbers that one audience names at most.
const WHICH_MAX: usize = 2_000;
/// Days that a message is written ahead at most.
const AHEAD_DAYS: i64 = 366;

/// A message as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Channels, each once.
    pub channels: Vec<Channel>,
    /// To whom.
    pub audience: Audience,
    /// When it goes out, ms.
    pub send_at: i64,
    /// Whether it goes out in quiet hours.
    pub urgent: bool,
}

/// A text of several lines: control characters but the ends of lines are refused.
///
/// # Errors
/// What is wrong with it.
pub fn prose(values: &Values, field: &str, longest: usize, needed: bool) -> Result<String, Fault> {
    let fault = |zh: String, en: String| Err(Fault { field: field.into(), zh, en });
    let text = values.get(field).map_or("", |v| v.trim()).replace("\r\n", "\n").replace('\r', "\n");
    if text.is_empty() && needed {
        return fault("请填写此项".into(), "fill this in".into());
    }
    if text.chars().count() > longest {
        return fault(format!("最多 {longest} 个字符"), format!("at most {longest} characters"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return fault("含有不可见的控制字符,请重新输入".into(), "holds control characters: enter it anew".into());
    }
    Ok(text)
}

/// Title and text, whose fields are all known.
fn letter(r: &mut Reader<'_>, values: &Values) -> (String, String) {
    let title = r.needed("title", TITLE_MAX).to_owned();
    let body = prose(values, "body", BODY_MAX, true).unwrap_or_else(|f| {
        r.fault("body", f.zh, f.en);
        String::new()
    });
    for (field, text) in [("title", &title), ("body", &body)] {
        if let Some(name) = unknown(text) {
            let name = clock::clip(name);
            r.fault(field, format!("没有名为「{name}」的字段"), format!("there is no field `{name}`"));
        }
    }
    (title, body)
}

/// Reads a form, at an instant.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, now: i64) -> Result<Composed, Vec<Fault>> {
    let mut r = Reader::new(values);
    let (title, body) = letter(&mut r, values);
    let mut channels = listed(&mut r, values, "channels", Channel::from_code);
    // The inbox has everything: what was read is known by it.
    channels.push(Channel::Inbox);
    channels.sort_unstable();
    channels.dedup();
    let word = chosen(&mut r, "whom", true, |w| {
        ["all", "orgs", "districts", "list", "accounts", "overdue"].into_iter().find(|k| *k == w)
    });
    let whom = match word {
        Some("orgs") => Some(Whom::Orgs(listed(&mut r, values, "which", number))),
        Some("districts") => Some(Whom::Districts(listed(&mut r, values, "which", |t| i32::try_from(number(t)?).ok()))),
        Some("list") => Some(Whom::List(r.id("which"))),
        Some("accounts") => Some(Whom::Accounts(listed(&mut r, values, "which", number))),
        Some("overdue") => Some(Whom::Overdue),
        Some(_) => Some(Whom::All),
        None => None,
    };
    let empty = match &whom {
        Some(Whom::Orgs(v) | Whom::Accounts(v)) => v.is_empty(),
        Some(Whom::Districts(v)) => v.is_empty(),
        _ => false,
    };
    if empty {
        r.fault("which", "请选择收件人", "choose the recipients");
    }
    let mut roles = listed(&mut r, values, "roles", Role::from_code);
    roles.sort_unstable();
    roles.dedup();
    let last = clock::local_date(now.saturating_add(AHEAD_DAYS * clock::DAY_MS));
    let at = if r.text("at", 20).is_empty() { None } else { r.instant("at", last) };
    // A time that has just gone by means now.
    if at.is_some_and(|at| at < now.saturating_sub(10 * clock::MINUTE_MS)) {
        r.fault("at", "发送时间已过", "the time has gone by");
    }
    let urgent = r.text("urgent", 5) == "yes";
    r.done()?;
    let Some(whom) = whom else { return Err(vec![]) };
    let send_at = at.unwrap_or(now).max(now);
    Ok(Composed { title, body, channels, audience: Audience { whom, roles }, send_at, urgent })
}

/// Reads a template: name, title and text.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_template(values: &Values) -> Result<(String, String, String), Vec<Fault>> {
    let mut r = Reader::new(values);
    let name = r.needed("name", NAME_MAX).to_owned();
    let (title, body) = letter(&mut r, values);
    r.done()?;
    Ok((name, title, body))
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|n| *n > 0)
}

/// Words separated by commas, of which none may be unknown.
fn listed<T>(r: &mut Reader<'_>, values: &Values, field: &str, of: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let text = values.get(field).map_or("", |v| v.as_str());
    let words = text.split([',', ' ', '\n', '\r', '\u{ff0c}', '、']).map(str::trim).filter(|w| !w.is_empty());
    let found: Vec<Option<T>> = words.take(WHICH_MAX + 1).map(of).collect();
    if found.len() > WHICH_MAX {
        r.fault(field, format!("最多 {WHICH_MAX} 个"), format!("at most {WHICH_MAX}"));
        return vec![];
    }
    if found.iter().any(Option::is_none) {
        r.fault(field, "请从列表中选择", "choose one of the list");
        return vec![];
    }
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY_MS, parse_instant};

    fn now() -> i64 {
        parse_instant("2026-11-21T16:00:00+08:00").unwrap()
    }

    fn good() -> Values {
        [
            ("title", "过检提醒"),
            ("body", "{单位}:\r\n有 {过检数} 只气瓶过检。"),
            ("channels", "sms,inbox,sms"),
            ("whom", "overdue"),
            ("roles", "enterprise_admin"),
        ]
        .into_iter()
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
    }

    fn with(pairs: &[(&str, &str)]) -> Result<Composed, Vec<String>> {
        let mut v = good();
        v.extend(pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())));
        read(&v, now()).map_err(|f| f.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn a_sound_form_is_read() {
        let c = with(&[]).unwrap();
        assert_eq!(c.body, "{单位}:\n有 {过检数} 只气瓶过检。");
        assert_eq!(c.channels, [Channel::Inbox, Channel::Sms]);
        assert_eq!((c.audience.whom, c.audience.roles, c.send_at), (Whom::Overdue, vec![Role::EnterpriseAdmin], now()));
        assert_eq!(with(&[("channels", "")]).unwrap().channels, [Channel::Inbox], "the inbox has everything");
        let c = with(&[("whom", "orgs"), ("which", "3, 4"), ("roles", ""), ("at", "2026-11-22T08:00")]).unwrap();
        assert_eq!((c.audience.whom, c.send_at), (Whom::Orgs(vec![3, 4]), now() + 16 * 3_600_000));
        let c = with(&[("whom", "districts"), ("which", "410105"), ("at", "2026-11-21T15:55")]).unwrap();
        assert_eq!((c.audience.whom, c.send_at), (Whom::Districts(vec![410_105]), now()), "just gone by means now");
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        let long = "长".repeat(BODY_MAX + 1);
        let many = "1,".repeat(WHICH_MAX + 1);
        for (pairs, field) in [
            (&[("title", "")], "title"),
            (&[("title", "{密码}")], "title"),
            (&[("title", "a\nb")], "title"),
            (&[("body", "")], "body"),
            (&[("body", &long)], "body"),
            (&[("body", "a\u{0}")], "body"),
        ] {
            assert_eq!(with(pairs), Err(vec![field.to_owned()]), "{pairs:?}");
        }
        for (name, value, field) in [
            ("whom", "x", "whom"),
            ("whom", "", "whom"),
            ("whom", "orgs", "which"),
            ("whom", "list", "which"),
            ("roles", "root", "roles"),
            ("at", "2026-11-20T08:00", "at"),
            ("at", "2028-01-01T00:00", "at"),
            ("at", "tomorrow", "at"),
        ] {
            assert_eq!(with(&[(name, value)]), Err(vec![field.to_owned()]), "{name} = {value}");
        }
        assert_eq!(with(&[("whom", "orgs"), ("which", "-1")]), Err(vec!["which".to_owned(), "which".to_owned()]));
        assert_eq!(with(&[("whom", "orgs"), ("which", &many)]), Err(vec!["which".to_owned(), "which".to_owned()]));
        assert_eq!(with(&[("channels", "pigeon")]), Err(vec!["channels".to_owned()]));
        let far = clock::local_text(now() + 400 * DAY_MS).replace(' ', "T");
        assert_eq!(with(&[("at", &far)]), Err(vec!["at".to_owned()]));
    }
}
