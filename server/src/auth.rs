//! Who sends: signed requests of devices.

use crate::clock::Clock;
use axum::http::{HeaderMap, Method};
use data::{Db, device};
use domain::{
    event::{Role, Sender},
    outcome::RequestCode,
    sign::{self, H_KEY, H_NONCE, H_SIGNATURE, H_TIME, Parts},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How far a device's clock may be off when it signs, ms (rules.md §20).
pub const SKEW_MS: i64 = 300_000;
/// How long a key is remembered before the record is asked again.
const KEY_FRESH: Duration = Duration::from_secs(5);
/// Keys remembered.
const KEYS_MAX: usize = 50_000;
/// Below this a device's clock counts as right and its timestamps are taken as they are, ms.
const CLOCK_RIGHT_MS: i64 = 2_000;

/// A device whose signature was right.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The device.
    pub device: device::Model,
    /// Its clock minus ours, ms; the way here counts against it.
    pub offset_ms: i64,
    /// What goes into its records.
    pub sender: Sender,
    /// What it may report, if anything.
    pub role: Option<Role>,
}

/// Who somebody says to be: the headers are whole and the key is known; nothing is proved yet.
#[derive(Clone, Debug)]
pub struct Claim {
    known: device::Known,
    sent: i64,
    time: String,
    nonce: String,
    signature: String,
}

/// Devices, their keys and the nonces they used.
#[derive(Clone, Debug)]
pub struct Devices {
    db: Db,
    clock: Clock,
    master: Arc<Vec<u8>>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    keys: HashMap<String, (Instant, device::Known)>,
    nonces: Nonces,
    seen: HashMap<i64, (i64, i64)>,
}

/// Nonces used within the time in which a timestamp is accepted, as 64-bit hashes, by minutes.
#[derive(Debug, Default)]
struct Nonces {
    hasher: RandomState,
    minutes: VecDeque<(i64, HashSet<u64>)>,
}

impl Nonces {
    /// Notes a nonce; false when it was used before.
    fn fresh(&mut self, key: &str, nonce: &str, time: i64, now: i64) -> bool {
        let oldest = (now - SKEW_MS).div_euclid(60_000);
        while self.minutes.front().is_some_and(|(m, _)| *m < oldest) {
            self.minutes.pop_front();
        }
        let minute = time.div_euclid(60_000);
        let hash = self.hasher.hash_one((key, nonce));
        // A nonce is used up whatever time it is sent under again.
        if self.minutes.iter().any(|(_, set)| set.contains(&hash)) {
            return false;
        }
        match self.minutes.binary_search_by_key(&minute, |(m, _)| *m) {
            Ok(i) => {
                self.minutes[i].1.insert(hash);
            }
            Err(i) => self.minutes.insert(i, (minute, HashSet::from([hash]))),
        }
        true
    }
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The code.
    pub code: RequestCode,
    /// More, for the sender.
    pub detail: Option<String>,
}

impl From<RequestCode> for Refused {
    fn from(code: RequestCode) -> Self {
        Self { code, detail: None }
    }
}

