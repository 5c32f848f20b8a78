//! Shapes: whether a point lies inside, and where inside a label has the most room.

use super::project::Point;

/// Whether a point lies inside by the even-odd rule.
#[must_use]
pub fn inside(rings: &[Vec<Point>], (x, y): Point) -> bool {
    edges(rings)
        .filter(|((_, y1), (_, y2))| (*y1 > y) != (*y2 > y))
        .fold(false, |is, ((x1, y1), (x2, y2))| is ^ (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1))
}

/// The point inside that lies farthest from every border, and that distance.
///
/// A grid, then a finer one around the best: the result needs to be right to a few pixels only.
#[must_use]
pub fn middle(rings: &[Vec<Point>]) -> Option<(Point, f64)> {
    let all = || rings.iter().flatten();
    let (left, right) = all().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.0), b.max(p.0)));
    let (top, bottom) = all().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.1), b.max(p.1)));
    if left >= right || top >= bottom {
        return None;
    }
    let coarse = best(rings, (left, top), (right, bottom), 16)?;
    let step = ((right - left) / 16.0, (bottom - top) / 16.0);
    let ((x, y), _) = coarse;
    best(rings, (x - step.0, y - step.1), (x + step.0, y + step.1), 8).filter(|fine| fine.1 > coarse.1).or(Some(coarse))
}

fn best(rings: &[Vec<Point>], from: Point, to: Point, n: u32) -> Option<(Point, f64)> {
    let mut found: Option<(Point, f64)> = None;
    for i in 0..=n {
        for j in 0..=n {
            let share = (f64::from(i) / f64::from(n), f64::from(j) / f64::from(n));
            let p = (from.0 + (to.0 - from.0) * share.0, from.1 + (to.1 - from.1) * share.1);
            if !inside(rings, p) {
                continue;
            }
            let d = edges(rings).map(|(a, b)| distance(p, a, b)).fold(f64::MAX, f64::min);
            if found.is_none_or(|(_, best)| d > best) {
                found = Some((p, d));
            }
        }
    }
    found
}

fn edges(rings: &[Vec<Point>]) -> impl Iterator<Item = (Point, Point)> {
    rings.iter().flat_map(|r| r.iter().copied().zip(r.iter().copied().cycle().skip(1)))
}

fn distance(p: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Vec<Point> {
        vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    #[test]
    fn a_hole_is_outside() {
        let rings = [square(0.0, 0.0, 10.0), square(4.0, 4.0, 2.0)];
        assert!(inside(&rings, (1.0, 1.0)) && !inside(&rings, (5.0, 5.0)) && !inside(&rings, (11.0, 5.0)));
    }

    #[test]
    fn the_middle_of_a_square_and_of_an_l() {
        let ((x, y), d) = middle(&[square(0.0, 0.0, 100.0)]).unwrap();
        assert!((x - 50.0).abs() < 2.0 && (y - 50.0).abs() < 2.0 && d > 48.0);
        let l = [vec![(0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (20.0, 20.0), (20.0, 100.0), (0.0, 100.0)]];
        let (p, d) = middle(&l).unwrap();
        assert!(inside(&l, p) && d > 8.0, "{p:?} {d}");
    }

    #[test]
    fn nothing_has_no_middle() {
        assert_eq!(middle(&[]), None);
        assert_eq!(middle(&[vec![(1.0, 1.0), (1.0, 1.0)]]), None);
    }
}
