//! What the office enters by hand, registrations and bindings of tags: it goes through the ledger like anything else.

use crate::{
    clock::Clock,
    ingest::{Ingest, IngestError},
};
use data::{Db, device, ledger::Outcome};
use domain::{
    event::{Content, Entry, EventKind, Source, content_hash},
    ledger::File,
    outcome::RecordCode,
    tag::Binding,
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

/// Registers cylinders and binds tags. One at a time: the number of a record is taken from what the ledger says was last.
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
    pub async fn register(&self, file: File) -> Result<bool, RegistryError> {
        let body = serde_json::to_string(&file).map_err(|e| data::Error::Stored(e.to_string()))?;
        self.tell((file.org, file.site), EventKind::Register, file.tag.clone(), body).await
    }

    /// Binds a tag to a cylinder, at a site of an organisation. False when the tag is another cylinder's, or the one that it
    /// replaces is not this one's.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn bind(&self, org: i64, b: Binding) -> Result<bool, RegistryError> {
        let content = Content::BindTag(b.bind);
        let body = serde_json::to_string(&content).map_err(|e| data::Error::Stored(e.to_string()))?;
        self.tell((org, b.site), EventKind::BindTag, b.cylinder, body).await
    }

    /// What the office says of a tag, through the writer.
    async fn tell(
        &self,
        (org, site): (i64, i64),
        kind: EventKind,
        tag: String,
        body: String,
    ) -> Result<bool, RegistryError> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        // The office's own numbers: an importer of its own an organisation.
        let device = device::importer(self.db.writer(), &format!("office:{org}"), site, now).await?;
        let seq = device::progress(self.db.read(), device).await?.next_seq;
        let entry = Entry {
            device,
            epoch: 1,
            seq,
            kind,
            tag,
            site,
            occurred_at: now,
            started_at: None,
            sent_at: None,
            weights: None,
            medium: String::new(),
            operator: String::new(),
            target: String::new(),
            attempt: String::new(),
            hash: content_hash(&body),
            body: Some(body),
            source: Source::Office,
        };
        match self.ingest.record(vec![entry]).await?.outcomes.pop() {
            Some(Outcome::Accepted { .. }) => Ok(true),
            Some(Outcome::Quarantined(RecordCode::TagTaken) | Outcome::Rejected(RecordCode::NoSuchCylinder)) => {
                Ok(false)
            }
            Some(other) => Err(RegistryError::Refused(other)),
            None => Err(IngestError::Unavailable.into()),
        }
    }
}
