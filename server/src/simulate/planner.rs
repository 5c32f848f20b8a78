//! What will be filled where: decided by the seed alone, never by an answer of the server.
//!
//! The planner lives in its own time, in which fill `k` falls between `k` and `k + 1` intervals of the rate. A cylinder
//! it gave out comes back after a turn whose length follows from the rate and the stock, whatever becomes of it.

use super::faults::{Fault, Faults};
use crate::demo::{
    fills::{Wish, weigh},
    keys::{CylinderKey, KeysFile},
    random::Random,
};
use domain::{
    event::{EventKind, Weights},
    ledger::Custody,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

/// A simulated day takes an hour: the rhythm of the stations shows within minutes.
const DAY_MS: u64 = 3_600_000;
/// Shortest turn planned: below, the answers of the server would decide.
const TURN_MIN_MS: f64 = 2_000.0;
/// Longest turn planned.
const TURN_MAX_MS: f64 = 5.0 * 86_400_000.0;

/// What is still to happen to a cylinder: (kind, milliseconds after the step before), the next last.
pub(super) type Steps = Vec<(EventKind, u64)>;

/// One attempt, and mostly a fill.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Job {
    /// Running number.
    pub no: u64,
    /// When, milliseconds of the planner's time.
    pub at: u64,
    /// Gun, by its place in the file of keys.
    pub gun: usize,
    /// The cylinder, by its place in the file of keys; none for a tag nobody knows.
    pub cylinder: Option<usize>,
    /// The tag.
    pub tag: String,
    /// Medium the gun fills.
    pub medium: String,
    /// What the scale will show.
    pub weights: Weights,
    /// Filler.
    pub operator: String,
    /// Only tried: the fault, unless it is filled all the same.
    pub only_tried: bool,
    /// Filled though refused.
    pub fill_blocked: bool,
    /// Pauses between question and fill, per mille of what the rate allows.
    pub hold: u16,
    /// How far its time is off, milliseconds (never positive: a future record is refused as impossible).
    pub skew_ms: i64,
    /// The faults it carries.
    pub faults: Vec<Fault>,
    /// Site, by its place, at which the tag is read again.
    pub clone_at: Option<usize>,
    /// What follows once it is filled.
    pub steps: Steps,
}

/// A station as the planner sees it.
#[derive(Clone, Debug)]
pub(super) struct Station {
    /// Site id.
    pub site: i64,
    /// Organisation.
    pub org: i64,
    /// Its handheld, by its place in the file of keys.
    pub handheld: Option<usize>,
    /// Guns by medium.
    guns: BTreeMap<String, Vec<usize>>,
    turn: usize,
    /// Cylinders ready from a time on.
    ready: BinaryHeap<Reverse<(u64, usize)>>,
    /// Cylinders that must not be filled.
    barred: BinaryHeap<Reverse<(u64, usize)>>,
    weight: f64,
    phase: f64,
}

impl Station {
    /// Whether anything can be filled here at all.
    pub(super) fn can_fill(&self) -> bool {
        self.weight > 0.0
    }
}

/// The planner.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    cylinders: &'a [CylinderKey],
    /// The stations, in the order of their site ids.
    pub stations: Vec<Station>,
    seed: u64,
    rate: f64,
    faults: Faults,
    start_hour: f64,
    turn_ms: f64,
    fill: u64,
    job: u64,
    /// Fills for which no cylinder was to be had.
    pub starved: u64,
}

impl<'a> Planner<'a> {
    /// A planner of `rate` fills a second (above 0); `custody` says where each cylinder stands now.
    pub(super) fn new(
        keys: &'a KeysFile,
        custody: &[Custody],
        seed: u64,
        rate: f64,
        faults: Faults,
        start_hour: f64,
    ) -> (Self, Vec<(usize, Steps)>) {
        let mut by_site = BTreeMap::<i64, Station>::new();
        for (i, d) in keys.devices.iter().enumerate() {
            let s = by_site.entry(d.site_id).or_insert_with(|| Station {
                site: d.site_id,
                org: d.org_id,
                handheld: None,
                guns: BTreeMap::new(),
                turn: 0,
                ready: BinaryHeap::new(),
                barred: BinaryHeap::new(),
                weight: 0.0,
                phase: Random::of(&[seed, 20, d.site_id as u64]).unit(),
            });
            match d.kind.as_str() {
                "gun" => s.guns.entry(d.medium.clone()).or_default().push(i),
                "handheld" => s.handheld = Some(i),
                _ => {}
            }
        }
        let mut stations: Vec<Station> = by_site.into_values().collect();
        let place: HashMap<i64, usize> = stations.iter().enumerate().map(|(i, s)| (s.site, i)).collect();
        let usable = |c: &CylinderKey| {
            place
                .get(&c.site_id)
                .copied()
                .filter(|s| stations[*s].guns.contains_key(&c.medium) && stations[*s].handheld.is_some())
        };
        let homes: Vec<Option<usize>> = keys.cylinders.iter().map(usable).collect();
        let fillable = keys.cylinders.iter().zip(&homes).filter(|(c, h)| c.fillable && h.is_some()).count();
        let turn_ms = (0.7 * fillable as f64 / rate * 1000.0).clamp(TURN_MIN_MS, TURN_MAX_MS);
        let mut under_way = Vec::new();
        for (i, (c, home)) in keys.cylinders.iter().zip(homes).enumerate() {
            let Some(s) = home.and_then(|h| stations.get_mut(h)) else { continue };
            let mut r = Random::of(&[seed, 21, i as u64]);
            let mut steps = remaining(custody.get(i).copied().unwrap_or(c.custody), &mut r, turn_ms);
            if let Some((_, ms)) = steps.last_mut() {
                // Met somewhere within its present stage.
                *ms = (*ms as f64 * r.unit()) as u64;
            }
            let back = duration(&steps, turn_ms);
            if c.fillable {
                s.weight += 1.0;
                s.ready.push(Reverse((back, i)));
            } else {
                s.barred.push(Reverse((back, i)));
            }
            if !steps.is_empty() {
                under_way.push((i, steps));
            }
        }
        let planner = Self {
            cylinders: &keys.cylinders,
            stations,
            seed,
            rate,
            faults,
            start_hour,
            turn_ms,
            fill: 0,
            job: 0,
            starved: 0,
        };
        (planner, under_way)
    }

