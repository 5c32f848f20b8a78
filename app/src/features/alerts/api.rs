//! What the inbox of alerts asks of the server.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::ledger::{Groups, Listed, Precision, Taken};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// Alerts on a page of the list.
pub const PAGE: u64 = 50;
/// Groups on a page.
pub const GROUPS: usize = 50;
/// Days that precision is told of at most.
#[cfg(feature = "ssr")]
const DAYS_MAX: i64 = 3_660;

/// Which alerts are asked for; nothing said asks for all open ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertAsk {
    /// Closed ones rather than open ones.
    pub closed: bool,
    /// Code of a kind, or empty.
    pub kind: String,
    /// Site id; 0 for all.
    pub site: i64,
    /// Only those given to whoever asks.
    pub mine: bool,
    /// Only those nobody took note of.
    pub waiting: bool,
    /// Tag, or empty.
    pub tag: String,
    /// Before this ledger number; from the newest when 0.
    pub before: i64,
}

/// One alert with what was done, and what its reader may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPage {
    /// The alert.
    pub alert: Listed,
    /// What was done, the first step first.
    pub taken: Vec<Taken>,
    /// Whether the reader may handle it.
    pub may_handle: bool,
}

/// A page of the list, and what its reader may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsPage {
    /// The newest first.
    pub alerts: Vec<Listed>,
    /// Whether the reader may handle them.
    pub may_handle: bool,
}

/// The open alerts within sight by kind and site: a page of [`GROUPS`] groups, the last one where there are not so many.
#[server(prefix = "/api/fn", endpoint = "alert_groups", input = Json, output = Json)]
pub async fn alert_groups(page: u32) -> Result<Groups, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    data::alert_inbox::groups(&ctx.db, ctx.viewer, page, GROUPS).await.map_err(crate::error::internal("alerts"))
}

/// A page of alerts within sight.
#[server(prefix = "/api/fn", endpoint = "alert_list", input = Json, output = Json)]
pub async fn alert_list(ask: AlertAsk) -> Result<AlertsPage, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    use crate::error::{fail, internal};
    let kind = match ask.kind.as_str() {
        "" => None,
        code => {
            Some(domain::outcome::AlertKind::from_code(code).ok_or_else(|| fail(AppError::Invalid("kind".into())))?)
        }
    };
    if ask.tag.chars().count() > 64 || ask.tag.chars().any(char::is_control) {
        return Err(fail(AppError::Invalid("tag".into())));
    }
    let me = ctx.who.me().map_or(0, |me| me.id);
    let filter = data::alert_inbox::Filter {
        closed: ask.closed,
        kind,
        site: (ask.site != 0).then_some(ask.site),
        assigned_to: ask.mine.then_some(me),
        waiting: ask.waiting,
        tag: (!ask.tag.trim().is_empty()).then(|| ask.tag.trim().to_owned()),
        before: ask.before,
    };
    let alerts = data::alert_inbox::page(&ctx.db, ctx.viewer, &filter, PAGE).await.map_err(internal("alerts"))?;
    Ok(AlertsPage { alerts, may_handle: ctx.who.permissions().has(P::AlertHandle) })
}

/// One alert within sight.
#[server(prefix = "/api/fn", endpoint = "alert_one", input = Json, output = Json)]
pub async fn alert_one(no: i64) -> Result<AlertPage, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    use crate::error::{fail, internal};
    let none = || fail(AppError::NotFound);
    let alert = data::alert_inbox::one(&ctx.db, ctx.viewer, no).await.map_err(internal("alert"))?.ok_or_else(none)?;
    let taken = data::alert_inbox::taken(&ctx.db, ctx.viewer, no).await.map_err(internal("alert"))?.ok_or_else(none)?;
    Ok(AlertPage { alert, taken, may_handle: ctx.who.permissions().has(P::AlertHandle) })
}

/// How right each kind was of the alerts within sight that were closed in the last so many days.
#[server(prefix = "/api/fn", endpoint = "alert_precision", input = Json, output = Json)]
pub async fn alert_precision(days: i64) -> Result<Vec<Precision>, AppError> {
    let ctx = crate::need(P::AlertRead)?;
    use crate::error::{fail, internal};
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(fail(AppError::Invalid("days".into())));
    }
    let from = ctx.now - days * domain::clock::DAY_MS;
    data::alert_inbox::precision(&ctx.db, ctx.viewer, from, i64::MAX).await.map_err(internal("precision of alerts"))
}

/// To whom an alert can be given: id and name.
#[server(prefix = "/api/fn", endpoint = "alert_people", input = Json, output = Json)]
pub async fn alert_people() -> Result<Vec<(i64, String)>, AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    use domain::permission::Role;
    let roles: Vec<Role> = Role::ALL.iter().copied().filter(|r| r.permissions().contains(&P::AlertHandle)).collect();
    let all = data::account::holders(ctx.db.read(), &roles, ctx.viewer.scope).await;
    all.map_err(crate::error::internal("who handles alerts"))
}

/// Handles alerts: `act` is `note`, `assign` (to the account `to`), `escalate`, `close` (with `finding` `real`, `false_alarm` or
/// `unclear`) or `remark`.
#[server(prefix = "/api/fn", endpoint = "alert_handle", input = PostUrl, output = Json)]
pub async fn alert_handle(
    #[server(default)] no: Vec<i64>,
    act: String,
    #[server(default)] to: Option<i64>,
    #[server(default)] finding: Option<String>,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::AlertHandle)?;
    super::act::run(&ctx, super::act::Asked { no, act, to, finding, reason, back }).await
}
