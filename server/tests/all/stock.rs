//! What an archive needs besides, over HTTP: files that are put right, tags that are issued and voided.

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

pub async fn post(s: &Server, cookie: &str, function: &str, fields: &[(&str, &str)], html: bool) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("values%5B{n}%5D={}", encode(v))).collect();
    let r = Request::post(format!("/api/fn/{function}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, if html { "text/html,*/*" } else { "application/json" })
        .header(header::COOKIE, cookie)
        .body(Body::from(body.join("&")))
        .unwrap();
    s.send(r).await
}

pub async fn ask(s: &Server, cookie: &str, function: &str, body: Value) -> Answer {
    let r = Request::post(format!("/api/fn/{function}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, cookie)
        .body(Body::from(body.to_string()))
        .unwrap();
    s.send(r).await
}

/// The fields that cannot be taken.
pub fn faults(a: &Answer) -> Vec<String> {
    assert_eq!(a.status, 200, "{}", a.text());
    let all = a.json()["faults"].as_array().cloned().unwrap_or_default();
    all.iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

/// The form of a cylinder's file as it is filled.
async fn filled(s: &Server, cookie: &str, code: &str) -> Vec<(String, String)> {
    let a = ask(s, cookie, "amendment_ask", json!({ "code": code })).await;
    assert_eq!(a.status, 200, "{}", a.text());
    let values = a.json()["values"].as_object().unwrap().clone();
    values.into_iter().map(|(n, v)| (n, v.as_str().unwrap().to_owned())).collect()
}

async fn a_file_is_put_right(s: Server) {
    register(&s).await;
    let (_, cookie) = s.account("boss", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
    let (_, south) = s.account("south", &[Role::EnterpriseAdmin], Scope::Org(s.south.org)).await;
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    let first = filled(&s, &cookie, "T1").await;
    let far = s.south.site.to_string();
    let send = async |cookie: &str, form: &[(String, String)], changes: &[(&str, &str)], html: bool| {
        let mut all: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for (name, value) in changes {
            all.retain(|f| f.0 != *name);
            all.push((name, value));
        }
        post(&s, cookie, "cylinder_amend", &all, html).await
    };
    let why = ("reason", "铭牌抄错");
    // What cannot be, each named. Another enterprise is not told that there is such a cylinder.
    assert_eq!(ask(&s, &south, "amendment_ask", json!({ "code": "T1" })).await.status, 404);
    assert_eq!(faults(&send(&south, &first, &[why, ("maker", "a")], false).await), ["cylinder"]);
    assert_eq!(faults(&send(&cookie, &first, &[], false).await), ["reason"]);
    assert_eq!(faults(&send(&cookie, &first, &[why], false).await), ["cylinder"], "nothing changes");
    for (field, value) in [
        ("site", far.as_str()),
        ("site", "999999"),
        ("medium", "NOPE"),
        ("model", "NOPE"),
        ("made", "2999-01"),
        ("stamp_no", ""),
        ("tare_kg", "1'; DROP TABLE x;--"),
        ("volume_l", "99999999999999999999"),
        ("doubts", "x"),
        ("maker", "a\u{0}b"),
        ("seen", "0000"),
    ] {
        let named = if field == "seen" { "cylinder" } else { field };
        let with = if field == "seen" { ("maker", "a") } else { why };
        assert_eq!(faults(&send(&cookie, &first, &[why, with, (field, value)], false).await), [named], "{field}");
    }
    assert_eq!(s.audit().await, [""; 0]);
    // A change; the form that was filled before it is out of date then.
    let done = send(&cookie, &first, &[why, ("maker", "百工"), ("tare_kg", "16.5")], false).await;
    assert_eq!(done.json(), json!({ "done": "/cylinders/T1" }));
    assert_eq!(faults(&send(&cookie, &first, &[why, ("maker", "民生")], false).await), ["cylinder"]);
    let headers = [(header::COOKIE, cookie.as_str())];
    let page = s.get("/cylinders/T1", &headers).await.text();
    assert!(page.contains("自重: 16.4 kg → 16.5 kg") && page.contains("name of boss"), "{page}");
    assert!(page.contains("/cylinders/edit?cylinder=T1"), "who may edit is led there");
    let form = s.get("/cylinders/edit?cylinder=T1", &headers).await.text();
    assert!(form.contains("value=\"百工\"") && form.contains("value=\"16.5\""));
    assert_eq!(s.get("/cylinders/edit?cylinder=T9", &headers).await.status, 404);
    // Without its module the form comes back with what was entered, and what is wrong.
    let again = filled(&s, &cookie, "T1").await;
    let back = send(&cookie, &again, &[("maker", "三友")], true).await;
    let to = back.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(to.starts_with("/cylinders/edit?checked=1&taken=reason"), "{to}");
    let page = s.get(&to, &headers).await.text();
    assert!(page.contains("value=\"三友\"") && page.contains("请填写此项"), "{page}");
    // The city gives it to another station: it is that enterprise's now.
    let moved = send(&city, &again, &[why, ("site", &far)], true).await;
    assert_eq!(moved.headers[header::LOCATION], "/cylinders/T1");
    assert_eq!(ask(&s, &cookie, "amendment_ask", json!({ "code": "T1" })).await.status, 404);
    assert_eq!(filled(&s, &south, "T1").await.iter().find(|f| f.0 == "site").unwrap().1, far);
    assert_eq!(s.audit().await, ["cylinder.amend", "cylinder.amend"]);
    s.verified().await;
}

async fn tags_are_issued_and_voided(s: Server) {
    register(&s).await;
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    let (_, cookie) = s.account("keeper", &[Role::WarehouseKeeper], Scope::Org(s.gun.org)).await;
    let (_, south) = s.account("south", &[Role::EnterpriseAdmin], Scope::Org(s.south.org)).await;
    let (site, far) = (s.gun.site.to_string(), s.south.site.to_string());
    let (own, other) = (s.gun.org.to_string(), s.south.org.to_string());
    let issue = async |cookie: &str, org: &str, enterprise: &str, medium: &str, first: &str, last: &str| {
        let fields = [
            ("org", org),
            ("enterprise", enterprise),
            ("medium", medium),
            ("first", first),
            ("last", last),
            ("sure", "yes"),
        ];
        post(&s, cookie, "tag_issue", &fields, false).await
    };
    assert_eq!(faults(&issue(&cookie, &other, "011", "03", "1", "9").await), ["org"], "another's");
    assert_eq!(faults(&issue(&cookie, &own, "011", "99", "1", "9").await), ["medium"]);
    assert_eq!(faults(&issue(&cookie, &own, "011", "03", "9", "1").await), ["last"]);
    assert_eq!(faults(&issue(&cookie, &own, "011", "03", "1", "1500").await), ["enterprise"], "the city opens a code");
    let done = issue(&city, &own, "011", "03", "1", "1500").await;
    assert_eq!(done.json(), json!({ "done": "/tags/series?q=01103" }));
    for (first, last) in [("1", "1500"), ("1500", "1600"), ("700", "800"), ("1", "999999")] {
        assert_eq!(faults(&issue(&cookie, &own, "011", "03", first, last).await), ["first"], "{first}–{last} overlaps");
    }
    assert_eq!(faults(&issue(&south, &other, "011", "02", "1", "9").await), ["enterprise"], "the code is another's");
    assert_eq!(issue(&cookie, &own, "011", "03", "1501", "1600").await.json()["done"], "/tags/series?q=01103");

    let bind = [("cylinder", "T1"), ("tag", "01103000007"), ("reason", "new"), ("site", site.as_str())];
    assert_eq!(post(&s, &cookie, "tag_bind", &bind, false).await.status, 200);
    let void = async |cookie: &str, tag: &str, site: &str, sure: &str| {
        let fields = [("tag", tag), ("reason", "damaged"), ("site", site), ("sure", sure)];
        post(&s, cookie, "tag_void", &fields, false).await
    };
    assert_eq!(faults(&void(&cookie, "T1", &site, "").await), ["sure"]);
    assert_eq!(faults(&void(&south, "T1", &far, "yes").await), ["tag"], "as if it were not there");
    assert_eq!(faults(&void(&south, "01103000008", &far, "yes").await), ["tag"], "in another's series");
    assert_eq!(faults(&void(&cookie, "T77", &site, "yes").await), ["tag"], "in no series");
    assert_eq!(faults(&void(&cookie, "T1", &far, "yes").await), ["site"]);
    assert_eq!(void(&cookie, "T1", &site, "yes").await.json()["done"], "/tags?q=T1");
    assert_eq!(void(&cookie, "01103000008", &site, "yes").await.json()["done"], "/tags/series?q=01103");
    assert_eq!(faults(&void(&cookie, "01103000008", &site, "yes").await), ["tag"], "it is void");
    let lost = [("cylinder", "01103000007"), ("tag", "01103000008"), ("reason", "new"), ("site", site.as_str())];
    assert_eq!(faults(&post(&s, &cookie, "tag_bind", &lost, false).await), ["tag"], "what is void is never bound");
    let query = json!({"filters": {}, "sort": "", "descending": false, "size": 20, "from": "start"});
    let rows = ask(&s, &cookie, "series_list", json!({ "query": query })).await.json()["rows"].clone();
    let figures: Vec<(String, i64, i64, i64)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let n = |name: &str| r[name].as_i64().unwrap();
            (r["first"].as_str().unwrap().to_owned(), n("quantity"), n("bound"), n("void"))
        })
        .collect();
    assert_eq!(figures, [("01103001501".into(), 100, 0, 0), ("01103000001".into(), 1_500, 1, 1)]);
    let none = ask(&s, &south, "series_list", json!({ "query": query })).await.json();
    assert_eq!(none["rows"], json!([]));
    for (filter, value) in [("q", "瓶"), ("q", "1'--"), ("org", "1")] {
        let query = json!({"filters": {filter: value}, "sort": "", "descending": false, "size": 20, "from": "start"});
        assert_eq!(ask(&s, &cookie, "series_list", json!({ "query": query })).await.status, 400, "{filter} {value}");
    }
    let headers = [(header::COOKIE, cookie.as_str())];
    let page = s.get("/cylinders/01103000007", &headers).await.text();
    assert!(page.contains("作废标签") && page.contains("/tags/void?tag=01103000007"), "{page}");
    assert!(!page.contains("/tags/void?tag=T1"), "what is void is not voided again");
    assert!(s.get("/tags/series", &headers).await.text().contains("01103001600"));
    assert_eq!(s.audit().await, ["tag.issue", "tag.issue", "tag.bind", "tag.void", "tag.void"]);
    s.verified().await;
}

async fn duplicates_are_settled_and_labels_printed(s: Server) {
    register(&s).await;
    let (_, cookie) = s.account("boss", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
    let (_, south) = s.account("south", &[Role::EnterpriseAdmin], Scope::Org(s.south.org)).await;
    let site = s.gun.site.to_string();
    for tag in ["T2", "T3"] {
        let form = [
            ("tag", tag),
            ("site", site.as_str()),
            ("medium", "LPG"),
            ("model", "YSP35.5"),
            ("stamp_no", "S1"),
            ("maker", "百工"),
            ("made", "2024-05"),
        ];
        assert_eq!(post(&s, &cookie, "cylinder_register", &form, false).await.status, 200);
    }
    let list = async |cookie: &str| {
        let a = ask(&s, cookie, "collision_list", json!({ "kind": "stamp", "after": "" })).await.json();
        let pairs = a["pairs"].as_array().unwrap().clone();
        pairs.iter().map(|p| (p["one"]["id"].as_i64().unwrap(), p["other"]["id"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    let pairs = list(&cookie).await;
    assert_eq!((pairs.len(), list(&south).await.len()), (3, 0));
    let headers = [(header::COOKIE, cookie.as_str())];
    let page = s.get("/collisions?kind=stamp", &headers).await.text();
    assert!(page.contains("同厂同钢印号") && page.contains("collision_same"), "{page}");
    assert!(s.get("/collisions?kind=tag-stamp", &headers).await.text().contains("没有待处理"));
    assert_eq!(s.get("/collisions?after=x", &headers).await.status, 400);
    let settle = async |cookie: &str, what: &str, (one, other): (i64, i64), more: &[(&str, &str)]| {
        let (one, other) = (one.to_string(), other.to_string());
        let mut fields = vec![("kind", "stamp"), ("one", one.as_str()), ("other", other.as_str())];
        fields.extend(more);
        let (path, from) = (format!("/api/fn/collision_{what}"), "/collisions?kind=stamp");
        let (status, to, _) = s.form(&path, from, cookie, &fields).await;
        (status, to)
    };
    let (first, second) = (pairs[0], pairs[2]);
    // What is not meant, not there, or not in sight.
    let told = |why: &str| (302, format!("/collisions?kind=stamp&why={why}"));
    for (who, what, pair, more, why) in [
        (&cookie, "different", first, vec![], "field_reason"),
        (&cookie, "different", (first.1, first.0), vec![("reason", "r")], "not_found"),
        (&south, "different", first, vec![("reason", "r")], "not_found"),
        (&cookie, "same", first, vec![("reason", "r"), ("stays", "one")], "field_sure"),
        (&cookie, "same", first, vec![("reason", "r"), ("stays", "both"), ("sure", "yes")], "field_stays"),
        (&south, "same", first, vec![("reason", "r"), ("stays", "one"), ("sure", "yes")], "not_found"),
    ] {
        let answer = settle(who, what, pair, &more).await;
        assert!(answer.0 < 400 && answer.1.starts_with("/collisions?kind=stamp"), "{answer:?}");
        assert!(answer == told(why) || answer.1.contains("why="), "{what} {more:?}: {answer:?}");
    }
    assert_eq!(list(&cookie).await, pairs, "nothing was settled by any of these");
    let done = settle(&cookie, "different", first, &[("reason", "自重不同"), ("back", "//evil.example")]).await;
    assert_eq!(done.1, "/collisions?done=saved");
    assert_eq!(list(&cookie).await, pairs[1..]);
    let merge = [("reason", "同一只"), ("stays", "one"), ("sure", "yes"), ("back", "/collisions?kind=stamp")];
    let done = settle(&cookie, "same", second, &merge).await;
    assert_eq!(done.1, "/collisions?kind=stamp&done=saved");
    assert_eq!(list(&cookie).await, vec![], "the third file is closed, and makes no pair");
    let closed = s.get("/cylinders/T3", &headers).await.text();
    assert!(closed.contains("保留档案: T2") && closed.contains("同一只"), "{closed}");

    // Labels: of what is there, in the order asked; nothing of others.
    let sheet = async |cookie: &str, codes: &[&str]| ask(&s, cookie, "label_sheet", json!({ "codes": codes })).await;
    let made = sheet(&cookie, &["T2", "T9", "T1"]).await.json();
    let codes: Vec<&str> =
        made["labels"].as_array().unwrap().iter().map(|l| l["label"]["code"].as_str().unwrap()).collect();
    assert_eq!((codes, made["left_out"].as_i64()), (vec!["T2", "T1"], Some(1)));
    assert_eq!(sheet(&south, &["T1"]).await.json()["labels"], json!([]));
    let many: Vec<String> = (0..5_000).map(|i| format!("N{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(sheet(&cookie, &many).await.status, 200);
    let page = s.get("/labels?code=T1&code=T2", &headers).await.text();
    assert!(page.contains("data-code=\"T1\"") && page.contains("data-code=\"T2\"") && page.contains("/q/T1"), "{page}");
    assert!(s.get("/labels", &headers).await.text().contains("没有选中可打印的钢瓶"));
    assert!(s.get("/cylinders", &headers).await.text().contains("打印标签"));
    let audit = s.audit().await;
    assert_eq!(audit[2..], ["collision.different", "collision.same"]);
    s.verified().await;
}

#[test]
fn duplicates_are_settled_sqlite() {
    on_sqlite(duplicates_are_settled_and_labels_printed);
}

#[test]
fn duplicates_are_settled_postgres() {
    on_postgres(duplicates_are_settled_and_labels_printed);
}

#[test]
fn a_file_is_put_right_sqlite() {
    on_sqlite(a_file_is_put_right);
}

#[test]
fn a_file_is_put_right_postgres() {
    on_postgres(a_file_is_put_right);
}

#[test]
fn tags_are_issued_and_voided_sqlite() {
    on_sqlite(tags_are_issued_and_voided);
}

#[test]
fn tags_are_issued_and_voided_postgres() {
    on_postgres(tags_are_issued_and_voided);
}
