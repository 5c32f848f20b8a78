//! Somebody handles alerts: gives them to somebody, takes them to those above, closes them. Each step stands in the ledger and in
//! the audit log; a closing goes out on the feed.

use super::{Done, Published};
use crate::{
    Error, WriteTxn, account,
    alert::{self, ack, step},
    audit::{self, Actor},
    counter, sequence, site,
};
use domain::{
    ledger::{Act, CounterKey, Metric, Step},
    outcome::AlertKind,
    scope::Viewer,
    wall::{Change, ClosedLine, gauge},
};
use sea_orm::{IntoActiveModel, entity::prelude::*, sea_query::ExprTrait};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What became of an alert that was to be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Handled {
    /// Written.
    Now,
    /// It was closed before: nothing was written.
    Before,
    /// There is no such alert within sight.
    Unknown,
}

/// Handles alerts in `txn`, all in one way, in the name of an account. The caller commits.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn handle(
    txn: &WriteTxn,
    viewer: Viewer,
    alerts: &[i64],
    act: &Act,
    reason: &str,
    by: &Actor,
    now: i64,
) -> Result<(Vec<Handled>, Done), Error> {
    let from = sequence::lock(txn, sequence::LEDGER).await?;
    let mut done = Done { from, no: from, ..Done::default() };
    let rows: HashMap<i64, alert::Model> = alert::Entity::find()
        .filter(alert::Column::No.is_in(alerts.iter().copied()))
        .all(txn)
        .await?
        .into_iter()
        .map(|m| (m.no, m))
        .collect();
    let sites: HashMap<i64, site::Model> = site::Entity::find()
        .filter(site::Column::Id.is_in(rows.values().map(|m| m.site_id)))
        .all(txn)
        .await?
        .into_iter()
        .map(|s| (s.id, s))
        .collect();
    let noted: HashSet<i64> = ack::Entity::find()
        .filter(ack::Column::AlertNo.is_in(rows.keys().copied()))
        .all(txn)
        .await?
        .into_iter()
        .map(|a| a.alert_no)
        .collect();
    let to = match act {
        Act::Assign { to } => account::by_id(txn, *to)
            .await?
            .filter(|a| a.disabled_at.is_none())
            .map(|a| Ok::<_, Error>((a.id, a.scope()?)))
            .transpose()?,
        _ => None,
    };
    let (mut outcomes, mut steps, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let mut counters: BTreeMap<CounterKey, i64> = BTreeMap::new();
    for no in alerts {
        let seat = rows.get(no).map(|m| (m, sites.get(&m.site_id).map_or((0, 0), |s| (s.division, s.org_id))));
        let Some((row, (district, org))) = seat.filter(|(_, (d, o))| viewer.scope.covers(*d, *o)) else {
            outcomes.push(Handled::Unknown);
            continue;
        };
        // Nobody can be given what he may not see.
        if matches!(act, Act::Assign { .. }) && to.is_none_or(|(_, scope)| !scope.covers(district, org)) {
            outcomes.push(Handled::Unknown);
            continue;
        }
        if !seen.insert(*no) || (row.state != alert::OPEN && act.step() != Step::Remark) {
            outcomes.push(Handled::Before);
            continue;
        }
        let kind =
            AlertKind::from_code(&row.kind).ok_or_else(|| Error::Stored(format!("alert {no}: kind {}", row.kind)))?;
        done.no += 1;
        let finding = if let Act::Close { finding } = act { Some(finding.number()) } else { None };
        steps.push(step::Model {
            no: done.no,
            device_id: row.device_id,
            alert_no: *no,
            site_id: row.site_id,
            step: act.step().number(),
            at: now,
            account_id: by.account,
            to_account: to.map(|(id, _)| id),
            finding,
            reason: reason.to_owned(),
        });
        outcomes.push(Handled::Now);
        if finding.is_none() {
            continue;
        }
        let key = |metric| CounterKey::of_alert(metric, kind, row.site_id);
        *counters.entry(key(Metric::OpenAlert)).or_default() -= 1;
        let mut gauges = vec![(gauge::OPEN, row.site_id, -1)];
        if kind.is_to_be_noted() && !noted.contains(no) {
            *counters.entry(key(Metric::Waiting)).or_default() -= 1;
            gauges.push((gauge::WAITING, row.site_id, -1));
        }
        let line =
            ClosedLine { no: done.no.unsigned_abs(), at: now, site: row.site_id, alert: no.unsigned_abs(), kind };
        done.published.push(Published {
            district,
            org,
            change: Some(Change::Closed(line)),
            open_alerts: -1,
            gauges,
            ..Published::default()
        });
    }
    if steps.is_empty() {
        return Ok((outcomes, done));
    }
    let handled: Vec<i64> = steps.iter().map(|s| s.alert_no).collect();
    let change = alert::Entity::update_many().filter(alert::Column::No.is_in(handled.iter().copied()));
    match act {
        Act::Assign { .. } => {
            change.col_expr(alert::Column::AssignedTo, Expr::value(to.map(|(id, _)| id))).exec(txn).await?;
        }
        Act::Escalate => {
            let one_more = Expr::col(alert::Column::Level).add(1);
            change.col_expr(alert::Column::Level, one_more).exec(txn).await?;
        }
        Act::Close { .. } => {
            change
                .col_expr(alert::Column::State, Expr::value(alert::CLOSED))
                .col_expr(alert::Column::ClosedAt, Expr::value(now))
                .exec(txn)
                .await?;
        }
        Act::Remark => {}
    }
    for chunk in steps.chunks(1_000) {
        step::Entity::insert_many(chunk.iter().map(|s| s.clone().into_active_model().reset_all()))
            .exec_without_returning(txn)
            .await?;
    }
    counter::add(txn, counters.into_iter().collect::<Vec<_>>()).await?;
    sequence::set(txn, sequence::LEDGER, done.no).await?;
    let action = match act.step() {
        Step::Assign => "alert.assign",
        Step::Escalate => "alert.escalate",
        Step::Close => "alert.close",
        Step::Remark => "alert.remark",
    };
    let subject =
        if let [one] = handled.as_slice() { format!("alert {one}") } else { format!("{} alerts", handled.len()) };
    let detail = serde_json::json!({ "alerts": handled, "act": act, "reason": reason });
    audit::append(txn, by, now, action, &subject, &detail).await?;
    Ok((outcomes, done))
}
