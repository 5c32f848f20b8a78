//! The archive of cylinders: every column of the file, and how each cylinder stands as of a day.

use super::{Answer, Ask, Cell, Page, Rows};
use crate::{Error, cylinder, org, reference, site};
use domain::{
    clock,
    headline::Headline,
    ledger::{Custody, FileState},
    life::Inspection,
    outcome::Text,
    rules::MediumClass,
    scope::Scope,
};
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

pub(super) const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// 气瓶档案
pub static ARCHIVE: Rows = Rows {
    name: "archive",
    title: t("气瓶档案", "Cylinder archive"),
    columns: &COLUMNS,
    check: |text| filter(text).map(|_| ()),
    count: |ask| Box::pin(count(ask)),
    fetch: |ask, after, limit| read(ask, after, limit, |ask, names, c, s| row(ask, names, c, s).map(Some)),
};

static COLUMNS: [Text; 29] = [
    t("编号", "Id"),
    t("电子标签号", "Tag"),
    t("气瓶钢印号", "Stamped number"),
    t("气瓶出厂号", "Serial number"),
    t("充装介质", "Medium"),
    t("气瓶型号", "Model"),
    t("生产厂家", "Maker"),
    t("出厂日期", "Made"),
    t("上次检测日期", "Last inspected"),
    t("下次检测日期(打印)", "Next inspection as printed"),
    t("有效期至", "Due"),
    t("已检次数", "Inspections"),
    t("报废日期(登记)", "Scrap date as recorded"),
    t("使用年限至", "Life ends"),
    t("安全评估", "Assessed"),
    t("阀类型", "Valve"),
    t("自重(kg)", "Tare (kg)"),
    t("容积(L)", "Volume (L)"),
    t("壁厚(mm)", "Wall (mm)"),
    t("最大充装量(kg)", "Maximum fill (kg)"),
    t("产权单位", "Owner"),
    t("所属站点", "Home station"),
    t("行政区划", "District"),
    t("档案状态", "File"),
    t("流转状态", "Custody"),
    t("检验状态", "Inspection"),
    t("综合状态", "Status"),
    t("最近流转时间", "Latest event"),
    t("存疑", "Doubts"),
];

/// Which cylinders are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Of this district, GB/T 2260.
    pub district: Option<i32>,
    /// Of this organisation.
    pub org: Option<i64>,
    /// Of this home station.
    pub site: Option<i64>,
    /// Of this medium.
    pub medium: Option<String>,
}

