//! What the office enters by hand, from registrations to files that are put right: it goes through the ledger like anything else.

use crate::{
    clock::Clock,
    ingest::{Ingest, IngestError},
};
use app::Say;
use data::{Db, audit::Deed, device, ledger::Outcome};
use domain::{
    event::{Content, Entry, EventKind, Source, content_hash},
    ledger::File,
    outcome::RecordCode,
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Why something could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The record.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The writer.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The ledger did not take it.
    #[error("the ledger answered {0:?}")]
    Refused(Outcome),
}

impl From<sea_orm::DbErr> for RegistryError {
    fn from(why: sea_orm::DbErr) -> Self {
        Self::Data(why.into())
    }
}

/// Tells the ledger what the office says. One at a time: the number of a record is taken from what the ledger says was last.
#[derive(Clone, Debug)]
pub struct Registry {
    db: Db,
    ingest: Ingest,
    clock: Clock,
    turn: Arc<Mutex<()>>,
}

impl Registry {
    /// For this record and its writer.
    #[must_use]
    pub fn new(db: Db, ingest: Ingest, clock: Clock) -> Self {
        Self { db, ingest, clock, turn: Arc::default() }
    }

    /// Registers a cylinder. False when its tag leads to one already.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn register(&self, file: File, deed: Deed) -> Result<bool, RegistryError> {
        let body = serde_json::to_string(&file).map_err(|e| data::Error::Stored(e.to_string()))?;
        let said = Body { kind: EventKind::Register, tag: file.tag.clone(), operator: String::new(), body, deed };
        Ok(self.put((file.org, file.site), said).await?.is_ok())
    }

    /// What the office says of a cylinder or a tag: its ledger number, or why the ledger does not take it.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn tell(&self, say: Say) -> Result<Result<i64, RecordCode>, RegistryError> {
        let stored = |why: String| RegistryError::Data(data::Error::Stored(why));
        let value = serde_json::to_value(&say.content).map_err(|e| stored(e.to_string()))?;
        // The same check as of a device's: whoever filled the form, nothing else stands in the record.
        let content = Content::check(say.kind, Some(&value), self.clock.now()).map_err(|e| stored(e.to_string()))?;
        let body = serde_json::to_string(&content).map_err(|e| stored(e.to_string()))?;
        let operator = say.by.chars().filter(|c| !c.is_control()).take(32).collect();
        self.put((say.org, say.site), Body { kind: say.kind, tag: say.tag, operator, body, deed: say.deed }).await
    }

    /// Puts it into the ledger, and what was done into the audit log with it.
    async fn put(&self, (org, site): (i64, i64), said: Body) -> Result<Result<i64, RecordCode>, RegistryError> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        // The office's own numbers: an importer of its own an organisation.
        let device = device::importer(self.db.writer(), &format!("office:{org}"), site, now).await?;
        let seq = device::progress(self.db.read(), device).await?.next_seq;
        let entry = Entry {
            device,
            epoch: 1,
            seq,
            kind: said.kind,
            tag: said.tag,
            site,
            occurred_at: now,
            started_at: None,
            sent_at: None,
            weights: None,
            medium: String::new(),
            operator: said.operator,
            target: String::new(),
            attempt: String::new(),
            hash: content_hash(&said.body),
            body: Some(said.body),
            source: Source::Office,
        };
        match self.ingest.say(entry, said.deed).await? {
            Outcome::Accepted { no, .. } => Ok(Ok(no)),
            Outcome::Quarantined(code @ RecordCode::TagTaken) | Outcome::Rejected(code) => Ok(Err(code)),
            other => Err(RegistryError::Refused(other)),
        }
    }
}

/// What is put into the ledger.
struct Body {
    kind: EventKind,
    tag: String,
    operator: String,
    body: String,
    deed: Deed,
}
