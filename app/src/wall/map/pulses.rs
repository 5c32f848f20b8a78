//! News on the map: what lights up for a moment where it happened.

use super::{
    plan::Plan,
    prim::{Prim, Rgba, palette},
    project::Point,
};
use crate::wall::lines::Kind;

/// Most that are alight at once. A city that fills faster shows the same picture: every busy station is alight.
pub const MOST: usize = 160;
/// Events of one kind at one station within this time are one pulse, ms.
const TOGETHER_MS: f64 = 250.0;

#[derive(Clone, Copy, Debug)]
struct Pulse {
    site: i64,
    kind: Kind,
    born: f64,
    n: u32,
}

/// All that are alight.
#[derive(Clone, Debug, Default)]
pub struct Pulses {
    list: Vec<Pulse>,
}

/// How long it is seen, ms: what wants action longer.
const fn life(kind: Kind) -> f64 {
    match kind {
        Kind::Ok | Kind::Info => 1_300.0,
        Kind::Warn => 2_500.0,
        Kind::Alert | Kind::Blocked => 4_000.0,
    }
}

impl Pulses {
    /// Something happened at a station.
    pub fn add(&mut self, site: i64, kind: Kind, now: f64) {
        let recent = |p: &&mut Pulse| p.site == site && p.kind == kind && now - p.born < TOGETHER_MS;
        if let Some(p) = self.list.iter_mut().rev().find(recent) {
            p.n += 1;
            return;
        }
        if self.list.len() >= MOST {
            // The least telling goes first: the oldest of those in order, else the oldest of all.
            let at = self.list.iter().position(|p| p.kind == Kind::Ok).unwrap_or(0);
            self.list.remove(at);
        }
        self.list.push(Pulse { site, kind, born: now, n: 1 });
    }

    /// Forgets what has faded; answers how many are left.
    pub fn fade(&mut self, now: f64) -> usize {
        self.list.retain(|p| now - p.born < life(p.kind));
        self.list.len()
    }

    /// How many are alight.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether all is dark.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What to draw now. `calm`: for people who asked for less motion, marks fade but nothing grows.
    #[must_use]
    pub fn prims(&self, plan: &Plan, now: f64, calm: bool) -> Vec<Prim> {
        let unit = plan.size().text;
        let mut out = Vec::with_capacity(self.list.len() * 2);
        for p in &self.list {
            let Some(at) = plan.spot(p.site) else { continue };
            let age = ((now - p.born) / life(p.kind)).clamp(0.0, 1.0);
            let grown = if calm { 0.5 } else { 1.0 - (1.0 - age).powi(3) };
            let many = 1.0 + f64::from(p.n.min(50)).ln() * 0.25;
            draw(&mut out, p.kind, at, unit * many, grown, 1.0 - age);
        }
        out
    }
}

/// Alarms nobody took note of: they swell and shrink where they are until somebody does. `calm`: they only stand there.
#[must_use]
pub fn waiting(plan: &Plan, sites: &[i64], now: f64, calm: bool) -> Vec<Prim> {
    let unit = plan.size().text;
    let swell = if calm { 0.5 } else { 0.5 - 0.5 * (now / 1_800.0 * std::f64::consts::TAU).cos() };
    sites
        .iter()
        .filter_map(|site| plan.spot(*site))
        .map(|at| Prim::Lines {
            paths: vec![diamond(at, unit * (0.62 + 0.3 * swell))],
            line: (palette::BLOCKED.fade(0.55 + 0.45 * swell), unit * 0.16),
        })
        .collect()
}

fn draw(out: &mut Vec<Prim>, kind: Kind, at: Point, unit: f64, grown: f64, left: f64) {
    let thick = unit * 0.14;
    let ring = |r: f64, colour: Rgba| Prim::Ring { at, r, line: (colour, thick) };
    match kind {
        Kind::Ok | Kind::Info => {
            out.push(ring(unit * (0.3 + 1.1 * grown), palette::OK.fade(left)));
        }
        Kind::Warn => {
            let r = unit * (0.6 + 0.6 * grown);
            out.push(Prim::Lines { paths: vec![triangle(at, r)], line: (palette::WARN.fade(left * 1.4), thick * 1.2) });
        }
        Kind::Alert => {
            let r = unit * (0.7 + 0.5 * grown);
            out.push(Prim::Lines {
                paths: vec![diamond(at, r)],
                line: (palette::BLOCKED.fade(left * 1.6), thick * 1.3),
            });
        }
        Kind::Blocked => {
            out.push(ring(unit * (0.6 + 1.5 * grown), palette::BLOCKED.fade(left)));
            out.push(Prim::Lines {
                paths: cross(at, unit * 0.55),
                line: (palette::BLOCKED.fade(left * 1.6), thick * 1.8),
            });
        }
    }
}

