//! Facts from what stands in the record.

use super::entry;
use crate::{
    Error,
    alert::{self, step},
    attempt, device, event, incident, operator, org, site,
};
use chrono::NaiveDate;
use domain::{
    check::Severity,
    clock,
    credit::{EntryState, Origin, alert_item},
    event::Source,
    incident::{Act, Grade, Level, Register, State},
    ledger::{Finding, Metric, Step},
    org::Kind,
    outcome::{AlertKind, Anomaly, Reason},
};
use sea_orm::{Condition, QueryFilter, QueryOrder, QuerySelect, Statement, entity::prelude::*};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// After so many ms a record counts as late (rules.md §12).
const LATE_MS: i64 = 10_000;
/// Values in one IN list.
const CHUNK: usize = 5_000;
/// Kinds of organisations that are graded.
pub(super) const GRADED: [Kind; 4] = [Kind::Filler, Kind::Delivery, Kind::Inspection, Kind::Maker];

/// Which fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub org: i64,
    pub origin: Origin,
    pub no: i64,
    pub item: String,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub day: i32,
    pub amount: i64,
    pub whole: i64,
    pub closed: Option<i32>,
    pub kept: i16,
}

impl Base {
    const fn on(day: i32) -> Self {
        Self { day, amount: 1, whole: 1, closed: None, kept: 100 }
    }
}

pub(super) type Facts = BTreeMap<Key, Base>;

/// The organisations that are graded, and whose sites are whose.
pub(super) struct Places {
    pub orgs: BTreeMap<i64, org::Model>,
    sites: HashMap<i64, i64>,
}

impl Places {
    pub(super) async fn load<C: ConnectionTrait>(db: &C) -> Result<Self, Error> {
        let orgs = org::Entity::find().filter(org::Column::Kind.is_in(GRADED.map(Kind::code))).all(db).await?;
        let orgs: BTreeMap<i64, org::Model> = orgs.into_iter().map(|o| (o.id, o)).collect();
        let sites: Vec<(i64, i64)> = site::Entity::find()
            .select_only()
            .columns([site::Column::Id, site::Column::OrgId])
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self { sites: sites.into_iter().filter(|(_, o)| orgs.contains_key(o)).collect(), orgs })
    }

    fn org(&self, site: i64) -> Option<i64> {
        self.sites.get(&site).copied()
    }
}

/// What a stretch of the ledger says: facts whole as they stand at its end, and records of days that are to be added.
#[derive(Default)]
pub(super) struct Derived {
    pub set: Facts,
    pub late: Facts,
}

/// Of the ledger numbers above `from`, up to `to`.
pub(super) async fn ledger<C: ConnectionTrait>(
    db: &C,
    places: &Places,
    (from, to): (i64, i64),
) -> Result<Derived, Error> {
    let mut out = Derived::default();
    let raised = alert::Entity::find().filter(alert::Column::No.gt(from)).filter(alert::Column::No.lte(to));
    let raised = raised.order_by_asc(alert::Column::No).all(db).await?;
    for a in &raised {
        if let Some((key, base)) = of_alert(places, a) {
            out.set.insert(key, base);
        }
    }
    closings(db, places, (from, to), raised, &mut out.set).await?;
    let passed: Vec<(i64, i64, i64)> = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::No, attempt::Column::SiteId, attempt::Column::At])
        .filter(attempt::Column::No.gt(from))
        .filter(attempt::Column::No.lte(to))
        .filter(attempt::Column::Overridden.ne(""))
        .into_tuple()
        .all(db)
        .await?;
    for (no, site, at) in passed {
        if let Some(org) = places.org(site) {
            let key = Key { org, origin: Origin::Override, no, item: "CRD-OVERRIDE".into() };
            out.set.insert(key, Base::on(clock::local_day(at)));
        }
    }
    late(db, places, (from, to), &mut out.late).await?;
    Ok(out)
}

fn of_alert(places: &Places, a: &alert::Model) -> Option<(Key, Base)> {
    let org = places.org(a.site_id)?;
    let kind = AlertKind::from_code(&a.kind).filter(|k| k.is_to_be_noted())?;
    let key = Key { org, origin: Origin::Alert, no: a.no, item: alert_item(kind.code()) };
    Some((key, Base::on(clock::local_day(a.at))))
}

