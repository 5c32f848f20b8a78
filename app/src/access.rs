//! Who asks, and what may be asked: the first line of every server function is [`need`] or one of its like.

use crate::{
    Ctx,
    error::{AppError, fail, internal},
};
use data::WriteTxn;
use domain::{
    account::{Due, Me},
    permission::{Permission, Permissions},
    policy::Policy,
};
use leptos::prelude::use_context;
use serde_json::Value;
use std::sync::Arc;

/// Name of the session's cookie.
pub const COOKIE: &str = "pingji_session";

/// Who asks, as the server found it out once for the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Nobody known.
    #[default]
    Nobody,
    /// A paired display, by its id.
    Display(i64),
    /// An account that signed in.
    Account(Arc<Me>),
}

impl Who {
    /// What may be asked now.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        match self {
            Self::Nobody => Permissions::NONE,
            Self::Display(_) => Permissions::DISPLAY,
            Self::Account(me) => me.permissions,
        }
    }

    /// The account, if it is one.
    #[must_use]
    pub fn me(&self) -> Option<&Arc<Me>> {
        if let Self::Account(me) = self { Some(me) } else { None }
    }
}

/// What the server refused a page for; the page is then rendered as a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The context of whoever may do this.
///
/// # Errors
/// [`AppError::NotSignedIn`] for nobody, [`AppError::NotAllowed`] for whom it is not granted.
pub fn need(permission: Permission) -> Result<Ctx, AppError> {
    let ctx: Ctx = use_context().ok_or_else(|| fail(AppError::NotSignedIn))?;
    if ctx.who == Who::Nobody {
        return Err(fail(AppError::NotSignedIn));
    }
    if ctx.who.permissions().has(permission) { Ok(ctx) } else { Err(fail(AppError::NotAllowed)) }
}

/// The context of anybody who can be asked who it is, for what is open to all.
///
/// # Errors
/// [`AppError::NotSignedIn`] where no request is answered.
pub fn anybody() -> Result<Ctx, AppError> {
    use_context().ok_or_else(|| fail(AppError::NotSignedIn))
}

/// The context of an account that signed in whole, for what concerns itself: its password, second factor, sessions.
///
/// # Errors
/// [`AppError::NotSignedIn`] for nobody and for whom the code of the second factor is due, [`AppError::NotAllowed`] for a display.
pub fn account() -> Result<(Ctx, Arc<Me>), AppError> {
    let ctx: Ctx = anybody()?;
    match &ctx.who {
        Who::Account(me) if me.due == Some(Due::Code) => Err(fail(AppError::NotSignedIn)),
        Who::Account(me) => {
            let me = Arc::clone(me);
            Ok((ctx, me))
        }
        Who::Display(_) => Err(fail(AppError::NotAllowed)),
        Who::Nobody => Err(fail(AppError::NotSignedIn)),
    }
}

/// Who asks and from where, in a request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    /// Who.
    pub who: Who,
    /// Network address.
    pub address: String,
}

/// Passwords that are hashed at once: each takes the memory that the policy says.
static HASHING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

/// Runs what takes its time, such as hashing a password, where nothing waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let _one = HASHING.acquire().await.map_err(|_| fail(AppError::Unavailable))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| fail(AppError::Unavailable))
}

/// Whether a password is one of those that were hashed.
///
/// # Errors
/// When the server stops.
pub async fn is_password(stored: Vec<String>, password: String) -> Result<bool, AppError> {
    aside(move || stored.iter().fold(false, |found, s| found | data::secret::is_password(s, &password))).await
}

/// Hashes a password under the policy.
///
/// # Errors
/// When the server stops.
pub async fn hash_password(policy: Policy, password: String) -> Result<String, AppError> {
    aside(move || data::secret::hash_password(&policy, &password)).await?.ok_or_else(|| fail(AppError::Unavailable))
}

impl Ctx {
    /// The policy in force.
    ///
    /// # Errors
    /// When the record does not answer.
    pub async fn policy(&self) -> Result<Policy, AppError> {
        data::policy::load(self.db.read()).await.map_err(internal("policy"))
    }

    /// Begins to change the record.
    ///
    /// # Errors
    /// When the record does not answer.
    pub async fn begin(&self) -> Result<WriteTxn, AppError> {
        self.db.begin_write().await.map_err(internal("begin"))
    }

    /// Writes what was done into the audit log, and commits both. The log is locked until then: this comes last.
    ///
    /// # Errors
    /// When the record does not answer; nothing was changed then.
    pub async fn commit(&self, txn: WriteTxn, action: &str, subject: &str, detail: Value) -> Result<(), AppError> {
        let actor = self.actor();
        data::audit::append(&txn, &actor, self.now, action, subject, &detail).await.map_err(internal("audit"))?;
        txn.commit().await.map_err(internal("commit"))
    }
}

/// Sets the cookie of a session, or takes it away.
pub fn set_cookie(ctx: &Ctx, secret: Option<&str>) {
    let Some(options) = use_context::<leptos_axum::ResponseOptions>() else { return };
    let secure = if ctx.secure { "; Secure" } else { "" };
    // A cookie without an age ends with the browser; the record ends it earlier.
    let text = match secret {
        Some(s) => format!("{COOKIE}={s}; Path=/; HttpOnly; SameSite=Lax{secure}"),
        None => format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"),
    };
    if let Ok(v) = axum::http::HeaderValue::from_str(&text) {
        options.append_header(axum::http::header::SET_COOKIE, v);
    }
}

/// What the asking browser calls itself.
#[must_use]
pub fn agent() -> String {
    let parts = use_context::<axum::http::request::Parts>();
    let text = parts.and_then(|p| p.headers.get(axum::http::header::USER_AGENT)?.to_str().ok().map(str::to_owned));
    text.unwrap_or_default()
}
