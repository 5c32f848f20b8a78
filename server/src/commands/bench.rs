//! `pingji bench`: figures, each beside a floor measured in the same run.

use crate::{cli::{Ended, Failure}, config::Config};

/// What can be measured.
#[derive(Debug, clap::Subcommand)]
pub enum Bench {}

/// Runs a measurement.
///
/// # Errors
/// When it cannot run.
pub async fn run(_config: &Config, command: Bench) -> Result<Ended, Failure> {
    match command {}
}
