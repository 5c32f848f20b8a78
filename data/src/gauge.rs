//! The gauges of a channel from the counters: one grouped sum a kind.

use crate::counter;
use domain::{
    ledger::{FileState, Metric},
    wall::{Gauges, gauge},
};
use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{Alias, Func, Query},
};

/// File states that count as on file.
pub const ON_FILE: [FileState; 3] = [FileState::Registered, FileState::AwaitsScrap, FileState::Suspended];

/// Gauges of some sites, or of all, as of a day; without those of arrivals.
///
/// # Errors
/// When the database fails.
pub async fn all<C: ConnectionTrait>(db: &C, ids: Option<&[i64]>, today: i32) -> Result<Gauges, DbErr> {
    use counter::Column::{Day, Key, SiteId};
    let on_file = Key.is_in(ON_FILE.map(FileState::number));
    let mut out = Gauges::default();
    for (kind, metric, by, which) in [
        (gauge::CUSTODY, Metric::Custody, Key, None),
        (gauge::MADE, Metric::MadeIn, Key, None),
        (gauge::FULL_ML, Metric::FullMl, SiteId, None),
        (gauge::ON_FILE, Metric::File, SiteId, Some(on_file)),
        (gauge::OVERDUE, Metric::DueOn, SiteId, Some(Day.lt(today))),
        (gauge::OPEN, Metric::OpenAlert, SiteId, None),
        (gauge::WAITING, Metric::Waiting, SiteId, None),
    ] {
        let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
        let mut q = Query::select();
        // A sum of bigint is numeric on PostgreSQL, a key is a small integer.
        q.expr(bigint(Expr::col(by)))
            .expr(bigint(counter::Column::Value.sum()))
            .from(counter::Entity)
            .cond_where(Condition::all().add(counter::Column::Metric.eq(metric.number())).add_option(which))
            .group_by_col(by);
        if let Some(ids) = ids {
            q.and_where(SiteId.is_in(ids.iter().copied()));
        }
        for row in db.query_all(&q).await? {
            out.set((kind, row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(out)
}
