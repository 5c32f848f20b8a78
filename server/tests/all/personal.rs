//! Nobody's number leaves the office: every answer that anybody gets, every frame of the feed and every export, with numbers of people in every
//! text that the record holds.

use crate::{
    cases::{plain, send, told},
    events::register,
    feed::{connect, listen},
    support::{NORTH, NOW, Server, encoded, on_postgres, on_sqlite},
};
use axum::http::header;
use data::{contact, export};
use domain::{
    message::{Contact, Quiet},
    permission::Role,
    scope::{Scope, Viewer},
};
use futures_util::StreamExt;
use serde_json::json;
use server::{
    commands::import::take,
    export::{Format, Wanted},
    import::{preset, read_table},
};
use std::{collections::BTreeSet, fs, time::Duration};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

const PHONE: &str = "13912345678";
const ID: &str = "41010519900307123X";

/// Numbers of people: a run of 11 digits that begins like a mobile phone's, and 17 digits with a digit or X behind. On purpose not the
/// reader of `domain::personal`, which this is to find out about.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let all = |n: usize| run.bytes().take(n).all(|b| b.is_ascii_digit());
        let phone = run.len() == 11 && all(11) && run.starts_with('1') && run.as_bytes()[1] >= b'3';
        let id = run.len() == 18 && all(17) && run.ends_with(|c: char| c.is_ascii_digit() || c == 'X' || c == 'x');
        if phone || id {
            found.insert(run.to_owned());
        }
    }
    found
}

/// Every text that somebody can write holds a number.
async fn record(s: &Server) -> (String, String) {
    register(s).await;
    let said = format!("李四 {PHONE} {ID}");
    let mut fill = s.fill(1);
    fill.operator = format!("李四{PHONE}");
    s.record(&s.gun, &[fill]).await;
    let event = |kind: &str, seq: u64, more: serde_json::Value| {
        let at = domain::clock::rfc3339(s.clock.now());
        let mut e = json!({ "kind": kind, "epoch": 1, "seq": seq, "tag": "T1", "at": at, "operator": ID });
        e.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        e
    };
    let delivered = event("DELIVER", 1, json!({ "target": format!("经三路 1 号 {said}") }));
    let told_of = s.events(&s.office("delivery").await, &[delivered]).await;
    assert_ne!(told_of[0]["status"], "REJECTED", "{told_of:?}");
    let customers = format!(
        "客户编号,客户名称,客户地址,行政区域,联系人,联系电话,客户状态,客户类型,操作\n4101050001,{said},经三路 {PHONE},河南省/郑州市/金水区,{said},{PHONE},正常,企业,修改\n"
    );
    let table = read_table(customers.as_bytes(), "t.csv").unwrap();
    take(&s.state.db, preset::find("customers").unwrap(), &table, "hash", "北郊气站", NOW).await.unwrap();
    let (account, _) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
    let txn = s.state.db.begin_write().await.unwrap();
    let own = Contact { phone: PHONE.into(), mail: "a@example.cn".into(), quiet: Some(Quiet::NEVER), digest: false };
    contact::put(&txn, &s.state.access.master, account, &own, NOW).await.unwrap();
    txn.commit().await.unwrap();
    // A report by somebody who is named, and writes his number into the text as well.
    let fields = [
        ("track", "report"),
        ("key", "0123456789abcdef0123456789abcdef"),
        ("lang", "zh"),
        ("tag", "T1"),
        ("title", &format!("打 {PHONE} 没人接")),
        ("text", &format!("送气工 {said}")),
        ("wish", &format!("请回电 {PHONE}")),
        ("place", &format!("经三路 {PHONE}")),
        ("name", "李四"),
        ("phone", PHONE),
    ];
    let sent = send(s, "/complain", &fields, &[]).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(numbers(&sent.text()), BTreeSet::new(), "what a form answers");
    let mine = (told(&sent.text(), "number"), told(&sent.text(), "code"));
    let officer = s.session(account).await;
    for (act, note, seen) in [("file", "", "1"), ("reply", &*format!("已联系 {said}"), "2")] {
        let fields = [("id", "1"), ("values[act]", act), ("values[note]", note), ("values[seen]", seen)];
        let (status, to, a) = s.form("/api/fn/case_act", "/cases/1", &officer, &fields).await;
        assert!(status == 302 && to.contains("done=saved"), "{act}: {status} {to} {}", a.text());
    }
    mine
}

