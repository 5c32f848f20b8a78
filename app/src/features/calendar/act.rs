//! The calendar: looked at and put.

use crate::{
    Ctx,
    error::{AppError, done, fail, fail_at, internal},
};
use chrono::Datelike;
use domain::{
    calendar::{self, Look, YearPage},
    clock,
    permission::Permission as P,
};

/// A year.
///
/// # Errors
/// [`AppError::NotFound`] for a year that no calendar holds.
pub async fn year(ctx: &Ctx, year: i32) -> Result<YearPage, AppError> {
    let today = clock::local_date(ctx.now);
    let year = if year == 0 { today.year() } else { year };
    if !(2000..=2199).contains(&year) {
        return Err(fail(AppError::NotFound));
    }
    let (all, _) = data::calendar::load(ctx.db.read()).await.map_err(internal("calendar"))?;
    let one = all.year(year);
    Ok(YearPage {
        year,
        known: all.knows(year),
        years: all.years().collect(),
        days: one.days().collect(),
        text: one.text(),
        today,
        may_edit: ctx.who.permissions().has(P::RuleEdit),
    })
}

/// The text that is kept under a key for whoever asks.
fn kept(ctx: &Ctx, key: &str) -> Option<String> {
    let me = ctx.who.me().map_or(0, |me| me.id);
    crate::kept::take(me, key, ctx.now).remove("text")
}

/// What a text would change.
///
/// # Errors
/// [`AppError::NotFound`] where nothing is kept under the key.
pub async fn look(ctx: &Ctx, key: &str) -> Result<Look, AppError> {
    let text = kept(ctx, key).ok_or_else(|| fail(AppError::NotFound))?;
    let (now, seen) = data::calendar::load(ctx.db.read()).await.map_err(internal("calendar"))?;
    let new = match calendar::read(&text) {
        Ok(new) => new,
        Err(faults) => return Ok(Look { text, faults, years: vec![], changes: vec![], moved: 0, seen }),
    };
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let moved = data::case::moved_by(ctx.db.read(), &rules, &now.with(&new)).await;
    Ok(Look {
        text,
        faults: vec![],
        years: new.years().map(|(y, k)| (y, now.knows(y), k)).collect(),
        changes: new.changes(&now),
        moved: moved.map_err(internal("terms of cases"))?,
        seen,
    })
}

/// Puts it.
///
/// # Errors
/// [`AppError::Stale`] where the calendar was changed since, or nothing is kept any more; [`AppError::Field`] where it cannot be read.
pub async fn put(ctx: &Ctx, key: &str, seen: i64) -> Result<(), AppError> {
    let back = |why: AppError| {
        let page = format!("/calendar?why={}&{}={key}", why.word().unwrap_or_default(), crate::kit::entered::NAME);
        fail_at(why, &page)
    };
    // A key that is none leads nowhere.
    if key.len() > 64 || !key.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(fail(AppError::Stale));
    }
    let text = kept(ctx, key).ok_or_else(|| fail_at(AppError::Stale, "/calendar?why=stale"))?;
    let new = calendar::read(&text).map_err(|_| back(AppError::Field("text".into())))?;
    let (now, _) = data::calendar::load(ctx.db.read()).await.map_err(internal("calendar"))?;
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let moved = data::case::moved_by(ctx.db.read(), &rules, &now.with(&new)).await;
    let moved = moved.map_err(internal("terms of cases"))?;
    let put = data::calendar::put_seen(&ctx.db, &new, Some(seen), &ctx.actor(), ctx.now).await;
    if put.map_err(internal("calendar"))?.is_none() {
        return Err(back(AppError::Stale));
    }
    let year = new.years().next().map_or(0, |(y, _)| y);
    done(&format!("/calendar?year={year}&done=saved&moved={moved}"));
    Ok(())
}
