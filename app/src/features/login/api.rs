//! Signing in and out. Plain forms: they work without the browser's module.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// Signs in by name and password; whoever has a second factor is asked for its code next. The answer is the same, and
/// takes as long, whether the account does not exist, is disabled, or the password is wrong.
#[server(prefix = "/api/fn", endpoint = "login", input = PostUrl, output = Json)]
pub async fn login(login: String, password: String, #[server(default)] next: String) -> Result<(), AppError> {
    let ctx = crate::anybody()?;
    super::sign_in::password(&ctx, &login, password, &next).await
}

/// Signs in whole, by the code of the second factor or a recovery code.
#[server(prefix = "/api/fn", endpoint = "login_code", input = PostUrl, output = Json)]
pub async fn login_code(code: String, #[server(default)] next: String) -> Result<(), AppError> {
    let ctx = crate::anybody()?;
    super::sign_in::code(&ctx, &code, &next).await
}

/// Ends the session that asks.
#[server(prefix = "/api/fn", endpoint = "logout", input = PostUrl, output = Json)]
pub async fn logout() -> Result<(), AppError> {
    let ctx = crate::anybody()?;
    super::sign_in::out(&ctx).await
}
