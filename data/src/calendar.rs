//! The working-day calendar on file. A year is put as a whole; each change counts, so that clocks reckoned before it are known.

use crate::{
    Db, Error,
    audit::{self, Actor},
    sequence,
};
use domain::calendar::{Calendar, Known, Mark, Marked};
use sea_orm::{IntoActiveModel, entity::prelude::*};
use std::collections::HashSet;

/// The sequence that counts changes.
const CHANGES: &str = "calendar";

/// Days out of the ordinary: a row of `calendar_day`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_day")]
pub struct Model {
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Its year.
    pub year: i32,
    /// [`Mark`] code.
    pub mark: String,
    /// After what.
    pub name: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Years on file.
pub mod year {
    use sea_orm::entity::prelude::*;

    /// A row of `calendar_year`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calendar_year")]
    pub struct Model {
        /// The year.
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        /// [`domain::calendar::Known`] code.
        pub known: String,
        /// Account that put it last; 0 for what the product ships with.
        pub account_id: i64,
        /// When, ms.
        pub at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The calendar as it is on file, and how many changes made it.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<(Calendar, i64), Error> {
    let bad = |what: String| Error::Stored(format!("calendar: {what}"));
    let years = year::Entity::find().all(db).await?;
    let years =
        years.into_iter().map(|m| Ok((m.year, Known::from_code(&m.known).ok_or_else(|| bad(m.year.to_string()))?)));
    let years = years.collect::<Result<Vec<_>, Error>>()?;
    let days = Entity::find().all(db).await?.into_iter().map(|m| {
        let mark = Mark::from_code(&m.mark).ok_or_else(|| bad(m.day.to_string()))?;
        Ok(Marked { day: m.day, mark, name: m.name })
    });
    let days = days.collect::<Result<Vec<_>, Error>>()?;
    Ok((Calendar::new(years, days), sequence::last(db, CHANGES).await?))
}

/// Writes the years that the product ships with and the record does not know. What somebody put stays as he put it.
///
/// # Errors
/// When the database fails.
pub async fn seed<C: ConnectionTrait>(db: &C) -> Result<(), Error> {
    let known: HashSet<i32> = year::Entity::find().all(db).await?.into_iter().map(|m| m.year).collect();
    let shipped = Calendar::seed();
    let new: Vec<(i32, Known)> = shipped.years().filter(|(y, _)| !known.contains(y)).collect();
    if new.is_empty() {
        return Ok(());
    }
    write(db, &Calendar::new(new, shipped.days()), 0, 0).await?;
    sequence::next(db, CHANGES).await?;
    Ok(())
}

/// Puts the years that a calendar names in place of those on file, with a row of the audit log, and tells how many changes there were.
/// Clocks are reckoned anew afterwards ([`crate::case::reckon`]).
///
/// # Errors
/// When the database fails.
pub async fn put(db: &Db, calendar: &Calendar, by: &Actor, now: i64) -> Result<i64, Error> {
    Ok(put_seen(db, calendar, None, by, now).await?.unwrap_or_default())
}

/// The same for whoever saw the calendar after so many changes: `None`, and nothing is put, where somebody changed it since.
///
/// # Errors
/// When the database fails.
pub async fn put_seen(
    db: &Db,
    calendar: &Calendar,
    seen: Option<i64>,
    by: &Actor,
    now: i64,
) -> Result<Option<i64>, Error> {
    let txn = db.begin_write().await?;
    // Nobody else puts anything until the commit.
    let change = sequence::next(&txn, CHANGES).await?;
    if seen.is_some_and(|s| s != change.saturating_sub(1)) {
        return Ok(None);
    }
    write(&txn, calendar, by.account, now).await?;
    let years: Vec<(i32, &str)> = calendar.years().map(|(y, k)| (y, k.code())).collect();
    let detail = serde_json::json!({ "years": years, "days": calendar.days().count() });
    audit::append(&txn, by, now, "calendar.put", "calendar", &detail).await?;
    txn.commit().await?;
    Ok(Some(change))
}

async fn write<C: ConnectionTrait>(db: &C, calendar: &Calendar, account_id: i64, at: i64) -> Result<(), DbErr> {
    use chrono::Datelike;
    let years: Vec<i32> = calendar.years().map(|(y, _)| y).collect();
    if years.is_empty() {
        return Ok(());
    }
    Entity::delete_many().filter(Column::Year.is_in(years.clone())).exec(db).await?;
    year::Entity::delete_many().filter(year::Column::Year.is_in(years)).exec(db).await?;
    let rows = calendar.years().map(|(year, known)| {
        year::Model { year, known: known.code().into(), account_id, at }.into_active_model().reset_all()
    });
    year::Entity::insert_many(rows).exec_without_returning(db).await?;
    let days: Vec<ActiveModel> = calendar
        .days()
        .map(|d| Model { day: d.day, year: d.day.year(), mark: d.mark.code().into(), name: d.name })
        .map(|m| m.into_active_model().reset_all())
        .collect();
    if !days.is_empty() {
        Entity::insert_many(days).exec_without_returning(db).await?;
    }
    Ok(())
}
