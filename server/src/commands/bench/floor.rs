//! What the database does by itself: one connection with the product's settings, prepared statements of many rows each,
//! transactions as large as the product's, the same tables with the same indexes. No request, no rule, no reading.

use crate::{cli::Failure, config::Config, store};
use data::Db;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use std::time::Instant;

const EVENT: &str = "no, device_id, epoch, seq, kind, cylinder_id, tag, site_id, occurred_at, recorded_at, started_at, sent_at, gross_g, tare_g, net_g, \
    medium, operator, target, attempt, anomalies, body, source, hash";
const EVENT_COLUMNS: usize = 23;
const STATE: &str = "cylinder_id, file, custody, flags, home, due, life_end, last_at, last_no, last_site, read_site, read_at, read_no, fill_no, \
    fill_at, net_g, prior, check_at, residue_g";
const STATE_COLUMNS: usize = 19;
/// Guns whose numbers go up.
const GUNS: i64 = 16;
/// Cylinders whose states change.
const CYLINDERS: i64 = 16 * 300;

/// A database to itself.
pub struct Floor {
    db: Db,
    rows: usize,
    no: i64,
    insert: String,
    states: String,
    counters: String,
}

fn values(backend: DbBackend, columns: usize, rows: usize) -> String {
    let mut n = 0;
    let mut mark = || {
        n += 1;
        if backend == DbBackend::Postgres { format!("${n}") } else { "?".to_owned() }
    };
    let row =
        |mark: &mut dyn FnMut() -> String| format!("({})", (0..columns).map(|_| mark()).collect::<Vec<_>>().join(","));
    (0..rows).map(|_| row(&mut mark)).collect::<Vec<_>>().join(",")
}

impl Floor {
    /// Makes the tables; `rows` is the size of a transaction.
    pub async fn open(config: &Config, rows: usize) -> Result<Self, Failure> {
        let db = store::open(config).await?.db;
        let b = db.backend();
        let updates: Vec<String> =
            STATE.split(", ").map(str::trim).skip(1).map(|c| format!("{c} = excluded.{c}")).collect();
        Ok(Self {
            rows,
            no: 0,
            insert: format!("INSERT INTO cylinder_event ({EVENT}) VALUES {}", values(b, EVENT_COLUMNS, rows)),
            states: format!(
                "INSERT INTO cylinder_state ({STATE}) VALUES {} ON CONFLICT (cylinder_id) DO UPDATE SET {}",
                values(b, STATE_COLUMNS, rows),
                updates.join(", ")
            ),
            counters: format!(
                "INSERT INTO counter (metric, \"key\", day, minute, site_id, value) VALUES {} \
                 ON CONFLICT (metric, day, \"key\", minute, site_id) DO UPDATE SET value = counter.value + excluded.value",
                values(b, 6, 5)
            ),
            db,
        })
    }

    fn events_of(&self, now: i64) -> Vec<Value> {
        let mut v: Vec<Value> = Vec::with_capacity(self.rows * EVENT_COLUMNS);
        for i in 1..=self.rows as i64 {
            let no = self.no + i;
            let cylinder = no % CYLINDERS + 1;
            v.extend::<[Value; EVENT_COLUMNS]>([
                no.into(),
                // A transaction of the product is mostly one gun's batch.
                (no / 100 % GUNS + 1).into(),
                1_i64.into(),
                no.into(),
                3_i16.into(),
                cylinder.into(),
                format!("B{:03}{:06}", cylinder % GUNS, cylinder).into(),
                1_i64.into(),
                now.into(),
                now.into(),
                now.into(),
                now.into(),
                30_700_i64.into(),
                16_400_i64.into(),
                14_300_i64.into(),
                "LPG".into(),
                "F01".into(),
                "".into(),
                format!("before-B{:03}{:06}", cylinder % GUNS, cylinder).into(),
                "".into(),
                Option::<String>::None.into(),
                0_i16.into(),
                format!("{:064x}", no.wrapping_mul(0x5851_F42D_4C95_7F2D)).into(),
            ]);
        }
        v
    }

    fn states_of(&self, now: i64) -> Vec<Value> {
        let mut v: Vec<Value> = Vec::with_capacity(self.rows * STATE_COLUMNS);
        for i in 1..=self.rows as i64 {
            let no = self.no + i;
            let n = |x: i64| Value::from(x);
            v.extend::<[Value; STATE_COLUMNS]>([
                n(no % CYLINDERS + 1),
                3_i16.into(),
                5_i16.into(),
                n(0),
                n(1),
                20_900_i32.into(),
                22_900_i32.into(),
                n(now),
                n(no),
                n(1),
                n(1),
                n(now),
                n(no),
                n(no),
                n(now),
                n(14_300),
                0_i16.into(),
                n(0),
                Option::<i32>::None.into(),
            ]);
        }
        v
    }

    async fn transaction(&mut self, whole: bool) -> Result<(), Failure> {
        let (b, now) = (self.db.backend(), super::gun::now_ms());
        let events = self.events_of(now);
        let txn = self.db.begin_write().await?;
        txn.execute_raw(Statement::from_sql_and_values(b, self.insert.as_str(), events)).await?;
        if whole {
            txn.execute_raw(Statement::from_sql_and_values(b, self.states.as_str(), self.states_of(now))).await?;
            let mut c: Vec<Value> = vec![];
            for (metric, minute) in [(1_i16, -1_i16), (1, (now / 60_000 % 1_440) as i16), (2, -1), (13, -1), (14, -1)] {
                c.extend::<[Value; 6]>([
                    metric.into(),
                    0_i16.into(),
                    20_000_i32.into(),
                    minute.into(),
                    1_i64.into(),
                    1_i64.into(),
                ]);
            }
            txn.execute_raw(Statement::from_sql_and_values(b, self.counters.as_str(), c)).await?;
        }
        txn.commit().await?;
        self.no += self.rows as i64;
        Ok(())
    }

    async fn rate(&mut self, seconds: f64, whole: bool) -> Result<f64, Failure> {
        self.transaction(whole).await?;
        let (started, first) = (Instant::now(), self.no);
        while started.elapsed().as_secs_f64() < seconds {
            self.transaction(whole).await?;
        }
        Ok((self.no - first) as f64 / started.elapsed().as_secs_f64())
    }

    /// Events a second, with their indexes.
    pub async fn events(&mut self, seconds: f64) -> Result<f64, Failure> {
        self.rate(seconds, false).await
    }

    /// The same with the cylinders' present states and the counters.
    pub async fn whole(&mut self, seconds: f64) -> Result<f64, Failure> {
        self.rate(seconds, true).await
    }
}
