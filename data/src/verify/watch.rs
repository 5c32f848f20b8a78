//! What the detectors should have found, and what they keep, computed again.

use super::{Fold, PAGE};
use crate::{Error, alert, cylinder, detect, event, site};
use domain::{
    clock,
    detect::{Finding, KINDS, Known, Memory, Read, Settings},
    event::{Entry, Source},
    gate::TagState,
    ledger::TagFate,
    outcome::Anomaly,
    rules::RuleSet,
};
use sea_orm::{Condition, ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the detectors need besides the ledger, and what they found.
#[derive(Default)]
pub struct Watch {
    /// Parameters by version of the rules.
    settings: HashMap<i64, Settings>,
    memory: Memory,
    orgs: HashMap<i64, i64>,
    trusted: HashMap<i64, Vec<cylinder::entrustment::Model>>,
    /// Findings whose alert has not come yet, by the record that caused them.
    found: BTreeMap<i64, Vec<Found>>,
}

/// A finding as an alert tells it.
struct Found {
    finding: Finding,
    device: i64,
    site: i64,
    tag: String,
    cylinder: Option<i64>,
}

impl Found {
    fn is(&self, m: &alert::Model) -> bool {
        let f = &self.finding;
        (f.kind.code(), self.device, self.site, self.tag.as_str(), self.cylinder, f.other)
            == (m.kind.as_str(), m.device_id, m.site_id, m.tag.as_str(), m.cylinder_id, m.other_no)
            && serde_json::from_str::<serde_json::Value>(&m.detail).is_ok_and(|d| d == f.detail)
    }
}

impl Watch {
    pub async fn load<C: ConnectionTrait>(db: &C, sites: &[site::Model]) -> Result<Self, Error> {
        let mut w = Self { orgs: sites.iter().map(|s| (s.id, s.org_id)).collect(), ..Self::default() };
        for e in cylinder::entrustment::Entity::find().all(db).await? {
            w.trusted.entry(e.cylinder_id).or_default().push(e);
        }
        Ok(w)
    }

    /// The parameters of a version.
    fn settings(&mut self, rules: &RuleSet) -> Settings {
        self.settings.entry(rules.version).or_insert_with(|| Settings::of(rules)).clone()
    }

    fn note(&mut self, no: i64, (device, site, tag): (i64, i64, &str), found: Vec<Finding>) {
        for finding in found {
            let (tag, cylinder) = detect::names(&finding, tag);
            let tag = tag.to_owned();
            let (no, device, site) = finding.cause.unwrap_or((no, device, site));
            self.found.entry(no).or_default().push(Found { finding, device, site, tag, cylinder });
        }
    }
}

impl Fold<'_> {
    /// Whether an alert of a detector is told by its finding.
    pub(super) fn watch_alert(&mut self, m: &alert::Model) {
        if !KINDS.iter().any(|k| k.code() == m.kind) {
            return;
        }
        let of = m.cause_no.and_then(|no| self.watch.found.get_mut(&no));
        match of.and_then(|list| list.iter().position(|f| f.is(m)).map(|at| list.swap_remove(at))) {
            Some(_) => {}
            None => self.report.differs(format!(
                "alert {}: no detector finds its {} at {:?}, {:?}, {}",
                m.no, m.kind, m.cause_no, m.cylinder_id, m.detail
            )),
        }
    }

    pub(super) fn watch_event(&mut self, m: &event::Model, e: &Entry, id: Option<i64>, anomalies: &[Anomaly]) {
        let settings = self.watch.settings(self.in_force.at(m.no));
        let known = id.and_then(|id| {
            let (file, before, _) = self.cylinders.get(&id)?;
            let rows = self.watch.trusted.get(&id).map(Vec::as_slice).unwrap_or_default();
            let as_of = clock::local_date(m.recorded_at);
            let org = self.watch.orgs.get(&e.site);
            let held = org.is_none_or(|o| *o == file.org || cylinder::entrustment::holders(rows, as_of).contains(o));
            Some(Known { id, file, before, held })
        });
        let found = self.watch.memory.record(&settings, m.no, e, known, anomalies);
        self.watch.note(m.no, (e.device, e.site, &e.tag), found);
        if self.is_void(&e.tag) && e.kind.is_read_on_site() && !matches!(e.source, Source::Import | Source::Office) {
            self.watch_read(m.no, e.occurred_at, (e.device, e.site, &e.tag));
        }
    }

    fn is_void(&self, tag: &str) -> bool {
        self.tags.get(tag).is_some_and(|(_, fate)| fate.is_void())
    }

    /// The cylinder a tag leads to; where it was voided, the one it led to.
    fn leads_to(&self, tag: &str) -> Option<i64> {
        self.tags.get(tag).filter(|(_, fate)| *fate != TagFate::Free).map(|(id, _)| *id)
    }

    pub(super) fn watch_read(&mut self, no: i64, at: i64, who: (i64, i64, &str)) {
        let settings = self.watch.settings(self.in_force.at(no));
        let id = self.leads_to(who.2);
        let cylinder = id.and_then(|id| Some((id, self.cylinders.get(&id)?.1.file)));
        let tag = if self.is_void(who.2) { TagState::Void } else { TagState::Bound };
        let found = self.watch.memory.read(&settings, Read { no, at, tag, cylinder });
        self.watch.note(no, who, found);
    }

    /// States of the detectors, and findings that no alert told.
    pub(super) async fn detectors<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        for (no, list) in std::mem::take(&mut self.watch.found) {
            for f in list {
                self.report.differs(format!(
                    "event {no}: its {} is in no alert: {:?}, {}",
                    f.finding.kind.code(),
                    f.cylinder,
                    f.finding.detail
                ));
            }
        }
        let mut left: HashSet<_> = self.watch.memory.all().collect();
        let (mut after, mut seen) = ((0_i16, 0_i64), 0_u64);
        loop {
            use detect::Column as D;
            let later = Condition::any()
                .add(D::SubjectKind.gt(after.0))
                .add(Condition::all().add(D::SubjectKind.eq(after.0)).add(D::Subject.gt(after.1)));
            let page = detect::Entity::find()
                .filter(later)
                .order_by_asc(D::SubjectKind)
                .order_by_asc(D::Subject)
                .limit(PAGE)
                .all(db)
                .await?;
            let Some(last) = page.last() else { break };
            after = (last.subject_kind, last.subject);
            for m in page {
                seen += 1;
                let computed = m.of().and_then(|s| {
                    left.remove(&s);
                    self.watch.memory.stored(s)
                });
                let what = || format!("detector state {}/{}", m.subject_kind, m.subject);
                self.report.compare(what, &Some((m.state.clone(), m.updated_no)), &computed);
            }
        }
        for (kind, id) in left.into_iter().collect::<std::collections::BTreeSet<_>>() {
            self.report.differs(format!("detector state {}/{id}: is not stored", kind.number()));
        }
        self.report.detectors = seen;
        Ok(())
    }
}
