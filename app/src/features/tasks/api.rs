//! What the pages of tasks ask of the server. Whoever is signed in asks for his own; what he sees follows from his scope and permissions.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::{
    form::Values,
    list::{ListPage, ListQuery},
    message::Quiet,
    task::{Counts, Task, TaskPage},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// A task in the list, with the server's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The task.
    pub task: Task,
    /// Local day.
    pub today: i32,
}

/// A page of the list within sight.
#[server(prefix = "/api/fn", endpoint = "task_list", input = Json, output = Json)]
pub async fn task_list(query: ListQuery) -> Result<ListPage<Listed>, AppError> {
    let (ctx, me) = crate::account()?;
    let page = data::task_list::list(&ctx.db, super::act::asker(&ctx, &me), &query, ctx.now).await;
    let ListPage { rows, total, before, after } = page.map_err(crate::ctx::ask_failed("list of tasks"))?;
    let today = domain::clock::local_day(ctx.now);
    let rows = rows.into_iter().map(|task| Listed { task, today }).collect();
    Ok(ListPage { rows, total, before, after })
}

/// How many tasks of whoever asks are open.
#[server(prefix = "/api/fn", endpoint = "task_counts", input = Json, output = Json)]
pub async fn task_counts() -> Result<Counts, AppError> {
    let (ctx, me) = crate::account()?;
    let whose = (me.id, ctx.viewer.scope, ctx.who.permissions());
    let counts = data::task::counts(ctx.db.read(), whose, domain::clock::local_day(ctx.now)).await;
    counts.map_err(crate::error::internal("tasks"))
}

/// One within sight, with what happened to it.
#[server(prefix = "/api/fn", endpoint = "task_one", input = Json, output = Json)]
pub async fn task_one(id: i64) -> Result<TaskPage, AppError> {
    let (ctx, me) = crate::account()?;
    use crate::error::{fail, internal};
    let today = domain::clock::local_day(ctx.now);
    let found = data::task::one(&ctx.db, super::act::asker(&ctx, &me), id, today).await.map_err(internal("task"))?;
    found.ok_or_else(|| fail(AppError::NotFound))
}

/// Does something with one: `values` holds the fields of [`domain::task::ACT_FIELDS`].
#[server(prefix = "/api/fn", endpoint = "task_act", input = PostUrl, output = Json)]
pub async fn task_act(#[server(default)] id: i64, #[server(default)] values: Values) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::run(&ctx, &me, id, &values).await
}

/// The hours that whoever asks chose not to be disturbed in, those that are usual, and whether he wants what is due once a day.
#[server(prefix = "/api/fn", endpoint = "task_settings", input = Json, output = Json)]
pub async fn task_settings() -> Result<(Option<Quiet>, Quiet, bool), AppError> {
    let (ctx, me) = crate::account()?;
    use crate::error::internal;
    let contact = data::contact::load(ctx.db.read(), &ctx.master, me.id).await.map_err(internal("contact"))?;
    let usual = data::contact::usual(ctx.db.read()).await.map_err(internal("usual quiet hours"))?;
    Ok((contact.quiet, usual, contact.digest))
}

/// Sets it.
#[server(prefix = "/api/fn", endpoint = "task_settings_save", input = PostUrl, output = Json)]
pub async fn task_settings_save(
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] never: String,
    #[server(default)] digest: String,
) -> Result<(), AppError> {
    let (ctx, me) = crate::account()?;
    super::act::save(&ctx, &me, (&from, &to, &never), &digest).await
}
