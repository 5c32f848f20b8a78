//! The event table over the real ledger: every row, guards, tags, transfers, corrections, and a random life of a city.

use crate::support::{Gun, NOW, Random, World, both, dated, file, fill_at, follow, on_sqlite};
use data::{
    event,
    ledger::{self, Answer, Outcome},
};
use domain::{
    clock,
    event::{Entry, EventKind, FillRecord},
    gate::{Decision, Facts},
    ledger::{Custody, FileState, Metric, WHOLE_DAY, flag},
    outcome::{Anomaly, Reason, RecordCode},
    scope::Scope,
    wall::{
        Change, Gauge, Snapshot,
        gauge::{self, Arrivals},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::BTreeMap;

both!(a_whole_life, a_tag_is_changed, vector_17_nobody_checks_his_own_fill, guards_flag_and_alarm);
both!(a_fill_is_taken_back, who_may_correct_what, an_owner_changes_by_consent, a_report_renews_the_dates);
both!(the_gate_is_told_what_the_record_knows, rules_that_were_in_force_then, numbers_are_given_once);

const MINUTE: i64 = 60_000;

async fn counter(w: &World, metric: Metric, key: i16) -> i64 {
    use data::counter::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::Metric.eq(metric.number()))
        .filter(Column::Key.eq(key))
        .filter(Column::Minute.eq(WHOLE_DAY));
    rows.all(w.db.read()).await.unwrap().iter().map(|r| r.value).sum()
}

/// Records one entry that must be accepted: its ledger number and anomalies.
async fn take(w: &World, e: Entry) -> (i64, Vec<Anomaly>) {
    let kind = e.kind;
    match w.record(&[e]).await.remove(0) {
        Outcome::Accepted { no, anomalies } => (no, anomalies),
        o => panic!("{kind:?}: {o:?}"),
    }
}

async fn state(w: &World, id: i64) -> domain::ledger::Now {
    w.states().await.iter().find(|s| s.cylinder_id == id).unwrap().now().unwrap()
}

async fn file_of(w: &World, id: i64) -> data::cylinder::Model {
    data::cylinder::Entity::find_by_id(id).one(w.db.read()).await.unwrap().unwrap()
}

async fn tag_of(w: &World, code: &str) -> (i16, Option<i64>) {
    let t = data::cylinder::tag::Entity::find_by_id(code).one(w.db.read()).await.unwrap().unwrap();
    (t.state, t.cylinder_id)
}

/// The gauges that tell of states, and not of the hour's transport.
fn states(s: &Snapshot) -> Vec<Gauge> {
    s.figures.gauges.iter().filter(|g| g.0 < gauge::EXPECTED).collect()
}

async fn a_whole_life(w: World) {
    use EventKind::*;
    let (agency, officer) = (w.office("inspection").await, w.office("regulator").await);
    let id = w.register(&[file("T1", w.north)]).await[0];
    let own = w.north;
    let mut seqs = BTreeMap::<i64, u64>::new();
    let steps: Vec<(Gun, EventKind, Value, Custody)> = vec![
        (own, Precheck, json!({ "result": "pass", "tare_g": 16_700, "stamp": "ST1" }), Custody::ReadyToFill),
        (own, FillEnd, Value::Null, Custody::AwaitsPostcheck),
        (own, Postcheck, json!({ "result": "over" }), Custody::Held),
        (own, Drain, json!({ "drained_g": 300 }), Custody::AwaitsPostcheck),
        (own, Postcheck, json!({ "result": "pass", "seal": "S1" }), Custody::FullInStock),
        (own, Ship, Value::Null, Custody::InTransit),
        (own, Deliver, Value::Null, Custody::InUse),
        (own, Lost, json!({ "reason": "失联" }), Custody::Lost),
        (own, Found, json!({}), Custody::InUse),
        (own, Collect, Value::Null, Custody::Returning),
        (own, ReceiveEmpty, Value::Null, Custody::EmptyInStock),
        (officer, Seal, json!({ "directive": "D1" }), Custody::Held),
        (officer, Unseal, json!({ "directive": "D2" }), Custody::EmptyInStock),
        (own, Repair, json!({ "phase": "start" }), Custody::InRepair),
        (own, Repair, json!({ "phase": "done", "parts": ["阀"] }), Custody::EmptyInStock),
        (own, SendInspect, json!({ "residue_handled": true }), Custody::ToInspection),
        (agency, Arrive, Value::Null, Custody::AtInspection),
        (agency, Inspect, json!({ "result": "pass", "date": "2026-11-20", "next": "2030-11" }), Custody::EmptyInStock),
        (own, Suspend, json!({ "reason": "r" }), Custody::EmptyInStock),
        (own, Resume, json!({}), Custody::EmptyInStock),
        (officer, Recall, json!({ "notice": "N" }), Custody::EmptyInStock),
        (officer, RecallCleared, json!({ "notice": "N" }), Custody::EmptyInStock),
        (agency, Inspect, json!({ "result": "fail", "date": "2026-11-21", "reason": "r" }), Custody::Held),
        (agency, Scrap, json!({ "approval": "A" }), Custody::Held),
        (agency, Destroy, json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" }), Custody::Held),
    ];
    let total = steps.len() as i64;
    for (i, (by, kind, body, to)) in steps.into_iter().enumerate() {
        let seq = seqs.entry(by.device).or_default();
        *seq += 1;
        let at = NOW - (total - i as i64) * MINUTE;
        let e = match kind {
            FillEnd => by.fill(&fill_at(*seq, "T1", at)),
            _ if body.is_null() => by.custody(*seq, kind, "T1", at),
            _ => by.event(*seq, kind, "T1", at, body.clone()),
        };
        let (no, anomalies) = take(&w, e).await;
        let gap = anomalies.contains(&Anomaly::ChainGap);
        // The second inspection was not sent to: that is the one break.
        assert_eq!(gap, body["date"] == "2026-11-21", "{kind:?} {anomalies:?}");
        let s = state(&w, id).await;
        assert_eq!(s.custody, to, "{kind:?}");
        assert!(s.last_no == no || !kind.is_of_circulation(), "{kind:?}");
        let kept = w.events().await.pop().unwrap();
        assert_eq!((kept.kind, kept.cylinder_id), (kind.number(), Some(id)));
        assert_eq!(kept.content().is_some(), !body.is_null(), "{kind:?}: its body can be read back");
        // Every state has its member while it lasts.
        let on_file = s.on_file();
        assert_eq!(counter(&w, Metric::Custody, to.number()).await, i64::from(on_file), "{kind:?}");
        assert_eq!(counter(&w, Metric::File, s.file.number()).await, 1);
    }
    assert_eq!(state(&w, id).await.file, FileState::Destroyed);
    assert_eq!(tag_of(&w, "T1").await, (data::cylinder::tag::GONE, Some(id)));
    assert_eq!(w.verdict(own.ask("a", "T1")).await.reasons.first(), Some(&Reason::TagVoid));
    // What is read of it now leads nowhere.
    let (_, anomalies) = take(&w, own.custody(40, ReceiveEmpty, "T1", NOW)).await;
    assert_eq!((anomalies, w.events().await.pop().unwrap().cylinder_id), (vec![], None));
    w.clean().await;
}

async fn a_tag_is_changed(w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let bind = |seq, tag: &str, new: &str, old: Option<&str>| {
        let mut body = json!({ "tag": new, "reason": if old.is_some() { "damaged" } else { "new" } });
        if let Some(old) = old {
            body["replaces"] = json!(old);
        }
        w.north.event(seq, EventKind::BindTag, tag, NOW - MINUTE, body)
    };
    take(&w, bind(1, "T1", "N1", Some("T1"))).await;
    assert_eq!((tag_of(&w, "T1").await.0, tag_of(&w, "N1").await), (data::cylinder::tag::VOID, (1, Some(ids[0]))));
    assert_eq!(file_of(&w, ids[0]).await.tag, "N1");
    take(&w, bind(2, "N1", "N2", None)).await;
    assert_eq!((tag_of(&w, "N2").await, file_of(&w, ids[0]).await.tag.as_str()), ((1, Some(ids[0])), "N1"));
    // Another's, a void one, and one to replace that is not its own.
    let taken = Outcome::Quarantined(RecordCode::TagTaken);
    let outcomes =
        w.record(&[bind(3, "T2", "N1", None), bind(4, "T2", "T1", None), bind(5, "T2", "X", Some("N1"))]).await;
    assert_eq!(outcomes, [taken.clone(), taken.clone(), taken]);
    let nobody = w.record(&[bind(6, "NOBODY", "X", None)]).await;
    assert_eq!(nobody, [Outcome::Rejected(RecordCode::NoSuchCylinder)]);
    assert_eq!(w.progress(w.north).await.next_seq, 6, "its number is free");
    // Bound and used within one transaction.
    let outcomes =
        w.record(&[bind(6, "T2", "N3", Some("T2")), w.north.custody(7, EventKind::ReceiveEmpty, "N3", NOW)]).await;
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Accepted { .. })), "{outcomes:?}");
    assert_eq!(w.events().await.pop().unwrap().cylinder_id, Some(ids[1]));
    w.clean().await;
}

