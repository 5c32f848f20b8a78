//! Reads the boundaries of districts: GeoJSON, WGS-84, one feature a district.

use serde::Deserialize;

/// A district's boundary.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// GB/T 2260 code.
    pub code: i32,
    /// Name as the file gives it.
    pub name: String,
    /// Rings of all its parts, outer and inner alike: filled by the even-odd rule. Longitude, latitude.
    pub rings: Vec<Vec<(f64, f64)>>,
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    name: String,
    gb: Code,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Text(String),
    Number(i64),
}

impl Code {
    /// `156410105` (with the country's code in front) or `410105`.
    fn gb2260(&self) -> Option<i32> {
        let digits = match self {
            Self::Text(s) => s.trim().parse().ok()?,
            Self::Number(n) => *n,
        };
        let code = if digits >= 156_000_000 { digits - 156_000_000 } else { digits };
        i32::try_from(code).ok().filter(|c| (100_000..=999_999).contains(c))
    }
}

type Ring = Vec<Vec<f64>>;

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

/// Reads a file.
///
/// # Errors
/// When it is no GeoJSON of polygons, or a feature carries no code.
pub fn read(text: &str) -> Result<Vec<Boundary>, String> {
    let all: Collection = serde_json::from_str(text).map_err(|e| e.to_string())?;
    all.features
        .into_iter()
        .map(|f| {
            let code = f.properties.gb.gb2260().ok_or("a feature's gb is no division code")?;
            let rings = match f.geometry {
                Some(Geometry::Polygon(rings)) => rings,
                Some(Geometry::MultiPolygon(parts)) => parts.into_iter().flatten().collect(),
                None => vec![],
            };
            let rings = rings.into_iter().map(|r| ring(&r)).filter(|r| r.len() >= 3).collect();
            Ok(Boundary { code, name: f.properties.name, rings })
        })
        .collect()
}

/// Positions may carry a height; broken ones are left out.
fn ring(positions: &[Vec<f64>]) -> Vec<(f64, f64)> {
    let inside = |(lng, lat): &(f64, f64)| (-180.0..=180.0).contains(lng) && (-90.0..=90.0).contains(lat);
    positions.iter().filter_map(|p| Some((*p.first()?, *p.get(1)?))).filter(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that ships.
    const CITY: &str = include_str!("../../../../public/map/districts.geojson");

    #[test]
    fn the_city_has_its_twelve_districts() {
        let all = read(CITY).unwrap();
        assert_eq!(all.len(), 12);
        let jinshui = all.iter().find(|b| b.code == 410_105).unwrap();
        assert_eq!(jinshui.name, "金水区");
        assert!(all.iter().all(|b| !b.rings.is_empty()));
    }

    #[test]
    fn an_operators_own_file_may_differ() {
        let own = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"gb":410105},"geometry":{"type":"Polygon","coordinates":[[[1,2,9],[3,4],[5,6],[999,0],[1,2]]]}},
            {"type":"Feature","properties":{"gb":" 156410106 ","name":"上街区","more":[]},"geometry":null}]}"#;
        let all = read(own).unwrap();
        assert_eq!(all[0].rings, [vec![(1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (1.0, 2.0)]]);
        assert_eq!((all[1].code, all[1].rings.len()), (410_106, 0));
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for bad in [
            "",
            "<html>",
            "{}",
            r#"{"features":[{"properties":{"gb":"x"},"geometry":null}]}"#,
            r#"{"features":[{"properties":{"gb":1},"geometry":null}]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
