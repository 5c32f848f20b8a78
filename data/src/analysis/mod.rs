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
pub use sheet::{as_of, sheet};
pub use statistics::statistics;
pub use storage::storage;
pub use tags::tag_issue;
pub use user_storage::user_storage;

use crate::{Db, Error, counter, figures, org, reference, site};
use domain::{
    analysis::{By, Span, Unit},
    ledger::{Metric, WHOLE_DAY},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DatabaseTransaction,
    entity::prelude::*,
    sea_query::{Alias, Func, Query},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
        Ok(Self { txn, sites, ids, unit_of, names })
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
        if let Some(ids) = &self.ids {
            q.and_where(SiteId.is_in(ids.iter().copied()));
        }
        let mut out = Vec::new();
        for row in self.txn.query_all(&q).await? {
            let (key, site, value): (i16, i64, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let unit = self.unit_of.get(&site).copied().unwrap_or_default();
            out.push(Sum { key, unit, site, value });
        }
        Ok(out)
    }

    /// Sums over days, both included.
    pub async fn over(&self, metric: Metric, days: Span) -> Result<Vec<Sum>, Error> {
        self.sums(metric, Condition::all().add(counter::Column::Day.between(days.first, days.last))).await
    }

    /// Sums of counters of whole days, where the metric has counters by minute beside them. Each day is sought by itself: the
    /// minutes between, a thousand times as many, are not read.
    pub async fn whole_days(&self, metric: Metric, days: Span) -> Result<Vec<Sum>, Error> {
        use counter::Column::{Day, Key, Minute};
        let all: Vec<i32> = (days.first..=days.last).collect();
        let mut out: BTreeMap<i64, Sum> = BTreeMap::new();
        for some in all.chunks(1_000) {
            let which = Condition::all().add(Day.is_in(some.iter().copied())).add(Key.eq(0)).add(Minute.eq(WHOLE_DAY));
            for s in self.sums(metric, which).await? {
                out.entry(s.site).and_modify(|t| t.value += s.value).or_insert(s);
            }
        }
        Ok(out.into_values().collect())
    }
}
