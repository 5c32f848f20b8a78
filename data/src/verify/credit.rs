//! Credit, computed in full beside what is kept.

use super::{Fold, LISTED};
use crate::{Error, credit};
use sea_orm::ConnectionTrait;

impl Fold<'_> {
    /// Compares facts and ratings.
    pub(super) async fn credit<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), Error> {
        let found = credit::compare(db, self.rules).await?;
        self.report.credit = found.facts + found.rated;
        self.report.differences += found.differences;
        let room = LISTED.saturating_sub(self.report.named.len());
        self.report.named.extend(found.named.into_iter().take(room));
        Ok(())
    }
}
