//! Publicity: posts and their versions. One version at most is public, and one at most is under way; nothing is taken out.
//!
//! Whatever changes a post locks its row until the commit, and writes its row of the audit log as the last statement: whoever calls commits
//! the transaction and writes none of his own. Autosaves are many: the log has the first of each account in a version.

mod act;
mod public;
mod save;

pub use act::{Step, act, next_due, publish_due, set_slug};
pub use public::{feed, gone, is_public_file, on_wall, public_list, public_one, public_tags, read, reads};
pub use save::{Clean, Save, Saved, clean, copy, create, leave, present, save, settle};

use crate::{
    Db, Error, WriteTxn,
    attachment::{self, Of},
    audit::Actor,
    names, org, scope,
};
use domain::{
    attachment::Attachment,
    clock,
    permission::{Permission, Permissions},
    post::{
        Act, Category, Content, CopyLine, Deny, Done, FILES_MAX, Here, MayDo, PRESENT_FOR, PostLine, PostPage, Stage,
        Standing, VersionLine, Who, Why,
    },
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DbBackend, IntoActiveModel, Iterable, QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::Expr,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A row of `post`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "post")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Name in addresses; its number until it gets one.
    pub slug: String,
    /// District that it is written for, GB/T 2260; 0 for the city.
    pub division: i32,
    /// Account that began it.
    pub author_id: i64,
    /// When, ms.
    pub created_at: i64,
    /// When it was changed last, ms.
    pub changed_at: i64,
    /// The newest version that was not given up.
    pub newest: i32,
    /// … its [`Stage`] code.
    pub stage: String,
    /// … its title.
    pub title: String,
    /// … its [`Category`] code; empty until one is chosen.
    pub category: String,
    /// … its enterprise; 0 for none.
    pub org_id: i64,
    /// When it is to be published, ms, once it was accepted.
    pub due_at: Option<i64>,
    /// The version that everybody sees.
    pub public_no: Option<i32>,
    /// Since when everybody sees the post, ms.
    pub public_at: Option<i64>,
    /// By which it is sorted ([`domain::post::sort_key`]).
    pub public_key: Option<i64>,
    /// Category of the public version; empty for none.
    pub public_category: String,
    /// First day of the public version's validity.
    pub valid_from: Option<Date>,
    /// Last day of it.
    pub valid_to: Option<Date>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether the public version is shown on the wall.
    pub on_wall: bool,
    /// Tags of the newest version in lower case, each between commas.
    pub tags: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Versions.
pub mod version {
    use sea_orm::entity::prelude::*;

    /// A row of `post_version`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_version")]
    pub struct Model {
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
        /// Running number in it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// [`domain::post::Stage`] code.
        pub stage: String,
        /// Counts what was saved.
        pub revision: i64,
        /// Account that began it …
        pub author_id: i64,
        /// … when, ms.
        pub begun_at: i64,
        /// Account that saved last …
        pub saver_id: i64,
        /// … when, ms.
        pub saved_at: i64,
        /// The window that it was saved in.
        pub tab: String,
        /// How far that window had come.
        pub typed: i64,
        /// From this revision on all were saved in that window.
        pub tab_since: i64,
        /// Account that submitted it last …
        pub submitter_id: Option<i64>,
        /// … when, ms.
        pub submitted_at: Option<i64>,
        /// Account that accepted it or sent it back …
        pub decider_id: Option<i64>,
        /// … when, ms.
        pub decided_at: Option<i64>,
        /// Why it was sent back or withdrawn.
        pub reason: String,
        /// When everybody began to see it, ms.
        pub published_at: Option<i64>,
        /// When that ended, ms.
        pub ended_at: Option<i64>,
        /// Title, for lists.
        pub title: String,
        /// Tokens of the files that it names, with a space between.
        pub tokens: String,
        /// [`domain::post::Content`], JSON; its body is clean.
        pub content: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Accounts that wrote in a version.
pub mod editor {
    use sea_orm::entity::prelude::*;

    /// A row of `post_editor`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_editor")]
    pub struct Model {
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
        /// Version.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Texts that were kept aside.
pub mod kept {
    use sea_orm::entity::prelude::*;

