//! The boxes of an MP4 file (ISO/IEC 14496-12): whether it is whole and shows something, and where it says more than it shows.

use super::{VIDEO_SECONDS, Why};
use std::io::{Read, Seek, SeekFrom};

/// Largest table of a film that is read, bytes.
const MOOV_MAX: u64 = 16 << 20;
/// Boxes beside one another at the top at most.
const TOP_MAX: usize = 4_096;
/// Boxes within boxes at most.
const DEPTH: usize = 8;

/// Brands of files that browsers show.
const BRANDS: [&[u8; 4]; 13] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"dash", b"MSNV",
];
/// Codings of pictures that browsers show.
const CODINGS: [&[u8; 4]; 4] = [b"avc1", b"avc3", b"av01", b"vp09"];

/// What a film is, and what of it is to be emptied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Film {
    /// Points across.
    pub width: u32,
    /// Points down.
    pub height: u32,
    /// How long it lasts, seconds, rounded up.
    pub seconds: u32,
    /// Boxes that say where and by what it was made, or hold what is no film: their places and lengths, whole with their heads. They become
    /// `free` boxes of zeros; nothing else moves.
    pub empty: Vec<(u64, u64)>,
}

/// A box: kind, where it begins, where its content does, where it ends.
#[derive(Clone, Copy, Debug)]
struct Box4 {
    kind: [u8; 4],
    at: u64,
    body: u64,
    end: u64,
}

fn be32(b: &[u8]) -> Option<u32> {
    b.get(..4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes)
}

fn be64(b: &[u8]) -> Option<u64> {
    b.get(..8).and_then(|b| b.try_into().ok()).map(u64::from_be_bytes)
}

/// The box that begins at a place of a stretch of bytes that lies at `base` of the file.
fn inner(bytes: &[u8], base: u64, at: usize) -> Result<(Box4, usize), Why> {
    let head = bytes.get(at..at + 8).ok_or(Why::Broken)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let left = (bytes.len() - at) as u64;
    let (size, head_len) = match be32(head).ok_or(Why::Broken)? {
        0 => (left, 8),
        1 => (be64(bytes.get(at + 8..).ok_or(Why::Broken)?).ok_or(Why::Broken)?, 16),
        n => (u64::from(n), 8),
    };
    if size < head_len || size > left {
        return Err(Why::Broken);
    }
    let place = base + at as u64;
    let end = at + usize::try_from(size).map_err(|_| Why::Broken)?;
    Ok((Box4 { kind, at: place, body: place + head_len, end: place + size }, end))
}

/// Reads a film of so many bytes.
///
/// # Errors
/// [`Why`] where it is not whole, shows nothing, lasts too long or cannot be read.
pub fn read<R: Read + Seek>(file: &mut R, bytes: u64) -> Result<Film, Why> {
    let mut film = Film::default();
    let (mut at, mut count) = (0_u64, 0);
    let (mut moov, mut data) = (None, false);
    while at < bytes {
        count += 1;
        if count > TOP_MAX {
            return Err(Why::Broken);
        }
        if bytes - at < 8 {
            return Err(Why::Truncated);
        }
        let b = top(file, at, bytes)?;
        match &b.kind {
            b"ftyp" if at == 0 => {
                let body = content(file, b, 4_096)?;
                // The first four bytes, then a version, then others that it keeps to.
                let brand = |n: usize| body.get(n..n + 4);
                let known = |n: usize| brand(n).is_some_and(|w| BRANDS.iter().any(|k| w == *k));
                if !known(0) && !(8..body.len()).step_by(4).any(known) {
                    return Err(Why::NoVideo);
                }
            }
            _ if at == 0 => return Err(Why::Broken),
            b"moov" if moov.is_none() => {
                if b.end - b.at > MOOV_MAX {
                    return Err(Why::Broken);
                }
                moov = Some(b);
            }
            b"mdat" => data = true,
            // What a film tells of itself may stand in each of its pieces, and how long it lasts in none: it is taken in one piece.
            b"moof" | b"sidx" | b"mfra" | b"styp" => return Err(Why::Fragmented),
            _ => film.empty.push((b.at, b.end - b.at)),
        }
        at = b.end;
    }
    let moov = moov.ok_or(Why::Truncated)?;
    if !data {
        return Err(Why::Truncated);
    }
    let table = content(file, moov, MOOV_MAX)?;
    let mut seen = Seen::default();
    walk(&table, moov.body, 0, &mut seen, &mut film)?;
    if !seen.shows || film.width == 0 || film.height == 0 {
        return Err(Why::NoVideo);
    }
    let seconds = seen.length.checked_div(u64::from(seen.scale)).ok_or(Why::Broken)?;
    if seen.length == 0 {
        return Err(Why::Broken);
    }
    if seconds > VIDEO_SECONDS {
        return Err(Why::TooLong);
    }
    film.seconds = u32::try_from(seen.length.div_ceil(u64::from(seen.scale))).map_err(|_| Why::Broken)?;
    Ok(film)
}

