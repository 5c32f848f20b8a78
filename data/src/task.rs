//! Tasks: what is due, for whoever can do it (S0-51). A row is unique by what it is, of what, and by when; it is opened, told upward and
//! ended by the job (`task_job`), handed over and closed by people.

use crate::{
    Db, Error, account,
    audit::{self, Actor},
    message, names, recipients,
};
use domain::{
    message::{Audience, Channel, Composed, Kind as MessageKind, Whom},
    permission::{Permission, Permissions, Role},
    scope::{Scope, Viewer},
    task::{Act, Asked, Counts, Held, Kind, State, Step, Task, TaskPage},
};
use sea_orm::{
    Condition, DbBackend, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use std::collections::{BTreeMap, HashSet};

/// Name of the sequence of numbers.
pub(crate) const NUMBERS: &str = "task";

/// A row of `task`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// [`Kind`] code.
    pub kind: String,
    /// Of what: a word and a number of the record.
    pub subject: String,
    /// Last local day.
    pub due: i32,
    /// Whose part of the city is to do it.
    pub scope: String,
    /// The district that lies in; 0 for none.
    pub division: i32,
    /// Of what, by name.
    pub about: String,
    /// The page where it is done.
    pub link: String,
    /// How many things; 0 where nothing is counted.
    pub amount: i64,
    /// To whom it was handed; 0 for whoever can.
    pub account_id: i64,
    /// [`State`] code.
    pub state: String,
    /// How far up it was told.
    pub level: i16,
    /// When it came up, ms.
    pub opened_at: i64,
    /// When it ended, ms.
    pub closed_at: Option<i64>,
    /// Steps.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What happened.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `task_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_step")]
    pub struct Model {
        /// Of which.
        #[sea_orm(primary_key, auto_increment = false)]
        pub task_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// When, ms.
        pub at: i64,
        /// [`domain::task::Act`] code.
        pub act: String,
        /// By whom; 0 for the system.
        pub account_id: i64,
        /// To whom; 0 for nobody by name.
        pub to_id: i64,
        /// Why.
        pub note: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Model {
    fn bad(&self, what: &str) -> Error {
        Error::Stored(format!("task {}: {what}", self.id))
    }

    /// What is to be done.
    ///
    /// # Errors
    /// When what is stored is no kind.
    pub fn kind(&self) -> Result<Kind, Error> {
        Kind::from_code(&self.kind).ok_or_else(|| self.bad("kind"))
    }

    /// How it stands.
    ///
    /// # Errors
    /// When what is stored is no state.
    pub fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| self.bad("state"))
    }

    /// Whose it is.
    ///
    /// # Errors
    /// When what is stored is no kind or no scope.
    pub fn held(&self) -> Result<Held, Error> {
        let holder = self.scope.parse().map_err(Error::Stored)?;
        Ok(Held { kind: self.kind()?, holder, division: self.division, account: self.account_id, level: self.level })
    }
}

/// Codes of the kinds for which something is held.
fn kinds(holds: impl Fn(Kind) -> bool) -> Vec<&'static str> {
    Kind::ALL.iter().copied().filter(|k| holds(*k)).map(Kind::code).collect()
}

/// Tasks that are somebody's: [`Held::is_for`] as a condition; a test compares them.
#[must_use]
pub fn mine(account: i64, scope: Scope, may: Permissions) -> Condition {
    let does = kinds(|k| may.has(k.done_by(scope)));
    let watches = kinds(|k| may.has(k.watched_by()));
    let own = Condition::all()
        .add(Column::Scope.eq(scope.to_string()))
        .add(Column::Kind.is_in(does))
        .add(Column::AccountId.is_in([0, account]));
    let all = Condition::any().add(own);
    let told = match scope {
        Scope::Org(_) => return all,
        Scope::District(d) => Condition::all()
            .add(Column::Division.eq(d))
            .add(Column::Scope.starts_with("org:"))
            .add(Column::Level.gte(1)),
        Scope::City => {
            let nearer = Condition::any().add(Column::Division.eq(0)).add(Column::Scope.starts_with("district:"));
            let high =
                Condition::any().add(Column::Level.gte(2)).add(Condition::all().add(Column::Level.gte(1)).add(nearer));
            Condition::all().add(Column::Scope.ne(scope.to_string())).add(high)
        }
    };
    all.add(Condition::all().add(Column::Kind.is_in(watches)).add(told))
}

