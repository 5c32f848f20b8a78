//! The circulation axis (流转): where a cylinder is, and where each event of rules.md §19 takes it.

use crate::event::{CheckResult, Content, EventKind, Next, PostResult, RepairPhase};
use serde::{Deserialize, Serialize};

numbered! {
    /// The circulation axis (流转).
    Custody {
        /// 空瓶在库
        EmptyInStock = 1, "空瓶在库", "empty in stock";
        /// 待充
        ReadyToFill = 2, "待充", "ready to fill";
        /// 充装中
        Filling = 3, "充装中", "filling";
        /// 待复检
        AwaitsPostcheck = 4, "待复检", "awaits post-check";
        /// 重瓶在库
        FullInStock = 5, "重瓶在库", "full in stock";
        /// 已出库(配送中)
        InTransit = 6, "配送中", "in transit";
        /// 站点重瓶
        FullAtSite = 7, "站点重瓶", "full at a delivery site";
        /// 用户在用
        InUse = 8, "用户在用", "with a customer";
        /// 回收中
        Returning = 9, "回收中", "being returned";
        /// 送检途中
        ToInspection = 10, "送检途中", "on its way to inspection";
        /// 检验站
        AtInspection = 11, "检验站", "at an inspection agency";
        /// 维修
        InRepair = 12, "维修", "in repair";
        /// 封存
        Held = 13, "封存", "on hold";
        /// 丢失
        Lost = 14, "丢失", "lost";
    }
}

/// Where a cylinder stands: its custody, and for one that stands for a while only (充装中, 封存, 丢失) the one it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Custody.
    pub custody: Custody,
    /// The one to go back to.
    pub prior: Option<Custody>,
}

/// What an event does to the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Where it stands afterwards.
    pub to: Place,
    /// Whether the event follows from the one before.
    pub legal: bool,
}

impl Place {
    /// A place with nothing to go back to.
    #[must_use]
    pub const fn at(custody: Custody) -> Self {
        Self { custody, prior: None }
    }

    /// The place of one that is back at a custody; one that was on hold is on hold, and was an empty before.
    const fn back(custody: Custody) -> Self {
        let prior = if matches!(custody, Custody::Held) { Some(Custody::EmptyInStock) } else { None };
        Self { custody, prior }
    }

    /// Where it physically is: what the events before 充装中 and 丢失 say. One on hold is on hold.
    #[must_use]
    pub const fn ground(self) -> Custody {
        match (self.custody, self.prior) {
            (Custody::Filling | Custody::Lost, Some(p)) => p,
            (Custody::Filling | Custody::Lost, None) => Custody::EmptyInStock,
            (c, _) => c,
        }
    }

    /// The gate let a gun fill it (开充). A fill that never comes leaves no trace: the next event is judged from where it stood.
    #[must_use]
    pub const fn filling(self) -> Self {
        match self.custody {
            Custody::Filling | Custody::Lost | Custody::Held => self,
            c => Self { custody: Custody::Filling, prior: Some(c) },
        }
    }

