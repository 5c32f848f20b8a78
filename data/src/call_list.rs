//! Calls as a list.

use crate::{
    Db, Error,
    call::{self, Column as C},
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    secret::Master,
};
use chrono::NaiveDate;
use domain::{
    call::{Call, CallBack, Category, FILTERS, State},
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    scope::Viewer,
};
use sea_orm::{
    Condition, QueryFilter, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

const ID: (&str, &str) = ("call", "id");
const AT: (&str, &str) = ("call", "at");

/// A page of calls within the viewer's scope, the latest first unless asked otherwise. Who called is masked, and nothing is found by it.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(
    db: &Db,
    master: &Master,
    viewer: Viewer,
    query: &ListQuery,
    now: i64,
) -> Result<ListPage<Call>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "at" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let order = Order { key: AT, id: ID, int: true, nullable: false, descending, few: false };
    let label = if descending { "at-" } else { "at+" };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let read = db.begin_read().await?;
    let base = statement(viewer, query, now)?;
    let slice: Slice<call::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &call::Model| Cursor { key: Some(Key::Int(m.at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let mut rows = call::lines(&read, master, slice.rows).await?;
    // Who takes a call down writes numbers into its words: they stand on its own page, not in a list.
    for r in &mut rows {
        r.text = domain::personal::veiled(&r.text).into_owned();
        r.handed_to = domain::personal::veiled(&r.handed_to).into_owned();
    }
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(viewer: Viewer, query: &ListQuery, now: i64) -> Result<SelectStatement, AskError> {
    let mut all = Condition::all().add(call::within(viewer));
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let part = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
                let number = value.parse::<i64>().ok();
                all.add(
                    Condition::any()
                        .add(Expr::col(C::Text).like(part()))
                        .add(Expr::col(C::HandedTo).like(part()))
                        .add(C::Tag.eq(value.to_ascii_uppercase()))
                        .add_option(number.map(|n| C::Id.eq(n))),
                )
            }
            "state" => all.add(C::State.eq(State::from_code(value).ok_or_else(bad)?.code())),
            "category" => all.add(C::Category.eq(Category::from_code(value).ok_or_else(bad)?.code())),
            "callback" => match CallBack::from_code(value).ok_or_else(bad)? {
                CallBack::Done => all.add(C::CalledBack.is_not_null()),
                CallBack::Waiting => all.add(C::Callback.gte(now)).add(C::CalledBack.is_null()),
                CallBack::Late => all.add(C::Callback.lt(now)).add(C::CalledBack.is_null()),
            },
            "district" => all.add(C::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
            "from" => all.add(C::At.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::At.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    Ok(call::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
