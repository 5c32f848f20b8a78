//! From longitude and latitude to pixels. A city is small: scaling by the latitude of its middle is exact enough, and
//! north stays up.

/// A point on the picture.
pub type Point = (f64, f64);

/// What is to be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// West, south.
    pub min: (f64, f64),
    /// East, north.
    pub max: (f64, f64),
}

impl Bounds {
    /// Around all points; `None` without any.
    #[must_use]
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        points.into_iter().fold(None, |b: Option<Self>, (x, y)| {
            let b = b.unwrap_or(Self { min: (x, y), max: (x, y) });
            Some(Self { min: (b.min.0.min(x), b.min.1.min(y)), max: (b.max.0.max(x), b.max.1.max(y)) })
        })
    }
}

/// Space kept free at the edges, pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Margin {
    /// Left and right.
    pub sides: f64,
    /// Top.
    pub top: f64,
    /// Bottom.
    pub bottom: f64,
}

/// A projection onto a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    middle: (f64, f64),
    scale: (f64, f64),
    centre: Point,
}

/// Smallest extent that is shown, degrees: one station alone must not be magnified without end.
const SMALLEST: f64 = 0.02;

impl Projection {
    /// Fits `bounds` into a picture of `w`×`h`, in the middle of what the margins leave.
    #[must_use]
    pub fn fit(bounds: Bounds, w: f64, h: f64, margin: Margin) -> Self {
        let middle = ((bounds.min.0 + bounds.max.0) / 2.0, (bounds.min.1 + bounds.max.1) / 2.0);
        let shrink = middle.1.to_radians().cos().max(0.01);
        let wide = (bounds.max.0 - bounds.min.0).max(SMALLEST) * shrink;
        let high = (bounds.max.1 - bounds.min.1).max(SMALLEST);
        let room = ((w - 2.0 * margin.sides).max(1.0), (h - margin.top - margin.bottom).max(1.0));
        let k = (room.0 / wide).min(room.1 / high);
        Self { middle, scale: (k * shrink, k), centre: (w / 2.0, margin.top + room.1 / 2.0) }
    }

    /// Where a position lies on the picture.
    #[must_use]
    pub fn at(&self, (lng, lat): (f64, f64)) -> Point {
        (self.centre.0 + (lng - self.middle.0) * self.scale.0, self.centre.1 - (lat - self.middle.1) * self.scale.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_within_the_margins_and_north_is_up() {
        let b = Bounds::around([(112.7, 34.26), (114.2, 34.99), (113.5, 34.5)]).unwrap();
        let margin = Margin { sides: 20.0, top: 40.0, bottom: 10.0 };
        for (w, h) in [(900.0, 500.0), (300.0, 900.0)] {
            let p = Projection::fit(b, w, h, margin);
            for corner in [b.min, b.max, (b.min.0, b.max.1), (b.max.0, b.min.1)] {
                let (x, y) = p.at(corner);
                assert!(
                    (20.0 - 1e-6..=w - 20.0 + 1e-6).contains(&x) && (40.0 - 1e-6..=h - 10.0 + 1e-6).contains(&y),
                    "{x} {y}"
                );
            }
            assert!(p.at((113.0, 34.9)).1 < p.at((113.0, 34.3)).1);
            assert!(p.at((113.0, 34.5)).0 < p.at((114.0, 34.5)).0);
        }
    }

    #[test]
    fn a_kilometre_is_as_long_east_as_north() {
        let b = Bounds::around([(112.7, 34.26), (114.2, 34.99)]).unwrap();
        let p = Projection::fit(b, 900.0, 500.0, Margin::default());
        let here = p.at((113.5, 34.6));
        let east = p.at((113.5 + 0.1 / 34.625_f64.to_radians().cos(), 34.6)).0 - here.0;
        let north = here.1 - p.at((113.5, 34.7)).1;
        assert!((east - north).abs() < 0.2, "{east} {north}");
    }

    #[test]
    fn one_point_or_none() {
        assert_eq!(Bounds::around([]), None);
        let p = Projection::fit(Bounds::around([(113.0, 34.0)]).unwrap(), 100.0, 100.0, Margin::default());
        assert_eq!(p.at((113.0, 34.0)), (50.0, 50.0));
        assert!(p.at((113.01, 34.0)).0.is_finite());
    }
}
