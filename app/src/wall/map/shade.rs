//! What the districts are shaded by: a figure of today or of the present state, chosen on the wall.

use crate::kit::format;
use domain::wall::{Snapshot, gauge};
use std::collections::BTreeMap;

/// A figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shade {
    /// Fills today.
    #[default]
    Fills,
    /// Refusals today.
    Blocked,
    /// Share of the cylinders on file that are overdue for inspection or past their life.
    Overdue,
    /// Open alerts.
    Alerts,
}

impl Shade {
    /// All of them, in the order of their keys 1 to 4.
    pub const ALL: [Self; 4] = [Self::Fills, Self::Blocked, Self::Overdue, Self::Alerts];

    /// Whether more of it is worse.
    #[must_use]
    pub fn is_bad(self) -> bool {
        self != Self::Fills
    }

    /// Its name in both languages.
    #[must_use]
    pub const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Fills => ("今日充装", "Fills today"),
            Self::Blocked => ("今日拦截", "Refused today"),
            Self::Overdue => ("过检率", "Overdue share"),
            Self::Alerts => ("未关闭告警", "Open alerts"),
        }
    }
}

/// A figure of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// By which places compare.
    pub n: i64,
    /// As people read it.
    pub text: String,
}

/// Per mille as a percentage with one decimal.
fn share(part: i64, whole: i64) -> Value {
    let n = if whole > 0 { part.saturating_mul(1_000) / whole } else { 0 };
    Value { n, text: format!("{}.{}%", n / 10, n % 10) }
}

fn of(s: &Snapshot, sites: &[i64], by: Shade) -> Value {
    let f = &s.figures;
    let sum = |kind| sites.iter().map(|id| f.gauges.of(kind, *id)).sum::<i64>();
    let today = |pick: fn(&domain::wall::Tally) -> i64| {
        sites.iter().filter_map(|id| f.by_station.get(id)).map(pick).sum::<i64>()
    };
    let n = match by {
        Shade::Overdue => return share(sum(gauge::OVERDUE), sum(gauge::ON_FILE)),
        Shade::Fills => today(|t| t.fills),
        Shade::Blocked => today(|t| t.blocked),
        Shade::Alerts => sum(gauge::OPEN),
    };
    Value { n, text: format::count(n) }
}

/// The figure of a station.
#[must_use]
pub fn station(s: &Snapshot, site: i64, by: Shade) -> Value {
    of(s, &[site], by)
}

/// The figure of a district, over all its stations.
#[must_use]
pub fn district(s: &Snapshot, code: i32, by: Shade) -> Value {
    let sites: Vec<i64> = s.stations.iter().filter(|p| p.district == code).map(|p| p.id).collect();
    of(s, &sites, by)
}

/// What the still layer of the map shows: nothing else changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Figure of each district.
    pub districts: BTreeMap<i32, Value>,
    /// Fills of each station today.
    pub stations: BTreeMap<i64, i64>,
    /// Whether more is worse.
    pub bad: bool,
}

impl Scene {
    /// Of a snapshot.
    #[must_use]
    pub fn of(s: &Snapshot, by: Shade) -> Self {
        let codes = s.districts.iter().map(|d| d.code);
        Self {
            districts: codes.map(|c| (c, district(s, c, by))).filter(|(_, v)| v.n > 0).collect(),
            stations: s.figures.by_station.iter().map(|(id, t)| (*id, t.fills)).collect(),
            bad: by.is_bad(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    #[test]
    fn each_figure_of_a_district_is_over_its_stations() {
        let mut s = sample::snapshot();
        for g in [
            (gauge::ON_FILE, 2, 300),
            (gauge::ON_FILE, 3, 100),
            (gauge::OVERDUE, 2, 5),
            (gauge::OPEN, 3, 4),
            (gauge::OPEN, 1, 9),
        ] {
            s.figures.gauges.set(g);
        }
        s.figures.by_station.insert(2, domain::wall::Tally { fills: 7, blocked: 2 });
        let text = |by| district(&s, 410_122, by).text;
        assert_eq!(Shade::ALL.map(text), ["7", "2", "1.2%", "4"]);
        assert_eq!(station(&s, 1, Shade::Alerts).n, 9);
        assert_eq!(district(&s, 1, Shade::Overdue), Value { n: 0, text: "0.0%".into() });
        let scene = Scene::of(&s, Shade::Alerts);
        assert_eq!(scene.districts.keys().copied().collect::<Vec<_>>(), [410_105, 410_122]);
        assert!(scene.bad && !Scene::of(&s, Shade::Fills).bad);
    }
}
