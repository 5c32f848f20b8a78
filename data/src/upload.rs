//! Sendings of exports to the supervision platform: one an export at most, so that none is sent twice at once. What became of earlier
//! ones stands in the audit log.

use domain::upload::{UploadLine, UploadState, UploadWhy};
use sea_orm::{
    IntoActiveModel, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{OnConflict, SelectStatement},
};
use std::collections::HashMap;

/// A row of `upload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    /// The export.
    #[sea_orm(primary_key, auto_increment = false)]
    pub export_id: i64,
    /// Account that asked for it.
    pub by_id: i64,
    /// Name of the platform then.
    pub platform: String,
    /// Its address then.
    pub address: String,
    /// Its key id then.
    pub key_id: String,
    /// [`UploadState`].
    pub state: String,
    /// When it was asked for, ms.
    pub asked_at: i64,
    /// Tries so far.
    pub tries: i32,
    /// When the next try is due, ms.
    pub next_at: i64,
    /// When it ended, ms.
    pub ended_at: Option<i64>,
    /// Bytes that the present try has sent.
    pub sent: i64,
    /// SHA-256 of the file, hex; empty before the first try.
    pub sha256: String,
    /// Why the last try came to nothing, [`UploadWhy`]; empty where none did.
    pub why: String,
    /// HTTP status of the last answer; 0 without one.
    pub status: i32,
    /// The platform's own words: its receipt, or its reason.
    pub words: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As it is shown.
    #[must_use]
    pub fn line(&self) -> UploadLine {
        let state = UploadState::from_code(&self.state).unwrap_or(UploadState::Failed);
        UploadLine {
            state,
            platform: self.platform.clone(),
            asked_at: self.asked_at,
            tries: self.tries,
            next_at: (state == UploadState::Queued && self.tries > 0).then_some(self.next_at),
            ended_at: self.ended_at,
            sent: self.sent,
            why: UploadWhy::from_code(&self.why),
            status: self.status,
            words: self.words.clone(),
        }
    }
}

const OPEN: [&str; 2] = [UploadState::Queued.code(), UploadState::Sending.code()];

/// Enters a sending, or begins one anew that was refused or failed. False where it is under way or was accepted: nothing is changed
/// then.
///
/// # Errors
/// When the database fails.
pub async fn begin<C: ConnectionTrait>(txn: &C, row: Model) -> Result<bool, DbErr> {
    let over = UploadState::ALL.iter().filter(|s| s.is_over()).map(|s| s.code());
    let again = Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(Column::ExportId.eq(row.export_id))
        .filter(Column::State.is_in(over))
        .exec(txn)
        .await?;
    if again.rows_affected > 0 {
        return Ok(true);
    }
    // Of two that are entered at once the second changes nothing.
    let mut insert = Entity::insert(row.into_active_model().reset_all()).into_query();
    insert.on_conflict(OnConflict::column(Column::ExportId).do_nothing().to_owned());
    Ok(txn.execute(&insert).await?.rows_affected() > 0)
}

/// The sendings of exports, by their ids.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, exports: &[i64]) -> Result<HashMap<i64, Model>, DbErr> {
    let rows = Entity::find().filter(Column::ExportId.is_in(exports.iter().copied())).all(db).await?;
    Ok(rows.into_iter().map(|m| (m.export_id, m)).collect())
}

/// The sending to work on: one that was broken off by a restart, else the one that is due longest.
///
/// # Errors
/// When the database fails.
pub async fn next<C: ConnectionTrait>(db: &C, now: i64) -> Result<Option<Model>, DbErr> {
    let broken = Entity::find().filter(Column::State.eq(UploadState::Sending.code()));
    if let Some(row) = broken.order_by_asc(Column::ExportId).one(db).await? {
        return Ok(Some(row));
    }
    let due = Entity::find().filter(Column::State.eq(UploadState::Queued.code())).filter(Column::NextAt.lte(now));
    due.order_by_asc(Column::NextAt).order_by_asc(Column::ExportId).one(db).await
}

/// When the next try is due, ms.
///
/// # Errors
/// When the database fails.
pub async fn due<C: ConnectionTrait>(db: &C) -> Result<Option<i64>, DbErr> {
    let waiting = Entity::find().filter(Column::State.eq(UploadState::Queued.code()));
    Ok(waiting.order_by_asc(Column::NextAt).one(db).await?.map(|m| m.next_at))
}

/// Writes how a sending stands.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, row: &Model) -> Result<(), DbErr> {
    let of = Column::ExportId.eq(row.export_id);
    Entity::update_many().set(row.clone().into_active_model().reset_all()).filter(of).exec(db).await.map(|_| ())
}

/// Writes how many bytes the present try has sent.
///
/// # Errors
/// When the database fails.
pub async fn progress<C: ConnectionTrait>(db: &C, export: i64, sent: i64) -> Result<(), DbErr> {
    let q = Entity::update_many().col_expr(Column::Sent, Expr::value(sent)).filter(Column::ExportId.eq(export));
    q.exec(db).await.map(|_| ())
}

/// Ids of the exports whose files are still needed.
pub(crate) fn needed() -> SelectStatement {
    Entity::find().select_only().column(Column::ExportId).filter(Column::State.is_in(OPEN)).into_query()
}
