//! The process: HTTP, device API, feed hub, jobs, command line.

pub mod access;
pub mod api;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod displays;
pub mod drafts;
pub mod evidence;
pub mod export;
pub mod hub;
pub mod import;
pub mod imports;
pub mod ingest;
pub mod public;
pub mod registry;
pub mod rules;
pub mod serve;
pub mod simulate;
pub mod state;
pub mod store;
pub mod upload;
pub mod web;
pub mod ws;
