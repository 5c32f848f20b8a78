//! What an event says beyond kind, tag, time and person: one typed, checked form a kind.

use super::{EventKind, FieldError, FileField, bad, read_tag, text, weight};
use crate::{clock, date::PartialDate};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Items of a check at most.
pub const ITEMS_MAX: usize = 64;
/// Parts, witnesses at most.
const LIST_MAX: usize = 16;
/// Characters of a reason or note.
const NOTE_MAX: usize = 200;
/// Characters of a document's number.
const PAPER_MAX: usize = 64;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name { $($(#[doc = $doc])* $variant,)+ }
    };
}

words! {
    /// A result of a check as a whole.
    CheckResult {
        /// 合格
        Pass,
        /// 不合格
        Fail,
    }
}

words! {
    /// The result of one item.
    ItemResult {
        /// 合格
        Pass,
        /// 不合格
        Fail,
        /// 不适用
        Na,
    }
}

words! {
    /// What becomes of a cylinder that failed its pre-fill check.
    Next {
        /// 封存
        Hold,
        /// 送检
        Inspect,
        /// 封存, and the file waits for scrapping.
        Scrap,
    }
}

words! {
    /// The result of a post-fill check.
    PostResult {
        /// 合格
        Pass,
        /// 超装: to be drained.
        Over,
        /// 不合格
        Fail,
    }
}

words! {
    /// A stage of a repair.
    RepairPhase {
        /// Work begins.
        Start,
        /// Work is done.
        Done,
    }
}

words! {
    /// Why a tag is bound.
    BindReason {
        /// The cylinder gets a further tag.
        New,
        /// The old one is damaged.
        Damaged,
        /// The old one fell off.
        Lost,
        /// The old one was cloned.
        Cloned,
    }
}

words! {
    /// Why a tag is void without another in its place.
    VoidReason {
        /// 损坏
        Damaged,
        /// 遗失或脱落
        Lost,
        /// 被仿制
        Cloned,
        /// 错发或不再使用
        Unused,
    }
}

words! {
    /// Why a file is closed.
    CancelWay {
        /// 转出
        Transferred,
        /// 注销
        Cancelled,
        /// 重复建档: the same cylinder has another file.
        Duplicate,
    }
}

words! {
    /// What is wrong with an event (EPCIS 2.0 `errorDeclaration`).
    CorrectHow {
        /// It did not occur.
        DidNotOccur,
        /// It occurred otherwise; the right event is sent beside the correction.
        IncorrectData,
    }
}

macro_rules! body {
    ($(#[$meta:meta])* $name:ident { $($rest:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name { $($rest)* }
    };
}

body! {
    /// An item of a check.
    CheckItem {
        /// Its code in the catalogue of check items.
        pub item: String,
        /// 合格, 不合格, 不适用
        pub result: ItemResult,
    }
}

body! {
    /// The body of PRECHECK (rules.md §4).
    Precheck {
        /// As a whole.
        pub result: CheckResult,
        /// Item by item.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub items: Vec<CheckItem>,
        /// Measured weight of the empty cylinder, grams.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tare_g: Option<i64>,
        /// 钢印号 as read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub stamp: Option<String>,
        /// 抽真空或置换: evacuated or purged before its first fill.
        #[serde(default, skip_serializing_if = "is_false")]
        pub vacuumed: bool,
        /// Where it goes when it failed; `hold` if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub next: Option<Next>,
        /// Why it failed, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub reason: String,
    }
}

body! {
    /// The body of POSTCHECK (rules.md §6).
    Postcheck {
        /// As a whole.
        pub result: PostResult,
        /// A leak was found.
        #[serde(default, skip_serializing_if = "is_false")]
        pub leak: bool,
        /// Weight on the second scale, grams.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub gross_g: Option<i64>,
        /// Number of the seal.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub seal: String,
        /// Item by item.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub items: Vec<CheckItem>,
        /// Why it failed, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub reason: String,
    }
}

body! {
    /// The body of DRAIN.
    Drain {
        /// Taken out, grams.
        pub drained_g: i64,
        /// Weight afterwards, grams.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tare_g: Option<i64>,
    }
}

body! {
    /// The body of SEND_INSPECT.
    SendInspect {
        /// The agency.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub agency: String,
        /// The residue was taken out.
        pub residue_handled: bool,
    }
}

body! {
    /// The body of INSPECT: the report of a periodic inspection (TSG 23-2021 ch. 9).
    Inspect {
        /// As a whole.
        pub result: CheckResult,
        /// Day of the inspection, `YYYY-MM-DD` or `YYYY-MM`.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        pub date: PartialDate,
        /// Next inspection as the report prints it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        pub next: Option<PartialDate>,
        /// Measured weight of the empty cylinder, grams.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tare_g: Option<i64>,
        /// The safety assessment that extends the life was passed.
        #[serde(default, skip_serializing_if = "is_false")]
        pub assessed: bool,
        /// Number of the report.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub report: String,
        /// Why it failed, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub reason: String,
    }
}

body! {
    /// The body of REPAIR.
    Repair {
        /// Stage.
        pub phase: RepairPhase,
        /// Parts that were changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub parts: Vec<String>,
    }
}

body! {
    /// The body of BIND_TAG.
    BindTag {
        /// The new tag.
        pub tag: String,
        /// The tag it takes the place of, which is void from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub replaces: Option<String>,
        /// Why.
        pub reason: BindReason,
    }
}

body! {
    /// The body of SCRAP_REQUEST, SUSPEND and LOST.
    Reasoned {
        /// Why.
        pub reason: String,
    }
}

body! {
    /// The body of FOUND and RESUME; it may be left out.
    Noted {
        /// In words.
        #[serde(default)]
        pub note: String,
    }
}

body! {
    /// The body of SCRAP.
    Scrap {
        /// Number of the approval.
        pub approval: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub reason: String,
    }
}

body! {
    /// The body of DESTROY: two witnesses, a picture before and one after.
    Destroy {
        /// Codes of the witnesses, two at least.
        pub witnesses: Vec<String>,
        /// The picture before: its name or SHA-256.
        pub before: String,
        /// The picture after.
        pub after: String,
    }
}

body! {
    /// The body of SEAL and UNSEAL.
    Directive {
        /// Number of the officer's directive (特种设备安全法 Art. 61 and 62).
        pub directive: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub reason: String,
    }
}

body! {
    /// The body of RECALL and RECALL_CLEARED.
    Notice {
        /// Number of the notice.
        pub notice: String,
    }
}

body! {
    /// The body of CANCEL.
    Cancel {
        /// 转出, 注销, or 重复建档
        pub way: CancelWay,
        /// Why.
        pub reason: String,
        /// The cylinder whose file stays, for one that was entered twice: the ledger number of its registration.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub same_as: Option<i64>,
    }
}

body! {
    /// One field of a file that was wrong.
    FileChange {
        /// Which.
        pub field: FileField,
        /// What stood there: a change of what stands there no more is not taken.
        pub old: String,
        /// What is right.
        pub new: String,
    }
}

body! {
    /// The body of AMEND: the file is put right. Only the office tells it.
    Amend {
        /// Field by field.
        pub changes: Vec<FileChange>,
        /// Why.
        pub reason: String,
        /// What proves it: the number of a document, the name or SHA-256 of a picture.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub evidence: String,
    }
}

body! {
    /// The body of VOID_TAG. Only the office tells it.
    VoidTag {
        /// The tag, void from now on.
        pub tag: String,
        /// Why.
        pub reason: VoidReason,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub note: String,
    }
}

body! {
    /// The body of TRANSFER where it changes the owner: the giving side names the new owner, the receiving side the ledger
    /// number of that offer. The cylinder changes hands with the second; its home is then where that was sent from.
    Transfer {
        /// Offer: organisation that shall own it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to_org: Option<i64>,
        /// Confirmation: ledger number of the offer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub confirms: Option<i64>,
    }
}

body! {
    /// The body of CORRECT. The corrected event stays in the record and counts no more.
    Correct {
        /// Ledger number of the event.
        pub corrects: i64,
        /// What is wrong with it.
        pub how: CorrectHow,
        /// Why, in words.
        pub reason: String,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(b: &bool) -> bool {
    !*b
}

macro_rules! contents {
    ($($variant:ident($body:ident) for $($kind:ident)|+,)+) => {
        /// The content of an event, typed by its kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Content {
            $(#[doc = concat!("See [`", stringify!($body), "`].")] $variant($body),)+
        }

        impl Content {
            fn typed(kind: EventKind, body: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($(EventKind::$kind)|+ => Some(serde_json::from_str(body).map(Self::$variant)),)+
                    _ => None,
                }
            }

            fn read(kind: EventKind, body: &Value) -> Option<Result<Self, FieldError>> {
                match kind {
                    $($(EventKind::$kind)|+ => Some(of(body).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }
    };
}

contents! {
    Precheck(Precheck) for Precheck,
    Postcheck(Postcheck) for Postcheck,
    Drain(Drain) for Drain,
    SendInspect(SendInspect) for SendInspect,
    Inspect(Inspect) for Inspect,
    Repair(Repair) for Repair,
    BindTag(BindTag) for BindTag,
    Reasoned(Reasoned) for ScrapRequest | Suspend | Lost,
    Noted(Noted) for Found | Resume,
    Scrap(Scrap) for Scrap,
    Destroy(Destroy) for Destroy,
    Directive(Directive) for Seal | Unseal,
    Notice(Notice) for Recall | RecallCleared,
    Cancel(Cancel) for Cancel,
    Transfer(Transfer) for Transfer,
    Correct(Correct) for Correct,
    Amend(Amend) for Amend,
    VoidTag(VoidTag) for VoidTag,
}

fn of<T: DeserializeOwned>(body: &Value) -> Result<T, FieldError> {
    // Only an object: serde would read a structure from an array of its fields too.
    if !body.is_object() {
        return bad("body", "is not an object");
    }
    T::deserialize(body).or_else(|e| bad("body", e.to_string()))
}

/// Kinds whose body may be left out.
const fn may_be_bare(kind: EventKind) -> bool {
    matches!(kind, EventKind::Found | EventKind::Resume | EventKind::Transfer)
}

impl Content {
    /// The content of a stored event. `None` for a kind without one, and where an import keeps its own words there.
    #[must_use]
    pub fn stored(kind: EventKind, body: Option<&str>) -> Option<Self> {
        Self::typed(kind, body?)?.ok()
    }

    /// Checks what a device sent with an event of this kind at an instant (ms).
    ///
    /// # Errors
    /// The first field that is missing, unknown or out of its range; a body where none belongs.
    pub fn check(kind: EventKind, body: Option<&Value>, at: i64) -> Result<Option<Self>, FieldError> {
        let Some(body) = body.filter(|b| !b.is_null()) else {
            // Whether the kind has a body at all: reading an empty one tells.
            return match Self::read(kind, &Value::Null) {
                Some(_) if !may_be_bare(kind) => bad("body", "is missing: this kind of event needs one"),
                _ => Ok(None),
            };
        };
        let Some(content) = Self::read(kind, body) else {
            return bad("body", "is not taken with this kind of event");
        };
        let mut content = content?;
        content.validate(at)?;
        Ok(Some(content))
    }

    fn validate(&mut self, at: i64) -> Result<(), FieldError> {
        match self {
            Self::Precheck(p) => precheck(p),
            Self::Postcheck(p) => postcheck(p),
            Self::Drain(d) => {
                weight("body.drained_g", d.drained_g)?;
                grams("body.tare_g", d.tare_g)
            }
            Self::SendInspect(s) => note("body.agency", &s.agency, 0),
            Self::Inspect(i) => inspect(i, at),
            Self::Repair(r) => list("body.parts", &r.parts, 0),
            Self::BindTag(b) => bind(b),
            Self::Reasoned(r) => note("body.reason", &r.reason, 1),
            Self::Noted(n) => note("body.note", &n.note, 0),
            Self::Scrap(s) => {
                paper("body.approval", &s.approval)?;
                note("body.reason", &s.reason, 0)
            }
            Self::Destroy(d) => destroy(d),
            Self::Directive(d) => {
                paper("body.directive", &d.directive)?;
                note("body.reason", &d.reason, 0)
            }
            Self::Notice(n) => paper("body.notice", &n.notice),
            Self::Cancel(c) => cancel(c),
            Self::Amend(a) => amend(a),
            Self::VoidTag(v) => {
                v.tag = read_tag(&v.tag).map_err(|e| FieldError { field: "body.tag", ..e })?;
                note("body.note", &v.note, 0)
            }
            Self::Transfer(t) => match (t.to_org, t.confirms) {
                (Some(n), None) => positive("body.to_org", n),
                (None, Some(n)) => positive("body.confirms", n),
                _ => bad("body", "names either to_org (an offer) or confirms (its acceptance)"),
            },
            Self::Correct(c) => {
                positive("body.corrects", c.corrects)?;
                note("body.reason", &c.reason, 1)
            }
        }
    }

    /// Ledger number of the event it speaks of.
    #[must_use]
    pub const fn refers_to(&self) -> Option<i64> {
        match self {
            Self::Correct(c) => Some(c.corrects),
            Self::Transfer(t) => t.confirms,
            _ => None,
        }
    }
}

fn note(field: &'static str, value: &str, min: usize) -> Result<(), FieldError> {
    text(field, value, min, NOTE_MAX).map(|_| ())
}

fn paper(field: &'static str, value: &str) -> Result<(), FieldError> {
    text(field, value.trim(), 1, PAPER_MAX).map(|_| ())
}

fn grams(field: &'static str, value: Option<i64>) -> Result<(), FieldError> {
    value.map_or(Ok(()), |g| weight(field, g).map(|_| ()))
}

fn positive(field: &'static str, value: i64) -> Result<(), FieldError> {
    if value > 0 { Ok(()) } else { bad(field, format!("is {value}; a number from 1 on is meant")) }
}

fn list(field: &'static str, values: &[String], min: usize) -> Result<(), FieldError> {
    if values.len() < min || values.len() > LIST_MAX {
        return bad(field, format!("has {} entries; {min} to {LIST_MAX} are allowed", values.len()));
    }
    values.iter().try_for_each(|v| text(field, v, 1, PAPER_MAX).map(|_| ()))
}

fn items(items: &[CheckItem]) -> Result<bool, FieldError> {
    const FIELD: &str = "body.items";
    if items.len() > ITEMS_MAX {
        return bad(FIELD, format!("has {} entries; {ITEMS_MAX} are allowed", items.len()));
    }
    for (i, it) in items.iter().enumerate() {
        text(FIELD, &it.item, 1, 32)?;
        if items.iter().take(i).any(|other| other.item == it.item) {
            return bad(FIELD, format!("names {} twice", clock::clip(&it.item)));
        }
    }
    Ok(items.iter().any(|i| i.result == ItemResult::Fail))
}

fn precheck(p: &mut Precheck) -> Result<(), FieldError> {
    let failed = items(&p.items)?;
    grams("body.tare_g", p.tare_g)?;
    note("body.reason", &p.reason, 0)?;
    if let Some(s) = &mut p.stamp {
        *s = crate::codes::tag(s).or_else(|e| bad("body.stamp", e))?;
    }
    match p.result {
        // Any item that failed sends the cylinder on to hold, inspection or scrapping, never silently back (rules.md §4).
        CheckResult::Pass if failed => bad("body.result", "is pass though an item failed"),
        CheckResult::Pass if p.next.is_some() => bad("body.next", "is for a check that failed"),
        CheckResult::Fail if !failed && p.reason.is_empty() => bad("body.reason", "is missing: no item failed"),
        _ => Ok(()),
    }
}

fn postcheck(p: &Postcheck) -> Result<(), FieldError> {
    let failed = items(&p.items)?;
    grams("body.gross_g", p.gross_g)?;
    text("body.seal", &p.seal, 0, PAPER_MAX)?;
    note("body.reason", &p.reason, 0)?;
    match p.result {
        PostResult::Pass if p.leak || failed => bad("body.result", "is pass though it leaks or an item failed"),
        PostResult::Fail if !p.leak && !failed && p.reason.is_empty() => {
            bad("body.reason", "is missing: no leak, and no item failed")
        }
        _ => Ok(()),
    }
}

fn inspect(i: &Inspect, at: i64) -> Result<(), FieldError> {
    grams("body.tare_g", i.tare_g)?;
    text("body.report", &i.report, 0, PAPER_MAX)?;
    note("body.reason", &i.reason, 0)?;
    if i.date.first_day() > clock::local_date(at) {
        return bad("body.date", "lies after the time of the event");
    }
    if i.next.is_some_and(|n| n.last_day() < i.date.first_day()) {
        return bad("body.next", "lies before the inspection");
    }
    match i.result {
        CheckResult::Fail if i.reason.is_empty() => bad("body.reason", "is missing"),
        CheckResult::Fail if i.assessed || i.next.is_some() => {
            bad("body.result", "is fail though the cylinder was assessed or has a next date")
        }
        _ => Ok(()),
    }
}

fn bind(b: &mut BindTag) -> Result<(), FieldError> {
    b.tag = read_tag(&b.tag).map_err(|e| FieldError { field: "body.tag", ..e })?;
    if let Some(old) = &mut b.replaces {
        *old = read_tag(old).map_err(|e| FieldError { field: "body.replaces", ..e })?;
    }
    match (b.reason, &b.replaces) {
        (_, Some(old)) if *old == b.tag => bad("body.replaces", "is the new tag itself"),
        (BindReason::New, _) | (_, Some(_)) => Ok(()),
        (_, None) => bad("body.replaces", "is missing: which tag is void?"),
    }
}

fn cancel(c: &Cancel) -> Result<(), FieldError> {
    note("body.reason", &c.reason, 1)?;
    match (c.way, c.same_as) {
        (CancelWay::Duplicate, Some(n)) => positive("body.same_as", n),
        (CancelWay::Duplicate, None) => bad("body.same_as", "is missing: which file stays?"),
        (_, Some(_)) => bad("body.same_as", "is for a file that was entered twice"),
        (_, None) => Ok(()),
    }
}

fn amend(a: &Amend) -> Result<(), FieldError> {
    const FIELD: &str = "body.changes";
    note("body.reason", &a.reason, 1)?;
    text("body.evidence", &a.evidence, 0, 128)?;
    if a.changes.is_empty() {
        return bad(FIELD, "is empty: what is to be changed?");
    }
    for (i, c) in a.changes.iter().enumerate() {
        if a.changes.iter().take(i).any(|other| other.field == c.field) {
            return bad(FIELD, format!("names {} twice", c.field.en()));
        }
        if c.old == c.new {
            return bad(FIELD, format!("leaves {} as it is", c.field.en()));
        }
        if !c.field.takes(&c.new) {
            return bad(FIELD, format!("has a value that {} cannot hold", c.field.en()));
        }
    }
    Ok(())
}

fn destroy(d: &Destroy) -> Result<(), FieldError> {
    list("body.witnesses", &d.witnesses, 2)?;
    if d.witnesses.iter().enumerate().any(|(i, w)| d.witnesses.iter().take(i).any(|o| o.trim() == w.trim())) {
        return bad("body.witnesses", "names one person twice");
    }
    text("body.before", &d.before, 1, 128)?;
    text("body.after", &d.after, 1, 128).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const AT: i64 = 1_795_248_000_000;

    fn check(kind: EventKind, body: &Value) -> Result<Option<Content>, FieldError> {
        Content::check(kind, Some(body), AT)
    }

    /// A sound body of every kind that has one.
    fn sound() -> Vec<(EventKind, Value)> {
        use EventKind::*;
        vec![
            (
                Precheck,
                json!({ "result": "pass", "items": [{ "item": "TAG", "result": "pass" }, { "item": "OIL", "result": "na" }], "tare_g": 16_500, "stamp": "ab 1", "vacuumed": true }),
            ),
            (Precheck, json!({ "result": "fail", "items": [{ "item": "BODY", "result": "fail" }], "next": "scrap" })),
            (Postcheck, json!({ "result": "pass", "gross_g": 30_900, "seal": "S-1" })),
            (Postcheck, json!({ "result": "fail", "leak": true })),
            (Postcheck, json!({ "result": "over" })),
            (Drain, json!({ "drained_g": 300, "tare_g": 16_450 })),
            (SendInspect, json!({ "agency": "检验站", "residue_handled": true })),
            (
                Inspect,
                json!({ "result": "pass", "date": "2026-11-20", "next": "2030-11", "assessed": true, "report": "R-1" }),
            ),
            (Inspect, json!({ "result": "fail", "date": "2026-11", "reason": "腐蚀" })),
            (Repair, json!({ "phase": "done", "parts": ["阀"] })),
            (BindTag, json!({ "tag": "n-1", "replaces": "o-1", "reason": "damaged" })),
            (ScrapRequest, json!({ "reason": "超年限" })),
            (Suspend, json!({ "reason": "停用" })),
            (Lost, json!({ "reason": "未归" })),
            (Found, json!({ "note": "" })),
            (Resume, json!({})),
            (Scrap, json!({ "approval": "A-1" })),
            (Destroy, json!({ "witnesses": ["W1", "W2"], "before": "a.jpg", "after": "b.jpg" })),
            (Seal, json!({ "directive": "D-1" })),
            (Unseal, json!({ "directive": "D-2", "reason": "整改" })),
            (Recall, json!({ "notice": "N-1" })),
            (RecallCleared, json!({ "notice": "N-1" })),
            (Cancel, json!({ "way": "transferred", "reason": "转出" })),
            (Transfer, json!({ "to_org": 4 })),
            (Transfer, json!({ "confirms": 17 })),
            (Correct, json!({ "corrects": 9, "how": "did_not_occur", "reason": "误扫" })),
            (Cancel, json!({ "way": "duplicate", "reason": "重复建档", "same_as": 7 })),
            (
                Amend,
                json!({ "changes": [{ "field": "maker", "old": "", "new": "江苏民生" }, { "field": "made", "old": "2024-05", "new": "2024-06" }], "reason": "抄错", "evidence": "P-1" }),
            ),
            (VoidTag, json!({ "tag": "t 1", "reason": "lost", "note": "" })),
        ]
    }

    #[test]
    fn a_sound_body_is_read_and_read_back() {
        for (kind, body) in sound() {
            let c = check(kind, &body).unwrap_or_else(|e| panic!("{kind:?} {body}: {e}")).unwrap();
            let text = serde_json::to_string(&c).unwrap();
            assert_eq!(Content::stored(kind, Some(&text)), Some(c), "{kind:?} {text}");
        }
        let Some(Content::BindTag(b)) = check(EventKind::BindTag, &sound()[10].1).unwrap() else { panic!() };
        assert_eq!((b.tag.as_str(), b.replaces.as_deref()), ("N-1", Some("O-1")), "tags as everywhere");
        // A plain event has none; three kinds may leave theirs out.
        for kind in EventKind::ALL.iter().filter(|k| k.is_reported()) {
            let plain = !sound().iter().any(|(k, _)| k == kind);
            let bare = Content::check(*kind, None, AT);
            assert_eq!(bare.is_ok(), plain || may_be_bare(*kind), "{kind:?}");
            assert_eq!(bare, Content::check(*kind, Some(&Value::Null), AT));
            assert_eq!(
                check(*kind, &json!({})).is_ok(),
                matches!(kind, EventKind::Found | EventKind::Resume),
                "{kind:?}"
            );
        }
        assert_eq!(Content::stored(EventKind::Transfer, Some(r#"{"place":"鸿山","word":"调拨"}"#)), None);
        assert_eq!(
            (Content::stored(EventKind::Ship, Some("{}")), Content::stored(EventKind::Inspect, None)),
            (None, None)
        );
    }

    #[test]
    fn each_bad_field_is_named() {
        use EventKind::*;
        let long = "x".repeat(201);
        let many: Vec<Value> = (0..65).map(|i| json!({ "item": format!("I{i}"), "result": "na" })).collect();
        for (kind, body, field) in [
            (Ship, json!({ "x": 1 }), "body"),
            (Precheck, json!([]), "body"),
            (Precheck, json!("pass"), "body"),
            (Precheck, json!({}), "body"),
            (Precheck, json!({ "result": "PASS" }), "body"),
            (Precheck, json!({ "result": "pass", "more": 1 }), "body"),
            (Precheck, json!({ "result": "pass", "items": [{ "item": "A", "result": "fail" }] }), "body.result"),
            (Precheck, json!({ "result": "pass", "next": "hold" }), "body.next"),
            (Precheck, json!({ "result": "fail" }), "body.reason"),
            (Precheck, json!({ "result": "pass", "items": many }), "body.items"),
            (
                Precheck,
                json!({ "result": "pass", "items": [{ "item": "A", "result": "na" }, { "item": "A", "result": "na" }] }),
                "body.items",
            ),
            (Precheck, json!({ "result": "pass", "items": [{ "item": "", "result": "na" }] }), "body.items"),
            (Precheck, json!({ "result": "pass", "tare_g": -1 }), "body.tare_g"),
            (Precheck, json!({ "result": "pass", "stamp": "号" }), "body.stamp"),
            (Postcheck, json!({ "result": "pass", "leak": true }), "body.result"),
            (Postcheck, json!({ "result": "fail" }), "body.reason"),
            (Postcheck, json!({ "result": "over", "gross_g": 3_000_001 }), "body.gross_g"),
            (Postcheck, json!({ "result": "over", "seal": "a\u{0}" }), "body.seal"),
            (Drain, json!({ "drained_g": -1 }), "body.drained_g"),
            (Drain, json!({ "drained_g": 1.5 }), "body"),
            (Inspect, json!({ "result": "pass", "date": "2026-12" }), "body.date"),
            (Inspect, json!({ "result": "pass", "date": "2026-13" }), "body"),
            (Inspect, json!({ "result": "pass", "date": "2026-11-20", "next": "2026-10" }), "body.next"),
            (Inspect, json!({ "result": "fail", "date": "2026-11-20" }), "body.reason"),
            (
                Inspect,
                json!({ "result": "fail", "date": "2026-11-20", "reason": "r", "assessed": true }),
                "body.result",
            ),
            (Repair, json!({ "phase": "done", "parts": [""] }), "body.parts"),
            (BindTag, json!({ "tag": "", "reason": "new" }), "body.tag"),
            (BindTag, json!({ "tag": "A", "reason": "lost" }), "body.replaces"),
            (BindTag, json!({ "tag": "A", "replaces": "a", "reason": "lost" }), "body.replaces"),
            (BindTag, json!({ "tag": "A", "replaces": "'", "reason": "lost" }), "body.replaces"),
            (Suspend, json!({ "reason": "" }), "body.reason"),
            (Suspend, json!({ "reason": long }), "body.reason"),
            (Scrap, json!({ "approval": " " }), "body.approval"),
            (Destroy, json!({ "witnesses": ["W1"], "before": "a", "after": "b" }), "body.witnesses"),
            (Destroy, json!({ "witnesses": ["W1", "W1 "], "before": "a", "after": "b" }), "body.witnesses"),
            (Destroy, json!({ "witnesses": ["W1", "W2"], "before": "", "after": "b" }), "body.before"),
            (Seal, json!({ "directive": "" }), "body.directive"),
            (Recall, json!({ "notice": "" }), "body.notice"),
            (Cancel, json!({ "way": "sold", "reason": "r" }), "body"),
            (Cancel, json!({ "way": "duplicate", "reason": "r" }), "body.same_as"),
            (Cancel, json!({ "way": "duplicate", "reason": "r", "same_as": 0 }), "body.same_as"),
            (Cancel, json!({ "way": "cancelled", "reason": "r", "same_as": 1 }), "body.same_as"),
            (Amend, json!({ "changes": [], "reason": "r" }), "body.changes"),
            (Amend, json!({ "changes": [{ "field": "maker", "old": "", "new": "a" }], "reason": "" }), "body.reason"),
            (Amend, json!({ "changes": [{ "field": "tag", "old": "", "new": "a" }], "reason": "r" }), "body"),
            (
                Amend,
                json!({ "changes": [{ "field": "maker", "old": "a", "new": "a" }], "reason": "r" }),
                "body.changes",
            ),
            (
                Amend,
                json!({ "changes": [{ "field": "maker", "old": "", "new": "a" }, { "field": "maker", "old": "", "new": "b" }], "reason": "r" }),
                "body.changes",
            ),
            (
                Amend,
                json!({ "changes": [{ "field": "made", "old": "", "new": "2024-13" }], "reason": "r" }),
                "body.changes",
            ),
            (
                Amend,
                json!({ "changes": [{ "field": "tare_g", "old": "", "new": "-1" }], "reason": "r" }),
                "body.changes",
            ),
            (
                Amend,
                json!({ "changes": [{ "field": "doubts", "old": "", "new": "x" }], "reason": "r" }),
                "body.changes",
            ),
            (VoidTag, json!({ "tag": "", "reason": "lost" }), "body.tag"),
            (VoidTag, json!({ "tag": "T1" }), "body"),
            (Transfer, json!({ "to_org": 1, "confirms": 1 }), "body"),
            (Transfer, json!({ "to_org": 0 }), "body.to_org"),
            (Transfer, json!({ "confirms": -4 }), "body.confirms"),
            (Correct, json!({ "corrects": 0, "how": "did_not_occur", "reason": "r" }), "body.corrects"),
            (Correct, json!({ "corrects": 1, "how": "did_not_occur", "reason": "" }), "body.reason"),
            (Correct, json!({ "corrects": 1e30, "how": "did_not_occur", "reason": "r" }), "body"),
        ] {
            let e = check(kind, &body).expect_err(&format!("{kind:?} {body}"));
            assert_eq!(e.field, field, "{kind:?} {body}: {e}");
            assert!(!e.message.is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_text_in_a_stored_body_panics(text in ".{0,200}", n in 1..34_i16) {
            let kind = EventKind::from_number(n).unwrap_or(EventKind::Ship);
            let _ = Content::stored(kind, Some(&text));
        }
    }
}