/// Alerts that were closed there, whenever they were raised.
async fn closings<C: ConnectionTrait>(
    db: &C,
    places: &Places,
    (from, to): (i64, i64),
    raised: Vec<alert::Model>,
    out: &mut Facts,
) -> Result<(), Error> {
    let steps = step::Entity::find()
        .filter(step::Column::No.gt(from))
        .filter(step::Column::No.lte(to))
        .filter(step::Column::Step.eq(Step::Close.number()))
        .order_by_asc(step::Column::No)
        .all(db)
        .await?;
    let mut alerts: HashMap<i64, alert::Model> = raised.into_iter().map(|a| (a.no, a)).collect();
    let before: Vec<i64> = steps.iter().map(|s| s.alert_no).filter(|no| !alerts.contains_key(no)).collect();
    for chunk in before.chunks(CHUNK) {
        let more = alert::Entity::find().filter(alert::Column::No.is_in(chunk.iter().copied())).all(db).await?;
        alerts.extend(more.into_iter().map(|a| (a.no, a)));
    }
    let mut refused: Vec<(&alert::Model, i32)> = vec![];
    for s in &steps {
        let Some(a) = alerts.get(&s.alert_no) else { continue };
        let Some((key, base)) = of_alert(places, a) else { continue };
        let day = clock::local_day(s.at);
        let finding = s.finding.and_then(Finding::from_number);
        let kept = if finding == Some(Finding::FalseAlarm) { 0 } else { 100 };
        if finding == Some(Finding::Real) {
            if a.kind == AlertKind::FabricatedWeight.code() {
                let proven = Key { origin: Origin::Proven, item: "CRD-FALSIFIED".into(), ..key.clone() };
                out.insert(proven, Base::on(day));
            } else if a.kind == AlertKind::FilledThoughBlocked.code() {
                refused.push((a, day));
            }
        }
        out.insert(key, Base { closed: Some(day), kept, ..base });
    }
    for (a, day) in banned(db, refused).await? {
        if let Some((key, _)) = of_alert(places, a) {
            let key = Key { origin: Origin::Proven, item: "CRD-FILLED-BANNED".into(), ..key };
            out.insert(key, Base::on(day));
        }
    }
    Ok(())
}

/// Those of fills that were refused because the cylinder was scrapped, past its life or somebody else's.
async fn banned<'a, C: ConnectionTrait>(
    db: &C,
    refused: Vec<(&'a alert::Model, i32)>,
) -> Result<Vec<(&'a alert::Model, i32)>, Error> {
    let mut out = vec![];
    for chunk in refused.chunks(200) {
        let causes: Vec<i64> = chunk.iter().filter_map(|(a, _)| a.cause_no).collect();
        let events = event::Entity::find().filter(event::Column::No.is_in(causes)).all(db).await?;
        let named = events.iter().filter(|e| !e.attempt.is_empty()).fold(Condition::any(), |any, e| {
            let one = Condition::all().add(attempt::Column::DeviceId.eq(e.device_id));
            any.add(one.add(attempt::Column::Attempt.eq(e.attempt.as_str())))
        });
        let asked = if named.is_empty() { vec![] } else { attempt::Entity::find().filter(named).all(db).await? };
        let grave = |e: &event::Model| {
            e.anomaly_codes().contains(&Anomaly::NotOwn)
                || asked.iter().filter(|q| q.device_id == e.device_id && q.attempt == e.attempt).any(|q| {
                    let reasons = q.reason_codes();
                    [Reason::Scrapped, Reason::LifeExceeded, Reason::NotOwn].iter().any(|r| reasons.contains(r))
                })
        };
        let grave: BTreeSet<i64> = events.iter().filter(|e| grave(e)).map(|e| e.no).collect();
        out.extend(chunk.iter().filter(|(a, _)| a.cause_no.is_some_and(|no| grave.contains(&no))));
    }
    Ok(out)
}

