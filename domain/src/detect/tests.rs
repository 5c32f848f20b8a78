use super::*;
use crate::{event::Weights, ledger::Custody, life::tests::lpg, rules::RuleSet};
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
/// 08:00 in Shanghai, some day in November 2026.
const START: i64 = 1_795_132_800_000;

fn file() -> File {
    File {
        org: 1,
        site: 9,
        tag: "T".into(),
        stamp_no: "1".into(),
        serial_no: "1".into(),
        maker: String::new(),
        medium: "LPG".into(),
        dates: lpg("2023-05", "2023-05", ""),
        tare_g: Some(16_400),
        volume_ml: Some(35_500),
        wall_um: None,
        max_fill_g: Some(14_900),
        valve: String::new(),
        inspections: 0,
        doubts: vec![],
        state: FileState::Registered,
        build: crate::ledger::Build::default(),
    }
}

fn now() -> Now {
    Now::registered(&file(), file().dates.derive(&RuleSet::seed(), "2026-11-21".parse().unwrap()))
}

/// What the ledger makes of an event.
fn fold(now: &mut Now, no: i64, entry: &Entry) {
    let told = crate::ledger::Told { no, entry, content: None, anomalies: &[], owner: None };
    crate::ledger::fold(&mut file(), now, &told, &RuleSet::seed(), 20_778);
}

/// A gun with its place in time.
struct Gun {
    s: Settings,
    m: Memory,
    no: i64,
    at: i64,
    found: Vec<Finding>,
}

impl Gun {
    fn new() -> Self {
        Self { s: Settings::of(&RuleSet::seed()), m: Memory::default(), no: 0, at: START, found: vec![] }
    }

    fn entry(&mut self, kind: EventKind, weights: Option<Weights>) -> Entry {
        self.no += 1;
        self.at += 3 * MINUTE;
        Entry {
            device: 1,
            epoch: 1,
            seq: self.no,
            kind,
            tag: "T".into(),
            site: 5,
            occurred_at: self.at,
            started_at: weights.map(|_| self.at - MINUTE),
            sent_at: Some(self.at + 5_000),
            weights,
            medium: "LPG".into(),
            operator: String::new(),
            target: String::new(),
            attempt: String::new(),
            body: None,
            source: Source::Device,
            hash: String::new(),
        }
    }

    fn fill(&mut self, tare_g: i64, net_g: i64) -> Entry {
        self.entry(EventKind::FillEnd, Some(Weights { gross_g: tare_g + net_g, tare_g, net_g }))
    }

    fn see(&mut self, e: &Entry) -> usize {
        self.seen(e, &[])
    }

    fn seen(&mut self, e: &Entry, anomalies: &[Anomaly]) -> usize {
        let (file, before) = (file(), now());
        let known = Known { id: 7, file: &file, before: &before, held: true };
        let found = self.m.record(&self.s, e.seq, e, Some(known), anomalies);
        self.found.extend(found.clone());
        found.len()
    }

    fn kinds(&self) -> Vec<AlertKind> {
        self.found.iter().map(|f| f.kind).collect()
    }

    /// A fill as an honest gun makes it: contents near the target, some residue.
    fn honest(&mut self, n: i64) -> Entry {
        let residue = draw(n, 1, 45) * 10;
        let contents = 14_200 + draw(n, 2, 60) * 10;
        self.fill(16_400 + residue, contents - residue)
    }
}

/// The `n`-th number below `below` of a stream.
fn draw(n: i64, stream: i64, below: i64) -> i64 {
    let mut z = (n * 2 + stream).unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 1) as i64 % below
}

fn on(g: &mut Gun, e: &Entry, file: &File, before: &Now, held: bool) -> Vec<Finding> {
    g.m.record(&g.s, e.seq, e, Some(Known { id: 7, file, before, held }), &[])
}

#[test]
fn every_kind_of_the_table_is_an_alert_of_its_own() {
    let mut kinds = KINDS.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), KINDS.len());
    assert!(KINDS.iter().all(|k| !k.info().text.zh.is_empty() && !k.info().text.en.is_empty()));
}