    /// The guns, each with its station's place.
    pub(super) fn guns(&self) -> Vec<(usize, usize)> {
        let of = |(i, s): (usize, &Station)| s.guns.values().flatten().map(|g| (*g, i)).collect::<Vec<_>>();
        self.stations.iter().enumerate().flat_map(of).collect()
    }

    /// The next fill, and before it what goes wrong beside it; empty when no cylinder is to be had.
    pub(super) fn slot(&mut self) -> (u64, Vec<Job>) {
        let mut r = Random::of(&[self.seed, 22, self.fill]);
        let at = ((self.fill as f64 + r.unit()) / self.rate * 1000.0) as u64;
        self.fill += 1;
        let mut jobs = Vec::new();
        for fault in [Fault::Expired, Fault::Foreign, Fault::Unknown, Fault::FillBlocked] {
            if r.chance(self.faults.rate(fault)) {
                jobs.extend(self.aside(&mut r, at, fault));
            }
        }
        match self.good(&mut r, at) {
            Some(job) => jobs.push(job),
            None => self.starved += 1,
        }
        (at, jobs)
    }

    /// A station, by its size and the hour there, among those that pass.
    fn station(&self, r: &mut Random, at: u64, pass: impl Fn(&Station) -> bool) -> Option<usize> {
        let day = (self.start_hour / 24.0 + at as f64 / DAY_MS as f64).fract();
        let weight = |s: &Station| {
            if pass(s) {
                s.weight.max(1.0) * (1.0 + 0.35 * (std::f64::consts::TAU * (day - s.phase)).sin())
            } else {
                0.0
            }
        };
        let total: f64 = self.stations.iter().map(weight).sum();
        let mut left = r.unit() * total;
        let mut found = None;
        for (i, s) in self.stations.iter().enumerate() {
            let w = weight(s);
            if w > 0.0 {
                found = Some(i);
                left -= w;
                if left < 0.0 {
                    break;
                }
            }
        }
        found
    }

    fn good(&mut self, r: &mut Random, at: u64) -> Option<Job> {
        let s = self.station(r, at, |s| s.ready.peek().is_some_and(|Reverse((t, _))| *t <= at))?;
        let Reverse((_, cylinder)) = self.stations[s].ready.pop()?;
        let mut job = self.job(r, at, s, Some(cylinder), String::new())?;
        let mut strike = |fault: Fault| r.chance(self.faults.rate(fault));
        let lpg = job.medium == "LPG";
        // One of each group at most; all are drawn, so that one fault's rate does not shift another's places.
        let first = |list: Vec<(Fault, bool)>| list.into_iter().find(|(_, hit)| *hit).map(|(f, _)| f);
        let weight = first(vec![
            (Fault::Overfill, strike(Fault::Overfill) && lpg),
            (Fault::Underfill, strike(Fault::Underfill) && lpg),
        ]);
        let record =
            first([Fault::Missing, Fault::Duplicate, Fault::Reorder, Fault::Reuse].map(|f| (f, strike(f))).to_vec());
        let (cloned, skewed) = (strike(Fault::Clone), strike(Fault::Skew));
        job.faults.extend(weight.into_iter().chain(record));
        if let Some(w) = weight {
            job.weights = self.weights(r, cylinder, if w == Fault::Overfill { Wish::Over } else { Wish::Under });
        }
        if skewed {
            job.faults.push(Fault::Skew);
            job.skew_ms = -r.range(5_000, 60_000);
        }
        let org = self.stations[s].org;
        if cloned && let Some(far) = self.station(r, at, |o| o.org != org && o.handheld.is_some()) {
            job.faults.push(Fault::Clone);
            job.clone_at = Some(far);
            // Held for a check: nobody ships it.
            job.steps.clear();
        } else {
            let back = at + duration(&job.steps, self.turn_ms);
            self.stations[s].ready.push(Reverse((back, cylinder)));
        }
        Some(job)
    }

