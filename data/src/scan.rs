//! What the record tells anybody of a cylinder by its code (`domain::scan`): two questions to the database, one where little is told.

use crate::{Db, Error, correction, cylinder, cylinder_list, event, org, reference, site};
use domain::{
    archive::{self, CylinderLine},
    clock,
    event::EventKind,
    ledger::{Custody, FileState},
    org::Licence,
    scan::{Found, LastFill, Owner, STAGES, Scan, Signed, Stage, findings, is_stage, whereabouts},
    scope::Viewer,
};
use sea_orm::{
    Condition, FromQueryResult, JoinType,
    entity::prelude::*,
    sea_query::{ExprTrait, Query, SelectStatement},
};

/// Events that are looked through for stages at most: between two stages that are told stand some checks.
const LOOKED_AT: u64 = 40;

/// A cylinder with what is told of it.
#[derive(Debug, FromQueryResult)]
struct Row {
    id: i64,
    tag: String,
    stamp_no: String,
    maker: String,
    medium: String,
    medium_zh: Option<String>,
    medium_en: Option<String>,
    model: String,
    made: String,
    inspected: String,
    demo: bool,
    file: i16,
    custody: i16,
    flags: i64,
    due: Option<i32>,
    life_end: Option<i32>,
    fill_no: i64,
    fill_at: i64,
    net_g: i64,
    owner: String,
    phone: String,
    licence_until: Option<Date>,
    insured_until: Option<Date>,
    tag_state: Option<i16>,
    tag_code: Option<String>,
}

/// Cylinders that a condition names, with the state of the tag that led to each.
fn asked(by_tag: bool, which: Condition) -> SelectStatement {
    use cylinder::{
        Column as C, Entity as File,
        state::{Column as S, Entity as State},
        tag::{Column as T, Entity as Tag},
    };
    use org::{Column as O, Entity as Org};
    use reference::medium::{Column as M, Entity as Medium};
    let mut q = Query::select();
    for c in [C::Id, C::Tag, C::StampNo, C::Maker, C::Medium, C::Model, C::Made, C::Inspected, C::Demo] {
        q.column((File, c));
    }
    for c in [S::File, S::Custody, S::Flags, S::Due, S::LifeEnd, S::FillNo, S::FillAt, S::NetG] {
        q.column((State, c));
    }
    for c in [O::Phone, O::LicenceUntil, O::InsuredUntil] {
        q.column((Org, c));
    }
    q.expr_as(Expr::col((Org, O::Name)), "owner");
    q.expr_as(Expr::col((Medium, M::Zh)), "medium_zh").expr_as(Expr::col((Medium, M::En)), "medium_en");
    let id = || Expr::col((File, C::Id));
    if by_tag {
        q.expr_as(Expr::col((Tag, T::State)), "tag_state").expr_as(Expr::col((Tag, T::Code)), "tag_code").from(Tag);
        q.join(JoinType::InnerJoin, File, id().equals((Tag, T::CylinderId)));
    } else {
        q.expr_as(Expr::val(Option::<i16>::None), "tag_state");
        q.expr_as(Expr::val(Option::<String>::None), "tag_code").from(File);
    }
    q.join(JoinType::InnerJoin, State, Expr::col((State, S::CylinderId)).equals((File, C::Id)));
    q.join(JoinType::InnerJoin, Org, Expr::col((Org, O::Id)).equals((File, C::OrgId)));
    q.join(JoinType::LeftJoin, Medium, Expr::col((Medium, M::Code)).equals((File, C::Medium)));
    q.cond_where(which);
    q
}

/// The tags that a text may be, as their labels' tokens are made of them: at most some.
#[must_use]
pub fn tags(text: &str) -> Vec<String> {
    let mut all: Vec<String> = cylinder_list::spellings(text).into_iter().collect();
    all.sort_unstable();
    all
}

