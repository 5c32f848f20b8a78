//! `pingji bench detect`: recall and false alarms of every detector, over days of a city played through the server.

use super::{
    Backend,
    child::{Scratch, settings},
    postgres::Postgres,
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
    simulate::{
        Fault, Faults,
        drill::{self, Options, Outcome},
    },
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

/// Share of each fault that must be found.
const RECALL: f64 = 0.99;
/// Findings and faults named at most.
const NAMED: usize = 10;

/// Runs the drill with faults, and one without.
pub async fn run(
    config: &Config,
    options: &Options,
    clean_fills: u64,
    report: Option<&Path>,
    database: Backend,
    dir: Option<PathBuf>,
) -> Result<Ended, Failure> {
    let mut broken = vec![];
    let daily = [(Fault::Duplicate, 0.02), (Fault::Reorder, 0.02), (Fault::Cutoff, 0.01)];
    let daily = daily.into_iter().fold(Faults::none(), |all, (f, r)| all.with(f, r));
    let sound = Options { fills: clean_fills, faults: daily, ..options.clone() };
    for (what, options) in [("all faults", options), ("daily life only", &sound)] {
        if options.fills == 0 {
            continue;
        }
        let scratch = Scratch::new(dir.as_deref())?;
        let postgres = match database {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
        };
        let url = match &postgres {
            None => None,
            Some(p) => Some(p.database("pingji").await?),
        };
        let began = Instant::now();
        let outcome = drill::run(&settings(config, scratch.path(), url.as_deref()), options).await?;
        say(&format!("{}, {what}, seed {}, {:.0} s", database.name(), options.seed, began.elapsed().as_secs_f64()));
        outcome.table().lines().for_each(say);
        outcome.wrong.iter().take(NAMED).for_each(|w| say(&format!("wrong: {w}")));
        outcome.missed.iter().take(NAMED).for_each(|m| say(&format!("missed: {m:?}")));
        broken.extend(outcome.broken(RECALL).into_iter().map(|b| format!("{what}: {b}")));
        if what == "all faults"
            && let Some(path) = report
        {
            write(path, &outcome)?;
        }
    }
    verdict(&broken)
}

/// One line a fault: its key, and whether it was found.
fn write(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for x in &outcome.injected {
        serde_json::to_writer(&mut file, x)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
