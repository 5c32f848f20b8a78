//! What a transaction writes: events, states, counters, alerts.

use crate::support::{NOW, World, both, dated, file, fill, fill_at};
use data::ledger::Outcome;
use domain::{
    clock,
    event::{EventKind, FillRecord},
    ledger::{Custody, Metric, WHOLE_DAY, flag},
    outcome::{AlertKind, Anomaly, RecordCode},
    wall::Change,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

both!(
    a_fill_is_recorded_counted_and_told,
    a_whole_turn,
    what_happened_is_never_refused,
    weights_are_judged_by_the_stamped_tare
);
both!(the_same_batch_again_changes_nothing, a_tag_is_registered_once, a_late_record_does_not_turn_back_the_state);

async fn counter(w: &World, metric: Metric, key: i16, minute: i16) -> i64 {
    use data::counter::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::Metric.eq(metric.number()))
        .filter(Column::Key.eq(key))
        .filter(Column::Minute.eq(minute));
    rows.all(w.db.read()).await.unwrap().iter().map(|r| r.value).sum()
}

fn anomalies(o: &Outcome) -> Vec<Anomaly> {
    match o {
        Outcome::Accepted { anomalies, .. } => anomalies.clone(),
        o => panic!("{o:?}"),
    }
}

async fn a_fill_is_recorded_counted_and_told(w: World) {
    let ids = w.register(&[file("T1", w.north)]).await;
    w.verdict(w.north.ask("a1", "T1")).await;
    let record = FillRecord { attempt: Some("a1".into()), ..fill(1, "T1") };
    let done = w.commit(&[], &[w.north.fill(&record)]).await;
    let Outcome::Accepted { no, anomalies } = done.outcomes[0].clone() else { panic!("{:?}", done.outcomes) };
    assert_eq!((anomalies, done.no), (vec![], no));
    let at = NOW - 300_000;
    let e = w.events().await.pop().unwrap();
    assert_eq!((e.no, e.kind, e.cylinder_id, e.epoch, e.seq), (no, EventKind::FillEnd.number(), Some(ids[0]), 1, 1));
    assert_eq!((e.occurred_at, e.recorded_at, e.sent_at), (at, NOW, Some(NOW)));
    assert_eq!((e.gross_g, e.tare_g, e.net_g, e.attempt.as_str()), (Some(30_930), Some(16_750), Some(14_180), "a1"));
    let s = &w.states().await[0];
    assert_eq!(
        (s.custody, s.flags, s.fill_no, s.fill_at, s.net_g),
        (Custody::AwaitsPostcheck.number(), 0, no, at, 14_180)
    );
    assert_eq!((s.read_no, s.read_site, s.last_no), (no, w.north.site, no));
    let minute = i16::try_from(clock::local_minute(at)).unwrap();
    assert_eq!((counter(&w, Metric::Fill, 0, WHOLE_DAY).await, counter(&w, Metric::Fill, 0, minute).await), (1, 1));
    assert_eq!(counter(&w, Metric::NetG, 0, WHOLE_DAY).await, 14_180);
    let told: Vec<_> =
        done.published.iter().filter_map(|p| p.change.as_ref().map(|c| (p.district, p.org, c.clone()))).collect();
    let [(district, org, Change::Fill(line))] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (*district, *org, line.no, line.sent),
        (crate::support::NORTH, w.north.org, no.unsigned_abs(), Some(NOW))
    );
    assert_eq!(done.progress[&w.north.device], w.progress(w.north).await);
    assert_eq!(w.progress(w.north).await.next_seq, 2);
    w.clean().await;
}

