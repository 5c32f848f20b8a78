//! Detectors in the writer's transaction: what they find is an alert with its evidence, their states are stored, and
//! `verify` recomputes both.

use crate::support::{Gun, NOW, Random, World, both, file};
use domain::{
    clock,
    detect::{Settings, SubjectKind},
    event::{Entry, EventKind, FillRecord, Source},
    ledger::FileState,
};
use sea_orm::{EntityTrait, QueryOrder};

both!(
    a_break_in_a_chain_is_told_with_both_records,
    a_late_return_mends_it,
    thirty_equal_nets_are_told_once,
    tags_of_the_dead_are_told_of_records_and_of_questions,
    the_cut_into_transactions_changes_nothing,
    what_a_detector_keeps_is_recomputed,
    rules_changed_under_way_are_replayed_as_they_were,
    imports_raise_nothing,
);

const MINUTE: i64 = 60_000;

fn weighed(gun: Gun, seq: u64, tag: &str, at: i64, tare_g: i64, net_g: i64) -> Entry {
    gun.fill(&FillRecord {
        epoch: 1,
        seq,
        tag: tag.into(),
        medium: "LPG".into(),
        started_at: clock::rfc3339(at - MINUTE),
        ended_at: clock::rfc3339(at),
        gross_g: tare_g + net_g,
        tare_g,
        net_g,
        operator: "F01".into(),
        attempt: None,
    })
}

async fn kinds(w: &World) -> Vec<String> {
    w.found().await.into_iter().map(|a| a.kind).collect()
}

async fn states(w: &World) -> Vec<data::detect::Model> {
    use data::detect::{Column, Entity};
    let all = Entity::find().order_by_asc(Column::SubjectKind).order_by_asc(Column::Subject);
    all.all(w.db.read()).await.unwrap()
}

async fn a_break_in_a_chain_is_told_with_both_records(w: World) {
    let ids = w.register(&[file("T1", w.north)]).await;
    let at = |m: i64| NOW - m * MINUTE;
    w.record(&[weighed(w.north, 1, "T1", at(90), 16_500, 14_300)]).await;
    w.record(&[weighed(w.north, 2, "T1", at(60), 16_500, 14_310)]).await;
    assert_eq!(kinds(&w).await, [""; 0], "a late record may still mend it");
    w.record(&[w.north.custody(3, EventKind::Ship, "T1", at(30))]).await;
    let found = w.found().await;
    assert_eq!(found.len(), 1);
    let (a, events) = (&found[0], w.events().await);
    assert_eq!((a.kind.as_str(), a.tag.as_str(), a.cylinder_id), ("CHAIN_GAP", "T1", Some(ids[0])));
    assert_eq!((a.cause_no, a.other_no), (Some(events[2].no), Some(events[1].no)), "the two fills");
    let detail: serde_json::Value = serde_json::from_str(&a.detail).unwrap();
    assert_eq!((&detail["break"], &detail["rule"]), (&"FILL_WITHOUT_RETURN".into(), &"DET-CHAIN".into()));
    w.clean().await;
}

async fn a_late_return_mends_it(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let at = |m: i64| NOW - m * MINUTE;
    let turn = |seq, kind, m| w.north.custody(seq, kind, "T1", at(m));
    w.record(&[
        weighed(w.north, 1, "T1", at(300), 16_500, 14_300),
        turn(2, EventKind::Ship, 280),
        turn(3, EventKind::Deliver, 260),
    ])
    .await;
    // The lorry's handheld has no network: the fill is told before the return.
    w.record(&[weighed(w.north, 6, "T1", at(60), 16_500, 14_310)]).await;
    w.record(&[turn(5, EventKind::ReceiveEmpty, 100)]).await;
    w.record(&[turn(4, EventKind::Collect, 200), turn(7, EventKind::Ship, 30)]).await;
    assert_eq!(kinds(&w).await, [""; 0]);
    w.clean().await;
}

