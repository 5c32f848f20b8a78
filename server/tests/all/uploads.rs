//! Exports sent to the supervision platform: a real one on a port of its own, which accepts, refuses, fails, breaks off, points
//! elsewhere, never ends or never answers.

use crate::support::{Answer, NORTH, NOW, Server, on_postgres, on_sqlite, run};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data::{
    export::job,
    upload::{self, Model},
};
use domain::{
    permission::Role,
    scope::Scope,
    sign::{self, Parts},
    upload::{H_IDEMPOTENCY, H_SHA256, TRIES},
};
use futures_util::stream;
use http_body_util::BodyExt;
use sea_orm::EntityTrait;
use server::{
    export::{Exports, Format},
    upload::Limits,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "a-secret-of-the-platform's-own";

/// What the platform does with a file.
#[derive(Clone, Copy, Debug)]
enum Act {
    Accept,
    Refuse,
    Fault,
    /// 200, and no receipt.
    Html,
    /// Reads the file's beginning and is gone.
    Gone,
    /// Begins to answer and is gone.
    Torn,
    Elsewhere,
    Endless,
    /// Reads the file and says nothing for a minute.
    Silent,
}

/// A file as the platform got it.
#[derive(Clone, Debug)]
struct Got {
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone, Default)]
struct Platform {
    acts: Arc<Mutex<VecDeque<Act>>>,
    got: Arc<Mutex<Vec<Got>>>,
    /// Receipts by idempotency key.
    known: Arc<Mutex<HashMap<String, String>>>,
    reached: Arc<Notify>,
    base: String,
}

impl Platform {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self { base: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new().fallback(take).with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        it
    }

    fn address(&self) -> String {
        format!("{}/up?city=4101", self.base)
    }

    /// What it will do with the next files; it accepts whatever comes then.
    fn does(&self, acts: impl IntoIterator<Item = Act>) {
        self.acts.lock().unwrap().extend(acts);
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn take(State(p): State<Platform>, request: Request) -> Response {
    let act = p.acts.lock().unwrap().pop_front().unwrap_or(Act::Accept);
    let (parts, mut body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().to_string();
    if let Act::Gone = act {
        body.frame().await;
        p.got.lock().unwrap().push(Got { target, headers: parts.headers, body: Bytes::new() });
        // The connection ends with its task; nobody is told why.
        std::panic::resume_unwind(Box::new(()));
    }
    let body = body.collect().await.unwrap().to_bytes();
    let key = parts.headers[H_IDEMPOTENCY].to_str().unwrap().to_owned();
    p.got.lock().unwrap().push(Got { target, headers: parts.headers, body });
    p.reached.notify_one();
    let json = |status: u16, text: String| {
        (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    match act {
        Act::Accept => {
            let mut known = p.known.lock().unwrap();
            let n = known.len() + 1;
            let receipt = known.entry(key).or_insert_with(|| format!("<b>JG-{n}")).clone();
            json(201, serde_json::json!({ "receipt": receipt }).to_string())
        }
        Act::Refuse => json(422, "{\"detail\":\"第 3 行\\n格式有误\"}".into()),
        Act::Fault => json(503, "{\"message\":\"in maintenance\"}".into()),
        Act::Html => (StatusCode::OK, "<html>welcome</html>").into_response(),
        Act::Torn => {
            let pieces = [Ok("{\"receipt\":"), Err(io::Error::other("torn"))];
            Body::from_stream(stream::iter(pieces)).into_response()
        }
        Act::Elsewhere => {
            let to = format!("{}/stolen", p.base);
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)], "{\"receipt\":\"x\"}").into_response()
        }
        Act::Endless => Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>("{\"receipt\":\"x\"}         ")))
            .into_response(),
        Act::Silent => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::OK.into_response()
        }
        Act::Gone => unreachable!(),
    }
}

/// A server with a platform, a regulator and a finished export of the regulator's.
struct Set {
    s: Server,
    p: Platform,
    account: i64,
    cookie: String,
    export: i64,
}

async fn save(s: &Server, cookie: &str, address: &str, secret: &str) -> String {
    let form = [
        ("platform[name]", "省监管平台"),
        ("platform[address]", address),
        ("platform[key_id]", "city-4101"),
        ("secret", secret),
    ];
    s.form("/api/fn/platform_save", "/platform", cookie, &form).await.1
}

