//! 在用钢瓶分布 (S0-44): how many stand where.

use super::{Ask, Units};
use crate::{Db, Error};
use domain::{
    analysis::Placed,
    ledger::{Custody, Metric},
};
use sea_orm::Condition;
use std::collections::BTreeMap;

/// The cylinders on file by where they are now, by unit, most in use first.
///
/// # Errors
/// When the database fails.
pub async fn placed(db: &Db, ask: Ask) -> Result<Vec<Placed>, Error> {
    let units = Units::load(db, ask).await?;
    let mut rows: BTreeMap<i64, Placed> = BTreeMap::new();
    for s in units.sums(Metric::Custody, Condition::all()).await? {
        let custody = Custody::from_number(s.key).ok_or_else(|| Error::Stored(format!("custody {}", s.key)))?;
        rows.entry(s.unit).or_default().add(custody, s.value);
    }
    let mut out = units.end(rows, |unit, row| Placed { unit, ..row }).await?;
    out.sort_by(|a, b| (b.in_use, &a.unit).cmp(&(a.in_use, &b.unit)));
    Ok(out)
}
