//! A small world for a measurement: one organisation, one station, its guns, and cylinders that nothing is wrong with.

use super::gun::Gun;
use crate::{cli::Failure, clock::Clock, config::Config, store};
use chrono::Datelike;
use data::{device, ledger, org, site};
use domain::{
    clock,
    date::PartialDate,
    event::{Entry, EventKind, Source, content_hash},
    geo::Position,
    ledger::{Build, File, FileState},
    life::{Dates, Family},
    rules::MediumClass,
    sign,
};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Guns, all at one station.
    pub guns: usize,
    /// Cylinders that each of them fills.
    pub cylinders: usize,
    /// Whether every gun was authorised once for each of its cylinders.
    pub authorised: bool,
}

/// Registrations in one transaction of the load.
const LOAD: usize = 10_000;

/// Stamped tare of all cylinders, grams.
pub const TARE_G: i64 = 16_400;

/// Name of the authorisation that a gun was given for a cylinder before the measurement.
pub fn attempt(tag: &str) -> String {
    format!("before-{tag}")
}

fn tag(gun: usize, n: usize) -> String {
    format!("B{gun:03}{n:06}")
}

fn file(org: i64, site: i64, tag: String, now: i64) -> File {
    let made = clock::local_date(now);
    File {
        org,
        site,
        serial_no: tag.clone(),
        stamp_no: tag.clone(),
        tag,
        maker: "测试".into(),
        medium: "LPG".into(),
        dates: Dates {
            family: Family::LpgWelded,
            model: "YSP35.5".into(),
            medium_class: MediumClass::Other,
            made: PartialDate::month(made.year() - 1, made.month()),
            inspected: None,
            next_printed: None,
            scrap_recorded: None,
            assessed: false,
            inspections: 0,
        },
        tare_g: Some(TARE_G),
        volume_ml: Some(35_500),
        wall_um: Some(2_600),
        max_fill_g: Some(14_900),
        valve: String::new(),
        inspections: 0,
        doubts: vec![],
        state: FileState::Registered,
        build: Build::default(),
    }
}

fn registration(device: i64, seq: usize, f: &File, now: i64) -> Entry {
    Entry {
        device,
        epoch: 1,
        seq: seq as i64,
        kind: EventKind::Register,
        tag: f.tag.clone(),
        site: f.site,
        occurred_at: now,
        started_at: None,
        sent_at: None,
        weights: None,
        medium: f.medium.clone(),
        operator: String::new(),
        target: String::new(),
        attempt: String::new(),
        body: serde_json::to_string(f).ok(),
        source: Source::Import,
        hash: content_hash(f),
    }
}

/// The devices of a world.
pub struct Devices {
    /// The guns.
    pub guns: Vec<Gun>,
    /// For each gun a handheld of the warehouse, which tells where that gun's cylinders go.
    pub handhelds: Vec<Gun>,
}

/// Makes the record and puts the world into it.
pub async fn make(config: &Config, size: Size) -> Result<Devices, Failure> {
    let store = store::open(config).await?;
    let master = store::master_key(config)?;
    let now = Clock::default().now();
    let txn = store.db.begin_write().await?;
    let org = org::insert(
        &txn,
        org::New {
            name: "测试燃气有限公司".into(),
            kind: "filler".into(),
            division: 410_102,
            licence_no: "TS-BENCH".into(),
            licence_until: Some(clock::local_date(now + 700 * clock::DAY_MS)),
            licence_media: vec!["LPG".into()],
            demo: true,
            ..org::New::default()
        },
    )
    .await?;
    let new = site::New {
        org_id: org,
        name: "测试充装站".into(),
        kind: "station".into(),
        division: 410_102,
        position: Position::new(113.6, 34.75),
        demo: true,
    };
    let site = site::insert(&txn, new).await?;
    let of = |kind: &str, label: String, medium: &str| device::New {
        site_id: site,
        kind: kind.into(),
        label,
        medium: medium.into(),
        now: now - clock::DAY_MS,
    };
    let importer = device::insert(&txn, of("importer", "档案导入".into(), "")).await?;
    let (mut guns, mut handhelds) = (Vec::new(), Vec::new());
    for g in 0..size.guns {
        for (list, kind, label, medium) in
            [(&mut guns, device::GUN, "号枪", "LPG"), (&mut handhelds, device::HANDHELD, "号手持机", "")]
        {
            let id = device::insert(&txn, of(kind, format!("{}{label}", g + 1), medium)).await?;
            let key_id = format!("bench-{id:05}");
            device::insert_key(&txn, id, &key_id, now).await?;
            let secret = sign::device_secret(&master, &key_id);
            let tags = (0..size.cylinders).map(|n| tag(g, n)).collect();
            list.push(Gun { id, site, key_id, secret, tags });
        }
    }
    txn.commit().await?;

    let rules = data::rule::current(store.db.read()).await?;
    let tags: Vec<&String> = guns.iter().flat_map(|g| &g.tags).collect();
    for (n, chunk) in tags.chunks(LOAD).enumerate() {
        let entries: Vec<Entry> = chunk
            .iter()
            .enumerate()
            .map(|(i, t)| registration(importer, n * LOAD + i + 1, &file(org, site, (*t).clone(), now), now))
            .collect();
        let txn = store.db.begin_write().await?;
        let done = ledger::commit(&txn, &rules, &[], &entries, now).await?;
        if let Some(o) = done.outcomes.iter().find(|o| !matches!(o, ledger::Outcome::Accepted { .. })) {
            return Err(format!("a registration was not accepted: {o:?}").into());
        }
        txn.commit().await?;
    }
    for gun in guns.iter().filter(|_| size.authorised) {
        for chunk in gun.tags.chunks(5_000) {
            let questions: Vec<_> = chunk.iter().map(|t| question(gun, t, now)).collect();
            let txn = store.db.begin_write().await?;
            ledger::commit(&txn, &rules, &questions, &[], now).await?;
            txn.commit().await?;
        }
    }
    // Autovacuum would do it within a minute of so large a load; until then every look-up is a scan.
    store.db.analyze().await?;
    store.db.clone().close().await?;
    Ok(Devices { guns, handhelds })
}

/// A question of a gun about a tag.
pub fn question(gun: &Gun, tag: &str, now: i64) -> ledger::Question {
    let attempt = attempt(tag);
    ledger::Question {
        device: gun.id,
        site: gun.site,
        hash: content_hash(&(&attempt, tag)),
        attempt,
        tag: tag.into(),
        medium: "LPG".into(),
        at: now,
        operator: String::new(),
    }
}
