//! The archive of cylinders: every column of the file, and how each cylinder stands as of a day.

use super::{Answer, Ask, Cell, Page, Rows};
use crate::{Error, cylinder, cylinder_list, org, page::AskError, reference, sequence::LEDGER, site};
use domain::{
    clock,
    export::filters,
    headline::Headline,
    ledger::{Custody, FileState},
    life::Inspection,
    outcome::Text,
    permission::Permission,
    rules::MediumClass,
};
use sea_orm::{
    Condition, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{ExprTrait, Query},
};
use std::collections::{BTreeSet, HashMap};

pub(super) const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// 气瓶档案
pub static ARCHIVE: Rows = Rows {
    name: "archive",
    title: t("气瓶档案", "Cylinder archive"),
    needs: Permission::CylinderRead,
    numbers: LEDGER,
    columns: || COLUMNS.to_vec(),
    check,
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

/// Whether a filter is one of the list of cylinders: an export takes the same.
pub(super) fn check(text: &str) -> Result<(), String> {
    cylinder_list::check(&filters(text)?).map_err(|e| e.to_string())
}

/// The cylinders that are asked for, within what the viewer may see: those of the list with these filters, judged at the same day.
async fn which(ask: Ask<'_>) -> Result<Condition, Error> {
    use cylinder::{Column as C, state};
    let query = filters(ask.filter).map_err(|e| Error::Stored(format!("filter: {e}")))?;
    let narrowed = cylinder_list::narrowed(ask.db.read(), &query, ask.as_of, ask.rules.due_soon_days()).await.map_err(
        |e| match e {
            AskError::Field(f) => Error::Stored(format!("filter: {f}")),
            AskError::Data(e) => e,
        },
    )?;
    let all = Condition::all().add(C::Id.lte(ask.upto)).add(cylinder_list::within(ask.viewer)).add(narrowed.file);
    if narrowed.state.is_empty() {
        return Ok(all);
    }
    // Asked of each row by its key: pages go on in the order of ids, whatever they are narrowed to.
    let mut states = Query::select();
    states
        .expr(Expr::val(1))
        .from(state::Entity)
        .and_where(Expr::col((state::Entity, state::Column::CylinderId)).equals((cylinder::Entity, C::Id)))
        .cond_where(narrowed.state);
    Ok(all.add(Expr::exists(states)))
}

pub(super) async fn count(ask: Ask<'_>) -> Result<u64, Error> {
    Ok(cylinder::Entity::find().filter(which(ask).await?).count(ask.db.read()).await?)
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
        let which = which(ask).await?;
        let from: i64 = if after.is_empty() {
            0
        } else {
            after.parse().map_err(|_| Error::Stored(format!("`{after}` is no key of the archive")))?
        };
        let txn = ask.db.begin_read().await?;
        let files = cylinder::Entity::find()
            .filter(which)
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
