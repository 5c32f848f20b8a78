//! What was sent and what was answered: figures that can be compared with what is stored.

use super::faults::Fault;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Latency of answers, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Answers measured.
    pub count: u64,
    /// Half are faster.
    pub p50_ms: f64,
    /// 95 % are faster.
    pub p95_ms: f64,
    /// 99 % are faster.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

/// What one device did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeviceReport {
    /// Its epoch.
    pub epoch: u64,
    /// First number of this run.
    pub first_seq: u64,
    /// Highest number with an answer ACCEPTED or DUPLICATE; 0 for none.
    pub last_acked_seq: u64,
    /// Records first accepted in this run.
    pub accepted: u64,
}

/// The report of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Seed.
    pub seed: u64,
    /// Wall time from the first fill to the end, milliseconds.
    pub elapsed_ms: u64,
    /// Fill records made: each has a number of its own, however often it was sent.
    pub fills_sent: u64,
    /// Fill records acknowledged as stored.
    pub fills_stored: u64,
    /// Custody records made, by kind.
    pub custody_sent: BTreeMap<String, u64>,
    /// Custody records acknowledged as stored.
    pub custody_stored: u64,
    /// Answers for records by status, deliberate repetitions included.
    pub acked: BTreeMap<String, u64>,
    /// Codes of records quarantined or rejected.
    pub codes: BTreeMap<String, u64>,
    /// Attempts by the gate's decision.
    pub attempts: BTreeMap<String, u64>,
    /// The gate's reasons.
    pub reasons: BTreeMap<String, u64>,
    /// Fills stored by site id.
    pub fills_by_station: BTreeMap<i64, u64>,
    /// Gas in the fills stored, grams.
    pub net_g: i64,
    /// Faults made, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// By device id.
    pub devices: BTreeMap<i64, DeviceReport>,
    /// Requests refused for good, by code.
    pub errors: BTreeMap<String, u64>,
    /// Requests sent again, by what had gone wrong.
    pub retries: BTreeMap<String, u64>,
    /// Records whose answer never came before the end.
    pub unanswered: u64,
    /// Fills for which no cylinder was to be had.
    pub starved: u64,
    /// Time the schedule was put back because guns or server did not keep up, milliseconds.
    pub delayed_ms: u64,
    /// Latency of the gate's answers.
    pub authorize: Latency,
    /// Latency of uploads.
    pub upload: Latency,
}

/// Latencies in buckets of 4 %: constant memory over months.
#[derive(Clone, Debug)]
struct Buckets {
    counts: Vec<u64>,
    max: Duration,
}

impl Default for Buckets {
    fn default() -> Self {
        Self { counts: vec![0; 512], max: Duration::ZERO }
    }
}

impl Buckets {
    fn add(&mut self, d: Duration) {
        let us = d.as_micros().max(1) as f64;
        let i = (us.log2() * 18.0) as usize;
        let last = self.counts.len() - 1;
        self.counts[i.min(last)] += 1;
        self.max = self.max.max(d);
    }

    fn quantile_ms(&self, q: f64) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let mut left = (total as f64 * q).ceil() as u64;
        for (i, n) in self.counts.iter().enumerate() {
            if *n >= left && left > 0 {
                // The upper edge: a figure never better than measured, nor worse than the worst.
                let edge = ((i + 1) as f64 / 18.0).exp2() / 1000.0;
                return (edge.min(self.max.as_secs_f64() * 1000.0) * 1000.0).round() / 1000.0;
            }
            left = left.saturating_sub(*n);
        }
        0.0
    }

    fn latency(&self) -> Latency {
        let max_ms = (self.max.as_secs_f64() * 1e6).round() / 1000.0;
        Latency {
            count: self.counts.iter().sum(),
            p50_ms: self.quantile_ms(0.5),
            p95_ms: self.quantile_ms(0.95),
            p99_ms: self.quantile_ms(0.99),
            max_ms,
        }
    }
}

/// Which latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// A question about a device itself.
    Me,
    /// A question to the gate.
    Authorize,
    /// Records.
    Upload,
}

#[derive(Debug, Default)]
struct Inner {
    report: Report,
    authorize: Buckets,
    upload: Buckets,
}

/// The figures while the run goes on.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Inner>);

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Figures stay figures though somebody panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the figures.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Report) -> T) -> T {
        change(&mut self.lock().report)
    }

    /// Counts a fault that was made.
    pub(super) fn fault(&self, fault: Fault) {
        self.with(|r| *r.faults.entry(fault.word()).or_default() += 1);
    }

    /// Notes how long an answer took.
    pub(super) fn latency(&self, route: Route, d: Duration) {
        match route {
            Route::Me => {}
            Route::Authorize => self.lock().authorize.add(d),
            Route::Upload => self.lock().upload.add(d),
        }
    }

    /// The report as of now.
    pub(super) fn report(&self) -> Report {
        let inner = self.lock();
        Report { authorize: inner.authorize.latency(), upload: inner.upload.latency(), ..inner.report.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_four_percent() {
        let t = Tally::default();
        for ms in 1..=1_000 {
            t.latency(Route::Upload, Duration::from_millis(ms));
        }
        t.latency(Route::Authorize, Duration::from_secs(100_000_000));
        let r = t.report();
        for (got, want) in [(r.upload.p50_ms, 500.0), (r.upload.p95_ms, 950.0), (r.upload.p99_ms, 990.0)] {
            assert!(got >= want && got <= want * 1.04, "{got} {want}");
        }
        assert_eq!((r.upload.count, r.upload.max_ms, r.authorize.count), (1_000, 1_000.0, 1));
        assert_eq!(Tally::default().report().upload, Latency::default());
    }
}
