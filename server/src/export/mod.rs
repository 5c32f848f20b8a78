//! Exports: jobs that write what a query answers into a file, page by page. How far a job is stands in the record after each page, so
//! that one which was broken off goes on there; what it wrote behind that is written again.

mod csv;
mod serve;
mod xlsx;
pub(crate) mod zip;

pub use data::export::{Refusal, Wanted};
pub use domain::export::{Format, owner_of};
pub use serve::routes;
pub(crate) use serve::{disposition, escaped, kind};

use crate::{clock::Clock, rules::Rules};
use data::{
    Db,
    export::{self, Ask, Cell, Page, Rows, job},
};
use domain::{clock, export::KEPT, scope::Viewer};
use sha2::{Digest, Sha256};
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Rows of a page.
const PAGE: u64 = 5_000;
/// Whether a text cannot be taken for a formula by a spreadsheet program.
fn harmless(text: &str) -> bool {
    !text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A number of thousandths, as a decimal without needless zeros.
struct Thousandths(i64);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        f.write_str(if self.0 < 0 { "-" } else { "" })?;
        match part {
            0 => write!(f, "{whole}"),
            p if p % 100 == 0 => write!(f, "{whole}.{}", p / 100),
            p if p % 10 == 0 => write!(f, "{whole}.{:02}", p / 10),
            p => write!(f, "{whole}.{p:03}"),
        }
    }
}

/// Why a job broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    TooLarge(#[from] zip::TooLarge),
    #[error("{0}")]
    Job(String),
}

impl From<sea_orm::DbErr> for Broken {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Data(e.into())
    }
}

/// How the work on a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worked {
    Done,
    Cancelled,
    /// The server stops; it goes on at the next start.
    Stopped,
}

/// The exports of a server. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    db: Db,
    rules: Rules,
    dir: Arc<PathBuf>,
    clock: Clock,
    wake: Arc<Notify>,
}

impl Exports {
    /// Files stand in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(db: Db, rules: Rules, dir: PathBuf, clock: Clock) -> io::Result<Self> {
        // What stands in it is for its owners only.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Self { db, rules, dir: Arc::new(dir), clock, wake: Arc::new(Notify::new()) })
    }

    /// Enters a job and tells its id. It is worked on by [`Exports::run`].
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin(&self, w: Wanted) -> Result<i64, Refusal> {
        let txn = self.db.begin_write().await?;
        let id = export::begin(&txn, w, self.clock.now()).await?;
        txn.commit().await?;
        self.wake();
        Ok(id)
    }

    /// Lets [`Exports::run`] look for jobs at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Where the file of a job stands.
    pub(crate) fn path(&self, id: i64, format: &str) -> PathBuf {
        self.dir.join(format!("{id}.{format}"))
    }

    /// Works on jobs, one at a time, until the server stops.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(e) => tracing::error!(error = %e, "exports"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(Duration::from_mins(1)) => {}
            }
        }
    }

    /// Works on the next job until it ends. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step(&self, stop: &CancellationToken) -> Result<bool, data::Error> {
        self.expire().await?;
        let Some(mut job) = job::next(self.db.read()).await? else { return Ok(false) };
        let path = self.path(job.id, &job.format);
        match self.work(&mut job, stop).await {
            Ok(Worked::Stopped) => return Ok(false),
            Ok(Worked::Done) => tracing::info!(job = job.id, rows = job.done, bytes = job.bytes, "exported"),
            Ok(Worked::Cancelled) => gone(&path),
            Err(e) => {
                tracing::error!(job = job.id, error = %e, "an export broke off");
                job.state = job::FAILED.into();
                // What a database says is not for whoever asked.
                job.failure = if let Broken::TooLarge(e) = e { e.to_string() } else { "failed".into() };
                job.ended_at = Some(self.clock.now());
                job::put(self.db.writer(), &job).await?;
                gone(&path);
            }
        }
        Ok(true)
    }

    /// Files are kept for a day.
    async fn expire(&self) -> Result<(), data::Error> {
        for id in job::expire(self.db.writer(), self.clock.now() - KEPT).await? {
            [Format::Csv, Format::Xlsx].iter().for_each(|f| gone(&self.path(id, f.code())));
        }
        Ok(())
    }

    async fn work(&self, job: &mut job::Model, stop: &CancellationToken) -> Result<Worked, Broken> {
        let bad = |what: &str| Broken::Job(format!("job {}: {what}", job.id));
        let rows = export::of(&job.what).ok_or_else(|| bad("export"))?;
        let format = Format::from_code(&job.format).ok_or_else(|| bad("format"))?;
        let viewer = Viewer { scope: job.scope.parse().map_err(|_| bad("scope"))? };
        let (filter, zh, law) = (job.filter.clone(), job.lang == "zh", self.rules.now());
        let ask = Ask {
            db: &self.db,
            viewer,
            as_of: clock::date_of(job.as_of),
            rules: &law,
            upto: job.upto,
            filter: &filter,
            zh,
            now: self.clock.now(),
        };
        let mut writer = Writer::open(self.path(job.id, &job.format), job, rows, format, zh)?;
        if job.state == job::QUEUED {
            job.total = i64::try_from((rows.count)(ask).await?).unwrap_or(i64::MAX);
            job.state = job::RUNNING.into();
        }
        if !job::put(self.db.writer(), job).await? {
            return Ok(Worked::Cancelled);
        }
        let mut page = (rows.fetch)(ask, &job.after, PAGE).await?;
        loop {
            let Page { rows: cells, next } = page;
            let count = cells.len() as i64;
            // The next page is read while this one is written.
            let written = tokio::task::spawn_blocking(move || writer.rows(&cells).map(|()| writer));
            let ahead = async {
                match &next {
                    Some(key) => (rows.fetch)(ask, key, PAGE).await.map(Some),
                    None => Ok(None),
                }
            };
            let (written, ahead) = tokio::join!(written, ahead);
            writer = written.map_err(|e| Broken::Job(e.to_string()))??;
            let Some(following) = ahead? else { break };
            job.done += count;
            job.after = next.unwrap_or_default();
            writer.note(job)?;
            if !job::put(self.db.writer(), job).await? {
                return Ok(Worked::Cancelled);
            }
            if stop.is_cancelled() {
                return Ok(Worked::Stopped);
            }
            page = following;
            if page.rows.is_empty() {
                break;
            }
        }
        let ended =
            tokio::task::spawn_blocking(move || writer.end()).await.map_err(|e| Broken::Job(e.to_string()))??;
        (job.bytes, job.etag) = (ended.bytes, ended.etag);
        job.done = ended.rows;
        job.total = job.done;
        job.state = job::DONE.into();
        job.ended_at = Some(self.clock.now());
        Ok(if job::put(self.db.writer(), job).await? { Worked::Done } else { Worked::Cancelled })
    }
}

