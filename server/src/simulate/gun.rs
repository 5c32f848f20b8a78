//! A fill gun: asks the gate, fills, uploads; and, where asked to, does each of these wrongly.

use super::{
    client::Answer,
    device::{Counter, World},
    faults::Fault,
    handheld::Errand,
    planner::Job,
    report::Route,
};
use domain::{
    clock,
    event::{AuthorizeRequest, EventKind, FillRecord},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, sleep, sleep_until},
};

/// How long a record waits for others of its batch.
const GATHER: Duration = Duration::from_secs(2);
/// How often a gun looks whether the cylinder it was given is back.
const LOOK: Duration = Duration::from_millis(20);

const AUTHORIZE: &str = "/api/v1/fills/authorize";

#[derive(Debug, Deserialize)]
struct Verdict {
    decision: String,
    #[serde(default)]
    reasons: Vec<ReasonLine>,
}

#[derive(Debug, Deserialize)]
struct ReasonLine {
    code: String,
}

/// A fill that happened and is not yet stored.
struct Line {
    record: FillRecord,
    job: Job,
}

/// A gun.
pub(super) struct Gun {
    world: Arc<World>,
    /// Its place in the file of keys.
    device: usize,
    /// Its station's place.
    station: usize,
    counter: Counter,
    pending: Vec<Line>,
    /// A record kept back until its successor is sent.
    held: Option<Line>,
    since: Instant,
}

impl Gun {
    /// The gun at a place of the file of keys.
    pub(super) fn new(world: Arc<World>, device: usize, station: usize, counter: Counter) -> Self {
        Self { world, device, station, counter, pending: vec![], held: None, since: Instant::now() }
    }

    /// Works until the run stops; then sends what it has. A job not yet begun is not.
    pub(super) async fn run(mut self, mut jobs: Receiver<Job>) {
        loop {
            let flush_at = self.since + GATHER;
            tokio::select! {
                biased;
                () = self.world.stop.cancelled() => break,
                () = sleep_until(flush_at), if !self.pending.is_empty() => self.flush().await,
                job = jobs.recv() => match job {
                    Some(job) => self.job(job).await,
                    None => break,
                },
            }
        }
        self.flush().await;
        self.release().await;
    }

    async fn job(&mut self, job: Job) {
        if let Some(c) = job.cylinder.filter(|_| !job.only_tried)
            && !self.back(c).await
        {
            return;
        }
        let asked_at = self.counter.stamp();
        let blocked = match self.authorize(self.device, &job, asked_at).await {
            Some(blocked) => blocked,
            None => {
                if !job.only_tried {
                    self.world.free(job.cylinder);
                }
                return;
            }
        };
        if job.only_tried {
            job.faults.iter().for_each(|f| self.world.tally.fault(*f));
            return;
        }
        if blocked && !job.fill_blocked {
            self.world.free(job.cylinder);
            return;
        }
        let hold = Duration::from_millis(self.world.hold_ms * u64::from(job.hold) / 1000);
        tokio::select! {
            biased;
            () = self.world.stop.cancelled() => {}
            () = sleep(hold) => {}
        }
        self.fill(job, asked_at, blocked).await;
    }

