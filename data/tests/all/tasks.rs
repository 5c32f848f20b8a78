//! Tasks: that each comes up once and ends with its fact, for whom it is, what is told upward, and that nobody is told twice however often the job is
//! broken off.

use crate::support::{NORTH, NOW, SOUTH, World, both, dated};
use data::{
    account,
    audit::Actor,
    contact, incident, message, message_job,
    page::AskError,
    secret::Master,
    task::{self, Asker, Done},
    task_job::{self, Ran},
    task_list,
};
use domain::{
    check::Severity,
    clock::{self, DAY_MS, MINUTE_MS},
    incident::{Act as IncidentAct, Asked as IncidentAsked, Entered, Harm, Kind as IncidentKind, Register},
    list::{ListQuery, PageAt},
    message::{Contact, Quiet},
    permission::{Permissions, Role},
    rules::RuleSet,
    scope::{Scope, Viewer},
    task::{Act, Asked, Counts, Kind, State},
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder, Statement};

both!(
    a_deadline_is_a_task_once_and_ends_with_its_fact,
    cylinders_and_papers_of_stations_are_tasks_by_counters,
    what_nobody_there_could_do_is_for_the_next_above,
    it_is_told_upward_and_each_is_told_once,
    broken_off_anywhere_nobody_is_told_twice,
    a_digest_goes_out_once_a_day_to_who_has_something,
    quiet_hours_hold_over_midnight,
    quiet_hours_are_usual_by_the_rules,
    what_is_long_done_is_not_read,
    it_is_handed_over_closed_and_seen_within_scope,
    lists_and_conditions_agree_with_the_rule,
);

const HOUR: i64 = 60 * MINUTE_MS;

fn master() -> Master {
    Master::new(vec![7; 32])
}

async fn person(w: &World, login: &str, role: Role, scope: Scope) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let new = account::New {
        login: login.into(),
        name: login.into(),
        scope,
        roles: vec![role],
        password: String::new(),
        must_change: false,
    };
    let id = account::insert(&txn, new, NOW).await.unwrap().unwrap();
    txn.commit().await.unwrap();
    id
}

/// An enterprise's two people, the regulators of its district and of another, the city's.
struct People {
    firm: i64,
    second: i64,
    district: i64,
    city: i64,
}

async fn people(w: &World) -> People {
    let org = Scope::Org(w.north.org);
    let p = People {
        firm: person(w, "firm", Role::EnterpriseAdmin, org).await,
        second: person(w, "second", Role::EnterpriseAdmin, org).await,
        district: person(w, "district", Role::DistrictRegulator, Scope::District(NORTH)).await,
        city: person(w, "city", Role::CityRegulator, Scope::City).await,
    };
    person(w, "elsewhere", Role::DistrictRegulator, Scope::District(SOUTH)).await;
    person(w, "filler", Role::Filler, org).await;
    person(w, "other", Role::EnterpriseAdmin, Scope::Org(w.south.org)).await;
    p
}

async fn hazard(w: &World, due: &str) -> i64 {
    // The same twice within a minute is one.
    let before = incident::Entity::find().all(w.db.read()).await.unwrap().len();
    let e = Entered {
        register: Register::Hazard,
        at: NOW - DAY_MS,
        kind: IncidentKind::Station,
        severity: Some(Severity::Grave),
        division: NORTH,
        place: format!("库区{{姓名}}<script>{before}"),
        org: w.north.org,
        tag: String::new(),
        harm: Harm::default(),
        brief: "消防器材过期".into(),
        cause: String::new(),
        item: String::new(),
    };
    let txn = w.db.begin_write().await.unwrap();
    let incident::Entry::New(id) = incident::enter(&txn, &e, None, 7, NOW).await.unwrap() else { panic!("twice") };
    txn.commit().await.unwrap();
    step(w, id, IncidentAct::Demand, due).await;
    id
}

async fn step(w: &World, id: i64, act: IncidentAct, due: &str) {
    let city = Viewer { scope: Scope::City };
    let seen = incident::one(&w.db, city, Register::Hazard, id).await.unwrap().unwrap().1.len();
    let seen = i64::try_from(seen).unwrap();
    let asked = IncidentAsked { act, note: "因为".into(), due: due.parse().ok(), amended: None, seen };
    let txn = w.db.begin_write().await.unwrap();
    let done = incident::act(&txn, city, (Register::Hazard, id), &asked, (7, NOW)).await.unwrap();
    assert_eq!(done, incident::Done::Taken);
    txn.commit().await.unwrap();
}

