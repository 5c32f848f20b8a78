//! The analyses: small worlds counted by hand; units add up to the city; nobody sees beyond their scope.

use crate::support::{NORTH, NOW, Random, SOUTH, World, both, dated, file, fill_at};
use data::{
    analysis::{self, Ask},
    customer, cylinder, order, tag_series,
};
use domain::{
    analysis::{Abnormal, Ages, By, Due, Fullness, Measure, Period, Placed, Recovery, Sales, Span, Statistic},
    clock,
    event::EventKind,
    ledger::{File, FileState},
    outcome::Anomaly,
    scope::{Scope, Viewer},
};
use serde_json::json;

both!(
    files_are_judged_at_any_date,
    what_was_delivered_comes_back,
    fills_and_their_faults_by_unit_and_day,
    full_cylinders_against_limits,
    orders_customers_and_tags,
    units_add_up_to_the_city,
    a_record_from_before_is_counted_by_the_migration
);

const CITY: Viewer = Viewer { scope: Scope::City };

fn by(by: By) -> Ask {
    Ask { viewer: CITY, by }
}

fn of(scope: Scope) -> Ask {
    Ask { viewer: Viewer { scope }, by: By::District }
}

fn day(text: &str) -> i32 {
    clock::day_of(text.parse().unwrap())
}

fn at(text: &str) -> i64 {
    clock::parse_instant(&format!("{text}T10:00:00+08:00")).unwrap()
}

/// An event at the northern station; a loss with its reason.
fn told(w: &World, seq: u64, kind: EventKind, tag: &str, at: i64) -> domain::event::Entry {
    match kind {
        EventKind::Lost => w.north.event(seq, kind, tag, at, json!({ "reason": "moved away" })),
        _ => w.north.custody(seq, kind, tag, at),
    }
}

fn november() -> Span {
    Span { first: day("2026-11-01"), last: day("2026-11-30") }
}

/// Seven cylinders, each of which stands otherwise.
async fn seven(w: &World) {
    let undated = dated("F", w.south, "", "");
    w.register(&[
        // Due 2028-05-31, to live until 2032-05-31.
        file("A", w.north),
        // Due 2026-12-31, to live until 2030-12-31.
        dated("B", w.north, "2022-12", ""),
        // Inspected until 2027-01-31, but its life ends on 2026-12-31.
        dated("C", w.north, "2018-12", "2023-01"),
        // Overdue since 2024-01-31, to live until 2028-01-31.
        dated("D", w.south, "2020-01", ""),
        // Its life ended on 2018-01-31.
        dated("E", w.south, "2010-01", "2014-01"),
        undated,
        File { state: FileState::Scrapped, ..file("G", w.south) },
    ])
    .await;
}

