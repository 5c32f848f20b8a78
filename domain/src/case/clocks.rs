//! The clocks of a case, reckoned from what was done and the rules of the day on which it was received (rules.md §11).

use super::{Act, Hold, State, Track};
use crate::{
    calendar::{Calendar, Pause, Term, Unit},
    check::words,
    clock,
    rules::{RuleKind, RuleRow, RuleSet},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// A term that the law sets.
    Clock {
        /// From receiving a complaint to deciding whether it is accepted, and telling so.
        Accept = "accept", "受理决定", "Decision to accept";
        /// From accepting a complaint to its settlement or the end of mediation.
        Mediate = "mediate", "调解", "Mediation";
        /// From the end of mediation to telling of it.
        TellEnd = "tell_end", "终止调解告知", "Telling that mediation ended";
        /// From receiving a report to deciding whether a case is filed.
        Verify = "verify", "举报核查", "Verification of a report";
        /// By how much the former is longer where that was approved. It does not run by itself.
        Extend = "extend", "核查延长", "Extension of verification";
        /// From that decision to telling a reporter who gave his name.
        TellFiling = "tell_filing", "举报结果告知", "Telling the reporter";
        /// From receiving a complaint about gas to a reply.
        Reply = "reply", "燃气投诉答复", "Reply to a complaint about gas";
        /// From receiving a suggestion to a reply.
        Suggest = "suggest", "建议答复", "Reply to a suggestion";
        /// From receiving a repair to its being done.
        Repair = "repair", "报修", "Repair";
        /// From asking the enterprise to its answer.
        Answer = "answer", "企业答复", "Enterprise's answer";
        /// From handing over to the receipt.
        Receipt = "receipt", "移送回执", "Receipt of a hand-over";
        /// From a rectification that was reported to its re-check (特种设备安全监督检查办法): of hazards, not of cases.
        Recheck = "recheck", "整改复查", "Re-check of a rectification";
    }
}

/// Parameter: a term in days whose last day is off gives way to the next working day.
pub const ROLL: &str = "PAR-CLOCK-ROLL";

