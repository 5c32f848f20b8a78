//! Draws primitives on a canvas. Nothing is decided here.

use super::{
    prim::{Prim, palette},
    project::Point,
};
use crate::wall::canvas::FONT;
use web_sys::{CanvasRenderingContext2d, CanvasWindingRule};

/// Draws all, in order.
pub fn paint(ctx: &CanvasRenderingContext2d, prims: &[Prim]) {
    ctx.set_line_join("round");
    ctx.set_line_cap("round");
    ctx.set_text_align("center");
    ctx.set_text_baseline("middle");
    for prim in prims {
        one(ctx, prim);
    }
}

fn one(ctx: &CanvasRenderingContext2d, prim: &Prim) {
    match prim {
        Prim::Area { rings, fill, line } => {
            ctx.begin_path();
            for ring in rings {
                trace(ctx, ring);
                ctx.close_path();
            }
            if let Some(colour) = fill {
                ctx.set_fill_style_str(&colour.css());
                ctx.fill_with_canvas_winding_rule(CanvasWindingRule::Evenodd);
            }
            if let Some((colour, w)) = line {
                ctx.set_stroke_style_str(&colour.css());
                ctx.set_line_width(*w);
                ctx.stroke();
            }
        }
        Prim::Disc { at, r, fill, line } => {
            circle(ctx, *at, *r);
            if let Some((colour, w)) = line {
                ctx.set_stroke_style_str(&colour.css());
                ctx.set_line_width(*w * 2.0);
                ctx.stroke();
            }
            ctx.set_fill_style_str(&fill.css());
            ctx.fill();
        }
        Prim::Ring { at, r, line: (colour, w) } => {
            circle(ctx, *at, *r);
            ctx.set_stroke_style_str(&colour.css());
            ctx.set_line_width(*w);
            ctx.stroke();
        }
        Prim::Lines { paths, line: (colour, w) } => {
            ctx.begin_path();
            for path in paths {
                trace(ctx, path);
            }
            ctx.set_stroke_style_str(&colour.css());
            ctx.set_line_width(*w);
            ctx.stroke();
        }
        Prim::Text { at, text, size, fill, bold } => {
            ctx.set_font(&format!("{} {size}px {FONT}", if *bold { "600" } else { "400" }));
            ctx.set_stroke_style_str(&palette::HALO.css());
            ctx.set_line_width(size * 0.22);
            // Text outside the canvas is the only failure, and harmless.
            let _ = ctx.stroke_text(text, at.0, at.1);
            ctx.set_fill_style_str(&fill.css());
            let _ = ctx.fill_text(text, at.0, at.1);
        }
    }
}

fn trace(ctx: &CanvasRenderingContext2d, points: &[Point]) {
    for (i, (x, y)) in points.iter().enumerate() {
        if i == 0 {
            ctx.move_to(*x, *y);
        } else {
            ctx.line_to(*x, *y);
        }
    }
}

fn circle(ctx: &CanvasRenderingContext2d, (x, y): Point, r: f64) {
    ctx.begin_path();
    // A negative radius is the only failure; there is none.
    let _ = ctx.arc(x, y, r.max(0.0), 0.0, std::f64::consts::TAU);
}
