//! Documents with receipt (公文签收): one row a document, one a party that must sign for it.

use crate::{Error, account, message, names, org, recipients, reference::division, sequence};
use domain::{
    clock,
    message::{Audience, Channel, Composed, Kind, Whom},
    paper::{Act, Drawn, FILES_MAX, Paper, PaperFile, PaperPage, Party, REMIND_DAYS, Receipt, State, Tally},
    permission::{Permission, Role},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DbBackend, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, Func, Query},
};
use std::collections::{BTreeSet, HashMap};

/// A row of `paper`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paper")]
pub struct Model {
    /// Number in the record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// 文号, unique in its part of the city.
    pub number: String,
    /// Title.
    pub title: String,
    /// 发文单位
    pub issuer: String,
    /// Text.
    pub body: String,
    /// In the name of which part of the city.
    pub scope: String,
    /// Who issued it.
    pub account_id: i64,
    /// [`State`] code.
    pub state: String,
    /// Whether an answer is asked for.
    pub answer: bool,
    /// Last day.
    pub deadline: Option<Date>,
    /// When it was issued, ms.
    pub issued_at: i64,
    /// When it was withdrawn, ms.
    pub ended_at: Option<i64>,
    /// Why it was withdrawn.
    pub note: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Files of documents, by the names under which their bytes are kept.
pub mod file {
    use sea_orm::entity::prelude::*;

    /// A row of `paper_file`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "paper_file")]
    pub struct Model {
        /// Document.
        #[sea_orm(primary_key, auto_increment = false)]
        pub paper_id: i64,
        /// Place among its files, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        /// Its name in addresses.
        pub token: String,
        /// Its name for people.
        pub name: String,
        /// Bytes.
        pub bytes: i64,
        /// SHA-256, hex: of what was signed for.
        pub sha256: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Files of answers.
pub mod answer_file {
    use sea_orm::entity::prelude::*;

    /// A row of `paper_answer_file`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "paper_answer_file")]
    pub struct Model {
        /// Number of the answer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub answer_id: i64,
        /// Place among its files, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        /// Document.
        pub paper_id: i64,
        /// Who answered: a [`domain::scope::Scope`].
        pub party: String,
        /// Its name in addresses.
        pub token: String,
        /// Its name for people.
        pub name: String,
        /// Bytes.
        pub bytes: i64,
        /// SHA-256, hex.
        pub sha256: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Parties of documents.
pub mod party {
    use sea_orm::entity::prelude::*;

