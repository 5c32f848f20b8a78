//! What runs behind the wall: takes what the feed brings, draws it, and writes the signals of the tiles.

use super::{
    Canvases,
    boards::{self, Board},
    canvas::Canvas,
    chart::{curve, data},
    drill::Drill,
    ground::Ground,
    hands::Hands,
    lines::{self, Names},
    state::{About, Numbers, WallState, set_changed},
    tiles::feed::{ATTENTION_ROWS, FEED_ROWS},
};
use crate::{
    lang::Lang,
    live::{
        client::{Client, Config, Happening, Wanted},
        latency::Histogram,
        link::Phase,
        probe::Probe,
        store::Store,
        time::Time,
    },
};
use domain::wall::{Change, Snapshot};
use leptos::prelude::*;
use std::{cell::RefCell, collections::VecDeque};

/// Least time between two changes of the feed, ms; the second when lines come faster than eyes.
const FEED_MS: (f64, f64) = (250.0, 1_000.0);
/// More lines than this in a second are faster than eyes.
const FAST: usize = 12;
/// Least time between two drawings of the diagrams, ms.
const CHART_MS: f64 = 1_000.0;

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

struct Running {
    client: Client,
    /// Listens as long as it is held.
    _hands: Hands,
}

/// Starts it; once a page.
pub fn start(state: WallState, canvases: Canvases, scope: String, lang: Lang, stays_s: u32) {
    let build = document()
        .query_selector("meta[name=pingji-build]")
        .ok()
        .flatten()
        .and_then(|m| m.get_attribute("content"))
        .unwrap_or_default();
    let Some(mut engine) = Engine::new(state, canvases, lang, stays_s) else { return };
    let client = Client::start(Config { scope, build }, move |happening| match happening {
        Happening::Frame { received, store, news, changed, time } => {
            engine.frame(store, news, *changed, *time, *received)
        }
        Happening::Status { phase, silence, time } => engine.status(*phase, *silence, *time),
    });
    let Some(client) = client else { return };
    let running = Running { client, _hands: Hands::listen(state, lang) };
    RUNNING.with_borrow_mut(|r| *r = Some(running));
}

/// Ends it.
pub fn stop() {
    if let Some(running) = RUNNING.with_borrow_mut(Option::take) {
        running.client.stop();
    }
}

/// Asks for an animation frame.
pub fn draw() {
    RUNNING.with_borrow(|r| {
        if let Some(running) = r {
            running.client.draw();
        }
    });
}

struct Engine {
    state: WallState,
    lang: Lang,
    ground: Ground,
    curve: Canvas,
    drill: Drill,
    names: Names,
    probe: Probe,
    histogram: Histogram,
    feed_at: f64,
    feed_due: bool,
    pace: VecDeque<f64>,
    chart_at: f64,
    chart_due: bool,
    stations: usize,
}

impl Engine {
    fn new(state: WallState, canvases: Canvases, lang: Lang, stays_s: u32) -> Option<Self> {
        let canvas = |node: NodeRef<leptos::html::Canvas>| Canvas::new(node.get_untracked()?);
        Some(Self {
            ground: Ground::new(canvas(canvases.ground)?, canvas(canvases.pulses)?, state.no_map),
            curve: canvas(canvases.curve)?,
            drill: Drill::new(stays_s),
            names: Names::new(),
            probe: Probe::default(),
            histogram: Histogram::default(),
            feed_at: 0.0,
            feed_due: true,
            pace: VecDeque::new(),
            chart_at: 0.0,
            chart_due: true,
            stations: 0,
            state,
            lang,
        })
    }

    /// Draws a frame; answers when another one is wanted.
    fn frame(&mut self, store: &Store, news: &[Change], changed: bool, time: Time, received: u32) -> Wanted {
        let now = time.now();
        let snapshot = store.snapshot();
        if changed && let Some(s) = snapshot {
            self.read(s);
            self.feed_due = true;
            self.chart_due = true;
        }
        for change in news {
            if let (Some(kind), Some(site)) = (lines::kind(change), change.site()) {
                self.ground.pulse(site, kind, now);
                self.pace.push_back(now);
            }
        }
        while self.pace.front().is_some_and(|at| now - at > 1_000.0) {
            self.pace.pop_front();
        }
        let resized = self.curve.fit();
        self.ground.shade(self.state.shade.get_untracked());
        let wanted = self.ground.draw(snapshot, now);
        let opened = self.drill.follow(self.state, &self.ground, news);
        if let Some(s) = snapshot {
            self.feed(s, now);
            if resized || (self.chart_due && now - self.chart_at >= CHART_MS) {
                self.charts(s);
                self.chart_at = now;
                self.chart_due = false;
            } else if opened {
                self.drill.write(self.state, s, &self.ground, &self.names, self.lang);
            }
        }
        self.measure(news, time);
        self.probe.drawn(news.len(), self.ground.alight(), received);
        wanted
    }

