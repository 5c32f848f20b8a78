//! Credit of enterprises: what costs or cost them points, their ratings and how these turned, entries made by hand, appeals; the terms of
//! an item beside its rule row.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, integer_null, small_integer, small_integer_null, string, text,
        text_null,
    },
    sea_query::{Query, Table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

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
    let mut k = Index::create();
    for c in primary {
        k.col(c);
    }
    t.primary_key(k.primary());
    t
}

fn facts() -> Vec<TableCreateStatement> {
    vec![
        table(
            "credit_fact",
            [
                // For pages of a list only.
                big_integer("id"),
                big_integer("org_id"),
                // domain::credit::Origin.
                small_integer("source"),
                big_integer("source_no"),
                string("item"),
                integer("day"),
                big_integer("amount"),
                big_integer("whole"),
                integer_null("closed"),
                // Percent: 0 for a false alarm.
                small_integer("kept"),
                // Percent: what a decided appeal left of it.
                small_integer("allowed"),
            ],
            ["id"],
        ),
        // What changed outside the ledger and is yet to be looked at.
        table("credit_touched", [big_integer("id"), small_integer("source"), big_integer("source_no")], ["id"]),
        table(
            "credit_rating",
            [
                big_integer("org_id"),
                string("name"),
                // Letters of the name, for look-ups.
                text("pinyin"),
                string("kind"),
                integer("division"),
                // 0: a fact came that it does not know yet.
                integer("day"),
                big_integer("version"),
                big_integer("score"),
                small_integer("grade"),
                small_integer("trend"),
                big_integer("moved"),
                boolean("veto"),
            ],
            ["org_id"],
        ),
        table(
            "credit_turn",
            [
                big_integer("id"),
                big_integer("org_id"),
                big_integer("at"),
                small_integer_null("grade_was"),
                small_integer("grade_is"),
                big_integer("score"),
                big_integer("version"),
            ],
            ["id"],
        ),
    ]
}

fn people() -> Vec<TableCreateStatement> {
    vec![
        table(
            "credit_entry",
            [
                big_integer("id"),
                big_integer("org_id"),
                string("item"),
                integer("day"),
                text("document"),
                text("note"),
                string("state"),
                integer_null("closed"),
                big_integer("entered_at"),
                big_integer("account_id"),
            ],
            ["id"],
        ),
        table(
            "credit_appeal",
            [
                big_integer("id"),
                big_integer("org_id"),
                small_integer("source"),
                big_integer("source_no"),
                string("item"),
                string("state"),
                text("grounds"),
                text("evidence"),
                big_integer("filed_at"),
                integer("due"),
                small_integer("share"),
                boolean("reviewed"),
                big_integer_null("decider_id"),
            ],
            ["id"],
        ),
        table(
            "credit_appeal_step",
            [
                big_integer("appeal_id"),
                integer("no"),
                big_integer("at"),
                big_integer("account_id"),
                string("act"),
                text("note"),
                text("evidence"),
                // Points and grade before and after a decision, JSON; empty for what decides nothing.
                text("effect"),
            ],
            ["appeal_id", "no"],
        ),
    ]
}

fn index<const N: usize>(name: &'static str, table: &'static str, cols: [&'static str; N]) -> IndexCreateStatement {
    let mut i = Index::create();
    i.name(name).table(table);
    for c in cols {
        i.col(c);
    }
    i
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in facts().into_iter().chain(people()) {
            m.create_table(t).await?;
        }
        m.create_index(
            index("credit_fact_of", "credit_fact", ["org_id", "source", "source_no", "item"]).unique().to_owned(),
        )
        .await?;
        for i in [
            // The facts of an organisation are read by day: the points of its page, and the sums of its rating.
            index("credit_fact_day", "credit_fact", ["org_id", "day", "id"]),
            index("credit_rating_score", "credit_rating", ["score", "org_id"]),
            index("credit_turn_of", "credit_turn", ["org_id", "id"]),
            index("credit_appeal_of", "credit_appeal", ["org_id", "source", "source_no"]),
            index("credit_appeal_state", "credit_appeal", ["state", "due"]),
            index("credit_entry_of", "credit_entry", ["org_id", "id"]),
        ] {
            m.create_index(i).await?;
        }
        m.alter_table(Table::alter().table("rule").add_column(text_null("credit")).to_owned()).await?;
        // How far the ledger was looked at, and the day on which shares were read off last: rows that are locked by whoever goes on.
        let mut q = Query::insert();
        q.into_table("sequence").columns(["name", "last"]);
        for name in ["credit", "credit_day"] {
            q.values_panic([name.into(), 0_i64.into()]);
        }
        m.execute(q).await?;
        // What was entered before is looked at with the first run.
        for sql in [
            "INSERT INTO credit_touched (id, source, source_no) SELECT id, 6, id FROM incident",
            "INSERT INTO sequence (name, last) SELECT 'credit_touched', COALESCE(MAX(id), 0) FROM incident",
        ] {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut q = Query::delete();
        q.from_table("sequence").and_where(Expr::col("name").is_in([
            "credit",
            "credit_day",
            "credit_touched",
            "credit_fact",
            "credit_turn",
            "credit_entry",
            "credit_appeal",
        ]));
        m.execute(q).await?;
        m.alter_table(Table::alter().table("rule").drop_column("credit").to_owned()).await?;
        for t in [
            "credit_appeal_step",
            "credit_appeal",
            "credit_entry",
            "credit_turn",
            "credit_rating",
            "credit_touched",
            "credit_fact",
        ] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        Ok(())
    }
}
