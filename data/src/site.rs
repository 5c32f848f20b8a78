//! Sites: where organisations fill, store and hand out.

use crate::sequence;
use domain::geo::Position;
use sea_orm::{Set, entity::prelude::*, sea_query::OnConflict};

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

/// Kind of a site that hands out what others filled.
pub const DELIVERY: &str = "delivery";

/// Classes of storage (rules.md §14).
pub mod storage {
    use sea_orm::entity::prelude::*;

    /// A row of `site_storage`: a site whose class is not that of its kind.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "site_storage")]
    pub struct Model {
        /// Site.
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        /// Class, 1 to 3 (Ⅰ, Ⅱ, Ⅲ).
        pub class: i16,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// When sites were heard of last.
pub mod heard {
    use sea_orm::{Set, entity::prelude::*, sea_query::OnConflict};

    /// A row of `site_heard`: derived from the record, and recomputed by `verify`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "site_heard")]
    pub struct Model {
        /// Site.
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        /// When the latest of its events happened, ms; without what an office entered.
        pub at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    /// Notes that events happened at sites; what is known of a later one stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put<C: ConnectionTrait>(db: &C, rows: impl IntoIterator<Item = (i64, i64)>) -> Result<(), DbErr> {
        let rows: Vec<ActiveModel> =
            rows.into_iter().map(|(site, at)| ActiveModel { site_id: Set(site), at: Set(at) }).collect();
        for chunk in rows.chunks(5_000) {
            let later = "CASE WHEN \"excluded\".\"at\" > \"site_heard\".\"at\" THEN \"excluded\".\"at\" ELSE \"site_heard\".\"at\" END";
            Entity::insert_many(chunk.to_vec())
                .on_conflict(OnConflict::column(Column::SiteId).value(Column::At, Expr::cust(later)).to_owned())
                .exec_without_returning(db)
                .await?;
        }
        Ok(())
    }
}

/// The class of storage of a site whose own row names none: a filling station is of the first, a delivery station of the
/// third; a site that stands for no place has none (0).
#[must_use]
pub fn usual_class(kind: &str) -> i16 {
    match kind {
        VIRTUAL => 0,
        DELIVERY => 3,
        _ => 1,
    }
}

/// Sets the class of storage of a site.
///
/// # Errors
/// When the database fails.
pub async fn set_class<C: ConnectionTrait>(db: &C, site_id: i64, class: i16) -> Result<(), DbErr> {
    storage::Entity::insert(storage::ActiveModel { site_id: Set(site_id), class: Set(class) })
        .on_conflict(OnConflict::column(storage::Column::SiteId).update_column(storage::Column::Class).to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

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
