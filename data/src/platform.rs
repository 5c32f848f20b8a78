//! The supervision platform that exports are sent to, as a setting. Its secret is sealed by a key derived from the master key, and bound
//! to the address and the key id: changed in the record alone, neither opens it.

use crate::{Error, secret::Master, setting};
use domain::upload::Platform;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

/// Name of the setting that holds it, as JSON; an empty text where none is set.
pub const NAME: &str = "upload_platform";

/// What the record holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// As it is shown.
    #[serde(flatten)]
    pub platform: Platform,
    /// The secret, sealed.
    sealed: String,
}

fn purpose(p: &Platform) -> String {
    format!("upload platform\n{}\n{}", p.address, p.key_id)
}

impl Stored {
    /// With a secret that was entered.
    #[must_use]
    pub fn seal(master: &Master, platform: Platform, secret: &str) -> Option<Self> {
        let sealed = master.seal(&purpose(&platform), secret.as_bytes())?;
        Some(Self { platform, sealed })
    }

    /// The same secret under another name; `None` where address or key id is another, for which it was not entered.
    #[must_use]
    pub fn renamed(&self, platform: Platform) -> Option<Self> {
        let same = (&platform.address, &platform.key_id) == (&self.platform.address, &self.platform.key_id);
        same.then(|| Self { platform, sealed: self.sealed.clone() })
    }

    /// The secret; `None` where this master key did not seal it, or for another address.
    #[must_use]
    pub fn secret(&self, master: &Master) -> Option<Vec<u8>> {
        master.open(&purpose(&self.platform), &self.sealed)
    }
}

/// The platform that is set.
///
/// # Errors
/// When the database fails, or what it holds is none.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<Option<Stored>, Error> {
    let text = setting::get(db, NAME).await?.filter(|t| !t.is_empty());
    let read = |t: String| serde_json::from_str(&t).map_err(|e| Error::Stored(format!("setting {NAME}: {e}")));
    text.map(read).transpose()
}

/// Sets a platform, or none.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, platform: Option<&Stored>) -> Result<(), Error> {
    let text = platform.map(serde_json::to_string).transpose().map_err(|e| Error::Stored(e.to_string()))?;
    Ok(setting::put(db, NAME, &text.unwrap_or_default()).await?)
}
