//! Cases: number and code, scope, clocks under both orders and after a change of the calendar, two acts at once, hostile input.

use crate::support::{NORTH, NOW, SOUTH, World, both, file};
use data::{
    attachment::{self, Files},
    audit::Actor,
    calendar,
    case::{self, Done, Entry, Known, May},
    case_evaluation, case_list,
    page::AskError,
    rule,
    secret::Master,
};
use domain::{
    analysis::Span,
    attachment::Attachment,
    case::{Act, Asked, Bar, CasePage, Channel, Clock, Document, Entered, Hold, Receipt, Reporter, State, Track},
    clock::{self, DAY_MS},
    form::Values,
    list::{ListPage, ListQuery, PageAt},
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, QueryOrder};
use std::collections::BTreeSet;

both!(
    a_case_has_a_number_and_a_code_and_is_followed_by_both,
    what_is_sent_twice_is_entered_once,
    a_complaint_that_is_a_report_becomes_two,
    who_brought_it_is_sealed_and_shown_to_whom_it_is_for,
    an_entry_leads_to_what_is_within_sight,
    a_complaint_goes_its_way_and_two_at_once_do_not_undo_each_other,
    a_report_is_extended_by_a_second_person_and_told,
    an_enterprise_answers_what_is_about_it,
    a_citizen_rates_and_takes_back,
    an_officer_does_not_say_how_content_the_citizen_is,
    an_extension_that_comes_too_late_is_barred,
    what_is_handed_back_has_what_was_left,
    what_a_citizen_adds_is_bounded_and_taken_once,
    pictures_of_a_form_sent_twice_are_kept_once,
    a_kept_picture_is_taken_up_once_and_without_it_nothing_is_entered,
    a_citizen_reads_the_terms_that_are_owed_to_him,
    a_calendar_is_put_by_whoever_saw_it_and_its_effect_is_foretold,
    a_table_of_a_platform_is_entered_once_and_what_is_wrong_waits,
    each_order_has_its_clocks_and_a_new_calendar_moves_them,
    lists_are_narrowed_counted_and_paged,
    what_anybody_sends_is_text,
    the_authority_is_judged_by_its_own_clocks,
    a_changed_case_shows_in_a_verification,
);

const CITY: Viewer = Viewer { scope: Scope::City };
const OFFICER: May = May { account: 7, handle: true, approve: false, answer: false };
const CHIEF: May = May { account: 8, handle: false, approve: true, answer: false };
const FIRM: May = May { account: 9, handle: false, approve: false, answer: true };

fn master() -> Master {
    Master::new(vec![7; 32])
}

fn actor(account: i64) -> Actor {
    Actor { account, session: 0, address: "127.0.0.1".into() }
}

fn entered(track: Track) -> Entered {
    Entered {
        track,
        also_report: false,
        channel: Channel::Phone,
        external_no: String::new(),
        received_at: None,
        reporter: Reporter { name: "张三丰".into(), phone: "13812341111".into(), address: "文化路 2 号".into() },
        division: NORTH,
        org: 0,
        tag: String::new(),
        place: "经三路 1 号".into(),
        title: "缺斤短两".into(),
        text: "100%_瓶重不足".into(),
        wish: "退还差价".into(),
        key: String::new(),
    }
}

async fn entry(w: &World, e: &Entered, account: i64, now: i64) -> Entry {
    let known = case::known(&w.db, CITY, e).await.unwrap().unwrap();
    case::enter(&w.db, &master(), &w.rules, (e, &known), Files::default(), (&actor(account), now)).await.unwrap()
}

async fn enter(w: &World, e: &Entered, now: i64) -> Receipt {
    match entry(w, e, 7, now).await {
        Entry::New(mut all) => all.remove(0),
        other => panic!("{other:?}"),
    }
}

async fn page(w: &World, viewer: Viewer, id: i64, may: May) -> CasePage {
    case::one(&w.db, &master(), viewer, id, may).await.unwrap().unwrap()
}

fn asked(act: Act, word: &str, seen: i64) -> Asked {
    Asked { act, note: "说明如下".into(), word: word.into(), with: "某局".into(), seen, key: String::new() }
}

async fn act_as(w: &World, viewer: Viewer, id: i64, may: May, a: (Act, &str), now: i64) -> Done {
    let rows = case::Entity::find_by_id(id).one(w.db.read()).await.unwrap();
    let ask = asked(a.0, a.1, rows.map_or(0, |m| m.version));
    case::act(&w.db, &w.rules, viewer, (id, &ask), may, (&actor(may.account), now)).await.unwrap()
}

async fn run(w: &World, id: i64, acts: &[(Act, &str)], now: i64) {
    for a in acts {
        let done = act_as(w, CITY, id, OFFICER, *a, now).await;
        assert!(matches!(done, Done::Taken(_)), "{a:?} {done:?}");
    }
}

async fn audited(w: &World) -> Vec<String> {
    let rows = data::audit::Entity::find().order_by_asc(data::audit::Column::No).all(w.db.read()).await.unwrap();
    rows.into_iter().map(|r| r.action).collect()
}

async fn a_case_has_a_number_and_a_code_and_is_followed_by_both(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    let b = enter(&w, &entered(Track::Repair), NOW).await;
    assert_eq!((a.number.as_str(), b.number.as_str()), ("TS20261121-000001", "BX20261121-000002"));
    assert!(a.code != b.code && a.code.len() == 10);
    let follow = async |number: &str, code: &str| case::follow(&w.db, &master(), number, code).await.unwrap();
    let page = follow(&a.number, &a.code).await.unwrap();
    assert_eq!((page.track, page.state, page.title.as_str()), (Track::Complaint, State::Received, "缺斤短两"));
    assert_eq!(page.acts, [Act::Supply, Act::Withdraw]);
    // As people type it.
    let typed = format!(" {}-{} ", &a.code[..5].to_lowercase(), &a.code[5..]);
    assert!(follow(" ts20261121 000001", &typed).await.is_some());
    for (number, code) in [
        (a.number.as_str(), b.code.as_str()),
        (&a.number, ""),
        ("", &a.code),
        ("TS20261121-000009", &a.code),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("\u{0}", "\u{0}"),
        ("瓶瓶瓶瓶瓶瓶瓶", "é"),
        (&"9".repeat(5_000), &"9".repeat(5_000)),
    ] {
        assert!(follow(number, code).await.is_none(), "{number:.30}");
    }
    // Nothing on record tells the code.
    let row = case::Entity::find_by_id(a.id).one(w.db.read()).await.unwrap().unwrap();
    assert!(!row.nonce.contains(&a.code) && !format!("{row:?}").contains(&row.nonce));
    assert!(case::follow(&w.db, &Master::new(vec![8; 32]), &a.number, &a.code).await.unwrap().is_none());
    assert_eq!(audited(&w).await, ["case.enter", "case.enter"]);
    w.clean().await;
}

