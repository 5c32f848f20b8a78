//! The mail server that e-mails are given to, as a setting. Its password is sealed by a key derived from the master key, and bound to the
//! server and the user: changed in the record alone, neither opens it.

use crate::{Error, secret::Master, setting};
use domain::message::MailServer;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

/// Name of the setting that holds it, as JSON; an empty text where none is set.
pub const NAME: &str = "mail_server";

/// What the record holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// As it is shown.
    #[serde(flatten)]
    pub server: MailServer,
    /// The password, sealed.
    sealed: String,
}

fn purpose(s: &MailServer) -> String {
    format!("mail server\n{}\n{}\n{}\n{}", s.host, s.port, s.tls.code(), s.user)
}

impl Stored {
    /// With a password that was entered; an empty one for a server that asks for none.
    #[must_use]
    pub fn seal(master: &Master, server: MailServer, password: &str) -> Option<Self> {
        let sealed = master.seal(&purpose(&server), password.as_bytes())?;
        Some(Self { server, sealed })
    }

    /// The same password with another sender; `None` where it was entered for another server or user.
    #[must_use]
    pub fn changed(&self, server: MailServer) -> Option<Self> {
        (purpose(&server) == purpose(&self.server)).then(|| Self { server, sealed: self.sealed.clone() })
    }

    /// The password; `None` where this master key did not seal it, or for another server.
    #[must_use]
    pub fn password(&self, master: &Master) -> Option<String> {
        String::from_utf8(master.open(&purpose(&self.server), &self.sealed)?).ok()
    }
}

/// The mail server that is set.
///
/// # Errors
/// When the database fails, or what it holds is none.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<Option<Stored>, Error> {
    let text = setting::get(db, NAME).await?.filter(|t| !t.is_empty());
    let read = |t: String| serde_json::from_str(&t).map_err(|e| Error::Stored(format!("setting {NAME}: {e}")));
    text.map(read).transpose()
}

/// Sets a mail server, or none.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, server: Option<&Stored>) -> Result<(), Error> {
    let text = server.map(serde_json::to_string).transpose().map_err(|e| Error::Stored(e.to_string()))?;
    Ok(setting::put(db, NAME, &text.unwrap_or_default()).await?)
}
