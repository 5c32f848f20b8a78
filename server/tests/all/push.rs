//! Browser push: a service of the tests' own on a port of this machine, which takes messages, says that browsers are gone, fails, waits, points
//! elsewhere or talks nonsense; and browsers that read what is for them, by another way than the one that sealed it.

use crate::support::{Answer, NORTH, PASSWORD, Server, cookie_of, on_postgres, on_sqlite, run};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use data::{
    account,
    message::{self, Written, delivery},
    push,
};
use domain::{
    message::{
        Audience, Channel, Composed, Delivery, Whom, Why,
        push::{Keys, Subscription, base64url},
    },
    permission::Role,
    scope::{Scope, Viewer},
};
use futures_util::stream;
use http_body_util::BodyExt;
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ECDH_P256, EphemeralPrivateKey, agree_ephemeral},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand::SystemRandom,
    signature::{self, ECDSA_P256_SHA256_FIXED},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use server::messages::Messages;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

const CONTACT: &str = "push@example.cn";

/// What the service does with a message.
#[derive(Clone, Copy, Debug)]
enum Act {
    Says(u16),
    /// Not now, and not for so many seconds.
    Waits(u16, u32),
    Elsewhere,
    Endless,
    /// Says nothing for a minute.
    Silent,
}

/// A message as the service got it.
#[derive(Clone, Debug)]
struct Got {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn says(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Clone, Default)]
struct Service {
    acts: Arc<Mutex<HashMap<String, VecDeque<Act>>>>,
    got: Arc<Mutex<Vec<Got>>>,
    base: String,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self { base: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new().fallback(take).with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        it
    }

    /// What it will do with the next messages for a browser; it takes whatever comes then.
    fn does(&self, name: &str, acts: impl IntoIterator<Item = Act>) {
        self.acts.lock().unwrap().entry(format!("/{name}")).or_default().extend(acts);
    }

    /// What came for a browser.
    fn got(&self, name: &str) -> Vec<Got> {
        let path = format!("/{name}");
        self.got.lock().unwrap().iter().filter(|g| g.path == path).cloned().collect()
    }
}

async fn take(State(it): State<Service>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let act = it.acts.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front).unwrap_or(Act::Says(201));
    let body = body.collect().await.unwrap().to_bytes();
    it.got.lock().unwrap().push(Got { path, headers: parts.headers, body });
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match act {
        Act::Says(code) => status(code).into_response(),
        Act::Waits(code, seconds) => (status(code), [(header::RETRY_AFTER, seconds.to_string())]).into_response(),
        Act::Elsewhere => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{}/stolen", it.base))]).into_response()
        }
        Act::Endless => {
            let body = Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>("and so on ")));
            (StatusCode::CREATED, body).into_response()
        }
        Act::Silent => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            StatusCode::CREATED.into_response()
        }
    }
}

/// A browser, which reads one message: its key is used up by that.
struct Device {
    name: String,
    given: Subscription,
    own: Mutex<Option<EphemeralPrivateKey>>,
    point: Vec<u8>,
    auth: [u8; 16],
}

impl Device {
    fn new(base: &str, name: &str) -> Self {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let (point, auth) = (own.compute_public_key().unwrap().as_ref().to_vec(), [5; 16]);
        let keys = Keys { p256dh: base64url::write(&point), auth: base64url::write(&auth) };
        let given = Subscription { endpoint: format!("{base}/{name}"), keys };
        Self { name: name.into(), given, own: Mutex::new(Some(own)), point, auth }
    }

