//! 开户与实名进度 (S0-41, S0-45). 开户 is a contract with at least one cylinder bound to it, 实名 a verified identity: neither is recorded yet,
//! and what is not recorded is said to be so. The target, the registered customers, is known.

use crate::{Db, Error, customer, org, scope};
use domain::{
    analysis::{Opening, Unit},
    scope::Viewer,
};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::HashMap;

/// By organisation.
///
/// # Errors
/// When the database fails.
pub async fn opening(db: &Db, viewer: Viewer) -> Result<Vec<Opening>, Error> {
    use customer::Column as C;
    let txn = db.begin_read().await?;
    let counts: Vec<(i64, i64)> = customer::Entity::find()
        .select_only()
        .column(C::OrgId)
        .column_as(C::Id.count(), "n")
        .filter(scope::within(viewer, C::OrgId))
        .group_by(C::OrgId)
        .order_by_asc(C::OrgId)
        .into_tuple()
        .all(&txn)
        .await?;
    let names: HashMap<i64, String> =
        org::Entity::find().all(&txn).await?.into_iter().map(|o| (o.id, o.name)).collect();
    txn.commit().await?;
    Ok(counts
        .into_iter()
        .map(|(id, customers)| Opening {
            unit: Unit { id, name: names.get(&id).cloned().unwrap_or_default() },
            customers,
            opened: None,
            real_name: None,
        })
        .collect())
}
