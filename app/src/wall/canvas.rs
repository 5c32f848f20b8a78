//! Canvases as sharp as the display: as many pixels as it has, not as the style sheet says.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// The wall's font, as in the style sheet.
pub const FONT: &str = "\"Noto Sans CJK SC\",\"Noto Sans SC\",\"PingFang SC\",\"Microsoft YaHei\",sans-serif";

/// Smallest text as a share of the window's height; the limit is 1/60.
const TEXT: f64 = 0.0175;

/// A canvas and its measures.
#[derive(Clone)]
pub struct Canvas {
    /// The element.
    pub element: HtmlCanvasElement,
    /// Its context.
    pub ctx: CanvasRenderingContext2d,
    /// Width, device pixels.
    pub w: f64,
    /// Height, device pixels.
    pub h: f64,
    /// Smallest text, device pixels.
    pub text: f64,
}

impl Canvas {
    /// Binds an element; `None` when the browser gives no context.
    #[must_use]
    pub fn new(element: HtmlCanvasElement) -> Option<Self> {
        let ctx = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { element, ctx, w: 0.0, h: 0.0, text: 0.0 })
    }

    /// Measures it anew; answers whether it changed and is therefore empty now.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // sizes of a screen
    pub fn fit(&mut self) -> bool {
        let Some(window) = web_sys::window() else { return false };
        let dpr = window.device_pixel_ratio().max(0.5);
        let css = self.element.get_bounding_client_rect();
        let (w, h) = ((css.width() * dpr).round(), (css.height() * dpr).round());
        let inner = window.inner_height().ok().and_then(|v| v.as_f64()).unwrap_or_default();
        let text = inner * TEXT * dpr;
        if w < 1.0 || h < 1.0 || (w, h, text) == (self.w, self.h, self.text) {
            return false;
        }
        (self.w, self.h, self.text) = (w, h, text);
        self.element.set_width(w as u32);
        self.element.set_height(h as u32);
        // Tests read it: text on a canvas is invisible to them.
        let _ = self.element.set_attribute("data-min-font", &format!("{:.2}", text / dpr));
        true
    }

    /// Whether it has a size.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.w > 0.0
    }

    /// Empties it.
    pub fn clear(&self) {
        self.ctx.clear_rect(0.0, 0.0, self.w, self.h);
    }
}
