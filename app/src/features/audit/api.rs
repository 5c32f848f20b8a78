//! The audit log, for the auditor.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::account::AuditLine;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// Rows on a page.
pub const PAGE: u64 = 100;

/// What is asked for; empty texts ask for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditAsk {
    /// Rows before this number; from the newest when 0.
    #[serde(default)]
    pub before: i64,
    /// Login name.
    #[serde(default)]
    pub login: String,
    /// Beginning of the action.
    #[serde(default)]
    pub action: String,
    /// First local day.
    #[serde(default)]
    pub from: String,
    /// Last local day.
    #[serde(default)]
    pub to: String,
}

/// Rows of the log, newest first.
#[server(prefix = "/api/fn", endpoint = "audit_list", input = Json, output = Json)]
pub async fn audit_list(ask: AuditAsk) -> Result<Vec<AuditLine>, AppError> {
    let ctx = crate::need(P::AuditRead)?;
    use crate::error::{fail, internal};
    let word = |name: &str, text: &str| {
        let text = text.trim();
        if text.chars().count() > 64 || text.chars().any(char::is_control) {
            return Err(fail(AppError::Invalid(name.into())));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    };
    let day = |name: &str, text: &str, plus: i32| {
        let Some(text) = word(name, text)? else { return Ok(None) };
        let date: chrono::NaiveDate = text.parse().map_err(|_| fail(AppError::Invalid(name.into())))?;
        Ok(Some(domain::clock::day_start(domain::clock::day_of(date).saturating_add(plus))))
    };
    let filter = data::audit::Filter {
        before: ask.before,
        login: word("login", &ask.login)?.map(|l| l.to_ascii_lowercase()),
        action: word("action", &ask.action)?,
        from: day("from", &ask.from, 0)?,
        to: day("to", &ask.to, 1)?,
    };
    data::audit::list(ctx.db.read(), &filter, PAGE).await.map_err(internal("audit log"))
}
