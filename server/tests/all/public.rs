//! What anybody is told by a code: as much as its label deserves, never whose kitchen it stands in, and never a fault of ours for what
//! was typed.

use crate::{
    events::register,
    support::{Answer, NOW, SOUTH, Server, encoded, on_postgres, on_sqlite, run},
};
use axum::http::{HeaderName, StatusCode, header};
use domain::{permission::Role, scope::Scope};
use serde_json::json;

/// What a page with everything it needs may weigh, bytes (issue: 30 KiB in all).
const PAGE_MAX: usize = 30 * 1024;

/// A code with its label's token.
fn signed(s: &Server, code: &str) -> String {
    format!("/q/{}?k={}", encoded(code), s.state.access.master.label_token(code))
}

/// A page that is whole by itself: nothing is loaded beside it, nothing foreign runs in it.
fn whole(a: &Answer) -> String {
    let html = a.text();
    assert!(a.body.len() <= PAGE_MAX, "{} bytes", a.body.len());
    let policy = a.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for foreign in
        [" src=", "<link rel=\"stylesheet", "@import", "url(", "http://", "https://", " onclick=", " onload="]
    {
        assert!(!html.contains(foreign), "{foreign} in {html}");
    }
    html
}

async fn a_label_is_told_as_much_as_it_deserves(s: Server) {
    register(&s).await;
    s.sql("UPDATE org SET phone = '0371-60000001', insured_until = '2027-01-01' WHERE name = '北郊气站'").await;
    s.record(&s.gun, &[s.fill(1)]).await;
    // Who brought it and to whom stands in the record of the delivery.
    let told = s.events(&s.office("delivery").await, &[delivery(&s, 1)]).await;
    assert_eq!(told[0]["status"], "ACCEPTED", "{told:?}");
    let bare = s.get("/q/T1", &[]).await;
    assert_eq!(bare.status, StatusCode::OK);
    let html = whole(&bare);
    for text in ["S1", "北郊气站", "0371-60000001", "tel:037160000001", "下次检验", "没有防伪签名", "2027-01-01"]
    {
        assert!(html.contains(text), "{text} in {html}");
    }
    for text in ["最近充装", "14.18", "流转过程", "制造单位"] {
        assert!(!html.contains(text), "{text} without a token");
    }
    let whole_page = whole(&s.get(&signed(&s, "T1"), &[]).await);
    for text in ["最近充装", "14.18 kg", "流转过程", "制造单位", "2026-11-21"] {
        assert!(whole_page.contains(text), "{text} in {whole_page}");
    }
    for secret in ["13912345678", "李四", "经三路", "F01"] {
        assert!(!html.contains(secret) && !whole_page.contains(secret), "{secret}");
    }
    // A token of another label is none.
    let other = s.state.access.master.label_token("T2");
    assert!(!s.get(&format!("/q/T1?k={other}"), &[]).await.text().contains("最近充装"));
    let english = s.get(&format!("{}&lang=en&big=1", signed(&s, "T1")), &[]).await.text();
    assert!(english.contains("Last filled") && english.contains("class=\"big\"") && english.contains("lang=\"en\""));
    // By its stamped number, too; and by what the form sends.
    assert!(s.get("/q/S1", &[]).await.text().contains("北郊气站"));
    let to = s.get("/q?code=+S1+&lang=en", &[]).await;
    assert_eq!((to.status, &to.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/q/S1?lang=en".parse().unwrap()));
    s.verified().await;
}

mod on_both {
    use super::*;

    #[test]
    fn on_sqlite_too() {
        on_sqlite(a_label_is_told_as_much_as_it_deserves);
    }

    #[test]
    fn on_postgres_too() {
        on_postgres(a_label_is_told_as_much_as_it_deserves);
    }
}

fn delivery(s: &Server, seq: u64) -> serde_json::Value {
    json!({
        "kind": "DELIVER", "epoch": 1, "seq": seq, "tag": "T1", "at": domain::clock::rfc3339(s.clock.now()),
        "operator": "李四13912345678", "target": "经三路 1 号",
    })
}

#[test]
fn the_light_is_that_of_the_gravest_finding() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let light = async |path: &str| {
            let html = s.get(path, &[]).await.text();
            let at = html.find("class=\"light ").map(|i| &html[i + 13..]).unwrap_or_default();
            (at.split('"').next().unwrap_or_default().to_owned(), html)
        };
        assert_eq!(light("/q/T1").await.0, "green");
        let state = async |set: &str| s.sql(&format!("UPDATE cylinder_state SET {set} WHERE cylinder_id > 0")).await;
        let day = domain::clock::local_day(NOW);
        // Not own comes first by rank; that it is overdue is what counts for who cooks with it.
        state(&format!("flags = {}, due = {}", domain::ledger::flag::NOT_OWN, day - 1)).await;
        let (colour, html) = light("/q/T1").await;
        assert!(colour == "red" && html.contains("已过检验日期") && html.contains("非登记单位充装"), "{html}");
        state(&format!("flags = 0, due = {}", day + 3)).await;
        assert_eq!(light("/q/T1").await.0, "yellow");
        state(&format!("due = {}, life_end = {}", day - 1, day - 1)).await;
        assert!(light("/q/T1").await.1.contains("超过使用年限"));
        state(&format!("due = {}, life_end = {}", day + 900, day + 900)).await;
        assert_eq!(light("/q/T1").await.0, "green");
        // A leak was found after it was filled.
        state(&format!("custody = {}", domain::ledger::Custody::Held.number())).await;
        let (colour, html) = light("/q/T1").await;
        assert!(colour == "red" && html.contains("已封存") && !html.contains("可以正常使用"), "{html}");
        state(&format!("custody = {}", domain::ledger::Custody::InUse.number())).await;
        // A label that was taken off: of what it was on nothing is said.
        s.sql("UPDATE tag SET state = 2 WHERE code = 'T1'").await;
        s.sql("INSERT INTO tag (code, state, cylinder_id) SELECT 'N1', 1, id FROM cylinder").await;
        s.sql("UPDATE cylinder SET tag = 'N1'").await;
        for path in ["/q/T1".to_owned(), "/q/%20t1".to_owned(), signed(&s, "T1")] {
            let (colour, html) = light(&path).await;
            assert!(colour == "red" && html.contains("标签已作废"), "{path}: {html}");
            for text in ["可以正常使用", "N1", "最近充装"] {
                assert!(!html.contains(text), "{path}: {text}");
            }
        }
        assert_eq!(light("/q/N1").await.0, "green");
        // One that never was a cylinder's is not looked for among stamped numbers.
        s.sql("INSERT INTO tag (code, state, cylinder_id) VALUES ('S1', 2, NULL)").await;
        assert_eq!(s.get("/q/S1", &[]).await.status, StatusCode::NOT_FOUND);
        let none = s.get("/q/NOBODY", &[]).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert!(whole(&none).contains("查无此瓶"));
    });
}

