//! Alerts.

use sea_orm::entity::prelude::*;

/// State of an alert nobody has closed.
pub const OPEN: &str = "open";

/// A row of `alert`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    /// Ledger number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// Device whose record caused it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// [`domain::outcome::AlertKind`] code.
    pub kind: String,
    /// Where.
    pub site_id: i64,
    /// Tag concerned, or empty.
    pub tag: String,
    /// Cylinder concerned.
    pub cylinder_id: Option<i64>,
    /// Ledger number of the event or attempt that caused it.
    pub cause_no: Option<i64>,
    /// A second event that belongs to it: the other read of a clone.
    pub other_no: Option<i64>,
    /// When it was raised, ms.
    pub at: i64,
    /// Detail, JSON.
    pub detail: String,
    /// `open` or `closed`.
    pub state: String,
    /// When it was closed, ms.
    pub closed_at: Option<i64>,
}

/// No relations (design §4).
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
