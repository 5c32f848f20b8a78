//! Writing: drafts are saved as they are typed, by several at once, and nothing that was typed is lost.
//!
//! A save names the revision that it was based on. Where somebody else saved since, the text is kept aside, and whoever is in the draft is
//! told whose it is and when it came. Where somebody knowingly goes on from another's text, that text is kept as it was. So the last text
//! that a window sent always stands somewhere: in the draft or beside it.

use super::{
    Asked, Asker, Entity, Error, Model, attach, copy_line, involve, json, kept, listed, locked, org_fits, presence,
    put, put_version, standing, stored, tokens, version, version_of, within,
};
use crate::{Db, WriteTxn, audit, names, reference::division, sanitise, sequence};
use domain::{
    permission::Permission,
    post::{Content, CopyLine, Deny, PRESENT_FOR, Stage, Standing, TooLong, Why, fits},
    scope::{Scope, Viewer},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::OnConflict};
use serde_json::json;

/// Texts before a handover that are kept of a version: those that were gone on from long ago are behind everybody.
const HANDOVERS_KEPT: u64 = 50;
/// Texts of an account in a version that wait to be looked through, at most.
const OPEN_MAX: usize = 20;
/// Longest name of a window.
const TAB_MAX: usize = 40;

/// A content whose body is clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean(Content);

impl Clean {
    /// The content.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.0
    }
}

/// Makes a content clean. It may take a while: it is done before the transaction begins.
///
/// # Errors
/// The field that is longer than can be kept.
pub fn clean(c: Content) -> Result<Clean, TooLong> {
    fits(&c)?;
    // Neither database keeps a NUL in a text, and no field but the body has lines.
    let line = |t: String| t.chars().filter(|c| !c.is_control()).collect::<String>();
    Ok(Clean(Content {
        title: line(c.title),
        summary: line(c.summary),
        marquee: line(c.marquee),
        cover: line(c.cover),
        tags: c.tags.into_iter().map(line).collect(),
        downloads: c.downloads.into_iter().map(line).collect(),
        body: sanitise::sanitise(&c.body),
        ..c
    }))
}

/// Begins a post of a district (0: the city's) and tells its number.
///
/// # Errors
/// When the database fails.
pub async fn create(
    txn: &WriteTxn,
    asker: Asker<'_>,
    district: i32,
    c: &Clean,
    now: i64,
) -> Result<Result<i64, Deny>, Error> {
    if !asker.may.has(Permission::PostEdit) || matches!(asker.viewer.scope, Scope::Org(_)) {
        return Ok(Err(Deny::Role));
    }
    let fits = match asker.viewer.scope {
        Scope::District(own) => district == own,
        _ => district == 0 || division::Entity::find_by_id(district).one(txn).await?.is_some(),
    };
    if !fits {
        return Ok(Err(Deny::District));
    }
    if !org_fits(txn, asker.viewer, c.0.org).await? {
        return Ok(Err(Deny::Organisation));
    }
    let by = asker.actor.account;
    let id = sequence::next(txn, "post").await?;
    let row = Model {
        id,
        slug: id.to_string(),
        division: district,
        author_id: by,
        created_at: now,
        changed_at: now,
        newest: 1,
        stage: Stage::Draft.code().into(),
        title: c.0.title.clone(),
        category: c.0.category.map(|c| c.code().to_owned()).unwrap_or_default(),
        org_id: c.0.org,
        due_at: None,
        public_no: None,
        public_at: None,
        public_key: None,
        public_category: String::new(),
        valid_from: None,
        valid_to: None,
        pinned: false,
        on_wall: false,
        tags: listed(&c.0.tags),
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    begin(txn, id, 1, &c.0, by, now).await?;
    attach(txn, asker, id, &c.0).await?;
    let detail = json!({ "version": 1, "title": c.0.title, "district": district });
    audit::append(txn, asker.actor, now, "post.create", &format!("post {id}"), &detail).await?;
    Ok(Ok(id))
}

/// Begins a version.
pub(super) async fn begin(txn: &WriteTxn, id: i64, no: i32, c: &Content, by: i64, now: i64) -> Result<(), Error> {
    let row = version::Model {
        post_id: id,
        no,
        stage: Stage::Draft.code().into(),
        revision: 0,
        author_id: by,
        begun_at: now,
        saver_id: by,
        saved_at: now,
        tab: String::new(),
        typed: 0,
        tab_since: 0,
        submitter_id: None,
        submitted_at: None,
        decider_id: None,
        decided_at: None,
        reason: String::new(),
        published_at: None,
        ended_at: None,
        title: c.title.clone(),
        tokens: tokens(c).join(" "),
        content: json(c)?,
    };
    version::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    involve(txn, id, no, by).await?;
    Ok(())
}

/// A draft as a window sends it.
#[derive(Clone, Copy, Debug)]
pub struct Save<'a> {
    /// Version that it was written in.
    pub no: i32,
    /// Revision that the window had loaded, or was told by its last save.
    pub base: i64,
    /// The window: a random name that it keeps as long as it is open, and over a restart with what it keeps itself.
    pub tab: &'a str,
    /// Grows with every text that the window sends: of two that come the wrong way round, the later stands.
    pub typed: i64,
    /// What stands in it.
    pub content: &'a Clean,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It stands in the draft, and the files that it names are attached to the post.
    Saved {
        /// To be named by the next save.
        revision: i64,
        /// Files that it names.
        tokens: Vec<String>,
    },
    /// Nothing is to be written: it stands there already, or the window itself sent a later text before.
    Same {
        /// To be named by the next save.
        revision: i64,
    },
    /// Somebody else was first: it was kept aside. How the draft stands says who and when.
    Kept {
        /// Number of the copy.
        copy: i64,
        /// How the draft stands.
        standing: Box<Standing>,
    },
}

