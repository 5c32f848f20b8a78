//! The page of one cylinder: its line, its history, its tags, and what the gate would say.

use crate::{
    Db, Error, cylinder, cylinder_list, device, history,
    ledger::{self, Question},
    operator, rule, site,
};
use chrono::NaiveDate;
use domain::{
    archive::{CylinderPage, GateSays, TagLine},
    clock, codes,
    rules::RuleSet,
    scope::Viewer,
};
use sea_orm::{QueryOrder, entity::prelude::*};

/// The cylinder with this tag or stamped number, judged at a day; `None` when there is none within the viewer's scope. `now`
/// is the instant of the question, ms.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn page(
    db: &Db,
    viewer: Viewer,
    code: &str,
    day: NaiveDate,
    now: i64,
) -> Result<Option<CylinderPage>, Error> {
    let Ok(code) = codes::tag(code) else { return Ok(None) };
    let read = db.read();
    let Some(c) = history::find(read, viewer, &code).await? else { return Ok(None) };
    let rules = rule::current(read).await?;
    let Some(line) = cylinder_list::line(read, viewer, c.id, day, rules.due_soon_days()).await? else {
        return Ok(None);
    };
    // Noon, so that the local day is the one that was asked for.
    let noon = clock::day_start(clock::day_of(day)).saturating_add(clock::DAY_MS / 2);
    let Some(history) = history::page(db, viewer, &code, noon).await? else { return Ok(None) };
    let tags = cylinder::tag::Entity::find()
        .filter(cylinder::tag::Column::CylinderId.eq(c.id))
        .order_by_asc(cylinder::tag::Column::Code)
        .all(read)
        .await?
        .into_iter()
        .map(|t| {
            let (zh, en) = match t.state {
                cylinder::tag::BOUND => ("已绑定", "bound"),
                cylinder::tag::VOID => ("已作废", "void"),
                cylinder::tag::GONE => ("随瓶销毁", "destroyed with its cylinder"),
                _ => ("已发未绑", "issued, not bound"),
            };
            TagLine { code: t.code, bound: t.state == cylinder::tag::BOUND, state: zh.into(), state_en: en.into() }
        })
        .collect();
    let home = site::Entity::find_by_id(c.site_id).one(read).await?;
    let gate = if day == clock::local_date(now) { gate(db, &rules, &c, home.as_ref(), now).await? } else { None };
    Ok(Some(CylinderPage {
        line,
        history,
        as_of: day,
        home: home.map(|s| s.name).unwrap_or_default(),
        valve: c.valve,
        max_fill_g: c.max_fill_g,
        inspections: c.inspections,
        doubts: c.doubts.lines().map(str::to_owned).collect(),
        tags,
        may_bind: false,
        may_edit: false,
        gate,
    }))
}

/// What the gate would say to the first gun for the cylinder's medium at its home. Nothing is recorded.
async fn gate(
    db: &Db,
    rules: &RuleSet,
    c: &cylinder::Model,
    home: Option<&site::Model>,
    now: i64,
) -> Result<Option<GateSays>, Error> {
    let Some(home) = home else { return Ok(None) };
    let Some((question, gun)) = question(db, home, &c.tag, &c.medium, now).await? else { return Ok(None) };
    let verdict = ledger::consult(db, rules, &question, now).await?;
    Ok(Some(GateSays { station: home.name.clone(), gun, verdict }))
}

/// The question of a station's first gun for a medium whether it may fill the cylinder with this tag, put at an instant, and the
/// gun's label; `None` where the station has none.
pub(crate) async fn question(
    db: &Db,
    home: &site::Model,
    tag: &str,
    medium: &str,
    at: i64,
) -> Result<Option<(Question, String)>, Error> {
    let gun = device::Entity::find()
        .filter(device::Column::SiteId.eq(home.id))
        .filter(device::Column::Kind.eq(device::GUN))
        .filter(device::Column::Medium.eq(medium))
        .filter(device::Column::RevokedAt.is_null())
        .order_by_asc(device::Column::Id)
        .one(db.read())
        .await?;
    let Some(gun) = gun else { return Ok(None) };
    // Put by a filler whose certificate lasts: the question is about the cylinder.
    let filler = operator::Entity::find()
        .filter(operator::Column::OrgId.eq(home.org_id))
        .filter(operator::Column::CertUntil.gte(clock::local_date(at)))
        .order_by_asc(operator::Column::Code)
        .one(db.read())
        .await?;
    // A name that no gun gives: its own attempts are at most 64 letters and digits.
    let question = Question {
        device: gun.id,
        site: home.id,
        attempt: format!("?page {at}"),
        tag: tag.to_owned(),
        medium: medium.to_owned(),
        at,
        hash: String::new(),
        operator: filler.map(|f| f.code).unwrap_or_default(),
    };
    Ok(Some((question, gun.label)))
}