async fn vector_17_nobody_checks_his_own_fill(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let check = |seq, tag: &str, who: &str, at| {
        let e = w.north.event(seq, EventKind::Postcheck, tag, at, json!({ "result": "pass" }));
        let e = Entry { operator: who.into(), ..e };
        Entry { hash: e.content(), ..e }
    };
    take(&w, w.north.fill(&fill_at(1, "T1", NOW - 5 * MINUTE))).await;
    let own = [Outcome::Rejected(RecordCode::PostcheckByFiller)];
    assert_eq!(w.record(&[check(2, "T1", "F01", NOW)]).await, own);
    assert_eq!(w.progress(w.north).await.next_seq, 2, "nothing of it is kept, its number is free");
    take(&w, check(2, "T1", "C01", NOW)).await;
    // Within one transaction, and again after it.
    let batch = [w.north.fill(&fill_at(3, "T2", NOW - MINUTE)), check(4, "T2", "F01", NOW)];
    assert_eq!(w.record(&batch).await[1..], own);
    assert_eq!(w.record(&batch).await[1..], own, "judged anew, and no other");
    // It was somebody else who filled it that day: a check from before the fill is not of this fill.
    take(&w, check(4, "T2", "F01", NOW - 10 * MINUTE)).await;
    w.clean().await;
}

