//! Group commit: many requests, one transaction, the reply after the commit.
//!
//! A disk here does some 390 fsyncs a second. One writer takes what has come within a few milliseconds, up to
//! [`GROUP_MAX`] records, commits it as one transaction and only then answers. While it commits, the next group gathers.

use crate::{clock::Clock, hub::Hub, imports::Chunk, rules::Rules};
use data::{
    Db,
    audit::{Actor, Deed},
    device::Progress,
    ledger::{self, Answer, By, Done, Handled, Memory, Noted, Outcome, Question},
    rule_draft,
};
use domain::{
    event::Entry,
    ledger::Act,
    outcome::RecordCode,
    rules::{RuleSet, draft::Deny},
    scope::Viewer,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// Records and questions in one transaction.
pub const GROUP_MAX: usize = 100;
/// How long the first of a group waits for company.
pub const GROUP_WAIT: Duration = Duration::from_millis(5);
/// Jobs that may wait; more are told to come again.
const QUEUE: usize = 2_048;

/// Why a job was not done. Nothing of it was recorded that is not recorded again by a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The queue is full, or the server stops.
    #[error("busy")]
    Busy,
    /// The database failed; the log says how.
    #[error("the record is not available")]
    Unavailable,
}

/// What became of the records of one job.
#[derive(Debug)]
pub struct Recorded {
    /// In the order of the entries.
    pub outcomes: Vec<Outcome>,
    /// The device's progress after the commit.
    pub progress: Option<Progress>,
}

enum Job {
    Ask(Box<Question>, oneshot::Sender<Result<Answer, IngestError>>),
    Record(Vec<Entry>, oneshot::Sender<Result<Recorded, IngestError>>),
    Omissions { older_than: i64, reply: oneshot::Sender<Result<usize, IngestError>> },
    Acknowledge { viewer: Viewer, alert: i64, by: By, reply: oneshot::Sender<Result<Noted, IngestError>> },
    Handle { viewer: Viewer, work: Box<Handling>, reply: oneshot::Sender<Result<Vec<Handled>, IngestError>> },
    Say { said: Box<(Entry, Deed)>, reply: oneshot::Sender<Result<Outcome, IngestError>> },
    Take { chunk: Arc<Chunk>, reply: oneshot::Sender<Result<Refused, IngestError>> },
    Publish { draft: i64, by: Box<Actor>, reply: oneshot::Sender<Result<Published, IngestError>> },
    Rederive { reply: oneshot::Sender<Result<bool, IngestError>> },
}

/// Records of a chunk that the ledger did not take: which, and why.
pub type Refused = Vec<(usize, RecordCode)>;

/// The version that a draft became; `None` when there is no such draft.
pub type Published = Option<Result<i64, Deny>>;

/// Alerts that somebody handles, all in one way.
#[derive(Clone, Debug)]
pub struct Handling {
    /// Ledger numbers of the alerts.
    pub alerts: Vec<i64>,
    /// What is done.
    pub act: Act,
    /// Why, checked.
    pub reason: String,
    /// Who.
    pub by: Actor,
}

/// What a job of its own came to.
enum Came {
    Nothing,
    Noted(Noted),
    Handled(Vec<Handled>),
    Taken(Refused),
    /// A draft was published, or not.
    Published(Option<Result<Arc<RuleSet>, Deny>>),
}

impl Job {
    const fn weight(&self) -> usize {
        match self {
            Self::Ask(..) => 1,
            Self::Record(e, _) => e.len(),
            // Runs in a transaction of its own.
            Self::Omissions { .. }
            | Self::Acknowledge { .. }
            | Self::Handle { .. }
            | Self::Say { .. }
            | Self::Take { .. }
            | Self::Publish { .. }
            | Self::Rederive { .. } => GROUP_MAX,
        }
    }

