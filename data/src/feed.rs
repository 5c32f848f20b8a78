//! The feed's changes, read back from the ledger: what a restarted server offers to a client that resumes.

use crate::{
    Error,
    alert::{self, ack, step},
    attempt, correction, event,
    ledger::Published,
    sequence, site,
};
use domain::{
    event::{EventKind, Source},
    gate::Decision,
    ledger::Step,
    outcome::AlertKind,
    scope::Viewer,
    wall::{AckLine, AttemptLine, Change, ClosedLine, CorrectedLine, FillLine},
    weight::FillVerdict,
};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*, sea_query::ExprTrait};
use std::collections::HashMap;

/// Ledger numbers that the feed's first lines are looked for in: a channel with few fills shows fewer lines rather than scan
/// the record.
pub const LOOK_BACK: i64 = 200_000;

fn fill(m: &event::Model) -> Change {
    Change::Fill(FillLine {
        no: m.no.unsigned_abs(),
        at: m.occurred_at,
        site: m.site_id,
        tag: m.tag.clone(),
        net_g: m.net_g.unwrap_or(0),
        verdict: FillVerdict(m.anomaly_codes()),
        // A change that is read back was not just sent: it must not count as latency.
        sent: None,
    })
}

fn asked(m: &attempt::Model) -> Change {
    Change::Attempt(AttemptLine {
        no: m.no.unsigned_abs(),
        at: m.at,
        site: m.site_id,
        tag: m.tag.clone(),
        decision: Decision::from_number(m.decision),
        reasons: m.reason_codes(),
    })
}

fn raised(m: &alert::Model) -> Option<Change> {
    m.line(None).map(Change::Alert)
}

