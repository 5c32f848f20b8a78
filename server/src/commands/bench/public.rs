//! `pingji bench public`: the page behind a label in a large city: its weight, its time, how many a second beside the same page as a file
//! that the same process serves; and what becomes of whoever tries numbers.

use super::{
    Backend,
    child::{Scratch, Server, settings},
    gun,
    postgres::Postgres,
    stats::{Histogram, median},
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    commands::demo_scale,
    config::Config,
    store,
};
use data::{Db, credit, rule, secret::Master};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Requests in flight.
const IN_FLIGHT: usize = 32;
/// Pages of cylinders that are asked for in turn.
const PAGES: usize = 20_000;
/// Rounds of both, in turn.
const ROUNDS: usize = 3;
/// Share of the file's requests a second that the page has at least.
const SHARE: f64 = 0.25;
/// What is wished for.
const WISH: f64 = 0.5;
/// Ledger numbers that are caught up with in one transaction.
const BATCH: u64 = 20_000;
/// What a page may weigh, bytes.
const WEIGHT: usize = 30 * 1024;
/// Times that a neighbour of whoever tries numbers may wait longer for his own page.
const UNDISTURBED: f64 = 3.0;

/// How large, and for how long.
pub struct Options {
    /// Cylinders.
    pub cylinders: usize,
    /// Seconds of each round.
    pub seconds: f64,
    /// Random codes.
    pub codes: usize,
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
    let site = scratch.path().join("site");
    fs::create_dir_all(&site)?;
    let config = Config { site_dir: site.clone(), ..settings(config, scratch.path(), url.as_deref()) };
    let (tags, known) = {
        let store = store::open(&config).await?;
        let plan = if o.loaded.is_some() {
            demo_scale::loaded(&store.db).await?
        } else {
            let options = demo_scale::Options { cylinders: Some(o.cylinders), events: None, stations: None, seed: 1 };
            demo_scale::city(&store.db, options).await?
        };
        settle(&store.db).await?;
        let tag = |n: usize| plan.file(n.wrapping_mul(7_919) % plan.cylinders().max(1)).map(|f| f.tag);
        ((0..PAGES).filter_map(tag).collect::<Vec<_>>(), plan.cylinders())
    };
    let master = Master::new(store::master_key(&config)?);
    let paths: Vec<String> = tags.iter().map(|t| format!("/q/{t}?k={}", master.label_token(t))).collect();
    let server = Server::start(&config).await?;
    let http = gun::client(Duration::from_secs(30))?;
    let mut broken = vec![];

    let first = paths.first().ok_or("the city has no cylinders")?;
    let page = http.get(format!("{}{first}", server.base)).send().await?.error_for_status()?.bytes().await?;
    say(&format!(
        "{}, {known} cylinders: a page of {} bytes; at most {WEIGHT} are promised",
        database.name(),
        page.len()
    ));
    if page.len() > WEIGHT {
        broken.push(format!("a page of {} bytes", page.len()));
    }
    fs::write(site.join("page.html"), &page)?;
    let file = vec!["/page.html".to_owned()];
    let alone = Histogram::default();
    for path in paths.iter().take(500) {
        alone.note(timed(&http, &server.base, path).await?);
    }
    say(&format!("alone, to the last byte: {}", alone.shown()));

    let (file, paths) = (Arc::new(file), Arc::new(paths));
    // Once before it counts: connections, statements, pages of the database.
    round(&http, &server, &paths, o.seconds / 2.0, Arc::default()).await?;
    let (mut files, mut pages) = (vec![], vec![]);
    let crowd = Arc::new(Histogram::default());
    for _ in 0..ROUNDS {
        files.push(round(&http, &server, &file, o.seconds, Arc::default()).await?);
        pages.push(round(&http, &server, &paths, o.seconds, Arc::clone(&crowd)).await?);
    }
    let (f, p) = (median(&files), median(&pages));
    let share = p / f.max(1.0);
    say(&format!(
        "{IN_FLIGHT} in flight: the page {p:.0}/s ({}), the same as a file {f:.0}/s: {share:.2} of it; at least {SHARE} is promised, {WISH} \
         wished for",
        crowd.shown()
    ));
    if share < SHARE {
        broken.push(format!("{share:.2} of the file's requests a second"));
    }
    guesses(&server, &paths, o.codes, &mut broken).await?;
    verdict(&broken)
}