    fn fail(self, why: IngestError) {
        // Whoever asked may be gone: nobody is left to tell.
        match self {
            Self::Ask(_, r) => drop(r.send(Err(why))),
            Self::Record(_, r) => drop(r.send(Err(why))),
            Self::Omissions { reply, .. } => drop(reply.send(Err(why))),
            Self::Acknowledge { reply, .. } => drop(reply.send(Err(why))),
            Self::Handle { reply, .. } => drop(reply.send(Err(why))),
            Self::Say { reply, .. } => drop(reply.send(Err(why))),
            Self::Take { reply, .. } => drop(reply.send(Err(why))),
            Self::Publish { reply, .. } => drop(reply.send(Err(why))),
            Self::Rederive { reply } => drop(reply.send(Err(why))),
        }
    }
}

/// A handle to the writer.
#[derive(Clone, Debug)]
pub struct Ingest {
    tx: mpsc::Sender<Job>,
}

impl Ingest {
    /// Starts the writer. It ends, after what is queued, when the last handle is dropped.
    #[must_use]
    pub fn start(db: Db, rules: Rules, hub: Hub, clock: Clock) -> (Self, tokio::task::JoinHandle<()>) {
        let (tx, rx) = mpsc::channel(QUEUE);
        let writer = Writer { db, rules, hub, clock, memory: Memory::default(), unsure: false };
        (Self { tx }, tokio::spawn(writer.run(rx)))
    }

    async fn send<T>(&self, job: Job, reply: oneshot::Receiver<Result<T, IngestError>>) -> Result<T, IngestError> {
        self.tx.try_send(job).map_err(|_| IngestError::Busy)?;
        reply.await.unwrap_or(Err(IngestError::Unavailable))
    }

    /// Asks the gate.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn ask(&self, question: Question) -> Result<Answer, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Ask(Box::new(question), reply), answer).await
    }

    /// Records entries of one device, in order, in groups of at most [`GROUP_MAX`]: each answer stands for its own commit.
    ///
    /// # Errors
    /// [`IngestError`]; what was committed before it is told as DUPLICATE to a retry.
    pub async fn record(&self, entries: Vec<Entry>) -> Result<Recorded, IngestError> {
        let mut replies = Vec::new();
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let chunk: Vec<Entry> = entries.by_ref().take(GROUP_MAX).collect();
            let (reply, answer) = oneshot::channel();
            // A long batch waits for room rather than fail half-way; a first chunk is told to come again.
            if replies.is_empty() {
                self.tx.try_send(Job::Record(chunk, reply)).map_err(|_| IngestError::Busy)?;
            } else {
                self.tx.send(Job::Record(chunk, reply)).await.map_err(|_| IngestError::Busy)?;
            }
            replies.push(answer);
        }
        let mut all = Recorded { outcomes: Vec::new(), progress: None };
        for r in replies {
            let part = r.await.unwrap_or(Err(IngestError::Unavailable))?;
            all.outcomes.extend(part.outcomes);
            all.progress = part.progress.or(all.progress);
        }
        Ok(all)
    }

    /// Raises omission alerts for gaps opened at or before `older_than` (ms); tells how many.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn omissions(&self, older_than: i64) -> Result<usize, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Omissions { older_than, reply }, answer).await
    }

    /// Notes that somebody took note of an alert; the alert stays open.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn acknowledge(&self, viewer: Viewer, alert: i64, by: By) -> Result<Noted, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Acknowledge { viewer, alert, by, reply }, answer).await
    }

    /// Handles alerts.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn handle(&self, viewer: Viewer, work: Handling) -> Result<Vec<Handled>, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Handle { viewer, work: Box::new(work), reply }, answer).await
    }

    /// Records what the office says, with its row of the audit log in the same transaction.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn say(&self, said: Entry, deed: Deed) -> Result<Outcome, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Say { said: Box::new((said, deed)), reply }, answer).await
    }

    /// Takes records of an import with the keys by which a second run knows them, all in one transaction.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn take(&self, chunk: Arc<Chunk>) -> Result<Refused, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Take { chunk, reply }, answer).await
    }

    /// Makes an approved draft of the rules the version in force, from the next ledger number on.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn publish(&self, draft: i64, by: Actor) -> Result<Published, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Publish { draft, by: Box::new(by), reply }, answer).await
    }

    /// Derives a stretch of what is stored anew under the rules in force. False when nothing is left to do.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn rederive(&self) -> Result<bool, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Rederive { reply }, answer).await
    }
}

