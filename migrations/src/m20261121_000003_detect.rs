//! What the detectors keep: a state for each gun, station and cylinder that has one.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, small_integer, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("detector_state")
                .col(small_integer("subject_kind"))
                .col(big_integer("subject"))
                .col(text("state"))
                .col(big_integer("updated_no"))
                .primary_key(Index::create().col("subject_kind").col("subject").primary())
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("detector_state").to_owned()).await
    }
}
