//! Organisations as a list, and the page of one: licence, sites, devices, people, and figures that are the lengths of lists.

use crate::{
    Db, Error, device, figures, incident_list, names, operator, org,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    scope, site,
};
use chrono::NaiveDate;
use domain::{
    clock,
    incident::Register,
    list::{ListPage, ListQuery, PageAt, SIZES, Total},
    org::{Count, DeviceLine, FILTERS, Kind, Licence, OrgLine, OrgPage, PersonLine, SOON_DAYS, SiteLine},
    permission::{Permission, Permissions},
    scope::Viewer,
};
use sea_orm::{
    Condition, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr, SelectStatement},
};
use std::collections::HashMap;

const ID: (&str, &str) = ("org", "id");
const NAME: (&str, &str) = ("org", "name");
/// Devices on a page at most.
const DEVICES_MAX: u64 = 500;

/// A page of the organisations within the viewer's scope, by name.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<OrgLine>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    if !matches!(query.sort.as_str(), "" | "name") {
        return Err(AskError::Field("sort"));
    }
    let order = Order { key: NAME, id: ID, int: false, nullable: false, descending: query.descending, few: false };
    let label = if query.descending { "name-" } else { "name+" };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let today = clock::local_date(now);
    let read = db.begin_read().await?;
    let base = statement(viewer, query, today)?;
    let slice: Slice<org::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &org::Model| Cursor { key: Some(Key::Text(m.name.clone())), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = lines(&read, slice.rows, today).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

fn statement(viewer: Viewer, query: &ListQuery, today: NaiveDate) -> Result<SelectStatement, AskError> {
    use org::Column as O;
    let mut all = Condition::all().add(scope::within(viewer, O::Id));
    for (name, value) in &query.filters {
        let field = *FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        all = match field {
            "q" => {
                let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let part = LikeExpr::new(format!("%{escaped}%")).escape('\\');
                all.add(
                    Condition::any()
                        .add(Expr::col((org::Entity, O::Name)).like(part))
                        .add(O::Uscc.eq(value.to_ascii_uppercase())),
                )
            }
            "kind" => all.add(O::Kind.eq(Kind::from_code(value).ok_or_else(bad)?.code())),
            "district" => all.add(O::Division.eq(value.parse::<i32>().map_err(|_| bad())?)),
            _ => {
                let soon = clock::date_of(clock::day_of(today).saturating_add(i32::try_from(SOON_DAYS).unwrap_or(0)));
                match Licence::from_code(value).ok_or_else(bad)? {
                    Licence::None => all.add(O::LicenceUntil.is_null()),
                    Licence::Expired => all.add(O::LicenceUntil.lt(today)),
                    Licence::Soon => all.add(O::LicenceUntil.gte(today)).add(O::LicenceUntil.lte(soon)),
                    Licence::Valid => all.add(O::LicenceUntil.gt(soon)),
                }
            }
        };
    }
    Ok(org::Entity::find().filter(all).into_query())
}

async fn lines<C: ConnectionTrait>(db: &C, rows: Vec<org::Model>, today: NaiveDate) -> Result<Vec<OrgLine>, Error> {
    let names = names::districts(db, rows.iter().map(|m| m.division)).await?;
    let line = |m: org::Model| OrgLine {
        id: m.id,
        name: m.name,
        kind: m.kind,
        uscc: m.uscc,
        district: names.get(&m.division).cloned().unwrap_or_default(),
        phone: m.phone,
        licence_no: m.licence_no,
        licence_until: m.licence_until,
        licence: Licence::on(m.licence_until, today),
        licence_media: m.licence_media,
        insured_until: m.insured_until,
        demo: m.demo,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The page of an organisation within the viewer's scope, with the figures of lists that its reader may read.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, viewer: Viewer, id: i64, may: Permissions, now: i64) -> Result<Option<OrgPage>, AskError> {
    let today = clock::local_date(now);
    let read = db.begin_read().await?;
    let found = org::Entity::find_by_id(id).filter(scope::within(viewer, org::Column::Id)).all(&read).await?;
    let Some(line) = lines(&read, found, today).await?.pop() else { return Ok(None) };
    // A district's viewer sees the sites in it, whoever they belong to, and no others.
    let sites = site::Entity::find()
        .filter(site::Column::OrgId.eq(id))
        .filter(site::Column::Kind.ne(site::VIRTUAL))
        .filter(scope::at_sites(viewer, site::Column::Id))
        .order_by_asc(site::Column::Name)
        .order_by_asc(site::Column::Id)
        .all(&read)
        .await?;
    let names = names::districts(&read, sites.iter().map(|s| s.division)).await?;
    let at: HashMap<i64, String> = sites.iter().map(|s| (s.id, s.name.clone())).collect();
    let devices = device::Entity::find()
        .filter(device::Column::SiteId.is_in(at.keys().copied()))
        .filter(device::Column::Kind.ne(device::IMPORTER))
        .order_by_asc(device::Column::SiteId)
        .order_by_asc(device::Column::Id)
        .limit(DEVICES_MAX)
        .all(&read)
        .await?;
    let people = operator::list(&read, id).await?;
    let own = ListQuery::default().with("org", &id.to_string());
    let mut counts = vec![];
    if may.has(Permission::CylinderRead) {
        let on = own.with("file", "on");
        let lists = [
            ("on_file", on.clone()),
            ("overdue", on.with("inspection", "overdue")),
            ("past_life", on.with("inspection", "past_life")),
            ("in_use", on.with("custody", "in_use")),
        ];
        // Its offices have cylinders too.
        let own_sites: Vec<i64> = site::Entity::find()
            .select_only()
            .column(site::Column::Id)
            .filter(site::Column::OrgId.eq(id))
            .filter(scope::at_sites(viewer, site::Column::Id))
            .into_tuple()
            .all(&read)
            .await?;
        let stock = figures::stock(&read, Some(&own_sites), clock::day_of(today), 0).await?;
        let counted = [stock.on_file, stock.overdue, stock.past_life, stock.in_use];
        for ((what, q), n) in lists.into_iter().zip(counted) {
            let total = Total { count: u32::try_from(Ord::max(n, 0)).unwrap_or(u32::MAX), more: false };
            counts.push(Count { what: what.into(), total, to: format!("/cylinders{}", q.address()) });
        }
    }
    // The lists below read for themselves: a connection that is held while another is waited for is one that nobody gets.
    read.commit().await.map_err(Error::from)?;
    if may.has(Permission::AlertRead) {
        for (what, r) in [("accidents", Register::Accident), ("hazards", Register::Hazard)] {
            let total = incident_list::list(db, viewer, r, &own, now).await?.total;
            counts.push(Count { what: what.into(), total, to: format!("{}{}", r.path(), own.address()) });
        }
    }
    let site_line = |s: site::Model| SiteLine {
        id: s.id,
        name: s.name,
        kind: s.kind,
        district: names.get(&s.division).cloned().unwrap_or_default(),
    };
    let device_line = |d: device::Model| DeviceLine {
        label: d.label,
        kind: d.kind,
        site: at.get(&d.site_id).cloned().unwrap_or_default(),
        medium: d.medium,
        seen_at: d.last_seen_at,
        scale_until: d.scale_until,
        revoked: d.revoked_at.is_some(),
    };
    let person = |p: operator::Model| PersonLine { code: p.code, cert_until: p.cert_until, media: p.media };
    Ok(Some(OrgPage {
        line,
        counts,
        devices: devices.into_iter().map(device_line).collect(),
        sites: sites.into_iter().map(site_line).collect(),
        people: people.into_iter().map(person).collect(),
        today,
    }))
}
