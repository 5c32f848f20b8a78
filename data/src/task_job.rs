//! What the job of the tasks does with the record: it opens what is due, ends what is not any more, tells upward what is late, and sends the digest.
//! Each transaction may be the last before a crash: a message is written in the transaction of the step that it tells of, so that the next run finds
//! either both or neither.

use crate::{
    Db, Error, WriteTxn, account, contact, recipients, sequence,
    task::{self, Column as C, Entity, Model, NUMBERS},
    task_facts::{self, Fact, SLOW},
};
use domain::{
    clock,
    permission::{Permission, Permissions, Role},
    rules::RuleSet,
    scope::Scope,
    task::{Act, Held, Kind, State, Terms, digest, level},
};
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::Expr};
use std::collections::{HashMap, HashSet, hash_map::Entry as Slot};

/// Rows of one transaction: few enough that the writer of records hardly waits.
const BATCH: usize = 50;
/// Name of the sequence that holds the last day whose digests went out.
const DIGESTED: &str = "task_digest";
/// Accounts that are looked at at once for their digests.
const PEOPLE: u64 = 100;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Tasks that came up, again too.
    pub opened: u64,
    /// Tasks whose fact is gone.
    pub done: u64,
    /// Tasks that were told upward.
    pub escalated: u64,
    /// Accounts that were told of something.
    pub told: u64,
}

type Key = (String, String, i32);

fn key_of(f: &Fact) -> Key {
    (f.kind.code().to_owned(), f.subject.clone(), f.due)
}

/// Makes tasks what the record says now. `slow`: cylinders, licences, certificates and scales, too, which go by the hour.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn run(db: &Db, rules: &RuleSet, slow: bool, now: i64) -> Result<Ran, Error> {
    let read = db.begin_read().await?;
    let facts = task_facts::gather(&read, rules, slow, now).await?;
    let kinds: Vec<&str> = Kind::ALL.iter().filter(|k| slow || !SLOW.contains(k)).map(|k| k.code()).collect();
    let open: Vec<Model> =
        Entity::find().filter(C::State.eq(State::Open.code())).filter(C::Kind.is_in(kinds)).all(&read).await?;
    let facts = standing(facts, &open);
    let wanted: HashSet<Key> = facts.iter().map(key_of).collect();
    let known: HashMap<Key, &Model> = open.iter().map(|m| ((m.kind.clone(), m.subject.clone(), m.due), m)).collect();
    let new: Vec<&Fact> = facts.iter().filter(|f| !known.contains_key(&key_of(f))).collect();
    let new = unless_closed(&read, new).await?;
    read.commit().await?;
    let mut ran = Ran::default();
    for chunk in new.chunks(BATCH) {
        let txn = db.begin_write().await?;
        for f in chunk {
            open_one(&txn, f, &mut ran, now).await?;
        }
        txn.commit().await?;
    }
    let changed: Vec<(&Model, &Fact)> =
        facts.iter().filter_map(|f| known.get(&key_of(f)).map(|m| (*m, f))).filter(|(m, f)| differs(m, f)).collect();
    for chunk in changed.chunks(BATCH) {
        let txn = db.begin_write().await?;
        for (m, f) in chunk {
            follow(&txn, m, f).await?;
        }
        txn.commit().await?;
    }
    let gone: Vec<&Model> =
        open.iter().filter(|m| !wanted.contains(&(m.kind.clone(), m.subject.clone(), m.due))).collect();
    for chunk in gone.chunks(BATCH) {
        let txn = db.begin_write().await?;
        for m in chunk {
            ran.done += u64::from(end(&txn, m, now).await?);
        }
        txn.commit().await?;
    }
    escalate(db, rules, &mut ran, now).await?;
    free(db, now).await?;
    Ok(ran)
}

/// What stands from month to month stays the task that it is: a station's cylinders past their inspection are one thing until they are none.
fn standing(facts: Vec<Fact>, open: &[Model]) -> Vec<Fact> {
    let days: HashMap<&str, i32> =
        open.iter().filter(|m| m.kind == Kind::Overdue.code()).map(|m| (m.subject.as_str(), m.due)).collect();
    let mut facts = facts;
    for f in facts.iter_mut().filter(|f| f.kind == Kind::Overdue) {
        if let Some(due) = days.get(f.subject.as_str()) {
            f.due = *due;
        }
    }
    facts
}

