//! The server's work on rules that are edited: previews of drafts, publishing through the writer, and deriving anew what is stored.

use crate::ingest::{Ingest, IngestError};
use app::error::AppError;
use data::{Db, audit::Actor, rule_preview};
use domain::rules::draft::Deny;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A day may begin on which a row comes into force.
const LOOK: Duration = Duration::from_mins(1);
/// Cases whose terms are reckoned anew at a time.
const CASES: u64 = 100;
/// After a fault.
const REST: Duration = Duration::from_secs(5);

/// The drafts of a server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Drafts {
    db: Db,
    ingest: Ingest,
    wake: Arc<Notify>,
    wake_derivation: Arc<Notify>,
}

impl Drafts {
    /// Of this record and its writer.
    #[must_use]
    pub fn new(db: Db, ingest: Ingest) -> Self {
        Self { db, ingest, wake: Arc::default(), wake_derivation: Arc::default() }
    }

    /// Makes previews, one at a time, until the server stops.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.step().await {
                Ok(true) => continue,
                Ok(false) => LOOK,
                Err(e) => {
                    tracing::error!(error = %e, "previews");
                    REST
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Makes the next preview. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step(&self) -> Result<bool, data::Error> {
        let Some(row) = rule_preview::next(self.db.read()).await? else { return Ok(false) };
        let draft = row.draft_id;
        match rule_preview::make(&self.db, row.clone()).await {
            Ok(Some(f)) => tracing::info!(draft, seen = f.seen, moved = f.moved, "a preview is done"),
            Ok(None) => {}
            Err(why) => {
                tracing::error!(error = %why, draft, "a preview failed");
                let failed = rule_preview::Model { stage: rule_preview::FAILED.into(), ..row };
                rule_preview::put(self.db.writer(), &failed).await?;
            }
        }
        Ok(true)
    }

    /// Derives anew what is stored under rules of before, as long as there is any, until the server stops.
    pub async fn derive(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.ingest.rederive().await {
                Ok(true) => continue,
                Ok(false) => match self.reckon().await {
                    Ok(true) => continue,
                    Ok(false) => LOOK,
                    Err(e) => {
                        tracing::error!(error = %e, "terms of cases");
                        REST
                    }
                },
                Err(IngestError::Busy) => Duration::from_millis(50),
                Err(IngestError::Unavailable) => REST,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake_derivation.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reckons terms of cases that were reckoned under other rules or another calendar. False when there are none.
    async fn reckon(&self) -> Result<bool, data::Error> {
        let rules = data::rule::current(self.db.read()).await?;
        Ok(data::case::reckon(&self.db, &rules, CASES).await? > 0)
    }

    /// Publishes an approved draft and tells the version that it became.
    async fn publish(&self, draft: i64, by: Actor) -> Result<Option<Result<i64, Deny>>, IngestError> {
        let published = self.ingest.publish(draft, by).await?;
        self.wake_derivation.notify_one();
        Ok(published)
    }
}

impl app::Drafts for Drafts {
    fn wake(&self) {
        self.wake.notify_one();
    }

    fn publish(&self, draft: i64, by: Actor) -> app::Publishing {
        let own = self.clone();
        Box::pin(async move {
            Self::publish(&own, draft, by).await.map_err(|why| {
                tracing::error!(error = %why, draft, "publishing rules");
                AppError::Unavailable
            })
        })
    }
}
