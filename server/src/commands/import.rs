//! `pingji import`: a table into the record. A second run changes nothing.

use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    import::{self, Report, preset},
    imports::{self, Chunk},
    store,
};
use data::{Db, WriteTxn, import::next_run, ledger, org, reference};
use domain::{
    import::{Head, Stage},
    scope::Scope,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Records in one transaction.
const CHUNK: usize = 10_000;

/// Imports a file.
///
/// # Errors
/// When the file cannot be read, its columns do not fit, or the database fails. Quarantined rows are no error: exit code 3.
pub async fn run(config: &Config, preset: &str, file: &Path, owner: &str, json: bool) -> Result<Ended, Failure> {
    let Some(preset) = preset::find(preset) else {
        let names: Vec<&str> = preset::PRESETS.iter().map(|p| p.id).collect();
        return Err(format!("there is no preset `{preset}`; there are {}", names.join(", ")).into());
    };
    let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let table = import::read_table(&bytes, &name)?;
    let store = store::open(config).await?;
    let report =
        take(&store.db, preset, &table, &hex::encode(Sha256::digest(&bytes)), owner, Clock::default().now()).await?;
    say(&if json { serde_json::to_string_pretty(&report)? } else { report.to_string() });
    Ok(if report.quarantined == 0 { Ended::Done } else { Ended::Found })
}

/// The owner of what is imported, made where no organisation has the name.
async fn owner_of(txn: &WriteTxn, owner: &str) -> Result<i64, Failure> {
    let found = org::Entity::find().filter(org::Column::Name.eq(owner)).one(txn).await?;
    let new =
        || org::New { name: owner.into(), kind: "filler".into(), division: reference::CITY, ..org::New::default() };
    Ok(match found {
        Some(o) => o.id,
        None => org::insert(txn, new()).await?,
    })
}

/// Takes a table into the record and tells what became of it.
///
/// # Errors
/// As [`run`].
pub async fn take(
    db: &Db,
    preset: &'static preset::Preset,
    table: &import::Table,
    file_hash: &str,
    owner: &str,
    now: i64,
) -> Result<Report, Failure> {
    let rules = data::rule::current(db.read()).await?;
    let txn = db.begin_write().await?;
    let org = owner_of(&txn, owner).await?;
    let place = imports::place(&txn, preset, (org, owner), now).await?;
    let run = next_run(&txn).await?;
    txn.commit().await?;

    let (ctx, reference) = imports::context(db, &rules, place, now).await?;
    let plan = import::plan_with(preset, table, &ctx, &reference)?;
    let (plan, mut report) = imports::settle(db, org, plan).await?;
    let mut rest = plan.planned.into_iter().peekable();
    while rest.peek().is_some() {
        let chunk = Chunk { run, device: place.device, planned: rest.by_ref().take(CHUNK).collect() };
        let txn = db.begin_write().await?;
        let entries = chunk.entries(&txn).await?;
        let done = ledger::commit(&txn, &rules, &[], &entries, now).await?;
        let refused = chunk.keep(&txn, &entries, &done.outcomes).await?;
        txn.commit().await?;
        chunk.tell(&refused, &mut report);
    }
    let mut rest = plan.listed.into_iter().peekable();
    while rest.peek().is_some() {
        imports::list(db, run, rest.by_ref().take(CHUNK).collect()).await?;
    }
    let head = Head { columns: table.header.clone(), is_1904: table.is_1904 };
    let row = data::import::run::Model {
        id: run,
        preset: preset.id.to_owned(),
        file: table.name.clone(),
        file_hash: file_hash.to_owned(),
        at: now,
        ended_at: Some(now),
        report: serde_json::to_string(&report.short())?,
        org_id: org,
        scope: Scope::City.to_string(),
        stage: Stage::Done.code().to_owned(),
        done: report.new.into(),
        total: report.new.into(),
        head: serde_json::to_string(&head)?,
        chosen: "[]".into(),
        ..data::import::run::Model::default()
    };
    let txn = db.begin_write().await?;
    data::import::run::insert(&txn, row).await?;
    data::import::aside::insert(&txn, imports::asides(run, &report)).await?;
    txn.commit().await?;
    Ok(report)
}
