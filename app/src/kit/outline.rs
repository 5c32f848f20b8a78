//! The outlines of the districts as a picture that the server makes once: the browser gets paths, no coordinates to project.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Units across a picture.
pub const WIDTH: i32 = 1600;
/// Units from its top to its bottom.
pub const HEIGHT: i32 = 960;

/// A district on a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// GB/T 2260 code.
    pub code: i32,
    /// Name.
    pub name: String,
    /// Its border as the data of an SVG path.
    pub d: String,
}

/// The districts on a picture of [`WIDTH`] by [`HEIGHT`] units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// In the order of the file.
    pub districts: Vec<Shape>,
}

impl Outline {
    /// The districts, to be drawn over. Each says its name.
    #[must_use]
    pub fn view(&self) -> AnyView {
        let shapes = self.districts.iter().map(|s| {
            view! { <path class="district" d=s.d.clone()><title>{s.name.clone()}</title></path> }
        });
        view! { <g>{shapes.collect_view()}</g> }.into_any()
    }
}

/// The file that ships: public/map/README.md says whose it is.
#[cfg(feature = "ssr")]
const DISTRICTS: &str = include_str!("../../../public/map/districts.geojson");

/// Districts as they were read, once a process.
#[cfg(feature = "ssr")]
fn districts() -> &'static [crate::wall::map::geo::Boundary] {
    static READ: std::sync::OnceLock<Vec<crate::wall::map::geo::Boundary>> = std::sync::OnceLock::new();
    READ.get_or_init(|| {
        crate::wall::map::geo::read(DISTRICTS).unwrap_or_else(|why| {
            tracing::error!(%why, "outlines of the districts");
            vec![]
        })
    })
}

/// The districts' bounds with these positions (longitude, latitude): west and south, east and north.
#[cfg(feature = "ssr")]
pub fn bounds(positions: &[(f64, f64)]) -> crate::wall::map::project::Bounds {
    use crate::wall::map::project::Bounds;
    let borders = districts().iter().flat_map(|b| b.rings.iter().flatten().copied());
    Bounds::around(borders.chain(positions.iter().copied())).unwrap_or(Bounds { min: (0.0, 0.0), max: (0.0, 0.0) })
}

/// The outlines on a picture that has room for all districts and these positions, and where a position lies on it.
#[cfg(feature = "ssr")]
pub fn around(positions: &[(f64, f64)]) -> (Outline, impl Fn((f64, f64)) -> (i32, i32) + use<>) {
    within(bounds(positions))
}

/// The outlines on a picture of a part of the world, and where a position lies on it.
#[cfg(feature = "ssr")]
pub fn within(part: crate::wall::map::project::Bounds) -> (Outline, impl Fn((f64, f64)) -> (i32, i32)) {
    use crate::wall::map::project::{Margin, Projection};
    let margin = Margin { sides: 40.0, top: 40.0, bottom: 40.0 };
    let projection = Projection::fit(part, WIDTH.into(), HEIGHT.into(), margin);
    #[allow(clippy::cast_possible_truncation, reason = "a saturating cast to a whole unit is what is wanted")]
    let at = move |p: (f64, f64)| {
        let (x, y) = projection.at(p);
        (x.round() as i32, y.round() as i32)
    };
    let path = |rings: &[Vec<(f64, f64)>]| {
        let mut d = String::new();
        for ring in rings {
            let mut last = None;
            for p in ring.iter().map(|p| at(*p)) {
                // Points that fall together on the picture are one.
                if last == Some(p) {
                    continue;
                }
                d.push_str(&format!("{}{} {}", if last.is_none() { 'M' } else { 'L' }, p.0, p.1));
                last = Some(p);
            }
            d.push('Z');
        }
        d
    };
    let shapes = districts().iter().map(|b| Shape { code: b.code, name: b.name.clone(), d: path(&b.rings) });
    (Outline { districts: shapes.collect() }, at)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn all_districts_and_positions_lie_on_the_picture() {
        // A stop in another city.
        let far = (110.0, 36.0);
        let (outline, at) = around(&[far, (113.62, 34.75)]);
        assert_eq!(outline.districts.len(), 12);
        let mut numbers = 0;
        for s in &outline.districts {
            assert!(s.d.starts_with('M') && s.d.ends_with('Z'), "{}", s.name);
            for pair in s.d.split(['M', 'L', 'Z']).filter(|p| !p.is_empty()) {
                let (x, y) = pair.split_once(' ').unwrap();
                let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
                assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y), "{} {pair}", s.name);
                numbers += 1;
            }
        }
        assert!(numbers > 200, "{numbers}");
        let (x, y) = at(far);
        assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y) && x < at((113.62, 34.75)).0);
    }
}
