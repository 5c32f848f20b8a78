//! Imports: runs, what was taken from where, and what is in quarantine.

use crate::sequence;
use sea_orm::{Set, entity::prelude::*};
use std::collections::HashMap;

/// A row of `import_row`: the identity of an imported line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_row")]
pub struct Model {
    /// Stable identity of what the line says.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of its content, hex.
    pub hash: String,
    /// Run that took it.
    pub run_id: i64,
    /// Ledger number it became.
    pub no: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Runs.
pub mod run {
    use sea_orm::entity::prelude::*;

    /// A row of `import_run`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_run")]
    pub struct Model {
        /// Id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Preset.
        pub preset: String,
        /// Name of the file.
        pub file: String,
        /// SHA-256 of the file, hex.
        pub file_hash: String,
        /// When, ms.
        pub at: i64,
        /// Report, JSON.
        pub report: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Lines in quarantine.
pub mod aside {
    use sea_orm::entity::prelude::*;

    /// A row of `import_quarantine`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_quarantine")]
    pub struct Model {
        /// Run.
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: i64,
        /// Line of the file.
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i32,
        /// The cells, JSON.
        pub raw: String,
        /// Why, Chinese.
        pub reason_zh: String,
        /// Why, English.
        pub reason_en: String,
        /// What may mend it.
        pub suggestion: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Content hashes of the keys that are known.
///
/// # Errors
/// When the database fails.
pub async fn known<C: ConnectionTrait>(db: &C, keys: &[String]) -> Result<HashMap<String, String>, DbErr> {
    let mut out = HashMap::new();
    for chunk in keys.chunks(5_000) {
        out.extend(Entity::find().filter(Column::Key.is_in(chunk)).all(db).await?.into_iter().map(|m| (m.key, m.hash)));
    }
    Ok(out)
}

/// Enters lines that were taken.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(5_000) {
        Entity::insert_many(chunk.iter().map(|m| ActiveModel {
            key: Set(m.key.clone()),
            hash: Set(m.hash.clone()),
            run_id: Set(m.run_id),
            no: Set(m.no),
        }))
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}

/// Enters a run and its quarantined lines, and tells its id. `lines` are (line, raw JSON, reason zh, reason en, suggestion).
///
/// # Errors
/// When the database fails.
pub async fn put_run<C: ConnectionTrait>(
    db: &C,
    id: i64,
    (preset, file, file_hash, at, report): (&str, &str, &str, i64, String),
    lines: Vec<aside::Model>,
) -> Result<(), DbErr> {
    run::Entity::insert(run::ActiveModel {
        id: Set(id),
        preset: Set(preset.to_owned()),
        file: Set(file.to_owned()),
        file_hash: Set(file_hash.to_owned()),
        at: Set(at),
        report: Set(report),
    })
    .exec_without_returning(db)
    .await?;
    for chunk in lines.chunks(4_000) {
        aside::Entity::insert_many(chunk.iter().map(|m| aside::ActiveModel {
            run_id: Set(m.run_id),
            line: Set(m.line),
            raw: Set(m.raw.clone()),
            reason_zh: Set(m.reason_zh.clone()),
            reason_en: Set(m.reason_en.clone()),
            suggestion: Set(m.suggestion.clone()),
        }))
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}

/// Id of a new run.
///
/// # Errors
/// When the database fails.
pub async fn next_run<C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    sequence::next(db, "import_run").await
}