async fn export(s: &Server, cookie: &str, what: &str) -> i64 {
    let form = [("what", what), ("format", "csv"), ("lang", "zh"), ("filter", "")];
    let (_, to, a) = s.form("/api/fn/export_begin", "/records", cookie, &form).await;
    assert_eq!(to, "/exports?done=export", "{}", a.text());
    s.state.exports.step(&CancellationToken::new()).await.unwrap();
    let all = job::Entity::find().all(s.state.db.read()).await.unwrap();
    let job = all.into_iter().max_by_key(|j| j.id).unwrap();
    assert_eq!(job.state, job::DONE);
    job.id
}

impl Set {
    async fn new(s: Server) -> Self {
        let p = Platform::start().await;
        crate::events::register(&s).await;
        s.record(&s.gun, &(1..=30).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
        let (_, admin) = s.account("sys", &[Role::SystemAdmin], Scope::City).await;
        assert_eq!(save(&s, &admin, &p.address(), SECRET).await, "/platform?done=saved");
        let (account, cookie) = s.account("city", &[Role::CityRegulator], Scope::City).await;
        let export = export(&s, &cookie, "records").await;
        Self { s, p, account, cookie, export }
    }

    /// Presses the button: where it leads.
    async fn press(&self) -> String {
        press(&self.s, &self.cookie, self.export, &self.p.address()).await
    }

    async fn row(&self) -> Model {
        upload::Entity::find_by_id(self.export).one(self.s.state.db.read()).await.unwrap().unwrap()
    }

    async fn step(&self) -> bool {
        self.s.state.uploads.step(&CancellationToken::new()).await.unwrap()
    }

    /// State, reason, HTTP status and tries.
    async fn stands(&self) -> (String, String, i32, i32) {
        let row = self.row().await;
        (row.state, row.why, row.status, row.tries)
    }

    async fn page(&self) -> String {
        let cookie = self.s.session(self.account).await;
        self.s.get("/exports", &[(header::COOKIE, &cookie)]).await.text()
    }
}

async fn press(s: &Server, cookie: &str, export: i64, to: &str) -> String {
    let form = [("id", export.to_string()), ("to", to.to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let (status, to, _): (u16, String, Answer) = s.form("/api/fn/export_upload", "/exports", cookie, &form).await;
    if to.is_empty() { status.to_string() } else { to }
}

fn stand(state: &str, why: &str, status: i32, tries: i32) -> (String, String, i32, i32) {
    (state.into(), why.into(), status, tries)
}

async fn accepted(s: Server) {
    let x = Set::new(s).await;
    assert!(!x.step().await, "nobody sent anything");
    let page = x.page().await;
    assert!(page.contains(&format!("/exports?send={}", x.export)) && !page.contains("data-testid=\"confirm\""));
    let asked = format!("/exports?send={}", x.export);
    let asked = x.s.get(&asked, &[(header::COOKIE, &x.cookie)]).await.text();
    assert!(asked.contains("data-testid=\"confirm\"") && asked.contains("省监管平台") && asked.contains(&x.p.base));
    // Pressed three times, twice at once.
    let (one, other) = tokio::join!(x.press(), x.press());
    let mut told = [one, other, x.press().await];
    told.sort_unstable();
    assert_eq!(told, ["/exports?done=upload", "/exports?why=stale", "/exports?why=stale"]);
    assert_eq!(x.stands().await, stand("queued", "", 0, 0));
    assert!(x.step().await);
    assert!(!x.step().await);
    assert_eq!(x.stands().await, stand("accepted", "", 201, 1));
    let row = x.row().await;
    assert_eq!((row.words.as_str(), row.by_id), ("<b>JG-1", x.account));
    assert!(row.ended_at.is_some_and(|at| (NOW..=x.s.clock.now()).contains(&at)));
    assert_eq!(x.press().await, "/exports?why=stale", "it was accepted");

    // What the platform got is the file, signed by the key that it gave.
    let [got] = &x.p.got()[..] else { panic!("{:?}", x.p.got()) };
    let file = fs::read(x.s.config.data_dir.join("exports").join(format!("{}.csv", x.export))).unwrap();
    assert_eq!(got.body, file);
    let says = |name: &str| got.headers[name].to_str().unwrap();
    let hash = hex::encode(Sha256::digest(&file));
    assert_eq!(
        (says(H_SHA256), says(H_IDEMPOTENCY), row.sha256.as_str()),
        (hash.as_str(), hash.as_str(), hash.as_str())
    );
    assert_eq!((says("content-length"), row.sent), (file.len().to_string().as_str(), file.len() as i64));
    assert_eq!((says("content-type"), says(sign::H_KEY)), ("text/csv; charset=utf-8", "city-4101"));
    assert!(says("content-disposition").starts_with("attachment; filename=\"records-2026-11-21.csv\""));
    let parts = Parts {
        method: "POST",
        path_and_query: "/up?city=4101",
        time: says(sign::H_TIME),
        nonce: says(sign::H_NONCE),
        body: &file,
    };
    assert_eq!(got.target, parts.path_and_query);
    assert!(sign::nonce_ok(parts.nonce) && (NOW..=x.s.clock.now()).contains(&parts.time.parse().unwrap()));
    assert!(sign::verify(SECRET.as_bytes(), &parts, says(sign::H_SIGNATURE)));

    // The receipt is shown, whatever it holds; who sent what when is in the log.
    let page = x.page().await;
    assert!(page.contains("&lt;b&gt;JG-1") && !page.contains("<b>JG-1") && page.contains("已接收"), "{page}");
    let log = data::audit::list(x.s.state.db.read(), &data::audit::Filter::default(), 1_000).await.unwrap();
    let of = |action: &str| log.iter().filter(|l| l.action == action).collect::<Vec<_>>();
    let ([begun], [ended]) = (&of("upload.begin")[..], &of("upload.accepted")[..]) else { panic!("{log:?}") };
    for line in [begun, ended] {
        assert_eq!((line.login.as_str(), &line.subject), ("city", &format!("export {}", x.export)));
    }
    assert!(ended.detail.contains("JG-1") && ended.detail.contains(&hash));
    // The secret stands nowhere.
    let stored = data::setting::get(x.s.state.db.read(), data::platform::NAME).await.unwrap().unwrap();
    assert!(stored.contains("city-4101") && !stored.contains(SECRET) && !stored.contains(&hex::encode(SECRET)));
    assert!(log.iter().all(|l| !l.detail.contains(SECRET)));
    let key = x.s.state.access.master.clone();
    let report = data::audit::verify(&x.s.state.db, &key.derive("x"), None).await.unwrap();
    assert_eq!(report.named, ["audit: the signed head is missing"], "the chain itself is whole");
}

#[test]
fn sent_once_signed_and_accepted_with_a_receipt() {
    on_sqlite(accepted);
}

#[test]
fn sent_once_on_postgres() {
    on_postgres(accepted);
}

async fn tried_again(s: Server) {
    let x = Set::new(s).await;
    x.p.does([Act::Fault, Act::Gone, Act::Torn, Act::Html, Act::Endless]);
    assert_eq!(x.press().await, "/exports?done=upload");
    let waits = [
        (10_000, "fault", 503),
        (30_000, "broken", 0),
        (90_000, "broken", 0),
        (270_000, "unreadable", 200),
        (810_000, "unreadable", 200),
    ];
    for (n, (wait, why, status)) in (1..).zip(waits) {
        let before = x.s.clock.now();
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("queued", why, status, n), "try {n}");
        // The clock goes on by itself, too.
        let (next, now) = (x.row().await.next_at, x.s.clock.now());
        assert!((before + wait..=now + wait).contains(&next), "try {n}: {next}");
        assert!(!x.step().await, "it waits");
        assert_eq!(x.press().await, "/exports?why=stale");
        x.s.clock.shift(wait - 5_000);
        assert!(!x.step().await, "it waits a moment more");
        x.s.clock.shift(5_000);
    }
    assert!(x.page().await.contains("第 5 次未成"));
    // A file that is on its way is kept longer than others.
    x.s.clock.shift(25 * 3_600_000);
    x.s.state.exports.step(&CancellationToken::new()).await.unwrap();
    assert!(x.step().await);
    assert_eq!(x.stands().await, stand("accepted", "", 201, 6));
    let got = x.p.got();
    let keys: Vec<_> = got.iter().map(|g| g.headers[H_IDEMPOTENCY].clone()).collect();
    let mut nonces: Vec<_> = got.iter().map(|g| g.headers[sign::H_NONCE].to_str().unwrap().to_owned()).collect();
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!((got.len(), nonces.len()), (6, 6));
    assert!(keys.windows(2).all(|k| k[0] == k[1]), "one file, one key");
    assert_eq!(x.p.known.lock().unwrap().len(), 1);
    x.s.state.exports.step(&CancellationToken::new()).await.unwrap();
    let job = job::Entity::find_by_id(x.export).one(x.s.state.db.read()).await.unwrap().unwrap();
    assert_eq!(job.state, job::EXPIRED, "it is needed no more");
}

#[test]
fn a_platform_that_fails_is_asked_again_later_and_later() {
    on_sqlite(tried_again);
}

#[test]
fn asked_again_on_postgres() {
    on_postgres(tried_again);
}

#[test]
fn refused_with_the_reason_and_sent_anew_by_hand() {
    run(async {
        let x = Set::new(Server::new().await).await;
        x.p.does([Act::Refuse]);
        x.press().await;
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("refused", "refusal", 422, 1));
        assert_eq!(x.row().await.words, "第 3 行 格式有误");
        x.s.clock.shift(3_600_000);
        assert!(!x.step().await, "what was refused is not sent again by itself");
        let page = x.page().await;
        assert!(page.contains("第 3 行 格式有误") && page.contains("重新上报"), "{page}");
        let cookie = x.s.session(x.account).await;
        assert_eq!(press(&x.s, &cookie, x.export, &x.p.address()).await, "/exports?done=upload");
        assert_eq!(x.stands().await, stand("queued", "", 0, 0));
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("accepted", "", 201, 1));
        let log = x.s.audit().await;
        let of = |what: &str| log.iter().filter(|a| *a == what).count();
        assert_eq!((of("upload.begin"), of("upload.refused"), of("upload.accepted")), (2, 1, 1));
    });
}

