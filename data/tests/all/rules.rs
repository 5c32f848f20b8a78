//! Rules that are edited: a draft, what it would come to, two persons, a version that decides from a number on, and what is stored
//! derived anew.

use crate::support::{NORTH, NOW, SOUTH, World, both, dated, file, fill};
use data::{
    audit::{self, Actor},
    evidence,
    ledger::{self, Memory, STRETCH},
    rederivation::{self, Next},
    rule, rule_draft,
    rule_draft::Act,
    rule_preview,
    secret::Master,
};
use domain::{
    clock::{self, DAY_MS},
    event::EventKind,
    gate::Decision,
    rules::{
        RuleRow, RuleSet,
        draft::{Deny, Stage},
        preview::{Figures, Moved, Standing},
    },
    scope::{Scope, Viewer},
};
use migrations::{Migrator, MigratorTrait};

both!(
    a_preview_tells_what_then_happens,
    whoever_had_a_hand_in_a_draft_does_not_decide_on_it,
    a_draft_follows_the_newest_version,
    a_row_that_begins_on_a_later_day_is_derived_on_that_day,
    a_tampered_rederivation_is_named,
    each_version_stands_in_the_audit_log_once,
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn actor(account: i64) -> Actor {
    Actor { account, session: 1, address: "127.0.0.1".into() }
}

fn row(set: &RuleSet, id: &str) -> RuleRow {
    set.rows.iter().find(|r| r.rule_id == id).unwrap().clone()
}

async fn begin(w: &World, by: i64) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let id = rule_draft::begin(&txn, "试点缩短检验周期", by, w.now).await.unwrap();
    txn.commit().await.unwrap();
    id
}

async fn change(w: &World, id: i64, row: &RuleRow, by: i64) -> Option<Result<(), Deny>> {
    let txn = w.db.begin_write().await.unwrap();
    let asked = rule_draft::put_change(&txn, id, row, by, w.now).await.unwrap();
    txn.commit().await.unwrap();
    asked
}

async fn act(w: &World, id: i64, act: Act, by: i64) -> Option<Result<(), Deny>> {
    let txn = w.db.begin_write().await.unwrap();
    let asked = rule_draft::act(&txn, id, &act, by, w.now).await.unwrap();
    txn.commit().await.unwrap();
    asked
}

const DONE: Option<Result<(), Deny>> = Some(Ok(()));

async fn preview(w: &World, id: i64) -> Figures {
    assert_eq!(act(w, id, Act::Preview, 1).await, DONE);
    let asked = rule_preview::next(w.db.read()).await.unwrap().unwrap();
    let figures = rule_preview::make(&w.db, asked).await.unwrap().unwrap();
    assert_eq!(rule_preview::next(w.db.read()).await.unwrap(), None);
    let kept = rule_preview::of(w.db.read(), id).await.unwrap().unwrap();
    assert_eq!((kept.done, kept.total, kept.figures()), (figures.seen, figures.seen, Some(figures.clone())));
    figures
}

/// Publishes, as the writer does.
async fn publish(w: &mut World, id: i64) -> Option<Result<i64, Deny>> {
    let txn = w.db.begin_write().await.unwrap();
    let asked = rule_draft::publish(&txn, id, &actor(2), w.now).await.unwrap();
    txn.commit().await.unwrap();
    asked.map(|r| {
        r.map(|(set, _)| {
            w.rules = set;
            w.rules.version
        })
    })
}

/// A draft of one row, from its beginning to its publication.
async fn enforce(w: &mut World, row: &RuleRow) -> Figures {
    let id = begin(w, 1).await;
    assert_eq!(change(w, id, row, 1).await, DONE);
    let told = preview(w, id).await;
    assert_eq!(act(w, id, Act::Submit, 1).await, DONE);
    assert_eq!(act(w, id, Act::Approve, 2).await, DONE);
    assert_eq!(publish(w, id).await, Some(Ok(w.rules.version)));
    told
}

