//! Events: their kinds, who may report them, and the records that devices send.

mod amend;
mod body;
mod kind;
mod who;

pub use amend::FileField;
pub use body::*;
pub use kind::{EventKind, Source};
pub use who::Role;

use crate::{clock, codes};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Largest sequence number: what a JSON number carries exactly.
pub const SEQ_MAX: u64 = 1 << 53;
/// A gun cannot have filled this many since the last number we know.
pub const SEQ_LEAP: u64 = 1_000_000;
/// Records in one batch.
pub const BATCH_MAX: usize = 1_000;
/// Heaviest weight a record may state, grams (a tonne container and its gas).
pub const WEIGHT_MAX_G: i64 = 3_000_000;

/// Weights of a fill, grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// After filling.
    pub gross_g: i64,
    /// Before filling, as weighed.
    pub tare_g: i64,
    /// Gas added.
    pub net_g: i64,
}

/// A record ready to be committed: what the API, the import and the demonstration all make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Device, or the importer's device.
    pub device: i64,
    /// Epoch of the device's memory.
    pub epoch: i64,
    /// The device's running number.
    pub seq: i64,
    /// What happened.
    pub kind: EventKind,
    /// Tag as read, normalised.
    pub tag: String,
    /// Where, site id.
    pub site: i64,
    /// When, device clock, ms.
    pub occurred_at: i64,
    /// When a fill began, device clock, ms.
    pub started_at: Option<i64>,
    /// When the request was signed, device clock corrected to ours, ms.
    pub sent_at: Option<i64>,
    /// Weights of a fill.
    pub weights: Option<Weights>,
    /// Medium, for a fill.
    pub medium: String,
    /// Who did it.
    pub operator: String,
    /// Where it went or came from, in words.
    pub target: String,
    /// The authorisation it belongs to.
    pub attempt: String,
    /// Further content: the file for REGISTER, an import's own words, as JSON.
    pub body: Option<String>,
    /// How it came.
    pub source: Source,
    /// SHA-256 of the canonical content, hex.
    pub hash: String,
}

impl Entry {
    /// SHA-256 of what a device said, hex: all of it stands in the record, so that the hash can be computed again. Where
    /// and when it came to us is not part of it: a retry is the same content.
    #[must_use]
    pub fn content(&self) -> String {
        let (
            Self { kind, tag, occurred_at, started_at, weights, medium, .. },
            Self { operator, target, attempt, body, .. },
        ) = (self, self);
        content_hash(&(kind, tag, occurred_at, started_at, weights, medium, operator, target, attempt, body))
    }

    fn sealed(self) -> Self {
        Self { hash: self.content(), ..self }
    }
}

/// A fill as a gun uploads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FillRecord {
    /// Epoch of the gun's memory: raised by one when it lost it.
    pub epoch: u64,
    /// The gun's running number, from 1.
    pub seq: u64,
    /// Tag as read.
    pub tag: String,
    /// Medium code, such as `LPG`.
    pub medium: String,
    /// Start of filling, RFC 3339 with offset.
    pub started_at: String,
    /// End of filling, RFC 3339 with offset.
    pub ended_at: String,
    /// Gross weight after filling, grams.
    pub gross_g: i64,
    /// Weight before filling, grams.
    pub tare_g: i64,
    /// Gas added, grams.
    pub net_g: i64,
    /// Filler (充装工) code.
    pub operator: String,
    /// The `attempt` of the authorisation, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

/// An event as a device uploads it: every row of the table that is neither a registration nor a fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustodyRecord {
    /// Epoch of the device's memory.
    pub epoch: u64,
    /// The device's running number.
    pub seq: u64,
    /// What happened: none of REGISTER and FILL_END, and what this kind of device may report.
    pub kind: EventKind,
    /// Tag as read.
    pub tag: String,
    /// When, RFC 3339 with offset.
    pub at: String,
    /// Who did it.
    #[serde(default)]
    pub operator: String,
    /// Where it goes or comes from: a customer number, a store.
    #[serde(default)]
    pub target: String,
    /// What this kind of event says beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Content>))]
    pub body: Option<serde_json::Value>,
}

/// A question to the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthorizeRequest {
    /// The gun's own name for this attempt, unique for the gun: an honest retry carries the same.
    pub attempt: String,
    /// Tag as read.
    pub tag: String,
    /// Medium the gun fills.
    pub medium: String,
    /// When the tag was read, RFC 3339 with offset.
    pub at: String,
    /// Filler (充装工) code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// Who sends: what the signature established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Device id.
    pub device: i64,
    /// Site it stands at.
    pub site: i64,
    /// Timestamp of the signature corrected to the server's clock, ms.
    pub sent_at: i64,
}

/// A field that is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// Its name.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

fn bad<T>(field: &'static str, message: impl Into<String>) -> Result<T, FieldError> {
    Err(FieldError { field, message: message.into() })
}

fn text(field: &'static str, value: &str, min: usize, max: usize) -> Result<String, FieldError> {
    let n = value.chars().count();
    if value.chars().any(char::is_control) {
        return bad(field, "holds control characters");
    }
    if n < min || n > max {
        return bad(field, format!("has {n} characters; {min} to {max} are allowed"));
    }
    Ok(value.to_owned())
}

