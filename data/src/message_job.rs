//! What the sending of messages asks of the record: recipients are entered a stretch at a time, sendings are taken under a lease, and what
//! became of them is noted by whoever holds it. Each step is a transaction that may be the last before a crash; the next start goes on from
//! there.

use crate::{
    Db, Error, account, contact,
    message::{self, Column, Entity, Model, delivery, recipient},
    push,
    recipients::{self, Person},
    secret::Master,
    sequence,
};
use domain::{
    clock,
    message::{Channel, Delivery, Fields, Kind, Quiet, State, Why, delay, fill},
    scope::Scope,
};
use sea_orm::{
    Condition, DbBackend, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Recipients entered in one transaction: few enough that the writer of records hardly waits.
pub const STRETCH: u64 = 250;
/// How long a sending is in the hands of who took it, ms.
pub const LEASE: i64 = 2 * clock::MINUTE_MS;

/// Which sendings somebody looks after: a push waits for a service of somebody else's, and nothing else waits with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Those to browsers.
    Push,
    /// All others.
    Rest,
}

impl Lane {
    fn is_of(self) -> Condition {
        let (channel, push) = (delivery::Column::Channel, Channel::Push.code());
        Condition::all().add(match self {
            Self::Push => channel.eq(push),
            Self::Rest => channel.ne(push),
        })
    }
}

/// What came of a message whose time had come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The message.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Who wrote it; 0 for the system.
    pub account: i64,
    /// Whether it goes out; otherwise who wrote it may not send it any more.
    pub goes: bool,
}

/// Begins a message whose time has come: what people wrote before what the system says, which comes by the thousand in the morning; of these the
/// one that waited longest.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn begin<C: ConnectionTrait>(txn: &C, now: i64) -> Result<Option<Begun>, Error> {
    let due = Entity::find()
        .filter(Column::State.eq(State::Waiting.code()))
        .filter(Column::SendAt.lte(now))
        .order_by_asc(Column::SendAt)
        .order_by_asc(Column::Id);
    let written = due.clone().filter(Column::Kind.eq(Kind::Notice.code())).one(txn).await?;
    let next = match written {
        Some(m) => Some(m),
        None => due.one(txn).await?,
    };
    let Some(m) = next else { return Ok(None) };
    let goes = message::may_go(txn, &m).await?;
    let to = if goes { State::Spreading } else { State::Stopped };
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(to.code()))
        .col_expr(Column::EndedAt, Expr::value((!goes).then_some(now)))
        .filter(Column::Id.eq(m.id))
        .filter(Column::State.eq(State::Waiting.code()))
        .exec(txn)
        .await?;
    // Recalled in between.
    Ok((done.rows_affected > 0).then_some(Begun { id: m.id, title: m.title, account: m.account_id, goes }))
}

/// The message whose recipients are being entered, if any.
///
/// # Errors
/// When the database fails.
pub async fn spreading<C: ConnectionTrait>(db: &C) -> Result<Option<i64>, Error> {
    let found = Entity::find().filter(Column::State.eq(State::Spreading.code())).order_by_asc(Column::Id);
    Ok(found.select_only().column(Column::Id).into_tuple().one(db).await?)
}

/// A stretch of recipients that were entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Accounts whose inbox got the message.
    pub accounts: Vec<i64>,
    /// Whether these were the last: the message is out.
    pub whole: bool,
}

/// Enters the next recipients of a message with their sendings. What is in the inbox is sent thereby.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn spread<C: ConnectionTrait>(txn: &C, id: i64, now: i64) -> Result<Stretch, Error> {
    let Some(m) = message::lock(txn, id).await? else { return Ok(Stretch { whole: true, ..Stretch::default() }) };
    if m.state()? != State::Spreading {
        return Ok(Stretch { whole: true, ..Stretch::default() });
    }
    let accounts = if m.round > 1 { again(txn, &m, now).await? } else { first(txn, &m, now).await? };
    let Some(last) = accounts.last().copied() else {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Out.code()))
            .col_expr(Column::EndedAt, Expr::value(now))
            .filter(Column::Id.eq(id))
            .exec(txn)
            .await?;
        return Ok(Stretch { whole: true, ..Stretch::default() });
    };
    enter(txn, &m, &accounts, now).await?;
    Entity::update_many().col_expr(Column::Reached, Expr::value(last)).filter(Column::Id.eq(id)).exec(txn).await?;
    Ok(Stretch { accounts, whole: false })
}