/// Lets what follows the record catch up with what was loaded: a server would do it beside the pages, for minutes, and years do not come at once.
async fn settle(db: &Db) -> Result<(), Failure> {
    let (rules, now) = (rule::current(db.read()).await?, Clock::default().now());
    while credit::run(db, &rules, now, BATCH).await?.more {}
    Ok(())
}

/// Asks once: ms to the last byte.
async fn timed(http: &reqwest::Client, base: &str, path: &str) -> Result<f64, Failure> {
    let started = Instant::now();
    http.get(format!("{base}{path}")).send().await?.error_for_status()?.bytes().await?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

/// Requests a second.
async fn round(
    http: &reqwest::Client,
    server: &Server,
    paths: &Arc<Vec<String>>,
    seconds: f64,
    told: Arc<Histogram>,
) -> Result<f64, Failure> {
    let (next, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (http, base, paths, next, told) =
            (http.clone(), server.base.clone(), Arc::clone(paths), Arc::clone(&next), Arc::clone(&told));
        tasks.spawn(async move {
            while started.elapsed().as_secs_f64() < seconds {
                let n = next.fetch_add(1, Ordering::Relaxed) as usize;
                let path = paths.get(n % paths.len().max(1)).cloned().unwrap_or_default();
                told.note(timed(&http, &base, &path).await.map_err(|e| e.to_string())?);
            }
            Ok::<(), String>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(next.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

/// Somebody tries random codes, while a neighbour behind another address asks for what he has.
async fn guesses(
    server: &Server,
    paths: &Arc<Vec<String>>,
    codes: usize,
    broken: &mut Vec<String>,
) -> Result<(), Failure> {
    let from = |last: u8| -> Result<reqwest::Client, Failure> {
        Ok(reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .local_address(std::net::IpAddr::from([127, 0, 0, last]))
            .tls_certs_only(std::iter::empty())
            .build()?)
    };
    let (thief, neighbour) = (from(2)?, from(3)?);
    let before = Histogram::default();
    for path in paths.iter().take(300) {
        before.note(timed(&neighbour, &server.base, path).await?);
    }
    let started = Instant::now();
    let tries = async {
        let mut random = SmallRng::seed_from_u64(7);
        let mut seen = [0_u64; 4];
        for _ in 0..codes {
            let code: u64 = random.random_range(0..100_000_000_000);
            let status = thief.get(format!("{}/q/{code:011}", server.base)).send().await?.status().as_u16();
            seen[match status {
                200 => 0,
                404 => 1,
                429 => 2,
                _ => 3,
            }] += 1;
        }
        Ok::<_, Failure>(seen)
    };
    let during = Histogram::default();
    let asks = async {
        // A label, and a number without a token, as an old label has it: neither is slowed down.
        for path in paths.iter().cycle() {
            during.note(timed(&neighbour, &server.base, path).await?);
            let bare = path.split('?').next().unwrap_or_default();
            if during.count().is_multiple_of(10) {
                timed(&neighbour, &server.base, bare).await?;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<(), Failure>(())
    };
    let [found, missed, slowed, other] = tokio::select! {
        seen = tries => seen?,
        failed = asks => return failed,
    };
    say(&format!(
        "{codes} random codes in {:.0} s: {found} found, {missed} told that they lead nowhere, {slowed} sent away, {other} otherwise",
        started.elapsed().as_secs_f64()
    ));
    let (a, b) = (before.percentile(0.95), during.percentile(0.95));
    say(&format!("a neighbour meanwhile, p95: {a:.1} → {b:.1} ms; at most {UNDISTURBED} times is promised"));
    // Some are told before the allowance is used up; random numbers meet one of a hundred thousand million.
    for (bad, why) in [
        (found > 1, format!("{found} random codes were found")),
        (other > 0, format!("{other} random codes got another answer")),
        (slowed * 10 < codes as u64 * 9, format!("only {slowed} of {codes} were sent away")),
        (b > a.max(5.0) * UNDISTURBED, format!("a neighbour waited {b:.1} ms instead of {a:.1}")),
    ] {
        if bad {
            broken.push(why);
        }
    }
    Ok(())
}