async fn a_whole_turn(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let at = |minutes: i64| NOW - minutes * 60_000;
    let steps = [
        (EventKind::Ship, Custody::InTransit),
        (EventKind::Arrive, Custody::FullAtSite),
        (EventKind::Deliver, Custody::InUse),
        (EventKind::Collect, Custody::Returning),
        (EventKind::ReceiveEmpty, Custody::EmptyInStock),
        (EventKind::FillReject, Custody::EmptyInStock),
    ];
    w.fill(w.north, &fill_at(1, "T1", at(200))).await;
    for (i, (kind, custody)) in steps.into_iter().enumerate() {
        let i = i64::try_from(i).unwrap();
        w.record(&[w.north.custody(2 + i.unsigned_abs(), kind, "T1", at(190 - 10 * i))]).await;
        let s = &w.states().await[0];
        assert_eq!((s.custody, s.flags), (custody.number(), 0), "{kind:?}");
        let in_use = counter(&w, Metric::Custody, Custody::InUse.number(), WHOLE_DAY).await;
        assert_eq!(in_use, i64::from(custody == Custody::InUse));
        assert_eq!(counter(&w, Metric::Custody, custody.number(), WHOLE_DAY).await, 1);
    }
    // Delivered without a fill: it happened, and shows.
    w.record(&[w.north.custody(8, EventKind::Deliver, "T1", at(10))]).await;
    assert_eq!((w.states().await[0].custody, w.states().await[0].flags), (Custody::InUse.number(), flag::CHAIN_GAP));
    w.clean().await;
}

async fn what_happened_is_never_refused(w: World) {
    w.register(&[dated("OLD", w.north, "2006-12", "2020-01"), file("T1", w.north), file("T2", w.north)]).await;
    w.ask(w.north.ask("blocked", "OLD")).await;
    w.ask(w.north.ask("other", "T1")).await;
    let named = |seq, tag, attempt: &str| w.north.fill(&FillRecord { attempt: Some(attempt.into()), ..fill(seq, tag) });
    let outcomes = w
        .record(&[
            named(1, "OLD", "blocked"),
            w.north.fill(&fill(2, "T1")),
            named(3, "T2", "other"),
            named(4, "T2", "never-asked"),
            w.north.fill(&fill(5, "NOBODY")),
        ])
        .await;
    let found: Vec<Vec<Anomaly>> = outcomes.iter().map(anomalies).collect();
    let expected = [
        vec![Anomaly::FilledThoughBlocked],
        vec![Anomaly::NotAsked],
        vec![Anomaly::NotAsked],
        // Filled twice without a return.
        vec![Anomaly::NotAsked, Anomaly::ChainGap],
        vec![Anomaly::UnknownTag, Anomaly::NotAsked],
    ];
    assert_eq!(found, expected);
    let kinds = [
        "FILLED_THOUGH_BLOCKED",
        "FILL_NOT_ASKED",
        "FILL_NOT_ASKED",
        "FILL_NOT_ASKED",
        "ILLEGAL_TAG_FILL",
        "FILL_NOT_ASKED",
    ];
    assert_eq!(w.alert_kinds().await, kinds);
    let causes: Vec<Option<i64>> =
        outcomes.iter().map(|o| if let Outcome::Accepted { no, .. } = o { Some(*no) } else { None }).collect();
    let alerts = w.alerts().await;
    assert_eq!(
        alerts.iter().map(|a| a.cause_no).collect::<Vec<_>>(),
        [causes[0], causes[1], causes[2], causes[3], causes[4], causes[4]]
    );
    assert_eq!(w.events().await.iter().filter(|e| e.cylinder_id.is_none()).count(), 1);
    let all = w.all_alerts().await;
    for kind in AlertKind::ALL {
        let raised = all.iter().filter(|a| a.kind == kind.code()).count() as i64;
        assert_eq!(counter(&w, Metric::OpenAlert, kind.number(), WHOLE_DAY).await, raised, "{kind:?}");
    }
    assert_eq!(counter(&w, Metric::Fill, 0, WHOLE_DAY).await, 5, "an illegal fill is a fill");
    w.clean().await;
}

