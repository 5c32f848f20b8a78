//! What was entered into a form that could not be taken, where it is longer than an address takes: the address names it by a key
//! (`?entered=`), and the server gives it back to the account that typed it.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::error::AppError;
use domain::form::Values;
use leptos::{prelude::*, server_fn::codec::Json};
use leptos_router::hooks::use_query_map;

/// The parameter of the address that names it.
pub const NAME: &str = "entered";

/// What is kept for whoever asks under a key; nothing where there is no such.
#[server(prefix = "/api/fn", endpoint = "entered", input = Json, output = Json)]
pub async fn entered(key: String) -> Result<Values, AppError> {
    let (ctx, me) = crate::account()?;
    Ok(crate::kept::take(me.id, &key, ctx.now))
}

/// The key in the address of the page, if it names one.
#[must_use]
pub fn key() -> Option<String> {
    use_query_map().with_untracked(|q| q.get(NAME)).filter(|k| (16..=64).contains(&k.len()))
}

/// What is kept under a key; nothing without one.
pub async fn of(key: Option<String>) -> Values {
    match key {
        Some(key) => entered(key).await.unwrap_or_default(),
        None => Values::new(),
    }
}

/// For a page with forms of its own: what the address brings of these fields once a form of it could not be taken (`why`), and what is kept.
#[must_use]
pub fn resource(names: &'static [&'static str]) -> Resource<Values> {
    let given: Values = use_query_map().with_untracked(|q| {
        let late = q.get("why").is_some();
        names.iter().filter_map(|n| Some(((*n).to_owned(), q.get(n).filter(|_| late)?))).collect()
    });
    let key = key();
    Resource::new_blocking(
        || (),
        move |()| {
            let (given, key) = (given.clone(), key.clone());
            async move {
                let mut all = given;
                all.extend(of(key).await);
                all
            }
        },
    )
}
