//! Detectors: rules over events, evaluated record by record.
//!
//! Each is a pure function of its rule rows' parameters, a small state of its own and one event; it gives the new state
//! and what it found. The cost of an event does not depend on how many came before, a state is bounded, and findings do
//! not depend on how records are cut into transactions: the ledger's writer and `verify` run the same code over the same
//! events and come to the same states and findings.
//!
//! What an import tells of the past is not looked at: it raises flags, never alerts (rules.md §20).

mod alarm;
mod cylinder;
mod gun;
mod rules;
mod station;
#[cfg(test)]
mod tests;

pub use alarm::{Alarm, Ring};
pub use cylinder::{CylinderState, broken};
pub use gun::DeviceState;
pub use rules::{Settings, rows};
pub use station::SiteState;

use crate::{
    event::{Entry, EventKind, Source},
    gate::TagState,
    ledger::{File, FileState, Now},
    outcome::{AlertKind, Anomaly},
};
use gun::Fill;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What a detector finds, in the order of the table of alerts.
pub const KINDS: [AlertKind; 12] = [
    AlertKind::ChainGap,
    AlertKind::RepeatedWeight,
    AlertKind::ImpossiblePace,
    AlertKind::OverfillingGun,
    AlertKind::UnderfillingGun,
    AlertKind::ZombieTag,
    AlertKind::ScaleDrift,
    AlertKind::NetMismatch,
    AlertKind::TareDrift,
    AlertKind::GasChanged,
    AlertKind::DeviceClock,
    AlertKind::FabricatedWeight,
];

/// What a state is kept of. The number is stored; never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum SubjectKind {
    /// A gun or a handheld, by its device id.
    Device = 1,
    /// A station, by its site id.
    Site = 2,
    /// A cylinder, by its id.
    Cylinder = 3,
}

impl SubjectKind {
    /// Number in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        [Self::Device, Self::Site, Self::Cylinder].into_iter().find(|k| k.number() == n)
    }
}

/// Of what a state is kept.
pub type Subject = (SubjectKind, i64);

/// Something found, with its evidence: the alert names the record as its cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was found.
    pub kind: AlertKind,
    /// Of whom.
    pub subject: Subject,
    /// The record that caused it, with its device and site, where it is not the one at which it was found.
    pub cause: Option<(i64, i64, i64)>,
    /// A second ledger number that belongs to it.
    pub other: Option<i64>,
    /// The rule row and the figures.
    pub detail: serde_json::Value,
}

impl Finding {
    fn of(kind: AlertKind, detail: serde_json::Value) -> Self {
        Self { kind, subject: (SubjectKind::Device, 0), cause: None, other: None, detail }
    }

    fn after(self, no: i64) -> Self {
        Self { other: (no > 0).then_some(no), ..self }
    }

    fn by(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }
}

/// What is known of the cylinder of a record, before the record is folded into it.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its id.
    pub id: i64,
    /// Its file.
    pub file: &'a File,
    /// Its state before the record.
    pub before: &'a Now,
    /// Whether the organisation at the place of the record owns it or holds it in trust.
    pub held: bool,
}

/// A read of a tag by the gate, which is no record of its own.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Ledger number of the attempt.
    pub no: i64,
    /// When, device clock, ms.
    pub at: i64,
    /// What the register says of the tag.
    pub tag: TagState,
    /// The cylinder it leads or led to, and the state of its file.
    pub cylinder: Option<(i64, FileState)>,
}

/// A state and the ledger number at which it changed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held<T> {
    state: T,
    no: i64,
}

/// A state of a subject, to be put back as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept(State);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Device(Box<Held<DeviceState>>),
    Site(Held<SiteState>),
    Cylinder(Held<CylinderState>),
}

/// A state that could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state of detector subject {0:?}: {1}")]
pub struct StateError(Subject, String);

/// The detectors' states of the subjects met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    devices: BTreeMap<i64, Held<DeviceState>>,
    sites: BTreeMap<i64, Held<SiteState>>,
    cylinders: BTreeMap<i64, Held<CylinderState>>,
    touched: BTreeSet<Subject>,
}

