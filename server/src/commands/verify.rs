//! `pingji verify`.

use crate::{
    access::head,
    cli::{Ended, Failure, say},
    config::Config,
    store,
};
use data::{Db, secret::Master};

/// Recomputes and compares. Works beside a running server: it reads one state of the record.
///
/// # Errors
/// When the database fails. Differences are no error: exit code 3.
pub async fn run(config: &Config, json: bool) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    store::is_migrated(&db).await?;
    let rules = data::rule::current(db.read()).await?;
    let report = data::verify::run(&db, &rules).await?;
    let master = Master::new(store::master_key(config)?);
    let audit = head::verify(&db, &master, &config.data_dir.join(head::FILE)).await?;
    if json {
        let mut both = serde_json::to_value(&report)?;
        both["audit"] = serde_json::to_value(&audit)?;
        say(&serde_json::to_string_pretty(&both)?);
    } else {
        for line in report.named.iter().chain(&audit.named) {
            say(line);
        }
        say(&format!("verified {} rows of the audit log: {} differences", audit.rows, audit.named.len()));
        say(&format!(
            "verified {} events, {} attempts, {} alerts, {} cylinders, {} counters: {} differences",
            report.events, report.attempts, report.alerts, report.cylinders, report.counters, report.differences
        ));
    }
    Ok(if report.is_clean() && audit.named.is_empty() { Ended::Done } else { Ended::Found })
}