/// Tasks that somebody sees: [`Held::is_seen_by`] as a condition.
#[must_use]
pub fn seen(scope: Scope, may: Permissions) -> Condition {
    let own = scope.to_string();
    let does = kinds(|k| may.has(k.done_by(scope)));
    let doing = Condition::all().add(Column::Scope.eq(own.as_str())).add(Column::Kind.is_in(does));
    if matches!(scope, Scope::Org(_)) {
        return doing;
    }
    let watches = kinds(|k| may.has(k.watched_by()));
    let watching = Condition::all().add(Column::Scope.ne(own)).add(Column::Kind.is_in(watches));
    let all = Condition::all().add(Condition::any().add(doing).add(watching));
    match scope {
        Scope::District(d) => {
            all.add(Condition::any().add(Column::Division.eq(d)).add(Column::Scope.eq(scope.to_string())))
        }
        _ => all,
    }
}

/// How many tasks of somebody's are open.
///
/// # Errors
/// When the database fails.
pub async fn counts<C: ConnectionTrait>(
    db: &C,
    (account, scope, may): (i64, Scope, Permissions),
    today: i32,
) -> Result<Counts, DbErr> {
    // A number of ours: nothing that was sent stands in it.
    let sum = |how: &str| {
        Expr::cust(format!("CAST(COALESCE(SUM(CASE WHEN \"due\" {how} {today} THEN 1 ELSE 0 END), 0) AS bigint)"))
    };
    let q = sea_orm::sea_query::Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .expr(sum("="))
        .expr(sum("<"))
        .from(Entity)
        .cond_where(mine(account, scope, may))
        .and_where(Expr::col(Column::State).eq(State::Open.code()))
        .to_owned();
    let Some(row) = db.query_one(&q).await? else { return Ok(Counts::default()) };
    let n = |i: usize| row.try_get_by_index::<i64>(i).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(Counts { open: n(0)?, today: n(1)?, late: n(2)? })
}

/// Rows with the names of what they speak of.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<Vec<Task>, Error> {
    let held = rows.iter().map(Model::held).collect::<Result<Vec<_>, _>>()?;
    let places = recipients::places(db, held.iter().map(|h| h.holder)).await?;
    let people: HashSet<i64> = rows.iter().map(|m| m.account_id).filter(|a| *a > 0).collect();
    let people = names::accounts(db, people).await?;
    rows.into_iter()
        .zip(held)
        .map(|(m, h)| {
            let holder = match h.holder {
                Scope::City => String::new(),
                other => places.get(&other).map(name_of).unwrap_or_default(),
            };
            Ok(Task {
                id: m.id,
                kind: h.kind,
                amount: m.amount,
                due: m.due,
                state: m.state()?,
                holder,
                person: match m.account_id {
                    0 => String::new(),
                    a => people.get(&a).cloned().unwrap_or_else(|| format!("#{a}")),
                },
                level: m.level,
                opened_at: m.opened_at,
                closed_at: m.closed_at,
                version: m.version,
                about: m.about,
                link: m.link,
            })
        })
        .collect()
}

/// The organisation, or where there is none the district.
fn name_of(place: &(String, String)) -> String {
    if place.0.is_empty() { place.1.clone() } else { place.0.clone() }
}

