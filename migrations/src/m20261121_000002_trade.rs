//! What enterprises list besides their cylinders: customers, orders, recovery slips, series of tags, and what their own
//! archive says of a cylinder beyond its file.
//!
//! Personal data (contact, phone, address) stands in columns of its own. `doubts` holds one doubt a line, in words without
//! personal data. `run_id` is the import that brought the row, 0 where none did.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, date_null, integer, integer_null, small_integer, small_integer_null, string,
        text,
    },
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn by_id<const C: usize>(name: &'static str, cols: [ColumnDef; C]) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name).col(ColumnDef::new("id").big_integer().not_null().primary_key());
    for c in cols {
        t.col(c);
    }
    t
}

fn tables() -> Vec<TableCreateStatement> {
    let mut line = Table::create();
    line.table("trade_order_line");
    for c in [
        big_integer("order_id"),
        small_integer("position"),
        string("medium"),
        string("medium_name"),
        big_integer_null("wanted"),
        big_integer_null("delivered"),
    ] {
        line.col(c);
    }
    line.primary_key(Index::create().col("order_id").col("position").primary());
    let mut listing = Table::create();
    listing.table("cylinder_listing").col(ColumnDef::new("tag").string().not_null().primary_key());
    for c in [
        big_integer("org_id"),
        string("equipment"),
        string("customer_name"),
        string("warehouse"),
        small_integer_null("custody"),
        big_integer("run_id"),
    ] {
        listing.col(c);
    }
    vec![
        by_id(
            "customer",
            [
                big_integer("org_id"),
                string("number"),
                string("name"),
                text("address"),
                integer_null("division"),
                string("region"),
                string("contact"),
                string("phone"),
                string("state"),
                string("kind"),
                text("doubts"),
                big_integer("run_id"),
            ],
        ),
        by_id(
            "trade_order",
            [
                big_integer("org_id"),
                string("number"),
                date_null("dated_on"),
                string("customer_name"),
                text("address"),
                string("contact"),
                string("phone"),
                big_integer_null("wanted"),
                big_integer_null("delivered"),
                string("state"),
                string("deliverer"),
                text("doubts"),
                big_integer("run_id"),
            ],
        ),
        line,
        by_id(
            "recovery_slip",
            [
                big_integer("org_id"),
                string("number"),
                date_null("dated_on"),
                big_integer_null("created_at"),
                string("customer_name"),
                string("phone"),
                big_integer_null("total"),
                string("state"),
                string("deliverer"),
                text("doubts"),
                big_integer("run_id"),
            ],
        ),
        by_id(
            "tag_series",
            [
                big_integer("org_id"),
                string("enterprise"),
                string("medium_code"),
                string("medium"),
                string("medium_name"),
                integer("first_serial"),
                integer_null("last_serial"),
                integer_null("quantity"),
                text("remark"),
                text("doubts"),
                big_integer("run_id"),
            ],
        ),
        listing,
    ]
}

fn index(name: &'static str, table: &'static str, unique: bool, cols: &[&'static str]) -> IndexCreateStatement {
    let mut i = Index::create();
    i.name(name).table(table);
    for c in cols {
        i.col(*c);
    }
    if unique {
        i.unique();
    }
    i
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // Numbers are an enterprise's own: a division or a day and a running number, nothing that names the enterprise.
        // Two enterprises give the same number to the first customer of a district and to the first order of a day.
        index("customer_number", "customer", true, &["org_id", "number"]),
        index("trade_order_number", "trade_order", true, &["org_id", "number"]),
        index("recovery_slip_number", "recovery_slip", true, &["org_id", "number"]),
        // A tag names its enterprise, so its series is unique everywhere.
        index("tag_series_first", "tag_series", true, &["enterprise", "medium_code", "first_serial"]),
        index("cylinder_listing_org", "cylinder_listing", false, &["org_id", "tag"]),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables() {
            m.create_table(t).await?;
        }
        for i in indexes() {
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in tables().into_iter().rev() {
            if let Some(name) = t.get_table_name() {
                m.drop_table(Table::drop().table(name.clone()).to_owned()).await?;
            }
        }
        Ok(())
    }
}
