//! `pingji bench query`: what each list, search, detail and analysis costs in a small city and in a large one: the time from the
//! request to the last byte of its page, in this process, without the network.

mod asked;

use super::{
    Backend,
    child::{Scratch, settings},
    postgres::Postgres,
    stats::Histogram,
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    commands::demo_scale,
    config::Config,
    serve, store, web,
};
use asked::City;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use data::{Db, account, alert, event, secret, session};
use domain::{clock, event::EventKind, permission::Role, policy::Policy, scope::Scope};
use http_body_util::BodyExt;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tower::ServiceExt;

/// What the larger city may cost at most, beside the smaller.
const RATIO: f64 = 3.0;
/// What is wished for.
const WISH: f64 = 1.5;
/// Below this the ratio says nothing, ms.
const FLOOR: f64 = 2.0;
/// Slower than this, a query is shown with its plan, ms.
const SLOW: f64 = 100.0;
/// Times that each is asked alone.
const ALONE: usize = 20;
/// Times that each session asks.
const EACH: usize = 2;

/// How large, and how many ask.
pub struct Options {
    /// Cylinders of the smaller city.
    pub small: usize,
    /// … and of the larger.
    pub large: usize,
    /// Events a cylinder.
    pub events: Option<usize>,
    /// Sessions that ask at once.
    pub sessions: usize,
    /// The larger city, where `demo --scale` loaded it already.
    pub loaded: Option<String>,
}

/// A server in this process, and a session of a regulator of the city.
struct Office {
    router: Router,
    cookie: String,
}

impl Office {
    /// Asks for a page; an answer that is no page is an error.
    async fn ask(&self, address: &str) -> Result<(), Failure> {
        let mut address = address.to_owned();
        // A search with one hit leads on, as it would in a browser.
        for _ in 0..3 {
            let mut request = Request::get(&address).header(header::COOKIE, &self.cookie).body(Body::empty())?;
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
            let response = self.router.clone().oneshot(request).await?;
            let (parts, body) = response.into_parts();
            body.collect().await?;
            match parts.headers.get(header::LOCATION) {
                Some(to) if parts.status.is_redirection() => to.to_str()?.clone_into(&mut address),
                _ if parts.status.is_success() => return Ok(()),
                _ => return Err(format!("{address}: {}", parts.status).into()),
            }
        }
        Err(format!("{address} leads on and on").into())
    }
}

