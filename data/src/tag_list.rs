//! Tags as a list: by their codes, with the cylinders that they lead to.

use crate::{
    Db, Error, cylinder,
    cylinder::tag,
    cylinder_list, names,
    page::{self, AskError},
    site, tag_series,
};
use domain::{
    list::{ListPage, ListQuery, PageAt, SIZES},
    scope::{Scope, Viewer},
    tag::{Binding, TagRow, Voiding},
};
use sea_orm::{
    DbBackend, FromQueryResult, QueryFilter,
    entity::prelude::*,
    sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement},
};

/// Longest code that a cursor names.
const CODE_MAX: usize = 64;

#[derive(Clone, Debug, FromQueryResult)]
struct Row {
    code: String,
    state: i16,
    stamp_no: Option<String>,
    cylinder: Option<String>,
    org_id: Option<i64>,
}

/// Tags that the viewer may see: those of the cylinders within its scope. One that was never bound is the city's.
fn statement(
    backend: DbBackend,
    viewer: Viewer,
    query: &ListQuery,
    counted: bool,
) -> Result<SelectStatement, AskError> {
    use cylinder::Column as F;
    if query.filters.keys().any(|name| !matches!(name.as_str(), "q" | "state")) {
        return Err(AskError::Field("filter"));
    }
    let mut s = Query::select();
    s.from(tag::Entity);
    // Whoever sees the city sees every tag: to count them no cylinder is looked at.
    if !counted || viewer.scope != Scope::City {
        s.join(
            JoinType::LeftJoin,
            cylinder::Entity,
            Expr::col((cylinder::Entity, F::Id)).equals((tag::Entity, tag::Column::CylinderId)),
        );
        s.cond_where(cylinder_list::within(viewer));
    }
    if !counted {
        s.column((tag::Entity, tag::Column::Code)).column((tag::Entity, tag::Column::State));
        s.column((cylinder::Entity, F::StampNo)).column((cylinder::Entity, F::OrgId));
        s.expr_as(Expr::col((cylinder::Entity, F::Tag)), "cylinder");
    }
    let state = match query.filter("state") {
        "" => None,
        "bound" => Some(tag::BOUND),
        "void" => Some(tag::VOID),
        "issued" => Some(tag::ISSUED),
        "gone" => Some(tag::GONE),
        _ => return Err(AskError::Field("state")),
    };
    let code = Expr::col((tag::Entity, tag::Column::Code));
    let mut which = Condition::all().add_option(state.map(|n| Expr::col((tag::Entity, tag::Column::State)).eq(n)));
    let asked = page::text("q", query.filter("q"))?;
    if !asked.is_empty() {
        let first = domain::codes::tag(asked).map_err(|_| AskError::Field("q"))?;
        // A stretch of the codes by their bytes, whatever the order of the database's language is: of a pattern no index of SQLite can
        // tell where it lies, nor one of PostgreSQL in most languages (`tag_by_bytes`).
        let bytes = || match backend {
            DbBackend::Postgres => Expr::cust("\"tag\".\"code\" COLLATE \"C\""),
            _ => code.clone(),
        };
        which = which.add(bytes().lt(format!("{first}{}", char::MAX))).add(bytes().gte(first));
    }
    s.cond_where(which);
    Ok(s)
}

fn cursor(text: &str) -> Result<String, AskError> {
    let bad = || AskError::Field("cursor");
    if text.len() > CODE_MAX * 2 {
        return Err(bad());
    }
    let code = hex::decode(text).ok().and_then(|b| String::from_utf8(b).ok()).ok_or_else(bad)?;
    if code.chars().any(char::is_control) { Err(bad()) } else { Ok(code) }
}

/// A page of the tags within the viewer's scope, by their codes.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery) -> Result<ListPage<TagRow>, AskError> {
    if !matches!(query.sort.as_str(), "" | "code") {
        return Err(AskError::Field("sort"));
    }
    let size = usize::from(if SIZES.contains(&query.size) { query.size } else { SIZES[0] });
    let base = statement(db.backend(), viewer, query, false)?;
    let read = db.begin_read().await?;
    let code = || Expr::col((tag::Entity, tag::Column::Code));
    let back = matches!(query.from, PageAt::Before(_));
    let mut s = base.clone();
    match &query.from {
        PageAt::Start => {}
        PageAt::After(c) => {
            let c = cursor(c)?;
            s.and_where(if query.descending { code().lt(c) } else { code().gt(c) });
        }
        PageAt::Before(c) => {
            let c = cursor(c)?;
            s.and_where(if query.descending { code().gt(c) } else { code().lt(c) });
        }
    }
    let way = if query.descending == back { Order::Asc } else { Order::Desc };
    s.order_by((tag::Entity, tag::Column::Code), way).limit(size as u64 + 1);
    let mut rows = Row::find_by_statement(read.get_database_backend().build(&s)).all(&read).await?;
    let further = rows.len() > size;
    rows.truncate(size);
    if back {
        rows.reverse();
    }
    let total = page::total(&read, &statement(db.backend(), viewer, query, true)?).await?;
    let at = |r: Option<&Row>| r.map(|r| hex::encode(&r.code));
    let (first, last) = (at(rows.first()), at(rows.last()));
    let (is_before, is_after) = if back { (further, true) } else { (query.from != PageAt::Start, further) };
    Ok(ListPage {
        before: first.filter(|_| is_before),
        after: last.filter(|_| is_after),
        total,
        rows: lines(&read, rows).await?,
    })
}

