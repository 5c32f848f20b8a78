//! What is open on the wall: a district with its stations, or a station with its latest lines.

use super::{
    api::{STATION_LINES, station_lines},
    boards::{self, Board},
    engine,
    ground::Ground,
    hands,
    lines::{self, Names},
    map::{plan::Hit, shade},
    state::{Panel, WallState, set_changed},
};
use crate::lang::Lang;
use domain::wall::{Change, Snapshot, gauge};
use leptos::{prelude::*, task::spawn_local};
use std::{cell::RefCell, rc::Rc};

type Read = Rc<RefCell<Option<(i64, Vec<Change>)>>>;

/// Keeps the panel.
pub struct Drill {
    shown: Option<Hit>,
    /// Lines of the open station, newest first; `None` until they were read.
    lines: Option<Vec<Change>>,
    read: Read,
    stays_ms: f64,
}

impl Drill {
    /// Nothing open. A panel closes `stays_s` seconds after the last touch.
    pub fn new(stays_s: u32) -> Self {
        Self { shown: None, lines: None, read: Read::default(), stays_ms: f64::from(stays_s.max(1)) * 1_000.0 }
    }

    /// Closes what was left open; lets go of a button that was pressed once.
    pub fn idle(&self, state: WallState, now: f64) {
        let since = now - hands::touched();
        if since > self.stays_ms {
            set_changed(state.open, None);
        }
        if since > hands::ARMED_MS {
            set_changed(state.armed, None);
            set_changed(state.told, "");
        }
    }

    /// Follows what was clicked and what is new; answers whether the panel has to be written anew.
    pub fn follow(&mut self, state: WallState, ground: &Ground, news: &[Change]) -> bool {
        if let Some(at) = hands::clicked() {
            set_changed(state.open, ground.hit(at));
        }
        let open = state.open.get_untracked();
        let turned = open != self.shown;
        if turned {
            self.shown = open;
            self.lines = None;
            if let Some(Hit::Station(site)) = open {
                self.ask(site);
            }
        }
        let Some(Hit::Station(site)) = open else { return turned };
        let read = self.read.borrow_mut().take().filter(|(of, _)| *of == site);
        let mut moved = turned || read.is_some();
        if let Some((_, lines)) = read {
            self.lines = Some(lines);
        }
        if let Some(lines) = &mut self.lines {
            for change in news.iter().filter(|c| c.site() == Some(site)) {
                if lines.iter().all(|known| known.no() != change.no()) {
                    lines.insert(0, change.clone());
                    moved = true;
                }
            }
            lines.truncate(STATION_LINES);
        }
        moved
    }

    /// Reads the latest lines of a station; what cannot be read is asked for when it is opened again.
    fn ask(&self, site: i64) {
        let read = Rc::clone(&self.read);
        spawn_local(async move {
            if let Ok(lines) = station_lines(site).await {
                *read.borrow_mut() = Some((site, lines));
                engine::draw();
            }
        });
    }

    /// Writes the panel.
    pub fn write(&self, state: WallState, s: &Snapshot, ground: &Ground, names: &Names, lang: Lang) {
        let by = state.shade.get_untracked();
        let figure = |of: &dyn Fn(shade::Shade) -> String| {
            shade::Shade::ALL.map(|by| (lang.pick(by.name().0, by.name().1), of(by))).to_vec()
        };
        let panel = match self.shown {
            None => return,
            Some(Hit::District(code)) => {
                set_changed(state.board(Board::Panel), boards::stations(s, code, by));
                let known = s.districts.iter().find(|d| d.code == code).map(|d| d.name.as_str());
                Panel {
                    title: known.or_else(|| ground.district(code)).unwrap_or_default().to_owned(),
                    facts: figure(&|by| shade::district(s, code, by).text),
                    lines: None,
                }
            }
            Some(Hit::Station(site)) => {
                let mut facts = figure(&|by| shade::station(s, site, by).text);
                let stored = s.stations.iter().find(|p| p.id == site).and_then(|p| boards::stored(s, p));
                let percent = stored.map_or_else(|| "—".to_owned(), |(_, percent, _)| format!("{percent}%"));
                facts.push((lang.pick("重瓶存放", "Full stored"), percent));
                let g = &s.figures.gauges;
                let complete = boards::complete(g.of(gauge::EXPECTED, site), g.of(gauge::MISSING, site));
                facts.push((
                    lang.pick("近1小时完整率", "Complete, last hour"),
                    complete.map_or_else(|| "—".to_owned(), |c| format!("{c}%")),
                ));
                let line = |c: &Change| lines::line(c, names, s.day);
                Panel {
                    title: names.get(&site).cloned().unwrap_or_else(|| format!("#{site}")),
                    facts,
                    lines: Some(self.lines.iter().flatten().filter_map(line).collect()),
                }
            }
        };
        set_changed(state.panel, panel);
    }
}
