//! How an account is told by its browsers.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::message::push::{Own, Subscription};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// The browsers of whoever asks, and the key for another. `endpoint` is the address of the browser that asks, where it has one.
#[server(prefix = "/api/fn", endpoint = "push_list", input = Json, output = Json)]
pub async fn push_list(#[server(default)] endpoint: String) -> Result<Own, AppError> {
    let (ctx, me) = crate::account()?;
    super::act::list(&ctx, &me, &endpoint).await
}

/// Tells this browser from now on. `before` is the address that it had; `renewal` says that nobody pressed anything: it is taken only where
/// whoever is signed in had turned it on.
#[server(prefix = "/api/fn", endpoint = "push_subscribe", input = Json, output = Json)]
pub async fn push_subscribe(
    given: Subscription,
    #[server(default)] before: String,
    #[server(default)] renewal: bool,
) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::subscribe(&ctx, &me, &given, (&before, renewal)).await
}

/// Tells a browser no more.
#[server(prefix = "/api/fn", endpoint = "push_unsubscribe", input = PostUrl, output = Json)]
pub async fn push_unsubscribe(#[server(default)] id: i64) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::unsubscribe(&ctx, &me, id).await
}
