//! Cases: complaints, reports, suggestions and repairs. A row, its steps and its clocks are written together with the row of the audit log.
//! Who brought a case is sealed; the code by which he follows it is derived (docs/decisions/0009, 0011).

use crate::{
    Db, Error, WriteTxn,
    attachment::{self, Files},
    audit::{self, Actor},
    calendar, call, cylinder, history, names, org,
    reference::division,
    rule, scope,
    secret::{self, Master},
    sequence,
};
use domain::{
    attachment::Attachment,
    calendar::{Calendar, Term, Unit},
    case::{
        Act, Asked, Bar, Case, CasePage, Channel, Choice, Clock, Document, Entered, Facts, Filled, FollowPage, Hand,
        Hold, Receipt, Reporter, Running, State, Step, Subject, Told, Track, due_of, fill, order_of, provisional_of,
    },
    clock,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{Condition, DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*};
use std::collections::{HashMap, HashSet, hash_map::Entry as Slot};

/// Files of one case at most.
const FILES_MAX: usize = 30;
/// How often whoever brought a case adds to it on one day.
const SUPPLIES_A_DAY: usize = 10;

/// A row of `case_file`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_file")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Number.
    pub number: String,
    /// From which, and the master key, the look-up code is derived.
    pub nonce: String,
    /// [`Track`] code.
    pub track: String,
    /// [`Channel`] code.
    pub channel: String,
    /// [`State`] code.
    pub state: String,
    /// [`Hold`] code; empty where its clocks are not held up.
    pub hold: String,
    /// When it was received, ms.
    pub received_at: i64,
    /// When it was entered, ms.
    pub entered_at: i64,
    /// GB/T 2260; 0 for none.
    pub division: i32,
    /// Organisation; 0 for none.
    pub org_id: i64,
    /// Tag; empty for none.
    pub tag: String,
    /// The cylinder that the tag led to.
    pub cylinder_id: Option<i64>,
    /// In a few words.
    pub title: String,
    /// What happened.
    pub text: String,
    /// What is asked for.
    pub wish: String,
    /// Place.
    pub place: String,
    /// [`Reporter`], sealed; empty for nobody.
    pub reporter: String,
    /// Whether he gave name and telephone.
    pub real_name: bool,
    /// Number of the platform that it came from.
    pub external_no: String,
    /// The case of the other track that came with it.
    pub twin_id: Option<i64>,
    /// Whether the enterprise was asked.
    pub asked: bool,
    /// Last instant of the first clock that runs, ms.
    pub due_at: Option<i64>,
    /// Whether one that runs was reckoned by days that are not confirmed.
    pub provisional: bool,
    /// 1 to 5; 0 where it was not rated.
    pub rating: i16,
    /// When it was closed or withdrawn, ms.
    pub closed_at: Option<i64>,
    /// Steps.
    pub version: i64,
    /// Version of the rules under which its clocks were reckoned …
    pub rules: i64,
    /// … and changes of the calendar.
    pub calendar: i64,
    /// Account that entered it; 0 for a citizen.
    pub account_id: i64,
}