#[test]
fn an_honest_gun_is_left_alone() {
    let mut g = Gun::new();
    for n in 0..3_000 {
        let e = g.honest(n);
        g.see(&e);
    }
    assert_eq!(g.kinds(), []);
}

#[test]
fn vector_25_thirty_equal_nets_in_a_row() {
    let mut g = Gun::new();
    g.s.fake = None;
    for n in 0..29 {
        let e = g.fill(16_400 + n * 10, 14_500);
        assert_eq!(g.see(&e), 0);
    }
    // 0.01 kg: what is below does not show.
    let e = g.fill(16_900, 14_505);
    assert_eq!(g.see(&e), 1);
    assert_eq!(g.kinds(), [AlertKind::RepeatedWeight]);
    assert_eq!((g.found[0].subject, &g.found[0].detail["fills"]), ((SubjectKind::Device, 1), &json!(30)));
    for n in 0..40 {
        let e = g.fill(16_400 + n * 10, 14_500);
        assert_eq!(g.see(&e), 0, "told once while it lasts");
    }
}

#[test]
fn thirty_equal_gross_weights_too() {
    let mut g = Gun::new();
    for n in 0..30 {
        let e = g.fill(16_400 + n * 10, 14_400 - n * 10);
        g.see(&e);
    }
    assert!(g.found.iter().any(|f| f.kind == AlertKind::RepeatedWeight && f.detail["weight"] == "gross"));
}

#[test]
fn fills_that_overlap_and_fills_too_many() {
    let mut g = Gun::new();
    for n in 0..4 {
        let mut e = g.honest(n);
        e.started_at = Some(START);
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::ImpossiblePace], "the third overlap");
    let mut g = Gun::new();
    for n in 0..241 {
        let mut e = g.honest(n);
        e.occurred_at = START + n * 10_000;
        e.started_at = Some(e.occurred_at - 8_000);
        e.sent_at = None;
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::ImpossiblePace]);
    assert_eq!(g.found[0].detail["rule"], "DET-PACE-HOUR");
}

#[test]
fn reordered_records_are_no_overlap_and_no_clock_that_runs_back() {
    let mut g = Gun::new();
    let mut list: Vec<Entry> = (0..400).map(|n| g.honest(n)).collect();
    list.chunks_mut(5).for_each(<[Entry]>::reverse);
    for e in &list {
        g.see(e);
    }
    assert_eq!(g.kinds(), []);
}

#[test]
fn a_gun_that_overfills_or_underfills_often() {
    for (anomaly, kind) in
        [(Anomaly::Overfill, AlertKind::OverfillingGun), (Anomaly::Underfill, AlertKind::UnderfillingGun)]
    {
        let mut g = Gun::new();
        for n in 0..200 {
            let e = g.honest(n);
            // One in fifty is bad luck; six of fifty are a gun.
            let bad = n % 50 == 0 || (n > 150 && n % 8 == 0);
            g.seen(&e, if bad { std::slice::from_ref(&anomaly) } else { &[] });
        }
        assert_eq!(g.kinds(), [kind]);
        assert_eq!((&g.found[0].detail["fills"], &g.found[0].detail["of"]), (&json!(6), &json!(50)));
    }
}

#[test]
fn a_scale_that_drifts() {
    for by in [-450, 450] {
        let mut g = Gun::new();
        for n in 0..60 {
            let mut e = g.honest(n);
            let w = e.weights.as_mut().unwrap();
            (w.tare_g, w.gross_g) = (w.tare_g + by, w.gross_g + by);
            g.see(&e);
        }
        assert_eq!(g.kinds(), [AlertKind::ScaleDrift], "{by}");
    }
    let mut g = Gun::new();
    for n in 0..200 {
        let mut e = g.honest(n);
        let w = e.weights.as_mut().unwrap();
        (w.tare_g, w.gross_g) = (w.tare_g + 50, w.gross_g + 50);
        g.see(&e);
    }
    assert_eq!(g.kinds(), [], "within the scale's tolerance");
}

