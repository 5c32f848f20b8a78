//! The evidence of one cylinder: all that the ledger holds of it, in files whose hashes a manifest names and the deployment's key
//! signs. Whoever has the pack can check that nothing in it was changed; whoever has the record too, that it is what stands there.

mod check;

pub use check::{Fault, check, compare};

use crate::{
    Db, Error, attempt, correction, cylinder, event, history, org, rederivation, replay::replay, rule, secret::Master,
    trace::Chain,
};
use domain::{
    clock,
    digest::{Alg, Named},
    rules::RuleSet,
    scope::Viewer,
};
use ring::signature::KeyPair;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a manifest calls itself.
pub const FORMAT: &str = "pingji evidence 1";
/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The other files, in the order in which they are packed.
pub const PARTS: [&str; 4] = ["cylinder.json", "events.json", "attempts.json", "rules.json"];
/// Largest file of a pack, bytes.
pub const PART_MAX: usize = 32 << 20;

/// The manifest of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Id of the cylinder: the ledger number of its registration.
    pub cylinder: i64,
    /// Its tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// Last ledger number that is in it.
    pub up_to: i64,
    /// Each event and each answer of the gate by its ledger number, with the content hash that the ledger holds.
    pub records: Vec<Record>,
    /// Hash of each other file.
    pub files: BTreeMap<String, Named>,
    /// Public key of the deployment, Ed25519, hex.
    pub public_key: String,
    /// Signature of this manifest with an empty signature, hex.
    pub signature: String,
}

/// A record of the ledger as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Ledger number.
    pub no: i64,
    /// SHA-256 of an event's content, or of the facts of a decision, hex.
    pub hash: String,
}

impl Manifest {
    /// What is signed.
    fn message(&self) -> Vec<u8> {
        serde_json::to_vec(&Self { signature: String::new(), ..self.clone() }).unwrap_or_default()
    }
}

/// What stands in `cylinder.json`.
#[derive(Clone, Debug, Serialize)]
struct Card {
    /// The file as the records fold to it.
    file: cylinder::Model,
    /// The state, likewise.
    state: cylinder::state::Model,
    /// Its tags: bound, void or free.
    tags: BTreeMap<String, String>,
    /// Corrected events, by what.
    corrections: BTreeMap<i64, i64>,
    /// When its due date was derived anew under other rules. Absent where it never was, as from packs of before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rederived: Vec<rederivation::Model>,
    /// What the numbers of owner and sites are called today; no part of what is compared.
    names: BTreeMap<String, String>,
}

/// All that the ledger holds of a cylinder up to a ledger number.
#[derive(Clone, Debug)]
pub struct Evidence {
    card: Card,
    events: Vec<event::Model>,
    attempts: Vec<attempt::Model>,
    rules: Vec<RuleSet>,
}

/// The evidence of the cylinder with this id within the viewer's scope.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn of(db: &Db, viewer: Viewer, id: i64) -> Result<Option<Evidence>, Error> {
    let txn = db.begin_read().await?;
    let Some(c) = cylinder::Entity::find_by_id(id).one(&txn).await? else { return Ok(None) };
    if !history::in_sight(viewer, &c) {
        return Ok(None);
    }
    let found = gather(&txn, &c, i64::MAX).await?;
    txn.commit().await?;
    Ok(found)
}

