//! Indexes that answer a count by themselves: where cylinders are, which are overdue and not past their life, what alerts are open, which tags a
//! cylinder bears, and which cylinders of some sites are overdue.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: [&str; 14] = [
    "DROP INDEX state_by_site",
    "DROP INDEX state_by_home",
    // Word for word as it is asked for (`data::cylinder_list`).
    "CREATE INDEX state_by_place ON cylinder_state ((CASE WHEN last_site > 0 THEN last_site ELSE home END), due, cylinder_id)",
    "DROP INDEX state_by_due",
    "CREATE INDEX state_by_due ON cylinder_state (due, cylinder_id, life_end)",
    "DROP INDEX state_by_division_due",
    "CREATE INDEX state_by_division_due ON cylinder_state (division, due, cylinder_id, life_end)",
    "CREATE INDEX cylinder_by_medium ON cylinder (medium, made, tag, id)",
    "DROP INDEX alert_inbox",
    "CREATE INDEX alert_inbox ON alert (state, kind, site_id, no, at)",
    "CREATE INDEX alert_by_site ON alert (site_id, state, no)",
    "DROP INDEX tag_cylinder",
    "CREATE INDEX tag_cylinder ON tag (cylinder_id, state)",
    // Word for word, too (`data::figures`).
    "CREATE INDEX counter_dated ON counter (site_id, metric, day) WHERE metric IN (10, 11)",
];

const DOWN: [&str; 14] = [
    "DROP INDEX cylinder_by_medium",
    "DROP INDEX tag_cylinder",
    "CREATE INDEX tag_cylinder ON tag (cylinder_id)",
    "DROP INDEX alert_by_site",
    "DROP INDEX counter_dated",
    "DROP INDEX alert_inbox",
    "CREATE INDEX alert_inbox ON alert (state, kind, site_id, no)",
    "DROP INDEX state_by_division_due",
    "CREATE INDEX state_by_division_due ON cylinder_state (division, due, cylinder_id)",
    "DROP INDEX state_by_due",
    "CREATE INDEX state_by_due ON cylinder_state (due, cylinder_id)",
    "DROP INDEX state_by_place",
    "CREATE INDEX state_by_home ON cylinder_state (home, last_site, cylinder_id)",
    "CREATE INDEX state_by_site ON cylinder_state (last_site, cylinder_id)",
];

/// Counters and their months are asked for by stretches of their keys: on SQLite they lie in that order, one tree each instead of a table and
/// its index.
const BY_KEY: [(&str, &str, &str); 2] = [
    (
        "counter",
        "metric smallint NOT NULL, day integer NOT NULL, \"key\" smallint NOT NULL, minute smallint NOT NULL, \
         site_id integer NOT NULL, value integer NOT NULL",
        "metric, day, \"key\", minute, site_id",
    ),
    (
        "counter_month",
        "metric smallint NOT NULL, month integer NOT NULL, \"key\" smallint NOT NULL, site_id integer NOT NULL, \
         value integer NOT NULL",
        "metric, month, \"key\", site_id",
    ),
];

/// Makes both tables anew, by their keys or with rows of their own.
async fn lay(m: &SchemaManager<'_>, by_key: bool) -> Result<(), DbErr> {
    if m.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    for (table, columns, key) in BY_KEY {
        let how = if by_key { "WITHOUT ROWID" } else { "" };
        for sql in [
            format!("CREATE TABLE {table}_new ({columns}, PRIMARY KEY ({key})) {how}"),
            format!("INSERT INTO {table}_new ({key}, value) SELECT {key}, value FROM {table} ORDER BY {key}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table}_new RENAME TO {table}"),
        ] {
            m.get_connection().execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        lay(m, true).await?;
        for sql in UP {
            m.get_connection().execute_unprepared(sql).await?;
        }
        if m.get_database_backend() == DbBackend::Postgres {
            // SQLite's own index is in this order.
            let sql = "CREATE INDEX tag_by_bytes ON tag (code COLLATE \"C\")";
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        if m.get_database_backend() == DbBackend::Postgres {
            m.get_connection().execute_unprepared("DROP INDEX tag_by_bytes").await?;
        }
        for sql in DOWN {
            m.get_connection().execute_unprepared(sql).await?;
        }
        lay(m, false).await
    }
}