async fn run(w: &World, now: i64) -> Ran {
    task_job::run(&w.db, &w.rules, true, now).await.unwrap()
}

async fn rows(w: &World) -> Vec<task::Model> {
    task::Entity::find().order_by_asc(task::Column::Id).all(w.db.read()).await.unwrap()
}

async fn one(w: &World, kind: Kind) -> task::Model {
    rows(w).await.into_iter().find(|m| m.kind == kind.code()).unwrap_or_else(|| panic!("no {kind:?}"))
}

async fn messages(w: &World) -> Vec<message::Model> {
    message::Entity::find().order_by_asc(message::Column::Id).all(w.db.read()).await.unwrap()
}

/// Everything that is due is sent; how many messages each account has by then.
async fn inboxes(w: &World, now: i64) -> std::collections::BTreeMap<i64, usize> {
    loop {
        let txn = w.db.begin_write().await.unwrap();
        let begun = message_job::begin(&txn, now).await.unwrap();
        txn.commit().await.unwrap();
        let Some(begun) = begun else { break };
        loop {
            let txn = w.db.begin_write().await.unwrap();
            let stretch = message_job::spread(&txn, begun.id, now).await.unwrap();
            txn.commit().await.unwrap();
            if stretch.whole {
                break;
            }
        }
    }
    let all = message::recipient::Entity::find().all(w.db.read()).await.unwrap();
    let mut out = std::collections::BTreeMap::new();
    for r in all {
        *out.entry(r.account_id).or_default() += 1;
    }
    out
}

fn asker(account: i64, scope: Scope, role: Role) -> Asker {
    Asker::new(account, Viewer { scope }, Permissions::of(&[role]))
}

fn query(filters: &[(&str, &str)]) -> ListQuery {
    let filters = filters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    ListQuery { filters, sort: String::new(), descending: false, size: 20, from: PageAt::Start }
}

async fn found(w: &World, a: Asker, filters: &[(&str, &str)], now: i64) -> Vec<i64> {
    let page = task_list::list(&w.db, a, &query(filters), now).await.unwrap();
    page.rows.into_iter().map(|t| t.id).collect()
}

async fn a_deadline_is_a_task_once_and_ends_with_its_fact(w: World) {
    let p = people(&w).await;
    let id = hazard(&w, "2026-12-01").await;
    assert_eq!(run(&w, NOW).await, Ran { opened: 1, told: 2, ..Ran::default() });
    let m = one(&w, Kind::Hazard).await;
    assert_eq!((m.scope.as_str(), m.division), (&*Scope::Org(w.north.org).to_string(), NORTH));
    assert_eq!((clock::date_of(m.due).to_string().as_str(), m.link), ("2026-12-01", format!("/hazards/{id}")));
    for _ in 0..3 {
        assert_eq!(run(&w, NOW + 1).await, Ran::default(), "nothing new is nothing told");
    }
    assert_eq!(inboxes(&w, NOW).await, [(p.firm, 1), (p.second, 1)].into());
    let said = messages(&w).await;
    assert!(said[0].body.contains("库区\u{ff5b}姓名\u{ff5d}<script>"), "braces are no fields: {}", said[0].body);
    // Another last day is another thing; the first one is done.
    step(&w, id, IncidentAct::Demand, "2026-12-05").await;
    assert_eq!(run(&w, NOW).await, Ran { opened: 1, done: 1, told: 2, ..Ran::default() });
    // Put right, it goes on to the authority by itself.
    step(&w, id, IncidentAct::Rectify, "").await;
    let ran = run(&w, NOW).await;
    assert_eq!((ran.opened, ran.done), (1, 1));
    let recheck = one(&w, Kind::Recheck).await;
    assert_eq!(recheck.scope, Scope::District(NORTH).to_string());
    assert!(clock::date_of(recheck.due).to_string().as_str() > "2026-12-01", "ten working days");
    // Found again, and demanded by the same day: the same task is open again, and is told again.
    step(&w, id, IncidentAct::Demand, "2026-12-05").await;
    let ran = run(&w, NOW).await;
    assert_eq!((ran.opened, ran.done, ran.told), (1, 1, 2));
    assert_eq!(rows(&w).await.len(), 3, "no fourth");
    step(&w, id, IncidentAct::Rectify, "").await;
    run(&w, NOW).await;
    step(&w, id, IncidentAct::Close, "").await;
    run(&w, NOW).await;
    assert!(rows(&w).await.iter().all(|m| m.state == State::Done.code()), "{:#?}", rows(&w).await);
}