impl Clock {
    /// How ids of its rules begin.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Accept => "CLK-ACCEPT-",
            Self::Mediate => "CLK-MEDIATE-",
            Self::TellEnd => "CLK-TELL-END-",
            Self::Verify => "CLK-VERIFY-",
            Self::Extend => "CLK-EXTEND-",
            Self::TellFiling => "CLK-TELL-FILING-",
            Self::Reply => "CLK-REPLY-",
            Self::Suggest => "CLK-SUGGEST-",
            Self::Repair => "CLK-REPAIR-",
            Self::Answer => "CLK-ANSWER-",
            Self::Receipt => "CLK-RECEIPT-",
            Self::Recheck => "CLK-RECHECK-",
        }
    }

    /// The clock that a rule sets, by its id: what it begins with, and a name.
    #[must_use]
    pub fn of_rule(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| id.strip_prefix(c.prefix()).is_some_and(|name| !name.is_empty()))
    }

    /// Whether a reason holds it up.
    ///
    /// Tests and appraisals are not counted into mediation and verification, identification by the holder of a right not into
    /// verification (市场监督管理行政处罚程序规定 第十八条); the term for deciding on a complaint runs from complete material.
    #[must_use]
    pub const fn is_held_by(self, why: Hold) -> bool {
        match why {
            Hold::Test => matches!(self, Self::Mediate | Self::Verify),
            Hold::Identify => matches!(self, Self::Verify),
            Hold::Material => matches!(self, Self::Accept | Self::Reply | Self::Suggest),
            Hold::Authority => matches!(self, Self::Mediate | Self::Verify | Self::Reply | Self::Suggest),
            Hold::Visit => matches!(self, Self::Repair),
            Hold::Force => true,
        }
    }

    /// Whether it is owed to whoever brought the case. The others are between authorities, or with the enterprise (rules.md §11).
    #[must_use]
    pub const fn is_owed_to_citizen(self) -> bool {
        !matches!(self, Self::Extend | Self::Answer | Self::Receipt | Self::Recheck)
    }

    /// What begins to run when something is done with a case of a track. What is handed back begins nothing: what was handed over goes on.
    const fn begun(track: Track, act: Act, real_name: bool) -> &'static [Self] {
        match (track, act) {
            (Track::Complaint, Act::Enter) => &[Self::Accept, Self::Reply],
            (Track::Report, Act::Enter | Act::Reopen) => &[Self::Verify],
            (Track::Suggestion, Act::Enter | Act::Reopen) => &[Self::Suggest],
            (Track::Repair, Act::Enter | Act::Reopen) => &[Self::Repair],
            (Track::Complaint, Act::Accept) => &[Self::Mediate],
            (Track::Complaint, Act::End) => &[Self::TellEnd],
            (Track::Report, Act::File | Act::NotFile) if real_name => &[Self::TellFiling],
            (_, Act::Ask) => &[Self::Answer],
            (_, Act::HandOver) => &[Self::Receipt],
            _ => &[],
        }
    }

    /// Whether it is kept by something that is done.
    const fn is_kept_by(self, act: Act) -> bool {
        match act {
            Act::Accept => matches!(self, Self::Accept),
            // Who is told that it is not accepted has a reply.
            Act::Refuse => matches!(self, Self::Accept | Self::Reply),
            Act::Settle => matches!(self, Self::Mediate | Self::Reply),
            Act::End => matches!(self, Self::Mediate),
            Act::Tell => matches!(self, Self::TellEnd | Self::TellFiling | Self::Reply),
            Act::File | Act::NotFile => matches!(self, Self::Verify),
            Act::Reply => matches!(self, Self::Reply | Self::Suggest),
            Act::Repair => matches!(self, Self::Repair | Self::Answer),
            Act::Answer => matches!(self, Self::Answer),
            Act::Receipt | Act::Return => matches!(self, Self::Receipt),
            Act::HandOver => !matches!(self, Self::Receipt),
            Act::Withdraw | Act::Close => true,
            _ => false,
        }
    }
}

/// What of a case decides on its clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Track.
    pub track: Track,
    /// When it was received, ms.
    pub received_at: i64,
    /// District, GB/T 2260; 0 for none.
    pub division: i32,
    /// Whether whoever brought it gave his name.
    pub real_name: bool,
}

/// Something that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When, ms.
    pub at: i64,
    /// What.
    pub act: Act,
    /// Why it is held up, of a pause.
    pub hold: Option<Hold>,
}

/// A clock of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Which.
    pub clock: Clock,
    /// The rule that set its term.
    pub rule_id: String,
    /// The term.
    pub term: Term,
    /// Whether the term was extended.
    pub extended: bool,
    /// When it began, ms.
    pub since: i64,
    /// Its last instant, ms; `None` as long as it is held up.
    pub due: Option<i64>,
    /// When it was kept, ms.
    pub done: Option<i64>,
    /// Whether it was reckoned by a year whose days are not confirmed.
    pub provisional: bool,
}

impl Running {
    /// Whether it is late at an instant, or was kept too late.
    #[must_use]
    pub fn is_late(&self, now: i64) -> bool {
        self.due.is_some_and(|due| self.done.unwrap_or(now) > due)
    }
}

/// Whether a rule of a jurisdiction holds in a district: `CN` everywhere, `410000` in the province, `410100` in the city. The result
/// tells how near it is.
fn holds_in(jurisdiction: &str, division: i32) -> Option<u8> {
    let code: i32 = match jurisdiction {
        "CN" => return Some(0),
        other => other.parse().ok()?,
    };
    match (code % 10_000, code % 100) {
        (0, _) => (division / 10_000 == code / 10_000).then_some(1),
        // Without a district the city that this is decides: its own rules are not left out.
        (_, 0) => (division == 0 || division / 100 == code / 100).then_some(2),
        _ => (division == code).then_some(3),
    }
}

