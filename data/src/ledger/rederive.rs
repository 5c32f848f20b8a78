//! Other rules come into force: published from a ledger number on, and what is stored under the rules before derived anew, in
//! stretches that stand in the order of the ledger like any record.

use super::{Done, load, memory::Memory, plan::Plan, write};
use crate::{
    Error, WriteTxn, cylinder,
    rederivation::{self, Entity, Model, Next},
    rule_use, sequence,
};
use domain::{clock, ledger::Now, rules::RuleSet};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// Cylinders in one stretch: some milliseconds, so that a gun that asks meanwhile is not kept waiting.
pub const STRETCH: u64 = 500;

/// Lets a version of the rules, which stands in the record already, decide from the next ledger number on, and begins to derive
/// anew under it. The caller commits.
///
/// # Errors
/// When the database fails.
pub async fn enforce(txn: &WriteTxn, version: i64, now: i64) -> Result<Done, Error> {
    let from = sequence::lock(txn, sequence::LEDGER).await?;
    let no = from + 1;
    rule_use::put(txn, no, version).await?;
    begin(txn, no, version, now).await?;
    Ok(Done { from, no, ..Done::default() })
}

async fn begin(txn: &WriteTxn, no: i64, version: i64, now: i64) -> Result<(), Error> {
    let row = Model { no, version, after_id: 0, to_id: 0, until_id: no, at: now, changed: 0 };
    Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(sequence::set(txn, sequence::LEDGER, no).await?)
}

/// Derives the next stretch anew, or begins a round where one is due. Nothing is written, and `from` is `no`, where nothing is
/// left to do. The caller commits.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn rederive(txn: &WriteTxn, memory: &mut Memory, rules: &RuleSet, now: i64) -> Result<Done, Error> {
    let from = sequence::lock(txn, sequence::LEDGER).await?;
    let last = match rederivation::next(txn, rules, now).await? {
        Next::Nothing => return Ok(Done { from, no: from, ..Done::default() }),
        Next::Begin => {
            begin(txn, from + 1, rules.version, now).await?;
            return Ok(Done { from, no: from + 1, ..Done::default() });
        }
        Next::On(last) => last,
    };
    let ids: Vec<i64> = cylinder::Entity::find()
        .select_only()
        .column(cylinder::Column::Id)
        .filter(cylinder::Column::Id.gt(last.to_id))
        .filter(cylinder::Column::Id.lt(last.until_id))
        .order_by_asc(cylinder::Column::Id)
        .limit(STRETCH)
        .into_tuple()
        .all(txn)
        .await?;
    // Those that nobody meets now are not to push out those that somebody does.
    let met = memory.remembered(&ids);
    let book = load::stretch(txn, memory, from, &ids).await?;
    let mut plan = Plan::new(book, rules, now);
    let (no, day) = (plan.next(), clock::date_of(plan.today));
    let mut changed = 0;
    for id in &ids {
        let Some(c) = plan.book.cylinders.get(id) else { continue };
        let (due, life_end) = derived(&c.file, rules, day);
        if (c.now.due, c.now.life_end) != (due, life_end) {
            changed += 1;
            plan.change(*id, |n: &mut Now| (n.due, n.life_end) = (due, life_end));
        }
    }
    let full = ids.len() as u64 == STRETCH;
    let to_id = ids.last().copied().filter(|_| full).unwrap_or(last.until_id);
    let row =
        Model { no, version: rules.version, after_id: last.to_id, to_id, until_id: last.until_id, at: now, changed };
    let mut done = write::write(txn, plan).await?;
    Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    sequence::set(txn, sequence::LEDGER, no).await?;
    done.known.cylinders.retain(|(id, _)| met.contains(id));
    Ok(done)
}

/// Due day and last day of life of a file as of a day, as a state keeps them.
pub(crate) fn derived(
    file: &domain::ledger::File,
    rules: &RuleSet,
    day: chrono::NaiveDate,
) -> (Option<i32>, Option<i32>) {
    let d = file.dates.derive(rules, day);
    (d.due.map(clock::day_of), d.life_end.map(clock::day_of))
}
