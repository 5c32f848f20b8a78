//! Who may report what: one table (rules.md §19, column «actor»).

use super::EventKind;

/// A device by its kind and the kind of the organisation it stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A fill gun of a filling station.
    Gun,
    /// A handheld of a filling station: its checkers, warehouse keepers and deliverers.
    Station,
    /// A handheld of a delivery station.
    Delivery,
    /// A handheld of an inspection agency.
    Agency,
    /// A handheld of an officer.
    Regulator,
    /// A terminal of a maker.
    Maker,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [Self::Gun, Self::Station, Self::Delivery, Self::Agency, Self::Regulator, Self::Maker];

    /// The role of a device. `None` for one that reports no events, such as an importer.
    #[must_use]
    pub fn of(device: &str, org: &str) -> Option<Self> {
        match (device, org) {
            ("gun", "filler") => Some(Self::Gun),
            ("handheld", "filler") => Some(Self::Station),
            ("handheld", "delivery") => Some(Self::Delivery),
            ("handheld", "inspection") => Some(Self::Agency),
            ("handheld", "regulator") => Some(Self::Regulator),
            ("handheld", "maker") => Some(Self::Maker),
            _ => None,
        }
    }

    /// The kinds of events it may report.
    #[must_use]
    pub const fn kinds(self) -> &'static [EventKind] {
        use EventKind as K;
        match self {
            // A controller with a reader of its own: what happens before its gun.
            Self::Gun => &[K::ReceiveEmpty, K::Precheck, K::Drain, K::FillReject],
            Self::Station => &[
                K::ReceiveEmpty,
                K::Precheck,
                K::Postcheck,
                K::Drain,
                K::FillReject,
                K::Ship,
                K::Arrive,
                K::Deliver,
                K::Collect,
                K::Transfer,
                K::BindTag,
                K::SendInspect,
                K::Repair,
                K::ScrapRequest,
                K::Scrap,
                K::Lost,
                K::Found,
                K::Suspend,
                K::Resume,
                K::Cancel,
                K::Correct,
            ],
            Self::Delivery => &[K::Arrive, K::Deliver, K::Collect, K::Transfer, K::Lost, K::Found, K::Correct],
            Self::Agency => &[
                K::Arrive,
                K::Drain,
                K::Inspect,
                K::Repair,
                K::BindTag,
                K::ScrapRequest,
                K::Scrap,
                K::Destroy,
                K::Correct,
            ],
            Self::Regulator => &[
                K::Seal,
                K::Unseal,
                K::Recall,
                K::RecallCleared,
                K::Suspend,
                K::Resume,
                K::Cancel,
                K::ScrapRequest,
                K::Found,
                K::Correct,
            ],
            Self::Maker => &[K::Recall, K::RecallCleared],
        }
    }

    /// Whether it may report this kind.
    #[must_use]
    pub fn may(self, kind: EventKind) -> bool {
        self.kinds().contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reported_kind_has_somebody_and_none_else_has() {
        for k in EventKind::ALL {
            assert_eq!(Role::ALL.iter().any(|r| r.may(*k)), k.is_reported(), "{k:?}");
        }
        for r in Role::ALL {
            let mut kinds = r.kinds().to_vec();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), r.kinds().len(), "{r:?}");
        }
    }

    #[test]
    fn each_acts_in_its_own_place() {
        assert_eq!(Role::of("gun", "filler"), Some(Role::Gun));
        assert_eq!(Role::of("gun", "inspection"), None);
        assert_eq!((Role::of("importer", "filler"), Role::of("handheld", "")), (None, None));
        let only = |kind, role| {
            for r in Role::ALL {
                assert_eq!(r.may(kind), r == role, "{kind:?} {r:?}");
            }
        };
        only(EventKind::Inspect, Role::Agency);
        only(EventKind::Destroy, Role::Agency);
        only(EventKind::Seal, Role::Regulator);
        only(EventKind::Postcheck, Role::Station);
        assert!(!Role::Gun.may(EventKind::Correct) && !Role::Maker.may(EventKind::Seal));
    }
}