async fn cylinders_and_papers_of_stations_are_tasks_by_counters(w: World) {
    people(&w).await;
    // Every four years: due on 5 December 2026, and one long ago.
    w.register(&[
        dated("T1", w.north, "2022-12-05", "2022-12-05"),
        dated("T2", w.north, "2022-12-05", "2022-12-05"),
        dated("T3", w.north, "2020-05", "2020-05"),
        dated("T4", w.south, "2024-05", "2024-05"),
    ])
    .await;
    w.sql("UPDATE org SET licence_until = NULL, insured_until = NULL").await;
    w.sql(&format!("UPDATE org SET licence_until = '2027-01-10' WHERE id = {}", w.north.org)).await;
    w.sql(&format!("UPDATE org SET insured_until = '2026-11-01' WHERE id = {}", w.south.org)).await;
    w.sql(&format!("UPDATE device SET scale_until = '2026-12-01' WHERE id = {}", w.north.device)).await;
    w.sql("DELETE FROM operator").await;
    let cert = |code: &str, day: &str| data::operator::Model {
        org_id: w.north.org,
        code: code.into(),
        cert_until: day.parse().ok(),
        media: String::new(),
    };
    data::operator::put(w.db.writer(), cert("F01", "2026-12-20")).await.unwrap();
    data::operator::put(w.db.writer(), cert("F02", "2026-12-22")).await.unwrap();
    run(&w, NOW).await;
    let mut all: Vec<(String, String, String, i64)> =
        rows(&w).await.into_iter().map(|m| (m.kind, m.subject, clock::date_of(m.due).to_string(), m.amount)).collect();
    all.sort_unstable();
    let (north, south) = (w.north, w.south);
    let want: Vec<(String, String, String, i64)> = [
        ("certificate", format!("operator:{}:F01", north.org), "2026-12-20", 0),
        ("due", format!("site:{}", north.site), "2026-12-31", 2),
        ("insurance", format!("org:{}", south.org), "2026-11-01", 0),
        ("licence", format!("org:{}", north.org), "2027-01-10", 0),
        ("overdue", format!("site:{}", north.site), "2026-11-30", 1),
        ("scale", format!("device:{}", north.device), "2026-12-01", 0),
    ]
    .map(|(k, s, d, n)| (k.to_owned(), s, d.to_owned(), n))
    .into();
    assert_eq!(all, want);
    // In the next month it is still the same task, with the present figure.
    w.register(&[dated("T5", w.north, "2020-06", "2020-06")]).await;
    let later = NOW + 12 * DAY_MS;
    run(&w, later).await;
    let overdue: Vec<i64> = rows(&w).await.iter().filter(|m| m.kind == "overdue").map(|m| m.amount).collect();
    assert_eq!(overdue, [2]);
    // A licence that was renewed is done with; a run that does not ask of it leaves the rest as it is.
    w.sql("UPDATE org SET licence_until = '2030-01-10'").await;
    assert_eq!(task_job::run(&w.db, &w.rules, false, later).await.unwrap().done, 0);
    assert_eq!(run(&w, later).await.done, 1);
    assert_eq!(one(&w, Kind::Licence).await.state, State::Done.code());
}

