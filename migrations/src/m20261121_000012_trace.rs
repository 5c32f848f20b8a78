//! What the trace of a cylinder reads by: the questions to the gate of one cylinder.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The refusals of a cylinder stand in no event: without it they are found by reading every attempt of the city.
const NAME: &str = "attempt_cylinder";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        m.create_index(index.name(NAME).table("fill_attempt").col("cylinder_id").col("no").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name(NAME).table("fill_attempt").to_owned()).await
    }
}
