//! A device's sequence moves on; gaps open, close, and are alarmed.

use super::{
    load::{Gap, GapKey},
    plan::Plan,
};
use domain::{event::Entry, ledger::SeqVerdict, outcome::AlertKind};

impl Plan<'_> {
    /// Moves the device's sequence on: a new highest number may open a gap, a late one closes a part of one.
    pub fn advance(&mut self, e: &Entry, verdict: SeqVerdict) {
        match verdict {
            SeqVerdict::New { gap, raised } => {
                self.book.epochs.insert((e.device, e.epoch), e.seq + 1);
                self.epochs_put.insert((e.device, e.epoch));
                let missing = gap.map_or(0, |(first, last)| last - first + 1);
                self.arrived(e, self.now, missing + 1, missing);
                if let Some((first, last)) = gap {
                    self.put_gap((e.device, e.epoch, first), Gap { last, opened_at: self.now, alerted: None });
                }
                if raised {
                    self.book.present.insert(e.device, e.epoch);
                    let detail = serde_json::json!({ "epoch": e.epoch }).to_string();
                    self.alert(AlertKind::EpochRaised, e.device, e.site, "", None, None, None, detail);
                }
            }
            SeqVerdict::Late => {
                let around = self
                    .book
                    .gaps
                    .range((e.device, e.epoch, i64::MIN)..=(e.device, e.epoch, e.seq))
                    .next_back()
                    .map(|(k, g)| (*k, *g))
                    .filter(|(_, g)| g.last >= e.seq);
                let Some((key, gap)) = around else { return };
                self.arrived(e, gap.opened_at, 0, -1);
                self.book.gaps.remove(&key);
                // What was put by this transaction only is in no table yet.
                if self.gaps_put.remove(&key).is_none() {
                    self.gaps_gone.insert(key);
                }
                if key.2 < e.seq {
                    self.put_gap(key, Gap { last: e.seq - 1, ..gap });
                }
                if e.seq < gap.last {
                    self.put_gap((e.device, e.epoch, e.seq + 1), gap);
                }
            }
            SeqVerdict::Quarantine(_) => {}
        }
    }

    fn put_gap(&mut self, key: GapKey, gap: Gap) {
        self.book.gaps.insert(key, gap);
        self.gaps_put.insert(key, gap);
    }

    /// Raises the alerts of gaps that have waited long enough.
    pub fn omissions(&mut self, older_than: i64) {
        let due: Vec<(GapKey, Gap)> = self
            .book
            .gaps
            .iter()
            .filter(|(_, g)| g.alerted.is_none() && g.opened_at <= older_than)
            .map(|(k, g)| (*k, *g))
            .collect();
        for (key, gap) in due {
            let site = self.book.device_sites.get(&key.0).copied().unwrap_or(0);
            let detail = serde_json::json!({ "epoch": key.1, "first": key.2, "last": gap.last }).to_string();
            let no = self.alert(AlertKind::Omission, key.0, site, "", None, None, None, detail);
            self.gaps_gone.insert(key);
            self.put_gap(key, Gap { alerted: Some(no), ..gap });
        }
    }
}
