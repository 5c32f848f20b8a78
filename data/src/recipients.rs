//! Whom a message reaches: accounts within the sender's scope, and lists of them that are kept.

use crate::{Error, account, contact, counter, org, push, reference::division, sequence, site};
use domain::{
    clock,
    ledger::Metric,
    message::{Audience, Composed, Fields, LIST_MAX, NAMED, Preview, Reach, RecipientList, Whom, fill},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, ConnectionTrait, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement},
};
use std::collections::{BTreeSet, HashMap};

/// A row of `recipient_list`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recipient_list")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Whose part of the city it belongs to.
    pub scope: String,
    /// Name, unique there.
    pub name: String,
    /// Who changed it last.
    pub account_id: i64,
    /// When, ms.
    pub changed_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who is on a list.
pub mod member {
    use sea_orm::entity::prelude::*;

    /// A row of `recipient_list_member`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recipient_list_member")]
    pub struct Model {
        /// List.
        #[sea_orm(primary_key, auto_increment = false)]
        pub list_id: i64,
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Silent organisations that are named.
const SILENT_NAMED: usize = 20;

/// Scopes, as accounts hold them, of the organisations that are seated in districts.
fn seated(districts: &[i32]) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("'org:' || CAST(\"id\" AS text)"))
        .from(org::Entity)
        .and_where(org::Column::Division.is_in(districts.iter().copied()))
        .to_owned()
}

/// Accounts of districts: their regulators, and the people of organisations seated there.
fn of_districts(districts: &[i32]) -> Condition {
    let own = districts.iter().map(|d| Scope::District(*d).to_string());
    Condition::any().add(account::Column::Scope.is_in(own)).add(account::Column::Scope.in_subquery(seated(districts)))
}

/// Accounts that a sender may reach at all.
fn reachable(sender: Scope) -> Condition {
    let all = Condition::all().add(account::Column::DisabledAt.is_null());
    match sender {
        Scope::City => all,
        Scope::District(d) => all.add(of_districts(&[d])),
        Scope::Org(_) => all.add(account::Column::Scope.eq(sender.to_string())),
    }
}

/// Cylinders past their due date, not past their life, by organisation.
///
/// # Errors
/// When the database fails.
pub async fn overdue<C: ConnectionTrait>(db: &C, now: i64) -> Result<HashMap<i64, i64>, Error> {
    let today = clock::local_day(now);
    let mut out: HashMap<i64, i64> = HashMap::new();
    // Whatever is past its life is past its due date, too: it is counted by both.
    for (metric, sign) in [(Metric::DueOn, 1), (Metric::LifeEndOn, -1)] {
        let q = Query::select()
            .column((site::Entity, site::Column::OrgId))
            .expr(Expr::cust("CAST(SUM(\"counter\".\"value\") AS bigint)"))
            .from(counter::Entity)
            .inner_join(
                site::Entity,
                Expr::col((site::Entity, site::Column::Id)).equals((counter::Entity, counter::Column::SiteId)),
            )
            .and_where(Expr::col((counter::Entity, counter::Column::Metric)).eq(metric.number()))
            .and_where(Expr::col((counter::Entity, counter::Column::Day)).lt(today))
            .group_by_col((site::Entity, site::Column::OrgId))
            .to_owned();
        for row in db.query_all(&q).await? {
            *out.entry(row.try_get_by_index(0)?).or_default() += sign * row.try_get_by_index::<i64>(1)?;
        }
    }
    out.retain(|_, n| *n > 0);
    Ok(out)
}

/// Accounts that an audience means, within what the sender may reach.
async fn meant<C: ConnectionTrait>(db: &C, sender: Scope, audience: &Audience, now: i64) -> Result<Condition, Error> {
    let of_orgs = |ids: &mut dyn Iterator<Item = i64>| {
        let scopes: Vec<String> = ids.map(|o| Scope::Org(o).to_string()).collect();
        account::Column::Scope.is_in(scopes)
    };
    let mut all = reachable(sender);
    all = match &audience.whom {
        Whom::All => all,
        Whom::Orgs(ids) => all.add(of_orgs(&mut ids.iter().copied())),
        Whom::Districts(codes) => all.add(of_districts(codes)),
        Whom::Accounts(ids) => all.add(account::Column::Id.is_in(ids.iter().copied())),
        Whom::Overdue => all.add(of_orgs(&mut overdue(db, now).await?.into_keys())),
        Whom::List(id) => {
            // A list of another part of the city reaches nobody.
            let own = Entity::find().select_only().column(Column::Id);
            let own = own.filter(Column::Id.eq(*id)).filter(Column::Scope.eq(sender.to_string())).into_query();
            let members = member::Entity::find().select_only().column(member::Column::AccountId);
            all.add(
                account::Column::Id.in_subquery(members.filter(member::Column::ListId.in_subquery(own)).into_query()),
            )
        }
    };
    if !audience.roles.is_empty() {
        let held = account::role::Entity::find()
            .select_only()
            .column(account::role::Column::AccountId)
            .filter(account::role::Column::Role.is_in(audience.roles.iter().map(|r| r.code())))
            .into_query();
        all = all.add(account::Column::Id.in_subquery(held));
    }
    Ok(all)
}

