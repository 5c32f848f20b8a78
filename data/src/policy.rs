//! The policy of passwords, sessions and throttling, as a row.

use crate::{Error, setting};
use domain::policy::Policy;
use sea_orm::ConnectionTrait;

/// Name of the setting that holds it, as JSON.
pub const NAME: &str = "access_policy";

/// The policy in force: the default where none was set.
///
/// # Errors
/// When the database fails, or what it holds is no policy.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<Policy, Error> {
    let Some(text) = setting::get(db, NAME).await? else { return Ok(Policy::default()) };
    let read: Result<Policy, _> = serde_json::from_str(&text);
    let policy = read.map_err(|e| Error::Stored(format!("setting {NAME}: {e}")))?;
    match policy.out_of_bounds() {
        None => Ok(policy),
        Some(limit) => Err(Error::Stored(format!("setting {NAME}: {} is out of its bounds", limit.name))),
    }
}

/// Puts a policy in force.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, policy: &Policy) -> Result<(), Error> {
    let text = serde_json::to_string(policy).map_err(|e| Error::Stored(e.to_string()))?;
    Ok(setting::put(db, NAME, &text).await?)
}
