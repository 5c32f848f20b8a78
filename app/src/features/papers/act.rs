//! What is done with documents, checked and done.

use super::api::{Reply, Shown, ToIssue};
use crate::{
    Ctx,
    ctx::again,
    error::{AppError, done, fail, fail_at, internal},
};
use data::{
    form_draft::{self, Draft, Form},
    paper::{self, Done, Issued},
    paper_deed,
};
use domain::{
    clock,
    form::{Fault, Values},
    paper::{self as words, Act, Addressed, Deed, Drawn, PaperFile, PaperPage, Receipt},
    permission::Permission as P,
};
use serde_json::json;

/// Where a document is drawn up.
const NEW: &str = "/papers/new";

fn own(ctx: &Ctx) -> i64 {
    ctx.who.me().map_or(0, |me| me.id)
}

async fn page(ctx: &Ctx, id: i64) -> Result<PaperPage, AppError> {
    let found = paper::one(&ctx.db, ctx.viewer, id, ctx.now).await.map_err(internal("document"))?;
    found.ok_or_else(|| fail(AppError::NotFound))
}

/// A draft of the account's, and the files that it holds.
async fn draft_of(ctx: &Ctx, form: Form, id: i64) -> Result<Option<(Draft, Vec<PaperFile>)>, AppError> {
    if id == 0 {
        return Ok(None);
    }
    let db = ctx.db.read();
    let Some(draft) = form_draft::one(db, own(ctx), form, id).await.map_err(internal("draft"))? else {
        return Ok(None);
    };
    let tokens = draft.values.get("files").map_or("", String::as_str);
    let tokens: Vec<String> = tokens.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    let files = paper_deed::files(db, &tokens, own(ctx)).await.map_err(internal("files of a draft"))?;
    Ok(Some((draft, files)))
}

/// A document, opened thereby.
///
/// # Errors
/// [`AppError::NotFound`] where there is none within sight.
pub async fn one(ctx: &Ctx, id: i64, draft: i64, checked: bool) -> Result<Shown, AppError> {
    let mut shown = page(ctx, id).await?;
    let may = ctx.who.permissions();
    let may_sign = may.has(P::PaperSign) && shown.paper.own.is_some();
    if may_sign && shown.paper.own == Some(Receipt::Waiting) {
        let txn = ctx.begin().await?;
        let opened = paper::act(&txn, ctx.viewer, (id, Act::Open, ""), (own(ctx), ctx.now)).await;
        if opened.map_err(internal("document"))? == Done::Taken {
            ctx.commit(txn, "paper.open", &format!("paper {id}"), json!({"party": ctx.viewer.scope})).await?;
            shown = page(ctx, id).await?;
        }
    }
    let mut reply = Reply::default();
    if may_sign
        && let Some((d, files)) = draft_of(ctx, Form::Answer, draft).await?
        && d.about == id
    {
        let wrong = words::answer(&d.values).err();
        reply = Reply {
            draft,
            seen: d.changed_at,
            ready: checked && wrong.is_none(),
            faults: wrong.into_iter().filter(|_| checked).collect(),
            text: d.values.get("answer").cloned().unwrap_or_default(),
            files,
        };
    }
    let may_issue = may.has(P::PaperIssue) && shown.issued_here;
    Ok(Shown { page: shown, may_issue, may_sign, name: ctx.name(), party: ctx.viewer.scope, reply })
}

/// A document for its receipt sheet.
///
/// # Errors
/// [`AppError::NotFound`] where there is none within sight.
pub async fn sheet(ctx: &Ctx, id: i64) -> Result<PaperPage, AppError> {
    page(ctx, id).await
}

/// The document that a draft means, and the names of its parties.
async fn drawn(ctx: &Ctx, values: &Values) -> Result<Result<(Drawn, Vec<String>), Vec<Fault>>, AppError> {
    let to = paper_deed::addressees(&ctx.db, ctx.viewer, &Addressed::of(values)).await;
    let to = to.map_err(internal("parties of a document"))?;
    let mut whole = values.clone();
    let scopes: Vec<String> = to.iter().map(|p| p.0.to_string()).collect();
    whole.insert("parties".into(), scopes.join(","));
    let names = to.into_iter().map(|p| p.1).collect();
    Ok(words::read(&whole, clock::local_date(ctx.now)).map(|d| (d, names)))
}