#[test]
fn given_up_after_many_tries() {
    run(async {
        let x = Set::new(Server::new().await).await;
        x.p.does([Act::Fault; TRIES as usize]);
        x.press().await;
        for n in 1..TRIES {
            assert!(x.step().await);
            assert_eq!(x.stands().await, stand("queued", "fault", 503, n));
            x.s.clock.shift(3_600_000);
        }
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("failed", "fault", 503, TRIES));
        assert_eq!(x.row().await.words, "in maintenance");
        x.s.clock.shift(3_600_000);
        assert!(!x.step().await);
        assert_eq!(x.p.got().len(), TRIES as usize);
    });
}

#[test]
fn a_redirect_is_not_followed() {
    run(async {
        let x = Set::new(Server::new().await).await;
        x.p.does([Act::Elsewhere]);
        x.press().await;
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("failed", "redirect", 307, 1));
        assert_eq!(x.p.got().iter().map(|g| g.target.as_str()).collect::<Vec<_>>(), ["/up?city=4101"]);
    });
}

#[test]
fn silence_ends() {
    run(async {
        let x = Set::new(Server::new().await).await;
        x.p.does([Act::Silent]);
        x.press().await;
        let limits = Limits { whole: Duration::from_millis(500), ..Limits::default() };
        let uploads = x.s.state.uploads.clone().within(limits);
        assert!(uploads.step(&CancellationToken::new()).await.unwrap());
        assert_eq!(x.stands().await, stand("queued", "late", 0, 1));
    });
}

