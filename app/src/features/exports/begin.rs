//! Exports are listed, begun or cancelled, and the audit log told of it.

use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::export::{Refusal, Wanted, job};
use domain::{
    analysis::Asked,
    clock,
    export::{Format, JobPage, owner_of},
    permission::Permission as P,
};
use serde_json::{Value, json};

/// Begins one.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when there is no such export.
pub async fn run(ctx: &Ctx, what: String, format: &str, filter: String, lang: &str) -> Result<(), AppError> {
    let field = |name: &str| fail(AppError::Field(name.into()));
    let rows = data::export::of(&what).ok_or_else(|| fail(AppError::NotFound))?;
    // What may not be read is not exported either.
    crate::need(rows.needs)?;
    let format = Format::from_code(format).ok_or_else(|| field("format"))?;
    // The wording of a day and of its faults is that of whoever reads it.
    (rows.check)(&filter).map_err(|_| field("filter"))?;
    let asked: Value = serde_json::from_str(&filter).unwrap_or_default();
    let as_of = match asked["as_of"].as_str() {
        None | Some("") => clock::local_date(ctx.now),
        Some(day) => day.parse().map_err(|_| field("as_of"))?,
    };
    if rows.needs == P::AnalysisRead {
        let asked: Asked = if filter.is_empty() {
            Asked::default()
        } else {
            serde_json::from_value(asked).map_err(|_| field("filter"))?
        };
        asked.viewer(ctx.viewer).ok_or_else(|| field("district"))?;
    }
    let me = ctx.who.me().map_or(0, |me| me.id);
    let detail = json!({ "format": format.code(), "as_of": as_of, "filter": filter });
    let wanted = Wanted {
        owner: owner_of(me),
        viewer: ctx.viewer,
        what: what.clone(),
        format,
        zh: lang != "en",
        as_of: clock::day_of(as_of),
        filter,
    };
    let txn = ctx.begin().await?;
    data::export::begin(&txn, wanted, ctx.now).await.map_err(|why| match why {
        Refusal::TooMany => fail(AppError::Busy),
        Refusal::Unknown(_) => fail(AppError::NotFound),
        Refusal::Filter(_) => field("filter"),
        Refusal::Data(why) => internal("export")(why),
    })?;
    ctx.commit(txn, "export.begin", &what, detail).await?;
    (ctx.wake_exports)();
    done("/exports?done=export");
    Ok(())
}

/// The asker's exports, the newest first, and the platform they can be sent to.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx) -> Result<JobPage, AppError> {
    let owner = owner_of(ctx.who.me().map_or(0, |me| me.id));
    let jobs = job::list(ctx.db.read(), &owner, 50).await.map_err(internal("exports"))?;
    let ids: Vec<i64> = jobs.iter().map(|j| j.id).collect();
    let uploads = data::upload::of(ctx.db.read(), &ids).await.map_err(internal("exports"))?;
    let jobs = jobs.into_iter().map(|j| {
        let upload = uploads.get(&j.id);
        data::export::line(j, upload)
    });
    let jobs = jobs.collect();
    let platform = if ctx.who.permissions().has(P::Upload) {
        data::platform::load(ctx.db.read()).await.map_err(internal("platform"))?
    } else {
        None
    };
    Ok(JobPage { jobs, platform: platform.map(|p| (p.platform.name, p.platform.address)) })
}

/// Cancels one.
///
/// # Errors
/// [`AppError::NotFound`] when the asker has none of this number that has not ended.
pub async fn cancel(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let owner = owner_of(ctx.who.me().map_or(0, |me| me.id));
    let txn = ctx.begin().await?;
    if !job::cancel(&txn, &owner, id, ctx.now).await.map_err(internal("export"))? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "export.cancel", &id.to_string(), Value::Null).await?;
    done("/exports?done=cancelled");
    Ok(())
}