async fn files_are_judged_at_any_date(w: World) {
    seven(&w).await;
    let due = |r: &Due| (r.unit.id, r.on_file, r.overdue, r.past_life, r.due, r.life_ends);
    let (north, south) = (i64::from(NORTH), i64::from(SOUTH));
    let rows = analysis::due(&w.db, by(By::District), day("2026-11-21")).await.unwrap();
    assert_eq!(
        rows.iter().map(due).collect::<Vec<_>>(),
        [(south, 3, 1, 1, [0, 0, 0], [0, 0, 0]), (north, 3, 0, 0, [0, 2, 2], [0, 1, 1])]
    );
    assert_eq!(rows.iter().map(|r| r.unit.name.as_str()).collect::<Vec<_>>(), ["中原区", "金水区"]);
    // The last day of a window counts, and the day itself.
    let rows = analysis::due(&w.db, of(Scope::District(NORTH)), day("2026-12-01")).await.unwrap();
    assert_eq!(rows.iter().map(due).collect::<Vec<_>>(), [(north, 3, 0, 0, [2, 2, 2], [1, 1, 1])]);
    let rows = analysis::due(&w.db, of(Scope::District(NORTH)), day("2026-12-31")).await.unwrap();
    assert_eq!(rows[0].due, [2, 2, 2]);
    let rows = analysis::due(&w.db, of(Scope::District(NORTH)), day("2027-01-01")).await.unwrap();
    assert_eq!((rows[0].due, rows[0].overdue, rows[0].past_life), ([0, 0, 0], 1, 1));

    let abnormal = |r: &Abnormal| {
        assert_eq!(r.on_file, r.normal + r.due_soon + r.overdue + r.past_life + r.undated);
        (r.unit.id, r.normal, r.due_soon, r.overdue, r.past_life, r.undated, r.scrapped)
    };
    for (date, expected) in [
        ("2026-11-21", [(south, 0, 0, 1, 1, 1, 1), (north, 3, 0, 0, 0, 0, 0)]),
        ("2026-12-02", [(south, 0, 0, 1, 1, 1, 1), (north, 1, 2, 0, 0, 0, 0)]),
        ("2018-02-01", [(south, 1, 0, 0, 1, 1, 1), (north, 3, 0, 0, 0, 0, 0)]),
        ("2018-01-31", [(south, 1, 1, 0, 0, 1, 1), (north, 3, 0, 0, 0, 0, 0)]),
        ("2031-01-01", [(south, 0, 0, 0, 2, 1, 1), (north, 0, 0, 1, 2, 0, 0)]),
    ] {
        let rows = analysis::abnormal(&w.db, by(By::District), day(date), 30).await.unwrap();
        assert_eq!(rows.iter().map(abnormal).collect::<Vec<_>>(), expected, "{date}");
    }
    let own = Ask { by: By::Org, ..of(Scope::Org(w.south.org)) };
    let rows = analysis::abnormal(&w.db, own, day("2026-11-21"), 30).await.unwrap();
    assert_eq!(rows.iter().map(abnormal).collect::<Vec<_>>(), [(w.south.org, 0, 0, 1, 1, 1, 1)]);
    assert_eq!(rows[0].unit.name, "南郊气站");

    let ages = |r: &Ages| (r.unit.id, r.bands, r.unknown);
    let rows = analysis::ages(&w.db, by(By::District), day("2026-11-21")).await.unwrap();
    assert_eq!(rows.iter().map(ages).collect::<Vec<_>>(), [(south, [0, 1, 0, 0, 1], 1), (north, [1, 1, 1, 0, 0], 0)]);

    w.record(&[w.north.custody(1, EventKind::Deliver, "A", NOW - 1_000)]).await;
    w.record(&[told(&w, 2, EventKind::Lost, "B", NOW - 1_000)]).await;
    let placed = |r: &Placed| (r.unit.id, r.on_file, r.in_use, r.empty, r.full, r.on_road, r.away, r.lost);
    let rows = analysis::placed(&w.db, by(By::District)).await.unwrap();
    assert_eq!(
        rows.iter().map(placed).collect::<Vec<_>>(),
        [(north, 3, 1, 1, 0, 0, 0, 1), (south, 3, 0, 3, 0, 0, 0, 0)],
        "most in use first"
    );
}