/// The next people of the audience, entered as recipients.
async fn first<C: ConnectionTrait>(txn: &C, m: &Model, now: i64) -> Result<Vec<i64>, Error> {
    let people: Vec<Person> = recipients::next(txn, m.scope()?, &m.audience()?, (m.reached, STRETCH), now).await?;
    if people.is_empty() {
        return Ok(vec![]);
    }
    let places = recipients::places(txn, people.iter().map(|p| p.scope)).await?;
    // Counted only where it is told: it is a sum over all cylinders.
    let told = [&m.title, &m.body].iter().any(|t| t.contains("overdue") || t.contains("过检数"));
    let overdue = if told { recipients::overdue(txn, now).await? } else { HashMap::new() };
    let rows = people.iter().map(|p| {
        let (org, district) = places.get(&p.scope).cloned().unwrap_or_default();
        let n = if let Scope::Org(o) = p.scope { overdue.get(&o).copied().unwrap_or_default() } else { 0 };
        let date = clock::local_date(now).to_string();
        let fields = Fields { name: p.name.clone(), org, district, overdue: n, date };
        let fields = serde_json::to_string(&fields).map_err(|e| Error::Stored(e.to_string()))?;
        Ok(recipient::ActiveModel {
            message_id: Set(m.id),
            account_id: Set(p.id),
            fields: Set(fields),
            put_at: Set(now),
            delivered_at: Set(None),
            read_at: Set(None),
        })
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    let once =
        OnConflict::columns([recipient::Column::MessageId, recipient::Column::AccountId]).do_nothing().to_owned();
    recipient::Entity::insert_many(rows).on_conflict(once).exec_without_returning(txn).await?;
    Ok(people.into_iter().map(|p| p.id).collect())
}

/// The next recipients who have not read it; it stands in their inbox anew.
async fn again<C: ConnectionTrait>(txn: &C, m: &Model, now: i64) -> Result<Vec<i64>, Error> {
    use recipient::Column as R;
    let unread = recipient::Entity::find()
        .select_only()
        .column(R::AccountId)
        .filter(R::MessageId.eq(m.id))
        .filter(R::AccountId.gt(m.reached))
        .filter(R::ReadAt.is_null());
    let ids: Vec<i64> = unread.order_by_asc(R::AccountId).limit(STRETCH).into_tuple().all(txn).await?;
    recipient::Entity::update_many()
        .col_expr(R::PutAt, Expr::value(now))
        .filter(R::MessageId.eq(m.id))
        .filter(R::AccountId.is_in(ids.iter().copied()))
        .exec(txn)
        .await?;
    Ok(ids)
}

/// Enters one sending a channel for each account.
async fn enter<C: ConnectionTrait>(txn: &C, m: &Model, accounts: &[i64], now: i64) -> Result<(), Error> {
    let channels = m.channels()?;
    let (contacts, usual) = (contact::of(txn, accounts).await?, contact::usual(txn).await?);
    let told = if channels.contains(&Channel::Push) { push::among(txn, accounts).await? } else { HashSet::new() };
    let first = sequence::take(txn, "message_delivery", accounts.len() * channels.len()).await?;
    let rows = accounts.iter().flat_map(|a| channels.iter().map(move |c| (*a, *c))).zip(first..).map(|((a, c), id)| {
        let known = contacts.get(&a);
        let quiet = known.map_or(usual, |k| k.quiet(usual));
        let there = match c {
            Channel::Inbox => true,
            Channel::Sms => known.is_some_and(|k| !k.phone.is_empty()),
            Channel::Mail => known.is_some_and(|k| !k.mail.is_empty()),
            Channel::Push => told.contains(&a),
        };
        let (state, why) = match c {
            Channel::Inbox => (Delivery::Sent, ""),
            _ if there => (Delivery::Queued, ""),
            Channel::Push => (Delivery::Failed, Why::NoBrowser.code()),
            _ => (Delivery::Failed, Why::NoAddress.code()),
        };
        delivery::ActiveModel {
            id: Set(id),
            message_id: Set(m.id),
            account_id: Set(a),
            channel: Set(c.code().into()),
            round: Set(m.round),
            state: Set(state.code().into()),
            tries: Set(0),
            next_at: Set(if m.urgent { now } else { quiet.after(now) }),
            lease: Set(String::new()),
            ended_at: Set((!state.is_open()).then_some(now)),
            why: Set(why.into()),
        }
    });
    use delivery::Column as D;
    let once = OnConflict::columns([D::MessageId, D::AccountId, D::Channel, D::Round]).do_nothing().to_owned();
    delivery::Entity::insert_many(rows.collect::<Vec<_>>()).on_conflict(once).exec_without_returning(txn).await?;
    Ok(())
}

/// Hands back what a process that is gone held: one process writes a record, so that at its start nobody else is at work.
///
/// # Errors
/// When the database fails.
pub async fn reclaim<C: ConnectionTrait>(db: &C, now: i64) -> Result<u64, Error> {
    let held = delivery::Column::State.eq(Delivery::Sending.code());
    let q = delivery::Entity::update_many().col_expr(delivery::Column::NextAt, Expr::value(now)).filter(held);
    Ok(q.exec(db).await?.rows_affected)
}

/// When there will be something to do next, ms.
///
/// # Errors
/// When the database fails.
pub async fn due<C: ConnectionTrait>(db: &C) -> Result<Option<i64>, Error> {
    let (rest, push) = (due_in(db, Lane::Rest).await?, due_in(db, Lane::Push).await?);
    Ok(rest.into_iter().chain(push).min())
}

/// When there will be something to do next for whoever looks after these sendings, ms; messages are begun with the rest.
///
/// # Errors
/// When the database fails.
pub async fn due_in<C: ConnectionTrait>(db: &C, lane: Lane) -> Result<Option<i64>, Error> {
    let mut out = match lane {
        Lane::Rest => waiting(db).await?,
        Lane::Push => None,
    };
    // A state at a time: each is a stretch of the index.
    for state in [Delivery::Queued, Delivery::Sending] {
        let q = delivery::Entity::find().filter(delivery::Column::State.eq(state.code())).filter(lane.is_of());
        let next: Option<i64> = q
            .order_by_asc(delivery::Column::NextAt)
            .select_only()
            .column(delivery::Column::NextAt)
            .into_tuple()
            .one(db)
            .await?;
        out = out.into_iter().chain(next).min();
    }
    Ok(out)
}

/// When the next message begins, ms.
///
/// # Errors
/// When the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C) -> Result<Option<i64>, Error> {
    let waiting = Entity::find().filter(Column::State.eq(State::Waiting.code())).order_by_asc(Column::SendAt);
    Ok(waiting.select_only().column(Column::SendAt).into_tuple().one(db).await?)
}

/// Whether a sending is due: a look before [`take`], which asks for the writer of records.
///
/// # Errors
/// When the database fails.
pub async fn deliverable<C: ConnectionTrait>(db: &C, lane: Lane, now: i64) -> Result<bool, Error> {
    for state in [Delivery::Sending, Delivery::Queued] {
        let due = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Id)
            .filter(delivery::Column::State.eq(state.code()))
            .filter(lane.is_of())
            .filter(delivery::Column::NextAt.lte(now))
            .order_by_asc(delivery::Column::NextAt);
        if due.into_tuple::<i64>().one(db).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A sending that was taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Number of the sending.
    pub id: i64,
    /// The message.
    pub message: i64,
    /// The recipient.
    pub account: i64,
    /// Channel.
    pub channel: Channel,
    /// By what the channel knows it: the same for every try.
    pub key: String,
    /// Tries so far, with this one.
    pub tries: i32,
    /// Whether somebody else was at it before and did not say what became of it.
    pub broken: bool,
    /// Title, filled in.
    pub title: String,
    /// Text, filled in.
    pub body: String,
    /// Number or address; empty for a channel that looks after it when it sends.
    pub to: String,
    /// Whether the message is urgent.
    pub urgent: bool,
    /// When the recipient is not to be disturbed.
    pub quiet: Quiet,
    /// When he was entered, in this round, ms.
    pub put_at: i64,
}

// A number must not reach a log.
impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parcel").field("id", &self.id).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What became of a sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The channel took it.
    Sent,
    /// It will not go.
    Failed(Why),
    /// It may go another time, at this instant (ms).
    Again(Why, i64),
    /// It was not tried: it waits until this instant (ms).
    Later(i64),
    /// It was not tried, because the channel is away: it waits until this instant (ms), and says why.
    Hold(Why, i64),
    /// Nobody knows.
    Doubt,
    /// The message was recalled before it was tried.
    Recalled,
}

