//! Positions, WGS-84 degrees.

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

    #[test]
    fn no_position_outside_the_globe() {
        assert!(Position::new(f64::NAN, 0.0).is_none());
        assert!(Position::new(181.0, 0.0).is_none() && Position::new(0.0, -91.0).is_none());
        assert!(Position::new(180.0, 90.0).is_some());
    }
}
