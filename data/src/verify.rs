//! Recomputes everything that is derived from the ledger, and names each difference.

use crate::{
    Db, Error,
    alert::{self, ack, step},
    attempt, event, rederivation, reference, rule_use, sequence, site,
};
use domain::{
    clock,
    event::{Content, Entry, EventKind, Source},
    gate::{self, Decision, Facts, Verdict},
    geo::Position,
    ledger::{self, AttemptFact, CounterKey, File, Guards, Link, Metric, Now, Scene, TagFate, Told, flag},
    outcome::{AlertKind, Anomaly},
    rules::{MediumClass, RuleSet},
    standing::Body,
};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, BTreeSet, HashMap};

mod cases;
mod compare;
mod credit;
mod handled;
mod ranges;
mod rederived;
mod watch;

use handled::Handling;
use ranges::Ranges;
use watch::Watch;

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
    /// Detectors' states compared.
    pub detectors: u64,
    /// Cases compared.
    pub cases: u64,
    /// Facts of the credit and ratings compared.
    pub credit: u64,
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

/// What was found by a part of the register that keeps no history: who owned it or held it in trust, and whose licence was in
/// force. It is taken as it was recorded.
const fn of_the_register(a: Anomaly) -> bool {
    matches!(a, Anomaly::NotOwn | Anomaly::ShippedUnlicensed)
}

struct Fold<'a> {
    rules: &'a RuleSet,
    in_force: rule_use::InForce,
    positions: HashMap<i64, Position>,
    divisions: HashMap<i64, i32>,
    /// When the latest of a site's events happened, ms.
    heard: HashMap<i64, i64>,
    classes: HashMap<String, MediumClass>,
    tags: HashMap<String, (i64, TagFate)>,
    /// By id: what was derived anew is a stretch of them.
    cylinders: BTreeMap<i64, (File, Now, bool)>,
    /// Where the last round of deriving anew stands.
    rederived: Option<rederivation::Model>,
    /// Tags that were voided before any cylinder bore them.
    voided: BTreeSet<String>,
    attempts: HashMap<(i64, String), AttemptFact>,
    offers: HashMap<i64, i64>,
    corrections: BTreeMap<i64, (i64, i64)>,
    counters: HashMap<CounterKey, i64>,
    sequences: BTreeMap<(i64, i64), Ranges>,
    /// Warnings and dangers nobody took note of, by ledger number: where.
    waiting: HashMap<i64, CounterKey>,
    /// How alerts stand after their steps, by ledger number.
    handled: HashMap<i64, Handling>,
    watch: Watch,
    next_no: i64,
    report: Report,
}

/// Verifies the record. Every event is judged under the rules and on the day of its commit, as it was then.
///
/// # Errors
/// When the database fails. A difference is no error: it stands in the report.
pub async fn run(db: &Db, rules: &RuleSet) -> Result<Report, Error> {
    let txn = db.begin_read().await?;
    let sites = site::Entity::find().all(&txn).await?;
    let positions = sites.iter().filter_map(|s| s.position().map(|p| (s.id, p))).collect();
    let watch = Watch::load(&txn, &sites).await?;
    let mut fold = Fold {
        rules,
        in_force: rule_use::InForce::load(&txn, rules).await?,
        positions,
        divisions: sites.iter().map(|s| (s.id, s.division)).collect(),
        heard: HashMap::new(),
        classes: reference::classes(&txn).await?,
        tags: HashMap::new(),
        cylinders: BTreeMap::new(),
        rederived: None,
        voided: BTreeSet::new(),
        attempts: HashMap::new(),
        offers: HashMap::new(),
        corrections: BTreeMap::new(),
        counters: HashMap::new(),
        sequences: BTreeMap::new(),
        waiting: HashMap::new(),
        handled: HashMap::new(),
        watch,
        next_no: 1,
        report: Report::default(),
    };
    fold.ledger(&txn).await?;
    let last = sequence::last(&txn, sequence::LEDGER).await?;
    fold.report.compare(|| "last ledger number".into(), &last, &(fold.next_no - 1));
    fold.states(&txn).await?;
    fold.places(&txn).await?;
    fold.tags(&txn).await?;
    fold.corrections(&txn).await?;
    fold.counters(&txn).await?;
    fold.sequences(&txn).await?;
    fold.detectors(&txn).await?;
    fold.handled(&txn).await?;
    fold.cases(&txn).await?;
    fold.credit(&txn).await?;
    txn.commit().await?;
    Ok(fold.report)
}

