//! What the pages of cases ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    case::{Aside, Case, CasePage, Evaluation, Filled, Reporter},
    form::{Saved, Values},
    list::{ListPage, ListQuery},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// One as it is shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The case.
    pub page: CasePage,
    /// Whether it may be asked who brought it.
    pub may_unmask: bool,
    /// Now, ms.
    pub now: i64,
}

/// A page of the list within sight.
#[server(prefix = "/api/fn", endpoint = "case_list", input = Json, output = Json)]
pub async fn case_list(query: ListQuery) -> Result<ListPage<Case>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::ComplaintRead)?;
    data::case_list::list(&db, viewer, &query, now).await.map_err(crate::ctx::ask_failed("list of cases"))
}

/// What the list can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "case_choices", input = Json, output = Json)]
pub async fn case_choices() -> Result<Choices, AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    crate::ctx::places(&ctx).await
}

/// What an entry chooses from.
#[server(prefix = "/api/fn", endpoint = "case_ask", input = Json, output = Json)]
pub async fn case_ask() -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    super::act::ask(&ctx).await
}

/// One within sight, with what was done.
#[server(prefix = "/api/fn", endpoint = "case_one", input = Json, output = Json)]
pub async fn case_one(id: i64) -> Result<Shown, AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    use crate::error::{fail, internal};
    let found = data::case::one(&ctx.db, &ctx.master, ctx.viewer, id, super::act::may(&ctx)).await;
    let page = found.map_err(internal("case"))?.ok_or_else(|| fail(AppError::NotFound))?;
    Ok(Shown { page, may_unmask: ctx.who.permissions().has(P::PersonalDataUnmask), now: ctx.now })
}

/// Who brought one, unmasked, for a purpose that stands in the audit log. A plain form is sent on to the page of the case, which shows it
/// once.
#[server(prefix = "/api/fn", endpoint = "case_unmask", input = PostUrl, output = Json)]
pub async fn case_unmask(#[server(default)] id: i64, #[server(default)] purpose: String) -> Result<Reporter, AppError> {
    let ctx = crate::need(P::PersonalDataUnmask)?;
    crate::need(P::ComplaintRead)?;
    super::act::unmask(&ctx, id, &purpose).await
}

/// A document filled in from one.
#[server(prefix = "/api/fn", endpoint = "case_document", input = Json, output = Json)]
pub async fn case_document(id: i64, document: String) -> Result<Filled, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    // Who brought it stands in it whole.
    crate::need(P::PersonalDataUnmask)?;
    super::act::document(&ctx, id, &document).await
}

/// How the authority's own work stands, in the days from one to another (`2026-11-01`); of the present year where they are not given.
#[server(prefix = "/api/fn", endpoint = "case_evaluation", input = Json, output = Json)]
pub async fn case_evaluation(from: String, to: String) -> Result<(String, String, Evaluation), AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    super::act::evaluation(&ctx, &from, &to).await
}

/// Rows of platforms' tables that are set aside: all for whoever sees the city, one's own for others.
#[server(prefix = "/api/fn", endpoint = "case_aside", input = Json, output = Json)]
pub async fn case_aside() -> Result<Vec<Aside>, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    super::act::aside(&ctx).await
}

/// Leaves a row out that is set aside, for a reason.
#[server(prefix = "/api/fn", endpoint = "case_aside_leave", input = PostUrl, output = Json)]
pub async fn case_aside_leave(#[server(default)] id: i64, #[server(default)] reason: String) -> Result<(), AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    super::act::leave_out(&ctx, id, &reason).await
}

/// Enters one that came by telephone, by letter or from another platform.
#[server(prefix = "/api/fn", endpoint = "case_enter")]
pub async fn case_enter(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    let saved = super::act::enter(&ctx, &values).await?;
    crate::ctx::after_form(super::enter::PATH, &values, &saved);
    Ok(saved)
}

/// Does something with one: `values` holds the fields of [`domain::case::ACT_FIELDS`].
#[server(prefix = "/api/fn", endpoint = "case_act", input = PostUrl, output = Json)]
pub async fn case_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    super::act::run(&ctx, id, &values).await
}
