//! Files that people attach: streamed to the disk, told by their bytes, pictures drawn anew, films emptied of what they tell beside,
//! documents opened to see what is in them. One is looked at at a time, so that memory is bounded whatever comes.

mod document;
mod draft;
mod picture;
mod serve;
mod take;

pub use serve::routes;
pub use take::{keep, upload};
pub(crate) use take::{may, patient, status};

use crate::clock::Clock;
use data::Db;
use domain::attachment::{Attachment, Format, UNUSED, is_token};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Their folder within the data folder.
pub const FOLDER: &str = "attachments";
/// How the name of a file begins that is still on its way.
const PART: &str = "part-";
/// Files that come in at once at most; more are asked to come again.
const COMING: usize = 32;
/// Bytes that are kept of what the public sends on one day: the record lies on the same disk.
const PUBLIC_DAY: i64 = 10 << 30;
/// Bytes that an account may have lying about in files that nothing refers to yet.
pub(crate) const WAITING: i64 = 1 << 30;
/// How often what the record does not know is looked for, in sweeps: once a day.
const ORPHANS: u64 = 144;
/// How often what nothing refers to is taken away.
const SWEEP: Duration = Duration::from_secs(600);
/// Files that are taken away at a time.
const SWEEP_MAX: u64 = 200;

/// The folder of attachments and who may work in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Attachments {
    dir: Arc<PathBuf>,
    db: Db,
    clock: Clock,
    /// Who is looked at.
    look: Arc<Semaphore>,
    /// What comes in from the public.
    coming: Arc<Semaphore>,
    /// What comes in from staff.
    of_staff: Arc<Semaphore>,
    /// The day, since 1970-01-01, and the bytes that the public sent on it.
    day: Arc<Mutex<(i32, i64)>>,
}

impl Attachments {
    /// Makes the folder where it is missing, and takes away what a stop left on its way.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn new(db: Db, dir: PathBuf, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        for entry in std::fs::read_dir(&dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PART) {
                std::fs::remove_file(entry.path())?;
            }
        }
        let dir = Arc::new(dir);
        let of = |n| Arc::new(Semaphore::new(n));
        Ok(Self { dir, db, clock, look: of(1), coming: of(COMING), of_staff: of(COMING), day: Arc::default() })
    }

    /// Where the bytes of a file lie.
    #[must_use]
    pub fn path(&self, token: &str, format: Format) -> PathBuf {
        place(&self.dir, token, format.info().extension)
    }

    /// Where the preview of a picture lies.
    #[must_use]
    pub fn preview(&self, token: &str) -> PathBuf {
        place(&self.dir, token, "preview.jpg")
    }

    /// The bytes of a picture's preview; `None` where there is none.
    pub async fn preview_bytes(&self, file: &Attachment) -> Option<Vec<u8>> {
        file.preview()?;
        tokio::fs::read(self.preview(&file.token)).await.ok()
    }

    /// Whether there is room today for so many bytes more of the public's.
    fn room(&self, bytes: i64) -> bool {
        let today = domain::clock::local_day(self.clock.now());
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        if day.0 != today {
            *day = (today, 0);
        }
        day.1 = day.1.saturating_add(bytes);
        day.1 <= PUBLIC_DAY
    }

    /// Takes away a file that was taken and is not wanted.
    pub fn discard(&self, file: &Attachment) {
        gone(&self.path(&file.token, file.format));
        gone(&self.preview(&file.token));
    }

    /// Takes away what nothing refers to, until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(SWEEP);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for n in 0_u64.. {
            tokio::select! {
                _ = tick.tick() => {}
                () = stop.cancelled() => break,
            }
            if let Err(why) = self.sweep().await {
                tracing::warn!(error = %why, "attachments that nothing refers to");
            }
            if n % ORPHANS == 0
                && let Err(why) = self.orphans().await
            {
                tracing::warn!(error = %why, "files that the record does not know");
            }
        }
    }

    /// Takes away files that nothing refers to and that are a day old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<usize, data::Error> {
        let before = self.clock.now().saturating_sub(UNUSED);
        let mut count = 0;
        for row in data::attachment::loose(self.db.read(), before, SWEEP_MAX).await? {
            let txn = self.db.begin_write().await?;
            let removed = data::attachment::remove(&txn, &row.token).await?;
            txn.commit().await?;
            // The record first: a row without its bytes would be offered and not be there.
            if let (true, Some(format)) = (removed, Format::from_code(&row.format)) {
                gone(&self.path(&row.token, format));
                gone(&self.preview(&row.token));
                count += 1;
            }
        }
        Ok(count)
    }

    /// Takes away files of which a stop left no row: their bytes were written first.
    async fn orphans(&self) -> Result<(), data::Error> {
        let old = std::time::SystemTime::now() - Duration::from_millis(u64::try_from(UNUSED).unwrap_or(0));
        let dir = Arc::clone(&self.dir);
        let found = tokio::task::spawn_blocking(move || old_files(&dir, old)).await.unwrap_or_default();
        for path in found {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let token = name.split('.').next().unwrap_or_default();
            if is_token(token) && data::attachment::one(self.db.read(), token).await?.is_none() {
                gone(&path);
            }
        }
        Ok(())
    }
}

/// Files of the folder's folders that are older than a time.
fn old_files(dir: &Path, before: std::time::SystemTime) -> Vec<PathBuf> {
    let inner = |p: &Path| std::fs::read_dir(p).into_iter().flatten().flatten();
    let files = inner(dir).filter(|e| e.path().is_dir()).flat_map(|e| inner(&e.path()).collect::<Vec<_>>());
    files.filter(|e| e.metadata().and_then(|m| m.modified()).is_ok_and(|at| at < before)).map(|e| e.path()).collect()
}

/// Where something of a token lies: in a folder of its first two digits, so that none holds too many.
fn place(dir: &Path, token: &str, end: &str) -> PathBuf {
    // A token that is none leads nowhere.
    let token = if is_token(token) { token } else { "none" };
    dir.join(&token[..2]).join(format!("{token}.{end}"))
}

/// Takes a file away; that it is not there is no fault.
fn gone(path: &Path) {
    if let Err(why) = std::fs::remove_file(path)
        && why.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %path.display(), error = %why, "a file that should go");
    }
}
