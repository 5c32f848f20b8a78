//! Rules as rows. Version 1 is what the product ships with; an edit makes a new version.

use crate::{
    audit::{self, Actor},
    rule_use, sequence,
};
use domain::{
    life::Family,
    rules::{MediumClass, RuleKind, RuleRow, RuleSet},
};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait, Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::{HashMap, HashSet};

/// Action of the audit log of a version that somebody published.
pub(crate) const PUBLISH: &str = "rule.publish";
/// Action of the audit log of a version that came with an installation or an upgrade.
pub const SHIP: &str = "rule.ship";

/// A row of `rule`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule")]
pub struct Model {
    /// Version of the set.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// Id within it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: String,
    /// [`RuleKind`] code.
    pub kind: String,
    /// [`Family`] code.
    pub family: Option<String>,
    /// Model prefix.
    pub model: Option<String>,
    /// [`MediumClass`] code.
    pub medium_class: Option<String>,
    /// Made on or after.
    pub made_from: Option<Date>,
    /// Made before.
    pub made_before: Option<Date>,
    /// Passed so many inspections or more.
    pub inspections_from: Option<i64>,
    /// Value in `unit`.
    pub value: i64,
    /// Unit.
    pub unit: String,
    /// Stands back where the report prints a date.
    pub yields_to_print: bool,
    /// Source.
    pub source: String,
    /// Clause.
    pub clause: String,
    /// In force from.
    pub effective_from: Option<Date>,
    /// In force before.
    pub effective_to: Option<Date>,
    /// False: 待确认.
    pub confirmed: bool,
    /// Whose.
    pub jurisdiction: String,
    /// Switched on.
    pub enabled: bool,
    /// Place in the list.
    pub position: i32,
    /// [`domain::credit::Terms`], JSON; none for what is no item of the credit.
    pub credit: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Writes the shipped rules: as version 1 where there are none, else those that the newest version does not know as a new
/// version on top of it. What a regulator edited stays as edited, and no version that decided anything ever changes.
///
/// # Errors
/// When the database fails, or the newest version cannot be read.
pub async fn seed<C: ConnectionTrait>(db: &C) -> Result<(), crate::Error> {
    let shipped = RuleSet::seed();
    let Some(newest) = newest(db).await? else { return Ok(insert(db, &shipped).await?) };
    let mut set = version(db, newest).await?;
    let known: HashSet<String> = set.rows.iter().map(|r| r.rule_id.clone()).collect();
    let new: Vec<RuleRow> = shipped.rows.into_iter().filter(|r| !known.contains(&r.rule_id)).collect();
    if new.is_empty() {
        return Ok(());
    }
    set.rows.extend(new);
    set.version = newest + 1;
    Ok(insert(db, &set).await?)
}

/// Writes a version.
pub(crate) async fn insert<C: ConnectionTrait>(db: &C, set: &RuleSet) -> Result<(), DbErr> {
    Entity::insert_many(set.rows.iter().enumerate().map(|(i, r)| ActiveModel {
        version: Set(set.version),
        rule_id: Set(r.rule_id.clone()),
        kind: Set(r.kind.code().into()),
        family: Set(r.family.map(|f| f.code().into())),
        model: Set(r.model.clone()),
        medium_class: Set(r.medium_class.map(|c| c.code().into())),
        made_from: Set(r.made_from),
        made_before: Set(r.made_before),
        inspections_from: Set(r.inspections_from),
        value: Set(r.value),
        unit: Set(r.unit.clone()),
        yields_to_print: Set(r.yields_to_print),
        source: Set(r.source.clone()),
        clause: Set(r.clause.clone()),
        effective_from: Set(r.effective_from),
        effective_to: Set(r.effective_to),
        confirmed: Set(r.confirmed),
        jurisdiction: Set(r.jurisdiction.clone()),
        enabled: Set(r.enabled),
        position: Set(i32::try_from(i).unwrap_or(i32::MAX)),
        credit: Set(r.credit.and_then(|c| serde_json::to_string(&c).ok())),
    }))
    .on_conflict(OnConflict::columns([Column::Version, Column::RuleId]).do_nothing().to_owned())
    .exec_without_returning(db)
    .await
    .map(|_| ())
}

/// Writes a row of the audit log for each version of the rules that has none, and tells which: what a person publishes has its row from that
/// transaction, what an installation or an upgrade brings cannot, because the chain is not the upgrade's to continue. Whoever begins to serve the
/// record calls it; a second time it finds nothing.
///
/// # Errors
/// When the database fails.
pub async fn log_shipped<C: ConnectionTrait>(txn: &C, now: i64) -> Result<Vec<i64>, crate::Error> {
    // Of two at once one sees the other's rows.
    sequence::lock(txn, audit::NUMBERS).await?;
    let told: Vec<String> = audit::Entity::find()
        .select_only()
        .column(audit::Column::Detail)
        .filter(audit::Column::Action.is_in([PUBLISH, SHIP]))
        .into_tuple()
        .all(txn)
        .await?;
    let version_of = |detail: &String| -> Option<i64> {
        serde_json::from_str::<serde_json::Value>(detail).ok()?.get("version")?.as_i64()
    };
    let told: HashSet<i64> = told.iter().filter_map(version_of).collect();
    let all = Entity::find().select_only().column(Column::Version).distinct().order_by_asc(Column::Version);
    let all: Vec<i64> = all.into_tuple().all(txn).await?;
    let mut out = vec![];
    for (n, version) in all.iter().copied().enumerate().filter(|(_, v)| !told.contains(v)) {
        let before = n.checked_sub(1).and_then(|n| all.get(n)).copied();
        let (rows, changed) = changed(txn, before, version).await?;
        let from = rule_use::Entity::find().filter(rule_use::Column::Version.eq(version));
        let from = from.order_by_asc(rule_use::Column::FromNo).one(txn).await?.map(|u| u.from_no);
        let detail = serde_json::json!({ "version": version, "from_no": from, "rows": rows, "rules": changed });
        let server = Actor { account: 0, session: 0, address: "server".into() };
        audit::append(txn, &server, now, SHIP, &format!("rules {version}"), &detail).await?;
        out.push(version);
    }
    Ok(out)
}

/// How many rows a version has, and which of them the one before it had not, or not so; none where it is the first.
async fn changed<C: ConnectionTrait>(db: &C, before: Option<i64>, version: i64) -> Result<(usize, Vec<String>), DbErr> {
    let now = bare(db, version).await?;
    let Some(before) = before else { return Ok((now.len(), vec![])) };
    let was: HashMap<String, Model> = bare(db, before).await?.into_iter().map(|m| (m.rule_id.clone(), m)).collect();
    let ids = now.iter().filter(|m| was.get(&m.rule_id) != Some(*m)).map(|m| m.rule_id.clone()).collect();
    Ok((now.len(), ids))
}

/// The rows of a version as they are stored, without what is another in each: what nobody can read must not keep a server from starting.
async fn bare<C: ConnectionTrait>(db: &C, version: i64) -> Result<Vec<Model>, DbErr> {
    let rows = Entity::find().filter(Column::Version.eq(version)).order_by_asc(Column::Position).all(db).await?;
    Ok(rows.into_iter().map(|m| Model { version: 0, position: 0, ..m }).collect())
}

/// The number of the newest version.
///
/// # Errors
/// When the database fails.
pub async fn newest<C: ConnectionTrait>(db: &C) -> Result<Option<i64>, DbErr> {
    Ok(Entity::find().select_only().column_as(Column::Version.max(), "v").into_tuple().one(db).await?.flatten())
}

/// The newest version of the rules. An enabled row that cannot be read is an error: a rule must not vanish in silence.
///
/// # Errors
/// When the database fails, there is no version, or a row cannot be read.
pub async fn current<C: ConnectionTrait>(db: &C) -> Result<RuleSet, crate::Error> {
    let newest = newest(db).await?;
    version(db, newest.ok_or_else(|| crate::Error::Stored("there are no rules: run `pingji migrate`".into()))?).await
}

/// Parameters of the newest version by their ids, in their order, for whoever needs a few and not the whole set; `None` as by [`RuleSet::param`].
///
/// # Errors
/// When the database fails.
pub async fn params<C: ConnectionTrait, const N: usize>(db: &C, ids: [&str; N]) -> Result<[Option<i64>; N], DbErr> {
    let newest = Entity::find().select_only().column_as(Column::Version.max(), "newest").into_query();
    let rows: Vec<(String, i64)> = Entity::find()
        .select_only()
        .columns([Column::RuleId, Column::Value])
        .filter(Column::Version.in_subquery(newest))
        .filter(Column::RuleId.is_in(ids))
        .filter(Column::Kind.eq(RuleKind::Param.code()))
        .filter(Column::Enabled.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.map(|id| rows.iter().find(|r| r.0 == id).map(|r| r.1)))
}

/// One version of the rules: what a past decision is replayed under. Empty where there is no such version.
///
/// # Errors
/// When the database fails, or a row cannot be read.
pub async fn version<C: ConnectionTrait>(db: &C, version: i64) -> Result<RuleSet, crate::Error> {
    let rows = Entity::find().filter(Column::Version.eq(version)).order_by_asc(Column::Position).all(db).await?;
    let rows = rows.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(RuleSet { version, rows })
}

fn row(m: Model) -> Result<RuleRow, crate::Error> {
    let (id, version) = (m.rule_id.clone(), m.version);
    let bad = |what: &str| crate::Error::Stored(format!("rule {id} of version {version}: {what}"));
    Ok(RuleRow {
        kind: RuleKind::from_code(&m.kind).ok_or_else(|| bad("kind"))?,
        family: m.family.as_deref().map(|f| Family::from_code(f).ok_or_else(|| bad("family"))).transpose()?,
        medium_class: m.medium_class.as_deref().map(MediumClass::from_code),
        rule_id: m.rule_id,
        model: m.model,
        made_from: m.made_from,
        made_before: m.made_before,
        inspections_from: m.inspections_from,
        value: m.value,
        unit: m.unit,
        yields_to_print: m.yields_to_print,
        source: m.source,
        clause: m.clause,
        effective_from: m.effective_from,
        effective_to: m.effective_to,
        confirmed: m.confirmed,
        jurisdiction: m.jurisdiction,
        enabled: m.enabled,
        credit: m.credit.map(|c| serde_json::from_str(&c)).transpose().map_err(|_| bad("credit"))?,
    })
}
