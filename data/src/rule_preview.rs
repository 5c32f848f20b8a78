//! What a draft of the rules would come to: every cylinder judged under those in force and under the draft's, a stretch at a
//! time, from one state of the record.

use crate::{
    Db, Error, case, credit, cylinder, cylinder_list, names, org,
    reference::{self, division},
    rule, rule_draft, sequence, site,
};
use domain::{
    clock,
    ledger::Now,
    rules::{
        MediumClass,
        preview::{Bench, Figures, Judged, Moved, Standing, Subject, Sums},
    },
    scope::Viewer,
};
use sea_orm::{
    Condition, DatabaseTransaction, IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*, sea_query::OnConflict,
};
use std::collections::HashMap;

/// Asked for.
pub const QUEUED: &str = "queued";
/// Under way.
pub const RUNNING: &str = "running";
/// Done.
pub const DONE: &str = "done";
/// Broken off by a fault; it is asked for again by hand.
pub const FAILED: &str = "failed";

/// Cylinders read at a time.
const PAGE: u64 = 500;
/// Cylinders that one page of the list looks at, at most: where few move, the reader goes on from there.
const LOOKED_AT: usize = 20_000;

/// A row of `rule_preview`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_preview")]
pub struct Model {
    /// Draft.
    #[sea_orm(primary_key, auto_increment = false)]
    pub draft_id: i64,
    /// The draft's revision that it is of.
    pub revision: i64,
    /// [`QUEUED`], [`RUNNING`], [`DONE`] or [`FAILED`].
    pub stage: String,
    /// The day as of which is judged.
    pub day: i32,
    /// When it was asked for, ms.
    pub asked_at: i64,
    /// Cylinders that were looked at.
    pub done: i64,
    /// Cylinders.
    pub total: i64,
    /// [`Figures`], JSON; empty until it is done.
    pub figures: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What it came to, once it is done.
    #[must_use]
    pub fn figures(&self) -> Option<Figures> {
        serde_json::from_str(&self.figures).ok()
    }
}

/// The preview of a draft.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, draft: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(draft).one(db).await
}

/// Whether what a draft would come to is known as it stands.
pub(crate) async fn is_current<C: ConnectionTrait>(db: &C, draft: &rule_draft::Model) -> Result<bool, DbErr> {
    Ok(of(db, draft.id).await?.is_some_and(|p| p.revision == draft.revision && p.stage == DONE))
}

/// Asks for the preview of a draft as it stands. One that is under way for it already goes on.
pub(crate) async fn ask<C: ConnectionTrait>(db: &C, draft: &rule_draft::Model, now: i64) -> Result<(), DbErr> {
    let under_way = |p: &Model| p.revision == draft.revision && matches!(p.stage.as_str(), QUEUED | RUNNING);
    if of(db, draft.id).await?.is_some_and(|p| under_way(&p)) {
        return Ok(());
    }
    let row = Model {
        draft_id: draft.id,
        revision: draft.revision,
        stage: QUEUED.into(),
        day: clock::local_day(now),
        asked_at: now,
        done: 0,
        total: 0,
        figures: String::new(),
    };
    let columns =
        [Column::Revision, Column::Stage, Column::Day, Column::AskedAt, Column::Done, Column::Total, Column::Figures];
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::column(Column::DraftId).update_columns(columns).to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

/// The next preview to be made: also one that a stop broke off.
///
/// # Errors
/// When the database fails.
pub async fn next<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Stage.is_in([QUEUED, RUNNING])).order_by_asc(Column::AskedAt).one(db).await
}

