//! The feed hub: after each commit, every subscriber of a channel is told the change.
//!
//! One task owns all channels. Each frame is encoded once a channel and handed to bounded queues; a socket that lags is
//! given a fresh snapshot when it has drained, instead of a backlog. A ring of the last [`RESUME_LIMIT`] ledger numbers
//! serves who reconnects with a cursor, and is filled from the ledger at start: a cursor keeps its meaning over a restart.

use crate::clock::Clock;
use axum::extract::ws::Utf8Bytes;
use data::{Db, bulletin, figures, ledger::Published};
use domain::{
    clock::local_day,
    rules::RuleSet,
    scope::{Scope, Viewer},
    wall::{Arrivals, Bulletin, Change, Delta, Gauge, OPEN_LEN, RESUME_LIMIT, ServerFrame, Snapshot, TotalsLine},
};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Time between frames: at most 20 a second.
pub const TICK: Duration = Duration::from_millis(50);
/// A channel that is silent says so every second.
const BEAT: Duration = Duration::from_secs(1);
/// Frames a socket may be behind.
const QUEUE: usize = 64;
/// A socket that has taken nothing for so long is let go; it will come again.
const GIVE_UP: Duration = Duration::from_secs(90);
/// How often what a channel tells beside its figures is looked up: posts come and end by the clock, too.
const TOLD: Duration = Duration::from_secs(5);
/// A channel nobody listens to is forgotten after this time.
const IDLE: Duration = Duration::from_secs(300);

/// What a subscriber gets.
#[derive(Debug)]
pub struct Subscription {
    /// Frames, encoded.
    pub frames: mpsc::Receiver<Utf8Bytes>,
}

enum Command {
    Publish { from: i64, no: i64, published: Vec<Published> },
    Subscribe { scope: Scope, cursor: Option<u64>, reply: oneshot::Sender<Subscription> },
    Loaded { scope: Scope, version: i64, snapshot: Result<Box<(Snapshot, Arrivals)>, ()> },
    Rules { set: Arc<RuleSet>, no: i64 },
    Announce,
    Told { scope: Scope, bulletin: Option<Box<Bulletin>> },
    Status { reply: oneshot::Sender<Status> },
}

/// How the hub fares, for metrics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status {
    /// Open subscriptions.
    pub subscribers: usize,
    /// Channels held.
    pub channels: usize,
    /// Ledger number reached.
    pub no: u64,
}

/// A handle to the hub.
#[derive(Clone, Debug)]
pub struct Hub {
    tx: mpsc::UnboundedSender<Command>,
}

/// What the hub needs to know.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Build of the server.
    pub build: String,
    /// City, GB/T 2260.
    pub city: i32,
    /// The rules in force: windows and limits.
    pub rules: Arc<RuleSet>,
}

impl Hub {
    /// Starts the hub from the present state of the ledger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(db: Db, config: HubConfig, clock: Clock) -> Result<Self, data::Error> {
        let no = data::sequence::last(db.read(), data::sequence::LEDGER).await?;
        let after = no.saturating_sub(i64::try_from(RESUME_LIMIT).unwrap_or(i64::MAX)).max(0);
        let ring: VecDeque<Entry> = data::feed::published(db.read(), after)
            .await?
            .into_iter()
            .map(|p| Entry { batch: no.unsigned_abs(), no: p.change.as_ref().map_or(0, Change::no), p: Arc::new(p) })
            .collect();
        // One producer, the writer, and its groups are bounded by its own queue: this cannot grow without it.
        let (tx, rx) = mpsc::unbounded_channel();
        let state = State {
            db,
            config,
            clock,
            tx: tx.downgrade(),
            no: no.unsigned_abs(),
            ring_after: after.unsigned_abs(),
            ring,
            channels: HashMap::new(),
        };
        tokio::spawn(state.run(rx));
        Ok(Self { tx })
    }

    /// Tells the hub what a commit did.
    /// `from` is the ledger number before it, `no` the one it reached.
    pub fn publish(&self, from: i64, no: i64, published: Vec<Published>) {
        // Without a hub there is nobody to tell: the server is stopping.
        drop(self.tx.send(Command::Publish { from, no, published }));
    }

    /// Tells the hub that other rules are in force from a ledger number on: windows and limits are others, so that every channel
    /// begins anew.
    pub fn rules(&self, set: Arc<RuleSet>, no: i64) {
        drop(self.tx.send(Command::Rules { set, no }));
    }

    /// Tells the hub that something was published or withdrawn: it looks at once instead of within seconds.
    pub fn announce(&self) {
        drop(self.tx.send(Command::Announce));
    }

    /// Subscribes to a channel, from a cursor if it is given and can be served. `None` when the server stops.
    pub async fn subscribe(&self, scope: Scope, cursor: Option<u64>) -> Option<Subscription> {
        let (reply, subscription) = oneshot::channel();
        self.tx.send(Command::Subscribe { scope, cursor, reply }).ok()?;
        subscription.await.ok()
    }

    /// How the hub fares.
    pub async fn status(&self) -> Status {
        let (reply, status) = oneshot::channel();
        if self.tx.send(Command::Status { reply }).is_err() {
            return Status::default();
        }
        status.await.unwrap_or_default()
    }
}

