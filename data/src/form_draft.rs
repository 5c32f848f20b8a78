//! What somebody has entered into a long form and not sent yet. It is nobody else's: a draft is read and changed by its account alone.

use crate::{Error, sequence};
use domain::form::Values;
use sea_orm::{QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::Expr};

/// A row of `form_draft`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "form_draft")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Whose.
    pub account_id: i64,
    /// [`Form`] code.
    pub form: String,
    /// Number of what it is about; 0 for nothing yet.
    pub about: i64,
    /// What stands in its fields, JSON.
    pub entered: String,
    /// When it was changed last, ms.
    pub changed_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Drafts of one account and form at most; the one that was left longest gives way. Forms count each for themselves: many templates push no
/// document out.
const DRAFTS_MAX: u64 = 20;
/// Longest draft that is kept, bytes of JSON.
const BYTES_MAX: usize = 400_000;

/// Which form is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A message to many.
    Message,
    /// A template of messages.
    Template,
    /// A document with receipt.
    Paper,
    /// The answer to one.
    Answer,
}

impl Form {
    const fn code(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Template => "template",
            Self::Paper => "paper",
            Self::Answer => "answer",
        }
    }
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Number.
    pub id: i64,
    /// Number of what it is about.
    pub about: i64,
    /// What stands in its fields.
    pub values: Values,
    /// When it was changed last, ms: also its version.
    pub changed_at: i64,
}

fn own(account: i64, form: Form) -> Select<Entity> {
    Entity::find().filter(Column::AccountId.eq(account)).filter(Column::Form.eq(form.code()))
}

fn read(m: &Model) -> Result<Draft, Error> {
    let values = serde_json::from_str(&m.entered).map_err(|_| Error::Stored(format!("form_draft {}", m.id)))?;
    Ok(Draft { id: m.id, about: m.about, values, changed_at: m.changed_at })
}

/// Keeps what was entered, and tells its number: that of the draft that it continues, or a new one where it continues none of the account's.
/// `None` where it is too much to be kept.
///
/// # Errors
/// When the database fails.
pub async fn save<C: ConnectionTrait>(
    txn: &C,
    account: i64,
    (form, about, id): (Form, i64, i64),
    values: &Values,
    now: i64,
) -> Result<Option<i64>, Error> {
    let entered = serde_json::to_string(values).map_err(|e| Error::Stored(e.to_string()))?;
    if entered.len() > BYTES_MAX {
        return Ok(None);
    }
    if let Some(m) = own(account, form).filter(Column::Id.eq(id)).filter(Column::About.eq(about)).one(txn).await? {
        // Two changes within a millisecond are two versions.
        let changed_at = now.max(m.changed_at.saturating_add(1));
        Entity::update_many()
            .col_expr(Column::Entered, Expr::value(entered))
            .col_expr(Column::ChangedAt, Expr::value(changed_at))
            .filter(Column::Id.eq(id))
            .exec(txn)
            .await?;
        return Ok(Some(id));
    }
    let id = sequence::next(txn, "form_draft").await?;
    let row = ActiveModel {
        id: Set(id),
        account_id: Set(account),
        form: Set(form.code().to_owned()),
        about: Set(about),
        entered: Set(entered),
        changed_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    let all = own(account, form).order_by_desc(Column::ChangedAt);
    let old = all.order_by_desc(Column::Id).select_only().column(Column::Id).offset(DRAFTS_MAX).limit(DRAFTS_MAX);
    let old: Vec<i64> = old.into_tuple().all(txn).await?;
    if !old.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(old)).exec(txn).await?;
    }
    Ok(Some(id))
}

/// A draft of an account.
///
/// # Errors
/// When the database fails, or what is stored cannot be read.
pub async fn one<C: ConnectionTrait>(db: &C, account: i64, form: Form, id: i64) -> Result<Option<Draft>, Error> {
    let found = own(account, form).filter(Column::Id.eq(id)).one(db).await?;
    found.as_ref().map(read).transpose()
}

/// The drafts of an account, the latest first.
///
/// # Errors
/// When the database fails, or what is stored cannot be read.
pub async fn list<C: ConnectionTrait>(db: &C, account: i64, form: Form) -> Result<Vec<Draft>, Error> {
    let rows = own(account, form).order_by_desc(Column::ChangedAt).order_by_desc(Column::Id).all(db).await?;
    rows.iter().map(read).collect()
}

/// Takes a draft away: it was sent, or is not wanted. False where the account has none of this number.
///
/// # Errors
/// When the database fails.
pub async fn remove<C: ConnectionTrait>(txn: &C, account: i64, form: Form, id: i64) -> Result<bool, Error> {
    let q = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(account));
    Ok(q.filter(Column::Form.eq(form.code())).exec(txn).await?.rows_affected > 0)
}
