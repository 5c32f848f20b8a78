//! What people see: the pages, the wall, the feed client.
//!
//! From a URL to its SQL: [`routes`] → `features/x/mod.rs` → `features/x/api.rs` → `data/src/x.rs`.

#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod access;
#[cfg(feature = "ssr")]
mod ctx;
pub mod error;
pub mod features;
#[cfg(feature = "ssr")]
pub mod kept;
pub mod kit;
pub mod lang;
pub mod live;
#[cfg(feature = "ssr")]
pub mod public;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod theme;
pub mod wall;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;

#[cfg(feature = "ssr")]
pub use access::{Refused, Who, account, anybody, need};
#[cfg(feature = "ssr")]
pub use shell::{Module, ShellOptions, shell};

pub use domain::account::Me;

/// Who took note of an alert.
#[cfg(feature = "ssr")]
pub use data::ledger::By;

/// What taking note of an alert will have come to.
#[cfg(feature = "ssr")]
pub type Noting = std::pin::Pin<Box<dyn Future<Output = Result<data::ledger::Noted, error::AppError>> + Send>>;

/// Takes note of an alert: what the asker may see, the alert's ledger number, in whose name. The writer is the server's.
#[cfg(feature = "ssr")]
pub type Acknowledge = std::sync::Arc<dyn Fn(domain::scope::Viewer, i64, By) -> Noting + Send + Sync>;

/// What handling alerts will have come to, in the order of the alerts.
#[cfg(feature = "ssr")]
pub type Handling = std::pin::Pin<Box<dyn Future<Output = Result<Vec<data::ledger::Handled>, error::AppError>> + Send>>;

/// Handles alerts, all in one way: what the asker may see, their ledger numbers, what is done and why, in whose name.
#[cfg(feature = "ssr")]
pub type Handle = std::sync::Arc<
    dyn Fn(domain::scope::Viewer, Vec<i64>, domain::ledger::Act, String, data::audit::Actor) -> Handling + Send + Sync,
>;

/// What registering a cylinder will have come to: false where its tag leads to another one already.
#[cfg(feature = "ssr")]
pub type Registering = std::pin::Pin<Box<dyn Future<Output = Result<bool, error::AppError>> + Send>>;

/// Registers a cylinder through the ledger, with its row of the audit log. The writer is the server's.
#[cfg(feature = "ssr")]
pub type Register = std::sync::Arc<dyn Fn(domain::ledger::File, data::audit::Deed) -> Registering + Send + Sync>;

/// Lets the server look for jobs at once.
#[cfg(feature = "ssr")]
pub type Wake = std::sync::Arc<dyn Fn() + Send + Sync>;

/// What the office says of a cylinder or of a tag.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct Say {
    /// Organisation in whose name.
    pub org: i64,
    /// Site where it is said.
    pub site: i64,
    /// A tag that leads to the cylinder, or the tag itself.
    pub tag: String,
    /// What is said.
    pub kind: domain::event::EventKind,
    /// Its content.
    pub content: domain::event::Content,
    /// Who says it, by name.
    pub by: String,
    /// Its row of the audit log: written with it, or not at all.
    pub deed: data::audit::Deed,
}

/// What saying it will have come to: the ledger number, or why the ledger does not take it.
#[cfg(feature = "ssr")]
pub type Telling =
    std::pin::Pin<Box<dyn Future<Output = Result<Result<i64, domain::outcome::RecordCode>, error::AppError>> + Send>>;

/// Says it through the ledger. The writer is the server's.
#[cfg(feature = "ssr")]
pub type Tell = std::sync::Arc<dyn Fn(Say) -> Telling + Send + Sync>;

/// What mending a row of an import will have come to.
#[cfg(feature = "ssr")]
pub type Mending = std::pin::Pin<Box<dyn Future<Output = Result<domain::import::Mended, error::AppError>> + Send>>;