struct Entry {
    /// Ledger number its commit reached.
    batch: u64,
    /// Its own, 0 for a mere change of totals.
    no: u64,
    p: Arc<Published>,
}

struct Subscriber {
    tx: mpsc::Sender<Utf8Bytes>,
    /// Since when it could take nothing; it gets a snapshot once it has drained.
    lagging: Option<Instant>,
}

#[derive(Default)]
struct Channel {
    /// State up to the last frame; `None` while it is being read.
    state: Option<Snapshot>,
    /// What of the last hour's arrivals moves its gauges as time passes.
    arrivals: Arrivals,
    /// When they were last looked at, server clock, whole seconds.
    looked: i64,
    loading: bool,
    waiting: Vec<(Option<u64>, oneshot::Sender<Subscription>)>,
    pending: Vec<Arc<Published>>,
    subscribers: Vec<Subscriber>,
    last_frame: Option<Instant>,
    idle_since: Option<Instant>,
    /// What it tells beside its figures, where it came and was not sent yet.
    bulletin: Option<Box<Bulletin>>,
    /// When that was asked for last …
    asked: Option<Instant>,
    /// … and whether the answer is awaited.
    asking: bool,
}

struct State {
    db: Db,
    config: HubConfig,
    clock: Clock,
    tx: mpsc::WeakUnboundedSender<Command>,
    no: u64,
    /// The ring holds every change above this ledger number.
    ring_after: u64,
    ring: VecDeque<Entry>,
    channels: HashMap<Scope, Channel>,
}

fn encode(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame).unwrap_or_default().into()
}

