//! What a regulator lets pass for a while, with a reason (rules.md §19, §20).

use crate::sequence;
use domain::outcome::Reason;
use sea_orm::{QueryOrder, Set, entity::prelude::*};

/// A row of `gate_override`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_override")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// [`Reason`] code.
    pub reason: String,
    /// [`Scope`] word.
    pub scope: String,
    /// Id within the scope.
    pub scope_id: i64,
    /// Why, in the regulator's words.
    pub why: String,
    /// Who.
    pub by: String,
    /// From, ms.
    pub valid_from: i64,
    /// Before, ms.
    pub valid_until: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an override holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All guns of an organisation.
    Org(i64),
    /// All guns of a station.
    Site(i64),
    /// One gun.
    Device(i64),
    /// One cylinder.
    Cylinder(i64),
}

impl Scope {
    /// Word and id.
    #[must_use]
    pub const fn parts(self) -> (&'static str, i64) {
        match self {
            Self::Org(id) => ("org", id),
            Self::Site(id) => ("site", id),
            Self::Device(id) => ("device", id),
            Self::Cylinder(id) => ("cylinder", id),
        }
    }

    /// From word and id.
    #[must_use]
    pub fn of(word: &str, id: i64) -> Option<Self> {
        Some(match word {
            "org" => Self::Org(id),
            "site" => Self::Site(id),
            "device" => Self::Device(id),
            "cylinder" => Self::Cylinder(id),
            _ => return None,
        })
    }
}

/// A new override.
#[derive(Clone, Debug)]
pub struct New {
    /// What is overridden.
    pub reason: Reason,
    /// For what.
    pub scope: Scope,
    /// Why.
    pub why: String,
    /// Who.
    pub by: String,
    /// From, ms.
    pub from: i64,
    /// Before, ms.
    pub until: i64,
}

impl Model {
    /// Its reason; `None` for one that this build does not know.
    #[must_use]
    pub fn reason_code(&self) -> Option<Reason> {
        Reason::from_code(&self.reason)
    }

    /// Its scope; `None` for one that this build does not know.
    #[must_use]
    pub fn scope_of(&self) -> Option<Scope> {
        Scope::of(&self.scope, self.scope_id)
    }
}

/// Those in force at an instant, ms.
///
/// # Errors
/// When the database fails.
pub async fn in_force<C: ConnectionTrait>(db: &C, now: i64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ValidUntil.gt(now))
        .filter(Column::ValidFrom.lte(now))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Enters one and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, new: New) -> Result<i64, DbErr> {
    let id = sequence::next(db, "gate_override").await?;
    let (scope, scope_id) = new.scope.parts();
    Entity::insert(ActiveModel {
        id: Set(id),
        reason: Set(new.reason.code().to_owned()),
        scope: Set(scope.to_owned()),
        scope_id: Set(scope_id),
        why: Set(new.why),
        by: Set(new.by),
        valid_from: Set(new.from),
        valid_until: Set(new.until),
    })
    .exec_without_returning(db)
    .await?;
    Ok(id)
}

/// Ends one now. True if it was still in force.
///
/// # Errors
/// When the database fails.
pub async fn end<C: ConnectionTrait>(db: &C, id: i64, now: i64) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::ValidUntil, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::ValidUntil.gt(now))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}
