//! Records of checks and fills as a list, and one of them whole.
//!
//! The list is in the order of the ledger, which an index answers; days are turned into stretches of ledger numbers, so that no
//! index by time is needed: each would cost the writer a fifth.

use crate::{
    Db, Error, attempt, correction, cylinder_list, device, event, names,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    scope, sequence, site,
    trace::attempt_row,
};
use chrono::NaiveDate;
use domain::{
    clock::{self, DAY_MS},
    event::{CheckResult, Content, EventKind, PostResult},
    list::{ListPage, ListQuery, PageAt, SIZES},
    record::{Check, DAYS, Found, KINDS, Linked, RecordLine, RecordPage},
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{self, Query},
};
use std::collections::{HashMap, HashSet};

const NO: (&str, &str) = ("cylinder_event", "no");
const DEVICE: (&str, &str) = ("cylinder_event", "device_id");
/// The order of the list, in its cursors: the newest first, or the oldest.
const NEWEST: &str = "no-";
const OLDEST: &str = "no+";
/// Checks are looked for so long before and after a fill, ms.
const BESIDE: i64 = 7 * DAY_MS;

/// A page of the records within the viewer's scope that the query asks for: those recorded in the last [`DAYS`] days where neither
/// days nor a code are asked for.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<RecordLine>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "no" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let order =
        Order { key: NO, id: DEVICE, int: true, nullable: false, descending, few: !query.filter("q").is_empty() };
    let label = if descending { NEWEST } else { OLDEST };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let read = db.begin_read().await?;
    let asked = Asked::read(query)?;
    let days = Days::find(&read, &asked, clock::local_day(now)).await?;
    let all = narrowed(&read, viewer, &asked, &days).await?;
    let counted = event::Entity::find().filter(counted(viewer, &asked, &days).unwrap_or_else(|| all.clone()));
    let base = event::Entity::find().filter(all).into_query();
    let slice: Slice<event::Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &counted.into_query()).await?;
    let cursor = |m: &event::Model| cursor_of(m, label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = lines(&read, viewer, &slice.rows).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// Whether a query is one that the list takes.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant.
pub fn takes(query: &ListQuery) -> Result<(), AskError> {
    Asked::read(query).map(|_| ())
}

/// How many records the query asks for, those with a ledger number up to `upto`.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub(crate) async fn count(db: &Db, viewer: Viewer, query: &ListQuery, today: i32, upto: i64) -> Result<u64, AskError> {
    let asked = Asked::read(query)?;
    let days = Days::find(db.read(), &asked, today).await?;
    let all = narrowed(db.read(), viewer, &asked, &days).await?;
    Ok(event::Entity::find().filter(all).filter(event::Column::No.lte(upto)).count(db.read()).await?)
}

/// The same records in the order of the list, the newest first: at most `limit` after a cursor (empty at the start), and the cursor
/// of the last of them where others may follow.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails.
pub(crate) async fn after(
    db: &Db,
    viewer: Viewer,
    query: &ListQuery,
    (today, upto): (i32, i64),
    cursor: &str,
    limit: u64,
) -> Result<(Vec<RecordLine>, Option<String>), AskError> {
    let asked = Asked::read(query)?;
    let order = Order { key: NO, id: DEVICE, int: true, nullable: false, descending: true, few: asked.code.is_some() };
    let at = if cursor.is_empty() { At::Start } else { At::After(Cursor::read(cursor, NEWEST)?) };
    let read = db.begin_read().await?;
    let days = Days::find(&read, &asked, today).await?;
    let all = narrowed(&read, viewer, &asked, &days).await?.add(event::Column::No.lte(upto));
    let base = event::Entity::find().filter(all).into_query();
    let slice: Slice<event::Model> = page::fetch(&read, &base, &order, &at, limit).await?;
    let mut out = Vec::with_capacity(slice.rows.len());
    // The checks beside many fills are many more rows: they are looked up for some at a time.
    for some in slice.rows.chunks(500) {
        out.extend(lines(&read, viewer, some).await?);
    }
    read.commit().await.map_err(Error::from)?;
    Ok((out, slice.rows.last().filter(|_| slice.after).map(|m| cursor_of(m, NEWEST))))
}

