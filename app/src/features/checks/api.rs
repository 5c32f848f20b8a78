//! What the pages of check items ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::form::FormAsk};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    check::{CataloguePage, ChecksPage, Summary},
    form::{Saved, Values},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// The catalogues, each with its version in force; and whether the reader may edit them.
#[server(prefix = "/api/fn", endpoint = "check_catalogues", input = Json, output = Json)]
pub async fn check_catalogues() -> Result<Vec<Summary>, AppError> {
    let ctx = crate::need(P::CheckItemRead)?;
    let may_edit = ctx.who.permissions().has(P::CheckItemEdit);
    let all = data::check::summaries(&ctx.db, may_edit).await;
    all.map_err(crate::error::internal("catalogues of check items"))
}

/// A version of a catalogue; the one in force where `version` is 0. A draft, and who published what and why, is there for whoever
/// may edit it.
#[server(prefix = "/api/fn", endpoint = "check_catalogue", input = Json, output = Json)]
pub async fn check_catalogue(catalogue: String, version: i64) -> Result<CataloguePage, AppError> {
    let ctx = crate::need(P::CheckItemRead)?;
    use crate::error::{fail, internal};
    let none = || fail(AppError::NotFound);
    let catalogue = domain::check::Catalogue::from_code(&catalogue).ok_or_else(none)?;
    let may_edit = ctx.who.permissions().has(P::CheckItemEdit);
    let page = data::check::page(&ctx.db, catalogue, version, may_edit).await;
    page.map_err(internal("catalogue of check items"))?.ok_or_else(none)
}

/// What the form of an item chooses from.
#[server(prefix = "/api/fn", endpoint = "check_ask", input = Json, output = Json)]
pub async fn check_ask() -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::CheckItemEdit)?;
    use domain::check::{Catalogue, Part, Severity};
    let word = |code: &str, t: domain::outcome::Text| (code.to_owned(), t.zh.to_owned(), t.en.to_owned());
    let answers = |yes: (&str, &str), no: (&str, &str)| {
        vec![
            ("yes".to_owned(), yes.0.to_owned(), yes.1.to_owned()),
            ("no".to_owned(), no.0.to_owned(), no.1.to_owned()),
        ]
    };
    let choices = crate::kit::list::Choices::from([
        ("catalogue".to_owned(), Catalogue::ALL.iter().map(|c| word(c.code(), c.text())).collect()),
        ("part".to_owned(), Part::ALL.iter().map(|p| word(p.code(), p.text())).collect()),
        ("severity".to_owned(), Severity::ALL.iter().map(|s| word(s.code(), s.text())).collect()),
        ("confirmed".to_owned(), answers(("已确认", "Confirmed"), ("待确认", "To be confirmed"))),
        ("enabled".to_owned(), answers(("启用", "Asked"), ("停用", "Off"))),
    ]);
    Ok(FormAsk { choices, today: domain::clock::local_date(ctx.now), ..FormAsk::default() })
}

/// Puts an item into the draft of its catalogue.
#[server(prefix = "/api/fn", endpoint = "check_save")]
pub async fn check_save(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::CheckItemEdit)?;
    let saved = super::act::save(&ctx, &values).await?;
    crate::ctx::after_form(super::edit::PATH, &values, &saved);
    Ok(saved)
}

/// Works on the draft of a catalogue: `act` is `begin`, `remove` (the item `code`), `discard`, or `publish` (the state `revision`, for the
/// reason `note`, and `sure` is `yes`).
#[server(prefix = "/api/fn", endpoint = "check_draft", input = PostUrl, output = Json)]
pub async fn check_draft(
    catalogue: String,
    act: String,
    #[server(default)] code: String,
    #[server(default)] revision: i64,
    #[server(default)] note: String,
    #[server(default)] sure: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::CheckItemEdit)?;
    super::act::run(&ctx, super::act::Asked { catalogue, act, code, revision, note, sure }).await
}

/// The checks and inspections of the cylinder that carries this code; `None` when there is no such cylinder within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_checks", input = Json, output = Json)]
pub async fn cylinder_checks(code: String) -> Result<Option<ChecksPage>, AppError> {
    let ctx = crate::need(P::TraceRead)?;
    if code.is_empty() || code.chars().count() > 64 {
        return Err(crate::error::fail(AppError::Invalid("code".into())));
    }
    let found = data::check::of_cylinder(&ctx.db, ctx.viewer, &code).await;
    found.map_err(crate::error::internal("checks of a cylinder"))
}
