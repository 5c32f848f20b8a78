//! What all devices share: numbers, clocks and the upload of records.

use super::{
    client::{Answer, Client, Credentials, now_ms},
    handheld::Errand,
    memory::Memory,
    report::{Route, Tally},
};
use crate::demo::keys::KeysFile;
use domain::{
    event::{CustodyRecord, EventKind, FillRecord},
    ledger::{Custody, step},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI16, AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// A device's memory: its epoch, the next number, and the last time it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    /// Epoch.
    pub epoch: u64,
    next: u64,
    last_ms: i64,
}

impl Counter {
    /// As the server knows it: `next` is one above the highest number it received.
    pub(super) const fn new(epoch: u64, next: u64) -> Self {
        Self { epoch, next, last_ms: 0 }
    }

    /// The next number. One taken is never given again, whatever becomes of its record.
    pub(super) const fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The present instant, never before one given earlier, ms.
    pub(super) fn stamp(&mut self) -> i64 {
        self.last_ms = self.last_ms.max(now_ms());
        self.last_ms
    }
}

/// What guns and handhelds share.
pub(super) struct World {
    /// The file of keys.
    pub keys: KeysFile,
    /// Who signs, by the device's place in the file.
    pub credentials: Vec<Credentials>,
    /// The client.
    pub client: Client,
    /// The figures.
    pub tally: Arc<Tally>,
    /// No new work from here on.
    pub stop: CancellationToken,
    /// Whether a cylinder stands empty at its station, by its place.
    pub ready: Vec<AtomicBool>,
    custody: Vec<AtomicI16>,
    /// (epoch, next number) as the server knows it at the start, by the device's place; the number moves on.
    pub progress: Vec<(u64, AtomicU64)>,
    /// The way to the handheld of a station, by its place.
    pub handhelds: Vec<Option<UnboundedSender<Errand>>>,
    /// A gun of a station, by its place.
    pub guns: Vec<Option<usize>>,
    /// What makes the names of attempts of this run its own.
    pub run: String,
    /// Longest pause between question and record, ms.
    pub hold_ms: u64,
    /// Records in an upload.
    pub batch: usize,
}

/// How a batch ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// By number: whether the record is stored.
    Answered(HashMap<u64, bool>),
    /// Refused as a whole.
    Refused,
    /// The run ended before an answer came.
    GaveUp,
}

impl Sent {
    /// Whether a record is stored; `None` when nobody knows.
    pub(super) fn stored(&self, seq: u64) -> Option<bool> {
        match self {
            Self::Answered(map) => Some(map.get(&seq).copied().unwrap_or(false)),
            Self::Refused => Some(false),
            Self::GaveUp => None,
        }
    }
}

/// Records that devices number.
pub(super) trait Record: Serialize + Sync {
    /// The route that takes them.
    const PATH: &'static str;
}

impl Record for FillRecord {
    const PATH: &'static str = "/api/v1/fills";
}

impl Record for CustodyRecord {
    const PATH: &'static str = "/api/v1/events";
}

#[derive(Serialize)]
struct Batch<'a, R> {
    records: &'a [R],
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    seq: Option<u64>,
    status: String,
    /// For DUPLICATE: what became of the first.
    #[serde(default)]
    first: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

impl World {
    /// Puts the store's custody of each cylinder in place.
    pub(super) fn custodies(custody: &[Custody]) -> (Vec<AtomicI16>, Vec<AtomicBool>) {
        let empty = |c: &Custody| matches!(c, Custody::EmptyInStock | Custody::ReadyToFill | Custody::Filling);
        (
            custody.iter().map(|c| AtomicI16::new(c.number())).collect(),
            custody.iter().map(|c| AtomicBool::new(empty(c))).collect(),
        )
    }

    /// A world around the keys, before anything moved.
    #[allow(clippy::too_many_arguments, reason = "called once, each argument named alike")]
    pub(super) fn new(
        keys: KeysFile,
        credentials: Vec<Credentials>,
        client: Client,
        tally: Arc<Tally>,
        stop: CancellationToken,
        custody: &[Custody],
        counters: &[Counter],
        batch: usize,
    ) -> Self {
        let (custody, ready) = Self::custodies(custody);
        let progress = counters.iter().map(|c| (c.epoch, AtomicU64::new(c.next))).collect();
        let run = format!("s{:x}", now_ms());
        Self {
            keys,
            credentials,
            client,
            tally,
            stop,
            ready,
            custody,
            progress,
            handhelds: vec![],
            guns: vec![],
            run,
            hold_ms: 0,
            batch: batch.clamp(1, domain::event::BATCH_MAX),
        }
    }

