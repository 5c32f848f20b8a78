//! The demonstration: an invented city of filling stations, with cylinders and a month of history.
//!
//! Everything below `city`, `history` and `keys` is a pure function of seed, sizes and the time it ends at. Nothing in
//! it names a real company, and no key stands in the source.

pub mod city;
mod cylinders;
mod fates;
pub mod fills;
pub mod history;
pub mod keys;
mod places;
pub mod posts;
pub mod random;
pub mod years;

#[cfg(test)]
mod tests;