// Who brought it, and what leads to the code, belong into no log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("id", &self.id).field("number", &self.number).finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was done.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `case_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_step")]
    pub struct Model {
        /// Of which.
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// When, ms.
        pub at: i64,
        /// [`domain::case::Act`] code.
        pub act: String,
        /// [`domain::case::Hand`] code.
        pub hand: String,
        /// By whom; 0 for a citizen.
        pub account_id: i64,
        /// Why, or what was told.
        pub note: String,
        /// The word that was chosen with it.
        pub word: String,
        /// What was named with it.
        pub with: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Clocks.
pub mod clocks {
    use sea_orm::entity::prelude::*;

    /// A row of `case_clock`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_clock")]
    pub struct Model {
        /// Of which.
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// [`domain::case::Clock`] code.
        pub clock: String,
        /// The rule that set its term.
        pub rule_id: String,
        /// The term, in `unit`.
        pub amount: i64,
        /// [`domain::calendar::Unit`] code.
        pub unit: String,
        /// Whether it was extended.
        pub extended: bool,
        /// When it began, ms.
        pub since: i64,
        /// Its last instant, ms.
        pub due_at: Option<i64>,
        /// When it was kept, ms.
        pub done_at: Option<i64>,
        /// Whether a year that it runs through is not confirmed.
        pub provisional: bool,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was sent under a key.
pub mod request {
    use sea_orm::entity::prelude::*;

    /// A row of `case_request`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_request")]
    pub struct Model {
        /// Hash of the key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// Keyed hash of what was sent.
        pub digest: String,
        /// The first case that came of it.
        pub case_id: i64,
        /// When, ms.
        pub at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows that the viewer may see: all, those in a district, or those about an organisation. Of a report it reads only after it was asked.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    let about = |o: i64| {
        let open = Condition::any().add(Column::Track.ne(Track::Report.code())).add(Column::Asked.eq(true));
        Condition::all().add(Column::OrgId.eq(o)).add(open)
    };
    match viewer.scope {
        Scope::City => Condition::all(),
        Scope::District(d) => Condition::all().add(Column::Division.eq(d)),
        Scope::Org(o) => about(o),
    }
}

impl Model {
    fn bad(&self, what: &str) -> Error {
        Error::Stored(format!("case {}: {what}", self.id))
    }

    pub(crate) fn track(&self) -> Result<Track, Error> {
        Track::from_code(&self.track).ok_or_else(|| self.bad("track"))
    }

    fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| self.bad("state"))
    }

    fn hold(&self) -> Result<Option<Hold>, Error> {
        if self.hold.is_empty() {
            return Ok(None);
        }
        Hold::from_code(&self.hold).map(Some).ok_or_else(|| self.bad("hold"))
    }

    fn subject(&self) -> Result<Subject, Error> {
        let (received_at, division, real_name) = (self.received_at, self.division, self.real_name);
        Ok(Subject { track: self.track()?, received_at, division, real_name })
    }

    fn order(&self) -> i64 {
        order_of(clock::local_date(self.received_at))
    }

    /// Who brought it; nobody where he did not say, or where this master key did not seal it.
    fn reporter(&self, master: &Master) -> Reporter {
        let opened = master.open(&purpose(self.id), &self.reporter);
        opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn receipt(&self, master: &Master) -> Result<Receipt, Error> {
        Ok(Receipt {
            id: self.id,
            track: self.track()?,
            number: self.number.clone(),
            code: master.case_code(self.id, &self.nonce),
        })
    }
}

fn purpose(id: i64) -> String {
    format!("case reporter\n{id}")
}

impl step::Model {
    fn act(&self) -> Result<Act, Error> {
        Act::from_code(&self.act).ok_or_else(|| Error::Stored(format!("case {}: step {}", self.case_id, self.no)))
    }

    pub(crate) fn told(&self) -> Result<Told, Error> {
        let act = self.act()?;
        let hold = if act == Act::Pause { Hold::from_code(&self.word) } else { None };
        Ok(Told { at: self.at, act, hold })
    }
}

impl clocks::Model {
    fn of(case_id: i64, no: usize, r: &Running) -> Self {
        Self {
            case_id,
            no: i32::try_from(no).unwrap_or(i32::MAX),
            clock: r.clock.code().into(),
            rule_id: r.rule_id.clone(),
            amount: r.term.amount,
            unit: r.term.unit.code().into(),
            extended: r.extended,
            since: r.since,
            due_at: r.due,
            done_at: r.done,
            provisional: r.provisional,
        }
    }

    fn running(self) -> Result<Running, Error> {
        let bad = || Error::Stored(format!("case {}: clock {}", self.case_id, self.no));
        Ok(Running {
            clock: Clock::from_code(&self.clock).ok_or_else(bad)?,
            term: Term { amount: self.amount, unit: Unit::from_code(&self.unit).ok_or_else(bad)? },
            rule_id: self.rule_id,
            extended: self.extended,
            since: self.since,
            due: self.due_at,
            done: self.done_at,
            provisional: self.provisional,
        })
    }
}

/// Rows with the names of what they speak of.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<Vec<Case>, Error> {
    let orgs: HashSet<i64> = rows.iter().map(|m| m.org_id).filter(|id| *id > 0).collect();
    let orgs = names::orgs(db, orgs).await?;
    let districts: HashSet<i32> = rows.iter().map(|m| m.division).filter(|d| *d > 0).collect();
    let districts = names::districts(db, districts).await?;
    let twins: HashSet<i64> = rows.iter().filter_map(|m| m.twin_id).collect();
    let twins: HashMap<i64, String> = if twins.is_empty() {
        HashMap::new()
    } else {
        let found = Entity::find().select_only().columns([Column::Id, Column::Number]).filter(Column::Id.is_in(twins));
        found.into_tuple::<(i64, String)>().all(db).await?.into_iter().collect()
    };
    rows.into_iter()
        .map(|m| {
            Ok(Case {
                id: m.id,
                track: m.track()?,
                channel: Channel::from_code(&m.channel).ok_or_else(|| m.bad("channel"))?,
                state: m.state()?,
                hold: m.hold()?,
                received_at: m.received_at,
                entered_at: m.entered_at,
                division: m.division,
                district: match m.division {
                    0 => String::new(),
                    d => districts.get(&d).cloned().unwrap_or_else(|| d.to_string()),
                },
                org: m.org_id,
                org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
                twin: m.twin_id.and_then(|t| twins.get(&t).cloned()).unwrap_or_default(),
                due: m.due_at,
                provisional: m.provisional,
                rating: m.rating,
                closed_at: m.closed_at,
                version: m.version,
                real_name: m.real_name,
                number: m.number,
                tag: m.tag,
                title: m.title,
                text: m.text,
                wish: m.wish,
                place: m.place,
                external_no: m.external_no,
            })
        })
        .collect()
}

/// As an organisation reads cases about itself: nothing that leads to who brought them, nor whether there is another of the other track.
pub(crate) fn for_outside(mut c: Case) -> Case {
    c.external_no.clear();
    c.twin.clear();
    c.real_name = false;
    // Where somebody wants something repaired the enterprise must go to.
    if c.track != Track::Repair {
        // The cylinder leads to the customer's kitchen as surely as the place does.
        c.place.clear();
        c.tag.clear();
    }
    // Whoever wrote a complaint as well is known by its words. What it is to answer stands in what it was asked.
    if c.track == Track::Report {
        c.title = "举报事项".into();
        c.text.clear();
        c.wish.clear();
    }
    c
}

/// Who reads or acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// The account.
    pub account: i64,
    /// Holds `complaint.handle`.
    pub handle: bool,
    /// Holds `complaint.approve`.
    pub approve: bool,
    /// Holds `complaint.answer`.
    pub answer: bool,
}

impl May {
    /// By whose hand an act of this account on what a viewer sees would be; `None` where it may not do it.
    fn hand(self, viewer: Viewer, act: Act) -> Option<Hand> {
        let (hand, may) = match viewer.scope {
            Scope::Org(_) => (Hand::Enterprise, self.answer),
            _ if act.is_approval() => (Hand::Officer, self.approve),
            _ => (Hand::Officer, self.handle),
        };
        (may && act.is_of(hand)).then_some(hand)
    }
}

async fn steps_of<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<step::Model>, DbErr> {
    step::Entity::find().filter(step::Column::CaseId.eq(id)).order_by_asc(step::Column::No).all(db).await
}

/// What was done with each of these cases, in its order, by one statement for all of them.
async fn told_of<C: ConnectionTrait>(db: &C, cases: &[Model]) -> Result<HashMap<i64, Vec<Told>>, Error> {
    let rows = step::Entity::find()
        .filter(step::Column::CaseId.is_in(cases.iter().map(|m| m.id)))
        .order_by_asc(step::Column::CaseId)
        .order_by_asc(step::Column::No)
        .all(db)
        .await?;
    let mut out: HashMap<i64, Vec<Told>> = HashMap::new();
    for s in rows {
        out.entry(s.case_id).or_default().push(s.told()?);
    }
    Ok(out)
}

async fn clocks_of<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<Running>, Error> {
    let rows =
        clocks::Entity::find().filter(clocks::Column::CaseId.eq(id)).order_by_asc(clocks::Column::No).all(db).await?;
    rows.into_iter().map(clocks::Model::running).collect()
}

fn step_of(m: step::Model, by: String) -> Result<Step, Error> {
    Ok(Step {
        no: m.no.into(),
        at: m.at,
        act: m.act()?,
        hand: Hand::from_code(&m.hand).ok_or_else(|| Error::Stored(format!("case {}: step {}", m.case_id, m.no)))?,
        by,
        note: m.note,
        word: m.word,
        with: m.with,
    })
}

fn acts_of(m: &Model, done: &[step::Model], viewer: Viewer, may: May) -> Result<Vec<Act>, Error> {
    let (track, state) = (m.track()?, m.state()?);
    let list = done.iter().map(|s| Ok((s.act()?, s.account_id))).collect::<Result<Vec<_>, Error>>()?;
    let held = !m.hold.is_empty();
    // An extension that comes too late is offered all the same: whoever asks for it is told why.
    let facts = Facts { state, held, real_name: m.real_name, rated: m.rating > 0, over: false, done: &list };
    let takes = |a: &Act| {
        may.hand(viewer, *a).is_some() && track.next(state, *a).is_some() && facts.bar(*a, may.account).is_none()
    };
    Ok(Act::ALL.iter().copied().filter(takes).collect())
}

/// One within the viewer's scope, with what was done and what this account can do. Who brought it is masked; an organisation reads neither
/// that nor officers' names and remarks.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, master: &Master, viewer: Viewer, id: i64, may: May) -> Result<Option<CasePage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&read).await? else { return Ok(None) };
    let outside = matches!(viewer.scope, Scope::Org(_));
    let done = steps_of(&read, id).await?;
    let acts = acts_of(&m, &done, viewer, may)?;
    let mut clocks = clocks_of(&read, id).await?;
    let ids: HashSet<i64> = if outside { HashSet::new() } else { done.iter().map(|s| s.account_id).collect() };
    let people = names::accounts(&read, ids).await?;
    let by = |s: &step::Model| match s.account_id {
        _ if outside => String::new(),
        0 => String::new(),
        a => people.get(&a).cloned().unwrap_or_else(|| format!("#{a}")),
    };
    let mut steps =
        done.into_iter().map(|s| (by(&s), s)).map(|(by, s)| step_of(s, by)).collect::<Result<Vec<_>, _>>()?;
    let reporter = if outside { Reporter::default() } else { m.reporter(master).masked() };
    let traced = (!outside || m.track()? == Track::Repair) && history::seen(&read, viewer, &m.tag).await?.is_some();
    let files = if outside && m.track()? != Track::Repair {
        vec![]
    } else {
        attachment::of(&read, attachment::Of::Case, &[id]).await?.remove(&id).unwrap_or_default()
    };
    let calls = if outside { vec![] } else { call::of_case(&read, id).await? };
    let case = lines(&read, vec![m]).await?.pop();
    read.commit().await?;
    let Some(mut case) = case else { return Ok(None) };
    if outside {
        steps.retain(|s| !matches!(s.act, Act::Remark | Act::AskExtension | Act::Extend | Act::Issue | Act::Supply));
        for s in steps.iter_mut().filter(|s| !s.act.is_told_to_enterprise()) {
            (s.note, s.word, s.with) = <(String, String, String)>::default();
        }
        clocks.retain(|c| matches!(c.clock, Clock::Answer | Clock::Repair | Clock::Mediate));
        case = for_outside(case);
    }
    let documents = if outside || !may.handle {
        vec![]
    } else {
        Document::ALL.iter().copied().filter(|d| d.is_ready(&case, &steps)).collect()
    };
    Ok(Some(CasePage { case, reporter, steps, clocks, acts, documents, files, traced, calls }))
}