    /// A row of `paper_party`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "paper_party")]
    pub struct Model {
        /// Document.
        #[sea_orm(primary_key, auto_increment = false)]
        pub paper_id: i64,
        /// Who: a [`domain::scope::Scope`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub party: String,
        /// The district that it lies in.
        pub division: i32,
        /// Its name then.
        pub name: String,
        /// When it was opened first, ms.
        pub opened_at: Option<i64>,
        /// By whom; 0 for nobody yet.
        pub opened_by: i64,
        /// When it was signed for, ms.
        pub signed_at: Option<i64>,
        /// By whom.
        pub signed_by: i64,
        /// When it was answered, ms.
        pub answered_at: Option<i64>,
        /// By whom.
        pub answered_by: i64,
        /// The answer.
        pub answer: String,
        /// When it was reminded, ms.
        pub reminded_at: Option<i64>,
        /// When its being late was told upward, ms.
        pub escalated_at: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use party::Column as P;

impl party::Model {
    /// How far it is.
    #[must_use]
    pub const fn receipt(&self) -> Receipt {
        Receipt::of(self.opened_at.is_some(), self.signed_at.is_some(), self.answered_at.is_some())
    }
}

impl Model {
    /// How it stands.
    ///
    /// # Errors
    /// When what is stored is no state.
    pub fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| Error::Stored(format!("paper {}: state", self.id)))
    }
}

/// Parties that the viewer may see, of documents that his part of the city did not issue: his own, and those of his district.
pub(crate) fn concerned(viewer: Viewer) -> Condition {
    match viewer.scope {
        Scope::City => Condition::all(),
        Scope::District(d) => Condition::any().add(P::Party.eq(viewer.scope.to_string())).add(P::Division.eq(d)),
        Scope::Org(_) => Condition::all().add(P::Party.eq(viewer.scope.to_string())),
    }
}

/// Documents that the viewer may see: what his part of the city issued, and what a party that he sees must sign for.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    if viewer.scope == Scope::City {
        return Condition::all();
    }
    let to = party::Entity::find().select_only().column(P::PaperId).filter(concerned(viewer)).into_query();
    Condition::any().add(Column::Scope.eq(viewer.scope.to_string())).add(Column::Id.in_subquery(to))
}

/// Parties that are not done with their documents.
pub(crate) fn undone() -> Condition {
    let asks = Entity::find().select_only().column(Column::Id).filter(Column::Answer.eq(true)).into_query();
    Condition::any()
        .add(P::SignedAt.is_null())
        .add(Condition::all().add(P::AnsweredAt.is_null()).add(P::PaperId.in_subquery(asks)))
}

/// What came of a document that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// It bears this number in the record.
    New(i64),
    /// Another of this part of the city bears its 文号: the number of that.
    Number(i64),
    /// There is no such party, or the viewer may not address it.
    Party(Scope),
    /// Too many files, or whoever asks is an enterprise.
    NotAllowed,
}

/// Issues a document, and tells its parties.
///
/// # Errors
/// When the database fails.
pub async fn issue<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    d: &Drawn,
    files: &[PaperFile],
    (account, now): (i64, i64),
) -> Result<Issued, Error> {
    if matches!(viewer.scope, Scope::Org(_)) || files.len() > FILES_MAX {
        return Ok(Issued::NotAllowed);
    }
    // First the number: its row is locked, so that of two of the same 文号 the second sees the first.
    let id = sequence::next(txn, "paper").await?;
    let own = viewer.scope.to_string();
    let same = Entity::find().filter(Column::Scope.eq(own.as_str())).filter(Column::Number.eq(d.number.as_str()));
    if let Some(m) = same.one(txn).await? {
        return Ok(Issued::Number(m.id));
    }
    let mut parties = match addressed(txn, viewer, id, &d.parties).await? {
        Ok(rows) => rows,
        Err(outside) => return Ok(Issued::Party(outside)),
    };
    // What is to be done at once is not reminded of in the minute after it was told.
    if d.deadline.is_some_and(|day| day <= soon(now)) {
        for p in &mut parties {
            p.reminded_at = Some(now);
        }
    }
    let row = Model {
        id,
        number: d.number.clone(),
        title: d.title.clone(),
        issuer: d.issuer.clone(),
        body: d.body.clone(),
        scope: own,
        account_id: account,
        state: State::Issued.code().into(),
        answer: d.answer,
        deadline: d.deadline,
        issued_at: now,
        ended_at: None,
        note: String::new(),
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(txn).await?;
    for chunk in parties.chunks(1_000) {
        let rows = chunk.iter().map(|p| p.clone().into_active_model().reset_all());
        party::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    for (f, place) in files.iter().zip(0..) {
        let row = file::ActiveModel {
            paper_id: Set(id),
            place: Set(place),
            token: Set(f.token.clone()),
            name: Set(f.name.clone()),
            bytes: Set(f.bytes),
            sha256: Set(f.sha256.clone()),
        };
        file::Entity::insert(row).exec_without_returning(txn).await?;
    }
    let scopes: Vec<String> = parties.iter().map(|p| p.party.clone()).collect();
    tell(txn, &row, "issued", &scopes, "请查看并签收。", now).await?;
    Ok(Issued::New(id))
}

/// The last day of which parties are reminded now.
pub(crate) fn soon(now: i64) -> Date {
    let today = clock::local_date(now);
    today.checked_add_days(chrono::Days::new(REMIND_DAYS.unsigned_abs())).unwrap_or(today)
}

/// Rows of parties that the viewer may address: a district only what is seated in it; or the one that he may not.
async fn addressed<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    id: i64,
    parties: &[Scope],
) -> Result<Result<Vec<party::Model>, Scope>, Error> {
    let places = recipients::places(txn, parties.iter().copied()).await?;
    let ids: Vec<i64> = parties.iter().filter_map(|p| if let Scope::Org(o) = p { Some(*o) } else { None }).collect();
    let seats: HashMap<i64, i32> = org::Entity::find()
        .select_only()
        .columns([org::Column::Id, org::Column::Division])
        .filter(org::Column::Id.is_in(ids))
        .filter(crate::scope::within(viewer, org::Column::Id))
        .into_tuple::<(i64, i32)>()
        .all(txn)
        .await?
        .into_iter()
        .collect();
    let mut out = vec![];
    for p in parties {
        let seat = match p {
            Scope::Org(o) => seats.get(o).copied(),
            Scope::District(d) if viewer.scope == Scope::City => {
                division::Entity::find_by_id(*d).one(txn).await?.map(|_| *d)
            }
            _ => None,
        };
        let Some(division) = seat else { return Ok(Err(*p)) };
        out.push(party::Model {
            paper_id: id,
            party: p.to_string(),
            division,
            name: places.get(p).map(|n| n.0.clone()).unwrap_or_default(),
            opened_at: None,
            opened_by: 0,
            signed_at: None,
            signed_by: 0,
            answered_at: None,
            answered_by: 0,
            answer: String::new(),
            reminded_at: None,
            escalated_at: None,
        });
    }
    Ok(Ok(out))
}

/// Tells those who may sign for parties something of a document, once.
pub(crate) async fn tell<C: ConnectionTrait>(
    txn: &C,
    m: &Model,
    what: &str,
    parties: &[String],
    words: &str,
    now: i64,
) -> Result<(), Error> {
    let signers: Vec<&str> =
        Role::ALL.iter().filter(|r| r.permissions().contains(&Permission::PaperSign)).map(|r| r.code()).collect();
    let held = account::role::Entity::find()
        .select_only()
        .column(account::role::Column::AccountId)
        .filter(account::role::Column::Role.is_in(signers))
        .into_query();
    let mut ids: Vec<i64> = vec![];
    for chunk in parties.chunks(5_000) {
        let q = account::Entity::find()
            .select_only()
            .column(account::Column::Id)
            .filter(account::Column::DisabledAt.is_null())
            .filter(account::Column::Scope.is_in(chunk.iter().map(String::as_str)))
            .filter(account::Column::Id.in_subquery(held.clone()));
        ids.extend(q.into_tuple::<i64>().all(txn).await?);
    }
    tell_accounts(txn, m, what, ids, words, now).await
}

async fn tell_accounts<C: ConnectionTrait>(
    txn: &C,
    m: &Model,
    what: &str,
    ids: Vec<i64>,
    words: &str,
    now: i64,
) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut ids = ids;
    ids.sort_unstable();
    // Braces in a title are no fields.
    let plain = |text: &str| text.replace('{', "\u{ff5b}").replace('}', "\u{ff5d}");
    let deadline = m.deadline.map_or_else(String::new, |d| format!("期限 {d}。"));
    let c = Composed {
        title: format!("公文:{}", plain(&m.title)),
        body: format!("{} {}({})。{deadline}{words}", plain(&m.issuer), plain(&m.title), plain(&m.number)),
        channels: vec![Channel::Inbox, Channel::Sms],
        audience: Audience { whom: Whom::Accounts(ids), roles: vec![] },
        send_at: now,
        urgent: false,
    };
    let scope = m.scope.parse().map_err(Error::Stored)?;
    message::announce(txn, (Kind::Paper, &format!("paper-{}-{what}", m.id)), scope, &c, now).await?;
    Ok(())
}

/// What came of a step with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken.
    Taken,
    /// It was taken before: nothing changed.
    Before,
    /// There is none of this number of which the viewer is a party, or that he issued.
    Unknown,
    /// It cannot be done as it stands.
    NotNow,
}

