//! What was made to go wrong, how it must show, and which other findings it explains.

use crate::simulate::Fault;
use domain::outcome::{AlertKind, Reason};
use serde::Serialize;

/// How a fault must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The gate gives one of these reasons.
    Gate(&'static [Reason]),
    /// The record is answered so.
    Answer(&'static str),
    /// One of these alerts is raised about the subject.
    Alert(&'static [AlertKind], By),
}

/// By what an alert is matched with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Tag.
    Tag,
    /// Device.
    Device,
    /// Device, epoch, and the number within the alert's.
    Seq,
    /// Site.
    Site,
}

/// A fault that was made: a line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Injected {
    /// What.
    pub fault: Fault,
    /// From when, ms.
    pub from: i64,
    /// Until when, ms.
    pub until: i64,
    /// Device.
    pub device: i64,
    /// Station.
    pub site: i64,
    /// Epoch of the device.
    pub epoch: u64,
    /// Number of the record, or the first of several.
    pub seq: u64,
    /// Tag, or empty where it is about a device.
    pub tag: String,
    /// It came to its end before the drill did: only then it must be found.
    pub whole: bool,
    /// It was found.
    pub found: bool,
}

/// How a fault must show.
#[must_use]
pub const fn sign(fault: Fault) -> Sign {
    use AlertKind as A;
    match fault {
        Fault::Expired => Sign::Gate(&[Reason::InspectionExpired]),
        Fault::PastLife => Sign::Gate(&[Reason::LifeExceeded, Reason::Life8yNoAssessment]),
        Fault::Foreign => Sign::Gate(&[Reason::NotOwn]),
        Fault::Unknown => Sign::Gate(&[Reason::TagUnknown]),
        Fault::Void => Sign::Gate(&[Reason::TagVoid]),
        Fault::FillBlocked => Sign::Alert(&[A::FilledThoughBlocked], By::Tag),
        Fault::Clone => Sign::Alert(&[A::Clone], By::Tag),
        Fault::Overfill => Sign::Alert(&[A::Overfill], By::Tag),
        Fault::Underfill => Sign::Alert(&[A::Underfill], By::Tag),
        Fault::Missing => Sign::Alert(&[A::Omission], By::Seq),
        Fault::Duplicate => Sign::Answer("DUPLICATE"),
        Fault::Reorder => Sign::Answer("ACCEPTED"),
        Fault::Reuse => Sign::Alert(&[A::Disorder], By::Seq),
        Fault::Skew => Sign::Alert(&[A::DeviceClock], By::Device),
        Fault::Zombie => Sign::Alert(&[A::ZombieTag], By::Tag),
        Fault::ChainGap => Sign::Alert(&[A::ChainGap], By::Tag),
        Fault::Tare => Sign::Alert(&[A::TareDrift], By::Tag),
        Fault::Gas => Sign::Alert(&[A::GasChanged], By::Tag),
        Fault::Epoch => Sign::Alert(&[A::EpochRaised], By::Device),
        Fault::Cutoff => Sign::Alert(&[A::FillNotAsked], By::Tag),
        Fault::Pace => Sign::Alert(&[A::ImpossiblePace], By::Device),
        Fault::Lying => Sign::Alert(&[A::RepeatedWeight, A::FabricatedWeight], By::Device),
        Fault::Drift => Sign::Alert(&[A::ScaleDrift], By::Device),
        Fault::OverGun => Sign::Alert(&[A::OverfillingGun], By::Device),
        Fault::UnderGun => Sign::Alert(&[A::UnderfillingGun], By::Device),
        Fault::Net => Sign::Alert(&[A::NetMismatch], By::Site),
    }
}

/// Other findings that follow from a fault.
#[must_use]
pub const fn explains(fault: Fault) -> &'static [(AlertKind, By)] {
    use AlertKind as A;
    match fault {
        Fault::Unknown => &[(A::IllegalTagAttempt, By::Tag)],
        Fault::Void => &[(A::IllegalTagAttempt, By::Tag), (A::ZombieTag, By::Tag)],
        // What was never told breaks the chain of its cylinder.
        Fault::Missing => &[(A::ChainGap, By::Tag), (A::FilledThoughBlocked, By::Tag)],
        // A record from the past leaves the chain of its cylinder, the fills beside it and its authorisation behind.
        Fault::Skew => &[
            (A::ChainGap, By::Tag),
            (A::FillNotAsked, By::Tag),
            (A::ImpossiblePace, By::Device),
            (A::DeviceClock, By::Device),
        ],
        Fault::Gas => &[(A::TareDrift, By::Tag), (A::Underfill, By::Tag), (A::UnderfillingGun, By::Device)],
        Fault::Net => &[(A::ShortWeight, By::Device)],
        Fault::Overfill => &[(A::OverfillingGun, By::Device)],
        Fault::Underfill => &[(A::UnderfillingGun, By::Device)],
        Fault::OverGun => &[(A::Overfill, By::Device)],
        Fault::UnderGun => &[(A::Underfill, By::Device)],
        Fault::Tare => &[(A::ScaleDrift, By::Device)],
        // Filled all the same, it goes out past its date.
        Fault::Expired | Fault::PastLife | Fault::FillBlocked => &[(A::ShippedOverdue, By::Tag)],
        _ => &[],
    }
}
