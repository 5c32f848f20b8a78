//! Names of what rows point at by number: looked up apart, once for all rows.

use sea_orm::{
    ConnectionTrait, DbErr, TryGetable,
    sea_query::{Alias, Expr, ExprTrait, Query, Value},
};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// Names of organisations by their ids.
pub(crate) async fn orgs<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    of(db, "org", "id", ids).await
}

/// Names of sites by their ids.
pub(crate) async fn sites<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    of(db, "site", "id", ids).await
}

/// Names of accounts, as they stand in lists, by their ids.
pub(crate) async fn accounts<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    of(db, "account", "id", ids).await
}

/// Names of districts by their codes, GB/T 2260.
pub(crate) async fn districts<C: ConnectionTrait>(
    db: &C,
    codes: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, String>, DbErr> {
    of(db, "division", "code", codes).await
}

async fn of<C: ConnectionTrait, K: Eq + Hash + TryGetable + Into<Value>>(
    db: &C,
    table: &'static str,
    key: &'static str,
    keys: impl IntoIterator<Item = K>,
) -> Result<HashMap<K, String>, DbErr> {
    let keys: HashSet<K> = keys.into_iter().collect();
    let q = Query::select()
        .columns([Alias::new(key), Alias::new("name")])
        .from(Alias::new(table))
        .and_where(Expr::col(Alias::new(key)).is_in(keys))
        .to_owned();
    db.query_all(&q).await?.iter().map(|r| Ok((r.try_get("", key)?, r.try_get("", "name")?))).collect()
}
