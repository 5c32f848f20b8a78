//! What was opened: the stations of a district, the latest lines of a station. Closed by key, by a click, or by itself.

use super::{feed, rows};
use crate::{
    lang::{Lang, tr},
    wall::{boards::Board, state::WallState},
};
use leptos::prelude::*;

/// The panel.
#[component]
pub fn Panel() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let reading = tr("正在读取…", "Reading…");
    let nothing = tr("暂无站点", "No stations here");
    let facts = move || {
        let all = state.panel.with(|p| p.facts.clone());
        all.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()
    };
    let station = move || state.panel.with(|p| p.lines.is_some());
    let lines = move || {
        let all = state.panel.with(|p| p.lines.clone()).unwrap_or_default();
        if all.is_empty() {
            return view! { <p class="empty">{reading}</p> }.into_any();
        }
        view! { <ol class="lines">{all.into_iter().map(|l| feed::row(l, lang)).collect_view()}</ol> }.into_any()
    };
    view! {
        <Show when=move || state.open.with(Option::is_some)>
            <section class="panel" role="dialog" data-testid="panel" data-does=" " aria-label=move || state.panel.with(|p| p.title.clone())>
                <header class="tile-head">
                    <h2 data-testid="panel-title">{move || state.panel.with(|p| p.title.clone())}</h2>
                    <button type="button" data-does="x" data-testid="panel-close">{tr("关闭 Esc", "Close Esc")}</button>
                </header>
                <dl class="panel-facts">{facts}</dl>
                <div class="panel-body">
                    <Show when=station fallback=move || rows::rows("panel-stations", Board::Panel, nothing)>{lines}</Show>
                </div>
            </section>
        </Show>
    }
}
