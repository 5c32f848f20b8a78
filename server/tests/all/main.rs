//! The server: API, pages, feed, imports.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![recursion_limit = "256"]

mod access;
mod analysis;
mod api;
mod archive;
mod attachments;
mod cases;
mod desk;
mod desk_cases;
mod detect;
mod events;
mod evidence;
mod exports;
mod feed;
mod import;
mod import_trade;
mod imports;
mod inert;
mod letters;
mod messages;
mod news;
mod pages;
mod papers;
mod personal;
mod pictures;
#[path = "../../../data/tests/all/postgres.rs"]
mod postgres;
mod posts;
mod public;
mod push;
mod registers;
mod rules;
mod stock;
mod support;
mod tags;
mod trace;
mod uploads;
mod walk;
