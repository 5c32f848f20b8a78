//! Where a record stands in the running numbers of its device.

use crate::{event::SEQ_LEAP, outcome::RecordCode};

/// Where a record stands in its gun's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeqVerdict {
    /// Further than all before; `gap` numbers between are missing.
    New {
        /// First and last missing number.
        gap: Option<(i64, i64)>,
        /// The gun began a new epoch with it.
        raised: bool,
    },
    /// Below the highest: a filler of a gap, a retry, or a reuse. The stored records decide.
    Late,
    /// Cannot be attributed.
    Quarantine(RecordCode),
}

/// Judges (epoch, seq) against what is known: `current` the gun's highest epoch, `next` the number expected in `epoch`
/// (1 where that epoch is new).
#[must_use]
pub fn sequence(current: i64, next: i64, epoch: i64, seq: i64) -> SeqVerdict {
    if epoch > current + 1 {
        return SeqVerdict::Quarantine(RecordCode::EpochUnknown);
    }
    if seq < next {
        return SeqVerdict::Late;
    }
    if (seq - next) as u64 > SEQ_LEAP {
        return SeqVerdict::Quarantine(RecordCode::SeqLeap);
    }
    SeqVerdict::New { gap: (seq > next).then_some((next, seq - 1)), raised: epoch > current }
}
