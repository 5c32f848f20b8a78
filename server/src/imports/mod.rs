//! Imports from the office: files that somebody uploaded are read, tried and taken into the record, one at a time, while
//! others fill. How far a run is stands in the record, so that one which a restart broke off goes on: what it took is known
//! by its keys.

mod mend;
mod take;
mod upload;

pub use take::{Chunk, Place, asides, context, list, place, planned, settle};
pub use upload::routes;

use crate::{
    clock::Clock,
    import::{ImportError, Report, Table, preset, read_table},
    ingest::{Ingest, IngestError, Refused},
    rules::Rules,
};
use data::{
    Db,
    audit::{self, Actor},
    import::{next_run, run, taken},
    org,
};
use domain::{
    import::{Guess, Head, PREVIEW, PresetColumn, PresetLine, Preview, Stage},
    scope::{Scope, Viewer},
};
use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

/// Records in one transaction: the guns' wait in between.
const CHUNK: usize = 500;
/// How long a file waits to be imported, ms.
const KEPT: i64 = 24 * 3_600_000;
/// Runs of an account that are not ended.
const OPEN_MAX: u64 = 5;
/// Rows in quarantine that the report of a dry run names.
const TRIED_MAX: usize = 200;
/// How often a writer that is busy is asked again, and after how long.
const AGAIN: (u32, Duration) = (100, Duration::from_millis(100));

/// Why an import did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportsError {
    /// The record.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The file on the disk.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The table.
    #[error(transparent)]
    Table(#[from] ImportError),
    /// The writer.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Something that is kept.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The account has enough runs under way.
    #[error("{OPEN_MAX} imports are not ended: import or cancel one")]
    TooMany,
    /// Anything else.
    #[error("{0}")]
    Broken(String),
}

impl From<sea_orm::DbErr> for ImportsError {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Data(e.into())
    }
}

/// The imports of a server. Cheap to clone.
#[derive(Clone)]
pub struct Imports {
    db: Db,
    ingest: Ingest,
    rules: Rules,
    dir: Arc<PathBuf>,
    clock: Clock,
    wake: Arc<Notify>,
    turn: Arc<Mutex<()>>,
}

/// A file that was uploaded.
struct Uploaded {
    path: PathBuf,
    name: String,
    bytes: i64,
    hash: String,
}

/// What each preset would make of a table's columns.
fn guesses(header: &[String]) -> Vec<Guess> {
    let of = |p: &preset::Preset| {
        let (columns, fits) = p.guess(header);
        Guess { preset: p.id.to_owned(), columns, fits }
    };
    preset::PRESETS.iter().map(of).collect()
}

/// Removes a file, if it is there.
fn gone(path: &Path) {
    if let Err(e) = fs::remove_file(path)
        && e.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), error = %e, "a file of an import is left");
    }
}

