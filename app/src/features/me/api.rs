//! What an account asks about itself, and changes of itself.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::account::{Me, SessionLine};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// A second factor that is being set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Secret as it is typed into an authenticator.
    pub secret: String,
    /// Path of the dark squares of its QR code, in modules.
    pub path: String,
    /// Modules a side, with the quiet zone.
    pub size: u32,
}

/// The account's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPage {
    /// Who.
    pub me: Me,
    /// The name of the part of the city that it sees; empty for all of it.
    pub place: String,
    /// Its open sessions, newest first.
    pub sessions: Vec<SessionLine>,
    /// A second factor that is being set up.
    pub setup: Option<Setup>,
    /// Recovery codes, for some minutes after the second factor was set up.
    pub codes: Vec<String>,
    /// Recovery codes that are left.
    pub codes_left: u32,
}

/// Who asks; nobody where it is no account.
#[server(prefix = "/api/fn", endpoint = "who_am_i", input = Json, output = Json)]
pub async fn who_am_i() -> Result<Option<Me>, AppError> {
    let ctx = crate::anybody()?;
    Ok(ctx.who.me().map(|me| (**me).clone()))
}

/// The account's page.
#[server(prefix = "/api/fn", endpoint = "my_page", input = Json, output = Json)]
pub async fn my_page() -> Result<OwnPage, AppError> {
    let (ctx, me) = crate::account()?;
    super::own::page(&ctx, &me).await
}

/// Changes the password; other sessions end.
#[server(prefix = "/api/fn", endpoint = "password_change", input = PostUrl, output = Json)]
pub async fn password_change(current: String, new: String, again: String) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::own::change(&ctx, &me, current, new, &again).await
}

/// Begins to set up a second factor.
#[server(prefix = "/api/fn", endpoint = "factor_begin", input = PostUrl, output = Json)]
pub async fn factor_begin() -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::own::factor_begin(&ctx, &me).await
}

/// Confirms the second factor by its first code.
#[server(prefix = "/api/fn", endpoint = "factor_confirm", input = PostUrl, output = Json)]
pub async fn factor_confirm(code: String) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::own::factor_confirm(&ctx, &me, &code).await
}

/// Ends one of the account's own sessions.
#[server(prefix = "/api/fn", endpoint = "session_end", input = PostUrl, output = Json)]
pub async fn session_end(id: i64) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::own::session_end(&ctx, &me, id).await
}
