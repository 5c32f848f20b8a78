//! What the page of labels asks of the server: bars and modules are made there.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::label::Label;
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// A label with its codes drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// What it says.
    pub label: Label,
    /// The address that its QR code holds.
    pub address: String,
    /// The dark modules of the QR code, a path of SVG; a module is 1.
    pub qr: String,
    /// Modules of a side, the quiet zone with them.
    pub qr_width: u32,
    /// The bars of the code 128, a path of SVG of height 30; a module is 1.
    pub bars: String,
    /// Modules, the quiet zones with them.
    pub bars_width: u32,
}

/// Labels to be printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// In the order in which they were asked for.
    pub labels: Vec<Printed>,
    /// Host of the addresses.
    pub host: String,
    /// Codes that have no label.
    pub left_out: usize,
}

/// Labels of the cylinders within sight that these tags lead to.
#[server(prefix = "/api/fn", endpoint = "label_sheet", input = Json, output = Json)]
pub async fn label_sheet(codes: Vec<String>) -> Result<Sheet, AppError> {
    let crate::Ctx { db, viewer, master, .. } = crate::need(P::TagManage)?;
    let asked: Vec<String> = codes.iter().take(domain::label::SHEET_MAX).cloned().collect();
    let labels = data::label::of(&db, viewer, &asked).await.map_err(crate::error::internal("labels"))?;
    let host = host();
    let labels: Vec<Printed> = labels.into_iter().filter_map(|l| printed(l, &host, &master)).collect();
    let left_out = codes.len().saturating_sub(labels.len());
    Ok(Sheet { labels, host, left_out })
}

/// The host that was asked: what the reader sees in the address bar, and what the labels will lead to.
#[cfg(feature = "ssr")]
fn host() -> String {
    let parts = use_context::<axum::http::request::Parts>();
    let named = parts.as_ref().and_then(|p| p.headers.get(axum::http::header::HOST)?.to_str().ok());
    named.and_then(domain::label::host).unwrap_or("localhost").to_owned()
}

#[cfg(feature = "ssr")]
fn printed(label: Label, host: &str, master: &data::secret::Master) -> Option<Printed> {
    let address = label.address(host, &master.label_token(&label.code));
    let (qr, qr_width) = super::qr::path(&address)?;
    let (bars, bars_width) = super::bars::path(&label.code)?;
    Some(Printed { label, address, qr, qr_width, bars, bars_width })
}
