//! Recomputes everything that is derived from the ledger, and names each difference.

use crate::{
    Db, Error,
    alert::{self, ack},
    attempt, counter, cylinder, device, event, quarantine, reference, sequence, site,
};
use domain::{
    clock,
    event::{Entry, EventKind, Source},
    gate::{self, Decision, Facts},
    geo::Position,
    ledger::{self, AttemptFact, CounterKey, File, Metric, Now, WHOLE_DAY, flag},
    outcome::{AlertKind, RecordCode, Severity},
    rules::{MediumClass, RuleSet},
    standing,
};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, HashMap};

/// Rows read at a time.
const PAGE: u64 = 5_000;
/// Differences listed by name; more are only counted.
const LISTED: usize = 200;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Events read.
    pub events: u64,
    /// Attempts read and replayed.
    pub attempts: u64,
    /// Alerts read.
    pub alerts: u64,
    /// Cylinders compared.
    pub cylinders: u64,
    /// Counters compared.
    pub counters: u64,
    /// Attempts not replayed because they were decided under rules that are no longer the newest.
    pub other_rules: u64,
    /// Differences found.
    pub differences: u64,
    /// The first of them, by name.
    pub named: Vec<String>,
}

impl Report {
    /// Whether nothing differs.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.differences == 0
    }

    fn differs(&mut self, what: String) {
        self.differences += 1;
        if self.named.len() < LISTED {
            self.named.push(what);
        }
    }

    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: impl FnOnce() -> String, stored: &T, computed: &T) {
        if stored != computed {
            self.differs(format!("{}: stored {stored:?}, computed {computed:?}", what()));
        }
    }
}

/// Numbers received, as ranges.
#[derive(Default)]
struct Ranges(BTreeMap<i64, i64>);

impl Ranges {
    fn add(&mut self, n: i64) {
        let (mut first, mut last) = (n, n);
        if let Some((&f, &l)) = self.0.range(..=n).next_back() {
            if l >= n {
                return;
            }
            if l + 1 == n {
                first = f;
            }
        }
        if let Some(&l) = self.0.get(&(n + 1)) {
            self.0.remove(&(n + 1));
            last = l;
        }
        self.0.insert(first, last);
    }

    fn next(&self) -> i64 {
        self.0.last_key_value().map_or(1, |(_, l)| l + 1)
    }

    /// Missing between 1 and the highest.
    fn gaps(&self) -> Vec<(i64, i64)> {
        let mut at = 1;
        let mut out = vec![];
        for (f, l) in &self.0 {
            if *f > at {
                out.push((at, f - 1));
            }
            at = l + 1;
        }
        out
    }
}

struct Fold<'a> {
    rules: &'a RuleSet,
    today: i32,
    positions: HashMap<i64, Position>,
    classes: HashMap<String, MediumClass>,
    tags: HashMap<String, i64>,
    cylinders: HashMap<i64, (File, Now, bool)>,
    attempts: HashMap<(i64, String), AttemptFact>,
    counters: HashMap<CounterKey, i64>,
    sequences: BTreeMap<(i64, i64), Ranges>,
    /// Warnings and dangers nobody took note of, by ledger number: where.
    waiting: HashMap<i64, i64>,
    next_no: i64,
    report: Report,
}

/// Verifies the record.
///
/// # Errors
/// When the database fails. A difference is no error: it stands in the report.
pub async fn run(db: &Db, rules: &RuleSet, now: i64) -> Result<Report, Error> {
    let txn = db.begin_read().await?;
    let positions =
        site::Entity::find().all(&txn).await?.iter().filter_map(|s| s.position().map(|p| (s.id, p))).collect();
    let mut fold = Fold {
        rules,
        today: clock::local_day(now),
        positions,
        classes: reference::classes(&txn).await?,
        tags: HashMap::new(),
        cylinders: HashMap::new(),
        attempts: HashMap::new(),
        counters: HashMap::new(),
        sequences: BTreeMap::new(),
        waiting: HashMap::new(),
        next_no: 1,
        report: Report::default(),
    };
    fold.ledger(&txn).await?;
    let last = sequence::last(&txn, sequence::LEDGER).await?;
    fold.report.compare(|| "last ledger number".into(), &last, &(fold.next_no - 1));
    fold.states(&txn).await?;
    fold.tags(&txn).await?;
    fold.counters(&txn).await?;
    fold.sequences(&txn).await?;
    txn.commit().await?;
    Ok(fold.report)
}

