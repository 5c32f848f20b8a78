//! The figures of a channel, from the counters: never a scan of what they count.

use crate::{Error, alert, arrival, bulletin, counter, feed, gauge, reference, sequence, setting, site};
use domain::{
    clock,
    ledger::{Custody, FileState, Metric, WHOLE_DAY},
    outcome::Reason,
    rules::RuleSet,
    scope::{Scope, Viewer},
    wall::{
        ATTENTION_LEN, Arrivals, CURVE_MINUTES, FEED_LEN, Figures, Snapshot, Station, Stock, Tally, gauge::HOUR,
        wants_attention,
    },
};
use sea_orm::{
    Condition, QueryOrder, Select,
    entity::prelude::*,
    sea_query::{Alias, Func, Query},
};
use std::collections::HashMap;

/// Sites within a scope.
///
/// # Errors
/// When the database fails.
pub async fn sites<C: ConnectionTrait>(db: &C, scope: Scope) -> Result<Vec<site::Model>, DbErr> {
    let q = site::Entity::find().order_by_asc(site::Column::Id);
    match scope {
        Scope::City => q,
        Scope::District(d) => q.filter(site::Column::Division.eq(d)),
        Scope::Org(o) => q.filter(site::Column::OrgId.eq(o)),
    }
    .all(db)
    .await
}

fn within(q: Select<counter::Entity>, ids: Option<&[i64]>) -> Select<counter::Entity> {
    match ids {
        None => q,
        Some(ids) => q.filter(counter::Column::SiteId.is_in(ids.iter().copied())),
    }
}

async fn sum<C: ConnectionTrait>(db: &C, ids: Option<&[i64]>, which: Condition) -> Result<i64, DbErr> {
    let mut q = Query::select();
    // A sum of bigint is numeric on PostgreSQL.
    q.expr(Func::cast_as(Func::coalesce([counter::Column::Value.sum(), Expr::value(0_i64)]), Alias::new("bigint")))
        .from(counter::Entity)
        .cond_where(which);
    if let Some(ids) = ids {
        q.and_where(counter::Column::SiteId.is_in(ids.iter().copied()));
    }
    db.query_one(&q).await?.map_or(Ok(0), |r| r.try_get_by_index(0))
}

fn metric(m: Metric) -> Condition {
    Condition::all().add(counter::Column::Metric.eq(m.number()))
}

/// What is counted by due date or end of life: at some sites by an index of these alone (`counter_dated`), which has to be meant word for word.
fn dated(m: Metric, ids: Option<&[i64]>) -> Condition {
    metric(m).add_option(ids.map(|_| Expr::cust("metric IN (10, 11)")))
}

/// Cylinders by state as of a day.
///
/// # Errors
/// When the database fails.
pub async fn stock<C: ConnectionTrait>(
    db: &C,
    ids: Option<&[i64]>,
    today: i32,
    due_soon_days: i32,
) -> Result<Stock, DbErr> {
    use counter::Column::{Day, Key};
    let file = |states: &[FileState]| metric(Metric::File).add(Key.is_in(states.iter().map(|s| s.number())));
    let past_life = sum(db, ids, dated(Metric::LifeEndOn, ids).add(Day.lt(today))).await?;
    Ok(Stock {
        on_file: sum(db, ids, file(&gauge::ON_FILE)).await?,
        in_use: sum(db, ids, metric(Metric::Custody).add(Key.eq(Custody::InUse.number()))).await?,
        due_soon: sum(
            db,
            ids,
            dated(Metric::DueOn, ids).add(Day.gte(today)).add(Day.lte(today.saturating_add(due_soon_days))),
        )
        .await?,
        // The due date never lies behind the end of life, so that whatever is past its life is among the overdue too.
        overdue: sum(db, ids, dated(Metric::DueOn, ids).add(Day.lt(today))).await? - past_life,
        past_life,
        scrapped: sum(db, ids, file(&[FileState::Scrapped, FileState::Destroyed])).await?,
    })
}

/// Open alerts.
///
/// # Errors
/// When the database fails.
pub async fn open_alerts<C: ConnectionTrait>(db: &C, ids: Option<&[i64]>) -> Result<i64, DbErr> {
    sum(db, ids, metric(Metric::OpenAlert)).await
}

