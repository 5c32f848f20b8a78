//! Detectors of a gun: what the fills of one gun, in the order of the ledger, say about it.

use super::{
    Finding,
    alarm::{Alarm, Ring, is_default},
    rules::{Clock, Drift, Fake, Pace, Settings},
};
use crate::{
    event::{Entry, Weights},
    ledger::File,
    outcome::{AlertKind, Anomaly},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Records by which the order of a device's times is judged; a burst may come in another order than it was written.
const NEAR: usize = 8;
const HOUR_MS: i64 = 3_600_000;
/// Models of which a gun's last net weight is kept.
const MODELS: usize = 4;

/// The present record, with what the detectors of a gun look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill<'a> {
    /// The record.
    pub entry: &'a Entry,
    /// Its weights.
    pub weights: Weights,
    /// The cylinder's file.
    pub file: Option<&'a File>,
    /// What was wrong with it.
    pub anomalies: &'a [Anomaly],
}

/// Weights that repeat themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    net_g: i64,
    nets: i64,
    gross_g: i64,
    grosses: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    alarm: Alarm,
}

impl Repeat {
    pub(super) fn step(&mut self, limit: i64, s: &Settings, f: Fill<'_>) -> Option<Finding> {
        // To 0.01 kg: what scales show.
        let hundredth = |g: i64| g.div_euclid(10) * 10;
        let run = |last: &mut i64, n: &mut i64, g: i64| {
            *n = if *n > 0 && *last == g { n.saturating_add(1) } else { 1 };
            *last = g;
        };
        run(&mut self.net_g, &mut self.nets, hundredth(f.weights.net_g));
        run(&mut self.gross_g, &mut self.grosses, hundredth(f.weights.gross_g));
        let holds = self.nets >= limit || self.grosses >= limit;
        self.alarm.lasting(holds, f.entry.occurred_at, s.cooldown_ms).then(|| {
            let (which, g, n) =
                if self.nets >= limit { ("net", self.net_g, self.nets) } else { ("gross", self.gross_g, self.grosses) };
            Finding::of(AlertKind::RepeatedWeight, json!({"rule": "DET-REPEAT", "weight": which, "g": g, "fills": n}))
        })
    }
}

/// Fills that follow each other faster than a gun works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceState {
    /// Start and end of the last fills, and whether each overlapped another, ms.
    spans: Ring<(i64, i64, bool)>,
    /// Fills of the last two hours met: hour, fills.
    hours: Ring<(i64, i64)>,
    #[serde(default, skip_serializing_if = "is_default")]
    alarm: Alarm,
}

impl PaceState {
    pub(super) fn step(&mut self, p: Pace, s: &Settings, f: Fill<'_>) -> Option<Finding> {
        let end = f.entry.occurred_at;
        if let Some(start) = f.entry.started_at {
            let slack = p.slack_ms;
            let clash =
                self.spans.iter().any(|(a, b, _)| start.saturating_add(slack) < *b && a.saturating_add(slack) < end);
            self.spans.push((start, end, clash), NEAR);
        }
        let clashes = self.spans.iter().filter(|(_, _, c)| *c).count() as i64;
        let hour = end.div_euclid(HOUR_MS);
        let here = self.hours.iter().find(|(h, _)| *h == hour).map_or(0, |(_, n)| *n).saturating_add(1);
        let others: Vec<(i64, i64)> = self.hours.iter().copied().filter(|(h, _)| *h != hour).collect();
        self.hours.clear();
        others.into_iter().for_each(|x| self.hours.push(x, 1));
        self.hours.push((hour, here), 2);
        let many = p.hourly.is_some_and(|n| here > n);
        self.alarm.lasting(clashes >= p.overlaps || many, end, s.cooldown_ms).then(|| {
            let rule = if many { "DET-PACE-HOUR" } else { "DET-PACE" };
            Finding::of(AlertKind::ImpossiblePace, json!({"rule": rule, "overlaps": clashes, "in_hour": here}))
        })
    }
}

/// Share of overfills and underfills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Bits of the last fills, the newest lowest: overfilled.
    over: u64,
    /// … underfilled.
    under: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    over_alarm: Alarm,
    #[serde(default, skip_serializing_if = "is_default")]
    under_alarm: Alarm,
}