fn number(field: &'static str, value: u64, max: u64) -> Result<i64, FieldError> {
    match i64::try_from(value) {
        Ok(v) if v >= 1 && value <= max => Ok(v),
        _ => bad(field, format!("is {value}; 1 to {max} are allowed")),
    }
}

fn weight(field: &'static str, g: i64) -> Result<i64, FieldError> {
    if (0..=WEIGHT_MAX_G).contains(&g) {
        Ok(g)
    } else {
        bad(field, format!("is {g} g; 0 to {WEIGHT_MAX_G} are allowed"))
    }
}

fn time(field: &'static str, value: &str) -> Result<i64, FieldError> {
    clock::parse_instant(value).or_else(|e| bad(field, e))
}

/// SHA-256 of a record's canonical JSON, hex: what tells a retry from another content under the same number.
#[must_use]
pub fn content_hash<T: Serialize>(record: &T) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(record).unwrap_or_default()))
}

/// A tag as a gun reads it. A fill on an unreadable tag happened too: what cannot be a tag is kept in a form that can
/// be stored, and no register will know it.
fn read_tag(value: &str) -> Result<String, FieldError> {
    codes::tag(value).or_else(|e| bad("tag", e))
}

impl FillRecord {
    /// Checks the record and makes it an entry.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn entry(&self, from: Sender) -> Result<Entry, FieldError> {
        let started = time("started_at", &self.started_at)?;
        let ended = time("ended_at", &self.ended_at)?;
        if ended < started {
            return bad("ended_at", "lies before started_at");
        }
        let weights = Weights {
            gross_g: weight("gross_g", self.gross_g)?,
            tare_g: weight("tare_g", self.tare_g)?,
            net_g: weight("net_g", self.net_g)?,
        };
        Ok(Entry {
            device: from.device,
            epoch: number("epoch", self.epoch, SEQ_MAX)?,
            seq: number("seq", self.seq, SEQ_MAX)?,
            kind: EventKind::FillEnd,
            tag: read_tag(&self.tag)?,
            site: from.site,
            occurred_at: ended,
            started_at: Some(started),
            sent_at: Some(from.sent_at),
            weights: Some(weights),
            medium: text("medium", &self.medium, 1, 16)?,
            operator: text("operator", &self.operator, 1, 32)?,
            target: String::new(),
            attempt: text("attempt", self.attempt.as_deref().unwrap_or_default(), 0, 64)?,
            body: None,
            source: Source::Device,
            hash: String::new(),
        }
        .sealed())
    }
}

impl CustodyRecord {
    /// Checks the record and makes it an entry.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn entry(&self, from: Sender) -> Result<Entry, FieldError> {
        if !self.kind.is_reported() {
            return bad("kind", "is not taken here: a registration is imported, a fill goes to /fills");
        }
        let occurred_at = time("at", &self.at)?;
        let content = Content::check(self.kind, self.body.as_ref(), occurred_at)?;
        if matches!(&content, Some(Content::Cancel(c)) if c.way == CancelWay::Duplicate) {
            return bad("body.way", "is for the office to say: it compares both files");
        }
        // Two checks must be by two persons, so who checked must be said.
        let least = usize::from(matches!(self.kind, EventKind::Precheck | EventKind::Postcheck));
        Ok(Entry {
            device: from.device,
            epoch: number("epoch", self.epoch, SEQ_MAX)?,
            seq: number("seq", self.seq, SEQ_MAX)?,
            kind: self.kind,
            tag: read_tag(&self.tag)?,
            site: from.site,
            occurred_at,
            started_at: None,
            sent_at: Some(from.sent_at),
            weights: None,
            medium: String::new(),
            operator: text("operator", &self.operator, least, 32)?,
            target: text("target", &self.target, 0, 64)?,
            attempt: String::new(),
            body: content.and_then(|c| serde_json::to_string(&c).ok()),
            source: Source::Device,
            hash: String::new(),
        }
        .sealed())
    }
}

/// A question to the gate, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The gun's name of the attempt.
    pub attempt: String,
    /// Tag as read, normalised.
    pub tag: String,
    /// Medium of the gun.
    pub medium: String,
    /// When, device clock, ms.
    pub at: i64,
    /// Filler, or empty.
    pub operator: String,
}

