//! A city of fill guns and handhelds: a client of the HTTP API like any other, apart from the server's own code.
//!
//! What it decides (which cylinder at which gun, its weights, which faults) follows from the seed; when it happens is
//! the machine's clock. It runs at the rate asked for at every hour: its stations have simulated hours of their own.
//! Fills are compressed to seconds, and turns of cylinders to what the rate and the stock allow.

mod client;
mod device;
pub mod drill;
mod faults;
mod gun;
mod handheld;
mod memory;
mod planner;
mod report;
#[cfg(test)]
mod tests;

pub use faults::{Fault, Faults, FaultsError};
pub use report::{DeviceReport, Latency, Report};

use crate::demo::keys;
use client::{Answer, Client, Credentials};
use device::{Counter, World};
use gun::Gun;
use handheld::{Errand, Handheld};
use planner::Planner;
use report::{Route, Tally};
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long answers are waited for once the run is over.
const DRAIN: Duration = Duration::from_secs(15);
/// How far the schedule may lag before the rest is given up; below, it is caught up.
const LAG: Duration = Duration::from_secs(2);
/// Jobs that may wait at a gun.
const QUEUE: usize = 32;
/// Between two lines on the log.
const LINE: Duration = Duration::from_secs(10);

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server, `http` or `https`.
    pub url: String,
    /// The file of keys that `demo` wrote; a file `….state` beside it keeps where the cylinders stand.
    pub keys: PathBuf,
    /// Fills a second, city-wide.
    pub rate: f64,
    /// Seed of all decisions.
    pub seed: u64,
    /// How long; none: until stopped.
    pub duration: Option<Duration>,
    /// What goes wrong.
    pub faults: Faults,
    /// Records in an upload of a gun (1 to 1,000).
    pub batch: usize,
    /// The simulated hour of the start (0 to 24).
    pub start_hour: f64,
    /// How long an answer is waited for before the request is sent again.
    pub timeout: Duration,
    /// PEM file of authorities to trust besides the system's, for `https`.
    pub ca_file: Option<PathBuf>,
}

impl Options {
    /// One fill a second for as long as it is let, without faults.
    pub fn new(url: impl Into<String>, keys: impl Into<PathBuf>) -> Self {
        Self {
            url: url.into(),
            keys: keys.into(),
            rate: 1.0,
            seed: 1,
            duration: None,
            faults: Faults::none(),
            batch: 1,
            start_hour: 9.0,
            timeout: Duration::from_secs(10),
            ca_file: None,
        }
    }
}

/// Why a simulation did not run.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// No address of a server.
    #[error("url: give http://host:port or https://host:port")]
    Url,
    /// The rate is out of its range.
    #[error("rate: is {0}; more than 0 and at most 5000 fills a second are allowed")]
    Rate(f64),
    /// The file of keys cannot be read.
    #[error("keys: {path}: {source}")]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// A secret is no hexadecimal number.
    #[error("keys: the secret of {0} is no hexadecimal number")]
    Secret(String),
    /// The file has no gun, or no cylinder that could be filled.
    #[error("keys: no station has a gun, a handheld and a cylinder that may be filled")]
    Nothing,
    /// The file of authorities cannot be read.
    #[error("ca file: {0}")]
    Ca(std::io::Error),
    /// The client cannot be made.
    #[error("https client: {0}")]
    Client(reqwest::Error),
    /// The server refuses all devices; the code of the last.
    #[error("the server refuses every device of the file: {0}")]
    Refused(String),
    /// The server did not answer in time, or the run was stopped before it did.
    #[error("no answer from the server about the devices")]
    NoAnswer,
}

#[derive(Deserialize)]
struct Me {
    epoch: u64,
    next_seq: u64,
}

