//! What the pages of documents ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use chrono::NaiveDate;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::{Fault, Values},
    list::{ListPage, ListQuery},
    paper::{Choices, Paper, PaperFile, PaperPage},
    scope::Scope,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// An answer that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Number of its draft; 0 for none yet.
    pub draft: i64,
    /// Version of the draft.
    pub seen: i64,
    /// Text.
    pub text: String,
    /// Files.
    pub files: Vec<PaperFile>,
    /// What is wrong, where that was asked.
    pub faults: Vec<Fault>,
    /// Whether it was looked over and can be given.
    pub ready: bool,
}

/// A document as it is shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The document.
    pub page: PaperPage,
    /// Whether whoever asks may remind, extend, withdraw it.
    pub may_issue: bool,
    /// Whether whoever asks may sign for it and answer it.
    pub may_sign: bool,
    /// In whose name it would be signed for.
    pub name: String,
    /// The reader's own part of the city.
    pub party: Scope,
    /// The answer that is being written.
    pub reply: Reply,
}

/// What the page where a document is drawn up is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToIssue {
    /// Number of the draft; 0 for none yet.
    pub draft: i64,
    /// Its version.
    pub seen: i64,
    /// What stands in the fields.
    pub values: Values,
    /// What is wrong with it, where that was asked.
    pub faults: Vec<Fault>,
    /// Files.
    pub files: Vec<PaperFile>,
    /// What it can be addressed to.
    pub choices: Choices,
    /// Names of its parties, where it was looked over and nothing is wrong.
    pub parties: Option<Vec<String>>,
    /// Other drafts: number, title, when it was changed (ms).
    pub drafts: Vec<(i64, String, i64)>,
    /// The server's day.
    pub today: NaiveDate,
}

/// A page of the documents within sight.
#[server(prefix = "/api/fn", endpoint = "paper_list", input = Json, output = Json)]
pub async fn paper_list(query: ListQuery) -> Result<ListPage<Paper>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::PaperRead)?;
    data::paper_list::list(&db, viewer, &query, now).await.map_err(crate::ctx::ask_failed("documents"))
}

/// A document within sight, opened thereby for whoever may sign for a party. `draft` is that of an answer, 0 for none.
#[server(prefix = "/api/fn", endpoint = "paper_one", input = Json, output = Json)]
pub async fn paper_one(id: i64, draft: i64, checked: bool) -> Result<Shown, AppError> {
    let ctx = crate::need(P::PaperRead)?;
    super::act::one(&ctx, id, draft, checked).await
}

/// The same for its receipt sheet: it is not opened thereby.
#[server(prefix = "/api/fn", endpoint = "paper_sheet", input = Json, output = Json)]
pub async fn paper_sheet(id: i64) -> Result<PaperPage, AppError> {
    let ctx = crate::need(P::PaperRead)?;
    super::act::sheet(&ctx, id).await
}

/// What a document is drawn up with: a draft by its number (0 for a new one), `checked` where it is to be looked over.
#[server(prefix = "/api/fn", endpoint = "paper_ask", input = Json, output = Json)]
pub async fn paper_ask(draft: i64, checked: bool) -> Result<ToIssue, AppError> {
    let ctx = crate::need(P::PaperIssue)?;
    super::act::ask(&ctx, draft, checked).await
}

/// Takes a draft away.
#[server(prefix = "/api/fn", endpoint = "paper_drop", input = PostUrl, output = Json)]
pub async fn paper_drop(#[server(default)] id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::PaperIssue)?;
    super::act::drop_draft(&ctx, id).await
}

/// Issues a draft in the version that was seen.
#[server(prefix = "/api/fn", endpoint = "paper_issue", input = PostUrl, output = Json)]
pub async fn paper_issue(#[server(default)] id: i64, #[server(default)] seen: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::PaperIssue)?;
    super::act::issue(&ctx, id, seen).await
}

/// Reminds who is not done, extends, tells upward or withdraws: `values` holds act, deadline, note.
#[server(prefix = "/api/fn", endpoint = "paper_act", input = PostUrl, output = Json)]
pub async fn paper_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let ctx = crate::need(P::PaperIssue)?;
    super::act::run(&ctx, id, &values).await
}

/// Signs for a document in the name of the own part of the city.
#[server(prefix = "/api/fn", endpoint = "paper_sign", input = PostUrl, output = Json)]
pub async fn paper_sign(#[server(default)] id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::PaperSign)?;
    super::act::sign(&ctx, id).await
}

/// Answers a document with a draft in the version that was seen.
#[server(prefix = "/api/fn", endpoint = "paper_answer", input = PostUrl, output = Json)]
pub async fn paper_answer(
    #[server(default)] id: i64,
    #[server(default)] draft: i64,
    #[server(default)] seen: i64,
) -> Result<(), AppError> {
    let ctx = crate::need(P::PaperSign)?;
    super::act::answer(&ctx, id, draft, seen).await
}
