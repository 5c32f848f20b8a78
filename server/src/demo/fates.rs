//! What becomes of the few cylinders that do not simply turn: every state of the event table has its members.

use super::{city::Plan, random::Random};
use domain::{
    event::EventKind,
    ledger::{File, FileState},
};
use serde_json::{Value, json};

/// Who reports an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// A gun of the home station.
    Gun,
    /// Its handheld.
    Handheld,
    /// The importer.
    Importer,
    /// The inspection agency.
    Agency,
    /// The officer.
    Officer,
}

/// A step of a cylinder's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// What happens.
    pub kind: EventKind,
    /// Who reports it.
    pub by: By,
    /// For a check: it is failed.
    pub failed: bool,
}

impl Step {
    /// A step at the home station.
    pub const fn at_home(kind: EventKind) -> Self {
        let by = if matches!(kind, EventKind::FillEnd) { By::Gun } else { By::Handheld };
        Self { kind, by, failed: false }
    }

    const fn failed(kind: EventKind) -> Self {
        Self { failed: true, ..Self::at_home(kind) }
    }

    const fn at(kind: EventKind, by: By) -> Self {
        Self { kind, by, failed: false }
    }

    /// The body of its event.
    pub fn body(self, file: &File, r: &mut Random) -> Option<Value> {
        use EventKind as K;
        let number = |r: &mut Random, what: &str| format!("{what}{:05}", r.range(1, 99_999));
        Some(match self.kind {
            K::Precheck if self.failed => {
                json!({ "result": "fail", "items": [{ "item": "BODY", "result": "fail" }], "reason": "瓶体腐蚀" })
            }
            K::Precheck => json!({ "result": "pass", "tare_g": file.tare_g.map(|g| g + r.range(0, 30) * 10) }),
            K::Postcheck => json!({ "result": "pass", "seal": number(r, "S") }),
            K::SendInspect => json!({ "agency": "郑州演示气瓶检验站", "residue_handled": true }),
            K::Repair => json!({ "phase": "start", "parts": ["瓶阀"] }),
            K::Lost => json!({ "reason": "用户失联" }),
            K::Seal => json!({ "directive": number(r, "郑市监特令"), "reason": "涉嫌违规充装" }),
            K::Recall => json!({ "notice": number(r, "召回") }),
            K::Suspend => json!({ "reason": "停用封存" }),
            K::Cancel => json!({ "way": "transferred", "reason": "转出外市" }),
            K::ScrapRequest => json!({ "reason": "腐蚀超标" }),
            K::Scrap => json!({ "approval": number(r, "报废") }),
            K::Destroy => json!({ "witnesses": ["J01", "J02"], "before": number(r, "前"), "after": number(r, "后") }),
            _ => return None,
        })
    }
}

/// The fates, by how many of a thousand cylinders have them.
fn of(n: i64) -> &'static [Step] {
    use EventKind::{
        Arrive, Cancel, Deliver, Destroy, FillEnd, Lost, Postcheck, Precheck, Recall, Repair, Scrap, ScrapRequest,
        Seal, SendInspect, Ship, Suspend,
    };
    match n {
        0..=2 => const { &[Step::at_home(SendInspect)] },
        3..=5 => const { &[Step::at_home(SendInspect), Step::at(Arrive, By::Agency)] },
        6..=7 => const { &[Step::at_home(Repair)] },
        8..=10 => const { &[Step::failed(Precheck)] },
        11..=12 => const { &[Step::at(Seal, By::Officer)] },
        13..=15 => {
            const {
                &[
                    Step::at_home(Precheck),
                    Step::at_home(FillEnd),
                    Step::at_home(Postcheck),
                    Step::at_home(Ship),
                    Step::at_home(Deliver),
                    Step::at_home(Lost),
                ]
            }
        }
        16 => const { &[Step::at(Recall, By::Officer)] },
        17 => const { &[Step::at_home(Suspend)] },
        18 => const { &[Step::at_home(Cancel)] },
        19..=20 => const { &[Step::at_home(ScrapRequest)] },
        21 => const { &[Step::at_home(ScrapRequest), Step::at(Scrap, By::Agency)] },
        22 => const { &[Step::at_home(ScrapRequest), Step::at(Scrap, By::Agency), Step::at(Destroy, By::Agency)] },
        _ => &[],
    }
}

impl Plan {
    /// What becomes of a cylinder instead of its turns; nothing, for most.
    pub(super) fn fate(&self, cylinder: usize) -> &'static [Step] {
        match self.files.get(cylinder) {
            Some(f) => self.fate_of(cylinder, f),
            None => &[],
        }
    }

    /// The same, of a cylinder with this file.
    pub(super) fn fate_of(&self, cylinder: usize, file: &File) -> &'static [Step] {
        if file.state == FileState::Registered {
            of(Random::of(&[self.seed, 8, cylinder as u64]).range(0, 999))
        } else {
            &[]
        }
    }
}
