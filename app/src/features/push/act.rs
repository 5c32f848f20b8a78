//! Browsers that are told, checked and kept.

use crate::{
    Ctx,
    access::agent,
    ctx::is_plain,
    error::{AppError, done, fail, internal},
    lang::cookie,
};
use axum::http::{HeaderValue, header, request::Parts};
use data::push::{self, Subscribed};
use domain::{
    account::Me,
    message::push::{ENDPOINT_MAX, Own, Subscription},
};
use leptos::prelude::use_context;
use serde_json::json;

/// Name of the cookie by which a browser that is told is known again, also when nobody is signed in: whoever signs in next is not shown what is
/// for the one before. It says nothing and opens nothing.
const COOKIE: &str = "pingji_push";
/// How long it is kept, seconds.
const KEPT_S: u32 = 365 * 86_400;

/// The hash of this browser's address, where it is told.
pub(crate) fn here() -> Option<String> {
    let parts: Parts = use_context()?;
    cookie(&parts.headers, COOKIE).filter(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Lets this browser be known again, or no more.
pub(crate) fn know(ctx: &Ctx, hash: Option<&str>) {
    let Some(options) = use_context::<leptos_axum::ResponseOptions>() else { return };
    let secure = if ctx.secure { "; Secure" } else { "" };
    let (hash, kept) = hash.map_or(("", 0), |h| (h, KEPT_S));
    let text = format!("{COOKIE}={hash}; Path=/; HttpOnly; SameSite=Lax; Max-Age={kept}{secure}");
    if let Ok(v) = HeaderValue::from_str(&text) {
        options.append_header(header::SET_COOKIE, v);
    }
}

/// Whoever must do something first, such as choosing a password of his own, is told nothing yet.
fn ready(me: &Me) -> Result<(), AppError> {
    if me.due.is_some() { Err(fail(AppError::NotAllowed)) } else { Ok(()) }
}

/// The browsers of an account, and the key for another.
///
/// # Errors
/// When the record does not answer.
pub async fn list(ctx: &Ctx, me: &Me) -> Result<Own, AppError> {
    ready(me)?;
    let browsers = push::list(ctx.db.read(), me.id, &here().unwrap_or_default()).await.map_err(internal("browsers"))?;
    if push::services(ctx.db.read()).await.map_err(internal("push services"))?.is_none() {
        return Ok(Own { key: None, browsers });
    }
    let known = push::key(ctx.db.read(), &ctx.master).await.map_err(internal("push key"))?;
    let key = match known {
        Some(key) => key,
        // Sealed by another master key: it begins anew.
        None => {
            let txn = ctx.begin().await?;
            let key = push::key_or_new(&txn, &ctx.master).await.map_err(internal("push key"))?;
            txn.commit().await.map_err(internal("push key"))?;
            key
        }
    };
    Ok(Own { key: Some(key.public), browsers })
}

/// Tells this browser from now on.
///
/// # Errors
/// [`AppError::Push`] with what stands against it.
pub async fn subscribe(ctx: &Ctx, me: &Me, given: &Subscription, before: &str) -> Result<(), AppError> {
    ready(me)?;
    let txn = ctx.begin().await?;
    if !before.is_empty() && before.len() <= ENDPOINT_MAX && before != given.endpoint {
        push::replaced(&txn, me.id, before).await.map_err(internal("browser"))?;
    }
    let taken = push::subscribe(&txn, &ctx.master, (me.id, &agent()), given, ctx.now).await;
    match taken.map_err(internal("browser"))? {
        Subscribed::New(hash) => {
            // Its service is told, its address is not.
            let service = given.endpoint.split('/').nth(2).unwrap_or_default();
            let detail = json!({ "service": service });
            ctx.commit(txn, "push.on", &format!("account {}", me.login), detail).await?;
            know(ctx, Some(&hash));
            Ok(())
        }
        Subscribed::Known(hash) => {
            txn.commit().await.map_err(internal("browser"))?;
            know(ctx, Some(&hash));
            Ok(())
        }
        Subscribed::Refused(why) => Err(fail(AppError::Push(why))),
    }
}

/// Tells a browser no more.
///
/// # Errors
/// [`AppError::NotFound`] where the account has none of this number.
pub async fn unsubscribe(ctx: &Ctx, me: &Me, id: i64) -> Result<(), AppError> {
    ready(me)?;
    let txn = ctx.begin().await?;
    if !push::unsubscribe(&txn, me.id, id).await.map_err(internal("browser"))? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "push.off", &format!("account {}", me.login), json!({})).await?;
    // The page's own program stays where it is.
    if is_plain() {
        done("/tasks/settings?done=saved#push");
    }
    Ok(())
}
