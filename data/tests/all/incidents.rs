//! The registers of accidents and hazards: what may be entered, what may be done when, who sees what, and what is counted.

use crate::support::{NORTH, NOW, SOUTH, World, both, file};
use data::{
    incident::{self, Done, Entry},
    incident_list,
    page::AskError,
};
use domain::{
    analysis::Span,
    check::Severity,
    clock::{self, DAY_MS},
    incident::{Act, Asked, Entered, Grade, Harm, Kind, Level, Register, State},
    list::{ListPage, ListQuery, PageAt},
    scope::{Scope, Viewer},
};

both!(
    what_is_entered_is_known_within_sight,
    a_hazard_goes_its_way_and_nothing_else,
    an_accident_is_graded_by_its_harm_and_closed_with_a_cause,
    lists_are_narrowed_and_paged_without_loss,
    nobody_undoes_what_he_did_not_see,
    what_is_sent_twice_is_entered_once,
    an_organisation_reads_what_concerns_it,
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn accident(division: i32, org: i64, at: i64) -> Entered {
    Entered {
        register: Register::Accident,
        at,
        kind: Kind::Fire,
        severity: None,
        division,
        place: "经三路 1 号".into(),
        org,
        tag: String::new(),
        harm: Harm { dead: 0, serious: 1, minor: 2, loss_yuan: 5_000 },
        brief: "100%_泄漏".into(),
        cause: String::new(),
        item: String::new(),
    }
}

fn hazard(division: i32, org: i64, at: i64) -> Entered {
    Entered {
        register: Register::Hazard,
        kind: Kind::User,
        severity: Some(Severity::Grave),
        harm: Harm::default(),
        item: "C06".into(),
        ..accident(division, org, at)
    }
}

async fn entry(w: &World, e: &Entered, account: i64, now: i64) -> Entry {
    let txn = w.db.begin_write().await.unwrap();
    let done = incident::enter(&txn, e, None, account, now).await.unwrap();
    // As the server does: what was entered before takes no number.
    if matches!(done, Entry::New(_)) {
        txn.commit().await.unwrap();
    }
    done
}

async fn enter(w: &World, e: &Entered) -> i64 {
    match entry(w, e, 7, NOW).await {
        Entry::New(id) => id,
        Entry::Twice(id) => panic!("entered before as {id}"),
    }
}

/// Steps that stand there.
async fn steps(w: &World, (register, id): (Register, i64)) -> i64 {
    let found = incident::one(&w.db, CITY, register, id).await.unwrap();
    found.map_or(0, |(_, steps)| i64::try_from(steps.len()).unwrap())
}

async fn act(w: &World, viewer: Viewer, at: (Register, i64), act: Act) -> Done {
    let due = (act == Act::Demand).then(|| "2026-12-01".parse().unwrap());
    let asked = Asked { act, note: "因为".into(), due, amended: None, seen: steps(w, at).await };
    step(w, viewer, at, asked).await
}

async fn step(w: &World, viewer: Viewer, at: (Register, i64), asked: Asked) -> Done {
    let txn = w.db.begin_write().await.unwrap();
    let done = incident::act(&txn, viewer, at, &asked, (7, NOW)).await.unwrap();
    txn.commit().await.unwrap();
    done
}

/// Some of both, in both districts, this quarter and the one before; one of them withdrawn.
pub async fn some(w: &World) {
    for (n, days) in [1, 2, 30, 60, 100, 110].into_iter().enumerate() {
        let (division, org) = if n % 2 == 0 { (NORTH, w.north.org) } else { (SOUTH, w.south.org) };
        enter(w, &accident(division, org, NOW - days * DAY_MS)).await;
        enter(w, &hazard(division, org, NOW - days * DAY_MS)).await;
    }
    let id = enter(w, &hazard(NORTH, w.north.org, NOW - DAY_MS - 1)).await;
    assert_eq!(act(w, CITY, (Register::Hazard, id), Act::Withdraw).await, Done::Taken);
}

async fn what_is_entered_is_known_within_sight(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let known = async |scope: Scope, e: &Entered| incident::known(&w.db, Viewer { scope }, e).await.unwrap();
    let of = |division, org, tag: &str| Entered { tag: tag.into(), ..accident(division, org, NOW) };
    let (north, own) = (Scope::District(NORTH), Scope::Org(w.north.org));
    let t1 = known(Scope::City, &of(NORTH, w.north.org, "T1")).await.unwrap();
    assert!(t1.is_some());
    assert_eq!(known(north, &of(NORTH, w.north.org, "T1")).await, Ok(t1));
    assert_eq!(known(Scope::City, &of(SOUTH, 0, "")).await, Ok(None));
    // A district of the city in which there is no site; one of another city; one that there is not.
    assert_eq!(known(Scope::City, &of(410_106, 0, "")).await, Ok(None));
    assert_eq!(known(Scope::City, &of(110_101, 0, "")).await, Err("district"));
    assert_eq!(known(Scope::City, &of(1, 0, "")).await, Err("district"));
    assert_eq!(known(north, &of(SOUTH, 0, "")).await, Err("district"));
    assert_eq!(known(north, &of(NORTH, w.south.org, "")).await, Err("org"));
    assert_eq!(known(Scope::City, &of(NORTH, 999, "")).await, Err("org"));
    assert_eq!(known(own, &of(NORTH, 0, "")).await, Err("org"), "an enterprise speaks of itself");
    assert_eq!(known(own, &of(NORTH, w.north.org, "")).await, Ok(None));
    // Another's cylinder is as if it were not there; its tag is noted all the same.
    assert_eq!(known(north, &of(NORTH, 0, "T2")).await, Ok(None));
    assert_eq!(known(Scope::City, &of(NORTH, 0, "NEVER-SEEN")).await, Ok(None));

    let id = enter(&w, &of(NORTH, w.north.org, "T1")).await;
    let one = async |scope, register| incident::one(&w.db, Viewer { scope }, register, id).await.unwrap();
    for (scope, seen) in [
        (Scope::City, true),
        (north, true),
        (own, true),
        (Scope::District(SOUTH), false),
        (Scope::Org(w.south.org), false),
    ] {
        assert_eq!(one(scope, Register::Accident).await.is_some(), seen, "{scope}");
        assert_eq!(one(scope, Register::Hazard).await, None, "{scope}: it is no hazard");
    }
    let (line, steps) = one(Scope::City, Register::Accident).await.unwrap();
    assert_eq!((line.district.as_str(), line.org_name.as_str(), line.tag.as_str()), ("金水区", "北郊气站", "T1"));
    assert_eq!((steps.len(), steps[0].act, steps[0].by.as_str()), (1, Act::Enter, "#7"));
    w.clean().await;
}

async fn a_hazard_goes_its_way_and_nothing_else(w: World) {
    let id = enter(&w, &hazard(NORTH, w.north.org, NOW)).await;
    let at = (Register::Hazard, id);
    let south = Viewer { scope: Scope::District(SOUTH) };
    assert_eq!(act(&w, south, at, Act::Remark).await, Done::Unknown);
    assert_eq!(act(&w, CITY, (Register::Accident, id), Act::Remark).await, Done::Unknown);
    assert_eq!(act(&w, CITY, (Register::Hazard, 999), Act::Remark).await, Done::Unknown);
    for a in [Act::Close, Act::Rectify, Act::Report, Act::Amend, Act::Enter] {
        assert_eq!(act(&w, CITY, at, a).await, Done::NotNow, "{a:?}");
    }
    let bare = Asked { act: Act::Demand, note: "限期".into(), due: None, amended: None, seen: 1 };
    assert_eq!(step(&w, CITY, at, bare).await, Done::Needs("due"));
    for (a, state) in [
        (Act::Demand, State::Demanded),
        (Act::Remark, State::Demanded),
        (Act::Rectify, State::Rectified),
        // The re-check finds it again.
        (Act::Demand, State::Demanded),
        (Act::Rectify, State::Rectified),
        (Act::Close, State::Closed),
    ] {
        assert_eq!(act(&w, CITY, at, a).await, Done::Taken, "{a:?}");
        let (line, _) = incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap();
        assert_eq!(line.state, state);
        assert_eq!(line.is_late("2026-12-02".parse().unwrap()), state == State::Demanded);
        assert!(!line.is_late("2026-12-01".parse().unwrap()), "the last day counts");
    }
    assert_eq!(act(&w, CITY, at, Act::Withdraw).await, Done::NotNow, "what was closed stays");
    let (_, steps) = incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap();
    let acts: Vec<Act> = steps.iter().map(|s| s.act).collect();
    assert_eq!(acts, [Act::Enter, Act::Demand, Act::Remark, Act::Rectify, Act::Demand, Act::Rectify, Act::Close]);
    assert_eq!(steps[1].changed, [("due".to_owned(), String::new(), "2026-12-01".to_owned())]);
    assert!(steps[4].changed.is_empty(), "the term is the same");
}

async fn an_accident_is_graded_by_its_harm_and_closed_with_a_cause(w: World) {
    let id = enter(&w, &accident(NORTH, 0, NOW)).await;
    let at = (Register::Accident, id);
    let level = async || incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap().0.level;
    assert_eq!(level().await, Level::Accident(Grade::Common));
    assert_eq!(act(&w, CITY, at, Act::Close).await, Done::Needs("cause"));
    assert_eq!(act(&w, CITY, at, Act::Demand).await, Done::NotNow);
    let harm = Harm { dead: 3, serious: 1, minor: 2, loss_yuan: 5_000 };
    let amended = Some((harm, "软管老化".to_owned()));
    let asked = Asked { act: Act::Amend, note: String::new(), due: None, amended, seen: 1 };
    assert_eq!(step(&w, CITY, at, asked).await, Done::Taken);
    assert_eq!(level().await, Level::Accident(Grade::Larger));
    assert_eq!(act(&w, CITY, at, Act::Report).await, Done::Taken);
    assert_eq!(act(&w, CITY, at, Act::Close).await, Done::Taken);
    let (line, steps) = incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap();
    assert_eq!((line.state, line.harm), (State::Closed, harm));
    let text = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(steps[1].changed, [text("dead", "0", "3"), text("cause", "", "软管老化")]);
}

async fn lists_are_narrowed_and_paged_without_loss(w: World) {
    some(&w).await;
    let list = async |scope, r, q: &ListQuery| incident_list::list(&w.db, Viewer { scope }, r, q, NOW).await;
    let start = ListQuery { size: 20, ..ListQuery::default() };
    let count = async |scope, r, q: &ListQuery| list(scope, r, q).await.unwrap().total.count;
    let (a, h) = (Register::Accident, Register::Hazard);
    assert_eq!((count(Scope::City, a, &start).await, count(Scope::City, h, &start).await), (6, 6));
    assert_eq!(count(Scope::District(NORTH), h, &start).await, 3);
    assert_eq!(count(Scope::Org(w.south.org), a, &start).await, 3);
    let today = clock::local_date(NOW).to_string();
    for (name, value, n) in [
        ("state", "withdrawn", 1),
        ("state", "open", 6),
        ("state", "late", 0),
        ("level", "grave", 6),
        ("level", "common", 0),
        ("kind", "user", 6),
        ("kind", "station", 0),
        ("district", "410105", 3),
        ("org", &w.south.org.to_string(), 3),
        ("from", "2026-11-19", 2),
        ("to", "2026-11-19", 5),
        ("to", &today, 6),
        ("q", "经三路", 6),
        // Signs that a pattern knows are signs like any other.
        ("q", "100%_", 6),
        ("q", "1%泄", 0),
        ("q", "'; --", 0),
    ] {
        assert_eq!(count(Scope::City, h, &start.with(name, value)).await, n, "{name} {value}");
    }
    // What is counted is what is listed.
    let days = |first: &str, last: &str| Span {
        first: clock::day_of(first.parse().unwrap()),
        last: clock::day_of(last.parse().unwrap()),
    };
    for (scope, first, last) in
        [(Scope::City, "2026-11-01", "2026-11-30"), (Scope::District(SOUTH), "2026-01-01", "2026-12-31")]
    {
        let counted = incident::count(w.db.read(), Viewer { scope }, h, days(first, last)).await.unwrap();
        let listed = count(scope, h, &start.with("from", first).with("to", last)).await;
        assert!(counted > 0 && counted == i64::from(listed), "{scope} {counted} {listed}");
    }
    // Page after page and back, the latest first.
    for n in 0..30 {
        enter(&w, &Entered { place: format!("经三路 {n} 号"), ..accident(NORTH, 0, NOW - n / 3) }).await;
    }
    let ids = |p: &ListPage<domain::incident::Incident>| p.rows.iter().map(|r| r.id).collect::<Vec<_>>();
    let first = list(Scope::City, a, &start).await.unwrap();
    let second = list(Scope::City, a, &start.at(PageAt::After(first.after.clone().unwrap()))).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.after.clone()), (20, 16, None));
    let mut all = ids(&first);
    all.extend(ids(&second));
    let mut unique = all.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 36);
    let times: Vec<i64> = first.rows.iter().chain(&second.rows).map(|r| r.at).collect();
    assert!(times.windows(2).all(|t| t[0] >= t[1]));
    let back = list(Scope::City, a, &start.at(PageAt::Before(second.before.clone().unwrap()))).await.unwrap();
    assert_eq!((ids(&back), back.before.clone()), (ids(&first), None));
    let up = list(Scope::City, a, &ListQuery { sort: "at".into(), ..start.clone() }).await.unwrap();
    all.reverse();
    assert_eq!(ids(&up), all[..20]);
    for (q, field) in [
        (start.with("state", "x"), "state"),
        (start.with("level", "general"), "level"),
        (start.with("kind", "fire"), "kind"),
        (start.with("district", "x"), "district"),
        (start.with("org", "1.5"), "org"),
        (start.with("from", "2026-02-30"), "from"),
        (start.with("to", "+2026-01-01"), "to"),
        (start.with("q", "a\u{0}b"), "q"),
        (start.with("password", "1"), "filter"),
        (start.sorted("place"), "sort"),
        (start.at(PageAt::After("zz".into())), "cursor"),
    ] {
        assert!(matches!(list(Scope::City, h, &q).await, Err(AskError::Field(f)) if f == field), "{field}");
    }
}

