//! Who asks: found out once a request, from the session's cookie, else from the display's.

pub mod first;
pub mod guard;
pub mod head;
pub mod pairing;

use crate::{clock::Clock, displays::Displays};
use app::{Who, access::COOKIE};
use axum::http::{HeaderMap, header};
use data::{
    Db,
    audit::{self, Actor},
    policy,
    secret::Master,
    session,
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// A refusal of the same thing to the same session is written down again after so long, ms.
const REFUSAL_REST_MS: i64 = 60_000;
/// Refusals that are remembered.
const REFUSALS_MAX: usize = 10_000;

/// What is needed to know who asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Access {
    db: Db,
    clock: Clock,
    displays: Displays,
    /// The deployment's master key.
    pub master: Master,
    /// Where the signed head of the audit log is kept.
    pub head: PathBuf,
    refusals: Arc<Mutex<HashMap<(i64, String), i64>>>,
}

impl Access {
    /// Over a record.
    #[must_use]
    pub fn new(db: Db, clock: Clock, displays: Displays, master: Master, head: PathBuf) -> Self {
        Self { db, clock, displays, master, head, refusals: Arc::default() }
    }

    /// Who sends these headers. A use of a session is written down, once a minute.
    ///
    /// # Errors
    /// When the record does not answer.
    pub async fn who(&self, headers: &HeaderMap) -> Result<Who, data::Error> {
        if let Some(secret) = cookie(headers, COOKIE).filter(|s| s.len() == 64) {
            let now = self.clock.now();
            let policy = policy::load(self.db.read()).await?;
            if let Some((row, me)) = session::who(self.db.read(), &policy, &secret, now).await? {
                if row.is_to_be_seen(now) {
                    session::seen(self.db.writer(), row.id, now).await?;
                }
                return Ok(Who::Account(Arc::new(me)));
            }
        }
        let display = cookie(headers, crate::displays::COOKIE).and_then(|c| self.displays.check(&c));
        Ok(display.map_or(Who::Nobody, Who::Display))
    }

    /// The same asker as things stand now, which is no use of its session; nobody once that ended.
    ///
    /// # Errors
    /// When the record does not answer.
    pub async fn still(&self, who: &Who) -> Result<Who, data::Error> {
        match who {
            Who::Nobody => Ok(Who::Nobody),
            Who::Display(id) => Ok(if self.displays.is_active(*id) { Who::Display(*id) } else { Who::Nobody }),
            Who::Account(me) => {
                let policy = policy::load(self.db.read()).await?;
                let now = session::me(self.db.read(), &policy, me.session, self.clock.now()).await?;
                Ok(now.map_or(Who::Nobody, |me| Who::Account(Arc::new(me))))
            }
        }
    }

    /// Writes into the audit log that an account was refused something.
    pub async fn refused(&self, actor: &Actor, path: &str) {
        let now = self.clock.now();
        let told = {
            let mut all = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, at| now - *at < REFUSAL_REST_MS);
            all.len() >= REFUSALS_MAX || all.insert((actor.session, path.to_owned()), now).is_some()
        };
        if told {
            return;
        }
        let written = async {
            let txn = self.db.begin_write().await?;
            audit::append(&txn, actor, now, "access.refused", path, &serde_json::Value::Null).await?;
            txn.commit().await.map_err(data::Error::from)
        };
        if let Err(why) = written.await {
            tracing::error!(error = %why, "a refusal was not written into the audit log");
        }
    }

    /// Brings the signed head of the audit log up to the log's end, and forgets what ended by itself.
    pub async fn keep(&self) {
        if let Err(why) = head::sign(&self.db, &self.master, &self.head).await {
            metrics::counter!("pingji_audit_failures_total").increment(1);
            tracing::error!(error = %why, "the head of the audit log was not signed; run `pingji verify`");
        }
    }

    /// Forgets sessions and failures that are over.
    ///
    /// # Errors
    /// When the record does not answer.
    pub async fn forget(&self) -> Result<(), data::Error> {
        let now = self.clock.now();
        let policy = policy::load(self.db.read()).await?;
        session::forget(self.db.writer(), &policy, now).await?;
        data::throttle::forget(self.db.writer(), now).await?;
        Ok(())
    }
}

/// A cookie of a request.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(|h| h.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value.to_owned())
}