/// What a document is drawn up with.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such draft of the account's.
pub async fn ask(ctx: &Ctx, draft: i64, checked: bool) -> Result<ToIssue, AppError> {
    let begun = draft_of(ctx, Form::Paper, draft).await?;
    if draft != 0 && begun.is_none() {
        return Err(fail(AppError::NotFound));
    }
    let drafts = form_draft::list(ctx.db.read(), own(ctx), Form::Paper).await.map_err(internal("drafts"))?;
    let title = |d: &Draft| d.values.get("title").cloned().unwrap_or_default();
    let mut out = ToIssue {
        choices: paper_deed::choices(&ctx.db, ctx.viewer).await.map_err(internal("choices of a document"))?,
        drafts: drafts.iter().filter(|d| d.id != draft).map(|d| (d.id, title(d), d.changed_at)).collect(),
        today: clock::local_date(ctx.now),
        ..ToIssue::default()
    };
    let Some((begun, files)) = begun else { return Ok(out) };
    if checked {
        match drawn(ctx, &begun.values).await? {
            Ok((_, names)) => out.parties = Some(names),
            Err(faults) => out.faults = faults,
        }
    }
    (out.draft, out.seen, out.values, out.files) = (begun.id, begun.changed_at, begun.values, files);
    Ok(out)
}

/// Takes a draft away. Its files go by themselves.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn drop_draft(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    if !form_draft::remove(&txn, own(ctx), Form::Paper, id).await.map_err(internal("draft"))? {
        return Err(fail(AppError::NotFound));
    }
    txn.commit().await.map_err(internal("draft"))?;
    done("/papers");
    Ok(())
}

/// Issues a draft.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it was issued; [`AppError::Stale`] where it is another by now; [`AppError::Field`] with what
/// is wrong with it.
pub async fn issue(ctx: &Ctx, id: i64, seen: i64) -> Result<(), AppError> {
    let (draft, files) = draft_of(ctx, Form::Paper, id).await?.ok_or_else(|| fail(AppError::NotFound))?;
    let back = |why: AppError, more: &str| fail_at(why, &format!("{NEW}?draft={id}{more}"));
    if seen != draft.changed_at {
        return Err(back(AppError::Stale, "&checked=1&why=stale"));
    }
    let d = match drawn(ctx, &draft.values).await? {
        Ok((d, _)) => d,
        Err(faults) => {
            let field = faults.into_iter().next().map_or_else(|| "title".to_owned(), |f| f.field);
            return Err(back(AppError::Field(field), "&checked=1"));
        }
    };
    let txn = ctx.begin().await?;
    // Of two that issue it at once one finds it gone.
    if !form_draft::remove(&txn, own(ctx), Form::Paper, id).await.map_err(internal("draft"))? {
        return Err(fail(AppError::NotFound));
    }
    let made = paper::issue(&txn, ctx.viewer, &d, &files, (own(ctx), ctx.now)).await.map_err(internal("document"))?;
    match made {
        Issued::New(number) => {
            if !paper_deed::attach(&txn, number, &files, own(ctx)).await.map_err(internal("files"))? {
                return Err(back(AppError::Field("files".into()), "&why=field"));
            }
            let detail =
                json!({"number": d.number, "title": d.title, "parties": d.parties.len(), "files": files.len()});
            ctx.commit(txn, "paper.issue", &format!("paper {number}"), detail).await?;
            done(&format!("/papers/{number}?done=issued"));
            Ok(())
        }
        Issued::Number(_) => Err(back(AppError::Field("number".into()), "&taken=number")),
        Issued::Party(_) => Err(back(AppError::Field("parties".into()), "&taken=parties")),
        Issued::NotAllowed => Err(fail(AppError::NotAllowed)),
    }
}

