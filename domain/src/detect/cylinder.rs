//! Detectors of a cylinder: its chain, its tag after scrapping, its tare, its gas. What they need of the past stands in
//! the cylinder's present state; a state of their own exists only for a cylinder of which something was found.

use super::{
    Finding, Known,
    alarm::{Alarm, is_default},
    rules::Settings,
};
use crate::{
    event::{Entry, EventKind},
    ledger::{Custody, FileState, Now, Place, step},
    outcome::AlertKind,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Everything kept of a cylinder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CylinderState {
    #[serde(skip_serializing_if = "is_default")]
    chain: Alarm,
    #[serde(skip_serializing_if = "is_default")]
    open: Option<Break>,
    #[serde(skip_serializing_if = "is_default")]
    foreign: Alarm,
    #[serde(skip_serializing_if = "is_default")]
    zombie: Alarm,
    #[serde(skip_serializing_if = "is_default")]
    tare: Alarm,
    #[serde(skip_serializing_if = "is_default")]
    gas: Alarm,
}

/// A break that a late record may still mend: a lorry's handheld without a network tells of a return after the gun told of
/// the fill. It is reported when the next event of the cylinder comes and nothing has mended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Break {
    /// The record that does not follow.
    no: i64,
    device: i64,
    site: i64,
    kind: EventKind,
    at: i64,
    /// The custody it does not follow from, and the record that led there.
    from: Custody,
    from_at: i64,
    from_no: i64,
}

/// What a break in a chain is called in the evidence; `None` when the event follows (rules.md §19).
#[must_use]
pub fn broken(kind: EventKind, from: Custody) -> Option<&'static str> {
    use Custody as C;
    use EventKind as K;
    if step(kind, from).1 {
        return None;
    }
    Some(match (kind, from) {
        (K::FillEnd, _) => "FILL_WITHOUT_RETURN",
        (K::Deliver, C::InUse) => "DELIVERED_TWICE",
        (K::Deliver, _) => "DELIVERED_UNSHIPPED",
        (K::Ship, _) => "SHIPPED_UNFILLED",
        (K::Arrive, _) => "ARRIVED_UNSHIPPED",
        (K::Collect, _) => "COLLECTED_UNDELIVERED",
        (K::ReceiveEmpty, _) => "RETURNED_UNDELIVERED",
        _ => "OUT_OF_ORDER",
    })
}

impl CylinderState {
    /// Looks at a record of a cylinder. `before` of [`Known`] is its state before the record is folded.
    pub(super) fn step(&mut self, s: &Settings, no: i64, e: &Entry, c: Known<'_>) -> Vec<Finding> {
        let mut out = vec![];
        let at = e.occurred_at;
        out.extend(s.chain_ms.and_then(|cooldown| self.chain(cooldown, no, e, c.before)));
        if s.chain_foreign
            && s.chain_ms.is_some()
            && e.kind == EventKind::ReceiveEmpty
            && !c.held
            && self.foreign.moment(at, s.cooldown_ms)
        {
            let detail = json!({"rule": "DET-CHAIN-FOREIGN", "break": "RECEIVED_BY_STRANGER", "owner": c.file.org});
            out.push(Finding::of(AlertKind::ChainGap, detail).after(c.before.last_no));
        }
        if e.kind.is_read_on_site() && matches!(c.before.file, FileState::Scrapped | FileState::Destroyed) {
            out.extend(self.zombie(s, at, json!({"rule": "DET-ZOMBIE", "file": c.before.file})));
        }
        if e.kind == EventKind::FillEnd
            && let Some(w) = e.weights
            && let Some(stamped) = c.file.tare_g
        {
            let residue = w.tare_g.saturating_sub(stamped);
            let usual = |per_mille: i64| c.file.max_fill_g.map(|m| m.saturating_mul(per_mille) / 1_000);
            if let Some(p) = s.tare {
                let heavy = usual(p.residue_per_mille).is_some_and(|r| residue > r.saturating_add(p.limit_g));
                if (heavy || residue < -p.limit_g) && self.tare.moment(at, s.cooldown_ms) {
                    let detail = json!({"rule": "DET-TARE", "stamped_g": stamped, "measured_g": w.tare_g, "difference_g": residue, "limit_g": p.limit_g});
                    out.push(Finding::of(AlertKind::TareDrift, detail));
                }
            }
            if let Some(tolerance) = s.gas_g
                && c.before.net_g > 0
                && at > c.before.fill_at
                && let Some(usual) = usual(s.tare.map_or(40, |p| p.residue_per_mille))
            {
                // What was in it after the last fill: the gas added, and no more residue than is usual.
                let most = c.before.net_g.saturating_add(usual).saturating_add(tolerance);
                if residue > most && self.gas.moment(at, s.cooldown_ms) {
                    let detail = json!({"rule": "DET-GAS", "residue_g": residue, "last_net_g": c.before.net_g});
                    out.push(Finding::of(AlertKind::GasChanged, detail).after(c.before.fill_no));
                }
            }
        }
        out
    }

    fn chain(&mut self, cooldown: i64, no: i64, e: &Entry, before: &Now) -> Option<Finding> {
        let at = e.occurred_at;
        // While it is being filled it stands where it stood before.
        let stood = match before.place() {
            Place { custody: Custody::Filling, prior: Some(p) } => p,
            p => p.custody,
        };
        if at < before.last_at {
            if let Some(b) = self.open.as_mut().filter(|b| (b.from_at..=b.at).contains(&at)) {
                (b.from, b.from_at, b.from_no) = (step(e.kind, b.from).0, at, no);
                self.open = self.open.filter(|b| broken(b.kind, b.from).is_some());
            }
            return None;
        }
        let told = self.open.take().filter(|b| self.chain.moment(b.at, cooldown));
        if broken(e.kind, stood).is_some() && self.chain.is_due(at, cooldown) {
            self.open = Some(Break {
                no,
                device: e.device,
                site: e.site,
                kind: e.kind,
                at,
                from: stood,
                from_at: before.last_at,
                from_no: before.last_no,
            });
        }
        told.map(|b| {
            let rule = broken(b.kind, b.from).unwrap_or("OUT_OF_ORDER");
            let detail = json!({"rule": "DET-CHAIN", "break": rule, "kind": b.kind, "from": b.from, "times": self.chain.times()});
            Finding { cause: Some((b.no, b.device, b.site)), ..Finding::of(AlertKind::ChainGap, detail).after(b.from_no) }
        })
    }

    /// A tag was read that should no longer exist.
    pub(super) fn zombie(&mut self, s: &Settings, at: i64, detail: serde_json::Value) -> Option<Finding> {
        let cooldown = s.zombie_ms?;
        self.zombie.moment(at, cooldown).then(|| Finding::of(AlertKind::ZombieTag, detail))
    }
}
