//! The trace of a cylinder: what was known when, and that the replay comes to what the ledger came to.

use crate::support::{NORTH, NOW, Random, SOUTH, World, both, file, fill_at};
use data::{cylinder, cylinder_page, ledger::Outcome, trace};
use domain::{
    clock,
    event::{Entry, EventKind as K},
    gate::Decision,
    history::Break,
    outcome::{Anomaly, Reason},
    scope::{Scope, Viewer},
    trace::{Flaw, Method, Trace},
};
use sea_orm::EntityTrait;
use serde_json::json;

both!(
    a_late_record_is_known_only_after_it_came,
    what_is_replayed_is_what_the_ledger_has,
    the_chain_tells_weights_stops_and_breaks,
    the_gate_judges_as_it_would_have_then,
    nothing_is_traced_outside_the_scope
);

const ALL: Viewer = Viewer { scope: Scope::City };
const HOUR: i64 = 3_600_000;

async fn traced(w: &World, tag: &str, known: Option<i64>) -> Trace {
    trace::page(&w.db, ALL, tag, known, w.now).await.unwrap().unwrap().unwrap()
}

fn accepted(outcomes: &[Outcome]) -> Vec<i64> {
    let no = |o: &Outcome| if let Outcome::Accepted { no, .. } = o { *no } else { panic!("{o:?}") };
    outcomes.iter().map(no).collect()
}

async fn a_late_record_is_known_only_after_it_came(mut w: World) {
    w.register(&[file("T1", w.north)]).await;
    w.now = NOW + HOUR;
    let gun = w.north;
    accepted(&w.record(&[gun.fill(&fill_at(1, "T1", NOW))]).await);
    // It happened before the fill, and came two hours after it.
    w.now = NOW + 3 * HOUR;
    accepted(&w.record(&[gun.custody(2, K::ReceiveEmpty, "T1", NOW - HOUR)]).await);

    let before = traced(&w, "T1", Some(NOW + 3 * HOUR - 1)).await;
    assert!(before.replayed);
    assert_eq!((before.later, before.history.rows.len()), (1, 1));
    assert_eq!(before.history.rows[0].kind_zh, K::FillEnd.zh());
    let after = traced(&w, "T1", Some(NOW + 3 * HOUR)).await;
    assert!(!after.replayed, "nothing can be recorded later than now");
    let kinds: Vec<&str> = after.history.rows.iter().map(|r| r.kind_zh.as_str()).collect();
    assert_eq!((after.later, kinds), (0, vec![K::ReceiveEmpty.zh(), K::FillEnd.zh()]));
    // Asked for a time to come, the record knows what it knows.
    let later = traced(&w, "T1", Some(w.now + 1_000 * HOUR)).await;
    assert_eq!(later, traced(&w, "T1", None).await);
    // Before its registration there is nothing but that.
    let not_yet = trace::page(&w.db, ALL, "T1", Some(NOW - 1), w.now).await.unwrap().unwrap().unwrap_err();
    assert_eq!((not_yet.known, not_yet.registered), (NOW - 1, NOW));
    assert!(trace::page(&w.db, ALL, "T9", None, w.now).await.unwrap().is_none());
    w.clean().await;
}

/// Stored file and state of every cylinder are what the replay comes to.
async fn same_as_stored(w: &World) {
    let files = cylinder::Entity::find().all(w.db.read()).await.unwrap();
    let states = w.states().await;
    assert!(!files.is_empty());
    for stored in files {
        let (file, state) = trace::standing(w.db.read(), stored.id, i64::MAX).await.unwrap().unwrap();
        let now = states.iter().find(|s| s.cylinder_id == stored.id).unwrap();
        assert_eq!((&file, &state), (&stored, now), "cylinder {}", stored.tag);
    }
}