/// Saves a draft as it is, however unfinished.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn save(txn: &WriteTxn, asker: Asker<'_>, id: i64, s: &Save<'_>, now: i64) -> Result<Asked<Saved>, Error> {
    let Some(m) = locked(txn, asker.viewer, id).await? else { return Ok(None) };
    if !asker.may.has(Permission::PostEdit) {
        return Ok(Some(Err(Deny::Role)));
    }
    let (by, tab) = (asker.actor.account, window(s.tab));
    let v = version_of(txn, id, m.newest).await?;
    let content = &s.content.0;
    let own = v.tab == tab && v.saver_id == by && !tab.is_empty();
    let open = v.stage()? == Stage::Draft && v.no == s.no;
    if open && own && s.typed <= v.typed {
        return Ok(Some(Ok(Saved::Same { revision: v.revision })));
    }
    let before = v.content()?;
    if open && before == *content {
        return Ok(Some(Ok(Saved::Same { revision: v.revision })));
    }
    // An answer that the window never got: whatever was saved since was its own.
    let linear = s.base == v.revision || (own && (v.tab_since..=v.revision).contains(&s.base.saturating_add(1)));
    if !open || !linear {
        let copy = aside(txn, &v, (by, tab.as_str()), s, now).await?;
        attach(txn, asker, id, content).await?;
        let standing = Box::new(standing(txn, &v, (by, tab.as_str()), now).await?);
        wrote(txn, asker, id, v.no, &v.title, now).await?;
        return Ok(Some(Ok(Saved::Kept { copy, standing })));
    }
    if !org_fits(txn, asker.viewer, content.org).await? {
        return Ok(Some(Err(Deny::Organisation)));
    }
    if !own && (v.revision > 0 || v.saver_id != by) {
        handover(txn, &v, by, now).await?;
    }
    let revision = v.revision.saturating_add(1);
    let tokens = tokens(content);
    let next = version::Model {
        revision,
        saver_id: by,
        saved_at: now,
        tab_since: if own { v.tab_since } else { revision },
        tab,
        typed: s.typed,
        title: content.title.clone(),
        tokens: tokens.join(" "),
        content: json(content)?,
        ..v
    };
    let no = next.no;
    put_version(txn, next).await?;
    let next = Model {
        changed_at: now,
        title: content.title.clone(),
        category: content.category.map(|c| c.code().to_owned()).unwrap_or_default(),
        org_id: content.org,
        tags: listed(&content.tags),
        ..m
    };
    put(txn, next).await?;
    attach(txn, asker, id, content).await?;
    wrote(txn, asker, id, no, &content.title, now).await?;
    Ok(Some(Ok(Saved::Saved { revision, tokens })))
}

fn window(tab: &str) -> String {
    tab.chars().filter(char::is_ascii_alphanumeric).take(TAB_MAX).collect()
}

