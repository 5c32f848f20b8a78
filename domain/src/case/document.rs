//! The ten documents of a case (rules.md §11), as templates that are filled from it. What the case does not tell is left as a line to be
//! written on, and named.

use super::{Act, Case, Choice, Clock, Reporter, Running, State, Step, Track};
use crate::{calendar, check::words, clock};
use serde::{Deserialize, Serialize};

words! {
    /// A document.
    Document {
        /// 投诉登记表
        RegisterComplaint = "register_complaint", "投诉登记表", "Registration of a complaint";
        /// 举报登记表
        RegisterReport = "register_report", "举报登记表", "Registration of a report";
        /// 投诉举报分送单
        Forward = "forward", "投诉举报分送单", "Forwarding slip";
        /// 身份信息核实通知
        Identity = "identity", "投诉人身份信息核实通知书", "Request for identity";
        /// 投诉受理决定书
        Accept = "accept", "投诉受理决定书", "Decision to accept";
        /// 投诉不予受理决定书
        Refuse = "refuse", "投诉不予受理决定书", "Decision not to accept";
        /// 投诉调解通知书
        Notice = "notice", "投诉调解通知书", "Notice of mediation";
        /// 终止调解决定书
        End = "end", "投诉终止调解决定书", "Decision to end mediation";
        /// 投诉调解书
        Agreement = "agreement", "投诉调解书", "Settlement";
        /// 举报处理结果告知书
        Result = "result", "举报处理结果告知书", "Result of a report";
    }
}

/// A document that was filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// Which.
    pub document: Document,
    /// Its text, line by line. It is plain text: what somebody entered into the case stands in it as it was entered.
    pub body: String,
    /// What the case does not tell, Chinese names of the blanks.
    pub missing: Vec<String>,
}

/// What is written where nothing is known.
const BLANK: &str = "____________";

impl Document {
    /// Whether it can be made of a case: of its track, after what it speaks of.
    #[must_use]
    pub fn is_ready(self, case: &Case, steps: &[Step]) -> bool {
        let done = |act: Act| steps.iter().any(|s| s.act == act);
        let complaint = case.track == Track::Complaint;
        match self {
            Self::RegisterComplaint => case.track != Track::Report,
            Self::RegisterReport => case.track == Track::Report,
            Self::Forward => done(Act::HandOver) || case.state == State::Received,
            Self::Identity => complaint && case.state == State::Received,
            Self::Accept => complaint && done(Act::Accept),
            Self::Refuse => complaint && done(Act::Refuse),
            Self::Notice => complaint && done(Act::Accept) && case.state != State::Withdrawn,
            Self::End => complaint && done(Act::End),
            Self::Agreement => complaint && done(Act::Settle),
            Self::Result => case.track == Track::Report && (done(Act::File) || done(Act::NotFile)),
        }
    }

    const fn template(self) -> &'static str {
        match self {
            Self::RegisterComplaint => include_str!("documents/register_complaint.txt"),
            Self::RegisterReport => include_str!("documents/register_report.txt"),
            Self::Forward => include_str!("documents/forward.txt"),
            Self::Identity => include_str!("documents/identity.txt"),
            Self::Accept => include_str!("documents/accept.txt"),
            Self::Refuse => include_str!("documents/refuse.txt"),
            Self::Notice => include_str!("documents/notice.txt"),
            Self::End => include_str!("documents/end.txt"),
            Self::Agreement => include_str!("documents/agreement.txt"),
            Self::Result => include_str!("documents/result.txt"),
        }
    }
}

/// Who fills a document in, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office<'a> {
    /// Name of the authority; empty where none is set.
    pub name: &'a str,
    /// Name of the officer.
    pub officer: &'a str,
    /// Now, ms.
    pub now: i64,
}

fn day(at: i64) -> String {
    use chrono::Datelike;
    let d = clock::local_date(at);
    format!("{} 年 {} 月 {} 日", d.year(), d.month(), d.day())
}

/// Fills a document in; `None` where the case is not as far.
#[must_use]
pub fn fill(
    document: Document,
    case: &Case,
    reporter: &Reporter,
    (steps, clocks): (&[Step], &[Running]),
    office: (&str, &str, i64),
) -> Option<Filled> {
    if !document.is_ready(case, steps) {
        return None;
    }
    let office = Office { name: office.0, officer: office.1, now: office.2 };
    let mut missing: Vec<String> = Vec::new();
    let mut body = String::new();
    let mut rest = document.template().trim_end();
    // Once through the template: a brace that somebody entered is a brace.
    while let Some((before, after)) = rest.split_once('{') {
        body += before;
        let Some((name, after)) = after.split_once('}') else { break };
        let value = blank(name, case, reporter, steps, clocks, &office).filter(|v| !v.trim().is_empty());
        if value.is_none() && !missing.iter().any(|m| m == name) {
            missing.push(name.to_owned());
        }
        body += value.as_deref().unwrap_or(BLANK);
        rest = after;
    }
    body += rest;
    Some(Filled { document, body, missing })
}

