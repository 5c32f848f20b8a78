//! Rules are edited by one, approved by another, and decide without a restart: the gate, the wall, the pages.

use crate::{
    events::register,
    support::{Answer, NOW, Server, on_postgres, on_sqlite},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use domain::{
    clock,
    list::encode,
    permission::Role,
    scope::Scope,
    wall::{ServerFrame, Snapshot},
};
use serde_json::{Value, json};

async fn call(s: &Server, cookie: &str, name: &str, kind: &str, body: String) -> Answer {
    let r = Request::post(format!("/api/fn/{name}"))
        .header(header::CONTENT_TYPE, kind)
        .header(header::ACCEPT, "application/json")
        .header(header::COOKIE, cookie)
        .body(Body::from(body))
        .unwrap();
    s.send(r).await
}

async fn form(s: &Server, cookie: &str, name: &str, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    call(s, cookie, name, "application/x-www-form-urlencoded", body.join("&")).await
}

async fn ask(s: &Server, cookie: &str, name: &str, body: Value) -> Answer {
    call(s, cookie, name, "application/json", body.to_string()).await
}

async fn one(s: &Server, cookie: &str) -> Value {
    let a = ask(s, cookie, "rule_draft_one", json!({ "id": 1 })).await;
    assert_eq!(a.status, 200, "{}", a.text());
    a.json()
}

/// What the form of a row of draft 1 holds, with some of it changed.
async fn row(s: &Server, cookie: &str, rule: &str, kind: &str, with: &[(&str, &str)]) -> Answer {
    let a = ask(s, cookie, "rule_row_ask", json!({ "id": 1, "rule": rule, "kind": kind })).await;
    assert_eq!(a.status, 200, "{}", a.text());
    let mut values = a.json()["values"].as_object().unwrap().clone();
    for (n, v) in [("draft", "1"), ("rule", rule), ("kind", kind)].iter().chain(with) {
        values.insert((*n).to_owned(), Value::from(*v));
    }
    let fields: Vec<(String, String)> =
        values.iter().map(|(n, v)| (format!("values[{n}]"), v.as_str().unwrap().to_owned())).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    form(s, cookie, "rule_row_save", &fields).await
}

fn faults(a: &Answer) -> Vec<String> {
    assert_eq!(a.status, 200, "{}", a.text());
    let all = a.json()["faults"].as_array().cloned().unwrap_or_default();
    all.iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

fn denied(a: &Answer) -> (u16, String) {
    let j = a.json();
    assert_eq!(j["error"], "draft", "{}", a.text());
    (a.status.as_u16(), j["detail"].as_str().unwrap().to_owned())
}

async fn decision(s: &Server, attempt: &str) -> (String, i64) {
    let at = clock::rfc3339(s.clock.now());
    let question = json!({ "attempt": attempt, "tag": "T1", "medium": "LPG", "at": at });
    let a = s.post(&s.gun, "/api/v1/fills/authorize", &question).await;
    assert_eq!(a.status, 200, "{}", a.text());
    (a.json()["decision"].as_str().unwrap().to_owned(), a.json()["rule_version"].as_i64().unwrap())
}

/// The state of a wall once it shows so many overdue.
async fn shows(wall: &mut server::hub::Subscription, overdue: i64) -> (Snapshot, usize) {
    goes_on(wall, None, overdue).await
}

/// The same of one that shows something already; also how many snapshots it took.
async fn goes_on(wall: &mut server::hub::Subscription, mut state: Option<Snapshot>, overdue: i64) -> (Snapshot, usize) {
    let mut snapshots = 0;
    loop {
        let text = wall.frames.recv().await.expect("the hub ended");
        match app::live::wire::parse(text.as_str()).unwrap() {
            ServerFrame::Snapshot(s) => {
                snapshots += 1;
                state = Some(*s);
            }
            ServerFrame::Delta(d) => {
                if let Some(s) = &mut state {
                    s.apply(&d).unwrap();
                }
            }
            _ => {}
        }
        if let Some(s) = state.as_ref().filter(|s| s.figures.stock.overdue == overdue) {
            return (s.clone(), snapshots);
        }
    }
}

async fn two_persons_make_a_version(mut s: Server) {
    register(&s).await;
    let (_, author) = s.account("author", &[Role::CityRegulator], Scope::City).await;
    let (_, second) = s.account("second", &[Role::CityRegulator], Scope::City).await;
    let (_, filler) = s.account("filler", &[Role::Filler], Scope::Org(s.gun.org)).await;
    let mut wall = s.state.hub.subscribe(Scope::City, None).await.unwrap();
    shows(&mut wall, 0).await;
    assert_eq!(decision(&s, "a1").await, ("ALLOW".into(), 1));

    // What cannot be begun.
    let long = "长".repeat(301);
    for note in ["", "  ", "a\u{0}b", long.as_str()] {
        let a = form(&s, &author, "rule_draft_begin", &[("note", note)]).await;
        assert_eq!((a.status.as_u16(), a.json()["detail"].as_str()), (422, Some("note")), "{note:?}");
    }
    assert_eq!(form(&s, &author, "rule_draft_begin", &[("note", "试点")]).await.status, 200);
    // What a row cannot be, each by its field.
    for (field, value) in [
        ("value", "0"),
        ("value", "二十四"),
        ("value", "99999999999999999999999"),
        ("made_from", "2020-13-01"),
        ("effective_to", "0001-01-01"),
        ("family", "'; DROP TABLE rule; --"),
        ("source", ""),
        ("clause", "\u{0}"),
        ("jurisdiction", "41"),
        ("confirmed", "true"),
    ] {
        assert_eq!(faults(&row(&s, &author, "INT-LPG-1", "", &[(field, value)]).await), [field], "{value}");
    }
    assert_eq!(
        faults(
            &row(&s, &author, "", "interval", &[("id", "INT-LPG-1"), ("value", "3"), ("source", "a"), ("clause", "b")])
                .await
        ),
        ["id"]
    );
    assert_eq!(
        faults(
            &row(&s, &author, "", "interval", &[("id", "X"), ("value", "3"), ("source", "a"), ("clause", "b")]).await
        ),
        ["id"]
    );
    for (rule, kind) in [("NO-SUCH", ""), ("", "detector"), ("", "no such kind"), ("\u{0}", "\u{0}")] {
        let a = ask(&s, &author, "rule_row_ask", json!({ "id": 1, "rule": rule, "kind": kind })).await;
        assert_eq!(a.status, 404, "{rule} {kind} {}", a.text());
    }
    for draft in ["", "x", "-1", "99999999999999999999", "7"] {
        let a = form(&s, &author, "rule_row_save", &[("values[draft]", draft), ("values[rule]", "INT-LPG-1")]).await;
        assert_eq!(a.status, 404, "{draft} {}", a.text());
    }
    for (name, act) in [("rule_draft_act", "approve"), ("rule_draft_act", ""), ("rule_draft_decide", "submit")] {
        assert_eq!(form(&s, &author, name, &[("id", "1"), ("act", act)]).await.status, 422, "{name} {act}");
    }
    assert_eq!(
        denied(&form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "submit")]).await),
        (409, "empty".into())
    );
    for rule in ["INT-LPG-1", "\u{0}", ""] {
        assert_eq!(form(&s, &author, "rule_row_drop", &[("id", "1"), ("rule", rule)]).await.status, 404, "{rule:?}");
    }

    // A shorter interval, and a preview of it.
    let a = row(&s, &author, "INT-LPG-1", "", &[("value", "24"), ("confirmed", "no"), ("source", "试点通知")]).await;
    assert_eq!(a.json(), json!({ "done": "/rules/drafts/1" }));
    assert_eq!(
        denied(&form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "submit")]).await),
        (409, "preview".into())
    );
    assert_eq!(form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "preview")]).await.status, 200);
    assert!(s.state.drafts.step().await.unwrap() && !s.state.drafts.step().await.unwrap());
    let page = one(&s, &author).await;
    let figures = &page["preview"]["figures"];
    assert_eq!(figures["standings"], json!([["valid", "overdue", 1]]));
    assert_eq!(figures["gate"], json!([["ALLOW", "BLOCK", 1]]));
    assert_eq!(page["changes"].as_array().unwrap().len(), 1);
    let moved = async |from: &str, after: i64| {
        ask(&s, &author, "rule_moved", json!({ "ask": { "id": 1, "from": from, "after": after } })).await
    };
    let list = moved("", 0).await.json();
    assert_eq!((&list["rows"][0]["tag"], &list["rows"][0]["is"]["due"]), (&json!("T1"), &json!("2026-05-31")));
    assert_eq!(moved("overdue", 0).await.json()["rows"], json!([]));
    assert_eq!(moved("", i64::MAX).await.json()["rows"], json!([]));
    assert_eq!((moved("", i64::MIN).await.status.as_u16(), moved("no such", 0).await.status.as_u16()), (200, 422));
    let headers = [(header::COOKIE, author.as_str())];
    for path in [
        "/rules/drafts",
        "/rules/drafts/1",
        "/rules/drafts/1/cylinders",
        "/rules/drafts/1/row?rule=INT-LPG-1",
        "/rules?draft=1",
    ] {
        let a = s.get(path, &headers).await;
        assert!(a.status == 200 && !a.text().contains("读取失败"), "{path}");
    }
    assert!(s.get("/rules/drafts/1/cylinders", &headers).await.text().contains("2026-05-31"));
    assert!(s.get("/rules/drafts/1/row?rule=INT-LPG-1", &headers).await.text().contains("value=\"24\""));

    // Two persons.
    assert_eq!(form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "submit")]).await.status, 200);
    assert_eq!(
        (one(&s, &author).await["may"].clone(), one(&s, &second).await["may"].clone()),
        (
            json!({ "edit": false, "decide": false, "publish": false }),
            json!({ "edit": false, "decide": true, "publish": false }),
        )
    );
    let decide = async |who: &str, act: &str, reason: &str| {
        form(&s, who, "rule_draft_decide", &[("id", "1"), ("act", act), ("reason", reason)]).await
    };
    assert_eq!(denied(&decide(&author, "approve", "").await), (409, "own".into()));
    assert_eq!(denied(&decide(&second, "publish", "").await), (409, "stage".into()));
    assert_eq!(decide(&second, "send_back", "").await.status, 422);
    assert_eq!(decide(&filler, "approve", "").await.status, 403);
    assert_eq!(decide(&second, "send_back", "请写明文号").await.status, 200);
    assert_eq!(one(&s, &author).await["line"]["reason"], "请写明文号");
    // By a plain form, as without the module: a fault comes back to the form, what is done leads on.
    let fields = |value: &'static str| {
        [
            ("values[draft]", "1"),
            ("values[rule]", "INT-LPG-1"),
            ("values[kind]", "interval"),
            ("values[value]", value),
            ("values[enabled]", "yes"),
            ("values[confirmed]", "no"),
            ("values[yields_to_print]", "no"),
            ("values[source]", "郑市监〔2026〕12号"),
            ("values[clause]", "三"),
            ("values[jurisdiction]", "410100"),
            ("values[family]", "lpg_welded"),
            ("values[made_from]", "2007-02-01"),
        ]
    };
    let from = "/rules/drafts/1/row?rule=INT-LPG-1";
    let (status, to, _) = s.form("/api/fn/rule_row_save", from, &author, &fields("0")).await;
    assert!(status == 302 && to.starts_with("/rules/drafts/1/row?checked=1"), "{status} {to}");
    assert!(s.get(&to, &headers).await.text().contains("应为 1 至 2400 的整数"));
    let (status, to, _) = s.form("/api/fn/rule_row_save", from, &author, &fields("24")).await;
    assert_eq!((status, to.as_str()), (302, "/rules/drafts/1"));
    let (_, to, _) =
        s.form("/api/fn/rule_draft_act", "/rules/drafts/1", &author, &[("id", "1"), ("act", "submit")]).await;
    assert_eq!(to, "/rules/drafts/1?why=draft_3");
    assert!(s.get(&to, &headers).await.text().contains("请先完成对当前内容的影响预览"));
    assert_eq!(form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "preview")]).await.status, 200);
    assert!(s.state.drafts.step().await.unwrap());
    assert_eq!(form(&s, &author, "rule_draft_act", &[("id", "1"), ("act", "submit")]).await.status, 200);
    assert_eq!(decide(&second, "approve", "").await.status, 200);
    assert_eq!(decide(&second, "publish", "").await.status, 200);
    assert_eq!(denied(&decide(&second, "publish", "").await), (409, "stage".into()));

    // Without a restart: the gate at once, the wall by a snapshot, what is stored by and by.
    assert_eq!(s.state.rules.now().version, 2);
    assert_eq!(decision(&s, "a2").await, ("BLOCK".into(), 2));
    s.verified().await;
    assert_eq!(one(&s, &author).await["progress"]["left"], 1);
    // A stop in the middle: the next process goes on.
    s.restart().await;
    assert_eq!(s.state.rules.now().version, 2);
    let mut wall = s.state.hub.subscribe(Scope::City, None).await.unwrap();
    let (shown, _) = shows(&mut wall, 0).await;
    assert!(s.state.ingest.rederive().await.unwrap() && !s.state.ingest.rederive().await.unwrap());
    goes_on(&mut wall, Some(shown), 1).await;
    s.verified().await;
    assert_eq!(one(&s, &author).await["progress"], json!({ "changed": 1, "left": 0, "ended": true }));
    let headers = [(header::COOKIE, author.as_str())];
    let page = s.get("/cylinders/T1", &headers).await.text();
    assert!(page.contains("2026-05-31") && page.contains("过检"), "the page shows the new date");
    let list = s.get("/cylinders?inspection=overdue", &headers).await.text();
    assert!(list.contains("T1"));
    // The history, also for who may only read; who wrote it is told to the authority.
    let versions = ask(&s, &author, "rule_versions", json!({})).await.json();
    assert_eq!(
        (&versions[0]["version"], &versions[0]["draft"]["decided"]["name"]),
        (&json!(2), &json!("name of second"))
    );
    let versions = ask(&s, &filler, "rule_versions", json!({})).await.json();
    assert_eq!(versions[0]["draft"]["author"]["name"], "");
    let diff = ask(&s, &filler, "rule_diff", json!({ "from": 1, "to": 2 })).await.json();
    assert_eq!((&diff[0]["was"]["value"], &diff[0]["is"]["value"]), (&json!(48), &json!(24)));
    for (from, to) in [(1, 3), (0, 1), (i64::MIN, i64::MAX)] {
        assert_eq!(ask(&s, &filler, "rule_diff", json!({ "from": from, "to": to })).await.status, 404);
    }
    let page = s.get("/rules/versions?from=1&to=2", &headers).await.text();
    assert!(page.contains("INT-LPG-1") && page.contains("试点"));
    assert_eq!(s.get("/rules/versions?from=1&to=99", &headers).await.status, 404);
    let told: Vec<String> = s.audit().await.into_iter().filter(|a| a.starts_with("rule.")).collect();
    assert_eq!(
        told,
        [
            "rule.draft",
            "rule.change",
            "rule.preview",
            "rule.submit",
            "rule.send_back",
            "rule.change",
            "rule.preview",
            "rule.submit",
            "rule.approve",
            "rule.publish",
        ]
    );
    assert!(s.clock.now() >= NOW);
}

