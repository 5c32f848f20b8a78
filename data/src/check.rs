//! Catalogues of check items, in versions. What is published never changes: an edit is a draft, which becomes the next version;
//! records of checks are read by the version in force when they were recorded.

use crate::{Db, Error, correction, cylinder, event, history, names};
use domain::{
    check::{
        Catalogue, CataloguePage, CheckOf, ChecksPage, Edited, Item, Part, Severity, Summary, Told, Version, changes,
        shipped,
    },
    event::{CheckItem, CheckResult, Content, EventKind, PostResult},
    scope::Viewer,
};
use sea_orm::{DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// Checks on the page of a cylinder at most.
const CHECKS_MAX: u64 = 200;
/// Items of a catalogue at most: what a record of a check can tell.
pub const ITEMS_MAX: usize = domain::event::ITEMS_MAX;

/// Versions.
pub mod version {
    use sea_orm::entity::prelude::*;

    /// A row of `check_version`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "check_version")]
    pub struct Model {
        /// [`domain::check::Catalogue`] code.
        #[sea_orm(primary_key, auto_increment = false)]
        pub catalogue: String,
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// Edits so far.
        pub revision: i64,
        /// Who published it, or drafts it; 0: it ships with the product.
        pub account_id: i64,
        /// In force from then on, ms; `None` for a draft.
        pub published_at: Option<i64>,
        /// Why.
        pub note: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Items.
pub mod item {
    use sea_orm::entity::prelude::*;

    /// A row of `check_item`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "check_item")]
    pub struct Model {
        /// [`domain::check::Catalogue`] code.
        #[sea_orm(primary_key, auto_increment = false)]
        pub catalogue: String,
        /// Version.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// Code.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// Place in the list.
        pub position: i32,
        /// [`domain::check::Part`] code.
        pub part: String,
        /// Chinese.
        pub zh: String,
        /// English.
        pub en: String,
        /// [`domain::check::Severity`] code; empty for none.
        pub severity: String,
        /// Days to put it right.
        pub days: Option<i16>,
        /// Media, comma separated; empty for all.
        pub media: String,
        /// Source.
        pub source: String,
        /// Clause.
        pub clause: String,
        /// Remark.
        pub note: String,
        /// False: 待确认.
        pub confirmed: bool,
        /// Whether it is asked.
        pub enabled: bool,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn row(catalogue: Catalogue, version: i64, position: i32, i: &Item) -> item::Model {
    item::Model {
        catalogue: catalogue.code().into(),
        version,
        code: i.code.clone(),
        position,
        part: i.part.code().into(),
        zh: i.zh.clone(),
        en: i.en.clone(),
        severity: i.severity.map_or("", Severity::code).into(),
        days: i.days,
        media: i.media.clone(),
        source: i.source.clone(),
        clause: i.clause.clone(),
        note: i.note.clone(),
        confirmed: i.confirmed,
        enabled: i.enabled,
    }
}

fn item_of(m: item::Model) -> Result<Item, Error> {
    let part = Part::from_code(&m.part);
    let part = part.ok_or_else(|| Error::Stored(format!("check item {} {}: part", m.catalogue, m.code)))?;
    Ok(Item {
        code: m.code,
        part,
        zh: m.zh,
        en: m.en,
        severity: Severity::from_code(&m.severity),
        days: m.days,
        media: m.media,
        source: m.source,
        clause: m.clause,
        note: m.note,
        confirmed: m.confirmed,
        enabled: m.enabled,
    })
}

/// Enters the catalogues that the product ships with as their first version, where there is none. What was edited stays.
///
/// # Errors
/// When the database fails.
pub async fn seed<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    for c in Catalogue::ALL {
        if rows(db, *c).await?.is_empty() {
            let first = version::Model {
                catalogue: c.code().into(),
                version: 1,
                revision: 0,
                account_id: 0,
                published_at: Some(0),
                note: String::new(),
            };
            version::Entity::insert(first.into_active_model().reset_all()).exec_without_returning(db).await?;
            insert(db, *c, 1, &shipped(*c)).await?;
        }
    }
    Ok(())
}

async fn insert<C: ConnectionTrait>(db: &C, c: Catalogue, version: i64, items: &[Item]) -> Result<(), DbErr> {
    if items.is_empty() {
        return Ok(());
    }
    let rows = items.iter().zip(0..).map(|(i, at)| row(c, version, at, i).into_active_model().reset_all());
    item::Entity::insert_many(rows).exec_without_returning(db).await.map(|_| ())
}

/// All versions of a catalogue, the newest first; a draft comes first of all.
async fn rows<C: ConnectionTrait>(db: &C, c: Catalogue) -> Result<Vec<version::Model>, DbErr> {
    version::Entity::find()
        .filter(version::Column::Catalogue.eq(c.code()))
        .order_by_desc(version::Column::Version)
        .all(db)
        .await
}

/// The items of a version, in order.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn items<C: ConnectionTrait>(db: &C, c: Catalogue, version: i64) -> Result<Vec<Item>, Error> {
    of_version(db, c, version).await?.into_iter().map(item_of).collect()
}

async fn of_version<C: ConnectionTrait>(db: &C, c: Catalogue, version: i64) -> Result<Vec<item::Model>, DbErr> {
    item::Entity::find()
        .filter(item::Column::Catalogue.eq(c.code()))
        .filter(item::Column::Version.eq(version))
        .order_by_asc(item::Column::Position)
        .all(db)
        .await
}

async fn named<C: ConnectionTrait>(db: &C, all: Vec<version::Model>) -> Result<Vec<Version>, DbErr> {
    let ids: HashSet<i64> = all.iter().map(|v| v.account_id).filter(|id| *id > 0).collect();
    let names = names::accounts(db, ids).await?;
    let of = |v: version::Model| Version {
        no: v.version,
        published_at: v.published_at,
        by: names.get(&v.account_id).cloned().unwrap_or_default(),
        note: v.note,
        revision: v.revision,
    };
    Ok(all.into_iter().map(of).collect())
}

/// The versions as whoever may edit sees them, or as others do: who of the authority published one, and the reason that it gave
/// itself, is the authority's own affair.
async fn told<C: ConnectionTrait>(db: &C, all: Vec<version::Model>, may_edit: bool) -> Result<Vec<Version>, DbErr> {
    let mut all = named(db, all).await?;
    if !may_edit {
        for v in &mut all {
            v.by.clear();
            v.note.clear();
        }
    }
    Ok(all)
}

/// The catalogues with their versions in force; that there is a draft, and who published what and why, is told whoever may edit.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn summaries(db: &Db, may_edit: bool) -> Result<Vec<Summary>, Error> {
    let read = db.begin_read().await?;
    let mut out = vec![];
    for c in Catalogue::ALL {
        let all = rows(&read, *c).await?;
        let draft = may_edit && all.iter().any(|v| v.published_at.is_none());
        let Some(current) = all.into_iter().find(|v| v.published_at.is_some()) else { continue };
        let asked: Vec<Item> = items(&read, *c, current.version).await?.into_iter().filter(|i| i.enabled).collect();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let Some(version) = told(&read, vec![current], may_edit).await?.pop() else { continue };
        let unconfirmed = count(asked.iter().filter(|i| !i.confirmed).count());
        out.push(Summary { catalogue: *c, version, asked: count(asked.len()), unconfirmed, draft });
    }
    read.commit().await?;
    Ok(out)
}

/// A version of a catalogue beside the one before; the one in force where `no` is 0. A draft is there for whoever may edit, as are
/// names and reasons.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn page(db: &Db, c: Catalogue, no: i64, may_edit: bool) -> Result<Option<CataloguePage>, Error> {
    let read = db.begin_read().await?;
    let mut all = rows(&read, c).await?;
    all.retain(|v| may_edit || v.published_at.is_some());
    let versions = told(&read, all, may_edit).await?;
    let newest = versions.iter().find(|v| v.published_at.is_some()).map_or(0, |v| v.no);
    let wanted = if no == 0 { newest } else { no };
    let Some(at) = versions.iter().position(|v| v.no == wanted) else { return Ok(None) };
    let now = items(&read, c, wanted).await?;
    let changed = match versions.get(at + 1) {
        Some(before) => changes(&items(&read, c, before.no).await?, &now),
        None => vec![],
    };
    read.commit().await?;
    let version = versions[at].clone();
    Ok(Some(CataloguePage { catalogue: c, version, items: now, changes: changed, versions, newest, may_edit }))
}

/// Nobody else works on the catalogue until the transaction ends. The row of its first version is there from the beginning and
/// stays; what others did meanwhile is seen by the statements after this one.
async fn lock<C: ConnectionTrait>(txn: &C, c: Catalogue) -> Result<(), DbErr> {
    if txn.get_database_backend() == DbBackend::Postgres {
        version::Entity::find_by_id((c.code().to_owned(), 1)).lock_exclusive().one(txn).await?;
    }
    Ok(())
}

/// The draft of a catalogue, locked against others until the transaction ends.
async fn draft<C: ConnectionTrait>(txn: &C, c: Catalogue) -> Result<Option<version::Model>, DbErr> {
    lock(txn, c).await?;
    Ok(rows(txn, c).await?.into_iter().find(|v| v.published_at.is_none()))
}

/// Begins a draft as a copy of the version in force, and tells its number; one that is there already is gone on with.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn begin<C: ConnectionTrait>(txn: &C, c: Catalogue, account: i64) -> Result<i64, Error> {
    lock(txn, c).await?;
    let all = rows(txn, c).await?;
    let newest = all.first().map_or(0, |v| v.version);
    if let Some(d) = all.iter().find(|v| v.published_at.is_none()) {
        return Ok(d.version);
    }
    let copy = items(txn, c, newest).await?;
    let next = version::Model {
        catalogue: c.code().into(),
        version: newest + 1,
        revision: 0,
        account_id: account,
        published_at: None,
        note: String::new(),
    };
    version::Entity::insert(next.into_active_model().reset_all()).exec_without_returning(txn).await?;
    insert(txn, c, newest + 1, &copy).await?;
    Ok(newest + 1)
}