async fn guards_flag_and_alarm(mut w: World) {
    let officer = w.office("regulator").await;
    let ids = w
        .register(&[
            dated("OLD", w.north, "2021-01", "2022-10"),
            file("T1", w.north),
            file("T2", w.north),
            file("T3", w.south),
        ])
        .await;
    let ship = |seq, tag: &str| w.north.custody(seq, EventKind::Ship, tag, NOW);
    take(&w, w.north.fill(&fill_at(1, "OLD", NOW - MINUTE))).await;
    assert_eq!(take(&w, ship(2, "OLD")).await.1, [Anomaly::ShippedOverdue]);
    take(&w, officer.event(1, EventKind::Seal, "T1", NOW - 2 * MINUTE, json!({ "directive": "D" }))).await;
    assert_eq!(take(&w, ship(3, "T1")).await.1, [Anomaly::ChainGap, Anomaly::SealedMoved]);
    take(&w, officer.event(2, EventKind::Recall, "T2", NOW - 2 * MINUTE, json!({ "notice": "N" }))).await;
    assert_eq!(
        take(&w, w.north.custody(4, EventKind::Deliver, "T2", NOW)).await.1,
        [Anomaly::ChainGap, Anomaly::RecalledMoved]
    );
    let wrong = json!({ "result": "pass", "stamp": "OTHER" });
    assert_eq!(
        take(&w, w.north.event(5, EventKind::Precheck, "OLD", NOW - 3 * MINUTE, wrong)).await.1,
        [Anomaly::StampDiffers]
    );
    assert_eq!(take(&w, w.north.custody(6, EventKind::ReceiveEmpty, "T3", NOW)).await.1, [Anomaly::NotOwn]);
    assert_eq!(state(&w, ids[3]).await.flags & flag::NOT_OWN, flag::NOT_OWN);
    let kinds = w.alert_kinds().await;
    for kind in ["SHIPPED_OVERDUE", "SEALED_MOVED", "RECALLED_MOVED", "STAMP_DIFFERS"] {
        assert_eq!(kinds.iter().filter(|k| *k == kind).count(), 1, "{kind}: {kinds:?}");
    }
    assert!(!kinds.iter().any(|k| k == "CHAIN_GAP" || k == "NOT_OWN"), "the detectors tell these");
    w.sql("UPDATE org SET licence_until = '2026-11-20' WHERE name = '北郊气站'").await;
    take(&w, w.north.fill(&fill_at(7, "T2", NOW))).await;
    let found = take(&w, ship(8, "T2")).await.1;
    assert_eq!(
        found,
        [Anomaly::ShippedUnlicensed, Anomaly::SealedMoved][..1]
            .iter()
            .copied()
            .chain([Anomaly::RecalledMoved])
            .collect::<Vec<_>>()
    );
    // An import tells of the past: flags, no alerts.
    let alerts = w.alerts().await.len();
    let e = Entry { source: domain::event::Source::Import, ..w.north.custody(9, EventKind::Deliver, "T3", NOW) };
    assert_eq!(take(&w, e).await.1, [Anomaly::ChainGap]);
    assert_eq!((w.alerts().await.len(), state(&w, ids[3]).await.flags & flag::CHAIN_GAP), (alerts, flag::CHAIN_GAP));
    // Switched off, a guard says nothing; the flag stands all the same.
    w.sql("UPDATE org SET licence_until = '2030-01-01'").await;
    w.rules.rows.iter_mut().filter(|r| r.rule_id.starts_with("GUARD-")).for_each(|r| r.enabled = false);
    assert_eq!(take(&w, w.north.custody(10, EventKind::Collect, "OLD", NOW)).await.1, []);
}

