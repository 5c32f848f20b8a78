//! Browsers that are told: whose they are, how many, what is kept of them, and which key they are told by.

use crate::support::{NORTH, NOW, World, both};
use data::{
    account,
    message::{self, Written, delivery},
    message_job::{self, Lane, Outcome},
    push::{self, By, Subscribed},
    recipients,
    secret::Master,
};
use domain::{
    message::{
        Audience, Channel, Composed, Delivery, Whom, Why,
        push::{BROWSERS_MAX, Keys, Refused, Services, Subscription, base64url},
    },
    scope::{Scope, Viewer},
};
use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey},
    rand::SystemRandom,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

both!(
    a_browser_is_one_persons,
    what_is_no_browser_is_refused,
    the_key_stays_as_long_as_the_master_key,
    only_who_has_a_browser_is_sent_to,
    a_browser_ends_with_its_session,
    a_new_key_begins_anew,
    what_was_read_is_not_pushed,
);

fn master() -> Master {
    Master::new(vec![7; 32])
}

async fn person(w: &World, login: &str) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let new = account::New {
        login: login.into(),
        name: format!("N {login}"),
        scope: Scope::District(NORTH),
        roles: vec![],
        password: String::new(),
        must_change: false,
    };
    let id = account::insert(&txn, new, NOW).await.unwrap().unwrap();
    txn.commit().await.unwrap();
    id
}

async fn set(w: &World) {
    let all = Services { contact: "push@example.cn".into(), ..Services::default() };
    push::put_services(w.db.writer(), Some(&all)).await.unwrap();
    push::key_or_new(w.db.writer(), &master()).await.unwrap();
}

/// A browser of its own at a service that is permitted.
fn browser(n: usize) -> Subscription {
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
    let point = base64url::write(own.compute_public_key().unwrap().as_ref());
    Subscription {
        endpoint: format!("https://fcm.googleapis.com/fcm/send/browser-{n}"),
        keys: Keys { p256dh: point, auth: base64url::write(&[9; 16]) },
    }
}

async fn take(w: &World, account: i64, given: &Subscription) -> Subscribed {
    take_in(w, account, 1, given).await
}