/// Notes that a draft was edited.
async fn edited<C: ConnectionTrait>(txn: &C, d: version::Model, account: i64) -> Result<(), DbErr> {
    let revision = d.revision + 1;
    let row = version::ActiveModel { revision: Set(revision), account_id: Set(account), ..d.into_active_model() };
    row.update(txn).await.map(|_| ())
}

/// Puts an item into the draft, in the place of the one that it was; or tells the field for which that cannot be: `catalogue` has no
/// draft or is full, `code` is another item's, `was` is not there.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(txn: &C, e: &Edited, account: i64) -> Result<Result<i64, &'static str>, Error> {
    let c = e.catalogue;
    let Some(d) = draft(txn, c).await? else { return Ok(Err("catalogue")) };
    let all = of_version(txn, c, d.version).await?;
    let code = e.item.code.as_str();
    let known = |code: &str| all.iter().find(|i| i.code == code).map(|i| i.position);
    if e.was != code && known(code).is_some() {
        return Ok(Err("code"));
    }
    let position = if e.was.is_empty() {
        if all.len() >= ITEMS_MAX {
            return Ok(Err("catalogue"));
        }
        all.last().map_or(0, |i| i.position + 1)
    } else {
        let Some(at) = known(&e.was) else { return Ok(Err("was")) };
        remove_row(txn, c, d.version, &e.was).await?;
        at
    };
    let new = row(c, d.version, position, &e.item);
    item::Entity::insert(new.into_active_model().reset_all()).exec_without_returning(txn).await?;
    let no = d.version;
    edited(txn, d, account).await?;
    Ok(Ok(no))
}