/// One stretch; whether there was one. Each by a writer that remembers nothing, as after a kill.
async fn stretch(w: &World) -> bool {
    let txn = w.db.begin_write().await.unwrap();
    let done = ledger::rederive(&txn, &mut Memory::default(), &w.rules, w.now).await.unwrap();
    txn.commit().await.unwrap();
    done.no > done.from
}

async fn moved(w: &World, id: i64, narrow: &rule_preview::Narrow, size: usize) -> Vec<Moved> {
    let draft = rule_draft::by_id(w.db.read(), id).await.unwrap().unwrap();
    let (mut all, mut after) = (vec![], 0);
    loop {
        let day = clock::local_date(w.now);
        let (rows, next) = rule_preview::moved(&w.db, CITY, &draft, narrow, (day, after, size)).await.unwrap();
        assert!(rows.len() <= size && rows.windows(2).all(|p| p[0].id < p[1].id));
        all.extend(rows);
        match next {
            Some(next) => {
                assert!(next > after);
                after = next;
            }
            None => return all,
        }
    }
}

/// More than two stretches of cylinders, of all sorts.
async fn city(w: &World) {
    let made = ["2009-03", "2016-01", "2020-10", "2022-02", "2024-05", "2025-08"];
    let inspected = ["", "2019-06", "2023-01", "2024-12", "2026-03"];
    let files: Vec<_> = (0..STRETCH * 2 + 150)
        .map(|n| {
            let n = usize::try_from(n).unwrap();
            let home = if n % 3 == 0 { w.south } else { w.north };
            let mut f = dated(&format!("T{n:04}"), home, made[n % made.len()], inspected[n % inspected.len()]);
            if n % 11 == 0 {
                f.state = domain::ledger::FileState::Scrapped;
            }
            f
        })
        .collect();
    for chunk in files.chunks(200) {
        w.register(chunk).await;
    }
}