/// What was seen of a query.
#[derive(Clone, Default)]
struct Seen {
    alone: [f64; 2],
    crowd: [f64; 2],
    /// Of a request alone, what the database's statements took, ms, and how many there were, on average.
    asked: [f64; 2],
    /// The first answer that was no page.
    failed: Option<String>,
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or a page costs more in the larger city than is promised.
pub async fn run(config: &Config, database: Backend, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let small = city(config, database, (o.small, None), o, dir.clone()).await?;
    let large = city(config, database, (o.large, o.loaded.as_deref()), o, dir).await?;
    let (mut broken, mut wished) = (vec![], 0);
    say(&format!("{}, {} → {} cylinders: a page's p50 / p95 in ms", database.name(), o.small, o.large));
    for (((name, _), a), b) in asked::all().iter().zip(&small).zip(&large) {
        let ratio = b.alone[0].max(FLOOR) / a.alone[0].max(FLOOR);
        let crowd = b.crowd[0].max(FLOOR) / a.crowd[0].max(FLOOR);
        say(&format!(
            "{name}: alone {:.1} / {:.1} → {:.1} / {:.1}, {ratio:.2} times ({:.1} ms of it in {:.0} statements); at {} sessions {:.1} / {:.1} → {:.1} / {:.1}, {crowd:.2} times",
            a.alone[0],
            a.alone[1],
            b.alone[0],
            b.alone[1],
            b.asked[0],
            b.asked[1],
            o.sessions,
            a.crowd[0],
            a.crowd[1],
            b.crowd[0],
            b.crowd[1]
        ));
        wished += usize::from(ratio <= WISH);
        broken.extend(a.failed.iter().chain(&b.failed).map(|why| format!("{name}: {why}")));
        if ratio > RATIO {
            broken.push(format!("{name}: {ratio:.2} times; at most {RATIO} is promised"));
        }
    }
    say(&format!("{wished} of {} pages cost at most {WISH} times", small.len()));
    verdict(&broken)
}

async fn city(
    config: &Config,
    database: Backend,
    (cylinders, loaded): (usize, Option<&str>),
    o: &Options,
    dir: Option<PathBuf>,
) -> Result<Vec<Seen>, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Postgres if loaded.is_none() => Some(Postgres::start(dir.as_deref()).await?),
        _ => None,
    };
    let url = match &postgres {
        Some(p) => Some(p.database("city").await?),
        None => loaded.map(str::to_owned),
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let store = store::open(&config).await?;
    let plan = if loaded.is_some() {
        demo_scale::loaded(&store.db).await?
    } else {
        let events = o.events.map(|e| cylinders.saturating_mul(e));
        let options = demo_scale::Options { cylinders: Some(cylinders), events, stations: None, seed: 1 };
        demo_scale::city(&store.db, options).await?
    };
    let now = Clock::default().now();
    let read = store.db.read();
    let city = City {
        plan,
        today: clock::local_day(now),
        last: data::sequence::last(read, data::sequence::LEDGER).await?,
        alerts: some(&store.db, true).await?,
        fills: some(&store.db, false).await?,
    };
    let told: Arc<Mutex<BTreeMap<String, (f64, Statement)>>> = Arc::default();
    let all: Arc<Mutex<[f64; 2]>> = Arc::default();
    let sum = Arc::clone(&all);
    let tell = Arc::clone(&told);
    let db = store.db.clone().observed(move |statement, took| {
        let (ms, mut told) = (took.as_secs_f64() * 1e3, tell.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = [sum[0] + ms, sum[1] + 1.0];
        let slowest = told.entry(statement.sql.clone()).or_insert_with(|| (ms, statement.clone()));
        if ms > slowest.0 {
            *slowest = (ms, statement.clone());
        }
    });
    let (state, writer) = serve::start(&config, db, Clock::default(), None).await?;
    let office = Arc::new(Office {
        router: web::router(state.clone(), &config.site_dir),
        cookie: format!("{}={}", app::access::COOKIE, regulator(&store.db, now).await?),
    });
    let mut out = vec![];
    for (name, address) in asked::all() {
        // The first time reads what was never read since the load.
        office.ask(&address(&city, 0)).await?;
        told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *all.lock().unwrap_or_else(PoisonError::into_inner) = [0.0; 2];
        let alone = Histogram::default();
        for n in 0..ALONE {
            let address = address(&city, n);
            let started = Instant::now();
            office.ask(&address).await?;
            alone.note(started.elapsed().as_secs_f64() * 1e3);
        }
        let statements = all.lock().unwrap_or_else(PoisonError::into_inner).map(|n| n / ALONE as f64);
        let slow =
            told.lock().unwrap_or_else(PoisonError::into_inner).values().max_by(|a, b| a.0.total_cmp(&b.0)).cloned();
        let crowd = Arc::new(Histogram::default());
        let mut sessions = tokio::task::JoinSet::new();
        for s in 0..o.sessions {
            let (office, crowd) = (Arc::clone(&office), Arc::clone(&crowd));
            let addresses: Vec<String> = (0..EACH).map(|n| address(&city, s * EACH + n)).collect();
            sessions.spawn(async move {
                let mut failed = None;
                for address in addresses {
                    let started = Instant::now();
                    // One page that fails in a crowd is named; the others are measured all the same.
                    if let Err(why) = office.ask(&address).await {
                        failed = Some(why.to_string());
                    }
                    crowd.note(started.elapsed().as_secs_f64() * 1e3);
                }
                failed
            });
        }
        let mut failed = None;
        while let Some(done) = sessions.join_next().await {
            failed = done?.or(failed);
        }
        let of = |h: &Histogram| [h.percentile(0.5), h.percentile(0.95)];
        let seen = Seen { alone: of(&alone), crowd: of(&crowd), asked: statements, failed };
        if seen.alone[1] > SLOW
            && let Some((ms, statement)) = slow
        {
            say(&format!("slow at {cylinders} cylinders: {name}, its slowest statement {ms:.1} ms: {}", statement.sql));
            plan_of(&store.db, statement).await?;
        }
        out.push(seen);
    }
    let report = data::verify::run(&store.db, &state.rules.now()).await?;
    say(&format!(
        "verified {} events of {} cylinders and {} counters: {} differences",
        report.events, report.cylinders, report.counters, report.differences
    ));
    if !report.is_clean() {
        return Err(report.named.join("\n").into());
    }
    state.stop.cancel();
    drop((office, state));
    writer.abort();
    store.db.clone().close().await?;
    Ok(out)
}

/// Numbers of some alerts, or of some fills, from all over the ledger.
async fn some(db: &Db, alerts: bool) -> Result<Vec<i64>, Failure> {
    const SOME: u64 = 50;
    let read = db.read();
    Ok(if alerts {
        let q = alert::Entity::find().select_only().column(alert::Column::No).order_by_desc(alert::Column::No);
        q.limit(SOME).into_tuple().all(read).await?
    } else {
        let q = event::Entity::find().select_only().column(event::Column::No);
        let q = q.filter(event::Column::Kind.eq(EventKind::FillEnd.number())).order_by_desc(event::Column::No);
        q.limit(SOME).into_tuple().all(read).await?
    })
}

/// A regulator of the city, signed in; tells the session's key.
async fn regulator(db: &Db, now: i64) -> Result<String, Failure> {
    let key = secret::random();
    let txn = db.begin_write().await?;
    let new = account::New {
        login: format!("bench-{}", secret::random().get(..12).unwrap_or_default()),
        name: "bench".into(),
        scope: Scope::City,
        roles: vec![Role::CityRegulator],
        password: secret::hash_password(&Policy::default(), &secret::random()).ok_or("no password was made")?,
        must_change: false,
    };
    let id = account::insert(&txn, new, now).await?.ok_or("the measurement's account is there already")?;
    session::begin(&txn, id, session::WHOLE, &key, session::Place::default(), now).await?;
    txn.commit().await?;
    Ok(key)
}

/// How the database goes about a statement.
async fn plan_of(db: &Db, mut statement: Statement) -> Result<(), Failure> {
    let sqlite = db.backend() == DbBackend::Sqlite;
    statement.sql = format!("{} {}", if sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" }, statement.sql);
    for row in db.read().query_all_raw(statement).await? {
        let line: String = if sqlite { row.try_get("", "detail")? } else { row.try_get_by_index(0)? };
        say(&format!("    {line}"));
    }
    Ok(())
}
