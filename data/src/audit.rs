//! The audit log: who did what, chained by SHA-256, so that a changed or missing row shows. A head kept apart and signed
//! by a key that the record does not hold shows a tail that was cut off, and a chain that was made anew.

use crate::{Db, Error, account, secret, sequence};
use domain::{account::AuditLine, clock};
use sea_orm::{QueryOrder, QuerySelect, Set, entity::prelude::*};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// A row of `audit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Running number, without holes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// When, ms.
    pub at: i64,
    /// Account; 0 for nobody and for the operator.
    pub account_id: i64,
    /// Session; 0 without one.
    pub session_id: i64,
    /// Network address; `console` for the operator.
    pub address: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, JSON.
    pub detail: String,
    /// Hash of the row before; empty for the first.
    pub prev: String,
    /// Hash of this row.
    pub hash: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Name of the log's sequence.
pub(crate) const NUMBERS: &str = "audit";
/// Rows read at a time.
const PAGE: u64 = 5_000;
/// Longest subject, characters: some of it comes from outside.
const SUBJECT_MAX: usize = 200;

/// Whoever did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// Account; 0 for nobody and for the operator.
    pub account: i64,
    /// Session; 0 without one.
    pub session: i64,
    /// Network address.
    pub address: String,
}

impl Actor {
    /// The operator at the command line.
    #[must_use]
    pub fn console() -> Self {
        Self { account: 0, session: 0, address: "console".into() }
    }
}

/// What was done, to go into the log in the transaction that does it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub subject: String,
    /// More.
    pub detail: serde_json::Value,
}

impl Deed {
    /// Writes it as [`append`] does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append<C: ConnectionTrait>(&self, txn: &C, now: i64) -> Result<i64, Error> {
        append(txn, &self.actor, now, self.action, &self.subject, &self.detail).await
    }
}

impl Model {
    /// The hash that the row should bear: each field with its length, so that none can run into the next.
    #[must_use]
    pub fn computed(&self) -> String {
        let mut h = Sha256::new();
        for n in [self.no, self.at, self.account_id, self.session_id] {
            h.update(n.to_be_bytes());
        }
        for t in [&self.address, &self.action, &self.subject, &self.detail, &self.prev] {
            h.update((t.len() as u64).to_be_bytes());
            h.update(t.as_bytes());
        }
        hex::encode(h.finalize())
    }
}

/// The number of the latest row: it moves with whatever an account changes.
///
/// # Errors
/// When the database fails.
pub async fn last<C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    sequence::last(db, NUMBERS).await
}

/// Writes a row, in the transaction of what it tells of, as the last statement of it: the chain is locked until the
/// transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn append<C: ConnectionTrait>(
    txn: &C,
    actor: &Actor,
    now: i64,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<i64, Error> {
    let last = sequence::lock(txn, NUMBERS).await?;
    let prev = Entity::find_by_id(last).one(txn).await?.map_or_else(String::new, |m| m.hash);
    let mut row = Model {
        no: last + 1,
        at: now,
        account_id: actor.account,
        session_id: actor.session,
        address: actor.address.clone(),
        action: action.to_owned(),
        // A NUL would be refused by PostgreSQL.
        subject: subject.chars().filter(|c| *c != '\0').take(SUBJECT_MAX).collect(),
        detail: if detail.is_null() { String::new() } else { detail.to_string() },
        prev,
        hash: String::new(),
    };
    row.hash = row.computed();
    let no = row.no;
    Entity::insert(ActiveModel {
        no: Set(row.no),
        at: Set(row.at),
        account_id: Set(row.account_id),
        session_id: Set(row.session_id),
        address: Set(row.address),
        action: Set(row.action),
        subject: Set(row.subject),
        detail: Set(row.detail),
        prev: Set(row.prev),
        hash: Set(row.hash),
    })
    .exec_without_returning(txn)
    .await?;
    sequence::set(txn, NUMBERS, no).await?;
    Ok(no)
}

/// The end of the log at some time, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last row.
    pub no: i64,
    /// Its hash.
    pub hash: String,
    /// HMAC-SHA-256 of both, hex.
    pub mac: String,
}

