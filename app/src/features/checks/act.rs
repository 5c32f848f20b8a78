//! What is done with the draft of a catalogue, checked and done. Each leaves its row in the audit log.

use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::check::Published;
use domain::{
    check::Catalogue,
    form::{Fault, Saved, Values},
};
use serde_json::json;

/// Characters of the reason for a version at most.
const NOTE_MAX: usize = 200;

/// A form as it was sent.
pub struct Asked {
    /// Which catalogue.
    pub catalogue: String,
    /// What is to be done.
    pub act: String,
    /// Item.
    pub code: String,
    /// The state of the draft that was seen.
    pub revision: i64,
    /// Why.
    pub note: String,
    /// `yes`: the reader confirmed.
    pub sure: String,
}

fn me(ctx: &Ctx) -> i64 {
    ctx.who.me().map_or(0, |me| me.id)
}

fn subject(c: Catalogue) -> String {
    format!("check catalogue {}", c.code())
}

/// Puts an item into the draft.
///
/// # Errors
/// When the record does not answer.
pub async fn save(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let edited = match domain::check::read(values) {
        Ok(edited) => edited,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let txn = ctx.begin().await?;
    let put = data::check::put(&txn, &edited, me(ctx)).await.map_err(internal("check item"))?;
    let version = match put {
        Ok(version) => version,
        Err(field) => return Ok(Saved::Faults(vec![fault(field)])),
    };
    let detail = json!({ "version": version, "was": edited.was, "item": edited.item });
    ctx.commit(txn, "check.item", &subject(edited.catalogue), detail).await?;
    Ok(Saved::Done(format!("/checks/{}?version={version}", edited.catalogue.code())))
}

fn fault(field: &str) -> Fault {
    let (zh, en) = match field {
        "catalogue" => (
            "该目录没有草稿,或已满 64 项:请先在目录页开始新版本",
            "this catalogue has no draft, or holds 64 items already: begin a new version on its page first",
        ),
        "code" => ("该代码已被目录中的另一项使用", "another item of the catalogue bears this code"),
        _ => ("原项目已不在草稿中", "the item is in the draft no more"),
    };
    // What the item was is no field that is shown.
    let field = if field == "was" { "code" } else { field };
    Fault { field: field.into(), zh: zh.into(), en: en.into() }
}

/// Checks and does it.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::Stale`] when the draft is not what was seen.
pub async fn run(ctx: &Ctx, asked: Asked) -> Result<(), AppError> {
    let field = |name: &str| fail(AppError::Field(name.into()));
    let none = || fail(AppError::NotFound);
    let c = Catalogue::from_code(&asked.catalogue).ok_or_else(none)?;
    let note = asked.note.trim();
    let path = format!("/checks/{}", c.code());
    match asked.act.as_str() {
        "begin" => {
            let txn = ctx.begin().await?;
            let version = data::check::begin(&txn, c, me(ctx)).await.map_err(internal("draft"))?;
            ctx.commit(txn, "check.draft", &subject(c), json!({ "version": version })).await?;
            done(&format!("{path}?version={version}"));
        }
        "remove" => {
            // No item bears such a code, and PostgreSQL takes no NUL.
            if asked.code.chars().any(char::is_control) {
                return Err(none());
            }
            let txn = ctx.begin().await?;
            let removed = data::check::remove(&txn, c, asked.code.trim(), me(ctx)).await.map_err(internal("draft"))?;
            let Some(version) = removed else { return Err(none()) };
            ctx.commit(txn, "check.remove", &subject(c), json!({ "item": asked.code.trim() })).await?;
            done(&format!("{path}?version={version}&done=saved"));
        }
        "discard" => {
            let txn = ctx.begin().await?;
            if !data::check::discard(&txn, c).await.map_err(internal("draft"))? {
                return Err(none());
            }
            ctx.commit(txn, "check.discard", &subject(c), serde_json::Value::Null).await?;
            done(&format!("{path}?done=saved"));
        }
        "publish" => {
            if asked.sure != "yes" {
                return Err(field("sure"));
            }
            if note.is_empty() || note.chars().count() > NOTE_MAX || note.chars().any(char::is_control) {
                return Err(field("note"));
            }
            let txn = ctx.begin().await?;
            let published = data::check::publish(&txn, c, asked.revision, note, me(ctx), ctx.now).await;
            match published.map_err(internal("publish"))? {
                Published::Done(version) => {
                    ctx.commit(txn, "check.publish", &subject(c), json!({ "version": version, "note": note })).await?;
                    done(&format!("{path}?done=saved"));
                }
                Published::None => return Err(none()),
                Published::Stale => return Err(fail(AppError::Stale)),
            }
        }
        _ => return Err(field("act")),
    }
    Ok(())
}