/// The rule of a clock for a case that was received on a day in a district: the nearest jurisdiction's, of these the latest, of these
/// the shortest.
#[must_use]
pub fn rule(rules: &RuleSet, clock: Clock, day: NaiveDate, division: i32) -> Option<&RuleRow> {
    rules
        .rows
        .iter()
        .filter(|r| r.kind == RuleKind::Clock && Clock::of_rule(&r.rule_id) == Some(clock) && r.is_in_force(day))
        .filter_map(|r| Some((holds_in(&r.jurisdiction, division)?, r)))
        .max_by_key(|(near, r)| (*near, r.effective_from, std::cmp::Reverse(r.value)))
        .map(|(_, r)| r)
}

/// The term that a row sets.
#[must_use]
pub fn term_of(row: &RuleRow) -> Option<Term> {
    Unit::from_code(&row.unit).map(|unit| Term { amount: row.value, unit })
}

/// What is known of a clock while a case is gone through: what it was held up by beside the reasons, and since when it is away.
#[derive(Default)]
struct Away {
    pauses: Vec<Pause>,
    since: Option<i64>,
}

/// The clocks of a case, in the order in which they began. A clock without a rule in force on the day on which the case was received
/// does not run.
///
/// A case that another authority hands back goes on with what was left of its terms when it was handed over: no text says that they begin
/// anew (市场监督管理投诉举报处理办法 counts them from the receipt), and the days that it was away are not the authority's. An extension counts
/// that was approved while the term ran (市场监督管理行政处罚程序规定 第十八条): a term that is over is not made longer.
#[must_use]
pub fn reckon(rules: &RuleSet, calendar: &Calendar, s: &Subject, steps: &[Told]) -> Vec<Running> {
    let day = clock::local_date(s.received_at);
    let roll = rules.param(ROLL) == Some(1);
    let set = |c: Clock| rule(rules, c, day, s.division).and_then(|r| Some((r.rule_id.clone(), term_of(r)?)));
    let more = set(Clock::Extend).map(|(_, term)| term);
    let mut out: Vec<Running> = Vec::new();
    let mut away: Vec<Away> = Vec::new();
    let mut holds: Vec<(Hold, Pause)> = Vec::new();
    let mut state = State::Received;
    let due = |r: &Running, gone: &Away, holds: &[(Hold, Pause)]| {
        let held = holds.iter().filter(|(h, _)| r.clock.is_held_by(*h)).map(|(_, p)| *p);
        let pauses: Vec<Pause> = held.chain(gone.pauses.iter().copied()).collect();
        let terms: Vec<Term> = std::iter::once(r.term).chain(more.filter(|_| r.extended)).collect();
        calendar.due(r.since, &terms, &pauses, roll)
    };
    for t in steps {
        let at = if t.act == Act::Enter { s.received_at } else { t.at };
        for (r, gone) in out.iter_mut().zip(&mut away) {
            if r.done.is_none() && r.clock.is_kept_by(t.act) {
                r.done = Some(at);
                gone.since = Some(at).filter(|_| t.act == Act::HandOver);
            } else if t.act == Act::Return
                && let Some(from) = gone.since.take()
            {
                r.done = None;
                gone.pauses.push(Pause { from, to: Some(at) });
            }
        }
        match t.act {
            Act::Pause => holds.extend(t.hold.map(|h| (h, Pause { from: at, to: None }))),
            Act::Extend => {
                for (r, gone) in out.iter_mut().zip(&away).filter(|(r, _)| r.done.is_none() && r.clock == Clock::Verify)
                {
                    // What is held up has not ended.
                    r.extended |= due(r, gone, &holds).at.is_none_or(|end| at <= end);
                }
            }
            _ => {}
        }
        let before = state;
        state = s.track.next(state, t.act).unwrap_or(state);
        // What leaves nothing to be decided also ends what held it up.
        if t.act == Act::Resume || before.is_open() && !state.is_open() {
            holds.iter_mut().filter(|(_, p)| p.to.is_none()).for_each(|(_, p)| p.to = Some(at));
        }
        for c in Clock::begun(s.track, t.act, s.real_name) {
            let Some((rule_id, term)) = set(*c) else { continue };
            out.push(Running {
                clock: *c,
                rule_id,
                term,
                extended: false,
                since: at,
                due: None,
                done: None,
                provisional: false,
            });
            away.push(Away::default());
        }
    }
    for (r, gone) in out.iter_mut().zip(&away) {
        let due = due(r, gone, &holds);
        // What was kept while it was held up was kept in time.
        (r.due, r.provisional) = (due.at, due.provisional);
    }
    out
}

