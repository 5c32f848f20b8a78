//! What is done with messages, checked and done.

use super::{
    FIELDS,
    api::{Shelf, Shown, ToWrite},
};
use crate::{
    Ctx,
    ctx::places,
    error::{AppError, done, fail, fail_at, internal},
};
use data::{
    form_draft::{self, Draft, Form},
    message::{self, Done, Written},
    message_list, recipients,
};
use domain::{
    form::{Fault, Values},
    list::{ListPage, ListQuery},
    message::{self as words, Channel, Composed, MANY, Template, read, read_template},
    permission::Permission as P,
};
use serde_json::json;

/// Where a message is written.
const NEW: &str = "/messages/new";
/// Where templates and lists stand.
const SHELF: &str = "/messages/templates";

/// The account that asks.
fn own(ctx: &Ctx) -> i64 {
    ctx.who.me().map_or(0, |me| me.id)
}

/// A message with a page of its recipients.
///
/// # Errors
/// [`AppError::NotFound`] where there is none within sight.
pub async fn one(ctx: &Ctx, id: i64, query: &ListQuery) -> Result<Shown, AppError> {
    let found = message_list::one(&ctx.db, ctx.viewer, id).await.map_err(internal("message"))?;
    let message = found.ok_or_else(|| fail(AppError::NotFound))?;
    let all = message_list::recipients(&ctx.db, ctx.viewer, id, query).await;
    let all = all.map_err(crate::ctx::ask_failed("recipients"))?.unwrap_or_else(|| ListPage {
        rows: vec![],
        total: domain::list::Total::default(),
        before: None,
        after: None,
    });
    let named = recipients::named(ctx.db.read(), ctx.viewer, &message.audience).await.map_err(internal("audience"))?;
    Ok(Shown { message, named, recipients: all, may_send: ctx.who.permissions().has(P::MessageSend) })
}

/// The form as the domain reads it: whom it names stands in one field.
fn ready(values: &Values) -> Values {
    let mut out = values.clone();
    let which = match values.get("whom").map(String::as_str) {
        Some("orgs") => "orgs",
        Some("districts") => "districts",
        Some("list") => "list",
        _ => "",
    };
    out.insert("which".into(), values.get(which).cloned().unwrap_or_default());
    out
}

async fn draft_of(ctx: &Ctx, id: i64) -> Result<Option<Draft>, AppError> {
    if id == 0 {
        return Ok(None);
    }
    form_draft::one(ctx.db.read(), own(ctx), Form::Message, id).await.map_err(internal("draft"))
}

/// What a message is written with.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such draft of the account's.
pub async fn ask(ctx: &Ctx, draft: i64, checked: bool) -> Result<ToWrite, AppError> {
    let read_db = ctx.db.read();
    let begun = draft_of(ctx, draft).await?;
    if draft != 0 && begun.is_none() {
        return Err(fail(AppError::NotFound));
    }
    let drafts = form_draft::list(read_db, own(ctx), Form::Message).await.map_err(internal("drafts"))?;
    let title = |d: &Draft| d.values.get("title").cloned().unwrap_or_default();
    let mut out = ToWrite {
        choices: places(ctx).await?,
        lists: recipients::lists(read_db, ctx.viewer).await.map_err(internal("lists"))?,
        templates: message::templates(read_db, ctx.viewer).await.map_err(internal("templates"))?,
        drafts: drafts.iter().filter(|d| d.id != draft).map(|d| (d.id, title(d), d.changed_at)).collect(),
        ..ToWrite::default()
    };
    let Some(begun) = begun else { return Ok(out) };
    if checked {
        match read(&ready(&begun.values), ctx.now) {
            Ok(c) => {
                let seen = recipients::preview(read_db, ctx.viewer, &c, ctx.now).await;
                out.preview = Some(seen.map_err(internal("preview of a message"))?);
                out.named = recipients::named(read_db, ctx.viewer, &c.audience).await.map_err(internal("audience"))?;
                out.send_at = c.send_at;
            }
            Err(faults) => out.faults = faults,
        }
    }
    (out.draft, out.seen, out.values) = (begun.id, begun.changed_at, begun.values);
    Ok(out)
}

