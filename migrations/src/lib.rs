//! Schema migrations, the same for SQLite and PostgreSQL. Each is self-contained and never edited once landed;
//! changes go expand → contract.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager, prelude::async_trait};

mod m20261121_000001_base;
mod m20261121_000002_trade;
mod m20261121_000003_detect;
mod m20261121_000004_events;
mod m20261121_000005_wall;
mod m20261121_000006_rules;
mod m20261121_000007_access;
mod m20261121_000008_lists;
mod m20261121_000009_analysis;
mod m20261121_000010_alerts;
mod m20261121_000012_trace;
mod m20261121_000013_imports;
mod m20261121_000014_drafts;
mod m20261121_000015_stock;
mod m20261121_000016_checks;
mod m20261121_000017_sites;
mod m20261121_000018_districts;
mod m20261121_000019_upload;
mod m20261121_000021_sums;
mod m20261122_000022_faulty;
mod m20261122_000023_covering;
mod m20261122_000024_gone;
mod m20261122_000025_alert_kinds;
mod m20261123_000026_cases;
mod m20261123_000027_credit;
mod m20261123_000028_attachments;
mod m20261123_000029_posts;
mod m20261123_000030_messages;
mod m20261123_000031_calls;
mod m20261123_000032_tasks;
mod m20261123_000033_sources;
mod m20261123_000034_post_tags;
mod m20261123_000036_form_drafts;
mod m20261123_000037_push;
mod m20261123_000038_open;
mod m20261123_000039_quiet;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all: Vec<Box<dyn MigrationTrait>> = vec![
            Box::new(m20261121_000001_base::Migration),
            Box::new(m20261121_000002_trade::Migration),
            Box::new(m20261121_000003_detect::Migration),
            Box::new(m20261121_000004_events::Migration),
            Box::new(m20261121_000005_wall::Migration),
            Box::new(m20261121_000006_rules::Migration),
            Box::new(m20261121_000007_access::Migration),
            Box::new(m20261121_000008_lists::Migration),
            Box::new(m20261121_000009_analysis::Migration),
            Box::new(m20261121_000010_alerts::Migration),
            Box::new(m20261121_000012_trace::Migration),
            Box::new(m20261121_000013_imports::Migration),
            Box::new(m20261121_000014_drafts::Migration),
            Box::new(m20261121_000015_stock::Migration),
            Box::new(m20261121_000016_checks::Migration),
            Box::new(m20261121_000017_sites::Migration),
            Box::new(m20261121_000018_districts::Migration),
            Box::new(m20261121_000019_upload::Migration),
            Box::new(m20261121_000021_sums::Migration),
            Box::new(m20261122_000022_faulty::Migration),
            Box::new(m20261122_000023_covering::Migration),
            Box::new(m20261122_000024_gone::Migration),
            Box::new(m20261122_000025_alert_kinds::Migration),
            Box::new(m20261123_000026_cases::Migration),
            Box::new(m20261123_000027_credit::Migration),
            Box::new(m20261123_000028_attachments::Migration),
            Box::new(m20261123_000029_posts::Migration),
            Box::new(m20261123_000030_messages::Migration),
            Box::new(m20261123_000031_calls::Migration),
            Box::new(m20261123_000032_tasks::Migration),
            Box::new(m20261123_000033_sources::Migration),
            Box::new(m20261123_000034_post_tags::Migration),
            Box::new(m20261123_000036_form_drafts::Migration),
            Box::new(m20261123_000037_push::Migration),
            Box::new(m20261123_000038_open::Migration),
            Box::new(m20261123_000039_quiet::Migration),
        ];
        all.into_iter().map(|m| Box::new(Whole(m)) as Box<dyn MigrationTrait>).collect()
    }
}

/// A migration that happens whole or not at all, on SQLite too: a server that is killed in the middle of an upgrade finds the record as it
/// was, and begins again.
pub struct Whole(pub Box<dyn MigrationTrait>);

impl MigrationName for Whole {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Whole {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }
}
