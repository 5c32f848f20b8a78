//! Ratings, appeals and entries as lists; how many have which grade; and what anybody may look up.

use crate::{
    Db, Error,
    credit::{self, appeals, entry, rating},
    names,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    scope,
};
use domain::{
    clock,
    credit::{AppealLine, Counts, EntryLine, EntryState, FILTERS, Grade, Look, Public, RatingLine, State, Trend},
    list::{ListPage, ListQuery, PageAt, SIZES},
    org::Kind,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};

/// Names of the filters of the list of appeals.
pub const APPEAL_FILTERS: [&str; 3] = ["state", "org", "q"];
/// Names of the filters of the list of entries.
pub const ENTRY_FILTERS: [&str; 3] = ["state", "org", "q"];
/// Answers of a look-up at most.
pub const LOOKED_UP: usize = 20;

/// Ratings that the viewer may see: all, those of one district, or its own.
fn within(viewer: Viewer) -> Condition {
    Condition::all().add_option(match viewer.scope {
        Scope::City => None,
        Scope::District(d) => Some(rating::Column::Division.eq(d)),
        Scope::Org(o) => Some(rating::Column::OrgId.eq(o)),
    })
}

/// A part of a text, whatever stands in it.
fn part(value: &str) -> LikeExpr {
    LikeExpr::new(format!("%{}%", escaped(value))).escape('\\')
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn place(query: &ListQuery, label: &str) -> Result<At, AskError> {
    Ok(match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    })
}

/// A page of the ratings within the viewer's scope: the worst first, unless asked otherwise (`score`, `name`).
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery) -> Result<ListPage<RatingLine>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let by_name = match query.sort.as_str() {
        "" | "score" => false,
        "name" => true,
        _ => return Err(AskError::Field("sort")),
    };
    let descending = query.descending;
    let key = ("credit_rating", if by_name { "name" } else { "score" });
    let order = Order { key, id: ("credit_rating", "org_id"), int: !by_name, nullable: false, descending, few: false };
    let label = format!("{}{}", key.1, if descending { '-' } else { '+' });
    let at = place(query, &label)?;
    let read = db.begin_read().await?;
    let base = statement(viewer, query)?;
    let slice: Slice<rating::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &rating::Model| {
        let key = if by_name { Key::Text(m.name.clone()) } else { Key::Int(m.score) };
        Cursor { key: Some(key), id: m.org_id }.write(&label)
    };
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let districts = names::districts(&read, slice.rows.iter().map(|m| m.division)).await?;
    read.commit().await.map_err(Error::from)?;
    let rows = slice.rows.into_iter().map(|m| credit::line(m, &districts)).collect::<Result<_, _>>()?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(viewer: Viewer, query: &ListQuery) -> Result<SelectStatement, AskError> {
    use rating::Column as R;
    let mut all = within(viewer);
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => {
                let letters = value.to_lowercase().replace(' ', "");
                all.add(
                    Condition::any()
                        .add(Expr::col(R::Name).like(part(value)))
                        .add(Expr::col(R::Pinyin).like(part(&letters))),
                )
            }
            "grade" => all.add(R::Grade.eq(Grade::from_code(value).ok_or_else(bad)?.number())),
            "trend" => all.add(R::Trend.eq(Trend::from_code(value).ok_or_else(bad)?.number())),
            "kind" => all.add(R::Kind.eq(Kind::from_code(value).ok_or_else(bad)?.code())),
            _ => all.add(R::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
        };
    }
    Ok(rating::Entity::find().filter(all).into_query())
}

/// How many have which grade, and go where, within the viewer's scope: for the wall and the office.
///
/// # Errors
/// When the database fails.
pub async fn grades(db: &Db, viewer: Viewer) -> Result<Counts, Error> {
    counted(db.read(), viewer).await
}

