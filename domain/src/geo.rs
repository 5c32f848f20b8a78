//! Positions, WGS-84 degrees, and the shifted coordinates of Chinese maps.
//!
//! Everything is stored in WGS-84, from which CGCS2000 differs by less than a metre. GCJ-02 (AMap, Tencent) and BD-09 (Baidu)
//! are pairs of numbers for somebody's map, not places: they have a type of their own, [`Shifted`], so that none gets into the
//! record by accident.

use serde::{Deserialize, Serialize};

/// A position in WGS-84 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Longitude, −180..=180.
    pub lng: f64,
    /// Latitude, −90..=90.
    pub lat: f64,
}

impl Position {
    /// A position; `None` when a coordinate is not finite or out of its range.
    #[must_use]
    pub fn new(lng: f64, lat: f64) -> Option<Self> {
        ((-180.0..=180.0).contains(&lng) && (-90.0..=90.0).contains(&lat)).then_some(Self { lng, lat })
    }

    /// Great-circle distance in metres (haversine on a sphere of 6 371 008.8 m, within 0.5 % of the ellipsoid).
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let (dlat, dlng) = (b - a, (other.lng - self.lng).to_radians());
        let h = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlng / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
    }
}

/// Coordinates of a map that shifts them: degrees, but not of the globe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shifted {
    /// Longitude on the map.
    pub lng: f64,
    /// Latitude on the map.
    pub lat: f64,
}

/// A rectangle of degrees, borders included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// South-western corner.
    pub min: Position,
    /// North-eastern corner.
    pub max: Position,
}

impl Bounds {
    /// Whether a position lies inside: whether a device of this city can be there at all.
    #[must_use]
    pub fn contains(self, p: Position) -> bool {
        (self.min.lng..=self.max.lng).contains(&p.lng) && (self.min.lat..=self.max.lat).contains(&p.lat)
    }
}

/// Where GCJ-02 shifts: the rectangle that its published implementations share.
const CHINA: Bounds =
    Bounds { min: Position { lng: 72.004, lat: 0.8293 }, max: Position { lng: 137.8347, lat: 55.8271 } };
/// Semi-major axis of the ellipsoid, metres.
const A: f64 = 6_378_137.0;
/// Square of its first eccentricity, as GCJ-02 has it.
const EE: f64 = 0.006_693_421_622_965_943;
/// Rounds of the inverse. Each divides the error by about a thousand.
const ROUNDS: usize = 20;

/// The shift of GCJ-02 at a position, degrees of longitude and latitude.
fn shift(p: Position) -> (f64, f64) {
    use std::f64::consts::PI;
    let (x, y) = (p.lng - 105.0, p.lat - 35.0);
    let wave = |amplitude: f64, at: f64| amplitude * (at * PI).sin();
    let common = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let lat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + (common + wave(20.0, y) + wave(40.0, y / 3.0) + wave(160.0, y / 12.0) + wave(320.0, y / 30.0)) * 2.0 / 3.0;
    let lng = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + (common + wave(20.0, x) + wave(40.0, x / 3.0) + wave(150.0, x / 12.0) + wave(300.0, x / 30.0)) * 2.0 / 3.0;
    let phi = p.lat.to_radians();
    let m = 1.0 - EE * phi.sin().powi(2);
    let metres_lat = A * (1.0 - EE) / (m * m.sqrt());
    let metres_lng = A / m.sqrt() * phi.cos();
    ((lng / metres_lng).to_degrees(), (lat / metres_lat).to_degrees())
}

impl Position {
    /// As AMap and Tencent draw it (GCJ-02). Outside China nothing is shifted.
    #[must_use]
    pub fn to_gcj02(self) -> Shifted {
        let (lng, lat) = if CHINA.contains(self) { shift(self) } else { (0.0, 0.0) };
        Shifted { lng: self.lng + lng, lat: self.lat + lat }
    }

