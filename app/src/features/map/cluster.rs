//! From places to clusters: what would overlap on the picture is one.

use super::{Cluster, MapPage};
use crate::{
    kit::{list::Choices, outline},
    wall::map::project::Bounds,
};
use domain::map::{MapAsk, Place, ZOOM_MAX};
use std::collections::BTreeMap;

/// Places nearer than this on the picture are one cluster, units.
const NEAR: i32 = 130;
/// Names that a cluster tells.
const NAMES: usize = 4;

/// A place and where it lies on the picture.
type Member<'a> = (&'a Place, (i32, i32));

/// Degrees as thousandths.
fn milli(degrees: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "a saturating cast to a whole unit is what is wanted")]
    let whole = (degrees * 1_000.0).round() as i32;
    whole
}

/// The map of places at the zoom and around the middle that are asked for.
pub fn picture(ask: &MapAsk, places: Vec<Place>, choices: Choices, now: i64) -> MapPage {
    let positions: Vec<(f64, f64)> = places.iter().filter_map(|p| p.position).collect();
    let whole = outline::bounds(&positions);
    let zoom = ask.zoom.min(ZOOM_MAX);
    let half = |from: f64, to: f64| (to - from) / 2.0 / f64::from(1_u32 << zoom);
    let (w, h) = (half(whole.min.0, whole.max.0), half(whole.min.1, whole.max.1));
    let own = (milli((whole.min.0 + whole.max.0) / 2.0), milli((whole.min.1 + whole.max.1) / 2.0));
    // One cannot leave the map.
    let within = |at: i32, from: f64, to: f64| at.clamp(milli(from).min(milli(to)), milli(to));
    let asked = ask.middle.unwrap_or(own);
    let middle = (within(asked.0, whole.min.0, whole.max.0), within(asked.1, whole.min.1, whole.max.1));
    let centre = (f64::from(middle.0) / 1_000.0, f64::from(middle.1) / 1_000.0);
    let part = Bounds { min: (centre.0 - w, centre.1 - h), max: (centre.0 + w, centre.1 + h) };
    let (outline, at) = outline::within(part);
    let ask = MapAsk { zoom, middle: Some(middle), ..ask.clone() };
    let mut cells: BTreeMap<(i32, i32), Vec<Member<'_>>> = BTreeMap::new();
    for (p, position) in places.iter().filter_map(|p| Some((p, p.position?))) {
        let (x, y) = at(position);
        if (0..=outline::WIDTH).contains(&x) && (0..=outline::HEIGHT).contains(&y) {
            cells.entry((x / NEAR, y / NEAR)).or_default().push((p, (x, y)));
        }
    }
    let clusters = cells.into_values().map(|members| cluster(&ask, &members)).collect();
    MapPage { step: (milli(w).max(1), milli(h).max(1)), ask, outline, clusters, places, choices, now }
}

/// What lies in one cell, drawn at its place with most cylinders.
fn cluster(ask: &MapAsk, members: &[Member<'_>]) -> Cluster {
    let first = members.iter().max_by_key(|(p, _)| (p.count(), std::cmp::Reverse(p.site)));
    let (lng, lat) = first.and_then(|(p, _)| p.position).unwrap_or_default();
    let href = match (members, ask.zoom < ZOOM_MAX) {
        ([(one, _)], _) => one.list(ask, None),
        (_, true) => MapAsk { zoom: ask.zoom + 1, middle: Some((milli(lng), milli(lat))), ..ask.clone() }.address(),
        // As near as it goes: the table tells them apart.
        (_, false) => "#places".to_owned(),
    };
    Cluster {
        at: first.map(|(_, at)| *at).unwrap_or_default(),
        count: members.iter().map(|(p, _)| p.count()).sum(),
        names: members.iter().take(NAMES).map(|(p, _)| p.name.clone()).collect(),
        places: u32::try_from(members.len()).unwrap_or(u32::MAX),
        href,
        newest: members.iter().map(|(p, _)| p.newest).max().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(site: i64, lng: f64, lat: f64, n: i64) -> Place {
        Place {
            site,
            name: format!("站{site}"),
            division: 410_105,
            district: "金水区".into(),
            position: Some((lng, lat)),
            custody: vec![(1, n)],
            newest: site,
        }
    }

    #[test]
    fn nothing_is_lost_and_near_places_part_as_one_comes_nearer() {
        let places = vec![place(1, 113.62, 34.75, 5), place(2, 113.66, 34.75, 7), place(3, 112.95, 34.45, 9)];
        let far = picture(&MapAsk::default(), places.clone(), Choices::new(), 0);
        assert_eq!(far.clusters.iter().map(|c| c.count).sum::<i64>(), 21);
        assert_eq!(far.clusters.len(), 2);
        let many = far.clusters.iter().find(|c| c.places == 2).unwrap();
        assert!(many.href.starts_with("/map?z=1&"), "{}", many.href);
        let one = far.clusters.iter().find(|c| c.places == 1).unwrap();
        assert_eq!(one.href, "/cylinders?site=3");
        let mut ask = far.ask;
        for _ in 0..ZOOM_MAX {
            ask = MapAsk { zoom: ask.zoom + 1, middle: Some((113_640, 34_750)), ..ask };
            let near = picture(&ask, places.clone(), Choices::new(), 0);
            if near.clusters.len() == 2 && near.clusters.iter().all(|c| c.places == 1) {
                return;
            }
        }
        panic!("they never part");
    }

    #[test]
    fn one_cannot_leave_the_map() {
        for middle in [(180_000, 90_000), (-180_000, -90_000)] {
            let ask = MapAsk { zoom: 200, middle: Some(middle), ..MapAsk::default() };
            let p = picture(&ask, vec![], Choices::new(), 0);
            let (x, y) = p.ask.middle.unwrap();
            assert!((112_000..115_000).contains(&x) && (34_000..35_500).contains(&y), "{x} {y}");
            assert!(p.clusters.is_empty() && p.step.0 > 0);
        }
    }
}
