//! Decides, in memory, what the transaction writes.

use super::load::{Book, Gap, GapKey, SeqKey};
use super::{Done, Outcome, Published, Telling};
use crate::{Error, alert, attempt, correction, cylinder, event, quarantine};
use domain::{
    clock,
    detect::Settings,
    event::{Content, Entry, EventKind, Source},
    gate::TagState,
    ledger::{
        CounterKey, File, Guards, Metric, Now, Scene, SeqVerdict, TagFate, Told, alert_of, delivery_counters,
        event_anomalies, fill_anomalies, fill_counters, flag, fold, sequence,
    },
    outcome::{AlertKind, Anomaly, RecordCode},
    rules::RuleSet,
    standing::Body,
    wall::{
        AlertLine, Change, FillLine, Gauge, Stock,
        gauge::{self, Arrival},
        is_news,
    },
    weight::FillVerdict,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// No device of this system was there before: a clock that says so was never set (2000-01-01T00:00:00Z, ms).
const EARLIEST: i64 = 946_684_800_000;

/// The plan of one transaction.
pub struct Plan<'a> {
    pub book: Book,
    pub rules: &'a RuleSet,
    pub settings: Settings,
    pub guards: Guards,
    pub now: i64,
    pub today: i32,
    pub events: Vec<event::Model>,
    pub attempts: Vec<attempt::Model>,
    pub alerts: Vec<alert::Model>,
    pub quarantine: Vec<quarantine::Model>,
    pub tags: BTreeMap<String, cylinder::tag::Model>,
    pub corrections: Vec<correction::Model>,
    pub counters: HashMap<CounterKey, i64>,
    pub gaps_gone: BTreeSet<GapKey>,
    pub gaps_put: BTreeMap<GapKey, Gap>,
    pub epochs_put: BTreeSet<(i64, i64)>,
    pub devices: HashSet<i64>,
    /// By site and minute.
    pub arrivals: BTreeMap<(i64, i64), Arrival>,
    seen: HashMap<SeqKey, (String, Outcome)>,
    pub done: Done,
}

impl<'a> Plan<'a> {
    pub fn new(book: Book, rules: &'a RuleSet, now: i64) -> Self {
        let from = book.last;
        Self {
            book,
            rules,
            guards: Guards::of(rules, clock::local_date(now)),
            settings: Settings::of(rules),
            now,
            today: clock::local_day(now),
            events: vec![],
            attempts: vec![],
            alerts: vec![],
            quarantine: vec![],
            tags: BTreeMap::new(),
            corrections: vec![],
            counters: HashMap::new(),
            gaps_gone: BTreeSet::new(),
            gaps_put: BTreeMap::new(),
            epochs_put: BTreeSet::new(),
            devices: HashSet::new(),
            arrivals: BTreeMap::new(),
            seen: HashMap::new(),
            done: Done { from, ..Done::default() },
        }
    }

    pub const fn next(&mut self) -> i64 {
        self.book.last += 1;
        self.book.last
    }

    pub fn publish(&mut self, site: i64, change: Option<Change>, stock: Stock, open_alerts: i64) {
        let (district, org) = self.book.sites.get(&site).map_or((0, 0), |g| (g.site.division, g.org.id));
        let told = Published { district, org, change, stock, open_alerts, ..Published::default() };
        self.done.published.push(told);
    }

    /// Differences of gauges, for those who may see the site.
    pub fn publish_gauges(&mut self, site: i64, gauges: Vec<Gauge>) {
        if !gauges.is_empty() {
            self.publish(site, None, Stock::default(), 0);
            if let Some(told) = self.done.published.last_mut() {
                told.gauges = gauges;
            }
        }
    }

    /// What arrived, or did not, goes out as well.
    pub fn publish_arrivals(&mut self) {
        for arrival in self.arrivals.values().copied().collect::<Vec<_>>() {
            self.publish(arrival.site, None, Stock::default(), 0);
            if let Some(told) = self.done.published.last_mut() {
                told.arrival = Some(arrival);
            }
        }
    }