/// Takes of these what is due, at most so many, for whoever bears the lease; and tells what is to be sent, and what is decided without sending.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn take(
    db: &Db,
    master: &Master,
    (lane, lease, limit): (Lane, &str, u64),
    now: i64,
) -> Result<(Vec<Parcel>, Vec<(i64, Outcome)>), Error> {
    let taken = claim(db, (lane, lease, limit), now).await?;
    if taken.is_empty() {
        return Ok((vec![], vec![]));
    }
    let read = db.begin_read().await?;
    let accounts: Vec<i64> = taken.iter().map(|d| d.account_id).collect();
    let (contacts, usual) = (contact::of(&read, &accounts).await?, contact::usual(&read).await?);
    let standing: HashMap<i64, (bool, bool)> = account::Entity::find()
        .filter(account::Column::Id.is_in(accounts.iter().copied()))
        .all(&read)
        .await?
        .into_iter()
        .map(|a| (a.id, (a.disabled_at.is_some(), a.must_change)))
        .collect();
    let ids: Vec<i64> = taken.iter().map(|d| d.message_id).collect();
    let messages: HashMap<i64, Model> = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(&read)
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    let fields: HashMap<(i64, i64), (String, i64, Option<i64>)> = recipient::Entity::find()
        .filter(recipient::Column::MessageId.is_in(messages.keys().copied()))
        .filter(recipient::Column::AccountId.is_in(accounts.iter().copied()))
        .all(&read)
        .await?
        .into_iter()
        .map(|r| ((r.message_id, r.account_id), (r.fields, r.put_at, r.read_at)))
        .collect();
    read.commit().await?;
    let (mut parcels, mut decided) = (vec![], vec![]);
    for d in taken {
        let bad = |what: &str| Error::Stored(format!("message_delivery {}: {what}", d.id));
        let channel = Channel::from_code(&d.channel).ok_or_else(|| bad("channel"))?;
        let Some(m) = messages.get(&d.message_id) else { return Err(bad("message")) };
        let known = contacts.get(&d.account_id);
        let quiet = if m.urgent { Quiet::NEVER } else { known.map_or(usual, |k| k.quiet(usual)) };
        let broken = d.state == Delivery::Sending.code();
        let speaks = quiet.after(now);
        let (disabled, unready) = standing.get(&d.account_id).copied().unwrap_or_default();
        // What he has read is not shown to him again.
        let read = channel == Channel::Push
            && fields
                .get(&(d.message_id, d.account_id))
                .is_some_and(|(_, put, read)| read.is_some_and(|at| at >= *put));
        let to = match channel {
            Channel::Inbox => None,
            Channel::Sms => known.and_then(|k| k.phone(master)),
            Channel::Mail => known.and_then(|k| k.mail(master)),
            // Whose a browser is may change until the very moment: it is looked up then. Whoever must choose a password first is told nothing.
            Channel::Push => (!unready).then(String::new),
        };
        // What broke off is looked after by its channel first: it may be with the recipient already.
        let outcome = match (&to, broken) {
            (_, false) if m.state()? == State::Recalled => Some(Outcome::Recalled),
            (_, false) if disabled => Some(Outcome::Failed(Why::Gone)),
            (_, false) if read => Some(Outcome::Sent),
            (None, false) if channel == Channel::Push => Some(Outcome::Failed(Why::NoBrowser)),
            (None, false) => Some(Outcome::Failed(Why::NoAddress)),
            (_, false) if speaks > now => Some(Outcome::Later(speaks)),
            _ => None,
        };
        if let Some(outcome) = outcome {
            decided.push((d.id, outcome));
            continue;
        }
        let (fields, put_at): (Fields, i64) = fields
            .get(&(d.message_id, d.account_id))
            .and_then(|(f, at, _)| Some((serde_json::from_str(f).ok()?, *at)))
            .ok_or_else(|| bad("fields"))?;
        parcels.push(Parcel {
            id: d.id,
            message: d.message_id,
            account: d.account_id,
            channel,
            key: format!("pingji-{}-{}-{}-{}", d.message_id, d.account_id, d.channel, d.round),
            tries: d.tries.saturating_add(i32::from(!broken)),
            broken,
            title: fill(&m.title, &fields),
            body: fill(&m.body, &fields),
            to: to.unwrap_or_default(),
            urgent: m.urgent,
            quiet,
            put_at,
        });
    }
    Ok((parcels, decided))
}