impl Imports {
    /// Files stand in `dir`, which is made if it is not there; uploads that a stop broke off are removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(db: Db, ingest: Ingest, rules: Rules, dir: PathBuf, clock: Clock) -> io::Result<Self> {
        // Somebody's lists stand in it, with personal data.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        for file in fs::read_dir(&dir)?.flatten() {
            if file.file_name().to_string_lossy().starts_with(upload::PART) {
                gone(&file.path());
            }
        }
        Ok(Self { db, ingest, rules, dir: Arc::new(dir), clock, wake: Arc::default(), turn: Arc::default() })
    }

    fn path(&self, run: i64) -> PathBuf {
        self.dir.join(run.to_string())
    }

    /// Lets the work begin.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What can be imported.
    #[must_use]
    pub fn presets() -> Vec<PresetLine> {
        let column = |c: &preset::Column| PresetColumn {
            name: c.names.first().map_or("", |n| *n).to_owned(),
            required: c.required,
        };
        let line = |p: &preset::Preset| PresetLine {
            id: p.id.to_owned(),
            zh: p.zh.to_owned(),
            en: p.en.to_owned(),
            columns: p.columns.iter().map(column).collect(),
        };
        // The history of one cylinder is of a cylinder that the command line names.
        preset::PRESETS.iter().filter(|p| p.kind != preset::Kind::History).map(line).collect()
    }

    /// Enters a file that lies on the disk already, and tells the run's id: for measurements. The file is moved.
    ///
    /// # Errors
    /// When the record or the disk fails.
    pub async fn begin_file(
        &self,
        path: PathBuf,
        name: &str,
        bytes: i64,
        viewer: Viewer,
        actor: &Actor,
    ) -> Result<i64, ImportsError> {
        self.begin(Uploaded { path, name: name.to_owned(), bytes, hash: String::new() }, viewer, actor).await
    }

    /// Enters an upload and tells the run's id.
    async fn begin(&self, file: Uploaded, viewer: Viewer, actor: &Actor) -> Result<i64, ImportsError> {
        if run::open(self.db.read(), actor.account).await? >= OPEN_MAX {
            return Err(ImportsError::TooMany);
        }
        let now = self.clock.now();
        let txn = self.db.begin_write().await?;
        let id = next_run(&txn).await?;
        let model = run::Model {
            id,
            file: file.name.clone(),
            file_hash: file.hash.clone(),
            at: now,
            org_id: if let Scope::Org(org) = viewer.scope { org } else { 0 },
            account_id: actor.account,
            scope: viewer.scope.to_string(),
            stage: Stage::Reading.code().into(),
            bytes: file.bytes,
            head: "{}".into(),
            chosen: "[]".into(),
            ..run::Model::default()
        };
        run::insert(&txn, model).await?;
        let detail = serde_json::json!({ "file": file.name, "bytes": file.bytes, "sha256": file.hash });
        audit::append(&txn, actor, now, "import.upload", &format!("import {id}"), &detail).await?;
        fs::rename(&file.path, self.path(id))?;
        txn.commit().await?;
        self.wake();
        Ok(id)
    }

    /// Works on runs, one at a time, until the server stops.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(e) => tracing::error!(error = %e, "imports"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(Duration::from_mins(1)) => {}
            }
        }
    }

    /// Works on the next run as far as it goes by itself. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step(&self, stop: &CancellationToken) -> Result<bool, data::Error> {
        let now = self.clock.now();
        run::expire(self.db.writer(), now - KEPT, now).await?;
        self.sweep().await?;
        let Some(run) = run::next(self.db.read()).await? else { return Ok(false) };
        let (id, from) = (run.id, run.stage());
        let worked = match from {
            Stage::Reading => self.look(run.clone()).await,
            Stage::Checking => self.check(run.clone()).await,
            _ => self.import(run.clone(), stop).await,
        };
        match worked {
            Ok(()) => {}
            Err(e) => {
                tracing::warn!(run = id, error = %e, "an import did not go on");
                // What a database says is not for whoever asked.
                let failure = match &e {
                    ImportsError::Table(why) => why.problem.to_string(),
                    ImportsError::File(_) => {
                        "文件已不在服务器上，请重新上传 (the file is gone: upload it again)".into()
                    }
                    _ => "服务器未能完成，请稍后重试 (the server could not do it: try again later)".into(),
                };
                let back = from == Stage::Checking && matches!(e, ImportsError::Table(_));
                let stage = if back { Stage::Ready } else { Stage::Failed };
                let preview = if back { run.preview.clone() } else { String::new() };
                let ended_at = (!back).then_some(now);
                let run = run::Model { stage: stage.code().into(), failure, preview, ended_at, ..run };
                let open = [Stage::Reading, Stage::Checking, Stage::Queued, Stage::Running];
                run::put(self.db.writer(), &run, &open).await?;
            }
        }
        self.sweep().await?;
        Ok(!stop.is_cancelled())
    }

    /// Removes the files of runs that have ended, however they did: imported, cancelled, failed.
    async fn sweep(&self) -> Result<(), data::Error> {
        let Ok(files) = fs::read_dir(&*self.dir) else { return Ok(()) };
        let ids: Vec<i64> = files.flatten().filter_map(|f| f.file_name().to_str()?.parse().ok()).collect();
        for id in ids {
            if run::by_id(self.db.read(), id).await?.is_some_and(|run| run.stage().has_ended()) {
                gone(&self.path(id));
            }
        }
        Ok(())
    }

    /// The table of a run. At most one is in memory at a time, since one run is worked on at a time.
    async fn table(&self, run: &run::Model) -> Result<Table, ImportsError> {
        let (path, name) = (self.path(run.id), run.file.clone());
        let read = move || -> Result<Table, ImportsError> { Ok(read_table(&fs::read(path)?, &name)?) };
        tokio::task::spawn_blocking(read).await.map_err(|e| ImportsError::Broken(e.to_string()))?
    }

    /// Reads the file and notes what it looks like.
    async fn look(&self, run: run::Model) -> Result<(), ImportsError> {
        let table = self.table(&run).await?;
        let head = Head { columns: table.header.clone(), is_1904: table.is_1904 };
        let preview = Preview {
            encoding: table.encoding.to_owned(),
            sheet: table.sheet.clone(),
            rows: table.rows.iter().take(PREVIEW).map(|r| (r.line, r.cells.clone())).collect(),
            notes: table.notes.clone(),
            guesses: guesses(&table.header),
        };
        let run = run::Model {
            stage: Stage::Ready.code().into(),
            head: serde_json::to_string(&head)?,
            preview: serde_json::to_string(&preview)?,
            total: i64::try_from(table.rows.len()).unwrap_or(i64::MAX),
            ..run
        };
        run::put(self.db.writer(), &run, &[Stage::Reading]).await?;
        Ok(())
    }

    fn preset(run: &run::Model) -> Result<&'static preset::Preset, ImportsError> {
        preset::find(&run.preset).ok_or_else(|| ImportsError::Broken(format!("run {}: preset {}", run.id, run.preset)))
    }

    /// Tells what an import would come to, and changes nothing.
    async fn check(&self, run: run::Model) -> Result<(), ImportsError> {
        let preset = Self::preset(&run)?;
        let mut table = self.table(&run).await?;
        preset.rename(&mut table, &run.chosen());
        let place = Place { org: run.org_id, ..Place::default() };
        let (ctx, reference) = context(&self.db, &self.rules.now(), place, self.clock.now()).await?;
        let plan = planned(preset, table, ctx, reference).await?;
        let (plan, mut report) = settle(&self.db, run.org_id, plan).await?;
        report.aside.truncate(TRIED_MAX);
        let run = run::Model {
            stage: Stage::Checked.code().into(),
            report: serde_json::to_string(&report)?,
            total: i64::try_from(plan.planned.len() + plan.listed.len()).unwrap_or(i64::MAX),
            failure: String::new(),
            ..run
        };
        run::put(self.db.writer(), &run, &[Stage::Checking]).await?;
        Ok(())
    }

    /// Takes the table into the record.
    async fn import(&self, run: run::Model, stop: &CancellationToken) -> Result<(), ImportsError> {
        let preset = Self::preset(&run)?;
        let owner = org::name(self.db.read(), run.org_id).await?;
        let owner = owner.ok_or_else(|| ImportsError::Broken(format!("run {}: organisation", run.id)))?;
        let mut run = run::Model { stage: Stage::Running.code().into(), ..run };
        if !run::put(self.db.writer(), &run, &[Stage::Queued, Stage::Running]).await? {
            return Ok(());
        }
        let now = self.clock.now();
        let mut table = self.table(&run).await?;
        preset.rename(&mut table, &run.chosen());
        let txn = self.db.begin_write().await?;
        let place = place(&txn, preset, (run.org_id, &owner), now).await?;
        txn.commit().await?;
        let (ctx, reference) = context(&self.db, &self.rules.now(), place, now).await?;
        let plan = planned(preset, table, ctx, reference).await?;
        let (plan, mut report) = settle(&self.db, run.org_id, plan).await?;
        // What this run took before a restart is known by now, and is its own all the same.
        let before = u32::try_from(taken(self.db.read(), run.id).await?).unwrap_or(u32::MAX);
        (report.new, report.unchanged) = (report.new + before, report.unchanged.saturating_sub(before));
        run.done = before.into();
        run.total = run.done + i64::try_from(plan.planned.len() + plan.listed.len()).unwrap_or_default();
        if !run::put(self.db.writer(), &run, &[Stage::Running]).await? {
            return Ok(());
        }
        let mut rest = plan.planned.into_iter().peekable();
        while rest.peek().is_some() {
            let planned = rest.by_ref().take(CHUNK).collect();
            let chunk = Arc::new(Chunk { run: run.id, device: place.device, planned });
            let refused = self.commit(&chunk).await?;
            chunk.tell(&refused, &mut report);
            run.done += i64::try_from(chunk.planned.len() - refused.len()).unwrap_or_default();
            if !run::progress(self.db.writer(), run.id, run.done).await? || stop.is_cancelled() {
                return Ok(());
            }
        }
        let mut rest = plan.listed.into_iter().peekable();
        while rest.peek().is_some() {
            let chunk: Vec<_> = rest.by_ref().take(CHUNK).collect();
            run.done += i64::try_from(chunk.len()).unwrap_or_default();
            list(&self.db, run.id, chunk).await?;
            if !run::progress(self.db.writer(), run.id, run.done).await? || stop.is_cancelled() {
                return Ok(());
            }
        }
        self.end(run, &report).await
    }

    /// A chunk through the writer. One that is busy is asked again: an import has time.
    async fn commit(&self, chunk: &Arc<Chunk>) -> Result<Refused, ImportsError> {
        for _ in 0..AGAIN.0 {
            match self.ingest.take(Arc::clone(chunk)).await {
                Err(IngestError::Busy) => tokio::time::sleep(AGAIN.1).await,
                other => return Ok(other?),
            }
        }
        Err(IngestError::Busy.into())
    }

    async fn end(&self, run: run::Model, report: &Report) -> Result<(), ImportsError> {
        let run = run::Model {
            stage: Stage::Done.code().into(),
            ended_at: Some(self.clock.now()),
            total: run.done,
            report: serde_json::to_string(&report.short())?,
            preview: String::new(),
            failure: String::new(),
            ..run
        };
        let txn = self.db.begin_write().await?;
        // One that was cancelled at the last moment keeps nothing in quarantine: it is said to have been cancelled.
        if run::put(&txn, &run, &[Stage::Running]).await? {
            data::import::aside::insert(&txn, asides(run.id, report)).await?;
            txn.commit().await?;
            tracing::info!(run = run.id, new = report.new, quarantined = report.quarantined, "imported");
        }
        Ok(())
    }
}

impl app::Imports for Imports {
    fn presets(&self) -> Vec<PresetLine> {
        Self::presets()
    }

    fn wake(&self) {
        Self::wake(self);
    }

    fn mend(&self, run: i64, line: i32, cells: Vec<String>, by: Actor) -> app::Mending {
        let own = self.clone();
        Box::pin(async move {
            own.mend(run, line, cells, &by).await.map_err(|why| {
                tracing::error!(error = %why, run, line, "mending a row");
                app::error::AppError::Unavailable
            })
        })
    }
}
