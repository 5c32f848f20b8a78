//! What the pages of posts ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
use chrono::NaiveDate;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    attachment::Attachment,
    form::{Fault, Saved, Values},
    list::{ListPage, ListQuery},
    post::{Content, CopyLine, Piece, PostLine, PostPage, Stage, Standing, VersionLine},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file of a post, and how often it was fetched.
pub type Counted = (Attachment, i64);

/// What differs in a field, by the field's name; `markup` where the words of the body are the same.
pub type Differs = (String, Vec<Piece>);

/// A post as it is shown to whoever works on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The post.
    pub page: PostPage,
    /// Its files.
    pub files: Vec<Counted>,
    /// How often it was opened on each of the last thirty days on which it was: local day, times.
    pub reads: Vec<(i32, i64)>,
    /// Name of the enterprise that the newest version promotes.
    pub org: String,
    /// The server's day.
    pub today: NaiveDate,
}

/// A version as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionShown {
    /// The post.
    pub post: PostLine,
    /// The version.
    pub line: VersionLine,
    /// What stands in it.
    pub content: Content,
    /// The files of the post.
    pub files: Vec<Counted>,
    /// All versions.
    pub versions: Vec<(i32, Stage)>,
    /// The version that it is compared with, and what differs.
    pub against: Option<(VersionLine, Vec<Differs>)>,
}

/// A text that was kept aside, beside what stands in the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyShown {
    /// Whose it is, and when.
    pub line: CopyLine,
    /// The text.
    pub copy: Content,
    /// The post with its newest version.
    pub page: PostPage,
    /// Files of the post.
    pub files: Vec<Counted>,
    /// What differs: first what stands in the post, then the copy.
    pub differs: Vec<Differs>,
}

/// What the editor is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The post.
    pub page: PostPage,
    /// Its files.
    pub files: Vec<Counted>,
    /// Choices of its fields, by their names.
    pub choices: Choices,
    /// The server's day.
    pub today: NaiveDate,
    /// A text that was kept aside and is to be worked in by hand.
    pub beside: Option<(CopyLine, Content)>,
    /// Account that it was made for: what its browser keeps is kept in its name.
    pub account: i64,
}

/// A draft as a window sends it while somebody types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Post.
    pub id: i64,
    /// Version.
    pub no: i32,
    /// Revision that the window goes on from.
    pub base: i64,
    /// The window.
    pub tab: String,
    /// How far it is.
    pub typed: i64,
    /// What stands in its fields.
    pub values: Values,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autosaved {
    /// It stands in the draft.
    Saved {
        /// To be named by the next one.
        revision: i64,
        /// When, ms.
        at: i64,
        /// Whether it stood there before.
        same: bool,
        /// What cannot stay as it is.
        faults: Vec<Fault>,
    },
    /// Somebody else was first: it was kept aside.
    Kept {
        /// Number of the copy.
        copy: i64,
        /// How the draft stands.
        standing: Standing,
    },
}

/// A page of the list within sight.
#[server(prefix = "/api/fn", endpoint = "post_list", input = Json, output = Json)]
pub async fn post_list(query: ListQuery) -> Result<ListPage<PostLine>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::PostRead)?;
    data::post_list::list(&db, viewer, &query, now).await.map_err(crate::ctx::ask_failed("list of posts"))
}

/// What the list can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "post_choices", input = Json, output = Json)]
pub async fn post_choices() -> Result<Choices, AppError> {
    let ctx = crate::need(P::PostRead)?;
    super::act::choices(&ctx).await
}

/// What the form of a new one chooses from.
#[server(prefix = "/api/fn", endpoint = "post_ask", input = Json, output = Json)]
pub async fn post_ask() -> Result<FormAsk, AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::ask(&ctx).await
}

/// One within sight.
#[server(prefix = "/api/fn", endpoint = "post_one", input = Json, output = Json)]
pub async fn post_one(id: i64) -> Result<Shown, AppError> {
    let ctx = crate::need(P::PostRead)?;
    super::act::one(&ctx, id).await
}