/// The records of a cylinder up to a ledger number; `None` where there are none.
async fn gather<C: ConnectionTrait>(db: &C, c: &cylinder::Model, up_to: i64) -> Result<Option<Evidence>, Error> {
    let newest = rule::current(db).await?;
    let mut chain = Chain::load(db, c).await?;
    chain.up_to(up_to);
    if chain.events.is_empty() {
        return Ok(None);
    }
    let law = chain.law(db, &newest).await?;
    let then = replay(&chain.events, &chain.attempts, &law)
        .ok_or_else(|| Error::Stored(format!("the chain of cylinder {} cannot be told again", c.id)))?;
    let last = chain.last();
    let numbers: Vec<i64> = chain.events.iter().map(|e| e.no).collect();
    let corrections = correction::of(db, &numbers).await?.into_iter().filter(|(_, by)| *by <= last).collect();
    let mut versions: BTreeSet<i64> = numbers.iter().map(|no| law.in_force.at(*no).version).collect();
    versions.extend(chain.attempts.iter().map(|a| a.rule_version));
    versions.extend(chain.rederived.iter().map(|d| d.version));
    let mut rules = Vec::new();
    for version in versions {
        rules.push(rule::version(db, version).await?);
    }
    let mut names: BTreeMap<String, String> =
        chain.sites.values().map(|s| (format!("site {}", s.id), s.name.clone())).collect();
    if let Some(o) = org::Entity::find_by_id(then.file.org).one(db).await? {
        names.insert(format!("org {}", o.id), o.name);
    }
    let card = Card {
        file: cylinder::Model::of(c.id, &then.file, then.demo),
        state: cylinder::state::Model::of(c.id, &then.now),
        tags: then.tags.iter().map(|(code, fate)| (code.clone(), format!("{fate:?}").to_lowercase())).collect(),
        corrections,
        rederived: chain.rederived,
        names,
    };
    Ok(Some(Evidence { card, events: chain.events, attempts: chain.attempts, rules }))
}

impl Evidence {
    /// Last ledger number.
    #[must_use]
    pub fn up_to(&self) -> i64 {
        let events = self.events.last().map_or(0, |e| e.no);
        let derived = self.card.rederived.last().map_or(0, |d| d.no);
        Ord::max(events, self.attempts.last().map_or(0, |a| a.no)).max(derived)
    }

    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.card.file.tag
    }

    fn records(&self) -> Vec<Record> {
        records(&self.events, &self.attempts)
    }

    /// The files but the manifest.
    fn parts(&self) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let json = [
            serde_json::to_vec_pretty(&self.card),
            serde_json::to_vec_pretty(&self.events),
            serde_json::to_vec_pretty(&self.attempts),
            serde_json::to_vec_pretty(&self.rules),
        ];
        let named = PARTS.iter().zip(json).map(|(name, json)| Ok(((*name).to_owned(), json?)));
        named.collect::<Result<_, serde_json::Error>>().map_err(|e| Error::Stored(e.to_string()))
    }

    /// The files of the pack by their names, signed. `now` is the instant, ms.
    ///
    /// # Errors
    /// When a part cannot be written, or is larger than a pack may hold.
    pub fn files(&self, master: &Master, now: i64) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let signer = master.signer().ok_or_else(|| Error::Stored("the key of evidence".into()))?;
        let mut files = self.parts()?;
        if let Some((name, part)) = files.iter().find(|(_, p)| p.len() > PART_MAX) {
            return Err(Error::Stored(format!("{name} of the evidence has {} bytes", part.len())));
        }
        let mut manifest = Manifest {
            format: FORMAT.into(),
            made_at: clock::rfc3339(now),
            cylinder: self.card.file.id,
            tag: self.card.file.tag.clone(),
            stamp_no: self.card.file.stamp_no.clone(),
            up_to: self.up_to(),
            records: self.records(),
            files: files.iter().map(|(name, part)| (name.clone(), Named::of(Alg::Sha256, part))).collect(),
            public_key: hex::encode(signer.public_key().as_ref()),
            signature: String::new(),
        };
        manifest.signature = hex::encode(signer.sign(&manifest.message()).as_ref());
        let json = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::Stored(e.to_string()))?;
        files.insert(MANIFEST.into(), json);
        Ok(files)
    }
}

/// Records as a manifest names them, in the order of the ledger.
fn records(events: &[event::Model], attempts: &[attempt::Model]) -> Vec<Record> {
    let of = |no, hash: &String| Record { no, hash: hash.clone() };
    let events = events.iter().map(|e| of(e.no, &e.hash));
    let mut all: Vec<Record> = events.chain(attempts.iter().map(|a| of(a.no, &a.facts_hash))).collect();
    all.sort();
    all
}

/// The public key by which the packs of this deployment are checked, hex.
#[must_use]
pub fn public_key(master: &Master) -> String {
    master.signer().map_or_else(String::new, |s| hex::encode(s.public_key().as_ref()))
}
