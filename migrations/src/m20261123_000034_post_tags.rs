//! The tags of a post's newest version beside its title: the office's list is narrowed by them.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // A post that was written before gets its tags with its next save.
        m.get_connection().execute_unprepared("ALTER TABLE post ADD COLUMN tags text NOT NULL DEFAULT ''").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.get_connection().execute_unprepared("ALTER TABLE post DROP COLUMN tags").await?;
        Ok(())
    }
}
