//! What the painter knows how to draw. Everything above it is arithmetic.

use super::project::Point;

/// A colour: red, green, blue, and how dense.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rgba(pub u8, pub u8, pub u8, pub f32);

impl Rgba {
    /// The same colour, thinner by a factor.
    #[must_use]
    pub fn fade(self, factor: f64) -> Self {
        #[allow(clippy::cast_possible_truncation)]
        Self(self.0, self.1, self.2, self.3 * factor.clamp(0.0, 1.0) as f32)
    }

    /// As a style sheet writes it.
    #[must_use]
    pub fn css(self) -> String {
        format!("rgba({},{},{},{:.3})", self.0, self.1, self.2, self.3)
    }

    /// Between two colours.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between two bytes
    pub fn mix(self, other: Self, share: f64) -> Self {
        let s = share.clamp(0.0, 1.0);
        let m = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * s).round() as u8;
        Self(m(self.0, other.0), m(self.1, other.1), m(self.2, other.2), self.3 + (other.3 - self.3) * s as f32)
    }
}

/// The palette of the map; meanings as in the style sheet.
pub mod palette {
    use super::Rgba;
    /// In order.
    pub const OK: Rgba = Rgba(61, 220, 192, 1.0);
    /// To look at.
    pub const WARN: Rgba = Rgba(255, 190, 61, 1.0);
    /// Refused, or an alert.
    pub const BLOCKED: Rgba = Rgba(255, 107, 107, 1.0);
    /// Stations.
    pub const STATION: Rgba = Rgba(176, 236, 224, 1.0);
    /// A district without a fill today.
    pub const LEAST: Rgba = Rgba(14, 37, 56, 1.0);
    /// The district with the most.
    pub const MOST: Rgba = Rgba(24, 98, 122, 1.0);
    /// The district with the most of what is bad.
    pub const WORST: Rgba = Rgba(138, 58, 52, 1.0);
    /// Borders between districts.
    pub const BORDER: Rgba = Rgba(92, 152, 178, 0.75);
    /// The city's outer border.
    pub const OUTLINE: Rgba = Rgba(84, 196, 214, 0.85);
    /// Text.
    pub const TEXT: Rgba = Rgba(232, 243, 247, 1.0);
    /// Text of less weight.
    pub const SOFT: Rgba = Rgba(168, 196, 208, 1.0);
    /// Under text, so that it stands out from lines.
    pub const HALO: Rgba = Rgba(6, 18, 29, 0.85);
}

/// Something to draw, in device pixels.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// Polygons, even-odd.
    Area {
        /// Their corners.
        rings: Vec<Vec<Point>>,
        /// Inside.
        fill: Option<Rgba>,
        /// Border and its width.
        line: Option<(Rgba, f64)>,
    },
    /// A filled disc.
    Disc {
        /// Middle.
        at: Point,
        /// Radius.
        r: f64,
        /// Inside.
        fill: Rgba,
        /// Border and its width.
        line: Option<(Rgba, f64)>,
    },
    /// A ring.
    Ring {
        /// Middle.
        at: Point,
        /// Radius.
        r: f64,
        /// Colour and width.
        line: (Rgba, f64),
    },
    /// Open or closed lines.
    Lines {
        /// Their points.
        paths: Vec<Vec<Point>>,
        /// Colour and width.
        line: (Rgba, f64),
    },
    /// Text, its middle at a point.
    Text {
        /// Middle.
        at: Point,
        /// What it says.
        text: String,
        /// Size of its font.
        size: f64,
        /// Colour.
        fill: Rgba,
        /// Whether it is set in bold.
        bold: bool,
    },
}
