//! What the record must know before a cylinder is registered by hand.

use crate::{Db, Error, cylinder, reference, site};
use domain::{
    life::Family,
    registration::{Known, Registration},
    rules::MediumClass,
    scope::{Scope, Viewer},
};
use sea_orm::{Condition, QueryOrder, entity::prelude::*};

/// Stations where the viewer may register cylinders and bind tags.
pub(crate) fn stations(viewer: Viewer) -> Condition {
    let scope = match viewer.scope {
        Scope::City => Condition::all(),
        Scope::Org(id) => Condition::all().add(site::Column::OrgId.eq(id)),
        Scope::District(d) => Condition::all().add(site::Column::Division.eq(d)),
    };
    scope.add(site::Column::Kind.ne(site::VIRTUAL))
}

/// What the record knows for a registration; or the field that it knows nothing of, or whose tag leads to a cylinder already.
/// A station outside the viewer's scope is as unknown as one that does not exist.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn known(db: &Db, viewer: Viewer, r: &Registration) -> Result<Result<Known, &'static str>, Error> {
    let read = db.read();
    let station = site::Entity::find_by_id(r.site).filter(stations(viewer)).one(read).await?;
    let Some(station) = station else { return Ok(Err("site")) };
    let Some(medium) = reference::medium::Entity::find_by_id(r.medium.as_str()).one(read).await? else {
        return Ok(Err("medium"));
    };
    let Some(model) = reference::model::Entity::find_by_id(r.model.as_str()).one(read).await? else {
        return Ok(Err("model"));
    };
    let tag = cylinder::tag::Entity::find_by_id(r.tag.as_str()).one(read).await?;
    if tag.is_some_and(|t| t.state != cylinder::tag::ISSUED) {
        return Ok(Err("tag"));
    }
    let family = Family::from_code(&model.family)
        .ok_or_else(|| Error::Stored(format!("model {}: family {}", model.code, model.family)))?;
    Ok(Ok(Known {
        org: station.org_id,
        family,
        volume_ml: model.volume_ml.map(i64::from),
        wall_um: model.wall_um.map(i64::from),
        max_fill_g: model.max_fill_g.filter(|g| *g > 0).map(i64::from),
        class: MediumClass::from_code(&medium.class),
    }))
}

/// What a registration chooses from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Stations: id and name, by name.
    pub sites: Vec<(i64, String)>,
    /// Models: code, and what people call it.
    pub models: Vec<(String, String)>,
    /// Media: code, Chinese, English.
    pub media: Vec<(String, String, String)>,
}

/// Stations within the viewer's scope, models and media.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &Db, viewer: Viewer) -> Result<Choices, Error> {
    let read = db.read();
    let sites = site::Entity::find().filter(stations(viewer)).order_by_asc(site::Column::Name).all(read).await?;
    let models = reference::model::Entity::find().order_by_asc(reference::model::Column::VolumeMl).all(read).await?;
    let name = |m: &reference::model::Model| {
        let also = [m.old_name.as_str(), m.use_zh.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>();
        if also.is_empty() { m.code.clone() } else { format!("{} ({})", m.code, also.join(" ")) }
    };
    Ok(Choices {
        sites: sites.into_iter().map(|s| (s.id, s.name)).collect(),
        models: models.iter().map(|m| (m.code.clone(), name(m))).collect(),
        media: reference::all_media(read).await?.into_iter().map(|m| (m.code, m.zh, m.en)).collect(),
    })
}