fn differs(m: &Model, f: &Fact) -> bool {
    (m.amount, &m.about, &m.link, m.division) != (f.amount, &f.about, &f.link, f.division)
        || m.scope != f.holder.to_string()
}

/// Of these, those that nobody closed by hand: looked up before the writer is asked for.
async fn unless_closed<'a, C2: ConnectionTrait>(db: &C2, facts: Vec<&'a Fact>) -> Result<Vec<&'a Fact>, Error> {
    let mut out = vec![];
    for chunk in facts.chunks(200) {
        let any = chunk.iter().fold(Condition::any(), |any, f| any.add(is(f)));
        let closed: Vec<(String, String, i32)> = Entity::find()
            .select_only()
            .columns([C::Kind, C::Subject, C::Due])
            .filter(any)
            .filter(C::State.eq(State::Closed.code()))
            .into_tuple()
            .all(db)
            .await?;
        let closed: HashSet<Key> = closed.into_iter().collect();
        out.extend(chunk.iter().filter(|f| !closed.contains(&key_of(f))).copied());
    }
    Ok(out)
}

fn is(f: &Fact) -> Condition {
    Condition::all().add(C::Kind.eq(f.kind.code())).add(C::Subject.eq(f.subject.as_str())).add(C::Due.eq(f.due))
}

/// Opens a task, or opens one again whose fact came back, and tells whoever can do it.
async fn open_one(txn: &WriteTxn, f: &Fact, ran: &mut Ran, now: i64) -> Result<(), Error> {
    // The number is taken first: its row is locked, so that of two runs at once one sees the other's task.
    let next = sequence::next(txn, NUMBERS).await?;
    let m = match Entity::find().filter(is(f)).one(txn).await? {
        Some(m) if m.state()? != State::Done => return Ok(()),
        Some(m) => {
            let version = m.version.saturating_add(1);
            let m = Model {
                state: State::Open.code().into(),
                scope: f.holder.to_string(),
                division: f.division,
                about: f.about.clone(),
                link: f.link.clone(),
                amount: f.amount,
                account_id: 0,
                level: 0,
                closed_at: None,
                version,
                ..m
            };
            Entity::update(m.clone().into_active_model().reset_all()).exec(txn).await?;
            m
        }
        None => {
            let m = Model {
                id: next,
                kind: f.kind.code().into(),
                subject: f.subject.clone(),
                due: f.due,
                scope: f.holder.to_string(),
                division: f.division,
                about: f.about.clone(),
                link: f.link.clone(),
                amount: f.amount,
                account_id: 0,
                state: State::Open.code().into(),
                level: 0,
                opened_at: now,
                closed_at: None,
                version: 1,
            };
            Entity::insert(m.clone().into_active_model().reset_all()).exec_without_returning(txn).await?;
            m
        }
    };
    task::put_step(txn, (m.id, m.version), Act::Open, (0, 0), "", now).await?;
    ran.opened += 1;
    if f.kind.is_told() {
        let ids = ids(task::people(txn, f.holder, f.kind.done_by(f.holder)).await?);
        let title = format!("新待办:{}", f.kind.text().zh);
        let key = format!("task-{}-{}", m.id, m.version);
        let body = task::body(&m, f.kind);
        ran.told += task::tell(txn, &key, (f.holder, &ids), (&title, &body), (f.kind.is_urgent(), now)).await?;
    }
    Ok(())
}

fn ids(people: Vec<(i64, String)>) -> Vec<i64> {
    people.into_iter().map(|p| p.0).collect()
}

/// Figures and names of an open task are those of its fact. One that moved to another holder is for whoever can do it there.
async fn follow(txn: &WriteTxn, m: &Model, f: &Fact) -> Result<(), Error> {
    let holder = f.holder.to_string();
    let moved = m.scope != holder;
    let changed = task::ActiveModel {
        amount: Set(f.amount),
        about: Set(f.about.clone()),
        link: Set(f.link.clone()),
        division: Set(f.division),
        account_id: if moved { Set(0) } else { sea_orm::NotSet },
        scope: Set(holder),
        ..<task::ActiveModel as Default>::default()
    };
    Entity::update_many().set(changed).filter(C::Id.eq(m.id)).filter(C::State.eq(State::Open.code())).exec(txn).await?;
    Ok(())
}

