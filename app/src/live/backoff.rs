//! How long to wait before the next attempt to connect: longer each time, never for ever, never all walls at once.

/// Shortest wait, ms.
pub const SHORTEST_MS: f64 = 250.0;
/// Longest wait, ms.
pub const LONGEST_MS: f64 = 10_000.0;

/// The wait before attempt number `attempt` (0 is the first after a loss). `random` lies in `0.0..1.0`.
///
/// Up to a quarter more or less than the doubled wait: walls that lost the same server must not return in one wave.
#[must_use]
pub fn wait_ms(attempt: u32, random: f64) -> f64 {
    let doubled = SHORTEST_MS * f64::from(1_u32 << attempt.min(10));
    let jitter = 0.75 + random.clamp(0.0, 1.0) / 2.0;
    (doubled.min(LONGEST_MS) * jitter).clamp(SHORTEST_MS, LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_ten_seconds_and_stays_there() {
        let waits: Vec<f64> = (0..40).map(|n| wait_ms(n, 0.5)).collect();
        assert_eq!(waits[..6], [250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0]);
        assert!(waits.windows(2).all(|w| w[0] <= w[1]));
        assert_eq!(waits[39], LONGEST_MS);
        assert_eq!(wait_ms(u32::MAX, 0.5), LONGEST_MS, "months without a server");
    }

    #[test]
    fn scatters_within_its_bounds() {
        assert!(wait_ms(3, 0.0) < wait_ms(3, 0.99));
        for attempt in 0..20 {
            for random in [0.0, 0.3, 0.99, 7.0, -1.0] {
                assert!((SHORTEST_MS..=LONGEST_MS).contains(&wait_ms(attempt, random)));
            }
        }
    }
}
