//! Numbers received by a device in an epoch.

use std::collections::BTreeMap;

/// Numbers received, as ranges.
#[derive(Default)]
pub(super) struct Ranges(BTreeMap<i64, i64>);

impl Ranges {
    pub fn add(&mut self, n: i64) {
        let (mut first, mut last) = (n, n);
        if let Some((&f, &l)) = self.0.range(..=n).next_back() {
            if l >= n {
                return;
            }
            if l + 1 == n {
                first = f;
            }
        }
        if let Some(&l) = self.0.get(&(n + 1)) {
            self.0.remove(&(n + 1));
            last = l;
        }
        self.0.insert(first, last);
    }

    pub fn next(&self) -> i64 {
        self.0.last_key_value().map_or(1, |(_, l)| l + 1)
    }

    /// Missing between 1 and the highest.
    pub fn gaps(&self) -> Vec<(i64, i64)> {
        let mut at = 1;
        let mut out = vec![];
        for (f, l) in &self.0 {
            if *f > at {
                out.push((at, f - 1));
            }
            at = l + 1;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_show_their_gaps() {
        let mut r = Ranges::default();
        assert_eq!((r.next(), r.gaps()), (1, vec![]));
        for n in [3, 1, 5, 4, 9, 1] {
            r.add(n);
        }
        assert_eq!((r.next(), r.gaps()), (10, vec![(2, 2), (6, 8)]));
        r.add(2);
        assert_eq!(r.0, BTreeMap::from([(1, 5), (9, 9)]));
    }
}
