//! The map: two canvases on each other, what stands still below, what pulses above.

use super::tile;
use crate::{
    kit::icon::Icon,
    lang::{Lang, tr},
    wall::{map::shade::Shade, state::WallState},
};
use leptos::{html::Canvas, prelude::*};

/// The tile.
#[component]
pub fn Map(ground: NodeRef<Canvas>, pulses: NodeRef<Canvas>) -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let stations = move || {
        state.about.with(|a| match (a.stations, a.unplaced, lang) {
            (0, _, _) => String::new(),
            (n, 0, Lang::Zh) => format!("{n} 站"),
            (n, u, Lang::Zh) => format!("{n} 站,{u} 站无坐标"),
            (n, 0, Lang::En) => format!("{n} stations"),
            (n, u, Lang::En) => format!("{n} stations, {u} without a position"),
        })
    };
    let shades = (1..).zip(Shade::ALL).map(|(n, by): (usize, Shade)| {
        let (zh, en) = by.name();
        let chosen = move || if state.shade.get() == by { "true" } else { "false" };
        view! { <button type="button" data-does=format!("h{n}") aria-pressed=chosen>{lang.pick(zh, en)}</button> }
    });
    let bad = move || state.shade.get().is_bad();
    let content = view! {
        <canvas node_ref=ground class="layer" data-min-font="none" role="img" aria-label=tr("各区充装与站点位置", "Fills by district, and stations")></canvas>
        <canvas node_ref=pulses class="layer" data-does="m" data-testid="map" data-min-font="none" aria-hidden="true"></canvas>
        <Show when=move || state.no_map.get()>
            <p class="empty">{tr("边界数据无法读取,仅显示站点", "Boundaries could not be read: stations only")}</p>
        </Show>
        <p class="shades" data-testid="shades">{shades.collect_view()}</p>
        <ul class="legend">
            <li class="ok"><span class="key-ring"></span>{tr("充装", "Fill")}</li>
            <li class="warn">{Icon::Warn.view()}{tr("预警", "Warned")}</li>
            <li class="blocked">{Icon::Blocked.view()}{tr("拦截", "Refused")}</li>
            <li class="alert">{Icon::Alert.view()}{tr("告警", "Alert")}</li>
            <li><span class="key-shade" class:bad=bad></span>{tr("少→多", "few → many")}</li>
        </ul>
    };
    let aside = view! { <span class="aside">{stations}</span> }.into_any();
    tile("map", tr("充装实况地图", "Fills as they happen"), Some(aside), content.into_any())
}
