//! How alerts were handled, against the steps that say so.

use super::Fold;
use crate::{
    Error,
    alert::{self, step},
};
use domain::ledger::Step;
use sea_orm::{Condition, entity::prelude::*};
use std::collections::HashMap;

/// How an alert stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    closed_at: Option<i64>,
    assigned_to: Option<i64>,
    level: i16,
}

impl Fold<'_> {
    /// Follows a step.
    pub(super) fn step(&mut self, m: &step::Model) {
        let Some(what) = Step::from_number(m.step) else {
            self.report.differs(format!("step {}: {} is no step", m.no, m.step));
            return;
        };
        let alert = self.handled.entry(m.alert_no).or_default();
        if alert.closed_at.is_some() && what != Step::Remark {
            self.report.differs(format!("step {}: alert {} was closed before", m.no, m.alert_no));
            return;
        }
        match what {
            Step::Assign => alert.assigned_to = m.to_account,
            Step::Escalate => alert.level = alert.level.saturating_add(1),
            Step::Close => alert.closed_at = Some(m.at),
            Step::Remark => {}
        }
    }

    /// Compares how alerts stand.
    pub(super) async fn handled<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let touched = Condition::any()
            .add(alert::Column::State.ne(alert::OPEN))
            .add(alert::Column::AssignedTo.is_not_null())
            .add(alert::Column::Level.ne(0));
        let mut rows: HashMap<i64, alert::Model> =
            alert::Entity::find().filter(touched).all(db).await?.into_iter().map(|m| (m.no, m)).collect();
        let rest: Vec<i64> = self.handled.keys().copied().filter(|no| !rows.contains_key(no)).collect();
        for chunk in rest.chunks(5_000) {
            let more = alert::Entity::find().filter(alert::Column::No.is_in(chunk.iter().copied())).all(db).await?;
            rows.extend(more.into_iter().map(|m| (m.no, m)));
        }
        let mut told = std::mem::take(&mut self.handled);
        let mut numbers: Vec<i64> = rows.keys().copied().collect();
        numbers.sort_unstable();
        for m in numbers.iter().filter_map(|no| rows.get(no)) {
            let stored = Handling { closed_at: m.closed_at, assigned_to: m.assigned_to, level: m.level };
            let told = told.remove(&m.no).unwrap_or_default();
            self.report.compare(|| format!("alert {}: its handling", m.no), &stored, &told);
            let open = m.state == alert::OPEN;
            self.report.compare(|| format!("alert {}: open", m.no), &open, &told.closed_at.is_none());
        }
        for no in told.into_keys() {
            self.report.differs(format!("alert {no}: it was handled, and there is none"));
        }
        Ok(())
    }
}
