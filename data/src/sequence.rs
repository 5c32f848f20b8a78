//! The ledger's own running number, allocated inside the writing transaction.

use sea_orm::{
    DbBackend,
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};

/// The name of the ledger's sequence.
pub const LEDGER: &str = "ledger";

/// A row of `sequence`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sequence")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The last number given.
    pub last: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The last number given, without a lock.
///
/// # Errors
/// When the database fails.
pub async fn last<C: ConnectionTrait>(db: &C, name: &str) -> Result<i64, DbErr> {
    Ok(Entity::find_by_id(name.to_owned()).one(db).await?.map_or(0, |m| m.last))
}

/// The last number given; on PostgreSQL the row stays locked until the transaction ends, so that number order is commit order.
///
/// # Errors
/// When the database fails.
pub async fn lock<C: ConnectionTrait>(db: &C, name: &str) -> Result<i64, DbErr> {
    let mut q = Query::select();
    q.column(Column::Last).from(Entity).and_where(Column::Name.eq(name));
    if db.get_database_backend() == DbBackend::Postgres {
        q.lock_exclusive();
    }
    db.query_one(&q).await?.map_or(Ok(0), |r| r.try_get_by_index(0))
}

/// Sets the last number given.
///
/// # Errors
/// When the database fails.
pub async fn set<C: ConnectionTrait>(db: &C, name: &str, last: i64) -> Result<(), DbErr> {
    let mut q = Query::insert();
    q.into_table(Entity).columns([Column::Name, Column::Last]).values_panic([name.into(), last.into()]);
    q.on_conflict(OnConflict::column(Column::Name).update_column(Column::Last).to_owned());
    db.execute(&q).await.map(|_| ())
}

/// Takes the next number of a sequence that is not the ledger's. One statement: it also locks a row that is not there yet, so
/// that two writers never get the same number.
///
/// # Errors
/// When the database fails.
pub async fn next<C: ConnectionTrait>(db: &C, name: &str) -> Result<i64, DbErr> {
    let mut q = Query::insert();
    q.into_table(Entity).columns([Column::Name, Column::Last]).values_panic([name.into(), 1_i64.into()]);
    q.on_conflict(
        OnConflict::column(Column::Name).value(Column::Last, Expr::cust("\"sequence\".\"last\" + 1")).to_owned(),
    );
    q.returning_col(Column::Last);
    let row = db.query_one(&q).await?.ok_or_else(|| DbErr::RecordNotFound(format!("sequence {name}")))?;
    row.try_get_by_index(0)
}

/// Takes `n` numbers of a sequence that is not the ledger's, and tells the first.
///
/// # Errors
/// When the database fails.
pub async fn take<C: ConnectionTrait>(db: &C, name: &str, n: usize) -> Result<i64, DbErr> {
    let last = lock(db, name).await?;
    set(db, name, last.saturating_add(i64::try_from(n).unwrap_or(i64::MAX))).await?;
    Ok(last + 1)
}
