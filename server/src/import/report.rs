//! What an import says when it is done.

use super::{Plan, Planned, Quarantined};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Quarantined lines that the printed form lists; the stored form holds all.
const SHOWN: usize = 20;

/// A doubt, and on how many records it lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Records that carry it.
    pub count: u32,
}

/// The report of a run. It holds no personal data: quarantined lines are named by their number and reason.
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
    /// Of the new ones: those flagged 数据存疑.
    pub flagged: u32,
    /// What they are flagged with, the most frequent first.
    #[serde(default)]
    pub flags: Vec<Flag>,
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

/// The kind of a doubt: `label：detail (label in English)`.
fn label(doubt: &str) -> (&str, &str) {
    let (zh, en) = doubt.rsplit_once(" (").unwrap_or((doubt, ""));
    (zh.split_once('：').map_or(zh, |(label, _)| label), en.trim_end_matches(')'))
}

impl Report {
    pub(super) fn of(plan: &Plan, unchanged: u32) -> Self {
        let files = plan.planned.iter().filter_map(|p| p.file.as_ref()).map(|f| &f.doubts);
        let doubted: Vec<&Vec<String>> =
            files.chain(plan.listed.iter().map(|l| &l.doubts)).filter(|d| !d.is_empty()).collect();
        let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for doubts in &doubted {
            // A record that carries one doubt twice counts once.
            let kinds: BTreeSet<_> = doubts.iter().map(|d| label(d)).collect();
            kinds.into_iter().for_each(|k| *counts.entry(k).or_default() += 1);
        }
        let mut flags: Vec<Flag> =
            counts.into_iter().map(|((zh, en), count)| Flag { zh: zh.into(), en: en.into(), count }).collect();
        flags.sort_by_key(|f| std::cmp::Reverse(f.count));
        Self {
            preset: plan.preset.clone(),
            file: plan.file.clone(),
            read: plan.read,
            new: n(plan.planned.len() + plan.listed.len()),
            unchanged,
            flagged: n(doubted.len()),
            flags,
            quarantined: n(plan.quarantined.len()),
            aside: plan.quarantined.clone(),
            notes: plan.notes.clone(),
        }
    }

    /// Counts a record as quarantined that was counted as new.
    pub fn take_back(&mut self, p: &Planned) {
        self.new = self.new.saturating_sub(1);
        self.quarantined += 1;
        let doubts = p.file.as_ref().map(|f| f.doubts.as_slice()).unwrap_or_default();
        self.flagged = self.flagged.saturating_sub((!doubts.is_empty()).into());
        let kinds: BTreeSet<_> = doubts.iter().map(|d| label(d)).collect();
        for f in self.flags.iter_mut().filter(|f| kinds.contains(&(f.zh.as_str(), f.en.as_str()))) {
            f.count = f.count.saturating_sub(1);
        }
        self.flags.retain(|f| f.count > 0);
    }

    /// How many records carry the doubt of this English label.
    #[must_use]
    pub fn flag(&self, en: &str) -> u32 {
        self.flags.iter().filter(|f| f.en == en).map(|f| f.count).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { preset, file, read, new, unchanged, flagged, quarantined, .. } = self;
        writeln!(f, "{file} · {preset}")?;
        writeln!(
            f,
            "读取 {read} 行，新增 {new} 条，未变 {unchanged} 条，数据存疑 {flagged} 条，隔离 {quarantined} 行"
        )?;
        writeln!(
            f,
            "read {read} rows, new {new}, unchanged {unchanged}, flagged {flagged}, quarantined {quarantined}"
        )?;
        for flag in &self.flags {
            writeln!(f, "  ? {} × {} ({})", flag.count, flag.zh, flag.en)?;
        }
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

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn kinds_of_doubts() {
        assert_eq!(label("生产厂家缺失 (maker missing)"), ("生产厂家缺失", "maker missing"));
        assert_eq!(label("规格缺失：原文「a (b)：c」 (size unknown)"), ("规格缺失", "size unknown"));
        assert_eq!(label("别的"), ("别的", ""));
    }
}
