//! Records that could not be attributed: kept whole, so that nothing is lost.

use domain::outcome::RecordCode;
use sea_orm::entity::prelude::*;

/// A row of `quarantine`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine")]
pub struct Model {
    /// Device.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// Epoch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub epoch: i64,
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// SHA-256 of the content, hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// [`domain::outcome::RecordCode`] code.
    pub code: String,
    /// The record, JSON.
    pub record: String,
    /// When it came, ms.
    pub received_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a record that was set aside for this has used its number up. One whose epoch or number could not be placed has
/// not: when the time of its number has come, it is a number like any other.
#[must_use]
pub const fn uses_number(code: RecordCode) -> bool {
    !matches!(code, RecordCode::EpochUnknown | RecordCode::SeqLeap | RecordCode::SeqReused)
}
