//! The diagrams: what they show is computed apart from how they are drawn.

pub mod data;

#[cfg(feature = "hydrate")]
pub mod backend;
#[cfg(feature = "hydrate")]
pub mod curve;
