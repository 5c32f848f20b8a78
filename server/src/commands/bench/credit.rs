//! `pingji bench credit`: enterprises over years of events, graded as the events arrive and in full, and a change of the rules that is previewed and
//! published.

use super::{
    Backend,
    child::{Scratch, settings},
    postgres::Postgres,
    verdict,
};
use crate::{
    cli::{Ended, Failure, say},
    clock::Clock,
    config::Config,
    store,
};
use data::{
    Db, alert, audit::Actor, credit, credit_list, device, event, incident, org, rule, rule_draft, sequence, site,
};
use domain::{
    check::Severity,
    clock::{self, DAY_MS},
    credit::{Entered, Grade},
    incident as inc,
    ledger::Finding,
    outcome::AlertKind,
    rules::RuleRow,
    scope::Viewer,
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Rows of one statement: a database binds so many values at most.
const CHUNK: usize = 1_000;
/// Ledger numbers of one run: as much as arrives in a while.
const BATCH: u64 = 20_000;
/// Kinds of alerts that are raised, some of them often.
const KINDS: [AlertKind; 8] = [
    AlertKind::Omission,
    AlertKind::ChainGap,
    AlertKind::IllegalTagAttempt,
    AlertKind::FillNotAsked,
    AlertKind::Overfill,
    AlertKind::FilledUnchecked,
    AlertKind::ShippedOverdue,
    AlertKind::FilledThoughBlocked,
];

/// How large, and for how long.
pub struct Options {
    /// Enterprises.
    pub enterprises: usize,
    /// Days of events.
    pub days: i32,
    /// Days between two looks.
    pub step: i32,
    /// Seed.
    pub seed: u64,
}

struct Place {
    org: i64,
    site: i64,
    device: i64,
    /// How careless it is: one a day at 100.
    care: u32,
}

struct Play {
    db: Db,
    places: Vec<Place>,
    random: SmallRng,
    no: i64,
    seq: i64,
    open: Vec<(i64, usize)>,
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot run, or what it shows is not as promised.
pub async fn run(config: &Config, database: Backend, o: &Options, dir: Option<PathBuf>) -> Result<Ended, Failure> {
    let scratch = Scratch::new(dir.as_deref())?;
    let postgres = match database {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::start(dir.as_deref()).await?),
    };
    let url = match &postgres {
        None => None,
        Some(p) => Some(p.database("credit").await?),
    };
    let store = store::open(&settings(config, scratch.path(), url.as_deref())).await?;
    let rules = rule::current(store.db.read()).await?;
    let end = Clock::default().now();
    let first = end - i64::from(o.days) * DAY_MS;
    let mut play = Play::begin(&store.db, o, first).await?;
    let (mut spent, mut worst, mut runs, mut now) = (Duration::ZERO, Duration::ZERO, 0_u32, first);
    for day in 0..o.days {
        now = first + i64::from(day) * DAY_MS;
        play.day(&rules, now).await?;
        if day % o.step.max(1) == 0 || day + 1 == o.days {
            loop {
                let began = Instant::now();
                let ran = credit::run(&store.db, &rules, now, BATCH).await?;
                spent += began.elapsed();
                worst = worst.max(began.elapsed());
                runs += 1;
                if !ran.more {
                    break;
                }
            }
        }
    }
    store.db.analyze().await?;
    let began = Instant::now();
    let found = credit::compare(store.db.read(), &rules).await?;
    let compared = began.elapsed();
    say(&format!(
        "{}: {} enterprises, {} days, {} ledger numbers, {} facts",
        database.name(),
        o.enterprises,
        o.days,
        play.no,
        found.facts
    ));
    say(&format!(
        "as events arrive, all rated every {} days: {:.1} s in {runs} transactions, the longest {:.2} s",
        o.step,
        spent.as_secs_f64(),
        worst.as_secs_f64()
    ));
    let kept = ratings(&store.db).await?;
    let began = Instant::now();
    let full = credit::full(&store.db, &rules, now).await?;
    say(&format!(
        "in full, written: {:.1} s; in memory, compared: {:.1} s",
        began.elapsed().as_secs_f64(),
        compared.as_secs_f64()
    ));
    let others = ratings(&store.db).await?.iter().zip(&kept).filter(|(a, b)| a != b).count();
    let differences = found.differences + others as u64;
    say(&format!("differences: {differences} of {} facts and {} ratings", full.facts, full.rated));
    found.named.iter().take(5).for_each(|n| say(n));
    // One enterprise more among those that were rated a moment ago: what an event costs when it arrives.
    play.day(&rules, now).await?;
    let began = Instant::now();
    let ran = credit::run(&store.db, &rules, now, BATCH).await?;
    say(&format!("one day more: {} facts in {:.2} s", ran.facts, began.elapsed().as_secs_f64()));
    let mut broken = vec![];
    if differences > 0 {
        broken.push(format!("{differences} differences"));
    }
    change(&store.db, now, &mut broken).await?;
    let found = credit::compare(store.db.read(), &rule::current(store.db.read()).await?).await?;
    if found.differences > 0 {
        broken.push(format!("{} differences after the rules changed", found.differences));
    }
    let counts = credit_list::grades(&store.db, Viewer::SYSTEM).await?;
    say(&format!("A, B, C, D: {:?}", counts.grades));
    verdict(&broken)
}

async fn ratings(db: &Db) -> Result<Vec<credit::rating::Model>, Failure> {
    Ok(credit::rating::Entity::find().order_by_asc(credit::rating::Column::OrgId).all(db.read()).await?)
}

/// Changes the rules: the preview, and what then happens.
async fn change(db: &Db, now: i64, broken: &mut Vec<String>) -> Result<(), Failure> {
    let rules = rule::current(db.read()).await?;
    let dearer = |id: &str, value: i64| {
        rules.rows.iter().find(|r| r.rule_id == id).map(|r| RuleRow { value, ..r.clone() }).ok_or("no such rule")
    };
    let rows = [dearer("CRD-OVERFILL", 4_000)?, dearer("CRD-GRADE-B", 85)?];
    let others = domain::rules::draft::applied(&rules, &rows)?;
    let began = Instant::now();
    let told = credit::preview(db, Viewer::SYSTEM, (&rules, &others), now).await?;
    let previewed = began.elapsed();
    let txn = db.begin_write().await?;
    let draft = rule_draft::begin(&txn, "bench", 1, now).await?;
    for r in &rows {
        rule_draft::put_change(&txn, draft, r, 1, now).await?;
    }
    // Who approves is measured elsewhere.
    txn.execute_unprepared(&format!("UPDATE rule_draft SET stage = 'approved' WHERE id = {draft}")).await?;
    let published = rule_draft::publish(&txn, draft, &Actor::console(), now).await?;
    txn.commit().await?;
    let Some(Ok((set, _))) = published else { return Err("the draft was not published".into()) };
    let began = Instant::now();
    while credit::run(db, &set, now, BATCH).await?.more {}
    let all = ratings(db).await?;
    let mut is = [0_i64; 4];
    for r in &all {
        if let Some(n) = usize::try_from(r.grade).ok().and_then(|g| is.get_mut(g)) {
            *n += 1;
        }
    }
    let as_told = told.turned.iter().all(|m| {
        let then = all.iter().find(|r| r.org_id == m.org);
        then.is_some_and(|r| (r.score, Grade::from_number(r.grade)) == (m.is.0, Some(m.is.1)))
    });
    say(&format!(
        "a change of the rules: preview {:.2} s, {} of {} move, {} turn, A to D {:?} then {:?}; published and rated {:.1} s, {:?}",
        previewed.as_secs_f64(),
        told.moved,
        told.seen,
        told.turned.len(),
        told.was,
        told.is,
        began.elapsed().as_secs_f64(),
        is
    ));
    if is != told.is || !as_told {
        broken.push("the preview said something else than what then happened".into());
    }
    Ok(())
}

impl Play {
    async fn begin(db: &Db, o: &Options, now: i64) -> Result<Self, Failure> {
        let mut random = SmallRng::seed_from_u64(o.seed);
        let txn = db.begin_write().await?;
        let mut places = vec![];
        for n in 0..o.enterprises {
            let division = [410_102, 410_105, 410_122, 410_184][n % 4];
            let org = org::New {
                name: format!("第{n}燃气有限公司"),
                kind: "filler".into(),
                division,
                licence_until: Some(clock::local_date(now + 2_000 * DAY_MS)),
                licence_media: vec!["LPG".into()],
                ..org::New::default()
            };
            let org = org::insert(&txn, org).await?;
            let site = site::New {
                org_id: org,
                name: format!("{n}站"),
                kind: "filling".into(),
                division,
                ..site::New::default()
            };
            let site = site::insert(&txn, site).await?;
            let new = device::New {
                site_id: site,
                kind: device::GUN.into(),
                medium: "LPG".into(),
                now,
                ..device::New::default()
            };
            let device = device::insert(&txn, new).await?;
            places.push(Place { org, site, device, care: random.random_range(2..70) });
        }
        let no = sequence::last(&txn, sequence::LEDGER).await?;
        txn.commit().await?;
        Ok(Self { db: db.clone(), places, random, no, seq: 0, open: vec![] })
    }

    /// What happens on a day: a record of each, some of them late; alerts and their ends; now and then a hazard or a penalty.
    async fn day(&mut self, rules: &domain::rules::RuleSet, now: i64) -> Result<(), Failure> {
        let txn = self.db.begin_write().await?;
        let (mut events, mut alerts, mut steps) = (vec![], vec![], vec![]);
        self.seq += 1;
        for i in 0..self.places.len() {
            let (site, device, care) = (self.places[i].site, self.places[i].device, self.places[i].care);
            self.no += 1;
            let late = if self.random.random_range(0..20) == 0 { 20_000 } else { 500 };
            events.push(record(self.no, (device, self.seq), site, now, late).into_active_model().reset_all());
            if self.random.random_range(0..100_u32) < care {
                self.no += 1;
                let worse = self.random.random_range(0..KINDS.len()).min(self.random.random_range(0..KINDS.len()));
                alerts.push(raised(self.no, device, site, KINDS[worse], now).into_active_model().reset_all());
                self.open.push((self.no, i));
            }
        }
        // Most are closed within days, one in six as false.
        for _ in 0..self.open.len() / 8 {
            let (alert, i) = self.open.swap_remove(self.random.random_range(0..self.open.len()));
            self.no += 1;
            let finding = [Finding::Real, Finding::Unclear, Finding::FalseAlarm]
                [[0, 0, 0, 1, 1, 2][self.random.random_range(0..6)]];
            steps.push(
                alert::step::Model {
                    no: self.no,
                    device_id: self.places[i].device,
                    alert_no: alert,
                    site_id: self.places[i].site,
                    step: domain::ledger::Step::Close.number(),
                    at: now,
                    account_id: 1,
                    to_account: None,
                    finding: Some(finding.number()),
                    reason: String::new(),
                }
                .into_active_model()
                .reset_all(),
            );
        }
        for chunk in events.chunks(CHUNK) {
            event::Entity::insert_many(chunk.to_vec()).exec_without_returning(&txn).await?;
        }
        for chunk in alerts.chunks(CHUNK) {
            alert::Entity::insert_many(chunk.to_vec()).exec_without_returning(&txn).await?;
        }
        for chunk in steps.chunks(CHUNK) {
            alert::step::Entity::insert_many(chunk.to_vec()).exec_without_returning(&txn).await?;
        }
        sequence::set(&txn, sequence::LEDGER, self.no).await?;
        if self.random.random_range(0..2) == 0 {
            let at = self.random.random_range(0..self.places.len());
            let hazard = hazard(self.places[at].org, now, self.seq);
            incident::enter(&txn, &hazard, None, 1, now).await?;
        }
        if self.random.random_range(0..4) == 0 {
            let at = self.random.random_range(0..self.places.len());
            let entered = Entered {
                org: self.places[at].org,
                item: "CRD-ENTRY-FINE".into(),
                day: clock::local_date(now),
                document: format!("罚 {}", self.seq),
                note: "罚款".into(),
            };
            credit::enter(&txn, Viewer::SYSTEM, rules, &entered, &Actor::console(), now).await?;
        }
        Ok(txn.commit().await?)
    }
}

fn hazard(org: i64, now: i64, n: i64) -> inc::Entered {
    inc::Entered {
        register: inc::Register::Hazard,
        at: now,
        kind: inc::Kind::Station,
        severity: Some(Severity::Serious),
        division: 410_105,
        place: "站内".into(),
        org,
        tag: String::new(),
        harm: inc::Harm::default(),
        brief: format!("隐患 {n}"),
        cause: String::new(),
        item: String::new(),
    }
}

fn raised(no: i64, device: i64, site: i64, kind: AlertKind, now: i64) -> alert::Model {
    alert::Model {
        no,
        device_id: device,
        kind: kind.code().into(),
        site_id: site,
        tag: String::new(),
        cylinder_id: None,
        cause_no: None,
        other_no: None,
        at: now,
        detail: "{}".into(),
        state: alert::OPEN.into(),
        closed_at: None,
        assigned_to: None,
        level: 0,
    }
}

fn record(no: i64, (device, seq): (i64, i64), site: i64, now: i64, late: i64) -> event::Model {
    event::Model {
        no,
        device_id: device,
        epoch: 1,
        seq,
        kind: domain::event::EventKind::FillEnd as i16,
        cylinder_id: None,
        tag: String::new(),
        site_id: site,
        occurred_at: now - late,
        recorded_at: now,
        started_at: None,
        sent_at: None,
        gross_g: None,
        tare_g: None,
        net_g: None,
        medium: "LPG".into(),
        operator: String::new(),
        target: String::new(),
        attempt: String::new(),
        anomalies: String::new(),
        body: None,
        source: domain::event::Source::Device as i16,
        hash: String::new(),
    }
}
