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
    let body = match http_body_util::BodyExt::collect(http_body_util::Limited::new(body, BODY_MAX)).await {
        Ok(b) => b.to_bytes(),
        Err(why) if why.is::<http_body_util::LengthLimitError>() => {
            return Err(Problem::new(RequestCode::BodyTooLarge, &parts.headers)
                .detail(format!("{BODY_MAX} bytes"))
                .into_response());
        }
        // Cut off, or chunked wrongly.
        Err(_) => {
            return Err(Problem::new(RequestCode::BadBody, &parts.headers)
                .detail("the body ended early")
                .into_response());
        }
    };
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    match app.devices.verify(&parts.method, path, &parts.headers, &body).await {
        Ok(signed) => Ok(Call { signed, headers: parts.headers, body }),
        Err(r) => {
            metrics::counter!("pingji_requests_refused_total", "code" => r.code.code()).increment(1);
            Err(Problem::new(r.code, &parts.headers).maybe_detail(r.detail).into_response())
        }
    }
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