/// A version (0: the newest), and what differs from another one (0: from none).
#[server(prefix = "/api/fn", endpoint = "post_version", input = Json, output = Json)]
pub async fn post_version(id: i64, no: i32, against: i32) -> Result<VersionShown, AppError> {
    let ctx = crate::need(P::PostRead)?;
    super::act::version(&ctx, id, no, against).await
}

/// What the editor is made of, with a text that was kept aside (0: none).
#[server(prefix = "/api/fn", endpoint = "post_draft", input = Json, output = Json)]
pub async fn post_draft(id: i64, copy: i64) -> Result<Draft, AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::draft(&ctx, id, copy).await
}

/// A text that was kept aside, beside what stands in the post.
#[server(prefix = "/api/fn", endpoint = "post_copy", input = Json, output = Json)]
pub async fn post_copy(id: i64) -> Result<CopyShown, AppError> {
    let ctx = crate::need(P::PostRead)?;
    super::act::copy(&ctx, id).await
}

/// Begins one.
#[server(prefix = "/api/fn", endpoint = "post_create")]
pub async fn post_create(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::PostEdit)?;
    let saved = super::act::create(&ctx, &values).await?;
    crate::ctx::after_form(super::enter::PATH, &values, &saved);
    Ok(saved)
}

/// Saves a draft from the plain form, and goes on to the editor, or to the post where `then` says so.
#[server(prefix = "/api/fn", endpoint = "post_save", input = PostUrl, output = Json)]
pub async fn post_save(
    #[server(default)] id: i64,
    #[server(default)] no: i32,
    #[server(default)] base: i64,
    #[server(default)] values: Values,
    #[server(default)] downloads: BTreeMap<String, String>,
    #[server(default)] then: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::save_form(&ctx, (id, no, base), values, downloads, &then).await
}

/// Saves a draft as it is typed.
#[server(prefix = "/api/fn", endpoint = "post_autosave", input = Json, output = Json)]
pub async fn post_autosave(typing: Typing) -> Result<Autosaved, AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::save(&ctx, &typing).await
}

/// A window says that somebody writes in it, and is told how the draft stands.
#[server(prefix = "/api/fn", endpoint = "post_present", input = Json, output = Json)]
pub async fn post_present(id: i64, tab: String) -> Result<Standing, AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::present(&ctx, id, &tab).await
}

/// A window is closed.
#[server(prefix = "/api/fn", endpoint = "post_leave", input = Json, output = Json)]
pub async fn post_leave(id: i64, tab: String) -> Result<(), AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::leave(&ctx, id, &tab).await
}

/// What was pasted, made clean.
#[server(prefix = "/api/fn", endpoint = "post_clean", input = Json, output = Json)]
pub async fn post_clean(html: String) -> Result<String, AppError> {
    let _ctx = crate::need(P::PostEdit)?;
    super::act::clean(html).await
}

/// Does something with one: `values` holds `act`, `note`, `at`, `sure`, and what was looked at: `no` and `revision`. An acceptance with an empty
/// `at` publishes at once; without one, when the version asks for it. Who may do what is told by [`domain::post::MOVES`].
#[server(prefix = "/api/fn", endpoint = "post_act", input = PostUrl, output = Json)]
pub async fn post_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let ctx = crate::need(P::PostRead)?;
    super::act::run(&ctx, id, &values).await
}

/// Names one in addresses.
#[server(prefix = "/api/fn", endpoint = "post_slug", input = PostUrl, output = Json)]
pub async fn post_slug(#[server(default)] id: i64, #[server(default)] slug: String) -> Result<(), AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::slug(&ctx, id, &slug).await
}

/// Says what becomes of a text that was kept aside: `take` puts it into the draft that was looked at, `keep` leaves the draft as it is.
#[server(prefix = "/api/fn", endpoint = "post_copy_settle", input = PostUrl, output = Json)]
pub async fn post_copy_settle(
    #[server(default)] id: i64,
    #[server(default)] act: String,
    #[server(default)] no: i32,
    #[server(default)] revision: i64,
) -> Result<(), AppError> {
    let ctx = crate::need(P::PostEdit)?;
    super::act::settle(&ctx, id, &act, (no, revision)).await
}