/// A party opens a document, signs for it or answers it: the viewer's own part of the city, and no other.
///
/// # Errors
/// When the database fails.
pub async fn act<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    (id, act, answer): (i64, Act, &str),
    (account, now): (i64, i64),
) -> Result<Done, Error> {
    let own = P::Party.eq(viewer.scope.to_string());
    let found = party::Entity::find().filter(P::PaperId.eq(id)).filter(own);
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let found = if postgres { found.lock_exclusive().one(txn).await? } else { found.one(txn).await? };
    let Some(p) = found else { return Ok(Done::Unknown) };
    let Some(m) = Entity::find_by_id(id).one(txn).await? else { return Ok(Done::Unknown) };
    let receipt = p.receipt();
    let Some(to) = receipt.next(act) else { return Ok(Done::NotNow) };
    if to == receipt {
        return Ok(Done::Before);
    }
    if m.state()? != State::Issued && act != Act::Open {
        return Ok(Done::NotNow);
    }
    let mut q = party::Entity::update_many();
    q = match act {
        Act::Open => q.col_expr(P::OpenedAt, Expr::value(now)).col_expr(P::OpenedBy, Expr::value(account)),
        Act::Sign => q.col_expr(P::SignedAt, Expr::value(now)).col_expr(P::SignedBy, Expr::value(account)),
        Act::Answer if answer.is_empty() => return Ok(Done::NotNow),
        Act::Answer => q
            .col_expr(P::AnsweredAt, Expr::value(now))
            .col_expr(P::AnsweredBy, Expr::value(account))
            .col_expr(P::Answer, Expr::value(answer)),
    };
    q.filter(P::PaperId.eq(id)).filter(P::Party.eq(p.party)).exec(txn).await?;
    Ok(Done::Taken)
}

