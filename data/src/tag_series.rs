//! Series of tags that were made for an enterprise (标签发卡): enterprise, medium, first and last serial.

use crate::{
    Db, Error, WriteTxn, cylinder,
    cylinder::tag,
    cylinder_list, names, org,
    page::{self, AskError},
    reference, scope, sequence,
};
use domain::{
    list::{ListPage, ListQuery, PageAt, SIZES, Total},
    scope::{Scope, Viewer},
    tag::{Issue, SeriesRow},
};
use sea_orm::{
    Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{ExprTrait, Func, Query, SimpleExpr},
};
use std::collections::HashMap;

/// A row of `tag_series`. A code of a tag is 3 digits of the enterprise, 2 of the medium, 6 of the serial (S1 5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_series")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The organisation whose list it is.
    pub org_id: i64,
    /// Enterprise code, three digits.
    pub enterprise: String,
    /// Medium code, two digits.
    pub medium_code: String,
    /// Our medium code by the word of the list, empty where it is unknown.
    pub medium: String,
    /// The word as written.
    pub medium_name: String,
    /// First serial.
    pub first_serial: i32,
    /// Last serial, where the quantity is known.
    pub last_serial: Option<i32>,
    /// Pieces.
    pub quantity: Option<i32>,
    /// 备注
    pub remark: String,
    /// Doubts, one a line.
    pub doubts: String,
    /// The import that brought it.
    pub run_id: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a serial lies in the series. One whose length is unknown holds its first serial only.
    #[must_use]
    pub fn holds(&self, serial: i32) -> bool {
        (self.first_serial..=self.last_serial.unwrap_or(self.first_serial)).contains(&serial)
    }

    /// Whether two series of one enterprise and medium code share a serial.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        (&self.enterprise, &self.medium_code) == (&other.enterprise, &other.medium_code)
            && (self.holds(other.first_serial) || other.holds(self.first_serial))
    }
}

/// Enters series; their ids are given here.
///
/// # Errors
/// When the database fails, or a series begins at the same code.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = sequence::take(db, "tag_series", rows.len()).await?;
    let mut rows = rows.into_iter().zip(first..).map(|(m, id)| Model { id, ..m }).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(2_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// All series: what an import of tags and of cylinders is checked against, whoever entered them.
///
/// # Errors
/// When the database fails.
pub async fn all<C: ConnectionTrait>(db: &C) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

/// Series within the viewer's scope, by id, after `after`; at most `limit` and [`scope::PAGE_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn page(db: &Db, viewer: Viewer, after: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(scope::within(viewer, Column::OrgId))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(Ord::min(limit, scope::PAGE_MAX))
        .all(db.read())
        .await?)
}

/// What an issue chooses from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Organisations that fill, within the viewer's scope: id and name.
    pub orgs: Vec<(i64, String)>,
    /// Medium codes in force: two digits, Chinese, English.
    pub media: Vec<(String, String, String)>,
}

/// Organisations within the viewer's scope and the medium codes of the city (features.md F).
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &Db, viewer: Viewer) -> Result<Choices, Error> {
    let read = db.read();
    let orgs = org::Entity::find()
        .filter(scope::within(viewer, org::Column::Id))
        .filter(org::Column::Kind.eq("filler"))
        .order_by_asc(org::Column::Name)
        .all(read)
        .await?;
    let names: HashMap<String, (String, String)> =
        reference::all_media(read).await?.into_iter().map(|m| (m.code, (m.zh, m.en))).collect();
    let codes = codes(read).await?;
    let media = codes.into_iter().map(|m| {
        let (zh, en) = names.get(&m.medium).cloned().unwrap_or((m.medium.clone(), m.medium));
        let line = |name: String| format!("{} {name}", m.code);
        (m.code.clone(), line(zh), line(en))
    });
    Ok(Choices { orgs: orgs.into_iter().map(|o| (o.id, o.name)).collect(), media: media.collect() })
}

