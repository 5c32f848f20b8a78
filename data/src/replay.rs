//! One cylinder folded again from its own records, as the writer folded it: how it stood after any of them.

use crate::{attempt, event, ledger::derived, rederivation, rule_use::InForce};
use domain::{
    clock,
    event::{Content, EventKind, Source},
    gate::Decision,
    geo::Position,
    ledger::{File, Guards, Link, Now, TagFate, Told, flag, fold, refold},
    rules::MediumClass,
};
use std::collections::{BTreeMap, HashMap};

/// Under what the records are judged.
pub(crate) struct Law {
    /// The rules by ledger number.
    pub in_force: InForce,
    /// Class of each medium.
    pub classes: HashMap<String, MediumClass>,
    /// Positions of the sites that the records name.
    pub positions: HashMap<i64, Position>,
    /// When its due date was derived anew, in the order of the ledger.
    pub rederived: Vec<rederivation::Model>,
}

/// A cylinder after some of its records.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    /// File.
    pub file: File,
    /// State.
    pub now: Now,
    /// Every tag it ever bore.
    pub tags: BTreeMap<String, TagFate>,
    /// Demonstration data.
    pub demo: bool,
    offers: HashMap<i64, i64>,
}

/// Folds the records of one cylinder, events and questions to the gate each in the order of the ledger. `None` when they do not
/// begin with a registration that can be read.
pub(crate) fn replay(events: &[event::Model], attempts: &[attempt::Model], law: &Law) -> Option<Replayed> {
    let chain: Vec<(Link, &event::Model)> = events.iter().filter_map(|m| Some((m.link()?, m))).collect();
    let (first, rest) = chain.split_first()?;
    let mut r = Replayed::registered(&first.0, first.1, law)?;
    r.event(&first.0, first.1, law);
    let mut asked = attempts.iter().peekable();
    let mut rederived = law.rederived.iter().peekable();
    for (i, (link, m)) in rest.iter().enumerate() {
        while let Some(a) = asked.next_if(|a| a.no < m.no) {
            r.attempt(a, law);
        }
        while let Some(d) = rederived.next_if(|d| d.no < m.no) {
            r.rederive(d, law);
        }
        if let Some(Content::Correct(c)) = &link.content {
            let told: Vec<Link> = chain.iter().take(i + 2).map(|(l, _)| l.clone()).collect();
            r.correct(&told, c.corrects, m, law)?;
        } else {
            r.event(link, m, law);
        }
    }
    asked.for_each(|a| r.attempt(a, law));
    rederived.for_each(|d| r.rederive(d, law));
    Some(r)
}

impl Replayed {
    fn registered(link: &Link, m: &event::Model, law: &Law) -> Option<Self> {
        if link.entry.kind != EventKind::Register {
            return None;
        }
        let mut file: File = serde_json::from_str(link.entry.body.as_deref()?).ok()?;
        // The class follows the media table, as it does for whoever loads the file.
        if let Some(c) = law.classes.get(&file.medium) {
            file.dates.medium_class = *c;
        }
        let now = Now::registered(&file, file.dates.derive(law.in_force.at(m.no), clock::local_date(m.recorded_at)));
        let tags = BTreeMap::from([(link.entry.tag.clone(), TagFate::Bound)]);
        Some(Self { file, now, tags, demo: link.entry.source == Source::Demo, offers: HashMap::new() })
    }

    fn read(&mut self, no: i64, site: i64, at: i64, law: &Law) {
        let position = |s: i64| law.positions.get(&s).copied();
        if self.now.is_clone_of(at, position(site), position(self.now.read_site), law.in_force.at(no)) {
            self.now.flags |= flag::CLONE;
        }
        self.now.read(no, at, site);
    }

    fn event(&mut self, link: &Link, m: &event::Model, law: &Law) {
        let e = &link.entry;
        if e.kind.is_read_on_site() && e.source != Source::Import {
            self.read(m.no, e.site, e.occurred_at, law);
        }
        let owner = match &link.content {
            Some(Content::Transfer(t)) => {
                self.offers.extend(t.to_org.map(|org| (m.no, org)));
                t.confirms.and_then(|no| self.offers.get(&no).copied())
            }
            _ => None,
        };
        let told = Told { no: m.no, entry: e, content: link.content.as_ref(), anomalies: &link.anomalies, owner };
        let today = clock::local_day(m.recorded_at);
        fold(&mut self.file, &mut self.now, &told, law.in_force.at(m.no), today);
        match &link.content {
            Some(Content::BindTag(b)) => {
                self.tags.insert(b.tag.clone(), TagFate::Bound);
                if let Some(old) = &b.replaces {
                    self.tags.insert(old.clone(), TagFate::Void);
                }
            }
            Some(Content::VoidTag(v)) => drop(self.tags.insert(v.tag.clone(), TagFate::Void)),
            Some(Content::Destroy(_)) => {
                self.tags.values_mut().filter(|t| **t != TagFate::Free).for_each(|t| *t = TagFate::Gone);
            }
            _ => {}
        }
    }

    /// Takes an event back. `told` is the chain up to the correction, which is its last.
    fn correct(&mut self, told: &[Link], corrects: i64, m: &event::Model, law: &Law) -> Option<()> {
        self.offers.remove(&corrects);
        let class = |c: &str| law.classes.get(c).copied();
        let (rules, today) = (law.in_force.at(m.no), clock::local_day(m.recorded_at));
        let again = refold(told, &self.now, class, rules, today)?;
        (self.file, self.now) = (again.file, again.now);
        self.tags.extend(again.tags);
        Some(())
    }

    fn rederive(&mut self, d: &rederivation::Model, law: &Law) {
        let (due, life_end) = derived(&self.file, law.in_force.at(d.no), clock::local_date(d.at));
        (self.now.due, self.now.life_end) = (due, life_end);
    }

    fn attempt(&mut self, a: &attempt::Model, law: &Law) {
        if self.tags.get(&a.tag) != Some(&TagFate::Bound) {
            return;
        }
        self.read(a.no, a.site_id, a.at, law);
        let guards = Guards::of(law.in_force.at(a.no), clock::local_date(a.recorded_at));
        if guards.fill_start && Decision::from_number(a.decision) != Decision::Block {
            self.now.fill_start(a.at);
        }
    }
}
