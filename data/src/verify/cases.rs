//! Cases against their steps, and their clocks against the rules and the calendar by which they were reckoned.

use super::Fold;
use crate::{Error, calendar, case};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

impl Fold<'_> {
    /// Compares all cases.
    pub(super) async fn cases<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let (calendar, revision) = calendar::load(db).await?;
        let mut rules = HashMap::from([(self.rules.version, self.rules.clone())]);
        let mut after = 0;
        loop {
            let (next, n, differences) = case::compare(db, &mut rules, (&calendar, revision), after).await?;
            self.report.cases += n;
            for (what, how) in differences {
                self.report.differs(format!("{what}: {how}"));
            }
            match next {
                Some(id) => after = id,
                None => return Ok(()),
            }
        }
    }
}
