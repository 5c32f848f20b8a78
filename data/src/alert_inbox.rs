//! The inbox of alerts: open ones grouped by kind and site, those of a group, what was done with one, and how right each kind
//! was.

use crate::{
    Db, Error,
    alert::{self, ack, step},
    names, scope,
};
use domain::{
    ledger::{Finding, Group, Groups, Listed, Precision, Step, Taken},
    outcome::{AlertKind, Severity},
    scope::Viewer,
};
use sea_orm::{
    Condition, JoinType, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{ExprTrait, Query, SelectStatement},
};
use std::collections::HashMap;

/// Rows of one page at most.
pub const PAGE_MAX: u64 = 200;

/// What a page of alerts is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Closed ones rather than open ones.
    pub closed: bool,
    /// Of this kind.
    pub kind: Option<AlertKind>,
    /// At this site.
    pub site: Option<i64>,
    /// Given to this account.
    pub assigned_to: Option<i64>,
    /// Only those nobody took note of.
    pub waiting: bool,
    /// Of this tag.
    pub tag: Option<String>,
    /// After this ledger number, the newest first; from the newest when 0.
    pub before: i64,
}

fn kinds() -> HashMap<&'static str, AlertKind> {
    AlertKind::ALL.iter().map(|k| (k.code(), *k)).collect()
}

/// A page of `size` lines of the open alerts within sight, one a kind and site: the worst kinds first, of these what waits longest. The
/// last page where there are not so many.
///
/// # Errors
/// When the database fails.
pub async fn groups(db: &Db, viewer: Viewer, page: u32, size: usize) -> Result<Groups, Error> {
    use alert::Column as C;
    let of = |c: C| Expr::col((alert::Entity, c));
    let open = |q: &mut SelectStatement| {
        q.column((alert::Entity, C::Kind)).column((alert::Entity, C::SiteId));
        q.and_where(of(C::State).eq(alert::OPEN)).cond_where(scope::at_sites(viewer, C::SiteId));
        q.add_group_by([of(C::Kind), of(C::SiteId)]);
    };
    let read = db.begin_read().await?;
    // Few of the open ones were taken note of: these are counted apart, from the notes on; there is at most one of each.
    let same = Condition::all()
        .add(Expr::col((alert::Entity, C::DeviceId)).equals((ack::Entity, ack::Column::DeviceId)))
        .add(Expr::col((alert::Entity, C::No)).equals((ack::Entity, ack::Column::AlertNo)));
    let mut q = Query::select();
    q.expr_as(of(C::No).count(), "noted").from(ack::Entity).join(JoinType::InnerJoin, alert::Entity, same);
    open(&mut q);
    let mut noted: HashMap<(String, i64), i64> = HashMap::new();
    for row in read.query_all(&q).await? {
        noted.insert((row.try_get("", "kind")?, row.try_get("", "site_id")?), row.try_get("", "noted")?);
    }
    let mut q = Query::select();
    q.expr_as(of(C::No).count(), "open").expr_as(of(C::At).min(), "oldest").expr_as(of(C::At).max(), "newest");
    q.from(alert::Entity);
    open(&mut q);
    let mut out = vec![];
    let kinds = kinds();
    for row in read.query_all(&q).await? {
        let (code, site): (String, i64) = (row.try_get("", "kind")?, row.try_get("", "site_id")?);
        let Some(kind) = kinds.get(code.as_str()) else { continue };
        let (open, noted): (i64, i64) = (row.try_get("", "open")?, noted.remove(&(code, site)).unwrap_or_default());
        out.push(Group {
            kind: *kind,
            site,
            site_name: String::new(),
            open,
            waiting: if kind.info().severity == Severity::Info { 0 } else { open - noted },
            oldest: row.try_get("", "oldest")?,
            newest: row.try_get("", "newest")?,
        });
    }
    out.sort_by_key(|g: &Group| {
        (g.waiting == 0, std::cmp::Reverse(g.kind.info().severity), g.oldest, g.site, g.kind.code())
    });
    let size = Ord::max(size, 1);
    let last = Ord::max(u32::try_from(out.len().div_ceil(size)).unwrap_or(u32::MAX), 1);
    let page = page.clamp(1, last);
    let (open, waiting) = out.iter().fold((0, 0), |(o, w), g| (o + g.open, w + g.waiting));
    let all = out.len();
    let mut groups: Vec<Group> = out.into_iter().skip((page as usize - 1) * size).take(size).collect();
    let names = names::sites(&read, groups.iter().map(|g| g.site)).await?;
    read.commit().await?;
    for g in &mut groups {
        g.site_name = names.get(&g.site).cloned().unwrap_or_default();
    }
    Ok(Groups { groups, page, all, open, waiting })
}

