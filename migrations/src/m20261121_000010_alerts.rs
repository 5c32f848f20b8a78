//! The handling of alerts: whose an alert is, how far up it went, every step that was taken.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, small_integer, small_integer_null, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("alert_step")
                .col(big_integer("no"))
                .col(big_integer("device_id"))
                .col(big_integer("alert_no"))
                .col(big_integer("site_id"))
                .col(small_integer("step"))
                .col(big_integer("at"))
                .col(big_integer("account_id"))
                .col(big_integer_null("to_account"))
                .col(small_integer_null("finding"))
                .col(text("reason"))
                .primary_key(Index::create().col("no").col("device_id").primary())
                .to_owned(),
        )
        .await?;
        let columns = [
            ColumnDef::new("assigned_to").big_integer().null().to_owned(),
            ColumnDef::new("level").small_integer().not_null().default(0).to_owned(),
        ];
        for c in columns {
            m.alter_table(Table::alter().table("alert").add_column(c).to_owned()).await?;
        }
        for index in [
            // The history of one alert.
            Index::create().name("alert_step_alert").table("alert_step").col("alert_no").col("no").to_owned(),
            // Whether somebody took note of some alerts.
            Index::create().name("alert_ack_alert").table("alert_ack").col("alert_no").to_owned(),
            // How right a rule was: closings of a time.
            Index::create().name("alert_step_at").table("alert_step").col("step").col("at").to_owned(),
            // The inbox groups by kind and site, and lists one group's, without a look at the rows of others.
            Index::create()
                .name("alert_inbox")
                .table("alert")
                .col("state")
                .col("kind")
                .col("site_id")
                .col("no")
                .to_owned(),
        ] {
            m.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("alert_ack_alert").table("alert_ack").to_owned()).await?;
        m.drop_index(Index::drop().name("alert_inbox").table("alert").to_owned()).await?;
        for c in ["assigned_to", "level"] {
            m.alter_table(Table::alter().table("alert").drop_column(c).to_owned()).await?;
        }
        m.drop_table(Table::drop().table("alert_step").to_owned()).await
    }
}
