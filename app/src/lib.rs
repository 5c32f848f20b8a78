//! What people see: the pages, the wall, the feed client.
//!
//! From a URL to its SQL: [`routes`] → `features/x/mod.rs` → `features/x/api.rs` → `data/src/x.rs`.

#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
mod ctx;
pub mod error;
pub mod features;
pub mod kit;
pub mod lang;
pub mod live;
pub mod routes;
pub mod shell;
pub mod theme;
pub mod wall;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;

pub use shell::{Module, ShellOptions, shell};

/// The paired display that asks, in a request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Display(pub i64);

/// What taking note of an alert will have come to.
#[cfg(feature = "ssr")]
pub type Noting = std::pin::Pin<Box<dyn Future<Output = Result<data::ledger::Noted, error::AppError>> + Send>>;

/// Takes note of an alert in the name of a display: who asks, the alert's ledger number, the display's id. The writer is
/// the server's.
#[cfg(feature = "ssr")]
pub type Acknowledge = std::sync::Arc<dyn Fn(domain::scope::Viewer, i64, i64) -> Noting + Send + Sync>;

/// What registering a cylinder will have come to: false where its tag leads to another one already.
#[cfg(feature = "ssr")]
pub type Registering = std::pin::Pin<Box<dyn Future<Output = Result<bool, error::AppError>> + Send>>;

/// Registers a cylinder through the ledger. The writer is the server's.
#[cfg(feature = "ssr")]
pub type Register = std::sync::Arc<dyn Fn(domain::ledger::File) -> Registering + Send + Sync>;

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
    /// Takes note of an alert.
    pub acknowledge: Acknowledge,
    /// Registers a cylinder.
    pub register: Register,
}

/// The root of every page but the wall.
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
    lang::provide_lang();
    routes::view()
}

/// Takes over a page of the office that the server rendered.
#[cfg(feature = "hydrate")]
pub fn take_over() {
    console_error_panic_hook::set_once();
    hydrate_body(App);
}
