//! Pages, server functions and metrics: who gets in.

use crate::support::{Server, run};
use app::routes::{Access, PAGES, WALL};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, Request, StatusCode, header},
};
use domain::{clock::DAY_MS, permission::Permissions};
use server::{displays, web};
use std::net::SocketAddr;

const FUNCTION: &str = "/api/fn/cylinder_history";

/// The server functions that a display may call, with arguments that are good in form, and what an empty record answers.
/// All functions and all askers: `walk`.
const FUNCTIONS: [(&str, &str, (u16, &str)); 8] = [
    (FUNCTION, "{\"code\":\"431325\"}", (200, "null")),
    ("/api/fn/cylinder_trace", r#"{"code":"431325","known":""}"#, (200, "null")),
    ("/api/fn/cylinder_evidence", r#"{"code":"431325"}"#, (200, "null")),
    ("/api/fn/station_lines", "{\"site\":1}", (200, "[]")),
    ("/api/fn/alert_acknowledge", "{\"alert\":1}", (404, "{\"error\":\"not_found\"}")),
    ("/api/fn/who_am_i", "{}", (200, "null")),
    ("/api/fn/cylinder_detail", r#"{"code":"431325","as_of":""}"#, (200, "null")),
    ("/api/fn/search", r#"{"text":"431325"}"#, (200, r#"{"hits":[],"more":false}"#)),
];

/// Every page that a display may open, with something for its parameters.
fn pages() -> Vec<String> {
    PAGES
        .iter()
        .chain([&WALL])
        .filter(|p| match p.access {
            Access::Open => false,
            Access::SignedIn => true,
            Access::Account => false,
            Access::Needs(p) => Permissions::DISPLAY.has(p),
        })
        .map(|p| p.path.split('/').map(|s| if s.starts_with(':') { "431325" } else { s }).collect::<Vec<_>>().join("/"))
        .collect()
}

fn function(path: &str, method: &str, headers: &[(HeaderName, &str)], body: &str) -> Request<Body> {
    let mut r = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        r = r.header(name, *value);
    }
    r.body(Body::from(body.to_owned())).unwrap()
}

#[test]
fn nothing_is_shown_to_a_display_that_is_not_paired() {
    run(async {
        let s = Server::new().await;
        let good = s.pair().await;
        let (name, value) = good.split_once('=').unwrap();
        let (id, secret) = value.split_once('.').unwrap();
        let forged = [
            String::new(),
            format!("{name}="),
            format!("{name}={id}."),
            format!("{name}={id}"),
            format!("{name}=.{secret}"),
            format!("{name}=9{id}.{secret}"),
            format!("{name}={id}.{}", "0".repeat(64)),
            format!("{name}={id}.{secret}0"),
            format!("other={value}"),
        ];
        let functions: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
        assert!(functions.iter().any(|(p, _)| *p == FUNCTION), "{functions:?}");
        for cookie in &forged {
            let headers = [(header::COOKIE, cookie.as_str())];
            for page in pages() {
                let a = s.get(&page, &headers).await;
                if page == "/wall" {
                    assert_eq!(a.status, StatusCode::UNAUTHORIZED, "{page} {cookie}");
                    assert!(a.text().contains("未配对"), "{page}");
                } else {
                    assert_eq!(a.status, StatusCode::SEE_OTHER, "{page} {cookie}");
                    assert!(a.headers[header::LOCATION].to_str().unwrap().starts_with("/login"), "{page}");
                }
            }
            for (path, method) in functions.iter().filter(|(p, _)| !server::access::guard::OPEN_FUNCTIONS.contains(p)) {
                let a = s.send(function(path, method.as_str(), &headers, "{\"code\":\"431325\"}")).await;
                assert_eq!(a.status, StatusCode::UNAUTHORIZED, "{path} {cookie}");
            }
        }
        let headers = [(header::COOKIE, good.as_str())];
        for page in pages() {
            let a = s.get(&page, &headers).await;
            // There is no such cylinder in this record.
            let expected = if page.contains("431325") { StatusCode::NOT_FOUND } else { StatusCode::OK };
            assert_eq!(a.status, expected, "{page}");
            let policy = a.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
            assert_eq!(a.headers["x-content-type-options"], "nosniff");
        }
        for (path, body, answer) in FUNCTIONS {
            let a = s.send(function(path, "POST", &headers, body)).await;
            let (text, told) = (a.text(), answer.1);
            let is = told.strip_suffix('…').map_or(text == told, |start| text.starts_with(start));
            assert!(a.status.as_u16() == answer.0 && is, "{path}: {} {text}", a.status);
        }
        // Nobody but a machine or an operator is meant by these.
        for open in ["/healthz", "/readyz", "/api/v1/openapi.json", "/api/docs/"] {
            assert_eq!(s.get(open, &[]).await.status, StatusCode::OK, "{open}");
        }
        assert_eq!(s.get("/no/such/page", &[]).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_link_pairs_one_display_for_as_long_as_it_is_not_revoked() {
    run(async {
        let mut s = Server::new().await;
        let token = displays::offer(&s.state.db, &s.clock).await.unwrap();
        let link = format!("/wall?pair={token}");
        for wrong in ["/wall?pair=", "/wall?pair=x", &format!("/wall?pair={}", "0".repeat(64)), &format!("{link}0")] {
            assert_eq!(s.get(wrong, &[]).await.status, StatusCode::UNAUTHORIZED, "{wrong}");
        }
        let a = s.get(&link, &[(header::USER_AGENT, "a wall")]).await;
        assert_eq!((a.status, &a.headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/wall".parse().unwrap()));
        let set = a.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(
            ["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|w| set.contains(w)) && !set.contains("Secure"),
            "{set}"
        );
        let again = s.get(&link, &[]).await;
        assert_eq!(
            (again.status, again.headers.get(header::SET_COOKIE)),
            (StatusCode::UNAUTHORIZED, None),
            "it works once"
        );
        let cookie = set.split(';').next().unwrap().to_owned();
        let headers = [(header::COOKIE, cookie.as_str())];
        // The link in the address bar does no harm to the display that used it.
        assert_eq!(s.get(&link, &headers).await.status, StatusCode::SEE_OTHER);
        assert_eq!(s.get("/wall", &headers).await.status, StatusCode::OK);
        s.restart().await;
        assert_eq!(s.get("/wall", &headers).await.status, StatusCode::OK, "a pairing survives a restart");
        assert_eq!(s.get(&link, &[]).await.status, StatusCode::UNAUTHORIZED, "and so does a link's being used");

        let all = data::display::active(s.state.db.read()).await.unwrap();
        assert_eq!(all.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["a wall"]);
        assert!(!set.contains(&all[0].secret_hash), "the record does not hold the cookie");
        assert!(data::display::revoke(s.state.db.writer(), all[0].id, s.clock.now()).await.unwrap());
        s.state.displays.refresh().await.unwrap();
        assert_eq!(s.get("/wall", &headers).await.status, StatusCode::UNAUTHORIZED);
        s.restart().await;
        assert_eq!(s.get("/wall", &headers).await.status, StatusCode::UNAUTHORIZED);

        let token = displays::offer(&s.state.db, &s.clock).await.unwrap();
        s.clock.shift(DAY_MS + 1_000);
        assert_eq!(
            s.get(&format!("/wall?pair={token}"), &[]).await.status,
            StatusCode::UNAUTHORIZED,
            "a day later it is out of date"
        );
    });
}

#[test]
fn a_function_is_called_from_our_own_pages_only() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let call = async |origin: Option<&str>| {
            let mut headers = vec![(header::COOKIE, cookie.as_str()), (header::HOST, "wall.example")];
            headers.extend(origin.map(|o| (header::ORIGIN, o)));
            s.send(function(FUNCTION, "POST", &headers, "{\"code\":\"1\"}")).await
        };
        for origin in
            ["http://evil.example", "https://wall.example.evil", "http://wall.example:81", "null", "wall.example", ""]
        {
            assert_eq!(call(Some(origin)).await.problem(), (403, "FOREIGN_ORIGIN".into()), "{origin}");
        }
        for origin in [None, Some("http://wall.example"), Some("https://wall.example")] {
            assert_eq!(call(origin).await.status, StatusCode::OK, "{origin:?}");
        }
    });
}

#[test]
fn a_function_takes_no_more_than_it_needs() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let headers = [(header::COOKIE, cookie.as_str())];
        let large = format!("{{\"code\":\"{}\"}}", "1".repeat(256 * 1024));
        let mut r = function(FUNCTION, "POST", &headers, &large);
        r.headers_mut().insert(header::CONTENT_LENGTH, large.len().to_string().parse().unwrap());
        assert_eq!(s.send(r).await.problem(), (413, "BODY_TOO_LARGE".into()));
        // One that does not say how long it is, and one that breaks off.
        let a = s.send(function(FUNCTION, "POST", &headers, &large)).await;
        assert_eq!(a.problem(), (413, "BODY_TOO_LARGE".into()));
        let pieces = futures_util::stream::iter([Ok("{\"code\":"), Err(std::io::Error::other("gone"))]);
        let broken = function(FUNCTION, "POST", &headers, "").map(|_| Body::from_stream(pieces));
        assert_eq!(s.send(broken).await.problem(), (400, "BAD_BODY".into()));
        let nothing = format!("{{\"code\":\"{}\"}}", "1".repeat(65));
        for body in ["", "{", "{}", "[]", "{\"code\":1}", "{\"code\":\"\"}", nothing.as_str()] {
            let a = s.send(function(FUNCTION, "POST", &headers, body)).await;
            assert_eq!(a.status, StatusCode::BAD_REQUEST, "{body} {}", a.text());
        }
    });
}

#[test]
fn metrics_are_for_this_machine() {
    run(async {
        let mut s = Server::new().await;
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().unwrap();
        s.state.metrics = Some(recorder);
        s.router = web::router(s.state.clone(), &s.config.site_dir);
        let from = async |peer: &str, proxy: Option<&'static str>| {
            let mut r = Request::get("/metrics").body(Body::empty()).unwrap();
            r.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            if let Some(name) = proxy {
                r.headers_mut().insert(name, "for=1.2.3.4".parse().unwrap());
            }
            s.send(r).await
        };
        for peer in ["127.0.0.1:5", "127.9.9.9:5", "[::1]:5"] {
            let a = from(peer, None).await;
            assert_eq!(a.status, StatusCode::OK, "{peer}");
            assert!(a.text().contains("pingji_ledger_no 0"), "{}", a.text());
        }
        for peer in ["10.0.0.1:5", "192.168.1.7:5", "[2001:db8::1]:5", "0.0.0.0:5"] {
            let a = from(peer, None).await;
            assert_eq!((a.status, a.body.len()), (StatusCode::NOT_FOUND, 0), "{peer}");
        }
        for proxy in ["x-forwarded-for", "forwarded"] {
            assert_eq!(from("127.0.0.1:5", Some(proxy)).await.status, StatusCode::NOT_FOUND, "{proxy}");
        }
    });
}

#[test]
fn an_alert_is_taken_note_of_in_the_name_of_the_display() {
    run(async {
        let s = Server::new().await;
        let (one, two) = (s.pair().await, s.pair().await);
        s.record(&s.gun, &[s.fill(1)]).await;
        let open = data::alert::open(s.state.db.read(), None).await.unwrap();
        let no = open[0].no;
        let note = async |cookie: &str, body: String| {
            s.send(function("/api/fn/alert_acknowledge", "POST", &[(header::COOKIE, cookie)], &body)).await
        };
        for body in [
            "",
            "{",
            "{}",
            "{\"alert\":-1}",
            "{\"alert\":\"1\"}",
            "{\"alert\":1.5}",
            "{\"alert\":99999999999999999999}",
        ] {
            assert_eq!(note(&one, body.into()).await.status, StatusCode::BAD_REQUEST, "{body}");
        }
        for nothing in [0, 99_999, u64::MAX, 1 << 63] {
            assert_eq!(note(&one, format!("{{\"alert\":{nothing}}}")).await.status, StatusCode::NOT_FOUND, "{nothing}");
        }
        let body = format!("{{\"alert\":{no}}}");
        let a = note(&two, body.clone()).await;
        assert_eq!((a.status, a.text().as_str()), (StatusCode::OK, "true"));
        let a = note(&one, body).await;
        assert_eq!((a.status, a.text().as_str()), (StatusCode::OK, "false"));
        let acks: Vec<(i64, i64, i64)> = {
            use sea_orm::EntityTrait;
            let all = data::alert::ack::Entity::find().all(s.state.db.read()).await.unwrap();
            all.into_iter().map(|a| (a.alert_no, a.display_id, a.at / 60_000)).collect()
        };
        assert_eq!(acks, [(i64::try_from(no).unwrap(), 2, s.clock.now() / 60_000)]);
        s.verified().await;
    });
}

#[test]
fn the_lines_of_a_station_are_its_own() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        s.record(&s.gun, &(1..=20).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
        s.record(&s.south, &[s.fill(1)]).await;
        let ask = async |site: &str| {
            let body = format!("{{\"site\":{site}}}");
            s.send(function("/api/fn/station_lines", "POST", &[(header::COOKIE, cookie.as_str())], &body)).await
        };
        let lines = ask(&s.gun.site.to_string()).await.json();
        let lines = lines.as_array().unwrap();
        assert_eq!(lines.len(), app::wall::api::STATION_LINES);
        assert!(lines.iter().all(|l| l["s"] == s.gun.site));
        assert!(lines.windows(2).all(|w| w[0]["n"].as_u64() > w[1]["n"].as_u64()), "newest first");
        for (site, status) in
            [("0", 404), ("-5", 404), ("9223372036854775807", 404), ("null", 400), ("\"1\"", 400), ("1e3", 400)]
        {
            assert_eq!(ask(site).await.status, status, "{site}");
        }
    });
}

#[test]
fn a_wrong_address_gets_a_page_and_a_program_a_problem() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        for headers in [&[(header::COOKIE, cookie.as_str())][..], &[]] {
            for path in [
                "/no/such/page",
                "/wall/x",
                "/no/cylinders",
                "/%E7%93%B6",
                "/a?b=c",
                "/..%2fetc",
                "/cylinders/1/history/2",
            ] {
                let a = s.get(path, headers).await;
                assert_eq!(a.status, StatusCode::NOT_FOUND, "{path}");
                assert!(a.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
                assert!(a.text().contains("没有这个页面"), "{path}: {}", a.text());
                assert!(a.headers.contains_key(header::CONTENT_SECURITY_POLICY));
            }
        }
        let a = s.get("/no/such/page?lang=en", &[]).await;
        assert!(a.text().contains("No such page") && a.text().contains("lang=\"en\""), "{}", a.text());
        for path in ["/api", "/api/x", "/api/v1/x", "/api/v2/fills"] {
            assert_eq!(s.get(path, &[]).await.problem(), (404, "NOT_FOUND".into()), "{path}");
        }
        for path in ["/pkg/x.js", "/map/x.geojson"] {
            let a = s.get(path, &[]).await;
            assert_eq!((a.status, a.body.len()), (StatusCode::NOT_FOUND, 0), "{path}");
        }
        let a = s.send(function("/no/such/page", "POST", &[], "{}")).await;
        assert!(a.status.is_client_error() && a.body.is_empty(), "{}", a.status);
    });
}

