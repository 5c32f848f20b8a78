//! Lines of weights over time as an SVG of whole numbers, the same on both sides; hovering a point tells it.

use crate::kit::format;
use domain::clock;
use leptos::prelude::*;

const WIDTH: i64 = 720;
const HEIGHT: i64 = 200;
/// Room for the numbers at the left, at the bottom and around.
const LEFT: i64 = 64;
const BOTTOM: i64 = 28;
const EDGE: i64 = 14;

/// A line.
pub struct Series {
    /// What it shows.
    pub name: &'static str,
    /// Its word in the style sheet.
    pub class: &'static str,
    /// Instant in ms, grams; in the order of time.
    pub points: Vec<(i64, i64)>,
}

/// The lines under one scale of kilograms. `label` says in words what is drawn.
pub fn lines(label: &'static str, series: &[Series]) -> AnyView {
    let all = || series.iter().flat_map(|s| s.points.iter().copied());
    let (Some(first), Some(last)) = (all().map(|p| p.0).min(), all().map(|p| p.0).max()) else {
        return ().into_any();
    };
    let low = all().map(|p| p.1).min().unwrap_or(0).min(0);
    let high = all().map(|p| p.1).max().unwrap_or(0).max(low.saturating_add(100));
    let scale = |value: i64, from: i64, to: i64, room: i64| {
        let (value, span) = (i128::from(value) - i128::from(from), (i128::from(to) - i128::from(from)).max(1));
        i64::try_from(value * i128::from(room) / span).unwrap_or(0)
    };
    let x = |ms: i64| LEFT + scale(ms, first, last, WIDTH - LEFT - EDGE);
    let y = |g: i64| HEIGHT - BOTTOM - scale(g, low, high, HEIGHT - BOTTOM - EDGE);
    let ticks = [low, low / 2 + high / 2, high].map(|g| {
        let at = y(g);
        view! {
            <line class="grid" x1=LEFT.to_string() x2=(WIDTH - EDGE).to_string() y1=at.to_string() y2=at.to_string()/>
            <text class="tick" x=(LEFT - 8).to_string() y=(at + 4).to_string() text-anchor="end">{format::kg(g)}</text>
        }
    });
    let drawn = series.iter().map(|s| {
        let d = s.points.iter().enumerate().fold(String::new(), |mut d, (i, (ms, g))| {
            d.push_str(&format!("{}{} {}", if i == 0 { 'M' } else { 'L' }, x(*ms), y(*g)));
            d
        });
        let dots = s.points.iter().map(|(ms, g)| {
            let says = format!("{} {} kg · {}", s.name, format::kg(*g), clock::local_text(*ms));
            view! { <circle cx=x(*ms).to_string() cy=y(*g).to_string() r="4"><title>{says}</title></circle> }
        });
        view! { <g class=format!("line {}", s.class)><path d=d/>{dots.collect_view()}</g> }
    });
    let legend = series.iter().filter(|s| !s.points.is_empty()).map(|s| {
        view! { <li class=format!("key {}", s.class)>{s.name} " kg"</li> }
    });
    let days = (clock::local_date(first).to_string(), clock::local_date(last).to_string());
    view! {
        <figure class="chart">
            <figcaption><ul class="legend">{legend.collect_view()}</ul></figcaption>
            <div class="wide" tabindex="0" role="region" aria-label=label>
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
                    {ticks.collect_view()}
                    {drawn.collect_view()}
                    <text class="tick" x=LEFT.to_string() y=(HEIGHT - 8).to_string()>{days.0}</text>
                    <text class="tick" x=(WIDTH - EDGE).to_string() y=(HEIGHT - 8).to_string() text-anchor="end">{days.1}</text>
                </svg>
            </div>
        </figure>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use domain::event::WEIGHT_MAX_G;

    #[test]
    fn points_stay_on_the_picture_whatever_was_weighed() {
        Owner::new().with(|| {
            for points in
                [vec![(0, 0)], vec![(i64::MIN, -WEIGHT_MAX_G), (i64::MAX, WEIGHT_MAX_G)], vec![(5, -7), (5, 9)]]
            {
                let html = lines("重量", &[Series { name: "残液", class: "a", points }]).to_html();
                for part in html.split("cx=\"").skip(1) {
                    let x: i64 = part.split('"').next().unwrap().parse().unwrap();
                    assert!((LEFT..=WIDTH - EDGE).contains(&x), "{x}");
                }
                for part in html.split("cy=\"").skip(1) {
                    let y: i64 = part.split('"').next().unwrap().parse().unwrap();
                    assert!((EDGE..=HEIGHT - BOTTOM).contains(&y), "{y}");
                }
            }
            assert!(!lines("重量", &[]).to_html().contains("svg"));
        });
    }
}
