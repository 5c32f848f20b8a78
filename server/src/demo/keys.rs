//! The file of device keys that the demonstration hands to the simulator.

use domain::ledger::Custody;
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// What a simulator needs: who may sign, and which cylinders there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysFile {
    /// Devices that sign.
    pub devices: Vec<DeviceKey>,
    /// Cylinders, each with its custody when the file was written.
    pub cylinders: Vec<CylinderKey>,
}

/// A device and its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKey {
    /// Device id.
    pub device_id: i64,
    /// Key id.
    pub key_id: String,
    /// Secret, hex.
    pub secret: String,
    /// `gun` or `handheld`.
    pub kind: String,
    /// Site it stands at.
    pub site_id: i64,
    /// Organisation of the site.
    pub org_id: i64,
    /// Medium a gun fills.
    pub medium: String,
    /// What is written on it.
    pub label: String,
}

// The secret must not reach a log.
impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceKey")
            .field("device_id", &self.device_id)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// A cylinder as a station knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CylinderKey {
    /// Tag.
    pub tag: String,
    /// Owner.
    pub org_id: i64,
    /// Home station.
    pub site_id: i64,
    /// Model.
    pub model: String,
    /// Medium code.
    pub medium: String,
    /// Stamped tare, grams.
    pub tare_g: i64,
    /// Maximum fill, grams; usual contents where the pressure decides.
    pub max_fill_g: i64,
    /// Where in its circle it stood.
    pub custody: Custody,
    /// Whether the gate let it be filled at its home station.
    pub fillable: bool,
}

/// Reads a file of keys.
///
/// # Errors
/// When it cannot be read, or is no such file.
pub fn read(path: &Path) -> io::Result<KeysFile> {
    serde_json::from_slice(&fs::read(path)?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Writes the file so that only its owner can read it; it is whole or not there, also after a crash.
///
/// # Errors
/// When `path` is a symbolic link, or cannot be written.
pub fn write_private(path: &Path, keys: &KeysFile) -> io::Result<()> {
    private(path, &serde_json::to_vec_pretty(keys).map_err(io::Error::other)?)
}

/// Writes bytes to a file of mode 0600: a temporary file beside it, then a rename.
///
/// # Errors
/// When `path` is a symbolic link, or cannot be written.
pub fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link would put the new file where somebody else pointed to, or replace it silently; neither is wanted.
    if fs::symlink_metadata(path).is_ok_and(|m| !m.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is a link or no file", path.display())));
    }
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let mut temp = std::ffi::OsString::from(".");
    temp.push(name);
    temp.push(format!(".{:016x}", rand::random::<u64>()));
    let temp = path.with_file_name(temp);
    // `create_new` follows no link; the mode holds from the first byte.
    let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp).and_then(|mut f| {
        f.write_all(bytes)?;
        f.sync_all()?;
        fs::rename(&temp, path)
    });
    if written.is_err() {
        // Best effort: what failed is told already.
        let _ = fs::remove_file(&temp);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn file() -> KeysFile {
        let d = DeviceKey {
            device_id: 3,
            key_id: "k".into(),
            secret: "deadbeef".into(),
            kind: "gun".into(),
            site_id: 1,
            org_id: 1,
            medium: "LPG".into(),
            label: "1号枪".into(),
        };
        KeysFile { devices: vec![d], cylinders: vec![] }
    }

    #[test]
    fn only_the_owner_reads_it_and_links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        write_private(&path, &file()).unwrap();
        write_private(&path, &file()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap(), file());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
        let link = dir.path().join("link.json");
        symlink(&path, &link).unwrap();
        assert!(write_private(&link, &file()).is_err());
        assert!(write_private(&dir.path().join("none/keys.json"), &file()).is_err());
        assert!(read(&dir.path().join("none")).is_err());
    }

    #[test]
    fn a_secret_is_not_printed_by_debug() {
        assert!(!format!("{:?}", file()).contains("deadbeef"));
        let custody = serde_json::to_value(Custody::EmptyInStock).unwrap();
        assert_eq!(custody, "empty_in_stock");
    }
}
