//! What people do: entries by hand, appeals. Each has its row of the audit log, and its effect on the rating, in the same transaction.

use super::{
    CURSOR, Column, Entity, appeals,
    derive::GRADED,
    entry,
    keep::{groups, put_entry, rate_one},
    step,
};
use crate::{
    Error, WriteTxn, attachment,
    audit::{self, Actor},
    org, scope, sequence,
};
use domain::{
    attachment::Attachment,
    clock,
    credit::{Act, Asked, DECIDE_DAYS, Entered, EntryAct, EntryState, Filed, Grade, Origin, Scheme, State},
    org::Kind,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set, entity::prelude::*};

/// How long the same entry of the same account is taken for a form that was sent twice, ms.
const TWICE_WITHIN: i64 = clock::MINUTE_MS;
/// How often one files an appeal against the same point that one takes back before it is decided.
const WITHDRAWN_MAX: usize = 3;
/// Days in which one appeals, where no rule says otherwise.
const APPEAL_DAYS: i64 = 60;

/// What came of an entry, or of a step of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryDone {
    /// It stands there under this number; points in thousandths and grade then.
    Done(i64, (i64, Grade)),
    /// The account entered the same a moment ago, under this number: nothing was written.
    Twice(i64),
    /// A field names what there is none of within the viewer's scope: `org`, `item`, `id`.
    Unknown(&'static str),
    /// It cannot be done in the state that it is in.
    NotNow,
}

/// Enters a point by hand, with its row of the audit log. The caller commits, except after [`EntryDone::Twice`].
///
/// # Errors
/// When the database fails.
pub async fn enter(
    txn: &WriteTxn,
    viewer: Viewer,
    rules: &RuleSet,
    e: &Entered,
    by: &Actor,
    now: i64,
) -> Result<EntryDone, Error> {
    sequence::lock(txn, CURSOR).await?;
    let day = clock::day_of(e.day);
    let known = org::Entity::find_by_id(e.org)
        .filter(scope::within(viewer, org::Column::Id))
        .filter(org::Column::Kind.is_in(GRADED.map(Kind::code)));
    // Nobody enters anything about himself.
    if matches!(viewer.scope, Scope::Org(_)) || known.one(txn).await?.is_none() {
        return Ok(EntryDone::Unknown("org"));
    }
    if Scheme::of(rules).terms(&e.item, day).is_none() || !e.item.starts_with(domain::credit::ENTRY) {
        return Ok(EntryDone::Unknown("item"));
    }
    let before = entry::Entity::find()
        .filter(entry::Column::OrgId.eq(e.org))
        .filter(entry::Column::Item.eq(e.item.as_str()))
        .filter(entry::Column::Day.eq(day))
        .filter(entry::Column::Document.eq(e.document.as_str()))
        .filter(entry::Column::AccountId.eq(by.account))
        .filter(entry::Column::State.eq(EntryState::Open.code()))
        .filter(entry::Column::EnteredAt.gt(now.saturating_sub(TWICE_WITHIN)))
        .one(txn)
        .await?;
    if let Some(m) = before {
        return Ok(EntryDone::Twice(m.id));
    }
    let row = entry::Model {
        id: sequence::next(txn, "credit_entry").await?,
        org_id: e.org,
        item: e.item.clone(),
        day,
        document: e.document.clone(),
        note: e.note.clone(),
        state: EntryState::Open.code().into(),
        closed: None,
        entered_at: now,
        account_id: by.account,
    };
    entry::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(txn).await?;
    let Some(rated) = put_entry(txn, rules, &row, now).await? else { return Ok(EntryDone::Unknown("org")) };
    let detail = serde_json::json!({
        "org": e.org, "item": e.item, "day": e.day, "document": e.document, "note": e.note,
        "score": rated.score, "grade": rated.grade,
    });
    audit::append(txn, by, now, "credit.enter", &format!("credit entry {}", row.id), &detail).await?;
    Ok(EntryDone::Done(row.id, (rated.score, rated.grade)))
}