#[test]
fn net_weights_that_the_scale_does_not_bear_out() {
    let mut g = Gun::new();
    for n in 0..10 {
        let mut e = g.honest(n);
        e.weights.as_mut().unwrap().net_g += 60;
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::NetMismatch], "the record, once a day");
    assert_eq!((g.found[0].subject, &g.found[0].detail["difference_g"]), ((SubjectKind::Site, 5), &json!(60)));
    let mut g = Gun::new();
    for n in 0..100 {
        let mut e = g.honest(n);
        e.weights.as_mut().unwrap().net_g += 40;
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::NetMismatch], "the day's sum, once a tonne was filled");
    assert_eq!(g.found[0].detail["rule"], "DET-NET-DAY");
    // Rounding of 10 g in both directions is nothing.
    let mut g = Gun::new();
    for n in 0..300 {
        let mut e = g.honest(n);
        e.weights.as_mut().unwrap().net_g += if n % 2 == 0 { 10 } else { -10 };
        g.see(&e);
    }
    assert_eq!(g.kinds(), []);
}

#[test]
fn weights_that_nobody_weighed() {
    // A division up or down of one figure.
    let mut g = Gun::new();
    for n in 0..40 {
        let e = g.fill(16_400 + draw(n, 2, 30) * 10, 14_500 + (draw(n, 1, 3) - 1) * 10);
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::FabricatedWeight]);
    assert_eq!(g.found[0].detail["rule"], "DET-FAKE");
    // Favourite figures, spread wide.
    let mut g = Gun::new();
    for n in 0..100 {
        let net = [14_000, 14_500, 14_200, 14_350, 14_300][draw(n, 1, 5) as usize];
        let e = g.fill(16_400 + draw(n, 2, 45) * 10, net);
        g.see(&e);
    }
    assert_eq!(g.kinds(), [AlertKind::FabricatedWeight]);
    assert_eq!(g.found[0].detail["rule"], "DET-FAKE-DIGITS");
    // A scale that shows 100 g only is coarse, not false.
    let mut g = Gun::new();
    for n in 0..500 {
        let e = g.honest(n);
        let w = e.weights.unwrap();
        let coarse = |x: i64| (x + 50) / 100 * 100;
        let (gross_g, tare_g) = (coarse(w.gross_g), coarse(w.tare_g));
        let e = Entry { weights: Some(Weights { gross_g, tare_g, net_g: gross_g - tare_g }), ..e };
        g.see(&e);
    }
    assert_eq!(g.kinds(), []);
}

#[test]
fn bottles_of_several_models_at_one_gun_are_compared_with_their_like() {
    let mut g = Gun::new();
    let small = File { max_fill_g: Some(5_000), tare_g: Some(6_800), ..file() };
    let (big, before) = (file(), now());
    let mut found = vec![];
    for n in 0..70 {
        let jitter = (draw(n, 1, 3) - 1) * 10;
        let (f, e) =
            if n % 2 == 0 { (&small, g.fill(6_850, 4_800 + jitter)) } else { (&big, g.fill(16_450, 14_500 + jitter)) };
        found.extend(on(&mut g, &e, f, &before, true));
    }
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [AlertKind::FabricatedWeight]);
}

