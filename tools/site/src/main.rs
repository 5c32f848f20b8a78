//! Builds the folder that the server serves to browsers, and checks what a first visit costs.
//!
//! `site bundle` takes the `.wasm` files that cargo made, one a module, and writes `target/site`: JavaScript glue by wasm-bindgen (as a
//! library, so its version is always the lock file's), the modules shrunk by binaryen's `wasm-opt`, the style sheets in
//! one file, names that carry a hash of their content, each file once more as `.br` and `.gz`, and `build.json`,
//! which tells the server the names. `site budget` adds up what a first visit loads and fails above a limit.

// A build tool: its answer is its output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod bindgen;
mod bundle;
mod compress;
mod files;
mod unused;

use std::process::ExitCode;

use args::Command;

/// What went wrong, in words for whoever runs the build.
pub(crate) type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(why) => {
            eprintln!("error: {why}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Command::Bundle(options) => bundle::run(&options),
        Command::Budget { site, limits } => bundle::budget(&site, &limits),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