    /// What a message says. By HKDF as `ring` has it.
    fn reads(&self, body: &[u8]) -> Value {
        struct Len(usize);
        impl KeyType for Len {
            fn len(&self) -> usize {
                self.0
            }
        }
        let (salt, rest) = body.split_at(16);
        let (size, rest) = rest.split_at(4);
        let (theirs, sealed) = rest[1..].split_at(usize::from(rest[0]));
        assert_eq!((size, theirs.len()), (&4_096_u32.to_be_bytes()[..], 65));
        assert!(body.len() <= 4_096, "{}", body.len());
        let expand = |salt: &[u8], secret: &[u8], info: &[u8], n: usize| {
            let prk = Salt::new(HKDF_SHA256, salt).extract(secret);
            let mut out = vec![0; n];
            prk.expand(&[info], Len(n)).unwrap().fill(&mut out).unwrap();
            out
        };
        let own = self.own.lock().unwrap().take().expect("it reads one message");
        let public = agreement::UnparsedPublicKey::new(&ECDH_P256, theirs);
        let agreed = agree_ephemeral(own, &public, |shared| {
            let info = [&b"WebPush: info\0"[..], &self.point, theirs].concat();
            expand(&self.auth, shared, &info, 32)
        });
        let agreed = agreed.unwrap();
        let key = expand(salt, &agreed, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = expand(salt, &agreed, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut text = sealed.to_vec();
        let text = key.open_in_place(nonce, Aad::empty(), &mut text).expect("it is for this browser");
        assert_eq!(text.last(), Some(&2), "the last record");
        serde_json::from_slice(&text[..text.len() - 1]).unwrap()
    }
}

async fn call(s: &Server, name: &str, cookie: &str, body: &Value) -> Answer {
    let r = Request::post(format!("/api/fn/{name}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "Mozilla/5.0 (Windows NT 10.0) Chrome/143.0 Safari/537.36")
        .header(header::COOKIE, cookie)
        .body(Body::from(body.to_string()))
        .unwrap();
    s.send(r).await
}

async fn subscribe(s: &Server, cookie: &str, d: &Device) -> Answer {
    let a = call(s, "push_subscribe", cookie, &json!({ "given": d.given })).await;
    assert_eq!(a.status, 200, "{}", a.text());
    a
}

/// Permits services, as the administrator does it.
async fn permit(s: &Server, hosts: &str) -> String {
    let admin = match account::by_login(s.state.db.read(), "sys").await.unwrap() {
        Some(a) => s.session(a.id).await,
        None => s.account("sys", &[Role::SystemAdmin], Scope::City).await.1,
    };
    let form = [("contact", CONTACT), ("hosts", hosts)];
    s.form("/api/fn/push_services_save", "/platform", &admin, &form).await.1
}

/// An account of the northern district, and its cookie.
async fn person(s: &Server, login: &str) -> (i64, String) {
    s.account(login, &[Role::DistrictRegulator], Scope::District(NORTH)).await
}

async fn compose(s: &Server, by: i64, to: &[i64], urgent: bool) -> i64 {
    let c = Composed {
        title: "停气通知".into(),
        body: "{姓名}:明日停气检修,请提前安排。".into(),
        channels: vec![Channel::Inbox, Channel::Push],
        audience: Audience { whom: Whom::Accounts(to.to_vec()), roles: vec![] },
        send_at: s.clock.now(),
        urgent,
    };
    let txn = s.state.db.begin_write().await.unwrap();
    let city = Viewer { scope: Scope::City };
    let Written::New(id) = message::compose(&txn, city, &c, (by, s.clock.now())).await.unwrap() else { panic!() };
    txn.commit().await.unwrap();
    id
}

async fn work(m: &Messages) {
    let stop = CancellationToken::new();
    while m.step(&stop).await.unwrap() {}
}

/// How the push of a message to an account stands.
async fn stands(s: &Server, id: i64, account: i64) -> delivery::Model {
    let q = delivery::Entity::find()
        .filter(delivery::Column::MessageId.eq(id))
        .filter(delivery::Column::Channel.eq("push"));
    let mut rows = q.filter(delivery::Column::AccountId.eq(account)).all(s.state.db.read()).await.unwrap();
    assert_eq!(rows.len(), 1, "one sending a recipient");
    rows.remove(0)
}

async fn state(s: &Server, id: i64, account: i64) -> (String, String) {
    let row = stands(s, id, account).await;
    (row.state, row.why)
}

fn of(d: Delivery, why: &str) -> (String, String) {
    (d.code().to_owned(), why.to_owned())
}

/// That a message says who sends it, to this service alone, and not for long.
async fn is_signed(s: &Server, service: &Service, got: &Got) {
    let word = got.says("authorization").strip_prefix("vapid t=").unwrap();
    let (token, public) = word.split_once(", k=").unwrap();
    let key = push::key(s.state.db.read(), &s.state.access.master).await.unwrap().unwrap();
    assert_eq!(public, key.public);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let known = signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, base64url::read(public).unwrap());
    known.verify(signed.as_bytes(), &base64url::read(signature).unwrap()).expect("signed by the deployment's key");
    let (head, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice::<Value>(&base64url::read(part).unwrap()).unwrap();
    assert_eq!(read(head), json!({"typ": "JWT", "alg": "ES256"}));
    let claims = read(claims);
    assert_eq!(
        (claims["aud"].as_str(), claims["sub"].as_str()),
        (Some(service.base.as_str()), Some("mailto:push@example.cn"))
    );
    let good_for = claims["exp"].as_i64().unwrap() - s.clock.now() / 1_000;
    assert!((60..=12 * 3_600).contains(&good_for), "{good_for}");
}

async fn each_browser_gets_it_once_and_reads_it(s: Server) {
    let service = Service::start().await;
    assert_eq!(permit(&s, &service.base).await, "/platform?done=saved#push");
    let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
    let mut people = vec![];
    for n in 0..4 {
        people.push(person(&s, &format!("p{n}")).await);
    }
    let ids: Vec<i64> = people.iter().map(|p| p.0).collect();
    // Two browsers, one, one that is gone by then, none.
    let all = ["a1", "a2", "b1", "c1"].map(|name| Device::new(&service.base, name));
    for (d, owner) in all.iter().zip([0, 0, 1, 2]) {
        subscribe(&s, &people[owner].1, d).await;
    }
    service.does("c1", [Act::Says(410)]);
    let id = compose(&s, chief, &ids, true).await;
    work(&s.state.messages).await;
    for (n, want) in [
        (0, of(Delivery::Sent, "")),
        (1, of(Delivery::Sent, "")),
        (2, of(Delivery::Failed, Why::NoBrowser.code())),
        (3, of(Delivery::Failed, Why::NoBrowser.code())),
    ] {
        assert_eq!(state(&s, id, ids[n]).await, want, "p{n}");
    }
    let mut topics = BTreeSet::new();
    for (d, owner) in all.iter().zip([0, 0, 1, 2]) {
        let [got] = &service.got(&d.name)[..] else { panic!("{}: {:?}", d.name, service.got(&d.name)) };
        is_signed(&s, &service, got).await;
        assert_eq!(
            (got.says("content-encoding"), got.says("urgency"), got.says("ttl")),
            ("aes128gcm", "high", "86400")
        );
        assert_eq!(got.says("topic").len(), 32);
        topics.insert((owner, got.says("topic").to_owned()));
        let text = String::from_utf8_lossy(&got.body).into_owned();
        assert!(!text.contains("停气") && !text.contains("inbox"), "its service reads nothing");
        let told = d.reads(&got.body);
        assert_eq!(
            told,
            json!({
                "key": format!("pingji-{id}-{}-push-1", ids[owner]),
                "title": "停气通知",
                "body": format!("name of p{owner}:明日停气检修,请提前安排。"),
                "link": format!("/inbox/{id}"),
            })
        );
    }
    assert_eq!(topics.len(), 3, "a name for each recipient's own");
    // Of a browser that is gone nothing more is asked; the others are told again.
    let again = compose(&s, chief, &ids[..3], false).await;
    work(&s.state.messages).await;
    assert_eq!((service.got("a1").len(), service.got("c1").len()), (2, 1));
    assert_eq!(service.got("a1")[1].says("urgency"), "normal");
    assert_ne!(service.got("a1")[0].says("topic"), service.got("a1")[1].says("topic"));
    assert_eq!(state(&s, again, ids[2]).await, of(Delivery::Failed, Why::NoBrowser.code()));
    let mine = call(&s, "push_list", &people[0].1, &json!({})).await.json();
    assert_eq!(mine["browsers"].as_array().unwrap().len(), 2);
    assert!(
        mine["browsers"].as_array().unwrap().iter().all(|b| b["used_at"].is_i64() && b["agent"] == "Chrome · Windows")
    );
    assert_eq!(call(&s, "push_list", &people[2].1, &json!({})).await.json()["browsers"], json!([]));
    // The page of the message tells how each stands; nobody's address is told anywhere.
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    let html = s.get(&format!("/messages/{id}"), &[(header::COOKIE, &city)]).await.text();
    assert!(
        html.contains("浏览器推送") && html.contains("没有开启推送的浏览器") && !html.contains(&service.base),
        "{html}"
    );
    let log = data::audit::list(s.state.db.read(), &data::audit::Filter::default(), 1_000).await.unwrap();
    assert_eq!(log.iter().filter(|l| l.action == "push.on").count(), 4);
    assert!(log.iter().all(|l| !l.detail.contains("/a1") && !l.detail.contains(&all[0].given.keys.p256dh)));
    s.verified().await;
}

#[test]
fn each_browser_on_sqlite() {
    on_sqlite(each_browser_gets_it_once_and_reads_it);
}

#[test]
fn each_browser_on_postgres() {
    on_postgres(each_browser_gets_it_once_and_reads_it);
}

/// A server that talks nonsense.
async fn nonsense() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 1_024]).await;
            let _ = socket.write_all(b"\x00\xffwhat do you want\r\n\r\n").await;
        }
    });
    base
}

