//! The pages, one folder or file a feature.

pub mod cylinders;
pub mod history;
pub mod home;
pub mod not_found;
pub mod search;
