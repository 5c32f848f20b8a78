//! What is asked of versions and drafts of the rules, checked and done.

use super::api::{Effects, MovedAsk, MovedPage, PAGE, RowAsk};
use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::{
    rederivation, rule,
    rule_draft::{self, Act, Asked, Model},
    rule_preview::{self, Narrow},
};
use domain::{
    clock,
    form::{Fault, Saved, Values},
    permission::Permission as P,
    rules::{
        RuleError, RuleKind, RuleRow,
        draft::{self, Change, DraftLine, DraftPage, NOTE_MAX, PreviewLine, Progress, Stage, VersionLine},
        form,
        preview::Standing,
    },
};
use serde_json::json;

/// Drafts in the list: there are a few a year.
const LISTED: u64 = 200;

fn field(name: &str) -> AppError {
    fail(AppError::Field(name.into()))
}

/// A text of somebody's own: given, not too long, on one line.
fn text<'a>(name: &str, given: &'a str) -> Result<&'a str, AppError> {
    let t = given.trim();
    let bad = t.is_empty() || t.chars().count() > NOTE_MAX || t.chars().any(char::is_control);
    if bad { Err(field(name)) } else { Ok(t) }
}

/// What was asked of a draft, or why not.
fn granted<T>(asked: Asked<T>) -> Result<T, AppError> {
    match asked {
        Some(Ok(t)) => Ok(t),
        Some(Err(deny)) => Err(fail(AppError::Draft(deny))),
        None => Err(fail(AppError::NotFound)),
    }
}

async fn found(ctx: &Ctx, id: i64) -> Result<Model, AppError> {
    let m = rule_draft::by_id(ctx.db.read(), id).await.map_err(internal("draft of rules"))?;
    m.ok_or_else(|| fail(AppError::NotFound))
}

fn address(id: i64) -> String {
    format!("/rules/drafts/{id}")
}

/// When, without by whom.
fn unnamed(done: &draft::Done) -> draft::Done {
    draft::Done { name: String::new(), ..done.clone() }
}

pub(super) async fn versions(ctx: &Ctx) -> Result<Vec<VersionLine>, AppError> {
    let mut all = rule_draft::versions(ctx.db.read()).await.map_err(internal("versions of the rules"))?;
    if !ctx.who.permissions().has(P::RuleEdit) {
        // Who of the authority wrote and approved it is the authority's own affair.
        for d in all.iter_mut().filter_map(|v| v.draft.as_mut()) {
            d.author = unnamed(&d.author);
            (d.submitted, d.decided) = (None, d.decided.as_ref().map(unnamed));
            d.published = d.published.as_ref().map(unnamed);
        }
    }
    Ok(all)
}

pub(super) async fn diff(ctx: &Ctx, from: i64, to: i64) -> Result<Vec<Change>, AppError> {
    let read = ctx.db.read();
    let earlier = rule::version(read, from).await.map_err(internal("rules of a version"))?;
    let later = rule::version(read, to).await.map_err(internal("rules of a version"))?;
    if earlier.rows.is_empty() || later.rows.is_empty() {
        return Err(fail(AppError::NotFound));
    }
    Ok(draft::diff(&earlier, &later))
}

pub(super) async fn list(ctx: &Ctx) -> Result<Vec<DraftLine>, AppError> {
    rule_draft::list(ctx.db.read(), LISTED).await.map_err(internal("drafts of rules"))
}

pub(super) async fn one(ctx: &Ctx, id: i64) -> Result<DraftPage, AppError> {
    let (m, read) = (found(ctx, id).await?, ctx.db.read());
    let newest = rule::newest(read).await.map_err(internal("rules"))?.unwrap_or_default();
    let preview = rule_preview::of(read, id).await.map_err(internal("preview of rules"))?;
    let preview = preview.map(|p| PreviewLine {
        current: p.revision == m.revision,
        ended: p.stage == rule_preview::DONE,
        failed: p.stage == rule_preview::FAILED,
        done: p.done,
        total: p.total,
        figures: p.figures(),
    });
    let (base, others) = rule_draft::sets(read, &m).await.map_err(internal("rules of a draft"))?;
    let me = ctx.actor().account;
    let mut may = rule_draft::may(read, &m, me).await.map_err(internal("draft of rules"))?;
    let approves = ctx.who.permissions().has(P::RuleApprove);
    (may.decide, may.publish) = (may.decide && approves, may.publish && approves);
    let mut progress = None;
    if m.version.is_some_and(|v| v == newest) {
        progress = rederivation::progress(read).await.map_err(internal("rederivation"))?;
    }
    let progress = progress.filter(|p| Some(p.version) == m.version).map(|p| Progress {
        changed: p.changed,
        left: i64::try_from(p.left).unwrap_or(i64::MAX),
        ended: p.ended,
    });
    let lines = rule_draft::lines(read, vec![m]).await.map_err(internal("draft of rules"))?;
    let line = lines.into_iter().next().ok_or_else(|| fail(AppError::NotFound))?;
    Ok(DraftPage { line, newest, changes: draft::diff(&base, &others), preview, may, progress })
}

