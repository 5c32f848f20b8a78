//! The clocks of a frame.

use web_sys::Performance;

/// The clocks.
#[derive(Clone, Copy)]
pub struct Time<'a> {
    performance: &'a Performance,
    offset: Option<f64>,
}

impl<'a> Time<'a> {
    /// The browser's clock and the server's distance from it.
    #[must_use]
    pub const fn new(performance: &'a Performance, offset: Option<f64>) -> Self {
        Self { performance, offset }
    }

    /// Milliseconds of a clock that never steps.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.performance.now()
    }

    /// The server's time, Unix ms; this display's own before the first frame.
    #[must_use]
    pub fn server(&self) -> f64 {
        unix(self.performance) + self.offset.unwrap_or(0.0)
    }
}

/// This display's time, Unix ms, by the clock that never steps.
#[must_use]
pub fn unix(performance: &Performance) -> f64 {
    performance.time_origin() + performance.now()
}
