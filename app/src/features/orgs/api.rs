//! What the pages of organisations ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::list::Choices};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    list::{ListPage, ListQuery},
    org::{OrgLine, OrgPage},
};
use leptos::{prelude::*, server_fn::codec::Json};

/// A page of the organisations within sight.
#[server(prefix = "/api/fn", endpoint = "org_list", input = Json, output = Json)]
pub async fn org_list(query: ListQuery) -> Result<ListPage<OrgLine>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::CylinderRead)?;
    data::org_page::list(&db, viewer, &query, now).await.map_err(crate::ctx::ask_failed("list of organisations"))
}

/// The districts that the list can be narrowed to.
#[server(prefix = "/api/fn", endpoint = "org_choices", input = Json, output = Json)]
pub async fn org_choices() -> Result<Choices, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(P::CylinderRead)?;
    let c = data::incident::choices(&db, viewer).await.map_err(crate::error::internal("choices of organisations"))?;
    let districts = c.districts.into_iter().map(|(d, n)| (d.to_string(), n.clone(), n)).collect();
    Ok(Choices::from([("district".to_owned(), districts)]))
}

/// One within sight.
#[server(prefix = "/api/fn", endpoint = "org_one", input = Json, output = Json)]
pub async fn org_one(id: i64) -> Result<OrgPage, AppError> {
    let ctx = crate::need(P::CylinderRead)?;
    let found = data::org_page::one(&ctx.db, ctx.viewer, id, ctx.who.permissions(), ctx.now).await;
    let found = found.map_err(crate::ctx::ask_failed("page of an organisation"))?;
    found.ok_or_else(|| crate::error::fail(AppError::NotFound))
}