    /// Notes the numbers that a device's record made known at an instant, for the completeness of the last hour.
    pub fn arrived(&mut self, e: &Entry, at: i64, expected: i64, missing: i64) {
        if e.source == Source::Device {
            let minute = at.div_euclid(clock::MINUTE_MS);
            let a =
                self.arrivals.entry((e.site, minute)).or_insert(Arrival { site: e.site, minute, ..Arrival::default() });
            a.expected += expected;
            a.missing += missing;
        }
    }

    pub fn count(&mut self, deltas: impl IntoIterator<Item = (CounterKey, i64)>) {
        for (k, v) in deltas {
            *self.counters.entry(k).or_default() += v;
        }
    }

    pub fn cylinder_of(&self, tag: &str) -> Option<i64> {
        self.book.tags.get(tag).filter(|t| t.gate_state() == TagState::Bound).and_then(|t| t.cylinder_id)
    }

    /// The cylinder that an entry speaks of: the one that its tag leads to. The office may also name one by its primary tag after
    /// that was voided: it has no other name then.
    pub fn spoken_of(&self, e: &Entry) -> Option<i64> {
        self.cylinder_of(&e.tag).or_else(|| {
            let id = self.book.tags.get(&e.tag).filter(|_| e.source == Source::Office)?.cylinder_id?;
            self.book.cylinders.get(&id).filter(|c| c.file.tag == e.tag).map(|_| id)
        })
    }

    /// How far a clock may be off, ms.
    pub fn skew_ms(&self) -> i64 {
        self.rules.param("PAR-SKEW").unwrap_or(300).saturating_mul(1000)
    }

    /// Changes a cylinder's state, keeping counters and totals in step.
    pub fn change(&mut self, id: i64, f: impl FnOnce(&mut Now)) {
        let Some(c) = self.book.cylinders.get_mut(&id) else { return };
        let before = c.now.clone();
        f(&mut c.now);
        c.dirty = true;
        let after = c.now.clone();
        let body = Body::of(&c.file);
        self.moved(Some((&before, body)), Some((&after, body)));
    }

    #[allow(clippy::too_many_arguments)]
    pub fn alert(
        &mut self,
        kind: AlertKind,
        device: i64,
        site: i64,
        tag: &str,
        cylinder: Option<i64>,
        cause: Option<i64>,
        other: Option<i64>,
        detail: String,
    ) -> i64 {
        let no = self.next();
        self.alerts.push(alert::Model {
            no,
            device_id: device,
            kind: kind.code().into(),
            site_id: site,
            tag: tag.into(),
            cylinder_id: cylinder,
            cause_no: cause,
            other_no: other,
            at: self.now,
            detail,
            state: alert::OPEN.into(),
            closed_at: None,
            assigned_to: None,
            level: 0,
        });
        self.count([(CounterKey::of_alert(Metric::OpenAlert, kind, site), 1)]);
        let line = AlertLine { no: no.unsigned_abs(), at: self.now, site, tag: tag.into(), kind, noted: None };
        self.publish(site, Some(Change::Alert(line)), Stock::default(), 1);
        let mut gauges = vec![(gauge::OPEN, site, 1)];
        if kind.is_to_be_noted() {
            self.count([(CounterKey::of_alert(Metric::Waiting, kind, site), 1)]);
            gauges.push((gauge::WAITING, site, 1));
        }
        if let Some(told) = self.done.published.last_mut() {
            told.gauges = gauges;
        }
        no
    }

    /// Flags a tag that was read at two places faster than a lorry drives; the alert names both reads.
    pub fn clone_check(&mut self, id: i64, no: i64, device: i64, site: i64, tag: &str, at: i64) -> bool {
        let Some(c) = self.book.cylinders.get(&id) else { return false };
        let position = |s: i64| self.book.sites.get(&s).and_then(|g| g.site.position());
        if !c.now.is_clone_of(at, position(site), position(c.now.read_site), self.rules) {
            return false;
        }
        let (other, other_site) = (c.now.read_no, c.now.read_site);
        self.alert(
            AlertKind::Clone,
            device,
            site,
            tag,
            Some(id),
            Some(no),
            Some(other),
            serde_json::json!({ "other_site": other_site }).to_string(),
        );
        self.change(id, |n| n.flags |= flag::CLONE);
        true
    }

