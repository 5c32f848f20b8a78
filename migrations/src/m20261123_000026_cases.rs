//! Complaints, reports, suggestions and repairs with their steps and clocks; the working-day calendar.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, date, integer, small_integer, string, text},
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

fn calendar() -> Vec<TableCreateStatement> {
    vec![
        table(
            "calendar_year",
            [
                integer("year"),
                // confirmed, provisional.
                string("known"),
                big_integer("account_id"),
                big_integer("at"),
            ],
            ["year"],
        ),
        table("calendar_day", [date("day"), integer("year"), string("mark"), string("name")], ["day"]),
    ]
}

fn cases() -> Vec<TableCreateStatement> {
    vec![
        table(
            "case_file",
            [
                big_integer("id"),
                string("number"),
                // From it and the master key the look-up code is derived.
                string("nonce"),
                string("track"),
                string("channel"),
                string("state"),
                // Why its clocks are held up; empty where they are not.
                string("hold"),
                big_integer("received_at"),
                big_integer("entered_at"),
                // 0 where none is known.
                integer("division"),
                big_integer("org_id"),
                string("tag"),
                big_integer_null("cylinder_id"),
                text("title"),
                text("text"),
                text("wish"),
                text("place"),
                // Who brought it, sealed; empty for nobody.
                text("reporter"),
                boolean("real_name"),
                string("external_no"),
                big_integer_null("twin_id"),
                // Whether the enterprise was asked: before, it does not read of a report.
                boolean("asked"),
                // Last instant of the first clock that runs.
                big_integer_null("due_at"),
                boolean("provisional"),
                small_integer("rating"),
                big_integer_null("closed_at"),
                big_integer("version"),
                // Under which its clocks were reckoned.
                big_integer("rules"),
                big_integer("calendar"),
                big_integer("account_id"),
            ],
            ["id"],
        ),
        table(
            "case_step",
            [
                big_integer("case_id"),
                integer("no"),
                big_integer("at"),
                string("act"),
                string("hand"),
                big_integer("account_id"),
                text("note"),
                string("word"),
                text("with"),
            ],
            ["case_id", "no"],
        ),
        table(
            "case_clock",
            [
                big_integer("case_id"),
                integer("no"),
                string("clock"),
                string("rule_id"),
                big_integer("amount"),
                string("unit"),
                boolean("extended"),
                big_integer("since"),
                big_integer_null("due_at"),
                big_integer_null("done_at"),
                boolean("provisional"),
            ],
            ["case_id", "no"],
        ),
        // What was sent under a key, so that it is entered once.
        table("case_request", [string("key"), string("digest"), big_integer("case_id"), big_integer("at")], ["key"]),
    ]
}

const UP: [&str; 7] = [
    "CREATE UNIQUE INDEX case_file_number ON case_file (number)",
    // The list in its order; a district's and an organisation's.
    "CREATE INDEX case_file_received ON case_file (received_at, id)",
    "CREATE INDEX case_file_division ON case_file (division, received_at, id)",
    "CREATE INDEX case_file_org ON case_file (org_id, received_at, id)",
    // Few run at a time: what is late, and what is reckoned anew.
    "CREATE INDEX case_file_due ON case_file (due_at) WHERE due_at IS NOT NULL",
    // Few are open: these are reckoned anew.
    "CREATE INDEX case_file_open ON case_file (id) WHERE closed_at IS NULL",
    "CREATE INDEX case_file_external ON case_file (external_no) WHERE external_no <> ''",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in calendar().into_iter().chain(cases()) {
            m.create_table(t).await?;
        }
        for sql in UP {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in ["case_request", "case_clock", "case_step", "case_file", "calendar_day", "calendar_year"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        Ok(())
    }
}
