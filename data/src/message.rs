//! Messages, their recipients, and their sendings: one row a recipient, and one a recipient, channel and round.

use crate::{Error, account, sequence};
use domain::{
    message::{Audience, Channel, Composed, Delivery, Kind, State, Template, Why},
    permission::{Permission, Permissions},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, DbBackend, IntoActiveModel, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};

/// A row of `message`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// Number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// What a message of the system's own is about.
    pub key: Option<String>,
    /// [`Kind`] code.
    pub kind: String,
    /// Title, with its fields as written.
    pub title: String,
    /// Text, likewise.
    pub body: String,
    /// [`Channel`] codes of the latest round, separated by commas.
    pub channels: String,
    /// [`Audience`], JSON.
    pub audience: String,
    /// Whether it goes out in quiet hours.
    pub urgent: bool,
    /// Of whose part of the city.
    pub scope: String,
    /// Who wrote it; 0 for the system.
    pub account_id: i64,
    /// [`State`] code.
    pub state: String,
    /// When it goes out, ms.
    pub send_at: i64,
    /// When it was written, ms.
    pub made_at: i64,
    /// Up to which account its recipients were entered.
    pub reached: i64,
    /// Which time it is sent.
    pub round: i32,
    /// When it was out, recalled or stopped, ms.
    pub ended_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who got a message.
pub mod recipient {
    use sea_orm::entity::prelude::*;

    /// A row of `message_recipient`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "message_recipient")]
    pub struct Model {
        /// Message.
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: i64,
        /// Account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: i64,
        /// [`domain::message::Fields`] as they were when it went out, JSON.
        pub fields: String,
        /// When it was put into the inbox, ms; anew when it is sent again.
        pub put_at: i64,
        /// When it first stood on a page of his, or a channel said that it arrived, ms.
        pub delivered_at: Option<i64>,
        /// When he opened it, ms.
        pub read_at: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Sendings.
pub mod delivery {
    use sea_orm::entity::prelude::*;

    /// A row of `message_delivery`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "message_delivery")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Message.
        pub message_id: i64,
        /// Account.
        pub account_id: i64,
        /// [`domain::message::Channel`] code.
        pub channel: String,
        /// Which time.
        pub round: i32,
        /// [`domain::message::Delivery`] code.
        pub state: String,
        /// Tries so far.
        pub tries: i32,
        /// When the next try is due, ms; of one under way, when it is taken for broken off.
        pub next_at: i64,
        /// Who is at it; empty for nobody.
        pub lease: String,
        /// When it ended, ms.
        pub ended_at: Option<i64>,
        /// [`domain::message::Why`] the last try came to nothing; empty where none did.
        pub why: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Templates.
pub mod template {
    use sea_orm::entity::prelude::*;

    /// A row of `message_template`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "message_template")]
    pub struct Model {
        /// Number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Whose part of the city it belongs to.
        pub scope: String,
        /// Name, unique there.
        pub name: String,
        /// Title.
        pub title: String,
        /// Text.
        pub body: String,
        /// Who changed it last.
        pub account_id: i64,
        /// When, ms.
        pub changed_at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Times that one message is sent at most: by hand, to who has not read it.
pub const ROUNDS_MAX: i32 = 5;
/// How long the same words of the same account are taken for a form that was sent twice, ms.
const TWICE_WITHIN: i64 = domain::clock::MINUTE_MS;

impl Model {
    /// How far it is.
    ///
    /// # Errors
    /// When what is stored is no state.
    pub fn state(&self) -> Result<State, Error> {
        State::from_code(&self.state).ok_or_else(|| self.bad("state"))
    }

    /// Where it comes from.
    ///
    /// # Errors
    /// When what is stored is no kind.
    pub fn kind(&self) -> Result<Kind, Error> {
        Kind::from_code(&self.kind).ok_or_else(|| self.bad("kind"))
    }

    /// To whom it goes.
    ///
    /// # Errors
    /// When what is stored is no audience.
    pub fn audience(&self) -> Result<Audience, Error> {
        serde_json::from_str(&self.audience).map_err(|_| self.bad("audience"))
    }

    /// Channels of the latest round.
    ///
    /// # Errors
    /// When what is stored names another.
    pub fn channels(&self) -> Result<Vec<Channel>, Error> {
        let read = |c: &str| Channel::from_code(c).ok_or_else(|| self.bad("channels"));
        self.channels.split(',').filter(|c| !c.is_empty()).map(read).collect()
    }