/// Imports: they are the server's work.
#[cfg(feature = "ssr")]
pub trait Imports: Send + Sync {
    /// What can be imported.
    fn presets(&self) -> Vec<domain::import::PresetLine>;
    /// Lets the work on what was asked for begin.
    fn wake(&self);
    /// Reads a row in quarantine again and takes it.
    fn mend(&self, run: i64, line: i32, cells: Vec<String>, by: data::audit::Actor) -> Mending;
}

/// What publishing rules will have come to: the version, `None` when there is no such draft.
#[cfg(feature = "ssr")]
pub type Publishing = std::pin::Pin<
    Box<dyn Future<Output = Result<Option<Result<i64, domain::rules::draft::Deny>>, error::AppError>> + Send>,
>;

/// Rules that are edited: previews and publishing are the server's work.
#[cfg(feature = "ssr")]
pub trait Drafts: Send + Sync {
    /// Lets the work on previews that were asked for begin.
    fn wake(&self);
    /// Makes an approved draft the version in force.
    fn publish(&self, draft: i64, by: data::audit::Actor) -> Publishing;
}

/// What the server gives to everything that is rendered or asked on it.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct Ctx {
    /// The record.
    pub db: data::Db,
    /// What the asker may see.
    pub viewer: domain::scope::Viewer,
    /// Who asks.
    pub who: Who,
    /// The network address that asks.
    pub address: String,
    /// The deployment's master key.
    pub master: data::secret::Master,
    /// Whether cookies are marked Secure: the server speaks TLS.
    pub secure: bool,
    /// The server's clock at the request, ms.
    pub now: i64,
    /// Takes note of an alert.
    pub acknowledge: Acknowledge,
    /// Handles alerts.
    pub handle: Handle,
    /// Registers a cylinder.
    pub register: Register,
    /// Tells the exports that there is a job.
    pub wake_exports: Wake,
    /// Tells that there is an export to be sent to the supervision platform.
    pub wake_uploads: Wake,
    /// Says something of a cylinder or a tag through the ledger.
    pub tell: Tell,
    /// Imports.
    pub imports: std::sync::Arc<dyn Imports>,
    /// Rules that are edited.
    pub drafts: std::sync::Arc<dyn Drafts>,
}

#[cfg(feature = "ssr")]
impl Ctx {
    /// Whoever asks, for the audit log.
    #[must_use]
    pub fn actor(&self) -> data::audit::Actor {
        let (account, session) = self.who.me().map_or((0, 0), |me| (me.id, me.session));
        data::audit::Actor { account, session, address: self.address.clone() }
    }

    /// What whoever asks does, for the audit log.
    #[must_use]
    pub fn deed(&self, action: &'static str, subject: String, detail: serde_json::Value) -> data::audit::Deed {
        data::audit::Deed { actor: self.actor(), action, subject, detail }
    }

    /// Whoever asks, by name.
    #[must_use]
    pub fn name(&self) -> String {
        self.who.me().map(|me| if me.name.is_empty() { me.login.clone() } else { me.name.clone() }).unwrap_or_default()
    }
}

/// The root of every page but the wall, as the server renders it.
#[cfg(feature = "ssr")]
#[component]
pub fn App() -> impl IntoView {
    root(routes::view)
}

/// Around the pages of a table.
fn root(pages: fn() -> AnyView) -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Pages pages/>
        </Router>
    }
}

/// Language first: all below read it.
#[component]
fn Pages(pages: fn() -> AnyView) -> impl IntoView {
    lang::provide_lang();
    kit::who::Session::provide();
    features::inbox::Unread::provide();
    #[cfg(feature = "ssr")]
    if use_context::<Refused>().is_some() {
        return features::forbidden::page();
    }
    pages()
}

/// Takes over a page that the server rendered, by a module that has these pages.
#[cfg(feature = "hydrate")]
pub fn take_over(pages: fn() -> AnyView) {
    console_error_panic_hook::set_once();
    hydrate_body(move || root(pages));
}
