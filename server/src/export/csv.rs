//! Rows as CSV: UTF-8 with a byte order mark, as spreadsheet programs want it, and lines as RFC 4180 has them.

use super::harmless;
use data::export::Cell;
use std::fmt::Write;

/// What a file begins with.
const MARK: &str = "\u{feff}";

/// The head of a file.
pub fn head(columns: &[&str]) -> Vec<u8> {
    let mut out = String::from(MARK);
    for (i, c) in columns.iter().enumerate() {
        comma(&mut out, i);
        text(&mut out, c);
    }
    out.push_str("\r\n");
    out.into_bytes()
}

/// The lines of rows.
pub fn lines(rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut out = String::with_capacity(rows.len() * 256);
    for row in rows {
        for (i, cell) in row.iter().enumerate() {
            comma(&mut out, i);
            match cell {
                Cell::Empty => {}
                Cell::Text(t) => text(&mut out, t),
                // Writing to a string does not fail.
                Cell::Number(n) => {
                    let _ = write!(out, "{n}");
                }
                Cell::Thousandths(n) => {
                    let _ = write!(out, "{}", super::Thousandths(*n));
                }
            }
        }
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn comma(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

fn text(out: &mut String, text: &str) {
    let quoted = text.contains(['"', ',', '\r', '\n']);
    if quoted {
        out.push('"');
    }
    if !harmless(text) {
        out.push('\'');
    }
    if quoted {
        text.split_inclusive('"').for_each(|part| {
            out.push_str(part);
            if part.ends_with('"') {
                out.push('"');
            }
        });
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_back_what_was_written_and_no_formula() {
        let hard = ["a,b", "say \"x\"", "two\r\nlines", "", "中文", "'quoted", "plain"];
        let formulas = ["=1+1", "+1", "-1", "@A1", "\tx", "\rx", "=HYPERLINK(\"http://x\",\"y\")"];
        let rows: Vec<Vec<Cell>> =
            [&hard[..], &formulas[..]].iter().map(|r| r.iter().map(|t| Cell::text(*t)).collect()).collect();
        let mut bytes = head(&["一", "2", "3", "4", "5", "6", "7"]);
        bytes.extend(lines(&rows));
        assert_eq!(&bytes[..3], [0xEF, 0xBB, 0xBF]);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[3..]);
        let back: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(back[0][0], "一");
        assert_eq!(back[1], hard);
        assert_eq!(back[2], formulas.map(|f| format!("'{f}")));
    }

    #[test]
    fn numbers_are_numbers() {
        let row = vec![
            Cell::Number(-5),
            Cell::Thousandths(16_400),
            Cell::Thousandths(-1),
            Cell::Thousandths(35_000),
            Cell::Empty,
        ];
        assert_eq!(String::from_utf8(lines(&[row])).unwrap(), "-5,16.4,-0.001,35,\r\n");
    }
}
