//! How somebody signs in: throttled before anything is looked at, the same answer whatever was wrong.

use crate::{
    Ctx, Who,
    access::{agent, is_password, set_cookie},
    error::{AppError, done, fail, internal},
    features::push,
};
use data::{
    account, factor, secret, session,
    throttle::{self, Subject},
};
use domain::{
    account::{Due, own_path},
    policy::{PASSWORD_MAX, Policy},
};
use serde_json::{Value, json};

/// A hash that no password has, to be compared with where there is no account.
fn nobody(policy: &Policy) -> String {
    let zeros = "0".repeat(64);
    format!("argon2id$v=19$m={},t={},p=1${}${zeros}", policy.argon_kib, policy.argon_passes, &zeros[..32])
}

/// By name and password.
pub(super) async fn password(ctx: &Ctx, typed: &str, password: String, next: &str) -> Result<(), AppError> {
    let login = typed.trim().to_ascii_lowercase();
    if login.len() > 256 || password.chars().count() > PASSWORD_MAX {
        return Err(fail(AppError::Wrong));
    }
    let policy = ctx.policy().await?;
    let subjects = [Subject::Address(&ctx.address), Subject::Login(&login)];
    let txn = ctx.begin().await?;
    for subject in subjects {
        if !throttle::take(&txn, &policy, subject, ctx.now).await.map_err(internal("throttle"))? {
            txn.commit().await.map_err(internal("throttle"))?;
            return Err(fail(AppError::TooMany));
        }
    }
    txn.commit().await.map_err(internal("throttle"))?;

    // What is no login name is not asked for, but takes as long.
    let found = match domain::account::login(&login) {
        Some(name) => account::by_login(ctx.db.read(), &name).await.map_err(internal("account"))?,
        None => None,
    };
    let stored = found.as_ref().map_or_else(|| nobody(&policy), |a| a.password.clone());
    let right = is_password(vec![stored], password).await?;
    let txn = ctx.begin().await?;
    let Some(account) = found.clone().filter(|a| right && a.disabled_at.is_none()) else {
        // A name that is none may be a password in the wrong field: it is not written down.
        let subject = found.map_or_else(|| "unknown account".to_owned(), |a| format!("account {}", a.login));
        ctx.commit(txn, "login.refused", &subject, Value::Null).await?;
        return Err(fail(AppError::Wrong));
    };
    for subject in subjects {
        throttle::succeeded(&txn, subject).await.map_err(internal("throttle"))?;
    }
    let stage = if account.second_factor() { session::CODE } else { session::WHOLE };
    begin(ctx, txn, &account, stage, next).await
}

/// By the code of the second factor.
pub(super) async fn code(ctx: &Ctx, entered: &str, next: &str) -> Result<(), AppError> {
    let Some(me) = ctx.who.me().filter(|me| me.due == Some(Due::Code)) else {
        return Err(fail(AppError::NotSignedIn));
    };
    let policy = ctx.policy().await?;
    let txn = ctx.begin().await?;
    let free = throttle::take(&txn, &policy, Subject::Code(me.id), ctx.now).await.map_err(internal("throttle"))?;
    txn.commit().await.map_err(internal("throttle"))?;
    if !free {
        return Err(fail(AppError::TooMany));
    }
    let txn = ctx.begin().await?;
    let account = account::by_id(&txn, me.id).await.map_err(internal("account"))?;
    let Some(account) = account else { return Err(fail(AppError::NotSignedIn)) };
    if entered.len() > 64
        || !factor::use_up(&txn, &ctx.master, &account, entered, ctx.now).await.map_err(internal("second factor"))?
    {
        ctx.commit(txn, "login.code_refused", &format!("account {}", account.login), Value::Null).await?;
        return Err(fail(AppError::Wrong));
    }
    throttle::succeeded(&txn, Subject::Code(me.id)).await.map_err(internal("throttle"))?;
    begin(ctx, txn, &account, session::WHOLE, next).await
}

/// Begins a session under a new secret; the one that asked, if any, ends.
async fn begin(
    ctx: &Ctx,
    txn: data::WriteTxn,
    account: &account::Model,
    stage: i16,
    next: &str,
) -> Result<(), AppError> {
    if let Some(me) = ctx.who.me() {
        session::end(&txn, me.id, me.session).await.map_err(internal("session"))?;
    }
    let key = secret::random();
    let place = session::Place { address: ctx.address.clone(), agent: agent() };
    let id = session::begin(&txn, account.id, stage, &key, place, ctx.now).await.map_err(internal("session"))?;
    let whole = stage == session::WHOLE;
    let (mut was_anothers, mut own) = (false, None);
    if whole {
        account::signed_in(&txn, account.id, ctx.now).await.map_err(internal("account"))?;
        // What is for whoever used this browser before is not shown to who uses it now.
        if let Some(hash) = push::here() {
            was_anothers = data::push::end(&txn, &hash, Some(account.id)).await.map_err(internal("browser"))?;
            let is_own = data::push::seen(&txn, account.id, &hash, id).await.map_err(internal("browser"))?;
            own = Some(hash).filter(|_| is_own);
        }
    }
    // From here on it is the account that acts.
    let actor = data::audit::Actor { account: account.id, session: id, address: ctx.address.clone() };
    let action = if whole { "login" } else { "login.password" };
    data::audit::append(
        &txn,
        &actor,
        ctx.now,
        action,
        &format!("account {}", account.login),
        &json!({ "session": id }),
    )
    .await
    .map_err(internal("audit"))?;
    txn.commit().await.map_err(internal("login"))?;
    set_cookie(ctx, Some(&key));
    if was_anothers || own.is_some() {
        push::know(ctx, own.as_deref());
    }
    let next = own_path(next).unwrap_or("/");
    if whole {
        done(next);
    } else {
        done(&format!("/login/code?next={}", crate::kit::told::query_value(next)));
    }
    Ok(())
}

/// Ends the session that asks, and tells its browser no more: whoever signs out leaves it to others.
pub(super) async fn out(ctx: &Ctx) -> Result<(), AppError> {
    let browser = push::here();
    if let Who::Account(me) = &ctx.who {
        let txn = ctx.begin().await?;
        session::end(&txn, me.id, me.session).await.map_err(internal("session"))?;
        if let Some(hash) = &browser {
            data::push::end(&txn, hash, None).await.map_err(internal("browser"))?;
        }
        ctx.commit(txn, "logout", &format!("account {}", me.login), Value::Null).await?;
    } else if let Some(hash) = &browser {
        // The session was over before. Anybody may say this of any browser: the writer of records is asked only where there is something to end.
        if data::push::is_told(ctx.db.read(), hash).await.map_err(internal("browser"))? {
            data::push::end(ctx.db.writer(), hash, None).await.map_err(internal("browser"))?;
        }
    }
    set_cookie(ctx, None);
    if browser.is_some() {
        push::know(ctx, None);
    }
    done("/login");
    Ok(())
}
