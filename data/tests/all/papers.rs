//! Documents with receipt: who may issue to whom, who signs for whom, who is reminded and told, and what the sheet shows.

use crate::support::{NORTH, NOW, SOUTH, World, both};
use data::{
    account, message,
    page::AskError,
    paper::{self, Done, Issued},
    paper_list,
};
use domain::{
    clock::DAY_MS,
    list::ListQuery,
    paper::{Act, Drawn, PaperFile, PaperPage, Receipt, State},
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;

both!(
    a_document_is_issued_within_reach,
    each_signs_for_himself,
    who_is_late_is_reminded_and_told_of_once,
    what_is_due_at_once_is_told_once,
    what_is_withdrawn_asks_for_nothing,
    lists_show_what_concerns_the_reader,
);

fn drawn(number: &str, parties: &[Scope]) -> Drawn {
    Drawn {
        number: number.into(),
        title: "关于{姓名}专项检查的通知".into(),
        issuer: "市市场监管局".into(),
        body: "请自查。".into(),
        parties: parties.to_vec(),
        deadline: "2026-11-25".parse().ok(),
        answer: true,
    }
}

async fn issue(w: &World, scope: Scope, d: &Drawn) -> Issued {
    let txn = w.db.begin_write().await.unwrap();
    let files = [PaperFile { token: "t".into(), name: "通知.pdf".into(), bytes: 3, sha256: "ab".into() }];
    let done = paper::issue(&txn, Viewer { scope }, d, &files, (1, NOW)).await.unwrap();
    // As the server does: what was not issued leaves nothing.
    if matches!(done, Issued::New(_)) {
        txn.commit().await.unwrap();
    }
    done
}

async fn act(w: &World, scope: Scope, id: i64, act: Act) -> Done {
    let txn = w.db.begin_write().await.unwrap();
    let done = paper::act(&txn, Viewer { scope }, (id, act, "已自查"), (7, NOW)).await.unwrap();
    txn.commit().await.unwrap();
    done
}

async fn page(w: &World, scope: Scope, id: i64) -> Option<PaperPage> {
    paper::one(&w.db, Viewer { scope }, id, NOW).await.unwrap()
}

async fn chase(w: &World, now: i64) -> Vec<(&'static str, usize)> {
    let mut out = vec![];
    loop {
        let txn = w.db.begin_write().await.unwrap();
        let told = paper::chase(&txn, now).await.unwrap();
        txn.commit().await.unwrap();
        let Some(told) = told else { return out };
        out.push((told.what, told.parties));
    }
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

/// Keys and audiences of what the system said.
async fn said(w: &World) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = message::Entity::find()
        .all(w.db.read())
        .await
        .unwrap()
        .into_iter()
        .map(|m| (m.key.unwrap_or_default(), m.audience))
        .collect();
    all.sort();
    all
}

async fn a_document_is_issued_within_reach(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let (dn, ds) = (Scope::District(NORTH), Scope::District(SOUTH));
    let Issued::New(id) = issue(&w, Scope::City, &drawn("1号", &[n, s, dn])).await else { panic!() };
    assert_eq!(issue(&w, Scope::City, &drawn("1号", &[n])).await, Issued::Number(id));
    assert!(matches!(issue(&w, dn, &drawn("1号", &[n])).await, Issued::New(_)), "each numbers its own");
    for (scope, parties, outside) in [
        (dn, vec![n, s], s),
        (dn, vec![ds], ds),
        (dn, vec![dn], dn),
        (Scope::City, vec![Scope::Org(999)], Scope::Org(999)),
        (Scope::City, vec![Scope::District(999_999)], Scope::District(999_999)),
    ] {
        assert_eq!(issue(&w, scope, &drawn("2号", &parties)).await, Issued::Party(outside), "{scope}");
    }
    assert_eq!(issue(&w, n, &drawn("2号", &[n])).await, Issued::NotAllowed);
    assert_eq!(paper::Entity::find().all(w.db.read()).await.unwrap().len(), 2, "nothing half-done");
    let p = page(&w, Scope::City, id).await.unwrap();
    assert_eq!((p.parties.len(), p.files.len(), p.issued_here), (3, 1, true));
    // Each counts what he sees.
    for (scope, parties) in [(Scope::City, 3), (dn, 2), (ds, 1), (s, 1)] {
        let p = page(&w, scope, id).await.unwrap().paper;
        let own = [dn, s].contains(&scope).then_some(Receipt::of(false, false, false));
        assert_eq!((p.tally.parties, p.tally.opened, p.own), (parties, 0, own), "{scope}");
    }
    // The sheet shows a district what lies in it, an enterprise its own line.
    let names = |p: PaperPage| p.parties.into_iter().map(|p| p.party).collect::<Vec<_>>();
    let mut seen = names(page(&w, dn, id).await.unwrap());
    seen.sort_unstable();
    assert_eq!(seen, [dn, n]);
    assert_eq!(names(page(&w, ds, id).await.unwrap()), [s]);
    assert_eq!(names(page(&w, s, id).await.unwrap()), [s]);
    assert!(page(&w, Scope::Org(999), id).await.is_none());
    assert!(page(&w, Scope::District(410_106), id).await.is_none());
}

async fn each_signs_for_himself(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let Issued::New(id) = issue(&w, Scope::City, &drawn("1号", &[n])).await else { panic!() };
    for scope in [s, Scope::City, Scope::District(NORTH)] {
        assert_eq!(act(&w, scope, id, Act::Open).await, Done::Unknown, "{scope} signs for nobody else");
    }
    assert_eq!(act(&w, n, id, Act::Sign).await, Done::NotNow, "it was not opened");
    assert_eq!(act(&w, n, id, Act::Open).await, Done::Taken);
    assert_eq!(act(&w, n, id, Act::Open).await, Done::Before);
    assert_eq!(act(&w, n, id, Act::Answer).await, Done::NotNow);
    assert_eq!(act(&w, n, id, Act::Sign).await, Done::Taken);
    assert_eq!(act(&w, n, id, Act::Sign).await, Done::NotNow);
    let txn = w.db.begin_write().await.unwrap();
    let empty = paper::act(&txn, Viewer { scope: n }, (id, Act::Answer, ""), (7, NOW)).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(empty, Done::NotNow);
    assert_eq!(act(&w, n, id, Act::Answer).await, Done::Taken);
    let p = page(&w, Scope::City, id).await.unwrap();
    let line = &p.parties[0];
    assert_eq!(
        (line.receipt, line.reply.as_str(), line.signed.clone()),
        (Receipt::Answered, "已自查", Some((NOW, "#7".into())))
    );
    assert_eq!((p.paper.tally.parties, p.paper.tally.signed, p.paper.tally.answered), (1, 1, 1));
    assert_eq!(page(&w, n, id).await.unwrap().paper.own, Some(Receipt::Answered));
    assert_eq!(act(&w, n, 999, Act::Open).await, Done::Unknown);
}

async fn who_is_late_is_reminded_and_told_of_once(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let admin = person(&w, "admin.n", Role::EnterpriseAdmin, n).await;
    let other = person(&w, "admin.s", Role::EnterpriseAdmin, s).await;
    person(&w, "filler.n", Role::Filler, n).await;
    let regulator = person(&w, "north", Role::DistrictRegulator, Scope::District(NORTH)).await;
    let Issued::New(id) = issue(&w, Scope::City, &drawn("1号", &[n, s])).await else { panic!() };
    let first = said(&w).await;
    assert_eq!(first.len(), 1);
    assert!(first[0].1.contains(&format!("[{admin},{other}]")), "who may sign is told: {}", first[0].1);
    let m = message::Entity::find().one(w.db.read()).await.unwrap().unwrap();
    assert!(!m.title.contains('{') && domain::message::unknown(&m.body).is_none(), "a title holds no fields");
    for a in [Act::Open, Act::Sign, Act::Answer] {
        assert_eq!(act(&w, s, id, a).await, Done::Taken);
    }
    // Signed for and not answered is not done.
    for a in [Act::Open, Act::Sign] {
        assert_eq!(act(&w, n, id, a).await, Done::Taken);
    }
    assert_eq!(chase(&w, NOW).await, [], "four days are left");
    assert_eq!(chase(&w, NOW + 3 * DAY_MS).await, [("remind", 1)]);
    assert_eq!(chase(&w, NOW + 4 * DAY_MS).await, [], "once");
    assert_eq!(chase(&w, NOW + 5 * DAY_MS).await, [("escalate", 1)]);
    assert_eq!(chase(&w, NOW + 9 * DAY_MS).await, [], "once");
    let all = said(&w).await;
    let keys: Vec<&str> = all.iter().map(|a| a.0.as_str()).collect();
    let key = |what: &str| format!("paper-{id}-{what}");
    let told = [key("escalated-2026-11-25"), key("issued"), key("late-2026-11-25"), key("remind-2026-11-24")];
    assert_eq!(keys, told);
    assert!(
        all[0].1.contains(&format!("[1,{regulator}]")) || all[0].1.contains(&regulator.to_string()),
        "{}",
        all[0].1
    );
    assert!(all[3].1.contains(&format!("[{admin}]")), "only who has not done: {}", all[3].1);
    let p = page(&w, Scope::City, id).await.unwrap();
    assert!(p.parties.iter().all(|l| (l.party == n) == (l.reminded_at.is_some() && l.escalated_at.is_some())));
}

async fn what_is_due_at_once_is_told_once(w: World) {
    let n = Scope::Org(w.north.org);
    person(&w, "admin.n", Role::EnterpriseAdmin, n).await;
    for (number, day) in [("1号", "2026-11-21"), ("2号", "2026-11-22")] {
        let d = Drawn { deadline: day.parse().ok(), ..drawn(number, &[n]) };
        assert!(matches!(issue(&w, Scope::City, &d).await, Issued::New(_)));
    }
    assert_eq!(chase(&w, NOW + 60_000).await, [], "it was told a minute ago");
    assert_eq!(said(&w).await.len(), 2);
    assert_eq!(chase(&w, NOW + DAY_MS).await, [("escalate", 1)], "late is late");
}

async fn what_is_withdrawn_asks_for_nothing(w: World) {
    let n = Scope::Org(w.north.org);
    let Issued::New(id) = issue(&w, Scope::City, &drawn("1号", &[n])).await else { panic!() };
    let withdraw = async |scope: Scope| {
        let txn = w.db.begin_write().await.unwrap();
        let done = paper::withdraw(&txn, Viewer { scope }, (id, "有误"), NOW).await.unwrap();
        txn.commit().await.unwrap();
        done
    };
    assert_eq!(withdraw(n).await, Done::Unknown);
    assert_eq!(withdraw(Scope::District(NORTH)).await, Done::Unknown);
    assert_eq!(withdraw(Scope::City).await, Done::Taken);
    assert_eq!(withdraw(Scope::City).await, Done::NotNow);
    assert_eq!(act(&w, n, id, Act::Open).await, Done::Taken, "it may be looked at");
    assert_eq!(act(&w, n, id, Act::Sign).await, Done::NotNow);
    assert_eq!(chase(&w, NOW + 30 * DAY_MS).await, []);
    let p = page(&w, n, id).await.unwrap();
    assert_eq!((p.paper.state, p.note.as_str()), (State::Withdrawn, "有误"));
}

async fn lists_show_what_concerns_the_reader(w: World) {
    let (n, s) = (Scope::Org(w.north.org), Scope::Org(w.south.org));
    let (dn, ds) = (Scope::District(NORTH), Scope::District(SOUTH));
    for (scope, number, parties) in [
        (Scope::City, "1号", vec![n]),
        (Scope::City, "2_号", vec![s]),
        (dn, "3号", vec![n]),
        (Scope::City, "4号", vec![dn]),
    ] {
        assert!(matches!(issue(&w, scope, &drawn(number, &parties)).await, Issued::New(_)));
    }
    let of = async |scope: Scope, name: &str, value: &str, now: i64| {
        let q = ListQuery { size: 20, ..ListQuery::default().with(name, value) };
        let found = paper_list::list(&w.db, Viewer { scope }, &q, now).await;
        found.map(|p| p.rows.into_iter().map(|r| r.number).collect::<Vec<_>>().join(" ")).map_err(|e| match e {
            AskError::Field(f) => f,
            AskError::Data(e) => panic!("{e}"),
        })
    };
    let late = NOW + 5 * DAY_MS;
    for (scope, name, value, now, want) in [
        (Scope::City, "q", "", NOW, Ok("4号 3号 2_号 1号")),
        (n, "q", "", NOW, Ok("3号 1号")),
        (s, "q", "", NOW, Ok("2_号")),
        (dn, "q", "", NOW, Ok("4号 3号 1号")),
        (ds, "q", "", NOW, Ok("2_号")),
        (Scope::City, "q", "_", NOW, Ok("2_号")),
        (dn, "state", "open", NOW, Ok("4号")),
        (n, "state", "open", NOW, Ok("3号 1号")),
        (Scope::City, "state", "late", NOW, Ok("")),
        (Scope::City, "state", "late", late, Ok("4号 3号 2_号 1号")),
        (dn, "state", "late", late, Ok("4号 3号 1号")),
        (s, "state", "late", late, Ok("2_号")),
        (s, "state", "withdrawn", NOW, Ok("")),
        (s, "state", "x", NOW, Err("state")),
        (s, "from", "2026-11-22", NOW, Ok("")),
        (s, "to", "21.11.2026", NOW, Err("to")),
        (s, "org", "1", NOW, Err("filter")),
    ] {
        assert_eq!(of(scope, name, value, now).await, want.map(str::to_owned), "{scope} {name}={value}");
    }
}
