//! Calls: a row, its steps, and the row of the audit log, written together. Who called is sealed (decision 0011). A call that becomes a case does so
//! in one transaction with it.

use crate::{
    Db, Error, WriteTxn,
    attachment::Files,
    audit::{self, Actor},
    case::{self, Known},
    names,
    secret::{self, Master},
    sequence,
};
use domain::{
    call::{Act, Asked, Call, CallPage, Category, Entered, State, Step},
    case::{Channel, Reporter, Track},
    clock,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{Condition, DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*};
use std::collections::{HashMap, HashSet};

/// A row of `call`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// When he called, ms.
    pub at: i64,
    /// [`Category`] code.
    pub category: String,
    /// [`State`] code.
    pub state: String,
    /// [`Reporter`], sealed; empty for nobody.
    pub caller: String,
    /// GB/T 2260; 0 for none.
    pub division: i32,
    /// Organisation; 0 for none.
    pub org_id: i64,
    /// Tag; empty for none.
    pub tag: String,
    /// What was said.
    pub text: String,
    /// To whom it was handed over; empty for nobody.
    pub handed_to: String,
    /// Until when he is to be called back, ms.
    pub callback: Option<i64>,
    /// When he was, ms.
    pub called_back: Option<i64>,
    /// The case that came of it.
    pub case_id: Option<i64>,
    /// Hash of the form's key; of those without one their number.
    pub key: String,
    /// When it was entered, ms.
    pub entered_at: i64,
    /// By whom.
    pub account_id: i64,
    /// Steps.
    pub version: i64,
}

// Who called belongs into no log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.id).finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was done.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `call_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "call_step")]
    pub struct Model {
        /// Of which.
        #[sea_orm(primary_key, auto_increment = false)]
        pub call_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// When, ms.
        pub at: i64,
        /// [`domain::call::Act`] code.
        pub act: String,
        /// By whom.
        pub account_id: i64,
        /// In words.
        pub note: String,
        /// What was named with it.
        pub with: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows that the viewer may see: all, or those of a district. Calls are the authority's alone.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    match viewer.scope {
        Scope::City => Condition::all(),
        Scope::District(d) => Condition::all().add(Column::Division.eq(d)),
        Scope::Org(_) => Condition::all().add(Column::Id.lt(0)),
    }
}

fn purpose(id: i64) -> String {
    format!("call caller\n{id}")
}

impl Model {
    fn bad(&self, what: &str) -> Error {
        Error::Stored(format!("call {}: {what}", self.id))
    }

    fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| self.bad("state"))
    }

    fn category(&self) -> Result<Category, Error> {
        Category::from_code(&self.category).ok_or_else(|| self.bad("category"))
    }

    /// Who called; nobody where he did not say, or where this master key did not seal it.
    fn caller(&self, master: &Master) -> Reporter {
        let opened = master.open(&purpose(self.id), &self.caller);
        opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

/// Rows with the names of what they speak of, and who called masked.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, master: &Master, rows: Vec<Model>) -> Result<Vec<Call>, Error> {
    let orgs: HashSet<i64> = rows.iter().map(|m| m.org_id).filter(|id| *id > 0).collect();
    let orgs = names::orgs(db, orgs).await?;
    let districts: HashSet<i32> = rows.iter().map(|m| m.division).filter(|d| *d > 0).collect();
    let districts = names::districts(db, districts).await?;
    let cases: Vec<i64> = rows.iter().filter_map(|m| m.case_id).collect();
    let cases: HashMap<i64, String> = if cases.is_empty() {
        HashMap::new()
    } else {
        case::Entity::find()
            .select_only()
            .columns([case::Column::Id, case::Column::Number])
            .filter(case::Column::Id.is_in(cases))
            .into_tuple::<(i64, String)>()
            .all(db)
            .await?
            .into_iter()
            .collect()
    };
    rows.into_iter()
        .map(|m| {
            Ok(Call {
                id: m.id,
                at: m.at,
                category: m.category()?,
                state: m.state()?,
                caller: m.caller(master).masked(),
                division: m.division,
                district: match m.division {
                    0 => String::new(),
                    d => districts.get(&d).cloned().unwrap_or_else(|| d.to_string()),
                },
                org: m.org_id,
                org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
                callback: m.callback,
                called_back: m.called_back,
                case: m.case_id.map(|id| (id, cases.get(&id).cloned().unwrap_or_else(|| format!("#{id}")))),
                entered_at: m.entered_at,
                version: m.version,
                tag: m.tag,
                text: m.text,
                handed_to: m.handed_to,
            })
        })
        .collect()
}

