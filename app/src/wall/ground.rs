//! Keeps the two layers of the map: the still one is drawn anew when its figures changed, at most every two seconds;
//! the pulses are drawn while any is alight, thirty times a second, and not at all otherwise.

use super::{
    canvas::Canvas,
    lines::Kind,
    map::{
        geo::{self, Boundary},
        paint::paint,
        plan::{Hit, Plan, Size},
        pulses::{self, Pulses},
        shade::{Scene, Shade},
    },
};
use domain::{
    scope::Scope,
    wall::{Snapshot, Station, gauge},
};
use leptos::prelude::{RwSignal, Set, window};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Where the boundaries lie.
const BOUNDARIES: &str = "/map/districts.geojson";
/// Least time between two drawings of the still layer, ms.
const STILL_MS: f64 = 2_000.0;
/// Least time between two drawings of the pulses when nothing new happened, ms.
const PULSE_MS: f64 = 33.0;
/// The same for alarms that wait: they swell slowly.
const WAITING_MS: f64 = 80.0;
/// Wait before the boundaries are asked for again, ms.
const AGAIN_MS: i32 = 10_000;

type Loaded = Rc<RefCell<Option<Vec<Boundary>>>>;

/// The map's state.
pub struct Ground {
    still: Canvas,
    moving: Canvas,
    boundaries: Vec<Boundary>,
    loaded: Loaded,
    stations: Vec<Station>,
    focus: Option<i32>,
    plan: Option<Plan>,
    drawn: Option<Scene>,
    shade: Shade,
    waiting: Vec<i64>,
    still_at: f64,
    moving_at: f64,
    fresh: bool,
    dirty: bool,
    pulses: Pulses,
    calm: bool,
    /// Whether a fill was measured since the tile was last written.
    pub measured: bool,
}

impl Ground {
    /// Begins to load the boundaries.
    pub fn new(still: Canvas, moving: Canvas, failed: RwSignal<bool>) -> Self {
        let loaded = Loaded::default();
        load(Rc::clone(&loaded), failed);
        let calm = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|m| m.matches());
        Self {
            still,
            moving,
            boundaries: vec![],
            loaded,
            stations: vec![],
            focus: None,
            plan: None,
            drawn: None,
            shade: Shade::default(),
            waiting: vec![],
            still_at: 0.0,
            moving_at: 0.0,
            fresh: false,
            dirty: false,
            pulses: Pulses::default(),
            calm,
            measured: false,
        }
    }

    /// Something happened at a station.
    pub fn pulse(&mut self, site: i64, kind: Kind, now: f64) {
        self.pulses.add(site, kind, now);
        self.fresh = true;
    }

    /// How many pulses are alight.
    pub const fn alight(&self) -> usize {
        self.pulses.len()
    }

    /// What lies at a point of the window, CSS pixels.
    pub fn hit(&self, (x, y): (f64, f64)) -> Option<Hit> {
        let on = self.still.element.get_bounding_client_rect();
        let scale = self.still.w / on.width().max(1.0);
        let (x, y) = (x - on.left(), y - on.top());
        let within = (0.0..=on.width()).contains(&x) && (0.0..=on.height()).contains(&y);
        self.plan.as_ref().filter(|_| within)?.hit((x * scale, y * scale))
    }

    /// The name of a district.
    pub fn district(&self, code: i32) -> Option<&str> {
        self.plan.as_ref()?.district(code)
    }

    /// Shades the districts by another figure, at once.
    pub fn shade(&mut self, by: Shade) {
        if by != self.shade {
            self.shade = by;
            self.still_at = 0.0;
        }
    }

    /// Where alarms wait as of a snapshot.
    pub fn alarms(&mut self, s: &Snapshot) {
        self.waiting.clear();
        self.waiting.extend(s.figures.gauges.kind(gauge::WAITING).filter(|(_, n)| *n > 0).map(|(site, _)| site));
    }

    /// Draws what has to be drawn; answers after how many milliseconds it wants to draw again.
    pub fn draw(&mut self, snapshot: Option<&Snapshot>, now: f64) -> Option<i32> {
        let resized = self.still.fit() | self.moving.fit();
        if let Some(boundaries) = self.loaded.borrow_mut().take() {
            self.boundaries = boundaries;
            self.plan = None;
        }
        if let Some(s) = snapshot
            && s.stations != self.stations
        {
            self.stations.clone_from(&s.stations);
            self.focus = if let Scope::District(code) = s.scope { Some(code) } else { None };
            self.plan = None;
        }
        if self.still.ready() && (resized || self.plan.is_none()) {
            let size = Size { w: self.still.w, h: self.still.h, text: self.still.text };
            self.plan = Some(Plan::new(&self.boundaries, &self.stations, self.focus, size));
            self.drawn = None;
            self.still_at = 0.0;
        }
        self.still_layer(snapshot, now);
        self.moving_layer(now)
    }

    fn still_layer(&mut self, snapshot: Option<&Snapshot>, now: f64) {
        let Some(plan) = &self.plan else { return };
        if self.still_at > 0.0 && now - self.still_at < STILL_MS {
            return;
        }
        let wanted = snapshot.map(|s| Scene::of(s, self.shade)).unwrap_or_default();
        if self.drawn.as_ref() == Some(&wanted) {
            return;
        }
        self.still.clear();
        paint(&self.still.ctx, &plan.layer(&wanted));
        self.drawn = Some(wanted);
        self.still_at = now;
    }

    #[allow(clippy::cast_possible_truncation)] // a part of a second
    fn moving_layer(&mut self, now: f64) -> Option<i32> {
        let alight = self.pulses.fade(now);
        let plan = self.plan.as_ref()?;
        let waits = !self.waiting.is_empty();
        if alight == 0 && !waits && !self.dirty {
            return None;
        }
        let pace = if alight > 0 { PULSE_MS } else { WAITING_MS };
        // The frame's own time may lie a little before the due one.
        let due = self.moving_at + pace - 4.0;
        if self.fresh || now >= due {
            self.moving.clear();
            paint(&self.moving.ctx, &pulses::waiting(plan, &self.waiting, now, self.calm));
            paint(&self.moving.ctx, &self.pulses.prims(plan, now, self.calm));
            self.moving_at = now;
            self.dirty = alight > 0 || (waits && !self.calm);
            self.fresh = false;
        }
        self.dirty.then(|| (self.moving_at + pace - now).max(0.0) as i32)
    }
}

/// Fetches the boundaries, again and again until they are there: a wall may start before its server has all.
fn load(into: Loaded, failed: RwSignal<bool>) {
    spawn_local(async move {
        match fetch().await {
            Some(boundaries) => {
                *into.borrow_mut() = Some(boundaries);
                failed.set(false);
                super::engine::draw();
            }
            None => {
                failed.set(true);
                let again = wasm_bindgen::closure::Closure::once_into_js(move || load(into, failed));
                let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(again.unchecked_ref(), AGAIN_MS);
            }
        }
    });
}

async fn fetch() -> Option<Vec<Boundary>> {
    let response = JsFuture::from(window().fetch_with_str(BOUNDARIES)).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    geo::read(&text).ok()
}