/// Ends a task whose fact is gone; false where somebody was quicker.
async fn end(txn: &WriteTxn, m: &Model, now: i64) -> Result<bool, Error> {
    let version = m.version.saturating_add(1);
    let done = Entity::update_many()
        .col_expr(C::State, Expr::value(State::Done.code()))
        .col_expr(C::ClosedAt, Expr::value(now))
        .col_expr(C::Version, Expr::value(version))
        .filter(C::Id.eq(m.id))
        .filter(C::State.eq(State::Open.code()))
        .filter(C::Version.eq(m.version))
        .exec(txn)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    task::put_step(txn, (m.id, version), Act::Done, (0, 0), "", now).await?;
    Ok(true)
}

/// Tells upward of what is late, a step every so many days.
async fn escalate(db: &Db, rules: &RuleSet, ran: &mut Ran, now: i64) -> Result<(), Error> {
    let (terms, today) = (Terms::of(rules), clock::local_day(now));
    if terms.escalate <= 0 {
        return Ok(());
    }
    let every = i32::try_from(terms.escalate).unwrap_or(i32::MAX);
    let late = Entity::find()
        .filter(C::State.eq(State::Open.code()))
        .filter(C::Due.lte(today.saturating_sub(every)))
        .filter(C::Level.lt(2))
        .order_by_asc(C::Id)
        .all(db.read())
        .await?;
    let mut want: Vec<(Model, Held, i16)> = vec![];
    for m in late {
        let held = m.held()?;
        let days = i64::from(today).saturating_sub(m.due.into());
        let to = level(days, terms.escalate, held.top_level());
        if to > m.level {
            want.push((m, held, to));
        }
    }
    for chunk in want.chunks(BATCH) {
        let txn = db.begin_write().await?;
        let places = recipients::places(&txn, chunk.iter().map(|w| w.1.holder)).await?;
        for (m, held, to) in chunk {
            let version = m.version.saturating_add(1);
            let done = Entity::update_many()
                .col_expr(C::Level, Expr::value(*to))
                .col_expr(C::Version, Expr::value(version))
                .filter(C::Id.eq(m.id))
                .filter(C::State.eq(State::Open.code()))
                .filter(C::Version.eq(m.version))
                .exec(&txn)
                .await?;
            if done.rows_affected == 0 {
                continue;
            }
            task::put_step(&txn, (m.id, version), Act::Escalate, (0, 0), &to.to_string(), now).await?;
            ran.escalated += 1;
            if !held.kind.is_told() {
                continue;
            }
            let who = places.get(&held.holder).map(|p| if p.0.is_empty() { &p.1 } else { &p.0 });
            let days = i64::from(today).saturating_sub(m.due.into());
            let title = format!("逾期上报:{}", held.kind.text().zh);
            let body = format!("{}{} 逾期 {days} 天。", task::body(m, held.kind), who.map_or("", String::as_str));
            // What was late from the beginning is told to all of them at once, each by a message of his own.
            for l in m.level.saturating_add(1)..=*to {
                let Some(scope) = held.superior(l) else { continue };
                let ids = ids(task::people(&txn, scope, held.kind.watched_by()).await?);
                let key = format!("task-{}-{version}-up{l}", m.id);
                ran.told +=
                    task::tell(&txn, &key, (scope, &ids), (&title, &body), (held.kind.is_urgent(), now)).await?;
            }
        }
        txn.commit().await?;
    }
    Ok(())
}