    /// What goes wrong beside the fills.
    fn aside(&mut self, r: &mut Random, at: u64, fault: Fault) -> Option<Job> {
        let free = |s: &Station| s.barred.peek().is_some_and(|Reverse((t, _))| *t <= at);
        let mut job = match fault {
            Fault::Foreign => {
                let s = self.station(r, at, |_| true)?;
                let other = r.index(self.cylinders.len());
                let c = self.cylinders.get(other).filter(|c| c.org_id != self.stations[s].org)?;
                let tag = c.tag.clone();
                self.job(r, at, s, None, tag)?
            }
            Fault::FillBlocked if !r.chance(0.2) => {
                let s = self.station(r, at, free)?;
                let Reverse((_, cylinder)) = self.stations[s].barred.pop()?;
                let job = self.job(r, at, s, Some(cylinder), String::new())?;
                self.stations[s].barred.push(Reverse((at + duration(&job.steps, self.turn_ms), cylinder)));
                job
            }
            Fault::Expired => {
                let s = self.station(r, at, free)?;
                let Reverse((_, cylinder)) = self.stations[s].barred.pop()?;
                // Back behind the others that stand there, so that each has its turn.
                self.stations[s].barred.push(Reverse((at, cylinder)));
                let tag = self.cylinders[cylinder].tag.clone();
                self.job(r, at, s, Some(cylinder), tag)?
            }
            _ => {
                let s = self.station(r, at, |_| true)?;
                // No organisation has the number 999.
                let tag = format!("99903{:06}", r.range(0, 999_999));
                self.job(r, at, s, None, tag)?
            }
        };
        job.fill_blocked = fault == Fault::FillBlocked;
        job.only_tried = !job.fill_blocked;
        if job.only_tried {
            job.steps.clear();
        }
        job.faults = vec![fault];
        Some(job)
    }

    fn weights(&self, r: &mut Random, cylinder: usize, wish: Wish) -> Weights {
        let c = &self.cylinders[cylinder];
        weigh(r, &c.model, &c.medium, c.tare_g, c.max_fill_g, wish)
    }

    fn job(&mut self, r: &mut Random, at: u64, s: usize, cylinder: Option<usize>, tag: String) -> Option<Job> {
        let known = cylinder.map(|i| &self.cylinders[i]);
        let station = &mut self.stations[s];
        let (medium, guns) = match known {
            Some(c) => station.guns.get_key_value(&c.medium)?,
            None => station.guns.iter().next()?,
        };
        station.turn += 1;
        let (gun, medium) = (guns[station.turn % guns.len()], medium.clone());
        let weights = match cylinder {
            Some(i) => self.weights(r, i, Wish::Good),
            None => weigh(r, "YSP35.5", &medium, 16_400, 14_900, Wish::Good),
        };
        self.job += 1;
        Some(Job {
            no: self.job,
            at,
            gun,
            cylinder,
            tag: known.filter(|_| tag.is_empty()).map_or(tag, |c| c.tag.clone()),
            medium,
            weights,
            operator: format!("F{:02}", r.range(1, 4)),
            only_tried: false,
            fill_blocked: false,
            hold: r.range(600, 1_000) as u16,
            skew_ms: 0,
            faults: vec![],
            clone_at: None,
            steps: cylinder.map(|_| remaining(Custody::AwaitsPostcheck, r, self.turn_ms)).unwrap_or_default(),
        })
    }
}

/// What follows from a custody until the cylinder is back, in a turn of about `turn_ms`.
fn remaining(from: Custody, r: &mut Random, turn_ms: f64) -> Steps {
    use EventKind::{Collect, Deliver, ReceiveEmpty, Ship};
    let done = match from {
        Custody::AwaitsPostcheck | Custody::FullInStock => 0,
        Custody::InTransit | Custody::FullAtSite => 1,
        Custody::InUse => 2,
        Custody::Returning => 3,
        // What is held, in inspection or lost is in nobody's way; the file of keys says that it is not filled.
        Custody::EmptyInStock
        | Custody::ReadyToFill
        | Custody::Filling
        | Custody::ToInspection
        | Custody::AtInspection
        | Custody::InRepair
        | Custody::Held
        | Custody::Lost => 4,
    };
    let stages = [(Ship, 0.12), (Deliver, 0.08), (Collect, 0.6), (ReceiveEmpty, 0.08)];
    stages
        .into_iter()
        .skip(done)
        .map(|(kind, share)| (kind, (turn_ms * share * (0.6 + 0.8 * r.unit())) as u64))
        .rev()
        .collect()
}

/// How long the steps take, and the time until it stands at the gun again; 0 for one that stands there.
fn duration(steps: &Steps, turn_ms: f64) -> u64 {
    if steps.is_empty() {
        return 0;
    }
    steps.iter().map(|(_, ms)| ms).sum::<u64>() + (turn_ms * 0.1) as u64 + 1_000
}
