//! Tasks and what happened to them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, small_integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("task")
                .col(big_integer("id").primary_key())
                .col(string("kind"))
                .col(string("subject"))
                .col(integer("due"))
                .col(string("scope"))
                .col(integer("division"))
                .col(text("about"))
                .col(text("link"))
                .col(big_integer("amount"))
                .col(big_integer("account_id"))
                .col(string("state"))
                .col(small_integer("level"))
                .col(big_integer("opened_at"))
                .col(big_integer_null("closed_at"))
                .col(big_integer("version"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("task_step")
                .col(big_integer("task_id"))
                .col(integer("no"))
                .col(big_integer("at"))
                .col(string("act"))
                .col(big_integer("account_id"))
                .col(big_integer("to_id"))
                .col(text("note"))
                .primary_key(Index::create().col("task_id").col("no"))
                .to_owned(),
        )
        .await?;
        for (name, columns, unique) in [
            // Nobody gets the same thing twice.
            ("task_once", &["kind", "subject", "due"][..], true),
            ("task_due", &["state", "due", "id"], false),
            ("task_scope", &["scope", "state", "due", "id"], false),
            ("task_division", &["division", "state", "due", "id"], false),
            ("task_account", &["account_id", "state", "due", "id"], false),
        ] {
            let mut i = Index::create();
            i.name(name).table("task");
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
        for t in ["task", "task_step"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        let numbers = "DELETE FROM sequence WHERE name IN ('task', 'task_digest')";
        m.get_connection().execute_unprepared(numbers).await.map(|_| ())
    }
}
