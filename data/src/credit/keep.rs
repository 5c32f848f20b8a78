//! Facts and ratings kept as the record goes on; computed anew in full; both compared.

use super::{
    CURSOR, Column, Entity, Model, READ_ON, appeals,
    derive::{self, Base, Facts, Key, Places},
    entry, rating, touched, turn,
};
use crate::{Db, Error, WriteTxn, rule, sequence};
use domain::{
    clock,
    credit::{Group, Origin, Rated, Scheme, Trend},
    rules::RuleSet,
};
use pinyin::ToPinyinMulti;
use sea_orm::{
    IntoActiveModel, QueryOrder, QuerySelect, Set, Statement,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Facts written by one statement.
const CHUNK: usize = 2_000;
/// Organisations whose facts are read at a time.
const RATED_AT_ONCE: usize = 100;
/// Ledger numbers that a full computation looks at at a time.
const STRETCH: i64 = 100_000;
/// Differences listed by name; more are only counted.
const LISTED: usize = 100;
/// Ways to read a name that are kept at most.
const READINGS: usize = 8;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Ledger number up to which facts are known.
    pub no: i64,
    /// Facts that were written.
    pub facts: u64,
    /// Organisations that were rated.
    pub rated: u64,
    /// Whether there is more to do.
    pub more: bool,
}

/// Goes on: at most `batch` ledger numbers, then at most `batch` organisations that are not rated as of today. Broken off between two runs
/// nothing is lost; one that finds nothing to do writes nothing.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn run(db: &Db, rules: &RuleSet, now: i64, batch: u64) -> Result<Ran, Error> {
    let day = clock::local_day(now);
    if !is_due(db, rules, day).await? {
        return Ok(Ran { no: sequence::last(db.read(), CURSOR).await?, ..Ran::default() });
    }
    let batch = batch.clamp(1, 1_000_000);
    let txn = db.begin_write().await?;
    let from = sequence::lock(&txn, CURSOR).await?;
    let last = sequence::last(&txn, sequence::LEDGER).await?;
    let to = last.min(from.saturating_add(batch.cast_signed()));
    let places = Places::load(&txn).await?;
    let mut ran = Ran { no: Ord::max(from, to), more: to < last, ..Ran::default() };
    let mut stale = BTreeSet::new();
    if to > from {
        let found = derive::ledger(&txn, &places, (from, to)).await?;
        ran.facts += put(&txn, &found.set, false, &mut stale).await? + put(&txn, &found.late, true, &mut stale).await?;
        sequence::set(&txn, CURSOR, to).await?;
    }
    ran.facts += queue(&txn, &places, batch, &mut stale, &mut ran.more).await?;
    ran.facts += registers(&txn, &places, day, &mut stale).await?;
    for chunk in stale.iter().copied().collect::<Vec<_>>().chunks(CHUNK) {
        rating::Entity::update_many()
            .col_expr(rating::Column::Day, Expr::value(0))
            .filter(rating::Column::OrgId.is_in(chunk.iter().copied()))
            .exec(&txn)
            .await?;
    }
    // While facts of the past are still to come, a rating would be one of yesterday.
    if !ran.more {
        let wants = unrated(&txn, rules, &places, day).await?;
        let most = usize::try_from(batch).unwrap_or(usize::MAX);
        ran.more = wants.len() > most;
        let wants: Vec<i64> = wants.into_iter().take(most).collect();
        ran.rated = wants.len() as u64;
        rate(&txn, &Scheme::of(rules), &places, &wants, (day, now)).await?;
    }
    txn.commit().await?;
    Ok(ran)
}

/// Whether a run would do anything: asked outside of the writer, who is not to be kept from his work every few seconds for nothing.
async fn is_due(db: &Db, rules: &RuleSet, day: i32) -> Result<bool, Error> {
    let read = db.begin_read().await?;
    let far = sequence::last(&read, CURSOR).await? != sequence::last(&read, sequence::LEDGER).await?;
    let due = far
        || sequence::last(&read, READ_ON).await? != i64::from(day)
        || touched::Entity::find().one(&read).await?.is_some();
    if due {
        return Ok(true);
    }
    let places = Places::load(&read).await?;
    let due = !unrated(&read, rules, &places, day).await?.is_empty() || {
        let (known, now) = (kept(&read, &[Origin::Register]).await?, derive::register(&places));
        known.len() != now.len() || known.iter().any(|(k, v)| now.get(k) != Some(&v.0))
    };
    read.commit().await?;
    Ok(due)
}

