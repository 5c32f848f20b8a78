//! Runs: each file that is imported, how far it is, its report.

use crate::{Error, names, org, scope};
use domain::{
    import::{Head, Report, RunLine, Stage},
    scope::{Scope, Viewer},
};
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `import_run`.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_run")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Preset, empty until it is chosen.
    pub preset: String,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub file_hash: String,
    /// Begun, ms.
    pub at: i64,
    /// Report, JSON; empty until there is one.
    pub report: String,
    /// Whose records they become; 0 until it is chosen.
    pub org_id: i64,
    /// Who imports; 0 for the command line.
    pub account_id: i64,
    /// [`domain::scope::Scope`] in which it was begun: who sees no more than another part of the record does not see the run.
    pub scope: String,
    /// [`Stage`] code.
    pub stage: String,
    /// Bytes of the file.
    pub bytes: i64,
    /// Records taken.
    pub done: i64,
    /// Records to be taken.
    pub total: i64,
    /// Ended, ms.
    pub ended_at: Option<i64>,
    /// [`Head`], JSON.
    pub head: String,
    /// The columns that were chosen, in the order of the preset's, JSON.
    pub chosen: String,
    /// [`domain::import::Preview`], JSON; empty once it is imported: it may hold personal data.
    pub preview: String,
    /// Why it broke off, or why the dry run did.
    pub failure: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        Stage::from_code(&self.stage).unwrap_or(Stage::Failed)
    }

    /// What stands above its rows.
    #[must_use]
    pub fn head(&self) -> Head {
        serde_json::from_str(&self.head).unwrap_or_default()
    }

    /// The columns that were chosen.
    #[must_use]
    pub fn chosen(&self) -> Vec<Option<u32>> {
        serde_json::from_str(&self.chosen).unwrap_or_default()
    }
}

/// Enters a run, or writes what has become of it.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, run: Model) -> Result<(), DbErr> {
    Entity::insert(run.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes what has become of a run that stands at one of these stages. False when it does not by now: nothing is written then.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, run: &Model, from: &[Stage]) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .set(run.clone().into_active_model().reset_all())
        .filter(Column::Id.eq(run.id))
        .filter(Column::Stage.is_in(from.iter().map(|s| s.code())))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// Writes how many records a run has taken. False when it was cancelled meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn progress<C: ConnectionTrait>(db: &C, id: i64, done: i64) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::Done, Expr::value(done))
        .filter(Column::Id.eq(id))
        .filter(Column::Stage.eq(Stage::Running.code()))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}

/// The run to work on: the oldest that waits.
///
/// # Errors
/// When the database fails.
pub async fn next<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, DbErr> {
    let open = Stage::ALL.iter().filter(|s| s.is_under_way()).map(|s| s.code());
    Entity::find().filter(Column::Stage.is_in(open)).order_by_asc(Column::Id).one(db).await
}

/// How many runs of an account are not ended.
///
/// # Errors
/// When the database fails.
pub async fn open<C: ConnectionTrait>(db: &C, account: i64) -> Result<u64, DbErr> {
    let ended = Stage::ALL.iter().filter(|s| s.has_ended()).map(|s| s.code());
    Entity::find().filter(Column::AccountId.eq(account)).filter(Column::Stage.is_not_in(ended)).count(db).await
}

/// Runs begun before an instant whose file is kept no longer: they end.
///
/// # Errors
/// When the database fails.
pub async fn expire<C: ConnectionTrait>(db: &C, before: i64, now: i64) -> Result<Vec<i64>, DbErr> {
    let waiting = [Stage::Ready, Stage::Checked].map(Stage::code);
    let old: Vec<Model> =
        Entity::find().filter(Column::Stage.is_in(waiting)).filter(Column::At.lt(before)).all(db).await?;
    let mut gone = vec![];
    for run in old {
        let from = [run.stage()];
        let run = Model {
            stage: Stage::Cancelled.code().into(),
            preview: String::new(),
            ended_at: Some(now),
            failure: "上传后一天内未导入，文件已删除 (not imported within a day: the file was removed)".into(),
            ..run
        };
        if put(db, &run, &from).await? {
            gone.push(run.id);
        }
    }
    Ok(gone)
}

/// Runs that were begun in the viewer's scope; the city sees all. Whose records they become does not matter: what a regulator
/// uploads is not the enterprise's.
fn within(viewer: Viewer) -> Condition {
    match viewer.scope {
        Scope::City => Condition::all(),
        own => Condition::all().add(Column::Scope.eq(own.to_string())),
    }
}

/// A run within the viewer's scope.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, viewer: Viewer, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(within(viewer)).one(db).await
}

/// The newest runs within the viewer's scope, before a run (all where it is 0).
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, viewer: Viewer, before: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(within(viewer))
        .filter(Column::Id.lt(if before > 0 { before } else { i64::MAX }))
        .order_by_desc(Column::Id)
        .limit(limit.min(scope::PAGE_MAX))
        .all(db)
        .await
}

/// Runs as lists and pages show them.
///
/// # Errors
/// When the database fails.
pub async fn lines<C: ConnectionTrait>(db: &C, runs: &[Model]) -> Result<Vec<RunLine>, Error> {
    let orgs: Vec<i64> = runs.iter().map(|r| r.org_id).collect();
    let orgs = names::orgs(db, orgs).await?;
    let people = names::accounts(db, runs.iter().map(|r| r.account_id)).await?;
    let open = super::aside::open(db, runs.iter().map(|r| r.id).collect()).await?;
    let line = |r: &Model| {
        let report: Option<Report> = serde_json::from_str(&r.report).ok();
        RunLine {
            id: r.id,
            file: r.file.clone(),
            preset: r.preset.clone(),
            org: orgs.get(&r.org_id).cloned().unwrap_or_default(),
            by: people.get(&r.account_id).cloned().unwrap_or_default(),
            at: r.at,
            ended_at: r.ended_at,
            stage: r.stage(),
            done: r.done,
            total: r.total,
            open: open.get(&r.id).copied().unwrap_or_default(),
            report,
        }
    };
    Ok(runs.iter().map(line).collect())
}

/// Organisations within the viewer's scope whose records an import can bring: id and name, by name.
///
/// # Errors
/// When the database fails.
pub async fn orgs<C: ConnectionTrait>(db: &C, viewer: Viewer) -> Result<Vec<(i64, String)>, DbErr> {
    org::Entity::find()
        .select_only()
        .columns([org::Column::Id, org::Column::Name])
        .filter(scope::within(viewer, org::Column::Id))
        .filter(org::Column::Kind.ne("regulator"))
        .order_by_asc(org::Column::Name)
        .into_tuple()
        .all(db)
        .await
}

/// A run, whoever's it is: for the server's own work.
///
/// # Errors
/// When the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Cancels a run. False when it has ended.
///
/// # Errors
/// When the database fails.
pub async fn cancel<C: ConnectionTrait>(db: &C, id: i64, now: i64) -> Result<bool, DbErr> {
    let ended = Stage::ALL.iter().filter(|s| s.has_ended()).map(|s| s.code());
    let r = Entity::update_many()
        .col_expr(Column::Stage, Expr::value(Stage::Cancelled.code()))
        .col_expr(Column::Preview, Expr::value(""))
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Stage.is_not_in(ended))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}
