//! Credit: what costs points, who sees what, appeals, what other rules would come to, and that keeping it comes to the same as computing it anew.

use crate::support::{Gun, NORTH, NOW, Random, SOUTH, World, both, fill, fill_at};
use data::{
    audit::{self, Actor},
    credit::{self, Acted, EntryDone, FiledAs},
    credit_list, incident,
    ledger::{self, Handled},
    org,
    page::AskError,
    rule, rule_draft,
};
use domain::{
    check::Severity,
    clock::{self, DAY_MS},
    credit::{Act, Asked, Entered, EntryAct, Filed, Grade, Origin, Point, PointRef, State, Trend},
    incident as inc,
    ledger::Finding,
    list::{ListQuery, PageAt},
    rules::{RuleRow, RuleSet},
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, QueryOrder};

both!(
    an_enterprise_reads_why_it_is_c_and_becomes_b,
    keeping_it_comes_to_the_same_as_computing_it_anew,
    an_alert_costs_until_it_is_closed_and_nothing_when_it_was_false,
    what_is_late_lapsed_or_proven_costs,
    a_preview_says_what_then_happens,
    everybody_sees_what_is_his,
    two_at_once_and_forms_sent_twice,
    an_appeal_is_reviewed_by_somebody_else,
    an_appeal_that_was_decided_is_used_up,
    the_later_of_two_decisions_counts_in_a_full_computation,
    anybody_may_look_up_names_only,
    lists_refuse_what_they_do_not_take,
    a_run_without_anything_to_do_writes_nothing,
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn officer(account: i64) -> Actor {
    Actor { account, session: 1, address: "127.0.0.1".into() }
}

fn own(org: i64) -> Viewer {
    Viewer { scope: Scope::Org(org) }
}

/// Runs until nothing is left to do.
async fn run(w: &World) -> u64 {
    let mut rated = 0;
    for _ in 0..500 {
        let ran = credit::run(&w.db, &w.rules, w.now, 50).await.unwrap();
        rated += ran.rated;
        if !ran.more {
            return rated;
        }
    }
    panic!("it never ends");
}

async fn enter(w: &World, org: i64, item: &str) -> (i64, (i64, Grade)) {
    let e = Entered {
        org,
        item: item.into(),
        day: clock::local_date(w.now),
        document: format!("文 {item} {}", w.now),
        note: "查实".into(),
    };
    let txn = w.db.begin_write().await.unwrap();
    let done = credit::enter(&txn, CITY, &w.rules, &e, &officer(6), w.now).await.unwrap();
    txn.commit().await.unwrap();
    match done {
        EntryDone::Done(id, then) => (id, then),
        other => panic!("{other:?}"),
    }
}

async fn close(w: &World, id: i64, act: EntryAct) -> EntryDone {
    let txn = w.db.begin_write().await.unwrap();
    let done = credit::close_entry(&txn, CITY, &w.rules, (id, act), "已整改", &officer(7), w.now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn file(w: &World, org: i64, point: PointRef) -> FiledAs {
    let f = Filed { point, grounds: "不属实".into(), evidence: "检定证书".into() };
    let txn = w.db.begin_write().await.unwrap();
    let done = credit::file(&txn, own(org), &w.rules, &f, &officer(20), w.now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn act(w: &World, viewer: Viewer, id: i64, act: Act, by: i64) -> Acted {
    let seen = credit::appeal(&w.db, CITY, &w.rules, id).await.unwrap().map_or(0, |a| a.steps.len());
    let asked = Asked {
        act,
        note: "核实".into(),
        evidence: String::new(),
        share: (act == Act::Reduce).then_some(50),
        seen: i64::try_from(seen).unwrap(),
    };
    let txn = w.db.begin_write().await.unwrap();
    let done = credit::act(&txn, viewer, &w.rules, (id, &asked), &officer(by), w.now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn hazard(w: &World, gun: Gun, severity: Severity) -> i64 {
    let e = inc::Entered {
        register: inc::Register::Hazard,
        at: w.now - 1,
        kind: inc::Kind::User,
        severity: Some(severity),
        division: if gun.org == w.north.org { NORTH } else { SOUTH },
        place: "经三路 1 号".into(),
        org: gun.org,
        tag: String::new(),
        harm: inc::Harm::default(),
        brief: format!("隐患 {}", w.now),
        cause: String::new(),
        item: "C06".into(),
    };
    let txn = w.db.begin_write().await.unwrap();
    let done = incident::enter(&txn, &e, None, 7, w.now).await.unwrap();
    txn.commit().await.unwrap();
    match done {
        incident::Entry::New(id) | incident::Entry::Twice(id) => id,
    }
}

async fn handle_hazard(w: &World, id: i64, act: inc::Act) -> incident::Done {
    let at = (inc::Register::Hazard, id);
    let seen = incident::one(&w.db, CITY, at.0, id).await.unwrap().map_or(0, |(_, s)| s.len());
    let due = (act == inc::Act::Demand).then(|| clock::local_date(w.now + 3 * DAY_MS));
    let asked = inc::Asked { act, note: "因为".into(), due, amended: None, seen: i64::try_from(seen).unwrap() };
    let txn = w.db.begin_write().await.unwrap();
    let done = incident::act(&txn, CITY, at, &asked, (7, w.now)).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn close_alerts(w: &World, alerts: &[i64], finding: Finding) -> Vec<Handled> {
    let act = domain::ledger::Act::Close { finding };
    let txn = w.db.begin_write().await.unwrap();
    let done = ledger::handle(&txn, CITY, alerts, &act, "查过", &officer(7), w.now).await.unwrap().0;
    txn.commit().await.unwrap();
    done
}

async fn page(w: &World, org: i64) -> domain::credit::RatingPage {
    credit::one(&w.db, CITY, &w.rules, org, w.now).await.unwrap().unwrap()
}

async fn points(w: &World, viewer: Viewer, org: i64) -> Vec<Point> {
    let q = ListQuery { size: 100, ..ListQuery::default() };
    credit::points(&w.db, viewer, &w.rules, org, &q, w.now).await.unwrap().rows
}

/// Everything that is kept, without what only orders a list.
async fn dump(w: &World) -> (Vec<credit::Model>, Vec<credit::rating::Model>) {
    let mut facts = credit::Entity::find().all(w.db.read()).await.unwrap();
    facts.iter_mut().for_each(|f| f.id = 0);
    facts.sort_by(|a, b| (a.org_id, a.source, a.source_no, &a.item).cmp(&(b.org_id, b.source, b.source_no, &b.item)));
    let ratings = credit::rating::Entity::find();
    (facts, ratings.order_by_asc(credit::rating::Column::OrgId).all(w.db.read()).await.unwrap())
}

async fn sound(w: &World) {
    let found = credit::compare(w.db.read(), &w.rules).await.unwrap();
    assert_eq!(found.differences, 0, "{:#?}", found.named);
}

async fn an_enterprise_reads_why_it_is_c_and_becomes_b(mut w: World) {
    let org = w.north.org;
    for item in ["CRD-ENTRY-FINE", "CRD-ENTRY-STOP"] {
        enter(&w, org, item).await;
    }
    let (product, _) = enter(&w, org, "CRD-ENTRY-PRODUCT").await;
    let (untrained, _) = enter(&w, org, "CRD-ENTRY-UNTRAINED").await;
    for _ in 0..3 {
        w.now += 1_000;
        hazard(&w, w.north, Severity::Grave).await;
    }
    run(&w).await;
    // It reads why it is C: by dimension and item, each point with its event, its clause and the day it fades.
    let read = credit::one(&w.db, own(org), &w.rules, org, w.now).await.unwrap().unwrap();
    assert_eq!((read.line.score, read.line.grade, read.line.trend), (76_000, Grade::C, Trend::Down));
    let hazards = read.dimensions.iter().find(|d| d.items.iter().any(|i| i.item == "CRD-HAZARD-GRAVE")).unwrap();
    assert_eq!((hazards.left, hazards.items[0].facts, hazards.items[0].taken), (1_000, 3, 9_000));
    assert_eq!(read.points.len(), 7);
    for p in &read.points {
        assert!(!p.clause.is_empty() && p.fades.is_some_and(|d| d > p.day) && p.cost > 0, "{p:?}");
        assert_eq!(p.event.is_some(), p.point.origin == Origin::Hazard);
    }
    assert!(read.effects.iter().any(|e| e.rule == "CRD-EFFECT-C-SAMPLING") && read.curve.len() >= 12);
    // What if: two of them are enough.
    let what = credit::what_if(&w.db, own(org), &w.rules, org, w.now).await.unwrap().unwrap();
    assert_eq!((what.grade, what.close.len(), what.score), (Grade::B, 2, 80_500));
    assert!(what.alone.is_some());
    // It appeals, and half of it is left.
    let point = PointRef { origin: Origin::Entry, no: untrained, item: "CRD-ENTRY-UNTRAINED".into() };
    let FiledAs::New(appeal) = file(&w, org, point.clone()).await else { panic!() };
    assert_eq!(file(&w, org, point).await, FiledAs::Before(appeal));
    assert_eq!(
        act(&w, CITY, appeal, Act::Reduce, 7).await,
        Acted::Taken(Some(((76_000, Grade::C), (77_000, Grade::C))))
    );
    let read = credit::appeal(&w.db, own(org), &w.rules, appeal).await.unwrap().unwrap();
    assert_eq!((read.appeal.state, read.appeal.share, read.steps.len()), (State::Reduced, 50, 2));
    assert!(read.steps[1].by.is_empty() && read.acts == [Act::Review], "which officer decided is not for it");
    // It closes what «what if» names.
    let what = credit::what_if(&w.db, own(org), &w.rules, org, w.now).await.unwrap().unwrap();
    assert_eq!((what.grade, what.close.len(), what.score), (Grade::B, 2, 81_500));
    for p in &what.close {
        match p.point.origin {
            Origin::Entry => {
                assert_eq!(p.point.no, product);
                assert!(matches!(close(&w, product, EntryAct::Close).await, EntryDone::Done(..)));
            }
            _ => {
                for a in [inc::Act::Demand, inc::Act::Rectify, inc::Act::Close] {
                    assert_eq!(handle_hazard(&w, p.point.no, a).await, incident::Done::Taken);
                }
            }
        }
    }
    run(&w).await;
    let line = credit_list::list(&w.db, own(org), &ListQuery::default()).await.unwrap().rows.remove(0);
    assert_eq!((line.score, line.grade), (what.score, Grade::B));
    let read = page(&w, org).await;
    assert_eq!(read.turned.iter().map(|t| t.is).collect::<Vec<_>>()[..2], [Grade::B, Grade::C]);
    // Each of it stands in the audit log.
    let log = audit::Entity::find().order_by_asc(audit::Column::No).all(w.db.read()).await.unwrap();
    let acts: Vec<&str> = log.iter().map(|a| a.action.as_str()).filter(|a| a.starts_with("credit.")).collect();
    assert_eq!(acts.iter().filter(|a| **a == "credit.enter").count(), 4);
    assert_eq!(acts[4..], ["credit.appeal.file", "credit.appeal.reduce", "credit.entry.close"]);
    sound(&w).await;
    w.clean().await;
}

async fn keeping_it_comes_to_the_same_as_computing_it_anew(mut w: World) {
    let mut r = Random(7);
    let (mut seq, mut hazards, mut entries, mut appeals) = ([0_u64; 2], vec![], vec![], vec![]);
    for round in 0..120_u64 {
        w.now += i64::try_from(r.below(6 * 3_600_000)).unwrap();
        let n = r.below(2);
        let gun = [w.north, w.south][n];
        match r.below(11) {
            0..=2 => {
                seq[n] += 1 + u64::from(r.below(8) == 0);
                let late = i64::try_from(r.below(3)).unwrap() * 8_000;
                w.fill(gun, &fill_at(seq[n], &format!("X{round}"), w.now - 1_000 - late)).await;
            }
            3 | 4 => {
                let open: Vec<i64> = w.all_alerts().await.iter().filter(|a| a.state == "open").map(|a| a.no).collect();
                if !open.is_empty() {
                    let finding = [Finding::Real, Finding::FalseAlarm, Finding::Unclear][r.below(3)];
                    close_alerts(&w, &[open[r.below(open.len())]], finding).await;
                }
            }
            5 => hazards.push(hazard(&w, gun, Severity::ALL[r.below(3)]).await),
            6 if !hazards.is_empty() => {
                let id = hazards[r.below(hazards.len())];
                let acts = [inc::Act::Demand, inc::Act::Rectify, inc::Act::Close, inc::Act::Withdraw];
                handle_hazard(&w, id, acts[r.below(4)]).await;
            }
            7 => entries.push(enter(&w, gun.org, ["CRD-ENTRY-FINE", "CRD-ENTRY-COMPLAINT"][r.below(2)]).await.0),
            8 if !entries.is_empty() => {
                let id = entries[r.below(entries.len())];
                close(&w, id, [EntryAct::Close, EntryAct::Withdraw][r.below(2)]).await;
            }
            9 => {
                let all = points(&w, own(gun.org), gun.org).await;
                if !all.is_empty() {
                    let p = all[r.below(all.len())].point.clone();
                    if let FiledAs::New(id) = file(&w, gun.org, p).await {
                        appeals.push(id);
                    }
                }
            }
            10 if !appeals.is_empty() => {
                let id = appeals[r.below(appeals.len())];
                act(&w, CITY, id, [Act::Grant, Act::Reduce, Act::Reject][r.below(3)], 7).await;
            }
            _ => {
                let until = clock::local_date(w.now + i64::try_from(r.below(40)).unwrap() * DAY_MS - 20 * DAY_MS);
                w.sql(&format!("UPDATE org SET licence_until = '{until}' WHERE id = {}", gun.org)).await;
            }
        }
        // Broken off wherever a batch ends.
        if r.below(3) == 0 {
            credit::run(&w.db, &w.rules, w.now, 1 + r.below(4) as u64).await.unwrap();
        }
        if round % 10 == 0 {
            sound(&w).await;
        }
    }
    run(&w).await;
    sound(&w).await;
    let before = dump(&w).await;
    assert!(before.0.len() > 30 && before.1.len() == 2, "{} facts", before.0.len());
    let full = credit::full(&w.db, &w.rules, w.now).await.unwrap();
    assert_eq!(full.facts, before.0.len() as u64);
    assert_eq!(dump(&w).await, before);
    // A difference is named.
    w.sql("UPDATE credit_fact SET day = day - 1 WHERE source = 1 AND id = (SELECT MIN(id) FROM credit_fact WHERE source = 1)").await;
    w.sql("UPDATE credit_rating SET score = score + 1").await;
    let found = credit::compare(w.db.read(), &w.rules).await.unwrap();
    assert!(found.differences >= 3, "{:#?}", found.named);
    assert!(!w.verify().await.is_clean());
}

async fn an_alert_costs_until_it_is_closed_and_nothing_when_it_was_false(mut w: World) {
    let org = w.north.org;
    w.fill(w.north, &fill(1, "NOBODY")).await;
    run(&w).await;
    let one = page(&w, org).await.line.score;
    assert!(one < 100_000);
    let raised: Vec<i64> = w.all_alerts().await.iter().map(|a| a.no).collect();
    w.now += DAY_MS;
    close_alerts(&w, &raised, Finding::Unclear).await;
    assert_ne!(run(&w).await, 0);
    let closed = page(&w, org).await;
    assert!(closed.line.score > one && closed.line.score < 100_000, "{:?}", closed.line);
    let p = closed.points.iter().find(|p| p.point.origin == Origin::Alert).unwrap();
    assert_eq!((p.event.clone(), p.closed), (Some(format!("/alerts/{}", p.point.no)), Some(clock::local_date(w.now))));
    // Another, which was false.
    w.fill(w.north, &fill_at(2, "NOBODY2", w.now - 1_000)).await;
    let more: Vec<i64> = w.all_alerts().await.iter().map(|a| a.no).filter(|n| !raised.contains(n)).collect();
    run(&w).await;
    assert!(page(&w, org).await.line.score < closed.line.score);
    close_alerts(&w, &more, Finding::FalseAlarm).await;
    run(&w).await;
    assert_eq!(page(&w, org).await.line.score, closed.line.score);
    // A year later less is left of it, and after three nothing.
    w.now += 365 * DAY_MS;
    run(&w).await;
    let later = page(&w, org).await;
    assert!(later.line.score > closed.line.score && later.line.trend == Trend::Steady);
    w.now += 800 * DAY_MS;
    w.sql("UPDATE org SET licence_until = '2099-01-01'").await;
    run(&w).await;
    assert_eq!(page(&w, org).await.line.score, 100_000);
    sound(&w).await;
}

async fn what_is_late_lapsed_or_proven_costs(mut w: World) {
    let org = w.south.org;
    // Twelve seconds on the way, and one that came at once.
    w.fill(w.south, &fill_at(1, "A", w.now - 12_000)).await;
    w.fill(w.south, &fill_at(2, "B", w.now - 1_000)).await;
    run(&w).await;
    let late = points(&w, CITY, org).await.into_iter().find(|p| p.point.origin == Origin::Late).unwrap();
    assert_eq!((late.share, late.cost, late.repair), ((1, 2), 250, 0));
    // Its licence lapses by itself.
    w.sql(&format!("UPDATE org SET licence_until = '{}' WHERE id = {org}", clock::local_date(w.now))).await;
    run(&w).await;
    let before = page(&w, org).await.line.score;
    w.now += DAY_MS;
    run(&w).await;
    let line = page(&w, org).await.line;
    assert!(before - line.score >= 14_900, "{before} {}", line.score);
    // Weights that were made up force D, once it is proven; and an appeal that is granted takes that away.
    w.sql(&format!(
        "INSERT INTO alert (no, device_id, kind, site_id, tag, at, detail, state, level) VALUES \
         (900, {}, 'FABRICATED_WEIGHT', {}, '', {}, '{{}}', 'open', 0)",
        w.south.device, w.south.site, w.now
    ))
    .await;
    w.sql("UPDATE sequence SET last = 900 WHERE name = 'ledger'").await;
    assert_eq!(close_alerts(&w, &[900], Finding::Real).await, [Handled::Now]);
    run(&w).await;
    let line = page(&w, org).await.line;
    assert!(line.veto && line.grade == Grade::D);
    let what = credit::what_if(&w.db, CITY, &w.rules, org, w.now).await.unwrap().unwrap();
    assert!(what.close.is_empty() && what.alone.is_some(), "{what:?}");
    let point = PointRef { origin: Origin::Proven, no: 900, item: "CRD-FALSIFIED".into() };
    let FiledAs::New(id) = file(&w, org, point).await else { panic!() };
    assert!(matches!(act(&w, CITY, id, Act::Grant, 7).await, Acted::Taken(Some((_, (_, g)))) if g != Grade::D));
    assert!(!page(&w, org).await.line.veto);
    sound(&w).await;
    // What is put right in the register leaves nothing.
    w.sql("UPDATE org SET licence_until = '2099-01-01'").await;
    run(&w).await;
    assert!(points(&w, CITY, org).await.iter().all(|p| p.cost == 0 || p.point.origin != Origin::Register));
}

async fn a_preview_says_what_then_happens(mut w: World) {
    let org = w.north.org;
    enter(&w, org, "CRD-ENTRY-FINE").await;
    for _ in 0..2 {
        w.now += 1_000;
        hazard(&w, w.north, Severity::Grave).await;
    }
    run(&w).await;
    let row = |id: &str| w.rules.rows.iter().find(|r| r.rule_id == id).cloned().unwrap();
    let dearer = {
        let r = row("CRD-HAZARD-GRAVE");
        RuleRow { value: 5_000, ..r }
    };
    let bar = RuleRow { value: 85, ..row("CRD-GRADE-B") };
    let others = domain::rules::draft::applied(&w.rules, &[dearer.clone(), bar.clone()]).unwrap();
    let others = RuleSet { version: w.rules.version + 1, ..others };
    let told = credit::preview(&w.db, CITY, (&w.rules, &others), w.now).await.unwrap();
    assert_eq!((told.seen, told.moved, told.was, told.is), (2, 1, [2, 0, 0, 0], [1, 1, 0, 0]));
    assert_eq!(told.turned[0].is, (86_000, Grade::B));
    // The same of a draft; then it is published.
    let txn = w.db.begin_write().await.unwrap();
    let draft = rule_draft::begin(&txn, "信用", 1, w.now).await.unwrap();
    for r in [&dearer, &bar] {
        rule_draft::put_change(&txn, draft, r, 1, w.now).await.unwrap().unwrap().unwrap();
    }
    txn.commit().await.unwrap();
    w.sql(&format!("UPDATE rule_draft SET stage = 'approved' WHERE id = {draft}")).await;
    let txn = w.db.begin_write().await.unwrap();
    let (set, _) = rule_draft::publish(&txn, draft, &officer(2), w.now).await.unwrap().unwrap().unwrap();
    txn.commit().await.unwrap();
    assert_eq!(rule::current(w.db.read()).await.unwrap(), set);
    w.rules = set;
    assert_eq!(run(&w).await, 2);
    let counts = credit_list::grades(&w.db, CITY).await.unwrap();
    assert_eq!(counts.grades, told.is);
    let page = page(&w, org).await;
    assert_eq!((page.line.score, page.line.grade, page.version), (86_000, Grade::B, w.rules.version));
    sound(&w).await;
}

async fn everybody_sees_what_is_his(w: World) {
    enter(&w, w.north.org, "CRD-ENTRY-FINE").await;
    enter(&w, w.south.org, "CRD-ENTRY-STOP").await;
    run(&w).await;
    let (north, south) = (w.north.org, w.south.org);
    for (scope, sees) in [
        (Scope::City, vec![south, north]),
        (Scope::District(NORTH), vec![north]),
        (Scope::Org(south), vec![south]),
        (Scope::Org(999), vec![]),
        (Scope::District(410_106), vec![]),
    ] {
        let viewer = Viewer { scope };
        let rows = credit_list::list(&w.db, viewer, &ListQuery::default()).await.unwrap().rows;
        assert_eq!(rows.iter().map(|r| r.org).collect::<Vec<_>>(), sees, "{scope}");
        let n = credit_list::grades(&w.db, viewer).await.unwrap();
        assert_eq!(n.grades.iter().sum::<i64>(), i64::try_from(sees.len()).unwrap());
        for org in [north, south] {
            let page = credit::one(&w.db, viewer, &w.rules, org, w.now).await.unwrap();
            assert_eq!(page.is_some(), sees.contains(&org), "{scope} {org}");
            assert_eq!(points(&w, viewer, org).await.is_empty(), !sees.contains(&org));
            let what = credit::what_if(&w.db, viewer, &w.rules, org, w.now).await.unwrap();
            assert!(what.is_none() || sees.contains(&org));
        }
        let seen = credit_list::entries(&w.db, viewer, &ListQuery::default()).await.unwrap().rows;
        assert_eq!(seen.len(), sees.len(), "{scope}");
    }
    let point = |no| PointRef { origin: Origin::Entry, no, item: "CRD-ENTRY-FINE".into() };
    // Nobody appeals for another, nobody of the authority appeals at all.
    assert_eq!(file(&w, south, point(1)).await, FiledAs::Unknown);
    let f = Filed { point: point(1), grounds: "x".into(), evidence: "y".into() };
    let txn = w.db.begin_write().await.unwrap();
    assert_eq!(credit::file(&txn, CITY, &w.rules, &f, &officer(7), w.now).await.unwrap(), FiledAs::Unknown);
    txn.rollback().await.unwrap();
    let FiledAs::New(id) = file(&w, north, point(1)).await else { panic!() };
    assert!(credit::appeal(&w.db, own(south), &w.rules, id).await.unwrap().is_none());
    assert_eq!(act(&w, own(south), id, Act::Withdraw, 21).await, Acted::Unknown);
    assert_eq!(act(&w, own(north), id, Act::Grant, 20).await, Acted::NotNow);
    assert_eq!(act(&w, CITY, id, Act::Withdraw, 7).await, Acted::NotNow);
    assert_eq!(act(&w, Viewer { scope: Scope::District(SOUTH) }, id, Act::Grant, 7).await, Acted::Unknown);
    let all = async |scope| {
        let q = ListQuery::default().with("state", "pending");
        credit_list::appeals(&w.db, Viewer { scope }, &w.rules, &q, w.now).await.unwrap().rows.len()
    };
    assert_eq!((all(Scope::City).await, all(Scope::Org(north)).await, all(Scope::Org(south)).await), (1, 1, 0));
    // An enterprise enters nothing, and an officer nothing outside his district.
    let e = Entered {
        org: north,
        item: "CRD-ENTRY-FINE".into(),
        day: clock::local_date(NOW),
        document: "文".into(),
        note: "x".into(),
    };
    for (scope, e, field) in [
        (Scope::Org(north), e.clone(), "org"),
        (Scope::District(SOUTH), e.clone(), "org"),
        (Scope::City, Entered { org: 999, ..e.clone() }, "org"),
        (Scope::City, Entered { item: "CRD-ENTRY-NONE".into(), ..e.clone() }, "item"),
        (Scope::City, Entered { item: "CRD-OVERFILL".into(), ..e.clone() }, "item"),
    ] {
        let txn = w.db.begin_write().await.unwrap();
        let done = credit::enter(&txn, Viewer { scope }, &w.rules, &e, &officer(7), w.now).await.unwrap();
        assert_eq!(done, EntryDone::Unknown(field));
        txn.rollback().await.unwrap();
    }
}

async fn two_at_once_and_forms_sent_twice(w: World) {
    let (id, _) = enter(&w, w.north.org, "CRD-ENTRY-FINE").await;
    run(&w).await;
    let point = PointRef { origin: Origin::Entry, no: id, item: "CRD-ENTRY-FINE".into() };
    let (a, b) = tokio::join!(file(&w, w.north.org, point.clone()), file(&w, w.north.org, point));
    let new: Vec<i64> = [a, b].iter().filter_map(|f| if let FiledAs::New(id) = f { Some(*id) } else { None }).collect();
    assert_eq!(new.len(), 1, "{a:?} {b:?}");
    let decide = async |act: Act, by: i64| {
        let asked = Asked { act, note: "x".into(), evidence: String::new(), share: None, seen: 1 };
        let txn = w.db.begin_write().await.unwrap();
        let done = credit::act(&txn, CITY, &w.rules, (new[0], &asked), &officer(by), w.now).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    let (a, b) = tokio::join!(decide(Act::Grant, 7), decide(Act::Reject, 8));
    assert_eq!([a, b].iter().filter(|d| matches!(d, Acted::Taken(_))).count(), 1, "{a:?} {b:?}");
    // Runs beside each other, and beside an entry.
    for n in 0..5 {
        w.fill(w.north, &fill_at(n + 1, &format!("Y{n}"), w.now - 1_000)).await;
    }
    let go = || credit::run(&w.db, &w.rules, w.now, 3);
    let (a, b, _) = tokio::join!(go(), go(), enter(&w, w.south.org, "CRD-ENTRY-FINE"));
    a.unwrap();
    b.unwrap();
    run(&w).await;
    sound(&w).await;
    // The same form again within a minute.
    let e = Entered {
        org: w.north.org,
        item: "CRD-ENTRY-STOP".into(),
        day: clock::local_date(w.now),
        document: "文 1".into(),
        note: "x".into(),
    };
    let txn = w.db.begin_write().await.unwrap();
    let first = credit::enter(&txn, CITY, &w.rules, &e, &officer(7), w.now).await.unwrap();
    let EntryDone::Done(id, _) = first else { panic!() };
    let again = credit::enter(&txn, CITY, &w.rules, &e, &officer(7), w.now + 59_000).await.unwrap();
    assert_eq!(again, EntryDone::Twice(id));
    txn.commit().await.unwrap();
    assert!(matches!(close(&w, id, EntryAct::Withdraw).await, EntryDone::Done(..)));
    assert_eq!(close(&w, id, EntryAct::Close).await, EntryDone::NotNow);
    assert_eq!(close(&w, 999, EntryAct::Close).await, EntryDone::Unknown("id"));
    sound(&w).await;
}

async fn an_appeal_is_reviewed_by_somebody_else(mut w: World) {
    let org = w.north.org;
    let (entry, (score, _)) = enter(&w, org, "CRD-ENTRY-FINE").await;
    run(&w).await;
    let point = PointRef { origin: Origin::Entry, no: entry, item: "CRD-ENTRY-FINE".into() };
    let FiledAs::New(id) = file(&w, org, point.clone()).await else { panic!() };
    assert!(matches!(act(&w, CITY, id, Act::Ask, 7).await, Acted::Taken(None)));
    assert_eq!(act(&w, CITY, id, Act::Grant, 7).await, Acted::NotNow);
    assert!(matches!(act(&w, own(org), id, Act::Supplement, 20).await, Acted::Taken(None)));
    assert!(matches!(act(&w, CITY, id, Act::Reject, 7).await, Acted::Taken(Some(_))));
    assert!(matches!(act(&w, own(org), id, Act::Review, 20).await, Acted::Taken(None)));
    assert_eq!(act(&w, CITY, id, Act::Grant, 7).await, Acted::Own);
    assert_eq!(act(&w, CITY, id, Act::Grant, 8).await, Acted::Taken(Some(((score, Grade::A), (100_000, Grade::A)))));
    assert_eq!(act(&w, own(org), id, Act::Review, 20).await, Acted::NotNow);
    let stale = Asked { act: Act::Withdraw, note: "x".into(), evidence: String::new(), share: None, seen: 0 };
    let txn = w.db.begin_write().await.unwrap();
    let done = credit::act(&txn, own(org), &w.rules, (id, &stale), &officer(20), w.now).await.unwrap();
    assert_eq!(done, Acted::NotNow);
    txn.rollback().await.unwrap();
    // Too late to appeal.
    let (old, _) = enter(&w, org, "CRD-ENTRY-COMPLAINT").await;
    w.now += 61 * DAY_MS;
    let point = PointRef { no: old, item: "CRD-ENTRY-COMPLAINT".into(), ..point };
    assert_eq!(file(&w, org, point).await, FiledAs::Late(60));
    run(&w).await;
    sound(&w).await;
}

async fn an_appeal_that_was_decided_is_used_up(w: World) {
    let org = w.north.org;
    let (entry, _) = enter(&w, org, "CRD-ENTRY-FINE").await;
    run(&w).await;
    let point = PointRef { origin: Origin::Entry, no: entry, item: "CRD-ENTRY-FINE".into() };
    // Taken back before anybody decided: filed anew, but not for ever.
    let mut last = 0;
    for n in 0..3 {
        let FiledAs::New(id) = file(&w, org, point.clone()).await else { panic!("{n}") };
        last = id;
        if n < 2 {
            assert!(matches!(act(&w, own(org), id, Act::Withdraw, 20).await, Acted::Taken(None)));
        }
    }
    assert!(matches!(act(&w, CITY, last, Act::Reduce, 7).await, Acted::Taken(Some(_))));
    assert!(matches!(act(&w, own(org), last, Act::Review, 20).await, Acted::Taken(None)));
    assert!(matches!(act(&w, own(org), last, Act::Withdraw, 20).await, Acted::Taken(None)));
    assert_eq!(file(&w, org, point.clone()).await, FiledAs::Before(last));
    sound(&w).await;
    // What the decision left stays, kept or computed anew.
    let kept = dump(&w).await;
    credit::full(&w.db, &w.rules, w.now).await.unwrap();
    let all = dump(&w).await;
    assert_eq!(
        all.0.iter().map(|f| f.allowed).collect::<Vec<_>>(),
        kept.0.iter().map(|f| f.allowed).collect::<Vec<_>>()
    );
    assert!(all.0.iter().any(|f| f.allowed == 50));
    sound(&w).await;
    let (other, _) = enter(&w, org, "CRD-ENTRY-COMPLAINT").await;
    let point = PointRef { no: other, item: "CRD-ENTRY-COMPLAINT".into(), ..point };
    for _ in 0..3 {
        let FiledAs::New(id) = file(&w, org, point.clone()).await else { panic!() };
        assert!(matches!(act(&w, own(org), id, Act::Withdraw, 20).await, Acted::Taken(None)));
    }
    assert!(matches!(file(&w, org, point).await, FiledAs::Before(_)), "as often as one may");
}

async fn the_later_of_two_decisions_counts_in_a_full_computation(w: World) {
    let org = w.north.org;
    let (entry, _) = enter(&w, org, "CRD-ENTRY-FINE").await;
    run(&w).await;
    let point = PointRef { origin: Origin::Entry, no: entry, item: "CRD-ENTRY-FINE".into() };
    let FiledAs::New(first) = file(&w, org, point.clone()).await else { panic!() };
    assert!(matches!(act(&w, CITY, first, Act::Reduce, 7).await, Acted::Taken(Some(_))));
    // As records of before stand: taken back after its decision, and filed anew.
    w.sql(&format!("UPDATE credit_appeal SET state = 'withdrawn', decider_id = NULL WHERE id = {first}")).await;
    let FiledAs::New(second) = file(&w, org, point).await else { panic!() };
    w.sql(&format!("UPDATE credit_appeal SET decider_id = 7 WHERE id = {first}")).await;
    sound(&w).await;
    assert!(matches!(act(&w, CITY, second, Act::Reject, 8).await, Acted::Taken(Some(_))));
    assert!(dump(&w).await.0.iter().all(|f| f.allowed == 100));
    sound(&w).await;
    credit::full(&w.db, &w.rules, w.now).await.unwrap();
    assert!(dump(&w).await.0.iter().all(|f| f.allowed == 100), "the later decision is that all of it counts");
    sound(&w).await;
}

async fn anybody_may_look_up_names_only(w: World) {
    let names = ["重庆燃气有限公司", "长城气瓶制造厂", "Huaneng 华能", "北郊第二气站", "100%_公司"];
    let txn = w.db.begin_write().await.unwrap();
    for name in names {
        let new = org::New { name: name.into(), kind: "maker".into(), division: NORTH, ..org::New::default() };
        org::insert(&txn, new).await.unwrap();
    }
    let new = org::New { name: "市监管局".into(), kind: "regulator".into(), ..org::New::default() };
    org::insert(&txn, new).await.unwrap();
    txn.commit().await.unwrap();
    run(&w).await;
    for (text, first) in [
        ("北郊气站", Some("北郊气站")),
        ("bjqz", Some("北郊气站")),
        ("BJQZ", Some("北郊气站")),
        ("beijiaoqizhan", Some("北郊气站")),
        ("北二站", Some("北郊第二气站")),
        ("重庆", Some("重庆燃气有限公司")),
        ("cqrq", Some("重庆燃气有限公司")),
        ("zqrq", Some("重庆燃气有限公司")),
        ("chongqing", Some("重庆燃气有限公司")),
        ("ccqp", Some("长城气瓶制造厂")),
        ("huaneng", Some("Huaneng 华能")),
        ("100%_", Some("100%_公司")),
        ("市监管局", None),
        ("_", None),
        ("%%%", None),
        ("' OR 1=1 --", None),
        ("不存在", None),
    ] {
        let found = credit_list::look_up(&w.db, text).await.unwrap();
        assert_eq!(found.first().map(|p| p.name.as_str()), first, "{text}: {found:?}");
    }
    assert_eq!(credit_list::look_up(&w.db, "气站").await.unwrap().len(), 3);
    let told = serde_json::to_value(credit_list::look_up(&w.db, "重庆").await.unwrap().remove(0)).unwrap();
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["grade", "name", "trend"]);
    // A name that changes is looked up as it is now.
    w.sql("UPDATE org SET name = '渝州燃气' WHERE name = '重庆燃气有限公司'").await;
    assert_eq!(run(&w).await, 1);
    assert!(credit_list::look_up(&w.db, "重庆").await.unwrap().is_empty());
    assert_eq!(credit_list::look_up(&w.db, "yzrq").await.unwrap().len(), 1);
}

async fn lists_refuse_what_they_do_not_take(mut w: World) {
    for n in 0..3 {
        w.now += 1_000 + n;
        enter(&w, w.north.org, "CRD-ENTRY-COMPLAINT").await;
    }
    run(&w).await;
    let field = |r: Result<usize, AskError>| match r {
        Err(AskError::Field(f)) => f,
        other => panic!("{other:?}"),
    };
    let ask = async |q: ListQuery| {
        let a = credit_list::list(&w.db, CITY, &q).await.map(|p| p.rows.len());
        let b = credit_list::appeals(&w.db, CITY, &w.rules, &q, w.now).await.map(|p| p.rows.len());
        let c = credit_list::entries(&w.db, CITY, &q).await.map(|p| p.rows.len());
        let d = credit::points(&w.db, CITY, &w.rules, w.north.org, &q, w.now).await.map(|p| p.rows.len());
        [a, b, c, d]
    };
    for (q, what) in [
        (ListQuery { sort: "x'; --".into(), ..ListQuery::default() }, "sort"),
        (ListQuery { from: PageAt::After("zz".into()), ..ListQuery::default() }, "cursor"),
        (ListQuery::default().with("nobody", "1"), "filter"),
    ] {
        for r in ask(q).await {
            assert_eq!(field(r), what);
        }
    }
    for (name, value) in [("grade", "E"), ("trend", "?"), ("kind", "x"), ("district", "1x"), ("q", "a\u{0}b")] {
        let q = ListQuery::default().with(name, value);
        assert_eq!(field(credit_list::list(&w.db, CITY, &q).await.map(|p| p.rows.len())), name);
    }
    for (name, value) in [("q", "%"), ("q", "北郊"), ("q", "bjqz"), ("grade", "A"), ("trend", "steady")] {
        let q = ListQuery::default().with(name, value);
        let n = credit_list::list(&w.db, CITY, &q).await.unwrap().rows.len();
        assert_eq!(n, usize::from(value != "%") + usize::from(value == "A"), "{name}={value}");
    }
    // Pages do not lose anything.
    let by = |sort: &str, descending| ListQuery { sort: sort.into(), descending, size: 20, ..ListQuery::default() };
    for (sort, descending) in [("score", false), ("score", true), ("name", false), ("name", true)] {
        assert_eq!(credit_list::list(&w.db, CITY, &by(sort, descending)).await.unwrap().rows.len(), 2);
    }
    let q = ListQuery::default().with("state", "open");
    assert_eq!(credit::points(&w.db, CITY, &w.rules, w.north.org, &q, w.now).await.unwrap().rows.len(), 3);
}

async fn a_run_without_anything_to_do_writes_nothing(w: World) {
    assert_eq!(run(&w).await, 2);
    let before = dump(&w).await;
    for _ in 0..2 {
        let ran = credit::run(&w.db, &w.rules, w.now, 10).await.unwrap();
        assert_eq!((ran.facts, ran.rated, ran.more), (0, 0, false));
    }
    assert_eq!(dump(&w).await, before);
    // The next day it rates anew, and so does another version of the rules.
    let ran = credit::run(&w.db, &w.rules, w.now + DAY_MS, 10).await.unwrap();
    assert_eq!(ran.rated, 2);
    let turned = credit::turn::Entity::find().all(w.db.read()).await.unwrap();
    assert_eq!(turned.len(), 2, "a grade that stays is noted once");
    w.clean().await;
}
