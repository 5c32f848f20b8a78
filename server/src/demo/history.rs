//! A month of the invented city's life: turns of cylinders, as entries ready for the ingest, in the order of their time.

use super::{
    city::Plan,
    fates::{By, Step},
    fills::{Wish, weigh},
    random::Random,
};
use domain::{
    clock::{self, DAY_MS},
    event::{Content, CustodyRecord, Entry, EventKind, FillRecord, Source, content_hash},
    ledger::{Custody, File, Place},
    rules::RuleSet,
};
use std::collections::HashMap;

const HOUR_MS: i64 = 3_600_000;
/// Days of a turn from fill to fill, on average; the first fills spread over it, so that every day is like another.
const TURN_DAYS: i64 = 15;
/// Days before the history over which the files were entered.
const REGISTER_DAYS: i64 = 10;
/// How willingly people work at each hour of the local day.
const RHYTHM: [f64; 24] = [
    0.02, 0.01, 0.01, 0.01, 0.02, 0.06, 0.3, 0.8, 1.0, 1.0, 1.0, 0.9, 0.6, 0.7, 0.9, 1.0, 1.0, 0.9, 0.7, 0.4, 0.2, 0.1,
    0.05, 0.03,
];

/// Something that happens to a cylinder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub at: i64,
    pub cylinder: u32,
    pub step: Step,
}

/// The devices of a station.
#[derive(Clone, Debug, Default)]
struct Devices {
    guns: Vec<(i64, &'static str)>,
    handheld: i64,
}

/// Who tells of the moments: the devices of the plan, each of which counts its records.
#[derive(Clone, Debug)]
pub(super) struct Teller<'a> {
    plan: &'a Plan,
    devices: HashMap<i64, Devices>,
    importer: i64,
    seqs: HashMap<i64, i64>,
}

/// The history: an iterator over its entries.
#[derive(Clone, Debug)]
pub struct History<'a> {
    teller: Teller<'a>,
    moments: std::vec::IntoIter<Moment>,
    custody: Vec<Custody>,
}

