//! The record, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod access;
mod alerts;
mod amend;
mod analysis;
mod attachments;
mod cases;
mod checks;
mod collisions;
mod credit;
mod deeds;
mod detect;
mod events;
mod figures;
mod gate;
mod incidents;
mod ledger;
mod lists;
mod map;
mod messages;
mod orgs;
mod pages;
mod papers;
mod postgres;
mod posts;
mod records;
mod rules;
mod schema;
mod sequence;
mod sheets;
mod support;
mod tags;
mod trace;
mod user_storage;
mod verify;
