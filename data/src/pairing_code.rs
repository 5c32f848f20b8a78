//! Pairing a wall by a short code: an unknown browser shows one, somebody on duty enters it.

use crate::{Error, display, secret::sha, sequence};
use sea_orm::{PaginatorTrait, Set, entity::prelude::*};

/// A row of `pairing_code`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pairing_code")]
pub struct Model {
    /// SHA-256 of the code, hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: String,
    /// SHA-256 of the secret that the waiting browser keeps, hex.
    pub secret_hash: String,
    /// What the browser calls itself.
    pub agent: String,
    /// Until when it can be entered, ms.
    pub expires_at: i64,
    /// The name given to the display when the code was entered; empty before.
    pub name: String,
    /// The account that entered it.
    pub confirmed_by: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Letters of a code.
pub const LETTERS: usize = 8;
/// How long a code can be entered, ms.
pub const VALID_MS: i64 = 10 * 60_000;
/// Codes that may wait at once: more browsers than any command hall has.
const WAITING_MAX: u64 = 500;

/// Enters a code for the browser that keeps `secret`. False when too many wait.
///
/// # Errors
/// When the database fails.
pub async fn offer<C: ConnectionTrait>(
    txn: &C,
    code: &str,
    secret: &str,
    agent: &str,
    now: i64,
) -> Result<bool, DbErr> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(txn).await?;
    if Entity::find().count(txn).await? >= WAITING_MAX {
        return Ok(false);
    }
    Entity::insert(ActiveModel {
        code_hash: Set(sha(code)),
        secret_hash: Set(sha(secret)),
        agent: Set(agent.to_owned()),
        expires_at: Set(now + VALID_MS),
        name: Set(String::new()),
        confirmed_by: Set(None),
    })
    .exec_without_returning(txn)
    .await?;
    Ok(true)
}

/// Confirms a code that somebody entered. False when it is unknown, out of date or was entered before.
///
/// # Errors
/// When the database fails.
pub async fn confirm<C: ConnectionTrait>(txn: &C, code: &str, name: &str, by: i64, now: i64) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::ConfirmedBy, Expr::value(by))
        .filter(Column::CodeHash.eq(sha(code)))
        .filter(Column::ExpiresAt.gte(now))
        .filter(Column::ConfirmedBy.is_null())
        .exec(txn)
        .await?;
    Ok(r.rows_affected == 1)
}

/// Whether the browser that keeps `secret` still waits for its code to be entered.
///
/// # Errors
/// When the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, secret: &str, now: i64) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::SecretHash.eq(sha(secret))).filter(Column::ExpiresAt.gte(now)).one(db).await
}

/// Makes a display of a browser whose code was confirmed, and tells its id. `None` when it was not.
///
/// # Errors
/// When the database fails.
pub async fn enter<C: ConnectionTrait>(txn: &C, secret: &str, key_hash: &str, now: i64) -> Result<Option<i64>, Error> {
    let Some(row) = find(txn, secret, now).await?.filter(|r| r.confirmed_by.is_some()) else { return Ok(None) };
    // One statement decides, so that a browser that asks twice becomes one display.
    if Entity::delete_by_id(row.code_hash).exec(txn).await?.rows_affected != 1 {
        return Ok(None);
    }
    let id = sequence::next(txn, "display").await?;
    display::Entity::insert(display::ActiveModel {
        id: Set(id),
        name: Set(row.name),
        secret_hash: Set(key_hash.to_owned()),
        created_at: Set(now),
        last_seen_at: Set(Some(now)),
        revoked_at: Set(None),
    })
    .exec_without_returning(txn)
    .await?;
    Ok(Some(id))
}
