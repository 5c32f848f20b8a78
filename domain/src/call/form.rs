//! What a form says of a call, and of what is done with one.

use super::{AHEAD_DAYS, Act, Category, NOTE_MAX, TEXT_MAX};
use crate::{
    case::{self, Reporter, Track},
    check::chosen,
    clock,
    form::{Fault, Reader, Values},
};

/// Fields of an entry, in the order of the form.
pub const ENTRY_FIELDS: [&str; 10] =
    ["category", "at", "name", "phone", "district", "org", "tag", "text", "callback", "key"];

/// Fields of an act, in the order of the form.
pub const ACT_FIELDS: [&str; 8] = ["act", "with", "callback", "track", "title", "place", "note", "seen"];

/// A call as it is entered.
#[derive(Clone, PartialEq, Eq)]
pub struct Entered {
    /// What it is about.
    pub category: Category,
    /// When he called, ms; `None` for now.
    pub at: Option<i64>,
    /// Who called, as far as he said.
    pub caller: Reporter,
    /// District, GB/T 2260; 0 where none is named.
    pub division: i32,
    /// Organisation; 0 for none.
    pub org: i64,
    /// Tag as it is compared; empty for none.
    pub tag: String,
    /// What was said.
    pub text: String,
    /// Until when he is to be called back, ms.
    pub callback: Option<i64>,
    /// Key of the form, so that one sent twice is entered once; empty for none.
    pub key: String,
}

// Who called belongs into no log.
impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entered").field("category", &self.category).finish_non_exhaustive()
    }
}

/// An instant that may be left out, on a day up to `ahead` days from now.
fn instant(r: &mut Reader<'_>, field: &str, now: i64, ahead: i64) -> Option<i64> {
    if r.text(field, 20).is_empty() {
        return None;
    }
    r.instant(field, clock::local_date(now.saturating_add(ahead * clock::DAY_MS)))
}

/// A promise lies ahead; a time that has just gone by is one.
fn promised(r: &mut Reader<'_>, now: i64) -> Option<i64> {
    let by = instant(r, "callback", now, AHEAD_DAYS);
    if by.is_some_and(|by| by < now.saturating_sub(10 * clock::MINUTE_MS)) {
        r.fault("callback", "回电时间已过", "the time has gone by");
    }
    by
}

/// Reads an entry, at an instant.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, now: i64) -> Result<Entered, Vec<Fault>> {
    let mut r = Reader::new(values);
    let category = chosen(&mut r, "category", true, Category::from_code);
    let at = instant(&mut r, "at", now, 0);
    if at.is_some_and(|at| at < now.saturating_sub(366 * clock::DAY_MS)) {
        r.fault("at", "不能早于一年前", "not more than a year ago");
    }
    let caller = case::reporter(&mut r);
    let (division, org, tag) = case::about(&mut r);
    let text = r.prose("text", TEXT_MAX);
    if text.is_empty() {
        r.fault("text", "请填写此项", "fill this in");
    }
    let callback = promised(&mut r, now);
    if callback.is_some() && caller.phone.is_empty() && r.text("phone", 30).is_empty() {
        r.fault("phone", "需回电的请填写电话", "a call back needs the number");
    }
    let key = r.text("key", 64).to_owned();
    if !key.is_empty() && (key.len() < 16 || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        r.fault("key", "请求标识无效,请刷新页面后重试", "the request has no valid key: load the page again");
    }
    r.done()?;
    let Some(category) = category else { return Err(vec![]) };
    let caller = Reporter { address: String::new(), ..caller };
    Ok(Entered { category, at, caller, division, org, tag, text, callback, key })
}

/// What the form of an act asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is done.
    pub act: Act,
    /// To whom it is handed over.
    pub with: String,
    /// Until when he is to be called back, ms.
    pub callback: Option<i64>,
    /// Track of the case.
    pub track: Option<Track>,
    /// The case in a few words.
    pub title: String,
    /// Where to come, for a repair.
    pub place: String,
    /// In words.
    pub note: String,
    /// Steps when it was looked at.
    pub seen: i64,
}

