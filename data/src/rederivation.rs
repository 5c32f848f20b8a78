//! Due dates and ends of life derived anew under another version of the rules, a stretch of cylinders at a time. Each stretch has
//! its number in the ledger, so that `verify` and a trace derive the same cylinders at the same place; the last row tells how far
//! it is, so that whoever was broken off goes on there.

use crate::Error;
use domain::{clock, rules::RuleSet};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A row of `rederivation`: the cylinders with an id above `after_id`, up to `to_id`. A round begins with a row that holds none.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "rederivation")]
pub struct Model {
    /// Ledger number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// Version of the rules.
    pub version: i64,
    /// Cylinders above this id …
    pub after_id: i64,
    /// … up to this one.
    pub to_id: i64,
    /// Ledger number of the round's beginning: what was registered later was derived under these rules at once.
    pub until_id: i64,
    /// When, ms. The rules are evaluated as of its day.
    pub at: i64,
    /// Cylinders whose due date or end of life became another.
    pub changed: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a round begins with it.
    #[must_use]
    pub const fn begins(&self) -> bool {
        self.to_id == 0
    }

    /// Whether a round ends with it.
    #[must_use]
    pub const fn ends(&self) -> bool {
        self.to_id >= self.until_id
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Everything stored follows from the rules in force.
    Nothing,
    /// A round must begin.
    Begin,
    /// The round is to go on behind this row.
    On(Model),
}

/// The last row.
///
/// # Errors
/// When the database fails.
pub async fn last<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, DbErr> {
    Entity::find().order_by_desc(Column::No).one(db).await
}

/// What is to be done under the rules in force, at an instant (ms). A round begins after another version came into force, and when a
/// row comes into force or ends by its own dates.
///
/// # Errors
/// When the database fails, or a version cannot be read.
pub async fn next<C: ConnectionTrait>(db: &C, rules: &RuleSet, now: i64) -> Result<Next, Error> {
    let Some(row) = last(db).await? else {
        // Under the first version everything was derived as it came.
        let versions = crate::rule_use::Entity::find().count(db).await?;
        return Ok(if versions > 1 { Next::Begin } else { Next::Nothing });
    };
    if row.version != rules.version {
        return Ok(Next::Begin);
    }
    let begun = Entity::find_by_id(row.until_id).one(db).await?.map_or(row.at, |m| m.at);
    let (then, today) = (clock::local_date(begun), clock::local_date(now));
    if rules.rows.iter().any(|r| r.is_in_force(then) != r.is_in_force(today)) {
        return Ok(Next::Begin);
    }
    Ok(if row.ends() { Next::Nothing } else { Next::On(row) })
}

/// The stretches that a cylinder lies in, in the order of the ledger.
pub(crate) async fn of<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::AfterId.lt(id)).filter(Column::ToId.gte(id)).order_by_asc(Column::No).all(db).await
}

/// How far the last round is: cylinders that were looked at and changed, and those that are left.
///
/// # Errors
/// When the database fails.
pub async fn progress<C: ConnectionTrait>(db: &C) -> Result<Option<Progress>, DbErr> {
    let Some(row) = last(db).await? else { return Ok(None) };
    let changed: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Changed)
        .filter(Column::UntilId.eq(row.until_id))
        .into_tuple()
        .all(db)
        .await?;
    let left = if row.ends() {
        0
    } else {
        let rest = crate::cylinder::Entity::find()
            .filter(crate::cylinder::Column::Id.gt(row.to_id))
            .filter(crate::cylinder::Column::Id.lt(row.until_id));
        rest.count(db).await?
    };
    Ok(Some(Progress { version: row.version, changed: changed.into_iter().sum(), left, ended: row.ends() }))
}

/// How far a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Version of the rules.
    pub version: i64,
    /// Cylinders that changed so far.
    pub changed: i64,
    /// Cylinders that are left.
    pub left: u64,
    /// Whether it has ended.
    pub ended: bool,
}