/// What a code leads to, as of an instant (ms). `all` are the [`tags`] that it may be. `signed` tells whether the code came with a good token: then more is told. `soon` is
/// the window before a due date, days.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn answer(
    db: &Db,
    (code, all): (&str, &[String]),
    signed: bool,
    now: i64,
    soon: i64,
) -> Result<Found, Error> {
    use cylinder::tag::{BOUND, Column as T, Entity as Tag, GONE, VOID};
    let read = db.read();
    // A tag leads to one cylinder, whatever else bears the same letters.
    let which = Condition::all().add(Expr::col((Tag, T::Code)).is_in(all.iter().map(String::as_str)));
    let mut rows = Row::find_by_statement(read.get_database_backend().build(&asked(true, which))).all(read).await?;
    // Of one cylinder's the tag that it bears.
    rows.sort_by_key(|r| (r.id, r.tag_state != Some(BOUND)));
    rows.dedup_by_key(|r| r.id);
    let row = match rows.len() {
        1 => rows.pop(),
        0 => None,
        _ => return Ok(Found::Several),
    };
    let row = match row {
        Some(row) => row,
        // One that was issued or voided and never was a cylinder's.
        None if Tag::find().filter(T::Code.is_in(all)).one(read).await?.is_some() => return Ok(Found::Nothing),
        None => {
            let ids = cylinder_list::by_code(read, code).await?;
            let [id] = ids.as_slice() else {
                return Ok(if ids.is_empty() { Found::Nothing } else { Found::Several });
            };
            let which = Condition::all().add(Expr::col((cylinder::Entity, cylinder::Column::Id)).eq(*id));
            let stands = Row::find_by_statement(read.get_database_backend().build(&asked(false, which)));
            let Some(row) = stands.one(read).await? else { return Ok(Found::Nothing) };
            row
        }
    };
    let void = row.tag_state.is_some_and(|s| s == VOID || s == GONE);
    // Of a label that was taken off, whose cylinder bears another by now, no more is told than that.
    let signed = signed && !void;
    let today = clock::local_date(now);
    let bad = || Error::Stored(format!("state of cylinder {}", row.id));
    let file = FileState::from_number(row.file).ok_or_else(bad)?;
    let custody = Custody::from_number(row.custody).ok_or_else(bad)?;
    let (due, life_end) = (row.due.map(clock::date_of), row.life_end.map(clock::date_of));
    let signed = if signed {
        let (stages, fill) = way(db, &row).await?;
        Some(Signed {
            fill,
            stages,
            inspected: row.inspected.clone(),
            maker: row.maker.clone(),
            whereabouts: whereabouts(file, custody),
        })
    } else {
        None
    };
    Ok(Found::One(Box::new(Scan {
        id: row.id,
        findings: findings(file, archive::inspection(due, life_end, today, soon), custody, row.flags),
        void,
        lpg: row.medium == "LPG",
        tag: row.tag_code.filter(|_| void).unwrap_or(row.tag),
        stamp_no: row.stamp_no,
        owner: Owner {
            licence: Licence::on(row.licence_until, today),
            name: row.owner,
            phone: row.phone,
            licence_until: row.licence_until,
            insured_until: row.insured_until,
        },
        medium: (row.medium_zh.unwrap_or_else(|| row.medium.clone()), row.medium_en.unwrap_or(row.medium)),
        model: row.model,
        made: row.made,
        due,
        life_end,
        signed,
        demo: row.demo,
    })))
}

/// The line of a cylinder as the archive shows it, for staff within whose scope it lies.
///
/// # Errors
/// When the database fails.
pub async fn beside(db: &Db, viewer: Viewer, id: i64, now: i64, soon: i64) -> Result<Option<CylinderLine>, Error> {
    cylinder_list::line(db.read(), viewer, id, clock::local_date(now), soon).await
}

/// An event that counts, with the name of its station.
#[derive(Debug, FromQueryResult)]
struct Told {
    no: i64,
    kind: i16,
    occurred_at: i64,
    station: String,
}

/// The newest stages of its way, the newest first, and the last fill.
async fn way(db: &Db, row: &Row) -> Result<(Vec<Stage>, Option<LastFill>), DbErr> {
    use correction::{Column as X, Entity as Correction};
    use event::{Column as E, Entity as Event};
    let read = db.read();
    let told = |which: Condition| {
        let mut q = Query::select();
        q.columns([(Event, E::No), (Event, E::Kind), (Event, E::OccurredAt)]).from(Event);
        q.expr_as(Expr::col((site::Entity, site::Column::Name)), "station");
        q.join(
            JoinType::InnerJoin,
            site::Entity,
            Expr::col((site::Entity, site::Column::Id)).equals((Event, E::SiteId)),
        );
        q.join(JoinType::LeftJoin, Correction, Expr::col((Correction, X::EventNo)).equals((Event, E::No)));
        q.and_where(Expr::col((Event, E::CylinderId)).eq(row.id)).cond_where(which);
        q.order_by((Event, E::No), sea_orm::Order::Desc).limit(LOOKED_AT);
        Told::find_by_statement(read.get_database_backend().build(&q))
    };
    let mut all = told(Condition::all().add(Expr::col((Correction, X::EventNo)).is_null())).all(read).await?;
    let mut fill = None;
    if row.fill_no > 0 {
        let known = all.iter().find(|t| t.no == row.fill_no).map(|t| t.station.clone());
        let station = match known {
            Some(name) => name,
            None => {
                let found = told(Condition::all().add(Expr::col((Event, E::No)).eq(row.fill_no))).one(read).await?;
                found.map(|t| t.station).unwrap_or_default()
            }
        };
        fill = Some(LastFill { at: row.fill_at, net_g: row.net_g, station });
    }
    // Records of a device that was cut off come late.
    all.sort_by_key(|t| std::cmp::Reverse((t.occurred_at, t.no)));
    let stage = |t: Told| {
        let kind = EventKind::from_number(t.kind).filter(|k| is_stage(*k))?;
        Some(Stage { day: clock::local_date(t.occurred_at), kind, station: t.station })
    };
    Ok((all.into_iter().filter_map(stage).take(STAGES).collect(), fill))
}
