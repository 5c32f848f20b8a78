//! The wall of the command hall: full screen, dark, legible from ten metres, up for months without a touch.
//!
//! The server renders the frame with empty tiles; in the browser the [`engine`] connects the feed and fills them.

pub mod chart;
pub mod lines;
pub mod map;
pub mod state;
mod tiles;

#[cfg(feature = "hydrate")]
pub mod canvas;
#[cfg(feature = "hydrate")]
mod engine;
#[cfg(feature = "hydrate")]
mod ground;

use crate::lang::tr;
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
    bars: NodeRef<Canvas>,
}

/// `/wall`
#[must_use]
pub fn page() -> AnyView {
    let state = WallState::new();
    provide_context(state);
    let canvases = Canvases::default();
    let scope = use_query_map().with_untracked(|q| q.get("scope")).unwrap_or_else(|| "city".into());
    run(state, canvases, scope);
    view! {
        <Title text=tr("瓶迹 · 指挥大厅", "Pingji · command hall")/>
        <div class="wall" class:fast=move || state.fast.get() data-state=move || state.phase.get().word()>
            <tiles::header::Header/>
            <main class="wall-grid">
                <div class="wall-left">
                    <tiles::figures::Today/>
                    <tiles::figures::Cylinders/>
                    <tiles::charts::Districts canvas=canvases.bars/>
                </div>
                <div class="wall-middle">
                    <tiles::map::Map ground=canvases.ground pulses=canvases.pulses/>
                    <div class="wall-charts">
                        <tiles::charts::Curve canvas=canvases.curve/>
                        <tiles::latency::Latency/>
                    </div>
                </div>
                <div class="wall-right">
                    <tiles::feed::Attention/>
                    <tiles::feed::Feed/>
                </div>
            </main>
            <tiles::header::NotPaired/>
        </div>
    }
    .into_any()
}

/// Starts the engine once the page stands in a browser, and ends it with the page.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables, clippy::needless_pass_by_value))]
fn run(state: WallState, canvases: Canvases, scope: String) {
    #[cfg(feature = "hydrate")]
    {
        let lang = crate::lang::Lang::current();
        Effect::new(move |_| engine::start(state, canvases, scope.clone(), lang));
        on_cleanup(engine::stop);
    }
}
