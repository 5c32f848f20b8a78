//! The whole event table: where a cylinder goes back to, its last pre-check, corrections; the papers the gate asks for; and
//! from which ledger number on each version of the rules was in force.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, date_null, integer_null, small_integer, string, text},
    sea_query::{Query, Table},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// New columns: table and column. Each has a default, so that rows that are there stay as they are.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let mut build = small_integer("build");
    let mut prior = small_integer("prior");
    let mut check_at = big_integer("check_at");
    let mut operator = string("operator");
    let mut overridden = string("overridden");
    vec![
        ("cylinder", build.default(0).to_owned()),
        ("cylinder_state", prior.default(0).to_owned()),
        ("cylinder_state", check_at.default(0).to_owned()),
        ("cylinder_state", integer_null("residue_g")),
        ("fill_attempt", operator.default("").to_owned()),
        ("fill_attempt", overridden.default("").to_owned()),
        ("device", date_null("scale_until")),
        ("org", date_null("insured_until")),
    ]
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
    let mut key = Index::create();
    primary.into_iter().for_each(|c| {
        key.col(c);
    });
    t.primary_key(key.primary());
    t
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        // Which events count no more. The key holds the distribution column of the event it speaks of.
        table(
            "correction",
            [big_integer("event_no"), big_integer("device_id"), big_integer("by_no")],
            ["event_no", "device_id"],
        ),
        // Fillers and their certificates (作业人员证).
        table(
            "operator",
            [big_integer("org_id"), string("code"), date_null("cert_until"), text("media")],
            ["org_id", "code"],
        ),
        // What a regulator lets pass for a while.
        table(
            "gate_override",
            [
                big_integer("id"),
                string("reason"),
                string("scope"),
                big_integer("scope_id"),
                string("why"),
                string("by"),
                big_integer("valid_from"),
                big_integer("valid_until"),
            ],
            ["id"],
        ),
        // From which ledger number on a version of the rules was in force.
        table("rule_use", [big_integer("from_no"), big_integer("version")], ["from_no"]),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        for t in tables() {
            m.create_table(t).await?;
        }
        let mut index = Index::create();
        m.create_index(index.name("gate_override_until").table("gate_override").col("valid_until").to_owned()).await?;
        // The row that the writer locks must be there before the first writer comes.
        let mut row = Query::insert();
        row.into_table("sequence").columns(["name", "last"]).values_panic(["ledger".into(), 0_i64.into()]);
        row.on_conflict(OnConflict::column("name").do_nothing().to_owned());
        m.execute(row).await?;
        // Flags that were not kept so far: another gas at the last fill (2048), a file that is not registered yet (64).
        for sql in [
            "UPDATE cylinder_state SET flags = flags + 2048 WHERE fill_no IN \
             (SELECT no FROM cylinder_event WHERE anomalies LIKE '%WRONG_MEDIUM%')",
            "UPDATE cylinder_state SET flags = flags + 64 WHERE file IN (1, 2)",
        ] {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables().into_iter().rev() {
            if let Some(name) = t.get_table_name() {
                m.drop_table(Table::drop().table(name.clone()).to_owned()).await?;
            }
        }
        for (table, column) in columns().into_iter().rev() {
            m.alter_table(Table::alter().table(table).drop_column(column.get_column_name()).to_owned()).await?;
        }
        m.get_connection().execute_unprepared("UPDATE cylinder_state SET flags = flags % 32").await.map(|_| ())
    }
}
