//! Sessions: a browser in which an account signed in. An ended one has no row; the audit log tells of it.

use crate::{Error, account, secret::sha, sequence};
use domain::{
    account::{Me, SessionLine},
    clock::MINUTE_MS,
    policy::Policy,
};
use sea_orm::{ExprTrait, QueryOrder, Set, entity::prelude::*};

/// A row of `session`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// SHA-256 of the cookie's secret, hex.
    pub secret_hash: String,
    /// Account.
    pub account_id: i64,
    /// [`CODE`] or [`WHOLE`].
    pub stage: i16,
    /// When it began, ms.
    pub created_at: i64,
    /// When it was last used, ms, to the minute.
    pub seen_at: i64,
    /// Network address where it began.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stage: the password was right, the code of the second factor is awaited.
pub const CODE: i16 = 0;
/// Stage: signed in whole.
pub const WHOLE: i16 = 1;
/// How long the code is awaited, ms.
const CODE_WAIT_MS: i64 = 10 * MINUTE_MS;
/// Uses within this time are not written down one by one, ms.
const SEEN_STEP_MS: i64 = MINUTE_MS;

/// Where a session begins.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Network address.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Begins a session for the holder of `secret`.
///
/// # Errors
/// When the database fails.
pub async fn begin<C: ConnectionTrait>(
    txn: &C,
    account: i64,
    stage: i16,
    secret: &str,
    place: Place,
    now: i64,
) -> Result<i64, DbErr> {
    let id = sequence::next(txn, "session").await?;
    Entity::insert(ActiveModel {
        id: Set(id),
        secret_hash: Set(sha(secret)),
        account_id: Set(account),
        stage: Set(stage),
        created_at: Set(now),
        seen_at: Set(now),
        address: Set(place.address),
        agent: Set(place.agent.chars().filter(|c| !c.is_control()).take(120).collect()),
    })
    .exec_without_returning(txn)
    .await?;
    Ok(id)
}

impl Model {
    /// Whether it ended by itself: not used for long, or too old.
    #[must_use]
    pub fn is_over(&self, policy: &Policy, now: i64) -> bool {
        let whole = if self.stage == CODE { CODE_WAIT_MS } else { policy.session_hours * 60 * MINUTE_MS };
        now - self.created_at >= whole || now - self.seen_at >= policy.idle_minutes * MINUTE_MS
    }

    /// Whether its use is to be written down.
    #[must_use]
    pub const fn is_to_be_seen(&self, now: i64) -> bool {
        now - self.seen_at >= SEEN_STEP_MS
    }
}

/// The account that a cookie's secret speaks for, and its session, unless either ended.
///
/// # Errors
/// When the database fails.
pub async fn who<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    secret: &str,
    now: i64,
) -> Result<Option<(Model, Me)>, Error> {
    let row = Entity::find().filter(Column::SecretHash.eq(sha(secret))).one(db).await?;
    let Some(session) = row else { return Ok(None) };
    Ok(holder(db, policy, &session, now).await?.map(|me| (session, me)))
}

async fn holder<C: ConnectionTrait>(db: &C, policy: &Policy, session: &Model, now: i64) -> Result<Option<Me>, Error> {
    if session.is_over(policy, now) {
        return Ok(None);
    }
    let Some(account) = account::by_id(db, session.account_id).await?.filter(|a| a.disabled_at.is_none()) else {
        return Ok(None);
    };
    let roles = account::roles(db, account.id).await?;
    account.me(session, roles, policy, now).map(Some)
}

/// The account of a session that still lasts; asking is no use of it.
///
/// # Errors
/// When the database fails.
pub async fn me<C: ConnectionTrait>(db: &C, policy: &Policy, id: i64, now: i64) -> Result<Option<Me>, Error> {
    match Entity::find_by_id(id).one(db).await? {
        Some(session) => holder(db, policy, &session, now).await,
        None => Ok(None),
    }
}

/// Notes that a session was used.
///
/// # Errors
/// When the database fails.
pub async fn seen<C: ConnectionTrait>(db: &C, id: i64, now: i64) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::SeenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await
        .map(|_| ())
}

/// The open sessions of these accounts.
///
/// # Errors
/// When the database fails.
pub async fn open<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    accounts: &[i64],
    now: i64,
) -> Result<Vec<Model>, DbErr> {
    let all = Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied())).order_by_desc(Column::Id);
    Ok(all.all(db).await?.into_iter().filter(|s| !s.is_over(policy, now)).collect())
}

/// The open sessions of an account as its owner sees them, newest first.
///
/// # Errors
/// When the database fails.
pub async fn lines<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    account: i64,
    own: i64,
    now: i64,
) -> Result<Vec<SessionLine>, DbErr> {
    let all = open(db, policy, &[account], now).await?;
    Ok(all
        .into_iter()
        .map(|s| SessionLine {
            id: s.id,
            created_at: s.created_at,
            seen_at: s.seen_at,
            address: s.address,
            agent: s.agent,
            own: s.id == own,
        })
        .collect())
}

/// Ends a session of an account. True if there was one.
///
/// # Errors
/// When the database fails.
pub async fn end<C: ConnectionTrait>(txn: &C, account: i64, id: i64) -> Result<bool, DbErr> {
    let q = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(account));
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// Ends all sessions of an account but one; tells how many.
///
/// # Errors
/// When the database fails.
pub async fn end_others<C: ConnectionTrait>(txn: &C, account: i64, but: i64) -> Result<u64, DbErr> {
    let q = Entity::delete_many().filter(Column::AccountId.eq(account)).filter(Column::Id.ne(but));
    Ok(q.exec(txn).await?.rows_affected)
}

/// Forgets sessions that ended by themselves.
///
/// # Errors
/// When the database fails.
pub async fn forget<C: ConnectionTrait>(db: &C, policy: &Policy, now: i64) -> Result<u64, DbErr> {
    let old = Column::SeenAt
        .lte(now - policy.idle_minutes * MINUTE_MS)
        .or(Column::CreatedAt.lte(now - policy.session_hours * 60 * MINUTE_MS));
    Ok(Entity::delete_many().filter(old).exec(db).await?.rows_affected)
}