async fn a_fill_is_taken_back(w: World) {
    let ids = w.register(&[file("T1", w.north)]).await;
    take(&w, w.north.fill(&fill_at(1, "T1", NOW - 9 * MINUTE))).await;
    let before = (state(&w, ids[0]).await, w.snapshot(Scope::City).await.figures);
    let heavy = FillRecord { gross_g: 31_450, ..fill_at(2, "T1", NOW - 5 * MINUTE) };
    let (no, anomalies) = take(&w, w.north.fill(&heavy)).await;
    assert_eq!(anomalies, [Anomaly::NotAsked, Anomaly::Overfill, Anomaly::ChainGap]);
    let mut followed = w.snapshot(Scope::City).await;
    assert_eq!(followed.figures.fills_today, 2);
    let body = |no: i64| json!({ "corrects": no, "how": "did_not_occur", "reason": "误报" });
    let done = w.commit(&[], &[w.north.event(3, EventKind::Correct, "T1", NOW, body(no))]).await;
    assert!(matches!(done.outcomes[0], Outcome::Accepted { .. }), "{:?}", done.outcomes);
    // The state is that of before, read and all.
    let after = state(&w, ids[0]).await;
    assert_eq!(after, before.0);
    for (metric, key, n) in [(Metric::Fill, 0, 1), (Metric::NetG, 0, 14_180), (Metric::Anomaly, 0, 0)] {
        assert_eq!(counter(&w, metric, key).await, n, "{metric:?}");
    }
    let fresh = w.snapshot(Scope::City).await.figures;
    assert_eq!((fresh.fills_today, fresh.net_g_today), (before.1.fills_today, before.1.net_g_today));
    // Who followed the feed has the same, and so has who resumes from the record.
    assert!(done.published.iter().any(|p| matches!(&p.change, Some(Change::Corrected(l)) if l.net_g == 14_180)));
    let told: Vec<Change> = done.published.iter().filter_map(|p| p.change.clone()).collect();
    let read: Vec<Change> =
        data::feed::published(w.db.read(), done.from).await.unwrap().into_iter().filter_map(|p| p.change).collect();
    assert_eq!(told, read);
    follow(&mut followed, &mut Arrivals::default(), &BTreeMap::from([(done.no, done.published)]), NOW);
    assert_eq!(
        (followed.figures.fills_today, followed.figures.by_minute.clone()),
        (fresh.fills_today, fresh.by_minute)
    );
    assert_eq!(followed.figures.by_station, fresh.by_station);
    // The event stays, and the page says by what it was corrected.
    let page =
        data::history::page(&w.db, domain::scope::Viewer { scope: Scope::City }, "T1", NOW).await.unwrap().unwrap();
    assert_eq!(page.rows.iter().map(|r| r.corrected_by.is_some()).collect::<Vec<_>>(), [false, true, false]);
    assert!(page.rows.iter().all(|r| r.breaks.is_empty()));
    w.clean().await;
    // A fill on a tag nobody knows has no cylinder, but figures.
    let (no, _) = take(&w, w.north.fill(&fill_at(4, "NOBODY", NOW))).await;
    take(&w, w.north.event(5, EventKind::Correct, "NOBODY", NOW, body(no))).await;
    assert_eq!(counter(&w, Metric::Fill, 0).await, 1);
    // Correction upon correction within one transaction.
    let batch = [w.north.custody(6, EventKind::Deliver, "T1", NOW), w.north.custody(7, EventKind::Collect, "T1", NOW)];
    let numbers: Vec<i64> =
        w.record(&batch).await.iter().map(|o| if let Outcome::Accepted { no, .. } = o { *no } else { 0 }).collect();
    let batch = [8, 9].map(|seq| w.north.event(seq, EventKind::Correct, "T1", NOW, body(numbers[seq as usize - 8])));
    w.record(&batch).await;
    assert_eq!(state(&w, ids[0]).await, before.0);
    w.clean().await;
}