async fn what_is_sent_twice_is_entered_once(w: World) {
    let e = Entered { key: "0123456789abcdef".into(), ..entered(Track::Suggestion) };
    let (one, other) = tokio::join!(entry(&w, &e, 0, NOW), entry(&w, &e, 0, NOW));
    let receipts = |e: &Entry| match e {
        Entry::New(r) | Entry::Twice(r) => r.clone(),
        Entry::Conflict | Entry::Gone => panic!("not taken"),
    };
    assert_ne!(std::mem::discriminant(&one), std::mem::discriminant(&other));
    assert_eq!(receipts(&one), receipts(&other), "the same number and code");
    assert_eq!(entry(&w, &Entered { text: "another".into(), ..e.clone() }, 0, NOW).await, Entry::Conflict);
    assert!(matches!(entry(&w, &Entered { key: String::new(), ..e }, 0, NOW).await, Entry::New(_)));
    // A platform's number stands for its case, whatever it says today.
    let of = |no: &str, channel| Entered { external_no: no.into(), channel, ..entered(Track::Complaint) };
    let first = entry(&w, &of("A1", Channel::P12345), 7, NOW).await;
    assert_eq!(
        entry(&w, &Entered { text: "more".into(), ..of("A1", Channel::P12345) }, 7, NOW).await,
        Entry::Twice(receipts(&first))
    );
    assert!(matches!(entry(&w, &of("A1", Channel::P12315), 7, NOW).await, Entry::New(_)));
    assert_eq!(case_list::counts(&w.db, CITY, NOW).await.unwrap().states.iter().map(|s| s.2).sum::<i64>(), 4);
}

async fn a_complaint_that_is_a_report_becomes_two(w: World) {
    let e = Entered { also_report: true, ..entered(Track::Complaint) };
    let Entry::New(both) = entry(&w, &e, 7, NOW).await else { panic!() };
    assert_eq!(both.iter().map(|r| r.track).collect::<Vec<_>>(), [Track::Complaint, Track::Report]);
    let (c, r) = (page(&w, CITY, both[0].id, OFFICER).await, page(&w, CITY, both[1].id, OFFICER).await);
    assert_eq!((c.case.twin.as_str(), r.case.twin.as_str()), (both[1].number.as_str(), both[0].number.as_str()));
    assert_eq!(c.reporter, r.reporter);
    assert!(c.acts.contains(&Act::Accept) && !c.acts.contains(&Act::File));
    assert!(r.acts.contains(&Act::File) && !r.acts.contains(&Act::Accept));
    let names = |p: &CasePage| p.clocks.iter().map(|k| k.clock).collect::<Vec<_>>();
    assert_eq!((names(&c), names(&r)), (vec![Clock::Accept, Clock::Reply], vec![Clock::Verify]));
    w.clean().await;
}

async fn who_brought_it_is_sealed_and_shown_to_whom_it_is_for(w: World) {
    let e = Entered { org: w.north.org, ..entered(Track::Complaint) };
    let a = enter(&w, &e, NOW).await;
    let row = case::Entity::find_by_id(a.id).one(w.db.read()).await.unwrap().unwrap();
    let stored = format!("{} {} {} {}", row.reporter, row.title, row.text, row.place);
    assert!(!stored.contains("张三丰") && !stored.contains("13812341111") && !stored.contains("文化路"));
    let shown = page(&w, CITY, a.id, OFFICER).await.reporter;
    assert_eq!((shown.name.as_str(), shown.phone.as_str()), ("张**", "138****1111"));
    // Sealed for this case and by this key.
    let other = case::one(&w.db, &Master::new(vec![8; 32]), CITY, a.id, OFFICER).await.unwrap().unwrap();
    assert!(other.reporter.is_nobody());
    let b = enter(&w, &entered(Track::Complaint), NOW).await;
    w.sql(&format!(
        "UPDATE case_file SET reporter = (SELECT c.reporter FROM case_file c WHERE c.id = {}) WHERE id = {}",
        a.id, b.id
    ))
    .await;
    assert!(page(&w, CITY, b.id, OFFICER).await.reporter.is_nobody(), "put under another case it does not open");

    let unmask =
        async |viewer| case::unmask(&w.db, &master(), viewer, a.id, "电话回访\u{0}", (&actor(7), NOW)).await.unwrap();
    assert_eq!(unmask(CITY).await, Some(e.reporter.clone()));
    let firm = Viewer { scope: Scope::Org(w.north.org) };
    for viewer in [firm, Viewer { scope: Scope::District(SOUTH) }] {
        assert_eq!(unmask(viewer).await, None);
    }
    let made = async |viewer, d| {
        case::document(&w.db, &master(), viewer, (a.id, d), ("某局", "李四"), (&actor(7), NOW)).await.unwrap()
    };
    let filled = made(CITY, Document::RegisterComplaint).await.unwrap().unwrap();
    assert!(filled.body.contains("张三丰") && filled.body.contains(&a.number));
    assert_eq!((made(CITY, Document::Accept).await, made(firm, Document::RegisterComplaint).await), (Some(None), None));
    assert_eq!(audited(&w).await, ["case.enter", "case.enter", "case.unmask", "case.document"]);
    let inside = page(&w, firm, a.id, FIRM).await;
    assert!(inside.reporter.is_nobody() && inside.documents.is_empty() && !inside.case.real_name);
    assert!(!format!("{inside:?}").contains("经三路"));
}

fn nothing(scope: Scope) -> Known {
    Known { org: 0, division: 0, cylinder: None, viewer: Viewer { scope } }
}

async fn an_entry_leads_to_what_is_within_sight(w: World) {
    let ids = w.register(&[file("T1", w.north), file("T2", w.south)]).await;
    assert_eq!(ids.len(), 2);
    let known = async |scope: Scope, e: &Entered| case::known(&w.db, Viewer { scope }, e).await.unwrap();
    let of = |division, org, tag: &str| Entered { division, org, tag: tag.into(), ..entered(Track::Complaint) };
    let t1 = known(Scope::City, &of(0, 0, "T1")).await.unwrap();
    assert_eq!((t1.org, t1.division, t1.cylinder.is_some()), (w.north.org, NORTH, true));
    assert_eq!(
        known(Scope::City, &of(0, w.south.org, "")).await,
        Ok(Known { org: w.south.org, division: SOUTH, ..nothing(Scope::City) })
    );
    assert_eq!(known(Scope::City, &of(0, 0, "")).await, Ok(nothing(Scope::City)));
    assert_eq!(known(Scope::City, &of(0, 0, "NEVER")).await, Ok(nothing(Scope::City)));
    assert_eq!(known(Scope::City, &of(999_999, 0, "")).await, Err("district"));
    assert_eq!(known(Scope::City, &of(0, 999, "")).await, Err("org"));
    let north = Scope::District(NORTH);
    assert_eq!(known(north, &of(0, 0, "")).await, Ok(Known { division: NORTH, ..nothing(north) }));
    assert_eq!(known(north, &of(SOUTH, 0, "")).await, Err("district"));
    assert_eq!(known(north, &of(0, w.south.org, "")).await, Err("org"));
    // Another's cylinder is as if it were not there.
    assert_eq!(known(north, &of(0, 0, "T2")).await, Ok(Known { division: NORTH, ..nothing(north) }));
    assert_eq!(known(Scope::Org(w.north.org), &of(0, w.north.org, "")).await, Err("org"));

    let a = enter(&w, &of(0, 0, "T1"), NOW).await;
    for (scope, seen) in [
        (Scope::City, true),
        (north, true),
        (Scope::Org(w.north.org), true),
        (Scope::District(SOUTH), false),
        (Scope::Org(w.south.org), false),
    ] {
        let viewer = Viewer { scope };
        assert_eq!(case::one(&w.db, &master(), viewer, a.id, OFFICER).await.unwrap().is_some(), seen, "{scope}");
        let q = ListQuery { size: 20, ..ListQuery::default() };
        assert_eq!(case_list::list(&w.db, viewer, &q, NOW).await.unwrap().total.count, u32::from(seen));
        if !seen {
            assert_eq!(act_as(&w, viewer, a.id, OFFICER, (Act::Remark, ""), NOW).await, Done::Unknown);
        }
    }
    assert!(page(&w, CITY, a.id, OFFICER).await.traced);
}

