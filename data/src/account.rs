//! Accounts: who they are, their roles, scope, password and second factor.

use crate::{Error, sequence, session, throttle};
use domain::{
    account::{AccountLine, Due, Me},
    clock::DAY_MS,
    permission::{Permissions, Role},
    policy::Policy,
    scope::Scope,
};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait, Set, entity::prelude::*};
use std::collections::HashMap;

/// A row of `account`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// What it signs in with.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What part of the record it may see.
    pub scope: String,
    /// Hash of the password.
    pub password: String,
    /// When the password was set, ms.
    pub password_at: i64,
    /// Whether a password of its own must be chosen first.
    pub must_change: bool,
    /// From which, and the master key, the secret of its second factor is derived; empty without one.
    pub totp_nonce: String,
    /// When the second factor was confirmed by a first code, ms.
    pub totp_since: Option<i64>,
    /// The last step of which a code was used.
    pub totp_step: i64,
    /// When it was made, ms.
    pub created_at: i64,
    /// When it last signed in, ms.
    pub last_login_at: Option<i64>,
    /// When it was disabled, ms.
    pub disabled_at: Option<i64>,
}

// Not even the hash of a password belongs in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Roles of accounts.
pub mod role {
    use sea_orm::entity::prelude::*;

    /// A row of `account_role`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_role")]
    pub struct Model {
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
        /// Code of [`domain::permission::Role`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Passwords that may not come again.
pub mod history {
    use sea_orm::entity::prelude::*;

