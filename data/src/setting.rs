//! Settings of the deployment that live in the record.

use sea_orm::{Set, entity::prelude::*, sea_query::OnConflict};

/// A row of `setting`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    /// Name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Value.
    pub value: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Name of the setting that marks a demonstration city.
pub const DEMO: &str = "demo";

/// Reads a setting.
///
/// # Errors
/// When the database fails.
pub async fn get<C: ConnectionTrait>(db: &C, name: &str) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(name.to_owned()).one(db).await?.map(|m| m.value))
}

/// Writes a setting.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, name: &str, value: &str) -> Result<(), DbErr> {
    Entity::insert(ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) })
        .on_conflict(OnConflict::column(Column::Name).update_column(Column::Value).to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}