fn top<R: Read + Seek>(file: &mut R, at: u64, bytes: u64) -> Result<Box4, Why> {
    let mut head = [0_u8; 16];
    let want = usize::try_from((bytes - at).min(16)).unwrap_or(16);
    file.seek(SeekFrom::Start(at)).map_err(|_| Why::Broken)?;
    file.read_exact(&mut head[..want]).map_err(|_| Why::Truncated)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let (size, head_len) = match be32(&head).ok_or(Why::Broken)? {
        0 => (bytes - at, 8),
        1 if want < 16 => return Err(Why::Truncated),
        1 => (be64(&head[8..]).ok_or(Why::Broken)?, 16),
        n => (u64::from(n), 8),
    };
    if size < head_len {
        return Err(Why::Broken);
    }
    if size > bytes - at {
        return Err(Why::Truncated);
    }
    Ok(Box4 { kind, at, body: at + head_len, end: at + size })
}

fn content<R: Read + Seek>(file: &mut R, b: Box4, max: u64) -> Result<Vec<u8>, Why> {
    let len = b.end - b.body;
    if len > max {
        return Err(Why::Broken);
    }
    let mut out = vec![0_u8; usize::try_from(len).map_err(|_| Why::Broken)?];
    file.seek(SeekFrom::Start(b.body)).map_err(|_| Why::Broken)?;
    file.read_exact(&mut out).map_err(|_| Why::Truncated)?;
    Ok(out)
}

/// What was met on the way.
#[derive(Default)]
struct Seen {
    /// Units a second.
    scale: u32,
    /// Units that it lasts.
    length: u64,
    /// Whether a track shows pictures that browsers show.
    shows: bool,
    /// Size of the track that is read, 16.16.
    size: (u32, u32),
    /// Whether the track that is read shows pictures.
    video: bool,
}

fn walk(bytes: &[u8], base: u64, depth: usize, seen: &mut Seen, film: &mut Film) -> Result<(), Why> {
    if depth > DEPTH {
        return Err(Why::Broken);
    }
    let mut at = 0;
    while at < bytes.len() {
        let (b, end) = inner(bytes, base, at)?;
        let from = usize::try_from(b.body - base).map_err(|_| Why::Broken)?;
        let body = bytes.get(from..end).ok_or(Why::Broken)?;
        match &b.kind {
            b"mvhd" => {
                let (scale, length) = match body.first() {
                    Some(1) => (body.get(20..).and_then(be32), body.get(24..).and_then(be64)),
                    _ => (body.get(12..).and_then(be32), body.get(16..).and_then(be32).map(u64::from)),
                };
                seen.scale = scale.filter(|s| *s > 0).ok_or(Why::Broken)?;
                seen.length = length.ok_or(Why::Broken)?;
            }
            b"trak" => {
                (seen.size, seen.video) = ((0, 0), false);
                walk(body, b.body, depth + 1, seen, film)?;
            }
            b"mdia" | b"minf" | b"stbl" => walk(body, b.body, depth + 1, seen, film)?,
            b"tkhd" => {
                let at = if body.first() == Some(&1) { 88 } else { 76 };
                let side = |n: usize| body.get(n..).and_then(be32).map(|v| v >> 16);
                seen.size = (side(at).ok_or(Why::Broken)?, side(at + 4).ok_or(Why::Broken)?);
            }
            b"mvex" => return Err(Why::Fragmented),
            b"hdlr" => seen.video = body.get(8..12) == Some(b"vide"),
            b"stsd" if seen.video => {
                let coding = body.get(12..16).ok_or(Why::Broken)?;
                if !CODINGS.iter().any(|c| coding == *c) {
                    return Err(Why::NoVideo);
                }
                seen.shows = true;
                (film.width, film.height) = seen.size;
            }
            b"udta" | b"meta" | b"uuid" | b"free" | b"skip" => film.empty.push((b.at, b.end - b.at)),
            _ => {}
        }
        at = end;
    }
    Ok(())
}

