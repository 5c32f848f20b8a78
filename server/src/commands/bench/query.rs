//! `pingji bench query`: what each list, search, detail and analysis costs in a small city and in a large one.

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
    demo::city::Plan,
    store,
};
use data::{
    Db, Error,
    analysis::{self, Ask},
    export, figures, history,
};
use domain::{
    analysis::{By, Period, Span},
    clock,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// What the larger city may cost at most, beside the smaller.
const RATIO: f64 = 3.0;
/// Below this the ratio says nothing, ms.
const FLOOR: f64 = 2.0;
/// Slower than this, a query is shown with its plan, ms.
const SLOW: f64 = 100.0;
/// Times that each is asked alone.
const ALONE: usize = 20;
/// Times that each session asks.
const EACH: usize = 3;

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
}

/// What is asked in a city.
struct City {
    db: Db,
    rules: RuleSet,
    plan: Plan,
    today: i32,
    now: i64,
    last: i64,
}

type Answered<'a> = Pin<Box<dyn Future<Output = Result<usize, Error>> + Send + 'a>>;
/// A query: its name, and how it is asked for the n-th time; it tells how many rows came.
type Query = (&'static str, for<'a> fn(&'a City, usize) -> Answered<'a>);

const CITY: Viewer = Viewer { scope: Scope::City };

fn by(n: usize) -> Ask {
    Ask { viewer: CITY, by: if n.is_multiple_of(2) { By::District } else { By::Org } }
}

impl City {
    fn tag(&self, n: usize) -> String {
        let i = n.wrapping_mul(7_919) % self.plan.cylinders().max(1);
        self.plan.file(i).map(|f| f.tag).unwrap_or_default()
    }

    fn stamp(&self, n: usize) -> String {
        let i = n.wrapping_mul(7_907) % self.plan.cylinders().max(1);
        self.plan.file(i).map(|f| f.stamp_no).unwrap_or_default()
    }

    fn year(&self) -> Span {
        Span { first: self.today - 364, last: self.today }
    }

    async fn page(&self, after: i64, filter: &str) -> Result<usize, Error> {
        let ask = export::Ask {
            db: &self.db,
            viewer: CITY,
            as_of: clock::date_of(self.today),
            rules: &self.rules,
            upto: i64::MAX,
            filter,
            zh: true,
        };
        Ok((export::ARCHIVE.fetch)(ask, &after.to_string(), 50).await?.rows.len())
    }
}

static QUERIES: [Query; 19] = [
    ("detail and search: by tag", |c, n| {
        Box::pin(async move { Ok(history::page(&c.db, CITY, &c.tag(n), c.now).await?.map_or(0, |p| p.rows.len())) })
    }),
    ("detail and search: by stamped number", |c, n| {
        Box::pin(async move { Ok(history::page(&c.db, CITY, &c.stamp(n), c.now).await?.map_or(0, |p| p.rows.len())) })
    }),
    ("search: nothing found", |c, n| {
        Box::pin(async move { Ok(usize::from(history::page(&c.db, CITY, &format!("X{n}"), c.now).await?.is_some())) })
    }),
    ("archive: first page", |c, _| Box::pin(c.page(0, ""))),
    ("archive: page in the middle", |c, n| Box::pin(c.page(c.last / 2 + n as i64, ""))),
    ("archive: page of a station", |c, _| {
        Box::pin(async move {
            let id = c.plan.sites.last().map_or(0, |s| s.id);
            c.page(0, &format!("{{\"site\":\"{id}\"}}")).await
        })
    }),
    ("wall: snapshot of the city", |c, _| {
        Box::pin(async move {
            let ask =
                figures::Ask { viewer: CITY, city: data::reference::CITY, now: c.now, build: "", rules: &c.rules };
            Ok(figures::snapshot(&c.db, ask).await?.stations.len())
        })
    }),
    ("due and scrap in 30/60/90 days", |c, n| {
        Box::pin(async move { Ok(analysis::due(&c.db, by(n), c.today).await?.len()) })
    }),
    ("abnormal cylinders", |c, n| {
        Box::pin(async move { Ok(analysis::abnormal(&c.db, by(n), c.today, 30).await?.len()) })
    }),
    ("age bands", |c, n| Box::pin(async move { Ok(analysis::ages(&c.db, by(n), c.today).await?.len()) })),
    ("where they are", |c, n| Box::pin(async move { Ok(analysis::placed(&c.db, by(n)).await?.len()) })),
    ("recovery of a year", |c, n| Box::pin(async move { Ok(analysis::recovery(&c.db, by(n), c.year()).await?.len()) })),
    ("storage limits", |c, _| Box::pin(async move { Ok(analysis::storage(&c.db, CITY, &c.rules).await?.len()) })),
    ("conduct of a month", |c, n| {
        Box::pin(async move {
            let days = Span { first: c.today - 29, last: c.today };
            Ok(analysis::conduct(&c.db, by(n), days).await?.len())
        })
    }),
    ("completeness of a month", |c, n| {
        Box::pin(async move {
            let days = Span { first: c.today - 29, last: c.today };
            Ok(analysis::completeness(&c.db, by(n), days).await?.len())
        })
    }),
    ("statistics of a month", |c, _| {
        Box::pin(async move { Ok(analysis::statistics(&c.db, CITY, Period::Month, c.today).await?.len()) })
    }),
    ("statistics of a year", |c, _| {
        Box::pin(async move { Ok(analysis::statistics(&c.db, CITY, Period::Year, c.today).await?.len()) })
    }),
    ("tag issue rate", |c, _| Box::pin(async move { Ok(analysis::tag_issue(&c.db, CITY).await?.len()) })),
    ("sales of a year", |c, _| {
        Box::pin(async move {
            let (first, last) = (clock::date_of(c.year().first), clock::date_of(c.year().last));
            Ok(analysis::sales(&c.db, CITY, first, last, true).await?.len())
        })
    }),
];

/// What was seen of a query.
#[derive(Clone, Copy, Default)]
struct Seen {
    alone: [f64; 2],
    crowd: [f64; 2],
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or a query costs more in the larger city than is promised.
pub async fn run(config: &Config, database: Backend, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let small = city(config, database, o.small, o, dir.clone()).await?;
    let large = city(config, database, o.large, o, dir).await?;
    let mut broken = vec![];
    say(&format!("{}, {} → {} cylinders: p50 / p95 in ms", database.name(), o.small, o.large));
    for (((name, _), a), b) in QUERIES.iter().zip(&small).zip(&large) {
        let ratio = b.alone[0].max(FLOOR) / a.alone[0].max(FLOOR);
        say(&format!(
            "{name}: alone {:.1} / {:.1} → {:.1} / {:.1}, {ratio:.2} times; at {} sessions {:.1} / {:.1} → {:.1} / {:.1}",
            a.alone[0], a.alone[1], b.alone[0], b.alone[1], o.sessions, a.crowd[0], a.crowd[1], b.crowd[0], b.crowd[1]
        ));
        if ratio > RATIO {
            broken.push(format!("{name}: {ratio:.2} times; at most {RATIO} is promised"));
        }
    }
    verdict(&broken)
}

async fn city(
    config: &Config,
    database: Backend,
    cylinders: usize,
    o: &Options,
    dir: Option<PathBuf>,
) -> Result<Vec<Seen>, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        Some(p) => Some(p.database("city").await?),
        None => None,
    };
    let config = settings(config, scratch.path(), url.as_deref());
    let store = store::open(&config).await?;
    let events = o.events.map(|e| cylinders.saturating_mul(e));
    let options = demo_scale::Options { cylinders: Some(cylinders), events, stations: None, seed: 1 };
    let plan = demo_scale::city(&store.db, options).await?;
    let now = Clock::default().now();
    let rules = data::rule::current(store.db.read()).await?;
    let last = data::sequence::last(store.db.read(), data::sequence::LEDGER).await?;
    let told: Arc<Mutex<BTreeMap<String, (f64, Statement)>>> = Arc::default();
    let tell = Arc::clone(&told);
    let db = store.db.clone().observed(move |statement, took| {
        let (ms, mut told) = (took.as_secs_f64() * 1e3, tell.lock().unwrap_or_else(PoisonError::into_inner));
        let slowest = told.entry(statement.sql.clone()).or_insert_with(|| (ms, statement.clone()));
        if ms > slowest.0 {
            *slowest = (ms, statement.clone());
        }
    });
    let city = Arc::new(City { db, rules, plan, today: clock::local_day(now), now, last });
    let mut out = vec![];
    for (name, query) in &QUERIES {
        // The first time reads what was never read since the load.
        query(&city, 0).await?;
        told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let alone = Histogram::default();
        for n in 0..ALONE {
            let started = Instant::now();
            query(&city, n).await?;
            alone.note(started.elapsed().as_secs_f64() * 1e3);
        }
        let slow =
            told.lock().unwrap_or_else(PoisonError::into_inner).values().max_by(|a, b| a.0.total_cmp(&b.0)).cloned();
        let crowd = Arc::new(Histogram::default());
        let mut sessions = tokio::task::JoinSet::new();
        for s in 0..o.sessions {
            let (city, crowd, query) = (Arc::clone(&city), Arc::clone(&crowd), *query);
            sessions.spawn(async move {
                for n in 0..EACH {
                    let started = Instant::now();
                    query(&city, s * EACH + n).await?;
                    crowd.note(started.elapsed().as_secs_f64() * 1e3);
                }
                Ok::<(), Error>(())
            });
        }
        while let Some(done) = sessions.join_next().await {
            done??;
        }
        let of = |h: &Histogram| [h.percentile(0.5), h.percentile(0.95)];
        let seen = Seen { alone: of(&alone), crowd: of(&crowd) };
        if seen.alone[1] > SLOW
            && let Some((ms, statement)) = slow
        {
            say(&format!("slow at {cylinders} cylinders: {name}, its slowest statement {ms:.1} ms: {}", statement.sql));
            plan_of(&store.db, statement).await?;
        }
        out.push(seen);
    }
    store.db.clone().close().await?;
    Ok(out)
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
