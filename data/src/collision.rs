//! Pairs of files that may be of one cylinder: found by what stands in them, and settled by people.

use crate::{
    Db, Error, WriteTxn, cylinder,
    cylinder::{state, tag},
    event, names,
    page::AskError,
};
use domain::{
    collision::{Collision, Collisions, Kind, PAGE, Side},
    ledger::{Custody, FileState},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, QueryFilter, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Alias, BinOper, ExprTrait, JoinType, OnConflict, Order, Query, SelectStatement, SimpleExpr},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A row of `collision_ruling`: two files that somebody found to be of two cylinders.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "collision_ruling")]
pub struct Model {
    /// [`Kind`] number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    /// The one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub one_id: i64,
    /// The other.
    #[sea_orm(primary_key, auto_increment = false)]
    pub other_id: i64,
    /// Why.
    pub reason: String,
    /// Who found it.
    pub account_id: i64,
    /// When, ms.
    pub at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Names of the two in the statements.
const ONE: &str = "one";
const OTHER: &str = "other";

/// Numbers and tags that lead to more than one cylinder.
pub mod shared {
    use sea_orm::entity::prelude::*;

    /// A row of `shared_code`. It stays when the files are put right: pairs are found by what stands in them now.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shared_code")]
    pub struct Model {
        /// The number or tag.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes the numbers and tags of files and tags that were just written and that lead to another cylinder as well.
///
/// # Errors
/// When the database fails.
pub(crate) async fn note<C: ConnectionTrait>(
    db: &C,
    files: &[cylinder::Model],
    tags: &[tag::Model],
) -> Result<(), DbErr> {
    use cylinder::Column as F;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let own: HashMap<&str, i64> = tags.iter().filter_map(|t| Some((t.code.as_str(), t.cylinder_id?))).collect();
    let stamps: BTreeSet<&str> = files.iter().map(|f| f.stamp_no.as_str()).filter(|s| !s.is_empty()).collect();
    let stamps: Vec<&str> = stamps.into_iter().collect();
    for some in stamps.chunks(AT_ONCE) {
        let q =
            cylinder::Entity::find().select_only().column(F::StampNo).filter(F::StampNo.is_in(some.iter().copied()));
        let twice = q.group_by(F::StampNo).having(Expr::col(F::Id).count().gt(1));
        found.extend(twice.into_tuple::<String>().all(db).await?);
    }
    // What is a tag of another.
    let mut numbers: HashMap<&str, Vec<i64>> = HashMap::new();
    for f in files {
        for number in [&f.stamp_no, &f.serial_no] {
            numbers.entry(number).or_default().push(f.id);
        }
    }
    numbers.remove("");
    let wanted: Vec<&str> = numbers.keys().copied().collect();
    for some in wanted.chunks(AT_ONCE) {
        let q = tag::Entity::find().filter(tag::Column::Code.is_in(some.iter().copied()));
        for t in q.all(db).await? {
            let of = numbers.get(t.code.as_str()).map(Vec::as_slice).unwrap_or_default();
            if t.cylinder_id.is_some_and(|id| of.iter().any(|f| *f != id)) {
                found.insert(t.code);
            }
        }
    }
    // Of what the tags are numbers.
    let codes: Vec<&str> = own.keys().copied().collect();
    for some in codes.chunks(AT_ONCE) {
        for number in [F::StampNo, F::SerialNo] {
            let q = cylinder::Entity::find().select_only().columns([F::Id, number]);
            let q = q.filter(number.is_in(some.iter().copied()));
            for (id, code) in q.into_tuple::<(i64, String)>().all(db).await? {
                if own.get(code.as_str()).is_some_and(|cylinder| *cylinder != id) {
                    found.insert(code);
                }
            }
        }
    }
    let found: Vec<shared::ActiveModel> =
        found.into_iter().map(|code| shared::ActiveModel { code: Set(code) }).collect();
    for some in found.chunks(AT_ONCE) {
        shared::Entity::insert_many(some.to_vec())
            .on_conflict(OnConflict::column(shared::Column::Code).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Numbers and tags that lead to two cylinders and were not noted: none, unless something is broken.
///
/// # Errors
/// When the database fails.
pub(crate) async fn missed<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, DbErr> {
    use cylinder::Column as F;
    let noted = shared::Entity::find().select_only().column(shared::Column::Code);
    let noted: HashSet<String> = noted.into_tuple().all(db).await?.into_iter().collect();
    let stamps = cylinder::Entity::find().select_only().column(F::StampNo).filter(F::StampNo.ne(""));
    let stamps = stamps.group_by(F::StampNo).having(Expr::col(F::Id).count().gt(1));
    let mut all: BTreeSet<String> = stamps.into_tuple().all(db).await?.into_iter().collect();
    for number in [F::StampNo, F::SerialNo] {
        let mut q = Query::select();
        let same = Expr::col((tag::Entity, tag::Column::Code)).equals((cylinder::Entity, number));
        q.column((tag::Entity, tag::Column::Code))
            .from(cylinder::Entity)
            .join(JoinType::InnerJoin, tag::Entity, same)
            .and_where(Expr::col((cylinder::Entity, number)).ne(""))
            .and_where(Expr::col((tag::Entity, tag::Column::CylinderId)).ne(Expr::col((cylinder::Entity, F::Id))));
        for row in db.query_all(&q).await? {
            all.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(all.into_iter().filter(|code| !noted.contains(code)).collect())
}

/// Values in one IN list.
const AT_ONCE: usize = 5_000;

/// The noted numbers, so that no index serves to look one up: they are few, and all are gone through.
fn noted() -> Expr {
    Expr::col((shared::Entity, shared::Column::Code)).binary(BinOper::Custom("||"), "")
}

fn col(of: &'static str, column: impl ColumnTrait) -> Expr {
    Expr::col((Alias::new(of), column))
}

/// That a cylinder is within sight. Both must be: a pair tells what stands in the other's file.
fn sees(viewer: Viewer, of: &'static str) -> Option<SimpleExpr> {
    use cylinder::Column as F;
    match viewer.scope {
        Scope::City => None,
        Scope::Org(id) => Some(col(of, F::OrgId).eq(id)),
        Scope::District(code) => Some(col(of, F::Division).eq(code)),
    }
}

/// That a file, by its table's name in the statement, was not closed as another's duplicate, or cancelled.
pub(crate) fn stands(of: &'static str) -> SimpleExpr {
    let mut closed = Query::select();
    closed
        .expr(Expr::value(1_i32))
        .from(state::Entity)
        .and_where(Expr::col((state::Entity, state::Column::CylinderId)).equals((Alias::new(of), cylinder::Column::Id)))
        .and_where(Expr::col((state::Entity, state::Column::File)).eq(FileState::Cancelled.number()));
    Expr::exists(closed).not()
}

/// The pairs of a kind within the viewer's scope that nobody settled.
fn statement(viewer: Viewer, kind: Kind) -> SelectStatement {
    use cylinder::Column as F;
    let mut s = Query::select();
    s.expr_as(col(ONE, F::Id), "one_id").expr_as(col(OTHER, F::Id), "other_id");
    match kind {
        Kind::SameStamp => {
            let (a, b) = (|| col(ONE, F::Maker), || col(OTHER, F::Maker));
            s.from(shared::Entity)
                .join_as(JoinType::InnerJoin, cylinder::Entity, Alias::new(ONE), col(ONE, F::StampNo).eq(noted()))
                .join_as(
                    JoinType::InnerJoin,
                    cylinder::Entity,
                    Alias::new(OTHER),
                    Condition::all()
                        .add(col(OTHER, F::StampNo).equals((Alias::new(ONE), F::StampNo)))
                        .add(col(OTHER, F::Id).gt(col(ONE, F::Id))),
                );
            s.and_where(col(ONE, F::StampNo).ne(""));
            s.cond_where(Condition::any().add(a().eq(b())).add(a().eq("")).add(b().eq("")));
        }
        Kind::TagIsStamp | Kind::TagIsSerial => {
            let number = if kind == Kind::TagIsStamp { F::StampNo } else { F::SerialNo };
            s.from(shared::Entity)
                .join_as(JoinType::InnerJoin, cylinder::Entity, Alias::new(OTHER), col(OTHER, number).eq(noted()))
                .join(
                    JoinType::InnerJoin,
                    tag::Entity,
                    Expr::col((tag::Entity, tag::Column::Code)).equals((Alias::new(OTHER), number)),
                )
                .join_as(
                    JoinType::InnerJoin,
                    cylinder::Entity,
                    Alias::new(ONE),
                    Condition::all()
                        .add(col(ONE, F::Id).equals((tag::Entity, tag::Column::CylinderId)))
                        .add(col(ONE, F::Id).ne(col(OTHER, F::Id))),
                );
            s.and_where(col(OTHER, number).ne(""));
        }
    }
    for of in [ONE, OTHER] {
        s.cond_where(Condition::all().add(stands(of)).add_option(sees(viewer, of)));
    }
    let ruled = |column, of| Expr::col((Entity, column)).equals((Alias::new(of), F::Id));
    let mut settled = Query::select();
    settled
        .expr(Expr::value(1_i32))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Kind)).eq(kind.number()))
        .and_where(ruled(Column::OneId, ONE))
        .and_where(ruled(Column::OtherId, OTHER));
    s.and_where(Expr::exists(settled).not());
    s
}

async fn ids<C: ConnectionTrait>(db: &C, s: &SelectStatement) -> Result<Vec<(i64, i64)>, DbErr> {
    let rows = db.query_all(s).await?;
    rows.iter().map(|r| Ok((r.try_get("", "one_id")?, r.try_get("", "other_id")?))).collect()
}

/// A page of the pairs of a kind within the viewer's scope that nobody settled, after a place that a page before gave.
///
/// # Errors
/// [`AskError::Field`] when the place is none; otherwise when the database fails.
pub async fn list(db: &Db, viewer: Viewer, kind: Kind, after: &str) -> Result<Collisions, AskError> {
    use cylinder::Column as F;
    let mut s = statement(viewer, kind);
    if !after.is_empty() {
        let place = after.split_once('-').and_then(|(a, b)| Some((a.parse::<i64>().ok()?, b.parse::<i64>().ok()?)));
        let (one, other) = place.ok_or(AskError::Field("after"))?;
        let same = Condition::all().add(col(ONE, F::Id).eq(one)).add(col(OTHER, F::Id).gt(other));
        s.cond_where(Condition::any().add(col(ONE, F::Id).gt(one)).add(same));
    }
    // The pairs are few: they are gathered and sorted, and no index of files is walked.
    s.order_by_expr(col(ONE, F::Id).add(0), Order::Asc).order_by_expr(col(OTHER, F::Id).add(0), Order::Asc);
    s.limit(PAGE as u64 + 1);
    let read = db.begin_read().await?;
    let mut found = ids(&read, &s).await?;
    let further = found.len() > PAGE;
    found.truncate(PAGE);
    let after = found.last().filter(|_| further).map(|(a, b)| format!("{a}-{b}")).unwrap_or_default();
    let pairs = pairs(&read, kind, &found).await?;
    Ok(Collisions { pairs, after, may_settle: false })
}

/// The pair of these two, if nobody settled it yet and the viewer sees both.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn find<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    kind: Kind,
    one: i64,
    other: i64,
) -> Result<Option<Collision>, Error> {
    use cylinder::Column as F;
    let mut s = statement(viewer, kind);
    s.and_where(col(ONE, F::Id).eq(one)).and_where(col(OTHER, F::Id).eq(other)).limit(1);
    let found = ids(db, &s).await?;
    Ok(pairs(db, kind, &found).await?.pop())
}

/// Notes in `txn` that two files are of two cylinders; false when that was noted before. The caller commits.
///
/// # Errors
/// When the database fails.
pub async fn rule(txn: &WriteTxn, pair: &Collision, reason: &str, account: i64, now: i64) -> Result<bool, DbErr> {
    let new = ActiveModel {
        kind: Set(pair.kind.number()),
        one_id: Set(pair.one.id),
        other_id: Set(pair.other.id),
        reason: Set(reason.to_owned()),
        account_id: Set(account),
        at: Set(now),
    };
    let once = OnConflict::columns([Column::Kind, Column::OneId, Column::OtherId]).do_nothing().to_owned();
    Ok(Entity::insert(new).on_conflict(once).exec_without_returning(txn).await? > 0)
}

/// Organisation and home of a cylinder: in whose name its file is closed, and where.
///
/// # Errors
/// When the database fails.
pub async fn seat(db: &Db, id: i64) -> Result<Option<(i64, i64)>, Error> {
    Ok(cylinder::Entity::find_by_id(id).one(db.read()).await?.map(|c| (c.org_id, c.site_id)))
}

async fn pairs<C: ConnectionTrait>(db: &C, kind: Kind, found: &[(i64, i64)]) -> Result<Vec<Collision>, Error> {
    let all: Vec<i64> = found.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let sides = sides(db, &all).await?;
    let pair = |(a, b): &(i64, i64)| Some(Collision { kind, one: sides.get(a)?.clone(), other: sides.get(b)?.clone() });
    Ok(found.iter().filter_map(pair).collect())
}

async fn sides<C: ConnectionTrait>(db: &C, all: &[i64]) -> Result<HashMap<i64, Side>, Error> {
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = || all.iter().copied();
    let files = cylinder::Entity::find().filter(cylinder::Column::Id.is_in(ids())).all(db).await?;
    let states = state::Entity::find().filter(state::Column::CylinderId.is_in(ids())).all(db).await?;
    let states: HashMap<i64, state::Model> = states.into_iter().map(|s| (s.cylinder_id, s)).collect();
    let counted: Vec<(Option<i64>, i64)> = event::Entity::find()
        .select_only()
        .column(event::Column::CylinderId)
        .column_as(event::Column::No.count(), "n")
        .filter(event::Column::CylinderId.is_in(ids()))
        .group_by(event::Column::CylinderId)
        .into_tuple()
        .all(db)
        .await?;
    let counted: HashMap<i64, i64> = counted.into_iter().filter_map(|(id, n)| Some((id?, n))).collect();
    let orgs: Vec<i64> = files.iter().map(|c| c.org_id).collect();
    let orgs = names::orgs(db, orgs).await?;
    let sites: Vec<i64> = files.iter().map(|c| c.site_id).collect();
    let sites = names::sites(db, sites).await?;
    files
        .into_iter()
        .map(|c| {
            let bad = || Error::Stored(format!("state of cylinder {}", c.id));
            let s = states.get(&c.id).ok_or_else(bad)?;
            let side = Side {
                id: c.id,
                org: orgs.get(&c.org_id).cloned().unwrap_or_default(),
                home: sites.get(&c.site_id).cloned().unwrap_or_default(),
                file: FileState::from_number(s.file).ok_or_else(bad)?,
                custody: Custody::from_number(s.custody).ok_or_else(bad)?,
                events: counted.get(&c.id).copied().unwrap_or_default(),
                last_at: s.last_at,
                tag: c.tag,
                stamp_no: c.stamp_no,
                serial_no: c.serial_no,
                maker: c.maker,
                model: c.model,
                medium: c.medium,
                made: c.made,
                inspected: c.inspected,
                tare_g: c.tare_g,
            };
            Ok((side.id, side))
        })
        .collect()
}