/// Who, at which service, what it does; how the sending stands then, why, and after how many tries.
type Case<'a> = (&'a str, &'a str, Option<Act>, Delivery, Option<Why>, i32);

#[test]
fn what_a_service_says_decides() {
    run(async {
        let s = Server::new().await;
        let (service, odd) = (Service::start().await, nonsense().await);
        // What leaves a service alone does so for everybody: each of these has its own.
        let (busy, ill) = (Service::start().await, Service::start().await);
        let all = [service.base.as_str(), busy.base.as_str(), ill.base.as_str(), odd.as_str(), "http://127.0.0.1:1"];
        permit(&s, &all.join("\n")).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let cases: [Case; 13] = [
            ("ok", &service.base, Some(Act::Says(200)), Delivery::Sent, None, 1),
            ("accepted", &service.base, Some(Act::Says(202)), Delivery::Sent, None, 1),
            ("endless", &service.base, Some(Act::Endless), Delivery::Sent, None, 1),
            ("gone", &service.base, Some(Act::Says(404)), Delivery::Failed, Some(Why::NoBrowser), 1),
            ("large", &service.base, Some(Act::Says(413)), Delivery::Failed, Some(Why::Refused), 1),
            ("bad", &service.base, Some(Act::Says(400)), Delivery::Failed, Some(Why::Refused), 1),
            ("elsewhere", &service.base, Some(Act::Elsewhere), Delivery::Failed, Some(Why::Refused), 1),
            ("unknown", &service.base, Some(Act::Says(403)), Delivery::Queued, Some(Why::Refused), 1),
            ("silent", &service.base, Some(Act::Silent), Delivery::Queued, Some(Why::Late), 1),
            ("many", &busy.base, Some(Act::Waits(429, 1_800)), Delivery::Queued, Some(Why::RateLimit), 1),
            // A service that is away uses up no tries.
            ("fault", &ill.base, Some(Act::Says(500)), Delivery::Queued, Some(Why::Unreachable), 0),
            ("nonsense", &odd, None, Delivery::Queued, Some(Why::Unreachable), 0),
            ("away", "http://127.0.0.1:1", None, Delivery::Queued, Some(Why::Unreachable), 0),
        ];
        let mut ids = vec![];
        for (name, base, act, ..) in &cases {
            let (id, cookie) = person(&s, name).await;
            subscribe(&s, &cookie, &Device::new(base, name)).await;
            for service in [&service, &busy, &ill] {
                service.does(name, *act);
            }
            ids.push(id);
        }
        let before = s.clock.now();
        let id = compose(&s, chief, &ids, true).await;
        work(&s.state.messages).await;
        for ((name, _, _, want, why, tries), account) in cases.iter().zip(&ids) {
            let row = stands(&s, id, *account).await;
            let told = (row.state.as_str(), row.why.as_str(), row.tries);
            assert_eq!(told, (want.code(), why.map_or("", Why::code), *tries), "{name}");
            if *name == "many" {
                assert!(row.next_at >= before + 1_800_000, "it is left alone as long as it asks");
            }
        }
        assert!(service.got("stolen").is_empty(), "nothing follows where a service points");
        // What may go another time goes then, under the same name.
        s.clock.shift(1_801_000);
        work(&s.state.messages).await;
        for (name, service) in [("unknown", &service), ("silent", &service), ("many", &busy), ("fault", &ill)] {
            let at = cases.iter().position(|c| c.0 == name).unwrap();
            assert_eq!(state(&s, id, ids[at]).await, of(Delivery::Sent, ""), "{name}");
            let got = service.got(name);
            assert_eq!(got.len(), 2, "{name}");
            assert_eq!(got[0].says("topic"), got[1].says("topic"), "{name}");
        }
        assert_eq!(service.got("gone").len(), 1);
        // A service that stays away is given up, when it has been for long enough.
        for _ in 0..3 {
            s.clock.shift(domain::clock::DAY_MS);
            work(&s.state.messages).await;
        }
        assert_eq!(state(&s, id, ids[12]).await, of(Delivery::Failed, Why::Unreachable.code()));
    });
}