async fn nobody_undoes_what_he_did_not_see(w: World) {
    let id = enter(&w, &accident(NORTH, 0, NOW)).await;
    let at = (Register::Accident, id);
    let amend = |dead, cause: &str| {
        let harm = Harm { dead, ..accident(NORTH, 0, NOW).harm };
        let amended = Some((harm, cause.to_owned()));
        Asked { act: Act::Amend, note: String::new(), due: None, amended, seen: 1 }
    };
    // Two look at the same state; the later one is told, and what the first wrote stands.
    let first = async {
        let txn = w.db.begin_write().await.unwrap();
        let done = incident::act(&txn, CITY, at, &amend(2, "软管老化"), (7, NOW)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        txn.commit().await.unwrap();
        done
    };
    let second = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        step(&w, CITY, at, amend(0, "")).await
    };
    assert_eq!(tokio::join!(first, second), (Done::Taken, Done::Stale));
    let (line, _) = incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap();
    assert_eq!((line.harm.dead, line.cause.as_str()), (2, "软管老化"));
    // A word that changes nothing is never too late; two of them at once both stand.
    let remark = || Asked { act: Act::Remark, note: "在查".into(), due: None, amended: None, seen: 1 };
    let both = tokio::join!(step(&w, CITY, at, remark()), step(&w, CITY, at, remark()));
    assert_eq!(both, (Done::Taken, Done::Taken));
    let close = Asked { act: Act::Close, seen: 2, ..remark() };
    assert_eq!(step(&w, CITY, at, close.clone()).await, Done::Stale);
    assert_eq!(step(&w, CITY, at, Asked { seen: steps(&w, at).await, ..close }).await, Done::Taken);
    assert_eq!(steps(&w, at).await, 5);
}

