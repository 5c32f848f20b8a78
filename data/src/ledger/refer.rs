//! Look-ups that only some events and questions need: what they refer to, who filled, the papers. On the common path there is
//! nothing to look up.

use super::{
    Question, Telling,
    load::{Book, CHUNK, by_id, cylinders},
    memory::Memory,
};
use crate::{Error, WriteTxn, correction, cylinder, device, event, gate_override, operator, reference};
use domain::event::{Content, Entry, EventKind};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::HashSet;

/// What the gate asks of people and instruments.
pub async fn papers(txn: &WriteTxn, book: &mut Book, questions: &[Question], now: i64) -> Result<(), Error> {
    let named: HashSet<(i64, &str)> = questions
        .iter()
        .filter(|q| !q.operator.is_empty())
        .filter_map(|q| Some((book.sites.get(&q.site)?.org.id, q.operator.as_str())))
        .collect();
    book.operators = operator::of(txn, &named.into_iter().collect::<Vec<_>>()).await?;
    let guns: HashSet<i64> = questions.iter().map(|q| q.device).collect();
    book.scales = device::scales(txn, guns.into_iter().collect()).await?;
    book.overrides = gate_override::in_force(txn, now).await?;
    // Only such tags have digits for the medium.
    if questions.iter().any(|q| q.tag.len() == 11) {
        book.medium_codes = reference::medium_code::Entity::find().all(txn).await?;
    }
    Ok(())
}

/// Every tag of the cylinders that are destroyed: all are void then.
pub async fn own_tags(txn: &WriteTxn, book: &mut Book, told: &[Telling<'_>]) -> Result<(), Error> {
    let ids: HashSet<i64> = told
        .iter()
        .filter(|t| t.entry.kind == EventKind::Destroy)
        .filter_map(|t| book.tags.get(&t.entry.tag)?.cylinder_id)
        .collect();
    for chunk in ids.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let found = cylinder::tag::Entity::find()
            .filter(cylinder::tag::Column::CylinderId.is_in(chunk.iter().copied()))
            .all(txn)
            .await?;
        for t in found {
            book.tags.entry(t.code.clone()).or_insert(t);
        }
    }
    Ok(())
}

/// The events that corrections and acceptances name; for corrections, the whole chain of the cylinder. On the common path
/// there is nothing to look up.
pub async fn named_events(
    txn: &WriteTxn,
    book: &mut Book,
    memory: &mut Memory,
    told: &[Telling<'_>],
) -> Result<(), Error> {
    let (mut named, mut corrects) = (HashSet::new(), HashSet::new());
    for c in told.iter().filter_map(|t| t.content.as_ref()) {
        named.extend(c.refers_to());
        if let Content::Correct(c) = c {
            corrects.insert(c.corrects);
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = named.into_iter().collect();
    for chunk in numbers.chunks(CHUNK) {
        let found = event::Entity::find().filter(event::Column::No.is_in(chunk.iter().copied())).all(txn).await?;
        book.named.extend(found.into_iter().map(|m| (m.no, m)));
    }
    book.corrected = correction::of(txn, &numbers).await?.into_keys().collect();
    let ids: HashSet<i64> =
        book.named.values().filter(|m| corrects.contains(&m.no)).filter_map(|m| m.cylinder_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut tags = HashSet::new();
    let ids: Vec<i64> = ids.into_iter().collect();
    for chunk in ids.chunks(CHUNK) {
        let chain = event::Entity::find()
            .filter(event::Column::CylinderId.is_in(chunk.iter().copied()))
            .order_by_asc(event::Column::No)
            .all(txn)
            .await?;
        for m in chain {
            if let Some(id) = m.cylinder_id {
                tags.insert(m.tag.clone());
                match m.content() {
                    Some(Content::BindTag(b)) => {
                        tags.insert(b.tag);
                        tags.extend(b.replaces);
                    }
                    Some(Content::VoidTag(v)) => drop(tags.insert(v.tag)),
                    _ => {}
                }
                book.chains.entry(id).or_default().push(m);
            }
        }
    }
    // Its tags may be void by now, and lead nowhere: the cylinder is loaded by its id.
    let missing: Vec<&str> = tags.iter().map(String::as_str).filter(|t| !book.tags.contains_key(*t)).collect();
    cylinders(txn, book, memory, missing).await?;
    by_id(txn, book, memory, ids).await
}

pub async fn fillers(txn: &WriteTxn, book: &mut Book, told: &[Telling<'_>]) -> Result<(), Error> {
    let fills: HashSet<i64> = told
        .iter()
        .filter(|t| t.entry.kind == EventKind::Postcheck)
        .filter_map(|t| book.tags.get(&t.entry.tag)?.cylinder_id)
        .filter_map(|id| book.cylinders.get(&id).map(|c| c.now.fill_no))
        .filter(|no| *no > 0)
        .collect();
    for chunk in fills.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let rows: Vec<(i64, String)> = event::Entity::find()
            .select_only()
            .columns([event::Column::No, event::Column::Operator])
            .filter(event::Column::No.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(txn)
            .await?;
        book.fillers.extend(rows);
    }
    Ok(())
}

/// Holders in trust, where a cylinder is another's than the station's: on the common path there is nothing to look up.
pub async fn entrusted(
    txn: &WriteTxn,
    book: &mut Book,
    questions: &[Question],
    entries: &[&Entry],
) -> Result<(), Error> {
    let asked = questions.iter().map(|q| (&q.tag, q.site));
    let told = entries.iter().map(|e| (&e.tag, e.site));
    let foreign: HashSet<i64> = asked
        .chain(told)
        .filter_map(|(tag, site)| {
            let id = book.tags.get(tag)?.cylinder_id?;
            let own = book.sites.get(&site).map(|g| g.org.id) == book.cylinders.get(&id).map(|c| c.file.org);
            (!own).then_some(id)
        })
        .collect();
    for chunk in foreign.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        for e in cylinder::entrustment::Entity::find()
            .filter(cylinder::entrustment::Column::CylinderId.is_in(chunk.iter().copied()))
            .all(txn)
            .await?
        {
            book.entrusted.entry(e.cylinder_id).or_default().push(e);
        }
    }
    Ok(())
}