async fn restarted(s: Server) {
    let mut x = Set::new(s).await;
    x.p.does([Act::Silent, Act::Silent]);
    x.press().await;
    // Killed while the platform has the file already and says nothing.
    let uploads = x.s.state.uploads.clone();
    let killed = tokio::spawn(async move { uploads.step(&CancellationToken::new()).await });
    x.p.reached.notified().await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    assert_eq!(x.stands().await, stand("sending", "", 0, 1));
    // Stopped in good order at the same place.
    x.s.restart().await;
    let (uploads, stop) = (x.s.state.uploads.clone(), CancellationToken::new());
    let stopped = tokio::spawn({
        let stop = stop.clone();
        async move { uploads.step(&stop).await }
    });
    x.p.reached.notified().await;
    stop.cancel();
    assert!(!stopped.await.unwrap().unwrap());
    assert_eq!(x.stands().await, stand("sending", "", 0, 2));
    assert_eq!(x.press().await, "/exports?why=stale");
    x.s.restart().await;
    assert!(x.step().await);
    assert_eq!(x.stands().await, stand("accepted", "", 201, 3));
    let got = x.p.got();
    assert_eq!(got.len(), 3);
    assert!(
        got.windows(2).all(|g| g[0].body == g[1].body && g[0].headers[H_IDEMPOTENCY] == g[1].headers[H_IDEMPOTENCY])
    );
    assert_eq!(x.p.known.lock().unwrap().len(), 1, "accepted once");
}

