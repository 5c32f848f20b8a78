//! The page of an organisation, its points, what would make it better, and what other rules would come to.

use super::{
    Column, Entity, Model, appeals,
    derive::{GRADED, Places},
    keep::groups,
    rating, step, turn,
};
use crate::{
    Db, Error, attachment, names, org,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    scope,
};
use chrono::{Datelike, Months};
use domain::{
    clock,
    credit::{
        Act, Appeal, AppealPage, Candidate, Dimension, DimensionLine, Grade, Group, ItemLine, Moved, Moves, Origin,
        Point, PointRef, RatingLine, RatingPage, Scheme, State, Step, Trend, Turned, WhatIf, effects, item_text,
    },
    list::{ListPage, ListQuery, PageAt, SIZES, Total},
    org::Kind,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::{Condition, QueryFilter, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Points on the page of an organisation.
const SHOWN: u64 = 50;
/// Open facts of an item that are offered to be closed.
const OFFERED: u64 = 200;
/// Organisations of a preview named at most.
const NAMED: usize = 1_000;
/// Names of the filters of the list of points.
const POINT_FILTERS: [&str; 2] = ["item", "state"];

async fn seen<C: ConnectionTrait>(db: &C, viewer: Viewer, id: i64) -> Result<Option<org::Model>, DbErr> {
    org::Entity::find_by_id(id)
        .filter(scope::within(viewer, org::Column::Id))
        .filter(org::Column::Kind.is_in(GRADED.map(Kind::code)))
        .one(db)
        .await
}

/// The page of an organisation within the viewer's scope, as of now: rated from the facts that are known.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn one(db: &Db, viewer: Viewer, rules: &RuleSet, id: i64, now: i64) -> Result<Option<RatingPage>, Error> {
    let read = db.begin_read().await?;
    let Some(org) = seen(&read, viewer, id).await? else { return Ok(None) };
    let (scheme, day) = (Scheme::of(rules), clock::local_day(now));
    let all = groups(&read, &scheme, &[id], day).await?.remove(&id).unwrap_or_default();
    let rated = scheme.rate(&all, day);
    let (trend, by) = scheme.trend(&all, &rated);
    let mut facts: HashMap<&str, i64> = HashMap::new();
    for g in all.iter().filter(|g| scheme.cost(g, day) > 0) {
        *facts.entry(g.item.as_str()).or_default() += if g.whole > 1 { 1 } else { g.count };
    }
    let districts = names::districts(&read, [org.division]).await?;
    let mut items: BTreeMap<Dimension, Vec<ItemLine>> = BTreeMap::new();
    for i in &rated.items {
        let Some((row, terms)) = rules.rows.iter().find(|r| r.rule_id == i.item).and_then(|r| Some((r, r.credit?)))
        else {
            continue;
        };
        items.entry(terms.dimension).or_default().push(ItemLine {
            item: i.item.clone(),
            name: item_text(rules, &i.item),
            basis: (row.source.clone(), row.clause.clone()),
            facts: facts.get(i.item.as_str()).copied().unwrap_or_default(),
            raw: i.raw,
            taken: i.taken,
            veto: i.veto,
        });
    }
    let dimensions = rated.dimensions.iter().map(|d| {
        let mut items = items.remove(&d.dimension).unwrap_or_default();
        items.sort_by_key(|i| (std::cmp::Reverse(i.taken), i.item.clone()));
        DimensionLine { dimension: d.dimension, left: d.left, of: d.of, items }
    });
    let dimensions = dimensions.collect();
    let latest = Entity::find()
        .filter(Column::OrgId.eq(id))
        .filter(Column::Amount.gt(0))
        // What is known to come is none yet.
        .filter(Column::Day.lte(day))
        .order_by_desc(Column::Day)
        .order_by_desc(Column::Id)
        .limit(SHOWN + 1)
        .all(&read)
        .await?;
    let more = latest.len() as u64 > SHOWN;
    let latest = latest.into_iter().take(usize::try_from(SHOWN).unwrap_or(usize::MAX)).collect();
    let points = lines(&read, rules, &scheme, latest, day).await?;
    let turned = turn::Entity::find()
        .filter(turn::Column::OrgId.eq(id))
        .order_by_desc(turn::Column::Id)
        .limit(24)
        .all(&read)
        .await?;
    read.commit().await?;
    let turned = turned.into_iter().filter_map(|t| {
        Some(Turned {
            at: t.at,
            was: t.grade_was.and_then(Grade::from_number),
            is: Grade::from_number(t.grade_is)?,
            score: t.score,
            version: t.version,
        })
    });
    let line = RatingLine {
        org: id,
        district: districts.get(&org.division).cloned().unwrap_or_default(),
        name: org.name,
        kind: org.kind,
        division: org.division,
        score: rated.score,
        grade: rated.grade,
        trend,
        by,
        veto: rated.veto,
        day: clock::date_of(day),
    };
    Ok(Some(RatingPage {
        effects: effects(rules, line.grade),
        line,
        version: rules.version,
        dimensions,
        points,
        more,
        turned: turned.collect(),
        curve: curve(&scheme, &all, day),
    }))
}

/// The points on the first days of the last months, and today.
fn curve(scheme: &Scheme, all: &[Group], day: i32) -> Vec<(chrono::NaiveDate, i64)> {
    let today = clock::date_of(day);
    let first = today.with_day(1).unwrap_or(today);
    let months = (0..12_u32).rev().filter_map(|n| first.checked_sub_months(Months::new(n)));
    let days = months.filter(|d| *d < today).chain([today]);
    days.map(|d| (d, scheme.rate(all, clock::day_of(d)).score)).collect()
}

async fn lines<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    scheme: &Scheme,
    rows: Vec<Model>,
    day: i32,
) -> Result<Vec<Point>, Error> {
    let orgs: HashSet<i64> = rows.iter().map(|m| m.org_id).collect();
    use appeals::Column as A;
    let numbers: HashSet<i64> = rows.iter().map(|m| m.source_no).collect();
    let against = appeals::Entity::find()
        .filter(A::OrgId.is_in(orgs))
        .filter(A::SourceNo.is_in(numbers))
        .order_by_asc(A::Id)
        .all(db)
        .await?;
    let mut appealed: HashMap<(i64, i16, i64, String), (i64, State)> = HashMap::new();
    for a in against {
        if let Some(state) = State::from_code(&a.state) {
            appealed.insert((a.org_id, a.source, a.source_no, a.item), (a.id, state));
        }
    }
    let point = |m: Model| {
        let origin =
            Origin::from_number(m.source).ok_or_else(|| Error::Stored(format!("credit fact {}: source", m.id)))?;
        let group = group(&m, origin);
        let happened = if group.standing { day } else { m.day };
        let terms = scheme.terms(&m.item, happened).map(|t| t.1);
        let row = rules.rows.iter().find(|r| r.rule_id == m.item);
        let open = m.closed.is_none() && origin.closes();
        Ok(Point {
            name: item_text(rules, &m.item),
            dimension: terms.map(|t| t.dimension),
            source: row.map(|r| r.source.clone()).unwrap_or_default(),
            clause: row.map(|r| r.clause.clone()).unwrap_or_default(),
            event: origin.address(m.source_no, m.org_id),
            day: clock::date_of(m.day),
            closed: m.closed.map(clock::date_of),
            share: (m.amount, m.whole),
            kept: group.kept,
            cost: scheme.cost(&group, day),
            fades: scheme.fades_on(&group).map(clock::date_of),
            veto: terms.is_some_and(|t| t.veto),
            repair: terms.filter(|_| open).map_or(0, |t| t.repair),
            appeal: appealed.get(&(m.org_id, m.source, m.source_no, m.item.clone())).copied(),
            point: PointRef { origin, no: m.source_no, item: m.item },
        })
    };
    rows.into_iter().map(point).collect()
}

