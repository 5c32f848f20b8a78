use super::*;
use crate::{
    date::PartialDate,
    life::{Family, tests::lpg},
    rules::{MediumClass, RuleKind, RuleRow},
};
use proptest::prelude::*;

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn good() -> Facts {
    Facts {
        as_of: day("2026-11-21"),
        tag: TagState::Bound,
        cylinder: Some(CylinderFacts {
            file: FileState::Registered,
            owner: 7,
            entrusted: vec![],
            medium: "LPG".into(),
            dates: lpg("2023-05", "2023-05", ""),
            cloned: false,
            doubtful: false,
            present: PresentFacts::default(),
        }),
        gun: GunFacts {
            org: 7,
            medium: "LPG".into(),
            licence_until: "2027-01-01".parse().ok(),
            licence_media: vec!["LPG".into()],
            papers: PaperFacts::default(),
        },
        tag_medium: None,
        overrides: vec![],
    }
}

/// Facts with which every step passes, also those that are off as shipped.
fn perfect() -> Facts {
    let mut f = good();
    f.gun.papers = PaperFacts {
        certificate_until: "2028-01-01".parse().ok(),
        certificate_media: vec!["LPG".into()],
        scale_until: "2027-01-01".parse().ok(),
        insured_until: "2027-01-01".parse().ok(),
        snapshot_minutes: None,
    };
    if let Some(c) = &mut f.cylinder {
        c.present = PresentFacts {
            custody: Some(Custody::ReadyToFill),
            idle_since: "2026-11-20".parse().ok(),
            precheck: Some(PrecheckFacts { minutes: 30, passed: true, stamp_matches: Some(true) }),
            residue_g: Some(200),
            max_fill_g: Some(14_900),
            ..PresentFacts::default()
        };
    }
    f
}

/// The shipped rules with every guard switched on.
fn strict() -> RuleSet {
    let mut r = RuleSet::seed();
    r.rows.iter_mut().filter(|r| r.kind == RuleKind::Guard).for_each(|r| r.enabled = true);
    r
}

fn say(f: &Facts) -> Verdict {
    decide(f, &RuleSet::seed())
}

fn with(change: impl FnOnce(&mut Facts, &mut CylinderFacts)) -> Verdict {
    say(&changed(good(), change))
}

fn changed(mut f: Facts, change: impl FnOnce(&mut Facts, &mut CylinderFacts)) -> Facts {
    let mut c = f.cylinder.take().unwrap();
    change(&mut f, &mut c);
    f.cylinder = Some(c);
    f
}

/// Under the strict rules.
fn strictly(change: impl FnOnce(&mut Facts, &mut CylinderFacts)) -> Vec<Reason> {
    decide(&changed(perfect(), change), &strict()).reasons
}

#[test]
fn a_sound_cylinder_at_its_own_station_is_filled() {
    let allow = Verdict { decision: Decision::Allow, reasons: vec![], overridden: vec![] };
    assert_eq!(say(&good()), allow);
    assert_eq!(decide(&perfect(), &strict()), allow, "with every step switched on");
}

