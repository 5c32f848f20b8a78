//! What a form says of a case, and of what is done with one.

use super::{Act, Channel, Choice, NOTE_MAX, Reporter, TEXT_MAX, Track};
use crate::{
    check::chosen,
    codes,
    form::{Fault, Reader, Values},
};
use chrono::NaiveDate;

/// Fields of an entry by an officer, in the order of the form.
pub const ENTRY_FIELDS: [&str; 17] = [
    "track",
    "also_report",
    "channel",
    "external_no",
    "received",
    "name",
    "phone",
    "address",
    "district",
    "org",
    "tag",
    "place",
    "title",
    "text",
    "wish",
    "anonymous",
    "key",
];

/// Fields of an entry by a citizen, in the order of the form.
pub const PUBLIC_FIELDS: [&str; 14] = [
    "track",
    "also_report",
    "tag",
    "district",
    "org",
    "place",
    "title",
    "text",
    "wish",
    "anonymous",
    "name",
    "phone",
    "address",
    "key",
];

/// Fields of an act, in the order of the form.
pub const ACT_FIELDS: [&str; 6] = ["act", "word", "with", "note", "seen", "key"];

/// Shortest and longest key of a request.
const KEY: (usize, usize) = (16, 64);

/// Who fills the form in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// An officer, for somebody who called, wrote or came, or from another platform.
    Officer,
    /// A citizen, on the website or after a scan.
    Citizen(Channel),
}

/// A case as it is entered.
#[derive(Clone, PartialEq, Eq)]
pub struct Entered {
    /// Track.
    pub track: Track,
    /// Whether it tells of a breach as well: the second track is a case of its own.
    pub also_report: bool,
    /// How it came.
    pub channel: Channel,
    /// Number of the platform that it came from; empty for none.
    pub external_no: String,
    /// When it was received, ms; `None` for now.
    pub received_at: Option<i64>,
    /// Who brought it; nobody where he wants to stay unknown.
    pub reporter: Reporter,
    /// District, GB/T 2260; 0 where none is named.
    pub division: i32,
    /// Organisation, id; 0 for none.
    pub org: i64,
    /// Tag or stamped number of a cylinder as it is compared; empty for none.
    pub tag: String,
    /// Where it happened, or where to repair.
    pub place: String,
    /// In a few words.
    pub title: String,
    /// What happened.
    pub text: String,
    /// What is asked for.
    pub wish: String,
    /// Key of the request, so that one sent twice is entered once; empty for none.
    pub key: String,
}

// Who brought it belongs into no log.
impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entered").field("track", &self.track).field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Entered {
    /// Whether whoever brought it gave a name and a telephone number.
    #[must_use]
    pub fn is_real_name(&self) -> bool {
        !self.reporter.name.is_empty() && !self.reporter.phone.is_empty()
    }
}

fn yes(r: &mut Reader<'_>, field: &str) -> bool {
    match r.text(field, 8) {
        "" | "no" | "0" | "false" => false,
        "yes" | "1" | "on" | "true" => true,
        _ => {
            r.fault(field, "请选择是或否", "choose yes or no");
            false
        }
    }
}

/// The key under which a form is sent, so that one sent twice is taken once; empty for none.
fn key(r: &mut Reader<'_>) -> String {
    let key = r.text("key", KEY.1).to_owned();
    if !key.is_empty() && (key.len() < KEY.0 || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        r.fault("key", "请求标识无效,请刷新页面后重试", "the request has no valid key: load the page again");
    }
    key
}

