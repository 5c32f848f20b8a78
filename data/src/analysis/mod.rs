//! The analyses, one file each. Figures are sums of counters over dates, by site, and added up to units: what they cost depends on
//! sites and days, not on cylinders or events. Every one is answered within the viewer's scope, and as of a day where that makes a
//! difference.

mod abnormal;
mod ages;
mod completeness;
mod conduct;
mod due;
mod opening;
mod placed;
mod recovery;
mod sales;
mod sheet;
mod statistics;
mod storage;
mod tags;
mod user_storage;

pub use abnormal::abnormal;
pub use ages::ages;
pub use completeness::completeness;
pub use conduct::conduct;
pub use due::due;
pub use opening::opening;
pub use placed::placed;
pub use recovery::{recovery, recovery_by_size};
pub use sales::sales;
pub use sheet::{as_of, overview, sheet};
pub use statistics::statistics;
pub use storage::storage;
pub use tags::tag_issue;
pub use user_storage::user_storage;

use crate::{Db, Error, counter, figures, org, reference, site};
use domain::{
    analysis::{By, Span, Unit, first_day, month_of},
    ledger::{Metric, WHOLE_DAY},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DatabaseTransaction, JoinType,
    entity::prelude::*,
    sea_query::{Alias, ExprTrait, Func, Query, SelectStatement},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// First and last of the months that lie wholly within these days, if any; and the days that lie in none of them.
fn whole_months(days: Span) -> (Option<(i32, i32)>, Vec<Span>) {
    let begun = month_of(days.first);
    let first = begun + i32::from(first_day(begun) != days.first);
    let last = month_of(days.last.saturating_add(1)) - 1;
    if days.first > days.last || first > last {
        return (None, vec![days]);
    }
    let around =
        [Span { first: days.first, last: first_day(first) - 1 }, Span { first: first_day(last + 1), last: days.last }];
    (Some((first, last)), around.into_iter().filter(|s| s.first <= s.last).collect())
}

/// Who asks, and what the answer is told apart by.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Who asks.
    pub viewer: Viewer,
    /// By district or by organisation.
    pub by: By,
}

/// The sites a viewer may see and the unit that each belongs to, in a transaction in which everything is of one state.
pub(crate) struct Units {
    txn: DatabaseTransaction,
    /// The sites; all where the viewer sees the city.
    pub sites: Vec<site::Model>,
    ids: Option<Vec<i64>>,
    by: By,
    unit_of: HashMap<i64, i64>,
    /// Names, and whether a unit is told of though nothing is counted for it: one with nothing but offices is not.
    names: BTreeMap<i64, (String, bool)>,
}

/// A sum of counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Sub-key of the metric.
    pub key: i16,
    /// Unit.
    pub unit: i64,
    /// Site.
    pub site: i64,
    /// The sum.
    pub value: i64,
}

impl Units {
    /// Begins to read.
    pub async fn load(db: &Db, ask: Ask) -> Result<Self, Error> {
        let txn = db.begin_read().await?;
        let sites = figures::sites(&txn, ask.viewer.scope).await?;
        let ids = (ask.viewer.scope != Scope::City).then(|| sites.iter().map(|s| s.id).collect());
        let of = |s: &site::Model| match ask.by {
            By::District => i64::from(s.division),
            By::Org => s.org_id,
        };
        let unit_of: HashMap<i64, i64> = sites.iter().map(|s| (s.id, of(s))).collect();
        let mut names: BTreeMap<i64, (String, bool)> = BTreeMap::new();
        for s in &sites {
            names.entry(of(s)).or_default().1 |= s.kind != site::VIRTUAL;
        }
        match ask.by {
            By::District => {
                // The table names every county of the country.
                let codes: BTreeSet<i32> = sites.iter().map(|s| s.division).collect();
                let asked = reference::division::Entity::find().filter(reference::division::Column::Code.is_in(codes));
                for d in asked.all(&txn).await? {
                    names.entry(d.code.into()).and_modify(|n| n.0.clone_from(&d.name));
                }
            }
            By::Org => {
                let orgs = org::Entity::find().filter(crate::scope::within(ask.viewer, org::Column::Id));
                // A district's viewer sees the stations in it, whoever they belong to.
                let all = if matches!(ask.viewer.scope, Scope::District(_)) { org::Entity::find() } else { orgs };
                for o in all.all(&txn).await? {
                    names.entry(o.id).and_modify(|n| n.0.clone_from(&o.name));
                }
            }
        }
        Ok(Self { txn, sites, ids, by: ask.by, unit_of, names })
    }

