//! 数据完整性 (S0-38): of each unit and day, how much of its fills was told in full.

use super::{Ask, Units};
use crate::{Db, Error};
use domain::{
    analysis::{Completeness, Span},
    ledger::{Metric, place},
    outcome::Anomaly,
};
use std::collections::BTreeMap;

/// Anomalies that mean that something was not told.
const MISSING: [Anomaly; 4] = [Anomaly::FilledUnchecked, Anomaly::NotAsked, Anomaly::UnknownTag, Anomaly::ChainGap];

/// By unit and day, or by unit and month where `months` are asked for; those in which nothing was filled stand in no row.
///
/// # Errors
/// When the database fails.
pub async fn completeness(db: &Db, ask: Ask, days: Span, months: bool) -> Result<Vec<Completeness>, Error> {
    let units = Units::load(db, ask).await?;
    let mut rows: BTreeMap<(i64, i32), Completeness> = BTreeMap::new();
    let of = async |metric| if months { units.by_month(metric, days).await } else { units.by_day(metric, days).await };
    for (day, s) in of(Metric::Fill).await? {
        rows.entry((s.unit, day)).or_default().fills += s.value;
    }
    let missing = MISSING.map(|a| place(Anomaly::ALL, &a));
    for (day, s) in of(Metric::Anomaly).await? {
        if missing.contains(&s.key) {
            rows.entry((s.unit, day)).or_default().missing += s.value;
        }
    }
    let of = |((id, day), row)| Completeness { unit: units.unit(id), day, whole_month: months, ..row };
    let out = rows.into_iter().filter(|(_, r)| r.fills != 0 || r.missing != 0).map(of).collect();
    units.close().await?;
    Ok(out)
}
