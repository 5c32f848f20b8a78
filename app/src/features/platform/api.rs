//! The supervision platform, for the system administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::upload::Platform;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// The platform that is set, without its secret.
#[server(prefix = "/api/fn", endpoint = "platform_read", input = Json, output = Json)]
pub async fn platform_read() -> Result<Option<Platform>, AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    let stored = data::platform::load(ctx.db.read()).await.map_err(crate::error::internal("platform"))?;
    Ok(stored.map(|s| s.platform))
}

/// Sets the platform. Without a secret the one that was entered stays, as long as address and key id do.
#[server(prefix = "/api/fn", endpoint = "platform_save", input = PostUrl, output = Json)]
pub async fn platform_save(platform: Platform, #[server(default)] secret: String) -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::error::{done, fail, internal};
    use data::platform::{Stored, load, put};
    use domain::upload::secret_ok;
    let field = |name: &str| fail(AppError::Field(name.into()));
    let trimmed = |text: &str| text.trim().to_owned();
    let platform = Platform {
        name: trimmed(&platform.name),
        address: trimmed(&platform.address),
        key_id: trimmed(&platform.key_id),
    };
    if let Some(name) = platform.fault() {
        return Err(field(name));
    }
    let before = load(ctx.db.read()).await.map_err(internal("platform"))?;
    let stored = match (secret.as_str(), &before) {
        ("", Some(before)) => before.renamed(platform.clone()),
        ("", None) => None,
        (secret, _) if secret_ok(secret) => Stored::seal(&ctx.master, platform.clone(), secret),
        _ => None,
    };
    let stored = stored.ok_or_else(|| field("secret"))?;
    let before = before.map(|b| b.platform);
    let detail = serde_json::json!({ "before": before, "after": platform, "new_secret": !secret.is_empty() });
    let txn = ctx.begin().await?;
    put(&txn, Some(&stored)).await.map_err(internal("platform"))?;
    ctx.commit(txn, "platform.save", "platform", detail).await?;
    done("/platform?done=saved");
    Ok(())
}

/// Takes the platform away: what waits to be sent ends as failed.
#[server(prefix = "/api/fn", endpoint = "platform_remove", input = PostUrl, output = Json)]
pub async fn platform_remove() -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::error::{done, fail, internal};
    let before = data::platform::load(ctx.db.read()).await.map_err(internal("platform"))?;
    let before = before.ok_or_else(|| fail(AppError::NotFound))?.platform;
    let txn = ctx.begin().await?;
    data::platform::put(&txn, None).await.map_err(internal("platform"))?;
    ctx.commit(txn, "platform.remove", "platform", serde_json::json!({ "before": before })).await?;
    done("/platform?done=removed");
    Ok(())
}
