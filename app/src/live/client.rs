//! Binds link, store and socket to the browser's clock, its animation frames and its events.

use super::{
    link::{Link, Phase, Todo},
    offset::Offset,
    socket::{Report, Socket},
    store::Store,
    time::{Time, unix},
    wire,
};
use domain::wall::{Change, ServerFrame};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, Performance, Window};

/// How often the link is looked at, ms.
const TICK_MS: i32 = 100;
/// Frames that may wait for an animation frame; a page in the background gets none.
const INBOX: usize = 256;
/// Difference between two clocks that only a sleeping machine or a set clock explains, ms.
const JUMP_MS: f64 = 5_000.0;
/// How often the page around this one is told that it runs, ms.
const TELL_MS: f64 = 1_000.0;
/// Where the build that was reloaded for is noted: a server that disagrees with itself must not make a wall flicker.
const RELOADED: &str = "pingji-reloaded-for";

/// What to connect to.
pub struct Config {
    /// The channel, as in the address.
    pub scope: String,
    /// The build this page belongs to; empty when it is not known.
    pub build: String,
}

/// What the client tells its owner.
pub enum Happening<'a> {
    /// An animation frame: draw. Answer when another one is wanted.
    Frame {
        /// Frames of the feed received since the page was loaded.
        received: u32,
        /// The state.
        store: &'a Store,
        /// What is new in it since the last frame.
        news: &'a [Change],
        /// Whether anything was applied.
        changed: bool,
        /// The time.
        time: Time<'a>,
    },
    /// Ten times a second: how the feed is. Answer when a frame is wanted.
    Status {
        /// In a word.
        phase: Phase,
        /// Since when nothing was heard, ms.
        silence: Option<f64>,
        /// The time.
        time: Time<'a>,
    },
}

/// After how many milliseconds an animation frame is wanted; not at all without one.
pub type Wanted = Option<i32>;

