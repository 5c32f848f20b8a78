//! The rules in force, for everything in the process that asks: the writer takes up others when it has published them.

use domain::rules::RuleSet;
use std::sync::{Arc, PoisonError, RwLock};

/// One handle to the rules in force. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rules(Arc<RwLock<Arc<RuleSet>>>);

impl Rules {
    /// These are in force.
    #[must_use]
    pub fn new(set: RuleSet) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(set))))
    }

    /// Those in force now.
    #[must_use]
    pub fn now(&self) -> Arc<RuleSet> {
        // Whoever panicked with the lock in hand had put a whole set or none.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Others are in force from now on.
    pub fn put(&self, set: Arc<RuleSet>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = set;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_gets_what_was_put_last_and_keeps_what_it_has() {
        let rules = Rules::new(RuleSet::seed());
        let (before, other) = (rules.now(), rules.clone());
        other.put(Arc::new(RuleSet { version: 2, rows: vec![] }));
        assert_eq!((before.version, rules.now().version, rules.now().rows.len()), (1, 2, 0));
    }
}
