//! A table into the record, for the command line and for the office: whose records they become, what is new, and chunks of
//! records that are committed with the keys by which a second run knows them.

use super::ImportsError;
use crate::import::{Ctx, Listed, Plan, Planned, Quarantined, Record, Reference, Report, Table, plan_with, preset};
use data::{
    Db, Error, WriteTxn, customer, device,
    import::{Model as Row, aside, known, put},
    ledger::Outcome,
    listing, order, recovery, reference, site, tag_series,
};
use domain::{event::Entry, outcome::RecordCode, rules::RuleSet};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{HashMap, HashSet};

/// Whose records they become, where they stand, and which importer tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Organisation.
    pub org: i64,
    /// Its site that stands for no place.
    pub site: i64,
    /// Importer's device; 0 for what does not go into the ledger.
    pub device: i64,
}

/// Whether the rows of a table become records of the ledger.
const fn is_for_ledger(kind: preset::Kind) -> bool {
    use preset::Kind as K;
    match kind {
        K::InUse | K::History | K::Archive => true,
        K::Customers | K::Orders | K::Recovery | K::Tags => false,
    }
}

/// The place of an organisation's imports, made where it is not there.
///
/// # Errors
/// When the database fails.
pub async fn place(
    txn: &WriteTxn,
    preset: &preset::Preset,
    (org, name): (i64, &str),
    now: i64,
) -> Result<Place, ImportsError> {
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
                name: format!("{name}(导入)"),
                kind: site::VIRTUAL.into(),
                division: reference::CITY,
                ..site::New::default()
            };
            site::insert(txn, new).await?
        }
    };
    let device = if is_for_ledger(preset.kind) {
        device::importer(txn, &format!("import:{}:{org}", preset.id), site, now).await?
    } else {
        0
    };
    Ok(Place { org, site, device })
}

/// What the reading of a table must know.
///
/// # Errors
/// When the database fails.
pub async fn context(db: &Db, rules: &RuleSet, place: Place, now: i64) -> Result<(Ctx, Reference), ImportsError> {
    let as_of = domain::clock::local_date(now);
    let Place { org, site, device } = place;
    let read = db.read();
    let reference = Reference::new(
        reference::all_divisions(read).await?,
        reference::all_media(read).await?,
        reference::medium_codes(read, reference::CITY, as_of).await?,
        tag_series::all(read).await?,
    );
    Ok((Ctx { org, site, device, as_of, rules: rules.clone(), medium: "LPG".into(), facts: None }, reference))
}

/// Makes records of a table, where nothing waits for it.
///
/// # Errors
/// When its columns do not fit.
pub async fn planned(
    preset: &'static preset::Preset,
    table: Table,
    ctx: Ctx,
    reference: Reference,
) -> Result<Plan, ImportsError> {
    let plan = tokio::task::spawn_blocking(move || plan_with(preset, &table, &ctx, &reference)).await;
    Ok(plan.map_err(|e| ImportsError::Broken(e.to_string()))??)
}

/// Leaves out what earlier runs took.
///
/// # Errors
/// When the database fails.
pub async fn settle(db: &Db, org: i64, mut plan: Plan) -> Result<(Plan, Report), ImportsError> {
    let known = known(db.read(), &plan.keys()).await?;
    let taken = taken(db.read(), org, &plan, &known).await?;
    plan.set_aside_taken(&taken);
    Ok(plan.settle(&known))
}

/// Numbers that the enterprise has given already, of rows that no import is known to have brought.
async fn taken<C: ConnectionTrait>(
    db: &C,
    org: i64,
    plan: &Plan,
    known: &HashMap<String, String>,
) -> Result<HashSet<String>, Error> {
    let fresh: Vec<&Listed> = plan.listed.iter().filter(|l| !known.contains_key(&l.key)).collect();
    let numbers: Vec<String> = fresh.iter().map(|l| l.record.number()).collect();
    let found = match fresh.first().map(|l| &l.record) {
        None | Some(Record::Series(_)) => Vec::new(),
        Some(Record::Customer(_)) => customer::taken(db, org, &numbers).await?,
        Some(Record::Order(..)) => order::taken(db, org, &numbers).await?,
        Some(Record::Slip(_)) => recovery::taken(db, org, &numbers).await?,
    };
    Ok(found.into_iter().collect())
}