async fn what_is_sent_twice_is_entered_once(w: World) {
    let e = accident(NORTH, 0, NOW);
    // A button pressed twice: both are under way at once.
    let (one, other) = tokio::join!(entry(&w, &e, 7, NOW), entry(&w, &e, 7, NOW));
    assert_ne!(one, other);
    let id = [one, other].into_iter().find_map(|d| if let Entry::New(id) = d { Some(id) } else { None }).unwrap();
    assert!([one, other].contains(&Entry::Twice(id)));
    assert_eq!(entry(&w, &e, 7, NOW + 59_000).await, Entry::Twice(id));
    // Other words or another account are an entry of their own.
    let another = [
        entry(&w, &Entered { cause: "阀门未关".into(), ..e.clone() }, 7, NOW).await,
        entry(&w, &Entered { harm: Harm::default(), ..e.clone() }, 7, NOW).await,
        entry(&w, &hazard(NORTH, 0, NOW), 7, NOW).await,
        entry(&w, &e, 8, NOW).await,
    ];
    assert!(another.iter().all(|d| matches!(d, Entry::New(_))), "{another:?}");
    // What was withdrawn may be entered anew.
    assert_eq!(act(&w, CITY, (Register::Accident, id), Act::Withdraw).await, Done::Taken);
    assert!(matches!(entry(&w, &e, 7, NOW).await, Entry::New(_)));
    assert!(matches!(entry(&w, &e, 7, NOW + 61_000).await, Entry::New(_)), "a minute later it is an entry of its own");
}