fn cursor_of(m: &event::Model, order: &str) -> String {
    Cursor { key: Some(Key::Int(m.no)), id: m.device_id }.write(order)
}

/// What the list is asked for.
struct Asked<'a> {
    code: Option<&'a str>,
    kind: EventKind,
    found: Option<Found>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    places: Condition,
}

impl<'a> Asked<'a> {
    fn read(query: &'a ListQuery) -> Result<Self, AskError> {
        use event::Column as E;
        let places = Condition::all();
        let mut it = Self { code: None, kind: KINDS[0].0, found: None, from: None, to: None, places };
        for (name, value) in &query.filters {
            let field = *domain::record::FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
            let bad = || AskError::Field(field);
            let value = page::text(field, value)?;
            let number = || value.parse::<i64>().map_err(|_| bad());
            let within = |places: Condition, scope| places.add(scope::at_sites(Viewer { scope }, E::SiteId));
            match field {
                "q" => it.code = Some(value),
                "kind" => it.kind = KINDS.iter().find(|k| k.1 == value).ok_or_else(bad)?.0,
                "verdict" => it.found = Some(Found::from_code(value).ok_or_else(bad)?),
                "from" => it.from = Some(day(value).ok_or_else(bad)?),
                "to" => it.to = Some(day(value).ok_or_else(bad)?),
                "site" => it.places = it.places.add(E::SiteId.eq(number()?)),
                "org" => it.places = within(it.places, Scope::Org(number()?)),
                _ => it.places = within(it.places, Scope::District(value.parse().map_err(|_| bad())?)),
            }
        }
        Ok(it)
    }
}

/// The events that are asked for, within the viewer's scope.
async fn narrowed<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    asked: &Asked<'_>,
    days: &Days,
) -> Result<Condition, AskError> {
    use event::Column as E;
    let mut all = Condition::all().add(scope::at_sites(viewer, E::SiteId)).add(asked.places.clone());
    if let Some(code) = asked.code {
        let ids = cylinder_list::by_code(db, code).await?;
        // What was told of a tag that led nowhere.
        let nobody = Condition::all().add(E::CylinderId.is_null()).add(E::Tag.eq(code));
        all = all.add(Condition::any().add(E::CylinderId.is_in(ids)).add(nobody));
    }
    all = all.add(E::Kind.eq(asked.kind.number()));
    all = match (asked.found, asked.kind) {
        (None, _) => all,
        (Some(Found::Sound), EventKind::Precheck | EventKind::Postcheck) => all.add(Expr::cust(PASSED)),
        (Some(Found::Faulty), EventKind::Precheck | EventKind::Postcheck) => all.add(Expr::cust(FAULTY)),
        (Some(Found::Sound), _) => all.add(E::Anomalies.eq("")),
        (Some(Found::Faulty), _) => all.add(Expr::cust(ODD)),
        (Some(Found::Anomaly(a)), _) => all.add(Expr::cust(ODD)).add(E::Anomalies.contains(a.code())),
    };
    Ok(all.add(days.within(true)))
}

/// A check's content begins with its result: it is stored in canonical form.
const PASSED: &str = "substr(body, 1, 16) = '{\"result\":\"pass\"'";
/// The same of one that was failed, as an index says it (`event_faulty`): no parameter may stand in it.
const FAULTY: &str = "substr(body, 1, 11) = '{\"result\":\"' AND substr(body, 1, 16) <> '{\"result\":\"pass\"'";
/// A fill with which something was wrong, as another says it (`event_odd`).
const ODD: &str = "anomalies <> ''";

/// The same events to be counted, where all of a kind are asked for: their numbers suffice, which stand in the index of the sites. A clock
/// that was set back would make a difference of some.
fn counted(viewer: Viewer, asked: &Asked<'_>, days: &Days) -> Option<Condition> {
    use event::Column as E;
    if asked.code.is_some() || asked.found.is_some() {
        return None;
    }
    let of = if viewer.scope == Scope::City && asked.places.is_empty() {
        let all = site::Entity::find().select_only().column(site::Column::Id).into_query();
        Condition::all().add(E::SiteId.in_subquery(all))
    } else {
        scope::at_sites(viewer, E::SiteId).add(asked.places.clone())
    };
    Some(of.add(E::Kind.eq(asked.kind.number())).add(days.within(false)))
}

