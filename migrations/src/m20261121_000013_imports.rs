//! Imports that are worked on: whose a run is, how far it is, and what was done about its rows in quarantine.

use sea_orm_migration::{prelude::*, sea_query::Table};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Columns of `import_run`. What stood there before was done by the command line.
fn of_run() -> Vec<ColumnDef> {
    let number = |name: &'static str| ColumnDef::new(name).big_integer().not_null().default(0).to_owned();
    let word =
        |name: &'static str, first: &'static str| ColumnDef::new(name).text().not_null().default(first).to_owned();
    vec![
        number("org_id"),
        number("account_id"),
        // Who may see it: the scope of whoever began it.
        word("scope", "city"),
        word("stage", "done"),
        number("bytes"),
        number("done"),
        number("total"),
        ColumnDef::new("ended_at").big_integer().null().to_owned(),
        word("head", "{}"),
        word("chosen", "[]"),
        word("preview", ""),
        word("failure", ""),
    ]
}

/// Columns of `import_quarantine`.
fn of_row() -> Vec<ColumnDef> {
    vec![
        ColumnDef::new("mend").small_integer().not_null().default(0).to_owned(),
        ColumnDef::new("account_id").big_integer().not_null().default(0).to_owned(),
        ColumnDef::new("mended_at").big_integer().null().to_owned(),
        ColumnDef::new("note").text().not_null().default("").to_owned(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in [("import_run", of_run()), ("import_quarantine", of_row())] {
            for c in columns {
                m.alter_table(Table::alter().table(table).add_column(c).to_owned()).await?;
            }
        }
        // What the server has to work on: nearly every run has ended.
        m.get_connection()
            .execute_unprepared(
                "CREATE INDEX import_run_open ON import_run (id) WHERE stage IN ('reading', 'checking', 'queued', 'running')",
            )
            .await?;
        // How many records a run has taken, after a restart.
        m.create_index(Index::create().name("import_row_run").table("import_row").col("run_id").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("import_row_run").table("import_row").to_owned()).await?;
        m.drop_index(Index::drop().name("import_run_open").table("import_run").to_owned()).await?;
        for (table, columns) in [("import_run", of_run()), ("import_quarantine", of_row())] {
            for c in columns {
                m.alter_table(Table::alter().table(table).drop_column(c.get_column_name()).to_owned()).await?;
            }
        }
        Ok(())
    }
}
