//! Paired displays: a one-time link, or a code that somebody on duty enters, becomes a cookie; the cookie opens the wall,
//! the feed and the trace of a cylinder.

use crate::clock::Clock;
use data::{
    Db, display,
    secret::{random, sha},
};
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

/// Name of the cookie.
pub const COOKIE: &str = "pingji_display";
/// How long a pairing link is good for, ms.
pub const LINK_VALID_MS: i64 = 24 * 3_600_000;
/// How long a browser keeps the cookie, seconds. A wall stays up for months; revoking ends it at once.
const COOKIE_SECONDS: u32 = 10 * 365 * 86_400;

/// Makes a one-time pairing token and tells it.
///
/// # Errors
/// When the database fails.
pub async fn offer(db: &Db, clock: &Clock) -> Result<String, data::Error> {
    let token = random();
    display::offer(db.writer(), &sha(&token), clock.now(), LINK_VALID_MS).await?;
    Ok(token)
}

/// The displays that are paired, as this process knows them. Kept fresh by [`Displays::refresh`].
#[derive(Clone, Debug)]
pub struct Displays {
    db: Db,
    clock: Clock,
    active: Arc<RwLock<HashMap<i64, String>>>,
}

impl Displays {
    /// Reads the paired displays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(db: Db, clock: Clock) -> Result<Self, data::Error> {
        let me = Self { db, clock, active: Arc::default() };
        me.refresh().await?;
        Ok(me)
    }

    /// Reads them again: another process may have revoked one.
    ///
    /// # Errors
    /// When the database fails; what was known stays.
    pub async fn refresh(&self) -> Result<(), data::Error> {
        let all = display::active(self.db.read()).await?.into_iter().map(|d| (d.id, d.secret_hash)).collect();
        *self.active.write().unwrap_or_else(std::sync::PoisonError::into_inner) = all;
        Ok(())
    }

    /// Uses a token up. The value of the cookie, or `None` when the token is not good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pair(&self, token: &str, name: &str) -> Result<Option<String>, data::Error> {
        if token.len() != 64 || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let key = random();
        let txn = self.db.begin_write().await?;
        let id = display::pair(&txn, &sha(token), &sha(&key), name, self.clock.now()).await?;
        txn.commit().await?;
        let Some(id) = id else { return Ok(None) };
        self.active.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(id, sha(&key));
        Ok(Some(format!("{id}.{key}")))
    }

    /// The display a cookie speaks for.
    #[must_use]
    pub fn check(&self, cookie: &str) -> Option<i64> {
        let (id, key) = cookie.split_once('.')?;
        let id: i64 = id.parse().ok()?;
        let active = self.active.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Hashes are compared, so that the time it takes tells nothing of the secret.
        (active.get(&id)? == &sha(key)).then_some(id)
    }

    /// A display that was paired by its code is known from now on.
    pub fn entered(&self, id: i64, key: &str) {
        self.active.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(id, sha(key));
    }

    /// Whether a display is still paired.
    #[must_use]
    pub fn is_active(&self, id: i64) -> bool {
        self.active.read().unwrap_or_else(std::sync::PoisonError::into_inner).contains_key(&id)
    }
}

/// The header that sets the cookie.
#[must_use]
pub fn set_cookie(value: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}")
}