/// Says of an entry that it was put right, or takes it back, with its row of the audit log. The caller commits.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn close_entry(
    txn: &WriteTxn,
    viewer: Viewer,
    rules: &RuleSet,
    (id, act): (i64, EntryAct),
    note: &str,
    by: &Actor,
    now: i64,
) -> Result<EntryDone, Error> {
    sequence::lock(txn, CURSOR).await?;
    let found = entry::Entity::find_by_id(id).filter(scope::within(viewer, entry::Column::OrgId)).one(txn).await?;
    let Some(mut m) = found.filter(|_| !matches!(viewer.scope, Scope::Org(_))) else {
        return Ok(EntryDone::Unknown("id"));
    };
    let from = EntryState::from_code(&m.state);
    (m.state, m.closed) = match (from, act) {
        (Some(EntryState::Open), EntryAct::Close) => (EntryState::Closed.code().into(), Some(clock::local_day(now))),
        (Some(EntryState::Open | EntryState::Closed), EntryAct::Withdraw) => {
            (EntryState::Withdrawn.code().into(), m.closed)
        }
        _ => return Ok(EntryDone::NotNow),
    };
    entry::Entity::update(m.clone().into_active_model().reset_all()).exec(txn).await?;
    let Some(rated) = put_entry(txn, rules, &m, now).await? else { return Ok(EntryDone::Unknown("org")) };
    let action = if act == EntryAct::Close { "credit.entry.close" } else { "credit.entry.withdraw" };
    let detail = serde_json::json!({ "org": m.org_id, "note": note, "score": rated.score, "grade": rated.grade });
    audit::append(txn, by, now, action, &format!("credit entry {id}"), &detail).await?;
    Ok(EntryDone::Done(id, (rated.score, rated.grade)))
}

/// What came of an appeal that was filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiledAs {
    /// Under this number.
    New(i64),
    /// There is one against this point already, under this number, or it was filed and taken back as often as one may.
    Before(i64),
    /// The organisation has no such point, or it is one that is put right in the register.
    Unknown,
    /// The time to appeal is over; it was so many days.
    Late(i64),
}

/// Files an appeal of the viewer's own organisation, with its row of the audit log. The caller commits.
///
/// # Errors
/// When the database fails.
pub async fn file(
    txn: &WriteTxn,
    viewer: Viewer,
    rules: &RuleSet,
    f: &Filed,
    by: &Actor,
    now: i64,
) -> Result<FiledAs, Error> {
    // Nobody else files one until the commit, so that of two at once one sees the other.
    sequence::lock(txn, CURSOR).await?;
    let Scope::Org(own) = viewer.scope else { return Ok(FiledAs::Unknown) };
    let (source, no, item) = (f.point.origin.number(), f.point.no, f.point.item.as_str());
    let fact = Entity::find()
        .filter(Column::OrgId.eq(own))
        .filter(Column::Source.eq(source))
        .filter(Column::SourceNo.eq(no))
        .filter(Column::Item.eq(item))
        .filter(Column::Amount.gt(0))
        .one(txn)
        .await?;
    let Some(fact) = fact.filter(|_| !matches!(f.point.origin, Origin::Reading | Origin::Register)) else {
        return Ok(FiledAs::Unknown);
    };
    use appeals::Column as A;
    let before = appeals::Entity::find()
        .filter(A::OrgId.eq(own))
        .filter(A::Source.eq(source))
        .filter(A::SourceNo.eq(no))
        .filter(A::Item.eq(item))
        .order_by_asc(A::Id)
        .all(txn)
        .await?;
    // One that was withdrawn before anybody decided can be filed anew, a few times; of what was decided there is a review, and no second
    // appeal, whether the review was seen through or not.
    let used = |a: &&appeals::Model| a.state != State::Withdrawn.code() || a.decider_id.is_some();
    if let Some(a) = before.iter().find(used).or(before.get(WITHDRAWN_MAX - 1)) {
        return Ok(FiledAs::Before(a.id));
    }
    let (today, days) = (clock::local_day(now), rules.param("CRD-APPEAL").unwrap_or(APPEAL_DAYS));
    let mut since = fact.closed.unwrap_or(fact.day).max(fact.day);
    // What was entered later than it was decided could not be appealed before.
    if f.point.origin == Origin::Entry
        && let Some(e) = entry::Entity::find_by_id(no).one(txn).await?
    {
        since = since.max(clock::local_day(e.entered_at));
    }
    if i64::from(today) - i64::from(since) > days {
        return Ok(FiledAs::Late(days));
    }
    let within = rules.param("CRD-DECIDE").unwrap_or(DECIDE_DAYS).clamp(0, 3_650);
    let row = appeals::Model {
        id: sequence::next(txn, "credit_appeal").await?,
        org_id: own,
        source,
        source_no: no,
        item: item.to_owned(),
        state: State::Filed.code().into(),
        grounds: f.grounds.clone(),
        evidence: f.evidence.clone(),
        filed_at: now,
        due: today.saturating_add(i32::try_from(within).unwrap_or(0)),
        // Nothing is changed before it is decided.
        share: fact.allowed,
        reviewed: false,
        decider_id: None,
    };
    let id = row.id;
    appeals::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    put_step(txn, (id, 1), (Act::File, "", ""), None, (by.account, now)).await?;
    let detail = serde_json::json!({ "org": own, "point": f.point, "grounds": f.grounds, "evidence": f.evidence });
    audit::append(txn, by, now, "credit.appeal.file", &format!("credit appeal {id}"), &detail).await?;
    Ok(FiledAs::New(id))
}

