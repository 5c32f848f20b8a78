//! The site folder and its `build.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::args::BundleOptions;
use crate::{Result, bindgen, compress, files};

/// What `build.json` says. Paths begin with `/`, as a page asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Build {
    /// Names the whole bundle: changes when any part does.
    pub(crate) build: String,
    /// The style sheet; empty if there is none.
    pub(crate) css: String,
    /// What pages load, by the name of the module.
    pub(crate) modules: BTreeMap<String, Module>,
}

/// A module and its scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Module {
    /// The module's JavaScript.
    pub(crate) js: String,
    /// The module.
    pub(crate) wasm: String,
    /// Further scripts that the JavaScript imports.
    pub(crate) snippets: Vec<String>,
}

impl Module {
    /// All that a first visit loads.
    fn urls(&self) -> impl Iterator<Item = &String> {
        [&self.wasm, &self.js].into_iter().chain(&self.snippets)
    }
}

const MANIFEST: &str = "build.json";

/// Writes the site folder.
pub(crate) fn run(options: &BundleOptions) -> Result<()> {
    let BundleOptions { name, site, work, .. } = options;
    files::make_folder(site)?;
    files::make_folder(work)?;
    let mut writer = Writer { site, work, compress: options.compress, kept: BTreeSet::new() };
    let mut parts = Vec::new();
    let mut modules = BTreeMap::new();
    for (module, wasm) in &options.modules {
        let made = bindgen::run(wasm, module, options.wasm_opt.as_deref(), work)?;
        modules.insert(module.clone(), put_module(&mut writer, &made, module, &mut parts)?);
    }

    let mut css = String::new();
    if let Some(sheet) = style_sheet(options.style.as_deref())? {
        let place = PathBuf::from(format!("pkg/{name}.{}.css", files::short_hash(&[sheet.as_bytes()])));
        writer.put(&place, sheet.as_bytes())?;
        css = url(&place);
        parts.push(sheet.into_bytes());
    }
    if let Some(public) = &options.public {
        for file in files::below(public)? {
            if file == Path::new(MANIFEST) || file.starts_with("pkg") {
                return Err(format!("{} is in the way of the bundle: rename it", public.join(&file).display()));
            }
            writer.put(&file, &files::read(&public.join(&file))?)?;
        }
    }

    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let mut build = files::short_hash(&parts);
    build.truncate(12);
    let build = Build { build, css, modules };
    let json = serde_json::to_string_pretty(&build).map_err(|why| format!("cannot write {MANIFEST}: {why}"))?;
    files::write(&site.join(MANIFEST), json.as_bytes())?;
    writer.kept.insert(PathBuf::from(MANIFEST));
    writer.sweep()?;
    report(site, &build)
}

/// Puts what wasm-bindgen made of a module in its place, and its bytes among `parts`.
fn put_module(writer: &mut Writer<'_>, made: &Path, name: &str, parts: &mut Vec<Vec<u8>>) -> Result<Module> {
    // The module first: the script carries its hashed name, so that `init()` finds it without being told.
    let module = files::read(&made.join(format!("{name}_bg.wasm")))?;
    let module_name = format!("{name}.{}.wasm", files::short_hash(&[&module]));
    let script = files::read_text(&made.join(format!("{name}.js")))?.replace(&format!("{name}_bg.wasm"), &module_name);
    let script_name = format!("{name}.{}.js", files::short_hash(&[script.as_bytes()]));
    writer.put(&Path::new("pkg").join(&module_name), &module)?;
    writer.put(&Path::new("pkg").join(&script_name), script.as_bytes())?;
    parts.extend([module, script.into_bytes()]);

    // Their folders carry a hash already, and the script imports them by these names.
    let mut snippets = Vec::new();
    for snippet in files::below(&made.join("snippets"))? {
        let bytes = files::read(&made.join("snippets").join(&snippet))?;
        let place = Path::new("pkg/snippets").join(&snippet);
        writer.put(&place, &bytes)?;
        snippets.push(url(&place));
        parts.push(bytes);
    }
    Ok(Module { js: format!("/pkg/{script_name}"), wasm: format!("/pkg/{module_name}"), snippets })
}

/// Puts files in their places and remembers them, so that what an older run left can be taken away.
struct Writer<'a> {
    site: &'a Path,
    work: &'a Path,
    compress: bool,
    kept: BTreeSet<PathBuf>,
}