#[test]
fn each_fault_has_its_reason() {
    use Reason::*;
    assert_eq!(say(&Facts { tag: TagState::Unknown, cylinder: None, ..good() }).reasons, [TagUnknown]);
    assert_eq!(say(&Facts { tag: TagState::Unbound, cylinder: None, ..good() }).reasons, [TagUnknown]);
    assert_eq!(with(|f, _| f.tag = TagState::Void).reasons, [TagVoid]);
    assert_eq!(with(|_, c| c.cloned = true).reasons, [TagDuplicate]);
    assert_eq!(with(|_, c| c.file = FileState::Pending).reasons, [NotRegistered]);
    assert_eq!(with(|_, c| c.file = FileState::Draft).reasons, [NotRegistered]);
    assert_eq!(with(|_, c| c.file = FileState::Suspended).reasons, [Suspended]);
    assert_eq!(with(|_, c| c.file = FileState::Cancelled).reasons, [FileCancelled]);
    assert_eq!(with(|_, c| c.file = FileState::Scrapped).reasons, [Scrapped]);
    assert_eq!(with(|_, c| c.file = FileState::Destroyed).reasons, [Scrapped]);
    assert_eq!(with(|_, c| c.file = FileState::AwaitsScrap).reasons, [LifeExceeded]);
    assert_eq!(with(|_, c| c.present.sealed = true).reasons, [Sealed]);
    assert_eq!(with(|_, c| c.present.recalled = true).reasons, [Recalled]);
    assert_eq!(with(|_, c| c.present.lost = true).reasons, [Lost]);
    assert_eq!(with(|_, c| c.dates = lpg("2024-05", "", "2026-10")).reasons, [InspectionExpired]);
    assert_eq!(
        with(|_, c| c.dates = lpg("2018-11-20", "2022-11-20", "")).reasons,
        [Life8yNoAssessment, InspectionExpired]
    );
    assert_eq!(with(|_, c| c.dates = lpg("2006-12", "2020-01", "")).reasons, [LifeExceeded, InspectionExpired]);
    assert_eq!(with(|_, c| c.dates = lpg("", "2025-01", "")).reasons, [DateMissing]);
    assert_eq!(with(|_, c| c.present.inspection_failed = true).reasons, [InspectionFailed]);
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
    assert_eq!(with(|_, c| c.present.dual_phase = true).reasons, [DualPhase]);
    assert_eq!(with(|_, c| c.present.phase_mismatch = true).reasons, [PhaseValveMismatch]);
    assert_eq!(with(|_, c| c.present.screwed_shroud = true).reasons, [ScrewedShroud]);
    assert_eq!(with(|f, _| f.gun.papers.snapshot_minutes = Some(24 * 60 + 1)).reasons, [SnapshotStale]);
    assert_eq!(with(|f, _| f.gun.papers.snapshot_minutes = Some(24 * 60)).decision, Decision::Allow);
    let soon = with(|_, c| c.dates = lpg("2022-12", "", ""));
    assert_eq!((soon.decision, soon.reasons), (Decision::Allow, vec![]));
    for (reason, v) in [
        (DueSoon, with(|_, c| c.dates = lpg("2022-12-05", "", ""))),
        (ChainGap, with(|_, c| c.present.chain_gap = true)),
        (DataDoubt, with(|_, c| c.doubtful = true)),
        (LabelOld, with(|_, c| c.present.label_old = true)),
    ] {
        assert_eq!((v.decision, v.reasons), (Decision::Warn, vec![reason]));
    }
}