async fn what_nobody_there_could_do_is_for_the_next_above(w: World) {
    hazard(&w, "2026-12-01").await;
    run(&w, NOW).await;
    let (org, north) = (Scope::Org(w.north.org), Scope::District(NORTH));
    let holder = async || one(&w, Kind::Hazard).await.scope;
    assert_eq!(holder().await, org.to_string(), "with nobody anywhere it stays where it belongs");
    let city = person(&w, "city", Role::CityRegulator, Scope::City).await;
    run(&w, NOW).await;
    assert_eq!(holder().await, Scope::City.to_string());
    let id = one(&w, Kind::Hazard).await.id;
    assert_eq!(found(&w, asker(city, Scope::City, Role::CityRegulator), &[], NOW).await, [id]);
    let district = person(&w, "district", Role::DistrictRegulator, north).await;
    run(&w, NOW).await;
    assert_eq!(holder().await, north.to_string());
    // Whoever comes up from now on is told.
    hazard(&w, "2026-12-02").await;
    assert_eq!(run(&w, NOW).await, Ran { opened: 1, told: 1, ..Ran::default() });
    assert_eq!(inboxes(&w, NOW).await.get(&district), Some(&1));
    // An account there that is enabled takes it over; one that is not does not.
    let firm = person(&w, "firm", Role::EnterpriseAdmin, org).await;
    run(&w, NOW).await;
    assert_eq!(holder().await, org.to_string());
    account::set_disabled(w.db.writer(), firm, Some(NOW)).await.unwrap();
    run(&w, NOW).await;
    assert_eq!(holder().await, north.to_string());
}

async fn it_is_told_upward_and_each_is_told_once(w: World) {
    let p = people(&w).await;
    hazard(&w, "2026-11-25").await;
    run(&w, NOW).await;
    let at = |day: &str| clock::day_start(clock::day_of(day.parse().unwrap())) + 12 * HOUR;
    for (day, level, told) in [
        ("2026-11-26", 0, 0),
        ("2026-11-27", 0, 0),
        ("2026-11-28", 1, 1),
        ("2026-11-30", 1, 0),
        ("2026-12-01", 2, 1),
        ("2027-06-01", 2, 0),
    ] {
        let ran = run(&w, at(day)).await;
        assert_eq!((one(&w, Kind::Hazard).await.level, ran.told), (level, told), "{day}");
        assert_eq!(run(&w, at(day)).await, Ran::default(), "{day}");
    }
    let have = inboxes(&w, at("2027-06-01")).await;
    assert_eq!(have, [(p.firm, 1), (p.second, 1), (p.district, 1), (p.city, 1)].into());
    assert!(messages(&w).await[1].body.contains("北郊气站"), "{}", messages(&w).await[1].body);
    // What is late from the beginning goes all the way at once, and where the parameter is 0 nothing does.
    hazard(&w, "2026-11-26").await;
    let ran = run(&w, at("2026-12-20")).await;
    assert_eq!((ran.opened, ran.escalated, ran.told), (1, 1, 4));
    let mut rules: RuleSet = w.rules.clone();
    for r in rules.rows.iter_mut().filter(|r| r.rule_id == "PAR-TASK-ESCALATE") {
        r.value = 0;
    }
    hazard(&w, "2026-11-27").await;
    let ran = task_job::run(&w.db, &rules, true, at("2026-12-20")).await.unwrap();
    assert_eq!((ran.opened, ran.escalated), (1, 0));
}

async fn broken_off_anywhere_nobody_is_told_twice(w: World) {
    let p = people(&w).await;
    // More than one transaction holds.
    for n in 0..60 {
        hazard(&w, if n % 2 == 0 { "2026-11-10" } else { "2026-12-10" }).await;
    }
    // The record fails somewhere in the middle: of the first transactions something stands, of the one that failed nothing.
    let trigger = match w.db.backend() {
        DbBackend::Sqlite => vec![
            "CREATE TRIGGER broken BEFORE INSERT ON message WHEN (SELECT COUNT(*) FROM message) >= 55 BEGIN SELECT RAISE(ABORT, 'killed'); END".to_owned(),
        ],
        _ => vec![
            "CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN IF (SELECT COUNT(*) FROM message) >= 55 THEN RAISE EXCEPTION 'killed'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql".to_owned(),
            "CREATE TRIGGER broken BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION broken()".to_owned(),
        ],
    };
    for sql in &trigger {
        w.sql(sql).await;
    }
    assert!(task_job::run(&w.db, &w.rules, true, NOW).await.is_err(), "it was broken off");
    assert_eq!((rows(&w).await.len(), messages(&w).await.len()), (50, 50), "a task with its message, or neither");
    w.sql(if w.db.backend() == DbBackend::Sqlite { "DROP TRIGGER broken" } else { "DROP TRIGGER broken ON message" })
        .await;
    let ran = run(&w, NOW).await;
    assert_eq!((ran.opened, ran.escalated), (10, 30));
    assert_eq!(run(&w, NOW).await, Ran::default());
    assert_eq!(rows(&w).await.len(), 60);
    let have = inboxes(&w, NOW).await;
    assert_eq!(have, [(p.firm, 60), (p.second, 60), (p.district, 30), (p.city, 30)].into());
}

