//! The second factor of an account: its time-based codes, each good once, and its recovery codes.

use crate::{
    account::{self, Model},
    secret::{self, Master},
};
use domain::totp;
use sea_orm::{PaginatorTrait, Set, entity::prelude::*};

/// Recovery codes that an account gets.
pub const RECOVERY_CODES: usize = 10;

/// Hashes of recovery codes that were not used yet.
pub mod recovery {
    use sea_orm::entity::prelude::*;

    /// A row of `recovery_code`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_code")]
    pub struct Model {
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
        /// [`crate::secret::Master::recovery`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Begins to set a second factor up, and tells its nonce. It counts only once a code confirmed it.
///
/// # Errors
/// When the database fails.
pub async fn begin<C: ConnectionTrait>(txn: &C, id: i64) -> Result<String, DbErr> {
    let nonce = secret::random();
    account::Entity::update_many()
        .col_expr(account::Column::TotpNonce, Expr::value(nonce.as_str()))
        .filter(account::Column::Id.eq(id))
        .filter(account::Column::TotpSince.is_null())
        .exec(txn)
        .await?;
    Ok(nonce)
}

/// Confirms a second factor by a first code, and tells the recovery codes. `None` when the code is not right, or none is
/// being set up.
///
/// # Errors
/// When the database fails.
pub async fn confirm<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    account: &Model,
    digits: &str,
    now: i64,
) -> Result<Option<Vec<String>>, DbErr> {
    if account.totp_nonce.is_empty() || account.second_factor() || !use_step(txn, master, account, digits, now).await? {
        return Ok(None);
    }
    account::Entity::update_many()
        .col_expr(account::Column::TotpSince, Expr::value(now))
        .filter(account::Column::Id.eq(account.id))
        .exec(txn)
        .await?;
    recovery::Entity::delete_many().filter(recovery::Column::AccountId.eq(account.id)).exec(txn).await?;
    let codes = codes(master, account);
    for c in &codes {
        let row = recovery::ActiveModel { account_id: Set(account.id), hash: Set(master.recovery(account.id, c)) };
        recovery::Entity::insert(row).exec_without_returning(txn).await?;
    }
    Ok(Some(codes))
}

/// The recovery codes of an account's second factor, used or not.
#[must_use]
pub fn codes(master: &Master, account: &Model) -> Vec<String> {
    (0..RECOVERY_CODES).map(|n| master.recovery_code(account.id, &account.totp_nonce, n)).collect()
}

/// Uses up a code of the second factor or a recovery code. False when it is neither, or was used.
///
/// # Errors
/// When the database fails.
pub async fn use_up<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    account: &Model,
    entered: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let entered = secret::typed(entered);
    if entered.len() == 6 {
        return use_step(txn, master, account, &entered, now).await;
    }
    let used = recovery::Entity::delete_many()
        .filter(recovery::Column::AccountId.eq(account.id))
        .filter(recovery::Column::Hash.eq(master.recovery(account.id, &entered)))
        .exec(txn)
        .await?;
    Ok(used.rows_affected == 1)
}

async fn use_step<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    account: &Model,
    digits: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let secret = master.totp(account.id, &account.totp_nonce);
    let Some(step) = totp::accepted(&secret, digits, now, account.totp_step) else { return Ok(false) };
    // One statement decides, so that of two who come at once with the same code one is refused.
    let used = account::Entity::update_many()
        .col_expr(account::Column::TotpStep, Expr::value(step))
        .filter(account::Column::Id.eq(account.id))
        .filter(account::Column::TotpStep.lt(step))
        .exec(txn)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Takes the second factor away: it was lost. True if there was one.
///
/// # Errors
/// When the database fails.
pub async fn clear<C: ConnectionTrait>(txn: &C, id: i64) -> Result<bool, DbErr> {
    recovery::Entity::delete_many().filter(recovery::Column::AccountId.eq(id)).exec(txn).await?;
    let had = account::Entity::update_many()
        .col_expr(account::Column::TotpNonce, Expr::value(""))
        .col_expr(account::Column::TotpSince, Expr::value(None::<i64>))
        .filter(account::Column::Id.eq(id))
        .filter(account::Column::TotpNonce.ne(""))
        .exec(txn)
        .await?;
    Ok(had.rows_affected == 1)
}

/// Recovery codes that are left.
///
/// # Errors
/// When the database fails.
pub async fn left<C: ConnectionTrait>(db: &C, id: i64) -> Result<u64, DbErr> {
    recovery::Entity::find().filter(recovery::Column::AccountId.eq(id)).count(db).await
}
