//! What is done with tasks, checked and done. The record writes its own rows of the audit log.

use crate::{
    Ctx,
    ctx::again,
    error::{AppError, done, fail, fail_at, internal},
};
use data::task::{Asker, Done};
use domain::{
    account::Me,
    clock,
    form::Values,
    message::{Contact, Quiet},
    task,
};
use serde_json::json;

/// Whoever asks.
pub fn asker(ctx: &Ctx, me: &Me) -> Asker {
    Asker::new(me.id, ctx.viewer, ctx.who.permissions())
}

/// Hands a task over, closes it, or adds a remark.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when there is none such within sight;
/// [`AppError::NotAllowed`] for whom it is not; [`AppError::Stale`] when it ended or something was done since it was looked at.
pub async fn run(ctx: &Ctx, me: &Me, id: i64, values: &Values) -> Result<(), AppError> {
    let back = |why: AppError| {
        let page = again(&format!("/tasks/{id}"), &why, values);
        fail_at(why, &page)
    };
    // Whether there is such a task is told before what is wrong with the form.
    let there = data::task::one(&ctx.db, asker(ctx, me), id, clock::local_day(ctx.now)).await;
    if there.map_err(internal("task"))?.is_none() {
        return Err(fail(AppError::NotFound));
    }
    let asked = task::act(values).map_err(|faults| {
        let field = faults.into_iter().next().map_or_else(|| "act".to_owned(), |f| f.field);
        back(AppError::Field(field))
    })?;
    let by = (&ctx.actor(), ctx.now);
    match data::task::act(&ctx.db, asker(ctx, me), (id, &asked), by).await.map_err(internal("act on a task"))? {
        Done::Taken => {
            done(&format!("/tasks/{id}?done=saved"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::Forbidden => Err(fail(AppError::NotAllowed)),
        Done::Stale => Err(back(AppError::Stale)),
        Done::Field(name) => Err(back(AppError::Field(name.into()))),
    }
}

/// Sets when somebody is told of tasks. How he is reached beside stays as it is. Who names no hours has them as is usual.
///
/// # Errors
/// [`AppError::Field`] where the hours cannot be read.
pub async fn save(ctx: &Ctx, me: &Me, (from, to, never): (&str, &str, &str), digest: &str) -> Result<(), AppError> {
    let quiet = match (never, from, to) {
        ("yes", _, _) => Some(Quiet::NEVER),
        (_, "", "") => None,
        (_, from, to) => Some(Quiet::read(from, to).ok_or_else(|| fail(AppError::Field("quiet".into())))?),
    };
    let txn = ctx.begin().await?;
    let known = data::contact::load(&txn, &ctx.master, me.id).await.map_err(internal("contact"))?;
    let contact = Contact { quiet, digest: digest == "yes", ..known };
    data::contact::put(&txn, &ctx.master, me.id, &contact, ctx.now).await.map_err(internal("contact"))?;
    ctx.commit(txn, "task.settings", &format!("account {}", me.id), json!({ "digest": contact.digest })).await?;
    done("/tasks/settings?done=saved");
    Ok(())
}
