//! Displays: pairing by the code that a wall shows, and revoking.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::account::DisplayLine;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// The displays that are paired.
#[server(prefix = "/api/fn", endpoint = "display_list", input = Json, output = Json)]
pub async fn display_list() -> Result<Vec<DisplayLine>, AppError> {
    let ctx = crate::need(P::DisplayPair)?;
    let all = data::display::active(ctx.db.read()).await.map_err(crate::error::internal("displays"))?;
    Ok(all.into_iter().map(|d| DisplayLine { id: d.id, name: d.name, created_at: d.created_at }).collect())
}

/// Pairs the display that shows this code.
#[server(prefix = "/api/fn", endpoint = "display_confirm", input = PostUrl, output = Json)]
pub async fn display_confirm(code: String, name: String) -> Result<(), AppError> {
    let ctx = crate::need(P::DisplayPair)?;
    use crate::error::{done, fail, internal};
    use data::throttle::{self, Subject};
    let me = ctx.who.me().map_or(0, |me| me.id);
    let name = domain::account::name(&name).ok_or_else(|| fail(AppError::Field("name".into())))?;
    let code = data::secret::typed(&code.chars().take(64).collect::<String>());
    let policy = ctx.policy().await?;
    let txn = ctx.begin().await?;
    let free = throttle::take(&txn, &policy, Subject::Pairing(me), ctx.now).await.map_err(internal("throttle"))?;
    txn.commit().await.map_err(internal("throttle"))?;
    if !free {
        return Err(fail(AppError::TooMany));
    }
    let txn = ctx.begin().await?;
    if !data::pairing_code::confirm(&txn, &code, &name, me, ctx.now).await.map_err(internal("pairing"))? {
        return Err(fail(AppError::Wrong));
    }
    throttle::succeeded(&txn, Subject::Pairing(me)).await.map_err(internal("throttle"))?;
    ctx.commit(txn, "display.pair", &format!("display {name}"), serde_json::Value::Null).await?;
    done("/displays?done=paired");
    Ok(())
}

/// Revokes a display: its screens go dark within seconds.
#[server(prefix = "/api/fn", endpoint = "display_revoke", input = PostUrl, output = Json)]
pub async fn display_revoke(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::DisplayPair)?;
    use crate::error::{done, fail, internal};
    let txn = ctx.begin().await?;
    if !data::display::revoke(&txn, id, ctx.now).await.map_err(internal("display"))? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "display.revoke", &format!("display {id}"), serde_json::Value::Null).await?;
    done("/displays?done=revoked");
    Ok(())
}
