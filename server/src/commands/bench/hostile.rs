//! `pingji bench hostile`: requests, frames and files that nobody should send. No 5xx, no panic, still alive.

use super::{
    child::{Scratch, Server, settings},
    gun::{self, Gun},
    hostile_bodies, hostile_import,
    hostile_raw::{QUERIES, Request, exchange, frames, ours, status, upgrade},
    verdict, world,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use futures_util::StreamExt;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

/// Requests at once: enough to be quick, too few to make the server busy.
const AT_ONCE: usize = 6;

const ROUTES: [(&str, &str); 10] = [
    ("POST", "/api/v1/fills/authorize"),
    ("POST", "/api/v1/fills"),
    ("POST", "/api/v1/events"),
    ("GET", "/api/v1/devices/me"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/wall"),
    ("POST", "/api/fn/cylinder_history"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/nowhere"),
];

/// Paths and queries around a route.
fn path(route: &str, n: usize) -> String {
    match n % 9 {
        1 => format!("{route}?{}", "a=%00%ff&".repeat(50)),
        2 => format!("{route}?x=%zz&pair={}", "0".repeat(64)),
        3 => format!("{route}?pair=%e9&__lo=1&code=%ed%a0%80"),
        4 if route == "/nowhere" => "/pkg/../../../../etc/passwd".into(),
        5 if route == "/nowhere" => format!("/pkg/%2e%2e/%00{}", "é".repeat(3)),
        6 if route == "/nowhere" => format!("/cylinder/{}", "%F0%9F%9B%A2".repeat(200)),
        7 => format!("{route}?{}", "q".repeat(20_000)),
        _ => route.into(),
    }
}

/// What came of the requests of one route.
#[derive(Default)]
struct Tally {
    statuses: BTreeMap<String, usize>,
    reached: usize,
    bad: Vec<String>,
}

async fn route(at: SocketAddr, gun: &Gun, cookie: &str, (method, route): (&str, &str), count: usize) -> Tally {
    let mut tally = Tally::default();
    let mut answers = futures_util::stream::iter((0..count).map(|n| {
        // Every second one carries a right signature and a right cookie.
        let signed = (n % 2 == 0).then_some((gun, cookie));
        let kind = n / 2;
        let method =
            if kind % 11 == 10 { ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"][kind / 11 % 6] } else { method };
        // One in four is wrong on the way as well.
        let way = if kind % 4 == 3 { 1 + kind / 4 % 7 } else { 8 + kind };
        let body = hostile_bodies::hostile(route, gun, kind);
        let request = Request { method, path: path(route, kind), body, signed, way };
        async move {
            let (bytes, end) = request.bytes();
            let answer = exchange(at, &bytes, end, Duration::from_secs(10)).await;
            (signed.is_some(), way, kind, answer)
        }
    }))
    .buffer_unordered(AT_ONCE);
    while let Some((signed, way, kind, answer)) = answers.next().await {
        let got = status(&answer);
        *tally.statuses.entry(got.map_or_else(|| "closed".into(), |s| s.to_string())).or_default() += 1;
        match got {
            Some(s) if s >= 500 => {
                let text: String = String::from_utf8_lossy(&answer).chars().take(400).collect();
                tally.bad.push(format!("{s} on {route} (body {kind}, way {way}): {text}"));
            }
            Some(200 | 400 | 404 | 405 | 409 | 413 | 415) if signed && ours(&answer) => tally.reached += 1,
            _ => {}
        }
    }
    tally
}

async fn sockets(at: SocketAddr, cookie: &str, count: usize) -> usize {
    let upgraded = futures_util::stream::iter((0..count).map(|n| async move {
        let mut bytes = upgrade(QUERIES[n / 2 % QUERIES.len()], (n % 2 == 0).then_some(cookie));
        bytes.extend(frames(n / 2));
        let answer = exchange(at, &bytes, n % 3 == 0, Duration::from_millis(1_500)).await;
        usize::from(status(&answer) == Some(101))
    }))
    .buffer_unordered(50);
    upgraded.fold(0, |sum, n| async move { sum + n }).await
}

/// Runs the measurement.
pub async fn run(config: &Config, requests: usize, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let config = settings(config, scratch.path(), None);
    let guns = world::make(&config, world::Size { guns: ROUTES.len(), cylinders: 5, authorised: true }).await?.guns;
    let mut server = Server::start(&config).await?;
    let http = gun::client(Duration::from_secs(10))?;
    let cookie = server.pair(&http).await?;
    let at: SocketAddr = server.base.trim_start_matches("http://").parse()?;
    let (mut broken, mut reached, mut sent) = (vec![], 0, 0);
    for (r, gun) in ROUTES.iter().zip(&guns) {
        let t = route(at, gun, &cookie, *r, requests).await;
        let seen: Vec<String> = t.statuses.iter().map(|(s, n)| format!("{s} × {n}")).collect();
        say(&format!("{} {}: {requests} requests, {} reached the handler; {}", r.0, r.1, t.reached, seen.join(", ")));
        reached += t.reached;
        sent += requests;
        broken.extend(t.bad.into_iter().take(3));
        if !server.alive() {
            broken.push(format!("the server ended at {}", r.1));
            break;
        }
    }
    let upgraded = sockets(at, &cookie, requests).await;
    say(&format!("GET /ws: {requests} sockets with hostile frames, {upgraded} of them upgraded"));
    let (tables, plans, panics) = hostile_import::run(requests)?;
    say(&format!("import: {requests} files, {tables} were read as tables, {plans} of them planned, {panics} panics"));
    if panics > 0 {
        broken.push(format!("the import panicked on {panics} files"));
    }
    let healthy = http.get(format!("{}/healthz", server.base)).send().await?.status().as_u16();
    let panicked = server.metric(&http, "pingji_panics_total").await?.abs();
    let log = server.log();
    let in_log = log.lines().filter(|l| l.contains("panicked") || l.contains("\"level\":\"ERROR\"")).count();
    say(&format!(
        "{sent} requests, {reached} reached a handler; then: /healthz {healthy}, handlers that panicked {panicked}, panics and errors in the log {in_log}"
    ));
    if healthy != 200 || !server.alive() {
        broken.push("the server is not well".into());
    }
    if panicked > 0.0 || in_log > 0 {
        broken.extend(
            log.lines()
                .filter(|l| l.contains("panicked") || l.contains("\"level\":\"ERROR\""))
                .take(3)
                .map(str::to_owned),
        );
    }
    verdict(&broken)
}