/// Organisations without a rating of today under these rules and by their present name.
async fn unrated<C: ConnectionTrait>(db: &C, rules: &RuleSet, places: &Places, day: i32) -> Result<Vec<i64>, Error> {
    type Row = (i64, String, String, i32, i32, i64);
    use rating::Column as R;
    let rated: Vec<Row> = rating::Entity::find()
        .select_only()
        .columns([R::OrgId, R::Name, R::Kind, R::Division, R::Day, R::Version])
        .into_tuple()
        .all(db)
        .await?;
    let rated: HashMap<i64, Row> = rated.into_iter().map(|r| (r.0, r)).collect();
    let fits = |r: &Row| {
        places.orgs.get(&r.0).is_some_and(|o| (&o.name, &o.kind, o.division) == (&r.1, &r.2, r.3))
            && (r.4, r.5) == (day, rules.version)
    };
    Ok(places.orgs.keys().copied().filter(|id| !rated.get(id).is_some_and(fits)).collect())
}

/// What changed outside the ledger.
async fn queue(
    txn: &WriteTxn,
    places: &Places,
    batch: u64,
    stale: &mut BTreeSet<i64>,
    more: &mut bool,
) -> Result<u64, Error> {
    let rows = touched::Entity::find().order_by_asc(touched::Column::Id).limit(batch.min(5_000)).all(txn).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    *more |= rows.len() as u64 == batch.min(5_000);
    let numbers: BTreeSet<i64> = rows.iter().map(|r| r.source_no).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let is = derive::incidents(txn, places, Some(&numbers)).await?;
    let origins = [Origin::Accident, Origin::Hazard];
    let was = kept_of(txn, &origins, &numbers).await?;
    let gone: Vec<(i64, i64)> = was.iter().filter(|(k, _)| !is.contains_key(k)).map(|(k, v)| (k.org, v.1)).collect();
    for chunk in gone.chunks(CHUNK) {
        Entity::delete_many().filter(Column::Id.is_in(chunk.iter().map(|g| g.1))).exec(txn).await?;
    }
    stale.extend(gone.iter().map(|g| g.0));
    let written = put(txn, &is, false, stale).await?;
    // A fact that went and came back is still what the appeal against it left of it.
    reapply(txn, Some(&numbers)).await?;
    touched::Entity::delete_many().filter(touched::Column::Id.is_in(rows.iter().map(|r| r.id))).exec(txn).await?;
    Ok(written)
}

/// What the register says, and once a day the shares.
async fn registers(txn: &WriteTxn, places: &Places, day: i32, stale: &mut BTreeSet<i64>) -> Result<u64, Error> {
    let (mut is, mut origins) = (derive::register(places), vec![Origin::Register]);
    if sequence::last(txn, READ_ON).await? != i64::from(day) {
        is.extend(derive::readings(txn, places, day).await?);
        origins.push(Origin::Reading);
        sequence::set(txn, READ_ON, i64::from(day)).await?;
    }
    let was = kept(txn, &origins).await?;
    let gone: Vec<(i64, i64)> = was.iter().filter(|(k, _)| !is.contains_key(k)).map(|(k, v)| (k.org, v.1)).collect();
    for chunk in gone.chunks(CHUNK) {
        Entity::delete_many().filter(Column::Id.is_in(chunk.iter().map(|g| g.1))).exec(txn).await?;
    }
    stale.extend(gone.iter().map(|g| g.0));
    is.retain(|k, v| was.get(k).is_none_or(|w| w.0 != *v));
    put(txn, &is, false, stale).await
}

/// Facts of these origins as they are kept, with their ids.
async fn kept<C: ConnectionTrait>(db: &C, origins: &[Origin]) -> Result<BTreeMap<Key, (Base, i64, i16)>, Error> {
    let of = Column::Source.is_in(origins.iter().map(|o| o.number()));
    Entity::find().filter(of).all(db).await?.into_iter().map(told).collect()
}

async fn kept_of<C: ConnectionTrait>(
    db: &C,
    origins: &[Origin],
    numbers: &[i64],
) -> Result<BTreeMap<Key, (Base, i64, i16)>, Error> {
    let mut out = BTreeMap::new();
    for chunk in numbers.chunks(CHUNK) {
        let of = Column::Source.is_in(origins.iter().map(|o| o.number()));
        let rows = Entity::find().filter(of).filter(Column::SourceNo.is_in(chunk.iter().copied())).all(db).await?;
        for m in rows {
            let (key, told) = told(m)?;
            out.insert(key, told);
        }
    }
    Ok(out)
}