    /// Notes that a stored record moved a cylinder.
    pub(super) fn moved(&self, cylinder: usize, kind: EventKind) {
        if let Some(c) = self.custody.get(cylinder) {
            let from = Custody::from_number(c.load(Relaxed)).unwrap_or(Custody::EmptyInStock);
            c.store(step(kind, from).0.number(), Relaxed);
        }
    }

    /// Lets a cylinder be filled again.
    pub(super) fn free(&self, cylinder: Option<usize>) {
        if let Some(r) = cylinder.and_then(|c| self.ready.get(c)) {
            r.store(true, Relaxed);
        }
    }

    /// Takes a cylinder for a fill; false while it is not back.
    pub(super) fn seize(&self, cylinder: usize) -> bool {
        self.ready.get(cylinder).is_none_or(|r| r.swap(false, Relaxed))
    }

    /// What a next run has to know.
    pub(super) fn memory(&self) -> Memory {
        let devices =
            self.keys.devices.iter().zip(&self.progress).map(|(d, (e, n))| (d.device_id, (*e, n.load(Relaxed))));
        let custody = self.keys.cylinders.iter().zip(&self.custody).filter_map(|(c, now)| {
            let now = Custody::from_number(now.load(Relaxed))?;
            (now != c.custody).then(|| (c.tag.clone(), now))
        });
        Memory { devices: devices.collect(), custody: custody.collect() }
    }

    /// Uploads records of a device, and counts the answers.
    pub(super) async fn upload<R: Record>(&self, device: usize, records: &[R]) -> Sent {
        let body = serde_json::to_vec(&Batch { records }).unwrap_or_default();
        let answer = self.client.call::<Results>(&self.credentials[device], Route::Upload, R::PATH, Some(&body)).await;
        let results = match answer {
            Answer::Given(r) => r.results,
            Answer::Refused(code) => {
                let key = &self.keys.devices[device];
                tracing::warn!(device = key.device_id, code, records = records.len(), "an upload was refused");
                return Sent::Refused;
            }
            Answer::GaveUp => return Sent::GaveUp,
        };
        let mut stored = HashMap::with_capacity(results.len());
        self.tally.with(|r| {
            let of = r.devices.entry(self.keys.devices[device].device_id).or_default();
            for o in results {
                // The retry of a record in quarantine is a duplicate too, but not of one that is stored.
                let ok =
                    o.status == "ACCEPTED" || (o.status == "DUPLICATE" && o.first.as_deref() != Some("QUARANTINED"));
                if let Some(seq) = o.seq {
                    stored.insert(seq, ok);
                    if ok {
                        of.last_acked_seq = of.last_acked_seq.max(seq);
                        self.progress[device].1.fetch_max(seq + 1, Relaxed);
                    }
                }
                of.accepted += u64::from(o.status == "ACCEPTED");
                *r.acked.entry(o.status).or_default() += 1;
                if let Some(code) = o.code.filter(|_| !ok) {
                    *r.codes.entry(code).or_default() += 1;
                }
            }
        });
        Sent::Answered(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_only_grow() {
        let mut c = Counter::new(2, 118);
        assert_eq!((c.take(), c.take(), c.take(), c.epoch), (118, 119, 120, 2));
        let a = c.stamp();
        assert!(c.stamp() >= a);
        c.last_ms = i64::MAX;
        assert_eq!(c.stamp(), i64::MAX, "a clock that was put back");
    }

    #[test]
    fn an_answer_is_read_by_number() {
        let s = Sent::Answered(HashMap::from([(1, true), (2, false)]));
        assert_eq!((s.stored(1), s.stored(2), s.stored(3)), (Some(true), Some(false), Some(false)));
        assert_eq!((Sent::Refused.stored(1), Sent::GaveUp.stored(1)), (Some(false), None));
    }
}
