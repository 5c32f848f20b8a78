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
    let crate::Ctx { db, viewer, .. } = crate::need(domain::permission::Permission::WallView)?;
    let lines = data::feed::of_site(&db, viewer, site, STATION_LINES).await;
    lines.map_err(crate::error::internal("lines of a station"))?.ok_or_else(|| crate::error::fail(AppError::NotFound))
}

/// Takes note of an open alert in the name of the paired display or the account. True when it was this call that did it, false when
/// somebody had before.
#[server(prefix = "/api/fn", endpoint = "alert_acknowledge", input = Json, output = Json)]
pub async fn alert_acknowledge(alert: u64) -> Result<bool, AppError> {
    let crate::Ctx { viewer, who, address, acknowledge, .. } =
        crate::need(domain::permission::Permission::WallControl)?;
    use data::ledger::Noted;
    let by = match &who {
        crate::Who::Display(id) => crate::By::Display(*id),
        crate::Who::Account(me) => crate::By::Account { id: me.id, session: me.session, address },
        crate::Who::Nobody => return Err(crate::error::fail(AppError::NotSignedIn)),
    };
    let no = i64::try_from(alert).map_err(|_| crate::error::fail(AppError::NotFound))?;
    match acknowledge(viewer, no, by).await.map_err(crate::error::fail)? {
        Noted::Now => Ok(true),
        Noted::Before => Ok(false),
        Noted::Unknown => Err(crate::error::fail(AppError::NotFound)),
    }
}
