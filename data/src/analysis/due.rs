//! 待检、待报废 (S0-20, S0-42).

use super::{Ask, Units};
use crate::{Db, Error, gauge::ON_FILE};
use domain::{
    analysis::{Due, Span, WINDOWS},
    ledger::{FileState, Metric},
};
use sea_orm::Condition;
use std::collections::BTreeMap;

/// Due dates and ends of life as of a day (days since 1970-01-01), by unit: today's files judged at that day.
///
/// # Errors
/// When the database fails.
pub async fn due(db: &Db, ask: Ask, as_of: i32) -> Result<Vec<Due>, Error> {
    let units = Units::load(db, ask).await?;
    let mut rows: BTreeMap<i64, Due> = BTreeMap::new();
    for s in units.sums(Metric::File, Condition::all()).await? {
        if FileState::from_number(s.key).is_some_and(|f| ON_FILE.contains(&f)) {
            rows.entry(s.unit).or_default().on_file += s.value;
        }
    }
    let past = [Span { first: i32::MIN, last: as_of.saturating_sub(1) }];
    let windows = WINDOWS.map(|days| Span { first: as_of, last: as_of.saturating_add(days) });
    // The due date is never behind the end of life: whatever is past its life is past its due date, too.
    for (unit, [n]) in units.spans(Metric::DueOn, past).await? {
        rows.entry(unit).or_default().overdue += n;
    }
    for (unit, [n]) in units.spans(Metric::LifeEndOn, past).await? {
        let row = rows.entry(unit).or_default();
        row.overdue -= n;
        row.past_life += n;
    }
    for (unit, n) in units.spans(Metric::DueOn, windows).await? {
        rows.entry(unit).or_default().due = n;
    }
    for (unit, n) in units.spans(Metric::LifeEndOn, windows).await? {
        rows.entry(unit).or_default().life_ends = n;
    }
    units.end(rows, |unit, row| Due { unit, ..row }).await
}
