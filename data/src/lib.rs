//! The record: entities and queries, one file a noun. Every query takes a [`domain::scope::Viewer`] or runs inside the
//! single writer; nothing answers outside the viewer's scope.

pub mod alert;
pub mod analysis;
pub mod arrival;
pub mod attempt;
pub mod correction;
pub mod counter;
pub mod customer;
pub mod cylinder;
pub mod db;
pub mod detect;
pub mod device;
pub mod display;
pub mod event;
pub mod export;
pub mod feed;
pub mod figures;
pub mod gate_override;
pub mod gauge;
pub mod history;
pub mod import;
pub mod ledger;
pub mod listing;
pub mod operator;
pub mod order;
pub mod org;
pub mod quarantine;
pub mod recovery;
pub mod reference;
pub mod rule;
pub mod rule_use;
pub mod scope;
pub mod sequence;
pub mod setting;
pub mod site;
pub mod tag_series;
pub mod verify;

pub use db::{Db, Error, WriteTxn};