fn group(m: &Model, origin: Origin) -> Group {
    Group {
        item: m.item.clone(),
        day: m.day,
        closed: m.closed,
        kept: i64::from(Ord::min(m.kept, m.allowed)),
        count: m.amount,
        whole: m.whole,
        standing: origin == Origin::Reading,
    }
}

/// A page of the points of an organisation, the newest first. Filters: `item` (id of a rule row), `state` (`open` or `closed`).
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn points(
    db: &Db,
    viewer: Viewer,
    rules: &RuleSet,
    id: i64,
    query: &ListQuery,
    now: i64,
) -> Result<ListPage<Point>, AskError> {
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let descending = match query.sort.as_str() {
        "" => true,
        "day" => query.descending,
        _ => return Err(AskError::Field("sort")),
    };
    let day = clock::local_day(now);
    let mut all = Condition::all().add(Column::OrgId.eq(id)).add(Column::Amount.gt(0)).add(Column::Day.lte(day));
    for (name, value) in &query.filters {
        let field = *POINT_FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let value = page::text(field, value)?;
        all = match (field, value) {
            ("item", item) => all.add(Column::Item.eq(item)),
            (_, "open") => all.add(Column::Closed.is_null()),
            (_, "closed") => all.add(Column::Closed.is_not_null()),
            _ => return Err(AskError::Field("state")),
        };
    }
    let label = if descending { "day-" } else { "day+" };
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, label)?),
    };
    let read = db.begin_read().await?;
    if seen(&read, viewer, id).await?.is_none() {
        return Ok(ListPage { rows: vec![], total: Total::default(), before: None, after: None });
    }
    let order = Order {
        key: ("credit_fact", "day"),
        id: ("credit_fact", "id"),
        int: true,
        nullable: false,
        descending,
        few: false,
    };
    let base = Entity::find().filter(all).into_query();
    let slice: Slice<Model> = page::fetch(&read, &base, &order, &at, size.into()).await?;
    let total = page::total(&read, &base).await?;
    let cursor = |m: &Model| Cursor { key: Some(Key::Int(m.day.into())), id: m.id }.write(label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = lines(&read, rules, &Scheme::of(rules), slice.rows, day).await?;
    read.commit().await.map_err(Error::from)?;
    Ok(ListPage { rows, total, before, after })
}

