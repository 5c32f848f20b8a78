//! Orders (订单) and their lines, one a medium.

use crate::{Db, Error, scope, sequence};
use domain::scope::Viewer;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `trade_order`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trade_order")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The enterprise.
    pub org_id: i64,
    /// 订单编号: `DD`, the day, a running number of the day; unique within its enterprise.
    pub number: String,
    /// The day that the number says.
    pub dated_on: Option<Date>,
    /// 客户名称
    pub customer_name: String,
    /// 客户地址; personal data.
    pub address: String,
    /// 客户联系人; personal data.
    pub contact: String,
    /// 客户电话; personal data.
    pub phone: String,
    /// 需求总量, pieces.
    pub wanted: Option<i64>,
    /// 派送总量, pieces; `None` where none was noted.
    pub delivered: Option<i64>,
    /// [`domain::trade::OrderState`] code as the enterprise says, empty where it cannot be read. What the quantities say
    /// is derived ([`domain::trade::OrderState::by_quantities`]).
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

/// Lines.
pub mod line {
    use sea_orm::entity::prelude::*;

    /// A row of `trade_order_line`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "trade_order_line")]
    pub struct Model {
        /// Order.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: i64,
        /// Place in the order, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i16,
        /// Our medium code, empty where the word is unknown.
        pub medium: String,
        /// The word as written.
        pub medium_name: String,
        /// Pieces wanted; `None` where only the order's total is known.
        pub wanted: Option<i64>,
        /// Pieces delivered; `None` where only the order's total, or nothing, is known.
        pub delivered: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Enters orders with their lines; ids and positions are given here.
///
/// # Errors
/// When the database fails, or an enterprise has the number already.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<(Model, Vec<line::Model>)>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = sequence::take(db, "trade_order", rows.len()).await?;
    let mut lines = Vec::new();
    let mut orders = Vec::with_capacity(rows.len());
    for ((m, of), id) in rows.into_iter().zip(first..) {
        orders.push(Model { id, ..m }.into_active_model().reset_all());
        lines.extend(
            of.into_iter()
                .zip(1i16..=i16::MAX)
                .map(|(l, position)| line::Model { order_id: id, position, ..l }.into_active_model().reset_all()),
        );
    }
    let mut orders = orders.into_iter().peekable();
    while orders.peek().is_some() {
        Entity::insert_many(orders.by_ref().take(2_000)).exec_without_returning(db).await?;
    }
    let mut lines = lines.into_iter().peekable();
    while lines.peek().is_some() {
        line::Entity::insert_many(lines.by_ref().take(4_000)).exec_without_returning(db).await?;
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

/// Adds the lines to orders.
async fn with_lines(db: &Db, orders: Vec<Model>) -> Result<Vec<(Model, Vec<line::Model>)>, Error> {
    let mut lines = line::Entity::find()
        .filter(line::Column::OrderId.is_in(orders.iter().map(|o| o.id)))
        .order_by_asc(line::Column::OrderId)
        .order_by_asc(line::Column::Position)
        .all(db.read())
        .await?
        .into_iter()
        .peekable();
    let mut out = Vec::with_capacity(orders.len());
    for o in orders {
        let mut own = Vec::new();
        while let Some(l) = lines.next_if(|l| l.order_id == o.id) {
            own.push(l);
        }
        out.push((o, own));
    }
    Ok(out)
}

/// Orders with their lines within the viewer's scope, by id, after `after`; at most `limit` and [`scope::PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, after: i64, limit: u64) -> Result<Vec<(Model, Vec<line::Model>)>, Error> {
    let orders = Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit.min(scope::PAGE_MAX))
        .all(db.read())
        .await?;
    with_lines(db, orders).await
}

/// Orders of this number with their lines within the viewer's scope: one an enterprise at most.
///
/// # Errors
/// When the database fails.
pub async fn by_number(db: &Db, viewer: Viewer, number: &str) -> Result<Vec<(Model, Vec<line::Model>)>, Error> {
    let orders = Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Number.eq(number))
        .order_by_asc(Column::Id)
        .limit(scope::PAGE_MAX)
        .all(db.read())
        .await?;
    with_lines(db, orders).await
}
