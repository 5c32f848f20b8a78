//! The invented city is plausible, legal and the same for the same seed.

use super::{
    city::{Base, CYLINDERS, Plan, STATIONS},
    history::History,
};
use domain::{
    clock,
    event::{Content, Entry, EventKind, Source},
    ledger::{self, Custody, FileState, Now, Told, flag},
    outcome::Anomaly,
    rules::RuleSet,
};
use std::collections::{HashMap, HashSet};

fn now_ms() -> i64 {
    clock::parse_instant("2026-11-21T17:30:00+08:00").unwrap()
}

fn plan(cylinders: usize) -> Plan {
    Plan::new(7, cylinders, STATIONS, now_ms(), Base { org: 11, site: 21, device: 31 })
}

/// Whether a point lies in a GeoJSON geometry, by crossings of a ray.
fn inside(geometry: &serde_json::Value, lng: f64, lat: f64) -> bool {
    let mut odd = false;
    for ring in geometry["coordinates"].as_array().unwrap().iter().flat_map(|p| p.as_array().unwrap()) {
        let ring: Vec<(f64, f64)> =
            ring.as_array().unwrap().iter().map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap())).collect();
        for i in 0..ring.len() {
            let ((x1, y1), (x2, y2)) = (ring[i], ring[(i + 1) % ring.len()]);
            if (y1 > lat) != (y2 > lat) && lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1 {
                odd = !odd;
            }
        }
    }
    odd
}

#[test]
fn every_station_stands_in_its_district() {
    let map = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../public/map/districts.geojson")).unwrap();
    let map: serde_json::Value = serde_json::from_slice(&map).unwrap();
    let sites = Plan::new(7, 0, 200, now_ms(), Base::default()).sites;
    let mut districts = HashSet::new();
    for s in &sites {
        let code = format!("156{}", s.division);
        let f = map["features"].as_array().unwrap().iter().find(|f| f["properties"]["gb"] == code.as_str()).unwrap();
        assert!(inside(&f["geometry"], s.lng, s.lat), "{s:?}");
        districts.insert(s.division);
    }
    assert_eq!(districts.len(), 12);
    let names: HashSet<&str> = sites.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names.len(), sites.len());
}

#[test]
fn organisations_and_devices() {
    let p = plan(CYLINDERS);
    assert_eq!((p.orgs.len(), p.sites.len(), p.files.len()), (30, 40, 20_000));
    let today = clock::local_date(p.now_ms);
    assert_eq!(p.orgs.iter().filter(|o| o.licence_until < today).count(), 2);
    assert_eq!((p.orgs[0].id, p.sites[0].id, p.devices[0].id), (11, 21, 31));
    let codes: HashSet<&str> = p.orgs.iter().map(|o| o.uscc.as_str()).collect();
    assert_eq!(codes.len(), 30);
    assert!(codes.iter().all(|c| c.len() == 18), "{codes:?}");
    for s in &p.sites {
        assert!(p.org(s.org).is_some());
        let kinds: Vec<&str> =
            p.devices.iter().filter(|d| d.site == s.id && d.kind != "importer").map(|d| d.kind).collect();
        assert!(
            matches!(kinds.as_slice(), ["gun", "gun", "handheld"] | ["gun", "gun", "gun", "handheld"]),
            "{kinds:?}"
        );
    }
    assert_eq!(p.devices.iter().filter(|d| d.kind == "importer").count(), 1);
    assert_eq!(p.sites.iter().filter(|s| s.medium == "O2").count(), 2);
    let tiny = Plan::new(1, 3, 1, now_ms(), Base::default());
    assert_eq!((tiny.orgs.len(), tiny.files.len(), tiny.history(30).len() > 3), (1, 3, true));
}