#[test]
fn a_service_that_is_away_is_left_alone_and_others_are_not() {
    run(async {
        let s = Server::new().await;
        let (ill, busy, well) = (Service::start().await, Service::start().await, Service::start().await);
        permit(&s, &[ill.base.as_str(), busy.base.as_str(), well.base.as_str()].join("\n")).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let mut ids = vec![];
        for (name, service) in [("i1", &ill), ("i2", &ill), ("b1", &busy), ("b2", &busy), ("w", &well)] {
            let (id, cookie) = person(&s, name).await;
            subscribe(&s, &cookie, &Device::new(&service.base, name)).await;
            ids.push(id);
        }
        ill.does("i1", [Act::Says(503)]);
        busy.does("b1", [Act::Waits(429, 600)]);
        let first = compose(&s, chief, &[ids[0], ids[2]], true).await;
        work(&s.state.messages).await;
        assert_eq!(state(&s, first, ids[0]).await, of(Delivery::Queued, Why::Unreachable.code()));
        let second = compose(&s, chief, &[ids[1], ids[3], ids[4]], true).await;
        work(&s.state.messages).await;
        assert_eq!(state(&s, second, ids[4]).await, of(Delivery::Sent, ""), "nothing is wrong with this one");
        for (n, name, service, why) in [(1, "i2", &ill, Why::Unreachable), (3, "b2", &busy, Why::RateLimit)] {
            let row = stands(&s, second, ids[n]).await;
            assert_eq!(
                (row.state.as_str(), row.why.as_str(), row.tries),
                (Delivery::Queued.code(), why.code(), 0),
                "{name}"
            );
            assert!(service.got(name).is_empty(), "{name}: it is not asked for each");
        }
        // It is asked again after half a minute, and what waited goes out in its first try; the other said when.
        s.clock.shift(31_000);
        work(&s.state.messages).await;
        assert_eq!(stands(&s, first, ids[0]).await.state, Delivery::Sent.code());
        let row = stands(&s, second, ids[1]).await;
        assert_eq!((row.state.as_str(), row.tries), (Delivery::Sent.code(), 1));
        assert_eq!((busy.got("b1").len(), busy.got("b2").len()), (1, 0));
        s.clock.shift(600_000);
        work(&s.state.messages).await;
        for (id, n) in [(first, 2), (second, 3)] {
            assert_eq!(state(&s, id, ids[n]).await, of(Delivery::Sent, ""));
        }
    });
}