pub(super) fn filter(text: &str) -> Result<Filter, String> {
    if text.is_empty() {
        return Ok(Filter::default());
    }
    // A list would be read as an object of as many fields.
    if !text.trim_start().starts_with('{') {
        return Err("is no JSON object".into());
    }
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// The cylinders that are asked for, within what the viewer may see.
fn which(ask: Ask<'_>) -> Result<Condition, Error> {
    use cylinder::Column as C;
    let f = filter(ask.filter).map_err(|e| Error::Stored(format!("filter: {e}")))?;
    let of_district = |d: i32| {
        let sites = site::Entity::find().select_only().column(site::Column::Id).filter(site::Column::Division.eq(d));
        C::SiteId.in_subquery(sites.into_query())
    };
    let scope = match ask.viewer.scope {
        Scope::City => None,
        Scope::District(d) => Some(of_district(d)),
        Scope::Org(id) => Some(C::OrgId.eq(id)),
    };
    Ok(Condition::all()
        .add(C::Id.lte(ask.upto))
        .add_option(scope)
        .add_option(f.district.map(of_district))
        .add_option(f.org.map(|id| C::OrgId.eq(id)))
        .add_option(f.site.map(|id| C::SiteId.eq(id)))
        .add_option(f.medium.map(|m| C::Medium.eq(m))))
}

pub(super) async fn count(ask: Ask<'_>) -> Result<u64, Error> {
    Ok(cylinder::Entity::find().filter(which(ask)?).count(ask.db.read()).await?)
}

/// Names that every row needs, read once a page: there are as many as stations.
pub(super) struct Names {
    orgs: HashMap<i64, String>,
    sites: HashMap<i64, (String, i32)>,
    divisions: HashMap<i32, String>,
    pub(super) media: HashMap<String, (String, MediumClass)>,
}

impl Names {
    async fn load<C: ConnectionTrait>(db: &C, zh: bool) -> Result<Self, DbErr> {
        let sites: HashMap<i64, (String, i32)> =
            site::Entity::find().all(db).await?.into_iter().map(|s| (s.id, (s.name, s.division))).collect();
        // The table names every county of the country.
        let codes: BTreeSet<i32> = sites.values().map(|s| s.1).collect();
        let divisions = reference::division::Entity::find().filter(reference::division::Column::Code.is_in(codes));
        Ok(Self {
            orgs: org::Entity::find().all(db).await?.into_iter().map(|o| (o.id, o.name)).collect(),
            sites,
            divisions: divisions.all(db).await?.into_iter().map(|d| (d.code, d.name)).collect(),
            media: reference::medium::Entity::find()
                .all(db)
                .await?
                .into_iter()
                .map(|m| (m.code, (if zh { m.zh } else { m.en }, MediumClass::from_code(&m.class))))
                .collect(),
        })
    }
}

/// What a cylinder becomes; nothing, where it does not belong into the table.
pub(super) type Make =
    fn(Ask<'_>, &Names, cylinder::Model, &cylinder::state::Model) -> Result<Option<Vec<Cell>>, Error>;

/// A page of cylinders in the order of their ids.
pub(super) fn read<'a>(ask: Ask<'a>, after: &'a str, limit: u64, make: Make) -> Answer<'a, Page> {
    Box::pin(async move {
        use cylinder::{Column as C, state};
        let from: i64 = if after.is_empty() {
            0
        } else {
            after.parse().map_err(|_| Error::Stored(format!("`{after}` is no key of the archive")))?
        };
        let txn = ask.db.begin_read().await?;
        let files = cylinder::Entity::find()
            .filter(which(ask)?)
            .filter(C::Id.gt(from))
            .order_by_asc(C::Id)
            .limit(limit)
            .all(&txn)
            .await?;
        let Some(last) = files.last().map(|f| f.id) else { return Ok(Page::default()) };
        let mut states: HashMap<i64, state::Model> = HashMap::with_capacity(files.len());
        // A stretch without gaps is read as one; of a few among many, each by its key.
        let dense = (last - from) as u64 <= 4 * files.len() as u64;
        for some in files.chunks(if dense { files.len() } else { 5_000 }) {
            let q = state::Entity::find();
            let q = if dense {
                q.filter(state::Column::CylinderId.between(from + 1, last))
            } else {
                q.filter(state::Column::CylinderId.is_in(some.iter().map(|f| f.id)))
            };
            states.extend(q.all(&txn).await?.into_iter().map(|s| (s.cylinder_id, s)));
        }
        let names = Names::load(&txn, ask.zh).await?;
        txn.commit().await?;
        let next = (files.len() as u64 == limit).then(|| last.to_string());
        let rows = files.into_iter().map(|f| {
            let s = states.get(&f.id).ok_or_else(|| Error::Stored(format!("cylinder {} has no state", f.id)))?;
            make(ask, &names, f, s)
        });
        Ok(Page { rows: rows.filter_map(Result::transpose).collect::<Result<_, _>>()?, next })
    })
}

const fn inspection(zh: bool, i: Inspection) -> &'static str {
    let (z, e) = match i {
        Inspection::Valid => ("未到期", "valid"),
        Inspection::DueSoon => ("临检", "due soon"),
        Inspection::Overdue => ("过检", "overdue"),
        Inspection::AwaitsAssessment => ("待安全评估", "awaits assessment"),
        Inspection::PastLife => ("超年限", "past its life"),
        Inspection::Unknown => ("无日期", "no dates"),
    };
    if zh { z } else { e }
}

fn row(ask: Ask<'_>, names: &Names, c: cylinder::Model, s: &cylinder::state::Model) -> Result<Vec<Cell>, Error> {
    let file_state =
        FileState::from_number(s.file).ok_or_else(|| Error::Stored(format!("state of cylinder {}", c.id)))?;
    let custody =
        Custody::from_number(s.custody).ok_or_else(|| Error::Stored(format!("state of cylinder {}", c.id)))?;
    let medium = names.media.get(&c.medium);
    let f = c.file(medium.map_or(MediumClass::Corrosive, |m| m.1), file_state)?;
    let derived = f.dates.derive(ask.rules, ask.as_of);
    let inspected = derived.inspection(ask.as_of, ask.rules.due_soon_days());
    let headline = Headline::of(file_state, inspected, custody, s.flags);
    let pick = |zh: &'static str, en: &'static str| Cell::text(if ask.zh { zh } else { en });
    let day = |d: Option<chrono::NaiveDate>| d.map_or(Cell::Empty, |d| Cell::Text(d.to_string()));
    let site = names.sites.get(&c.site_id);
    let district = site.and_then(|s| names.divisions.get(&s.1)).cloned();
    Ok(vec![
        Cell::Number(c.id),
        Cell::text(c.tag),
        Cell::text(c.stamp_no),
        Cell::text(c.serial_no),
        Cell::text(medium.map_or(c.medium, |m| m.0.clone())),
        Cell::text(c.model),
        Cell::text(c.maker),
        Cell::text(c.made),
        Cell::text(c.inspected),
        Cell::text(c.next_printed),
        day(derived.due),
        Cell::Number(c.inspections.into()),
        Cell::text(c.scrap_recorded),
        day(derived.life_end),
        if c.assessed { pick("是", "yes") } else { pick("否", "no") },
        Cell::text(c.valve),
        Cell::thousandths(c.tare_g),
        Cell::thousandths(c.volume_ml),
        Cell::thousandths(c.wall_um),
        Cell::thousandths(c.max_fill_g),
        Cell::text(names.orgs.get(&c.org_id).cloned().unwrap_or_default()),
        Cell::text(site.map(|s| s.0.clone()).unwrap_or_default()),
        Cell::text(district.unwrap_or_default()),
        pick(file_state.zh(), file_state.en()),
        pick(custody.zh(), custody.en()),
        Cell::text(inspection(ask.zh, inspected)),
        pick(headline.zh(), headline.en()),
        if s.last_at > 0 { Cell::Text(clock::local_text(s.last_at)) } else { Cell::Empty },
        Cell::text(c.doubts.replace('\n', ";")),
    ])
}
