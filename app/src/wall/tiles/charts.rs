//! The diagrams at the bottom.

use super::tile;
use crate::{kit::format, lang::tr, wall::state::WallState};
use leptos::{html::Canvas, prelude::*};

/// Rows of the table that fit.
const ROWS: usize = 9;

/// Says that there is nothing to draw yet.
#[component]
fn Waiting() -> impl IntoView {
    let state = WallState::current();
    view! {
        <Show when=move || state.numbers.with(Option::is_none)>
            <p class="empty">{tr("等待数据…", "Waiting for data…")}</p>
        </Show>
    }
}

/// Fills and refusals by minute.
#[component]
pub fn Curve(canvas: NodeRef<Canvas>) -> impl IntoView {
    let state = WallState::current();
    let content = view! {
        <canvas node_ref=canvas class="layer" data-min-font="none" role="img" aria-label=tr("近两小时每分钟充装与拦截", "Fills and refusals by minute, last two hours")></canvas>
        <Waiting/>
        <Show when=move || state.tables.get()>
            <table class="numbers">
                <thead>
                    <tr>
                        <th scope="col">{tr("十分钟", "Ten minutes")}</th>
                        <th scope="col">{tr("充装", "Fills")}</th>
                        <th scope="col">{tr("拦截", "Refused")}</th>
                    </tr>
                </thead>
                <tbody>
                    {move || state.rows.get().into_iter().take(ROWS).map(|(at, t)| view! {
                        <tr>
                            <th scope="row">{at}</th>
                            <td>{format::count(t.fills)}</td>
                            <td>{format::count(t.blocked)}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </Show>
    };
    let aside = view! {
        <span class="aside keys">
            <span class="ok"><i class="key-line"></i>{tr("充装", "Fills")}</span>
            <span class="blocked"><i class="key-bar"></i>{tr("拦截", "Refused")}</span>
        </span>
    };
    tile("curve", tr("每分钟 · 近2小时", "By minute, 2 hours"), Some(aside.into_any()), content.into_any())
}
