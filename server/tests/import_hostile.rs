//! Files made to break the reader: each gives a clear error or a table, none a panic, none more memory than its limit.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use server::import::{MAX_BYTES, MAX_CELL, MAX_COLUMNS, Problem, read_table};
use std::io::{Cursor, Write};

fn problem(bytes: &[u8]) -> Problem {
    let e = read_table(bytes, "t").unwrap_err();
    assert!(e.to_string().is_ascii() || e.to_string().contains('('), "both languages: {e}");
    e.problem
}

fn is_limit(p: &Problem, name: &str) -> bool {
    matches!(p, Problem::Limit { en, .. } if en.contains(name))
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for c in 0..3 {
        sheet.write(0, c, format!("h{c}")).unwrap();
        sheet.write(1, c, format!("v{c}")).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The workbook with one part replaced.
fn with_part(name: &str, content: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(workbook())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for i in 0..from.len() {
        let part = from.by_index_raw(i).unwrap();
        if part.name().unwrap() != name {
            to.raw_copy_file(part).unwrap();
        }
    }
    to.start_file(name, options).unwrap();
    to.write_all(content).unwrap();
    to.finish().unwrap().into_inner()
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn with_cells(cells: &str) -> Vec<u8> {
    with_part(
        SHEET,
        format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>{cells}</sheetData></worksheet>"#
        )
        .as_bytes(),
    )
}

fn inline(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn nothing_and_hardly_anything() {
    assert_eq!(problem(b""), Problem::Empty);
    assert_eq!(problem(b"\n\r\n ,,,\n"), Problem::Empty);
    assert_eq!(problem("\u{FEFF}".as_bytes()), Problem::Empty);
    assert_eq!(problem("电子标签号,气瓶钢印号\r\n".as_bytes()), Problem::NoRows);
    assert_eq!(problem(b"a"), Problem::NoRows);
    let mut book = Workbook::new();
    book.add_worksheet();
    assert_eq!(problem(&book.save_to_buffer().unwrap()), Problem::Empty);
}

#[test]
fn what_is_no_table() {
    let garbage: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for bytes in [
        &garbage[..],
        b"a,b\n1,\0\n",
        b"<html><table><tr><td>1</td></tr></table>",
        b"\xEF\xBB\xBF <?xml version='1.0'?><Workbook/>",
        b"%PDF-1.7",
        &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0],
        b"\x7FELF\x02\x01\x01\0",
    ] {
        let p = problem(bytes);
        assert!(matches!(p, Problem::NotATable(..) | Problem::Encoding), "{p}");
    }
    assert_eq!(problem(b"a,b\n\x81,2\n"), Problem::Encoding);
    assert_eq!(problem(&[0xFF, 0xFE, b'a', 0, 0x00]), Problem::Encoding, "half a character");
}

#[test]
fn text_over_the_limits() {
    assert!(is_limit(&problem(&vec![b'a'; MAX_BYTES + 1]), "file"));
    let huge = [b"a,b\n1,".as_slice(), &vec![b'x'; 5 << 20]].concat();
    assert!(is_limit(&problem(&huge), "cell"));
    assert!(is_limit(&problem(format!("a,b\n1,{}\n", "x".repeat(MAX_CELL + 1)).as_bytes()), "cell"));
    assert!(read_table(format!("a,b\n1,{}\n", "x".repeat(MAX_CELL)).as_bytes(), "t").is_ok());
    assert!(is_limit(&problem(format!("a{}\n1\n", ",a".repeat(MAX_COLUMNS)).as_bytes()), "columns"));
    assert!(is_limit(&problem("1,2\n".repeat(1_100_001).as_bytes()), "rows"));
    assert!(is_limit(&problem(format!("{}1\n", ",".repeat(199)).repeat(110_000).as_bytes()), "cells"));
    // Sixty million separators on one line are no columns of a table; a thousand too many at its end are an old habit.
    assert!(is_limit(&problem(&vec![b','; 60 << 20]), "columns"));
    assert_eq!(read_table(format!("a,b\n1,2{}\n", ",".repeat(1_000)).as_bytes(), "t").unwrap().rows[0].cells.len(), 2);
}

#[test]
fn ten_thousand_ragged_rows_are_all_kept() {
    let text: String = (0..10_000).map(|i| format!("{}\n", vec![i.to_string(); 1 + i % 37].join(","))).collect();
    let t = read_table(format!("a,b,c\n{text}").as_bytes(), "t").unwrap();
    // The widest row stands for the header where no word is known; nothing is lost all the same.
    assert_eq!(t.preamble.len() + 1 + t.rows.len(), 10_001);
    let t = read_table(format!("电子标签号,气瓶钢印号\n{text}").as_bytes(), "t").unwrap();
    assert_eq!(t.rows.len(), 10_000);
}

#[test]
fn damaged_workbooks() {
    let book = workbook();
    assert!(read_table(&book, "t").is_ok());
    for n in [4, 30, book.len() / 2, book.len() - 1] {
        assert!(matches!(problem(&book[..n]), Problem::Workbook(_)), "cut at {n}");
    }
    for name in
        [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml", "_rels/.rels"]
    {
        for content in
            [&b""[..], b"<", b"<a><b></a>", b"\xFF\xFE\0\0", b"<worksheet><sheetData><row r='99999999999999'>"]
        {
            // Some parts may be missing; none may panic.
            let _ = read_table(&with_part(name, content), "t");
        }
    }
    let mut bytes = zip::ZipWriter::new(Cursor::new(Vec::new()));
    bytes.start_file("readme.txt", zip::write::SimpleFileOptions::default()).unwrap();
    assert!(matches!(problem(&bytes.finish().unwrap().into_inner()), Problem::Workbook(_)));
}

#[test]
fn zip_bombs() {
    // Declares a gigabyte: refused before a byte is unpacked.
    let mut book = with_part("xl/sharedStrings.xml", &vec![b' '; 4096]);
    let at = book.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    book[at + 24..at + 28].copy_from_slice(&(1u32 << 30).to_le_bytes());
    let p = problem(&book);
    assert!(is_limit(&p, "unpacked"), "{p}");

    // Declares next to nothing: stopped as soon as it unpacks to more.
    let mut book = with_cells(&format!("<row>{}</row>", inline("A1", &"x".repeat(8 << 20))));
    let at = book.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    book[at + 24..at + 28].copy_from_slice(&4096u32.to_le_bytes());
    let p = problem(&book);
    assert!(matches!(&p, Problem::Workbook(why) if why.contains("declared")), "{p}");
}

#[test]
fn workbooks_that_promise_too_much() {
    // A shared-string count for which no memory suffices.
    for n in ["99999999999", "18446744073709551615"] {
        let sst = format!(r#"<?xml version="1.0"?><sst uniqueCount="{n}"><si><t>x</t></si></sst>"#);
        assert!(matches!(problem(&with_part("xl/sharedStrings.xml", sst.as_bytes())), Problem::Workbook(_)), "{n}");
    }
    // Two cells at opposite corners: a rectangle of 17 thousand million cells.
    assert!(is_limit(
        &problem(&with_cells(&format!("<row>{}{}</row>", inline("A1", "x"), inline("XFD1048576", "y")))),
        "columns"
    ));
    assert!(is_limit(&problem(&with_cells(&format!("<row>{}</row>", inline("A4000000", "y")))), "rows"));
    assert!(is_limit(&problem(&with_cells(&format!("<row>{}</row>", inline("A1", &"x".repeat(5 << 20))))), "cell"));
    // Rows out of order are sorted, not lost; references that overflow are an error.
    let rows = format!("<row>{}</row><row>{}</row>", inline("A9", "v"), inline("A2", "h"));
    let t = read_table(&with_cells(&rows), "t").unwrap();
    assert_eq!((t.header, t.rows[0].line), (vec!["h".to_owned()], 9));
    for at in ["A99999999999999", "ZZZZZZZZZZZZ1", "A", "1", "", "号1", "A0"] {
        let _ = read_table(&with_cells(&format!("<row>{}{}</row>", inline("A1", "h"), inline(at, "v"))), "t");
    }
    // A shared string that is not there, a style that is not there, numbers that are none.
    for c in [
        r#"<c r="A2" t="s"><v>999999</v></c>"#,
        r#"<c r="A2" s="9999"><v>1e999</v></c>"#,
        r#"<c r="A2"><v>abc</v></c>"#,
        r#"<c r="A2" t="d"><v>never</v></c>"#,
    ] {
        let _ = read_table(&with_cells(&format!("<row>{}</row><row>{c}</row>", inline("A1", "h"))), "t");
    }
}

#[test]
fn cells_that_look_like_programs_stay_text() {
    let t = read_table(b"a,b\n=1+1,@SUM(A1)\n\"=HYPERLINK(\"\"http://x\"\")\",-2+3\n", "t").unwrap();
    assert_eq!(t.rows[0].cells, ["=1+1", "@SUM(A1)"]);
    assert_eq!(t.rows[1].cells, ["=HYPERLINK(\"http://x\")", "-2+3"]);
    let t = read_table("a,b\n\u{202E}12\u{200B}3,x\ty\n".as_bytes(), "t").unwrap();
    assert_eq!(t.rows[0].cells, ["123", "x y"], "characters that hide or turn text are gone");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read_table(&bytes, "t");
    }

    #[test]
    fn no_text_panics_and_no_row_is_lost(lines in proptest::collection::vec("[a-z号,;\t０-９]{0,40}", 1..40)) {
        let text = lines.join("\n");
        if let Ok(t) = read_table(text.as_bytes(), "t") {
            let kept = t.preamble.len() + t.rows.len();
            let full = lines.iter().filter(|l| l.chars().any(|c| !matches!(c, ',' | ';' | '\t'))).count();
            // One or two header rows; rows equal to the header are named in the notes.
            prop_assert!(kept + 2 + t.notes.len() >= full, "{kept} of {full}");
        }
    }

    #[test]
    fn no_flipped_byte_of_a_workbook_panics(at in 0usize..5_000, to in any::<u8>()) {
        let mut book = workbook();
        let n = book.len();
        book[at % n] = to;
        let _ = read_table(&book, "t");
    }
}
