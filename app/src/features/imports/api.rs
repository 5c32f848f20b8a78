//! What the pages of imports ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::import::{AsidePage, Mended, RunLine, RunPage};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// Runs on a page of the list.
pub const PAGE: u64 = 50;

/// Runs within sight, the newest first, before a run (0 for the newest).
#[server(prefix = "/api/fn", endpoint = "import_list", input = Json, output = Json)]
pub async fn import_list(before: i64) -> Result<Vec<RunLine>, AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::list(&ctx, before).await
}

/// One run within sight.
#[server(prefix = "/api/fn", endpoint = "import_one", input = Json, output = Json)]
pub async fn import_one(id: i64) -> Result<RunPage, AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::one(&ctx, id).await
}

/// Rows of a run in quarantine, behind a line: those that are open, or all.
#[server(prefix = "/api/fn", endpoint = "import_aside", input = Json, output = Json)]
pub async fn import_aside(id: i64, all: bool, after: i32) -> Result<AsidePage, AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::aside(&ctx, id, all, after).await
}

/// Asks for a dry run: what the table is, whose records it becomes, and for each column of the preset the file's, from 0.
#[server(prefix = "/api/fn", endpoint = "import_check", input = PostUrl, output = Json)]
pub async fn import_check(
    id: i64,
    preset: String,
    #[server(default)] org: i64,
    #[server(default)] chosen: Vec<String>,
) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::check(&ctx, id, &preset, org, &chosen).await
}

/// Imports what was tried.
#[server(prefix = "/api/fn", endpoint = "import_start", input = PostUrl, output = Json)]
pub async fn import_start(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::start(&ctx, id).await
}

/// Wants a run no more. What it has taken stays.
#[server(prefix = "/api/fn", endpoint = "import_cancel", input = PostUrl, output = Json)]
pub async fn import_cancel(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::cancel(&ctx, id).await
}

/// Reads a row in quarantine again, as it was mended, and takes it.
#[server(prefix = "/api/fn", endpoint = "import_mend", input = PostUrl, output = Json)]
pub async fn import_mend(id: i64, line: i32, #[server(default)] cells: Vec<String>) -> Result<Mended, AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::mend(&ctx, id, line, cells).await
}

/// Leaves a row in quarantine out for good, for a reason.
#[server(prefix = "/api/fn", endpoint = "import_leave_out", input = PostUrl, output = Json)]
pub async fn import_leave_out(id: i64, line: i32, #[server(default)] reason: String) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderImport)?;
    super::act::leave_out(&ctx, id, line, &reason).await
}
