//! What the simulator remembers from run to run: where each cylinder stands. A station knows that too; without it a
//! second run would ship what is already with a customer, and every chain would break.

use crate::demo::keys::{self, KeysFile};
use domain::ledger::Custody;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

/// The memory, in a file beside the file of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// (epoch, next number) by device id.
    pub devices: BTreeMap<i64, (u64, u64)>,
    /// Custody by tag, where it differs from the file of keys.
    pub custody: BTreeMap<String, Custody>,
}

/// The file of a file of keys.
pub(super) fn path(keys: &Path) -> PathBuf {
    let mut name: OsString = keys.as_os_str().to_owned();
    name.push(".state");
    PathBuf::from(name)
}

impl Memory {
    /// Custody of each cylinder of the keys; that of the keys where nothing is remembered.
    ///
    /// A memory that knows higher numbers than the server is of another server: the store was made anew.
    pub(super) fn recall(file: &Path, keys: &KeysFile, server: &BTreeMap<i64, (u64, u64)>) -> Vec<Custody> {
        let memory = std::fs::read(file).ok().and_then(|b| serde_json::from_slice::<Self>(&b).ok()).unwrap_or_default();
        let foreign = memory.devices.iter().any(|(id, at)| server.get(id).is_some_and(|s| s < at));
        if foreign {
            tracing::info!(file = %file.display(), "the store is younger than what is remembered of it: starting from the file of keys");
        }
        let known = |tag: &str| memory.custody.get(tag).copied().filter(|_| !foreign);
        keys.cylinders.iter().map(|c| known(&c.tag).unwrap_or(c.custody)).collect()
    }

    /// Writes it.
    pub(super) fn save(&self, file: &Path) -> io::Result<()> {
        keys::private(file, &serde_json::to_vec(self).map_err(io::Error::other)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::keys::CylinderKey;

    #[test]
    fn it_is_kept_and_dropped_with_its_store() {
        let dir = tempfile::tempdir().unwrap();
        let file = path(&dir.path().join("keys.json"));
        assert!(file.ends_with("keys.json.state"));
        let c = CylinderKey {
            tag: "T".into(),
            org_id: 1,
            site_id: 1,
            model: "YSP35.5".into(),
            medium: "LPG".into(),
            tare_g: 1,
            max_fill_g: 1,
            custody: Custody::EmptyInStock,
            fillable: true,
        };
        let keys = KeysFile { devices: vec![], cylinders: vec![c] };
        let server = |next| BTreeMap::from([(5, (1, next))]);
        assert_eq!(Memory::recall(&file, &keys, &server(9)), [Custody::EmptyInStock]);
        let m = Memory { devices: server(9), custody: BTreeMap::from([("T".into(), Custody::InUse)]) };
        m.save(&file).unwrap();
        assert_eq!(Memory::recall(&file, &keys, &server(9)), [Custody::InUse]);
        assert_eq!(Memory::recall(&file, &keys, &server(8)), [Custody::EmptyInStock]);
        std::fs::write(&file, b"{").unwrap();
        assert_eq!(Memory::recall(&file, &keys, &server(9)), [Custody::EmptyInStock]);
    }
}