pub(super) async fn effects(ctx: &Ctx, id: i64) -> Result<Effects, AppError> {
    let (m, read) = (found(ctx, id).await?, ctx.db.read());
    let now = rule::current(read).await.map_err(internal("rules"))?;
    let (_, others) = rule_draft::sets(read, &m).await.map_err(internal("rules of a draft"))?;
    let credit = data::credit::preview(&ctx.db, ctx.viewer, (&now, &others), ctx.now).await;
    let cases = data::case::moved(read, &now, &others).await.map_err(internal("terms of cases"))?;
    Ok(Effects { credit: credit.map_err(internal("preview of ratings"))?, cases })
}

pub(super) async fn begin(ctx: &Ctx, note: &str) -> Result<(), AppError> {
    let note = text("note", note)?;
    let txn = ctx.begin().await?;
    let id = rule_draft::begin(&txn, note, ctx.actor().account, ctx.now).await.map_err(internal("draft of rules"))?;
    ctx.commit(txn, "rule.draft", &format!("rule draft {id}"), json!({ "note": note })).await?;
    done(&address(id));
    Ok(())
}

pub(super) async fn act(ctx: &Ctx, id: i64, act: &str) -> Result<(), AppError> {
    let act = match act {
        "preview" => Act::Preview,
        "rebase" => Act::Rebase,
        "submit" => Act::Submit,
        "withdraw" => Act::Withdraw,
        "discard" => Act::Discard,
        _ => return Err(field("act")),
    };
    take(ctx, id, act).await
}

pub(super) async fn decide(ctx: &Ctx, id: i64, act: &str, reason: &str) -> Result<(), AppError> {
    match act {
        "approve" => take(ctx, id, Act::Approve).await,
        "send_back" => take(ctx, id, Act::SendBack(text("reason", reason)?.to_owned())).await,
        "publish" => {
            let asked = ctx.drafts.publish(id, ctx.actor()).await.map_err(fail)?;
            granted(asked)?;
            done(&address(id));
            Ok(())
        }
        _ => Err(field("act")),
    }
}

async fn take(ctx: &Ctx, id: i64, act: Act) -> Result<(), AppError> {
    let (action, reason) = match &act {
        Act::Preview => ("rule.preview", ""),
        Act::Rebase => ("rule.rebase", ""),
        Act::Submit => ("rule.submit", ""),
        Act::Withdraw => ("rule.withdraw", ""),
        Act::Discard => ("rule.discard", ""),
        Act::Approve => ("rule.approve", ""),
        Act::SendBack(reason) => ("rule.send_back", reason.as_str()),
    };
    let txn = ctx.begin().await?;
    let asked = rule_draft::act(&txn, id, &act, ctx.actor().account, ctx.now).await;
    granted(asked.map_err(internal("draft of rules"))?)?;
    let revision = rule_draft::by_id(&txn, id).await.map_err(internal("draft of rules"))?.map_or(0, |m| m.revision);
    let detail = json!({ "revision": revision, "reason": reason });
    ctx.commit(txn, action, &format!("rule draft {id}"), detail).await?;
    if act == Act::Preview {
        ctx.drafts.wake();
    }
    done(&address(id));
    Ok(())
}

/// A row as a draft has it: changed, or as it was.
async fn row(ctx: &Ctx, m: &Model, rule: &str) -> Result<Option<RuleRow>, AppError> {
    let (_, set) = rule_draft::sets(ctx.db.read(), m).await.map_err(internal("rules of a draft"))?;
    Ok(set.rows.into_iter().find(|r| r.rule_id == rule))
}

pub(super) async fn row_ask(ctx: &Ctx, id: i64, rule: &str, kind: &str) -> Result<RowAsk, AppError> {
    let m = found(ctx, id).await?;
    let row = if rule.is_empty() {
        let kind = RuleKind::from_code(kind).filter(|k| form::NEW.iter().any(|n| n.0 == *k));
        form::blank(kind.ok_or_else(|| fail(AppError::NotFound))?)
    } else {
        row(ctx, &m, rule).await?.ok_or_else(|| fail(AppError::NotFound))?
    };
    Ok(RowAsk {
        kind: row.kind,
        rule: rule.to_owned(),
        unit: row.unit.clone(),
        values: form::values(&row),
        today: clock::local_date(ctx.now),
    })
}

