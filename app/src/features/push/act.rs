//! Browsers that are told, checked and kept.

use crate::{
    Ctx,
    access::agent,
    ctx::is_plain,
    error::{AppError, done, fail, internal},
    lang::cookie,
};
use axum::http::{HeaderValue, header, request::Parts};
use data::push::{self, By, Subscribed};
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

/// The browsers of an account, and the key for another. The browser that asks is known by the address that it says it has, or by what it keeps.
///
/// # Errors
/// When the record does not answer.
pub async fn list(ctx: &Ctx, me: &Me, endpoint: &str) -> Result<Own, AppError> {
    ready(me)?;
    let (db, kept) = (ctx.db.read(), here());
    let given = (!endpoint.is_empty()).then(|| push::hash(endpoint));
    let asking = given.clone().or_else(|| kept.clone()).unwrap_or_default();
    let browsers = push::list(db, me.id, &asking).await.map_err(internal("browsers"))?;
    let is_here = browsers.iter().any(|b| b.here);
    if is_here {
        // It is known as long as its owner uses it, and ends with the session in which he does.
        if push::is_elsewhere(db, me.id, &asking, me.session).await.map_err(internal("browser"))? {
            push::seen(ctx.db.writer(), me.id, &asking, me.session).await.map_err(internal("browser"))?;
        }
        know(ctx, Some(&asking));
    }
    let moved = match kept.filter(|_| given.is_some() && !is_here) {
        Some(old) => push::owns(db, me.id, &[old]).await.map_err(internal("browser"))?,
        None => false,
    };
    let key = match push::services(db).await.map_err(internal("push services"))? {
        // Sealed by another master key it is none, until the services are set anew.
        Some(_) => push::key(db, &ctx.master).await.map_err(internal("push key"))?,
        None => None,
    };
    Ok(Own { key: key.map(|k| k.public), browsers, moved })
}

/// Tells this browser from now on, by the address that it has now, and no more by the one `before`. Where nobody asked for it (`renewal`) it is
/// told only as far as it was, and whoever is signed in turned it on.
///
/// # Errors
/// [`AppError::Push`] with what stands against it; [`AppError::NotFound`] for the renewal of what the account has not.
pub async fn subscribe(
    ctx: &Ctx,
    me: &Me,
    given: &Subscription,
    (before, renewal): (&str, bool),
) -> Result<(), AppError> {
    ready(me)?;
    let mut old: Vec<String> = here().into_iter().collect();
    if !before.is_empty() && before.len() <= ENDPOINT_MAX {
        old.push(push::hash(before));
    }
    let txn = ctx.begin().await?;
    if renewal && !push::owns(&txn, me.id, &old).await.map_err(internal("browser"))? {
        return Err(fail(AppError::NotFound));
    }
    push::replaced(&txn, me.id, &old, &push::hash(&given.endpoint)).await.map_err(internal("browser"))?;
    let agent = agent();
    let by = By { account: me.id, session: me.session, agent: &agent };
    let taken = push::subscribe(&txn, &ctx.master, by, given, ctx.now).await;
    match taken.map_err(internal("browser"))? {
        Subscribed::New(hash) => {
            // Its service is told, its address is not.
            let service = given.endpoint.split(['/', '?', '#']).nth(2).unwrap_or_default();
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
        done("/tasks/settings?done=browser_off#push");
    }
    Ok(())
}
