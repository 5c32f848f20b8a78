//! The wall's figures: what a snapshot says is what the feed's changes add up to, and what a count over all rows finds.

use crate::support::{NORTH, NOW, Random, SOUTH, World, both, dated, file, fill_at, follow};
use data::ledger::Published;
use domain::{
    clock,
    event::{EventKind, FillRecord},
    ledger::{File, FileState},
    scope::Scope,
    wall::{CURVE_MINUTES, Snapshot, Stock},
};
use std::collections::BTreeMap;

both!(
    a_snapshot_is_what_the_changes_add_up_to,
    stock_by_date_is_a_count_over_all_cylinders,
    changes_are_published_in_ledger_order
);

/// The curve of a snapshot begins at the present minute less its length; one that was followed may hold older minutes.
fn comparable(mut s: Snapshot, now: i64) -> Snapshot {
    let first = now.div_euclid(clock::MINUTE_MS) - CURVE_MINUTES + 1;
    s.figures.by_minute = s.figures.by_minute.split_off(&first);
    s.ms = 0;
    // Lines that were followed carry when they were sent; those that are read back do not.
    for c in &mut s.figures.feed {
        if let domain::wall::Change::Fill(l) = c {
            l.sent = None;
        }
    }
    s
}

/// Whatever a city can do in a few hours, at random; tells what each commit published.
async fn bustle(w: &mut World, seed: u64, steps: usize) -> BTreeMap<i64, Vec<Published>> {
    let mut random = Random(seed);
    let mut published: BTreeMap<i64, Vec<Published>> = BTreeMap::new();
    let mut seq = [w.progress(w.north).await.next_seq, w.progress(w.south).await.next_seq].map(i64::unsigned_abs);
    for step in 0..steps {
        w.now += 30_000 + random.below(120_000) as i64;
        let (mut questions, mut entries) = (vec![], vec![]);
        for _ in 0..=random.below(4) {
            let g = random.below(2);
            let gun = [w.north, w.south][g];
            let tag = ["T0", "T1", "T2", "T3", "T4", "T5", "NOBODY"][random.below(7)];
            // Mostly just now, now and then from yesterday.
            let at = w.now - if random.below(8) == 0 { 20 * 3_600_000 } else { random.below(240_000) as i64 };
            let attempt = format!("{seed}-{step}-{}", questions.len());
            match random.below(6) {
                0 | 1 => questions.push(gun.ask_at(&attempt, tag, at)),
                kind => {
                    seq[g] += if random.below(15) == 0 { 2 } else { 1 };
                    let net_g = 14_000 + random.below(500) as i64;
                    let gross_g = 29_000 + random.below(3_000) as i64;
                    entries.push(match kind {
                        2 => gun.custody(seq[g], EventKind::Deliver, tag, at),
                        3 => gun.custody(seq[g], EventKind::ReceiveEmpty, tag, at),
                        _ => gun.fill(&FillRecord { gross_g, net_g, ..fill_at(seq[g], tag, at) }),
                    });
                }
            }
        }
        let done = w.commit(&questions, &entries).await;
        published.entry(done.no).or_default().extend(done.published);
        if step % 7 == 0 {
            let done = w.omissions(w.now - 60_000).await;
            published.entry(done.no).or_default().extend(done.published);
        }
    }
    published
}

async fn a_snapshot_is_what_the_changes_add_up_to(mut w: World) {
    let mut files: Vec<File> = (0..3).map(|i| file(&format!("T{i}"), w.north)).collect();
    files.extend([
        file("T3", w.south),
        dated("T4", w.south, "2006-12", "2020-01"),
        dated("T5", w.north, "2022-12-05", ""),
    ]);
    w.register(&files).await;
    bustle(&mut w, 5, 10).await;
    let scopes = [
        Scope::City,
        Scope::District(NORTH),
        Scope::District(SOUTH),
        Scope::Org(w.north.org),
        Scope::Org(w.south.org),
        Scope::District(410_103),
    ];
    let mut followed = vec![];
    for s in scopes {
        followed.push(w.snapshot(s).await);
    }
    let published = bustle(&mut w, 77, 45).await;
    for mut s in followed {
        let before = s.clone();
        follow(&mut s, &published);
        let fresh = comparable(w.snapshot(s.scope).await, w.now);
        let s = comparable(s, w.now);
        assert_eq!((s.day, s.no), (fresh.day, fresh.no), "the day must not turn in this test");
        assert_eq!(s.figures, fresh.figures, "{}", s.scope);
        let empty = s.scope == Scope::District(410_103);
        assert_eq!(fresh.figures.fills_today > before.figures.fills_today, !empty, "it has something to follow");
        assert_eq!(fresh.figures.feed.is_empty(), empty);
        // Nothing of others.
        assert!(fresh.stations.iter().all(|p| s.scope.covers(p.district, p.org)));
        assert!(fresh.figures.by_station.keys().all(|id| fresh.stations.iter().any(|p| p.id == *id)));
        let districts: Vec<i32> = fresh.districts.iter().map(|d| d.code).collect();
        assert!(s.scope == Scope::City || districts.len() <= 1, "{districts:?}");
    }
    let (city, north, south) = (
        w.snapshot(Scope::City).await,
        w.snapshot(Scope::District(NORTH)).await,
        w.snapshot(Scope::Org(w.south.org)).await,
    );
    assert_eq!(city.figures.fills_today, north.figures.fills_today + south.figures.fills_today);
    assert_eq!(city.figures.open_alerts, north.figures.open_alerts + south.figures.open_alerts);
    assert_eq!((city.stations.len(), north.stations.len(), south.stations.len()), (2, 1, 1));
    assert_eq!((city.figures.stock.on_file, north.figures.stock.on_file, south.figures.stock.on_file), (6, 4, 2));
    w.clean().await;
}

