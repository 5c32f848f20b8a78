//! 发卡率 (S1-04): cylinders with a valid tag ÷ cylinders on file.

use super::{Ask, Units};
use crate::{Db, Error, counter, cylinder, gauge::ON_FILE, tag_series};
use domain::{
    analysis::{By, TagIssue},
    ledger::{FileState, Metric},
    scope::Viewer,
};
use sea_orm::{
    Condition, JoinType, QuerySelect,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait, Query},
};
use std::collections::BTreeMap;

/// By organisation. Nearly every cylinder on file bears a valid tag: those that do not are counted and taken off. A scrapped or
/// destroyed one has lost its tag by rule and counts neither way.
///
/// # Errors
/// When the database fails.
pub async fn tag_issue(db: &Db, viewer: Viewer) -> Result<Vec<TagIssue>, Error> {
    use cylinder::{
        state::{Column as S, Entity as State},
        tag::{BOUND, Column as T, Entity as Tag},
    };
    let units = Units::load(db, Ask { viewer, by: By::Org }).await?;
    let mut rows: BTreeMap<i64, TagIssue> = BTreeMap::new();
    let on_file = Condition::all().add(counter::Column::Key.is_in(ON_FILE.map(FileState::number)));
    for s in units.sums(Metric::File, on_file).await? {
        rows.entry(s.unit).or_default().registered += s.value;
    }
    for row in rows.values_mut() {
        row.bound = row.registered;
    }
    // From the tags that are not bound on, which are few: each cylinder once, and only where no other tag of it is.
    let (given_back, other, of) = ("given_back", "other", |table: &'static str, c: T| (Alias::new(table), c));
    let mut bound = Query::select();
    bound.expr(Expr::val(1_i32)).from_as(Tag, other).and_where(Expr::col(of(other, T::State)).eq(BOUND));
    bound.and_where(Expr::col(of(other, T::CylinderId)).equals(of(given_back, T::CylinderId)));
    let state = |c: S| Expr::col((State, c));
    let mut q = Query::select();
    q.column((State, S::Home))
        .expr(state(S::CylinderId).count_distinct())
        .from_as(Tag, given_back)
        .join(JoinType::InnerJoin, State, state(S::CylinderId).equals(of(given_back, T::CylinderId)))
        // Word for word as an index of these alone says it (`tag_not_bound`): the state is no parameter.
        .and_where(Expr::cust("\"given_back\".\"state\" IN (2, 3)"))
        .and_where(Expr::col(of(given_back, T::CylinderId)).is_not_null())
        .and_where(state(S::File).is_in(ON_FILE.map(FileState::number)))
        .and_where(Expr::exists(bound).not())
        .group_by_col((State, S::Home));
    let mut bare: Vec<(i64, i64)> = vec![];
    for row in units.db().query_all(&q).await? {
        bare.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    }
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
