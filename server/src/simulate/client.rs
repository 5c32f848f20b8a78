//! Signed requests, sent until they are answered.

use super::{
    SimulateError,
    report::{Route, Tally},
};
use crate::demo::keys::DeviceKey;
use domain::{outcome::RequestCode, sign};
use reqwest::{Method, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio_util::sync::CancellationToken;

/// Waits before a repetition.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Problem documents are short; more of one is not looked at.
const PROBLEM_MAX: usize = 64 * 1024;

/// The machine's clock, Unix milliseconds.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// Who signs.
#[derive(Clone)]
pub(super) struct Credentials {
    key_id: String,
    secret: Vec<u8>,
}

impl Credentials {
    /// From the file of keys.
    pub(super) fn of(key: &DeviceKey) -> Result<Self, SimulateError> {
        let secret = hex::decode(&key.secret).map_err(|_| SimulateError::Secret(key.key_id.clone()))?;
        Ok(Self { key_id: key.key_id.clone(), secret })
    }

    /// The headers of a request: key id, time, nonce and signature.
    pub(super) fn headers(
        &self,
        method: &str,
        path: &str,
        time_ms: i64,
        nonce: &str,
        body: &[u8],
    ) -> [(&'static str, String); 4] {
        let time = time_ms.to_string();
        let signature =
            sign::sign(&self.secret, &sign::Parts { method, path_and_query: path, time: &time, nonce, body });
        [
            (sign::H_KEY, self.key_id.clone()),
            (sign::H_TIME, time),
            (sign::H_NONCE, nonce.to_owned()),
            (sign::H_SIGNATURE, signature),
        ]
    }
}

/// How a request ended.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// With an answer.
    Given(T),
    /// Refused for good: the code.
    Refused(String),
    /// The run ended before an answer came.
    GaveUp,
}

/// The client: one pool of connections for all devices.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    tally: Arc<Tally>,
    /// Added to the machine's clock in signatures, ms: a drill has a time of its own.
    pub shift: Arc<AtomicI64>,
    /// Ends all repetitions.
    pub give_up: CancellationToken,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Client {
    pub(super) fn new(
        base: &str,
        timeout: Duration,
        ca_file: Option<&std::path::Path>,
        tally: Arc<Tally>,
    ) -> Result<Self, SimulateError> {
        let base = Url::parse(base).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let base = base.ok_or(SimulateError::Url)?;
        // The second and later calls find one installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            // A device in a station has no proxy, and a redirect would not be what was signed.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(512);
        if base.scheme() == "http" {
            // Plain HTTP must run where no certificates are installed.
            builder = builder.tls_certs_only(std::iter::empty());
        } else if let Some(path) = ca_file {
            let pem = std::fs::read(path).map_err(SimulateError::Ca)?;
            builder =
                builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&pem).map_err(SimulateError::Client)?);
        }
        let http = builder.build().map_err(SimulateError::Client)?;
        Ok(Self { http, base, tally, shift: Arc::default(), give_up: CancellationToken::new() })
    }

    /// Sends a request until it is answered: the same body, each time under a fresh nonce.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        who: &Credentials,
        route: Route,
        path: &str,
        body: Option<&[u8]>,
    ) -> Answer<T> {
        let mut wait = BACK_OFF.0;
        loop {
            let asked = Instant::now();
            let tried = tokio::select! {
                biased;
                () = self.give_up.cancelled() => return Answer::GaveUp,
                t = self.once(who, path, body) => t,
            };
            let again = match tried {
                Ok((status, bytes)) if status.is_success() => {
                    self.tally.latency(route, asked.elapsed());
                    return match serde_json::from_slice(&bytes) {
                        Ok(value) => Answer::Given(value),
                        Err(e) => {
                            tracing::warn!(path, error = %e, "the answer cannot be read");
                            self.refused("UNREADABLE_ANSWER".into())
                        }
                    };
                }
                Ok((status, bytes)) => {
                    let code = serde_json::from_slice::<Problem>(&bytes)
                        .map_or_else(|_| format!("HTTP_{}", status.as_u16()), |p| p.code);
                    // Two of the 4xx ask for patience by their very meaning, and one lies in our nonce alone.
                    let patience = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
                    if !status.is_server_error() && !patience && code != RequestCode::Replayed.code() {
                        return self.refused(code);
                    }
                    code
                }
                Err(e) if e.is_timeout() => "TIMEOUT".into(),
                Err(e) => {
                    tracing::debug!(path, error = %e, "no answer");
                    "NETWORK".into()
                }
            };
            self.tally.with(|r| *r.retries.entry(again).or_default() += 1);
            tokio::select! {
                biased;
                () = self.give_up.cancelled() => return Answer::GaveUp,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    fn refused<T>(&self, code: String) -> Answer<T> {
        self.tally.with(|r| *r.errors.entry(code.clone()).or_default() += 1);
        Answer::Refused(code)
    }

    async fn once(
        &self,
        who: &Credentials,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let nonce = format!("{:032x}", rand::random::<u128>());
        let bytes = body.unwrap_or_default();
        let mut request = self.http.request(method.clone(), url);
        let time = now_ms().saturating_add(self.shift.load(Ordering::Relaxed));
        for (name, value) in who.headers(method.as_str(), path, time, &nonce, bytes) {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json").body(bytes.to_vec());
        }
        let mut response = request.send().await?;
        let status = response.status();
        let mut out = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            out.extend_from_slice(&chunk);
            if !status.is_success() && out.len() > PROBLEM_MAX {
                break;
            }
        }
        Ok((status, out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_pass_the_servers_check() {
        let key = DeviceKey {
            device_id: 1,
            key_id: "demo-00001".into(),
            secret: "00ff10".into(),
            kind: "gun".into(),
            site_id: 1,
            org_id: 1,
            medium: "LPG".into(),
            label: String::new(),
        };
        let who = Credentials::of(&key).unwrap();
        let [(k, id), (t, time), (n, nonce), (s, signature)] =
            who.headers("POST", "/api/v1/fills", 1_763_712_000_000, "0123456789abcdef", b"[]");
        assert_eq!((k, t, n, s), (sign::H_KEY, sign::H_TIME, sign::H_NONCE, sign::H_SIGNATURE));
        assert_eq!(id, "demo-00001");
        assert!(sign::nonce_ok(&nonce));
        let parts =
            |body| sign::Parts { method: "POST", path_and_query: "/api/v1/fills", time: &time, nonce: &nonce, body };
        assert!(sign::verify(&[0, 0xff, 0x10], &parts(b"[]"), &signature));
        assert!(!sign::verify(&[0, 0xff, 0x10], &parts(b"[ ]"), &signature));
        assert!(matches!(Credentials::of(&DeviceKey { secret: "xyz".into(), ..key }), Err(SimulateError::Secret(_))));
    }

    #[test]
    fn only_web_addresses_are_taken() {
        for bad in ["", "localhost:8080", "ftp://x", "http://"] {
            assert!(
                matches!(Client::new(bad, Duration::from_secs(1), None, Arc::default()), Err(SimulateError::Url)),
                "{bad}"
            );
        }
        assert!(Client::new("http://127.0.0.1:1/", Duration::from_secs(1), None, Arc::default()).is_ok());
    }
}
