//! From which ledger number on each version of the rules was in force: what lets `verify` judge each event as it was judged.

use crate::{Error, attempt, event, rederivation, rule, sequence};
use domain::rules::RuleSet;
use sea_orm::{QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::OnConflict};

/// A row of `rule_use`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_use")]
pub struct Model {
    /// First ledger number under it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_no: i64,
    /// Version.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that a process begins to write under the newest version of the rules. Whoever opens the record for writing calls it
/// after the rules were seeded.
///
/// # Errors
/// When the database fails, or there are no rules.
pub async fn begin<C: ConnectionTrait>(db: &C) -> Result<(), Error> {
    let newest = rule::current(db).await?.version;
    let last = sequence::last(db, sequence::LEDGER).await?;
    let known = Entity::find().order_by_desc(Column::FromNo).one(db).await?;
    if known.is_none() && last > 0 {
        // Recorded before this was noted: under the first version, the only one there was.
        put(db, 1, 1).await?;
    }
    let present = known.map_or(if last > 0 { 1 } else { 0 }, |m| m.version);
    if present != newest {
        put(db, last + 1, newest).await?;
    }
    Ok(())
}

/// Notes that a version decides from a ledger number on.
pub(crate) async fn put<C: ConnectionTrait>(db: &C, from_no: i64, version: i64) -> Result<(), DbErr> {
    Entity::insert(ActiveModel { from_no: Set(from_no), version: Set(version) })
        // Nothing was recorded since the version before began.
        .on_conflict(OnConflict::column(Column::FromNo).update_column(Column::Version).to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

/// The rules under which was written at an instant, ms: those of the last version whose first record had been committed by then;
/// the oldest version where none had.
///
/// # Errors
/// When the database fails, or a version cannot be read.
pub async fn at<C: ConnectionTrait>(db: &C, newest: &RuleSet, instant: i64) -> Result<RuleSet, Error> {
    let uses = Entity::find().order_by_desc(Column::FromNo).all(db).await?;
    let mut version = uses.last().map_or(newest.version, |m| m.version);
    for m in &uses {
        if began(db, m.from_no).await?.is_some_and(|at| at <= instant) {
            version = m.version;
            break;
        }
    }
    if version == newest.version { Ok(newest.clone()) } else { rule::version(db, version).await }
}

/// When the first event, answer of the gate or rederivation from this number on was committed, ms.
async fn began<C: ConnectionTrait>(db: &C, from_no: i64) -> Result<Option<i64>, DbErr> {
    let event: Option<(i64, i64)> = event::Entity::find()
        .select_only()
        .columns([event::Column::No, event::Column::RecordedAt])
        .filter(event::Column::No.gte(from_no))
        .order_by_asc(event::Column::No)
        .into_tuple()
        .one(db)
        .await?;
    let attempt: Option<(i64, i64)> = attempt::Entity::find()
        .select_only()
        .columns([attempt::Column::No, attempt::Column::RecordedAt])
        .filter(attempt::Column::No.gte(from_no))
        .order_by_asc(attempt::Column::No)
        .into_tuple()
        .one(db)
        .await?;
    let derived: Option<(i64, i64)> = rederivation::Entity::find()
        .select_only()
        .columns([rederivation::Column::No, rederivation::Column::At])
        .filter(rederivation::Column::No.gte(from_no))
        .order_by_asc(rederivation::Column::No)
        .into_tuple()
        .one(db)
        .await?;
    Ok(event.into_iter().chain(attempt).chain(derived).min().map(|(_, at)| at))
}

/// The rules by the ledger number from which on they were in force.
#[derive(Clone, Debug)]
pub struct InForce {
    from: Vec<(i64, RuleSet)>,
    newest: RuleSet,
}

impl InForce {
    /// All that were ever in force; `newest` where nothing was noted.
    ///
    /// # Errors
    /// When the database fails, or a version cannot be read.
    pub async fn load<C: ConnectionTrait>(db: &C, newest: &RuleSet) -> Result<Self, Error> {
        let mut from = Vec::new();
        for m in Entity::find().order_by_asc(Column::FromNo).all(db).await? {
            let set = if m.version == newest.version { newest.clone() } else { rule::version(db, m.version).await? };
            from.push((m.from_no, set));
        }
        Ok(Self { from, newest: newest.clone() })
    }

    /// Those in force at a ledger number.
    #[must_use]
    pub fn at(&self, no: i64) -> &RuleSet {
        let n = self.from.partition_point(|(from, _)| *from <= no);
        n.checked_sub(1).and_then(|i| self.from.get(i)).map_or(&self.newest, |(_, set)| set)
    }
}
