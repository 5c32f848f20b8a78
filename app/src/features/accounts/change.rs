//! What the administrators read and change of accounts. Nobody changes an account of its own here, and an administrator's
//! password is reset by the operator only: else one of the three could become another.

use super::api::{AccountPage, AccountsPage, PAGE};
use crate::{
    Ctx,
    access::hash_password,
    error::{AppError, done, fail, internal},
};
use data::{WriteTxn, account, factor, push, session, throttle};
use domain::{
    account::{login, name},
    permission::{Permission as P, Role},
    scope::Scope,
};
use serde_json::{Value, json};

pub(super) async fn list(ctx: &Ctx, after: &str) -> Result<AccountsPage, AppError> {
    if after.len() > 64 || after.contains('\0') {
        return Err(fail(AppError::Invalid("after".into())));
    }
    let policy = ctx.policy().await?;
    let mut accounts =
        account::list(ctx.db.read(), &policy, after, PAGE + 1, ctx.now).await.map_err(internal("accounts"))?;
    let more = accounts.len() as u64 > PAGE;
    accounts.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    Ok(AccountsPage { accounts, more, may_create: ctx.who.permissions().has(P::AccountManage) })
}

pub(super) async fn one(ctx: &Ctx, id: i64) -> Result<AccountPage, AppError> {
    let policy = ctx.policy().await?;
    let db = ctx.db.read();
    let line = account::line(db, &policy, id, ctx.now).await.map_err(internal("account"))?;
    let line = line.ok_or_else(|| fail(AppError::NotFound))?;
    let own = ctx.who.me().map_or(0, |me| me.session);
    let sessions = session::lines(db, &policy, id, own, ctx.now).await.map_err(internal("session"))?;
    let may = |p: P| ctx.who.permissions().has(p) && ctx.who.me().is_some_and(|me| me.id != id);
    let may_manage = may(P::AccountManage) && !line.roles.iter().any(|r| r.is_administrator());
    let row = account::by_id(db, id).await.map_err(internal("account"))?;
    let first_password =
        row.filter(|r| may_manage && r.must_change).map(|r| ctx.master.first_password(&r.login, r.password_at));
    Ok(AccountPage {
        account: line,
        sessions,
        first_password,
        may_manage,
        may_unlock: may(P::AccountUnlock),
        may_grant: may(P::RoleGrant),
    })
}

pub(super) async fn create(ctx: &Ctx, typed: &str, person: &str) -> Result<i64, AppError> {
    let login = login(typed).ok_or_else(|| fail(AppError::Field("login".into())))?;
    let name = name(person).ok_or_else(|| fail(AppError::Field("name".into())))?;
    let hash = hash_password(ctx.policy().await?, ctx.master.first_password(&login, ctx.now)).await?;
    let txn = ctx.begin().await?;
    let new = account::New {
        login: login.clone(),
        name,
        scope: Scope::City,
        roles: vec![],
        password: hash,
        must_change: true,
    };
    let id = account::insert(&txn, new, ctx.now).await.map_err(internal("account"))?;
    let id = id.ok_or_else(|| fail(AppError::Taken))?;
    ctx.commit(txn, "account.create", &format!("account {login}"), json!({ "id": id })).await?;
    done(&format!("/accounts/{id}?done=saved"));
    Ok(id)
}

/// An account that is not the asker's own, in a transaction to change it.
async fn other(ctx: &Ctx, id: i64) -> Result<(WriteTxn, account::Model, Vec<Role>), AppError> {
    if ctx.who.me().is_none_or(|me| me.id == id) {
        return Err(fail(AppError::NotAllowed));
    }
    let txn = ctx.begin().await?;
    let row = account::by_id(&txn, id).await.map_err(internal("account"))?;
    let row = row.ok_or_else(|| fail(AppError::NotFound))?;
    let roles = account::roles(&txn, id).await.map_err(internal("account"))?;
    Ok((txn, row, roles))
}