fn told(m: Model) -> Result<(Key, (Base, i64, i16)), Error> {
    let origin = Origin::from_number(m.source).ok_or_else(|| Error::Stored(format!("credit fact {}: source", m.id)))?;
    let key = Key { org: m.org_id, origin, no: m.source_no, item: m.item };
    let base = Base { day: m.day, amount: m.amount, whole: m.whole, closed: m.closed, kept: m.kept };
    Ok((key, (base, m.id, m.allowed)))
}

/// Writes facts, or adds to what stands there, and notes whose they are.
pub(super) async fn put(txn: &WriteTxn, facts: &Facts, add: bool, stale: &mut BTreeSet<i64>) -> Result<u64, Error> {
    let rows: Vec<(&Key, &Base)> = facts.iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let first = sequence::take(txn, "credit_fact", chunk.len()).await?;
        let rows = chunk.iter().zip(first..).map(|((k, b), id)| {
            Model {
                id,
                org_id: k.org,
                source: k.origin.number(),
                source_no: k.no,
                item: k.item.clone(),
                day: b.day,
                amount: b.amount,
                whole: b.whole,
                closed: b.closed,
                kept: b.kept,
                allowed: 100,
            }
            .into_active_model()
            .reset_all()
        });
        let mut conflict = OnConflict::columns([Column::OrgId, Column::Source, Column::SourceNo, Column::Item]);
        if add {
            conflict
                .value(Column::Amount, Expr::cust("\"credit_fact\".\"amount\" + \"excluded\".\"amount\""))
                .value(Column::Whole, Expr::cust("\"credit_fact\".\"whole\" + \"excluded\".\"whole\""));
        } else {
            let columns = [Column::Day, Column::Amount, Column::Whole, Column::Closed, Column::Kept];
            conflict.update_columns(columns);
        }
        Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(txn).await?;
        stale.extend(chunk.iter().map(|(k, _)| k.org));
    }
    Ok(rows.len() as u64)
}

/// What decided appeals left of the facts they were against, of these numbers or all.
async fn reapply(txn: &WriteTxn, numbers: Option<&[i64]>) -> Result<(), Error> {
    for a in decided(txn).await? {
        if numbers.is_some_and(|n| !n.contains(&a.source_no)) {
            continue;
        }
        Entity::update_many()
            .col_expr(Column::Allowed, Expr::value(a.share))
            .filter(Column::OrgId.eq(a.org_id))
            .filter(Column::Source.eq(a.source))
            .filter(Column::SourceNo.eq(a.source_no))
            .filter(Column::Item.eq(a.item))
            .exec(txn)
            .await?;
    }
    Ok(())
}

/// Appeals that were decided, in the order of their numbers: the later counts, also where it left all of a fact of which an earlier one had
/// left a part. One that is not decided yet changes nothing.
async fn decided<C: ConnectionTrait>(db: &C) -> Result<Vec<appeals::Model>, DbErr> {
    use appeals::Column as A;
    appeals::Entity::find().filter(A::DeciderId.is_not_null()).order_by_asc(A::Id).all(db).await
}

/// The facts of organisations as their rating takes them, by organisation.
pub(super) async fn groups<C: ConnectionTrait>(
    db: &C,
    scheme: &Scheme,
    orgs: &[i64],
    day: i32,
) -> Result<HashMap<i64, Vec<Group>>, Error> {
    let mut out: HashMap<i64, Vec<Group>> = HashMap::new();
    if orgs.is_empty() {
        return Ok(out);
    }
    // A year back as well, for the curve; numbers only, nothing of it comes from outside.
    let since = day.saturating_sub(scheme.horizon()).saturating_sub(scheme.trend_days.max(400));
    let ids: Vec<String> = orgs.iter().map(i64::to_string).collect();
    let reading = Origin::Reading.number();
    let sql = format!(
        "SELECT org_id, item, day, closed, whole, CASE WHEN kept < allowed THEN kept ELSE allowed END AS kept_of, \
         CASE WHEN source = {reading} THEN 1 ELSE 0 END AS standing, CAST(SUM(amount) AS BIGINT) AS n FROM credit_fact \
         WHERE org_id IN ({}) AND day > {since} AND amount > 0 \
         GROUP BY org_id, item, day, closed, whole, kept_of, standing",
        ids.join(", ")
    );
    for r in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
        let (kept, standing): (i64, i64) = match db.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                (r.try_get::<i16>("", "kept_of")?.into(), r.try_get::<i32>("", "standing")?.into())
            }
            _ => (r.try_get("", "kept_of")?, r.try_get("", "standing")?),
        };
        let g = Group {
            item: r.try_get("", "item")?,
            day: r.try_get("", "day")?,
            closed: r.try_get("", "closed")?,
            kept,
            count: r.try_get("", "n")?,
            whole: r.try_get("", "whole")?,
            standing: standing != 0,
        };
        out.entry(r.try_get("", "org_id")?).or_default().push(g);
    }
    Ok(out)
}

