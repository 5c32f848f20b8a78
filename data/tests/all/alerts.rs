//! How alerts are handled: by whom, what of it stands in the record, what the feed tells, what the inbox shows.

use crate::support::{NORTH, NOW, SOUTH, World, both, fill_at, follow};
use data::{
    account, alert_inbox,
    alert_inbox::Filter,
    audit::Actor,
    ledger::{self, Done, Handled},
};
use domain::{
    ledger::{Act, Finding, Precision, Step},
    outcome::AlertKind,
    scope::{Scope, Viewer},
    wall::{Change, gauge},
};
use std::collections::BTreeMap;

both!(
    a_closed_alert_leaves_every_figure,
    only_what_is_in_sight_is_handled,
    an_alert_is_given_taken_up_and_closed_once,
    the_inbox_groups_by_kind_and_site,
    precision_is_of_what_was_closed,
    what_is_stored_of_handling_is_recomputed,
);

const CLOSE: Act = Act::Close { finding: Finding::Real };

async fn person(w: &World, login: &str) -> i64 {
    let new = account::New {
        login: login.into(),
        name: format!("{login} 先生"),
        scope: Scope::City,
        roles: vec![],
        password: String::new(),
        must_change: false,
    };
    let txn = w.db.begin_write().await.unwrap();
    let id = account::insert(&txn, new, NOW).await.unwrap().unwrap();
    txn.commit().await.unwrap();
    id
}

async fn person_of(w: &World, login: &str, scope: Scope) -> i64 {
    let id = person(w, login).await;
    account::grant(w.db.writer(), id, scope, &[domain::permission::Role::DutyOfficer]).await.unwrap();
    id
}