#[test]
fn a_restart_sends_again_what_was_under_way() {
    on_sqlite(restarted);
}

#[test]
fn a_restart_on_postgres() {
    on_postgres(restarted);
}

#[test]
fn what_is_not_the_file_is_not_sent_nor_to_another_platform() {
    run(async {
        let x = Set::new(Server::new().await).await;
        let path = x.s.config.data_dir.join("exports").join(format!("{}.csv", x.export));
        let whole = fs::read(&path).unwrap();
        // Another file of the same length; then none.
        let mut other = whole.clone();
        *other.last_mut().unwrap() = b'x';
        for content in [Some(other), None] {
            match content {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            assert_eq!(x.press().await, "/exports?done=upload");
            assert!(x.step().await);
            assert_eq!(x.stands().await, stand("failed", "file", 0, 0));
        }
        fs::write(&path, &whole).unwrap();
        // The platform changes behind the reader's back, before the button and after.
        let (_, admin) = x.s.account("other", &[Role::SystemAdmin], Scope::City).await;
        assert_eq!(x.press().await, "/exports?done=upload");
        let elsewhere = format!("{}/else", x.p.base);
        assert_eq!(save(&x.s, &admin, &elsewhere, "").await, "/platform?why=field", "a new address needs its secret");
        assert_eq!(save(&x.s, &admin, &elsewhere, SECRET).await, "/platform?done=saved");
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("failed", "changed", 0, 0));
        assert_eq!(x.press().await, "/exports?why=stale", "it was confirmed for another address");
        assert_eq!(press(&x.s, &x.cookie, x.export, &elsewhere).await, "/exports?done=upload");
        // Nobody changes the address in the record alone.
        x.s.sql(&format!(
            "UPDATE setting SET value = REPLACE(value, '/else', '/evil') WHERE name = '{}'",
            data::platform::NAME
        ))
        .await;
        x.s.sql("UPDATE upload SET address = REPLACE(address, '/else', '/evil')").await;
        assert!(x.step().await);
        assert_eq!(x.stands().await, stand("failed", "secret", 0, 0));
        let (_, to, _) = x.s.form("/api/fn/platform_remove", "/platform", &admin, &[]).await;
        assert_eq!(to, "/platform?done=removed");
        assert_eq!(press(&x.s, &x.cookie, x.export, &elsewhere).await, "/exports?why=not_found");
        assert!(!x.page().await.contains("/exports?send="));
        assert_eq!(x.p.got().len(), 0, "nothing left the house");
    });
}

#[test]
fn an_address_that_speaks_no_tls_gets_nothing() {
    run(async {
        let x = Set::new(Server::new().await).await;
        let (_, admin) = x.s.account("other", &[Role::SystemAdmin], Scope::City).await;
        let secure = x.p.address().replace("http:", "https:");
        assert_eq!(save(&x.s, &admin, &secure, SECRET).await, "/platform?done=saved");
        assert_eq!(press(&x.s, &x.cookie, x.export, &secure).await, "/exports?done=upload");
        assert!(x.step().await);
        let (state, why, status, tries) = x.stands().await;
        // Which of them depends on whether certificates are installed here.
        assert!(state == "queued" && ["unreachable", "tls"].contains(&why.as_str()), "{state} {why}");
        assert_eq!((status, tries, x.p.got().len()), (0, 1, 0));
    });
}

