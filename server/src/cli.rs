//! The command line: one binary `pingji`.

use crate::{
    commands,
    config::{Config, Flags},
    simulate,
};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// 瓶迹 Pingji: every gas cylinder of a city traceable, every unsafe one visible before it is filled.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was found (differences, quarantined rows).
#[derive(Debug, Parser)]
#[command(name = "pingji", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Settings.
    #[command(flatten)]
    pub flags: Flags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve: API, feed, wall and pages, until SIGINT or SIGTERM
    Serve,
    /// Bring the database to the present schema
    Migrate,
    /// Load a demonstration city, marked as such on screen
    Demo {
        /// Cylinders: 20,000, with --scale 1,000,000
        #[arg(long)]
        cylinders: Option<usize>,
        /// Filling stations: 40, with --scale 400
        #[arg(long)]
        stations: Option<usize>,
        /// Days of history
        #[arg(long, default_value_t = 30, conflicts_with = "scale")]
        days: u32,
        /// Four years of a large city; goes on with one that was broken off
        #[arg(long)]
        scale: bool,
        /// Events: five a cylinder on SQLite, twenty on PostgreSQL
        #[arg(long, requires = "scale")]
        events: Option<usize>,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Play the guns of a demonstration city against a running server
    Simulate {
        /// The server
        #[arg(long)]
        url: String,
        /// The file of keys that `demo` wrote
        #[arg(long)]
        keys: PathBuf,
        /// Fills a second, city-wide
        #[arg(long, default_value_t = 1.0)]
        rate: f64,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Seconds; without it until stopped
        #[arg(long)]
        duration: Option<f64>,
        /// What goes wrong: none, all, or a list such as missing,clone=0.01
        #[arg(long, default_value = "none")]
        faults: String,
        /// Records in an upload of a gun
        #[arg(long, default_value_t = 1)]
        batch: usize,
        /// Simulated hour of the start
        #[arg(long, default_value_t = 9.0)]
        start_hour: f64,
    },
    /// Import a table: CSV or XLSX
    Import {
        /// in-use, archive, history, history-431325, customers, orders, recovery, tags
        #[arg(long)]
        preset: String,
        /// The file
        file: PathBuf,
        /// Owner of the cylinders: the name of an organisation, made if it is not there
        #[arg(long, default_value = "导入单位")]
        org: String,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Recompute everything from the ledger and name each difference
    Verify {
        /// Print the report as JSON
        #[arg(long, conflicts_with = "pack")]
        json: bool,
        /// Check a pack of evidence instead: hashes, signature, and equality with the record where there is one
        #[arg(long)]
        pack: Option<PathBuf>,
        /// Public key that must have signed the pack, hex; without it the key of this data folder
        #[arg(long, requires = "pack")]
        key: Option<String>,
    },
    /// Paired displays
    Display {
        /// What to do with them
        #[command(subcommand)]
        command: DisplayCommand,
    },
    /// Accounts: who may sign in
    Account {
        /// What to do with them
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Let the gate pass a reason for some hours, as a regulator, with a reason of your own
    Override {
        /// What to do with them
        #[command(subcommand)]
        command: OverrideCommand,
    },
    /// Fillers and their certificates
    Operator {
        /// What to do with them
        #[command(subcommand)]
        command: OperatorCommand,
    },
    /// Enter until when a gun's scale is verified
    Scale {
        /// Device id
        device: i64,
        /// Last day, such as 2027-01-31, or none
        #[arg(long)]
        until: String,
    },
    /// Enter until when an organisation is insured
    Insurance {
        /// Organisation id
        org: i64,
        /// Last day, such as 2027-01-31, or none
        #[arg(long)]
        until: String,
    },
    /// Revoke a device: its signatures count no more
    RevokeDevice {
        /// Device id
        id: i64,
    },
    /// Measure, each figure beside a floor of the same run
    Bench {
        /// What to measure
        #[command(subcommand)]
        command: commands::bench::Bench,
    },
}

/// What can be done with displays.
#[derive(Debug, Subcommand)]
pub enum DisplayCommand {
    /// Print a new one-time link
    Pair,
    /// List those that are paired
    List,
    /// Revoke one: its screens go dark within seconds
    Revoke {
        /// Display id
        id: i64,
    },
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make one and print its first password, to be changed at the first sign-in
    Create {
        /// Login name: 3 to 32 small letters, digits or . - _
        #[arg(long)]
        login: String,
        /// Name of the person
        #[arg(long)]
        name: String,
        /// Roles, such as duty_officer
        #[arg(long, value_delimiter = ',')]
        role: Vec<String>,
        /// What part of the record it may see: city, district:CODE or org:ID
        #[arg(long, default_value = "city")]
        scope: String,
    },
    /// Print a new first password; the account's sessions end
    Reset {
        /// Login name
        login: String,
        /// Take its second factor away, too: it was lost
        #[arg(long)]
        factor: bool,
    },
    /// Unlock one after too many failures
    Unlock {
        /// Login name
        login: String,
    },
    /// List them all
    List,
}

/// What can be done with overrides.
#[derive(Debug, Subcommand)]
pub enum OverrideCommand {
    /// Enter one: it holds from now on
    Add {
        /// Reason of the gate, such as PRECHECK_STALE
        #[arg(long)]
        reason: String,
        /// For what: org:ID, site:ID, device:ID, or tag:TAG for one cylinder
        #[arg(long)]
        scope: String,
        /// Why
        #[arg(long)]
        why: String,
        /// Who answers for it
        #[arg(long)]
        by: String,
        /// For how many hours
        #[arg(long)]
        hours: i64,
    },
    /// List those in force
    List,
    /// End one now
    End {
        /// Its id
        id: i64,
    },
}

/// What can be done with fillers.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Enter one, or the new certificate of one
    Put {
        /// Organisation id
        #[arg(long)]
        org: i64,
        /// Code, as guns and handhelds send it
        #[arg(long)]
        code: String,
        /// Last day of the certificate, such as 2027-01-31, or none
        #[arg(long)]
        until: String,
        /// Media it covers
        #[arg(long, value_delimiter = ',')]
        media: Vec<String>,
    },
    /// List those of an organisation
    List {
        /// Organisation id
        #[arg(long)]
        org: i64,
    },
}

/// How a command ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Done,
    /// Done, and something was found that needs a person.
    Found,
}

