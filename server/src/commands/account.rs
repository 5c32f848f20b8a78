//! `pingji account`: the operator's way to accounts, beside a running server. What it does stands in the audit log.

use crate::{
    access::{first, head},
    cli::{AccountCommand, Ended, Failure, say},
    clock::Clock,
    config::Config,
    store,
};
use data::{
    Db, account,
    audit::{self, Actor},
    factor, policy, push,
    secret::{self, Master},
    session,
    throttle::{self, Subject},
};
use domain::{
    account::{login, name},
    clock::local_text,
    permission::Role,
    scope::Scope,
};
use serde_json::json;

/// Runs the command.
///
/// # Errors
/// When the database fails, or an argument is not one that can be taken.
pub async fn run(config: &Config, command: AccountCommand) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    store::is_migrated(&db).await?;
    let master = Master::new(store::master_key(config)?);
    let now = Clock::default().now();
    let done = match command {
        AccountCommand::Create { login: typed, name: person, role, scope } => {
            create(&db, &master, &typed, &person, &role, &scope, now).await
        }
        AccountCommand::Reset { login, factor } => reset(&db, &master, &login, factor, now).await,
        AccountCommand::Unlock { login } => unlock(&db, &login, now).await,
        AccountCommand::List => list(&db, now).await,
    };
    head::sign(&db, &master, &config.data_dir.join(head::FILE)).await?;
    done.map(|()| Ended::Done)
}

async fn create(
    db: &Db,
    master: &Master,
    typed: &str,
    person: &str,
    roles: &[String],
    scope: &str,
    now: i64,
) -> Result<(), Failure> {
    let login = login(typed).ok_or("--login: 3 to 32 small letters, digits or . - _, the first a letter")?;
    let name = name(person).ok_or("--name: 1 to 64 characters")?;
    let scope: Scope = scope.parse().map_err(|e| format!("--scope: {e}"))?;
    let known = || Role::ALL.iter().map(|r| r.code()).collect::<Vec<_>>().join(", ");
    let roles = roles
        .iter()
        .map(|r| Role::from_code(r).ok_or_else(|| format!("--role: there is no role {r}; there are {}", known())))
        .collect::<Result<Vec<_>, _>>()?;
    Role::check(&roles, scope)?;
    if !data::scope::exists(db.read(), scope).await? {
        return Err(format!("--scope: there is no {scope}").into());
    }
    let wanted = first::Wanted { login: &login, name: &name, scope, roles: &roles, must_change: true };
    let passwords = first::make(db, master, &[wanted], now).await?;
    passwords.iter().for_each(|p| say(&format!("{login}\t{p}")));
    Ok(())
}

async fn find(db: &Db, typed: &str) -> Result<account::Model, Failure> {
    let found = account::by_login(db.read(), &typed.trim().to_ascii_lowercase()).await?;
    found.ok_or_else(|| format!("there is no account {typed}").into())
}

async fn reset(db: &Db, master: &Master, typed: &str, clear: bool, now: i64) -> Result<(), Failure> {
    let row = find(db, typed).await?;
    let policy = policy::load(db.read()).await?;
    let password = master.first_password(&row.login, now);
    let hash =
        secret::hash_password(&policy, &password).ok_or("the password could not be hashed: look at the policy")?;
    let txn = db.begin_write().await?;
    account::set_password(&txn, &row, &hash, true, now).await?;
    if clear {
        factor::clear(&txn, row.id).await?;
    }
    session::end_others(&txn, row.id, 0).await?;
    push::end_all(&txn, row.id, None).await?;
    throttle::clear(&txn, Subject::Login(&row.login)).await?;
    let subject = format!("account {}", row.login);
    let detail = json!({ "factor_cleared": clear });
    audit::append(&txn, &Actor::console(), now, "account.reset", &subject, &detail).await?;
    txn.commit().await?;
    say(&format!("{}\t{password}", row.login));
    Ok(())
}

async fn unlock(db: &Db, typed: &str, now: i64) -> Result<(), Failure> {
    let row = find(db, typed).await?;
    let txn = db.begin_write().await?;
    throttle::clear(&txn, Subject::Login(&row.login)).await?;
    throttle::clear(&txn, Subject::Code(row.id)).await?;
    let subject = format!("account {}", row.login);
    audit::append(&txn, &Actor::console(), now, "account.unlock", &subject, &serde_json::Value::Null).await?;
    txn.commit().await?;
    say(&format!("account {} is unlocked", row.login));
    Ok(())
}

async fn list(db: &Db, now: i64) -> Result<(), Failure> {
    let policy = policy::load(db.read()).await?;
    let mut after = String::new();
    loop {
        let page = account::list(db.read(), &policy, &after, 500, now).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.login);
        for a in page {
            let roles = a.roles.iter().map(|r| r.code()).collect::<Vec<_>>().join(",");
            let state = match (a.disabled, a.locked, a.must_change) {
                (true, ..) => "disabled",
                (_, true, _) => "locked",
                (.., true) => "first password",
                _ => "in use",
            };
            let last = a.last_login_at.map_or_else(|| "never".to_owned(), local_text);
            say(&format!("{}\t{}\t{}\t{roles}\t{state}\t{last}", a.login, a.name, a.scope));
        }
    }
}