#[test]
fn clocks() {
    let mut g = Gun::new();
    let mut e = g.honest(1);
    e.sent_at = Some(e.occurred_at - 121_000);
    assert_eq!(g.see(&e), 1);
    assert_eq!(g.found[0].detail["rule"], "DET-CLOCK");
    let mut e = g.honest(2);
    e.sent_at = Some(e.occurred_at - 121_000);
    assert_eq!(g.see(&e), 0, "once a day");
    let mut g = Gun::new();
    for n in 0..3 {
        let e = g.honest(n);
        g.see(&e);
    }
    let mut e = g.entry(EventKind::FillReject, None);
    e.occurred_at -= 6 * MINUTE;
    g.see(&e);
    assert_eq!((g.kinds(), &g.found[0].detail["rule"]), (vec![AlertKind::DeviceClock], &json!("DET-CLOCK-BACK")));
    // An hour without a network, and the burst after it: late, and in order.
    let mut g = Gun::new();
    for n in 0..40 {
        let mut e = g.honest(n);
        e.sent_at = Some(START + 10 * 3_600_000);
        g.see(&e);
    }
    assert_eq!(g.kinds(), []);
    let mut e = g.honest(1);
    e.sent_at = Some(e.occurred_at + 73 * 3_600_000);
    g.see(&e);
    assert_eq!(g.found[0].detail["rule"], "DET-CLOCK-OLD");
    // A gun that lost its memory may have lost its clock too: nothing compares the two epochs.
    let mut g = Gun::new();
    let e = g.honest(1);
    g.see(&e);
    let e = Entry { epoch: 2, seq: 1, occurred_at: e.occurred_at - 10 * MINUTE, ..g.honest(2) };
    g.see(&e);
    assert_eq!(g.kinds(), []);
}

#[test]
fn breaks_of_a_chain_name_both_records() {
    let cases = [
        (EventKind::FillEnd, Custody::InUse, Some("FILL_WITHOUT_RETURN")),
        (EventKind::FillEnd, Custody::AwaitsPostcheck, Some("FILL_WITHOUT_RETURN")),
        (EventKind::Deliver, Custody::InUse, Some("DELIVERED_TWICE")),
        (EventKind::Deliver, Custody::EmptyInStock, Some("DELIVERED_UNSHIPPED")),
        (EventKind::Ship, Custody::EmptyInStock, Some("SHIPPED_UNFILLED")),
        (EventKind::Arrive, Custody::EmptyInStock, Some("ARRIVED_UNSHIPPED")),
        (EventKind::Collect, Custody::EmptyInStock, Some("COLLECTED_UNDELIVERED")),
        (EventKind::ReceiveEmpty, Custody::InTransit, Some("RETURNED_UNDELIVERED")),
        (EventKind::ReceiveEmpty, Custody::Returning, None),
        (EventKind::FillEnd, Custody::EmptyInStock, None),
    ];
    for (kind, from, want) in cases {
        let mut g = Gun::new();
        let before = Now { custody: from, last_no: 3, last_at: START, ..now() };
        let e = if kind == EventKind::FillEnd { g.fill(16_500, 14_300) } else { g.entry(kind, None) };
        assert_eq!(on(&mut g, &e, &file(), &before, true), [], "a late record may still mend it");
        let mut after = before.clone();
        fold(&mut after, e.seq, &e);
        let next = g.entry(EventKind::FillReject, None);
        let found = on(&mut g, &next, &file(), &after, true);
        let name = found.first().map(|f| f.detail["break"].as_str().unwrap().to_owned());
        assert_eq!(name.as_deref(), want, "{kind:?} {from:?}");
        assert!(
            found.iter().all(|f| (f.kind, f.other, f.cause) == (AlertKind::ChainGap, Some(3), Some((e.seq, 1, 5))))
        );
        let next = g.entry(EventKind::FillReject, None);
        assert_eq!(on(&mut g, &next, &file(), &after, true), [], "once");
        // A late record tells of the past.
        let late = Now { last_at: i64::MAX, ..before };
        let mut g = Gun::new();
        on(&mut g, &e, &file(), &late, true);
        assert!(g.m.stored((SubjectKind::Cylinder, 7)).is_none());
    }
    let mut g = Gun::new();
    let before = Now { custody: Custody::Returning, last_no: 3, ..now() };
    let e = g.entry(EventKind::ReceiveEmpty, None);
    let found = on(&mut g, &e, &file(), &before, false);
    assert_eq!((found.len(), &found[0].detail["break"]), (1, &json!("RECEIVED_BY_STRANGER")));
}

