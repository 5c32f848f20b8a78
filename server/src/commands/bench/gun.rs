//! A gun that signs what it sends.

use super::world;
use crate::cli::Failure;
use domain::{
    clock,
    event::{AuthorizeRequest, CustodyRecord, EventKind, FillRecord},
    sign,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A gun of the measurement's world.
#[derive(Clone)]
pub struct Gun {
    /// Device.
    pub id: i64,
    /// Its station.
    pub site: i64,
    /// Its key.
    pub key_id: String,
    /// … and the secret.
    pub secret: Vec<u8>,
    /// The cylinders it fills.
    pub tags: Vec<String>,
}

/// A batch, as it is sent.
#[derive(Serialize)]
pub struct Batch<'a, T> {
    /// Its records.
    pub records: &'a [T],
}

/// What the server said of a batch.
#[derive(Deserialize)]
pub struct Answer {
    /// One for each record.
    pub results: Vec<Line>,
}

/// What it said of a record.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// Its number.
    pub seq: Option<i64>,
    /// The outcome.
    pub status: String,
}

/// The machine's clock, Unix milliseconds.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// A client without proxies, redirects or certificates.
pub fn client(timeout: Duration) -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder()
        .timeout(timeout)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only(std::iter::empty())
        .build()?)
}

impl Gun {
    /// The headers that sign a request.
    pub fn sign(&self, method: &str, path: &str, body: &[u8]) -> [(&'static str, String); 4] {
        let (time, nonce) = (now_ms().to_string(), format!("{:032x}", rand::random::<u128>()));
        let parts = sign::Parts { method, path_and_query: path, time: &time, nonce: &nonce, body };
        let signature = sign::sign(&self.secret, &parts);
        [
            (sign::H_KEY, self.key_id.clone()),
            (sign::H_TIME, time),
            (sign::H_NONCE, nonce),
            (sign::H_SIGNATURE, signature),
        ]
    }

    /// Posts a body once: the status, and the answer's bytes.
    pub async fn post(
        &self,
        http: &reqwest::Client,
        base: &str,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), reqwest::Error> {
        let mut r = http.post(format!("{base}{path}")).header("content-type", "application/json");
        for (name, value) in self.sign("POST", path, &body) {
            r = r.header(name, value);
        }
        let answer = r.body(body).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.bytes().await?.to_vec()))
    }

    /// A fill of one of its cylinders, with nothing wrong in it, under the authorisation it was given before.
    pub fn fill(&self, seq: u64) -> FillRecord {
        let tag = &self.tags[seq as usize % self.tags.len().max(1)];
        let now = now_ms();
        let net_g = 14_000 + (seq % 700) as i64;
        FillRecord {
            epoch: 1,
            seq,
            tag: tag.clone(),
            medium: "LPG".into(),
            started_at: clock::rfc3339(now - 90_000),
            ended_at: clock::rfc3339(now),
            gross_g: world::TARE_G + net_g,
            tare_g: world::TARE_G,
            net_g,
            operator: "F01".into(),
            attempt: Some(world::attempt(tag)),
        }
    }

    /// An empty cylinder received.
    pub fn custody(&self, seq: u64) -> CustodyRecord {
        self.told(seq, EventKind::ReceiveEmpty, seq)
    }

    /// A record of where the nth of its cylinders goes.
    pub fn told(&self, seq: u64, kind: EventKind, n: u64) -> CustodyRecord {
        CustodyRecord {
            epoch: 1,
            seq,
            kind,
            tag: self.tags[n as usize % self.tags.len().max(1)].clone(),
            at: clock::rfc3339(now_ms()),
            operator: "F01".into(),
            target: String::new(),
            body: None,
        }
    }

    /// A question to the gate.
    pub fn question(&self, attempt: String, n: u64) -> AuthorizeRequest {
        let tag = self.tags[n as usize % self.tags.len().max(1)].clone();
        AuthorizeRequest { attempt, tag, medium: "LPG".into(), at: clock::rfc3339(now_ms()), operator: None }
    }
}
