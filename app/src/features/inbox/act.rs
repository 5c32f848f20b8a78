//! An account's own inbox, and how it is reached.

use super::api::Reached;
use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::{contact, message, message_list};
use domain::{
    account::Me,
    list::{ListPage, ListQuery},
    message::{Contact, Letter},
};
use serde_json::json;

/// Whoever must do something first, such as choosing a password of his own, reads nothing yet.
fn ready(me: &Me) -> Result<(), AppError> {
    if me.due.is_some() { Err(fail(AppError::NotAllowed)) } else { Ok(()) }
}

/// A page of the inbox.
///
/// # Errors
/// [`AppError::Invalid`] with what cannot be meant.
pub async fn list(ctx: &Ctx, me: &Me, query: &ListQuery) -> Result<ListPage<Letter>, AppError> {
    ready(me)?;
    let page = message_list::inbox(&ctx.db, me.id, query).await.map_err(crate::ctx::ask_failed("inbox"))?;
    let ids: Vec<i64> = page.rows.iter().map(|l| l.id).collect();
    message::arrived(ctx.db.writer(), me.id, &ids, ctx.now).await.map_err(internal("inbox"))?;
    Ok(page)
}

/// A message, read thereby.
///
/// # Errors
/// [`AppError::NotFound`] where it is not in the inbox.
pub async fn one(ctx: &Ctx, me: &Me, id: i64) -> Result<Letter, AppError> {
    ready(me)?;
    let found = message_list::letter(&ctx.db, me.id, id).await.map_err(internal("inbox"))?;
    let letter = found.ok_or_else(|| fail(AppError::NotFound))?;
    // What was taken back cannot be read any more.
    if !letter.recalled && letter.read_at.is_none() {
        message::read(ctx.db.writer(), me.id, id, ctx.now).await.map_err(internal("inbox"))?;
    }
    Ok(letter)
}

/// How many are unread.
///
/// # Errors
/// When the record does not answer.
pub async fn count(ctx: &Ctx, me: &Me) -> Result<i64, AppError> {
    if me.due.is_some() {
        return Ok(0);
    }
    message::unread(ctx.db.read(), me.id).await.map_err(internal("inbox"))
}

/// Marks all as read.
///
/// # Errors
/// When the record does not answer.
pub async fn read_all(ctx: &Ctx, me: &Me, upto: i64) -> Result<(), AppError> {
    ready(me)?;
    message::read_all(ctx.db.writer(), me.id, upto, ctx.now).await.map_err(internal("inbox"))?;
    done("/inbox?done=read");
    Ok(())
}

/// How the account is reached, masked.
///
/// # Errors
/// When the record does not answer.
pub async fn reached(ctx: &Ctx, me: &Me) -> Result<Reached, AppError> {
    let known = contact::load(ctx.db.read(), &ctx.master, me.id).await.map_err(internal("contact"))?;
    let (phone, mail) = known.masked();
    Ok(Reached { phone, mail })
}

/// Sets how the account is reached.
///
/// # Errors
/// [`AppError::Field`] with the field that cannot be taken.
pub async fn reach(
    ctx: &Ctx,
    me: &Me,
    (phone, mail): (&str, &str),
    (no_phone, no_mail): (bool, bool),
) -> Result<(), AppError> {
    ready(me)?;
    let txn = ctx.begin().await?;
    let known = contact::load(&txn, &ctx.master, me.id).await.map_err(internal("contact"))?;
    let chosen = |gone: bool, new: &str, was: &str| {
        if gone {
            String::new()
        } else if new.trim().is_empty() {
            was.to_owned()
        } else {
            new.to_owned()
        }
    };
    let wanted =
        Contact { phone: chosen(no_phone, phone, &known.phone), mail: chosen(no_mail, mail, &known.mail), ..known };
    let wanted = wanted.checked().map_err(|field| fail(AppError::Field(field.into())))?;
    contact::put(&txn, &ctx.master, me.id, &wanted, ctx.now).await.map_err(internal("contact"))?;
    let detail = json!({"phone": !wanted.phone.is_empty(), "mail": !wanted.mail.is_empty()});
    ctx.commit(txn, "contact.set", &format!("account {}", me.login), detail).await?;
    done("/me?done=saved#contact");
    Ok(())
}
