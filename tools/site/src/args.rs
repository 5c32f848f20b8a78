//! The command line.

use std::{collections::BTreeMap, path::PathBuf};

use crate::Result;

/// Printed by `--help`, and after a mistake.
pub(crate) const USAGE: &str = "\
usage:
  site bundle --module NAME=FILE … --site DIR --work DIR [--name NAME] [--public DIR] [--style DIR]
              [--wasm-opt FILE] [--fast]
      FILE is one of cargo's .wasm; --site is the folder to write, --work a folder to keep results in between runs.
      --name is the stem of the style sheet's name.
      --wasm-opt is binaryen's wasm-opt as npm installs it (run under node).
      --fast leaves out wasm-opt and compression: for development.
  site budget --site DIR [--max NAME=BYTES …]
      Adds up, for each module, the brotli sizes of what a first visit loads; fails where that is above its limit
      (wall=358400, which is 350 KiB, and 921600, which is 900 KiB, for office and desk). A module without a limit fails too.";

/// What a first visit may load of WebAssembly and JavaScript, compressed: 350 KiB of the wall, which a display in a hall
/// loads by whatever line it has; 900 KiB of each other, which people in offices load once a release.
const BUDGETS: [(&str, u64); 3] = [("wall", 350 * 1024), ("office", 900 * 1024), ("desk", 900 * 1024)];

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
        /// The most that WebAssembly and JavaScript of each module may take, brotli.
        limits: BTreeMap<String, u64>,
    },
}

/// Where things are and how thorough to be.
pub(crate) struct BundleOptions {
    /// Cargo's output, by the name of the module.
    pub(crate) modules: BTreeMap<String, PathBuf>,
    /// The folder the server serves.
    pub(crate) site: PathBuf,
    /// Results kept between runs.
    pub(crate) work: PathBuf,
    /// Stem of the style sheet's name.
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
        "bundle" => flags.read(args, &["module", "site", "work", "name", "public", "style", "wasm-opt"])?,
        "budget" => flags.read(args, &["site", "max"])?,
        "help" | "--help" | "-h" => return Ok(Command::Help),
        other => return Err(format!("unknown command `{other}`")),
    }
    if flags.help {
        return Ok(Command::Help);
    }
    if command == "budget" {
        let mut limits: BTreeMap<String, u64> = BUDGETS.map(|(name, max)| (name.to_owned(), max)).into();
        for (name, text) in flags.pairs("max")? {
            let bytes = text.parse().map_err(|_| format!("--max wants NAME=BYTES, not `{name}={text}`"))?;
            limits.insert(name, bytes);
        }
        return Ok(Command::Budget { site: flags.path("site")?, limits });
    }
    let wasm_opt = flags.take("wasm-opt").map(PathBuf::from);
    if wasm_opt.is_none() && !flags.fast {
        return Err("--wasm-opt is missing (or say --fast)".into());
    }
    let modules: BTreeMap<String, PathBuf> =
        flags.pairs("module")?.into_iter().map(|(name, file)| (name, file.into())).collect();
    if modules.is_empty() {
        return Err("--module is missing".into());
    }
    Ok(Command::Bundle(BundleOptions {
        modules,
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

    /// Every value given for a flag, each as `NAME=VALUE`; a name is a file's stem.
    fn pairs(&self, flag: &str) -> Result<Vec<(String, String)>> {
        let given = self.values.iter().filter(|(key, _)| key == flag);
        given
            .map(|(_, value)| {
                let pair = value.split_once('=').filter(|(name, value)| {
                    !value.is_empty() && !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase())
                });
                let (name, value) = pair.ok_or_else(|| format!("--{flag} wants NAME=…, not `{value}`"))?;
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect()
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
    fn each_module_has_a_budget_and_takes_another() {
        let Ok(Command::Budget { limits, .. }) = words("budget --site s") else { panic!("not a budget") };
        assert_eq!((limits["wall"], limits["desk"], limits.len()), (358_400, 921_600, 3));
        let Ok(Command::Budget { limits, .. }) = words("budget --site s --max wall=7 --max shop=9") else {
            panic!("not a budget")
        };
        assert_eq!((limits["wall"], limits["office"], limits["shop"]), (7, 921_600, 9));
        assert!(words("budget --site s --max wall=many").is_err());
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "command is missing"),
            ("bake", "unknown command `bake`"),
            ("bundle --fast --module a=b --site", "--site wants a value"),
            ("bundle --fast --module a=b --work b", "--site is missing"),
            ("bundle --module a=b --work b --site c", "--wasm-opt is missing"),
            ("bundle --fast --work b --site c", "--module is missing"),
            ("bundle --fast --module a --work b --site c", "--module wants NAME=…, not `a`"),
            ("bundle --fast --module ../a=b --work b --site c", "--module wants NAME=…"),
            ("budget --module a=b", "unknown argument `--module`"),
        ] {
            let Err(why) = words(line) else { panic!("`{line}` was taken") };
            assert!(why.contains(part), "`{line}`: {why}");
        }
    }

    #[test]
    fn fast_leaves_out_the_optimiser() {
        let Ok(Command::Bundle(options)) =
            words("bundle --fast --module a=x --module b=y --site b --work c --wasm-opt d")
        else {
            panic!("not a bundle")
        };
        assert!(options.wasm_opt.is_none() && !options.compress);
        assert_eq!(options.modules.keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