/// The order under which a case within the viewer's scope is; `None` where there is none.
///
/// # Errors
/// When the database fails.
pub async fn order(db: &Db, viewer: Viewer, id: i64) -> Result<Option<i64>, DbErr> {
    let found = Entity::find_by_id(id).filter(within(viewer)).one(db.read()).await?;
    Ok(found.map(|m| m.order()))
}

/// Whether a viewer sees the pictures of a case: an organisation those of what it is to repair only, since the others may show who
/// brought it.
///
/// # Errors
/// When the database fails.
pub async fn shows_files(db: &Db, viewer: Viewer, id: i64) -> Result<bool, DbErr> {
    let mut q = Entity::find_by_id(id).filter(within(viewer));
    if matches!(viewer.scope, Scope::Org(_)) {
        q = q.filter(Column::Track.eq(Track::Repair.code()));
    }
    Ok(q.select_only().column(Column::Id).into_tuple::<i64>().one(db.read()).await?.is_some())
}

/// Who brought a case, unmasked, for a purpose that goes into the audit log; `None` where there is none within the viewer's scope, or where it
/// is not for an organisation.
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
    if matches!(viewer.scope, Scope::Org(_)) {
        return Ok(None);
    }
    let txn = db.begin_write().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&txn).await? else { return Ok(None) };
    let reporter = m.reporter(master);
    let detail =
        serde_json::json!({ "purpose": purpose.chars().filter(|c| !c.is_control()).take(200).collect::<String>() });
    audit::append(&txn, by, now, "case.unmask", &format!("case {}", m.number), &detail).await?;
    txn.commit().await?;
    Ok(Some(reporter))
}

