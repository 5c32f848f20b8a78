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

impl AuditAsk {
    /// What it is narrowed to, as names and values of the address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 4] {
        [("login", &self.login), ("action", &self.action), ("from", &self.from), ("to", &self.to)]
    }
}

/// Rows of the log, newest first.
#[server(prefix = "/api/fn", endpoint = "audit_list", input = Json, output = Json)]
pub async fn audit_list(ask: AuditAsk) -> Result<Vec<AuditLine>, AppError> {
    let ctx = crate::need(P::AuditRead)?;
    use crate::error::{fail, internal};
    let filter = data::audit::Filter::asked(ask.fields()).map_err(|name| fail(AppError::Invalid(name.into())))?;
    let filter = data::audit::Filter { before: ask.before, ..filter };
    data::audit::list(ctx.db.read(), &filter, PAGE).await.map_err(internal("audit log"))
}