async fn what_was_delivered_comes_back(w: World) {
    use EventKind::{Collect, Correct, Deliver, Found, Lost, ReceiveEmpty};
    let large = File { volume_ml: Some(118_000), ..file("T2", w.south) };
    let homes = [file("T0", w.north), file("T1", w.north), large, file("T3", w.north), file("T4", w.north)];
    w.register(&homes).await;
    let steps = [
        (w.north, Deliver, "T0", "2026-10-05"),
        (w.north, Deliver, "T3", "2026-10-06"),
        (w.north, Deliver, "T1", "2026-10-20"),
        (w.north, Deliver, "T4", "2026-10-20"),
        // Where it is lost does not change when it was delivered.
        (w.north, Lost, "T3", "2026-10-21"),
        (w.north, Found, "T3", "2026-10-30"),
        (w.north, Collect, "T0", "2026-11-01"),
        (w.south, Deliver, "T2", "2026-11-02"),
        (w.north, Collect, "T3", "2026-11-05"),
        (w.north, ReceiveEmpty, "T0", "2026-11-06"),
        (w.south, ReceiveEmpty, "T2", "2026-11-10"),
        (w.south, Deliver, "T2", "2026-11-12"),
        // Late: it tells of the past.
        (w.north, Collect, "T1", "2026-10-01"),
    ];
    let mut seqs = [0, 0];
    let mut numbers = vec![];
    for (gun, kind, tag, date) in steps {
        let seq = &mut seqs[usize::from(gun.device == w.south.device)];
        *seq += 1;
        let e = if gun.device == w.north.device {
            told(&w, *seq, kind, tag, at(date))
        } else {
            gun.custody(*seq, kind, tag, at(date))
        };
        let outcome = w.record(&[e]).await.remove(0);
        match outcome {
            data::ledger::Outcome::Accepted { no, .. } => numbers.push(no),
            o => panic!("{o:?}"),
        }
    }
    w.clean().await;
    let row = |r: &Recovery| (r.unit.id, r.month, r.delivered, r.returned);
    let days = Span { first: day("2026-10-01"), last: day("2026-11-30") };
    let (north, south) = (i64::from(NORTH), i64::from(SOUTH));
    let rows = analysis::recovery(&w.db, by(By::District), days).await.unwrap();
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(south, 202_611, 2, 1), (north, 202_610, 4, 2)]);
    assert_eq!(rows[1].permille(), Some(500));

    // T4 was never delivered, says a correction; and the collection of T0 did not take place: it is still out.
    for (seq, no, tag) in [(seqs[0] + 1, numbers[3], "T4"), (seqs[0] + 2, numbers[6], "T0")] {
        let body = json!({ "corrects": no, "how": "did_not_occur", "reason": "scanned by mistake" });
        assert!(matches!(
            w.record(&[w.north.event(seq, Correct, tag, NOW, body)]).await.remove(0),
            data::ledger::Outcome::Accepted { .. }
        ));
        w.clean().await;
    }
    let rows = analysis::recovery(&w.db, by(By::District), days).await.unwrap();
    // T0 was received on the sixth, which brought it back all the same.
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(south, 202_611, 2, 1), (north, 202_610, 3, 2)]);
    let october = Span { first: day("2026-10-01"), last: day("2026-10-05") };
    let rows = analysis::recovery(&w.db, by(By::Org), october).await.unwrap();
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(w.north.org, 202_610, 1, 1)]);
    let rows = analysis::recovery_by_size(&w.db, by(By::Org), days).await.unwrap();
    let sized: Vec<_> = rows.iter().map(|r| (r.unit.name.as_str(), r.month, r.delivered, r.returned)).collect();
    assert_eq!(sized, [("35.5 L", 202_610, 3, 2), ("118.0 L", 202_611, 2, 1)]);
    assert!(analysis::recovery(&w.db, of(Scope::Org(9_999)), days).await.unwrap().is_empty());
}

