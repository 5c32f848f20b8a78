//! Messages as lists: the outbox, the recipients of one, somebody's inbox.

use crate::{
    Db, Error, account,
    message::{self, Column as C, delivery, recipient},
    names,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    recipients,
};
use chrono::NaiveDate;
use domain::{
    clock,
    list::{ListPage, ListQuery, PageAt, SIZES},
    message::{
        Channel, Delivery, FILTERS, Fields, INBOX_FILTERS, Letter, Message, RECIPIENT_FILTERS, Recipient, Sending,
        Standing, State, Tally, Why, fill,
    },
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, FromQueryResult, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Alias, Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement},
};
use std::collections::HashMap;

/// Where a page begins, for an order.
fn place(query: &ListQuery, label: &str) -> Result<At, AskError> {
    Ok(match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    })
}

fn size(query: &ListQuery) -> u64 {
    if SIZES.contains(&query.size) { query.size.into() } else { SIZES[0].into() }
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn part(text: &str) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

/// A page of the outbox within the viewer's part of the city, the latest first.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn outbox(db: &Db, viewer: Viewer, query: &ListQuery) -> Result<ListPage<Message>, AskError> {
    if !query.sort.is_empty() {
        return Err(AskError::Field("sort"));
    }
    let label = "made-";
    let order = Order {
        key: ("message", "made_at"),
        id: ("message", "id"),
        int: true,
        nullable: false,
        descending: true,
        few: false,
    };
    let mut all = Condition::all().add(message::within(viewer));
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => all.add(
                Condition::any().add(Expr::col(C::Title).like(part(value))).add(Expr::col(C::Body).like(part(value))),
            ),
            "state" => all.add(C::State.eq(State::from_code(value).ok_or_else(bad)?.code())),
            "from" => all.add(C::MadeAt.gte(clock::day_start(clock::day_of(day(value).ok_or_else(bad)?)))),
            _ => {
                let day = clock::day_of(day(value).ok_or_else(bad)?);
                all.add(C::MadeAt.lt(clock::day_start(day.saturating_add(1))))
            }
        };
    }
    let read = db.begin_read().await?;
    let base = message::Entity::find().filter(all).into_query();
    let slice: Slice<message::Model> = page::fetch(&read, &base, &order, &place(query, label)?, size(query)).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &message::Model| Cursor { key: Some(Key::Int(m.made_at)), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = lines(&read, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// One message of the outbox within the viewer's part of the city.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, viewer: Viewer, id: i64) -> Result<Option<Message>, Error> {
    let rows = message::Entity::find_by_id(id).filter(message::within(viewer)).all(db.read()).await?;
    Ok(lines(db.read(), rows).await?.pop())
}

async fn lines<D: ConnectionTrait>(db: &D, rows: Vec<message::Model>) -> Result<Vec<Message>, Error> {
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    let tallies = tallies(db, &ids).await?;
    let by = names::accounts(db, rows.iter().map(|m| m.account_id)).await?;
    rows.into_iter()
        .map(|m| {
            Ok(Message {
                id: m.id,
                kind: m.kind()?,
                channels: m.channels()?,
                audience: m.audience()?,
                urgent: m.urgent,
                scope: m.scope()?,
                by: by.get(&m.account_id).cloned().unwrap_or_default(),
                state: m.state()?,
                send_at: m.send_at,
                made_at: m.made_at,
                round: m.round,
                tally: tallies.get(&m.id).copied().unwrap_or_default(),
                title: m.title,
                body: m.body,
            })
        })
        .collect()
}

/// Recipients by how it stands with them, of messages.
async fn tallies<D: ConnectionTrait>(db: &D, ids: &[i64]) -> Result<HashMap<i64, Tally>, Error> {
    use {delivery::Column as S, recipient::Column as R};
    let mut out: HashMap<i64, Tally> = HashMap::new();
    let count = |c: R| Func::count(Expr::col(c));
    let q = Query::select()
        .column(R::MessageId)
        .expr(Expr::cust("COUNT(*)"))
        .expr(count(R::DeliveredAt))
        .expr(count(R::ReadAt))
        .from(recipient::Entity)
        .and_where(R::MessageId.is_in(ids.iter().copied()))
        .group_by_col(R::MessageId)
        .to_owned();
    for row in db.query_all(&q).await? {
        let t = out.entry(row.try_get_by_index(0)?).or_default();
        (t.people, t.delivered, t.read) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    }
    let q = Query::select()
        .columns([S::MessageId, S::State, S::Why])
        .expr(Expr::cust("COUNT(*)"))
        .from(delivery::Entity)
        .and_where(S::MessageId.is_in(ids.iter().copied()))
        .group_by_columns([S::MessageId, S::State, S::Why])
        .to_owned();
    for row in db.query_all(&q).await? {
        let t = out.entry(row.try_get_by_index(0)?).or_default();
        let (state, why, n): (String, String, i64) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        match Delivery::from_code(&state) {
            Some(d) if d.is_open() => {
                t.open += n;
                if d == Delivery::Queued && Why::from_code(&why).is_some_and(Why::is_away) {
                    t.held += n;
                }
            }
            Some(Delivery::Failed | Delivery::Doubt) => t.failed += n,
            _ => {}
        }
    }
    Ok(out)
}

/// A page of the recipients of a message within the viewer's part of the city, by their accounts; `None` where there is no such message. The
/// filter `standing` is `read` or `unread`; `delivered` for what arrived and is not read, `queued` for whom a sending waits, `failed` for whom
/// one failed or is in doubt.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn recipients(
    db: &Db,
    viewer: Viewer,
    id: i64,
    query: &ListQuery,
) -> Result<Option<ListPage<Recipient>>, AskError> {
    use recipient::Column as R;
    let (label, order) = (
        "account+",
        Order {
            key: ("message_recipient", "account_id"),
            id: ("message_recipient", "account_id"),
            int: true,
            nullable: false,
            descending: false,
            few: false,
        },
    );
    let mut all = Condition::all().add(R::MessageId.eq(id));
    for (name, value) in &query.filters {
        let field = *RECIPIENT_FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        all = match value.as_str() {
            "read" => all.add(R::ReadAt.is_not_null()),
            "unread" => all.add(R::ReadAt.is_null()),
            "delivered" => all.add(R::ReadAt.is_null()).add(R::DeliveredAt.is_not_null()),
            "queued" => all.add(sending(id, &[Delivery::Queued, Delivery::Sending])),
            "failed" => all.add(sending(id, &[Delivery::Failed, Delivery::Doubt])),
            _ => return Err(AskError::Field(field)),
        };
    }
    let read = db.begin_read().await?;
    let known = message::Entity::find_by_id(id).filter(message::within(viewer)).one(&read).await?;
    if known.is_none() {
        return Ok(None);
    }
    let base = recipient::Entity::find().filter(all).into_query();
    let slice: Slice<recipient::Model> = page::fetch(&read, &base, &order, &place(query, label)?, size(query)).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &recipient::Model| Cursor { key: Some(Key::Int(m.account_id)), id: m.account_id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = recipient_lines(&read, id, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(Some(ListPage { rows, total, before, after }))
}

/// Recipients of a message with a sending in one of these states.
fn sending(id: i64, states: &[Delivery]) -> sea_orm::sea_query::SimpleExpr {
    let of = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::AccountId)
        .filter(delivery::Column::MessageId.eq(id))
        .filter(delivery::Column::State.is_in(states.iter().map(|s| s.code())));
    recipient::Column::AccountId.in_subquery(of.into_query())
}

/// The page of what a message of the system's own is about, by its key.
fn page_of(key: Option<&str>) -> String {
    let Some(key) = key else { return String::new() };
    if key.starts_with("digest-") {
        return "/tasks".to_owned();
    }
    for (begins, page) in [("paper-", "/papers"), ("task-", "/tasks")] {
        let number = key.strip_prefix(begins).and_then(|k| k.split('-').next()).unwrap_or_default();
        if let Ok(number) = number.parse::<i64>() {
            return format!("{page}/{number}");
        }
    }
    String::new()
}

async fn recipient_lines<D: ConnectionTrait>(
    db: &D,
    id: i64,
    rows: Vec<recipient::Model>,
) -> Result<Vec<Recipient>, Error> {
    use delivery::Column as S;
    let accounts: Vec<i64> = rows.iter().map(|r| r.account_id).collect();
    let people: Vec<(i64, String, String)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name, account::Column::Scope])
        .filter(account::Column::Id.is_in(accounts.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let scopes = people.iter().filter_map(|p| p.2.parse::<Scope>().ok());
    let places = recipients::places(db, scopes).await?;
    let people: HashMap<i64, (String, String)> = people
        .into_iter()
        .map(|(id, name, scope)| {
            let place = scope.parse().ok().and_then(|s: Scope| places.get(&s)).map(|p| p.0.clone());
            (id, (name, place.unwrap_or_default()))
        })
        .collect();
    let mut sendings: HashMap<i64, Vec<Sending>> = HashMap::new();
    let found = delivery::Entity::find()
        .filter(S::MessageId.eq(id))
        .filter(S::AccountId.is_in(accounts))
        .order_by_asc(S::Round)
        .order_by_asc(S::Id);
    for d in found.all(db).await? {
        let bad = || Error::Stored(format!("message_delivery {}", d.id));
        let state = Delivery::from_code(&d.state).ok_or_else(bad)?;
        sendings.entry(d.account_id).or_default().push(Sending {
            channel: Channel::from_code(&d.channel).ok_or_else(bad)?,
            round: d.round,
            state,
            tries: d.tries,
            next_at: (state == Delivery::Queued).then_some(d.next_at),
            ended_at: d.ended_at,
            why: Why::from_code(&d.why),
        });
    }
    Ok(rows
        .into_iter()
        .map(|r| {
            let sendings = sendings.remove(&r.account_id).unwrap_or_default();
            let states: Vec<Delivery> = sendings.iter().map(|s| s.state).collect();
            let (name, place) = people.get(&r.account_id).cloned().unwrap_or_default();
            Recipient {
                account: r.account_id,
                name,
                place,
                standing: Standing::of(r.read_at.is_some(), r.delivered_at.is_some(), &states),
                read_at: r.read_at,
                sendings,
            }
        })
        .collect())
}

/// A message as it lies in an inbox.
#[derive(Debug, FromQueryResult)]
struct Row {
    message_id: i64,
    fields: String,
    put_at: i64,
    read_at: Option<i64>,
    kind: String,
    title: String,
    body: String,
    urgent: bool,
    sender_id: i64,
    state: String,
    about: Option<String>,
}

fn inbox_of(account: i64) -> SelectStatement {
    use recipient::Column as R;
    let of = |c: R| Expr::col((recipient::Entity, c));
    let m = |c: C| Expr::col((message::Entity, c));
    Query::select()
        .expr(of(R::MessageId))
        .expr(of(R::Fields))
        .expr(of(R::PutAt))
        .expr(of(R::ReadAt))
        .expr(m(C::Kind))
        .expr(m(C::Title))
        .expr(m(C::Body))
        .expr(m(C::Urgent))
        .expr_as(m(C::AccountId), Alias::new("sender_id"))
        .expr(m(C::State))
        .expr_as(m(C::Key), Alias::new("about"))
        .from(recipient::Entity)
        .inner_join(message::Entity, m(C::Id).equals((recipient::Entity, R::MessageId)))
        .and_where(of(R::AccountId).eq(account))
        .to_owned()
}

/// A page of an account's own inbox, the latest first. Whoever shows it tells [`message::arrived`].
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn inbox(db: &Db, account: i64, query: &ListQuery) -> Result<ListPage<Letter>, AskError> {
    use recipient::Column as R;
    if !query.sort.is_empty() {
        return Err(AskError::Field("sort"));
    }
    let label = "put-";
    let order = Order {
        key: ("message_recipient", "put_at"),
        id: ("message_recipient", "message_id"),
        int: true,
        nullable: false,
        descending: true,
        few: false,
    };
    let mut base = inbox_of(account);
    for (name, value) in &query.filters {
        let field = *INBOX_FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let value = page::text(field, value)?;
        match (field, value) {
            ("q", text) => {
                // What was taken back is not found by what it said.
                base.and_where(Expr::col((message::Entity, C::Title)).like(part(text)));
                base.and_where(Expr::col((message::Entity, C::State)).ne(State::Recalled.code()));
            }
            ("state", "unread") => {
                base.and_where(Expr::col((recipient::Entity, R::ReadAt)).is_null());
                base.and_where(Expr::col((message::Entity, C::State)).ne(State::Recalled.code()));
            }
            ("state", "read") => {
                base.and_where(Expr::col((recipient::Entity, R::ReadAt)).is_not_null());
            }
            _ => return Err(AskError::Field(field)),
        }
    }
    let read = db.begin_read().await?;
    let slice: Slice<Row> = page::fetch(&read, &base, &order, &place(query, label)?, size(query)).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &Row| Cursor { key: Some(Key::Int(m.put_at)), id: m.message_id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = letters(&read, slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// One message of an account's own inbox. Whoever shows it tells [`message::read`].
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn letter(db: &Db, account: i64, id: i64) -> Result<Option<Letter>, Error> {
    let mut q = inbox_of(account);
    q.and_where(Expr::col((recipient::Entity, recipient::Column::MessageId)).eq(id));
    let read = db.read();
    let rows = Row::find_by_statement(read.get_database_backend().build(&q)).all(read).await?;
    Ok(letters(read, rows).await?.pop())
}

async fn letters<D: ConnectionTrait>(db: &D, rows: Vec<Row>) -> Result<Vec<Letter>, Error> {
    let by = names::accounts(db, rows.iter().map(|r| r.sender_id)).await?;
    rows.into_iter()
        .map(|r| {
            let bad = |what: &str| Error::Stored(format!("message {}: {what}", r.message_id));
            let fields: Fields = serde_json::from_str(&r.fields).map_err(|_| bad("fields"))?;
            let recalled = r.state == State::Recalled.code();
            let told = |text: &str| if recalled { String::new() } else { fill(text, &fields) };
            Ok(Letter {
                id: r.message_id,
                kind: domain::message::Kind::from_code(&r.kind).ok_or_else(|| bad("kind"))?,
                title: told(&r.title),
                body: told(&r.body),
                by: by.get(&r.sender_id).cloned().unwrap_or_default(),
                urgent: r.urgent,
                at: r.put_at,
                read_at: r.read_at,
                recalled,
                page: page_of(r.about.as_deref()),
            })
        })
        .collect()
}
