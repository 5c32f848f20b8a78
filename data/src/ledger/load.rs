//! What a transaction must know before it decides: read in a fixed number of statements, however many records it holds.

use super::{
    Question, Telling,
    amend::{homes, kept, stamps},
    memory::Memory,
    refer::{entrusted, fillers, named_events, own_tags, papers},
};
use crate::{
    Error, WriteTxn, attempt, cylinder, detect, device, event, gate_override, operator, org, quarantine, reference,
    sequence, site,
};
use domain::{
    event::{Content, Entry},
    gate::Decision,
    ledger::AttemptFact,
    rules::MediumClass,
};
use sea_orm::{Condition, QuerySelect, entity::prelude::*, sea_query::ExprTrait};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A site with its owner.
#[derive(Clone, Debug)]
pub struct Gun {
    /// The site.
    pub site: site::Model,
    /// Its owner.
    pub org: org::Model,
}

/// A gap in a device's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Last missing number.
    pub last: i64,
    /// When it opened, ms.
    pub opened_at: i64,
    /// Its alert.
    pub alerted: Option<i64>,
}

/// Key of a gap: device, epoch, first missing number.
pub type GapKey = (i64, i64, i64);
/// Key of a record: device, epoch, number.
pub type SeqKey = (i64, i64, i64);

/// What is known.
#[derive(Debug, Default)]
pub struct Book {
    /// Last ledger number.
    pub last: i64,
    /// Tags.
    pub tags: HashMap<String, cylinder::tag::Model>,
    /// Cylinders the tags lead to.
    pub cylinders: HashMap<i64, cylinder::Loaded>,
    /// Holders in trust as of the day, by cylinder.
    pub entrusted: HashMap<i64, Vec<cylinder::entrustment::Model>>,
    /// Sites with their owners.
    pub sites: HashMap<i64, Gun>,
    /// Highest numbers by device and epoch.
    pub epochs: HashMap<(i64, i64), i64>,
    /// Present epoch by device.
    pub present: HashMap<i64, i64>,
    /// Where devices stand; loaded for the omission job only.
    pub device_sites: HashMap<i64, i64>,
    /// Open gaps of the devices.
    pub gaps: BTreeMap<GapKey, Gap>,
    /// Records below the highest number that are stored: content hash, ledger number, anomalies.
    pub stored: HashMap<SeqKey, (String, i64, Vec<domain::outcome::Anomaly>)>,
    /// Records in quarantine: content hash and code.
    pub quarantined: HashMap<SeqKey, Vec<(String, String)>>,
    /// What became of attempts that only records name.
    pub answered: HashMap<(i64, String), AttemptFact>,
    /// Attempts asked for again, by device and name.
    pub attempts: HashMap<(i64, String), attempt::Model>,
    /// Class of each medium.
    pub classes: HashMap<String, MediumClass>,
    /// Who filled, by ledger number of the fill: for the cylinders that a post-check speaks of.
    pub fillers: HashMap<i64, String>,
    /// Events that a correction or the acceptance of a transfer names.
    pub named: HashMap<i64, event::Model>,
    /// Of those, the ones that were corrected before.
    pub corrected: HashSet<i64>,
    /// Certificates of the fillers that are named, by organisation and code.
    pub operators: HashMap<(i64, String), operator::Model>,
    /// Last day of the verification of the scales, by device.
    pub scales: HashMap<i64, Option<chrono::NaiveDate>>,
    /// What a regulator lets pass now.
    pub overrides: Vec<gate_override::Model>,
    /// Medium codes of tags.
    pub medium_codes: Vec<reference::medium_code::Model>,
    /// Cylinders that bear a stamped number that a file is to have: id, stamped number, maker.
    pub stamps: Vec<(i64, String, String)>,
    /// Chains of the cylinders whose events are corrected, in ledger order.
    pub chains: HashMap<i64, Vec<event::Model>>,
    /// The devices, sites and cylinders that detectors may look at …
    pub met: BTreeSet<domain::detect::Subject>,
    /// … and what they keep of them.
    pub detect: domain::detect::Memory,
}

impl Book {
    /// Organisations that hold a cylinder in trust on a day.
    pub fn holders(&self, cylinder: i64, day: chrono::NaiveDate) -> Vec<i64> {
        let rows = self.entrusted.get(&cylinder).map(Vec::as_slice).unwrap_or_default();
        cylinder::entrustment::holders(rows, day)
    }

    /// What the ledger knows of a named attempt.
    pub fn attempt(&self, device: i64, name: &str) -> Option<AttemptFact> {
        let key = (device, name.to_owned());
        match self.attempts.get(&key) {
            Some(a) => Some(fact(a)),
            None => self.answered.get(&key).cloned(),
        }
    }
}

