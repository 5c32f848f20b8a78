//! Accounts, roles, sessions, throttling, pairing by code, the audit log; who took note of an alert may be an account.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, integer, small_integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 8] =
    ["account", "account_role", "password_history", "recovery_code", "session", "throttle", "pairing_code", "audit"];

fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut k = Index::create();
    for c in columns {
        k.col(*c);
    }
    k.primary().to_owned()
}

fn id(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().primary_key().to_owned()
}

fn people() -> [TableCreateStatement; 4] {
    [
        Table::create()
            .table("account")
            .col(id("id"))
            .col(string("login"))
            .col(string("name"))
            .col(string("scope"))
            .col(string("password"))
            .col(big_integer("password_at"))
            .col(boolean("must_change"))
            .col(string("totp_nonce"))
            .col(big_integer_null("totp_since"))
            .col(big_integer("totp_step"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_login_at"))
            .col(big_integer_null("disabled_at"))
            .to_owned(),
        Table::create()
            .table("account_role")
            .col(big_integer("account_id"))
            .col(string("role"))
            .primary_key(&mut key(&["account_id", "role"]))
            .to_owned(),
        Table::create()
            .table("password_history")
            .col(big_integer("account_id"))
            .col(big_integer("at"))
            .col(string("password"))
            .primary_key(&mut key(&["account_id", "at"]))
            .to_owned(),
        Table::create()
            .table("recovery_code")
            .col(big_integer("account_id"))
            .col(string("hash"))
            .primary_key(&mut key(&["account_id", "hash"]))
            .to_owned(),
    ]
}

fn visits() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("session")
            .col(id("id"))
            .col(string("secret_hash"))
            .col(big_integer("account_id"))
            .col(small_integer("stage"))
            .col(big_integer("created_at"))
            .col(big_integer("seen_at"))
            .col(string("address"))
            .col(string("agent"))
            .to_owned(),
        Table::create()
            .table("throttle")
            .col(ColumnDef::new("subject").string().not_null().primary_key())
            .col(integer("failures"))
            .col(big_integer("last_at"))
            .col(big_integer("until"))
            .to_owned(),
        Table::create()
            .table("pairing_code")
            .col(ColumnDef::new("code_hash").string().not_null().primary_key())
            .col(string("secret_hash"))
            .col(string("agent"))
            .col(big_integer("expires_at"))
            .col(string("name"))
            .col(big_integer_null("confirmed_by"))
            .to_owned(),
    ]
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(id("no"))
        .col(big_integer("at"))
        .col(big_integer("account_id"))
        .col(big_integer("session_id"))
        .col(string("address"))
        .col(string("action"))
        .col(string("subject"))
        .col(text("detail"))
        .col(string("prev"))
        .col(string("hash"))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in people().into_iter().chain(visits()).chain([audit()]) {
            m.create_table(t).await?;
        }
        for index in [
            Index::create().name("account_login").table("account").col("login").unique().to_owned(),
            // Each request finds its session by this.
            Index::create().name("session_secret").table("session").col("secret_hash").unique().to_owned(),
            Index::create().name("session_account").table("session").col("account_id").to_owned(),
            Index::create().name("pairing_code_secret").table("pairing_code").col("secret_hash").unique().to_owned(),
            // The log is read by who did it and by what was done, newest first.
            Index::create().name("audit_account").table("audit").col("account_id").col("no").to_owned(),
            Index::create().name("audit_action").table("audit").col("action").col("no").to_owned(),
        ] {
            m.create_index(index).await?;
        }
        // The row that a writer locks, so that the chain has one order.
        m.get_connection().execute_unprepared("INSERT INTO sequence (name, last) VALUES ('audit', 0)").await?;
        let by = ColumnDef::new("account_id").big_integer().null().to_owned();
        m.alter_table(Table::alter().table("alert_ack").add_column(by).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("alert_ack").drop_column("account_id").to_owned()).await?;
        m.get_connection()
            .execute_unprepared("DELETE FROM sequence WHERE name IN ('audit', 'account', 'session')")
            .await?;
        for t in TABLES {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        Ok(())
    }
}
