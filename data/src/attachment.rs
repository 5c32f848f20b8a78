//! Files that people attach. The record holds what they are and what refers to them; their bytes lie beside the database, under the token.

use crate::form_draft;
use domain::attachment::{Attachment, Format, Kind};
use sea_orm::{
    DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};
use std::collections::{BTreeSet, HashMap};

/// A row of `attachment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    /// Its name in addresses, random.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token: String,
    /// [`Format`] code.
    pub format: String,
    /// Name for people.
    pub name: String,
    /// SHA-256 of its bytes as they are served, hex.
    pub sha256: String,
    /// Bytes.
    pub bytes: i64,
    /// When it was taken, ms.
    pub made_at: i64,
    /// Account that sent it; 0 for the public.
    pub by_id: i64,
    /// How often it was fetched whole.
    pub downloads: i64,
    /// Points across.
    pub width: i32,
    /// Points down.
    pub height: i32,
    /// Seconds.
    pub seconds: i32,
    /// How many things refer to it.
    pub uses: i32,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What refers to a file.
pub mod used {
    use sea_orm::entity::prelude::*;

    /// A row of `attachment_use`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attachment_use")]
    pub struct Model {
        /// [`super::Of`] number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub of_kind: i16,
        /// Its number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub of_id: i64,
        /// Place among its files, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        /// The file.
        pub token: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a file can be attached to. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Of {
    /// A case, by whoever brought it.
    Case = 1,
    /// A post of publicity.
    Post = 3,
    /// A document with receipt.
    Document = 4,
    /// An appeal against a rating.
    Appeal = 5,
    /// The answer to a document with receipt.
    Answer = 6,
}

impl Of {
    /// From its number.
    #[must_use]
    pub const fn from_number(n: i16) -> Option<Self> {
        Some(match n {
            1 => Self::Case,
            3 => Self::Post,
            4 => Self::Document,
            5 => Self::Appeal,
            6 => Self::Answer,
            _ => return None,
        })
    }
}

impl Model {
    /// As it is shown; `None` where its format is none that is known.
    #[must_use]
    pub fn shown(&self) -> Option<Attachment> {
        Some(Attachment {
            token: self.token.clone(),
            format: Format::from_code(&self.format)?,
            name: self.name.clone(),
            bytes: self.bytes,
            sha256: self.sha256.clone(),
            width: self.width,
            height: self.height,
            seconds: self.seconds,
        })
    }

    /// What it is to its reader.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Format::from_code(&self.format).map(|f| f.info().kind)
    }
}

/// Enters a file that was taken. Nothing refers to it yet.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(txn: &C, file: &Attachment, by: i64, now: i64) -> Result<(), DbErr> {
    let row = Model {
        token: file.token.clone(),
        format: file.format.code().to_owned(),
        name: file.name.clone(),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        made_at: now,
        by_id: by,
        downloads: 0,
        width: file.width,
        height: file.height,
        seconds: file.seconds,
        uses: 0,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(txn).await.map(|_| ())
}

/// A file and what refers to it.
///
/// # Errors
/// When the database fails.
pub async fn one<C: ConnectionTrait>(db: &C, token: &str) -> Result<Option<(Model, Vec<(Of, i64)>)>, DbErr> {
    let Some(row) = Entity::find_by_id(token.to_owned()).one(db).await? else { return Ok(None) };
    let uses = used::Entity::find().filter(used::Column::Token.eq(token)).all(db).await?;
    Ok(Some((row, uses.into_iter().filter_map(|u| Some((Of::from_number(u.of_kind)?, u.of_id))).collect())))
}

/// Files by their tokens, and how often each was fetched whole; those that are not there are left out.
///
/// # Errors
/// When the database fails.
pub async fn named<C: ConnectionTrait>(db: &C, tokens: &[String]) -> Result<HashMap<String, (Attachment, i64)>, DbErr> {
    if tokens.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::Token.is_in(tokens.iter().cloned())).all(db).await?;
    Ok(rows.iter().filter_map(|r| Some((r.token.clone(), (r.shown()?, r.downloads)))).collect())
}

