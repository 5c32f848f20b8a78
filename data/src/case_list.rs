//! Cases as a list, and how many there are.

use crate::{
    Db, Error,
    case::{self, Column as C},
    page::{self, AskError, At, Cursor, Key, Order, Slice},
};
use chrono::NaiveDate;
use domain::{
    case::{Case, Channel, Counts, FILTERS, State, Track},
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

const ID: (&str, &str) = ("case_file", "id");
const RECEIVED: (&str, &str) = ("case_file", "received_at");
const DUE: (&str, &str) = ("case_file", "due_at");

/// A page of cases within the viewer's scope, the latest first unless asked otherwise; `sort=due` those first that end first.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<Case>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let (due, descending) = match query.sort.as_str() {
        "" => (false, true),
        "received" => (false, query.descending),
        "due" => (true, query.descending),
        _ => return Err(AskError::Field("sort")),
    };
    let key = if due { DUE } else { RECEIVED };
    let order = Order { key, id: ID, int: true, nullable: due, descending, few: false };
    let label = match (due, descending) {
        (false, false) => "received+",
        (false, true) => "received-",
        (true, false) => "due+",
        (true, true) => "due-",
    };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let read = db.begin_read().await?;
    let base = statement(viewer, query, now)?;
    let slice: Slice<case::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &case::Model| {
        let key = if due { m.due_at.map(Key::Int) } else { Some(Key::Int(m.received_at)) };
        Cursor { key, id: m.id }.write(label)
    };
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let mut rows = case::lines(&read, slice.rows).await?;
    if matches!(viewer.scope, Scope::Org(_)) {
        rows = rows.into_iter().map(case::for_outside).collect();
    }
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// Cases within the viewer's scope by track and state, and what is urgent of them.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn counts(db: &Db, viewer: Viewer, now: i64) -> Result<Counts, Error> {
    let read = db.begin_read().await?;
    let rows: Vec<(String, String, i64)> = case::Entity::find()
        .select_only()
        .columns([C::Track, C::State])
        .column_as(C::Id.count(), "n")
        .filter(case::within(viewer))
        .group_by(C::Track)
        .group_by(C::State)
        .into_tuple()
        .all(&read)
        .await?;
    let mut states = rows
        .into_iter()
        .map(|(t, s, n)| {
            let both = Track::from_code(&t).zip(State::from_code(&s));
            both.map(|(t, s)| (t, s, n)).ok_or_else(|| Error::Stored(format!("cases: {t} {s}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    states.sort_unstable();
    let n = async |which: Condition| {
        let n = case::Entity::find().filter(case::within(viewer)).filter(which).count(&read).await?;
        Ok::<_, DbErr>(i64::try_from(n).unwrap_or(i64::MAX))
    };
    let overdue = n(Condition::all().add(C::DueAt.lt(now))).await?;
    let soon = n(Condition::all().add(C::DueAt.gte(now)).add(C::DueAt.lt(now.saturating_add(clock::DAY_MS)))).await?;
    let held = n(Condition::all().add(C::Hold.ne(""))).await?;
    read.commit().await?;
    Ok(Counts { states, overdue, soon, held })
}

fn statement(viewer: Viewer, query: &ListQuery, now: i64) -> Result<SelectStatement, AskError> {
    let outside = matches!(viewer.scope, Scope::Org(_));
    let mut all = Condition::all().add(case::within(viewer));
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let part = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
                // What an organisation does not read it does not find either.
                let words =
                    || Condition::any().add(Expr::col(C::Title).like(part())).add(Expr::col(C::Text).like(part()));
                let more = if outside {
                    Condition::all().add(C::Track.ne(Track::Report.code())).add(words())
                } else {
                    words()
                        .add(C::Tag.eq(value.to_ascii_uppercase()))
                        .add(C::ExternalNo.eq(value))
                        .add(Expr::col(C::Place).like(part()))
                };
                all.add(Condition::any().add(C::Number.eq(value.to_ascii_uppercase())).add(more))
            }
            "state" if value == "open" => all.add(C::ClosedAt.is_null()),
            "state" => all.add(C::State.eq(State::from_code(value).ok_or_else(bad)?.code())),
            "track" => all.add(C::Track.eq(Track::from_code(value).ok_or_else(bad)?.code())),
            "overdue" => match value {
                "yes" => all.add(C::DueAt.lt(now)),
                "soon" => all.add(C::DueAt.gte(now)).add(C::DueAt.lt(now.saturating_add(clock::DAY_MS))),
                "held" => all.add(C::Hold.ne("")),
                _ => return Err(bad()),
            },
            "channel" => all.add(C::Channel.eq(Channel::from_code(value).ok_or_else(bad)?.code())),
            "org" => all.add(C::OrgId.eq(value.parse::<i64>().map_err(|_| bad())?)),
            "district" => all.add(C::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
            "from" => all.add(C::ReceivedAt.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::ReceivedAt.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    Ok(case::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