impl Devices {
    /// Devices of a record; `master` is the deployment's key.
    #[must_use]
    pub fn new(db: Db, clock: Clock, master: Vec<u8>) -> Self {
        Self { db, clock, master: Arc::new(master), inner: Arc::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn key(&self, id: &str) -> Result<Option<device::Known>, Refused> {
        if let Some((at, known)) = self.lock().keys.get(id)
            && at.elapsed() < KEY_FRESH
        {
            return Ok(Some(known.clone()));
        }
        let found = device::by_key(self.db.read(), id).await.map_err(|why| {
            tracing::error!(error = %why, "a key could not be looked up");
            Refused::from(RequestCode::Busy)
        })?;
        if let Some(known) = &found {
            let mut inner = self.lock();
            if inner.keys.len() >= KEYS_MAX {
                inner.keys.retain(|_, (at, ..)| at.elapsed() < KEY_FRESH);
            }
            inner.keys.insert(id.to_owned(), (Instant::now(), known.clone()));
        }
        Ok(found)
    }

    /// Looks at a request's headers, before its body is read: a stranger's body is not worth the memory.
    ///
    /// # Errors
    /// [`Refused`]: a header missing or malformed, the key unknown.
    pub async fn claim(&self, headers: &HeaderMap) -> Result<Claim, Refused> {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (key_id, time, nonce, signature) = (header(H_KEY), header(H_TIME), header(H_NONCE), header(H_SIGNATURE));
        let missing = |what: &str| Refused { code: RequestCode::SignatureMissing, detail: Some(what.to_owned()) };
        if key_id.is_empty() || key_id.len() > 64 || !key_id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(missing(H_KEY));
        }
        let Some(sent) = Some(time)
            .filter(|t| t.len() <= 16 && t.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|t| t.parse::<i64>().ok())
        else {
            return Err(missing(H_TIME));
        };
        if !sign::nonce_ok(nonce) {
            return Err(missing(H_NONCE));
        }
        if signature.len() != 64 {
            return Err(missing(H_SIGNATURE));
        }
        let Some(known) = self.key(key_id).await? else { return Err(RequestCode::KeyUnknown.into()) };
        Ok(Claim { known, sent, time: time.to_owned(), nonce: nonce.to_owned(), signature: signature.to_owned() })
    }

    /// Establishes that a claim holds.
    ///
    /// # Errors
    /// [`Refused`]: signature wrong, device revoked, clock off, nonce used.
    pub fn verify(&self, claim: Claim, method: &Method, path_and_query: &str, body: &[u8]) -> Result<Signed, Refused> {
        let Claim { known: device::Known { key, device, org_kind }, sent, time, nonce, signature } = claim;
        let now = self.clock.now();
        let secret = sign::device_secret(&self.master, &key.key_id);
        let parts = Parts { method: method.as_str(), path_and_query, time: &time, nonce: &nonce, body };
        if !sign::verify(&secret, &parts, &signature) {
            return Err(RequestCode::SignatureWrong.into());
        }
        if key.revoked_at.is_some() || device.revoked_at.is_some() {
            return Err(RequestCode::DeviceRevoked.into());
        }
        let offset_ms = sent.saturating_sub(now);
        if offset_ms.abs() > SKEW_MS {
            let detail = format!("server {} ({now})", domain::clock::rfc3339(now));
            return Err(Refused { code: RequestCode::ClockSkew, detail: Some(detail) });
        }
        let mut inner = self.lock();
        if !inner.nonces.fresh(&key.key_id, &nonce, sent, now) {
            return Err(RequestCode::Replayed.into());
        }
        inner.seen.insert(device.id, (offset_ms, now));
        drop(inner);
        // A clock that is right to two seconds tells when the gun sent; one that is not would make the figure a guess.
        let sent_at = if offset_ms.abs() <= CLOCK_RIGHT_MS { sent.min(now) } else { now };
        let sender = Sender { device: device.id, site: device.site_id, sent_at };
        let role = Role::of(&device.kind, &org_kind);
        Ok(Signed { device, offset_ms, sender, role })
    }

    /// Writes down when devices were last heard of, and how their clocks stand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn flush(&self) -> Result<(), data::Error> {
        let seen = std::mem::take(&mut self.lock().seen);
        if seen.is_empty() {
            return Ok(());
        }
        let txn = self.db.begin_write().await?;
        device::note_seen(&txn, seen.into_iter().map(|(id, (offset, at))| (id, offset, at))).await?;
        Ok(txn.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_and_forgotten_when_its_time_is_over() {
        let mut n = Nonces::default();
        let now = 1_000_000_000_000;
        assert!(n.fresh("k", "a", now, now));
        assert!(!n.fresh("k", "a", now, now));
        assert!(!n.fresh("k", "a", now + 1_000, now), "under another time");
        assert!(n.fresh("l", "a", now, now), "another key");
        assert!(!n.fresh("k", "a", now, now + SKEW_MS - 60_000));
        assert!(n.fresh("k", "b", now + SKEW_MS + 120_000, now + SKEW_MS + 120_000));
        assert_eq!(n.minutes.len(), 1, "old minutes are gone");
    }
}