impl Plan {
    /// The history of the last `days` (at most 365), ending at the plan's `now_ms`: REGISTER of every cylinder, then
    /// its turns. Each device counts its records from 1 without a gap, in epoch 1.
    #[must_use]
    pub fn history(&self, days: u32) -> History<'_> {
        let rules = RuleSet::seed();
        let start = self.now_ms - i64::from(days.min(365)) * DAY_MS;
        let first = start - REGISTER_DAYS * DAY_MS;
        let mut moments = Vec::with_capacity(self.files.len() * 11);
        let mut custody = vec![Custody::EmptyInStock; self.files.len()];
        for (i, file) in self.files.iter().enumerate() {
            let at = first + REGISTER_DAYS * DAY_MS * i as i64 / self.files.len().max(1) as i64;
            let step = Step { kind: EventKind::Register, by: By::Importer, failed: false };
            moments.push(Moment { at, cylinder: i as u32, step });
            let fate = self.fate(i);
            if !fate.is_empty() {
                custody[i] = self.live(i, start, fate, &mut moments);
            } else if self.fillable(file, &rules) {
                custody[i] = self.turns(i, start, &mut moments);
            }
        }
        moments.sort_unstable();
        History { teller: Teller::new(self, HashMap::new()), moments: moments.into_iter(), custody }
    }

    /// The turns of one cylinder from `start`; its custody at the end.
    fn turns(&self, cylinder: usize, start: i64, out: &mut Vec<Moment>) -> Custody {
        use EventKind::{Arrive, Collect, Deliver, FillEnd, Postcheck, Precheck, ReceiveEmpty, Ship};
        let mut r = Random::of(&[self.seed, 6, cylinder as u64]);
        let mut at = start + r.range(0, TURN_DAYS * DAY_MS);
        let mut place = Place::at(Custody::EmptyInStock);
        // One in ten goes by way of a delivery station.
        let turn = [Precheck, FillEnd, Postcheck, Ship, Arrive, Deliver, Collect, ReceiveEmpty];
        let turn = turn.into_iter().filter(|k| *k != Arrive || cylinder.is_multiple_of(10));
        for kind in turn.cycle() {
            // A check is made within the hour of the fill, whatever the hour.
            if !matches!(kind, FillEnd | Postcheck) {
                at = working(&mut r, at);
            }
            if at > self.now_ms {
                break;
            }
            out.push(Moment { at, cylinder: cylinder as u32, step: Step::at_home(kind) });
            place = place.turn(kind, None).to;
            // Until the next: at the gun, in stock full, on the lorry, with the customer, on the lorry, in stock empty.
            at += match kind {
                Precheck | FillEnd => r.range(HOUR_MS / 12, HOUR_MS),
                Postcheck => r.range(7 * HOUR_MS, 72 * HOUR_MS),
                Ship => r.range(HOUR_MS / 2, 6 * HOUR_MS),
                Arrive => r.range(2 * HOUR_MS, 48 * HOUR_MS),
                Deliver => r.range(5 * DAY_MS, 13 * DAY_MS),
                Collect => r.range(HOUR_MS / 2, 8 * HOUR_MS),
                _ => r.range(14 * HOUR_MS, 96 * HOUR_MS),
            };
        }
        place.custody
    }

    /// The steps of a cylinder whose life goes otherwise, some hours between them; its custody at the end.
    fn live(&self, cylinder: usize, start: i64, steps: &[Step], out: &mut Vec<Moment>) -> Custody {
        let Some(file) = self.files.get(cylinder) else { return Custody::EmptyInStock };
        let mut r = Random::of(&[self.seed, 9, cylinder as u64]);
        let room = (self.now_ms - start) / (steps.len() as i64 + 1);
        let (mut at, mut place) = (start, Place::at(Custody::EmptyInStock));
        for step in steps {
            at += r.range(room / 2, room);
            out.push(Moment { at, cylinder: cylinder as u32, step: *step });
            let body = step.body(file, &mut r.clone()).map(|b| b.to_string());
            place = place.turn(step.kind, Content::stored(step.kind, body.as_deref()).as_ref()).to;
        }
        place.custody
    }
}

/// The first moment from `at` on at which somebody works.
pub(super) fn working(r: &mut Random, at: i64) -> i64 {
    let mut at = at;
    // Two days are more than enough; the bound keeps a strange stream from looping.
    for _ in 0..64 {
        let hour = (clock::local_minute(at) / 60) as usize;
        if r.chance(RHYTHM[hour.min(23)]) {
            break;
        }
        at += r.range(HOUR_MS / 2, 3 * HOUR_MS / 2);
    }
    at
}

impl History<'_> {
    /// Where each cylinder stands at the end, in the order of the plan's files.
    #[must_use]
    pub fn custody(&self) -> &[Custody] {
        &self.custody
    }
}

impl<'a> Teller<'a> {
    /// `seqs` are the numbers that devices counted before; none where nothing was told yet.
    pub fn new(plan: &'a Plan, seqs: HashMap<i64, i64>) -> Self {
        let mut devices = HashMap::<i64, Devices>::new();
        for d in &plan.devices {
            let of = devices.entry(d.site).or_default();
            match d.kind {
                "gun" => of.guns.push((d.id, d.medium)),
                "handheld" => of.handheld = d.id,
                _ => {}
            }
        }
        Self { plan, devices, importer: plan.devices.last().map_or(0, |d| d.id), seqs }
    }

