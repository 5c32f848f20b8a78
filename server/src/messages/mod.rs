//! The sending of messages (S0-52). Recipients are entered a stretch at a time; what is to leave the house is taken under a lease, handed to
//! its channel under a key that stays the same, and noted. Whoever finds a sending that broke off asks the channel first: what it has is not
//! sent again, and what nobody can know is not sent again by itself.
//!
//! | channel | who knows a key | who says that it arrived |
//! |---|---|---|
//! | inbox | the record: the recipient's row is the message | the page on which it stands |
//! | text message | the gateway | the gateway's reports, read where they were left off; they say why it did not, too |
//! | e-mail | the journal beside the record, written before and after; what was begun and not ended is in doubt | nobody |
//! | browser push | nobody needs to: a second one bears the name of the first and takes its place, at the service and on the screen, so that what broke off is sent again | nobody |

pub mod journal;
pub mod live;
pub mod mail;
pub mod push;
pub mod sms;

use crate::clock::Clock;
use data::{
    Db,
    audit::{self, Actor},
    mail::Stored,
    message_job::{self, Lane, Outcome, Parcel},
    paper,
    secret::{self, Master},
};
use domain::message::{Channel, HOLD, Why, delay, hold};
use journal::{Journal, Mark};
use mail::{Mail, Tried};
use serde_json::json;
use sms::{Answer, Recorded};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, Notify, broadcast},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Folder beside the record.
pub const FOLDER: &str = "messages";
/// Sendings taken at once.
const BATCH: u64 = 50;
/// The longest that nobody looks for what is due.
const LOOK: Duration = Duration::from_secs(2);
/// How often documents and their deadlines are looked at.
const CHASE: Duration = Duration::from_mins(1);
/// How often the gateway's reports are looked at.
const LISTEN: Duration = Duration::from_secs(2);
/// Reports that are noted in one transaction.
const REPORTS: usize = 200;
/// Stretches of recipients that a slow listener may be behind; then it looks for itself.
const BEHIND: usize = 64;

/// A mail server that is away: thousands of sendings may wait for it, and it is not asked for each of them.
#[derive(Debug)]
struct Away {
    /// What was set then: whatever is set meanwhile is tried at once.
    server: Option<Stored>,
    why: Why,
    /// Since when, ms.
    since: i64,
    /// When it is asked again, ms.
    until: i64,
}

/// The messages of a server. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    db: Db,
    master: Master,
    clock: Clock,
    sms: Recorded,
    journal: Arc<Mutex<Journal>>,
    away: Arc<Mutex<Option<Away>>>,
    /// Push services that are left alone.
    left: Arc<push::Left>,
    lease: Arc<str>,
    wake: Arc<Notify>,
    /// For whoever looks after pushes.
    wake_push: Arc<Notify>,
    live: broadcast::Sender<Arc<[i64]>>,
    seats: live::Seats,
    /// Whether sendings come before recipients in the next step.
    deliver_first: Arc<AtomicBool>,
}

impl Messages {
    /// Sends what stands in the record, and keeps its files in a folder of the data folder.
    ///
    /// # Errors
    /// When the folder cannot be made, or its files cannot be read.
    pub fn new(db: Db, master: Master, dir: &Path, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let file = |name: &str| -> PathBuf { dir.join(name) };
        Ok(Self {
            sms: Recorded::open(&file("sms.log"))?,
            journal: Arc::new(Mutex::new(Journal::open(&file("mail.journal"), clock.now())?)),
            away: Arc::default(),
            left: Arc::default(),
            lease: secret::code(16).into(),
            wake: Arc::new(Notify::new()),
            wake_push: Arc::new(Notify::new()),
            live: broadcast::channel(BEHIND).0,
            seats: live::Seats::default(),
            deliver_first: Arc::default(),
            db,
            master,
            clock,
        })
    }