/// A document of a case, filled in with who brought it, which goes into the audit log: `None` where there is none within the viewer's scope
/// or where it is not for an organisation, `Some(None)` where the case is not as far. `office` is the name of the authority and of the officer.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn document(
    db: &Db,
    master: &Master,
    viewer: Viewer,
    (id, document): (i64, Document),
    office: (&str, &str),
    (by, now): (&Actor, i64),
) -> Result<Option<Option<Filled>>, Error> {
    if matches!(viewer.scope, Scope::Org(_)) {
        return Ok(None);
    }
    let txn = db.begin_write().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&txn).await? else { return Ok(None) };
    let steps =
        steps_of(&txn, id).await?.into_iter().map(|s| step_of(s, String::new())).collect::<Result<Vec<_>, _>>()?;
    let clocks = clocks_of(&txn, id).await?;
    let reporter = m.reporter(master);
    let subject = format!("case {}", m.number);
    let Some(case) = lines(&txn, vec![m]).await?.pop() else { return Ok(None) };
    let filled = fill(document, &case, &reporter, (&steps, &clocks), (office.0, office.1, now));
    if filled.is_some() {
        let detail = serde_json::json!({ "document": document.code() });
        audit::append(&txn, by, now, "case.document", &subject, &detail).await?;
        txn.commit().await?;
    }
    Ok(Some(filled))
}

/// What an entry leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Organisation; 0 for none.
    pub org: i64,
    /// District; 0 for none.
    pub division: i32,
    /// The cylinder that its tag leads to.
    pub cylinder: Option<i64>,
    /// Who enters it, as far as he sees.
    pub viewer: Viewer,
}

/// What an entry leads to, or the field that lies outside what the viewer may see. A cylinder tells its owner and its district, an
/// organisation its district, where none is named. A citizen's entry is looked up as [`Viewer::SYSTEM`].
///
/// # Errors
/// When the database fails.
pub async fn known(db: &Db, viewer: Viewer, e: &Entered) -> Result<Result<Known, &'static str>, Error> {
    if matches!(viewer.scope, Scope::Org(_)) {
        return Ok(Err("org"));
    }
    let found: Option<cylinder::Model> = match e.tag.as_str() {
        "" => None,
        tag => history::seen(db.read(), viewer, tag).await?,
    };
    let id = if e.org > 0 { e.org } else { found.as_ref().map_or(0, |c| c.org_id) };
    let about = match id {
        0 => None,
        id => org::Entity::find_by_id(id).filter(scope::within(viewer, org::Column::Id)).one(db.read()).await?,
    };
    if e.org > 0 && about.is_none() {
        return Ok(Err("org"));
    }
    if e.division > 0 && division::Entity::find_by_id(e.division).one(db.read()).await?.is_none() {
        return Ok(Err("district"));
    }
    let own = match viewer.scope {
        Scope::District(d) => d,
        _ => 0,
    };
    let told = [e.division, found.as_ref().map_or(0, |c| c.division), about.as_ref().map_or(0, |o| o.division), own];
    let division = told.into_iter().find(|d| *d > 0).unwrap_or_default();
    if own > 0 && division != own {
        return Ok(Err("district"));
    }
    Ok(Ok(Known { org: id, division, cylinder: found.map(|c| c.id), viewer }))
}

/// What came of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A case, or one for each of the two tracks.
    New(Vec<Receipt>),
    /// The same was entered before, under the same key or the platform's number: nothing was written.
    Twice(Vec<Receipt>),
    /// Something else was entered under this key: the page must be loaded again.
    Conflict,
    /// A file that was kept for it is gone, or attached to something by now: nothing was written.
    Gone,
}

fn digest(master: &Master, e: &Entered) -> String {
    let said = serde_json::json!([
        e.track.code(),
        e.also_report,
        e.channel.code(),
        e.external_no,
        e.received_at,
        e.reporter,
        e.division,
        e.org,
        e.tag,
        e.place,
        e.title,
        e.text,
        e.wish,
    ]);
    hex::encode(secret::mac(&master.derive("case request"), said.to_string().as_bytes()))
}

async fn receipts<C: ConnectionTrait>(db: &C, master: &Master, m: Model) -> Result<Vec<Receipt>, Error> {
    let mut out = vec![m.receipt(master)?];
    if let Some(twin) = m.twin_id
        && let Some(t) = Entity::find_by_id(twin).one(db).await?
    {
        out.push(t.receipt(master)?);
    }
    Ok(out)
}

/// Enters a case, with its first step, its clocks and its row of the audit log; a complaint that is a report as well becomes two that know of each
/// other. What was sent under the same key, or bears the same number of a platform, is entered once.
///
/// # Errors
/// When the database fails, or what must be sealed cannot be.
pub async fn enter(
    db: &Db,
    master: &Master,
    rules: &RuleSet,
    (e, known): (&Entered, &Known),
    files: Files<'_>,
    (by, now): (&Actor, i64),
) -> Result<Entry, Error> {
    let txn = db.begin_write().await?;
    let entry = enter_in(&txn, master, rules, (e, known), files, (by, now)).await?;
    // What was entered before takes no number, nor does what came without a file that was kept for it.
    if matches!(entry, Entry::New(_)) {
        txn.commit().await?;
    }
    Ok(entry)
}

/// Whether a form was taken under this key already.
///
/// # Errors
/// When the database fails.
pub async fn was_sent<C: ConnectionTrait>(db: &C, key: &str) -> Result<bool, DbErr> {
    if key.is_empty() {
        return Ok(false);
    }
    Ok(request::Entity::find_by_id(secret::sha(key)).one(db).await?.is_some())
}