impl Head {
    fn sign(key: &[u8], no: i64, hash: &str) -> Self {
        let mac = hex::encode(secret::mac(key, format!("audit head\n{no}\n{hash}").as_bytes()));
        Self { no, hash: hash.to_owned(), mac }
    }

    fn is_ours(&self, key: &[u8]) -> bool {
        let mac = Self::sign(key, self.no, &self.hash).mac;
        mac.len() == self.mac.len() && mac.bytes().zip(self.mac.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
    }
}

/// What a verification of the log found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows read.
    pub rows: i64,
    /// What is wrong, the first wrong row first; empty when nothing is.
    pub named: Vec<String>,
}

/// Rows after the signed head, chained to it, and their new head. `Ok(None)` when the head is the end of the log already.
///
/// # Errors
/// When the database fails.
pub async fn advance(db: &Db, key: &[u8], head: Option<&Head>) -> Result<Result<Option<Head>, String>, Error> {
    let txn = db.begin_read().await?;
    let mut walk = match walk_from(&txn, key, head).await? {
        Ok(w) => w,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let from = walk.no;
    if let Some(wrong) = walk.on(&txn).await? {
        return Ok(Err(wrong));
    }
    Ok(Ok((walk.no > from).then(|| Head::sign(key, walk.no, &walk.hash))))
}

/// Verifies the whole log against its signed head, and names the first row that is wrong.
///
/// # Errors
/// When the database fails.
pub async fn verify(db: &Db, key: &[u8], head: Option<&Head>) -> Result<Report, Error> {
    let txn = db.begin_read().await?;
    let mut walk = Walk { no: 0, hash: String::new() };
    let wrong = walk.on(&txn).await?;
    let mut named: Vec<String> = wrong.into_iter().collect();
    match head {
        None if walk.no > 0 => named.push("audit: the signed head is missing".into()),
        None => {}
        Some(h) if !h.is_ours(key) => named.push("audit: the signature of the head is wrong".into()),
        Some(h) if named.is_empty() => {
            let at = Entity::find_by_id(h.no).one(&txn).await?;
            match at {
                None if h.no > 0 => named.push(format!(
                    "audit {}: the tail was cut off: rows {} to {} are missing",
                    walk.no + 1,
                    walk.no + 1,
                    h.no
                )),
                Some(m) if m.hash != h.hash => {
                    named.push(format!(
                        "audit {}: the row is not the one that was signed: the chain was made anew",
                        h.no
                    ));
                }
                _ => {}
            }
        }
        Some(_) => {}
    }
    let numbered = sequence::last(&txn, NUMBERS).await?;
    if named.is_empty() && numbered != walk.no {
        named.push(format!("audit {}: {} rows were numbered", walk.no + 1, numbered));
    }
    Ok(Report { rows: walk.no, named })
}

struct Walk {
    no: i64,
    hash: String,
}

async fn walk_from<C: ConnectionTrait>(db: &C, key: &[u8], head: Option<&Head>) -> Result<Result<Walk, String>, Error> {
    let Some(h) = head else { return Ok(Ok(Walk { no: 0, hash: String::new() })) };
    if !h.is_ours(key) {
        return Ok(Err("audit: the signature of the head is wrong".into()));
    }
    if h.no > 0 && Entity::find_by_id(h.no).one(db).await?.is_none_or(|m| m.hash != h.hash || m.computed() != h.hash) {
        return Ok(Err(format!("audit {}: the row is missing, or not the one that was signed", h.no)));
    }
    Ok(Ok(Walk { no: h.no, hash: h.hash.clone() }))
}

impl Walk {
    /// Follows the chain to its end, or to the first row that is wrong, which it names.
    async fn on<C: ConnectionTrait>(&mut self, db: &C) -> Result<Option<String>, Error> {
        loop {
            let rows =
                Entity::find().filter(Column::No.gt(self.no)).order_by_asc(Column::No).limit(PAGE).all(db).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            for m in rows {
                let next = self.no + 1;
                if m.no != next {
                    return Ok(Some(format!("audit {next}: the row is missing")));
                }
                if m.hash != m.computed() {
                    return Ok(Some(format!(
                        "audit {next}: the row was tampered with: its hash is not that of its content"
                    )));
                }
                if m.prev != self.hash {
                    return Ok(Some(format!(
                        "audit {next}: the row does not follow the one before it: either was replaced"
                    )));
                }
                (self.no, self.hash) = (next, m.hash);
            }
        }
    }
}

/// What a page of the log is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Rows before this number; all when 0.
    pub before: i64,
    /// Of this account only.
    pub login: Option<String>,
    /// Of actions that begin so.
    pub action: Option<String>,
    /// Not before, ms.
    pub from: Option<i64>,
    /// Before, ms.
    pub to: Option<i64>,
}

