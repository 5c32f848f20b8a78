//! How accounts are reached beside their inbox. Number and address are sealed by a key derived from the master key, each for its account: no
//! copy of the record tells them, and neither opens in another's row.

use crate::{Error, rule, secret::Master};
use domain::message::{Contact, Quiet, USUAL_IDS};
use sea_orm::{Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::HashMap;

/// What stands in both columns of the quiet hours where nobody chose them: they follow the rules, though a number or an address is kept.
pub const UNSAID: i16 = -1;

/// A row of `contact`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// Account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i64,
    /// Mobile number, sealed; empty for none.
    pub phone: String,
    /// E-mail address, sealed; empty for none.
    pub mail: String,
    /// First minute of the quiet hours; [`UNSAID`] where its owner chose none of his own.
    pub quiet_from: i16,
    /// The minute in which they are over; as above.
    pub quiet_to: i16,
    /// Whether what is open is told once a day.
    pub digest: bool,
    /// When it was changed, ms.
    pub changed_at: i64,
}

// Not even what is sealed belongs in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact").field("account_id", &self.account_id).finish_non_exhaustive()
    }
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn purpose(what: &str, account: i64) -> String {
    format!("contact {what}\n{account}")
}

fn opened(master: &Master, what: &str, account: i64, sealed: &str) -> Option<String> {
    String::from_utf8(master.open(&purpose(what, account), sealed)?).ok()
}

impl Model {
    /// The quiet hours that its owner chose; `None` where he said nothing.
    #[must_use]
    pub fn own_quiet(&self) -> Option<Quiet> {
        let of = |n: i16| u16::try_from(n).ok();
        of(self.quiet_from).zip(of(self.quiet_to)).and_then(|(a, b)| Quiet::new(a, b))
    }

    /// When its owner is not to be disturbed: as he chose, otherwise as is usual.
    #[must_use]
    pub fn quiet(&self, usual: Quiet) -> Quiet {
        self.own_quiet().unwrap_or(usual)
    }

    /// The mobile number; `None` without one, or where this master key did not seal it for this account.
    #[must_use]
    pub fn phone(&self, master: &Master) -> Option<String> {
        opened(master, "phone", self.account_id, &self.phone)
    }

    /// The e-mail address; `None` as with the number.
    #[must_use]
    pub fn mail(&self, master: &Master) -> Option<String> {
        opened(master, "mail", self.account_id, &self.mail)
    }
}

/// When nobody is disturbed who said nothing himself, by the rules.
///
/// # Errors
/// When the database fails.
pub async fn usual<C: ConnectionTrait>(db: &C) -> Result<Quiet, DbErr> {
    let [from, to] = rule::params(db, USUAL_IDS).await?;
    Ok(Quiet::usual(from, to))
}

/// How an account is reached, for its owner alone.
///
/// # Errors
/// When the database fails.
pub async fn load<C: ConnectionTrait>(db: &C, master: &Master, account: i64) -> Result<Contact, Error> {
    let Some(m) = Entity::find_by_id(account).one(db).await? else {
        return Ok(Contact::default());
    };
    Ok(Contact {
        phone: m.phone(master).unwrap_or_default(),
        mail: m.mail(master).unwrap_or_default(),
        quiet: m.own_quiet(),
        digest: m.digest,
    })
}

/// Sets how an account is reached. [`Contact::checked`] holds. What goes into the audit log is that it was set, not to what.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(
    txn: &C,
    master: &Master,
    account: i64,
    contact: &Contact,
    now: i64,
) -> Result<(), Error> {
    let sealed = |what: &str, text: &str| match text {
        "" => Ok(String::new()),
        text => master
            .seal(&purpose(what, account), text.as_bytes())
            .ok_or_else(|| Error::Stored(format!("contact {account}: cannot be sealed"))),
    };
    let minute = |n: u16| i16::try_from(n).unwrap_or_default();
    // What is usual is not written down as if it were chosen: it changes with its rules.
    let (quiet_from, quiet_to) = contact.quiet.map_or((UNSAID, UNSAID), |q| (minute(q.from), minute(q.to)));
    Entity::insert(ActiveModel {
        account_id: Set(account),
        phone: Set(sealed("phone", &contact.phone)?),
        mail: Set(sealed("mail", &contact.mail)?),
        quiet_from: Set(quiet_from),
        quiet_to: Set(quiet_to),
        digest: Set(contact.digest),
        changed_at: Set(now),
    })
    .on_conflict(
        OnConflict::column(Column::AccountId)
            .update_columns([
                Column::Phone,
                Column::Mail,
                Column::QuietFrom,
                Column::QuietTo,
                Column::Digest,
                Column::ChangedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(txn)
    .await?;
    Ok(())
}

/// The rows of accounts, as they are sealed.
///
/// # Errors
/// When the database fails.
pub(crate) async fn of<C: ConnectionTrait>(db: &C, accounts: &[i64]) -> Result<HashMap<i64, Model>, Error> {
    let rows = Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied())).all(db).await?;
    Ok(rows.into_iter().map(|m| (m.account_id, m)).collect())
}