#[test]
fn addresses_of_printed_labels_live() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        s.sql("UPDATE tag SET code = '01101000001' WHERE code = 'T1'").await;
        s.sql("UPDATE cylinder SET tag = '01101000001' WHERE tag = 'T1'").await;
        let k = s.state.access.master.label_token("01101000001");
        for path in [
            "/Q/?id=41010501101000001",
            "/q?id=41010501101000001",
            "/Q?id=41010501101000001",
            "/L?id=41010501101000001",
            "/Q?id=110000+01101000001",
            "/q/01101000001",
        ] {
            let a = s.get(path, &[]).await;
            assert!(a.status == 200 && a.text().contains("没有防伪签名"), "{path}: {}", a.text());
        }
        let a = s.get(&format!("/Q?id=41010501101000001&k={k}"), &[]).await;
        assert!(a.text().contains("最近充装"), "{}", a.text());
        // However the code is written, the token is its.
        let pasted = encoded(&format!("https://q.example/Q?id=41010501101000001&k={k}"));
        for path in [format!("/q/41010501101000001?k={k}"), format!("/q/{pasted}")] {
            assert!(s.get(&path, &[]).await.text().contains("最近充装"), "{path}");
        }
        // A browser that is set to English can be switched to Chinese.
        let english = s.get("/q/01101000001", &[(header::ACCEPT_LANGUAGE, "en-GB")]).await.text();
        assert!(english.contains("Next inspection") && english.contains("/q/01101000001?lang=zh"), "{english}");
        let chinese = s.get("/q/01101000001?lang=zh", &[(header::ACCEPT_LANGUAGE, "en-GB")]).await.text();
        assert!(chinese.contains("下次检验"), "{chinese}");
        // A link to this page in another language keeps what was asked.
        assert!(a.text().contains(&format!("/q/01101000001?k={k}&amp;lang=en")), "{}", a.text());
    });
}

