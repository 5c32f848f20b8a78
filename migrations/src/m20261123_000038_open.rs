//! What waits for somebody is looked up whenever an office did something: hazards and posts by how they stand, so that what is long done is not
//! read for it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Name, table and columns.
const INDEXES: [(&str, &str, &[&str]); 2] =
    [("incident_state", "incident", &["register", "state", "id"]), ("post_stage", "post", &["stage", "id"])];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, columns) in INDEXES {
            let mut i = Index::create();
            i.name(name).table(table);
            for c in columns {
                i.col(*c);
            }
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, _) in INDEXES {
            m.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