#[test]
fn a_browser_that_its_service_does_not_know_is_given_up() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (id, cookie) = person(&s, "p").await;
        subscribe(&s, &cookie, &Device::new(&service.base, "p")).await;
        let tries = usize::try_from(domain::message::TRIES).unwrap();
        service.does("p", vec![Act::Says(403); tries]);
        let message = compose(&s, chief, &[id], true).await;
        for n in 1..=tries {
            work(&s.state.messages).await;
            assert_eq!(service.got("p").len(), n);
            s.clock.shift(3_601_000);
        }
        assert_eq!(state(&s, message, id).await, of(Delivery::Failed, Why::Refused.code()));
        let own = call(&s, "push_list", &s.session(id).await, &json!({})).await.json();
        assert_eq!(own["browsers"], json!([]), "it is told no more");
    });
}

#[test]
fn nothing_else_waits_for_a_push_service() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (slow, cookie) = person(&s, "slow").await;
        let (other, _) = person(&s, "other").await;
        subscribe(&s, &cookie, &Device::new(&service.base, "slow")).await;
        service.does("slow", [Act::Silent]);
        let mut live = s.state.messages.live();
        let job = tokio::spawn(s.state.messages.clone().run(s.state.stop.clone()));
        let first = compose(&s, chief, &[slow], true).await;
        s.state.messages.wake();
        let asked = async {
            while service.got("slow").is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), asked).await.unwrap();
        compose(&s, chief, &[other], true).await;
        s.state.messages.wake();
        let entered = async { while !live.recv().await.unwrap().contains(&other) {} };
        tokio::time::timeout(Duration::from_secs(15), entered).await.unwrap();
        assert_eq!(stands(&s, first, slow).await.state, Delivery::Sending.code(), "it is still waited for");
        // It ends with the server, and what was on its way waits for the next.
        s.state.stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), job).await.unwrap().unwrap();
        let row = stands(&s, first, slow).await;
        assert_eq!((row.state.as_str(), row.tries), (Delivery::Queued.code(), 0));
    });
}

#[test]
fn a_browser_is_told_no_more_when_its_session_ends() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let admin = s.account("sec", &[Role::SecurityAdmin], Scope::City).await.1;
        let (id, first) = person(&s, "p").await;
        let told = async || {
            let all = push::Entity::find().all(s.state.db.read()).await.unwrap();
            all.into_iter().map(|b| b.id).collect::<Vec<_>>()
        };
        let d = |name: &str| Device::new(&service.base, name);
        let a = subscribe(&s, &first, &d("d1")).await;
        let here = format!("{first}; {}", cookie_of(&a, "pingji_push").unwrap());
        let second = s.session(id).await;
        subscribe(&s, &second, &d("d2")).await;
        assert_eq!(told().await.len(), 2);
        // The other session is ended from the list: its browser goes with it.
        let policy = domain::policy::Policy::default();
        let sessions = data::session::lines(s.state.db.read(), &policy, id, 0, s.clock.now()).await.unwrap();
        assert_eq!(sessions.len(), 2);
        let end = async |session: i64| {
            let number = session.to_string();
            s.form("/api/fn/session_end", "/me", &here, &[("id", number.as_str())]).await
        };
        let (_, to, _) = end(sessions[0].id).await;
        assert_eq!((to.as_str(), told().await.len()), ("/me?done=ended", 1));
        // One's own: as signing out.
        let (_, to, a) = end(sessions[1].id).await;
        assert_eq!((to.as_str(), told().await.len()), ("/login", 0));
        assert_eq!(cookie_of(&a, "pingji_push").as_deref(), Some("pingji_push="));
        // Another password: all but the one at which it was chosen.
        let cookie = s.session(id).await;
        subscribe(&s, &cookie, &d("d3")).await;
        let a = subscribe(&s, &cookie, &d("d4")).await;
        let both = format!("{cookie}; {}", cookie_of(&a, "pingji_push").unwrap());
        let new = "Saucer-under-the-cup-43";
        let form = [("current", PASSWORD), ("new", new), ("again", new)];
        let (_, to, _) = s.form("/api/fn/password_change", "/me", &both, &form).await;
        assert_eq!((to.as_str(), told().await.len()), ("/me?done=password", 1));
        let own = call(&s, "push_list", &both, &json!({})).await.json();
        assert_eq!(own["browsers"][0]["here"], true);
        // Put out by an administrator: none.
        let number = id.to_string();
        let (_, to, _) = s.form("/api/fn/account_sessions_end", "/accounts", &admin, &[("id", number.as_str())]).await;
        assert_eq!((to, told().await.len()), (format!("/accounts/{id}?done=saved"), 0));
        s.verified().await;
    });
}

