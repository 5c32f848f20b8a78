//! Labels that do not lie on each other.

use super::project::Point;

/// A box on the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left, top.
    pub min: Point,
    /// Right, bottom.
    pub max: Point,
}

impl Rect {
    /// Around a middle.
    #[must_use]
    pub fn around((x, y): Point, w: f64, h: f64) -> Self {
        Self { min: (x - w / 2.0, y - h / 2.0), max: (x + w / 2.0, y + h / 2.0) }
    }

    /// Whether two boxes share any point.
    #[must_use]
    pub fn meets(&self, o: &Self) -> bool {
        self.min.0 < o.max.0 && o.min.0 < self.max.0 && self.min.1 < o.max.1 && o.min.1 < self.max.1
    }

    /// Whether it lies within another.
    #[must_use]
    pub fn within(&self, o: &Self) -> bool {
        self.min.0 >= o.min.0 && self.min.1 >= o.min.1 && self.max.0 <= o.max.0 && self.max.1 <= o.max.1
    }
}

/// Width of a text without asking a browser: Chinese characters are as wide as high, others a little over half.
#[must_use]
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.58 } else { 1.0 }).sum::<f64>() * size
}

/// Boxes taken so far.
#[derive(Clone, Debug)]
pub struct Room {
    whole: Rect,
    taken: Vec<Rect>,
}

impl Room {
    /// An empty picture.
    #[must_use]
    pub const fn new(w: f64, h: f64) -> Self {
        Self { whole: Rect { min: (0.0, 0.0), max: (w, h) }, taken: vec![] }
    }

    /// Takes a box whatever lies there: a mark that stands where it stands.
    pub fn occupy(&mut self, r: Rect) {
        self.taken.push(r);
    }

    /// Takes the first of the boxes that is free; answers which.
    pub fn place(&mut self, candidates: impl IntoIterator<Item = Rect>) -> Option<Rect> {
        let free = candidates.into_iter().find(|r| r.within(&self.whole) && self.taken.iter().all(|t| !t.meets(r)))?;
        self.taken.push(free);
        Some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_place_is_taken() {
        let mut room = Room::new(100.0, 100.0);
        room.occupy(Rect::around((50.0, 50.0), 10.0, 10.0));
        let on_it = Rect::around((52.0, 50.0), 10.0, 10.0);
        let beside = Rect::around((65.0, 50.0), 10.0, 10.0);
        let outside = Rect::around((99.0, 50.0), 10.0, 10.0);
        assert_eq!(room.place([on_it, outside, beside]), Some(beside));
        assert_eq!(room.place([beside]), None);
    }

    #[test]
    fn chinese_is_wider() {
        assert_eq!(width("金水", 10.0), 20.0);
        assert!(width("1,234", 10.0) < 30.0);
    }
}