/// Withdraws a document of the viewer's own part of the city, and tells its parties.
///
/// # Errors
/// When the database fails.
pub async fn withdraw<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    (id, note): (i64, &str),
    now: i64,
) -> Result<Done, Error> {
    let own = Column::Scope.eq(viewer.scope.to_string());
    let Some(m) = Entity::find_by_id(id).filter(own).one(txn).await? else { return Ok(Done::Unknown) };
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Withdrawn.code()))
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::Note, Expr::value(note))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Issued.code()))
        .exec(txn)
        .await?;
    if done.rows_affected == 0 {
        return Ok(Done::NotNow);
    }
    let parties: Vec<String> =
        party::Entity::find().select_only().column(P::Party).filter(P::PaperId.eq(id)).into_tuple().all(txn).await?;
    tell(txn, &m, "withdrawn", &parties, "该公文已撤回,无需签收。", now).await?;
    Ok(Done::Taken)
}

/// A document whose parties were reminded, or told of upward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The document.
    pub id: i64,
    /// `remind` or `escalate`.
    pub what: &'static str,
    /// Parties.
    pub parties: usize,
}

/// Reminds the parties of one document whose last day is near, or tells upward of those that are late: the next that was not told of yet.
/// `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn chase<C: ConnectionTrait>(txn: &C, now: i64) -> Result<Option<Told>, Error> {
    let today = clock::local_date(now);
    // Who was reminded by hand yesterday or today is not reminded again.
    let lately = clock::day_start(clock::day_of(today).saturating_sub(1));
    let late = Condition::all().add(Column::Deadline.lt(today));
    let near = Condition::all().add(Column::Deadline.lte(soon(now))).add(Column::Deadline.gte(today));
    for (what, when, told) in [("escalate", late, P::EscalatedAt), ("remind", near, P::RemindedAt)] {
        let untold = Condition::any().add(told.is_null());
        let untold = if what == "remind" { untold.add(told.lt(lately)) } else { untold };
        let open = Condition::all().add(undone()).add(untold);
        let waiting = party::Entity::find().select_only().column(P::PaperId).filter(open.clone()).into_query();
        let found = Entity::find()
            .filter(Column::State.eq(State::Issued.code()))
            .filter(when)
            .filter(Column::Id.in_subquery(waiting));
        let Some(m) = found.order_by_asc(Column::Id).one(txn).await? else { continue };
        let parties = party::Entity::find().filter(P::PaperId.eq(m.id)).filter(open.clone()).all(txn).await?;
        let scopes: Vec<String> = parties.iter().map(|p| p.party.clone()).collect();
        // A deadline that was put off is told of anew.
        let day = m.deadline.map_or_else(String::new, |d| d.to_string());
        if what == "remind" {
            tell(txn, &m, &format!("remind-{today}"), &scopes, "尚未办结,请尽快办理。", now).await?;
        } else {
            tell(txn, &m, &format!("late-{day}"), &scopes, "已逾期,请立即办理。", now).await?;
            upward(txn, &m, &format!("escalated-{day}"), &parties, now).await?;
        }
        party::Entity::update_many()
            .col_expr(told, Expr::value(now))
            .filter(P::PaperId.eq(m.id))
            .filter(P::Party.is_in(scopes.iter().map(String::as_str)))
            .exec(txn)
            .await?;
        return Ok(Some(Told { id: m.id, what, parties: parties.len() }));
    }
    Ok(None)
}