async fn a_preview_tells_what_then_happens(mut w: World) {
    city(&w).await;
    let master = Master::new(vec![7; 32]);
    let pack = async |w: &World, id| {
        let files = evidence::of(&w.db, CITY, id).await.unwrap().unwrap().files(&master, w.now).unwrap();
        (evidence::check(&files).unwrap(), files)
    };
    let before = w.states().await;
    let old = pack(&w, before[4].cylinder_id).await;
    let id = begin(&w, 1).await;
    let shorter = RuleRow { value: 24, confirmed: false, ..row(&w.rules, "INT-LPG-1") };
    let window = RuleRow { value: 60, ..row(&w.rules, "PAR-DUE-SOON") };
    let life = RuleRow { value: 144, ..row(&w.rules, "LIFE-LPG-2006") };
    for r in [&shorter, &window, &life] {
        assert_eq!(change(&w, id, r, 1).await, DONE);
    }
    let told = preview(&w, id).await;
    let list = moved(&w, id, &rule_preview::Narrow::default(), 37).await;
    assert_eq!(list.len() as i64, told.moved);
    assert_eq!(told.seen, before.len() as i64);
    // The sums are those of the list, and every way of narrowing is a part of it.
    let (due, ends) =
        (list.iter().filter(|m| m.was.due != m.is.due), list.iter().filter(|m| m.was.life_end != m.is.life_end));
    assert_eq!((due.count() as i64, ends.count() as i64), (told.due, told.life_end));
    for (from, to, n) in &told.standings {
        let narrow = rule_preview::Narrow { from: Some(*from), to: Some(*to), ..Default::default() };
        let part = moved(&w, id, &narrow, 20).await;
        assert!(*n > 0 && part.len() as i64 == *n, "{from:?} {to:?}");
        assert!(part.iter().all(|m| (m.was.standing, m.is.standing) == (*from, *to)));
    }
    for p in &told.places {
        let narrow = rule_preview::Narrow { district: Some(p.district), org: Some(p.org), ..Default::default() };
        assert_eq!(moved(&w, id, &narrow, 500).await.len() as i64, p.moved);
        assert!([NORTH, SOUTH].contains(&p.district) && !p.district_name.is_empty() && !p.owner.is_empty());
    }
    assert_eq!(told.places.iter().map(|p| p.moved).sum::<i64>(), told.moved);
    assert!(told.standings.iter().any(|s| (s.0, s.1) == (Standing::Valid, Standing::Overdue)), "{told:?}");
    assert!(told.standings.iter().any(|s| s.0 == Standing::PastLife), "{told:?}");
    assert_eq!(w.snapshot(Scope::City).await.figures.stock, told.was);
    // What a district may see.
    let draft = rule_draft::by_id(w.db.read(), id).await.unwrap().unwrap();
    let south = Viewer { scope: Scope::District(SOUTH) };
    let day = clock::local_date(w.now);
    let own = rule_preview::moved(&w.db, south, &draft, &Default::default(), (day, 0, 1_000)).await.unwrap().0;
    assert!(!own.is_empty() && own.iter().all(|m| m.home == "南郊气站"));

    assert_eq!(act(&w, id, Act::Submit, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Approve, 2).await, DONE);
    let asked = ["T0002", "T0004"];
    let decisions = async |w: &World, name: &str| {
        let mut all = vec![];
        for (i, tag) in asked.iter().enumerate() {
            all.push(w.verdict(w.north.ask(&format!("{name}{i}"), tag)).await.decision);
        }
        all
    };
    let gate = |of: fn(&Moved) -> Decision| -> Vec<Decision> {
        asked.iter().map(|t| of(list.iter().find(|m| m.tag == **t).unwrap())).collect()
    };
    assert_eq!(decisions(&w, "a").await, gate(|m| m.was.gate));
    assert_eq!(publish(&mut w, id).await, Some(Ok(2)));
    assert_eq!(rule::current(w.db.read()).await.unwrap(), w.rules);
    w.clean().await;
    // The gate decides by them at once; what is stored follows stretch by stretch, with records between.
    assert_eq!(decisions(&w, "b").await, gate(|m| m.is.gate));
    assert_ne!(gate(|m| m.was.gate), gate(|m| m.is.gate));
    let (mut stretches, mut seq) = (0, 1);
    while stretch(&w).await {
        stretches += 1;
        w.clean().await;
        let tag = format!("T{:04}", 900 - stretches * 100);
        let body = serde_json::json!({"date": "2026-11-20", "result": "pass", "report": "R1"});
        let entries =
            [w.north.fill(&fill(seq, &tag)), w.north.event(seq + 1, EventKind::Inspect, "T0008", w.now - 60_000, body)];
        let outcomes = w.record(&entries).await;
        assert_eq!(outcomes.len(), 2);
        w.register(&[file(&format!("N{stretches}"), w.south)]).await;
        seq += 2;
        w.clean().await;
    }
    assert_eq!(stretches, 3);
    let progress = rederivation::progress(w.db.read()).await.unwrap().unwrap();
    let dated = list.iter().filter(|m| (m.was.due, m.was.life_end) != (m.is.due, m.is.life_end)).count() as i64;
    assert_eq!((progress.version, progress.left, progress.ended), (2, 0, true));
    // One was inspected meanwhile and had its new dates before its turn came.
    assert!((dated - 1..=dated).contains(&progress.changed), "{progress:?} {dated}");
    for s in w.states().await {
        let Some(was) = before.iter().find(|b| b.cylinder_id == s.cylinder_id) else { continue };
        let told = list.iter().find(|m| m.id == s.cylinder_id);
        let day = |d: Option<chrono::NaiveDate>| d.map(clock::day_of);
        let expected = told.map_or((was.due, was.life_end), |m| (day(m.is.due), day(m.is.life_end)));
        if s.cylinder_id == before[8].cylinder_id {
            continue;
        }
        assert_eq!((s.due, s.life_end), expected, "{}", s.cylinder_id);
        let then = data::trace::standing(w.db.read(), s.cylinder_id, w.now).await.unwrap().unwrap();
        assert_eq!(then.1, s, "a trace tells what is stored");
    }
    // Packs of before and of after are what the record tells.
    let new = pack(&w, before[4].cylinder_id).await;
    for (manifest, files) in [&old, &new] {
        assert_eq!(evidence::compare(&w.db, manifest, files).await.unwrap(), None);
    }
    assert!(new.0.up_to > old.0.up_to);
    assert!(String::from_utf8(new.1["cylinder.json"].clone()).unwrap().contains("\"rederived\""));
    assert_eq!(rederivation::next(w.db.read(), &w.rules, w.now).await.unwrap(), Next::Nothing);
    let line = rule_draft::list(w.db.read(), 10).await.unwrap().remove(0);
    assert_eq!((line.stage, line.version, line.changes), (Stage::Published, Some(2), 3));
    let versions = rule_draft::versions(w.db.read()).await.unwrap();
    let told: Vec<_> = versions.iter().map(|v| (v.version, v.draft.is_some(), v.from_no.is_some())).collect();
    assert_eq!(told, [(2, true, true), (1, false, true)]);
}

