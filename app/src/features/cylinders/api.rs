//! What the archive and the page of a cylinder ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{form::FormAsk, list::Choices},
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    archive::{CylinderLine, CylinderPage},
    form::{Saved, Values},
    list::{ListPage, ListQuery},
};
use leptos::{prelude::*, server_fn::codec::Json};

/// A page of the archive within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_list", input = Json, output = Json)]
pub async fn cylinder_list(query: ListQuery) -> Result<ListPage<CylinderLine>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::CylinderRead)?;
    let page = data::cylinder_list::list(&db, viewer, &query, now).await;
    page.map_err(crate::ctx::ask_failed("list of cylinders"))
}

/// What the archive can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "archive_choices", input = Json, output = Json)]
pub async fn archive_choices() -> Result<Choices, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::CylinderRead)?;
    let choices = data::cylinder_list::choices(&db, viewer).await;
    let choices = choices.map_err(crate::error::internal("choices of the archive"))?;
    let same = |(code, name): (String, String)| (code, name.clone(), name);
    Ok(Choices::from([
        ("org".to_owned(), choices.orgs.into_iter().map(|(id, name)| same((id.to_string(), name))).collect()),
        ("district".to_owned(), choices.districts.into_iter().map(|(d, name)| same((d.to_string(), name))).collect()),
        ("medium".to_owned(), choices.media),
    ]))
}

/// The cylinder that carries this code, judged at a day (`YYYY-MM-DD`, today where it is empty); `None` when there is no such
/// cylinder within sight.
#[server(prefix = "/api/fn", endpoint = "cylinder_detail", input = Json, output = Json)]
pub async fn cylinder_detail(code: String, as_of: String) -> Result<Option<CylinderPage>, AppError> {
    let crate::Ctx { db, viewer, now, who, .. } = crate::need(P::TraceRead)?;
    // No code is longer: what is, was not read from a cylinder.
    if code.is_empty() || code.chars().count() > 64 {
        return Err(crate::error::fail(AppError::Invalid("code".into())));
    }
    let asked = ListQuery::default().with("as_of", as_of.trim());
    let day = data::cylinder_list::as_of(&asked, now).map_err(crate::ctx::ask_failed("day"))?;
    let page = data::cylinder_page::page(&db, viewer, &code, day, now).await;
    let page = page.map_err(crate::error::internal("page of a cylinder"))?;
    let (may_bind, may_edit) = (who.permissions().has(P::TagManage), who.permissions().has(P::CylinderEdit));
    Ok(page.map(|p| CylinderPage { may_bind, may_edit, ..p }))
}

/// Stations, models and media to choose from.
#[cfg(feature = "ssr")]
pub(super) async fn choices(db: &data::Db, viewer: domain::scope::Viewer) -> Result<Choices, AppError> {
    let c = data::registration::choices(db, viewer).await;
    let c = c.map_err(crate::error::internal("choices of a registration"))?;
    let same = |(code, name): (String, String)| (code, name.clone(), name);
    Ok(Choices::from([
        ("site".to_owned(), c.sites.into_iter().map(|(id, name)| same((id.to_string(), name))).collect()),
        ("model".to_owned(), c.models.into_iter().map(same).collect()),
        ("medium".to_owned(), c.media),
    ]))
}

/// What the registration of a cylinder chooses from.
#[server(prefix = "/api/fn", endpoint = "registration_ask", input = Json, output = Json)]
pub async fn registration_ask() -> Result<FormAsk, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::CylinderEdit)?;
    let choices = choices(&db, viewer).await?;
    Ok(FormAsk { choices, today: domain::clock::local_date(now), ..FormAsk::default() })
}

/// Registers a cylinder within sight, through the ledger. A form that was posted without its module is sent on to the
/// cylinder, or back with what is wrong.
#[server(prefix = "/api/fn", endpoint = "cylinder_register")]
pub async fn cylinder_register(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::CylinderEdit)?;
    let saved = register(&ctx, &values).await?;
    crate::ctx::after_form(super::register::PATH, &values, &saved);
    Ok(saved)
}

#[cfg(feature = "ssr")]
async fn register(ctx: &crate::Ctx, values: &Values) -> Result<Saved, AppError> {
    let entered = match domain::registration::read(values, domain::clock::local_date(ctx.now)) {
        Ok(entered) => entered,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let taken = |field| Ok(Saved::Faults(vec![crate::kit::form::taken(field)]));
    let known = data::registration::known(&ctx.db, ctx.viewer, &entered).await;
    let known = match known.map_err(crate::error::internal("registration"))? {
        Ok(known) => known,
        Err(field) => return taken(field),
    };
    let address = super::address(&entered.tag, &entered.stamp_no);
    // Between the look and the commit somebody else may have been quicker.
    let file = entered.file(known);
    let (subject, org, site) = (format!("tag {}", file.tag), file.org, file.site);
    let deed = ctx.deed("cylinder.register", subject, serde_json::json!({ "org": org, "site": site }));
    if !(ctx.register)(file, deed).await.map_err(crate::error::fail)? {
        return taken("tag");
    }
    Ok(Saved::Done(address))
}
