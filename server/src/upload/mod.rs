//! Exports on their way to the supervision platform (S0-38): a finished file is sent until the platform gives a receipt for it or
//! refuses it. How a sending stands is in the record before its first byte leaves, so that a restart sends it again; the platform
//! knows it by its hash.

mod client;

use crate::{clock::Clock, export::Exports};
use client::{Answer, Parcel};
use data::{
    Db,
    audit::{self, Actor},
    export::job,
    platform::{self, Stored},
    secret::Master,
    upload::{self, Model},
};
use domain::upload::{TRIES, UploadState, UploadWhy, delay};
use sea_orm::EntityTrait;
use serde_json::json;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often the progress of a try is noted.
const NOTE: Duration = Duration::from_secs(1);
/// The longest that nobody looks for what is due.
const LOOK: Duration = Duration::from_mins(1);

/// How long a try may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until there is a connection.
    pub connect: Duration,
    /// For everything, and as much again as the file takes at [`Limits::rate`].
    pub whole: Duration,
    /// The slowest line that is waited for, bytes a second.
    pub rate: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_mins(1), rate: 32 * 1024 }
    }
}

/// What a try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tried {
    /// The platform has it: its receipt.
    Accepted { status: u16, receipt: String },
    /// The platform does not want it: its reason.
    Refused { status: u16, reason: String },
    /// It may go better another time.
    Again { why: UploadWhy, status: u16, reason: String },
    /// It will not go better by itself.
    Hopeless { why: UploadWhy, status: u16 },
}

/// The sendings of a server. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    db: Db,
    exports: Exports,
    master: Master,
    clock: Clock,
    limits: Limits,
    wake: Arc<Notify>,
}

impl Uploads {
    /// Sends what `exports` made.
    #[must_use]
    pub fn new(db: Db, exports: Exports, master: Master, clock: Clock) -> Self {
        Self { db, exports, master, clock, limits: Limits::default(), wake: Arc::new(Notify::new()) }
    }

    /// The same with other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Lets [`Uploads::run`] look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends what is due, one file at a time, until the server stops.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.step(&stop).await {
                Ok(true) => continue,
                Ok(false) => self.idle().await,
                Err(e) => {
                    tracing::error!(error = %e, "uploads");
                    LOOK
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Until the next try is due.
    async fn idle(&self) -> Duration {
        match upload::due(self.db.read()).await {
            Ok(Some(at)) => {
                let wait = u64::try_from(at.saturating_sub(self.clock.now())).unwrap_or(0);
                Duration::from_millis(wait).clamp(Duration::from_millis(100), LOOK)
            }
            _ => LOOK,
        }
    }

    /// Makes the next try that is due. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step(&self, stop: &CancellationToken) -> Result<bool, data::Error> {
        let Some(mut row) = upload::next(self.db.read(), self.clock.now()).await? else { return Ok(false) };
        let ready = match self.ready(&row).await? {
            Ok(ready) => ready,
            Err(why) => {
                self.ended(row, Tried::Hopeless { why, status: 0 }).await?;
                return Ok(true);
            }
        };
        // Noted before the first byte leaves: whoever finds it so does not know what the platform has.
        row.state = UploadState::Sending.code().into();
        row.tries += 1;
        (row.sent, row.sha256) = (0, ready.sha256.clone());
        upload::put(self.db.writer(), &row).await?;
        let sent = Arc::new(AtomicU64::new(0));
        let stored = ready.stored.platform;
        let parcel = Parcel {
            address: &stored.address,
            key_id: &stored.key_id,
            secret: &ready.secret,
            path: &ready.path,
            kind: ready.kind,
            disposition: &ready.disposition,
            bytes: ready.bytes,
            sha256: &ready.sha256,
            now: self.clock.now(),
        };
        let sending = client::send(&parcel, self.limits, Arc::clone(&sent));
        tokio::pin!(sending);
        let mut tick = tokio::time::interval(NOTE);
        let answer = loop {
            tokio::select! {
                answer = &mut sending => break answer,
                // It goes on at the next start.
                () = stop.cancelled() => return Ok(false),
                _ = tick.tick() => {
                    let so_far = i64::try_from(sent.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
                    upload::progress(self.db.writer(), row.export_id, so_far).await?;
                }
            }
        };
        row.sent = i64::try_from(sent.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        self.ended(row, read(answer)).await?;
        Ok(true)
    }

    /// What a try needs, or why there will be none.
    async fn ready(&self, row: &Model) -> Result<Result<Ready, UploadWhy>, data::Error> {
        let Some(stored) = platform::load(self.db.read()).await? else { return Ok(Err(UploadWhy::Changed)) };
        // It was confirmed for the platform that was shown.
        if (&stored.platform.address, &stored.platform.key_id) != (&row.address, &row.key_id) {
            return Ok(Err(UploadWhy::Changed));
        }
        let Some(secret) = stored.secret(&self.master) else { return Ok(Err(UploadWhy::Secret)) };
        let job = job::Entity::find_by_id(row.export_id).one(self.db.read()).await?;
        let Some(job) = job.filter(|j| j.state == job::DONE) else { return Ok(Err(UploadWhy::File)) };
        let path = self.exports.path(job.id, &job.format);
        let hashed = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || hash(&path)).await
        };
        // What is sent is what was exported, byte for byte.
        match hashed {
            Ok(Ok((bytes, sha256)))
                if i64::try_from(bytes) == Ok(job.bytes) && !job.etag.is_empty() && sha256.starts_with(&job.etag) =>
            {
                let (kind, disposition) = (crate::export::kind(&job.format), crate::export::disposition(&job));
                Ok(Ok(Ready { stored, secret, path, kind, disposition, bytes, sha256 }))
            }
            other => {
                tracing::error!(export = job.id, ?other, "the file of an export is not what it was");
                Ok(Err(UploadWhy::File))
            }
        }
    }