/// Runs until its duration is over, or SIGINT or SIGTERM comes; a second one ends the wait for answers.
///
/// # Errors
/// When it could not begin.
pub async fn run(options: Options) -> Result<Report, SimulateError> {
    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    let signals = tokio::spawn({
        let (stop, hurry) = (stop.clone(), hurry.clone());
        async move {
            signal().await;
            stop.cancel();
            signal().await;
            hurry.cancel();
        }
    });
    let report = run_until(options, stop, hurry).await;
    signals.abort();
    report
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        // Without handlers the signals end the process themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// Runs until its duration is over or `stop` is cancelled; `hurry` ends the wait for answers after that.
///
/// # Errors
/// When it could not begin.
pub async fn run_until(
    options: Options,
    stop: CancellationToken,
    hurry: CancellationToken,
) -> Result<Report, SimulateError> {
    if !(options.rate > 0.0 && options.rate <= 5_000.0) {
        return Err(SimulateError::Rate(options.rate));
    }
    let keys =
        keys::read(&options.keys).map_err(|source| SimulateError::Keys { path: options.keys.clone(), source })?;
    let credentials = keys.devices.iter().map(Credentials::of).collect::<Result<Vec<_>, _>>()?;
    let tally = Arc::new(Tally::default());
    tally.with(|r| r.seed = options.seed);
    let client = Client::new(&options.url, options.timeout, options.ca_file.as_deref(), Arc::clone(&tally))?;

    let supervisor = tokio::spawn(supervise(options.duration, stop.clone(), hurry, client.give_up.clone()));
    let outcome = city(&options, keys, credentials, client, tally, &stop).await;
    supervisor.abort();
    outcome
}

/// Ends the run in time, and the wait for answers after it.
async fn supervise(
    duration: Option<Duration>,
    stop: CancellationToken,
    hurry: CancellationToken,
    give_up: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = sleep(duration.unwrap_or(Duration::MAX)) => stop.cancel(),
    }
    tokio::select! {
        () = hurry.cancelled() => {}
        () = sleep(DRAIN) => {}
    }
    give_up.cancel();
}

async fn city(
    options: &Options,
    keys: keys::KeysFile,
    credentials: Vec<Credentials>,
    client: Client,
    tally: Arc<Tally>,
    stop: &CancellationToken,
) -> Result<Report, SimulateError> {
    let counters = progress(&keys, &credentials, &client, &tally, stop).await?;
    let file = memory::path(&options.keys);
    let server = keys.devices.iter().zip(&counters).filter_map(|(d, c)| Some((d.device_id, c.map(|c| c.1)?))).collect();
    let custody = memory::Memory::recall(&file, &keys, &server);
    // A device the server refuses has no part in the plan.
    let plan_keys = {
        let mut k = keys.clone();
        k.devices.iter_mut().zip(&counters).filter(|(_, c)| c.is_none()).for_each(|(d, _)| d.kind = "refused".into());
        k
    };
    let (mut planner, under_way) =
        Planner::new(&plan_keys, &custody, options.seed, options.rate, options.faults.clone(), options.start_hour);
    if !planner.stations.iter().any(planner::Station::can_fill) {
        return Err(SimulateError::Nothing);
    }
    let counters: Vec<Counter> = counters.into_iter().map(|c| c.map_or(Counter::new(1, 1), |c| c.0)).collect();
    let mut world =
        World::new(keys, credentials, client, Arc::clone(&tally), stop.clone(), &custody, &counters, options.batch);
    let guns = planner.guns();
    // A quarter of a gun's time may be spent filling; the rest is for answers and the rush hours of its station.
    world.hold_ms = (guns.len() as f64 / options.rate * 250.0).min(4_000.0) as u64;
    let mut handhelds = Vec::new();
    for s in &planner.stations {
        let (way, errands) = mpsc::unbounded_channel::<Errand>();
        world.handhelds.push(s.handheld.is_some().then_some(way));
        world.guns.push(guns.iter().find(|(_, station)| planner.stations[*station].site == s.site).map(|(g, _)| *g));
        handhelds.extend(s.handheld.map(|h| (h, errands)));
    }
    let world = Arc::new(world);
    for (cylinder, steps) in under_way {
        let station = planner.stations.iter().position(|s| s.site == world.keys.cylinders[cylinder].site_id);
        if let Some(way) = station.and_then(|s| world.handhelds[s].as_ref()) {
            let _ = way.send(Errand::Turn { cylinder, steps });
        }
    }
    let mut tasks = JoinSet::new();
    for (device, errands) in handhelds {
        tasks.spawn(Handheld::new(Arc::clone(&world), device, counters[device], options.seed).run(errands));
    }
    let mut ways = BTreeMap::new();
    for (device, station) in guns {
        let (way, jobs) = mpsc::channel(QUEUE);
        ways.insert(device, way);
        tasks.spawn(Gun::new(Arc::clone(&world), device, station, counters[device]).run(jobs));
    }
    let chronicle = tokio::spawn(chronicle(Arc::clone(&world), file.clone()));
    let begun = Instant::now();
    schedule(&mut planner, &ways, &tally, stop, begun).await;
    while let Some(ended) = tasks.join_next().await {
        if let Err(e) = ended {
            tracing::error!(error = %e, "a simulated device broke down");
        }
    }
    chronicle.abort();
    remember(&world, &file);
    tally.with(|r| {
        r.elapsed_ms = begun.elapsed().as_millis() as u64;
        r.starved = planner.starved;
    });
    Ok(tally.report())
}

