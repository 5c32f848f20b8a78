//! Reads a pack within bounds, whatever somebody made of it. Nothing is written anywhere: names are compared, never followed.

use data::evidence::{MANIFEST, PART_MAX, PARTS};
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

/// Largest pack that is looked at, bytes.
pub const PACK_MAX: usize = 64 << 20;

/// Why a pack was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// It is too large.
    #[error("the pack has more than {PACK_MAX} bytes")]
    TooLarge,
    /// It is no ZIP, or a broken one.
    #[error("the pack is no ZIP that can be read: {0}")]
    Broken(String),
    /// It holds what no pack holds, or the same twice.
    #[error("{0} does not belong into a pack")]
    Extra(String),
    /// A file unpacks to more than a pack may hold.
    #[error("{0} unpacks to more than {PART_MAX} bytes")]
    Bomb(String),
}

/// The files of a pack by their names.
///
/// # Errors
/// [`NotRead`].
pub fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, NotRead> {
    if bytes.len() > PACK_MAX {
        return Err(NotRead::TooLarge);
    }
    let broken = |e: &dyn std::fmt::Display| NotRead::Broken(domain::clock::clip(&e.to_string()));
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut files = BTreeMap::new();
    for i in 0..zip.len() {
        let part = zip.by_index(i).map_err(|e| broken(&e))?;
        let name = part.name().map_err(|e| broken(&e))?.to_string();
        // A path, a folder, a second manifest: only these names are known, and each once.
        if !(name == MANIFEST || PARTS.contains(&name.as_str())) || files.contains_key(&name) {
            return Err(NotRead::Extra(domain::clock::clip(&name)));
        }
        // What it declares may be false: it is read up to the bound and no further.
        let mut content = Vec::new();
        part.take(PART_MAX as u64 + 1).read_to_end(&mut content).map_err(|e| broken(&e))?;
        if content.len() > PART_MAX {
            return Err(NotRead::Bomb(name));
        }
        files.insert(name, content);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evidence::packed, export::zip as writer};
    use proptest::prelude::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut entries) = (Vec::new(), vec![]);
        for (name, content) in files {
            let at = out.len() as u64;
            let mut e = writer::Entry::begin((*name).to_owned(), at, &mut out);
            e.write(content, true, &mut out).unwrap();
            entries.push(e);
        }
        let end = writer::directory(&entries, out.len() as u64).unwrap();
        out.extend(end);
        out
    }

    #[test]
    fn what_is_packed_reads_back() {
        let files: BTreeMap<String, Vec<u8>> =
            PARTS.iter().chain([&MANIFEST]).map(|n| ((*n).to_owned(), n.as_bytes().repeat(1_000))).collect();
        assert_eq!(unpack(&packed(&files).unwrap()).unwrap(), files);
    }

    #[test]
    fn hostile_packs_are_named() {
        for name in ["../../etc/passwd", "/tmp/x", "events.json/", "EVENTS.JSON", "a\\b", "", "readme.txt", "瓶.json"]
        {
            assert!(matches!(unpack(&zip(&[(name, b"x")])), Err(NotRead::Extra(_) | NotRead::Broken(_))), "{name:?}");
        }
        let good = zip(&[(MANIFEST, b"{}"), ("events.json", b"[]")]);
        for cut in [0, 1, 10, good.len() / 2, good.len() - 1] {
            assert!(unpack(&good[..cut]).is_err(), "{cut}");
        }
        for junk in [&b""[..], b"PK\x05\x06", b"not a zip at all", &[0; 4_096]] {
            assert!(matches!(unpack(junk), Err(NotRead::Broken(_))));
        }
    }

    #[test]
    fn a_bomb_is_read_up_to_the_bound() {
        let zeros = vec![0; PART_MAX + 1];
        let bomb = zip(&[("events.json", &zeros)]);
        assert!(bomb.len() < 1 << 20, "it is small: {}", bomb.len());
        assert_eq!(unpack(&bomb), Err(NotRead::Bomb("events.json".into())));
        let most = zip(&[("events.json", &zeros[1..])]);
        assert_eq!(unpack(&most).unwrap()["events.json"].len(), PART_MAX);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at in 0_usize..200, flip: u8) {
            let _ = unpack(&bytes);
            let mut pack = zip(&[(MANIFEST, b"{\"a\": 1}"), ("events.json", b"[1, 2, 3]")]);
            if let Some(b) = pack.get_mut(at) {
                *b ^= flip;
            }
            let _ = unpack(&pack);
        }
    }
}
