//! A gun's own numbers: gaps, reuse, epochs, leaps, impossible times.

use crate::support::{NOW, Random, World, both, file, fill, fill_at};
use data::ledger::Outcome;
use domain::{
    event::{FillRecord, SEQ_LEAP},
    outcome::RecordCode,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use std::collections::{BTreeMap, BTreeSet};

both!(
    vector_23_a_missing_number_becomes_an_alarm_and_closes,
    gaps_split_and_close_in_any_order,
    a_reused_number_is_set_aside
);
both!(
    any_order_with_repetitions_ends_whole,
    a_gun_that_lost_its_memory,
    a_leap_is_set_aside,
    an_impossible_time_uses_its_number_up
);
both!(a_number_that_could_not_be_placed_is_still_free, what_was_set_aside_for_its_epoch_can_be_set_aside_for_its_time);

const fn accepted(o: &Outcome) -> bool {
    matches!(o, Outcome::Accepted { .. })
}

async fn vector_23_a_missing_number_becomes_an_alarm_and_closes(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let at = |seq| w.north.fill(&fill_at(seq, "T1", NOW - 1_000_000 + seq as i64));
    w.record(&(1..=117).map(at).collect::<Vec<_>>()).await;
    let done = w.commit(&[], &[at(119)]).await;
    assert!(accepted(&done.outcomes[0]));
    let p = &done.progress[&w.north.device];
    assert_eq!((p.epoch, p.next_seq, p.gaps.as_slice()), (1, 120, [(1, 118, 118)].as_slice()));
    w.clean().await;
    // Not before its time; once only.
    let omissions = async |older_than| {
        let before = w.alerts().await.len();
        let done = w.omissions(older_than).await;
        assert_eq!(done.published.len(), w.alerts().await.len() - before);
        done.published.len()
    };
    assert_eq!(omissions(NOW - 1).await, 0);
    assert_eq!(omissions(NOW).await, 1);
    assert_eq!(omissions(NOW + 1).await, 0);
    let a = w.alerts().await.pop().unwrap();
    assert_eq!((a.kind.as_str(), a.device_id, a.site_id), ("OMISSION", w.north.device, w.north.site));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&a.detail).unwrap(),
        serde_json::json!({"epoch": 1, "first": 118, "last": 118})
    );
    let gap = data::device::gap::Entity::find().one(w.db.read()).await.unwrap().unwrap();
    assert_eq!((gap.first_seq, gap.last_seq, gap.alerted_no), (118, 118, Some(a.no)));
    w.clean().await;
    let done = w.commit(&[], &[at(118)]).await;
    assert!(accepted(&done.outcomes[0]), "{:?}", done.outcomes);
    assert_eq!((done.progress[&w.north.device].gaps.len(), done.progress[&w.north.device].next_seq), (0, 120));
    assert_eq!(data::device::gap::Entity::find().count(w.db.read()).await.unwrap(), 0);
    assert!(matches!(w.record(&[at(118)]).await[0], Outcome::Duplicate { .. }));
    w.clean().await;
}

async fn gaps_split_and_close_in_any_order(w: World) {
    let at = |seq| w.north.fill(&fill(seq, "NOBODY"));
    let gaps = async || w.progress(w.north).await.gaps.iter().map(|g| (g.1, g.2)).collect::<Vec<_>>();
    w.record(&[at(10)]).await;
    assert_eq!(gaps().await, [(1, 9)]);
    w.record(&[at(5)]).await;
    assert_eq!(gaps().await, [(1, 4), (6, 9)]);
    w.record(&[at(1), at(9)]).await;
    assert_eq!(gaps().await, [(2, 4), (6, 8)]);
    // Opened, split and closed within one transaction, and alerted in between.
    w.omissions(NOW).await;
    w.record(&[at(20), at(15), at(12), at(7), at(3)]).await;
    assert_eq!(gaps().await, [(2, 2), (4, 4), (6, 6), (8, 8), (11, 11), (13, 14), (16, 19)]);
    w.clean().await;
    // What was split off an alerted gap is not alerted again.
    assert_eq!(w.omissions(NOW).await.published.len(), 3);
    w.record(&[2, 4, 6, 8, 11, 14, 13, 19, 16, 18, 17].map(at)).await;
    assert_eq!(gaps().await, []);
    assert_eq!(w.progress(w.north).await.next_seq, 21);
    w.clean().await;
}