pub(super) async fn row_save(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let given = |name: &str| values.get(name).map_or("", |v| v.trim());
    let id = given("draft").parse::<i64>().map_err(|_| fail(AppError::NotFound))?;
    let m = found(ctx, id).await?;
    let saved = save(ctx, &m, given("rule"), given("kind"), values).await?;
    crate::ctx::after_form(&format!("{}/row", address(id)), values, &saved);
    Ok(saved)
}

async fn save(ctx: &Ctx, m: &Model, rule: &str, kind: &str, values: &Values) -> Result<Saved, AppError> {
    let was =
        if rule.is_empty() { None } else { Some(row(ctx, m, rule).await?.ok_or_else(|| fail(AppError::NotFound))?) };
    let kind = was.as_ref().map(|r| r.kind).or_else(|| RuleKind::from_code(kind)).ok_or_else(|| field("kind"))?;
    let row = match form::read(kind, was.as_ref(), values) {
        Ok(row) => row,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let fault = |field: &str, zh: &str, en: &str| {
        Saved::Faults(vec![Fault { field: field.into(), zh: zh.into(), en: en.into() }])
    };
    let txn = ctx.begin().await?;
    let (base, set) = rule_draft::sets(&txn, m).await.map_err(internal("rules of a draft"))?;
    if was.is_none() && set.rows.iter().any(|r| r.rule_id == row.rule_id) {
        return Ok(fault("id", "该编号已存在,请换一个", "this id is there already: choose another"));
    }
    // All rows together, as they will be loaded.
    let mut all = rule_draft::changes(&txn, m.id).await.map_err(internal("draft of rules"))?;
    all.retain(|r| r.rule_id != row.rule_id);
    all.push(row.clone());
    if let Err(RuleError::Row { field, what, .. }) = draft::applied(&base, &all) {
        return Ok(fault(field, "与其他规则合在一起不成立,请核对", what));
    }
    let asked = rule_draft::put_change(&txn, m.id, &row, ctx.actor().account, ctx.now).await;
    granted(asked.map_err(internal("draft of rules"))?)?;
    let detail = json!({ "rule": row.rule_id, "was": was, "is": row });
    ctx.commit(txn, "rule.change", &format!("rule draft {}", m.id), detail).await?;
    Ok(Saved::Done(address(m.id)))
}

pub(super) async fn row_drop(ctx: &Ctx, id: i64, rule: &str) -> Result<(), AppError> {
    // No row bears such an id, and PostgreSQL takes no NUL.
    if !rule.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(fail(AppError::NotFound));
    }
    let txn = ctx.begin().await?;
    let asked = rule_draft::drop_change(&txn, id, rule, ctx.actor().account, ctx.now).await;
    if !granted(asked.map_err(internal("draft of rules"))?)? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "rule.take_back", &format!("rule draft {id}"), json!({ "rule": rule })).await?;
    done(&address(id));
    Ok(())
}

pub(super) async fn moved(ctx: &Ctx, ask: &MovedAsk) -> Result<MovedPage, AppError> {
    let m = found(ctx, ask.id).await?;
    let standing = |name: &str, word: &str| match word {
        "" => Ok(None),
        w => Standing::ALL.into_iter().find(|s| s.code() == w).map(Some).ok_or_else(|| field(name)),
    };
    let narrow = Narrow {
        district: (ask.district != 0).then_some(ask.district),
        org: (ask.org != 0).then_some(ask.org),
        from: standing("from", &ask.from)?,
        to: standing("to", &ask.to)?,
    };
    if m.stage() == Stage::Published {
        // What it moved has moved: the archive has it.
        return Ok(MovedPage { rows: vec![], next: None });
    }
    // As the figures were made, so that the list is the one behind them.
    let preview = rule_preview::of(ctx.db.read(), m.id).await.map_err(internal("preview of rules"))?;
    let day = preview.map_or_else(|| clock::local_date(ctx.now), |p| clock::date_of(p.day));
    let page = rule_preview::moved(&ctx.db, ctx.viewer, &m, &narrow, (day, ask.after, PAGE)).await;
    let (rows, next) = page.map_err(internal("cylinders that a draft moves"))?;
    Ok(MovedPage { rows, next })
}