async fn an_organisation_reads_what_concerns_it(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    let id = enter(&w, &hazard(NORTH, w.north.org, NOW)).await;
    let at = (Register::Hazard, id);
    assert_eq!(act(&w, CITY, at, Act::Demand).await, Done::Taken);
    let own = Viewer { scope: Scope::Org(w.north.org) };
    let (_, steps) = incident::one(&w.db, own, at.0, id).await.unwrap().unwrap();
    assert_eq!(steps.iter().map(|s| s.act).collect::<Vec<_>>(), [Act::Enter, Act::Demand]);
    assert!(steps.iter().all(|s| s.by.is_empty() && s.note.is_empty()), "{steps:?}");
    assert_eq!(steps[1].changed.len(), 1, "until when it must be put right concerns it");
    let (_, all) = incident::one(&w.db, CITY, at.0, id).await.unwrap().unwrap();
    assert_eq!((all[1].by.as_str(), all[1].note.as_str()), ("#7", "因为"));
    // What was entered by mistake is not for it to see, wherever it looks.
    assert_eq!(act(&w, CITY, at, Act::Withdraw).await, Done::Taken);
    let q = ListQuery { size: 20, ..ListQuery::default() }.with("state", "withdrawn");
    for (viewer, n) in [(own, 0), (CITY, 1)] {
        assert_eq!(incident_list::list(&w.db, viewer, at.0, &q, NOW).await.unwrap().total.count, n);
        assert_eq!(incident::one(&w.db, viewer, at.0, id).await.unwrap().is_some(), n == 1);
    }
    // A tag leads to a trace where it is a cylinder's within sight.
    let traced = async |viewer, tag: &str| incident::traced(&w.db, viewer, tag).await.unwrap();
    assert!(traced(CITY, "T1").await && traced(own, "T1").await);
    assert!(!traced(own, "T2").await && !traced(CITY, "NEVER-SEEN").await && !traced(CITY, "").await);
}