async fn fills_and_their_faults_by_unit_and_day(w: World) {
    w.register(&[file("T0", w.north), file("T1", w.south)]).await;
    let heavy =
        |seq, date: &str| domain::event::FillRecord { gross_g: 31_600, net_g: 14_850, ..fill_at(seq, "T0", at(date)) };
    w.fill(w.north, &fill_at(1, "T0", at("2026-10-30"))).await;
    w.fill(w.north, &heavy(2, "2026-11-02")).await;
    w.fill(w.north, &fill_at(3, "T0", at("2026-11-02"))).await;
    w.fill(w.south, &fill_at(1, "T1", at("2026-11-03"))).await;
    w.fill(w.south, &fill_at(2, "NOBODY", at("2026-11-03"))).await;
    w.ask(w.south.ask_at("a1", "STRANGER", NOW - 60_000)).await;
    let rows = analysis::conduct(&w.db, by(By::District), november()).await.unwrap();
    let short: Vec<_> = rows.iter().map(|r| (r.unit.id, r.fills, r.net_g, r.refused, r.illegal_tags)).collect();
    assert_eq!(short, [(SOUTH.into(), 2, 28_360, 1, 1), (NORTH.into(), 2, 29_030, 0, 0)]);
    let has = |i: usize, a| rows[i].anomalies.iter().find(|(x, _)| *x == a).map_or(0, |(_, n)| *n);
    assert_eq!((has(1, Anomaly::Overfill), has(0, Anomaly::Overfill), has(0, Anomaly::UnknownTag)), (1, 0, 1));
    // All were raised today, on the server's clock.
    let raised = |i: usize, kind: &str| rows[i].alerts.iter().find(|(k, _)| k == kind).map_or(0, |(_, n)| *n);
    assert_eq!((raised(1, "OVERFILL"), raised(0, "ILLEGAL_TAG_FILL")), (1, 1));
    let none = Span { first: day("2026-09-01"), last: day("2026-09-30") };
    let rows = analysis::conduct(&w.db, by(By::District), none).await.unwrap();
    assert!(rows.iter().all(|r| r.fills == 0 && r.anomalies.is_empty() && r.alerts.is_empty()));

    // Nobody asked the gate about any of them.
    let rows = analysis::completeness(&w.db, by(By::Org), november(), false).await.unwrap();
    let missing: Vec<_> = rows.iter().map(|r| (r.unit.id, r.day, r.fills)).collect();
    assert_eq!(missing, [(w.north.org, day("2026-11-02"), 2), (w.south.org, day("2026-11-03"), 2)]);
    assert!(rows.iter().all(|r| r.missing >= 2 && r.permille() == Some(0)), "{rows:?}");

    // A year is told of by month: what October was told of does not stand in November.
    let year = Span { first: day("2026-01-01"), last: day("2026-12-31") };
    let rows = analysis::completeness(&w.db, by(By::Org), year, true).await.unwrap();
    let months: Vec<_> = rows.iter().map(|r| (r.unit.id, r.day, r.fills, r.whole_month)).collect();
    let north = |first, fills| (w.north.org, day(first), fills, true);
    assert_eq!(months, [north("2026-10-01", 1), north("2026-11-01", 2), (w.south.org, day("2026-11-01"), 2, true)]);

    let value = |all: &[Statistic], m| all.iter().find(|s| s.measure == m).map(|s| (s.value, s.before)).unwrap();
    let all = analysis::statistics(&w.db, CITY, Period::Month, day("2026-11-21")).await.unwrap();
    assert_eq!(value(&all, Measure::Fills), (Some(4), Some(1)));
    assert_eq!(value(&all, Measure::NetG), (Some(57_390), Some(14_180)));
    assert_eq!(value(&all, Measure::Refused), (Some(1), Some(0)));
    assert_eq!(value(&all, Measure::Accidents), (Some(0), Some(0)), "there was none");
    let viewer = Viewer { scope: Scope::District(NORTH) };
    let all = analysis::statistics(&w.db, viewer, Period::Quarter, day("2026-11-21")).await.unwrap();
    assert_eq!(value(&all, Measure::Fills), (Some(3), Some(0)));
    assert_eq!(all.iter().map(|s| s.measure).collect::<Vec<_>>(), Measure::ALL);
}

