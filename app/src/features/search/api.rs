//! What the search box asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::search::Found;
use leptos::{prelude::*, server_fn::codec::Json};

/// What a text finds within sight.
#[server(prefix = "/api/fn", endpoint = "search", input = Json, output = Json)]
pub async fn search(text: String) -> Result<Found, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::TraceRead)?;
    if text.chars().count() > domain::list::VALUE_MAX || text.chars().any(char::is_control) {
        return Err(crate::error::fail(AppError::Invalid("q".into())));
    }
    data::search::find(&db, viewer, &text).await.map_err(crate::error::internal("search"))
}
