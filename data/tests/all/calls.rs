//! Calls: who sees them, that who called is sealed, what becomes of them, and that a case comes of one in one piece.

use crate::support::{NORTH, NOW, SOUTH, World, both, file};
use data::{
    audit::Actor,
    call::{self, Done, Entry},
    call_list, case,
    page::AskError,
    secret::Master,
};
use domain::{
    call::{Act, Asked, CallBack, CallPage, Category, Entered, State},
    case::{Channel, Reporter, Track},
    clock::{DAY_MS, MINUTE_MS},
    list::{ListQuery, PageAt},
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, QueryOrder};

both!(
    who_called_is_sealed_and_told_for_a_purpose,
    a_call_is_seen_within_the_authority,
    a_call_becomes_a_case_once_and_whole,
    a_promise_is_kept_late_or_done,
    nobody_undoes_what_he_did_not_see,
    lists_are_narrowed_and_refuse_what_cannot_be_meant,
);

const CITY: Viewer = Viewer { scope: Scope::City };
const DISTRICT: Viewer = Viewer { scope: Scope::District(NORTH) };

fn master() -> Master {
    Master::new(vec![7; 32])
}

fn actor() -> Actor {
    Actor { account: 7, session: 0, address: "127.0.0.1".into() }
}

fn entered() -> Entered {
    Entered {
        category: Category::Report,
        at: Some(NOW - 5 * MINUTE_MS),
        caller: Reporter { name: "张三丰".into(), phone: "13812341111".into(), address: String::new() },
        division: NORTH,
        org: 0,
        tag: String::new(),
        text: "100%_有人倒卖气瓶 <script>alert(1)</script>".into(),
        callback: None,
        key: String::new(),
    }
}

async fn entry(w: &World, e: &Entered) -> Entry {
    let known = call::known(&w.db, CITY, e).await.unwrap().unwrap();
    call::enter(&w.db, &master(), (e, &known), (&actor(), NOW)).await.unwrap()
}

async fn enter(w: &World, e: &Entered) -> i64 {
    match entry(w, e).await {
        Entry::New(id) => id,
        Entry::Twice(id) => panic!("entered before as {id}"),
    }
}

fn asked(act: Act, seen: i64) -> Asked {
    Asked {
        act,
        with: "值班室".into(),
        callback: Some(NOW + DAY_MS),
        track: Some(Track::Report),
        title: "倒卖气瓶".into(),
        place: String::new(),
        note: "说明".into(),
        seen,
    }
}

async fn act(w: &World, viewer: Viewer, id: i64, asked: &Asked, now: i64) -> Done {
    call::act(&w.db, (&master(), &w.rules), viewer, (id, asked), (&actor(), now)).await.unwrap()
}

async fn page(w: &World, id: i64) -> CallPage {
    call::one(&w.db, &master(), CITY, id).await.unwrap().unwrap()
}

async fn audited(w: &World) -> Vec<String> {
    let rows = data::audit::Entity::find().order_by_asc(data::audit::Column::No).all(w.db.read()).await.unwrap();
    rows.into_iter().map(|r| r.action).collect()
}

fn query(filters: &[(&str, &str)]) -> ListQuery {
    let filters = filters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    ListQuery { filters, sort: String::new(), descending: false, size: 20, from: PageAt::Start }
}

async fn found(w: &World, viewer: Viewer, filters: &[(&str, &str)]) -> Vec<i64> {
    let page = call_list::list(&w.db, &master(), viewer, &query(filters), NOW).await.unwrap();
    page.rows.into_iter().map(|r| r.id).collect()
}

async fn who_called_is_sealed_and_told_for_a_purpose(w: World) {
    let id = enter(&w, &entered()).await;
    let row = call::Entity::find_by_id(id).one(w.db.read()).await.unwrap().unwrap();
    // A part of the number may stand in what is sealed by chance.
    assert!(!row.caller.is_empty() && !row.caller.contains("13812341111") && !row.caller.contains('张'));
    assert!(!format!("{row:?}").contains("caller"));
    let p = page(&w, id).await;
    assert_eq!((p.call.caller.name.as_str(), p.call.caller.phone.as_str()), ("张**", "138****1111"));
    let list = call_list::list(&w.db, &master(), CITY, &query(&[]), NOW).await.unwrap();
    assert_eq!(list.rows[0].caller.phone, "138****1111");
    let told = call::unmask(&w.db, &master(), CITY, id, "核实\u{7}线索", (&actor(), NOW)).await.unwrap().unwrap();
    assert_eq!((told.name.as_str(), told.phone.as_str()), ("张三丰", "13812341111"));
    assert_eq!(audited(&w).await, ["call.enter", "call.unmask"]);
    let log = data::audit::Entity::find().all(w.db.read()).await.unwrap();
    assert!(
        log.iter().all(|r| !r.detail.contains("13812341111") && !r.detail.contains("张三丰")),
        "the log does not say who"
    );
    // Another key opens nothing.
    let other = call::one(&w.db, &Master::new(vec![8; 32]), CITY, id).await.unwrap().unwrap();
    assert!(other.call.caller.is_nobody());
}