#[test]
fn only_the_owner_sends_and_only_whom_it_is_granted() {
    run(async {
        let x = Set::new(Server::new().await).await;
        let (_, other) = x.s.account("other", &[Role::CityRegulator], Scope::City).await;
        let (_, enterprise) = x.s.account("enterprise", &[Role::EnterpriseAdmin], Scope::Org(x.s.gun.org)).await;
        let (district, mine) = x.s.account("district", &[Role::DistrictRegulator], Scope::District(NORTH)).await;
        let to = x.p.address();
        for id in [x.export, 999_999, -1] {
            assert_eq!(
                press(&x.s, &other, id, &to).await,
                "/exports?why=not_found",
                "another's is as if it were not there"
            );
        }
        let own = export(&x.s, &enterprise, "records").await;
        assert_eq!(press(&x.s, &enterprise, own, &to).await, "403");
        let page = x.s.get("/exports", &[(header::COOKIE, &enterprise)]).await.text();
        assert!(!page.contains("/exports?send=") && !page.contains(&x.p.base), "nor is it told of the platform");
        // Whoever sees less by now does not send what was exported before.
        let own = export(&x.s, &mine, "records").await;
        x.s.sql(&format!("UPDATE account SET scope = 'district:410102' WHERE id = {district}")).await;
        let mine = x.s.session(district).await;
        assert_eq!(press(&x.s, &mine, own, &to).await, "/exports?why=not_found");
        // The auditor sends the log.
        let (_, auditor) = x.s.account("auditor", &[Role::Auditor], Scope::City).await;
        let log = export(&x.s, &auditor, "audit").await;
        assert_eq!(press(&x.s, &auditor, log, &to).await, "/exports?done=upload");
        assert!(x.step().await);
        assert_eq!(x.p.got().len(), 1);
        assert!(String::from_utf8_lossy(&x.p.got()[0].body).contains("platform.save"));
        // One that is not finished is no file yet.
        let wanted = server::export::Wanted {
            owner: server::export::owner_of(x.account),
            viewer: domain::scope::Viewer { scope: Scope::City },
            what: "records".into(),
            format: Format::Xlsx,
            zh: true,
            as_of: domain::clock::local_day(NOW),
            filter: String::new(),
        };
        let exports: &Exports = &x.s.state.exports;
        let waiting = exports.begin(wanted).await.unwrap();
        assert_eq!(press(&x.s, &x.cookie, waiting, &to).await, "/exports?why=not_found");
    });
}

#[test]
fn the_platform_is_set_by_the_system_administrator_and_its_secret_never_told() {
    run(async {
        let s = Server::new().await;
        let (_, admin) = s.account("sys", &[Role::SystemAdmin], Scope::City).await;
        let (_, security) = s.account("sec", &[Role::SecurityAdmin], Scope::City).await;
        let https = "https://jg.example.gov.cn/up";
        for (address, secret) in [
            ("http://jg.example.gov.cn/up", SECRET),
            ("ftp://jg.example.gov.cn/up", SECRET),
            ("https://user@jg.example.gov.cn/up", SECRET),
            ("", SECRET),
            (https, ""),
            (https, "short"),
            (https, "sixteen characters but with blanks"),
        ] {
            assert_eq!(save(&s, &admin, address, secret).await, "/platform?why=field", "{address} {secret}");
        }
        assert_eq!(save(&s, &security, https, SECRET).await, "");
        assert_eq!(save(&s, &admin, https, SECRET).await, "/platform?done=saved");
        let before = data::setting::get(s.state.db.read(), data::platform::NAME).await.unwrap();
        // The secret stays where none is entered; the name may change.
        let form = [
            ("platform[name]", "另一名称"),
            ("platform[address]", https),
            ("platform[key_id]", "city-4101"),
            ("secret", ""),
        ];
        assert_eq!(s.form("/api/fn/platform_save", "/platform", &admin, &form).await.1, "/platform?done=saved");
        assert_ne!(data::setting::get(s.state.db.read(), data::platform::NAME).await.unwrap(), before);
        let stored = data::platform::load(s.state.db.read()).await.unwrap().unwrap();
        assert_eq!(stored.secret(&s.state.access.master).as_deref(), Some(SECRET.as_bytes()));
        let page = s.get("/platform", &[(header::COOKIE, &admin)]).await.text();
        assert!(page.contains("另一名称") && page.contains(https) && !page.contains(SECRET), "{page}");
        assert!(!page.contains("sealed") && !format!("{stored:?}").contains(SECRET));
    });
}
