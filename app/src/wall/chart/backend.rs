//! plotters on a canvas. Its own canvas drawer measures text by putting an element with a style into the page, which a
//! strict content policy forbids and a wall cannot afford; here the canvas measures its own text.

use crate::wall::canvas::Canvas;
use plotters::{coord::Shift, drawing::DrawingArea, prelude::*, style::TextStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};
use plotters_canvas::CanvasBackend;
use web_sys::CanvasRenderingContext2d;

/// The drawer.
pub struct Sharp {
    inner: CanvasBackend,
    ctx: CanvasRenderingContext2d,
}

/// An area to draw on.
pub type Area = DrawingArea<Sharp, Shift>;
/// What drawing answers. There is nobody to tell of a failure: the next second draws again.
pub type Drawn = Result<(), DrawingAreaErrorKind<<Sharp as DrawingBackend>::ErrorType>>;

/// The whole canvas as an area.
#[must_use]
pub fn area(canvas: &Canvas) -> Option<Area> {
    let inner = CanvasBackend::with_canvas_object(canvas.element.clone())?;
    // Sharp joins would shoot beyond the value, and below zero.
    canvas.ctx.set_line_join("round");
    Some(Sharp { inner, ctx: canvas.ctx.clone() }.into_drawing_area())
}

/// A text style of the wall.
#[must_use]
pub fn text(size: f64, colour: &'static RGBColor, h: plotters::style::text_anchor::HPos) -> TextStyle<'static> {
    use plotters::style::text_anchor::{Pos, VPos};
    TextStyle::from((crate::wall::canvas::FONT, size)).color(colour).pos(Pos::new(h, VPos::Center))
}

impl DrawingBackend for Sharp {
    type ErrorType = <CanvasBackend as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.inner.get_size()
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.ensure_prepared()
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.present()
    }

    fn draw_pixel(&mut self, p: BackendCoord, c: BackendColor) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_pixel(p, c)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_rect(a, b, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        at: BackendCoord,
        r: u32,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_circle(at, r, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.fill_polygon(corners, style)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.inner.draw_text(text, style, at)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // pixels
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        self.ctx.set_font(&format!("{}px {}", style.size(), style.family().as_str()));
        let w = self.ctx.measure_text(text).map_or(0.0, |m| m.width());
        Ok((w.ceil() as u32, style.size().ceil() as u32))
    }
}
