//! What is done with documents by hand, their files and the files of answers, and what somebody has entered and not sent yet.

use crate::support::{NORTH, NOW, SOUTH, World, both};
use data::{
    account, attachment,
    form_draft::{self, Form},
    message,
    paper::{self, Done, Issued, party},
    paper_deed, paper_list,
};
use domain::{
    attachment::{Attachment, Format},
    clock::DAY_MS,
    form::Values,
    list::ListQuery,
    paper::{Act, Addressed, Deed, Drawn, PaperFile, TOLD_EVERY},
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

both!(
    the_rest_is_reminded_by_hand_once_an_hour,
    a_deadline_is_put_off_and_who_is_late_is_told_of,
    files_are_shown_to_whom_they_concern,
    parties_are_found_by_kind_and_district,
    a_list_tells_whose,
    a_draft_is_its_accounts_alone,
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn drawn(number: &str, parties: &[Scope]) -> Drawn {
    Drawn {
        number: number.into(),
        title: "通知".into(),
        issuer: "市局".into(),
        body: "请自查。".into(),
        parties: parties.to_vec(),
        deadline: "2026-11-25".parse().ok(),
        answer: false,
    }
}

async fn issue(w: &World, scope: Scope, d: &Drawn, files: &[PaperFile]) -> i64 {
    let txn = w.db.begin_write().await.unwrap();
    let done = paper::issue(&txn, Viewer { scope }, d, files, (1, NOW)).await.unwrap();
    let Issued::New(id) = done else { panic!("{done:?}") };
    assert!(paper_deed::attach(&txn, id, files, 1).await.unwrap());
    txn.commit().await.unwrap();
    id
}

async fn deed(w: &World, scope: Scope, id: i64, deed: Deed, day: &str, now: i64) -> (Done, usize) {
    let txn = w.db.begin_write().await.unwrap();
    let done = paper_deed::run(&txn, Viewer { scope }, id, (deed, day.parse().ok(), "有误"), now).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn act(w: &World, scope: Scope, id: i64, act: Act) -> Done {
    let txn = w.db.begin_write().await.unwrap();
    let done = paper::act(&txn, Viewer { scope }, (id, act, "已自查"), (7, NOW)).await.unwrap();
    txn.commit().await.unwrap();
    done
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

/// Keys of what was said of a document whose key begins with a word.
async fn said(w: &World, id: i64, what: &str) -> Vec<String> {
    let begins = format!("paper-{id}-{what}");
    let all = message::Entity::find().filter(message::Column::Key.starts_with(begins)).all(w.db.read()).await.unwrap();
    all.into_iter().map(|m| m.audience).collect()
}

async fn the_rest_is_reminded_by_hand_once_an_hour(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let admin = person(&w, "admin.n", Role::EnterpriseAdmin, n).await;
    person(&w, "admin.s", Role::EnterpriseAdmin, s).await;
    let id = issue(&w, Scope::City, &drawn("1号", &[n, s]), &[]).await;
    for a in [Act::Open, Act::Sign] {
        assert_eq!(act(&w, s, id, a).await, Done::Taken);
    }
    for scope in [n, Scope::District(NORTH)] {
        assert_eq!(deed(&w, scope, id, Deed::Remind, "", NOW).await, (Done::Unknown, 0), "{scope} did not issue it");
    }
    assert_eq!(deed(&w, Scope::City, id, Deed::Remind, "", NOW).await, (Done::Taken, 1));
    assert_eq!(deed(&w, Scope::City, id, Deed::Remind, "", NOW + 1).await, (Done::NotNow, 0), "not twice");
    let told = said(&w, id, "remind").await;
    assert!(told.len() == 1 && told[0].contains(&format!("[{admin}]")), "only who has not done: {told:?}");
    assert_eq!(deed(&w, Scope::City, id, Deed::Remind, "", NOW + TOLD_EVERY).await, (Done::Taken, 1));
    // Who was reminded by hand is reminded by itself when the deadline is near, unless that was just now.
    let chase = async |now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let told = paper::chase(&txn, now).await.unwrap();
        txn.commit().await.unwrap();
        told.map(|t| t.what)
    };
    assert_eq!(chase(NOW + 3 * DAY_MS).await, Some("remind"));
    assert_eq!(chase(NOW + 4 * DAY_MS).await, None);
    for a in [Act::Open, Act::Sign] {
        assert_eq!(act(&w, n, id, a).await, Done::Taken);
    }
    assert_eq!(deed(&w, Scope::City, id, Deed::Remind, "", NOW + DAY_MS).await, (Done::NotNow, 0), "all have done");
    assert_eq!(deed(&w, Scope::City, id, Deed::Withdraw, "", NOW).await, (Done::Taken, 0));
    assert_eq!(deed(&w, Scope::City, id, Deed::Extend, "2027-01-01", NOW).await, (Done::NotNow, 0), "withdrawn");
}

async fn a_deadline_is_put_off_and_who_is_late_is_told_of(w: World) {
    let n = Scope::Org(w.north.org);
    person(&w, "admin.n", Role::EnterpriseAdmin, n).await;
    let regulator = person(&w, "north", Role::DistrictRegulator, Scope::District(NORTH)).await;
    let id = issue(&w, Scope::City, &drawn("1号", &[n]), &[]).await;
    assert_eq!(deed(&w, Scope::City, id, Deed::Escalate, "", NOW).await, (Done::NotNow, 0), "nobody is late");
    let late = NOW + 5 * DAY_MS;
    assert_eq!(deed(&w, Scope::City, id, Deed::Escalate, "", late).await, (Done::Taken, 1));
    assert_eq!(deed(&w, Scope::City, id, Deed::Escalate, "", late + 1).await, (Done::NotNow, 0));
    assert!(said(&w, id, "escalated").await[0].contains(&regulator.to_string()));
    for day in ["2026-11-25", "2026-11-20", ""] {
        assert_eq!(deed(&w, Scope::City, id, Deed::Extend, day, late).await, (Done::NotNow, 0), "{day}: no later");
    }
    assert_eq!(deed(&w, Scope::City, id, Deed::Extend, "2026-12-10", late).await, (Done::Taken, 1));
    let p = paper::one(&w.db, CITY, id, late).await.unwrap().unwrap();
    assert_eq!((p.paper.deadline, p.parties[0].escalated_at), ("2026-12-10".parse().ok(), None));
    assert!(!p.paper.is_late(p.parties[0].receipt, p.today));
    assert_eq!(said(&w, id, "extended").await.len(), 1);
    // The new deadline is told of anew.
    let txn = w.db.begin_write().await.unwrap();
    let told = paper::chase(&txn, NOW + 30 * DAY_MS).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(told.map(|t| (t.what, t.parties)), Some(("escalate", 1)));
    assert_eq!(said(&w, id, "late").await.len(), 1);
}

fn file(n: u8) -> Attachment {
    Attachment {
        token: format!("{n:032x}"),
        format: Format::Pdf,
        name: format!("{n}.pdf"),
        bytes: 3,
        sha256: "ab".repeat(32),
        width: 0,
        height: 0,
        seconds: 0,
    }
}

async fn put(w: &World, n: u8, by: i64) -> Vec<PaperFile> {
    let f = file(n);
    attachment::put(w.db.writer(), &f, by, NOW).await.unwrap();
    paper_deed::files(w.db.read(), &[f.token], by).await.unwrap()
}

async fn files_are_shown_to_whom_they_concern(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let own = put(&w, 1, 1).await;
    assert_eq!(own.len(), 1);
    assert!(paper_deed::files(w.db.read(), &[own[0].token.clone()], 2).await.unwrap().is_empty(), "another's");
    let d = Drawn { answer: true, ..drawn("1号", &[n]) };
    let id = issue(&w, Scope::City, &d, &own).await;
    for a in [Act::Open, Act::Sign, Act::Answer] {
        assert_eq!(act(&w, n, id, a).await, Done::Taken);
    }
    let replied = put(&w, 2, 7).await;
    let attach = async |files: &[PaperFile], by: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let done = paper_deed::attach_answer(&txn, Viewer { scope: n }, id, files, by).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    assert!(!attach(&replied, 8).await, "another's file");
    assert!(attach(&replied, 7).await);
    let (_, uses) = attachment::one(w.db.read(), &replied[0].token).await.unwrap().unwrap();
    let [(attachment::Of::Answer, answer)] = uses.as_slice() else { panic!("{uses:?}") };
    for (scope, whole, reply) in [
        (Scope::City, true, true),
        (n, true, true),
        (Scope::District(NORTH), true, true),
        (s, false, false),
        (Scope::District(SOUTH), false, false),
    ] {
        let viewer = Viewer { scope };
        assert_eq!(paper_deed::shows_files(&w.db, viewer, id).await.unwrap(), whole, "{scope}");
        assert_eq!(paper_deed::shows_answer(&w.db, viewer, *answer).await.unwrap(), reply, "{scope}");
    }
    assert!(!paper_deed::shows_answer(&w.db, CITY, 999).await.unwrap());
    let p = paper::one(&w.db, CITY, id, NOW).await.unwrap().unwrap();
    assert_eq!((p.files, p.parties[0].files.clone()), (own, replied));
}

async fn parties_are_found_by_kind_and_district(w: World) {
    let of = async |scope: Scope, pairs: &[(&str, String)]| {
        let values: Values = pairs.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let found = paper_deed::addressees(&w.db, Viewer { scope }, &Addressed::of(&values)).await.unwrap();
        let mut scopes: Vec<Scope> = found.into_iter().map(|p| p.0).collect();
        scopes.sort_unstable();
        scopes
    };
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let both = vec![n.min(s), n.max(s)];
    let (city, north) = (Scope::City, Scope::District(NORTH));
    assert_eq!(of(city, &[]).await, []);
    assert_eq!(of(city, &[("kinds", "filler".into())]).await, both);
    assert_eq!(of(north, &[("kinds", "filler".into())]).await, [n], "a district addresses its own");
    assert_eq!(of(city, &[("areas", SOUTH.to_string())]).await, [s]);
    assert_eq!(of(city, &[("areas", SOUTH.to_string()), ("kinds", "delivery".into())]).await, []);
    let one = [("orgs", w.north.org.to_string()), ("districts", format!("{SOUTH},999999,{SOUTH}"))];
    assert_eq!(of(city, &one).await, [Scope::District(SOUTH), n]);
    let c = paper_deed::choices(&w.db, CITY).await.unwrap();
    assert!(c.orgs.len() == 2 && c.districts.len() == 2 && c.kinds() == [domain::org::Kind::Filler], "{c:?}");
}

async fn a_list_tells_whose(w: World) {
    let (n, north) = (Scope::Org(w.north.org), Scope::District(NORTH));
    issue(&w, Scope::City, &drawn("1号", &[n, north]), &[]).await;
    issue(&w, north, &drawn("2号", &[n]), &[]).await;
    for (scope, whose, want) in [
        (Scope::City, "issued", Some("1号")),
        (Scope::City, "received", Some("")),
        (north, "issued", Some("2号")),
        (north, "received", Some("1号")),
        (n, "received", Some("2号 1号")),
        (n, "x", None),
    ] {
        let q = ListQuery { size: 20, ..ListQuery::default().with("whose", whose) };
        let found = paper_list::list(&w.db, Viewer { scope }, &q, NOW).await.ok();
        let numbers = found.map(|p| p.rows.into_iter().map(|r| r.number).collect::<Vec<_>>().join(" "));
        assert_eq!(numbers.as_deref(), want, "{scope} {whose}");
    }
    assert_eq!(party::Entity::find().all(w.db.read()).await.unwrap().len(), 3);
}

async fn a_draft_is_its_accounts_alone(w: World) {
    let values = |text: &str| Values::from([("body".to_owned(), text.to_owned())]);
    let save = async |account: i64, form: Form, id: i64, text: &str, now: i64| {
        let txn = w.db.begin_write().await.unwrap();
        let id = form_draft::save(&txn, account, (form, 0, id), &values(text), now).await.unwrap();
        txn.commit().await.unwrap();
        id
    };
    let odd = "甲\u{0}</textarea><script>";
    let first = save(7, Form::Message, 0, odd, NOW).await.unwrap();
    let d = form_draft::one(w.db.read(), 7, Form::Message, first).await.unwrap().unwrap();
    assert_eq!((d.values, d.changed_at), (values(odd), NOW), "kept as it was typed");
    for (account, form) in [(8, Form::Message), (7, Form::Paper)] {
        assert_eq!(form_draft::one(w.db.read(), account, form, first).await.unwrap(), None);
    }
    // Whoever names another's begins one of his own.
    let other = save(8, Form::Message, first, "乙", NOW).await.unwrap();
    assert!(other != first);
    assert_eq!(save(7, Form::Message, first, "丙", NOW).await, Some(first));
    let d = form_draft::one(w.db.read(), 7, Form::Message, first).await.unwrap().unwrap();
    assert_eq!((d.values, d.changed_at), (values("丙"), NOW + 1), "two changes at once are two versions");
    assert_eq!(save(7, Form::Message, 0, &"x".repeat(500_000), NOW).await, None, "too much");
    for n in 0..25 {
        save(7, Form::Paper, 0, "丁", NOW + 10 + n).await.unwrap();
    }
    assert_eq!(form_draft::list(w.db.read(), 7, Form::Paper).await.unwrap().len(), 20);
    assert_eq!(form_draft::list(w.db.read(), 7, Form::Message).await.unwrap().len(), 1, "another form's stay");
    assert!(!form_draft::remove(w.db.writer(), 7, Form::Message, other).await.unwrap());
    assert!(form_draft::remove(w.db.writer(), 8, Form::Message, other).await.unwrap());
}
