//! A viewer's scope as a condition on rows that belong to an organisation.

use crate::{Error, org, site};
use domain::scope::{Scope, Viewer};
use sea_orm::{
    Condition, DbErr, QueryFilter, QuerySelect, QueryTrait,
    entity::prelude::{ColumnTrait, EntityTrait},
    sea_query::SimpleExpr,
};

/// Most rows of one page of a list.
pub const PAGE_MAX: u64 = 1_000;

/// Rows whose organisation, in `column`, the viewer may see: all, those of one organisation, or those of the
/// organisations that are seated in one district.
pub fn within(viewer: Viewer, column: impl ColumnTrait) -> Condition {
    let which: Option<SimpleExpr> = match viewer.scope {
        Scope::City => None,
        Scope::Org(id) => Some(column.eq(id)),
        Scope::District(code) => Some(
            column.in_subquery(
                org::Entity::find()
                    .select_only()
                    .column(org::Column::Id)
                    .filter(org::Column::Division.eq(code))
                    .into_query(),
            ),
        ),
    };
    Condition::all().add_option(which)
}

/// Rows whose site, in `column`, the viewer may see: all, those of the sites of one organisation, or of those in one district.
pub fn at_sites(viewer: Viewer, column: impl ColumnTrait) -> Condition {
    let within = match viewer.scope {
        Scope::City => return Condition::all(),
        Scope::Org(id) => site::Column::OrgId.eq(id),
        Scope::District(code) => site::Column::Division.eq(code),
    };
    let sites = site::Entity::find().select_only().column(site::Column::Id).filter(within).into_query();
    Condition::all().add(column.in_subquery(sites))
}

/// Whether a part of the record exists.
///
/// # Errors
/// When the database fails.
pub async fn exists<C: sea_orm::ConnectionTrait>(db: &C, scope: Scope) -> Result<bool, DbErr> {
    Ok(match scope {
        Scope::City => true,
        Scope::District(d) => crate::reference::division::Entity::find_by_id(d).one(db).await?.is_some(),
        Scope::Org(o) => org::Entity::find_by_id(o).one(db).await?.is_some(),
    })
}

/// The numbers out of `asked` that an organisation's rows already bear.
pub(crate) async fn taken<E, C>(
    db: &C,
    org: (E::Column, i64),
    number: E::Column,
    asked: &[String],
) -> Result<Vec<String>, Error>
where
    E: EntityTrait,
    C: sea_orm::ConnectionTrait,
{
    let mut out = Vec::new();
    for chunk in asked.chunks(5_000) {
        let found: Result<Vec<String>, DbErr> = E::find()
            .select_only()
            .column(number)
            .filter(org.0.eq(org.1))
            .filter(number.is_in(chunk))
            .into_tuple()
            .all(db)
            .await;
        out.extend(found?);
    }
    Ok(out)
}