#[test]
fn two_persons_make_a_version_sqlite() {
    on_sqlite(two_persons_make_a_version);
}

#[test]
fn two_persons_make_a_version_postgres() {
    on_postgres(two_persons_make_a_version);
}

/// A wall that is open when other rules come into force is told by a snapshot, and shows what a new one would.
async fn an_open_wall_begins_anew(s: Server) {
    register(&s).await;
    let (one, other) = (
        s.account("author", &[Role::CityRegulator], Scope::City).await.1,
        s.account("second", &[Role::CityRegulator], Scope::City).await.1,
    );
    let mut wall = s.state.hub.subscribe(Scope::City, None).await.unwrap();
    let (_, first) = shows(&mut wall, 0).await;
    assert_eq!(first, 1);
    assert_eq!(form(&s, &one, "rule_draft_begin", &[("note", "a")]).await.status, 200);
    row(&s, &one, "INT-LPG-1", "", &[("value", "24")]).await;
    form(&s, &one, "rule_draft_act", &[("id", "1"), ("act", "preview")]).await;
    assert!(s.state.drafts.step().await.unwrap());
    form(&s, &one, "rule_draft_act", &[("id", "1"), ("act", "submit")]).await;
    form(&s, &other, "rule_draft_decide", &[("id", "1"), ("act", "approve")]).await;
    assert_eq!(form(&s, &one, "rule_draft_decide", &[("id", "1"), ("act", "publish")]).await.status, 200);
    assert!(s.state.ingest.rederive().await.unwrap());
    let (state, snapshots) = shows(&mut wall, 1).await;
    assert!(snapshots >= 1, "the wall was told by differences alone");
    let mut fresh = s.state.hub.subscribe(Scope::City, None).await.unwrap();
    assert_eq!(shows(&mut fresh, 1).await.0.figures.stock, state.figures.stock);
}

#[test]
fn an_open_wall_begins_anew_sqlite() {
    on_sqlite(an_open_wall_begins_anew);
}

async fn what_an_installation_brings_is_in_the_audit_log_once(mut s: Server) {
    for _ in 0..2 {
        server::serve::shipped_rules(&s.state.db, s.clock.now()).await.unwrap();
        let told: Vec<String> = s.audit().await.into_iter().filter(|a| a == "rule.ship").collect();
        assert_eq!(told.len(), 1);
        s.restart().await;
    }
    s.verified().await;
}

#[test]
fn an_installation_on_sqlite() {
    on_sqlite(what_an_installation_brings_is_in_the_audit_log_once);
}

#[test]
fn an_installation_on_postgres() {
    on_postgres(what_an_installation_brings_is_in_the_audit_log_once);
}