/// Accounts of a part of the city that hold a permission, by id and name.
///
/// # Errors
/// When the database fails.
pub(crate) async fn people<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    permission: Permission,
) -> Result<Vec<(i64, String)>, DbErr> {
    let roles: Vec<&str> =
        Role::ALL.iter().filter(|r| r.permissions().contains(&permission)).map(|r| r.code()).collect();
    let held = account::role::Entity::find()
        .select_only()
        .column(account::role::Column::AccountId)
        .filter(account::role::Column::Role.is_in(roles))
        .into_query();
    account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name])
        .filter(account::Column::Scope.eq(scope.to_string()))
        .filter(account::Column::DisabledAt.is_null())
        .filter(account::Column::Id.in_subquery(held))
        .order_by_asc(account::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Braces in what people wrote are no fields of a message.
pub(crate) fn plain(text: &str) -> String {
    text.replace('{', "\u{ff5b}").replace('}', "\u{ff5d}")
}

/// Tells accounts something of a task, once: the key names the task and its step. Who is not to be disturbed now reads it when his quiet
/// hours are over.
///
/// # Errors
/// When the database fails.
pub(crate) async fn tell<C: ConnectionTrait>(
    txn: &C,
    key: &str,
    (scope, ids): (Scope, &[i64]),
    (title, body): (&str, &str),
    (urgent, now): (bool, i64),
) -> Result<u64, Error> {
    let (contacts, usual) = (crate::contact::of(txn, ids).await?, crate::contact::usual(txn).await?);
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for id in ids {
        let quiet = contacts.get(id).map_or(usual, |c| c.quiet(usual));
        groups.entry(if urgent { now } else { quiet.after(now) }).or_default().push(*id);
    }
    let told = ids.len() as u64;
    let several = groups.len() > 1;
    for (send_at, ids) in groups {
        // Each group's first is in no other. One group alone bears the plain key: tried again later it is still the same message.
        let key = if several { format!("{key}-{}", ids.first().unwrap_or(&0)) } else { key.to_owned() };
        let c = Composed {
            title: plain(title).chars().take(domain::message::TITLE_MAX).collect(),
            body: plain(body).chars().take(domain::message::BODY_MAX).collect(),
            channels: vec![Channel::Inbox],
            audience: Audience { whom: Whom::Accounts(ids), roles: vec![] },
            send_at,
            urgent,
        };
        message::announce(txn, (MessageKind::Task, &key), scope, &c, now).await?;
    }
    Ok(told)
}

/// Writes a step.
///
/// # Errors
/// When the database fails.
pub(crate) async fn put_step<C: ConnectionTrait>(
    txn: &C,
    (id, no): (i64, i64),
    act: Act,
    (by, to): (i64, i64),
    note: &str,
    now: i64,
) -> Result<(), DbErr> {
    let row = step::Model {
        task_id: id,
        no: i32::try_from(no).unwrap_or(i32::MAX),
        at: now,
        act: act.code().into(),
        account_id: by,
        to_id: to,
        note: note.to_owned(),
    };
    step::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(())
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The account.
    pub account: i64,
    /// Its part of the city.
    pub scope: Scope,
    /// What it may do.
    pub may: Permissions,
}

impl Asker {
    fn sees(self) -> Condition {
        seen(self.scope, self.may)
    }

    /// Of an account and its part of the city.
    #[must_use]
    pub const fn new(account: i64, viewer: Viewer, may: Permissions) -> Self {
        Self { account, scope: viewer.scope, may }
    }
}

/// One within sight, with what happened to it.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, asker: Asker, id: i64, today: i32) -> Result<Option<TaskPage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = Entity::find_by_id(id).filter(asker.sees()).one(&read).await? else { return Ok(None) };
    let (held, state) = (m.held()?, m.state()?);
    let done =
        step::Entity::find().filter(step::Column::TaskId.eq(id)).order_by_asc(step::Column::No).all(&read).await?;
    // An enterprise reads that its task was told upward or closed, not which officer did so.
    let own: HashSet<i64> = match asker.scope {
        Scope::Org(_) => {
            people(&read, asker.scope, held.kind.done_by(asker.scope)).await?.into_iter().map(|p| p.0).collect()
        }
        _ => done.iter().flat_map(|s| [s.account_id, s.to_id]).filter(|a| *a > 0).collect(),
    };
    let names = names::accounts(&read, own).await?;
    let name = |id: i64| names.get(&id).cloned().unwrap_or_default();
    let steps = done.into_iter().map(|s| {
        let act = Act::from_code(&s.act).ok_or_else(|| Error::Stored(format!("task {id}: step {}", s.no)))?;
        Ok(Step { at: s.at, act, by: name(s.account_id), to: name(s.to_id), note: s.note })
    });
    let steps = steps.collect::<Result<Vec<_>, Error>>()?;
    let open = state == State::Open;
    let people = if open && held.may_hand(asker.scope, asker.may) {
        people(&read, held.holder, held.kind.done_by(held.holder)).await?
    } else {
        vec![]
    };
    let task = lines(&read, vec![m]).await?.pop();
    read.commit().await?;
    let may_close = open && held.may_close(asker.scope, asker.may);
    Ok(task.map(|task| TaskPage { task, steps, people, may_close, today }))
}

