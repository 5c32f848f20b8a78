//! The inbox of alerts: open ones grouped by kind and site, those of a group, what was done with one, and how right each kind
//! was.

use crate::{
    Db, Error,
    alert::{self, ack, step},
    counter, names, scope,
};
use domain::{
    ledger::{Finding, Group, Groups, Listed, Metric, Precision, Step, Taken, WHOLE_DAY},
    list::Part,
    outcome::{AlertKind, Severity},
    scope::Viewer,
};
use sea_orm::{
    Condition, FromQueryResult, JoinType, Order, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Alias, Asterisk, CaseStatement, ExprTrait, Func, Query, SelectStatement},
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

/// A line of the grouped inbox, and what all its lines come to.
#[derive(Debug, FromQueryResult)]
struct Line {
    key: i16,
    site_id: i64,
    open: i64,
    waiting: i64,
    lines: i64,
    open_in_all: i64,
    waiting_in_all: i64,
}

/// All lines, in their order, from the counters of open alerts within sight: one a kind and site.
fn lines(viewer: Viewer) -> SelectStatement {
    use counter::Column as C;
    let of = |c: C| Expr::col((counter::Entity, c));
    let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
    let sum = |m: Metric| bigint(Expr::case(of(C::Metric).eq(m.number()), of(C::Value)).finally(0_i64).sum());
    let mut lines = Query::select();
    lines.column(C::Key).column(C::SiteId).from(counter::Entity);
    lines.expr_as(sum(Metric::OpenAlert), "open").expr_as(sum(Metric::Waiting), "waiting");
    lines.and_where(of(C::Metric).is_in([Metric::OpenAlert, Metric::Waiting].map(Metric::number)));
    lines.and_where(of(C::Day).eq(0)).and_where(of(C::Minute).eq(WHOLE_DAY)).and_where(of(C::Value).gt(0_i64));
    // Of a kind that this build does not know nothing is shown.
    lines.and_where(of(C::Key).is_in(AlertKind::ALL.iter().map(|k| k.number())));
    lines.cond_where(scope::at_sites(viewer, C::SiteId)).group_by_col(C::Key).group_by_col(C::SiteId);
    let mut q = Query::select();
    q.column(Asterisk).from_subquery(lines, "w");
    q.expr_as(Expr::cust("COUNT(*) OVER ()"), "lines");
    // A sum of bigint is numeric on PostgreSQL.
    q.expr_as(Expr::cust("CAST(SUM(\"open\") OVER () AS bigint)"), "open_in_all");
    q.expr_as(Expr::cust("CAST(SUM(\"waiting\") OVER () AS bigint)"), "waiting_in_all");
    let rank = [Severity::Info, Severity::Warning, Severity::Danger].into_iter().zip(0_i64..).fold(
        CaseStatement::new(),
        |c, (s, n)| {
            let kinds = AlertKind::ALL.iter().filter(move |k| k.info().severity == s).map(|k| k.number());
            c.case(Expr::col("key").is_in(kinds), n)
        },
    );
    q.order_by_expr(Expr::col("waiting").eq(0_i64), Order::Asc).order_by_expr(rank.into(), Order::Desc);
    for (c, order) in [("waiting", Order::Desc), ("open", Order::Desc), ("site_id", Order::Asc), ("key", Order::Asc)] {
        q.order_by(c, order);
    }
    q
}

/// When the eldest and the newest open alert of some kinds and sites were raised, ms, in their order: the first and the last of their numbers,
/// which follow time.
async fn spans<C: ConnectionTrait>(db: &C, of: &[(AlertKind, i64)]) -> Result<Vec<(i64, i64)>, DbErr> {
    use alert::Column as A;
    if of.is_empty() {
        return Ok(vec![]);
    }
    let end = |order: Order| {
        let mut q = Query::select();
        q.column(A::At).from(alert::Entity).and_where(A::State.eq(alert::OPEN));
        q.and_where(Expr::col((alert::Entity, A::Kind)).equals(("v", "column2")));
        q.and_where(Expr::col((alert::Entity, A::SiteId)).equals(("v", "column3")));
        q.order_by(A::No, order).limit(1);
        Expr::SubQuery(None, Box::new(q.into()))
    };
    let mut q = Query::select();
    q.expr(end(Order::Asc)).expr(end(Order::Desc)).order_by(("v", "column1"), Order::Asc);
    q.from_values((0_i64..).zip(of).map(|(i, (kind, site))| (i, kind.code(), *site)), "v");
    let rows = db.query_all(&q).await?;
    // One that was closed since it was counted is not there: both are read in one state of the record.
    rows.iter()
        .map(|r| {
            Ok((r.try_get_by_index::<Option<i64>>(0)?.unwrap_or(0), r.try_get_by_index::<Option<i64>>(1)?.unwrap_or(0)))
        })
        .collect()
}

/// A page of `size` lines of the open alerts within sight, one a kind and site: the worst kinds first, of these what most wait of. The last
/// page where there are not so many.
///
/// # Errors
/// When the database fails.
pub async fn groups(db: &Db, viewer: Viewer, page: u32, size: usize) -> Result<Groups, Error> {
    let read = db.begin_read().await?;
    let lines = lines(viewer);
    let mut part = Part::of(page, size, usize::MAX);
    let found = loop {
        let mut q = lines.clone();
        q.limit(size as u64).offset(part.first as u64);
        let found = Line::find_by_statement(read.get_database_backend().build(&q)).all(&read).await?;
        // Behind the end nothing tells how far it is: from the first page the last one is known.
        if !found.is_empty() || part.first == 0 {
            let all = found.first().map_or(0, |l| usize::try_from(l.lines).unwrap_or(0));
            let wanted = Part::of(page, size, all);
            if wanted.page == part.page {
                break found;
            }
            part = wanted;
        } else {
            part = Part::of(1, size, usize::MAX);
        }
    };
    let known: Vec<(AlertKind, Line)> =
        found.into_iter().filter_map(|l| Some((AlertKind::from_number(l.key)?, l))).collect();
    let spans = spans(&read, &known.iter().map(|(k, l)| (*k, l.site_id)).collect::<Vec<_>>()).await?;
    let names = names::sites(&read, known.iter().map(|(_, l)| l.site_id)).await?;
    read.commit().await?;
    let all = known.first().map_or([0; 3], |(_, l)| [l.lines, l.open_in_all, l.waiting_in_all]);
    let group = |((kind, l), (oldest, newest)): ((AlertKind, Line), (i64, i64))| Group {
        kind,
        site: l.site_id,
        site_name: names.get(&l.site_id).cloned().unwrap_or_default(),
        open: l.open,
        waiting: l.waiting,
        oldest,
        newest,
    };
    Ok(Groups {
        groups: known.into_iter().zip(spans).map(group).collect(),
        page: part.page,
        all: usize::try_from(all[0]).unwrap_or(0),
        open: all[1],
        waiting: all[2],
    })
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