/// The kinds of alerts, by ledger number.
async fn kinds<C: ConnectionTrait>(
    db: &C,
    alerts: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, AlertKind>, DbErr> {
    let all: Vec<i64> = alerts.collect();
    let mut kinds = HashMap::new();
    for chunk in all.chunks(5_000) {
        let rows = alert::Entity::find().filter(alert::Column::No.is_in(chunk.iter().copied())).all(db).await?;
        kinds.extend(rows.iter().filter_map(|m| Some((m.no, AlertKind::from_code(&m.kind)?))));
    }
    Ok(kinds)
}

/// What was closed, with the kinds of the alerts.
async fn closed<C: ConnectionTrait>(db: &C, span: &Span) -> Result<Vec<Change>, DbErr> {
    let mut q = step::Entity::find()
        .filter(step::Column::No.gt(span.after))
        .filter(step::Column::Step.eq(Step::Close.number()));
    if let Some(sites) = &span.sites {
        q = q.filter(step::Column::SiteId.is_in(sites.iter().copied()));
    }
    let steps = q.order_by_desc(step::Column::No).limit(span.newest).all(db).await?;
    let kinds = kinds(db, steps.iter().map(|s| s.alert_no)).await?;
    let line = |s: &step::Model| {
        Some(Change::Closed(ClosedLine {
            no: s.no.unsigned_abs(),
            at: s.at,
            site: s.site_id,
            alert: s.alert_no.unsigned_abs(),
            kind: *kinds.get(&s.alert_no)?,
        }))
    };
    Ok(steps.iter().filter_map(line).collect())
}

/// What displays took note of, with the kinds of the alerts.
async fn noted<C: ConnectionTrait>(db: &C, span: &Span) -> Result<Vec<Change>, DbErr> {
    let mut q = ack::Entity::find().filter(ack::Column::No.gt(span.after));
    if let Some(sites) = &span.sites {
        q = q.filter(ack::Column::SiteId.is_in(sites.iter().copied()));
    }
    let acks = q.order_by_desc(ack::Column::No).limit(span.newest).all(db).await?;
    let kinds = kinds(db, acks.iter().map(|a| a.alert_no)).await?;
    Ok(acks
        .iter()
        .filter_map(|a| {
            Some(Change::Ack(AckLine {
                no: a.no.unsigned_abs(),
                at: a.at,
                site: a.site_id,
                alert: a.alert_no.unsigned_abs(),
                kind: *kinds.get(&a.alert_no)?,
                display: a.display_id,
            }))
        })
        .collect())
}

/// Fills that were taken back after a ledger number, where those happened at the sites asked for.
async fn corrected<C: ConnectionTrait>(db: &C, span: &Span) -> Result<Vec<Change>, DbErr> {
    let by: HashMap<i64, i64> = correction::Entity::find()
        .filter(correction::Column::ByNo.gt(span.after))
        .all(db)
        .await?
        .into_iter()
        .map(|m| (m.event_no, m.by_no))
        .collect();
    if by.is_empty() {
        return Ok(vec![]);
    }
    let mut fills = event::Entity::find()
        .filter(event::Column::No.is_in(by.keys().copied()))
        .filter(event::Column::Kind.eq(EventKind::FillEnd.number()));
    if let Some(sites) = &span.sites {
        fills = fills.filter(event::Column::SiteId.is_in(sites.iter().copied()));
    }
    let line = |m: event::Model| {
        let no = by.get(&m.no)?.unsigned_abs();
        let net_g = m.net_g.unwrap_or(0);
        Some(Change::Corrected(CorrectedLine { no, at: m.occurred_at, site: m.site_id, net_g }))
    };
    Ok(fills.all(db).await?.into_iter().filter_map(line).collect())
}

/// Which changes are asked for.
#[derive(Clone, Debug)]
pub struct Span {
    /// Ledger numbers above this one.
    pub after: i64,
    /// Newest so many of each kind; all where none is given.
    pub newest: Option<u64>,
    /// Only these sites; all where none are given.
    pub sites: Option<Vec<i64>>,
}

/// Changes of a span, in ledger order.
///
/// # Errors
/// When the database fails.
pub async fn changes<C: ConnectionTrait>(db: &C, span: &Span) -> Result<Vec<Change>, DbErr> {
    let mut events = event::Entity::find()
        .filter(event::Column::No.gt(span.after))
        .filter(event::Column::Kind.eq(EventKind::FillEnd.number()))
        // As `is_news` says.
        .filter(event::Column::Source.ne(Source::Import as i16).or(
            Expr::col(event::Column::OccurredAt).gt(Expr::col(event::Column::RecordedAt).sub(domain::clock::DAY_MS)),
        ));
    let mut attempts = attempt::Entity::find()
        .filter(attempt::Column::No.gt(span.after))
        .filter(attempt::Column::Decision.gt(Decision::Allow.number()));
    let mut alerts = alert::Entity::find().filter(alert::Column::No.gt(span.after));
    if let Some(sites) = &span.sites {
        events = events.filter(event::Column::SiteId.is_in(sites.iter().copied()));
        attempts = attempts.filter(attempt::Column::SiteId.is_in(sites.iter().copied()));
        alerts = alerts.filter(alert::Column::SiteId.is_in(sites.iter().copied()));
    }
    let events = events.order_by_desc(event::Column::No).limit(span.newest).all(db).await?;
    let attempts = attempts.order_by_desc(attempt::Column::No).limit(span.newest).all(db).await?;
    let alerts = alerts.order_by_desc(alert::Column::No).limit(span.newest).all(db).await?;
    let mut out: Vec<Change> =
        events.iter().map(fill).chain(attempts.iter().map(asked)).chain(alerts.iter().filter_map(raised)).collect();
    // Who asks for the newest lines has figures that are right already; a correction is no line.
    if span.newest.is_none() {
        out.extend(corrected(db, span).await?);
    }
    out.extend(noted(db, span).await?);
    out.extend(closed(db, span).await?);
    out.sort_unstable_by_key(Change::no);
    Ok(out)
}

/// The changes above a ledger number, with what decides who may see them.
///
/// # Errors
/// When the database fails.
pub async fn published<C: ConnectionTrait>(db: &C, after: i64) -> Result<Vec<Published>, Error> {
    let sites: HashMap<i64, (i32, i64)> =
        site::Entity::find().all(db).await?.into_iter().map(|s| (s.id, (s.division, s.org_id))).collect();
    let all = changes(db, &Span { after, newest: None, sites: None }).await?;
    Ok(all
        .into_iter()
        .map(|change| {
            let (district, org) = change.site().and_then(|s| sites.get(&s)).copied().unwrap_or_default();
            Published { district, org, change: Some(change), ..Published::default() }
        })
        .collect())
}

/// The newest so many lines of a site, newest first; `None` when there is no such site within sight. Looks back as far as
/// the feed itself does.
///
/// # Errors
/// When the database fails.
pub async fn of_site(db: &crate::Db, viewer: Viewer, site: i64, most: usize) -> Result<Option<Vec<Change>>, Error> {
    let db = db.read();
    let found = site::Entity::find_by_id(site).one(db).await?;
    if !found.is_some_and(|s| viewer.scope.covers(s.division, s.org_id)) {
        return Ok(None);
    }
    let last = sequence::last(db, sequence::LEDGER).await?;
    let newest = Some(u64::try_from(most).unwrap_or(u64::MAX));
    let span = Span { after: Ord::max(last - LOOK_BACK, 0), newest, sites: Some(vec![site]) };
    let mut lines = changes(db, &span).await?;
    lines.reverse();
    lines.truncate(most);
    Ok(Some(lines))
}
