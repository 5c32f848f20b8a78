//! Customers of enterprises (客户).
//!
//! A number is unique within its enterprise: it is a division and a running number, and nothing in it names the enterprise.

use crate::{Db, Error, scope, sequence};
use domain::scope::Viewer;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `customer`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The enterprise that serves it.
    pub org_id: i64,
    /// 客户编号
    pub number: String,
    /// 客户名称; personal data where the customer is a household.
    pub name: String,
    /// 客户地址; personal data.
    pub address: String,
    /// GB/T 2260, where it is known.
    pub division: Option<i32>,
    /// 行政区域 as written.
    pub region: String,
    /// 联系人; personal data.
    pub contact: String,
    /// 联系电话; personal data.
    pub phone: String,
    /// [`domain::trade::CustomerState`] code, empty where it cannot be read.
    pub state: String,
    /// [`domain::trade::CustomerKind`] code, empty where it cannot be read.
    pub kind: String,
    /// Doubts, one a line, without personal data.
    pub doubts: String,
    /// The import that brought it.
    pub run_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Enters customers; their ids are given here.
///
/// # Errors
/// When the database fails, or an enterprise has the number already.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = sequence::take(db, "customer", rows.len()).await?;
    let mut rows = rows.into_iter().zip(first..).map(|(m, id)| Model { id, ..m }).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(2_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The numbers out of `asked` that the enterprise has given already.
///
/// # Errors
/// When the database fails.
pub async fn taken<C: ConnectionTrait>(db: &C, org: i64, asked: &[String]) -> Result<Vec<String>, Error> {
    scope::taken::<Entity, C>(db, (Column::OrgId, org), Column::Number, asked).await
}

/// Customers within the viewer's scope, by id, after `after`; at most `limit` and [`scope::PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, after: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit.min(scope::PAGE_MAX))
        .all(db.read())
        .await?)
}

/// Customers of this number within the viewer's scope: one an enterprise at most.
///
/// # Errors
/// When the database fails.
pub async fn by_number(db: &Db, viewer: Viewer, number: &str) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Number.eq(number))
        .order_by_asc(Column::Id)
        .limit(scope::PAGE_MAX)
        .all(db.read())
        .await?)
}
