//! 异常充装行为 (S0-38): fills, what was wrong with them, refusals, and what the ledger and its detectors raised.

use super::{Ask, Units};
use crate::{
    Db, Error, alert,
    record::{COARSE, about, until},
};
use domain::{
    analysis::{Conduct, Span},
    clock,
    ledger::Metric,
    outcome::{Anomaly, Reason},
};
use sea_orm::{QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, HashMap};

/// Reasons of the gate that speak of an illegal tag (rules.md §19, step 1).
const ILLEGAL_TAG: [Reason; 4] = [Reason::TagUnknown, Reason::TagVoid, Reason::TagDuplicate, Reason::TagStampMismatch];

/// What happened at the unit's sites on these days. Alerts count for the day they were raised on.
///
/// # Errors
/// When the database fails.
pub async fn conduct(db: &Db, ask: Ask, days: Span) -> Result<Vec<Conduct>, Error> {
    let units = Units::load(db, ask).await?;
    let mut rows: BTreeMap<i64, Conduct> = BTreeMap::new();
    for s in units.over(Metric::Fill, days).await? {
        rows.entry(s.unit).or_default().fills += s.value;
    }
    for s in units.over(Metric::NetG, days).await? {
        rows.entry(s.unit).or_default().net_g += s.value;
    }
    for s in units.over(Metric::Blocked, days).await? {
        rows.entry(s.unit).or_default().refused += s.value;
    }
    let illegal = ILLEGAL_TAG.map(Reason::number);
    for s in units.over(Metric::BlockedReason, days).await?.iter().filter(|s| illegal.contains(&s.key)) {
        rows.entry(s.unit).or_default().illegal_tags += s.value;
    }
    let mut anomalies: BTreeMap<(i64, i16), i64> = BTreeMap::new();
    for s in units.over(Metric::Anomaly, days).await? {
        *anomalies.entry((s.unit, s.key)).or_default() += s.value;
    }
    for ((unit, key), count) in anomalies.into_iter().filter(|(_, n)| *n != 0) {
        let anomaly = usize::try_from(key).ok().and_then(|i| Anomaly::ALL.get(i)).copied();
        let anomaly = anomaly.ok_or_else(|| Error::Stored(format!("anomaly {key}")))?;
        rows.entry(unit).or_default().anomalies.push((anomaly, count));
    }
    let units_of: HashMap<i64, i64> = units.sites.iter().map(|s| (s.id, units.unit_of(s.id))).collect();
    // Numbers are given in the order of time: what was raised before and after need not be looked at.
    let (from, to) = (clock::day_start(days.first), clock::day_start(days.last.saturating_add(1)));
    let (since, _) = about(units.db(), from, COARSE).await?;
    let last = until(units.db(), to).await?;
    let raised: Vec<(i64, String, i64)> = alert::Entity::find()
        .select_only()
        .column(alert::Column::SiteId)
        .column(alert::Column::Kind)
        .column_as(alert::Column::No.count(), "n")
        .filter(alert::Column::No.between(since, last))
        .filter(alert::Column::At.gte(from))
        .filter(alert::Column::At.lt(to))
        .group_by(alert::Column::SiteId)
        .group_by(alert::Column::Kind)
        .into_tuple()
        .all(units.db())
        .await?;
    let mut alerts: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for (site, kind, n) in raised {
        if let Some(unit) = units_of.get(&site) {
            *alerts.entry((*unit, kind)).or_default() += n;
        }
    }
    for ((unit, kind), n) in alerts {
        rows.entry(unit).or_default().alerts.push((kind, n));
    }
    units.end(rows, |unit, row| Conduct { unit, ..row }).await
}

impl Units {
    fn unit_of(&self, site: i64) -> i64 {
        self.unit_of.get(&site).copied().unwrap_or_default()
    }
}
