//! `pingji bench kill`: the server is killed under load, again and again. What was acknowledged must be in the ledger
//! once, with the content that was sent.

use super::{
    Backend,
    child::{Scratch, Server, pingji, settings},
    gun::{self, Answer, Batch, Gun},
    postgres::Postgres,
    strace, verdict, world,
};
use crate::{
    cli::{Ended, Failure, say},
    config::Config,
};
use data::{Db, attempt, event};
use domain::event::{Entry, FieldError, Sender, content_hash};

/// The hash of a record does not depend on who sends it.
const ANYONE: Sender = Sender { device: 0, site: 0, sent_at: 0 };

fn hash(entry: Result<Entry, FieldError>) -> String {
    entry.map(|e| e.hash).unwrap_or_default()
}

use rand::RngExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::{
    collections::HashMap,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const GUNS: usize = 16;
/// Every so many-th kill takes the postmaster too.
const POSTMASTER: u32 = 10;

/// What the guns know.
#[derive(Default)]
struct Book {
    /// Content hash of each acknowledged record, by device and number.
    records: HashMap<(i64, i64), String>,
    /// Ledger number of each acknowledged authorisation, by device and name.
    attempts: HashMap<(i64, String), (i64, String)>,
    /// Answers nobody should have got.
    odd: Vec<String>,
}

#[derive(Default)]
struct Shared {
    base: RwLock<String>,
    book: Mutex<Book>,
    stop: AtomicBool,
    retries: AtomicU64,
    duplicates: AtomicU64,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_to(&self, base: &str) {
        base.clone_into(&mut self.base.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Sends a body until it is answered: the same bytes, each time under a fresh nonce.
    async fn send(&self, http: &reqwest::Client, gun: &Gun, path: &str, body: &[u8]) -> Option<Vec<u8>> {
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let base = self.base.read().unwrap_or_else(PoisonError::into_inner).clone();
            match gun.post(http, &base, path, body.to_vec()).await {
                Ok((200, bytes)) => return Some(bytes),
                Err(_) | Ok((503, _)) if Instant::now() < until => {}
                Err(why) => {
                    self.book().odd.push(format!("no answer within two minutes: {why}"));
                    return None;
                }
                Ok((status, bytes)) => {
                    self.book().odd.push(format!("{status}: {}", String::from_utf8_lossy(&bytes)));
                    return None;
                }
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn gun(self: Arc<Self>, http: reqwest::Client, gun: Gun) {
        let mut seq = 1_u64;
        while !self.stop.load(Ordering::Relaxed) {
            let (n, what) = (rand::rng().random_range(1..=20_u64), rand::rng().random_range(0..10_u32));
            if what == 0 {
                self.ask(&http, &gun, seq).await;
                continue;
            }
            let (path, body, hashes) = if what <= 2 {
                let records: Vec<_> = (seq..seq + n).map(|s| gun.custody(s)).collect();
                let hashes = records.iter().map(|r| hash(r.entry(ANYONE))).collect::<Vec<_>>();
                ("/api/v1/events", serde_json::to_vec(&Batch { records: &records }), hashes)
            } else {
                let records: Vec<_> = (seq..seq + n).map(|s| gun.fill(s)).collect();
                let hashes = records.iter().map(|r| hash(r.entry(ANYONE))).collect::<Vec<_>>();
                ("/api/v1/fills", serde_json::to_vec(&Batch { records: &records }), hashes)
            };
            let Some(bytes) = self.send(&http, &gun, path, &body.unwrap_or_default()).await else { return };
            let Ok(answer) = serde_json::from_slice::<Answer>(&bytes) else {
                self.book().odd.push(String::from_utf8_lossy(&bytes).into_owned());
                return;
            };
            let mut book = self.book();
            if answer.results.len() != hashes.len() {
                book.odd.push(format!("{} results for {} records", answer.results.len(), hashes.len()));
            }
            for (line, hash) in answer.results.into_iter().zip(hashes) {
                match (line.status.as_str(), line.seq) {
                    (status @ ("ACCEPTED" | "DUPLICATE"), Some(s)) => {
                        self.duplicates.fetch_add(u64::from(status == "DUPLICATE"), Ordering::Relaxed);
                        book.records.insert((gun.id, s), hash);
                    }
                    _ => book.odd.push(format!("{line:?}")),
                }
            }
            drop(book);
            seq += n;
        }
    }

    async fn ask(&self, http: &reqwest::Client, gun: &Gun, n: u64) {
        let question = gun.question(format!("{:032x}", rand::random::<u128>()), n);
        let body = serde_json::to_vec(&question).unwrap_or_default();
        let Some(bytes) = self.send(http, gun, "/api/v1/fills/authorize", &body).await else { return };
        let no = serde_json::from_slice::<serde_json::Value>(&bytes).ok().and_then(|v| v.get("no")?.as_i64());
        let mut book = self.book();
        match no {
            Some(no) => drop(book.attempts.insert((gun.id, question.attempt.clone()), (no, content_hash(&question)))),
            None => book.odd.push(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// Compares what was acknowledged with what is stored.
async fn compare(db: &Db, shared: &Shared, guns: &[Gun], broken: &mut Vec<String>) -> Result<(), Failure> {
    let ids: Vec<i64> = guns.iter().map(|g| g.id).collect();
    let mut stored: HashMap<(i64, i64), Vec<String>> = HashMap::new();
    for m in event::Entity::find().filter(event::Column::DeviceId.is_in(ids.clone())).all(db.read()).await? {
        stored.entry((m.device_id, m.seq)).or_default().push(m.hash);
    }
    let mut asked: HashMap<(i64, String), Vec<(i64, String)>> = HashMap::new();
    for m in attempt::Entity::find().filter(attempt::Column::DeviceId.is_in(ids)).all(db.read()).await? {
        asked.entry((m.device_id, m.attempt)).or_default().push((m.no, m.hash));
    }
    let book = shared.book();
    let lost = book.records.keys().filter(|k| !stored.contains_key(k)).count()
        + book.attempts.keys().filter(|k| !asked.contains_key(k)).count();
    let doubled = stored.values().filter(|v| v.len() > 1).count() + asked.values().filter(|v| v.len() > 1).count();
    let other = book.records.iter().filter(|(k, h)| stored.get(k).is_some_and(|s| !s.contains(h))).count()
        + book.attempts.iter().filter(|(k, a)| asked.get(k).is_some_and(|s| !s.contains(a))).count();
    say(&format!(
        "acknowledged: {} records, {} authorisations; of them lost {lost}, doubled {doubled}, with other content {other}",
        book.records.len(),
        book.attempts.len()
    ));
    if lost + doubled + other > 0 {
        broken.push(format!("{lost} lost, {doubled} doubled, {other} with other content"));
    }
    broken.extend(
        book.odd.iter().take(5).map(|o| format!("unexpected answer: {}", o.chars().take(300).collect::<String>())),
    );
    Ok(())
}

/// What the server itself logged at each start of what makes its commits durable.
fn durable(log: &str, database: Backend, broken: &mut Vec<String>) {
    let wanted: &[(&str, &str)] = match database {
        Backend::Sqlite => &[("synchronous", "2"), ("journal_mode", "wal")],
        Backend::Postgres => &[("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")],
    };
    for (name, value) in wanted {
        let said: Vec<serde_json::Value> = log
            .lines()
            .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
            .filter(|v| v["message"] == "durability" && v["name"] == *name)
            .map(|v| v["value"].clone())
            .collect();
        say(&format!("the server's own connection: {name} = {value}, at each of {} starts", said.len()));
        if said.is_empty() || said.iter().any(|v| v != value) {
            broken.push(format!("{name} is not {value} at each start: {said:?}"));
        }
    }
}

/// Runs the measurement.
pub async fn run(
    config: &Config,
    kills: u32,
    database: Backend,
    with_strace: bool,
    dir: Option<PathBuf>,
) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let mut postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        Some(p) => Some(p.database("pingji").await?),
        None => None,
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let guns = world::make(&config, world::Size { guns: GUNS, cylinders: 50, authorised: true }).await?.guns;
    let http = gun::client(Duration::from_secs(10))?;
    let shared = Arc::new(Shared::default());
    let mut broken = vec![];

    let mut server = Server::start(&config).await?;
    shared.move_to(&server.base);
    let tasks: Vec<_> = guns.iter().map(|g| tokio::spawn(Arc::clone(&shared).gun(http.clone(), g.clone()))).collect();
    let (mut postmasters, started) = (0, Instant::now());
    for n in 1..=kills {
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(100..1_500))).await;
        if !server.alive() {
            broken.push(format!("the server had ended by itself before kill {n}"));
        }
        server.kill()?;
        if let Some(p) = postgres.as_mut().filter(|_| n % POSTMASTER == 0 || n == kills) {
            p.kill()?;
            p.up().await?;
            postmasters += 1;
        }
        server = Server::start(&config).await?;
        shared.move_to(&server.base);
    }
    // A last stretch, so that what the last kill cut off is sent again.
    tokio::time::sleep(Duration::from_secs(1)).await;
    shared.stop.store(true, Ordering::Relaxed);
    for t in tasks {
        t.await?;
    }
    say(&format!(
        "{}: {kills} kills of the server under load of {GUNS} guns{} in {:.0} s; {} requests sent again, {} records answered DUPLICATE",
        database.name(),
        if postmasters > 0 { format!(" ({postmasters} with the postmaster)") } else { String::new() },
        started.elapsed().as_secs_f32(),
        shared.retries.load(Ordering::Relaxed),
        shared.duplicates.load(Ordering::Relaxed),
    ));
    durable(&server.log(), database, &mut broken);
    server.kill()?;

    let db = Db::connect(&config.database_url).await?;
    compare(&db, &shared, &guns, &mut broken).await?;
    db.close().await?;
    let verified = pingji(&config)?.arg("verify").stderr(Stdio::null()).output()?;
    say(String::from_utf8_lossy(&verified.stdout).trim());
    if !verified.status.success() {
        broken.push(format!("verify: {}", verified.status));
    }
    if with_strace {
        if database == Backend::Sqlite {
            strace::run(&config, &guns[0], &http, &mut broken).await?;
        } else {
            say("strace: PostgreSQL syncs in processes of its own; its settings stand above");
        }
    }
    verdict(&broken)
}