    /// The entry of a moment of the cylinder with this file.
    pub fn entry(&mut self, m: Moment, file: &File) -> Option<Entry> {
        let plan = self.plan;
        let mut r = Random::of(&[plan.seed, 7, u64::from(m.cylinder), m.at as u64]);
        let of = self.devices.get(&file.site)?;
        let (device, site) = match m.step.by {
            By::Importer => (self.importer, file.site),
            By::Gun => {
                let fit: Vec<i64> = of.guns.iter().filter(|g| g.1 == file.medium).map(|g| g.0).collect();
                (r.pick(&fit), file.site)
            }
            By::Handheld => (of.handheld, file.site),
            By::Agency => (plan.agency.device, plan.agency.site),
            By::Officer => (plan.officer.device, plan.officer.site),
        };
        let seq = self.seqs.entry(device).or_default();
        *seq += 1;
        let e = Entry {
            device,
            epoch: 1,
            seq: *seq,
            kind: m.step.kind,
            tag: file.tag.clone(),
            site,
            occurred_at: m.at,
            started_at: None,
            sent_at: None,
            weights: None,
            medium: String::new(),
            operator: String::new(),
            target: String::new(),
            attempt: String::new(),
            body: None,
            source: Source::Demo,
            hash: String::new(),
        };
        Some(match m.step.kind {
            EventKind::Register => register(e, file),
            EventKind::FillEnd => fill(e, file, &mut r),
            _ => {
                let body = m.step.body(file, &mut r);
                custody(e, plan.division(file.site), body, &mut r)
            }
        })
    }
}

impl Plan {
    fn division(&self, site: i64) -> i32 {
        self.sites.iter().find(|s| s.id == site).map_or(410_100, |s| s.division)
    }
}

fn register(e: Entry, file: &File) -> Entry {
    Entry {
        medium: file.medium.clone(),
        operator: "档案员".into(),
        body: serde_json::to_string(file).ok(),
        hash: content_hash(file),
        ..e
    }
}

fn fill(e: Entry, file: &File, r: &mut Random) -> Entry {
    let wish = match r.range(0, 999) {
        0..=2 if file.medium == "LPG" => Wish::Over,
        3..=8 if file.medium == "LPG" => Wish::Under,
        _ => Wish::Good,
    };
    let w = weigh(r, &file.dates.model, &file.medium, file.tare_g.unwrap_or(0), file.max_fill_g.unwrap_or(0), wish);
    let record = FillRecord {
        epoch: 1,
        seq: e.seq as u64,
        tag: e.tag.clone(),
        medium: file.medium.clone(),
        started_at: clock::rfc3339(e.occurred_at - r.range(60, 120) * 1_000),
        ended_at: clock::rfc3339(e.occurred_at),
        gross_g: w.gross_g,
        tare_g: w.tare_g,
        net_g: w.net_g,
        operator: format!("F{:02}", r.range(1, 4)),
        attempt: None,
    };
    Entry { weights: Some(w), hash: content_hash(&record), medium: record.medium, operator: record.operator, ..e }
}

fn custody(e: Entry, division: i32, body: Option<serde_json::Value>, r: &mut Random) -> Entry {
    let target = match e.kind {
        // A customer's number: six digits of the district, four of a serial.
        EventKind::Deliver | EventKind::Collect => format!("{division}{:04}", r.range(1, 9_999)),
        EventKind::Ship => format!("配送车{}", r.range(1, 6)),
        _ => String::new(),
    };
    let operator = match e.kind {
        EventKind::Ship | EventKind::ReceiveEmpty => format!("W{:02}", r.range(1, 2)),
        // Never the filler himself.
        EventKind::Precheck | EventKind::Postcheck => format!("C{:02}", r.range(1, 3)),
        _ => format!("D{:02}", r.range(1, 6)),
    };
    let record = CustodyRecord {
        epoch: 1,
        seq: e.seq as u64,
        kind: e.kind,
        tag: e.tag.clone(),
        at: clock::rfc3339(e.occurred_at),
        operator,
        target,
        body,
    };
    Entry {
        hash: content_hash(&record),
        body: record.body.map(|b| b.to_string()),
        operator: record.operator,
        target: record.target,
        ..e
    }
}

impl Iterator for History<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let m = self.moments.next()?;
        let file = self.teller.plan.files.get(m.cylinder as usize)?;
        self.teller.entry(m, file)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.moments.size_hint()
    }
}

impl ExactSizeIterator for History<'_> {}
