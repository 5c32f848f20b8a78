//! What the writer remembers between transactions: the cylinders it met last, with their tags. A cylinder that is filled was
//! asked about a minute before, so that most transactions need not read it again.
//!
//! A transaction takes out what it needs; what it brings back is put in only after its commit. A transaction that fails has merely
//! forgotten: the next one reads. It holds only while one process writes the record (the lock of its folder sees to that)
//! and everything that changes a cylinder or a tag goes through this ledger.

use crate::cylinder::{self, FileChange, Loaded};
use lru::LruCache;
use std::num::NonZeroUsize;

/// Tags and cylinders remembered, each. At about a kilobyte a cylinder: some 8 MiB, in a city of any size.
const ROOM: NonZeroUsize = match NonZeroUsize::new(8_192) {
    Some(n) => n,
    None => NonZeroUsize::MIN,
};

/// The memory of one writer.
#[derive(Debug)]
pub struct Memory {
    tags: LruCache<String, cylinder::tag::Model>,
    cylinders: LruCache<i64, Loaded>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { tags: LruCache::new(ROOM), cylinders: LruCache::new(ROOM) }
    }
}

/// What a transaction knew when it ended: true once it is committed.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) tags: Vec<cylinder::tag::Model>,
    pub(super) cylinders: Vec<(i64, Loaded)>,
}

impl Memory {
    /// Puts in what a committed transaction knew.
    pub fn keep(&mut self, known: Known) {
        for t in known.tags {
            self.tags.put(t.code.clone(), t);
        }
        for (id, c) in known.cylinders {
            self.cylinders.put(id, Loaded { dirty: false, change: FileChange::None, ..c });
        }
    }

    /// Forgets everything: when it is not known whether a transaction was committed.
    pub fn clear(&mut self) {
        self.tags.clear();
        self.cylinders.clear();
    }

    pub(super) fn take_tag(&mut self, code: &str) -> Option<cylinder::tag::Model> {
        self.tags.pop(code)
    }

    pub(super) fn take_cylinder(&mut self, id: i64) -> Option<Loaded> {
        self.cylinders.pop(&id)
    }
}