/// The same in the transaction of what it comes of. The row of the audit log is its last statement.
///
/// # Errors
/// As [`enter`].
pub(crate) async fn enter_in(
    txn: &WriteTxn,
    master: &Master,
    rules: &RuleSet,
    (e, known): (&Entered, &Known),
    files: Files<'_>,
    (by, now): (&Actor, i64),
) -> Result<Entry, Error> {
    // Nobody else gets a number until the commit, so that of two at once one sees the other.
    let id = sequence::next(txn, "case").await?;
    let (key, digest) = (secret::sha(&e.key), digest(master, e));
    if !e.key.is_empty()
        && let Some(r) = request::Entity::find_by_id(key.clone()).one(txn).await?
    {
        let before = Entity::find_by_id(r.case_id).one(txn).await?.filter(|_| secret::same(&r.digest, &digest));
        return Ok(match before {
            Some(m) => Entry::Twice(receipts(txn, master, m).await?),
            None => Entry::Conflict,
        });
    }
    if !e.external_no.is_empty() {
        let same = Entity::find()
            .filter(Column::ExternalNo.eq(e.external_no.as_str()))
            .filter(Column::ExternalNo.ne(""))
            .filter(Column::Channel.eq(e.channel.code()))
            .order_by_asc(Column::Id);
        if let Some(m) = same.clone().one(txn).await? {
            // Its code is for those who see it: another district's platform numbers can be guessed.
            let seen = same.filter(within(known.viewer)).one(txn).await?.is_some_and(|s| s.id == m.id);
            return Ok(if seen { Entry::Twice(receipts(txn, master, m).await?) } else { Entry::Conflict });
        }
    }
    let (calendar, revision) = calendar::load(txn).await?;
    let twin = if e.also_report { Some(sequence::next(txn, "case").await?) } else { None };
    let mut out = Vec::new();
    let both = [(id, e.track, twin)].into_iter().chain(twin.map(|t| (t, Track::Report, Some(id))));
    for (id, track, twin_id) in both {
        let m = row(master, (e, known), (id, track, twin_id), by.account, now)?;
        let first = step::Model {
            case_id: id,
            no: 1,
            at: now,
            act: Act::Enter.code().into(),
            hand: (if by.account == 0 { Hand::Citizen } else { Hand::Officer }).code().into(),
            account_id: by.account,
            note: String::new(),
            word: String::new(),
            with: String::new(),
        };
        let clocks = domain::case::reckon(rules, &calendar, &m.subject()?, &[first.told()?]);
        let m = Model {
            due_at: due_of(&clocks),
            provisional: provisional_of(&clocks),
            rules: rules.version,
            calendar: revision,
            ..m
        };
        out.push(m.receipt(master)?);
        Entity::insert(m.into_active_model().reset_all()).exec_without_returning(txn).await?;
        step::Entity::insert(first.into_active_model().reset_all()).exec_without_returning(txn).await?;
        put_clocks(txn, id, &clocks).await?;
    }
    if !e.key.is_empty() {
        let r = request::Model { key, digest, case_id: id, at: now };
        request::Entity::insert(r.into_active_model().reset_all()).exec_without_returning(txn).await?;
    }
    if !attachment::add(txn, attachment::Of::Case, id, files, (by.account, now)).await? {
        return Ok(Entry::Gone);
    }
    let numbers: Vec<&str> = out.iter().map(|r| r.number.as_str()).collect();
    let detail = serde_json::json!({ "channel": e.channel.code(), "external_no": e.external_no, "files": files.len() });
    audit::append(txn, by, now, "case.enter", &format!("case {}", numbers.join(" ")), &detail).await?;
    Ok(Entry::New(out))
}

fn row(
    master: &Master,
    (e, known): (&Entered, &Known),
    (id, track, twin_id): (i64, Track, Option<i64>),
    account_id: i64,
    now: i64,
) -> Result<Model, Error> {
    let sealed = if e.reporter.is_nobody() {
        String::new()
    } else {
        let json = serde_json::to_vec(&e.reporter).map_err(|e| Error::Stored(e.to_string()))?;
        master.seal(&purpose(id), &json).ok_or_else(|| Error::Stored(format!("case {id}: sealing")))?
    };
    let received_at = e.received_at.map_or(now, |at| at.min(now));
    let day = clock::local_date(now).format("%Y%m%d");
    Ok(Model {
        id,
        number: format!("{}{day}-{id:06}", track.prefix()),
        nonce: secret::random(),
        track: track.code().into(),
        channel: e.channel.code().into(),
        state: State::Received.code().into(),
        hold: String::new(),
        received_at,
        entered_at: now,
        division: known.division,
        org_id: known.org,
        tag: e.tag.clone(),
        cylinder_id: known.cylinder,
        title: e.title.clone(),
        text: e.text.clone(),
        wish: e.wish.clone(),
        place: e.place.clone(),
        reporter: sealed,
        real_name: e.is_real_name(),
        external_no: e.external_no.clone(),
        twin_id,
        asked: false,
        due_at: None,
        provisional: false,
        rating: 0,
        closed_at: None,
        version: 1,
        rules: 0,
        calendar: 0,
        account_id,
    })
}

async fn put_clocks(txn: &WriteTxn, id: i64, all: &[Running]) -> Result<(), DbErr> {
    clocks::Entity::delete_many().filter(clocks::Column::CaseId.eq(id)).exec(txn).await?;
    if all.is_empty() {
        return Ok(());
    }
    let rows = (1..).zip(all).map(|(no, r)| clocks::Model::of(id, no, r).into_active_model().reset_all());
    clocks::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(())
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken; the version that the case has now.
    Taken(i64),
    /// There is no such case within the viewer's scope.
    Unknown,
    /// This account may not do it.
    Forbidden,
    /// It cannot be done in the state that it is in.
    NotNow,
    /// Something was done since it was looked at.
    Stale,
    /// Something else stands against it.
    Barred(Bar),
    /// The same was sent before under the same key: nothing was written.
    Twice,
    /// A file that was kept for it is gone, or attached to something by now: nothing was written.
    Gone,
    /// A field does not fit this case.
    Field(&'static str),
}

/// Does something with a case within the viewer's scope, in one transaction with its clocks and the row of the audit log.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act(
    db: &Db,
    rules: &RuleSet,
    viewer: Viewer,
    (id, asked): (i64, &Asked),
    may: May,
    (by, now): (&Actor, i64),
) -> Result<Done, Error> {
    let txn = db.begin_write().await?;
    let found = Entity::find_by_id(id).filter(within(viewer));
    let Some(m) = locked(&txn, found).await? else { return Ok(Done::Unknown) };
    let Some(hand) = may.hand(viewer, asked.act) else { return Ok(Done::Forbidden) };
    finish(txn, rules, m, (asked, Files::default(), None), hand, (by, now)).await
}

