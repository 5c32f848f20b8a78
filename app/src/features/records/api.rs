//! What the records ask of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::list::Choices};
use domain::{
    list::{ListPage, ListQuery},
    record::{RecordLine, RecordPage},
};
use leptos::{prelude::*, server_fn::codec::Json};

/// A page of the records within sight.
#[server(prefix = "/api/fn", endpoint = "record_list", input = Json, output = Json)]
pub async fn record_list(query: ListQuery) -> Result<ListPage<RecordLine>, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(domain::permission::Permission::RecordRead)?;
    let page = data::record::list(&db, viewer, &query, now).await;
    page.map_err(crate::ctx::ask_failed("list of records"))
}

/// What the records can be narrowed to that stands in the record.
#[server(prefix = "/api/fn", endpoint = "record_choices", input = Json, output = Json)]
pub async fn record_choices() -> Result<Choices, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(domain::permission::Permission::RecordRead)?;
    let choices = data::cylinder_list::choices(&db, viewer).await;
    let choices = choices.map_err(crate::error::internal("choices of the records"))?;
    let sites = data::record::stations(&db, viewer).await.map_err(crate::error::internal("stations"))?;
    let same = |(code, name): (String, String)| (code, name.clone(), name);
    Ok(Choices::from([
        ("site".to_owned(), sites.into_iter().map(|(id, name)| same((id.to_string(), name))).collect()),
        ("org".to_owned(), choices.orgs.into_iter().map(|(id, name)| same((id.to_string(), name))).collect()),
        ("district".to_owned(), choices.districts.into_iter().map(|(d, name)| same((d.to_string(), name))).collect()),
    ]))
}

/// One record within sight, by its ledger number.
#[server(prefix = "/api/fn", endpoint = "record_one", input = Json, output = Json)]
pub async fn record_one(no: i64) -> Result<RecordPage, AppError> {
    let crate::Ctx { db, viewer, .. } = crate::need(domain::permission::Permission::RecordRead)?;
    let found = data::record::one(&db, viewer, no).await.map_err(crate::error::internal("record"))?;
    found.ok_or_else(|| crate::error::fail(AppError::NotFound))
}