    /// The figures, at once: a fill counts in the frame that draws it.
    fn read(&mut self, s: &Snapshot) {
        set_changed(self.state.numbers, Some(Numbers::of(s)));
        set_changed(self.state.about, About::of(s));
        self.ground.alarms(s);
        // Looked at before it is copied: it is hardly ever another.
        if self.state.bulletin.with_untracked(|b| *b != s.figures.bulletin) {
            self.state.bulletin.set(s.figures.bulletin.clone());
        }
        if self.stations != s.stations.len() || self.names.is_empty() {
            self.names = lines::names(s);
            self.stations = s.stations.len();
        }
    }

    fn feed(&mut self, s: &Snapshot, now: f64) {
        let fast = self.pace.len() > FAST;
        let least = if fast { FEED_MS.1 } else { FEED_MS.0 };
        if !self.feed_due || now - self.feed_at < least {
            return;
        }
        set_changed(self.state.fast, fast);
        let line = |c: &Change| lines::line(c, &self.names, s.day);
        set_changed(self.state.feed, s.figures.feed.iter().filter_map(line).take(FEED_ROWS).collect());
        set_changed(self.state.attention, s.figures.attention.iter().filter_map(line).take(ATTENTION_ROWS).collect());
        self.feed_at = now;
        self.feed_due = false;
    }

    /// The diagrams end at the time of the data, not of the clock: an outage must not look like minutes without fills.
    fn charts(&self, s: &Snapshot) {
        let numbers = data::curve(&s.figures, s.ms);
        if self.state.tables.get_untracked() {
            set_changed(self.state.rows, data::table(&numbers));
        }
        if self.curve.ready() {
            curve::draw(&self.curve, &numbers);
        }
        for board in Board::ALL {
            set_changed(self.state.board(board), boards::rows(board, s, self.lang));
        }
        self.drill.write(self.state, s, &self.ground, &self.names, self.lang);
    }

    /// Gun to pixel of every fill that this frame drew: taken after drawing, so never too short by the drawing.
    #[allow(clippy::cast_precision_loss)]
    fn measure(&mut self, news: &[Change], time: Time) {
        let drawn = time.server();
        let mut any = false;
        for change in news {
            if let Change::Fill(l) = change
                && let Some(sent) = l.sent
            {
                let ms = drawn - sent as f64;
                self.histogram.add(ms);
                self.probe.latency(ms);
                any = true;
            }
        }
        self.ground.measured |= any;
    }

    /// How the feed is, ten times a second; answers when a frame is to be drawn.
    #[allow(clippy::cast_possible_truncation)]
    fn status(&mut self, phase: Phase, silence: Option<f64>, time: Time) -> Wanted {
        let second = (time.server() / 1_000.0) as i64;
        let silent_s = silence.map_or(0, |ms| (ms / 1_000.0) as i64);
        let turned = self.state.clock.get_untracked() != Some(second);
        set_changed(self.state.phase, phase);
        set_changed(self.state.silent_s, silent_s);
        set_changed(self.state.clock, Some(second));
        self.probe.state(phase.word());
        self.drill.idle(self.state, time.now());
        if turned {
            if phase == Phase::Live {
                set_changed(self.state.as_of, Some((time.server() - silence.unwrap_or(0.0)) as i64));
            }
            if std::mem::take(&mut self.ground.measured) {
                set_changed(self.state.latency, self.histogram.percentiles());
            }
            // The running minute moves on even when nothing is filled.
            self.chart_due = true;
        }
        let now = time.now();
        (turned || (self.feed_due && now - self.feed_at >= FEED_MS.0)).then_some(0)
    }
}