/// Letters of a name: each way to read it whole, and by its first letters; what is no Chinese character stands for itself.
pub(super) fn letters(name: &str) -> String {
    let mut ways: Vec<(String, String)> = vec![(String::new(), String::new())];
    for c in name.chars().filter(|c| c.is_alphanumeric()) {
        let mut read: Vec<String> =
            c.to_pinyin_multi().map_or_else(Vec::new, |m| m.into_iter().map(|p| p.plain().to_owned()).collect());
        if read.is_empty() {
            read = vec![c.to_lowercase().collect()];
        }
        read.sort_unstable();
        read.dedup();
        // The usual reading stands first among those kept: it is the crate's first.
        if let Some(first) = c.to_pinyin_multi().and_then(|m| m.into_iter().next().map(|p| p.plain().to_owned()))
            && let Some(at) = read.iter().position(|r| *r == first)
        {
            read.swap(0, at);
        }
        let firsts = |r: &str| r.chars().next().map(String::from).unwrap_or_default();
        let mut next = vec![];
        for r in &read {
            for (whole, first) in &ways {
                next.push((format!("{whole}{r}"), format!("{first}{}", firsts(r))));
            }
        }
        next.truncate(READINGS);
        ways = next;
    }
    let mut words: Vec<String> = vec![];
    for w in ways.iter().map(|w| &w.1).chain(ways.iter().map(|w| &w.0)) {
        if !w.is_empty() && !words.contains(w) {
            words.push(w.clone());
        }
    }
    format!(" {} ", words.join(" "))
}

/// Rates organisations as of a day, and notes where a grade turned.
pub(super) async fn rate(
    txn: &WriteTxn,
    scheme: &Scheme,
    places: &Places,
    orgs: &[i64],
    (day, now): (i32, i64),
) -> Result<HashMap<i64, Rated>, Error> {
    let mut out = HashMap::new();
    for chunk in orgs.chunks(RATED_AT_ONCE) {
        let of = rating::Column::OrgId.is_in(chunk.iter().copied());
        let was: HashMap<i64, rating::Model> =
            rating::Entity::find().filter(of).all(txn).await?.into_iter().map(|r| (r.org_id, r)).collect();
        let groups = groups(txn, scheme, chunk, day).await?;
        let (mut rows, mut turns) = (vec![], vec![]);
        for id in chunk {
            let Some(org) = places.orgs.get(id) else { continue };
            let before = was.get(id);
            let (row, rated) = rated(scheme, org, groups.get(id).map_or(&[], Vec::as_slice), day, before);
            if before.is_none_or(|b| b.grade != row.grade) {
                turns.push((row.clone(), before.map(|b| b.grade)));
            }
            rows.push(row.into_active_model().reset_all());
            out.insert(*id, rated);
        }
        if rows.is_empty() {
            continue;
        }
        use rating::Column as R;
        let columns = [
            R::Name,
            R::Pinyin,
            R::Kind,
            R::Division,
            R::Day,
            R::Version,
            R::Score,
            R::Grade,
            R::Trend,
            R::Moved,
            R::Veto,
        ];
        rating::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(R::OrgId).update_columns(columns).to_owned())
            .exec_without_returning(txn)
            .await?;
        if !turns.is_empty() {
            let first = sequence::take(txn, "credit_turn", turns.len()).await?;
            let rows = turns.into_iter().zip(first..).map(|((r, was), id)| turn::ActiveModel {
                id: Set(id),
                org_id: Set(r.org_id),
                at: Set(now),
                grade_was: Set(was),
                grade_is: Set(r.grade),
                score: Set(r.score),
                version: Set(r.version),
            });
            turn::Entity::insert_many(rows).exec_without_returning(txn).await?;
        }
    }
    Ok(out)
}

