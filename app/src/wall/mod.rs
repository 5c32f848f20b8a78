//! The wall of the command hall: full screen, dark, legible from ten metres, up for months without a touch.
//!
//! The server renders the frame with empty tiles; in the browser the [`engine`] connects the feed and fills them.

pub mod api;
pub mod boards;
pub mod chart;
pub mod lines;
pub mod map;
pub mod state;
pub(crate) mod tiles;

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
#[cfg(feature = "hydrate")]
const PANEL_STAYS_S: u32 = 60;

/// `/wall`: the root of its own module.
#[component]
pub fn Wall() -> impl IntoView {
    crate::lang::provide_lang();
    page()
}

/// Takes over the wall that the server rendered.
#[cfg(feature = "hydrate")]
pub fn take_over() {
    console_error_panic_hook::set_once();
    hydrate_body(Wall);
}

fn page() -> AnyView {
    let state = WallState::new();
    provide_context(state);
    let canvases = Canvases::default();
    run(state, canvases);
    let nothing = tr("暂无数据", "Nothing on record");
    let none_today = tr("今日无拦截", "None refused today");
    let posts = move || state.bulletin.with(|b| !b.posts.is_empty());
    let grades = move || state.bulletin.with(|b| b.grades.is_some());
    view! {
        <div
            class="wall"
            class:fast=move || state.fast.get()
            class:still=move || state.still.get()
            class:has-posts=posts
            class:has-grades=grades
            data-state=move || state.phase.get().word()
        >
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
                <Show when=posts>{tiles::bulletin::posts()}</Show>
                <Show when=grades>{tiles::bulletin::grades()}</Show>
                <Show when=posts>{tiles::bulletin::marquee()}</Show>
            </main>
            <tiles::panel::Panel/>
            <tiles::header::Covered/>
        </div>
    }
    .into_any()
}

/// Starts the engine once the page stands in a browser, and ends it with the page.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables))]
fn run(state: WallState, canvases: Canvases) {
    #[cfg(feature = "hydrate")]
    {
        let lang = crate::lang::Lang::current();
        let scope = asked("scope").unwrap_or_else(|| "city".into());
        let stays_s = asked("panel").and_then(|s| s.parse().ok()).unwrap_or(PANEL_STAYS_S);
        Effect::new(move |_| engine::start(state, canvases, scope.clone(), lang, stays_s));
        on_cleanup(engine::stop);
    }
}

/// What the address says of a name.
#[cfg(feature = "hydrate")]
fn asked(name: &str) -> Option<String> {
    let query = window().location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&query).ok()?.get(name)
}