    /// Where to read.
    pub const fn db(&self) -> &DatabaseTransaction {
        &self.txn
    }

    /// Ends the reading: the rows made for each unit, by their ids.
    pub async fn end<T>(self, mut made: BTreeMap<i64, T>, row: impl Fn(Unit, T) -> T) -> Result<Vec<T>, Error>
    where
        T: Default,
    {
        self.txn.commit().await?;
        let mut out = Vec::with_capacity(self.names.len());
        for (id, (name, shown)) in self.names {
            match made.remove(&id) {
                None if !shown => {}
                it => out.push(row(Unit { id, name }, it.unwrap_or_default())),
            }
        }
        Ok(out)
    }

    /// The name of a unit.
    pub fn unit(&self, id: i64) -> Unit {
        Unit { id, name: self.names.get(&id).map(|n| n.0.clone()).unwrap_or_default() }
    }

    /// Ends the reading.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.txn.commit().await?)
    }

    /// Sums of a metric's counters, by key and site.
    pub async fn sums(&self, metric: Metric, which: Condition) -> Result<Vec<Sum>, Error> {
        use counter::Column::{Key, Metric as M, SiteId, Value};
        let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
        let mut q = Query::select();
        // A sum of bigint is numeric on PostgreSQL.
        q.column(Key).column(SiteId).expr(bigint(Value.sum())).from(counter::Entity);
        q.and_where(M.eq(metric.number())).cond_where(which).group_by_col(Key).group_by_col(SiteId);
        self.read(&mut q, SiteId).await
    }

    /// Rows of sub-key, site and sum, of the sites that the viewer sees.
    async fn read(&self, q: &mut SelectStatement, site: impl ColumnTrait) -> Result<Vec<Sum>, Error> {
        if let Some(ids) = &self.ids {
            q.and_where(site.is_in(ids.iter().copied()));
        }
        let mut out = Vec::new();
        for row in self.txn.query_all(&*q).await? {
            let (key, site, value): (i16, i64, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let unit = self.unit_of.get(&site).copied().unwrap_or_default();
            out.push(Sum { key, unit, site, value });
        }
        Ok(out)
    }

    /// Sums over days, both included, of a metric that is summed up by month: whole months as such, and the days before and after them.
    pub async fn over(&self, metric: Metric, days: Span) -> Result<Vec<Sum>, Error> {
        debug_assert!(metric.by_month());
        let (months, around) = whole_months(days);
        let mut out: BTreeMap<(i16, i64), Sum> = BTreeMap::new();
        let mut all = match months {
            Some(months) => self.months(metric, months).await?,
            None => vec![],
        };
        for days in around {
            all.extend(self.days(metric, days).await?);
        }
        for s in all {
            out.entry((s.key, s.site)).and_modify(|t| t.value += s.value).or_insert(s);
        }
        Ok(out.into_values().collect())
    }

    /// Sums of the counters of whole days.
    async fn days(&self, metric: Metric, days: Span) -> Result<Vec<Sum>, Error> {
        let mut out = vec![];
        for which in self.whole_days(metric, days) {
            out.extend(self.sums(metric, which.add(counter::Column::Minute.eq(WHOLE_DAY))).await?);
        }
        Ok(out)
    }

    /// These days, in one condition or some. Where the metric has counters by minute beside those of the day each day is sought by
    /// itself: the minutes between, a thousand times as many, are not read.
    fn whole_days(&self, metric: Metric, days: Span) -> Vec<Condition> {
        use counter::Column::{Day, Key};
        if !matches!(metric, Metric::Fill | Metric::Blocked) {
            return vec![Condition::all().add(Day.between(days.first, days.last))];
        }
        let all: Vec<i32> = (days.first..=days.last).collect();
        let some = |days: &[i32]| Condition::all().add(Day.is_in(days.iter().copied())).add(Key.eq(0));
        all.chunks(1_000).map(some).collect()
    }

    /// The counters of whole days by day, sub-key and unit: added up by the database, as many rows are read for one that is told.
    pub async fn by_day(&self, metric: Metric, days: Span) -> Result<Vec<(i32, Sum)>, Error> {
        use counter::{
            Column::{Day, Key, Metric as M, Minute, SiteId, Value},
            Entity,
        };
        let mut out = vec![];
        for which in self.whole_days(metric, days) {
            let mut q = Query::select();
            q.from(Entity).and_where(M.eq(metric.number())).and_where(Minute.eq(WHOLE_DAY)).cond_where(which);
            out.extend(self.dated(q, [Day, Key, SiteId, Value].map(|c| (Entity, c))).await?);
        }
        Ok(out)
    }

    /// The sums of the whole months within these days, each with the first day of its month.
    pub async fn by_month(&self, metric: Metric, days: Span) -> Result<Vec<(i32, Sum)>, Error> {
        use counter::month::{Column as C, Entity};
        let (Some((first, last)), _) = whole_months(days) else { return Ok(vec![]) };
        let mut q = Query::select();
        q.from(Entity).and_where(C::Metric.eq(metric.number())).and_where(C::Month.between(first, last));
        let months = self.dated(q, [C::Month, C::Key, C::SiteId, C::Value].map(|c| (Entity, c))).await?;
        Ok(months.into_iter().map(|(month, s)| (first_day(month), s)).collect())
    }

    /// The sum of the whole months within these days, of all sites that the viewer sees.
    pub async fn total(&self, metric: Metric, days: Span) -> Result<i64, Error> {
        use counter::month::{Column as C, Entity};
        let (Some((first, last)), _) = whole_months(days) else { return Ok(0) };
        let mut q = Query::select();
        q.expr(Func::cast_as(C::Value.sum().if_null(0_i64), Alias::new("bigint"))).from(Entity);
        q.and_where(C::Metric.eq(metric.number())).and_where(C::Month.between(first, last));
        if let Some(ids) = &self.ids {
            q.and_where(C::SiteId.is_in(ids.iter().copied()));
        }
        Ok(self.txn.query_one(&q).await?.map_or(Ok(0), |r| r.try_get_by_index(0))?)
    }

    /// Adds up rows of day or month, sub-key, site and value by unit, of the sites that the viewer sees.
    async fn dated<T>(
        &self,
        mut q: SelectStatement,
        [day, key, site, value]: [(T, impl ColumnTrait); 4],
    ) -> Result<Vec<(i32, Sum)>, Error>
    where
        T: Iden + Copy + 'static,
    {
        let unit = (site::Entity, if self.by == By::District { site::Column::Division } else { site::Column::OrgId });
        let same = Expr::col((site::Entity, site::Column::Id)).equals(site);
        q.join(JoinType::InnerJoin, site::Entity, same);
        let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
        q.column(day).column(key).expr(bigint(Expr::col(unit))).expr(bigint(Expr::col(value).sum()));
        q.group_by_col(day).group_by_col(key).group_by_col(unit);
        if let Some(ids) = &self.ids {
            q.and_where(Expr::col(site).is_in(ids.iter().copied()));
        }
        let mut out = Vec::new();
        for row in self.txn.query_all(&q).await? {
            let (key, unit, value) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            out.push((row.try_get_by_index(0)?, Sum { key, unit, site: 0, value }));
        }
        Ok(out)
    }

    /// Sums of a metric that has no sub-keys over some spans of days, by unit: one pass over the days from the first to the last.
    pub async fn spans<const N: usize>(&self, metric: Metric, spans: [Span; N]) -> Result<Vec<(i64, [i64; N])>, Error> {
        use counter::Column::{Day, Metric as M, SiteId, Value};
        let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
        let mut q = Query::select();
        q.column(SiteId).from(counter::Entity).and_where(M.eq(metric.number()));
        for s in spans {
            // One span is all that is read.
            let within = if N == 1 {
                Expr::col(Value)
            } else {
                Expr::case(Day.between(s.first, s.last), Expr::col(Value)).finally(0_i64).into()
            };
            q.expr(bigint(within.sum()));
        }
        let (first, last) = (spans.iter().map(|s| s.first).min(), spans.iter().map(|s| s.last).max());
        q.and_where(Day.between(first.unwrap_or(0), last.unwrap_or(0))).group_by_col(SiteId);
        if let Some(ids) = &self.ids {
            q.and_where(SiteId.is_in(ids.iter().copied()));
        }
        let mut out: BTreeMap<i64, [i64; N]> = BTreeMap::new();
        for row in self.txn.query_all(&q).await? {
            let site: i64 = row.try_get_by_index(0)?;
            let sums = out.entry(self.unit_of.get(&site).copied().unwrap_or_default()).or_insert([0; N]);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += row.try_get_by_index::<i64>(i + 1)?;
            }
        }
        Ok(out.into_iter().collect())
    }

    /// Sums of months, both included.
    async fn months(&self, metric: Metric, (first, last): (i32, i32)) -> Result<Vec<Sum>, Error> {
        use counter::month::{Column as C, Entity};
        let mut q = Query::select();
        let sum = Func::cast_as(C::Value.sum(), Alias::new("bigint"));
        q.column(C::Key).column(C::SiteId).expr(sum).from(Entity);
        q.and_where(C::Metric.eq(metric.number())).and_where(C::Month.between(first, last));
        self.read(q.group_by_col(C::Key).group_by_col(C::SiteId), C::SiteId).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock;

    #[test]
    fn days_are_whole_months_and_what_is_around_them() {
        let day = |text: &str| clock::day_of(text.parse().unwrap());
        let split = |first, last| whole_months(Span { first: day(first), last: day(last) });
        let span = |first, last| Span { first: day(first), last: day(last) };
        let month = |year: i32, month: i32| year * 12 + month - 1;
        assert_eq!(split("2026-01-01", "2026-12-31"), (Some((month(2026, 1), month(2026, 12))), vec![]));
        assert_eq!(split("2026-02-01", "2026-02-28"), (Some((month(2026, 2), month(2026, 2))), vec![]));
        assert_eq!(split("2026-02-02", "2026-03-30"), (None, vec![span("2026-02-02", "2026-03-30")]));
        assert_eq!(
            split("2025-12-15", "2026-03-02"),
            (
                Some((month(2026, 1), month(2026, 2))),
                vec![span("2025-12-15", "2025-12-31"), span("2026-03-01", "2026-03-02")]
            )
        );
        assert_eq!(split("2026-02-05", "2026-02-05"), (None, vec![span("2026-02-05", "2026-02-05")]));
        // Every day stands in one part.
        for first in day("2023-12-28")..day("2024-03-03") {
            for last in first..day("2024-04-02") {
                let (months, around) = whole_months(Span { first, last });
                let of_months = (first..=last).filter(|d| months.is_some_and(|(a, b)| (a..=b).contains(&month_of(*d))));
                let mut all: Vec<i32> = of_months.chain(around.iter().flat_map(|s| s.first..=s.last)).collect();
                all.sort_unstable();
                assert_eq!(all, (first..=last).collect::<Vec<_>>());
            }
        }
    }
}
