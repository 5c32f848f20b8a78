//! A station's handheld: what happens to cylinders between two fills, in batches.

use super::device::{Counter, Sent, World};
use super::planner::Steps;
use crate::demo::random::Random;
use domain::{
    clock,
    event::{CustodyRecord, EventKind},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

/// Time over which events are gathered into one upload.
const WINDOW: Duration = Duration::from_millis(400);
/// Most events in one upload: what a handheld's radio takes at once.
const MOST: usize = 500;

/// What a handheld is sent to do.
#[derive(Debug)]
pub(super) enum Errand {
    /// Take a filled cylinder through its turn.
    Turn {
        /// Its place in the file of keys.
        cylinder: usize,
        /// What is to happen.
        steps: Steps,
    },
    /// Report that a tag was read and not filled.
    Refuse {
        /// The tag.
        tag: String,
    },
}

#[derive(Debug)]
struct Task {
    cylinder: Option<usize>,
    tag: String,
    kind: EventKind,
    rest: Steps,
}

/// A handheld.
pub(super) struct Handheld {
    world: Arc<World>,
    /// Its place in the file of keys.
    device: usize,
    counter: Counter,
    random: Random,
    due: BTreeMap<(Instant, u64), Task>,
    made: u64,
}

impl Handheld {
    /// The handheld at a place of the file of keys.
    pub(super) fn new(world: Arc<World>, device: usize, counter: Counter, seed: u64) -> Self {
        Self { world, device, counter, random: Random::of(&[seed, 30, device as u64]), due: BTreeMap::new(), made: 0 }
    }

    /// Works until the run stops. What is not due by then stays where it is: the memory knows.
    pub(super) async fn run(mut self, mut errands: UnboundedReceiver<Errand>) {
        let mut next = Instant::now();
        loop {
            let wake = self.due.keys().next().map_or(next, |(t, _)| (*t).max(next));
            tokio::select! {
                biased;
                () = self.world.stop.cancelled() => break,
                e = errands.recv() => match e {
                    Some(e) => self.take(e),
                    None => break,
                },
                () = sleep_until(wake), if !self.due.is_empty() => {
                    self.deliver().await;
                    next = Instant::now() + WINDOW;
                }
            }
        }
    }

    fn take(&mut self, errand: Errand) {
        match errand {
            Errand::Turn { cylinder, steps } => self.next_step(cylinder, steps),
            Errand::Refuse { tag } => {
                self.put(
                    Duration::from_secs(1),
                    Task { cylinder: None, tag, kind: EventKind::FillReject, rest: vec![] },
                );
            }
        }
    }

    fn put(&mut self, after: Duration, task: Task) {
        self.made += 1;
        self.due.insert((Instant::now() + after, self.made), task);
    }

    fn next_step(&mut self, cylinder: usize, mut steps: Steps) {
        match steps.pop() {
            Some((kind, ms)) => {
                let tag = self.world.keys.cylinders[cylinder].tag.clone();
                self.put(Duration::from_millis(ms), Task { cylinder: Some(cylinder), tag, kind, rest: steps });
            }
            None => self.world.free(Some(cylinder)),
        }
    }

    fn record(&mut self, task: &Task) -> CustodyRecord {
        let r = &mut self.random;
        let (operator, target) = match task.kind {
            EventKind::Ship => (format!("W{:02}", r.range(1, 2)), format!("配送车{}", r.range(1, 6))),
            EventKind::Deliver | EventKind::Collect => {
                (format!("D{:02}", r.range(1, 6)), format!("4101{:02}{:04}", r.range(2, 5), r.range(1, 9_999)))
            }
            _ => (format!("W{:02}", r.range(1, 2)), String::new()),
        };
        let at = clock::rfc3339(self.counter.stamp());
        CustodyRecord {
            epoch: self.counter.epoch,
            seq: self.counter.take(),
            kind: task.kind,
            tag: task.tag.clone(),
            at,
            operator,
            target,
            body: None,
        }
    }

    async fn deliver(&mut self) {
        let now = Instant::now();
        let mut tasks = Vec::new();
        while tasks.len() < MOST.min(domain::event::BATCH_MAX) {
            let Some(first) = self.due.first_entry().filter(|e| e.key().0 <= now) else { break };
            tasks.push(first.remove());
        }
        if tasks.is_empty() {
            return;
        }
        let records: Vec<CustodyRecord> = tasks.iter().map(|t| self.record(t)).collect();
        self.world.tally.with(|r| {
            for t in &tasks {
                let kind =
                    serde_json::to_value(t.kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
                *r.custody_sent.entry(kind).or_default() += 1;
            }
        });
        let sent: Sent = self.world.upload(self.device, &records).await;
        for (task, record) in tasks.into_iter().zip(&records) {
            match (sent.stored(record.seq), task.cylinder) {
                (None, _) => self.world.tally.with(|r| r.unanswered += 1),
                (Some(stored), cylinder) => {
                    self.world.tally.with(|r| r.custody_stored += u64::from(stored));
                    if let Some(c) = cylinder {
                        if stored {
                            self.world.moved(c, task.kind);
                        }
                        // What was refused for good is over; the chain shows it, and life goes on.
                        self.next_step(c, task.rest);
                    }
                }
            }
        }
    }
}
