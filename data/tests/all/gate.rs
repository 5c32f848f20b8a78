//! The gate on stored facts: reasons, the record of the decision, retries, clones.

use crate::support::{NOW, World, both, dated, file, fill, fill_at};
use data::ledger::{Answer, Outcome, Question};
use domain::{
    event::{EventKind, content_hash},
    gate::{self, Decision, Facts},
    ledger::{Custody, Metric, WHOLE_DAY, flag},
    outcome::{Anomaly, Reason},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

both!(every_decision_is_recorded_with_what_it_was_made_of, a_retry_gets_the_first_answer);
both!(a_trust_contract_ends_with_its_last_day, vector_18_both_reads_are_named, a_read_a_lorry_could_make_is_no_clone);

async fn counter(w: &World, metric: Metric) -> i64 {
    use data::counter::{Column, Entity};
    let rows = Entity::find().filter(Column::Metric.eq(metric.number())).filter(Column::Minute.eq(WHOLE_DAY));
    rows.all(w.db.read()).await.unwrap().iter().map(|r| r.value).sum()
}

async fn every_decision_is_recorded_with_what_it_was_made_of(w: World) {
    let (own, foreign) = (file("OWN", w.north), file("FOREIGN", w.south));
    let files =
        [own, foreign, dated("OLD", w.north, "2006-12", "2020-01"), dated("SOON", w.north, "2022-12-05", "2022-12-05")];
    w.register(&files).await;
    let oxygen = Question { medium: "O2".into(), hash: content_hash(&"o2"), ..w.north.ask("a5", "OWN") };
    let argon = Question { medium: "AR".into(), hash: content_hash(&"ar"), ..w.north.ask("a6", "OWN") };
    let asked: Vec<(Question, &[Reason])> = vec![
        (w.north.ask("a1", "OWN"), &[]),
        (w.north.ask("a2", "FOREIGN"), &[Reason::NotOwn]),
        (w.north.ask("a3", "OLD"), &[Reason::LifeExceeded, Reason::InspectionExpired]),
        (w.north.ask("a4", "NOBODY"), &[Reason::TagUnknown]),
        (oxygen, &[Reason::MediumMismatch]),
        (argon, &[Reason::MediumMismatch, Reason::LicenceScope]),
        (w.north.ask("a7", "SOON"), &[Reason::DueSoon]),
    ];
    let questions: Vec<Question> = asked.iter().map(|(q, _)| q.clone()).collect();
    let done = w.commit(&questions, &[]).await;
    for ((q, expected), answer) in asked.iter().zip(&done.answers) {
        let Answer::Decided { verdict, duplicate, .. } = answer else { panic!("{}: reused", q.attempt) };
        assert_eq!((verdict.reasons.as_slice(), *duplicate), (*expected, false), "{}", q.attempt);
    }
    w.sql("UPDATE org SET licence_until = '2026-11-20' WHERE name = '北郊气站'").await;
    let late = w.verdict(w.north.ask("a8", "FOREIGN")).await;
    assert_eq!((late.decision, late.reasons), (Decision::Block, vec![Reason::NotOwn, Reason::LicenceExpired]));

    // A replay of what was kept comes to the same word, whatever the register says by now.
    let stored = w.attempts().await;
    assert_eq!(stored.len(), 8);
    for a in &stored {
        let facts: Facts = serde_json::from_str(&a.facts).unwrap();
        let again = gate::decide(&facts, &w.rules);
        assert_eq!((a.reason_codes(), a.decision, a.rule_version), (again.reasons, again.decision.number(), 1));
        assert_eq!(a.facts_hash, facts.hash());
        assert_eq!((facts.as_of.to_string().as_str(), a.recorded_at), ("2026-11-21", NOW));
    }
    assert_eq!(w.alert_kinds().await, ["ILLEGAL_TAG_ATTEMPT"]);
    assert_eq!(w.alerts().await[0].cause_no, Some(stored[3].no));
    assert_eq!((counter(&w, Metric::Blocked).await, counter(&w, Metric::Warned).await), (6, 1));
    // a2: 1, a3: 2, a4: 1, a5: 1, a6: 2, a8: 2.
    assert_eq!(counter(&w, Metric::BlockedReason).await, 9);
    w.clean().await;
}

async fn a_retry_gets_the_first_answer(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let q = w.north.ask("a1", "T1");
    let decided = |a: Answer| match a {
        Answer::Decided { verdict, no, facts_hash, duplicate, .. } => (verdict, no, facts_hash, duplicate),
        other => panic!("{other:?}"),
    };
    let first = decided(w.ask(q.clone()).await);
    // The register changes; the first answer stands.
    w.sql("UPDATE org SET licence_until = '2020-01-01'").await;
    let ledger = w.attempts().await;
    let done = w.commit(&[q.clone(), q.clone()], &[]).await;
    assert!(done.published.is_empty());
    for again in done.answers.into_iter().map(decided) {
        assert_eq!(again, (first.0.clone(), first.1, first.2.clone(), true));
    }
    assert!(matches!(w.ask(w.north.ask("a1", "T2")).await, Answer::Reused));
    assert!(matches!(w.ask(w.north.ask_at("a1", "T1", NOW)).await, Answer::Reused));
    assert_eq!(w.attempts().await, ledger, "nothing of it was written");
    // Another gun may use the same name. (Its station is too far away to have the same cylinder at the same time.)
    assert_eq!(decided(w.ask(w.south.ask("a1", "T9")).await).0.reasons, [Reason::TagUnknown, Reason::LicenceExpired]);
    // Within one transaction too.
    let done = w.commit(&[w.north.ask("b", "X1"), w.north.ask("b", "X1"), w.north.ask("b", "X2")], &[]).await;
    let kinds: Vec<Option<bool>> = done
        .answers
        .iter()
        .map(|a| if let Answer::Decided { duplicate, .. } = a { Some(*duplicate) } else { None })
        .collect();
    assert_eq!(kinds, [Some(false), Some(true), None]);
    w.clean().await;
}

async fn a_trust_contract_ends_with_its_last_day(w: World) {
    let ids = w.register(&[file("T1", w.south)]).await;
    let org = w.north.org;
    assert_eq!(w.verdict(w.north.ask("a1", "T1")).await.reasons, [Reason::NotOwn]);
    w.sql(&format!("INSERT INTO entrustment VALUES ({}, {org}, '2026-01-01', '2026-11-21')", ids[0])).await;
    assert_eq!(w.verdict(w.north.ask("a2", "T1")).await.decision, Decision::Allow);
    // Vector 16: it ended yesterday.
    w.sql("UPDATE entrustment SET valid_to = '2026-11-20'").await;
    assert_eq!(w.verdict(w.north.ask("a3", "T1")).await.reasons, [Reason::NotOwn]);
    w.sql("UPDATE entrustment SET valid_from = '2026-11-22', valid_to = NULL").await;
    assert_eq!(w.verdict(w.north.ask("a4", "T1")).await.reasons, [Reason::NotOwn]);
    w.clean().await;
}

async fn vector_18_both_reads_are_named(w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    w.ask(w.north.ask("n1", "T1")).await;
    let first = w.fill(w.north, &domain::event::FillRecord { attempt: Some("n1".into()), ..fill(1, "T1") }).await;
    let Outcome::Accepted { no: first, .. } = first else { panic!("{first:?}") };
    assert_eq!(w.alert_kinds().await, [""; 0]);
    // Forty kilometres away, five minutes later.
    let second = w.record(&[w.south.custody(1, EventKind::ReceiveEmpty, "T1", NOW)]).await;
    let Outcome::Accepted { no: second, .. } = second[0] else { panic!("{second:?}") };
    let alerts = w.alerts().await;
    assert_eq!(alerts.len(), 1);
    let a = &alerts[0];
    assert_eq!(
        (a.kind.as_str(), a.cylinder_id, a.tag.as_str(), a.site_id),
        ("CLONE", Some(ids[0]), "T1", w.south.site)
    );
    assert_eq!((a.cause_no, a.other_no), (Some(second), Some(first)), "both reads are named");
    let states = w.states().await;
    assert_eq!((states[0].flags & flag::CLONE, states[1].flags & flag::CLONE), (flag::CLONE, 0));
    // From now on nobody fills it.
    let v = w.verdict(w.south.ask_at("s1", "T1", NOW)).await;
    assert_eq!(
        (v.decision, v.reasons),
        (Decision::Block, vec![Reason::TagDuplicate, Reason::NotOwn, Reason::ChainGap])
    );
    // A question is a read as well: the gate stops the second of two guns in the same breath.
    w.ask(w.north.ask_at("n2", "T2", NOW)).await;
    let v = w.verdict(w.south.ask_at("s2", "T2", NOW)).await;
    assert_eq!(v.reasons, [Reason::TagDuplicate, Reason::NotOwn]);
    assert_eq!(w.alert_kinds().await, ["CLONE", "CLONE"]);
    // Filled all the same: a fact is kept, and told.
    let record = domain::event::FillRecord { attempt: Some("s2".into()), ..fill_at(2, "T2", NOW) };
    let outcome = w.fill(w.south, &record).await;
    assert!(
        matches!(&outcome, Outcome::Accepted { anomalies, .. } if *anomalies == [Anomaly::FilledThoughBlocked, Anomaly::NotOwn]),
        "{outcome:?}"
    );
    w.clean().await;
}

async fn a_read_a_lorry_could_make_is_no_clone(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let at = |minutes: i64| NOW - minutes * 60_000;
    w.record(&[w.north.custody(1, EventKind::Ship, "T1", at(100))]).await;
    // 40 km at 80 km/h are 30 minutes, and 5 more.
    w.record(&[w.south.custody(1, EventKind::Arrive, "T1", at(64))]).await;
    // Given to a customer and collected: nobody read it at the site.
    w.record(&[
        w.north.custody(2, EventKind::Deliver, "T1", at(63)),
        w.north.custody(3, EventKind::Collect, "T1", at(62)),
    ])
    .await;
    assert_eq!(w.alert_kinds().await, [""; 0]);
    assert_eq!(w.states().await[0].custody, Custody::Returning.number());
    w.clean().await;
}
