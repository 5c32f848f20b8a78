//! The registers of accidents and hazards: one table, since both are the same but for what grades them. Nothing is taken out: what was
//! entered by mistake is withdrawn, and counts for nothing.

use crate::{Db, Error, credit, cylinder, history, names, org, reference::division, sequence, site};
use chrono::NaiveDate;
use domain::{
    analysis::Span,
    clock,
    credit::Origin,
    incident::{Act, Asked, Entered, Grade, Harm, Incident, Kind, Level, Register, State, Step},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DbBackend, IntoActiveModel, PaginatorTrait, QueryOrder, QuerySelect, Set, entity::prelude::*,
};
use std::collections::HashSet;

/// A row of `incident`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    /// Number, over both registers.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// [`Register`] number.
    pub register: i16,
    /// When it happened or was found, ms.
    pub at: i64,
    /// [`Level`] number, for the list's filter: of an accident it follows from the harm.
    pub level: i16,
    /// [`Kind`] code.
    pub kind: String,
    /// [`State`] code.
    pub state: String,
    /// GB/T 2260.
    pub division: i32,
    /// Organisation; 0 for none.
    pub org_id: i64,
    /// Place.
    pub place: String,
    /// Tag; empty for none.
    pub tag: String,
    /// The cylinder that the tag led to.
    pub cylinder_id: Option<i64>,
    /// What happened.
    pub brief: String,
    /// Dead.
    pub dead: i32,
    /// 重伤
    pub serious: i32,
    /// 轻伤
    pub minor: i32,
    /// Loss, yuan.
    pub loss_yuan: i64,
    /// Cause.
    pub cause: String,
    /// Check item; empty for none.
    pub item: String,
    /// Last day of the rectification.
    pub due: Option<Date>,
    /// When it was entered, ms.
    pub entered_at: i64,
    /// By whom.
    pub account_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Steps of the handling.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `incident_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "incident_step")]
    pub struct Model {
        /// Of which.
        #[sea_orm(primary_key, auto_increment = false)]
        pub incident_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// When, ms.
        pub at: i64,
        /// By whom.
        pub account_id: i64,
        /// [`domain::incident::Act`] code.
        pub act: String,
        /// Why.
        pub note: String,
        /// What changed: JSON list of field, before, after.
        pub changed: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows that the viewer may see: all, those in a district, or those that an organisation answers for.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    Condition::all().add_option(match viewer.scope {
        Scope::City => None,
        Scope::District(d) => Some(Column::Division.eq(d)),
        Scope::Org(o) => Some(Column::OrgId.eq(o)),
    })
}

impl Model {
    fn register(&self) -> Result<Register, Error> {
        let found = Register::ALL.iter().copied().find(|r| r.number() == self.register);
        found.ok_or_else(|| Error::Stored(format!("incident {}: register {}", self.id, self.register)))
    }

    fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| Error::Stored(format!("incident {}: state", self.id)))
    }

    const fn harm(&self) -> Harm {
        Harm { dead: self.dead, serious: self.serious, minor: self.minor, loss_yuan: self.loss_yuan }
    }
}

/// Rows with the names of what they speak of.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<Vec<Incident>, Error> {
    let orgs: HashSet<i64> = rows.iter().map(|m| m.org_id).filter(|id| *id > 0).collect();
    let orgs = names::orgs(db, orgs).await?;
    let districts: HashSet<i32> = rows.iter().map(|m| m.division).collect();
    let districts = names::districts(db, districts).await?;
    rows.into_iter()
        .map(|m| {
            let (register, state, harm) = (m.register()?, m.state()?, m.harm());
            let bad = |what: &str| Error::Stored(format!("incident {}: {what}", m.id));
            Ok(Incident {
                id: m.id,
                register,
                at: m.at,
                level: Level::from_number(register, m.level).ok_or_else(|| bad("level"))?,
                kind: Kind::from_code(&m.kind).ok_or_else(|| bad("kind"))?,
                state,
                division: m.division,
                district: districts.get(&m.division).cloned().unwrap_or_else(|| m.division.to_string()),
                place: m.place,
                org: m.org_id,
                org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
                tag: m.tag,
                brief: m.brief,
                harm,
                cause: m.cause,
                item: m.item,
                due: m.due,
                entered_at: m.entered_at,
            })
        })
        .collect()
}

/// One within the viewer's scope, with what was done. An organisation reads of its own what was done and when; which officer did
/// it, what the authority noted of it, and what was entered by mistake is not for it.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, viewer: Viewer, register: Register, id: i64) -> Result<Option<(Incident, Vec<Step>)>, Error> {
    let read = db.begin_read().await?;
    let outside = matches!(viewer.scope, Scope::Org(_));
    let mut found = Entity::find_by_id(id).filter(Column::Register.eq(register.number())).filter(within(viewer));
    if outside {
        found = found.filter(Column::State.ne(State::Withdrawn.code()));
    }
    let found = found.all(&read).await?;
    let Some(line) = lines(&read, found).await?.pop() else { return Ok(None) };
    let steps =
        step::Entity::find().filter(step::Column::IncidentId.eq(id)).order_by_asc(step::Column::No).all(&read).await?;
    let ids: HashSet<i64> = if outside { HashSet::new() } else { steps.iter().map(|s| s.account_id).collect() };
    let names = names::accounts(&read, ids).await?;
    read.commit().await?;
    let by = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("#{id}"));
    let steps = steps.into_iter().map(|s| {
        let bad = || Error::Stored(format!("incident {id}: step {}", s.no));
        Ok(Step {
            at: s.at,
            act: Act::from_code(&s.act).ok_or_else(bad)?,
            by: if outside { String::new() } else { by(s.account_id) },
            note: if outside { String::new() } else { s.note },
            changed: serde_json::from_str(&s.changed).map_err(|_| Error::Stored(format!("incident {id}: changes")))?,
        })
    });
    Ok(Some((line, steps.collect::<Result<_, Error>>()?)))
}

/// How many of a register there are within the viewer's scope that happened, or were found, on these days. What was withdrawn does not count.
///
/// # Errors
/// When the database fails.
pub async fn count<C: ConnectionTrait>(db: &C, viewer: Viewer, register: Register, days: Span) -> Result<i64, Error> {
    let n = Entity::find()
        .filter(Column::Register.eq(register.number()))
        .filter(within(viewer))
        .filter(Column::State.ne(State::Withdrawn.code()))
        .filter(Column::At.gte(clock::day_start(days.first)))
        .filter(Column::At.lt(clock::day_start(days.last.saturating_add(1))))
        .count(db)
        .await?;
    Ok(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What an entry chooses from: districts and organisations within the viewer's scope, code and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Districts.
    pub districts: Vec<(i32, String)>,
    /// Organisations.
    pub orgs: Vec<(i64, String)>,
}

/// What an entry within the viewer's scope chooses from: all districts of the cities in which there are sites, since something may
/// happen in a district that has none.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &Db, viewer: Viewer) -> Result<Choices, Error> {
    let sites: Vec<i32> = site::Entity::find()
        .select_only()
        .column(site::Column::Division)
        .filter(site::Column::Kind.ne(site::VIRTUAL))
        .distinct()
        .into_tuple()
        .all(db.read())
        .await?;
    let cities: HashSet<i32> = sites.iter().map(|d| d / 100 * 100).collect();
    let seat = match viewer.scope {
        Scope::Org(id) => org::Entity::find_by_id(id).one(db.read()).await?.map(|o| o.division),
        _ => None,
    };
    let all = division::Entity::find()
        .filter(division::Column::Parent.is_in(cities))
        .order_by_asc(division::Column::Code)
        .all(db.read())
        .await?;
    let sees = |d: i32| match viewer.scope {
        Scope::City => true,
        Scope::District(own) => d == own,
        Scope::Org(_) => seat == Some(d),
    };
    let orgs = org::Entity::find()
        .filter(crate::scope::within(viewer, org::Column::Id))
        .order_by_asc(org::Column::Name)
        .order_by_asc(org::Column::Id)
        .all(db.read())
        .await?;
    Ok(Choices {
        districts: all.into_iter().filter(|d| sees(d.code)).map(|d| (d.code, d.name)).collect(),
        orgs: orgs.into_iter().map(|o| (o.id, o.name)).collect(),
    })
}

/// The cylinder that an entry names, or the field that lies outside what the viewer may see.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &Db, viewer: Viewer, e: &Entered) -> Result<Result<Option<i64>, &'static str>, Error> {
    let c = choices(db, viewer).await?;
    if !c.districts.iter().any(|d| d.0 == e.division) {
        return Ok(Err("district"));
    }
    let org_fits = match viewer.scope {
        // An organisation speaks of itself.
        Scope::Org(own) => e.org == own,
        _ => e.org == 0 || c.orgs.iter().any(|o| o.0 == e.org),
    };
    if !org_fits {
        return Ok(Err("org"));
    }
    if e.tag.is_empty() {
        return Ok(Ok(None));
    }
    // Any cylinder may lie where something happened, also one that nobody registered: it is noted by its tag.
    let found: Option<cylinder::Model> = history::seen(db.read(), viewer, &e.tag).await?;
    Ok(Ok(found.map(|c| c.id)))
}

/// Whether the tag that one names leads to a cylinder that the viewer may see.
///
/// # Errors
/// When the database fails.
pub async fn traced(db: &Db, viewer: Viewer, tag: &str) -> Result<bool, Error> {
    Ok(!tag.is_empty() && history::seen(db.read(), viewer, tag).await?.is_some())
}

/// How long the same words of the same account are taken for a form that was sent twice, ms.
const TWICE_WITHIN: i64 = clock::MINUTE_MS;

/// What came of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It bears this number.
    New(i64),
    /// The account entered the same a moment ago, under this number: nothing was written.
    Twice(i64),
}

/// Enters one with its first step, and tells its number.
///
/// # Errors
/// When the database fails.
pub async fn enter<C: ConnectionTrait>(
    txn: &C,
    e: &Entered,
    cylinder: Option<i64>,
    account: i64,
    now: i64,
) -> Result<Entry, Error> {
    // Nobody else gets a number until the commit, so that of two at once one sees the other.
    let id = sequence::next(txn, "incident").await?;
    let level = match e.severity {
        Some(s) => Level::Hazard(s),
        None => Level::Accident(Grade::of(e.harm)),
    };
    let row = Model {
        id,
        register: e.register.number(),
        at: e.at,
        level: level.number(),
        kind: e.kind.code().into(),
        state: State::Open.code().into(),
        division: e.division,
        org_id: e.org,
        place: e.place.clone(),
        tag: e.tag.clone(),
        cylinder_id: cylinder,
        brief: e.brief.clone(),
        dead: e.harm.dead,
        serious: e.harm.serious,
        minor: e.harm.minor,
        loss_yuan: e.harm.loss_yuan,
        cause: e.cause.clone(),
        item: e.item.clone(),
        due: None,
        entered_at: now,
        account_id: account,
    };
    if let Some(id) = before(txn, &row).await? {
        return Ok(Entry::Twice(id));
    }
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    put_step(txn, (id, 1), Act::Enter, "", &[], account, now).await?;
    credit::touch(txn, Origin::Hazard, id).await?;
    Ok(Entry::New(id))
}

/// The entry of the same words by the same account a moment ago.
async fn before<C: ConnectionTrait>(txn: &C, new: &Model) -> Result<Option<i64>, DbErr> {
    let lately = Entity::find()
        .filter(Column::Register.eq(new.register))
        .filter(Column::At.eq(new.at))
        .filter(Column::AccountId.eq(new.account_id))
        .filter(Column::State.ne(State::Withdrawn.code()))
        .filter(Column::EnteredAt.gt(new.entered_at.saturating_sub(TWICE_WITHIN)))
        .all(txn)
        .await?;
    // The grade of an accident follows from its harm, and may have been amended since.
    let same = |m: &Model| {
        (&m.kind, m.division, m.org_id, &m.place, &m.tag, &m.brief, &m.item)
            == (&new.kind, new.division, new.org_id, &new.place, &new.tag, &new.brief, &new.item)
            && (m.harm(), m.level, &m.cause) == (new.harm(), new.level, &new.cause)
    };
    Ok(lately.into_iter().find(same).map(|m| m.id))
}

async fn put_step<C: ConnectionTrait>(
    txn: &C,
    (id, no): (i64, i64),
    act: Act,
    note: &str,
    changed: &[(String, String, String)],
    account: i64,
    now: i64,
) -> Result<(), Error> {
    let row = step::Model {
        incident_id: id,
        no: i32::try_from(no).unwrap_or(i32::MAX),
        at: now,
        account_id: account,
        act: act.code().into(),
        note: note.to_owned(),
        changed: serde_json::to_string(changed).unwrap_or_else(|_| "[]".into()),
    };
    step::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(())
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken.
    Taken,
    /// There is none of this number within the viewer's scope.
    Unknown,
    /// It cannot be done in the state that it is in.
    NotNow,
    /// Something was done since it was looked at.
    Stale,
    /// A field is missing for it: `cause` of an accident that is closed, `due` of a demand.
    Needs(&'static str),
}

/// Takes a step.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    (register, id): (Register, i64),
    asked: &Asked,
    (account, now): (i64, i64),
) -> Result<Done, Error> {
    let found = Entity::find_by_id(id).filter(Column::Register.eq(register.number())).filter(within(viewer));
    // Nobody else takes a step until the transaction ends. The steps are counted by a statement of their own: it sees theirs.
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let found = if postgres { found.lock_exclusive().one(txn).await? } else { found.one(txn).await? };
    let Some(m) = found else { return Ok(Done::Unknown) };
    let steps = step::Entity::find().filter(step::Column::IncidentId.eq(id)).count(txn).await?;
    let steps = i64::try_from(steps).unwrap_or(i64::MAX);
    let from = m.state()?;
    let Some(to) = register.next(from, asked.act) else { return Ok(Done::NotNow) };
    if asked.seen != steps && !asked.act.is_never_late() {
        return Ok(Done::Stale);
    }
    let mut changed: Vec<(String, String, String)> = vec![];
    let mut differs = |name: &str, before: String, after: String| {
        if before != after {
            changed.push((name.to_owned(), before, after));
        }
    };
    let mut new = m.clone();
    new.state = to.code().into();
    match asked.act {
        Act::Demand => {
            let Some(due) = asked.due else { return Ok(Done::Needs("due")) };
            let text = |d: Option<NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
            differs("due", text(m.due), text(Some(due)));
            new.due = Some(due);
        }
        Act::Amend => {
            let Some((harm, cause)) = &asked.amended else { return Ok(Done::Needs("cause")) };
            differs("dead", m.dead.to_string(), harm.dead.to_string());
            differs("serious", m.serious.to_string(), harm.serious.to_string());
            differs("minor", m.minor.to_string(), harm.minor.to_string());
            differs("loss", m.loss_yuan.to_string(), harm.loss_yuan.to_string());
            differs("cause", m.cause.clone(), cause.clone());
            (new.dead, new.serious, new.minor, new.loss_yuan) = (harm.dead, harm.serious, harm.minor, harm.loss_yuan);
            new.cause.clone_from(cause);
            new.level = Level::Accident(Grade::of(*harm)).number();
        }
        Act::Close if register == Register::Accident && m.cause.is_empty() => return Ok(Done::Needs("cause")),
        _ => {}
    }
    let n = Entity::update_many()
        .set(ActiveModel {
            state: Set(new.state),
            due: Set(new.due),
            dead: Set(new.dead),
            serious: Set(new.serious),
            minor: Set(new.minor),
            loss_yuan: Set(new.loss_yuan),
            cause: Set(new.cause),
            level: Set(new.level),
            ..<ActiveModel as Default>::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(m.state.as_str()))
        .exec(txn)
        .await?;
    if n.rows_affected == 0 {
        return Ok(Done::NotNow);
    }
    put_step(txn, (id, steps.saturating_add(1)), asked.act, &asked.note, &changed, account, now).await?;
    credit::touch(txn, Origin::Hazard, id).await?;
    Ok(Done::Taken)
}
