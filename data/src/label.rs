//! What the labels of cylinders say.

use crate::{Db, Error, cylinder, cylinder_list, names, reference};
use domain::{codes, label::Label, scope::Viewer};
use sea_orm::{QueryFilter, entity::prelude::*};
use std::collections::HashMap;

/// Labels of the cylinders within the viewer's scope that these tags lead to, in the order of the tags, each once. What leads to
/// none, and a tag that is void, has no label.
///
/// # Errors
/// When the database fails.
pub async fn of(db: &Db, viewer: Viewer, tags: &[String]) -> Result<Vec<Label>, Error> {
    let read = db.read();
    let mut wanted: Vec<String> = Vec::new();
    for code in tags.iter().filter_map(|t| codes::tag(t).ok()) {
        if !code.is_empty() && !wanted.contains(&code) {
            wanted.push(code);
        }
    }
    let bound: HashMap<String, i64> = cylinder::tag::Entity::find()
        .filter(cylinder::tag::Column::Code.is_in(&wanted))
        .filter(cylinder::tag::Column::State.eq(cylinder::tag::BOUND))
        .all(read)
        .await?
        .into_iter()
        .filter_map(|t| Some((t.code, t.cylinder_id?)))
        .collect();
    let rows: HashMap<i64, cylinder::Model> = cylinder::Entity::find()
        .filter(cylinder_list::within(viewer))
        .filter(cylinder::Column::Id.is_in(bound.values().copied()))
        .all(read)
        .await?
        .into_iter()
        .map(|c| (c.id, c))
        .collect();
    let orgs: Vec<i64> = rows.values().map(|c| c.org_id).collect();
    let orgs = names::orgs(read, orgs).await?;
    let media: HashMap<String, String> =
        reference::all_media(read).await?.into_iter().map(|m| (m.code, m.zh)).collect();
    let label = |code: String| {
        let c = rows.get(bound.get(&code)?)?;
        Some(Label {
            code,
            org: orgs.get(&c.org_id).cloned().unwrap_or_default(),
            medium: media.get(&c.medium).cloned().unwrap_or_else(|| c.medium.clone()),
            lpg: c.medium == "LPG",
            stamp_no: c.stamp_no.clone(),
            model: c.model.clone(),
            maker: c.maker.clone(),
            made: c.made.clone(),
            division: c.division,
        })
    };
    Ok(wanted.into_iter().filter_map(label).collect())
}
