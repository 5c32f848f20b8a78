//! A cylinder's chain told again without what was corrected.

use super::{CounterKey, File, Now, Told, delivery_counters, flag, fold};
use crate::{
    clock,
    event::{Content, Entry, EventKind},
    outcome::Anomaly,
    rules::{MediumClass, RuleSet},
    standing::Body,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An event of a cylinder, as it was recorded.
#[derive(Clone, Debug)]
pub struct Link {
    /// Ledger number.
    pub no: i64,
    /// The event.
    pub entry: Entry,
    /// Its content, typed.
    pub content: Option<Content>,
    /// What was found wrong with it.
    pub anomalies: Vec<Anomaly>,
}

/// What has become of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagFate {
    /// Bound to the cylinder.
    Bound,
    /// Void for ever.
    Void,
    /// Void since its cylinder was destroyed.
    Gone,
    /// Bound by an event that did not occur: free again.
    Free,
}

impl TagFate {
    /// Whether a read of it leads nowhere any more.
    #[must_use]
    pub const fn is_void(self) -> bool {
        matches!(self, Self::Void | Self::Gone)
    }
}

/// A cylinder told again.
#[derive(Clone, Debug)]
pub struct Refolded {
    /// File.
    pub file: File,
    /// State.
    pub now: Now,
    /// Every tag its chain ever named.
    pub tags: BTreeMap<String, TagFate>,
    /// What its deliveries count for.
    pub deliveries: Vec<(CounterKey, i64)>,
}

/// Folds a chain again, in the order of the ledger, without the events that its corrections name. `before` is the state so
/// far, which keeps what the chain does not tell: the reads of guns that only asked, suspicions, complaints.
///
/// `None` when the chain does not begin with a registration that can be read.
#[must_use]
pub fn refold(
    chain: &[Link],
    before: &Now,
    class: impl Fn(&str) -> Option<MediumClass>,
    rules: &RuleSet,
    today: i32,
) -> Option<Refolded> {
    let gone: HashSet<i64> = chain
        .iter()
        .filter_map(|l| if let Some(Content::Correct(c)) = &l.content { Some(c.corrects) } else { None })
        .collect();
    let (first, rest) = chain.split_first()?;
    let mut file: File = serde_json::from_str(first.entry.body.as_deref()?).ok()?;
    if let Some(c) = class(&file.medium) {
        file.dates.medium_class = c;
    }
    let mut now = Now::registered(&file, file.dates.derive(rules, clock::date_of(today)));
    let mut tags = BTreeMap::from([(file.tag.clone(), TagFate::Bound)]);
    let mut deliveries = vec![];
    let offers: HashMap<i64, i64> = rest
        .iter()
        .filter(|l| !gone.contains(&l.no))
        .filter_map(|l| match &l.content {
            Some(Content::Transfer(t)) => t.to_org.map(|org| (l.no, org)),
            _ => None,
        })
        .collect();
    let told = |l: &'_ Link| match &l.content {
        Some(Content::Transfer(t)) => t.confirms.and_then(|no| offers.get(&no).copied()),
        _ => None,
    };
    for l in std::iter::once(first).chain(rest) {
        if gone.contains(&l.no) {
            if let Some(Content::BindTag(b)) = &l.content {
                tags.entry(b.tag.clone()).or_insert(TagFate::Free);
            }
            continue;
        }
        match (&l.content, l.entry.kind) {
            (Some(Content::BindTag(b)), _) => {
                tags.insert(b.tag.clone(), TagFate::Bound);
                if let Some(old) = &b.replaces {
                    tags.insert(old.clone(), TagFate::Void);
                }
            }
            (Some(Content::VoidTag(v)), _) => drop(tags.insert(v.tag.clone(), TagFate::Void)),
            (_, EventKind::Destroy) => {
                tags.values_mut().filter(|t| **t != TagFate::Free).for_each(|t| *t = TagFate::Gone);
            }
            _ => {}
        }
        let t =
            Told { no: l.no, entry: &l.entry, content: l.content.as_ref(), anomalies: &l.anomalies, owner: told(l) };
        let was = now.clone();
        fold(&mut file, &mut now, &t, rules, today);
        deliveries.extend(delivery_counters(&was, &now, Body::of(&file)));
    }
    now.flags |= before.flags & (flag::CLONE | flag::REPORTED);
    if before.read_no > 0 && !gone.contains(&before.read_no) {
        (now.read_no, now.read_at, now.read_site) = (before.read_no, before.read_at, before.read_site);
    }
    if before.custody == super::Custody::Filling {
        let to = now.place().filling();
        (now.custody, now.prior) = (to.custody, to.prior);
    }
    Some(Refolded { file, now, tags, deliveries })
}