async fn weights_are_judged_by_the_stamped_tare(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let weigh = |seq, gross_g| {
        let f = fill_at(seq, "T1", NOW - 100_000 + seq as i64);
        w.north.fill(&FillRecord { gross_g, net_g: gross_g - f.tare_g, ..f })
    };
    // Vectors 11 and 12, at the maximum, and below the lowest; the last leaves no flag.
    let outcomes =
        w.record(&[weigh(1, 30_930), weigh(2, 31_450), weigh(3, 31_350), weigh(4, 30_000), weigh(5, 30_930)]).await;
    let found: Vec<Vec<Anomaly>> = outcomes.iter().map(anomalies).collect();
    let not = Anomaly::NotAsked;
    assert_eq!(
        found,
        [
            vec![not],
            vec![not, Anomaly::Overfill, Anomaly::ChainGap],
            vec![not, Anomaly::AtMaximum, Anomaly::ChainGap],
            vec![not, Anomaly::Underfill, Anomaly::ChainGap],
            vec![not, Anomaly::ChainGap]
        ]
    );
    assert_eq!(w.states().await[0].flags & (flag::OVERFILL | flag::UNDERFILL), 0, "the flag speaks of the last fill");
    let kinds = w.alert_kinds().await;
    let of = |k: &str| kinds.iter().filter(|x| *x == k).count();
    assert_eq!((of("OVERFILL"), of("UNDERFILL"), of("FILL_NOT_ASKED")), (1, 1, 5));
    w.clean().await;
}

async fn the_same_batch_again_changes_nothing(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let batch: Vec<_> = (1..=7)
        .map(|n| w.north.fill(&fill_at(n, if n == 3 { "NOBODY" } else { "T1" }, NOW - 100_000 + n as i64)))
        .chain([w.north.custody(8, EventKind::Ship, "T1", NOW)])
        .collect();
    let first = w.commit(&[], &batch).await;
    assert!(first.outcomes.iter().all(|o| matches!(o, Outcome::Accepted { .. })));
    let stored = (w.events().await, w.alerts().await, w.states().await, w.snapshot(domain::scope::Scope::City).await);
    for _ in 0..2 {
        let again = w.commit(&[], &batch).await;
        let expected: Vec<Outcome> =
            first.outcomes.iter().map(|o| Outcome::Duplicate { first: Box::new(o.clone()) }).collect();
        assert_eq!(again.outcomes, expected);
        assert_eq!((again.published.len(), again.no), (0, first.no));
        assert_eq!(again.progress[&w.north.device], first.progress[&w.north.device]);
    }
    // Half old, half new; twice in one batch.
    let mixed = [batch[7].clone(), w.north.fill(&fill(9, "T1")), batch[0].clone(), w.north.fill(&fill(9, "T1"))];
    assert_eq!(
        (w.events().await, w.alerts().await, w.states().await, w.snapshot(domain::scope::Scope::City).await),
        stored
    );
    let outcomes = w.record(&mixed).await;
    assert!(matches!(&outcomes[0], Outcome::Duplicate { first: f } if **f == first.outcomes[7]));
    assert!(matches!(&outcomes[1], Outcome::Accepted { .. }));
    assert!(matches!(&outcomes[2], Outcome::Duplicate { first: f } if **f == first.outcomes[0]));
    assert!(matches!(&outcomes[3], Outcome::Duplicate { first: f } if **f == outcomes[1]));
    w.clean().await;
}

async fn a_tag_is_registered_once(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let again = w.registration(&file("T1", w.south), 2);
    assert_eq!(w.record(std::slice::from_ref(&again)).await, [Outcome::Quarantined(RecordCode::TagTaken)]);
    let first = Box::new(Outcome::Quarantined(RecordCode::TagTaken));
    assert_eq!(w.record(&[again]).await, [Outcome::Duplicate { first }]);
    assert_eq!(w.states().await.len(), 1);
    w.clean().await;
}

async fn a_late_record_does_not_turn_back_the_state(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let yesterday = NOW - 20 * 3_600_000;
    w.record(&[w.north.fill(&fill(2, "T1")), w.north.custody(3, EventKind::Ship, "T1", NOW)]).await;
    let late = w.record(&[w.north.fill(&FillRecord { net_g: 9, ..fill_at(1, "T1", yesterday) })]).await;
    assert!(matches!(late[0], Outcome::Accepted { .. }));
    let s = &w.states().await[0];
    assert_eq!((s.custody, s.net_g, s.last_at), (Custody::InTransit.number(), 14_180, NOW));
    // It counts on the day it happened.
    let snapshot = w.snapshot(domain::scope::Scope::City).await;
    assert_eq!((snapshot.figures.fills_today, snapshot.figures.net_g_today), (1, 14_180));
    w.clean().await;
}