/// The medium codes of the city, by their digits.
async fn codes<C: ConnectionTrait>(db: &C) -> Result<Vec<reference::medium_code::Model>, DbErr> {
    use reference::medium_code::{Column as M, Entity as Codes};
    let city = reference::CITY.to_string();
    Codes::find().filter(M::Jurisdiction.eq(city)).filter(M::ValidTo.is_null()).order_by_asc(M::Code).all(db).await
}

/// Issues a series in `txn`; or tells the field that the record knows nothing of within the viewer's scope, or that is another's:
/// a series shares no serial with another, holds no tag that leads to another's cylinder, and no enterprise code belongs to two
/// organisations. An organisation's first series under a code is issued by whoever sees the city: which code is whose does not
/// follow from the series on record, since not all of them are. The caller commits.
///
/// # Errors
/// When the database fails.
pub async fn issue(txn: &WriteTxn, viewer: Viewer, i: &Issue) -> Result<Result<(), &'static str>, Error> {
    // Nobody else gets a number until the commit, so that two issues do not overlap.
    let id = sequence::take(txn, "tag_series", 1).await?;
    let owner = org::Entity::find_by_id(i.org).filter(scope::within(viewer, org::Column::Id)).one(txn).await?;
    if owner.is_none_or(|o| o.kind != "filler") {
        return Ok(Err("org"));
    }
    let Some(medium) = codes(txn).await?.into_iter().find(|m| m.code == i.medium) else { return Ok(Err("medium")) };
    let series = Entity::find().filter(Column::Enterprise.eq(i.enterprise.as_str())).all(txn).await?;
    if series.iter().any(|s| s.org_id != i.org) || (series.is_empty() && viewer.scope != Scope::City) {
        return Ok(Err("enterprise"));
    }
    let name = reference::all_media(txn).await?.into_iter().find(|m| m.code == medium.medium);
    let new = Model {
        id,
        org_id: i.org,
        enterprise: i.enterprise.clone(),
        medium_code: i.medium.clone(),
        medium: medium.medium,
        medium_name: name.map(|m| m.zh).unwrap_or_default(),
        first_serial: i.first,
        last_serial: Some(i.last),
        quantity: Some(i.quantity()),
        remark: i.remark.clone(),
        doubts: String::new(),
        run_id: 0,
    };
    if series.iter().any(|s| s.overlaps(&new)) || new.is_borne_elsewhere(txn).await? {
        return Ok(Err("first"));
    }
    Entity::insert(new.into_active_model().reset_all()).exec_without_returning(txn).await?;
    Ok(Ok(()))
}

/// A page of the series within the viewer's scope, the latest first, with what became of their tags.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery) -> Result<ListPage<SeriesRow>, AskError> {
    if !query.filters.keys().all(|name| name == "q") {
        return Err(AskError::Field("filter"));
    }
    if !matches!(query.sort.as_str(), "" | "first") || query.descending {
        return Err(AskError::Field("sort"));
    }
    let size = usize::from(if SIZES.contains(&query.size) { query.size } else { SIZES[0] });
    let read = db.begin_read().await?;
    let mut base = Entity::find().filter(scope::within(viewer, Column::OrgId));
    let asked = page::text("q", query.filter("q"))?;
    if !asked.is_empty() {
        let digits = asked.len() <= 11 && asked.bytes().all(|b| b.is_ascii_digit());
        let enterprise = asked.get(..Ord::min(3, asked.len())).filter(|_| digits).ok_or(AskError::Field("q"))?;
        base = base.filter(Column::Enterprise.starts_with(enterprise));
        if let Some(medium) = asked.get(3..5) {
            base = base.filter(Column::MediumCode.eq(medium));
        }
    }
    let id = |c: &str| c.parse::<i64>().map_err(|_| AskError::Field("cursor"));
    let back = matches!(query.from, PageAt::Before(_));
    let rows = match &query.from {
        PageAt::Start => base.clone(),
        PageAt::After(c) => base.clone().filter(Column::Id.lt(id(c)?)),
        PageAt::Before(c) => base.clone().filter(Column::Id.gt(id(c)?)),
    };
    let rows = if back { rows.order_by_asc(Column::Id) } else { rows.order_by_desc(Column::Id) };
    let mut rows = rows.limit(size as u64 + 1).all(&read).await?;
    let further = rows.len() > size;
    rows.truncate(size);
    if back {
        rows.reverse();
    }
    let at = |m: Option<&Model>| m.map(|m| m.id.to_string());
    let (is_before, is_after) = if back { (further, true) } else { (query.from != PageAt::Start, further) };
    let (before, after) = (at(rows.first()).filter(|_| is_before), at(rows.last()).filter(|_| is_after));
    let total: Total = page::total(&read, &base.into_query()).await?;
    let ids: Vec<i64> = rows.iter().map(|m| m.org_id).collect();
    let orgs = names::orgs(&read, ids).await?;
    let mut out = Vec::with_capacity(rows.len());
    for m in rows {
        let counted = m.counted(&read, viewer).await?;
        out.push(m.row(orgs.get(&m.org_id).cloned().unwrap_or_default(), counted));
    }
    Ok(ListPage { rows: out, total, before, after })
}

