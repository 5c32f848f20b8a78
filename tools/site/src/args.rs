//! The command line.

use std::path::PathBuf;

use crate::Result;

/// Printed by `--help`, and after a mistake.
pub(crate) const USAGE: &str = "\
usage:
  site bundle --wasm FILE --site DIR --work DIR [--name NAME] [--public DIR] [--style DIR]
              [--wasm-opt FILE] [--fast]
      FILE is cargo's .wasm; --site is the folder to write, --work a folder to keep results in between runs.
      --wasm-opt is binaryen's wasm-opt as npm installs it (run under node).
      --fast leaves out wasm-opt and compression: for development.
  site budget --site DIR [--max-bytes N]
      Adds up the brotli sizes of what a first visit loads; fails above N (default 358400, which is 350 KiB).";

/// 350 KiB: what a first visit of the wall may load of WebAssembly and JavaScript, compressed.
const DEFAULT_BUDGET: u64 = 350 * 1024;

/// What to do.
pub(crate) enum Command {
    /// Print how to call this.
    Help,
    /// Build the site folder.
    Bundle(BundleOptions),
    /// Check the weight of a first visit.
    Budget {
        /// The folder that `bundle` wrote.
        site: PathBuf,
        /// The most that WebAssembly and JavaScript may take, brotli.
        max_bytes: u64,
    },
}

/// Where things are and how thorough to be.
pub(crate) struct BundleOptions {
    /// Cargo's output.
    pub(crate) wasm: PathBuf,
    /// The folder the server serves.
    pub(crate) site: PathBuf,
    /// Results kept between runs.
    pub(crate) work: PathBuf,
    /// Stem of the file names.
    pub(crate) name: String,
    /// Copied as it is to the root of the site.
    pub(crate) public: Option<PathBuf>,
    /// Its `*.css` are joined in the order of their names.
    pub(crate) style: Option<PathBuf>,
    /// binaryen's optimiser; `None` with `--fast`.
    pub(crate) wasm_opt: Option<PathBuf>,
    /// Write `.br` and `.gz` beside each file.
    pub(crate) compress: bool,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Command> {
    let mut args = args;
    let command = args.next().ok_or("a command is missing")?;
    let mut flags = Flags::default();
    match command.as_str() {
        "bundle" => flags.read(args, &["wasm", "site", "work", "name", "public", "style", "wasm-opt"])?,
        "budget" => flags.read(args, &["site", "max-bytes"])?,
        "help" | "--help" | "-h" => return Ok(Command::Help),
        other => return Err(format!("unknown command `{other}`")),
    }
    if flags.help {
        return Ok(Command::Help);
    }
    if command == "budget" {
        let max_bytes = match flags.take("max-bytes") {
            None => DEFAULT_BUDGET,
            Some(text) => text.parse().map_err(|_| format!("--max-bytes wants a number, not `{text}`"))?,
        };
        return Ok(Command::Budget { site: flags.path("site")?, max_bytes });
    }
    let wasm_opt = flags.take("wasm-opt").map(PathBuf::from);
    if wasm_opt.is_none() && !flags.fast {
        return Err("--wasm-opt is missing (or say --fast)".into());
    }
    Ok(Command::Bundle(BundleOptions {
        wasm: flags.path("wasm")?,
        site: flags.path("site")?,
        work: flags.path("work")?,
        name: flags.take("name").unwrap_or_else(|| "pingji".into()),
        public: flags.take("public").map(PathBuf::from),
        style: flags.take("style").map(PathBuf::from),
        wasm_opt: wasm_opt.filter(|_| !flags.fast),
        compress: !flags.fast,
    }))
}

/// Flags with a value, and the two without.
#[derive(Default)]
struct Flags {
    values: Vec<(String, String)>,
    fast: bool,
    help: bool,
}

impl Flags {
    fn read(&mut self, mut args: impl Iterator<Item = String>, known: &[&str]) -> Result<()> {
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--fast" => self.fast = true,
                "--help" | "-h" => self.help = true,
                flag => {
                    let name = flag.strip_prefix("--").filter(|name| known.contains(name));
                    let name = name.ok_or_else(|| format!("unknown argument `{flag}`"))?;
                    let value = args.next().ok_or_else(|| format!("--{name} wants a value"))?;
                    self.values.push((name.to_owned(), value));
                }
            }
        }
        Ok(())
    }

    /// The last value given for a flag.
    fn take(&self, name: &str) -> Option<String> {
        self.values.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        self.take(name).map(PathBuf::from).ok_or_else(|| format!("--{name} is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_budget_has_a_default_and_takes_a_number() {
        let Ok(Command::Budget { max_bytes, .. }) = words("budget --site s") else { panic!("not a budget") };
        assert_eq!(max_bytes, 358_400);
        let Ok(Command::Budget { max_bytes, .. }) = words("budget --site s --max-bytes 7") else {
            panic!("not a budget")
        };
        assert_eq!(max_bytes, 7);
        assert!(words("budget --site s --max-bytes many").is_err());
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "command is missing"),
            ("bake", "unknown command `bake`"),
            ("bundle --fast --wasm a --site", "--site wants a value"),
            ("bundle --fast --wasm a --work b", "--site is missing"),
            ("bundle --wasm a --work b --site c", "--wasm-opt is missing"),
            ("budget --wasm a", "unknown argument `--wasm`"),
        ] {
            let Err(why) = words(line) else { panic!("`{line}` was taken") };
            assert!(why.contains(part), "`{line}`: {why}");
        }
    }

    #[test]
    fn fast_leaves_out_the_optimiser() {
        let Ok(Command::Bundle(options)) = words("bundle --fast --wasm a --site b --work c --wasm-opt d") else {
            panic!("not a bundle")
        };
        assert!(options.wasm_opt.is_none() && !options.compress);
    }
}