async fn what_is_replayed_is_what_the_ledger_has(mut w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north), file("T3", w.south)]).await;
    let mut seq = [1_u64, 1];
    let mut random = Random(7);
    let mut recorded: Vec<i64> = vec![];
    let mut taken_back = 0;
    let kinds =
        [K::ReceiveEmpty, K::Ship, K::Deliver, K::Collect, K::Arrive, K::FillReject, K::Transfer, K::ReceiveEmpty];
    for turn in 0..60_i64 {
        w.now += 20 * 60_000;
        let here = random.below(2);
        let gun = [w.north, w.south][here];
        let tag = ["T1", "T2", "T3"][random.below(3)];
        // Some tell of the past.
        let at = w.now - 60_000 - if random.below(4) == 0 { 5 * HOUR } else { 0 };
        match random.below(5) {
            0 => {
                w.verdict(gun.ask_at(&format!("a{turn}"), tag, w.now)).await;
                continue;
            }
            1 if !recorded.is_empty() => {
                let no = recorded[random.below(recorded.len())];
                let e = w.events().await.into_iter().find(|e| e.no == no).unwrap();
                let gun = if e.site_id == w.north.site { w.north } else { w.south };
                let n = usize::from(gun.site == w.south.site);
                let how = json!({"corrects": no, "how": "did_not_occur", "reason": "误报"});
                let outcome = w.record(&[gun.event(seq[n], K::Correct, &e.tag, w.now, how)]).await.remove(0);
                // One that was taken back before is refused, and its number free.
                if matches!(outcome, Outcome::Accepted { .. }) {
                    seq[n] += 1;
                    taken_back += 1;
                }
            }
            2 => {
                let outcome = w.fill(gun, &fill_at(seq[here], tag, at)).await;
                recorded.extend(accepted(&[outcome]));
                seq[here] += 1;
            }
            3 => {
                let body = json!({"result": "pass", "tare_g": 16_500, "stamp": format!("S{tag}")});
                let outcome = w.record(&[gun.event(seq[here], K::Precheck, tag, at, body)]).await.remove(0);
                recorded.extend(accepted(&[outcome]));
                seq[here] += 1;
            }
            _ => {
                let kind = kinds[random.below(kinds.len())];
                let outcome = w.record(&[gun.custody(seq[here], kind, tag, at)]).await.remove(0);
                recorded.extend(accepted(&[outcome]));
                seq[here] += 1;
            }
        }
        if turn % 20 == 0 {
            same_as_stored(&w).await;
        }
    }
    assert!(taken_back > 2, "{taken_back}");
    // Another tag, by which the same cylinder goes on.
    w.now += HOUR;
    let bind = json!({"tag": "T1B", "replaces": "T1", "reason": "damaged"});
    let e: Entry = w.north.event(seq[0], K::BindTag, "T1", w.now, bind);
    accepted(&w.record(&[e]).await);
    w.verdict(w.north.ask_at("last", "T1B", w.now)).await;
    w.verdict(w.north.ask_at("void", "T1", w.now)).await;
    same_as_stored(&w).await;
    let t = traced(&w, "T1B", None).await;
    assert_eq!(t.history.tag, "T1B");
    assert_eq!(t.attempts.last().map(|a| a.verdict.reasons.contains(&Reason::TagVoid)), Some(true));
    // What was known before the tag was changed has the old one.
    let before = trace::standing(w.db.read(), ids[0], w.now - 1).await.unwrap().unwrap();
    assert_eq!(before.0.tag, "T1");
    // The gate says of the replayed present what it says of the present.
    for tag in ["T1B", "T2", "T3"] {
        let page = cylinder_page::page(&w.db, ALL, tag, clock::local_date(w.now), w.now).await.unwrap().unwrap();
        let t = traced(&w, tag, None).await;
        assert_eq!(t.gate, page.gate, "{tag}");
        assert!(t.gate.is_some());
    }
    w.clean().await;
}

