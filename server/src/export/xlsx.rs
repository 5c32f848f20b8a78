//! Rows as an Office Open XML workbook (ISO/IEC 29500), written page by page. A sheet ends where spreadsheet programs do; what is more
//! goes on in another.

use super::{
    harmless,
    zip::{Entry, TooLarge, directory},
};
use data::export::Cell;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Rows of a sheet, its head included (ISO/IEC 29500 as programs implement it).
pub const SHEET: u64 = 1_048_576;
const NS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
/// Longest text of a cell, characters.
const TEXT: usize = 32_767;

/// A workbook that is being written: all that must be known to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    done: Vec<Entry>,
    open: Option<Entry>,
    /// Rows in the open sheet.
    rows: u64,
}

impl Book {
    /// Adds rows behind `offset` bytes of the file. `most` are the rows of a sheet.
    pub fn rows(&mut self, columns: &[&str], rows: &[Vec<Cell>], offset: u64, most: u64) -> Result<Vec<u8>, TooLarge> {
        let mut out = Vec::new();
        let mut rows = rows;
        while !rows.is_empty() {
            let (mut sheet, mut xml) = self.sheet(columns, offset, &mut out);
            let fit = usize::try_from(most.saturating_sub(self.rows)).unwrap_or(usize::MAX).min(rows.len());
            let (now, later) = rows.split_at(fit);
            now.iter().for_each(|r| self.row(&mut xml, r, 0));
            rows = later;
            let full = self.rows >= most;
            if full {
                xml.push_str("</sheetData></worksheet>");
            }
            sheet.write(xml.as_bytes(), full, &mut out)?;
            if full {
                self.done.push(sheet);
            } else {
                self.open = Some(sheet);
            }
        }
        Ok(out)
    }

    /// Ends the file.
    pub fn end(&mut self, title: &str, columns: &[&str], offset: u64) -> Result<Vec<u8>, TooLarge> {
        let mut out = Vec::new();
        if self.open.is_some() || self.done.is_empty() {
            let (mut sheet, mut xml) = self.sheet(columns, offset, &mut out);
            xml.push_str("</sheetData></worksheet>");
            sheet.write(xml.as_bytes(), true, &mut out)?;
            self.done.push(sheet);
        }
        let sheets = self.done.len();
        for (name, content) in parts(title, sheets) {
            let mut e = Entry::begin(name.into(), offset + out.len() as u64, &mut out);
            e.write(content.as_bytes(), true, &mut out)?;
            self.done.push(e);
        }
        out.extend(directory(&self.done, offset + out.len() as u64)?);
        Ok(out)
    }

    /// The open sheet, or a new one with its head.
    fn sheet(&mut self, columns: &[&str], offset: u64, out: &mut Vec<u8>) -> (Entry, String) {
        if let Some(open) = self.open.take() {
            return (open, String::with_capacity(1 << 20));
        }
        let name = format!("xl/worksheets/sheet{}.xml", self.done.len() + 1);
        let entry = Entry::begin(name, offset + out.len() as u64, out);
        let mut xml = format!(
            "{HEAD}<worksheet xmlns=\"{NS}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
             activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"{}\" width=\"16\" \
             customWidth=\"1\"/></cols><sheetData>",
            columns.len().max(1)
        );
        self.rows = 0;
        let head: Vec<Cell> = columns.iter().map(|c| Cell::text(*c)).collect();
        self.row(&mut xml, &head, 1);
        (entry, xml)
    }

    fn row(&mut self, xml: &mut String, cells: &[Cell], style: u8) {
        self.rows += 1;
        // Writing to a string does not fail.
        let _ = write!(xml, "<row r=\"{}\">", self.rows);
        for c in cells {
            match c {
                Cell::Empty => xml.push_str("<c/>"),
                Cell::Text(t) => {
                    // 2: shown as text, whatever it begins with.
                    let style = if harmless(t) { style } else { 2 };
                    match style {
                        0 => xml.push_str("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">"),
                        s => {
                            let _ = write!(xml, "<c s=\"{s}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
                        }
                    }
                    text(xml, t);
                    xml.push_str("</t></is></c>");
                }
                Cell::Number(n) => {
                    let _ = write!(xml, "<c><v>{n}</v></c>");
                }
                Cell::Thousandths(n) => {
                    let _ = write!(xml, "<c><v>{}</v></c>", super::Thousandths(*n));
                }
            }
        }
        xml.push_str("</row>");
    }
}

/// A text, escaped; what XML cannot hold is written as programs of this format write it, `_x0007_`.
fn text(xml: &mut String, text: &str) {
    for (i, c) in text.char_indices() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\t' | '\n' => xml.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(xml, "_x{:04X}_", c as u32);
            }
            '_' if escaped(&text[i..]) => xml.push_str("_x005F_"),
            c if i < TEXT => xml.push(c),
            // Bytes beyond the longest text; it is a text of a person, not of an archive.
            _ => return,
        }
    }
}

