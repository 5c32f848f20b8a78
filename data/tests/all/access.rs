//! Accounts, sessions, throttling, second factor and the audit log.

use crate::support::{NOW, World, both};
use data::{
    account::{self, New},
    audit::{self, Actor, Filter},
    factor, pairing_code,
    secret::{self, Master},
    session,
    throttle::{self, Subject},
};
use domain::{
    account::Due,
    clock::{DAY_MS, MINUTE_MS},
    permission::{Permission, Role},
    policy::{Policy, Profile},
    scope::Scope,
    totp,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

both!(
    an_account_is_what_its_session_says,
    a_login_name_is_given_once,
    sessions_end,
    a_session_that_rests_or_grows_old_is_over,
    guesses_are_slowed_down_and_locked_out,
    a_code_is_used_once,
    every_tampering_with_the_audit_log_shows,
    the_audit_log_is_read_by_who_what_and_when,
    a_code_on_a_wall_is_entered_once,
    the_policy_is_a_row,
);

fn new(login: &str, roles: &[Role], scope: Scope) -> New {
    New {
        login: login.into(),
        name: login.to_uppercase(),
        scope,
        roles: roles.to_vec(),
        password: "first".into(),
        must_change: false,
    }
}

async fn make(w: &World, login: &str, roles: &[Role], scope: Scope) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let id = account::insert(&txn, new(login, roles, scope), NOW).await.unwrap().unwrap();
    txn.commit().await.unwrap();
    id
}

async fn begin(w: &World, account: i64, stage: i16, now: i64) -> (i64, String) {
    let key = secret::random();
    let id = session::begin(w.db.writer(), account, stage, &key, session::Place::default(), now).await.unwrap();
    (id, key)
}

async fn an_account_is_what_its_session_says(w: World) {
    let policy = Policy::default();
    let id = make(&w, "duty", &[Role::WallSupport, Role::DutyOfficer], Scope::City).await;
    let (sid, key) = begin(&w, id, session::WHOLE, NOW).await;
    let who = async |key: &str, now: i64| session::who(w.db.read(), &policy, key, now).await.unwrap().map(|(_, me)| me);
    let me = who(&key, NOW).await.unwrap();
    assert_eq!((me.id, me.session, me.login.as_str(), me.due), (id, sid, "duty", None));
    assert_eq!(me.roles, [Role::DutyOfficer, Role::WallSupport]);
    assert!(me.permissions.has(Permission::DisplayPair) && !me.permissions.has(Permission::AuditRead));
    assert_eq!(who("x", NOW).await, None);
    assert_eq!(who(&secret::sha(&key), NOW).await, None, "what the record holds is no secret");
    // What is due takes everything away.
    let (_, half) = begin(&w, id, session::CODE, NOW).await;
    let me = who(&half, NOW).await.unwrap();
    assert_eq!((me.due, me.permissions.iter().count()), (Some(Due::Code), 0));
    assert_eq!(who(&half, NOW + 10 * MINUTE_MS).await, None, "a code is awaited for a while only");
    let admin = make(&w, "sec", &[Role::SecurityAdmin], Scope::City).await;
    let (_, key) = begin(&w, admin, session::WHOLE, NOW).await;
    assert_eq!(who(&key, NOW).await.unwrap().due, Some(Due::SecondFactor));
    w.sql("UPDATE account SET totp_since = 1 WHERE login = 'sec'").await;
    let me = who(&key, NOW).await.unwrap();
    assert!(me.due.is_none() && me.permissions.has(Permission::RoleGrant));
    w.sql("UPDATE account SET must_change = TRUE WHERE login = 'sec'").await;
    assert_eq!(who(&key, NOW).await.unwrap().due, Some(Due::Password));
    // Rotation, which one profile knows.
    w.sql(&format!("UPDATE account SET must_change = FALSE, password_at = {}", NOW - 90 * DAY_MS)).await;
    assert_eq!(who(&key, NOW).await.unwrap().due, Some(Due::Password));
    let asvs = Policy { profile: Profile::Asvs, ..policy };
    assert_eq!(session::who(w.db.read(), &asvs, &key, NOW).await.unwrap().unwrap().1.due, None);
    account::set_disabled(w.db.writer(), admin, Some(NOW)).await.unwrap();
    assert_eq!(who(&key, NOW).await, None, "disabled");
}

