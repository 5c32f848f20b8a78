//! The server's work on the credit of enterprises: facts and ratings follow the record.

use crate::{clock::Clock, rules::Rules};
use data::{Db, credit};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often is asked, by reading alone, whether anything was committed, or a day began: that is when somebody sees what an event costs.
const LOOK: Duration = Duration::from_secs(2);
/// After a fault.
const REST: Duration = Duration::from_secs(10);
/// Ledger numbers, and organisations, of one transaction: some milliseconds, so that the writer's other work goes between.
const BATCH: u64 = 200;

/// The credit of a server's record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Credit {
    db: Db,
    rules: Rules,
    clock: Clock,
}

impl Credit {
    /// Of this record.
    #[must_use]
    pub const fn new(db: Db, rules: Rules, clock: Clock) -> Self {
        Self { db, rules, clock }
    }

    /// Follows the record until the server stops. A stop comes between two transactions: what is left is done after the next start.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match credit::run(&self.db, &self.rules.now(), self.clock.now(), BATCH).await {
                Ok(ran) if ran.more => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(_) => LOOK,
                Err(e) => {
                    tracing::error!(error = %e, "credit");
                    REST
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