/// Tells whoever issued a document, and the regulators of the districts, of the parties that are late.
pub(crate) async fn upward<C: ConnectionTrait>(
    txn: &C,
    m: &Model,
    key: &str,
    late: &[party::Model],
    now: i64,
) -> Result<(), Error> {
    let districts: BTreeSet<String> = late.iter().map(|p| Scope::District(p.division).to_string()).collect();
    let regulators = account::role::Entity::find()
        .select_only()
        .column(account::role::Column::AccountId)
        .filter(account::role::Column::Role.eq(Role::DistrictRegulator.code()))
        .into_query();
    let mut ids: Vec<i64> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::Column::DisabledAt.is_null())
        .filter(account::Column::Scope.is_in(districts))
        .filter(account::Column::Id.in_subquery(regulators))
        .into_tuple()
        .all(txn)
        .await?;
    ids.push(m.account_id);
    ids.sort_unstable();
    ids.dedup();
    let names: Vec<&str> = late.iter().map(|p| p.name.as_str()).take(5).collect();
    let words =
        format!("已逾期未办结 {} 家:{}{}", late.len(), names.join("、"), if late.len() > 5 { "等。" } else { "。" });
    tell_accounts(txn, m, key, ids, &words.replace('{', "\u{ff5b}").replace('}', "\u{ff5d}"), now).await
}

