//! What the page of a cylinder's history asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::history::HistoryPage;
use leptos::{prelude::*, server_fn::codec::Json};

/// The history of the cylinder that carries this code, or `None` when there is no such cylinder within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_history", input = Json, output = Json)]
pub async fn cylinder_history(code: String) -> Result<Option<HistoryPage>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(domain::permission::Permission::TraceRead)?;
    // No code is longer: what is, was not read from a cylinder.
    if code.is_empty() || code.chars().count() > 64 {
        return Err(crate::error::fail(AppError::Invalid("code".into())));
    }
    data::history::page(&db, viewer, &code, now).await.map_err(crate::error::internal("history of a cylinder"))
}
