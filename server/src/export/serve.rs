//! A finished file, for its owner only: whole or by range.

use crate::state::AppState;
use app::access::Asker;
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use data::export::{self, job};
use domain::export::owner_of;
use domain::{permission::Permissions, scope::Scope};
use tower_http::services::ServeFile;

/// Who asks, as jobs name their owner, with what may be seen now: it may be less than when the job began.
#[derive(Clone, Debug)]
struct Owner {
    name: String,
    scope: Scope,
    may: Permissions,
}

impl Owner {
    /// Whether the owner could begin this job today.
    fn could_ask(&self, job: &job::Model) -> bool {
        job.scope == self.scope.to_string() && export::of(&job.what).is_some_and(|rows| self.may.has(rows.needs))
    }
}

/// `GET /exports/{id}`. Whoever mounts it has found out who asks.
pub fn routes() -> Router<AppState> {
    Router::new().route("/exports/{id}", get(file)).layer(from_fn(owner))
}

/// An account owns what it asked for.
async fn owner(mut request: Request<Body>, next: Next) -> Response {
    let me = request.extensions().get::<Asker>().and_then(|a| a.who.me().cloned());
    if let Some(me) = me {
        let owner = Owner { name: owner_of(me.id), scope: me.scope, may: me.permissions };
        request.extensions_mut().insert(owner);
    }
    next.run(request).await
}

/// What is not the owner's is not there.
fn none() -> Response {
    (StatusCode::NOT_FOUND, "没有此导出 · no such export").into_response()
}

async fn file(
    State(app): State<AppState>,
    owner: Option<Extension<Owner>>,
    Path(id): Path<String>,
    mut request: Request<Body>,
) -> Response {
    let (Some(Extension(owner)), Ok(id)) = (owner, id.parse::<i64>()) else { return none() };
    let job = match job::of(app.db.read(), &owner.name, id).await {
        Ok(Some(job)) if job.state == job::DONE && owner.could_ask(&job) => job,
        Ok(_) => return none(),
        Err(e) => {
            tracing::error!(error = %e, "exports");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let etag = format!("\"{}\"", job.etag);
    let says = |name: header::HeaderName, r: &Request<Body>| {
        r.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
    };
    let (Ok(tag), Ok(disposition)) = (HeaderValue::from_str(&etag), HeaderValue::from_str(&disposition(&job))) else {
        return none();
    };
    let same = says(header::IF_NONE_MATCH, &request);
    if same.is_some_and(|s| s.trim() == "*" || s.split(',').any(|t| t.trim().trim_start_matches("W/") == etag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    // A part of another file would not fit to what its owner has: the whole one then.
    if says(header::IF_RANGE, &request).is_some_and(|s| s.trim() != etag) {
        request.headers_mut().remove(header::RANGE);
    }
    // The entity tag decides, not a clock.
    for h in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE, header::IF_NONE_MATCH, header::IF_RANGE] {
        request.headers_mut().remove(h);
    }
    let path = app.exports.path(job.id, &job.format);
    let mut response = match ServeFile::new(path).try_call(request).await {
        Ok(r) => r.map(Body::new),
        Err(e) => {
            tracing::error!(error = %e, "exports");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(&job.format)));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.remove(header::LAST_MODIFIED);
    response
}

/// The media type of a format.
pub(crate) fn kind(format: &str) -> &'static str {
    if format == "csv" {
        "text/csv; charset=utf-8"
    } else {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    }
}

/// A name as a header may hold it (RFC 8187).
pub(crate) fn escaped(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The name of the file: what it is, and the day as of which it was judged.
pub(crate) fn disposition(job: &job::Model) -> String {
    let title = export::of(&job.what).map_or("export", |r| if job.lang == "zh" { r.title.zh } else { r.title.en });
    let day = domain::clock::date_of(job.as_of);
    let name = escaped(&format!("{title} {day}.{}", job.format));
    format!("attachment; filename=\"{}-{day}.{}\"; filename*=UTF-8''{name}", job.what, job.format)
}
