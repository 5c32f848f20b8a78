//! `GET /devices/me`: what a gun needs after it was switched on.

use super::{call, problem::Problem};
use crate::state::AppState;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use data::device;
use domain::outcome::RequestCode;
use serde::Serialize;
use utoipa::ToSchema;

/// At most so many gaps are listed; the oldest first, more follow when these are closed.
const GAPS_LISTED: usize = 100;

/// Missing numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GapLine {
    /// Epoch.
    pub epoch: i64,
    /// First missing number.
    pub first: i64,
    /// Last missing number.
    pub last: i64,
}

impl GapLine {
    /// The oldest of the gaps.
    #[must_use]
    pub fn of(gaps: &[(i64, i64, i64)]) -> Vec<Self> {
        gaps.iter()
            .take(GAPS_LISTED)
            .map(|(epoch, first, last)| Self { epoch: *epoch, first: *first, last: *last })
            .collect()
    }
}

/// A device's own view.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceStatus {
    /// Device id.
    pub device_id: i64,
    /// `gun`, `handheld`.
    pub kind: String,
    /// Label.
    pub label: String,
    /// Medium a gun fills.
    pub medium: String,
    /// Station (site id).
    pub site_id: i64,
    /// Present epoch: a gun that lost its memory goes on with this plus one, from number 1.
    pub epoch: i64,
    /// Next number expected.
    pub next_seq: i64,
    /// Numbers that are missing: send them again.
    pub gaps: Vec<GapLine>,
    /// Version of the rules in force.
    pub rule_version: i64,
    /// Server clock, ms.
    pub server_time: i64,
    /// The device's clock minus ours, ms.
    pub clock_offset_ms: i64,
}

/// Tells a device where it stands.
#[utoipa::path(get, path = "/api/v1/devices/me", tag = "devices",
    responses((status = 200, body = DeviceStatus), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 503, body = Problem)),
    security(("device" = [])))]
pub async fn me(State(app): State<AppState>, request: Request<Body>) -> Response {
    let call = match call(&app, request).await {
        Ok(c) => c,
        Err(r) => return r,
    };
    let d = call.signed.device;
    match device::progress(app.db.read(), d.id).await {
        Ok(p) => Json(DeviceStatus {
            device_id: d.id,
            kind: d.kind,
            label: d.label,
            medium: d.medium,
            site_id: d.site_id,
            epoch: p.epoch,
            next_seq: p.next_seq,
            gaps: GapLine::of(&p.gaps),
            rule_version: app.rules.now().version,
            server_time: app.clock.now(),
            clock_offset_ms: call.signed.offset_ms,
        })
        .into_response(),
        Err(why) => {
            tracing::error!(error = %why, "progress of a device");
            Problem::new(RequestCode::Busy, &call.headers).into_response()
        }
    }
}