async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Row>) -> Result<Vec<TagRow>, Error> {
    let orgs: Vec<i64> = rows.iter().filter_map(|r| r.org_id).collect();
    let orgs = names::orgs(db, orgs).await?;
    let enterprises: Vec<&str> = rows.iter().filter_map(|r| parts(&r.code)).map(|p| p.0).collect();
    let series = tag_series::Entity::find().filter(tag_series::Column::Enterprise.is_in(enterprises)).all(db).await?;
    let of = |code: &str| {
        let (enterprise, medium, serial) = parts(code)?;
        let s = series.iter().find(|s| s.enterprise == enterprise && s.medium_code == medium && s.holds(serial))?;
        let last = s.last_serial.unwrap_or(s.first_serial);
        Some(format!("{enterprise}{medium}{:06}–{last:06}", s.first_serial))
    };
    Ok(rows
        .into_iter()
        .map(|r| TagRow {
            series: of(&r.code).unwrap_or_default(),
            code: r.code,
            state: r.state,
            stamp_no: r.stamp_no.unwrap_or_default(),
            cylinder: r.cylinder.unwrap_or_default(),
            org: r.org_id.and_then(|id| orgs.get(&id).cloned()).unwrap_or_default(),
        })
        .collect())
}

/// Enterprise, medium and serial of a code of eleven digits (S1 5.1.1).
fn parts(code: &str) -> Option<(&str, &str, i32)> {
    let digits = code.len() == 11 && code.bytes().all(|b| b.is_ascii_digit());
    Some((code.get(..3).filter(|_| digits)?, code.get(3..5)?, code.get(5..)?.parse().ok()?))
}

/// The organisation of the site where a tag is bound; or the field that the record knows nothing of within the viewer's scope,
/// or that cannot be bound so.
///
/// # Errors
/// When the database fails.
pub async fn bindable(db: &Db, viewer: Viewer, b: &Binding) -> Result<Result<i64, &'static str>, Error> {
    let read = db.read();
    let of = async |code: &str| tag::Entity::find_by_id(code).one(read).await;
    let Some(own) = of(&b.cylinder).await? else { return Ok(Err("cylinder")) };
    let Some(id) = own.cylinder_id else { return Ok(Err("cylinder")) };
    let seen = cylinder::Entity::find_by_id(id).filter(cylinder_list::within(viewer)).one(read).await?;
    // One whose primary tag was voided is called by it until it has another.
    let Some(c) = seen.filter(|c| own.state == tag::BOUND || c.tag == own.code) else { return Ok(Err("cylinder")) };
    let places = site::Entity::find_by_id(b.site).filter(crate::registration::stations(viewer)).one(read).await?;
    let Some(place) = places else { return Ok(Err("site")) };
    if of(&b.bind.tag).await?.is_some_and(|t| t.state != tag::ISSUED) {
        return Ok(Err("tag"));
    }
    if let Some(old) = &b.bind.replaces
        && of(old).await?.is_none_or(|t| t.cylinder_id != Some(id) || (t.state != tag::BOUND && t.code != c.tag))
    {
        return Ok(Err("replaces"));
    }
    Ok(Ok(place.org_id))
}

/// The organisation of the site where a tag is voided, and whether a cylinder bears it; or the field that the record knows nothing of within the viewer's scope,
/// or that cannot be voided. A tag that nobody bears is the organisation's whose series it lies in.
///
/// # Errors
/// When the database fails.
pub async fn voidable(db: &Db, viewer: Viewer, v: &Voiding) -> Result<Result<(i64, bool), &'static str>, Error> {
    let read = db.read();
    let row = tag::Entity::find_by_id(v.void.tag.as_str()).one(read).await?;
    let own = match row.as_ref().map(|t| (t.state, t.cylinder_id)) {
        Some((tag::VOID | tag::GONE, _)) => false,
        Some((tag::BOUND, Some(id))) => {
            cylinder::Entity::find_by_id(id).filter(cylinder_list::within(viewer)).one(read).await?.is_some()
        }
        _ => match parts(&v.void.tag) {
            Some((enterprise, medium, serial)) => tag_series::Entity::find()
                .filter(crate::scope::within(viewer, tag_series::Column::OrgId))
                .filter(tag_series::Column::Enterprise.eq(enterprise))
                .filter(tag_series::Column::MediumCode.eq(medium))
                .all(read)
                .await?
                .iter()
                .any(|s| s.holds(serial)),
            None => false,
        },
    };
    if !own {
        return Ok(Err("tag"));
    }
    let place = site::Entity::find_by_id(v.site).filter(crate::registration::stations(viewer)).one(read).await?;
    let borne = row.is_some_and(|t| t.cylinder_id.is_some());
    Ok(place.map(|p| (p.org_id, borne)).ok_or("site"))
}
