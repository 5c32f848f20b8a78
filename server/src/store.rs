//! Opening the record: folder, lock, key, migrations, reference data.

use crate::config::Config;
use data::Db;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Another process writes to this record.
    #[error("another pingji process holds {0}: stop it first")]
    Held(String),
    /// The schema is another than this build's.
    #[error("the record has not the present schema: run `pingji migrate` first")]
    NotMigrated,
    /// The key file is not what it should be.
    #[error("{0} does not hold 32 bytes in hex")]
    Key(String),
    /// The database.
    #[error(transparent)]
    Data(#[from] data::Error),
}

impl From<sea_orm::DbErr> for OpenError {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Data(e.into())
    }
}

/// The record, opened for writing.
pub struct Store {
    /// The database.
    pub db: Db,
    /// Held as long as this process writes: the feed of one process would not see what another commits.
    _lock: File,
    /// The same on PostgreSQL, where the other process may have another data folder.
    _session: Option<DatabaseConnection>,
}

/// Key of the advisory lock on PostgreSQL: `pingji`, in ASCII.
const ADVISORY: i64 = 0x7069_6e67_6a69;

/// Takes the advisory lock on a connection of its own. A server that was just killed may hold it a moment longer.
async fn advisory(url: &str) -> Result<DatabaseConnection, OpenError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .test_before_acquire(false);
    let session = Database::connect(options).await?;
    for _ in 0..50 {
        let ask = Statement::from_string(DbBackend::Postgres, format!("SELECT pg_try_advisory_lock({ADVISORY})"));
        let held: bool = session.query_one_raw(ask).await?.map_or(Ok(false), |r| r.try_get_by_index(0))?;
        if held {
            return Ok(session);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(OpenError::Held("this PostgreSQL database".into()))
}

fn folder(dir: &Path) -> Result<(), OpenError> {
    // The database lies in it, and SQLite makes its files readable for all.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| OpenError::File(dir.display().to_string(), e))
}

/// Opens the record, brings it to the present schema, and fills empty reference tables.
///
/// # Errors
/// [`OpenError`].
pub async fn open(config: &Config) -> Result<Store, OpenError> {
    folder(&config.data_dir)?;
    let path = config.data_dir.join("pingji.lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|e| OpenError::File(path.display().to_string(), e))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Held(path.display().to_string())),
        Err(TryLockError::Error(e)) => return Err(OpenError::File(path.display().to_string(), e)),
    }
    let db = Db::connect(&config.database_url).await?;
    let session = if db.backend() == DbBackend::Postgres { Some(advisory(&config.database_url).await?) } else { None };
    Migrator::up(db.writer(), None).await?;
    let txn = db.begin_write().await?;
    data::reference::seed(&txn).await?;
    data::rule::seed(&txn).await?;
    data::check::seed(&txn).await?;
    data::calendar::seed(&txn).await?;
    data::rule_use::begin(&txn).await?;
    txn.commit().await?;
    Ok(Store { db, _lock: lock, _session: session })
}

/// Whether a record that is read or changed beside a running server has this build's schema.
///
/// # Errors
/// [`OpenError::NotMigrated`] when it has not.
pub async fn is_migrated(db: &Db) -> Result<(), OpenError> {
    match Migrator::get_pending_migrations(db.read()).await {
        Ok(pending) if pending.is_empty() => Ok(()),
        _ => Err(OpenError::NotMigrated),
    }
}

/// The deployment's master key, from which the devices' secrets are derived; made at first use, readable by its owner only.
///
/// # Errors
/// [`OpenError`].
pub fn master_key(config: &Config) -> Result<Vec<u8>, OpenError> {
    folder(&config.data_dir)?;
    let path = config.data_dir.join("master.key");
    let name = || path.display().to_string();
    let file = |e| OpenError::File(name(), e);
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path) {
        Ok(mut f) => {
            let mut key = [0_u8; 32];
            rand::RngExt::fill(&mut rand::rng(), &mut key);
            f.write_all(hex::encode(key).as_bytes()).and_then(|()| f.sync_all()).map_err(file)?;
            Ok(key.to_vec())
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut text = String::new();
            File::open(&path).and_then(|f| f.take(1_024).read_to_string(&mut text)).map_err(file)?;
            hex::decode(text.trim()).ok().filter(|k| k.len() == 32).ok_or_else(|| OpenError::Key(name()))
        }
        Err(e) => Err(file(e)),
    }
}
