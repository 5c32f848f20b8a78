//! Where cylinders were last met, counted by place and custody. The same condition as the archive's `site`, so that a figure and the
//! list behind it agree.

use crate::{Db, Error, counter, cylinder, cylinder::state, cylinder_list, reference, site};
use domain::{
    ledger::Metric,
    map::{MapAsk, Place},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, ConnectionTrait,
    entity::prelude::*,
    sea_query::{Alias, CaseStatement, Expr, ExprTrait, Func, JoinType, Query},
};
use std::collections::HashMap;

/// What stands at each place: how many by custody, and the latest record, ms.
type Counts = HashMap<i64, (Vec<(i16, i64)>, i64)>;

/// Of the whole city: the ledger keeps these counts.
async fn city<C: ConnectionTrait>(db: &C, custody: Option<i16>) -> Result<Counts, Error> {
    use counter::Column as C;
    let met = Condition::all().add(C::Metric.eq(Metric::Met.number())).add(C::Value.gt(0));
    let met = met.add_option(custody.map(|c| C::Key.eq(c)));
    let heard: HashMap<i64, i64> =
        site::heard::Entity::find().all(db).await?.into_iter().map(|h| (h.site_id, h.at)).collect();
    let mut counts = Counts::new();
    for m in counter::Entity::find().filter(met).all(db).await? {
        let newest = heard.get(&m.site_id).copied().unwrap_or_default();
        counts.entry(m.site_id).or_insert((vec![], newest)).0.push((m.key, m.value));
    }
    Ok(counts)
}

/// Of a part of the city's cylinders: one pass over their present states.
async fn part<C: ConnectionTrait>(db: &C, viewer: Viewer, ask: &MapAsk) -> Result<Counts, Error> {
    use state::Column as S;
    let of = |c: S| Expr::col((state::Entity, c));
    let at: Expr = CaseStatement::new().case(of(S::LastSite).gt(0), of(S::LastSite)).finally(of(S::Home)).into();
    let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
    let mut q = Query::select();
    q.expr_as(at, "place")
        .expr_as(of(S::Custody), "custody")
        .expr_as(bigint(of(S::CylinderId).count()), "n")
        .expr_as(bigint(of(S::LastAt).max()), "newest")
        .from(state::Entity)
        .join(
            JoinType::InnerJoin,
            cylinder::Entity,
            Expr::col((cylinder::Entity, cylinder::Column::Id)).equals((state::Entity, S::CylinderId)),
        )
        .cond_where(cylinder_list::within(viewer))
        .add_group_by([Expr::col(Alias::new("place")), of(S::Custody)]);
    if let Some(custody) = ask.custody {
        q.and_where(of(S::Custody).eq(custody));
    }
    if let Some(org) = ask.org {
        q.and_where(Expr::col((cylinder::Entity, cylinder::Column::OrgId)).eq(org));
    }
    let mut counts = Counts::new();
    for row in db.query_all(&q).await? {
        let (at, custody, n): (i64, i16, i64) =
            (row.try_get("", "place")?, row.try_get("", "custody")?, row.try_get("", "n")?);
        let newest: i64 = row.try_get("", "newest")?;
        let place = counts.entry(at).or_default();
        place.0.push((custody, n));
        place.1 = Ord::max(place.1, newest);
    }
    Ok(counts)
}

/// Places with the cylinders within the viewer's scope that were last met there, those with most first. Whoever sees the city is told
/// when anything was recorded there last, others when one of theirs was.
///
/// # Errors
/// When the database fails.
pub async fn places(db: &Db, viewer: Viewer, ask: &MapAsk) -> Result<Vec<Place>, Error> {
    let read = db.begin_read().await?;
    let mut counts = match (viewer.scope, ask.org) {
        (Scope::City, None) => city(&read, ask.custody).await?,
        _ => part(&read, viewer, ask).await?,
    };
    let sites = site::Entity::find().filter(site::Column::Id.is_in(counts.keys().copied())).all(&read).await?;
    let districts: HashMap<i32, String> =
        reference::all_divisions(&read).await?.into_iter().map(|d| (d.code, d.name)).collect();
    read.commit().await?;
    let mut out: Vec<Place> = sites
        .into_iter()
        .filter(|s| ask.district.is_none_or(|d| d == s.division))
        .filter_map(|s| {
            let (mut custody, newest) = counts.remove(&s.id)?;
            custody.sort_unstable();
            let position = s.position().map(|p| (p.lng, p.lat));
            let district = districts.get(&s.division).cloned().unwrap_or_default();
            Some(Place { site: s.id, name: s.name, division: s.division, district, position, custody, newest })
        })
        .collect();
    out.sort_by_key(|p| (std::cmp::Reverse(p.count()), p.site));
    Ok(out)
}
