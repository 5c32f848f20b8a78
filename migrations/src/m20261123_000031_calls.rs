//! Calls and what was done with them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("call")
                .col(big_integer("id").primary_key())
                .col(big_integer("at"))
                .col(string("category"))
                .col(string("state"))
                // Who called, sealed.
                .col(text("caller"))
                .col(integer("division"))
                .col(big_integer("org_id"))
                .col(string("tag"))
                .col(text("text"))
                .col(text("handed_to"))
                .col(big_integer_null("callback"))
                .col(big_integer_null("called_back"))
                .col(big_integer_null("case_id"))
                // Hash of the form's key; of those without one their number.
                .col(string("key"))
                .col(big_integer("entered_at"))
                .col(big_integer("account_id"))
                .col(big_integer("version"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("call_step")
                .col(big_integer("call_id"))
                .col(integer("no"))
                .col(big_integer("at"))
                .col(string("act"))
                .col(big_integer("account_id"))
                .col(text("note"))
                .col(text("with"))
                .primary_key(Index::create().col("call_id").col("no"))
                .to_owned(),
        )
        .await?;
        for (name, table, columns, unique) in [
            ("call_key", "call", &["key"][..], true),
            ("call_at", "call", &["at", "id"], false),
            ("call_division", "call", &["division", "at", "id"], false),
            ("call_callback", "call", &["called_back", "callback"], false),
            // The calls that a case came of stand on its page.
            ("call_case", "call", &["case_id"], false),
        ] {
            let mut i = Index::create();
            i.name(name).table(table);
            for c in columns {
                i.col(*c);
            }
            if unique {
                i.unique();
            }
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in ["call", "call_step"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        m.get_connection().execute_unprepared("DELETE FROM sequence WHERE name = 'call'").await.map(|_| ())
    }
}
