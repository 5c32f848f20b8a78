//! 发卡率 (S1-04): cylinders with a valid tag ÷ cylinders registered.

use super::{Ask, Units};
use crate::{Db, Error, cylinder, tag_series};
use domain::{
    analysis::{By, TagIssue},
    ledger::Metric,
    scope::Viewer,
};
use sea_orm::{
    Condition, QuerySelect,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait, Query},
};
use std::collections::BTreeMap;

/// By organisation. Nearly every cylinder bears a valid tag: those that do not are counted and taken off.
///
/// # Errors
/// When the database fails.
pub async fn tag_issue(db: &Db, viewer: Viewer) -> Result<Vec<TagIssue>, Error> {
    use cylinder::tag::{BOUND, Column as T, Entity as Tag};
    let units = Units::load(db, Ask { viewer, by: By::Org }).await?;
    let mut rows: BTreeMap<i64, TagIssue> = BTreeMap::new();
    for s in units.sums(Metric::File, Condition::all()).await? {
        rows.entry(s.unit).or_default().registered += s.value;
    }
    for row in rows.values_mut() {
        row.bound = row.registered;
    }
    let mut off = Query::select();
    off.column(T::CylinderId).from(Tag).and_where(T::State.ne(BOUND)).and_where(T::CylinderId.is_not_null());
    let mut on = Query::select();
    on.column(T::CylinderId).from(Tag).and_where(T::State.eq(BOUND)).and_where(T::CylinderId.in_subquery(off.clone()));
    let bare: Vec<(i64, i64)> = cylinder::Entity::find()
        .select_only()
        .column(cylinder::Column::SiteId)
        .column_as(cylinder::Column::Id.count(), "n")
        .filter(cylinder::Column::Id.in_subquery(off))
        .filter(cylinder::Column::Id.not_in_subquery(on))
        .group_by(cylinder::Column::SiteId)
        .into_tuple()
        .all(units.db())
        .await?;
    let org: BTreeMap<i64, i64> = units.sites.iter().map(|s| (s.id, s.org_id)).collect();
    for (site, n) in bare {
        if let Some(row) = org.get(&site).and_then(|o| rows.get_mut(o)) {
            row.bound -= n;
        }
    }
    let issued: Vec<(i64, Option<i64>)> = tag_series::Entity::find()
        .select_only()
        .column(tag_series::Column::OrgId)
        .column_as(tag_series::Column::Quantity.sum().cast_as(Alias::new("bigint")), "n")
        .filter(crate::scope::within(viewer, tag_series::Column::OrgId))
        .group_by(tag_series::Column::OrgId)
        .into_tuple()
        .all(units.db())
        .await?;
    for (id, n) in issued {
        rows.entry(id).or_default().issued = n;
    }
    units.end(rows, |unit, row| TagIssue { unit, ..row }).await
}
