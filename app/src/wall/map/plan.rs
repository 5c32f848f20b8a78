//! The still layer of the map: districts shaded by their fills, stations, labels where there is room.

use super::{
    area,
    geo::Boundary,
    labels::{Rect, Room, width},
    prim::{Prim, Rgba, palette},
    project::{Bounds, Margin, Point, Projection},
    shade::Scene,
};
use domain::wall::Station;
use std::collections::BTreeMap;

/// The picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Width, device pixels.
    pub w: f64,
    /// Height, device pixels.
    pub h: f64,
    /// Smallest text, device pixels.
    pub text: f64,
}

/// What lies at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A district.
    District(i32),
    /// A station.
    Station(i64),
}

/// Stations with their name on the map.
const NAMED: usize = 6;

#[derive(Clone, Debug)]
struct Area {
    code: i32,
    name: String,
    rings: Vec<Vec<Point>>,
    middle: Option<(Point, f64)>,
}

#[derive(Clone, Debug)]
struct Spot {
    id: i64,
    name: String,
    at: Point,
}

/// Everything that stays where it is until the picture's size or the list of stations changes.
#[derive(Clone, Debug)]
pub struct Plan {
    size: Size,
    areas: Vec<Area>,
    spots: Vec<Spot>,
    by_site: BTreeMap<i64, Point>,
}

impl Plan {
    /// Projects boundaries and stations; `focus` is the one district to be seen, if not the whole city. Without
    /// boundaries the stations alone say what is to be seen.
    #[must_use]
    pub fn new(boundaries: &[Boundary], stations: &[Station], focus: Option<i32>, size: Size) -> Self {
        let placed = || stations.iter().filter_map(|s| Some((s, (s.lng?, s.lat?))));
        let around = |wanted: &dyn Fn(&Boundary) -> bool| {
            Bounds::around(boundaries.iter().filter(|b| wanted(b)).flat_map(|b| b.rings.iter().flatten().copied()))
        };
        let ground = focus
            .and_then(|code| around(&|b| b.code == code))
            .or_else(|| around(&|_| true))
            .or_else(|| Bounds::around(placed().map(|(_, at)| at)));
        let Some(ground) = ground else {
            return Self { size, areas: vec![], spots: vec![], by_site: BTreeMap::new() };
        };
        let margin = Margin { sides: size.text * 0.5, top: size.text * 0.5, bottom: size.text * 0.5 };
        let p = Projection::fit(ground, size.w, size.h, margin);
        let areas = boundaries
            .iter()
            .map(|b| {
                let rings: Vec<Vec<Point>> = b.rings.iter().map(|r| r.iter().map(|at| p.at(*at)).collect()).collect();
                Area { code: b.code, name: b.name.clone(), middle: area::middle(&rings), rings }
            })
            .collect();
        // A station far off its city would otherwise be drawn over other tiles' edge, or nowhere: leave it out.
        let seen = |(x, y): Point| (0.0..=size.w).contains(&x) && (0.0..=size.h).contains(&y);
        let spots: Vec<Spot> = placed()
            .map(|(s, at)| Spot { id: s.id, name: s.name.clone(), at: p.at(at) })
            .filter(|s| seen(s.at))
            .collect();
        let by_site = spots.iter().map(|s| (s.id, s.at)).collect();
        Self { size, areas, spots, by_site }
    }

    /// Where a station is drawn.
    #[must_use]
    pub fn spot(&self, site: i64) -> Option<Point> {
        self.by_site.get(&site).copied()
    }

    /// What lies at a point: a station within a finger's reach, else a district.
    #[must_use]
    pub fn hit(&self, (x, y): Point) -> Option<Hit> {
        let reach = |s: &&Spot| (s.at.0 - x).hypot(s.at.1 - y);
        let nearest = self.spots.iter().min_by(|a, b| reach(a).total_cmp(&reach(b)));
        if let Some(s) = nearest.filter(|s| reach(s) <= self.size.text * 0.8) {
            return Some(Hit::Station(s.id));
        }
        self.areas.iter().find(|a| area::inside(&a.rings, (x, y))).map(|a| Hit::District(a.code))
    }