    /// Of whose part of the city.
    ///
    /// # Errors
    /// When what is stored is no scope.
    pub fn scope(&self) -> Result<Scope, Error> {
        self.scope.parse().map_err(Error::Stored)
    }

    fn bad(&self, what: &str) -> Error {
        Error::Stored(format!("message {}: {what}", self.id))
    }
}

/// Messages that the viewer may see in the outbox, take back and send again: what people wrote, of the whole city all, otherwise those of his own
/// part of it. What the system says stays with its recipients and with what it is about: it speaks of what a sender may have no right to see.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    Condition::all().add(Column::Kind.eq(Kind::Notice.code())).add_option(match viewer.scope {
        Scope::City => None,
        own => Some(Column::Scope.eq(own.to_string())),
    })
}

fn codes(channels: &[Channel]) -> String {
    channels.iter().map(|c| c.code()).collect::<Vec<_>>().join(",")
}

/// What came of a message that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It bears this number.
    New(i64),
    /// The same was written before, under this number: nothing was written.
    Twice(i64),
}

/// Writes a message; it goes out when its time has come.
///
/// # Errors
/// When the database fails.
pub async fn compose<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    c: &Composed,
    (account, now): (i64, i64),
) -> Result<Written, Error> {
    // Nobody else gets a number until the commit, so that of two at once one sees the other.
    let id = sequence::next(txn, "message").await?;
    let row = row(id, Kind::Notice, viewer.scope, c, (account, now))?;
    let lately = Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::MadeAt.gt(now.saturating_sub(TWICE_WITHIN)))
        .filter(Column::Title.eq(row.title.as_str()))
        .filter(Column::State.is_in([State::Waiting, State::Spreading, State::Out].map(State::code)))
        .all(txn)
        .await?;
    // One that goes out at once goes out when it is written: of these the instants say nothing. What was sent again was not scheduled by that.
    let scheduled = |m: &Model| m.round == 1 && m.send_at > m.made_at;
    let same = |m: &Model| {
        (&m.body, &m.audience, &m.channels, m.urgent) == (&row.body, &row.audience, &row.channels, row.urgent)
            && (m.send_at == row.send_at || !(scheduled(m) || scheduled(&row)))
    };
    if let Some(before) = lately.into_iter().find(same) {
        return Ok(Written::Twice(before.id));
    }
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(Written::New(id))
}

/// Writes a message of the system's own, once: the key says what it is about.
///
/// # Errors
/// When the database fails.
pub async fn announce<C: ConnectionTrait>(
    txn: &C,
    (kind, key): (Kind, &str),
    scope: Scope,
    c: &Composed,
    now: i64,
) -> Result<Written, Error> {
    let id = sequence::next(txn, "message").await?;
    if let Some(m) = Entity::find().filter(Column::Key.eq(key)).one(txn).await? {
        return Ok(Written::Twice(m.id));
    }
    let row = Model { key: Some(key.to_owned()), ..row(id, kind, scope, c, (0, now))? };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(Written::New(id))
}

fn row(id: i64, kind: Kind, scope: Scope, c: &Composed, (account, now): (i64, i64)) -> Result<Model, Error> {
    Ok(Model {
        id,
        key: None,
        kind: kind.code().into(),
        title: c.title.clone(),
        body: c.body.clone(),
        channels: codes(&c.channels),
        audience: serde_json::to_string(&c.audience).map_err(|e| Error::Stored(e.to_string()))?,
        urgent: c.urgent,
        scope: scope.to_string(),
        account_id: account,
        state: State::Waiting.code().into(),
        send_at: c.send_at,
        made_at: now,
        reached: 0,
        round: 1,
        ended_at: None,
    })
}

/// A message, locked until the transaction ends.
async fn locked<C: ConnectionTrait>(txn: &C, which: Condition) -> Result<Option<Model>, Error> {
    let found = Entity::find().filter(which);
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    Ok(if postgres { found.lock_exclusive().one(txn).await? } else { found.one(txn).await? })
}

pub(crate) async fn lock<C: ConnectionTrait>(txn: &C, id: i64) -> Result<Option<Model>, Error> {
    locked(txn, Condition::all().add(Column::Id.eq(id))).await
}

/// What came of a step with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was taken.
    Taken,
    /// There is none of this number within the viewer's part of the city.
    Unknown,
    /// It cannot be done as it stands.
    NotNow,
}

