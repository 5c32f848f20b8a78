//! Writes a plan: a fixed number of statements, each over all its rows.

use super::{
    Done,
    load::{Book, fact},
    plan::Plan,
};
use crate::{
    Error, WriteTxn, alert, arrival, attempt, collision, correction, counter, cylinder, detect, device, event,
    quarantine, sequence, site,
};
use domain::{event::Source, wall::Change};
use sea_orm::{
    Condition, EntityTrait, IntoActiveModel, Iterable, Value,
    entity::prelude::*,
    sea_query::{ExprTrait, OnConflict, Query},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// SQLite binds at most this many values in one statement.
const BINDS: usize = 32_000;

/// Inserts rows of values in as few statements as the limit on bound values allows.
async fn insert<E>(txn: &WriteTxn, entity: E, rows: Vec<Vec<Value>>) -> Result<(), Error>
where
    E: EntityTrait,
{
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut q = Query::insert();
        q.into_table(entity).columns(columns.iter().copied());
        for row in rows.by_ref().take(BINDS / columns.len()) {
            q.values_panic(row.into_iter().map(Expr::value));
        }
        txn.execute(&q).await?;
    }
    Ok(())
}

fn events(rows: Vec<event::Model>) -> Vec<Vec<Value>> {
    rows.into_iter()
        .map(|m| {
            vec![
                m.no.into(),
                m.device_id.into(),
                m.epoch.into(),
                m.seq.into(),
                m.kind.into(),
                m.cylinder_id.into(),
                m.tag.into(),
                m.site_id.into(),
                m.occurred_at.into(),
                m.recorded_at.into(),
                m.started_at.into(),
                m.sent_at.into(),
                m.gross_g.into(),
                m.tare_g.into(),
                m.net_g.into(),
                m.medium.into(),
                m.operator.into(),
                m.target.into(),
                m.attempt.into(),
                m.anomalies.into(),
                m.body.into(),
                m.source.into(),
                m.hash.into(),
            ]
        })
        .collect()
}

fn attempts(rows: Vec<attempt::Model>) -> Vec<Vec<Value>> {
    rows.into_iter()
        .map(|m| {
            vec![
                m.no.into(),
                m.device_id.into(),
                m.attempt.into(),
                m.site_id.into(),
                m.tag.into(),
                m.cylinder_id.into(),
                m.medium.into(),
                m.at.into(),
                m.recorded_at.into(),
                m.decision.into(),
                m.reasons.into(),
                m.rule_version.into(),
                m.facts_hash.into(),
                m.facts.into(),
                m.hash.into(),
                m.operator.into(),
                m.overridden.into(),
            ]
        })
        .collect()
}

fn alerts(rows: Vec<alert::Model>) -> Vec<Vec<Value>> {
    rows.into_iter()
        .map(|m| {
            vec![
                m.no.into(),
                m.device_id.into(),
                m.kind.into(),
                m.site_id.into(),
                m.tag.into(),
                m.cylinder_id.into(),
                m.cause_no.into(),
                m.other_no.into(),
                m.at.into(),
                m.detail.into(),
                m.state.into(),
                m.closed_at.into(),
                m.assigned_to.into(),
                m.level.into(),
            ]
        })
        .collect()
}