async fn full_cylinders_against_limits(w: World) {
    let files: Vec<File> = (0..9).map(|i| file(&format!("T{i}"), w.north)).collect();
    w.register(&files).await;
    for i in 0..3 {
        w.fill(w.north, &fill_at(i + 1, &format!("T{i}"), NOW - 60_000)).await;
    }
    w.fill(w.south, &fill_at(1, "T3", NOW - 60_000)).await;
    data::site::set_class(w.db.writer(), w.north.site, 3).await.unwrap();
    let rows = analysis::storage(&w.db, CITY, &w.rules).await.unwrap();
    let short: Vec<_> = rows.iter().map(|r| (r.site.id, r.class, r.full_ml, r.limit_ml, r.fullness)).collect();
    assert_eq!(
        short,
        [(w.north.site, 3, 106_500, 1_000_000, Fullness::Fine), (w.south.site, 1, 35_500, 20_000_000, Fullness::Fine)]
    );
    // 28 of them are the most that a store of the third class may hold (rules.md §14).
    let more: Vec<File> = (10..35).map(|i| file(&format!("T{i}"), w.north)).collect();
    w.register(&more).await;
    for (i, (n, level)) in [(23, Fullness::Yellow), (27, Fullness::Orange), (28, Fullness::Orange)].iter().enumerate() {
        let from = [3, 23, 27][i];
        for k in from..*n {
            w.fill(w.north, &fill_at(k + 1, &format!("T{}", k + 7), NOW - 60_000)).await;
        }
        let rows = analysis::storage(&w.db, CITY, &w.rules).await.unwrap();
        assert_eq!((rows[0].full_ml, rows[0].fullness), (35_500 * n.cast_signed(), *level));
    }
    w.fill(w.north, &fill_at(29, "T4", NOW - 60_000)).await;
    let rows = analysis::storage(&w.db, CITY, &w.rules).await.unwrap();
    assert_eq!((rows[0].full_ml, rows[0].fullness), (1_029_500, Fullness::Red));
    assert_eq!(analysis::storage(&w.db, Viewer { scope: Scope::Org(w.south.org) }, &w.rules).await.unwrap().len(), 1);
}

async fn orders_customers_and_tags(w: World) {
    let blank = order::Model {
        id: 0,
        org_id: w.north.org,
        number: String::new(),
        dated_on: None,
        customer_name: String::new(),
        address: String::new(),
        contact: String::new(),
        phone: String::new(),
        wanted: Some(3),
        delivered: None,
        state: String::new(),
        deliverer: String::new(),
        doubts: String::new(),
        run_id: 0,
    };
    let on = |n: &str, org: i64, date: &str, wanted, delivered| {
        let m = order::Model {
            number: n.into(),
            org_id: org,
            dated_on: date.parse().ok(),
            wanted,
            delivered,
            ..blank.clone()
        };
        (m, vec![])
    };
    let txn = w.db.begin_write().await.unwrap();
    order::insert(
        &txn,
        vec![
            on("1", w.north.org, "2018-04-01", Some(3), None),
            on("2", w.north.org, "2018-04-30", Some(2), Some(1)),
            on("3", w.north.org, "2018-05-01", Some(7), None),
            on("4", w.north.org, "", Some(1), Some(1)),
            on("1", w.south.org, "2018-04-10", None, Some(4)),
        ],
    )
    .await
    .unwrap();
    let c = |n: &str, org| customer::Model {
        id: 0,
        org_id: org,
        number: n.into(),
        name: String::new(),
        address: String::new(),
        division: None,
        region: String::new(),
        contact: String::new(),
        phone: String::new(),
        state: String::new(),
        kind: String::new(),
        doubts: String::new(),
        run_id: 0,
    };
    customer::insert(&txn, vec![c("1", w.north.org), c("2", w.north.org), c("1", w.south.org)]).await.unwrap();
    let series = tag_series::Model {
        id: 0,
        org_id: w.north.org,
        enterprise: "011".into(),
        medium_code: "01".into(),
        medium: "O2".into(),
        medium_name: "氧气".into(),
        first_serial: 1,
        last_serial: Some(1_500),
        quantity: Some(1_500),
        remark: String::new(),
        doubts: String::new(),
        run_id: 0,
    };
    tag_series::insert(&txn, vec![series]).await.unwrap();
    txn.commit().await.unwrap();
    let (first, last) = ("2018-04-01".parse().unwrap(), "2018-05-31".parse().unwrap());
    let row = |r: &Sales| (r.unit.id, r.month, r.orders, r.wanted, r.delivered);
    let rows = analysis::sales(&w.db, CITY, first, last, true).await.unwrap();
    let (n, s) = (w.north.org, w.south.org);
    assert_eq!(
        rows.iter().map(row).collect::<Vec<_>>(),
        [(n, 0, 1, 1, Some(1)), (n, 201_804, 2, 5, Some(1)), (n, 201_805, 1, 7, None), (s, 201_804, 1, 0, Some(4))]
    );
    let viewer = Viewer { scope: Scope::District(SOUTH) };
    let rows = analysis::sales(&w.db, viewer, first, last, false).await.unwrap();
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(s, 201_804, 1, 0, Some(4))]);

    let rows = analysis::opening(&w.db, CITY).await.unwrap();
    let short: Vec<_> = rows.iter().map(|r| (r.unit.id, r.customers, r.opened, r.real_name)).collect();
    assert_eq!(short, [(n, 2, None, None), (s, 1, None, None)], "what nobody records is not zero");

    // One of three lost its tag without another; one had its tag replaced.
    let ids = w.register(&[file("T0", w.north), file("T1", w.north), file("T2", w.north), file("T3", w.south)]).await;
    let body = json!({ "tag": "T9", "replaces": "T1", "reason": "damaged" });
    assert!(matches!(
        w.record(&[w.north.event(1, EventKind::BindTag, "T1", NOW, body)]).await.remove(0),
        data::ledger::Outcome::Accepted { .. }
    ));
    let lost = cylinder::tag::Model { code: "T2".into(), state: cylinder::tag::VOID, cylinder_id: Some(ids[2]) };
    cylinder::put_tags(w.db.writer(), vec![lost]).await.unwrap();
    // One that was destroyed lost its tag by rule, and is not on file.
    w.register(&[file("T4", w.north)]).await;
    let gone = json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" });
    w.record(&[w.north.event(2, EventKind::Destroy, "T4", NOW, gone)]).await;
    let rows = analysis::tag_issue(&w.db, CITY).await.unwrap();
    let short: Vec<_> = rows.iter().map(|r| (r.unit.id, r.registered, r.bound, r.issued, r.permille())).collect();
    assert_eq!(short, [(n, 3, 2, Some(1_500), Some(666)), (s, 1, 1, None, Some(1_000))]);
}