async fn a_digest_goes_out_once_a_day_to_who_has_something(w: World) {
    let p = people(&w).await;
    hazard(&w, "2026-11-21").await;
    hazard(&w, "2026-12-21").await;
    run(&w, NOW).await;
    let morning = clock::day_start(clock::local_day(NOW)) + 7 * HOUR;
    assert_eq!(task_job::digests(&w.db, &w.rules, morning).await.unwrap(), 0, "its hour has not come");
    let off = Contact { digest: false, ..Contact::default() };
    contact::put(w.db.writer(), &master(), p.second, &off, NOW).await.unwrap();
    assert_eq!(
        task_job::digests(&w.db, &w.rules, morning + HOUR).await.unwrap(),
        1,
        "one wants none, others have none"
    );
    assert_eq!(task_job::digests(&w.db, &w.rules, NOW).await.unwrap(), 0, "once a day");
    // Broken off before the day was noted: begun anew, it tells nobody twice.
    w.sql("UPDATE sequence SET last = 0 WHERE name = 'task_digest'").await;
    task_job::digests(&w.db, &w.rules, NOW + HOUR).await.unwrap();
    let digests = async || {
        messages(&w).await.into_iter().filter(|m| m.key.as_deref().unwrap().starts_with("digest-")).collect::<Vec<_>>()
    };
    assert_eq!(digests().await.len(), 1);
    assert!(digests().await[0].title.contains("今日待办 1 项") && digests().await[0].body.contains("今日到期"));
    // The next day it is late, and told once more; nobody else has anything due.
    assert_eq!(task_job::digests(&w.db, &w.rules, morning + HOUR + DAY_MS).await.unwrap(), 1);
    assert!(digests().await[1].title.contains("其中逾期 1 项"));
    // Switched off by its parameter.
    let mut rules = w.rules.clone();
    for r in rules.rows.iter_mut().filter(|r| r.rule_id == "PAR-TASK-DIGEST") {
        r.value = 24;
    }
    assert_eq!(task_job::digests(&w.db, &rules, NOW + 2 * DAY_MS).await.unwrap(), 0);
}

async fn quiet_hours_hold_over_midnight(w: World) {
    let p = people(&w).await;
    let quiet = |from: &str, to: &str| Contact { quiet: Some(Quiet::read(from, to).unwrap()), ..Contact::default() };
    contact::put(w.db.writer(), &master(), p.firm, &quiet("21:00", "07:00"), NOW).await.unwrap();
    contact::put(w.db.writer(), &master(), p.second, &quiet("00:00", "00:00"), NOW).await.unwrap();
    hazard(&w, "2026-12-01").await;
    let today = clock::day_start(clock::local_day(NOW));
    let night = today + 23 * HOUR;
    run(&w, night).await;
    assert_eq!(inboxes(&w, night).await, [(p.second, 1)].into());
    assert_eq!(
        inboxes(&w, today + 24 * HOUR + 6 * HOUR).await,
        [(p.second, 1)].into(),
        "after midnight it is night still"
    );
    assert_eq!(inboxes(&w, today + 31 * HOUR).await, [(p.firm, 1), (p.second, 1)].into());
    assert_eq!(run(&w, today + 31 * HOUR).await, Ran::default());
    assert_eq!(messages(&w).await.len(), 2);
}

async fn quiet_hours_are_usual_by_the_rules(w: World) {
    let p = people(&w).await;
    hazard(&w, "2026-12-01").await;
    // Where nobody set any, and the authority wants none, the night is as good as the day: for whoever gave a number, too.
    let by_phone = Contact { phone: "13800001111".into(), ..Contact::default() };
    contact::put(w.db.writer(), &master(), p.firm, &by_phone, NOW).await.unwrap();
    assert_eq!(w.sql("UPDATE rule SET value = 0 WHERE rule_id LIKE 'PAR-QUIET-%'").await, 2);
    let night = clock::day_start(clock::local_day(NOW)) + 23 * HOUR;
    run(&w, night).await;
    assert_eq!(inboxes(&w, night).await, [(p.firm, 1), (p.second, 1)].into());
}

