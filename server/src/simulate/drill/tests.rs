//! The seed alone decides, and a city without faults is sound. The drill itself is in the server's tests.

use super::{city::City, *};
use domain::event::EventKind;

fn options(fills: u64) -> Options {
    Options { fills, stations: 7, cylinders: 2_400, seed: 5, faults: Faults::every() }
}

fn city(o: &Options) -> City {
    let begin = time::parse_instant(BEGIN).unwrap();
    let mut plan = plan::Plan::new(o.seed, o.cylinders, o.stations, begin, plan::Base::default());
    plan.files.iter_mut().step_by(40).for_each(|f| f.state = FileState::Scrapped);
    let keys = plan.keys(&RuleSet::seed(), &[], |k| sign::device_secret(b"master", k));
    City::new(&plan, &keys, o.seed, o.faults.clone(), o.fills)
}

#[test]
fn the_seed_alone_decides() {
    let told = |seed| {
        let mut c = city(&Options { seed, ..options(800) });
        let mut all = vec![];
        while let Some(t) = c.step() {
            all.push(format!("{t:?}"));
        }
        (all, c.injected)
    };
    let first = told(5);
    assert_eq!(told(5), first);
    assert_ne!(told(6).0, first.0);
}

#[test]
fn a_city_without_faults_is_sound() {
    let mut c = city(&Options { faults: Faults::none(), ..options(1_500) });
    let (mut fills, mut kinds) = (0, std::collections::BTreeMap::<EventKind, u64>::new());
    while let Some(t) = c.step() {
        assert!(t.asks.iter().all(|a| a.sound && a.mark.is_none()) && t.again.is_empty());
        for (r, mark, want) in t.fills.iter().flat_map(|u| &u.records) {
            assert!(mark.is_none() && *want == "ACCEPTED" && r.net_g == r.gross_g - r.tare_g, "{r:?}");
            fills += 1;
        }
        t.custody.iter().flat_map(|u| &u.records).for_each(|(r, ..)| *kinds.entry(r.kind).or_default() += 1);
    }
    assert!(c.injected.is_empty() && fills >= 1_500, "{fills}");
    assert_eq!(kinds.values().copied().collect::<Vec<_>>(), [fills; 4], "every turn comes to its end: {kinds:?}");
}