impl State {
    async fn run(mut self, mut rx: mpsc::UnboundedReceiver<Command>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = rx.recv() => match command {
                    Some(c) => self.command(c),
                    None => return,
                },
                _ = tick.tick() => self.tick(),
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Publish { from, no, published } => self.publish(from.unsigned_abs(), no.unsigned_abs(), published),
            Command::Subscribe { scope, cursor, reply } => {
                self.channels.entry(scope).or_default().waiting.push((cursor, reply));
                self.admit(scope);
            }
            Command::Loaded { scope, version, snapshot } => self.loaded(scope, version, snapshot),
            Command::Rules { set, no } => {
                self.config.rules = set;
                self.begin_anew(self.no.max(no.unsigned_abs()));
            }
            Command::Announce => self.channels.values_mut().for_each(|c| c.asked = None),
            Command::Told { scope, bulletin } => {
                if let Some(channel) = self.channels.get_mut(&scope) {
                    channel.asking = false;
                    let known = channel.state.as_ref().map(|s| &s.figures.bulletin);
                    channel.bulletin = bulletin.filter(|b| known.is_some_and(|k| *k != **b));
                }
            }
            Command::Status { reply } => {
                let subscribers = self.channels.values().map(|c| c.subscribers.len()).sum();
                let status = Status { subscribers, channels: self.channels.len(), no: self.no };
                // Whoever asked may be gone.
                reply.send(status).ok();
            }
        }
    }

    fn publish(&mut self, from: u64, no: u64, published: Vec<Published>) {
        if from > self.no {
            // A commit whose answer was lost on the way: what it did is in the record, and nobody told us. All begin anew.
            tracing::warn!(have = self.no, from, "the feed missed a commit");
            self.begin_anew(no);
            return;
        }
        self.no = self.no.max(no);
        for p in published {
            let p = Arc::new(p);
            for (scope, channel) in &mut self.channels {
                // A state that was read after this commit holds it already.
                if scope.covers(p.district, p.org) && channel.state.as_ref().is_some_and(|s| s.no < no) {
                    channel.pending.push(Arc::clone(&p));
                }
            }
            self.ring.push_back(Entry { batch: no, no: p.change.as_ref().map_or(0, Change::no), p });
        }
        // The ring covers a span of ledger numbers, not of changes: that is what a cursor speaks of.
        while self.ring.front().is_some_and(|e| e.batch + RESUME_LIMIT < self.no) {
            if let Some(e) = self.ring.pop_front() {
                self.ring_after = self.ring_after.max(e.batch);
            }
        }
    }

    /// Nothing that was told up to a ledger number counts any more: every channel is read again.
    fn begin_anew(&mut self, no: u64) {
        self.ring.clear();
        self.ring_after = no;
        self.no = no;
        for scope in self.channels.keys().copied().collect::<Vec<_>>() {
            self.load(scope);
        }
    }

    /// Reads a channel's state from the record, outside this task.
    fn load(&mut self, scope: Scope) {
        let Some(channel) = self.channels.get_mut(&scope) else { return };
        if channel.loading {
            return;
        }
        channel.loading = true;
        let (db, config, clock, tx) = (self.db.clone(), self.config.clone(), self.clock.clone(), self.tx.clone());
        tokio::spawn(async move {
            let ask = figures::Ask {
                viewer: Viewer { scope },
                city: config.city,
                now: clock.now(),
                build: &config.build,
                rules: &config.rules,
            };
            let snapshot = figures::channel(&db, ask).await.map(Box::new).map_err(|why| {
                tracing::error!(error = %why, %scope, "a channel could not be read");
            });
            if snapshot.is_err() {
                // The record is away: not at once again.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            if let Some(tx) = tx.upgrade() {
                drop(tx.send(Command::Loaded { scope, version: config.rules.version, snapshot }));
            }
        });
    }

    /// Reads what a channel tells beside its figures, outside this task.
    fn ask(&self, scope: Scope) {
        let (db, now, tx) = (self.db.clone(), self.clock.now(), self.tx.clone());
        tokio::spawn(async move {
            let read = bulletin::read(db.read(), scope, now).await;
            let bulletin = read.map(Box::new).map_err(|why| {
                tracing::warn!(error = %why, %scope, "what a wall tells beside its figures");
            });
            if let Some(tx) = tx.upgrade() {
                drop(tx.send(Command::Told { scope, bulletin: bulletin.ok() }));
            }
        });
    }

    fn loaded(&mut self, scope: Scope, version: i64, snapshot: Result<Box<(Snapshot, Arrivals)>, ()>) {
        let Some(channel) = self.channels.get_mut(&scope) else { return };
        channel.loading = false;
        if version != self.config.rules.version {
            // Other rules came into force while it was read.
            self.load(scope);
            return;
        }
        let Ok((snapshot, arrivals)) = snapshot.map(|both| *both) else {
            self.load(scope);
            return;
        };
        if snapshot.no < self.ring_after {
            // More was committed while it was read than the ring holds: it cannot be brought up to date.
            self.load(scope);
            return;
        }
        // What was committed while it was being read follows from the ring.
        let (base, before) = (snapshot.no, channel.state.take());
        channel.state = Some(snapshot);
        channel.arrivals = arrivals;
        channel.bulletin = None;
        channel.pending = self
            .ring
            .iter()
            .filter(|e| e.batch > base && scope.covers(e.p.district, e.p.org))
            .map(|e| Arc::clone(&e.p))
            .collect();
        if before.is_some() {
            // A reload (a new day, a new station): everyone gets the new state whole. What is pending goes into it unsent,
            // for it begins where the new state was read, which nobody has reached yet.
            drop(Self::advance(channel, self.no, self.clock.now()));
            Self::resend(channel, self.clock.now());
        }
        self.admit(scope);
    }

    /// Lets those in who wait for a channel.
    fn admit(&mut self, scope: Scope) {
        let Some(channel) = self.channels.get_mut(&scope) else { return };
        if channel.state.is_none() {
            self.load(scope);
            return;
        }
        let now = self.clock.now();
        Self::flush(channel, self.no, now);
        let waiting = std::mem::take(&mut channel.waiting);
        let Some(state) = &channel.state else { return };
        let mut whole: Option<Utf8Bytes> = None;
        for (cursor, reply) in waiting {
            // A state that was read ahead of what we were told holds changes that the ring does not hold yet.
            let resume = cursor.filter(|c| {
                *c >= self.ring_after && *c <= self.no && self.no - *c <= RESUME_LIMIT && state.no <= self.no
            });
            let frame = match resume {
                Some(from) => {
                    let mut c: Vec<Change> = self
                        .ring
                        .iter()
                        .filter(|e| e.no > from && scope.covers(e.p.district, e.p.org))
                        .filter_map(|e| e.p.change.clone())
                        .collect();
                    // Totals go whole: the differences before a restart are not kept.
                    c.push(totals(state));
                    encode(&ServerFrame::Delta(Delta { from, to: state.no, ms: now, c }))
                }
                None => whole.get_or_insert_with(|| snapshot_frame(state, now)).clone(),
            };
            let (tx, frames) = mpsc::channel(QUEUE);
            // A new queue has room.
            drop(tx.try_send(frame));
            if reply.send(Subscription { frames }).is_ok() {
                channel.subscribers.push(Subscriber { tx, lagging: None });
            }
        }
        channel.idle_since = None;
    }

    /// Applies what is pending and sends it as one frame.
    fn flush(channel: &mut Channel, no: u64, now: i64) {
        if let Some(delta) = Self::advance(channel, no, now) {
            let frame = encode(&ServerFrame::Delta(delta));
            Self::broadcast(channel, &frame);
        }
    }

    /// Applies what is pending and tells the stretch.
    fn advance(channel: &mut Channel, no: u64, now: i64) -> Option<Delta> {
        let state = channel.state.as_mut()?;
        let second = now.div_euclid(1_000);
        let looked = std::mem::replace(&mut channel.looked, second) == second;
        if no < state.no || (channel.pending.is_empty() && looked && channel.bulletin.is_none()) {
            return None;
        }
        let bulletin = channel.bulletin.take();
        let pending = std::mem::take(&mut channel.pending);
        let (mut stock, mut open_alerts) = (state.figures.stock, state.figures.open_alerts);
        let mut gauges: BTreeMap<(u8, i64), i64> = BTreeMap::new();
        for p in &pending {
            stock.add(&p.stock);
            open_alerts += p.open_alerts;
            for (kind, key, difference) in &p.gauges {
                *gauges.entry((*kind, *key)).or_insert_with(|| state.figures.gauges.of(*kind, *key)) += difference;
            }
            p.arrival.iter().for_each(|a| channel.arrivals.add(*a));
        }
        let mut gauges: Vec<Gauge> = gauges
            .into_iter()
            .map(|((kind, key), value)| (kind, key, value))
            .filter(|(kind, key, value)| state.figures.gauges.of(*kind, *key) != *value)
            .collect();
        if !looked {
            // The hour moves on by itself; once a second is enough for eyes.
            gauges.extend(channel.arrivals.changed(&state.figures.gauges, now));
        }
        let mut c: Vec<Change> = pending.iter().filter_map(|p| p.change.clone()).collect();
        let moved = (stock, open_alerts) != (state.figures.stock, state.figures.open_alerts) || !gauges.is_empty();
        if moved || bulletin.is_some() {
            c.push(Change::Totals(TotalsLine { no, stock, open_alerts, gauges, whole: false, bulletin }));
        }
        if pending.is_empty() && c.is_empty() {
            return None;
        }
        let delta = Delta { from: state.no, to: no, ms: now, c };
        // It joins on by construction: `from` is where the state stands.
        state.apply(&delta).ok().map(|()| delta)
    }

    fn broadcast(channel: &mut Channel, frame: &Utf8Bytes) {
        channel.last_frame = Some(Instant::now());
        for s in channel.subscribers.iter_mut().filter(|s| s.lagging.is_none()) {
            if let Err(mpsc::error::TrySendError::Full(_)) = s.tx.try_send(frame.clone()) {
                s.lagging = Some(Instant::now());
                metrics::counter!("pingji_feed_lagged_total").increment(1);
            }
        }
        channel.subscribers.retain(|s| !s.tx.is_closed());
    }

    /// Sends the whole state to everyone.
    fn resend(channel: &mut Channel, now: i64) {
        let Some(state) = &channel.state else { return };
        let frame = snapshot_frame(state, now);
        Self::broadcast(channel, &frame);
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        let today = local_day(now);
        let (mut reload, mut ask) = (vec![], vec![]);
        self.channels.retain(|_, c| c.idle_since.is_none_or(|t| t.elapsed() < IDLE) || c.loading);
        for (scope, channel) in &mut self.channels {
            let handled = |c: &Option<Change>| matches!(c, Some(Change::Ack(_) | Change::Closed(_)));
            let handled = channel.pending.iter().any(|p| handled(&p.change));
            Self::flush(channel, self.no, now);
            let Some(state) = &mut channel.state else { continue };
            state.reach(now);
            // Behind a full list of open alerts wait others that nobody here knows by name.
            let (named, open) = (state.figures.open.len(), state.figures.open_alerts);
            let others = named == OPEN_LEN || i64::try_from(named).is_ok_and(|n| n < open.min(OPEN_LEN as i64));
            if state.day != today || (handled && others) {
                reload.push(*scope);
            }
            // Lagging sockets that have drained get the state whole.
            if channel.subscribers.iter().any(|s| s.lagging.is_some()) {
                let mut frame: Option<Utf8Bytes> = None;
                for s in channel.subscribers.iter_mut().filter(|s| s.lagging.is_some()) {
                    if s.tx.capacity() == s.tx.max_capacity() {
                        let f = frame.get_or_insert_with(|| snapshot_frame(state, now)).clone();
                        if s.tx.try_send(f).is_ok() {
                            s.lagging = None;
                        }
                    }
                }
                channel.subscribers.retain(|s| !s.tx.is_closed() && s.lagging.is_none_or(|t| t.elapsed() < GIVE_UP));
            }
            if channel.last_frame.is_none_or(|t| t.elapsed() >= BEAT) {
                let to = if channel.pending.is_empty() { self.no } else { state.no };
                if let Some(state) = &mut channel.state {
                    state.no = state.no.max(to);
                }
                let frame = encode(&ServerFrame::Beat { to, ms: now });
                Self::broadcast(channel, &frame);
            }
            channel.subscribers.retain(|s| !s.tx.is_closed());
            if channel.subscribers.is_empty() && channel.waiting.is_empty() {
                channel.idle_since.get_or_insert_with(Instant::now);
            } else {
                channel.idle_since = None;
                if !channel.asking && channel.asked.is_none_or(|t| t.elapsed() >= TOLD) {
                    (channel.asking, channel.asked) = (true, Some(Instant::now()));
                    ask.push(*scope);
                }
            }
        }
        for scope in reload {
            self.load(scope);
        }
        for scope in ask {
            self.ask(scope);
        }
    }
}

fn totals(state: &Snapshot) -> Change {
    let f = &state.figures;
    Change::Totals(TotalsLine {
        no: state.no,
        stock: f.stock,
        open_alerts: f.open_alerts,
        gauges: f.gauges.clone().into(),
        whole: true,
        bulletin: Some(Box::new(f.bulletin.clone())),
    })
}

fn snapshot_frame(state: &Snapshot, now: i64) -> Utf8Bytes {
    let mut s = state.clone();
    s.ms = now;
    encode(&ServerFrame::Snapshot(Box::new(s)))
}
