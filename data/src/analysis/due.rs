//! 待检、待报废 (S0-20, S0-42).

use super::{Ask, Units};
use crate::{Db, Error, counter::Column::Day, gauge::ON_FILE};
use domain::{
    analysis::{Due, Span, WINDOWS},
    ledger::{FileState, Metric},
};
use sea_orm::{ColumnTrait, Condition};
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
    let past = || Condition::all().add(Day.lt(as_of));
    // The due date is never behind the end of life: whatever is past its life is past its due date, too.
    for s in units.sums(Metric::DueOn, past()).await? {
        rows.entry(s.unit).or_default().overdue += s.value;
    }
    for s in units.sums(Metric::LifeEndOn, past()).await? {
        let row = rows.entry(s.unit).or_default();
        row.overdue -= s.value;
        row.past_life += s.value;
    }
    for (i, days) in WINDOWS.into_iter().enumerate() {
        let window = Span { first: as_of, last: as_of.saturating_add(days) };
        for s in units.over(Metric::DueOn, window).await? {
            rows.entry(s.unit).or_default().due[i] += s.value;
        }
        for s in units.over(Metric::LifeEndOn, window).await? {
            rows.entry(s.unit).or_default().life_ends[i] += s.value;
        }
    }
    units.end(rows, |unit, row| Due { unit, ..row }).await
}