/// The same by whoever brought the case, with pictures that he adds.
///
/// # Errors
/// As [`act`].
pub async fn follow_act(
    db: &Db,
    master: &Master,
    rules: &RuleSet,
    (number, code): (&str, &str),
    (asked, files): (&Asked, Files<'_>),
    (by, now): (&Actor, i64),
) -> Result<Done, Error> {
    let txn = db.begin_write().await?;
    let Some(m) = followed(&txn, master, number, code).await? else { return Ok(Done::Unknown) };
    let Some(m) = locked(&txn, Entity::find_by_id(m.id)).await? else { return Ok(Done::Unknown) };
    if !asked.act.is_of(Hand::Citizen) {
        return Ok(Done::Forbidden);
    }
    let mut request = None;
    if !asked.key.is_empty() {
        let (key, digest) = (secret::sha(&asked.key), digest_of(master, m.id, asked, files));
        if let Some(r) = request::Entity::find_by_id(key.clone()).one(&txn).await? {
            return Ok(if secret::same(&r.digest, &digest) { Done::Twice } else { Done::Field("key") });
        }
        request = Some(request::Model { key, digest, case_id: m.id, at: now });
    }
    if asked.act == Act::Supply {
        let today = clock::local_day(now);
        let own = |s: &&step::Model| s.hand == Hand::Citizen.code() && s.act == Act::Supply.code();
        let done = steps_of(&txn, m.id).await?;
        if done.iter().filter(own).filter(|s| clock::local_day(s.at) == today).count() >= SUPPLIES_A_DAY {
            return Ok(Done::Barred(Bar::Often));
        }
    }
    finish(txn, rules, m, (asked, files, request), Hand::Citizen, (&Actor { account: 0, ..by.clone() }, now)).await
}

fn digest_of(master: &Master, id: i64, asked: &Asked, files: Files<'_>) -> String {
    let files: Vec<&str> = files.all().map(|f| f.sha256.as_str()).collect();
    let said = serde_json::json!([id, asked.act.code(), asked.word, asked.note, files]);
    hex::encode(secret::mac(&master.derive("case request"), said.to_string().as_bytes()))
}

/// Keeps pictures that came with a form that had been sent before with the case that came of it, unless they are there already, and tells which
/// were kept; with a row of the audit log. What would be too many is left, and so is what was kept for the form and is gone by now.
///
/// # Errors
/// When the database fails.
pub async fn keep_files(
    db: &Db,
    id: i64,
    files: Files<'_>,
    (by, now): (&Actor, i64),
) -> Result<Vec<Attachment>, Error> {
    if files.is_empty() {
        return Ok(vec![]);
    }
    let txn = db.begin_write().await?;
    let Some(m) = locked(&txn, Entity::find_by_id(id)).await? else { return Ok(vec![]) };
    let before = attachment::of(&txn, attachment::Of::Case, &[id]).await?.remove(&id).unwrap_or_default();
    let there = attachment::still(&txn, files.kept, by.account).await?;
    let taken_up = files.kept.iter().filter(|f| there.contains(&f.token)).map(|f| (f, true));
    let (mut kept, mut fresh): (Vec<Attachment>, Vec<Attachment>) = (vec![], vec![]);
    for (f, was_kept) in taken_up.chain(files.fresh.iter().map(|f| (f, false))) {
        let known = before.iter().chain(&kept).chain(&fresh).any(|b| b.sha256 == f.sha256);
        if !known && before.len() + kept.len() + fresh.len() < FILES_MAX {
            let list = if was_kept { &mut kept } else { &mut fresh };
            list.push(f.clone());
        }
    }
    let new = Files { kept: &kept, fresh: &fresh };
    if new.is_empty() || !attachment::add(&txn, attachment::Of::Case, id, new, (by.account, now)).await? {
        return Ok(vec![]);
    }
    kept.extend(fresh);
    let detail = serde_json::json!({ "files": kept.len() });
    audit::append(&txn, by, now, "case.files", &format!("case {}", m.number), &detail).await?;
    txn.commit().await?;
    Ok(kept)
}

/// A row that nobody else changes until the transaction ends.
async fn locked(txn: &WriteTxn, q: Select<Entity>) -> Result<Option<Model>, DbErr> {
    if txn.get_database_backend() == DbBackend::Postgres { q.lock_exclusive().one(txn).await } else { q.one(txn).await }
}

async fn finish(
    txn: WriteTxn,
    rules: &RuleSet,
    m: Model,
    (asked, files, request): (&Asked, Files<'_>, Option<request::Model>),
    hand: Hand,
    (by, now): (&Actor, i64),
) -> Result<Done, Error> {
    let (track, from) = (m.track()?, m.state()?);
    if asked.seen != m.version && !asked.act.is_never_late() {
        return Ok(Done::Stale);
    }
    let Some(to) = track.next(from, asked.act) else { return Ok(Done::NotNow) };
    let choice = asked.act.choice();
    if choice != Choice::None && !choice.words(m.order()).iter().any(|w| w.0 == asked.word) {
        return Ok(Done::Field("word"));
    }
    let mut done = steps_of(&txn, m.id).await?;
    let list = done.iter().map(|s| Ok((s.act()?, s.account_id))).collect::<Result<Vec<_>, Error>>()?;
    // The clock of a process may be set back: what is done later stands later.
    let now = done.last().map_or(now, |s| now.max(s.at));
    let (calendar, revision) = calendar::load(&txn).await?;
    let so_far = done.iter().map(step::Model::told).collect::<Result<Vec<_>, _>>()?;
    let clocks = domain::case::reckon(rules, &calendar, &m.subject()?, &so_far);
    let over = clocks.iter().any(|c| c.clock == Clock::Verify && c.done.is_none() && c.is_late(now));
    let (held, rated) = (!m.hold.is_empty(), m.rating > 0);
    let facts = Facts { state: from, held, real_name: m.real_name, rated, over, done: &list };
    if let Some(bar) = facts.bar(asked.act, by.account) {
        return Ok(Done::Barred(bar));
    }
    let before = attachment::of(&txn, attachment::Of::Case, &[m.id]).await?.remove(&m.id).map_or(0, |f| f.len());
    if !files.is_empty() && before + files.len() > FILES_MAX {
        return Ok(Done::Field("photo"));
    }
    let version = m.version.saturating_add(1);
    let step = step::Model {
        case_id: m.id,
        no: i32::try_from(version).unwrap_or(i32::MAX),
        at: now,
        act: asked.act.code().into(),
        hand: hand.code().into(),
        account_id: by.account,
        note: asked.note.clone(),
        word: asked.word.clone(),
        with: asked.with.clone(),
    };
    done.push(step.clone());
    let told = done.iter().map(step::Model::told).collect::<Result<Vec<_>, _>>()?;
    let clocks = domain::case::reckon(rules, &calendar, &m.subject()?, &told);
    let hold = match asked.act {
        Act::Pause => asked.word.clone(),
        Act::Resume => String::new(),
        _ if from.is_open() && !to.is_open() => String::new(),
        _ => m.hold.clone(),
    };
    let rating = if asked.act == Act::Rate { asked.word.parse().unwrap_or_default() } else { m.rating };
    let closed_at = match (to.has_ended(), from.has_ended()) {
        (true, false) => Some(now),
        (true, true) => m.closed_at,
        _ => None,
    };
    let changed = ActiveModel {
        state: Set(to.code().into()),
        hold: Set(hold),
        // What is handled anew is rated anew.
        rating: Set(if asked.act == Act::Reopen { 0 } else { rating }),
        asked: Set(m.asked || asked.act == Act::Ask),
        closed_at: Set(closed_at),
        version: Set(version),
        due_at: Set(due_of(&clocks)),
        provisional: Set(provisional_of(&clocks)),
        rules: Set(rules.version),
        calendar: Set(revision),
        ..<ActiveModel as Default>::default()
    };
    let n = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(m.id))
        .filter(Column::Version.eq(m.version))
        .exec(&txn)
        .await?;
    if n.rows_affected == 0 {
        return Ok(Done::Stale);
    }
    step::Entity::insert(step.into_active_model().reset_all()).exec_without_returning(&txn).await?;
    put_clocks(&txn, m.id, &clocks).await?;
    if !attachment::add(&txn, attachment::Of::Case, m.id, files, (by.account, now)).await? {
        return Ok(Done::Gone);
    }
    if let Some(r) = request {
        request::Entity::insert(r.into_active_model().reset_all()).exec_without_returning(&txn).await?;
    }
    let detail =
        serde_json::json!({ "act": asked.act.code(), "word": asked.word, "from": from.code(), "to": to.code() });
    audit::append(&txn, by, now, "case.act", &format!("case {}", m.number), &detail).await?;
    txn.commit().await?;
    Ok(Done::Taken(version))
}

/// The case of a number, where the code is its code. A number that there is not takes as long as a code that is wrong.
async fn followed<C: ConnectionTrait>(
    db: &C,
    master: &Master,
    number: &str,
    code: &str,
) -> Result<Option<Model>, Error> {
    let number = secret::typed(&number.chars().take(40).collect::<String>());
    // As it is typed, with or without its hyphen.
    let number = number.split_at_checked(10).map(|(a, b)| format!("{a}-{b}")).unwrap_or(number);
    let fits = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let found = match fits {
        true => Entity::find().filter(Column::Number.eq(number)).one(db).await?,
        false => None,
    };
    let (id, nonce) = found.as_ref().map_or((0, ""), |m| (m.id, m.nonce.as_str()));
    let right = secret::same(&master.case_code(id, nonce), &secret::typed(&code.chars().take(40).collect::<String>()));
    Ok(found.filter(|_| right))
}

/// A case as whoever brought it reads it, by its number and code, numbers of people struck out of its texts; `None` where either is wrong. Whoever answers counts tries
/// ([`crate::throttle::Subject::Case`]).
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn follow(db: &Db, master: &Master, number: &str, code: &str) -> Result<Option<FollowPage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = followed(&read, master, number, code).await? else { return Ok(None) };
    let done = steps_of(&read, m.id).await?;
    let (track, state) = (m.track()?, m.state()?);
    let list = done.iter().map(|s| Ok((s.act()?, s.account_id))).collect::<Result<Vec<_>, Error>>()?;
    let held = !m.hold.is_empty();
    let facts = Facts { state, held, real_name: m.real_name, rated: m.rating > 0, over: false, done: &list };
    let acts = track.acts(state, Hand::Citizen).filter(|a| facts.bar(*a, 0).is_none()).collect();
    let veiled = |text: String| domain::personal::veiled(&text).into_owned();
    let steps = done.into_iter().map(|s| {
        let step = step_of(s, String::new())?;
        Ok::<_, Error>(Step { note: veiled(step.note), word: veiled(step.word), with: veiled(step.with), ..step })
    });
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    let clocks = clocks_of(&read, m.id).await?;
    let files = attachment::of(&read, attachment::Of::Case, &[m.id]).await?.remove(&m.id).unwrap_or_default();
    let line = lines(&read, vec![m]).await?.pop();
    read.commit().await?;
    let Some(c) = line else { return Ok(None) };
    Ok(Some(FollowPage {
        files,
        number: c.number,
        track,
        state,
        received_at: c.received_at,
        title: veiled(c.title),
        twin: c.twin,
        steps: steps.into_iter().filter(|s| s.act.is_told_to_citizen()).collect(),
        clocks: clocks.into_iter().filter(|k| k.done.is_none() && k.clock.is_owed_to_citizen()).collect(),
        acts,
        rating: c.rating,
        version: c.version,
    }))
}