/// Keeps what was entered.
///
/// # Errors
/// [`AppError::Field`] where it is too much to be kept, or the template is none.
pub async fn save(
    ctx: &Ctx,
    id: i64,
    act: &str,
    mut values: Values,
    several: [(&str, Vec<String>); 4],
) -> Result<(), AppError> {
    let template = values.remove("template").unwrap_or_default();
    values.retain(|name, _| FIELDS.contains(&name.as_str()));
    for (name, all) in several {
        values.insert(
            name.to_owned(),
            all.iter().map(|w| w.trim()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(","),
        );
    }
    if act == "template" {
        let all = message::templates(ctx.db.read(), ctx.viewer).await.map_err(internal("templates"))?;
        let found = all.into_iter().find(|t| t.id.to_string() == template);
        let found = found.ok_or_else(|| fail(AppError::Field("template".into())))?;
        values.extend([("title".to_owned(), found.title), ("body".to_owned(), found.body)]);
    }
    let txn = ctx.begin().await?;
    if act == "drop" {
        form_draft::remove(&txn, own(ctx), Form::Message, id).await.map_err(internal("draft"))?;
        txn.commit().await.map_err(internal("draft"))?;
        done("/messages");
        return Ok(());
    }
    let kept = form_draft::save(&txn, own(ctx), (Form::Message, 0, id), &values, ctx.now).await;
    let id = kept.map_err(internal("draft"))?.ok_or_else(|| fail(AppError::Field("body".into())))?;
    txn.commit().await.map_err(internal("draft"))?;
    done(&match act {
        "preview" => format!("{NEW}?draft={id}&checked=1"),
        "template" => format!("{NEW}?draft={id}"),
        _ => format!("{NEW}?draft={id}&done=drafted"),
    });
    Ok(())
}

/// A draft that can be sent, in the version that was seen.
async fn composed(ctx: &Ctx, id: i64, seen: Option<i64>) -> Result<Composed, AppError> {
    let draft = draft_of(ctx, id).await?.ok_or_else(|| fail(AppError::NotFound))?;
    if seen.is_some_and(|seen| seen != draft.changed_at) {
        return Err(fail_at(AppError::Stale, &format!("{NEW}?draft={id}&checked=1&why=stale")));
    }
    read(&ready(&draft.values), ctx.now).map_err(|faults| {
        let field = faults.into_iter().next().map_or_else(|| "title".to_owned(), |f| f.field);
        fail_at(AppError::Field(field), &format!("{NEW}?draft={id}&checked=1"))
    })
}

/// Sends a draft.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it was sent; [`AppError::Stale`] where it is another by now; [`AppError::Field`] where
/// something is wrong with it, it reaches nobody, or many and that was not confirmed.
pub async fn send(ctx: &Ctx, id: i64, seen: i64, sure: bool) -> Result<(), AppError> {
    let c = composed(ctx, id, Some(seen)).await?;
    let reach = recipients::reach(ctx.db.read(), ctx.viewer, &c.audience, ctx.now).await;
    let reach = reach.map_err(internal("reach of a message"))?;
    let back = |field: &str| fail_at(AppError::Field(field.into()), &format!("{NEW}?draft={id}&checked=1&why=field"));
    if reach.people == 0 {
        return Err(back("whom"));
    }
    if reach.people >= MANY && !sure {
        return Err(back("sure"));
    }
    let txn = ctx.begin().await?;
    // Of two that send it at once one finds it gone.
    if !form_draft::remove(&txn, own(ctx), Form::Message, id).await.map_err(internal("draft"))? {
        return Err(fail(AppError::NotFound));
    }
    let made = message::compose(&txn, ctx.viewer, &c, (own(ctx), ctx.now)).await.map_err(internal("message"))?;
    match made {
        Written::New(number) => {
            let channels: Vec<&str> = c.channels.iter().map(|c| c.code()).collect();
            let detail =
                json!({"title": c.title, "people": reach.people, "channels": channels, "audience": c.audience});
            ctx.commit(txn, "message.write", &format!("message {number}"), detail).await?;
            done(&format!("/messages/{number}?done=sending"));
        }
        Written::Twice(number) => {
            txn.commit().await.map_err(internal("message"))?;
            done(&format!("/messages/{number}?done=twice"));
        }
    }
    Ok(())
}

/// Recalls a message, or sends it again.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Stale`] where it cannot be done as it stands; [`AppError::Field`] for another act or channel.
pub async fn run(ctx: &Ctx, id: i64, act: &str, channels: &[String]) -> Result<(), AppError> {
    let page = format!("/messages/{id}");
    let known: Option<Vec<Channel>> = channels.iter().map(|c| Channel::from_code(c)).collect();
    let known = known.ok_or_else(|| fail(AppError::Field("channels".into())))?;
    let txn = ctx.begin().await?;
    let (taken, told) = match act {
        "recall" => (message::recall(&txn, ctx.viewer, id, ctx.now).await, "recalled"),
        "resend" => (message::resend(&txn, ctx.viewer, id, &known, ctx.now).await, "resent"),
        _ => return Err(fail(AppError::Field("act".into()))),
    };
    match taken.map_err(internal("act on a message"))? {
        Done::Taken => {
            ctx.commit(txn, &format!("message.{act}"), &format!("message {id}"), json!({})).await?;
            done(&format!("{page}?done={told}"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::NotNow => Err(fail_at(AppError::Stale, &format!("{page}?why=stale"))),
    }
}

/// A name of a list, or nothing where it cannot be one.
fn name_of(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = (1..=words::NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fits.then_some(name)
}

/// Keeps the recipients of a draft as a list, or takes a list away.
///
/// # Errors
/// [`AppError::Field`] where the name cannot be taken or they are too many; [`AppError::Taken`] where another list bears it;
/// [`AppError::NotFound`].
pub async fn list(ctx: &Ctx, id: i64, act: &str, name: &str) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    if act == "drop" {
        if !recipients::forget(&txn, ctx.viewer, id).await.map_err(internal("list of recipients"))? {
            return Err(fail(AppError::NotFound));
        }
        ctx.commit(txn, "recipient_list.drop", &format!("recipient_list {id}"), json!({})).await?;
        done(&format!("{SHELF}?done=saved"));
        return Ok(());
    }
    if act != "keep" {
        return Err(fail(AppError::Field("act".into())));
    }
    let name = name_of(name).ok_or_else(|| fail(AppError::Field("name".into())))?;
    let c = composed(ctx, id, None).await?;
    let all = recipients::accounts(&txn, ctx.viewer, &c.audience, ctx.now).await.map_err(internal("recipients"))?;
    let kept = recipients::keep(&txn, ctx.viewer, (0, name), &all, (own(ctx), ctx.now)).await;
    match kept.map_err(internal("list of recipients"))? {
        recipients::Kept::Done(list) => {
            let detail = json!({"name": name, "members": all.len()});
            ctx.commit(txn, "recipient_list.save", &format!("recipient_list {list}"), detail).await?;
            done(&format!("{NEW}?draft={id}&checked=1&done=saved"));
            Ok(())
        }
        recipients::Kept::Taken => Err(fail(AppError::Field("name".into()))),
        recipients::Kept::Unknown => Err(fail(AppError::NotFound)),
        recipients::Kept::Members => Err(fail(AppError::Field("whom".into()))),
    }
}

/// That another template bears the name.
fn name_taken() -> Vec<Fault> {
    vec![Fault {
        field: "name".into(),
        zh: "已有同名模板,请换一个名称".into(),
        en: "another template bears this name".into(),
    }]
}

/// Templates and lists.
///
/// # Errors
/// When the record does not answer.
pub async fn shelf(ctx: &Ctx, draft: i64) -> Result<Shelf, AppError> {
    let db = ctx.db.read();
    let templates = message::templates(db, ctx.viewer).await.map_err(internal("templates"))?;
    let begun = form_draft::one(db, own(ctx), Form::Template, draft).await.map_err(internal("draft"))?;
    let wrong = begun.map(|d| {
        let named = |name: &str| templates.iter().any(|t| t.name == name && t.id != d.about);
        let faults = match read_template(&d.values) {
            Ok((name, ..)) if named(&name) => name_taken(),
            Ok(_) => vec![],
            Err(faults) => faults,
        };
        (d.about, d.values, faults)
    });
    let lists = recipients::lists(db, ctx.viewer).await.map_err(internal("lists"))?;
    Ok(Shelf { draft: if wrong.is_some() { draft } else { 0 }, wrong, templates, lists })
}

/// Keeps a template. What cannot be taken stays as a draft, so that nothing is typed twice.
///
/// # Errors
/// [`AppError::Field`] where something is wrong with it; [`AppError::NotFound`].
pub async fn template(ctx: &Ctx, id: i64, draft: i64, values: &Values) -> Result<(), AppError> {
    let mut values = values.clone();
    values.retain(|name, _| words::TEMPLATE_FIELDS.contains(&name.as_str()));
    let txn = ctx.begin().await?;
    let mut wrong = String::new();
    match read_template(&values) {
        Ok((name, title, body)) => {
            let t = Template { id, name, title, body };
            let kept = message::keep_template(&txn, ctx.viewer, &t, (own(ctx), ctx.now)).await;
            match kept.map_err(internal("template"))? {
                message::Kept::Done(number) => {
                    form_draft::remove(&txn, own(ctx), Form::Template, draft).await.map_err(internal("draft"))?;
                    let subject = format!("message_template {number}");
                    ctx.commit(txn, "message_template.save", &subject, json!({"name": t.name})).await?;
                    done(&format!("{SHELF}?done=saved"));
                    return Ok(());
                }
                message::Kept::Unknown => return Err(fail(AppError::NotFound)),
                message::Kept::Taken => wrong.push_str("name"),
            }
        }
        Err(faults) => wrong.push_str(faults.first().map_or("title", |f| f.field.as_str())),
    }
    let kept = form_draft::save(&txn, own(ctx), (Form::Template, id, draft), &values, ctx.now).await;
    let kept = kept.map_err(internal("draft"))?.unwrap_or_default();
    txn.commit().await.map_err(internal("draft"))?;
    Err(fail_at(AppError::Field(wrong), &format!("{SHELF}?draft={kept}&why=field")))
}

/// Takes a template away.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn template_drop(ctx: &Ctx, id: i64) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    if !message::forget_template(&txn, ctx.viewer, id).await.map_err(internal("template"))? {
        return Err(fail(AppError::NotFound));
    }
    ctx.commit(txn, "message_template.drop", &format!("message_template {id}"), json!({})).await?;
    done(&format!("{SHELF}?done=saved"));
    Ok(())
}