async fn stock_by_date_is_a_count_over_all_cylinders(w: World) {
    let mut random = Random(9);
    let files: Vec<File> = (0..60)
        .map(|i| {
            let made = format!("{}-{:02}", 2004 + random.below(22), 1 + random.below(12));
            let inspected = format!("{}-{:02}", 2018 + random.below(8), 1 + random.below(12));
            let home = if random.below(3) == 0 { w.south } else { w.north };
            let f = dated(&format!("D{i}"), home, if i % 13 == 0 { "" } else { &made }, &inspected);
            let state = [
                FileState::Registered,
                FileState::Registered,
                FileState::Suspended,
                FileState::Scrapped,
                FileState::Pending,
                FileState::AwaitsScrap,
            ][random.below(6)];
            File { state, ..f }
        })
        .collect();
    w.register(&files).await;
    w.record(
        &(0..20_u64).map(|i| w.north.custody(i + 1, EventKind::Deliver, &format!("D{i}"), NOW)).collect::<Vec<_>>(),
    )
    .await;
    let states: Vec<_> = w.states().await.iter().map(|s| s.now().unwrap()).collect();
    let mut seen = Stock::default();
    for date in
        ["2010-01-01", "2022-06-15", "2026-11-21", "2026-11-22", "2026-12-31", "2027-01-01", "2030-02-28", "2040-01-01"]
    {
        let today = clock::day_of(date.parse().unwrap());
        for home in [None, Some(w.north.site), Some(w.south.site)] {
            let mut expected = Stock::default();
            states.iter().filter(|s| home.is_none_or(|h| s.home == h)).for_each(|s| expected.add(&s.stock(today, 30)));
            let ids = home.map(|h| vec![h]);
            let stored = data::figures::stock(w.db.read(), ids.as_deref(), today, 30).await.unwrap();
            assert_eq!(stored, expected, "{date} {home:?}");
            seen.add(&expected);
        }
    }
    assert!(
        [seen.on_file, seen.in_use, seen.due_soon, seen.overdue, seen.past_life, seen.scrapped].iter().all(|n| *n > 0),
        "{seen:?}"
    );
    w.clean().await;
}

/// The record is read back in ledger order; whoever follows must see the same order.
async fn changes_are_published_in_ledger_order(w: World) {
    w.register(&[file("T1", w.north)]).await;
    w.ask(w.north.ask_at("n", "T1", NOW)).await;
    // A clone's alert and the refusal it leads to, an unknown tag, and fills with alerts, in one transaction.
    let questions = [w.south.ask_at("s", "T1", NOW), w.south.ask_at("u", "NOBODY", NOW)];
    let entries = [
        w.south.fill(&fill_at(1, "T1", NOW)),
        w.south.fill(&fill_at(3, "NOBODY", NOW)),
        w.south.fill(&fill_at(1, "T9", NOW)),
    ];
    let done = w.commit(&questions, &entries).await;
    let told: Vec<_> = done.published.iter().filter_map(|p| p.change.clone()).collect();
    let numbers: Vec<u64> = told.iter().map(domain::wall::Change::no).collect();
    assert!(numbers.len() > 7 && numbers.is_sorted(), "{numbers:?}");
    let mut read: Vec<_> =
        data::feed::published(w.db.read(), done.no - i64::try_from(told.len()).unwrap()).await.unwrap();
    assert!(read.iter().all(|p| (p.district, p.org) == (SOUTH, w.south.org)));
    let read: Vec<_> = read.drain(..).filter_map(|p| p.change).collect();
    let plain: Vec<_> = told
        .into_iter()
        .map(|c| match c {
            domain::wall::Change::Fill(l) => domain::wall::Change::Fill(domain::wall::FillLine { sent: None, ..l }),
            c => c,
        })
        .collect();
    assert_eq!(plain, read);
}