/// Notes how far a preview is. False when it was asked for anew meanwhile: this one is wanted no more.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, m: &Model) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(m.clone().into_active_model().reset_all())
        .filter(Column::DraftId.eq(m.draft_id))
        .filter(Column::Revision.eq(m.revision))
        .filter(Column::AskedAt.eq(m.asked_at))
        .filter(Column::Stage.is_in([QUEUED, RUNNING]))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Makes a preview, and tells what it came to: `None` when it is wanted no more. How far it is stands in the record.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn make(db: &Db, mut m: Model) -> Result<Option<Figures>, Error> {
    let txn = db.begin_read().await?;
    let draft = rule_draft::by_id(&txn, m.draft_id).await?.filter(|d| d.revision == m.revision);
    let Some(draft) = draft else {
        m.stage = FAILED.into();
        put(db.writer(), &m).await?;
        return Ok(None);
    };
    let (_, others) = rule_draft::sets(&txn, &draft).await?;
    let in_force = rule::current(&txn).await?;
    let day = clock::date_of(m.day);
    m.stage = RUNNING.into();
    m.total = i64::try_from(cylinder::Entity::find().count(&txn).await?).unwrap_or(i64::MAX);
    if !put(db.writer(), &m).await? {
        return Ok(None);
    }
    let mut scan = Scan::begin(txn, Condition::all()).await?;
    let bench = Bench::new(&in_force, &others, day);
    let mut sums = Sums::new(day, sequence::last(&scan.txn, sequence::LEDGER).await?);
    let districts: HashMap<i64, i32> =
        site::Entity::find().all(&scan.txn).await?.into_iter().map(|s| (s.id, s.division)).collect();
    loop {
        let page = scan.page().await?;
        for c in &page {
            sums.add(
                (districts.get(&c.now.home).copied().unwrap_or_default(), c.file.org),
                &bench.judge(&c.subject(day)),
            );
        }
        let ended = page.is_empty();
        m.done = sums.seen();
        // Twenty times a million is often enough for eyes.
        if (ended || m.done % (PAGE.cast_signed() * 20) == 0) && !put(db.writer(), &m).await? {
            return Ok(None);
        }
        if ended {
            break;
        }
    }
    let orgs: HashMap<i64, String> =
        org::Entity::find().all(&scan.txn).await?.into_iter().map(|o| (o.id, o.name)).collect();
    let names: HashMap<i32, String> =
        division::Entity::find().all(&scan.txn).await?.into_iter().map(|d| (d.code, d.name)).collect();
    let cases = case::moved(&scan.txn, &in_force, &others).await?;
    scan.txn.commit().await?;
    let mut figures = sums.figures(|district, org| {
        (names.get(&district).cloned().unwrap_or_default(), orgs.get(&org).cloned().unwrap_or_default())
    });
    figures.cases = cases;
    figures.credit = credit::preview(db, Viewer::SYSTEM, (&in_force, &others), clock::day_start(m.day)).await?;
    m.stage = DONE.into();
    m.figures = serde_json::to_string(&figures).map_err(|e| Error::Stored(e.to_string()))?;
    Ok(put(db.writer(), &m).await?.then_some(figures))
}

/// Which of the cylinders that move are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// At home in this district, GB/T 2260.
    pub district: Option<i32>,
    /// Of this organisation.
    pub org: Option<i64>,
    /// That stand so now …
    pub from: Option<Standing>,
    /// … and so then.
    pub to: Option<Standing>,
}

impl Narrow {
    fn takes(&self, was: &Judged, is: &Judged) -> bool {
        self.from.is_none_or(|s| s == was.standing) && self.to.is_none_or(|s| s == is.standing)
    }
}

