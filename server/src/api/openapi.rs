//! The OpenAPI document, made from the handlers.

use super::{devices, fills, problem::Problem, records};
use axum::Json;
use domain::event::{AuthorizeRequest, Content, CustodyRecord, EventKind, FillRecord};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};

/// How devices sign.
struct Signature;

impl Modify for Signature {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let text = "Four headers: `x-pingji-key` (key id), `x-pingji-time` (Unix ms), `x-pingji-nonce` (16 to 64 of A-Z a-z 0-9 _ -, new for every request), \
                    `x-pingji-signature` = lower-case hex of HMAC-SHA256 with the device's secret over \
                    `METHOD \\n path?query \\n time \\n nonce \\n hex(SHA-256(body))`. \
                    A retry sends the same body under a fresh nonce and time, and is answered with the first outcome.";
        if let Some(c) = openapi.components.as_mut() {
            c.add_security_scheme(
                "device",
                SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("x-pingji-signature", text))),
            );
        }
    }
}

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Pingji 瓶迹", version = "1", description = "The API for machines: fill guns, hand-held scanners, enterprise systems. Weights are grams, instants RFC 3339 with an offset. Errors are application/problem+json."),
    paths(fills::authorize, records::fills, records::events, devices::me),
    components(schemas(AuthorizeRequest, FillRecord, CustodyRecord, EventKind, Content, fills::Authorization, fills::ReasonLine, records::BatchResult, records::RecordResult, devices::DeviceStatus, devices::GapLine, Problem)),
    modifiers(&Signature)
)]
pub struct Document;

/// `GET /openapi.json`
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
