//! `GET /ws`: the feed's socket.

use crate::{api::problem::Problem, state::AppState, web};
use app::Who;
use axum::{
    extract::{
        Query, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::{outcome::RequestCode, permission::Permission, scope::Scope};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// Largest message a client may send; it has nothing to say.
const MESSAGE_MAX: usize = 4 * 1024;
/// Messages a client may send in a second before it is taken for hostile.
const CHATTER_MAX: u32 = 20;
/// Bytes that wait to be written to one socket.
const WRITE_BUFFER: usize = 64 * 1024;
const WRITE_BUFFER_MAX: usize = 2 * 1024 * 1024;
/// Time between pings.
const PING: Duration = Duration::from_secs(15);
/// A socket that takes nothing for so long is closed.
const SEND_WAIT: Duration = Duration::from_secs(30);
/// A socket from which nothing (not even a pong) came for so long is closed.
const SILENT: Duration = Duration::from_secs(60);
/// How often it is looked at again whether the asker may still see the wall.
const RECHECK: Duration = Duration::from_secs(2);

/// Close code: whoever asks may not see the wall, or no more: not paired, not signed in, revoked.
pub const CLOSE_NOT_PAIRED: u16 = 4401;
/// Close code: the scope is not known.
pub const CLOSE_BAD_SCOPE: u16 = 4404;
/// Close code: the client broke the protocol.
pub const CLOSE_CHATTER: u16 = 4429;
/// Close code: come again (1013, «try again later»).
const CLOSE_AGAIN: u16 = 1013;

/// What a client asks for.
#[derive(Debug, Deserialize)]
pub struct Ask {
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    build: Option<String>,
}

/// Whether a browser's request comes from a page of ours. Without an Origin it is no browser.
#[must_use]
pub fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let origin = origin.to_str().ok().and_then(|o| o.strip_prefix("http://").or_else(|| o.strip_prefix("https://")));
    origin.is_some() && origin == host
}

/// The upgrade.
pub async fn upgrade(
    State(app): State<AppState>,
    headers: HeaderMap,
    Query(ask): Query<Ask>,
    ws: WebSocketUpgrade,
) -> Response {
    if !same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let who = match app.access.who(&headers).await {
        Ok(w) => w,
        Err(why) => {
            tracing::error!(error = %why, "who asks for the feed");
            return Problem::new(RequestCode::Busy, &headers).into_response();
        }
    };
    ws.max_message_size(MESSAGE_MAX)
        .max_frame_size(MESSAGE_MAX)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .on_upgrade(move |socket| serve(app, socket, who, ask))
}

async fn close(mut tx: SplitSink<WebSocket, Message>, code: u16, why: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(why) };
    // The other side may be gone already.
    drop(timeout(Duration::from_secs(2), tx.send(Message::Close(Some(frame)))).await);
}

async fn serve(app: AppState, socket: WebSocket, who: Who, ask: Ask) {
    let (mut tx, mut rx) = socket.split();
    // A browser cannot read the status of a refused upgrade; it can read a close code.
    if !who.permissions().has(Permission::WallView) {
        return close(tx, CLOSE_NOT_PAIRED, "not allowed").await;
    }
    let Ok(scope) = ask.scope.as_deref().unwrap_or("city").parse::<Scope>() else {
        return close(tx, CLOSE_BAD_SCOPE, "unknown scope").await;
    };
    match app.scope_exists(web::viewer(&who), scope).await {
        Ok(true) => {}
        Ok(false) => return close(tx, CLOSE_BAD_SCOPE, "unknown scope").await,
        Err(_) => return close(tx, CLOSE_AGAIN, "try again").await,
    }
    // A cursor that is no number is no cursor: the client gets a snapshot.
    // A page of another build is told so by a snapshot, which names the build.
    let same_build = ask.build.as_deref().is_none_or(|b| b == app.shell.build);
    let cursor = ask.cursor.as_deref().filter(|_| same_build).and_then(|c| c.parse().ok());
    let Some(mut feed) = app.hub.subscribe(scope, cursor).await else {
        return close(tx, CLOSE_AGAIN, "stopping").await;
    };
    metrics::gauge!("pingji_sockets").increment(1.0);
    let mut ping = tokio::time::interval(PING);
    let mut recheck = tokio::time::interval(RECHECK);
    let (mut heard, mut chatter) = (tokio::time::Instant::now(), (tokio::time::Instant::now(), 0_u32));
    let ending = loop {
        tokio::select! {
            frame = feed.frames.recv() => {
                let Some(text) = frame else { break Some((CLOSE_AGAIN, "resync")) };
                match timeout(SEND_WAIT, tx.send(Message::Text(text))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => break None,
                    Err(_) => break Some((CLOSE_AGAIN, "too slow")),
                }
            }
            message = rx.next() => {
                match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => break None,
                    Some(Ok(_)) => {
                        heard = tokio::time::Instant::now();
                        if chatter.0.elapsed() > Duration::from_secs(1) {
                            chatter = (heard, 0);
                        }
                        chatter.1 += 1;
                        if chatter.1 > CHATTER_MAX {
                            break Some((CLOSE_CHATTER, "too much"));
                        }
                    }
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENT {
                    break Some((CLOSE_AGAIN, "silent"));
                }
                if !matches!(timeout(SEND_WAIT, tx.send(Message::Ping(Default::default()))).await, Ok(Ok(()))) {
                    break None;
                }
            }
            _ = recheck.tick() => {
                // A record that does not answer now is asked again in two seconds.
                if let Ok(now) = app.access.still(&who).await
                    && (!now.permissions().has(Permission::WallView) || web::viewer(&now) != web::viewer(&who))
                {
                    break Some((CLOSE_NOT_PAIRED, "revoked"));
                }
            }
            () = app.stop.cancelled() => break Some((1001, "the server stops")),
        }
    };
    metrics::gauge!("pingji_sockets").decrement(1.0);
    if let Some((code, why)) = ending {
        close(tx, code, why).await;
    }
}