/// The fewest open points of an organisation within the viewer's scope that are to be closed for its next better grade. `None` where it has the
/// best, or is not there.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn what_if(
    db: &Db,
    viewer: Viewer,
    rules: &RuleSet,
    id: i64,
    now: i64,
) -> Result<Option<WhatIf<Point>>, Error> {
    let read = db.begin_read().await?;
    if seen(&read, viewer, id).await?.is_none() {
        return Ok(None);
    }
    let (scheme, day) = (Scheme::of(rules), clock::local_day(now));
    let all = groups(&read, &scheme, &[id], day).await?.remove(&id).unwrap_or_default();
    let items: HashSet<&str> = all.iter().filter(|g| g.closed.is_none()).map(|g| g.item.as_str()).collect();
    let closes: Vec<i16> = Origin::ALL.iter().filter(|o| o.closes()).map(|o| o.number()).collect();
    let mut open = vec![];
    for item in items {
        // The newest weigh most, but for what an appeal left of them.
        let rows = Entity::find()
            .filter(Column::OrgId.eq(id))
            .filter(Column::Item.eq(item))
            .filter(Column::Closed.is_null())
            .filter(Column::Amount.gt(0))
            .filter(Column::Day.lte(day))
            .filter(Column::Source.is_in(closes.clone()))
            .order_by_desc(Column::Day)
            .order_by_desc(Column::Id)
            .limit(OFFERED)
            .all(&read)
            .await?;
        open.extend(rows);
    }
    open.sort_by_key(|m| m.id);
    let candidates: Vec<Candidate<usize>> = open
        .iter()
        .enumerate()
        .filter_map(|(which, m)| Some(Candidate { which, group: group(m, Origin::from_number(m.source)?) }))
        .collect();
    let Some(what) = scheme.what_if(&all, &candidates, day) else { return Ok(None) };
    let chosen: Vec<Model> = what.close.iter().filter_map(|i| open.get(*i).cloned()).collect();
    let close = lines(&read, rules, &scheme, chosen, day).await?;
    read.commit().await?;
    Ok(Some(WhatIf { grade: what.grade, close, score: what.score, alone: what.alone }))
}

/// What other rules would come to for the organisations within the viewer's scope, as of now: the same computation as the one that follows when
/// they are published.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn preview(
    db: &Db,
    viewer: Viewer,
    (in_force, others): (&RuleSet, &RuleSet),
    now: i64,
) -> Result<Moves, Error> {
    let read = db.begin_read().await?;
    let (was, is, day) = (Scheme::of(in_force), Scheme::of(others), clock::local_day(now));
    let places = Places::load(&read).await?;
    let sees = |o: &org::Model| viewer.scope.covers(o.division, o.id);
    let orgs: Vec<&org::Model> = places.orgs.values().filter(|o| sees(o)).collect();
    // Facts are read as far back as either needs.
    let wider = if was.horizon() >= is.horizon() { &was } else { &is };
    let mut out = Moves::default();
    for chunk in orgs.chunks(100) {
        let ids: Vec<i64> = chunk.iter().map(|o| o.id).collect();
        let groups = groups(&read, wider, &ids, day).await?;
        for o in chunk {
            let all = groups.get(&o.id).map_or(&[][..], Vec::as_slice);
            let (a, b) = (was.rate(all, day), is.rate(all, day));
            out.seen += 1;
            out.moved += i64::from((a.score, a.grade) != (b.score, b.grade));
            count(&mut out.was, a.grade);
            count(&mut out.is, b.grade);
            if a.grade != b.grade {
                let (was, is) = ((a.score, a.grade), (b.score, b.grade));
                out.turned.push(Moved { org: o.id, name: o.name.clone(), was, is });
            }
        }
    }
    read.commit().await?;
    out.turned.sort_by_key(|m| (m.was.1.number() - m.is.1.number(), m.is.0, m.org));
    out.turned.truncate(NAMED);
    Ok(out)
}

