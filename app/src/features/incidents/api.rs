//! What the registers of accidents and hazards ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::{Saved, Values},
    incident::{Incident, IncidentPage, Register},
    list::{ListPage, ListQuery},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// A page of a register within sight.
#[server(prefix = "/api/fn", endpoint = "incident_list", input = Json, output = Json)]
pub async fn incident_list(register: Register, query: ListQuery) -> Result<ListPage<Incident>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::AlertRead)?;
    let page = data::incident_list::list(&db, viewer, register, &query, now).await;
    page.map_err(crate::ctx::ask_failed("list of a register"))
}

/// What the lists can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "incident_choices", input = Json, output = Json)]
pub async fn incident_choices() -> Result<Choices, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    crate::ctx::places(&ctx).await
}

/// What an entry into a register chooses from.
#[server(prefix = "/api/fn", endpoint = "incident_ask", input = Json, output = Json)]
pub async fn incident_ask(register: Register) -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    use crate::error::internal;
    let mut all = crate::ctx::places(&ctx).await?;
    let word = |code: &str, t: domain::outcome::Text| (code.to_owned(), t.zh.to_owned(), t.en.to_owned());
    all.insert("kind".into(), register.kinds().iter().map(|k| word(k.code(), k.text())).collect());
    all.insert("severity".into(), domain::check::Severity::ALL.iter().map(|s| word(s.code(), s.text())).collect());
    let home = data::check::page(&ctx.db, domain::check::Catalogue::Home, 0, false).await;
    let items = home.map_err(internal("check items"))?.map(|p| p.items).unwrap_or_default();
    let item =
        |i: domain::check::Item| (i.code.clone(), format!("{} {}", i.code, i.zh), format!("{} {}", i.code, i.en));
    all.insert("item".into(), items.into_iter().filter(|i| i.enabled).map(item).collect());
    Ok(FormAsk { choices: all, today: domain::clock::local_date(ctx.now), ..FormAsk::default() })
}

/// One within sight, with what was done.
#[server(prefix = "/api/fn", endpoint = "incident_one", input = Json, output = Json)]
pub async fn incident_one(register: Register, id: i64) -> Result<IncidentPage, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    use crate::error::{fail, internal};
    let found =
        data::incident::one(&ctx.db, ctx.viewer, register, id).await.map_err(internal("entry of a register"))?;
    let (incident, steps) = found.ok_or_else(|| fail(AppError::NotFound))?;
    let may_handle = ctx.who.permissions().has(P::AlertHandle);
    let traced = data::incident::traced(&ctx.db, ctx.viewer, &incident.tag).await.map_err(internal("cylinder"))?;
    Ok(IncidentPage { incident, steps, may_handle, traced, today: domain::clock::local_date(ctx.now) })
}

/// Enters an accident within sight.
#[server(prefix = "/api/fn", endpoint = "accident_enter")]
pub async fn accident_enter(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    let saved = super::act::enter(&ctx, Register::Accident, &values).await?;
    crate::ctx::after_form(super::enter::ACCIDENT_PATH, &values, &saved);
    Ok(saved)
}

/// Enters a hazard within sight.
#[server(prefix = "/api/fn", endpoint = "hazard_enter")]
pub async fn hazard_enter(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    let saved = super::act::enter(&ctx, Register::Hazard, &values).await?;
    crate::ctx::after_form(super::enter::HAZARD_PATH, &values, &saved);
    Ok(saved)
}

/// Takes a step with one: `act` is a word of [`domain::incident::Act`]; `note` says why, `due` until when a rectification is demanded,
/// `values` the figures of an amendment, `seen` how many steps stood there when it was looked at.
#[server(prefix = "/api/fn", endpoint = "incident_act", input = PostUrl, output = Json)]
pub async fn incident_act(
    #[server(default)] register: String,
    #[server(default)] id: i64,
    act: String,
    #[server(default)] note: String,
    #[server(default)] due: String,
    #[server(default)] values: Values,
    #[server(default)] seen: i64,
) -> Result<(), AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    super::act::run(&ctx, super::act::Sent { register, id, act, note, due, values, seen }).await
}