    /// Where an event takes it, and whether it follows from the one before (rules.md §19). A physical fact is never refused: an
    /// event that does not follow is folded all the same, and flagged.
    ///
    /// Whether a full cylinder had its post-check and an empty one its pre-check is asked by guards of their own: here a fill may
    /// follow an empty in stock, and a shipment a fill.
    #[must_use]
    pub fn turn(self, kind: EventKind, content: Option<&Content>) -> Turn {
        use Custody as C;
        use EventKind as K;
        let stays = |legal| Turn { to: self, legal };
        let ground = self.ground();
        match kind {
            _ if !kind.is_of_circulation() => stays(true),
            K::BindTag => stays(true),
            // An offer of the cylinder to another owner and its acceptance move nothing.
            K::Transfer if matches!(content, Some(Content::Transfer(_))) => stays(true),
            K::FillReject if self.custody == C::Filling => Turn { to: Self::at(ground), legal: true },
            K::FillReject => stays(true),
            K::Lost if self.custody == C::Lost => stays(true),
            K::Lost => Turn { to: Self { custody: C::Lost, prior: Some(ground) }, legal: true },
            K::Found if self.custody == C::Lost => Turn { to: Self::back(ground), legal: true },
            K::Found => stays(false),
            K::Seal if self.custody == C::Held => stays(true),
            K::Seal if ground == C::Held => Turn { to: Self::back(ground), legal: true },
            K::Seal => Turn { to: Self { custody: C::Held, prior: Some(ground) }, legal: true },
            // Whether it was sealed at all says the flag.
            K::Unseal if self.custody == C::Held => {
                Turn { to: Self::at(self.prior.unwrap_or(C::EmptyInStock)), legal: true }
            }
            K::Unseal => stays(true),
            _ => {
                let held_from = if self.custody == C::Held { self.prior } else { Self::back(ground).prior };
                let (to, legal) = moved(kind, content, ground, held_from);
                let prior = match to {
                    C::Held if ground == C::Held => held_from.or(Some(C::EmptyInStock)),
                    C::Held => Some(ground),
                    _ => None,
                };
                // One that was lost turned up without having been found.
                Turn { to: Self { custody: to, prior }, legal: legal && self.custody != C::Lost }
            }
        }
    }
}

/// The rows of the table that move a cylinder.
fn moved(kind: EventKind, content: Option<&Content>, from: Custody, held_from: Option<Custody>) -> (Custody, bool) {
    use Custody as C;
    use EventKind as K;
    let full = |c| matches!(c, C::AwaitsPostcheck | C::FullInStock);
    match kind {
        K::ReceiveEmpty => (
            C::EmptyInStock,
            matches!(from, C::Returning | C::InUse | C::FullAtSite | C::EmptyInStock | C::ReadyToFill),
        ),
        K::Precheck => {
            let legal = matches!(from, C::EmptyInStock | C::ReadyToFill);
            match content {
                Some(Content::Precheck(p)) if p.result == CheckResult::Fail => {
                    (if p.next == Some(Next::Inspect) { C::ToInspection } else { C::Held }, legal)
                }
                _ => (C::ReadyToFill, legal),
            }
        }
        K::FillEnd => (C::AwaitsPostcheck, matches!(from, C::EmptyInStock | C::ReadyToFill)),
        K::Postcheck => match content {
            Some(Content::Postcheck(p)) if p.result != PostResult::Pass => (C::Held, full(from)),
            _ => (C::FullInStock, full(from)),
        },
        K::Drain => match from {
            C::EmptyInStock | C::ReadyToFill | C::AtInspection => (from, true),
            C::AwaitsPostcheck | C::FullInStock => (C::AwaitsPostcheck, true),
            C::Held if held_from.is_some_and(full) => (C::AwaitsPostcheck, true),
            C::Held => (C::Held, true),
            _ => (from, false),
        },
        K::SendInspect => (C::ToInspection, matches!(from, C::EmptyInStock | C::Held)),
        K::Arrive => match from {
            C::ToInspection => (C::AtInspection, true),
            _ => (C::FullAtSite, matches!(from, C::InTransit)),
        },
        K::Inspect => {
            let legal = matches!(from, C::AtInspection | C::ToInspection);
            match content {
                Some(Content::Inspect(i)) if i.result == CheckResult::Fail => (C::Held, legal),
                _ => (C::EmptyInStock, legal),
            }
        }
        K::Repair => match content {
            Some(Content::Repair(r)) if r.phase == RepairPhase::Start => {
                (C::InRepair, matches!(from, C::EmptyInStock | C::AtInspection))
            }
            _ => (C::EmptyInStock, matches!(from, C::InRepair | C::EmptyInStock | C::AtInspection)),
        },
        K::Ship => (C::InTransit, full(from)),
        K::Deliver => (C::InUse, matches!(from, C::InTransit | C::FullAtSite)),
        K::Collect => (C::Returning, matches!(from, C::InUse)),
        // A full cylinder that is moved to another store stands full at that store; an empty one stays an empty in stock.
        K::Transfer => match from {
            C::AwaitsPostcheck | C::FullInStock | C::InTransit => (C::FullAtSite, true),
            _ => (from, true),
        },
        _ => (C::EmptyInStock, true),
    }
}

