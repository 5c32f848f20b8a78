//! What is done with calls, checked and done. The record writes its own rows of the audit log.

use crate::{
    Ctx,
    ctx::{again, places},
    error::{AppError, done, fail, fail_at, internal},
    kit::form::FormAsk,
};
use data::call::{Done, Entry};
use domain::{
    call::{self, Category},
    case::Reporter,
    clock,
    form::{Saved, Values},
    list::encode,
};

/// Longest and shortest purpose of unmasking, characters.
const PURPOSE: std::ops::RangeInclusive<usize> = 2..=100;

/// What the form of an entry is made of.
///
/// # Errors
/// When the record does not answer.
pub async fn ask(ctx: &Ctx) -> Result<FormAsk, AppError> {
    let mut all = places(ctx).await?;
    let word = |c: &Category| (c.code().to_owned(), c.text().zh.to_owned(), c.text().en.to_owned());
    all.insert("category".into(), Category::ALL.iter().map(word).collect());
    let values = Values::from([("key".to_owned(), data::secret::random())]);
    Ok(FormAsk { choices: all, today: clock::local_date(ctx.now), values })
}

/// Enters one.
///
/// # Errors
/// When the record does not answer.
pub async fn enter(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let entered = match call::read(values, ctx.now) {
        Ok(entered) => entered,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let known = data::call::known(&ctx.db, ctx.viewer, &entered).await.map_err(internal("entry of a call"))?;
    let known = match known {
        Ok(known) => known,
        Err(field) => return Ok(Saved::Faults(vec![crate::kit::form::taken(field)])),
    };
    let by = (&ctx.actor(), ctx.now);
    let entry = data::call::enter(&ctx.db, &ctx.master, (&entered, &known), by).await;
    Ok(Saved::Done(match entry.map_err(internal("entry of a call"))? {
        Entry::New(id) => format!("/calls/{id}?done=saved"),
        Entry::Twice(id) => format!("/calls/{id}?done=twice"),
    }))
}

/// Does something with one.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when there is none such within sight;
/// [`AppError::Stale`] when it is in a state in which that cannot be done.
pub async fn run(ctx: &Ctx, id: i64, values: &Values) -> Result<(), AppError> {
    let back = |why: AppError| {
        let page = again(&format!("/calls/{id}"), &why, values);
        fail_at(why, &page)
    };
    // Whether there is such a call is told before what is wrong with the form.
    let there = data::call::one(&ctx.db, &ctx.master, ctx.viewer, id).await.map_err(internal("call"))?;
    if there.is_none() {
        return Err(fail(AppError::NotFound));
    }
    let asked = call::act(values, ctx.now).map_err(|faults| {
        let field = faults.into_iter().next().map_or_else(|| "act".to_owned(), |f| f.field);
        back(AppError::Field(field))
    })?;
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let by = (&ctx.actor(), ctx.now);
    let taken = data::call::act(&ctx.db, (&ctx.master, &rules), ctx.viewer, (id, &asked), by).await;
    match taken.map_err(internal("act on a call"))? {
        Done::Taken(None) => {
            done(&format!("/calls/{id}?done=saved"));
            Ok(())
        }
        // The code stands in the address once, for the officer to tell it: without it nobody follows the case.
        Done::Taken(Some(r)) => {
            done(&format!("/cases/{}?done=saved&code={}", r.id, encode(&r.code)));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::NotNow | Done::Stale => Err(back(AppError::Stale)),
        Done::Field(name) => Err(back(AppError::Field(name.into()))),
    }
}

/// Who called.
///
/// # Errors
/// [`AppError::Field`] where no purpose is given; [`AppError::NotFound`].
pub async fn unmask(ctx: &Ctx, id: i64, purpose: &str) -> Result<Reporter, AppError> {
    let purpose = purpose.trim();
    if !PURPOSE.contains(&purpose.chars().count()) || purpose.chars().any(char::is_control) {
        return Err(fail(AppError::Field("purpose".into())));
    }
    let by = (&ctx.actor(), ctx.now);
    let found = data::call::unmask(&ctx.db, &ctx.master, ctx.viewer, id, purpose, by).await;
    found.map_err(internal("who called"))?.ok_or_else(|| fail(AppError::NotFound))
}
