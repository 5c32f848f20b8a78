//! `pingji verify`.

use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use data::Db;

/// Recomputes and compares. Works beside a running server: it reads one state of the record.
///
/// # Errors
/// When the database fails. Differences are no error: exit code 3.
pub async fn run(config: &Config, json: bool) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    let rules = data::rule::current(db.read()).await?;
    let report = data::verify::run(&db, &rules).await?;
    if json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        for line in &report.named {
            say(line);
        }
        say(&format!(
            "verified {} events, {} attempts, {} alerts, {} cylinders, {} counters: {} differences",
            report.events, report.attempts, report.alerts, report.cylinders, report.counters, report.differences
        ));
    }
    Ok(if report.is_clean() { Ended::Done } else { Ended::Found })
}