/// The custody a plain event leads to, and whether it follows: that of a check that was passed.
#[must_use]
pub fn step(kind: EventKind, from: Custody) -> (Custody, bool) {
    let t = Place::at(from).turn(kind, None);
    (t.to.custody, t.legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn content(kind: EventKind, body: &serde_json::Value) -> Option<Content> {
        Some(Content::stored(kind, Some(&body.to_string())).unwrap_or_else(|| panic!("{kind:?} {body}")))
    }

    fn walk(steps: &[(EventKind, Option<serde_json::Value>, Custody)]) {
        let mut at = Place::at(Custody::EmptyInStock);
        for (i, (kind, body, to)) in steps.iter().enumerate() {
            let t = at.turn(*kind, body.as_ref().and_then(|b| content(*kind, b)).as_ref());
            assert_eq!((t.to.custody, t.legal), (*to, true), "step {i}: {kind:?}");
            at = t.to;
        }
    }

    #[test]
    fn a_whole_life_leaves_no_gap() {
        use Custody as C;
        use EventKind::*;
        walk(&[
            (Register, None, C::EmptyInStock),
            (BindTag, None, C::EmptyInStock),
            (Precheck, Some(json!({ "result": "pass" })), C::ReadyToFill),
            (FillEnd, None, C::AwaitsPostcheck),
            (Postcheck, Some(json!({ "result": "over" })), C::Held),
            (Drain, Some(json!({ "drained_g": 200 })), C::AwaitsPostcheck),
            (Postcheck, Some(json!({ "result": "pass" })), C::FullInStock),
            (Ship, None, C::InTransit),
            (Arrive, None, C::FullAtSite),
            (Deliver, None, C::InUse),
            (Collect, None, C::Returning),
            (ReceiveEmpty, None, C::EmptyInStock),
            (Precheck, Some(json!({ "result": "fail", "reason": "r" })), C::Held),
            (SendInspect, Some(json!({ "residue_handled": true })), C::ToInspection),
            (Arrive, None, C::AtInspection),
            (Repair, Some(json!({ "phase": "start" })), C::InRepair),
            (Repair, Some(json!({ "phase": "done" })), C::EmptyInStock),
            (SendInspect, Some(json!({ "residue_handled": true })), C::ToInspection),
            (Inspect, Some(json!({ "result": "pass", "date": "2026-11" })), C::EmptyInStock),
            (ReceiveEmpty, None, C::EmptyInStock),
            (Precheck, Some(json!({ "result": "fail", "reason": "r", "next": "inspect" })), C::ToInspection),
            (Inspect, Some(json!({ "result": "fail", "date": "2026-11", "reason": "r" })), C::Held),
            (ScrapRequest, None, C::Held),
            (Scrap, None, C::Held),
            (Destroy, None, C::Held),
        ]);
    }

    #[test]
    fn one_goes_back_to_where_it_was() {
        for c in Custody::ALL {
            let at = Place::at(*c);
            for (there, back) in [(EventKind::Lost, EventKind::Found), (EventKind::Seal, EventKind::Unseal)] {
                let gone = at.turn(there, None);
                assert!(gone.legal, "{c:?} {there:?}");
                let again = gone.to.turn(there, None);
                assert_eq!((again.to, again.legal), (gone.to, true), "said twice");
                let home = gone.to.turn(back, None).to;
                match (c, there) {
                    // What was lost without a place of its own is found as an empty; what was on hold stands as one.
                    (Custody::Lost | Custody::Filling, _) => assert_eq!(home, Place::at(Custody::EmptyInStock)),
                    (Custody::Held, EventKind::Seal) => assert_eq!(home, Place::at(Custody::EmptyInStock)),
                    (Custody::Held, _) => assert_eq!(home, Place::back(Custody::Held)),
                    _ => assert_eq!(home, at),
                }
            }
        }
        assert!(!Place::at(Custody::InUse).turn(EventKind::Found, None).legal);
    }

    #[test]
    fn a_fill_that_never_came_leaves_no_trace() {
        for c in Custody::ALL.iter().filter(|c| !matches!(c, Custody::Filling | Custody::Lost | Custody::Held)) {
            let before = Place::at(*c);
            let filling = before.filling();
            assert_eq!((filling.custody, filling.prior, filling.filling()), (Custody::Filling, Some(*c), filling));
            for kind in EventKind::ALL.iter().filter(|k| k.is_of_circulation() && !matches!(k, EventKind::BindTag)) {
                let (a, b) = (before.turn(*kind, None), filling.turn(*kind, None));
                if *kind == EventKind::Found {
                    assert_eq!((a.legal, b.legal), (false, false));
                } else if *kind != EventKind::Unseal {
                    assert_eq!(a, b, "{kind:?} from {c:?}");
                }
            }
        }
        for c in [Custody::Lost, Custody::Held] {
            assert_eq!(Place::at(c).filling(), Place::at(c));
        }
    }

    #[test]
    fn what_was_lost_turns_up() {
        let lost = Place::at(Custody::InUse).turn(EventKind::Lost, None).to;
        let t = lost.turn(EventKind::ReceiveEmpty, None);
        assert_eq!((t.to, t.legal), (Place::at(Custody::EmptyInStock), false));
        let sealed = lost.turn(EventKind::Seal, None).to;
        assert_eq!(sealed, Place { custody: Custody::Held, prior: Some(Custody::InUse) });
    }

    fn any_content(kind: EventKind, n: u8) -> Option<Content> {
        let body = match (kind, n % 3) {
            (EventKind::Precheck, 0) => json!({ "result": "pass" }),
            (EventKind::Precheck, 1) => json!({ "result": "fail", "reason": "r", "next": "inspect" }),
            (EventKind::Precheck, _) => json!({ "result": "fail", "reason": "r" }),
            (EventKind::Postcheck, 0) => json!({ "result": "pass" }),
            (EventKind::Postcheck, 1) => json!({ "result": "over" }),
            (EventKind::Postcheck, _) => json!({ "result": "fail", "leak": true }),
            (EventKind::Inspect, 0) => json!({ "result": "pass", "date": "2026-11" }),
            (EventKind::Inspect, _) => json!({ "result": "fail", "date": "2026-11", "reason": "r" }),
            (EventKind::Repair, 0) => json!({ "phase": "start" }),
            (EventKind::Transfer, 0) => json!({ "to_org": 1 }),
            _ => return None,
        };
        content(kind, &body)
    }

    proptest! {
        #[test]
        fn every_event_from_everywhere_ends_somewhere(steps in proptest::collection::vec((0..29_usize, 0..3_u8, any::<bool>()), 0..40)) {
            let mut at = Place::at(Custody::EmptyInStock);
            for (k, n, asked) in steps {
                if asked {
                    at = at.filling();
                }
                let kind = EventKind::ALL[k];
                let t = at.turn(kind, any_content(kind, n).as_ref());
                // Only what stands for a while has a place to go back to, and that is none of these itself.
                let for_a_while = matches!(t.to.custody, Custody::Filling | Custody::Held | Custody::Lost);
                prop_assert_eq!(t.to.prior.is_some(), for_a_while, "{:?} {:?}", kind, t);
                prop_assert!(!matches!(t.to.prior, Some(Custody::Filling | Custody::Lost)));
                if !kind.is_of_circulation() {
                    prop_assert_eq!(t.to, at);
                }
                at = t.to;
            }
        }
    }
}
