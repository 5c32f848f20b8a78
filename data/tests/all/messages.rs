//! Messages from one to many: who is reached, what stands in inboxes, what is sent once, taken back, sent again, and when.

use crate::support::{NORTH, NOW, SOUTH, World, both, dated, file};
use data::{
    account, contact, mail,
    message::{self, Done, Kept, Written, delivery},
    message_job::{self, Lane, Outcome},
    message_list,
    page::AskError,
    recipients,
    secret::Master,
};
use domain::{
    clock,
    list::{ListQuery, PageAt},
    message::{
        Audience, Channel, Composed, Contact, Delivery, Kind, MailServer, Quiet, Standing, State, Template, Tls, Whom,
        Why,
    },
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::collections::BTreeMap;

both!(
    an_audience_ends_where_the_sender_does,
    a_preview_shows_whom_and_what,
    everybody_is_entered_once_and_reads_his_own,
    what_is_taken_back_is_shown_to_nobody,
    who_has_not_read_is_told_again,
    nothing_goes_out_in_quiet_hours,
    who_said_nothing_is_undisturbed_as_is_usual,
    numbers_are_sealed_and_mail_servers_keep_their_password,
    what_broke_off_is_handed_back,
    lists_and_templates_belong_to_their_part,
    what_is_asked_is_answered_or_named,
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn master() -> Master {
    Master::new(vec![7; 32])
}

async fn person(w: &World, login: &str, roles: &[Role], scope: Scope) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let new = account::New {
        login: login.into(),
        name: format!("N {login}"),
        scope,
        roles: roles.to_vec(),
        password: String::new(),
        must_change: false,
    };
    let id = account::insert(&txn, new, NOW).await.unwrap().unwrap();
    txn.commit().await.unwrap();
    id
}

async fn reached(w: &World, account: i64, c: &Contact) {
    contact::put(w.db.writer(), &master(), account, c, NOW).await.unwrap();
}

fn by_phone() -> Contact {
    Contact { phone: "13800001111".into(), mail: "a@b.cn".into(), quiet: Some(Quiet::NEVER), digest: false }
}

/// Six people: of the city, of both districts, of both fillers.
struct People {
    chief: i64,
    north: i64,
    south: i64,
    admin_n: i64,
    filler_n: i64,
    admin_s: i64,
}

async fn people(w: &World) -> People {
    People {
        chief: person(w, "chief", &[Role::CityRegulator], Scope::City).await,
        north: person(w, "north", &[Role::DistrictRegulator], Scope::District(NORTH)).await,
        south: person(w, "south", &[Role::DistrictRegulator], Scope::District(SOUTH)).await,
        admin_n: person(w, "admin.n", &[Role::EnterpriseAdmin], Scope::Org(w.north.org)).await,
        filler_n: person(w, "filler.n", &[Role::Filler], Scope::Org(w.north.org)).await,
        admin_s: person(w, "admin.s", &[Role::EnterpriseAdmin], Scope::Org(w.south.org)).await,
    }
}

fn to(whom: Whom) -> Composed {
    Composed {
        title: "通知".into(),
        body: "{姓名}:{单位}({区县})过检 {过检数} 只".into(),
        channels: vec![Channel::Inbox],
        audience: Audience { whom, roles: vec![] },
        send_at: NOW,
        urgent: false,
    }
}

async fn write(w: &World, viewer: Viewer, c: &Composed, account: i64) -> Written {
    let txn = w.db.begin_write().await.unwrap();
    let done = message::compose(&txn, viewer, c, (account, NOW)).await.unwrap();
    txn.commit().await.unwrap();
    done
}

/// Enters all recipients of whatever is due.
async fn spread(w: &World, now: i64) {
    loop {
        let txn = w.db.begin_write().await.unwrap();
        let begun = message_job::begin(&txn, now).await.unwrap();
        txn.commit().await.unwrap();
        while let Some(id) = message_job::spreading(w.db.read()).await.unwrap() {
            let txn = w.db.begin_write().await.unwrap();
            message_job::spread(&txn, id, now).await.unwrap();
            txn.commit().await.unwrap();
        }
        if begun.is_none() {
            return;
        }
    }
}

async fn send(w: &World, scope: Scope, c: &Composed, account: i64) -> i64 {
    let Written::New(id) = write(w, Viewer { scope }, c, account).await else { panic!("written before") };
    spread(w, NOW).await;
    id
}

async fn got(w: &World, id: i64) -> Vec<i64> {
    let all = message::recipient::Entity::find().filter(message::recipient::Column::MessageId.eq(id));
    let mut ids: Vec<i64> = all.all(w.db.read()).await.unwrap().into_iter().map(|r| r.account_id).collect();
    ids.sort_unstable();
    ids
}

/// How the sendings of a message stand, by account and channel.
async fn sendings(w: &World, id: i64) -> BTreeMap<(i64, String, i32), (Delivery, String)> {
    let all = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id)).all(w.db.read()).await.unwrap();
    let n = all.len();
    let of: BTreeMap<_, _> = all
        .into_iter()
        .map(|d| ((d.account_id, d.channel, d.round), (Delivery::from_code(&d.state).unwrap(), d.why)))
        .collect();
    assert_eq!(of.len(), n, "one row a recipient, channel and round");
    of
}

