//! Accounts that are made before anybody can sign in: the three administrators of a new record, the people of a
//! demonstration.

use crate::demo::keys::private;
use data::{
    Db,
    account::{self, New},
    audit::{self, Actor},
    policy, secret,
    secret::Master,
};
use domain::{permission::Role, scope::Scope};
use serde_json::json;
use std::path::Path;

/// File of the first passwords, in the data folder.
pub const FILE: &str = "first-passwords.txt";
/// File of the accounts of a demonstration, in the data folder.
pub const DEMO_FILE: &str = "demo-accounts.json";

/// Why accounts could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The record.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The file of passwords.
    #[error("file of first passwords: {0}")]
    File(#[from] std::io::Error),
    /// The policy's numbers are none that Argon2 takes.
    #[error("the password could not be hashed: look at the policy")]
    Hash,
    /// The login name is taken.
    #[error("the login name {0} is taken")]
    Taken(String),
}

impl From<sea_orm::DbErr> for AccountError {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Data(e.into())
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Login name.
    pub login: &'a str,
    /// Name of the person.
    pub name: &'a str,
    /// Scope.
    pub scope: Scope,
    /// Roles.
    pub roles: &'a [Role],
    /// Whether the first password must be changed.
    pub must_change: bool,
}

/// Makes accounts in the operator's name, all or none, and tells their first passwords in the same order.
///
/// # Errors
/// [`AccountError`].
pub async fn make(db: &Db, master: &Master, wanted: &[Wanted<'_>], now: i64) -> Result<Vec<String>, AccountError> {
    let policy = policy::load(db.read()).await?;
    let mut made = vec![];
    for w in wanted {
        let password = master.first_password(w.login, now);
        let hashed = password.clone();
        let hash = tokio::task::spawn_blocking(move || secret::hash_password(&policy, &hashed)).await;
        made.push((w, password, hash.ok().flatten().ok_or(AccountError::Hash)?));
    }
    let txn = db.begin_write().await?;
    let mut passwords = vec![];
    for (w, password, hash) in made {
        let new = New {
            login: w.login.into(),
            name: w.name.into(),
            scope: w.scope,
            roles: w.roles.to_vec(),
            password: hash,
            must_change: w.must_change,
        };
        let id = account::insert(&txn, new, now).await?.ok_or_else(|| AccountError::Taken(w.login.into()))?;
        let roles: Vec<&str> = w.roles.iter().map(|r| r.code()).collect();
        let detail = json!({ "id": id, "scope": w.scope, "roles": roles });
        let subject = format!("account {}", w.login);
        audit::append(&txn, &Actor::console(), now, "account.create", &subject, &detail).await?;
        passwords.push(password);
    }
    txn.commit().await?;
    Ok(passwords)
}

/// Makes the three administrators of a record that has no account yet, and tells their login names and first passwords.
/// They stand in a file that only its owner can read, too.
///
/// # Errors
/// [`AccountError`].
pub async fn administrators(
    db: &Db,
    master: &Master,
    data_dir: &Path,
    now: i64,
) -> Result<Vec<(&'static str, String)>, AccountError> {
    if account::count(db.read()).await? > 0 {
        return Ok(vec![]);
    }
    let all = [
        ("sysadmin", "系统管理员", [Role::SystemAdmin]),
        ("secadmin", "安全管理员", [Role::SecurityAdmin]),
        ("auditor", "审计管理员", [Role::Auditor]),
    ];
    let wanted: Vec<Wanted<'_>> = all
        .iter()
        .map(|(login, name, roles)| Wanted { login, name, scope: Scope::City, roles, must_change: true })
        .collect();
    let made: Vec<_> = all.iter().map(|a| a.0).zip(make(db, master, &wanted, now).await?).collect();
    let text: String = made.iter().map(|(login, password)| format!("{login}\t{password}\n")).collect();
    private(&data_dir.join(FILE), text.as_bytes())?;
    Ok(made)
}

/// Makes an account for each role of a demonstration: login names are the roles' codes. Their passwords stand in a file
/// that only its owner can read.
///
/// # Errors
/// [`AccountError`].
pub async fn demonstration(
    db: &Db,
    master: &Master,
    data_dir: &Path,
    district: i32,
    org: i64,
    now: i64,
) -> Result<(), AccountError> {
    let scopes = [Scope::City, Scope::District(district), Scope::Org(org)];
    let wanted: Vec<Wanted<'_>> = Role::ALL
        .iter()
        .map(|r| Wanted {
            login: r.code(),
            name: r.text().zh,
            scope: scopes.into_iter().find(|s| r.fits(*s)).unwrap_or_default(),
            roles: std::slice::from_ref(r),
            must_change: false,
        })
        .collect();
    let passwords = make(db, master, &wanted, now).await?;
    let rows: Vec<_> = wanted
        .iter()
        .zip(passwords)
        .map(|(w, password)| json!({ "login": w.login, "password": password, "scope": w.scope, "roles": w.roles }))
        .collect();
    private(&data_dir.join(DEMO_FILE), &serde_json::to_vec_pretty(&rows).map_err(std::io::Error::other)?)?;
    Ok(())
}