/// The same, of one that is no administrator.
async fn ordinary(ctx: &Ctx, id: i64) -> Result<(WriteTxn, account::Model), AppError> {
    let (txn, row, roles) = other(ctx, id).await?;
    if roles.iter().any(|r| r.is_administrator()) {
        return Err(fail(AppError::NotAllowed));
    }
    Ok((txn, row))
}

async fn end(ctx: &Ctx, txn: WriteTxn, row: &account::Model, action: &str, detail: Value) -> Result<(), AppError> {
    session::end_others(&txn, row.id, 0).await.map_err(internal("session"))?;
    // Nobody is signed in with it any more: no browser shows what is for it either.
    push::end_all(&txn, row.id, None).await.map_err(internal("browsers"))?;
    ctx.commit(txn, action, &format!("account {}", row.login), detail).await?;
    done(&format!("/accounts/{}?done=saved", row.id));
    Ok(())
}

pub(super) async fn reset(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let policy = ctx.policy().await?;
    // Hashed before the transaction: nothing is to wait for it. Whether it may be is looked at again within.
    let row = account::by_id(ctx.db.read(), id).await.map_err(internal("account"))?;
    let row = row.ok_or_else(|| fail(AppError::NotFound))?;
    let hash = hash_password(policy, ctx.master.first_password(&row.login, ctx.now)).await?;
    let (txn, row) = ordinary(ctx, id).await?;
    account::set_password(&txn, &row, &hash, true, ctx.now).await.map_err(internal("password"))?;
    end(ctx, txn, &row, "account.reset", Value::Null).await
}

pub(super) async fn disable(ctx: &Ctx, id: i64, disabled: bool) -> Result<(), AppError> {
    let (txn, row) = ordinary(ctx, id).await?;
    account::set_disabled(&txn, id, disabled.then_some(ctx.now)).await.map_err(internal("account"))?;
    end(ctx, txn, &row, if disabled { "account.disable" } else { "account.enable" }, Value::Null).await
}

pub(super) async fn unlock(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let (txn, row, _) = other(ctx, id).await?;
    for subject in [throttle::Subject::Login(&row.login), throttle::Subject::Code(id)] {
        throttle::clear(&txn, subject).await.map_err(internal("throttle"))?;
    }
    ctx.commit(txn, "account.unlock", &format!("account {}", row.login), Value::Null).await?;
    done(&format!("/accounts/{id}?done=saved"));
    Ok(())
}

pub(super) async fn factor_clear(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let (txn, row, _) = other(ctx, id).await?;
    factor::clear(&txn, id).await.map_err(internal("second factor"))?;
    end(ctx, txn, &row, "account.factor_clear", Value::Null).await
}

pub(super) async fn sessions_end(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    // An administrator is put out by the one who can let it in again.
    let (txn, row) = if ctx.who.permissions().has(P::AccountUnlock) {
        let (txn, row, _) = other(ctx, id).await?;
        (txn, row)
    } else {
        ordinary(ctx, id).await?
    };
    end(ctx, txn, &row, "account.sessions_end", Value::Null).await
}

pub(super) async fn grant(ctx: &Ctx, id: i64, scope: &str, roles: &[String]) -> Result<(), AppError> {
    let field = |name: &str| fail(AppError::Field(name.into()));
    let scope: Scope = scope.trim().parse().map_err(|_| field("scope"))?;
    let roles: Option<Vec<Role>> = roles.iter().map(|r| Role::from_code(r)).collect();
    let roles = roles.ok_or_else(|| field("roles"))?;
    Role::check(&roles, scope).map_err(|_| fail(AppError::Roles))?;
    if !data::scope::exists(ctx.db.read(), scope).await.map_err(internal("scope"))? {
        return Err(field("scope"));
    }
    let (txn, row, before) = other(ctx, id).await?;
    account::grant(&txn, id, scope, &roles).await.map_err(internal("roles"))?;
    let codes = |all: &[Role]| all.iter().map(|r| r.code()).collect::<Vec<_>>();
    let detail = json!({
        "scope": [row.scope, scope.to_string()], "roles": [codes(&before), codes(&roles)],
    });
    end(ctx, txn, &row, "account.grant", detail).await
}