/// Whatever is counted by unit adds up to what the city counts, and to what each viewer sees of it.
async fn units_add_up_to_the_city(mut w: World) {
    let mut r = Random(11);
    let years = ["2012-03", "2016-07", "2018-12", "2022-12", "2023-01", ""];
    let files: Vec<File> =
        (0..60).map(|i| dated(&format!("T{i}"), [w.north, w.south][r.below(2)], years[r.below(6)], "")).collect();
    w.register(&files).await;
    let mut seq = [0, 0];
    for _ in 0..300 {
        let g = r.below(2);
        let gun = [w.north, w.south][g];
        let tag = format!("T{}", r.below(60));
        seq[g] += 1;
        let when = NOW - 60 * clock::DAY_MS + r.below(59 * 86_400) as i64 * 1_000;
        let e = match r.below(4) {
            0 => gun.fill(&fill_at(seq[g], &tag, when)),
            1 => gun.custody(seq[g], EventKind::Deliver, &tag, when),
            2 => gun.custody(seq[g], EventKind::Collect, &tag, when),
            _ => gun.custody(seq[g], EventKind::ReceiveEmpty, &tag, when),
        };
        w.record(&[e]).await;
    }
    w.now += 1_000;
    w.clean().await;
    let days = Span { first: day("2026-01-01"), last: day("2026-12-31") };
    for as_of in ["2020-01-01", "2026-11-21", "2027-02-01", "2040-01-01"].map(day) {
        let mut sums = vec![];
        for ask in [
            vec![by(By::District)],
            vec![by(By::Org)],
            vec![of(Scope::District(NORTH)), of(Scope::District(SOUTH))],
            vec![of(Scope::Org(w.north.org)), of(Scope::Org(w.south.org))],
        ] {
            let mut sum = [0; 14];
            for a in ask {
                for x in analysis::abnormal(&w.db, a, as_of, 30).await.unwrap() {
                    let all = [x.on_file, x.normal, x.due_soon, x.overdue, x.past_life, x.undated];
                    all.iter().zip(&mut sum).for_each(|(v, s)| *s += v);
                }
                for x in analysis::due(&w.db, a, as_of).await.unwrap() {
                    sum[6] += x.due[2];
                    sum[7] += x.overdue;
                    sum[8] += x.past_life;
                }
                for x in analysis::recovery(&w.db, a, days).await.unwrap() {
                    sum[9] += x.delivered;
                    sum[10] += x.returned;
                }
                for x in analysis::conduct(&w.db, a, days).await.unwrap() {
                    sum[11] += x.fills;
                    sum[12] += x.net_g;
                }
                for x in analysis::placed(&w.db, a).await.unwrap() {
                    sum[13] += x.in_use;
                }
            }
            sums.push(sum);
        }
        assert!(sums.iter().all(|s| *s == sums[0]), "{sums:?}");
        let s = sums[0];
        assert_eq!((s[0], s[3], s[4]), (60, s[7], s[8]));
        assert!(s[9] > s[10] && s[10] > 0 && s[11] > 0 && s[13] > 0, "{s:?}");
        assert_eq!(
            s[9] - s[10],
            w.states().await.iter().filter(|x| x.delivered_at > 0).count() as i64 + doubled(&w).await
        );
    }
}