async fn a_login_name_is_given_once(w: World) {
    make(&w, "zhang", &[], Scope::City).await;
    let txn = w.db.begin_write().await.unwrap();
    assert_eq!(account::insert(&txn, new("zhang", &[], Scope::City), NOW).await.unwrap(), None);
    drop(txn);
    make(&w, "li", &[Role::Filler], Scope::Org(w.north.org)).await;
    let all = account::list(w.db.read(), &Policy::default(), "", 10, NOW).await.unwrap();
    let names: Vec<(&str, Scope)> = all.iter().map(|a| (a.login.as_str(), a.scope)).collect();
    assert_eq!(names, [("li", Scope::Org(w.north.org)), ("zhang", Scope::City)]);
    let next = account::list(w.db.read(), &Policy::default(), "li", 10, NOW).await.unwrap();
    assert_eq!(next.iter().map(|a| a.login.as_str()).collect::<Vec<_>>(), ["zhang"]);
}

async fn sessions_end(w: World) {
    let policy = Policy::default();
    let (a, b) = (make(&w, "aaa", &[], Scope::City).await, make(&w, "bbb", &[], Scope::City).await);
    let (one, _) = begin(&w, a, session::WHOLE, NOW).await;
    let (two, _) = begin(&w, a, session::WHOLE, NOW).await;
    let (three, _) = begin(&w, b, session::WHOLE, NOW).await;
    let open = async |id: i64| {
        let all = session::open(w.db.read(), &policy, &[id], NOW).await.unwrap();
        all.iter().map(|s| s.id).collect::<Vec<_>>()
    };
    assert!(!session::end(w.db.writer(), b, one).await.unwrap(), "not another's");
    assert_eq!(open(a).await, [two, one]);
    assert_eq!(session::end_others(w.db.writer(), a, two).await.unwrap(), 1);
    assert!(session::end(w.db.writer(), b, three).await.unwrap());
    assert_eq!((open(a).await, open(b).await), (vec![two], vec![]));
}

async fn a_session_that_rests_or_grows_old_is_over(w: World) {
    let policy = Policy::default();
    let id = make(&w, "aaa", &[], Scope::City).await;
    let (sid, key) = begin(&w, id, session::WHOLE, NOW).await;
    let lasts = async |now: i64| session::who(w.db.read(), &policy, &key, now).await.unwrap().is_some();
    let idle = policy.idle_minutes * MINUTE_MS;
    assert!(lasts(NOW + idle - 1).await && !lasts(NOW + idle).await);
    let end = NOW + policy.session_hours * 60 * MINUTE_MS;
    session::seen(w.db.writer(), sid, end - 2).await.unwrap();
    assert!(lasts(end - 1).await && !lasts(end).await, "however much it is used");
    assert_eq!(session::forget(w.db.writer(), &policy, end - 1).await.unwrap(), 0);
    assert_eq!(session::forget(w.db.writer(), &policy, end).await.unwrap(), 1);
}

async fn guesses_are_slowed_down_and_locked_out(w: World) {
    let policy = Policy::default();
    let db = w.db.writer();
    for subject in [Subject::Login("nobody"), Subject::Code(7)] {
        let take = async |now: i64| throttle::take(db, &policy, subject, now).await.unwrap();
        let mut now = NOW;
        for (wait, free) in [(0, true), (0, true), (0, true), (1_999, false), (1, true), (3_999, false), (1, true)] {
            now += wait;
            assert_eq!(take(now).await, free, "{subject:?} {wait}");
        }
        // Five failures: locked, for as long as the policy says, or until somebody unlocks.
        assert!(throttle::locked(db, &policy, subject, now).await.unwrap());
        assert!(!take(now + 30 * MINUTE_MS - 1).await);
        assert!(throttle::clear(db, subject).await.unwrap() && !throttle::clear(db, subject).await.unwrap());
        assert!(take(now).await && take(now).await);
        throttle::succeeded(db, subject).await.unwrap();
        assert!(take(now).await && take(now).await && take(now).await, "a success forgets");
        assert!(!take(now).await && take(now + 30 * MINUTE_MS).await, "so does rest");
        assert!(take(now + 30 * MINUTE_MS).await);
    }
    let home = Subject::Address("10.0.0.1");
    for n in 0..21 {
        assert!(throttle::take(db, &policy, home, NOW).await.unwrap(), "{n}");
    }
    assert!(!throttle::take(db, &policy, home, NOW + 1_999).await.unwrap());
    assert!(throttle::take(db, &policy, Subject::Address("10.0.0.2"), NOW).await.unwrap(), "another is free");
    let keys = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"].map(|a| Subject::Address(a).key());
    assert!(keys[0] == keys[1] && keys[0] != keys[2], "{keys:?}");
    throttle::succeeded(db, home).await.unwrap();
    assert!(throttle::take(db, &policy, home, NOW).await.unwrap(), "who knows a password is not held up");
    assert_eq!(throttle::forget(db, NOW + 2 * DAY_MS).await.unwrap(), 4);
}

