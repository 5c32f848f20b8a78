//! A file on its way out: to whom what it is attached to is shown, from a path of its own, to be saved or drawn, never run.

use crate::{export::escaped, state::AppState, web::viewer};
use app::Who;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use data::attachment::{self, Model, Of};
use domain::{
    attachment::{Format, is_token},
    permission::Permission,
};
use tower_http::services::ServeFile;

/// What a file may do where it is opened by itself: nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// `GET /files/{token}` and its preview. Who asks is found out here: some files are for everybody.
pub fn routes() -> Router<AppState> {
    Router::new().route("/files/{token}", get(whole)).route("/files/{token}/preview", get(preview))
}

/// What is not shown to somebody is not there.
fn none() -> Response {
    (StatusCode::NOT_FOUND, "没有此文件 · no such file").into_response()
}

/// Whether somebody may have it, and whether everybody may.
async fn may(
    app: &AppState,
    headers: &HeaderMap,
    row: &Model,
    uses: &[(Of, i64)],
) -> Result<Option<bool>, data::Error> {
    let who = app.access.who(headers).await?;
    // Until it is attached it is its sender's.
    if uses.is_empty() && who.me().is_some_and(|me| me.id == row.by_id) && super::may(who.permissions()) {
        return Ok(Some(false));
    }
    if uses.iter().any(|(of, _)| *of == Of::Post)
        && data::post::is_public_file(&app.db, &row.token, app.clock.now()).await?
    {
        return Ok(Some(true));
    }
    for (of, id) in uses {
        if shown(app, &who, *of, *id).await? {
            return Ok(Some(false));
        }
    }
    Ok(None)
}

/// Whether somebody sees what a file is attached to.
async fn shown(app: &AppState, who: &Who, of: Of, id: i64) -> Result<bool, data::Error> {
    match of {
        Of::Case if who.permissions().has(Permission::ComplaintRead) => {
            Ok(data::case::shows_files(&app.db, viewer(who), id).await?)
        }
        // The parties: an account of either side, and no display.
        Of::Appeal if who.me().is_some() && who.permissions().has(Permission::CreditRead) => {
            data::credit::shows_files(&app.db, viewer(who), id).await
        }
        Of::Post if who.permissions().has(Permission::PostRead) => {
            data::post::is_within(&app.db, viewer(who), id).await
        }
        Of::Document if who.permissions().has(Permission::PaperRead) => {
            Ok(data::paper_deed::shows_files(&app.db, viewer(who), id).await?)
        }
        Of::Answer if who.permissions().has(Permission::PaperRead) => {
            Ok(data::paper_deed::shows_answer(&app.db, viewer(who), id).await?)
        }
        Of::Case | Of::Post | Of::Document | Of::Appeal | Of::Answer => Ok(false),
    }
}

async fn whole(app: State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    answer(&app, &token, request, false).await
}

async fn preview(app: State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    answer(&app, &token, request, true).await
}

async fn answer(app: &AppState, token: &str, request: Request, small: bool) -> Response {
    if !is_token(token) {
        return none();
    }
    let headers = request.headers().clone();
    let found = async {
        let Some((row, uses)) = attachment::one(app.db.read(), token).await? else { return Ok(None) };
        let open = may(app, &headers, &row, &uses).await?;
        Ok::<_, data::Error>(open.map(|everybody| (row, everybody)))
    };
    let (row, everybody) = match found.await {
        Ok(Some(f)) => f,
        Ok(None) => return none(),
        Err(e) => {
            tracing::error!(error = %e, "a file");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let Some(file) = row.shown() else { return none() };
    if small && file.preview().is_none() {
        return none();
    }
    let counts = everybody && !small && wanted(request.method(), &headers);
    let path = if small { app.attachments.preview(token) } else { app.attachments.path(token, file.format) };
    let media = if small { Format::Jpeg.info().media } else { file.format.info().media };
    let mut response = match ServeFile::new(path).try_call(request).await {
        Ok(r) if r.status() == StatusCode::NOT_FOUND => return none(),
        Ok(r) => r.map(Body::new),
        Err(e) => {
            tracing::error!(error = %e, "a file");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    if counts && response.status() == StatusCode::OK {
        app.tally.fetched(token);
    }
    let h = response.headers_mut();
    h.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    h.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    h.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What it holds never changes; who may have it does.
    let keep = if everybody { "public, max-age=3600" } else { "private, no-cache" };
    h.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(v) = HeaderValue::from_str(&disposition(&file.name, file.format)) {
        h.insert(header::CONTENT_DISPOSITION, v);
    }
    response
}

/// Whether somebody saves a file: what a page shows of pictures and films is none of it.
fn wanted(method: &Method, headers: &HeaderMap) -> bool {
    let shown = headers.get("sec-fetch-dest").is_some_and(|v| matches!(v.as_bytes(), b"image" | b"video" | b"audio"));
    method == Method::GET && !shown
}

/// To be saved, under its name for those who read it, and a plain one for those who do not.
fn disposition(name: &str, format: Format) -> String {
    let info = format.info();
    format!("attachment; filename=\"{}.{}\"; filename*=UTF-8''{}", info.kind.code(), info.extension, escaped(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        let text = disposition("漏气\"; x=\r\n<b>.jpg", Format::Jpeg);
        assert!(HeaderValue::from_str(&text).is_ok());
        assert!(text.starts_with("attachment; filename=\"picture.jpg\"; filename*=UTF-8''%E6%BC%8F"), "{text}");
        assert_eq!(text.matches('"').count(), 2);
    }
}
