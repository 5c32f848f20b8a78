//! What the record must know before a file is put right by hand.

use crate::{Db, Error, cylinder, history, reference, registration::stations, site};
use domain::{
    amendment::Amendment, ledger::File, life::Family, registration::Known, rules::MediumClass, scope::Viewer,
};
use sea_orm::{QueryFilter, entity::prelude::*};

/// The file of the cylinder with this code within the viewer's scope.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn file(db: &Db, viewer: Viewer, code: &str) -> Result<Option<File>, Error> {
    let read = db.read();
    let Some(c) = history::seen(read, viewer, code).await? else { return Ok(None) };
    let state = cylinder::state::Entity::find_by_id(c.id).one(read).await?;
    let state = state.ok_or_else(|| Error::Stored(format!("cylinder {} has no state", c.id)))?.now()?;
    let class = reference::classes(read).await?.get(&c.medium).copied().unwrap_or(MediumClass::Corrosive);
    Ok(Some(c.file(class, state.file)?))
}

/// The file, and what the record knows of the station, the medium and the model where they are to be others; or the field that it
/// knows nothing of within the viewer's scope.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn known(db: &Db, viewer: Viewer, a: &Amendment) -> Result<Result<(File, Known), &'static str>, Error> {
    let read = db.read();
    let Some(file) = file(db, viewer, &a.cylinder).await? else { return Ok(Err("cylinder")) };
    let mut known = Known {
        org: file.org,
        family: file.dates.family,
        volume_ml: file.volume_ml,
        wall_um: file.wall_um,
        max_fill_g: file.max_fill_g,
        class: file.dates.medium_class,
    };
    if a.site != file.site {
        let place = site::Entity::find_by_id(a.site).filter(stations(viewer)).one(read).await?;
        let Some(place) = place else { return Ok(Err("site")) };
        known.org = place.org_id;
    }
    if a.medium != file.medium {
        let medium = reference::medium::Entity::find_by_id(a.medium.as_str()).one(read).await?;
        let Some(medium) = medium else { return Ok(Err("medium")) };
        known.class = MediumClass::from_code(&medium.class);
    }
    if a.model != file.dates.model {
        let Some(m) = reference::model::Entity::find_by_id(a.model.as_str()).one(read).await? else {
            return Ok(Err("model"));
        };
        let unknown = || Error::Stored(format!("model {}: family {}", m.code, m.family));
        known.family = Family::from_code(&m.family).ok_or_else(unknown)?;
        known.volume_ml = m.volume_ml.map(i64::from);
        known.wall_um = m.wall_um.map(i64::from);
        known.max_fill_g = m.max_fill_g.filter(|g| *g > 0).map(i64::from);
    }
    Ok(Ok((file, known)))
}
