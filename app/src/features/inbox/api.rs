//! What an account asks of its own inbox.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::{
    list::{ListPage, ListQuery},
    message::Letter,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// How the account is reached beside its inbox, masked: it knows its own number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Mobile number; empty for none.
    pub phone: String,
    /// E-mail address; empty for none.
    pub mail: String,
}

/// A page of the own inbox. What stands on it has arrived.
#[server(prefix = "/api/fn", endpoint = "inbox_list", input = Json, output = Json)]
pub async fn inbox_list(query: ListQuery) -> Result<ListPage<Letter>, AppError> {
    let (ctx, me) = crate::account()?;
    super::act::list(&ctx, &me, &query).await
}

/// A message of the own inbox. It is read thereby.
#[server(prefix = "/api/fn", endpoint = "inbox_one", input = Json, output = Json)]
pub async fn inbox_one(id: i64) -> Result<Letter, AppError> {
    let (ctx, me) = crate::account()?;
    super::act::one(&ctx, &me, id).await
}

/// How many messages are unread.
#[server(prefix = "/api/fn", endpoint = "inbox_count", input = Json, output = Json)]
pub async fn inbox_count() -> Result<i64, AppError> {
    let (ctx, me) = crate::account()?;
    super::act::count(&ctx, &me).await
}

/// Marks all as read that came up to an instant (ms).
#[server(prefix = "/api/fn", endpoint = "inbox_read_all", input = PostUrl, output = Json)]
pub async fn inbox_read_all(#[server(default)] upto: i64) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::read_all(&ctx, &me, upto).await
}

/// How the account is reached.
#[server(prefix = "/api/fn", endpoint = "contact_one", input = Json, output = Json)]
pub async fn contact_one() -> Result<Reached, AppError> {
    let (ctx, me) = crate::account()?;
    super::act::reached(&ctx, &me).await
}

/// Sets how the account is reached: what is left empty stays as it is, what is to go is said.
#[server(prefix = "/api/fn", endpoint = "contact_save", input = PostUrl, output = Json)]
pub async fn contact_save(
    #[server(default)] phone: String,
    #[server(default)] mail: String,
    #[server(default)] no_phone: String,
    #[server(default)] no_mail: String,
) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::reach(&ctx, &me, (&phone, &mail), (no_phone == "yes", no_mail == "yes")).await
}