/// Files of one appeal at most.
const FILES_MAX: usize = 20;

/// Attaches evidence to an appeal that was filed or supplemented in this transaction, with a row of the audit log; false, and nothing is done,
/// where there would be too many, or one that was kept for the form is attached to something by now. What the record knows already was kept. The
/// caller has made sure that it is the appellant's, and commits.
///
/// # Errors
/// When the database fails.
pub async fn attach(txn: &WriteTxn, id: i64, files: &[Attachment], by: &Actor, now: i64) -> Result<bool, Error> {
    if files.is_empty() {
        return Ok(true);
    }
    let before = attachment::of(txn, attachment::Of::Appeal, &[id]).await?.remove(&id).map_or(0, |f| f.len());
    if before + files.len() > FILES_MAX {
        return Ok(false);
    }
    let tokens: Vec<String> = files.iter().map(|f| f.token.clone()).collect();
    let there = attachment::named(txn, &tokens).await?;
    let (kept, fresh): (Vec<Attachment>, Vec<Attachment>) =
        files.iter().cloned().partition(|f| there.contains_key(&f.token));
    let all = attachment::Files { kept: &kept, fresh: &fresh };
    if !attachment::add(txn, attachment::Of::Appeal, id, all, (by.account, now)).await? {
        return Ok(false);
    }
    let hashes: Vec<&str> = files.iter().map(|f| f.sha256.as_str()).collect();
    let detail = serde_json::json!({ "files": files.len(), "sha256": hashes });
    audit::append(txn, by, now, "credit.appeal.files", &format!("credit appeal {id}"), &detail).await?;
    Ok(true)
}

/// What a decision changed: points in thousandths and grade, before and after.
pub type Decided = ((i64, Grade), (i64, Grade));

/// What came of a step of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It was taken; what a decision changed.
    Taken(Option<Decided>),
    /// There is no such appeal within the viewer's scope.
    Unknown,
    /// It cannot be done in the state that it is in, or not by this side.
    NotNow,
    /// Something was done since it was looked at.
    Stale,
    /// Whoever decided does not decide the review.
    Own,
}