async fn a_code_is_used_once(w: World) {
    let master = Master::new(vec![7; 32]);
    let id = make(&w, "aaa", &[Role::Auditor], Scope::City).await;
    let db = w.db.writer();
    let row = async || account::by_id(w.db.read(), id).await.unwrap().unwrap();
    let nonce = factor::begin(db, id).await.unwrap();
    let digits = |now: i64| totp::code(&master.totp(id, &nonce), totp::step(now));
    assert_eq!(factor::confirm(db, &master, &row().await, "000000", NOW).await.unwrap(), None);
    assert!(!row().await.second_factor());
    let codes = factor::confirm(db, &master, &row().await, &digits(NOW), NOW).await.unwrap().unwrap();
    assert!(codes.len() == 10 && row().await.second_factor());
    assert_eq!(codes, factor::codes(&master, &row().await));
    let used = async |code: &str, now: i64| factor::use_up(db, &master, &row().await, code, now).await.unwrap();
    assert!(!used(&digits(NOW), NOW).await, "it confirmed, and is used up");
    let later = NOW + 60_000;
    let stale = row().await;
    assert!(used(&digits(later), later).await && !used(&digits(later), later).await);
    assert!(
        !factor::use_up(db, &master, &stale, &digits(later), later).await.unwrap(),
        "nor by who read the row before"
    );
    assert!(!used(&digits(NOW + 30_000), later).await, "nor one from before it");
    let spelt = format!("{}-{}", &codes[3][..5], codes[3][5..].to_lowercase());
    assert!(used(&spelt, later).await && !used(&codes[3], later).await);
    assert_eq!(factor::left(db, id).await.unwrap(), 9);
    assert!(!used("", later).await && !used("AAAAAAAAAA", later).await);
    // A second factor that stands is not begun anew; one that was lost is taken away by another.
    factor::begin(db, id).await.unwrap();
    assert_eq!(row().await.totp_nonce, nonce);
    assert!(factor::clear(db, id).await.unwrap() && !factor::clear(db, id).await.unwrap());
    assert!(!row().await.second_factor() && factor::left(db, id).await.unwrap() == 0);
}

const KEY: &[u8] = b"the key of the head";

async fn write(w: &World, n: i64) {
    for i in 0..n {
        let txn = w.db.begin_write().await.unwrap();
        let actor = Actor { account: i, session: 7, address: "10.0.0.1".into() };
        audit::append(&txn, &actor, NOW + i, "rule.edit", "PAR-SKEW", &json!({ "n": i })).await.unwrap();
        txn.commit().await.unwrap();
    }
}

