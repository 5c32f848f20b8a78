//! What the tiles read. The engine writes it a few times a second; everything faster is drawn on a canvas.

use super::lines::Line;
use crate::live::{latency::Percentiles, link::Phase};
use domain::wall::{Snapshot, Stock, Tally};
use leptos::prelude::*;

/// The figures of the left column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Fills today.
    pub fills: i64,
    /// Refusals today.
    pub blocked: i64,
    /// Warnings today.
    pub warned: i64,
    /// Gas added today, grams.
    pub net_g: i64,
    /// Open alerts.
    pub open_alerts: i64,
    /// Cylinders.
    pub stock: Stock,
}

impl Numbers {
    /// Of a snapshot.
    #[must_use]
    pub const fn of(s: &Snapshot) -> Self {
        let f = &s.figures;
        Self {
            fills: f.fills_today,
            blocked: f.blocked_today,
            warned: f.warned_today,
            net_g: f.net_g_today,
            open_alerts: f.open_alerts,
            stock: f.stock,
        }
    }
}

/// What the wall is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// A demonstration city.
    pub demo: bool,
    /// Stations in sight.
    pub stations: usize,
    /// Of them without a position: not on the map.
    pub unplaced: usize,
    /// Name of the part of the city, when it is not all of it.
    pub part: String,
}

impl About {
    /// Of a snapshot.
    #[must_use]
    pub fn of(s: &Snapshot) -> Self {
        let part = match s.scope {
            domain::scope::Scope::District(code) => s.districts.iter().find(|d| d.code == code).map(|d| d.name.clone()),
            domain::scope::Scope::Org(id) => Some(format!("#{id}")),
            domain::scope::Scope::City => None,
        };
        Self {
            demo: s.demo,
            stations: s.stations.len(),
            unplaced: s.stations.iter().filter(|s| s.lng.is_none() || s.lat.is_none()).count(),
            part: part.unwrap_or_default(),
        }
    }
}

/// Signals of the wall.
#[derive(Clone, Copy, Debug)]
pub struct WallState {
    /// How the feed is.
    pub phase: RwSignal<Phase>,
    /// Whole seconds since anything was heard.
    pub silent_s: RwSignal<i64>,
    /// Server's time in whole seconds since 1970, absent before the first look at a clock.
    pub clock: RwSignal<Option<i64>>,
    /// Time of the data shown, ms, server's clock.
    pub as_of: RwSignal<Option<i64>>,
    /// Figures; absent before the first snapshot.
    pub numbers: RwSignal<Option<Numbers>>,
    /// What it is about.
    pub about: RwSignal<About>,
    /// The newest lines, newest first.
    pub feed: RwSignal<Vec<Line>>,
    /// The newest refusals and alerts.
    pub attention: RwSignal<Vec<Line>>,
    /// Whether lines come faster than eyes: then nothing is animated.
    pub fast: RwSignal<bool>,
    /// Whether the curve is shown as a table.
    pub tables: RwSignal<bool>,
    /// The curve's numbers, newest first; kept up while the table is shown.
    pub rows: RwSignal<Vec<(String, Tally)>>,
    /// Gun to pixel.
    pub latency: RwSignal<Percentiles>,
    /// Whether boundaries could not be had.
    pub no_map: RwSignal<bool>,
}

impl WallState {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            phase: RwSignal::new(Phase::Connecting),
            silent_s: RwSignal::new(0),
            clock: RwSignal::new(None),
            as_of: RwSignal::new(None),
            numbers: RwSignal::new(None),
            about: RwSignal::new(About::default()),
            feed: RwSignal::new(vec![]),
            attention: RwSignal::new(vec![]),
            fast: RwSignal::new(false),
            tables: RwSignal::new(false),
            rows: RwSignal::new(vec![]),
            latency: RwSignal::new(Percentiles::default()),
            no_map: RwSignal::new(false),
        }
    }

    /// The wall's state, from its tiles.
    #[must_use]
    pub fn current() -> Self {
        // Tiles outside a wall show «no data» rather than panic.
        use_context().unwrap_or_else(Self::new)
    }
}

impl Default for WallState {
    fn default() -> Self {
        Self::new()
    }
}

/// Sets a signal only when the value differs, so that nothing is drawn for nothing.
pub fn set_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|old| *old != value).unwrap_or(false) {
        signal.set(value);
    }
}
