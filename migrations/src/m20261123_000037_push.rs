//! Browsers that are told of messages.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut browser = Table::create();
        browser.table("push_subscription");
        for c in [
            big_integer("id"),
            big_integer("account_id"),
            // Where he last was with it: that session's end is the end of it.
            big_integer("session_id"),
            // SHA-256 of its address, hex: by it a browser is known again.
            string("endpoint_hash"),
            // Address and keys.
            text("sealed"),
            // SHA-256 of the public key that it was turned on for, hex: to another its service does not listen.
            string("key_hash"),
            string("agent"),
            big_integer("created_at"),
            big_integer_null("last_used_at"),
            big_integer_null("gone_at"),
        ] {
            browser.col(c);
        }
        browser.primary_key(Index::create().col("id").primary());
        m.create_table(browser).await?;
        // A browser is one person's: what is for him is shown to nobody who uses it after him.
        m.create_index(
            Index::create()
                .name("push_subscription_once")
                .table("push_subscription")
                .col("endpoint_hash")
                .unique()
                .to_owned(),
        )
        .await?;
        m.create_index(
            Index::create()
                .name("push_subscription_account")
                .table("push_subscription")
                .col("account_id")
                .col("id")
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("push_subscription").to_owned()).await?;
        let db = m.get_connection();
        // An older server knows no such channel.
        for undo in [
            "DELETE FROM message_delivery WHERE channel = 'push'",
            "UPDATE message SET channels = REPLACE(channels, ',push', '')",
            "DELETE FROM setting WHERE name IN ('push_services', 'push_key')",
            "DELETE FROM sequence WHERE name IN ('push_subscription', 'push_key')",
        ] {
            db.execute_unprepared(undo).await?;
        }
        Ok(())
    }
}
