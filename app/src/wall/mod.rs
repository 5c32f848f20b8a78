//! The wall of the command hall: full screen, dark, legible from ten metres, up for months without a touch.
//!
//! The server renders the frame with empty tiles; in the browser the [`engine`] connects the feed and fills them.

pub mod api;
pub mod boards;
pub mod chart;
pub mod lines;
pub mod map;
pub mod state;
mod tiles;

#[cfg(feature = "hydrate")]
pub mod canvas;
#[cfg(feature = "hydrate")]
mod drill;
#[cfg(feature = "hydrate")]
mod engine;
#[cfg(feature = "hydrate")]
mod ground;
#[cfg(feature = "hydrate")]
mod hands;

use crate::lang::tr;
use boards::Board;
use leptos::{html::Canvas, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use state::WallState;

/// The canvases that the engine draws on.
#[derive(Clone, Copy, Debug, Default)]
struct Canvases {
    ground: NodeRef<Canvas>,
    pulses: NodeRef<Canvas>,
    curve: NodeRef<Canvas>,
}

/// How long a panel stays open without a touch, seconds, where the address does not say otherwise (`panel=`): nobody
/// is there to close it.
const PANEL_STAYS_S: u32 = 60;

/// `/wall`
#[must_use]
pub fn page() -> AnyView {
    let state = WallState::new();
    provide_context(state);
    let canvases = Canvases::default();
    let scope = use_query_map().with_untracked(|q| q.get("scope")).unwrap_or_else(|| "city".into());
    let stays =
        use_query_map().with_untracked(|q| q.get("panel")).and_then(|s| s.parse().ok()).unwrap_or(PANEL_STAYS_S);
    run(state, canvases, scope, stays);
    let nothing = tr("暂无数据", "Nothing on record");
    let none_today = tr("今日无拦截", "None refused today");
    view! {
        <Title text=tr("瓶迹 · 指挥大厅", "Pingji · command hall")/>
        <div class="wall" class:fast=move || state.fast.get() data-state=move || state.phase.get().word()>
            <tiles::header::Header/>
            <main class="wall-grid">
                <tiles::figures::Today/>
                <tiles::figures::Cylinders/>
                {tiles::rows::board("custody", tr("流转状态", "By custody"), Board::Custody, nothing)}
                {tiles::rows::board("ages", tr("气瓶年龄", "By age"), Board::Ages, nothing)}
                <tiles::map::Map ground=canvases.ground pulses=canvases.pulses/>
                {tiles::rows::board("districts", tr("今日充装分布", "Fills today by place"), Board::Districts, nothing)}
                <tiles::charts::Curve canvas=canvases.curve/>
                {tiles::rows::board("reasons", tr("今日拦截原因", "Refused today, why"), Board::Reasons, none_today)}
                {tiles::rows::board("storage", tr("重瓶存放", "Full cylinders stored"), Board::Storage, nothing)}
                <tiles::alarms::Alarms/>
                <tiles::feed::Attention/>
                <tiles::feed::Feed/>
                <tiles::latency::Latency/>
            </main>
            <tiles::panel::Panel/>
            <tiles::header::Covered/>
        </div>
    }
    .into_any()
}

/// Starts the engine once the page stands in a browser, and ends it with the page.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables, clippy::needless_pass_by_value))]
fn run(state: WallState, canvases: Canvases, scope: String, stays_s: u32) {
    #[cfg(feature = "hydrate")]
    {
        let lang = crate::lang::Lang::current();
        Effect::new(move |_| engine::start(state, canvases, scope.clone(), lang, stays_s));
        on_cleanup(engine::stop);
    }
}