/// Reads an entry, on a day.
///
/// A complaint names who complains: 市场监督管理投诉举报处理办法 第十条 (暂行办法 第九条). One that another platform sent on is entered as
/// it came.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, today: NaiveDate, from: From) -> Result<Entered, Vec<Fault>> {
    let mut r = Reader::new(values);
    let track = chosen(&mut r, "track", true, Track::from_code);
    let also_report = yes(&mut r, "also_report");
    if also_report && track.is_some_and(|t| t != Track::Complaint) {
        r.fault("also_report", "只有投诉可以同时举报", "only a complaint can be a report as well");
    }
    let (channel, external_no, received_at) = match from {
        From::Citizen(channel) => (Some(channel), String::new(), None),
        From::Officer => {
            let of = |code: &str| Channel::from_code(code).filter(|c| !matches!(c, Channel::Web | Channel::Scan));
            let channel = chosen(&mut r, "channel", true, of);
            let external_no = r.text("external_no", 40).to_owned();
            let platform = matches!(channel, Some(Channel::P12315 | Channel::P12345));
            if platform && external_no.is_empty() {
                r.fault("external_no", "请填写平台工单号", "give the platform's number");
            }
            let given = !r.text("received", 20).is_empty();
            let received = if given { r.instant("received", today) } else { None };
            if received.is_some_and(|at| at < crate::clock::day_start(crate::clock::day_of(first_day()))) {
                r.fault("received", format!("不能早于 {}", first_day()), format!("not before {}", first_day()));
            }
            (channel, external_no, received)
        }
    };
    let anonymous = yes(&mut r, "anonymous");
    let reporter = reporter(&mut r);
    // What somebody entered who then chose to stay unknown is not kept.
    let reporter = if anonymous { Reporter::default() } else { reporter };
    if from != From::Officer && track == Some(Track::Complaint) {
        for (field, value) in [("name", &reporter.name), ("phone", &reporter.phone)] {
            if anonymous && field == "name" {
                r.fault(
                    "anonymous",
                    "投诉须实名;只反映违法线索请选择举报",
                    "a complaint needs your name: to tell of a breach only, choose a report",
                );
            } else if value.is_empty() && !anonymous {
                r.fault(field, "投诉须填写姓名和电话", "a complaint needs name and telephone");
            }
        }
    }
    let (division, org, tag) = about(&mut r);
    let repair = track == Some(Track::Repair);
    let place = if repair { r.needed("place", 120) } else { r.text("place", 120) }.to_owned();
    let title = r.needed("title", 60).to_owned();
    let text = r.prose("text", TEXT_MAX);
    if text.is_empty() {
        r.fault("text", "请填写此项", "fill this in");
    }
    let wish = r.prose("wish", NOTE_MAX);
    let key = key(&mut r);
    r.done()?;
    let (Some(track), Some(channel)) = (track, channel) else { return Err(vec![]) };
    Ok(Entered {
        track,
        also_report,
        channel,
        external_no,
        received_at,
        reporter,
        division,
        org,
        tag,
        place,
        title,
        text,
        wish,
        key,
    })
}

/// Cases of before are in no platform that is handed on from.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default()
}

/// District, organisation and tag that a form names: 0 and empty for none.
pub(crate) fn about(r: &mut Reader<'_>) -> (i32, i64, String) {
    let division = if r.text("district", 6).is_empty() { 0 } else { r.id("district") };
    let division = match i32::try_from(division) {
        Ok(d) => d,
        Err(_) => {
            r.fault("district", "请从列表中选择", "choose one of the list");
            0
        }
    };
    let org = if r.text("org", 20).is_empty() { 0 } else { r.id("org") };
    let typed = r.text("tag", 32);
    let tag = codes::tag(typed).unwrap_or_default();
    if tag.is_empty() && !typed.is_empty() {
        r.fault("tag", "标签号只含字母、数字和 - _ .", "a tag holds letters, digits and - _ . only");
    }
    (division, org, tag)
}

/// Who brought it, as far as he says.
pub(crate) fn reporter(r: &mut Reader<'_>) -> Reporter {
    let name = r.text("name", 40).to_owned();
    let typed = r.text("phone", 30);
    let phone = match typed.parse::<codes::Phone>() {
        Ok(p) => p.to_string(),
        Err(_) => {
            if !typed.is_empty() {
                r.fault(
                    "phone",
                    "电话号码应如 13812341111 或 0371-66668888",
                    "a number such as 13812341111 or 0371-66668888",
                );
            }
            String::new()
        }
    };
    let address = r.text("address", 120).to_owned();
    Reporter { name, phone, address }
}

/// What the form of an act asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is done.
    pub act: Act,
    /// Why, or what is told.
    pub note: String,
    /// The word that is chosen with it.
    pub word: String,
    /// What is named with it: the authority, the receipt.
    pub with: String,
    /// The version of the case when it was looked at: what was done since is undone by nobody who did not see it.
    pub seen: i64,
    /// Key of the request, so that what a citizen sends twice is taken once; empty for none.
    pub key: String,
}

