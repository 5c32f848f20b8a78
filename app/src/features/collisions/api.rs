//! What the page of duplicates asks of the server, and how a pair is settled.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::collision::Collisions;
#[cfg(feature = "ssr")]
use domain::{
    collision::{Collision, Kind, reason},
    event::{Cancel, CancelWay, Content, EventKind},
    outcome::RecordCode,
    permission::Permission as P,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// A page of the pairs of a kind within sight that nobody settled.
#[server(prefix = "/api/fn", endpoint = "collision_list", input = Json, output = Json)]
pub async fn collision_list(kind: String, after: String) -> Result<Collisions, AppError> {
    let ctx = crate::need(P::CylinderRead)?;
    let kind = Kind::from_code(&kind).ok_or_else(|| crate::error::fail(AppError::Invalid("kind".into())))?;
    let found = data::collision::list(&ctx.db, ctx.viewer, kind, &after).await;
    let found = found.map_err(crate::ctx::ask_failed("duplicates"))?;
    Ok(Collisions { may_settle: ctx.who.permissions().has(P::CylinderEdit), ..found })
}

/// Two files are of two cylinders: they stand beside each other no more.
#[server(prefix = "/api/fn", endpoint = "collision_different", input = PostUrl, output = Json)]
pub async fn collision_different(
    kind: String,
    one: i64,
    other: i64,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderEdit)?;
    let why = given(&reason)?;
    let txn = ctx.begin().await?;
    let kind = Kind::from_code(&kind);
    let pair = match kind {
        Some(kind) => data::collision::find(&txn, ctx.viewer, kind, one, other).await,
        None => Ok(None),
    };
    let pair = pair.map_err(crate::error::internal("pair"))?.ok_or_else(|| crate::error::fail(AppError::NotFound))?;
    let ruled = data::collision::rule(&txn, &pair, &why, ctx.actor().account, ctx.now).await;
    // Sent twice, the first stands: it was noted, and is in the log.
    if ruled.map_err(crate::error::internal("ruling"))? {
        let detail = serde_json::json!({ "kind": pair.kind, "one": one, "other": other, "reason": why });
        ctx.commit(txn, "collision.different", &named(&pair), detail).await?;
    }
    go_back(&back);
    Ok(())
}

/// Two files are of one cylinder: the one that does not stay is closed through the ledger, and says which one stays.
#[server(prefix = "/api/fn", endpoint = "collision_same", input = PostUrl, output = Json)]
pub async fn collision_same(
    kind: String,
    one: i64,
    other: i64,
    #[server(default)] stays: String,
    #[server(default)] reason: String,
    #[server(default)] sure: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::CylinderEdit)?;
    use crate::error::{fail, internal};
    let why = given(&reason)?;
    if sure != "yes" {
        return Err(fail(AppError::Field("sure".into())));
    }
    let pair = match Kind::from_code(&kind) {
        Some(kind) => data::collision::find(ctx.db.read(), ctx.viewer, kind, one, other).await,
        None => Ok(None),
    };
    let pair = pair.map_err(internal("pair"))?.ok_or_else(|| fail(AppError::NotFound))?;
    let (stay, go) = match stays.as_str() {
        "one" => (&pair.one, &pair.other),
        "other" => (&pair.other, &pair.one),
        _ => return Err(fail(AppError::Field("stays".into()))),
    };
    if !go.can_go() {
        return Err(fail(AppError::Field("stays".into())));
    }
    let seat = data::collision::seat(&ctx.db, go.id).await.map_err(internal("pair"))?;
    let (org, site) = seat.ok_or_else(|| fail(AppError::NotFound))?;
    let content = Content::Cancel(Cancel { way: CancelWay::Duplicate, reason: why.clone(), same_as: Some(stay.id) });
    let detail = serde_json::json!({ "kind": pair.kind, "stays": stay.id, "closed": go.id, "reason": why });
    let deed = ctx.deed("collision.same", named(&pair), detail);
    let say = crate::Say { org, site, tag: go.tag.clone(), kind: EventKind::Cancel, content, by: ctx.name(), deed };
    // Between the look and the commit somebody else may have closed one of them.
    match (ctx.tell)(say).await.map_err(fail)? {
        Ok(_) => {}
        Err(RecordCode::FileClosed) => return Err(fail(AppError::Stale)),
        Err(_) => return Err(fail(AppError::NotFound)),
    }
    go_back(&back);
    Ok(())
}

#[cfg(feature = "ssr")]
fn given(text: &str) -> Result<String, AppError> {
    reason(text).ok_or_else(|| crate::error::fail(AppError::Field("reason".into())))
}

#[cfg(feature = "ssr")]
fn named(pair: &Collision) -> String {
    format!("cylinders {} and {}", pair.one.id, pair.other.id)
}

#[cfg(feature = "ssr")]
fn go_back(back: &str) {
    let back = domain::account::own_path(back).filter(|b| b.starts_with("/collisions")).unwrap_or("/collisions");
    let joint = if back.contains('?') { '&' } else { '?' };
    crate::error::done(&format!("{back}{joint}done=saved"));
}
