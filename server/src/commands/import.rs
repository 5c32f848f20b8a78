//! `pingji import`: a table into the record. A second run changes nothing.

use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    import::{self, Ctx, Planned, Report, preset},
    store,
};
use data::{
    Db, WriteTxn, device,
    import::{Model as Row, aside, known, next_run, put, put_run},
    ledger::{self, Outcome},
    org, site,
};
use domain::{clock::local_date, rules::RuleSet};
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

/// The owner of what is imported, with a site that stands for no place.
async fn place(txn: &WriteTxn, owner: &str, city: i32) -> Result<(i64, i64), Failure> {
    let found = org::Entity::find().filter(org::Column::Name.eq(owner)).one(txn).await?;
    let org = match found {
        Some(o) => o.id,
        None => {
            org::insert(
                txn,
                org::New { name: owner.into(), kind: "filler".into(), division: city, ..org::New::default() },
            )
            .await?
        }
    };
    let found = site::Entity::find()
        .filter(site::Column::OrgId.eq(org))
        .filter(site::Column::Kind.eq(site::VIRTUAL))
        .one(txn)
        .await?;
    let site = match found {
        Some(s) => s.id,
        None => {
            let new = site::New {
                org_id: org,
                name: format!("{owner}(导入)"),
                kind: site::VIRTUAL.into(),
                division: city,
                ..site::New::default()
            };
            site::insert(txn, new).await?
        }
    };
    Ok((org, site))
}

/// Takes a table into the record and tells what became of it.
///
/// # Errors
/// As [`run`].
pub async fn take(
    db: &Db,
    preset: &preset::Preset,
    table: &import::Table,
    file_hash: &str,
    owner: &str,
    now: i64,
) -> Result<Report, Failure> {
    let rules = data::rule::current(db.read()).await?;
    let txn = db.begin_write().await?;
    let (org, site) = place(&txn, owner, data::reference::CITY).await?;
    let device = device::importer(&txn, &format!("import:{}:{org}", preset.id), site, now).await?;
    let ctx =
        Ctx { org, site, device, as_of: local_date(now), rules: rules.clone(), medium: "LPG".into(), facts: None };
    let plan = import::plan(preset, table, &ctx)?;
    let keys: Vec<String> = plan.planned.iter().map(|p| p.key.clone()).collect();
    let (plan, mut report) = plan.settle(&known(&txn, &keys).await?);
    let run = next_run(&txn).await?;
    txn.commit().await?;

    let mut rest = plan.planned.into_iter().peekable();
    while rest.peek().is_some() {
        let chunk: Vec<Planned> = rest.by_ref().take(CHUNK).collect();
        commit(db, &rules, run, device, chunk, now, &mut report).await?;
    }
    let lines = report
        .aside
        .iter()
        .enumerate()
        .map(|(i, q)| aside::Model {
            run_id: run,
            // A record that no single row tells has line 0; the key needs each only once.
            line: i32::try_from(if q.line == 0 { u32::MAX / 2 - u32::try_from(i).unwrap_or(0) } else { q.line })
                .unwrap_or(i32::MAX),
            raw: serde_json::to_string(&q.raw).unwrap_or_default(),
            reason_zh: q.reason_zh.clone(),
            reason_en: q.reason_en.clone(),
            suggestion: q.suggestion.clone(),
        })
        .collect();
    put_run(db.writer(), run, (preset.id, &table.name, file_hash, now, serde_json::to_string(&report)?), lines).await?;
    Ok(report)
}

/// Commits one chunk: the records and the keys by which a second run knows them, in one transaction.
async fn commit(
    db: &Db,
    rules: &RuleSet,
    run: i64,
    device: i64,
    mut chunk: Vec<Planned>,
    now: i64,
    report: &mut Report,
) -> Result<(), Failure> {
    let txn = db.begin_write().await?;
    let next = device::progress(&txn, device).await?.next_seq;
    for (p, seq) in chunk.iter_mut().zip(next..) {
        p.entry.seq = seq;
    }
    let entries: Vec<_> = chunk.iter().map(|p| p.entry.clone()).collect();
    let done = ledger::commit(&txn, rules, &[], &entries, now).await?;
    let mut rows = Vec::with_capacity(chunk.len());
    for (p, outcome) in chunk.into_iter().zip(done.outcomes) {
        match outcome {
            Outcome::Accepted { no, .. } => {
                rows.push(Row { key: p.key, hash: p.entry.hash, run_id: run, no: Some(no) });
            }
            Outcome::Quarantined(code) => {
                let info = code.info();
                report.new = report.new.saturating_sub(1);
                report.quarantined += 1;
                report.aside.push(import::Quarantined {
                    line: p.line,
                    raw: p.raw,
                    reason_zh: info.text.zh.into(),
                    reason_en: info.text.en.into(),
                    suggestion: format!("{} ({})", info.remedy.zh, info.remedy.en),
                });
            }
            // The importer's numbers are its own and new.
            Outcome::Duplicate { .. } => return Err(format!("{}: its number was used before", p.key).into()),
        }
    }
    put(&txn, rows).await?;
    txn.commit().await?;
    Ok(())
}
