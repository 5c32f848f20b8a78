//! Drafts of other rules: who changed what, who approved it, and the version that it became.

use crate::{
    Error, WriteTxn,
    audit::{self, Actor},
    ledger::{self, Done},
    names, rule, rule_preview, rule_use, sequence,
};
use domain::rules::{
    RuleRow, RuleSet,
    draft::{self, CHANGES_MAX, Deny, DraftLine, MayDo, Stage, VersionLine},
};
use sea_orm::{DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row of `rule_draft`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_draft")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Version that it changes.
    pub base: i64,
    /// Why it is made.
    pub note: String,
    /// [`Stage`] code.
    pub stage: String,
    /// Counts its changes.
    pub revision: i64,
    /// Account that began it.
    pub author_id: i64,
    /// When, ms.
    pub created_at: i64,
    /// When it was changed last, ms.
    pub changed_at: i64,
    /// Account that submitted it last …
    pub submitter_id: Option<i64>,
    /// … when, ms.
    pub submitted_at: Option<i64>,
    /// Account that approved it or sent it back …
    pub decider_id: Option<i64>,
    /// … when, ms.
    pub decided_at: Option<i64>,
    /// Why it was sent back.
    pub reason: String,
    /// Account that published it …
    pub publisher_id: Option<i64>,
    /// … when, ms.
    pub published_at: Option<i64>,
    /// The version that it became.
    pub version: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows that a draft changes.
pub mod change {
    use sea_orm::entity::prelude::*;

    /// A row of `rule_change`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rule_change")]
    pub struct Model {
        /// Draft.
        #[sea_orm(primary_key, auto_increment = false)]
        pub draft_id: i64,
        /// Rule.
        #[sea_orm(primary_key, auto_increment = false)]
        pub rule_id: String,
        /// [`domain::rules::RuleRow`] as it is to be, JSON.
        pub row: String,
        /// Account that changed it last.
        pub account_id: i64,
        /// When, ms.
        pub at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Accounts that changed something in a draft, also what was taken back since.
pub mod editor {
    use sea_orm::entity::prelude::*;

    /// A row of `rule_editor`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rule_editor")]
    pub struct Model {
        /// Draft.
        #[sea_orm(primary_key, auto_increment = false)]
        pub draft_id: i64,
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Model {
    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        Stage::from_code(&self.stage)
    }
}

/// Begins a draft of the newest rules and tells its id.
///
/// # Errors
/// When the database fails.
pub async fn begin(txn: &WriteTxn, note: &str, by: i64, now: i64) -> Result<i64, Error> {
    let id = sequence::next(txn, "rule_draft").await?;
    let row = Model {
        id,
        base: rule::newest(txn).await?.unwrap_or_default(),
        note: note.to_owned(),
        stage: Stage::Drafting.code().into(),
        revision: 0,
        author_id: by,
        created_at: now,
        changed_at: now,
        submitter_id: None,
        submitted_at: None,
        decider_id: None,
        decided_at: None,
        reason: String::new(),
        publisher_id: None,
        published_at: None,
        version: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(id)
}

/// A draft.
///
/// # Errors
/// When the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// A draft that is to be changed: nobody else changes it until the transaction ends.
async fn locked(txn: &WriteTxn, id: i64) -> Result<Option<Model>, DbErr> {
    let q = Entity::find_by_id(id);
    if txn.get_database_backend() == DbBackend::Postgres { q.lock_exclusive().one(txn).await } else { q.one(txn).await }
}

async fn put(txn: &WriteTxn, m: Model) -> Result<(), DbErr> {
    Entity::update(m.into_active_model().reset_all()).exec(txn).await.map(|_| ())
}

/// The newest drafts.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, limit: u64) -> Result<Vec<DraftLine>, DbErr> {
    let rows = Entity::find().order_by_desc(Column::Id).limit(limit).all(db).await?;
    lines(db, rows).await
}

/// Drafts with the names of those who did something to them.
///
/// # Errors
/// When the database fails.
pub async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<Vec<DraftLine>, DbErr> {
    let people: BTreeSet<i64> =
        rows.iter().flat_map(|m| [Some(m.author_id), m.submitter_id, m.decider_id, m.publisher_id]).flatten().collect();
    let names = names::accounts(db, people).await?;
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    let changes: HashMap<i64, i64> = change::Entity::find()
        .select_only()
        .column(change::Column::DraftId)
        .column_as(change::Column::RuleId.count(), "n")
        .filter(change::Column::DraftId.is_in(ids))
        .group_by(change::Column::DraftId)
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let done = |id: Option<i64>, at: Option<i64>| {
        id.zip(at).map(|(id, at)| draft::Done { name: names.get(&id).cloned().unwrap_or_default(), at })
    };
    let line = |m: Model| DraftLine {
        stage: m.stage(),
        author: done(Some(m.author_id), Some(m.created_at)).unwrap_or_default(),
        submitted: done(m.submitter_id, m.submitted_at),
        decided: done(m.decider_id, m.decided_at),
        published: done(m.publisher_id, m.published_at),
        changes: changes.get(&m.id).copied().unwrap_or_default(),
        id: m.id,
        note: m.note,
        base: m.base,
        reason: m.reason,
        version: m.version,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The rows of a draft as they are to be.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn changes<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<RuleRow>, Error> {
    let rows = change::Entity::find()
        .filter(change::Column::DraftId.eq(id))
        .order_by_asc(change::Column::RuleId)
        .all(db)
        .await?;
    rows.iter()
        .map(|m| {
            serde_json::from_str(&m.row)
                .map_err(|e| Error::Stored(format!("change of {} in draft {id}: {e}", m.rule_id)))
        })
        .collect()
}

/// The version that a draft changes, and what it makes of it.
///
/// # Errors
/// When the database fails, or a row cannot be read; and where a base that changed under it no longer takes its rows.
pub async fn sets<C: ConnectionTrait>(db: &C, m: &Model) -> Result<(RuleSet, RuleSet), Error> {
    let base = rule::version(db, m.base).await?;
    let mut set = draft::applied(&base, &changes(db, m.id).await?)
        .map_err(|why| Error::Stored(format!("draft {}: {why}", m.id)))?;
    set.version = m.base + 1;
    Ok((base, set))
}

/// Accounts that do not decide on a draft: whoever began, changed or submitted it.
async fn involved<C: ConnectionTrait>(db: &C, m: &Model) -> Result<BTreeSet<i64>, DbErr> {
    let editors = editor::Entity::find().filter(editor::Column::DraftId.eq(m.id)).all(db).await?;
    Ok(editors.into_iter().map(|e| e.account_id).chain([m.author_id]).chain(m.submitter_id).collect())
}

/// What an account that holds all permissions of drafts may do with one now.
///
/// # Errors
/// When the database fails.
pub async fn may<C: ConnectionTrait>(db: &C, m: &Model, account: i64) -> Result<MayDo, DbErr> {
    let stage = m.stage();
    Ok(MayDo {
        edit: stage == Stage::Drafting,
        decide: stage == Stage::Submitted && !involved(db, m).await?.contains(&account),
        publish: stage == Stage::Approved,
    })
}

/// What becomes of something that is asked of a draft: `None` when there is no such draft.
pub type Asked<T> = Option<Result<T, Deny>>;

/// Changes a row of a draft, or adds one; one that is as it was before is no change.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn put_change(txn: &WriteTxn, id: i64, row: &RuleRow, by: i64, now: i64) -> Result<Asked<()>, Error> {
    let Some(m) = locked(txn, id).await? else { return Ok(None) };
    if m.stage() != Stage::Drafting {
        return Ok(Some(Err(Deny::Stage)));
    }
    let base = rule::version(txn, m.base).await?;
    let known = changes(txn, id).await?;
    if known.len() >= CHANGES_MAX && known.iter().all(|r| r.rule_id != row.rule_id) {
        return Ok(Some(Err(Deny::Full)));
    }
    change::Entity::delete_by_id((id, row.rule_id.clone())).exec(txn).await?;
    if base.rows.iter().all(|r| r != row) {
        let json = serde_json::to_string(row).map_err(|e| Error::Stored(e.to_string()))?;
        let change = change::Model { draft_id: id, rule_id: row.rule_id.clone(), row: json, account_id: by, at: now };
        change::Entity::insert(change.into_active_model().reset_all()).exec_without_returning(txn).await?;
    }
    touched(txn, m, by, now).await?;
    Ok(Some(Ok(())))
}

/// Takes the change of a row back; false where there was none.
///
/// # Errors
/// When the database fails.
pub async fn drop_change(txn: &WriteTxn, id: i64, rule_id: &str, by: i64, now: i64) -> Result<Asked<bool>, Error> {
    let Some(m) = locked(txn, id).await? else { return Ok(None) };
    if m.stage() != Stage::Drafting {
        return Ok(Some(Err(Deny::Stage)));
    }
    let gone = change::Entity::delete_by_id((id, rule_id.to_owned())).exec(txn).await?.rows_affected > 0;
    if gone {
        touched(txn, m, by, now).await?;
    }
    Ok(Some(Ok(gone)))
}

async fn touched(txn: &WriteTxn, m: Model, by: i64, now: i64) -> Result<(), DbErr> {
    let row = editor::ActiveModel { draft_id: Set(m.id), account_id: Set(by) };
    editor::Entity::insert(row)
        .on_conflict(OnConflict::columns([editor::Column::DraftId, editor::Column::AccountId]).do_nothing().to_owned())
        .exec_without_returning(txn)
        .await?;
    put(txn, Model { revision: m.revision + 1, changed_at: now, ..m }).await
}

/// Something that is done with a draft as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ask for what it would come to.
    Preview,
    /// Take it up to the newest version.
    Rebase,
    /// Hand it to somebody else to approve it.
    Submit,
    /// Take it back before it is published.
    Withdraw,
    /// Give it up.
    Discard,
    /// Approve it.
    Approve,
    /// Send it back for a reason.
    SendBack(String),
}

/// Does it, in the name of an account, at an instant (ms).
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn act(txn: &WriteTxn, id: i64, act: &Act, by: i64, now: i64) -> Result<Asked<()>, Error> {
    let Some(m) = locked(txn, id).await? else { return Ok(None) };
    let from: &[Stage] = match act {
        Act::Preview | Act::Rebase | Act::Submit => &[Stage::Drafting],
        Act::Withdraw => &[Stage::Submitted, Stage::Approved],
        Act::Discard => &[Stage::Drafting, Stage::Submitted, Stage::Approved],
        Act::Approve | Act::SendBack(_) => &[Stage::Submitted],
    };
    if !from.contains(&m.stage()) {
        return Ok(Some(Err(Deny::Stage)));
    }
    let newest = rule::newest(txn).await?.unwrap_or_default();
    let deny = match act {
        Act::Submit | Act::Approve if m.base != newest => Some(Deny::Stale),
        Act::Submit if changes(txn, id).await?.is_empty() => Some(Deny::Empty),
        Act::Submit | Act::Approve if !rule_preview::is_current(txn, &m).await? => Some(Deny::Preview),
        Act::Approve | Act::SendBack(_) if involved(txn, &m).await?.contains(&by) => Some(Deny::Own),
        _ => None,
    };
    if let Some(deny) = deny {
        return Ok(Some(Err(deny)));
    }
    let to = |stage: Stage, m: Model| Model { stage: stage.code().into(), changed_at: now, ..m };
    let next = match act {
        Act::Preview => {
            rule_preview::ask(txn, &m, now).await?;
            m
        }
        // What it comes to is another then.
        Act::Rebase => Model { base: newest, revision: m.revision + 1, changed_at: now, ..m },
        Act::Submit => {
            let m = to(Stage::Submitted, m);
            Model { submitter_id: Some(by), submitted_at: Some(now), decider_id: None, decided_at: None, ..m }
        }
        Act::Withdraw => to(Stage::Drafting, m),
        Act::Discard => to(Stage::Discarded, m),
        Act::Approve => {
            let m = to(Stage::Approved, m);
            Model { decider_id: Some(by), decided_at: Some(now), reason: String::new(), ..m }
        }
        Act::SendBack(reason) => {
            let m = to(Stage::Drafting, m);
            Model { decider_id: Some(by), decided_at: Some(now), reason: reason.clone(), ..m }
        }
    };
    put(txn, next).await?;
    Ok(Some(Ok(())))
}

/// Makes an approved draft the newest version, which decides from the next ledger number on. For the writer, which takes up the
/// rules that it tells once it has committed.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn publish(txn: &WriteTxn, id: i64, by: &Actor, now: i64) -> Result<Asked<(RuleSet, Done)>, Error> {
    // The ledger first, as every other transaction of the writer does.
    sequence::lock(txn, sequence::LEDGER).await?;
    let Some(m) = locked(txn, id).await? else { return Ok(None) };
    if m.stage() != Stage::Approved {
        return Ok(Some(Err(Deny::Stage)));
    }
    if rule::newest(txn).await? != Some(m.base) {
        return Ok(Some(Err(Deny::Stale)));
    }
    let (_, set) = sets(txn, &m).await?;
    // What was recorded so far stays under what was in force.
    rule_use::begin(txn).await?;
    rule::insert(txn, &set).await?;
    let done = ledger::enforce(txn, set.version, now).await?;
    let rules: Vec<String> = changes(txn, id).await?.into_iter().map(|r| r.rule_id).collect();
    let published = Model {
        stage: Stage::Published.code().into(),
        changed_at: now,
        publisher_id: Some(by.account),
        published_at: Some(now),
        version: Some(set.version),
        ..m
    };
    put(txn, published).await?;
    let detail = serde_json::json!({ "version": set.version, "from_no": done.no, "rules": rules });
    audit::append(txn, by, now, rule::PUBLISH, &format!("rule draft {id}"), &detail).await?;
    Ok(Some(Ok((set, done))))
}

/// All versions, the newest first, with from which number on each decided and the draft that it was.
///
/// # Errors
/// When the database fails.
pub async fn versions<C: ConnectionTrait>(db: &C) -> Result<Vec<VersionLine>, DbErr> {
    let rows: Vec<(i64, i64)> = rule::Entity::find()
        .select_only()
        .column(rule::Column::Version)
        .column_as(rule::Column::RuleId.count(), "n")
        .group_by(rule::Column::Version)
        .order_by_desc(rule::Column::Version)
        .into_tuple()
        .all(db)
        .await?;
    let mut from: BTreeMap<i64, i64> = BTreeMap::new();
    for u in rule_use::Entity::find().order_by_asc(rule_use::Column::FromNo).all(db).await? {
        from.entry(u.version).or_insert(u.from_no);
    }
    let drafts = Entity::find().filter(Column::Version.is_not_null()).all(db).await?;
    let mut drafts: HashMap<i64, DraftLine> =
        lines(db, drafts).await?.into_iter().filter_map(|d| Some((d.version?, d))).collect();
    let line = |(version, rows): (i64, i64)| VersionLine {
        version,
        from_no: from.get(&version).copied(),
        draft: drafts.remove(&version),
        rows,
    };
    Ok(rows.into_iter().map(line).collect())
}