#[test]
fn check_characters_are_those_of_the_standards() {
    let uscc = super::city::uscc;
    let code = uscc(410_105, 410_001);
    assert!(code.starts_with("91410105DM410001"));
    // Real codes, whose last character the same function must find.
    for real in
        ["91110000802100433B", "91440300708461136T", "91330100799655058B", "914403001922038216", "91350100M000100Y43"]
    {
        assert_eq!(super::city::uscc_check(&real[..17]).to_string(), real[17..]);
        assert_eq!(super::city::org_check(&real[8..16]).to_string(), real[16..17]);
    }
}

#[test]
fn cylinders_are_in_the_shares_asked_for() {
    let (p, rules) = (plan(CYLINDERS), RuleSet::seed());
    let today = clock::local_date(p.now_ms);
    let mut n: HashMap<String, usize> = HashMap::new();
    for f in &p.files {
        let state = f.dates.derive(&rules, today).inspection(today, rules.due_soon_days());
        let word = if f.state == FileState::Scrapped { "Scrapped".into() } else { format!("{state:?}") };
        *n.entry(word).or_default() += 1;
        assert!(f.dates.made.unwrap().first_day() <= today);
        assert!(f.dates.inspected.is_none_or(|d| d.first_day() <= today), "{f:?}");
        assert!(f.tag.len() == 11 && domain::codes::tag(&f.tag).as_ref() == Ok(&f.tag));
    }
    let share = |word: &str| n.get(word).copied().unwrap_or(0) as f64 / p.files.len() as f64;
    for (word, want) in [
        ("Valid", 0.905),
        ("DueSoon", 0.04),
        ("Overdue", 0.03),
        ("AwaitsAssessment", 0.015),
        ("PastLife", 0.005),
        ("Scrapped", 0.005),
    ] {
        assert!((share(word) - want).abs() < 0.15 * want + 0.001, "{word}: {} of {n:?}", share(word));
    }
    let unique = |of: fn(&ledger::File) -> &str| p.files.iter().map(of).collect::<HashSet<_>>().len();
    assert_eq!((unique(|f| &f.tag), unique(|f| &f.stamp_no)), (20_000, 20_000));
}

fn tell(now: &mut HashMap<String, Now>, no: i64, e: &Entry, file: &ledger::File, rules: &RuleSet, p: &Plan) {
    let content = Content::stored(e.kind, e.body.as_deref());
    assert!(content.is_some() || e.body.is_none() || e.kind == EventKind::Register, "{:?} {:?}", e.kind, e.body);
    let told = Told { no, entry: e, content: content.as_ref(), anomalies: &[], owner: None };
    ledger::fold(&mut file.clone(), now.get_mut(&e.tag).unwrap(), &told, rules, clock::local_day(p.now_ms));
}

/// Folds a history as the ingest does.
fn fold(p: &Plan, history: History<'_>) -> (HashMap<String, Now>, HashMap<Anomaly, usize>, Vec<usize>) {
    let (rules, today) = (RuleSet::seed(), clock::local_date(p.now_ms));
    let files: HashMap<&str, &ledger::File> = p.files.iter().map(|f| (f.tag.as_str(), f)).collect();
    let (mut now, mut bad, mut hours) = (HashMap::<String, Now>::new(), HashMap::new(), vec![0; 24]);
    let mut seqs = HashMap::<i64, i64>::new();
    let mut last = i64::MIN;
    for (no, e) in (1..).zip(history) {
        assert!(e.occurred_at >= last && e.occurred_at <= p.now_ms);
        last = e.occurred_at;
        let seq = seqs.entry(e.device).or_default();
        *seq += 1;
        assert_eq!((e.seq, e.epoch, e.source, e.hash.len()), (*seq, 1, Source::Demo, 64));
        let file = files[e.tag.as_str()];
        let Some(device) = p.devices.iter().find(|d| d.id == e.device) else {
            let office = [p.agency, p.officer].into_iter().find(|o| o.device == e.device).unwrap();
            assert_eq!((office.site, e.source), (e.site, Source::Demo));
            tell(&mut now, no, &e, file, &rules, p);
            continue;
        };
        if e.kind == EventKind::Register {
            assert_eq!(device.kind, "importer");
            assert_eq!(&serde_json::from_str::<ledger::File>(e.body.as_deref().unwrap()).unwrap(), file);
            now.insert(e.tag.clone(), Now::registered(file, file.dates.derive(&rules, today)));
        } else {
            assert_eq!(
                (device.site, device.kind),
                (e.site, if e.kind == EventKind::FillEnd { "gun" } else { "handheld" })
            );
        }
        let anomalies =
            if e.kind == EventKind::FillEnd { ledger::fill_anomalies(&e, Some(file), None, &rules) } else { vec![] };
        if e.kind == EventKind::FillEnd {
            assert!(e.weights.unwrap().net_g > 0 && device.medium == e.medium);
            hours[(clock::local_minute(e.occurred_at) / 60) as usize] += 1;
        }
        anomalies.iter().for_each(|a| *bad.entry(*a).or_insert(0) += 1);
        tell(&mut now, no, &e, file, &rules, p);
    }
    (now, bad, hours)
}