/// An account that is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Account.
    pub id: i64,
    /// Name.
    pub name: String,
    /// What part of the city it sees.
    pub scope: Scope,
}

/// The next people of an audience after an account, by its id.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn next<C: ConnectionTrait>(
    db: &C,
    sender: Scope,
    audience: &Audience,
    (after, limit): (i64, u64),
    now: i64,
) -> Result<Vec<Person>, Error> {
    let rows: Vec<(i64, String, String)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name, account::Column::Scope])
        .filter(meant(db, sender, audience, now).await?)
        .filter(account::Column::Id.gt(after))
        .order_by_asc(account::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, name, scope)| Ok(Person { id, name, scope: scope.parse().map_err(Error::Stored)? }))
        .collect()
}

/// Where accounts belong: of each scope the name, and of an organisation its district's.
///
/// # Errors
/// When the database fails.
pub(crate) async fn places<C: ConnectionTrait>(
    db: &C,
    scopes: impl IntoIterator<Item = Scope>,
) -> Result<HashMap<Scope, (String, String)>, Error> {
    let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
    let orgs: Vec<i64> = scopes.iter().filter_map(|s| if let Scope::Org(o) = s { Some(*o) } else { None }).collect();
    let orgs: HashMap<i64, org::Model> =
        org::Entity::find().filter(org::Column::Id.is_in(orgs)).all(db).await?.into_iter().map(|o| (o.id, o)).collect();
    let codes: BTreeSet<i32> = scopes
        .iter()
        .filter_map(|s| if let Scope::District(d) = s { Some(*d) } else { None })
        .chain(orgs.values().map(|o| o.division))
        .collect();
    let names: HashMap<i32, String> = division::Entity::find()
        .filter(division::Column::Code.is_in(codes))
        .all(db)
        .await?
        .into_iter()
        .map(|d| (d.code, d.name))
        .collect();
    let district = |d: i32| names.get(&d).cloned().unwrap_or_default();
    Ok(scopes
        .into_iter()
        .map(|s| {
            let of = match s {
                Scope::City => (String::new(), String::new()),
                Scope::District(d) => (district(d), district(d)),
                Scope::Org(o) => orgs.get(&o).map(|o| (o.name.clone(), district(o.division))).unwrap_or_default(),
            };
            (s, of)
        })
        .collect())
}

/// How many an audience reaches now, for whoever is about to send.
///
/// # Errors
/// When the database fails.
pub async fn reach<C: ConnectionTrait>(db: &C, viewer: Viewer, audience: &Audience, now: i64) -> Result<Reach, Error> {
    let all = meant(db, viewer.scope, audience, now).await?;
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let people = account::Entity::find().filter(all.clone()).count(db).await?;
    let with = async |what: contact::Column| {
        let known = contact::Entity::find().select_only().column(contact::Column::AccountId).filter(what.ne(""));
        let known = account::Column::Id.in_subquery(known.into_query());
        account::Entity::find().filter(all.clone()).filter(known).count(db).await
    };
    let (phone, mail) = (with(contact::Column::Phone).await?, with(contact::Column::Mail).await?);
    let told = account::Column::Id.in_subquery(push::told(&push::current(db).await?));
    let told = account::Entity::find().filter(all.clone()).filter(told).count(db).await?;
    Ok(Reach {
        people: count(people),
        silent: silent(db, viewer, audience, &all, now).await?,
        without_phone: count(people.saturating_sub(phone)),
        without_mail: count(people.saturating_sub(mail)),
        without_push: count(people.saturating_sub(told)),
    })
}