async fn what_is_long_done_is_not_read(w: World) {
    if w.db.backend() != DbBackend::Sqlite {
        return;
    }
    for (from, index) in [
        ("incident WHERE register = 2 AND state IN ('demanded', 'rectified')", "incident_state"),
        ("post WHERE stage = 'submitted'", "post_stage"),
    ] {
        let ask = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN SELECT * FROM {from}"));
        let plan = w.db.read().query_all_raw(ask).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|r| r.try_get("", "detail").unwrap()).collect();
        assert!(plan.len() == 1 && plan[0].contains(&format!("USING INDEX {index}")), "{plan:?}");
    }
}

async fn it_is_handed_over_closed_and_seen_within_scope(w: World) {
    let p = people(&w).await;
    hazard(&w, "2026-12-01").await;
    run(&w, NOW).await;
    let id = one(&w, Kind::Hazard).await.id;
    let org = Scope::Org(w.north.org);
    let firm = asker(p.firm, org, Role::EnterpriseAdmin);
    let second = asker(p.second, org, Role::EnterpriseAdmin);
    let district = asker(p.district, Scope::District(NORTH), Role::DistrictRegulator);
    let today = clock::local_day(NOW);
    let by = |account: i64| Actor { account, session: 0, address: "127.0.0.1".into() };
    let act = async |a: Asker, act: Act, to: i64, seen: i64| {
        let asked = Asked { act, to, note: "因为 <b>".into(), seen };
        task::act(&w.db, a, (id, &asked), (&by(a.account), NOW)).await.unwrap()
    };
    let outside = [
        asker(91, Scope::Org(w.south.org), Role::EnterpriseAdmin),
        asker(92, Scope::District(SOUTH), Role::DistrictRegulator),
        asker(93, org, Role::Deliverer),
        asker(94, Scope::City, Role::SystemAdmin),
    ];
    for a in outside {
        assert_eq!(task::one(&w.db, a, id, today).await.unwrap(), None, "{a:?}");
        assert_eq!(act(a, Act::Remark, 0, 1).await, Done::Unknown);
        assert!(found(&w, a, &[("view", "all")], NOW).await.is_empty());
    }
    let page = task::one(&w.db, firm, id, today).await.unwrap().unwrap();
    assert_eq!(page.people.iter().map(|x| x.0).collect::<Vec<_>>(), [p.firm, p.second], "who can do it there");
    assert!(!page.may_close);
    assert_eq!(act(firm, Act::Close, 0, 1).await, Done::Forbidden, "an enterprise closes nothing");
    assert_eq!(act(district, Act::Hand, p.second, 1).await, Done::Forbidden);
    assert_eq!(act(firm, Act::Hand, p.district, 1).await, Done::Field("to"));
    assert_eq!(act(firm, Act::Hand, 9_999, 1).await, Done::Field("to"));
    assert_eq!(act(firm, Act::Hand, p.second, 1).await, Done::Taken);
    assert_eq!(act(firm, Act::Hand, 0, 1).await, Done::Stale);
    assert_eq!(inboxes(&w, NOW).await, [(p.firm, 1), (p.second, 2)].into(), "the second is told that it is his");
    assert!(found(&w, firm, &[], NOW).await.is_empty() && found(&w, second, &[], NOW).await == [id]);
    assert_eq!(found(&w, firm, &[("view", "all")], NOW).await, [id]);
    // Who is gone holds nothing.
    let txn = w.db.begin_write().await.unwrap();
    account::set_disabled(&txn, p.second, Some(NOW)).await.unwrap();
    txn.commit().await.unwrap();
    run(&w, NOW).await;
    assert_eq!(found(&w, firm, &[], NOW).await, [id]);
    // The authority closes it, with a reason: it does not come up again for the same day.
    let seen = one(&w, Kind::Hazard).await.version;
    assert_eq!(act(district, Act::Close, 0, seen).await, Done::Taken);
    assert_eq!(run(&w, NOW).await, Ran::default());
    assert_eq!(act(district, Act::Close, 0, seen + 1).await, Done::Stale);
    let page = task::one(&w.db, firm, id, today).await.unwrap().unwrap();
    let last = page.steps.last().unwrap();
    assert_eq!((last.act, last.by.as_str(), last.note.as_str()), (Act::Close, "", "因为 <b>"), "not by which officer");
    let page = task::one(&w.db, district, id, today).await.unwrap().unwrap();
    assert_eq!(page.steps.last().unwrap().by, "district");
}