    /// A row of `post_copy`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_copy")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Post.
        pub post_id: i64,
        /// Version that it was written in.
        pub no: i32,
        /// [`domain::post::Why`] code.
        pub why: String,
        /// Window that it was written in.
        pub tab: String,
        /// Revision that it was based on.
        pub base: i64,
        /// How far that window had come.
        pub typed: i64,
        /// Whose it is …
        pub account_id: i64,
        /// … and when it was sent, ms.
        pub at: i64,
        /// Who saved instead …
        pub other_id: i64,
        /// … and when, ms.
        pub other_at: i64,
        /// When somebody had looked through it, ms …
        pub settled_at: Option<i64>,
        /// … and who.
        pub settled_by: Option<i64>,
        /// Title, for lists.
        pub title: String,
        /// [`domain::post::Content`], JSON.
        pub content: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who is writing now.
pub mod presence {
    use sea_orm::entity::prelude::*;

    /// A row of `post_present`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_present")]
    pub struct Model {
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
        /// Window.
        #[sea_orm(primary_key, auto_increment = false)]
        pub tab: String,
        /// Since when, ms.
        pub since: i64,
        /// When it was heard of last, ms.
        pub seen: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Terms by which public posts are found.
pub mod term {
    use sea_orm::entity::prelude::*;

    /// A row of `post_term`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_term")]
    pub struct Model {
        /// The term; a tag's begins with `#`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub term: String,
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
        /// How much it counts there.
        pub weight: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Files that public posts name.
pub mod file {
    use sea_orm::entity::prelude::*;

    /// A row of `post_file`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_file")]
    pub struct Model {
        /// Token.
        #[sea_orm(primary_key, auto_increment = false)]
        pub token: String,
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often posts were opened, by day: nobody stands there.
pub mod reading {
    use sea_orm::entity::prelude::*;

    /// A row of `post_read`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_read")]
    pub struct Model {
        /// Post.
        #[sea_orm(primary_key, auto_increment = false)]
        pub post_id: i64,
        /// Local day, since 1970-01-01.
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i32,
        /// How often.
        pub n: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who does something with posts.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// What he sees.
    pub viewer: Viewer,
    /// What he may do.
    pub may: Permissions,
    /// Who he is, for the audit log.
    pub actor: &'a Actor,
}

/// What becomes of something that is asked of a post: `None` when there is none of this number within sight.
pub type Asked<T> = Option<Result<T, Deny>>;

/// Posts that the viewer works on: all, or those of his district. Publicity is the authority's: an organisation reads what everybody reads.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    Condition::all().add_option(match viewer.scope {
        Scope::City => None,
        Scope::District(d) => Some(Column::Division.eq(d)),
        Scope::Org(_) => Some(Column::Id.lt(0)),
    })
}

impl Model {
    fn stage(&self) -> Result<Stage, Error> {
        Stage::from_code(&self.stage).ok_or_else(|| Error::Stored(format!("post {}: stage", self.id)))
    }
}

impl version::Model {
    fn stage(&self) -> Result<Stage, Error> {
        let bad = || Error::Stored(format!("post {}: stage of version {}", self.post_id, self.no));
        Stage::from_code(&self.stage).ok_or_else(bad)
    }

