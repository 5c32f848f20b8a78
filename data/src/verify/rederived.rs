//! What was derived anew, at the places of the ledger that say so.

use super::Fold;
use crate::{ledger::derived, rederivation::Model};
use domain::clock;
use std::ops::Bound::{Excluded, Included};

impl Fold<'_> {
    /// Derives a stretch anew, as the ledger did.
    pub(super) fn rederive(&mut self, m: Model) {
        let no = m.no;
        let rules = self.in_force.at(no);
        self.report.compare(|| format!("rederivation {no}: version"), &m.version, &rules.version);
        let goes_on = match &self.rederived {
            _ if m.begins() => (m.after_id, m.until_id) == (0, no),
            Some(before) => {
                (before.version, before.until_id, before.to_id) == (m.version, m.until_id, m.after_id) && !before.ends()
            }
            None => false,
        };
        if !goes_on || m.to_id < m.after_id || m.to_id > m.until_id {
            self.report.differs(format!("rederivation {no}: it does not go on where the one before it ended"));
            return;
        }
        let (day, mut changed) = (clock::local_date(m.at), 0);
        if !m.begins() {
            for (file, now, _) in self.cylinders.range_mut((Excluded(m.after_id), Included(m.to_id))).map(|(_, c)| c) {
                let (due, life_end) = derived(file, rules, day);
                if (now.due, now.life_end) != (due, life_end) {
                    changed += 1;
                    (now.due, now.life_end) = (due, life_end);
                }
            }
        }
        self.report.compare(|| format!("rederivation {no}: cylinders that changed"), &m.changed, &changed);
        self.rederived = Some(m);
    }
}