    /// The name of a district, as its boundary gives it.
    #[must_use]
    pub fn district(&self, code: i32) -> Option<&str> {
        self.areas.iter().find(|a| a.code == code).map(|a| a.name.as_str())
    }

    /// The picture's size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The layer for these figures.
    #[must_use]
    pub fn layer(&self, scene: &Scene) -> Vec<Prim> {
        let line = self.size.text / 10.0;
        let mut out = vec![];
        // Thick lines below the areas: what shows of them is the city's outer border.
        for a in &self.areas {
            out.push(Prim::Area {
                rings: a.rings.clone(),
                fill: None,
                line: Some((palette::OUTLINE.fade(0.22), line * 5.0)),
            });
        }
        for a in &self.areas {
            out.push(Prim::Area { rings: a.rings.clone(), fill: None, line: Some((palette::OUTLINE, line * 2.0)) });
        }
        let most = scene.districts.values().map(|v| v.n).max().unwrap_or(0);
        for a in &self.areas {
            let n = scene.districts.get(&a.code).map_or(0, |v| v.n);
            out.push(Prim::Area {
                rings: a.rings.clone(),
                fill: Some(shade(n, most, scene.bad)),
                line: Some((palette::BORDER, line * 0.8)),
            });
        }
        let mut room = Room::new(self.size.w, self.size.h);
        self.stations(scene, &mut out, &mut room);
        self.district_labels(scene, &mut out, &mut room);
        self.station_labels(scene, &mut out, &mut room);
        out
    }

    fn stations(&self, scene: &Scene, out: &mut Vec<Prim>, room: &mut Room) {
        let fills = |s: &Spot| scene.stations.get(&s.id).copied().unwrap_or(0);
        let most = self.spots.iter().map(fills).max().unwrap_or(0);
        for s in &self.spots {
            let r = self.size.text * (0.20 + 0.28 * share(fills(s), most).sqrt());
            room.occupy(Rect::around(s.at, r * 2.0, r * 2.0));
            let line = Some((palette::HALO, self.size.text / 9.0));
            out.push(Prim::Disc { at: s.at, r, fill: palette::STATION, line });
        }
    }

    /// Every district has its name on the map, the small ones chosen first: beside the stations' dots where there is
    /// room, else over them; with its figure where that fits, too.
    fn district_labels(&self, scene: &Scene, out: &mut Vec<Prim>, room: &mut Room) {
        let size = self.size.text * 1.08;
        let mut names_only = Room::new(self.size.w, self.size.h);
        let mut areas: Vec<(&Area, Point, f64)> =
            self.areas.iter().filter_map(|a| a.middle.map(|(at, reach)| (a, at, reach))).collect();
        areas.sort_by(|a, b| a.2.total_cmp(&b.2));
        for (a, middle, reach) in areas {
            let number = scene.districts.get(&a.code).filter(|v| v.n > 0).map(|v| v.text.clone());
            let places = around(middle, reach.max(size), |p| area::inside(&a.rings, p));
            let boxed = |number: Option<&str>| {
                let wide = width(&a.name, size).max(number.map_or(0.0, |n| width(n, size)));
                let high = size * if number.is_some() { 2.3 } else { 1.2 };
                places.iter().map(move |at| Rect::around(*at, wide, high)).collect::<Vec<_>>()
            };
            let both = number.as_deref().and_then(|n| room.place(boxed(Some(n))));
            let free = both.or_else(|| room.place(boxed(None))).or_else(|| {
                let free = names_only.place(boxed(None))?;
                room.occupy(free);
                Some(free)
            });
            let Some(free) = free else { continue };
            names_only.occupy(free);
            let (x, y) = ((free.min.0 + free.max.0) / 2.0, (free.min.1 + free.max.1) / 2.0);
            let number = number.filter(|_| both.is_some());
            let up = if number.is_some() { size * 0.58 } else { 0.0 };
            out.push(Prim::Text { at: (x, y - up), text: a.name.clone(), size, fill: palette::TEXT, bold: true });
            if let Some(text) = number {
                out.push(Prim::Text { at: (x, y + up), text, size: self.size.text, fill: palette::SOFT, bold: false });
            }
        }
    }

