//! The single writer's work: one transaction takes attempts and records, and writes events, present states, counters,
//! alerts and the guns' progress. `verify` folds the same events with the same code and must come to the same rows.

mod ack;
mod amend;
mod answer;
mod correct;
mod gaps;
mod handle;
mod load;
mod memory;
mod plan;
mod rederive;
mod refer;
mod stands;
mod watch;
mod write;

use crate::{Db, Error, WriteTxn, audit::Deed};
use domain::{
    event::{Content, Entry},
    gate::Verdict,
    outcome::RecordCode,
    rules::RuleSet,
    wall::{Change, Gauge, Stock, gauge::Arrival},
};

pub use ack::{By, Noted, acknowledge};
pub use handle::{Handled, handle};
pub use load::Gun;
pub use memory::{Known, Memory};
pub(crate) use rederive::derived;
pub use rederive::{STRETCH, enforce, rederive};

/// A question to the gate, checked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Gun.
    pub device: i64,
    /// Station.
    pub site: i64,
    /// The gun's name of the attempt.
    pub attempt: String,
    /// Tag as read, normalised.
    pub tag: String,
    /// Medium of the gun.
    pub medium: String,
    /// When, device clock, ms.
    pub at: i64,
    /// SHA-256 of the question, hex.
    pub hash: String,
    /// Filler, or empty.
    pub operator: String,
}

/// An entry with its content, typed.
#[derive(Debug)]
struct Telling<'a> {
    entry: &'a Entry,
    content: Option<Content>,
}

/// The answer to a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The decision, and whether it was made by an earlier request of the same name.
    Decided {
        /// Decision and reasons.
        verdict: Verdict,
        /// Ledger number.
        no: i64,
        /// Version of the rules.
        rule_version: i64,
        /// Hash of the facts.
        facts_hash: String,
        /// A retry: the first answer stands.
        duplicate: bool,
    },
    /// The name was used for another question.
    Reused,
    /// It speaks of a time that is not now, and no earlier answer stands.
    NotNow,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Committed.
    Accepted {
        /// Ledger number.
        no: i64,
        /// Anomalies found, codes.
        anomalies: Vec<domain::outcome::Anomaly>,
    },
    /// Committed before, with the same content.
    Duplicate {
        /// The first outcome.
        first: Box<Outcome>,
    },
    /// Kept, but cannot be attributed.
    Quarantined(RecordCode),
    /// Not kept: it cannot be what it says. Its number is free.
    Rejected(RecordCode),
}

/// A change with what decides who may see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Published {
    /// District of the station.
    pub district: i32,
    /// Organisation of the station.
    pub org: i64,
    /// What goes out; `None` for a mere change of totals.
    pub change: Option<Change>,
    /// Differences of the stock, as of the day of the commit.
    pub stock: Stock,
    /// Difference of the open alerts.
    pub open_alerts: i64,
    /// Differences of gauges, as of the day of the commit.
    pub gauges: Vec<Gauge>,
    /// What devices of the site gave numbers to, and what of it did not arrive.
    pub arrival: Option<Arrival>,
}

/// Everything one transaction did.
#[derive(Debug, Default)]
pub struct Done {
    /// Answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// Outcomes, in the order of the entries.
    pub outcomes: Vec<Outcome>,
    /// For each device met: present epoch, next number, open gaps (epoch, first, last).
    pub progress: std::collections::HashMap<i64, crate::device::Progress>,
    /// What to tell the feed.
    pub published: Vec<Published>,
    /// Ledger number before it.
    pub from: i64,
    /// Ledger number reached.
    pub no: i64,
    /// What a [`Memory`] may keep once the transaction is committed.
    pub known: Known,
}

/// Answers questions and records entries in `txn`. The caller commits; only then may anything be acknowledged.
///
/// # Errors
/// When the database fails, or a stored value cannot be read. Nothing is written then, once the caller rolls back.
pub async fn commit(
    txn: &WriteTxn,
    rules: &RuleSet,
    questions: &[Question],
    entries: &[Entry],
    now: i64,
) -> Result<Done, Error> {
    commit_from(txn, &mut Memory::default(), rules, questions, entries, now).await
}

/// The same, by a writer that remembers the cylinders it met last. It keeps [`Done::known`] after its commit.
///
/// # Errors
/// As [`commit`].
pub async fn commit_from(
    txn: &WriteTxn,
    memory: &mut Memory,
    rules: &RuleSet,
    questions: &[Question],
    entries: &[Entry],
    now: i64,
) -> Result<Done, Error> {
    let told: Vec<Telling<'_>> = entries
        .iter()
        .map(|entry| Telling { entry, content: Content::stored(entry.kind, entry.body.as_deref()) })
        .collect();
    let book = load::load(txn, memory, questions, &told, now).await?;
    let mut plan = plan::Plan::new(book, rules, now);
    for q in questions {
        plan.answer(q);
    }
    for t in &told {
        plan.record(t)?;
    }
    write::write(txn, plan).await
}

/// Records what the office says, and its row of the audit log with it where the ledger takes it: the record has both or neither.
/// The caller commits.
///
/// # Errors
/// As [`commit`].
pub async fn say(
    txn: &WriteTxn,
    memory: &mut Memory,
    rules: &RuleSet,
    said: &Entry,
    deed: &Deed,
    now: i64,
) -> Result<Done, Error> {
    let done = commit_from(txn, memory, rules, &[], std::slice::from_ref(said), now).await?;
    if matches!(done.outcomes.as_slice(), [Outcome::Accepted { .. }]) {
        deed.append(txn, now).await?;
    }
    Ok(done)
}

/// What the gate would say to a question, from one state of the record. Nothing is written.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn consult(db: &Db, rules: &RuleSet, question: &Question, now: i64) -> Result<Verdict, Error> {
    consult_of(db, rules, question, now, Known::default()).await
}

/// The same where some cylinders and tags stood as supposed, not as the record has them now.
///
/// # Errors
/// As [`consult`].
pub(crate) async fn consult_of(
    db: &Db,
    rules: &RuleSet,
    question: &Question,
    now: i64,
    supposed: Known,
) -> Result<Verdict, Error> {
    let mut memory = Memory::default();
    memory.keep(supposed);
    let txn = db.begin_read().await?;
    let book = load::look_up(&txn, &mut memory, 0, std::slice::from_ref(question), &[], now).await?;
    txn.commit().await?;
    let mut plan = plan::Plan::new(book, rules, now);
    plan.answer(question);
    match plan.done.answers.pop() {
        Some(Answer::Decided { verdict, .. }) => Ok(verdict),
        Some(Answer::Reused | Answer::NotNow) | None => {
            Err(Error::Stored(format!("attempt {} is taken, or not asked now", question.attempt)))
        }
    }
}

/// Raises an omission alert for every gap older than `older_than` (ms) that has none yet.
///
/// # Errors
/// As [`commit`].
pub async fn omissions(txn: &WriteTxn, older_than: i64, now: i64) -> Result<Done, Error> {
    let book = load::load_gaps(txn, older_than).await?;
    let rules = RuleSet { version: 0, rows: vec![] };
    let mut plan = plan::Plan::new(book, &rules, now);
    plan.omissions(older_than);
    write::write(txn, plan).await
}
