//! Credit of enterprises (S0-50): facts gathered from the record, ratings that follow from them, what is entered by hand, appeals.
//!
//! A fact knows no rules ([`domain::credit`]): it is gathered once, as the ledger goes on, and closed when its event is. A rating follows from
//! the facts of its organisation, the rules and a day. Whoever writes facts or ratings locks the row `sequence(credit)` until the commit.

mod act;
mod derive;
mod keep;
mod read;

pub use act::{Acted, Decided, EntryDone, FiledAs, act, attach, close_entry, enter, file};
pub use keep::{Compared, Full, Ran, compare, full, run};
pub use read::{appeal, one, points, preview, shows_files, what_if};
pub(crate) use read::{appeal_lines, line};

use crate::{Error, sequence};
use domain::credit::Origin;
use sea_orm::{Set, entity::prelude::*};

/// Name of the sequence that tells how far the ledger was looked at.
pub(crate) const CURSOR: &str = "credit";
/// Name of the sequence that tells on which day shares were read off last.
pub(crate) const READ_ON: &str = "credit_day";

/// A row of `credit_fact`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_fact")]
pub struct Model {
    /// Id, for pages of a list only.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Organisation.
    pub org_id: i64,
    /// [`Origin`] number.
    pub source: i16,
    /// Number there.
    pub source_no: i64,
    /// Item: the id of its rule row.
    pub item: String,
    /// Local day.
    pub day: i32,
    /// How many …
    pub amount: i64,
    /// … of how many; 1 where each counts for itself.
    pub whole: i64,
    /// Local day on which it was closed.
    pub closed: Option<i32>,
    /// Share that counts by what it turned out to be, percent.
    pub kept: i16,
    /// Share that a decided appeal left, percent.
    pub allowed: i16,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What changed outside the ledger and is yet to be looked at.
pub mod touched {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_touched`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_touched")]
    pub struct Model {
        /// Running number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// [`domain::credit::Origin`] number.
        pub source: i16,
        /// Number there.
        pub source_no: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Ratings.
pub mod rating {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_rating`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_rating")]
    pub struct Model {
        /// Organisation.
        #[sea_orm(primary_key, auto_increment = false)]
        pub org_id: i64,
        /// Its name, as it is looked up.
        pub name: String,
        /// Letters of its name, whole and first ones, a space between each.
        pub pinyin: String,
        /// Its kind.
        pub kind: String,
        /// GB/T 2260.
        pub division: i32,
        /// As of which local day; 0 where a fact came since.
        pub day: i32,
        /// Version of the rules.
        pub version: i64,
        /// Points, thousandths.
        pub score: i64,
        /// [`domain::credit::Grade`] number.
        pub grade: i16,
        /// [`domain::credit::Trend`] number.
        pub trend: i16,
        /// By how many thousandths it moved.
        pub moved: i64,
        /// Whether an item alone forces the grade D.
        pub veto: bool,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Changes of grades.
pub mod turn {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_turn`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_turn")]
    pub struct Model {
        /// Running number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Organisation.
        pub org_id: i64,
        /// When, ms.
        pub at: i64,
        /// [`domain::credit::Grade`] number before.
        pub grade_was: Option<i16>,
        /// … and then.
        pub grade_is: i16,
        /// Points, thousandths.
        pub score: i64,
        /// Version of the rules.
        pub version: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was entered by hand.
pub mod entry {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_entry`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_entry")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Organisation.
        pub org_id: i64,
        /// Item: the id of its rule row.
        pub item: String,
        /// Local day.
        pub day: i32,
        /// 文号
        pub document: String,
        /// What it was.
        pub note: String,
        /// [`domain::credit::EntryState`] code.
        pub state: String,
        /// Local day on which it was put right.
        pub closed: Option<i32>,
        /// When it was entered, ms.
        pub entered_at: i64,
        /// By whom.
        pub account_id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Appeals against points.
pub mod appeals {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_appeal`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_appeal")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Organisation.
        pub org_id: i64,
        /// [`domain::credit::Origin`] number of the point …
        pub source: i16,
        /// … its number there …
        pub source_no: i64,
        /// … and its item.
        pub item: String,
        /// [`domain::credit::State`] code.
        pub state: String,
        /// Why.
        pub grounds: String,
        /// By what proof.
        pub evidence: String,
        /// When it was filed, ms.
        pub filed_at: i64,
        /// Local day until which it is to be decided.
        pub due: i32,
        /// Share of the point that still counts, percent.
        pub share: i16,
        /// Whether it was reviewed, or is.
        pub reviewed: bool,
        /// Who decided last.
        pub decider_id: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Steps of appeals.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `credit_appeal_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credit_appeal_step")]
    pub struct Model {
        /// Of which appeal.
        #[sea_orm(primary_key, auto_increment = false)]
        pub appeal_id: i64,
        /// Running number within it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i32,
        /// When, ms.
        pub at: i64,
        /// By whom.
        pub account_id: i64,
        /// [`domain::credit::Act`] code.
        pub act: String,
        /// Why.
        pub note: String,
        /// Evidence that was added.
        pub evidence: String,
        /// What a decision changed, JSON; empty where nothing.
        pub effect: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes, in the transaction that does it, that something outside the ledger changed: it is looked at with the next run. The number comes
/// from a row that stays locked until the commit, so that a run never takes a note away whose change it did not see.
///
/// # Errors
/// When the database fails.
pub async fn touch<C: ConnectionTrait>(txn: &C, origin: Origin, no: i64) -> Result<(), Error> {
    let id = sequence::next(txn, "credit_touched").await?;
    let row = touched::ActiveModel { id: Set(id), source: Set(origin.number()), source_no: Set(no) };
    touched::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}