fn rated(
    scheme: &Scheme,
    org: &crate::org::Model,
    groups: &[Group],
    day: i32,
    before: Option<&rating::Model>,
) -> (rating::Model, Rated) {
    let rated = scheme.rate(groups, day);
    let (trend, moved): (Trend, i64) = scheme.trend(groups, &rated);
    let letters = match before {
        Some(b) if b.name == org.name => b.pinyin.clone(),
        _ => letters(&org.name),
    };
    let row = rating::Model {
        org_id: org.id,
        name: org.name.clone(),
        pinyin: letters,
        kind: org.kind.clone(),
        division: org.division,
        day,
        version: scheme.version,
        score: rated.score,
        grade: rated.grade.number(),
        trend: trend.number(),
        moved,
        veto: rated.veto,
    };
    (row, rated)
}

/// What a full computation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Full {
    /// Facts.
    pub facts: u64,
    /// Organisations.
    pub rated: u64,
}

/// All facts of the ledger up to a number, and of what was entered beside it: without what the register says and what was read off.
async fn all<C: ConnectionTrait>(db: &C, places: &Places, to: i64) -> Result<Facts, Error> {
    let (mut out, mut from) = (Facts::new(), 0);
    while from < to {
        let until = to.min(from.saturating_add(STRETCH));
        let found = derive::ledger(db, places, (from, until)).await?;
        out.extend(found.set);
        for (key, b) in found.late {
            let sum = out.entry(key).or_insert(Base { amount: 0, whole: 0, ..b });
            sum.amount += b.amount;
            sum.whole += b.whole;
        }
        from = until;
    }
    out.extend(derive::incidents(db, places, None).await?);
    out.extend(derive::entries(db, places).await?);
    Ok(out)
}

/// Computes everything anew from the record, and puts it in the place of what was kept.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn full(db: &Db, rules: &RuleSet, now: i64) -> Result<Full, Error> {
    let day = clock::local_day(now);
    let txn = db.begin_write().await?;
    sequence::lock(&txn, CURSOR).await?;
    let last = sequence::last(&txn, sequence::LEDGER).await?;
    let places = Places::load(&txn).await?;
    let mut facts = all(&txn, &places, last).await?;
    facts.extend(derive::register(&places));
    facts.extend(derive::readings(&txn, &places, day).await?);
    Entity::delete_many().exec(&txn).await?;
    touched::Entity::delete_many().exec(&txn).await?;
    let mut stale = BTreeSet::new();
    let written = put(&txn, &facts, false, &mut stale).await?;
    drop(facts);
    reapply(&txn, None).await?;
    sequence::set(&txn, CURSOR, last).await?;
    sequence::set(&txn, READ_ON, i64::from(day)).await?;
    let orgs: Vec<i64> = places.orgs.keys().copied().collect();
    rate(&txn, &Scheme::of(rules), &places, &orgs, (day, now)).await?;
    txn.commit().await?;
    Ok(Full { facts: written, rated: orgs.len() as u64 })
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Facts that were computed.
    pub facts: u64,
    /// Ratings that were computed.
    pub rated: u64,
    /// Differences.
    pub differences: u64,
    /// The first of them, by name.
    pub named: Vec<String>,
}

impl Compared {
    fn differs(&mut self, what: impl FnOnce() -> String) {
        self.differences += 1;
        if self.named.len() < LISTED {
            self.named.push(what());
        }
    }
}

