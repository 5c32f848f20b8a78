//! The fill gate: from facts and the rules in force to ALLOW, WARN or BLOCK with **all** reasons (rules.md §19).

use crate::{
    ledger::{Custody, FileState},
    life::{Dates, Inspection},
    outcome::Reason,
    rules::RuleSet,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The gate's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Decision {
    /// Fill.
    Allow,
    /// Fill, and look after the reasons.
    Warn,
    /// Do not fill.
    Block,
}

impl Decision {
    /// Number in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// From the record; an unknown number counts as BLOCK.
    #[must_use]
    pub const fn from_number(n: i16) -> Self {
        match n {
            0 => Self::Allow,
            1 => Self::Warn,
            _ => Self::Block,
        }
    }
}

/// What the register says of the tag that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagState {
    /// In no register.
    Unknown,
    /// Issued, not bound to a cylinder.
    Unbound,
    /// Bound.
    Bound,
    /// Voided.
    Void,
}

/// What the file says of the cylinder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CylinderFacts {
    /// File axis.
    pub file: FileState,
    /// Owner (organisation id).
    pub owner: i64,
    /// Organisations that hold it in trust (托管) as of the day.
    pub entrusted: Vec<i64>,
    /// Medium code.
    pub medium: String,
    /// Dates.
    pub dates: Dates,
    /// Suspected to be cloned.
    pub cloned: bool,
    /// Doubtful data in the file.
    pub doubtful: bool,
    /// What else the record knows of it. Absent from the canonical form where nothing is known, so that facts recorded before
    /// it was looked at keep their hash.
    #[serde(default, skip_serializing_if = "is_default")]
    pub present: PresentFacts,
}

/// What the record knows of a cylinder's present state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PresentFacts {
    /// Circulation axis, before the question.
    #[serde(skip_serializing_if = "is_default")]
    pub custody: Option<Custody>,
    /// 查封
    #[serde(skip_serializing_if = "is_default")]
    pub sealed: bool,
    /// 召回
    #[serde(skip_serializing_if = "is_default")]
    pub recalled: bool,
    /// 挂失
    #[serde(skip_serializing_if = "is_default")]
    pub lost: bool,
    /// 检验不合格: the last inspection was failed.
    #[serde(skip_serializing_if = "is_default")]
    pub inspection_failed: bool,
    /// The day of its last event.
    #[serde(skip_serializing_if = "is_default")]
    pub idle_since: Option<NaiveDate>,
    /// 气液双相
    #[serde(skip_serializing_if = "is_default")]
    pub dual_phase: bool,
    /// The valve is for the other phase than the cylinder.
    #[serde(skip_serializing_if = "is_default")]
    pub phase_mismatch: bool,
    /// 螺栓护罩
    #[serde(skip_serializing_if = "is_default")]
    pub screwed_shroud: bool,
    /// New or just inspected, and not evacuated since.
    #[serde(skip_serializing_if = "is_default")]
    pub vacuum_needed: bool,
    /// The pre-fill check since it came back.
    #[serde(skip_serializing_if = "is_default")]
    pub precheck: Option<PrecheckFacts>,
    /// Residue at the pre-fill check, less what was drained since, grams.
    #[serde(skip_serializing_if = "is_default")]
    pub residue_g: Option<i64>,
    /// Maximum fill of the model, grams: decides which residue limit applies.
    #[serde(skip_serializing_if = "is_default")]
    pub max_fill_g: Option<i64>,
    /// 链路断点
    #[serde(skip_serializing_if = "is_default")]
    pub chain_gap: bool,
    /// 警示标签陈旧
    #[serde(skip_serializing_if = "is_default")]
    pub label_old: bool,
}

/// A pre-fill check (充装前检查).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrecheckFacts {
    /// Whole minutes since it was made.
    pub minutes: i64,
    /// All items passed.
    pub passed: bool,
    /// Whether the stamp read then is the one on file; `None` when none was read.
    pub stamp_matches: Option<bool>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What is known of the gun and its station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GunFacts {
    /// The station's organisation.
    pub org: i64,
    /// Medium the gun fills, as it says itself.
    pub medium: String,
    /// Last day of the filling licence.
    pub licence_until: Option<NaiveDate>,
    /// Media the licence covers.
    pub licence_media: Vec<String>,
    /// The papers of filler, scale and station. Absent from the canonical form where nothing is known.
    #[serde(default, skip_serializing_if = "is_default")]
    pub papers: PaperFacts,
}

