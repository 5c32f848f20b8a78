//! What the pages of tags ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::form::FormAsk};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::{Saved, Values},
    list::{ListPage, ListQuery},
    tag::TagRow,
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
    Ok(FormAsk { choices, today: domain::clock::local_date(now) })
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
    let subject = format!("tag {}", binding.bind.tag);
    // Between the look and the commit somebody else may have been quicker.
    if !(ctx.bind)(org, binding).await.map_err(crate::error::fail)? {
        return taken("tag");
    }
    let txn = ctx.begin().await?;
    ctx.commit(txn, "tag.bind", &subject, detail).await?;
    Ok(Saved::Done(address))
}
