//! The cylinders of the drill: where each stands, and which may be filled.

use crate::demo::{city::Plan, keys::KeysFile, random::Random};
use domain::{clock, ledger::FileState, life::Inspection, rules::RuleSet};
use std::collections::{BTreeMap, BTreeSet};

/// The drill may last some days: what is due within them is left out.
const HORIZON_MS: i64 = 8 * clock::DAY_MS;

/// What the gate makes of a cylinder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Fine,
    Overdue,
    PastLife,
    Scrapped,
    Other,
}

/// A cylinder.
#[derive(Debug)]
pub(super) struct Cylinder {
    pub tag: String,
    pub station: usize,
    pub model: String,
    pub medium: String,
    pub tare_g: i64,
    pub max_g: i64,
    pub class: Class,
    /// Last read on site.
    pub read_at: i64,
    /// Last fault of its own.
    struck_at: i64,
    /// It was given little, and comes back with more.
    pub gas: bool,
    /// The fault by which nobody told of its return: it shows once it is filled again.
    unreturned: Option<usize>,
    void: Option<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Pool {
    all: Vec<Cylinder>,
    ready: BTreeMap<(usize, String), BTreeSet<(i64, usize)>>,
    barred: BTreeMap<Class, Vec<usize>>,
}

impl Pool {
    pub(super) fn new(plan: &Plan, keys: &KeysFile, sites: &[i64]) -> Self {
        let rules = RuleSet::seed();
        let days = i32::try_from(rules.due_soon_days()).unwrap_or(0);
        let mut pool = Self::default();
        for (i, (f, k)) in plan.files.iter().zip(&keys.cylinders).enumerate() {
            let Some(station) = sites.iter().position(|s| *s == f.site) else { continue };
            let on = |ms| {
                let day = clock::local_date(ms);
                f.dates.derive(&rules, day).inspection(day, days.into())
            };
            let class = match (f.state, on(plan.now_ms), on(plan.now_ms + HORIZON_MS)) {
                (FileState::Scrapped, ..) => Class::Scrapped,
                (_, Inspection::Overdue, _) => Class::Overdue,
                (_, Inspection::PastLife | Inspection::AwaitsAssessment, _) => Class::PastLife,
                (_, Inspection::Valid | Inspection::DueSoon, Inspection::Valid | Inspection::DueSoon) if k.fillable => {
                    Class::Fine
                }
                _ => Class::Other,
            };
            let c = pool.all.len();
            if class == Class::Fine {
                pool.ready.entry((station, f.medium.clone())).or_default().insert((plan.now_ms, c));
            } else {
                pool.barred.entry(class).or_default().push(c);
            }
            pool.all.push(Cylinder {
                tag: f.tag.clone(),
                station,
                model: f.dates.model.clone(),
                medium: f.medium.clone(),
                tare_g: k.tare_g,
                max_g: k.max_fill_g,
                class,
                read_at: 0,
                struck_at: 0,
                gas: false,
                unreturned: None,
                void: (i % 50 == 7 && class == Class::Fine).then(|| format!("V{}", f.tag)),
            });
        }
        pool
    }

    pub(super) fn get(&self, c: usize) -> Option<&Cylinder> {
        self.all.get(c)
    }

    pub(super) fn tag(&self, c: usize) -> &str {
        self.all.get(c).map_or("", |c| c.tag.as_str())
    }

    pub(super) fn void_tags(&self) -> impl Iterator<Item = (String, &str)> {
        self.all.iter().filter_map(|c| Some((c.void.clone()?, c.tag.as_str())))
    }

    pub(super) fn read(&mut self, c: usize, at: i64) {
        if let Some(c) = self.all.get_mut(c) {
            c.read_at = c.read_at.max(at);
        }
    }

    pub(super) fn set_gas(&mut self, c: usize, gas: bool) {
        if let Some(c) = self.all.get_mut(c) {
            c.gas = gas;
        }
    }

    /// Notes, or takes, the fault by which nobody tells of a return.
    pub(super) fn unreturned(&mut self, c: usize, mark: Option<usize>) -> Option<usize> {
        self.all.get_mut(c).and_then(|c| std::mem::replace(&mut c.unreturned, mark))
    }

    /// Notes that a cylinder gets a fault of its own; false while an earlier one may still be told.
    pub(super) fn strike(&mut self, c: usize, at: i64, again: i64) -> bool {
        let free = self.all.get(c).is_some_and(|c| c.struck_at == 0 || at - c.struck_at >= again);
        if free && let Some(c) = self.all.get_mut(c) {
            c.struck_at = at;
        }
        free
    }

    /// Takes the cylinder that has stood ready longest, among those that fit.
    pub(super) fn take(
        &mut self,
        station: usize,
        medium: &str,
        at: i64,
        fits: impl Fn(&Cylinder) -> bool,
    ) -> Option<usize> {
        let ready = self.ready.get_mut(&(station, medium.to_owned()))?;
        let all = &self.all;
        let found =
            ready.iter().take_while(|(t, _)| *t <= at).find(|(_, c)| all.get(*c).is_some_and(&fits)).copied()?;
        ready.remove(&found);
        Some(found.1)
    }

    /// Puts a cylinder back at its station.
    pub(super) fn put(&mut self, c: usize, at: i64) {
        if let Some(x) = self.all.get(c).filter(|x| x.class == Class::Fine) {
            self.ready.entry((x.station, x.medium.clone())).or_default().insert((at, c));
        }
    }

    /// Some cylinder of a class, at a station if it matters, that no other place has read lately.
    pub(super) fn barred(&self, r: &mut Random, class: Class, fits: impl Fn(&Cylinder) -> bool) -> Option<usize> {
        let list = self.barred.get(&class)?;
        let from = r.index(list.len());
        list.iter().cycle().skip(from).take(list.len()).copied().find(|c| self.all.get(*c).is_some_and(&fits))
    }

    /// Takes a ready cylinder of another station.
    pub(super) fn foreign(&mut self, at: i64, medium: &str, fits: impl Fn(&Cylinder) -> bool) -> Option<usize> {
        let keys: Vec<(usize, String)> = self.ready.keys().filter(|(_, m)| m == medium).cloned().collect();
        // Whoever has most ready can spare one.
        let most = keys
            .into_iter()
            .filter(|k| {
                self.ready.get(k).is_some_and(|s| {
                    s.iter().take_while(|(t, _)| *t <= at).any(|(_, c)| self.all.get(*c).is_some_and(&fits))
                })
            })
            .max_by_key(|k| self.ready.get(k).map_or(0, BTreeSet::len))?;
        self.take(most.0, medium, at, fits)
    }

    /// The void tag of some cylinder at a station, and the cylinder.
    pub(super) fn void(&self, r: &mut Random, station: usize) -> Option<(String, usize)> {
        let of: Vec<(String, usize)> = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, c)| c.station == station)
            .filter_map(|(i, c)| Some((c.void.clone()?, i)))
            .collect();
        of.get(r.index(of.len())).cloned()
    }
}