async fn remove_row<C: ConnectionTrait>(txn: &C, c: Catalogue, version: i64, code: &str) -> Result<bool, DbErr> {
    let gone = item::Entity::delete_many()
        .filter(item::Column::Catalogue.eq(c.code()))
        .filter(item::Column::Version.eq(version))
        .filter(item::Column::Code.eq(code))
        .exec(txn)
        .await?;
    Ok(gone.rows_affected > 0)
}

/// Takes an item out of the draft, and tells the draft's number; `None` when there is no such item.
///
/// # Errors
/// When the database fails.
pub async fn remove<C: ConnectionTrait>(txn: &C, c: Catalogue, code: &str, account: i64) -> Result<Option<i64>, Error> {
    let Some(d) = draft(txn, c).await? else { return Ok(None) };
    if !remove_row(txn, c, d.version, code).await? {
        return Ok(None);
    }
    let no = d.version;
    edited(txn, d, account).await?;
    Ok(Some(no))
}

/// Throws the draft away. False when there is none.
///
/// # Errors
/// When the database fails.
pub async fn discard<C: ConnectionTrait>(txn: &C, c: Catalogue) -> Result<bool, Error> {
    let Some(d) = draft(txn, c).await? else { return Ok(false) };
    item::Entity::delete_many()
        .filter(item::Column::Catalogue.eq(c.code()))
        .filter(item::Column::Version.eq(d.version))
        .exec(txn)
        .await?;
    version::Entity::delete_by_id((d.catalogue, d.version)).exec(txn).await?;
    Ok(true)
}

