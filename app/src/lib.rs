//! What people see: the pages, the wall, the feed client.
//!
//! From a URL to its SQL: [`routes`] → `features/x/mod.rs` → `features/x/api.rs` → `data/src/x.rs`.

#![recursion_limit = "256"]

pub mod error;
pub mod features;
pub mod kit;
pub mod lang;
pub mod live;
pub mod routes;
pub mod shell;
pub mod wall;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;

pub use shell::{ShellOptions, shell};

/// What the server gives to everything that is rendered or asked on it.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct Ctx {
    /// The record.
    pub db: data::Db,
    /// Who asks.
    pub viewer: domain::scope::Viewer,
    /// The server's clock at the request, ms.
    pub now: i64,
}

/// The root of every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Pages/>
        </Router>
    }
}

/// Language first: all below read it.
#[component]
fn Pages() -> impl IntoView {
    let lang = lang::provide_lang();
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", lang.tag());
        }
    });
    routes::view()
}

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_body(App);
}
