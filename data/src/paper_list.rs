//! Documents with receipt as a list.

use crate::{
    Db, Error,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    paper::{self, Column as C, party},
};
use chrono::NaiveDate;
use domain::{
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    paper::{FILTERS, Paper, State},
    scope::Viewer,
};
use sea_orm::{
    Condition, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

/// A page of the documents that the viewer may see, the latest first. The filter `state` takes a [`State`], `open` for those that the viewer's
/// own part of the city is not done with, and `late` for those with a party that he sees and that is late.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<Paper>, AskError> {
    if !query.sort.is_empty() {
        return Err(AskError::Field("sort"));
    }
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let label = "issued-";
    let order = Order {
        key: ("paper", "issued_at"),
        id: ("paper", "id"),
        int: true,
        nullable: false,
        descending: true,
        few: false,
    };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let base = statement(viewer, query, now)?;
    let read = db.begin_read().await?;
    let slice: Slice<paper::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &paper::Model| Cursor { key: Some(Key::Int(m.issued_at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = paper::lines(&read, viewer, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(viewer: Viewer, query: &ListQuery, now: i64) -> Result<SelectStatement, AskError> {
    let mut all = Condition::all().add(paper::within(viewer));
    let with = |c: Condition| {
        let of = party::Entity::find().select_only().column(party::Column::PaperId).filter(c);
        C::Id.in_subquery(of.into_query())
    };
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match (field, value) {
            ("q", _) => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let part = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
                all.add(Condition::any().add(Expr::col(C::Title).like(part())).add(Expr::col(C::Number).like(part())))
            }
            ("whose", "issued") => all.add(C::Scope.eq(viewer.scope.to_string())),
            ("whose", "received") => {
                all.add(with(Condition::all().add(party::Column::Party.eq(viewer.scope.to_string()))))
            }
            ("whose", _) => return Err(bad()),
            ("state", "open") => {
                let own = party::Column::Party.eq(viewer.scope.to_string());
                let own = Condition::all().add(own).add(paper::undone());
                all.add(C::State.eq(State::Issued.code())).add(with(own))
            }
            ("state", "late") => {
                let seen = Condition::all().add(paper::undone()).add(
                    Condition::any().add(paper::concerned(viewer)).add(
                        party::Column::PaperId.in_subquery(
                            paper::Entity::find()
                                .select_only()
                                .column(C::Id)
                                .filter(C::Scope.eq(viewer.scope.to_string()))
                                .into_query(),
                        ),
                    ),
                );
                all.add(C::State.eq(State::Issued.code())).add(C::Deadline.lt(clock::local_date(now))).add(with(seen))
            }
            ("state", _) => all.add(C::State.eq(State::from_code(value).ok_or_else(bad)?.code())),
            ("from", _) => all.add(C::IssuedAt.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::IssuedAt.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    Ok(paper::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
