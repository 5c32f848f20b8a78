//! The pages, one folder or file a feature.

pub mod accounts;
pub mod alerts;
pub mod analyses;
pub mod audit;
pub mod checks;
pub mod collisions;
pub mod cylinders;
pub mod displays;
pub mod exports;
pub mod forbidden;
pub mod history;
pub mod home;
pub mod imports;
pub mod incidents;
pub mod labels;
pub mod login;
pub mod map;
pub mod me;
pub mod not_found;
pub mod orgs;
pub mod platform;
pub mod policy;
pub mod records;
pub mod rules;
pub mod search;
pub mod tags;