/// The days that are asked for: the instants (ms) at which they begin and end, each with the ledger number from which on events were
/// recorded then.
struct Days {
    begin: Option<(i64, i64)>,
    end: Option<(i64, i64)>,
}

impl Days {
    async fn find<C: ConnectionTrait>(db: &C, asked: &Asked<'_>, today: i32) -> Result<Self, DbErr> {
        let mut it = Self { begin: None, end: None };
        let latest = asked.from.is_none() && asked.to.is_none() && asked.code.unwrap_or_default().is_empty();
        if let Some(day) = asked.from.or(latest.then(|| clock::date_of(today.saturating_sub(DAYS - 1)))) {
            let start = clock::day_start(clock::day_of(day));
            it.begin = Some((start, first_no(db, start).await?));
        }
        if let Some(day) = asked.to {
            let end = clock::day_start(clock::day_of(day).saturating_add(1));
            it.end = Some((end, first_no(db, end).await?));
        }
        Ok(it)
    }

    /// That events were recorded on them; `timed` looks at the time of each.
    fn within(&self, timed: bool) -> Condition {
        use event::Column as E;
        let mut all = Condition::all();
        if let Some((start, no)) = self.begin {
            all = all.add(E::No.gte(no)).add_option(timed.then(|| E::RecordedAt.gte(start)));
        }
        if let Some((end, no)) = self.end {
            all = all.add(E::No.lt(no)).add_option(timed.then(|| E::RecordedAt.lt(end)));
        }
        all
    }
}

/// Four digits of a year: what a date field gives.
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// Places that one statement looks at.
const LOOKS: i64 = 15;
/// Statements after which a stretch of numbers is narrow enough to be read: a part in 256 of the ledger.
pub(crate) const COARSE: u32 = 2;

/// The ledger number from which on events were recorded at or after an instant (ms): numbers are given in the order of commits, so
/// that it is found by looking at some places between, all in one statement, and again between two of them.
async fn first_no<C: ConnectionTrait>(db: &C, instant: i64) -> Result<i64, DbErr> {
    Ok(about(db, instant, u32::MAX).await?.0)
}

/// Two numbers between which that one lies, both included, after so many statements at most: each looks at a sixteenth of what the one
/// before left.
pub(crate) async fn about<C: ConnectionTrait>(db: &C, instant: i64, statements: u32) -> Result<(i64, i64), DbErr> {
    use event::Column as E;
    let (mut low, mut high) = (1, sequence::last(db, sequence::LEDGER).await?.saturating_add(1));
    let mut asked = 0;
    while low < high && asked < statements {
        asked += 1;
        let between = high - low;
        let mut places: Vec<i64> =
            (1..=LOOKS).map(|i| low + between / (LOOKS + 1) * i + between % (LOOKS + 1) * i / (LOOKS + 1)).collect();
        places.dedup();
        let mut looks = Query::select();
        for place in &places {
            // What is recorded next from there on; other rows of the ledger have numbers too.
            let next = Query::select()
                .column(E::RecordedAt)
                .from(event::Entity)
                .and_where(E::No.gte(*place))
                .and_where(E::No.lt(high))
                .order_by(E::No, sea_query::Order::Asc)
                .limit(1)
                .to_owned();
            looks.expr(Expr::SubQuery(None, Box::new(next.into())));
        }
        let row = db.query_one(&looks).await?;
        for (i, place) in places.iter().enumerate() {
            let at: Option<i64> = row.as_ref().map(|r| r.try_get_by_index(i)).transpose()?.flatten();
            if at.is_some_and(|at| at < instant) {
                low = place + 1;
            } else {
                high = *place;
                break;
            }
        }
    }
    Ok((low, high))
}