/// Deliveries of a cylinder that had not come back from the one before: they stay open for ever.
async fn doubled(w: &World) -> i64 {
    let mut with: std::collections::HashMap<i64, (i64, bool)> = std::collections::HashMap::new();
    let mut n = 0;
    for e in w.events().await {
        let Some(id) = e.cylinder_id else { continue };
        let (last, out) = with.entry(id).or_insert((0, false));
        let kind = EventKind::from_number(e.kind).unwrap();
        // Late records move nothing; a registration is no move.
        if kind == EventKind::Register || e.occurred_at < *last {
            continue;
        }
        *last = e.occurred_at;
        if kind == EventKind::Deliver {
            n += i64::from(*out);
        }
        *out = kind == EventKind::Deliver;
    }
    n
}

/// What the migrations count of a record from before them is what the ledger would have counted: deliveries (000009), what stands where
/// and in which district (000018).
async fn a_record_from_before_is_counted_by_the_migration(w: World) {
    use migrations::{Migrator, MigratorTrait};
    w.register(&[file("T0", w.north), file("T1", w.north), file("T2", w.south)]).await;
    let steps = [
        (EventKind::Deliver, "T0", "2026-10-05"),
        (EventKind::Collect, "T0", "2026-10-09"),
        (EventKind::ReceiveEmpty, "T0", "2026-10-10"),
        (EventKind::Deliver, "T0", "2026-10-15"),
        (EventKind::Deliver, "T1", "2026-10-16"),
        (EventKind::Lost, "T1", "2026-10-17"),
        (EventKind::Deliver, "T2", "2026-10-20"),
        (EventKind::ReceiveEmpty, "T2", "2026-11-20"),
    ];
    for (seq, (kind, tag, date)) in (1..).zip(steps) {
        w.record(&[told(&w, seq, kind, tag, at(date))]).await;
    }
    w.clean().await;
    let since = Migrator::migrations().iter().filter(|m| m.name() >= "m20261121_000009").count();
    Migrator::down(w.db.writer(), Some(u32::try_from(since).unwrap())).await.unwrap();
    Migrator::up(w.db.writer(), None).await.unwrap();
    w.clean().await;
    let since: Vec<i64> = w.states().await.iter().map(|s| s.delivered_at).collect();
    assert_eq!(since, [at("2026-10-15"), at("2026-10-16"), 0]);
}
