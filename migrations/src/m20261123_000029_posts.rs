//! Publicity: posts with their versions, texts that were kept aside, who is writing, the terms by which posts are found, and how often they
//! were opened.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, date_null, integer, integer_null, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn table(name: &'static str, columns: Vec<ColumnDef>, key: &[&'static str]) -> TableCreateStatement {
    let mut t = Table::create();
    t.table(name);
    for c in columns {
        t.col(c);
    }
    let mut primary = Index::create();
    primary.primary();
    for k in key {
        primary.col(*k);
    }
    t.primary_key(&mut primary);
    t
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        // What the newest version says stands here for the office's list, what the public one says for the public's.
        table(
            "post",
            vec![
                big_integer("id"),
                string("slug"),
                integer("division"),
                big_integer("author_id"),
                big_integer("created_at"),
                big_integer("changed_at"),
                integer("newest"),
                string("stage"),
                text("title"),
                string("category"),
                big_integer("org_id"),
                big_integer_null("due_at"),
                integer_null("public_no"),
                big_integer_null("public_at"),
                big_integer_null("public_key"),
                string("public_category"),
                date_null("valid_from"),
                date_null("valid_to"),
                boolean("pinned"),
                boolean("on_wall"),
            ],
            &["id"],
        ),
        table(
            "post_version",
            vec![
                big_integer("post_id"),
                integer("no"),
                string("stage"),
                big_integer("revision"),
                big_integer("author_id"),
                big_integer("begun_at"),
                big_integer("saver_id"),
                big_integer("saved_at"),
                // The window that saved last, how far it had come, and from which revision on all are its own.
                string("tab"),
                big_integer("typed"),
                big_integer("tab_since"),
                big_integer_null("submitter_id"),
                big_integer_null("submitted_at"),
                big_integer_null("decider_id"),
                big_integer_null("decided_at"),
                text("reason"),
                big_integer_null("published_at"),
                big_integer_null("ended_at"),
                text("title"),
                text("tokens"),
                text("content"),
            ],
            &["post_id", "no"],
        ),
        // Whoever wrote in a version: none of them reviews it.
        table(
            "post_editor",
            vec![big_integer("post_id"), integer("no"), big_integer("account_id")],
            &["post_id", "no", "account_id"],
        ),
        table(
            "post_copy",
            vec![
                big_integer("id"),
                big_integer("post_id"),
                integer("no"),
                string("why"),
                string("tab"),
                big_integer("base"),
                big_integer("typed"),
                big_integer("account_id"),
                big_integer("at"),
                big_integer("other_id"),
                big_integer("other_at"),
                big_integer_null("settled_at"),
                big_integer_null("settled_by"),
                text("title"),
                text("content"),
            ],
            &["id"],
        ),
        table(
            "post_present",
            vec![
                big_integer("post_id"),
                big_integer("account_id"),
                string("tab"),
                big_integer("since"),
                big_integer("seen"),
            ],
            &["post_id", "account_id", "tab"],
        ),
        table("post_term", vec![string("term"), big_integer("post_id"), integer("weight")], &["term", "post_id"]),
        table("post_file", vec![string("token"), big_integer("post_id")], &["token", "post_id"]),
        table("post_read", vec![big_integer("post_id"), integer("day"), big_integer("n")], &["post_id", "day"]),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut i = Index::create();
        i.name(name).table(table);
        for c in columns {
            i.col(*c);
        }
        i
    };
    vec![
        index("post_slug", "post", &["slug"]).unique().to_owned(),
        index("post_public", "post", &["public_key", "id"]),
        index("post_due", "post", &["due_at"]),
        index("post_changed", "post", &["changed_at", "id"]),
        index("post_copy_of", "post_copy", &["post_id", "no"]),
        // What a post is found by and names is written anew with each version of it.
        index("post_term_of", "post_term", &["post_id"]),
        index("post_file_of", "post_file", &["post_id"]),
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
