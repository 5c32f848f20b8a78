//! `pingji demo --scale`: years of a large city, through the same function that records real fills. A load that was killed goes
//! on where its last transaction ended: how far it got stands in the record, in the transaction that got there.

use super::demo::{CHUNK, KEYS, LOADING, people};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    demo::{
        city::{Base, Plan},
        keys,
        years::{DAYS, Years},
    },
    store,
};
use data::{Db, device, ledger, sequence, setting};
use domain::sign;
use sea_orm::{DbBackend, EntityTrait};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// Cylinders, unless something else is asked for.
const CYLINDERS: usize = 1_000_000;
/// Stations.
const STATIONS: usize = 400;
/// Cylinders that the file of keys names: more would only make a simulator slow.
const NAMED: usize = 20_000;
/// Name of the setting that holds the progress.
const PROGRESS: &str = "demo_scale";

/// What is loaded, and how far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    seed: u64,
    cylinders: usize,
    stations: usize,
    events: usize,
    now_ms: i64,
    base: Base,
    /// Events that are recorded.
    told: usize,
}

/// What is asked for; what is not named takes its default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Cylinders.
    pub cylinders: Option<usize>,
    /// Events: five a cylinder on SQLite, twenty on PostgreSQL.
    pub events: Option<usize>,
    /// Filling stations.
    pub stations: Option<usize>,
    /// Seed.
    pub seed: u64,
}

/// Loads the city, or goes on with it.
///
/// # Errors
/// When the database fails, another demonstration is there already, or the numbers do not fit each other.
pub async fn run(config: &Config, options: Options) -> Result<Ended, Failure> {
    let store = store::open(config).await?;
    let db = &store.db;
    let mut progress = begin(db, options).await?;
    let plan = planned(&progress);
    if progress.told == 0 && sequence::last(db.read(), "device").await? < progress.base.device {
        people(db, &plan).await?;
    }
    let started = Instant::now();
    load(db, &plan, &mut progress, None).await?;
    db.analyze().await?;
    let rules = data::rule::current(db.read()).await?;
    let master = store::master_key(config)?;
    let path = config.data_dir.join(KEYS);
    let mut named = plan.clone();
    let every = (progress.cylinders / NAMED).max(1);
    let places: Vec<usize> = (0..progress.cylinders).step_by(every).take(NAMED).collect();
    let years = Years::new(&plan, progress.events, 0, HashMap::new())?;
    let custody: Vec<_> = places.iter().map(|i| years.custody(*i)).collect();
    named.files = places.iter().filter_map(|i| plan.file(*i)).collect();
    keys::write_private(&path, &named.keys(&rules, &custody, |id| sign::device_secret(&master, id)))?;
    setting::put(db.writer(), setting::DEMO, &progress.seed.to_string()).await?;
    say(&format!(
        "{} cylinders, {} stations, {} records in {:.1} s; keys of {} cylinders: {}",
        progress.cylinders,
        plan.sites.len(),
        progress.told,
        started.elapsed().as_secs_f32(),
        named.files.len(),
        path.display()
    ));
    Ok(Ended::Done)
}

/// Loads a city for a measurement, as the command does, into a record of its own.
pub(super) async fn city(db: &Db, options: Options) -> Result<Plan, Failure> {
    let mut progress = begin(db, options).await?;
    let plan = planned(&progress);
    people(db, &plan).await?;
    load(db, &plan, &mut progress, None).await?;
    db.analyze().await?;
    Ok(plan)
}

/// The city that `demo --scale` loaded into a record.
pub(super) async fn loaded(db: &Db) -> Result<Plan, Failure> {
    let stored = setting::get(db.read(), PROGRESS).await?.ok_or("no city was loaded by demo --scale")?;
    let p: Progress = serde_json::from_str(&stored)?;
    if p.told < p.events {
        return Err(format!("{} of {} events are loaded: finish the load first", p.told, p.events).into());
    }
    Ok(planned(&p))
}

