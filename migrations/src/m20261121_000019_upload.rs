//! Exports that are sent to the supervision platform.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn upload() -> TableCreateStatement {
    let mut t = Table::create();
    t.table("upload").col(ColumnDef::new("export_id").big_integer().not_null().primary_key()).col(big_integer("by_id"));
    for name in ["platform", "address", "key_id", "state", "sha256", "why", "words"] {
        t.col(text(name));
    }
    for name in ["asked_at", "next_at", "sent"] {
        t.col(big_integer(name));
    }
    t.col(integer("tries")).col(integer("status")).col(big_integer_null("ended_at")).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(upload()).await?;
        // What is to be done next is looked for all the time; what is done is left behind.
        m.create_index(Index::create().name("upload_due").table("upload").col("state").col("next_at").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("upload").to_owned()).await
    }
}
