//! What the page of the calendar asks of the server. A text that was typed or sent as a file is taken by `POST /calendar`, kept for its account
//! under a key, and looked at here.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::calendar::{Look, YearPage};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// A year of the calendar; the present one where none (0) is named.
#[server(prefix = "/api/fn", endpoint = "calendar_year", input = Json, output = Json)]
pub async fn calendar_year(year: i32) -> Result<YearPage, AppError> {
    let ctx = crate::need(P::RuleRead)?;
    super::act::year(&ctx, year).await
}

/// What a text that is kept under a key would change.
#[server(prefix = "/api/fn", endpoint = "calendar_look", input = Json, output = Json)]
pub async fn calendar_look(key: String) -> Result<Look, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::look(&ctx, &key).await
}

/// Puts the years of a text that is kept under a key in place of those on file, unless somebody changed the calendar since it was looked at.
#[server(prefix = "/api/fn", endpoint = "calendar_put", input = PostUrl, output = Json)]
pub async fn calendar_put(#[server(default)] key: String, #[server(default)] seen: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::put(&ctx, &key, seen).await
}
