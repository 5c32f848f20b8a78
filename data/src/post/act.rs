//! What is done with posts: from the draft to everybody, and back.

use super::{
    Asked, Asker, Column, Entity, Error, Model, file, involved, listed, locked, org_fits, put, put_version, save, term,
    tokens, version, version_of,
};
use crate::{
    Db, WriteTxn,
    attachment::{Of, used},
    audit,
    audit::Actor,
};
use domain::{
    clock,
    permission::Permission,
    post::{self, Act, Content, Deny, NOTE_MAX, Stage, Who, lacks, plain, sort_key, terms},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Posts that are published at a time by the clock.
const DUE_AT_ONCE: u64 = 50;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub act: Act,
    /// Why.
    pub note: String,
    /// Version and revision that were looked at: nobody decides on what he did not see.
    pub seen: (i32, i64),
    /// With an acceptance: when it is to be published, ms; at once where that has come. Where it is not said, what the version asks for holds.
    pub at: Option<i64>,
}

/// Days ahead for which something can be scheduled.
const AHEAD: i64 = 3_660;

/// What has to go into the log when everything else is written.
struct Told {
    action: &'static str,
    post: i64,
    detail: serde_json::Value,
}

/// Does it, and tells how far the version is then.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn act(txn: &WriteTxn, asker: Asker<'_>, id: i64, step: &Step, now: i64) -> Result<Asked<Stage>, Error> {
    let Some(m) = locked(txn, asker.viewer, id).await? else { return Ok(None) };
    let note: String = step.note.trim().chars().filter(|c| !c.is_control()).take(NOTE_MAX).collect();
    let deny = |why: Deny| Ok(Some(Err(why)));
    // These are done to what everybody sees, whatever is being written beside it.
    let of_public = matches!(step.act, Act::Withdraw | Act::Pin | Act::Unpin);
    let no = match (of_public, m.public_no) {
        (true, None) => return deny(Deny::Stage),
        (true, Some(no)) => no,
        (false, _) => m.newest,
    };
    let v = version_of(txn, id, no).await?;
    let from = v.stage()?;
    if step.act == Act::Revise && from.is_underway() {
        return deny(Deny::Underway);
    }
    let Some(found) = from.after(step.act) else { return deny(Deny::Stage) };
    if !found.who.may(asker.may) {
        return deny(Deny::Role);
    }
    if step.act.needs_reason() && note.is_empty() {
        return deny(Deny::Reason);
    }
    if step.seen != (v.no, v.revision) {
        return deny(Deny::Stale);
    }
    let by = asker.actor.account;
    if found.who == Who::SecondPerson && involved(txn, &v).await?.contains(&by) {
        return deny(Deny::Own);
    }
    let content = v.content()?;
    let today = clock::local_date(now);
    match step.act {
        Act::Submit if !org_fits(txn, asker.viewer, content.org).await? => return deny(Deny::Organisation),
        Act::Submit if !lacks(&content, today).is_empty() => return deny(Deny::Faults),
        Act::Accept if content.valid_to.is_some_and(|to| to < today) => return deny(Deny::Expired),
        Act::Accept if step.at.is_some_and(|at| at > now.saturating_add(AHEAD * clock::DAY_MS)) => {
            return deny(Deny::Faults);
        }
        Act::Accept if step.at.zip(content.valid_to).is_some_and(|(at, to)| clock::local_date(at) > to) => {
            return deny(Deny::Expired);
        }
        _ => {}
    }
    let told = Told {
        action: step.act.audited(),
        post: id,
        detail: json!({ "version": v.no, "revision": v.revision, "title": v.title, "note": note }),
    };
    let mut stage = found.to;
    let mut also = None;
    match step.act {
        Act::Revise => {
            let last: Option<i32> = version::Entity::find()
                .select_only()
                .column_as(version::Column::No.max(), "n")
                .filter(version::Column::PostId.eq(id))
                .into_tuple::<Option<i32>>()
                .one(txn)
                .await?
                .flatten();
            let no = last.unwrap_or(m.newest).saturating_add(1);
            // A time that has passed would publish the new version at once: it is set anew, or not at all.
            // Of what was public, its reviewer said last whether it is pinned, whatever the version asked for.
            let pinned = if v.published_at.is_some() { m.pinned } else { content.pinned };
            let content = Content { publish_at: None, pinned, ..content };
            save::begin(txn, id, no, &content, by, now).await?;
            stage = Stage::Draft;
            put(txn, newest(m, no, stage, &content, now)).await?;
        }
        Act::Pin | Act::Unpin => {
            let pinned = step.act == Act::Pin;
            let key = content.category.zip(m.public_at).map(|(c, at)| sort_key(c, pinned, at));
            put(txn, Model { pinned, public_key: key.or(m.public_key), changed_at: now, ..m }).await?;
        }
        Act::Withdraw => {
            hide(txn, id).await?;
            let own = m.newest == v.no;
            let next = Model {
                public_no: None,
                public_at: None,
                public_key: None,
                public_category: String::new(),
                on_wall: false,
                changed_at: now,
                ..m
            };
            let code = if own { stage.code().to_owned() } else { next.stage.clone() };
            put(txn, Model { stage: code, ..next }).await?;
            put_version(txn, version::Model { stage: stage.code().into(), reason: note, ended_at: Some(now), ..v })
                .await?;
        }
        Act::Discard => {
            put_version(txn, version::Model { stage: stage.code().into(), ended_at: Some(now), ..v }).await?;
            let next = Model { stage: stage.code().into(), changed_at: now, ..m };
            // What there was before is what the post is then.
            let before = version::Entity::find()
                .filter(version::Column::PostId.eq(id))
                .filter(version::Column::Stage.ne(Stage::Discarded.code()))
                .order_by_desc(version::Column::No)
                .one(txn)
                .await?;
            match before {
                None => put(txn, next).await?,
                Some(b) => put(txn, newest(next, b.no, b.stage()?, &b.content()?, now)).await?,
            }
        }
        Act::Submit | Act::Recall | Act::Return | Act::Accept => {
            let mut next = version::Model { stage: stage.code().into(), ..v };
            match step.act {
                Act::Submit => {
                    (next.submitter_id, next.submitted_at) = (Some(by), Some(now));
                    (next.decider_id, next.decided_at) = (None, None);
                }
                Act::Accept | Act::Return => {
                    (next.decider_id, next.decided_at) = (Some(by), Some(now));
                    next.reason = note;
                }
                _ => {}
            }
            let due = step.at.or(content.publish_at).unwrap_or(now);
            let m = Model {
                stage: stage.code().into(),
                due_at: (stage == Stage::Scheduled).then_some(due),
                changed_at: now,
                ..m
            };
            if step.act == Act::Accept && due <= now {
                also = Some(publish(txn, m, next, now).await?);
                stage = Stage::Published;
            } else {
                put_version(txn, next).await?;
                put(txn, m).await?;
            }
        }
        Act::Publish => return deny(Deny::Role),
    }
    for t in [Some(told), also].into_iter().flatten() {
        audit::append(txn, asker.actor, now, t.action, &format!("post {}", t.post), &t.detail).await?;
    }
    Ok(Some(Ok(stage)))
}

