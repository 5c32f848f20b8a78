//! Browsers that are told of messages (浏览器推送), each one person's; to which services messages for them are given, and the key by which those
//! know who sends. Address and keys of a browser are sealed for its account, the deployment's key for the services: a copy of the record tells
//! nobody anything (`docs/decisions/0011`).

use crate::{
    Error,
    secret::{Master, sha},
    sequence, setting,
};
use domain::message::push::{BROWSERS_MAX, Browser, Refused, Services, Subscription, base64url};
use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use sea_orm::{
    Condition, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, SelectStatement},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt};

/// A row of `push_subscription`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_subscription")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Whose browser it is.
    pub account_id: i64,
    /// The session in which he was last seen with it.
    pub session_id: i64,
    /// SHA-256 of its address, hex.
    pub endpoint_hash: String,
    /// [`Subscription`], sealed for the account.
    pub sealed: String,
    /// SHA-256 of the public key that it was turned on for, hex: by another it is told nothing.
    pub key_hash: String,
    /// Browser and system, in a few words of ours.
    pub agent: String,
    /// When it was turned on, ms.
    pub created_at: i64,
    /// When its service last took something for it, ms.
    pub last_used_at: Option<i64>,
    /// When its service said that it is gone, ms.
    pub gone_at: Option<i64>,
}

// Not even what is sealed belongs in a log.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, account_id, .. } = self;
        f.debug_struct("PushSubscription").field("id", id).field("account_id", account_id).finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Name of the setting that holds the services, as JSON; an empty text where none are set.
pub const SERVICES: &str = "push_services";
/// Name of the setting that holds the key, as JSON.
pub const KEY: &str = "push_key";

/// The services that are set.
///
/// # Errors
/// When the database fails, or what it holds is none.
pub async fn services<C: ConnectionTrait>(db: &C) -> Result<Option<Services>, Error> {
    let text = setting::get(db, SERVICES).await?.filter(|t| !t.is_empty());
    let read = |t: String| serde_json::from_str(&t).map_err(|e| Error::Stored(format!("setting {SERVICES}: {e}")));
    text.map(read).transpose()
}

/// Sets the services, or none.
///
/// # Errors
/// When the database fails.
pub async fn put_services<C: ConnectionTrait>(db: &C, services: Option<&Services>) -> Result<(), Error> {
    let text = services.map(serde_json::to_string).transpose().map_err(|e| Error::Stored(e.to_string()))?;
    Ok(setting::put(db, SERVICES, &text.unwrap_or_default()).await?)
}

/// The deployment's key. A browser gives its address for this key alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its public part, base64url.
    pub public: String,
    /// The whole, PKCS#8.
    pub pkcs8: Vec<u8>,
}

// The key must not reach a log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("public", &self.public).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    public: String,
    sealed: String,
}

fn key_purpose(public: &str) -> String {
    format!("push key\n{public}")
}

/// The key; `None` where there is none yet, or this master key did not seal it.
///
/// # Errors
/// When the database fails, or what it holds is none.
pub async fn key<C: ConnectionTrait>(db: &C, master: &Master) -> Result<Option<Key>, Error> {
    let Some(text) = setting::get(db, KEY).await?.filter(|t| !t.is_empty()) else { return Ok(None) };
    let stored: StoredKey = serde_json::from_str(&text).map_err(|e| Error::Stored(format!("setting {KEY}: {e}")))?;
    let opened = master.open(&key_purpose(&stored.public), &stored.sealed);
    Ok(opened.map(|pkcs8| Key { public: stored.public, pkcs8 }))
}

/// By what the rows of a public key know it.
fn mark(public: &str) -> String {
    sha(public)
}

/// By what a browser's address is known.
#[must_use]
pub fn hash(endpoint: &str) -> String {
    sha(endpoint)
}

/// By what the rows of the key know it that is set; empty where there is none, which no row bears.
///
/// # Errors
/// When the database fails, or what it holds is none.
pub(crate) async fn current<C: ConnectionTrait>(db: &C) -> Result<String, Error> {
    let Some(text) = setting::get(db, KEY).await?.filter(|t| !t.is_empty()) else { return Ok(String::new()) };
    let stored: StoredKey = serde_json::from_str(&text).map_err(|e| Error::Stored(format!("setting {KEY}: {e}")))?;
    Ok(mark(&stored.public))
}

