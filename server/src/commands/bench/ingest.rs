//! `pingji bench ingest`: acknowledged fills a second over HTTP, beside what the database does by itself.

use super::{
    Backend,
    child::{Scratch, Server, settings},
    floor::Floor,
    gun::{self, Batch, Gun},
    postgres::Postgres,
    stats::{Histogram, median},
    verdict, world,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Guns that send batches.
const BATCH_GUNS: usize = 16;
/// Records in each of them.
const BATCH: usize = 100;
/// Guns that send one record at a time.
const SINGLE_GUNS: usize = 64;
/// Cylinders of a gun.
const CYLINDERS: usize = 300;
/// Alternations of the product and its floors.
const ROUNDS: usize = 3;

/// Shares of the floors, and of the wish, that must be reached.
const FLOOR_EVENTS: f64 = 0.3;
const FLOOR_ALL: f64 = 0.5;
const WISH: f64 = 0.5;
const SINGLES: f64 = 2_000.0;
const SINGLE_P99_MS: f64 = 50.0;

/// A gun with the number it goes on with.
struct Sender {
    gun: Gun,
    seq: u64,
}

fn bodies(sender: &mut Sender, count: usize, records: usize) -> Result<Vec<Vec<u8>>, Failure> {
    (0..count)
        .map(|_| {
            let first = sender.seq;
            sender.seq += records as u64;
            let list: Vec<_> = (first..sender.seq).map(|s| sender.gun.fill(s)).collect();
            Ok(serde_json::to_vec(&Batch { records: &list })?)
        })
        .collect()
}

/// Sends bodies of all guns at once, each gun one after another; tells records a second.
async fn send(
    http: &reqwest::Client,
    base: &str,
    work: Vec<(Gun, Vec<Vec<u8>>)>,
    records: usize,
    latency: &Arc<Histogram>,
) -> Result<f64, Failure> {
    let total: usize = work.iter().map(|(_, b)| b.len() * records).sum();
    let started = Instant::now();
    let tasks: Vec<_> = work
        .into_iter()
        .map(|(gun, bodies)| {
            let (http, base, latency) = (http.clone(), base.to_owned(), Arc::clone(latency));
            tokio::spawn(async move {
                for body in bodies {
                    let asked = Instant::now();
                    let (status, answer) = gun.post(&http, &base, "/api/v1/fills", body).await?;
                    latency.note(asked.elapsed().as_secs_f64() * 1e3);
                    let text = String::from_utf8_lossy(&answer);
                    let accepted = text.matches("\"ACCEPTED\"").count();
                    // The same cylinders are filled over and over: that breaks their chains, and nothing else may be wrong.
                    let odd =
                        text.matches("\"anomalies\"").count() - text.matches("\"anomalies\":[\"CHAIN_GAP\"]").count();
                    if status != 200 || accepted != records || odd > 0 {
                        return Err(Failure::from(format!("{status}, {accepted} of {records} accepted: {text:.300}")));
                    }
                }
                Ok(())
            })
        })
        .collect();
    for t in tasks {
        t.await??;
    }
    Ok(total as f64 / started.elapsed().as_secs_f64())
}

async fn batches(
    http: &reqwest::Client,
    base: &str,
    senders: &mut [Sender],
    each: usize,
    records: usize,
    latency: &Arc<Histogram>,
) -> Result<f64, Failure> {
    let mut work = Vec::new();
    for s in senders {
        work.push((s.gun.clone(), bodies(s, each, records)?));
    }
    send(http, base, work, records, latency).await
}

async fn group_size(server: &Server, http: &reqwest::Client) -> Result<(f64, f64), Failure> {
    Ok((server.metric(http, "pingji_group_size_sum").await?, server.metric(http, "pingji_group_size_count").await?))
}

/// Runs the measurement.
pub async fn run(config: &Config, database: Backend, seconds: f64, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let beside = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let (mut url, mut floor_url) = (None, None);
    if let Some(p) = &postgres {
        (url, floor_url) = (Some(p.database("pingji").await?), Some(p.database("floor").await?));
    }
    let floor_config = settings(config, beside.path(), floor_url.as_deref());
    let config = settings(config, scratch.path(), url.as_deref());
    let guns = world::make(&config, world::Size { guns: SINGLE_GUNS, cylinders: CYLINDERS, authorised: true }).await?;
    let mut senders: Vec<Sender> = guns.into_iter().map(|gun| Sender { gun, seq: 1 }).collect();
    let http = gun::client(Duration::from_secs(30))?;
    let server = Server::start(&config).await?;
    let none = Arc::new(Histogram::default());

    // Everything once before it counts: pages are read, statements prepared, and the rate is known roughly.
    let rough = batches(&http, &server.base, &mut senders[..BATCH_GUNS], 6, BATCH, &none).await?;
    let each = ((rough * seconds) as usize / (BATCH_GUNS * BATCH)).max(2);
    let mut floor: Option<Floor> = None;
    let (mut rates, mut events, mut whole, lag) = (vec![], vec![], vec![], Arc::new(Histogram::default()));
    let mut reached = 0.0;
    for round in 1..=ROUNDS {
        let before = group_size(&server, &http).await?;
        let rate = batches(&http, &server.base, &mut senders[..BATCH_GUNS], each, BATCH, &lag).await?;
        let after = group_size(&server, &http).await?;
        reached = (after.0 - before.0) / (after.1 - before.1).max(1.0);
        if floor.is_none() {
            floor = Some(Floor::open(&floor_config, reached.round().max(1.0) as usize).await?);
        }
        let Some(f) = &mut floor else { continue };
        let (a, b) = (f.events(seconds).await?, f.whole(seconds).await?);
        say(&format!(
            "{round}: {rate:.0} acknowledged fills/s; floor of events {a:.0}/s; floor with counters and states {b:.0}/s"
        ));
        rates.push(rate);
        events.push(a);
        whole.push(b);
    }
    let ratio = |floor: &[f64]| median(&rates.iter().zip(floor).map(|(r, f)| r / f).collect::<Vec<_>>());
    let (one, two) = (ratio(&events), ratio(&whole));
    say(&format!(
        "{}, {BATCH_GUNS} guns × batches of {BATCH}: {:.0} acknowledged fills/s (median), {}; transactions of {reached:.0}; \
         {one:.2} of the floor of events ({:.0}/s), {two:.2} of the floor with counters and states ({:.0}/s)",
        database.name(),
        median(&rates),
        lag.shown(),
        median(&events),
        median(&whole),
    ));

    let lag = Arc::new(Histogram::default());
    let rough = batches(&http, &server.base, &mut senders, 20, 1, &none).await?;
    let each = ((rough * seconds) as usize / SINGLE_GUNS).max(10);
    let before = group_size(&server, &http).await?;
    let single = batches(&http, &server.base, &mut senders, each, 1, &lag).await?;
    let after = group_size(&server, &http).await?;
    say(&format!(
        "{}, {SINGLE_GUNS} guns × single records: {single:.0} acknowledged fills/s, {}; transactions of {:.0}",
        database.name(),
        lag.shown(),
        (after.0 - before.0) / (after.1 - before.1).max(1.0),
    ));
    if one < WISH {
        say(&format!("the wish, {WISH} of the floor of events, is not reached"));
    }
    let checks = [
        (one >= FLOOR_EVENTS, format!("{one:.2} of the floor of events; {FLOOR_EVENTS} is promised")),
        (two >= FLOOR_ALL, format!("{two:.2} of the floor with counters and states; {FLOOR_ALL} is promised")),
        (single >= SINGLES, format!("{single:.0} single records/s; {SINGLES} are wanted")),
        (
            lag.percentile(0.99) <= SINGLE_P99_MS,
            format!("p99 {:.1} ms; {SINGLE_P99_MS} is wanted", lag.percentile(0.99)),
        ),
    ];
    verdict(&checks.into_iter().filter(|(ok, _)| !ok).map(|(_, why)| why).collect::<Vec<_>>())
}
