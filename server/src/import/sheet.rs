//! XLSX workbooks.

use super::{
    error::Problem,
    read::{Grid, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, clean, over},
};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Parts that one workbook may have.
const MAX_PARTS: usize = 10_000;
/// How much of the shared texts is looked at for their count, which stands in the first element.
const HEAD: u64 = 64 << 10;
/// Digits that Excel keeps of a number.
const EXCEL_DIGITS: f64 = 1e15;

fn broken(e: impl std::fmt::Display) -> Problem {
    let why: String = e.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    Problem::Workbook(why)
}

/// The cells of the first worksheet that holds any.
pub(super) fn grid(bytes: &[u8]) -> Result<Grid, Problem> {
    inspect(bytes)?;
    // The reader indexes and computes with numbers from the file; in a debug build an overflow there panics. A bad file
    // must not take down the process, so a panic becomes an error. Nothing is shared with the closure that it could
    // leave half-changed.
    catch_unwind(AssertUnwindSafe(|| parse(bytes)))
        .unwrap_or_else(|_| Err(Problem::Workbook("内容自相矛盾 (its content contradicts itself)".into())))
}

/// Turns away what would unpack to more than the limit, before anything is unpacked. An archive may lie about its sizes:
/// the unpacker itself stops a part where it exceeds the size it declares.
fn inspect(bytes: &[u8]) -> Result<(), Problem> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if zip.len() > MAX_PARTS {
        return Err(over("压缩包内文件数", "parts of the workbook", MAX_PARTS, zip.len(), None));
    }
    let mut declared = 0u64;
    for i in 0..zip.len() {
        declared = declared.saturating_add(zip.by_index(i).map_err(broken)?.size());
    }
    if declared > MAX_UNPACKED {
        return Err(Problem::Limit {
            zh: "解压后字节数",
            en: "unpacked bytes",
            max: MAX_UNPACKED,
            found: declared,
            line: None,
        });
    }
    for i in 0..zip.len() {
        let part = zip.by_index(i).map_err(broken)?;
        if part.name().map_err(broken)?.to_ascii_lowercase().ends_with("sharedstrings.xml") {
            let size = part.size();
            let mut head = Vec::new();
            part.take(HEAD).read_to_end(&mut head).map_err(broken)?;
            check_count(&head, size)?;
        }
    }
    Ok(())
}

/// The reader reserves memory for as many shared texts as the file says it holds; a false number would end the process.
/// Each takes at least the five bytes of `<si/>`.
fn check_count(head: &[u8], size: u64) -> Result<(), Problem> {
    let head = String::from_utf8_lossy(head);
    if !head.contains("<sst") && !head.contains(":sst") {
        return Err(broken("sharedStrings.xml"));
    }
    for rest in head.split("uniqueCount").skip(1) {
        let value: String = rest
            .trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\''])
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if value.parse::<u64>().is_ok_and(|n| n > size) || value.len() > 12 {
            return Err(broken(format!("uniqueCount={}", domain::clock::clip(&value))));
        }
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<Grid, Problem> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let mut sheets: Vec<_> = book.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).cloned().collect();
    // A hidden sheet is somebody's helper; it is read only when nothing else holds a cell. The sort is stable.
    sheets.sort_by_key(|s| s.visible != SheetVisible::Visible);
    let mut out = Grid::of("XLSX", book.has_1904_epoch());
    for s in &sheets {
        if out.sheet.is_none() {
            read_sheet(&mut book, &s.name, &mut out)?;
            if !out.rows.is_empty() {
                out.sheet = Some(s.name.clone());
            }
        } else if has_cells(&mut book, &s.name) {
            out.note(format!("工作表「{0}」未读取 (worksheet \"{0}\" was not read)", domain::clock::clip(&s.name)));
        }
    }
    if sheets.is_empty() { Err(broken("没有工作表 (no worksheet)")) } else { Ok(out) }
}

