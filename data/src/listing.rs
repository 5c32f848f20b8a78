//! What an enterprise's own archive says of a cylinder beyond its file (S1-03): the list's claims, not the derived state.

use crate::{Db, Error, scope};
use domain::scope::Viewer;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `cylinder_listing`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cylinder_listing")]
pub struct Model {
    /// Primary tag of the cylinder.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: String,
    /// The enterprise whose list it is.
    pub org_id: i64,
    /// 设备品种 as written.
    pub equipment: String,
    /// 客户名称
    pub customer_name: String,
    /// 所在仓库, empty where the column held something else.
    pub warehouse: String,
    /// 使用状态 as a [`domain::ledger::Custody`] number; the present state is derived from events, not from this.
    pub custody: Option<i16>,
    /// The import that brought it.
    pub run_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Enters rows.
///
/// # Errors
/// When the database fails, or a tag is listed already.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(4_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Rows within the viewer's scope, by tag, after `after`; at most `limit` and [`scope::PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, after: &str, limit: u64) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Tag.gt(after))
        .order_by_asc(Column::Tag)
        .limit(limit.min(scope::PAGE_MAX))
        .all(db.read())
        .await?)
}
