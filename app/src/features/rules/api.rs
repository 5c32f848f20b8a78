//! What the page of the rules asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::{Saved, Values},
    rules::{
        RuleKind, RuleSet,
        draft::{Change, DraftLine, DraftPage, VersionLine},
        preview::Moved,
    },
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// Cylinders on a page of those that a draft moves.
pub const PAGE: usize = 50;

/// The rules of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesPage {
    /// The rules.
    pub set: RuleSet,
    /// The version that decides now.
    pub newest: i64,
}

/// The rules of a version, of the one that decides now where none (0) is named.
#[server(prefix = "/api/fn", endpoint = "rule_list", input = Json, output = Json)]
pub async fn rule_list(version: i64) -> Result<RulesPage, AppError> {
    let ctx = crate::need(P::RuleRead)?;
    use crate::error::{fail, internal};
    let current = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let newest = current.version;
    if version == 0 || version == newest {
        return Ok(RulesPage { set: current, newest });
    }
    let set = data::rule::version(ctx.db.read(), version).await.map_err(internal("rules of a version"))?;
    if set.rows.is_empty() { Err(fail(AppError::NotFound)) } else { Ok(RulesPage { set, newest }) }
}

/// All versions of the rules, the newest first.
#[server(prefix = "/api/fn", endpoint = "rule_versions", input = Json, output = Json)]
pub async fn rule_versions() -> Result<Vec<VersionLine>, AppError> {
    let ctx = crate::need(P::RuleRead)?;
    super::act::versions(&ctx).await
}

/// What differs between two versions.
#[server(prefix = "/api/fn", endpoint = "rule_diff", input = Json, output = Json)]
pub async fn rule_diff(from: i64, to: i64) -> Result<Vec<Change>, AppError> {
    let ctx = crate::need(P::RuleRead)?;
    super::act::diff(&ctx, from, to).await
}

/// The newest drafts.
#[server(prefix = "/api/fn", endpoint = "rule_drafts", input = Json, output = Json)]
pub async fn rule_drafts() -> Result<Vec<DraftLine>, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::list(&ctx).await
}

/// One draft whole.
#[server(prefix = "/api/fn", endpoint = "rule_draft_one", input = Json, output = Json)]
pub async fn rule_draft_one(id: i64) -> Result<DraftPage, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::one(&ctx, id).await
}

/// What a draft would change of ratings and of terms of open cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// Of ratings.
    pub credit: domain::credit::Moves,
    /// Open cases whose next term ends on another instant.
    pub cases: i64,
}

/// What a draft would change of ratings and of terms of open cases, as of now.
#[server(prefix = "/api/fn", endpoint = "rule_draft_effects", input = Json, output = Json)]
pub async fn rule_draft_effects(id: i64) -> Result<Effects, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::effects(&ctx, id).await
}

/// Begins a draft.
#[server(prefix = "/api/fn", endpoint = "rule_draft_begin", input = PostUrl, output = Json)]
pub async fn rule_draft_begin(#[server(default)] note: String) -> Result<(), AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::begin(&ctx, &note).await
}

/// Does something with a draft as a whole: `preview`, `rebase`, `submit`, `withdraw`, `discard`.
#[server(prefix = "/api/fn", endpoint = "rule_draft_act", input = PostUrl, output = Json)]
pub async fn rule_draft_act(id: i64, #[server(default)] act: String) -> Result<(), AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::act(&ctx, id, &act).await
}

/// Decides on a draft: `approve`, `send_back` for a reason, `publish` what somebody else approved.
#[server(prefix = "/api/fn", endpoint = "rule_draft_decide", input = PostUrl, output = Json)]
pub async fn rule_draft_decide(
    id: i64,
    #[server(default)] act: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::RuleApprove)?;
    super::act::decide(&ctx, id, &act, &reason).await
}

/// What the form of a row begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAsk {
    /// Its kind.
    pub kind: RuleKind,
    /// Its id, empty for a new one.
    pub rule: String,
    /// Its unit.
    pub unit: String,
    /// What stands in the form.
    pub values: Values,
    /// The server's day.
    pub today: chrono::NaiveDate,
}

/// What the form of a row begins with: a row of the draft, or a new one of a kind.
#[server(prefix = "/api/fn", endpoint = "rule_row_ask", input = Json, output = Json)]
pub async fn rule_row_ask(id: i64, rule: String, kind: String) -> Result<RowAsk, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::row_ask(&ctx, id, &rule, &kind).await
}

/// Changes a row in a draft, or adds one.
#[server(prefix = "/api/fn", endpoint = "rule_row_save")]
pub async fn rule_row_save(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::row_save(&ctx, &values).await
}

/// Takes the change of a row back.
#[server(prefix = "/api/fn", endpoint = "rule_row_drop", input = PostUrl, output = Json)]
pub async fn rule_row_drop(id: i64, #[server(default)] rule: String) -> Result<(), AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::row_drop(&ctx, id, &rule).await
}

/// Which of the cylinders that a draft moves are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MovedAsk {
    /// Draft.
    pub id: i64,
    /// How they stand now; empty for all.
    pub from: String,
    /// How they would stand; empty for all.
    pub to: String,
    /// District of their home, 0 for all.
    pub district: i32,
    /// Owner, 0 for all.
    pub org: i64,
    /// Behind this id.
    pub after: i64,
}

/// A page of the cylinders that a draft moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedPage {
    /// The cylinders.
    pub rows: Vec<Moved>,
    /// Behind which id the search goes on; `None` at the end.
    pub next: Option<i64>,
}

/// Cylinders that a draft moves.
#[server(prefix = "/api/fn", endpoint = "rule_moved", input = Json, output = Json)]
pub async fn rule_moved(ask: MovedAsk) -> Result<MovedPage, AppError> {
    let ctx = crate::need(P::RuleEdit)?;
    super::act::moved(&ctx, &ask).await
}
