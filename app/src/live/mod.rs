//! The feed client: a socket that heals, a plain buffer, the store, and how long a fill took to get here.
//!
//! What decides is pure and tested natively; [`client`] and [`socket`] bind it to the browser.

pub mod backoff;
pub mod latency;
pub mod link;
pub mod offset;
pub mod store;
pub mod wire;

#[cfg(feature = "hydrate")]
pub mod client;
#[cfg(feature = "hydrate")]
pub mod probe;
#[cfg(feature = "hydrate")]
pub mod socket;
#[cfg(feature = "hydrate")]
pub mod time;

#[cfg(test)]
pub(crate) mod sample;
