//! The archive over HTTP: questions nobody can mean, and a cylinder that is registered by hand.

use crate::support::{Answer, Server, run};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{list::encode, permission::Role, scope::Scope};
use serde_json::{Value, json};

const FORM: [(&str, &str); 9] = [
    ("tag", "9900112233"),
    ("medium", "LPG"),
    ("model", "YSP35.5"),
    ("stamp_no", "HAND-1"),
    ("maker", "江苏民生"),
    ("made", "2024-05"),
    ("inspected", "2024-05"),
    ("tare_kg", "16.4"),
    ("valve", "YSF-2"),
];

async fn ask(s: &Server, cookie: &str, query: Value) -> Answer {
    let r = Request::builder()
        .method("POST")
        .uri("/api/fn/cylinder_list")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, cookie);
    s.send(r.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await
}

/// Sends the form as a browser does; `html` as one that has no module.
async fn post(s: &Server, cookie: &str, changes: &[(&str, &str)], html: bool) -> Answer {
    let site = s.gun.site.to_string();
    let mut fields: Vec<(&str, &str)> = FORM.to_vec();
    fields.push(("site", &site));
    for (name, value) in changes {
        fields.retain(|f| f.0 != *name);
        fields.push((name, value));
    }
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("values%5B{n}%5D={}", encode(v))).collect();
    let r = Request::builder()
        .method("POST")
        .uri("/api/fn/cylinder_register")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, if html { "text/html,*/*" } else { "application/json" })
        .header(header::COOKIE, cookie);
    s.send(r.body(Body::from(body.join("&"))).unwrap()).await
}

fn fields(a: &Answer) -> Vec<String> {
    assert_eq!(a.status, StatusCode::OK, "{}", a.text());
    a.json()["faults"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_nobody_can_mean_is_a_400_that_names_it() {
    run(async {
        let s = Server::new().await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let good = json!({"filters": {}, "sort": "", "descending": false, "size": 20, "from": "start"});
        let with = |name: &str, value: Value| {
            let mut q = good.clone();
            q[name] = value;
            q
        };
        for (query, field) in [
            (with("sort", json!("password")), "sort"),
            (with("filters", json!({"org": "x"})), "org"),
            (with("filters", json!({"q": "a\u{0}b"})), "q"),
            (with("filters", json!({"q": "9".repeat(5_000)})), "q"),
            (with("filters", json!({"as_of": "0000-00-00"})), "as_of"),
            (with("filters", json!({"nothing": "x"})), "filter"),
            (with("from", json!({"after": "zz"})), "cursor"),
            (with("from", json!({"before": "6e".repeat(20_000)})), "cursor"),
        ] {
            let a = ask(&s, &cookie, query.clone()).await;
            assert_eq!((a.status.as_u16(), a.json()), (400, json!({"error": "invalid", "detail": field})), "{query}");
        }
        for query in
            [with("size", json!(-1)), with("size", json!("20")), with("from", json!("middle")), json!(null), json!([])]
        {
            assert_eq!(ask(&s, &cookie, query.clone()).await.status, StatusCode::BAD_REQUEST, "{query}");
        }
        let headers = [(header::COOKIE, cookie.as_str())];
        for (path, status) in [
            ("/cylinders", 200),
            ("/cylinders?size=7&dir=up&nothing=1", 200),
            ("/cylinders?after=zz", 400),
            ("/cylinders?sort=%00", 400),
            ("/cylinders?q=%FF%FE", 200),
            ("/cylinders?made_from=0", 400),
            ("/cylinders/none", 404),
            ("/cylinders/%00", 404),
            ("/search?q=%27%3B--", 200),
            ("/search?q=%00", 400),
            ("/cylinders/new?checked=1&taken=nobody&tag=%3Cb%3E", 200),
        ] {
            let a = s.get(path, &headers).await;
            assert_eq!(a.status.as_u16(), status, "{path}");
            assert!(!a.text().contains("value=\"<b>"), "{path}");
        }
    });
}

#[test]
fn a_cylinder_is_registered_through_the_ledger() {
    run(async {
        let s = Server::new().await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let headers = [(header::COOKIE, cookie.as_str())];
        assert_eq!(fields(&post(&s, &cookie, &[("made", "2030-01"), ("tag", "")], false).await), ["tag", "made"]);
        // A station that stands for no place, a model and a medium that nobody knows.
        for (field, value) in [("site", "999999"), ("model", "XYZ"), ("medium", "AIR")] {
            assert_eq!(fields(&post(&s, &cookie, &[(field, value)], false).await), [field]);
        }
        assert_eq!(s.get("/cylinders/9900112233", &headers).await.status, StatusCode::NOT_FOUND);

        let a = post(&s, &cookie, &[], false).await;
        assert_eq!((a.status, a.json()), (StatusCode::OK, json!({"done": "/cylinders/9900112233"})));
        let page = s.get("/cylinders/9900112233", &headers).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("HAND-1"));
        // Its tag is taken now; another is not, and each has a number of the ledger.
        assert_eq!(fields(&post(&s, &cookie, &[("stamp_no", "HAND-2")], false).await), ["tag"]);
        let a = post(&s, &cookie, &[("tag", "9900112244")], false).await;
        assert_eq!(a.json(), json!({"done": "/cylinders/9900112244"}));
        let report = data::verify::run(&s.state.db, &s.state.rules.now()).await.unwrap();
        assert!(report.is_clean() && report.named.is_empty(), "{:#?}", report.named);
    });
}

#[test]
fn a_form_without_its_module_goes_on_or_comes_back() {
    run(async {
        let s = Server::new().await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let headers = [(header::COOKIE, cookie.as_str())];
        let location = |a: &Answer| {
            assert_eq!(a.status, StatusCode::FOUND, "{}", a.text());
            a.headers[header::LOCATION].to_str().unwrap().to_owned()
        };
        let back = location(&post(&s, &cookie, &[("made", "<2030>")], true).await);
        assert!(back.starts_with("/cylinders/new?checked=1&"), "{back}");
        let page = s.get(&back, &headers).await.text();
        assert!(
            page.contains("value=\"HAND-1\"") && page.contains("value=\"&lt;2030&gt;\""),
            "what was entered is there"
        );
        assert!(page.contains("日期应如 2021-05"), "what is wrong is there");
        assert_eq!(location(&post(&s, &cookie, &[], true).await), "/cylinders/9900112233");
        let taken = location(&post(&s, &cookie, &[], true).await);
        assert!(s.get(&taken, &headers).await.text().contains("已被占用"), "{taken}");
        // From another site nothing is taken.
        let evil = [(header::COOKIE, cookie.as_str()), (header::ORIGIN, "http://evil.example")];
        let r = Request::builder().method("POST").uri("/api/fn/cylinder_register");
        let r = evil.iter().fold(r, |r, (n, v)| r.header(n, *v));
        assert_eq!(s.send(r.body(Body::from("values[tag]=T9")).unwrap()).await.status, StatusCode::FORBIDDEN);
    });
}
