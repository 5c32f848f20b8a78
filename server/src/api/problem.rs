//! Errors as `application/problem+json` (RFC 9457), in the reader's language.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::outcome::{RequestCode, Text};
use serde::Serialize;

/// Whether a reader asked for English; Chinese is the default.
#[must_use]
pub fn english(headers: &HeaderMap) -> bool {
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = said.split(',').next().unwrap_or_default().trim_start();
    first.get(..2).is_some_and(|l| l.eq_ignore_ascii_case("en"))
}

/// A text in the reader's language.
#[must_use]
pub fn pick(text: Text, headers: &HeaderMap) -> &'static str {
    if english(headers) { text.en } else { text.zh }
}

/// An error of a whole request.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A name for this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line, in the reader's language.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// More.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

const fn status(code: RequestCode) -> u16 {
    match code {
        RequestCode::SignatureMissing
        | RequestCode::KeyUnknown
        | RequestCode::SignatureWrong
        | RequestCode::ClockSkew
        | RequestCode::NotPaired => 401,
        RequestCode::DeviceRevoked | RequestCode::NotThisDevice | RequestCode::ForeignOrigin => 403,
        RequestCode::Replayed | RequestCode::AttemptReused => 409,
        RequestCode::BadBody | RequestCode::BatchTooLarge => 400,
        RequestCode::BodyTooLarge => 413,
        RequestCode::NotFound => 404,
        RequestCode::MethodNotAllowed => 405,
        RequestCode::Busy => 503,
    }
}

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn new(code: RequestCode, headers: &HeaderMap) -> Self {
        Self {
            kind: format!("urn:pingji:{}", code.code()),
            title: pick(code.info(), headers).to_owned(),
            status: status(code),
            code: code.code().to_owned(),
            detail: None,
            field: None,
        }
    }

    /// With more to say.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        self.maybe_detail(Some(detail.into()))
    }

    /// With more to say, perhaps.
    #[must_use]
    pub fn maybe_detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail;
        self
    }

    /// Naming the field.
    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_client_status_but_busy() {
        for c in RequestCode::ALL {
            let s = status(*c);
            assert!(StatusCode::from_u16(s).is_ok());
            assert_eq!(s >= 500, *c == RequestCode::Busy, "{c:?}");
        }
    }

    #[test]
    fn the_language_is_the_readers() {
        let mut h = HeaderMap::new();
        assert!(!english(&h));
        h.insert(header::ACCEPT_LANGUAGE, "en-GB,zh;q=0.5".parse().unwrap());
        assert!(english(&h));
        h.insert(header::ACCEPT_LANGUAGE, "zh-CN,en".parse().unwrap());
        assert!(!english(&h));
    }
}
