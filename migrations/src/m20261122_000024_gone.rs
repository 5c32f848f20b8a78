//! Tags whose cylinder was destroyed have a state of their own: over the years they are many, and whoever counts the cylinders that lost their
//! tag has nothing to do with them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: [&str; 3] = [
    "DROP INDEX tag_not_bound",
    // 7: destroyed.
    "UPDATE tag SET state = 4 WHERE state = 2 AND cylinder_id IN (SELECT cylinder_id FROM cylinder_state WHERE file = 7)",
    // Word for word as it is asked for (`data::analysis::tags`).
    "CREATE INDEX tag_not_bound ON tag (cylinder_id) WHERE state IN (2, 3)",
];

const DOWN: [&str; 3] = [
    "DROP INDEX tag_not_bound",
    "UPDATE tag SET state = 2 WHERE state = 4",
    "CREATE INDEX tag_not_bound ON tag (cylinder_id) WHERE state <> 1",
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
        for sql in DOWN {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
