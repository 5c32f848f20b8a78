//! The trace of one cylinder: what the record knew of it at an instant, and what follows from that.

use crate::{
    Db, Error, attempt, correction, cylinder,
    cylinder::{FileChange, Loaded},
    cylinder_page, event, history,
    ledger::{self, Known},
    org, rederivation, reference,
    replay::{Law, Replayed, replay},
    rule, rule_use, site,
};
use domain::{
    archive::GateSays,
    clock,
    event::{Content, EventKind},
    gate::{Decision, Verdict},
    ledger::TagFate,
    rules::RuleSet,
    scope::Viewer,
    trace::{AttemptRow, Method, NotYet, Stop, Trace, Weighed},
    weight,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use std::collections::{HashMap, HashSet};

/// Lines of a history that are shown at most; all events count.
const ROWS_MAX: usize = 5_000;

/// Everything that the ledger holds of one cylinder.
pub(crate) struct Chain {
    /// Its events in the order of the ledger.
    pub events: Vec<event::Model>,
    /// The questions to the gate, likewise.
    pub attempts: Vec<attempt::Model>,
    /// When its due date was derived anew.
    pub rederived: Vec<rederivation::Model>,
    /// The sites that they name, and the cylinder's home.
    pub sites: HashMap<i64, site::Model>,
}

impl Chain {
    /// Reads it whole.
    pub(crate) async fn load<C: ConnectionTrait>(db: &C, cylinder: &cylinder::Model) -> Result<Self, DbErr> {
        let events = event::Entity::find()
            .filter(event::Column::CylinderId.eq(cylinder.id))
            .order_by_asc(event::Column::No)
            .all(db)
            .await?;
        let attempts = attempt::Entity::find()
            .filter(attempt::Column::CylinderId.eq(cylinder.id))
            .order_by_asc(attempt::Column::No)
            .all(db)
            .await?;
        let ids = events.iter().map(|e| e.site_id).chain(attempts.iter().map(|a| a.site_id));
        let ids: HashSet<i64> = ids.chain([cylinder.site_id]).collect();
        let sites = site::Entity::find().filter(site::Column::Id.is_in(ids)).all(db).await?;
        let rederived = rederivation::of(db, cylinder.id).await?;
        Ok(Self { events, attempts, rederived, sites: sites.into_iter().map(|s| (s.id, s)).collect() })
    }

    /// Takes away what was recorded after an instant, and tells how many events these are.
    fn known(&mut self, at: i64) -> u64 {
        let all = self.events.len();
        self.events.retain(|e| e.recorded_at <= at);
        self.attempts.retain(|a| a.recorded_at <= at);
        self.rederived.retain(|d| d.at <= at);
        (all - self.events.len()) as u64
    }

    /// The last ledger number.
    pub(crate) fn last(&self) -> i64 {
        let all = [
            self.events.last().map_or(0, |e| e.no),
            self.attempts.last().map_or(0, |a| a.no),
            self.rederived.last().map_or(0, |d| d.no),
        ];
        all.into_iter().max().unwrap_or_default()
    }

    /// Takes away what has a later ledger number.
    pub(crate) fn up_to(&mut self, no: i64) {
        self.events.retain(|e| e.no <= no);
        self.attempts.retain(|a| a.no <= no);
        self.rederived.retain(|d| d.no <= no);
    }

    /// Under what it is judged.
    pub(crate) async fn law<C: ConnectionTrait>(&self, db: &C, newest: &RuleSet) -> Result<Law, Error> {
        Ok(Law {
            in_force: rule_use::InForce::load(db, newest).await?,
            classes: reference::classes(db).await?,
            rederived: self.rederived.clone(),
            positions: self.sites.values().filter_map(|s| Some((s.id, s.position()?))).collect(),
        })
    }
}

/// The trace of the cylinder with this tag or stamped number as it was known at an instant (ms), the present where none is named;
/// `Err` inside when it was not registered by then, `None` when there is no such cylinder within the viewer's scope. `now` is the
/// instant of the question, ms.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn page(
    db: &Db,
    viewer: Viewer,
    code: &str,
    known: Option<i64>,
    now: i64,
) -> Result<Option<Result<Trace, NotYet>>, Error> {
    let txn = db.begin_read().await?;
    let Some(c) = history::seen(&txn, viewer, code).await? else { return Ok(None) };
    let at = known.map_or(now, |k| Ord::min(k, now));
    let newest = rule::current(&txn).await?;
    let rules = if at < now { rule_use::at(&txn, &newest, at).await? } else { newest.clone() };
    let mut chain = Chain::load(&txn, &c).await?;
    let first = chain.events.first().map_or(0, |e| e.recorded_at);
    let later = chain.known(at);
    if chain.events.is_empty() {
        return Ok(Some(Err(NotYet { known: at, registered: first })));
    }
    let law = chain.law(&txn, &newest).await?;
    let then = replay(&chain.events, &chain.attempts, &law)
        .ok_or_else(|| Error::Stored(format!("the chain of cylinder {} cannot be told again", c.id)))?;
    let owner = org::Entity::find_by_id(then.file.org).one(&txn).await?.map(|o| o.name).unwrap_or_default();
    let home = match chain.sites.get(&then.now.home) {
        Some(s) => Some(s.clone()),
        None => site::Entity::find_by_id(then.now.home).one(&txn).await?,
    };
    let numbers: Vec<i64> = chain.events.iter().map(|e| e.no).collect();
    let last = numbers.last().copied().unwrap_or_default();
    let mut corrected = correction::of(&txn, &numbers).await?;
    corrected.retain(|_, by| *by <= last);
    let said = history::said(&txn, &chain.events).await?;
    txn.commit().await?;
    let gate = gate(db, &rules, c.id, &then, home.as_ref(), at).await?;
    let attempts = chain
        .attempts
        .iter()
        .map(|a| attempt_row(a, chain.sites.get(&a.site_id).map(|s| s.name.clone()).unwrap_or_default()))
        .collect();
    let mut events = chain.events;
    events.retain(|e| e.kind != EventKind::Register.number());
    events.sort_by_key(|e| (e.occurred_at, e.no));
    let standing: Vec<&event::Model> = events.iter().filter(|e| !corrected.contains_key(&e.no)).collect();
    let (stops, unplaced) = stops(&standing, &chain.sites);
    let weights = weights(&standing, then.file.tare_g);
    let names = chain.sites.values().map(|s| (s.id, s.name.clone())).collect();
    let shown = events.len().saturating_sub(ROWS_MAX);
    let rows = history::rows(&events, then.file.tare_g, &names, &corrected, &said).split_off(shown);
    Ok(Some(Ok(Trace {
        id: c.id,
        known: at,
        replayed: at < now,
        later,
        rule_version: rules.version,
        owner,
        home: home.map(|s| s.name).unwrap_or_default(),
        history: history::sheet(&then.file, &then.now, then.demo, rows, &rules, clock::local_date(at)),
        gate,
        attempts,
        weights,
        stops,
        unplaced,
    })))
}