/// The first eight bytes of the box that stands where something was emptied.
///
/// # Errors
/// [`Why::Broken`] where the length cannot be written in them: such a box is larger than any file that is taken.
pub fn emptied(len: u64) -> Result<[u8; 8], Why> {
    let len = u32::try_from(len).map_err(|_| Why::Broken)?.to_be_bytes();
    Ok([len[0], len[1], len[2], len[3], b'f', b'r', b'e', b'e'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        out.extend(kind);
        out.extend(body);
        out
    }

    /// A film of so many seconds, as small as one can be.
    fn film(seconds: u32, coding: &[u8; 4]) -> Vec<u8> {
        let mut mvhd = vec![0_u8; 100];
        mvhd[12..16].copy_from_slice(&1_000_u32.to_be_bytes());
        mvhd[16..20].copy_from_slice(&(seconds * 1_000).to_be_bytes());
        let mut tkhd = vec![0_u8; 84];
        tkhd[76..80].copy_from_slice(&(640_u32 << 16).to_be_bytes());
        tkhd[80..84].copy_from_slice(&(360_u32 << 16).to_be_bytes());
        let mut hdlr = vec![0_u8; 24];
        hdlr[8..12].copy_from_slice(b"vide");
        let mut stsd = vec![0_u8; 12];
        stsd.extend(coding);
        stsd.extend([0; 20]);
        let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
        let mdia = boxed(b"mdia", &[boxed(b"hdlr", &hdlr), boxed(b"minf", &stbl)].concat());
        let trak = boxed(b"trak", &[boxed(b"tkhd", &tkhd), mdia].concat());
        let udta = boxed(b"udta", b"+34.7-113.6/");
        let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), trak, udta].concat());
        [boxed(b"ftyp", b"isom\0\0\0\0mp42"), moov, boxed(b"mdat", &[7; 100]), boxed(b"uuid", b"<script>")].concat()
    }

    fn try_read(bytes: &[u8]) -> Result<Film, Why> {
        read(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn a_film_is_read_and_what_it_tells_beside_is_found() {
        let bytes = film(12, b"avc1");
        let f = try_read(&bytes).unwrap();
        assert_eq!((f.width, f.height, f.seconds), (640, 360, 12));
        let kinds: Vec<&[u8]> = f.empty.iter().map(|(at, _)| &bytes[*at as usize + 4..*at as usize + 8]).collect();
        assert_eq!(kinds, [&b"uuid"[..], b"udta"]);
        for (at, len) in f.empty {
            assert_eq!(emptied(len).unwrap()[..4], bytes[at as usize..at as usize + 4]);
        }
    }

    #[test]
    fn what_is_no_film_that_browsers_show_is_refused() {
        let whole = film(12, b"avc1");
        assert_eq!(try_read(&film(301, b"avc1")), Err(Why::TooLong));
        assert_eq!(try_read(&film(12, b"jpeg")), Err(Why::NoVideo));
        let mut quicktime = whole.clone();
        quicktime[8..12].copy_from_slice(b"qt  ");
        quicktime[16..20].copy_from_slice(b"qt  ");
        assert_eq!(try_read(&quicktime), Err(Why::NoVideo));
        // Cut anywhere it is not whole; nothing panics.
        for n in 0..whole.len() - 16 {
            assert!(try_read(&whole[..n]).is_err(), "{n}");
        }
    }

    #[test]
    fn a_film_in_pieces_is_refused_by_name() {
        let whole = film(12, b"avc1");
        for kind in [b"moof", b"sidx", b"mfra", b"styp"] {
            // Where it was made, in a piece.
            let piece = boxed(kind, &boxed(b"traf", &boxed(b"udta", &boxed(b"\xA9xyz", b"+34.7-113.6/"))));
            assert_eq!(try_read(&[whole.clone(), piece].concat()), Err(Why::Fragmented));
        }
        // One that says only that pieces follow.
        let at = whole.windows(4).position(|w| w == b"udta").unwrap();
        let mut announced = whole.clone();
        announced[at..at + 4].copy_from_slice(b"mvex");
        assert_eq!(try_read(&announced), Err(Why::Fragmented));
        assert_eq!(try_read(&film(0, b"avc1")), Err(Why::Broken));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let whole = film(12, b"avc1");
        for at in 0..whole.len() {
            for v in [0_u8, 1, 7, 0x7F, 0xFF] {
                let mut bad = whole.clone();
                bad[at] = v;
                if let Ok(f) = try_read(&bad) {
                    for (at, len) in f.empty {
                        assert!(at + len <= whole.len() as u64);
                    }
                }
            }
        }
        let mut deep = vec![];
        for _ in 0..50 {
            deep = boxed(b"mdia", &deep);
        }
        let bytes = [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"moov", &deep), boxed(b"mdat", &[])].concat();
        assert_eq!(try_read(&bytes), Err(Why::Broken));
    }
}