    /// Lets [`Messages::run`] look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
        self.wake_push.notify_one();
    }

    /// Tells, from now on, the accounts in whose inboxes something came: for whoever shows an inbox that is open.
    #[must_use]
    pub fn live(&self) -> broadcast::Receiver<Arc<[i64]>> {
        self.live.subscribe()
    }

    /// Room for one more window in which an account watches its inbox; none where it has too many.
    #[must_use]
    pub fn seat(&self, account: i64) -> Option<live::Seat> {
        self.seats.take(account)
    }

    /// The gateway of text messages.
    #[must_use]
    pub const fn sms(&self) -> &Recorded {
        &self.sms
    }

    /// Sends what is due until the server stops. Pushes go beside the rest, which does not wait for other people's services.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(e) = self.begin().await {
            tracing::error!(error = %e, "messages");
        }
        tokio::join!(self.run_rest(&stop), self.run_pushes(&stop));
    }

    /// Sends pushes that are due until the server stops.
    async fn run_pushes(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.deliver(Lane::Push, stop).await {
                Ok(true) => continue,
                Ok(false) => self.idle(Lane::Push).await,
                Err(e) => {
                    tracing::error!(error = %e, "pushes");
                    LOOK
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake_push.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does everything else until the server stops.
    async fn run_rest(&self, stop: &CancellationToken) {
        let (mut chased, mut listened): (Option<Instant>, Option<Instant>) = (None, None);
        while !stop.is_cancelled() {
            if chased.is_none_or(|at| at.elapsed() >= CHASE) {
                chased = Some(Instant::now());
                if let Err(e) = self.chase().await {
                    tracing::error!(error = %e, "deadlines of documents");
                }
            }
            if listened.is_none_or(|at| at.elapsed() >= LISTEN) {
                let more = self.listen().await.unwrap_or_else(|e| {
                    tracing::error!(error = %e, "reports of text messages");
                    false
                });
                listened = (!more).then(Instant::now);
            }
            let wait = match self.step_rest(stop).await {
                Ok(true) => continue,
                // There may be more reports.
                Ok(false) if listened.is_none() => continue,
                Ok(false) => self.idle(Lane::Rest).await,
                Err(e) => {
                    tracing::error!(error = %e, "messages");
                    LOOK
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes over what a process held that is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self) -> Result<(), data::Error> {
        let n = message_job::reclaim(self.db.writer(), self.clock.now()).await?;
        if n > 0 {
            tracing::info!(sendings = n, "messages: taken over");
        }
        Ok(())
    }

    /// Until something is due.
    async fn idle(&self, lane: Lane) -> Duration {
        match message_job::due_in(self.db.read(), lane).await {
            Ok(Some(at)) => {
                let wait = u64::try_from(at.saturating_sub(self.clock.now())).unwrap_or(0);
                Duration::from_millis(wait).clamp(Duration::from_millis(50), LOOK)
            }
            _ => LOOK,
        }
    }

    /// Does the next piece of work, a push where there is nothing else. False when there is none.
    ///
    /// # Errors
    /// When the database fails, or a file cannot be written.
    pub async fn step(&self, stop: &CancellationToken) -> Result<bool, data::Error> {
        Ok(self.step_rest(stop).await? || self.deliver(Lane::Push, stop).await?)
    }

    /// Does the next piece of work but pushes. Recipients and sendings take turns: what is to leave the house does not wait until thousands are
    /// entered.
    async fn step_rest(&self, stop: &CancellationToken) -> Result<bool, data::Error> {
        let first = self.deliver_first.fetch_xor(true, Ordering::Relaxed);
        if first && self.deliver(Lane::Rest, stop).await? {
            return Ok(true);
        }
        Ok(self.enter().await? || (!first && self.deliver(Lane::Rest, stop).await?))
    }

    /// Enters the next recipients, or begins the next message.
    async fn enter(&self) -> Result<bool, data::Error> {
        if let Some(id) = message_job::spreading(self.db.read()).await? {
            let txn = self.db.begin_write().await?;
            let stretch = message_job::spread(&txn, id, self.clock.now()).await?;
            txn.commit().await?;
            if !stretch.accounts.is_empty() {
                self.wake_push.notify_one();
                // Nobody may be listening.
                drop(self.live.send(stretch.accounts.into()));
            }
            return Ok(true);
        }
        self.start().await
    }

    /// Begins the message whose time has come.
    async fn start(&self) -> Result<bool, data::Error> {
        let now = self.clock.now();
        // A look before the transaction: the writer of records is not held up for nothing.
        if message_job::waiting(self.db.read()).await?.is_none_or(|at| at > now) {
            return Ok(false);
        }
        let txn = self.db.begin_write().await?;
        let Some(begun) = message_job::begin(&txn, now).await? else { return Ok(false) };
        // What the system says of itself is no deed of anybody's: reminders and digests would be most of the log.
        if begun.account > 0 {
            let by = Actor { account: begun.account, session: 0, address: "server".into() };
            let action = if begun.goes { "message.out" } else { "message.stopped" };
            let detail = json!({"title": begun.title});
            audit::append(&txn, &by, now, action, &format!("message {}", begun.id), &detail).await?;
        }
        txn.commit().await?;
        Ok(true)
    }

    /// Reminds of documents, and tells upward of what is late, until there is nothing left to tell.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chase(&self) -> Result<(), data::Error> {
        loop {
            let now = self.clock.now();
            let txn = self.db.begin_write().await?;
            let Some(told) = paper::chase(&txn, now).await? else { return Ok(()) };
            let by = Actor { account: 0, session: 0, address: "server".into() };
            let (action, detail) = (format!("paper.{}", told.what), json!({"parties": told.parties}));
            audit::append(&txn, &by, now, &action, &format!("paper {}", told.id), &detail).await?;
            txn.commit().await?;
        }
    }

    /// Notes what the gateway said of the text messages that it took, a stretch of its reports. False when it said nothing new. A stop between noting
    /// them and remembering that changes nothing: what was noted once stands.
    ///
    /// # Errors
    /// When the reports cannot be read, or the database fails.
    pub async fn listen(&self) -> Result<bool, data::Error> {
        let failed = |e: io::Error| data::Error::Stored(format!("sms.reports: {e}"));
        let Some(heard) = self.sms.heard(REPORTS).map_err(failed)? else { return Ok(false) };
        if heard.other > 0 {
            tracing::warn!(lines = heard.other, "the gateway's reports hold what is none");
        }
        let reports: Vec<_> = heard.reports.iter().map(|(key, stat)| (key.clone(), stat.why())).collect();
        if !reports.is_empty() {
            let txn = self.db.begin_write().await?;
            message_job::reported(&txn, Channel::Sms, &reports, self.clock.now()).await?;
            txn.commit().await?;
        }
        self.sms.noted(&heard).map_err(failed)?;
        Ok(true)
    }

    /// Takes what is due, hands it over, and notes what became of it.
    async fn deliver(&self, lane: Lane, stop: &CancellationToken) -> Result<bool, data::Error> {
        let now = self.clock.now();
        if !message_job::deliverable(self.db.read(), lane, now).await? {
            return Ok(false);
        }
        let what = (lane, &*self.lease, BATCH);
        let (parcels, mut outcomes) = message_job::take(&self.db, &self.master, what, now).await?;
        if parcels.is_empty() && outcomes.is_empty() {
            return Ok(false);
        }
        let (broken, fresh): (Vec<Parcel>, Vec<Parcel>) = parcels.into_iter().partition(|p| p.broken);
        for p in &broken {
            outcomes.push((p.id, self.after_break(p).await));
        }
        let (texts, others): (Vec<Parcel>, Vec<Parcel>) = fresh.into_iter().partition(|p| p.channel == Channel::Sms);
        let (pushes, mails): (Vec<Parcel>, Vec<Parcel>) = others.into_iter().partition(|p| p.channel == Channel::Push);
        if !texts.is_empty() {
            outcomes.extend(self.texts(&texts).await?);
        }
        // What is known is noted before mails or pushes are sent, which takes its time.
        self.note(&outcomes).await?;
        self.mails(&mails, stop).await?;
        self.pushes(&pushes, stop).await?;
        Ok(true)
    }

    async fn note(&self, outcomes: &[(i64, Outcome)]) -> Result<(), data::Error> {
        if outcomes.is_empty() {
            return Ok(());
        }
        let txn = self.db.begin_write().await?;
        message_job::note(&txn, &self.lease, outcomes, self.clock.now()).await?;
        Ok(txn.commit().await?)
    }

    /// What became of a sending that nobody spoke of any more.
    async fn after_break(&self, p: &Parcel) -> Outcome {
        let taken = match p.channel {
            Channel::Inbox => Some(true),
            Channel::Sms => Some(self.sms.has(&p.key)),
            Channel::Mail => match self.journal.lock().await.mark(&p.key) {
                Some(Mark::Taken) => Some(true),
                Some(Mark::Left) | None => Some(false),
                Some(Mark::Begun) => None,
            },
            Channel::Push => Some(false),
        };
        match taken {
            Some(true) => Outcome::Sent,
            // It is looked at anew, as one that was never begun.
            Some(false) => Outcome::Later(self.clock.now()),
            None => Outcome::Doubt,
        }
    }

    /// Hands text messages over.
    async fn texts(&self, parcels: &[Parcel]) -> Result<Vec<(i64, Outcome)>, data::Error> {
        let texts: Vec<String> = parcels.iter().map(|p| format!("【瓶迹】{}:{}", p.title, p.body)).collect();
        let batch: Vec<(&str, &str, &str)> =
            parcels.iter().zip(&texts).map(|(p, t)| (p.key.as_str(), p.to.as_str(), t.as_str())).collect();
        let now = self.clock.now();
        let answers = self.sms.send(&batch, now).await.map_err(|e| data::Error::Stored(format!("sms.log: {e}")))?;
        let read = |(p, answer): (&Parcel, Answer)| {
            let outcome = match answer {
                // What it has had before it has: an answer was lost.
                Answer::Taken | Answer::Duplicate => Outcome::Sent,
                Answer::BadNumber => Outcome::Failed(Why::BadAddress),
                Answer::RateLimit => again(p, Why::RateLimit, now),
                // Under the same key it goes out once, whatever became of this try.
                Answer::Timeout => again(p, Why::Late, now),
            };
            (p.id, outcome)
        };
        Ok(parcels.iter().zip(answers).map(read).collect())
    }

    /// Notes that a channel takes none of them now. It is no try of theirs: they wait until it is asked again, but not for ever.
    async fn put_off(&self, parcels: &[Parcel], (why, until): (Why, i64)) -> Result<(), data::Error> {
        let now = self.clock.now();
        self.note(&parcels.iter().map(|p| (p.id, held(p, (why, until), now))).collect::<Vec<_>>()).await
    }

    /// Whether this mail server was found away a little while ago: why, and until when it is left alone.
    async fn still_away(&self, server: Option<&Stored>, now: i64) -> Option<(Why, i64)> {
        let away = self.away.lock().await;
        let away = away.as_ref().filter(|a| a.server.as_ref() == server && (a.since..a.until).contains(&now))?;
        Some((away.why, away.until))
    }

    /// Remembers that this mail server is away, and tells until when it is left alone.
    async fn goes_away(&self, server: Option<Stored>, why: Why) -> (Why, i64) {
        let now = self.clock.now();
        let mut away = self.away.lock().await;
        let before = away.as_ref().filter(|a| a.server == server && a.since <= now);
        let since = before.map_or(now, |a| a.since);
        let until = now.saturating_add(hold(now.saturating_sub(since)));
        *away = Some(Away { server, why, since, until });
        (why, until)
    }

    /// Hands e-mails over, one after the other, and notes each: until one knows, the mail server may have it.
    async fn mails(&self, parcels: &[Parcel], stop: &CancellationToken) -> Result<(), data::Error> {
        if parcels.is_empty() {
            return Ok(());
        }
        let begun = self.clock.now();
        let stored = data::mail::load(self.db.read()).await?;
        if let Some(away) = self.still_away(stored.as_ref(), begun).await {
            return self.put_off(parcels, away).await;
        }
        let mail = match stored.as_ref().map(|s| Mail::new(s, &self.master)) {
            Some(Ok(mail)) => mail,
            None | Some(Err(_)) => return self.put_off(parcels, self.goes_away(stored, Why::NotSet).await).await,
        };
        if !mail.answers().await {
            return self.put_off(parcels, self.goes_away(stored, Why::Unreachable).await).await;
        }
        *self.away.lock().await = None;
        let failed = |e: io::Error| data::Error::Stored(format!("mail.journal: {e}"));
        let (mut left, mut wait) = (parcels.iter(), 0);
        for p in left.by_ref() {
            let now = self.clock.now();
            // Who comes after must not find it in other hands while it is on its way.
            let short = now.saturating_sub(begun) > message_job::LEASE / 4;
            if short || stop.is_cancelled() {
                self.note(&[(p.id, Outcome::Later(now))]).await?;
                break;
            }
            self.journal.lock().await.put(&p.key, Mark::Begun, now).map_err(failed)?;
            let tried = mail.send((&p.key, &p.to), &p.title, &p.body).await;
            let now = self.clock.now();
            let (mark, outcome) = match tried {
                Tried::Taken => (Some(Mark::Taken), Outcome::Sent),
                Tried::Refused(why) => (Some(Mark::Left), Outcome::Failed(why)),
                Tried::Again(why) => (Some(Mark::Left), again(p, why, now)),
                Tried::Unsure => (None, Outcome::Doubt),
            };
            if let Some(mark) = mark {
                self.journal.lock().await.put(&p.key, mark, now).map_err(failed)?;
            }
            self.note(&[(p.id, outcome)]).await?;
            // A mail server that breaks off once may do so with each: the others are not put in doubt with it.
            if tried == Tried::Unsure {
                wait = delay(1);
                break;
            }
        }
        let later = self.clock.now().saturating_add(wait);
        let rest = left.map(|p| (p.id, Outcome::Later(p.quiet.after(later))));
        self.note(&rest.collect::<Vec<_>>()).await
    }
}

/// What becomes of a sending whose channel is away until then: it waits, but not for ever.
fn held(p: &Parcel, (why, until): (Why, i64), now: i64) -> Outcome {
    if now.saturating_sub(p.put_at) >= HOLD { Outcome::Failed(why) } else { Outcome::Hold(why, p.quiet.after(until)) }
}

/// Another try, as long as there are any.
fn again(p: &Parcel, why: Why, now: i64) -> Outcome {
    if p.tries >= domain::message::TRIES {
        Outcome::Failed(why)
    } else {
        Outcome::Again(why, message_job::next_try(p, now))
    }
}
