//! `POST /fills` and `POST /events`: what happened, in batches.

use super::{
    Call, call,
    devices::GapLine,
    problem::{Problem, pick},
};
use crate::state::AppState;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use data::{device, ledger::Outcome};
use domain::{
    event::{BATCH_MAX, CustodyRecord, Entry, FieldError, FillRecord, Sender},
    outcome::{RecordCode, RequestCode},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

/// A batch as it is read: records one by one, so that a malformed one costs only itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    records: Vec<Value>,
}

/// A batch of fills.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "stands in the OpenAPI document only")]
pub struct FillBatch {
    /// At most 1,000.
    records: Vec<FillRecord>,
}

/// A batch of events.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "stands in the OpenAPI document only")]
pub struct EventBatch {
    /// At most 1,000.
    records: Vec<CustodyRecord>,
}

/// What became of a batch. Each result stands for its own commit; an acknowledged record is durable.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchResult {
    /// In the order of the records.
    pub results: Vec<RecordResult>,
    /// Present epoch of the device.
    pub epoch: i64,
    /// Next number expected in it.
    pub next_seq: i64,
    /// Numbers that are missing: send them again.
    pub gaps: Vec<GapLine>,
    /// Server clock, ms.
    pub server_time: i64,
    /// The device's clock minus ours, ms.
    pub clock_offset_ms: i64,
}

/// What became of a record.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RecordResult {
    /// Epoch, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Number, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// `ACCEPTED`, `DUPLICATE`, `QUARANTINED`, `REJECTED`.
    #[schema(value_type = String, example = "ACCEPTED")]
    pub status: &'static str,
    /// Ledger number, for ACCEPTED and the DUPLICATE of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no: Option<i64>,
    /// What is wrong with an event that was accepted all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub anomalies: Vec<&'static str>,
    /// For DUPLICATE: status of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub first: Option<&'static str>,
    /// For QUARANTINED and REJECTED: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub code: Option<&'static str>,
    /// The same in the reader's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub text: Option<&'static str>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub remedy: Option<&'static str>,
    /// For REJECTED: the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For REJECTED: what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl RecordResult {
    fn why(mut self, code: RecordCode, headers: &HeaderMap) -> Self {
        let info = code.info();
        self.code = Some(code.code());
        self.text = Some(pick(info.text, headers));
        self.remedy = Some(pick(info.remedy, headers));
        self
    }

    fn outcome(mut self, outcome: &Outcome, headers: &HeaderMap) -> Self {
        match outcome {
            Outcome::Accepted { no, anomalies } => {
                self.status = "ACCEPTED";
                self.no = Some(*no);
                self.anomalies = anomalies.iter().map(|a| a.code()).collect();
                self
            }
            Outcome::Duplicate { first } => {
                let mut me = self.outcome(first, headers);
                me.first = Some(me.status);
                me.status = "DUPLICATE";
                me
            }
            Outcome::Quarantined(code) => {
                self.status = "QUARANTINED";
                self.why(*code, headers)
            }
            Outcome::Rejected(code) => {
                self.status = "REJECTED";
                self.why(*code, headers)
            }
        }
    }
}

/// Takes fills that happened. What happened is never refused for being illegal: it is accepted and alarmed.
#[utoipa::path(post, path = "/api/v1/fills", tag = "fills", request_body = FillBatch,
    responses(
        (status = 200, body = BatchResult),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem)),
    security(("device" = [])))]
pub async fn fills(State(app): State<AppState>, request: Request<Body>) -> Response {
    let call = match call(&app, request).await {
        Ok(c) => c,
        Err(r) => return r,
    };
    if call.signed.device.kind != device::GUN {
        return Problem::new(RequestCode::NotThisDevice, &call.headers).into_response();
    }
    batch(&app, &call, |r: &FillRecord, from| Ok(r.entry(from)?)).await
}

/// Takes every event that is neither a registration nor a fill. Which kinds a device may report follows from its kind and that
/// of its organisation; a kind with more to say carries it in `body`. What happened is never refused for being illegal: it is
/// accepted with its anomalies.
#[utoipa::path(post, path = "/api/v1/events", tag = "events", request_body = EventBatch,
    responses(
        (status = 200, body = BatchResult),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem)),
    security(("device" = [])))]
