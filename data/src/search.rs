//! One box for everything: cylinders by any of their codes, organisations and stations by a part of their name.

use crate::{Db, Error, cylinder, cylinder_list, org, site};
use domain::{
    scope::{Scope, Viewer},
    search::{Found, Hit},
};
use sea_orm::{
    Condition, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{ExprTrait, LikeExpr},
};

/// Hits of a kind that are shown.
const SHOWN: u64 = 20;

/// A part of a name as a pattern: what it holds itself counts as written.
fn part(text: &str) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

/// What a text finds within the viewer's scope.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &Db, viewer: Viewer, text: &str) -> Result<Found, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > domain::list::VALUE_MAX || text.chars().any(char::is_control) {
        return Ok(Found::default());
    }
    let read = db.read();
    let ids = cylinder_list::by_code(read, text).await?;
    let cylinders = cylinder::Entity::find()
        .filter(cylinder_list::within(viewer))
        .filter(cylinder::Column::Id.is_in(ids))
        .order_by_asc(cylinder::Column::Id)
        .limit(SHOWN + 1)
        .all(read)
        .await?;
    let orgs = org::Entity::find()
        .filter(match viewer.scope {
            Scope::City => Condition::all(),
            Scope::Org(id) => Condition::all().add(org::Column::Id.eq(id)),
            Scope::District(d) => Condition::all().add(org::Column::Division.eq(d)),
        })
        .filter(Condition::any().add(org::Column::Name.into_expr().like(part(text))).add(org::Column::Uscc.eq(text)))
        .order_by_asc(org::Column::Name)
        .limit(SHOWN + 1)
        .all(read)
        .await?;
    let sites = site::Entity::find()
        .filter(match viewer.scope {
            Scope::City => Condition::all(),
            Scope::Org(id) => Condition::all().add(site::Column::OrgId.eq(id)),
            Scope::District(d) => Condition::all().add(site::Column::Division.eq(d)),
        })
        .filter(site::Column::Kind.ne(site::VIRTUAL))
        .filter(site::Column::Name.into_expr().like(part(text)))
        .order_by_asc(site::Column::Name)
        .limit(SHOWN + 1)
        .all(read)
        .await?;
    let more = [cylinders.len(), orgs.len(), sites.len()].iter().any(|n| *n as u64 > SHOWN);
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let cylinders = cylinders.into_iter().take(shown).map(|c| Hit::Cylinder {
        id: c.id,
        tag: c.tag,
        stamp_no: c.stamp_no,
        serial_no: c.serial_no,
    });
    let orgs = orgs.into_iter().take(shown).map(|o| Hit::Org { id: o.id, name: o.name });
    let sites = sites.into_iter().take(shown).map(|s| Hit::Site { id: s.id, name: s.name });
    Ok(Found { hits: cylinders.chain(orgs).chain(sites).collect(), more })
}