/// The files of things of one kind, each in their order.
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, of: Of, ids: &[i64]) -> Result<HashMap<i64, Vec<Attachment>>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let uses = used::Entity::find()
        .filter(used::Column::OfKind.eq(of as i16))
        .filter(used::Column::OfId.is_in(ids.iter().copied()))
        .order_by_asc(used::Column::OfId)
        .order_by_asc(used::Column::Place)
        .all(db)
        .await?;
    let tokens = uses.iter().map(|u| u.token.clone());
    let rows = Entity::find().filter(Column::Token.is_in(tokens)).all(db).await?;
    let files: HashMap<String, Attachment> = rows.iter().filter_map(|r| Some((r.token.clone(), r.shown()?))).collect();
    let mut out: HashMap<i64, Vec<Attachment>> = HashMap::new();
    for u in uses {
        if let Some(f) = files.get(&u.token) {
            out.entry(u.of_id).or_default().push(f.clone());
        }
    }
    Ok(out)
}

/// Files that come with a form. What was kept is never entered anew: its bytes lie there by what its row says, or not at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    /// Kept when the form came before: the record has them, and nothing refers to them yet.
    pub kept: &'a [Attachment],
    /// Taken with the form: the record does not know them yet.
    pub fresh: &'a [Attachment],
}