/// Names of what the log can be narrowed by, as they stand in its address.
pub const FILTERS: [&str; 4] = ["login", "action", "from", "to"];
/// Longest word that the log can be narrowed by, characters.
const WORD_MAX: usize = 64;

impl Filter {
    /// From names and values of [`FILTERS`]; empty values ask for everything.
    ///
    /// # Errors
    /// The name of what cannot be meant.
    pub fn asked<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, &'static str> {
        let mut it = Self::default();
        for (name, value) in fields {
            let name = *FILTERS.iter().find(|f| **f == name).ok_or("filter")?;
            let value = value.trim();
            if value.chars().count() > WORD_MAX || value.chars().any(char::is_control) {
                return Err(name);
            }
            if value.is_empty() {
                continue;
            }
            let day = |plus: i32| -> Result<Option<i64>, &'static str> {
                let date: chrono::NaiveDate = value.parse().map_err(|_| name)?;
                Ok(Some(clock::day_start(clock::day_of(date).saturating_add(plus))))
            };
            match name {
                "login" => it.login = Some(value.to_ascii_lowercase()),
                "action" => it.action = Some(value.to_owned()),
                "from" => it.from = day(0)?,
                _ => it.to = day(1)?,
            }
        }
        Ok(it)
    }

    /// The rows that are asked for; `None` where there is no such account.
    async fn select<C: ConnectionTrait>(&self, db: &C) -> Result<Option<Select<Entity>>, DbErr> {
        let mut q = Entity::find();
        if self.before > 0 {
            q = q.filter(Column::No.lt(self.before));
        }
        if let Some(login) = &self.login {
            let Some(a) = account::by_login(db, login).await? else { return Ok(None) };
            q = q.filter(Column::AccountId.eq(a.id));
        }
        if let Some(action) = &self.action {
            // Actions are words with dots; what else is typed finds nothing.
            q = q.filter(Column::Action.gte(action.as_str())).filter(Column::Action.lt(format!("{action}\u{10ffff}")));
        }
        if let Some(from) = self.from {
            q = q.filter(Column::At.gte(from));
        }
        if let Some(to) = self.to {
            q = q.filter(Column::At.lt(to));
        }
        Ok(Some(q))
    }
}

/// How many rows of the log are asked for.
///
/// # Errors
/// When the database fails.
pub async fn count<C: ConnectionTrait>(db: &C, filter: &Filter) -> Result<u64, Error> {
    let Some(q) = filter.select(db).await? else { return Ok(0) };
    Ok(q.count(db).await?)
}

/// Rows of the log, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, filter: &Filter, limit: u64) -> Result<Vec<AuditLine>, Error> {
    let Some(q) = filter.select(db).await? else { return Ok(vec![]) };
    let rows = q.order_by_desc(Column::No).limit(limit).all(db).await?;
    let ids: HashSet<i64> = rows.iter().map(|m| m.account_id).collect();
    let logins: HashMap<i64, String> = account::Entity::find()
        .filter(account::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|a| (a.id, a.login))
        .collect();
    Ok(rows
        .into_iter()
        .map(|m| AuditLine {
            no: m.no,
            at: m.at,
            login: logins.get(&m.account_id).cloned().unwrap_or_default(),
            address: m.address,
            action: m.action,
            subject: m.subject,
            detail: m.detail,
        })
        .collect())
}
