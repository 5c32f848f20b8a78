//! The checks of one cylinder, item by item where they were told so.

use super::{Catalogue, Severity};
use crate::event::{EventKind, ItemResult};
use serde::{Deserialize, Serialize};

/// The checks of a cylinder, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksPage {
    /// Its primary tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// The checks.
    pub checks: Vec<CheckOf>,
    /// There are older ones than these.
    pub more: bool,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOf {
    /// Ledger number.
    pub no: u64,
    /// [`EventKind::Precheck`], [`EventKind::Postcheck`] or [`EventKind::Inspect`].
    pub kind: EventKind,
    /// When, device clock, ms.
    pub at_ms: i64,
    /// Where.
    pub place: String,
    /// By whom.
    pub operator: String,
    /// Whether it passed; `None` where the record does not say.
    pub passed: Option<bool>,
    /// Why not.
    pub reason: String,
    /// Items, as the check told them.
    pub items: Vec<Told>,
    /// The correction that took it back, by ledger number.
    pub corrected_by: Option<u64>,
    /// The catalogue and its version in force when the check was recorded; `None` for an inspection.
    pub catalogue: Option<(Catalogue, i64)>,
}

/// An item of a check, beside what the catalogue said of it then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its code as it was sent.
    pub code: String,
    /// What it says, Chinese; empty where the catalogue has no such item.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// How grave a failure is.
    pub severity: Option<Severity>,
    /// The result.
    pub result: ItemResult,
}