#[test]
fn a_renewal_is_only_for_who_turned_it_on() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let (_, cookie) = person(&s, "one").await;
        let (_, others) = person(&s, "two").await;
        let (old, new) = (Device::new(&service.base, "old"), Device::new(&service.base, "new"));
        let known = cookie_of(&subscribe(&s, &cookie, &old).await, "pingji_push").unwrap();
        let renew = async |cookie: &str, before: &str| {
            let body = json!({"given": new.given, "before": before, "renewal": true});
            call(&s, "push_subscribe", cookie, &body).await.status.as_u16()
        };
        // Whoever is signed in there now did not turn it on, whatever the browser says or keeps.
        assert_eq!(renew(&others, &old.given.endpoint).await, 404);
        assert_eq!(renew(&format!("{others}; {known}"), "").await, 404);
        assert_eq!(renew(&cookie, "").await, 404, "nothing says that it is this one");
        assert_eq!(renew(&cookie, &new.given.endpoint).await, 404);
        // Its address is another one: the page is told so, and gives it.
        let both = format!("{cookie}; {known}");
        let asks = async |cookie: &str, d: &Device| {
            let own = call(&s, "push_list", cookie, &json!({"endpoint": d.given.endpoint})).await.json();
            (own["moved"].as_bool().unwrap(), own["browsers"][0]["here"] == true)
        };
        assert_eq!((asks(&both, &old).await, asks(&both, &new).await), ((false, true), (true, false)));
        assert_eq!(asks(&format!("{others}; {known}"), &new).await, (false, false));
        assert_eq!(renew(&both, "").await, 200);
        assert_eq!(asks(&cookie, &new).await, (false, true), "known by its address");
        assert_eq!(push::Entity::find().all(s.state.db.read()).await.unwrap().len(), 1, "the old one went");
        // By the address of before alone, as a browser's own program says it.
        let newer = Device::new(&service.base, "newer");
        let body = json!({"given": newer.given, "before": new.given.endpoint, "renewal": true});
        assert_eq!(call(&s, "push_subscribe", &cookie, &body).await.status, 200);
        assert_eq!(asks(&cookie, &newer).await, (false, true));
        assert_eq!(push::Entity::find().all(s.state.db.read()).await.unwrap().len(), 1);
        // The log tells the service and nothing behind it.
        let odd = Device::new(&format!("{}?token=secret", service.base), "x");
        subscribe(&s, &cookie, &odd).await;
        let log = data::audit::list(s.state.db.read(), &data::audit::Filter::default(), 1_000).await.unwrap();
        assert!(log.iter().any(|l| l.action == "push.on") && log.iter().all(|l| !l.detail.contains("secret")));
    });
}

#[test]
fn what_broke_off_is_sent_again_in_its_own_place() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (id, cookie) = person(&s, "p").await;
        let device = Device::new(&service.base, "p");
        subscribe(&s, &cookie, &device).await;
        service.does("p", [Act::Silent]);
        let message = compose(&s, chief, &[id], true).await;
        let process = || {
            let dir = s.config.data_dir.join("messages");
            Messages::new(s.state.db.clone(), s.state.access.master.clone(), &dir, s.clock.clone()).unwrap()
        };
        // Killed while the service has it and has not said so.
        let first = process();
        let begun = async {
            tokio::select! {
                () = work(&first) => panic!("the service said something"),
                () = async { while service.got("p").is_empty() { tokio::time::sleep(Duration::from_millis(10)).await } } => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(8), begun).await.unwrap();
        drop(first);
        assert_eq!(state(&s, message, id).await.0, Delivery::Sending.code());
        let second = process();
        work(&second).await;
        assert_eq!(state(&s, message, id).await.0, Delivery::Sending.code(), "it is in another's hands");
        second.begin().await.unwrap();
        work(&second).await;
        assert_eq!(state(&s, message, id).await, of(Delivery::Sent, ""));
        let got = service.got("p");
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].says("topic"), got[1].says("topic"), "the second takes the place of the first");
        assert_ne!(got[0].body, got[1].body, "sealed anew");
        assert_eq!(device.reads(&got[1].body)["key"], format!("pingji-{message}-{id}-push-1"));
        work(&second).await;
        assert_eq!(service.got("p").len(), 2, "and that was all");
    });
}

