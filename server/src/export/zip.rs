//! A ZIP file that is written from its beginning to its end, and can be gone on with after any part: what was written so far
//! is a few numbers. Parts of one entry are compressed by themselves, so that none needs what came before.

use flate2::{Compress, Compression, FlushCompress, Status};
use serde::{Deserialize, Serialize};

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Where it begins in the file.
    pub offset: u64,
    /// CRC-32 of its content so far.
    pub crc: u32,
    /// Bytes in the file so far.
    pub packed: u64,
    /// Bytes of its content so far.
    pub size: u64,
}

/// What is too large for a ZIP file without extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file would be larger than 4 GiB: ask for fewer rows")]
pub struct TooLarge;

fn short(n: u64) -> Result<u32, TooLarge> {
    u32::try_from(n).map_err(|_| TooLarge)
}

/// Compressed, names in UTF-8, sizes behind the content.
const FLAGS: u16 = 0x0808;
/// 1980-01-01: the same rows make the same file.
const DATE: u16 = 0x0021;

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|p| out.extend_from_slice(p));
}

impl Entry {
    /// Begins an entry behind `offset` bytes of the file.
    pub fn begin(name: String, offset: u64, out: &mut Vec<u8>) -> Self {
        let len = (name.len() as u16).to_le_bytes();
        put(
            out,
            &[
                b"PK\x03\x04",
                &[20, 0],
                &FLAGS.to_le_bytes(),
                &[8, 0, 0, 0],
                &DATE.to_le_bytes(),
                &[0; 12],
                &len,
                &[0; 2],
            ],
        );
        out.extend_from_slice(name.as_bytes());
        Self { name, offset, ..Self::default() }
    }

    /// Writes a part of its content; the last one ends it.
    pub fn write(&mut self, content: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), TooLarge> {
        let mut crc = crc32fast::Hasher::new_with_initial(self.crc);
        crc.update(content);
        self.crc = crc.finalize();
        self.size += content.len() as u64;
        let before = out.len();
        deflate(content, last, out);
        self.packed += (out.len() - before) as u64;
        if last {
            let sizes = [short(self.packed)?.to_le_bytes(), short(self.size)?.to_le_bytes()];
            put(out, &[b"PK\x07\x08", &self.crc.to_le_bytes(), &sizes[0], &sizes[1]]);
        }
        Ok(())
    }
}

/// Compresses a part. It ends at a byte, and refers to nothing before it.
fn deflate(content: &[u8], last: bool, out: &mut Vec<u8>) {
    let mut c = Compress::new(Compression::fast(), false);
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    loop {
        out.reserve(content.len() / 4 + 4_096);
        let taken = usize::try_from(c.total_in()).unwrap_or(usize::MAX);
        let room = out.capacity() - out.len();
        let before = c.total_out();
        let status = c.compress_vec(content.get(taken..).unwrap_or_default(), out, flush);
        let full = c.total_out() - before == room as u64;
        let all = c.total_in() == content.len() as u64;
        // Neither can fail: there is room, and the state is its own.
        if matches!(status, Ok(Status::StreamEnd) | Err(_)) || (!last && all && !full) {
            return;
        }
    }
}

/// What a file ends with, `offset` bytes from its beginning.
pub fn directory(entries: &[Entry], offset: u64) -> Result<Vec<u8>, TooLarge> {
    let mut out = Vec::new();
    for e in entries {
        let sizes = [short(e.packed)?.to_le_bytes(), short(e.size)?.to_le_bytes()];
        let at = short(e.offset)?.to_le_bytes();
        put(&mut out, &[b"PK\x01\x02", &[20, 0, 20, 0], &FLAGS.to_le_bytes(), &[8, 0, 0, 0], &DATE.to_le_bytes()]);
        put(&mut out, &[&e.crc.to_le_bytes(), &sizes[0], &sizes[1], &(e.name.len() as u16).to_le_bytes()]);
        put(&mut out, &[&[0; 12], &at, e.name.as_bytes()]);
    }
    let (count, len) = ((entries.len() as u16).to_le_bytes(), short(out.len() as u64)?.to_le_bytes());
    put(&mut out, &[b"PK\x05\x06", &[0; 4], &count, &count, &len, &short(offset)?.to_le_bytes(), &[0; 2]]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn parts_written_apart_are_one_entry() {
        let parts: Vec<Vec<u8>> =
            vec![b"abc".repeat(50_000), vec![], (0..=255_u8).cycle().take(100_000).collect(), "完".into()];
        let mut file = Vec::new();
        let mut entries = vec![];
        for name in ["一.xml", "b/two.xml"] {
            let at = file.len() as u64;
            let mut e = Entry::begin(name.into(), at, &mut file);
            for (i, p) in parts.iter().enumerate() {
                // What is known between two parts is what can be stored.
                e = serde_json::from_str(&serde_json::to_string(&e).unwrap()).unwrap();
                e.write(p, i + 1 == parts.len(), &mut file).unwrap();
            }
            entries.push(e);
        }
        let end = directory(&entries, file.len() as u64).unwrap();
        file.extend(end);
        let mut zip = ::zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
        assert_eq!(zip.len(), 2);
        for i in 0..2 {
            let mut back = Vec::new();
            // Reading checks the CRC.
            zip.by_index(i).unwrap().read_to_end(&mut back).unwrap();
            assert_eq!(back, parts.concat());
        }
    }

    #[test]
    fn what_is_too_large_is_said() {
        let e = Entry { size: 5_000_000_000, ..Entry::default() };
        assert_eq!(directory(&[e], 0), Err(TooLarge));
        assert_eq!(directory(&[], 5_000_000_000), Err(TooLarge));
    }
}
