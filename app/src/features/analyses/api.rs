//! What the analyses ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::analysis::{Asked, Figure, Sheet};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{prelude::*, server_fn::codec::Json};

/// The table of an analysis, by its word in addresses.
#[server(prefix = "/api/fn", endpoint = "analysis_sheet", input = Json, output = Json)]
pub async fn analysis_sheet(code: String, asked: Asked) -> Result<Sheet, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::AnalysisRead)?;
    use crate::error::{fail, internal};
    let kind = domain::analysis::kind(&code).ok_or_else(|| fail(AppError::NotFound))?;
    let rules = data::rule::current(db.read()).await.map_err(internal("rules"))?;
    let sheet = data::analysis::sheet(&db, viewer, &rules, kind, &asked, now).await;
    Ok(sheet.map_err(crate::ctx::ask_failed("analysis"))?.page())
}

/// Of each analysis, by its word, the figure that stands for it today.
#[server(prefix = "/api/fn", endpoint = "analysis_overview", input = Json, output = Json)]
pub async fn analysis_overview() -> Result<Vec<(String, Figure)>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::AnalysisRead)?;
    let rules = data::rule::current(db.read()).await.map_err(crate::error::internal("rules"))?;
    data::analysis::overview(&db, viewer, &rules, now).await.map_err(crate::ctx::ask_failed("overview"))
}