#[test]
fn what_is_no_browser_is_refused_and_named() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        let (_, cookie) = person(&s, "p").await;
        let (other, other_cookie) = person(&s, "other").await;
        let good = Device::new(&service.base, "p");
        let refused = async |given: Value| {
            let a = call(&s, "push_subscribe", &cookie, &json!({ "given": given })).await;
            (a.status.as_u16(), a.json()["detail"].as_str().unwrap_or_default().to_owned())
        };
        let given = serde_json::to_value(&good.given).unwrap();
        assert_eq!(refused(given.clone()).await, (422, "not_set".to_owned()));
        let own = call(&s, "push_list", &cookie, &json!({})).await.json();
        assert_eq!(own, json!({"key": null, "browsers": [], "moved": false}));
        for bad in ["http://10.0.0.1", "push", "http://127.0.0.1:1/x", "javascript:x", "", "*"] {
            let to = permit(&s, bad).await;
            assert!(to.starts_with("/platform?why=field&") && to.ends_with("push=hosts#push"), "{bad}: {to}");
            // What was typed stands there still, and the line at fault is named.
            let admin = s.session(account::by_login(s.state.db.read(), "sys").await.unwrap().unwrap().id).await;
            let html = s.get(to.trim_end_matches("#push"), &[(header::COOKIE, &admin)]).await.text();
            assert!(html.contains(CONTACT), "{bad}: {html}");
            let named = html.contains("push-odd") && html.contains(&format!("这一行不是推送服务:{bad}"));
            assert!(named != bad.is_empty(), "{bad}: {html}");
        }
        permit(&s, &format!("fcm.googleapis.com\n{}", service.base)).await;
        let with = |endpoint: &str| json!({"endpoint": endpoint, "keys": given["keys"]});
        for (endpoint, why) in [
            ("", "address"),
            ("x", "address"),
            ("https://user@fcm.googleapis.com/x", "address"),
            ("https://fcm.googleapis.com/\u{0}", "address"),
            ("https://fcm.googleapis.com/\r\nX: y", "address"),
            ("file:///etc/passwd", "address"),
            ("http://fcm.googleapis.com/x", "address"),
            ("https://127.0.0.1/x", "host"),
            ("https://10.0.0.1/x", "host"),
            ("https://169.254.169.254/latest/meta-data", "host"),
            ("https://[::1]/x", "host"),
            ("http://127.0.0.1:1/x", "host"),
            ("https://fcm.googleapis.com:8080/x", "host"),
            ("https://fcm.googleapis.com.evil.example/x", "host"),
        ] {
            assert_eq!(refused(with(endpoint)).await, (422, why.to_owned()), "{endpoint}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "x".repeat(200_000));
        assert_eq!(refused(with(&long)).await, (422, "address".to_owned()));
        for keys in [
            json!({}),
            json!({"p256dh": "", "auth": ""}),
            json!({"p256dh": "A".repeat(87), "auth": given["keys"]["auth"]}),
            json!({"p256dh": format!("B{}", "A".repeat(86)), "auth": given["keys"]["auth"]}),
            json!({"p256dh": given["keys"]["p256dh"], "auth": "A"}),
            json!({"p256dh": given["keys"]["p256dh"], "auth": "A".repeat(150_000)}),
        ] {
            let asked = json!({"endpoint": good.given.endpoint, "keys": keys});
            assert_eq!(refused(asked).await, (422, "key".to_owned()), "{keys}");
        }
        for odd in [json!(null), json!([]), json!("x"), json!({"endpoint": 7}), json!({"keys": {"auth": []}})] {
            let (status, _) = refused(odd.clone()).await;
            assert!(status == 400 || status == 422, "{odd}: {status}");
        }
        assert!(push::Entity::find().one(s.state.db.read()).await.unwrap().is_none(), "nothing of it is kept");
        // What is another's is taken away by nobody else; the browser itself goes with whoever turns it on.
        subscribe(&s, &cookie, &good).await;
        let row = push::Entity::find().one(s.state.db.read()).await.unwrap().unwrap();
        let form = [("id", row.id.to_string())];
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (_, to, _) = s.form("/api/fn/push_unsubscribe", "/tasks/settings", &other_cookie, &form).await;
        assert!(to.contains("why=not_found"), "{to}");
        let html = s.get("/tasks/settings", &[(header::COOKIE, &cookie)]).await.text();
        assert!(html.contains("data-testid=\"push-browsers\"") && html.contains("Chrome · Windows"), "{html}");
        assert!(!html.contains(&service.base) && !html.contains(&good.given.keys.auth));
        subscribe(&s, &other_cookie, &good).await;
        let row = push::Entity::find().one(s.state.db.read()).await.unwrap().unwrap();
        assert_eq!(row.account_id, other);
        let form = [("id", row.id.to_string())];
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (_, to, _) = s.form("/api/fn/push_unsubscribe", "/tasks/settings", &other_cookie, &form).await;
        assert_eq!(to, "/tasks/settings?done=browser_off#push");
        let admin = s.session(account::by_login(s.state.db.read(), "sys").await.unwrap().unwrap().id).await;
        let html = s.get("/platform", &[(header::COOKIE, &admin)]).await.text();
        assert!(html.contains("fcm.googleapis.com") && html.contains(CONTACT), "{html}");
        let (_, to, _) = s.form("/api/fn/push_services_remove", "/platform", &admin, &[]).await;
        assert_eq!(to, "/platform?done=push_off#push");
        assert_eq!(refused(given).await, (422, "not_set".to_owned()));
        s.verified().await;
    });
}

