//! What the pages of tags ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::form::FormAsk};
#[cfg(feature = "ssr")]
use domain::{
    event::{Content, EventKind},
    permission::Permission as P,
};
use domain::{
    form::{Saved, Values},
    list::{ListPage, ListQuery},
    tag::{SeriesRow, TagRow},
};
use leptos::{prelude::*, server_fn::codec::Json};

/// A page of the tags within sight.
#[server(prefix = "/api/fn", endpoint = "tag_list", input = Json, output = Json)]
pub async fn tag_list(query: ListQuery) -> Result<ListPage<TagRow>, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::TagManage)?;
    data::tag_list::list(&db, viewer, &query).await.map_err(crate::ctx::ask_failed("list of tags"))
}

/// What a binding chooses from.
#[server(prefix = "/api/fn", endpoint = "tag_ask", input = Json, output = Json)]
pub async fn tag_ask() -> Result<FormAsk, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::TagManage)?;
    let c = data::registration::choices(&db, viewer).await;
    let c = c.map_err(crate::error::internal("choices of a binding"))?;
    let reason =
        |(word, _, zh, en): &(&str, _, &str, &str)| (String::from(*word), String::from(*zh), String::from(*en));
    let choices = crate::kit::list::Choices::from([
        ("site".to_owned(), c.sites.into_iter().map(|(id, name)| (id.to_string(), name.clone(), name)).collect()),
        ("reason".to_owned(), domain::tag::REASONS.iter().map(reason).collect()),
    ]);
    Ok(FormAsk { choices, today: domain::clock::local_date(now), ..FormAsk::default() })
}

/// Binds a tag to a cylinder within sight, through the ledger; one that it replaces is void from then on.
#[server(prefix = "/api/fn", endpoint = "tag_bind")]
pub async fn tag_bind(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::TagManage)?;
    let saved = bind(&ctx, &values).await?;
    crate::ctx::after_form(super::bind::PATH, &values, &saved);
    Ok(saved)
}

#[cfg(feature = "ssr")]
async fn bind(ctx: &crate::Ctx, values: &Values) -> Result<Saved, AppError> {
    let binding = match domain::tag::read(values) {
        Ok(binding) => binding,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let taken = |field| Ok(Saved::Faults(vec![crate::kit::form::taken(field)]));
    let known = data::tag_list::bindable(&ctx.db, ctx.viewer, &binding).await;
    let org = match known.map_err(crate::error::internal("binding"))? {
        Ok(org) => org,
        Err(field) => return taken(field),
    };
    let detail = serde_json::json!({
        "cylinder": binding.cylinder, "tag": binding.bind.tag, "replaces": binding.bind.replaces, "site": binding.site,
    });
    let address = crate::features::cylinders::address(&binding.bind.tag, "");
    let deed = ctx.deed("tag.bind", format!("tag {}", binding.bind.tag), detail);
    let content = Content::BindTag(binding.bind);
    let (site, tag) = (binding.site, binding.cylinder);
    let say = crate::Say { org, site, tag, kind: EventKind::BindTag, content, by: ctx.name(), deed };
    // Between the look and the commit somebody else may have been quicker.
    if (ctx.tell)(say).await.map_err(crate::error::fail)?.is_err() {
        return taken("tag");
    }
    Ok(Saved::Done(address))
}

/// What a voiding chooses from.
#[server(prefix = "/api/fn", endpoint = "void_ask", input = Json, output = Json)]
pub async fn void_ask() -> Result<FormAsk, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::TagManage)?;
    let c = data::registration::choices(&db, viewer).await;
    let c = c.map_err(crate::error::internal("choices of a voiding"))?;
    let reason =
        |(word, _, zh, en): &(&str, _, &str, &str)| (String::from(*word), String::from(*zh), String::from(*en));
    let choices = crate::kit::list::Choices::from([
        ("site".to_owned(), c.sites.into_iter().map(|(id, name)| (id.to_string(), name.clone(), name)).collect()),
        ("reason".to_owned(), domain::tag::VOID_REASONS.iter().map(reason).collect()),
    ]);
    Ok(FormAsk { choices, today: domain::clock::local_date(now), ..FormAsk::default() })
}

