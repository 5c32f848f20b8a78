//! How the authority's own work stands (S0-50): clocks kept, re-checks on time, how fast alerts are answered, how content citizens are.

use crate::{
    Db, Error, calendar,
    case::{self, clocks},
    incident, scope,
};
use domain::{
    analysis::Span,
    case::{Clock, Evaluation, Punctual, ROLL, rule, term_of},
    clock,
    incident::{Act, Register},
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{
    ConnectionTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement, entity::prelude::*,
    sea_query::Expr,
};
use std::collections::BTreeMap;

/// The figures of a stretch of days within the viewer's scope. A clock counts on the day on which its term ended.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn figures(db: &Db, rules: &RuleSet, viewer: Viewer, days: Span, now: i64) -> Result<Evaluation, Error> {
    let read = db.begin_read().await?;
    let (from, to) = (clock::day_start(days.first), clock::day_start(days.last.saturating_add(1)));
    let mut clocks = kept(&read, viewer, (from, to), now).await?;
    clocks.extend(rechecks(&read, rules, viewer, (from, to), now).await?);
    let (alerts, answered, response_ms) = alerts(&read, viewer, (from, to)).await?;
    let within = || case::Entity::find().filter(case::within(viewer));
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let closed = || within().filter(case::Column::ClosedAt.gte(from)).filter(case::Column::ClosedAt.lt(to));
    let received = within().filter(case::Column::ReceivedAt.gte(from)).filter(case::Column::ReceivedAt.lt(to));
    let received = count(received.count(&read).await?);
    let all = count(closed().count(&read).await?);
    let by_rating: Vec<(i16, i64)> = closed()
        .filter(case::Column::Rating.gt(0))
        .select_only()
        .column(case::Column::Rating)
        .column_as(case::Column::Id.count(), "n")
        .group_by(case::Column::Rating)
        .into_tuple()
        .all(&read)
        .await?;
    read.commit().await?;
    Ok(Evaluation {
        clocks,
        alerts,
        answered,
        response_ms,
        received,
        closed: all,
        rated: by_rating.iter().map(|r| r.1).sum(),
        stars: by_rating.iter().map(|r| i64::from(r.0).saturating_mul(r.1)).sum(),
    })
}

/// A clock: its code, how many were late, missed and still run, and how many there are.
type Kept = (String, Option<i64>, Option<i64>, Option<i64>, i64);

