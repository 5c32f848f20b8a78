//! The history of one cylinder.

use crate::{Db, Error, correction, cylinder, event, names, reference, rule};
use chrono::NaiveDate;
use domain::{
    clock, codes,
    event::{CheckResult, Content, EventKind, PostResult},
    headline::Headline,
    history::{HistoryPage, HistoryRow, breaks},
    ledger::{File, Now, flag},
    rules::{MediumClass, RuleSet},
    scope::Viewer,
    weight,
};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::HashMap;

mod said;

pub(crate) use said::{Said, said};

/// Events on one page of history at most; a cylinder is filled some 200 times in its life.
const ROWS_MAX: u64 = 5_000;

/// The cylinder with this tag, else with this stamped number, among those that the viewer may see: what another enterprise writes
/// into its files hides nobody's cylinder.
pub(crate) async fn find<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    code: &str,
) -> Result<Option<cylinder::Model>, DbErr> {
    let all = || cylinder::Entity::find().filter(crate::cylinder_list::within(viewer));
    if let Some(t) = cylinder::tag::Entity::find_by_id(code.to_owned()).one(db).await?
        && let Some(id) = t.cylinder_id
        && let Some(c) = all().filter(cylinder::Column::Id.eq(id)).one(db).await?
    {
        return Ok(Some(c));
    }
    all().filter(cylinder::Column::StampNo.eq(code)).order_by_asc(cylinder::Column::Id).one(db).await
}

/// The cylinder with this code, if the viewer may see it.
pub(crate) async fn seen<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    code: &str,
) -> Result<Option<cylinder::Model>, DbErr> {
    let Ok(code) = codes::tag(code) else { return Ok(None) };
    find(db, viewer, &code).await
}

/// Whether the viewer may see a cylinder.
pub(crate) fn in_sight(viewer: Viewer, c: &cylinder::Model) -> bool {
    viewer.scope.covers(c.division, c.org_id)
}

/// The page of the cylinder with this tag or stamp number; `None` when there is none within the viewer's scope.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn page(db: &Db, viewer: Viewer, code: &str, now: i64) -> Result<Option<HistoryPage>, Error> {
    let db = db.read();
    let Some(c) = seen(db, viewer, code).await? else { return Ok(None) };
    let state = cylinder::state::Entity::find_by_id(c.id)
        .one(db)
        .await?
        .ok_or_else(|| Error::Stored(format!("cylinder {} has no state", c.id)))?;
    let class = reference::classes(db).await?.get(&c.medium).copied().unwrap_or(MediumClass::Corrosive);
    let state = state.now()?;
    let file = c.file(class, state.file)?;
    let rules = rule::current(db).await?;
    let events = event::Entity::find()
        .filter(event::Column::CylinderId.eq(c.id))
        .filter(event::Column::Kind.ne(EventKind::Register.number()))
        .order_by_asc(event::Column::OccurredAt)
        .order_by_asc(event::Column::No)
        .limit(ROWS_MAX)
        .all(db)
        .await?;
    let names = names::sites(db, events.iter().map(|e| e.site_id)).await?;
    let said = said(db, &events).await?;
    let corrected = correction::of(db, &events.iter().map(|e| e.no).collect::<Vec<_>>()).await?;
    let rows = rows(&events, file.tare_g, &names, &corrected, &said);
    Ok(Some(sheet(&file, &state, c.demo, rows, &rules, clock::local_date(now))))
}

/// The sheet of a cylinder whose file and state are these, judged on a day.
pub(crate) fn sheet(
    file: &File,
    state: &Now,
    demo: bool,
    rows: Vec<HistoryRow>,
    rules: &RuleSet,
    today: NaiveDate,
) -> HistoryPage {
    let derived = file.dates.derive(rules, today);
    let inspection = derived.inspection(today, rules.due_soon_days());
    let headline = Headline::of(state.file, inspection, state.custody, state.flags);
    HistoryPage {
        tag: file.tag.clone(),
        stamp_no: file.stamp_no.clone(),
        maker: file.maker.clone(),
        made: file.dates.made.map(|d| d.to_string()).unwrap_or_default(),
        tare_g: file.tare_g,
        model: file.dates.model.clone(),
        volume_ml: file.volume_ml,
        wall_um: file.wall_um,
        inspected_on: file.dates.inspected.map(domain::date::PartialDate::last_day),
        next_due: derived.due,
        life_end: derived.life_end,
        demo,
        headline: headline.zh().to_owned(),
        headline_en: headline.en().to_owned(),
        custody: state.custody.zh().to_owned(),
        custody_en: state.custody.en().to_owned(),
        flags: flag::SHOWN.iter().filter(|f| state.flags & f.0 != 0).map(|f| f.1.to_owned()).collect(),
        rows,
    }
}

/// The result of a check or inspection, in a word.
const fn result(content: Option<&Content>) -> &'static str {
    match content {
        Some(Content::Precheck(p)) if matches!(p.result, CheckResult::Pass) => "合格",
        Some(Content::Inspect(i)) if matches!(i.result, CheckResult::Pass) => "合格",
        Some(Content::Precheck(_) | Content::Inspect(_)) => "不合格",
        Some(Content::Postcheck(p)) => match p.result {
            PostResult::Pass => "合格",
            PostResult::Over => "超装",
            PostResult::Fail => "不合格",
        },
        _ => "",
    }
}

/// Lines of these events, which stand in the order of their time.
pub(crate) fn rows(
    events: &[event::Model],
    stamped: Option<i64>,
    names: &HashMap<i64, String>,
    corrected: &HashMap<i64, i64>,
    said: &Said,
) -> Vec<HistoryRow> {
    // What was corrected breaks no chain.
    let kinds: Vec<EventKind> = events
        .iter()
        .filter(|e| !corrected.contains_key(&e.no))
        .filter_map(|e| EventKind::from_number(e.kind))
        .collect();
    let mut breaks = breaks(&kinds).into_iter();
    events
        .iter()
        .filter_map(|e| Some((e, EventKind::from_number(e.kind)?)))
        .map(|(e, kind)| {
            // What an import said in its own words stands in the body.
            let body: serde_json::Value =
                e.body.as_deref().and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default();
            let own = |field: &str| body.get(field).and_then(serde_json::Value::as_str).map(str::to_owned);
            let by = corrected.get(&e.no).map(|no| no.unsigned_abs());
            let broken = if by.is_some() { vec![] } else { breaks.next().unwrap_or_default() };
            HistoryRow {
                no: e.no.unsigned_abs(),
                at_ms: e.occurred_at,
                kind_zh: own("word").unwrap_or_else(|| kind.zh().to_owned()),
                kind_en: kind.en().to_owned(),
                operator: e.operator.clone(),
                place: own("place").or_else(|| names.get(&e.site_id).cloned()).unwrap_or_default(),
                target: e.target.clone(),
                tare_g: e.tare_g,
                gross_g: e.gross_g,
                contents_g: e.gross_g.zip(stamped).map(|(g, s)| weight::contents_g(g, s)),
                residue_g: e.tare_g.zip(stamped).map(|(t, s)| weight::residue_g(t, s)),
                result: result(e.content().as_ref()).to_owned(),
                said: said.get(&e.no).map(|s| s.0.clone()).unwrap_or_default(),
                said_en: said.get(&e.no).map(|s| s.1.clone()).unwrap_or_default(),
                breaks: broken,
                anomalies: e.anomaly_codes(),
                corrected_by: by,
                source: domain::event::Source::from_number(e.source).zh().to_owned(),
            }
        })
        .collect()
}
