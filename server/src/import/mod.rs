//! `pingji import`: somebody's table into records, without a database, so that all of it can be tested as a function.
//!
//! [`read_table`] makes a [`Table`] of a file, [`plan`] makes records of a table, [`Plan::settle`] leaves out what is known.
//! A row is never dropped: it becomes records, a repetition that is named, or a line in quarantine with its reason.

mod error;
mod header;
mod history;
mod in_use;
pub mod preset;
mod read;
mod report;
mod sheet;
mod text;
mod value;

pub use error::{ImportError, Problem};
pub use history::{EventBody, Facts, Store, stores};
pub use preset::Preset;
pub use read::{MAX_BYTES, MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, Row, Table, read_table};
pub use report::Report;

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
    /// Line in the file; 0 for a record that no single row tells.
    pub line: u32,
    /// The row.
    pub raw: Vec<String>,
}

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quarantined {
    /// Line in the file.
    pub line: u32,
    /// The row.
    pub raw: Vec<String>,
    /// Why, Chinese.
    pub reason_zh: String,
    /// Why, English.
    pub reason_en: String,
    /// What a person can do about it.
    pub suggestion: String,
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
    /// Records, in the order in which they are to be committed.
    pub planned: Vec<Planned>,
    /// Rows that cannot be taken.
    pub quarantined: Vec<Quarantined>,
    /// Lines that say word for word what an earlier line says.
    pub repeated: Vec<u32>,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

/// Makes records of a table.
///
/// # Errors
/// When required columns or facts are missing. Rows that cannot be taken are no error.
pub fn plan(preset: &Preset, table: &Table, ctx: &Ctx) -> Result<Plan, ImportError> {
    let map = preset.map(table)?;
    let mut out = Plan {
        preset: preset.id.to_owned(),
        file: table.name.clone(),
        read: u32::try_from(table.rows.len()).unwrap_or(u32::MAX),
        notes: table.notes.clone(),
        ..Plan::default()
    };
    if !map.unmapped.is_empty() {
        let names: Vec<String> = map.unmapped.iter().map(|u| domain::clock::clip(u)).collect();
        out.notes.push(format!("未使用的列 (columns not used): {}", names.join("、")));
    }
    match preset.kind {
        preset::Kind::InUse => in_use::plan(&mut out, table, &map, ctx),
        preset::Kind::History => history::plan(&mut out, preset, table, &map, ctx)?,
    }
    Ok(out)
}

impl Plan {
    /// Leaves out what an earlier run took; what it took with another content goes into quarantine, for a person to
    /// decide. `known` holds the keys and the hashes of earlier runs.
    #[must_use]
    pub fn settle(mut self, known: &HashMap<String, String>) -> (Self, Report) {
        let mut unchanged = u32::try_from(self.repeated.len()).unwrap_or(u32::MAX);
        let mut new = Vec::new();
        for p in std::mem::take(&mut self.planned) {
            match known.get(&p.key) {
                None => new.push(p),
                Some(hash) if *hash == p.entry.hash => unchanged += 1,
                Some(_) => self.quarantined.push(Quarantined {
                    line: p.line,
                    raw: p.raw,
                    reason_zh: "此前已导入，但内容不同".into(),
                    reason_en: "already imported with another content".into(),
                    suggestion: format!(
                        "核对 {} 的两个版本；要改档案请用更正而不是再次导入 \
                         (compare both versions; correct the file instead of importing it again)",
                        p.key
                    ),
                }),
            }
        }
        self.planned = new;
        self.quarantined.sort_by_key(|q| q.line);
        let report = Report::of(&self, unchanged);
        (self, report)
    }
}