/// What came of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken.
    Taken,
    /// There is no such task within sight.
    Unknown,
    /// This account may not do it.
    Forbidden,
    /// It ended, or something was done since it was looked at.
    Stale,
    /// A field does not fit this task.
    Field(&'static str),
}

/// Hands a task over, closes it, or adds a remark, with its row of the audit log.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act(db: &Db, asker: Asker, (id, asked): (i64, &Asked), (by, now): (&Actor, i64)) -> Result<Done, Error> {
    let txn = db.begin_write().await?;
    let found = Entity::find_by_id(id).filter(asker.sees());
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let found = if postgres { found.lock_exclusive().one(&txn).await? } else { found.one(&txn).await? };
    let Some(m) = found else { return Ok(Done::Unknown) };
    let held = m.held()?;
    if m.state()? != State::Open && asked.act != Act::Remark {
        return Ok(Done::Stale);
    }
    let may = match asked.act {
        Act::Hand => held.may_hand(asker.scope, asker.may),
        Act::Close => held.may_close(asker.scope, asker.may),
        Act::Remark => true,
        _ => false,
    };
    if !may {
        return Ok(Done::Forbidden);
    }
    if asked.seen != m.version && asked.act != Act::Remark {
        return Ok(Done::Stale);
    }
    let version = m.version.saturating_add(1);
    let mut changed = ActiveModel { version: Set(version), ..<ActiveModel as Default>::default() };
    match asked.act {
        Act::Hand => {
            let there = people(&txn, held.holder, held.kind.done_by(held.holder)).await?;
            if asked.to == m.account_id || (asked.to > 0 && !there.iter().any(|p| p.0 == asked.to)) {
                return Ok(Done::Field("to"));
            }
            changed.account_id = Set(asked.to);
        }
        Act::Close => {
            changed.state = Set(State::Closed.code().into());
            changed.closed_at = Set(Some(now));
        }
        _ => {}
    }
    let mine = Entity::update_many().set(changed).filter(Column::Id.eq(id)).filter(Column::Version.eq(m.version));
    if mine.exec(&txn).await?.rows_affected == 0 {
        return Ok(Done::Stale);
    }
    put_step(&txn, (id, version), asked.act, (by.account, asked.to), &asked.note, now).await?;
    if asked.act == Act::Hand && asked.to > 0 && asked.to != by.account {
        let title = format!("转交给您的待办:{}", held.kind.text().zh);
        let key = format!("task-{id}-{version}");
        tell(&txn, &key, (held.holder, &[asked.to]), (&title, &body(&m, held.kind)), (held.kind.is_urgent(), now))
            .await?;
    }
    let detail = serde_json::json!({ "act": asked.act.code(), "to": asked.to });
    audit::append(&txn, by, now, "task.act", &format!("task {id}"), &detail).await?;
    txn.commit().await?;
    Ok(Done::Taken)
}

/// What a message says of a task.
pub(crate) fn body(m: &Model, kind: Kind) -> String {
    let date = domain::clock::date_of(m.due);
    let amount = if m.amount > 0 { format!("({} 只)", m.amount) } else { String::new() };
    format!("{}:{}{amount},期限 {date}。请在“待办”中办理(编号 {})。", kind.text().zh, m.about, m.id)
}