/// File and state of a cylinder as its records of up to an instant (ms) fold to; `None` where there are none by then.
///
/// # Errors
/// When the database fails, or the chain cannot be told again.
pub async fn standing<C: ConnectionTrait>(
    db: &C,
    id: i64,
    at: i64,
) -> Result<Option<(cylinder::Model, cylinder::state::Model)>, Error> {
    let Some(c) = cylinder::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let newest = rule::current(db).await?;
    let mut chain = Chain::load(db, &c).await?;
    chain.known(at);
    if chain.events.is_empty() {
        return Ok(None);
    }
    let law = chain.law(db, &newest).await?;
    let then = replay(&chain.events, &chain.attempts, &law)
        .ok_or_else(|| Error::Stored(format!("the chain of cylinder {id} cannot be told again")))?;
    let Replayed { file, now, demo, .. } = &then;
    let home = site::Entity::find_by_id(file.site).one(db).await?.map_or(0, |s| s.division);
    let row = cylinder::Model::of(id, file, *demo).in_division(home);
    Ok(Some((row, cylinder::state::Model::of(id, now).in_division(home))))
}

/// What the gate would have said of the cylinder as it stood. The papers of station, filler and scale are those of today: they keep
/// no history.
async fn gate(
    db: &Db,
    rules: &RuleSet,
    id: i64,
    then: &Replayed,
    home: Option<&site::Model>,
    at: i64,
) -> Result<Option<GateSays>, Error> {
    let Some(home) = home else { return Ok(None) };
    let asked = cylinder_page::question(db, home, &then.file.tag, &then.file.medium, at).await?;
    let Some((question, gun)) = asked else { return Ok(None) };
    let fate = then.tags.get(&then.file.tag).copied().unwrap_or(TagFate::Free);
    let (state, cylinder_id) = cylinder::tag::of(fate, id);
    let tag = cylinder::tag::Model { code: then.file.tag.clone(), state, cylinder_id };
    let (file, now) = (then.file.clone(), then.now.clone());
    let loaded = Loaded { file, now, demo: then.demo, dirty: false, change: FileChange::None };
    let verdict = ledger::consult_of(db, rules, &question, at, Known::of(id, loaded, tag)).await?;
    Ok(Some(GateSays { station: home.name.clone(), gun, verdict }))
}

