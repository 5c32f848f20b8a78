//! From cargo's `.wasm` to a module that a browser takes, and its JavaScript.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::{Result, files, unused};

/// The features that today's compiler takes for granted on this target; every browser of the last three years has them.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Smallest code, and no names, debug information or list of producers in it.
const SHRINK: [&str; 3] = ["-Oz", "--strip-debug", "--strip-producers"];

/// A folder with `NAME.js`, `NAME_bg.wasm` and perhaps `snippets/`, made from `wasm`. Does nothing when the folder was
/// made from the same input in the same way before.
pub(crate) fn run(wasm: &Path, name: &str, wasm_opt: Option<&Path>, work: &Path) -> Result<PathBuf> {
    let input = files::read(wasm).map_err(|why| format!("{why} (build the app for wasm32 first)"))?;
    let how = match wasm_opt {
        None => "fast".to_owned(),
        Some(tool) => format!("steps 4 {} {} {}", optimiser_version(tool)?, SHRINK.join(" "), FEATURES.join(" ")),
    };
    let wanted = files::short_hash(&[&input, name.as_bytes(), how.as_bytes(), env!("CARGO_PKG_VERSION").as_bytes()]);
    let kept = work.join("bindgen").join(name);
    let folder = kept.join(&wanted);
    let finished = folder.join("finished");
    if finished.exists() {
        return Ok(folder);
    }
    // Results of other inputs are not needed again.
    files::fresh_folder(&kept)?;
    files::make_folder(&folder)?;

    let fail = |why: &dyn std::fmt::Display| format!("wasm-bindgen on {}: {why}", wasm.display());
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(name, input).typescript(false).out_name(name);
    bindgen.web(true).map_err(|why| fail(&format!("{why:#}")))?;
    if wasm_opt.is_some() {
        // Names are needed once more; the optimiser takes them away.
        bindgen.remove_producers_section(true);
    } else {
        // Names in a browser's stack traces while developing.
        bindgen.demangle(true).keep_debug(false);
    }
    bindgen.generate(&folder).map_err(|why| fail(&format!("{why:#}")))?;

    if let Some(tool) = wasm_opt {
        let module = folder.join(format!("{name}_bg.wasm"));
        let steps = unused::drop_async_hydration(&module)?;
        // None at all: the names are no longer what they were, and a sixth of the module is dead again.
        if steps == 0 {
            eprintln!("warning: no step of an asynchronous hydration was found in {}", module.display());
        }
        shrink(tool, &module)?;
    }
    files::write(&finished, b"")?;
    Ok(folder)
}

fn shrink(tool: &Path, module: &Path) -> Result<()> {
    let smaller = module.with_extension("opt");
    let mut command = node(tool)?;
    command.arg(module).arg("-o").arg(&smaller).args(SHRINK).args(FEATURES);
    let status = command.status().map_err(|why| format!("cannot start wasm-opt: {why}"))?;
    if !status.success() {
        return Err(format!("wasm-opt on {} ended with {status}", module.display()));
    }
    std::fs::rename(&smaller, module).map_err(|why| format!("cannot rename {}: {why}", smaller.display()))
}

fn optimiser_version(tool: &Path) -> Result<String> {
    let answer = node(tool)?.arg("--version").output().map_err(|why| format!("cannot start wasm-opt: {why}"))?;
    if !answer.status.success() {
        return Err(format!("`wasm-opt --version` ended with {}", answer.status));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// npm's wasm-opt is JavaScript: node runs it.
fn node(tool: &Path) -> Result<Command> {
    if !tool.exists() {
        return Err(format!("{} is missing: run `npm ci` in end2end", tool.display()));
    }
    let mut command = Command::new("node");
    command.arg(tool);
    Ok(command)
}