impl Share {
    pub(super) fn step(&mut self, s: &Settings, f: Fill<'_>) -> [Option<Finding>; 2] {
        let window = s.share_window.clamp(1, 64);
        let mask = u64::MAX >> (64 - window);
        let push = |bits: u64, a: Anomaly| ((bits << 1) | u64::from(f.anomalies.contains(&a))) & mask;
        self.over = push(self.over, Anomaly::Overfill);
        self.under = push(self.under, Anomaly::Underfill);
        let told = |kind, rule: &str, limit: Option<i64>, bits: u64, alarm: &mut Alarm| {
            let n = i64::from(bits.count_ones());
            let holds = limit.is_some_and(|l| n > 0 && n.saturating_mul(1_000) >= l.saturating_mul(window));
            alarm
                .lasting(holds, f.entry.occurred_at, s.cooldown_ms)
                .then(|| Finding::of(kind, json!({"rule": rule, "fills": n, "of": window})))
        };
        [
            told(AlertKind::OverfillingGun, "DET-OVER", s.over, self.over, &mut self.over_alarm),
            told(AlertKind::UnderfillingGun, "DET-UNDER", s.under, self.under, &mut self.under_alarm),
        ]
    }
}

/// A scale that drifts away from zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftState {
    /// Moving average of the deviation from what is expected, mg.
    mean_mg: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    alarm: Alarm,
}

impl DriftState {
    pub(super) fn step(&mut self, d: Drift, s: &Settings, f: Fill<'_>) -> Option<Finding> {
        let file = f.file?;
        // Only liquefied gas leaves a residue that can be expected; a bottle of compressed gas has no maximum by weight.
        let (stamped, _) = file.tare_g.zip(file.max_fill_g)?;
        let off = f.weights.tare_g.saturating_sub(stamped).saturating_sub(d.expected_g).clamp(-d.clip_g, d.clip_g);
        self.mean_mg += (off.saturating_mul(1_000).saturating_sub(self.mean_mg)) / d.window;
        let mean_g = self.mean_mg / 1_000;
        self.alarm.lasting(mean_g.abs() > d.limit_g, f.entry.occurred_at, s.cooldown_ms).then(|| {
            Finding::of(
                AlertKind::ScaleDrift,
                json!({"rule": "DET-DRIFT", "mean_g": mean_g, "limit_g": d.limit_g, "expected_g": d.expected_g}),
            )
        })
    }
}

/// Weights that somebody made up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FakeState {
    /// Last net weight by maximum fill: bottles of one model are compared with each other, g.
    last: Ring<(i64, i64)>,
    /// Differences from fill to fill, g.
    diffs: Ring<i64>,
    /// Last digits (of 10 g) of the net weights of this block.
    net: [i64; 10],
    /// … of the measured tares.
    tare: [i64; 10],
    /// The last whole block's digits were made up.
    #[serde(default, skip_serializing_if = "is_default")]
    digits: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    alarm: Alarm,
}

/// Chi-square of ten counts against even ones; 0 for none.
fn chi2(counts: &[i64; 10]) -> i64 {
    let n: i64 = counts.iter().sum();
    if n == 0 { 0 } else { counts.iter().map(|c| c * c).sum::<i64>() * 10 / n - n }
}

fn count_digit(counts: &mut [i64; 10], g: i64) {
    let digit = usize::try_from(g.div_euclid(10).rem_euclid(10)).unwrap_or(0);
    if let Some(c) = counts.get_mut(digit) {
        *c += 1;
    }
}