/// Voids a tag within sight, through the ledger: for ever, and without another in its place.
#[server(prefix = "/api/fn", endpoint = "tag_void")]
pub async fn tag_void(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::TagManage)?;
    let saved = void(&ctx, &values).await?;
    crate::ctx::after_form(super::void::PATH, &values, &saved);
    Ok(saved)
}

#[cfg(feature = "ssr")]
async fn void(ctx: &crate::Ctx, values: &Values) -> Result<Saved, AppError> {
    let voiding = match domain::tag::read_void(values) {
        Ok(voiding) => voiding,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let taken = |field| Ok(Saved::Faults(vec![crate::kit::form::taken(field)]));
    let place = data::tag_list::voidable(&ctx.db, ctx.viewer, &voiding).await;
    let (org, borne) = match place.map_err(crate::error::internal("voiding"))? {
        Ok(place) => place,
        Err(field) => return taken(field),
    };
    let (tag, site) = (voiding.void.tag.clone(), voiding.site);
    let detail =
        serde_json::json!({ "tag": tag, "reason": voiding.void.reason, "note": voiding.void.note, "site": site });
    let content = Content::VoidTag(voiding.void);
    let deed = ctx.deed("tag.void", format!("tag {tag}"), detail);
    let say = crate::Say { org, site, tag: tag.clone(), kind: EventKind::VoidTag, content, by: ctx.name(), deed };
    if (ctx.tell)(say).await.map_err(crate::error::fail)?.is_err() {
        return taken("tag");
    }
    // One that nobody bore stands in its series.
    Ok(Saved::Done(if borne {
        format!("/tags?q={}", domain::list::encode(&tag))
    } else {
        format!("/tags/series?q={}", tag.get(..5).unwrap_or_default())
    }))
}

/// A page of the series within sight.
#[server(prefix = "/api/fn", endpoint = "series_list", input = Json, output = Json)]
pub async fn series_list(query: ListQuery) -> Result<ListPage<SeriesRow>, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::TagManage)?;
    data::tag_series::list(&db, viewer, &query).await.map_err(crate::ctx::ask_failed("list of series"))
}

/// What an issue chooses from.
#[server(prefix = "/api/fn", endpoint = "issue_ask", input = Json, output = Json)]
pub async fn issue_ask() -> Result<FormAsk, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::TagManage)?;
    let c = data::tag_series::choices(&db, viewer).await;
    let c = c.map_err(crate::error::internal("choices of an issue"))?;
    let choices = crate::kit::list::Choices::from([
        ("org".to_owned(), c.orgs.into_iter().map(|(id, name)| (id.to_string(), name.clone(), name)).collect()),
        ("medium".to_owned(), c.media),
    ]);
    Ok(FormAsk { choices, today: domain::clock::local_date(now), ..FormAsk::default() })
}

/// Issues a series of tags to an organisation within sight.
#[server(prefix = "/api/fn", endpoint = "tag_issue")]
pub async fn tag_issue(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::TagManage)?;
    let saved = issue(&ctx, &values).await?;
    crate::ctx::after_form(super::issue::PATH, &values, &saved);
    Ok(saved)
}

#[cfg(feature = "ssr")]
async fn issue(ctx: &crate::Ctx, values: &Values) -> Result<Saved, AppError> {
    let issue = match domain::tag::read_issue(values) {
        Ok(issue) => issue,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let txn = ctx.begin().await?;
    let done = data::tag_series::issue(&txn, ctx.viewer, &issue).await;
    // Left without a commit, the transaction takes its number back.
    if let Err(field) = done.map_err(crate::error::internal("issue of tags"))? {
        return Ok(Saved::Faults(vec![crate::kit::form::taken(field)]));
    }
    let (first, last) = (issue.code(issue.first), issue.code(issue.last));
    let detail = serde_json::json!({
        "org": issue.org, "first": first, "last": last, "quantity": issue.quantity(), "remark": issue.remark,
    });
    ctx.commit(txn, "tag.issue", &format!("tags {first}–{last}"), detail).await?;
    Ok(Saved::Done(format!("/tags/series?q={}", first.get(..5).unwrap_or_default())))
}
