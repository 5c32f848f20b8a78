//! Tags that the office binds: through the ledger, and what they replace is void.

use crate::{
    events::register,
    support::{Answer, Server, on_postgres, on_sqlite},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use domain::{list::encode, permission::Role, scope::Scope};
use serde_json::{Value, json};

async fn post(s: &Server, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("values%5B{n}%5D={}", encode(v))).collect();
    let r = Request::post("/api/fn/tag_bind")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .header(header::COOKIE, cookie)
        .body(Body::from(body.join("&")))
        .unwrap();
    s.send(r).await
}

/// The fields that cannot be taken.
fn faults(a: &Answer) -> Vec<String> {
    assert_eq!(a.status, 200, "{}", a.text());
    let all = a.json()["faults"].as_array().cloned().unwrap_or_default();
    all.iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

async fn a_tag_is_bound_and_another_replaced(s: Server) {
    register(&s).await;
    let (_, cookie) = s.account("keeper", &[Role::WarehouseKeeper], Scope::Org(s.gun.org)).await;
    let (_, south) = s.account("south", &[Role::EnterpriseAdmin], Scope::Org(s.south.org)).await;
    let (site, far) = (s.gun.site.to_string(), s.south.site.to_string());
    let ask = async |cookie: &str, cylinder: &str, tag: &str, replaces: &str, reason: &str, site: &str| {
        let fields = [("cylinder", cylinder), ("tag", tag), ("replaces", replaces), ("reason", reason), ("site", site)];
        post(&s, cookie, &fields).await
    };
    // What cannot be bound, each named.
    assert_eq!(faults(&ask(&cookie, "T1", "", "", "", "").await), ["tag", "reason", "site"]);
    assert_eq!(faults(&ask(&cookie, "T1", "T2", "", "damaged", &site).await), ["replaces"]);
    assert_eq!(faults(&ask(&cookie, "T9", "T2", "", "new", &site).await), ["cylinder"]);
    assert_eq!(faults(&ask(&cookie, "T1", "T2", "", "new", &far).await), ["site"]);
    assert_eq!(faults(&ask(&south, "T1", "T2", "", "new", &far).await), ["cylinder"], "as if it were not there");
    assert_eq!(faults(&ask(&cookie, "T1", "T1", "", "new", &site).await), ["tag"]);
    // A further tag; then one in the place of the first.
    assert_eq!(ask(&cookie, "T1", "T2", "", "new", &site).await.json(), json!({ "done": "/cylinders/T2" }));
    assert_eq!(ask(&cookie, "T2", "T3", "T1", "damaged", &site).await.json(), json!({ "done": "/cylinders/T3" }));
    // What is void leads nowhere any more, and is never bound again.
    assert_eq!(faults(&ask(&cookie, "T1", "T4", "", "new", &site).await), ["cylinder"]);
    assert_eq!(faults(&ask(&cookie, "T3", "T1", "", "new", &site).await), ["tag"]);
    assert_eq!(faults(&ask(&cookie, "T3", "T4", "T1", "lost", &site).await), ["replaces"]);
    let list = async |cookie: &str| -> Vec<Value> {
        let query = json!({"filters": {}, "sort": "", "descending": false, "size": 20, "from": "start"});
        let r = Request::post("/api/fn/tag_list")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie)
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap();
        s.send(r).await.json()["rows"].as_array().unwrap().clone()
    };
    let rows: Vec<(String, i64, String)> = list(&cookie)
        .await
        .iter()
        .map(|r| {
            let text = |name: &str| r[name].as_str().unwrap().to_owned();
            (text("code"), r["state"].as_i64().unwrap(), text("cylinder"))
        })
        .collect();
    let row = |code: &str, state| (code.to_owned(), state, "T3".to_owned());
    assert_eq!(rows, [row("T1", 2), row("T2", 1), row("T3", 1)]);
    assert_eq!(list(&south).await, [] as [Value; 0]);
    let headers = [(header::COOKIE, cookie.as_str())];
    let page = s.get("/cylinders/T3", &headers).await.text();
    assert!(page.contains("/tags/bind?cylinder=T3"), "who may bind is led there");
    let form = s.get("/tags/bind?cylinder=T3", &headers).await.text();
    assert!(form.contains("value=\"T3\"") && form.contains("原标签脱落"));
    assert!(s.get("/tags", &headers).await.text().contains("已作废"));
    assert_eq!(s.audit().await, ["tag.bind", "tag.bind"]);
    s.verified().await;
}

#[test]
fn a_tag_is_bound_sqlite() {
    on_sqlite(a_tag_is_bound_and_another_replaced);
}

#[test]
fn a_tag_is_bound_postgres() {
    on_postgres(a_tag_is_bound_and_another_replaced);
}
