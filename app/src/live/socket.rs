//! One WebSocket. It reports with the generation it was opened for; dropped, it reports nothing any more.

use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

/// What a socket reports.
pub enum Report {
    /// It opened.
    Opened,
    /// A text frame; `None` for a frame that is no text.
    Frame(Option<String>),
    /// It closed, or never opened, with this code.
    Closed(u16),
}

/// An open or opening socket.
pub struct Socket {
    ws: WebSocket,
    _opened: Closure<dyn FnMut(Event)>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Begins to connect. `None` when the browser refuses the address itself.
    #[must_use]
    pub fn open(url: &str, generation: u32, report: &Rc<dyn Fn(u32, Report)>) -> Option<Self> {
        let ws = WebSocket::new(url).ok()?;
        let to = Rc::clone(report);
        let opened = Closure::<dyn FnMut(Event)>::new(move |_| to(generation, Report::Opened));
        let to = Rc::clone(report);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| {
            to(generation, Report::Frame(e.data().as_string()));
        });
        let to = Rc::clone(report);
        let closed =
            Closure::<dyn FnMut(CloseEvent)>::new(move |e: CloseEvent| to(generation, Report::Closed(e.code())));
        ws.set_onopen(Some(opened.as_ref().unchecked_ref()));
        ws.set_onmessage(Some(message.as_ref().unchecked_ref()));
        ws.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Some(Self { ws, _opened: opened, _message: message, _closed: closed })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.ws.set_onopen(None);
        self.ws.set_onmessage(None);
        self.ws.set_onclose(None);
        // An error here means that it is closed already.
        let _ = self.ws.close();
    }
}