async fn every_tampering_with_the_audit_log_shows(w: World) {
    assert_eq!(audit::advance(&w.db, KEY, None).await.unwrap(), Ok(None));
    assert!(audit::verify(&w.db, KEY, None).await.unwrap().named.is_empty(), "an empty log is sound");
    write(&w, 6).await;
    let four = audit::advance(&w.db, KEY, None).await.unwrap().unwrap().unwrap();
    write(&w, 4).await;
    let head = audit::advance(&w.db, KEY, Some(&four)).await.unwrap().unwrap().unwrap();
    assert_eq!((four.no, head.no), (6, 10));
    assert_eq!(audit::advance(&w.db, KEY, Some(&head)).await.unwrap(), Ok(None));
    let named = async |head: Option<&audit::Head>| audit::verify(&w.db, KEY, head).await.unwrap().named;
    assert_eq!(named(Some(&head)).await, [""; 0]);
    assert_eq!(named(Some(&four)).await, [""; 0], "a head that is behind is one of it");

    let first = async |sql: &str, undo: &str, no: i64| {
        assert_eq!(w.sql(sql).await, 1, "{sql}");
        let n = named(Some(&head)).await;
        assert!(n.len() == 1 && n[0].starts_with(&format!("audit {no}:")), "{sql}: {n:?}");
        if !undo.is_empty() {
            assert_eq!(w.sql(undo).await, 1);
            assert_eq!(named(Some(&head)).await, [""; 0], "{undo}");
        }
    };
    for (column, wrong, right) in [
        ("at", "1", format!("{}", NOW + 4)),
        ("account_id", "9", "4".into()),
        ("session_id", "8", "7".into()),
        ("address", "'10.0.0.2'", "'10.0.0.1'".into()),
        ("action", "'rule.read'", "'rule.edit'".into()),
        ("subject", "'PAR-OTHER'", "'PAR-SKEW'".into()),
        ("detail", "'{}'", "'{\"n\":4}'".into()),
    ] {
        let set = |v: &str| format!("UPDATE audit SET {column} = {v} WHERE no = 5");
        first(&set(wrong), &set(&right), 5).await;
    }
    let row = async |no: i64| {
        use sea_orm::EntityTrait;
        audit::Entity::find_by_id(no).one(w.db.read()).await.unwrap().unwrap()
    };
    let fifth = row(5).await;
    for (column, right) in [("prev", &fifth.prev), ("hash", &fifth.hash)] {
        let set = |v: &str| format!("UPDATE audit SET {column} = '{v}' WHERE no = 5");
        first(&set(&"0".repeat(64)), &set(right), 5).await;
    }
    // Text moved from one field to the next has another hash.
    let mut moved = fifth.clone();
    (moved.action, moved.subject) = ("rule.editPAR".into(), "-SKEW".into());
    assert_ne!(moved.computed(), fifth.computed());
    // A row that was changed and hashed anew does not carry the next.
    let mut forged = fifth.clone();
    forged.subject = "PAR-OTHER".into();
    let forge = |m: &audit::Model| {
        let (subject, hash) = (&m.subject, m.computed());
        format!("UPDATE audit SET subject = '{subject}', hash = '{hash}' WHERE no = 5")
    };
    first(&forge(&forged), &forge(&fifth), 6).await;

    // Rows changed number, a row gone from the middle, the first row gone.
    first("UPDATE audit SET no = 11 WHERE no = 10", "UPDATE audit SET no = 10 WHERE no = 11", 10).await;
    // The tail cut off, with its numbers set back.
    w.db.writer().execute_unprepared("CREATE TABLE kept AS SELECT * FROM audit").await.unwrap();
    let restore = async || {
        w.sql("DELETE FROM audit").await;
        w.sql("INSERT INTO audit SELECT * FROM kept").await;
        w.sql("UPDATE sequence SET last = 10 WHERE name = 'audit'").await;
        assert_eq!(named(Some(&head)).await, [""; 0]);
    };
    for (no, gone) in [(5, "no = 5"), (1, "no = 1"), (9, "no > 8")] {
        w.sql(&format!("DELETE FROM audit WHERE {gone}")).await;
        w.sql("UPDATE sequence SET last = (SELECT max(no) FROM audit) WHERE name = 'audit'").await;
        let n = named(Some(&head)).await;
        assert!(n.len() == 1 && n[0].starts_with(&format!("audit {no}:")), "{gone}: {n:?}");
        assert!(gone == "no > 8" || audit::advance(&w.db, KEY, None).await.unwrap().is_err(), "nothing new is signed");
        restore().await;
    }
    w.sql("DELETE FROM audit").await;
    w.sql("UPDATE sequence SET last = 0 WHERE name = 'audit'").await;
    assert!(named(Some(&head)).await[0].starts_with("audit 1: the tail was cut off: rows 1 to 10"), "all of it");
    assert!(audit::advance(&w.db, KEY, Some(&head)).await.unwrap().is_err());
    // The whole chain made anew, as long as it was.
    write(&w, 9).await;
    let txn = w.db.begin_write().await.unwrap();
    audit::append(&txn, &Actor::console(), NOW, "x", "y", &Value::Null).await.unwrap();
    txn.commit().await.unwrap();
    let n = named(Some(&head)).await;
    assert!(n.len() == 1 && n[0].starts_with("audit 10: the row is not the one that was signed"), "{n:?}");
    restore().await;
    // The head itself.
    assert_eq!(named(None).await, ["audit: the signed head is missing"]);
    for forged in [
        audit::Head { no: 8, ..head.clone() },
        audit::Head { hash: four.hash.clone(), ..head.clone() },
        audit::Head { mac: "0".repeat(64), ..head.clone() },
        audit::Head { mac: String::new(), ..head.clone() },
    ] {
        assert_eq!(named(Some(&forged)).await, ["audit: the signature of the head is wrong"]);
        assert!(audit::advance(&w.db, KEY, Some(&forged)).await.unwrap().is_err());
    }
    let other = audit::verify(&w.db, b"another key", Some(&head)).await.unwrap();
    assert_eq!(other.named, ["audit: the signature of the head is wrong"]);
    w.sql("DROP TABLE kept").await;
}

