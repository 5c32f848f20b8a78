//! Compares what was made to go wrong with what was found.

use super::{
    city::City,
    injected::{By, Injected, Sign, explains, sign},
    play::Played,
};
use crate::{cli::Failure, simulate::Fault};
use data::{Db, alert};
use domain::outcome::AlertKind;
use sea_orm::{EntityTrait, QueryOrder};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write};

/// A finding may come this long after its fault's end, ms: a window of fifty fills, a block of a hundred.
const TAIL: i64 = 8 * 3_600_000;
/// A lasting fault of a cylinder is told when its next event comes.
const BEFORE: i64 = 5 * 60_000;

/// A line of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// Made.
    pub injected: u64,
    /// Found.
    pub found: u64,
}

impl Line {
    /// Share found; 1 where none was made.
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.injected == 0 { 1.0 } else { self.found as f64 / self.injected as f64 }
    }
}

/// What a drill showed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Questions and records without a fault.
    pub clean: u64,
    /// All.
    pub sent: u64,
    /// Fills.
    pub fills: u64,
    /// By fault.
    pub faults: BTreeMap<&'static str, Line>,
    /// Alerts by kind: raised, and explained by no fault.
    pub alerts: BTreeMap<&'static str, (u64, u64)>,
    /// What was answered wrongly, and false alarms, in words.
    pub wrong: Vec<String>,
    /// Faults that were not found.
    pub missed: Vec<Injected>,
    /// Differences that `verify` names.
    pub differences: Vec<String>,
    /// Everything that was made, for the report.
    #[serde(skip)]
    pub injected: Vec<Injected>,
}

impl Outcome {
    /// False alarms in ten thousand clean events, the worst of all detectors.
    #[must_use]
    pub fn worst_false_rate(&self) -> f64 {
        let most = self.alerts.values().map(|(_, f)| *f).max().unwrap_or(0);
        most as f64 * 10_000.0 / self.clean.max(1) as f64
    }

    /// What does not hold of: each recall at least `recall`, each detector at most one false alarm in 10,000 clean
    /// events, no sound question refused, `verify` clean.
    #[must_use]
    pub fn broken(&self, recall: f64) -> Vec<String> {
        let mut out: Vec<String> = self
            .faults
            .iter()
            .filter(|(_, l)| l.recall() < recall)
            .map(|(f, l)| format!("{f}: {} of {} found", l.found, l.injected))
            .collect();
        let most = self.clean / 10_000;
        out.extend(
            self.alerts
                .iter()
                .filter(|(_, (_, wrong))| *wrong > most)
                .map(|(k, (_, wrong))| format!("{k}: {wrong} false alarms; {most} are allowed")),
        );
        out.extend(
            self.differences.first().map(|d| format!("verify: {} differences, first {d}", self.differences.len())),
        );
        out
    }

    /// The table, a line a fault and a line a kind of alert.
    #[must_use]
    pub fn table(&self) -> String {
        let mut t = String::new();
        let _ = writeln!(t, "{} fills, {} questions and records, {} of them clean", self.fills, self.sent, self.clean);
        let _ = writeln!(t, "{:<14} {:>8} {:>8} {:>7}", "fault", "injected", "found", "recall");
        for (f, l) in &self.faults {
            let _ = writeln!(t, "{f:<14} {:>8} {:>8} {:>7.3}", l.injected, l.found, l.recall());
        }
        let _ = writeln!(t, "{:<22} {:>7} {:>6} {:>10}", "detector", "raised", "false", "per 10,000");
        for (k, (raised, wrong)) in &self.alerts {
            let rate = *wrong as f64 * 10_000.0 / self.clean.max(1) as f64;
            let _ = writeln!(t, "{k:<22} {raised:>7} {wrong:>6} {rate:>10.3}");
        }
        t
    }
}

