//! The map of the city: a pure model of what is to be drawn, and a painter that draws it on a canvas.

pub mod area;
pub mod geo;
pub mod labels;
pub mod plan;
pub mod prim;
pub mod project;
pub mod pulses;
pub mod shade;

#[cfg(feature = "hydrate")]
pub mod paint;