/// Reckons the clocks of at most `limit` open cases anew that were reckoned under other rules or another calendar, and tells how many there
/// were: fewer than `limit` when none is left. Those that were closed stay as they were judged.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn reckon(db: &Db, rules: &RuleSet, limit: u64) -> Result<u64, Error> {
    let txn = db.begin_write().await?;
    let (calendar, revision) = calendar::load(&txn).await?;
    let other = Condition::any().add(Column::Rules.ne(rules.version)).add(Column::Calendar.ne(revision));
    let q = Entity::find().filter(Column::ClosedAt.is_null()).filter(other).order_by_asc(Column::Id).limit(limit);
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let rows = if postgres { q.lock_exclusive().all(&txn).await? } else { q.all(&txn).await? };
    let n = rows.len() as u64;
    for m in rows {
        let clocks = reckoned(&txn, rules, &calendar, &m).await?;
        let changed = ActiveModel {
            due_at: Set(due_of(&clocks)),
            provisional: Set(provisional_of(&clocks)),
            rules: Set(rules.version),
            calendar: Set(revision),
            ..<ActiveModel as Default>::default()
        };
        Entity::update_many().set(changed).filter(Column::Id.eq(m.id)).exec(&txn).await?;
        put_clocks(&txn, m.id, &clocks).await?;
    }
    txn.commit().await?;
    Ok(n)
}

