//! The net-content ledger of a station: gas said to be filled against what the scales say (rules.md §19, post-fill).

use super::{
    Finding,
    alarm::{Alarm, Ring, is_default},
    gun::Fill,
    rules::Settings,
};
use crate::{clock, outcome::AlertKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A day's sums: local day, gas said to be filled, and by how much it exceeds gross less tare, g.
type Day = (i32, i64, i64);

/// Everything kept of a station.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteState {
    /// The two latest days.
    days: Ring<Day>,
    #[serde(skip_serializing_if = "is_default")]
    record_alarm: Alarm,
    #[serde(skip_serializing_if = "is_default")]
    day_alarm: Alarm,
}

impl SiteState {
    /// Looks at a fill of the station.
    pub(super) fn step(&mut self, s: &Settings, f: Fill<'_>) -> Vec<Finding> {
        let Some(p) = s.net else { return vec![] };
        let (w, at) = (f.weights, f.entry.occurred_at);
        let diff = w.net_g.saturating_sub(w.gross_g.saturating_sub(w.tare_g));
        let mut out = vec![];
        if diff.abs() > p.record_g && self.record_alarm.moment(at, s.cooldown_ms) {
            out.push(Finding::of(
                AlertKind::NetMismatch,
                json!({"rule": "DET-NET", "net_g": w.net_g, "gross_g": w.gross_g, "tare_g": w.tare_g, "difference_g": diff}),
            ));
        }
        if let Some((day, net, sum)) = self.add(clock::local_day(at), w.net_g, diff)
            && let Some(limit) = p.day_per_mille
        {
            let holds = net >= p.least_g && sum.abs().saturating_mul(1_000) > net.saturating_mul(limit);
            if self.day_alarm.lasting(holds, at, s.cooldown_ms) {
                out.push(Finding::of(
                    AlertKind::NetMismatch,
                    json!({"rule": "DET-NET-DAY", "day": clock::date_of(day), "net_g": net, "difference_g": sum}),
                ));
            }
        }
        out
    }

    /// Adds to a day's sums and tells them; `None` for a day before the last two.
    fn add(&mut self, day: i32, net: i64, diff: i64) -> Option<Day> {
        let mut days: Vec<Day> = self.days.iter().copied().collect();
        if days.iter().all(|d| d.0 != day) {
            if days.len() >= 2 && days.iter().all(|d| d.0 > day) {
                return None;
            }
            days.push((day, 0, 0));
            days.sort_unstable_by_key(|d| d.0);
        }
        self.days.clear();
        let mut now = None;
        for mut d in days {
            if d.0 == day {
                (d.1, d.2) = (d.1.saturating_add(net), d.2.saturating_add(diff));
                now = Some(d);
            }
            self.days.push(d, 2);
        }
        now
    }
}
