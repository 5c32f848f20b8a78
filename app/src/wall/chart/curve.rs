//! Draws the live curve: fills above, refusals below on a scale of their own, so that two refusals beside a thousand
//! fills are seen.

use super::{
    backend::{self, Area, Drawn},
    data::Curve,
};
use crate::{kit::format, wall::canvas::Canvas};
use plotters::{prelude::*, style::text_anchor::HPos};

const FILL: RGBColor = RGBColor(61, 220, 192);
const BLOCKED: RGBColor = RGBColor(255, 107, 107);
const GRID: RGBColor = RGBColor(120, 160, 178);
const SOFT: RGBColor = RGBColor(168, 196, 208);

/// Draws it.
pub fn draw(canvas: &Canvas, curve: &Curve) {
    canvas.clear();
    // A failure means that the canvas is gone: there is nothing to do about it.
    let _ = backend::area(canvas).map(|area| whole(&area, canvas.text, curve));
}

#[allow(clippy::cast_possible_truncation)] // pixels
fn whole(area: &Area, text: f64, curve: &Curve) -> Drawn {
    let (_, h) = area.dim_in_pixel();
    let axis = (text * 1.5) as i32;
    let split = ((f64::from(h) - f64::from(axis)) * 0.70) as i32;
    let (upper, rest) = area.split_vertically(split);
    let (lower, labels) = rest.split_vertically(h as i32 - split - axis);
    fills(&upper, text, curve)?;
    refusals(&lower, text, curve)?;
    times(&labels, text, curve)
}

#[allow(clippy::cast_possible_truncation)]
fn left(text: f64, curve: &Curve) -> i32 {
    let digits = format::count(curve.top_fills.max(curve.top_blocked)).len();
    (text * (0.62 * digits as f64 + 0.9)) as i32
}

#[allow(clippy::cast_possible_truncation)]
fn right(text: f64, curve: &Curve) -> i32 {
    // Room for the running minute's figure behind its dot.
    let digits = curve.points.last().map_or(1, |(_, t)| format::count(t.fills).len());
    (text * (0.62 * digits.max(3) as f64 + 0.9)) as i32
}

#[allow(clippy::cast_possible_truncation)]
fn fills(area: &Area, text: f64, curve: &Curve) -> Drawn {
    let pad = (text * 0.7) as i32;
    let (w, h) = area.dim_in_pixel();
    let plot = area.margin(pad, pad / 3, left(text, curve), right(text, curve));
    let mut chart = ChartBuilder::on(&plot).build_cartesian_2d(curve.from..curve.now, 0..curve.top_fills)?;
    let style = backend::text(text, &SOFT, HPos::Right);
    for y in [0, curve.top_fills / 2, curve.top_fills] {
        chart.draw_series([PathElement::new(vec![(curve.from, y), (curve.now, y)], GRID.mix(0.28))])?;
        let (_, at) = chart.backend_coord(&(curve.from, y));
        let at = (left(text, curve) - (text * 0.4) as i32, at.min(h as i32 - (text * 0.5) as i32));
        area.draw(&Text::new(format::count(y), at, style.clone()))?;
    }
    let line = ((text / 8.0).round() as u32).max(2);
    let whole: Vec<(i64, i64)> =
        curve.points.iter().filter(|(m, _)| *m < curve.now).map(|(m, t)| (*m, t.fills)).collect();
    chart.draw_series(AreaSeries::new(whole.iter().copied(), 0, FILL.mix(0.16)))?;
    chart.draw_series(LineSeries::new(whole.iter().copied(), FILL.stroke_width(line)))?;
    // The running minute is not over: a dot that climbs, not a line that falls.
    if let Some((m, t)) = curve.points.last() {
        chart.draw_series([Circle::new((*m, t.fills), (text * 0.28) as i32, FILL.filled())])?;
        let (x, y) = chart.backend_coord(&(*m, t.fills));
        let half = (text * 0.6) as i32;
        let at = ((x + half).min(w as i32), y.clamp(half, (h as i32 - half).max(half)));
        area.draw(&Text::new(format::count(t.fills), at, backend::text(text, &FILL, HPos::Left)))?;
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation)]
fn refusals(area: &Area, text: f64, curve: &Curve) -> Drawn {
    let pad = (text * 1.1) as i32;
    let plot = area.margin(pad, 1, left(text, curve), right(text, curve));
    let chart = ChartBuilder::on(&plot).build_cartesian_2d(curve.from..curve.now, 0..curve.top_blocked)?;
    // Positions of the chart are those of the whole canvas, what is drawn on the area counts from its own corner.
    let (x0, y0) = area.get_base_pixel();
    let at = |minute: i64, n: i64| {
        let (x, y) = chart.backend_coord(&(minute, n));
        (x - x0, y - y0)
    };
    let (_, zero) = at(curve.from, 0);
    let (_, top) = at(curve.from, curve.top_blocked);
    area.draw(&PathElement::new(vec![at(curve.from, 0), at(curve.now, 0)], GRID.mix(0.5)))?;
    let label = (left(text, curve) - (text * 0.4) as i32, top.max((text * 0.6) as i32));
    area.draw(&Text::new(format::count(curve.top_blocked), label, backend::text(text, &BLOCKED, HPos::Right)))?;
    let (w, _) = plot.dim_in_pixel();
    let half = (f64::from(w) / curve.points.len().max(1) as f64 * 0.36).max(1.0) as i32;
    for (m, t) in curve.points.iter().filter(|(_, t)| t.blocked > 0) {
        let (x, y) = at(*m, t.blocked);
        area.draw(&Rectangle::new([(x - half, y), (x + half, zero)], BLOCKED.filled()))?;
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation)]
fn times(area: &Area, text: f64, curve: &Curve) -> Drawn {
    let (w, h) = area.dim_in_pixel();
    let plot = area.margin(0, 0, left(text, curve), right(text, curve));
    let chart = ChartBuilder::on(&plot).build_cartesian_2d(curve.from..curve.now, 0..1)?;
    let style = backend::text(text, &SOFT, HPos::Center);
    let half = (text * 1.5) as i32;
    let mut free_from = half;
    for (m, label) in &curve.ticks {
        let (x, _) = chart.backend_coord(&(*m, 0));
        if x >= free_from && x + half <= w as i32 {
            area.draw(&Text::new(label.clone(), (x, h as i32 / 2), style.clone()))?;
            free_from = x + half * 3;
        }
    }
    Ok(())
}
