//! A small city for the tests: two fillers, each with a station and a gun, forty kilometres apart.

use crate::postgres;
use data::{
    Db, device, figures,
    ledger::{self, Answer, Done, Noted, Outcome, Published, Question},
    org, site, verify,
};
use domain::{
    clock,
    event::{Asked, AuthorizeRequest, CustodyRecord, Entry, EventKind, FillRecord, Sender, Source, content_hash},
    gate::Verdict,
    geo::Position,
    ledger::{Build, File, FileState},
    life::{Dates, Family},
    rules::{MediumClass, RuleSet},
    scope::{Scope, Viewer},
    wall::{Arrivals, Change, Delta, Snapshot, Stock, TotalsLine},
};
use migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// 16:00 on 2026-11-21 in Shanghai.
pub const NOW: i64 = 1_795_248_000_000;
/// 金水区
pub const NORTH: i32 = 410_105;
/// 中原区
pub const SOUTH: i32 = 410_102;

/// A gun at its station.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gun {
    pub device: i64,
    pub site: i64,
    pub org: i64,
}

impl Gun {
    pub fn fill(self, record: &FillRecord) -> Entry {
        record.entry(Sender { device: self.device, site: self.site, sent_at: NOW }).unwrap()
    }

    pub fn custody(self, seq: u64, kind: EventKind, tag: &str, at: i64) -> Entry {
        let r = CustodyRecord {
            epoch: 1,
            seq,
            kind,
            tag: tag.into(),
            at: clock::rfc3339(at),
            operator: "W01".into(),
            target: "K-17".into(),
            body: None,
        };
        r.entry(Sender { device: self.device, site: self.site, sent_at: NOW }).unwrap()
    }

    /// An event with its body.
    pub fn event(self, seq: u64, kind: EventKind, tag: &str, at: i64, body: serde_json::Value) -> Entry {
        let r = CustodyRecord {
            epoch: 1,
            seq,
            kind,
            tag: tag.into(),
            at: clock::rfc3339(at),
            operator: "W01".into(),
            target: String::new(),
            body: Some(body),
        };
        r.entry(Sender { device: self.device, site: self.site, sent_at: NOW }).unwrap()
    }

    pub fn ask(self, attempt: &str, tag: &str) -> Question {
        self.ask_at(attempt, tag, NOW - 300_000)
    }

    pub fn ask_at(self, attempt: &str, tag: &str, at: i64) -> Question {
        let q = AuthorizeRequest {
            attempt: attempt.into(),
            tag: tag.into(),
            medium: "LPG".into(),
            at: clock::rfc3339(at),
            operator: None,
        };
        let hash = content_hash(&q);
        let Asked { attempt, tag, medium, at, operator } = q.check().unwrap();
        Question { device: self.device, site: self.site, attempt, tag, medium, at, hash, operator }
    }
}

/// A sound fill five minutes ago.
pub fn fill(seq: u64, tag: &str) -> FillRecord {
    FillRecord {
        epoch: 1,
        seq,
        tag: tag.into(),
        medium: "LPG".into(),
        started_at: clock::rfc3339(NOW - 360_000),
        ended_at: clock::rfc3339(NOW - 300_000),
        gross_g: 30_930,
        tare_g: 16_750,
        net_g: 14_180,
        operator: "F01".into(),
        attempt: None,
    }
}

pub fn fill_at(seq: u64, tag: &str, at: i64) -> FillRecord {
    FillRecord { started_at: clock::rfc3339(at - 60_000), ended_at: clock::rfc3339(at), ..fill(seq, tag) }
}

/// The database and what stands in it.
pub struct World {
    pub db: Db,
    pub rules: RuleSet,
    pub now: i64,
    pub north: Gun,
    pub south: Gun,
    importer: i64,
    _dir: Option<TempDir>,
}

