//! What the page of the rules asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::rules::RuleSet;
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// The rules of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesPage {
    /// The rules.
    pub set: RuleSet,
    /// The version that decides now.
    pub newest: i64,
}

/// The rules of a version, of the one that decides now where none (0) is named.
#[server(prefix = "/api/fn", endpoint = "rule_list", input = Json, output = Json)]
pub async fn rule_list(version: i64) -> Result<RulesPage, AppError> {
    let ctx = crate::need(domain::permission::Permission::RuleRead)?;
    use crate::error::{fail, internal};
    let current = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let newest = current.version;
    if version == 0 || version == newest {
        return Ok(RulesPage { set: current, newest });
    }
    let set = data::rule::version(ctx.db.read(), version).await.map_err(internal("rules of a version"))?;
    if set.rows.is_empty() { Err(fail(AppError::NotFound)) } else { Ok(RulesPage { set, newest }) }
}
