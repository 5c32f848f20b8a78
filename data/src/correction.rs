//! Which events count no more, and by which correction. The corrected event itself stays as it is.

use sea_orm::{Set, entity::prelude::*};
use std::collections::HashMap;

/// A row of `correction`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    /// Ledger number of the event that was corrected.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_no: i64,
    /// Device that had sent it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// Ledger number of the correction.
    pub by_no: i64,
}

/// No relations (design §4).
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Of these events, which were corrected, and by what.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, events: &[i64]) -> Result<HashMap<i64, i64>, DbErr> {
    let mut out = HashMap::new();
    for chunk in events.chunks(5_000) {
        let rows = Entity::find().filter(Column::EventNo.is_in(chunk.iter().copied())).all(db).await?;
        out.extend(rows.into_iter().map(|m| (m.event_no, m.by_no)));
    }
    Ok(out)
}

/// Enters corrections.
///
/// # Errors
/// When the database fails, or an event was corrected before.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(5_000) {
        Entity::insert_many(chunk.iter().map(|m| ActiveModel {
            event_no: Set(m.event_no),
            device_id: Set(m.device_id),
            by_no: Set(m.by_no),
        }))
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}