/// A question to the gate at a station of this name.
pub(crate) fn attempt_row(a: &attempt::Model, station: String) -> AttemptRow {
    AttemptRow {
        no: a.no.unsigned_abs(),
        at_ms: a.at,
        station,
        operator: a.operator.clone(),
        verdict: Verdict {
            decision: Decision::from_number(a.decision),
            reasons: a.reason_codes(),
            overridden: a.overridden_codes(),
        },
        rule_version: a.rule_version,
    }
}

/// Where it was, in the order of time; and how many events tell of places without a position.
fn stops(events: &[&event::Model], sites: &HashMap<i64, site::Model>) -> (Vec<Stop>, u64) {
    let (mut out, mut unplaced): (Vec<(i64, Stop)>, u64) = (vec![], 0);
    for e in events {
        let Some(kind) = EventKind::from_number(e.kind).filter(|k| k.is_of_circulation()) else { continue };
        let Some((s, p)) = sites.get(&e.site_id).and_then(|s| Some((s, s.position()?))) else {
            unplaced += 1;
            continue;
        };
        let method = if kind.is_read_on_site() { Method::Scan } else { Method::Told };
        match out.last_mut().filter(|(site, _)| *site == s.id) {
            Some((_, stop)) => (stop.to_ms, stop.events, stop.method) = (e.occurred_at, stop.events + 1, method),
            None => {
                let at = e.occurred_at;
                let stop =
                    Stop { site: s.name.clone(), lng: p.lng, lat: p.lat, from_ms: at, to_ms: at, events: 1, method };
                out.push((s.id, stop));
            }
        }
    }
    (out.into_iter().map(|(_, stop)| stop).collect(), unplaced)
}

/// What the scales told, against the stamped tare.
fn weights(events: &[&event::Model], stamped: Option<i64>) -> Vec<Weighed> {
    let Some(stamped) = stamped else { return vec![] };
    let above = |g: i64| weight::residue_g(g, stamped);
    let mut out = vec![];
    for e in events {
        let mut w = Weighed { no: e.no.unsigned_abs(), at_ms: e.occurred_at, ..Weighed::default() };
        match e.content() {
            Some(Content::Precheck(p)) => w.residue_g = p.tare_g.map(above),
            Some(Content::Drain(d)) => w.residue_g = d.tare_g.map(above),
            Some(Content::Inspect(i)) => w.drift_g = i.tare_g.map(above),
            Some(Content::Postcheck(p)) => w.contents_g = p.gross_g.map(above),
            _ if e.kind == EventKind::FillEnd.number() => {
                w.contents_g = e.gross_g.map(|g| weight::contents_g(g, stamped));
                w.residue_g = e.tare_g.map(above);
            }
            _ => {}
        }
        if (w.contents_g, w.residue_g, w.drift_g) != (None, None, None) {
            out.push(w);
        }
    }
    out
}