impl World {
    async fn build(url: &str, dir: Option<TempDir>) -> Self {
        let db = Db::connect(url).await.unwrap();
        Migrator::up(db.writer(), None).await.unwrap();
        let txn = db.begin_write().await.unwrap();
        data::rule::seed(&txn).await.unwrap();
        data::check::seed(&txn).await.unwrap();
        data::calendar::seed(&txn).await.unwrap();
        data::reference::seed(&txn).await.unwrap();
        let north = place(&txn, "北郊气站", NORTH, Position::new(113.62, 34.75)).await;
        let south = place(&txn, "南郊气站", SOUTH, Position::new(113.62, 34.39)).await;
        let new = device::New { site_id: north.site, kind: device::IMPORTER.into(), now: 0, ..device::New::default() };
        let importer = device::insert(&txn, new).await.unwrap();
        txn.commit().await.unwrap();
        let rules = data::rule::current(db.read()).await.unwrap();
        Self { db, rules, now: NOW, north, south, importer, _dir: dir }
    }

    pub async fn commit(&self, questions: &[Question], entries: &[Entry]) -> Done {
        let txn = self.db.begin_write().await.unwrap();
        let done = ledger::commit(&txn, &self.rules, questions, entries, self.now).await.unwrap();
        txn.commit().await.unwrap();
        done
    }

    pub async fn omissions(&self, older_than: i64) -> Done {
        let txn = self.db.begin_write().await.unwrap();
        let done = ledger::omissions(&txn, older_than, self.now).await.unwrap();
        txn.commit().await.unwrap();
        done
    }

    /// A display takes note of an alert.
    pub async fn acknowledge(&self, scope: Scope, alert: u64, display: i64) -> (Noted, Done) {
        let txn = self.db.begin_write().await.unwrap();
        let viewer = Viewer { scope };
        let noted = ledger::acknowledge(&txn, viewer, alert.cast_signed(), &ledger::By::Display(display), self.now)
            .await
            .unwrap();
        txn.commit().await.unwrap();
        noted
    }

    pub async fn record(&self, entries: &[Entry]) -> Vec<Outcome> {
        self.commit(&[], entries).await.outcomes
    }

    pub async fn fill(&self, gun: Gun, record: &FillRecord) -> Outcome {
        self.record(&[gun.fill(record)]).await.remove(0)
    }

    pub async fn ask(&self, question: Question) -> Answer {
        self.commit(&[question], &[]).await.answers.remove(0)
    }

