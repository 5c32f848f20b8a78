//! What is asked of imports, checked and done.

use super::api::PAGE;
use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::import::{aside, run};
use domain::{
    import::{AsidePage, Mend, Mended, NOTE_MAX, RunLine, RunPage, Stage},
    scope::Scope,
};
use serde_json::json;

/// Rows in quarantine on a page.
const ASIDE: u64 = 20;
/// Cells of a row at most, as of a table.
const CELLS_MAX: usize = 200;
/// Longest cell, bytes, as of a table.
const CELL_MAX: usize = 4 << 10;

fn field(name: &str) -> AppError {
    fail(AppError::Field(name.into()))
}

/// A run that the asker may see.
async fn seen(ctx: &Ctx, id: i64) -> Result<run::Model, AppError> {
    let found = run::of(ctx.db.read(), ctx.viewer, id).await.map_err(internal("import"))?;
    found.ok_or_else(|| fail(AppError::NotFound))
}

async fn line(ctx: &Ctx, run: &run::Model) -> Result<RunLine, AppError> {
    let lines = run::lines(ctx.db.read(), std::slice::from_ref(run)).await.map_err(internal("import"))?;
    lines.into_iter().next().ok_or_else(|| fail(AppError::NotFound))
}

pub(super) async fn list(ctx: &Ctx, before: i64) -> Result<Vec<RunLine>, AppError> {
    let runs = run::list(ctx.db.read(), ctx.viewer, before, PAGE).await.map_err(internal("imports"))?;
    run::lines(ctx.db.read(), &runs).await.map_err(internal("imports"))
}

pub(super) async fn one(ctx: &Ctx, id: i64) -> Result<RunPage, AppError> {
    let run = seen(ctx, id).await?;
    let orgs = run::orgs(ctx.db.read(), ctx.viewer).await.map_err(internal("organisations"))?;
    Ok(RunPage {
        line: line(ctx, &run).await?,
        bytes: run.bytes,
        failure: run.failure.clone(),
        head: run.head(),
        preview: serde_json::from_str(&run.preview).ok(),
        chosen: run.chosen(),
        presets: ctx.imports.presets(),
        orgs,
        org_id: run.org_id,
    })
}

pub(super) async fn aside(ctx: &Ctx, id: i64, all: bool, after: i32) -> Result<AsidePage, AppError> {
    let run = seen(ctx, id).await?;
    let which = (!all).then_some(Mend::Open);
    let rows = aside::page(ctx.db.read(), id, which, after, ASIDE + 1).await;
    let mut rows = rows.map_err(internal("quarantine"))?;
    let more = rows.len() as u64 > ASIDE;
    rows.truncate(usize::try_from(ASIDE).unwrap_or(usize::MAX));
    Ok(AsidePage { line: line(ctx, &run).await?, head: run.head(), rows, more })
}

pub(super) async fn check(ctx: &Ctx, id: i64, preset: &str, org: i64, chosen: &[String]) -> Result<(), AppError> {
    let run = seen(ctx, id).await?;
    let presets = ctx.imports.presets();
    let preset = presets.iter().find(|p| p.id == preset).ok_or_else(|| field("preset"))?;
    let org = match ctx.viewer.scope {
        Scope::Org(own) if org == 0 => own,
        _ => org,
    };
    let orgs = run::orgs(ctx.db.read(), ctx.viewer).await.map_err(internal("organisations"))?;
    if !orgs.iter().any(|(id, _)| *id == org) {
        return Err(field("org"));
    }
    let columns = run.head().columns.len();
    let at = |c: &String| match c.trim() {
        "" => Ok(None),
        c => c.parse::<u32>().ok().filter(|n| (*n as usize) < columns).map(Some).ok_or_else(|| field("chosen")),
    };
    let chosen = chosen.iter().map(at).collect::<Result<Vec<Option<u32>>, AppError>>()?;
    // None at all leaves it to the names of the columns.
    if !chosen.is_empty() && chosen.len() != preset.columns.len() {
        return Err(field("chosen"));
    }
    let taken: Vec<u32> = chosen.iter().flatten().copied().collect();
    if taken.iter().enumerate().any(|(i, c)| taken[..i].contains(c)) {
        return Err(field("chosen"));
    }
    let next = run::Model {
        preset: preset.id.clone(),
        org_id: org,
        chosen: json!(chosen).to_string(),
        stage: Stage::Checking.code().into(),
        report: String::new(),
        failure: String::new(),
        ..run
    };
    let txn = ctx.begin().await?;
    if !run::put(&txn, &next, &[Stage::Ready, Stage::Checked]).await.map_err(internal("import"))? {
        return Err(fail(AppError::NotFound));
    }
    let detail = json!({ "preset": next.preset, "org": org });
    ctx.commit(txn, "import.check", &format!("import {id}"), detail).await?;
    ctx.imports.wake();
    done(&format!("/imports/{id}"));
    Ok(())
}

