//! Whether a pack is whole, signed, and what stands in the record. The first difference is named.

use super::{FORMAT, MANIFEST, Manifest, PARTS, gather, records};
use crate::{Db, Error, attempt, cylinder, event};
use domain::{event::Source, gate::Facts};
use ring::signature::{ED25519, UnparsedPublicKey};
use sea_orm::entity::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is wrong with a pack: the first thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// A file does not belong here.
    #[error("{0} does not belong into a pack")]
    Extra(String),
    /// A file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, String),
    /// The manifest is of a format that this program does not know.
    #[error("the format is `{0}`, not `{FORMAT}`")]
    Format(String),
    /// The content of a file is not what the manifest says.
    #[error("{0} was changed: its hash is not the one in the manifest")]
    Changed(String),
    /// The signature is not that of the key that the manifest names.
    #[error("the manifest was changed, or not signed by the key it names")]
    Signature,
    /// The records are not those that the manifest names.
    #[error("record {0} is not what the manifest names")]
    Record(i64),
    /// The content of a record does not have the hash that stands beside it.
    #[error("record {0}: its content does not have the hash that the ledger gave it")]
    Content(i64),
}

/// Checks a pack by itself: its files, their hashes, the signature, the content of its records. By whom it is signed is for the
/// caller to compare: the key stands in the manifest.
///
/// # Errors
/// [`Fault`]: the first thing that is wrong.
pub fn check(files: &BTreeMap<String, Vec<u8>>) -> Result<Manifest, Fault> {
    let json = files.get(MANIFEST).ok_or_else(|| Fault::Missing(MANIFEST.into()))?;
    let manifest: Manifest = read(MANIFEST, json)?;
    if manifest.format != FORMAT {
        return Err(Fault::Format(domain::clock::clip(&manifest.format)));
    }
    for name in PARTS {
        let part = files.get(name).ok_or_else(|| Fault::Missing(name.into()))?;
        let hash = manifest.files.get(name).ok_or_else(|| Fault::Missing(format!("the hash of {name}")))?;
        if !hash.is_of(part) {
            return Err(Fault::Changed(name.into()));
        }
    }
    let known = |name: &str| name == MANIFEST || PARTS.contains(&name);
    if let Some(name) = files.keys().chain(manifest.files.keys()).find(|n| !known(n)) {
        return Err(Fault::Extra(domain::clock::clip(name)));
    }
    let (key, signature) = (hex::decode(&manifest.public_key), hex::decode(&manifest.signature));
    let (Ok(key), Ok(signature)) = (key, signature) else { return Err(Fault::Signature) };
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&manifest.message(), &signature).map_err(|_| Fault::Signature)?;
    let events: Vec<event::Model> = part(files, "events.json")?;
    let attempts: Vec<attempt::Model> = part(files, "attempts.json")?;
    let told = records(&events, &attempts);
    let differs = told.iter().zip(&manifest.records).find(|(a, b)| a != b).map(|(a, b)| Ord::min(a.no, b.no));
    let rest = told.iter().skip(manifest.records.len()).chain(manifest.records.iter().skip(told.len())).next();
    if let Some(no) = differs.or_else(|| rest.map(|r| r.no)) {
        return Err(Fault::Record(no));
    }
    for e in &events {
        let entry = e.entry().ok_or(Fault::Content(e.no))?;
        if entry.source == Source::Device && entry.content() != e.hash {
            return Err(Fault::Content(e.no));
        }
    }
    for a in &attempts {
        let facts: Facts = serde_json::from_str(&a.facts).map_err(|_| Fault::Content(a.no))?;
        if facts.hash() != a.facts_hash {
            return Err(Fault::Content(a.no));
        }
    }
    Ok(manifest)
}

fn read<T: serde::de::DeserializeOwned>(name: &str, json: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(json).map_err(|e| Fault::Unreadable(name.into(), e.to_string()))
}

fn part<T: serde::de::DeserializeOwned>(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Result<T, Fault> {
    read(name, files.get(name).ok_or_else(|| Fault::Missing(name.into()))?)
}

/// Compares a pack that [`check`] found sound with the record; the first difference by name, `None` where there is none.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn compare(db: &Db, manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<Option<String>, Error> {
    let txn = db.begin_read().await?;
    let c = cylinder::Entity::find_by_id(manifest.cylinder).one(&txn).await?;
    let evidence = match &c {
        Some(c) => gather(&txn, c, manifest.up_to).await?,
        None => None,
    };
    txn.commit().await?;
    let Some(evidence) = evidence else {
        return Ok(Some(format!("the record has no cylinder {}", manifest.cylinder)));
    };
    for (name, own) in evidence.parts()? {
        let json = |bytes: &[u8]| {
            let mut v: Value = serde_json::from_slice(bytes).unwrap_or_default();
            if let Some(card) = v.as_object_mut() {
                card.remove("names");
            }
            v
        };
        let packed = files.get(&name).map(|p| json(p)).unwrap_or_default();
        if let Some(at) = difference(&packed, &json(&own)) {
            return Ok(Some(format!("{name}{at}: the pack and the record differ")));
        }
    }
    Ok(None)
}

/// Where two values differ first: the way to it. A row of the ledger is named by its number.
fn difference(a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            keys.into_iter().find_map(|k| {
                let within = difference(x.get(k).unwrap_or(&Value::Null), y.get(k).unwrap_or(&Value::Null));
                within.map(|rest| format!(" {k}{rest}"))
            })
        }
        (Value::Array(x), Value::Array(y)) => (0..Ord::max(x.len(), y.len())).find_map(|i| {
            let (p, q) = (x.get(i).unwrap_or(&Value::Null), y.get(i).unwrap_or(&Value::Null));
            let no = p.get("no").or_else(|| q.get("no")).map_or_else(|| format!("[{i}]"), |no| format!(" {no}"));
            difference(p, q).map(|rest| format!("{no}{rest}"))
        }),
        _ => (a != b).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named() {
        let a = json!([{"no": 3, "tag": "x", "at": 1}, {"no": 9, "tag": "y", "at": 2}]);
        let mut b = a.clone();
        assert_eq!(difference(&a, &b), None);
        b[1]["tag"] = json!("z");
        assert_eq!(difference(&a, &b).as_deref(), Some(" 9 tag"));
        b.as_array_mut().unwrap().pop();
        assert_eq!(difference(&a, &b).as_deref(), Some(" 9"));
        assert_eq!(difference(&json!({"a": [1, 2]}), &json!({"a": [1]})).as_deref(), Some(" a[1]"));
    }
}