async fn an_audience_ends_where_the_sender_does(w: World) {
    let p = people(&w).await;
    let gone = person(&w, "gone", &[Role::Filler], Scope::Org(w.north.org)).await;
    account::set_disabled(w.db.writer(), gone, Some(NOW)).await.unwrap();
    // One cylinder of the north is overdue, one past its life, which is another matter; the south's is sound.
    w.register(&[
        dated("T1", w.north, "2019-05", "2019-05"),
        dated("T2", w.north, "1999-05", "1999-05"),
        file("T3", w.south),
    ])
    .await;
    let (city, north, south) = (Scope::City, Scope::District(NORTH), Scope::District(SOUTH));
    let all_north = vec![p.north, p.admin_n, p.filler_n];
    let admins = |whom| Composed { audience: Audience { whom, roles: vec![Role::EnterpriseAdmin] }, ..to(Whom::All) };
    for (scope, by, c, want) in [
        (city, p.chief, to(Whom::All), vec![p.chief, p.north, p.south, p.admin_n, p.filler_n, p.admin_s]),
        (north, p.north, to(Whom::All), all_north.clone()),
        (city, p.chief, admins(Whom::All), vec![p.admin_n, p.admin_s]),
        (north, p.north, admins(Whom::Orgs(vec![w.north.org, w.south.org])), vec![p.admin_n]),
        (north, p.north, to(Whom::Districts(vec![NORTH, SOUTH])), all_north.clone()),
        (south, p.south, to(Whom::Accounts(vec![p.chief, p.north, p.admin_n, p.admin_s])), vec![p.admin_s]),
        (city, p.chief, to(Whom::Overdue), vec![p.admin_n, p.filler_n]),
        (south, p.south, to(Whom::Overdue), vec![]),
        (city, p.chief, to(Whom::Accounts(vec![999_999])), vec![]),
    ] {
        let reach = recipients::reach(w.db.read(), Viewer { scope }, &c.audience, NOW).await.unwrap();
        let title = format!("{scope} {:?} {:?}", c.audience.whom, c.audience.roles);
        assert_eq!(reach.people as usize, want.len(), "{title}");
        let id = send(&w, scope, &Composed { title: clock::clip(&title), ..c }, by).await;
        assert_eq!(got(&w, id).await, want, "{title}");
    }
    // An organisation that is overdue and has nobody who could read it is named.
    account::set_disabled(w.db.writer(), p.admin_n, Some(NOW)).await.unwrap();
    account::set_disabled(w.db.writer(), p.filler_n, Some(NOW)).await.unwrap();
    let overdue = Audience { whom: Whom::Overdue, roles: vec![] };
    let reach = recipients::reach(w.db.read(), CITY, &overdue, NOW).await.unwrap();
    assert_eq!((reach.people, reach.silent), (0, vec!["北郊气站".to_owned()]));
    let reach = recipients::reach(w.db.read(), Viewer { scope: south }, &overdue, NOW).await.unwrap();
    assert!(reach.silent.is_empty(), "what lies elsewhere is not named");
}

async fn a_preview_shows_whom_and_what(w: World) {
    let p = people(&w).await;
    let c = to(Whom::Districts(vec![NORTH]));
    let seen = recipients::preview(w.db.read(), CITY, &c, NOW).await.unwrap();
    assert_eq!(seen.reach.people, 3);
    assert_eq!(seen.first.len(), 3);
    assert!(seen.first.contains(&("N admin.n".into(), "北郊气站".into())), "{:?}", seen.first);
    assert_eq!(seen.body, "N north:金水区(金水区)过检 0 只", "as the first of them reads it");
    let nobody = Composed { audience: Audience { whom: Whom::Orgs(vec![999]), roles: vec![] }, ..c.clone() };
    let seen = recipients::preview(w.db.read(), CITY, &nobody, NOW).await.unwrap();
    assert_eq!((seen.reach.people, seen.first.len(), seen.title.as_str()), (0, 0, "通知"));
    // A sender sees nobody outside his part of the city.
    let south = Viewer { scope: Scope::District(SOUTH) };
    assert_eq!(recipients::preview(w.db.read(), south, &c, NOW).await.unwrap().reach.people, 0);
    let all = recipients::accounts(w.db.read(), CITY, &c.audience, NOW).await.unwrap();
    assert_eq!(all, [p.north, p.admin_n, p.filler_n]);
    // What is named is within sight.
    let (north, firm) = (Viewer { scope: Scope::District(NORTH) }, Viewer { scope: Scope::Org(w.north.org) });
    let recipients::Kept::Done(list) =
        recipients::keep(w.db.writer(), north, (0, "站长"), &[p.admin_n], (1, NOW)).await.unwrap()
    else {
        panic!()
    };
    let orgs = Whom::Orgs(vec![w.north.org, w.south.org]);
    let districts = Whom::Districts(vec![NORTH, SOUTH]);
    for (viewer, whom, want) in [
        (CITY, &districts, 2),
        (north, &districts, 1),
        (south, &districts, 1),
        (firm, &districts, 1),
        (CITY, &orgs, 2),
        (north, &orgs, 1),
        (firm, &orgs, 1),
        (north, &Whom::List(list), 1),
        (CITY, &Whom::List(list), 0),
        (south, &Whom::List(list), 0),
    ] {
        let audience = Audience { whom: whom.clone(), roles: vec![] };
        let named = recipients::named(w.db.read(), viewer, &audience).await.unwrap();
        assert_eq!(named.len(), want, "{viewer:?} {whom:?}: {named:?}");
    }
    assert_eq!(recipients::named(w.db.read(), CITY, &c.audience).await.unwrap(), ["金水区"]);
}