    /// The busiest first; those without room stay a dot, and more names than a glance takes in say nothing.
    fn station_labels(&self, scene: &Scene, out: &mut Vec<Prim>, room: &mut Room) {
        let size = self.size.text;
        let fills = |s: &Spot| scene.stations.get(&s.id).copied().unwrap_or(0);
        let mut busiest: Vec<&Spot> = self.spots.iter().filter(|s| !s.name.is_empty()).collect();
        busiest.sort_by_key(|s| (std::cmp::Reverse(fills(s)), s.id));
        let mut named = 0;
        for s in busiest {
            if named == NAMED {
                break;
            }
            let (w, h) = (width(&s.name, size), size * 1.2);
            let gap = size * 0.6;
            let at = [
                (s.at.0 + gap + w / 2.0, s.at.1),
                (s.at.0 - gap - w / 2.0, s.at.1),
                (s.at.0, s.at.1 - gap - h / 2.0),
                (s.at.0, s.at.1 + gap + h / 2.0),
            ];
            if let Some(free) = room.place(at.map(|at| Rect::around(at, w, h))) {
                named += 1;
                let at = ((free.min.0 + free.max.0) / 2.0, (free.min.1 + free.max.1) / 2.0);
                out.push(Prim::Text { at, text: s.name.clone(), size, fill: palette::SOFT, bold: false });
            }
        }
    }
}

/// Points around a middle, nearest first, as far as they are wanted.
fn around((x, y): Point, reach: f64, wanted: impl Fn(Point) -> bool) -> Vec<Point> {
    let rings = [0.0, 0.25, 0.5, 0.75, 1.0, 1.3, 1.6];
    let angles = || (0..16).map(|i| f64::from(i) * std::f64::consts::TAU / 16.0);
    rings
        .iter()
        .flat_map(|ring| angles().map(move |a| (x + a.cos() * ring * reach, y + a.sin() * ring * reach)))
        .filter(|p| wanted(*p))
        .collect()
}

/// Share of the greatest.
#[allow(clippy::cast_precision_loss)]
fn share(n: i64, most: i64) -> f64 {
    if most <= 0 { 0.0 } else { (n.max(0) as f64 / most as f64).min(1.0) }
}

