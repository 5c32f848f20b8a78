//! Corrections and transfers: events that speak of another event.

use super::plan::Plan;
use crate::{Error, correction, cylinder, event};
use domain::{
    event::{Content, Correct, Entry, EventKind, Source},
    ledger::{FileState, Link, TagFate, fill_counters, refold},
    outcome::RecordCode,
    standing::Body,
    wall::{Change, CorrectedLine, Stock},
};

/// Kind of an organisation whose officers may correct anybody's events.
const REGULATOR: &str = "regulator";

impl Plan<'_> {
    /// The event of a ledger number, as far as it was looked up or recorded in this transaction.
    pub fn event_of(&self, no: i64) -> Option<&event::Model> {
        self.book.named.get(&no).or_else(|| self.events.iter().find(|m| m.no == no))
    }

    fn org_of(&self, site: i64) -> Option<i64> {
        self.book.sites.get(&site).map(|g| g.org.id)
    }

    /// Why an event that a device told cannot be what it says. A physical fact is never among them (rules.md §20).
    pub fn refuses(&self, e: &Entry, content: Option<&Content>) -> Option<RecordCode> {
        let cylinder = self.spoken_of(e);
        match content? {
            Content::Postcheck(_) => {
                let now = &self.book.cylinders.get(&cylinder?)?.now;
                let own = self.book.fillers.get(&now.fill_no).is_some_and(|f| *f == e.operator);
                (self.guards.postcheck_person && e.occurred_at >= now.fill_at && own)
                    .then_some(RecordCode::PostcheckByFiller)
            }
            Content::BindTag(_) => cylinder.is_none().then_some(RecordCode::NoSuchCylinder),
            Content::Amend(a) => self.refuses_amend(cylinder, a),
            Content::VoidTag(v) => self.refuses_void(e, v).then_some(RecordCode::NothingToVoid),
            Content::Cancel(c) if e.source == Source::Office => {
                let other = c.same_as.is_some_and(|id| Some(id) == cylinder || !self.book.cylinders.contains_key(&id));
                if cylinder.is_none() || other {
                    return Some(RecordCode::NoSuchCylinder);
                }
                // Two at once may name each other: one of the two files stays.
                let state = |id: Option<i64>| id.and_then(|id| self.book.cylinders.get(&id)).map(|c| c.now.file);
                let fits = state(cylinder).is_some_and(FileState::can_be_cancelled)
                    && state(c.same_as) != Some(FileState::Cancelled);
                (!fits).then_some(RecordCode::FileClosed)
            }
            Content::Correct(c) => (!self.may_correct(e, c)).then_some(RecordCode::NothingToCorrect),
            Content::Transfer(t) => {
                t.confirms.and_then(|no| self.offered(e, no).is_none().then_some(RecordCode::NoSuchOffer))
            }
            _ => None,
        }
    }

    /// Whether an event may be corrected by whom, and at the place, that says so. What the office said bears an enterprise's site,
    /// also where a regulator said it: a device of the enterprise takes none of it back, and no device gives a void tag back to
    /// its cylinder. That a tag was voided which nobody bore has nothing to go back to.
    fn may_correct(&self, e: &Entry, c: &Correct) -> bool {
        let Some(target) = self.event_of(c.corrects) else { return false };
        let Some(here) = self.book.sites.get(&e.site) else { return false };
        let by_office = e.source == Source::Office;
        let same = self.org_of(target.site_id) == Some(here.org.id)
            && (by_office || Source::from_number(target.source) != Source::Office);
        let of_kind = match EventKind::from_number(target.kind) {
            None | Some(EventKind::Register | EventKind::Correct) => false,
            Some(EventKind::VoidTag) => by_office && target.cylinder_id.is_some(),
            Some(_) => true,
        };
        (here.org.kind == REGULATOR || same)
            && of_kind
            && target.tag == e.tag
            && !self.book.corrected.contains(&target.no)
    }

    /// The new owner that an acceptance brings: the offer exists, is this cylinder's and the present owner's, and names the
    /// organisation that accepts.
    pub fn offered(&self, e: &Entry, offer: i64) -> Option<i64> {
        let target = self.event_of(offer).filter(|m| !self.book.corrected.contains(&m.no))?;
        let id = self.cylinder_of(&e.tag)?;
        let owner = self.book.cylinders.get(&id)?.file.org;
        let Some(Content::Transfer(t)) = target.content() else { return None };
        let here = self.org_of(e.site);
        (target.cylinder_id == Some(id) && self.org_of(target.site_id) == Some(owner) && t.to_org == here)
            .then_some(here)?
    }

    /// Takes an event back: its figures, and what followed from it for the cylinder. `no` is the correction's own number; its
    /// row stands in the plan already.
    pub fn take_back(&mut self, no: i64, c: &Correct) -> Result<(), Error> {
        let Some(target) = self.event_of(c.corrects).cloned() else { return Ok(()) };
        self.corrections.push(correction::Model { event_no: target.no, device_id: target.device_id, by_no: no });
        self.book.corrected.insert(target.no);
        if let Some(link) = target.link().filter(|l| l.entry.kind == EventKind::FillEnd) {
            self.count(fill_counters(&link.entry, &link.anomalies).into_iter().map(|(k, v)| (k, -v)));
            let line = CorrectedLine {
                no: no.unsigned_abs(),
                at: link.entry.occurred_at,
                site: link.entry.site,
                net_g: link.entry.weights.map_or(0, |w| w.net_g),
            };
            self.publish(link.entry.site, Some(Change::Corrected(line)), Stock::default(), 0);
        }
        let Some(id) = target.cylinder_id else { return Ok(()) };
        let Some((before, body)) = self.book.cylinders.get(&id).map(|c| (c.now.clone(), Body::of(&c.file))) else {
            return Ok(());
        };
        let stored = self.book.chains.get(&id).map(Vec::as_slice).unwrap_or_default();
        let chain: Vec<Link> = stored
            .iter()
            .chain(self.events.iter().filter(|m| m.cylinder_id == Some(id)))
            .filter_map(event::Model::link)
            .collect();
        let classes = &self.book.classes;
        let again = refold(&chain, &before, |m| classes.get(m).copied(), self.rules, self.today)
            .ok_or_else(|| Error::Stored(format!("the chain of cylinder {id} does not begin with its registration")))?;
        // What the chain counted for so far, the correction left out, and what it counts for now.
        let told = chain.split_last().map_or(&[][..], |(_, rest)| rest);
        let was = refold(told, &before, |m| classes.get(m).copied(), self.rules, self.today);
        let was = was.map(|w| w.deliveries).unwrap_or_default();
        self.count(was.into_iter().map(|(k, v)| (k, -v)));
        self.count(again.deliveries);
        if let Some(filler) = chain.iter().find(|l| l.no == again.now.fill_no) {
            self.book.fillers.insert(filler.no, filler.entry.operator.clone());
        }
        let now_body = Body::of(&again.file);
        if let Some(c) = self.book.cylinders.get_mut(&id) {
            c.file = again.file;
            c.now = again.now.clone();
            c.dirty = true;
            if c.change == cylinder::FileChange::None {
                c.change = cylinder::FileChange::Changed;
            }
        }
        for (code, fate) in again.tags {
            self.put_tag(id, code, fate);
        }
        self.moved(Some((&before, body)), Some((&again.now, now_body)));
        Ok(())
    }

    /// Writes what has become of a tag of a cylinder. One that another cylinder bears by now is that one's.
    pub fn put_tag(&mut self, id: i64, code: String, fate: TagFate) {
        let known = self.book.tags.get(&code);
        if known.is_some_and(|t| t.cylinder_id.is_some_and(|other| other != id)) {
            return;
        }
        let (state, cylinder_id) = cylinder::tag::of(fate, id);
        let tag = cylinder::tag::Model { code: code.clone(), state, cylinder_id };
        if known != Some(&tag) {
            self.book.tags.insert(code.clone(), tag.clone());
            self.tags.insert(code, tag);
        }
    }
}
