//! How an enterprise is rated, for anybody who names it.

use super::{Peer, asker, page, parameter, reading};
use crate::state::AppState;
use app::public::rating::{Found, document};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use domain::credit::Look;
use std::time::Instant;

/// `/rating?q=`
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/rating", get(rating))
}

async fn rating(State(app): State<AppState>, peer: Peer, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let reading = reading(&query, &headers);
    let asked: String =
        parameter(&query, "q").unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(40).collect();
    let address = asker(&app, &peer, &headers);
    let (status, found) = if asked.is_empty() {
        (StatusCode::OK, Found::Ask)
    } else if Look::read(&asked).is_none() {
        (StatusCode::OK, Found::Short)
    } else if address.is_some_and(|a| app.throttles.rated.ask(a, Instant::now()).is_err()) {
        (StatusCode::TOO_MANY_REQUESTS, Found::Later)
    } else {
        match data::credit_list::look_up(&app.db, &asked).await {
            Ok(all) => (StatusCode::OK, Found::These(all)),
            Err(why) => {
                tracing::error!(error = %why, "a rating that was looked up");
                (StatusCode::SERVICE_UNAVAILABLE, Found::Down)
            }
        }
    };
    page(status, document(reading, &asked, &found))
}