impl Fold<'_> {
    /// Reads events, attempts and alerts in ledger order, each table by pages.
    async fn ledger<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let (mut events, mut attempts, mut alerts) = (Pages::default(), Pages::default(), Pages::default());
        let mut acks = Pages::default();
        loop {
            if events.wants() {
                let q =
                    event::Entity::find().filter(event::Column::No.gt(events.after)).order_by_asc(event::Column::No);
                events.fill(q.limit(PAGE).all(db).await?, |m: &event::Model| m.no);
            }
            if attempts.wants() {
                let q = attempt::Entity::find()
                    .filter(attempt::Column::No.gt(attempts.after))
                    .order_by_asc(attempt::Column::No);
                attempts.fill(q.limit(PAGE).all(db).await?, |m: &attempt::Model| m.no);
            }
            if alerts.wants() {
                let q =
                    alert::Entity::find().filter(alert::Column::No.gt(alerts.after)).order_by_asc(alert::Column::No);
                alerts.fill(q.limit(PAGE).all(db).await?, |m: &alert::Model| m.no);
            }
            if acks.wants() {
                let q = ack::Entity::find().filter(ack::Column::No.gt(acks.after)).order_by_asc(ack::Column::No);
                acks.fill(q.limit(PAGE).all(db).await?, |m: &ack::Model| m.no);
            }
            let heads = [
                events.peek().map(|m| m.no),
                attempts.peek().map(|m| m.no),
                alerts.peek().map(|m| m.no),
                acks.peek().map(|m| m.no),
            ];
            let Some(no) = heads.iter().flatten().min().copied() else { return Ok(()) };
            if no != self.next_no {
                let at = self.next_no;
                self.report.differs(format!("ledger numbers {at} to {} are missing or stand twice", no - 1));
            }
            self.next_no = no + 1;
            if heads[0] == Some(no) {
                if let Some(m) = events.rows.pop_front() {
                    self.event(&m);
                }
            } else if heads[1] == Some(no) {
                if let Some(m) = attempts.rows.pop_front() {
                    self.attempt(&m);
                }
            } else if heads[2] == Some(no) {
                if let Some(m) = alerts.rows.pop_front() {
                    self.alert(&m);
                }
            } else if let Some(m) = acks.rows.pop_front() {
                self.ack(&m);
            }
        }
    }

    fn change(&mut self, id: i64, f: impl FnOnce(&mut Now)) {
        if let Some((_, now, _)) = self.cylinders.get_mut(&id) {
            f(now);
        }
    }

    fn read(&mut self, id: i64, no: i64, site: i64, at: i64) {
        let Some((_, now, _)) = self.cylinders.get(&id) else { return };
        let position = |s: i64| self.positions.get(&s).copied();
        let cloned = now.is_clone_of(at, position(site), position(now.read_site), self.rules);
        self.change(id, |n| {
            if cloned {
                n.flags |= flag::CLONE;
            }
            n.read(no, at, site);
        });
    }

    fn event(&mut self, m: &event::Model) {
        self.report.events += 1;
        let Some(e) = m.entry() else {
            self.report.differs(format!("event {}: kind {} is unknown", m.no, m.kind));
            return;
        };
        self.sequences.entry((e.device, e.epoch)).or_default().add(e.seq);
        if e.source == Source::Device {
            self.report.compare(|| format!("event {}: hash of its content", m.no), &m.hash, &e.content());
        }
        if e.kind == EventKind::Register {
            self.register(m.no, &e);
        }
        let id = self.tags.get(&e.tag).copied();
        self.report.compare(|| format!("event {}: cylinder", m.no), &m.cylinder_id, &id);
        let mut anomalies = vec![];
        if e.kind == EventKind::FillEnd {
            let file = id.and_then(|id| self.cylinders.get(&id)).map(|c| &c.0);
            let asked = self.attempts.get(&(e.device, e.attempt.clone()));
            anomalies = ledger::fill_anomalies(&e, file, asked, self.rules);
            self.report.compare(|| format!("event {}: anomalies", m.no), &m.anomaly_codes(), &anomalies);
            for (k, v) in ledger::fill_counters(&e, &anomalies) {
                *self.counters.entry(k).or_default() += v;
            }
        }
        if let Some(id) = id {
            if e.kind.is_read_on_site() && e.source != Source::Import {
                self.read(id, m.no, e.site, e.occurred_at);
            }
            self.change(id, |n| n.fold(m.no, &e, &anomalies));
        }
    }

    fn register(&mut self, no: i64, e: &Entry) {
        let Ok(mut file) = serde_json::from_str::<File>(e.body.as_deref().unwrap_or_default()) else {
            self.report.differs(format!("event {no}: its file cannot be read"));
            return;
        };
        // The class follows the media table, as it does for whoever loads the file.
        if let Some(c) = self.classes.get(&file.medium) {
            file.dates.medium_class = *c;
        }
        let now = Now::registered(&file, file.dates.derive(self.rules, clock::date_of(self.today)));
        if self.tags.insert(e.tag.clone(), no).is_some() {
            self.report.differs(format!("event {no}: tag {} was bound before", e.tag));
        }
        self.cylinders.insert(no, (file, now, e.source == Source::Demo));
    }

    fn attempt(&mut self, m: &attempt::Model) {
        self.report.attempts += 1;
        let decision = Decision::from_number(m.decision);
        self.attempts.insert(
            (m.device_id, m.attempt.clone()),
            AttemptFact { decision, tag: m.tag.clone(), medium: m.medium.clone(), at: m.at },
        );
        for (k, v) in ledger::attempt_counters(m.site_id, m.at, decision, &m.reason_codes()) {
            *self.counters.entry(k).or_default() += v;
        }
        let id = self.tags.get(&m.tag).copied();
        self.report.compare(|| format!("attempt {}: cylinder", m.no), &m.cylinder_id, &id);
        if let Some(id) = id {
            self.read(id, m.no, m.site_id, m.at);
        }
        let Ok(facts) = serde_json::from_str::<Facts>(&m.facts) else {
            self.report.differs(format!("attempt {}: its facts cannot be read", m.no));
            return;
        };
        self.report.compare(|| format!("attempt {}: hash of the facts", m.no), &m.facts_hash, &facts.hash());
        if m.rule_version == self.rules.version {
            let again = gate::decide(&facts, self.rules);
            self.report.compare(
                || format!("attempt {}: decision", m.no),
                &(decision, m.reason_codes()),
                &(again.decision, again.reasons),
            );
        } else if (1..self.rules.version).contains(&m.rule_version) {
            self.report.other_rules += 1;
        } else {
            self.report.differs(format!("attempt {}: rules of version {} do not exist", m.no, m.rule_version));
        }
    }

    fn alert(&mut self, m: &alert::Model) {
        self.report.alerts += 1;
        if AlertKind::from_code(&m.kind).is_none() {
            self.report.differs(format!("alert {}: kind {} is unknown", m.no, m.kind));
        }
        let severe = AlertKind::from_code(&m.kind).is_some_and(|k| k.info().severity != Severity::Info);
        if m.state == alert::OPEN && severe {
            *self.counters.entry(waiting(m.site_id)).or_default() += 1;
            self.waiting.insert(m.no, m.site_id);
        }
        if m.state == alert::OPEN {
            *self
                .counters
                .entry(CounterKey { metric: Metric::OpenAlert, key: 0, day: 0, minute: WHOLE_DAY, site: m.site_id })
                .or_default() += 1;
        }
    }

    fn ack(&mut self, m: &ack::Model) {
        // One of an alert that is only to know takes nothing away.
        if let Some(site) = self.waiting.remove(&m.alert_no) {
            *self.counters.entry(waiting(site)).or_default() -= 1;
        }
    }

    async fn states<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let (mut after, mut seen) = (0, 0_u64);
        loop {
            let files = cylinder::Entity::find()
                .filter(cylinder::Column::Id.gt(after))
                .order_by_asc(cylinder::Column::Id)
                .limit(PAGE)
                .all(db)
                .await?;
            let Some(last) = files.last().map(|f| f.id) else { break };
            let states: HashMap<i64, cylinder::state::Model> = cylinder::state::Entity::find()
                .filter(cylinder::state::Column::CylinderId.gt(after))
                .filter(cylinder::state::Column::CylinderId.lte(last))
                .all(db)
                .await?
                .into_iter()
                .map(|s| (s.cylinder_id, s))
                .collect();
            for f in files {
                seen += 1;
                self.state(&f, states.get(&f.id));
            }
            after = last;
        }
        self.report.cylinders = seen;
        self.report.compare(|| "number of cylinders".into(), &seen, &(self.cylinders.len() as u64));
        Ok(())
    }

    fn state(&mut self, stored: &cylinder::Model, state: Option<&cylinder::state::Model>) {
        let Some((file, now, demo)) = self.cylinders.get(&stored.id) else {
            self.report.differs(format!("cylinder {}: no registration made it", stored.id));
            return;
        };
        let (file, now) = (cylinder::Model::of(stored.id, file, *demo), cylinder::state::Model::of(stored.id, now));
        let (its_file, its_state, _) = &self.cylinders[&stored.id];
        let standing = standing::counters(its_state, standing::Body::of(its_file));
        for (key, value) in its_state.contribution().into_iter().map(|k| (k, 1)).chain(standing) {
            *self.counters.entry(key).or_default() += value;
        }
        self.report.compare(|| format!("file of cylinder {}", stored.id), stored, &file);
        self.report.compare(|| format!("state of cylinder {}", stored.id), &state, &Some(&now));
    }

    async fn tags<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let mut after = String::new();
        let mut computed = std::mem::take(&mut self.tags);
        loop {
            use cylinder::tag::Column;
            let page = cylinder::tag::Entity::find()
                .filter(Column::Code.gt(after.clone()))
                .order_by_asc(Column::Code)
                .limit(PAGE)
                .all(db)
                .await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            for t in page {
                if t.state == cylinder::tag::BOUND {
                    self.report.compare(|| format!("tag {}", t.code), &t.cylinder_id, &computed.remove(&t.code));
                }
            }
        }
        for (code, id) in computed.into_iter().collect::<BTreeMap<_, _>>() {
            self.report.differs(format!("tag {code}: is not bound, computed {id}"));
        }
        Ok(())
    }

    async fn counters<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let mut computed = std::mem::take(&mut self.counters);
        let stored = counter::Entity::find().all(db).await?;
        self.report.counters = stored.len() as u64;
        for c in stored {
            let Some(key) = c.counter_key() else {
                self.report.differs(format!("counter of unknown metric {}", c.metric));
                continue;
            };
            let v = computed.remove(&key).unwrap_or(0);
            self.report.compare(|| format!("counter {key:?}"), &c.value, &v);
        }
        for (key, v) in computed.into_iter().filter(|(_, v)| *v != 0) {
            self.report.compare(|| format!("counter {key:?}"), &0, &v);
        }
        Ok(())
    }

    async fn sequences<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        // A record in quarantine used its number up, unless it could not even be placed in the sequence.
        let unplaced = RecordCode::ALL.iter().filter(|c| !quarantine::uses_number(**c)).map(|c| c.code());
        for q in quarantine::Entity::find().filter(quarantine::Column::Code.is_not_in(unplaced)).all(db).await? {
            self.sequences.entry((q.device_id, q.epoch)).or_default().add(q.seq);
        }
        let next: BTreeMap<(i64, i64), i64> = device::epoch::Entity::find()
            .all(db)
            .await?
            .into_iter()
            .map(|m| ((m.device_id, m.epoch), m.next_seq))
            .collect();
        let mut gaps: BTreeMap<(i64, i64), Vec<(i64, i64)>> = BTreeMap::new();
        for g in device::gap::Entity::find().order_by_asc(device::gap::Column::FirstSeq).all(db).await? {
            gaps.entry((g.device_id, g.epoch)).or_default().push((g.first_seq, g.last_seq));
        }
        let sequences = std::mem::take(&mut self.sequences);
        for key in sequences.keys().chain(next.keys()).chain(gaps.keys()).collect::<std::collections::BTreeSet<_>>() {
            let ranges = sequences.get(key);
            let (d, e) = key;
            self.report.compare(
                || format!("device {d} epoch {e}: next number"),
                &next.get(key).copied().unwrap_or(1),
                &ranges.map_or(1, Ranges::next),
            );
            self.report.compare(
                || format!("device {d} epoch {e}: gaps"),
                &gaps.get(key).cloned().unwrap_or_default(),
                &ranges.map(Ranges::gaps).unwrap_or_default(),
            );
        }
        Ok(())
    }
}

