//! An account's own password, second factor and sessions.

use super::api::{OwnPage, Setup};
use crate::{
    Ctx,
    access::{hash_password, is_password, set_cookie},
    error::{AppError, done, fail, internal},
    features::push,
};
use data::{
    WriteTxn, account, factor, session,
    throttle::{self, Subject},
};
use domain::{
    account::{Due, Me},
    clock::MINUTE_MS,
    policy::{self, Weak},
    scope::Scope,
    totp,
};
use serde_json::{Value, json};

/// How long the recovery codes can be seen after the second factor was set up, ms.
const CODES_SHOWN_MS: i64 = 10 * MINUTE_MS;

async fn row(ctx: &Ctx, me: &Me) -> Result<account::Model, AppError> {
    let found = account::by_id(ctx.db.read(), me.id).await.map_err(internal("account"))?;
    found.ok_or_else(|| fail(AppError::NotSignedIn))
}

pub(super) async fn page(ctx: &Ctx, me: &Me) -> Result<OwnPage, AppError> {
    let policy = ctx.policy().await?;
    let row = row(ctx, me).await?;
    let sessions =
        session::lines(ctx.db.read(), &policy, me.id, me.session, ctx.now).await.map_err(internal("session"))?;
    let left = factor::left(ctx.db.read(), me.id).await.map_err(internal("second factor"))?;
    let fresh = row.totp_since.is_some_and(|at| ctx.now - at < CODES_SHOWN_MS);
    let setting_up = !row.second_factor() && !row.totp_nonce.is_empty();
    let place = data::recipients::place(ctx.db.read(), me.scope).await.map_err(internal("scope"))?;
    Ok(OwnPage {
        me: me.clone(),
        place,
        sessions,
        setup: setting_up.then(|| setup(&ctx.master.totp(me.id, &row.totp_nonce), &me.login)).flatten(),
        codes: if fresh { factor::codes(&ctx.master, &row) } else { vec![] },
        codes_left: u32::try_from(left).unwrap_or(u32::MAX),
    })
}

/// The secret as text and as a QR code.
fn setup(secret: &[u8], login: &str) -> Option<Setup> {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(totp::address(secret, login)).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, c)| *c == qrcode::Color::Dark);
    let path = dark.map(|(i, _)| format!("M{} {}h1v1h-1z", i % width + QUIET, i / width + QUIET)).collect();
    Some(Setup { secret: totp::base32(secret), path, size: u32::try_from(width + 2 * QUIET).ok()? })
}

pub(super) async fn change(ctx: &Ctx, me: &Me, current: String, new: String, again: &str) -> Result<(), AppError> {
    if new != again {
        return Err(fail(AppError::Field("again".into())));
    }
    if current.chars().count() > policy::PASSWORD_MAX {
        return Err(fail(AppError::Wrong));
    }
    let policy = ctx.policy().await?;
    let txn = ctx.begin().await?;
    let subject = Subject::Login(&me.login);
    let free = throttle::take(&txn, &policy, subject, ctx.now).await.map_err(internal("throttle"))?;
    txn.commit().await.map_err(internal("throttle"))?;
    if !free {
        return Err(fail(AppError::TooMany));
    }
    let row = row(ctx, me).await?;
    if !is_password(vec![row.password.clone()], current).await? {
        return Err(fail(AppError::Wrong));
    }
    throttle::succeeded(ctx.db.writer(), subject).await.map_err(internal("throttle"))?;
    let org = match me.scope {
        Scope::Org(id) => {
            data::org::name(ctx.db.read(), id).await.map_err(internal("organisation"))?.unwrap_or_default()
        }
        _ => String::new(),
    };
    policy::check(policy.profile, &new, &[&me.login, &me.name, &org]).map_err(|w| fail(AppError::Weak(w)))?;
    let earlier = account::earlier(ctx.db.read(), &row, &policy).await.map_err(internal("password"))?;
    if is_password(earlier, new.clone()).await? {
        return Err(fail(AppError::Weak(Weak::Used)));
    }
    let hash = hash_password(policy, new).await?;
    let txn = ctx.begin().await?;
    account::set_password(&txn, &row, &hash, false, ctx.now).await.map_err(internal("password"))?;
    let ended = session::end_others(&txn, me.id, me.session).await.map_err(internal("session"))?;
    end_browsers(&txn, me).await?;
    ctx.commit(txn, "password.change", &format!("account {}", me.login), json!({ "sessions_ended": ended })).await?;
    done("/me?done=password");
    Ok(())
}

pub(super) async fn factor_begin(ctx: &Ctx, me: &Me) -> Result<(), AppError> {
    // A first password is changed before anything else is built on it.
    if me.second_factor || me.due == Some(Due::Password) {
        return Err(fail(AppError::NotAllowed));
    }
    let txn = ctx.begin().await?;
    factor::begin(&txn, me.id).await.map_err(internal("second factor"))?;
    ctx.commit(txn, "factor.begin", &format!("account {}", me.login), Value::Null).await?;
    done("/me#factor");
    Ok(())
}

pub(super) async fn factor_confirm(ctx: &Ctx, me: &Me, code: &str) -> Result<(), AppError> {
    let policy = ctx.policy().await?;
    let txn = ctx.begin().await?;
    let free = throttle::take(&txn, &policy, Subject::Code(me.id), ctx.now).await.map_err(internal("throttle"))?;
    txn.commit().await.map_err(internal("throttle"))?;
    if !free {
        return Err(fail(AppError::TooMany));
    }
    let row = row(ctx, me).await?;
    let txn = ctx.begin().await?;
    let digits = data::secret::typed(&code.chars().take(64).collect::<String>());
    let codes = factor::confirm(&txn, &ctx.master, &row, &digits, ctx.now).await.map_err(internal("second factor"))?;
    if codes.is_none() {
        return Err(fail(AppError::Wrong));
    }
    throttle::succeeded(&txn, Subject::Code(me.id)).await.map_err(internal("throttle"))?;
    session::end_others(&txn, me.id, me.session).await.map_err(internal("session"))?;
    end_browsers(&txn, me).await?;
    ctx.commit(txn, "factor.confirm", &format!("account {}", me.login), Value::Null).await?;
    done("/me?done=factor");
    Ok(())
}

/// Tells no browser of the account any more but this one: whoever else sits at one was put out.
async fn end_browsers(txn: &WriteTxn, me: &Me) -> Result<(), AppError> {
    data::push::end_all(txn, me.id, push::here().as_deref()).await.map_err(internal("browsers"))?;
    Ok(())
}

pub(super) async fn session_end(ctx: &Ctx, me: &Me, id: i64) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    if !session::end(&txn, me.id, id).await.map_err(internal("session"))? {
        return Err(fail(AppError::NotFound));
    }
    data::push::end_session(&txn, me.id, id).await.map_err(internal("browser"))?;
    // One's own is signed out of thereby.
    let browser = push::here().filter(|_| id == me.session);
    if let Some(hash) = &browser {
        data::push::end(&txn, hash, None).await.map_err(internal("browser"))?;
    }
    ctx.commit(txn, "session.end", &format!("session {id}"), Value::Null).await?;
    if id == me.session {
        set_cookie(ctx, None);
        if browser.is_some() {
            push::know(ctx, None);
        }
        done("/login");
    } else {
        done("/me?done=ended");
    }
    Ok(())
}