/// Reads what is to be done with a call, at an instant.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn act(values: &Values, now: i64) -> Result<Asked, Vec<Fault>> {
    let mut r = Reader::new(values);
    let act = chosen(&mut r, "act", true, |code| Act::from_code(code).filter(|a| *a != Act::Enter));
    let with = if act == Some(Act::Hand) { r.needed("with", 60).to_owned() } else { String::new() };
    let callback = if act == Some(Act::Promise) { promised(&mut r, now) } else { None };
    if act == Some(Act::Promise) && r.text("callback", 20).is_empty() {
        r.fault("callback", "请填写此项", "fill this in");
    }
    let (mut track, mut title, mut place) = (None, String::new(), String::new());
    if act == Some(Act::Case) {
        track = chosen(&mut r, "track", true, Track::from_code);
        title = r.needed("title", 60).to_owned();
        place = if track == Some(Track::Repair) { r.needed("place", 120) } else { r.text("place", 120) }.to_owned();
    }
    let note = r.prose("note", NOTE_MAX);
    if note.is_empty() && act.is_some_and(Act::needs_note) {
        r.fault("note", "请填写此项", "fill this in");
    }
    let seen = r.count("seen", i64::from(i32::MAX)).unwrap_or_default();
    r.done()?;
    let Some(act) = act else { return Err(vec![]) };
    Ok(Asked { act, with, callback, track, title, place, note, seen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 16:00 on 2026-11-21 in Shanghai.
    const NOW: i64 = 1_795_248_000_000;

    fn good(more: &[(&str, &str)]) -> Values {
        let all = [
            ("category", "repair"),
            ("name", "张三"),
            ("phone", "138 1234 1111"),
            ("text", "阀门漏气\r\n<script>alert(1)</script>"),
        ];
        all.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn faults(more: &[(&str, &str)]) -> Vec<String> {
        read(&good(more), NOW).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_call_is_read_as_it_was_entered() {
        let e = read(&good(&[("at", "2026-11-21T15:30"), ("callback", "2026-11-22T09:00"), ("tag", " t 1 ")]), NOW)
            .unwrap();
        assert_eq!((e.category, e.tag.as_str(), e.caller.phone.as_str()), (Category::Repair, "T1", "13812341111"));
        assert_eq!(
            (e.at.map(clock::local_text), e.callback.map(clock::local_text)),
            (Some("2026-11-21 15:30:00".into()), Some("2026-11-22 09:00:00".into()))
        );
        assert!(e.text.contains("\n<script>") && !format!("{e:?}").contains("张三"));
        let long = "长".repeat(TEXT_MAX + 1);
        for (field, value) in [
            ("category", "praise"),
            ("category", ""),
            ("at", "2026-11-22T00:00"),
            ("at", "2020-11-22T00:00"),
            ("at", "today"),
            ("callback", "2026-11-21T15:00"),
            ("callback", "2027-06-01T15:00"),
            ("callback", "9999999-06-01T15:00"),
            ("phone", "138"),
            ("district", "x"),
            ("org", "-1"),
            ("tag", "瓶"),
            ("text", ""),
            ("text", "a\0b"),
            ("text", &long),
            ("key", "short"),
        ] {
            assert_eq!(faults(&[(field, value)]), [field], "{field} = {value:.20}");
        }
        assert_eq!(faults(&[("callback", "2026-11-22T09:00"), ("phone", "")]), ["phone"]);
        assert_eq!(faults(&[("phone", ""), ("name", "")]), [] as [&str; 0], "whoever does not say who he is");
    }

    #[test]
    fn an_act_gives_what_it_needs() {
        let of = |pairs: &[(&str, &str)]| {
            let v = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            act(&v, NOW).map_err(|f| f.into_iter().map(|f| f.field).collect::<Vec<_>>())
        };
        assert_eq!(of(&[("act", "hand")]), Err(vec!["with".into()]));
        assert_eq!(of(&[("act", "promise")]), Err(vec!["callback".into()]));
        assert_eq!(of(&[("act", "call_back")]), Err(vec!["note".into()]));
        assert_eq!(of(&[("act", "case")]), Err(vec!["track".into(), "title".into()]));
        assert_eq!(of(&[("act", "case"), ("track", "repair"), ("title", "漏气")]), Err(vec!["place".into()]));
        assert_eq!(of(&[("act", "enter")]), Err(vec!["act".into()]));
        let case = of(&[("act", "case"), ("track", "report"), ("title", "漏气"), ("seen", "2")]).unwrap();
        assert_eq!((case.track, case.seen), (Some(Track::Report), 2));
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(field in 0..10usize, value in ".{0,60}", word in 0..8usize, other in ".{0,30}", at in any::<i64>()) {
            let mut v = good(&[]);
            v.insert(ENTRY_FIELDS[field].to_owned(), value);
            let now = at.clamp(0, 200_000_000_000_000);
            for f in read(&v, now).err().unwrap_or_default() {
                prop_assert!(!f.zh.is_empty() && !f.en.is_empty());
            }
            for name in ["promise", "case", "hand"] {
                let v = Values::from([("act".to_owned(), name.to_owned()), (ACT_FIELDS[word].to_owned(), other.clone())]);
                let _read = act(&v, now);
            }
        }
    }
}