/// One within the viewer's scope, with what was done.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, master: &Master, viewer: Viewer, id: i64) -> Result<Option<CallPage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&read).await? else { return Ok(None) };
    let done =
        step::Entity::find().filter(step::Column::CallId.eq(id)).order_by_asc(step::Column::No).all(&read).await?;
    let people = names::accounts(&read, done.iter().map(|s| s.account_id).collect::<HashSet<i64>>()).await?;
    let steps = done.into_iter().map(|s| {
        Ok(Step {
            at: s.at,
            act: Act::from_code(&s.act).ok_or_else(|| Error::Stored(format!("call {id}: step {}", s.no)))?,
            by: people.get(&s.account_id).cloned().unwrap_or_else(|| format!("#{}", s.account_id)),
            note: s.note,
            with: s.with,
        })
    });
    let steps = steps.collect::<Result<Vec<_>, Error>>()?;
    let call = lines(&read, master, vec![m]).await?.pop();
    read.commit().await?;
    Ok(call.map(|call| CallPage { call, steps }))
}

/// The calls that a case came of.
///
/// # Errors
/// When the database fails.
pub(crate) async fn of_case<C: ConnectionTrait>(db: &C, case: i64) -> Result<Vec<i64>, DbErr> {
    let q = Entity::find().select_only().column(Column::Id).filter(Column::CaseId.eq(case));
    q.order_by_asc(Column::Id).into_tuple().all(db).await
}

/// Who called, unmasked, for a purpose that goes into the audit log; `None` where there is none within the viewer's scope.
///
/// # Errors
/// When the database fails.
pub async fn unmask(
    db: &Db,
    master: &Master,
    viewer: Viewer,
    id: i64,
    purpose: &str,
    (by, now): (&Actor, i64),
) -> Result<Option<Reporter>, Error> {
    let txn = db.begin_write().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&txn).await? else { return Ok(None) };
    let caller = m.caller(master);
    let purpose: String = purpose.chars().filter(|c| !c.is_control()).take(200).collect();
    let detail = serde_json::json!({ "purpose": purpose });
    audit::append(&txn, by, now, "call.unmask", &format!("call {id}"), &detail).await?;
    txn.commit().await?;
    Ok(Some(caller))
}

/// A call as the case that it becomes.
fn as_case(
    (track, title, place): (Track, &str, &str),
    (caller, text, tag): (Reporter, &str, &str),
    (division, org, at): (i32, i64, Option<i64>),
    key: String,
) -> domain::case::Entered {
    domain::case::Entered {
        track,
        also_report: false,
        channel: Channel::Phone,
        external_no: String::new(),
        received_at: at,
        reporter: caller,
        division,
        org,
        tag: tag.to_owned(),
        place: place.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        wish: String::new(),
        key,
    }
}

/// What an entry leads to, or the field that lies outside what the viewer may see, as it is with cases.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &Db, viewer: Viewer, e: &Entered) -> Result<Result<Known, &'static str>, Error> {
    let said = (Reporter::default(), e.text.as_str(), e.tag.as_str());
    let like = as_case((Track::Suggestion, "", ""), said, (e.division, e.org, e.at), String::new());
    case::known(db, viewer, &like).await
}

/// What came of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It bears this number.
    New(i64),
    /// The same form was sent before and made this one: nothing was written.
    Twice(i64),
}

/// Enters a call, with its first step and its row of the audit log.
///
/// # Errors
/// When the database fails, or what must be sealed cannot be.
pub async fn enter(
    db: &Db,
    master: &Master,
    (e, known): (&Entered, &Known),
    (by, now): (&Actor, i64),
) -> Result<Entry, Error> {
    let txn = db.begin_write().await?;
    // Nobody else gets a number until the commit, so that of two at once one sees the other.
    let id = sequence::next(&txn, "call").await?;
    let key = if e.key.is_empty() { format!("#{id}") } else { secret::sha(&e.key) };
    if let Some(m) = Entity::find().filter(Column::Key.eq(key.as_str())).one(&txn).await? {
        return Ok(Entry::Twice(m.id));
    }
    let caller = if e.caller.is_nobody() {
        String::new()
    } else {
        let json = serde_json::to_vec(&e.caller).map_err(|e| Error::Stored(e.to_string()))?;
        master.seal(&purpose(id), &json).ok_or_else(|| Error::Stored(format!("call {id}: sealing")))?
    };
    let row = Model {
        id,
        at: e.at.map_or(now, |at| at.min(now)),
        category: e.category.code().into(),
        state: State::Open.code().into(),
        caller,
        division: known.division,
        org_id: known.org,
        tag: e.tag.clone(),
        text: e.text.clone(),
        handed_to: String::new(),
        callback: e.callback,
        called_back: None,
        case_id: None,
        key,
        entered_at: now,
        account_id: by.account,
        version: 1,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&txn).await?;
    put_step(&txn, (id, 1), Act::Enter, ("", ""), (by.account, now)).await?;
    let detail = serde_json::json!({ "category": e.category.code(), "callback": e.callback });
    audit::append(&txn, by, now, "call.enter", &format!("call {id}"), &detail).await?;
    txn.commit().await?;
    Ok(Entry::New(id))
}

