//! Rows that become rows of tables of their own: customers, orders, recovery slips, series of tags.

use super::{Plan, Quarantined, Sheet, cells::Reader, read::Row};
use data::{customer, order, recovery, tag_series};
use std::collections::HashMap;

/// What a row becomes. Ids, runs and doubts are the caller's to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A customer.
    Customer(customer::Model),
    /// An order with its lines.
    Order(order::Model, Vec<order::line::Model>),
    /// A recovery slip.
    Slip(recovery::Model),
    /// A series of tags.
    Series(tag_series::Model),
}

impl Record {
    /// The number by which its enterprise knows it; of a series the code of its first tag.
    #[must_use]
    pub fn number(&self) -> String {
        match self {
            Self::Customer(m) => m.number.clone(),
            Self::Order(m, _) => m.number.clone(),
            Self::Slip(m) => m.number.clone(),
            Self::Series(m) => format!("{}{}{:06}", m.enterprise, m.medium_code, m.first_serial),
        }
    }
}

/// A row of a table of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is, the same at every run: `customers:<org>:<number>`.
    pub key: String,
    /// SHA-256 of what the source says, hex. What we found doubtful does not change it.
    pub hash: String,
    /// What it becomes.
    pub record: Record,
    /// What is doubtful, in words, without personal data.
    pub doubts: Vec<String>,
    /// Line in the file.
    pub line: u32,
    /// The row.
    pub raw: Vec<String>,
}

/// A record as a row tells it: its content hash, and what it becomes; `None` where it has no identity.
pub(super) type Read = fn(&mut Reader<'_>, &Sheet<'_>) -> Option<(String, Record)>;

/// Plans a table. Of two different rows with one number the first goes in and carries a doubt, the second waits for a
/// person: which of them is true cannot be read off the table.
pub(super) fn plan(out: &mut Plan, sheet: &Sheet<'_>, read: Read) {
    let mut seen = HashMap::new();
    for row in &sheet.table.rows {
        let mut r = Reader::new(row, sheet.map, sheet.table);
        match read(&mut r, sheet) {
            Some((hash, record)) => {
                let key = format!("{}:{}:{}", out.preset, sheet.ctx.org, record.number());
                add(
                    out,
                    &mut seen,
                    Listed { key, hash, record, doubts: r.doubts, line: row.line, raw: row.cells.clone() },
                );
            }
            None => out.quarantined.push(nameless(row)),
        }
    }
}

/// Adds a row, unless its number is taken by an earlier one.
pub(super) fn add(out: &mut Plan, seen: &mut HashMap<String, usize>, row: Listed) {
    let Some(first) = seen.get(&row.key).and_then(|i| out.listed.get_mut(*i)) else {
        seen.insert(row.key.clone(), out.listed.len());
        out.listed.push(row);
        return;
    };
    if first.hash == row.hash {
        out.repeated.push(row.line);
        return;
    }
    let number = row.record.number();
    first.doubts.push(format!("编号重复：第 {} 行用同一编号而内容不同 (number repeated on another row)", row.line));
    out.quarantined.push(Quarantined {
        line: row.line,
        raw: row.raw,
        reason_zh: format!("编号 {number} 与第 {} 行重复而内容不同", first.line),
        reason_en: format!("number {number} stands on line {} too, with another content", first.line),
        suggestion: "对照原始单据，改正其中一行的编号后重新导入 \
                     (compare the original documents, correct the number of one of the rows, import again)"
            .into(),
    });
}

/// A row without identity.
pub(super) fn nameless(row: &Row) -> Quarantined {
    Quarantined {
        line: row.line,
        raw: row.cells.clone(),
        reason_zh: "没有可用的编号".into(),
        reason_en: "no usable identity: the number is missing or cannot be read".into(),
        suggestion: "按原始记录补上编号后重新导入；编号列须为文本格式 \
                     (add the number from the original record; keep numbers as text)"
            .into(),
    }
}

impl Plan {
    /// Sets aside the rows whose number the record holds without knowing an import of it: `taken` holds such numbers.
    pub fn set_aside_taken(&mut self, taken: &std::collections::HashSet<String>) {
        let mut kept = Vec::with_capacity(self.listed.len());
        for l in std::mem::take(&mut self.listed) {
            let number = l.record.number();
            if !taken.contains(&number) {
                kept.push(l);
                continue;
            }
            self.quarantined.push(Quarantined {
                line: l.line,
                raw: l.raw,
                reason_zh: format!("编号 {number} 已在系统中，且不是由导入而来"),
                reason_en: format!("number {number} is in the record already, and no import brought it"),
                suggestion: "核对系统中的记录；要修改请在系统中更正 (compare with the record, and correct it there)"
                    .into(),
            });
        }
        self.listed = kept;
    }
}