/// What the server knows of each device; `None` for one it refuses.
async fn progress(
    keys: &keys::KeysFile,
    credentials: &[Credentials],
    client: &Client,
    tally: &Tally,
    stop: &CancellationToken,
) -> Result<Vec<Option<(Counter, (u64, u64))>>, SimulateError> {
    let (mut out, mut refused) = (Vec::with_capacity(keys.devices.len()), None);
    for (d, who) in keys.devices.iter().zip(credentials) {
        let answer = tokio::select! {
            () = stop.cancelled() => Answer::GaveUp,
            a = client.call::<Me>(who, Route::Me, "/api/v1/devices/me", None) => a,
        };
        out.push(match answer {
            Answer::Given(me) => {
                tally.with(|r| {
                    r.devices.insert(
                        d.device_id,
                        DeviceReport { epoch: me.epoch, first_seq: me.next_seq, ..DeviceReport::default() },
                    );
                });
                Some((Counter::new(me.epoch, me.next_seq), (me.epoch, me.next_seq)))
            }
            Answer::Refused(code) => {
                tracing::warn!(device = d.device_id, code, "the server refuses a device");
                refused = Some(code);
                None
            }
            Answer::GaveUp => return Err(SimulateError::NoAnswer),
        });
    }
    match refused {
        Some(code) if out.iter().all(Option::is_none) => Err(SimulateError::Refused(code)),
        _ => Ok(out),
    }
}

/// Hands the jobs to the guns by an absolute schedule, so that a late one does not make all later ones late.
async fn schedule(
    planner: &mut Planner<'_>,
    ways: &BTreeMap<usize, mpsc::Sender<planner::Job>>,
    tally: &Tally,
    stop: &CancellationToken,
    begun: Instant,
) {
    let mut start = begun;
    loop {
        let (at, jobs) = planner.slot();
        let due = start + Duration::from_millis(at);
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = sleep_until(due) => {}
        }
        for job in jobs {
            let Some(way) = ways.get(&job.gun) else { continue };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = way.send(job) => {}
            }
        }
        let late = due.elapsed();
        if late > LAG {
            // After an outage the city goes on; it does not fill in a minute what it could not fill in ten.
            start += late;
            tally.with(|r| r.delayed_ms += late.as_millis() as u64);
        }
    }
}

/// A line on the log now and then, and the memory with it.
async fn chronicle(world: Arc<World>, file: PathBuf) {
    let mut fills = 0;
    loop {
        sleep(LINE).await;
        let r = world.tally.report();
        let rate = (r.fills_stored - fills) as f64 / LINE.as_secs_f64();
        fills = r.fills_stored;
        tracing::info!(
            fills = r.fills_stored,
            rate,
            blocked = r.attempts.get("BLOCK").copied().unwrap_or(0),
            custody = r.custody_stored,
            errors = r.errors.values().sum::<u64>(),
            retries = r.retries.values().sum::<u64>(),
            authorize_p99_ms = r.authorize.p99_ms,
            upload_p99_ms = r.upload.p99_ms,
            "simulated"
        );
        remember(&world, &file);
    }
}

fn remember(world: &World, file: &std::path::Path) {
    if let Err(e) = world.memory().save(file) {
        tracing::warn!(file = %file.display(), error = %e, "where the cylinders stand could not be kept");
    }
}