type Watch = dyn FnMut(&Happening) -> Wanted;
type Reporter = Rc<dyn Fn(u32, Report)>;
type OnFrame = Closure<dyn FnMut(f64)>;
type Listener = (web_sys::EventTarget, &'static str, Closure<dyn FnMut(Event)>);

struct Inner {
    window: Window,
    performance: Performance,
    config: Config,
    link: RefCell<Link>,
    store: RefCell<Store>,
    inbox: RefCell<Vec<ServerFrame>>,
    received: Cell<u32>,
    offset: Cell<Offset>,
    socket: RefCell<Option<(u32, Socket)>>,
    watch: RefCell<Box<Watch>>,
    frame_asked: Cell<bool>,
    clocks: Cell<(f64, f64)>,
    report: RefCell<Option<Reporter>>,
    on_frame: RefCell<Option<OnFrame>>,
    on_tick: RefCell<Option<Closure<dyn FnMut()>>>,
    on_delay: RefCell<Option<Closure<dyn FnMut()>>>,
    delayed: Cell<bool>,
    told: Cell<f64>,
    timer: Cell<i32>,
    listeners: RefCell<Vec<Listener>>,
}

/// A running client; it runs until [`Client::stop`].
pub struct Client(Rc<Inner>);

impl Client {
    /// Starts. `None` outside a browser's window.
    #[must_use]
    pub fn start(config: Config, watch: impl FnMut(&Happening) -> Wanted + 'static) -> Option<Self> {
        let window = web_sys::window()?;
        let performance = window.performance()?;
        let now = performance.now();
        let inner = Rc::new(Inner {
            link: RefCell::new(Link::new(now)),
            store: RefCell::default(),
            inbox: RefCell::default(),
            received: Cell::new(0),
            offset: Cell::default(),
            socket: RefCell::default(),
            watch: RefCell::new(Box::new(watch)),
            frame_asked: Cell::new(false),
            clocks: Cell::new((now, js_sys::Date::now())),
            report: RefCell::default(),
            on_frame: RefCell::default(),
            on_tick: RefCell::default(),
            on_delay: RefCell::default(),
            delayed: Cell::new(false),
            told: Cell::new(0.0),
            timer: Cell::new(0),
            listeners: RefCell::default(),
            window,
            performance,
            config,
        });
        inner.bind();
        inner.tick();
        inner.ask_frame();
        Some(Self(inner))
    }

    /// Asks for an animation frame: something besides the feed has to be drawn.
    pub fn draw(&self) {
        self.0.ask_frame();
    }

    /// Ends it: no timer, no listener, no socket stays.
    pub fn stop(&self) {
        let inner = &self.0;
        inner.window.clear_interval_with_handle(inner.timer.get());
        for (target, name, closure) in inner.listeners.borrow_mut().drain(..) {
            let _ = target.remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
        inner.socket.borrow_mut().take();
        inner.report.borrow_mut().take();
        inner.on_tick.borrow_mut().take();
        // An animation frame that was asked for finds nothing to call.
        *inner.watch.borrow_mut() = Box::new(|_| None);
    }
}

impl Inner {
    fn bind(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        *self.report.borrow_mut() = Some(Rc::new(move |generation, report| {
            if let Some(inner) = weak.upgrade() {
                inner.reported(generation, report);
            }
        }));
        let weak = Rc::downgrade(self);
        *self.on_frame.borrow_mut() = Some(Closure::new(move |_| {
            if let Some(inner) = weak.upgrade() {
                inner.frame();
            }
        }));
        let weak = Rc::downgrade(self);
        *self.on_delay.borrow_mut() = Some(Closure::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.delayed.set(false);
                inner.ask_frame();
            }
        }));
        let weak = Rc::downgrade(self);
        let tick = Closure::<dyn FnMut()>::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.tick();
            }
        });
        let timer =
            self.window.set_interval_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), TICK_MS);
        self.timer.set(timer.unwrap_or_default());
        *self.on_tick.borrow_mut() = Some(tick);
        if let Some(document) = self.window.document() {
            self.listen(document.into(), "visibilitychange", |inner| {
                if !inner.hidden() {
                    inner.resync();
                }
            });
        }
        self.listen(self.window.clone().into(), "online", Self::resync);
        self.listen(self.window.clone().into(), "resize", Self::ask_frame);
    }

    fn listen(self: &Rc<Self>, target: web_sys::EventTarget, name: &'static str, act: fn(&Rc<Self>)) {
        let weak = Rc::downgrade(self);
        let closure = Closure::<dyn FnMut(Event)>::new(move |_| {
            if let Some(inner) = weak.upgrade() {
                act(&inner);
            }
        });
        if target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()).is_ok() {
            self.listeners.borrow_mut().push((target, name, closure));
        }
    }

    fn hidden(&self) -> bool {
        self.window.document().is_some_and(|d| d.hidden())
    }

    fn time(&self) -> Time<'_> {
        Time::new(&self.performance, self.offset.get().ms())
    }

    fn resync(self: &Rc<Self>) {
        self.link.borrow_mut().resync(self.performance.now(), false);
        self.tick();
        self.ask_frame();
    }

    fn tick(self: &Rc<Self>) {
        let now = self.performance.now();
        // A machine that slept stops the one clock and not the other: its socket is dead without knowing it.
        let (last, last_unix) = self.clocks.replace((now, js_sys::Date::now()));
        if ((js_sys::Date::now() - last_unix) - (now - last)).abs() > JUMP_MS {
            self.link.borrow_mut().resync(now, false);
        }
        let todo = self.link.borrow_mut().tick(now, js_sys::Math::random());
        match todo {
            Todo::Connect(generation) => self.connect(generation),
            Todo::Close => drop(self.socket.borrow_mut().take()),
            Todo::Nothing => {
                // Given up between two ticks: let the server know.
                let gone = self.socket.borrow().as_ref().is_some_and(|(g, _)| !self.link.borrow().listens(*g));
                if gone {
                    self.socket.borrow_mut().take();
                }
            }
        }
        let (phase, silence) = {
            let link = self.link.borrow();
            (link.phase(now), link.silence(now))
        };
        if now - self.told.get() >= TELL_MS {
            self.told.set(now);
            tell_around(if phase == Phase::Live { "pingji:live" } else { "pingji:alive" });
        }
        let wanted = (self.watch.borrow_mut())(&Happening::Status { phase, silence, time: self.time() });
        self.later(wanted);
    }

    fn connect(&self, generation: u32) {
        // What still waits belongs to the stretch that the new connection continues.
        self.absorb(&mut Vec::new());
        let url = self.address();
        let report = self.report.borrow().clone();
        let socket = report.and_then(|report| Socket::open(&url, generation, &report));
        *self.socket.borrow_mut() = socket.map(|s| (generation, s));
    }

    fn address(&self) -> String {
        let location = self.window.location();
        let secure = location.protocol().is_ok_and(|p| p == "https:");
        let host = location.host().unwrap_or_default();
        let text = |s: &str| String::from(js_sys::encode_uri_component(s));
        let mut url = format!("{}://{host}/ws?scope={}", if secure { "wss" } else { "ws" }, text(&self.config.scope));
        if !self.config.build.is_empty() {
            url += &format!("&build={}", text(&self.config.build));
        }
        if let (false, Some(no)) = (self.link.borrow().wants_whole(), self.store.borrow().cursor()) {
            url += &format!("&cursor={no}");
        }
        url
    }

    fn reported(self: &Rc<Self>, generation: u32, report: Report) {
        let now = self.performance.now();
        match report {
            Report::Opened => self.link.borrow_mut().opened(generation, now),
            Report::Closed(code) => self.link.borrow_mut().closed(generation, code, now, js_sys::Math::random()),
            Report::Frame(_) if !self.link.borrow().listens(generation) => {}
            Report::Frame(text) => match text.as_deref().map(wire::parse) {
                Some(Ok(frame)) => self.received(generation, frame, now),
                _ => self.link.borrow_mut().unusable(now, js_sys::Math::random()),
            },
        }
    }

    fn received(self: &Rc<Self>, generation: u32, frame: ServerFrame, now: f64) {
        self.link.borrow_mut().heard(generation, now);
        let made = match &frame {
            ServerFrame::Snapshot(s) => {
                self.link.borrow_mut().got_whole();
                if self.reload_for(&s.build) {
                    return;
                }
                s.ms
            }
            ServerFrame::Delta(d) => d.ms,
            ServerFrame::Beat { ms, .. } => *ms,
        };
        let mut offset = self.offset.get();
        offset.hear(made, unix(&self.performance));
        self.offset.set(offset);
        self.received.set(self.received.get().wrapping_add(1));
        self.inbox.borrow_mut().push(frame);
        if self.inbox.borrow().len() > INBOX {
            // No animation frames: the page is in the background. Keep the state, nobody sees the news.
            self.absorb(&mut Vec::new());
        }
        self.ask_frame();
    }

    /// Applies what has come in; answers whether there was anything.
    fn absorb(&self, news: &mut Vec<Change>) -> bool {
        let frames = std::mem::take(&mut *self.inbox.borrow_mut());
        let changed = !frames.is_empty();
        let mut store = self.store.borrow_mut();
        for frame in frames {
            if store.take(frame, news).is_err() {
                self.link.borrow_mut().unusable(self.performance.now(), js_sys::Math::random());
                break;
            }
            self.link.borrow_mut().accepted();
        }
        changed
    }

    fn ask_frame(self: &Rc<Self>) {
        if self.frame_asked.replace(true) {
            return;
        }
        let on_frame = self.on_frame.borrow();
        let asked = on_frame.as_ref().map(|f| self.window.request_animation_frame(f.as_ref().unchecked_ref()));
        if !matches!(asked, Some(Ok(_))) {
            self.frame_asked.set(false);
        }
    }

    fn frame(self: &Rc<Self>) {
        self.frame_asked.set(false);
        let mut news = Vec::new();
        let changed = self.absorb(&mut news);
        let wanted = {
            let store = self.store.borrow();
            let received = self.received.get();
            let happening = Happening::Frame { received, store: &store, news: &news, changed, time: self.time() };
            (self.watch.borrow_mut())(&happening)
        };
        self.later(wanted);
    }

    /// A frame that draws nothing still costs the browser a frame's work: one that is not due yet is not asked for.
    fn later(self: &Rc<Self>, wanted: Wanted) {
        match wanted {
            None => {}
            Some(ms) if ms > 4 => {
                if self.delayed.replace(true) {
                    return;
                }
                let later = self.on_delay.borrow();
                let asked = later.as_ref().map(|f| {
                    self.window.set_timeout_with_callback_and_timeout_and_arguments_0(f.as_ref().unchecked_ref(), ms)
                });
                if !matches!(asked, Some(Ok(_))) {
                    self.delayed.set(false);
                }
            }
            Some(_) => self.ask_frame(),
        }
    }

    /// The page belongs to another build than the server: it is replaced, once for each build. The page around it does
    /// that without a gap; without one it loads anew.
    fn reload_for(&self, build: &str) -> bool {
        if self.config.build.is_empty() || build.is_empty() || build == self.config.build {
            return false;
        }
        let Some(storage) = self.window.session_storage().ok().flatten() else { return false };
        if storage.get_item(RELOADED).ok().flatten().as_deref() == Some(build)
            || storage.set_item(RELOADED, build).is_err()
        {
            return false;
        }
        // The figures go on meanwhile: deltas of another build read the same or do not read at all.
        !tell_around("pingji:replace") && self.window.location().reload().is_ok()
    }
}

/// Tells the page around this one; answers whether there is one.
pub fn tell_around(word: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let Some(around) = window.parent().ok().flatten().filter(|around| *around != window) else { return false };
    let origin = window.location().origin().unwrap_or_default();
    around.post_message(&word.into(), &origin).is_ok()
}
