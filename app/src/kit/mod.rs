//! What pages share: written once, not generic inside.

pub mod format;
pub mod icon;
pub mod page;
pub mod told;