async fn whoever_had_a_hand_in_a_draft_does_not_decide_on_it(mut w: World) {
    w.register(&[file("T1", w.north)]).await;
    let (id, none) = (begin(&w, 1).await, 999);
    let shorter = RuleRow { value: 24, ..row(&w.rules, "INT-LPG-1") };
    let deny = |d| Some(Err(d));
    assert_eq!(change(&w, none, &shorter, 1).await, None);
    for a in [Act::Preview, Act::Submit, Act::Approve, Act::Discard] {
        assert_eq!(act(&w, none, a, 1).await, None);
    }
    assert_eq!(publish(&mut w, none).await, None);
    assert_eq!(act(&w, id, Act::Submit, 1).await, deny(Deny::Empty));
    assert_eq!(change(&w, id, &shorter, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Submit, 1).await, deny(Deny::Preview));
    preview(&w, id).await;
    // Another change: what was computed is of another draft.
    let third = RuleRow { value: 45, ..row(&w.rules, "PAR-DUE-SOON") };
    assert_eq!(change(&w, id, &third, 3).await, DONE);
    assert_eq!(act(&w, id, Act::Submit, 1).await, deny(Deny::Preview));
    // What is as it was is no change; whoever made it had a hand in it all the same.
    let back = row(&w.rules, "PAR-DUE-SOON");
    assert_eq!(change(&w, id, &back, 4).await, DONE);
    assert_eq!(rule_draft::changes(w.db.read(), id).await.unwrap(), std::slice::from_ref(&shorter));
    preview(&w, id).await;
    for a in [Act::Approve, Act::SendBack("x".into())] {
        assert_eq!(act(&w, id, a, 9).await, deny(Deny::Stage));
    }
    assert_eq!(publish(&mut w, id).await, deny(Deny::Stage).map(|r: Result<(), Deny>| r.map(|()| 0)));
    assert_eq!(act(&w, id, Act::Submit, 5).await, DONE);
    assert_eq!(change(&w, id, &third, 1).await, deny(Deny::Stage));
    for by in [1, 3, 4, 5] {
        assert_eq!(act(&w, id, Act::Approve, by).await, deny(Deny::Own), "{by}");
        assert_eq!(act(&w, id, Act::SendBack("x".into()), by).await, deny(Deny::Own), "{by}");
    }
    assert_eq!(act(&w, id, Act::SendBack("依据不足".into()), 2).await, DONE);
    let m = rule_draft::by_id(w.db.read(), id).await.unwrap().unwrap();
    assert_eq!((m.stage(), m.reason.as_str(), m.decider_id), (Stage::Drafting, "依据不足", Some(2)));
    assert_eq!(act(&w, id, Act::Submit, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Approve, 2).await, DONE);
    assert_eq!(act(&w, id, Act::Withdraw, 1).await, DONE);
    assert_eq!(publish(&mut w, id).await.unwrap(), Err(Deny::Stage));
    assert_eq!(act(&w, id, Act::Discard, 1).await, DONE);
    for a in [Act::Preview, Act::Rebase, Act::Submit, Act::Withdraw, Act::Discard] {
        assert_eq!(act(&w, id, a, 1).await, deny(Deny::Stage));
    }
    assert_eq!(rule::newest(w.db.read()).await.unwrap(), Some(1));
    w.clean().await;
}

