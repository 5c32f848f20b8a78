//! What the wall asks of the server besides the feed.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::wall::Change;
use leptos::{prelude::*, server_fn::codec::Json};

/// Lines that a station's panel shows.
pub const STATION_LINES: usize = 12;

/// The latest fills, refusals and alerts of a station within sight, newest first.
#[server(prefix = "/api/fn", endpoint = "station_lines", input = Json, output = Json)]
pub async fn station_lines(site: i64) -> Result<Vec<Change>, AppError> {
    let crate::Ctx { db, viewer, .. } = use_context().ok_or_else(|| crate::error::fail(AppError::NotAllowed))?;
    let lines = data::feed::of_site(&db, viewer, site, STATION_LINES).await;
    lines.map_err(crate::error::internal("lines of a station"))?.ok_or_else(|| crate::error::fail(AppError::NotFound))
}

/// Takes note of an open alert in the name of the paired display. True when it was this call that did it, false when
/// somebody had before.
#[server(prefix = "/api/fn", endpoint = "alert_acknowledge", input = Json, output = Json)]
pub async fn alert_acknowledge(alert: u64) -> Result<bool, AppError> {
    use data::ledger::Noted;
    let not_allowed = || crate::error::fail(AppError::NotAllowed);
    let crate::Ctx { viewer, acknowledge, .. } = use_context().ok_or_else(not_allowed)?;
    let parts = use_context::<axum::http::request::Parts>();
    let crate::Display(display) = parts.and_then(|p| p.extensions.get().copied()).ok_or_else(not_allowed)?;
    let no = i64::try_from(alert).map_err(|_| crate::error::fail(AppError::NotFound))?;
    match acknowledge(viewer, no, display).await.map_err(crate::error::fail)? {
        Noted::Now => Ok(true),
        Noted::Before => Ok(false),
        Noted::Unknown => Err(crate::error::fail(AppError::NotFound)),
    }
}
