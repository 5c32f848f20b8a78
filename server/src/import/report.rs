//! What an import says when it is done.

use super::{Plan, Quarantined};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Quarantined lines that the printed form lists; the stored form holds all.
const SHOWN: usize = 20;

/// The report of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Preset.
    pub preset: String,
    /// File.
    pub file: String,
    /// Rows read.
    pub read: u32,
    /// Records taken. A history's first run also takes the registration that its rows belong to.
    pub new: u32,
    /// Records that an earlier run, or an earlier line, already holds.
    pub unchanged: u32,
    /// Of the new ones: files flagged 数据存疑.
    pub flagged: u32,
    /// Rows in quarantine.
    pub quarantined: u32,
    /// These rows.
    pub aside: Vec<Quarantined>,
    /// Notes.
    pub notes: Vec<String>,
}

fn n(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Report {
    pub(super) fn of(plan: &Plan, unchanged: u32) -> Self {
        let flagged = plan.planned.iter().filter(|p| p.file.as_ref().is_some_and(|f| !f.doubts.is_empty())).count();
        Self {
            preset: plan.preset.clone(),
            file: plan.file.clone(),
            read: plan.read,
            new: n(plan.planned.len()),
            unchanged,
            flagged: n(flagged),
            quarantined: n(plan.quarantined.len()),
            aside: plan.quarantined.clone(),
            notes: plan.notes.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { preset, file, read, new, unchanged, flagged, quarantined, .. } = self;
        writeln!(f, "{file} · {preset}")?;
        writeln!(
            f,
            "读取 {read} 行，新增 {new} 条，未变 {unchanged} 条，数据存疑 {flagged} 只，隔离 {quarantined} 行"
        )?;
        writeln!(
            f,
            "read {read} rows, new {new}, unchanged {unchanged}, flagged {flagged}, quarantined {quarantined}"
        )?;
        for q in self.aside.iter().take(SHOWN) {
            writeln!(f, "  行 line {}: {} ({})", q.line, q.reason_zh, q.reason_en)?;
            writeln!(f, "    → {}", q.suggestion)?;
        }
        if self.aside.len() > SHOWN {
            let rest = self.aside.len() - SHOWN;
            writeln!(f, "  … 另有 {rest} 行 (and {rest} more)")?;
        }
        for note in &self.notes {
            writeln!(f, "  * {note}")?;
        }
        Ok(())
    }
}