fn shade(n: i64, most: i64, bad: bool) -> Rgba {
    palette::LEAST.mix(if bad { palette::WORST } else { palette::MOST }, share(n, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        live::sample,
        wall::map::{geo, shade::Shade},
    };

    const SIZE: Size = Size { w: 900.0, h: 560.0, text: 18.0 };

    fn city() -> Vec<Boundary> {
        geo::read(include_str!("../../../../public/map/districts.geojson")).unwrap()
    }

    fn texts(prims: &[Prim]) -> Vec<&str> {
        prims.iter().filter_map(|p| if let Prim::Text { text, .. } = p { Some(text.as_str()) } else { None }).collect()
    }

    #[test]
    fn all_twelve_names_are_on_the_map_with_their_figures() {
        let s = sample::snapshot();
        let plan = Plan::new(&city(), &s.stations, None, SIZE);
        let prims = plan.layer(&Scene::of(&s, Shade::Fills));
        let texts = texts(&prims);
        for name in ["金水区", "上街区", "管城回族区", "中牟县", "登封市", "12"] {
            assert!(texts.contains(&name), "{name} in {texts:?}");
        }
        assert!(city().iter().all(|b| texts.contains(&b.name.as_str())));
    }

    #[test]
    fn nothing_leaves_the_picture_and_no_text_is_too_small_or_on_another() {
        let s = sample::snapshot();
        for (w, h, text) in [(900.0, 560.0, 18.0), (1800.0, 1120.0, 36.0), (500.0, 900.0, 18.0)] {
            let plan = Plan::new(&city(), &s.stations, None, Size { w, h, text });
            let mut boxes: Vec<Rect> = vec![];
            for p in plan.layer(&Scene::of(&s, Shade::Fills)) {
                match p {
                    Prim::Text { at, text: t, size, .. } => {
                        assert!(size >= text);
                        let b = Rect::around(at, width(&t, size) - 1.0, size);
                        assert!(b.within(&Rect { min: (0.0, 0.0), max: (w, h) }), "{t}");
                        assert!(boxes.iter().all(|o| !o.meets(&b)), "{t} lies on another label");
                        boxes.push(b);
                    }
                    Prim::Area { rings, .. } => {
                        assert!(rings.iter().flatten().all(|(x, y)| (0.0..=w).contains(x) && (0.0..=h).contains(y)));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn twice_the_size_is_the_same_picture() {
        let s = sample::snapshot();
        let one = Plan::new(&city(), &s.stations, None, SIZE);
        let two = Plan::new(&city(), &s.stations, None, Size { w: 1800.0, h: 1120.0, text: 36.0 });
        let (a, b) = (one.spot(1).unwrap(), two.spot(1).unwrap());
        assert!((a.0 * 2.0 - b.0).abs() < 1e-6 && (a.1 * 2.0 - b.1).abs() < 1e-6);
        assert_eq!(texts(&one.layer(&Scene::default())), texts(&two.layer(&Scene::default())));
    }

    #[test]
    fn one_district_fills_the_picture() {
        let s = sample::snapshot();
        let plan = Plan::new(&city(), &s.stations, Some(410_105), SIZE);
        let whole = Plan::new(&city(), &s.stations, None, SIZE);
        assert!(plan.spot(1).is_some() && plan.spot(2).is_none(), "a station elsewhere is not in the picture");
        assert!(
            texts(&plan.layer(&Scene::default())).contains(&"金水区")
                && !texts(&plan.layer(&Scene::default())).contains(&"登封市")
        );
        assert_ne!(plan.spot(1), whole.spot(1));
        let unknown = Plan::new(&city(), &s.stations, Some(410_171), SIZE);
        assert_eq!(unknown.spot(1), whole.spot(1), "a zone without a polygon is seen within its city");
    }

    #[test]
    fn more_fills_are_brighter() {
        assert_eq!(shade(0, 0, false), palette::LEAST);
        assert_eq!(shade(9, 9, false), palette::MOST);
        assert!(shade(1, 9, false).1 > palette::LEAST.1 && shade(1, 9, false).1 < shade(4, 9, false).1);
    }

    #[test]
    fn without_boundaries_the_stations_make_the_map() {
        let s = sample::snapshot();
        let plan = Plan::new(&[], &s.stations, None, SIZE);
        assert!(plan.spot(1).is_some() && plan.spot(3).is_none(), "a station without a position is not drawn");
        assert!(!plan.layer(&Scene::of(&s, Shade::Fills)).is_empty());
        assert!(Plan::new(&[], &[], None, SIZE).layer(&Scene::default()).is_empty());
    }

    #[test]
    fn a_point_is_a_station_a_district_or_nothing() {
        let s = sample::snapshot();
        let plan = Plan::new(&city(), &s.stations, None, SIZE);
        let (x, y) = plan.spot(1).unwrap();
        assert_eq!(plan.hit((x + 5.0, y)), Some(Hit::Station(1)));
        assert_eq!(plan.hit((x + 25.0, y)), Some(Hit::District(410_105)));
        assert_eq!(plan.hit((1.0, 1.0)), None);
        assert_eq!((plan.district(410_105), plan.district(1)), (Some("金水区"), None));
    }
}
