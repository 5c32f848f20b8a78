//! Quiet hours that nobody chose follow the rules: -1 in both columns says that nothing was said. Until now whoever entered a number had the hours
//! written down that were usual then, from ten to eight, whether or not he ever saw the form of the hours. Rows with those hours are taken for
//! unsaid; whoever chose them there is left undisturbed as before, as long as the rules say the same.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let sql = "UPDATE contact SET quiet_from = -1, quiet_to = -1 WHERE quiet_from = 1320 AND quiet_to = 480";
        m.get_connection().execute_unprepared(sql).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let sql = "UPDATE contact SET quiet_from = 1320, quiet_to = 480 WHERE quiet_from < 0";
        m.get_connection().execute_unprepared(sql).await.map(|_| ())
    }
}