/// An error for whoever called.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

fn logging(filter: &str) -> Result<(), Failure> {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("setting log: {e}"))?;
    // stderr: stdout carries what a command answers. JSON where no person looks.
    let json = !std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        builder.json().flatten_event(true).init();
    } else {
        builder.init();
    }
    Ok(())
}

/// Prints a line to standard output. A closed pipe is no failure: whoever read has what it wanted.
pub fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

async fn run(cli: Cli) -> Result<Ended, Failure> {
    let config = Config::load(cli.flags, std::env::vars())?;
    logging(&config.log)?;
    // rustls is built with one provider only; a second installation would be a mistake of ours.
    drop(rustls::crypto::ring::default_provider().install_default());
    tracing::info!(
        database = %config.database_shown(), data_dir = %config.data_dir.display(), listen = %config.listen, site_dir = %config.site_dir.display(),
        city = config.city, tls = config.tls.is_some(), "settings"
    );
    match cli.command {
        Command::Serve => {
            crate::serve::run(&config, say).await?;
            Ok(Ended::Done)
        }
        Command::Migrate => {
            crate::store::open(&config).await?;
            say("schema is up to date");
            Ok(Ended::Done)
        }
        Command::Demo { cylinders, stations, scale: true, events, seed, .. } => {
            let options = commands::demo_scale::Options { cylinders, events, stations, seed };
            commands::demo_scale::run(&config, options).await
        }
        Command::Demo { cylinders, stations, days, seed, .. } => {
            let cylinders = cylinders.unwrap_or(crate::demo::city::CYLINDERS);
            let stations = stations.unwrap_or(crate::demo::city::STATIONS);
            commands::demo::run(&config, cylinders, stations, days, seed).await
        }
        Command::Simulate { url, keys, rate, seed, duration, faults, batch, start_hour } => {
            let faults: simulate::Faults = faults.parse()?;
            if let Some(f) = faults.not_live() {
                let word = f.word();
                return Err(format!(
                    "--faults: {word} takes hours to show: `pingji bench detect --faults {word}` plays them in minutes"
                )
                .into());
            }
            let options = simulate::Options {
                rate,
                seed,
                duration: duration
                    .map(Duration::try_from_secs_f64)
                    .transpose()
                    .map_err(|e| format!("--duration: {e}"))?,
                faults,
                batch,
                start_hour,
                ..simulate::Options::new(url, keys)
            };
            let report = simulate::run(options).await?;
            say(&serde_json::to_string_pretty(&report)?);
            Ok(Ended::Done)
        }
        Command::Import { preset, file, org, json } => commands::import::run(&config, &preset, &file, &org, json).await,
        Command::Verify { pack: Some(file), key, .. } => {
            commands::verify_pack::run(&config, &file, key.as_deref()).await
        }
        Command::Verify { json, .. } => commands::verify::run(&config, json).await,
        Command::Display { command } => commands::display::run(&config, command).await,
        Command::Account { command } => commands::account::run(&config, command).await,
        Command::Override { command } => commands::papers::overrides(&config, command).await,
        Command::Operator { command } => commands::papers::operators(&config, command).await,
        Command::Scale { device, until } => commands::papers::scale(&config, device, &until).await,
        Command::Insurance { org, until } => commands::papers::insurance(&config, org, &until).await,
        Command::RevokeDevice { id } => commands::display::revoke_device(&config, id).await,
        Command::Bench { command } => commands::bench::run(&config, command).await,
    }
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => return failed(&e.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Found) => ExitCode::from(3),
        Err(e) => failed(&e),
    }
}

#[allow(clippy::print_stderr, reason = "the last word of a failed command is for the person who gave it")]
fn failed(e: &Failure) -> ExitCode {
    eprintln!("pingji: {e}");
    ExitCode::FAILURE
}