#[test]
fn steps_that_a_row_switches() {
    use Reason::*;
    let certificate = |until: &str| {
        let until = until.parse().ok();
        strictly(|f, _| f.gun.papers.certificate_until = until)
    };
    assert_eq!(certificate(""), [OperatorCertMissing]);
    assert_eq!(certificate("2026-11-20"), [OperatorCertExpired]);
    assert_eq!(certificate("2026-11-21"), [OperatorCertExpiring], "the last day counts");
    assert_eq!(certificate("2026-12-21"), [OperatorCertExpiring]);
    assert_eq!(certificate("2026-12-22"), []);
    assert_eq!(strictly(|f, _| f.gun.papers.certificate_media = vec!["O2".into()]), [OperatorCertScope]);
    assert_eq!(strictly(|f, _| f.gun.papers.scale_until = None), [ScaleUnverified]);
    assert_eq!(strictly(|f, _| f.gun.papers.scale_until = Some(day("2026-11-20"))), [ScaleUnverified]);
    assert_eq!(strictly(|_, c| c.present.vacuum_needed = true), [NewNotVacuumed]);
    assert_eq!(strictly(|_, c| c.present.custody = Some(Custody::EmptyInStock)), [StateIllegal]);
    assert_eq!(strictly(|_, c| c.present.custody = None), [StateIllegal]);
    assert_eq!(strictly(|_, c| c.present.custody = Some(Custody::Filling)), [], "a gun that asks again");
    assert_eq!(strictly(|_, c| c.present.precheck = None), [PrecheckMissing]);
    let check = |minutes, passed, stamp_matches| {
        strictly(|_, c| c.present.precheck = Some(PrecheckFacts { minutes, passed, stamp_matches }))
    };
    assert_eq!(check(8 * 60, true, None), []);
    assert_eq!(check(8 * 60 + 1, true, None), [PrecheckStale]);
    assert_eq!(check(1, false, None), [PrecheckFailed]);
    assert_eq!(check(1, true, Some(false)), [TagStampMismatch]);
    assert_eq!(strictly(|f, _| f.gun.papers.insured_until = None), [NoInsurance]);
    assert_eq!(strictly(|_, c| c.dates.model = "YSP23.5".into()), [PhaseOut]);
    // As shipped they are off: their facts are not recorded everywhere yet. What was recorded counts all the same.
    let bare = say(&good());
    assert_eq!(bare.reasons, []);
    assert_eq!(
        with(|_, c| c.present.precheck = Some(PrecheckFacts { minutes: 900, passed: false, stamp_matches: None }))
            .reasons,
        [PrecheckFailed],
        "failed counts, old does not"
    );
}

#[test]
fn residue_has_two_limits() {
    let at = |residue: i64, max: i64| {
        with(|_, c| {
            c.present.residue_g = Some(residue);
            c.present.max_fill_g = Some(max);
        })
        .reasons
    };
    assert_eq!(at(600, 14_900), []);
    assert_eq!(at(601, 14_900), [Reason::ResidueHigh]);
    assert_eq!(at(2_000, 49_500), []);
    assert_eq!(at(2_001, 49_500), [Reason::ResidueHigh]);
}

#[test]
fn idle_for_longer_than_one_interval() {
    let since = |s: &str, inspected: &str| {
        let (s, i) = (s.parse().ok(), inspected.to_owned());
        with(move |_, c| {
            // The report's next date keeps the inspection itself valid.
            c.dates = Dates { model: "YSP118".into(), ..lpg("2020-05", &i, "2028-01") };
            c.present.idle_since = s;
        })
        .reasons
    };
    assert_eq!(since("2023-11-21", "2022-05"), [], "36 months of the 50 kg type to the day");
    assert_eq!(since("2023-11-20", "2022-05"), [Reason::IdleTooLong]);
    assert_eq!(since("2023-11-20", "2025-05"), [], "inspected since");
}

#[test]
fn vector_14_the_tag_names_another_gas_than_the_file() {
    let f = changed(good(), |f, c| {
        f.gun.medium = "N2".into();
        f.gun.licence_media = vec!["N2".into()];
        c.medium = "N2".into();
        f.tag_medium = Some("O2".into());
    });
    assert_eq!(say(&f).reasons, [Reason::MediumMismatch]);
    assert_eq!(say(&Facts { tag_medium: Some("N2".into()), ..f }).reasons, []);
}