/// Writes what was set aside. A record that could not be placed before may have come again and be set aside for another
/// reason: the later one stands.
async fn aside(txn: &WriteTxn, rows: Vec<quarantine::Model>) -> Result<(), Error> {
    use quarantine::Column as C;
    for chunk in rows.chunks(4_000) {
        quarantine::Entity::insert_many(chunk.iter().map(|m| m.clone().into_active_model().reset_all()))
            .on_conflict(
                OnConflict::columns([C::DeviceId, C::Epoch, C::Seq, C::Hash])
                    .update_columns([C::Code, C::ReceivedAt])
                    .to_owned(),
            )
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

/// Writes the plan and tells what was done.
pub async fn write(txn: &WriteTxn, mut plan: Plan<'_>) -> Result<Done, Error> {
    plan.publish_arrivals();
    let divisions = divisions(txn, &plan.book).await?;
    let written = files(txn, &plan, &divisions).await?;
    let mut done = plan.done;
    let wrote = plan.events.len() + plan.attempts.len() + plan.alerts.len() > 0;
    let tags: Vec<cylinder::tag::Model> = plan.tags.into_values().collect();
    cylinder::put_tags(txn, tags.clone()).await?;
    collision::note(txn, &written, &tags).await?;
    correction::insert(txn, plan.corrections).await?;
    site::heard::put(txn, heard(&plan.events)).await?;
    insert(txn, event::Entity, events(plan.events)).await?;
    insert(txn, attempt::Entity, attempts(plan.attempts)).await?;
    insert(txn, alert::Entity, alerts(plan.alerts)).await?;
    aside(txn, plan.quarantine).await?;
    let mut states: Vec<cylinder::state::Model> = plan
        .book
        .cylinders
        .iter()
        .filter(|(_, c)| c.dirty)
        .map(|(id, c)| cylinder::state::Model::of(*id, &c.now).in_division(division(&divisions, c.now.home)))
        .collect();
    // In the order of their keys, so that pages are touched once and two writers cannot lock each other out.
    states.sort_unstable_by_key(|s| s.cylinder_id);
    cylinder::put_states(txn, states).await?;
    let mut counters: Vec<_> = plan.counters.into_iter().collect();
    counters.sort_unstable_by_key(|(k, _)| *k);
    counter::add(txn, counters).await?;
    arrival::add(txn, plan.arrivals.into_values()).await?;
    device::put_epochs(
        txn,
        plan.epochs_put
            .iter()
            .map(|(d, e)| device::epoch::Model {
                device_id: *d,
                epoch: *e,
                next_seq: plan.book.epochs.get(&(*d, *e)).copied().unwrap_or(1),
            })
            .collect(),
    )
    .await?;
    detect::put(txn, &plan.book.detect).await?;
    gaps(txn, &plan.gaps_gone, &plan.gaps_put).await?;
    if wrote {
        sequence::set(txn, sequence::LEDGER, plan.book.last).await?;
    }
    done.known.attempts = plan.book.answered.into_iter().collect();
    done.known.attempts.extend(plan.book.attempts.into_iter().map(|(name, a)| (name, fact(&a))));
    done.known.met = plan.book.met;
    done.known.detect = plan.book.detect;
    done.known.tags = plan.book.tags.into_values().collect();
    done.known.cylinders = plan.book.cylinders.into_iter().collect();
    for d in plan.devices {
        let epoch = plan.book.present.get(&d).copied().unwrap_or(1);
        let next_seq = plan.book.epochs.get(&(d, epoch)).copied().unwrap_or(1);
        let gaps = plan
            .book
            .gaps
            .range((d, i64::MIN, i64::MIN)..=(d, i64::MAX, i64::MAX))
            .map(|((_, e, f), g)| (*e, *f, g.last))
            .collect();
        done.progress.insert(d, device::Progress { epoch, next_seq, gaps });
    }
    // An alert may be raised before the attempt that leads to it is told; the feed and the record have one order.
    done.published.sort_by_key(|p| p.change.as_ref().map_or(0, Change::no));
    done.no = plan.book.last;
    Ok(done)
}

/// When the sites of these events were heard of last, in the order of the sites. What an office enters is not heard from the place.
fn heard(events: &[event::Model]) -> BTreeMap<i64, i64> {
    let mut out = BTreeMap::new();
    for e in events.iter().filter(|e| Source::from_number(e.source) != Source::Office) {
        let at = out.entry(e.site_id).or_insert(e.occurred_at);
        *at = Ord::max(*at, e.occurred_at);
    }
    out
}

/// Divisions of the homes of the cylinders that are written. A home may be one that nothing else was asked of: that of a new owner.
async fn divisions(txn: &WriteTxn, book: &Book) -> Result<HashMap<i64, i32>, Error> {
    let written = book.cylinders.values().filter(|c| c.dirty || c.change != cylinder::FileChange::None);
    let homes: BTreeSet<i64> = written.flat_map(|c| [c.file.site, c.now.home]).collect();
    let known = |id: &i64| book.sites.get(id).map(|g| (*id, g.site.division));
    let mut out: HashMap<i64, i32> = homes.iter().filter_map(known).collect();
    let unknown: Vec<i64> = homes.into_iter().filter(|id| !out.contains_key(id)).collect();
    if !unknown.is_empty() {
        let found = site::Entity::find().filter(site::Column::Id.is_in(unknown)).all(txn).await?;
        out.extend(found.into_iter().map(|s| (s.id, s.division)));
    }
    Ok(out)
}

fn division(divisions: &HashMap<i64, i32>, site: i64) -> i32 {
    divisions.get(&site).copied().unwrap_or_default()
}

/// Writes files that are new and files that changed, each in the order of their ids, and tells them.
async fn files(txn: &WriteTxn, plan: &Plan<'_>, divisions: &HashMap<i64, i32>) -> Result<Vec<cylinder::Model>, Error> {
    let of = |change| {
        let mut rows: Vec<cylinder::Model> = plan
            .book
            .cylinders
            .iter()
            .filter(|(_, c)| c.change == change)
            .map(|(id, c)| cylinder::Model::of(*id, &c.file, c.demo).in_division(division(divisions, c.file.site)))
            .collect();
        rows.sort_unstable_by_key(|m| m.id);
        rows
    };
    let (mut all, changed) = (of(cylinder::FileChange::New), of(cylinder::FileChange::Changed));
    cylinder::insert(txn, all.clone()).await?;
    cylinder::put(txn, changed.clone()).await?;
    all.extend(changed);
    Ok(all)
}

async fn gaps(
    txn: &WriteTxn,
    gone: &BTreeSet<super::load::GapKey>,
    put: &BTreeMap<super::load::GapKey, super::load::Gap>,
) -> Result<(), Error> {
    use device::gap::{Column, Entity};
    let gone: Vec<_> = gone.iter().collect();
    for chunk in gone.chunks(500) {
        let mut any = Condition::any();
        for (d, e, f) in chunk {
            any = any.add(Column::DeviceId.eq(*d).and(Column::Epoch.eq(*e)).and(Column::FirstSeq.eq(*f)));
        }
        Entity::delete_many().filter(any).exec(txn).await?;
    }
    let rows = put
        .iter()
        .map(|((d, e, f), g)| {
            vec![(*d).into(), (*e).into(), (*f).into(), g.last.into(), g.opened_at.into(), g.alerted.into()]
        })
        .collect();
    insert(txn, Entity, rows).await
}
