//! Keeps the two layers of the map: the still one is drawn anew when its figures changed, at most every two seconds;
//! the pulses are drawn while any is alight, thirty times a second, and not at all otherwise.

use super::{
    canvas::Canvas,
    lines::Kind,
    map::{
        geo::{self, Boundary},
        paint::paint,
        plan::{Plan, Size},
        pulses::Pulses,
    },
};
use domain::{
    scope::Scope,
    wall::{Snapshot, Station, Tally},
};
use leptos::prelude::{RwSignal, Set, window};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Where the boundaries lie.
const BOUNDARIES: &str = "/map/districts.geojson";
/// Least time between two drawings of the still layer, ms.
const STILL_MS: f64 = 2_000.0;
/// Least time between two drawings of the pulses when nothing new happened, ms.
const PULSE_MS: f64 = 33.0;
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
    drawn: Option<(BTreeMap<i32, Tally>, BTreeMap<i64, Tally>)>,
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
        let figures = snapshot.map(|s| &s.figures);
        let wanted = figures.map(|f| (f.by_district.clone(), f.by_station.clone())).unwrap_or_default();
        if self.drawn.as_ref() == Some(&wanted) {
            return;
        }
        self.still.clear();
        paint(&self.still.ctx, &plan.layer(figures));
        self.drawn = Some(wanted);
        self.still_at = now;
    }

    #[allow(clippy::cast_possible_truncation)] // a part of a second
    fn moving_layer(&mut self, now: f64) -> Option<i32> {
        let alight = self.pulses.fade(now);
        let plan = self.plan.as_ref()?;
        if alight == 0 && !self.dirty {
            return None;
        }
        // The frame's own time may lie a little before the due one.
        let due = self.moving_at + PULSE_MS - 4.0;
        if self.fresh || now >= due {
            self.moving.clear();
            paint(&self.moving.ctx, &self.pulses.prims(plan, now, self.calm));
            self.moving_at = now;
            self.dirty = alight > 0;
            self.fresh = false;
        }
        self.dirty.then(|| (self.moving_at + PULSE_MS - now).max(0.0) as i32)
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
