//! A row's cells into values, collecting what is doubtful about them.

use super::{
    numbers,
    preset::{Field, Mapping},
    read::{Row, Table},
    value,
};
use domain::{clock, codes, date::PartialDate};

/// Most pieces that an order, a slip or a series can speak of; more is a misprint or a number of something else.
const PIECES_MAX: i64 = 1_000_000;

/// An identity cell: what can stand as a tag or a number. Excel's own `4.90441E+09` has lost its digits.
pub(super) fn identity(cell: &str) -> Option<String> {
    let t = codes::tag(cell).ok()?;
    let rounded =
        t.split_once('E').is_some_and(|(m, e)| m.contains('.') && m.parse::<f64>().is_ok() && e.parse::<i32>().is_ok());
    (!rounded && t.bytes().any(|b| b.is_ascii_alphanumeric())).then_some(t)
}

/// A cell as it may be quoted in a doubt: short, and without the digits of what may be a telephone or identity number
/// that slipped into another column.
pub(super) fn quote(cell: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        match digits.len() {
            0..7 => out.push_str(digits),
            _ => out.push('…'),
        }
        digits.clear();
    };
    for c in codes::half_width(cell).chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    clock::clip(&out)
}

/// Reads the cells of one row.
pub(super) struct Reader<'a> {
    row: &'a Row,
    map: &'a Mapping,
    is_1904: bool,
    /// What is doubtful, each `label：detail (label in English)`, without personal data.
    pub doubts: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(row: &'a Row, map: &'a Mapping, table: &Table) -> Self {
        Self { row, map, is_1904: table.is_1904, doubts: Vec::new() }
    }

    pub fn cell(&self, field: Field) -> &'a str {
        self.map.get(&self.row.cells, field)
    }

    pub fn has(&self, field: Field) -> bool {
        self.map.has(field)
    }

    pub fn doubt(&mut self, zh: impl Into<String>, en: &str) {
        self.doubts.push(format!("{} ({en})", zh.into()));
    }

    pub fn date(&mut self, field: Field, name: &str) -> Option<PartialDate> {
        value::date(self.cell(field), self.is_1904).unwrap_or_else(|text| {
            self.doubt(format!("{name}无法识别：原文「{text}」"), "date unreadable");
            None
        })
    }

    /// A local date and time, ms UTC.
    pub fn instant(&mut self, field: Field, name: &str) -> Option<i64> {
        let cell = self.cell(field);
        let at = value::instant(cell, self.is_1904);
        if at.is_none() && self.has(field) {
            self.doubt(format!("{name}缺失或无法识别：原文「{}」", quote(cell)), "time unreadable");
        }
        at
    }

    /// A word out of a table; a misread one is put right, with the original in the doubt. An unknown word stays.
    pub fn word(&mut self, field: Field, name: &str, table: &[(&str, &[&str])]) -> String {
        let cell = self.cell(field);
        match value::word(cell, table) {
            Some((right, true)) => {
                self.doubt(format!("{name}疑为误读：原文「{}」，按「{right}」登记", clock::clip(cell)), "misread word");
                right.to_owned()
            }
            Some((right, false)) => right.to_owned(),
            None => cell.to_owned(),
        }
    }

    /// One of the words of an axis, by its Chinese or English name.
    pub fn one_of<T: Copy>(
        &mut self,
        field: Field,
        name: &str,
        all: &[T],
        words: fn(T) -> (&'static str, &'static str),
    ) -> Option<T> {
        let cell = self.cell(field);
        let t: String = codes::half_width(cell).chars().filter(|c| !c.is_whitespace()).collect();
        let found = all.iter().copied().find(|v| {
            let (zh, en) = words(*v);
            t == zh || t.eq_ignore_ascii_case(&en.replace(' ', ""))
        });
        if found.is_none() && self.has(field) {
            self.doubt(format!("{name}缺失或无法识别：原文「{}」", quote(cell)), "word unknown");
        }
        found
    }

    /// A number of pieces; a blank or `-` says that none was noted.
    pub fn pieces(&mut self, field: Field, name: &str) -> Option<i64> {
        let cell = self.cell(field);
        match value::count(cell) {
            Ok(n) if n.is_none_or(|n| (0..=PIECES_MAX).contains(&n)) => n,
            _ => {
                self.doubt(format!("{name}无法识别：原文「{}」", quote(cell)), "quantity unreadable");
                None
            }
        }
    }

    /// A telephone number as written. A bad one is flagged, never a reason to refuse the row, and never quoted.
    pub fn phone(&mut self, field: Field) -> String {
        let phone = codes::half_width(self.cell(field)).trim().to_owned();
        if self.has(field) && !numbers::is_phone(&phone) {
            self.doubt("电话缺失或格式不符", "telephone missing or malformed");
        }
        phone
    }

    /// A contact as written.
    pub fn contact(&mut self, field: Field) -> String {
        let contact = self.cell(field).to_owned();
        if !self.has(field) {
        } else if numbers::is_placeholder(&contact) {
            self.doubt("联系人缺失或为占位", "contact missing or a placeholder");
        } else if numbers::is_masked(&contact) {
            self.doubt("联系人已脱敏", "contact masked");
        }
        contact
    }

    /// An address as written.
    pub fn address(&mut self, field: Field) -> String {
        let address = self.cell(field).to_owned();
        if self.has(field) && numbers::is_placeholder(&address) {
            self.doubt("地址缺失或为占位", "address missing or a placeholder");
        }
        address
    }

    /// A customer's name as written.
    pub fn customer(&mut self, field: Field) -> String {
        let name = self.cell(field).to_owned();
        if self.has(field) && numbers::is_placeholder(&name) {
            self.doubt("客户名称缺失或为占位", "customer's name missing or a placeholder");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_long_number_is_quoted() {
        for (cell, quoted) in [
            ("待出厂", "待出厂"),
            ("-5", "-5"),
            ("13900001234", "…"),
            ("１３９００００１２３４号", "…号"),
            ("x1234567y12", "x…y12"),
            ("123456", "123456"),
        ] {
            assert_eq!(quote(cell), quoted, "{cell}");
        }
    }
}
