//! Organisations: fillers, delivery stations, inspection agencies.

use crate::sequence;
use sea_orm::{Set, entity::prelude::*};

/// A row of `org`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "org")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Name.
    pub name: String,
    /// `filler`, `delivery`, `inspection`, `regulator`, `maker`, `importer`.
    pub kind: String,
    /// Unified social credit code, or empty.
    pub uscc: String,
    /// GB/T 2260.
    pub division: i32,
    /// Telephone.
    pub phone: String,
    /// Filling licence number.
    pub licence_no: String,
    /// Last day of the licence.
    pub licence_until: Option<Date>,
    /// Media it covers, comma separated.
    pub licence_media: String,
    /// Demonstration data.
    pub demo: bool,
    /// Last day of its liability insurance.
    pub insured_until: Option<Date>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A new organisation.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Unified social credit code.
    pub uscc: String,
    /// GB/T 2260.
    pub division: i32,
    /// Telephone.
    pub phone: String,
    /// Licence number.
    pub licence_no: String,
    /// Last day of the licence.
    pub licence_until: Option<Date>,
    /// Media it covers.
    pub licence_media: Vec<String>,
    /// Demonstration data.
    pub demo: bool,
}

/// Inserts an organisation and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, new: New) -> Result<i64, DbErr> {
    let id = sequence::next(db, "org").await?;
    Entity::insert(ActiveModel {
        id: Set(id),
        name: Set(new.name),
        kind: Set(new.kind),
        uscc: Set(new.uscc),
        division: Set(new.division),
        phone: Set(new.phone),
        licence_no: Set(new.licence_no),
        licence_until: Set(new.licence_until),
        licence_media: Set(new.licence_media.join(",")),
        demo: Set(new.demo),
        insured_until: Set(None),
    })
    .exec_without_returning(db)
    .await?;
    Ok(id)
}

/// The name of an organisation.
///
/// # Errors
/// When the database fails.
pub async fn name<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(id).one(db).await?.map(|m| m.name))
}

/// Notes until when an organisation is insured. True if there is such an organisation.
///
/// # Errors
/// When the database fails.
pub async fn insure<C: ConnectionTrait>(db: &C, id: i64, until: Option<Date>) -> Result<bool, DbErr> {
    let r = Entity::update_many()
        .col_expr(Column::InsuredUntil, Expr::value(until))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(r.rows_affected > 0)
}