async fn who_may_correct_what(w: World) {
    let officer = w.office("regulator").await;
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let (no, _) = take(&w, w.north.custody(1, EventKind::Deliver, "T1", NOW - MINUTE)).await;
    let correct = |by: Gun, seq, tag: &str, no: i64| {
        by.event(seq, EventKind::Correct, tag, NOW, json!({ "corrects": no, "how": "incorrect_data", "reason": "r" }))
    };
    let refused = [Outcome::Rejected(RecordCode::NothingToCorrect)];
    for (e, why) in [
        (correct(w.south, 1, "T1", no), "another's event"),
        (correct(w.north, 2, "T2", no), "another cylinder's"),
        (correct(w.north, 2, "T1", 9_999), "no such event"),
        (correct(w.north, 2, "T1", i64::MAX), "no such event"),
        (correct(w.north, 2, "T1", ids[0]), "a registration"),
    ] {
        assert_eq!(w.record(&[e]).await, refused, "{why}");
    }
    let (by, _) = take(&w, correct(officer, 1, "T1", no)).await;
    assert_eq!(w.record(&[correct(w.north, 2, "T1", no)]).await, refused, "corrected before");
    assert_eq!(w.record(&[correct(officer, 2, "T1", by)]).await, refused, "a correction is final");
    // Twice in one transaction.
    let (no, _) = take(&w, w.north.custody(2, EventKind::Collect, "T1", NOW)).await;
    let twice = w.record(&[correct(w.north, 3, "T1", no), correct(w.north, 4, "T1", no)]).await;
    assert!(matches!(twice[0], Outcome::Accepted { .. }) && twice[1..] == refused, "{twice:?}");
    assert_eq!(state(&w, ids[0]).await.custody, Custody::EmptyInStock);
    w.clean().await;
}

async fn an_owner_changes_by_consent(w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let offer =
        |seq, tag: &str, to: i64| w.north.event(seq, EventKind::Transfer, tag, NOW - MINUTE, json!({ "to_org": to }));
    let accept =
        |by: Gun, seq, tag: &str, no: i64| by.event(seq, EventKind::Transfer, tag, NOW, json!({ "confirms": no }));
    let (no, _) = take(&w, offer(1, "T1", w.south.org)).await;
    let refused = [Outcome::Rejected(RecordCode::NoSuchOffer)];
    for e in [accept(w.north, 2, "T1", no), accept(w.south, 1, "T2", no), accept(w.south, 1, "T1", no + 1)] {
        assert_eq!(w.record(&[e]).await, refused);
    }
    assert_eq!(file_of(&w, ids[0]).await.org_id, w.north.org);
    let mut followed = vec![w.snapshot(Scope::Org(w.north.org)).await, w.snapshot(Scope::Org(w.south.org)).await];
    let done = w.commit(&[], &[accept(w.south, 1, "T1", no)]).await;
    assert!(matches!(done.outcomes[0], Outcome::Accepted { .. }), "{:?}", done.outcomes);
    let told = BTreeMap::from([(done.no, done.published)]);
    for s in &mut followed {
        follow(s, &mut Arrivals::default(), &told, NOW);
        let fresh = w.snapshot(s.scope).await;
        assert_eq!((s.figures.stock, states(s)), (fresh.figures.stock, states(&fresh)), "{}", s.scope);
    }
    let f = file_of(&w, ids[0]).await;
    assert_eq!((f.org_id, f.site_id, state(&w, ids[0]).await.home), (w.south.org, w.south.site, w.south.site));
    assert_eq!(w.record(&[accept(w.south, 2, "T1", no)]).await, refused, "it is nobody's to give any more");
    // Its figures went with it.
    let stock = async |g: Gun| w.snapshot(Scope::Org(g.org)).await.figures.stock.on_file;
    assert_eq!((stock(w.north).await, stock(w.south).await), (1, 1));
    // Offer and acceptance in one transaction, and the correction of the acceptance.
    let done = w.commit(&[], &[offer(2, "T2", w.south.org)]).await;
    let outcomes = w.record(&[accept(w.south, 2, "T2", done.no)]).await;
    let Outcome::Accepted { no, .. } = outcomes[0] else { panic!("{outcomes:?}") };
    let body = json!({ "corrects": no, "how": "did_not_occur", "reason": "r" });
    take(&w, w.south.event(3, EventKind::Correct, "T2", NOW, body)).await;
    assert_eq!((file_of(&w, ids[1]).await.org_id, stock(w.north).await), (w.north.org, 1));
    w.clean().await;
}

async fn a_report_renews_the_dates(w: World) {
    let agency = w.office("inspection").await;
    let id = w.register(&[dated("T1", w.north, "2021-01", "2022-10")]).await[0];
    let due = async || w.snapshot(Scope::City).await.figures.stock.overdue;
    assert_eq!(due().await, 1);
    let at = NOW - MINUTE;
    let body =
        json!({ "result": "pass", "date": "2026-11-20", "next": "2028-11-20", "tare_g": 16_450, "report": "R1" });
    take(&w, agency.event(1, EventKind::Inspect, "T1", at, body)).await;
    let f = file_of(&w, id).await;
    assert_eq!((f.inspected.as_str(), f.next_printed.as_str(), f.inspections), ("2026-11-20", "2028-11-20", 1));
    assert_eq!(due().await, 0);
    let s = state(&w, id).await;
    assert_eq!(s.due, Some(clock::day_of("2028-11-20".parse().unwrap())));
    let no = w.events().await.pop().unwrap().no;
    // The report was of another cylinder: everything as it was.
    let body = json!({ "corrects": no, "how": "incorrect_data", "reason": "r" });
    take(&w, agency.event(2, EventKind::Correct, "T1", NOW, body)).await;
    assert_eq!((file_of(&w, id).await.inspected.as_str(), due().await), ("2022-10", 1));
    w.clean().await;
}