#[test]
fn a_language_that_was_asked_for_is_kept() {
    run(async {
        let s = Server::new().await;
        let cookie = s.pair().await;
        let page = async |path: &str, lang: &str| {
            let cookies = format!("{cookie}; {lang}");
            let a = s.get(path, &[(header::COOKIE, cookies.as_str())]).await;
            let set =
                a.headers.get(header::SET_COOKIE).map(|v| v.to_str().unwrap().split(';').next().unwrap().to_owned());
            (a.text().contains("<html lang=\"en\""), set)
        };
        for (path, kept, english, set) in [
            ("/", "", false, None),
            ("/?lang=en", "", true, Some("pingji_lang=en")),
            ("/", "pingji_lang=en", true, None),
            ("/?lang=zh", "pingji_lang=en", false, Some("pingji_lang=zh")),
            ("/", "pingji_lang=%00<script>", false, None),
            ("/?lang=xx", "pingji_lang=en", false, Some("pingji_lang=zh")),
            ("/wall?screen=1", "pingji_lang=en", true, None),
        ] {
            assert_eq!(page(path, kept).await, (english, set.map(str::to_owned)), "{path} {kept}");
        }
    });
}

/// A page whose title follows from its address, asked for by many at once: rendering may end before the title is written.
#[test]
fn pages_that_are_asked_for_at_once_are_whole() {
    run(async {
        let s = std::sync::Arc::new(Server::new().await);
        crate::events::register(&s).await;
        let (_, cookie) =
            s.account("many", &[domain::permission::Role::CityRegulator], domain::scope::Scope::City).await;
        let mut asked = tokio::task::JoinSet::new();
        for n in 0..200 {
            let (s, cookie) = (std::sync::Arc::clone(&s), cookie.clone());
            asked.spawn(async move {
                let path = ["", "/history", "/trace", "/evidence"][n % 4];
                s.get(&format!("/cylinders/T1{path}"), &[(header::COOKIE, &cookie)]).await
            });
        }
        while let Some(a) = asked.join_next().await {
            let a = a.unwrap();
            assert_eq!(a.status, StatusCode::OK);
            let text = a.text();
            let title = text.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).unwrap_or_default();
            assert!(title.contains("T1") && text.contains("</main>"), "{title}");
        }
    });
}