async fn any_order_with_repetitions_ends_whole(w: World) {
    const N: u64 = 90;
    for (device, seed) in [(w.north, 1), (w.south, 2)] {
        let mut random = Random(seed);
        let mut sent: Vec<u64> = (1..=N).chain((0..N / 2).map(|_| 0)).collect();
        for s in sent.iter_mut().filter(|s| **s == 0) {
            *s = 1 + random.below(usize::try_from(N).unwrap()) as u64;
        }
        random.shuffle(&mut sent);
        let mut first: BTreeMap<u64, Outcome> = BTreeMap::new();
        let mut rest = sent.as_slice();
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(rest.len().min(1 + random.below(17)));
            rest = more;
            let entries: Vec<_> = batch.iter().map(|s| device.fill(&fill(*s, "NOBODY"))).collect();
            let done = w.commit(&[], &entries).await;
            for (seq, outcome) in batch.iter().zip(done.outcomes) {
                match first.get(seq) {
                    None => {
                        assert!(accepted(&outcome), "{seq}: {outcome:?}");
                        first.insert(*seq, outcome);
                    }
                    Some(f) => assert_eq!(outcome, Outcome::Duplicate { first: Box::new(f.clone()) }, "{seq}"),
                }
            }
            let top = *first.last_key_value().unwrap().0;
            let missing: BTreeSet<u64> = (1..top).filter(|s| !first.contains_key(s)).collect();
            let p = &done.progress[&device.device];
            let open: BTreeSet<u64> = p.gaps.iter().flat_map(|g| g.1.unsigned_abs()..=g.2.unsigned_abs()).collect();
            assert_eq!((open, p.next_seq.unsigned_abs()), (missing, top + 1));
        }
        let p = w.progress(device).await;
        assert_eq!((p.gaps.len(), p.next_seq.unsigned_abs()), (0, N + 1));
        let mut seqs: Vec<i64> =
            w.events().await.iter().filter(|e| e.device_id == device.device).map(|e| e.seq).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=90).collect::<Vec<i64>>(), "each once");
        w.clean().await;
    }
}

async fn a_reused_number_is_set_aside(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let (one, other, third) = (fill(1, "T1"), FillRecord { gross_g: 30_931, ..fill(1, "T1") }, fill(1, "T9"));
    let first = w.fill(w.north, &one).await;
    let stored = w.events().await;
    assert_eq!(w.fill(w.north, &other).await, Outcome::Quarantined(RecordCode::SeqReused));
    let again = Outcome::Duplicate { first: Box::new(Outcome::Quarantined(RecordCode::SeqReused)) };
    assert_eq!(w.fill(w.north, &other).await, again);
    assert_eq!(w.fill(w.north, &third).await, Outcome::Quarantined(RecordCode::SeqReused));
    assert_eq!(w.fill(w.north, &one).await, Outcome::Duplicate { first: Box::new(first) }, "the first stands");
    assert_eq!(w.events().await, stored);
    let kinds = w.alert_kinds().await;
    assert_eq!(kinds, ["FILL_NOT_ASKED", "DISORDER", "DISORDER"], "one for each content");
    let held = data::quarantine::Entity::find().all(w.db.read()).await.unwrap();
    assert_eq!(held.len(), 2);
    assert!(held.iter().any(|q| q.record.contains("30931")), "what was set aside is kept whole");
    // Within one batch the first stands too.
    let outcomes =
        w.record(&[w.north.fill(&fill(2, "T1")), w.north.fill(&fill(2, "T8")), w.north.fill(&fill(2, "T8"))]).await;
    assert!(accepted(&outcomes[0]));
    assert_eq!(outcomes[1..], [Outcome::Quarantined(RecordCode::SeqReused), again]);
    w.clean().await;
}

async fn a_gun_that_lost_its_memory(w: World) {
    let at = |epoch, seq| w.north.fill(&FillRecord { epoch, ..fill(seq, "NOBODY") });
    w.record(&[at(1, 1), at(1, 2)]).await;
    // The epoch after the next cannot be attributed.
    assert_eq!(w.record(&[at(3, 1)]).await, [Outcome::Quarantined(RecordCode::EpochUnknown)]);
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 1, next_seq: 3, gaps: vec![] });
    let done = w.commit(&[], &[at(2, 1), at(2, 2)]).await;
    assert!(done.outcomes.iter().all(accepted));
    assert_eq!((done.progress[&w.north.device].epoch, done.progress[&w.north.device].next_seq), (2, 3));
    assert_eq!(w.alert_kinds().await.iter().filter(|k| *k == "EPOCH_RAISED").count(), 1);
    // The old epoch's end, which was still on its way; with a hole in it.
    assert!(w.record(&[at(1, 5)]).await.iter().all(accepted));
    assert_eq!(w.progress(w.north).await.gaps, [(1, 3, 4)]);
    assert_eq!(w.progress(w.north).await.epoch, 2);
    assert!(w.record(&[at(1, 4), at(1, 3), at(2, 3)]).await.iter().all(accepted));
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 2, next_seq: 4, gaps: vec![] });
    // Two epochs in one batch; the first record of an epoch may be missing.
    assert!(w.record(&[at(3, 2), at(4, 1)]).await.iter().all(accepted));
    assert_eq!(w.progress(w.north).await.gaps, [(3, 1, 1)]);
    assert_eq!(w.alert_kinds().await.iter().filter(|k| *k == "EPOCH_RAISED").count(), 3);
    w.clean().await;
}