async fn everybody_is_entered_once_and_reads_his_own(w: World) {
    let p = people(&w).await;
    w.register(&[dated("T1", w.north, "2019-05", "2019-05")]).await;
    reached(&w, p.admin_n, &by_phone()).await;
    let c = Composed { channels: vec![Channel::Inbox, Channel::Sms, Channel::Mail], ..to(Whom::All) };
    let id = send(&w, Scope::City, &c, p.chief).await;
    assert_eq!(write(&w, CITY, &c, p.chief).await, Written::Twice(id), "sent twice is written once");
    // Urgent, or for another hour, it is another; two for the same hour are one.
    let urgent = Composed { urgent: true, ..c.clone() };
    let at = |ms: i64| Composed { send_at: NOW + ms, ..c.clone() };
    let mut others = vec![];
    for c in [&urgent, &at(clock::DAY_MS), &at(2 * clock::DAY_MS)] {
        let Written::New(other) = write(&w, CITY, c, p.chief).await else { panic!("{c:?}") };
        assert_eq!(write(&w, CITY, c, p.chief).await, Written::Twice(other));
        others.push(other);
    }
    for other in others {
        assert_eq!(message::recall(w.db.writer(), CITY, other, NOW).await.unwrap(), Done::Taken);
    }
    spread(&w, NOW).await;
    let all = sendings(&w, id).await;
    assert_eq!(all.len(), 6 * 3);
    let at = |a: i64, c: Channel| all[&(a, c.code().to_owned(), 1)].clone();
    assert_eq!(at(p.admin_n, Channel::Inbox), (Delivery::Sent, String::new()));
    assert_eq!(at(p.admin_n, Channel::Sms), (Delivery::Queued, String::new()));
    assert_eq!(at(p.chief, Channel::Mail), (Delivery::Failed, Why::NoAddress.code().to_owned()));

    let inbox = async |a: i64| message_list::inbox(&w.db, a, &ListQuery::default()).await.unwrap().rows;
    let mine = inbox(p.admin_n).await;
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].body, "N admin.n:北郊气站(金水区)过检 1 只");
    assert_eq!((mine[0].by.as_str(), mine[0].read_at), ("N chief", None));
    assert_eq!(inbox(p.south).await[0].body, "N south:中原区(中原区)过检 0 只");
    // A letter is its recipient's alone.
    assert!(message_list::letter(&w.db, p.admin_n, id).await.unwrap().is_some());
    assert_eq!(message_list::letter(&w.db, 999, id).await.unwrap(), None);
    assert!(!message::read(w.db.writer(), 999, id, NOW).await.unwrap());

    assert_eq!(message::unread(w.db.read(), p.admin_n).await.unwrap(), 1);
    message::arrived(w.db.writer(), p.south, &[id], NOW).await.unwrap();
    assert!(message::read(w.db.writer(), p.admin_n, id, NOW + 1).await.unwrap());
    assert!(!message::read(w.db.writer(), p.admin_n, id, NOW + 2).await.unwrap(), "read once");
    assert_eq!(message::unread(w.db.read(), p.admin_n).await.unwrap(), 0);
    let line = message_list::one(&w.db, CITY, id).await.unwrap().unwrap();
    assert_eq!((line.tally.people, line.tally.delivered, line.tally.read), (6, 2, 1));
    assert_eq!((line.tally.open, line.tally.failed), (2, 10));
    let page = message_list::recipients(&w.db, CITY, id, &ListQuery::default()).await.unwrap().unwrap();
    let standing = |a: i64| page.rows.iter().find(|r| r.account == a).unwrap().standing;
    assert_eq!(
        (standing(p.admin_n), standing(p.south), standing(p.chief)),
        (Standing::Read, Standing::Delivered, Standing::Sent)
    );
    for (standing, want) in [("read", 1), ("unread", 5), ("delivered", 1), ("queued", 1), ("failed", 5)] {
        let q = ListQuery::default().with("standing", standing);
        let found = message_list::recipients(&w.db, CITY, id, &q).await.unwrap().unwrap();
        assert_eq!(found.rows.len(), want, "{standing}");
    }
    assert_eq!(message::read_all(w.db.writer(), p.south, NOW - 1, NOW + 3).await.unwrap(), 0, "it came later");
    assert_eq!(message::read_all(w.db.writer(), p.south, NOW + 9, NOW + 10).await.unwrap(), 1);
    assert_eq!(message::unread(w.db.read(), p.south).await.unwrap(), 0);
    assert_eq!(message::unread(w.db.read(), p.chief).await.unwrap(), 1, "another's stays unread");
    let text = format!("{page:?}");
    assert!(!text.contains("1380000") && !text.contains("a@b.cn"), "no number and no address is told");
}