async fn nobody_is_told_a_number(s: Server) {
    let (number, code) = record(&s).await;
    // They are there to be found: in the record itself.
    let stored = data::customer::page(&s.state.db, Viewer::SYSTEM, 0, 10).await.unwrap();
    assert!(stored.iter().any(|c| numbers(&c.phone).contains(PHONE)));

    let token = s.state.access.master.label_token("T1");
    let mut public = vec![];
    for path in [
        "/q/T1",
        &format!("/q/T1?k={token}"),
        &format!("/q/T1?k={token}&lang=en&big=1"),
        "/q/S1",
        "/Q?id=T1",
        "/L?id=T1",
        "/q/nothing",
        "/complain",
        &format!("/complain?scan=1&tag=T1&title={}", encoded("瓶")),
        "/case",
        "/rating",
        &format!("/rating?q={}", encoded("北郊")),
        "/news",
        "/news/feed.xml",
        "/login",
        "/nowhere",
        "/api/v1/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        let a = s.get(path, &[]).await;
        assert!(!a.status.is_server_error(), "{path}: {}", a.status);
        public.push((path.to_owned(), a.text()));
    }
    let own = plain(&s, "/case", &[("number", &number), ("code", &code)]).await.text();
    assert!(own.contains("139****5678"), "{own}");
    public.push(("/case with its code".into(), own));
    for (path, text) in public {
        assert_eq!(numbers(&text), BTreeSet::new(), "{path}: {text}");
    }

    // The feed, of whoever may listen to it.
    let (at, display) = (listen(&s).await, s.pair().await);
    let channels = ["city".to_owned(), format!("district:{NORTH}"), format!("org:{}", s.gun.org)];
    let mut sockets = vec![];
    for scope in &channels {
        let query = format!("?scope={scope}");
        sockets.push((scope, connect(at, &query, &[(header::COOKIE, &display)]).await.unwrap()));
    }
    let mut later = s.fill(2);
    later.operator = format!("王五 {PHONE}");
    s.record(&s.gun, &[later]).await;
    for (scope, mut socket) in sockets {
        let mut heard = String::new();
        // A beat comes each second: the feed never falls silent.
        let listening = async {
            while let Some(Ok(m)) = socket.next().await {
                if let Message::Text(t) = m {
                    heard.push_str(&t);
                }
            }
        };
        let _ = timeout(Duration::from_secs(3), listening).await;
        assert!(heard.contains("\"T2\""), "{scope} heard of the fill: {heard}");
        assert_eq!(numbers(&heard), BTreeSet::new(), "{scope}: {heard}");
    }

    // Every export there is.
    let mut written = 0;
    for rows in export::all() {
        for zh in [true, false] {
            let wanted = Wanted {
                owner: "display:1".into(),
                viewer: Viewer { scope: Scope::City },
                what: rows.name.into(),
                format: Format::Csv,
                zh,
                as_of: domain::clock::local_day(NOW),
                filter: String::new(),
            };
            let id = s.state.exports.begin(wanted).await.unwrap();
            assert!(s.state.exports.step(&CancellationToken::new()).await.unwrap(), "{}", rows.name);
            let file = s.config.data_dir.join("exports").join(format!("{id}.csv"));
            let text = fs::read_to_string(file).unwrap();
            assert_eq!(numbers(&text), BTreeSet::new(), "{}: {text}", rows.name);
            written += usize::from(text.lines().count() > 1);
        }
    }
    assert!(written >= 10, "{written} exports had rows");
    s.verified().await;
}

mod on_both {
    use super::*;

    #[test]
    fn on_sqlite_too() {
        on_sqlite(nobody_is_told_a_number);
    }

    #[test]
    fn on_postgres_too() {
        on_postgres(nobody_is_told_a_number);
    }
}
