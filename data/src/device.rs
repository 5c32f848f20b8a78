//! Devices, their keys and what is known of their sequence.

use crate::{org, sequence, site};
use sea_orm::{QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::HashMap;

/// A row of `device`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Where it stands.
    pub site_id: i64,
    /// `gun`, `handheld`, `importer`.
    pub kind: String,
    /// Label on the device.
    pub label: String,
    /// Medium a gun fills.
    pub medium: String,
    /// When it was entered, ms.
    pub created_at: i64,
    /// When it was revoked, ms.
    pub revoked_at: Option<i64>,
    /// Its clock minus ours at the last request, ms.
    pub clock_offset_ms: Option<i64>,
    /// Last request, ms.
    pub last_seen_at: Option<i64>,
    /// Last day of the verification of its scale.
    pub scale_until: Option<Date>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Kind of a fill gun.
pub const GUN: &str = "gun";
/// Kind of a hand-held scanner.
pub const HANDHELD: &str = "handheld";
/// Kind of an importer.
pub const IMPORTER: &str = "importer";

/// Keys of devices. The secret is derived from the deployment's master key and stands in no table.
pub mod key {
    use sea_orm::entity::prelude::*;

    /// A row of `device_key`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_key")]
    pub struct Model {
        /// Key id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: String,
        /// Device.
        pub device_id: i64,
        /// `hmac-sha256`.
        pub alg: String,
        /// When it was made, ms.
        pub created_at: i64,
        /// When it was revoked, ms.
        pub revoked_at: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Highest numbers by device and epoch.
pub mod epoch {
    use sea_orm::entity::prelude::*;

    /// A row of `device_epoch`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device_epoch")]
    pub struct Model {
        /// Device.
        #[sea_orm(primary_key, auto_increment = false)]
        pub device_id: i64,
        /// Epoch.
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i64,
        /// One above the highest number received.
        pub next_seq: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Numbers that are missing.
pub mod gap {
    use sea_orm::entity::prelude::*;

    /// A row of `seq_gap`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "seq_gap")]
    pub struct Model {
        /// Device.
        #[sea_orm(primary_key, auto_increment = false)]
        pub device_id: i64,
        /// Epoch.
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i64,
        /// First missing number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub first_seq: i64,
        /// Last missing number.
        pub last_seq: i64,
        /// When a later number arrived, ms.
        pub opened_at: i64,
        /// Ledger number of the omission alert, once raised.
        pub alerted_no: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A new device.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Where it stands.
    pub site_id: i64,
    /// Kind.
    pub kind: String,
    /// Label.
    pub label: String,
    /// Medium a gun fills.
    pub medium: String,
    /// Now, ms.
    pub now: i64,
}

/// Inserts a device and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, new: New) -> Result<i64, DbErr> {
    let id = sequence::next(db, "device").await?;
    Entity::insert(ActiveModel {
        id: Set(id),
        site_id: Set(new.site_id),
        kind: Set(new.kind),
        label: Set(new.label),
        medium: Set(new.medium),
        created_at: Set(new.now),
        revoked_at: Set(None),
        clock_offset_ms: Set(None),
        last_seen_at: Set(None),
        scale_until: Set(None),
    })
    .exec_without_returning(db)
    .await?;
    Ok(id)
}

/// Enters a key for a device.
///
/// # Errors
/// When the database fails, or the key id is taken.
pub async fn insert_key<C: ConnectionTrait>(db: &C, device_id: i64, key_id: &str, now: i64) -> Result<(), DbErr> {
    key::Entity::insert(key::ActiveModel {
        key_id: Set(key_id.to_owned()),
        device_id: Set(device_id),
        alg: Set("hmac-sha256".to_owned()),
        created_at: Set(now),
        revoked_at: Set(None),
    })
    .exec_without_returning(db)
    .await
    .map(|_| ())
}

/// A key with its device and the kind of organisation it stands at.
#[derive(Clone, Debug)]
pub struct Known {
    /// The key.
    pub key: key::Model,
    /// The device.
    pub device: Model,
    /// Kind of its site's organisation; empty when there is none.
    pub org_kind: String,
}

/// What is known of a key.
///
/// # Errors
/// When the database fails.
pub async fn by_key<C: ConnectionTrait>(db: &C, key_id: &str) -> Result<Option<Known>, DbErr> {
    let Some(key) = key::Entity::find_by_id(key_id.to_owned()).one(db).await? else { return Ok(None) };
    let Some(device) = Entity::find_by_id(key.device_id).one(db).await? else { return Ok(None) };
    let org_kind = match site::Entity::find_by_id(device.site_id).one(db).await? {
        Some(site) => org::Entity::find_by_id(site.org_id).one(db).await?.map(|o| o.kind),
        None => None,
    };
    Ok(Some(Known { key, device, org_kind: org_kind.unwrap_or_default() }))
}

/// What a device may know of its own sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Present epoch.
    pub epoch: i64,
    /// Next number in it.
    pub next_seq: i64,
    /// Missing numbers: (epoch, first, last), oldest first.
    pub gaps: Vec<(i64, i64, i64)>,
}

/// Progress of a device.
///
/// # Errors
/// When the database fails.
pub async fn progress<C: ConnectionTrait>(db: &C, device_id: i64) -> Result<Progress, DbErr> {
    let top = epoch::Entity::find()
        .filter(epoch::Column::DeviceId.eq(device_id))
        .order_by_desc(epoch::Column::Epoch)
        .one(db)
        .await?;
    let gaps = gap::Entity::find()
        .filter(gap::Column::DeviceId.eq(device_id))
        .order_by_asc(gap::Column::Epoch)
        .order_by_asc(gap::Column::FirstSeq)
        .all(db)
        .await?;
    Ok(Progress {
        epoch: top.as_ref().map_or(1, |t| t.epoch),
        next_seq: top.map_or(1, |t| t.next_seq),
        gaps: gaps.into_iter().map(|g| (g.epoch, g.first_seq, g.last_seq)).collect(),
    })
}

/// Notes the clock offset and the time of devices' last requests.
///
/// # Errors
/// When the database fails.
pub async fn note_seen<C: ConnectionTrait>(
    db: &C,
    seen: impl IntoIterator<Item = (i64, i64, i64)>,
) -> Result<(), DbErr> {
    for (id, offset, at) in seen {
        Entity::update_many()
            .col_expr(Column::ClockOffsetMs, Expr::value(offset))
            .col_expr(Column::LastSeenAt, Expr::value(at))
            .filter(Column::Id.eq(id))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Revokes a device. True if it existed and was not revoked before.
///
/// # Errors
/// When the database fails.
pub async fn revoke<C: ConnectionTrait>(db: &C, id: i64, now: i64) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// The importer's device of a preset, made at its first use, with its site and organisation.
///
/// # Errors
/// When the database fails.
pub async fn importer<C: ConnectionTrait>(db: &C, label: &str, site_id: i64, now: i64) -> Result<i64, DbErr> {
    if let Some(d) = Entity::find().filter(Column::Kind.eq(IMPORTER)).filter(Column::Label.eq(label)).one(db).await? {
        return Ok(d.id);
    }
    insert(db, New { site_id, kind: IMPORTER.into(), label: label.into(), medium: String::new(), now }).await
}

/// Last day of the verification of devices' scales.
///
/// # Errors
/// When the database fails.
pub async fn scales<C: ConnectionTrait>(db: &C, devices: Vec<i64>) -> Result<HashMap<i64, Option<Date>>, DbErr> {
    let rows: Vec<(i64, Option<Date>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ScaleUntil])
        .filter(Column::Id.is_in(devices))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Notes until when a device's scale is verified. True if there is such a device.
///
/// # Errors
/// When the database fails.
pub async fn verify_scale<C: ConnectionTrait>(db: &C, id: i64, until: Option<Date>) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::ScaleUntil, Expr::value(until))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// Writes the progress of devices.
///
/// # Errors
/// When the database fails.
pub async fn put_epochs<C: ConnectionTrait>(db: &C, rows: Vec<epoch::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    epoch::Entity::insert_many(rows.into_iter().map(|m| epoch::ActiveModel {
        device_id: Set(m.device_id),
        epoch: Set(m.epoch),
        next_seq: Set(m.next_seq),
    }))
    .on_conflict(
        OnConflict::columns([epoch::Column::DeviceId, epoch::Column::Epoch])
            .update_column(epoch::Column::NextSeq)
            .to_owned(),
    )
    .exec_without_returning(db)
    .await
    .map(|_| ())
}
