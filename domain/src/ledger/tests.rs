//! Whole lives, late records, corrections, counters.

use super::*;
use crate::{
    clock,
    event::{Content, Entry, EventKind, Source},
    gate::Decision,
    life::tests::lpg,
    outcome::{AlertKind, Anomaly, RecordCode},
    rules::RuleSet,
    wall::Stock,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const TODAY: i32 = 20_778;

fn entry(kind: EventKind, at: i64) -> Entry {
    Entry {
        device: 1,
        epoch: 1,
        seq: 1,
        kind,
        tag: "T".into(),
        site: 5,
        occurred_at: at,
        started_at: None,
        sent_at: None,
        weights: (kind == EventKind::FillEnd).then_some(crate::event::Weights {
            gross_g: 30_930,
            tare_g: 16_500,
            net_g: 14_430,
        }),
        medium: "LPG".into(),
        operator: String::new(),
        target: String::new(),
        attempt: "a".into(),
        body: None,
        source: Source::Device,
        hash: String::new(),
    }
}

fn file() -> File {
    File {
        org: 1,
        site: 9,
        tag: "T".into(),
        stamp_no: "1".into(),
        serial_no: "1".into(),
        maker: String::new(),
        medium: "LPG".into(),
        dates: lpg("2023-05", "2023-05", ""),
        tare_g: Some(16_400),
        volume_ml: Some(35_500),
        wall_um: None,
        max_fill_g: Some(14_900),
        valve: String::new(),
        inspections: 0,
        doubts: vec![],
        state: FileState::Registered,
        build: Build::default(),
    }
}

/// A cylinder that is told events one by one, as the ledger does.
#[derive(Clone)]
struct Cylinder {
    file: File,
    now: Now,
    chain: Vec<Link>,
    rules: RuleSet,
}

fn said(kind: EventKind, at: i64, body: &Value) -> Entry {
    Entry { body: (!body.is_null()).then(|| body.to_string()), ..entry(kind, at) }
}

impl Cylinder {
    fn new() -> Self {
        let register = Entry { body: serde_json::to_string(&file()).ok(), ..entry(EventKind::Register, 0) };
        let mut c = Self { file: file(), now: now(), chain: vec![], rules: RuleSet::seed() };
        c.tell(register);
        c
    }

    fn tell(&mut self, e: Entry) -> Vec<Anomaly> {
        let no = self.chain.len() as i64 + 1;
        let content = Content::stored(e.kind, e.body.as_deref());
        let scene = Scene { file: &self.file, now: &self.now, org: 1, holds: false, licence_until: None };
        let guards = Guards::of(&self.rules, clock::date_of(TODAY));
        let anomalies = event_anomalies(&e, content.as_ref(), scene, guards, &self.rules);
        let told = Told { no, entry: &e, content: content.as_ref(), anomalies: &anomalies, owner: None };
        fold(&mut self.file, &mut self.now, &told, &self.rules, TODAY);
        self.chain.push(Link { no, entry: e, content, anomalies: anomalies.clone() });
        anomalies
    }

    #[allow(clippy::needless_pass_by_value, reason = "written in place by whoever calls")]
    fn event(&mut self, kind: EventKind, at: i64, body: Value) -> Vec<Anomaly> {
        self.tell(said(kind, at, &body))
    }

    fn again(&self) -> Refolded {
        refold(&self.chain, &self.now, |_| None, &self.rules, TODAY).unwrap()
    }

    fn has(&self, bit: i64) -> bool {
        self.now.flags & bit != 0
    }
}

fn plain(now: &mut Now, no: i64, e: &Entry, anomalies: &[Anomaly]) {
    let told = Told { no, entry: e, content: None, anomalies, owner: None };
    fold(&mut file(), now, &told, &RuleSet::seed(), TODAY);
}

fn now() -> Now {
    Now::registered(&file(), file().dates.derive(&RuleSet::seed(), "2026-11-21".parse().unwrap()))
}

#[test]
fn a_whole_turn_leaves_no_gap() {
    use EventKind::*;
    let mut n = now();
    for (i, k) in [FillEnd, Ship, Arrive, Deliver, Collect, ReceiveEmpty, FillEnd, Ship, Deliver, Collect, ReceiveEmpty]
        .into_iter()
        .enumerate()
    {
        plain(&mut n, i as i64 + 1, &entry(k, i as i64 + 1), &[]);
    }
    assert_eq!((n.flags, n.custody, n.last_no, n.fill_no, n.net_g), (0, Custody::EmptyInStock, 11, 7, 14_430));
}

#[test]
fn two_fills_without_a_return_are_a_gap_but_stand() {
    let mut n = now();
    plain(&mut n, 1, &entry(EventKind::FillEnd, 1), &[]);
    plain(&mut n, 2, &entry(EventKind::FillEnd, 2), &[Anomaly::Overfill]);
    assert_eq!((n.custody, n.flags), (Custody::AwaitsPostcheck, flag::CHAIN_GAP | flag::OVERFILL));
    plain(&mut n, 3, &entry(EventKind::FillEnd, 3), &[]);
    assert_eq!(n.flags & flag::OVERFILL, 0, "the flag speaks of the last fill");
}

#[test]
fn a_late_older_fill_leaves_the_flag_of_the_newer_one() {
    for order in [[1, 2], [2, 1]] {
        let mut n = now();
        for at in order {
            plain(&mut n, at, &entry(EventKind::FillEnd, at), if at == 2 { &[Anomaly::Overfill] } else { &[] });
        }
        assert_eq!(n.flags & flag::OVERFILL, flag::OVERFILL);
    }
}

#[test]
fn a_late_record_does_not_turn_back_the_state() {
    let mut n = now();
    plain(&mut n, 1, &entry(EventKind::FillEnd, 100), &[]);
    plain(&mut n, 2, &entry(EventKind::Ship, 200), &[]);
    plain(&mut n, 3, &entry(EventKind::ReceiveEmpty, 50), &[]);
    assert_eq!((n.custody, n.last_no, n.read_at), (Custody::InTransit, 2, 200));
}

#[test]
fn stock_and_contribution_agree() {
    let n = now();
    // made 2023-05, 48 months: due 2027-05-31; life to 2031-05-31.
    let day = |s: &str| clock::day_of(s.parse().unwrap());
    assert_eq!((n.due, n.life_end), (Some(day("2027-05-31")), Some(day("2031-05-31"))));
    assert_eq!(n.stock(day("2026-11-21"), 30), Stock { on_file: 1, ..Stock::default() });
    assert_eq!(n.stock(day("2027-05-01"), 30).due_soon, 1);
    assert_eq!(n.stock(day("2027-05-31"), 30).due_soon, 1);
    assert_eq!(n.stock(day("2027-06-01"), 30), Stock { on_file: 1, overdue: 1, ..Stock::default() });
    assert_eq!(n.stock(day("2031-06-01"), 30), Stock { on_file: 1, past_life: 1, ..Stock::default() });
    assert_eq!(n.contribution().len(), 4);
    let scrapped = Now { file: FileState::Scrapped, ..n };
    assert_eq!(scrapped.contribution().len(), 1);
    assert_eq!(scrapped.stock(0, 30), Stock { scrapped: 1, ..Stock::default() });
}

#[test]
fn anomalies_of_a_fill() {
    let r = RuleSet::seed();
    let e = entry(EventKind::FillEnd, 1);
    let said = |decision| Some(AttemptFact { decision, tag: "T".into(), medium: "LPG".into(), at: 0 });
    assert_eq!(fill_anomalies(&e, Some(&file()), said(Decision::Allow).as_ref(), &r), []);
    assert_eq!(fill_anomalies(&e, Some(&file()), said(Decision::Block).as_ref(), &r), [Anomaly::FilledThoughBlocked]);
    assert_eq!(fill_anomalies(&e, None, None, &r), [Anomaly::UnknownTag, Anomaly::NotAsked]);
    let allowed = AttemptFact { decision: Decision::Allow, tag: "T".into(), medium: "LPG".into(), at: 0 };
    let other = AttemptFact { tag: "U".into(), ..allowed.clone() };
    assert_eq!(fill_anomalies(&e, Some(&file()), Some(&other), &r), [Anomaly::NotAsked]);
    let gas = AttemptFact { medium: "O2".into(), ..allowed.clone() };
    let late = AttemptFact { at: 2, ..allowed.clone() };
    for never in [gas, late] {
        assert_eq!(fill_anomalies(&e, Some(&file()), Some(&never), &r), [Anomaly::NotAsked]);
    }
    let day_after = Entry { occurred_at: 8 * 3_600_000 + 1, ..e.clone() };
    assert_eq!(fill_anomalies(&day_after, Some(&file()), Some(&allowed), &r), [Anomaly::NotAsked]);
    let oxygen = Entry { medium: "O2".into(), source: Source::Demo, ..e.clone() };
    assert_eq!(fill_anomalies(&oxygen, Some(&file()), None, &r), [Anomaly::WrongMedium]);
    let import = Entry { source: Source::Import, ..e };
    assert_eq!(fill_anomalies(&import, Some(&file()), None, &r), []);
}

#[test]
fn vector_23_a_missing_number() {
    assert_eq!(sequence(1, 118, 1, 118), SeqVerdict::New { gap: None, raised: false });
    assert_eq!(sequence(1, 118, 1, 119), SeqVerdict::New { gap: Some((118, 118)), raised: false });
    assert_eq!(sequence(1, 120, 1, 118), SeqVerdict::Late);
    assert_eq!(sequence(1, 1, 2, 1), SeqVerdict::New { gap: None, raised: true });
    assert_eq!(sequence(1, 1, 3, 1), SeqVerdict::Quarantine(RecordCode::EpochUnknown));
    assert_eq!(sequence(1, 1, 1, 1_000_002), SeqVerdict::Quarantine(RecordCode::SeqLeap));
    assert_eq!(sequence(2, 50, 1, 50), SeqVerdict::New { gap: None, raised: false }, "an old epoch's late end");
}

#[test]
fn numbers_are_kept() {
    for f in FileState::ALL {
        assert_eq!(FileState::from_number(f.number()), Some(*f));
    }
    for c in Custody::ALL {
        assert_eq!(Custody::from_number(c.number()), Some(*c));
    }
    assert_eq!((Metric::Fill.number(), Metric::Custody.number(), Custody::InUse.number()), (1, 13, 8));
}

#[test]
fn a_whole_life_leaves_no_gap() {
    use EventKind::*;
    let mut c = Cylinder::new();
    let mut at = 0;
    let mut go = |c: &mut Cylinder, kind, body: Value| {
        at += 1;
        assert_eq!(c.event(kind, at, body), [], "{kind:?}");
        assert!(!c.has(flag::CHAIN_GAP), "{kind:?}");
    };
    for (kind, body) in [
        (BindTag, json!({ "tag": "T2", "replaces": "T", "reason": "damaged" })),
        (Precheck, json!({ "result": "pass", "tare_g": 16_700, "stamp": "1" })),
        (FillEnd, Value::Null),
        (Postcheck, json!({ "result": "over" })),
        (Drain, json!({ "drained_g": 300 })),
        (Postcheck, json!({ "result": "pass" })),
        (Ship, Value::Null),
        (Deliver, Value::Null),
        (Lost, json!({ "reason": "r" })),
        (Found, Value::Null),
        (Collect, Value::Null),
        (ReceiveEmpty, Value::Null),
        (Seal, json!({ "directive": "D" })),
        (Unseal, json!({ "directive": "D" })),
        (SendInspect, json!({ "residue_handled": true })),
        (Arrive, Value::Null),
        (Inspect, json!({ "result": "pass", "date": "1970-01-01", "next": "1974-01" })),
        (Suspend, json!({ "reason": "r" })),
        (Resume, Value::Null),
        (Recall, json!({ "notice": "N" })),
        (RecallCleared, json!({ "notice": "N" })),
        (ScrapRequest, json!({ "reason": "r" })),
        (Scrap, json!({ "approval": "A" })),
        (Destroy, json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" })),
    ] {
        go(&mut c, kind, body);
    }
    assert_eq!((c.now.file, c.file.tag.as_str()), (FileState::Destroyed, "T2"));
    let again = c.again();
    assert_eq!((again.now, again.file), (c.now, c.file));
    assert!(again.tags.values().all(|t| *t == TagFate::Gone) && again.tags.len() == 2);
}

#[test]
fn a_check_stands_until_the_fill_or_the_return() {
    use EventKind::*;
    let mut c = Cylinder::new();
    let found = c.event(Precheck, 10, json!({ "result": "pass", "tare_g": 17_100, "stamp": "2" }));
    assert_eq!(found, [Anomaly::StampDiffers]);
    assert_eq!((c.now.custody, c.now.check_at, c.now.residue_g), (Custody::ReadyToFill, 10, Some(700)));
    assert!(c.has(flag::CHECK_PASSED) && c.has(flag::STAMP_READ) && c.has(flag::TAG_FAULT));
    c.event(Precheck, 9, json!({ "result": "fail", "reason": "late" }));
    assert_eq!((c.now.check_at, c.now.custody), (10, Custody::ReadyToFill), "an older check tells of the past");
    c.event(Drain, 11, json!({ "drained_g": 500 }));
    assert_eq!(c.now.residue_g, Some(200));
    c.event(Drain, 12, json!({ "drained_g": 0, "tare_g": 16_450 }));
    assert_eq!(c.now.residue_g, Some(50), "weighed again");
    c.event(Precheck, 13, json!({ "result": "pass", "stamp": "1" }));
    assert!(!c.has(flag::TAG_FAULT));
    // As it is written on file, or not on file at all.
    for (on_file, differs) in [("１", false), (" 1", false), ("", false), ("号1", true)] {
        let mut c = c.clone();
        c.file.stamp_no = on_file.into();
        let found = c.event(Precheck, 14, json!({ "result": "pass", "stamp": "1" }));
        assert_eq!((found.is_empty(), c.has(flag::TAG_FAULT)), (!differs, differs), "{on_file}");
    }
    c.event(FillEnd, 20, Value::Null);
    assert_eq!((c.now.check_at, c.now.residue_g, c.now.flags & flag::CHECK), (0, None, 0));
    c.event(Precheck, 15, json!({ "result": "pass" }));
    assert_eq!(c.now.check_at, 0, "made before the fill, told after it");
}

#[test]
fn what_a_failed_check_holds_no_unsealing_frees() {
    use EventKind::*;
    let mut c = Cylinder::new();
    c.event(Precheck, 1, json!({ "result": "fail", "reason": "r" }));
    c.event(Seal, 2, json!({ "directive": "D" }));
    assert!(c.has(flag::SEALED));
    assert_eq!(c.event(Ship, 3, Value::Null), [Anomaly::ChainGap, Anomaly::SealedMoved]);
    let mut c = Cylinder::new();
    c.event(Precheck, 1, json!({ "result": "fail", "reason": "r" }));
    c.event(Seal, 2, json!({ "directive": "D" }));
    assert_eq!(c.event(Unseal, 3, json!({ "directive": "D" })), []);
    assert_eq!((c.now.custody, c.has(flag::SEALED)), (Custody::Held, false));
    assert_eq!(c.event(Unseal, 4, json!({ "directive": "D" })), [Anomaly::ChainGap], "it was not sealed");
    assert_eq!(c.now.custody, Custody::Held);
    c.event(SendInspect, 5, json!({ "residue_handled": true }));
    assert_eq!((c.now.custody, c.has(flag::ON_HOLD)), (Custody::ToInspection, false));
    // Sealed where it stood, and free again.
    c.event(Seal, 6, json!({ "directive": "D" }));
    c.event(Unseal, 7, json!({ "directive": "D" }));
    assert_eq!((c.now.custody, c.now.prior), (Custody::ToInspection, None));
}

#[test]
fn an_inspection_renews_the_file() {
    use EventKind::*;
    let mut c = Cylinder::new();
    let before = c.now.due;
    c.event(SendInspect, 1, json!({ "residue_handled": true }));
    c.event(Inspect, 2, json!({ "result": "pass", "date": "2026-10-05", "next": "2030-09", "assessed": true }));
    // Made 2023-05: eight years and four more with the assessment.
    let day = |s: &str| Some(clock::day_of(s.parse().unwrap()));
    assert_eq!((c.now.due, c.now.life_end), (day("2030-09-30"), day("2035-05-31")));
    assert_eq!((c.file.inspections, c.file.dates.inspections, c.file.dates.assessed), (1, 1, true));
    assert!(c.now.due > before && c.has(flag::NEEDS_VACUUM));
    // A report that comes late tells of an older inspection.
    c.event(Inspect, 1, json!({ "result": "fail", "date": "2025-01-01", "reason": "r" }));
    assert_eq!((c.now.due, c.has(flag::INSPECTION_FAILED)), (day("2030-09-30"), false));
    c.event(Precheck, 3, json!({ "result": "pass", "vacuumed": true }));
    assert!(!c.has(flag::NEEDS_VACUUM));
    c.event(Inspect, 4, json!({ "result": "fail", "date": "2026-11-01", "reason": "r" }));
    assert_eq!((c.now.file, c.now.custody), (FileState::AwaitsScrap, Custody::Held));
    assert!(c.has(flag::INSPECTION_FAILED) && c.has(flag::ON_HOLD) && c.has(flag::CHAIN_GAP), "it was not sent");
}

#[test]
fn the_file_axis_goes_its_own_way() {
    use EventKind::*;
    use FileState as F;
    let to = |kind, from| state::file_step(kind, None, from);
    assert_eq!(to(Scrap, F::Registered), (F::Scrapped, false), "without a request");
    assert_eq!(to(Destroy, F::Registered), (F::Destroyed, false));
    assert_eq!(to(Scrap, F::Destroyed), (F::Destroyed, false));
    assert_eq!(to(Resume, F::Scrapped), (F::Scrapped, false), "nothing rises again");
    assert_eq!(to(ScrapRequest, F::Cancelled), (F::Cancelled, false));
    assert_eq!(to(Cancel, F::AwaitsScrap), (F::Cancelled, true));
    for f in FileState::ALL {
        for k in EventKind::ALL {
            let (next, _) = to(*k, *f);
            assert_eq!(to(*k, next).0, next, "{k:?} twice from {f:?}");
            assert!(*f != F::Destroyed || next == F::Destroyed);
        }
    }
}

#[test]
fn a_despatch_is_judged_by_its_day() {
    let mut c = Cylinder::new();
    c.event(EventKind::FillEnd, 1, Value::Null);
    let due = i64::from(c.now.due.unwrap());
    let on = |day: i64| clock::day_start(i32::try_from(day).unwrap()) + 1;
    let mut last = c.clone();
    assert_eq!(last.event(EventKind::Ship, on(due), Value::Null), []);
    assert_eq!(c.event(EventKind::Ship, on(due + 1), Value::Null), [Anomaly::ShippedOverdue]);
    assert_eq!(alert_of(Anomaly::ShippedOverdue), Some(AlertKind::ShippedOverdue));
    // Rows that are off, switched on.
    let mut strict = Cylinder::new();
    strict.rules.rows.iter_mut().filter(|r| r.rule_id.starts_with("GUARD-")).for_each(|r| r.enabled = true);
    assert_eq!(strict.event(EventKind::FillEnd, 1, Value::Null), [Anomaly::FilledUnchecked]);
    assert_eq!(strict.event(EventKind::Ship, 2, Value::Null), [Anomaly::ShippedUnchecked]);
    let mut free = Cylinder::new();
    free.rules.rows.retain(|r| !r.rule_id.starts_with("GUARD-"));
    assert_eq!(free.event(EventKind::Deliver, 2, Value::Null), []);
    assert!(free.has(flag::CHAIN_GAP), "flagged all the same");
}

#[test]
fn a_foreign_hand_is_flagged() {
    let c = Cylinder::new();
    let e = entry(EventKind::ReceiveEmpty, 1);
    let guards = Guards::of(&c.rules, clock::date_of(TODAY));
    let by = |org, holds| {
        let scene = Scene { file: &c.file, now: &c.now, org, holds, licence_until: None };
        event_anomalies(&e, None, scene, guards, &c.rules)
    };
    assert_eq!((by(1, false), by(2, true), by(2, false)), (vec![], vec![], vec![Anomaly::NotOwn]));
    let mut n = now();
    plain(&mut n, 1, &e, &[Anomaly::NotOwn]);
    assert_eq!(n.flags & flag::NOT_OWN, flag::NOT_OWN);
    plain(&mut n, 2, &entry(EventKind::ReceiveEmpty, 2), &[]);
    assert_eq!(n.flags & flag::NOT_OWN, 0, "home again");
}

#[test]
fn a_correction_takes_one_event_out() {
    use EventKind::*;
    let mut c = Cylinder::new();
    c.event(FillEnd, 10, Value::Null);
    let right = c.clone();
    // Delivered by mistake: a gap, and the wrong place.
    c.event(Deliver, 20, Value::Null);
    assert!(c.has(flag::CHAIN_GAP));
    let wrong = c.chain.last().unwrap().no;
    c.event(Correct, 30, json!({ "corrects": wrong, "how": "did_not_occur", "reason": "r" }));
    let again = c.again();
    assert_eq!(again.now, right.now);
    // A tag bound by mistake is free again, a cylinder destroyed by mistake has its tags back.
    let mut c = right;
    c.event(BindTag, 21, json!({ "tag": "N", "replaces": "T", "reason": "damaged" }));
    let bind = c.chain.last().unwrap().no;
    c.event(Destroy, 22, json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" }));
    let destroy = c.chain.last().unwrap().no;
    c.event(Correct, 30, json!({ "corrects": destroy, "how": "did_not_occur", "reason": "r" }));
    let again = c.again();
    assert_eq!((again.file.tag.as_str(), again.now.file), ("N", FileState::Registered));
    assert_eq!(again.tags.into_iter().collect::<Vec<_>>(), [("N".into(), TagFate::Bound), ("T".into(), TagFate::Void)]);
    c.event(Correct, 31, json!({ "corrects": bind, "how": "incorrect_data", "reason": "r" }));
    let again = c.again();
    assert_eq!(again.file.tag, "T");
    assert_eq!(again.tags.into_iter().collect::<Vec<_>>(), [("N".into(), TagFate::Free), ("T".into(), TagFate::Bound)]);
    assert!(refold(&[], &c.now, |_| None, &c.rules, TODAY).is_none());
}

#[test]
fn an_owner_changes_with_the_acceptance_only() {
    let mut c = Cylinder::new();
    c.event(EventKind::Transfer, 1, json!({ "to_org": 7 }));
    let offer = c.chain.last().unwrap().no;
    assert_eq!((c.file.org, c.now.custody), (1, Custody::EmptyInStock));
    c.event(EventKind::Transfer, 2, json!({ "confirms": offer }));
    let again = c.again();
    assert_eq!((again.file.org, again.file.site, again.now.home), (7, 5, 5));
    c.event(EventKind::Correct, 3, json!({ "corrects": offer, "how": "did_not_occur", "reason": "r" }));
    assert_eq!(c.again().file.org, 1, "no offer, no acceptance");
}

#[test]
fn a_question_is_the_start_of_a_fill() {
    let mut c = Cylinder::new();
    c.now.fill_start(5);
    assert_eq!((c.now.custody, c.now.prior), (Custody::Filling, Some(Custody::EmptyInStock)));
    let mut filled = c.clone();
    assert_eq!(filled.event(EventKind::FillEnd, 6, Value::Null), []);
    assert_eq!((filled.now.custody, filled.now.prior), (Custody::AwaitsPostcheck, None));
    filled.now.fill_start(5);
    assert_eq!(filled.now.custody, Custody::AwaitsPostcheck, "asked before, told after");
    assert_eq!(c.event(EventKind::FillReject, 6, Value::Null), []);
    assert_eq!(c.now.custody, Custody::EmptyInStock);
    // One that is being filled stays so when its chain is told again.
    c.event(EventKind::ReceiveEmpty, 7, Value::Null);
    c.now.fill_start(8);
    let last = c.chain.last().unwrap().no;
    c.event(EventKind::Correct, 9, json!({ "corrects": last, "how": "did_not_occur", "reason": "r" }));
    assert_eq!((c.again().now.custody, c.again().now.last_at), (Custody::Filling, 6));
}

fn any_event() -> impl Strategy<Value = (EventKind, i64, Value)> {
    (0..EventKind::ALL.len(), 1..60_i64, 0..3_u8).prop_map(|(k, at, n)| {
        let kind = EventKind::ALL[k];
        let body = match (kind, n) {
            (EventKind::Precheck, 0) => json!({ "result": "pass", "tare_g": 16_900, "stamp": "1", "vacuumed": true }),
            (EventKind::Precheck, 1) => json!({ "result": "fail", "reason": "r", "next": "scrap" }),
            (EventKind::Precheck, _) => json!({ "result": "fail", "reason": "r", "next": "inspect", "stamp": "9" }),
            (EventKind::Postcheck, 0) => json!({ "result": "pass" }),
            (EventKind::Postcheck, 1) => json!({ "result": "over" }),
            (EventKind::Postcheck, _) => json!({ "result": "fail", "leak": true }),
            (EventKind::Inspect, 0) => {
                json!({ "result": "pass", "date": format!("2026-{:02}", at % 10 + 1), "next": "2030-01" })
            }
            (EventKind::Inspect, _) => {
                json!({ "result": "fail", "date": format!("2026-{:02}", at % 10 + 1), "reason": "r" })
            }
            (EventKind::Repair, 0) => json!({ "phase": "start" }),
            (EventKind::Drain, _) => json!({ "drained_g": at }),
            (EventKind::BindTag, _) => json!({ "tag": format!("N{at}"), "replaces": "T", "reason": "lost" }),
            (EventKind::Transfer, 0) => json!({ "to_org": at }),
            _ => Value::Null,
        };
        (kind, at, body)
    })
}

proptest! {
    #[test]
    fn a_chain_told_again_is_the_same(events in proptest::collection::vec(any_event(), 0..40)) {
        let mut c = Cylinder::new();
        for (kind, at, body) in events {
            if kind != EventKind::Register {
                c.event(kind, at, body);
            }
        }
        let again = c.again();
        prop_assert_eq!((again.now, again.file), (c.now, c.file));
    }

    #[test]
    fn what_is_corrected_might_as_well_not_have_been(
        events in proptest::collection::vec(any_event(), 1..30),
        which in any::<prop::sample::Index>(),
    ) {
        let events: Vec<_> = events.into_iter().filter(|e| e.0 != EventKind::Register).collect();
        prop_assume!(!events.is_empty());
        let gone = which.index(events.len());
        let mut c = Cylinder::new();
        for (kind, at, body) in events.clone() {
            c.event(kind, at, body);
        }
        let reads = (c.now.read_no, c.now.read_at, c.now.read_site);
        c.event(EventKind::Correct, 99, json!({ "corrects": gone + 2, "how": "did_not_occur", "reason": "r" }));
        let again = c.again();
        // Without it from the start: the same numbers for the others, so that the states can be compared.
        let mut chain = c.chain.clone();
        chain.remove(gone + 1);
        chain.pop();
        let mut before = c.now.clone();
        (before.read_no, before.read_at, before.read_site) = if reads.0 == gone as i64 + 2 { (0, 0, 0) } else { reads };
        let other = refold(&chain, &before, |_| None, &c.rules, TODAY).unwrap();
        prop_assert_eq!((again.now, again.file), (other.now, other.file));
    }

    /// Of two records about one cylinder, the later by its own clock says where it stands, whichever comes first.
    #[test]
    fn the_later_word_stands(a in any_event(), b in any_event()) {
        prop_assume!(a.1 < b.1 && b.0.is_of_circulation() && a.0 != EventKind::Register && b.0 != EventKind::Register);
        let mut c = Cylinder::new();
        c.event(b.0, b.1, b.2.clone());
        let stands = c.now.place();
        c.event(a.0, a.1, a.2);
        prop_assert_eq!((c.now.place(), c.now.last_at), (stands, b.1));
    }
}

#[test]
fn what_is_too_full_stays_so_until_it_is_drained() {
    let mut c = Cylinder::new();
    c.event(EventKind::FillEnd, 1, Value::Null);
    assert!(!c.has(flag::OVERFILL));
    c.event(EventKind::Postcheck, 2, json!({ "result": "over" }));
    c.event(EventKind::Postcheck, 3, json!({ "result": "pass" }));
    assert!(c.has(flag::OVERFILL), "nothing was taken out");
    c.event(EventKind::Drain, 4, json!({ "drained_g": 200 }));
    assert!(!c.has(flag::OVERFILL));
    // An older record of a drain is of another fill.
    c.event(EventKind::FillEnd, 9, Value::Null);
    c.event(EventKind::Postcheck, 10, json!({ "result": "over" }));
    c.event(EventKind::Drain, 5, json!({ "drained_g": 200 }));
    assert!(c.has(flag::OVERFILL));
}
