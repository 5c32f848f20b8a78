//! What the writer remembers between transactions: the cylinders it met last, with their tags, what the gate answered, and what
//! the detectors keep. A cylinder that is filled was asked about a minute before, so that most transactions need not read it again.
//!
//! A transaction takes out what it needs; what it brings back is put in only after its commit. A transaction that fails has merely
//! forgotten: the next one reads. It holds only while one process writes the record (the lock of its folder sees to that)
//! and everything that changes a cylinder or a tag goes through this ledger.

use crate::cylinder::{self, FileChange, Loaded};
use domain::{
    detect::{self, Subject},
    ledger::AttemptFact,
};
use lru::LruCache;
use std::{
    collections::{BTreeSet, HashSet},
    num::NonZeroUsize,
};

/// Tags, cylinders, attempts and detectors' states remembered, each. At about a kilobyte a cylinder: some 8 MiB, in a city of any
/// size.
const ROOM: NonZeroUsize = match NonZeroUsize::new(8_192) {
    Some(n) => n,
    None => NonZeroUsize::MIN,
};

/// The memory of one writer.
#[derive(Debug)]
pub struct Memory {
    tags: LruCache<String, cylinder::tag::Model>,
    cylinders: LruCache<i64, Loaded>,
    /// By device and name. An attempt never changes once it was answered.
    attempts: LruCache<(i64, String), AttemptFact>,
    /// `None`: nothing is kept of it.
    subjects: LruCache<Subject, Option<detect::Kept>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            tags: LruCache::new(ROOM),
            cylinders: LruCache::new(ROOM),
            attempts: LruCache::new(ROOM),
            subjects: LruCache::new(ROOM),
        }
    }
}

/// What a transaction knew when it ended: true once it is committed.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) tags: Vec<cylinder::tag::Model>,
    pub(super) cylinders: Vec<(i64, Loaded)>,
    pub(super) attempts: Vec<((i64, String), AttemptFact)>,
    /// Of which the detectors' states were looked up.
    pub(super) met: BTreeSet<Subject>,
    pub(super) detect: detect::Memory,
}

impl Known {
    /// One cylinder with one of its tags.
    pub(crate) fn of(id: i64, cylinder: Loaded, tag: cylinder::tag::Model) -> Self {
        Self { tags: vec![tag], cylinders: vec![(id, cylinder)], ..Self::default() }
    }
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
        for (name, fact) in known.attempts {
            self.attempts.put(name, fact);
        }
        for subject in known.met {
            self.subjects.put(subject, None);
        }
        for (subject, kept) in known.detect.into_kept() {
            self.subjects.put(subject, Some(kept));
        }
    }

    /// Forgets everything: when it is not known whether a transaction was committed.
    pub fn clear(&mut self) {
        self.tags.clear();
        self.cylinders.clear();
        self.attempts.clear();
        self.subjects.clear();
    }

    /// Those of these cylinders that are remembered.
    pub(super) fn remembered(&self, ids: &[i64]) -> HashSet<i64> {
        ids.iter().copied().filter(|id| self.cylinders.contains(id)).collect()
    }

    pub(super) fn take_tag(&mut self, code: &str) -> Option<cylinder::tag::Model> {
        self.tags.pop(code)
    }

    pub(super) fn take_cylinder(&mut self, id: i64) -> Option<Loaded> {
        self.cylinders.pop(&id)
    }

    pub(super) fn take_attempt(&mut self, device: i64, name: &str) -> Option<AttemptFact> {
        self.attempts.pop(&(device, name.to_owned()))
    }

    /// What the detectors keep of a subject; the inner `None` says that they keep nothing of it.
    pub(super) fn take_subject(&mut self, subject: Subject) -> Option<Option<detect::Kept>> {
        self.subjects.pop(&subject)
    }
}