async fn what_is_taken_back_is_shown_to_nobody(w: World) {
    let p = people(&w).await;
    reached(&w, p.admin_n, &by_phone()).await;
    let c = Composed { channels: vec![Channel::Inbox, Channel::Sms], ..to(Whom::All) };
    let id = send(&w, Scope::District(NORTH), &c, p.north).await;
    let recall = async |scope: Scope| {
        let txn = w.db.begin_write().await.unwrap();
        let done = message::recall(&txn, Viewer { scope }, id, NOW).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    for scope in [Scope::District(SOUTH), Scope::Org(w.north.org)] {
        assert_eq!(recall(scope).await, Done::Unknown, "{scope}");
        assert_eq!(message_list::one(&w.db, Viewer { scope }, id).await.unwrap(), None);
    }
    assert_eq!(recall(Scope::District(NORTH)).await, Done::Taken);
    assert_eq!(recall(Scope::District(NORTH)).await, Done::NotNow);
    assert_eq!(sendings(&w, id).await[&(p.admin_n, "sms".into(), 1)].0, Delivery::Recalled);
    let letter = message_list::letter(&w.db, p.admin_n, id).await.unwrap().unwrap();
    assert!(letter.recalled && letter.body.is_empty() && letter.title.is_empty());
    assert_eq!(message::unread(w.db.read(), p.admin_n).await.unwrap(), 0);
    let (parcels, decided) = message_job::take(&w.db, &master(), (Lane::Rest, "l", 50), NOW).await.unwrap();
    assert!(parcels.is_empty() && decided.is_empty());

    // One whose time has not come never goes out; one whose writer may not send it any more is stopped.
    let later = Composed { title: "later".into(), send_at: NOW + 1_000, ..to(Whom::All) };
    let Written::New(a) = write(&w, CITY, &later, p.chief).await else { panic!() };
    let Written::New(b) = write(&w, Viewer { scope: Scope::District(SOUTH) }, &later, p.south).await else { panic!() };
    let txn = w.db.begin_write().await.unwrap();
    assert_eq!(message::recall(&txn, CITY, a, NOW).await.unwrap(), Done::Taken);
    account::grant(&txn, p.south, Scope::District(NORTH), &[Role::DistrictRegulator]).await.unwrap();
    txn.commit().await.unwrap();
    spread(&w, NOW + 500).await;
    assert_eq!(message_list::one(&w.db, CITY, b).await.unwrap().unwrap().state, State::Waiting);
    spread(&w, NOW + 2_000).await;
    assert!(got(&w, a).await.is_empty() && got(&w, b).await.is_empty());
    assert_eq!(message_list::one(&w.db, CITY, b).await.unwrap().unwrap().state, State::Stopped);
}

async fn who_has_not_read_is_told_again(w: World) {
    let p = people(&w).await;
    reached(&w, p.admin_n, &by_phone()).await;
    reached(&w, p.filler_n, &by_phone()).await;
    let id = send(&w, Scope::City, &to(Whom::Orgs(vec![w.north.org])), p.chief).await;
    message::read(w.db.writer(), p.filler_n, id, NOW).await.unwrap();
    let resend = async |scope: Scope, now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let done = message::resend(&txn, Viewer { scope }, id, &[Channel::Sms], now).await.unwrap();
        txn.commit().await.unwrap();
        spread(&w, now).await;
        done
    };
    assert_eq!(resend(Scope::District(NORTH), NOW).await, Done::Unknown);
    assert_eq!(resend(Scope::City, NOW + 1_000).await, Done::Taken);
    let all = sendings(&w, id).await;
    assert_eq!(all[&(p.admin_n, "sms".into(), 2)].0, Delivery::Queued);
    assert!(!all.contains_key(&(p.filler_n, "sms".into(), 2)), "who read it is left in peace");
    assert_eq!(resend(Scope::City, NOW + 2_000).await, Done::NotNow, "the last round is on its way");
    let mine = message_list::inbox(&w.db, p.admin_n, &ListQuery::default()).await.unwrap().rows;
    assert_eq!((mine.len(), mine[0].at), (1, NOW + 1_000), "one letter, on top again");
    let (parcels, _) = message_job::take(&w.db, &master(), (Lane::Rest, "l", 50), NOW + 1_000).await.unwrap();
    assert_eq!(parcels.len(), 1);
    assert_eq!(
        (parcels[0].key.clone(), parcels[0].to.as_str()),
        (format!("pingji-{id}-{}-sms-2", p.admin_n), "13800001111")
    );
    let none = message_job::take(&w.db, &master(), (Lane::Rest, "m", 50), NOW + 1_000).await.unwrap();
    assert!(none.0.is_empty(), "what is in somebody's hands is not taken");
    // Only who holds it may say what became of it.
    message_job::note(w.db.writer(), "m", &[(parcels[0].id, Outcome::Sent)], NOW).await.unwrap();
    assert_eq!(sendings(&w, id).await[&(p.admin_n, "sms".into(), 2)].0, Delivery::Sending);
    message_job::note(w.db.writer(), "l", &[(parcels[0].id, Outcome::Sent)], NOW).await.unwrap();
    assert_eq!(sendings(&w, id).await[&(p.admin_n, "sms".into(), 2)].0, Delivery::Sent);
    // Of what the gateway says later only what was sent by it counts, and only what it says first.
    let of = |key: &str, why: Option<Why>| (key.to_owned(), why);
    let key = parcels[0].key.clone();
    let others = [
        of("pingji-x", None),
        of("'; --", None),
        of("pingji-1-2-sms-999999999999", None),
        of(&key.replace("-2", "-9"), None),
        of(&key.replace("sms", "inbox"), Some(Why::Undelivered)),
        of(&format!("{key}-1"), Some(Why::Undelivered)),
        of(&format!("pingji-{id}-{}-sms-2", p.filler_n), None),
    ];
    let reported = async |channel: Channel, all: &[(String, Option<Why>)]| {
        message_job::reported(w.db.writer(), channel, all, NOW + 2_000).await.unwrap()
    };
    let before = sendings(&w, id).await;
    assert_eq!(reported(Channel::Sms, &others).await, 0);
    assert_eq!(reported(Channel::Mail, &[of(&key, None)]).await, 0);
    assert_eq!(reported(Channel::Sms, &[]).await, 0);
    assert_eq!(sendings(&w, id).await, before);
    let mut all = others.to_vec();
    all.extend([of(&key, None), of(&key, Some(Why::Expired))]);
    assert_eq!(reported(Channel::Sms, &all).await, 1);
    assert_eq!(reported(Channel::Sms, &[of(&key, Some(Why::Rejected))]).await, 0, "it has arrived");
    // What was given up for want of an answer may have arrived all the same.
    w.sql(&format!("UPDATE message_delivery SET state = 'failed', why = 'late' WHERE id = {}", parcels[0].id)).await;
    assert_eq!(reported(Channel::Sms, &[of(&key, None)]).await, 1);
    let at = (p.admin_n, "sms".to_owned(), 2);
    assert_eq!(sendings(&w, id).await[&at], (Delivery::Delivered, String::new()));
    let row = message::recipient::Entity::find_by_id((id, p.admin_n)).one(w.db.read()).await.unwrap().unwrap();
    assert_eq!(row.delivered_at, Some(NOW + 2_000));
    message::read(w.db.writer(), p.admin_n, id, NOW).await.unwrap();
    assert_eq!(resend(Scope::City, NOW + 3_000).await, Done::NotNow, "everybody has read it");
}