/// A post whose newest version is another.
fn newest(m: Model, no: i32, stage: Stage, c: &Content, now: i64) -> Model {
    Model {
        newest: no,
        stage: stage.code().into(),
        title: c.title.clone(),
        category: c.category.map(|c| c.code().to_owned()).unwrap_or_default(),
        org_id: c.org,
        tags: listed(&c.tags),
        due_at: None,
        changed_at: now,
        ..m
    }
}

/// Nobody finds a post any more, nor the files that it names.
async fn hide(txn: &WriteTxn, id: i64) -> Result<(), DbErr> {
    term::Entity::delete_many().filter(term::Column::PostId.eq(id)).exec(txn).await?;
    file::Entity::delete_many().filter(file::Column::PostId.eq(id)).exec(txn).await?;
    Ok(())
}

/// Makes a version that was accepted the one that everybody sees. The log's row comes last: other posts may follow.
async fn publish(txn: &WriteTxn, m: Model, v: version::Model, now: i64) -> Result<Told, Error> {
    let (id, no) = (m.id, v.no);
    let content = v.content()?;
    let bad = || Error::Stored(format!("post {id}: version {no} has no category"));
    let category = content.category.ok_or_else(bad)?;
    if let Some(before) = m.public_no.filter(|b| *b != no) {
        let b = version_of(txn, id, before).await?;
        let stage = Stage::Superseded.code().into();
        put_version(txn, version::Model { stage, ended_at: Some(now), ..b }).await?;
    }
    let detail = json!({ "version": no, "revision": v.revision, "title": v.title, "instead_of": m.public_no });
    let stage: String = Stage::Published.code().into();
    put_version(txn, version::Model { stage: stage.clone(), published_at: Some(now), ended_at: None, ..v }).await?;
    // Another version of what is public stays where it is; what was withdrawn is news again.
    let public_at = m.public_at.unwrap_or(now);
    // So does its pin: a reviewer may have set or taken it while the version was written.
    let pinned = if m.public_no.is_some() { m.pinned } else { content.pinned };
    let next = Model {
        stage,
        due_at: None,
        public_no: Some(no),
        public_at: Some(public_at),
        public_key: Some(sort_key(category, pinned, public_at)),
        public_category: category.code().into(),
        valid_from: content.valid_from,
        valid_to: content.valid_to,
        pinned,
        on_wall: content.on_wall,
        changed_at: now,
        ..m
    };
    put(txn, next).await?;
    hide(txn, id).await?;
    show(txn, id, &content).await?;
    Ok(Told { action: Act::Publish.audited(), post: id, detail })
}