async fn a_call_is_seen_within_the_authority(w: World) {
    let id = enter(&w, &entered()).await;
    let south = Viewer { scope: Scope::District(SOUTH) };
    let org = Viewer { scope: Scope::Org(w.north.org) };
    for (viewer, sees) in [(CITY, true), (DISTRICT, true), (south, false), (org, false)] {
        assert_eq!(call::one(&w.db, &master(), viewer, id).await.unwrap().is_some(), sees, "{viewer:?}");
        assert_eq!(found(&w, viewer, &[]).await.len(), usize::from(sees), "{viewer:?}");
        let told = call::unmask(&w.db, &master(), viewer, id, "x", (&actor(), NOW)).await.unwrap();
        assert_eq!(told.is_some(), sees);
        let done = act(&w, viewer, id, &asked(Act::Remark, 1), NOW).await;
        assert_eq!(done == Done::Taken(None), sees, "{viewer:?} {done:?}");
    }
    // Whoever sees a district enters nothing of another, and an enterprise enters none.
    let e = Entered { division: SOUTH, ..entered() };
    assert_eq!(call::known(&w.db, DISTRICT, &e).await.unwrap().err(), Some("district"));
    assert_eq!(call::known(&w.db, org, &e).await.unwrap().err(), Some("org"));
    let own = call::known(&w.db, DISTRICT, &Entered { division: 0, ..entered() }).await.unwrap().unwrap();
    assert_eq!(own.division, NORTH);
}

async fn a_call_becomes_a_case_once_and_whole(w: World) {
    w.register(&[file("T1", w.north)]).await;
    let id = enter(&w, &Entered { tag: "T1".into(), ..entered() }).await;
    let Done::Taken(Some(receipt)) = act(&w, CITY, id, &asked(Act::Case, 1), NOW).await else { panic!("no case") };
    let c = case::Entity::find_by_id(receipt.id).one(w.db.read()).await.unwrap().unwrap();
    assert_eq!((c.channel.as_str(), c.track.as_str()), (Channel::Phone.code(), "report"));
    assert_eq!((c.received_at, c.tag.as_str(), c.org_id), (NOW - 5 * MINUTE_MS, "T1", w.north.org));
    // Both lead to each other, and the case knows who brought it.
    let p = page(&w, id).await;
    assert_eq!((p.call.case, p.call.state), (Some((receipt.id, receipt.number.clone())), State::Case));
    let may = case::May { account: 7, handle: true, approve: false, answer: false };
    let shown = case::one(&w.db, &master(), CITY, receipt.id, may).await.unwrap().unwrap();
    assert_eq!((shown.calls, shown.reporter.phone.as_str()), (vec![id], "138****1111"));
    let firm = Viewer { scope: Scope::Org(w.north.org) };
    assert!(case::one(&w.db, &master(), firm, receipt.id, may).await.unwrap().is_none(), "a report not yet asked of");
    assert_eq!(audited(&w).await, ["call.enter", "case.enter", "call.act"]);
    // Sent again: late first, then not possible any more.
    assert_eq!(act(&w, CITY, id, &asked(Act::Case, 1), NOW).await, Done::Stale);
    assert_eq!(act(&w, CITY, id, &asked(Act::Case, 2), NOW).await, Done::NotNow);
    assert_eq!(case::Entity::find().all(w.db.read()).await.unwrap().len(), 1);
    // What fails at its end leaves neither.
    let other = enter(&w, &entered()).await;
    let taken = format!(
        "INSERT INTO call_step (call_id, \"no\", \"at\", act, account_id, note, \"with\") VALUES ({other}, 2, 0, 'remark', 0, '', '')"
    );
    w.sql(&taken).await;
    let failed = call::act(&w.db, (&master(), &w.rules), CITY, (other, &asked(Act::Case, 1)), (&actor(), NOW)).await;
    assert!(failed.is_err());
    assert_eq!(case::Entity::find().all(w.db.read()).await.unwrap().len(), 1);
    assert_eq!(page(&w, other).await.call.state, State::Open);
}

async fn a_promise_is_kept_late_or_done(w: World) {
    let id = enter(&w, &Entered { callback: Some(NOW + DAY_MS), ..entered() }).await;
    let c = page(&w, id).await.call;
    assert_eq!([NOW, NOW + 2 * DAY_MS].map(|at| c.back(at)), [Some(CallBack::Waiting), Some(CallBack::Late)]);
    assert!(c.acts().contains(&Act::CallBack) && !c.acts().contains(&Act::Promise));
    assert_eq!(act(&w, CITY, id, &asked(Act::Promise, 1), NOW).await, Done::NotNow, "it is promised");
    assert_eq!(act(&w, CITY, id, &asked(Act::CallBack, 1), NOW + 1).await, Done::Taken(None));
    assert_eq!(act(&w, CITY, id, &asked(Act::CallBack, 2), NOW + 2).await, Done::NotNow, "it was done");
    let p = page(&w, id).await;
    assert_eq!((p.call.called_back, p.call.back(NOW)), (Some(NOW + 1), Some(CallBack::Done)));
    assert_eq!(p.steps.last().unwrap().note, "说明");
    // He may be called back once more.
    assert_eq!(act(&w, CITY, id, &asked(Act::Promise, 2), NOW).await, Done::Taken(None));
    assert_eq!(page(&w, id).await.call.back(NOW), Some(CallBack::Waiting));
}