/// Reads what is to be done with a case of an order.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn act(values: &Values, order: i64) -> Result<Asked, Vec<Fault>> {
    let mut r = Reader::new(values);
    let act = chosen(&mut r, "act", true, |code| Act::from_code(code).filter(|a| *a != Act::Enter));
    let choice = act.map_or(Choice::None, Act::choice);
    let word = if choice == Choice::None { String::new() } else { r.needed("word", 40).to_owned() };
    if !word.is_empty() && !choice.words(order).iter().any(|w| w.0 == word) {
        r.fault("word", "请从列表中选择", "choose one of the list");
    }
    let with = if act.is_some_and(Act::names_something) { r.needed("with", 120).to_owned() } else { String::new() };
    let note = r.prose("note", NOTE_MAX);
    if note.is_empty() && act.is_some_and(Act::needs_note) {
        r.fault("note", "请填写此项", "fill this in");
    }
    let seen = r.count("seen", i64::from(i32::MAX)).unwrap_or_default();
    let key = key(&mut r);
    r.done()?;
    let Some(act) = act else { return Err(vec![]) };
    Ok(Asked { act, note, word, with, seen, key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    fn good(more: &[(&str, &str)]) -> Values {
        let all = [
            ("track", "complaint"),
            ("channel", "phone"),
            ("name", "张三"),
            ("phone", "138 1234 1111"),
            ("org", "3"),
            ("tag", " t 1 "),
            ("title", "缺斤短两"),
            ("text", "第一行\r\n<script>alert(1)</script>"),
        ];
        all.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn faults(more: &[(&str, &str)], from: From) -> Vec<String> {
        read(&good(more), today(), from).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    const CITIZEN: From = From::Citizen(Channel::Web);

    #[test]
    fn an_entry_is_read_as_it_was_entered() {
        let e = read(&good(&[]), today(), From::Officer).unwrap();
        assert_eq!((e.track, e.channel, e.org, e.tag.as_str()), (Track::Complaint, Channel::Phone, 3, "T1"));
        assert_eq!((e.reporter.phone.as_str(), e.text.as_str()), ("13812341111", "第一行\n<script>alert(1)</script>"));
        assert!(e.is_real_name() && e.received_at.is_none() && !format!("{e:?}").contains("张三"));
        // What only an officer says a citizen does not say.
        let c = read(
            &good(&[("channel", "12345"), ("received", "2020-01-01T00:00"), ("external_no", "1")]),
            today(),
            CITIZEN,
        )
        .unwrap();
        assert_eq!((c.channel, c.received_at, c.external_no.as_str()), (Channel::Web, None, ""));
        let r = read(&good(&[("track", "report"), ("anonymous", "yes")]), today(), CITIZEN).unwrap();
        assert!(r.reporter.is_nobody() && !r.is_real_name());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let long = "长".repeat(TEXT_MAX + 1);
        for (field, value) in [
            ("track", "praise"),
            ("track", ""),
            ("channel", "web"),
            ("channel", ""),
            ("received", "2026-11-23T00:00"),
            ("received", "2019-12-31T00:00"),
            ("received", "yesterday"),
            ("phone", "1381234"),
            ("phone", "'; drop table"),
            ("district", "x"),
            ("district", "-1"),
            ("org", "1.5"),
            ("tag", "瓶 1"),
            ("title", ""),
            ("text", ""),
            ("text", &long),
            ("text", "a\u{0}b"),
            ("title", "a\nb"),
            ("key", "short"),
            ("key", "0123456789abcde\u{e9}"),
            ("also_report", "maybe"),
        ] {
            assert_eq!(faults(&[(field, value)], From::Officer), [field], "{field} = {value:.20}");
        }
        assert_eq!(faults(&[("channel", "12315")], From::Officer), ["external_no"]);
        assert_eq!(faults(&[("track", "report"), ("also_report", "yes")], From::Officer), ["also_report"]);
        assert_eq!(faults(&[("name", ""), ("phone", "")], CITIZEN), ["name", "phone"]);
        assert_eq!(faults(&[("anonymous", "yes")], CITIZEN), ["anonymous"]);
        assert_eq!(faults(&[("track", "repair")], CITIZEN), ["place"]);
        assert_eq!(faults(&[("name", ""), ("phone", "")], From::Officer), [] as [&str; 0]);
    }

    #[test]
    fn an_act_gives_what_it_needs() {
        let of = |pairs: &[(&str, &str)], order| {
            let v = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            act(&v, order).map_err(|f| f.into_iter().map(|f| f.field).collect::<Vec<_>>())
        };
        assert_eq!(of(&[("act", "accept"), ("seen", "3")], 121).map(|a| (a.act, a.seen)), Ok((Act::Accept, 3)));
        assert_eq!(of(&[("act", "refuse")], 121), Err(vec!["word".into()]));
        assert_eq!(of(&[("act", "refuse"), ("word", "identity")], 20), Err(vec!["word".into()]));
        assert!(of(&[("act", "refuse"), ("word", "identity")], 121).is_ok());
        assert_eq!(of(&[("act", "hand_over")], 121), Err(vec!["with".into(), "note".into()]));
        assert_eq!(of(&[("act", "reply")], 121), Err(vec!["note".into()]));
        assert_eq!(of(&[("act", "enter")], 121), Err(vec!["act".into()]));
        assert_eq!(of(&[("act", "rate"), ("word", "6")], 121), Err(vec!["word".into()]));
        assert_eq!(of(&[("act", "accept"), ("seen", "-1")], 121), Err(vec!["seen".into()]));
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(field in 0..17usize, value in ".{0,60}", word in 0..6usize, other in ".{0,30}") {
            let mut v = good(&[]);
            v.insert(ENTRY_FIELDS[field].to_owned(), value.clone());
            for from in [From::Officer, CITIZEN] {
                let faults = read(&v, today(), from).err().unwrap_or_default();
                prop_assert!(faults.iter().all(|f| !f.zh.is_empty() && !f.en.is_empty()));
            }
            let v = Values::from([("act".to_owned(), "refuse".to_owned()), (ACT_FIELDS[word].to_owned(), other)]);
            let _read = act(&v, 121);
        }
    }
}
