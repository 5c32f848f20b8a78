//! What devices gave numbers to, by minute and site, and what of it did not arrive: the completeness of the last hours.
//!
//! A figure of the transport, not of the record: rows are thrown away after two days and are no part of `verify`, which
//! knows the gaps themselves.

use domain::wall::{Arrivals, gauge::Arrival};
use sea_orm::{
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};

/// Minutes after which a row is of no use.
pub const KEEP_MINUTES: i64 = 2 * 24 * 60;

/// A row of `arrival`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "arrival")]
pub struct Model {
    /// Minute of the server's clock, Unix ms / 60000.
    #[sea_orm(primary_key, auto_increment = false)]
    pub minute: i64,
    /// Site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// Numbers that became known to be in use.
    pub expected: i64,
    /// Of them those that did not arrive.
    pub missing: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds differences.
///
/// # Errors
/// When the database fails.
pub async fn add<C: ConnectionTrait>(db: &C, rows: impl IntoIterator<Item = Arrival>) -> Result<(), DbErr> {
    let rows: Vec<_> = rows.into_iter().filter(|a| (a.expected, a.missing) != (0, 0)).collect();
    for chunk in rows.chunks(2_000) {
        let mut q = Query::insert();
        q.into_table(Entity).columns([Column::Minute, Column::SiteId, Column::Expected, Column::Missing]);
        for a in chunk {
            q.values_panic([a.minute.into(), a.site.into(), a.expected.into(), a.missing.into()]);
        }
        q.on_conflict(
            OnConflict::columns([Column::Minute, Column::SiteId])
                .value(Column::Expected, Expr::cust("\"arrival\".\"expected\" + \"excluded\".\"expected\""))
                .value(Column::Missing, Expr::cust("\"arrival\".\"missing\" + \"excluded\".\"missing\""))
                .to_owned(),
        );
        db.execute(&q).await?;
    }
    Ok(())
}

/// What arrived since a minute, at some sites or at all.
///
/// # Errors
/// When the database fails.
pub async fn since<C: ConnectionTrait>(db: &C, sites: Option<&[i64]>, minute: i64) -> Result<Arrivals, DbErr> {
    let mut q = Entity::find().filter(Column::Minute.gte(minute));
    if let Some(ids) = sites {
        q = q.filter(Column::SiteId.is_in(ids.iter().copied()));
    }
    let mut out = Arrivals::default();
    for m in q.all(db).await? {
        out.add(Arrival { site: m.site_id, minute: m.minute, expected: m.expected, missing: m.missing });
    }
    Ok(out)
}

/// Throws away what is older than a minute.
///
/// # Errors
/// When the database fails.
pub async fn forget<C: ConnectionTrait>(db: &C, before: i64) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Minute.lt(before)).exec(db).await.map(|_| ())
}