/// Removes a file, if it is there.
fn gone(path: &std::path::Path) {
    if let Err(e) = fs::remove_file(path)
        && e.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), error = %e, "a file of an export is left");
    }
}

/// The file of a job, and what its format must know to go on.
struct Writer {
    file: File,
    format: Format,
    title: &'static str,
    columns: Vec<&'static str>,
    book: xlsx::Book,
    bytes: u64,
    rows: i64,
}

/// A file that is whole.
struct Whole {
    bytes: i64,
    rows: i64,
    etag: String,
}

impl Writer {
    /// Opens the file where the job left it. One that is shorter than the record says is begun anew.
    fn open(path: PathBuf, job: &mut job::Model, rows: &Rows, format: Format, zh: bool) -> Result<Self, Broken> {
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        if file.metadata()?.len() < job.bytes.unsigned_abs() {
            (job.done, job.bytes) = (0, 0);
            job.after.clear();
            job.mark.clear();
        }
        let bytes = job.bytes.unsigned_abs();
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        let pick = |t: &domain::outcome::Text| if zh { t.zh } else { t.en };
        let book = if job.mark.is_empty() {
            xlsx::Book::default()
        } else {
            serde_json::from_str(&job.mark).map_err(|e| Broken::Job(e.to_string()))?
        };
        let columns = (rows.columns)().iter().map(pick).collect();
        Ok(Self { file, format, title: pick(&rows.title), columns, book, bytes, rows: job.done })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<(), Broken> {
        match self.format {
            Format::Csv => {
                if self.bytes == 0 {
                    let head = csv::head(&self.columns);
                    self.write(&head)?;
                }
                self.write(&csv::lines(rows))?;
            }
            Format::Xlsx => {
                let more = self.book.rows(&self.columns, rows, self.bytes, xlsx::SHEET)?;
                self.write(&more)?;
            }
        }
        self.rows += rows.len() as i64;
        Ok(())
    }

    /// Notes in the job how far the file is. What is noted must be there after a power cut, too.
    fn note(&self, job: &mut job::Model) -> Result<(), Broken> {
        self.file.sync_data()?;
        job.bytes = i64::try_from(self.bytes).unwrap_or(i64::MAX);
        job.mark = serde_json::to_string(&self.book).map_err(|e| Broken::Job(e.to_string()))?;
        Ok(())
    }

    fn end(mut self) -> Result<Whole, Broken> {
        if self.format == Format::Xlsx {
            let end = self.book.end(self.title, &self.columns, self.bytes)?;
            self.write(&end)?;
        }
        self.file.sync_all()?;
        self.file.seek(SeekFrom::Start(0))?;
        let etag = hex::encode(&sha256(&mut self.file)?.1[..16]);
        Ok(Whole { bytes: i64::try_from(self.bytes).unwrap_or(i64::MAX), rows: self.rows, etag })
    }
}

/// Length and SHA-256 of what is left of a file.
pub(crate) fn sha256(file: &mut File) -> io::Result<(u64, [u8; 32])> {
    let (mut sha, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, sha.finalize().into())),
            n => {
                sha.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
}
