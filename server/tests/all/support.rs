//! A server on a record of its own, with a gun, a scanner and a clock that stands at 16:00 on 2026-11-21 in Shanghai.

use crate::postgres;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, Request, StatusCode, header},
};
use data::{account, device, org, secret, session, site};
use domain::{
    clock::rfc3339,
    event::{FillRecord, Sender},
    geo::Position,
    permission::Role,
    policy::Policy,
    scope::Scope,
    sign::{self, H_KEY, H_NONCE, H_SIGNATURE, H_TIME, Parts},
};
use http_body_util::BodyExt;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::{
    clock::Clock,
    config::{Config, Flags},
    displays, serve,
    state::AppState,
    store::{self, Store},
    web,
};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;
use tower::ServiceExt;

/// 16:00 on 2026-11-21 in Shanghai.
pub const NOW: i64 = 1_795_248_000_000;
pub const NORTH: i32 = 410_105;
pub const SOUTH: i32 = 410_102;

/// A device with its key.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: Vec<u8>,
    pub device: i64,
    pub site: i64,
    pub org: i64,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and code of a problem; panics when it is none.
    pub fn problem(&self) -> (u16, String) {
        let kind = self.headers.get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(kind.as_deref(), Some("application/problem+json"), "{} {}", self.status, self.text());
        let j = self.json();
        assert_eq!(j["status"], self.status.as_u16());
        assert_eq!(j["type"], format!("urn:pingji:{}", j["code"].as_str().unwrap()));
        (self.status.as_u16(), j["code"].as_str().unwrap().to_owned())
    }
}

pub struct Server {
    pub state: AppState,
    pub router: Router,
    pub config: Config,
    pub clock: Clock,
    /// At the northern station.
    pub gun: Key,
    /// At the southern one.
    pub south: Key,
    /// A scanner at the northern station.
    pub scanner: Key,
    store: Store,
    _dir: TempDir,
}

/// The password of every account of the tests.
pub const PASSWORD: &str = "Kettle-on-the-hob-42";

/// A text in a form's body.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// What an answer sets a cookie to, as a request's header.
pub fn cookie_of(a: &Answer, name: &str) -> Option<String> {
    let all = a.headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap());
    all.filter(|c| c.starts_with(&format!("{name}="))).map(|c| c.split(';').next().unwrap().to_owned()).next_back()
}

static NONCES: AtomicU64 = AtomicU64::new(0);

pub fn nonce() -> String {
    format!("nonce-{:020}", NONCES.fetch_add(1, Ordering::Relaxed))
}

impl Server {
    pub async fn new() -> Self {
        Self::on(None).await
    }

    pub async fn on(url: Option<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let flags = Flags {
            data_dir: Some(dir.path().join("var")),
            site_dir: Some(dir.path().join("site")),
            database_url: url,
            ..Flags::default()
        };
        let config = Config::load(flags, []).unwrap();
        let store = store::open(&config).await.unwrap();
        let master = store::master_key(&config).unwrap();
        let txn = store.db.begin_write().await.unwrap();
        let gun = station(&txn, &master, "北郊气站", NORTH, 34.75).await;
        let south = station(&txn, &master, "南郊气站", SOUTH, 34.39).await;
        let scanner = key(&txn, &master, device::HANDHELD, gun.site, gun.org).await;
        txn.commit().await.unwrap();
        let clock = Clock::default();
        clock.shift(NOW - clock.now());
        let (state, _) = serve::start(&config, store.db.clone(), clock.clone(), None).await.unwrap();
        let router = web::router(state.clone(), &config.site_dir);
        Self { state, router, config, clock, gun, south, scanner, store, _dir: dir }
    }

    /// The same record under a new process's state.
    pub async fn restart(&mut self) {
        self.state.stop.cancel();
        let started = serve::start(&self.config, self.store.db.clone(), self.clock.clone(), None).await;
        self.state = started.unwrap().0;
        self.router = web::router(self.state.clone(), &self.config.site_dir);
    }

    pub async fn sql(&self, sql: &str) -> u64 {
        self.store.db.writer().execute_unprepared(sql).await.unwrap().rows_affected()
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
        let mut r = Request::get(path);
        for (name, value) in headers {
            r = r.header(name, *value);
        }
        self.send(r.body(Body::empty()).unwrap()).await
    }

