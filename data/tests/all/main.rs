//! The record, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod access;
mod alerts;
mod amend;
mod analysis;
mod collisions;
mod detect;
mod events;
mod figures;
mod gate;
mod ledger;
mod lists;
mod map;
mod pages;
mod postgres;
mod records;
mod schema;
mod sequence;
mod sheets;
mod support;
mod tags;
mod trace;
mod verify;