impl AuthorizeRequest {
    /// Checks the question.
    ///
    /// # Errors
    /// The first field that is out of its range. An unreadable tag is no error: the gate answers TAG_UNKNOWN to it.
    pub fn check(&self) -> Result<Asked, FieldError> {
        Ok(Asked {
            attempt: text("attempt", &self.attempt, 1, 64)?,
            tag: read_tag(&self.tag)?,
            medium: text("medium", &self.medium, 1, 16)?,
            at: time("at", &self.at)?,
            operator: text("operator", self.operator.as_deref().unwrap_or_default(), 0, 32)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Sender = Sender { device: 1, site: 2, sent_at: 3 };

    fn fill() -> FillRecord {
        FillRecord {
            epoch: 1,
            seq: 118,
            tag: "4904410522".into(),
            medium: "LPG".into(),
            started_at: "2026-11-21T08:00:00Z".into(),
            ended_at: "2026-11-21T16:01:00+08:00".into(),
            gross_g: 30_930,
            tare_g: 16_750,
            net_g: 14_180,
            operator: "F01".into(),
            attempt: None,
        }
    }

    #[test]
    fn a_sound_record_becomes_an_entry() {
        let e = fill().entry(FROM).unwrap();
        assert_eq!((e.device, e.site, e.seq, e.kind), (1, 2, 118, EventKind::FillEnd));
        assert_eq!(clock::rfc3339(e.occurred_at), "2026-11-21T08:01:00.000Z");
    }

    #[test]
    fn each_bad_field_is_named() {
        let f = |change: fn(&mut FillRecord)| {
            let mut r = fill();
            change(&mut r);
            r.entry(FROM).unwrap_err().field
        };
        assert_eq!(f(|r| r.epoch = 0), "epoch");
        assert_eq!(f(|r| r.seq = 0), "seq");
        assert_eq!(f(|r| r.seq = SEQ_MAX + 1), "seq");
        assert_eq!(f(|r| r.seq = u64::MAX), "seq");
        assert_eq!(f(|r| r.tag.clear()), "tag");
        assert_eq!(f(|r| r.medium = "x".repeat(17)), "medium");
        assert_eq!(f(|r| r.started_at = "2026-11-21".into()), "started_at");
        assert_eq!(f(|r| r.ended_at = "2026-11-21T07:59:59Z".into()), "ended_at");
        assert_eq!(f(|r| r.gross_g = -1), "gross_g");
        assert_eq!(f(|r| r.tare_g = i64::MAX), "tare_g");
        assert_eq!(f(|r| r.net_g = WEIGHT_MAX_G + 1), "net_g");
        assert_eq!(f(|r| r.operator = "\u{7}".into()), "operator");
        assert_eq!(f(|r| r.attempt = Some("x".repeat(65))), "attempt");
    }

    fn custody(kind: EventKind, body: Option<serde_json::Value>) -> CustodyRecord {
        CustodyRecord {
            epoch: 1,
            seq: 1,
            kind,
            tag: "1".into(),
            at: "2026-11-21T08:00:00Z".into(),
            operator: "W01".into(),
            target: String::new(),
            body,
        }
    }

    #[test]
    fn an_event_is_taken_with_the_body_of_its_kind() {
        for kind in [EventKind::Register, EventKind::FillEnd, EventKind::Amend, EventKind::VoidTag] {
            assert_eq!(custody(kind, None).entry(FROM).unwrap_err().field, "kind");
        }
        let twice = serde_json::json!({ "way": "duplicate", "reason": "r", "same_as": 1 });
        assert_eq!(custody(EventKind::Cancel, Some(twice)).entry(FROM).unwrap_err().field, "body.way");
        for kind in [EventKind::ReceiveEmpty, EventKind::Ship, EventKind::Transfer] {
            assert_eq!(custody(kind, None).entry(FROM).unwrap().body, None);
        }
        assert_eq!(custody(EventKind::Seal, None).entry(FROM).unwrap_err().field, "body");
        let directive = serde_json::json!({ "directive": "D-1" });
        let sealed = custody(EventKind::Seal, Some(directive.clone())).entry(FROM).unwrap();
        assert_eq!(sealed.body.as_deref(), Some(r#"{"directive":"D-1"}"#));
        assert_eq!(custody(EventKind::Ship, Some(directive)).entry(FROM).unwrap_err().field, "body");
        let check = custody(EventKind::Postcheck, Some(serde_json::json!({ "result": "pass" })));
        assert!(check.entry(FROM).is_ok());
        let nobody = CustodyRecord { operator: String::new(), ..check };
        assert_eq!(nobody.entry(FROM).unwrap_err().field, "operator");
    }

    #[test]
    fn a_question_without_a_filler_keeps_its_hash() {
        let q = AuthorizeRequest {
            attempt: "a".into(),
            tag: "t 1".into(),
            medium: "LPG".into(),
            at: "2026-11-21T08:00:00Z".into(),
            operator: None,
        };
        assert_eq!(
            serde_json::to_string(&q).unwrap(),
            r#"{"attempt":"a","tag":"t 1","medium":"LPG","at":"2026-11-21T08:00:00Z"}"#
        );
        let asked = q.check().unwrap();
        assert_eq!((asked.tag.as_str(), asked.operator.as_str()), ("T1", ""));
        let long = AuthorizeRequest { operator: Some("x".repeat(33)), ..q };
        assert_eq!(long.check().unwrap_err().field, "operator");
    }

    #[test]
    fn another_content_has_another_hash() {
        let mut other = fill();
        other.gross_g += 1;
        assert_ne!(content_hash(&fill()), content_hash(&other));
        assert_eq!(content_hash(&fill()), content_hash(&fill()));
    }
}
