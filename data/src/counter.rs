//! Counters behind every chart, kept in the transaction of what they count.

use domain::ledger::{CounterKey, Metric};
use sea_orm::{entity::prelude::*, sea_query::OnConflict, sea_query::Query};

/// A row of `counter`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counter")]
pub struct Model {
    /// [`Metric`] number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric: i16,
    /// Sub-key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: i16,
    /// Local day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    /// Minute of the day, −1 for the whole day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub minute: i16,
    /// Site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// The count.
    pub value: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its key; `None` when the metric is not known to this build.
    #[must_use]
    pub fn counter_key(&self) -> Option<CounterKey> {
        Some(CounterKey {
            metric: Metric::from_number(self.metric)?,
            key: self.key,
            day: self.day,
            minute: self.minute,
            site: self.site_id,
        })
    }
}

/// Sums of whole days by month.
pub mod month {
    use domain::{
        analysis::month_of,
        ledger::{CounterKey, WHOLE_DAY},
    };
    use sea_orm::{
        entity::prelude::*,
        sea_query::{OnConflict, Query},
    };
    use std::collections::BTreeMap;

    /// A row of `counter_month`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "counter_month")]
    pub struct Model {
        /// [`domain::ledger::Metric`] number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub metric: i16,
        /// Month, counted from January of the year 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub month: i32,
        /// Sub-key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: i16,
        /// Site.
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        /// The sum.
        pub value: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    /// Key of a row: metric, month, sub-key, site.
    pub type Key = (i16, i32, i16, i64);

    /// The row that a counter is summed up in; `None` where it is in none.
    #[must_use]
    pub fn key(k: &CounterKey) -> Option<Key> {
        (k.metric.by_month() && k.minute == WHOLE_DAY).then(|| (k.metric.number(), month_of(k.day), k.key, k.site))
    }

    /// Adds differences of counters.
    pub(super) async fn add<C: ConnectionTrait>(db: &C, deltas: &[(CounterKey, i64)]) -> Result<(), DbErr> {
        let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
        for (k, v) in deltas {
            if let Some(key) = key(k) {
                *sums.entry(key).or_default() += v;
            }
        }
        let rows: Vec<_> = sums.into_iter().filter(|(_, v)| *v != 0).collect();
        for chunk in rows.chunks(2_000) {
            let mut q = Query::insert();
            q.into_table(Entity).columns([Column::Metric, Column::Month, Column::Key, Column::SiteId, Column::Value]);
            for ((metric, month, key, site), v) in chunk {
                q.values_panic([(*metric).into(), (*month).into(), (*key).into(), (*site).into(), (*v).into()]);
            }
            q.on_conflict(
                OnConflict::columns([Column::Metric, Column::Month, Column::Key, Column::SiteId])
                    .value(Column::Value, Expr::cust("\"counter_month\".\"value\" + \"excluded\".\"value\""))
                    .to_owned(),
            );
            db.execute(&q).await?;
        }
        Ok(())
    }
}

/// Adds differences, to the months as well.
///
/// # Errors
/// When the database fails.
pub async fn add<C: ConnectionTrait>(db: &C, deltas: impl IntoIterator<Item = (CounterKey, i64)>) -> Result<(), DbErr> {
    let rows: Vec<_> = deltas.into_iter().filter(|(_, v)| *v != 0).collect();
    month::add(db, &rows).await?;
    for chunk in rows.chunks(2_000) {
        let mut q = Query::insert();
        q.into_table(Entity).columns([
            Column::Metric,
            Column::Key,
            Column::Day,
            Column::Minute,
            Column::SiteId,
            Column::Value,
        ]);
        for (k, v) in chunk {
            q.values_panic([
                k.metric.number().into(),
                k.key.into(),
                k.day.into(),
                k.minute.into(),
                k.site.into(),
                (*v).into(),
            ]);
        }
        q.on_conflict(
            OnConflict::columns([Column::Metric, Column::Day, Column::Key, Column::Minute, Column::SiteId])
                .value(Column::Value, Expr::cust("\"counter\".\"value\" + \"excluded\".\"value\""))
                .to_owned(),
        );
        db.execute(&q).await?;
    }
    Ok(())
}
