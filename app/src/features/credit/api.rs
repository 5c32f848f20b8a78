//! What the pages of the credit ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
use chrono::NaiveDate;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    credit::{AppealLine, AppealPage, EntryLine, Point, RatingLine, RatingPage, WhatIf},
    form::{Saved, Values},
    list::{ListPage, ListQuery},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// The page of an organisation as it is shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its rating, with its points.
    pub page: RatingPage,
    /// What must be closed for a better grade; `None` where there is no better one.
    pub what_if: Option<WhatIf<Point>>,
    /// The day on which that grade is reached by itself.
    pub alone: Option<NaiveDate>,
    /// Whether whoever asks may appeal.
    pub may_appeal: bool,
    /// Whether whoever asks may enter and close points.
    pub may_edit: bool,
}

/// A page of the ratings within sight.
#[server(prefix = "/api/fn", endpoint = "credit_list", input = Json, output = Json)]
pub async fn credit_list(query: ListQuery) -> Result<ListPage<RatingLine>, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::CreditRead)?;
    data::credit_list::list(&db, viewer, &query).await.map_err(crate::ctx::ask_failed("list of ratings"))
}

/// What the lists can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "credit_choices", input = Json, output = Json)]
pub async fn credit_choices() -> Result<Choices, AppError> {
    let ctx = crate::need(P::CreditRead)?;
    crate::ctx::places(&ctx).await
}

/// The rating of an organisation within sight.
#[server(prefix = "/api/fn", endpoint = "credit_one", input = Json, output = Json)]
pub async fn credit_one(org: i64) -> Result<Shown, AppError> {
    let ctx = crate::need(P::CreditRead)?;
    super::act::one(&ctx, org).await
}

/// A page of the appeals within sight.
#[server(prefix = "/api/fn", endpoint = "credit_appeals", input = Json, output = Json)]
pub async fn credit_appeals(query: ListQuery) -> Result<ListPage<AppealLine>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::CreditRead)?;
    let rules = data::rule::current(db.read()).await.map_err(crate::error::internal("rules"))?;
    let page = data::credit_list::appeals(&db, viewer, &rules, &query, now).await;
    page.map_err(crate::ctx::ask_failed("list of appeals"))
}

/// An appeal within sight, with what was done.
#[server(prefix = "/api/fn", endpoint = "credit_appeal_one", input = Json, output = Json)]
pub async fn credit_appeal_one(id: i64) -> Result<AppealPage, AppError> {
    let ctx = crate::need(P::CreditRead)?;
    super::act::appeal(&ctx, id).await
}

/// A page of what was entered by hand, within sight.
#[server(prefix = "/api/fn", endpoint = "credit_entries", input = Json, output = Json)]
pub async fn credit_entries(query: ListQuery) -> Result<ListPage<EntryLine>, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::CreditRead)?;
    data::credit_list::entries(&db, viewer, &query).await.map_err(crate::ctx::ask_failed("list of entries"))
}

/// What an entry chooses from.
#[server(prefix = "/api/fn", endpoint = "credit_ask", input = Json, output = Json)]
pub async fn credit_ask() -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::CreditEdit)?;
    super::act::ask(&ctx).await
}

/// Enters a point by hand: a penalty, a complaint that was true.
#[server(prefix = "/api/fn", endpoint = "credit_enter")]
pub async fn credit_enter(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::CreditEdit)?;
    let saved = super::act::enter(&ctx, &values).await?;
    crate::ctx::after_form(super::enter::PATH, &values, &saved);
    Ok(saved)
}

/// Closes or withdraws what was entered by hand: `act` is a word of [`domain::credit::EntryAct`].
#[server(prefix = "/api/fn", endpoint = "credit_entry_act", input = PostUrl, output = Json)]
pub async fn credit_entry_act(
    #[server(default)] id: i64,
    act: String,
    #[server(default)] note: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::CreditEdit)?;
    super::act::entry_act(&ctx, id, &act, &note).await
}

/// What an appeal is made of: the point that it is against.
#[server(prefix = "/api/fn", endpoint = "credit_appeal_ask", input = Json, output = Json)]
pub async fn credit_appeal_ask(point: String) -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::CreditAppeal)?;
    super::act::appeal_ask(&ctx, &point)
}

/// Files an appeal of one's own organisation.
#[server(prefix = "/api/fn", endpoint = "credit_appeal")]
pub async fn credit_appeal(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::CreditAppeal)?;
    let saved = super::act::file(&ctx, &values).await?;
    crate::ctx::after_form(super::appeal::PATH, &values, &saved);
    Ok(saved)
}

/// Does something with an appeal: `values` holds act, note, evidence, share, seen.
#[server(prefix = "/api/fn", endpoint = "credit_act", input = PostUrl, output = Json)]
pub async fn credit_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let ctx = crate::need(P::CreditRead)?;
    super::act::run(&ctx, id, &values).await
}
