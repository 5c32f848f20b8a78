//! Alerts.

use domain::{
    outcome::{AlertKind, Severity},
    wall::{AlertLine, OPEN_LEN},
};
use sea_orm::{
    Condition, QueryOrder, QuerySelect, Select,
    entity::prelude::*,
    sea_query::{ExprTrait, Query},
};

/// State of an alert nobody has closed.
pub const OPEN: &str = "open";
/// State of one that somebody closed.
pub const CLOSED: &str = "closed";

/// A row of `alert`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    /// Ledger number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub no: i64,
    /// Device whose record caused it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub device_id: i64,
    /// [`domain::outcome::AlertKind`] code.
    pub kind: String,
    /// Where.
    pub site_id: i64,
    /// Tag concerned, or empty.
    pub tag: String,
    /// Cylinder concerned.
    pub cylinder_id: Option<i64>,
    /// Ledger number of the event or attempt that caused it.
    pub cause_no: Option<i64>,
    /// A second event that belongs to it: the other read of a clone.
    pub other_no: Option<i64>,
    /// When it was raised, ms.
    pub at: i64,
    /// Detail, JSON.
    pub detail: String,
    /// `open` or `closed`.
    pub state: String,
    /// When it was closed, ms.
    pub closed_at: Option<i64>,
    /// The account it was given to.
    pub assigned_to: Option<i64>,
    /// How often it was taken to those above.
    pub level: i16,
}

/// No relations (design §4).
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who took note of which alert.
pub mod ack {
    use sea_orm::entity::prelude::*;

    /// A row of `alert_ack`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alert_ack")]
    pub struct Model {
        /// Ledger number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i64,
        /// Device of the alert.
        #[sea_orm(primary_key, auto_increment = false)]
        pub device_id: i64,
        /// Ledger number of the alert.
        pub alert_no: i64,
        /// Site of the alert.
        pub site_id: i64,
        /// The paired display where it was done; 0 where an account did it.
        pub display_id: i64,
        /// When, ms.
        pub at: i64,
        /// The account that did it.
        pub account_id: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The steps by which alerts were handled.
pub mod step {
    use sea_orm::entity::prelude::*;

    /// A row of `alert_step`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alert_step")]
    pub struct Model {
        /// Ledger number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i64,
        /// Device of the alert.
        #[sea_orm(primary_key, auto_increment = false)]
        pub device_id: i64,
        /// Ledger number of the alert.
        pub alert_no: i64,
        /// Site of the alert.
        pub site_id: i64,
        /// [`domain::ledger::Step`] number.
        pub step: i16,
        /// When, ms.
        pub at: i64,
        /// The account that took it.
        pub account_id: i64,
        /// The account it was given to.
        pub to_account: Option<i64>,
        /// [`domain::ledger::Finding`] number, of a closing.
        pub finding: Option<i16>,
        /// Why.
        pub reason: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The open alerts that a wall names, in the order of [`AlertLine::rank`]: from each kind the oldest nobody took note of,
/// and the latest that somebody did.
///
/// # Errors
/// When the database fails.
pub async fn open<C: ConnectionTrait>(db: &C, sites: Option<&[i64]>) -> Result<Vec<AlertLine>, DbErr> {
    let within = |q: Select<Entity>| match sites {
        None => q,
        Some(ids) => q.filter(Column::SiteId.is_in(ids.iter().copied())),
    };
    let mut out: Vec<AlertLine> = vec![];
    for severity in [Severity::Danger, Severity::Warning, Severity::Info] {
        for kind in AlertKind::ALL.iter().filter(|k| k.info().severity == severity) {
            let mut noted = Query::select();
            noted
                .expr(Expr::val(1))
                .from(ack::Entity)
                .and_where(Expr::col((ack::Entity, ack::Column::DeviceId)).equals((Entity, Column::DeviceId)))
                .and_where(Expr::col((ack::Entity, ack::Column::AlertNo)).equals((Entity, Column::No)));
            // One kind at a time: the index gives them in order, and no more are read than are shown.
            let q = Entity::find()
                .filter(Column::State.eq(OPEN))
                .filter(Column::Kind.eq(kind.code()))
                .filter(Condition::all().not().add(Expr::exists(noted)));
            let rows = within(q).order_by_asc(Column::No).limit(OPEN_LEN as u64).all(db).await?;
            out.extend(rows.iter().filter_map(|m| m.line(None)));
        }
        if out.len() >= OPEN_LEN {
            break;
        }
    }
    if out.len() < OPEN_LEN {
        let mut q = ack::Entity::find();
        if let Some(ids) = sites {
            q = q.filter(ack::Column::SiteId.is_in(ids.iter().copied()));
        }
        let noted = q.order_by_desc(ack::Column::No).limit(OPEN_LEN as u64).all(db).await?;
        let rows = Entity::find()
            .filter(Column::State.eq(OPEN))
            .filter(Column::No.is_in(noted.iter().map(|a| a.alert_no)))
            .all(db)
            .await?;
        for a in noted {
            out.extend(rows.iter().find(|m| m.no == a.alert_no).and_then(|m| m.line(Some(a.at))));
        }
    }
    // Stable: of two that were noted in the same millisecond the later stays first.
    out.sort_by_key(AlertLine::rank);
    out.truncate(OPEN_LEN);
    Ok(out)
}

impl Model {
    /// As the feed tells it; `None` when its kind is none we know.
    #[must_use]
    pub fn line(&self, noted: Option<i64>) -> Option<AlertLine> {
        Some(AlertLine {
            no: self.no.unsigned_abs(),
            at: self.at,
            site: self.site_id,
            tag: self.tag.clone(),
            kind: AlertKind::from_code(&self.kind)?,
            noted,
        })
    }
}