async fn the_gate_is_told_what_the_record_knows(mut w: World) {
    let tag = "10103000001";
    let id = w.register(&[domain::ledger::File { medium: "LPG".into(), ..file(tag, w.north) }]).await[0];
    let body = json!({ "result": "pass", "tare_g": 17_100, "stamp": format!("S{tag}") });
    take(&w, w.north.event(1, EventKind::Precheck, tag, NOW - 90 * MINUTE, body)).await;
    let people = data::operator::Model {
        org_id: w.north.org,
        code: "F01".into(),
        cert_until: "2027-01-31".parse().ok(),
        media: "LPG,O2".into(),
    };
    data::operator::put(w.db.writer(), people.clone()).await.unwrap();
    data::operator::put(w.db.writer(), people).await.unwrap();
    assert!(data::device::verify_scale(w.db.writer(), w.north.device, "2026-12-31".parse().ok()).await.unwrap());
    assert!(data::org::insure(w.db.writer(), w.north.org, "2026-06-30".parse().ok()).await.unwrap());
    assert!(!data::org::insure(w.db.writer(), 9_999, None).await.unwrap());
    let over = |reason, scope, from, until| data::gate_override::New {
        reason,
        scope,
        why: "w".into(),
        by: "b".into(),
        from,
        until,
    };
    use data::gate_override::Scope as S;
    for (i, (reason, scope, from, until)) in [
        (Reason::NoInsurance, S::Site(w.north.site), NOW - 1, NOW + 1),
        (Reason::ScaleUnverified, S::Org(w.south.org), NOW - 1, NOW + 1),
        (Reason::PrecheckStale, S::Device(w.north.device), NOW - 2, NOW),
        (Reason::OperatorCertExpiring, S::Cylinder(id), NOW + 1, NOW + 2),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(
            data::gate_override::insert(w.db.writer(), over(reason, scope, from, until)).await.unwrap(),
            i as i64 + 1
        );
    }
    let q = ledger::Question { operator: "F01".into(), ..w.north.ask_at("a1", tag, NOW) };
    let v = w.verdict(q.clone()).await;
    // Residue of 700 g where 600 are allowed.
    assert_eq!((v.decision, v.reasons), (Decision::Block, vec![Reason::ResidueHigh]));
    let a = w.attempts().await.pop().unwrap();
    let facts: Facts = serde_json::from_str(&a.facts).unwrap();
    let present = facts.cylinder.unwrap().present;
    assert_eq!(
        (present.custody, present.residue_g, present.max_fill_g),
        (Some(Custody::ReadyToFill), Some(700), Some(14_900))
    );
    let check = present.precheck.unwrap();
    assert_eq!((check.minutes, check.passed, check.stamp_matches), (90, true, Some(true)));
    assert_eq!(present.idle_since.map(|d| d.to_string()).as_deref(), Some("2026-11-21"));
    let papers = facts.gun.papers;
    assert_eq!(papers.certificate_until.map(|d| d.to_string()).as_deref(), Some("2027-01-31"));
    assert_eq!((papers.certificate_media.len(), papers.scale_until.is_some()), (2, true));
    assert_eq!(papers.insured_until.map(|d| d.to_string()).as_deref(), Some("2026-06-30"));
    assert_eq!((facts.tag_medium.as_deref(), facts.overrides), (Some("LPG"), vec![Reason::NoInsurance]));
    assert_eq!((a.operator.as_str(), state(&w, id).await.custody), ("F01", Custody::ReadyToFill), "refused: not begun");
    // Drained: begun, and filled.
    take(&w, w.north.event(2, EventKind::Drain, tag, NOW - 2 * MINUTE, json!({ "drained_g": 650 }))).await;
    let v = w.verdict(ledger::Question { attempt: "a2".into(), ..q.clone() }).await;
    assert_eq!((v.decision, state(&w, id).await.custody), (Decision::Allow, Custody::Filling));
    assert_eq!(counter(&w, Metric::Custody, Custody::Filling.number()).await, 1);
    take(&w, w.north.fill(&FillRecord { attempt: Some("a2".into()), ..fill_at(3, tag, NOW) })).await;
    assert_eq!(state(&w, id).await.custody, Custody::AwaitsPostcheck);
    // Vector 14: the tag's digits say oxygen.
    let id = w.register(&[file("10101000002", w.north)]).await[0];
    let v = w.verdict(w.north.ask_at("a3", "10101000002", NOW)).await;
    assert_eq!((v.reasons, state(&w, id).await.custody), (vec![Reason::MediumMismatch], Custody::EmptyInStock));
    // A retry after an hour finds its first answer; a new question of an hour ago does not.
    w.now = NOW + 3_600_000;
    assert!(matches!(
        w.ask(ledger::Question { attempt: "a2".into(), ..q.clone() }).await,
        Answer::Decided { duplicate: true, .. }
    ));
    let n = w.attempts().await.len();
    assert!(matches!(w.ask(ledger::Question { attempt: "a9".into(), ..q }).await, Answer::NotNow));
    assert_eq!(w.attempts().await.len(), n);
    w.clean().await;
}

