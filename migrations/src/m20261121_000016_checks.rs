//! Catalogues of check items, in versions; the registers of accidents and hazards with the steps of their handling.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, date_null, integer, small_integer, small_integer_null, string, text,
    },
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn key<const N: usize>(cols: [&'static str; N]) -> IndexCreateStatement {
    let mut k = Index::create();
    cols.into_iter().for_each(|c| {
        k.col(c);
    });
    k.primary();
    k
}

fn table<const C: usize, const N: usize>(
    name: &'static str,
    cols: [ColumnDef; C],
    primary: [&'static str; N],
) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name);
    for c in cols {
        t.col(c);
    }
    t.primary_key(&mut key(primary));
    t
}

fn checks() -> Vec<TableCreateStatement> {
    vec![
        table(
            "check_version",
            [
                string("catalogue"),
                big_integer("version"),
                // Edits of a draft, so that nobody publishes what he did not see.
                big_integer("revision"),
                big_integer("account_id"),
                // Empty for a draft.
                big_integer_null("published_at"),
                text("note"),
            ],
            ["catalogue", "version"],
        ),
        table(
            "check_item",
            [
                string("catalogue"),
                big_integer("version"),
                string("code"),
                integer("position"),
                string("part"),
                text("zh"),
                text("en"),
                string("severity"),
                small_integer_null("days"),
                string("media"),
                string("source"),
                string("clause"),
                text("note"),
                boolean("confirmed"),
                boolean("enabled"),
            ],
            ["catalogue", "version", "code"],
        ),
    ]
}

fn registers() -> Vec<TableCreateStatement> {
    vec![
        table(
            "incident",
            [
                big_integer("id"),
                // 1 accident, 2 hazard.
                small_integer("register"),
                big_integer("at"),
                small_integer("level"),
                string("kind"),
                string("state"),
                integer("division"),
                big_integer("org_id"),
                text("place"),
                string("tag"),
                big_integer_null("cylinder_id"),
                text("brief"),
                integer("dead"),
                integer("serious"),
                integer("minor"),
                big_integer("loss_yuan"),
                text("cause"),
                string("item"),
                date_null("due"),
                big_integer("entered_at"),
                big_integer("account_id"),
            ],
            ["id"],
        ),
        table(
            "incident_step",
            [
                big_integer("incident_id"),
                integer("no"),
                big_integer("at"),
                big_integer("account_id"),
                string("act"),
                text("note"),
                text("changed"),
            ],
            ["incident_id", "no"],
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in checks().into_iter().chain(registers()) {
            m.create_table(t).await?;
        }
        // A register is listed by when it happened, and counted by days.
        m.create_index(
            Index::create().name("incident_at").table("incident").col("register").col("at").col("id").to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in ["incident_step", "incident", "check_item", "check_version"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        Ok(())
    }
}
