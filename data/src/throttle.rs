//! Failures in a row, by what is guessed at or by where the guesses come from.

use crate::secret::sha;
use domain::policy::Policy;
use sea_orm::{
    ExprTrait, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

/// A row of `throttle`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "throttle")]
pub struct Model {
    /// What is guessed at: see [`Subject`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// Failures in a row.
    pub failures: i32,
    /// When the last one was, ms.
    pub last_at: i64,
    /// Until when nothing is looked at, ms.
    pub until: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What failures are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A login name, whether there is such an account or not: nothing is told by a difference.
    Login(&'a str),
    /// The codes of an account's second factor.
    Code(i64),
    /// A network address.
    Address(&'a str),
    /// Pairing codes that an account enters.
    Pairing(i64),
    /// Look-up codes of a case, by its number, whether there is such a case or not.
    Case(&'a str),
}

/// Failures from one address that are not delayed: a whole office may stand behind it.
const ADDRESS_FREE: i32 = 20;

/// An address as failures are counted by: of IPv6 the network, within which anybody has as many as he likes.
fn net(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(a) => {
            let [a, b, c, d, ..] = a.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

impl Subject<'_> {
    /// Its key. A hash where a stranger chooses the text, so that it has a length.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Login(login) => format!("login:{}", sha(login)),
            Self::Code(id) => format!("code:{id}"),
            Self::Address(address) => format!("address:{}", net(address)),
            Self::Pairing(id) => format!("pairing:{id}"),
            Self::Case(number) => format!("case:{}", sha(number)),
        }
    }

    fn delay_ms(&self, policy: &Policy, failures: i32) -> i64 {
        match self {
            Self::Address(_) => match failures - ADDRESS_FREE {
                ..=0 => 0,
                over => 1_000 << Ord::min(over, 9),
            },
            _ => policy.delay_ms(failures.into()),
        }
    }
}

/// Takes one try, counted as a failure until [`succeeded`] says otherwise, so that many guesses at once are no more than
/// one after another. False when nothing may be tried now.
///
/// # Errors
/// When the database fails.
pub async fn take<C: ConnectionTrait>(db: &C, policy: &Policy, subject: Subject<'_>, now: i64) -> Result<bool, DbErr> {
    let key = subject.key();
    // There is a row from here on, and it is held: whoever tries at the same time waits, and sees this try.
    let first = ActiveModel { subject: Set(key.clone()), failures: Set(0), last_at: Set(now), until: Set(0) };
    Entity::insert(first)
        .on_conflict(OnConflict::column(Column::Subject).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let row = Entity::find_by_id(key.clone()).lock_exclusive().one(db).await?;
    if row.as_ref().is_some_and(|r| now < r.until) {
        return Ok(false);
    }
    // A row that rested for as long as a lock lasts begins anew.
    let window = policy.lock_minutes * 60_000;
    let before = row.filter(|r| now - r.last_at < window && r.until - r.last_at < window).map_or(0, |r| r.failures);
    let failures = before.saturating_add(1);
    let new = ActiveModel {
        subject: Set(key),
        failures: Set(failures),
        last_at: Set(now),
        until: Set(now + subject.delay_ms(policy, failures)),
    };
    Entity::insert(new)
        .on_conflict(
            OnConflict::column(Column::Subject)
                .update_columns([Column::Failures, Column::LastAt, Column::Until])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(true)
}

/// The try was right: what it counted is forgotten. Of an address only this try is.
///
/// # Errors
/// When the database fails.
pub async fn succeeded<C: ConnectionTrait>(db: &C, subject: Subject<'_>) -> Result<(), DbErr> {
    let key = subject.key();
    if let Subject::Address(_) = subject {
        Entity::update_many()
            .col_expr(Column::Failures, Expr::col(Column::Failures).sub(1))
            .col_expr(Column::Until, Expr::col(Column::LastAt))
            .filter(Column::Subject.eq(key))
            .filter(Column::Failures.gt(0))
            .exec(db)
            .await?;
    } else {
        Entity::delete_by_id(key).exec(db).await?;
    }
    Ok(())
}

/// Forgets failures. True if there were any.
///
/// # Errors
/// When the database fails.
pub async fn clear<C: ConnectionTrait>(db: &C, subject: Subject<'_>) -> Result<bool, DbErr> {
    Ok(Entity::delete_by_id(subject.key()).exec(db).await?.rows_affected > 0)
}

/// Whether nothing may be tried for as long as a lock lasts.
///
/// # Errors
/// When the database fails.
pub async fn locked<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    subject: Subject<'_>,
    now: i64,
) -> Result<bool, DbErr> {
    let row = Entity::find_by_id(subject.key()).one(db).await?;
    Ok(row.is_some_and(|r| now < r.until && i64::from(r.failures) >= policy.lock_after))
}

/// Forgets what rested for a day.
///
/// # Errors
/// When the database fails.
pub async fn forget<C: ConnectionTrait>(db: &C, now: i64) -> Result<u64, DbErr> {
    let old =
        Entity::delete_many().filter(Column::LastAt.lt(now - domain::clock::DAY_MS)).filter(Column::Until.lt(now));
    Ok(old.exec(db).await?.rows_affected)
}
