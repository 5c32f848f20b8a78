//! What the tiles read. The engine writes it a few times a second; everything faster is drawn on a canvas.

use super::{
    boards::{Board, Row},
    lines::Line,
    map::{plan::Hit, shade::Shade},
};
use crate::live::{latency::Percentiles, link::Phase};
use domain::wall::{Bulletin, Snapshot, Stock, Tally, gauge};
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
    /// Of them those that wait for somebody to take note.
    pub waiting: i64,
    /// Numbers that guns gave to records in the last hour.
    pub expected: i64,
    /// Of them those that did not arrive.
    pub missing: i64,
    /// Cylinders.
    pub stock: Stock,
}

impl Numbers {
    /// Of a snapshot.
    #[must_use]
    pub fn of(s: &Snapshot) -> Self {
        let f = &s.figures;
        Self {
            fills: f.fills_today,
            blocked: f.blocked_today,
            warned: f.warned_today,
            net_g: f.net_g_today,
            open_alerts: f.open_alerts,
            waiting: f.gauges.sum(gauge::WAITING),
            expected: f.gauges.sum(gauge::EXPECTED),
            missing: f.gauges.sum(gauge::MISSING),
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
    /// Name of the city.
    pub city: String,
}

/// What was opened on the wall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Name of the district or station.
    pub title: String,
    /// Figures: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// The latest lines of a station; absent for a district, empty until they were read.
    pub lines: Option<Vec<Line>>,
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
            city: s.city.clone(),
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
    /// Tiles of rows, by [`Board`].
    pub boards: [RwSignal<Vec<Row>>; Board::COUNT],
    /// What is open.
    pub open: RwSignal<Option<Hit>>,
    /// What it shows.
    pub panel: RwSignal<Panel>,
    /// What the map is shaded by.
    pub shade: RwSignal<Shade>,
    /// The alert whose button was pressed once and asks to be pressed again.
    pub armed: RwSignal<Option<u64>>,
    /// What a person is told of what they did.
    pub told: RwSignal<&'static str>,
    /// Gun to pixel.
    pub latency: RwSignal<Percentiles>,
    /// What is told beside the figures.
    pub bulletin: RwSignal<Bulletin>,
    /// Whether somebody holds what goes by.
    pub still: RwSignal<bool>,
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
            boards: std::array::from_fn(|_| RwSignal::new(vec![])),
            open: RwSignal::new(None),
            panel: RwSignal::new(Panel::default()),
            shade: RwSignal::new(Shade::default()),
            armed: RwSignal::new(None),
            told: RwSignal::new(""),
            latency: RwSignal::new(Percentiles::default()),
            bulletin: RwSignal::new(Bulletin::default()),
            still: RwSignal::new(false),
            no_map: RwSignal::new(false),
        }
    }

    /// The rows of a board.
    #[must_use]
    pub fn board(&self, board: Board) -> RwSignal<Vec<Row>> {
        self.boards[board as usize]
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
