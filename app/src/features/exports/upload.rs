//! A finished export is sent to the supervision platform: entered here, sent by the server, and told to the audit log on both ends.

use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::{export::job, upload};
use domain::{export::owner_of, upload::UploadState};
use serde_json::json;

/// Enters the sending of one of the asker's exports.
///
/// # Errors
/// [`AppError::NotFound`] when the asker has no such file; [`AppError::Stale`] when the platform is not the one that was confirmed, or
/// the file is on its way or was accepted.
pub async fn run(ctx: &Ctx, id: i64, to: &str) -> Result<(), AppError> {
    let me = ctx.who.me().map_or(0, |me| me.id);
    let none = || fail(AppError::NotFound);
    let job = job::of(ctx.db.read(), &owner_of(me), id).await.map_err(internal("export"))?;
    let job = job.filter(|j| j.state == job::DONE).ok_or_else(none)?;
    // Whoever may see less today than when it was exported does not send it either.
    if job.scope != ctx.viewer.scope.to_string() {
        return Err(none());
    }
    let rows = data::export::of(&job.what).ok_or_else(none)?;
    crate::need(rows.needs)?;
    let platform = data::platform::load(ctx.db.read()).await.map_err(internal("platform"))?.ok_or_else(none)?.platform;
    if platform.address != to {
        return Err(fail(AppError::Stale));
    }
    let detail = json!({
        "what": job.what, "format": job.format, "rows": job.done, "bytes": job.bytes,
        "platform": platform.name, "address": platform.address, "key_id": platform.key_id,
    });
    let row = upload::Model {
        export_id: id,
        by_id: me,
        platform: platform.name,
        address: platform.address,
        key_id: platform.key_id,
        state: UploadState::Queued.code().into(),
        asked_at: ctx.now,
        next_at: ctx.now,
        ..upload::Model::default()
    };
    let txn = ctx.begin().await?;
    if !upload::begin(&txn, row).await.map_err(internal("upload"))? {
        return Err(fail(AppError::Stale));
    }
    ctx.commit(txn, "upload.begin", &format!("export {id}"), detail).await?;
    (ctx.wake_uploads)();
    done("/exports?done=upload");
    Ok(())
}
