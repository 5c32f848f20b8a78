//! The fill gate: from facts and the rules in force to ALLOW, WARN or BLOCK with **all** reasons (rules.md §19).

use crate::{
    ledger::FileState,
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
}

/// The gate's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of the reasons, or ALLOW.
    pub decision: Decision,
    /// All reasons, in the order of the table.
    pub reasons: Vec<Reason>,
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

/// Decides. Every reason is found, none hides another.
#[must_use]
pub fn decide(facts: &Facts, rules: &RuleSet) -> Verdict {
    let mut reasons = Vec::new();
    match facts.tag {
        TagState::Unknown | TagState::Unbound => reasons.push(Reason::TagUnknown),
        TagState::Void => reasons.push(Reason::TagVoid),
        TagState::Bound => {}
    }
    if let Some(c) = &facts.cylinder {
        cylinder(c, facts, rules, &mut reasons);
    }
    match facts.gun.licence_until {
        Some(d) if facts.as_of <= d => {}
        _ => reasons.push(Reason::LicenceExpired),
    }
    if !facts.gun.licence_media.contains(&facts.gun.medium) {
        reasons.push(Reason::LicenceScope);
    }
    reasons.sort_unstable();
    reasons.dedup();
    let decision = reasons.iter().map(|r| r.info().decision).max().unwrap_or(Decision::Allow);
    Verdict { decision, reasons }
}