fn count(of: &mut [i64; 4], grade: Grade) {
    if let Some(n) = usize::try_from(grade.number()).ok().and_then(|i| of.get_mut(i)) {
        *n += 1;
    }
}

/// Appeals with the names of what they speak of.
pub(crate) async fn appeal_lines<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    rows: Vec<appeals::Model>,
) -> Result<Vec<Appeal>, Error> {
    let orgs = names::orgs(db, rows.iter().map(|m| m.org_id)).await?;
    let line = |m: appeals::Model| {
        let bad = |what: &str| Error::Stored(format!("credit appeal {}: {what}", m.id));
        let origin = Origin::from_number(m.source).ok_or_else(|| bad("source"))?;
        Ok(Appeal {
            state: State::from_code(&m.state).ok_or_else(|| bad("state"))?,
            id: m.id,
            org: m.org_id,
            org_name: orgs.get(&m.org_id).cloned().unwrap_or_default(),
            item: item_text(rules, &m.item),
            event: origin.address(m.source_no, m.org_id),
            point: PointRef { origin, no: m.source_no, item: m.item },
            grounds: m.grounds,
            evidence: m.evidence,
            filed_at: m.filed_at,
            due: clock::date_of(m.due),
            share: m.share.into(),
            reviewed: m.reviewed,
        })
    };
    rows.into_iter().map(line).collect()
}

/// An appeal within the viewer's scope with its steps. An enterprise is not told which officer did what.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn appeal(db: &Db, viewer: Viewer, rules: &RuleSet, id: i64) -> Result<Option<AppealPage>, Error> {
    let read = db.begin_read().await?;
    let found =
        appeals::Entity::find_by_id(id).filter(scope::within(viewer, appeals::Column::OrgId)).all(&read).await?;
    let Some(appeal) = appeal_lines(&read, rules, found).await?.pop() else { return Ok(None) };
    let steps =
        step::Entity::find().filter(step::Column::AppealId.eq(id)).order_by_asc(step::Column::No).all(&read).await?;
    let outside = matches!(viewer.scope, Scope::Org(_));
    let people = names::accounts(&read, steps.iter().map(|s| s.account_id)).await?;
    let files = attachment::of(&read, attachment::Of::Appeal, &[id]).await?.remove(&id).unwrap_or_default();
    read.commit().await?;
    let told = |s: step::Model| {
        let bad = || Error::Stored(format!("credit appeal {id}: step {}", s.no));
        let act = Act::from_code(&s.act).ok_or_else(bad)?;
        let by = people.get(&s.account_id).cloned().unwrap_or_else(|| format!("#{}", s.account_id));
        Ok(Step {
            at: s.at,
            act,
            by: if outside && !act.is_of_the_enterprise() { String::new() } else { by },
            note: s.note,
            evidence: s.evidence,
            effect: serde_json::from_str(&s.effect).ok(),
        })
    };
    let steps = steps.into_iter().map(told).collect::<Result<Vec<_>, Error>>()?;
    let acts = appeal.state.acts(appeal.reviewed, outside).collect();
    Ok(Some(AppealPage { appeal, steps, acts, files }))
}

/// Whether a viewer sees the evidence of an appeal: whoever filed it, and the authority in whose part of the city that is.
///
/// # Errors
/// When the database fails.
pub async fn shows_files(db: &Db, viewer: Viewer, id: i64) -> Result<bool, Error> {
    let q = appeals::Entity::find_by_id(id).filter(scope::within(viewer, appeals::Column::OrgId));
    Ok(q.one(db.read()).await?.is_some())
}

/// A rating as it stands in lists.
pub(crate) fn line(m: rating::Model, districts: &HashMap<i32, String>) -> Result<RatingLine, Error> {
    Ok(RatingLine {
        org: m.org_id,
        grade: Grade::from_number(m.grade).ok_or_else(|| Error::Stored(format!("rating of {}: grade", m.org_id)))?,
        name: m.name,
        kind: m.kind,
        division: m.division,
        district: districts.get(&m.division).cloned().unwrap_or_default(),
        score: m.score,
        trend: Trend::from_number(m.trend),
        by: m.moved,
        veto: m.veto,
        day: clock::date_of(m.day),
    })
}