#[test]
fn a_month_is_legal_and_lifelike() {
    let p = plan(CYLINDERS);
    let history = p.history(30);
    let (total, custody) = (history.len(), history.custody().to_vec());
    assert!((230_000..320_000).contains(&total), "{total}");
    let (now, bad, hours) = fold(&p, history);
    assert_eq!(now.len(), p.files.len());
    for (f, c) in p.files.iter().zip(&custody) {
        let n = &now[&f.tag];
        assert_eq!((n.flags & flag::CHAIN_GAP, n.custody), (0, *c), "{}", f.tag);
    }
    // Every place but the passing one at the gun, and every file state, has its members.
    let places: HashSet<Custody> = now.values().map(|n| n.custody).collect();
    for c in Custody::ALL.iter().filter(|c| **c != Custody::Filling) {
        assert!(places.contains(c), "nothing is {c:?}");
    }
    let files: HashSet<FileState> = now.values().map(|n| n.file).collect();
    assert_eq!(files.len(), FileState::ALL.len(), "{files:?}");
    assert!(now.values().any(|n| n.flags & flag::SEALED != 0) && now.values().any(|n| n.flags & flag::RECALLED != 0));
    let in_stock = |c: &Custody| {
        matches!(c, Custody::EmptyInStock | Custody::ReadyToFill | Custody::AwaitsPostcheck | Custody::FullInStock)
    };
    let stock = custody.iter().filter(|c| in_stock(c)).count();
    assert!((6_000..8_000).contains(&stock), "{stock} in stock");
    let fills: usize = hours.iter().sum();
    assert!((28_000..40_000).contains(&fills), "{fills}");
    assert!(hours[10] > 10 * hours[2], "people sleep: {hours:?}");
    let over = bad[&Anomaly::Overfill] as f64 / fills as f64;
    assert!((0.001..0.006).contains(&over) && bad[&Anomaly::Underfill] > bad[&Anomaly::Overfill], "{bad:?}");
    let keys = p.keys(&RuleSet::seed(), &custody, |k| domain::sign::device_secret(b"test", k));
    let fillable = keys.cylinders.iter().filter(|c| c.fillable).count();
    assert!((17_000..19_200).contains(&fillable), "{fillable}");
    assert_eq!(keys.devices.len(), p.devices.len() - 1);
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let (a, b) = (plan(300), plan(300));
    assert_eq!(a, b);
    let all = |p: &Plan| p.history(30).collect::<Vec<Entry>>();
    assert_eq!(all(&a), all(&b));
    assert_eq!(a.history(30).len(), all(&a).len());
    let other = Plan::new(8, 300, STATIONS, now_ms(), Base { org: 11, site: 21, device: 31 });
    assert_ne!(other.files, a.files);
}