/// Records of devices by organisation and day of their arrival, and those of them that were late.
async fn late<C: ConnectionTrait>(
    db: &C,
    places: &Places,
    (from, to): (i64, i64),
    out: &mut Facts,
) -> Result<(), Error> {
    // Numbers only: nothing of it comes from outside.
    let sql = format!(
        "SELECT site_id, (recorded_at + {}) / {} AS day, COUNT(*) AS n, \
         SUM(CASE WHEN recorded_at - occurred_at > {LATE_MS} THEN 1 ELSE 0 END) AS late FROM cylinder_event \
         WHERE no > {from} AND no <= {to} AND source = {} GROUP BY 1, 2",
        clock::SHANGHAI_OFFSET_MS,
        clock::DAY_MS,
        Source::Device as i16,
    );
    for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
        let (site, day): (i64, i64) = (row.try_get("", "site_id")?, row.try_get("", "day")?);
        let (n, late): (i64, i64) = (row.try_get("", "n")?, row.try_get("", "late")?);
        let (Some(org), Ok(small)) = (places.org(site), i32::try_from(day)) else { continue };
        let key = Key { org, origin: Origin::Late, no: day, item: "CRD-LATE".into() };
        let base = out.entry(key).or_insert(Base { amount: 0, whole: 0, ..Base::on(small) });
        base.amount += late;
        base.whole += n;
    }
    Ok(())
}

/// Accidents and hazards: of these numbers, or all. What was withdrawn, or concerns nobody who is graded, says nothing.
pub(super) async fn incidents<C: ConnectionTrait>(
    db: &C,
    places: &Places,
    ids: Option<&[i64]>,
) -> Result<Facts, Error> {
    let mut rows = vec![];
    match ids {
        None => rows = incident::Entity::find().all(db).await?,
        Some(ids) => {
            for chunk in ids.chunks(CHUNK) {
                let of = incident::Column::Id.is_in(chunk.iter().copied());
                rows.extend(incident::Entity::find().filter(of).all(db).await?);
            }
        }
    }
    rows.retain(|m| places.orgs.contains_key(&m.org_id) && m.state != State::Withdrawn.code());
    let mut steps: HashMap<i64, Vec<incident::step::Model>> = HashMap::new();
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    for chunk in ids.chunks(CHUNK) {
        let of = incident::step::Column::IncidentId.is_in(chunk.iter().copied());
        let found = incident::step::Entity::find().filter(of).order_by_asc(incident::step::Column::No).all(db).await?;
        found.into_iter().for_each(|s| steps.entry(s.incident_id).or_default().push(s));
    }
    let mut out = Facts::new();
    for m in &rows {
        let steps = steps.get(&m.id).map_or(&[][..], Vec::as_slice);
        of_incident(m, steps, &mut out);
    }
    Ok(out)
}

fn of_incident(m: &incident::Model, steps: &[incident::step::Model], out: &mut Facts) {
    let last = |act: Act| steps.iter().rev().find(|s| s.act == act.code());
    let closed = last(Act::Close).filter(|_| m.state == State::Closed.code()).map(|s| clock::local_day(s.at));
    let accident = m.register == Register::Accident.number();
    let (origin, register) =
        if accident { (Origin::Accident, Register::Accident) } else { (Origin::Hazard, Register::Hazard) };
    let item = match Level::from_number(register, m.level) {
        Some(Level::Accident(Grade::Below)) | None => return,
        Some(Level::Accident(Grade::Common)) => "CRD-ACCIDENT",
        Some(Level::Accident(_)) => "CRD-ACCIDENT-LARGER",
        Some(Level::Hazard(Severity::Common)) => "CRD-HAZARD",
        Some(Level::Hazard(Severity::Serious)) => "CRD-HAZARD-SERIOUS",
        Some(Level::Hazard(Severity::Grave)) => "CRD-HAZARD-GRAVE",
    };
    let key = |item: &str| Key { org: m.org_id, origin, no: m.id, item: item.into() };
    out.insert(key(item), Base { closed, ..Base::on(clock::local_day(m.at)) });
    // Late from the day after its term on, until it is rectified: also a term that lies ahead says so by its day.
    if let Some(due) = m.due.map(clock::day_of) {
        let demanded = last(Act::Demand).map_or(0, |s| s.no);
        let rectified = last(Act::Rectify).filter(|s| s.no > demanded).map(|s| clock::local_day(s.at));
        if rectified.is_none_or(|d| d > due) {
            let late = Base { closed: rectified, ..Base::on(due.saturating_add(1)) };
            out.insert(key("CRD-HAZARD-LATE"), late);
        }
    }
}