impl FakeState {
    pub(super) fn step(&mut self, p: Fake, s: &Settings, f: Fill<'_>) -> Option<Finding> {
        let net = f.weights.net_g;
        let model = f.file.and_then(|x| x.max_fill_g).unwrap_or(0);
        if let Some((_, last)) = self.last.iter().find(|(m, _)| *m == model) {
            self.diffs.push(net.saturating_sub(*last).abs(), usize::try_from(p.window).unwrap_or(30));
        }
        let others: Vec<(i64, i64)> = self.last.iter().copied().filter(|(m, _)| *m != model).collect();
        self.last.clear();
        others.into_iter().for_each(|x| self.last.push(x, MODELS - 1));
        self.last.push((model, net), MODELS);
        count_digit(&mut self.net, net);
        count_digit(&mut self.tare, f.weights.tare_g);
        if self.net.iter().sum::<i64>() >= p.block {
            // A coarse scale shows few digits everywhere; only where the tares are even, uneven nets are made up.
            let (of_net, of_tare) = (chi2(&self.net), chi2(&self.tare));
            self.digits = if p.chi2.is_some_and(|limit| of_net > limit && of_tare * 2 < limit) { of_net } else { 0 };
            (self.net, self.tare) = ([0; 10], [0; 10]);
        }
        let n = self.diffs.len() as i64;
        let sum = self.diffs.iter().fold(0_i64, |a, d| a.saturating_add(*d));
        let narrow = n >= p.window && sum < p.least_g.saturating_mul(n);
        self.alarm.lasting(narrow || self.digits > 0, f.entry.occurred_at, s.cooldown_ms).then(|| {
            let detail = if narrow {
                json!({"rule": "DET-FAKE", "mean_difference_g": sum / n.max(1), "limit_g": p.least_g, "fills": n + 1})
            } else {
                json!({"rule": "DET-FAKE-DIGITS", "chi2": self.digits, "fills": p.block})
            };
            Finding::of(AlertKind::FabricatedWeight, detail)
        })
    }
}

/// The clock of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    epoch: i64,
    /// Number and time of the last records.
    near: Ring<(i64, i64)>,
    #[serde(default, skip_serializing_if = "is_default")]
    alarm: Alarm,
}

impl ClockState {
    pub(super) fn step(&mut self, p: Clock, s: &Settings, e: &Entry) -> Option<Finding> {
        if e.epoch != self.epoch {
            // A late record of an epoch before says nothing about the order of this one.
            if e.epoch < self.epoch {
                return None;
            }
            self.epoch = e.epoch;
            self.near.clear();
        }
        let ahead = e.sent_at.map_or(0, |sent| e.occurred_at.saturating_sub(sent));
        let before = self.near.iter().filter(|(q, _)| *q < e.seq).max_by_key(|(q, _)| *q);
        let after = self.near.iter().filter(|(q, _)| *q > e.seq).min_by_key(|(q, _)| *q);
        let back = before
            .map_or(0, |(_, t)| t.saturating_sub(e.occurred_at))
            .max(after.map_or(0, |(_, t)| e.occurred_at.saturating_sub(*t)));
        self.near.push((e.seq, e.occurred_at), NEAR);
        let age = ahead.saturating_neg();
        let (rule, off) = if ahead > p.ahead_ms {
            ("DET-CLOCK", ahead)
        } else if p.back_ms.is_some_and(|most| back > most) {
            ("DET-CLOCK-BACK", back)
        } else if p.old_ms.is_some_and(|most| age > most) {
            ("DET-CLOCK-OLD", age)
        } else {
            return None;
        };
        self.alarm
            .moment(e.occurred_at, s.cooldown_ms)
            .then(|| Finding::of(AlertKind::DeviceClock, json!({"rule": rule, "off_s": off / 1_000, "seq": e.seq})))
    }
}

/// Everything kept of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceState {
    #[serde(skip_serializing_if = "is_default")]
    clock: ClockState,
    #[serde(skip_serializing_if = "is_default")]
    repeat: Repeat,
    #[serde(skip_serializing_if = "is_default")]
    pace: PaceState,
    #[serde(skip_serializing_if = "is_default")]
    share: Share,
    #[serde(skip_serializing_if = "is_default")]
    drift: DriftState,
    #[serde(skip_serializing_if = "is_default")]
    fake: FakeState,
}

impl DeviceState {
    /// Looks at a record of the device.
    pub(super) fn step(&mut self, s: &Settings, entry: &Entry, fill: Option<Fill<'_>>) -> Vec<Finding> {
        let mut out = vec![s.clock.and_then(|p| self.clock.step(p, s, entry))];
        if let Some(f) = fill {
            out.push(s.repeat.and_then(|p| self.repeat.step(p, s, f)));
            out.push(s.pace.and_then(|p| self.pace.step(p, s, f)));
            // Only fills whose weights could be judged count.
            if f.file.is_some_and(|x| x.tare_g.is_some() && x.max_fill_g.is_some()) {
                out.extend(self.share.step(s, f));
            }
            out.push(s.drift.and_then(|p| self.drift.step(p, s, f)));
            out.push(s.fake.and_then(|p| self.fake.step(p, s, f)));
        }
        out.into_iter().flatten().collect()
    }
}