async fn the_audit_log_is_read_by_who_what_and_when(w: World) {
    let id = make(&w, "aaa", &[], Scope::City).await;
    for (n, (account, action)) in [(id, "login"), (0, "login.refused"), (id, "rule.edit")].into_iter().enumerate() {
        let txn = w.db.begin_write().await.unwrap();
        let actor = Actor { account, ..Actor::default() };
        let at = NOW + n as i64;
        // A subject may come from outside.
        audit::append(&txn, &actor, at, action, &format!("\0{}", "瓶".repeat(300)), &Value::Null).await.unwrap();
        txn.commit().await.unwrap();
    }
    let list = async |f: Filter| {
        let rows = audit::list(w.db.read(), &f, 10).await.unwrap();
        rows.iter().map(|r| r.no).collect::<Vec<_>>()
    };
    let f = Filter::default;
    assert_eq!(list(f()).await, [3, 2, 1]);
    assert_eq!(list(Filter { before: 3, ..f() }).await, [2, 1]);
    assert_eq!(list(Filter { login: Some("aaa".into()), ..f() }).await, [3, 1]);
    assert_eq!(list(Filter { login: Some("nobody".into()), ..f() }).await, [0; 0]);
    assert_eq!(list(Filter { action: Some("login".into()), ..f() }).await, [2, 1]);
    assert_eq!(list(Filter { action: Some("%".into()), ..f() }).await, [0; 0]);
    assert_eq!(list(Filter { from: Some(NOW + 1), to: Some(NOW + 2), ..f() }).await, [2]);
    let rows = audit::list(w.db.read(), &f(), 1).await.unwrap();
    assert_eq!((rows[0].login.as_str(), rows[0].subject.chars().count()), ("aaa", 200));
}

async fn a_code_on_a_wall_is_entered_once(w: World) {
    let db = w.db.writer();
    assert!(pairing_code::offer(db, "ABCDEFGH", "secret", "a wall", NOW).await.unwrap());
    let enter = async |now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let id = pairing_code::enter(&txn, "secret", "key", now).await.unwrap();
        txn.commit().await.unwrap();
        id
    };
    assert_eq!(enter(NOW).await, None, "nobody entered it yet");
    let confirm = async |code: &str, now: i64| pairing_code::confirm(db, code, "西墙", 3, now).await.unwrap();
    assert!(!confirm("ABCDEFGJ", NOW).await && !confirm("ABCDEFGH", NOW + pairing_code::VALID_MS + 1).await);
    assert!(confirm("ABCDEFGH", NOW).await && !confirm("ABCDEFGH", NOW).await, "it works once");
    assert_eq!((enter(NOW).await, enter(NOW).await), (Some(1), None));
    let all = data::display::active(w.db.read()).await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str(), all[0].secret_hash.as_str()), (1, "西墙", "key"));
}

async fn the_policy_is_a_row(w: World) {
    assert_eq!(data::policy::load(w.db.read()).await.unwrap(), Policy::default());
    let other = Policy { profile: Profile::Asvs, lock_after: 3, ..Policy::default() };
    data::policy::put(w.db.writer(), &other).await.unwrap();
    assert_eq!(data::policy::load(w.db.read()).await.unwrap(), other);
    for broken in ["", "{}", "{\"lock_after\":1}"] {
        data::setting::put(w.db.writer(), data::policy::NAME, broken).await.unwrap();
        assert!(data::policy::load(w.db.read()).await.is_err(), "{broken}");
    }
    data::policy::put(w.db.writer(), &Policy { lock_after: 99, ..other }).await.unwrap();
    assert!(data::policy::load(w.db.read()).await.is_err(), "out of bounds");
}
