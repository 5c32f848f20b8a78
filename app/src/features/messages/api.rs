//! What the pages of messages ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::list::Choices};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::{Fault, Values},
    list::{ListPage, ListQuery},
    message::{Message, Preview, Recipient, RecipientList, Template},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// A message as it is shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// What its audience names.
    pub named: Vec<String>,
    /// A page of its recipients.
    pub recipients: ListPage<Recipient>,
    /// Whether whoever asks may recall it and send it again.
    pub may_send: bool,
}

/// What the page where a message is written is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToWrite {
    /// Number of the draft; 0 for none yet.
    pub draft: i64,
    /// Its version.
    pub seen: i64,
    /// What stands in the fields.
    pub values: Values,
    /// What is wrong with it, where that was asked.
    pub faults: Vec<Fault>,
    /// Whom it would reach, where that was asked and nothing is wrong.
    pub preview: Option<Preview>,
    /// What its audience names.
    pub named: Vec<String>,
    /// When it would go out, ms.
    pub send_at: i64,
    /// Districts and organisations within sight.
    pub choices: Choices,
    /// Lists of recipients.
    pub lists: Vec<RecipientList>,
    /// Templates.
    pub templates: Vec<Template>,
    /// Other drafts: number, title, when it was changed (ms).
    pub drafts: Vec<(i64, String, i64)>,
}

/// Templates and lists of the reader's part of the city.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// Templates.
    pub templates: Vec<Template>,
    /// Lists of recipients.
    pub lists: Vec<RecipientList>,
    /// A template that could not be kept: its number, what was entered and what is wrong.
    pub wrong: Option<(i64, Values, Vec<Fault>)>,
    /// The draft that it stands in.
    pub draft: i64,
}

/// A page of the outbox.
#[server(prefix = "/api/fn", endpoint = "message_list", input = Json, output = Json)]
pub async fn message_list(query: ListQuery) -> Result<ListPage<Message>, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::MessageRead)?;
    data::message_list::outbox(&db, viewer, &query).await.map_err(crate::ctx::ask_failed("outbox"))
}

/// A message with a page of its recipients.
#[server(prefix = "/api/fn", endpoint = "message_one", input = Json, output = Json)]
pub async fn message_one(id: i64, query: ListQuery) -> Result<Shown, AppError> {
    let ctx = crate::need(P::MessageRead)?;
    super::act::one(&ctx, id, &query).await
}

/// What a message is written with: a draft by its number (0 for a new one), `checked` where it is to be looked over.
#[server(prefix = "/api/fn", endpoint = "message_ask", input = Json, output = Json)]
pub async fn message_ask(draft: i64, checked: bool) -> Result<ToWrite, AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::ask(&ctx, draft, checked).await
}

/// Keeps what was entered: `act` is `save`, `preview`, `template` (fills the text in from one) or `drop`.
#[server(prefix = "/api/fn", endpoint = "message_save", input = PostUrl, output = Json)]
pub async fn message_save(
    #[server(default)] id: i64,
    #[server(default)] act: String,
    #[server(default)] values: Values,
    #[server(default)] channels: Vec<String>,
    #[server(default)] roles: Vec<String>,
    #[server(default)] orgs: Vec<String>,
    #[server(default)] districts: Vec<String>,
) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    let several = [("channels", channels), ("roles", roles), ("orgs", orgs), ("districts", districts)];
    super::act::save(&ctx, id, &act, values, several).await
}

/// Sends a draft in the version that was seen; `sure` is `yes` where it reaches many.
#[server(prefix = "/api/fn", endpoint = "message_send", input = PostUrl, output = Json)]
pub async fn message_send(
    #[server(default)] id: i64,
    #[server(default)] seen: i64,
    #[server(default)] sure: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::send(&ctx, id, seen, sure == "yes").await
}

/// Recalls a message, or sends it once more to who has not read it: `act` is `recall` or `resend`.
#[server(prefix = "/api/fn", endpoint = "message_act", input = PostUrl, output = Json)]
pub async fn message_act(
    #[server(default)] id: i64,
    #[server(default)] act: String,
    #[server(default)] channels: Vec<String>,
) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::run(&ctx, id, &act, &channels).await
}

/// Keeps the recipients of a draft as a list under a name, or takes a list away: `act` is `keep` or `drop`.
#[server(prefix = "/api/fn", endpoint = "message_keep_list", input = PostUrl, output = Json)]
pub async fn message_keep_list(
    #[server(default)] id: i64,
    #[server(default)] act: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::list(&ctx, id, &act, &name).await
}

/// Templates and lists; with a draft of a template that could not be kept.
#[server(prefix = "/api/fn", endpoint = "message_shelf", input = Json, output = Json)]
pub async fn message_shelf(draft: i64) -> Result<Shelf, AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::shelf(&ctx, draft).await
}

/// Keeps a template: a new one where `id` is 0.
#[server(prefix = "/api/fn", endpoint = "template_save", input = PostUrl, output = Json)]
pub async fn template_save(
    #[server(default)] id: i64,
    #[server(default)] draft: i64,
    #[server(default)] values: Values,
) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::template(&ctx, id, draft, &values).await
}

/// Takes a template away.
#[server(prefix = "/api/fn", endpoint = "template_drop", input = PostUrl, output = Json)]
pub async fn template_drop(#[server(default)] id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::MessageSend)?;
    super::act::template_drop(&ctx, id).await
}