/// Alerts within sight, the newest first; at most `limit` and [`PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, filter: &Filter, limit: u64) -> Result<Vec<Listed>, Error> {
    use alert::Column as C;
    let mut q = alert::Entity::find()
        .filter(C::State.eq(if filter.closed { alert::CLOSED } else { alert::OPEN }))
        .filter(scope::at_sites(viewer, C::SiteId));
    if let Some(kind) = filter.kind {
        q = q.filter(C::Kind.eq(kind.code()));
    }
    if let Some(site) = filter.site {
        q = q.filter(C::SiteId.eq(site));
    }
    if let Some(id) = filter.assigned_to {
        q = q.filter(C::AssignedTo.eq(id));
    }
    if let Some(tag) = &filter.tag {
        q = q.filter(C::Tag.eq(tag.as_str()));
    }
    if filter.before > 0 {
        q = q.filter(C::No.lt(filter.before));
    }
    if filter.waiting {
        let mut noted = Query::select();
        noted
            .expr(Expr::val(1))
            .from(ack::Entity)
            .and_where(Expr::col((ack::Entity, ack::Column::DeviceId)).equals((alert::Entity, C::DeviceId)))
            .and_where(Expr::col((ack::Entity, ack::Column::AlertNo)).equals((alert::Entity, C::No)));
        q = q.filter(Condition::all().not().add(Expr::exists(noted)));
    }
    let rows = q.order_by_desc(C::No).limit(Ord::min(limit, PAGE_MAX)).all(db.read()).await?;
    listed(db, rows).await
}

/// One alert within sight.
///
/// # Errors
/// When the database fails.
pub async fn one(db: &Db, viewer: Viewer, no: i64) -> Result<Option<Listed>, Error> {
    let row = alert::Entity::find()
        .filter(alert::Column::No.eq(no))
        .filter(scope::at_sites(viewer, alert::Column::SiteId))
        .one(db.read())
        .await?;
    Ok(listed(db, row.into_iter().collect()).await?.pop())
}

async fn listed(db: &Db, rows: Vec<alert::Model>) -> Result<Vec<Listed>, Error> {
    let noted: HashMap<i64, i64> = ack::Entity::find()
        .filter(ack::Column::AlertNo.is_in(rows.iter().map(|m| m.no)))
        .all(db.read())
        .await?
        .into_iter()
        .map(|a| (a.alert_no, a.at))
        .collect();
    let sites = names::sites(db.read(), rows.iter().map(|m| m.site_id)).await?;
    let people = names::accounts(db.read(), rows.iter().filter_map(|m| m.assigned_to)).await?;
    let kinds = kinds();
    Ok(rows
        .into_iter()
        .filter_map(|m| {
            Some(Listed {
                kind: *kinds.get(m.kind.as_str())?,
                no: m.no,
                at: m.at,
                site: m.site_id,
                site_name: sites.get(&m.site_id).cloned().unwrap_or_default(),
                tag: m.tag,
                cause: m.cause_no,
                other: m.other_no,
                detail: m.detail,
                noted: noted.get(&m.no).copied(),
                assigned: m.assigned_to.map(|id| people.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))),
                level: m.level,
                closed: m.closed_at,
            })
        })
        .collect())
}

