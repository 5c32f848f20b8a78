//! Documents are opened to see what is in them; they are kept as they are, and always served to be saved.

use domain::attachment::{Format, PARTS, RATIO, UNFOLDED, Why};
use std::io::{Read, Seek};
use zip::{ZipArchive, result::ZipError};

/// How near its end a PDF says that it ends, bytes.
const PDF_END: usize = 1_024;
/// What in a PDF starts something, where it is written plainly.
const PDF_ACTIVE: [&[u8]; 4] = [b"/JavaScript", b"/Launch", b"/EmbeddedFiles", b"/RichMedia"];
/// Parts whose names say that they start something.
const OFFICE_ACTIVE: [&str; 3] = ["vbaproject", "activex", "vbadata"];
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

/// Which office document an archive is, with all its parts unfolded once within their bounds.
///
/// # Errors
/// [`Why`].
pub fn office<R: Read + Seek>(file: R) -> Result<Format, Why> {
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
