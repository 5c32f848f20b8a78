//! Bytes of a file into a table of texts, whatever program wrote them.

use super::{
    error::{ImportError, Problem},
    header, sheet, text,
};

/// Largest file, bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Most rows, header and titles included: more than a worksheet of Excel holds.
pub const MAX_ROWS: usize = 1_100_000;
/// Most columns.
pub const MAX_COLUMNS: usize = 200;
/// Longest cell, bytes of UTF-8.
pub const MAX_CELL: usize = 4 << 10;
/// Most cells of a table: 200 columns by 1,100,000 rows would not fit into a server's memory.
pub const MAX_CELLS: usize = 20_000_000;
/// Most text of a table, bytes, and most that a workbook may unpack to: one text shared by a million cells multiplies.
pub const MAX_UNPACKED: u64 = 512 << 20;
/// Notes kept of one file.
const MAX_NOTES: usize = 50;

/// A row as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Line in the text file, or row of the worksheet, from 1.
    pub line: u32,
    /// Cells, trimmed; a row may be shorter or longer than the header.
    pub cells: Vec<String>,
}

/// A table as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The file's name.
    pub name: String,
    /// Column names; a header over two rows is combined.
    pub header: Vec<String>,
    /// Rows below the header, blank ones left out.
    pub rows: Vec<Row>,
    /// Rows above the header: titles and facts about the whole table.
    pub preamble: Vec<Row>,
    /// Encoding of a text file, or `XLSX`.
    pub encoding: &'static str,
    /// Name of the worksheet.
    pub sheet: Option<String>,
    /// Bare day numbers of this workbook count from 1904.
    pub is_1904: bool,
    /// What a reader should know: sheets left out, headers repeated, digits lost.
    pub notes: Vec<String>,
}

/// Rows before the header is known.
#[derive(Default)]
pub(super) struct Grid {
    pub rows: Vec<Row>,
    pub encoding: &'static str,
    pub sheet: Option<String>,
    pub is_1904: bool,
    pub notes: Vec<String>,
    cells: usize,
    text: u64,
}

/// A limit that was crossed.
pub(super) fn over(zh: &'static str, en: &'static str, max: usize, found: usize, line: Option<u64>) -> Problem {
    Problem::Limit { zh, en, max: max as u64, found: found as u64, line }
}

impl Grid {
    /// Without rows.
    pub fn of(encoding: &'static str, is_1904: bool) -> Self {
        Self { encoding, is_1904, ..Self::default() }
    }

    /// Adds a row, unless it is blank.
    pub fn push(&mut self, line: u64, mut cells: Vec<String>) -> Result<(), Problem> {
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > MAX_COLUMNS {
            return Err(over("列数", "columns", MAX_COLUMNS, cells.len(), Some(line)));
        }
        self.cells += cells.len();
        self.text += cells.iter().map(|c| c.len() as u64).sum::<u64>();
        if self.rows.len() >= MAX_ROWS {
            return Err(over("行数", "rows", MAX_ROWS, 0, None));
        }
        if self.cells > MAX_CELLS {
            return Err(over("单元格数", "cells", MAX_CELLS, 0, Some(line)));
        }
        if self.text > MAX_UNPACKED {
            return Err(Problem::Limit {
                zh: "文字总量",
                en: "bytes of text",
                max: MAX_UNPACKED,
                found: 0,
                line: Some(line),
            });
        }
        self.rows.push(Row { line: u32::try_from(line).unwrap_or(u32::MAX), cells });
        Ok(())
    }

    /// Adds a note, up to a number that a person reads.
    pub fn note(&mut self, note: String) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        }
    }
}

/// A cell as it enters the table: without control characters, trimmed, and in half-width forms where it is all digits,
/// Latin letters and signs. Chinese text keeps its own punctuation: it is somebody's words.
pub(crate) fn clean(cell: &str, line: u64) -> Result<String, Problem> {
    if cell.len() > MAX_CELL {
        return Err(over("单元格字节数", "bytes of a cell", MAX_CELL, cell.len(), Some(line)));
    }
    // Nearly all cells; a table of a million rows has many.
    if cell.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Ok(cell.trim().to_owned());
    }
    let plain: String = cell
        .chars()
        .filter(
            |c| !matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'),
        )
        .map(|c| if c.is_control() || c == '\u{A0}' { ' ' } else { c })
        .collect();
    let half = domain::codes::half_width(&plain);
    let out = if half.is_ascii() { half.trim() } else { plain.trim_matches(|c: char| c.is_whitespace()) };
    Ok(out.to_owned())
}

fn workbook_of_old(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
}

/// What the first bytes say about a file that is neither text nor XLSX.
fn refused(bytes: &[u8]) -> Option<Problem> {
    // The old binary format states sizes that its reader allocates before it checks them: a hostile file of a few
    // bytes would end the process, so it is turned away with the way out.
    if workbook_of_old(bytes) {
        return Some(Problem::NotATable(
            "旧版 .xls 或加密的工作簿：请在 Excel/WPS 中另存为不加密的 .xlsx 或 CSV",
            "an old .xls or an encrypted workbook: save it as an unencrypted .xlsx or as CSV",
        ));
    }
    let head: String = bytes.iter().take(512).map(|b| b.to_ascii_lowercase() as char).collect();
    let head = head.trim_start_matches("\u{EF}\u{BB}\u{BF}").trim_start();
    if ["<html", "<table", "<!doctype", "<?xml", "<head", "<meta"].iter().any(|p| head.starts_with(p)) {
        return Some(Problem::NotATable(
            "内容是网页或 XML：请用 Excel/WPS 打开后另存为 .xlsx 或 CSV",
            "the content is HTML or XML: open it in a spreadsheet and save it as .xlsx or CSV",
        ));
    }
    if head.starts_with("%pdf") {
        return Some(Problem::NotATable("内容是 PDF，不是表格", "the content is PDF, not a table"));
    }
    None
}

/// Reads a CSV or XLSX file. The content decides which it is, not the name.
///
/// # Errors
/// When the file is no table, is damaged or crosses a limit; the limit is named.
pub fn read_table(bytes: &[u8], name: &str) -> Result<Table, ImportError> {
    grid(bytes).and_then(|g| header::split(g, name)).map_err(|p| p.of(name))
}

fn grid(bytes: &[u8]) -> Result<Grid, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(over("文件字节数", "bytes of the file", MAX_BYTES, bytes.len(), None));
    }
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if let Some(p) = refused(bytes) {
        return Err(p);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        sheet::grid(bytes)
    } else {
        text::grid(bytes)
    }
}
