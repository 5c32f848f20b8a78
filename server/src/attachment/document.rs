//! Documents are opened to see what is in them; they are kept as they are, and always served to be saved.

use domain::attachment::{Format, PARTS, RATIO, UNFOLDED, Why};
use std::io::{Read, Seek, SeekFrom};
use zip::{ZipArchive, result::ZipError};

/// How near its end a PDF says that it ends, bytes.
const PDF_END: usize = 1_024;
/// What in a PDF starts something, where it is written plainly.
const PDF_ACTIVE: [&[u8]; 4] = [b"/JavaScript", b"/Launch", b"/EmbeddedFiles", b"/RichMedia"];
/// Parts whose names say that they start something.
const OFFICE_ACTIVE: [&str; 3] = ["vbaproject", "activex", "vbadata"];
/// The end of an archive, bytes: nothing stands behind it in an office document.
const END: u64 = 22;
/// The directory of an archive, bytes at most: it is read whole.
const DIRECTORY: u64 = 4 << 20;
/// Bytes below which a part unfolds as it likes.
const SMALL: u64 = 1 << 20;

/// Looks into a PDF.
///
/// # Errors
/// [`Why`].
pub fn pdf(bytes: &[u8]) -> Result<(), Why> {
    let holds = |text: &[u8], in_: &[u8]| in_.windows(text.len()).any(|w| w == text);
    if !bytes.starts_with(b"%PDF-") {
        return Err(Why::Unknown);
    }
    if !holds(b"%%EOF", &bytes[bytes.len().saturating_sub(PDF_END)..]) {
        return Err(Why::Truncated);
    }
    if PDF_ACTIVE.iter().any(|a| holds(a, bytes)) {
        return Err(Why::Active);
    }
    Ok(())
}

/// Looks at the directory of an archive before its reader does, who keeps all of it in memory, and looks for another where the last one is none:
/// that there is one, that it is small enough, and that it is whole.
fn directory<R: Read + Seek>(file: &mut R) -> Result<(), Why> {
    let all = file.seek(SeekFrom::End(0)).map_err(|_| Why::Broken)?;
    let at = all.checked_sub(END).ok_or(Why::Truncated)?;
    let mut end = [0_u8; END as usize];
    file.seek(SeekFrom::Start(at)).map_err(|_| Why::Broken)?;
    file.read_exact(&mut end).map_err(|_| Why::Truncated)?;
    let two = |b: &[u8], n: usize| u64::from(b[n]) | u64::from(b[n + 1]) << 8;
    let four = |b: &[u8], n: usize| two(b, n) | two(b, n + 2) << 16;
    if end[..4] != *b"PK\x05\x06" || two(&end, 20) != 0 {
        return Err(Why::Truncated);
    }
    let (parts, bytes, from) = (two(&end, 10), four(&end, 12), four(&end, 16));
    if parts > PARTS as u64 || bytes > DIRECTORY {
        return Err(Why::Bomb);
    }
    if from + bytes != at || two(&end, 8) != parts || two(&end, 4) != 0 {
        return Err(Why::Broken);
    }
    let mut all = vec![0_u8; usize::try_from(bytes).map_err(|_| Why::Broken)?];
    file.seek(SeekFrom::Start(from)).map_err(|_| Why::Broken)?;
    file.read_exact(&mut all).map_err(|_| Why::Truncated)?;
    // A pointer to a directory of the long kind, which no document needs.
    if all.len() >= 20 && all[all.len() - 20..].starts_with(b"PK\x06\x07") {
        return Err(Why::Broken);
    }
    let mut rest = all.as_slice();
    for _ in 0..parts {
        if rest.len() < 46 || !rest.starts_with(b"PK\x01\x02") {
            return Err(Why::Broken);
        }
        let len = 46 + two(rest, 28) + two(rest, 30) + two(rest, 32);
        rest = rest.get(usize::try_from(len).map_err(|_| Why::Broken)?..).ok_or(Why::Broken)?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Why::Broken) }
}