impl Memory {
    /// Puts a stored state in place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(&mut self, subject: Subject, state: &str, no: i64) -> Result<(), StateError> {
        fn held<T: serde::de::DeserializeOwned>(text: &str, no: i64) -> Result<Held<T>, serde_json::Error> {
            Ok(Held { state: serde_json::from_str(text)?, no })
        }
        let bad = |e: serde_json::Error| StateError(subject, e.to_string());
        match subject.0 {
            SubjectKind::Device => drop(self.devices.insert(subject.1, held(state, no).map_err(bad)?)),
            SubjectKind::Site => drop(self.sites.insert(subject.1, held(state, no).map_err(bad)?)),
            SubjectKind::Cylinder => drop(self.cylinders.insert(subject.1, held(state, no).map_err(bad)?)),
        }
        Ok(())
    }

    /// Puts a state in place that was kept.
    pub fn put(&mut self, subject: i64, kept: Kept) {
        match kept.0 {
            State::Device(h) => drop(self.devices.insert(subject, *h)),
            State::Site(h) => drop(self.sites.insert(subject, h)),
            State::Cylinder(h) => drop(self.cylinders.insert(subject, h)),
        }
    }

    /// All states, to be kept by who remembers them.
    pub fn into_kept(self) -> impl Iterator<Item = (Subject, Kept)> {
        let devices =
            self.devices.into_iter().map(|(id, h)| ((SubjectKind::Device, id), Kept(State::Device(Box::new(h)))));
        let sites = self.sites.into_iter().map(|(id, h)| ((SubjectKind::Site, id), Kept(State::Site(h))));
        let cylinders =
            self.cylinders.into_iter().map(|(id, h)| ((SubjectKind::Cylinder, id), Kept(State::Cylinder(h))));
        devices.chain(sites).chain(cylinders)
    }

    /// The state of a subject as it is stored, and the ledger number at which it changed last.
    #[must_use]
    pub fn stored(&self, subject: Subject) -> Option<(String, i64)> {
        fn text<T: serde::Serialize>(h: &Held<T>) -> (String, i64) {
            // Maps of strings and numbers: nothing in them can fail to be written.
            (serde_json::to_string(&h.state).unwrap_or_default(), h.no)
        }
        match subject.0 {
            SubjectKind::Device => self.devices.get(&subject.1).map(text),
            SubjectKind::Site => self.sites.get(&subject.1).map(text),
            SubjectKind::Cylinder => self.cylinders.get(&subject.1).map(text),
        }
    }

    /// All subjects of which there is a state, in the order of their keys.
    pub fn all(&self) -> impl Iterator<Item = Subject> + '_ {
        let devices = self.devices.keys().map(|id| (SubjectKind::Device, *id));
        let sites = self.sites.keys().map(|id| (SubjectKind::Site, *id));
        devices.chain(sites).chain(self.cylinders.keys().map(|id| (SubjectKind::Cylinder, *id)))
    }

    /// The subjects whose state changed since they were loaded, in the order of their keys.
    pub fn touched(&self) -> impl Iterator<Item = Subject> + '_ {
        self.touched.iter().copied()
    }

    /// Looks at a record that was accepted.
    pub fn record(
        &mut self,
        s: &Settings,
        no: i64,
        e: &Entry,
        cylinder: Option<Known<'_>>,
        anomalies: &[Anomaly],
    ) -> Vec<Finding> {
        if e.source == Source::Import || e.kind == EventKind::Register {
            return vec![];
        }
        let fill = (e.kind == EventKind::FillEnd).then_some(e.weights).flatten().map(|weights| Fill {
            entry: e,
            weights,
            file: cylinder.map(|c| c.file),
            anomalies,
        });
        let mut out = vec![];
        let device = (SubjectKind::Device, e.device);
        let held = self.devices.entry(e.device).or_default();
        out.extend(held.state.step(s, e, fill).into_iter().map(|f| f.by(device)));
        held.no = no;
        self.touched.insert(device);
        if let Some(f) = fill {
            let site = (SubjectKind::Site, e.site);
            let held = self.sites.entry(e.site).or_default();
            out.extend(held.state.step(s, f).into_iter().map(|f| f.by(site)));
            held.no = no;
            self.touched.insert(site);
        }
        if let Some(c) = cylinder {
            out.extend(self.cylinder(c.id, no, |state| state.step(s, no, e, c)));
        }
        out
    }

    /// Looks at a read of a tag that should no longer exist: a void one, or that of a scrapped cylinder.
    pub fn read(&mut self, s: &Settings, r: Read) -> Vec<Finding> {
        let Some((id, file)) = r.cylinder else { return vec![] };
        let void = r.tag == TagState::Void;
        if !void && !matches!(file, FileState::Scrapped | FileState::Destroyed) {
            return vec![];
        }
        let detail = json!({"rule": "DET-ZOMBIE", "file": file, "void": void});
        self.cylinder(id, r.no, |state| state.zombie(s, r.at, detail).into_iter().collect())
    }

    /// A cylinder has a state only once something was strange about it.
    fn cylinder(&mut self, id: i64, no: i64, f: impl FnOnce(&mut CylinderState) -> Vec<Finding>) -> Vec<Finding> {
        let subject = (SubjectKind::Cylinder, id);
        let before = self.cylinders.get(&id).map(|h| h.state.clone()).unwrap_or_default();
        let mut state = before.clone();
        let found = f(&mut state);
        if state != before {
            self.cylinders.insert(id, Held { state, no });
            self.touched.insert(subject);
        }
        found.into_iter().map(|f| f.by(subject)).collect()
    }
}