async fn put_step(
    txn: &WriteTxn,
    (id, no): (i64, i64),
    act: Act,
    (note, with): (&str, &str),
    (account, now): (i64, i64),
) -> Result<(), Error> {
    let row = step::Model {
        call_id: id,
        no: i32::try_from(no).unwrap_or(i32::MAX),
        at: now,
        act: act.code().into(),
        account_id: account,
        note: note.to_owned(),
        with: with.to_owned(),
    };
    step::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(())
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken; of one that became a case with its receipt.
    Taken(Option<domain::case::Receipt>),
    /// There is no such call within the viewer's scope.
    Unknown,
    /// It cannot be done in the state that it is in.
    NotNow,
    /// Something was done since it was looked at.
    Stale,
    /// A field does not fit this call.
    Field(&'static str),
}

/// Does something with a call within the viewer's scope; one that becomes a case does so in the same transaction.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act(
    db: &Db,
    (master, rules): (&Master, &RuleSet),
    viewer: Viewer,
    (id, asked): (i64, &Asked),
    (by, now): (&Actor, i64),
) -> Result<Done, Error> {
    // What the case is about is looked up before the writer is held.
    let found = Entity::find_by_id(id).filter(within(viewer)).one(db.read()).await?;
    let Some(before) = found else { return Ok(Done::Unknown) };
    let track = asked.track.unwrap_or_else(|| before.category().map_or(Track::Complaint, Category::track));
    let like = as_case(
        (track, &asked.title, &asked.place),
        (before.caller(master), &before.text, &before.tag),
        (before.division, before.org_id, Some(before.at)),
        format!("call-case-{id:016}"),
    );
    let known = match asked.act {
        Act::Case => match case::known(db, viewer, &like).await? {
            Ok(known) => Some(known),
            Err(field) => return Ok(Done::Field(field)),
        },
        _ => None,
    };
    let txn = db.begin_write().await?;
    let found = Entity::find_by_id(id).filter(within(viewer));
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let found = if postgres { found.lock_exclusive().one(&txn).await? } else { found.one(&txn).await? };
    let Some(m) = found else { return Ok(Done::Unknown) };
    if asked.seen != m.version && !asked.act.is_never_late() {
        return Ok(Done::Stale);
    }
    let waits = m.callback.is_some() && m.called_back.is_none();
    let to = match asked.act {
        Act::CallBack if !waits => None,
        Act::Promise if waits => None,
        act => m.state()?.next(act),
    };
    let Some(to) = to else { return Ok(Done::NotNow) };
    let mut receipt = None;
    if let Some(known) = known {
        receipt = match case::enter_in(&txn, master, rules, (&like, &known), Files::default(), (by, now)).await? {
            case::Entry::New(all) => all.into_iter().next(),
            // The state says that it is none yet, so that this cannot be.
            case::Entry::Twice(_) | case::Entry::Conflict | case::Entry::Gone => return Ok(Done::Stale),
        };
    }
    let version = m.version.saturating_add(1);
    let with = match asked.act {
        Act::Hand => asked.with.clone(),
        Act::Promise => asked.callback.map(clock::local_text).unwrap_or_default(),
        Act::Case => receipt.as_ref().map(|r| r.number.clone()).unwrap_or_default(),
        _ => String::new(),
    };
    let promised = asked.act == Act::Promise;
    let changed = ActiveModel {
        state: Set(to.code().into()),
        handed_to: Set(if asked.act == Act::Hand { asked.with.clone() } else { m.handed_to.clone() }),
        callback: Set(if promised { asked.callback } else { m.callback }),
        called_back: Set(match asked.act {
            Act::CallBack => Some(now),
            // What is promised anew is yet to be done.
            Act::Promise => None,
            _ => m.called_back,
        }),
        case_id: Set(receipt.as_ref().map(|r| r.id).or(m.case_id)),
        version: Set(version),
        ..<ActiveModel as Default>::default()
    };
    let n = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(m.version))
        .exec(&txn)
        .await?;
    if n.rows_affected == 0 {
        return Ok(Done::Stale);
    }
    put_step(&txn, (id, version), asked.act, (&asked.note, &with), (by.account, now)).await?;
    // To whom it was handed is words, and may name somebody: they stand in the step, not in a log that nothing is taken out of.
    let detail = serde_json::json!({ "act": asked.act.code() });
    audit::append(&txn, by, now, "call.act", &format!("call {id}"), &detail).await?;
    txn.commit().await?;
    Ok(Done::Taken(receipt))
}