/// The last instant of the first clock that runs.
#[must_use]
pub fn due_of(clocks: &[Running]) -> Option<i64> {
    clocks.iter().filter(|c| c.done.is_none()).filter_map(|c| c.due).min()
}

/// Whether a clock that runs was reckoned by days that are not confirmed.
#[must_use]
pub fn provisional_of(clocks: &[Running]) -> bool {
    clocks.iter().any(|c| c.done.is_none() && c.provisional)
}

/// (id, value, unit, source, clause, confirmed, from order 121 on: None for both, Some(true) from then, Some(false) until then, whose)
type Row = (&'static str, i64, Unit, &'static str, &'static str, bool, Option<bool>, &'static str);

const INTERIM: &str = "市场监督管理投诉举报处理暂行办法(总局令第20号)";
const MEASURES: &str = "市场监督管理投诉举报处理办法(总局令第121号)";
const PENALTY: &str = "市场监督管理行政处罚程序规定";

const ROWS: &[Row] = &[
    ("CLK-ACCEPT-20", 7, Unit::Workday, INTERIM, "第十四条 受理决定并告知", true, Some(false), "CN"),
    ("CLK-ACCEPT-121", 7, Unit::Workday, MEASURES, "受理决定并告知", true, Some(true), "CN"),
    ("CLK-MEDIATE-20", 45, Unit::Workday, INTERIM, "第二十一条 调解期限", true, Some(false), "CN"),
    ("CLK-MEDIATE-121", 60, Unit::Day, MEASURES, "第二十三条 调解期限", true, Some(true), "CN"),
    ("CLK-TELL-END-20", 7, Unit::Workday, INTERIM, "第二十一条 终止调解告知", true, Some(false), "CN"),
    ("CLK-TELL-END-121", 7, Unit::Workday, MEASURES, "第二十三条 终止调解告知", false, Some(true), "CN"),
    ("CLK-VERIFY-20", 15, Unit::Workday, PENALTY, "第十八条 核查并决定是否立案", true, Some(false), "CN"),
    ("CLK-VERIFY-121", 15, Unit::Workday, PENALTY, "第十八条 核查并决定是否立案", false, Some(true), "CN"),
    ("CLK-EXTEND-20", 15, Unit::Workday, PENALTY, "第十八条 经批准延长", true, Some(false), "CN"),
    ("CLK-EXTEND-121", 15, Unit::Workday, PENALTY, "第十八条 经批准延长", false, Some(true), "CN"),
    ("CLK-TELL-FILING-20", 5, Unit::Workday, INTERIM, "第三十一条 告知实名举报人", true, Some(false), "CN"),
    ("CLK-TELL-FILING-121", 5, Unit::Workday, MEASURES, "告知实名举报人", false, Some(true), "CN"),
    ("CLK-REPLY-410100", 15, Unit::Day, "郑州市燃气管理条例", "燃气投诉答复", true, None, "410100"),
    ("CLK-SUGGEST-1", 15, Unit::Workday, "燃气服务与移送期限(条款待确认)", "建议答复", false, None, "CN"),
    ("CLK-REPAIR-1", 24, Unit::Hour, "燃气服务与移送期限(条款待确认)", "报修处理", true, None, "CN"),
    ("CLK-ANSWER-1", 5, Unit::Workday, "燃气服务与移送期限(条款待确认)", "燃气经营者答复", true, None, "CN"),
    ("CLK-RECEIPT-1", 5, Unit::Workday, "燃气服务与移送期限(条款待确认)", "移送回执", false, None, "CN"),
    ("CLK-RECHECK-57", 10, Unit::Workday, "特种设备安全监督检查办法(总局令第57号)", "整改后复查", true, None, "CN"),
];

