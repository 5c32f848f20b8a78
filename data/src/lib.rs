//! The record: entities and queries, one file a noun. Every query takes a [`domain::scope::Viewer`] or runs inside the
//! single writer; nothing answers outside the viewer's scope.

pub mod alert;
pub mod arrival;
pub mod attempt;
pub mod correction;
pub mod counter;
pub mod customer;
pub mod cylinder;
pub mod cylinder_list;
pub mod cylinder_page;
pub mod db;
pub mod detect;
pub mod device;
pub mod display;
pub mod event;
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
pub mod page;
pub mod quarantine;
pub mod recovery;
pub mod reference;
pub mod registration;
pub mod rule;
pub mod rule_use;
pub mod scope;
pub mod search;
pub mod sequence;
pub mod setting;
pub mod site;
pub mod tag_series;
pub mod verify;

pub use db::{Db, Error, WriteTxn};