async fn lists_and_conditions_agree_with_the_rule(w: World) {
    let p = people(&w).await;
    w.sql("UPDATE org SET licence_until = NULL, insured_until = NULL").await;
    let mut id = 0;
    for kind in Kind::ALL {
        for scope in [
            Scope::City,
            Scope::District(NORTH),
            Scope::District(SOUTH),
            Scope::Org(w.north.org),
            Scope::Org(w.south.org),
        ] {
            for (level, account, division) in
                [(0, 0, NORTH), (1, p.firm, NORTH), (2, 0, NORTH), (1, 0, 0), (1, 99, SOUTH)]
            {
                id += 1;
                let due = clock::local_day(NOW) + id % 3 - 1;
                let sql = format!(
                    "INSERT INTO task (id, kind, subject, due, scope, division, about, link, amount, account_id, state, level, opened_at, closed_at, version) \
                     VALUES ({id}, '{}', 's{id}', {due}, '{scope}', {division}, '100%_{id}', '/', 0, {account}, 'open', {level}, 0, NULL, 1)",
                    kind.code()
                );
                w.sql(&sql).await;
            }
        }
    }
    let all = rows(&w).await;
    let today = clock::local_day(NOW);
    let mut some = 0;
    for scope in [Scope::City, Scope::District(NORTH), Scope::Org(w.north.org)] {
        for role in Role::ALL.iter().filter(|r| r.fits(scope)) {
            let may = Permissions::of(&[*role]);
            for account in [p.firm, 99, 1_000] {
                let mine: Vec<&task::Model> =
                    all.iter().filter(|m| m.held().unwrap().is_for(account, scope, may)).collect();
                let n = |of: &dyn Fn(i32) -> bool| u32::try_from(mine.iter().filter(|m| of(m.due)).count()).unwrap();
                let want = Counts { open: n(&|_| true), today: n(&|d| d == today), late: n(&|d| d < today) };
                let have = task::counts(w.db.read(), (account, scope, may), today).await.unwrap();
                assert_eq!(have, want, "{role:?} {scope} {account}");
                some += want.open;
                let a = asker(account, scope, *role);
                let listed = task_list::list(&w.db, a, &query(&[]), NOW).await.unwrap();
                assert_eq!(listed.total.count, want.open, "what is somebody's he sees: {role:?} {scope}");
                assert!(listed.rows.windows(2).all(|p| p[0].due <= p[1].due));
                let seen = all.iter().filter(|m| m.held().unwrap().is_seen_by(scope, may)).count();
                let listed = task_list::list(&w.db, a, &query(&[("view", "all")]), NOW).await.unwrap();
                assert_eq!(usize::try_from(listed.total.count).unwrap(), seen, "{role:?} {scope}");
            }
        }
    }
    assert!(some > 100, "{some}");
    let city = asker(p.city, Scope::City, Role::CityRegulator);
    let n = found(&w, city, &[("view", "all"), ("q", "100%_7")], NOW).await;
    assert!(n.contains(&7) && n.iter().all(|id| id.to_string().starts_with('7')), "{n:?}");
    let long = "长".repeat(2_000);
    for (name, value) in [
        ("view", "x"),
        ("state", "'"),
        ("kind", "DROP"),
        ("from", "99999-01-01"),
        ("to", "x"),
        ("q", "\0"),
        ("q", &long),
        ("scope", "city"),
    ] {
        let said = task_list::list(&w.db, city, &query(&[(name, value)]), NOW).await;
        assert!(matches!(said, Err(AskError::Field(_))), "{name} {value:.10}");
    }
    let q = ListQuery { from: PageAt::After("zz".into()), ..query(&[]) };
    assert!(matches!(task_list::list(&w.db, city, &q, NOW).await, Err(AskError::Field(_))));
}
