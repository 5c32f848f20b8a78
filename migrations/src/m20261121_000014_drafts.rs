//! Rules that are edited: drafts with their changes and their preview, and how far what is stored was derived anew.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn table(name: &'static str, columns: Vec<ColumnDef>, key: &[&'static str]) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name);
    for c in columns {
        t.col(c);
    }
    let mut primary = Index::create();
    primary.primary();
    for k in key {
        primary.col(*k);
    }
    t.primary_key(&mut primary);
    t
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table(
            "rule_draft",
            vec![
                big_integer("id"),
                big_integer("base"),
                text("note"),
                string("stage"),
                big_integer("revision"),
                big_integer("author_id"),
                big_integer("created_at"),
                big_integer("changed_at"),
                big_integer_null("submitter_id"),
                big_integer_null("submitted_at"),
                big_integer_null("decider_id"),
                big_integer_null("decided_at"),
                text("reason"),
                big_integer_null("publisher_id"),
                big_integer_null("published_at"),
                big_integer_null("version"),
            ],
            &["id"],
        ),
        // A row as it is to be; the version before keeps it as it was.
        table(
            "rule_change",
            vec![big_integer("draft_id"), string("rule_id"), text("row"), big_integer("account_id"), big_integer("at")],
            &["draft_id", "rule_id"],
        ),
        // Whoever ever changed something in a draft, also where it was taken back: none of them approves it.
        table("rule_editor", vec![big_integer("draft_id"), big_integer("account_id")], &["draft_id", "account_id"]),
        // What a draft would come to, as it was computed for one revision of it.
        table(
            "rule_preview",
            vec![
                big_integer("draft_id"),
                big_integer("revision"),
                string("stage"),
                integer("day"),
                big_integer("asked_at"),
                big_integer("done"),
                big_integer("total"),
                text("figures"),
            ],
            &["draft_id"],
        ),
        // A stretch of cylinders whose due dates were derived anew, at its place in the order of the ledger.
        table(
            "rederivation",
            vec![
                big_integer("no"),
                big_integer("version"),
                big_integer("after_id"),
                big_integer("to_id"),
                big_integer("until_id"),
                big_integer("at"),
                big_integer("changed"),
            ],
            &["no"],
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables() {
            m.create_table(t).await?;
        }
        // The stretches that one cylinder lies in.
        m.create_index(Index::create().name("rederivation_to").table("rederivation").col("to_id").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables().into_iter().rev() {
            if let Some(name) = t.get_table_name() {
                m.drop_table(Table::drop().table(name.clone()).to_owned()).await?;
            }
        }
        Ok(())
    }
}
