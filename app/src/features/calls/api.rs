//! What the pages of calls ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    call::{Call, CallBack, CallPage},
    case::Reporter,
    form::{Saved, Values},
    list::{ListPage, ListQuery},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// A call in the list, with how its call back stands by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The call.
    pub call: Call,
    /// Its call back.
    pub back: Option<CallBack>,
}

/// One as it is shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The call.
    pub page: CallPage,
    /// Whether it may be dealt with.
    pub may_handle: bool,
    /// Whether it may be asked who called.
    pub may_unmask: bool,
    /// Now, ms.
    pub now: i64,
}

/// A page of the list within sight.
#[server(prefix = "/api/fn", endpoint = "call_list", input = Json, output = Json)]
pub async fn call_list(query: ListQuery) -> Result<ListPage<Listed>, AppError> {
    let crate::Ctx { db, master, viewer, now, .. } = crate::need(P::ComplaintRead)?;
    let page = data::call_list::list(&db, &master, viewer, &query, now).await;
    let ListPage { rows, total, before, after } = page.map_err(crate::ctx::ask_failed("list of calls"))?;
    let rows = rows.into_iter().map(|call| Listed { back: call.back(now), call }).collect();
    Ok(ListPage { rows, total, before, after })
}

/// What the list can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "call_choices", input = Json, output = Json)]
pub async fn call_choices() -> Result<Choices, AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    crate::ctx::places(&ctx).await
}

/// What an entry chooses from.
#[server(prefix = "/api/fn", endpoint = "call_ask", input = Json, output = Json)]
pub async fn call_ask() -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    super::act::ask(&ctx).await
}

/// One within sight, with what was done.
#[server(prefix = "/api/fn", endpoint = "call_one", input = Json, output = Json)]
pub async fn call_one(id: i64) -> Result<Shown, AppError> {
    let ctx = crate::need(P::ComplaintRead)?;
    use crate::error::{fail, internal};
    let found = data::call::one(&ctx.db, &ctx.master, ctx.viewer, id).await.map_err(internal("call"))?;
    let page = found.ok_or_else(|| fail(AppError::NotFound))?;
    let may = ctx.who.permissions();
    let (may_handle, may_unmask) = (may.has(P::ComplaintHandle), may.has(P::PersonalDataUnmask));
    Ok(Shown { page, may_handle, may_unmask, now: ctx.now })
}

/// Who called, unmasked, for a purpose that stands in the audit log.
#[server(prefix = "/api/fn", endpoint = "call_unmask", input = Json, output = Json)]
pub async fn call_unmask(id: i64, purpose: String) -> Result<Reporter, AppError> {
    let ctx = crate::need(P::PersonalDataUnmask)?;
    crate::need(P::ComplaintRead)?;
    super::act::unmask(&ctx, id, &purpose).await
}

/// Enters one.
#[server(prefix = "/api/fn", endpoint = "call_enter")]
pub async fn call_enter(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    let saved = super::act::enter(&ctx, &values).await?;
    crate::ctx::after_form(super::enter::PATH, &values, &saved);
    Ok(saved)
}

/// Does something with one: `values` holds the fields of [`domain::call::ACT_FIELDS`].
#[server(prefix = "/api/fn", endpoint = "call_act", input = PostUrl, output = Json)]
pub async fn call_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let ctx = crate::need(P::ComplaintHandle)?;
    super::act::run(&ctx, id, &values).await
}