    /// Notes what a try came to: with its row of the audit log, where nothing more will become of it.
    async fn ended(&self, mut row: Model, tried: Tried) -> Result<(), data::Error> {
        let now = self.clock.now();
        tracing::info!(export = row.export_id, tries = row.tries, ?tried, "sent to the platform");
        let given_up = row.tries >= TRIES;
        let (state, why, status, words) = match tried {
            Tried::Accepted { status, receipt } => (UploadState::Accepted, None, status, receipt),
            Tried::Refused { status, reason } => (UploadState::Refused, Some(UploadWhy::Refusal), status, reason),
            Tried::Again { why, status, reason } => {
                (if given_up { UploadState::Failed } else { UploadState::Queued }, Some(why), status, reason)
            }
            Tried::Hopeless { why, status } => (UploadState::Failed, Some(why), status, String::new()),
        };
        row.state = state.code().into();
        row.why = why.map_or("", UploadWhy::code).into();
        (row.status, row.words) = (status.into(), words);
        if state.is_open() {
            row.next_at = now.saturating_add(delay(row.tries));
            return Ok(upload::put(self.db.writer(), &row).await?);
        }
        row.ended_at = Some(now);
        let txn = self.db.begin_write().await?;
        upload::put(&txn, &row).await?;
        // In the name of whoever asked for it; the server did it.
        let by = Actor { account: row.by_id, session: 0, address: "server".into() };
        let detail = json!({
            "platform": row.platform, "address": row.address, "sha256": row.sha256, "tries": row.tries,
            "why": row.why, "status": row.status, "words": row.words,
        });
        let action = format!("upload.{}", state.code());
        audit::append(&txn, &by, now, &action, &format!("export {}", row.export_id), &detail).await?;
        Ok(txn.commit().await?)
    }
}

/// What a try needs.
struct Ready {
    stored: Stored,
    secret: Vec<u8>,
    path: PathBuf,
    kind: &'static str,
    disposition: String,
    bytes: u64,
    sha256: String,
}

/// Length and SHA-256 of a file.
fn hash(path: &Path) -> io::Result<(u64, String)> {
    let (bytes, sha) = crate::export::sha256(&mut File::open(path)?)?;
    Ok((bytes, hex::encode(sha)))
}

/// What an answer means. A receipt is what makes an acceptance: whatever stands between may answer 200 to anything.
fn read(answer: Result<Answer, UploadWhy>) -> Tried {
    let Answer { status, receipt, reason } = match answer {
        Ok(answer) => answer,
        Err(why) => return Tried::Again { why, status: 0, reason: String::new() },
    };
    match status {
        200..300 => match receipt {
            Some(receipt) => Tried::Accepted { status, receipt },
            None => Tried::Again { why: UploadWhy::Unreadable, status, reason },
        },
        300..400 => Tried::Hopeless { why: UploadWhy::Redirect, status },
        // They ask for patience by their very meaning; 409 says that the first try is still being looked at.
        408 | 409 | 425 | 429 => Tried::Again { why: UploadWhy::Fault, status, reason },
        400..500 => Tried::Refused { status, reason },
        _ => Tried::Again { why: UploadWhy::Fault, status, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, receipt: Option<&str>) -> Result<Answer, UploadWhy> {
        Ok(Answer { status, receipt: receipt.map(str::to_owned), reason: "r".into() })
    }

    #[test]
    fn only_a_receipt_is_an_acceptance() {
        assert_eq!(read(answer(201, Some("A-1"))), Tried::Accepted { status: 201, receipt: "A-1".into() });
        let unreadable = Tried::Again { why: UploadWhy::Unreadable, status: 200, reason: "r".into() };
        assert_eq!(read(answer(200, None)), unreadable);
        for (status, receipt) in [(302, Some("A-1")), (308, None)] {
            assert_eq!(read(answer(status, receipt)), Tried::Hopeless { why: UploadWhy::Redirect, status });
        }
        for status in [400, 401, 403, 404, 413, 422, 451] {
            assert_eq!(read(answer(status, Some("A-1"))), Tried::Refused { status, reason: "r".into() });
        }
        for status in [100, 408, 409, 425, 429, 500, 502, 503, 599, 999] {
            let again = Tried::Again { why: UploadWhy::Fault, status, reason: "r".into() };
            assert_eq!(read(answer(status, Some("A-1"))), again, "{status}");
        }
        let late = Tried::Again { why: UploadWhy::Late, status: 0, reason: String::new() };
        assert_eq!(read(Err(UploadWhy::Late)), late);
    }
}