/// Whom a message would reach now, and how the first of them would read it.
///
/// # Errors
/// When the database fails.
pub async fn preview<C: ConnectionTrait>(db: &C, viewer: Viewer, c: &Composed, now: i64) -> Result<Preview, Error> {
    let reach = reach(db, viewer, &c.audience, now).await?;
    let people = next(db, viewer.scope, &c.audience, (0, NAMED), now).await?;
    let places = places(db, people.iter().map(|p| p.scope)).await?;
    let overdue = overdue(db, now).await?;
    let fields = people.first().map(|p| {
        let (org, district) = places.get(&p.scope).cloned().unwrap_or_default();
        let n = if let Scope::Org(o) = p.scope { overdue.get(&o).copied().unwrap_or_default() } else { 0 };
        Fields { name: p.name.clone(), org, district, overdue: n, date: clock::local_date(c.send_at).to_string() }
    });
    // To nobody nothing is filled in.
    let filled = |text: &str| fields.as_ref().map_or_else(|| text.to_owned(), |f| fill(text, f));
    let place = |s: &Scope| places.get(s).map(|p| p.0.clone()).unwrap_or_default();
    Ok(Preview {
        reach,
        title: filled(&c.title),
        body: filled(&c.body),
        first: people.iter().map(|p| (p.name.clone(), place(&p.scope))).collect(),
    })
}

/// What an audience names, by its names, as far as the viewer sees it: organisations, districts, or a list of his own part of the city; nothing
/// for the others.
///
/// # Errors
/// When the database fails.
pub async fn named<C: ConnectionTrait>(db: &C, viewer: Viewer, audience: &Audience) -> Result<Vec<String>, Error> {
    let scopes: Vec<Scope> = match &audience.whom {
        Whom::Orgs(ids) => org::Entity::find()
            .select_only()
            .column(org::Column::Id)
            .filter(org::Column::Id.is_in(ids.iter().copied()))
            .filter(crate::scope::within(viewer, org::Column::Id))
            .into_tuple::<i64>()
            .all(db)
            .await?
            .into_iter()
            .map(Scope::Org)
            .collect(),
        Whom::Districts(codes) => {
            let own = match viewer.scope {
                Scope::City => None,
                Scope::District(d) => Some(d),
                // The one that it is seated in.
                Scope::Org(o) => Some(org::Entity::find_by_id(o).one(db).await?.map_or(0, |o| o.division)),
            };
            codes.iter().copied().filter(|d| own.is_none_or(|own| own == *d)).map(Scope::District).collect()
        }
        Whom::List(id) => {
            let list = Entity::find_by_id(*id).filter(Column::Scope.eq(viewer.scope.to_string()));
            return Ok(list.one(db).await?.into_iter().map(|m| m.name).collect());
        }
        Whom::All | Whom::Accounts(_) | Whom::Overdue => return Ok(vec![]),
    };
    let mut names: Vec<String> = places(db, scopes).await?.into_values().map(|n| n.0).collect();
    names.sort_unstable();
    Ok(names)
}

/// The accounts that an audience reaches now, at most one more than a list may hold.
///
/// # Errors
/// When the database fails.
pub async fn accounts<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    audience: &Audience,
    now: i64,
) -> Result<Vec<i64>, Error> {
    let people = next(db, viewer.scope, audience, (0, LIST_MAX as u64 + 1), now).await?;
    Ok(people.into_iter().map(|p| p.id).collect())
}

/// Organisations that are named, or overdue, and have nobody who could read a message.
async fn silent<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    audience: &Audience,
    all: &Condition,
    now: i64,
) -> Result<Vec<String>, Error> {
    let ids: Vec<i64> = match &audience.whom {
        Whom::Orgs(ids) => ids.clone(),
        Whom::Overdue => overdue(db, now).await?.into_keys().collect(),
        _ => return Ok(vec![]),
    };
    let heard: Vec<String> = account::Entity::find()
        .select_only()
        .column(account::Column::Scope)
        .filter(all.clone())
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    let heard = heard.iter().filter_map(|s| if let Ok(Scope::Org(o)) = s.parse() { Some(o) } else { None });
    let heard: BTreeSet<i64> = heard.collect();
    let rows = org::Entity::find()
        .filter(crate::scope::within(viewer, org::Column::Id))
        .filter(org::Column::Id.is_in(ids.into_iter().filter(|o| !heard.contains(o))))
        .order_by_asc(org::Column::Name)
        .limit(SILENT_NAMED as u64)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|o| o.name).collect())
}

/// The lists of the viewer's own part of the city, by name.
///
/// # Errors
/// When the database fails.
pub async fn lists<C: ConnectionTrait>(db: &C, viewer: Viewer) -> Result<Vec<RecipientList>, Error> {
    let own = Entity::find().filter(Column::Scope.eq(viewer.scope.to_string())).order_by_asc(Column::Name);
    let mut out = vec![];
    for m in own.all(db).await? {
        let n = member::Entity::find().filter(member::Column::ListId.eq(m.id)).count(db).await?;
        out.push(RecipientList { id: m.id, name: m.name, members: u32::try_from(n).unwrap_or(u32::MAX) });
    }
    Ok(out)
}

