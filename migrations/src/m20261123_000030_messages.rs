//! Messages from one to many, how people are reached, documents with receipt.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, date_null, integer, small_integer, string, string_null, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 10] = [
    "message",
    "message_recipient",
    "message_delivery",
    "message_template",
    "recipient_list",
    "recipient_list_member",
    "contact",
    "paper",
    "paper_file",
    "paper_party",
];

fn table<const C: usize, const N: usize>(
    name: &'static str,
    cols: [ColumnDef; C],
    primary: [&'static str; N],
) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name);
    for c in cols {
        t.col(c);
    }
    let mut k = Index::create();
    for c in primary {
        k.col(c);
    }
    t.primary_key(k.primary());
    t
}

fn messages() -> Vec<TableCreateStatement> {
    vec![
        table(
            "message",
            [
                big_integer("id"),
                // What a message of the system's own is about: it is written once. Empty for those of people.
                string_null("key"),
                string("kind"),
                text("title"),
                text("body"),
                string("channels"),
                text("audience"),
                boolean("urgent"),
                string("scope"),
                big_integer("account_id"),
                string("state"),
                big_integer("send_at"),
                big_integer("made_at"),
                // Up to which account its recipients were entered.
                big_integer("reached"),
                integer("round"),
                big_integer_null("ended_at"),
            ],
            ["id"],
        ),
        table(
            "message_recipient",
            [
                big_integer("message_id"),
                big_integer("account_id"),
                text("fields"),
                big_integer("put_at"),
                big_integer_null("delivered_at"),
                big_integer_null("read_at"),
            ],
            ["message_id", "account_id"],
        ),
        table(
            "message_delivery",
            [
                big_integer("id"),
                big_integer("message_id"),
                big_integer("account_id"),
                string("channel"),
                integer("round"),
                string("state"),
                integer("tries"),
                big_integer("next_at"),
                string("lease"),
                big_integer_null("ended_at"),
                string("why"),
            ],
            ["id"],
        ),
        table(
            "message_template",
            [
                big_integer("id"),
                string("scope"),
                string("name"),
                text("title"),
                text("body"),
                big_integer("account_id"),
                big_integer("changed_at"),
            ],
            ["id"],
        ),
        table(
            "recipient_list",
            [big_integer("id"), string("scope"), string("name"), big_integer("account_id"), big_integer("changed_at")],
            ["id"],
        ),
        table("recipient_list_member", [big_integer("list_id"), big_integer("account_id")], ["list_id", "account_id"]),
        table(
            "contact",
            [
                big_integer("account_id"),
                text("phone"),
                text("mail"),
                small_integer("quiet_from"),
                small_integer("quiet_to"),
                boolean("digest"),
                big_integer("changed_at"),
            ],
            ["account_id"],
        ),
    ]
}

fn papers() -> Vec<TableCreateStatement> {
    vec![
        table(
            "paper",
            [
                big_integer("id"),
                string("number"),
                text("title"),
                text("issuer"),
                text("body"),
                string("scope"),
                big_integer("account_id"),
                string("state"),
                boolean("answer"),
                date_null("deadline"),
                big_integer("issued_at"),
                big_integer_null("ended_at"),
                text("note"),
            ],
            ["id"],
        ),
        table(
            "paper_file",
            [
                big_integer("paper_id"),
                integer("place"),
                string("token"),
                text("name"),
                big_integer("bytes"),
                string("sha256"),
            ],
            ["paper_id", "place"],
        ),
        table(
            "paper_party",
            [
                big_integer("paper_id"),
                string("party"),
                // The district that the party lies in: its regulator sees how it stands.
                integer("division"),
                text("name"),
                big_integer_null("opened_at"),
                big_integer("opened_by"),
                big_integer_null("signed_at"),
                big_integer("signed_by"),
                big_integer_null("answered_at"),
                big_integer("answered_by"),
                text("answer"),
                big_integer_null("reminded_at"),
                big_integer_null("escalated_at"),
            ],
            ["paper_id", "party"],
        ),
    ]
}

fn index(name: &'static str, table: &'static str, cols: &[&'static str], unique: bool) -> IndexCreateStatement {
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

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in messages().into_iter().chain(papers()) {
            m.create_table(t).await?;
        }
        for i in [
            index("message_key", "message", &["key"], true),
            // What is to be sent next is looked for all the time.
            index("message_due", "message", &["state", "send_at"], false),
            index("message_made", "message", &["made_at", "id"], false),
            // Nobody gets the same thing twice.
            index("message_delivery_once", "message_delivery", &["message_id", "account_id", "channel", "round"], true),
            index("message_delivery_due", "message_delivery", &["state", "next_at", "id"], false),
            // An inbox is read by its owner, the latest first.
            index("message_recipient_inbox", "message_recipient", &["account_id", "put_at", "message_id"], false),
            index("recipient_list_name", "recipient_list", &["scope", "name"], true),
            index("message_template_name", "message_template", &["scope", "name"], true),
            index("paper_number", "paper", &["scope", "number"], true),
            index("paper_issued", "paper", &["issued_at", "id"], false),
            index("paper_party_party", "paper_party", &["party", "paper_id"], false),
        ] {
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in TABLES {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        let numbers = "DELETE FROM sequence WHERE name IN \
            ('message', 'message_delivery', 'message_template', 'recipient_list', 'paper')";
        m.get_connection().execute_unprepared(numbers).await.map(|_| ())
    }
}