#[test]
fn vectors_15_and_16_yesterday_is_too_late() {
    assert_eq!(with(|f, _| f.gun.licence_until = Some(day("2026-11-20"))).reasons, [Reason::LicenceExpired]);
    // The 托管 contract that ended yesterday is not among the holders in trust as of today.
    assert_eq!(with(|_, c| c.owner = 8).reasons, [Reason::NotOwn]);
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
fn an_override_lifts_what_may_be_lifted_and_nothing_else() {
    let old = |f: &mut Facts, c: &mut CylinderFacts| {
        c.present.precheck = Some(PrecheckFacts { minutes: 10_000, passed: true, stamp_matches: None });
        c.owner = 8;
        f.overrides = Reason::ALL.to_vec();
    };
    let v = decide(&changed(perfect(), old), &strict());
    assert_eq!(
        (v.decision, v.reasons, v.overridden),
        (Decision::Block, vec![Reason::NotOwn], vec![Reason::PrecheckStale])
    );
    let mut rules = strict();
    rules.rows.retain(|r| r.kind != RuleKind::Override);
    assert_eq!(
        decide(&changed(perfect(), old), &rules).reasons,
        [Reason::NotOwn, Reason::PrecheckStale],
        "without the row nothing may be overridden"
    );
    // Not even a row can open the steps that concern the cylinder itself.
    for r in Reason::ALL.iter().filter(|r| !r.may_be_overridden()) {
        rules.rows = vec![RuleRow {
            rule_id: format!("OVR-{}", r.code()),
            ..RuleSet::seed().rows.into_iter().find(|r| r.kind == RuleKind::Override).unwrap()
        }];
        assert!(rules.check().is_err(), "{r:?}");
    }
    let v = decide(
        &changed(good(), |f, c| {
            c.present.sealed = true;
            f.overrides = vec![Reason::Sealed];
        }),
        &RuleSet { version: 9, rows: vec![RuleRow { rule_id: "OVR-SEALED".into(), ..rules.rows.remove(0) }] },
    );
    assert!(v.reasons.contains(&Reason::Sealed));
}

#[test]
fn the_hash_names_the_facts() {
    assert_eq!(good().hash(), good().hash());
    let mut other = good();
    other.gun.org = 8;
    assert_ne!(other.hash(), good().hash());
    for f in [good(), perfect()] {
        let back: Facts = serde_json::from_str(&f.canonical()).unwrap();
        assert_eq!((back.hash(), decide(&back, &RuleSet::seed())), (f.hash(), say(&f)));
    }
}

/// What the first release wrote into the record: it must read, hash and replay as it did.
#[test]
fn facts_of_the_first_release_keep_their_hash() {
    let text = r#"{"as_of":"2026-11-21","tag":"bound","cylinder":{"file":"registered","owner":7,"entrusted":[],"medium":"LPG","dates":{"family":"lpg_welded","model":"YSP35.5","medium_class":"other","made":"2023-05","inspected":"2023-05","next_printed":null,"scrap_recorded":null,"assessed":false},"cloned":false,"doubtful":false},"gun":{"org":7,"medium":"LPG","licence_until":"2027-01-01","licence_media":["LPG"]}}"#;
    let facts: Facts = serde_json::from_str(text).unwrap();
    assert_eq!(facts.canonical(), text);
    assert_eq!(facts, good());
    // Its rules knew no guards: a suspended file was a cancelled one.
    let mut first = RuleSet::seed();
    first.rows.retain(|r| !matches!(r.kind, RuleKind::Guard | RuleKind::Override));
    let suspended = changed(good(), |_, c| c.file = FileState::Suspended);
    assert_eq!(decide(&suspended, &first).reasons, [Reason::FileCancelled]);
    assert_eq!(decide(&suspended, &RuleSet::seed()).reasons, [Reason::Suspended]);
}

const FAULTS: usize = 34;

/// Faults that can be laid upon any facts.
fn lay(f: &mut Facts, fault: usize) {
    let yesterday = f.as_of.pred_opt();
    if let Some(c) = &mut f.cylinder {
        let p = &mut c.present;
        match fault {
            0 => c.cloned = true,
            1 => c.file = FileState::Scrapped,
            2 => {
                c.owner = -1;
                c.entrusted.clear();
            }
            3 => c.medium = "??".into(),
            4 => c.dates.next_printed = yesterday.and_then(PartialDate::day),
            5 => c.dates.scrap_recorded = yesterday.and_then(PartialDate::day),
            6 => c.doubtful = true,
            10 => p.sealed = true,
            11 => p.recalled = true,
            12 => p.lost = true,
            13 => p.inspection_failed = true,
            14 => c.owner = -2,
            15 => p.dual_phase = true,
            16 => p.phase_mismatch = true,
            17 => p.screwed_shroud = true,
            18 => p.vacuum_needed = true,
            19 => p.custody = Some(Custody::InUse),
            // To lose a check that found something would take a fault away.
            20 => {
                p.precheck =
                    p.precheck.take().filter(|c| !c.passed || c.minutes > 480 || c.stamp_matches == Some(false));
            }
            21 => p.precheck.iter_mut().for_each(|c| c.passed = false),
            22 => p.precheck.iter_mut().for_each(|c| c.minutes = 100_000),
            23 => p.precheck.iter_mut().for_each(|c| c.stamp_matches = Some(false)),
            24 => (p.residue_g, p.max_fill_g) = (Some(9_000), Some(14_900)),
            25 => p.chain_gap = true,
            26 => p.label_old = true,
            27 => c.dates.made = None,
            _ => {}
        }
    }
    match fault {
        7 => f.tag = TagState::Void,
        8 => f.gun.licence_until = None,
        9 => f.gun.licence_media.clear(),
        28 => f.gun.papers.certificate_until = yesterday,
        29 => f.gun.papers.certificate_media.clear(),
        30 => f.gun.papers.scale_until = yesterday,
        31 => f.gun.papers.insured_until = None,
        32 => f.gun.papers.snapshot_minutes = Some(1_000_000),
        33 => f.tag_medium = Some("!!".into()),
        _ => {}
    }
}

#[test]
fn every_fault_is_a_fault() {
    for fault in 0..FAULTS {
        let mut f = perfect();
        lay(&mut f, fault);
        let v = decide(&f, &strict());
        assert_ne!(v.decision, Decision::Allow, "fault {fault}");
    }
}

/// A population over families, models, gases, ages and inspections.
fn population() -> Vec<Facts> {
    let as_of = day("2026-11-21");
    let mut out = vec![];
    for (family, model) in [
        (Family::LpgWelded, "YSP35.5"),
        (Family::LpgWelded, "YSP118"),
        (Family::SteelSeamless, "WMA"),
        (Family::AluminiumSeamless, "AL"),
        (Family::Acetylene, "C2H2"),
        (Family::Cryogenic, "DP"),
        (Family::SteelWelded, "CL400"),
        (Family::VehicleCng, "TAXI"),
        (Family::VehicleCng, "CNG2"),
        (Family::VehicleLng, "LNG"),
        (Family::VehicleLpg, "VLPG"),
    ] {
        for class in [MediumClass::Inert, MediumClass::Other, MediumClass::Corrosive] {
            for age in (0..=400).step_by(5) {
                for inspections in [0, 3] {
                    let made = PartialDate::month(2026, 11).map(|m| m.add_months(-age));
                    let inspected = (inspections > 0).then(|| made.map(|m| m.add_months(age - age.min(26)))).flatten();
                    let base = good();
                    out.push(changed(base, |f, c| {
                        f.as_of = as_of;
                        c.dates = Dates {
                            family,
                            model: model.into(),
                            medium_class: class,
                            made,
                            inspected,
                            next_printed: None,
                            scrap_recorded: None,
                            assessed: inspections > 0,
                            inspections,
                        };
                    }));
                }
            }
        }
    }
    out
}

/// An oracle for the three date reasons that does not go through `derive`: months counted by hand.
fn dates_by_hand(f: &Facts, interval: i64, life: i64, extension: i64, soon: i64) -> Vec<Reason> {
    let c = &f.cylinder.as_ref().unwrap().dates;
    let end = |from: PartialDate, m: i64| from.add_months(m as i32).last_day();
    let made = c.made.unwrap();
    let life_end = end(made, life + if c.assessed { extension } else { 0 });
    let could = end(made, life + extension);
    let due = end(c.inspected.unwrap_or(made), interval).min(life_end);
    let mut out = vec![];
    if f.as_of > life_end {
        out.push(if f.as_of <= could { Reason::Life8yNoAssessment } else { Reason::LifeExceeded });
    }
    if f.as_of > due {
        out.push(Reason::InspectionExpired);
    } else if f.as_of <= life_end && (due - f.as_of).num_days() <= soon {
        out.push(Reason::DueSoon);
    }
    out.sort_unstable();
    out
}

/// Mutation of the rows: every interval, life and extension is changed in turn, and the decisions that change are exactly those
/// that the row governs and whose dates the change carries over the day.
#[test]
fn a_changed_row_changes_exactly_the_decisions_it_should() {
    let people = population();
    let seed = RuleSet::seed();
    let months = |r: &RuleSet, f: &Facts| {
        let d = &f.cylinder.as_ref().unwrap().dates;
        let s = crate::rules::Subject {
            family: d.family,
            model: &d.model,
            medium_class: d.medium_class,
            made: d.made,
            inspections: d.inspections,
        };
        let of = |row: Option<&RuleRow>| row.map(|r| (r.rule_id.clone(), r.value));
        (of(r.interval(s, f.as_of)), of(r.life(s, f.as_of)), of(r.extension(s, f.as_of)))
    };
    let mut moved = 0;
    let rows = |k: &RuleRow| matches!(k.kind, RuleKind::Interval | RuleKind::Life | RuleKind::Extension);
    for i in (0..seed.rows.len()).filter(|i| rows(&seed.rows[*i])) {
        for by in [-12_i64, 12] {
            let mut mutant = seed.clone();
            mutant.rows[i].value += by;
            let id = &mutant.rows[i].rule_id;
            let mut here = 0;
            for f in &people {
                let (interval, life, extension) = months(&mutant, f);
                let (before, after) = (decide(f, &seed), decide(f, &mutant));
                let governed = [&interval, &life, &extension].into_iter().flatten().any(|(r, _)| r == id)
                    || [months(&seed, f).0, months(&seed, f).1].iter().flatten().any(|(r, _)| r == id);
                if !governed {
                    assert_eq!(before, after, "{id} by {by} months does not govern {f:?}");
                    continue;
                }
                let value = |x: Option<(String, i64)>| x.map_or(0, |x| x.1);
                let by_hand = dates_by_hand(f, value(interval), value(life), value(extension), mutant.due_soon_days());
                assert_eq!(after.reasons, by_hand, "{id} by {by} months, {f:?}");
                here += usize::from(before != after);
            }
            moved += here;
        }
    }
    assert!(moved > 500, "the mutations moved {moved} decisions");
}

/// The limits of the gate, mutated in the same way.
#[test]
fn a_changed_limit_moves_its_own_threshold_only() {
    let set = |id: &str, value: i64| {
        let mut r = strict();
        r.rows.iter_mut().filter(|r| r.rule_id == id).for_each(|r| r.value = value);
        r
    };
    let faced = |change: &dyn Fn(&mut Facts, &mut CylinderFacts), rules: &RuleSet| {
        decide(&changed(perfect(), |f, c| change(f, c)), rules).reasons
    };
    type Change<'a> = (&'a str, i64, Reason, &'a dyn Fn(&mut Facts, &mut CylinderFacts, i64));
    let limits: [Change<'_>; 6] = [
        ("PAR-RESIDUE-15", 400, Reason::ResidueHigh, &|_, c, v| c.present.residue_g = Some(v)),
        ("PAR-RESIDUE-50", 900, Reason::ResidueHigh, &|_, c, v| {
            (c.present.residue_g, c.present.max_fill_g) = (Some(v), Some(49_500));
        }),
        ("PAR-PRECHECK-VALID", 3, Reason::PrecheckStale, &|_, c, v| {
            c.present.precheck.iter_mut().for_each(|p| p.minutes = v * 60);
        }),
        ("PAR-SNAPSHOT", 5, Reason::SnapshotStale, &|f, _, v| f.gun.papers.snapshot_minutes = Some(v * 60)),
        // Days before the end: more of them warn, so that the threshold is looked at from the other side.
        ("PAR-CERT-SOON", 9, Reason::OperatorCertExpiring, &|f, _, v| {
            f.gun.papers.certificate_until = f.as_of.checked_add_signed(chrono::TimeDelta::days(19 - v));
        }),
        ("PAR-DUE-SOON", 9, Reason::DueSoon, &|f, c, v| {
            c.dates.next_printed =
                f.as_of.checked_add_signed(chrono::TimeDelta::days(19 - v)).and_then(PartialDate::day);
        }),
    ];
    for (id, limit, reason, change) in limits {
        let mutant = set(id, limit);
        for v in 0..=limit + 3 {
            let beyond = if matches!(reason, Reason::OperatorCertExpiring | Reason::DueSoon) {
                19 - v <= limit
            } else {
                v > limit
            };
            let reasons = faced(&|f, c| change(f, c, v), &mutant);
            assert_eq!(reasons, if beyond { vec![reason] } else { vec![] }, "{id} = {limit}, value {v}");
        }
    }
}

proptest! {
    #[test]
    fn adding_a_fault_never_lightens_the_decision(
        faults in proptest::collection::vec(0..FAULTS, 0..6),
        more in 0..FAULTS,
        strictly in any::<bool>(),
    ) {
        let rules = if strictly { strict() } else { RuleSet::seed() };
        let mut f = perfect();
        faults.iter().for_each(|x| lay(&mut f, *x));
        let before = decide(&f, &rules);
        lay(&mut f, more);
        let after = decide(&f, &rules);
        prop_assert!(after.decision >= before.decision);
        prop_assert!(after.decision == Decision::Allow || !after.reasons.is_empty());
        // What was overridden never decides, and overriding never adds a reason.
        let lifted = decide(&Facts { overrides: Reason::ALL.to_vec(), ..f.clone() }, &rules);
        prop_assert!(lifted.decision <= after.decision);
        let mut all = [lifted.reasons.as_slice(), lifted.overridden.as_slice()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, after.reasons);
    }

    #[test]
    fn the_order_of_faults_and_of_rows_does_not_matter(
        mut faults in proptest::collection::vec(0..FAULTS, 0..8),
        turn in 0usize..50,
    ) {
        // One fault takes the check away that three others change: which of them is laid first matters to the facts.
        faults.retain(|f| *f != 20);
        let mut a = perfect();
        faults.iter().for_each(|x| lay(&mut a, *x));
        faults.reverse();
        let mut b = perfect();
        faults.iter().for_each(|x| lay(&mut b, *x));
        let mut turned = strict();
        turned.rows.rotate_left(turn % strict().rows.len());
        prop_assert_eq!(decide(&a, &strict()), decide(&b, &turned));
    }

    #[test]
    fn every_decision_replays_to_itself(
        faults in proptest::collection::vec(0..FAULTS, 0..8),
        off in proptest::collection::vec(any::<bool>(), 80),
    ) {
        let mut rules = strict();
        rules.rows.iter_mut().zip(off).for_each(|(r, off)| r.enabled = !off);
        let mut f = perfect();
        faults.iter().for_each(|x| lay(&mut f, *x));
        let verdict = decide(&f, &rules);
        let text = serde_json::to_string(&rules).unwrap();
        let (facts, again): (Facts, RuleSet) =
            (serde_json::from_str(&f.canonical()).unwrap(), RuleSet::load(&text).unwrap());
        prop_assert_eq!(facts.hash(), f.hash());
        prop_assert_eq!(decide(&facts, &again), verdict);
    }
}
