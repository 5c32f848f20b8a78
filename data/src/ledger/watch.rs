//! What the detectors see of a transaction.

use super::plan::Plan;
use crate::{cylinder, detect};
use domain::{
    clock,
    detect::{Finding, Known, Read},
    event::{Entry, Source},
    gate::TagState,
    outcome::Anomaly,
};

impl Plan<'_> {
    /// Lets the detectors look at a record; the cylinder is not yet what the record makes of it.
    pub(super) fn detect(&mut self, no: i64, e: &Entry, cylinder: Option<i64>, anomalies: &[Anomaly]) {
        let as_of = clock::local_date(self.now);
        let org = self.book.sites.get(&e.site).map(|g| g.org.id);
        let held = cylinder.and_then(|id| {
            let owner = self.book.cylinders.get(&id)?.file.org;
            Some(org.is_none_or(|o| o == owner || self.book.holders(id, as_of).contains(&o)))
        });
        let book = &mut self.book;
        let known = cylinder.zip(held).and_then(|(id, held)| {
            let c = book.cylinders.get(&id)?;
            Some(Known { id, file: &c.file, before: &c.now, held })
        });
        let found = book.detect.record(&self.settings, no, e, known, anomalies);
        self.found(no, e.device, e.site, &e.tag, found);
        // The tag leads to no cylinder any more; it was read all the same.
        let void = self.book.tags.get(&e.tag).is_some_and(|t| t.gate_state() == TagState::Void);
        if void && e.kind.is_read_on_site() && !matches!(e.source, Source::Import | Source::Office) {
            self.detect_read(no, e.occurred_at, e.device, e.site, &e.tag);
        }
    }

    /// Lets the detectors look at a read of a tag that is no record of its own.
    pub(super) fn detect_read(&mut self, no: i64, at: i64, device: i64, site: i64, tag: &str) {
        let known = self.book.tags.get(tag);
        let cylinder =
            known.and_then(|t| t.cylinder_id).and_then(|id| Some((id, self.book.cylinders.get(&id)?.now.file)));
        let read = Read { no, at, tag: cylinder::tag_state(known), cylinder };
        let found = self.book.detect.read(&self.settings, read);
        self.found(no, device, site, tag, found);
    }

    fn found(&mut self, no: i64, device: i64, site: i64, tag: &str, found: Vec<Finding>) {
        for f in found {
            let (tag, cylinder) = detect::names(&f, tag);
            let (no, device, site) = f.cause.unwrap_or((no, device, site));
            self.alert(f.kind, device, site, tag, cylinder, Some(no), f.other, f.detail.to_string());
        }
    }
}
