//! What the page of exports asks of the server. An export belongs to the account that asked for it; nobody else sees it.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::export::JobPage;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// Begins an export of this name (`what`), narrowed by a filter (JSON), as `csv` or `xlsx`.
#[server(prefix = "/api/fn", endpoint = "export_begin", input = PostUrl, output = Json)]
pub async fn export_begin(
    what: String,
    format: String,
    #[server(default)] filter: String,
    #[server(default)] lang: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::Export)?;
    super::begin::run(&ctx, what, &format, filter, &lang).await
}

/// The asker's exports, and where they can be sent.
#[server(prefix = "/api/fn", endpoint = "export_list", input = Json, output = Json)]
pub async fn export_list() -> Result<JobPage, AppError> {
    let ctx = crate::need(P::Export)?;
    super::begin::list(&ctx).await
}

/// Cancels one of the asker's exports that has not ended.
#[server(prefix = "/api/fn", endpoint = "export_cancel", input = PostUrl, output = Json)]
pub async fn export_cancel(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::Export)?;
    super::begin::cancel(&ctx, id).await
}

/// Sends one of the asker's finished exports to the supervision platform. `to` is the address that was confirmed.
#[server(prefix = "/api/fn", endpoint = "export_upload", input = PostUrl, output = Json)]
pub async fn export_upload(id: i64, to: String) -> Result<(), AppError> {
    let ctx = crate::need(P::Upload)?;
    super::upload::run(&ctx, id, &to).await
}