async fn put_step(
    txn: &WriteTxn,
    (id, no): (i64, i64),
    (act, note, evidence): (Act, &str, &str),
    effect: Option<Decided>,
    (account, now): (i64, i64),
) -> Result<(), Error> {
    let row = step::ActiveModel {
        appeal_id: Set(id),
        no: Set(i32::try_from(no).unwrap_or(i32::MAX)),
        at: Set(now),
        account_id: Set(account),
        act: Set(act.code().into()),
        note: Set(note.to_owned()),
        evidence: Set(evidence.to_owned()),
        effect: Set(effect.and_then(|e| serde_json::to_string(&e).ok()).unwrap_or_default()),
    };
    step::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// Takes a step of an appeal: of the enterprise for its own, of the authority within its districts. A decision counts at once. With its row of
/// the audit log; the caller commits.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act(
    txn: &WriteTxn,
    viewer: Viewer,
    rules: &RuleSet,
    (id, asked): (i64, &Asked),
    by: &Actor,
    now: i64,
) -> Result<Acted, Error> {
    sequence::lock(txn, CURSOR).await?;
    let found = appeals::Entity::find_by_id(id).filter(scope::within(viewer, appeals::Column::OrgId)).one(txn).await?;
    let Some(mut m) = found else { return Ok(Acted::Unknown) };
    let from = State::from_code(&m.state).ok_or_else(|| Error::Stored(format!("credit appeal {id}: state")))?;
    let enterprise = matches!(viewer.scope, Scope::Org(_));
    let to = from.next(asked.act, m.reviewed).filter(|_| asked.act.is_of_the_enterprise() == enterprise);
    let Some(to) = to else { return Ok(Acted::NotNow) };
    let steps = step::Entity::find().filter(step::Column::AppealId.eq(id)).count(txn).await?;
    let steps = i64::try_from(steps).unwrap_or(i64::MAX);
    if asked.seen != steps {
        return Ok(Acted::Stale);
    }
    if asked.act.decides() && m.decider_id == Some(by.account) {
        return Ok(Acted::Own);
    }
    // Nor does whoever entered the point by hand decide on the appeal against it.
    if asked.act.decides()
        && m.source == Origin::Entry.number()
        && entry::Entity::find_by_id(m.source_no).one(txn).await?.is_some_and(|e| e.account_id == by.account)
    {
        return Ok(Acted::Own);
    }
    m.state = to.code().into();
    m.reviewed |= asked.act == Act::Review;
    let mut effect = None;
    if asked.act.decides() {
        m.decider_id = Some(by.account);
        m.share = match asked.act {
            Act::Grant => 0,
            Act::Reduce => i16::try_from(asked.share.unwrap_or(100).clamp(0, 100)).unwrap_or(100),
            Act::Reject => 100,
            _ => m.share,
        };
        effect = Some(decide(txn, rules, &m, now).await?);
    }
    if asked.act == Act::Review {
        let within = rules.param("CRD-DECIDE").unwrap_or(DECIDE_DAYS).clamp(0, 3_650);
        m.due = clock::local_day(now).saturating_add(i32::try_from(within).unwrap_or(0));
    }
    appeals::Entity::update(m.clone().into_active_model().reset_all()).exec(txn).await?;
    let told = (asked.act, asked.note.as_str(), asked.evidence.as_str());
    put_step(txn, (id, steps.saturating_add(1)), told, effect, (by.account, now)).await?;
    let action = match asked.act {
        Act::File => "credit.appeal.file",
        Act::Ask => "credit.appeal.ask",
        Act::Supplement => "credit.appeal.supplement",
        Act::Grant => "credit.appeal.grant",
        Act::Reduce => "credit.appeal.reduce",
        Act::Reject => "credit.appeal.reject",
        Act::Review => "credit.appeal.review",
        Act::Confirm => "credit.appeal.confirm",
        Act::Withdraw => "credit.appeal.withdraw",
    };
    let detail = serde_json::json!({ "org": m.org_id, "note": asked.note, "share": m.share, "effect": effect });
    audit::append(txn, by, now, action, &format!("credit appeal {id}"), &detail).await?;
    Ok(Acted::Taken(effect))
}

/// Lets a decision count, and tells what it changed.
async fn decide(txn: &WriteTxn, rules: &RuleSet, m: &appeals::Model, now: i64) -> Result<Decided, Error> {
    let (scheme, day) = (Scheme::of(rules), clock::local_day(now));
    let before = groups(txn, &scheme, &[m.org_id], day).await?.remove(&m.org_id).unwrap_or_default();
    let before = scheme.rate(&before, day);
    Entity::update_many()
        .col_expr(Column::Allowed, Expr::value(m.share))
        .filter(Column::OrgId.eq(m.org_id))
        .filter(Column::Source.eq(m.source))
        .filter(Column::SourceNo.eq(m.source_no))
        .filter(Column::Item.eq(m.item.as_str()))
        .exec(txn)
        .await?;
    let after = rate_one(txn, rules, m.org_id, now).await?;
    let after = after.map_or((before.score, before.grade), |r| (r.score, r.grade));
    Ok(((before.score, before.grade), after))
}
