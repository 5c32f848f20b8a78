//! The server's work on tasks: reminders follow the record.

use crate::{clock::Clock, rules::Rules};
use data::{Db, audit, task_job};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often is asked, by reading one row, whether anybody changed anything: that is when a new task is seen.
const LOOK: Duration = Duration::from_secs(3);
/// How often all is asked, what changes with the clock too.
const ALL: Duration = Duration::from_hours(1);
/// After a fault.
const REST: Duration = Duration::from_secs(15);

/// The tasks of a server's record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks {
    db: Db,
    rules: Rules,
    clock: Clock,
}

/// Up to where a server followed the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Followed {
    all: Option<Instant>,
    day: Option<i32>,
    changes: Option<i64>,
}

impl Tasks {
    /// Of this record.
    #[must_use]
    pub const fn new(db: Db, rules: Rules, clock: Clock) -> Self {
        Self { db, rules, clock }
    }

    /// Follows the record until the server stops.
    pub async fn run(self, stop: CancellationToken) {
        let mut followed = Followed::default();
        while !stop.is_cancelled() {
            let wait = match self.step(&mut followed).await {
                Ok(()) => LOOK,
                Err(e) => {
                    tracing::error!(error = %e, "tasks");
                    REST
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does what there is to do now.
    ///
    /// # Errors
    /// When the database fails, or a stored value cannot be read.
    pub async fn step(&self, followed: &mut Followed) -> Result<(), data::Error> {
        let now = self.clock.now();
        // Read before the record is: what is changed meanwhile is looked at the next time.
        let changes = audit::last(self.db.read()).await?;
        let day = domain::clock::local_day(now);
        let all = followed.all.is_none_or(|at| at.elapsed() >= ALL) || followed.day != Some(day);
        if all || followed.changes != Some(changes) {
            let ran = task_job::run(&self.db, &self.rules.now(), all, now).await?;
            if ran != task_job::Ran::default() {
                tracing::info!(
                    opened = ran.opened,
                    done = ran.done,
                    escalated = ran.escalated,
                    told = ran.told,
                    "tasks"
                );
            }
            followed.changes = Some(changes);
            if all {
                (followed.all, followed.day) = (Some(Instant::now()), Some(day));
            }
        }
        let sent = task_job::digests(&self.db, &self.rules.now(), now).await?;
        if sent > 0 {
            tracing::info!(accounts = sent, "digests");
        }
        Ok(())
    }
}
