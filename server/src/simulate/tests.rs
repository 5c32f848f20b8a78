//! The simulator against a server in this process that forgets answers, and a plan that the seed alone decides.

use super::{planner::Job, *};
use crate::demo::{
    city::{Base, Plan},
    keys::{KeysFile, write_private},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use domain::{
    event::{CustodyRecord, EventKind, FillRecord, Sender, content_hash},
    ledger::{self, Custody},
    rules::RuleSet,
    sign,
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

fn keys(cylinders: usize, stations: usize) -> KeysFile {
    let plan = Plan::new(3, cylinders, stations, client::now_ms(), Base::default());
    let history = plan.history(30);
    plan.keys(&RuleSet::seed(), history.custody(), |k| sign::device_secret(b"master", k))
}

fn jobs(keys: &KeysFile, seed: u64, faults: &Faults, fills: usize) -> (Vec<Job>, u64) {
    let custody: Vec<Custody> = keys.cylinders.iter().map(|c| c.custody).collect();
    let (mut p, _) = Planner::new(keys, &custody, seed, 50.0, faults.clone(), 9.0);
    let jobs = (0..fills).flat_map(|_| p.slot().1).collect();
    (jobs, p.starved)
}

#[test]
fn the_seed_alone_decides() {
    let keys = keys(2_000, 8);
    let (a, starved) = jobs(&keys, 5, &Faults::all(), 3_000);
    assert_eq!(jobs(&keys, 5, &Faults::all(), 3_000).0, a);
    assert_ne!(jobs(&keys, 6, &Faults::all(), 3_000).0, a);
    assert_eq!(starved, 0);
    assert!(a.is_sorted_by_key(|j| j.at), "in the order of their time");
    let end = a.last().unwrap().at;
    assert!((59_900..=60_000).contains(&end), "3,000 fills at 50 a second: {end} ms");
    let sites: HashSet<i64> = a.iter().map(|j| keys.devices[j.gun].site_id).collect();
    assert_eq!(sites.len(), 8);
    // A cylinder is filled at its home, and never while it is out.
    let mut back = HashMap::new();
    for j in a.iter().filter(|j| !j.only_tried) {
        let Some(c) = j.cylinder else { continue };
        assert_eq!(
            (keys.cylinders[c].site_id, &keys.cylinders[c].medium),
            (keys.devices[j.gun].site_id, &keys.devices[j.gun].medium)
        );
        assert!(back.get(&c).is_none_or(|t| *t <= j.at));
        back.insert(c, j.at + j.steps.iter().map(|s| s.1).sum::<u64>());
    }
}

#[test]
fn faults_strike_at_their_rates() {
    let keys = keys(4_000, 12);
    let n = 20_000;
    let (none, _) = jobs(&keys, 5, &Faults::none(), n);
    assert!(none.iter().all(|j| j.faults.is_empty() && !j.only_tried) && none.len() == n);
    let mut want = Faults::none();
    for f in Fault::LIVE {
        want = want.with(*f, 0.03);
    }
    // Cloned cylinders are held, so that the stock shrinks: they are asked for apart.
    let (all, starved) = jobs(&keys, 5, &want.clone().with(Fault::Clone, 0.002), n);
    assert!(starved < n as u64 / 20, "{starved}");
    let share = |f: Fault| all.iter().filter(|j| j.faults.contains(&f)).count() as f64 / n as f64;
    for f in Fault::LIVE.iter().filter(|f| **f != Fault::Clone) {
        // A foreign pick may hit an own cylinder; of two faults of one kind, one stands; gas stations weigh nothing.
        assert!((0.02..0.036).contains(&share(*f)), "{}: {}", f.word(), share(*f));
    }
    assert!((0.001..0.003).contains(&share(Fault::Clone)));
    let good = all.iter().filter(|j| !j.only_tried && !j.fill_blocked).count();
    assert_eq!(good as u64 + starved, n as u64, "what goes wrong beside the fills takes none of them");
}

/// What the fake server holds.
#[derive(Default)]
struct Fake {
    secrets: HashMap<String, (Vec<u8>, i64)>,
    files: HashMap<String, (i64, bool)>,
    nonces: HashSet<String>,
    attempts: HashMap<(i64, String), Value>,
    /// Content by (device, epoch, number).
    stored: HashMap<(i64, u64, u64), String>,
    /// Kinds by tag, in the order of their arrival.
    chains: HashMap<String, Vec<EventKind>>,
    net_g: i64,
    requests: u64,
    /// Answers forgotten, requests lost: every so many.
    trouble: u64,
}

type Shared = Arc<Mutex<Fake>>;

impl Fake {
    fn sender(&mut self, method: &Method, uri: &Uri, h: &HeaderMap, body: &[u8]) -> i64 {
        let get = |n: &str| h.get(n).unwrap().to_str().unwrap().to_owned();
        let (key, time, nonce) = (get(sign::H_KEY), get(sign::H_TIME), get(sign::H_NONCE));
        let (secret, device) = self.secrets[&key].clone();
        let parts =
            sign::Parts { method: method.as_str(), path_and_query: uri.path(), time: &time, nonce: &nonce, body };
        assert!(sign::verify(&secret, &parts, &get(sign::H_SIGNATURE)) && sign::nonce_ok(&nonce));
        assert!(self.nonces.insert(nonce), "each request has a nonce of its own");
        assert!((time.parse::<i64>().unwrap() - client::now_ms()).abs() < 5_000);
        device
    }

    fn store(
        &mut self,
        device: i64,
        epoch: u64,
        seq: u64,
        content: String,
        tag: &str,
        kind: EventKind,
    ) -> &'static str {
        match self.stored.get(&(device, epoch, seq)) {
            Some(c) if *c == content => "DUPLICATE",
            Some(_) => "QUARANTINED",
            None => {
                self.stored.insert((device, epoch, seq), content);
                self.chains.entry(tag.into()).or_default().push(kind);
                "ACCEPTED"
            }
        }
    }

    fn record(&mut self, device: i64, value: &Value) -> Value {
        let from = Sender { device, site: 1, sent_at: client::now_ms() };
        let fill = value.get("ended_at").is_some();
        let (entry, content) = if fill {
            let r: FillRecord = serde_json::from_value(value.clone()).unwrap();
            (r.entry(from).unwrap(), content_hash(&r))
        } else {
            let r: CustodyRecord = serde_json::from_value(value.clone()).unwrap();
            (r.entry(from).unwrap(), content_hash(&r))
        };
        assert!(entry.occurred_at <= client::now_ms() + 1_000);
        let status = self.store(device, entry.epoch as u64, entry.seq as u64, content, &entry.tag, entry.kind);
        if status == "ACCEPTED" {
            self.net_g += entry.weights.map_or(0, |w| w.net_g);
        }
        let code = (status == "QUARANTINED").then_some("SEQ_REUSED");
        json!({"epoch": entry.epoch, "seq": entry.seq, "status": status, "code": code})
    }

    fn answer(&mut self, device: i64, path: &str, body: &[u8]) -> Value {
        if path.ends_with("/me") {
            let next = self.stored.keys().filter(|k| k.0 == device).map(|k| k.2 + 1).max().unwrap_or(1);
            return json!({"epoch": 1, "next_seq": next, "gaps": []});
        }
        let body: Value = serde_json::from_slice(body).unwrap();
        if path.ends_with("/authorize") {
            let r: domain::event::AuthorizeRequest = serde_json::from_value(body).unwrap();
            r.check().unwrap();
            let ok = self.files.get(&r.tag).is_some_and(|f| f.1);
            let fresh = json!({"decision": if ok { "ALLOW" } else { "BLOCK" }, "reasons": []});
            return self.attempts.entry((device, r.attempt)).or_insert(fresh).clone();
        }
        let results: Vec<Value> = body["records"].as_array().unwrap().iter().map(|r| self.record(device, r)).collect();
        json!({"results": results, "epoch": 1, "next_seq": 0})
    }
}

async fn handle(State(fake): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let (n, trouble) = {
        let mut f = fake.lock().unwrap();
        f.requests += 1;
        (f.requests, f.trouble)
    };
    // In turns: lost before it was read, answered by an error after it was stored, answered too late.
    let fate = if trouble == 0 || n % trouble != 0 { 0 } else { n / trouble % 3 + 1 };
    if fate == 1 {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"code": "BUSY"}))).into_response();
    }
    let value = {
        let mut f = fake.lock().unwrap();
        let device = f.sender(&method, &uri, &headers, &body);
        f.answer(device, uri.path(), &body)
    };
    match fate {
        2 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        3 => {
            sleep(Duration::from_secs(3)).await;
            Json(value).into_response()
        }
        _ => Json(value).into_response(),
    }
}

