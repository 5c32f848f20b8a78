//! Paired displays: walls that may open the feed and the read-only pages.

use crate::sequence;
use sea_orm::{QueryOrder, Set, entity::prelude::*};

/// A row of `display`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "display")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Name.
    pub name: String,
    /// SHA-256 of the cookie's secret, hex.
    pub secret_hash: String,
    /// When it was paired, ms.
    pub created_at: i64,
    /// When it was last seen, ms.
    pub last_seen_at: Option<i64>,
    /// When it was revoked, ms.
    pub revoked_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One-time pairing tokens.
pub mod pairing {
    use sea_orm::entity::prelude::*;

    /// A row of `pairing`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pairing")]
    pub struct Model {
        /// SHA-256 of the token, hex.
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        /// When it was made, ms.
        pub created_at: i64,
        /// Until when it can be used, ms.
        pub expires_at: i64,
        /// When it was used, ms.
        pub used_at: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Enters a pairing token by its hash.
///
/// # Errors
/// When the database fails.
pub async fn offer<C: ConnectionTrait>(db: &C, token_hash: &str, now: i64, valid_ms: i64) -> Result<(), DbErr> {
    pairing::Entity::delete_many().filter(pairing::Column::ExpiresAt.lt(now)).exec(db).await?;
    pairing::Entity::insert(pairing::ActiveModel {
        token_hash: Set(token_hash.to_owned()),
        created_at: Set(now),
        expires_at: Set(now.saturating_add(valid_ms)),
        used_at: Set(None),
    })
    .exec_without_returning(db)
    .await
    .map(|_| ())
}

/// Uses a token up and enters the display. `None` when the token is unknown, used or out of date.
///
/// # Errors
/// When the database fails.
pub async fn pair<C: ConnectionTrait>(
    db: &C,
    token_hash: &str,
    secret_hash: &str,
    name: &str,
    now: i64,
) -> Result<Option<i64>, DbErr> {
    // One statement decides, so that of two who come at once one is refused.
    let used = pairing::Entity::update_many()
        .col_expr(pairing::Column::UsedAt, Expr::value(now))
        .filter(pairing::Column::TokenHash.eq(token_hash))
        .filter(pairing::Column::UsedAt.is_null())
        .filter(pairing::Column::ExpiresAt.gte(now))
        .exec(db)
        .await?;
    if used.rows_affected != 1 {
        return Ok(None);
    }
    let id = sequence::next(db, "display").await?;
    Entity::insert(ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        secret_hash: Set(secret_hash.to_owned()),
        created_at: Set(now),
        last_seen_at: Set(Some(now)),
        revoked_at: Set(None),
    })
    .exec_without_returning(db)
    .await?;
    Ok(Some(id))
}

/// All displays that are not revoked.
///
/// # Errors
/// When the database fails.
pub async fn active<C: ConnectionTrait>(db: &C) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::RevokedAt.is_null()).order_by_asc(Column::Id).all(db).await
}

/// Revokes a display. True if it existed and was not revoked before.
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