    /// Waits until a cylinder is back; false when the run stops before.
    async fn back(&mut self, cylinder: usize) -> bool {
        if self.world.seize(cylinder) {
            return true;
        }
        // Its last fill may wait here itself.
        self.flush().await;
        self.release().await;
        while !self.world.stop.is_cancelled() {
            if self.world.seize(cylinder) {
                return true;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Asks the gate as a gun: whether it refused.
    async fn authorize(&self, device: usize, job: &Job, at: i64) -> Option<bool> {
        let own = device == self.device;
        let ask = AuthorizeRequest {
            attempt: format!("{}-{}{}", self.world.run, job.no, if own { "" } else { "c" }),
            tag: job.tag.clone(),
            medium: self.world.keys.devices[device].medium.clone(),
            at: clock::rfc3339(at),
            operator: None,
        };
        let body = serde_json::to_vec(&ask).unwrap_or_default();
        match self
            .world
            .client
            .call::<Verdict>(&self.world.credentials[device], Route::Authorize, AUTHORIZE, Some(&body))
            .await
        {
            Answer::Given(v) => {
                self.world.tally.with(|r| {
                    *r.attempts.entry(v.decision.clone()).or_default() += 1;
                    v.reasons.iter().for_each(|c| *r.reasons.entry(c.code.clone()).or_default() += 1);
                });
                Some(v.decision == "BLOCK")
            }
            Answer::Refused(code) => {
                tracing::warn!(
                    device = self.world.keys.devices[device].device_id,
                    code,
                    "a question to the gate was refused"
                );
                None
            }
            Answer::GaveUp => None,
        }
    }

    async fn fill(&mut self, job: Job, asked_at: i64, blocked: bool) {
        let (tally, w) = (&self.world.tally, job.weights);
        for f in &job.faults {
            match f {
                Fault::Missing => {
                    self.counter.take();
                    tally.fault(*f);
                }
                Fault::Overfill | Fault::Underfill | Fault::Skew => tally.fault(*f),
                Fault::FillBlocked if blocked => tally.fault(*f),
                _ => {}
            }
        }
        tally.with(|r| r.fills_sent += 1);
        let ended = self.counter.stamp();
        let record = FillRecord {
            epoch: self.counter.epoch,
            seq: self.counter.take(),
            tag: job.tag.clone(),
            medium: job.medium.clone(),
            started_at: clock::rfc3339(asked_at + job.skew_ms),
            ended_at: clock::rfc3339(ended + job.skew_ms),
            gross_g: w.gross_g,
            tare_g: w.tare_g,
            net_g: w.net_g,
            operator: job.operator.clone(),
            attempt: Some(format!("{}-{}", self.world.run, job.no)),
        };
        let line = Line { record, job };
        if line.job.faults.contains(&Fault::Reorder) && self.held.is_none() {
            self.held = Some(line);
            return;
        }
        if self.pending.is_empty() {
            self.since = Instant::now();
        }
        self.pending.push(line);
        if self.pending.len() >= self.world.batch {
            self.flush().await;
        }
    }

    async fn flush(&mut self) {
        let lines = std::mem::take(&mut self.pending);
        if lines.is_empty() {
            return;
        }
        let passed = self.held.as_ref().is_some_and(|h| lines.iter().any(|l| l.record.seq > h.record.seq));
        self.send(lines).await;
        if passed {
            self.world.tally.fault(Fault::Reorder);
            self.release().await;
        }
    }

    /// Sends the record that was kept back.
    async fn release(&mut self) {
        if let Some(held) = self.held.take() {
            self.send(vec![held]).await;
        }
    }

    async fn send(&mut self, lines: Vec<Line>) {
        let (jobs, records): (Vec<Job>, Vec<FillRecord>) = lines.into_iter().map(|l| (l.job, l.record)).unzip();
        let sent = self.world.upload(self.device, &records).await;
        for (job, record) in jobs.into_iter().zip(records) {
            match sent.stored(record.seq) {
                None => self.world.tally.with(|r| r.unanswered += 1),
                Some(false) => self.world.free(job.cylinder),
                Some(true) => {
                    self.again(&job, &record).await;
                    self.stored(job, &record).await;
                }
            }
        }
    }

    /// The faults that need a record which is stored.
    async fn again(&self, job: &Job, record: &FillRecord) {
        for f in &job.faults {
            let record = match f {
                Fault::Duplicate => record.clone(),
                Fault::Reuse => FillRecord { gross_g: record.gross_g - 10, net_g: record.net_g - 10, ..record.clone() },
                _ => continue,
            };
            self.world.upload(self.device, &[record]).await;
            self.world.tally.fault(*f);
        }
    }

    async fn stored(&self, job: Job, record: &FillRecord) {
        let site = self.world.keys.devices[self.device].site_id;
        self.world.tally.with(|r| {
            r.fills_stored += 1;
            r.net_g += record.net_g;
            *r.fills_by_station.entry(site).or_default() += 1;
        });
        let Some(cylinder) = job.cylinder else { return };
        self.world.moved(cylinder, EventKind::FillEnd);
        match job.clone_at {
            Some(far) => self.cloned(&job, far).await,
            None => self.errand(self.station, Errand::Turn { cylinder, steps: job.steps }),
        }
    }

    /// The tag turns up at a far station: its gun asks, is refused, and the handheld there reports the read.
    async fn cloned(&self, job: &Job, far: usize) {
        if let Some(gun) = self.world.guns.get(far).copied().flatten()
            && self.authorize(gun, job, super::client::now_ms()).await.is_some()
        {
            self.errand(far, Errand::Refuse { tag: job.tag.clone() });
            self.world.tally.fault(Fault::Clone);
        }
    }

    fn errand(&self, station: usize, errand: Errand) {
        if let Some(way) = self.world.handhelds.get(station).and_then(Option::as_ref) {
            // A handheld that has gone home leaves the cylinder where it stands.
            let _ = way.send(errand);
        }
    }
}