/// A ledger number before which everything stands that was recorded before an instant (ms), whatever kind of row it is: the next event's that was
/// recorded then or later. Between two events there may be numbers of other rows.
pub(crate) async fn until<C: ConnectionTrait>(db: &C, instant: i64) -> Result<i64, DbErr> {
    use event::Column as E;
    let (_, near) = about(db, instant, COARSE).await?;
    let next: Option<i64> = event::Entity::find()
        .select_only()
        .column(E::No)
        .filter(E::No.gte(near))
        .order_by_asc(E::No)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(next.unwrap_or(i64::MAX))
}

/// The result of a check.
fn passed(m: &event::Model) -> Option<bool> {
    match m.content()? {
        Content::Precheck(p) => Some(p.result == CheckResult::Pass),
        Content::Postcheck(p) => Some(p.result == PostResult::Pass),
        _ => None,
    }
}

/// The lines of events, with names and the checks beside fills.
async fn lines<C: ConnectionTrait>(db: &C, viewer: Viewer, rows: &[event::Model]) -> Result<Vec<RecordLine>, Error> {
    let stations = names::sites(db, rows.iter().map(|m| m.site_id)).await?;
    let ids: HashSet<i64> = rows.iter().map(|m| m.device_id).collect();
    let devices: HashMap<i64, String> = device::Entity::find()
        .filter(device::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|d| (d.id, d.label))
        .collect();
    let numbers: Vec<i64> = rows.iter().map(|m| m.no).collect();
    let corrected = correction::of(db, &numbers).await?;
    let beside = Beside::load(db, viewer, rows).await?;
    let line = |m: &event::Model| {
        let kind = EventKind::from_number(m.kind)?;
        let link =
            |m: Option<&event::Model>| m.and_then(|m| Some(Linked { no: m.no.unsigned_abs(), passed: passed(m)? }));
        let (before, after) = beside.of(m);
        Some(RecordLine {
            no: m.no.unsigned_abs(),
            kind,
            at_ms: m.occurred_at,
            recorded_ms: m.recorded_at,
            tag: m.tag.clone(),
            station: stations.get(&m.site_id).cloned().unwrap_or_default(),
            device: devices.get(&m.device_id).cloned().unwrap_or_default(),
            operator: m.operator.clone(),
            gross_g: m.gross_g,
            tare_g: m.tare_g,
            net_g: m.net_g,
            anomalies: m.anomaly_codes(),
            passed: passed(m),
            precheck: link(before),
            postcheck: link(after),
            corrected_by: corrected.get(&m.no).map(|no| no.unsigned_abs()),
        })
    };
    Ok(rows.iter().filter_map(line).collect())
}

/// Fills and checks of some cylinders around some fills, in the order of time.
#[derive(Default)]
struct Beside(HashMap<i64, Vec<event::Model>>);

impl Beside {
    async fn load<C: ConnectionTrait>(db: &C, viewer: Viewer, rows: &[event::Model]) -> Result<Self, DbErr> {
        use event::Column as E;
        let fills = || rows.iter().filter(|m| m.kind == EventKind::FillEnd.number());
        let ids: HashSet<i64> = fills().filter_map(|m| m.cylinder_id).collect();
        let (Some(first), Some(last)) = (fills().map(|m| m.occurred_at).min(), fills().map(|m| m.occurred_at).max())
        else {
            return Ok(Self::default());
        };
        let kinds = [EventKind::FillEnd, EventKind::Precheck, EventKind::Postcheck].map(EventKind::number);
        // Nothing is recorded before it happens, but for clocks that differ: what was recorded earlier need not be looked at. Nor is a
        // check that came so much later than the fill itself: without an end the whole life since would be read.
        let earliest = first.saturating_sub(BESIDE);
        let told = fills().map(|m| m.recorded_at.max(m.occurred_at)).max().unwrap_or(last);
        let (since, _) = about(db, earliest.saturating_sub(DAY_MS), COARSE).await?;
        let (_, until) = about(db, told.saturating_add(2 * BESIDE), COARSE).await?;
        let found = event::Entity::find()
            .filter(E::CylinderId.is_in(ids))
            .filter(E::No.gte(since))
            .filter(E::No.lt(until))
            .filter(E::Kind.is_in(kinds))
            .filter(scope::at_sites(viewer, E::SiteId))
            .filter(E::OccurredAt.between(earliest, last.saturating_add(BESIDE)))
            .order_by_asc(E::OccurredAt)
            .order_by_asc(E::No)
            .all(db)
            .await?;
        let gone = correction::of(db, &found.iter().map(|m| m.no).collect::<Vec<_>>()).await?;
        let mut out: HashMap<i64, Vec<event::Model>> = HashMap::new();
        for m in found.into_iter().filter(|m| !gone.contains_key(&m.no)) {
            if let Some(id) = m.cylinder_id {
                out.entry(id).or_default().push(m);
            }
        }
        Ok(Self(out))
    }

