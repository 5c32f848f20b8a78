//! Numbers that are the same for the same seed in every build.

/// SplitMix64. A library's generator may change with its version; a demonstration or a simulation asked for by its seed
/// must not.
#[derive(Clone, Debug)]
pub struct Random(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// A stream of its own for each list of parts: a thing's numbers do not depend on how many were drawn for others.
    #[must_use]
    pub fn of(parts: &[u64]) -> Self {
        let mut r = Self(GOLDEN);
        for p in parts {
            r.0 = r.next() ^ p.wrapping_mul(GOLDEN);
        }
        r.next();
        r
    }

    /// Any number.
    #[allow(clippy::should_implement_trait, reason = "an endless stream is no iterator")]
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A number in `low..=high`; `low` where the range is empty.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        // The bias of the remainder is below 2⁻⁴⁰ for every range used here.
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    /// A place in a list of `len`; 0 for an empty one.
    pub const fn index(&mut self, len: usize) -> usize {
        if len == 0 { 0 } else { (self.next() % len as u64) as usize }
    }

    /// One of a list; the type's default for an empty one.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        list.get(self.index(list.len())).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let mut r = Random::of(&[7, 1]);
        let first = [r.next(), r.next()];
        let mut again = Random::of(&[7, 1]);
        assert_eq!([again.next(), again.next()], first);
        assert_ne!(Random::of(&[7, 2]).next(), first[0]);
        assert_ne!(Random::of(&[1, 7]).next(), first[0]);
    }

    #[test]
    fn numbers_stay_within_their_range() {
        let mut r = Random::of(&[1]);
        let mut sum = 0.0;
        for _ in 0..10_000 {
            assert!((3..=9).contains(&r.range(3, 9)));
            let u = r.unit();
            assert!((0.0..1.0).contains(&u));
            sum += u;
        }
        assert!((sum / 10_000.0 - 0.5).abs() < 0.02);
        assert_eq!((r.range(5, 5), r.range(5, 1), r.index(0)), (5, 5, 0));
    }
}
