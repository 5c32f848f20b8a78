//! Sites: where organisations fill, store and hand out.

use crate::sequence;
use domain::geo::Position;
use sea_orm::{Set, entity::prelude::*};

/// A row of `site`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Owner.
    pub org_id: i64,
    /// Name.
    pub name: String,
    /// `filling`, `delivery`, `virtual`.
    pub kind: String,
    /// GB/T 2260.
    pub division: i32,
    /// WGS-84 degrees.
    pub lng: Option<f64>,
    /// WGS-84 degrees.
    pub lat: Option<f64>,
    /// Demonstration data.
    pub demo: bool,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its position, where a valid one is known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.lng.zip(self.lat).and_then(|(lng, lat)| Position::new(lng, lat))
    }
}

/// Kind of a site that stands for no place, such as an importer's.
pub const VIRTUAL: &str = "virtual";

/// A new site.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// Owner.
    pub org_id: i64,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// GB/T 2260.
    pub division: i32,
    /// Position.
    pub position: Option<Position>,
    /// Demonstration data.
    pub demo: bool,
}

/// Inserts a site and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, new: New) -> Result<i64, DbErr> {
    let id = sequence::next(db, "site").await?;
    Entity::insert(ActiveModel {
        id: Set(id),
        org_id: Set(new.org_id),
        name: Set(new.name),
        kind: Set(new.kind),
        division: Set(new.division),
        lng: Set(new.position.map(|p| p.lng)),
        lat: Set(new.position.map(|p| p.lat)),
        demo: Set(new.demo),
    })
    .exec_without_returning(db)
    .await?;
    Ok(id)
}