/// What came of publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is in force as this version.
    Done(i64),
    /// There is no draft.
    None,
    /// It was edited since it was looked at, or differs in nothing from the version in force.
    Stale,
}

/// Puts the draft in force, in the state that the publisher saw.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn publish<C: ConnectionTrait>(
    txn: &C,
    c: Catalogue,
    revision: i64,
    note: &str,
    account: i64,
    now: i64,
) -> Result<Published, Error> {
    lock(txn, c).await?;
    let all = rows(txn, c).await?;
    let Some(d) = all.iter().find(|v| v.published_at.is_none()).cloned() else { return Ok(Published::None) };
    let before = all.iter().find(|v| v.published_at.is_some()).map_or(0, |v| v.version);
    let same = changes(&items(txn, c, before).await?, &items(txn, c, d.version).await?).is_empty();
    if d.revision != revision || same {
        return Ok(Published::Stale);
    }
    let put = version::Entity::update_many()
        .set(version::ActiveModel {
            published_at: Set(Some(now)),
            account_id: Set(account),
            note: Set(note.to_owned()),
            ..<version::ActiveModel as Default>::default()
        })
        .filter(version::Column::Catalogue.eq(c.code()))
        .filter(version::Column::Version.eq(d.version))
        .filter(version::Column::Revision.eq(revision))
        .filter(version::Column::PublishedAt.is_null())
        .exec(txn)
        .await?;
    Ok(if put.rows_affected == 1 { Published::Done(d.version) } else { Published::Stale })
}

/// What the catalogues said at some time.
struct Known {
    versions: HashMap<Catalogue, Vec<version::Model>>,
    items: HashMap<(Catalogue, i64), HashMap<String, Item>>,
}

impl Known {
    async fn load<C: ConnectionTrait>(db: &C, asked: &[(Catalogue, i64)]) -> Result<Self, Error> {
        let mut known = Self { versions: HashMap::new(), items: HashMap::new() };
        for (c, at) in asked {
            if !known.versions.contains_key(c) {
                known.versions.insert(*c, rows(db, *c).await?);
            }
            let version = known.version(*c, *at);
            if let Entry::Vacant(place) = known.items.entry((*c, version)) {
                let all = items(db, *c, version).await?;
                place.insert(all.into_iter().map(|i| (i.code.clone(), i)).collect());
            }
        }
        Ok(known)
    }