async fn a_leap_is_set_aside(w: World) {
    let at = |seq| w.north.fill(&fill(seq, "NOBODY"));
    // At most so many may be missing before it.
    assert_eq!(w.record(&[at(SEQ_LEAP + 2)]).await, [Outcome::Quarantined(RecordCode::SeqLeap)]);
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 1, next_seq: 1, gaps: vec![] });
    assert!(w.record(&[at(SEQ_LEAP + 1)]).await.iter().all(accepted));
    assert_eq!(w.progress(w.north).await.gaps, [(1, 1, 1_000_000)]);
    assert!(
        w.record(&[at(domain::event::SEQ_MAX)]).await.iter().all(|o| *o == Outcome::Quarantined(RecordCode::SeqLeap))
    );
    w.clean().await;
}

async fn an_impossible_time_uses_its_number_up(w: World) {
    let skew = w.rules.param("PAR-SKEW").unwrap() * 1_000;
    let at = |seq, at| w.north.fill(&fill_at(seq, "NOBODY", at));
    let future = at(2, NOW + skew + 1);
    let outcomes = w.record(&[at(1, NOW + skew), future.clone(), at(3, NOW)]).await;
    assert!(accepted(&outcomes[0]) && accepted(&outcomes[2]), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Quarantined(RecordCode::ImpossibleTime));
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 1, next_seq: 4, gaps: vec![] });
    w.clean().await;
    let first = Box::new(Outcome::Quarantined(RecordCode::ImpossibleTime));
    assert_eq!(w.record(&[future]).await, [Outcome::Duplicate { first }]);
    assert_eq!(w.record(&[at(2, NOW)]).await, [Outcome::Quarantined(RecordCode::SeqReused)], "its number is gone");
    assert_eq!(w.events().await.len(), 2);
    // A clock that was never set.
    let unset = at(4, domain::clock::parse_instant("1999-12-31T23:59:59Z").unwrap());
    assert_eq!(w.record(&[unset]).await, [Outcome::Quarantined(RecordCode::ImpossibleTime)]);
    assert!(
        w.record(&[at(5, domain::clock::parse_instant("2000-01-01T00:00:00Z").unwrap())]).await.iter().all(accepted)
    );
    w.clean().await;
}

/// An epoch or a leap that was refused leaves no trace in the sequence: when its number's time has come, it is a number
/// like any other, also when a higher one overtakes it.
async fn a_number_that_could_not_be_placed_is_still_free(w: World) {
    let at = |epoch, seq, gross_g| w.north.fill(&FillRecord { epoch, gross_g, ..fill(seq, "NOBODY") });
    assert_eq!(w.record(&[at(3, 1, 30_000)]).await, [Outcome::Quarantined(RecordCode::EpochUnknown)]);
    assert!(w.record(&[at(2, 1, 30_000), at(3, 2, 30_000)]).await.iter().all(accepted));
    assert_eq!(w.progress(w.north).await.gaps, [(3, 1, 1)]);
    let outcomes = w.record(&[at(3, 1, 30_001)]).await;
    assert!(accepted(&outcomes[0]), "{outcomes:?}");
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 3, next_seq: 3, gaps: vec![] });
    w.clean().await;
    // The very record that was set aside, sent again when its time has come.
    assert_eq!(w.record(&[at(5, 1, 30_000)]).await, [Outcome::Quarantined(RecordCode::EpochUnknown)]);
    assert!(w.record(&[at(4, 1, 30_000), at(5, 2, 30_000)]).await.iter().all(accepted));
    let outcomes = w.record(&[at(5, 1, 30_000)]).await;
    assert!(accepted(&outcomes[0]), "{outcomes:?}");
    assert_eq!(w.progress(w.north).await.gaps, []);
    w.clean().await;
}

async fn what_was_set_aside_for_its_epoch_can_be_set_aside_for_its_time(w: World) {
    let at = |epoch, seq, at| w.north.fill(&FillRecord { epoch, ..fill_at(seq, "NOBODY", at) });
    let never = at(3, 1, NOW + 86_400_000);
    assert_eq!(w.record(std::slice::from_ref(&never)).await, [Outcome::Quarantined(RecordCode::EpochUnknown)]);
    assert!(w.record(&[at(2, 1, NOW)]).await.iter().all(accepted));
    assert_eq!(w.record(std::slice::from_ref(&never)).await, [Outcome::Quarantined(RecordCode::ImpossibleTime)]);
    let first = || Box::new(Outcome::Quarantined(RecordCode::ImpossibleTime));
    assert_eq!(w.record(&[never]).await, [Outcome::Duplicate { first: first() }]);
    assert_eq!(w.progress(w.north).await, data::device::Progress { epoch: 3, next_seq: 2, gaps: vec![] });
    // All of it in one transaction.
    let never = at(5, 1, NOW + 86_400_000);
    let outcomes = w.record(&[never.clone(), never.clone(), at(4, 1, NOW), never.clone(), never.clone()]).await;
    let unknown = || Outcome::Quarantined(RecordCode::EpochUnknown);
    assert_eq!(outcomes[..2], [unknown(), Outcome::Duplicate { first: Box::new(unknown()) }]);
    assert_eq!(
        outcomes[3..],
        [Outcome::Quarantined(RecordCode::ImpossibleTime), Outcome::Duplicate { first: first() }]
    );
    assert_eq!(w.record(&[never]).await, [Outcome::Duplicate { first: first() }]);
    w.clean().await;
}