/// What was done with an alert within sight, the first step first; `None` when there is no such alert.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn taken(db: &Db, viewer: Viewer, no: i64) -> Result<Option<Vec<Taken>>, Error> {
    if one(db, viewer, no).await?.is_none() {
        return Ok(None);
    }
    let notes = ack::Entity::find().filter(ack::Column::AlertNo.eq(no)).all(db.read()).await?;
    let steps =
        step::Entity::find().filter(step::Column::AlertNo.eq(no)).order_by_asc(step::Column::No).all(db.read()).await?;
    let mut ids: Vec<i64> = notes.iter().filter_map(|a| a.account_id).collect();
    ids.extend(steps.iter().map(|s| s.account_id));
    ids.extend(steps.iter().filter_map(|s| s.to_account));
    let people = names::accounts(db.read(), ids).await?;
    let name = |id: i64| people.get(&id).cloned().unwrap_or_else(|| format!("#{id}"));
    let mut out: Vec<Taken> = notes
        .iter()
        .map(|a| Taken {
            no: a.no,
            at: a.at,
            by: a.account_id.map_or_else(|| format!("显示屏 {}", a.display_id), name),
            step: None,
            to: None,
            finding: None,
            reason: String::new(),
        })
        .collect();
    for s in steps {
        let what = Step::from_number(s.step).ok_or_else(|| Error::Stored(format!("step {}: {}", s.no, s.step)))?;
        out.push(Taken {
            no: s.no,
            at: s.at,
            by: name(s.account_id),
            step: Some(what),
            to: s.to_account.map(name),
            finding: s.finding.and_then(Finding::from_number),
            reason: s.reason,
        });
    }
    out.sort_by_key(|t| t.no);
    Ok(Some(out))
}

/// How right each kind of alert was that was closed within a time (ms, from inclusive, to exclusive) within sight.
///
/// # Errors
/// When the database fails.
pub async fn precision(db: &Db, viewer: Viewer, from: i64, to: i64) -> Result<Vec<Precision>, Error> {
    let mut q = Query::select();
    let same = Condition::all()
        .add(Expr::col((step::Entity, step::Column::DeviceId)).equals((alert::Entity, alert::Column::DeviceId)))
        .add(Expr::col((step::Entity, step::Column::AlertNo)).equals((alert::Entity, alert::Column::No)));
    let (kind, finding) = ((alert::Entity, alert::Column::Kind), (step::Entity, step::Column::Finding));
    q.from(step::Entity)
        .join(JoinType::InnerJoin, alert::Entity, same)
        .column(kind)
        .column(finding)
        .expr_as(Expr::col((step::Entity, step::Column::No)).count(), "closed")
        .and_where(Expr::col((step::Entity, step::Column::Step)).eq(Step::Close.number()))
        .and_where(Expr::col((step::Entity, step::Column::At)).gte(from))
        .and_where(Expr::col((step::Entity, step::Column::At)).lt(to))
        .cond_where(scope::at_sites(viewer, step::Column::SiteId))
        .add_group_by([Expr::col(kind), Expr::col(finding)]);
    let mut out: Vec<Precision> = vec![];
    let kinds = kinds();
    for row in db.read().query_all(&q).await? {
        let code: String = row.try_get("", "kind")?;
        let Some(kind) = kinds.get(code.as_str()).copied() else { continue };
        let (finding, n): (Option<i16>, i64) = (row.try_get("", "finding")?, row.try_get("", "closed")?);
        let at = out.iter().position(|p| p.kind == kind).unwrap_or_else(|| {
            out.push(Precision { kind, real: 0, false_alarms: 0, unclear: 0 });
            out.len() - 1
        });
        let Some(p) = out.get_mut(at) else { continue };
        match finding.and_then(Finding::from_number) {
            Some(Finding::Real) => p.real += n,
            Some(Finding::FalseAlarm) => p.false_alarms += n,
            Some(Finding::Unclear) | None => p.unclear += n,
        }
    }
    // The most wrong first: these are the rules to look at.
    out.sort_by_key(|p| (p.permille().unwrap_or(1_001), p.kind.code()));
    Ok(out)
}
