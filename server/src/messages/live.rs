//! `GET /ws/inbox`: tells an account how many messages it has not read, as soon as one comes. A page that only waits is no use of its session.

use crate::{
    api::problem::Problem,
    state::AppState,
    ws::{CLOSE_CHATTER, CLOSE_NOT_PAIRED, same_origin},
};
use app::Who;
use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::outcome::RequestCode;
use std::time::Duration;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout},
};

/// Longest message of a client, which has nothing to say, bytes.
const MESSAGE_MAX: usize = 1 << 10;
/// Messages of a client in all before it is taken for hostile: browsers answer pings, which count.
const CHATTER_MAX: u32 = 20;
/// How often it is looked at again who asks and how many there are: somebody reads in another window.
const LOOK: Duration = Duration::from_secs(15);
/// A socket that takes nothing for so long is closed.
const SEND_WAIT: Duration = Duration::from_secs(10);

/// The upgrade.
pub async fn upgrade(State(app): State<AppState>, headers: HeaderMap, ws: WebSocketUpgrade) -> Response {
    if !same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let who = match app.access.who(&headers).await {
        Ok(w) => w,
        Err(why) => {
            tracing::error!(error = %why, "who asks for the inbox");
            return Problem::new(RequestCode::Busy, &headers).into_response();
        }
    };
    // Before it is counted for the first time: what comes in between is told.
    let live = app.messages.live();
    ws.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX).on_upgrade(move |socket| serve(app, socket, who, live))
}

/// The account, where it may read its inbox.
fn reader(who: &Who) -> Option<i64> {
    who.me().filter(|me| me.due.is_none()).map(|me| me.id)
}

async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
    // The other side may be gone already.
    drop(timeout(Duration::from_secs(2), socket.send(Message::Close(Some(frame)))).await);
}

async fn serve(app: AppState, mut socket: WebSocket, who: Who, mut live: Receiver<std::sync::Arc<[i64]>>) {
    // A browser cannot read the status of a refused upgrade; it can read a close code.
    let Some(account) = reader(&who) else { return close(&mut socket, CLOSE_NOT_PAIRED).await };
    let mut look = tokio::time::interval(LOOK);
    let (mut told, mut chatter) = (None, (Instant::now(), 0_u32));
    loop {
        let due = tokio::select! {
            _ = look.tick() => {
                match app.access.still(&who).await {
                    Ok(now) if reader(&now) != Some(account) => return close(&mut socket, CLOSE_NOT_PAIRED).await,
                    _ => true,
                }
            }
            came = live.recv() => match came {
                Ok(accounts) => accounts.contains(&account),
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return close(&mut socket, 1001).await,
            },
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => {
                    if chatter.0.elapsed() > LOOK {
                        chatter = (Instant::now(), 0);
                    }
                    chatter.1 += 1;
                    if chatter.1 > CHATTER_MAX {
                        return close(&mut socket, CLOSE_CHATTER).await;
                    }
                    false
                }
            },
            () = app.stop.cancelled() => return close(&mut socket, 1001).await,
        };
        if !due {
            continue;
        }
        // A record that does not answer now is asked again at the next look.
        let Ok(n) = data::message::unread(app.db.read(), account).await else { continue };
        let message = if told == Some(n) { Message::Ping(Default::default()) } else { Message::text(n.to_string()) };
        told = Some(n);
        if !matches!(timeout(SEND_WAIT, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}