#[test]
fn late_records_mend_a_break() {
    // Filled while the last that is known is the delivery; then the lorry's handheld finds a network.
    for mended in
        [vec![EventKind::Collect, EventKind::ReceiveEmpty], vec![EventKind::ReceiveEmpty], vec![EventKind::Collect]]
    {
        let mut g = Gun::new();
        let before = Now { custody: Custody::InUse, last_no: 3, last_at: START - 1, ..now() };
        let late: Vec<Entry> = mended.iter().map(|k| g.entry(*k, None)).collect();
        let fill = g.fill(16_500, 14_300);
        assert_eq!(on(&mut g, &fill, &file(), &before, true), []);
        let mut after = before.clone();
        fold(&mut after, fill.seq, &fill);
        for e in &late {
            assert_eq!(on(&mut g, e, &file(), &after, true), []);
        }
        let next = g.entry(EventKind::Ship, None);
        let found = on(&mut g, &next, &file(), &after, true);
        // A collection alone does not bring the bottle back to the station.
        let want = usize::from(!mended.contains(&EventKind::ReceiveEmpty));
        assert_eq!(found.len(), want, "{mended:?} {found:?}");
    }
}

#[test]
fn a_tag_read_after_scrapping() {
    for state in [FileState::Scrapped, FileState::Destroyed] {
        let mut g = Gun::new();
        let before = Now { file: state, custody: Custody::Returning, ..now() };
        let e = g.entry(EventKind::ReceiveEmpty, None);
        let kinds: Vec<_> = on(&mut g, &e, &file(), &before, true).into_iter().map(|f| f.kind).collect();
        assert_eq!(kinds, [AlertKind::ZombieTag]);
        let read = |no, tag, file| Read { no, at: START + no * MINUTE, tag, cylinder: Some((8, file)) };
        assert_eq!(g.m.read(&g.s, read(1, TagState::Bound, state)).len(), 1);
        assert_eq!(g.m.read(&g.s, read(2, TagState::Bound, state)).len(), 0, "once a day");
        assert_eq!(Gun::new().m.read(&g.s, read(3, TagState::Void, FileState::Registered)).len(), 1);
        assert_eq!(Gun::new().m.read(&g.s, read(3, TagState::Bound, FileState::Registered)).len(), 0);
    }
    // What is written about a cylinder elsewhere is no read of its tag.
    let mut g = Gun::new();
    let before = Now { file: FileState::Scrapped, custody: Custody::InTransit, ..now() };
    let e = g.entry(EventKind::Deliver, None);
    assert_eq!(on(&mut g, &e, &file(), &before, true), []);
}

#[test]
fn a_tare_that_is_another_cylinders_and_gas_from_elsewhere() {
    let kinds = |tare, net, before: &Now| {
        let mut g = Gun::new();
        let e = g.fill(tare, net);
        on(&mut g, &e, &file(), before, true).into_iter().map(|f| f.kind).collect::<Vec<_>>()
    };
    let fresh = now();
    assert_eq!(kinds(15_899, 15_000, &fresh), [AlertKind::TareDrift]);
    assert_eq!(kinds(15_900, 15_000, &fresh), []);
    // 431325 of the source's sheet came back with 940 g in it.
    assert_eq!(kinds(17_340, 13_550, &fresh), []);
    assert_eq!(kinds(17_497, 13_550, &fresh), [AlertKind::TareDrift]);
    // It was given 5 kg, and comes back with more than 6.
    let filled = Now { net_g: 5_000, fill_no: 4, fill_at: START, ..now() };
    assert_eq!(kinds(16_400 + 6_000, 8_000, &filled), [AlertKind::TareDrift, AlertKind::GasChanged]);
    assert_eq!(kinds(16_400 + 5_800, 8_000, &filled), [AlertKind::TareDrift]);
}

#[test]
fn what_an_import_tells_raises_nothing_and_leaves_no_state() {
    let mut g = Gun::new();
    for _ in 0..100 {
        let e = Entry { source: Source::Import, ..g.fill(10_000, 14_500) };
        g.see(&e);
    }
    assert_eq!((g.kinds(), g.m), (vec![], Memory::default()));
}

