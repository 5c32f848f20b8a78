//! From the gun to the wall: how long a fill takes, and whether all that guns gave a number to arrived. Figures of the
//! product, shown as such.

use super::{rows, tile};
use crate::{
    kit::format,
    lang::{Lang, tr},
    live::latency::Percentiles,
    wall::{
        boards::{Board, complete},
        state::WallState,
    },
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
        let n = format::count(i64::try_from(state.latency.get().count).unwrap_or(i64::MAX));
        lang.pick(format!("已测 {n} 次"), format!("{n} fills measured"))
    };
    let whole = move || {
        let n = state.numbers.get()?;
        complete(n.expected, n.missing).map(|c| (c, n.missing))
    };
    let share = move || whole().map_or_else(|| "—".to_owned(), |(c, _)| format!("{c}%"));
    let gaps = move || whole().is_some_and(|(_, missing)| missing > 0);
    let detail = move || {
        state.numbers.get().map(|n| {
            let (e, m) = (format::count(n.expected), format::count(n.missing));
            lang.pick(format!("应收 {e} · 缺 {m}"), format!("{e} due · {m} missing"))
        })
    };
    let content = view! {
        <dl class="figures latency">
            {percentile("latency-p50", "p50", |p| p.p50)}
            {percentile("latency-p95", "p95", |p| p.p95)}
            {percentile("latency-p99", "p99", |p| p.p99)}
            <div class="figure" class:warn=gaps>
                <dt>{tr("近1小时完整率", "Complete, 1 h")}</dt>
                <dd><strong data-testid="complete">{share}</strong></dd>
            </div>
        </dl>
        <p class="due">{detail}</p>
        {rows::rows("arrivals", Board::Arrivals, "")}
    };
    let aside = view! { <span class="aside" data-testid="latency-count">{count}</span> };
    tile("latency", tr("枪到屏", "Gun to screen"), Some(aside.into_any()), content.into_any())
}
