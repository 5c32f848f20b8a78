//! Packs of evidence: made as a ZIP for whoever may export, and read back with bounds from anybody's hands.

mod read;

pub use read::{NotRead, PACK_MAX, unpack};

use crate::{export::zip, state::AppState, web::viewer};
use app::access::Asker;
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use data::{
    audit::{self, Actor},
    evidence,
};
use serde_json::json;
use std::collections::BTreeMap;

/// `GET /evidence/{id}.zip`. The guard has found out who asks, and that he may.
pub fn routes() -> Router<AppState> {
    Router::new().route("/evidence/{file}", get(pack))
}

/// What is not within sight is not there.
fn none() -> Response {
    (StatusCode::NOT_FOUND, "没有此气瓶 · no such cylinder").into_response()
}

async fn pack(State(app): State<AppState>, asker: Option<Extension<Asker>>, Path(file): Path<String>) -> Response {
    let id = file.strip_suffix(".zip").and_then(|id| id.parse::<i64>().ok());
    let (Some(Extension(asker)), Some(id)) = (asker, id) else { return none() };
    match made(&app, &asker, id).await {
        Ok(Some((name, bytes))) => {
            let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
            let mut r = bytes.into_response();
            let h = r.headers_mut();
            h.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
            if let Ok(d) = disposition {
                h.insert(header::CONTENT_DISPOSITION, d);
            }
            r
        }
        Ok(None) => none(),
        Err(why) => {
            tracing::error!(error = %why, "evidence");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Makes a pack and notes in the audit log who had it: its name and bytes.
async fn made(app: &AppState, asker: &Asker, id: i64) -> Result<Option<(String, Vec<u8>)>, data::Error> {
    let now = app.clock.now();
    let Some(found) = evidence::of(&app.db, viewer(&asker.who), id).await? else { return Ok(None) };
    let files = found.files(&app.access.master, now)?;
    let bytes = packed(&files).map_err(|e| data::Error::Stored(e.to_string()))?;
    let (account, session) = asker.who.me().map_or((0, 0), |me| (me.id, me.session));
    let actor = Actor { account, session, address: asker.address.clone() };
    let txn = app.db.begin_write().await?;
    let detail = json!({"cylinder": id, "up_to": found.up_to(), "bytes": bytes.len()});
    audit::append(&txn, &actor, now, "evidence.make", found.tag(), &detail).await?;
    txn.commit().await?;
    Ok(Some((format!("evidence-{id}-{}.zip", found.up_to()), bytes)))
}

/// The files as one ZIP, the manifest first.
///
/// # Errors
/// When it would be larger than a ZIP can be.
pub fn packed(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, zip::TooLarge> {
    let mut out = Vec::new();
    let mut entries = Vec::new();
    let order = [evidence::MANIFEST].into_iter().chain(evidence::PARTS);
    for (name, content) in order.filter_map(|name| Some((name, files.get(name)?))) {
        let at = out.len() as u64;
        let mut entry = zip::Entry::begin(name.to_owned(), at, &mut out);
        entry.write(content, true, &mut out)?;
        entries.push(entry);
    }
    let end = zip::directory(&entries, out.len() as u64)?;
    out.extend(end);
    Ok(out)
}
