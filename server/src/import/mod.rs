//! `pingji import`: somebody's table into records, without a database, so that all of it can be tested as a function.
//!
//! [`read_table`] makes a [`Table`] of a file, [`plan`] makes records of a table, [`Plan::settle`] leaves out what is known.
//! A row is never dropped: it becomes records, a repetition that is named, or a line in quarantine with its reason.

mod archive;
mod cells;
mod columns;
mod customers;
mod error;
mod header;
mod history;
mod in_use;
mod listed;
mod numbers;
mod orders;
pub mod preset;
mod read;
mod recovery;
mod reference;
mod report;
mod sheet;
mod tags;
mod text;
mod value;

pub use domain::import::{Flag, Quarantined, Report};
pub use error::{ImportError, Problem};
pub use history::{EventBody, Facts, Store, stores};
pub use listed::{Listed, Record};
pub use preset::Preset;
pub(crate) use read::clean;
pub use read::{MAX_BYTES, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, Row, Table, read_table};
pub use reference::Reference;
pub use report::take_back;

use chrono::NaiveDate;
use domain::{event::Entry, ledger::File, rules::RuleSet};
use std::collections::HashMap;

/// What the importer is told.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Owner of the cylinders.
    pub org: i64,
    /// Their home station.
    pub site: i64,
    /// The importer's device.
    pub device: i64,
    /// The day on which the table is judged.
    pub as_of: NaiveDate,
    /// The rules by which its dates are judged.
    pub rules: RuleSet,
    /// Medium code of a history's fills, which the table does not name.
    pub medium: String,
    /// The cylinder of a history; stands before the preset's own.
    pub facts: Option<Facts>,
}

/// A record that a row became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it is, the same at every run: `in-use:<tag>`, `history:<stamp>:register`,
    /// `history:<stamp>:<ms>:<kind>:<content>`.
    pub key: String,
    /// The record; `seq` is 0 until the caller numbers it. Its `hash` is of what the source says alone: neither the day of
    /// the import nor what we found doubtful on it changes it.
    pub entry: Entry,
    /// The file, for REGISTER.
    pub file: Option<File>,
    /// What the list says of the cylinder beyond its file; its `run_id` is the caller's to set.
    pub listing: Option<data::listing::Model>,
    /// Line in the file; 0 for a record that no single row tells.
    pub line: u32,
    /// The row.
    pub raw: Vec<String>,
}

/// What a table comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The preset.
    pub preset: String,
    /// The file.
    pub file: String,
    /// Rows read.
    pub read: u32,
    /// Records for the ledger, in the order in which they are to be committed.
    pub planned: Vec<Planned>,
    /// Rows for tables of their own.
    pub listed: Vec<Listed>,
    /// Rows that cannot be taken.
    pub quarantined: Vec<Quarantined>,
    /// Lines that say word for word what an earlier line says.
    pub repeated: Vec<u32>,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

/// Makes records of a table, checked against the reference data this program ships with.
///
/// # Errors
/// As [`plan_with`].
pub fn plan(preset: &Preset, table: &Table, ctx: &Ctx) -> Result<Plan, ImportError> {
    plan_with(preset, table, ctx, Reference::seed())
}

/// Makes records of a table.
///
/// # Errors
/// When required columns or facts are missing. Rows that cannot be taken are no error.
pub fn plan_with(preset: &Preset, table: &Table, ctx: &Ctx, reference: &Reference) -> Result<Plan, ImportError> {
    let map = preset.map(table)?;
    let mut out = Plan {
        preset: preset.id.to_owned(),
        file: table.name.clone(),
        read: u32::try_from(table.rows.len()).unwrap_or(u32::MAX),
        notes: table.notes.clone(),
        ..Plan::default()
    };
    unused(&mut out, table, &map);
    let sheet = Sheet { table, map: &map, ctx, reference };
    match preset.kind {
        preset::Kind::InUse => in_use::plan(&mut out, table, &map, ctx),
        preset::Kind::History => history::plan(&mut out, preset, table, &map, ctx)?,
        preset::Kind::Archive => archive::plan(&mut out, &sheet),
        preset::Kind::Customers => listed::plan(&mut out, &sheet, customers::read),
        preset::Kind::Orders => listed::plan(&mut out, &sheet, orders::read),
        preset::Kind::Recovery => listed::plan(&mut out, &sheet, recovery::read),
        preset::Kind::Tags => tags::plan(&mut out, &sheet),
    }
    Ok(out)
}