/// Marks what is due as taken, and tells how it stood before.
async fn claim(db: &Db, (lane, lease, limit): (Lane, &str, u64), now: i64) -> Result<Vec<delivery::Model>, Error> {
    use delivery::Column as D;
    let txn = db.begin_write().await?;
    let mut taken: Vec<delivery::Model> = vec![];
    // What broke off comes first: it waits longest.
    for state in [Delivery::Sending, Delivery::Queued] {
        let left = limit.saturating_sub(taken.len() as u64);
        let due = delivery::Entity::find().filter(D::State.eq(state.code())).filter(lane.is_of());
        let due = due.filter(D::NextAt.lte(now));
        let due = due.order_by_asc(D::NextAt).order_by_asc(D::Id).limit(left);
        let due = if txn.get_database_backend() == DbBackend::Postgres {
            due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        } else {
            due
        };
        taken.extend(due.all(&txn).await?);
    }
    for state in [Delivery::Sending, Delivery::Queued] {
        let ids: Vec<i64> = taken.iter().filter(|d| d.state == state.code()).map(|d| d.id).collect();
        if ids.is_empty() {
            continue;
        }
        // Looking after what broke off is no try.
        let tries = i32::from(state == Delivery::Queued);
        delivery::Entity::update_many()
            .col_expr(D::State, Expr::value(Delivery::Sending.code()))
            .col_expr(D::Lease, Expr::value(lease))
            .col_expr(D::NextAt, Expr::value(now.saturating_add(LEASE)))
            .col_expr(D::Tries, Expr::col(D::Tries).add(tries))
            .filter(D::Id.is_in(ids))
            .exec(&txn)
            .await?;
    }
    txn.commit().await?;
    Ok(taken)
}

