//! What the whole wall needs: who took note of an alert, what arrived by minute, classes of storage; and the counters of
//! age, full cylinders and waiting alerts for what is on record already.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, small_integer},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Counters of the metrics 15, 16 and 17, as the writer keeps them from here on. File states 3, 4 and 5 are on file,
/// custodies 4, 5 and 7 stand full.
const COUNTERS: [&str; 3] = [
    "INSERT INTO counter (metric, key, day, minute, site_id, value)
     SELECT 15, CASE WHEN c.made = '' THEN 0 ELSE CAST(SUBSTR(c.made, 1, 4) AS smallint) END, 0, -1, s.home, COUNT(*)
     FROM cylinder c JOIN cylinder_state s ON s.cylinder_id = c.id WHERE s.file IN (3, 4, 5) GROUP BY 2, s.home",
    "INSERT INTO counter (metric, key, day, minute, site_id, value)
     SELECT 16, 0, 0, -1, CASE WHEN s.last_site > 0 THEN s.last_site ELSE s.home END, SUM(c.volume_ml)
     FROM cylinder c JOIN cylinder_state s ON s.cylinder_id = c.id
     WHERE s.file IN (3, 4, 5) AND s.custody IN (4, 5, 7) AND c.volume_ml <> 0 GROUP BY 5",
    "INSERT INTO counter (metric, key, day, minute, site_id, value)
     SELECT 17, 0, 0, -1, site_id, COUNT(*) FROM alert
     WHERE state = 'open' AND kind NOT IN ('UNDERFILL', 'EPOCH_RAISED') GROUP BY site_id",
];

fn tables() -> [TableCreateStatement; 3] {
    let key = |columns: &[&'static str]| {
        let mut k = Index::create();
        columns.iter().for_each(|c| {
            k.col(*c);
        });
        k.primary().to_owned()
    };
    [
        Table::create()
            .table("alert_ack")
            .col(big_integer("no"))
            .col(big_integer("device_id"))
            .col(big_integer("alert_no"))
            .col(big_integer("site_id"))
            .col(big_integer("display_id"))
            .col(big_integer("at"))
            .primary_key(&mut key(&["no", "device_id"]))
            .to_owned(),
        Table::create()
            .table("arrival")
            .col(big_integer("minute"))
            .col(big_integer("site_id"))
            .col(big_integer("expected"))
            .col(big_integer("missing"))
            .primary_key(&mut key(&["minute", "site_id"]))
            .to_owned(),
        Table::create()
            .table("site_storage")
            .col(ColumnDef::new("site_id").big_integer().not_null().primary_key())
            .col(small_integer("class"))
            .to_owned(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables() {
            m.create_table(t).await?;
        }
        // An alert is taken note of once.
        let once =
            Index::create().name("ack_alert").table("alert_ack").col("device_id").col("alert_no").unique().to_owned();
        m.create_index(once).await?;
        // The oldest open ones of a kind, without a look at the others.
        let open = Index::create().name("alert_open").table("alert").col("state").col("kind").col("no").to_owned();
        m.create_index(open).await?;
        for sql in COUNTERS {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.get_connection().execute_unprepared("DELETE FROM counter WHERE metric IN (15, 16, 17)").await?;
        m.drop_index(Index::drop().name("alert_open").table("alert").to_owned()).await?;
        for t in ["alert_ack", "arrival", "site_storage"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        Ok(())
    }
}
