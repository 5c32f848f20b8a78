//! What every handler holds.

use crate::{
    access::Access, attachment::Attachments, auth::Devices, clock::Clock, displays::Displays, drafts::Drafts,
    export::Exports, hub::Hub, imports::Imports, ingest::Ingest, messages::Messages, public::Throttles,
    registry::Registry, rules::Rules, tally::Tally, upload::Uploads,
};
use axum::extract::FromRef;
use data::Db;
use domain::scope::{Scope, Viewer};
use leptos::config::LeptosOptions;
use std::{net::IpAddr, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Shared state. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The record.
    pub db: Db,
    /// The rules in force.
    pub rules: Rules,
    /// The writer.
    pub ingest: Ingest,
    /// Registers cylinders that are entered by hand.
    pub registry: Registry,
    /// Rules that are edited.
    pub drafts: Drafts,
    /// The feed.
    pub hub: Hub,
    /// Devices and their keys.
    pub devices: Devices,
    /// Paired displays.
    pub displays: Displays,
    /// Who asks, and the head of the audit log.
    pub access: Access,
    /// Exports.
    pub exports: Exports,
    /// Exports on their way to the supervision platform.
    pub uploads: Uploads,
    /// Files that people attach.
    pub attachments: Attachments,
    /// Messages on their way.
    pub messages: Messages,
    /// Imports.
    pub imports: Imports,
    /// How often posts were opened and their files fetched.
    pub tally: Tally,
    /// Who asks how much without an account.
    pub throttles: Throttles,
    /// The clock.
    pub clock: Clock,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// Reverse proxies, whose word on whom they ask for is believed.
    pub proxies: Arc<[IpAddr]>,
    /// Whether TLS is served, here or by a proxy: cookies are then marked Secure.
    pub secure: bool,
    /// For Leptos.
    pub leptos: LeptosOptions,
    /// The document's options.
    pub shell: app::ShellOptions,
    /// Renders metrics.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(s: &AppState) -> Self {
        s.leptos.clone()
    }
}

impl AppState {
    /// Whether a scope exists within what a viewer may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scope_exists(&self, viewer: Viewer, scope: Scope) -> Result<bool, data::Error> {
        if viewer.scope != Scope::City && viewer.scope != scope {
            return Ok(false);
        }
        Ok(data::scope::exists(self.db.read(), scope).await?)
    }
}