/// Until when a sending that came to nothing waits: the waits grow, and the recipient's quiet hours are kept.
#[must_use]
pub fn next_try(parcel: &Parcel, now: i64) -> i64 {
    parcel.quiet.after(now.saturating_add(delay(parcel.tries)))
}

/// Notes what became of sendings, as far as they are still in the hands of whoever bears the lease.
///
/// # Errors
/// When the database fails.
pub async fn note<C: ConnectionTrait>(
    txn: &C,
    lease: &str,
    outcomes: &[(i64, Outcome)],
    now: i64,
) -> Result<(), Error> {
    use delivery::Column as D;
    let mut groups: BTreeMap<Outcome, Vec<i64>> = BTreeMap::new();
    for (id, outcome) in outcomes {
        groups.entry(*outcome).or_default().push(*id);
    }
    for (outcome, ids) in groups {
        let (state, why, next) = match outcome {
            Outcome::Sent => (Delivery::Sent, None, None),
            Outcome::Failed(why) => (Delivery::Failed, Some(why), None),
            Outcome::Again(why, at) => (Delivery::Queued, Some(why), Some(at)),
            Outcome::Later(at) => (Delivery::Queued, None, Some(at)),
            Outcome::Hold(why, at) => (Delivery::Queued, Some(why), Some(at)),
            Outcome::Doubt => (Delivery::Doubt, Some(Why::Broken), None),
            Outcome::Recalled => (Delivery::Recalled, None, None),
        };
        let mut q = delivery::Entity::update_many()
            .col_expr(D::State, Expr::value(state.code()))
            .col_expr(D::Why, Expr::value(why.map_or("", Why::code)))
            .col_expr(D::EndedAt, Expr::value((!state.is_open()).then_some(now)))
            .col_expr(D::NextAt, Expr::value(next.unwrap_or(now)))
            .col_expr(D::Lease, Expr::value(""));
        if matches!(outcome, Outcome::Later(_) | Outcome::Hold(..)) {
            q = q.col_expr(D::Tries, Expr::col(D::Tries).sub(1));
        }
        q.filter(D::Id.is_in(ids))
            .filter(D::State.eq(Delivery::Sending.code()))
            .filter(D::Lease.eq(lease))
            .exec(txn)
            .await?;
    }
    Ok(())
}