async fn reckoned<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    calendar: &Calendar,
    m: &Model,
) -> Result<Vec<Running>, Error> {
    let told = steps_of(db, m.id).await?.iter().map(step::Model::told).collect::<Result<Vec<_>, _>>()?;
    Ok(domain::case::reckon(rules, calendar, &m.subject()?, &told))
}

/// How many open cases have another last day by the second of two reckonings, each of what is asked of a case and its steps.
async fn differ<C: ConnectionTrait>(
    db: &C,
    one: impl Fn(&Subject, &[Told]) -> Vec<Running>,
    other: impl Fn(&Subject, &[Told]) -> Vec<Running>,
) -> Result<i64, Error> {
    let (mut after, mut n) = (0, 0);
    loop {
        let q = Entity::find().filter(Column::ClosedAt.is_null()).filter(Column::Id.gt(after));
        let rows = q.order_by_asc(Column::Id).limit(500).all(db).await?;
        let Some(last) = rows.last() else { return Ok(n) };
        after = last.id;
        let told = told_of(db, &rows).await?;
        for m in &rows {
            let (subject, told) = (m.subject()?, told.get(&m.id).map_or(&[][..], Vec::as_slice));
            n += i64::from(due_of(&one(&subject, told)) != due_of(&other(&subject, told)));
        }
    }
}

/// How many open cases would have another last day under other rules: what a preview of a draft tells of them.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn moved<C: ConnectionTrait>(db: &C, rules: &RuleSet, others: &RuleSet) -> Result<i64, Error> {
    let (calendar, _) = calendar::load(db).await?;
    let calendar = &calendar;
    let by = |rules| move |s: &Subject, t: &[Told]| domain::case::reckon(rules, calendar, s, t);
    differ(db, by(rules), by(others)).await
}

/// How many open cases would have another last day by another calendar.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn moved_by<C: ConnectionTrait>(db: &C, rules: &RuleSet, other: &Calendar) -> Result<i64, Error> {
    let (present, _) = calendar::load(db).await?;
    let by = |calendar| move |s: &Subject, t: &[Told]| domain::case::reckon(rules, calendar, s, t);
    differ(db, by(&present), by(other)).await
}

/// A difference between what is stored of a case and what its steps come to.
pub(crate) type Difference = (String, String);

/// Compares cases above an id with what their steps come to, a page at a time; the id behind which to go on, `None` at the end. Clocks are compared
/// where they were reckoned by the calendar on file: of another one nothing is kept.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn compare<C: ConnectionTrait>(
    db: &C,
    known: &mut HashMap<i64, RuleSet>,
    (calendar, revision): (&Calendar, i64),
    after: i64,
) -> Result<(Option<i64>, u64, Vec<Difference>), Error> {
    let rows = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(500).all(db).await?;
    let Some(last) = rows.last().map(|m| m.id) else { return Ok((None, 0, vec![])) };
    let mut out = Vec::new();
    let n = rows.len() as u64;
    for m in rows {
        let mut differs = |what: &str, a: String, b: String| {
            if a != b {
                out.push((format!("case {}: {what}", m.number), format!("stored {a}, computed {b}")));
            }
        };
        let done = steps_of(db, m.id).await?;
        let told = done.iter().map(step::Model::told).collect::<Result<Vec<_>, _>>()?;
        let track = m.track()?;
        let folded = told.iter().skip(1).try_fold(State::Received, |s, t| track.next(s, t.act));
        differs("state", m.state.clone(), folded.map_or("none", State::code).to_owned());
        differs("steps", m.version.to_string(), done.len().to_string());
        if m.calendar != revision {
            continue;
        }
        let rules = match known.entry(m.rules) {
            Slot::Occupied(o) => o.into_mut(),
            Slot::Vacant(v) => v.insert(rule::version(db, m.rules).await?),
        };
        let clocks = domain::case::reckon(rules, calendar, &m.subject()?, &told);
        differs("clocks", format!("{:?}", clocks_of(db, m.id).await?), format!("{clocks:?}"));
        differs("due", format!("{:?}", m.due_at), format!("{:?}", due_of(&clocks)));
    }
    Ok((Some(last), n, out))
}