    /// The position that GCJ-02 draws at these coordinates, found by fixed point: far below a millimetre inside China. `None` when
    /// they are not on the globe.
    #[must_use]
    pub fn from_gcj02(map: Shifted) -> Option<Self> {
        let mut p = Self::new(map.lng, map.lat)?;
        if !CHINA.contains(p) {
            return Some(p);
        }
        for _ in 0..ROUNDS {
            // By the formula itself, not by `to_gcj02`: at the border of the rectangle a round may step over it.
            let (lng, lat) = shift(p);
            p = Self::new(map.lng - lng, map.lat - lat)?;
        }
        Some(p)
    }

    /// As Baidu draws it (BD-09).
    #[must_use]
    pub fn to_bd09(self) -> Shifted {
        let Shifted { lng: x, lat: y } = self.to_gcj02();
        let (z, theta) = polar(x, y, 1.0, y, x);
        Shifted { lng: z * theta.cos() + BD_LNG, lat: z * theta.sin() + BD_LAT }
    }

    /// The position that Baidu draws at these coordinates, found by fixed point. `None` when they are not on the globe.
    #[must_use]
    pub fn from_bd09(map: Shifted) -> Option<Self> {
        let (x, y) = (map.lng - BD_LNG, map.lat - BD_LAT);
        let (mut lng, mut lat) = (x, y);
        for _ in 0..ROUNDS {
            let (z, theta) = polar(x, y, -1.0, lat, lng);
            (lng, lat) = (z * theta.cos(), z * theta.sin());
        }
        Self::from_gcj02(Shifted { lng, lat })
    }
}

/// What BD-09 adds to GCJ-02, degrees of longitude.
const BD_LNG: f64 = 0.0065;
/// What BD-09 adds to GCJ-02, degrees of latitude.
const BD_LAT: f64 = 0.006;

/// Radius and angle of BD-09: those of `x, y`, moved by waves of the GCJ-02 coordinates `lat, lng`.
fn polar(x: f64, y: f64, sign: f64, lat: f64, lng: f64) -> (f64, f64) {
    let wave = 3000.0 * std::f64::consts::PI / 180.0;
    let z = x.hypot(y) + sign * 0.000_02 * (lat * wave).sin();
    let theta = y.atan2(x) + sign * 0.000_003 * (lng * wave).cos();
    (z, theta)
}