#[test]
fn nothing_that_is_typed_is_a_fault_or_runs() {
    run(async {
        let s = Server::new().await;
        let long = "9".repeat(5_000);
        let codes = [
            "<script>alert(1)</script>",
            "\" onmouseover=\"alert(1)",
            "' OR 1=1 --",
            "%",
            "_",
            "\0",
            "\u{202e}abc",
            "ￅ１２",
            "../../etc/passwd",
            "a/b",
            "钢瓶",
            "\u{1f4a3}",
            " ",
            long.as_str(),
            "\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
        ];
        for code in codes {
            for path in [
                format!("/q/{}", encoded(code)),
                format!("/q?code={}", encoded(code)),
                format!("/Q?id={}", encoded(code)),
                format!("/q/T1?k={}", encoded(code)),
                format!("/q/T1?lang={}&big={}", encoded(code), encoded(code)),
            ] {
                let a = s.get(&path, &[]).await;
                assert!(a.status.as_u16() < 500, "{path}: {}", a.status);
                let html = a.text();
                assert!(!html.contains("<script>alert") && !html.contains("=\"\" onmouseover"), "{path}: {html}");
                assert!(!a.headers.contains_key(header::SET_COOKIE), "{path}");
            }
        }
        for path in [
            "/q/%ff%fe",
            "/q/%00",
            "/Q",
            "/L?id",
            "/Q?id=%ff",
            "/q?code=%ff",
            "/q/",
            "/q?&&==&code",
            "/q?code=..",
            "/q?code=.",
        ] {
            let a = s.get(path, &[]).await;
            assert!(a.status.as_u16() < 500, "{path}: {}", a.status);
        }
    });
}

#[test]
fn who_tries_numbers_is_slowed_down_and_who_has_a_label_is_not() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let mut answered = 0;
        for n in 0..200 {
            let a = s.get(&format!("/q/0110100{n:04}"), &[]).await;
            match a.status.as_u16() {
                404 => answered += 1,
                429 => assert!(a.headers.contains_key(header::RETRY_AFTER) && a.text().contains("查询过于频繁")),
                other => panic!("{other}"),
            }
        }
        assert!((1..=30).contains(&answered), "{answered}");
        assert_eq!(s.get("/q/T1", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(s.get(&signed(&s, "T1"), &[]).await.status, StatusCode::OK);
        let (_, cookie) = s.account("officer", &[Role::CityRegulator], Scope::City).await;
        assert_eq!(s.get("/q/T1", &[(header::COOKIE, &cookie)]).await.status, StatusCode::OK);
        // What anybody writes into this header is not believed where no proxy of ours stands before.
        let forwarded = HeaderName::from_static("x-forwarded-for");
        assert_eq!(s.get("/q/T1", &[(forwarded, "203.0.113.9")]).await.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn staff_sees_more_within_its_own_scope() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let (_, own) = s.account("own", &[Role::Checker], Scope::Org(s.gun.org)).await;
        let (_, other) = s.account("other", &[Role::Checker], Scope::Org(s.south.org)).await;
        let (_, south) = s.account("south", &[Role::DistrictRegulator], Scope::District(SOUTH)).await;
        let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
        for (cookie, sees) in [(&own, true), (&city, true), (&other, false), (&south, false)] {
            let html = whole(&s.get("/q/T1", &[(header::COOKIE, cookie)]).await);
            assert_eq!(html.contains("工作人员可见"), sees, "{html}");
            assert_eq!(html.contains("/cylinders/T1/trace"), sees);
        }
    });
}
