//! Fill attempts: what the gate was asked, what it said, and why.

use domain::outcome::Reason;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `fill_attempt`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "fill_attempt")]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Ledger number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// Gun.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// The gun's own name for it.
    pub attempt: String,
    /// Station.
    pub site_id: i64,
    /// Tag as read.
    pub tag: String,
    /// Cylinder, where the tag was known.
    pub cylinder_id: Option<i64>,
    /// Medium of the gun.
    pub medium: String,
    /// When, device clock, ms.
    pub at: i64,
    /// When it was committed, ms.
    pub recorded_at: i64,
    /// [`domain::gate::Decision`] number.
    pub decision: i16,
    /// Reason codes, comma separated, worst first.
    pub reasons: String,
    /// Version of the rules it was decided under.
    pub rule_version: i64,
    /// SHA-256 of the facts, hex.
    pub facts_hash: String,
    /// The facts, canonical JSON: what a replay needs.
    pub facts: String,
    /// SHA-256 of the question, hex: tells a retry from a reuse of the name.
    pub hash: String,
    /// Filler, as the gun named him, or empty.
    pub operator: String,
    /// Reason codes that a regulator had overridden, comma separated.
    pub overridden: String,
}

/// No relations (design §4).
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The reasons.
    #[must_use]
    pub fn reason_codes(&self) -> Vec<Reason> {
        self.reasons.split(',').filter_map(Reason::from_code).collect()
    }

    /// The reasons that were overridden.
    #[must_use]
    pub fn overridden_codes(&self) -> Vec<Reason> {
        self.overridden.split(',').filter_map(Reason::from_code).collect()
    }
}