/// The key, made where there is none. With another master key the one of before opens nowhere, nor does any browser's address: both begin anew.
/// For whoever sets the services: nobody else changes by what everybody's browsers are told.
///
/// # Errors
/// When the database fails.
pub async fn key_or_new<C: ConnectionTrait>(txn: &C, master: &Master) -> Result<Key, Error> {
    if let Some(key) = key(txn, master).await? {
        return Ok(key);
    }
    // Nobody else gets a number until the commit: of two at once the second finds what the first made.
    sequence::next(txn, KEY).await?;
    if let Some(key) = key(txn, master).await? {
        return Ok(key);
    }
    let key = made().ok_or_else(|| Error::Stored("push key: cannot be made".into()))?;
    let sealed = master.seal(&key_purpose(&key.public), &key.pkcs8);
    let sealed = sealed.ok_or_else(|| Error::Stored("push key: cannot be sealed".into()))?;
    let stored = StoredKey { public: key.public.clone(), sealed };
    let text = serde_json::to_string(&stored).map_err(|e| Error::Stored(e.to_string()))?;
    setting::put(txn, KEY, &text).await?;
    Ok(key)
}

/// ECDSA keys of `ring` are made by it alone, so that this one is not derived from the master key (`docs/decisions/0014`).
fn made() -> Option<Key> {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?.as_ref().to_vec();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).ok()?;
    Some(Key { public: base64url::write(pair.public_key().as_ref()), pkcs8 })
}

/// Whether bytes are a point of the curve: what is none opens nothing, and says something of the key that it is tried with.
fn on_curve(point: &[u8]) -> bool {
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
    own.is_ok_and(|own| agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()).is_ok())
}

fn purpose(account: i64, hash: &str) -> String {
    format!("push subscription\n{account}\n{hash}")
}

impl Model {
    fn opened(&self, master: &Master) -> Option<Subscription> {
        let bytes = master.open(&purpose(self.account_id, &self.endpoint_hash), &self.sealed)?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// What came of a browser that wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// It is told from now on. Known by this hash of its address.
    New(String),
    /// It was told already: nothing was written.
    Known(String),
    /// It cannot be told.
    Refused(Refused),
}

/// Who turns a browser on, and in which.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The account.
    pub account: i64,
    /// Its session.
    pub session: i64,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// Takes a browser for an account. One that was another's is his no more; of too many the oldest gives way.
///
/// # Errors
/// When the database fails.
pub async fn subscribe<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    by: By<'_>,
    given: &Subscription,
    now: i64,
) -> Result<Subscribed, Error> {
    let account = by.account;
    let set = services(txn).await?.zip(key(txn, master).await?);
    let Some((services, key)) = set else { return Ok(Subscribed::Refused(Refused::NotSet)) };
    let key_hash = mark(&key.public);
    if let Some(why) = given.fault(&services) {
        return Ok(Subscribed::Refused(why));
    }
    if !given.keys().is_some_and(|(point, _)| on_curve(&point)) {
        return Ok(Subscribed::Refused(Refused::Key));
    }
    // Nobody else gets a number until the commit, so that of two of the same address the second sees the first.
    let id = sequence::next(txn, "push_subscription").await?;
    let hash = sha(&given.endpoint);
    let before = Entity::find().filter(Column::EndpointHash.eq(hash.as_str())).one(txn).await?;
    if let Some(m) = &before
        && m.account_id == account
        && m.gone_at.is_none()
        && m.key_hash == key_hash
        && m.opened(master).as_ref() == Some(given)
    {
        seen(txn, account, &hash, by.session).await?;
        return Ok(Subscribed::Known(hash));
    }
    if before.is_some() {
        Entity::delete_many().filter(Column::EndpointHash.eq(hash.as_str())).exec(txn).await?;
    }
    let text = serde_json::to_vec(given).map_err(|e| Error::Stored(e.to_string()))?;
    let sealed = master.seal(&purpose(account, &hash), &text);
    let sealed = sealed.ok_or_else(|| Error::Stored(format!("push_subscription {id}: cannot be sealed")))?;
    let row = ActiveModel {
        id: Set(id),
        account_id: Set(account),
        session_id: Set(by.session),
        endpoint_hash: Set(hash.clone()),
        sealed: Set(sealed),
        key_hash: Set(key_hash.clone()),
        agent: Set(domain::message::push::label(by.agent)),
        created_at: Set(now),
        last_used_at: Set(None),
        gone_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    // What is gone, or listens to a key of before, is kept no longer than until there is something new.
    let own = Column::AccountId.eq(account);
    let dead = Condition::any().add(Column::GoneAt.is_not_null()).add(Column::KeyHash.ne(key_hash));
    Entity::delete_many().filter(own.clone()).filter(dead).exec(txn).await?;
    let all = Entity::find().filter(own).order_by_desc(Column::Id).select_only().column(Column::Id);
    let old: Vec<i64> = all.offset(BROWSERS_MAX).limit(BROWSERS_MAX).into_tuple().all(txn).await?;
    if !old.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(old)).exec(txn).await?;
    }
    Ok(Subscribed::New(hash))
}

