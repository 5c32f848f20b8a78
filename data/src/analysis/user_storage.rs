//! 用户处存瓶 (S0-46; rules.md §14): what stands at one address, of all suppliers together. A delivery names the customer's number, the
//! customer its address; two writings of one address are one by [`domain::address::key`]. A cylinder whose delivery names no customer of its
//! supplier, or one whose address names no house, is counted apart as of an unknown address.

use crate::{Db, Error, customer, cylinder, event, gauge::ON_FILE, org, site};
use domain::{
    address,
    analysis::{Fullness, Unit, UserStorage},
    event::EventKind,
    ledger::{Custody, FileState},
    rules::RuleSet,
    scope::{Scope, Viewer},
    trade::CustomerKind,
};
use sea_orm::{
    Condition, JoinType, QueryFilter,
    entity::prelude::*,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Addresses that are told at most, the fullest first.
const SHOWN: usize = 200;

/// Name of the line that holds the addresses which are not told one by one.
pub(super) const OTHERS: &str = "…";

/// What stands at one address.
#[derive(Default)]
struct At {
    first: i64,
    name: String,
    shop: bool,
    suppliers: BTreeSet<i64>,
    pieces: i64,
    mass_g: i64,
}

/// The addresses within the viewer's scope at which cylinders stand, fullest first, and what stands at unknown ones last. An enterprise's
/// viewer is told of its own cylinders only.
///
/// # Errors
/// When the database fails.
pub async fn user_storage(db: &Db, viewer: Viewer, rules: &RuleSet) -> Result<Vec<UserStorage>, Error> {
    let txn = db.begin_read().await?;
    let (mut out, mut unknown): (BTreeMap<String, At>, At) = (BTreeMap::new(), At::default());
    let mut counted: HashMap<i64, (i64, i64)> = HashMap::new();
    for row in txn.query_all(&by_customer(viewer)).await? {
        let (id, pieces, mass): (Option<i64>, i64, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        match id {
            Some(id) => {
                counted.insert(id, (pieces, mass));
            }
            None => {
                unknown.pieces += pieces;
                unknown.mass_g += mass;
            }
        }
    }
    let ids: Vec<i64> = counted.keys().copied().collect();
    for some in ids.chunks(5_000) {
        let all = customer::Entity::find().filter(customer::Column::Id.is_in(some.iter().copied())).all(&txn).await?;
        for k in all {
            let Some((pieces, mass)) = counted.get(&k.id).copied() else { continue };
            // The same road and number in another district is another place.
            let key = address::key(&k.address).map(|key| format!("{}|{key}", k.division.unwrap_or_default()));
            let at = match key {
                Some(key) => out.entry(key).or_default(),
                None => &mut unknown,
            };
            if at.first == 0 || k.id < at.first {
                at.first = k.id;
                at.name.clone_from(&k.address);
            }
            at.shop |= [CustomerKind::Enterprise, CustomerKind::Catering].iter().any(|s| s.code() == k.kind);
            at.suppliers.insert(k.org_id);
            at.pieces += pieces;
            at.mass_g += mass;
        }
    }
    txn.commit().await?;
    let warn = rules.store_warn();
    let line = |a: At| {
        let limit_g = rules.store_user_g(a.shop);
        UserStorage {
            unit: Unit { id: a.first, name: address::masked(&a.name) },
            known: true,
            shop: a.shop,
            suppliers: i64::try_from(a.suppliers.len()).unwrap_or(i64::MAX),
            pieces: a.pieces,
            mass_g: a.mass_g,
            limit_g,
            fullness: Fullness::of(a.mass_g, limit_g, warn),
        }
    };
    let mut out: Vec<UserStorage> = out.into_values().map(line).collect();
    let share = |s: &UserStorage| {
        if s.limit_g > 0 { i128::from(s.mass_g) * 1_000_000 / i128::from(s.limit_g) } else { -1 }
    };
    out.sort_by(|a, b| share(b).cmp(&share(a)).then(a.unit.id.cmp(&b.unit.id)));
    let rest = out.split_off(Ord::min(SHOWN, out.len()));
    if !rest.is_empty() {
        let sum = |of: fn(&UserStorage) -> i64| rest.iter().map(of).sum();
        let unit = Unit { id: 0, name: OTHERS.to_owned() };
        out.push(UserStorage { unit, pieces: sum(|s| s.pieces), mass_g: sum(|s| s.mass_g), ..UserStorage::default() });
    }
    if unknown.pieces > 0 {
        let (pieces, mass_g) = (unknown.pieces, unknown.mass_g);
        out.push(UserStorage { pieces, mass_g, ..UserStorage::default() });
    }
    Ok(out)
}

/// The same, kept for a while where it takes long; and when it was made, ms.
pub(super) async fn kept(
    db: &Db,
    viewer: Viewer,
    rules: &RuleSet,
    now: i64,
) -> Result<(Arc<Vec<UserStorage>>, i64), Error> {
    let key = format!("{} {}", viewer.scope, rules.version);
    db.users.get(key, now, || user_storage(db, viewer, rules)).await
}

/// Cylinders with users by the customer that their last event, the delivery, names: id, pieces, the most that they hold in grams.
fn by_customer(viewer: Viewer) -> SelectStatement {
    use {customer::Column as K, cylinder::state::Column as S, event::Column as E};
    let state = |c: S| Expr::col((cylinder::state::Entity, c));
    let delivery = Condition::all()
        .add(Expr::col((event::Entity, E::No)).equals((cylinder::state::Entity, S::LastNo)))
        .add(Expr::col((event::Entity, E::CylinderId)).equals((cylinder::state::Entity, S::CylinderId)))
        .add(Expr::col((event::Entity, E::Kind)).eq(EventKind::Deliver.number()));
    let whose = Condition::all()
        .add(Expr::col((customer::Entity, K::OrgId)).equals((site::Entity, site::Column::OrgId)))
        .add(Expr::col((customer::Entity, K::Number)).equals((event::Entity, E::Target)));
    let bigint = |e: Expr| Func::cast_as(e, Alias::new("bigint"));
    let mut q = Query::select();
    q.column((customer::Entity, K::Id))
        .expr(bigint(state(S::CylinderId).count()))
        .expr(bigint(Expr::col((cylinder::Entity, cylinder::Column::MaxFillG)).sum().if_null(0)))
        .from(cylinder::state::Entity)
        .join(
            JoinType::InnerJoin,
            cylinder::Entity,
            Expr::col((cylinder::Entity, cylinder::Column::Id)).equals((cylinder::state::Entity, S::CylinderId)),
        )
        .join(JoinType::LeftJoin, event::Entity, delivery)
        .join(
            JoinType::LeftJoin,
            site::Entity,
            Expr::col((site::Entity, site::Column::Id)).equals((event::Entity, E::SiteId)),
        )
        .join(JoinType::LeftJoin, customer::Entity, whose)
        .and_where(state(S::Custody).eq(Custody::InUse.number()))
        // A file that was closed as a duplicate speaks of a cylinder that is counted by its other file.
        .and_where(state(S::File).is_in(ON_FILE.map(FileState::number)))
        .group_by_col((customer::Entity, K::Id));
    match viewer.scope {
        Scope::City => {}
        Scope::Org(o) => {
            q.and_where(Expr::col((cylinder::Entity, cylinder::Column::OrgId)).eq(o));
        }
        // Where the user is, if the customer's file says so; else where the supplier is seated.
        Scope::District(d) => {
            let seated = Query::select()
                .column(org::Column::Id)
                .from(org::Entity)
                .and_where(org::Column::Division.eq(d))
                .to_owned();
            q.cond_where(
                Condition::any().add(Expr::col((customer::Entity, K::Division)).eq(d)).add(
                    Condition::all()
                        .add(Expr::col((customer::Entity, K::Division)).is_null())
                        .add(Expr::col((cylinder::Entity, cylinder::Column::OrgId)).in_subquery(seated)),
                ),
            );
        }
    }
    q
}
