//! `pingji bench ingest`: acknowledged fills a second over HTTP, beside what the database does by itself.
//!
//! Every fill is lawful: the guns fill each of their cylinders once, then handhelds tell that these were checked, shipped, delivered
//! and brought back, and only then are they filled again. What the guns sent counts, what the handhelds sent does not.

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
use domain::event::EventKind;
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
const CYLINDERS: usize = 400;
/// The way of a cylinder from one fill to the next.
const WAY: [EventKind; 4] = [EventKind::Ship, EventKind::Deliver, EventKind::Collect, EventKind::ReceiveEmpty];
/// Alternations of the product and its floors.
const ROUNDS: usize = 3;

/// Shares of the floors, and of the wish, that must be reached.
const FLOOR_EVENTS: f64 = 0.3;
const FLOOR_ALL: f64 = 0.5;
const WISH: f64 = 0.5;
const SINGLES: f64 = 2_000.0;
const SINGLE_P99_MS: f64 = 50.0;

/// A gun and its handheld, with the numbers they go on with.
struct Sender {
    gun: Gun,
    seq: u64,
    handheld: Gun,
    handheld_seq: u64,
}

impl Sender {
    /// Fills of all its cylinders in turn, beginning with the nth, in requests of so many records.
    fn fills(&mut self, count: usize, records: usize) -> Result<Vec<Vec<u8>>, Failure> {
        (0..count)
            .map(|_| {
                let first = self.seq;
                self.seq += records as u64;
                let list: Vec<_> = (first..self.seq).map(|s| self.gun.fill(s)).collect();
                Ok(serde_json::to_vec(&Batch { records: &list })?)
            })
            .collect()
    }

    /// Where its cylinders go after they were filled, from the one that the fill of this number filled.
    fn way(&mut self, first: u64, count: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let mut out = Vec::new();
        for kind in WAY {
            let numbers: Vec<u64> = (first..first + count as u64).collect();
            for part in numbers.chunks(BATCH) {
                let list: Vec<_> =
                    part.iter().zip(self.handheld_seq..).map(|(n, seq)| self.handheld.told(seq, kind, *n)).collect();
                self.handheld_seq += part.len() as u64;
                out.push(serde_json::to_vec(&Batch { records: &list })?);
            }
        }
        Ok(out)
    }
}

/// Sends bodies of all devices at once, each device one after another; tells the seconds it took.
async fn send(
    http: &reqwest::Client,
    base: &str,
    path: &'static str,
    work: Vec<(Gun, Vec<Vec<u8>>)>,
    latency: &Arc<Histogram>,
) -> Result<f64, Failure> {
    let started = Instant::now();
    let tasks: Vec<_> = work
        .into_iter()
        .map(|(gun, bodies)| {
            let (http, base, latency) = (http.clone(), base.to_owned(), Arc::clone(latency));
            tokio::spawn(async move {
                for body in bodies {
                    let asked = Instant::now();
                    let (status, answer) = gun.post(&http, &base, path, body).await?;
                    latency.note(asked.elapsed().as_secs_f64() * 1e3);
                    let text = String::from_utf8_lossy(&answer);
                    let accepted = text.matches("\"ACCEPTED\"").count();
                    // Nothing may be wrong with a fill: writing down what is wrong would be measured too.
                    let all = text.matches("\"status\":").count();
                    if status != 200 || accepted != all || text.contains("\"anomalies\"") {
                        return Err(Failure::from(format!("{status}, {accepted} of {all} accepted: {text:.300}")));
                    }
                }
                Ok(())
            })
        })
        .collect();
    for t in tasks {
        t.await??;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// What was reached.
struct Reached {
    /// Fills a second.
    rate: f64,
    /// Fills in a transaction.
    group: f64,
}

/// Fills `each` cylinders a gun, in requests of so many records.
async fn fill(
    http: &reqwest::Client,
    server: &Server,
    senders: &mut [Sender],
    each: usize,
    records: usize,
    latency: &Arc<Histogram>,
) -> Result<Reached, Failure> {
    let base = server.base.as_str();
    let (mut left, mut took, mut filled, mut groups) = (each, 0.0, 0, (0.0, 0.0));
    let none = Arc::new(Histogram::default());
    while left > 0 {
        // No cylinder twice before it was away.
        let part = left.min(CYLINDERS / records * records);
        let (mut work, mut way) = (Vec::new(), Vec::new());
        for s in senders.iter_mut() {
            let first = s.seq;
            work.push((s.gun.clone(), s.fills(part / records, records)?));
            way.push((s.handheld.clone(), s.way(first, part)?));
        }
        let before = group_size(server, http).await?;
        took += send(http, base, "/api/v1/fills", work, latency).await?;
        let after = group_size(server, http).await?;
        groups = (groups.0 + after.0 - before.0, groups.1 + after.1 - before.1);
        send(http, base, "/api/v1/events", way, &none).await?;
        filled += part * senders.len();
        left -= part;
    }
    Ok(Reached { rate: filled as f64 / took, group: groups.0 / groups.1.max(1.0) })
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
    let size = world::Size { guns: SINGLE_GUNS, cylinders: CYLINDERS, authorised: true };
    let world::Devices { guns, handhelds } = world::make(&config, size).await?;
    let mut senders: Vec<Sender> = guns
        .into_iter()
        .zip(handhelds)
        .map(|(gun, handheld)| Sender { gun, seq: 1, handheld, handheld_seq: 1 })
        .collect();
    let http = gun::client(Duration::from_secs(30))?;
    let server = Server::start(&config).await?;
    let none = Arc::new(Histogram::default());

    // Everything once before it counts: pages are read, statements prepared, and the rate is known roughly.
    let rough = fill(&http, &server, &mut senders[..BATCH_GUNS], CYLINDERS, BATCH, &none).await?.rate;
    let each = ((rough * seconds) as usize / (BATCH_GUNS * BATCH)).max(2) * BATCH;
    let mut floor: Option<Floor> = None;
    let (mut rates, mut events, mut whole, lag) = (vec![], vec![], vec![], Arc::new(Histogram::default()));
    let mut reached = 0.0;
    for round in 1..=ROUNDS {
        let Reached { rate, group } = fill(&http, &server, &mut senders[..BATCH_GUNS], each, BATCH, &lag).await?;
        reached = group;
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
    let rough = fill(&http, &server, &mut senders, 20, 1, &none).await?.rate;
    let each = ((rough * seconds) as usize / SINGLE_GUNS).clamp(10, CYLINDERS);
    let Reached { rate: single, group } = fill(&http, &server, &mut senders, each, 1, &lag).await?;
    say(&format!(
        "{}, {SINGLE_GUNS} guns × single records: {single:.0} acknowledged fills/s, {}; transactions of {group:.0}",
        database.name(),
        lag.shown(),
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
