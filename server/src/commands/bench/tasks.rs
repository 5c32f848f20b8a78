//! `pingji bench tasks`: what the hourly run of the tasks costs in a large city, beside a count of every cylinder that is past its date; how long
//! another writer waits for it; and a second run, which makes nothing new.

use super::{
    Backend,
    child::{Scratch, settings},
    postgres::Postgres,
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    commands::demo_scale,
    config::Config,
    store,
};
use data::{Db, account, rule, sequence, task, task_job};
use domain::{clock, permission::Role, rules::RuleSet, scope::Scope};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, Statement};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// The longest that another writer may wait, ms.
const HELD: f64 = 250.0;
/// Times that the floor is counted: the quickest tells.
const FLOORS: usize = 3;
/// Between two tries of another writer.
const PAUSE: Duration = Duration::from_millis(2);

/// How large.
pub struct Options {
    /// Cylinders.
    pub cylinders: usize,
    /// The city, where `demo --scale` loaded it already.
    pub loaded: Option<String>,
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or what it shows is not as promised.
pub async fn run(config: &Config, database: Backend, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Postgres if o.loaded.is_none() => Some(Postgres::start(dir.as_deref()).await?),
        _ => None,
    };
    let url = match &postgres {
        Some(p) => Some(p.database("city").await?),
        None => o.loaded.clone(),
    };
    let store = store::open(&settings(config, scratch.path(), url.as_deref())).await?;
    let db = &store.db;
    let plan = if o.loaded.is_some() {
        demo_scale::loaded(db).await?
    } else {
        let options = demo_scale::Options { cylinders: Some(o.cylinders), events: None, stations: None, seed: 1 };
        demo_scale::city(db, options).await?
    };
    let (rules, now) = (rule::current(db.read()).await?, Clock::default().now());
    let orgs: Vec<i64> = plan.orgs.iter().map(|o| o.id).collect();
    let anew = people(db, &orgs, now).await?;
    let floor = floor(db, clock::local_day(now)).await?;
    say(&format!(
        "{}, {} cylinders, {} enterprises with somebody who is told: a count of all that are past their date takes {floor:.1} ms",
        database.name(),
        plan.cylinders(),
        orgs.len()
    ));
    let mut broken = vec![];
    // A city that was measured before has its tasks already, but for what became due since.
    let first = anew.then_some(true);
    let runs = [("the first run", true, first), ("an hour later", true, Some(false)), ("a change", false, Some(false))];
    for (what, slow, new) in runs {
        let (ran, took, waited) = timed(db, &rules, slow, now).await?;
        say(&format!(
            "{what}: {took:.1} ms, {:.1} times the count; {} opened, {} done, {} told upward, {} letters; another writer waited {waited:.1} ms at \
             most",
            took / floor.max(0.1),
            ran.opened,
            ran.done,
            ran.escalated,
            ran.told
        ));
        if new == Some(ran == task_job::Ran::default()) {
            broken.push(format!("{what} did {ran:?}"));
        }
        if waited > HELD {
            broken.push(format!("{what} held the writer for {waited:.1} ms; at most {HELD} ms are promised"));
        }
    }
    let began = Instant::now();
    let sent = task_job::digests(db, &rules, evening(now)).await?;
    let all = task::Entity::find().count(db.read()).await?;
    say(&format!("digests: {sent} letters in {:.1} ms; {all} tasks", began.elapsed().as_secs_f64() * 1e3));
    verdict(&broken)
}

/// An hour of the day at which digests are due.
fn evening(now: i64) -> i64 {
    clock::day_start(clock::local_day(now)).saturating_add(20 * 3_600_000)
}

/// One who is told of them for each enterprise, where he is not there since an earlier measurement of the same city. Whether any is new.
async fn people(db: &Db, orgs: &[i64], now: i64) -> Result<bool, Failure> {
    let txn = db.begin_write().await?;
    let mut anew = false;
    for org in orgs {
        let new = account::New {
            login: format!("bench-tasks-{org}"),
            name: format!("bench {org}"),
            scope: Scope::Org(*org),
            roles: vec![Role::EnterpriseAdmin],
            password: String::new(),
            must_change: false,
        };
        anew |= account::insert(&txn, new, now).await?.is_some();
    }
    txn.commit().await?;
    Ok(anew)
}

/// What a look at every cylinder that is past its date takes, ms.
async fn floor(db: &Db, today: i32) -> Result<f64, Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..FLOORS {
        let ask = format!("SELECT COUNT(*) FROM cylinder_state WHERE due < {today}");
        let began = Instant::now();
        db.read().query_one_raw(Statement::from_string(db.backend(), ask)).await?;
        best = best.min(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}

/// A run, with its time and the longest that another writer of messages waited meanwhile, ms.
async fn timed(db: &Db, rules: &RuleSet, slow: bool, now: i64) -> Result<(task_job::Ran, f64, f64), Failure> {
    let stop = CancellationToken::new();
    let other = tokio::spawn(waits(db.clone(), stop.clone()));
    let began = Instant::now();
    let ran = task_job::run(db, rules, slow, now).await?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    stop.cancel();
    Ok((ran, took, other.await??.as_secs_f64() * 1e3))
}

async fn waits(db: Db, stop: CancellationToken) -> Result<Duration, data::Error> {
    let mut worst = Duration::ZERO;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let txn = db.begin_write().await?;
        sequence::lock(&txn, "message").await?;
        worst = worst.max(began.elapsed());
        txn.rollback().await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(worst)
}