#[test]
fn a_browser_that_is_left_or_permitted_no_more_is_told_nothing() {
    run(async {
        let s = Server::new().await;
        let service = Service::start().await;
        permit(&s, &service.base).await;
        let (chief, _) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        let (one, cookie) = person(&s, "one").await;
        let (two, _) = person(&s, "two").await;
        let told = async || push::Entity::find().all(s.state.db.read()).await.unwrap().len();
        // Signed out of.
        let a = subscribe(&s, &cookie, &Device::new(&service.base, "d1")).await;
        let known = cookie_of(&a, "pingji_push").unwrap();
        let both = format!("{cookie}; {known}");
        let own = call(&s, "push_list", &both, &json!({})).await.json();
        assert_eq!(own["browsers"][0]["here"], true);
        let (_, to, a) = s.form("/api/fn/logout", "/", &both, &[]).await;
        assert_eq!((to.as_str(), told().await), ("/login", 0));
        assert_eq!(cookie_of(&a, "pingji_push").as_deref(), Some("pingji_push="), "it is forgotten");
        // Signed in to by another, after a session that ended by itself; by its owner it stays.
        let cookie = s.session(one).await;
        let a = subscribe(&s, &cookie, &Device::new(&service.base, "d2")).await;
        let known = cookie_of(&a, "pingji_push").unwrap();
        let sign_in = async |login: &str| {
            let form = [("login", login), ("password", PASSWORD)];
            let (status, to, _) = s.form("/api/fn/login", "/login", &known, &form).await;
            assert_eq!((status, to.as_str()), (302, "/"), "{login}");
        };
        sign_in("one").await;
        assert_eq!(told().await, 1);
        sign_in("two").await;
        assert_eq!(told().await, 0);
        for forged in ["pingji_push=", "pingji_push=x", "pingji_push=%00", &format!("pingji_push={}", "0".repeat(64))] {
            assert_eq!(s.form("/api/fn/logout", "/", forged, &[]).await.0, 302, "{forged}");
        }
        // Another address by its own service: the old one goes.
        let cookie = s.session(one).await;
        let (old, new) = (Device::new(&service.base, "d3"), Device::new(&service.base, "d4"));
        subscribe(&s, &cookie, &old).await;
        let body = json!({"given": new.given, "before": old.given.endpoint});
        assert_eq!(call(&s, "push_subscribe", &cookie, &body).await.status, 200);
        assert_eq!(told().await, 1);
        // Permitted no more: nothing is sent there.
        let id = compose(&s, chief, &[one, two], true).await;
        permit(&s, "push.example.cn").await;
        work(&s.state.messages).await;
        assert_eq!(state(&s, id, one).await, of(Delivery::Failed, Why::NotPermitted.code()));
        assert!(service.got("d4").is_empty());
        // Disabled: nothing either.
        permit(&s, &service.base).await;
        let id = compose(&s, chief, &[one], true).await;
        let stop = CancellationToken::new();
        assert!(s.state.messages.step(&stop).await.unwrap(), "the message begins");
        account::set_disabled(s.state.db.writer(), one, Some(s.clock.now())).await.unwrap();
        work(&s.state.messages).await;
        let rows = delivery::Entity::find().filter(delivery::Column::MessageId.eq(id));
        let rows = rows.filter(delivery::Column::Channel.eq("push")).all(s.state.db.read()).await.unwrap();
        assert!(rows.iter().all(|r| r.state == Delivery::Failed.code()), "{rows:?}");
        assert!(service.got("d4").is_empty());
    });
}