async fn thirty_equal_nets_are_told_once(w: World) {
    let tags: Vec<String> = (0..40).map(|n| format!("T{n}")).collect();
    w.register(&tags.iter().map(|t| file(t, w.north)).collect::<Vec<_>>()).await;
    for (n, tag) in (1..).zip(&tags) {
        let at = NOW - 300 * MINUTE + n * 3 * MINUTE;
        w.record(&[weighed(w.north, n.unsigned_abs(), tag, at, 16_400 + n * 10, 14_500)]).await;
    }
    let found = w.found().await;
    let of = |k: &str| found.iter().filter(|a| a.kind == k).collect::<Vec<_>>();
    let a = of("REPEATED_WEIGHT");
    assert_eq!((a.len(), a[0].device_id, a[0].tag.as_str(), a[0].cylinder_id), (1, w.north.device, "", None));
    assert_eq!(a[0].cause_no, Some(w.events().await[40 + 29].no), "the thirtieth fill");
    assert_eq!(of("FABRICATED_WEIGHT").len(), 1, "and no two of them differ");
    w.clean().await;
}

async fn tags_of_the_dead_are_told_of_records_and_of_questions(w: World) {
    let dead = domain::ledger::File { state: FileState::Scrapped, ..file("DEAD", w.north) };
    let ids = w.register(&[dead, file("T1", w.north)]).await;
    let bind = |seq, body| w.north.event(seq, EventKind::BindTag, "T1", NOW - MINUTE, body);
    w.record(&[
        bind(1, serde_json::json!({ "tag": "VOID", "reason": "new" })),
        bind(2, serde_json::json!({ "tag": "T2", "replaces": "VOID", "reason": "damaged" })),
    ])
    .await;
    w.ask(w.north.ask("a1", "DEAD")).await;
    w.ask(w.north.ask("a2", "VOID")).await;
    w.record(&[w.north.custody(3, EventKind::ReceiveEmpty, "DEAD", NOW)]).await;
    let found = w.found().await;
    let told: Vec<_> = found.iter().map(|a| (a.kind.as_str(), a.tag.as_str(), a.cylinder_id)).collect();
    assert_eq!(told, [("ZOMBIE_TAG", "DEAD", Some(ids[0])), ("ZOMBIE_TAG", "VOID", Some(ids[1]))], "each once a day");
    w.clean().await;
}

/// A day of two stations with all sorts of records.
fn day(w: &World, tags: &[String]) -> Vec<Entry> {
    let mut r = Random(7);
    let mut seq = [0_u64, 0];
    (0..300_i64)
        .map(|n| {
            let (g, gun) = if r.below(3) == 0 { (1, w.south) } else { (0, w.north) };
            seq[g] += 1;
            let tag = &tags[r.below(tags.len())];
            let at = NOW - 700 * MINUTE + n * 2 * MINUTE - r.below(3) as i64 * MINUTE;
            match r.below(4) {
                0 => {
                    let kinds = [EventKind::Ship, EventKind::Deliver, EventKind::Collect, EventKind::ReceiveEmpty];
                    gun.custody(seq[g], kinds[r.below(4)], tag, at)
                }
                _ => weighed(gun, seq[g], tag, at, 15_500 + r.below(300) as i64 * 10, 14_500),
            }
        })
        .collect()
}

