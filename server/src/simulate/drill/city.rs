//! The drill's city: what happens in it, tick by tick, follows from the seed alone. Its time is its own.

mod cylinders;
mod episodes;
mod fills;

use super::injected::Injected;
use crate::{
    demo::{city::Plan, keys::KeysFile, random::Random},
    simulate::{Fault, Faults},
};
use cylinders::Pool;
use domain::{
    clock,
    event::{AuthorizeRequest, CustodyRecord, EventKind, FillRecord},
    geo::Position,
};
use std::collections::BTreeMap;

/// One step of the drill's time, ms: below the five minutes by which a question may be off.
pub const TICK_MS: i64 = 240_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 3_600_000;
/// The same kind of fault befalls the same subject once in so long: within a day a finding is not told again.
const AGAIN: i64 = 26 * HOUR;
/// A cylinder is read at another station only after so long: a lorry crosses the city in less.
const FAR: i64 = 4 * HOUR;

/// A question to the gate.
#[derive(Debug)]
pub struct Ask {
    /// Gun, by its place in the file of keys.
    pub device: usize,
    /// The question.
    pub request: AuthorizeRequest,
    /// The fault it carries.
    pub mark: Option<usize>,
    /// The gate must let it pass.
    pub sound: bool,
}

/// Records of one device, in the order in which they are sent.
#[derive(Debug)]
pub struct Upload<R> {
    /// Device, by its place in the file of keys.
    pub device: usize,
    /// The records, each with the fault it carries and the answer it must get.
    pub records: Vec<(R, Option<usize>, &'static str)>,
}

/// What happens in a tick, in the order in which it is sent.
#[derive(Debug, Default)]
pub struct Tick {
    /// The instant at which it is sent, ms.
    pub now: i64,
    /// Questions to the gate.
    pub asks: Vec<Ask>,
    /// Fills.
    pub fills: Vec<Upload<FillRecord>>,
    /// Questions that come after the fills.
    pub late_asks: Vec<Ask>,
    /// Fills sent again.
    pub again: Vec<Upload<FillRecord>>,
    /// Events between fills.
    pub custody: Vec<Upload<CustodyRecord>>,
}

/// A gun.
#[derive(Debug)]
struct Gun {
    /// Place in the file of keys.
    key: usize,
    device: i64,
    station: usize,
    medium: String,
    epoch: u64,
    next: u64,
    free_at: i64,
    fills: u64,
    /// Fills since the last episode ended.
    calm: u64,
    episode: Option<episodes::Episode>,
    turn: usize,
    /// Records not yet sent.
    pending: Vec<(FillRecord, Option<usize>, &'static str)>,
    again: Vec<(FillRecord, Option<usize>, &'static str)>,
}

/// A station.
#[derive(Debug)]
struct Station {
    site: i64,
    org: i64,
    position: Option<Position>,
    handheld: usize,
    next: u64,
    pending: Vec<(CustodyRecord, Option<usize>, &'static str)>,
    cut_until: i64,
    /// Until when every net weight is raised.
    skim_until: i64,
}

/// An event that is to happen.
#[derive(Debug)]
struct Step {
    station: usize,
    tag: String,
    kind: EventKind,
    cylinder: Option<usize>,
    mark: Option<usize>,
}

/// The city.
pub struct City {
    seed: u64,
    faults: Faults,
    guns: Vec<Gun>,
    stations: Vec<Station>,
    pool: Pool,
    steps: BTreeMap<(i64, u64), Step>,
    made: u64,
    asked: u64,
    /// Fills made.
    pub fills: u64,
    total: u64,
    begun: i64,
    now: i64,
    /// Last time of a kind of fault by subject (device or site id).
    last: BTreeMap<(Fault, i64), i64>,
    /// What was made to go wrong.
    pub injected: Vec<Injected>,
    tick: Tick,
}

impl City {
    /// A city of a plan, from the plan's instant on.
    #[must_use]
    pub fn new(plan: &Plan, keys: &KeysFile, seed: u64, faults: Faults, total: u64) -> Self {
        let mut stations: Vec<Station> = Vec::new();
        for (i, d) in keys.devices.iter().enumerate().filter(|(_, d)| d.kind == "handheld") {
            let site = plan.sites.iter().find(|s| s.id == d.site_id);
            stations.push(Station {
                site: d.site_id,
                org: d.org_id,
                position: site.and_then(|s| Position::new(s.lng, s.lat)),
                handheld: i,
                next: 1,
                pending: vec![],
                cut_until: 0,
                skim_until: 0,
            });
        }
        let mut guns: Vec<Gun> = Vec::new();
        for (i, d) in keys.devices.iter().enumerate().filter(|(_, d)| d.kind == "gun") {
            let Some(station) = stations.iter().position(|s| s.site == d.site_id) else { continue };
            let n = guns.len();
            guns.push(Gun {
                key: i,
                device: d.device_id,
                station,
                medium: d.medium.clone(),
                epoch: 1,
                next: 1,
                free_at: plan.now_ms + Random::of(&[seed, 41, n as u64]).range(1, 4) * MINUTE,
                fills: 0,
                calm: 40,
                episode: None,
                turn: n,
                pending: vec![],
                again: vec![],
            });
        }
        let pool = Pool::new(plan, keys, &stations.iter().map(|s| s.site).collect::<Vec<_>>());
        Self {
            seed,
            faults,
            guns,
            stations,
            pool,
            steps: BTreeMap::new(),
            made: 0,
            asked: 0,
            fills: 0,
            total,
            begun: plan.now_ms,
            now: plan.now_ms,
            last: BTreeMap::new(),
            injected: vec![],
            tick: Tick::default(),
        }
    }

    /// Tags that must be void, each with the tag of its cylinder.
    pub fn void_tags(&self) -> impl Iterator<Item = (String, &str)> {
        self.pool.void_tags()
    }

    /// The next tick; `None` once all fills are made and all turns are over.
    pub fn step(&mut self) -> Option<Tick> {
        if self.fills >= self.total && self.steps.is_empty() && self.idle() {
            return None;
        }
        self.now += TICK_MS;
        self.tick.now = self.now;
        self.stations_fate();
        if self.fills < self.total {
            for g in 0..self.guns.len() {
                self.gun(g);
            }
        }
        self.due_steps();
        self.send();
        Some(std::mem::take(&mut self.tick))
    }

    fn idle(&self) -> bool {
        self.guns.iter().all(|g| g.pending.is_empty() && g.again.is_empty())
            && self.stations.iter().all(|s| s.pending.is_empty())
    }

    /// New faults need time to show.
    fn begins(&self, share: f64) -> bool {
        (self.fills as f64) < self.total as f64 * share
    }

    fn struck(&mut self, fault: Fault, subject: i64, at: i64) -> bool {
        let free = self.last.get(&(fault, subject)).is_none_or(|t| at - t >= AGAIN);
        if free {
            self.last.insert((fault, subject), at);
        }
        free
    }

    fn inject(&mut self, fault: Fault, at: i64, gun: usize, tag: &str) -> usize {
        let (g, s) = (&self.guns[gun], &self.stations[self.guns[gun].station]);
        self.injected.push(Injected {
            fault,
            from: at,
            until: at,
            device: g.device,
            site: s.site,
            epoch: g.epoch,
            seq: g.next,
            tag: tag.into(),
            whole: true,
            found: false,
        });
        self.injected.len() - 1
    }

    fn later(&mut self, at: i64, step: Step) {
        self.made += 1;
        self.steps.insert((at, self.made), step);
    }

    /// The handhelds write down what is due.
    fn due_steps(&mut self) {
        while let Some(first) = self.steps.first_entry().filter(|e| e.key().0 < self.now) {
            let ((at, n), step) = first.remove_entry();
            let mut r = Random::of(&[self.seed, 42, n]);
            let s = &mut self.stations[step.station];
            let record = CustodyRecord {
                epoch: 1,
                seq: s.next,
                kind: step.kind,
                tag: step.tag,
                at: clock::rfc3339(at),
                operator: format!("W{:02}", r.range(1, 4)),
                target: String::new(),
                body: None,
            };
            s.next += 1;
            s.pending.push((record, step.mark, "ACCEPTED"));
            if let Some(c) = step.cylinder
                && step.kind.is_read_on_site()
            {
                self.pool.read(c, at);
            }
        }
    }

    /// What has a network is sent.
    fn send(&mut self) {
        for g in &mut self.guns {
            if self.stations[g.station].cut_until > self.now {
                continue;
            }
            if !g.pending.is_empty() {
                self.tick.fills.push(Upload { device: g.key, records: std::mem::take(&mut g.pending) });
            }
            if !g.again.is_empty() {
                self.tick.again.push(Upload { device: g.key, records: std::mem::take(&mut g.again) });
            }
        }
        for s in self.stations.iter_mut().filter(|s| s.cut_until <= self.now && !s.pending.is_empty()) {
            self.tick.custody.push(Upload { device: s.handheld, records: std::mem::take(&mut s.pending) });
        }
    }

    /// The turn that follows a fill; tells when the cylinder is back.
    fn turn(
        &mut self,
        r: &mut Random,
        station: usize,
        cylinder: usize,
        from: i64,
        kinds: &[(EventKind, usize)],
    ) -> i64 {
        let mut at = from;
        let tag = self.pool.tag(cylinder).to_owned();
        for (kind, where_) in kinds {
            // A stranger lives far away, and the way back is as long.
            let far = *where_ != station;
            at += if far { FAR } else { r.range(15, 30) * MINUTE };
            self.later(
                at,
                Step { station: *where_, tag: tag.clone(), kind: *kind, cylinder: Some(cylinder), mark: None },
            );
            at += if far { FAR } else { 0 };
        }
        at + r.range(10, 20) * MINUTE
    }
}
