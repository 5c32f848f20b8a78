//! Imports: runs, what was taken from where, and what is in quarantine.

pub mod aside;
pub mod run;

use crate::sequence;
use sea_orm::{Set, entity::prelude::*};
use std::collections::HashMap;

/// A row of `import_row`: the identity of an imported line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_row")]
pub struct Model {
    /// Stable identity of what the line says.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of its content, hex.
    pub hash: String,
    /// Run that took it.
    pub run_id: i64,
    /// Ledger number it became.
    pub no: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Content hashes of the keys that are known.
///
/// # Errors
/// When the database fails.
pub async fn known<C: ConnectionTrait>(db: &C, keys: &[String]) -> Result<HashMap<String, String>, DbErr> {
    let mut out = HashMap::new();
    for chunk in keys.chunks(5_000) {
        out.extend(Entity::find().filter(Column::Key.is_in(chunk)).all(db).await?.into_iter().map(|m| (m.key, m.hash)));
    }
    Ok(out)
}

/// Enters lines that were taken.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(5_000) {
        Entity::insert_many(chunk.iter().map(|m| ActiveModel {
            key: Set(m.key.clone()),
            hash: Set(m.hash.clone()),
            run_id: Set(m.run_id),
            no: Set(m.no),
        }))
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}

/// How many records a run has taken.
///
/// # Errors
/// When the database fails.
pub async fn taken<C: ConnectionTrait>(db: &C, run: i64) -> Result<u64, DbErr> {
    Entity::find().filter(Column::RunId.eq(run)).count(db).await
}

/// Id of a new run.
///
/// # Errors
/// When the database fails.
pub async fn next_run<C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    sequence::next(db, "import_run").await
}
