//! The ledger's events. Never updated, never deleted.

use domain::{
    event::{Content, Entry, EventKind, Source, Weights},
    ledger::Link,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A row of `cylinder_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "cylinder_event")]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Ledger number: its order is the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// Device that sent it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// Epoch of the device's memory.
    pub epoch: i64,
    /// Running number of the device.
    pub seq: i64,
    /// [`EventKind`] number.
    pub kind: i16,
    /// Cylinder, where the tag was known.
    pub cylinder_id: Option<i64>,
    /// Tag as read.
    pub tag: String,
    /// Where.
    pub site_id: i64,
    /// When, device clock, ms.
    pub occurred_at: i64,
    /// When it was committed, ms.
    pub recorded_at: i64,
    /// When a fill began, device clock, ms.
    pub started_at: Option<i64>,
    /// When it was signed, ms.
    pub sent_at: Option<i64>,
    /// Gross, g.
    pub gross_g: Option<i64>,
    /// Measured tare, g.
    pub tare_g: Option<i64>,
    /// Gas added, g.
    pub net_g: Option<i64>,
    /// Medium.
    pub medium: String,
    /// Who.
    pub operator: String,
    /// Where to or from.
    pub target: String,
    /// The authorisation it names.
    pub attempt: String,
    /// Anomaly codes found when it was recorded, comma separated.
    pub anomalies: String,
    /// Further content, JSON.
    pub body: Option<String>,
    /// [`Source`] number.
    pub source: i16,
    /// SHA-256 of the content, hex.
    pub hash: String,
}

/// No relations: the ledger has no foreign keys (design §4).
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The entry it was made from. `None` when the kind is not known to this build.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        Some(Entry {
            device: self.device_id,
            epoch: self.epoch,
            seq: self.seq,
            kind: EventKind::from_number(self.kind)?,
            tag: self.tag.clone(),
            site: self.site_id,
            occurred_at: self.occurred_at,
            started_at: self.started_at,
            sent_at: self.sent_at,
            weights: match (self.gross_g, self.tare_g, self.net_g) {
                (Some(gross_g), Some(tare_g), Some(net_g)) => Some(Weights { gross_g, tare_g, net_g }),
                _ => None,
            },
            medium: self.medium.clone(),
            operator: self.operator.clone(),
            target: self.target.clone(),
            attempt: self.attempt.clone(),
            body: self.body.clone(),
            source: Source::from_number(self.source),
            hash: self.hash.clone(),
        })
    }

    /// Its content, typed. `None` for a kind without one, and where an import keeps its own words there.
    #[must_use]
    pub fn content(&self) -> Option<Content> {
        Content::stored(EventKind::from_number(self.kind)?, self.body.as_deref())
    }

    /// It as a link of its cylinder's chain. `None` when the kind is not known to this build.
    #[must_use]
    pub fn link(&self) -> Option<Link> {
        Some(Link { no: self.no, entry: self.entry()?, content: self.content(), anomalies: self.anomaly_codes() })
    }

    /// Anomalies found when it was recorded.
    #[must_use]
    pub fn anomaly_codes(&self) -> Vec<domain::outcome::Anomaly> {
        self.anomalies.split(',').filter_map(domain::outcome::Anomaly::from_code).collect()
    }
}
