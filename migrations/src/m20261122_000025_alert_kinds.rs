//! Open alerts, and those that nobody took note of, are counted by kind and site instead of by site: the inbox is read from the counters.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Kinds, each at the place that is its number.
const KINDS: [&str; 31] = [
    "FILLED_THOUGH_BLOCKED",
    "ILLEGAL_TAG_FILL",
    "FILL_NOT_ASKED",
    "WRONG_MEDIUM",
    "OVERFILL",
    "UNDERFILL",
    "SHORT_WEIGHT",
    "ILLEGAL_TAG_ATTEMPT",
    "CLONE",
    "OMISSION",
    "DISORDER",
    "EPOCH_RAISED",
    "FILLED_UNCHECKED",
    "SHIPPED_OVERDUE",
    "SHIPPED_UNCHECKED",
    "SHIPPED_UNLICENSED",
    "SEALED_MOVED",
    "RECALLED_MOVED",
    "STAMP_DIFFERS",
    "CHAIN_GAP",
    "REPEATED_WEIGHT",
    "IMPOSSIBLE_PACE",
    "OVERFILLING_GUN",
    "UNDERFILLING_GUN",
    "ZOMBIE_TAG",
    "SCALE_DRIFT",
    "NET_MISMATCH",
    "TARE_DRIFT",
    "GAS_CHANGED",
    "DEVICE_CLOCK",
    "FABRICATED_WEIGHT",
];
/// Those that nobody has to take note of.
const INFO: &str = "'UNDERFILL', 'EPOCH_RAISED'";

/// Counts anew. 14: open alerts; 17: those that nobody took note of.
fn counted(key: &str) -> [String; 3] {
    let insert = "INSERT INTO counter (metric, day, \"key\", minute, site_id, value)";
    [
        "DELETE FROM counter WHERE metric IN (14, 17)".into(),
        format!(
            "{insert} SELECT 14, 0, {key}, -1, site_id, COUNT(*) FROM alert WHERE state = 'open' GROUP BY 3, site_id"
        ),
        format!(
            "{insert} SELECT 17, 0, {key}, -1, site_id, COUNT(*) FROM alert WHERE state = 'open' AND kind NOT IN ({INFO}) AND NOT EXISTS \
             (SELECT 1 FROM alert_ack WHERE alert_ack.alert_no = alert.no AND alert_ack.device_id = alert.device_id) GROUP BY 3, site_id"
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let numbers: Vec<String> = KINDS.iter().enumerate().map(|(i, k)| format!("WHEN '{k}' THEN {i}")).collect();
        for sql in counted(&format!("CASE kind {} ELSE -1 END", numbers.join(" "))) {
            m.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for sql in counted("CASE WHEN site_id > 0 THEN 0 ELSE 0 END") {
            m.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