/// Whether a text begins with what a reader would take for an escape.
fn escaped(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 7 && b[1] == b'x' && b[6] == b'_' && b[2..6].iter().all(u8::is_ascii_hexdigit)
}

/// Everything of the workbook beside its sheets.
fn parts(title: &str, sheets: usize) -> Vec<(&'static str, String)> {
    let mut types = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override \
         PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/>"
    );
    let mut book = format!("{HEAD}<workbook xmlns=\"{NS}\" xmlns:r=\"{REL}\"><sheets>");
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut rels = format!("{HEAD}<Relationships xmlns=\"{package}\">");
    for n in 1..=sheets {
        let mut name = String::new();
        text(&mut name, title);
        let name = if n == 1 { name } else { format!("{name} {n}") }.replace('"', "&quot;");
        let _ = write!(
            types,
            "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" \
             ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        );
        let _ = write!(book, "<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>");
        let _ =
            write!(rels, "<Relationship Id=\"rId{n}\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>");
    }
    types.push_str("</Types>");
    book.push_str("</sheets></workbook>");
    let _ = write!(
        rels,
        "<Relationship Id=\"rId{}\" Type=\"{REL}/styles\" Target=\"styles.xml\"/></Relationships>",
        sheets + 1
    );
    let styles = format!(
        "{HEAD}<styleSheet xmlns=\"{NS}\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz \
         val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill>\
         <patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\">\
         <xf/></cellStyleXfs><cellXfs count=\"3\"><xf xfId=\"0\"/><xf fontId=\"1\" applyFont=\"1\" xfId=\"0\"/><xf xfId=\"0\" \
         quotePrefix=\"1\"/></cellXfs></styleSheet>"
    );
    let top = format!(
        "{HEAD}<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{REL}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    vec![
        ("[Content_Types].xml", types),
        ("_rels/.rels", top),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", rels),
        ("xl/styles.xml", styles),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    fn book(pages: &[Vec<Vec<Cell>>], most: u64) -> Vec<u8> {
        let columns = ["列<1>", "n"];
        let (mut book, mut file) = (Book::default(), vec![]);
        for p in pages {
            // What is known between two pages is what can be stored.
            book = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
            let more = book.rows(&columns, p, file.len() as u64, most).unwrap();
            file.extend(more);
        }
        let end = book.end("气瓶", &columns, file.len() as u64).unwrap();
        file.extend(end);
        file
    }

    fn read(file: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
        let mut x: Xlsx<_> = Xlsx::new(std::io::Cursor::new(file)).unwrap();
        x.sheet_names()
            .into_iter()
            .map(|n| {
                let r = x.worksheet_range(&n).unwrap();
                (n, r.rows().map(<[Data]>::to_vec).collect())
            })
            .collect()
    }

    #[test]
    fn a_reader_gets_back_what_was_written() {
        let rows = vec![
            vec![Cell::text("=1+1"), Cell::Number(-7)],
            vec![Cell::text(" a & <b> \"c\" _x0041_"), Cell::Thousandths(35_500)],
            vec![Cell::Empty, Cell::Number(0)],
        ];
        let sheets = read(book(&[rows], SHEET));
        assert_eq!(sheets.len(), 1);
        assert_eq!(sheets[0].0, "气瓶");
        let s = |t: &str| Data::String(t.into());
        assert_eq!(sheets[0].1[0], [s("列<1>"), s("n")]);
        assert_eq!(sheets[0].1[1], [s("=1+1"), Data::Float(-7.0)]);
        assert_eq!(sheets[0].1[2][1], Data::Float(35.5));
        assert!(matches!(&sheets[0].1[2][0], Data::String(t) if t.starts_with(" a & <b> \"c\" ")));
        assert_eq!(sheets[0].1[3], [Data::Empty, Data::Float(0.0)]);
    }

    #[test]
    fn what_does_not_fit_goes_on_in_another_sheet() {
        let all: Vec<Vec<Cell>> = (0..25).map(|n| vec![Cell::text(format!("r{n}")), Cell::Number(n)]).collect();
        let pages: Vec<Vec<Vec<Cell>>> = all.chunks(7).map(<[Vec<Cell>]>::to_vec).collect();
        let sheets = read(book(&pages, 11));
        assert_eq!(sheets.iter().map(|s| s.1.len()).collect::<Vec<_>>(), [11, 11, 6]);
        assert_eq!(sheets.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(), ["气瓶", "气瓶 2", "气瓶 3"]);
        let back: Vec<Data> = sheets.iter().flat_map(|s| s.1[1..].iter().map(|r| r[1].clone())).collect();
        assert_eq!(back, (0..25).map(|n| Data::Float(f64::from(n))).collect::<Vec<_>>());
    }

    #[test]
    fn an_empty_one_has_its_head() {
        let sheets = read(book(&[], SHEET));
        assert_eq!((sheets.len(), sheets[0].1.len()), (1, 1));
    }
}