/// The rows the product ships with.
#[must_use]
pub fn rule_rows() -> Vec<RuleRow> {
    let since = super::order_121();
    let row = |&(id, value, unit, source, clause, confirmed, order, whose): &Row| RuleRow {
        rule_id: id.into(),
        kind: RuleKind::Clock,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value,
        unit: unit.code().into(),
        yields_to_print: false,
        credit: None,
        source: source.into(),
        clause: clause.into(),
        effective_from: (order == Some(true)).then_some(since),
        effective_to: (order == Some(false)).then_some(since),
        confirmed,
        jurisdiction: whose.into(),
        enabled: true,
    };
    let mut rows: Vec<RuleRow> = ROWS.iter().map(row).collect();
    rows.push(RuleRow {
        kind: RuleKind::Param,
        unit: "switch".into(),
        ..row(&(ROLL, 1, Unit::Day, "民法典", "第二百零三条 期间末日逢节假日顺延", false, None, "CN"))
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{day_of, day_start, local_date};
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        let day: NaiveDate = text.get(..10).unwrap().parse().unwrap();
        let hour: i64 = text.get(11..13).map_or(10, |h| h.parse().unwrap());
        day_start(day_of(day)) + hour * 3_600_000
    }

    fn told(steps: &[(&str, Act)]) -> Vec<Told> {
        steps
            .iter()
            .map(|(t, act)| Told { at: at(t), act: *act, hold: Some(Hold::Test).filter(|_| *act == Act::Pause) })
            .collect()
    }

    fn clocks(track: Track, steps: &[(&str, Act)]) -> Vec<(Clock, String, String)> {
        let s = Subject { track, received_at: at(steps[0].0), division: 410_105, real_name: true };
        reckon(&RuleSet::seed(), &Calendar::seed(), &s, &told(steps))
            .into_iter()
            .map(|r| (r.clock, r.rule_id, r.due.map_or_else(String::new, |d| local_date(d).to_string())))
            .collect()
    }

    fn is(found: &[(Clock, String, String)], clock: Clock, rule: &str, due: &str) {
        let f = found.iter().find(|f| f.0 == clock).unwrap_or_else(|| panic!("{clock:?} does not run"));
        assert_eq!((f.1.as_str(), f.2.as_str()), (rule, due), "{clock:?}");
    }

    #[test]
    fn a_case_is_under_the_order_of_the_day_on_which_it_was_received() {
        use Act::{Accept, End, Enter, File};
        // The day before: 45 working days, over Labour Day with its make-up day, and over the Dragon Boat Festival.
        let old = clocks(Track::Complaint, &[("2026-04-14", Enter), ("2026-04-20", Accept), ("2026-06-01", End)]);
        is(&old, Clock::Accept, "CLK-ACCEPT-20", "2026-04-23");
        is(&old, Clock::Mediate, "CLK-MEDIATE-20", "2026-06-25");
        is(&old, Clock::TellEnd, "CLK-TELL-END-20", "2026-06-10");
        is(&old, Clock::Reply, "CLK-REPLY-410100", "2026-04-29");
        // The day itself: 60 days. The order stays that of the day on which it was received, not of the day of a step.
        let new = clocks(Track::Complaint, &[("2026-04-15", Enter), ("2026-04-20", Accept), ("2026-06-01", End)]);
        is(&new, Clock::Accept, "CLK-ACCEPT-121", "2026-04-24");
        is(&new, Clock::Mediate, "CLK-MEDIATE-121", "2026-06-22");
        is(&new, Clock::TellEnd, "CLK-TELL-END-121", "2026-06-10");
        // The 60th day, 19 June, is the Dragon Boat Festival: the next working day is the 22nd.
        assert_eq!(local_date(at("2026-04-20")) + chrono::TimeDelta::days(60), "2026-06-19".parse().unwrap());
        for (day, verify, tell) in [
            ("2026-04-14", "CLK-VERIFY-20", "CLK-TELL-FILING-20"),
            ("2026-04-15", "CLK-VERIFY-121", "CLK-TELL-FILING-121"),
        ] {
            let report = clocks(Track::Report, &[(day, Enter), ("2026-04-30", File)]);
            is(&report, Clock::Verify, verify, if day == "2026-04-14" { "2026-05-08" } else { "2026-05-09" });
            is(&report, Clock::TellFiling, tell, "2026-05-11");
        }
    }

    #[test]
    fn terms_run_over_national_day_and_spring_festival() {
        use Act::{Accept, AskExtension, Enter, Extend};
        let found = clocks(Track::Complaint, &[("2026-09-28", Enter), ("2026-09-30", Accept)]);
        is(&found, Clock::Accept, "CLK-ACCEPT-121", "2026-10-13");
        is(&found, Clock::Mediate, "CLK-MEDIATE-121", "2026-11-30");
        let found =
            clocks(Track::Report, &[("2026-09-28", Enter), ("2026-10-12", AskExtension), ("2026-10-13", Extend)]);
        is(&found, Clock::Verify, "CLK-VERIFY-121", "2026-11-13");
        is(&clocks(Track::Report, &[("2026-09-28", Enter)]), Clock::Verify, "CLK-VERIFY-121", "2026-10-23");
        // Spring Festival 2027, the days of which are expected.
        let s = Subject { track: Track::Complaint, received_at: at("2027-02-03"), division: 410_105, real_name: false };
        let all = reckon(&RuleSet::seed(), &Calendar::seed(), &s, &told(&[("2027-02-03", Enter)]));
        assert_eq!(local_date(all[0].due.unwrap()).to_string(), "2027-02-20");
        assert!(all[0].provisional && provisional_of(&all));
        // Before the year is on file only its weekends are known.
        let only_2026 = Calendar::new([(2026, crate::calendar::Known::Confirmed)], Calendar::seed().days());
        let all = reckon(&RuleSet::seed(), &only_2026, &s, &told(&[("2027-02-03", Enter)]));
        assert_eq!((local_date(all[0].due.unwrap()).to_string(), all[0].provisional), ("2027-02-12".to_owned(), true));
    }

    #[test]
    fn an_extension_counts_only_while_the_term_runs() {
        use Act::{AskExtension, Enter, Extend, Pause, Resume};
        // 15 working days from 2 November end on the 23rd.
        let with = |more: &[(&str, Act)]| {
            let steps: Vec<_> =
                [("2026-11-02", Enter), ("2026-11-20", AskExtension)].iter().chain(more).copied().collect();
            clocks(Track::Report, &steps)
        };
        is(&with(&[]), Clock::Verify, "CLK-VERIFY-121", "2026-11-23");
        is(&with(&[("2026-11-23T23", Extend)]), Clock::Verify, "CLK-VERIFY-121", "2026-12-14");
        is(&with(&[("2026-11-24", Extend)]), Clock::Verify, "CLK-VERIFY-121", "2026-11-23");
        // What is held up has not ended, and what was held up ends later.
        let held = [("2026-11-20", Pause), ("2026-11-27", Resume), ("2026-11-30", Extend)];
        is(&with(&held), Clock::Verify, "CLK-VERIFY-121", "2026-12-21");
        let s = Subject { track: Track::Report, received_at: at("2026-11-02"), division: 410_105, real_name: true };
        let late = told(&[("2026-11-02", Enter), ("2026-11-20", AskExtension), ("2026-11-24", Extend)]);
        assert!(!reckon(&RuleSet::seed(), &Calendar::seed(), &s, &late)[0].extended);
    }

    #[test]
    fn what_is_handed_back_goes_on_with_what_was_left() {
        use Act::{Accept, Enter, HandOver, Receipt, Return};
        let away = [("2026-11-02", Enter), ("2026-11-05", HandOver)];
        let gone = clocks(Track::Complaint, &away);
        assert_eq!(gone.iter().map(|c| c.0).collect::<Vec<_>>(), [Clock::Accept, Clock::Reply, Clock::Receipt]);
        let back = clocks(Track::Complaint, &[away[0], away[1], ("2026-11-12", Return)]);
        assert_eq!(back.len(), 3, "nothing begins anew");
        // 7 working days would have ended on the 11th: of them 2 were used up (3 and 4 November), 5 are left from the 12th on.
        is(&clocks(Track::Complaint, &away[..1]), Clock::Accept, "CLK-ACCEPT-121", "2026-11-11");
        is(&back, Clock::Accept, "CLK-ACCEPT-121", "2026-11-18");
        is(&back, Clock::Reply, "CLK-REPLY-410100", "2026-11-24");
        // A term that was over stays over, also when it is handed over twice.
        let late = clocks(Track::Complaint, &[away[0], ("2026-11-16", HandOver), ("2026-11-17", Return)]);
        is(&late, Clock::Accept, "CLK-ACCEPT-121", "2026-11-11");
        let twice = [away[0], away[1], ("2026-11-12", Return), ("2026-11-13", HandOver), ("2026-11-16", Return)];
        is(&clocks(Track::Complaint, &twice), Clock::Accept, "CLK-ACCEPT-121", "2026-11-19");
        // It runs again until it is kept; what the other authority received is done with.
        let s = Subject { track: Track::Complaint, received_at: at("2026-11-02"), division: 410_105, real_name: true };
        let of = |steps: &[(&str, Act)]| reckon(&RuleSet::seed(), &Calendar::seed(), &s, &told(steps));
        assert!(of(&twice).iter().find(|c| c.clock == Clock::Accept).unwrap().done.is_none());
        let kept = of(&[away[0], away[1], ("2026-11-12", Return), ("2026-11-13", Accept)]);
        assert_eq!(kept[0].done, Some(at("2026-11-13")));
        assert!(of(&[away[0], away[1], ("2026-11-09", Receipt)]).iter().all(|c| c.done.is_some()));
    }

    #[test]
    fn a_clock_is_held_up_by_what_concerns_it_only() {
        use Act::{Accept, Enter, Pause, Resume};
        let steps = [("2026-11-02", Enter), ("2026-11-03", Accept), ("2026-11-05", Pause)];
        let held = clocks(Track::Complaint, &steps);
        is(&held, Clock::Mediate, "CLK-MEDIATE-121", "");
        is(&held, Clock::Reply, "CLK-REPLY-410100", "2026-11-17");
        let on: Vec<_> = steps.into_iter().chain([("2026-11-10", Resume)]).collect();
        is(&clocks(Track::Complaint, &on), Clock::Mediate, "CLK-MEDIATE-121", "2027-01-07");
        is(&clocks(Track::Complaint, &steps[..2]), Clock::Mediate, "CLK-MEDIATE-121", "2027-01-04");
    }

    #[test]
    fn a_repair_has_a_day_and_an_enterprise_a_week() {
        use Act::{Ask, Enter, Repair};
        let s = Subject { track: Track::Repair, received_at: at("2026-10-01T09"), division: 0, real_name: false };
        let all = |steps: &[(&str, Act)]| reckon(&RuleSet::seed(), &Calendar::seed(), &s, &told(steps));
        let open = all(&[("2026-10-01T09", Enter), ("2026-10-01T10", Ask)]);
        assert_eq!(
            open.iter().map(|r| r.due.unwrap()).collect::<Vec<_>>(),
            [at("2026-10-02T09"), at("2026-10-13T24") - 1]
        );
        assert_eq!(due_of(&open), Some(at("2026-10-02T09")));
        assert!(!open[0].is_late(at("2026-10-02T09")) && open[0].is_late(at("2026-10-02T09") + 1));
        let done = all(&[("2026-10-01T09", Enter), ("2026-10-02T08", Repair)]);
        assert!(!done[0].is_late(i64::MAX) && due_of(&done).is_none());
        let late = all(&[("2026-10-01T09", Enter), ("2026-10-02T10", Repair)]);
        assert!(late[0].is_late(0));
    }

    #[test]
    fn a_term_is_that_of_the_place_and_of_the_day() {
        let rules = RuleSet::seed();
        let id = |clock, day: &str, division| {
            rule(&rules, clock, day.parse().unwrap(), division).map(|r| r.rule_id.as_str())
        };
        assert_eq!(id(Clock::Reply, "2026-11-22", 410_105), Some("CLK-REPLY-410100"));
        assert_eq!(id(Clock::Reply, "2026-11-22", 0), Some("CLK-REPLY-410100"));
        assert_eq!(id(Clock::Reply, "2026-11-22", 110_101), None);
        let mut more = rules.clone();
        let seed = rule_rows().into_iter().find(|r| r.rule_id == "CLK-ACCEPT-121").unwrap();
        let since = |d: &str| d.parse().ok();
        more.rows.push(RuleRow {
            rule_id: "CLK-ACCEPT-2027".into(),
            value: 5,
            effective_from: since("2027-01-01"),
            ..seed.clone()
        });
        more.rows.push(RuleRow { rule_id: "CLK-ACCEPT-JS".into(), value: 3, jurisdiction: "410105".into(), ..seed });
        let id = |day: &str, division| rule(&more, Clock::Accept, day.parse().unwrap(), division).map(|r| r.value);
        assert_eq!(
            (id("2026-12-31", 410_102), id("2027-01-01", 410_102), id("2027-01-01", 410_105)),
            (Some(7), Some(5), Some(3))
        );
        for r in rule_rows().iter().filter(|r| r.kind == RuleKind::Clock) {
            assert!(Clock::of_rule(&r.rule_id).is_some() && term_of(r).is_some(), "{}", r.rule_id);
        }
        assert_eq!(
            (Clock::of_rule("CLK-ACCEPT-"), Clock::of_rule("CLK-NONE-1"), Clock::of_rule("INT-1")),
            (None, None, None)
        );
        for (i, a) in Clock::ALL.iter().enumerate() {
            let clash = Clock::ALL.iter().enumerate().any(|(j, b)| i != j && b.prefix().starts_with(a.prefix()));
            assert!(!clash, "{a:?}");
        }
    }

    #[test]
    fn a_last_day_that_is_off_stays_where_the_rule_is_off() {
        let mut rules = RuleSet::seed();
        rules.rows.iter_mut().filter(|r| r.rule_id == ROLL).for_each(|r| r.enabled = false);
        let s = Subject { track: Track::Complaint, received_at: at("2026-04-15"), division: 1, real_name: false };
        let steps = told(&[("2026-04-15", Act::Enter), ("2026-04-15", Act::Accept)]);
        let due = |r: &RuleSet| {
            reckon(r, &Calendar::seed(), &s, &steps).pop().and_then(|c| c.due).map(|d| local_date(d).to_string())
        };
        assert_eq!(
            (due(&rules).as_deref(), due(&RuleSet::seed()).as_deref()),
            (Some("2026-06-14"), Some("2026-06-15"))
        );
    }

    proptest! {
        #[test]
        fn whatever_was_done_is_reckoned(acts in proptest::collection::vec((0..27usize, 0..400i64, 0..6usize), 0..30), track in 0..4usize) {
            let s = Subject { track: Track::ALL[track], received_at: at("2026-03-01"), division: 410_105, real_name: true };
            let mut now = s.received_at;
            let steps: Vec<Told> = acts.into_iter().map(|(a, h, hold)| {
                now += h * 3_600_000;
                Told { at: now, act: Act::ALL[a % Act::ALL.len()], hold: Some(Hold::ALL[hold]) }
            }).collect();
            for r in reckon(&RuleSet::seed(), &Calendar::seed(), &s, &steps) {
                prop_assert!(r.due.is_none_or(|d| d > r.since) && r.done.is_none_or(|d| d >= r.since));
            }
        }
    }
}
