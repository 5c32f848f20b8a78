//! Present states that a wall shows: numbers by kind and key, each kept by differences of its counter and sent whole when
//! it changes. And what guns should have sent in the last hour against what came.

use crate::clock::MINUTE_MS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Cylinders on file by custody (key: [`crate::ledger::Custody`] number).
pub const CUSTODY: u8 = 1;
/// Cylinders on file by year of manufacture (key: the year, 0 where it is not known).
pub const MADE: u8 = 2;
/// Volume of the full cylinders at a station, ml (key: site).
pub const FULL_ML: u8 = 3;
/// Cylinders on file (key: home site).
pub const ON_FILE: u8 = 4;
/// Of them overdue for inspection or past their life (key: home site).
pub const OVERDUE: u8 = 5;
/// Alerts nobody has closed (key: site).
pub const OPEN: u8 = 6;
/// Of them warnings and dangers nobody took note of (key: site).
pub const WAITING: u8 = 7;
/// Numbers a station's devices gave to records in the last hour (key: site).
pub const EXPECTED: u8 = 8;
/// Of them those that did not arrive (key: site).
pub const MISSING: u8 = 9;

/// Kind, key, value.
pub type Gauge = (u8, i64, i64);

/// All gauges of a channel. What is zero does not stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Gauge>", into = "Vec<Gauge>")]
pub struct Gauges(BTreeMap<(u8, i64), i64>);

impl From<Vec<Gauge>> for Gauges {
    fn from(all: Vec<Gauge>) -> Self {
        let mut g = Self::default();
        all.into_iter().for_each(|x| g.set(x));
        g
    }
}

impl From<Gauges> for Vec<Gauge> {
    fn from(g: Gauges) -> Self {
        g.iter().collect()
    }
}

impl Gauges {
    /// Its value.
    #[must_use]
    pub fn of(&self, kind: u8, key: i64) -> i64 {
        self.0.get(&(kind, key)).copied().unwrap_or(0)
    }

    /// Sets a value.
    pub fn set(&mut self, (kind, key, value): Gauge) {
        if value == 0 {
            self.0.remove(&(kind, key));
        } else {
            self.0.insert((kind, key), value);
        }
    }

    /// Adds a difference.
    pub fn add(&mut self, (kind, key, value): Gauge) {
        self.set((kind, key, self.of(kind, key) + value));
    }

    /// Keys and values of a kind.
    pub fn kind(&self, kind: u8) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.range((kind, i64::MIN)..=(kind, i64::MAX)).map(|((_, key), value)| (*key, *value))
    }

    /// Sum of a kind.
    #[must_use]
    pub fn sum(&self, kind: u8) -> i64 {
        self.kind(kind).map(|(_, v)| v).sum()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Gauge> + '_ {
        self.0.iter().map(|((kind, key), value)| (*kind, *key, *value))
    }
}

/// Length of the stretch whose completeness is shown, minutes.
pub const HOUR: i64 = 60;

/// What arrived at a station in a minute of the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Site.
    pub site: i64,
    /// Minute in which the numbers were known to be in use, Unix ms / 60000.
    pub minute: i64,
    /// Numbers that became known to be in use.
    pub expected: i64,
    /// Of them those that did not arrive; negative when a late one did.
    pub missing: i64,
}

/// Arrivals of the last hour, by minute and site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals(BTreeMap<(i64, i64), (i64, i64)>);

impl Arrivals {
    /// Takes one in.
    pub fn add(&mut self, a: Arrival) {
        let sum = self.0.entry((a.minute, a.site)).or_default();
        sum.0 += a.expected;
        sum.1 += a.missing;
    }

    /// Forgets what is older than the hour that ends at `ms` of the server's clock, and tells by site what the hour holds.
    fn sums(&mut self, ms: i64) -> BTreeMap<i64, (i64, i64)> {
        let first = ms.div_euclid(MINUTE_MS) - HOUR + 1;
        self.0 = self.0.split_off(&(first, i64::MIN));
        let mut out: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for ((_, site), (expected, missing)) in &self.0 {
            let sum = out.entry(*site).or_default();
            sum.0 += expected;
            sum.1 += missing;
        }
        out
    }

    /// The gauges that differ from what was known when the server's clock says `ms`.
    pub fn changed(&mut self, known: &Gauges, ms: i64) -> Vec<Gauge> {
        let sums = self.sums(ms);
        let gone = [EXPECTED, MISSING]
            .into_iter()
            .flat_map(|kind| known.kind(kind).map(move |(site, _)| (kind, site, 0)))
            .filter(|(_, site, _)| !sums.contains_key(site));
        let now = sums.iter().flat_map(|(site, (e, m))| [(EXPECTED, *site, *e), (MISSING, *site, *m)]);
        gone.chain(now).filter(|(kind, site, value)| known.of(*kind, *site) != *value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_not_kept_and_the_wire_form_reads_back() {
        let mut g = Gauges::from(vec![(MADE, 2020, 3), (FULL_ML, 7, 0), (MADE, 0, 2)]);
        assert_eq!(serde_json::to_string(&g).unwrap(), "[[2,0,2],[2,2020,3]]");
        g.add((MADE, 2020, -3));
        g.add((CUSTODY, 8, 4));
        assert_eq!((g.of(MADE, 2020), g.sum(MADE), g.kind(CUSTODY).collect::<Vec<_>>()), (0, 2, vec![(8, 4)]));
        let text = serde_json::to_string(&g).unwrap();
        assert_eq!(serde_json::from_str::<Gauges>(&text).unwrap(), g);
    }

    #[test]
    fn an_hour_of_arrivals_moves_with_the_clock() {
        let mut a = Arrivals::default();
        let mut known = Gauges::default();
        let mut step = |a: &mut Arrivals, minute: i64| {
            let changed = a.changed(&known, minute * MINUTE_MS);
            changed.iter().for_each(|g| known.set(*g));
            (known.of(EXPECTED, 1), known.of(MISSING, 1), changed.len())
        };
        a.add(Arrival { site: 1, minute: 100, expected: 5, missing: 2 });
        a.add(Arrival { site: 1, minute: 130, expected: 1, missing: 0 });
        assert_eq!(step(&mut a, 130), (6, 2, 2));
        assert_eq!(step(&mut a, 130), (6, 2, 0), "what is known is not told again");
        a.add(Arrival { site: 1, minute: 100, expected: 0, missing: -1 });
        assert_eq!(step(&mut a, 159), (6, 1, 1), "a late record fills its own minute");
        assert_eq!(step(&mut a, 160), (1, 0, 2));
        assert_eq!(step(&mut a, 190), (0, 0, 1));
        assert_eq!(a, Arrivals::default());
    }
}