/// Documents as they stand in a list, with the tallies of the parties that the viewer sees.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, viewer: Viewer, rows: Vec<Model>) -> Result<Vec<Paper>, Error> {
    let own = viewer.scope.to_string();
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    let issued: BTreeSet<i64> = rows.iter().filter(|m| m.scope == own).map(|m| m.id).collect();
    let seen = Condition::any().add(P::PaperId.is_in(issued.iter().copied())).add(concerned(viewer));
    // Counted by the database: a document may go to every enterprise of the city.
    let count = |c: P| Func::count(Expr::col(c));
    let q = Query::select()
        .column(P::PaperId)
        .expr(Expr::cust("COUNT(*)"))
        .expr(count(P::OpenedAt))
        .expr(count(P::SignedAt))
        .expr(count(P::AnsweredAt))
        .from(party::Entity)
        .cond_where(Condition::all().add(P::PaperId.is_in(ids.iter().copied())).add(seen))
        .group_by_col(P::PaperId)
        .to_owned();
    let mut tallies: HashMap<i64, Tally> = HashMap::new();
    for row in db.query_all(&q).await? {
        let tally = Tally {
            parties: row.try_get_by_index(1)?,
            opened: row.try_get_by_index(2)?,
            signed: row.try_get_by_index(3)?,
            answered: row.try_get_by_index(4)?,
        };
        tallies.insert(row.try_get_by_index(0)?, tally);
    }
    let mine = party::Entity::find().filter(P::PaperId.is_in(ids)).filter(P::Party.eq(own.as_str()));
    let mine: HashMap<i64, Receipt> = mine.all(db).await?.into_iter().map(|p| (p.paper_id, p.receipt())).collect();
    rows.into_iter()
        .map(|m| {
            let (tally, own) = (tallies.get(&m.id).copied().unwrap_or_default(), mine.get(&m.id).copied());
            Ok(Paper {
                state: m.state()?,
                scope: m.scope.parse().map_err(Error::Stored)?,
                id: m.id,
                number: m.number,
                title: m.title,
                issuer: m.issuer,
                answer: m.answer,
                deadline: m.deadline,
                issued_at: m.issued_at,
                tally,
                own,
            })
        })
        .collect()
}

/// A document that the viewer may see, with what its page and its receipt sheet show.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &crate::Db, viewer: Viewer, id: i64, now: i64) -> Result<Option<PaperPage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(viewer)).one(&read).await? else { return Ok(None) };
    let issued_here = m.scope == viewer.scope.to_string();
    let (body, note) = (m.body.clone(), m.note.clone());
    let Some(paper) = lines(&read, viewer, vec![m]).await?.pop() else { return Ok(None) };
    let seen = if issued_here { Condition::all() } else { concerned(viewer) };
    let rows = party::Entity::find().filter(P::PaperId.eq(id)).filter(seen).order_by_asc(P::Division);
    let rows = rows.order_by_asc(P::Party).all(&read).await?;
    let by = names::accounts(&read, rows.iter().flat_map(|p| [p.opened_by, p.signed_by, p.answered_by])).await?;
    let files = file::Entity::find().filter(file::Column::PaperId.eq(id)).order_by_asc(file::Column::Place);
    let files = files.all(&read).await?;
    let mut replied: HashMap<String, Vec<PaperFile>> = HashMap::new();
    let answers = answer_file::Entity::find()
        .filter(answer_file::Column::PaperId.eq(id))
        .filter(answer_file::Column::Party.is_in(rows.iter().map(|p| p.party.as_str())))
        .order_by_asc(answer_file::Column::AnswerId)
        .order_by_asc(answer_file::Column::Place);
    for f in answers.all(&read).await? {
        let file = PaperFile { token: f.token, name: f.name, bytes: f.bytes, sha256: f.sha256 };
        replied.entry(f.party).or_default().push(file);
    }
    read.commit().await?;
    let step =
        |at: Option<i64>, who: i64| at.map(|at| (at, by.get(&who).cloned().unwrap_or_else(|| format!("#{who}"))));
    let parties = rows.into_iter().map(|p| {
        Ok(Party {
            receipt: p.receipt(),
            party: p.party.parse().map_err(Error::Stored)?,
            opened: step(p.opened_at, p.opened_by),
            signed: step(p.signed_at, p.signed_by),
            answered: step(p.answered_at, p.answered_by),
            reply: p.answer,
            files: replied.remove(&p.party).unwrap_or_default(),
            name: p.name,
            reminded_at: p.reminded_at,
            escalated_at: p.escalated_at,
        })
    });
    let file = |f: file::Model| PaperFile { token: f.token, name: f.name, bytes: f.bytes, sha256: f.sha256 };
    Ok(Some(PaperPage {
        paper,
        body,
        note,
        files: files.into_iter().map(file).collect(),
        parties: parties.collect::<Result<_, Error>>()?,
        issued_here,
        today: clock::local_date(now),
    }))
}
