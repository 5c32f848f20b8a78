//! Rows of files that wait for a person, and what the person did.

use crate::Error;
use crate::names;
use domain::import::{AsideLine, Mend};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*};
use std::collections::HashMap;

/// A row of `import_quarantine`.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_quarantine")]
pub struct Model {
    /// Run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: i64,
    /// Line of the file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    /// The cells, JSON; after an attempt to mend them as they were entered.
    pub raw: String,
    /// Why, Chinese.
    pub reason_zh: String,
    /// Why, English.
    pub reason_en: String,
    /// What may mend it.
    pub suggestion: String,
    /// [`Mend`]
    pub mend: i16,
    /// Who dealt with it; 0 for nobody.
    pub account_id: i64,
    /// When, ms.
    pub mended_at: Option<i64>,
    /// Why it was left out.
    pub note: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its cells.
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        serde_json::from_str(&self.raw).unwrap_or_default()
    }
}

/// Enters rows.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(2_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// A row that nobody dealt with.
///
/// # Errors
/// When the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, run: i64, line: i32) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((run, line)).filter(Column::Mend.eq(Mend::Open as i16)).one(db).await
}

/// Writes what was done about a row. False when somebody else dealt with it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, row: &Model) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(Column::RunId.eq(row.run_id))
        .filter(Column::Line.eq(row.line))
        .filter(Column::Mend.eq(Mend::Open as i16))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// Rows of a run after a line, in the order of their lines.
///
/// # Errors
/// When the database fails.
pub async fn page<C: ConnectionTrait>(
    db: &C,
    run: i64,
    mend: Option<Mend>,
    after: i32,
    limit: u64,
) -> Result<Vec<AsideLine>, Error> {
    let rows = Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(Column::Line.gt(after))
        .apply_if(mend, |q, m| q.filter(Column::Mend.eq(m as i16)))
        .order_by_asc(Column::Line)
        .limit(limit)
        .all(db)
        .await?;
    let people = names::accounts(db, rows.iter().map(|r| r.account_id)).await?;
    Ok(rows
        .into_iter()
        .map(|r| AsideLine {
            line: r.line,
            cells: r.cells(),
            reason_zh: r.reason_zh,
            reason_en: r.reason_en,
            suggestion: r.suggestion,
            mend: Mend::from_number(r.mend),
            by: people.get(&r.account_id).cloned().unwrap_or_default(),
            at: r.mended_at,
            note: r.note,
        })
        .collect())
}

/// How many rows of these runs nobody dealt with.
///
/// # Errors
/// When the database fails.
pub async fn open<C: ConnectionTrait>(db: &C, runs: Vec<i64>) -> Result<HashMap<i64, u64>, DbErr> {
    let counts: Vec<(i64, i64)> = Entity::find()
        .select_only()
        .column(Column::RunId)
        .column_as(Column::Line.count(), "n")
        .filter(Column::RunId.is_in(runs))
        .filter(Column::Mend.eq(Mend::Open as i16))
        .group_by(Column::RunId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(counts.into_iter().map(|(run, n)| (run, n.unsigned_abs())).collect())
}