/// The papers of filler, scale and station.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaperFacts {
    /// Last day of the filler's certificate; `None` when the filler is not named or holds none.
    #[serde(skip_serializing_if = "is_default")]
    pub certificate_until: Option<NaiveDate>,
    /// Media the certificate covers.
    #[serde(skip_serializing_if = "is_default")]
    pub certificate_media: Vec<String>,
    /// Last day of the verification of the gun's scale.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_until: Option<NaiveDate>,
    /// Last day of the station's liability insurance.
    #[serde(skip_serializing_if = "is_default")]
    pub insured_until: Option<NaiveDate>,
    /// Age of the snapshot an offline gun decides on, whole minutes; `None` when the server itself decides.
    #[serde(skip_serializing_if = "is_default")]
    pub snapshot_minutes: Option<i64>,
}

/// Everything the gate looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The day the rules are evaluated as of.
    pub as_of: NaiveDate,
    /// The tag.
    pub tag: TagState,
    /// The cylinder, where the tag leads to one.
    pub cylinder: Option<CylinderFacts>,
    /// The gun.
    pub gun: GunFacts,
    /// The medium that the tag's own digits name, by the code table of its jurisdiction.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tag_medium: Option<String>,
    /// Reasons a regulator has overridden, as of now.
    #[serde(default, skip_serializing_if = "is_default")]
    pub overrides: Vec<Reason>,
}

/// The gate's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of the reasons, or ALLOW.
    pub decision: Decision,
    /// All reasons that count, in the order of the table.
    pub reasons: Vec<Reason>,
    /// Reasons found that a regulator has overridden.
    pub overridden: Vec<Reason>,
}

impl Facts {
    /// SHA-256 of the canonical JSON of the facts, hex.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.canonical().as_bytes()))
    }

    /// Canonical JSON: fields in the order of this type, no blanks.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Decides: the fifteen steps of rules.md §19. Every reason is found, none hides another.
///
/// A step that a rule row switches is off where the row is missing: a decision made before the row was written replays to
/// itself. A fact that nobody recorded raises nothing, unless a step that demands it is switched on.
#[must_use]
pub fn decide(facts: &Facts, rules: &RuleSet) -> Verdict {
    let mut found = Vec::new();
    // 1: the tag.
    match facts.tag {
        TagState::Unknown | TagState::Unbound => found.push(Reason::TagUnknown),
        TagState::Void => found.push(Reason::TagVoid),
        TagState::Bound => {}
    }
    if let Some(c) = &facts.cylinder {
        file(c, facts, rules, &mut found);
        dates(c, facts, rules, &mut found);
        gas(c, facts, &mut found);
        present(&c.present, facts, rules, &mut found);
        if rules.phase_out(&c.dates.model, facts.as_of).is_some() {
            found.push(Reason::PhaseOut);
        }
    }
    station(&facts.gun, facts.as_of, rules, &mut found);
    found.sort_unstable();
    found.dedup();
    let (overridden, reasons): (Vec<_>, Vec<_>) = found.into_iter().partition(|r| {
        facts.overrides.contains(r) && r.may_be_overridden() && rules.override_hours(*r, facts.as_of).is_some()
    });
    let decision = reasons.iter().map(|r| r.info().decision).max().unwrap_or(Decision::Allow);
    Verdict { decision, reasons, overridden }
}

/// Steps 1 to 3: what the file says.
fn file(c: &CylinderFacts, facts: &Facts, rules: &RuleSet, found: &mut Vec<Reason>) {
    if c.cloned {
        found.push(Reason::TagDuplicate);
    }
    if c.present.precheck.as_ref().is_some_and(|p| p.stamp_matches == Some(false)) {
        found.push(Reason::TagStampMismatch);
    }
    match c.file {
        FileState::Registered => {}
        // On its way to be scrapped: past its life, whatever the dates say.
        FileState::AwaitsScrap => found.push(Reason::LifeExceeded),
        FileState::Draft | FileState::Pending => found.push(Reason::NotRegistered),
        FileState::Suspended if rules.guard("GATE-2-SUSPENDED", facts.as_of) => found.push(Reason::Suspended),
        FileState::Suspended | FileState::Cancelled => found.push(Reason::FileCancelled),
        FileState::Scrapped | FileState::Destroyed => found.push(Reason::Scrapped),
    }
    let p = &c.present;
    for (is, reason) in [
        (p.sealed, Reason::Sealed),
        (p.recalled, Reason::Recalled),
        (p.lost, Reason::Lost),
        (c.doubtful, Reason::DataDoubt),
    ] {
        if is {
            found.push(reason);
        }
    }
}

