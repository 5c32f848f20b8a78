//! Draws the distribution by district or station: a bar each, name before it, figures behind it.

use super::{
    backend::{self, Area, Drawn},
    data::Bar,
};
use crate::{kit::format, wall::canvas::Canvas};
use plotters::{prelude::*, style::text_anchor::HPos};

const FILL: RGBColor = RGBColor(61, 220, 192);
const BLOCKED: RGBColor = RGBColor(255, 107, 107);
const TRACK: RGBColor = RGBColor(120, 160, 178);
const TEXT: RGBColor = RGBColor(232, 243, 247);

/// Height of a row in letters.
const ROW: f64 = 1.17;

/// Rows that fit on a canvas.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn rows(canvas: &Canvas) -> usize {
    (canvas.h / (canvas.text * ROW)).floor().max(1.0) as usize
}

/// Draws them.
pub fn draw(canvas: &Canvas, bars: &[Bar]) {
    canvas.clear();
    let _ = backend::area(canvas).map(|area| whole(&area, canvas.text, bars));
}

#[allow(clippy::cast_possible_truncation)] // pixels
fn whole(area: &Area, text: f64, bars: &[Bar]) -> Drawn {
    let (w, h) = area.dim_in_pixel();
    let (w, h) = (w as i32, h as i32);
    let name = backend::text(text, &TEXT, HPos::Right);
    let number = backend::text(text, &TEXT, HPos::Right);
    let refused = backend::text(text, &BLOCKED, HPos::Right);
    let widest = |style: &TextStyle, texts: &mut dyn Iterator<Item = String>| {
        texts.filter_map(|t| area.estimate_text_size(&t, style).ok()).map(|(w, _)| w as i32).max().unwrap_or(0)
    };
    let gap = (text * 0.5) as i32;
    let names = widest(&name, &mut bars.iter().map(|b| b.name.clone()));
    let numbers = widest(&number, &mut bars.iter().map(|b| format::count(b.tally.fills)));
    let crosses = widest(&refused, &mut bars.iter().filter(|b| b.tally.blocked > 0).map(|b| cross(b.tally.blocked)));
    let (left, right) = (names + gap, w - numbers - crosses - gap * 2);
    if right <= left {
        return Ok(());
    }
    let most = bars.iter().map(|b| b.tally.fills).max().unwrap_or(0).max(1);
    // Evenly over the height, but never spread so far that few bars look lost.
    let pitch = (f64::from(h) / bars.len().max(1) as f64).min(text * 2.0);
    let thick = (pitch * 0.46) as i32;
    for (i, bar) in bars.iter().enumerate() {
        let y = ((i as f64 + 0.5) * pitch) as i32;
        area.draw(&Text::new(bar.name.clone(), (names, y), name.clone()))?;
        let box_of = |to: i32| [(left, y - thick / 2), (to, y + thick / 2)];
        area.draw(&Rectangle::new(box_of(right), TRACK.mix(0.14).filled()))?;
        let long = (f64::from(right - left) * bar.tally.fills.max(0) as f64 / most as f64).round() as i32;
        if long > 0 {
            area.draw(&Rectangle::new(box_of(left + long), FILL.mix(0.85).filled()))?;
        }
        area.draw(&Text::new(format::count(bar.tally.fills), (right + gap + numbers, y), number.clone()))?;
        if bar.tally.blocked > 0 {
            area.draw(&Text::new(cross(bar.tally.blocked), (w, y), refused.clone()))?;
        }
    }
    Ok(())
}

/// Refusals: a sign besides the colour.
fn cross(n: i64) -> String {
    format!("×{}", format::count(n))
}
