//! Series of tags that were made for an enterprise (标签发卡): enterprise, medium, first and last serial.

use crate::{Db, Error, scope, sequence};
use domain::scope::Viewer;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

/// A row of `tag_series`. A code of a tag is 3 digits of the enterprise, 2 of the medium, 6 of the serial (S1 5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_series")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The organisation whose list it is.
    pub org_id: i64,
    /// Enterprise code, three digits.
    pub enterprise: String,
    /// Medium code, two digits.
    pub medium_code: String,
    /// Our medium code by the word of the list, empty where it is unknown.
    pub medium: String,
    /// The word as written.
    pub medium_name: String,
    /// First serial.
    pub first_serial: i32,
    /// Last serial, where the quantity is known.
    pub last_serial: Option<i32>,
    /// Pieces.
    pub quantity: Option<i32>,
    /// 备注
    pub remark: String,
    /// Doubts, one a line.
    pub doubts: String,
    /// The import that brought it.
    pub run_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a serial lies in the series. One whose length is unknown holds its first serial only.
    #[must_use]
    pub fn holds(&self, serial: i32) -> bool {
        (self.first_serial..=self.last_serial.unwrap_or(self.first_serial)).contains(&serial)
    }

    /// Whether two series of one enterprise and medium code share a serial.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        (&self.enterprise, &self.medium_code) == (&other.enterprise, &other.medium_code)
            && (self.holds(other.first_serial) || other.holds(self.first_serial))
    }
}

/// Enters series; their ids are given here.
///
/// # Errors
/// When the database fails, or a series begins at the same code.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = sequence::take(db, "tag_series", rows.len()).await?;
    let mut rows = rows.into_iter().zip(first..).map(|(m, id)| Model { id, ..m }).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(2_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// All series: what an import of tags and of cylinders is checked against, whoever entered them.
///
/// # Errors
/// When the database fails.
pub async fn all<C: ConnectionTrait>(db: &C) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

/// Series within the viewer's scope, by id, after `after`; at most `limit` and [`scope::PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, after: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit.min(scope::PAGE_MAX))
        .all(db.read())
        .await?)
}
