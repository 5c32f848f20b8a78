//! Accounts, for the system and the security administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::account::{AccountLine, SessionLine};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

/// Accounts on a page of the list.
#[cfg(feature = "ssr")]
pub const PAGE: u64 = 50;

/// A page of the list, and what its reader may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsPage {
    /// In the order of their login names.
    pub accounts: Vec<AccountLine>,
    /// Whether there are more.
    pub more: bool,
    /// Whether the reader may make accounts.
    pub may_create: bool,
}

/// One account, and what its reader may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// The account.
    pub account: AccountLine,
    /// Its open sessions.
    pub sessions: Vec<SessionLine>,
    /// Its first password, while it was not changed; for whoever may reset it.
    pub first_password: Option<String>,
    /// Whether the reader may disable it and reset its password.
    pub may_manage: bool,
    /// Whether the reader may unlock it and take its second factor away.
    pub may_unlock: bool,
    /// Whether the reader may grant it roles.
    pub may_grant: bool,
}

/// The accounts after a login name.
#[server(prefix = "/api/fn", endpoint = "account_list", input = Json, output = Json)]
pub async fn account_list(after: String) -> Result<AccountsPage, AppError> {
    let ctx = crate::need(P::AccountRead)?;
    super::change::list(&ctx, &after).await
}

/// One account.
#[server(prefix = "/api/fn", endpoint = "account_one", input = Json, output = Json)]
pub async fn account_one(id: i64) -> Result<AccountPage, AppError> {
    let ctx = crate::need(P::AccountRead)?;
    super::change::one(&ctx, id).await
}

/// Makes an account. It holds no role until the security administrator grants one.
#[server(prefix = "/api/fn", endpoint = "account_create", input = PostUrl, output = Json)]
pub async fn account_create(login: String, name: String) -> Result<i64, AppError> {
    let ctx = crate::need(P::AccountManage)?;
    super::change::create(&ctx, &login, &name).await
}

/// Gives an account a new first password; its sessions end.
#[server(prefix = "/api/fn", endpoint = "account_reset", input = PostUrl, output = Json)]
pub async fn account_reset(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::AccountManage)?;
    super::change::reset(&ctx, id).await
}

/// Disables an account, or enables it again; its sessions end.
#[server(prefix = "/api/fn", endpoint = "account_disable", input = PostUrl, output = Json)]
pub async fn account_disable(id: i64, disabled: bool) -> Result<(), AppError> {
    let ctx = crate::need(P::AccountManage)?;
    super::change::disable(&ctx, id, disabled).await
}

/// Unlocks an account after too many failures.
#[server(prefix = "/api/fn", endpoint = "account_unlock", input = PostUrl, output = Json)]
pub async fn account_unlock(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::AccountUnlock)?;
    super::change::unlock(&ctx, id).await
}

/// Takes a lost second factor away; the account's sessions end.
#[server(prefix = "/api/fn", endpoint = "account_factor_clear", input = PostUrl, output = Json)]
pub async fn account_factor_clear(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::AccountUnlock)?;
    super::change::factor_clear(&ctx, id).await
}

/// Ends all sessions of an account.
#[server(prefix = "/api/fn", endpoint = "account_sessions_end", input = PostUrl, output = Json)]
pub async fn account_sessions_end(id: i64) -> Result<(), AppError> {
    let ctx = crate::need(P::AccountRead)?;
    super::change::sessions_end(&ctx, id).await
}

/// Sets roles and scope; the account's sessions end. `scope` is `city`, `district:<GB/T 2260 code>` or `org:<id>`,
/// `roles` are codes.
#[server(prefix = "/api/fn", endpoint = "account_grant", input = PostUrl, output = Json)]
pub async fn account_grant(id: i64, scope: String, #[server(default)] roles: Vec<String>) -> Result<(), AppError> {
    let ctx = crate::need(P::RoleGrant)?;
    super::change::grant(&ctx, id, &scope, &roles).await
}