/// Whether a tag cannot have been at both places: faster than `speed_kmh` in a straight line plus `slack_s` seconds
/// (rules.md §20: 80 km/h and 5 minutes).
#[must_use]
pub fn impossible_travel(a: Position, at_a: i64, b: Position, at_b: i64, speed_kmh: i64, slack_s: i64) -> bool {
    let need_ms = a.distance_m(b) / (speed_kmh.max(1) as f64 / 3.6) * 1000.0 + slack_s.max(0) as f64 * 1000.0;
    let had_ms = at_a.abs_diff(at_b) as f64;
    // Within one yard a scanner's own error is larger than the distance.
    a.distance_m(b) > 1_000.0 && had_ms < need_ms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vector_18_forty_kilometres_in_five_minutes() {
        let a = Position::new(113.6253, 34.7466).unwrap();
        let b = Position::new(113.6253, 34.7466 + 40.0 / 111.195).unwrap();
        assert!((a.distance_m(b) - 40_000.0).abs() < 50.0);
        assert!(impossible_travel(a, 0, b, 5 * 60_000, 80, 300));
        assert!(impossible_travel(b, 5 * 60_000, a, 0, 80, 300), "the order does not matter");
        // 40 km at 80 km/h are 30 minutes, and 5 more.
        assert!(impossible_travel(a, 0, b, 34 * 60_000, 80, 300));
        assert!(!impossible_travel(a, 0, b, 36 * 60_000, 80, 300));
        assert!(!impossible_travel(a, 0, a, 0, 80, 300));
    }

    /// GCJ-02 of published implementations.
    const GCJ02: [((f64, f64), (f64, f64)); 2] = [
        ((120.596931, 31.280844), (120.60109998322247, 31.278648624428175)),
        ((113.6253, 34.7466), (113.63134668278622, 34.74541732167272)),
    ];

    fn close(a: (f64, f64), b: (f64, f64), by: f64) -> bool {
        (a.0 - b.0).abs() <= by && (a.1 - b.1).abs() <= by
    }

    #[test]
    fn gcj02_vectors_both_ways() {
        for ((lng, lat), (x, y)) in GCJ02 {
            let p = Position::new(lng, lat).unwrap();
            let map = p.to_gcj02();
            assert!(close((map.lng, map.lat), (x, y), 1e-11), "{map:?}");
            let back = Position::from_gcj02(Shifted { lng: x, lat: y }).unwrap();
            assert!(close((back.lng, back.lat), (lng, lat), 1e-11), "{back:?}");
        }
        let (p, map) = (Position::new(113.6253, 34.7466).unwrap(), GCJ02[1].1);
        // About 132 m to the south and 553 m to the east of where it is.
        let at = |lng, lat| Position::new(lng, lat).unwrap();
        assert!((p.distance_m(at(p.lng, map.1)) - 132.0).abs() < 2.0);
        assert!((p.distance_m(at(map.0, p.lat)) - 553.0).abs() < 2.0);
    }

    #[test]
    fn nothing_is_shifted_outside_china() {
        for (lng, lat) in [(0.0, 0.0), (-0.1276, 51.5072), (139.6917, 35.6895), (151.2093, -33.8688), (180.0, 90.0)] {
            let p = Position::new(lng, lat).unwrap();
            let map = p.to_gcj02();
            assert_eq!((map.lng, map.lat), (lng, lat));
            assert_eq!(Position::from_gcj02(map), Some(p));
        }
    }

    #[test]
    fn bd09_is_gcj02_and_a_little_more() {
        // 天安门: GCJ-02 116.404, 39.915 is BD-09 116.41036949371029, 39.92133699351021.
        let p = Position::from_gcj02(Shifted { lng: 116.404, lat: 39.915 }).unwrap();
        let map = p.to_bd09();
        assert!(close((map.lng, map.lat), (116.41036949371029, 39.92133699351021), 1e-9), "{map:?}");
    }

    #[test]
    fn coordinates_that_are_none_have_no_position() {
        for (lng, lat) in [(f64::NAN, 30.0), (f64::INFINITY, 30.0), (200.0, 30.0), (113.0, f64::NEG_INFINITY)] {
            assert_eq!(Position::from_gcj02(Shifted { lng, lat }), None);
            assert_eq!(Position::from_bd09(Shifted { lng, lat }), None);
        }
    }

    #[test]
    fn a_city_s_bounds_find_misplaced_devices() {
        let at = |lng, lat| Position::new(lng, lat).unwrap();
        let zhengzhou = Bounds { min: at(112.70, 34.27), max: at(114.23, 34.97) };
        assert!(zhengzhou.contains(at(113.6253, 34.7466)) && zhengzhou.contains(zhengzhou.min));
        assert!(!zhengzhou.contains(at(34.7466, 113.6253 - 90.0)), "longitude and latitude exchanged");
        assert!(!zhengzhou.contains(at(113.6253, 35.0)) && !zhengzhou.contains(at(0.0, 0.0)));
    }

    proptest! {
        #[test]
        fn a_map_and_back_is_where_it_was(lng in 73.0f64..135.0, lat in 3.0f64..54.0) {
            let p = Position::new(lng, lat).unwrap();
            for back in [Position::from_gcj02(p.to_gcj02()), Position::from_bd09(p.to_bd09())] {
                prop_assert!(back.unwrap().distance_m(p) < 0.001, "{:?}", back);
            }
            let map = p.to_gcj02();
            let moved = Position::new(map.lng, map.lat).unwrap().distance_m(p);
            prop_assert!(moved < 2_000.0, "{} m", moved);
        }

        #[test]
        fn no_coordinates_panic(lng in any::<f64>(), lat in any::<f64>()) {
            let map = Shifted { lng, lat };
            for p in [Position::from_gcj02(map), Position::from_bd09(map)].into_iter().flatten() {
                prop_assert!(Position::new(p.lng, p.lat).is_some());
            }
        }
    }

    #[test]
    fn no_position_outside_the_globe() {
        assert!(Position::new(f64::NAN, 0.0).is_none());
        assert!(Position::new(181.0, 0.0).is_none() && Position::new(0.0, -91.0).is_none());
        assert!(Position::new(180.0, 90.0).is_some());
    }
}
