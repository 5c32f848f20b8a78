//! Sums of counters by month, and the numbers that more than one cylinder bears.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, small_integer, string},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The metrics that are asked for over months (`Metric::by_month`).
const BY_MONTH: &str = "1, 2, 3, 4, 5, 6, 7, 10, 11";

/// Months since the year 0 of a day since 1970-01-01.
fn month(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres {
        "CAST(EXTRACT(YEAR FROM DATE '1970-01-01' + day) * 12 + EXTRACT(MONTH FROM DATE '1970-01-01' + day) - 1 AS integer)"
    } else {
        "CAST(strftime('%Y', day * 86400, 'unixepoch') AS integer) * 12 + CAST(strftime('%m', day * 86400, 'unixepoch') AS integer) - 1"
    }
}

/// Numbers and tags that lead to two cylinders, as the writer notes them from here on.
const SHARED: [&str; 3] = [
    "INSERT INTO shared_code (code) SELECT stamp_no FROM cylinder WHERE stamp_no <> '' GROUP BY stamp_no HAVING COUNT(*) > 1",
    "INSERT INTO shared_code (code) SELECT DISTINCT t.code FROM cylinder c JOIN tag t ON t.code = c.stamp_no \
     WHERE c.stamp_no <> '' AND t.cylinder_id <> c.id AND NOT EXISTS (SELECT 1 FROM shared_code s WHERE s.code = t.code)",
    "INSERT INTO shared_code (code) SELECT DISTINCT t.code FROM cylinder c JOIN tag t ON t.code = c.serial_no \
     WHERE c.serial_no <> '' AND t.cylinder_id <> c.id AND NOT EXISTS (SELECT 1 FROM shared_code s WHERE s.code = t.code)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let db = m.get_connection();
        m.create_table(
            Table::create()
                .table("counter_month")
                .col(small_integer("metric"))
                .col(integer("month"))
                .col(small_integer("key"))
                .col(big_integer("site_id"))
                .col(big_integer("value"))
                .primary_key(Index::create().col("metric").col("month").col("key").col("site_id"))
                .to_owned(),
        )
        .await?;
        let month = month(m.get_database_backend());
        db.execute_unprepared(&format!(
            "INSERT INTO counter_month (metric, month, key, site_id, value) \
             SELECT metric, {month}, key, site_id, CAST(SUM(value) AS bigint) FROM counter \
             WHERE metric IN ({BY_MONTH}) AND minute = -1 GROUP BY 1, 2, 3, 4"
        ))
        .await?;
        let mut code = string("code");
        m.create_table(Table::create().table("shared_code").col(code.primary_key()).to_owned()).await?;
        for sql in SHARED {
            db.execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("shared_code").to_owned()).await?;
        m.drop_table(Table::drop().table("counter_month").to_owned()).await
    }
}
