//! What is wrong with a fill that happened.

use super::File;
use crate::{
    event::{Entry, Source},
    gate::Decision,
    outcome::{AlertKind, Anomaly},
    rules::RuleSet,
    weight,
};

/// What the ledger knows of the authorisation a fill names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptFact {
    /// What the gate said.
    pub decision: Decision,
    /// The tag it was asked about.
    pub tag: String,
    /// The medium it was asked about.
    pub medium: String,
    /// When it was asked, device clock, ms.
    pub at: i64,
}

impl AttemptFact {
    /// Whether it can be the authorisation of a fill: the same tag and medium, asked before the fill ended, and not so long
    /// before that the answer no longer holds.
    fn covers(&self, e: &Entry, rules: &RuleSet) -> bool {
        let age = e.occurred_at.saturating_sub(self.at);
        let valid = rules.param("PAR-ATTEMPT-VALID").unwrap_or(8).saturating_mul(3_600_000);
        self.tag == e.tag && self.medium == e.medium && (0..=valid).contains(&age)
    }
}

/// What is wrong with a fill that happened.
#[must_use]
pub fn fill_anomalies(e: &Entry, file: Option<&File>, attempt: Option<&AttemptFact>, rules: &RuleSet) -> Vec<Anomaly> {
    let mut out = Vec::new();
    if file.is_none() {
        out.push(Anomaly::UnknownTag);
    }
    if e.source == Source::Device {
        match attempt.filter(|a| a.covers(e, rules)) {
            None => out.push(Anomaly::NotAsked),
            Some(a) if a.decision == Decision::Block => out.push(Anomaly::FilledThoughBlocked),
            Some(_) => {}
        }
    }
    // An import's table names no medium for a fill of its own.
    if e.source != Source::Import && file.is_some_and(|f| f.medium != e.medium) {
        out.push(Anomaly::WrongMedium);
    }
    if let (Some(f), Some(w)) = (file, e.weights)
        && let (Some(tare), Some(max)) = (f.tare_g, f.max_fill_g)
    {
        out.extend(weight::judge(w.gross_g, tare, &f.dates.model, max, rules));
    }
    if e.weights.is_some_and(|w| weight::is_short(w.gross_g, w.tare_g, w.net_g, rules)) {
        out.push(Anomaly::ShortWeight);
    }
    out
}

/// The alert an anomaly raises. What an import tells of the past raises none: it is flagged (rules.md §20).
#[must_use]
pub const fn alert_of(anomaly: Anomaly) -> Option<AlertKind> {
    match anomaly {
        Anomaly::Overfill => Some(AlertKind::Overfill),
        Anomaly::Underfill => Some(AlertKind::Underfill),
        Anomaly::FilledThoughBlocked => Some(AlertKind::FilledThoughBlocked),
        Anomaly::NotAsked => Some(AlertKind::FillNotAsked),
        Anomaly::UnknownTag => Some(AlertKind::IllegalTagFill),
        Anomaly::WrongMedium => Some(AlertKind::WrongMedium),
        Anomaly::ShortWeight => Some(AlertKind::ShortWeight),
        Anomaly::FilledUnchecked => Some(AlertKind::FilledUnchecked),
        Anomaly::ShippedOverdue => Some(AlertKind::ShippedOverdue),
        Anomaly::ShippedUnchecked => Some(AlertKind::ShippedUnchecked),
        Anomaly::ShippedUnlicensed => Some(AlertKind::ShippedUnlicensed),
        Anomaly::SealedMoved => Some(AlertKind::SealedMoved),
        Anomaly::RecalledMoved => Some(AlertKind::RecalledMoved),
        Anomaly::StampDiffers => Some(AlertKind::StampDiffers),
        // What lies in the chain, or between the chain and who owns it, the detectors tell with their evidence.
        Anomaly::AtMaximum | Anomaly::ChainGap | Anomaly::NotOwn => None,
    }
}
