//! What the detectors keep ([`domain::detect`]): read once and written once a transaction, of the guns, stations and
//! cylinders met in it.

use crate::Error;
use domain::{
    detect::{Finding, Memory, Subject, SubjectKind},
    event::Entry,
};
use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};
use std::collections::BTreeSet;

/// A row of `detector_state`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "detector_state")]
pub struct Model {
    /// [`SubjectKind`] number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: i16,
    /// Device, site or cylinder.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: i64,
    /// The state, JSON.
    pub state: String,
    /// Ledger number at which it changed last.
    pub updated_no: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Of what it is the state; `None` when the kind is not known to this build.
    #[must_use]
    pub fn of(&self) -> Option<Subject> {
        Some((SubjectKind::from_number(self.subject_kind)?, self.subject))
    }
}

/// At most this many values stand in one IN list (SQLite binds 32,766).
const CHUNK: usize = 5_000;

/// Everything of which entries and reads of these cylinders may change the state.
#[must_use]
pub fn subjects(entries: &[&Entry], cylinders: impl Iterator<Item = i64>) -> BTreeSet<Subject> {
    let devices = entries.iter().map(|e| (SubjectKind::Device, e.device));
    let sites = entries.iter().map(|e| (SubjectKind::Site, e.site));
    devices.chain(sites).chain(cylinders.map(|c| (SubjectKind::Cylinder, c))).collect()
}

/// Reads the states of subjects into `memory`.
///
/// # Errors
/// When the database fails, or a state cannot be read.
pub async fn load<C: ConnectionTrait>(db: &C, subjects: &[Subject], memory: &mut Memory) -> Result<(), Error> {
    for chunk in subjects.chunks(CHUNK) {
        let mut any = Condition::any();
        for kind in [SubjectKind::Device, SubjectKind::Site, SubjectKind::Cylinder] {
            let ids: Vec<i64> = chunk.iter().filter(|s| s.0 == kind).map(|s| s.1).collect();
            if !ids.is_empty() {
                any = any
                    .add(Condition::all().add(Column::SubjectKind.eq(kind.number())).add(Column::Subject.is_in(ids)));
            }
        }
        for m in Entity::find().filter(any).all(db).await? {
            let subject = m.of().ok_or_else(|| Error::Stored(format!("detector state of kind {}", m.subject_kind)))?;
            memory.load(subject, &m.state, m.updated_no).map_err(|e| Error::Stored(e.to_string()))?;
        }
    }
    Ok(())
}

/// Writes the states that changed.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, memory: &Memory) -> Result<(), DbErr> {
    let rows: Vec<(Subject, (String, i64))> =
        memory.touched().filter_map(|s| memory.stored(s).map(|state| (s, state))).collect();
    for chunk in rows.chunks(CHUNK) {
        let mut q = Query::insert();
        q.into_table(Entity).columns([Column::SubjectKind, Column::Subject, Column::State, Column::UpdatedNo]);
        for ((kind, id), (state, no)) in chunk {
            q.values_panic([kind.number().into(), (*id).into(), state.clone().into(), (*no).into()]);
        }
        q.on_conflict(
            OnConflict::columns([Column::SubjectKind, Column::Subject])
                .update_columns([Column::State, Column::UpdatedNo])
                .to_owned(),
        );
        db.execute(&q).await?;
    }
    Ok(())
}

/// Tag and cylinder that the alert of a finding names: a gun or a station is named by its device and site alone.
#[must_use]
pub fn names<'a>(finding: &Finding, tag: &'a str) -> (&'a str, Option<i64>) {
    match finding.subject {
        (SubjectKind::Cylinder, id) => (tag, Some(id)),
        _ => ("", None),
    }
}
