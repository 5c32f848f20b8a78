//! How the ledger folds: from events to a cylinder's present state, the counters and the alerts.
//!
//! Ingest and `verify` both call this code, so that a stored copy can always be recomputed and compared.

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $n:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(i16)]
        pub enum $name { $($(#[doc = $doc])* $variant = $n,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Number in the record; never reused.
            #[must_use]
            pub const fn number(self) -> i16 { self as i16 }
            /// From the record.
            #[must_use]
            pub fn from_number(n: i16) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.number() == n) }
            /// Chinese word.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),+ } }
            /// English word.
            #[must_use]
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

mod chain;
mod counters;
mod custody;
mod fill;
pub mod flag;
mod guard;
mod handling;
mod sequence;
mod state;

pub use chain::{Link, Refolded, TagFate, refold};
pub use counters::{CounterKey, Metric, WHOLE_DAY, attempt_counters, delivery_counters, fill_counters, place};
pub use custody::{Custody, Place, Turn, step};
pub use fill::{AttemptFact, alert_of, fill_anomalies};
pub use guard::{Guards, Scene, event_anomalies};
pub use handling::{Act, Finding, Group, Groups, HANDLED_MAX, Listed, Precision, REASON_MAX, Step, Taken, reason};
pub use sequence::{SeqVerdict, sequence};
pub use state::{Build, File, FileState, Now, Phase, Told, fold};

pub(crate) use guard::rows as guard_rows;

#[cfg(test)]
mod tests;
