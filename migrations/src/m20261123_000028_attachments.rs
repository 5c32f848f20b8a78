//! Files that people attach, and what refers to them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, small_integer, text},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn attachment() -> TableCreateStatement {
    let mut t = Table::create();
    t.table("attachment").col(ColumnDef::new("token").text().not_null().primary_key());
    for name in ["format", "name", "sha256"] {
        t.col(text(name));
    }
    for name in ["bytes", "made_at", "by_id", "downloads"] {
        t.col(big_integer(name));
    }
    for name in ["width", "height", "seconds", "uses"] {
        t.col(integer(name));
    }
    t.to_owned()
}

fn used() -> TableCreateStatement {
    let mut t = Table::create();
    t.table("attachment_use")
        .col(small_integer("of_kind"))
        .col(big_integer("of_id"))
        .col(integer("place"))
        .col(text("token"));
    t.primary_key(Index::create().col("of_kind").col("of_id").col("place")).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(attachment()).await?;
        m.create_table(used()).await?;
        m.create_index(Index::create().name("attachment_use_token").table("attachment_use").col("token").to_owned())
            .await?;
        // What nothing refers to is looked for again and again; it is little.
        let loose = "CREATE INDEX attachment_loose ON attachment (made_at) WHERE uses = 0";
        m.get_connection().execute_unprepared(loose).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["attachment_use", "attachment"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