/// Does something with a document of the own part of the city's.
///
/// # Errors
/// [`AppError::Field`] with what cannot be taken; [`AppError::NotFound`]; [`AppError::Stale`] where it cannot be done as it stands.
pub async fn run(ctx: &Ctx, id: i64, values: &Values) -> Result<(), AppError> {
    let at = format!("/papers/{id}");
    let back = |why: AppError| {
        let page = again(&at, &why, values);
        fail_at(why, &page)
    };
    let (deed, deadline, note) = words::deed(values, clock::local_date(ctx.now)).map_err(|faults| {
        back(AppError::Field(faults.into_iter().next().map_or_else(|| "act".to_owned(), |f| f.field)))
    })?;
    let txn = ctx.begin().await?;
    let ran = paper_deed::run(&txn, ctx.viewer, id, (deed, deadline, &note), ctx.now).await;
    let (came, parties) = ran.map_err(internal("act on a document"))?;
    match came {
        Done::Taken | Done::Before => {
            let detail = json!({"parties": parties, "deadline": deadline, "note": note});
            ctx.commit(txn, &format!("paper.{}", deed.code()), &format!("paper {id}"), detail).await?;
            let told = match deed {
                Deed::Remind | Deed::Escalate => "reminded",
                Deed::Withdraw => "recalled",
                Deed::Extend => "saved",
            };
            done(&format!("{at}?done={told}"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::NotNow => Err(back(AppError::Stale)),
    }
}

/// Signs for a document.
///
/// # Errors
/// [`AppError::NotFound`] where the own part of the city is no party; [`AppError::Stale`] where it was signed for, or withdrawn.
pub async fn sign(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    let made = paper::act(&txn, ctx.viewer, (id, Act::Sign, ""), (own(ctx), ctx.now)).await;
    match made.map_err(internal("receipt"))? {
        Done::Taken | Done::Before => {
            let detail = json!({"party": ctx.viewer.scope, "name": ctx.name()});
            ctx.commit(txn, "paper.sign", &format!("paper {id}"), detail).await?;
            done(&format!("/papers/{id}?done=signed"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::NotNow => Err(fail_at(AppError::Stale, &format!("/papers/{id}?why=stale"))),
    }
}

/// Answers a document.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Stale`] where the draft is another by now, or the document was answered or withdrawn;
/// [`AppError::Field`].
pub async fn answer(ctx: &Ctx, id: i64, draft: i64, seen: i64) -> Result<(), AppError> {
    let found = draft_of(ctx, Form::Answer, draft).await?.filter(|(d, _)| d.about == id);
    let (d, files) = found.ok_or_else(|| fail(AppError::NotFound))?;
    let back = |why: AppError, word: &str| fail_at(why, &format!("/papers/{id}?draft={draft}&checked=1&why={word}"));
    if seen != d.changed_at {
        return Err(back(AppError::Stale, "stale"));
    }
    let text = words::answer(&d.values).map_err(|f| back(AppError::Field(f.field), "field"))?;
    let txn = ctx.begin().await?;
    let made = paper::act(&txn, ctx.viewer, (id, Act::Answer, &text), (own(ctx), ctx.now)).await;
    match made.map_err(internal("answer"))? {
        Done::Taken | Done::Before => {
            let kept = paper_deed::attach_answer(&txn, ctx.viewer, id, &files, own(ctx)).await;
            if !kept.map_err(internal("files of an answer"))? {
                return Err(back(AppError::Field("files".into()), "field"));
            }
            form_draft::remove(&txn, own(ctx), Form::Answer, draft).await.map_err(internal("draft"))?;
            let detail = json!({"party": ctx.viewer.scope, "files": files.len()});
            ctx.commit(txn, "paper.answer", &format!("paper {id}"), detail).await?;
            done(&format!("/papers/{id}?done=answered"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::NotNow => Err(back(AppError::Stale, "stale")),
    }
}