async fn nothing_goes_out_in_quiet_hours(w: World) {
    let p = people(&w).await;
    let night = Contact { quiet: Some(Quiet::default()), ..by_phone() };
    reached(&w, p.admin_n, &night).await;
    let of = |title: &str, urgent| Composed {
        title: title.into(),
        urgent,
        channels: vec![Channel::Inbox, Channel::Sms],
        ..to(Whom::Accounts(vec![p.admin_n]))
    };
    // 23:30 of the 21st in Shanghai is 15:30 UTC; midnight there is not midnight here.
    let at = |text: &str| clock::parse_instant(&format!("{text}+08:00")).unwrap();
    let late = at("2026-11-21T23:30:00");
    for c in [of("a", false), of("b", true)] {
        write(&w, CITY, &c, p.chief).await;
    }
    spread(&w, late).await;
    let take = async |now: i64| {
        let (parcels, decided) = message_job::take(&w.db, &master(), (Lane::Rest, "l", 50), now).await.unwrap();
        message_job::note(w.db.writer(), "l", &decided, now).await.unwrap();
        let done: Vec<_> = parcels.iter().map(|p| (p.id, Outcome::Sent)).collect();
        message_job::note(w.db.writer(), "l", &done, now).await.unwrap();
        parcels.into_iter().map(|p| p.title).collect::<Vec<_>>()
    };
    assert_eq!(take(late).await, ["b"], "what is urgent goes at once");
    for now in ["2026-11-22T00:00:00", "2026-11-22T07:59:59"] {
        assert_eq!(take(at(now)).await, [""; 0], "{now}");
    }
    assert_eq!(message_job::due(w.db.read()).await.unwrap(), Some(at("2026-11-22T08:00:00")));
    // The server slept until the next night: it waits another one.
    let next = at("2026-11-22T22:15:00");
    assert_eq!(take(next).await, [""; 0]);
    assert_eq!(message_job::due(w.db.read()).await.unwrap(), Some(at("2026-11-23T08:00:00")));
    assert_eq!(take(at("2026-11-23T08:00:00")).await, ["a"]);
    assert_eq!(message_job::due(w.db.read()).await.unwrap(), None);
}

