//! What lasts: a gun that lies or drifts for many fills, a station that is cut off for an hour.

use super::{City, HOUR, MINUTE, TICK_MS};
use crate::{demo::random::Random, simulate::Fault};
use domain::{clock, event::Weights};

/// What a gun does wrongly for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// The same net weight again and again.
    Same,
    /// The same up to a division.
    Nearly,
    /// Favourite figures.
    Favourites,
    /// The scale shows too much.
    Heavy,
    /// The scale shows too little.
    Light,
    /// One fill in three is too much.
    Over,
    /// … too little.
    Under,
    /// Fills overlap.
    Pace,
}

/// An episode of a gun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Episode {
    pub style: Style,
    pub left: u64,
    pub mark: usize,
}

/// The episodes in turn: with the fills each lasts. Windows are 30, 50 and 100 fills; each episode outlasts its window.
const TURNS: [(Style, Fault, u64); 8] = [
    (Style::Same, Fault::Lying, 45),
    (Style::Heavy, Fault::Drift, 90),
    (Style::Over, Fault::OverGun, 60),
    (Style::Nearly, Fault::Lying, 45),
    (Style::Pace, Fault::Pace, 6),
    (Style::Under, Fault::UnderGun, 60),
    (Style::Light, Fault::Drift, 90),
    (Style::Favourites, Fault::Lying, 205),
];

/// Fills between two episodes of a gun: windows and averages forget in that time.
const CALM: u64 = 60;

impl City {
    /// A gun may begin an episode.
    pub(super) fn begin_episode(&mut self, g: usize, at: i64) {
        let gun = &self.guns[g];
        if gun.episode.is_some() || gun.calm < CALM || gun.medium != "LPG" || !self.begins(0.75) {
            return;
        }
        let per_gun = self.total.saturating_sub(self.fills) / self.guns.len() as u64;
        let turn = gun.turn;
        for n in 0..TURNS.len() {
            let (style, fault, fills) = TURNS[(turn + n) % TURNS.len()];
            // What could not come to its end is not begun.
            if self.faults.rate(fault) <= 0.0 || fills * 3 / 2 > per_gun {
                continue;
            }
            // Styles of lying and drifting are different findings, or the same one that is not told twice a day.
            if !self.struck(fault, self.guns[g].device, at) {
                continue;
            }
            let mark = self.inject(fault, at, g, "");
            self.injected[mark].whole = false;
            self.guns[g].turn += n + 1;
            self.guns[g].episode = Some(Episode { style, left: fills, mark });
            return;
        }
    }

    /// A fill of an episode is made.
    pub(super) fn episode_fill(&mut self, g: usize, at: i64) {
        let gun = &mut self.guns[g];
        gun.calm += 1;
        let Some(e) = &mut gun.episode else { return };
        gun.calm = 0;
        e.left = e.left.saturating_sub(1);
        let (mark, over) = (e.mark, e.left == 0);
        if over {
            gun.episode = None;
        }
        self.injected[mark].until = at;
        self.injected[mark].whole = over;
    }

    /// Cuts stations off, and raises the net weights of others.
    pub(super) fn stations_fate(&mut self) {
        let (now, begun) = (self.now, self.begun);
        let hour = (now - begun) / HOUR;
        let first = (now - begun) % HOUR < TICK_MS;
        if !first || !self.begins(0.85) {
            return;
        }
        for s in 0..self.stations.len() {
            let Some(g) = self.guns.iter().position(|x| x.station == s && x.medium == "LPG") else { continue };
            let site = self.stations[s].site;
            // Each in its hour of the day, so that the city never stands still.
            if self.faults.rate(Fault::Cutoff) > 0.0
                && hour % 24 == 2 + s as i64 % 20
                && self.struck(Fault::Cutoff, site, now)
            {
                self.stations[s].cut_until = now + HOUR;
            }
            // From midnight on: a day's sum is judged from its beginning.
            if self.faults.rate(Fault::Net) > 0.0
                && s % 4 == 1
                && clock::local_minute(now) < 30
                && self.struck(Fault::Net, site, now)
            {
                self.stations[s].skim_until = now + 10 * HOUR;
                let mark = self.inject(Fault::Net, now, g, "");
                self.injected[mark].until = now + 10 * HOUR;
                self.injected[mark].whole = self.total.saturating_sub(self.fills) / self.guns.len() as u64 > 150;
            }
        }
    }

    /// What an episode makes of honest weights, g. `mid` is the usual contents of the model.
    pub(super) fn distort(&self, g: usize, r: &mut Random, w: Weights, stamped_g: i64, mid_g: i64) -> Weights {
        let Some(e) = self.guns[g].episode else { return w };
        let net = |net_g: i64, tare_g: i64| Weights { gross_g: tare_g + net_g, tare_g, net_g };
        match e.style {
            Style::Same => net(mid_g, stamped_g + r.range(0, 29) * 10),
            Style::Nearly => net(mid_g + r.range(-1, 1) * 10, stamped_g + r.range(0, 29) * 10),
            Style::Favourites => {
                let wish = r.pick(&[-300, 0, 150, -100, -200]);
                net(mid_g + wish, stamped_g + r.range(0, 29) * 10)
            }
            // The filling stops at the same reading of the gross weight; only the empty weight is read wrongly.
            Style::Heavy => Weights { tare_g: w.tare_g + 400, net_g: w.net_g - 400, ..w },
            Style::Light => Weights { tare_g: w.tare_g - 400, net_g: w.net_g + 400, ..w },
            Style::Over | Style::Under | Style::Pace => w,
        }
    }
}

/// How long a fill takes, and the pause after it, ms.
pub(super) fn rhythm(r: &mut Random) -> (i64, i64) {
    (r.range(55, 100) * 1_000, r.range(15, MINUTE / 1_000) * 1_000)
}