/// Where the faults are, by what their alerts are matched.
#[derive(Default)]
struct Index {
    tags: BTreeMap<String, Vec<usize>>,
    devices: BTreeMap<i64, Vec<usize>>,
    sites: BTreeMap<i64, Vec<usize>>,
}

impl Index {
    fn of(list: &[Injected]) -> Self {
        let mut index = Self::default();
        for (i, x) in list.iter().enumerate() {
            index.tags.entry(x.tag.clone()).or_default().push(i);
            index.devices.entry(x.device).or_default().push(i);
            index.sites.entry(x.site).or_default().push(i);
        }
        index
    }

    /// The faults that an alert can be about.
    fn near(&self, a: &alert::Model) -> Vec<usize> {
        let of = |v: Option<&Vec<usize>>| v.cloned().unwrap_or_default();
        let mut out = of(self.devices.get(&a.device_id));
        out.extend(of(self.sites.get(&a.site_id)));
        if !a.tag.is_empty() {
            out.extend(of(self.tags.get(&a.tag)));
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

fn matches(x: &Injected, a: &alert::Model, by: By) -> bool {
    let in_time = (x.from - BEFORE..=x.until + TAIL).contains(&a.at);
    in_time
        && match by {
            By::Tag => x.tag == a.tag,
            By::Device => x.device == a.device_id,
            By::Site => x.site == a.site_id,
            By::Seq => {
                let detail: serde_json::Value = serde_json::from_str(&a.detail).unwrap_or_default();
                let n = |k: &str| detail[k].as_u64();
                let (first, last) = (n("first").or_else(|| n("seq")), n("last").or_else(|| n("seq")));
                x.device == a.device_id
                    && n("epoch") == Some(x.epoch)
                    && first.is_some_and(|f| f <= x.seq)
                    && last.is_some_and(|l| l >= x.seq)
            }
        }
}

/// Judges a drill by the alerts that stand in the record.
///
/// # Errors
/// When the record cannot be read.
pub async fn judge(db: &Db, city: City, played: Played, differences: Vec<String>) -> Result<Outcome, Failure> {
    let mut list = city.injected;
    for i in &played.shown {
        list[*i].found = true;
    }
    let mut out = Outcome {
        clean: played.clean,
        sent: played.sent,
        fills: city.fills,
        wrong: played.wrong,
        differences,
        ..Outcome::default()
    };
    let refused = out.wrong.len() as u64;
    out.alerts.insert("(gate and answers)", (refused, refused));
    for k in AlertKind::ALL {
        out.alerts.insert(k.code(), (0, 0));
    }
    let index = Index::of(&list);
    for a in alert::Entity::find().order_by_asc(alert::Column::No).all(db.read()).await? {
        let Some(kind) = AlertKind::from_code(&a.kind) else { continue };
        let mut explained = false;
        for i in index.near(&a) {
            let x = &mut list[i];
            if let Sign::Alert(kinds, by) = sign(x.fault)
                && kinds.contains(&kind)
                && matches(x, &a, by)
            {
                (x.found, explained) = (true, true);
            }
            explained |= explains(x.fault).iter().any(|(k, by)| *k == kind && matches(x, &a, *by));
        }
        let line = out.alerts.entry(kind.code()).or_default();
        line.0 += 1;
        if !explained {
            line.1 += 1;
            out.wrong.push(format!(
                "false alarm {} at {}: device {}, site {}, tag {:?}, {}",
                a.kind,
                domain::clock::rfc3339(a.at),
                a.device_id,
                a.site_id,
                a.tag,
                a.detail
            ));
        }
    }
    for f in Fault::ALL {
        let of: Vec<&Injected> = list.iter().filter(|x| x.fault == *f && x.whole).collect();
        if !of.is_empty() {
            let found = of.iter().filter(|x| x.found).count() as u64;
            out.faults.insert(f.word(), Line { injected: of.len() as u64, found });
        }
    }
    out.missed = list.iter().filter(|x| x.whole && !x.found).cloned().collect();
    out.injected = list;
    Ok(out)
}