/// What was handed to somebody who is gone, or may not do it any more, is for whoever can again.
async fn free(db: &Db, now: i64) -> Result<(), Error> {
    let handed =
        Entity::find().filter(C::State.eq(State::Open.code())).filter(C::AccountId.gt(0)).all(db.read()).await?;
    let mut there: HashMap<(Scope, Permission), HashSet<i64>> = HashMap::new();
    for m in handed {
        let held = m.held()?;
        let place = (held.holder, held.kind.done_by(held.holder));
        let people = match there.entry(place) {
            Slot::Occupied(o) => o.into_mut(),
            Slot::Vacant(v) => {
                let people = task::people(db.read(), place.0, place.1).await?;
                v.insert(people.into_iter().map(|p| p.0).collect())
            }
        };
        if people.contains(&m.account_id) {
            continue;
        }
        let txn = db.begin_write().await?;
        let version = m.version.saturating_add(1);
        let done = Entity::update_many()
            .col_expr(C::AccountId, Expr::value(0_i64))
            .col_expr(C::Version, Expr::value(version))
            .filter(C::Id.eq(m.id))
            .filter(C::Version.eq(m.version))
            .exec(&txn)
            .await?;
        if done.rows_affected > 0 {
            task::put_step(&txn, (m.id, version), Act::Hand, (0, 0), "", now).await?;
            txn.commit().await?;
        }
    }
    Ok(())
}

/// Sends the digests of a day once its hour has come: one to each account that wants one and has something due or late. Tells how many.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn digests(db: &Db, rules: &RuleSet, now: i64) -> Result<u64, Error> {
    let today = clock::local_day(now);
    let Some(hour) = Terms::of(rules).digest else { return Ok(0) };
    if clock::local_minute(now) < hour * 60 || sequence::last(db.read(), DIGESTED).await? >= i64::from(today) {
        return Ok(0);
    }
    let read = db.begin_read().await?;
    let due: Vec<Model> = Entity::find()
        .filter(C::State.eq(State::Open.code()))
        .filter(C::Due.lte(today))
        .order_by_asc(C::Due)
        .order_by_asc(C::Id)
        .all(&read)
        .await?;
    read.commit().await?;
    let held = due.iter().map(Model::held).collect::<Result<Vec<_>, _>>()?;
    let (mut after, mut sent) = (0, 0);
    loop {
        // Who gets what is found out before the writer is asked for: each account is compared with all that is due.
        let read = db.begin_read().await?;
        let people = account::Entity::find()
            .filter(account::Column::Id.gt(after))
            .filter(account::Column::DisabledAt.is_null())
            .order_by_asc(account::Column::Id)
            .limit(PEOPLE)
            .all(&read)
            .await?;
        let ids: Vec<i64> = people.iter().map(|p| p.id).collect();
        let contacts = contact::of(&read, &ids).await?;
        let roles =
            account::role::Entity::find().filter(account::role::Column::AccountId.is_in(ids)).all(&read).await?;
        read.commit().await?;
        let Some(last) = people.last().map(|p| p.id) else {
            let txn = db.begin_write().await?;
            sequence::lock(&txn, DIGESTED).await?;
            sequence::set(&txn, DIGESTED, today.into()).await?;
            txn.commit().await?;
            return Ok(sent);
        };
        after = last;
        let mut may: HashMap<i64, Vec<Role>> = HashMap::new();
        for r in roles {
            if let Some(role) = Role::from_code(&r.role) {
                may.entry(r.account_id).or_default().push(role);
            }
        }
        let mut letters = vec![];
        for p in people.iter().filter(|p| contacts.get(&p.id).is_none_or(|c| c.digest)) {
            let (scope, may) = (p.scope()?, Permissions::of(may.get(&p.id).map_or(&[][..], Vec::as_slice)));
            let own: Vec<(Kind, &str, i32)> = due
                .iter()
                .zip(&held)
                .filter(|(_, h)| h.is_for(p.id, scope, may))
                .map(|(m, h)| (h.kind, m.about.as_str(), m.due))
                .collect();
            letters.extend(digest(&own, today).map(|(title, body)| (p.id, scope, title, body)));
        }
        for chunk in letters.chunks(BATCH) {
            let txn = db.begin_write().await?;
            for (id, scope, title, body) in chunk {
                let key = format!("digest-{id}-{today}");
                sent += task::tell(&txn, &key, (*scope, &[*id]), (title.as_str(), body.as_str()), (false, now)).await?;
            }
            txn.commit().await?;
        }
    }
}
