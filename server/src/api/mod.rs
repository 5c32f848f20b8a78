//! The API for machines: fill guns, hand-held scanners, enterprise systems.

pub mod devices;
pub mod fills;
pub mod openapi;
pub mod problem;
pub mod records;

use crate::{auth::Signed, state::AppState};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{OriginalUri, Request},
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::outcome::RequestCode;
use problem::Problem;

/// Largest body of a request, bytes: a thousand records of two kilobytes.
pub const BODY_MAX: usize = 2 * 1024 * 1024;

/// A body must have come within this time.
const BODY_WAIT: std::time::Duration = std::time::Duration::from_secs(20);

/// A request whose signature was right.
pub struct Call {
    /// Who.
    pub signed: Signed,
    /// Headers, for the language of errors.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Reads and verifies a request.
async fn call(app: &AppState, request: Request<Body>) -> Result<Call, Response> {
    let (mut parts, body) = request.into_parts();
    // Within a nested router the path is cut short; what was signed is the whole.
    if let Some(OriginalUri(uri)) = parts.extensions.remove::<OriginalUri>() {
        parts.uri = uri;
    }
    let refuse = |r: crate::auth::Refused| {
        metrics::counter!("pingji_requests_refused_total", "code" => r.code.code()).increment(1);
        Problem::new(r.code, &parts.headers).maybe_detail(r.detail).into_response()
    };
    let claim = app.devices.claim(&parts.headers).await.map_err(refuse)?;
    let limited = http_body_util::BodyExt::collect(http_body_util::Limited::new(body, BODY_MAX));
    let body = match tokio::time::timeout(BODY_WAIT, limited).await {
        Ok(Ok(b)) => b.to_bytes(),
        Ok(Err(why)) if why.is::<http_body_util::LengthLimitError>() => {
            let problem = Problem::new(RequestCode::BodyTooLarge, &parts.headers);
            return Err(problem.detail(format!("{BODY_MAX} bytes")).into_response());
        }
        // Cut off, chunked wrongly, or not sent in time.
        Ok(Err(_)) | Err(_) => {
            return Err(Problem::new(RequestCode::BadBody, &parts.headers)
                .detail("the body ended early")
                .into_response());
        }
    };
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    let signed = app.devices.verify(claim, &parts.method, path, &body).map_err(refuse)?;
    Ok(Call { signed, headers: parts.headers, body })
}

async fn wrong_method(method: Method, headers: HeaderMap) -> Response {
    Problem::new(RequestCode::MethodNotAllowed, &headers).detail(method.to_string()).into_response()
}

async fn not_found(headers: HeaderMap) -> Response {
    Problem::new(RequestCode::NotFound, &headers).into_response()
}

/// The routes under `/api/v1`.
pub fn routes() -> Router<AppState> {
    let v1 = Router::new()
        .route("/fills/authorize", post(fills::authorize))
        .route("/fills", post(records::fills))
        .route("/events", post(records::events))
        .route("/devices/me", get(devices::me))
        .route("/openapi.json", get(openapi::document))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found);
    Router::new().nest("/api/v1", v1)
}