struct Writer {
    db: Db,
    rules: Rules,
    hub: Hub,
    clock: Clock,
    memory: Memory,
    /// Whether others may have been published by a commit of which no answer came.
    unsure: bool,
}

impl Writer {
    async fn run(mut self, mut rx: mpsc::Receiver<Job>) {
        let mut held: Option<Job> = None;
        loop {
            let first = match held.take() {
                Some(j) => j,
                None => match rx.recv().await {
                    Some(j) => j,
                    None => return,
                },
            };
            let mut weight = first.weight();
            let mut group = vec![first];
            let deadline = Instant::now() + GROUP_WAIT;
            while weight < GROUP_MAX {
                match timeout_at(deadline, rx.recv()).await {
                    Ok(Some(j)) if weight + j.weight() <= GROUP_MAX => {
                        weight += j.weight();
                        group.push(j);
                    }
                    Ok(Some(j)) => {
                        held = Some(j);
                        break;
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            self.group(group).await;
        }
    }

    async fn group(&mut self, group: Vec<Job>) {
        let started = std::time::Instant::now();
        match self.commit(&group).await {
            Ok((done, came)) => {
                metrics::histogram!("pingji_commit_seconds").record(started.elapsed().as_secs_f64());
                self.reply(group, done, came);
            }
            Err(why) if group.len() == 1 => {
                tracing::error!(error = %why, "a transaction failed");
                metrics::counter!("pingji_commit_failures_total").increment(1);
                group.into_iter().for_each(|j| j.fail(IngestError::Unavailable));
            }
            Err(why) => {
                // One job may have spoilt it for all: each gets a transaction of its own.
                tracing::warn!(error = %why, jobs = group.len(), "a group failed; its jobs are tried one by one");
                for job in group {
                    Box::pin(self.group(vec![job])).await;
                }
            }
        }
    }

    async fn commit(&mut self, group: &[Job]) -> Result<(Done, Came), data::Error> {
        let now = self.clock.now();
        let txn = self.db.begin_write().await?;
        if self.unsure {
            let set = Arc::new(data::rule::current(&txn).await?);
            self.take_up(set, data::sequence::last(&txn, data::sequence::LEDGER).await?);
            self.unsure = false;
        }
        let rules = self.rules.now();
        let mut came = Came::Nothing;
        let mut done = if let [Job::Omissions { older_than, .. }] = group {
            ledger::omissions(&txn, *older_than, now).await?
        } else if let [Job::Acknowledge { viewer, alert, by, .. }] = group {
            let (noted, done) = ledger::acknowledge(&txn, *viewer, *alert, by, now).await?;
            came = Came::Noted(noted);
            done
        } else if let [Job::Handle { viewer, work, .. }] = group {
            let w = work.as_ref();
            let (handled, done) = ledger::handle(&txn, *viewer, &w.alerts, &w.act, &w.reason, &w.by, now).await?;
            came = Came::Handled(handled);
            done
        } else if let [Job::Say { said, .. }] = group {
            let (entry, deed) = said.as_ref();
            ledger::say(&txn, &mut self.memory, &rules, entry, deed, now).await?
        } else if let [Job::Take { chunk, .. }] = group {
            let entries = chunk.entries(&txn).await?;
            let done = ledger::commit_from(&txn, &mut self.memory, &rules, &[], &entries, now).await?;
            came = Came::Taken(chunk.keep(&txn, &entries, &done.outcomes).await?);
            done
        } else if let [Job::Publish { draft, by, .. }] = group {
            let (published, done) = match rule_draft::publish(&txn, *draft, by, now).await? {
                Some(Ok((set, done))) => (Some(Ok(Arc::new(set))), done),
                None => (None, Done::default()),
                Some(Err(deny)) => (Some(Err(deny)), Done::default()),
            };
            came = Came::Published(published);
            done
        } else if let [Job::Rederive { .. }] = group {
            ledger::rederive(&txn, &mut self.memory, &rules, now).await?
        } else {
            let questions: Vec<Question> =
                group.iter().filter_map(|j| if let Job::Ask(q, _) = j { Some((**q).clone()) } else { None }).collect();
            let entries: Vec<Entry> = group
                .iter()
                .flat_map(|j| if let Job::Record(e, _) = j { e.as_slice() } else { &[] })
                .cloned()
                .collect();
            metrics::histogram!("pingji_group_size").record((questions.len() + entries.len()) as f64);
            ledger::commit_from(&txn, &mut self.memory, &rules, &questions, &entries, now).await?
        };
        if let Err(e) = txn.commit().await {
            // It may have been committed all the same.
            self.memory.clear();
            self.unsure = matches!(came, Came::Published(Some(Ok(_))));
            return Err(e.into());
        }
        if let Came::Published(Some(Ok(set))) = &came {
            self.take_up(Arc::clone(set), done.no);
        }
        self.memory.keep(std::mem::take(&mut done.known));
        Ok((done, came))
    }

    /// Other rules are in force behind this ledger number.
    fn take_up(&self, set: Arc<RuleSet>, no: i64) {
        tracing::info!(version = set.version, no, "rules in force");
        self.rules.put(Arc::clone(&set));
        self.hub.rules(set, no);
    }

    fn reply(&self, group: Vec<Job>, done: Done, came: Came) {
        for o in &done.outcomes {
            let kind = match o {
                Outcome::Accepted { .. } => "accepted",
                Outcome::Duplicate { .. } => "duplicate",
                Outcome::Quarantined(_) => "quarantined",
                Outcome::Rejected(_) => "rejected",
            };
            metrics::counter!("pingji_records_total", "outcome" => kind).increment(1);
        }
        self.hub.publish(done.from, done.no, done.published);
        let (mut answers, mut outcomes) = (done.answers.into_iter(), done.outcomes.into_iter());
        // Each of these came alone.
        let (mut noted, mut handled, mut taken, mut published) = (None, None, None, None);
        match came {
            Came::Noted(n) => noted = Some(n),
            Came::Handled(h) => handled = Some(h),
            Came::Taken(t) => taken = Some(t),
            Came::Published(p) => published = Some(p.map(|p| p.map(|set| set.version))),
            Came::Nothing => {}
        }
        for job in group {
            match job {
                Job::Ask(_, r) => {
                    let answer = answers.next().ok_or(IngestError::Unavailable);
                    drop(r.send(answer));
                }
                Job::Record(e, r) => {
                    let progress = e.first().and_then(|e| done.progress.get(&e.device)).cloned();
                    let outcomes = outcomes.by_ref().take(e.len()).collect();
                    drop(r.send(Ok(Recorded { outcomes, progress })));
                }
                Job::Omissions { reply, .. } => drop(reply.send(Ok(usize::try_from(done.no).unwrap_or(0)))),
                Job::Acknowledge { reply, .. } => drop(reply.send(noted.take().ok_or(IngestError::Unavailable))),
                Job::Handle { reply, .. } => drop(reply.send(handled.take().ok_or(IngestError::Unavailable))),
                Job::Say { reply, .. } => drop(reply.send(outcomes.next().ok_or(IngestError::Unavailable))),
                Job::Take { reply, .. } => drop(reply.send(taken.take().ok_or(IngestError::Unavailable))),
                Job::Publish { reply, .. } => drop(reply.send(published.take().ok_or(IngestError::Unavailable))),
                Job::Rederive { reply } => drop(reply.send(Ok(done.no > done.from))),
            }
        }
    }
}