fn cylinder(c: &CylinderFacts, facts: &Facts, rules: &RuleSet, reasons: &mut Vec<Reason>) {
    if c.cloned {
        reasons.push(Reason::TagDuplicate);
    }
    match c.file {
        FileState::Registered | FileState::AwaitsScrap => {}
        FileState::Draft | FileState::Pending => reasons.push(Reason::NotRegistered),
        FileState::Suspended | FileState::Cancelled => reasons.push(Reason::FileCancelled),
        FileState::Scrapped | FileState::Destroyed => reasons.push(Reason::Scrapped),
    }
    if c.file == FileState::AwaitsScrap {
        reasons.push(Reason::LifeExceeded);
    }
    let derived = c.dates.derive(rules, facts.as_of);
    match derived.inspection(facts.as_of, rules.due_soon_days()) {
        Inspection::PastLife => reasons.push(Reason::LifeExceeded),
        Inspection::AwaitsAssessment => reasons.push(Reason::Life8yNoAssessment),
        Inspection::DueSoon => reasons.push(Reason::DueSoon),
        Inspection::Unknown => reasons.push(Reason::DateMissing),
        Inspection::Overdue | Inspection::Valid => {}
    }
    // Judged apart from the life, so that a cylinder past both names both.
    if derived.due.is_some_and(|d| facts.as_of > d) {
        reasons.push(Reason::InspectionExpired);
    }
    if c.dates.made.is_none() {
        reasons.push(Reason::DateMissing);
    }
    if c.owner != facts.gun.org && !c.entrusted.contains(&facts.gun.org) {
        reasons.push(Reason::NotOwn);
    }
    if c.medium != facts.gun.medium {
        reasons.push(Reason::MediumMismatch);
    }
    if c.doubtful {
        reasons.push(Reason::DataDoubt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::tests::lpg;
    use proptest::prelude::*;

    fn good() -> Facts {
        Facts {
            as_of: "2026-11-21".parse().unwrap(),
            tag: TagState::Bound,
            cylinder: Some(CylinderFacts {
                file: FileState::Registered,
                owner: 7,
                entrusted: vec![],
                medium: "LPG".into(),
                dates: lpg("2023-05", "2023-05", ""),
                cloned: false,
                doubtful: false,
            }),
            gun: GunFacts {
                org: 7,
                medium: "LPG".into(),
                licence_until: "2027-01-01".parse().ok(),
                licence_media: vec!["LPG".into()],
            },
        }
    }

    fn say(f: &Facts) -> Verdict {
        decide(f, &RuleSet::seed())
    }

    fn with(change: impl FnOnce(&mut Facts, &mut CylinderFacts)) -> Verdict {
        let mut f = good();
        let mut c = f.cylinder.take().unwrap();
        change(&mut f, &mut c);
        f.cylinder = Some(c);
        say(&f)
    }

    #[test]
    fn a_sound_cylinder_at_its_own_station_is_filled() {
        assert_eq!(say(&good()), Verdict { decision: Decision::Allow, reasons: vec![] });
    }

    #[test]
    fn each_fault_has_its_reason() {
        use Reason::*;
        assert_eq!(say(&Facts { tag: TagState::Unknown, cylinder: None, ..good() }).reasons, [TagUnknown]);
        assert_eq!(with(|f, _| f.tag = TagState::Void).reasons, [TagVoid]);
        assert_eq!(with(|_, c| c.cloned = true).reasons, [TagDuplicate]);
        assert_eq!(with(|_, c| c.file = FileState::Pending).reasons, [NotRegistered]);
        assert_eq!(with(|_, c| c.file = FileState::Suspended).reasons, [FileCancelled]);
        assert_eq!(with(|_, c| c.file = FileState::Scrapped).reasons, [Scrapped]);
        assert_eq!(with(|_, c| c.dates = lpg("2024-05", "", "2026-10")).reasons, [InspectionExpired]);
        assert_eq!(
            with(|_, c| c.dates = lpg("2018-11-20", "2022-11-20", "")).reasons,
            [Life8yNoAssessment, InspectionExpired]
        );
        assert_eq!(with(|_, c| c.dates = lpg("2006-12", "2020-01", "")).reasons, [LifeExceeded, InspectionExpired]);
        assert_eq!(with(|_, c| c.dates = lpg("", "2025-01", "")).reasons, [DateMissing]);
        assert_eq!(with(|_, c| c.owner = 8).reasons, [NotOwn]);
        assert_eq!(
            with(|_, c| {
                c.owner = 8;
                c.entrusted = vec![7];
            })
            .decision,
            Decision::Allow
        );
        assert_eq!(with(|_, c| c.medium = "N2".into()).reasons, [MediumMismatch]);
        assert_eq!(with(|f, _| f.gun.licence_until = "2026-11-20".parse().ok()).reasons, [LicenceExpired]);
        assert_eq!(with(|f, _| f.gun.licence_until = None).reasons, [LicenceExpired]);
        assert_eq!(with(|f, _| f.gun.licence_media.clear()).reasons, [LicenceScope]);
        let soon = with(|_, c| c.dates = lpg("2022-12", "", ""));
        assert_eq!((soon.decision, soon.reasons), (Decision::Allow, vec![]));
        let soon = with(|_, c| c.dates = lpg("2022-12-05", "", ""));
        assert_eq!((soon.decision, soon.reasons), (Decision::Warn, vec![DueSoon]));
    }

    #[test]
    fn all_reasons_are_told_worst_first() {
        let v = with(|f, c| {
            c.owner = 8;
            c.medium = "N2".into();
            c.dates = lpg("2006-12", "2020-01", "");
            f.gun.licence_until = None;
        });
        assert_eq!(
            v.reasons,
            [
                Reason::LifeExceeded,
                Reason::InspectionExpired,
                Reason::NotOwn,
                Reason::MediumMismatch,
                Reason::LicenceExpired
            ]
        );
    }

    #[test]
    fn the_hash_names_the_facts() {
        assert_eq!(good().hash(), good().hash());
        let mut other = good();
        other.gun.org = 8;
        assert_ne!(other.hash(), good().hash());
        let back: Facts = serde_json::from_str(&good().canonical()).unwrap();
        assert_eq!((back.hash(), decide(&back, &RuleSet::seed())), (good().hash(), say(&good())));
    }

    /// Faults that can be laid upon any facts.
    fn lay(f: &mut Facts, fault: usize) {
        let day = f.as_of;
        if let Some(c) = &mut f.cylinder {
            match fault {
                0 => c.cloned = true,
                1 => c.file = FileState::Scrapped,
                2 => {
                    c.owner = -1;
                    c.entrusted.clear();
                }
                3 => c.medium = "??".into(),
                4 => c.dates.next_printed = day.pred_opt().and_then(crate::date::PartialDate::day),
                5 => c.dates.scrap_recorded = day.pred_opt().and_then(crate::date::PartialDate::day),
                6 => c.doubtful = true,
                _ => {}
            }
        }
        match fault {
            7 => f.tag = TagState::Void,
            8 => f.gun.licence_until = None,
            9 => f.gun.licence_media.clear(),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn adding_a_fault_never_lightens_the_decision(faults in proptest::collection::vec(0usize..10, 0..6), more in 0usize..10) {
            let mut f = good();
            faults.iter().for_each(|x| lay(&mut f, *x));
            let before = say(&f);
            lay(&mut f, more);
            let after = say(&f);
            prop_assert!(after.decision >= before.decision);
            prop_assert!(after.decision == Decision::Allow || !after.reasons.is_empty());
        }

        #[test]
        fn the_order_of_faults_does_not_matter(mut faults in proptest::collection::vec(0usize..10, 0..8)) {
            let mut a = good();
            faults.iter().for_each(|x| lay(&mut a, *x));
            faults.reverse();
            let mut b = good();
            faults.iter().for_each(|x| lay(&mut b, *x));
            prop_assert_eq!(say(&a), say(&b));
        }
    }
}
