//! Posts as a list, for the office.

use crate::{
    Db, Error,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    post::{self, Column as C},
};
use chrono::NaiveDate;
use domain::{
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    post::{Category, FILTERS, PostLine, Stage},
    scope::Viewer,
};
use sea_orm::{
    Condition, QueryFilter, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, SelectStatement},
};

const ID: (&str, &str) = ("post", "id");
const CHANGED: (&str, &str) = ("post", "changed_at");

/// A page of the posts that the viewer works on, those changed last first unless asked otherwise. `state` is a word of
/// [`Stage`], or `public`, or `expired` for what is public and past its validity.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<PostLine>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "changed" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let order = Order { key: CHANGED, id: ID, int: true, nullable: false, descending, few: false };
    let label = if descending { "changed-" } else { "changed+" };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let base = statement(viewer, query, now)?;
    let read = db.begin_read().await?;
    let slice: Slice<post::Model> = page::fetch_whole(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &post::Model| Cursor { key: Some(Key::Int(m.changed_at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = post::lines(&read, slice.rows, now).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// Accounts that began the posts that the viewer works on, by name.
///
/// # Errors
/// When the database fails.
pub async fn authors(db: &Db, viewer: Viewer) -> Result<Vec<(i64, String)>, Error> {
    let q = post::Entity::find().select_only().column(C::AuthorId).distinct().filter(post::within(viewer));
    let ids: Vec<i64> = q.into_tuple().all(db.read()).await?;
    let names = crate::names::accounts(db.read(), ids.iter().copied()).await?;
    let name = |id: &i64| names.get(id).cloned().unwrap_or_else(|| format!("#{id}"));
    let mut all: Vec<(i64, String)> = ids.iter().map(|id| (*id, name(id))).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(all)
}

fn statement(viewer: Viewer, query: &ListQuery, now: i64) -> Result<SelectStatement, AskError> {
    let today = clock::local_date(now);
    let mut all = Condition::all().add(post::within(viewer));
    let mut discarded = false;
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let number = value.parse::<i64>().ok();
                let holds = |text: &str| LikeExpr::new(format!("%{text}%")).escape('\\');
                all.add(
                    Condition::any()
                        .add(Expr::col(C::Title).like(holds(&escaped)))
                        // One of the databases tells capitals from small letters. The other's lower() leaves all but a to z as they are:
                        // what stands there just so is found by the line above.
                        .add(Func::lower(Expr::col(C::Title)).like(holds(&escaped.to_lowercase())))
                        .add(C::Slug.eq(value))
                        .add_option(number.map(|n| C::Id.eq(n))),
                )
            }
            "state" if value == "public" => all
                .add(C::PublicNo.is_not_null())
                .add(Condition::any().add(C::ValidFrom.is_null()).add(C::ValidFrom.lte(today)))
                .add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gte(today))),
            "state" if value == "expired" => all.add(C::PublicNo.is_not_null()).add(C::ValidTo.lt(today)),
            "state" => {
                let stage = Stage::from_code(value).ok_or_else(bad)?;
                discarded = stage == Stage::Discarded;
                all.add(C::Stage.eq(stage.code()))
            }
            "category" => all.add(C::Category.eq(Category::from_code(value).ok_or_else(bad)?.code())),
            "tag" => {
                let escaped = value.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                all.add(Expr::col(C::Tags).like(LikeExpr::new(format!("%,{escaped},%")).escape('\\')))
            }
            "district" => all.add(C::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
            "org" => all.add(C::OrgId.eq(value.parse::<i64>().map_err(|_| bad())?)),
            "by" => all.add(C::AuthorId.eq(value.parse::<i64>().map_err(|_| bad())?)),
            "from" => all.add(C::ChangedAt.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::ChangedAt.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    // What was given up is listed only where it is asked for.
    if !discarded {
        all = all.add(C::Stage.ne(Stage::Discarded.code()));
    }
    Ok(post::Entity::find().filter(all).into_query())
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}
