//! The rules of Pingji: codes, dates, cylinder state, fill gate, weights, clocks, permissions and wire messages.
//!
//! Pure Rust without I/O: everything here is a function of its arguments, so that the browser, the server, `verify`
//! and a replay of any past decision all compute the same thing from the same code.

pub mod account;
pub mod address;
pub mod amendment;
pub mod analysis;
pub mod archive;
pub mod attachment;
pub mod calendar;
pub mod case;
pub mod check;
pub mod clock;
pub mod codes;
pub mod collision;
pub mod credit;
pub mod date;
pub mod detect;
pub mod digest;
pub mod event;
pub mod export;
pub mod form;
pub mod gate;
pub mod geo;
pub mod headline;
pub mod history;
pub mod import;
pub mod incident;
pub mod label;
pub mod ledger;
pub mod life;
pub mod list;
pub mod map;
pub mod message;
pub mod org;
pub mod outcome;
pub mod paper;
pub mod permission;
pub mod personal;
pub mod policy;
pub mod post;
pub mod record;
pub mod registration;
pub mod rules;
pub mod scan;
pub mod scope;
pub mod search;
pub mod sign;
pub mod standing;
pub mod tag;
pub mod totp;
pub mod trace;
pub mod trade;
pub mod upload;
pub mod wall;
pub mod weight;