/// Clocks of cases whose term ended within a stretch of time.
async fn kept<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    (from, to): (i64, i64),
    now: i64,
) -> Result<Vec<Punctual>, Error> {
    use clocks::Column as K;
    let cases = case::Entity::find().select_only().column(case::Column::Id).filter(case::within(viewer));
    let when = |yes: Expr| Expr::case(yes, 1).finally(0).sum();
    let open = || Expr::col(K::DoneAt).is_null();
    let late = || Expr::col(K::DoneAt).gt(Expr::col(K::DueAt));
    let rows: Vec<Kept> = clocks::Entity::find()
        .select_only()
        .column(K::Clock)
        .column_as(when(late()), "late")
        .column_as(when(open().and(Expr::col(K::DueAt).lt(now))), "missed")
        .column_as(when(open().and(Expr::col(K::DueAt).gte(now))), "running")
        .column_as(K::CaseId.count(), "n")
        .filter(K::DueAt.gte(from))
        .filter(K::DueAt.lt(to))
        .filter(K::CaseId.in_subquery(sea_orm::QueryTrait::into_query(cases)))
        .group_by(K::Clock)
        .into_tuple()
        .all(db)
        .await?;
    let mut out = rows
        .into_iter()
        .map(|(code, late, missed, running, n)| {
            let clock = Clock::from_code(&code).ok_or_else(|| Error::Stored(format!("clock {code}")))?;
            let [late, missed, running] = [late, missed, running].map(Option::unwrap_or_default);
            Ok(Punctual { clock, on_time: n - late - missed - running, late, missed, running })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    out.sort_unstable_by_key(|p| p.clock);
    Ok(out)
}

/// Re-checks of hazards after a rectification was reported, whose term ended within a stretch of time.
async fn rechecks<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    viewer: Viewer,
    (from, to): (i64, i64),
    now: i64,
) -> Result<Option<Punctual>, Error> {
    use incident::step::Column as S;
    let hazards = incident::Entity::find()
        .filter(incident::Column::Register.eq(Register::Hazard.number()))
        .filter(incident::within(viewer))
        .select_only()
        .columns([incident::Column::Id])
        .column(incident::Column::Division);
    // A term has at most a thousand days: what was reported earlier ended earlier.
    let first = from.saturating_sub(domain::rules::CLOCK_MAX.saturating_mul(3 * clock::DAY_MS));
    let lately = incident::step::Entity::find()
        .select_only()
        .column(S::IncidentId)
        .filter(S::Act.eq(Act::Rectify.code()))
        .filter(S::At.gte(first))
        .filter(S::At.lt(to));
    let hazards = hazards.filter(incident::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(lately)));
    let hazards: BTreeMap<i64, i32> = hazards.into_tuple::<(i64, i32)>().all(db).await?.into_iter().collect();
    if hazards.is_empty() {
        return Ok(None);
    }
    let (calendar, _) = calendar::load(db).await?;
    let roll = rules.param(ROLL) == Some(1);
    let mut sum = Punctual { clock: Clock::Recheck, on_time: 0, late: 0, missed: 0, running: 0 };
    let ids: Vec<i64> = hazards.keys().copied().collect();
    for chunk in ids.chunks(1_000) {
        let steps = incident::step::Entity::find()
            .filter(S::IncidentId.is_in(chunk.iter().copied()))
            .order_by_asc(S::IncidentId)
            .order_by_asc(S::No)
            .all(db)
            .await?;
        for (i, s) in steps.iter().enumerate().filter(|(_, s)| s.act == Act::Rectify.code()) {
            let division = hazards.get(&s.incident_id).copied().unwrap_or_default();
            let term = rule(rules, Clock::Recheck, clock::local_date(s.at), division).and_then(term_of);
            let Some(due) = term.and_then(|t| calendar.due(s.at, &[t], &[], roll).at) else { continue };
            if !(from..to).contains(&due) {
                continue;
            }
            let rest = steps.get(i + 1..).unwrap_or_default().iter().take_while(|x| x.incident_id == s.incident_id);
            let done = rest.into_iter().find(|x| [Act::Close.code(), Act::Demand.code()].contains(&x.act.as_str()));
            match done {
                Some(d) if d.at > due => sum.late += 1,
                Some(_) => sum.on_time += 1,
                None if now > due => sum.missed += 1,
                None => sum.running += 1,
            }
        }
    }
    Ok((sum.on_time + sum.late + sum.missed + sum.running > 0).then_some(sum))
}

/// Alerts raised within a stretch of time: how many, of how many somebody took note or did something, and the median time until then.
async fn alerts<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    (from, to): (i64, i64),
) -> Result<(i64, i64, Option<i64>), Error> {
    use crate::alert::{Column, Entity};
    let raised = Entity::find()
        .filter(Column::At.gte(from))
        .filter(Column::At.lt(to))
        .filter(scope::at_sites(viewer, Column::SiteId))
        .count(db)
        .await?;
    let sites = match viewer.scope {
        Scope::City => String::new(),
        Scope::District(d) => format!(" AND a.site_id IN (SELECT id FROM site WHERE division = {d})"),
        Scope::Org(o) => format!(" AND a.site_id IN (SELECT id FROM site WHERE org_id = {o})"),
    };
    // Numbers only: nothing that anybody wrote stands in it.
    let answers = format!(
        "SELECT MIN(r.at) - MIN(a.at) AS ms FROM alert a JOIN (SELECT alert_no, at FROM alert_ack UNION ALL SELECT alert_no, at FROM \
         alert_step) r ON r.alert_no = a.no WHERE a.at >= {from} AND a.at < {to}{sites} GROUP BY a.no"
    );
    let one = async |sql: String| -> Result<Option<i64>, DbErr> {
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        row.map(|r| r.try_get_by_index::<i64>(0)).transpose()
    };
    let answered = one(format!("SELECT COUNT(*) FROM ({answers}) t")).await?.unwrap_or_default();
    let median = match answered {
        0 => None,
        n => one(format!("SELECT ms FROM ({answers}) t ORDER BY ms LIMIT 1 OFFSET {}", (n - 1) / 2)).await?,
    };
    Ok((i64::try_from(raised).unwrap_or(i64::MAX), answered, median))
}
