//! The base: register, ledger, counters, alerts, rules, displays.
//!
//! Instants are `bigint` milliseconds UTC. Ids are made by the application or the single writer. The distribution column
//! of the ledger is `device_id`: every unique key of its tables holds it, and no foreign key leaves them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, date_null, double_null, integer, integer_null, small_integer, string,
        string_null, text, text_null,
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

fn index<const N: usize>(
    name: &'static str,
    table: &'static str,
    unique: bool,
    cols: [&'static str; N],
) -> IndexCreateStatement {
    let mut i = Index::create();
    i.name(name).table(table);
    cols.into_iter().for_each(|c| {
        i.col(c);
    });
    if unique {
        i.unique();
    }
    i
}

/// A table whose single id SQLite keeps as its rowid.
fn by_id<const C: usize>(name: &'static str, cols: [ColumnDef; C]) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name).col(ColumnDef::new("id").big_integer().not_null().primary_key());
    for c in cols {
        t.col(c);
    }
    t
}

fn register() -> Vec<TableCreateStatement> {
    vec![
        table(
            "division",
            [
                integer("code"),
                string("name"),
                integer("parent"),
                small_integer("level"),
                date_null("valid_from"),
                date_null("valid_to"),
            ],
            ["code"],
        ),
        by_id(
            "org",
            [
                string("name"),
                string("kind"),
                string("uscc"),
                integer("division"),
                string("phone"),
                string("licence_no"),
                date_null("licence_until"),
                text("licence_media"),
                boolean("demo"),
            ],
        ),
        by_id(
            "site",
            [
                big_integer("org_id"),
                string("name"),
                string("kind"),
                integer("division"),
                double_null("lng"),
                double_null("lat"),
                boolean("demo"),
            ],
        ),
        by_id(
            "device",
            [
                big_integer("site_id"),
                string("kind"),
                string("label"),
                string("medium"),
                big_integer("created_at"),
                big_integer_null("revoked_at"),
                big_integer_null("clock_offset_ms"),
                big_integer_null("last_seen_at"),
            ],
        ),
        table(
            "device_key",
            [
                string("key_id"),
                big_integer("device_id"),
                string("alg"),
                big_integer("created_at"),
                big_integer_null("revoked_at"),
            ],
            ["key_id"],
        ),
        table(
            "cylinder_model",
            [
                string("code"),
                string("old_name"),
                string("family"),
                integer_null("volume_ml"),
                integer_null("max_fill_g"),
                integer_null("tare_g"),
                integer_null("wall_um"),
                string("use_zh"),
                boolean("confirmed"),
            ],
            ["code"],
        ),
        table("medium", [string("code"), string("zh"), string("en"), string("class")], ["code"]),
        table(
            "medium_code",
            [string("jurisdiction"), string("code"), string("medium"), date_null("valid_from"), date_null("valid_to")],
            ["jurisdiction", "code"],
        ),
        by_id(
            "cylinder",
            [
                big_integer("org_id"),
                big_integer("site_id"),
                string("tag"),
                string("stamp_no"),
                string("serial_no"),
                string("maker"),
                string("medium"),
                string("model"),
                string("family"),
                string("made"),
                string("inspected"),
                string("next_printed"),
                string("scrap_recorded"),
                boolean("assessed"),
                big_integer_null("tare_g"),
                big_integer_null("volume_ml"),
                big_integer_null("wall_um"),
                big_integer_null("max_fill_g"),
                string("valve"),
                integer("inspections"),
                text("doubts"),
                boolean("demo"),
            ],
        ),
        table(
            "cylinder_state",
            [
                big_integer("cylinder_id"),
                small_integer("file"),
                small_integer("custody"),
                big_integer("flags"),
                big_integer("home"),
                integer_null("due"),
                integer_null("life_end"),
                big_integer("last_at"),
                big_integer("last_no"),
                big_integer("last_site"),
                big_integer("read_site"),
                big_integer("read_at"),
                big_integer("read_no"),
                big_integer("fill_no"),
                big_integer("fill_at"),
                big_integer("net_g"),
            ],
            ["cylinder_id"],
        ),
        table("tag", [string("code"), small_integer("state"), big_integer_null("cylinder_id")], ["code"]),
        table(
            "entrustment",
            [big_integer("cylinder_id"), big_integer("org_id"), date_null("valid_from"), date_null("valid_to")],
            ["cylinder_id", "org_id"],
        ),
    ]
}

fn ledger() -> Vec<TableCreateStatement> {
    vec![
        // The writer takes its numbers here, inside the transaction: number order is commit order, also for several writers.
        table("sequence", [string("name"), big_integer("last")], ["name"]),
        table(
            "cylinder_event",
            [
                big_integer("no"),
                big_integer("device_id"),
                big_integer("epoch"),
                big_integer("seq"),
                small_integer("kind"),
                big_integer_null("cylinder_id"),
                string("tag"),
                big_integer("site_id"),
                big_integer("occurred_at"),
                big_integer("recorded_at"),
                big_integer_null("started_at"),
                big_integer_null("sent_at"),
                big_integer_null("gross_g"),
                big_integer_null("tare_g"),
                big_integer_null("net_g"),
                string("medium"),
                string("operator"),
                string("target"),
                string("attempt"),
                string("anomalies"),
                text_null("body"),
                small_integer("source"),
                string("hash"),
            ],
            ["no", "device_id"],
        ),
        table(
            "fill_attempt",
            [
                big_integer("no"),
                big_integer("device_id"),
                string("attempt"),
                big_integer("site_id"),
                string("tag"),
                big_integer_null("cylinder_id"),
                string("medium"),
                big_integer("at"),
                big_integer("recorded_at"),
                small_integer("decision"),
                text("reasons"),
                big_integer("rule_version"),
                string("facts_hash"),
                text("facts"),
                string("hash"),
            ],
            ["no", "device_id"],
        ),
        table(
            "alert",
            [
                big_integer("no"),
                big_integer("device_id"),
                string("kind"),
                big_integer("site_id"),
                string("tag"),
                big_integer_null("cylinder_id"),
                big_integer_null("cause_no"),
                big_integer_null("other_no"),
                big_integer("at"),
                text("detail"),
                string("state"),
                big_integer_null("closed_at"),
            ],
            ["no", "device_id"],
        ),
        table(
            "quarantine",
            [
                big_integer("device_id"),
                big_integer("epoch"),
                big_integer("seq"),
                string("hash"),
                string("code"),
                text("record"),
                big_integer("received_at"),
            ],
            ["device_id", "epoch", "seq", "hash"],
        ),
        table(
            "device_epoch",
            [big_integer("device_id"), big_integer("epoch"), big_integer("next_seq")],
            ["device_id", "epoch"],
        ),
        table(
            "seq_gap",
            [
                big_integer("device_id"),
                big_integer("epoch"),
                big_integer("first_seq"),
                big_integer("last_seq"),
                big_integer("opened_at"),
                big_integer_null("alerted_no"),
            ],
            ["device_id", "epoch", "first_seq"],
        ),
        table(
            "counter",
            [
                small_integer("metric"),
                small_integer("key"),
                integer("day"),
                small_integer("minute"),
                big_integer("site_id"),
                big_integer("value"),
            ],
            ["metric", "day", "key", "minute", "site_id"],
        ),
    ]
}

fn running() -> Vec<TableCreateStatement> {
    vec![
        table(
            "rule",
            [
                big_integer("version"),
                string("rule_id"),
                string("kind"),
                string_null("family"),
                string_null("model"),
                string_null("medium_class"),
                date_null("made_from"),
                date_null("made_before"),
                big_integer("value"),
                string("unit"),
                boolean("yields_to_print"),
                string("source"),
                string("clause"),
                date_null("effective_from"),
                date_null("effective_to"),
                boolean("confirmed"),
                string("jurisdiction"),
                boolean("enabled"),
                integer("position"),
            ],
            ["version", "rule_id"],
        ),
        by_id(
            "display",
            [
                string("name"),
                string("secret_hash"),
                big_integer("created_at"),
                big_integer_null("last_seen_at"),
                big_integer_null("revoked_at"),
            ],
        ),
        table(
            "pairing",
            [string("token_hash"), big_integer("created_at"), big_integer("expires_at"), big_integer_null("used_at")],
            ["token_hash"],
        ),
        table("import_row", [string("key"), string("hash"), big_integer("run_id"), big_integer_null("no")], ["key"]),
        by_id("import_run", [string("preset"), string("file"), string("file_hash"), big_integer("at"), text("report")]),
        table(
            "import_quarantine",
            [
                big_integer("run_id"),
                integer("line"),
                text("raw"),
                string("reason_zh"),
                string("reason_en"),
                string("suggestion"),
            ],
            ["run_id", "line"],
        ),
        table("setting", [string("name"), text("value")], ["name"]),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // The one key that makes a record unique (design §3.2).
        index("event_device_epoch_seq", "cylinder_event", true, ["device_id", "epoch", "seq"]),
        // The chain of one cylinder, the question asked most.
        index("event_cylinder", "cylinder_event", false, ["cylinder_id", "no"]),
        // The gun's own name of an attempt: retry and the fill that names it.
        index("attempt_device_name", "fill_attempt", true, ["device_id", "attempt"]),
        index("alert_state", "alert", false, ["state", "no"]),
        index("cylinder_stamp", "cylinder", false, ["stamp_no"]),
        index("tag_cylinder", "tag", false, ["cylinder_id"]),
        index("site_org", "site", false, ["org_id"]),
        index("device_key_device", "device_key", false, ["device_id"]),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in register().into_iter().chain(ledger()).chain(running()) {
            m.create_table(t).await?;
        }
        for i in indexes() {
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in register().into_iter().chain(ledger()).chain(running()).rev() {
            if let Some(name) = t.get_table_name() {
                m.drop_table(Table::drop().table(name.clone()).to_owned()).await?;
            }
        }
        Ok(())
    }
}
