//! The policy of passwords and sessions, for the security administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::policy::Policy;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// The policy in force.
#[server(prefix = "/api/fn", endpoint = "policy_read", input = Json, output = Json)]
pub async fn policy_read() -> Result<Policy, AppError> {
    let ctx = crate::need(P::PolicyEdit)?;
    ctx.policy().await
}

/// Puts a policy in force. Passwords keep the strength under which they were hashed until they are changed.
#[server(prefix = "/api/fn", endpoint = "policy_save", input = PostUrl, output = Json)]
pub async fn policy_save(policy: Policy) -> Result<(), AppError> {
    let ctx = crate::need(P::PolicyEdit)?;
    use crate::error::{done, fail, internal};
    if let Some(limit) = policy.out_of_bounds() {
        return Err(fail(AppError::Field(limit.name.into())));
    }
    let before = ctx.policy().await?;
    let txn = ctx.begin().await?;
    data::policy::put(&txn, &policy).await.map_err(internal("policy"))?;
    ctx.commit(txn, "policy.save", "policy", serde_json::json!({ "before": before, "after": policy })).await?;
    done("/policy?done=saved");
    Ok(())
}