/// Takes a message back: what is not sent yet never is, and inboxes show that it was taken back instead of what it said. What a gateway or
/// a mail server has cannot be had back.
///
/// # Errors
/// When the database fails.
pub async fn recall<C: ConnectionTrait>(txn: &C, viewer: Viewer, id: i64, now: i64) -> Result<Done, Error> {
    let Some(m) = locked(txn, within(viewer).add(Column::Id.eq(id))).await? else { return Ok(Done::Unknown) };
    if !m.state()?.may_be_recalled() {
        return Ok(Done::NotNow);
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Recalled.code()))
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(txn)
        .await?;
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(Delivery::Recalled.code()))
        .col_expr(delivery::Column::EndedAt, Expr::value(now))
        .filter(delivery::Column::MessageId.eq(id))
        .filter(delivery::Column::State.eq(Delivery::Queued.code()))
        .exec(txn)
        .await?;
    Ok(Done::Taken)
}

/// Sends a message once more to everybody who has not read it.
///
/// # Errors
/// When the database fails.
pub async fn resend<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    id: i64,
    channels: &[Channel],
    now: i64,
) -> Result<Done, Error> {
    let Some(m) = locked(txn, within(viewer).add(Column::Id.eq(id))).await? else { return Ok(Done::Unknown) };
    if m.state()? != State::Out || m.round >= ROUNDS_MAX {
        return Ok(Done::NotNow);
    }
    // While the last round is on its way nobody can be said not to have got it; what waits for a channel that is away for days is on no way.
    use delivery::Column as D;
    let away: Vec<&str> = Why::ALL.iter().filter(|w| w.is_away()).map(|w| w.code()).collect();
    let held = Condition::all().add(D::State.eq(Delivery::Queued.code())).add(D::Why.is_in(away));
    let open = [Delivery::Queued, Delivery::Sending].map(Delivery::code);
    let waits = delivery::Entity::find()
        .filter(D::MessageId.eq(id))
        .filter(D::State.is_in(open))
        .filter(held.clone().not())
        .limit(1)
        .one(txn)
        .await?;
    let unread = recipient::Entity::find()
        .filter(recipient::Column::MessageId.eq(id))
        .filter(recipient::Column::ReadAt.is_null())
        .limit(1)
        .one(txn)
        .await?;
    if waits.is_some() || unread.is_none() {
        return Ok(Done::NotNow);
    }
    // It goes with the new round, or not at all: when the channel is back, nobody gets it twice.
    delivery::Entity::update_many()
        .col_expr(D::State, Expr::value(Delivery::Failed.code()))
        .col_expr(D::EndedAt, Expr::value(now))
        .filter(D::MessageId.eq(id))
        .filter(held)
        .exec(txn)
        .await?;
    let mut channels = channels.to_vec();
    channels.push(Channel::Inbox);
    channels.sort_unstable();
    channels.dedup();
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Spreading.code()))
        .col_expr(Column::Round, Expr::value(m.round.saturating_add(1)))
        .col_expr(Column::Channels, Expr::value(codes(&channels)))
        .col_expr(Column::Reached, Expr::value(0_i64))
        .col_expr(Column::SendAt, Expr::value(now))
        .col_expr(Column::EndedAt, Expr::value(None::<i64>))
        .filter(Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(Done::Taken)
}