    /// A row of `password_history`.
    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_history")]
    pub struct Model {
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
        /// When it was set, ms.
        #[sea_orm(primary_key, auto_increment = false)]
        pub at: i64,
        /// Its hash.
        pub password: String,
    }

    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("PasswordHistory").field("account_id", &self.account_id).finish_non_exhaustive()
        }
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A new account.
#[derive(Clone)]
pub struct New {
    /// What it signs in with, in the form of [`domain::account::login`].
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What part of the record it may see.
    pub scope: Scope,
    /// Roles; [`Role::check`] holds.
    pub roles: Vec<Role>,
    /// Hash of its first password.
    pub password: String,
    /// Whether it must choose its own.
    pub must_change: bool,
}

/// Makes an account and tells its id; `None` when the login name is taken.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(txn: &C, new: New, now: i64) -> Result<Option<i64>, Error> {
    // First the number: its row is locked, so that of two of the same name the second sees the first.
    let id = sequence::next(txn, "account").await?;
    if by_login(txn, &new.login).await?.is_some() {
        return Ok(None);
    }
    Entity::insert(ActiveModel {
        id: Set(id),
        login: Set(new.login),
        name: Set(new.name),
        scope: Set(new.scope.to_string()),
        password: Set(new.password),
        password_at: Set(now),
        must_change: Set(new.must_change),
        totp_nonce: Set(String::new()),
        totp_since: Set(None),
        totp_step: Set(0),
        created_at: Set(now),
        last_login_at: Set(None),
        disabled_at: Set(None),
    })
    .exec_without_returning(txn)
    .await?;
    put_roles(txn, id, &new.roles).await?;
    Ok(Some(id))
}

async fn put_roles<C: ConnectionTrait>(txn: &C, id: i64, roles: &[Role]) -> Result<(), DbErr> {
    role::Entity::delete_many().filter(role::Column::AccountId.eq(id)).exec(txn).await?;
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    for r in roles {
        let row = role::ActiveModel { account_id: Set(id), role: Set(r.code().into()) };
        role::Entity::insert(row).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count<C: ConnectionTrait>(db: &C) -> Result<u64, DbErr> {
    Entity::find().count(db).await
}

/// The account that signs in with this name.
///
/// # Errors
/// When the database fails.
pub async fn by_login<C: ConnectionTrait>(db: &C, login: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Login.eq(login)).one(db).await
}

/// An account.
///
/// # Errors
/// When the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Accounts that hold one of these roles over a scope or over the whole city, by id and name; over any scope for whoever sees the
/// city. Disabled ones are left out.
///
/// # Errors
/// When the database fails.
pub async fn holders<C: ConnectionTrait>(db: &C, roles: &[Role], scope: Scope) -> Result<Vec<(i64, String)>, DbErr> {
    let held = role::Entity::find()
        .select_only()
        .column(role::Column::AccountId)
        .filter(role::Column::Role.is_in(roles.iter().map(|r| r.code())))
        .into_query();
    let mut q = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(Column::DisabledAt.is_null())
        .filter(Column::Id.in_subquery(held));
    if scope != Scope::City {
        q = q.filter(Column::Scope.is_in([Scope::City.to_string(), scope.to_string()]));
    }
    q.order_by_asc(Column::Name).order_by_asc(Column::Id).into_tuple().all(db).await
}

/// The roles of an account, in the order of the table.
///
/// # Errors
/// When the database fails, or a role is none we know.
pub async fn roles<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<Role>, Error> {
    read_roles(role::Entity::find().filter(role::Column::AccountId.eq(id)).all(db).await?)
}

fn read_roles(rows: Vec<role::Model>) -> Result<Vec<Role>, Error> {
    let mut all = rows
        .into_iter()
        .map(|r| Role::from_code(&r.role).ok_or_else(|| Error::Stored(format!("role {}", r.role))))
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_unstable();
    Ok(all)
}

impl Model {
    /// What part of the record it may see.
    ///
    /// # Errors
    /// When what is stored is no scope.
    pub fn scope(&self) -> Result<Scope, Error> {
        self.scope.parse().map_err(Error::Stored)
    }

    /// Whether it has a second factor that was confirmed.
    #[must_use]
    pub const fn second_factor(&self) -> bool {
        self.totp_since.is_some()
    }

    /// The account as it stands before whoever asks in this session.
    ///
    /// # Errors
    /// When what is stored is no scope.
    pub fn me(&self, session: &session::Model, roles: Vec<Role>, policy: &Policy, now: i64) -> Result<Me, Error> {
        let old = policy.profile.rotation_days().is_some_and(|d| now - self.password_at >= d * DAY_MS);
        let due = if session.stage == session::CODE {
            Some(Due::Code)
        } else if self.must_change || old {
            Some(Due::Password)
        } else if roles.iter().any(|r| r.is_administrator()) && !self.second_factor() {
            Some(Due::SecondFactor)
        } else {
            None
        };
        Ok(Me {
            id: self.id,
            session: session.id,
            login: self.login.clone(),
            name: self.name.clone(),
            scope: self.scope()?,
            permissions: if due.is_some() { Permissions::NONE } else { Permissions::of(&roles).within(self.scope()?) },
            roles,
            due,
            second_factor: self.second_factor(),
        })
    }
}

/// Accounts after a login name, in their order, at most so many.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    after: &str,
    limit: u64,
    now: i64,
) -> Result<Vec<AccountLine>, Error> {
    let rows = Entity::find().filter(Column::Login.gt(after)).order_by_asc(Column::Login).limit(limit).all(db).await?;
    lines(db, policy, rows, now).await
}

/// One account as the list shows it.
///
/// # Errors
/// When the database fails.
pub async fn line<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    id: i64,
    now: i64,
) -> Result<Option<AccountLine>, Error> {
    let rows = by_id(db, id).await?.into_iter().collect();
    Ok(lines(db, policy, rows, now).await?.pop())
}