/// Commits one chunk of rows of tables of their own, with the keys by which a second run knows them.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, run: i64, chunk: Vec<Listed>) -> Result<(), ImportsError> {
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

/// Records of a run that are committed together.
#[derive(Debug)]
pub struct Chunk {
    /// The run.
    pub run: i64,
    /// The importer's device.
    pub device: i64,
    /// The records.
    pub planned: Vec<Planned>,
}

impl Chunk {
    /// The records with the importer's next numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entries(&self, txn: &WriteTxn) -> Result<Vec<Entry>, Error> {
        let next = device::progress(txn, self.device).await?.next_seq;
        Ok(self.planned.iter().zip(next..).map(|(p, seq)| Entry { seq, ..p.entry.clone() }).collect())
    }

    /// Keeps the keys of what the ledger took, and what lists claim beside it; tells what it did not take, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(
        &self,
        txn: &WriteTxn,
        entries: &[Entry],
        outcomes: &[Outcome],
    ) -> Result<Vec<(usize, RecordCode)>, Error> {
        let mut refused = vec![];
        let mut rows = Vec::with_capacity(entries.len());
        let mut listings = Vec::new();
        for (i, (p, outcome)) in self.planned.iter().zip(outcomes).enumerate() {
            match outcome {
                Outcome::Accepted { no, .. } => {
                    listings.extend(p.listing.clone().map(|l| listing::Model { run_id: self.run, ..l }));
                    rows.push(Row { key: p.key.clone(), hash: p.entry.hash.clone(), run_id: self.run, no: Some(*no) });
                }
                Outcome::Quarantined(code) | Outcome::Rejected(code) => refused.push((i, *code)),
                // The importer's numbers are its own and new.
                Outcome::Duplicate { .. } => {
                    return Err(Error::Stored(format!("{}: its number was used before", p.key)));
                }
            }
        }
        listing::insert(txn, listings).await?;
        put(txn, rows).await?;
        Ok(refused)
    }

    /// Notes in the report what the ledger did not take.
    pub fn tell(&self, refused: &[(usize, RecordCode)], report: &mut Report) {
        for (i, code) in refused {
            if let Some(p) = self.planned.get(*i) {
                crate::import::take_back(report, p);
                report.aside.push(refusal(p.line, p.raw.clone(), *code));
            }
        }
    }
}

/// A row whose record the ledger did not take.
#[must_use]
pub fn refusal(line: u32, raw: Vec<String>, code: RecordCode) -> Quarantined {
    let info = code.info();
    Quarantined {
        line,
        raw,
        reason_zh: info.text.zh.into(),
        reason_en: info.text.en.into(),
        suggestion: format!("{} ({})", info.remedy.zh, info.remedy.en),
    }
}

/// The rows in quarantine of a run, as they are kept.
#[must_use]
pub fn asides(run: i64, report: &Report) -> Vec<aside::Model> {
    let one = |(i, q): (usize, &Quarantined)| aside::Model {
        run_id: run,
        // A record that no single row tells has line 0; the key needs each only once.
        line: i32::try_from(if q.line == 0 { u32::MAX / 2 - u32::try_from(i).unwrap_or(0) } else { q.line })
            .unwrap_or(i32::MAX),
        raw: serde_json::to_string(&q.raw).unwrap_or_default(),
        reason_zh: q.reason_zh.clone(),
        reason_en: q.reason_en.clone(),
        suggestion: q.suggestion.clone(),
        ..aside::Model::default()
    };
    report.aside.iter().enumerate().map(one).collect()
}