/// What came of a list that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands under this number.
    Done(i64),
    /// There is none of this number within the viewer's part of the city.
    Unknown,
    /// Another bears the name.
    Taken,
    /// It holds too many, or somebody whom the viewer does not reach.
    Members,
}

/// Keeps a list: a new one where `id` is 0.
///
/// # Errors
/// When the database fails.
pub async fn keep<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    (id, name): (i64, &str),
    members: &[i64],
    (account, now): (i64, i64),
) -> Result<Kept, Error> {
    let members: BTreeSet<i64> = members.iter().copied().collect();
    if members.len() > LIST_MAX {
        return Ok(Kept::Members);
    }
    let scope = viewer.scope.to_string();
    // First the number: its row is locked, so that of two of the same name the second sees the first.
    let fresh = sequence::next(txn, "recipient_list").await?;
    let same = Entity::find().filter(Column::Scope.eq(scope.as_str())).filter(Column::Name.eq(name)).one(txn).await?;
    if same.is_some_and(|m| m.id != id) {
        return Ok(Kept::Taken);
    }
    for chunk in members.iter().copied().collect::<Vec<_>>().chunks(5_000) {
        let q = account::Entity::find().filter(reachable(viewer.scope));
        let known = q.filter(account::Column::Id.is_in(chunk.iter().copied())).count(txn).await?;
        if known != chunk.len() as u64 {
            return Ok(Kept::Members);
        }
    }
    let id = if id == 0 {
        let row = ActiveModel {
            id: Set(fresh),
            scope: Set(scope),
            name: Set(name.to_owned()),
            account_id: Set(account),
            changed_at: Set(now),
        };
        Entity::insert(row).exec_without_returning(txn).await?;
        fresh
    } else {
        let changed = Entity::update_many()
            .col_expr(Column::Name, Expr::value(name))
            .col_expr(Column::AccountId, Expr::value(account))
            .col_expr(Column::ChangedAt, Expr::value(now))
            .filter(Column::Id.eq(id))
            .filter(Column::Scope.eq(scope))
            .exec(txn)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(Kept::Unknown);
        }
        member::Entity::delete_many().filter(member::Column::ListId.eq(id)).exec(txn).await?;
        id
    };
    let rows: Vec<_> =
        members.into_iter().map(|a| member::ActiveModel { list_id: Set(id), account_id: Set(a) }).collect();
    for chunk in rows.chunks(2_000) {
        let once = OnConflict::columns([member::Column::ListId, member::Column::AccountId]).do_nothing().to_owned();
        member::Entity::insert_many(chunk.to_vec()).on_conflict(once).exec_without_returning(txn).await?;
    }
    Ok(Kept::Done(id))
}

/// The accounts on a list of the viewer's own part of the city, by id and name.
///
/// # Errors
/// When the database fails.
pub async fn members<C: ConnectionTrait>(db: &C, viewer: Viewer, id: i64) -> Result<Option<Vec<(i64, String)>>, Error> {
    let own = Entity::find_by_id(id).filter(Column::Scope.eq(viewer.scope.to_string())).one(db).await?;
    if own.is_none() {
        return Ok(None);
    }
    let on = member::Entity::find().select_only().column(member::Column::AccountId);
    let on = on.filter(member::Column::ListId.eq(id)).into_query();
    let rows = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name])
        .filter(reachable(viewer.scope))
        .filter(account::Column::Id.in_subquery(on))
        .order_by_asc(account::Column::Name)
        .order_by_asc(account::Column::Id);
    Ok(Some(rows.into_tuple().all(db).await?))
}

/// Takes a list away. False where there is none of this number. Messages that were sent to it stay as they are.
///
/// # Errors
/// When the database fails.
pub async fn forget<C: ConnectionTrait>(txn: &C, viewer: Viewer, id: i64) -> Result<bool, Error> {
    let own = Column::Scope.eq(viewer.scope.to_string());
    let gone = Entity::delete_many().filter(Column::Id.eq(id)).filter(own).exec(txn).await?;
    if gone.rows_affected > 0 {
        member::Entity::delete_many().filter(member::Column::ListId.eq(id)).exec(txn).await?;
    }
    Ok(gone.rows_affected > 0)
}

/// The name of a part of the city; empty for all of it.
///
/// # Errors
/// When the database fails.
pub async fn place<C: ConnectionTrait>(db: &C, scope: Scope) -> Result<String, Error> {
    Ok(places(db, [scope]).await?.remove(&scope).unwrap_or_default().0)
}