/// That a tag leads to a cylinder for which this holds.
fn borne(which: Condition) -> SimpleExpr {
    let mut of = Query::select();
    of.expr(Expr::value(1_i32))
        .from(cylinder::Entity)
        .and_where(Expr::col((cylinder::Entity, cylinder::Column::Id)).equals((tag::Entity, tag::Column::CylinderId)))
        .cond_where(which);
    Expr::exists(of)
}

impl Model {
    fn code(&self, serial: i32) -> String {
        format!("{}{}{serial:06}", self.enterprise, self.medium_code)
    }

    /// Tags whose codes lie in it. A cylinder's tags are codes of any form: only those of eleven digits count.
    fn held(&self) -> Select<tag::Entity> {
        let last = self.code(self.last_serial.unwrap_or(self.first_serial));
        tag::Entity::find()
            .filter(tag::Column::Code.gte(self.code(self.first_serial)))
            .filter(tag::Column::Code.lte(last))
            .filter(Expr::expr(Func::char_length(tag::Column::Code.into_expr())).eq(11))
    }

    /// Whether a tag of it leads to a cylinder of another organisation.
    async fn is_borne_elsewhere<C: ConnectionTrait>(&self, db: &C) -> Result<bool, DbErr> {
        let others = borne(Condition::all().add(cylinder::Column::OrgId.ne(self.org_id)));
        Ok(self.held().filter(others).limit(1).one(db).await?.is_some())
    }

    /// Tags of it that are bound, and that are void: those of cylinders within the viewer's scope, and those that nobody bears.
    async fn counted<C: ConnectionTrait>(&self, db: &C, viewer: Viewer) -> Result<(i64, i64), DbErr> {
        let seen = Condition::any().add(tag::Column::CylinderId.is_null()).add(borne(cylinder_list::within(viewer)));
        let rows: Vec<(i16, i64)> = self
            .held()
            .select_only()
            .column(tag::Column::State)
            .column_as(tag::Column::Code.count(), "n")
            .filter(seen)
            .group_by(tag::Column::State)
            .into_tuple()
            .all(db)
            .await?;
        let of = |state| rows.iter().find(|r| r.0 == state).map_or(0, |r| r.1);
        Ok((of(tag::BOUND), of(tag::VOID) + of(tag::GONE)))
    }

    fn row(&self, org: String, (bound, void): (i64, i64)) -> SeriesRow {
        SeriesRow {
            id: self.id,
            first: self.code(self.first_serial),
            last: self.last_serial.map(|n| self.code(n)).unwrap_or_default(),
            org,
            medium: self.medium_name.clone(),
            quantity: self.quantity,
            bound,
            void,
            remark: self.remark.clone(),
            doubts: self.doubts.clone(),
        }
    }
}
