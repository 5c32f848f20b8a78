//! Recovery slips (回收记录): empties to be fetched from a customer.

use crate::{Db, Error, scope, sequence};
use domain::scope::Viewer;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `recovery_slip`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_slip")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The enterprise.
    pub org_id: i64,
    /// 回收记录编号: `HS`, the day, a running number of the day; unique within its enterprise.
    pub number: String,
    /// The day that the number says.
    pub dated_on: Option<Date>,
    /// 创建时间, ms UTC.
    pub created_at: Option<i64>,
    /// 客户名称
    pub customer_name: String,
    /// 客户电话; personal data.
    pub phone: String,
    /// 回收总量, pieces; `None` where none was noted.
    pub total: Option<i64>,
    /// [`domain::trade::SlipState`] code, empty where it cannot be read.
    pub state: String,
    /// 派送员
    pub deliverer: String,
    /// Doubts, one a line, without personal data.
    pub doubts: String,
    /// The import that brought it.
    pub run_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Enters slips; their ids are given here.
///
/// # Errors
/// When the database fails, or an enterprise has the number already.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = sequence::take(db, "recovery_slip", rows.len()).await?;
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

/// Slips within the viewer's scope, by id, after `after`; at most `limit` and [`scope::PAGE_MAX`].
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

/// Slips of this number within the viewer's scope: one an enterprise at most.
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