async fn serve(keys: &KeysFile, trouble: u64) -> (Shared, String) {
    let secrets =
        keys.devices.iter().map(|d| (d.key_id.clone(), (hex::decode(&d.secret).unwrap(), d.device_id))).collect();
    let files = keys.cylinders.iter().map(|c| (c.tag.clone(), (c.site_id, c.fillable))).collect();
    let fake = Arc::new(Mutex::new(Fake { secrets, files, trouble, ..Fake::default() }));
    let app = Router::new().fallback(handle).with_state(Arc::clone(&fake));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (fake, url)
}

async fn go(o: Options) -> Report {
    run_until(o, CancellationToken::new(), CancellationToken::new()).await.unwrap()
}

/// Numbers missing below the highest of each device.
fn missing(fake: &Fake, numbers: &HashMap<i64, u64>) -> u64 {
    numbers.iter().map(|(d, last)| (1..=*last).filter(|s| !fake.stored.contains_key(&(*d, 1, *s))).count() as u64).sum()
}

fn last_numbers(fake: &Fake) -> HashMap<i64, u64> {
    let mut out = HashMap::new();
    for (d, _, s) in fake.stored.keys() {
        let last = out.entry(*d).or_insert(0);
        *last = (*last).max(*s);
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_arrives_once_through_trouble_and_a_second_run_goes_on() {
    let keys = keys(300, 4);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.json");
    write_private(&path, &keys).unwrap();
    let (fake, url) = serve(&keys, 7).await;
    let options = |seed, batch| Options {
        rate: 40.0,
        seed,
        batch,
        duration: Some(Duration::from_secs(4)),
        timeout: Duration::from_millis(500),
        ..Options::new(url.clone(), &path)
    };
    let first = go(options(1, 1)).await;
    let second = go(options(1, 5)).await;
    let f = fake.lock().unwrap();
    for r in [&first, &second] {
        assert_eq!((r.unanswered, r.errors.len(), r.codes.len()), (0, 0, 0), "{r:?}");
        assert!(r.fills_sent > 20 && r.fills_sent == r.fills_stored, "{r:?}");
        assert_eq!(r.custody_sent.values().sum::<u64>(), r.custody_stored);
        assert!(
            r.retries.contains_key("BUSY") && r.retries.contains_key("HTTP_500") && r.retries.contains_key("TIMEOUT"),
            "{:?}",
            r.retries
        );
        assert_eq!(r.acked.keys().collect::<Vec<_>>(), ["ACCEPTED", "DUPLICATE"]);
    }
    let sent = |r: &Report| r.fills_stored + r.custody_stored;
    assert_eq!(f.stored.len() as u64, sent(&first) + sent(&second));
    assert_eq!(f.net_g, first.net_g + second.net_g);
    let last = last_numbers(&f);
    assert_eq!(missing(&f, &last), 0);
    for d in &keys.devices {
        let got = last.get(&d.device_id).copied().unwrap_or(0);
        let (a, b) = (first.devices[&d.device_id], second.devices[&d.device_id]);
        assert_eq!((a.first_seq, b.first_seq), (1, a.last_acked_seq + 1));
        assert_eq!(got, b.last_acked_seq.max(a.last_acked_seq));
    }
    // Each chain is legal from the custody of the file on, over both runs.
    for c in &keys.cylinders {
        let mut at = c.custody;
        for kind in f.chains.get(&c.tag).into_iter().flatten() {
            let (to, legal) = ledger::step(*kind, at);
            assert!(legal, "{} {kind:?} after {at:?}: {:?}", c.tag, f.chains[&c.tag]);
            at = to;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_made_and_counted() {
    let keys = keys(600, 6);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.json");
    write_private(&path, &keys).unwrap();
    let (fake, url) = serve(&keys, 0).await;
    let mut faults = Faults::none();
    for f in Fault::LIVE {
        faults = faults.with(*f, 0.1);
    }
    let o = Options { rate: 60.0, faults, duration: Some(Duration::from_secs(4)), ..Options::new(url, &path) };
    let r = go(o).await;
    let f = fake.lock().unwrap();
    for fault in Fault::LIVE {
        assert!(r.faults.get(fault.word()).is_some_and(|n| *n > 0), "{}: {:?}", fault.word(), r.faults);
    }
    assert_eq!(f.stored.len() as u64, r.fills_stored + r.custody_stored);
    assert_eq!(missing(&f, &last_numbers(&f)), r.faults["missing"]);
    assert_eq!(
        (r.acked["DUPLICATE"], r.acked["QUARANTINED"], r.codes["SEQ_REUSED"]),
        (r.faults["duplicate"], r.faults["reuse"], r.faults["reuse"])
    );
    let tried = r.faults["expired"] + r.faults["foreign"] + r.faults["unknown"] + r.faults["fill_blocked"];
    assert!(r.attempts["BLOCK"] >= tried - r.faults["foreign"], "{r:?}");
    assert!(r.authorize.count > 0 && r.upload.p99_ms > 0.0);
    serde_json::to_string(&r).unwrap();
}

#[tokio::test]
async fn what_cannot_run_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.json");
    let go = |o| run_until(o, CancellationToken::new(), CancellationToken::new());
    let here = || Options::new("http://127.0.0.1:1", &path);
    assert!(matches!(go(here()).await, Err(SimulateError::Keys { .. })));
    write_private(&path, &keys(20, 1)).unwrap();
    for rate in [0.0, -1.0, f64::NAN, 1e9] {
        assert!(matches!(go(Options { rate, ..here() }).await, Err(SimulateError::Rate(_))));
    }
    assert!(matches!(go(Options { url: "nonsense".into(), ..here() }).await, Err(SimulateError::Url)));
    let short = Options { duration: Some(Duration::from_millis(300)), ..here() };
    assert!(matches!(go(short).await, Err(SimulateError::NoAnswer)));
    write_private(&path, &KeysFile::default()).unwrap();
    assert!(matches!(go(here()).await, Err(SimulateError::Nothing)));
}
