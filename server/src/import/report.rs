//! What an import says when it is done.

use super::{Plan, Planned};
use domain::import::{Flag, Report};
use std::collections::{BTreeMap, BTreeSet};

fn n(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The kind of a doubt: `label：detail (label in English)`.
fn label(doubt: &str) -> (&str, &str) {
    let (zh, en) = doubt.rsplit_once(" (").unwrap_or((doubt, ""));
    (zh.split_once('：').map_or(zh, |(label, _)| label), en.trim_end_matches(')'))
}

/// The report of a plan.
pub(super) fn of(plan: &Plan, unchanged: u32) -> Report {
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
    Report {
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
pub fn take_back(report: &mut Report, p: &Planned) {
    report.new = report.new.saturating_sub(1);
    report.quarantined += 1;
    let doubts = p.file.as_ref().map(|f| f.doubts.as_slice()).unwrap_or_default();
    report.flagged = report.flagged.saturating_sub((!doubts.is_empty()).into());
    let kinds: BTreeSet<_> = doubts.iter().map(|d| label(d)).collect();
    for f in report.flags.iter_mut().filter(|f| kinds.contains(&(f.zh.as_str(), f.en.as_str()))) {
        f.count = f.count.saturating_sub(1);
    }
    report.flags.retain(|f| f.count > 0);
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
