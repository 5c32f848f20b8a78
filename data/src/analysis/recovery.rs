//! 钢瓶回收率 (S0-35): returned ÷ delivered, by the month of the delivery.

use super::{Ask, Units};
use crate::{Db, Error};
use chrono::Datelike;
use domain::{
    analysis::{Recovery, Span, Unit},
    clock,
    ledger::Metric,
};
use std::collections::BTreeMap;

fn month(day: i32) -> i32 {
    let d = clock::date_of(day);
    d.year() * 100 + d.month() as i32
}

/// Sums by day, size and site, folded to rows by `of`.
async fn rows(
    units: &Units,
    days: Span,
    of: impl Fn(i64, i16) -> i64,
) -> Result<BTreeMap<(i64, i32), Recovery>, Error> {
    let mut out: BTreeMap<(i64, i32), Recovery> = BTreeMap::new();
    for metric in [Metric::Delivered, Metric::Returned] {
        for (day, s) in units.by_day(metric, days).await? {
            let row = out.entry((of(s.unit, s.key), month(day))).or_default();
            *(if metric == Metric::Delivered { &mut row.delivered } else { &mut row.returned }) += s.value;
        }
    }
    Ok(out)
}

/// What was delivered on these days and what of it came back since, by the cylinders' home unit and month.
///
/// # Errors
/// When the database fails.
pub async fn recovery(db: &Db, ask: Ask, days: Span) -> Result<Vec<Recovery>, Error> {
    let units = Units::load(db, ask).await?;
    let made = rows(&units, days, |unit, _| unit).await?;
    let out = made.into_iter().map(|((id, month), row)| Recovery { unit: units.unit(id), month, ..row }).collect();
    units.close().await?;
    Ok(out)
}

/// The same by size of the cylinder: the unit's id is its volume in tenths of a litre, 0 where it is not known.
///
/// # Errors
/// When the database fails.
pub async fn recovery_by_size(db: &Db, ask: Ask, days: Span) -> Result<Vec<Recovery>, Error> {
    let units = Units::load(db, ask).await?;
    let made = rows(&units, days, |_, key| key.into()).await?;
    units.close().await?;
    let name = |dl: i64| if dl == 0 { String::new() } else { format!("{}.{} L", dl / 10, dl % 10) };
    Ok(made
        .into_iter()
        .map(|((id, month), row)| Recovery { unit: Unit { id, name: name(id) }, month, ..row })
        .collect())
}