    fn content(&self) -> Result<Content, Error> {
        stored(&self.content, self.post_id)
    }
}

fn stored(content: &str, id: i64) -> Result<Content, Error> {
    serde_json::from_str(content).map_err(|e| Error::Stored(format!("post {id}: content: {e}")))
}

fn json(content: &Content) -> Result<String, Error> {
    serde_json::to_string(content).map_err(|e| Error::Stored(e.to_string()))
}

/// Tokens of all files that a content names, each once: in its text, the picture beside it, the downloads.
#[must_use]
pub fn tokens(c: &Content) -> Vec<String> {
    let others = c.downloads.iter().chain([&c.cover]).filter(|t| domain::post::is_token(t)).cloned();
    let mut out: Vec<String> = vec![];
    for t in domain::post::tokens(&c.body).into_iter().chain(others) {
        if !out.contains(&t) {
            out.push(t);
        }
    }
    out
}

/// Tags as a post bears them for its list: `,one,two,`.
fn listed(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!(",{},", tags.join(",").to_lowercase()) }
}

/// Attaches the files that a content names to its post, as far as its writer may: what he sent himself, and what stands in a post that he sees.
/// Nothing is taken off: earlier versions and texts that were kept aside name their files, too. What is not attached is shown to nobody.
async fn attach(txn: &WriteTxn, asker: Asker<'_>, id: i64, c: &Content) -> Result<(), Error> {
    let mut named = tokens(c);
    if named.len() > FILES_MAX {
        // What was chosen beside the text goes before what stands in it.
        named.sort_by_key(|t| (*t != c.cover, !c.downloads.contains(t)));
        named.truncate(FILES_MAX);
    }
    let mut seen: BTreeSet<i64> = attachment::posts_of(txn, &named).await?.into_iter().collect();
    if let Scope::District(d) = asker.viewer.scope {
        let visible: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(seen.iter().copied()))
            .filter(Condition::any().add(Column::Division.eq(d)).add(Column::PublicNo.is_not_null()))
            .into_tuple()
            .all(txn)
            .await?;
        seen.retain(|p| visible.contains(p));
    }
    attachment::attach(txn, Of::Post, id, &named, (asker.actor.account, &seen)).await?;
    Ok(())
}

/// The files of a post within sight, with how often each was fetched.
///
/// # Errors
/// When the database fails.
pub async fn files(db: &Db, viewer: Viewer, id: i64) -> Result<Vec<(Attachment, i64)>, Error> {
    if Entity::find_by_id(id).filter(within(viewer)).one(db.read()).await?.is_none() {
        return Ok(vec![]);
    }
    Ok(attachment::counted(db.read(), Of::Post, id).await?)
}

/// Whether somebody who works on posts sees one.
///
/// # Errors
/// When the database fails.
pub async fn is_within(db: &Db, viewer: Viewer, id: i64) -> Result<bool, Error> {
    Ok(Entity::find_by_id(id).filter(within(viewer)).one(db.read()).await?.is_some())
}

/// A post that is to be changed: nobody else changes it until the transaction ends.
async fn locked(txn: &WriteTxn, viewer: Viewer, id: i64) -> Result<Option<Model>, DbErr> {
    let q = Entity::find_by_id(id).filter(within(viewer));
    if txn.get_database_backend() == DbBackend::Postgres { q.lock_exclusive().one(txn).await } else { q.one(txn).await }
}

async fn put(txn: &WriteTxn, m: Model) -> Result<(), DbErr> {
    Entity::update(m.into_active_model().reset_all()).exec(txn).await.map(|_| ())
}

async fn put_version(txn: &WriteTxn, v: version::Model) -> Result<(), DbErr> {
    version::Entity::update(v.into_active_model().reset_all()).exec(txn).await.map(|_| ())
}

async fn version_of<C: ConnectionTrait>(db: &C, id: i64, no: i32) -> Result<version::Model, Error> {
    let found = version::Entity::find_by_id((id, no)).one(db).await?;
    found.ok_or_else(|| Error::Stored(format!("post {id}: there is no version {no}")))
}

/// Accounts that do not review a version: whoever began it, wrote in it, or submitted it.
async fn involved<C: ConnectionTrait>(db: &C, v: &version::Model) -> Result<BTreeSet<i64>, DbErr> {
    let editors = editor::Entity::find()
        .filter(editor::Column::PostId.eq(v.post_id))
        .filter(editor::Column::No.eq(v.no))
        .all(db)
        .await?;
    Ok(editors.into_iter().map(|e| e.account_id).chain([v.author_id]).chain(v.submitter_id).collect())
}

/// Notes that an account wrote in a version; whether that is new.
async fn involve(txn: &WriteTxn, id: i64, no: i32, account: i64) -> Result<bool, DbErr> {
    if editor::Entity::find_by_id((id, no, account)).one(txn).await?.is_some() {
        return Ok(false);
    }
    let row = editor::ActiveModel { post_id: Set(id), no: Set(no), account_id: Set(account) };
    editor::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(true)
}

/// Whether an organisation can be promoted by whoever sees this.
async fn org_fits<C: ConnectionTrait>(db: &C, viewer: Viewer, org: i64) -> Result<bool, DbErr> {
    let found = org::Entity::find_by_id(org).filter(scope::within(viewer, org::Column::Id)).one(db).await?;
    Ok(org == 0 || found.is_some())
}

/// How often posts were opened, in all.
async fn sums<C: ConnectionTrait>(db: &C, ids: &[i64]) -> Result<HashMap<i64, i64>, DbErr> {
    let rows: Vec<reading::Model> =
        reading::Entity::find().filter(reading::Column::PostId.is_in(ids.iter().copied())).all(db).await?;
    let mut out: HashMap<i64, i64> = HashMap::new();
    for r in rows {
        let n = out.entry(r.post_id).or_default();
        *n = n.saturating_add(r.n);
    }
    Ok(out)
}

/// Rows with the names of what they speak of, as they stand at an instant.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<Model>, now: i64) -> Result<Vec<PostLine>, Error> {
    let ids: Vec<i64> = rows.iter().map(|m| m.id).collect();
    let orgs: HashSet<i64> = rows.iter().map(|m| m.org_id).filter(|id| *id > 0).collect();
    let orgs = names::orgs(db, orgs).await?;
    let districts: HashSet<i32> = rows.iter().map(|m| m.division).filter(|d| *d > 0).collect();
    let districts = names::districts(db, districts).await?;
    let authors: HashSet<i64> = rows.iter().map(|m| m.author_id).collect();
    let authors = names::accounts(db, authors).await?;
    let reads = sums(db, &ids).await?;
    let today = clock::local_date(now);
    rows.into_iter()
        .map(|m| {
            let valid = m.valid_from.is_none_or(|d| d <= today) && m.valid_to.is_none_or(|d| d >= today);
            Ok(PostLine {
                stage: m.stage()?,
                category: Category::from_code(&m.category),
                district: districts.get(&m.division).cloned().unwrap_or_default(),
                org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
                author: authors.get(&m.author_id).cloned().unwrap_or_else(|| format!("#{}", m.author_id)),
                reads: reads.get(&m.id).copied().unwrap_or_default(),
                hidden: m.public_no.is_some() && !valid,
                id: m.id,
                slug: m.slug,
                division: m.division,
                no: m.newest,
                title: m.title,
                public_no: m.public_no,
                pinned: m.pinned,
                org: m.org_id,
                changed_at: m.changed_at,
                publish_at: m.due_at,
                public_at: m.public_at,
            })
        })
        .collect()
}

async fn version_lines<C: ConnectionTrait>(db: &C, rows: &[version::Model]) -> Result<Vec<VersionLine>, Error> {
    let of = |v: &version::Model| [Some(v.author_id), Some(v.saver_id), v.submitter_id, v.decider_id];
    let people: BTreeSet<i64> = rows.iter().flat_map(of).flatten().collect();
    let names = names::accounts(db, people).await?;
    let done = |id: i64, at: i64| Done { name: names.get(&id).cloned().unwrap_or_else(|| format!("#{id}")), at };
    let given = |id: Option<i64>, at: Option<i64>| id.zip(at).map(|(id, at)| done(id, at));
    rows.iter()
        .map(|v| {
            Ok(VersionLine {
                no: v.no,
                stage: v.stage()?,
                title: v.title.clone(),
                revision: v.revision,
                begun: done(v.author_id, v.begun_at),
                saved: done(v.saver_id, v.saved_at),
                submitted: given(v.submitter_id, v.submitted_at),
                decided: given(v.decider_id, v.decided_at),
                reason: v.reason.clone(),
                published_at: v.published_at,
                ended_at: v.ended_at,
            })
        })
        .collect()
}

/// A post within sight, for whoever works on it; `tab` is the window that asks.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, asker: Asker<'_>, id: i64, tab: &str, now: i64) -> Result<Option<PostPage>, Error> {
    let read = db.begin_read().await?;
    let Some(m) = Entity::find_by_id(id).filter(within(asker.viewer)).one(&read).await? else { return Ok(None) };
    // A list of them needs no text but the newest's.
    let rows = version::Entity::find()
        .select_only()
        .columns(version::Column::iter().filter(|c| !matches!(c, version::Column::Content)))
        .column_as(Expr::cust("''"), "content")
        .filter(version::Column::PostId.eq(id))
        .order_by_desc(version::Column::No)
        .all(&read)
        .await?;
    let versions = version_lines(&read, &rows).await?;
    let bad = || Error::Stored(format!("post {id}: there is no version {}", m.newest));
    let newest = version_of(&read, id, m.newest).await?;
    let version = versions.iter().find(|v| v.no == m.newest).cloned().ok_or_else(bad)?;
    let content = newest.content()?;
    let may = may(&read, &m, &newest, asker).await?;
    let standing = standing(&read, &newest, (asker.actor.account, tab), now).await?;
    let Some(line) = lines(&read, vec![m], now).await?.pop() else { return Ok(None) };
    read.commit().await?;
    Ok(Some(PostPage { line, version, content, may, standing, versions }))
}

/// Any version of a post within sight, with what stands in it.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn version(db: &Db, viewer: Viewer, id: i64, no: i32) -> Result<Option<(VersionLine, Content)>, Error> {
    let read = db.begin_read().await?;
    let seen = Entity::find_by_id(id).filter(within(viewer)).one(&read).await?.is_some();
    let found = if seen { version::Entity::find_by_id((id, no)).one(&read).await? } else { None };
    let Some(v) = found else { return Ok(None) };
    let content = v.content()?;
    let line = version_lines(&read, &[v]).await?.pop();
    read.commit().await?;
    Ok(line.map(|l| (l, content)))
}

async fn may<C: ConnectionTrait>(db: &C, m: &Model, newest: &version::Model, asker: Asker<'_>) -> Result<MayDo, Error> {
    let stage = newest.stage()?;
    let own = involved(db, newest).await?.contains(&asker.actor.account);
    let can = |act: Act| {
        let of_public = matches!(act, Act::Withdraw | Act::Pin | Act::Unpin);
        let at = if of_public { m.public_no.map(|_| Stage::Published) } else { Some(stage) };
        let said = match act {
            Act::Pin => !m.pinned,
            Act::Unpin => m.pinned,
            _ => true,
        };
        let found = at.and_then(|s| s.after(act));
        said && found.is_some_and(|f| f.who.may(asker.may) && !(f.who == Who::SecondPerson && own))
    };
    Ok(MayDo {
        edit: stage == Stage::Draft && asker.may.has(Permission::PostEdit),
        acts: Act::ALL.iter().copied().filter(|a| can(*a)).collect(),
    })
}

/// How a version stands for a window of an account.
async fn standing<C: ConnectionTrait>(
    db: &C,
    v: &version::Model,
    (account, tab): (i64, &str),
    now: i64,
) -> Result<Standing, Error> {
    let here = presence::Entity::find()
        .filter(presence::Column::PostId.eq(v.post_id))
        .filter(presence::Column::Seen.gt(now.saturating_sub(PRESENT_FOR)))
        .order_by_asc(presence::Column::Since)
        .all(db)
        .await?;
    // Every window asks this every few seconds: it is told that there is a text, not the text.
    let copies = kept::Entity::find()
        .select_only()
        .columns(kept::Column::iter().filter(|c| !matches!(c, kept::Column::Content)))
        .column_as(Expr::cust("''"), "content")
        .filter(kept::Column::PostId.eq(v.post_id))
        .filter(kept::Column::SettledAt.is_null())
        .order_by_desc(kept::Column::At)
        .order_by_desc(kept::Column::Id)
        .all(db)
        .await?;
    let people = here.iter().map(|h| h.account_id).chain(copies.iter().flat_map(|c| [c.account_id, c.other_id]));
    let names = names::accounts(db, people.chain([v.saver_id]).collect::<BTreeSet<i64>>()).await?;
    let name = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("#{id}"));
    let others = here.iter().filter(|h| h.account_id != account || h.tab != tab);
    Ok(Standing {
        no: v.no,
        revision: v.revision,
        open: v.stage()? == Stage::Draft,
        saved: Done { name: name(v.saver_id), at: v.saved_at },
        elsewhere: v.revision > 0 && (v.saver_id != account || v.tab != tab),
        here: others
            .map(|h| Here { name: name(h.account_id), own: h.account_id == account, since: h.since, seen: h.seen })
            .collect(),
        copies: copies.iter().map(|c| copy_line(c, &name)).collect::<Result<_, Error>>()?,
    })
}

fn copy_line(c: &kept::Model, name: &impl Fn(i64) -> String) -> Result<CopyLine, Error> {
    Ok(CopyLine {
        id: c.id,
        post: c.post_id,
        no: c.no,
        why: Why::from_code(&c.why).ok_or_else(|| Error::Stored(format!("post {}: copy {}", c.post_id, c.id)))?,
        of: Done { name: name(c.account_id), at: c.at },
        other: Done { name: name(c.other_id), at: c.other_at },
        title: c.title.clone(),
    })
}
