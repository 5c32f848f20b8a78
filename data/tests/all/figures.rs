//! The wall's figures: what a snapshot says is what the feed's changes add up to, and what a count over all rows finds.

use crate::support::{NORTH, NOW, Random, SOUTH, World, both, dated, file, fill_at, follow};
use data::ledger::{Noted, Published};
use domain::{
    clock,
    event::{EventKind, FillRecord},
    ledger::{File, FileState},
    outcome::Severity,
    scope::Scope,
    wall::{ATTENTION_LEN, CURVE_MINUTES, FEED_LEN, OPEN_LEN, Snapshot, Stock, gauge},
};
use std::collections::{BTreeMap, BTreeSet};

both!(
    a_snapshot_is_what_the_changes_add_up_to,
    what_an_import_tells_of_the_past_is_no_news,
    open_alerts_are_followed_one_by_one,
    gauges_are_a_count_over_all_rows,
    the_last_hour_is_complete_but_for_its_gaps,
    an_alert_is_taken_note_of_once,
    a_flood_of_alerts_leaves_the_worst_in_sight,
    what_is_full_counts_against_the_limit_of_its_class,
    stock_by_date_is_a_count_over_all_cylinders,
    changes_are_published_in_ledger_order
);

/// The curve of a snapshot begins at the present minute less its length; one that was followed may hold older minutes.
fn comparable(mut s: Snapshot, now: i64) -> Snapshot {
    let first = now.div_euclid(clock::MINUTE_MS) - CURVE_MINUTES + 1;
    s.figures.by_minute = s.figures.by_minute.split_off(&first);
    s.ms = 0;
    // Behind a full list stand others that whoever followed does not know by name: the hub reads it anew then.
    if s.figures.open_alerts >= i64::try_from(OPEN_LEN).unwrap() {
        s.figures.open.clear();
    }
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
        // Now and then somebody takes note of an alert, not always of one that nobody did before.
        let open = w.all_alerts().await;
        if step % 5 == 0 && !open.is_empty() {
            let (_, done) = w.acknowledge(Scope::City, open[random.below(open.len())].no.unsigned_abs(), 3).await;
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
        followed.push(w.channel(s).await);
    }
    let published = bustle(&mut w, 77, 45).await;
    for (mut s, mut arrivals) in followed {
        let before = s.clone();
        follow(&mut s, &mut arrivals, &published, w.now);
        let fresh = comparable(w.snapshot(s.scope).await, w.now);
        let s = comparable(s, w.now);
        assert_eq!((s.day, s.no), (fresh.day, fresh.no), "the day must not turn in this test");
        assert_eq!(s.figures, fresh.figures, "{}", s.scope);
        let empty = s.scope == Scope::District(410_103);
        assert_eq!(fresh.figures.fills_today > before.figures.fills_today, !empty, "it has something to follow");
        let kinds: BTreeSet<u8> = fresh.figures.gauges.iter().map(|g| g.0).collect();
        assert_eq!(kinds.is_empty(), empty);
        assert!(s.scope != Scope::City || kinds.len() >= 8, "{kinds:?}");
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

async fn open_alerts_are_followed_one_by_one(mut w: World) {
    w.register(&[file("T0", w.north), file("T1", w.south)]).await;
    let (mut s, mut arrivals) = w.channel(Scope::City).await;
    let published = bustle(&mut w, 3, 11).await;
    follow(&mut s, &mut arrivals, &published, w.now);
    let fresh = w.snapshot(Scope::City).await.figures;
    assert!(s.figures.open.len() < OPEN_LEN && s.figures.open_alerts > 5);
    assert_eq!(s.figures.open, fresh.open);
    assert!(fresh.open.iter().any(|a| a.noted.is_some()) && fresh.open.iter().any(|a| a.noted.is_none()));
    assert_eq!(s.figures.attention, fresh.attention);
}

/// Every gauge of a state is what a count over all cylinders and alerts finds.
async fn gauges_are_a_count_over_all_rows(mut w: World) {
    let mut files: Vec<File> = (0..3).map(|i| file(&format!("T{i}"), w.north)).collect();
    files.extend([
        file("T3", w.south),
        dated("T4", w.south, "2006-12", "2020-01"),
        dated("T5", w.north, "2022-12-05", ""),
        File { state: FileState::Scrapped, ..file("T6", w.north) },
        File { volume_ml: None, ..dated("T7", w.north, "", "") },
    ]);
    w.register(&files).await;
    bustle(&mut w, 21, 40).await;
    let today = clock::local_day(w.now);
    let mut expected = domain::wall::Gauges::default();
    let states = w.states().await;
    for (row, f) in states.iter().zip(&files) {
        let now = row.now().unwrap();
        let body = domain::standing::Body::of(f);
        domain::standing::gauges(&now, body, today).into_iter().for_each(|g| expected.add(g));
    }
    let acks = w.acks().await;
    assert!(!acks.is_empty() && acks.iter().all(|a| a.display_id == 3 && a.at <= w.now));
    for a in w.all_alerts().await {
        let severe = domain::outcome::AlertKind::from_code(&a.kind).unwrap().info().severity != Severity::Info;
        expected.add((gauge::OPEN, a.site_id, 1));
        if severe && acks.iter().all(|k| k.alert_no != a.no) {
            expected.add((gauge::WAITING, a.site_id, 1));
        }
    }
    let seen = w.snapshot(Scope::City).await.figures;
    let slow = |g: &domain::wall::Gauges| g.iter().filter(|g| g.0 < gauge::EXPECTED).collect::<Vec<_>>();
    assert_eq!(slow(&seen.gauges), slow(&expected));
    assert!(
        seen.gauges.of(gauge::MADE, 0) == 1
            && seen.gauges.sum(gauge::FULL_ML) > 0
            && seen.gauges.sum(gauge::OVERDUE) == 1
    );
    let by_reason: i64 = seen.by_reason.values().sum();
    assert!(by_reason >= seen.blocked_today && seen.blocked_today > 0);
    w.clean().await;
}

/// Numbers that were given against numbers that came, by the server's clock.
async fn the_last_hour_is_complete_but_for_its_gaps(mut w: World) {
    let hour = async |w: &World| {
        let g = w.snapshot(Scope::City).await.figures.gauges;
        [w.north, w.south].map(|gun| (g.of(gauge::EXPECTED, gun.site), g.of(gauge::MISSING, gun.site)))
    };
    w.register(&[file("T1", w.north)]).await;
    assert_eq!(hour(&w).await, [(0, 0), (0, 0)], "what was imported was sent by no gun");
    w.record(&[
        w.north.fill(&fill_at(1, "T1", w.now)),
        w.north.fill(&fill_at(5, "T1", w.now)),
        w.south.fill(&fill_at(1, "T1", w.now)),
    ])
    .await;
    assert_eq!(hour(&w).await, [(5, 3), (1, 0)]);
    // A retry and a record out of order: the one counts for nothing, the other fills its place.
    w.record(&[w.north.fill(&fill_at(5, "T1", w.now)), w.north.fill(&fill_at(3, "T1", w.now))]).await;
    assert_eq!(hour(&w).await, [(5, 2), (1, 0)]);
    w.now += 30 * 60_000;
    w.record(&[w.north.fill(&fill_at(4, "T1", w.now)), w.north.fill(&fill_at(6, "T1", w.now))]).await;
    assert_eq!(hour(&w).await, [(6, 1), (1, 0)]);
    w.now += 30 * 60_000;
    assert_eq!(hour(&w).await, [(1, 0), (0, 0)], "an hour later the first ones are no news");
    data::arrival::forget(w.db.writer(), i64::MAX).await.unwrap();
    assert_eq!(hour(&w).await, [(0, 0), (0, 0)]);
    w.clean().await;
}

async fn an_alert_is_taken_note_of_once(w: World) {
    w.record(&[w.north.fill(&fill_at(1, "NOBODY", NOW)), w.north.fill(&fill_at(1, "OTHER", NOW))]).await;
    let open = w.snapshot(Scope::City).await.figures.open;
    assert!(open.len() >= 2 && open.iter().all(|a| a.noted.is_none()));
    let first = open[0].no;
    for (scope, no) in
        [(Scope::District(SOUTH), first), (Scope::Org(w.south.org), first), (Scope::City, 9_999), (Scope::City, 0)]
    {
        let (noted, done) = w.acknowledge(scope, no, 1).await;
        assert_eq!((noted, done.published.len(), done.from), (Noted::Unknown, 0, done.no), "{scope} {no}");
    }
    let (noted, done) = w.acknowledge(Scope::District(NORTH), first, 1).await;
    assert_eq!((noted, done.published.len(), done.no), (Noted::Now, 1, done.from + 1));
    let (noted, again) = w.acknowledge(Scope::City, first, 2).await;
    assert_eq!((noted, again.published.len(), again.no), (Noted::Before, 0, done.no));
    let s = w.snapshot(Scope::City).await;
    assert_eq!(s.no, done.no.unsigned_abs());
    let last = s.figures.open.last().unwrap();
    assert_eq!((last.no, last.noted), (first, Some(NOW)), "it goes to the end of the list and stays open");
    assert_eq!(s.figures.open.len(), open.len());
    assert_eq!(s.figures.gauges.of(gauge::WAITING, w.north.site), s.figures.gauges.of(gauge::OPEN, w.north.site) - 1);
    let told = data::feed::published(w.db.read(), done.from).await.unwrap();
    assert_eq!(told.iter().map(|p| p.change.clone()).collect::<Vec<_>>(), [done.published[0].change.clone()]);
    let rows = w.acks().await;
    assert_eq!(
        rows.iter().map(|a| (a.alert_no.unsigned_abs(), a.display_id, a.at)).collect::<Vec<_>>(),
        [(first, 1, NOW)]
    );
    w.clean().await;
}

async fn a_flood_of_alerts_leaves_the_worst_in_sight(w: World) {
    for batch in 0..3_u64 {
        let fills: Vec<_> = (1..=60).map(|i| w.north.fill(&fill_at(batch * 60 + i, "NOBODY", NOW))).collect();
        w.record(&fills).await;
    }
    let s = w.snapshot(Scope::City).await.figures;
    assert!(s.open_alerts > 300);
    assert_eq!(s.open.len(), OPEN_LEN);
    assert!(s.open.is_sorted_by_key(domain::wall::AlertLine::rank));
    assert!(s.open.iter().all(|a| a.kind.info().severity == Severity::Danger));
    assert!(s.open.is_sorted_by_key(|a| a.no), "the oldest first");
    assert_eq!((s.feed.len(), s.attention.len()), (FEED_LEN, ATTENTION_LEN));
    // Refusals that the feed has run away from are in sight all the same.
    w.ask(w.north.ask_at("x", "NOBODY", NOW)).await;
    let fills: Vec<_> = (181..=181 + 80).map(|i| w.north.custody(i, EventKind::Deliver, "NOBODY", NOW)).collect();
    w.record(&fills).await;
    w.register(&[file("GOOD", w.south)]).await;
    let quiet: Vec<_> = (1..=70)
        // An import's: it raises nothing, and is in the feed.
        .map(|i| domain::event::Entry {
            source: domain::event::Source::Import,
            ..w.south.fill(&fill_at(i, "GOOD", NOW))
        })
        .collect();
    w.record(&quiet).await;
    let s = w.snapshot(Scope::City).await.figures;
    assert!(s.feed.iter().all(|c| !domain::wall::wants_attention(c)));
    assert!(s.attention.iter().any(|c| matches!(c, domain::wall::Change::Attempt(_))));
}

async fn what_is_full_counts_against_the_limit_of_its_class(w: World) {
    let limit = async |w: &World| {
        let s = w.snapshot(Scope::City).await;
        let station = |gun: crate::support::Gun| s.stations.iter().find(|p| p.id == gun.site).unwrap().store_ml;
        (station(w.north), station(w.south), s.store_warn)
    };
    assert_eq!(limit(&w).await, (20_000_000, 20_000_000, [80, 95, 100]));
    w.sql(&format!("INSERT INTO site_storage (site_id, class) VALUES ({}, 3)", w.south.site)).await;
    assert_eq!(limit(&w).await, (20_000_000, 1_000_000, [80, 95, 100]));
    let files: Vec<File> = (0..4).map(|i| file(&format!("F{i}"), w.north)).collect();
    w.register(&files).await;
    let full = async |w: &World| {
        let g = w.snapshot(Scope::City).await.figures.gauges;
        (g.of(gauge::FULL_ML, w.north.site), g.of(gauge::FULL_ML, w.south.site))
    };
    assert_eq!(full(&w).await, (0, 0));
    w.record(&(0..3).map(|i| w.north.fill(&fill_at(i + 1, &format!("F{i}"), NOW))).collect::<Vec<_>>()).await;
    assert_eq!(full(&w).await, (3 * 35_500, 0));
    // One goes by lorry and arrives at the other station.
    w.record(&[w.north.custody(4, EventKind::Ship, "F0", NOW)]).await;
    assert_eq!(full(&w).await, (2 * 35_500, 0));
    w.record(&[w.south.custody(1, EventKind::Arrive, "F0", NOW)]).await;
    assert_eq!(full(&w).await, (2 * 35_500, 35_500));
    let (of_south, of_north) = (w.snapshot(Scope::Org(w.south.org)).await, w.snapshot(Scope::Org(w.north.org)).await);
    assert_eq!(of_south.figures.gauges.kind(gauge::FULL_ML).collect::<Vec<_>>(), [(w.south.site, 35_500)]);
    assert_eq!(of_north.figures.gauges.kind(gauge::FULL_ML).collect::<Vec<_>>(), [(w.north.site, 2 * 35_500)]);
    w.record(&[w.south.custody(2, EventKind::Deliver, "F0", NOW)]).await;
    assert_eq!(full(&w).await, (2 * 35_500, 0));
    w.clean().await;
}

async fn what_an_import_tells_of_the_past_is_no_news(w: World) {
    w.register(&[file("T1", w.north), file("T2", w.north)]).await;
    let imported = |seq, tag, at| domain::event::Entry {
        source: domain::event::Source::Import,
        ..w.north.fill(&fill_at(seq, tag, at))
    };
    let long_ago = imported(1, "T1", NOW - 25 * 3_600_000);
    let today = imported(2, "T2", NOW - 3_600_000);
    // A gun that was cut off for two days tells news.
    let late = w.south.fill(&fill_at(1, "T1", NOW - 48 * 3_600_000));
    let told: Vec<domain::wall::Change> =
        w.commit(&[], &[long_ago, today, late]).await.published.into_iter().filter_map(|p| p.change).collect();
    let fills = |all: &mut dyn Iterator<Item = &domain::wall::Change>| {
        all.filter_map(|c| if let domain::wall::Change::Fill(l) = c { Some((l.site, l.tag.clone())) } else { None })
            .collect::<BTreeSet<_>>()
    };
    let news = BTreeSet::from([(w.north.site, "T2".to_owned()), (w.south.site, "T1".to_owned())]);
    assert_eq!(fills(&mut told.iter()), news);
    let s = w.snapshot(Scope::City).await.figures;
    assert_eq!((fills(&mut s.feed.iter()), s.fills_today), (news, 1));
    w.clean().await;
}