/// The log's row of the first text of an account in a version.
async fn wrote(txn: &WriteTxn, asker: Asker<'_>, id: i64, no: i32, title: &str, now: i64) -> Result<(), Error> {
    if involve(txn, id, no, asker.actor.account).await? {
        let detail = json!({ "version": no, "title": title });
        audit::append(txn, asker.actor, now, "post.edit", &format!("post {id}"), &detail).await?;
    }
    Ok(())
}

/// Keeps a text aside that somebody else was faster than. The same window writes on in the same copy. An account that leaves very many and looks
/// through none of them writes on in its latest, the window's own before others.
async fn aside(
    txn: &WriteTxn,
    v: &version::Model,
    (by, tab): (i64, &str),
    s: &Save<'_>,
    now: i64,
) -> Result<i64, Error> {
    let content = json(&s.content.0)?;
    let open = || {
        kept::Entity::find()
            .filter(kept::Column::PostId.eq(v.post_id))
            .filter(kept::Column::No.eq(s.no))
            .filter(kept::Column::Why.eq(Why::Conflict.code()))
            .filter(kept::Column::AccountId.eq(by))
            .filter(kept::Column::SettledAt.is_null())
    };
    let mut all = open().filter(kept::Column::Tab.eq(tab));
    // A window without a name is nobody's: only what is the same again is not kept twice.
    all = if tab.is_empty() {
        all.filter(kept::Column::Content.eq(content.as_str()))
    } else {
        all.filter(kept::Column::Base.eq(s.base))
    };
    if let Some(c) = all.order_by_desc(kept::Column::Id).limit(1).one(txn).await? {
        let id = c.id;
        if s.typed > c.typed {
            let title = s.content.0.title.clone();
            let next = kept::Model { typed: s.typed, at: now, title, content, ..c };
            kept::Entity::update(next.into_active_model().reset_all()).exec(txn).await?;
        }
        return Ok(id);
    }
    let latest: Vec<(i64, String, i64)> = open()
        .select_only()
        .columns([kept::Column::Id, kept::Column::Tab, kept::Column::Typed])
        .order_by_desc(kept::Column::Id)
        .limit(OPEN_MAX as u64)
        .into_tuple()
        .all(txn)
        .await?;
    let own = latest.iter().find(|c| c.1 == tab && !tab.is_empty());
    if let Some((id, of, typed)) = own.or(latest.first()).filter(|_| latest.len() >= OPEN_MAX) {
        // How far two windows have come cannot be compared.
        if tab.is_empty() || of != tab || s.typed > *typed {
            let next = kept::ActiveModel {
                id: Set(*id),
                tab: Set(tab.to_owned()),
                base: Set(s.base),
                typed: Set(s.typed),
                at: Set(now),
                other_id: Set(v.saver_id),
                other_at: Set(v.saved_at),
                title: Set(s.content.0.title.clone()),
                content: Set(content),
                ..<kept::ActiveModel as Default>::default()
            };
            kept::Entity::update(next).exec(txn).await?;
        }
        return Ok(*id);
    }
    let row = kept::Model {
        id: sequence::next(txn, "post_copy").await?,
        post_id: v.post_id,
        no: s.no,
        why: Why::Conflict.code().into(),
        tab: tab.to_owned(),
        base: s.base,
        typed: s.typed,
        account_id: by,
        at: now,
        other_id: v.saver_id,
        other_at: v.saved_at,
        settled_at: None,
        settled_by: None,
        title: s.content.0.title.clone(),
        content,
    };
    let id = row.id;
    kept::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(id)
}

/// Keeps a text as it stood before somebody else went on from it.
async fn handover(txn: &WriteTxn, v: &version::Model, by: i64, now: i64) -> Result<(), Error> {
    let row = kept::Model {
        id: sequence::next(txn, "post_copy").await?,
        post_id: v.post_id,
        no: v.no,
        why: Why::Handover.code().into(),
        tab: v.tab.clone(),
        base: v.revision,
        typed: v.typed,
        account_id: v.saver_id,
        at: v.saved_at,
        other_id: by,
        other_at: now,
        // Whoever goes on has seen it: it is there to be looked up, nobody is called to it.
        settled_at: Some(now),
        settled_by: Some(by),
        title: v.title.clone(),
        content: v.content.clone(),
    };
    kept::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    let of = || {
        kept::Entity::find()
            .filter(kept::Column::PostId.eq(v.post_id))
            .filter(kept::Column::No.eq(v.no))
            .filter(kept::Column::Why.eq(Why::Handover.code()))
    };
    let last: Option<i64> = of()
        .select_only()
        .column(kept::Column::Id)
        .order_by_desc(kept::Column::Id)
        .offset(HANDOVERS_KEPT)
        .limit(1)
        .into_tuple()
        .one(txn)
        .await?;
    if let Some(last) = last {
        kept::Entity::delete_many()
            .filter(kept::Column::PostId.eq(v.post_id))
            .filter(kept::Column::No.eq(v.no))
            .filter(kept::Column::Why.eq(Why::Handover.code()))
            .filter(kept::Column::Id.lte(last))
            .exec(txn)
            .await?;
    }
    Ok(())
}