/// Notes what a channel said later of sendings, by their keys: why they did not arrive, or that they did (`None`). Of one key what was said first
/// stands; keys of others, of another channel, and of what was never tried are passed over. Tells of how many sendings something new was said.
///
/// # Errors
/// When the database fails.
pub async fn reported<C: ConnectionTrait>(
    txn: &C,
    channel: Channel,
    reports: &[(String, Option<Why>)],
    now: i64,
) -> Result<u64, Error> {
    use delivery::Column as D;
    let mut said: BTreeMap<(i64, i64, i32), Option<Why>> = BTreeMap::new();
    for (key, why) in reports {
        if let Some(which) = numbers(key, channel) {
            said.entry(which).or_insert(*why);
        }
    }
    if said.is_empty() {
        return Ok(0);
    }
    let of = |(message, account, round): &(i64, i64, i32)| {
        Condition::all().add(D::MessageId.eq(*message)).add(D::AccountId.eq(*account)).add(D::Round.eq(*round))
    };
    // One that is to be tried again may be there already: its answer was lost.
    let known = [Delivery::Sent, Delivery::Doubt, Delivery::Sending].map(Delivery::code);
    let queued = Condition::all().add(D::State.eq(Delivery::Queued.code())).add(D::Tries.gt(0));
    // Or was given up for want of an answer.
    let late = Condition::all().add(D::State.eq(Delivery::Failed.code())).add(D::Why.eq(Why::Late.code()));
    let open = || Condition::any().add(D::State.is_in(known)).add(queued.clone()).add(late.clone());
    let found: Vec<(i64, i64, i64, i32)> = delivery::Entity::find()
        .select_only()
        .columns([D::Id, D::MessageId, D::AccountId, D::Round])
        .filter(D::Channel.eq(channel.code()))
        .filter(said.keys().fold(Condition::any(), |any, which| any.add(of(which))))
        .filter(open())
        .into_tuple()
        .all(txn)
        .await?;
    let mut groups: BTreeMap<Option<Why>, Vec<(i64, i64, i64)>> = BTreeMap::new();
    for (id, message, account, round) in found {
        let why = said.get(&(message, account, round)).copied().flatten();
        groups.entry(why).or_default().push((id, message, account));
    }
    let mut count = 0;
    for (why, rows) in groups {
        let state = if why.is_some() { Delivery::Failed } else { Delivery::Delivered };
        let done = delivery::Entity::update_many()
            .col_expr(D::State, Expr::value(state.code()))
            .col_expr(D::Why, Expr::value(why.map_or("", Why::code)))
            .col_expr(D::EndedAt, Expr::value(now))
            .col_expr(D::Lease, Expr::value(""))
            .filter(D::Id.is_in(rows.iter().map(|r| r.0)))
            .filter(open())
            .exec(txn)
            .await?;
        count += done.rows_affected;
        if why.is_none() {
            use recipient::Column as R;
            let whose = rows.iter().fold(Condition::any(), |any, (_, message, account)| {
                any.add(Condition::all().add(R::MessageId.eq(*message)).add(R::AccountId.eq(*account)))
            });
            recipient::Entity::update_many()
                .col_expr(R::DeliveredAt, Expr::value(now))
                .filter(whose)
                .filter(R::DeliveredAt.is_null())
                .exec(txn)
                .await?;
        }
    }
    Ok(count)
}

/// Message, account and round of a key; `None` where it is none of this channel's.
fn numbers(key: &str, channel: Channel) -> Option<(i64, i64, i32)> {
    let parts: Vec<&str> = key.splitn(6, '-').collect();
    let ["pingji", message, account, of, round] = parts.as_slice() else { return None };
    if *of != channel.code() {
        return None;
    }
    Some((message.parse().ok()?, account.parse().ok()?, round.parse().ok()?))
}
