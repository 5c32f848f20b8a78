//! Text files: encoding, separator, records.

use super::{
    error::Problem,
    read::{Grid, MAX_CELL, MAX_COLUMNS, clean, over},
};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Separators, in the order in which a tie is decided.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];
/// Lines looked at to find the separator.
const SAMPLE: usize = 50;

/// Decodes, or says that no encoding fits. GBK is a subset of GB18030.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, &'static str), Problem> {
    let strict =
        |e: &'static Encoding, b| e.decode_without_bom_handling_and_without_replacement(b).ok_or(Problem::Encoding);
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return Ok((strict(UTF_8, rest)?, "UTF-8 BOM"));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return Ok((strict(UTF_16LE, rest)?, "UTF-16LE"));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return Ok((strict(UTF_16BE, rest)?, "UTF-16BE"));
    }
    match std::str::from_utf8(bytes) {
        Ok(t) => Ok((Cow::Borrowed(t), "UTF-8")),
        Err(_) => Ok((strict(GB18030, bytes)?, "GB18030")),
    }
}

/// Characters that no text file holds. Tab and the line ends are text; 0x1A ended files under DOS.
fn is_binary(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1A}')
}

/// The separator that occurs the same number of times on the most lines: a comma inside an address does not.
fn separator(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(SAMPLE).collect();
    let score = |sep: u8| {
        let counts: Vec<usize> = lines
            .iter()
            .map(|l| {
                let mut quoted = false;
                l.bytes()
                    .filter(|&b| {
                        quoted ^= b == b'"';
                        b == sep && !quoted
                    })
                    .count()
            })
            .collect();
        counts.iter().filter(|&&n| n > 0).map(|&n| n * counts.iter().filter(|&&m| m == n).count()).max().unwrap_or(0)
    };
    // `max_by_key` takes the last of equals, so the order is turned round.
    SEPARATORS.into_iter().rev().max_by_key(|&s| score(s)).unwrap_or(b',')
}

/// The records of a text file.
pub(super) fn grid(bytes: &[u8]) -> Result<Grid, Problem> {
    let (text, encoding) = decode(bytes)?;
    if text.chars().any(is_binary) {
        return Err(Problem::NotATable(
            "含有二进制字符，不是文本表格（UTF-16 须带 BOM）",
            "holds binary characters and is no text table; UTF-16 needs a BOM",
        ));
    }
    // Files of old Macs end lines with CR alone; the line numbers below count LF.
    let text = if text.contains('\r') && !text.contains('\n') { Cow::Owned(text.replace('\r', "\n")) } else { text };
    let text = text.trim_end_matches('\u{1A}');
    // Excel's own hint; what it says is obeyed.
    let (sep, hinted) = match text.lines().next().and_then(|l| l.trim_end().strip_prefix("sep=")) {
        Some(s) if s.len() == 1 => (s.as_bytes()[0], true),
        _ => (separator(text), false),
    };

    // The reader keeps a whole record in memory: a line of more separators than allowed columns of allowed length can
    // hold is turned away before it.
    for (i, l) in text.lines().enumerate().filter(|(_, l)| l.len() > MAX_COLUMNS * MAX_CELL) {
        let n = l.bytes().filter(|b| *b == sep).count();
        if n > MAX_COLUMNS * MAX_CELL {
            return Err(over("列数", "columns", MAX_COLUMNS, n, Some(i as u64 + 1)));
        }
    }

    let mut out = Grid::of(encoding, false);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(sep).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut first = true;
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => return Err(Problem::Workbook(domain::clock::clip(&e.to_string()))),
        }
        let (line, start) = start_of(text, record.position());
        if std::mem::take(&mut first) && hinted {
            continue;
        }
        // An open quote swallows every row after it. Only the last record can hold one.
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        if end >= text.len()
            && record.iter().any(|c| c.contains('\n'))
            && text.get(start..).is_some_and(|t| t.matches('"').count() % 2 == 1)
        {
            return Err(Problem::OpenQuote { line });
        }
        let width =
            (0..record.len()).rfind(|&i| record.get(i).is_some_and(|c| !c.trim().is_empty())).map_or(0, |i| i + 1);
        if width > MAX_COLUMNS {
            return Err(over("列数", "columns", MAX_COLUMNS, width, Some(line)));
        }
        let cells = record.iter().take(width).map(|c| clean(c, line)).collect::<Result<_, _>>()?;
        out.push(line, cells)?;
    }
    Ok(out)
}

/// Line and byte of a record. The reader's position stands before blank lines that it skips; they count as lines.
fn start_of(text: &str, position: Option<&csv::Position>) -> (u64, usize) {
    let Some(p) = position else { return (0, 0) };
    let mut byte = usize::try_from(p.byte()).unwrap_or(usize::MAX);
    let mut line = p.line();
    while let Some(b @ (b'\r' | b'\n')) = text.as_bytes().get(byte) {
        line += u64::from(*b == b'\n');
        byte += 1;
    }
    (line, byte)
}
