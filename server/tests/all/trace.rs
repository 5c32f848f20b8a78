//! The trace of a cylinder over HTTP: as it is known, as it was known, and times nobody can mean.

use crate::{
    events::register,
    support::{Answer, Server, run},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{list::encode, permission::Role, scope::Scope, trace::known_text};
use serde_json::json;

const HOUR: i64 = 3_600_000;

async fn page(s: &Server, cookie: &str, path: &str) -> Answer {
    s.get(path, &[(header::COOKIE, cookie)]).await
}

#[test]
fn the_page_tells_what_was_known_then() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let (account, _) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let registered = s.clock.now();
        s.clock.shift(2 * HOUR);
        let cookie = s.session(account).await;
        s.record(&s.gun, &[s.fill(1)]).await;
        let now = page(&s, &cookie, "/cylinders/T1/trace").await;
        assert_eq!(now.status, StatusCode::OK);
        let html = now.text();
        for text in ["钢瓶轨迹", "现在能否充装", "充装核验", "轨迹图", "data-testid=\"way\"", "14.53", "站点扫描"]
        {
            assert!(html.contains(text), "{text}");
        }
        let then = encode(&known_text(registered + HOUR));
        let html = page(&s, &cookie, &format!("/cylinders/T1/trace?known={then}")).await.text();
        for text in ["当时充装闸会怎么说", "此后入库的 1 条记录未计入", "没有称重记录", "回到现在"]
        {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("14.53"));
        let english = page(&s, &cookie, &format!("/cylinders/T1/trace?lang=en&known={then}")).await.text();
        assert!(english.contains("1 records that came later are left out"), "{english}");
        let before = encode(&known_text(registered - HOUR));
        let html = page(&s, &cookie, &format!("/cylinders/T1/trace?known={before}")).await.text();
        assert!(html.contains("当时尚未登记") && html.contains("data-testid=\"not-yet\""));
        assert_eq!(page(&s, &cookie, "/cylinders/999999/trace").await.status, StatusCode::NOT_FOUND);
        s.verified().await;
    });
}

#[test]
fn a_time_nobody_can_mean_is_named() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        for known in
            ["now", "2026-13-01T00:00", "2026-11-21", "99999-01-01T00:00", "-1", "' OR 1=1", "2026-11-21T16:05\u{0}"]
        {
            let r = Request::post("/api/fn/cylinder_trace")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::COOKIE, &cookie)
                .body(Body::from(json!({"code": "T1", "known": known}).to_string()))
                .unwrap();
            let a = s.send(r).await;
            assert_eq!(
                (a.status.as_u16(), a.json()),
                (400, json!({"error": "invalid", "detail": "known"})),
                "{known:?}"
            );
            let a = page(&s, &cookie, &format!("/cylinders/T1/trace?known={}", encode(known))).await;
            assert!(a.text().contains("时间无法识别"), "{known:?}");
        }
    });
}