    /// Records an entry.
    pub fn record(&mut self, t: &Telling<'_>) -> Result<(), Error> {
        let e = t.entry;
        self.devices.insert(e.device);
        let key = (e.device, e.epoch, e.seq);
        let outcome = self.judge(t, key)?;
        let kept = match &outcome {
            Outcome::Accepted { .. } => true,
            Outcome::Quarantined(code) => quarantine::uses_number(*code),
            Outcome::Duplicate { .. } | Outcome::Rejected(_) => false,
        };
        if kept && !self.seen.contains_key(&key) {
            self.seen.insert(key, (e.hash.clone(), outcome.clone()));
        }
        self.done.outcomes.push(outcome);
        Ok(())
    }

    fn judge(&mut self, t: &Telling<'_>, key: SeqKey) -> Result<Outcome, Error> {
        let e = t.entry;
        let duplicate = |first: Outcome| Ok(Outcome::Duplicate { first: Box::new(first) });
        let present = self.book.present.get(&e.device).copied().unwrap_or(1);
        let next = self.book.epochs.get(&(e.device, e.epoch)).copied().unwrap_or(1);
        let verdict = sequence(present, next, e.epoch, e.seq);
        let held: Vec<(bool, RecordCode)> = self
            .book
            .quarantined
            .get(&key)
            .into_iter()
            .flatten()
            .filter_map(|(hash, code)| Some((*hash == e.hash, RecordCode::from_code(code)?)))
            .collect();
        // What could not be placed then is judged anew once it can be.
        let stands = |c: RecordCode| {
            matches!(verdict, SeqVerdict::Quarantine(_)) || quarantine::uses_number(c) || c == RecordCode::SeqReused
        };
        if let Some((_, code)) = held.iter().find(|(same, c)| *same && stands(*c)) {
            return duplicate(Outcome::Quarantined(*code));
        }
        if let Some((hash, first)) = self.seen.get(&key) {
            return if *hash == e.hash { duplicate(first.clone()) } else { Ok(self.reused(e)) };
        }
        if let Some((hash, no, anomalies)) = self.book.stored.get(&key) {
            return if *hash == e.hash {
                duplicate(Outcome::Accepted { no: *no, anomalies: anomalies.clone() })
            } else {
                Ok(self.reused(e))
            };
        }
        match verdict {
            SeqVerdict::Quarantine(code) => return Ok(self.set_aside(e, code)),
            // Its number was used up by a record in quarantine.
            SeqVerdict::Late if held.iter().any(|(_, c)| quarantine::uses_number(*c)) => return Ok(self.reused(e)),
            SeqVerdict::Late | SeqVerdict::New { .. } => {}
        }
        let is_said_now = matches!(e.source, Source::Device | Source::Office);
        if let Some(code) = self.refuses(e, t.content.as_ref()).filter(|_| is_said_now) {
            return Ok(Outcome::Rejected(code));
        }
        self.advance(e, verdict);
        let skew = self.skew_ms();
        let too_old = e.source == Source::Device && e.occurred_at < EARLIEST;
        if too_old || e.occurred_at > self.now.saturating_add(skew) {
            return Ok(self.set_aside(e, RecordCode::ImpossibleTime));
        }
        self.accept(t)
    }

    fn reused(&mut self, e: &Entry) -> Outcome {
        let outcome = self.set_aside(e, RecordCode::SeqReused);
        let detail = serde_json::json!({ "epoch": e.epoch, "seq": e.seq }).to_string();
        let cylinder = self.cylinder_of(&e.tag);
        self.alert(AlertKind::Disorder, e.device, e.site, &e.tag, cylinder, None, None, detail);
        outcome
    }

