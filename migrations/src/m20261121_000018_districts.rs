//! A district's cylinders as a stretch of an index; what stands at each place as counters, and when it was heard of last.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables that name the district a cylinder is at home in, with the column of its home.
const HOMES: [(&str, &str); 2] = [("cylinder", "site_id"), ("cylinder_state", "home")];

/// Name, table, columns.
const INDEXES: [(&str, &str, &[&str]); 5] = [
    ("cylinder_by_division", "cylinder", &["division", "tag", "id"]),
    ("state_by_division_due", "cylinder_state", &["division", "due", "cylinder_id"]),
    ("state_by_division_life_end", "cylinder_state", &["division", "life_end", "cylinder_id"]),
    // Of a year and a medium: counted without a look at the files.
    ("cylinder_by_made_medium", "cylinder", &["made", "id", "medium"]),
    // The records of one station, a stretch of each kind's.
    ("event_by_site", "cylinder_event", &["site_id", "kind", "no"]),
];

/// The counters of metric 20 as the writer keeps them from here on.
const MET: &str = "INSERT INTO counter (metric, key, day, minute, site_id, value) \
    SELECT 20, s.custody, 0, -1, CASE WHEN s.last_site > 0 THEN s.last_site ELSE s.home END, COUNT(*) FROM cylinder_state s GROUP BY 2, 5";

/// What the office entered (source 3) is not heard from the place.
const HEARD: &str = "INSERT INTO site_heard (site_id, at) \
    SELECT e.site_id, MAX(e.occurred_at) FROM cylinder_event e WHERE e.source <> 3 GROUP BY e.site_id";

fn by_made() -> IndexCreateStatement {
    Index::create().name("cylinder_by_made").table("cylinder").col("made").col("id").to_owned()
}

fn by_site() -> IndexCreateStatement {
    Index::create().name("cylinder_by_site").table("cylinder").col("site_id").col("tag").col("id").to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let db = m.get_connection();
        for (table, home) in HOMES {
            let mut division = integer("division");
            m.alter_table(Table::alter().table(table).add_column(division.default(0)).to_owned()).await?;
            db.execute_unprepared(&format!(
                "UPDATE {table} SET division = COALESCE((SELECT s.division FROM site s WHERE s.id = {table}.{home}), 0)"
            ))
            .await?;
        }
        // A district was the list of its sites before.
        m.drop_index(Index::drop().name("cylinder_by_site").table("cylinder").to_owned()).await?;
        m.drop_index(Index::drop().name("cylinder_by_made").table("cylinder").to_owned()).await?;
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(name).table(table);
            columns.iter().for_each(|c| {
                index.col(*c);
            });
            m.create_index(index).await?;
        }
        // What was told of tags that led nowhere; of the others the cylinder's own index tells.
        db.execute_unprepared("CREATE INDEX event_of_nobody ON cylinder_event (tag, no) WHERE cylinder_id IS NULL")
            .await?;
        db.execute_unprepared(MET).await?;
        let site = ColumnDef::new("site_id").big_integer().not_null().primary_key().to_owned();
        m.create_table(Table::create().table("site_heard").col(site).col(big_integer("at")).to_owned()).await?;
        db.execute_unprepared(HEARD).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("site_heard").to_owned()).await?;
        m.get_connection().execute_unprepared("DELETE FROM counter WHERE metric = 20").await?;
        m.drop_index(Index::drop().name("event_of_nobody").table("cylinder_event").to_owned()).await?;
        for (name, table, _) in INDEXES {
            m.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        m.create_index(by_site()).await?;
        m.create_index(by_made()).await?;
        for (table, _) in HOMES {
            m.alter_table(Table::alter().table(table).drop_column("division").to_owned()).await?;
        }
        Ok(())
    }
}