/// Names of those that have the worst grade, the fewest points first.
pub(crate) async fn worst<C: ConnectionTrait>(db: &C, viewer: Viewer, most: usize) -> Result<Vec<String>, Error> {
    let names = rating::Entity::find()
        .select_only()
        .column(rating::Column::Name)
        .filter(within(viewer))
        .filter(rating::Column::Grade.eq(Grade::D.number()))
        .order_by_asc(rating::Column::Score)
        .order_by_asc(rating::Column::OrgId)
        .limit(most as u64);
    Ok(names.into_tuple().all(db).await?)
}

/// The same as [`grades`], within a transaction.
pub(crate) async fn counted<C: ConnectionTrait>(db: &C, viewer: Viewer) -> Result<Counts, Error> {
    let rows: Vec<(i16, i16, i64)> = rating::Entity::find()
        .select_only()
        .columns([rating::Column::Grade, rating::Column::Trend])
        .column_as(rating::Column::OrgId.count(), "n")
        .filter(within(viewer))
        .group_by(rating::Column::Grade)
        .group_by(rating::Column::Trend)
        .into_tuple()
        .all(db)
        .await?;
    let mut out = Counts::default();
    for (grade, trend, n) in rows {
        if let Some(of) = usize::try_from(grade).ok().and_then(|i| out.grades.get_mut(i)) {
            *of += n;
        }
        if let Some(of) = usize::try_from(1 - trend).ok().and_then(|i| out.trends.get_mut(i)) {
            *of += n;
        }
    }
    Ok(out)
}

/// What anybody may look up: name, grade and trend of the organisations that are called so. Parts of a name; its characters in their order, with
/// others between; Pinyin whole or by first letters. The closest first, [`LOOKED_UP`] at most; nothing for what is nothing to look for.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn look_up(db: &Db, text: &str) -> Result<Vec<Public>, Error> {
    use rating::Column as R;
    let Some(look) = Look::read(text) else { return Ok(vec![]) };
    let (column, typed, tries) = match &look {
        Look::Name(s) => {
            let between = s.chars().map(String::from).collect::<Vec<_>>().join("%");
            (R::Name, s, vec![s.clone(), format!("{s}%"), format!("%{s}%"), format!("%{between}%")])
        }
        // A word of the column begins behind a space.
        Look::Letters(s) => {
            let between = s.chars().map(String::from).collect::<Vec<_>>().join("%");
            let mut tries = vec![format!("% {s} %"), format!("% {s}%"), format!("%{s}%")];
            // Scattered letters are in every name that is long enough.
            if s.len() >= 4 {
                tries.push(format!("%{between}%"));
            }
            (R::Pinyin, s, tries)
        }
    };
    let latin = matches!(look, Look::Letters(_));
    let mut found: Vec<rating::Model> = vec![];
    for pattern in tries {
        // What is typed holds letters and digits only, so that nothing of it is a pattern.
        let mut any = Condition::any().add(Expr::col(column).like(LikeExpr::new(pattern)));
        if latin {
            any =
                any.add(Expr::col(R::Name).like(part(&typed.to_uppercase()))).add(Expr::col(R::Name).like(part(typed)));
        }
        let known: Vec<i64> = found.iter().map(|m| m.org_id).collect();
        let more = rating::Entity::find()
            .filter(any)
            .filter(R::OrgId.is_not_in(known))
            .order_by_asc(R::Name)
            .order_by_asc(R::OrgId)
            .limit((LOOKED_UP - found.len()) as u64)
            .all(db.read())
            .await?;
        found.extend(more);
        if found.len() >= LOOKED_UP {
            break;
        }
    }
    let told = |m: rating::Model| {
        Ok(Public {
            grade: Grade::from_number(m.grade)
                .ok_or_else(|| Error::Stored(format!("rating of {}: grade", m.org_id)))?,
            name: m.name,
            trend: Trend::from_number(m.trend),
        })
    };
    found.into_iter().map(told).collect()
}

