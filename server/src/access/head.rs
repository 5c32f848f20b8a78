//! The signed head of the audit log: a file beside the record, not in it, so that who can only write to the database can
//! neither cut the log's tail nor make the chain anew without its showing.

use crate::demo::keys::private;
use data::{
    Db,
    audit::{self, Head, Report},
    secret::Master,
};
use std::{io, path::Path};

/// Name of the file, in the data folder.
pub const FILE: &str = "audit.head";

/// Why the head could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The record.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The file.
    #[error("{FILE}: {0}")]
    File(#[from] io::Error),
    /// The log does not continue what was signed: nothing new is signed then.
    #[error("{0}")]
    Broken(String),
}

fn key(master: &Master) -> [u8; 32] {
    master.derive("audit head")
}

fn read(path: &Path) -> io::Result<Option<Head>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Signs the end of the log, if it is sound from the last signed head on.
///
/// # Errors
/// [`HeadError`].
pub async fn sign(db: &Db, master: &Master, path: &Path) -> Result<(), HeadError> {
    let head = read(path)?;
    match audit::advance(db, &key(master), head.as_ref()).await? {
        Ok(None) => Ok(()),
        Ok(Some(new)) => Ok(private(path, &serde_json::to_vec(&new).map_err(io::Error::other)?)?),
        Err(wrong) => Err(HeadError::Broken(wrong)),
    }
}

/// Verifies the log against its head.
///
/// # Errors
/// When the record or the file cannot be read.
pub async fn verify(db: &Db, master: &Master, path: &Path) -> Result<Report, HeadError> {
    match read(path) {
        Ok(head) => Ok(audit::verify(db, &key(master), head.as_ref()).await?),
        Err(e) if e.kind() == io::ErrorKind::Other => {
            let mut report = audit::verify(db, &key(master), None).await?;
            report.named.push("audit: the file of the signed head cannot be read".into());
            Ok(report)
        }
        Err(e) => Err(e.into()),
    }
}