/// What a fill needs of the attempt it names.
pub fn fact(a: &attempt::Model) -> AttemptFact {
    AttemptFact { decision: Decision::from_number(a.decision), tag: a.tag.clone(), medium: a.medium.clone(), at: a.at }
}

/// At most this many values stand in one IN list (SQLite binds 32,766).
pub const CHUNK: usize = 5_000;

pub async fn load(
    txn: &WriteTxn,
    memory: &mut Memory,
    questions: &[Question],
    told: &[Telling<'_>],
    now: i64,
) -> Result<Book, Error> {
    let last = sequence::lock(txn, sequence::LEDGER).await?;
    look_up(txn, memory, last, questions, told, now).await
}

/// The same without the lock that gives numbers: for who only asks.
pub async fn look_up(
    txn: &WriteTxn,
    memory: &mut Memory,
    last: i64,
    questions: &[Question],
    told: &[Telling<'_>],
    now: i64,
) -> Result<Book, Error> {
    let mut book = Book { last, classes: reference::classes(txn).await?, ..Book::default() };
    let mut tags: HashSet<&str> = questions.iter().map(|q| q.tag.as_str()).collect();
    for t in told {
        tags.insert(&t.entry.tag);
        if let Some(Content::BindTag(b)) = &t.content {
            tags.insert(&b.tag);
            tags.extend(b.replaces.as_deref());
        }
        if let Some(Content::VoidTag(v)) = &t.content {
            tags.insert(&v.tag);
        }
    }
    cylinders(txn, &mut book, memory, tags.into_iter().collect()).await?;
    by_id(txn, &mut book, memory, kept(told)).await?;
    stamps(txn, &mut book, told).await?;
    named_events(txn, &mut book, memory, told).await?;
    fillers(txn, &mut book, told).await?;
    own_tags(txn, &mut book, told).await?;
    let entries: Vec<&Entry> = told.iter().map(|t| t.entry).collect();
    sequences(txn, &mut book, &entries).await?;
    attempts(txn, &mut book, memory, questions, &entries).await?;
    let mut sites: HashSet<i64> = questions.iter().map(|q| q.site).chain(entries.iter().map(|e| e.site)).collect();
    sites.extend(
        book.cylinders.values().flat_map(|c| [c.now.read_site, c.now.home, c.now.last_site]).filter(|s| *s > 0),
    );
    sites.extend(book.named.values().map(|m| m.site_id));
    sites.extend(homes(&book, told));
    load_sites(txn, &mut book, sites.into_iter().collect()).await?;
    entrusted(txn, &mut book, questions, &entries).await?;
    if !questions.is_empty() {
        papers(txn, &mut book, questions, now).await?;
    }
    detectors(txn, &mut book, memory, &entries).await?;
    Ok(book)
}

/// What deriving a stretch of cylinders anew needs: themselves, and where they are at home and stand.
pub async fn stretch(txn: &WriteTxn, memory: &mut Memory, last: i64, ids: &[i64]) -> Result<Book, Error> {
    let mut book = Book { last, classes: reference::classes(txn).await?, ..Book::default() };
    by_id(txn, &mut book, memory, ids.iter().copied()).await?;
    let sites: HashSet<i64> =
        book.cylinders.values().flat_map(|c| [c.now.home, c.now.last_site]).filter(|s| *s > 0).collect();
    load_sites(txn, &mut book, sites.into_iter().collect()).await?;
    Ok(book)
}

async fn detectors(txn: &WriteTxn, book: &mut Book, memory: &mut Memory, entries: &[&Entry]) -> Result<(), Error> {
    book.met = detect::subjects(entries, book.cylinders.keys().copied());
    let mut unknown = Vec::new();
    for subject in &book.met {
        match memory.take_subject(*subject) {
            Some(Some(kept)) => book.detect.put(subject.1, kept),
            Some(None) => {}
            None => unknown.push(*subject),
        }
    }
    detect::load(txn, &unknown, &mut book.detect).await
}

async fn load_sites(txn: &WriteTxn, book: &mut Book, ids: Vec<i64>) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let sites = site::Entity::find().filter(site::Column::Id.is_in(ids)).all(txn).await?;
    let orgs: HashSet<i64> = sites.iter().map(|s| s.org_id).collect();
    let orgs: HashMap<i64, org::Model> = org::Entity::find()
        .filter(org::Column::Id.is_in(orgs))
        .all(txn)
        .await?
        .into_iter()
        .map(|o| (o.id, o))
        .collect();
    for site in sites {
        let org = orgs
            .get(&site.org_id)
            .cloned()
            .ok_or_else(|| Error::Stored(format!("site {} has no organisation", site.id)))?;
        book.sites.insert(site.id, Gun { site, org });
    }
    Ok(())
}

pub async fn cylinders(txn: &WriteTxn, book: &mut Book, memory: &mut Memory, tags: Vec<&str>) -> Result<(), Error> {
    let mut unknown = Vec::new();
    for code in tags {
        match memory.take_tag(code) {
            Some(t) => {
                book.tags.insert(t.code.clone(), t);
            }
            None => unknown.push(code),
        }
    }
    for chunk in unknown.chunks(CHUNK) {
        let found = cylinder::tag::Entity::find()
            .filter(cylinder::tag::Column::Code.is_in(chunk.iter().copied()))
            .all(txn)
            .await?;
        book.tags.extend(found.into_iter().map(|t| (t.code.clone(), t)));
    }
    let ids: HashSet<i64> = book.tags.values().filter_map(|t| t.cylinder_id).collect();
    by_id(txn, book, memory, ids).await
}

/// Cylinders with their states and the classes of their gases.
pub async fn by_id(
    txn: &WriteTxn,
    book: &mut Book,
    memory: &mut Memory,
    ids: impl IntoIterator<Item = i64>,
) -> Result<(), Error> {
    let mut unknown = Vec::new();
    for id in ids {
        if book.cylinders.contains_key(&id) {
            continue;
        }
        match memory.take_cylinder(id) {
            Some(c) => {
                book.cylinders.insert(id, c);
            }
            None => unknown.push(id),
        }
    }
    for chunk in unknown.chunks(CHUNK) {
        let mut states: HashMap<i64, cylinder::state::Model> = cylinder::state::Entity::find()
            .filter(cylinder::state::Column::CylinderId.is_in(chunk.iter().copied()))
            .all(txn)
            .await?
            .into_iter()
            .map(|s| (s.cylinder_id, s))
            .collect();
        for c in cylinder::Entity::find().filter(cylinder::Column::Id.is_in(chunk.iter().copied())).all(txn).await? {
            let now =
                states.remove(&c.id).ok_or_else(|| Error::Stored(format!("cylinder {} has no state", c.id)))?.now()?;
            // A medium that is in no table counts as corrosive: the shortest interval.
            let class = book.classes.get(&c.medium).copied().unwrap_or(MediumClass::Corrosive);
            let file = c.file(class, now.file)?;
            let change = cylinder::FileChange::None;
            book.cylinders.insert(c.id, cylinder::Loaded { file, now, demo: c.demo, dirty: false, change });
        }
    }
    Ok(())
}

async fn sequences(txn: &WriteTxn, book: &mut Book, entries: &[&Entry]) -> Result<(), Error> {
    let devices: HashSet<i64> = entries.iter().map(|e| e.device).collect();
    if devices.is_empty() {
        return Ok(());
    }
    for m in device::epoch::Entity::find()
        .filter(device::epoch::Column::DeviceId.is_in(devices.iter().copied()))
        .all(txn)
        .await?
    {
        book.epochs.insert((m.device_id, m.epoch), m.next_seq);
        let top = book.present.entry(m.device_id).or_insert(m.epoch);
        *top = std::cmp::max(*top, m.epoch);
    }
    load_gap_rows(txn, book, Condition::all().add(device::gap::Column::DeviceId.is_in(devices))).await?;
    // Only what lies below the highest number, or cannot be attributed, can have been sent before: on the common path
    // there is nothing to look up.
    let mut back: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for e in entries {
        let next = book.epochs.get(&(e.device, e.epoch)).copied().unwrap_or(1);
        let present = book.present.get(&e.device).copied().unwrap_or(1);
        if !matches!(domain::ledger::sequence(present, next, e.epoch, e.seq), domain::ledger::SeqVerdict::New { .. }) {
            back.entry((e.device, e.epoch)).or_default().push(e.seq);
        }
    }
    let back: Vec<((i64, i64), i64)> =
        back.into_iter().flat_map(|(k, seqs)| seqs.into_iter().map(move |s| (k, s))).collect();
    for chunk in back.chunks(1_000) {
        let mut by: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
        chunk.iter().for_each(|(k, s)| by.entry(*k).or_default().push(*s));
        let (mut ev, mut qu) = (Condition::any(), Condition::any());
        for ((d, ep), seqs) in by {
            ev = ev.add(
                event::Column::DeviceId
                    .eq(d)
                    .and(event::Column::Epoch.eq(ep))
                    .and(event::Column::Seq.is_in(seqs.iter().copied())),
            );
            qu = qu.add(
                quarantine::Column::DeviceId
                    .eq(d)
                    .and(quarantine::Column::Epoch.eq(ep))
                    .and(quarantine::Column::Seq.is_in(seqs)),
            );
        }
        for m in event::Entity::find().filter(ev).all(txn).await? {
            let anomalies = m.anomaly_codes();
            book.stored.insert((m.device_id, m.epoch, m.seq), (m.hash, m.no, anomalies));
        }
        for m in quarantine::Entity::find().filter(qu).all(txn).await? {
            book.quarantined.entry((m.device_id, m.epoch, m.seq)).or_default().push((m.hash, m.code));
        }
    }
    Ok(())
}

/// A condition on attempts by device and name, at most a thousand of them.
fn named(names: &[(i64, &str)]) -> Condition {
    let mut by: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    names.iter().for_each(|(d, n)| by.entry(*d).or_default().push(n));
    by.into_iter().fold(Condition::any(), |any, (d, n)| {
        any.add(attempt::Column::DeviceId.eq(d).and(attempt::Column::Attempt.is_in(n)))
    })
}

async fn attempts(
    txn: &WriteTxn,
    book: &mut Book,
    memory: &mut Memory,
    questions: &[Question],
    entries: &[&Entry],
) -> Result<(), Error> {
    use attempt::Column as A;
    let asked: HashSet<(i64, &str)> =
        questions.iter().map(|q| (q.device, q.attempt.as_str())).filter(|(_, n)| !n.is_empty()).collect();
    let told: HashSet<(i64, &str)> = entries
        .iter()
        .map(|e| (e.device, e.attempt.as_str()))
        .filter(|(d, n)| !n.is_empty() && !asked.contains(&(*d, n)))
        .collect();
    for chunk in asked.into_iter().collect::<Vec<_>>().chunks(1_000) {
        for m in attempt::Entity::find().filter(named(chunk)).all(txn).await? {
            book.attempts.insert((m.device_id, m.attempt.clone()), m);
        }
    }
    let mut unknown = Vec::new();
    for (device, name) in told {
        match memory.take_attempt(device, name) {
            Some(fact) => drop(book.answered.insert((device, name.to_owned()), fact)),
            None => unknown.push((device, name)),
        }
    }
    // A fill needs the decision and the tag of its attempt, not the facts: they are long.
    for chunk in unknown.chunks(1_000) {
        let rows: Vec<(i64, String, String, i16, String, i64)> = attempt::Entity::find()
            .select_only()
            .columns([A::DeviceId, A::Attempt, A::Tag, A::Decision, A::Medium, A::At])
            .filter(named(chunk))
            .into_tuple()
            .all(txn)
            .await?;
        for (device, name, tag, decision, medium, at) in rows {
            book.answered
                .insert((device, name), AttemptFact { decision: Decision::from_number(decision), tag, medium, at });
        }
    }
    Ok(())
}

async fn load_gap_rows(txn: &WriteTxn, book: &mut Book, which: Condition) -> Result<(), Error> {
    for m in device::gap::Entity::find().filter(which).all(txn).await? {
        book.gaps.insert(
            (m.device_id, m.epoch, m.first_seq),
            Gap { last: m.last_seq, opened_at: m.opened_at, alerted: m.alerted_no },
        );
    }
    Ok(())
}

/// What the omission job needs: the gaps that wait for their alert, and where their devices stand.
pub async fn load_gaps(txn: &WriteTxn, older_than: i64) -> Result<Book, Error> {
    let mut book = Book { last: sequence::lock(txn, sequence::LEDGER).await?, ..Book::default() };
    let which = Condition::all()
        .add(device::gap::Column::AlertedNo.is_null())
        .add(device::gap::Column::OpenedAt.lte(older_than));
    load_gap_rows(txn, &mut book, which).await?;
    let devices: HashSet<i64> = book.gaps.keys().map(|k| k.0).collect();
    if devices.is_empty() {
        return Ok(book);
    }
    let at: Vec<(i64, i64)> = device::Entity::find()
        .select_only()
        .columns([device::Column::Id, device::Column::SiteId])
        .filter(device::Column::Id.is_in(devices))
        .into_tuple()
        .all(txn)
        .await?;
    book.device_sites = at.iter().copied().collect();
    load_sites(txn, &mut book, at.into_iter().map(|(_, s)| s).collect()).await?;
    Ok(book)
}