async fn a_draft_follows_the_newest_version(mut w: World) {
    w.register(&[file("T1", w.north)]).await;
    let id = begin(&w, 1).await;
    let shorter = RuleRow { value: 24, ..row(&w.rules, "INT-LPG-1") };
    assert_eq!(change(&w, id, &shorter, 1).await, DONE);
    preview(&w, id).await;
    assert_eq!(act(&w, id, Act::Submit, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Approve, 2).await, DONE);
    // Another one was quicker.
    let window = RuleRow { value: 45, ..row(&w.rules, "PAR-DUE-SOON") };
    enforce(&mut w, &window).await;
    assert_eq!(w.rules.version, 2);
    assert_eq!(publish(&mut w, id).await.unwrap(), Err(Deny::Stale));
    assert_eq!(act(&w, id, Act::Withdraw, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Submit, 1).await, Some(Err(Deny::Stale)));
    assert_eq!(act(&w, id, Act::Rebase, 1).await, DONE);
    preview(&w, id).await;
    assert_eq!(act(&w, id, Act::Submit, 1).await, DONE);
    assert_eq!(act(&w, id, Act::Approve, 2).await, DONE);
    assert_eq!(publish(&mut w, id).await, Some(Ok(3)));
    // Both are in it.
    assert_eq!((w.rules.due_soon_days(), row(&w.rules, "INT-LPG-1").value), (45, 24));
    while stretch(&w).await {}
    w.clean().await;
}

async fn a_row_that_begins_on_a_later_day_is_derived_on_that_day(mut w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    assert_eq!(rederivation::next(w.db.read(), &w.rules, w.now).await.unwrap(), Next::Nothing);
    let due = async |w: &World| w.states().await;
    let before: Vec<_> = due(&w).await.into_iter().map(|s| s.due).collect();
    let tomorrow = clock::date_of(clock::local_day(NOW) + 1);
    // It is more specific than the one of today.
    let new = RuleRow {
        rule_id: "INT-LPG-35".into(),
        model: Some("YSP35.5".into()),
        value: 24,
        effective_from: Some(tomorrow),
        ..row(&w.rules, "INT-LPG-1")
    };
    enforce(&mut w, &new).await;
    while stretch(&w).await {}
    let now: Vec<_> = due(&w).await.into_iter().map(|s| s.due).collect();
    assert_eq!(now, before, "not yet");
    w.now += DAY_MS;
    assert_eq!(rederivation::next(w.db.read(), &w.rules, w.now).await.unwrap(), Next::Begin);
    while stretch(&w).await {
        w.clean().await;
    }
    let day = |s: &str| Some(clock::day_of(s.parse().unwrap()));
    let now: Vec<_> = due(&w).await.into_iter().map(|s| s.due).collect();
    assert_eq!(now, [day("2026-05-31"), day("2026-05-31")]);
    assert_eq!(rederivation::next(w.db.read(), &w.rules, w.now).await.unwrap(), Next::Nothing);
    w.clean().await;
}