/// A page of the appeals within the viewer's scope, the latest first. `state` may be `pending` or `late`, too.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn appeals(
    db: &Db,
    viewer: Viewer,
    rules: &RuleSet,
    query: &ListQuery,
    now: i64,
) -> Result<ListPage<AppealLine>, AskError> {
    use appeals::Column as A;
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "filed" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let pending = State::ALL.iter().filter(|s| s.is_pending()).map(|s| s.code());
    let pending = A::State.is_in(pending.collect::<Vec<_>>());
    let mut all = Condition::all().add(scope::within(viewer, A::OrgId));
    for (name, value) in &query.filters {
        let field = *APPEAL_FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match (field, value) {
            ("state", "pending") => all.add(pending.clone()),
            ("state", "late") => all.add(pending.clone()).add(A::Due.lt(clock::local_day(now))),
            ("state", s) => all.add(A::State.eq(State::from_code(s).ok_or_else(bad)?.code())),
            ("org", id) => all.add(A::OrgId.eq(id.parse::<i64>().map_err(|_| bad())?)),
            (_, q) => all.add(
                Condition::any()
                    .add(Expr::col(A::Grounds).like(part(q)))
                    .add(Expr::col(A::Evidence).like(part(q)))
                    .add_option(q.parse::<i64>().ok().map(|n| A::Id.eq(n))),
            ),
        };
    }
    let label = if descending { "filed-" } else { "filed+" };
    let at = place(query, label)?;
    let (table, key) = ("credit_appeal", "filed_at");
    let order = Order { key: (table, key), id: (table, "id"), int: true, nullable: false, descending, few: false };
    let read = db.begin_read().await?;
    let base = appeals::Entity::find().filter(all).into_query();
    let slice: Slice<appeals::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &appeals::Model| Cursor { key: Some(Key::Int(m.filed_at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = credit::appeal_lines(&read, rules, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// A page of what was entered by hand within the viewer's scope, the latest first. What was withdrawn is listed only where it is asked for, and never
/// to an enterprise.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn entries(db: &Db, viewer: Viewer, query: &ListQuery) -> Result<ListPage<EntryLine>, AskError> {
    use entry::Column as E;
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "entered" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let mut all = Condition::all().add(scope::within(viewer, E::OrgId));
    let mut withdrawn = false;
    for (name, value) in &query.filters {
        let field = *ENTRY_FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "state" => {
                let state = EntryState::from_code(value).ok_or_else(bad)?;
                withdrawn = state == EntryState::Withdrawn;
                all.add(E::State.eq(state.code()))
            }
            "org" => all.add(E::OrgId.eq(value.parse::<i64>().map_err(|_| bad())?)),
            _ => all.add(
                Condition::any()
                    .add(Expr::col(E::Document).like(part(value)))
                    .add(Expr::col(E::Note).like(part(value))),
            ),
        };
    }
    if !withdrawn || matches!(viewer.scope, Scope::Org(_)) {
        all = all.add(E::State.ne(EntryState::Withdrawn.code()));
    }
    let label = if descending { "entered-" } else { "entered+" };
    let at = place(query, label)?;
    let (table, key) = ("credit_entry", "entered_at");
    let order = Order { key: (table, key), id: (table, "id"), int: true, nullable: false, descending, few: false };
    let read = db.begin_read().await?;
    let base = entry::Entity::find().filter(all).into_query();
    let slice: Slice<entry::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &entry::Model| Cursor { key: Some(Key::Int(m.entered_at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let orgs = names::orgs(&read, slice.rows.iter().map(|m| m.org_id)).await?;
    read.commit().await.map_err(Error::from)?;
    let told = |m: entry::Model| {
        let state = EntryState::from_code(&m.state);
        Ok(EntryLine {
            state: state.ok_or_else(|| Error::Stored(format!("credit entry {}: state", m.id)))?,
            id: m.id,
            org: m.org_id,
            org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
            item: m.item,
            day: clock::date_of(m.day),
            document: m.document,
            note: m.note,
            entered_at: m.entered_at,
        })
    };
    let rows = slice.rows.into_iter().map(told).collect::<Result<_, Error>>()?;
    Ok(ListPage { rows, total, before, after })
}