fn has_cells(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> bool {
    let Ok(mut reader) = book.worksheet_cells_reader(sheet) else { return false };
    while let Ok(Some(cell)) = reader.next_cell() {
        if *cell.get_value() != DataRef::Empty {
            return true;
        }
    }
    false
}

/// Streams the cells: the reader's own ranges allocate the whole rectangle between the outermost two, which two cells of
/// a hostile file make larger than any memory.
fn read_sheet(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, out: &mut Grid) -> Result<(), Problem> {
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut rounded = Vec::new();
    let (mut cells, mut size) = (0usize, 0u64);
    let mut reader = book.worksheet_cells_reader(sheet).map_err(broken)?;
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let (line, column) = (u64::from(row) + 1, column as usize);
        let text = value(cell.get_value(), line)?;
        if text.is_empty() {
            continue;
        }
        if row as usize >= MAX_ROWS {
            return Err(over("行数", "rows", MAX_ROWS, row as usize + 1, None));
        }
        if column >= MAX_COLUMNS {
            return Err(over("列数", "columns", MAX_COLUMNS, column + 1, Some(line)));
        }
        if matches!(cell.get_value(), DataRef::Float(v) if v.abs() >= EXCEL_DIGITS) && rounded.len() < 10 {
            rounded.push(line);
        }
        let width = rows.entry(row).or_default();
        if width.len() <= column {
            cells += column + 1 - width.len();
            width.resize(column + 1, String::new());
        }
        size += text.len() as u64;
        if cells > MAX_CELLS {
            return Err(over("单元格数", "cells", MAX_CELLS, 0, Some(line)));
        }
        if size > MAX_UNPACKED {
            return Err(Problem::Limit {
                zh: "文字总量",
                en: "bytes of text",
                max: MAX_UNPACKED,
                found: 0,
                line: Some(line),
            });
        }
        width[column] = text;
    }
    for line in rounded {
        out.note(format!(
            "第 {line} 行有超过 15 位的数字，Excel 已丢失末位：编号应存为文本 \
             (row {line}: a number of more than 15 digits has lost its last ones in Excel; keep codes as text)"
        ));
    }
    for (row, cells) in rows {
        out.push(u64::from(row) + 1, cells)?;
    }
    Ok(())
}

/// A cell as text: dates in ISO form, numbers in plain digits. A formula counts by its stored result.
fn value(v: &DataRef<'_>, line: u64) -> Result<String, Problem> {
    Ok(match v {
        DataRef::Empty => String::new(),
        DataRef::String(s) => clean(s, line)?,
        DataRef::SharedString(s) => clean(s, line)?,
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => clean(s, line)?,
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(f) => number(*f),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(d) => date(*d),
        DataRef::Error(e) => e.to_string(),
    })
}

/// Plain digits: no `.0`, no exponent.
fn number(f: f64) -> String {
    let mut t = format!("{f}");
    // Rust prints a float without an exponent, so the largest takes 309 digits.
    t.truncate(MAX_CELL);
    t
}

/// A date cell as `2009-03-01`, with its time where it has one.
fn date(d: ExcelDateTime) -> String {
    let serial = d.as_f64();
    if d.is_duration() || !(0.0..2_958_466.0).contains(&serial) {
        return number(serial);
    }
    let (y, mo, day, h, mi, s, ms) = d.to_ymd_hms_milli();
    let (h, mi, s) = settle(h, mi, s, ms);
    let time = if s == 0 { format!("{h:02}:{mi:02}") } else { format!("{h:02}:{mi:02}:{s:02}") };
    if serial < 1.0 {
        time
    } else if (h, mi, s) == (0, 0, 0) {
        format!("{y:04}-{mo:02}-{day:02}")
    } else {
        format!("{y:04}-{mo:02}-{day:02} {time}")
    }
}

/// Rounds to the second within the day: a time of day is stored as a fraction and may miss its second by a millisecond.
fn settle(h: u8, mi: u8, s: u8, ms: u16) -> (u8, u8, u8) {
    let t = (u32::from(h) * 3600 + u32::from(mi) * 60 + u32::from(s) + u32::from(ms >= 500)).min(86_399);
    let part = |n: u32| u8::try_from(n).unwrap_or(0);
    (part(t / 3600), part(t / 60 % 60), part(t % 60))
}