async fn who_said_nothing_is_undisturbed_as_is_usual(w: World) {
    let p = people(&w).await;
    reached(&w, p.north, &Contact { quiet: Some(Quiet { from: 60, to: 120 }), ..by_phone() }).await;
    // Who has a number said nothing of hours by that.
    reached(&w, p.south, &Contact { quiet: None, ..by_phone() }).await;
    assert_eq!(contact::load(w.db.read(), &master(), p.south).await.unwrap().quiet, None);
    let quiet = async |a: i64| {
        let usual = contact::usual(w.db.read()).await.unwrap();
        let row = contact::Entity::find_by_id(a).one(w.db.read()).await.unwrap();
        row.map_or(usual, |r| r.quiet(usual))
    };
    for a in [p.chief, p.south] {
        assert_eq!(quiet(a).await, Quiet::default());
    }
    // An authority has other nights; who chose his own keeps them.
    assert_eq!(w.sql("UPDATE rule SET value = 1260 WHERE rule_id = 'PAR-QUIET-FROM'").await, 1);
    for a in [p.chief, p.south] {
        assert_eq!(quiet(a).await, Quiet { from: 21 * 60, to: 8 * 60 });
    }
    let at = |text: &str| clock::parse_instant(&format!("{text}+08:00")).unwrap();
    let c = Composed { channels: vec![Channel::Inbox, Channel::Sms], ..to(Whom::Accounts(vec![p.south])) };
    write(&w, CITY, &c, p.chief).await;
    spread(&w, at("2026-11-21T21:30:00")).await;
    assert_eq!(message_job::due(w.db.read()).await.unwrap(), Some(at("2026-11-22T08:00:00")));
    assert_eq!(quiet(p.north).await, Quiet { from: 60, to: 120 });
    // A row that is switched off, or holds no minute, says nothing.
    for set in ["enabled = false", "enabled = true, value = 1440"] {
        w.sql(&format!("UPDATE rule SET {set} WHERE rule_id = 'PAR-QUIET-TO'")).await;
        assert_eq!(quiet(p.chief).await, Quiet::default(), "{set}");
    }
}

async fn numbers_are_sealed_and_mail_servers_keep_their_password(w: World) {
    let p = people(&w).await;
    reached(&w, p.north, &by_phone()).await;
    reached(&w, p.south, &Contact { phone: "13900002222".into(), ..by_phone() }).await;
    let row = async |a: i64| contact::Entity::find_by_id(a).one(w.db.read()).await.unwrap().unwrap();
    let (n, s) = (row(p.north).await, row(p.south).await);
    assert!(!n.phone.contains("1380000") && !n.mail.contains('@') && !format!("{n:?}").contains(&n.phone));
    let swapped = contact::Model { account_id: p.north, ..s };
    assert_eq!((n.phone(&master()).as_deref(), swapped.phone(&master())), (Some("13800001111"), None));
    assert_eq!(n.phone(&Master::new(vec![8; 32])), None);
    assert_eq!(contact::load(w.db.read(), &master(), p.north).await.unwrap(), by_phone());
    assert_eq!(contact::load(w.db.read(), &master(), p.chief).await.unwrap(), Contact::default());
    reached(&w, p.north, &Contact::default()).await;
    assert_eq!(contact::load(w.db.read(), &master(), p.north).await.unwrap(), Contact::default());

    let server = MailServer {
        host: "smtp.example.cn".into(),
        port: 465,
        tls: Tls::Whole,
        user: "u".into(),
        from: "p@example.cn".into(),
    };
    let stored = mail::Stored::seal(&master(), server.clone(), "geheim").unwrap();
    mail::put(w.db.writer(), Some(&stored)).await.unwrap();
    let back = mail::load(w.db.read()).await.unwrap().unwrap();
    assert_eq!((back.server.clone(), back.password(&master()).as_deref()), (server.clone(), Some("geheim")));
    let elsewhere = MailServer { host: "evil.example".into(), ..server.clone() };
    assert_eq!(back.changed(elsewhere.clone()), None);
    assert!(back.changed(MailServer { from: "q@example.cn".into(), ..server }).is_some());
    // Changed in the record alone, it opens nothing.
    let text = serde_json::to_string(&back).unwrap().replace("smtp.example.cn", "evil.example");
    assert!(!text.contains("geheim"));
    assert_eq!(serde_json::from_str::<mail::Stored>(&text).unwrap().password(&master()), None);
    mail::put(w.db.writer(), None).await.unwrap();
    assert_eq!(mail::load(w.db.read()).await.unwrap(), None);
}