/// Notes that an account opened a message. True the first time.
///
/// # Errors
/// When the database fails.
pub async fn read<C: ConnectionTrait>(db: &C, account: i64, id: i64, now: i64) -> Result<bool, Error> {
    use recipient::Column as R;
    let delivered = Expr::col(R::DeliveredAt).if_null(now);
    let done = recipient::Entity::update_many()
        .col_expr(R::ReadAt, Expr::value(now))
        .col_expr(R::DeliveredAt, delivered)
        .filter(R::MessageId.eq(id))
        .filter(R::AccountId.eq(account))
        .filter(R::ReadAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Notes that an account has read all that came up to an instant, and tells how many it had not.
///
/// # Errors
/// When the database fails.
pub async fn read_all<C: ConnectionTrait>(db: &C, account: i64, upto: i64, now: i64) -> Result<u64, Error> {
    use recipient::Column as R;
    let delivered = Expr::col(R::DeliveredAt).if_null(now);
    let done = recipient::Entity::update_many()
        .col_expr(R::ReadAt, Expr::value(now))
        .col_expr(R::DeliveredAt, delivered)
        .filter(R::AccountId.eq(account))
        .filter(R::PutAt.lte(upto))
        .filter(R::ReadAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// Notes that messages stood on a page of an account's.
///
/// # Errors
/// When the database fails.
pub async fn arrived<C: ConnectionTrait>(db: &C, account: i64, ids: &[i64], now: i64) -> Result<(), Error> {
    use recipient::Column as R;
    if ids.is_empty() {
        return Ok(());
    }
    recipient::Entity::update_many()
        .col_expr(R::DeliveredAt, Expr::value(now))
        .filter(R::AccountId.eq(account))
        .filter(R::MessageId.is_in(ids.iter().copied()))
        .filter(R::DeliveredAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// How many messages an account has not read.
///
/// # Errors
/// When the database fails.
pub async fn unread<C: ConnectionTrait>(db: &C, account: i64) -> Result<i64, Error> {
    let q = sea_orm::sea_query::Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from(recipient::Entity)
        .inner_join(Entity, Expr::col((Entity, Column::Id)).equals((recipient::Entity, recipient::Column::MessageId)))
        .and_where(Expr::col((recipient::Entity, recipient::Column::AccountId)).eq(account))
        .and_where(Expr::col((recipient::Entity, recipient::Column::ReadAt)).is_null())
        .and_where(Expr::col((Entity, Column::State)).ne(State::Recalled.code()))
        .to_owned();
    Ok(db.query_one(&q).await?.map(|r| r.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// Whether whoever wrote a message may still send it: the account is there, sees what it saw then, and has the permission. The system may.
pub(crate) async fn may_go<C: ConnectionTrait>(db: &C, m: &Model) -> Result<bool, Error> {
    if m.kind()? != Kind::Notice {
        return Ok(true);
    }
    let Some(a) = account::by_id(db, m.account_id).await?.filter(|a| a.disabled_at.is_none()) else { return Ok(false) };
    let scope = a.scope()?;
    let may = Permissions::of(&account::roles(db, a.id).await?).within(scope);
    Ok(scope.to_string() == m.scope && may.has(Permission::MessageSend))
}

/// The templates of the viewer's own part of the city, by name.
///
/// # Errors
/// When the database fails.
pub async fn templates<C: ConnectionTrait>(db: &C, viewer: Viewer) -> Result<Vec<Template>, Error> {
    let own = template::Entity::find().filter(template::Column::Scope.eq(viewer.scope.to_string()));
    let rows = own.order_by_asc(template::Column::Name).all(db).await?;
    Ok(rows.into_iter().map(|m| Template { id: m.id, name: m.name, title: m.title, body: m.body }).collect())
}

/// What came of a template that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands under this number.
    Done(i64),
    /// There is none of this number within the viewer's part of the city.
    Unknown,
    /// Another bears the name.
    Taken,
}

/// Keeps a template: a new one where its number is 0.
///
/// # Errors
/// When the database fails.
pub async fn keep_template<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    t: &Template,
    (account, now): (i64, i64),
) -> Result<Kept, Error> {
    use template::Column as T;
    let scope = viewer.scope.to_string();
    let fresh = sequence::next(txn, "message_template").await?;
    let of_name = template::Entity::find().filter(T::Scope.eq(scope.as_str())).filter(T::Name.eq(t.name.as_str()));
    if of_name.one(txn).await?.is_some_and(|m| m.id != t.id) {
        return Ok(Kept::Taken);
    }
    let row = template::ActiveModel {
        id: Set(if t.id == 0 { fresh } else { t.id }),
        scope: Set(scope.clone()),
        name: Set(t.name.clone()),
        title: Set(t.title.clone()),
        body: Set(t.body.clone()),
        account_id: Set(account),
        changed_at: Set(now),
    };
    if t.id == 0 {
        template::Entity::insert(row).exec_without_returning(txn).await?;
        return Ok(Kept::Done(fresh));
    }
    let done =
        template::Entity::update_many().set(row).filter(T::Id.eq(t.id)).filter(T::Scope.eq(scope)).exec(txn).await?;
    Ok(if done.rows_affected > 0 { Kept::Done(t.id) } else { Kept::Unknown })
}

/// Takes a template away. False where there is none of this number.
///
/// # Errors
/// When the database fails.
pub async fn forget_template<C: ConnectionTrait>(txn: &C, viewer: Viewer, id: i64) -> Result<bool, Error> {
    use template::Column as T;
    let own = template::Entity::delete_many().filter(T::Id.eq(id)).filter(T::Scope.eq(viewer.scope.to_string()));
    Ok(own.exec(txn).await?.rows_affected > 0)
}