    fn set_aside(&mut self, e: &Entry, code: RecordCode) -> Outcome {
        let held = self.book.quarantined.entry((e.device, e.epoch, e.seq)).or_default();
        if held.iter().any(|(hash, _)| *hash == e.hash) {
            // Set aside in this transaction for another reason: the row is written once.
            self.quarantine.retain(|q| (q.device_id, q.epoch, q.seq, &q.hash) != (e.device, e.epoch, e.seq, &e.hash));
        }
        held.push((e.hash.clone(), code.code().into()));
        let record = serde_json::json!({
            "kind": e.kind, "tag": e.tag, "site": e.site, "occurred_at": clock::rfc3339(e.occurred_at), "started_at": e.started_at.map(clock::rfc3339), "sent_at": e.sent_at, "source": e.source, "weights": e.weights, "medium": e.medium,
            "operator": e.operator, "target": e.target, "attempt": e.attempt, "body": e.body,
        });
        self.quarantine.push(quarantine::Model {
            device_id: e.device,
            epoch: e.epoch,
            seq: e.seq,
            hash: e.hash.clone(),
            code: code.code().into(),
            record: record.to_string(),
            received_at: self.now,
        });
        Outcome::Quarantined(code)
    }

    /// What is wrong with an event on a cylinder that is known.
    fn anomalies(&self, t: &Telling<'_>, id: Option<i64>) -> Vec<Anomaly> {
        let e = t.entry;
        let cylinder = id.and_then(|id| self.book.cylinders.get(&id));
        let mut out = match e.kind {
            EventKind::FillEnd => {
                let asked = self.book.attempt(e.device, &e.attempt);
                fill_anomalies(e, cylinder.map(|c| &c.file), asked.as_ref(), self.rules)
            }
            _ => vec![],
        };
        if let (Some(c), Some(id)) = (cylinder, id)
            && e.kind != EventKind::Register
        {
            let gun = self.book.sites.get(&e.site);
            let org = gun.map_or(0, |g| g.org.id);
            let scene = Scene {
                file: &c.file,
                now: &c.now,
                org,
                holds: self.book.holders(id, clock::local_date(e.occurred_at)).contains(&org),
                licence_until: gun.and_then(|g| g.org.licence_until),
            };
            out.extend(event_anomalies(e, t.content.as_ref(), scene, self.guards, self.rules));
        }
        out
    }

    fn accept(&mut self, t: &Telling<'_>) -> Result<Outcome, Error> {
        let (e, content) = (t.entry, t.content.as_ref());
        let registered = self.book.tags.get(&e.tag).is_some_and(|t| t.gate_state() != TagState::Unbound);
        if (e.kind == EventKind::Register && registered) || self.is_taken(e, content) {
            return Ok(self.set_aside(e, RecordCode::TagTaken));
        }
        let no = self.next();
        let cylinder_id = match content {
            _ if e.kind == EventKind::Register => Some(self.register(no, e)?),
            // It speaks of an event whose tag may be void by now.
            Some(Content::Correct(c)) => self.event_of(c.corrects).and_then(|m| m.cylinder_id),
            _ => self.spoken_of(e),
        };
        let anomalies = self.anomalies(t, cylinder_id);
        let owner = match content {
            Some(Content::Transfer(c)) => c.confirms.and_then(|offer| self.offered(e, offer)),
            _ => None,
        };
        self.events.push(event::Model {
            no,
            device_id: e.device,
            epoch: e.epoch,
            seq: e.seq,
            kind: e.kind.number(),
            cylinder_id,
            tag: e.tag.clone(),
            site_id: e.site,
            occurred_at: e.occurred_at,
            recorded_at: self.now,
            started_at: e.started_at,
            sent_at: e.sent_at,
            gross_g: e.weights.map(|w| w.gross_g),
            tare_g: e.weights.map(|w| w.tare_g),
            net_g: e.weights.map(|w| w.net_g),
            medium: e.medium.clone(),
            operator: e.operator.clone(),
            target: e.target.clone(),
            attempt: e.attempt.clone(),
            anomalies: anomalies.iter().map(|a| a.code()).collect::<Vec<_>>().join(","),
            body: e.body.clone(),
            source: e.source as i16,
            hash: e.hash.clone(),
        });
        if e.kind == EventKind::FillEnd {
            self.count(fill_counters(e, &anomalies));
            let line = FillLine {
                no: no.unsigned_abs(),
                at: e.occurred_at,
                site: e.site,
                tag: e.tag.clone(),
                net_g: e.weights.map_or(0, |w| w.net_g),
                verdict: FillVerdict(anomalies.clone()),
                sent: e.sent_at,
            };
            let news = is_news(e.source, e.occurred_at, self.now).then_some(Change::Fill(line));
            self.publish(e.site, news, Stock::default(), 0);
            self.book.fillers.insert(no, e.operator.clone());
        }
        if e.source != Source::Import {
            for kind in anomalies.iter().filter_map(|a| alert_of(*a)) {
                self.alert(kind, e.device, e.site, &e.tag, cylinder_id, Some(no), None, "{}".into());
            }
        }
        self.detect(no, e, cylinder_id, &anomalies);
        if let Some(Content::Correct(c)) = content {
            self.take_back(no, c)?;
        } else if let Some(id) = cylinder_id {
            if e.kind.is_read_on_site() && e.source != Source::Import {
                self.clone_check(id, no, e.device, e.site, &e.tag, e.occurred_at);
            }
            self.tell(id, &Told { no, entry: e, content, anomalies: &anomalies, owner });
        } else if let Some(Content::VoidTag(v)) = content {
            self.void_unbound(&v.tag);
        }
        Ok(Outcome::Accepted { no, anomalies })
    }

