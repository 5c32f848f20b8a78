//! `POST /fills/authorize`: the gun asks the gate.

use super::{
    call,
    problem::{Problem, pick},
};
use crate::{auth::SKEW_MS, ingest::IngestError, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use data::{
    device,
    ledger::{Answer, Question},
};
use domain::{
    event::{AuthorizeRequest, content_hash},
    gate::Decision,
    outcome::{Reason, RequestCode},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The gate's answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Authorization {
    /// `ALLOW`, `WARN` or `BLOCK`.
    #[schema(value_type = String, example = "ALLOW")]
    pub decision: Decision,
    /// All reasons that count, worst first.
    pub reasons: Vec<ReasonLine>,
    /// Reasons found that a regulator lets pass for now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<ReasonLine>,
    /// Ledger number of the attempt.
    pub no: i64,
    /// Version of the rules it was decided under.
    pub rule_version: i64,
    /// SHA-256 of the facts it was decided on, hex.
    pub facts_hash: String,
    /// This is the first answer to an attempt of the same name.
    pub duplicate: bool,
    /// Server clock, ms.
    pub server_time: i64,
}

/// A reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonLine {
    /// Stable code.
    #[schema(value_type = String, example = "INSPECTION_EXPIRED")]
    pub code: Reason,
    /// What it decides by itself.
    #[schema(value_type = String, example = "BLOCK")]
    pub decision: Decision,
    /// One line, in the reader's language.
    pub text: &'static str,
    /// Rule.
    pub rule: &'static str,
    /// Source and clause.
    pub source: &'static str,
    /// What to do now.
    pub remedy: &'static str,
}

impl ReasonLine {
    fn of(code: Reason, headers: &HeaderMap) -> Self {
        let i = code.info();
        Self {
            code,
            decision: i.decision,
            text: pick(i.text, headers),
            rule: i.rule,
            source: i.source,
            remedy: pick(i.remedy, headers),
        }
    }
}

/// Asks the gate whether a cylinder may be filled. ALLOW and WARN begin the fill (开充).
#[utoipa::path(post, path = "/api/v1/fills/authorize", tag = "fills", request_body = AuthorizeRequest,
    responses(
        (status = 200, body = Authorization),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem)),
    security(("device" = [])))]
pub async fn authorize(State(app): State<AppState>, request: Request<Body>) -> Response {
    let call = match call(&app, request).await {
        Ok(c) => c,
        Err(r) => return r,
    };
    let headers = &call.headers;
    if call.signed.device.kind != device::GUN {
        return Problem::new(RequestCode::NotThisDevice, headers).into_response();
    }
    let question: AuthorizeRequest = match serde_json::from_slice(&call.body) {
        Ok(q) => q,
        Err(why) => return Problem::new(RequestCode::BadBody, headers).detail(why.to_string()).into_response(),
    };
    let asked = match question.check() {
        Ok(q) => q,
        Err(why) => {
            return Problem::new(RequestCode::BadBody, headers).field(why.field).detail(why.message).into_response();
        }
    };
    let question = Question {
        device: call.signed.device.id,
        site: call.signed.device.site_id,
        attempt: asked.attempt,
        tag: asked.tag,
        medium: asked.medium,
        at: asked.at,
        hash: content_hash(&question),
        operator: asked.operator,
    };
    match app.ingest.ask(question).await {
        Ok(Answer::Decided { verdict, no, rule_version, facts_hash, duplicate }) => {
            metrics::counter!("pingji_attempts_total", "decision" => match verdict.decision {
                Decision::Allow => "allow",
                Decision::Warn => "warn",
                Decision::Block => "block",
            })
            .increment(1);
            let lines = |codes: Vec<Reason>| codes.into_iter().map(|r| ReasonLine::of(r, headers)).collect();
            let server_time = app.clock.now();
            Json(Authorization {
                decision: verdict.decision,
                reasons: lines(verdict.reasons),
                overridden: lines(verdict.overridden),
                no,
                rule_version,
                facts_hash,
                duplicate,
                server_time,
            })
            .into_response()
        }
        Ok(Answer::NotNow) => {
            let detail = format!("is more than {} s away from the server's clock", SKEW_MS / 1000);
            Problem::new(RequestCode::BadBody, headers).field("at").detail(detail).into_response()
        }
        Ok(Answer::Reused) => Problem::new(RequestCode::AttemptReused, headers).field("attempt").into_response(),
        Err(IngestError::Busy | IngestError::Unavailable) => Problem::new(RequestCode::Busy, headers).into_response(),
    }
}
