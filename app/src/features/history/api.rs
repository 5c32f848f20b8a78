//! What the page of a cylinder's history asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::outline::Outline};
use domain::{
    history::HistoryPage,
    trace::{NotYet, Trace},
};
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

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

/// The trace of a cylinder, and its way over the districts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TracePage {
    /// It was not registered by then.
    NotYet(NotYet),
    /// What was known; the outlines of the districts; where on them its stops lie, in their order.
    Known(Box<Trace>, Outline, Vec<(i32, i32)>),
}

/// The trace of the cylinder that carries this code as the record knew it at a local time (`2026-11-21T16:05`, now where it is
/// empty), or `None` when there is no such cylinder within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_trace", input = Json, output = Json)]
pub async fn cylinder_trace(code: String, known: String) -> Result<Option<TracePage>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(domain::permission::Permission::TraceRead)?;
    if code.is_empty() || code.chars().count() > 64 {
        return Err(crate::error::fail(AppError::Invalid("code".into())));
    }
    let at = match known.trim() {
        "" => None,
        text => match domain::trace::known_at(text) {
            Some(at) => Some(at),
            None => return Err(crate::error::fail(AppError::Invalid("known".into()))),
        },
    };
    let found = data::trace::page(&db, viewer, &code, at, now).await;
    Ok(found.map_err(crate::error::internal("trace of a cylinder"))?.map(|found| match found {
        Err(not_yet) => TracePage::NotYet(not_yet),
        Ok(trace) => {
            let positions: Vec<(f64, f64)> = trace.stops.iter().map(|s| (s.lng, s.lat)).collect();
            let (outline, at) = crate::kit::outline::around(&positions);
            let stops = positions.into_iter().map(at).collect();
            TracePage::Known(Box::new(trace), outline, stops)
        }
    }))
}

/// What the page of a cylinder's evidence shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidencePage {
    /// What is known now.
    pub trace: Trace,
    /// The public key by which packs of this deployment are checked, hex.
    pub key: String,
    /// Whether the asker may have the pack.
    pub may_export: bool,
}

/// The evidence on the cylinder that carries this code, or `None` when there is no such cylinder within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_evidence", input = Json, output = Json)]
pub async fn cylinder_evidence(code: String) -> Result<Option<EvidencePage>, AppError> {
    let ctx = crate::need(domain::permission::Permission::TraceRead)?;
    if code.is_empty() || code.chars().count() > 64 {
        return Err(crate::error::fail(AppError::Invalid("code".into())));
    }
    let found = data::trace::page(&ctx.db, ctx.viewer, &code, None, ctx.now).await;
    let found = found.map_err(crate::error::internal("evidence of a cylinder"))?;
    let key = data::evidence::public_key(&ctx.master);
    let may_export = ctx.who.permissions().has(domain::permission::Permission::Export);
    Ok(found.and_then(Result::ok).map(|trace| EvidencePage { trace, key, may_export }))
}
