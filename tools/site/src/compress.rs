//! `.br` and `.gz` beside a file, so that the server compresses nothing on the way.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Result, files};

/// Kinds of file that shrink; pictures and fonts are compressed by their own format.
const COMPRESSIBLE: [&str; 13] =
    ["css", "csv", "geojson", "html", "ico", "js", "json", "map", "mjs", "svg", "txt", "wasm", "webmanifest"];

/// Below this the answer's head weighs more than what is saved.
const WORTH_IT: usize = 256;

/// Whether a file of this name and length gets compressed companions.
pub(crate) fn worth_it(path: &Path, bytes: usize) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    bytes >= WORTH_IT && COMPRESSIBLE.contains(&extension)
}

/// `pingji.js` → `pingji.js.br`.
pub(crate) fn companion(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

pub(crate) fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let params =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params).map_err(|why| format!("brotli failed: {why}"))?;
    Ok(packed)
}

/// Writes `.br` and `.gz` beside `path`, whose content is `bytes`, and returns their paths. Results are kept in
/// `work` under the content's hash, since brotli at its best takes seconds a megabyte.
pub(crate) fn beside(path: &Path, bytes: &[u8], work: &Path) -> Result<[PathBuf; 2]> {
    let kept = work.join("packed").join(files::short_hash(&[bytes]));
    let (kept_br, kept_gz) = (kept.with_extension("br"), kept.with_extension("gz"));
    if !kept_br.exists() || !kept_gz.exists() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(bytes).and_then(|()| encoder.finish());
        files::write(&kept_gz, &gzip.map_err(|why| format!("gzip failed: {why}"))?)?;
        files::write(&kept_br, &brotli(bytes)?)?;
    }
    let both = [companion(path, "br"), companion(path, "gz")];
    files::write(&both[0], &files::read(&kept_br)?)?;
    files::write(&both[1], &files::read(&kept_gz)?)?;
    Ok(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_worth_it_pictures_and_crumbs_are_not() {
        assert!(worth_it(Path::new("a/b.css"), 300));
        assert!(!worth_it(Path::new("a/b.css"), 30));
        assert!(!worth_it(Path::new("a/b.png"), 30_000));
        assert!(!worth_it(Path::new("LICENSE"), 30_000));
    }

    #[test]
    fn brotli_packs_what_a_browser_unpacks() {
        let text = "瓶迹 ".repeat(500);
        let packed = brotli(text.as_bytes()).expect("packs");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut unpacked).expect("unpacks");
        assert_eq!(unpacked, text.as_bytes());
        assert!(packed.len() < text.len() / 10);
    }
}