async fn nobody_undoes_what_he_did_not_see(w: World) {
    let id = enter(&w, &entered()).await;
    assert_eq!(act(&w, CITY, id, &asked(Act::Hand, 1), NOW).await, Done::Taken(None));
    assert_eq!(act(&w, CITY, id, &asked(Act::Keep, 1), NOW).await, Done::Stale);
    assert_eq!(act(&w, CITY, id, &asked(Act::Remark, 0), NOW).await, Done::Taken(None), "a word is never late");
    let p = page(&w, id).await;
    assert_eq!((p.call.handed_to.as_str(), p.call.state, p.call.version), ("值班室", State::Handed, 3));
    let log = data::audit::Entity::find().all(w.db.read()).await.unwrap();
    assert!(log.iter().all(|r| !r.detail.contains("值班室")), "to whom is no matter of the log");
    // Numbers within words stand on the page of the call, and in no list.
    let wordy = enter(&w, &Entered { text: "回电 13812341111".into(), ..entered() }).await;
    let to = Asked { with: "张三 13912345678".into(), ..asked(Act::Hand, 1) };
    assert_eq!(act(&w, CITY, wordy, &to, NOW).await, Done::Taken(None));
    let list = call_list::list(&w.db, &master(), CITY, &query(&[]), NOW).await.unwrap();
    let line = list.rows.iter().find(|r| r.id == wordy).unwrap();
    assert_eq!((line.text.as_str(), line.handed_to.as_str()), ("回电 138****1111", "张三 139****5678"));
    assert_eq!(page(&w, wordy).await.call.text, "回电 13812341111");
    assert_eq!(act(&w, CITY, 99, &asked(Act::Keep, 1), NOW).await, Done::Unknown);
    assert_eq!(act(&w, CITY, -1, &asked(Act::Case, 1), NOW).await, Done::Unknown);
    // The same form sent twice is one call.
    let e = Entered { key: "0123456789abcdef".into(), ..entered() };
    let first = enter(&w, &e).await;
    assert_eq!(entry(&w, &Entered { text: "别的".into(), ..e }).await, Entry::Twice(first));
}

async fn lists_are_narrowed_and_refuse_what_cannot_be_meant(w: World) {
    let a = enter(&w, &Entered { callback: Some(NOW - 1), ..entered() }).await;
    let b = enter(
        &w,
        &Entered { category: Category::Repair, callback: Some(NOW + DAY_MS), at: Some(NOW - 3 * DAY_MS), ..entered() },
    )
    .await;
    assert_eq!(found(&w, CITY, &[]).await, [a, b], "the latest first");
    for (filters, want) in [
        (&[("callback", "late")][..], vec![a]),
        (&[("callback", "waiting")], vec![b]),
        (&[("callback", "done")], vec![]),
        (&[("category", "repair")], vec![b]),
        (&[("q", "100%_")], vec![a, b]),
        (&[("q", "%%")], vec![]),
        (&[("q", "13812341111")], vec![]),
        (&[("q", "2")], vec![b]),
        (&[("state", "open"), ("district", "410105")], vec![a, b]),
        (&[("district", "410102")], vec![]),
        (&[("from", "2026-11-21")], vec![a]),
        (&[("to", "2026-11-20")], vec![b]),
    ] {
        assert_eq!(found(&w, CITY, filters).await, want, "{filters:?}");
    }
    let long = "长".repeat(2_000);
    for (name, value) in [
        ("callback", "x"),
        ("state", "'"),
        ("category", ""),
        ("district", "99999999999"),
        ("from", "99999-01-01"),
        ("to", "-1"),
        ("q", "a\0b"),
        ("q", &long),
        ("caller", "x"),
    ] {
        let said = call_list::list(&w.db, &master(), CITY, &query(&[(name, value)]), NOW).await;
        assert!(matches!(said, Err(AskError::Field(_))), "{name} {value:.10}");
    }
    for (sort, from) in [("text", PageAt::Start), ("", PageAt::After("zz".into())), ("", PageAt::Before("00".into()))] {
        let q = ListQuery { sort: sort.into(), from, ..query(&[]) };
        assert!(matches!(call_list::list(&w.db, &master(), CITY, &q, NOW).await, Err(AskError::Field(_))));
    }
}