/// A table with all that its reading needs.
struct Sheet<'a> {
    table: &'a Table,
    map: &'a preset::Mapping,
    ctx: &'a Ctx,
    reference: &'a Reference,
}

/// Words of buttons that a list on a screen prints in its cells.
const BUTTONS: [&str; 12] =
    ["修改", "删除", "详情", "编辑", "查看", "打印", "派送", "确认", "新增", "导出", "edit", "delete"];

/// Names the columns that become nothing: those that hold the words of buttons, and others.
fn unused(out: &mut Plan, table: &Table, map: &preset::Mapping) {
    let width = table.rows.iter().map(|r| r.cells.len()).max().unwrap_or(0).max(table.header.len());
    let (mut buttons, mut others) = (Vec::new(), Vec::new());
    for i in (0..width).filter(|i| !map.takes(*i)) {
        let head = table.header.get(i).map_or("", String::as_str);
        let mut cells = table.rows.iter().filter_map(|r| r.cells.get(i)).filter(|c| !c.is_empty()).peekable();
        let is_filled = cells.peek().is_some();
        let name = if head.is_empty() { format!("第 {} 列", i + 1) } else { cells::quote(head) };
        if is_filled && cells.all(|c| c.split_whitespace().all(|w| BUTTONS.contains(&w))) {
            buttons.push(name);
        } else if is_filled || !head.is_empty() {
            others.push(name);
        }
    }
    if !buttons.is_empty() {
        out.notes
            .push(format!("只有按钮文字、已舍弃的列 (columns of buttons' words, dropped): {}", buttons.join("、")));
    }
    if !others.is_empty() {
        out.notes.push(format!("未使用的列 (columns not used): {}", others.join("、")));
    }
}

impl Plan {
    /// Leaves out what an earlier run took; what it took with another content goes into quarantine, for a person to
    /// decide. `known` holds the keys and the hashes of earlier runs.
    #[must_use]
    pub fn settle(mut self, known: &HashMap<String, String>) -> (Self, Report) {
        let mut unchanged = u32::try_from(self.repeated.len()).unwrap_or(u32::MAX);
        let mut aside = Vec::new();
        // Whether a record is new; what is not is counted, or set aside.
        let mut is_new = |key: &str, hash: &str, line: u32, raw: &mut Vec<String>| match known.get(key) {
            None => true,
            Some(before) => {
                if before == hash {
                    unchanged += 1;
                } else {
                    aside.push(changed(key, line, std::mem::take(raw)));
                }
                false
            }
        };
        self.planned.retain_mut(|p| is_new(&p.key, &p.entry.hash, p.line, &mut p.raw));
        self.listed.retain_mut(|l| is_new(&l.key, &l.hash, l.line, &mut l.raw));
        self.quarantined.append(&mut aside);
        self.quarantined.sort_by_key(|q| q.line);
        let report = report::of(&self, unchanged);
        (self, report)
    }

    /// Keys of all that is planned.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.planned.iter().map(|p| &p.key).chain(self.listed.iter().map(|l| &l.key)).cloned().collect()
    }
}

/// A row that an earlier run took with another content.
fn changed(key: &str, line: u32, raw: Vec<String>) -> Quarantined {
    Quarantined {
        line,
        raw,
        reason_zh: "此前已导入，但内容不同".into(),
        reason_en: "already imported with another content".into(),
        suggestion: format!(
            "核对 {key} 的两个版本；要改档案请用更正而不是再次导入 \
             (compare both versions; correct the file instead of importing it again)"
        ),
    }
}