const fn waiting(site: i64) -> CounterKey {
    CounterKey { metric: Metric::Waiting, key: 0, day: 0, minute: WHOLE_DAY, site }
}

/// One table read by pages of its ledger number.
struct Pages<M> {
    rows: std::collections::VecDeque<M>,
    after: i64,
    done: bool,
}

impl<M> Default for Pages<M> {
    fn default() -> Self {
        Self { rows: std::collections::VecDeque::new(), after: 0, done: false }
    }
}

impl<M> Pages<M> {
    fn wants(&self) -> bool {
        self.rows.is_empty() && !self.done
    }

    fn fill(&mut self, rows: Vec<M>, no: impl Fn(&M) -> i64) {
        self.done = (rows.len() as u64) < PAGE;
        self.after = rows.last().map_or(self.after, no);
        self.rows = rows.into();
    }

    fn peek(&self) -> Option<&M> {
        self.rows.front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_show_their_gaps() {
        let mut r = Ranges::default();
        assert_eq!((r.next(), r.gaps()), (1, vec![]));
        for n in [3, 1, 5, 4, 9, 1] {
            r.add(n);
        }
        assert_eq!((r.next(), r.gaps()), (10, vec![(2, 2), (6, 8)]));
        r.add(2);
        assert_eq!(r.0, BTreeMap::from([(1, 5), (9, 9)]));
    }
}