fn triangle((x, y): Point, r: f64) -> Vec<Point> {
    vec![(x, y - r), (x + r * 0.9, y + r * 0.7), (x - r * 0.9, y + r * 0.7), (x, y - r), (x + r * 0.9, y + r * 0.7)]
}

fn diamond((x, y): Point, r: f64) -> Vec<Point> {
    vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y), (x, y - r), (x + r, y)]
}

fn cross((x, y): Point, r: f64) -> Vec<Vec<Point>> {
    vec![vec![(x - r, y - r), (x + r, y + r)], vec![(x + r, y - r), (x - r, y + r)]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{live::sample, wall::map::plan::Size};

    fn plan() -> Plan {
        Plan::new(&[], &sample::snapshot().stations, None, Size { w: 900.0, h: 560.0, text: 18.0 })
    }

    #[test]
    fn two_hundred_a_second_stay_a_picture() {
        let mut p = Pulses::default();
        for i in 0..1_000_i64 {
            p.add(i % 40, Kind::Ok, i as f64 * 5.0);
            p.fade(i as f64 * 5.0);
        }
        assert!(p.len() <= MOST);
        assert!(p.prims(&plan(), 5_000.0, false).len() <= MOST * 2);
    }

    #[test]
    fn a_burst_at_one_station_is_one_pulse() {
        let mut p = Pulses::default();
        for _ in 0..30 {
            p.add(1, Kind::Ok, 100.0);
        }
        p.add(1, Kind::Blocked, 100.0);
        assert_eq!(p.len(), 2);
    }

    #[test]
    fn a_refusal_is_kept_when_the_picture_is_full() {
        let mut p = Pulses::default();
        p.add(1, Kind::Blocked, 0.0);
        for i in 0..500 {
            p.add(i, Kind::Ok, 1.0);
        }
        assert!(p.list.iter().any(|p| p.kind == Kind::Blocked));
    }

    #[test]
    fn kinds_differ_by_shape_and_all_fade() {
        let mut p = Pulses::default();
        for kind in [Kind::Ok, Kind::Warn, Kind::Alert, Kind::Blocked] {
            p.add(1, kind, 0.0);
        }
        let shapes: Vec<String> = p
            .prims(&plan(), 100.0, false)
            .iter()
            .map(|p| match p {
                Prim::Ring { .. } => "ring".into(),
                Prim::Lines { paths, .. } => format!("lines {} {}", paths.len(), paths[0].len()),
                _ => "other".into(),
            })
            .collect();
        assert_eq!(shapes, ["ring", "lines 1 5", "lines 1 6", "ring", "lines 2 2"]);
        assert_eq!(p.fade(4_000.0), 0);
        assert!(p.prims(&plan(), 4_000.0, false).is_empty());
    }

    #[test]
    fn a_station_off_the_map_lights_nothing() {
        let mut p = Pulses::default();
        p.add(3, Kind::Ok, 0.0);
        assert!(p.prims(&plan(), 1.0, false).is_empty());
    }

    #[test]
    fn alarms_stand_where_they_are_until_somebody_takes_note() {
        let shape = |now, calm| waiting(&plan(), &[1, 3, 99], now, calm);
        assert_eq!(shape(0.0, false).len(), 1, "a station off the map, or none, shows nothing");
        assert_ne!(shape(0.0, false), shape(900.0, false));
        assert_eq!(shape(0.0, true), shape(900.0, true));
    }

    #[test]
    fn less_motion_means_no_growth() {
        let mut p = Pulses::default();
        p.add(1, Kind::Ok, 0.0);
        let r = |t| match p.prims(&plan(), t, true)[0] {
            Prim::Ring { r, .. } => r,
            _ => 0.0,
        };
        assert_eq!(r(10.0), r(900.0));
    }
}
