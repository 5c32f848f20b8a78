use super::*;
use crate::{form::Values, permission::Role, rules::RuleSet};
use proptest::prelude::*;

const ORG: Scope = Scope::Org(3);
const OTHER: Scope = Scope::Org(4);
const DISTRICT: Scope = Scope::District(410_105);
const ELSEWHERE: Scope = Scope::District(410_102);

fn held(kind: Kind, holder: Scope, account: i64, level: i16) -> Held {
    Held { kind, holder, division: 410_105, account, level }
}

fn may(role: Role) -> Permissions {
    Permissions::of(&[role])
}

#[test]
fn a_task_is_for_who_can_do_it_and_for_whom_it_was_told_upward() {
    let (admin, district, city) = (may(Role::EnterpriseAdmin), may(Role::DistrictRegulator), may(Role::CityRegulator));
    let h = held(Kind::Hazard, ORG, 0, 0);
    assert!(h.is_for(7, ORG, admin) && !h.is_for(7, OTHER, admin) && !h.is_for(7, ORG, may(Role::Deliverer)));
    assert!(!h.is_for(8, DISTRICT, district) && h.is_seen_by(DISTRICT, district) && !h.is_seen_by(ELSEWHERE, district));
    // Handed to somebody it is nobody else's there.
    let handed = held(Kind::Hazard, ORG, 9, 0);
    assert!(handed.is_for(9, ORG, admin) && !handed.is_for(7, ORG, admin) && handed.is_seen_by(ORG, admin));
    // Late it is told to the district, then to the city; both keep it.
    let late = held(Kind::Hazard, ORG, 9, 1);
    assert!(
        late.is_for(8, DISTRICT, district)
            && !late.is_for(8, Scope::City, city)
            && !late.is_for(8, ELSEWHERE, district)
    );
    let later = held(Kind::Hazard, ORG, 0, 2);
    assert!(later.is_for(8, DISTRICT, district) && later.is_for(8, Scope::City, city) && later.is_for(7, ORG, admin));
    assert_eq!(
        [h, held(Kind::Case, DISTRICT, 0, 0), held(Kind::Draft, Scope::City, 0, 0)].map(Held::top_level),
        [2, 1, 0]
    );
    let nowhere = Held { division: 0, ..h };
    assert_eq!((nowhere.top_level(), nowhere.superior(1), h.superior(3)), (1, Some(Scope::City), None));
}

#[test]
fn an_enterprise_closes_nothing_and_sees_nothing_of_the_authority() {
    let (admin, district) = (may(Role::EnterpriseAdmin), may(Role::DistrictRegulator));
    let own = held(Kind::Hazard, ORG, 0, 0);
    assert!(!own.may_close(ORG, admin) && own.may_hand(ORG, admin) && !own.may_hand(DISTRICT, district));
    assert!(own.may_close(DISTRICT, district) && !own.may_close(ELSEWHERE, district));
    let theirs = held(Kind::Recheck, DISTRICT, 0, 0);
    assert!(!theirs.is_seen_by(ORG, admin) && theirs.is_for(8, DISTRICT, district));
    for k in Kind::ALL {
        for r in Role::ALL.iter().filter(|r| r.is_administrator()) {
            assert!(!held(*k, Scope::City, 0, 0).is_seen_by(Scope::City, may(*r)), "{k:?} {r:?}");
        }
        let doers = |scope| Role::ALL.iter().any(|r| r.fits(scope) && may(*r).has(k.done_by(scope)));
        assert!(doers(ORG) || doers(DISTRICT) || doers(Scope::City), "{k:?}: nobody can do it");
    }
}

#[test]
fn it_is_told_upward_a_step_every_so_many_days() {
    for (late, every, top, want) in [
        (0, 3, 2, 0),
        (2, 3, 2, 0),
        (3, 3, 2, 1),
        (5, 3, 2, 1),
        (6, 3, 2, 2),
        (600, 3, 2, 2),
        (600, 3, 1, 1),
        (600, 0, 2, 0),
        (600, -1, 2, 0),
        (i64::MAX, 1, 2, 2),
        (-5, 3, 2, 0),
        (9, 3, 0, 0),
    ] {
        assert_eq!(level(late, every, top), want, "{late} {every} {top}");
    }
}

#[test]
fn a_digest_tells_what_is_due_and_late_and_nothing_else() {
    let today = clock::day_of("2026-11-21".parse().unwrap());
    assert_eq!(digest(&[], today), None);
    assert_eq!(digest(&[(Kind::Licence, "甲站", today + 1)], today), None);
    let (title, body) = digest(&[(Kind::Hazard, "隐患 7", today), (Kind::Licence, "甲站", today - 2)], today).unwrap();
    assert_eq!(title, "今日待办 2 项,其中逾期 1 项");
    assert_eq!(body, "充装许可到期:甲站(逾期 2 天,期限 2026-11-19)\n隐患限期整改:隐患 7(今日到期,期限 2026-11-21)");
    let many: Vec<(Kind, &str, i32)> = (0..25).map(|_| (Kind::Hazard, "x", today)).collect();
    assert!(digest(&many, today).unwrap().1.ends_with("另有 5 项,请在“待办”中查看"));
}

#[test]
fn terms_are_rows_that_a_regulator_edits() {
    let mut rules = RuleSet::seed();
    let usual = Terms::of(&rules);
    assert_eq!((usual.licence, usual.case, usual.wait, usual.escalate, usual.digest), (60, 2, 5, 3, Some(8)));
    assert_eq!(Terms { certificate: 0, inspection: 0, ..usual }, Terms::of(&RuleSet { version: 1, rows: vec![] }));
    for r in rules.rows.iter_mut().filter(|r| r.rule_id.starts_with("PAR-TASK-")) {
        r.value = 24;
    }
    let edited = Terms::of(&rules);
    assert_eq!((edited.licence, edited.escalate, edited.digest), (24, 24, None));
    for f in FILTERS {
        assert!(!crate::list::RESERVED.contains(&f), "{f}");
    }
}

#[test]
fn an_act_gives_what_it_needs() {
    let of = |pairs: &[(&str, &str)]| {
        let v = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        act(&v).map_err(|f| f.into_iter().map(|f| f.field).collect::<Vec<_>>())
    };
    assert_eq!(of(&[("act", "hand")]), Err(vec!["to".into()]));
    assert_eq!(of(&[("act", "hand"), ("to", "0")]).map(|a| a.to), Ok(0));
    assert_eq!(of(&[("act", "hand"), ("to", "-3")]), Err(vec!["to".into()]));
    assert_eq!(of(&[("act", "close")]), Err(vec!["note".into()]));
    assert_eq!(of(&[("act", "close"), ("note", "a\0b")]), Err(vec!["note".into()]));
    for no in ["open", "done", "escalate", "x", ""] {
        assert_eq!(of(&[("act", no), ("note", "x")]), Err(vec!["act".into()]), "{no}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(name in 0..4usize, value in ".{0,300}", due in any::<i32>(), today in any::<i32>()) {
        let mut v = Values::from([("act".to_owned(), "hand".to_owned())]);
        v.insert(ACT_FIELDS[name].to_owned(), value.clone());
        let _read = act(&v);
        let _told = digest(&[(Kind::Case, &value, due)], today);
    }
}
