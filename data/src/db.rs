//! The database: one SQLite file, or PostgreSQL. A pool of readers and a writer apart.

use crate::kept::Kept;
use domain::analysis::UserStorage;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{sync::Arc, time::Duration};

/// What can go wrong with the record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] DbErr),
    /// A stored value cannot be read.
    #[error("stored value: {0}")]
    Stored(String),
    /// The address of the database is of no kind we know.
    #[error("database address: {0}")]
    Address(String),
}

impl Error {
    /// Whether the database was not asked at all: all connections were in use for too long.
    #[must_use]
    pub const fn is_overload(&self) -> bool {
        matches!(self, Self::Db(DbErr::ConnectionAcquire(_)))
    }
}

/// A write transaction.
pub type WriteTxn = DatabaseTransaction;

/// Connections to the record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// What stands at users, by scope and version of the rules.
    pub(crate) users: Arc<Kept<Vec<UserStorage>>>,
}

impl Db {
    /// Connects to `sqlite:///path/file.sqlite` (made if missing) or `postgres://…`.
    ///
    /// # Errors
    /// When the address is of another kind, or the database does not answer.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let sqlite = url.starts_with("sqlite:");
        if !sqlite && !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(Error::Address("begins with neither sqlite: nor postgres:".into()));
        }
        if sqlite && (url.contains(":memory:") || url.contains("mode=memory")) {
            return Err(Error::Address("an in-memory database would lose what was acknowledged".into()));
        }
        // Readers and the writer are pools apart: with SQLite a second writer would only wait, and a long read must not hold one up.
        let writer = Database::connect(options(url, if sqlite { 1 } else { 4 })).await?;
        let reader = Database::connect(options(url, if sqlite { 4 } else { 8 })).await?;
        Ok(Self { reader, writer, users: Arc::default() })
    }

    /// For reads. Never write through it.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Tells of every statement that is read, with how long it took: for measurements.
    #[must_use]
    pub fn observed(mut self, tell: impl Fn(&Statement, Duration) + Send + Sync + 'static) -> Self {
        self.reader.set_metric_callback(move |info| tell(info.statement, info.elapsed));
        self
    }

    /// For single statements that write outside the ledger, and for migrations.
    #[must_use]
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// `SQLite` or `PostgreSQL`.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Begins a write transaction: IMMEDIATE on SQLite, where a later upgrade from reading to writing fails at once.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_write(&self) -> Result<WriteTxn, Error> {
        Ok(self
            .writer
            .begin_with_options(TransactionOptions {
                isolation_level: None,
                access_mode: None,
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            })
            .await?)
    }

    /// Begins a read transaction in which all statements see one state.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_read(&self) -> Result<DatabaseTransaction, Error> {
        let postgres = self.backend() == DbBackend::Postgres;
        Ok(self
            .reader
            .begin_with_options(TransactionOptions {
                isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
                access_mode: postgres.then_some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            })
            .await?)
    }

    /// What makes an acknowledged record durable, as the database itself reports it, for the log and the durability test:
    /// `PRAGMA synchronous` on SQLite, `fsync` and `synchronous_commit` on PostgreSQL.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn durability(&self) -> Result<Vec<(String, String)>, Error> {
        let ask: &[(&str, &str)] = match self.backend() {
            DbBackend::Sqlite => &[("synchronous", "PRAGMA synchronous"), ("journal_mode", "PRAGMA journal_mode")],
            _ => &[
                ("fsync", "SHOW fsync"),
                ("synchronous_commit", "SHOW synchronous_commit"),
                ("full_page_writes", "SHOW full_page_writes"),
            ],
        };
        let mut out = Vec::new();
        for (name, sql) in ask {
            let row = self.writer.query_one_raw(Statement::from_string(self.backend(), *sql)).await?;
            let value = row
                .map(|r| {
                    r.try_get_by_index::<String>(0).or_else(|_| r.try_get_by_index::<i64>(0).map(|n| n.to_string()))
                })
                .transpose()?;
            out.push(((*name).to_owned(), value.unwrap_or_default()));
        }
        Ok(out)
    }

    /// Tells PostgreSQL's planner what a bulk load brought, which it would otherwise learn minutes later. SQLite plans by
    /// the indexes alone and needs nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn analyze(&self) -> Result<(), Error> {
        if self.backend() == DbBackend::Postgres {
            self.writer.execute_unprepared("ANALYZE").await?;
        }
        Ok(())
    }

    /// Closes all connections.
    ///
    /// # Errors
    /// When the database complains about it.
    pub async fn close(self) -> Result<(), Error> {
        self.reader.close().await?;
        Ok(self.writer.close().await?)
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let url = if url.starts_with("sqlite:") && !url.contains('?') { format!("{url}?mode=rwc") } else { url.to_owned() };
    let mut o = ConnectOptions::new(url);
    o.max_connections(connections)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(10))
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        // Pages ask for a few rows each, many at once: starting workers and compiling a plan would cost more than the rows.
        .map_sqlx_postgres_opts(|o| o.options([("max_parallel_workers_per_gather", "0"), ("jit", "off")]))
        .map_sqlx_sqlite_opts(|o| {
            // FULL: an acknowledged record survives a power cut, not only a killed process.
            o.journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(400)
                // Small: pages that are not in it are in the system's cache; a wall stays for months and its server must not grow.
                .pragma("cache_size", "-6144")
                .pragma("temp_store", "memory")
                .pragma("journal_size_limit", "67108864")
        });
    o
}
