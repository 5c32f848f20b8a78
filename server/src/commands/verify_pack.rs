//! `pingji verify --pack FILE`.

use crate::{
    cli::{Ended, Failure, say},
    config::Config,
    evidence, store,
};
use data::{
    Db,
    evidence::{check, compare, public_key},
    secret::Master,
};
use std::{fs::File, io::Read, path::Path};

/// Checks a pack by itself, by whom it was signed, and against the record where there is one. Makes nothing in the data folder.
///
/// # Errors
/// When the file cannot be read, or the database fails. A fault of the pack is no error: exit code 3.
pub async fn run(config: &Config, file: &Path, key: Option<&str>) -> Result<Ended, Failure> {
    let mut bytes = Vec::new();
    let most = evidence::PACK_MAX as u64 + 1;
    File::open(file)
        .and_then(|f| f.take(most).read_to_end(&mut bytes))
        .map_err(|e| format!("{}: {e}", file.display()))?;
    let files = match evidence::unpack(&bytes) {
        Ok(files) => files,
        Err(why) => return found(&why.to_string()),
    };
    let manifest = match check(&files) {
        Ok(manifest) => manifest,
        Err(why) => return found(&why.to_string()),
    };
    say(&format!(
        "cylinder {} (tag {}, stamp {}), {} records up to ledger number {}, made {}: files, hashes and signature agree",
        manifest.cylinder,
        manifest.tag,
        manifest.stamp_no,
        manifest.records.len(),
        manifest.up_to,
        manifest.made_at
    ));
    let own = match key {
        Some(key) => Some(key.trim().to_lowercase()),
        // Without a key file there is none of ours; it must not be made here.
        None if config.data_dir.join("master.key").exists() => {
            Some(public_key(&Master::new(store::master_key(config)?)))
        }
        None => None,
    };
    let signed = match own {
        Some(own) if own == manifest.public_key => {
            say(&format!("signed by the key {own}, as expected"));
            Ended::Done
        }
        Some(own) => return found(&format!("signed by {}, not by {own}", manifest.public_key)),
        None => {
            say(&format!(
                "signed by {}: compare it with the key that the authority publishes, or give it by --key",
                manifest.public_key
            ));
            Ended::Found
        }
    };
    let sqlite = config.database_url.strip_prefix("sqlite://").map(|p| p.split('?').next().unwrap_or(p));
    if sqlite.is_some_and(|path| !Path::new(path).exists()) {
        say("there is no record here to compare it with");
        return Ok(signed);
    }
    let db = Db::connect(&config.database_url).await?;
    match compare(&db, &manifest, &files).await? {
        Some(difference) => found(&difference),
        None => {
            say("it is what stands in the record");
            Ok(signed)
        }
    }
}

fn found(what: &str) -> Result<Ended, Failure> {
    say(what);
    Ok(Ended::Found)
}
