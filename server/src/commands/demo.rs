//! `pingji demo`: loads the invented city through the same function that records real fills.

use super::demo_posts;
use crate::{
    access::{first, head},
    attachment,
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    demo::{
        city::{Base, Plan},
        keys,
    },
    store,
};
use data::{device, ledger, org, secret::Master, sequence, setting, site};
use domain::{geo::Position, sign};

/// Value of the setting while the load is under way; afterwards it holds the seed.
pub(super) const LOADING: &str = "loading";
/// Records in one transaction.
pub(super) const CHUNK: usize = 10_000;
/// The file of keys, in the data folder.
pub const KEYS: &str = "demo-keys.json";

/// Loads the city.
///
/// # Errors
/// When the database fails, or a demonstration is there already.
pub async fn run(config: &Config, cylinders: usize, stations: usize, days: u32, seed: u64) -> Result<Ended, Failure> {
    let started = std::time::Instant::now();
    let store = store::open(config).await?;
    let db = &store.db;
    match setting::get(db.read(), setting::DEMO).await?.as_deref() {
        None => {}
        Some(LOADING) => return Err("a demonstration was loaded by half: remove the database and load it anew".into()),
        Some(_) => return Err("a demonstration is loaded already".into()),
    }
    // Marked before the first row: what a broken-off load leaves is marked as demonstration too.
    setting::put(db.writer(), setting::DEMO, LOADING).await?;
    let now = Clock::default().now();
    let first = |name: &'static str| async move { Ok::<i64, Failure>(sequence::last(db.read(), name).await? + 1) };
    let base = Base { org: first("org").await?, site: first("site").await?, device: first("device").await? };
    let plan = Plan::new(seed, cylinders, stations, now, base);
    let rules = data::rule::current(db.read()).await?;
    people(db, &plan).await?;

    let mut history = plan.history(days);
    let mut count = 0_usize;
    loop {
        let chunk: Vec<_> = history.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        count += chunk.len();
        let txn = db.begin_write().await?;
        let done = ledger::commit(&txn, &rules, &[], &chunk, now).await?;
        if let Some(o) = done.outcomes.iter().find(|o| !matches!(o, ledger::Outcome::Accepted { .. })) {
            return Err(format!("the demonstration's own history was not accepted: {o:?}").into());
        }
        txn.commit().await?;
        tracing::info!(records = count, seconds = started.elapsed().as_secs_f32(), "loading");
    }
    db.analyze().await?;
    let master = store::master_key(config)?;
    let path = config.data_dir.join(KEYS);
    keys::write_private(&path, &plan.keys(&rules, history.custody(), |id| sign::device_secret(&master, id)))?;
    if let Some(o) = plan.orgs.first() {
        let (master, accounts) = (Master::new(master), &config.data_dir);
        first::demonstration(db, &master, accounts, o.division, o.id, now).await?;
        demo_posts::load(db, &config.data_dir.join(attachment::FOLDER), (o.division, o.id), now).await?;
        head::sign(db, &master, &config.data_dir.join(head::FILE)).await?;
    }
    setting::put(db.writer(), setting::DEMO, &seed.to_string()).await?;
    say(&format!(
        "{} cylinders, {} stations, {count} records in {:.1} s; keys: {}; accounts: {}",
        plan.files.len(),
        plan.sites.len(),
        started.elapsed().as_secs_f32(),
        path.display(),
        config.data_dir.join(first::DEMO_FILE).display()
    ));
    Ok(Ended::Done)
}

/// Organisations, stations, devices and their keys, in one transaction, under the ids the plan reckons with.
pub async fn people(db: &data::Db, plan: &Plan) -> Result<(), Failure> {
    let txn = db.begin_write().await?;
    let same = |planned: i64, given: i64| {
        if planned == given { Ok(()) } else { Err(format!("id {given} was given where {planned} was planned")) }
    };
    for o in &plan.orgs {
        let id = org::insert(
            &txn,
            org::New {
                name: o.name.clone(),
                kind: o.kind.into(),
                uscc: o.uscc.clone(),
                division: o.division,
                phone: o.phone.clone(),
                licence_no: o.licence_no.clone(),
                licence_until: Some(o.licence_until),
                licence_media: o.licence_media.clone(),
                demo: true,
            },
        )
        .await?;
        same(o.id, id)?;
    }
    for (s, count) in plan.sites.iter().zip(plan.shares.iter().map(|s| s.count)) {
        let position = Position::new(s.lng, s.lat);
        let new = site::New {
            org_id: s.org,
            name: s.name.clone(),
            kind: s.kind.into(),
            division: s.division,
            position,
            demo: true,
        };
        same(s.id, site::insert(&txn, new).await?)?;
        // A storage that fits: about a quarter of a station's cylinders stand full in it, thirty-five litres each.
        let litres = count * 9;
        let class = if litres < 1_000 { 3 } else { 1 + i16::from(litres < 6_000) };
        site::set_class(&txn, s.id, class).await?;
    }
    for d in &plan.devices {
        let new = device::New {
            site_id: d.site,
            kind: d.kind.into(),
            label: d.label.clone(),
            medium: d.medium.into(),
            now: d.created_at,
        };
        let id = device::insert(&txn, new).await?;
        same(d.id, id)?;
        if !d.key_id.is_empty() {
            device::insert_key(&txn, id, &d.key_id, d.created_at).await?;
        }
    }
    // Offices stand at no place of the map.
    for o in [plan.agency, plan.officer] {
        let new = org::New {
            name: o.name.into(),
            kind: o.kind.into(),
            division: data::reference::CITY,
            demo: true,
            ..org::New::default()
        };
        same(o.org, org::insert(&txn, new).await?)?;
        let new = site::New {
            org_id: o.org,
            name: o.name.into(),
            kind: site::VIRTUAL.into(),
            division: data::reference::CITY,
            position: None,
            demo: true,
        };
        same(o.site, site::insert(&txn, new).await?)?;
        let new = device::New {
            site_id: o.site,
            kind: device::HANDHELD.into(),
            label: "手持机".into(),
            medium: String::new(),
            now: plan.now_ms,
        };
        same(o.device, device::insert(&txn, new).await?)?;
    }
    txn.commit().await?;
    Ok(())
}