async fn handle(w: &World, scope: Scope, alerts: &[i64], act: &Act, by: i64) -> (Vec<Handled>, Done) {
    let by = Actor { account: by, session: 1, address: "127.0.0.1".into() };
    let txn = w.db.begin_write().await.unwrap();
    let done = ledger::handle(&txn, Viewer { scope }, alerts, act, "查过", &by, w.now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

/// Two fills at each station of tags that nobody knows: some alerts each.
async fn troubled(w: &World) -> Vec<i64> {
    for (gun, tags) in [(w.north, ["N1", "N2"]), (w.south, ["S1", "S2"])] {
        let fills: Vec<_> = (1..).zip(tags).map(|(i, t)| gun.fill(&fill_at(i, t, NOW))).collect();
        w.record(&fills).await;
    }
    w.all_alerts().await.iter().map(|a| a.no).collect()
}

async fn a_closed_alert_leaves_every_figure(w: World) {
    let all = troubled(&w).await;
    let scopes = [Scope::City, Scope::District(NORTH), Scope::Org(w.south.org)];
    let mut followed = vec![];
    for s in scopes {
        followed.push(w.channel(s).await);
    }
    let by = person(&w, "wang").await;
    w.acknowledge(Scope::City, all[1].unsigned_abs(), 1).await;
    let mut published = BTreeMap::new();
    for no in &all[..2] {
        let (outcomes, done) = handle(&w, Scope::City, &[*no], &CLOSE, by).await;
        assert_eq!((outcomes, done.published.len()), (vec![Handled::Now], 1));
        published.insert(done.no, done.published);
    }
    let s = w.snapshot(Scope::City).await;
    assert_eq!(s.figures.open_alerts, i64::try_from(all.len()).unwrap() - 2);
    assert_eq!(s.figures.gauges.sum(gauge::OPEN), s.figures.open_alerts);
    assert_eq!(s.figures.gauges.sum(gauge::WAITING), s.figures.open_alerts, "both of them wait no more");
    assert!(s.figures.open.iter().all(|a| !all[..2].contains(&a.no.cast_signed())));
    let closed = |c: &Change| matches!(c, Change::Closed(_));
    assert_eq!(s.figures.feed.iter().filter(|c| closed(c)).count(), 2);
    // Whoever followed along, with the note that came before, shows the same.
    let noted = data::feed::published(w.db.read(), all[all.len() - 1]).await.unwrap();
    assert_eq!(noted.iter().filter_map(|p| p.change.as_ref()).filter(|c| closed(c)).count(), 2);
    for (mut s, mut arrivals) in followed {
        follow(&mut s, &mut arrivals, &published, w.now);
        let fresh = w.snapshot(s.scope).await;
        assert_eq!(s.figures.open_alerts, fresh.figures.open_alerts, "{}", s.scope);
        let names =
            |s: &domain::wall::Snapshot| s.figures.open.iter().map(|a| a.no).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names(&s), names(&fresh), "{}", s.scope);
    }
    w.clean().await;
}

async fn only_what_is_in_sight_is_handled(w: World) {
    let all = troubled(&w).await;
    let by = person(&w, "li").await;
    let north: Vec<i64> = w.all_alerts().await.iter().filter(|a| a.site_id == w.north.site).map(|a| a.no).collect();
    for scope in [Scope::District(SOUTH), Scope::Org(w.south.org)] {
        let (outcomes, done) = handle(&w, scope, &north, &CLOSE, by).await;
        assert!(outcomes.iter().all(|o| *o == Handled::Unknown), "{scope}");
        assert_eq!((done.from, done.published.len()), (done.no, 0));
        let view = Viewer { scope };
        assert_eq!(alert_inbox::one(&w.db, view, north[0]).await.unwrap(), None);
        assert_eq!(alert_inbox::taken(&w.db, view, north[0]).await.unwrap(), None);
        let page = alert_inbox::page(&w.db, view, &Filter::default(), 100).await.unwrap();
        assert!(!page.is_empty() && page.iter().all(|a| a.site == w.south.site));
        let groups = alert_inbox::groups(&w.db, view, 1, 50).await.unwrap().groups;
        assert!(!groups.is_empty() && groups.iter().all(|g| g.site == w.south.site));
    }
    // Nobody is given what he may not see.
    let southern = person_of(&w, "nan", Scope::District(SOUTH)).await;
    let northern = person_of(&w, "bei", Scope::District(NORTH)).await;
    assert_eq!(handle(&w, Scope::City, &north[..1], &Act::Assign { to: southern }, by).await.0, [Handled::Unknown]);
    assert_eq!(handle(&w, Scope::City, &north[..1], &Act::Assign { to: northern }, by).await.0, [Handled::Now]);
    let roles = [domain::permission::Role::DutyOfficer];
    for (scope, names) in [
        (Scope::City, vec![northern, southern]),
        (Scope::District(NORTH), vec![northern]),
        (Scope::Org(w.south.org), vec![]),
    ] {
        let mut found: Vec<i64> =
            account::holders(w.db.read(), &roles, scope).await.unwrap().into_iter().map(|(id, _)| id).collect();
        found.sort_unstable();
        let mut names = names;
        names.sort_unstable();
        assert_eq!(found, names, "{scope}");
    }
    // What is not there looks the same as what is not in sight.
    let (outcomes, _) = handle(&w, Scope::City, &[0, -1, i64::MAX, all[0]], &CLOSE, by).await;
    assert_eq!(outcomes, [Handled::Unknown, Handled::Unknown, Handled::Unknown, Handled::Now]);
    w.clean().await;
}

async fn an_alert_is_given_taken_up_and_closed_once(w: World) {
    let no = troubled(&w).await[0];
    let (wang, li) = (person(&w, "wang").await, person(&w, "li").await);
    let gone = person(&w, "gone").await;
    account::set_disabled(w.db.writer(), gone, Some(NOW)).await.unwrap();
    let act = async |act: &Act| handle(&w, Scope::City, &[no, no], act, wang).await.0;
    assert_eq!(act(&Act::Assign { to: gone }).await, [Handled::Unknown; 2], "nobody is given to who is not there");
    assert_eq!(act(&Act::Assign { to: 99 }).await, [Handled::Unknown; 2]);
    assert_eq!(act(&Act::Assign { to: li }).await, [Handled::Now, Handled::Before]);
    assert_eq!(act(&Act::Escalate).await, [Handled::Now, Handled::Before]);
    assert_eq!(act(&Act::Escalate).await[0], Handled::Now);
    w.acknowledge(Scope::City, no.unsigned_abs(), 4).await;
    assert_eq!(act(&Act::Close { finding: Finding::FalseAlarm }).await[0], Handled::Now);
    for again in [CLOSE, Act::Escalate, Act::Assign { to: li }] {
        assert_eq!(act(&again).await[0], Handled::Before, "{again:?}");
    }
    assert_eq!(act(&Act::Remark).await[0], Handled::Now, "a remark may come later");
    let view = Viewer { scope: Scope::City };
    let one = alert_inbox::one(&w.db, view, no).await.unwrap().unwrap();
    assert_eq!((one.assigned.as_deref(), one.level, one.closed, one.noted), (Some("li 先生"), 2, Some(NOW), Some(NOW)));
    let taken = alert_inbox::taken(&w.db, view, no).await.unwrap().unwrap();
    let steps: Vec<Option<Step>> = taken.iter().map(|t| t.step).collect();
    let (up, end) = (Some(Step::Escalate), Some(Step::Close));
    assert_eq!(steps, [Some(Step::Assign), up, up, None, end, Some(Step::Remark)]);
    assert_eq!((taken[0].to.as_deref(), taken[4].finding), (Some("li 先生"), Some(Finding::FalseAlarm)));
    assert!(taken.iter().filter(|t| t.step.is_some()).all(|t| t.by == "wang 先生" && t.reason == "查过"));
    // Each stands in the audit log.
    let log = data::audit::list(w.db.read(), &data::audit::Filter::default(), 100).await.unwrap();
    let actions: Vec<&str> = log.iter().rev().map(|l| l.action.as_str()).collect();
    assert_eq!(actions, ["alert.assign", "alert.escalate", "alert.escalate", "alert.close", "alert.remark"]);
    w.clean().await;
}

async fn the_inbox_groups_by_kind_and_site(w: World) {
    let all = troubled(&w).await;
    let by = person(&w, "wang").await;
    w.acknowledge(Scope::City, all[0].unsigned_abs(), 1).await;
    let view = Viewer { scope: Scope::City };
    let groups = alert_inbox::groups(&w.db, view, 1, 50).await.unwrap().groups;
    assert_eq!(groups.iter().map(|g| g.open).sum::<i64>(), i64::try_from(all.len()).unwrap());
    for g in &groups {
        let of = Filter { kind: Some(g.kind), site: Some(g.site), ..Filter::default() };
        let rows = alert_inbox::page(&w.db, view, &of, 100).await.unwrap();
        assert_eq!(i64::try_from(rows.len()).unwrap(), g.open, "{g:?}");
        assert!(rows.is_sorted_by_key(|a| -a.no));
        assert_eq!((g.oldest, g.newest), (NOW, NOW));
        assert!(rows.iter().all(|a| a.site_name == g.site_name && !a.site_name.is_empty()));
        let waiting = alert_inbox::page(&w.db, view, &Filter { waiting: true, ..of }, 100).await.unwrap();
        assert!(waiting.iter().all(|a| a.noted.is_none()) && waiting.len() <= rows.len());
    }
    // By key, nothing twice and nothing left out.
    let (mut before, mut seen) = (0, vec![]);
    loop {
        let page = alert_inbox::page(&w.db, view, &Filter { before, ..Filter::default() }, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = last.no;
        seen.extend(page.into_iter().map(|a| a.no));
    }
    seen.reverse();
    assert_eq!(seen, all);
    handle(&w, Scope::City, &all, &Act::Assign { to: by }, by).await;
    let own = Filter { assigned_to: Some(by), tag: Some("S1".into()), ..Filter::default() };
    let own = alert_inbox::page(&w.db, view, &own, 100).await.unwrap();
    assert!(!own.is_empty() && own.iter().all(|a| a.tag == "S1"));
    handle(&w, Scope::City, &all, &CLOSE, by).await;
    assert_eq!(alert_inbox::groups(&w.db, view, 1, 50).await.unwrap().groups, []);
    let closed = alert_inbox::page(&w.db, view, &Filter { closed: true, ..Filter::default() }, u64::MAX).await.unwrap();
    assert_eq!(closed.len(), all.len());
    w.clean().await;
}

async fn precision_is_of_what_was_closed(w: World) {
    let _ = troubled(&w).await;
    let by = person(&w, "wang").await;
    let kind = w.all_alerts().await[0].kind.clone();
    let same: Vec<i64> = w.all_alerts().await.iter().filter(|a| a.kind == kind).map(|a| a.no).collect();
    assert!(same.len() >= 3);
    for (no, finding) in same.iter().zip([Finding::Real, Finding::FalseAlarm, Finding::Unclear]) {
        handle(&w, Scope::City, &[*no], &Act::Close { finding }, by).await;
    }
    let of = async |scope, from, to| alert_inbox::precision(&w.db, Viewer { scope }, from, to).await.unwrap();
    let kind = AlertKind::from_code(&kind).unwrap();
    assert_eq!(of(Scope::City, NOW, NOW + 1).await, [Precision { kind, real: 1, false_alarms: 1, unclear: 1 }]);
    assert_eq!(of(Scope::City, NOW + 1, i64::MAX).await, []);
    assert_eq!(of(Scope::City, 0, NOW).await, []);
    let (north, south) = (of(Scope::District(NORTH), 0, i64::MAX).await, of(Scope::District(SOUTH), 0, i64::MAX).await);
    let sum = |all: &[Precision]| all.iter().map(|p| p.real + p.false_alarms + p.unclear).sum::<i64>();
    assert_eq!(sum(&north) + sum(&south), 3);
}

async fn what_is_stored_of_handling_is_recomputed(w: World) {
    let all = troubled(&w).await;
    let by = person(&w, "wang").await;
    handle(&w, Scope::City, &all[..1], &CLOSE, by).await;
    handle(&w, Scope::City, &all[1..2], &Act::Escalate, by).await;
    w.clean().await;
    for (spoil, mend) in [
        (
            format!("UPDATE alert SET state = 'open' WHERE no = {}", all[0]),
            format!("UPDATE alert SET state = 'closed' WHERE no = {}", all[0]),
        ),
        (
            format!("UPDATE alert SET level = 0 WHERE no = {}", all[1]),
            format!("UPDATE alert SET level = 1 WHERE no = {}", all[1]),
        ),
        (
            format!("UPDATE alert SET assigned_to = 7 WHERE no = {}", all[2]),
            format!("UPDATE alert SET assigned_to = NULL WHERE no = {}", all[2]),
        ),
    ] {
        assert_eq!(w.sql(&spoil).await, 1);
        let report = w.verify().await;
        assert!(report.named.iter().any(|n| n.starts_with("alert ")), "{spoil}: {:?}", report.named);
        w.sql(&mend).await;
        w.clean().await;
    }
    w.sql("DELETE FROM alert_step").await;
    assert!(!w.verify().await.is_clean());
}
