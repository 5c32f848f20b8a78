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

/// Adds differences.
///
/// # Errors
/// When the database fails.
pub async fn add<C: ConnectionTrait>(db: &C, deltas: impl IntoIterator<Item = (CounterKey, i64)>) -> Result<(), DbErr> {
    let rows: Vec<_> = deltas.into_iter().filter(|(_, v)| *v != 0).collect();
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
