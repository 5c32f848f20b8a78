//! Pairs of files that somebody found to be of two cylinders.

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
        let table = Table::create()
            .table("collision_ruling")
            .col(small_integer("kind"))
            .col(big_integer("one_id"))
            .col(big_integer("other_id"))
            .col(text("reason"))
            .col(big_integer("account_id"))
            .col(big_integer("at"))
            .primary_key(Index::create().col("kind").col("one_id").col("other_id").primary())
            .to_owned();
        m.create_table(table).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("collision_ruling").to_owned()).await
    }
}