/// A window says that somebody is writing in it, and is told how the draft stands: who else is there, who saved last, what was kept aside.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn present(txn: &WriteTxn, asker: Asker<'_>, id: i64, tab: &str, now: i64) -> Result<Asked<Standing>, Error> {
    let Some(m) = Entity::find_by_id(id).filter(within(asker.viewer)).one(txn).await? else { return Ok(None) };
    if !asker.may.has(Permission::PostEdit) {
        return Ok(Some(Err(Deny::Role)));
    }
    let (by, tab) = (asker.actor.account, window(tab));
    presence::Entity::delete_many()
        .filter(presence::Column::PostId.eq(id))
        .filter(presence::Column::Seen.lte(now.saturating_sub(PRESENT_FOR)))
        .exec(txn)
        .await?;
    let row = presence::ActiveModel {
        post_id: Set(id),
        account_id: Set(by),
        tab: Set(tab.clone()),
        since: Set(now),
        seen: Set(now),
    };
    let key = [presence::Column::PostId, presence::Column::AccountId, presence::Column::Tab];
    presence::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).update_column(presence::Column::Seen).to_owned())
        .exec_without_returning(txn)
        .await?;
    let v = version_of(txn, id, m.newest).await?;
    Ok(Some(Ok(standing(txn, &v, (by, tab.as_str()), now).await?)))
}

/// A window was closed.
///
/// # Errors
/// When the database fails.
pub async fn leave(txn: &WriteTxn, account: i64, id: i64, tab: &str) -> Result<(), Error> {
    presence::Entity::delete_by_id((id, account, window(tab))).exec(txn).await?;
    Ok(())
}

/// A text that was kept aside of a post within sight.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn copy(db: &Db, viewer: Viewer, id: i64) -> Result<Option<(CopyLine, Content)>, Error> {
    let read = db.read();
    let Some(c) = kept::Entity::find_by_id(id).one(read).await? else { return Ok(None) };
    if Entity::find_by_id(c.post_id).filter(within(viewer)).one(read).await?.is_none() {
        return Ok(None);
    }
    let names = names::accounts(read, [c.account_id, c.other_id]).await?;
    let name = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("#{id}"));
    Ok(Some((copy_line(&c, &name)?, stored(&c.content, c.post_id)?)))
}

/// Says that a text that was kept aside was looked through: it stays, nobody is called to it any more. False where that was said before.
///
/// # Errors
/// When the database fails.
pub async fn settle(txn: &WriteTxn, asker: Asker<'_>, id: i64, now: i64) -> Result<Asked<bool>, Error> {
    let Some(c) = kept::Entity::find_by_id(id).one(txn).await? else { return Ok(None) };
    if locked(txn, asker.viewer, c.post_id).await?.is_none() {
        return Ok(None);
    }
    if !asker.may.has(Permission::PostEdit) {
        return Ok(Some(Err(Deny::Role)));
    }
    let n = kept::Entity::update_many()
        .set(kept::ActiveModel {
            settled_at: Set(Some(now)),
            settled_by: Set(Some(asker.actor.account)),
            ..<kept::ActiveModel as Default>::default()
        })
        .filter(kept::Column::Id.eq(id))
        .filter(kept::Column::SettledAt.is_null())
        .exec(txn)
        .await?;
    if n.rows_affected == 0 {
        return Ok(Some(Ok(false)));
    }
    let detail = json!({ "copy": id, "version": c.no });
    audit::append(txn, asker.actor, now, "post.copy_settled", &format!("post {}", c.post_id), &detail).await?;
    Ok(Some(Ok(true)))
}