pub async fn events(State(app): State<AppState>, request: Request<Body>) -> Response {
    match call(&app, request).await {
        Ok(call) => {
            let role = call.signed.role;
            batch(&app, &call, |r: &CustodyRecord, from| {
                // A kind that nobody reports here is malformed, whoever sends it.
                if r.kind.is_reported() && !role.is_some_and(|role| role.may(r.kind)) {
                    return Err(Unread::NotAllowed);
                }
                Ok(r.entry(from)?)
            })
            .await
        }
        Err(r) => r,
    }
}

/// Why a record is no entry.
enum Unread {
    /// A field is wrong: its name, empty where the whole is, and what is wrong.
    Malformed(String, String),
    /// This device does not report such events.
    NotAllowed,
}

impl From<FieldError> for Unread {
    fn from(e: FieldError) -> Self {
        Self::Malformed(e.field.to_owned(), e.message)
    }
}

fn read<R: DeserializeOwned>(
    value: &Value,
    from: Sender,
    entry: impl Fn(&R, Sender) -> Result<Entry, Unread>,
) -> Result<Entry, Unread> {
    let record: R = R::deserialize(value).map_err(|why| Unread::Malformed(String::new(), why.to_string()))?;
    entry(&record, from)
}

async fn batch<R: DeserializeOwned>(
    app: &AppState,
    call: &Call,
    entry: impl Fn(&R, Sender) -> Result<Entry, Unread>,
) -> Response {
    let headers = &call.headers;
    let batch: Batch = match serde_json::from_slice(&call.body) {
        Ok(b) => b,
        Err(why) => return Problem::new(RequestCode::BadBody, headers).detail(why.to_string()).into_response(),
    };
    if batch.records.len() > BATCH_MAX {
        return Problem::new(RequestCode::BatchTooLarge, headers)
            .field("records")
            .detail(batch.records.len().to_string())
            .into_response();
    }
    let read: Vec<_> = batch.records.iter().map(|v| read(v, call.signed.sender, &entry)).collect();
    let entries: Vec<Entry> = read.iter().filter_map(|r| r.as_ref().ok()).cloned().collect();
    let Ok(recorded) = app.ingest.record(entries).await else {
        return Problem::new(RequestCode::Busy, headers).into_response();
    };
    let mut outcomes = recorded.outcomes.iter();
    let results = batch
        .records
        .iter()
        .zip(&read)
        .map(|(value, read)| {
            let number = |field: &str| value.get(field).and_then(Value::as_u64);
            let base = RecordResult { epoch: number("epoch"), seq: number("seq"), ..RecordResult::default() };
            match read {
                Ok(_) => outcomes.next().map_or_else(RecordResult::default, |o| base.outcome(o, headers)),
                Err(why) => {
                    metrics::counter!("pingji_records_total", "outcome" => "rejected").increment(1);
                    let mut r = match why {
                        Unread::NotAllowed => base.why(RecordCode::EventNotAllowed, headers),
                        Unread::Malformed(field, detail) => RecordResult {
                            field: (!field.is_empty()).then(|| field.clone()),
                            detail: Some(detail.clone()),
                            ..base.why(RecordCode::Malformed, headers)
                        },
                    };
                    r.status = "REJECTED";
                    r
                }
            }
        })
        .collect();
    let progress = match recorded.progress {
        Some(p) => p,
        None => match device::progress(app.db.read(), call.signed.device.id).await {
            Ok(p) => p,
            Err(why) => {
                tracing::error!(error = %why, "progress of a device");
                return Problem::new(RequestCode::Busy, headers).into_response();
            }
        },
    };
    Json(BatchResult {
        results,
        epoch: progress.epoch,
        next_seq: progress.next_seq,
        gaps: GapLine::of(&progress.gaps),
        server_time: app.clock.now(),
        clock_offset_ms: call.signed.offset_ms,
    })
    .into_response()
}
