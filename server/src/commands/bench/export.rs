//! `pingji bench export`: the archive as CSV and as a workbook, beside `sqlite3 -csv` or `psql \copy` of the same rows.

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
    export::{Exports, Format, Wanted},
    rules::Rules,
    store,
};
use data::export::job;
use domain::{
    clock,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// What a CSV may cost at most, beside the database's own program.
const TIMES: f64 = 5.0;
/// Memory that an export may take, KiB.
const MEMORY_KIB: u64 = 64 * 1024;

/// The same rows as the database has them: every column of the file, and the state beside it.
const ROWS: &str = "SELECT c.*, s.file, s.custody, s.flags, s.due, s.life_end, s.last_at, o.name AS owner, p.name AS station, d.name AS \
     district FROM cylinder c JOIN cylinder_state s ON s.cylinder_id = c.id JOIN org o ON o.id = c.org_id JOIN site p ON p.id = \
     c.site_id LEFT JOIN division d ON d.code = p.division ORDER BY c.id";

/// A figure of this process, KiB: `VmRSS`, or `VmHWM` for the most since [`forget`].
pub(super) fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(what)?.strip_prefix(':'));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Makes `VmHWM` begin anew. Where that is not allowed, it tells of the load, too, and the figure is only too high.
pub(super) fn forget() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or the export costs more than is promised.
pub async fn run(
    config: &Config,
    database: Backend,
    cylinders: usize,
    (dir, keep): (Option<PathBuf>, Option<PathBuf>),
) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        Some(p) => Some(p.database("city").await?),
        None => None,
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let store = store::open(&config).await?;
    let options =
        demo_scale::Options { cylinders: Some(cylinders), events: Some(cylinders * 3), stations: None, seed: 1 };
    demo_scale::city(&store.db, options).await?;
    let floor = own(&config, &scratch.path().join("floor.csv"), url.as_deref()).await?;
    say(&format!("{}: {floor:.2} s by the database's own program", database.name()));
    let rules = Rules::new(data::rule::current(store.db.read()).await?);
    let clock = Clock::default();
    let exports = Exports::new(store.db.clone(), rules, config.data_dir.join("exports"), clock.clone())?;
    let mut broken = vec![];
    for format in [Format::Csv, Format::Xlsx] {
        let wanted = Wanted {
            owner: "bench".into(),
            viewer: Viewer { scope: Scope::City },
            what: "archive".into(),
            format,
            zh: true,
            as_of: clock::local_day(clock.now()),
            filter: String::new(),
        };
        let id = exports.begin(wanted).await?;
        let before = memory("VmRSS");
        forget();
        let started = Instant::now();
        exports.step(&CancellationToken::new()).await?;
        let took = started.elapsed().as_secs_f64();
        let more = memory("VmHWM").saturating_sub(before);
        let done = job::Entity::find_by_id(id).one(store.db.read()).await?.ok_or("the job is gone")?;
        let (times, name) = (took / floor.max(1e-3), format.code());
        if let Some(keep) = &keep {
            std::fs::create_dir_all(keep)?;
            let file = config.data_dir.join("exports").join(format!("{id}.{name}"));
            std::fs::copy(file, keep.join(format!("archive.{name}")))?;
        }
        say(&format!(
            "{name}: {} rows, {} MiB in {took:.2} s, {times:.2} times; memory +{} MiB; {}",
            done.done,
            done.bytes / (1 << 20),
            more / 1024,
            done.state
        ));
        if done.state != job::DONE || done.done != cylinders as i64 {
            broken.push(format!("{name}: {} rows, {}", done.done, done.state));
        }
        if format == Format::Csv && times > TIMES {
            broken.push(format!("{name}: {times:.2} times; at most {TIMES} is promised"));
        }
        if more > MEMORY_KIB {
            broken.push(format!("{name}: +{} MiB of memory; at most 64 are promised", more / 1024));
        }
    }
    store.db.clone().close().await?;
    verdict(&broken)
}

/// Seconds that the database's own program takes for the same rows.
async fn own(config: &Config, file: &std::path::Path, url: Option<&str>) -> Result<f64, Failure> {
    let mut program = if let Some(url) = url {
        let mut c = Command::new("psql");
        c.args(["-X", "-q", url, "-c"]).arg(format!("\\copy ({ROWS}) TO '{}' CSV HEADER", file.display()));
        c
    } else {
        let mut c = Command::new("sqlite3");
        let path = config.database_url.trim_start_matches("sqlite://").split('?').next().unwrap_or_default().to_owned();
        c.args(["-readonly", "-csv", "-header", path.as_str(), ROWS]).stdout(std::fs::File::create(file)?);
        c
    };
    program.stdin(Stdio::null());
    let started = Instant::now();
    let status = tokio::task::spawn_blocking(move || program.status()).await??;
    if !status.success() {
        return Err("the database's own program failed: is sqlite3 or psql installed?".into());
    }
    Ok(started.elapsed().as_secs_f64())
}