#[test]
fn a_detector_that_is_switched_off_finds_nothing() {
    let mut g = Gun::new();
    g.s = Settings::of(&RuleSet { version: 2, rows: vec![] });
    let before = Now { custody: Custody::InUse, file: FileState::Scrapped, ..now() };
    for n in 0..200 {
        let e = Entry { started_at: Some(START), sent_at: Some(START - 1_000_000), ..g.fill(12_000, 14_500 + n % 2) };
        assert_eq!(on(&mut g, &e, &file(), &before, false), []);
    }
}

/// Any record of any of a few devices, with whatever weights and times.
fn any_entry() -> impl Strategy<Value = Entry> {
    let weight = || prop_oneof![Just(14_500_i64), 0..3_000_000_i64, 16_000..17_500_i64];
    (
        (1..4_i64, 1..3_i64, 1..60_i64, 0..9_usize),
        prop_oneof![START - 1_000_000..START + 100_000_000, Just(i64::MAX), Just(946_684_800_000_i64)],
        prop::option::of(0..400_000_i64),
        (weight(), weight(), weight()),
        any::<bool>(),
    )
        .prop_map(|((device, epoch, seq, kind), at, took, (gross_g, tare_g, net_g), sent)| {
            let kind = EventKind::ALL[kind];
            Entry {
                device,
                epoch,
                seq,
                kind,
                tag: "T".into(),
                site: 5 + device % 2,
                occurred_at: at,
                started_at: took.map(|t| at - t),
                sent_at: sent.then_some(START),
                weights: (kind == EventKind::FillEnd).then_some(Weights { gross_g, tare_g, net_g }),
                medium: "LPG".into(),
                operator: String::new(),
                target: String::new(),
                attempt: String::new(),
                body: None,
                source: Source::Device,
                hash: String::new(),
            }
        })
}

/// Runs records through the detectors; after each where `cut` says so, the states are written and read again, as between
/// two transactions.
fn run(entries: &[Entry], cut: impl Fn(usize) -> bool) -> (Vec<(i64, Finding)>, Memory) {
    let s = Settings::of(&RuleSet::seed());
    let (mut m, mut nows, mut out) = (Memory::default(), BTreeMap::<i64, Now>::new(), vec![]);
    for (i, e) in entries.iter().enumerate() {
        let (no, id, file) = (i as i64 + 1, e.seq % 5, file());
        let before = nows.entry(id).or_insert_with(now).clone();
        let found = m.record(&s, no, e, Some(Known { id, file: &file, before: &before, held: i % 3 > 0 }), &[]);
        out.extend(found.into_iter().map(|f| (no, f)));
        if let Some(n) = nows.get_mut(&id) {
            fold(n, no, e);
        }
        if cut(i) {
            let mut fresh = Memory::default();
            let all = m.all().collect::<Vec<_>>();
            for subject in all {
                let (text, no) = m.stored(subject).unwrap();
                fresh.load(subject, &text, no).unwrap();
            }
            m = fresh;
        }
    }
    m.touched.clear();
    (out, m)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn findings_do_not_depend_on_the_cut_into_transactions(
        entries in prop::collection::vec(any_entry(), 0..120),
        cuts in prop::collection::vec(any::<bool>(), 120),
    ) {
        let whole = run(&entries, |_| false);
        prop_assert_eq!(&run(&entries, |i| cuts[i]), &whole);
        prop_assert_eq!(&run(&entries, |_| true), &whole);
        prop_assert_eq!(&run(&entries, |_| false), &whole, "a replay is equal");
    }

    #[test]
    fn states_stay_small(entries in prop::collection::vec(any_entry(), 200..300)) {
        let (_, m) = run(&entries, |_| false);
        for subject in m.all() {
            let (text, _) = m.stored(subject).unwrap();
            prop_assert!(text.len() < 3_000, "{subject:?}: {} bytes", text.len());
        }
    }

    #[test]
    fn a_state_that_cannot_be_read_is_an_error_and_nothing_else(text in ".{0,60}", kind in 1..4_i16) {
        let mut m = Memory::default();
        let kind = SubjectKind::from_number(kind).unwrap();
        if m.load((kind, 1), &text, 1).is_err() {
            prop_assert_eq!(m.stored((kind, 1)), None);
        }
    }
}