async fn lines<C: ConnectionTrait>(
    db: &C,
    policy: &Policy,
    rows: Vec<Model>,
    now: i64,
) -> Result<Vec<AccountLine>, Error> {
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    let mut held: HashMap<i64, Vec<role::Model>> = HashMap::new();
    for r in role::Entity::find().filter(role::Column::AccountId.is_in(ids.iter().copied())).all(db).await? {
        held.entry(r.account_id).or_default().push(r);
    }
    let open = session::open(db, policy, &ids, now).await?;
    let subjects =
        rows.iter().flat_map(|m| [throttle::Subject::Login(&m.login).key(), throttle::Subject::Code(m.id).key()]);
    let shut = throttle::Entity::find().filter(throttle::Column::Subject.is_in(subjects)).all(db).await?;
    rows.into_iter()
        .map(|m| {
            let key = throttle::Subject::Login(&m.login).key();
            let code = throttle::Subject::Code(m.id).key();
            let locked = shut.iter().any(|t| {
                (t.subject == key || t.subject == code) && now < t.until && i64::from(t.failures) >= policy.lock_after
            });
            Ok(AccountLine {
                id: m.id,
                scope: m.scope()?,
                roles: read_roles(held.remove(&m.id).unwrap_or_default())?,
                disabled: m.disabled_at.is_some(),
                locked,
                must_change: m.must_change,
                second_factor: m.second_factor(),
                last_login_at: m.last_login_at,
                sessions: u32::try_from(open.iter().filter(|s| s.account_id == m.id).count()).unwrap_or(u32::MAX),
                login: m.login,
                name: m.name,
            })
        })
        .collect()
}

/// The hashes of earlier passwords that may not come again, with the present one.
///
/// # Errors
/// When the database fails.
pub async fn earlier<C: ConnectionTrait>(db: &C, account: &Model, policy: &Policy) -> Result<Vec<String>, DbErr> {
    let kept = history::Entity::find()
        .filter(history::Column::AccountId.eq(account.id))
        .order_by_desc(history::Column::At)
        .limit(policy.profile.history() as u64)
        .all(db)
        .await?;
    Ok([account.password.clone()].into_iter().chain(kept.into_iter().map(|h| h.password)).collect())
}

/// Sets a password; the one before is remembered as used.
///
/// # Errors
/// When the database fails.
pub async fn set_password<C: ConnectionTrait>(
    txn: &C,
    account: &Model,
    hash: &str,
    must_change: bool,
    now: i64,
) -> Result<(), DbErr> {
    let old = history::ActiveModel {
        account_id: Set(account.id),
        at: Set(account.password_at),
        password: Set(account.password.clone()),
    };
    // Two changes within a millisecond are one of history.
    let once = sea_orm::sea_query::OnConflict::columns([history::Column::AccountId, history::Column::At])
        .update_column(history::Column::Password)
        .to_owned();
    history::Entity::insert(old).on_conflict(once).exec_without_returning(txn).await?;
    Entity::update_many()
        .col_expr(Column::Password, Expr::value(hash))
        .col_expr(Column::PasswordAt, Expr::value(now))
        .col_expr(Column::MustChange, Expr::value(must_change))
        .filter(Column::Id.eq(account.id))
        .exec(txn)
        .await
        .map(|_| ())
}

/// Sets roles and scope. [`Role::check`] holds.
///
/// # Errors
/// When the database fails.
pub async fn grant<C: ConnectionTrait>(txn: &C, id: i64, scope: Scope, roles: &[Role]) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Scope, Expr::value(scope.to_string()))
        .filter(Column::Id.eq(id))
        .exec(txn)
        .await?;
    put_roles(txn, id, roles).await
}

/// Disables an account, or enables it again.
///
/// # Errors
/// When the database fails.
pub async fn set_disabled<C: ConnectionTrait>(txn: &C, id: i64, at: Option<i64>) -> Result<(), DbErr> {
    let q = Entity::update_many().col_expr(Column::DisabledAt, Expr::value(at)).filter(Column::Id.eq(id));
    q.exec(txn).await.map(|_| ())
}

/// Notes that it signed in.
///
/// # Errors
/// When the database fails.
pub async fn signed_in<C: ConnectionTrait>(txn: &C, id: i64, now: i64) -> Result<(), DbErr> {
    let q = Entity::update_many().col_expr(Column::LastLoginAt, Expr::value(now)).filter(Column::Id.eq(id));
    q.exec(txn).await.map(|_| ())
}