/// What a public post is found by, and the files that everybody may have because of it.
async fn show(txn: &WriteTxn, id: i64, c: &Content) -> Result<(), DbErr> {
    let mut all: BTreeMap<String, i32> = BTreeMap::new();
    let texts = [(c.title.as_str(), 8), (&c.summary, 3), (&plain(&c.body), 1), (&c.tags.join(" "), 5)];
    for (text, weight) in texts {
        for (t, n) in terms(text) {
            let w = all.entry(t).or_default();
            *w = w.saturating_add(n.saturating_mul(weight));
        }
    }
    all.extend(c.tags.iter().map(|t| (tag_term(t), 0)));
    let rows: Vec<term::ActiveModel> = all
        .into_iter()
        .map(|(term, weight)| term::Model { term, post_id: id, weight }.into_active_model().reset_all())
        .collect();
    // Three values a row: well below what one statement may hold.
    for chunk in rows.chunks(5_000) {
        term::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
    }
    // A text can name what its writer may not attach, such as a file of a draft elsewhere: it does not become public by that.
    let own: BTreeSet<String> = used::Entity::find()
        .select_only()
        .column(used::Column::Token)
        .filter(used::Column::OfKind.eq(Of::Post as i16))
        .filter(used::Column::OfId.eq(id))
        .into_tuple::<String>()
        .all(txn)
        .await?
        .into_iter()
        .collect();
    for token in tokens(c).into_iter().filter(|t| own.contains(t)) {
        let row = file::ActiveModel { token: Set(token), post_id: Set(id) };
        file::Entity::insert(row).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// The term of a tag: no word begins like this.
pub(super) fn tag_term(tag: &str) -> String {
    format!("#{}", tag.to_lowercase())
}

/// When the next post is to be published, ms.
///
/// # Errors
/// When the database fails.
pub async fn next_due(db: &Db) -> Result<Option<i64>, Error> {
    let q = Entity::find().select_only().column(Column::DueAt).filter(Column::DueAt.is_not_null());
    let found: Option<Option<i64>> = q.order_by_asc(Column::DueAt).limit(1).into_tuple().one(db.read()).await?;
    Ok(found.flatten())
}

/// Publishes what was accepted and whose time has come, the earliest first, a handful at a time, and tells their numbers: a job asks until
/// there are none. It remembers nothing itself: what came due while the server was down is published when it is up again.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn publish_due(txn: &WriteTxn, now: i64) -> Result<Vec<i64>, Error> {
    let mut due: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(DUE_AT_ONCE)
        .into_tuple()
        .all(txn)
        .await?;
    // Whoever locks several takes them in one order.
    due.sort_unstable();
    let clock = Actor { address: "schedule".into(), ..Actor::default() };
    let mut told = vec![];
    for id in due {
        let Some(m) = locked(txn, domain::scope::Viewer::SYSTEM, id).await? else { continue };
        let v = version_of(txn, id, m.newest).await?;
        // Somebody may have taken it back since it was looked up.
        if m.due_at.is_some_and(|at| at <= now) && v.stage()? == Stage::Scheduled {
            told.push(publish(txn, m, v, now).await?);
        }
    }
    for t in &told {
        audit::append(txn, &clock, now, t.action, &format!("post {}", t.post), &t.detail).await?;
    }
    Ok(told.into_iter().map(|t| t.post).collect())
}

/// Gives a post its name in addresses, as long as nobody was sent to it by another.
///
/// # Errors
/// When the database fails.
pub async fn set_slug(txn: &WriteTxn, asker: Asker<'_>, id: i64, slug: &str, now: i64) -> Result<Asked<()>, Error> {
    let Some(m) = locked(txn, asker.viewer, id).await? else { return Ok(None) };
    if !asker.may.has(Permission::PostEdit) {
        return Ok(Some(Err(Deny::Role)));
    }
    let ever = version::Entity::find()
        .filter(version::Column::PostId.eq(id))
        .filter(version::Column::PublishedAt.is_not_null())
        .one(txn)
        .await?;
    if ever.is_some() {
        return Ok(Some(Err(Deny::Stage)));
    }
    let Some(slug) = post::slug(slug) else { return Ok(Some(Err(Deny::Faults))) };
    // One name is given at a time, so that of two the second sees the first.
    crate::sequence::next(txn, "post_slug").await?;
    match Entity::find().filter(Column::Slug.eq(slug.as_str())).one(txn).await? {
        Some(other) if other.id == id => return Ok(Some(Ok(()))),
        Some(_) => return Ok(Some(Err(Deny::SlugTaken))),
        None => {}
    }
    put(txn, Model { slug: slug.clone(), changed_at: now, ..m }).await?;
    audit::append(txn, asker.actor, now, "post.name", &format!("post {id}"), &json!({ "name": slug })).await?;
    Ok(Some(Ok(())))
}