    /// The version in force at an instant; 0 where none was.
    fn version(&self, c: Catalogue, at: i64) -> i64 {
        let all = self.versions.get(&c).map(Vec::as_slice).unwrap_or_default();
        all.iter().find(|v| v.published_at.is_some_and(|p| p <= at)).map_or(0, |v| v.version)
    }

    fn told(&self, c: Catalogue, at: i64, of: &CheckItem) -> Told {
        let found = self.items.get(&(c, self.version(c, at))).and_then(|all| all.get(&of.item.to_ascii_uppercase()));
        Told {
            code: of.item.clone(),
            zh: found.map(|i| i.zh.clone()).unwrap_or_default(),
            en: found.map(|i| i.en.clone()).unwrap_or_default(),
            severity: found.and_then(|i| i.severity),
            result: of.result,
        }
    }
}

/// The catalogue that a kind of check is made by.
const fn catalogue_of(kind: EventKind) -> Option<Catalogue> {
    match kind {
        EventKind::Precheck => Some(Catalogue::Precheck),
        EventKind::Postcheck => Some(Catalogue::Postcheck),
        _ => None,
    }
}

/// The checks and inspections of the cylinder with this tag or stamped number, the newest first; `None` when there is no such
/// cylinder within the viewer's scope.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn of_cylinder(db: &Db, viewer: Viewer, code: &str) -> Result<Option<ChecksPage>, Error> {
    use event::Column as E;
    let read = db.begin_read().await?;
    let Some(cylinder::Model { id, tag, stamp_no, .. }) = history::seen(&read, viewer, code).await? else {
        return Ok(None);
    };
    let kinds = [EventKind::Precheck, EventKind::Postcheck, EventKind::Inspect].map(EventKind::number);
    let mut found = event::Entity::find()
        .filter(E::CylinderId.eq(id))
        .filter(E::Kind.is_in(kinds))
        .order_by_desc(E::OccurredAt)
        .order_by_desc(E::No)
        .limit(CHECKS_MAX + 1)
        .all(&read)
        .await?;
    let more = found.len() as u64 > CHECKS_MAX;
    found.truncate(usize::try_from(CHECKS_MAX).unwrap_or(usize::MAX));
    let places = names::sites(&read, found.iter().map(|m| m.site_id)).await?;
    let corrected = correction::of(&read, &found.iter().map(|m| m.no).collect::<Vec<_>>()).await?;
    let asked: Vec<(Catalogue, i64)> =
        found.iter().filter_map(|m| Some((catalogue_of(EventKind::from_number(m.kind)?)?, m.recorded_at))).collect();
    let known = Known::load(&read, &asked).await?;
    read.commit().await?;
    let check = |m: event::Model| {
        let kind = EventKind::from_number(m.kind)?;
        let (passed, reason, items) = match m.content() {
            Some(Content::Precheck(p)) => (Some(p.result == CheckResult::Pass), p.reason, p.items),
            Some(Content::Postcheck(p)) => (Some(p.result == PostResult::Pass), p.reason, p.items),
            Some(Content::Inspect(i)) => (Some(i.result == CheckResult::Pass), i.reason, vec![]),
            _ => (None, String::new(), vec![]),
        };
        let catalogue = catalogue_of(kind);
        let at = m.recorded_at;
        let items = catalogue.map(|c| items.iter().map(|i| known.told(c, at, i)).collect()).unwrap_or_default();
        Some(CheckOf {
            no: m.no.unsigned_abs(),
            kind,
            at_ms: m.occurred_at,
            place: places.get(&m.site_id).cloned().unwrap_or_default(),
            operator: m.operator,
            passed,
            reason,
            items,
            corrected_by: corrected.get(&m.no).map(|no| no.unsigned_abs()),
            catalogue: catalogue.map(|c| (c, known.version(c, at))),
        })
    };
    let checks = found.into_iter().filter_map(check).collect();
    Ok(Some(ChecksPage { tag, stamp_no, checks, more }))
}
