//! What analyses and exports need: since when a customer has a cylinder, with the counters of deliveries and their returns for what
//! is on record already; the cylinders without a valid tag at hand; and the jobs of exports.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Whether an event counts: no correction names it.
const STANDS: &str = "NOT EXISTS (SELECT 1 FROM correction x WHERE x.event_no = e.no)";

/// Kinds of events that move a cylinder from where it is: 2 received, 3 filled, 5 shipped, 6 arrived, 7 delivered, 8 collected, 11 and 12
/// checked, 14 and 15 sent to and back from inspection, 16 repaired.
const MOVES: &str = "e.kind IN (2, 3, 5, 6, 7, 8, 11, 12, 14, 15, 16)";

/// Since when the customer has it: 8 with a customer, also as the place that one on hold or lost came from.
fn delivered() -> String {
    format!(
        "UPDATE cylinder_state SET delivered_at = COALESCE((SELECT e.occurred_at FROM cylinder_event e \
         WHERE e.cylinder_id = cylinder_state.cylinder_id AND e.kind = 7 AND {STANDS} ORDER BY e.no DESC LIMIT 1), 0) WHERE custody = 8 OR prior = 8"
    )
}

/// Counters of the metrics 18 and 19 as the writer keeps them from here on: each delivery by its local day, and those that another
/// move than a delivery followed.
fn counters() -> [String; 2] {
    let all = format!(
        "SELECT e.kind, e.occurred_at, e.cylinder_id, LEAD(e.kind) OVER (PARTITION BY e.cylinder_id ORDER BY e.no) AS follows \
         FROM cylinder_event e WHERE e.cylinder_id IS NOT NULL AND {MOVES} AND {STANDS}"
    );
    let of = |metric: i16, which: &str| {
        format!(
            "INSERT INTO counter (metric, key, day, minute, site_id, value) \
             SELECT {metric}, CAST(CASE WHEN COALESCE(c.volume_ml, 0) BETWEEN 0 AND 3276799 THEN COALESCE(c.volume_ml, 0) / 100 ELSE 0 END AS smallint), \
             CAST((d.occurred_at + 28800000) / 86400000 AS integer), -1, s.home, COUNT(*) \
             FROM ({all}) d JOIN cylinder c ON c.id = d.cylinder_id JOIN cylinder_state s ON s.cylinder_id = d.cylinder_id \
             WHERE d.kind = 7 {which} GROUP BY 2, 3, 5"
        )
    };
    [of(18, ""), of(19, "AND d.follows <> 7")]
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table("export_job")
        .col(ColumnDef::new("id").big_integer().not_null().primary_key())
        .col(string("owner"))
        .col(string("what"))
        .col(string("format"))
        .col(string("lang"))
        .col(string("scope"))
        .col(text("filter"))
        .col(integer("as_of"))
        .col(big_integer("upto"))
        .col(string("state"))
        .col(big_integer("created_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("done"))
        .col(big_integer("total"))
        .col(string("after"))
        .col(big_integer("bytes"))
        .col(text("mark"))
        .col(string("etag"))
        .col(string("failure"))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut at = big_integer("delivered_at");
        m.alter_table(Table::alter().table("cylinder_state").add_column(at.default(0)).to_owned()).await?;
        m.get_connection().execute_unprepared(&delivered()).await?;
        for sql in counters() {
            m.get_connection().execute_unprepared(&sql).await?;
        }
        m.create_table(jobs()).await?;
        m.create_index(Index::create().name("export_job_owner").table("export_job").col("owner").col("id").to_owned())
            .await?;
        // Nearly every tag is valid: the others are found without a look at those.
        m.get_connection()
            .execute_unprepared("CREATE INDEX tag_not_bound ON tag (cylinder_id) WHERE state <> 1")
            .await
            .map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("tag_not_bound").table("tag").to_owned()).await?;
        m.drop_table(Table::drop().table("export_job").to_owned()).await?;
        m.get_connection().execute_unprepared("DELETE FROM counter WHERE metric IN (18, 19)").await?;
        m.alter_table(Table::alter().table("cylinder_state").drop_column("delivered_at").to_owned()).await
    }
}
