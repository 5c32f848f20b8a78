//! Tasks as a list: late first, by day.

use crate::{
    Db, Error,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    task::{self, Asker, Column as C},
};
use chrono::NaiveDate;
use domain::{
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    task::{FILTERS, Kind, Sight, State, Task},
};
use sea_orm::{
    Condition, QueryFilter, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

const ID: (&str, &str) = ("task", "id");
const DUE: (&str, &str) = ("task", "due");

/// A page of tasks of whoever asks, those due first at the top: his own that are open unless asked otherwise.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, asker: Asker, query: &ListQuery, now: i64) -> Result<ListPage<Task>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => false,
        "due" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let order = Order { key: DUE, id: ID, int: true, nullable: false, descending, few: false };
    let label = if descending { "due-" } else { "due+" };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let read = db.begin_read().await?;
    let base = statement(asker, query, clock::local_day(now))?;
    let slice: Slice<task::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &task::Model| Cursor { key: Some(Key::Int(m.due.into())), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = task::lines(&read, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(asker: Asker, query: &ListQuery, today: i32) -> Result<SelectStatement, AskError> {
    let mut all = Condition::all().add(task::seen(asker.scope, asker.may));
    let (mut sight, mut state) = (Sight::Mine, Some("open".to_owned()));
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        match field {
            "q" => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let part = LikeExpr::new(format!("%{escaped}%")).escape('\\');
                let number = value.parse::<i64>().ok();
                let any = Condition::any().add(Expr::col(C::About).like(part));
                all = all.add(any.add_option(number.map(|n| C::Id.eq(n))));
            }
            "view" => sight = Sight::from_code(value).ok_or_else(bad)?,
            "state" => state = Some(value.to_owned()),
            "kind" => all = all.add(C::Kind.eq(Kind::from_code(value).ok_or_else(bad)?.code())),
            "from" => all = all.add(C::Due.gte(clock::day_of(day(value).ok_or_else(bad)?))),
            _ => all = all.add(C::Due.lte(clock::day_of(day(value).ok_or_else(bad)?))),
        }
    }
    if sight == Sight::Mine {
        all = all.add(task::mine(asker.account, asker.scope, asker.may));
    }
    all = match state.as_deref() {
        Some("late") => all.add(C::State.eq(State::Open.code())).add(C::Due.lt(today)),
        Some("today") => all.add(C::State.eq(State::Open.code())).add(C::Due.eq(today)),
        Some(code) => all.add(C::State.eq(State::from_code(code).ok_or(AskError::Field("state"))?.code())),
        None => all,
    };
    Ok(task::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
