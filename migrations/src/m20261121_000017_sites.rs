//! Where cylinders are at home, and where they were met last: in a large city a list of one station's reads no others.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for index in [
            Index::create().name("cylinder_by_site").table("cylinder").col("site_id").col("tag").col("id").to_owned(),
            Index::create()
                .name("state_by_site")
                .table("cylinder_state")
                .col("last_site")
                .col("cylinder_id")
                .to_owned(),
            // One that was met nowhere yet is at home.
            Index::create()
                .name("state_by_home")
                .table("cylinder_state")
                .col("home")
                .col("last_site")
                .col("cylinder_id")
                .to_owned(),
        ] {
            m.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("cylinder_by_site").table("cylinder").to_owned()).await?;
        m.drop_index(Index::drop().name("state_by_home").table("cylinder_state").to_owned()).await?;
        m.drop_index(Index::drop().name("state_by_site").table("cylinder_state").to_owned()).await
    }
}