impl Writer<'_> {
    fn put(&mut self, place: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.site.join(place);
        files::write(&path, bytes)?;
        self.kept.insert(place.to_owned());
        if self.compress && compress::worth_it(place, bytes.len()) {
            compress::beside(&path, bytes, self.work)?;
            self.kept.insert(compress::companion(place, "br"));
            self.kept.insert(compress::companion(place, "gz"));
        }
        Ok(())
    }

    fn sweep(&self) -> Result<()> {
        for file in files::below(self.site)? {
            if !self.kept.contains(&file) {
                let path = self.site.join(&file);
                std::fs::remove_file(&path).map_err(|why| format!("cannot remove {}: {why}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// The `*.css` of a folder, one after the other in the order of their names.
fn style_sheet(folder: Option<&Path>) -> Result<Option<String>> {
    let Some(folder) = folder else { return Ok(None) };
    let mut sheet = String::new();
    for file in files::below(folder)? {
        if file.extension().is_some_and(|extension| extension == "css") {
            sheet.push_str(files::read_text(&folder.join(&file))?.trim_end());
            sheet.push('\n');
        }
    }
    Ok(if sheet.is_empty() { None } else { Some(sheet) })
}

fn url(place: &Path) -> String {
    format!("/{}", place.to_string_lossy().replace('\\', "/"))
}

fn report(site: &Path, build: &Build) -> Result<()> {
    println!("build {}", build.build);
    let all = build.modules.values().flat_map(Module::urls).chain([&build.css]);
    for url in all.filter(|url| !url.is_empty()) {
        let path = site.join(url.trim_start_matches('/'));
        let raw = files::read(&path)?.len();
        let packed = compress::companion(&path, "br");
        let brotli = if packed.exists() { format!("{:>9} brotli", files::read(&packed)?.len()) } else { String::new() };
        println!("{raw:>9} raw {brotli} {url}");
    }
    Ok(())
}

/// Adds up what a first visit of each module loads of WebAssembly and JavaScript.
pub(crate) fn budget(site: &Path, limits: &BTreeMap<String, u64>) -> Result<()> {
    let path = site.join(MANIFEST);
    let build: Build = serde_json::from_str(&files::read_text(&path)?)
        .map_err(|why| format!("{} is not a build manifest: {why}", path.display()))?;
    let mut over = Vec::new();
    for (name, module) in &build.modules {
        let max_bytes =
            *limits.get(name).ok_or_else(|| format!("the module {name} has no limit: give one by --max"))?;
        let mut total = 0;
        for url in module.urls() {
            let size = weight(&site.join(url.trim_start_matches('/')))?;
            println!("{size:>9} {url}");
            total += size;
        }
        println!("{total:>9} of {max_bytes} bytes: what a first visit of the {name} loads, brotli");
        if total > max_bytes {
            over.push(format!("the {name} is {} bytes over its budget", total - max_bytes));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("; ")) }
}

/// What a file weighs on the wire, brotli.
fn weight(path: &Path) -> Result<u64> {
    let packed = compress::companion(path, "br");
    // A file too small to be worth compressing goes over the wire as it is.
    let size = match (packed.exists(), files::read(path)?) {
        (true, _) => files::read(&packed)?.len(),
        (false, raw) if !compress::worth_it(path, raw.len()) => raw.len(),
        (false, _) => return Err(format!("{} is missing: build the site without --fast", packed.display())),
    };
    Ok(size as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("pingji-site-{}-{name}", std::process::id()));
        files::fresh_folder(&path).expect("a folder");
        path
    }

    #[test]
    fn style_sheets_are_joined_by_name() {
        let dir = folder("style");
        files::write(&dir.join("20-b.css"), b"b{}").expect("writes");
        files::write(&dir.join("10-a.css"), b"a{}\n\n").expect("writes");
        files::write(&dir.join("notes.txt"), b"no").expect("writes");
        assert_eq!(style_sheet(Some(&dir)).expect("joins").as_deref(), Some("a{}\nb{}\n"));
        assert_eq!(style_sheet(Some(&dir.join("none"))).expect("joins"), None);
        std::fs::remove_dir_all(dir).expect("cleans up");
    }

    #[test]
    fn a_budget_is_kept_or_not() {
        let site = folder("budget");
        let module = |name: &str, snippets: &[&str]| Module {
            js: format!("/pkg/{name}.js"),
            wasm: format!("/pkg/{name}.wasm"),
            snippets: snippets.iter().map(|s| (*s).to_owned()).collect(),
        };
        let modules =
            [("a".to_owned(), module("a", &["/pkg/snippets/s.js"])), ("b".to_owned(), module("b", &[]))].into();
        let build = Build { build: "b".into(), css: String::new(), modules };
        files::write(&site.join(MANIFEST), serde_json::to_string(&build).expect("json").as_bytes()).expect("writes");
        for name in ["a", "b"] {
            files::write(&site.join(format!("pkg/{name}.js")), &[b'x'; 900]).expect("writes");
            files::write(&site.join(format!("pkg/{name}.js.br")), &[0; 40]).expect("writes");
            files::write(&site.join(format!("pkg/{name}.wasm")), &[b'x'; 900]).expect("writes");
        }
        files::write(&site.join("pkg/snippets/s.js"), &[b'x'; 10]).expect("writes");
        files::write(&site.join("pkg/b.wasm.br"), &[0; 70]).expect("writes");
        let limits = |a, b| BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
        let missing = budget(&site, &limits(1_000, 1_000)).expect_err("a bundle without .br");
        assert!(missing.contains("a.wasm.br is missing"), "{missing}");
        files::write(&site.join("pkg/a.wasm.br"), &[0; 50]).expect("writes");
        assert_eq!(budget(&site, &limits(100, 110)), Ok(()));
        let over = budget(&site, &limits(99, 105)).expect_err("over");
        assert_eq!(over, "the a is 1 bytes over its budget; the b is 5 bytes over its budget");
        let mut one = limits(100, 110);
        one.remove("b");
        let without = budget(&site, &one).expect_err("a module without a limit");
        assert!(without.contains("module b has no limit"), "{without}");
        std::fs::remove_dir_all(site).expect("cleans up");
    }

    #[test]
    fn what_an_older_run_left_is_swept() {
        let site = folder("sweep");
        files::write(&site.join("pkg/old.js"), b"old").expect("writes");
        let mut writer = Writer { site: &site, work: &site.join("../unused"), compress: false, kept: BTreeSet::new() };
        writer.put(Path::new("pkg/new.js"), b"new").expect("writes");
        writer.sweep().expect("sweeps");
        assert_eq!(files::below(&site).expect("lists"), [PathBuf::from("pkg/new.js")]);
        std::fs::remove_dir_all(site).expect("cleans up");
    }
}