/// Entries made by hand.
pub(super) async fn entries<C: ConnectionTrait>(db: &C, places: &Places) -> Result<Facts, Error> {
    let rows = entry::Entity::find().all(db).await?;
    Ok(rows.iter().filter(|m| places.orgs.contains_key(&m.org_id)).filter_map(of_entry).collect())
}

/// An entry as a fact; none where it was withdrawn.
pub(super) fn of_entry(m: &entry::Model) -> Option<(Key, Base)> {
    let key = Key { org: m.org_id, origin: Origin::Entry, no: m.id, item: m.item.clone() };
    let base = Base { closed: m.closed, ..Base::on(m.day) };
    (m.state != EntryState::Withdrawn.code()).then_some((key, base))
}

/// What the register says lapsed: it keeps no history, so that what was renewed leaves no fact.
pub(super) fn register(places: &Places) -> Facts {
    let mut out = Facts::new();
    for o in places.orgs.values() {
        let mut lapses = |item: &str, until: Option<NaiveDate>| {
            if let Some(last) = until {
                let key = Key { org: o.id, origin: Origin::Register, no: 0, item: item.into() };
                out.insert(key, Base::on(clock::day_of(last).saturating_add(1)));
            }
        };
        lapses("CRD-LICENCE-LAPSED", o.licence_until);
        lapses("CRD-INSURANCE-LAPSED", o.insured_until);
    }
    out
}

/// Shares that are read off on a day: what is overdue among the cylinders on file, certificates, scales.
pub(super) async fn readings<C: ConnectionTrait>(db: &C, places: &Places, day: i32) -> Result<Facts, Error> {
    let mut shares: BTreeMap<(i64, &'static str), (i64, i64)> = BTreeMap::new();
    let on_file: Vec<String> = crate::gauge::ON_FILE.iter().map(|s| s.number().to_string()).collect();
    let sum = async |which: String| -> Result<Vec<(i64, i64)>, Error> {
        let sql =
            format!("SELECT site_id, CAST(SUM(value) AS BIGINT) AS n FROM counter WHERE {which} GROUP BY site_id");
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        rows.iter().map(|r| Ok((r.try_get("", "site_id")?, r.try_get("", "n")?))).collect()
    };
    // Whatever is past its life is among the overdue, too.
    let overdue = format!("metric = {} AND day < {day}", Metric::DueOn.number());
    let all = format!("metric = {} AND \"key\" IN ({})", Metric::File.number(), on_file.join(", "));
    for (site, n) in sum(overdue).await? {
        if let Some(org) = places.org(site) {
            shares.entry((org, "CRD-OVERDUE-STOCK")).or_default().0 += n;
        }
    }
    for (site, n) in sum(all).await? {
        if let Some(org) = places.org(site) {
            shares.entry((org, "CRD-OVERDUE-STOCK")).or_default().1 += n;
        }
    }
    let today = clock::date_of(day);
    for m in operator::Entity::find().filter(operator::Column::CertUntil.is_not_null()).all(db).await? {
        if places.orgs.contains_key(&m.org_id) {
            let share = shares.entry((m.org_id, "CRD-CERTIFICATES")).or_default();
            share.0 += i64::from(m.cert_until.is_some_and(|d| d < today));
            share.1 += 1;
        }
    }
    let scales = device::Entity::find()
        .filter(device::Column::ScaleUntil.is_not_null())
        .filter(device::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    for m in scales {
        if let Some(org) = places.org(m.site_id) {
            let share = shares.entry((org, "CRD-SCALES")).or_default();
            share.0 += i64::from(m.scale_until.is_some_and(|d| d < today));
            share.1 += 1;
        }
    }
    let fact = |((org, item), (n, of)): ((i64, &'static str), (i64, i64))| {
        let key = Key { org, origin: Origin::Reading, no: 0, item: item.into() };
        (key, Base { amount: n, whole: of.max(1), ..Base::on(day) })
    };
    Ok(shares.into_iter().filter(|(_, (n, _))| *n > 0).map(fact).collect())
}
