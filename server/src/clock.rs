//! The clock: one place that tells the time, so that a test can set it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Tells the time in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Added to the machine's clock; zero outside tests.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// The time now, ms.
    #[must_use]
    pub fn now(&self) -> i64 {
        let machine = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        machine.saturating_add(self.shift.load(Ordering::Relaxed))
    }

    /// Moves the clock, for tests.
    pub fn shift(&self, by_ms: i64) {
        self.shift.fetch_add(by_ms, Ordering::Relaxed);
    }
}