    /// The last check between the fill before and this one, and the first between this one and the next.
    fn of(&self, fill: &event::Model) -> (Option<&event::Model>, Option<&event::Model>) {
        let all = fill.cylinder_id.and_then(|id| self.0.get(&id)).map(Vec::as_slice).unwrap_or_default();
        let Some(at) = all.iter().position(|m| m.no == fill.no) else { return (None, None) };
        let is = |m: &&event::Model, kind: EventKind| m.kind == kind.number();
        let (before, after) = (all.get(..at).unwrap_or_default(), all.get(at + 1..).unwrap_or_default());
        let cycle = |m: &&event::Model| !is(m, EventKind::FillEnd);
        let before = before.iter().rev().take_while(cycle).find(|m| is(m, EventKind::Precheck));
        (before, after.iter().take_while(cycle).find(|m| is(m, EventKind::Postcheck)))
    }
}

/// The record with this ledger number within the viewer's scope: one of the kinds of the list.
///
/// # Errors
/// When the database fails.
pub async fn one(db: &Db, viewer: Viewer, no: i64) -> Result<Option<RecordPage>, Error> {
    use event::Column as E;
    let read = db.begin_read().await?;
    let found = event::Entity::find()
        .filter(E::No.eq(no))
        .filter(E::Kind.is_in(KINDS.map(|k| k.0.number())))
        .filter(scope::at_sites(viewer, E::SiteId))
        .one(&read)
        .await?;
    let Some(m) = found else { return Ok(None) };
    let rows = [m];
    let Some(line) = lines(&read, viewer, &rows).await?.pop() else { return Ok(None) };
    let beside = Beside::load(&read, viewer, &rows).await?;
    let [m] = &rows;
    let (before, after) = beside.of(m);
    let checks = [Some(m), before, after].into_iter().flatten().filter_map(check).collect();
    let asked = if m.attempt.is_empty() {
        None
    } else {
        attempt::Entity::find()
            .filter(attempt::Column::DeviceId.eq(m.device_id))
            .filter(attempt::Column::Attempt.eq(m.attempt.as_str()))
            .one(&read)
            .await?
    };
    read.commit().await?;
    Ok(Some(RecordPage {
        attempt: asked.as_ref().map(|a| attempt_row(a, line.station.clone())),
        sequence: (m.epoch, m.seq),
        started_ms: m.started_at,
        medium: m.medium.clone(),
        hash: m.hash.clone(),
        checks,
        line,
    }))
}

fn check(m: &event::Model) -> Option<Check> {
    let kind = EventKind::from_number(m.kind)?;
    let (weighed_g, leak, reason, items) = match m.content()? {
        Content::Precheck(p) => (p.tare_g, false, p.reason, p.items),
        Content::Postcheck(p) => (p.gross_g, p.leak, p.reason, p.items),
        _ => return None,
    };
    let (no, at_ms, operator) = (m.no.unsigned_abs(), m.occurred_at, m.operator.clone());
    Some(Check { no, kind, at_ms, operator, passed: passed(m)?, weighed_g, leak, reason, items })
}

/// Sites within the viewer's scope that stand for a place, id and name, by name.
///
/// # Errors
/// When the database fails.
pub async fn stations(db: &Db, viewer: Viewer) -> Result<Vec<(i64, String)>, Error> {
    use site::Column as S;
    let found = site::Entity::find()
        .select_only()
        .columns([S::Id, S::Name])
        .filter(scope::at_sites(viewer, S::Id))
        .filter(S::Kind.ne(site::VIRTUAL))
        .order_by_asc(S::Name)
        .order_by_asc(S::Id);
    Ok(found.into_tuple().all(db.read()).await?)
}