/// Tells a browser of an account no more. False where the account has none of this number.
///
/// # Errors
/// When the database fails.
pub async fn unsubscribe<C: ConnectionTrait>(txn: &C, account: i64, id: i64) -> Result<bool, Error> {
    let q = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(account));
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// Tells a browser of an account no more by the addresses that it had, known by their hashes; by the one that it has now it goes on.
///
/// # Errors
/// When the database fails.
pub async fn replaced<C: ConnectionTrait>(txn: &C, account: i64, old: &[String], new: &str) -> Result<bool, Error> {
    if old.is_empty() {
        return Ok(false);
    }
    let q = Entity::delete_many().filter(Column::EndpointHash.is_in(old.iter().map(String::as_str)));
    let q = q.filter(Column::AccountId.eq(account)).filter(Column::EndpointHash.ne(new));
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// Whether one of these addresses, known by their hashes, was turned on by an account, and not turned off since; its service may have given it
/// up.
///
/// # Errors
/// When the database fails.
pub async fn owns<C: ConnectionTrait>(db: &C, account: i64, hashes: &[String]) -> Result<bool, Error> {
    if hashes.is_empty() {
        return Ok(false);
    }
    let q = Entity::find().select_only().column(Column::Id).filter(Column::AccountId.eq(account));
    let q = q.filter(Column::EndpointHash.is_in(hashes.iter().map(String::as_str)));
    Ok(q.into_tuple::<i64>().one(db).await?.is_some())
}

/// Whether an address, known by its hash, is anybody's: a look before [`end`], which asks for the writer of records.
///
/// # Errors
/// When the database fails.
pub async fn is_told<C: ConnectionTrait>(db: &C, hash: &str) -> Result<bool, Error> {
    let q = Entity::find().select_only().column(Column::Id).filter(Column::EndpointHash.eq(hash));
    Ok(q.into_tuple::<i64>().one(db).await?.is_some())
}

/// Whether an account's browser, known by the hash of its address, was last seen in another session: a look before [`seen`].
///
/// # Errors
/// When the database fails.
pub async fn is_elsewhere<C: ConnectionTrait>(db: &C, account: i64, hash: &str, session: i64) -> Result<bool, Error> {
    let q = Entity::find().select_only().column(Column::Id).filter(Column::EndpointHash.eq(hash));
    let q = q.filter(Column::AccountId.eq(account)).filter(Column::SessionId.ne(session));
    Ok(q.into_tuple::<i64>().one(db).await?.is_some())
}

/// Notes in which session an account was last seen with a browser, known by the hash of its address. False where it is not the account's.
///
/// # Errors
/// When the database fails.
pub async fn seen<C: ConnectionTrait>(txn: &C, account: i64, hash: &str, session: i64) -> Result<bool, Error> {
    let q = Entity::update_many().col_expr(Column::SessionId, Expr::value(session));
    let q = q.filter(Column::EndpointHash.eq(hash)).filter(Column::AccountId.eq(account));
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// Tells the browsers of an account no more whose sessions all end, but the one known by this hash, if any. Tells how many.
///
/// # Errors
/// When the database fails.
pub async fn end_all<C: ConnectionTrait>(txn: &C, account: i64, but: Option<&str>) -> Result<u64, Error> {
    let mut q = Entity::delete_many().filter(Column::AccountId.eq(account));
    if let Some(hash) = but {
        q = q.filter(Column::EndpointHash.ne(hash));
    }
    Ok(q.exec(txn).await?.rows_affected)
}

/// Tells the browser of an account no more in which one of its sessions ends. Tells how many there were.
///
/// # Errors
/// When the database fails.
pub async fn end_session<C: ConnectionTrait>(txn: &C, account: i64, session: i64) -> Result<u64, Error> {
    let q = Entity::delete_many().filter(Column::AccountId.eq(account)).filter(Column::SessionId.eq(session));
    Ok(q.exec(txn).await?.rows_affected)
}

/// Tells a browser no more in which somebody signs out, or another than its owner signs in; `but` is who may go on with it. True where it was
/// told.
///
/// # Errors
/// When the database fails.
pub async fn end<C: ConnectionTrait>(txn: &C, hash: &str, but: Option<i64>) -> Result<bool, Error> {
    let mut q = Entity::delete_many().filter(Column::EndpointHash.eq(hash));
    if let Some(owner) = but {
        q = q.filter(Column::AccountId.ne(owner));
    }
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// The browsers of an account that are told, the latest first; `here` is the hash of the one that asks.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, account: i64, here: &str) -> Result<Vec<Browser>, Error> {
    let own = Entity::find().filter(Column::AccountId.eq(account)).filter(live(&current(db).await?));
    let rows = own.order_by_desc(Column::Id).all(db).await?;
    let browser = |m: Model| Browser {
        id: m.id,
        here: m.endpoint_hash == here,
        agent: m.agent,
        made_at: m.created_at,
        used_at: m.last_used_at,
    };
    Ok(rows.into_iter().map(browser).collect())
}

/// Browsers that are there, and listen to the key that rows know by this.
fn live(mark: &str) -> Condition {
    Condition::all().add(Column::GoneAt.is_null()).add(Column::KeyHash.eq(mark))
}

/// Accounts that have a browser that is told by the key that rows know by this ([`current`]).
pub(crate) fn told(mark: &str) -> SelectStatement {
    Entity::find().select_only().column(Column::AccountId).filter(live(mark)).into_query()
}

/// Those of accounts that have a browser that is told.
///
/// # Errors
/// When the database fails.
pub(crate) async fn among<C: ConnectionTrait>(db: &C, accounts: &[i64]) -> Result<HashSet<i64>, Error> {
    let q = Entity::find().select_only().column(Column::AccountId).filter(live(&current(db).await?));
    let q = q.filter(Column::AccountId.is_in(accounts.iter().copied())).distinct();
    Ok(q.into_tuple::<i64>().all(db).await?.into_iter().collect())
}

/// A browser that something is sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Number.
    pub id: i64,
    /// Address at its service.
    pub endpoint: String,
    /// Its public key: a point of P-256, uncompressed.
    pub point: Vec<u8>,
    /// The secret that it gave beside it.
    pub auth: Vec<u8>,
}

// An address must not reach a log.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The browsers of an account as they are sent to by a public key; those that were turned on for another, or that this master key did not seal,
/// are passed over.
///
/// # Errors
/// When the database fails.
pub async fn targets<C: ConnectionTrait>(
    db: &C,
    master: &Master,
    public: &str,
    account: i64,
) -> Result<Vec<Target>, Error> {
    let own = Entity::find().filter(Column::AccountId.eq(account)).filter(live(&mark(public)));
    let rows = own.order_by_asc(Column::Id).all(db).await?;
    let target = |m: Model| {
        let given = m.opened(master)?;
        let (point, auth) = given.keys()?;
        Some(Target { id: m.id, endpoint: given.endpoint, point, auth })
    };
    Ok(rows.into_iter().filter_map(target).collect())
}

/// Notes what became of sending: browsers whose service took something, and those that it says are gone.
///
/// # Errors
/// When the database fails.
pub async fn note<C: ConnectionTrait>(txn: &C, (taken, gone): (&[i64], &[i64]), now: i64) -> Result<(), Error> {
    for (ids, column) in [(taken, Column::LastUsedAt), (gone, Column::GoneAt)] {
        if !ids.is_empty() {
            Entity::update_many()
                .col_expr(column, Expr::value(now))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .exec(txn)
                .await?;
        }
    }
    Ok(())
}