/// Which office document an archive is, with all its parts unfolded once within their bounds.
///
/// # Errors
/// [`Why`].
pub fn office<R: Read + Seek>(mut file: R) -> Result<Format, Why> {
    directory(&mut file)?;
    let mut zip = ZipArchive::new(file).map_err(|e| why(&e))?;
    // What stands before an archive makes it something else as well.
    if zip.offset() != 0 {
        return Err(Why::Broken);
    }
    if zip.len() > PARTS {
        return Err(Why::Bomb);
    }
    let format = [
        ("word/document.xml", Format::Docx),
        ("xl/workbook.xml", Format::Xlsx),
        ("ppt/presentation.xml", Format::Pptx),
    ]
    .into_iter()
    .find(|(part, _)| zip.index_for_name(part).is_some())
    .map(|(_, f)| f);
    let (Some(format), true) = (format, zip.index_for_name("[Content_Types].xml").is_some()) else {
        return Err(Why::Unknown);
    };
    let mut all = 0_u64;
    for n in 0..zip.len() {
        let part = zip.by_index(n).map_err(|e| why(&e))?;
        let name = part.name().map_err(|e| why(&e))?.to_lowercase();
        if OFFICE_ACTIVE.iter().any(|a| name.contains(a)) {
            return Err(Why::Active);
        }
        if name.starts_with('/') || name.contains("..") || name.contains('\\') {
            return Err(Why::Broken);
        }
        let types = name == "[content_types].xml";
        let folded = part.compressed_size();
        let most = (UNFOLDED - all).min(if types { SMALL } else { folded.saturating_mul(RATIO).max(SMALL) });
        let mut bounded = part.take(most + 1);
        let read = if types {
            let mut text = vec![];
            let n = bounded.read_to_end(&mut text);
            if text.windows(12).any(|w| w.eq_ignore_ascii_case(b"macroEnabled")) {
                return Err(Why::Active);
            }
            n.map(|n| n as u64)
        } else {
            std::io::copy(&mut bounded, &mut std::io::sink())
        };
        let read = read.map_err(|_| Why::Broken)?;
        if read > most {
            return Err(Why::Bomb);
        }
        all += read;
    }
    Ok(format)
}

