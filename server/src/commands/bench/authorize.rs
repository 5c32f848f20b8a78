//! `pingji bench authorize`: what a question to the gate costs in a small city and in one a hundred times as large.

use super::{
    Backend,
    child::{Scratch, Server, settings},
    gun::{self, Gun},
    postgres::Postgres,
    stats::Histogram,
    verdict, world,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use data::{Db, ledger};
use domain::{clock, gate::Decision};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Questions in flight, one a gun.
const IN_FLIGHT: usize = 64;
/// What the larger city may cost at most, beside the smaller.
const RATIO: f64 = 1.5;
const MEMORY_RATIO: f64 = 1.2;

/// What was seen in a city of one size.
struct Seen {
    cylinders: usize,
    gate: Histogram,
    reply: Histogram,
    rss_kib: u64,
}

/// How large, and for how long.
pub struct Options {
    /// Cylinders of the smaller city.
    pub small: usize,
    /// … and of the larger.
    pub large: usize,
    /// Seconds of each measured part.
    pub seconds: f64,
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or the larger city costs more than is promised.
pub async fn run(config: &Config, database: Backend, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let small = city(config, database, o.small, o.seconds, dir.clone()).await?;
    let large = city(config, database, o.large, o.seconds, dir).await?;
    let mut checks = vec![];
    for (name, of) in [
        ("look-up and gate alone", (|s: &Seen| &s.gate) as fn(&Seen) -> &Histogram),
        ("the whole reply", |s: &Seen| &s.reply),
    ] {
        for (share, p) in [(0.5, "p50"), (0.99, "p99")] {
            let (a, b) = (of(&small).percentile(share), of(&large).percentile(share));
            let ratio = b / a.max(0.1);
            say(&format!("{name}, {p}: {a:.1} ms → {b:.1} ms, {ratio:.2} times; at most {RATIO} is promised"));
            checks.push((ratio <= RATIO, format!("{name}, {p}: {ratio:.2} times")));
        }
    }
    let ratio = large.rss_kib as f64 / small.rss_kib.max(1) as f64;
    say(&format!(
        "memory of the server: {} MiB → {} MiB, {ratio:.2} times; at most {MEMORY_RATIO} is promised",
        small.rss_kib / 1024,
        large.rss_kib / 1024
    ));
    checks.push((ratio <= MEMORY_RATIO, format!("memory: {ratio:.2} times")));
    verdict(&checks.into_iter().filter(|(ok, _)| !ok).map(|(_, why)| why).collect::<Vec<_>>())
}

async fn city(
    config: &Config,
    database: Backend,
    cylinders: usize,
    seconds: f64,
    dir: Option<PathBuf>,
) -> Result<Seen, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        Some(p) => Some(p.database("pingji").await?),
        None => None,
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let started = Instant::now();
    let size = world::Size { guns: IN_FLIGHT, cylinders: cylinders.div_ceil(IN_FLIGHT), authorised: false };
    let guns = world::make(&config, size).await?.guns;
    let tags: Arc<Vec<String>> = Arc::new(guns.iter().flat_map(|g| g.tags.iter().cloned()).collect());
    let loaded = started.elapsed().as_secs_f64();

    let mut seen = Seen { cylinders: tags.len(), gate: Histogram::default(), reply: Histogram::default(), rss_kib: 0 };
    seen.gate = alone(&config, &guns, &tags, seconds).await?;
    let server = Server::start(&config).await?;
    let http = gun::client(Duration::from_secs(30))?;
    // Once before it counts: connections, statements, pages.
    whole(&http, &server, &guns, &tags, (seconds / 5.0).max(1.0), "warm").await?;
    let (reply, asked) = whole(&http, &server, &guns, &tags, seconds, "run").await?;
    seen.reply = reply;
    seen.rss_kib = server.rss_kib().ok_or("the server's memory cannot be read")?;
    say(&format!(
        "{}, {} cylinders (loaded in {loaded:.0} s), {IN_FLIGHT} in flight: look-up and gate alone {} ({} questions); \
         the whole reply {} ({:.0} answers/s); {} MiB",
        database.name(),
        seen.cylinders,
        seen.gate.shown(),
        seen.gate.count(),
        seen.reply.shown(),
        asked as f64 / seconds,
        seen.rss_kib / 1024,
    ));
    Ok(seen)
}

/// Look-up and gate, without a request and without writing: as many at once as readers of the pool.
async fn alone(config: &Config, guns: &[Gun], tags: &Arc<Vec<String>>, seconds: f64) -> Result<Histogram, Failure> {
    let db = crate::store::open(config).await?.db;
    let rules = Arc::new(data::rule::current(db.read()).await?);
    let lag = Arc::new(Histogram::default());
    let ask = async |db: Db, gun: Gun, seed: u64, seconds: f64, lag: Arc<Histogram>| -> Result<(), Failure> {
        let mut random = SmallRng::seed_from_u64(seed);
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        while Instant::now() < until {
            let tag = &tags[random.random_range(0..tags.len())];
            let asked = Instant::now();
            let question = world::question(&gun, tag, gun::now_ms());
            let said = ledger::consult(&db, &rules, &question, gun::now_ms()).await?;
            lag.note(asked.elapsed().as_secs_f64() * 1e3);
            if said.decision != Decision::Allow {
                return Err(format!("{tag}: {said:?}").into());
            }
        }
        Ok(())
    };
    let warm = Arc::new(Histogram::default());
    for (seconds, lag) in [((seconds / 5.0).max(1.0), &warm), (seconds, &lag)] {
        let all = guns.iter().enumerate().map(|(i, g)| ask(db.clone(), g.clone(), i as u64, seconds, Arc::clone(lag)));
        futures_util::future::try_join_all(all).await?;
    }
    db.close().await?;
    Arc::try_unwrap(lag).map_err(|_| "the histogram is still in use".into())
}

/// Questions over HTTP, one in flight a gun, tags uniform at random: latencies, and answers.
async fn whole(
    http: &reqwest::Client,
    server: &Server,
    guns: &[Gun],
    tags: &Arc<Vec<String>>,
    seconds: f64,
    name: &'static str,
) -> Result<(Histogram, u64), Failure> {
    let (lag, answers) = (Arc::new(Histogram::default()), Arc::new(AtomicU64::new(0)));
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let tasks: Vec<_> = guns
        .iter()
        .cloned()
        .enumerate()
        .map(|(i, gun)| {
            let (http, base, tags) = (http.clone(), server.base.clone(), Arc::clone(tags));
            let (lag, answers) = (Arc::clone(&lag), Arc::clone(&answers));
            tokio::spawn(async move {
                let mut random = SmallRng::seed_from_u64(i as u64 ^ 0x9E37_79B9);
                let mut n = 0_u64;
                while Instant::now() < until {
                    n += 1;
                    let tag = tags[random.random_range(0..tags.len())].clone();
                    let question = domain::event::AuthorizeRequest {
                        at: clock::rfc3339(gun::now_ms()),
                        tag,
                        ..gun.question(format!("{name}-{n}"), 0)
                    };
                    let body = serde_json::to_vec(&question)?;
                    let asked = Instant::now();
                    let (status, answer) = gun.post(&http, &base, "/api/v1/fills/authorize", body).await?;
                    lag.note(asked.elapsed().as_secs_f64() * 1e3);
                    answers.fetch_add(1, Ordering::Relaxed);
                    let text = String::from_utf8_lossy(&answer);
                    if status != 200 || !text.contains("\"ALLOW\"") {
                        return Err(Failure::from(format!("{status}: {text:.300}")));
                    }
                }
                Ok(())
            })
        })
        .collect();
    for t in tasks {
        t.await??;
    }
    let lag = Arc::try_unwrap(lag).map_err(|_| "the histogram is still in use")?;
    Ok((lag, answers.load(Ordering::Relaxed)))
}
