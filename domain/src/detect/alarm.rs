//! What keeps a detector from saying the same thing again and again, and from remembering without end.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Whether a value need not be written.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What stands reported of one (detector, subject).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// A lasting condition that was reported holds still.
    #[serde(default, skip_serializing_if = "is_default")]
    on: bool,
    /// When it was reported last, device clock, ms; 0 for never.
    #[serde(default, skip_serializing_if = "is_default")]
    at: i64,
    /// How often it was reported.
    #[serde(default, skip_serializing_if = "is_default")]
    n: i64,
}

impl Alarm {
    /// Notes whether a lasting condition holds; true when that is to be reported. It is reported once until it has
    /// cleared, and not again before the cooldown (ms) is over.
    pub fn lasting(&mut self, holds: bool, at: i64, cooldown: i64) -> bool {
        if !holds || self.on {
            self.on = holds;
            return false;
        }
        self.on = self.moment(at, cooldown);
        self.on
    }

    /// Notes something that happens in a moment; true when it is to be reported.
    pub fn moment(&mut self, at: i64, cooldown: i64) -> bool {
        if !self.is_due(at, cooldown) {
            return false;
        }
        (self.at, self.n) = (at, self.n.saturating_add(1));
        true
    }

    /// Whether the cooldown (ms) is over.
    #[must_use]
    pub const fn is_due(&self, at: i64, cooldown: i64) -> bool {
        self.n == 0 || at >= self.at.saturating_add(cooldown)
    }

    /// How often it was reported.
    #[must_use]
    pub const fn times(&self) -> i64 {
        self.n
    }
}

/// The last few of something; pushing one more drops the oldest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound = "T: Serialize + DeserializeOwned")]
pub struct Ring<T>(Vec<T>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ring<T> {
    /// Adds one, and keeps at most `most`.
    pub fn push(&mut self, value: T, most: usize) {
        self.0.push(value);
        // A smaller window than before takes hold at once.
        let over = self.0.len().saturating_sub(most);
        self.0.drain(..over);
    }

    /// The oldest first.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_condition_is_told_once_until_it_clears_and_the_cooldown_is_over() {
        let mut a = Alarm::default();
        assert!(!a.lasting(false, 10, 100));
        assert!(a.lasting(true, 20, 100));
        assert!(!a.lasting(true, 500, 100), "it never cleared");
        assert!(!a.lasting(true, 20, 100), "the same instant again");
        assert!(!a.lasting(false, 30, 100));
        assert!(!a.lasting(true, 119, 100), "within the cooldown");
        assert!(a.lasting(true, 120, 100), "it holds still when the cooldown is over");
        assert_eq!(a.times(), 2);
    }

    #[test]
    fn a_moment_is_told_again_after_the_cooldown() {
        let mut a = Alarm::default();
        assert!(a.moment(0, 100) && !a.moment(99, 100) && a.moment(100, 100));
        assert!(!a.moment(i64::MIN, 100) && a.moment(i64::MAX, i64::MAX));
    }

    #[test]
    fn a_ring_keeps_the_last() {
        let mut r = Ring::default();
        for n in 0..10 {
            r.push(n, 3);
        }
        assert_eq!(r.iter().copied().collect::<Vec<_>>(), [7, 8, 9]);
        r.push(10, 1);
        assert_eq!((r.len(), r.is_empty()), (1, false));
        let text = serde_json::to_string(&r).unwrap();
        assert_eq!(serde_json::from_str::<Ring<i32>>(&text).unwrap(), r);
        r.clear();
        assert!(r.is_empty());
    }
}
