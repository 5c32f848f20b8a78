use super::*;
use crate::{clock, form::Values};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::collections::BTreeSet;

const DAY: i32 = 20_000;

fn scheme() -> Scheme {
    Scheme::of(&RuleSet::seed())
}

fn one(item: &str, day: i32, count: i64) -> Group {
    Group { item: item.into(), day, closed: None, kept: 100, count, whole: 1, standing: false }
}

fn today() -> NaiveDate {
    "2026-11-21".parse().unwrap()
}

fn values(of: &[(&str, &str)]) -> Values {
    of.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn what_happened_weighs_half_after_its_half_life() {
    assert_eq!([0, 365, 730, 1_095].map(|age| weight(age, 365)), [1_000_000, 500_000, 250_000, 125_000]);
    // 2^(-1/2) is 0.7071067…
    assert_eq!(weight(182, 364), 707_106);
    let all: Vec<u32> = (0..4_000).map(|age| weight(age, 365)).collect();
    assert!(all.windows(2).all(|w| w[0] >= w[1]), "it only fades");
    for (age, w) in all.iter().enumerate() {
        let exact = 1e6 * 0.5_f64.powf(f64::from(u32::try_from(age).unwrap()) / 365.0);
        assert!((f64::from(*w) - exact).abs() < 3.0, "{age}: {w} {exact}");
    }
    assert_eq!((weight(-5, 365), weight(i32::MAX, 1), weight(1, 0)), (1_000_000, 0, 500_000));
}

#[test]
fn a_hundred_points_over_six_dimensions_and_four_grades() {
    let s = scheme();
    let clean = s.rate(&[], DAY);
    assert_eq!((clean.score, clean.grade, clean.dimensions.len()), (100_000, Grade::A, 6));
    assert_eq!(clean.dimensions.iter().map(|d| d.of).sum::<i64>(), 100_000);
    // Overfills: a point each, twelve at most.
    let rated = s.rate(&[one("CRD-OVERFILL", DAY, 7)], DAY);
    assert_eq!((rated.score, rated.grade), (93_000, Grade::A));
    let rated = s.rate(&[one("CRD-OVERFILL", DAY, 700)], DAY);
    assert_eq!(
        (rated.score, rated.grade, rated.items[0].raw, rated.items[0].taken),
        (88_000, Grade::B, 700_000, 12_000)
    );
    // A dimension takes no more than it has.
    let many = ["CRD-OVERFILL", "CRD-FILLED_THOUGH_BLOCKED", "CRD-ILLEGAL_TAG_FILL"].map(|i| one(i, DAY, 99));
    assert_eq!(s.rate(&many, DAY).score, 75_000);
    // Tomorrow's is not there yet; what no rule knows costs nothing.
    assert_eq!(s.rate(&[one("CRD-OVERFILL", DAY + 1, 7), one("CRD-NONE", DAY, 7)], DAY), clean);
    // After its time nothing is left.
    let g = one("CRD-OVERFILL", DAY, 7);
    let ends = s.fades_on(&g).unwrap();
    assert!(s.rate(std::slice::from_ref(&g), ends - 1).score < 100_000);
    assert_eq!(s.rate(&[g], ends).score, 100_000);
    // A false alarm counts for nothing, half of it by half.
    assert_eq!(s.rate(&[Group { kept: 0, ..one("CRD-OVERFILL", DAY, 7) }], DAY).score, 100_000);
    assert_eq!(s.rate(&[Group { kept: 50, ..one("CRD-OVERFILL", DAY, 7) }], DAY).score, 96_500);
    // A share.
    let stock = Group { whole: 40, standing: true, ..one("CRD-OVERDUE-STOCK", DAY, 4) };
    assert_eq!([DAY, DAY + 900].map(|d| s.rate(std::slice::from_ref(&stock), d).score), [97_500, 97_500]);
}

#[test]
fn closing_gives_back_what_the_rule_says_from_its_day_on() {
    let s = scheme();
    let closed = Group { closed: Some(DAY + 1), ..one("CRD-OVERFILL", DAY, 8) };
    assert_eq!(s.rate(std::slice::from_ref(&closed), DAY).score, 92_000);
    let after = s.rate(std::slice::from_ref(&closed), DAY + 1);
    assert!((95_900..96_100).contains(&after.score), "{}", after.score);
}

#[test]
fn one_veto_is_enough_until_its_time_is_over() {
    let s = scheme();
    let g = one("CRD-FALSIFIED", DAY, 1);
    let rated = s.rate(std::slice::from_ref(&g), DAY);
    assert!(rated.veto && rated.grade == Grade::D && rated.score == 85_000);
    let after = s.rate(std::slice::from_ref(&g), DAY + 365);
    assert!(!after.veto && after.grade == Grade::A && after.score == 92_500);
    assert!(!s.rate(&[Group { kept: 0, ..g }], DAY).veto);
}

#[test]
fn a_trend_is_told_from_the_same_facts() {
    let s = scheme();
    let told = |groups: &[Group]| s.trend(groups, &s.rate(groups, DAY));
    assert_eq!(told(&[]), (Trend::Steady, 0));
    assert_eq!(told(&[one("CRD-OVERFILL", DAY - 3, 5)]).0, Trend::Down);
    assert_eq!(told(&[Group { closed: Some(DAY - 2), ..one("CRD-OVERFILL", DAY - 90, 8) }]).0, Trend::Up);
    assert_eq!(told(&[one("CRD-OVERFILL", DAY - 90, 1)]).0, Trend::Steady);
}

fn candidates(groups: &[Group]) -> Vec<Candidate<usize>> {
    groups.iter().enumerate().map(|(which, g)| Candidate { which, group: g.clone() }).collect()
}

#[test]
fn what_if_names_the_fewest() {
    let s = scheme();
    // B at 88; grave hazards are worth most.
    let mut all =
        vec![one("CRD-HAZARD-GRAVE", DAY, 1), one("CRD-HAZARD-GRAVE", DAY, 1), one("CRD-HAZARD-GRAVE", DAY, 1)];
    all.extend((0..3).map(|_| one("CRD-OVERFILL", DAY, 1)));
    let what = s.what_if(&all, &candidates(&all), DAY).unwrap();
    assert_eq!((what.grade, what.close.len(), what.score), (Grade::A, 1, 90_100));
    assert!(what.close[0] < 3 && what.alone.is_some_and(|d| d > DAY));
    // What is known to come far ahead does not hide the day, what comes before it does.
    for (ahead, told) in [(3_000, true), (1, false)] {
        let mut more = all.clone();
        more.push(one("CRD-LICENCE-LAPSED", DAY + ahead, 1));
        let alone = s.what_if(&more, &candidates(&all), DAY).unwrap().alone;
        assert_eq!(alone.is_some(), told, "{ahead}");
    }
    // Above its cap a closing gives nothing at first.
    let all: Vec<Group> =
        (0..20).map(|_| one("CRD-HAZARD-GRAVE", DAY, 1)).chain([one("CRD-ENTRY-FINE", DAY, 1)]).collect();
    let what = s.what_if(&all, &candidates(&all), DAY).unwrap();
    assert_eq!(what.grade, Grade::A, "{what:?}");
    assert!(s.what_if::<usize>(&[], &[], DAY).is_none(), "the best has no better");
    // What forces D and cannot be put right leaves nothing to close.
    let veto = [one("CRD-ENTRY-BANNED", DAY, 1)];
    let what = s.what_if(&veto, &candidates(&veto), DAY).unwrap();
    assert_eq!((what.close.len(), what.alone), (0, Some(DAY + 365)));
}

#[test]
fn shipped_rows_are_sound_and_effects_are_shown() {
    let rules = RuleSet::seed();
    assert_eq!(rules.check(), Ok(()));
    let ids: BTreeSet<String> = rows().into_iter().map(|r| r.rule_id).collect();
    assert_eq!(ids.len(), rows().len());
    for k in crate::outcome::AlertKind::ALL.iter().filter(|k| k.is_to_be_noted()) {
        assert!(ids.contains(&alert_item(k.code())), "{k:?} costs something");
    }
    for r in rows() {
        assert!(!r.confirmed && r.rule_id.starts_with(ITEM));
        assert!(r.credit.is_none() || !item_text(&rules, &r.rule_id).1.is_empty());
    }
    for g in Grade::ALL {
        assert!(!effects(&rules, *g).is_empty(), "{g:?}");
        assert_eq!(Grade::from_number(g.number()), Some(*g));
    }
    for o in Origin::ALL {
        assert_eq!(Origin::from_number(o.number()), Some(*o));
    }
    assert_eq!(item_text(&rules, "CRD-ENTRY-NEW").0, "CRD-ENTRY-NEW");
    assert_eq!([0, 2_500, 10_000, -50, 1].map(points), ["0", "2.5", "10", "-0.05", "0.001"]);
    for (i, f) in FILTERS.iter().enumerate() {
        assert!(!crate::list::RESERVED.contains(f) && !FILTERS[..i].contains(f), "{f}");
    }
}

#[test]
fn an_appeal_goes_its_way_and_is_reviewed_once() {
    use {Act as A, State as S};
    let run = |acts: &[Act]| {
        acts.iter()
            .try_fold((S::Filed, false), |(s, reviewed), a| Some((s.next(*a, reviewed)?, reviewed || *a == A::Review)))
    };
    assert_eq!(run(&[A::Ask, A::Supplement, A::Grant]), Some((S::Granted, false)));
    assert_eq!(run(&[A::Reject, A::Review, A::Confirm]), Some((S::Confirmed, true)));
    assert_eq!(run(&[A::Reduce, A::Review, A::Reduce]), Some((S::Reduced, true)));
    for wrong in [
        &[A::File][..],
        &[A::Grant, A::Review],
        &[A::Reject, A::Review, A::Reject],
        &[A::Reduce, A::Review, A::Reduce, A::Review],
        &[A::Withdraw, A::Grant],
        &[A::Ask, A::Grant],
        &[A::Confirm],
    ] {
        assert_eq!(run(wrong), None, "{wrong:?}");
    }
    assert_eq!(S::Filed.acts(false, true).collect::<Vec<_>>(), [A::Withdraw]);
    assert_eq!(S::Filed.acts(false, false).collect::<Vec<_>>(), [A::Ask, A::Grant, A::Reduce, A::Reject]);
    for s in [S::Granted, S::Confirmed, S::Withdrawn] {
        assert_eq!(s.acts(true, true).chain(s.acts(true, false)).count(), 0);
    }
}

#[test]
fn forms_name_each_fault_at_its_field() {
    let long = "长".repeat(NOTE_MAX + 1);
    let entry = [
        ("org", "3"),
        ("item", "CRD-ENTRY-FINE"),
        ("day", "2026-11-20"),
        ("document", "郑市监罚〔2026〕1号"),
        ("note", "罚款"),
    ];
    assert_eq!(read_entry(&values(&entry), today()).unwrap().org, 3);
    for (field, value) in [
        ("org", "x"),
        ("item", ""),
        ("item", "CRD-OVERFILL"),
        ("item", "CRD-ENTRY-\u{7f}"),
        ("day", ""),
        ("day", "2026-11-22"),
        ("day", "2001-01-01"),
        ("day", "2026-13-01"),
        ("document", ""),
        ("note", long.as_str()),
        ("note", "a\u{0}b"),
    ] {
        let mut v = values(&entry);
        v.insert(field.into(), value.into());
        let faults = read_entry(&v, today()).unwrap_err();
        assert!(faults.iter().all(|f| f.field == field && !f.zh.is_empty() && !f.en.is_empty()), "{field}={value}");
    }
    let filed = [("point", "alert.7.CRD-OVERFILL"), ("grounds", "秤已检定"), ("evidence", "检定证书 JD-2026-77")];
    assert_eq!(read_appeal(&values(&filed)).unwrap().point.to_string(), "alert.7.CRD-OVERFILL");
    for (field, value) in
        [("point", "7"), ("point", "alert.-1.X"), ("point", "alert.+1.X"), ("grounds", ""), ("evidence", &long)]
    {
        let mut v = values(&filed);
        v.insert(field.into(), value.into());
        assert_eq!(read_appeal(&v).unwrap_err()[0].field, field, "{value}");
    }
    let act = [("act", "reduce"), ("note", "部分属实"), ("share", "40"), ("seen", "1")];
    assert_eq!(read_act(&values(&act)).unwrap().share, Some(40));
    for (field, value) in
        [("act", "file"), ("act", "x"), ("note", ""), ("share", "0"), ("share", "100"), ("share", ""), ("seen", "-1")]
    {
        let mut v = values(&act);
        v.insert(field.into(), value.into());
        let named: Vec<String> = read_act(&v).unwrap_err().into_iter().map(|f| f.field).collect();
        assert_eq!(named, [field], "{value}");
    }
}

#[test]
fn what_is_looked_up_is_a_name_or_letters() {
    for (text, look) in [
        ("北郊", Some(Look::Name("北郊".into()))),
        (" BJ qz ", Some(Look::Letters("bjqz".into()))),
        ("北%_", None),
        ("a", None),
        ("", None),
        ("%%", None),
        ("'; --", None),
    ] {
        assert_eq!(Look::read(text), look, "{text}");
    }
    assert_eq!(Look::read(&"长".repeat(41)), None);
}

fn group() -> impl Strategy<Value = Group> {
    let items: Vec<String> = rows().into_iter().filter(|r| r.credit.is_some()).map(|r| r.rule_id).collect();
    let n = items.len();
    (0..n, 0..1_200_i32, proptest::option::of(0..1_200_i32), prop_oneof![Just(100_i64), Just(0), 1..100_i64], 1..4_i64)
        .prop_map(move |(i, age, closed, kept, count)| Group {
            closed: closed.map(|c| DAY - c).filter(|c| *c >= DAY - age),
            kept,
            count,
            ..one(&items[i], DAY - age, 1)
        })
}

proptest! {
    #[test]
    fn the_order_and_the_grouping_of_facts_do_not_matter(mut all in proptest::collection::vec(group(), 0..30), turn in 0..30_usize) {
        let s = scheme();
        let told = s.rate(&all, DAY);
        let turned = turn % all.len().max(1);
        all.rotate_left(turned);
        prop_assert_eq!(&s.rate(&all, DAY), &told);
        let apart: Vec<Group> = all.iter().flat_map(|g| (0..g.count).map(|_| Group { count: 1, ..g.clone() })).collect();
        prop_assert_eq!(&s.rate(&apart, DAY), &told);
        prop_assert!((0..=100_000).contains(&told.score));
    }

    #[test]
    fn what_if_is_right_and_nothing_smaller_does(all in proptest::collection::vec(group(), 1..9)) {
        let s = scheme();
        let all: Vec<Group> = all.into_iter().map(|g| Group { closed: None, count: 1, ..g }).collect();
        let now = s.rate(&all, DAY);
        let reached = |close: &[usize]| {
            let mut g = all.clone();
            for i in close { g[*i].closed = Some(DAY); }
            s.rate(&g, DAY)
        };
        if let Some(what) = s.what_if(&all, &candidates(&all), DAY) {
            let target = now.grade.better().unwrap();
            let smallest = (0_u32..1 << all.len())
                .filter(|bits| {
                    let close: Vec<usize> = (0..all.len()).filter(|i| bits & (1 << i) != 0).collect();
                    reached(&close).grade <= target
                })
                .map(u32::count_ones).min();
            match smallest {
                None => prop_assert!(what.close.is_empty()),
                Some(n) => {
                    prop_assert_eq!(what.close.len(), n as usize, "{:?}", what);
                    prop_assert_eq!((reached(&what.close).score, reached(&what.close).grade), (what.score, what.grade));
                }
            }
        }
    }

    #[test]
    fn hostile_forms_never_panic(a in ".{0,300}", b in "\\PC{0,60}", day in "[0-9-]{0,12}") {
        let _ = read_entry(&values(&[("org", &a), ("item", &b), ("day", &day), ("document", &a), ("note", &b)]), today());
        let _ = read_appeal(&values(&[("point", &b), ("grounds", &a), ("evidence", &a)]));
        let _ = read_act(&values(&[("act", &a), ("note", &b), ("share", &day), ("seen", &day)]));
        let _ = (Look::read(&a), b.parse::<PointRef>());
    }
}

#[test]
fn days_are_local() {
    assert_eq!(clock::date_of(DAY).to_string(), "2024-10-04");
}