async fn rules_that_were_in_force_then(mut w: World) {
    let id = w.register(&[file("T1", w.north)]).await[0];
    let txn = w.db.begin_write().await.unwrap();
    data::rule_use::begin(&txn).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(take(&w, w.north.custody(1, EventKind::Deliver, "T1", NOW - MINUTE)).await.1, [Anomaly::ChainGap]);
    // The next version has no such guard.
    w.sql("INSERT INTO rule (version, rule_id, kind, value, unit, yields_to_print, source, clause, confirmed, jurisdiction, enabled, position) \
           VALUES (2, 'PAR-SKEW', 'param', 300, 's', FALSE, '', '', FALSE, 'CN', TRUE, 0)").await;
    w.rules = data::rule::current(w.db.read()).await.unwrap();
    for _ in 0..2 {
        let txn = w.db.begin_write().await.unwrap();
        data::rule_use::begin(&txn).await.unwrap();
        txn.commit().await.unwrap();
    }
    assert_eq!(take(&w, w.north.custody(2, EventKind::Ship, "T1", NOW)).await.1, []);
    assert_eq!(state(&w, id).await.flags, flag::CHAIN_GAP);
    w.clean().await;
}

/// Two writers that begin a sequence at once never get the same number.
async fn numbers_are_given_once(w: World) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let db = w.db.clone();
        tasks.spawn(async move {
            let txn = db.begin_write().await.unwrap();
            let n = data::sequence::next(&txn, "new").await.unwrap();
            txn.commit().await.unwrap();
            n
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<i64>>());
}

/// An event of any kind, as likely to be wrong as right.
fn any(r: &mut Random, by: Gun, seq: u64, tag: &str, at: i64, orgs: [i64; 2], told: &[event::Model]) -> Entry {
    // What only the office says stands in tests of its own.
    let from_devices = |k: &EventKind| k.is_reported() || *k == EventKind::FillEnd;
    let kinds: Vec<EventKind> = EventKind::ALL.iter().copied().filter(from_devices).collect();
    // Mostly one that it may speak of: with the tag it had.
    let other = &told[told.len() - 1 - r.below(told.len().min(25))];
    // What changes most comes most.
    let kind = if r.below(5) == 0 { EventKind::Correct } else { kinds[r.below(kinds.len())] };
    let pick = |r: &mut Random, list: &[Value]| list[r.below(list.len())].clone();
    let body = match kind {
        EventKind::FillEnd => {
            let gross_g = 30_000 + r.below(2_000) as i64;
            return by.fill(&FillRecord {
                gross_g,
                medium: ["LPG", "LPG", "LPG", "O2"][r.below(4)].into(),
                ..fill_at(seq, tag, at)
            });
        }
        EventKind::Precheck => pick(
            r,
            &[
                json!({ "result": "pass", "tare_g": 16_900, "stamp": "ST1", "vacuumed": true }),
                json!({ "result": "fail", "reason": "r", "next": "inspect" }),
                json!({ "result": "fail", "reason": "r", "next": "scrap" }),
                json!({ "result": "pass" }),
            ],
        ),
        EventKind::Postcheck => pick(
            r,
            &[json!({ "result": "pass" }), json!({ "result": "over" }), json!({ "result": "fail", "leak": true })],
        ),
        EventKind::Drain => json!({ "drained_g": r.below(400) }),
        EventKind::SendInspect => json!({ "residue_handled": true }),
        EventKind::Inspect => pick(
            r,
            &[
                json!({ "result": "pass", "date": "2026-11-20", "next": "2030-10" }),
                json!({ "result": "pass", "date": "2026-10", "assessed": true }),
                json!({ "result": "fail", "date": "2026-11-19", "reason": "r" }),
            ],
        ),
        EventKind::Repair => pick(r, &[json!({ "phase": "start" }), json!({ "phase": "done" })]),
        EventKind::BindTag => {
            let new = format!("N{}", r.below(12));
            match r.below(3) {
                0 => json!({ "tag": new, "reason": "new" }),
                _ if new == tag => json!({ "tag": "N99", "replaces": tag, "reason": "lost" }),
                _ => json!({ "tag": new, "replaces": tag, "reason": "lost" }),
            }
        }
        EventKind::ScrapRequest | EventKind::Suspend | EventKind::Lost => json!({ "reason": "r" }),
        EventKind::Scrap => json!({ "approval": "A" }),
        EventKind::Destroy => json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" }),
        EventKind::Seal | EventKind::Unseal => json!({ "directive": "D" }),
        EventKind::Recall | EventKind::RecallCleared => json!({ "notice": "N" }),
        EventKind::Cancel => json!({ "way": "cancelled", "reason": "r" }),
        EventKind::Transfer => match r.below(3) {
            0 => return by.custody(seq, kind, tag, at),
            1 => json!({ "to_org": orgs[r.below(2)] }),
            _ => json!({ "confirms": other.no }),
        },
        EventKind::Correct => {
            let body = json!({ "corrects": other.no, "how": "did_not_occur", "reason": "r" });
            return by.event(seq, kind, if r.below(8) == 0 { tag } else { &other.tag }, at, body);
        }
        _ => return by.custody(seq, kind, tag, at),
    };
    by.event(seq, kind, tag, at, body)
}

