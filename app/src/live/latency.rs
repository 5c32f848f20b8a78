//! Gun to pixel: a histogram of every fill since the page was loaded, in constant memory.

/// Ratio between the borders of neighbouring buckets: percentiles are right within 4 %.
const RATIO: f64 = 1.04;
/// 1.04^400 ms is about 107 minutes; longer ones count as that.
const BUCKETS: usize = 400;

/// Counts by logarithmic bucket.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

/// What the tile shows, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Fills measured.
    pub count: u64,
}

impl Histogram {
    /// Adds a fill that took `ms`; a negative time (clocks apart by less than the way) counts as none.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 0..BUCKETS by the line before
    pub fn add(&mut self, ms: f64) {
        let at = ms.max(1.0).log(RATIO).min((BUCKETS - 1) as f64) as usize;
        self.counts[at] = self.counts[at].saturating_add(1);
        self.total += 1;
    }

    /// The time that a share `q` of all fills did not exceed: the upper border of its bucket.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn percentile(&self, q: f64) -> f64 {
        let wanted = (self.total as f64 * q).ceil().max(1.0);
        let mut seen = 0.0;
        for (i, n) in self.counts.iter().enumerate() {
            seen += f64::from(*n);
            if seen >= wanted {
                return RATIO.powi(i32::try_from(i + 1).unwrap_or(i32::MAX));
            }
        }
        0.0
    }

    /// The figures of the tile.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        Percentiles {
            p50: self.percentile(0.50),
            p95: self.percentile(0.95),
            p99: self.percentile(0.99),
            count: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_four_percent() {
        let mut h = Histogram::default();
        for ms in 1..=1_000 {
            h.add(f64::from(ms));
        }
        let p = h.percentiles();
        assert_eq!(p.count, 1_000);
        for (got, want) in [(p.p50, 500.0), (p.p95, 950.0), (p.p99, 990.0)] {
            assert!((want..=want * 1.05).contains(&got), "{got} for {want}");
        }
    }

    #[test]
    fn nothing_measured_and_nonsense_do_no_harm() {
        let mut h = Histogram::default();
        assert_eq!(h.percentiles(), Percentiles::default());
        for ms in [-5.0, 0.0, f64::NAN, f64::INFINITY] {
            h.add(ms);
        }
        assert_eq!(h.percentiles().count, 4);
    }
}
