//! Accidents and hazards as lists.

use crate::{
    Db, Error,
    incident::{self, Column as C},
    page::{self, AskError, At, Cursor, Key, Order, Slice},
};
use chrono::NaiveDate;
use domain::{
    clock,
    incident::{FILTERS, Incident, Kind, Level, Register, State},
    list::{ListPage, ListQuery, PageAt, SIZES},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, QueryFilter, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

const ID: (&str, &str) = ("incident", "id");
const AT: (&str, &str) = ("incident", "at");

/// A page of a register within the viewer's scope, the latest first unless asked otherwise.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(
    db: &Db,
    viewer: Viewer,
    register: Register,
    query: &ListQuery,
    now: i64,
) -> Result<ListPage<Incident>, AskError> {
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
    let base = statement(viewer, register, query, now)?;
    let slice: Slice<incident::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &incident::Model| Cursor { key: Some(Key::Int(m.at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = incident::lines(&read, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(viewer: Viewer, register: Register, query: &ListQuery, now: i64) -> Result<SelectStatement, AskError> {
    let mut all = Condition::all().add(incident::within(viewer)).add(C::Register.eq(register.number()));
    let mut withdrawn = false;
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
                        .add(Expr::col(C::Place).like(part()))
                        .add(Expr::col(C::Brief).like(part()))
                        .add(C::Tag.eq(value.to_ascii_uppercase()))
                        .add_option(number.map(|n| C::Id.eq(n))),
                )
            }
            "state" if value == "late" => {
                all.add(C::State.eq(State::Demanded.code())).add(C::Due.lt(clock::local_date(now)))
            }
            "state" => {
                let state = State::from_code(value).ok_or_else(bad)?;
                withdrawn = state == State::Withdrawn;
                all.add(C::State.eq(state.code()))
            }
            "level" => all.add(C::Level.eq(Level::from_code(register, value).ok_or_else(bad)?.number())),
            "kind" => {
                let kind = Kind::from_code(value).filter(|k| register.kinds().contains(k)).ok_or_else(bad)?;
                all.add(C::Kind.eq(kind.code()))
            }
            "district" => all.add(C::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
            "org" => all.add(C::OrgId.eq(value.parse::<i64>().map_err(|_| bad())?)),
            "from" => all.add(C::At.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::At.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    // What was withdrawn is listed only where it is asked for: the list is as long as the figure that leads to it. What was entered
    // of an organisation by mistake is not for it to see.
    if !withdrawn || matches!(viewer.scope, Scope::Org(_)) {
        all = all.add(C::State.ne(State::Withdrawn.code()));
    }
    Ok(incident::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