fn blank(
    name: &str,
    c: &Case,
    r: &Reporter,
    steps: &[Step],
    clocks: &[Running],
    office: &Office<'_>,
) -> Option<String> {
    let last = |act: Act| steps.iter().rev().find(|s| s.act == act);
    let on = |act: Act| last(act).map(|s| day(s.at));
    let note = |act: Act| last(act).map(|s| s.note.clone());
    let reason = |act: Act, choice: Choice| last(act).and_then(|s| choice.text(&s.word)).map(|t| t.zh.to_owned());
    let until = |clock: Clock| {
        let k = clocks.iter().rev().find(|k| k.clock == clock)?;
        let term = calendar::words_of(k.term).0;
        let unsure = if k.provisional { ",节假日安排待确认" } else { "" };
        Some(k.due.map_or_else(|| format!("暂停中({term})"), |d| format!("{}({term}{unsure})", day(d))))
    };
    let old = c.order() == 20;
    let by = |old_article: &str, new_article: &str| {
        Some(if old {
            format!("《市场监督管理投诉举报处理暂行办法》{old_article}")
        } else {
            format!("《市场监督管理投诉举报处理办法》{new_article}")
        })
    };
    let decided = [Act::File, Act::NotFile].into_iter().filter_map(last).max_by_key(|s| s.no);
    match name {
        "办理机关" => Some(office.name.to_owned()),
        "登记人" => Some(office.officer.to_owned()),
        "今日" => Some(day(office.now)),
        "编号" => Some(c.number.clone()),
        "类别" => Some(c.track.text().zh.to_owned()),
        "来源" if c.external_no.is_empty() => Some(c.channel.text().zh.to_owned()),
        "来源" => Some(format!("{}({})", c.channel.text().zh, c.external_no)),
        "登记时间" => Some(clock::local_text(c.entered_at)),
        "收到时间" => Some(day(c.received_at)),
        "姓名" if r.name.is_empty() && !c.real_name => Some("匿名".to_owned()),
        "姓名" => Some(r.name.clone()),
        "电话" => Some(r.phone.clone()),
        "通讯地址" => Some(r.address.clone()),
        "被反映单位" => Some(c.org_name.clone()),
        "气瓶" => Some(if c.tag.is_empty() { "无".to_owned() } else { c.tag.clone() }),
        "地点" => Some(c.place.clone()),
        "事项" => Some(c.title.clone()),
        "事实" => Some(c.text.clone()),
        "请求" => Some(c.wish.clone()),
        "受理期限" => until(if c.track == Track::Complaint {
            Clock::Accept
        } else if c.track == Track::Repair {
            Clock::Repair
        } else {
            Clock::Suggest
        }),
        "核查期限" => until(Clock::Verify),
        "调解期限" => until(Clock::Mediate),
        "依据" => by("的规定", "的规定"),
        "不予受理依据" => by("第十五条", "第十六条"),
        "终止依据" => by("第二十一条", "第二十三条"),
        "接收机关" => last(Act::HandOver).map(|s| s.with.clone()),
        "分送理由" => note(Act::HandOver),
        "分送日期" => on(Act::HandOver),
        "回执号" => last(Act::Receipt).map(|s| s.with.clone()),
        "受理日期" => on(Act::Accept),
        "不予受理理由" => reason(Act::Refuse, Choice::Ground),
        "不予受理说明" => note(Act::Refuse),
        "不予受理日期" => on(Act::Refuse),
        "终止理由" => reason(Act::End, Choice::EndGround),
        "终止说明" => note(Act::End),
        "终止日期" => on(Act::End),
        "协议内容" => note(Act::Settle),
        "达成日期" => on(Act::Settle),
        "决定日期" => decided.map(|s| day(s.at)),
        "举报决定" => decided.map(|s| if s.act == Act::File { "立案".to_owned() } else { "不予立案".to_owned() }),
        "举报说明" => decided.map(|s| s.note.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Channel, Hand};

    fn case(track: Track, state: State) -> Case {
        Case {
            id: 1,
            number: "TS20261122-000001".into(),
            track,
            channel: Channel::P12345,
            state,
            hold: None,
            received_at: 1_795_248_000_000,
            entered_at: 1_795_248_000_000,
            division: 410_105,
            district: "金水区".into(),
            org: 3,
            org_name: "北郊气站".into(),
            tag: "T1".into(),
            title: "缺斤短两".into(),
            text: "{姓名}<script>alert(1)</script>".into(),
            wish: "退还差价".into(),
            place: "经三路 1 号".into(),
            real_name: true,
            external_no: "20261122001".into(),
            twin: String::new(),
            due: None,
            provisional: false,
            rating: 0,
            closed_at: None,
            version: 1,
        }
    }

    fn step(act: Act, word: &str, with: &str) -> Step {
        let (no, at) = (1, 1_795_248_000_000);
        Step {
            no,
            at,
            act,
            hand: Hand::Officer,
            by: "王".into(),
            note: "说明如下".into(),
            word: word.into(),
            with: with.into(),
        }
    }

    fn made(d: Document, c: &Case, steps: &[Step]) -> Option<Filled> {
        let r = Reporter { name: "张三".into(), phone: "13812341111".into(), address: "文化路 2 号".into() };
        fill(d, c, &r, (steps, &[]), ("郑州市市场监督管理局", "李四", 1_795_248_000_000))
    }

    #[test]
    fn each_document_is_filled_when_it_is_due() {
        use {Act as A, Document as D};
        let (t, r) = (Track::Complaint, Track::Report);
        let all = [
            (D::RegisterComplaint, t, State::Received, vec![]),
            (D::RegisterReport, r, State::Received, vec![]),
            (
                D::Forward,
                t,
                State::HandedOver,
                vec![step(A::HandOver, "", "郑州市城市管理局"), step(A::Receipt, "", "HZ-1")],
            ),
            (D::Identity, t, State::Received, vec![]),
            (D::Accept, t, State::Accepted, vec![step(A::Accept, "", "")]),
            (D::Refuse, t, State::Refused, vec![step(A::Refuse, "too_late", "")]),
            (D::Notice, t, State::Mediating, vec![step(A::Accept, "", "")]),
            (D::End, t, State::Ended, vec![step(A::Accept, "", ""), step(A::End, "out_of_time", "")]),
            (D::Agreement, t, State::Settled, vec![step(A::Accept, "", ""), step(A::Settle, "", "")]),
            (D::Result, r, State::NotFiled, vec![step(A::NotFile, "", "")]),
        ];
        assert_eq!(all.len(), Document::ALL.len());
        for (d, track, state, steps) in all {
            let f = made(d, &case(track, state), &steps).unwrap_or_else(|| panic!("{d:?}"));
            let known = ["受理期限", "核查期限", "调解期限"];
            assert!(f.missing.iter().all(|m| known.contains(&m.as_str())), "{d:?} {:?}", f.missing);
            assert!(f.body.contains("TS20261122-000001") && f.body.starts_with("郑州市市场监督管理局"), "{d:?}");
            assert!(f.body.contains(d.text().zh), "{d:?}");
            let bare = match d {
                D::RegisterComplaint | D::Identity => (r, State::Received),
                D::RegisterReport => (t, State::Received),
                _ => (track, State::Withdrawn),
            };
            assert_eq!(made(d, &case(bare.0, bare.1), &[]), None, "{d:?}");
        }
    }

    #[test]
    fn what_was_entered_stands_there_as_it_was_entered() {
        let c = case(Track::Complaint, State::Received);
        let f = made(Document::RegisterComplaint, &c, &[]).unwrap();
        assert!(f.body.contains("{姓名}<script>alert(1)</script>"), "{}", f.body);
        let nobody = fill(Document::RegisterComplaint, &c, &Reporter::default(), (&[], &[]), ("", "", 0)).unwrap();
        assert!(
            nobody.missing.starts_with(&["办理机关".to_owned(), "姓名".into(), "电话".into()]),
            "{:?}",
            nobody.missing
        );
        assert!(nobody.body.contains(BLANK));
        let steps = [step(Act::Refuse, "too_late", "")];
        let of = |received_at| {
            let c = Case { received_at, ..case(Track::Complaint, State::Refused) };
            made(Document::Refuse, &c, &steps).unwrap().body
        };
        assert!(
            of(1_776_096_000_000).contains("暂行办法》第十五条")
                && of(1_776_268_800_000).contains("处理办法》第十六条")
        );
        assert!(of(1_776_268_800_000).contains("超过三年"));
    }
}