async fn a_tampered_rederivation_is_named(mut w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let shorter = RuleRow { value: 24, ..row(&w.rules, "INT-LPG-1") };
    let told = enforce(&mut w, &shorter).await;
    assert_eq!((told.was.overdue, told.is.overdue), (0, 2));
    assert_eq!(w.snapshot(Scope::City).await.figures.stock, told.was);
    while stretch(&w).await {}
    w.clean().await;
    assert_eq!(w.snapshot(Scope::City).await.figures.stock, told.is);
    let last = rederivation::last(w.db.read()).await.unwrap().unwrap();
    assert_eq!((last.changed, last.ends()), (2, true));
    let no = last.no;
    for (set, back, told) in [
        ("changed = 1", "changed = 2", format!("rederivation {no}: cylinders that changed")),
        ("to_id = 1", &*format!("to_id = {}", last.to_id), "state of cylinder".to_owned()),
        ("after_id = 1", "after_id = 0", format!("rederivation {no}: it does not go on")),
        ("version = 1", "version = 2", format!("rederivation {no}: version")),
    ] {
        assert_eq!(w.sql(&format!("UPDATE rederivation SET {set} WHERE no = {no}")).await, 1);
        let report = w.verify().await;
        assert!(report.named.iter().any(|n| n.contains(&told)), "{set}: {:?}", report.named);
        w.sql(&format!("UPDATE rederivation SET {back} WHERE no = {no}")).await;
        w.clean().await;
    }
    w.sql(&format!("DELETE FROM rederivation WHERE no = {no}")).await;
    let report = w.verify().await;
    assert!(report.named.iter().any(|n| n.contains("last ledger number")), "{:?}", report.named);
}

async fn each_version_stands_in_the_audit_log_once(mut w: World) {
    let start = async |w: &World| {
        let txn = w.db.begin_write().await.unwrap();
        let told = rule::log_shipped(&txn, w.now).await.unwrap();
        txn.commit().await.unwrap();
        told
    };
    assert_eq!((start(&w).await, start(&w).await), (vec![1], vec![]), "a fresh record, and its second start");
    // One is published by a person, the next two are brought by upgrades. A start that breaks off leaves nothing.
    let changed = RuleRow { value: 45, ..row(&w.rules, "PAR-DUE-SOON") };
    enforce(&mut w, &changed).await;
    assert!(start(&w).await.is_empty());
    w.sql("DELETE FROM rule WHERE version = 2 AND rule_id = 'PAR-SKEW'").await;
    let seed = async |w: &World| {
        let txn = w.db.begin_write().await.unwrap();
        rule::seed(&txn).await.unwrap();
        txn.commit().await.unwrap();
    };
    seed(&w).await;
    w.sql("UPDATE rule SET source = 'rules.md §12' WHERE version > 1 AND rule_id = 'CRD-HAZARD'").await;
    let all = Migrator::migrations();
    let step = all.iter().find(|m| m.name().contains("000033")).unwrap();
    step.up(&migrations::SchemaManager::new(w.db.writer())).await.unwrap();
    let txn = w.db.begin_write().await.unwrap();
    rule::log_shipped(&txn, w.now).await.unwrap();
    drop(txn);
    assert_eq!((start(&w).await, start(&w).await), (vec![3, 4], vec![]));
    let filter = audit::Filter { action: Some("rule.".into()), ..audit::Filter::default() };
    let log = audit::list(w.db.read(), &filter, 100).await.unwrap();
    let told = |l: &domain::account::AuditLine| {
        let detail: serde_json::Value = serde_json::from_str(&l.detail).unwrap();
        (l.action.clone(), detail["version"].as_i64().unwrap(), detail["rules"].to_string(), l.address.clone())
    };
    let told: Vec<_> = log.iter().rev().map(told).collect();
    let of = |action: &str, version: i64, rules: &str, by: &str| {
        (action.to_owned(), version, rules.to_owned(), by.to_owned())
    };
    let want = [
        of(rule::SHIP, 1, "[]", "server"),
        of("rule.publish", 2, "[\"PAR-DUE-SOON\"]", "127.0.0.1"),
        of(rule::SHIP, 3, "[\"PAR-SKEW\"]", "server"),
        of(rule::SHIP, 4, "[\"CRD-HAZARD\"]", "server"),
    ];
    assert_eq!(told, want);
    let report = audit::verify(&w.db, b"k", None).await.unwrap();
    assert_eq!(report.named, ["audit: the signed head is missing"], "the chain itself is whole");
}