async fn the_cut_into_transactions_changes_nothing(w: World) {
    let tags: Vec<String> = (0..20).map(|n| format!("T{n}")).collect();
    w.register(&tags.iter().map(|t| file(t, w.north)).collect::<Vec<_>>()).await;
    let entries = day(&w, &tags);
    let mut r = Random(11);
    let mut rest = entries.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + r.below(60)).min(rest.len()));
        w.record(now).await;
        rest = later;
    }
    let found = w.found().await;
    for kind in ["CHAIN_GAP", "REPEATED_WEIGHT", "TARE_DRIFT", "IMPOSSIBLE_PACE"] {
        assert!(found.iter().any(|a| a.kind == kind), "{kind}");
    }
    // `verify` knows nothing of transactions.
    let report = w.verify().await;
    assert!(report.is_clean(), "{:#?}", report.named);
    assert!(report.detectors >= 4);
    let all = states(&w).await;
    assert!(all.iter().all(|s| s.state.len() < 2_000), "small");
    assert!(all.iter().any(|s| s.of() == Some((SubjectKind::Site, w.north.site))));
}

async fn what_a_detector_keeps_is_recomputed(w: World) {
    let tags: Vec<String> = (0..20).map(|n| format!("T{n}")).collect();
    w.register(&tags.iter().map(|t| file(t, w.north)).collect::<Vec<_>>()).await;
    w.record(&day(&w, &tags)).await;
    w.clean().await;
    let named = async |what: &str| {
        let report = w.verify().await;
        assert!(report.named.iter().any(|n| n.contains(what)), "{what}: {:#?}", report.named);
    };
    let gone = w.found().await.remove(0);
    w.sql("UPDATE detector_state SET updated_no = updated_no + 1 WHERE subject_kind = 2").await;
    named("detector state 2/").await;
    w.sql("UPDATE detector_state SET updated_no = updated_no - 1 WHERE subject_kind = 2").await;
    w.clean().await;
    w.sql(&format!("UPDATE alert SET detail = '{{}}' WHERE no = {}", gone.no)).await;
    named(&format!("alert {}: no detector finds its", gone.no)).await;
    named(&format!("its {} is in no alert", gone.kind)).await;
    w.sql(&format!("UPDATE alert SET detail = '{}' WHERE no = {}", gone.detail, gone.no)).await;
    w.clean().await;
    w.sql("DELETE FROM detector_state WHERE subject_kind = 1").await;
    named("is not stored").await;
}

async fn rules_changed_under_way_are_replayed_as_they_were(mut w: World) {
    let tags: Vec<String> = (0..20).map(|n| format!("T{n}")).collect();
    w.register(&tags.iter().map(|t| file(t, w.north)).collect::<Vec<_>>()).await;
    let entries = day(&w, &tags);
    w.record(&entries[..150]).await;
    // Version 2: other limits, and one detector less.
    w.sql("CREATE TABLE kept AS SELECT * FROM rule").await;
    w.sql("UPDATE kept SET version = 2").await;
    w.sql("UPDATE kept SET value = 5 WHERE rule_id = 'DET-REPEAT'").await;
    w.sql("DELETE FROM kept WHERE rule_id = 'DET-TARE'").await;
    w.sql("INSERT INTO rule SELECT * FROM kept").await;
    w.sql("DROP TABLE kept").await;
    w.rules = data::rule::current(w.db.read()).await.unwrap();
    assert_eq!((w.rules.version, Settings::of(&w.rules).repeat), (2, Some(5)));
    let txn = w.db.begin_write().await.unwrap();
    data::rule_use::begin(&txn).await.unwrap();
    txn.commit().await.unwrap();
    w.record(&entries[150..]).await;
    w.clean().await;
    let uses =
        data::rule_use::Entity::find().order_by_asc(data::rule_use::Column::FromNo).all(w.db.read()).await.unwrap();
    assert_eq!(uses.iter().map(|u| u.version).collect::<Vec<_>>(), [1, 2]);
}

async fn imports_raise_nothing(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let told: Vec<Entry> = (1..60)
        .map(|n| Entry {
            source: Source::Import,
            ..weighed(w.north, n, "T1", NOW - 100 * MINUTE + n as i64 * MINUTE / 2, 10_000, 14_500)
        })
        .collect();
    w.record(&told).await;
    assert_eq!((kinds(&w).await.len(), states(&w).await.len()), (0, 0));
    w.clean().await;
}