fn planned(p: &Progress) -> Plan {
    Plan::large(p.seed, p.cylinders, p.stations, p.now_ms, p.base, DAYS + 400)
}

/// What is to be loaded: as the record knows it, where a load was broken off; it must be what is asked for now.
async fn begin(db: &Db, o: Options) -> Result<Progress, Failure> {
    let cylinders = o.cylinders.unwrap_or(CYLINDERS);
    let each = if db.backend() == DbBackend::Sqlite { 5 } else { 20 };
    let events = o.events.unwrap_or(cylinders.saturating_mul(each));
    let stations = o.stations.unwrap_or(STATIONS).clamp(1, STATIONS);
    if u32::try_from(cylinders).is_err() {
        return Err(format!("--cylinders: {cylinders} is more than {}", u32::MAX).into());
    }
    let marked = setting::get(db.read(), setting::DEMO).await?;
    let stored = setting::get(db.read(), PROGRESS).await?;
    match (marked.as_deref(), stored) {
        (None, _) => {}
        (Some(LOADING), Some(stored)) => {
            let p: Progress = serde_json::from_str(&stored)?;
            if (p.seed, p.cylinders, p.stations, p.events) != (o.seed, cylinders, stations, events) {
                return Err(format!(
                    "a load of --cylinders {} --events {} --stations {} --seed {} was broken off: ask for the same to go on with it",
                    p.cylinders, p.events, p.stations, p.seed
                )
                .into());
            }
            return Ok(p);
        }
        (Some(LOADING), None) => {
            return Err("a demonstration was loaded by half: remove the database and load it anew".into());
        }
        (Some(_), _) => return Err("a demonstration is loaded already".into()),
    }
    let base = Base {
        org: sequence::last(db.read(), "org").await? + 1,
        site: sequence::last(db.read(), "site").await? + 1,
        device: sequence::last(db.read(), "device").await? + 1,
    };
    let p = Progress { seed: o.seed, cylinders, stations, events, now_ms: Clock::default().now(), base, told: 0 };
    // What cannot be is said before anything is written.
    Years::new(&planned(&p), events, 0, HashMap::new())?;
    let txn = db.begin_write().await?;
    setting::put(&txn, setting::DEMO, LOADING).await?;
    setting::put(&txn, PROGRESS, &serde_json::to_string(&p)?).await?;
    txn.commit().await?;
    Ok(p)
}

/// Records what is still to be told; at most `transactions` of it.
async fn load(db: &Db, plan: &Plan, p: &mut Progress, transactions: Option<usize>) -> Result<(), Failure> {
    let rules = data::rule::current(db.read()).await?;
    let seqs: HashMap<i64, i64> = device::epoch::Entity::find()
        .all(db.read())
        .await?
        .into_iter()
        .filter(|e| e.device_id >= p.base.device)
        .map(|e| (e.device_id, e.next_seq - 1))
        .collect();
    let mut years = Years::new(plan, p.events, p.told, seqs)?;
    let mut memory = ledger::Memory::default();
    let (mut shown, mut done) = (Shown::new(p.told), 0);
    loop {
        let chunk: Vec<_> = years.by_ref().take(CHUNK).collect();
        let Some(last) = chunk.last().filter(|_| transactions.is_none_or(|t| done < t)) else { break };
        // Recorded soon after it happened, as it would have been: what was known at a time can be asked for.
        let now = (last.occurred_at + 1_000).min(p.now_ms);
        let txn = db.begin_write().await?;
        let written = ledger::commit_from(&txn, &mut memory, &rules, &[], &chunk, now).await?;
        if let Some(o) = written.outcomes.iter().find(|o| !matches!(o, ledger::Outcome::Accepted { .. })) {
            return Err(format!("the demonstration's own history was not accepted: {o:?}").into());
        }
        p.told += chunk.len();
        setting::put(&txn, PROGRESS, &serde_json::to_string(&p)?).await?;
        txn.commit().await?;
        memory.keep(written.known);
        done += 1;
        shown.progress(p.told, p.events);
    }
    Ok(())
}