    pub async fn verdict(&self, question: Question) -> Verdict {
        match self.ask(question).await {
            Answer::Decided { verdict, .. } => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Registers cylinders and tells their ids.
    pub async fn register(&self, files: &[File]) -> Vec<i64> {
        let next = device::progress(self.db.read(), self.importer).await.unwrap().next_seq;
        let entries: Vec<Entry> = files.iter().zip(next..).map(|(f, seq)| self.registration(f, seq)).collect();
        self.record(&entries)
            .await
            .into_iter()
            .map(|o| match o {
                Outcome::Accepted { no, .. } => no,
                o => panic!("{o:?}"),
            })
            .collect()
    }

    pub fn registration(&self, file: &File, seq: i64) -> Entry {
        let body = serde_json::to_string(file).unwrap();
        Entry {
            device: self.importer,
            epoch: 1,
            seq,
            kind: EventKind::Register,
            tag: file.tag.clone(),
            site: file.site,
            occurred_at: clock::parse_instant("2024-06-01T00:00:00Z").unwrap(),
            started_at: None,
            sent_at: None,
            weights: None,
            medium: String::new(),
            operator: String::new(),
            target: String::new(),
            attempt: String::new(),
            hash: content_hash(&body),
            body: Some(body),
            source: Source::Import,
        }
    }

    /// A handheld of an organisation of a kind, without a position.
    pub async fn office(&self, kind: &str) -> Gun {
        let txn = self.db.begin_write().await.unwrap();
        let org = org::New { name: kind.into(), kind: kind.into(), division: NORTH, ..org::New::default() };
        let org = org::insert(&txn, org).await.unwrap();
        let new =
            site::New { org_id: org, name: kind.into(), kind: kind.into(), division: NORTH, ..site::New::default() };
        let site = site::insert(&txn, new).await.unwrap();
        let new = device::New { site_id: site, kind: device::HANDHELD.into(), ..device::New::default() };
        let device = device::insert(&txn, new).await.unwrap();
        txn.commit().await.unwrap();
        Gun { device, site, org }
    }

    pub async fn progress(&self, gun: Gun) -> device::Progress {
        device::progress(self.db.read(), gun.device).await.unwrap()
    }

    pub async fn snapshot(&self, scope: Scope) -> Snapshot {
        self.channel(scope).await.0
    }

    pub async fn channel(&self, scope: Scope) -> (Snapshot, Arrivals) {
        let ask = figures::Ask {
            viewer: Viewer { scope },
            city: data::reference::CITY,
            now: self.now,
            build: "t",
            rules: &self.rules,
        };
        figures::channel(&self.db, ask).await.unwrap()
    }

    pub async fn verify(&self) -> verify::Report {
        verify::run(&self.db, &self.rules).await.unwrap()
    }

    /// Everything stored is what the ledger folds to.
    pub async fn clean(&self) {
        let report = self.verify().await;
        assert!(report.is_clean() && report.named.is_empty(), "{:#?}", report.named);
    }

    pub async fn sql(&self, sql: &str) -> u64 {
        self.db.writer().execute_unprepared(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}")).rows_affected()
    }

    pub async fn events(&self) -> Vec<data::event::Model> {
        use sea_orm::{EntityTrait, QueryOrder};
        data::event::Entity::find().order_by_asc(data::event::Column::No).all(self.db.read()).await.unwrap()
    }

    pub async fn acks(&self) -> Vec<data::alert::ack::Model> {
        use data::alert::ack::{Column, Entity};
        use sea_orm::{EntityTrait, QueryOrder};
        Entity::find().order_by_asc(Column::No).all(self.db.read()).await.unwrap()
    }

    /// All alerts, in ledger order.
    pub async fn all_alerts(&self) -> Vec<data::alert::Model> {
        use sea_orm::{EntityTrait, QueryOrder};
        data::alert::Entity::find().order_by_asc(data::alert::Column::No).all(self.db.read()).await.unwrap()
    }

    /// Alerts of what the ledger itself finds wrong; the detectors' are apart.
    pub async fn alerts(&self) -> Vec<data::alert::Model> {
        let all = self.all_alerts().await.into_iter();
        all.filter(|a| !domain::detect::KINDS.iter().any(|k| k.code() == a.kind)).collect()
    }

    /// Alerts of the detectors.
    pub async fn found(&self) -> Vec<data::alert::Model> {
        let all = self.all_alerts().await.into_iter();
        all.filter(|a| domain::detect::KINDS.iter().any(|k| k.code() == a.kind)).collect()
    }

    /// Kinds of the ledger's own alerts, in its order.
    pub async fn alert_kinds(&self) -> Vec<String> {
        self.alerts().await.into_iter().map(|a| a.kind).collect()
    }

    pub async fn attempts(&self) -> Vec<data::attempt::Model> {
        use sea_orm::{EntityTrait, QueryOrder};
        data::attempt::Entity::find().order_by_asc(data::attempt::Column::No).all(self.db.read()).await.unwrap()
    }

    pub async fn states(&self) -> Vec<data::cylinder::state::Model> {
        use data::cylinder::state::{Column, Entity};
        use sea_orm::{EntityTrait, QueryOrder};
        Entity::find().order_by_asc(Column::CylinderId).all(self.db.read()).await.unwrap()
    }
}

async fn place(txn: &data::WriteTxn, name: &str, division: i32, position: Option<Position>) -> Gun {
    let org = org::New {
        name: name.into(),
        kind: "filler".into(),
        division,
        licence_until: "2030-01-01".parse().ok(),
        licence_media: vec!["LPG".into(), "O2".into()],
        ..org::New::default()
    };
    let org = org::insert(txn, org).await.unwrap();
    let new = site::New { org_id: org, name: name.into(), kind: "filling".into(), division, position, demo: false };
    let site = site::insert(txn, new).await.unwrap();
    let new = device::New { site_id: site, kind: device::GUN.into(), label: "1".into(), medium: "LPG".into(), now: 0 };
    Gun { device: device::insert(txn, new).await.unwrap(), site, org }
}

/// A sound cylinder of a station: made and inspected in May 2024.
pub fn file(tag: &str, home: Gun) -> File {
    File {
        org: home.org,
        site: home.site,
        tag: tag.into(),
        stamp_no: format!("S{tag}"),
        serial_no: String::new(),
        maker: "江苏民生".into(),
        medium: "LPG".into(),
        dates: Dates {
            family: Family::LpgWelded,
            model: "YSP35.5".into(),
            medium_class: MediumClass::Other,
            made: "2024-05".parse().ok(),
            inspected: "2024-05".parse().ok(),
            next_printed: None,
            scrap_recorded: None,
            assessed: false,
            inspections: 0,
        },
        tare_g: Some(16_400),
        volume_ml: Some(35_500),
        wall_um: Some(2_600),
        max_fill_g: Some(14_900),
        valve: String::new(),
        inspections: 0,
        doubts: vec![],
        state: FileState::Registered,
        build: Build::default(),
    }
}

/// The same with other dates.
pub fn dated(tag: &str, home: Gun, made: &str, inspected: &str) -> File {
    let f = file(tag, home);
    File { dates: Dates { made: made.parse().ok(), inspected: inspected.parse().ok(), ..f.dates.clone() }, ..f }
}

/// Applies to a snapshot what commits published, as the feed does.
pub fn follow(s: &mut Snapshot, arrivals: &mut Arrivals, published: &BTreeMap<i64, Vec<Published>>, now: i64) {
    for (no, published) in published {
        let no = no.unsigned_abs();
        let (mut stock, mut open_alerts): (Stock, i64) = (s.figures.stock, s.figures.open_alerts);
        let mut gauges = s.figures.gauges.clone();
        let mut c = vec![];
        for p in published.iter().filter(|p| s.scope.covers(p.district, p.org)) {
            stock.add(&p.stock);
            open_alerts += p.open_alerts;
            p.gauges.iter().for_each(|g| gauges.add(*g));
            p.arrival.iter().for_each(|a| arrivals.add(*a));
            c.extend(p.change.clone());
        }
        arrivals.changed(&gauges, now).iter().for_each(|g| gauges.set(*g));
        let gauges = gauges.into();
        c.push(Change::Totals(TotalsLine { no, stock, open_alerts, gauges, whole: true, bulletin: None }));
        s.apply(&Delta { from: s.no, to: no, ms: 0, c }).unwrap();
    }
}

/// A small generator: the same numbers at every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    pub fn shuffle<T>(&mut self, v: &mut [T]) {
        for i in (1..v.len()).rev() {
            v.swap(i, self.below(i + 1));
        }
    }
}

fn block_on<T>(f: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(f)
}

pub fn on_sqlite(test: impl AsyncFnOnce(World)) {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("t.sqlite").display());
    block_on(async { test(World::build(&url, Some(dir)).await).await });
}

pub fn on_postgres(test: impl AsyncFnOnce(World)) {
    block_on(async {
        if let Some(url) = postgres::fresh().await {
            test(World::build(&url, None).await).await;
        }
    });
}

/// Makes each scenario a test on SQLite and one on PostgreSQL.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn on_sqlite() { $crate::support::on_sqlite(super::$name) }
            #[test]
            fn on_postgres() { $crate::support::on_postgres(super::$name) }
        }
    )+};
}
pub(crate) use both;