    /// Whether a tag that is to be bound is another cylinder's, or void.
    fn is_taken(&self, e: &Entry, content: Option<&Content>) -> bool {
        let Some(Content::BindTag(b)) = content else { return false };
        let id = self.spoken_of(e);
        let foreign = |code: &String| {
            self.book.tags.get(code).is_some_and(|t| match t.gate_state() {
                TagState::Bound => t.cylinder_id != id,
                TagState::Void => true,
                TagState::Unbound | TagState::Unknown => false,
            })
        };
        // What is replaced must be this cylinder's own.
        let not_own = |code: &String| self.book.tags.get(code).is_none_or(|t| t.cylinder_id != id);
        foreign(&b.tag) || b.replaces.as_ref().is_some_and(not_own)
    }

    /// Folds an event into its cylinder.
    fn tell(&mut self, id: i64, told: &Told<'_>) {
        let (rules, today) = (self.rules, self.today);
        let Some(c) = self.book.cylinders.get_mut(&id) else { return };
        let (before, was) = (c.now.clone(), Body::of(&c.file));
        fold(&mut c.file, &mut c.now, told, rules, today);
        c.dirty = true;
        let of_file = told.owner.is_some()
            || matches!(told.content, Some(Content::Inspect(_) | Content::BindTag(_) | Content::Amend(_)));
        if of_file && c.change == cylinder::FileChange::None {
            c.change = cylinder::FileChange::Changed;
        }
        let (after, body) = (c.now.clone(), Body::of(&c.file));
        self.count(delivery_counters(&before, &after, body));
        match told.content {
            Some(Content::BindTag(b)) => {
                self.put_tag(id, b.tag.clone(), TagFate::Bound);
                if let Some(old) = &b.replaces {
                    self.put_tag(id, old.clone(), TagFate::Void);
                }
            }
            Some(Content::VoidTag(v)) => self.put_tag(id, v.tag.clone(), TagFate::Void),
            Some(Content::Destroy(_)) => {
                let own: Vec<String> =
                    self.book.tags.values().filter(|t| t.cylinder_id == Some(id)).map(|t| t.code.clone()).collect();
                own.into_iter().for_each(|code| self.put_tag(id, code, TagFate::Gone));
            }
            _ => {}
        }
        self.moved(Some((&before, was)), Some((&after, body)));
    }

    fn register(&mut self, no: i64, e: &Entry) -> Result<i64, Error> {
        let file: File = serde_json::from_str(e.body.as_deref().unwrap_or_default())
            .map_err(|x| Error::Stored(format!("registration of {}: {x}", e.tag)))?;
        let derived = file.dates.derive(self.rules, clock::date_of(self.today));
        let now = Now::registered(&file, derived);
        self.put_tag(no, e.tag.clone(), TagFate::Bound);
        self.moved(None, Some((&now, Body::of(&file))));
        let (demo, change) = (e.source == Source::Demo, cylinder::FileChange::New);
        self.book.cylinders.insert(no, cylinder::Loaded { file, now, demo, dirty: true, change });
        Ok(no)
    }
}
