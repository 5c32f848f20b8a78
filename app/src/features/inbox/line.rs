//! The line on which the server tells how many messages are unread. It is no use of the session: whoever goes away is signed out as he would
//! be without it.

use crate::live::socket::{Report, Socket};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

/// Close code of a server that does not answer whoever asks: nobody, a display, a session that ended.
const NOT_SIGNED_IN: u16 = 4401;
/// How long to wait before the next try; longer each time, up to the last.
const WAITS: [u64; 4] = [2, 10, 30, 60];

struct Line {
    count: RwSignal<Option<i64>>,
    socket: RefCell<Option<Socket>>,
    generation: Cell<u32>,
    tries: Cell<usize>,
}

/// Follows the figure as long as the page stands.
pub(super) fn follow(count: RwSignal<Option<i64>>) {
    let line = Line { count, socket: RefCell::default(), generation: Cell::new(0), tries: Cell::new(0) };
    open(&Rc::new(line));
}

fn open(line: &Rc<Line>) {
    let Some(url) = address() else { return };
    let generation = line.generation.get().wrapping_add(1);
    line.generation.set(generation);
    let own = Rc::clone(line);
    let report: Rc<dyn Fn(u32, Report)> = Rc::new(move |of, report| {
        if of != own.generation.get() {
            return;
        }
        match report {
            Report::Opened => own.tries.set(0),
            Report::Frame(text) => {
                if let Some(n) = text.and_then(|t| t.parse().ok()) {
                    let _ = own.count.try_set(Some(n));
                }
            }
            Report::Closed(NOT_SIGNED_IN) => {}
            Report::Closed(_) => {
                let tries = own.tries.get();
                own.tries.set(tries + 1);
                let wait = WAITS.get(tries).or(WAITS.last()).copied().unwrap_or(60);
                let again = Rc::clone(&own);
                set_timeout(move || open(&again), Duration::from_secs(wait));
            }
        }
    });
    let socket = Socket::open(&url, generation, &report);
    // The one before goes here: it has closed.
    *line.socket.borrow_mut() = socket;
}

/// The same server, by the same kind of way.
fn address() -> Option<String> {
    let location = window().location();
    let (scheme, host) = (location.protocol().ok()?, location.host().ok()?);
    let scheme = if scheme == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{host}/ws/inbox"))
}
