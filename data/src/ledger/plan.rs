//! Decides, in memory, what the transaction writes.

use super::load::{Book, Gap, GapKey, SeqKey};
use super::{Answer, Done, Outcome, Published, Question};
use crate::{Error, alert, attempt, cylinder, event, quarantine};
use domain::{
    clock,
    event::{Entry, EventKind, Source},
    gate::{self, Decision, Facts, GunFacts, PaperFacts, TagState, Verdict},
    ledger::{
        CounterKey, File, Metric, Now, SeqVerdict, WHOLE_DAY, alert_of, attempt_counters, fill_anomalies,
        fill_counters, flag, sequence,
    },
    outcome::{AlertKind, Reason, RecordCode, Severity},
    rules::RuleSet,
    standing::{self, Body},
    wall::{
        AlertLine, AttemptLine, Change, FillLine, Gauge, Stock,
        gauge::{self, Arrival},
    },
    weight::FillVerdict,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// No device of this system was there before: a clock that says so was never set (2000-01-01T00:00:00Z, ms).
const EARLIEST: i64 = 946_684_800_000;

/// The plan of one transaction.
pub struct Plan<'a> {
    pub book: Book,
    rules: &'a RuleSet,
    now: i64,
    today: i32,
    pub events: Vec<event::Model>,
    pub attempts: Vec<attempt::Model>,
    pub alerts: Vec<alert::Model>,
    pub quarantine: Vec<quarantine::Model>,
    pub files: Vec<cylinder::Model>,
    pub tags: Vec<cylinder::tag::Model>,
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
            now,
            today: clock::local_day(now),
            events: vec![],
            attempts: vec![],
            alerts: vec![],
            quarantine: vec![],
            files: vec![],
            tags: vec![],
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

    const fn next(&mut self) -> i64 {
        self.book.last += 1;
        self.book.last
    }

    fn publish(&mut self, site: i64, change: Option<Change>, stock: Stock, open_alerts: i64) {
        let (district, org) = self.book.sites.get(&site).map_or((0, 0), |g| (g.site.division, g.org.id));
        let told = Published { district, org, change, stock, open_alerts, ..Published::default() };
        self.done.published.push(told);
    }

    /// Differences of gauges, for those who may see the site.
    fn publish_gauges(&mut self, site: i64, gauges: Vec<Gauge>) {
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
    fn arrived(&mut self, e: &Entry, at: i64, expected: i64, missing: i64) {
        if e.source == Source::Device {
            let minute = at.div_euclid(clock::MINUTE_MS);
            let a =
                self.arrivals.entry((e.site, minute)).or_insert(Arrival { site: e.site, minute, ..Arrival::default() });
            a.expected += expected;
            a.missing += missing;
        }
    }

    fn count(&mut self, deltas: impl IntoIterator<Item = (CounterKey, i64)>) {
        for (k, v) in deltas {
            *self.counters.entry(k).or_default() += v;
        }
    }

    fn cylinder_of(&self, tag: &str) -> Option<i64> {
        self.book.tags.get(tag).filter(|t| t.gate_state() == TagState::Bound).and_then(|t| t.cylinder_id)
    }

    /// Changes a cylinder's state, keeping counters and totals in step.
    fn change(&mut self, id: i64, f: impl FnOnce(&mut Now)) {
        let Some(c) = self.book.cylinders.get_mut(&id) else { return };
        let before = c.now.clone();
        f(&mut c.now);
        c.dirty = true;
        let after = c.now.clone();
        let body = Body::of(&c.file);
        self.moved(Some(&before), &after, body);
    }

    fn moved(&mut self, before: Option<&Now>, after: &Now, body: Body) {
        if before.is_some_and(|b| {
            (b.file, b.custody, b.due, b.life_end, b.home, standing::full_at(b))
                == (after.file, after.custody, after.due, after.life_end, after.home, standing::full_at(after))
        }) {
            return;
        }
        self.stands(before, after, body);
        self.count(after.contribution().into_iter().map(|k| (k, 1)));
        self.count(before.map(Now::contribution).into_iter().flatten().map(|k| (k, -1)));
        let days = i32::try_from(self.rules.due_soon_days()).unwrap_or(0);
        let mut stock = after.stock(self.today, days);
        if let Some(b) = before {
            stock.subtract(&b.stock(self.today, days));
        }
        if !stock.is_zero() {
            self.publish(after.home, None, stock, 0);
        }
    }

    /// Keeps what a cylinder counts for besides its state in step: its age, and the room it takes where it stands full.
    fn stands(&mut self, before: Option<&Now>, after: &Now, body: Body) {
        self.count(standing::counters(after, body));
        self.count(before.map(|b| standing::counters(b, body)).into_iter().flatten().map(|(k, v)| (k, -v)));
        let mut differences: BTreeMap<(u8, i64), i64> = BTreeMap::new();
        for (sign, now) in before.map(|b| (-1, b)).into_iter().chain([(1, after)]) {
            for (kind, key, value) in standing::gauges(now, body, self.today) {
                *differences.entry((kind, key)).or_default() += sign * value;
            }
        }
        // What is counted where a cylinder stands is for those who see that site, the rest for those who see its home.
        let mut by_site: BTreeMap<i64, Vec<Gauge>> = BTreeMap::new();
        for ((kind, key), value) in differences.into_iter().filter(|(_, v)| *v != 0) {
            let site = if matches!(kind, gauge::FULL_ML | gauge::ON_FILE | gauge::OVERDUE) { key } else { after.home };
            by_site.entry(site).or_default().push((kind, key, value));
        }
        for (site, gauges) in by_site {
            self.publish_gauges(site, gauges);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn alert(
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
        });
        self.count([(CounterKey { metric: Metric::OpenAlert, key: 0, day: 0, minute: WHOLE_DAY, site }, 1)]);
        let line = AlertLine { no: no.unsigned_abs(), at: self.now, site, tag: tag.into(), kind, noted: None };
        self.publish(site, Some(Change::Alert(line)), Stock::default(), 1);
        let mut gauges = vec![(gauge::OPEN, site, 1)];
        if kind.info().severity != Severity::Info {
            self.count([(CounterKey { metric: Metric::Waiting, key: 0, day: 0, minute: WHOLE_DAY, site }, 1)]);
            gauges.push((gauge::WAITING, site, 1));
        }
        if let Some(told) = self.done.published.last_mut() {
            told.gauges = gauges;
        }
        no
    }

    /// Flags a tag that was read at two places faster than a lorry drives; the alert names both reads.
    fn clone_check(&mut self, id: i64, no: i64, device: i64, site: i64, tag: &str, at: i64) -> bool {
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

    /// Answers a question to the gate.
    pub fn answer(&mut self, q: &Question) {
        if let Some(a) = self.book.attempts.get(&(q.device, q.attempt.clone())) {
            let answer = if a.hash == q.hash {
                Answer::Decided {
                    verdict: Verdict {
                        decision: Decision::from_number(a.decision),
                        reasons: a.reason_codes(),
                        overridden: vec![],
                    },
                    no: a.no,
                    rule_version: a.rule_version,
                    facts_hash: a.facts_hash.clone(),
                    duplicate: true,
                }
            } else {
                Answer::Reused
            };
            self.done.answers.push(answer);
            return;
        }
        let no = self.next();
        let tag = self.book.tags.get(&q.tag);
        let cylinder_id = tag.and_then(|t| t.cylinder_id).filter(|id| self.book.cylinders.contains_key(id));
        let tag_state = cylinder::tag_state(tag);
        if let Some(id) = cylinder_id.filter(|_| tag_state == TagState::Bound) {
            self.clone_check(id, no, q.device, q.site, &q.tag, q.at);
            self.change(id, |n| n.read(no, q.at, q.site));
        }
        let facts = self.facts(q, tag_state, cylinder_id);
        let verdict = gate::decide(&facts, self.rules);
        let facts_hash = facts.hash();
        let row = attempt::Model {
            no,
            device_id: q.device,
            attempt: q.attempt.clone(),
            site_id: q.site,
            tag: q.tag.clone(),
            cylinder_id,
            medium: q.medium.clone(),
            at: q.at,
            recorded_at: self.now,
            decision: verdict.decision.number(),
            reasons: verdict.reasons.iter().map(|r| r.code()).collect::<Vec<_>>().join(","),
            rule_version: self.rules.version,
            facts_hash: facts_hash.clone(),
            facts: facts.canonical(),
            hash: q.hash.clone(),
        };
        self.book.attempts.insert((q.device, q.attempt.clone()), row.clone());
        self.attempts.push(row);
        self.count(attempt_counters(q.site, q.at, verdict.decision, &verdict.reasons));
        if verdict.decision != Decision::Allow {
            let line = AttemptLine {
                no: no.unsigned_abs(),
                at: q.at,
                site: q.site,
                tag: q.tag.clone(),
                decision: verdict.decision,
                reasons: verdict.reasons.clone(),
            };
            self.publish(q.site, Some(Change::Attempt(line)), Stock::default(), 0);
        }
        if verdict.reasons.iter().any(|r| matches!(r, Reason::TagUnknown | Reason::TagVoid)) {
            self.alert(
                AlertKind::IllegalTagAttempt,
                q.device,
                q.site,
                &q.tag,
                cylinder_id,
                Some(no),
                None,
                "{}".into(),
            );
        }
        self.done.answers.push(Answer::Decided {
            verdict,
            no,
            rule_version: self.rules.version,
            facts_hash,
            duplicate: false,
        });
    }

    fn facts(&self, q: &Question, tag: TagState, cylinder_id: Option<i64>) -> Facts {
        let as_of = clock::local_date(self.now);
        let gun = self.book.sites.get(&q.site);
        let entrusted = |id: i64| {
            let rows = self.book.entrusted.get(&id).map(Vec::as_slice).unwrap_or_default();
            let mut orgs: Vec<i64> = rows
                .iter()
                .filter(|e| e.valid_from.is_none_or(|d| as_of >= d) && e.valid_to.is_none_or(|d| as_of <= d))
                .map(|e| e.org_id)
                .collect();
            orgs.sort_unstable();
            orgs
        };
        Facts {
            as_of,
            tag,
            cylinder: cylinder_id.and_then(|id| self.book.cylinders.get(&id).map(|c| c.facts(entrusted(id)))),
            gun: GunFacts {
                org: gun.map_or(0, |g| g.org.id),
                medium: q.medium.clone(),
                licence_until: gun.and_then(|g| g.org.licence_until),
                licence_media: gun
                    .map(|g| g.org.licence_media.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect())
                    .unwrap_or_default(),
                papers: PaperFacts::default(),
            },
            tag_medium: None,
            overrides: vec![],
        }
    }

    /// Records an entry.
    pub fn record(&mut self, e: &Entry) -> Result<(), Error> {
        self.devices.insert(e.device);
        let key = (e.device, e.epoch, e.seq);
        let outcome = self.judge(e, key)?;
        let kept = match &outcome {
            Outcome::Accepted { .. } => true,
            Outcome::Quarantined(code) => quarantine::uses_number(*code),
            Outcome::Duplicate { .. } => false,
        };
        if kept && !self.seen.contains_key(&key) {
            self.seen.insert(key, (e.hash.clone(), outcome.clone()));
        }
        self.done.outcomes.push(outcome);
        Ok(())
    }

    fn judge(&mut self, e: &Entry, key: SeqKey) -> Result<Outcome, Error> {
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
        self.advance(e, verdict);
        let skew = self.rules.param("PAR-SKEW").unwrap_or(300).saturating_mul(1000);
        let too_old = e.source == Source::Device && e.occurred_at < EARLIEST;
        if too_old || e.occurred_at > self.now.saturating_add(skew) {
            return Ok(self.set_aside(e, RecordCode::ImpossibleTime));
        }
        self.accept(e)
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

    /// Moves the device's sequence on: a new highest number may open a gap, a late one closes a part of one.
    fn advance(&mut self, e: &Entry, verdict: SeqVerdict) {
        match verdict {
            SeqVerdict::New { gap, raised } => {
                self.book.epochs.insert((e.device, e.epoch), e.seq + 1);
                self.epochs_put.insert((e.device, e.epoch));
                let missing = gap.map_or(0, |(first, last)| last - first + 1);
                self.arrived(e, self.now, missing + 1, missing);
                if let Some((first, last)) = gap {
                    self.put_gap((e.device, e.epoch, first), Gap { last, opened_at: self.now, alerted: None });
                }
                if raised {
                    self.book.present.insert(e.device, e.epoch);
                    let detail = serde_json::json!({ "epoch": e.epoch }).to_string();
                    self.alert(AlertKind::EpochRaised, e.device, e.site, "", None, None, None, detail);
                }
            }
            SeqVerdict::Late => {
                let around = self
                    .book
                    .gaps
                    .range((e.device, e.epoch, i64::MIN)..=(e.device, e.epoch, e.seq))
                    .next_back()
                    .map(|(k, g)| (*k, *g))
                    .filter(|(_, g)| g.last >= e.seq);
                let Some((key, gap)) = around else { return };
                self.arrived(e, gap.opened_at, 0, -1);
                self.book.gaps.remove(&key);
                // What was put by this transaction only is in no table yet.
                if self.gaps_put.remove(&key).is_none() {
                    self.gaps_gone.insert(key);
                }
                if key.2 < e.seq {
                    self.put_gap(key, Gap { last: e.seq - 1, ..gap });
                }
                if e.seq < gap.last {
                    self.put_gap((e.device, e.epoch, e.seq + 1), gap);
                }
            }
            SeqVerdict::Quarantine(_) => {}
        }
    }

    fn put_gap(&mut self, key: GapKey, gap: Gap) {
        self.book.gaps.insert(key, gap);
        self.gaps_put.insert(key, gap);
    }

    fn accept(&mut self, e: &Entry) -> Result<Outcome, Error> {
        if e.kind == EventKind::Register && self.book.tags.contains_key(&e.tag) {
            return Ok(self.set_aside(e, RecordCode::TagTaken));
        }
        let no = self.next();
        let cylinder_id =
            if e.kind == EventKind::Register { Some(self.register(no, e)?) } else { self.cylinder_of(&e.tag) };
        let anomalies = if e.kind == EventKind::FillEnd {
            let file = cylinder_id.and_then(|id| self.book.cylinders.get(&id)).map(|c| &c.file);
            fill_anomalies(e, file, self.book.attempt(e.device, &e.attempt).as_ref(), self.rules)
        } else {
            vec![]
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
            self.publish(e.site, Some(Change::Fill(line)), Stock::default(), 0);
        }
        if e.source != Source::Import {
            for kind in anomalies.iter().filter_map(|a| alert_of(*a)) {
                self.alert(kind, e.device, e.site, &e.tag, cylinder_id, Some(no), None, "{}".into());
            }
        }
        if let Some(id) = cylinder_id {
            if e.kind.is_read_on_site() && e.source != Source::Import {
                self.clone_check(id, no, e.device, e.site, &e.tag, e.occurred_at);
            }
            self.change(id, |n| n.fold(no, e, &anomalies));
        }
        Ok(Outcome::Accepted { no, anomalies })
    }

    fn register(&mut self, no: i64, e: &Entry) -> Result<i64, Error> {
        let file: File = serde_json::from_str(e.body.as_deref().unwrap_or_default())
            .map_err(|x| Error::Stored(format!("registration of {}: {x}", e.tag)))?;
        let derived = file.dates.derive(self.rules, clock::date_of(self.today));
        let now = Now::registered(&file, derived);
        let tag = cylinder::tag::Model { code: e.tag.clone(), state: cylinder::tag::BOUND, cylinder_id: Some(no) };
        self.files.push(cylinder::Model::of(no, &file, e.source == Source::Demo));
        self.tags.push(tag.clone());
        self.book.tags.insert(e.tag.clone(), tag);
        self.moved(None, &now, Body::of(&file));
        self.book.cylinders.insert(no, cylinder::Loaded { file, now, dirty: true });
        Ok(no)
    }

    /// Raises the alerts of gaps that have waited long enough.
    pub fn omissions(&mut self, older_than: i64) {
        let due: Vec<(GapKey, Gap)> = self
            .book
            .gaps
            .iter()
            .filter(|(_, g)| g.alerted.is_none() && g.opened_at <= older_than)
            .map(|(k, g)| (*k, *g))
            .collect();
        for (key, gap) in due {
            let site = self.book.device_sites.get(&key.0).copied().unwrap_or(0);
            let detail = serde_json::json!({ "epoch": key.1, "first": key.2, "last": gap.last }).to_string();
            let no = self.alert(AlertKind::Omission, key.0, site, "", None, None, None, detail);
            self.gaps_gone.insert(key);
            self.put_gap(key, Gap { alerted: Some(no), ..gap });
        }
    }
}