/// A random run of all kinds on few cylinders, so that everything meets everything: `verify` agrees after each stretch, and
/// whoever followed the feed shows what a fresh snapshot shows.
async fn bedlam(mut w: World, seed: u64) {
    let mut r = Random(seed);
    let (agency, officer) = (w.office("inspection").await, w.office("regulator").await);
    w.register(&[file("T1", w.north), file("T2", w.north), file("T3", w.south)]).await;
    let by = [w.north, w.south, agency, officer];
    let mut followed = w.snapshot(Scope::City).await;
    let mut published = BTreeMap::new();
    let mut kinds = std::collections::BTreeSet::new();
    let mut memory = ledger::Memory::default();
    for step in 0..60 {
        w.now += 20_000;
        let told = w.events().await;
        let mut next = BTreeMap::<i64, u64>::new();
        for g in by {
            next.insert(g.device, w.progress(g).await.next_seq.unsigned_abs());
        }
        let tags = ["T1", "T2", "T3", "N1", "N5", "N9", "NOBODY"];
        let mut entries = vec![];
        for _ in 0..1 + r.below(6) {
            let g = by[[0, 0, 0, 1, 2, 3][r.below(6)]];
            let seq = next.entry(g.device).or_default();
            let at = w.now - if r.below(6) == 0 { 3_600_000 } else { r.below(60_000) as i64 };
            let tag = tags[r.below(tags.len())];
            let e = any(&mut r, g, *seq, tag, at, [w.north.org, w.south.org], &told);
            kinds.insert(e.kind);
            *seq += 1;
            entries.push(e);
        }
        let questions: Vec<_> = (0..r.below(2))
            .map(|i| w.north.ask_at(&format!("{step}-{i}"), tags[r.below(6)], w.now - r.below(60_000) as i64))
            .collect();
        // As the server's writer does, which remembers the cylinders it met last.
        let txn = w.db.begin_write().await.unwrap();
        let mut done = ledger::commit_from(&txn, &mut memory, &w.rules, &questions, &entries, w.now).await.unwrap();
        txn.commit().await.unwrap();
        memory.keep(std::mem::take(&mut done.known));
        // A commit of which nothing was kept reaches no new number.
        published.entry(done.no).or_insert_with(Vec::new).extend(done.published);
        if step % 20 == 19 {
            w.clean().await;
        }
    }
    assert!(kinds.len() > 20, "{kinds:?}");
    follow(&mut followed, &mut Arrivals::default(), &published, w.now);
    let fresh = w.snapshot(Scope::City).await;
    assert_eq!(states(&followed), states(&fresh));
    assert_eq!(
        (followed.figures.stock, followed.figures.open_alerts),
        (fresh.figures.stock, fresh.figures.open_alerts)
    );
    assert_eq!(
        (followed.figures.fills_today, followed.figures.net_g_today),
        (fresh.figures.fills_today, fresh.figures.net_g_today)
    );
    assert_eq!(followed.figures.by_station, fresh.figures.by_station);
    let numbers: Vec<i64> = w.events().await.iter().map(|e| e.no).collect();
    assert!(!data::correction::of(w.db.read(), &numbers).await.unwrap().is_empty(), "something was corrected");
}

#[test]
fn a_random_run_of_all_kinds_verifies() {
    for seed in 1..=12 {
        on_sqlite(async move |w| bedlam(w, seed).await);
    }
}

#[test]
fn a_random_run_of_all_kinds_verifies_on_postgres() {
    crate::support::on_postgres(async |w| bedlam(w, 99).await);
}