/// Steps 3 and 4: life and inspection.
fn dates(c: &CylinderFacts, facts: &Facts, rules: &RuleSet, found: &mut Vec<Reason>) {
    let derived = c.dates.derive(rules, facts.as_of);
    match derived.inspection(facts.as_of, rules.due_soon_days()) {
        Inspection::PastLife => found.push(Reason::LifeExceeded),
        Inspection::AwaitsAssessment => found.push(Reason::Life8yNoAssessment),
        Inspection::DueSoon => found.push(Reason::DueSoon),
        Inspection::Unknown => found.push(Reason::DateMissing),
        Inspection::Overdue | Inspection::Valid => {}
    }
    // Judged apart from the life, so that a cylinder past both names both.
    if derived.due.is_some_and(|d| facts.as_of > d) {
        found.push(Reason::InspectionExpired);
    }
    if c.dates.made.is_none() {
        found.push(Reason::DateMissing);
    }
    if c.present.inspection_failed {
        found.push(Reason::InspectionFailed);
    }
    if let Some(since) = c.present.idle_since
        && rules.guard("INT-IDLE", facts.as_of)
        && c.dates.idle_until(since, rules, facts.as_of).is_some_and(|d| facts.as_of > d)
    {
        found.push(Reason::IdleTooLong);
    }
}

/// Steps 5 and 6: whose it is, and for which gas.
fn gas(c: &CylinderFacts, facts: &Facts, found: &mut Vec<Reason>) {
    if c.owner != facts.gun.org && !c.entrusted.contains(&facts.gun.org) {
        found.push(Reason::NotOwn);
    }
    if c.medium != facts.gun.medium || facts.tag_medium.as_ref().is_some_and(|m| *m != c.medium) {
        found.push(Reason::MediumMismatch);
    }
}

/// Steps 7, 14 and 15: the station, its people and its instruments.
fn station(gun: &GunFacts, as_of: NaiveDate, rules: &RuleSet, found: &mut Vec<Reason>) {
    let valid = |until: Option<NaiveDate>| until.is_some_and(|d| as_of <= d);
    if !valid(gun.licence_until) {
        found.push(Reason::LicenceExpired);
    }
    if !gun.licence_media.contains(&gun.medium) {
        found.push(Reason::LicenceScope);
    }
    let papers = &gun.papers;
    if rules.guard("GATE-7-OPERATOR", as_of) {
        let soon = chrono::TimeDelta::days(rules.param("PAR-CERT-SOON").unwrap_or(0).clamp(0, 3_650));
        match papers.certificate_until {
            None => found.push(Reason::OperatorCertMissing),
            Some(d) if as_of > d => found.push(Reason::OperatorCertExpired),
            Some(d) if d - as_of <= soon => found.push(Reason::OperatorCertExpiring),
            Some(_) => {}
        }
        if papers.certificate_until.is_some() && !papers.certificate_media.contains(&gun.medium) {
            found.push(Reason::OperatorCertScope);
        }
    }
    if rules.guard("GATE-7-SCALE", as_of) && !valid(papers.scale_until) {
        found.push(Reason::ScaleUnverified);
    }
    if rules.guard("GATE-14-INSURANCE", as_of) && !valid(papers.insured_until) {
        found.push(Reason::NoInsurance);
    }
    let hours = |id: &str| rules.param(id).map(|h| h.saturating_mul(60));
    if papers.snapshot_minutes.zip(hours("PAR-SNAPSHOT")).is_some_and(|(age, most)| age > most) {
        found.push(Reason::SnapshotStale);
    }
}

/// Steps 8 to 14: the cylinder as it stands before the gun.
fn present(p: &PresentFacts, facts: &Facts, rules: &RuleSet, found: &mut Vec<Reason>) {
    let on = |id: &str| rules.guard(id, facts.as_of);
    let stale = rules.param("PAR-PRECHECK-VALID").map(|h| h.saturating_mul(60));
    let too_old = |c: &PrecheckFacts| stale.is_some_and(|most| c.minutes > most);
    let residue = p
        .residue_g
        .zip(p.max_fill_g)
        .and_then(|(g, max)| rules.residue_limit_g(max).map(|most| g > most))
        .unwrap_or(false);
    let checked = p.precheck.as_ref();
    let demanded = on("GATE-11-PRECHECK");
    for (is, reason) in [
        (p.dual_phase, Reason::DualPhase),
        (p.phase_mismatch, Reason::PhaseValveMismatch),
        (p.screwed_shroud, Reason::ScrewedShroud),
        (p.vacuum_needed && on("GATE-9-VACUUM"), Reason::NewNotVacuumed),
        // A gun that asks twice is filling already.
        (
            on("GATE-10-STATE") && !matches!(p.custody, Some(Custody::ReadyToFill | Custody::Filling)),
            Reason::StateIllegal,
        ),
        (demanded && checked.is_none(), Reason::PrecheckMissing),
        (checked.is_some_and(|c| !c.passed), Reason::PrecheckFailed),
        (demanded && checked.is_some_and(too_old), Reason::PrecheckStale),
        (residue, Reason::ResidueHigh),
        (p.chain_gap, Reason::ChainGap),
        (p.label_old, Reason::LabelOld),
    ] {
        if is {
            found.push(reason);
        }
    }
}

#[cfg(test)]
mod tests;
