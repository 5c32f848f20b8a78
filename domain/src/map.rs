//! The map of cylinders (钢瓶实时分布图): what is asked, and how many cylinders were last met where. Clusters are made by the server.

use crate::list::encode;
use serde::{Deserialize, Serialize};

/// Deepest zoom: each step halves what is seen.
pub const ZOOM_MAX: u8 = 6;

/// After so long without a record a place's cylinders are no more drawn as being there now, ms.
pub const STALE_MS: i64 = 24 * 3_600_000;

/// What is asked of the map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapAsk {
    /// Zoom, 0 (all districts) to [`ZOOM_MAX`].
    pub zoom: u8,
    /// Middle of what is seen, thousandths of a degree: longitude and latitude. The middle of the city where none is named.
    pub middle: Option<(i32, i32)>,
    /// Only cylinders of this custody, its number.
    pub custody: Option<i16>,
    /// Only cylinders of this owner.
    pub org: Option<i64>,
    /// Only places in this district, GB/T 2260.
    pub district: Option<i32>,
}

impl MapAsk {
    /// From an address. What it cannot mean is left out: an address is typed and sent by people.
    #[must_use]
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| value(name).and_then(|v| v.trim().parse::<i64>().ok());
        let degree = |name, most: i64| number(name).filter(|n| n.abs() <= most).and_then(|n| i32::try_from(n).ok());
        Self {
            zoom: number("z").and_then(|z| u8::try_from(z).ok()).map_or(0, |z| z.min(ZOOM_MAX)),
            middle: degree("x", 180_000).zip(degree("y", 90_000)),
            custody: number("custody").and_then(|n| i16::try_from(n).ok()),
            org: number("org"),
            district: number("district").and_then(|n| i32::try_from(n).ok()),
        }
    }

    /// As it stands in an address.
    #[must_use]
    pub fn address(&self) -> String {
        let mut parts = vec![];
        if self.zoom > 0 {
            parts.push(format!("z={}", self.zoom));
        }
        if let Some((x, y)) = self.middle {
            parts.push(format!("x={x}&y={y}"));
        }
        parts.extend(self.custody.map(|n| format!("custody={n}")));
        parts.extend(self.org.map(|n| format!("org={n}")));
        parts.extend(self.district.map(|n| format!("district={n}")));
        if parts.is_empty() { "/map".to_owned() } else { format!("/map?{}", parts.join("&")) }
    }
}

/// A place where cylinders were last met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Id of the site.
    pub site: i64,
    /// Its name.
    pub name: String,
    /// District, GB/T 2260.
    pub division: i32,
    /// Name of the district.
    pub district: String,
    /// WGS-84 degrees: longitude and latitude, where they are on file.
    pub position: Option<(f64, f64)>,
    /// How many, by the number of their custody.
    pub custody: Vec<(i16, i64)>,
    /// Latest record of any of them, ms; 0 where there is none since their registration.
    pub newest: i64,
}

impl Place {
    /// How many in all.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.custody.iter().map(|c| c.1).sum()
    }

    /// The list of these cylinders: of one custody, or of all that the map was narrowed to.
    #[must_use]
    pub fn list(&self, ask: &MapAsk, custody: Option<i16>) -> String {
        let mut out = format!("/cylinders?site={}", self.site);
        if let Some(n) = custody.or(ask.custody) {
            out.push_str(&format!("&custody={n}"));
        }
        if let Some(org) = ask.org {
            out.push_str(&format!("&org={}", encode(&org.to_string())));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_and_nonsense_is_left_out() {
        let read =
            |pairs: &[(&str, &str)]| MapAsk::read(|name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()));
        let ask = read(&[
            ("z", "3"),
            ("x", "113620"),
            ("y", "34750"),
            ("custody", "8"),
            ("org", "7"),
            ("district", "410105"),
        ]);
        assert_eq!(ask.address(), "/map?z=3&x=113620&y=34750&custody=8&org=7&district=410105");
        assert_eq!(MapAsk::default().address(), "/map");
        for odd in [("z", "-1"), ("x", "1"), ("custody", "99999"), ("org", "a"), ("district", "99999999999")] {
            assert_eq!(read(&[odd]), MapAsk::default(), "{odd:?}");
        }
        assert_eq!(read(&[("z", "200")]).zoom, ZOOM_MAX);
        assert_eq!(read(&[("x", "180001"), ("y", "0")]).middle, None);
    }
}
