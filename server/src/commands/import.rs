//! `pingji import`: a table into the record. A second run changes nothing.

use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    import::{self, Ctx, Listed, Plan, Planned, Record, Reference, Report, preset},
    store,
};
use data::{
    Db, WriteTxn, customer, device,
    import::{Model as Row, aside, known, next_run, put, put_run},
    ledger::{self, Outcome},
    listing, order, org, recovery, reference, site, tag_series,
};
use domain::{clock::local_date, rules::RuleSet};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

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

/// Whether the rows of a table become records of the ledger.
const fn is_for_ledger(kind: preset::Kind) -> bool {
    use preset::Kind as K;
    match kind {
        K::InUse | K::History | K::Archive => true,
        K::Customers | K::Orders | K::Recovery | K::Tags => false,
    }
}

/// Numbers that the enterprise has given already, of rows that no import is known to have brought.
async fn taken(
    txn: &WriteTxn,
    org: i64,
    plan: &Plan,
    known: &HashMap<String, String>,
) -> Result<HashSet<String>, Failure> {
    let fresh: Vec<&Listed> = plan.listed.iter().filter(|l| !known.contains_key(&l.key)).collect();
    let numbers: Vec<String> = fresh.iter().map(|l| l.record.number()).collect();
    let found = match fresh.first().map(|l| &l.record) {
        None | Some(Record::Series(_)) => Vec::new(),
        Some(Record::Customer(_)) => customer::taken(txn, org, &numbers).await?,
        Some(Record::Order(..)) => order::taken(txn, org, &numbers).await?,
        Some(Record::Slip(_)) => recovery::taken(txn, org, &numbers).await?,
    };
    Ok(found.into_iter().collect())
}

/// Commits one chunk of rows of tables of their own, with the keys by which a second run knows them.
async fn list(db: &Db, run: i64, chunk: Vec<Listed>) -> Result<(), Failure> {
    let txn = db.begin_write().await?;
    let (mut customers, mut orders, mut slips, mut series) = (vec![], vec![], vec![], vec![]);
    let mut rows = Vec::with_capacity(chunk.len());
    for l in chunk {
        let doubts = l.doubts.join("\n");
        match l.record {
            Record::Customer(m) => customers.push(customer::Model { doubts, run_id: run, ..m }),
            Record::Order(m, lines) => orders.push((order::Model { doubts, run_id: run, ..m }, lines)),
            Record::Slip(m) => slips.push(recovery::Model { doubts, run_id: run, ..m }),
            Record::Series(m) => series.push(tag_series::Model { doubts, run_id: run, ..m }),
        }
        rows.push(Row { key: l.key, hash: l.hash, run_id: run, no: None });
    }
    customer::insert(&txn, customers).await?;
    order::insert(&txn, orders).await?;
    recovery::insert(&txn, slips).await?;
    tag_series::insert(&txn, series).await?;
    put(&txn, rows).await?;
    txn.commit().await?;
    Ok(())
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
    let (org, site) = place(&txn, owner, reference::CITY).await?;
    let device = if is_for_ledger(preset.kind) {
        device::importer(&txn, &format!("import:{}:{org}", preset.id), site, now).await?
    } else {
        0
    };
    let as_of = local_date(now);
    let ctx = Ctx { org, site, device, as_of, rules: rules.clone(), medium: "LPG".into(), facts: None };
    let reference = Reference::new(
        reference::all_divisions(&txn).await?,
        reference::all_media(&txn).await?,
        reference::medium_codes(&txn, reference::CITY, as_of).await?,
        tag_series::all(&txn).await?,
    );
    let mut plan = import::plan_with(preset, table, &ctx, &reference)?;
    let known = known(&txn, &plan.keys()).await?;
    let taken = taken(&txn, org, &plan, &known).await?;
    plan.set_aside_taken(&taken);
    let (plan, mut report) = plan.settle(&known);
    let run = next_run(&txn).await?;
    txn.commit().await?;

    let mut rest = plan.planned.into_iter().peekable();
    while rest.peek().is_some() {
        let chunk: Vec<Planned> = rest.by_ref().take(CHUNK).collect();
        commit(db, &rules, run, device, chunk, now, &mut report).await?;
    }
    let mut rest = plan.listed.into_iter().peekable();
    while rest.peek().is_some() {
        list(db, run, rest.by_ref().take(CHUNK).collect()).await?;
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
    let mut listings = Vec::new();
    for (p, outcome) in chunk.into_iter().zip(done.outcomes) {
        match outcome {
            Outcome::Accepted { no, .. } => {
                listings.extend(p.listing.map(|l| listing::Model { run_id: run, ..l }));
                rows.push(Row { key: p.key, hash: p.entry.hash, run_id: run, no: Some(no) });
            }
            Outcome::Quarantined(code) | Outcome::Rejected(code) => {
                let info = code.info();
                report.take_back(&p);
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
    listing::insert(&txn, listings).await?;
    put(&txn, rows).await?;
    txn.commit().await?;
    Ok(())
}