async fn what_broke_off_is_handed_back(w: World) {
    let p = people(&w).await;
    reached(&w, p.admin_n, &by_phone()).await;
    let c = Composed { channels: vec![Channel::Inbox, Channel::Sms], ..to(Whom::Accounts(vec![p.admin_n])) };
    let id = send(&w, Scope::City, &c, p.chief).await;
    let take = async |lease: &str, now: i64| {
        message_job::take(&w.db, &master(), (Lane::Rest, lease, 50), now).await.unwrap().0
    };
    let first = take("a", NOW).await;
    assert!(first.len() == 1 && !first[0].broken && first[0].tries == 1);
    assert!(take("b", NOW + message_job::LEASE - 1).await.is_empty());
    let second = take("b", NOW + message_job::LEASE).await;
    assert!(second.len() == 1 && second[0].broken && second[0].key == first[0].key);
    // Who lost it may not speak of it any more.
    message_job::note(w.db.writer(), "a", &[(first[0].id, Outcome::Sent)], NOW).await.unwrap();
    assert_eq!(sendings(&w, id).await[&(p.admin_n, "sms".into(), 1)].0, Delivery::Sending);
    // At the start nobody else is at work.
    assert_eq!(message_job::reclaim(w.db.writer(), NOW).await.unwrap(), 1);
    let third = take("c", NOW).await;
    assert!(third.len() == 1 && third[0].broken && third[0].tries == 1);
    message_job::note(w.db.writer(), "c", &[(third[0].id, Outcome::Doubt)], NOW).await.unwrap();
    let doubt = (Delivery::Doubt, Why::Broken.code().to_owned());
    assert_eq!(sendings(&w, id).await[&(p.admin_n, "sms".into(), 1)], doubt);
    assert!(take("c", NOW + 10 * message_job::LEASE).await.is_empty(), "what is in doubt is not sent by itself");

    // The same of the system's own is said once.
    let say = async |key: &str| {
        let txn = w.db.begin_write().await.unwrap();
        let done = message::announce(&txn, (Kind::Task, key), Scope::City, &c, NOW).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    let Written::New(one) = say("k").await else { panic!() };
    assert_eq!(say("k").await, Written::Twice(one));
    assert!(matches!(say("l").await, Written::New(_)));
    // It is in no outbox, and nobody takes it back or sends it again.
    assert_eq!(message_list::one(&w.db, CITY, one).await.unwrap(), None);
    assert!(message_list::recipients(&w.db, CITY, one, &ListQuery::default()).await.unwrap().is_none());
    let listed = message_list::outbox(&w.db, CITY, &ListQuery::default()).await.unwrap().rows;
    assert_eq!(listed.iter().map(|m| m.id).collect::<Vec<_>>(), [id], "what people wrote");
    assert_eq!(message::recall(w.db.writer(), CITY, one, NOW).await.unwrap(), Done::Unknown);
    // What people write goes before it, though it waited longer; each leads to what it is about.
    for key in ["task-12-1", "digest-3-20000", "paper-4-issued"] {
        say(key).await;
    }
    let Written::New(notice) = write(&w, CITY, &Composed { title: "n".into(), ..c.clone() }, p.chief).await else {
        panic!()
    };
    assert_eq!(message_job::begin(w.db.writer(), NOW).await.unwrap().map(|b| b.id), Some(notice));
    spread(&w, NOW).await;
    spread(&w, NOW).await;
    assert_eq!(message::resend(w.db.writer(), CITY, one, &[], NOW).await.unwrap(), Done::Unknown);
    let q = ListQuery { size: 100, ..ListQuery::default() };
    let letters = message_list::inbox(&w.db, p.admin_n, &q).await.unwrap().rows;
    let mut pages: Vec<&str> = letters.iter().map(|l| l.page.as_str()).filter(|p| !p.is_empty()).collect();
    pages.sort_unstable();
    assert_eq!(pages, ["/papers/4", "/tasks", "/tasks/12"]);
}

async fn lists_and_templates_belong_to_their_part(w: World) {
    let p = people(&w).await;
    let north = Viewer { scope: Scope::District(NORTH) };
    let keep = async |viewer: Viewer, id: i64, name: &str, members: &[i64]| {
        let txn = w.db.begin_write().await.unwrap();
        let done = recipients::keep(&txn, viewer, (id, name), members, (1, NOW)).await.unwrap();
        if matches!(done, recipients::Kept::Done(_)) {
            txn.commit().await.unwrap();
        }
        done
    };
    let recipients::Kept::Done(list) = keep(north, 0, "站长", &[p.admin_n, p.admin_n]).await else { panic!() };
    assert_eq!(keep(north, 0, "站长", &[]).await, recipients::Kept::Taken);
    assert_eq!(keep(north, 0, "他区", &[p.admin_s]).await, recipients::Kept::Members);
    assert_eq!(keep(CITY, list, "站长", &[]).await, recipients::Kept::Unknown);
    assert_eq!(recipients::lists(w.db.read(), north).await.unwrap()[0].members, 1);
    assert!(recipients::lists(w.db.read(), CITY).await.unwrap().is_empty());
    assert_eq!(recipients::members(w.db.read(), CITY, list).await.unwrap(), None);
    let id = send(&w, north.scope, &to(Whom::List(list)), p.north).await;
    assert_eq!(got(&w, id).await, [p.admin_n]);
    let id = send(&w, Scope::City, &to(Whom::List(list)), p.chief).await;
    assert!(got(&w, id).await.is_empty(), "another's list reaches nobody");
    // Who moved to another district is on the list, and not reached.
    account::grant(w.db.writer(), p.admin_n, Scope::Org(w.south.org), &[Role::EnterpriseAdmin]).await.unwrap();
    let id = send(&w, north.scope, &Composed { title: "b".into(), ..to(Whom::List(list)) }, p.north).await;
    assert!(got(&w, id).await.is_empty());
    assert!(!recipients::forget(w.db.writer(), CITY, list).await.unwrap());
    assert!(recipients::forget(w.db.writer(), north, list).await.unwrap());

    let t = |id, name: &str| Template { id, name: name.into(), title: "t".into(), body: "{单位}".into() };
    let kept = async |viewer, t: Template| {
        let txn = w.db.begin_write().await.unwrap();
        let done = message::keep_template(&txn, viewer, &t, (1, NOW)).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    let Kept::Done(one) = kept(north, t(0, "a")).await else { panic!() };
    assert_eq!(kept(north, t(0, "a")).await, Kept::Taken);
    assert_eq!(kept(CITY, t(one, "b")).await, Kept::Unknown);
    assert_eq!(kept(north, t(one, "b")).await, Kept::Done(one));
    assert_eq!(message::templates(w.db.read(), north).await.unwrap(), [t(one, "b")]);
    assert!(message::templates(w.db.read(), CITY).await.unwrap().is_empty());
    assert!(!message::forget_template(w.db.writer(), CITY, one).await.unwrap());
    assert!(message::forget_template(w.db.writer(), north, one).await.unwrap());
}

async fn what_is_asked_is_answered_or_named(w: World) {
    let p = people(&w).await;
    for n in 0..45 {
        let c = Composed { title: format!("T{n:02} 100%_"), ..to(Whom::Accounts(vec![p.chief])) };
        write(&w, CITY, &c, p.chief).await;
    }
    spread(&w, NOW).await;
    assert_eq!(message::Entity::find().count(w.db.read()).await.unwrap(), 45);
    // Pages hold each once, though all were written and put at one instant.
    for inbox in [false, true] {
        let (mut at, mut seen) = (PageAt::Start, vec![]);
        loop {
            let q = ListQuery { size: 20, from: at, ..ListQuery::default() };
            let (ids, after): (Vec<i64>, _) = if inbox {
                let page = message_list::inbox(&w.db, p.chief, &q).await.unwrap();
                (page.rows.iter().map(|r| r.id).collect(), page.after)
            } else {
                let page = message_list::outbox(&w.db, CITY, &q).await.unwrap();
                (page.rows.iter().map(|r| r.id).collect(), page.after)
            };
            seen.extend(ids);
            let Some(after) = after else { break };
            at = PageAt::After(after);
        }
        let n = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((n, seen.len()), (45, 45), "{inbox}");
    }
    let of = |name: &str, value: &str| ListQuery { size: 100, ..ListQuery::default().with(name, value) };
    let found = async |name: &str, value: &str| {
        message_list::outbox(&w.db, CITY, &of(name, value)).await.map(|p| p.rows.len()).map_err(|e| match e {
            AskError::Field(f) => f,
            AskError::Data(e) => panic!("{e}"),
        })
    };
    for (name, value, want) in [
        ("q", "T07", Ok(1)),
        ("q", "100%_", Ok(45)),
        ("q", "'; --", Ok(0)),
        ("state", "out", Ok(45)),
        ("state", "sent", Err("state")),
        ("from", "2026-11-21", Ok(45)),
        ("from", "2026-11-22", Ok(0)),
        ("to", "2026-11-20", Ok(0)),
        ("to", "x", Err("to")),
        ("owner", "1", Err("filter")),
        ("q", "a\u{0}b", Err("q")),
    ] {
        assert_eq!(found(name, value).await, want, "{name} = {value}");
    }
    let bad = ListQuery { from: PageAt::After("zz".into()), ..ListQuery::default() };
    assert!(matches!(message_list::outbox(&w.db, CITY, &bad).await, Err(AskError::Field("cursor"))));
    assert!(matches!(message_list::inbox(&w.db, 1, &of("state", "x")).await, Err(AskError::Field("state"))));
    assert_eq!(message_list::inbox(&w.db, p.chief, &of("state", "unread")).await.unwrap().rows.len(), 45);
    assert_eq!(message_list::inbox(&w.db, p.chief, &of("state", "read")).await.unwrap().rows.len(), 0);
    assert!(message_list::recipients(&w.db, CITY, 999, &ListQuery::default()).await.unwrap().is_none());
    let elsewhere = Viewer { scope: Scope::District(NORTH) };
    assert!(message_list::outbox(&w.db, elsewhere, &ListQuery::default()).await.unwrap().rows.is_empty());
}
