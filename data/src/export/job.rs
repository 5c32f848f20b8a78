//! The jobs of exports: who asked for what, how far it is, and where it goes on.

use crate::{sequence, upload};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*, sea_query::ExprTrait};

/// Not begun.
pub const QUEUED: &str = "queued";
/// Under way; after a restart it goes on.
pub const RUNNING: &str = "running";
/// The file is there.
pub const DONE: &str = "done";
/// It broke off; [`Model::failure`] says why.
pub const FAILED: &str = "failed";
/// Its owner wanted it no more.
pub const CANCELLED: &str = "cancelled";
/// The file was there for as long as files are kept.
pub const EXPIRED: &str = "expired";

/// A row of `export_job`.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "export_job")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Who asked for it, such as `display:3`. Nobody else gets the file.
    pub owner: String,
    /// [`super::Rows::name`].
    pub what: String,
    /// `csv` or `xlsx`.
    pub format: String,
    /// `zh` or `en`.
    pub lang: String,
    /// What its owner may see, [`domain::scope::Scope`].
    pub scope: String,
    /// What is asked for, JSON; empty for everything.
    pub filter: String,
    /// The day as of which it is judged, days since 1970-01-01.
    pub as_of: i32,
    /// The number of [`super::Rows::numbers`] behind which nothing is exported.
    pub upto: i64,
    /// [`QUEUED`], [`RUNNING`], [`DONE`], [`FAILED`], [`CANCELLED`] or [`EXPIRED`].
    pub state: String,
    /// When it was asked for, ms.
    pub created_at: i64,
    /// When it ended, ms.
    pub ended_at: Option<i64>,
    /// Rows written.
    pub done: i64,
    /// Rows there will be.
    pub total: i64,
    /// Key of the last row written.
    pub after: String,
    /// Bytes written.
    pub bytes: i64,
    /// What the format's writer must know to go on, JSON.
    pub mark: String,
    /// Entity tag of the file, once it is there.
    pub etag: String,
    /// Why it broke off.
    pub failure: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether nothing more will become of it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !matches!(self.state.as_str(), QUEUED | RUNNING)
    }
}

/// Enters a job and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, job: Model) -> Result<i64, DbErr> {
    let id = sequence::next(db, "export_job").await?;
    Entity::insert(Model { id, ..job }.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(id)
}

/// A job of this owner.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, owner: &str, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::Owner.eq(owner)).one(db).await
}

/// The newest jobs of an owner.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, owner: &str, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Owner.eq(owner)).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// How many jobs of an owner are not ended.
///
/// # Errors
/// When the database fails.
pub async fn open<C: ConnectionTrait>(db: &C, owner: &str) -> Result<u64, DbErr> {
    Entity::find().filter(Column::Owner.eq(owner)).filter(Column::State.is_in([QUEUED, RUNNING])).count(db).await
}

/// The job to work on: one that was broken off by a restart, else the oldest that waits.
///
/// # Errors
/// When the database fails.
pub async fn next<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, DbErr> {
    for state in [RUNNING, QUEUED] {
        let job = Entity::find().filter(Column::State.eq(state)).order_by_asc(Column::Id).one(db).await?;
        if job.is_some() {
            return Ok(job);
        }
    }
    Ok(None)
}

/// Writes how far a job is. False when it was cancelled meanwhile: nothing is written then.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, job: &Model) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .set(job.clone().into_active_model().reset_all())
        .filter(Column::Id.eq(job.id))
        .filter(Column::State.is_in([QUEUED, RUNNING]))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// Cancels an owner's job. False when there is none that has not ended.
///
/// # Errors
/// When the database fails.
pub async fn cancel<C: ConnectionTrait>(db: &C, owner: &str, id: i64, now: i64) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::State, Expr::value(CANCELLED))
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Owner.eq(owner))
        .filter(Column::State.is_in([QUEUED, RUNNING]))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// Notes that the files of jobs that ended before an instant are kept no longer; their ids. What is on its way to the platform is kept
/// until it has arrived or was given up.
///
/// # Errors
/// When the database fails.
pub async fn expire<C: ConnectionTrait>(db: &C, before: i64) -> Result<Vec<i64>, DbErr> {
    let old =
        || Column::State.eq(DONE).and(Column::EndedAt.lt(before)).and(Column::Id.not_in_subquery(upload::needed()));
    let ids: Vec<i64> = Entity::find().select_only().column(Column::Id).filter(old()).into_tuple().all(db).await?;
    if !ids.is_empty() {
        Entity::update_many().col_expr(Column::State, Expr::value(EXPIRED)).filter(old()).exec(db).await?;
    }
    Ok(ids)
}