/// Cylinders within the viewer's scope that a draft moves, behind an id, in the order of ids; and the id behind which the next page
/// begins, `None` at the end. A page may hold fewer than asked for, where few move.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn moved(
    db: &Db,
    viewer: Viewer,
    draft: &rule_draft::Model,
    narrow: &Narrow,
    (day, after, size): (chrono::NaiveDate, i64, usize),
) -> Result<(Vec<Moved>, Option<i64>), Error> {
    let txn = db.begin_read().await?;
    let (base, others) = rule_draft::sets(&txn, draft).await?;
    let mut which = cylinder_list::within(viewer);
    if let Some(org) = narrow.org {
        which = which.add(cylinder::Column::OrgId.eq(org));
    }
    if let Some(district) = narrow.district {
        which = which.add(cylinder_list::at_home_in(district));
    }
    let mut scan = Scan::begin(txn, which).await?;
    scan.after = after;
    let bench = Bench::new(&base, &others, day);
    let (mut found, mut looked, mut next) = (Vec::new(), 0, None);
    'pages: loop {
        let page = scan.page().await?;
        if page.is_empty() {
            break;
        }
        for c in page {
            looked += 1;
            let (was, is, ..) = bench.judge(&c.subject(day));
            let id = c.id;
            if was != is && narrow.takes(&was, &is) {
                found.push((c, was, is));
            }
            if found.len() >= size || looked >= LOOKED_AT {
                next = Some(id);
                break 'pages;
            }
        }
    }
    let homes: Vec<i64> = found.iter().map(|(c, ..)| c.now.home).collect();
    let owners: Vec<i64> = found.iter().map(|(c, ..)| c.file.org).collect();
    let sites = names::sites(&scan.txn, homes).await?;
    let orgs = names::orgs(&scan.txn, owners).await?;
    scan.txn.commit().await?;
    let line = |(c, was, is): (Loaded, Judged, Judged)| Moved {
        id: c.id,
        owner: orgs.get(&c.file.org).cloned().unwrap_or_default(),
        home: sites.get(&c.now.home).cloned().unwrap_or_default(),
        tag: c.file.tag,
        stamp_no: c.file.stamp_no,
        was,
        is,
    };
    Ok((found.into_iter().map(line).collect(), next))
}

/// A cylinder as it was read.
struct Loaded {
    id: i64,
    file: domain::ledger::File,
    now: Now,
}

impl Loaded {
    /// As the gate and the dates judge it on a day.
    fn subject(&self, day: chrono::NaiveDate) -> Subject<'_> {
        let noon = clock::day_start(clock::day_of(day)).saturating_add(clock::DAY_MS / 2);
        let loaded = cylinder::Loaded {
            file: self.file.clone(),
            now: self.now.clone(),
            demo: false,
            dirty: false,
            change: cylinder::FileChange::None,
        };
        Subject { file: &self.file, now: &self.now, facts: loaded.facts(vec![], noon) }
    }
}

/// Reads cylinders with their states in the order of ids, from one state of the record.
struct Scan {
    txn: DatabaseTransaction,
    which: Condition,
    classes: HashMap<String, MediumClass>,
    after: i64,
}

impl Scan {
    async fn begin(txn: DatabaseTransaction, which: Condition) -> Result<Self, Error> {
        let classes = reference::classes(&txn).await?;
        Ok(Self { txn, which, classes, after: 0 })
    }

    /// The next ones; none at the end.
    async fn page(&mut self) -> Result<Vec<Loaded>, Error> {
        let files = cylinder::Entity::find()
            .filter(self.which.clone())
            .filter(cylinder::Column::Id.gt(self.after))
            .order_by_asc(cylinder::Column::Id)
            .limit(PAGE)
            .all(&self.txn)
            .await?;
        let ids: Vec<i64> = files.iter().map(|f| f.id).collect();
        let Some(last) = ids.last() else { return Ok(vec![]) };
        self.after = *last;
        let states = cylinder::state::Entity::find()
            .filter(cylinder::state::Column::CylinderId.is_in(ids))
            .all(&self.txn)
            .await?;
        let states: HashMap<i64, cylinder::state::Model> = states.into_iter().map(|s| (s.cylinder_id, s)).collect();
        files
            .into_iter()
            .map(|f| {
                let state =
                    states.get(&f.id).ok_or_else(|| Error::Stored(format!("cylinder {} has no state", f.id)))?;
                let now = state.now()?;
                let class = self.classes.get(&f.medium).copied().unwrap_or(MediumClass::Corrosive);
                Ok(Loaded { id: f.id, file: f.file(class, now.file)?, now })
            })
            .collect()
    }
}