fn why(e: &ZipError) -> Why {
    match e {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => Why::Locked,
        ZipError::InvalidArchive(_) => Why::Truncated,
        _ => Why::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut w = ZipWriter::new(Cursor::new(vec![]));
        for (name, body) in parts {
            w.start_file(*name, SimpleFileOptions::default()).unwrap();
            w.write_all(body).unwrap();
        }
        w.finish().unwrap().into_inner()
    }

    fn types() -> (&'static str, Vec<u8>) {
        ("[Content_Types].xml", b"<Types/>".to_vec())
    }

    fn tell(parts: &[(&str, Vec<u8>)]) -> Result<Format, Why> {
        office(Cursor::new(archive(parts)))
    }

    #[test]
    fn office_documents_are_told_apart_by_what_is_in_them() {
        let main = |p: &'static str| (p, b"<x/>".to_vec());
        assert_eq!(tell(&[types(), main("word/document.xml")]), Ok(Format::Docx));
        assert_eq!(tell(&[types(), main("xl/workbook.xml")]), Ok(Format::Xlsx));
        assert_eq!(tell(&[types(), main("ppt/presentation.xml")]), Ok(Format::Pptx));
        assert_eq!(tell(&[main("word/document.xml")]), Err(Why::Unknown));
        assert_eq!(tell(&[types(), main("anything.exe")]), Err(Why::Unknown));
        let workbook = rust_xlsxwriter::Workbook::new().save_to_buffer();
        assert!(workbook.is_err() || office(Cursor::new(workbook.unwrap())) == Ok(Format::Xlsx));
    }

    #[test]
    fn what_starts_something_is_refused() {
        let doc = ("word/document.xml", b"<x/>".to_vec());
        assert_eq!(tell(&[types(), doc.clone(), ("word/vbaProject.bin", vec![1])]), Err(Why::Active));
        let macros = ("[Content_Types].xml", b"application/vnd.ms-word.document.macroEnabled.main+xml".to_vec());
        assert_eq!(tell(&[macros, doc.clone()]), Err(Why::Active));
        assert_eq!(tell(&[types(), doc, ("../../etc/cron.d/x", vec![1])]), Err(Why::Broken));
        assert_eq!(pdf(b"%PDF-1.7 /OpenAction << /S /JavaScript >> %%EOF"), Err(Why::Active));
        assert_eq!(pdf(b"%PDF-1.7 hello %%EOF\n"), Ok(()));
        assert_eq!(pdf(b"%PDF-1.7 hello"), Err(Why::Truncated));
        let mut polyglot = b"%PDF-1.7 %%EOF".to_vec();
        polyglot.extend(vec![b'x'; 5_000]);
        assert_eq!(pdf(&polyglot), Err(Why::Truncated));
        for n in 0..8 {
            assert!(pdf(&b"%PDF-1.7 %%EOF"[..n]).is_err());
        }
    }

    #[test]
    fn bombs_do_not_unfold() {
        let doc = ("word/document.xml", b"<x/>".to_vec());
        assert_eq!(tell(&[types(), doc.clone(), ("word/a.xml", vec![0; 8 << 20])]), Err(Why::Bomb));
        let many: Vec<(String, Vec<u8>)> = (0..PARTS).map(|n| (format!("word/{n}.xml"), vec![])).collect();
        let mut parts: Vec<(&str, Vec<u8>)> = many.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
        parts.extend([types(), doc]);
        assert_eq!(tell(&parts), Err(Why::Bomb));
    }

    #[test]
    fn a_directory_is_bounded_before_it_is_read() {
        // Few parts of long names: 6 MB of directory.
        let long: Vec<String> = (0..100).map(|n| format!("word/{n}{}", "x".repeat(60_000))).collect();
        let mut parts: Vec<(&str, Vec<u8>)> = long.iter().map(|n| (n.as_str(), vec![])).collect();
        parts.extend([types(), ("word/document.xml", b"<x/>".to_vec())]);
        assert_eq!(tell(&parts), Err(Why::Bomb));
        // One that says less of itself than it is, and one in front of another.
        let whole = archive(&[types(), ("word/document.xml", b"<x/>".to_vec())]);
        let end = whole.len() - 22;
        let bent = |at: usize, value: u8| {
            let mut b = whole.clone();
            b[end + at] = value;
            office(Cursor::new(b))
        };
        assert_eq!((bent(8, 1), bent(10, 1), bent(4, 1)), (Err(Why::Broken), Err(Why::Broken), Err(Why::Broken)));
        assert_eq!(bent(11, 0xFF), Err(Why::Bomb));
        assert_eq!(bent(20, 1), Err(Why::Truncated), "nothing stands behind it");
        let mut behind = whole.clone();
        behind.extend(b"tail");
        assert_eq!(office(Cursor::new(behind)), Err(Why::Truncated));
        let mut none = whole.clone();
        none.extend(b"PK\x05\x06");
        none.extend([0; 18]);
        assert_eq!(office(Cursor::new(none)), Err(Why::Broken), "an empty one behind it");
        assert_eq!(office(Cursor::new(whole)), Ok(Format::Docx));
    }

    #[test]
    fn cut_and_bent_archives_are_refused_and_nothing_panics() {
        let whole = archive(&[types(), ("xl/workbook.xml", vec![b'x'; 5_000])]);
        for n in 0..whole.len() {
            assert!(office(Cursor::new(&whole[..n])).is_err(), "{n}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0xA5;
            let _ = office(Cursor::new(bent));
        }
        let mut before = b"%PDF-1.7 ".to_vec();
        before.extend(&whole);
        assert!(office(Cursor::new(before)).is_err());
    }
}