/// Computes in full what is kept, up to where the keeping is, and tells what differs. What the register says and what was read off keeps no
/// history of its own: it is taken as it was recorded. Ratings are computed as of their day and under their rules.
///
/// # Errors
/// When the database fails, or a stored value cannot be read. A difference is no error.
pub async fn compare<C: ConnectionTrait>(db: &C, rules: &RuleSet) -> Result<Compared, Error> {
    let mut out = Compared::default();
    let to = sequence::last(db, CURSOR).await?;
    let places = Places::load(db).await?;
    let mut computed = all(db, &places, to).await?;
    out.facts = computed.len() as u64;
    // What changed since and waits for its turn.
    let waiting: BTreeSet<i64> = touched::Entity::find().all(db).await?.into_iter().map(|t| t.source_no).collect();
    let waits = |k: &Key| matches!(k.origin, Origin::Accident | Origin::Hazard) && waiting.contains(&k.no);
    let mut left: HashMap<(i64, i16, i64, String), i16> = HashMap::new();
    for a in decided(db).await? {
        left.insert((a.org_id, a.source, a.source_no, a.item), a.share);
    }
    let mut after = 0;
    loop {
        let page = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(10_000).all(db).await?;
        let Some(last) = page.last().map(|m| m.id) else { break };
        after = last;
        for m in page {
            let (key, (base, _, allowed)) = told(m)?;
            let share = left.get(&(key.org, key.origin.number(), key.no, key.item.clone())).copied().unwrap_or(100);
            if allowed != share {
                out.differs(|| format!("credit fact {key:?}: an appeal left {share} % of it, kept {allowed} %"));
            }
            if waits(&key) || matches!(key.origin, Origin::Register | Origin::Reading) {
                computed.remove(&key);
                continue;
            }
            match computed.remove(&key) {
                Some(b) if b == base => {}
                b => out.differs(|| format!("credit fact {key:?}: kept {base:?}, computed {b:?}")),
            }
        }
    }
    for (key, base) in computed.into_iter().filter(|(k, _)| !waits(k)) {
        out.differs(|| format!("credit fact {key:?}: is not kept, computed {base:?}"));
    }
    ratings(db, rules, &places, &mut out).await?;
    Ok(out)
}

async fn ratings<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    places: &Places,
    out: &mut Compared,
) -> Result<(), Error> {
    let mut schemes: HashMap<i64, Scheme> = HashMap::from([(rules.version, Scheme::of(rules))]);
    // A fact came since: it is rated with the next run.
    let rows = rating::Entity::find().filter(rating::Column::Day.ne(0)).order_by_asc(rating::Column::OrgId);
    let rows = rows.all(db).await?;
    let mut alike: BTreeMap<(i64, i32), Vec<&rating::Model>> = BTreeMap::new();
    rows.iter().for_each(|r| alike.entry((r.version, r.day)).or_default().push(r));
    for ((version, day), rows) in alike {
        if let std::collections::hash_map::Entry::Vacant(e) = schemes.entry(version) {
            e.insert(Scheme::of(&rule::version(db, version).await?));
        }
        let Some(scheme) = schemes.get(&version) else { continue };
        for chunk in rows.chunks(RATED_AT_ONCE) {
            let ids: Vec<i64> = chunk.iter().map(|r| r.org_id).collect();
            let groups = groups(db, scheme, &ids, day).await?;
            for r in chunk {
                out.rated += 1;
                let Some(org) = places.orgs.get(&r.org_id) else {
                    out.differs(|| format!("rating of {}: there is no such organisation", r.org_id));
                    continue;
                };
                let (mut computed, _) =
                    rated(scheme, org, groups.get(&r.org_id).map_or(&[], Vec::as_slice), day, Some(r));
                // What the register calls it now is taken over with the next run.
                (computed.name, computed.kind, computed.division) = (r.name.clone(), r.kind.clone(), r.division);
                computed.pinyin = letters(&r.name);
                if computed != **r {
                    out.differs(|| format!("rating of {}: kept {r:?}, computed {computed:?}", r.org_id));
                }
            }
        }
    }
    Ok(())
}

/// Writes the fact of an entry, or takes it away, and rates its organisation.
pub(super) async fn put_entry(
    txn: &WriteTxn,
    rules: &RuleSet,
    m: &entry::Model,
    now: i64,
) -> Result<Option<Rated>, Error> {
    let mut stale = BTreeSet::new();
    match derive::of_entry(m) {
        Some((key, base)) => {
            put(txn, &Facts::from([(key, base)]), false, &mut stale).await?;
        }
        None => {
            Entity::delete_many()
                .filter(Column::OrgId.eq(m.org_id))
                .filter(Column::Source.eq(Origin::Entry.number()))
                .filter(Column::SourceNo.eq(m.id))
                .exec(txn)
                .await?;
        }
    }
    rate_one(txn, rules, m.org_id, now).await
}

/// Rates an organisation now; `None` where it is none that is graded.
pub(super) async fn rate_one(txn: &WriteTxn, rules: &RuleSet, org: i64, now: i64) -> Result<Option<Rated>, Error> {
    let places = Places::load(txn).await?;
    let day = clock::local_day(now);
    Ok(rate(txn, &Scheme::of(rules), &places, &[org], (day, now)).await?.remove(&org))
}
