//! The pages, one folder or file a feature.

pub mod accounts;
pub mod alerts;
pub mod audit;
pub mod cylinders;
pub mod displays;
pub mod forbidden;
pub mod history;
pub mod home;
pub mod imports;
pub mod login;
pub mod me;
pub mod not_found;
pub mod policy;
pub mod search;
pub mod tags;
