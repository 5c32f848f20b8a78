//! Indexes that the lists read by: each ends in the id, so that a page is a stretch of the index however many rows are equal.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Name, table, columns; and why each is there. Those of `cylinder` cost a fill nothing: a fill changes no file.
const INDEXES: [(&str, &str, &[&str]); 7] = [
    // The archive's own order.
    ("cylinder_by_tag", "cylinder", &["tag", "id"]),
    // The same of one owner: what an enterprise sees, and the filter that is asked for most.
    ("cylinder_by_org", "cylinder", &["org_id", "tag", "id"]),
    // 出厂编号: looked up, and sorted by.
    ("cylinder_by_serial", "cylinder", &["serial_no", "id"]),
    // 钢印号: looked up, and sorted by. It takes the place of the base's, which had no id.
    ("cylinder_by_stamp", "cylinder", &["stamp_no", "id"]),
    // 出厂日期: sorted by, and the bands of age.
    ("cylinder_by_made", "cylinder", &["made", "id"]),
    // 下次检测 and 报废日期: overdue, due soon and past life are stretches of these.
    ("state_by_due", "cylinder_state", &["due", "cylinder_id"]),
    ("state_by_life_end", "cylinder_state", &["life_end", "cylinder_id"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(name).table(table);
            columns.iter().for_each(|c| {
                index.col(*c);
            });
            m.create_index(index).await?;
        }
        m.drop_index(Index::drop().name("cylinder_stamp").table("cylinder").to_owned()).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_index(Index::create().name("cylinder_stamp").table("cylinder").col("stamp_no").to_owned()).await?;
        for (name, table, _) in INDEXES {
            m.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
