//! What somebody has entered and not sent yet, and the files of answers to documents.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, string, text},
    sea_query::Table,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut draft = Table::create();
        draft.table("form_draft");
        for c in [
            big_integer("id"),
            big_integer("account_id"),
            // Which form, and the number of what it is about; 0 for a form about nothing yet.
            string("form"),
            big_integer("about"),
            text("entered"),
            big_integer("changed_at"),
        ] {
            draft.col(c);
        }
        draft.primary_key(Index::create().col("id").primary());
        let mut file = Table::create();
        file.table("paper_answer_file");
        for c in [
            big_integer("answer_id"),
            integer("place"),
            big_integer("paper_id"),
            string("party"),
            string("token"),
            text("name"),
            big_integer("bytes"),
            string("sha256"),
        ] {
            file.col(c);
        }
        file.primary_key(Index::create().col("answer_id").col("place").primary());
        for t in [draft, file] {
            m.create_table(t).await?;
        }
        for (name, on, cols) in [
            ("form_draft_own", "form_draft", &["account_id", "form", "changed_at"][..]),
            ("paper_answer_file_of", "paper_answer_file", &["paper_id", "party"]),
        ] {
            let mut i = Index::create();
            i.name(name).table(on);
            for c in cols {
                i.col(*c);
            }
            m.create_index(i).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for t in ["form_draft", "paper_answer_file"] {
            m.drop_table(Table::drop().table(t).to_owned()).await?;
        }
        let numbers = "DELETE FROM sequence WHERE name IN ('form_draft', 'paper_answer')";
        m.get_connection().execute_unprepared(numbers).await.map(|_| ())
    }
}
