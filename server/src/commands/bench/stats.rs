//! Percentiles and medians.

use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets of a tenth of a millisecond, up to a minute.
const BUCKETS: usize = 600_000;

/// A histogram many tasks write to.
pub struct Histogram(Vec<AtomicU64>);

impl Default for Histogram {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Histogram {
    /// Notes a value, ms.
    pub fn note(&self, ms: f64) {
        let bucket = (ms.max(0.0) * 10.0) as usize;
        self.0[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// Values noted.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|b| b.load(Ordering::Relaxed)).sum()
    }

    /// The value below which a share of all lies, ms.
    pub fn percentile(&self, share: f64) -> f64 {
        let wanted = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bucket = self.0.iter().position(|b| {
            seen += b.load(Ordering::Relaxed);
            seen >= wanted.max(1)
        });
        bucket.map_or(0.0, |b| (b as f64 + 1.0) / 10.0)
    }

    /// `p50 … p99 …`
    pub fn shown(&self) -> String {
        format!(
            "p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
            self.percentile(0.5),
            self.percentile(0.95),
            self.percentile(0.99)
        )
    }
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    v.get(v.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred() {
        let h = Histogram::default();
        assert_eq!(h.percentile(0.5), 0.0, "nothing noted");
        (1..=100).for_each(|n| h.note(f64::from(n) - 0.05));
        assert_eq!((h.count(), h.percentile(0.5), h.percentile(0.99)), (100, 50.0, 99.0));
        h.note(1e9);
        assert_eq!(h.percentile(1.0), 60_000.0);
    }

    #[test]
    fn the_middle_one() {
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[])), (2.0, 0.0));
    }
}
