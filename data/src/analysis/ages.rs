//! 年限段 (S0-20).

use super::{Ask, Units};
use crate::{Db, Error};
use chrono::Datelike;
use domain::{analysis::Ages, clock, ledger::Metric};
use sea_orm::Condition;
use std::collections::BTreeMap;

/// The cylinders on file by age as of a day, by unit. The age is that of the year of manufacture.
///
/// # Errors
/// When the database fails.
pub async fn ages(db: &Db, ask: Ask, as_of: i32) -> Result<Vec<Ages>, Error> {
    let units = Units::load(db, ask).await?;
    let year = clock::date_of(as_of).year();
    let mut rows: BTreeMap<i64, Ages> = BTreeMap::new();
    for s in units.sums(Metric::MadeIn, Condition::all()).await? {
        rows.entry(s.unit).or_default().add(s.key.into(), year, s.value);
    }
    units.end(rows, |unit, row| Ages { unit, ..row }).await
}
