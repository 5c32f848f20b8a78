//! 异常钢瓶 (S0-43): normal, due soon, overdue, past life, judged at a day.

use super::{Ask, Units};
use crate::{
    Db, Error,
    cylinder::state::{Column as S, Entity as State},
    gauge::ON_FILE,
};
use domain::{
    analysis::{Abnormal, Span},
    ledger::{FileState, Metric},
};
use sea_orm::{Condition, entity::prelude::*, sea_query::Query};
use std::collections::BTreeMap;

/// The cylinders on file by how they stand at a day, by unit: today's files judged at that day. `window` are the days before the
/// due date at which one is due soon.
///
/// # Errors
/// When the database fails.
pub async fn abnormal(db: &Db, ask: Ask, as_of: i32, window: i32) -> Result<Vec<Abnormal>, Error> {
    let units = Units::load(db, ask).await?;
    let mut rows: BTreeMap<i64, Abnormal> = BTreeMap::new();
    for s in units.sums(Metric::File, Condition::all()).await? {
        let row = rows.entry(s.unit).or_default();
        match FileState::from_number(s.key) {
            Some(f) if ON_FILE.contains(&f) => row.on_file += s.value,
            Some(FileState::Scrapped | FileState::Destroyed) => row.scrapped += s.value,
            _ => {}
        }
    }
    let past = Span { first: i32::MIN, last: as_of.saturating_sub(1) };
    let soon = Span { first: as_of, last: as_of.saturating_add(window) };
    for (unit, [past, soon]) in units.spans(Metric::DueOn, [past, soon]).await? {
        let row = rows.entry(unit).or_default();
        (row.overdue, row.due_soon) = (past, soon);
    }
    // Those without a date are few, and found by it: what is due later, which is most, is the rest.
    let mut undated = Query::select();
    undated.column(S::File).column(S::Home).expr(S::CylinderId.count()).from(State).and_where(S::Due.is_null());
    undated.and_where(S::File.is_in(ON_FILE.map(FileState::number))).group_by_col(S::File).group_by_col(S::Home);
    for s in units.read(&mut undated, S::Home).await? {
        rows.entry(s.unit).or_default().undated += s.value;
    }
    for (unit, [past]) in units.spans(Metric::LifeEndOn, [past]).await? {
        let row = rows.entry(unit).or_default();
        row.overdue -= past;
        row.past_life += past;
    }
    for row in rows.values_mut() {
        row.normal = row.on_file - row.undated - row.due_soon - row.overdue - row.past_life;
    }
    units.end(rows, |unit, row| Abnormal { unit, ..row }).await
}
