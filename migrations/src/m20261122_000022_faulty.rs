//! Checks that were failed and fills with which something was wrong, few among many: indexes of these alone. What they say of a row has to
//! stand in a question word for word (`data::record`).

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: [&str; 2] = [
    "CREATE INDEX event_faulty ON cylinder_event (kind, no) \
     WHERE substr(body, 1, 11) = '{\"result\":\"' AND substr(body, 1, 16) <> '{\"result\":\"pass\"'",
    "CREATE INDEX event_odd ON cylinder_event (kind, no) WHERE anomalies <> ''",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for sql in UP {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for sql in ["DROP INDEX event_odd", "DROP INDEX event_faulty"] {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
