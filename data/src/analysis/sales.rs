//! 销售汇总 (S0-22): orders by organisation and month.

use crate::{Db, Error, order, org, scope};
use chrono::{Datelike, NaiveDate};
use domain::{
    analysis::{Sales, Unit},
    scope::Viewer,
};
use sea_orm::{
    QuerySelect,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait},
};
use std::collections::{BTreeMap, HashMap};

/// An organisation's orders of a day: organisation, day, orders, wanted, delivered.
type Day = (i64, Option<NaiveDate>, i64, Option<i64>, Option<i64>);

/// The orders dated within these days, both included; with `undated`, those that bear no date as well.
///
/// # Errors
/// When the database fails.
pub async fn sales(
    db: &Db,
    viewer: Viewer,
    first: NaiveDate,
    last: NaiveDate,
    undated: bool,
) -> Result<Vec<Sales>, Error> {
    use order::Column as C;
    let txn = db.begin_read().await?;
    let mut when = sea_orm::Condition::any().add(C::DatedOn.between(first, last));
    if undated {
        when = when.add(C::DatedOn.is_null());
    }
    let days: Vec<Day> = order::Entity::find()
        .select_only()
        .column(C::OrgId)
        .column(C::DatedOn)
        .column_as(C::Id.count(), "orders")
        // A sum of bigint is numeric on PostgreSQL.
        .column_as(C::Wanted.sum().cast_as(Alias::new("bigint")), "wanted")
        .column_as(C::Delivered.sum().cast_as(Alias::new("bigint")), "delivered")
        .filter(scope::within(viewer, C::OrgId))
        .filter(when)
        .group_by(C::OrgId)
        .group_by(C::DatedOn)
        .into_tuple()
        .all(&txn)
        .await?;
    let names: HashMap<i64, String> =
        org::Entity::find().all(&txn).await?.into_iter().map(|o| (o.id, o.name)).collect();
    txn.commit().await?;
    let mut rows: BTreeMap<(i64, i32), Sales> = BTreeMap::new();
    for (id, day, orders, wanted, delivered) in days {
        let month = day.map_or(0, |d| d.year() * 100 + d.month() as i32);
        let row = rows.entry((id, month)).or_insert_with(|| Sales {
            unit: Unit { id, name: names.get(&id).cloned().unwrap_or_default() },
            month,
            ..Sales::default()
        });
        row.orders += orders;
        row.wanted += wanted.unwrap_or(0);
        row.delivered = match (row.delivered, delivered) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        };
    }
    Ok(rows.into_values().collect())
}