/// Progress on standard error: rewritten in place where a person looks, a line in ten seconds elsewhere.
struct Shown {
    first: usize,
    started: Instant,
    last: Option<Instant>,
    person: bool,
}

impl Shown {
    fn new(first: usize) -> Self {
        Self { first, started: Instant::now(), last: None, person: std::io::stderr().is_terminal() }
    }

    fn progress(&mut self, told: usize, all: usize) {
        let pause = Duration::from_millis(if self.person { 250 } else { 10_000 });
        if told < all && self.last.is_some_and(|t| t.elapsed() < pause) {
            return;
        }
        self.last = Some(Instant::now());
        let rate = (told - self.first) as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        let left = Duration::from_secs((all.saturating_sub(told) as f64 / rate.max(1e-3)) as u64);
        let end = if self.person && told < all { "\r" } else { "\n" };
        let line = format!(
            "{told} of {all} events, {:.0} %, {rate:.0} a second, {} min {:02} s to go   {end}",
            told as f64 * 100.0 / all.max(1) as f64,
            left.as_secs() / 60,
            left.as_secs() % 60
        );
        let mut err = std::io::stderr().lock();
        // Nobody reads it any more: the load goes on.
        drop(err.write_all(line.as_bytes()).and_then(|()| err.flush()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrations::{Migrator, MigratorTrait};

    async fn fresh(dir: &std::path::Path, name: &str) -> Db {
        let db = Db::connect(&format!("sqlite://{}", dir.join(name).display())).await.unwrap();
        Migrator::up(db.writer(), None).await.unwrap();
        let txn = db.begin_write().await.unwrap();
        data::reference::seed(&txn).await.unwrap();
        data::rule::seed(&txn).await.unwrap();
        data::check::seed(&txn).await.unwrap();
        data::rule_use::begin(&txn).await.unwrap();
        txn.commit().await.unwrap();
        db
    }

    async fn events(db: &Db) -> Vec<data::event::Model> {
        use sea_orm::QueryOrder;
        data::event::Entity::find().order_by_asc(data::event::Column::No).all(db.read()).await.unwrap()
    }

    #[tokio::test]
    async fn a_load_that_was_broken_off_goes_on_and_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { cylinders: Some(2_000), events: Some(24_000), stations: Some(8), seed: 3 };
        let whole = fresh(dir.path(), "whole.sqlite").await;
        let mut p = begin(&whole, options).await.unwrap();
        let plan = planned(&p);
        people(&whole, &plan).await.unwrap();
        load(&whole, &plan, &mut p, None).await.unwrap();
        assert_eq!(p.told, 24_000);

        let halves = fresh(dir.path(), "halves.sqlite").await;
        // The same end of the story for both.
        let first = Progress { told: 0, ..p.clone() };
        for (name, value) in [(setting::DEMO, LOADING.to_owned()), (PROGRESS, serde_json::to_string(&first).unwrap())] {
            setting::put(halves.writer(), name, &value).await.unwrap();
        }
        people(&halves, &plan).await.unwrap();
        for told in [10_000, 20_000, 24_000] {
            // What a new process knows is what the record says.
            let mut p = begin(&halves, options).await.unwrap();
            load(&halves, &planned(&p), &mut p, Some(1)).await.unwrap();
            assert_eq!(p.told, told);
        }
        assert_eq!(events(&halves).await, events(&whole).await);
        let rules = data::rule::current(halves.read()).await.unwrap();
        let report = data::verify::run(&halves, &rules).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.named);
        assert_eq!((report.events, report.cylinders), (24_000, 2_000));

        let other = Options { seed: 4, ..options };
        assert!(begin(&halves, other).await.unwrap_err().to_string().contains("--seed 3"));
        setting::put(halves.writer(), setting::DEMO, "3").await.unwrap();
        assert!(begin(&halves, options).await.unwrap_err().to_string().contains("loaded already"));
        let few = Options { events: Some(10), ..options };
        assert!(begin(&fresh(dir.path(), "few.sqlite").await, few).await.is_err());
    }
}
