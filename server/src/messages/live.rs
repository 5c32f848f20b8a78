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
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::outcome::RequestCode;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
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

/// Windows in which one account watches its inbox at most: each asks the record every quarter of a minute.
pub const SEATS_MAX: usize = 20;

/// Windows that are open, by account. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seats(Arc<Mutex<HashMap<i64, usize>>>);

impl Seats {
    /// Room for one more window of an account's; none where it has too many.
    #[must_use]
    pub fn take(&self, account: i64) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = open.entry(account).or_default();
        if *n >= SEATS_MAX {
            return None;
        }
        *n += 1;
        Some(Seat { all: self.clone(), account })
    }
}

/// An open window. It is given back when it goes.
#[derive(Debug)]
pub struct Seat {
    all: Seats,
    account: i64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = open.get_mut(&self.account) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                open.remove(&self.account);
            }
        }
    }
}

/// The upgrade: of an account alone, and of so many windows of one.
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
    // Nobody holds a socket, not even until it is closed again.
    let Some(account) = reader(&who) else { return StatusCode::UNAUTHORIZED.into_response() };
    let Some(seat) = app.messages.seat(account) else { return StatusCode::TOO_MANY_REQUESTS.into_response() };
    // Before it is counted for the first time: what comes in between is told.
    let live = app.messages.live();
    ws.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX).on_upgrade(move |socket| async move {
        serve(app, socket, (who, account), live).await;
        drop(seat);
    })
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

async fn serve(app: AppState, mut socket: WebSocket, (who, account): (Who, i64), mut live: Receiver<Arc<[i64]>>) {
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
