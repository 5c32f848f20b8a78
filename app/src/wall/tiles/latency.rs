//! Gun to pixel: how long a fill takes from the gun to this wall. A figure of the product, shown as such.

use super::tile;
use crate::{
    kit::format,
    lang::{Lang, tr},
    live::latency::Percentiles,
    wall::state::WallState,
};
use leptos::prelude::*;

/// One percentile.
fn percentile(testid: &'static str, name: &'static str, value: fn(&Percentiles) -> f64) -> AnyView {
    let state = WallState::current();
    let read = move || Some(state.latency.get()).filter(|p| p.count > 0).map(|p| format::short_time(value(&p)));
    let number = move || read().map_or_else(|| "—".to_owned(), |(n, _)| n);
    let unit = move || read().map_or("ms", |(_, unit)| unit);
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd><strong data-testid=testid>{number}</strong><span class="unit">{unit}</span></dd>
        </div>
    }
    .into_any()
}

/// The tile.
#[component]
pub fn Latency() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let count = move || {
        let n = i64::try_from(state.latency.get().count).unwrap_or(i64::MAX);
        let n = format::count(n);
        view! { <span data-testid="latency-count">{lang.pick(format!("{n} 次"), format!("{n} fills"))}</span> }
    };
    let content = view! {
        <dl class="figures latency">
            {percentile("latency-p50", "p50", |p| p.p50)}
            {percentile("latency-p95", "p95", |p| p.p95)}
            {percentile("latency-p99", "p99", |p| p.p99)}
            <div class="figure count"><dt>{tr("已测", "Measured")}</dt><dd>{count}</dd></div>
        </dl>
    };
    tile("latency", tr("枪到屏", "Gun to screen"), None, content.into_any())
}