pub(super) async fn start(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let run = seen(ctx, id).await?;
    let next = run::Model { stage: Stage::Queued.code().into(), done: 0, ..run };
    let txn = ctx.begin().await?;
    if !run::put(&txn, &next, &[Stage::Checked]).await.map_err(internal("import"))? {
        return Err(fail(AppError::NotFound));
    }
    let detail = json!({ "preset": next.preset, "org": next.org_id, "file": next.file });
    ctx.commit(txn, "import.start", &format!("import {id}"), detail).await?;
    ctx.imports.wake();
    done(&format!("/imports/{id}"));
    Ok(())
}

pub(super) async fn cancel(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let run = seen(ctx, id).await?;
    let txn = ctx.begin().await?;
    if !run::cancel(&txn, run.id, ctx.now).await.map_err(internal("import"))? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "import.cancel", &format!("import {id}"), json!({ "done": run.done })).await?;
    ctx.imports.wake();
    done(&format!("/imports/{id}"));
    Ok(())
}

pub(super) async fn mend(ctx: &Ctx, id: i64, line: i32, cells: Vec<String>) -> Result<Mended, AppError> {
    let run = seen(ctx, id).await?;
    if cells.is_empty() || cells.len() > CELLS_MAX || cells.iter().any(|c| c.len() > CELL_MAX) {
        return Err(field("cells"));
    }
    let came = ctx.imports.mend(run.id, line, cells, ctx.actor()).await.map_err(fail)?;
    let word = match came {
        Mended::None => return Err(fail(AppError::NotFound)),
        Mended::Taken => "taken",
        Mended::Known => "known",
        Mended::Still => "still",
    };
    // To the row where it still stands, so that what is wrong is read beside it.
    let place = if came == Mended::Still { format!("#row-{line}") } else { String::new() };
    done(&format!("/imports/{id}/quarantine?mended={word}&line={line}{place}"));
    Ok(came)
}

pub(super) async fn leave_out(ctx: &Ctx, id: i64, line: i32, reason: &str) -> Result<(), AppError> {
    let run = seen(ctx, id).await?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_MAX || reason.chars().any(char::is_control) {
        return Err(field("reason"));
    }
    let txn = ctx.begin().await?;
    let row = aside::waiting(&txn, run.id, line).await.map_err(internal("quarantine"))?;
    let row = row.ok_or_else(|| fail(AppError::NotFound))?;
    let row = aside::Model {
        mend: Mend::LeftOut as i16,
        account_id: ctx.actor().account,
        mended_at: Some(ctx.now),
        note: reason.to_owned(),
        ..row
    };
    if !aside::put(&txn, &row).await.map_err(internal("quarantine"))? {
        return Err(fail(AppError::NotFound));
    }
    let detail = json!({ "line": line, "reason": reason });
    ctx.commit(txn, "import.leave_out", &format!("import {id}"), detail).await?;
    done(&format!("/imports/{id}/quarantine?mended=left_out&line={line}"));
    Ok(())
}
