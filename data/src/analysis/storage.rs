//! 重瓶超量存放 (S0-46; rules.md §14): the full cylinders at each site against its limit. What stands at users is
//! [`super::user_storage`].

use super::{Ask, Units};
use crate::{Db, Error, site};
use domain::{
    analysis::{By, Fullness, Storage, Unit},
    ledger::Metric,
    rules::RuleSet,
    scope::Viewer,
};
use sea_orm::{Condition, EntityTrait};
use std::collections::{BTreeMap, HashMap};

/// The storages, fullest first.
///
/// # Errors
/// When the database fails.
pub async fn storage(db: &Db, viewer: Viewer, rules: &RuleSet) -> Result<Vec<Storage>, Error> {
    let units = Units::load(db, Ask { viewer, by: By::District }).await?;
    let mut full: BTreeMap<i64, i64> = BTreeMap::new();
    for s in units.sums(Metric::FullMl, Condition::all()).await? {
        *full.entry(s.site).or_default() += s.value;
    }
    let classes: HashMap<i64, i16> =
        site::storage::Entity::find().all(units.db()).await?.into_iter().map(|s| (s.site_id, s.class)).collect();
    let warn = rules.store_warn();
    let of = |s: &site::Model| {
        let class = classes.get(&s.id).copied().unwrap_or_else(|| site::usual_class(&s.kind));
        let (full_ml, limit_ml) = (full.get(&s.id).copied().unwrap_or(0), rules.store_ml(class));
        Storage {
            site: Unit { id: s.id, name: s.name.clone() },
            district: s.division,
            org: s.org_id,
            class,
            full_ml,
            limit_ml,
            fullness: Fullness::of(full_ml, limit_ml, warn),
        }
    };
    let mut out: Vec<Storage> = units.sites.iter().filter(|s| s.kind != site::VIRTUAL).map(of).collect();
    units.close().await?;
    // By share; one without a limit comes last.
    let share =
        |s: &Storage| if s.limit_ml > 0 { i128::from(s.full_ml) * 1_000_000 / i128::from(s.limit_ml) } else { -1 };
    out.sort_by(|a, b| share(b).cmp(&share(a)).then(a.site.id.cmp(&b.site.id)));
    Ok(out)
}
