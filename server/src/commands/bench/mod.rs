//! `pingji bench`: what the product promises, shown on the running program: figures beside a floor of the same run,
//! and failures provoked on purpose. Each measurement starts `pingji serve` itself, on a record it throws away.

mod authorize;
mod child;
mod credit;
mod detect;
mod export;
mod floor;
mod gun;
mod hostile;
mod hostile_bodies;
mod hostile_import;
mod hostile_raw;
mod import;
mod ingest;
mod kill;
mod postgres;
mod public;
mod query;
mod sockets;
mod stats;
mod strace;
mod tasks;
mod world;

use crate::{
    cli::{Ended, Failure},
    config::Config,
    simulate::{Faults, drill},
};
use std::path::PathBuf;

/// Which database a measurement runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// A throw-away SQLite file.
    Sqlite,
    /// A throw-away PostgreSQL, started from the system's programs.
    Postgres,
}

impl Backend {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// What can be measured.
#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Kill the server (-9) under load again and again: nothing acknowledged is lost or doubled
    Kill {
        /// Kills
        #[arg(long, default_value_t = 50)]
        kills: u32,
        /// Database; on PostgreSQL every tenth kill takes the postmaster too
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Show by strace that the log is synced before the acknowledgement is sent (SQLite)
        #[arg(long)]
        strace: bool,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Play days of a city with all faults through the server: recall and false alarms of every detector
    Detect {
        /// Fills
        #[arg(long, default_value_t = 200_000)]
        fills: u64,
        /// Fills of a second city, in which nothing goes wrong that daily life does not bring
        #[arg(long, default_value_t = 50_000)]
        clean_fills: u64,
        /// Filling stations
        #[arg(long, default_value_t = 40)]
        stations: usize,
        /// Cylinders
        #[arg(long, default_value_t = 20_000)]
        cylinders: usize,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// What goes wrong: all, or a list such as lying,clone=0.01
        #[arg(long, default_value = "all")]
        faults: String,
        /// Write what was made to go wrong to this file, JSON, one line a fault
        #[arg(long)]
        report: Option<PathBuf>,
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Folder for the throw-away record
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Send hostile requests, frames and files: no 5xx, no panic, still alive
    Hostile {
        /// Requests a route
        #[arg(long, default_value_t = 500)]
        requests: usize,
        /// Folder for the throw-away record
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Acknowledged fills a second over HTTP, beside what the database does by itself
    Ingest {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Seconds of each measured part
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// A question to the gate in a small city and in a large one
    Authorize {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Cylinders of the small city
        #[arg(long, default_value_t = 10_000)]
        small: usize,
        /// Cylinders of the large city
        #[arg(long, default_value_t = 1_000_000)]
        large: usize,
        /// Seconds of each measured part
        #[arg(long, default_value_t = 15.0)]
        seconds: f64,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Every list, search, detail and analysis in a small city and in a large one, alone and at many sessions
    Query {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Cylinders of the small city
        #[arg(long, default_value_t = 10_000)]
        small: usize,
        /// Cylinders of the large city
        #[arg(long, default_value_t = 1_000_000)]
        large: usize,
        /// Events a cylinder; without it five on SQLite, twenty on PostgreSQL
        #[arg(long)]
        events: Option<usize>,
        /// Sessions that ask at once
        #[arg(long, default_value_t = 50)]
        sessions: usize,
        /// Address of a database in which `demo --scale` loaded the large city; it gets an account more
        #[arg(long)]
        loaded: Option<String>,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// The page behind a label in a large city, beside the same page as a file, and somebody who tries numbers
    Public {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Cylinders
        #[arg(long, default_value_t = 1_000_000)]
        cylinders: usize,
        /// Seconds of each round
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
        /// Random codes
        #[arg(long, default_value_t = 100_000)]
        codes: usize,
        /// Address of a database in which `demo --scale` loaded the city
        #[arg(long)]
        loaded: Option<String>,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Enterprises over years of events, graded as they arrive and in full; a change of the rules, previewed and published
    Credit {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Enterprises
        #[arg(long, default_value_t = 1_000)]
        enterprises: usize,
        /// Days of events
        #[arg(long, default_value_t = 730)]
        days: i32,
        /// Days between two looks
        #[arg(long, default_value_t = 7)]
        step: i32,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// The hourly run of the tasks in a large city: its time beside a count, how long another writer waits, and a second run that makes nothing new
    Tasks {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Cylinders
        #[arg(long, default_value_t = 1_000_000)]
        cylinders: usize,
        /// Address of a database in which `demo --scale` loaded the city; it gets an account for each enterprise, and its tasks
        #[arg(long)]
        loaded: Option<String>,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// An export of the archive beside what the database's own program writes of the same rows
    Export {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Cylinders
        #[arg(long, default_value_t = 1_000_000)]
        cylinders: usize,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Folder that the finished files are copied to, for others to read
        #[arg(long)]
        keep: Option<PathBuf>,
    },
    /// A workbook with bad rows, imported twice as the office does
    Import {
        /// Database
        #[arg(long, value_enum, default_value = "sqlite")]
        database: Backend,
        /// Rows
        #[arg(long, default_value_t = 100_000)]
        rows: usize,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder for the throw-away record, on a real disk
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Many sockets under load, some of which stop reading
    Sockets {
        /// Sockets
        #[arg(long, default_value_t = 1_000)]
        sockets: usize,
        /// Fills a second
        #[arg(long, default_value_t = 200)]
        rate: u32,
        /// Sockets that stop reading
        #[arg(long, default_value_t = 100)]
        stalled: usize,
        /// For how long
        #[arg(long, default_value_t = 60.0)]
        stall_seconds: f64,
        /// Seconds of the whole measurement
        #[arg(long, default_value_t = 600.0)]
        seconds: f64,
        /// Folder for the throw-away record
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

/// Runs a measurement.
///
/// # Errors
/// When it cannot run, or what it shows is not as promised.
pub async fn run(config: &Config, command: Bench) -> Result<Ended, Failure> {
    match command {
        Bench::Kill { kills, database, strace, dir } => kill::run(config, kills, database, strace, dir).await,
        Bench::Detect { fills, clean_fills, stations, cylinders, seed, faults, report, database, dir } => {
            let faults = if faults.trim() == "all" { Faults::every() } else { faults.parse()? };
            let options = drill::Options { fills, stations, cylinders, seed, faults };
            detect::run(config, &options, clean_fills, report.as_deref(), database, dir).await
        }
        Bench::Hostile { requests, dir } => hostile::run(config, requests, dir).await,
        Bench::Ingest { database, seconds, dir } => ingest::run(config, database, seconds, dir).await,
        Bench::Authorize { database, small, large, seconds, dir } => {
            authorize::run(config, database, &authorize::Options { small, large, seconds }, dir).await
        }
        Bench::Query { database, small, large, events, sessions, loaded, dir } => {
            query::run(config, database, &query::Options { small, large, events, sessions, loaded }, dir).await
        }
        Bench::Public { database, cylinders, seconds, codes, loaded, dir } => {
            public::run(config, database, &public::Options { cylinders, seconds, codes, loaded }, dir).await
        }
        Bench::Credit { database, enterprises, days, step, seed, dir } => {
            credit::run(config, database, &credit::Options { enterprises, days, step, seed }, dir).await
        }
        Bench::Tasks { database, cylinders, loaded, dir } => {
            tasks::run(config, database, &tasks::Options { cylinders, loaded }, dir).await
        }
        Bench::Export { database, cylinders, dir, keep } => export::run(config, database, cylinders, (dir, keep)).await,
        Bench::Import { database, rows, seed, dir } => import::run(config, database, (rows, seed), dir).await,
        Bench::Sockets { sockets, rate, stalled, stall_seconds, seconds, dir } => {
            sockets::run(config, &sockets::Options { sockets, rate, stalled, stall_seconds, seconds }, dir).await
        }
    }
}

/// Ends a measurement: failed when anything was not as promised.
fn verdict(broken: &[String]) -> Result<Ended, Failure> {
    if broken.is_empty() {
        crate::cli::say("PASS");
        return Ok(Ended::Done);
    }
    for b in broken {
        crate::cli::say(&format!("FAIL {b}"));
    }
    Err(format!("{} of the promises were not kept", broken.len()).into())
}