    /// A handheld of an organisation of a kind.
    pub async fn office(&self, kind: &str) -> Key {
        let master = store::master_key(&self.config).unwrap();
        let txn = self.state.db.begin_write().await.unwrap();
        let org = org::New { name: kind.into(), kind: kind.into(), division: NORTH, ..org::New::default() };
        let org = org::insert(&txn, org).await.unwrap();
        let new = site::New { org_id: org, name: kind.into(), kind: kind.into(), ..site::New::default() };
        let site = site::insert(&txn, new).await.unwrap();
        let key = key(&txn, &master, device::HANDHELD, site, org).await;
        txn.commit().await.unwrap();
        key
    }

    /// Posts events and tells the results.
    pub async fn events(&self, key: &Key, records: &[Value]) -> Vec<Value> {
        let answer = self.post(key, "/api/v1/events", &json!({ "records": records })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["results"].as_array().unwrap().clone()
    }

    pub fn signed(&self, key: &Key, method: &str, path: &str, body: &[u8]) -> Request<Body> {
        signed_at(key, method, path, body, self.clock.now(), &nonce())
    }

    pub async fn post(&self, key: &Key, path: &str, body: &Value) -> Answer {
        self.send(self.signed(key, "POST", path, body.to_string().as_bytes())).await
    }

    /// Posts fills and tells the results.
    pub async fn fills(&self, key: &Key, records: &[FillRecord]) -> Vec<Value> {
        let answer = self.post(key, "/api/v1/fills", &json!({ "records": records })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["results"].as_array().unwrap().clone()
    }

    /// Commits fills without the way over HTTP.
    pub async fn record(&self, key: &Key, records: &[FillRecord]) {
        let sender = Sender { device: key.device, site: key.site, sent_at: self.clock.now() };
        let entries = records.iter().map(|r| r.entry(sender).unwrap()).collect();
        self.state.ingest.record(entries).await.unwrap();
    }

    /// A fill that ends now, on a tag no register knows.
    pub fn fill(&self, seq: u64) -> FillRecord {
        let now = self.clock.now();
        FillRecord {
            epoch: 1,
            seq,
            tag: format!("T{seq}"),
            medium: "LPG".into(),
            started_at: rfc3339(now - 60_000),
            ended_at: rfc3339(now),
            gross_g: 30_930,
            tare_g: 16_750,
            net_g: 14_180,
            operator: "F01".into(),
            attempt: None,
        }
    }

    /// Pairs a display and tells its cookie as a header's value.
    pub async fn pair(&self) -> String {
        let token = displays::offer(&self.state.db, &self.clock).await.unwrap();
        let answer = self.get(&format!("/wall?pair={token}"), &[]).await;
        assert_eq!(
            (answer.status, &answer.headers[header::LOCATION]),
            (StatusCode::SEE_OTHER, &"/wall".parse().unwrap())
        );
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Makes an account that may sign in by [`PASSWORD`], and begins a session for it. Tells its id and the cookie. An
    /// administrator has its second factor.
    pub async fn account(&self, login: &str, roles: &[Role], scope: Scope) -> (i64, String) {
        let now = self.clock.now();
        let policy = Policy { argon_kib: 64, argon_passes: 1, ..Policy::default() };
        let txn = self.state.db.begin_write().await.unwrap();
        let new = account::New {
            login: login.into(),
            name: format!("name of {login}"),
            scope,
            roles: roles.to_vec(),
            password: secret::hash_password(&policy, PASSWORD).unwrap(),
            must_change: false,
        };
        let id = account::insert(&txn, new, now).await.unwrap().expect("the name is taken");
        txn.commit().await.unwrap();
        if roles.iter().any(|r| r.is_administrator()) {
            self.sql(&format!("UPDATE account SET totp_since = 1, totp_nonce = 'n' WHERE id = {id}")).await;
        }
        (id, self.session(id).await)
    }

    /// Begins a session of an account and tells its cookie.
    pub async fn session(&self, account: i64) -> String {
        let key = secret::random();
        let (db, now) = (self.state.db.writer(), self.clock.now());
        session::begin(db, account, session::WHOLE, &key, session::Place::default(), now).await.unwrap();
        format!("{}={key}", app::access::COOKIE)
    }

    /// Posts a plain form, as a browser without the module does; tells the status and where it leads.
    pub async fn form(&self, path: &str, from: &str, cookie: &str, fields: &[(&str, &str)]) -> (u16, String, Answer) {
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
        let r = Request::post(path)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "pingji.example")
            .header(header::ORIGIN, "http://pingji.example")
            .header(header::REFERER, format!("http://pingji.example{from}"))
            .header(header::COOKIE, cookie)
            .body(Body::from(body.join("&")))
            .unwrap();
        let a = self.send(r).await;
        let to = a.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned();
        (a.status.as_u16(), to, a)
    }

    /// The actions of the audit log, oldest first.
    pub async fn audit(&self) -> Vec<String> {
        let all = data::audit::list(self.state.db.read(), &data::audit::Filter::default(), 10_000).await.unwrap();
        all.into_iter().rev().map(|r| r.action).collect()
    }

    pub async fn verified(&self) {
        let report = data::verify::run(&self.state.db, &self.state.rules.now()).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.named);
    }
}

/// What stands between the parts of a form.
const LINE: &str = "boundary-of-the-parts";

/// A form in parts of an account, with files; where it leads.
pub async fn parts(
    s: &Server,
    (path, cookie): (&str, &str),
    fields: &[(&str, &str)],
    files: &[(&str, &[u8])],
) -> (u16, String, Answer) {
    let mut body = vec![];
    for (name, value) in fields {
        body.extend(format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        body.extend(
            format!("--{LINE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{LINE}--\r\n").bytes());
    let kind = format!("multipart/form-data; boundary={LINE}");
    let r = Request::post(path).header(header::CONTENT_TYPE, kind).header(header::COOKIE, cookie);
    let a = s.send(r.body(Body::from(body)).unwrap()).await;
    let to = a.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned();
    (a.status.as_u16(), to, a)
}

pub fn signed_at(key: &Key, method: &str, path: &str, body: &[u8], time: i64, nonce: &str) -> Request<Body> {
    let time = time.to_string();
    let parts = Parts { method, path_and_query: path, time: &time, nonce, body };
    Request::builder()
        .method(method)
        .uri(path)
        .header(H_KEY, &key.id)
        .header(H_TIME, &time)
        .header(H_NONCE, nonce)
        .header(H_SIGNATURE, sign::sign(&key.secret, &parts))
        .body(Body::from(body.to_vec()))
        .unwrap()
}

async fn station(txn: &data::WriteTxn, master: &[u8], name: &str, division: i32, lat: f64) -> Key {
    let org = org::New {
        name: name.into(),
        kind: "filler".into(),
        division,
        licence_until: "2030-01-01".parse().ok(),
        licence_media: vec!["LPG".into()],
        ..org::New::default()
    };
    let org = org::insert(txn, org).await.unwrap();
    let position = Position::new(113.62, lat);
    let new = site::New { org_id: org, name: name.into(), kind: "filling".into(), division, position, demo: false };
    let site = site::insert(txn, new).await.unwrap();
    key(txn, master, device::GUN, site, org).await
}

async fn key(txn: &data::WriteTxn, master: &[u8], kind: &str, site: i64, org: i64) -> Key {
    let new = device::New { site_id: site, kind: kind.into(), label: "1".into(), medium: "LPG".into(), now: 0 };
    let device = device::insert(txn, new).await.unwrap();
    let id = format!("{kind}-{device}");
    device::insert_key(txn, device, &id, 0).await.unwrap();
    Key { secret: sign::device_secret(master, &id), id, device, site, org }
}

pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

/// The same on both databases.
pub fn on_sqlite(test: impl AsyncFnOnce(Server)) {
    run(async { test(Server::new().await).await });
}

pub fn on_postgres(test: impl AsyncFnOnce(Server)) {
    run(async {
        if let Some(url) = postgres::fresh().await {
            test(Server::on(Some(url)).await).await;
        }
    });
}