impl Fold<'_> {
    /// Reads events, attempts and alerts in ledger order, each table by pages.
    async fn ledger<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let (mut events, mut attempts, mut alerts) = (Pages::default(), Pages::default(), Pages::default());
        let (mut acks, mut steps, mut derived) = (Pages::default(), Pages::default(), Pages::default());
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
            if steps.wants() {
                let q = step::Entity::find().filter(step::Column::No.gt(steps.after)).order_by_asc(step::Column::No);
                steps.fill(q.limit(PAGE).all(db).await?, |m: &step::Model| m.no);
            }
            if derived.wants() {
                use rederivation::Column;
                let q = rederivation::Entity::find().filter(Column::No.gt(derived.after)).order_by_asc(Column::No);
                derived.fill(q.limit(PAGE).all(db).await?, |m: &rederivation::Model| m.no);
            }
            let heads = [
                events.peek().map(|m| m.no),
                attempts.peek().map(|m| m.no),
                alerts.peek().map(|m| m.no),
                acks.peek().map(|m| m.no),
                steps.peek().map(|m| m.no),
                derived.peek().map(|m| m.no),
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
                    if let Some(Content::Correct(c)) = m.content() {
                        self.correct(db, &m, c.corrects).await?;
                    }
                }
            } else if heads[1] == Some(no) {
                if let Some(m) = attempts.rows.pop_front() {
                    self.attempt(&m);
                }
            } else if heads[2] == Some(no) {
                if let Some(m) = alerts.rows.pop_front() {
                    self.alert(&m);
                }
            } else if heads[3] == Some(no) {
                if let Some(m) = acks.rows.pop_front() {
                    self.ack(&m);
                }
            } else if heads[4] == Some(no) {
                if let Some(m) = steps.rows.pop_front() {
                    self.step(&m);
                }
            } else if let Some(m) = derived.rows.pop_front() {
                self.rederive(m);
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
        let cloned = now.is_clone_of(at, position(site), position(now.read_site), self.in_force.at(no));
        self.change(id, |n| {
            if cloned {
                n.flags |= flag::CLONE;
            }
            n.read(no, at, site);
        });
    }

    /// The cylinder that a bound tag leads to.
    fn bound(&self, tag: &str) -> Option<i64> {
        self.tags.get(tag).filter(|(_, fate)| *fate == TagFate::Bound).map(|(id, _)| *id)
    }

    /// The cylinder that an entry speaks of: the office may also name one by its primary tag after that was voided.
    fn spoken_of(&self, e: &Entry) -> Option<i64> {
        self.bound(&e.tag).or_else(|| {
            let (id, fate) = self.tags.get(&e.tag).filter(|_| e.source == Source::Office)?;
            let file = &self.cylinders.get(id).filter(|_| fate.is_void())?.0;
            (file.tag == e.tag).then_some(*id)
        })
    }

    /// What has become of a tag of a cylinder. One that another bears by now is that one's.
    fn put_tag(&mut self, id: i64, code: String, fate: TagFate) {
        match self.tags.get(&code) {
            Some((other, f)) if *other != id && *f != TagFate::Free => {}
            _ => {
                self.tags.insert(code, (id, fate));
            }
        }
    }

    fn event(&mut self, m: &event::Model) {
        self.report.events += 1;
        let Some(link) = m.link() else {
            self.report.differs(format!("event {}: kind {} is unknown", m.no, m.kind));
            return;
        };
        let e = &link.entry;
        self.sequences.entry((e.device, e.epoch)).or_default().add(e.seq);
        if e.source != Source::Office {
            let heard = self.heard.entry(e.site).or_insert(e.occurred_at);
            *heard = Ord::max(*heard, e.occurred_at);
        }
        if e.source == Source::Device {
            self.report.compare(|| format!("event {}: hash of its content", m.no), &m.hash, &e.content());
        }
        if e.kind == EventKind::Register {
            self.register(m, e);
        }
        let id = match link.content {
            // Told by the event it speaks of.
            Some(Content::Correct(_)) => m.cylinder_id,
            _ => self.spoken_of(e),
        };
        self.report.compare(|| format!("event {}: cylinder", m.no), &m.cylinder_id, &id);
        let anomalies = self.anomalies(m, &link, id);
        let stored: Vec<Anomaly> = link.anomalies.iter().copied().filter(|a| !of_the_register(*a)).collect();
        self.report.compare(|| format!("event {}: anomalies", m.no), &stored, &anomalies);
        if e.kind == EventKind::FillEnd {
            for (k, v) in ledger::fill_counters(e, &link.anomalies) {
                *self.counters.entry(k).or_default() += v;
            }
        }
        self.watch_event(m, e, id, &anomalies);
        if let Some(id) = id
            && !matches!(link.content, Some(Content::Correct(_)))
        {
            if e.kind.is_read_on_site() && e.source != Source::Import {
                self.read(id, m.no, e.site, e.occurred_at);
            }
            self.fold(id, m, &link);
        } else if let Some(Content::VoidTag(v)) = &link.content {
            self.voided.insert(v.tag.clone());
        }
    }

    /// Judged under the rules and on the day of its commit.
    fn anomalies(&self, m: &event::Model, link: &Link, id: Option<i64>) -> Vec<Anomaly> {
        let e = &link.entry;
        let rules = self.in_force.at(m.no);
        let cylinder = id.and_then(|id| self.cylinders.get(&id));
        let mut out = match e.kind {
            EventKind::FillEnd => {
                let asked = self.attempts.get(&(e.device, e.attempt.clone()));
                ledger::fill_anomalies(e, cylinder.map(|c| &c.0), asked, rules)
            }
            _ => vec![],
        };
        if let Some((file, now, _)) = cylinder
            && e.kind != EventKind::Register
        {
            // Neutral as to owner and licence: see `of_the_register`.
            let scene = Scene { file, now, org: file.org, holds: true, licence_until: None };
            let guards = Guards::of(rules, clock::local_date(m.recorded_at));
            out.extend(ledger::event_anomalies(e, link.content.as_ref(), scene, guards, rules));
        }
        out
    }

    fn fold(&mut self, id: i64, m: &event::Model, link: &Link) {
        let e = &link.entry;
        let owner = match &link.content {
            Some(Content::Transfer(t)) => {
                self.offers.extend(t.to_org.map(|org| (m.no, org)));
                t.confirms.and_then(|no| self.offers.get(&no).copied())
            }
            _ => None,
        };
        let told = Told { no: m.no, entry: e, content: link.content.as_ref(), anomalies: &link.anomalies, owner };
        if let Some((file, now, _)) = self.cylinders.get_mut(&id) {
            let before = now.clone();
            ledger::fold(file, now, &told, self.in_force.at(m.no), clock::local_day(m.recorded_at));
            for (k, v) in ledger::delivery_counters(&before, now, Body::of(file)) {
                *self.counters.entry(k).or_default() += v;
            }
        }
        match &link.content {
            Some(Content::BindTag(b)) => {
                self.put_tag(id, b.tag.clone(), TagFate::Bound);
                if let Some(old) = &b.replaces {
                    self.put_tag(id, old.clone(), TagFate::Void);
                }
            }
            Some(Content::VoidTag(v)) => self.put_tag(id, v.tag.clone(), TagFate::Void),
            Some(Content::Destroy(_)) => {
                self.tags
                    .values_mut()
                    .filter(|(own, fate)| *own == id && *fate != TagFate::Free)
                    .for_each(|t| t.1 = TagFate::Gone);
            }
            _ => {}
        }
    }

    /// Takes an event back, as the ledger did.
    async fn correct<C: ConnectionTrait>(&mut self, db: &C, m: &event::Model, no: i64) -> Result<(), Error> {
        let target = event::Entity::find().filter(event::Column::No.eq(no)).one(db).await?;
        let Some((target, link)) = target.and_then(|t| t.link().map(|l| (t, l))).filter(|(t, _)| t.no < m.no) else {
            self.report.differs(format!("event {}: there is no event {no} to correct", m.no));
            return Ok(());
        };
        self.report.compare(|| format!("event {}: cylinder", m.no), &m.cylinder_id, &target.cylinder_id);
        if self.corrections.insert(no, (target.device_id, m.no)).is_some() {
            self.report.differs(format!("event {}: event {no} was corrected before", m.no));
        }
        self.offers.remove(&no);
        if link.entry.kind == EventKind::FillEnd {
            for (k, v) in ledger::fill_counters(&link.entry, &link.anomalies) {
                *self.counters.entry(k).or_default() -= v;
            }
        }
        let Some(id) = target.cylinder_id else { return Ok(()) };
        let chain: Vec<Link> = event::Entity::find()
            .filter(event::Column::CylinderId.eq(id))
            .filter(event::Column::No.lte(m.no))
            .order_by_asc(event::Column::No)
            .all(db)
            .await?
            .iter()
            .filter_map(event::Model::link)
            .collect();
        let Some((_, now, _)) = self.cylinders.get(&id) else { return Ok(()) };
        let classes = &self.classes;
        let (rules, today) = (self.in_force.at(m.no), clock::local_day(m.recorded_at));
        let Some(again) = ledger::refold(&chain, now, |c| classes.get(c).copied(), rules, today) else {
            self.report.differs(format!("event {}: the chain of cylinder {id} cannot be told again", m.no));
            return Ok(());
        };
        let told = chain.split_last().map_or(&[][..], |(_, rest)| rest);
        let was = ledger::refold(told, now, |c| classes.get(c).copied(), rules, today);
        let was = was.map(|w| w.deliveries).unwrap_or_default().into_iter().map(|(k, v)| (k, -v));
        for (k, v) in again.deliveries.into_iter().chain(was) {
            *self.counters.entry(k).or_default() += v;
        }
        if let Some(c) = self.cylinders.get_mut(&id) {
            (c.0, c.1) = (again.file, again.now);
        }
        for (code, fate) in again.tags {
            self.put_tag(id, code, fate);
        }
        Ok(())
    }

    fn register(&mut self, m: &event::Model, e: &Entry) {
        let no = m.no;
        let Ok(mut file) = serde_json::from_str::<File>(e.body.as_deref().unwrap_or_default()) else {
            self.report.differs(format!("event {no}: its file cannot be read"));
            return;
        };
        // The class follows the media table, as it does for whoever loads the file.
        if let Some(c) = self.classes.get(&file.medium) {
            file.dates.medium_class = *c;
        }
        let day = clock::local_date(m.recorded_at);
        let now = Now::registered(&file, file.dates.derive(self.in_force.at(no), day));
        if self.tags.insert(e.tag.clone(), (no, TagFate::Bound)).is_some_and(|(_, fate)| fate != TagFate::Free) {
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
        let said = Verdict { decision, reasons: m.reason_codes(), overridden: m.overridden_codes() };
        for (k, v) in ledger::attempt_counters(m.site_id, m.at, &said) {
            *self.counters.entry(k).or_default() += v;
        }
        let id = self.tags.get(&m.tag).filter(|(_, fate)| *fate != TagFate::Free).map(|(id, _)| *id);
        self.report.compare(|| format!("attempt {}: cylinder", m.no), &m.cylinder_id, &id);
        if let Some(id) = self.bound(&m.tag) {
            self.read(id, m.no, m.site_id, m.at);
            let guards = Guards::of(self.in_force.at(m.no), clock::local_date(m.recorded_at));
            if guards.fill_start && decision != Decision::Block {
                self.change(id, |n| n.fill_start(m.at));
            }
        }
        self.watch_read(m.no, m.at, (m.device_id, m.site_id, &m.tag));
        let Ok(facts) = serde_json::from_str::<Facts>(&m.facts) else {
            self.report.differs(format!("attempt {}: its facts cannot be read", m.no));
            return;
        };
        self.report.compare(|| format!("attempt {}: hash of the facts", m.no), &m.facts_hash, &facts.hash());
        let rules = self.in_force.at(m.no);
        if m.rule_version == rules.version {
            let again = gate::decide(&facts, rules);
            self.report.compare(|| format!("attempt {}: decision", m.no), &said, &again);
        } else if (1..self.rules.version).contains(&m.rule_version) {
            self.report.other_rules += 1;
        } else {
            self.report.differs(format!("attempt {}: rules of version {} do not exist", m.no, m.rule_version));
        }
    }

    fn alert(&mut self, m: &alert::Model) {
        self.report.alerts += 1;
        self.watch_alert(m);
        let Some(kind) = AlertKind::from_code(&m.kind) else {
            self.report.differs(format!("alert {}: kind {} is unknown", m.no, m.kind));
            return;
        };
        if m.state != alert::OPEN {
            return;
        }
        *self.counters.entry(CounterKey::of_alert(Metric::OpenAlert, kind, m.site_id)).or_default() += 1;
        if kind.is_to_be_noted() {
            let key = CounterKey::of_alert(Metric::Waiting, kind, m.site_id);
            *self.counters.entry(key).or_default() += 1;
            self.waiting.insert(m.no, key);
        }
    }

    fn ack(&mut self, m: &ack::Model) {
        // One of an alert that is only to know takes nothing away.
        if let Some(key) = self.waiting.remove(&m.alert_no) {
            *self.counters.entry(key).or_default() -= 1;
        }
    }
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