async fn figures<C: ConnectionTrait>(
    db: &C,
    sites: &[site::Model],
    ids: Option<&[i64]>,
    today: i32,
    now: i64,
    due_soon_days: i32,
) -> Result<Figures, DbErr> {
    use counter::Column::{Day, Metric as M, Minute};
    let mut f = Figures {
        stock: stock(db, ids, today, due_soon_days).await?,
        open_alerts: open_alerts(db, ids).await?,
        gauges: gauge::all(db, ids, today).await?,
        open: alert::open(db, ids).await?,
        ..Figures::default()
    };
    let day = [Metric::Fill, Metric::NetG, Metric::Blocked, Metric::Warned, Metric::BlockedReason].map(Metric::number);
    let rows = within(counter::Entity::find(), ids)
        .filter(M.is_in(day))
        .filter(Day.eq(today))
        .filter(Minute.eq(WHOLE_DAY))
        .all(db)
        .await?;
    for r in rows {
        let district = sites.iter().find(|s| s.id == r.site_id).map(|s| s.division);
        let mut add = |fills: i64, blocked: i64| {
            for t in [
                Some(f.by_station.entry(r.site_id).or_default()),
                district.map(|d| f.by_district.entry(d).or_default()),
            ]
            .into_iter()
            .flatten()
            {
                t.fills += fills;
                t.blocked += blocked;
            }
        };
        match Metric::from_number(r.metric) {
            Some(Metric::Fill) => {
                add(r.value, 0);
                f.fills_today += r.value;
            }
            Some(Metric::Blocked) => {
                add(0, r.value);
                f.blocked_today += r.value;
            }
            Some(Metric::NetG) => f.net_g_today += r.value,
            Some(Metric::Warned) => f.warned_today += r.value,
            Some(Metric::BlockedReason) => {
                if let Some(reason) = Reason::from_number(r.key) {
                    *f.by_reason.entry(reason).or_default() += r.value;
                }
            }
            _ => {}
        }
    }
    let first = now.div_euclid(clock::MINUTE_MS) - CURVE_MINUTES + 1;
    let first_day = clock::local_day(first * clock::MINUTE_MS);
    let minutes = [Metric::Fill, Metric::Blocked].map(Metric::number);
    let rows = within(counter::Entity::find(), ids)
        .filter(M.is_in(minutes))
        .filter(Day.gte(first_day))
        .filter(Minute.gte(0))
        .all(db)
        .await?;
    for r in rows {
        let minute = clock::day_start(r.day).div_euclid(clock::MINUTE_MS) + i64::from(r.minute);
        if minute < first {
            continue;
        }
        let t: &mut Tally = f.by_minute.entry(minute).or_default();
        if r.metric == Metric::Fill.number() { t.fills += r.value } else { t.blocked += r.value }
    }
    Ok(f)
}

/// What a snapshot is made for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who asks.
    pub viewer: Viewer,
    /// City, GB/T 2260.
    pub city: i32,
    /// Server clock, ms.
    pub now: i64,
    /// Build of the server.
    pub build: &'a str,
    /// The rules in force: windows and limits.
    pub rules: &'a RuleSet,
}

/// The state of a channel, all of it as of one ledger number.
///
/// # Errors
/// When the database fails.
pub async fn snapshot(db: &crate::Db, ask: Ask<'_>) -> Result<Snapshot, Error> {
    channel(db, ask).await.map(|(snapshot, _)| snapshot)
}

/// The state of a channel, and what of the last hour's arrivals moves it on from there.
///
/// # Errors
/// When the database fails.
pub async fn channel(db: &crate::Db, ask: Ask<'_>) -> Result<(Snapshot, Arrivals), Error> {
    let txn = db.begin_read().await?;
    let no = sequence::last(&txn, sequence::LEDGER).await?;
    let scope = ask.viewer.scope;
    let sites = sites(&txn, scope).await?;
    let ids: Option<Vec<i64>> = (scope != Scope::City).then(|| sites.iter().map(|s| s.id).collect());
    let today = clock::local_day(ask.now);
    let due_soon_days = i32::try_from(ask.rules.due_soon_days()).unwrap_or(0);
    let mut figures = figures(&txn, &sites, ids.as_deref(), today, ask.now, due_soon_days).await?;
    let first = ask.now.div_euclid(clock::MINUTE_MS) - HOUR + 1;
    let mut arrivals = arrival::since(&txn, ids.as_deref(), first).await?;
    arrivals.changed(&figures.gauges, ask.now).into_iter().for_each(|g| figures.gauges.set(g));
    let span = feed::Span { after: (no - feed::LOOK_BACK).max(0), newest: Some(FEED_LEN as u64), sites: ids };
    let mut lines = feed::changes(&txn, &span).await?;
    lines.reverse();
    figures.attention = lines.iter().filter(|c| wants_attention(c)).take(ATTENTION_LEN).cloned().collect();
    lines.truncate(FEED_LEN);
    figures.feed = lines.into();
    figures.bulletin = bulletin::read(&txn, scope, ask.now).await?;
    let districts = match scope {
        Scope::City => reference::districts(&txn, ask.city).await?,
        _ => reference::districts(&txn, ask.city)
            .await?
            .into_iter()
            .filter(|d| sites.iter().any(|s| s.division == d.code))
            .collect(),
    };
    let demo = setting::get(&txn, setting::DEMO).await?.is_some();
    let city = reference::division::Entity::find_by_id(ask.city).one(&txn).await?.map(|d| d.name).unwrap_or_default();
    let classes: HashMap<i64, i16> =
        site::storage::Entity::find().all(&txn).await?.into_iter().map(|s| (s.site_id, s.class)).collect();
    txn.commit().await?;
    let store_ml =
        |s: &site::Model| ask.rules.store_ml(classes.get(&s.id).copied().unwrap_or_else(|| site::usual_class(&s.kind)));
    let snapshot = Snapshot {
        no: no.unsigned_abs(),
        scope,
        build: ask.build.to_owned(),
        ms: ask.now,
        day: today,
        demo,
        city,
        store_warn: ask.rules.store_warn(),
        districts,
        stations: sites
            .into_iter()
            .filter(|s| s.kind != site::VIRTUAL)
            .map(|s| Station {
                store_ml: store_ml(&s),
                id: s.id,
                org: s.org_id,
                name: s.name,
                district: s.division,
                lng: s.lng,
                lat: s.lat,
            })
            .collect(),
        figures,
    };
    Ok((snapshot, arrivals))
}