async fn a_complaint_goes_its_way_and_two_at_once_do_not_undo_each_other(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    for (act, word, done) in [
        (Act::Mediate, "", Done::NotNow),
        (Act::Refuse, "", Done::Field("word")),
        (Act::Refuse, "<b>", Done::Field("word")),
        (Act::Resume, "", Done::Barred(Bar::NotHeld)),
        (Act::Extend, "", Done::Forbidden),
        (Act::Enter, "", Done::Forbidden),
    ] {
        assert_eq!(act_as(&w, CITY, a.id, OFFICER, (act, word), NOW).await, done, "{act:?}");
    }
    assert_eq!(act_as(&w, CITY, 99, OFFICER, (Act::Accept, ""), NOW).await, Done::Unknown);
    assert_eq!(act_as(&w, CITY, a.id, May::default(), (Act::Accept, ""), NOW).await, Done::Forbidden);
    // Two look at the same: one accepts, one refuses.
    let ask = [asked(Act::Accept, "", 1), asked(Act::Refuse, "elsewhere", 1)];
    let by = [actor(7), actor(8)];
    let both = tokio::join!(
        case::act(&w.db, &w.rules, CITY, (a.id, &ask[0]), OFFICER, (&by[0], NOW)),
        case::act(&w.db, &w.rules, CITY, (a.id, &ask[1]), OFFICER, (&by[1], NOW)),
    );
    let mut both = [both.0.unwrap(), both.1.unwrap()];
    both.sort_by_key(|d| matches!(d, Done::Stale));
    assert_eq!(both, [Done::Taken(2), Done::Stale]);
    let b = enter(&w, &entered(Track::Complaint), NOW).await;
    run(&w, b.id, &[(Act::Accept, ""), (Act::Pause, "test")], NOW).await;
    assert_eq!(act_as(&w, CITY, b.id, OFFICER, (Act::Pause, "test"), NOW).await, Done::Barred(Bar::Held));
    let held = page(&w, CITY, b.id, OFFICER).await;
    assert_eq!((held.case.hold, held.clocks.last().unwrap().due), (Some(Hold::Test), None));
    run(&w, b.id, &[(Act::Mediate, ""), (Act::End, "no_agreement")], NOW + DAY_MS).await;
    assert_eq!(act_as(&w, CITY, b.id, OFFICER, (Act::Close, ""), NOW + DAY_MS).await, Done::Barred(Bar::Untold));
    run(&w, b.id, &[(Act::Tell, ""), (Act::Issue, "end"), (Act::Close, "")], NOW + 2 * DAY_MS).await;
    let p = page(&w, CITY, b.id, OFFICER).await;
    assert_eq!(
        (p.case.state, p.case.hold, p.case.due, p.case.closed_at),
        (State::Closed, None, None, Some(NOW + 2 * DAY_MS))
    );
    assert!(p.clocks.iter().all(|c| c.done.is_some() && !c.is_late(i64::MAX)));
    assert_eq!(p.steps.iter().map(|s| s.no).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    assert!(p.documents.contains(&Document::End) && !p.documents.contains(&Document::Agreement));
    assert_eq!(act_as(&w, CITY, b.id, OFFICER, (Act::Reopen, ""), NOW).await, Done::NotNow);
    // Handed over and back.
    let c = enter(&w, &entered(Track::Complaint), NOW).await;
    run(&w, c.id, &[(Act::HandOver, "")], NOW).await;
    let over = page(&w, CITY, c.id, OFFICER).await;
    let running: Vec<Clock> = over.clocks.iter().filter(|k| k.done.is_none()).map(|k| k.clock).collect();
    assert_eq!(
        (over.case.state, running, over.steps[1].with.as_str()),
        (State::HandedOver, vec![Clock::Receipt], "某局")
    );
    run(&w, c.id, &[(Act::Return, "")], NOW + DAY_MS).await;
    assert_eq!(page(&w, CITY, c.id, OFFICER).await.clocks.iter().filter(|k| k.done.is_none()).count(), 2);
    run(&w, c.id, &[(Act::HandOver, ""), (Act::Receipt, ""), (Act::Close, "")], NOW + DAY_MS).await;
    w.clean().await;
}

async fn a_report_is_extended_by_a_second_person_and_told(w: World) {
    let a = enter(&w, &entered(Track::Report), NOW).await;
    assert_eq!(act_as(&w, CITY, a.id, CHIEF, (Act::Extend, ""), NOW).await, Done::Barred(Bar::NotAsked));
    run(&w, a.id, &[(Act::AskExtension, "")], NOW).await;
    let both = May { approve: true, ..OFFICER };
    assert_eq!(act_as(&w, CITY, a.id, both, (Act::Extend, ""), NOW).await, Done::Barred(Bar::Own));
    assert!(!page(&w, CITY, a.id, both).await.acts.contains(&Act::Extend));
    assert_eq!(page(&w, CITY, a.id, CHIEF).await.acts, [Act::Extend]);
    assert!(matches!(act_as(&w, CITY, a.id, CHIEF, (Act::Extend, ""), NOW).await, Done::Taken(3)));
    let p = page(&w, CITY, a.id, OFFICER).await;
    // Thirty working days after Saturday 21 November 2026: New Year lies between.
    assert_eq!(
        (p.clocks[0].extended, clock::local_date(p.case.due.unwrap()).to_string()),
        (true, "2027-01-04".to_owned())
    );
    run(&w, a.id, &[(Act::NotFile, "")], NOW).await;
    assert_eq!(act_as(&w, CITY, a.id, OFFICER, (Act::Close, ""), NOW).await, Done::Barred(Bar::Untold));
    run(&w, a.id, &[(Act::Tell, ""), (Act::Close, ""), (Act::Reopen, ""), (Act::File, "")], NOW).await;
    // Who stays unknown is not told, and none waits for it.
    let b = enter(&w, &Entered { reporter: Reporter::default(), ..entered(Track::Report) }, NOW).await;
    run(&w, b.id, &[(Act::NotFile, ""), (Act::Close, "")], NOW).await;
    assert!(
        case::follow(&w.db, &master(), &b.number, &b.code).await.unwrap().is_some(),
        "unknown, and still he follows it"
    );
    w.clean().await;
}

async fn an_enterprise_answers_what_is_about_it(w: World) {
    let firm = Viewer { scope: Scope::Org(w.north.org) };
    let other = Viewer { scope: Scope::Org(w.south.org) };
    let of = |track| Entered { org: w.north.org, external_no: "E-1".into(), ..entered(track) };
    let (c, r, b) = (
        enter(&w, &of(Track::Complaint), NOW).await,
        enter(&w, &Entered { external_no: String::new(), ..of(Track::Report) }, NOW).await,
        enter(&w, &Entered { external_no: "E-2".into(), ..of(Track::Repair) }, NOW).await,
    );
    let sees = async |viewer, id| case::one(&w.db, &master(), viewer, id, FIRM).await.unwrap().is_some();
    assert_eq!((sees(firm, c.id).await, sees(firm, r.id).await, sees(other, c.id).await), (true, false, false));
    let q = ListQuery { size: 20, ..ListQuery::default() };
    let list = case_list::list(&w.db, firm, &q, NOW).await.unwrap();
    assert_eq!(list.total.count, 2);
    assert!(list.rows.iter().all(|l| l.external_no.is_empty() && !l.real_name));
    assert_eq!(
        case_list::list(&w.db, firm, &q.with("q", "E-1"), NOW).await.unwrap().total.count,
        0,
        "nor does it find by it"
    );
    run(&w, r.id, &[(Act::Ask, "")], NOW).await;
    assert!(sees(firm, r.id).await, "it was asked");
    run(&w, c.id, &[(Act::Ask, ""), (Act::Remark, "")], NOW).await;
    assert_eq!(act_as(&w, firm, c.id, FIRM, (Act::Accept, ""), NOW).await, Done::Forbidden);
    assert_eq!(act_as(&w, firm, c.id, May::default(), (Act::Answer, ""), NOW).await, Done::Forbidden);
    assert_eq!(act_as(&w, other, c.id, FIRM, (Act::Answer, ""), NOW).await, Done::Unknown);
    assert!(matches!(act_as(&w, firm, c.id, FIRM, (Act::Answer, ""), NOW).await, Done::Taken(_)));
    assert!(matches!(act_as(&w, firm, b.id, FIRM, (Act::Repair, ""), NOW).await, Done::Taken(_)));
    let p = page(&w, firm, c.id, FIRM).await;
    assert_eq!(p.steps.iter().map(|s| s.act).collect::<Vec<_>>(), [Act::Enter, Act::Ask, Act::Answer]);
    assert!(p.steps.iter().all(|s| s.by.is_empty()) && p.acts == [Act::Answer]);
    assert_eq!(page(&w, CITY, b.id, OFFICER).await.case.state, State::Repaired);
    w.clean().await;
}

async fn a_citizen_rates_and_takes_back(w: World) {
    let a = enter(&w, &entered(Track::Suggestion), NOW).await;
    let as_citizen = async |r: &Receipt, code: &str, act, word: &str| {
        let seen = case::Entity::find_by_id(r.id).one(w.db.read()).await.unwrap().unwrap().version;
        let ask = asked(act, word, seen);
        case::follow_act(&w.db, &master(), &w.rules, (&r.number, code), (&ask, Files::default()), (&actor(99), NOW))
            .await
            .unwrap()
    };
    assert_eq!(as_citizen(&a, "WRONG", Act::Withdraw, "").await, Done::Unknown);
    assert_eq!(as_citizen(&a, &a.code, Act::Reply, "").await, Done::Forbidden);
    assert_eq!(as_citizen(&a, &a.code, Act::Rate, "5").await, Done::NotNow);
    assert_eq!(as_citizen(&a, &a.code, Act::Supply, "").await, Done::Taken(2));
    run(&w, a.id, &[(Act::Remark, ""), (Act::Reply, "")], NOW).await;
    let p = case::follow(&w.db, &master(), &a.number, &a.code).await.unwrap().unwrap();
    assert_eq!(p.steps.iter().map(|s| s.act).collect::<Vec<_>>(), [Act::Enter, Act::Supply, Act::Reply]);
    assert!(p.steps.iter().all(|s| s.by.is_empty()) && p.steps[2].note == "说明如下" && p.acts == [Act::Rate]);
    assert_eq!(as_citizen(&a, &a.code, Act::Rate, "0").await, Done::Field("word"));
    assert_eq!(as_citizen(&a, &a.code, Act::Rate, "4").await, Done::Taken(5));
    assert_eq!(as_citizen(&a, &a.code, Act::Rate, "1").await, Done::Barred(Bar::Rated));
    assert_eq!(page(&w, CITY, a.id, OFFICER).await.case.rating, 4);
    let b = enter(&w, &entered(Track::Complaint), NOW).await;
    assert_eq!(as_citizen(&b, &b.code, Act::Withdraw, "").await, Done::Taken(2));
    let p = page(&w, CITY, b.id, OFFICER).await;
    assert_eq!((p.case.state, p.case.due), (State::Withdrawn, None));
    assert!(p.steps[1].by.is_empty(), "a citizen bears no account");
    w.clean().await;
}

async fn an_officer_does_not_say_how_content_the_citizen_is(w: World) {
    let a = enter(&w, &entered(Track::Suggestion), NOW).await;
    run(&w, a.id, &[(Act::Reply, "")], NOW).await;
    assert!(!page(&w, CITY, a.id, OFFICER).await.acts.contains(&Act::Rate));
    assert_eq!(act_as(&w, CITY, a.id, OFFICER, (Act::Rate, "5"), NOW).await, Done::Forbidden);
    let all = May { approve: true, answer: true, ..OFFICER };
    assert_eq!(act_as(&w, CITY, a.id, all, (Act::Rate, "5"), NOW).await, Done::Forbidden);
    assert_eq!(page(&w, CITY, a.id, OFFICER).await.case.rating, 0);
    w.clean().await;
}

async fn an_extension_that_comes_too_late_is_barred(w: World) {
    let a = enter(&w, &entered(Track::Report), NOW).await;
    run(&w, a.id, &[(Act::AskExtension, "")], NOW).await;
    let due = page(&w, CITY, a.id, OFFICER).await.case.due.unwrap();
    assert_eq!(act_as(&w, CITY, a.id, CHIEF, (Act::Extend, ""), due + 1).await, Done::Barred(Bar::Over));
    assert_eq!(page(&w, CITY, a.id, OFFICER).await.case.due, Some(due));
    assert_eq!(act_as(&w, CITY, a.id, CHIEF, (Act::Extend, ""), due).await, Done::Taken(3));
    assert!(page(&w, CITY, a.id, OFFICER).await.case.due.unwrap() > due);
    let b = enter(&w, &entered(Track::Report), NOW).await;
    assert_eq!(act_as(&w, CITY, b.id, OFFICER, (Act::AskExtension, ""), due + 1).await, Done::Barred(Bar::Over));
    w.clean().await;
}

async fn what_is_handed_back_has_what_was_left(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    let first = page(&w, CITY, a.id, OFFICER).await;
    let due = |p: &CasePage, c| p.clocks.iter().find(|k| k.clock == c).and_then(|k| k.due).unwrap();
    run(&w, a.id, &[(Act::HandOver, "")], NOW).await;
    run(&w, a.id, &[(Act::Return, "")], NOW + 7 * DAY_MS).await;
    let back = page(&w, CITY, a.id, OFFICER).await;
    assert_eq!(back.clocks.iter().map(|k| k.clock).collect::<Vec<_>>(), [Clock::Accept, Clock::Reply, Clock::Receipt]);
    // A week away is a week later, and no day more.
    assert_eq!(due(&back, Clock::Accept), due(&first, Clock::Accept) + 7 * DAY_MS);
    // What was late when it was handed over is late when it is back.
    let b = enter(&w, &entered(Track::Complaint), NOW).await;
    let late = due(&first, Clock::Accept) + 1;
    run(&w, b.id, &[(Act::HandOver, "")], late).await;
    run(&w, b.id, &[(Act::Return, "")], late + DAY_MS).await;
    assert_eq!(due(&page(&w, CITY, b.id, OFFICER).await, Clock::Accept), due(&first, Clock::Accept));
    w.clean().await;
}

async fn what_a_citizen_adds_is_bounded_and_taken_once(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    let add = async |key: &str, note: &str, now| {
        let ask = Asked { note: note.into(), key: key.into(), with: String::new(), ..asked(Act::Supply, "", 0) };
        let by = (&actor(0), now);
        case::follow_act(&w.db, &master(), &w.rules, (&a.number, &a.code), (&ask, Files::default()), by).await.unwrap()
    };
    let key = |n: usize| format!("0123456789abcdef{n}");
    assert_eq!(add(&key(0), "一", NOW).await, Done::Taken(2));
    assert_eq!(add(&key(0), "一", NOW).await, Done::Twice);
    assert_eq!(add(&key(0), "二", NOW).await, Done::Field("key"));
    for n in 1..10 {
        assert_eq!(add(&key(n), "又", NOW).await, Done::Taken(i64::try_from(n).unwrap() + 2));
    }
    assert_eq!(add(&key(10), "又", NOW).await, Done::Barred(Bar::Often));
    assert_eq!(add("", "又", NOW).await, Done::Barred(Bar::Often));
    assert_eq!(page(&w, CITY, a.id, OFFICER).await.steps.len(), 11);
    // What an officer adds for him is not bounded, and a day later he goes on.
    run(&w, a.id, &[(Act::Supply, "")], NOW).await;
    assert_eq!(add(&key(10), "又", NOW + DAY_MS).await, Done::Taken(13));
    w.clean().await;
}

fn picture(n: u8) -> Attachment {
    Attachment {
        token: format!("{n:032x}"),
        format: domain::attachment::Format::Jpeg,
        name: "漏气.jpg".into(),
        bytes: 1_000,
        sha256: hex::encode([n; 32]),
        width: 4,
        height: 3,
        seconds: 0,
    }
}

async fn pictures_of_a_form_sent_twice_are_kept_once(w: World) {
    let e = Entered { key: "0123456789abcdef".into(), ..entered(Track::Complaint) };
    let known = case::known(&w.db, CITY, &e).await.unwrap().unwrap();
    let by = actor(0);
    let first =
        case::enter(&w.db, &master(), &w.rules, (&e, &known), Files::fresh(&[picture(1)]), (&by, NOW)).await.unwrap();
    let Entry::New(r) = first else { panic!("{first:?}") };
    // The same picture under another token, and one that is new.
    let again = Attachment { token: format!("{:032x}", 9), ..picture(1) };
    let more = [again, picture(2), picture(2)];
    let kept = case::keep_files(&w.db, r[0].id, Files::fresh(&more), (&by, NOW)).await.unwrap();
    assert_eq!(kept, [picture(2)]);
    let files = page(&w, CITY, r[0].id, OFFICER).await.files;
    assert_eq!(files.iter().map(|f| f.token.clone()).collect::<Vec<_>>(), [picture(1).token, picture(2).token]);
    assert_eq!(audited(&w).await.last().map(String::as_str), Some("case.files"));
    let many: Vec<_> = (3..60).map(picture).collect();
    let kept = case::keep_files(&w.db, r[0].id, Files::fresh(&many), (&by, NOW)).await.unwrap();
    assert_eq!(kept.len(), 28, "30 in all");
    let nowhere = case::keep_files(&w.db, 99, Files::fresh(&[picture(99)]), (&by, NOW)).await.unwrap();
    assert!(nowhere.is_empty());
    w.clean().await;
}

async fn a_kept_picture_is_taken_up_once_and_without_it_nothing_is_entered(w: World) {
    attachment::put(w.db.writer(), &picture(1), 0, NOW).await.unwrap();
    let (kept, by) = ([picture(1)], actor(0));
    let with = async |key: &str, fresh: Attachment| {
        let e = Entered { key: key.into(), ..entered(Track::Complaint) };
        let known = case::known(&w.db, CITY, &e).await.unwrap().unwrap();
        let fresh = [fresh];
        let files = Files { kept: &kept, fresh: &fresh };
        case::enter(&w.db, &master(), &w.rules, (&e, &known), files, (&by, NOW)).await.unwrap()
    };
    // Both saw it loose: one has it, the other is told, and nothing of him is there.
    let (one, two) = tokio::join!(with("one-0123456789abcdef", picture(2)), with("two-0123456789abcdef", picture(3)));
    let (r, left) = match (one, two) {
        (Entry::New(r), Entry::Gone) => (r, picture(3)),
        (Entry::Gone, Entry::New(r)) => (r, picture(2)),
        other => panic!("{other:?}"),
    };
    assert_eq!(case::Entity::find().all(w.db.read()).await.unwrap().len(), 1);
    assert_eq!(attachment::one(w.db.read(), &left.token).await.unwrap(), None);
    let (row, uses) = attachment::one(w.db.read(), &kept[0].token).await.unwrap().unwrap();
    assert_eq!((row.uses, uses), (1, vec![(attachment::Of::Case, r[0].id)]));
    // Nor is one entered again that is not there any more, or is somebody else's: its bytes are gone, or not the public's.
    attachment::put(w.db.writer(), &picture(4), 7, NOW).await.unwrap();
    let ask = Asked { key: "add-0123456789abcdef".into(), with: String::new(), ..asked(Act::Supply, "", 0) };
    for n in [1, 4, 5] {
        let gone = [picture(n)];
        let files = Files { kept: &gone, fresh: &[] };
        let key = (r[0].number.as_str(), r[0].code.as_str());
        let done = case::follow_act(&w.db, &master(), &w.rules, key, (&ask, files), (&by, NOW)).await.unwrap();
        assert_eq!(done, Done::Gone, "{n}");
        // Of a form that was sent before the others are kept all the same.
        let other = [picture(10 + n)];
        let files = Files { kept: &gone, fresh: &other };
        assert_eq!(case::keep_files(&w.db, r[0].id, files, (&by, NOW)).await.unwrap(), other, "{n}");
    }
    assert_eq!(attachment::one(w.db.read(), &picture(5).token).await.unwrap(), None);
    assert_eq!(page(&w, CITY, r[0].id, OFFICER).await.steps.len(), 1);
    w.clean().await;
}

async fn a_citizen_reads_the_terms_that_are_owed_to_him(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    run(&w, a.id, &[(Act::Ask, "")], NOW).await;
    let follow = async || {
        let p = case::follow(&w.db, &master(), &a.number, &a.code).await.unwrap().unwrap();
        p.clocks.into_iter().map(|k| k.clock).collect::<Vec<_>>()
    };
    assert!(page(&w, CITY, a.id, OFFICER).await.clocks.iter().any(|k| k.clock == Clock::Answer));
    assert_eq!(follow().await, [Clock::Accept, Clock::Reply]);
    run(&w, a.id, &[(Act::HandOver, "")], NOW).await;
    assert!(page(&w, CITY, a.id, OFFICER).await.clocks.iter().any(|k| k.clock == Clock::Receipt));
    assert_eq!(follow().await, []);
    w.clean().await;
}

async fn each_order_has_its_clocks_and_a_new_calendar_moves_them(w: World) {
    let day = |d: &str| clock::day_start(clock::day_of(d.parse().unwrap())) + DAY_MS / 2;
    let of = |d: &str| Entered { received_at: Some(day(d)), ..entered(Track::Complaint) };
    let (old, new) = (enter(&w, &of("2026-04-14"), NOW).await, enter(&w, &of("2026-04-15"), NOW).await);
    let accept = async |id| {
        let p = page(&w, CITY, id, OFFICER).await;
        let k = p.clocks.iter().find(|k| k.clock == Clock::Accept).unwrap();
        (k.rule_id.clone(), clock::local_date(k.due.unwrap()).to_string())
    };
    assert_eq!(accept(old.id).await, ("CLK-ACCEPT-20".to_owned(), "2026-04-23".to_owned()));
    assert_eq!(accept(new.id).await, ("CLK-ACCEPT-121".to_owned(), "2026-04-24".to_owned()));
    let refuse = async |id| act_as(&w, CITY, id, OFFICER, (Act::Refuse, "identity"), NOW).await;
    assert_eq!(refuse(old.id).await, Done::Field("word"), "no ground under order 20");
    assert!(matches!(refuse(new.id).await, Done::Taken(_)));

    // Over Spring Festival 2027, as it is expected; then it is announced otherwise.
    let spring = enter(&w, &entered(Track::Complaint), day("2027-02-03")).await;
    let p = page(&w, CITY, spring.id, OFFICER).await;
    assert!(p.case.provisional);
    assert_eq!(accept(spring.id).await.1, "2027-02-20");
    assert_eq!(case::reckon(&w.db, &w.rules, 100).await.unwrap(), 0, "nothing changed");
    let announced =
        domain::calendar::read("2027 confirmed\n2027-02-05..2027-02-11 holiday 春节\n2027-02-14 makeup 春节\n")
            .unwrap();
    calendar::put(&w.db, &announced, &actor(7), NOW).await.unwrap();
    let (on_file, _) = calendar::load(w.db.read()).await.unwrap();
    assert_eq!(on_file.years().count(), 2, "2026 stays");
    w.clean().await;
    let mut n = 0;
    while case::reckon(&w.db, &w.rules, 2).await.unwrap() == 2 {
        n += 1;
    }
    assert_eq!(n, 1, "three open cases, two at a time");
    assert_eq!(accept(spring.id).await.1, "2027-02-18");
    assert!(!page(&w, CITY, spring.id, OFFICER).await.case.provisional);
    // A seed does not undo what somebody put.
    let txn = w.db.begin_write().await.unwrap();
    calendar::seed(&txn).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(calendar::load(w.db.read()).await.unwrap().0, on_file);

    // Other rules from 2027 on.
    let mut rules = rule::current(w.db.read()).await.unwrap();
    let row = rules.rows.iter().find(|r| r.rule_id == "CLK-ACCEPT-121").unwrap().clone();
    let later = domain::rules::RuleRow {
        rule_id: "CLK-ACCEPT-2027".into(),
        value: 3,
        effective_from: "2027-01-01".parse().ok(),
        ..row
    };
    let before = rules.clone();
    rules.rows.push(later);
    rules.version += 1;
    assert_eq!(case::moved(w.db.read(), &before, &rules).await.unwrap(), 1);
    assert_eq!(case::reckon(&w.db, &rules, 100).await.unwrap(), 3);
    assert_eq!(accept(spring.id).await, ("CLK-ACCEPT-2027".to_owned(), "2027-02-14".to_owned()));
    assert_eq!(accept(old.id).await.1, "2026-04-23", "what was received before stays under its order");
}

async fn lists_are_narrowed_counted_and_paged(w: World) {
    for n in 0..30 {
        let track = Track::ALL[n % 4];
        let (division, org) = if n % 2 == 0 { (NORTH, w.north.org) } else { (SOUTH, w.south.org) };
        let at = NOW - i64::try_from(n / 3).unwrap() * DAY_MS;
        let e = Entered { division, org, received_at: Some(at), ..entered(track) };
        enter(&w, &e, NOW).await;
    }
    let list = async |scope, q: &ListQuery| case_list::list(&w.db, Viewer { scope }, q, NOW).await;
    let start = ListQuery { size: 20, ..ListQuery::default() };
    let count = async |scope, q: &ListQuery| list(scope, q).await.unwrap().total.count;
    assert_eq!(count(Scope::City, &start).await, 30);
    assert_eq!(count(Scope::District(NORTH), &start).await, 15);
    let today = clock::local_date(NOW).to_string();
    for (name, value, n) in [
        ("track", "complaint", 8),
        ("track", "repair", 7),
        ("state", "received", 30),
        ("state", "open", 30),
        ("state", "closed", 0),
        ("channel", "phone", 30),
        ("channel", "12345", 0),
        ("district", "410102", 15),
        ("org", &w.south.org.to_string(), 15),
        ("from", &today, 3),
        ("to", &today, 30),
        ("overdue", "held", 0),
        ("q", "100%_", 30),
        ("q", "1%瓶", 0),
        ("q", "'; --", 0),
        ("q", "ts20261121-000001", 1),
    ] {
        assert_eq!(count(Scope::City, &start.with(name, value)).await, n, "{name} {value}");
    }
    // What is counted is what is listed.
    for scope in [Scope::City, Scope::District(SOUTH), Scope::Org(w.north.org)] {
        let c = case_list::counts(&w.db, Viewer { scope }, NOW).await.unwrap();
        let of = |v: &str| start.with("overdue", v);
        assert_eq!(c.states.iter().map(|s| s.2).sum::<i64>(), i64::from(count(scope, &start).await), "{scope}");
        assert_eq!(
            (c.overdue, c.soon),
            (i64::from(count(scope, &of("yes")).await), i64::from(count(scope, &of("soon")).await))
        );
        assert!(c.overdue > 0 || matches!(scope, Scope::District(_) | Scope::Org(_)), "{scope}");
    }
    for (sort, descending) in [("", false), ("received", false), ("due", false), ("due", true)] {
        let q = ListQuery { sort: sort.into(), descending, ..start.clone() };
        let first = list(Scope::City, &q).await.unwrap();
        let second = list(Scope::City, &q.at(PageAt::After(first.after.clone().unwrap()))).await.unwrap();
        let ids = |p: &ListPage<domain::case::Case>| p.rows.iter().map(|r| r.id).collect::<Vec<_>>();
        let all: BTreeSet<i64> = ids(&first).into_iter().chain(ids(&second)).collect();
        assert_eq!(
            (first.rows.len(), second.rows.len(), all.len(), second.after.clone()),
            (20, 10, 30, None),
            "{sort}"
        );
        let back = list(Scope::City, &q.at(PageAt::Before(second.before.clone().unwrap()))).await.unwrap();
        assert_eq!(ids(&back), ids(&first));
    }
    for (q, field) in [
        (start.with("state", "x"), "state"),
        (start.with("track", "x"), "track"),
        (start.with("overdue", "no"), "overdue"),
        (start.with("channel", "fax"), "channel"),
        (start.with("district", "x"), "district"),
        (start.with("org", "1.5"), "org"),
        (start.with("from", "2026-02-30"), "from"),
        (start.with("to", "+2026-01-01"), "to"),
        (start.with("q", "a\u{0}b"), "q"),
        (start.with("reporter", "1"), "filter"),
        (start.sorted("reporter"), "sort"),
        (start.at(PageAt::After("zz".into())), "cursor"),
    ] {
        assert!(matches!(list(Scope::City, &q).await, Err(AskError::Field(f)) if f == field), "{field}");
    }
}

async fn what_anybody_sends_is_text(w: World) {
    let day = clock::local_date(NOW);
    let from = domain::case::From::Citizen(Channel::Scan);
    for hostile in [
        "<script>alert(1)</script>",
        "'; DROP TABLE case_file; --",
        "{{7*7}} ${x} {姓名}",
        "\u{202e}反",
        "😀",
        "%00%ff",
        "a\nb\tc",
    ] {
        let values: Values =
            [("track", "report"), ("title", "标题"), ("text", hostile), ("wish", hostile), ("anonymous", "yes")]
                .into_iter()
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .collect();
        let e = domain::case::read(&values, day, from).unwrap();
        let Entry::New(r) = entry(&w, &e, 0, NOW).await else { panic!() };
        let p = page(&w, CITY, r[0].id, OFFICER).await;
        assert_eq!((p.case.text.as_str(), p.case.wish.as_str(), p.case.channel), (hostile, hostile, Channel::Scan));
        assert!(p.steps[0].by.is_empty());
        let ask = Asked { note: hostile.into(), with: hostile.into(), ..asked(Act::HandOver, hostile, 1) };
        let done = case::act(&w.db, &w.rules, CITY, (r[0].id, &ask), OFFICER, (&actor(7), NOW)).await.unwrap();
        assert_eq!(done, Done::Taken(2));
        assert_eq!(page(&w, CITY, r[0].id, OFFICER).await.steps[1].with, hostile);
    }
    for id in [0, -1, i64::MAX, i64::MIN] {
        assert_eq!(act_as(&w, CITY, id, OFFICER, (Act::Remark, ""), NOW).await, Done::Unknown);
    }
    // A clock that was set back does not turn what was done round.
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    assert_eq!(act_as(&w, CITY, a.id, OFFICER, (Act::Accept, ""), NOW - DAY_MS).await, Done::Taken(2));
    let late = Entered { received_at: Some(NOW + DAY_MS), ..entered(Track::Complaint) };
    let b = enter(&w, &late, NOW).await;
    assert_eq!(page(&w, CITY, b.id, OFFICER).await.case.received_at, NOW, "nothing is received in the future");
    w.clean().await;
}

async fn the_authority_is_judged_by_its_own_clocks(w: World) {
    // Received on Saturday 21 November: the term to accept ends on 1 December.
    let ids = [
        enter(&w, &entered(Track::Complaint), NOW).await.id,
        enter(&w, &entered(Track::Complaint), NOW).await.id,
        enter(&w, &entered(Track::Complaint), NOW).await.id,
    ];
    let last = enter(&w, &Entered { division: SOUTH, ..entered(Track::Suggestion) }, NOW).await;
    run(&w, ids[0], &[(Act::Accept, "")], NOW + DAY_MS).await;
    run(&w, ids[1], &[(Act::Accept, "")], NOW + 20 * DAY_MS).await;
    run(&w, last.id, &[(Act::Reply, "")], NOW + DAY_MS).await;
    let rate = asked(Act::Rate, "5", 2);
    let by = (&actor(0), NOW + DAY_MS);
    let key = (last.number.as_str(), last.code.as_str());
    let rated = case::follow_act(&w.db, &master(), &w.rules, key, (&rate, Files::default()), by).await.unwrap();
    assert_eq!(rated, Done::Taken(3));
    run(&w, last.id, &[(Act::Close, "")], NOW + DAY_MS).await;
    let days =
        |a: &str, b: &str| Span { first: clock::day_of(a.parse().unwrap()), last: clock::day_of(b.parse().unwrap()) };
    let figures = async |scope, now| {
        let span = days("2026-11-01", "2026-12-31");
        case_evaluation::figures(&w.db, &w.rules, Viewer { scope }, span, now).await.unwrap()
    };
    let f = figures(Scope::City, NOW + 21 * DAY_MS).await;
    let of = |f: &domain::case::Evaluation, c| f.clocks.iter().find(|p| p.clock == c).copied();
    let accept = of(&f, Clock::Accept).unwrap();
    assert_eq!((accept.on_time, accept.late, accept.missed, accept.running, accept.rate()), (1, 1, 1, 0, Some(333)));
    assert_eq!(of(&f, Clock::Suggest).unwrap().rate(), Some(1_000));
    assert_eq!((f.received, f.closed, f.rated, f.stars), (4, 1, 1, 5));
    assert_eq!((f.alerts, f.answered, f.response_ms), (0, 0, None));
    let early = figures(Scope::City, NOW + 2 * DAY_MS).await;
    assert_eq!(of(&early, Clock::Accept).map(|p| (p.missed, p.running)), Some((0, 1)));
    let south = figures(Scope::District(SOUTH), NOW + 21 * DAY_MS).await;
    assert_eq!((of(&south, Clock::Accept), south.received), (None, 1));
    let none = case_evaluation::figures(&w.db, &w.rules, CITY, days("2025-01-01", "2025-12-31"), NOW).await.unwrap();
    assert_eq!((none.clocks, none.received), (vec![], 0));

    // A re-check of a hazard within ten working days of the report that it was put right.
    use domain::incident::{Act as Do, Asked as Ask, Entered as Hazard, Harm, Kind, Register};
    for (n, checked) in [Some(NOW + 5 * DAY_MS), Some(NOW + 30 * DAY_MS), None].into_iter().enumerate() {
        let hazard = Hazard {
            register: Register::Hazard,
            at: NOW,
            kind: Kind::User,
            severity: Some(domain::check::Severity::Grave),
            division: NORTH,
            place: format!("{n} 号"),
            org: w.north.org,
            tag: String::new(),
            harm: Harm::default(),
            brief: "x".into(),
            cause: String::new(),
            item: String::new(),
        };
        let txn = w.db.begin_write().await.unwrap();
        let data::incident::Entry::New(id) = data::incident::enter(&txn, &hazard, None, 7, NOW).await.unwrap() else {
            panic!()
        };
        let steps = [(Do::Demand, NOW), (Do::Rectify, NOW)].into_iter().chain(checked.map(|at| (Do::Close, at)));
        for (seen, (act, at)) in (1..).zip(steps) {
            let due = (act == Do::Demand).then(|| "2026-12-01".parse().unwrap());
            let ask = Ask { act, note: "因为".into(), due, amended: None, seen };
            let done = data::incident::act(&txn, CITY, (Register::Hazard, id), &ask, (7, at)).await.unwrap();
            assert_eq!(done, data::incident::Done::Taken);
        }
        txn.commit().await.unwrap();
    }
    let f = figures(Scope::City, NOW + 40 * DAY_MS).await;
    let p = of(&f, Clock::Recheck).unwrap();
    assert_eq!((p.on_time, p.late, p.missed), (1, 1, 1));
    // Alerts: the median of the time until somebody answered.
    let gun = w.north;
    for (seq, tag) in ["X1", "X2", "X3"].into_iter().enumerate() {
        w.fill(gun, &crate::support::fill(u64::try_from(seq).unwrap() + 1, tag)).await;
    }
    let raised = w.all_alerts().await;
    let mut later = w;
    later.now = NOW + 60_000;
    for a in raised.iter().take(2) {
        later.acknowledge(Scope::City, a.no.unsigned_abs(), 1).await;
        later.now += 60_000;
    }
    let span = days("2026-11-01", "2026-12-31");
    let f = case_evaluation::figures(&later.db, &later.rules, CITY, span, NOW).await.unwrap();
    assert_eq!((f.alerts, f.answered, f.response_ms), (i64::try_from(raised.len()).unwrap(), 2, Some(60_000)));
    for scope in [Scope::District(SOUTH), Scope::Org(later.south.org)] {
        let f = case_evaluation::figures(&later.db, &later.rules, Viewer { scope }, span, NOW).await.unwrap();
        assert_eq!((f.alerts, f.answered), (0, 0));
    }
}

async fn a_changed_case_shows_in_a_verification(w: World) {
    let a = enter(&w, &entered(Track::Complaint), NOW).await;
    run(&w, a.id, &[(Act::Accept, "")], NOW).await;
    let report = w.verify().await;
    assert_eq!((report.cases, report.differences), (1, 0));
    for (sql, what) in [
        ("UPDATE case_file SET state = 'closed'", "state"),
        ("UPDATE case_clock SET due_at = due_at + 86400000", "clocks"),
        ("UPDATE case_file SET due_at = NULL", "due"),
        ("DELETE FROM case_step WHERE no = 2", "steps"),
    ] {
        w.sql(sql).await;
        let report = w.verify().await;
        assert!(report.named.iter().any(|n| n.contains(what)), "{what}: {:?}", report.named);
    }
}

async fn a_calendar_is_put_by_whoever_saw_it_and_its_effect_is_foretold(w: World) {
    let open = enter(&w, &entered(Track::Complaint), NOW).await;
    let other = enter(&w, &entered(Track::Complaint), NOW).await;
    run(&w, other.id, &[(Act::Refuse, "by_law"), (Act::Tell, ""), (Act::Close, "")], NOW).await;
    let before = page(&w, CITY, open.id, OFFICER).await.case.due;
    // Working days of the next week are off.
    let new = domain::calendar::read("2026 confirmed\n2026-11-23..2026-11-27 holiday 试").unwrap();
    let (now, seen) = calendar::load(w.db.read()).await.unwrap();
    assert_eq!(case::moved_by(w.db.read(), &w.rules, &now.with(&new)).await.unwrap(), 1, "what is closed stays");
    assert_eq!(case::moved_by(w.db.read(), &w.rules, &now).await.unwrap(), 0);
    let put = async |seen| calendar::put_seen(&w.db, &new, Some(seen), &actor(7), NOW).await.unwrap();
    assert_eq!(put(seen - 1).await, None);
    assert_eq!(calendar::load(w.db.read()).await.unwrap(), (now.clone(), seen));
    assert_eq!(put(seen).await, Some(seen + 1));
    assert_eq!(put(seen).await, None);
    assert_eq!(calendar::load(w.db.read()).await.unwrap().0, now.with(&new));
    assert_eq!(audited(&w).await.iter().filter(|a| *a == "calendar.put").count(), 1);
    while case::reckon(&w.db, &w.rules, 50).await.unwrap() == 50 {}
    assert!(page(&w, CITY, open.id, OFFICER).await.case.due > before);
    w.clean().await;
}

async fn a_table_of_a_platform_is_entered_once_and_what_is_wrong_waits(w: World) {
    use data::case_import::{self, Imported};
    let table = "工单编号,类型,姓名,联系电话,标题,内容\n\
        A1,投诉,张三,13812341111,缺斤短两,少了两公斤\n\
        A2,举报,,,,黑气点\n\
        A3,投诉,李四,12,<script>alert(1)</script>,'; DROP TABLE case_file;--\n";
    let send = async |text: &str, mended| {
        let asked = (text, Channel::P12345, mended);
        case_import::import(&w.db, &master(), &w.rules, CITY, asked, (&actor(7), NOW)).await.unwrap()
    };
    let all = async |viewer, account| case_import::aside(&w.db, &master(), viewer, account).await.unwrap();
    assert_eq!(send(table, None).await, Imported { new: 2, aside: 1, ..Imported::default() });
    assert_eq!(send(table, None).await, Imported { known: 2, aside: 1, ..Imported::default() });
    assert_eq!(case::Entity::find().all(w.db.read()).await.unwrap().len(), 2, "twice is once");
    let aside = all(CITY, 8).await;
    assert_eq!((aside.len(), aside[0].line, aside[0].faults[0].field.as_str()), (1, 4, "phone"));
    assert!(aside[0].row.contains("李四") && aside[0].row.starts_with("工单编号,"));
    let stored = case_import::Entity::find().one(w.db.read()).await.unwrap().unwrap();
    assert!(!stored.row.contains("李四") && !stored.faults.contains("李四"), "it is sealed");
    // Others than who sees the city deal with what they sent.
    let south = Viewer { scope: Scope::District(SOUTH) };
    assert_eq!((all(south, 7).await.len(), all(south, 8).await.len()), (1, 0));
    assert!(!case_import::leave_out(&w.db, south, aside[0].id, "重复", (&actor(8), NOW)).await.unwrap());
    // Mended it is entered and goes.
    let mended = aside[0].row.replace(",12,", ",13812342222,");
    assert_eq!(send(&mended, Some(aside[0].id)).await, Imported { new: 1, ..Imported::default() });
    assert!(all(CITY, 7).await.is_empty());
    // Wrong once more it waits anew; left out it goes, for a reason.
    send("工单编号,内容\n,x\n", None).await;
    let id = all(CITY, 7).await[0].id;
    assert!(case_import::leave_out(&w.db, CITY, id, "空单", (&actor(7), NOW)).await.unwrap());
    assert!(!case_import::leave_out(&w.db, CITY, id, "空单", (&actor(7), NOW)).await.unwrap());
    let none = send("a,b\n1,2", None).await;
    assert!(none.faults.len() == 1 && none.new == 0 && none.aside == 0);
    let log = audited(&w).await;
    assert_eq!(log.iter().filter(|a| *a == "case.import").count(), 4);
    assert_eq!(log.iter().filter(|a| *a == "case.aside.leave").count(), 1);
    w.clean().await;
}