async fn the_chain_tells_weights_stops_and_breaks(mut w: World) {
    w.register(&[file("T1", w.north)]).await;
    w.now += 10 * HOUR;
    let (north, south) = (w.north, w.south);
    let check = json!({"result": "pass", "tare_g": 16_550});
    let report = json!({"result": "pass", "date": "2026-11-21", "tare_g": 16_380});
    accepted(
        &w.record(&[
            north.event(1, K::Precheck, "T1", NOW + HOUR, check),
            north.fill(&fill_at(2, "T1", NOW + 2 * HOUR)),
            north.fill(&fill_at(3, "T1", NOW + 3 * HOUR)),
            south.custody(1, K::Deliver, "T1", NOW + 5 * HOUR),
            north.event(4, K::Inspect, "T1", NOW + 9 * HOUR, report),
        ])
        .await,
    );
    let t = traced(&w, "T1", None).await;
    let weighed: Vec<_> = t.weights.iter().map(|x| (x.contents_g, x.residue_g, x.drift_g)).collect();
    assert_eq!(
        weighed,
        [
            (None, Some(150), None),
            (Some(14_530), Some(350), None),
            (Some(14_530), Some(350), None),
            (None, None, Some(-20)),
        ]
    );
    let stops: Vec<_> = t.stops.iter().map(|s| (s.site.as_str(), s.events, s.method)).collect();
    assert_eq!(stops, [("北郊气站", 3, Method::Scan), ("南郊气站", 1, Method::Told), ("北郊气站", 1, Method::Scan)]);
    assert_eq!((t.stops[0].from_ms, t.stops[0].to_ms), (NOW + HOUR, NOW + 3 * HOUR));
    let flaws: Vec<Vec<Flaw>> = t.history.rows.iter().map(|r| Flaw::of(r).collect()).collect();
    assert_eq!(flaws[2][0], Flaw::Order(Break::FilledTwice));
    assert!(flaws[2].contains(&Flaw::Recorded(Anomaly::ChainGap)), "{flaws:?}");
    assert_eq!(Flaw::Order(Break::FilledTwice).rule().0, "GUARD-CHAIN");
    // Events of an importer stand at no place; the registration is none.
    assert_eq!(t.unplaced, 0);
}

async fn the_gate_judges_as_it_would_have_then(mut w: World) {
    w.register(&[file("T1", w.north)]).await;
    let officer = w.office("regulator").await;
    w.now += HOUR;
    let seal = json!({"directive": "监-1", "reason": "查"});
    accepted(&w.record(&[officer.event(1, K::Seal, "T1", w.now, seal)]).await);
    let sealed = |t: &Trace| t.gate.as_ref().unwrap().verdict.reasons.contains(&Reason::Sealed);
    let (then, now) = (traced(&w, "T1", Some(w.now - 1)).await, traced(&w, "T1", None).await);
    assert!(!sealed(&then) && sealed(&now));
    assert_eq!(now.gate.as_ref().unwrap().verdict.decision, Decision::Block);
    assert_eq!(then.rule_version, w.rules.version);
    // Nothing that was asked here stands in the record.
    assert!(w.attempts().await.is_empty());
    // A newer version that nothing was recorded under yet does not judge the past.
    w.sql("INSERT INTO rule_use (from_no, version) VALUES (1, 1)").await;
    w.sql("INSERT INTO rule_use (from_no, version) VALUES (1000, 7)").await;
    assert_eq!(traced(&w, "T1", Some(w.now - 1)).await.rule_version, 1);
}

async fn nothing_is_traced_outside_the_scope(w: World) {
    w.register(&[file("T1", w.north)]).await;
    for (scope, seen) in [
        (Scope::City, true),
        (Scope::District(NORTH), true),
        (Scope::District(SOUTH), false),
        (Scope::Org(w.north.org), true),
        (Scope::Org(w.south.org), false),
        (Scope::Org(0), false),
    ] {
        let found = trace::page(&w.db, Viewer { scope }, "T1", None, w.now).await.unwrap();
        assert_eq!(found.is_some(), seen, "{scope}");
    }
}
