//! What a cylinder counts for, kept in step with its state: counters, totals, gauges.

use super::plan::Plan;
use domain::{
    ledger::Now,
    standing::{self, Body},
    wall::{Gauge, gauge},
};
use std::collections::BTreeMap;

impl Plan<'_> {
    /// Keeps everything in step with a cylinder that moved, or whose file was put right; one of the two states is none where it came
    /// or left.
    pub fn moved(&mut self, before: Option<(&Now, Body)>, after: Option<(&Now, Body)>) {
        // Another home may be another district's and another owner's: it leaves there, and comes here.
        if let (Some(b), Some(a)) = (before, after)
            && b.0.home != a.0.home
        {
            self.moved(before, None);
            self.moved(None, after);
            return;
        }
        let of = |(n, body): (&Now, Body)| (n.file, n.custody, n.due, n.life_end, standing::met_at(n), body);
        let Some(home) = after.or(before).map(|(n, _)| n.home).filter(|_| before.map(of) != after.map(of)) else {
            return;
        };
        self.stands(before, after, home);
        let (before, after) = (before.map(|b| b.0), after.map(|a| a.0));
        for (now, sign) in [(after, 1), (before, -1)] {
            self.count(now.map(Now::contribution).into_iter().flatten().map(|k| (k, sign)));
        }
        let days = i32::try_from(self.rules.due_soon_days()).unwrap_or(0);
        let mut stock = after.map(|a| a.stock(self.today, days)).unwrap_or_default();
        if let Some(b) = before {
            stock.subtract(&b.stock(self.today, days));
        }
        if !stock.is_zero() {
            self.publish(home, None, stock, 0);
        }
    }

    /// Keeps what a cylinder counts for besides its state in step: its age, and the room it takes where it stands full.
    fn stands(&mut self, before: Option<(&Now, Body)>, after: Option<(&Now, Body)>, home: i64) {
        let mut differences: BTreeMap<(u8, i64), i64> = BTreeMap::new();
        for (sign, stood) in [(-1, before), (1, after)] {
            let Some((now, body)) = stood else { continue };
            self.count(standing::counters(now, body).into_iter().map(|(k, v)| (k, sign * v)));
            for (kind, key, value) in standing::gauges(now, body, self.today) {
                *differences.entry((kind, key)).or_default() += sign * value;
            }
        }
        // What is counted where a cylinder stands is for those who see that site, the rest for those who see its home.
        let mut by_site: BTreeMap<i64, Vec<Gauge>> = BTreeMap::new();
        for ((kind, key), value) in differences.into_iter().filter(|(_, v)| *v != 0) {
            let site = if matches!(kind, gauge::FULL_ML | gauge::ON_FILE | gauge::OVERDUE) { key } else { home };
            by_site.entry(site).or_default().push((kind, key, value));
        }
        for (site, gauges) in by_site {
            self.publish_gauges(site, gauges);
        }
    }
}