impl<'a> Files<'a> {
    /// All taken with the form.
    #[must_use]
    pub const fn fresh(fresh: &'a [Attachment]) -> Self {
        Self { kept: &[], fresh }
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> usize {
        self.kept.len() + self.fresh.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// All, those first that were kept.
    pub fn all(self) -> impl Iterator<Item = &'a Attachment> {
        self.kept.iter().chain(self.fresh)
    }
}

/// Those of the files that the same sender entered before and that nothing refers to still, by their tokens.
///
/// # Errors
/// When the database fails.
pub async fn still<C: ConnectionTrait>(txn: &C, kept: &[Attachment], by: i64) -> Result<Vec<String>, DbErr> {
    if kept.is_empty() {
        return Ok(vec![]);
    }
    let tokens = kept.iter().map(|f| f.token.clone());
    // Nobody else takes one up, nor away, until the commit: of two at once the other finds it used. In one order, as with `link`.
    let rows = Entity::find().filter(Column::Token.is_in(tokens)).order_by_asc(Column::Token);
    let rows = rows.filter(Column::ById.eq(by)).filter(Column::Uses.eq(0));
    let rows = match txn.get_database_backend() {
        DbBackend::Postgres => rows.lock_exclusive().all(txn).await?,
        _ => rows.all(txn).await?,
    };
    Ok(rows.into_iter().map(|r| r.token).collect())
}

/// Adds files to those of a thing: those that were kept are taken up, the others entered. False, and nothing is changed, where one that was kept
/// is gone or attached to something by now.
///
/// # Errors
/// When the database fails.
pub async fn add<C: ConnectionTrait>(
    txn: &C,
    of: Of,
    id: i64,
    files: Files<'_>,
    (by, now): (i64, i64),
) -> Result<bool, DbErr> {
    if files.is_empty() {
        return Ok(true);
    }
    if still(txn, files.kept, by).await?.len() < files.kept.len() {
        return Ok(false);
    }
    for file in files.fresh {
        put(txn, file, by, now).await?;
    }
    let here = used::Entity::find().filter(used::Column::OfKind.eq(of as i16)).filter(used::Column::OfId.eq(id));
    let last = here.order_by_desc(used::Column::Place).one(txn).await?.map_or(0, |u| u.place + 1);
    for (file, place) in files.all().zip(last..) {
        let row = used::ActiveModel {
            of_kind: Set(of as i16),
            of_id: Set(id),
            place: Set(place),
            token: Set(file.token.clone()),
        };
        used::Entity::insert(row).exec_without_returning(txn).await?;
    }
    count(txn, files.all().map(|f| f.token.clone()), 1).await?;
    Ok(true)
}

/// Makes these the files of a thing, in this order. False, and nothing is changed, where one of them is not there or is somebody else's: only
/// what one sent oneself, or what is attached to this thing already, can be attached.
///
/// # Errors
/// When the database fails.
pub async fn link<C: ConnectionTrait>(txn: &C, of: Of, id: i64, tokens: &[String], by: i64) -> Result<bool, DbErr> {
    let here = used::Entity::find().filter(used::Column::OfKind.eq(of as i16)).filter(used::Column::OfId.eq(id));
    let before: Vec<String> = here.all(txn).await?.into_iter().map(|u| u.token).collect();
    let mut seen: Vec<&String> = vec![];
    for t in tokens {
        if seen.contains(&t) {
            return Ok(false);
        }
        seen.push(t);
    }
    // Nobody takes one away until the commit, nor is one linked that is just being taken away. In one order, so that two do not wait for each
    // other.
    let rows = Entity::find().filter(Column::Token.is_in(tokens.iter().cloned())).order_by_asc(Column::Token);
    let own = match txn.get_database_backend() {
        DbBackend::Postgres => rows.lock_exclusive().all(txn).await?,
        _ => rows.all(txn).await?,
    };
    let may = own.iter().filter(|r| r.by_id == by || before.contains(&r.token)).count();
    if may != tokens.len() {
        return Ok(false);
    }
    used::Entity::delete_many()
        .filter(used::Column::OfKind.eq(of as i16))
        .filter(used::Column::OfId.eq(id))
        .exec(txn)
        .await?;
    for (row, place) in tokens.iter().zip(0..) {
        let row =
            used::ActiveModel { of_kind: Set(of as i16), of_id: Set(id), place: Set(place), token: Set(row.clone()) };
        used::Entity::insert(row).exec_without_returning(txn).await?;
    }
    let gone = before.iter().filter(|t| !tokens.contains(t)).cloned();
    count(txn, gone, -1).await?;
    count(txn, tokens.iter().filter(|t| !before.contains(t)).cloned(), 1).await?;
    Ok(true)
}

/// Adds files to those of a thing, behind those that are there, as far as they may be: what `by` sent himself, and what is attached already to a
/// post of these. What is not there, or is somebody else's, is passed over.
///
/// # Errors
/// When the database fails.
pub async fn attach<C: ConnectionTrait>(
    txn: &C,
    of: Of,
    id: i64,
    tokens: &[String],
    (by, posts): (i64, &BTreeSet<i64>),
) -> Result<(), DbErr> {
    let here = used::Entity::find().filter(used::Column::OfKind.eq(of as i16)).filter(used::Column::OfId.eq(id));
    let here = here.order_by_asc(used::Column::Place).all(txn).await?;
    let fresh: Vec<&String> = tokens.iter().filter(|t| !here.iter().any(|u| u.token == **t)).collect();
    if fresh.is_empty() {
        return Ok(());
    }
    // As with `link`: nobody takes one away until the commit.
    let rows = Entity::find().filter(Column::Token.is_in(fresh.iter().copied().cloned())).order_by_asc(Column::Token);
    let there = match txn.get_database_backend() {
        DbBackend::Postgres => rows.lock_exclusive().all(txn).await?,
        _ => rows.all(txn).await?,
    };
    let in_posts = used::Entity::find()
        .filter(used::Column::OfKind.eq(Of::Post as i16))
        .filter(used::Column::OfId.is_in(posts.iter().copied()))
        .filter(used::Column::Token.is_in(fresh.iter().copied().cloned()))
        .all(txn)
        .await?;
    let may =
        |t: &String| there.iter().any(|r| r.token == *t && (r.by_id == by || in_posts.iter().any(|u| u.token == *t)));
    let taken: Vec<String> = fresh.into_iter().filter(|t| may(t)).cloned().collect();
    let next = here.last().map_or(0, |u| u.place.saturating_add(1));
    for (token, place) in taken.iter().zip(next..) {
        let row =
            used::ActiveModel { of_kind: Set(of as i16), of_id: Set(id), place: Set(place), token: Set(token.clone()) };
        used::Entity::insert(row).exec_without_returning(txn).await?;
    }
    count(txn, taken.into_iter(), 1).await
}

/// Posts that some of these files are attached to.
///
/// # Errors
/// When the database fails.
pub async fn posts_of<C: ConnectionTrait>(db: &C, tokens: &[String]) -> Result<Vec<i64>, DbErr> {
    let q = used::Entity::find().select_only().column(used::Column::OfId).distinct();
    let q =
        q.filter(used::Column::OfKind.eq(Of::Post as i16)).filter(used::Column::Token.is_in(tokens.iter().cloned()));
    q.into_tuple().all(db).await
}

/// The files of a thing in their order, with how often each was fetched whole.
///
/// # Errors
/// When the database fails.
pub async fn counted<C: ConnectionTrait>(db: &C, of: Of, id: i64) -> Result<Vec<(Attachment, i64)>, DbErr> {
    let uses = used::Entity::find().filter(used::Column::OfKind.eq(of as i16)).filter(used::Column::OfId.eq(id));
    let uses = uses.order_by_asc(used::Column::Place).all(db).await?;
    let rows = Entity::find().filter(Column::Token.is_in(uses.iter().map(|u| u.token.clone()))).all(db).await?;
    let found = |u: &used::Model| {
        let row = rows.iter().find(|r| r.token == u.token)?;
        Some((row.shown()?, row.downloads))
    };
    Ok(uses.iter().filter_map(found).collect())
}

async fn count<C: ConnectionTrait>(txn: &C, tokens: impl Iterator<Item = String>, by: i32) -> Result<(), DbErr> {
    let tokens: Vec<String> = tokens.collect();
    if tokens.is_empty() {
        return Ok(());
    }
    let uses = Expr::col(Column::Uses).add(by);
    Entity::update_many().col_expr(Column::Uses, uses).filter(Column::Token.is_in(tokens)).exec(txn).await.map(|_| ())
}

/// That no draft of its sender's names a file. A draft has no row in `attachment_use`: the tokens of its files stand in its text.
fn in_no_draft() -> SimpleExpr {
    let mut drafts = Query::select();
    drafts
        .expr(Expr::value(1_i32))
        .from(form_draft::Entity)
        .and_where(Expr::col((form_draft::Entity, form_draft::Column::AccountId)).equals((Entity, Column::ById)))
        // A token is of digits: nothing in it has a meaning of its own here.
        .and_where(Expr::cust("\"form_draft\".\"entered\" LIKE '%' || \"attachment\".\"token\" || '%'"));
    Expr::exists(drafts).not()
}

/// Bytes of the files that an account sent and that nothing refers to yet; what its drafts name is among them.
///
/// # Errors
/// When the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, by: i64) -> Result<i64, DbErr> {
    let q = Query::select()
        .expr(Expr::cust("CAST(COALESCE(SUM(\"bytes\"), 0) AS bigint)"))
        .from(Entity)
        .and_where(Expr::cust("uses = 0"))
        .and_where(Expr::col(Column::ById).eq(by))
        .to_owned();
    let Some(row) = db.query_one(&q).await? else { return Ok(0) };
    row.try_get_by_index::<i64>(0)
}

/// Files that nothing refers to and that no draft names, taken before a time, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn loose<C: ConnectionTrait>(db: &C, before: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    let q = Entity::find().filter(Expr::cust("uses = 0")).filter(Column::MadeAt.lt(before)).filter(in_no_draft());
    q.order_by_asc(Column::MadeAt).limit(limit).all(db).await
}

/// Takes a file out that nothing refers to and that no draft names. False where something does by now.
///
/// # Errors
/// When the database fails.
pub async fn remove<C: ConnectionTrait>(txn: &C, token: &str) -> Result<bool, DbErr> {
    let q = Entity::delete_many().filter(Column::Token.eq(token)).filter(Column::Uses.eq(0)).filter(in_no_draft());
    Ok(q.exec(txn).await?.rows_affected > 0)
}

/// Counts downloads.
///
/// # Errors
/// When the database fails.
pub async fn downloaded<C: ConnectionTrait>(txn: &C, token: &str, times: i64) -> Result<(), DbErr> {
    let n = Expr::col(Column::Downloads).add(times);
    Entity::update_many().col_expr(Column::Downloads, n).filter(Column::Token.eq(token)).exec(txn).await.map(|_| ())
}
