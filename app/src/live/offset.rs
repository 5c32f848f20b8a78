//! The server's clock as seen from this display: its own may be minutes off, and drifts over months.

/// Stretch of one window, ms: an estimate lives one to two of these.
const WINDOW_MS: f64 = 30_000.0;

/// Estimates the server's time. A frame says when the server made it; the least delayed frame of the last minute is
/// the best witness, so the estimate errs by the shortest way of a frame and never towards the future.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offset {
    started: f64,
    this: Option<f64>,
    last: Option<f64>,
}

impl Offset {
    /// A frame made at `server` (server's clock) was read at `local` (this display's clock), both Unix ms.
    #[allow(clippy::cast_precision_loss)] // milliseconds of this age are exact in f64
    pub fn hear(&mut self, server: i64, local: f64) {
        let seen = server as f64 - local;
        // A clock set back or forth makes all earlier witnesses worthless.
        let jumped = self.this.or(self.last).is_some_and(|best| (best - seen).abs() > WINDOW_MS);
        if jumped {
            *self = Self::default();
        }
        if self.this.is_none() || local - self.started > WINDOW_MS || local < self.started {
            self.last = self.this;
            self.this = None;
            self.started = local;
        }
        self.this = Some(self.this.map_or(seen, |best| best.max(seen)));
    }

    /// Server's clock minus this display's, ms; absent before the first frame.
    #[must_use]
    pub fn ms(&self) -> Option<f64> {
        match (self.this, self.last) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_delayed_frame_wins() {
        let mut o = Offset::default();
        assert_eq!(o.ms(), None);
        for (server, local) in [(1_000, 1_540.0), (2_000, 2_505.0), (3_000, 3_900.0)] {
            o.hear(server, local);
        }
        assert_eq!(o.ms(), Some(-505.0));
    }

    #[test]
    fn follows_a_drift_within_two_windows() {
        let mut o = Offset::default();
        o.hear(0, 0.0);
        for s in 1..200 {
            o.hear(s * 1_000, s as f64 * 1_000.0 + 40.0);
        }
        assert_eq!(o.ms(), Some(-40.0));
    }

    #[test]
    fn a_clock_that_was_set_counts_at_once() {
        let mut o = Offset::default();
        o.hear(1_000_000, 1_000_000.0);
        o.hear(1_001_000, 4_601_000.0);
        assert_eq!(o.ms(), Some(-3_600_000.0));
    }
}
