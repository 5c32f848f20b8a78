//! What a wall tells beside its figures: posts, and how enterprises are rated.

use crate::{Error, credit_list, post};
use domain::{
    scope::{Scope, Viewer},
    wall::bulletin::{Bulletin, Grades, WORST},
};
use sea_orm::ConnectionTrait;

/// What the channel of a scope tells now. It costs by the posts on the wall and the rated organisations, not by cylinders.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn read<C: ConnectionTrait>(db: &C, scope: Scope, now: i64) -> Result<Bulletin, Error> {
    let posts = post::on_wall(db, scope, now).await?;
    let viewer = Viewer { scope };
    let counts = credit_list::counted(db, viewer).await?;
    let worst = if counts.grades[3] > 0 { credit_list::worst(db, viewer, WORST).await? } else { vec![] };
    Ok(Bulletin::of(posts, Grades { counts: counts.grades, trends: counts.trends, worst }))
}