async fn take_in(w: &World, account: i64, session: i64, given: &Subscription) -> Subscribed {
    let txn = w.db.begin_write().await.unwrap();
    let by = By { account, session, agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/143.0" };
    let done = push::subscribe(&txn, &master(), by, given, NOW).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn taken(w: &World, account: i64, given: &Subscription) -> String {
    match take(w, account, given).await {
        Subscribed::New(hash) => hash,
        other => panic!("{other:?}"),
    }
}

/// Where an account's messages for browsers go.
async fn told(w: &World, account: i64) -> Vec<String> {
    let Some(key) = push::key(w.db.read(), &master()).await.unwrap() else { return vec![] };
    let all = push::targets(w.db.read(), &master(), &key.public, account).await.unwrap();
    all.into_iter().map(|t| t.endpoint.rsplit('/').next().unwrap().to_owned()).collect()
}

async fn a_browser_is_one_persons(w: World) {
    let (one, other) = (person(&w, "one").await, person(&w, "other").await);
    set(&w).await;
    let shared = browser(1);
    let hash = taken(&w, one, &shared).await;
    assert_eq!(take(&w, one, &shared).await, Subscribed::Known(hash.clone()), "nothing new");
    assert_eq!(told(&w, one).await, ["browser-1"]);
    // Whoever uses it now has it, and nobody else.
    assert_eq!(taken(&w, other, &shared).await, hash);
    assert_eq!((told(&w, one).await.len(), told(&w, other).await.len()), (0, 1));
    let mine = push::list(w.db.read(), other, &hash).await.unwrap();
    assert_eq!((mine.len(), mine[0].here, mine[0].agent.as_str(), mine[0].used_at), (1, true, "Chrome · Linux", None));
    assert!(!push::list(w.db.read(), other, "").await.unwrap()[0].here);

    // Neither address nor keys stand in the record, and they open for their account alone.
    let row = push::Entity::find().one(w.db.read()).await.unwrap().unwrap();
    assert!(!row.sealed.contains("fcm") && !row.sealed.contains(&hex::encode("fcm")));
    assert!(!format!("{row:?}").contains(&row.sealed));
    w.sql(&format!("UPDATE push_subscription SET account_id = {one}")).await;
    assert!(told(&w, one).await.is_empty(), "another's row opens nothing");
    w.sql(&format!("UPDATE push_subscription SET account_id = {other}")).await;
    let public = push::key(w.db.read(), &master()).await.unwrap().unwrap().public;
    assert!(push::targets(w.db.read(), &Master::new(vec![8; 32]), &public, other).await.unwrap().is_empty());

    // Taken away by its owner alone, by number or when another signs in there.
    assert!(!push::unsubscribe(w.db.writer(), one, mine[0].id).await.unwrap());
    assert!(!push::end(w.db.writer(), &hash, Some(other)).await.unwrap());
    assert!(push::end(w.db.writer(), &hash, Some(one)).await.unwrap());
    assert!(!push::end(w.db.writer(), &hash, None).await.unwrap());
    let hash = taken(&w, one, &shared).await;
    assert!(push::end(w.db.writer(), &hash, None).await.unwrap(), "signing out");
    taken(&w, one, &shared).await;
    let old = [push::hash(&shared.endpoint)];
    assert!(!push::replaced(w.db.writer(), other, &old, "").await.unwrap());
    assert!(!push::replaced(w.db.writer(), one, &old, &old[0]).await.unwrap(), "it has it still");
    assert!(!push::replaced(w.db.writer(), one, &[], "").await.unwrap());
    assert!(push::replaced(w.db.writer(), one, &old, "").await.unwrap());

    // Of too many the oldest gives way.
    for n in 0..BROWSERS_MAX + 3 {
        taken(&w, one, &browser(usize::try_from(n).unwrap())).await;
    }
    let names = told(&w, one).await;
    assert_eq!(names.len() as u64, BROWSERS_MAX);
    assert_eq!((names[0].as_str(), names[9].as_str()), ("browser-3", "browser-12"));
    // What is gone is told no more, and kept until something new comes.
    let all = push::list(w.db.read(), one, "").await.unwrap();
    push::note(w.db.writer(), (&[all[1].id], &[all[0].id]), NOW + 5).await.unwrap();
    let left = push::list(w.db.read(), one, "").await.unwrap();
    assert_eq!((left.len(), left[0].id, left[0].used_at), (9, all[1].id, Some(NOW + 5)));
    assert!(!told(&w, one).await.contains(&"browser-12".to_owned()));
    taken(&w, one, &browser(12)).await;
    assert_eq!(told(&w, one).await.len(), 10, "it came back");
    assert_eq!(push::Entity::find().all(w.db.read()).await.unwrap().len(), 10);
}

async fn what_is_no_browser_is_refused(w: World) {
    let one = person(&w, "one").await;
    let good = browser(1);
    assert_eq!(take(&w, one, &good).await, Subscribed::Refused(Refused::NotSet));
    set(&w).await;
    let at = |endpoint: &str| Subscription { endpoint: endpoint.into(), ..good.clone() };
    let with = |p256dh: String| Subscription { keys: Keys { p256dh, ..good.keys.clone() }, ..good.clone() };
    let off_curve = base64url::write(&[&[4_u8][..], &[1; 64]].concat());
    for (given, why) in [
        (at(""), Refused::Address),
        (at("http://fcm.googleapis.com/x"), Refused::Address),
        (at("https://fcm.googleapis.com@10.0.0.1/x"), Refused::Address),
        (at("https://10.0.0.1/x"), Refused::Host),
        (at("https://169.254.169.254/latest"), Refused::Host),
        (at("http://127.0.0.1:5432/"), Refused::Host),
        (at("https://evil.example/x"), Refused::Host),
        (at(&format!("https://fcm.googleapis.com/{}", "x".repeat(100_000))), Refused::Address),
        (with(String::new()), Refused::Key),
        (with("\u{0}".repeat(87)), Refused::Key),
        (with(off_curve), Refused::Key),
        (Subscription { keys: Keys { auth: "AA".into(), ..good.keys.clone() }, ..good.clone() }, Refused::Key),
        (Subscription::default(), Refused::Address),
    ] {
        assert_eq!(take(&w, one, &given).await, Subscribed::Refused(why));
    }
    assert!(push::Entity::find().one(w.db.read()).await.unwrap().is_none(), "nothing of it is kept");
    push::put_services(w.db.writer(), None).await.unwrap();
    assert_eq!(take(&w, one, &good).await, Subscribed::Refused(Refused::NotSet));
}

async fn the_key_stays_as_long_as_the_master_key(w: World) {
    assert_eq!(push::key(w.db.read(), &master()).await.unwrap(), None);
    let key = push::key_or_new(w.db.writer(), &master()).await.unwrap();
    assert_eq!(base64url::read(&key.public).unwrap().len(), 65);
    assert_eq!(push::key_or_new(w.db.writer(), &master()).await.unwrap(), key);
    assert_eq!(push::key(w.db.read(), &master()).await.unwrap(), Some(key.clone()));
    let stored = data::setting::get(w.db.read(), push::KEY).await.unwrap().unwrap();
    assert!(!stored.contains(&hex::encode(&key.pkcs8)) && !format!("{key:?}").contains("pkcs8"));
    // With another master key it is another one: nothing of before can be opened by it either.
    let other = Master::new(vec![8; 32]);
    assert_eq!(push::key(w.db.read(), &other).await.unwrap(), None);
    assert_ne!(push::key_or_new(w.db.writer(), &other).await.unwrap().public, key.public);
    w.sql("UPDATE setting SET value = '{' WHERE name = 'push_key'").await;
    assert!(push::key(w.db.read(), &other).await.is_err());
}

async fn only_who_has_a_browser_is_sent_to(w: World) {
    let (one, other, gone) = (person(&w, "one").await, person(&w, "other").await, person(&w, "gone").await);
    set(&w).await;
    taken(&w, one, &browser(1)).await;
    taken(&w, one, &browser(2)).await;
    taken(&w, gone, &browser(3)).await;
    let c = Composed {
        title: "通知".into(),
        body: "{姓名},请查收".into(),
        channels: vec![Channel::Inbox, Channel::Push],
        audience: Audience { whom: Whom::Accounts(vec![one, other, gone]), roles: vec![] },
        send_at: NOW,
        urgent: true,
    };
    let city = Viewer { scope: Scope::City };
    let reach = recipients::reach(w.db.read(), city, &c.audience, NOW).await.unwrap();
    assert_eq!((reach.people, reach.without_push), (3, 1));
    let txn = w.db.begin_write().await.unwrap();
    let Written::New(id) = message::compose(&txn, city, &c, (one, NOW)).await.unwrap() else { panic!() };
    // As if it was written by the system, which may.
    txn.execute_unprepared(&format!("UPDATE message SET kind = 'task' WHERE id = {id}")).await.unwrap();
    message_job::begin(&txn, NOW).await.unwrap();
    while !message_job::spread(&txn, id, NOW).await.unwrap().whole {}
    txn.commit().await.unwrap();
    account::set_disabled(w.db.writer(), gone, Some(NOW)).await.unwrap();
    let state = async |account: i64| {
        let q = delivery::Entity::find().filter(delivery::Column::Channel.eq("push"));
        let row = q.filter(delivery::Column::AccountId.eq(account)).all(w.db.read()).await.unwrap();
        assert_eq!(row.len(), 1, "one sending, however many browsers");
        (row[0].state.clone(), row[0].why.clone())
    };
    let of = |d: Delivery, why: &str| (d.code().to_owned(), why.to_owned());
    assert_eq!(state(one).await, of(Delivery::Queued, ""));
    assert_eq!(state(other).await, of(Delivery::Failed, Why::NoBrowser.code()));
    let none = message_job::take(&w.db, &master(), (Lane::Rest, "a", 10), NOW).await.unwrap();
    assert!(none.0.is_empty() && none.1.is_empty(), "whoever looks after the rest takes no push");
    assert!(!message_job::deliverable(w.db.read(), Lane::Rest, NOW).await.unwrap());
    assert!(message_job::deliverable(w.db.read(), Lane::Push, NOW).await.unwrap());
    assert_eq!(message_job::due_in(w.db.read(), Lane::Rest).await.unwrap(), None);
    let (parcels, decided) = message_job::take(&w.db, &master(), (Lane::Push, "a", 10), NOW).await.unwrap();
    let [p] = &parcels[..] else { panic!("{parcels:?}") };
    assert_eq!((p.channel, p.account, p.message, p.urgent), (Channel::Push, one, id, true));
    assert_eq!((p.to.as_str(), p.body.as_str()), ("", "N one,请查收"), "where to is looked up at the last moment");
    assert_eq!(p.key, format!("pingji-{id}-{one}-push-1"));
    let why: Vec<Outcome> = decided.into_iter().map(|d| d.1).collect();
    assert_eq!(why, [Outcome::Failed(Why::Gone)], "a disabled account gets nothing");
}

async fn a_browser_ends_with_its_session(w: World) {
    let (one, other) = (person(&w, "one").await, person(&w, "other").await);
    set(&w).await;
    let db = w.db.writer();
    let mut hashes = vec![];
    for (n, account, session) in [(1, one, 11), (2, one, 12), (3, one, 13), (4, other, 21)] {
        let Subscribed::New(hash) = take_in(&w, account, session, &browser(n)).await else { panic!("{n}") };
        hashes.push(hash);
    }
    // One session: its browser, and no other's.
    assert_eq!(push::end_session(db, other, 11).await.unwrap(), 0);
    assert_eq!(push::end_session(db, one, 11).await.unwrap(), 1);
    assert_eq!(told(&w, one).await, ["browser-2", "browser-3"]);
    assert!(!push::is_told(db, &hashes[0]).await.unwrap() && push::is_told(db, &hashes[1]).await.unwrap());
    // Its owner signs in again there: it belongs to the new session.
    assert!(push::is_elsewhere(db, one, &hashes[1], 14).await.unwrap());
    assert!(push::seen(db, one, &hashes[1], 14).await.unwrap());
    assert!(!push::is_elsewhere(db, one, &hashes[1], 14).await.unwrap());
    assert!(!push::seen(db, other, &hashes[1], 21).await.unwrap() && !push::seen(db, one, "", 14).await.unwrap());
    assert_eq!(push::end_session(db, one, 12).await.unwrap(), 0);
    assert_eq!(take_in(&w, one, 15, &browser(3)).await, Subscribed::New(hashes[2].clone()), "turned on anew");
    assert_eq!(push::end_session(db, one, 13).await.unwrap(), 0);
    // All but one's own, then all.
    assert_eq!(push::end_all(db, one, Some(&hashes[1])).await.unwrap(), 1);
    assert_eq!(told(&w, one).await, ["browser-2"]);
    assert!(push::owns(db, one, &hashes).await.unwrap() && !push::owns(db, one, &hashes[2..]).await.unwrap());
    assert!(!push::owns(db, one, &[]).await.unwrap());
    assert_eq!(push::end_all(db, one, None).await.unwrap(), 1);
    assert_eq!((told(&w, one).await.len(), told(&w, other).await.len()), (0, 1), "nobody else's");
}

async fn a_new_key_begins_anew(w: World) {
    let one = person(&w, "one").await;
    set(&w).await;
    let hash = taken(&w, one, &browser(1)).await;
    assert_eq!(push::list(w.db.read(), one, &hash).await.unwrap().len(), 1);
    // The one of before is lost: what listens to it is told nothing, and nobody is told that it is.
    w.sql("UPDATE setting SET value = '' WHERE name = 'push_key'").await;
    assert!(push::list(w.db.read(), one, &hash).await.unwrap().is_empty());
    assert_eq!(
        take(&w, one, &browser(2)).await,
        Subscribed::Refused(Refused::NotSet),
        "nobody but who sets the services makes one"
    );
    set(&w).await;
    assert!(told(&w, one).await.is_empty() && push::list(w.db.read(), one, &hash).await.unwrap().is_empty());
    let everybody = Audience { whom: Whom::Accounts(vec![one]), roles: vec![] };
    let reach = recipients::reach(w.db.read(), Viewer { scope: Scope::City }, &everybody, NOW).await.unwrap();
    assert_eq!((reach.people, reach.without_push), (1, 1));
    assert_eq!(taken(&w, one, &browser(1)).await, hash, "turned on for the new one");
    assert_eq!(told(&w, one).await, ["browser-1"]);
    assert_eq!(push::Entity::find().all(w.db.read()).await.unwrap().len(), 1);
}

async fn what_was_read_is_not_pushed(w: World) {
    let (one, late, first) = (person(&w, "one").await, person(&w, "late").await, person(&w, "first").await);
    set(&w).await;
    for (n, account) in [one, late, first].into_iter().enumerate() {
        taken(&w, account, &browser(n)).await;
    }
    let c = Composed {
        title: "通知".into(),
        body: "请查收".into(),
        channels: vec![Channel::Inbox, Channel::Push],
        audience: Audience { whom: Whom::Accounts(vec![one, late, first]), roles: vec![] },
        send_at: NOW,
        urgent: true,
    };
    let txn = w.db.begin_write().await.unwrap();
    let city = Viewer { scope: Scope::City };
    let Written::New(id) = message::compose(&txn, city, &c, (one, NOW)).await.unwrap() else { panic!() };
    // As if it was written by the system, which may.
    txn.execute_unprepared(&format!("UPDATE message SET kind = 'task' WHERE id = {id}")).await.unwrap();
    message_job::begin(&txn, NOW).await.unwrap();
    while !message_job::spread(&txn, id, NOW).await.unwrap().whole {}
    message::read(&txn, one, id, NOW + 1).await.unwrap();
    txn.commit().await.unwrap();
    // Whoever must choose a password first is told nothing.
    w.sql(&format!("UPDATE account SET must_change = TRUE WHERE id = {first}")).await;
    let (parcels, decided) = message_job::take(&w.db, &master(), (Lane::Push, "a", 10), NOW + 2).await.unwrap();
    assert_eq!(parcels.iter().map(|p| p.account).collect::<Vec<_>>(), [late]);
    let mut outcomes: Vec<Outcome> = decided.into_iter().map(|d| d.1).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [Outcome::Sent, Outcome::Failed(Why::NoBrowser)]);
}
