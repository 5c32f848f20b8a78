//! Messages and documents as people work with them: plain forms, files that come with them, what each may fetch, and the line of the inbox.

use crate::support::{Answer, NORTH, SOUTH, Server, on_postgres, on_sqlite, run};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{permission::Role, scope::Scope};
use futures_util::StreamExt;
use image::{DynamicImage, ImageFormat, RgbImage};
use server::messages::live::SEATS_MAX;
use std::{io::Cursor, time::Duration};
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};
use tokio_util::sync::CancellationToken;

const LINE: &str = "boundary-of-the-parts";
const SCRIPT: &str = "</textarea><script>alert(1)</script>";

fn picture() -> Vec<u8> {
    let mut out = vec![];
    DynamicImage::from(RgbImage::new(40, 30)).write_to(&mut Cursor::new(&mut out), ImageFormat::Jpeg).unwrap();
    out
}

/// A form with files, as a browser posts it from a page of ours; tells where it leads.
async fn keep(s: &Server, cookie: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> (u16, String) {
    let mut body = vec![];
    for (name, value) in fields {
        body.extend(format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: a/b");
        body.extend(format!("--{LINE}\r\n{head}\r\n\r\n").bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{LINE}--\r\n").bytes());
    let r = Request::post("/attachments/draft")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={LINE}"))
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .body(Body::from(body))
        .unwrap();
    let a = s.send(r).await;
    (a.status.as_u16(), a.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned())
}

/// The number of a parameter in an address.
fn number(address: &str, name: &str) -> i64 {
    let query = address.split_once('?').unwrap_or_default().1;
    let found = query.split('&').find_map(|p| p.strip_prefix(&format!("{name}=")));
    found.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{name} in {address}"))
}

async fn page(s: &Server, cookie: &str, path: &str) -> String {
    let a: Answer = s.get(path, &[(header::COOKIE, cookie)]).await;
    assert_eq!(a.status, StatusCode::OK, "{path}: {}", a.text());
    a.text()
}

fn seen(html: &str) -> String {
    let at = html.find("name=\"seen\" value=\"").unwrap_or_else(|| panic!("{html}"));
    html[at + 19..].split('"').next().unwrap().to_owned()
}

async fn a_document_goes_out_with_its_files_and_comes_back_answered(s: Server) {
    let (_, chief) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
    let (_, north) = s.account("admin.n", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
    let (_, south) = s.account("admin.s", &[Role::EnterpriseAdmin], Scope::Org(s.south.org)).await;
    let (_, seat) = s.account("seat", &[Role::DistrictRegulator], Scope::District(NORTH)).await;
    let (_, away) = s.account("away", &[Role::DistrictRegulator], Scope::District(SOUTH)).await;
    let fields = |id: &str, title: &'static str, act: &'static str| {
        vec![
            ("form", "paper".to_owned()),
            ("id", id.to_owned()),
            ("values[number]", "郑市监〔2026〕1号".to_owned()),
            ("values[title]", title.to_owned()),
            ("values[issuer]", "市局".to_owned()),
            ("values[body]", format!("各单位:{SCRIPT}")),
            ("values[answer]", "yes".to_owned()),
            ("values[secret]", "x".to_owned()),
            ("orgs[]", s.gun.org.to_string()),
            ("act", act.to_owned()),
        ]
    };
    let send = async |cookie: &str, all: Vec<(&str, String)>, files: &[(&str, &[u8])]| {
        let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (*n, v.as_str())).collect();
        keep(&s, cookie, &all, files).await
    };
    // What is wrong is told, and nothing is lost: neither the text nor the file.
    let (status, to) = send(&chief, fields("0", "", "preview"), &[("../通知.jpg", &picture())]).await;
    assert_eq!(status, 303, "{to}");
    let draft = number(&to, "draft").to_string();
    let html = page(&s, &chief, &to).await;
    assert!(html.contains("通知.jpg") && html.contains("&lt;/textarea&gt;&lt;script&gt;"), "{html}");
    assert!(!html.contains("<script>alert"), "stored text is inert");
    // A file that is none is refused by its reason, and the rest is kept.
    let (_, to) =
        send(&chief, fields(&draft, "关于自查的通知", "preview"), &[("a.exe", b"MZ nothing that is taken")]).await;
    assert!(to.contains("file=unknown") && number(&to, "draft").to_string() == draft, "{to}");
    let (_, to) = send(&chief, fields(&draft, "关于自查的通知", "preview"), &[]).await;
    let html = page(&s, &chief, &to).await;
    assert!(html.contains("data-testid=\"parties\"") && !html.contains("<script>alert"), "{html}");
    let seen_now = seen(&html);
    let issue = async |cookie: &str, seen: &str| {
        s.form("/api/fn/paper_issue", "/papers/new", cookie, &[("id", &draft), ("seen", seen)]).await
    };
    assert!(issue(&chief, "1").await.1.contains("why=stale"), "another version");
    assert!(issue(&seat, &seen_now).await.1.contains("not_found"), "another's draft");
    let (status, to, _) = issue(&chief, &seen_now).await;
    assert_eq!(status, 302, "{to}");
    let at = to.split('?').next().unwrap().to_owned();
    assert!(issue(&chief, &seen_now).await.1.contains("not_found"), "once");

    // The party opens, signs for and answers it, with a file.
    let html = page(&s, &north, &at).await;
    assert!(html.contains("data-testid=\"sign\"") && !html.contains("<script>alert"), "{html}");
    let token = html.split("/files/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = format!("/files/{token}");
    let id = at.rsplit('/').next().unwrap().to_owned();
    assert!(s.form("/api/fn/paper_sign", &at, &north, &[("id", &id)]).await.1.contains("done=signed"));
    assert!(s.form("/api/fn/paper_sign", &at, &north, &[("id", &id)]).await.1.contains("why=stale"), "once");
    assert!(s.form("/api/fn/paper_sign", &at, &south, &[("id", &id)]).await.1.contains("not_found"), "no party");
    let reply =
        [("form", "answer"), ("about", id.as_str()), ("id", "0"), ("values[answer]", SCRIPT), ("act", "preview")];
    let (_, to) = keep(&s, &north, &reply, &[("自查表.jpg", &picture())]).await;
    let html = page(&s, &north, &to).await;
    assert!(html.contains("data-testid=\"answer\"") && !html.contains("<script>alert"), "{html}");
    let (kept, version) = (number(&to, "draft").to_string(), seen(&html));
    let fields = [("id", id.as_str()), ("draft", kept.as_str()), ("seen", version.as_str())];
    assert!(s.form("/api/fn/paper_answer", &at, &north, &fields).await.1.contains("done=answered"));
    let html = page(&s, &chief, &at).await;
    assert!(html.contains("自查表.jpg") && !html.contains("<script>alert"), "{html}");
    let replied = html.split("/files/").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let sheet = page(&s, &chief, &format!("{at}/sheet")).await;
    assert!(sheet.contains("公文签收单") && sheet.contains("name of admin.n"), "{sheet}");
    // Files go to whom the document concerns, and to nobody else.
    for (who, cookie, may) in [
        ("chief", &chief, true),
        ("north", &north, true),
        ("seat", &seat, true),
        ("south", &south, false),
        ("away", &away, false),
    ] {
        for f in [&file, &format!("/files/{replied}")] {
            let got = s.get(f, &[(header::COOKIE, cookie)]).await.status;
            assert_eq!(got == StatusCode::OK, may, "{who} {f}");
        }
    }
    let told: Vec<String> = s.audit().await.into_iter().filter(|a| a.starts_with("paper.")).collect();
    assert_eq!(told, ["paper.issue", "paper.open", "paper.sign", "paper.answer"]);
    s.verified().await;
}

mod on_both {
    use super::*;

    #[test]
    fn documents_on_sqlite() {
        on_sqlite(a_document_goes_out_with_its_files_and_comes_back_answered);
    }

    #[test]
    fn documents_on_postgres() {
        on_postgres(a_document_goes_out_with_its_files_and_comes_back_answered);
    }
}

#[test]
fn a_form_that_is_hostile_is_kept_small_or_refused() {
    run(async {
        let s = Server::new().await;
        let (_, chief) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (_, filler) = s.account("filler", &[Role::Filler], Scope::Org(s.gun.org)).await;
        let (_, admin) = s.account("admin", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
        let paper = [("form", "paper"), ("values[title]", "a\u{0}b")];
        assert_eq!(keep(&s, &filler, &paper, &[]).await.0, 403);
        assert_eq!(keep(&s, &admin, &paper, &[]).await.0, 403, "an enterprise issues nothing");
        assert_eq!(keep(&s, "", &paper, &[]).await.0, 303, "nobody signs in first");
        assert_eq!(keep(&s, &chief, &[("form", "x")], &[]).await.0, 403);
        let (status, to) = keep(&s, &chief, &paper, &[]).await;
        assert_eq!(status, 303);
        let html = page(&s, &chief, &format!("{to}&checked=1")).await;
        assert!(html.contains("控制字符"), "{html}");
        let long = "长".repeat(200_000);
        let (status, to) = keep(&s, &chief, &[("form", "paper"), ("values[body]", &long)], &[]).await;
        assert!(status == 303 && to.contains("file=too_large"), "{status} {to}");
        let many: Vec<(&str, &str)> =
            [("form", "paper")].into_iter().chain((0..5_000).map(|_| ("orgs[]", "1"))).collect();
        assert_eq!(keep(&s, &chief, &many, &[]).await.0, 303);
        let odd = Request::post("/attachments/draft")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::COOKIE, &chief)
            .body(Body::from("nothing of the kind"))
            .unwrap();
        assert!(s.send(odd).await.status.as_u16() < 500);
    });
}

#[test]
fn a_message_is_looked_over_sent_once_and_taken_back() {
    run(async {
        let s = Server::new().await;
        let (_, chief) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (admin, north) = s.account("admin.n", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
        let fields = [
            ("id", "0"),
            ("act", "preview"),
            ("values[title]", SCRIPT),
            ("values[body]", "{姓名}:请自查"),
            ("values[whom]", "districts"),
            ("districts[]", "410105"),
            ("channels[]", "sms"),
        ];
        let (status, to, _) = s.form("/api/fn/message_save", "/messages/new", &chief, &fields).await;
        assert_eq!(status, 302, "{to}");
        let draft = number(&to, "draft").to_string();
        let html = page(&s, &chief, &to).await;
        assert!(html.contains("name of admin.n:请自查") && !html.contains("<script>alert"), "{html}");
        let version = seen(&html);
        let fields = [("id", draft.as_str()), ("seen", version.as_str())];
        let (_, to, _) = s.form("/api/fn/message_send", "/messages/new", &chief, &fields).await;
        let at = to.split('?').next().unwrap().to_owned();
        assert!(to.contains("done=sending"), "{to}");
        let again = s.form("/api/fn/message_send", "/messages/new", &chief, &fields).await.1;
        assert!(again.contains("not_found"), "once: {again}");
        while s.state.messages.step(&CancellationToken::new()).await.unwrap() {}
        let id = at.rsplit('/').next().unwrap().to_owned();
        assert!(page(&s, &chief, &at).await.contains("未登记联系方式"), "why a text message did not go");
        let html = page(&s, &north, &format!("/inbox/{id}")).await;
        assert!(html.contains("data-testid=\"letter\"") && !html.contains("<script>alert"), "{html}");
        assert_eq!(data::message::unread(s.state.db.read(), admin).await.unwrap(), 0, "read by being opened");
        let act = [("id", id.as_str()), ("act", "recall")];
        assert!(s.form("/api/fn/message_act", &at, &chief, &act).await.1.contains("done=recalled"));
        assert!(page(&s, &north, &format!("/inbox/{id}")).await.contains("此消息已被撤回"));
        assert!(s.form("/api/fn/message_act", &at, &chief, &act).await.1.contains("why=stale"));
        // A number is taken in its one form, shown masked, and never told in the log.
        let contact = [("phone", "138 0000 1111"), ("mail", "")];
        assert!(s.form("/api/fn/contact_save", "/me", &north, &contact).await.1.contains("done=saved"));
        let html = page(&s, &north, "/me").await;
        assert!(html.contains("138****1111") && !html.contains("13800001111"), "{html}");
        assert!(s.form("/api/fn/contact_save", "/me", &north, &[("phone", "12345")]).await.1.contains("why=field"));
        s.verified().await;
    });
}

#[test]
fn the_line_of_the_inbox_tells_as_it_changes() {
    run(async {
        let s = Server::new().await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (_, north) = s.account("admin.n", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = s.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await });
        let open = async |cookie: &str| {
            let mut r = format!("ws://{address}/ws/inbox").into_client_request().unwrap();
            if !cookie.is_empty() {
                r.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
            }
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            tokio_tungstenite::client_async(r, stream).await.map(|s| s.0)
        };
        let refused = |said: Result<_, Error>, status: u16| match said {
            Err(Error::Http(r)) => assert_eq!(r.status().as_u16(), status),
            Err(other) => panic!("{other:?}"),
            Ok(()) => panic!("let in"),
        };
        refused(open("").await.map(drop), 401);
        let mut own = open(&north).await.unwrap();
        // So many windows of one account, and no more until one of them closes.
        let mut windows = vec![];
        for _ in 1..SEATS_MAX {
            windows.push(open(&north).await.unwrap());
        }
        refused(open(&north).await.map(drop), 429);
        drop(windows);
        let mut again = open(&north).await;
        for _ in 0..100 {
            if again.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            again = open(&north).await;
        }
        drop(again.unwrap());
        let next = async |own: &mut tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>| loop {
            match tokio::time::timeout(Duration::from_secs(5), own.next()).await.unwrap() {
                Some(Ok(Message::Text(t))) => return t.to_string(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(next(&mut own).await, "0");
        let c = domain::message::Composed {
            title: "通知".into(),
            body: "请自查".into(),
            channels: vec![domain::message::Channel::Inbox],
            audience: domain::message::Audience { whom: domain::message::Whom::All, roles: vec![] },
            send_at: s.clock.now(),
            urgent: false,
        };
        let txn = s.state.db.begin_write().await.unwrap();
        let viewer = domain::scope::Viewer { scope: Scope::City };
        data::message::compose(&txn, viewer, &c, (chief, s.clock.now())).await.unwrap();
        txn.commit().await.unwrap();
        while s.state.messages.step(&CancellationToken::new()).await.unwrap() {}
        assert_eq!(next(&mut own).await, "1");
        s.state.stop.cancel();
        serving.abort();
    });
}
