//! What the map asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{error::AppError, kit::list::Choices, kit::outline::Outline};
use domain::map::{MapAsk, Place};
use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

/// Cylinders that are drawn as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Where it lies on the picture.
    pub at: (i32, i32),
    /// How many cylinders.
    pub count: i64,
    /// Names of its first places.
    pub names: Vec<String>,
    /// How many places.
    pub places: u32,
    /// Where it leads: the list of one place's cylinders, or a nearer look at several.
    pub href: String,
    /// Latest record, ms; 0 where there is none.
    pub newest: i64,
}

/// The map at a zoom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPage {
    /// What was asked, with the middle that is seen.
    pub ask: MapAsk,
    /// How far a step goes, thousandths of a degree: east and north.
    pub step: (i32, i32),
    /// The districts.
    pub outline: Outline,
    /// What is drawn.
    pub clusters: Vec<Cluster>,
    /// All places, also those that are not in the picture.
    pub places: Vec<Place>,
    /// What it can be narrowed to.
    pub choices: Choices,
    /// The instant, ms.
    pub now: i64,
}

/// The clusters of the cylinders within sight.
#[server(prefix = "/api/fn", endpoint = "map_clusters", input = Json, output = Json)]
pub async fn map_clusters(ask: MapAsk) -> Result<MapPage, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(domain::permission::Permission::MapRead)?;
    use crate::error::internal;
    let places = data::map::places(&db, viewer, &ask).await.map_err(internal("map"))?;
    let found = data::cylinder_list::choices(&db, viewer).await.map_err(internal("choices of the map"))?;
    let choice = |code: String, name: String| (code, name.clone(), name);
    let choices = Choices::from([
        ("org".to_owned(), found.orgs.into_iter().map(|(id, name)| choice(id.to_string(), name)).collect()),
        ("district".to_owned(), found.districts.into_iter().map(|(d, name)| choice(d.to_string(), name)).collect()),
    ]);
    Ok(super::cluster::picture(&ask, places, choices, now))
}
