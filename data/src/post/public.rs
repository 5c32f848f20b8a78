//! What everybody sees, without an account: published posts within their validity, and nothing that says who worked on them.

use super::{Column, Entity, Error, Model, act::tag_term, file, reading, stored, sums, term, version, within};
use crate::{Db, WriteTxn, names, org, page};
use domain::{
    analysis::Span,
    clock,
    post::{
        Category, Content, FEED_MAX, PUBLIC_SIZE, PublicAsk, PublicLine, PublicPage, PublicPost, TAGS_MAX, WALL_MAX,
        WallPost, query_terms,
    },
    scope::{Scope, Viewer},
};
use sea_orm::{
    Condition, FromQueryResult, JoinType, Order, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, Query, SelectStatement},
};
use std::collections::{HashMap, HashSet};

/// Pages that can be asked for: nobody reads further.
const PAGES_MAX: u32 = 500;
/// Openings of a post in one stretch that are believed.
const READS_MAX: i64 = 1_000_000;

/// Posts that everybody sees at an instant. What is past its validity is gone by itself.
fn visible(now: i64) -> Condition {
    let today = clock::local_date(now);
    Condition::all()
        .add(Column::PublicNo.is_not_null())
        .add(Condition::any().add(Column::ValidFrom.is_null()).add(Column::ValidFrom.lte(today)))
        .add(Condition::any().add(Column::ValidTo.is_null()).add(Column::ValidTo.gte(today)))
}

/// The public versions of posts, in the order of the posts.
async fn shown<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<Vec<(PublicLine, Content)>, Error> {
    let keys: Vec<(i64, i32)> = rows.iter().filter_map(|m| Some((m.id, m.public_no?))).collect();
    let mut of = Condition::any();
    for (id, no) in &keys {
        of = of.add(version::Column::PostId.eq(*id).and(version::Column::No.eq(*no)));
    }
    let versions = if keys.is_empty() { vec![] } else { version::Entity::find().filter(of).all(db).await? };
    let mut contents: HashMap<i64, (Content, Option<i64>)> = HashMap::new();
    for v in versions {
        contents.insert(v.post_id, (stored(&v.content, v.post_id)?, v.published_at));
    }
    let orgs: HashSet<i64> = contents.values().map(|c| c.0.org).filter(|o| *o > 0).collect();
    let orgs = names::orgs(db, orgs).await?;
    let districts: HashSet<i32> = rows.iter().map(|m| m.division).filter(|d| *d > 0).collect();
    let districts = names::districts(db, districts).await?;
    let line = |m: Model| {
        let bad = || Error::Stored(format!("post {}: its public version", m.id));
        let (c, published_at) = contents.remove(&m.id).ok_or_else(bad)?;
        let public_at = m.public_at.ok_or_else(bad)?;
        let line = PublicLine {
            id: m.id,
            slug: m.slug.clone(),
            title: c.title.clone(),
            summary: if c.summary.is_empty() {
                domain::post::excerpt(&domain::post::plain(&c.body), domain::post::TITLE_MAX)
            } else {
                c.summary.clone()
            },
            category: c.category.ok_or_else(bad)?,
            tags: c.tags.clone(),
            cover: c.cover.clone(),
            pinned: m.pinned,
            division: m.division,
            district: districts.get(&m.division).cloned().unwrap_or_default(),
            org_name: orgs.get(&c.org).cloned().unwrap_or_default(),
            public_at,
            changed_at: published_at.unwrap_or(public_at),
            valid_to: c.valid_to,
        };
        Ok((line, c))
    };
    rows.into_iter().map(line).collect()
}

/// Posts in which all of these terms stand, with what they weigh there.
fn weighed(terms: &[String]) -> SelectStatement {
    let n = i64::try_from(terms.len()).unwrap_or(i64::MAX);
    Query::select()
        .column(term::Column::PostId)
        .expr_as(Expr::cust("SUM(weight)"), Alias::new("weight"))
        .from(term::Entity)
        .and_where(Expr::col(term::Column::Term).is_in(terms.iter().map(String::as_str)))
        .group_by_col(term::Column::PostId)
        .and_having(Expr::cust("COUNT(*)").eq(n))
        .to_owned()
}

/// A page of what everybody sees: safety first, then what is pinned, then the newest. What is searched for comes by how well it fits, and
/// promotions behind everything else.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn public_list(db: &Db, ask: &PublicAsk, now: i64) -> Result<PublicPage, Error> {
    let asked: String = ask.text.chars().take(domain::list::VALUE_MAX).collect();
    let mut terms = query_terms(&asked);
    let none = PublicPage { page: 1, last: 1, ..PublicPage::default() };
    if terms.is_empty() && !asked.trim().is_empty() {
        return Ok(none);
    }
    let searches = !terms.is_empty();
    if !ask.tag.trim().is_empty() {
        let tag: String = ask.tag.trim().chars().filter(|c| !c.is_control()).take(domain::post::TAG_MAX).collect();
        terms.push(tag_term(&tag));
    }
    let mut all = visible(now);
    if let Some(c) = ask.category {
        all = all.add(Column::PublicCategory.eq(c.code()));
    }
    let mut base: SelectStatement = Entity::find().filter(all).into_query();
    let found = Alias::new("found");
    if !terms.is_empty() {
        let on = Expr::col((found.clone(), Alias::new("post_id"))).eq(Column::Id.into_expr());
        base.join_subquery(JoinType::InnerJoin, weighed(&terms), found.clone(), on);
    }
    let read = db.begin_read().await?;
    let all = page::total(&read, &base).await?.count;
    let last = all.div_ceil(u32::try_from(PUBLIC_SIZE).unwrap_or(1)).clamp(1, PAGES_MAX);
    let at = ask.page.clamp(1, last);
    if searches {
        let promotes = Column::PublicCategory.eq(Category::Promotion.code());
        base.order_by_expr(Expr::case(promotes, 1).finally(0).into(), Order::Asc);
        base.order_by((found, Alias::new("weight")), Order::Desc);
    }
    base.order_by_expr(Column::PublicKey.into_expr(), Order::Desc).order_by_expr(Column::Id.into_expr(), Order::Desc);
    base.limit(PUBLIC_SIZE).offset(u64::from(at - 1) * PUBLIC_SIZE);
    let rows = Model::find_by_statement(read.get_database_backend().build(&base)).all(&read).await?;
    let posts = shown(&read, rows).await?.into_iter().map(|p| p.0).collect();
    read.commit().await?;
    Ok(PublicPage { posts, page: at, last, all })
}

/// A post that everybody sees, by its name in addresses or its number.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn public_one(db: &Db, name: &str, now: i64) -> Result<Option<PublicPost>, Error> {
    let read = db.begin_read().await?;
    let number = name.parse::<i64>().ok().filter(|n| *n > 0 && n.to_string() == name);
    let which = match (number, domain::post::slug(name)) {
        (Some(id), _) => Column::Id.eq(id),
        (None, Some(slug)) => Column::Slug.eq(slug),
        (None, None) => return Ok(None),
    };
    let rows = Entity::find().filter(visible(now)).filter(which).all(&read).await?;
    let Some((line, content)) = shown(&read, rows).await?.pop() else { return Ok(None) };
    let reads = sums(&read, &[line.id]).await?.get(&line.id).copied().unwrap_or_default();
    read.commit().await?;
    Ok(Some(PublicPost { line, body: content.body, downloads: content.downloads, reads }))
}

/// Whether everybody saw a post of this name in addresses or number, and does so no more: it was withdrawn, or its validity has ended. What
/// nobody has seen yet is not told apart from what does not exist.
///
/// # Errors
/// When the database fails.
pub async fn gone(db: &Db, name: &str, now: i64) -> Result<bool, Error> {
    let number = name.parse::<i64>().ok().filter(|n| *n > 0 && n.to_string() == name);
    let which = match (number, domain::post::slug(name)) {
        (Some(id), _) => Column::Id.eq(id),
        (None, Some(slug)) => Column::Slug.eq(slug),
        (None, None) => return Ok(false),
    };
    let Some(m) = Entity::find().filter(which).one(db.read()).await? else { return Ok(false) };
    if m.public_no.is_some() {
        return Ok(m.valid_to.is_some_and(|to| to < clock::local_date(now)));
    }
    let last = version::Entity::find()
        .filter(version::Column::PostId.eq(m.id))
        .filter(version::Column::PublishedAt.is_not_null())
        .order_by_desc(version::Column::EndedAt)
        .one(db.read())
        .await?;
    // What was withdrawn before its first day was never seen.
    let ended = last.and_then(|v| v.ended_at);
    Ok(ended.is_some_and(|at| m.valid_from.is_none_or(|from| from <= clock::local_date(at))))
}

/// What a wall shows, safety first: the city's of all its districts, a district's of the city and its own, an organisation's of the city and
/// the district that it is in. A promotion is on none.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn on_wall<C: ConnectionTrait>(db: &C, scope: Scope, now: i64) -> Result<Vec<WallPost>, Error> {
    let of = |c: Condition| Some(Condition::any().add(Column::Division.eq(0)).add(c));
    let of = match scope {
        Scope::City => None,
        Scope::District(d) => of(Condition::all().add(Column::Division.eq(d))),
        Scope::Org(id) => {
            let own = org::Entity::find_by_id(id).select_only().column(org::Column::Division);
            of(Condition::all().add(Column::Division.in_subquery(own.into_query())))
        }
    };
    let rows = Entity::find()
        .filter(visible(now).add_option(of))
        .filter(Column::OnWall.eq(true))
        .filter(Column::PublicCategory.ne(Category::Promotion.code()))
        .order_by_desc(Column::PublicKey)
        .order_by_desc(Column::Id)
        .limit(WALL_MAX)
        .all(db)
        .await?;
    let wall = |(l, c): (PublicLine, Content)| WallPost {
        marquee: if c.marquee.is_empty() { l.title.clone() } else { c.marquee },
        id: l.id,
        slug: l.slug,
        title: l.title,
        summary: l.summary,
        category: l.category,
        cover: l.cover,
        public_at: l.public_at,
    };
    Ok(shown(db, rows).await?.into_iter().map(wall).collect())
}

/// The newest posts, for a feed: of a category, or all but promotions.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub async fn feed(db: &Db, category: Option<Category>, now: i64) -> Result<Vec<PublicLine>, Error> {
    let which = match category {
        Some(c) => Column::PublicCategory.eq(c.code()),
        None => Column::PublicCategory.ne(Category::Promotion.code()),
    };
    let rows = Entity::find()
        .filter(visible(now))
        .filter(which)
        .order_by_desc(Column::PublicAt)
        .order_by_desc(Column::Id)
        .limit(FEED_MAX)
        .all(db.read())
        .await?;
    Ok(shown(db.read(), rows).await?.into_iter().map(|p| p.0).collect())
}

/// Tags of what everybody sees in lower case, and on how many posts each stands, the most first.
///
/// # Errors
/// When the database fails.
pub async fn public_tags(db: &Db, now: i64) -> Result<Vec<(String, i64)>, Error> {
    let seen = Entity::find().select_only().column(Column::Id).filter(visible(now)).into_query();
    let rows: Vec<(String, i64)> = term::Entity::find()
        .select_only()
        .column(term::Column::Term)
        .column_as(term::Column::PostId.count(), "n")
        .filter(term::Column::Term.starts_with("#"))
        .filter(term::Column::PostId.in_subquery(seen))
        .group_by(term::Column::Term)
        .order_by_desc(term::Column::PostId.count())
        .order_by_asc(term::Column::Term)
        .limit(TAGS_MAX as u64 * 8)
        .into_tuple()
        .all(db.read())
        .await?;
    Ok(rows.into_iter().map(|(t, n)| (t.trim_start_matches('#').to_owned(), n)).collect())
}

/// Whether a file stands in a post that everybody sees: then everybody may have it.
///
/// # Errors
/// When the database fails.
pub async fn is_public_file(db: &Db, token: &str, now: i64) -> Result<bool, Error> {
    let posts = file::Entity::find().select_only().column(file::Column::PostId).filter(file::Column::Token.eq(token));
    let found = Entity::find().filter(visible(now)).filter(Column::Id.in_subquery(posts.into_query()));
    Ok(found.one(db.read()).await?.is_some())
}

/// Adds how often posts were opened (post, local day, how often), as it was counted in memory. Nobody stands there, and no address.
///
/// # Errors
/// When the database fails.
pub async fn read(txn: &WriteTxn, counted: &[(i64, i32, i64)]) -> Result<(), Error> {
    let ids: HashSet<i64> = counted.iter().map(|c| c.0).collect();
    let known: Vec<i64> =
        Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids)).into_tuple().all(txn).await?;
    // In one order, so that two that add at once do not wait for each other.
    let mut counted: Vec<_> = counted.iter().filter(|c| known.contains(&c.0) && c.2 > 0).copied().collect();
    counted.sort_unstable();
    for (id, day, n) in counted {
        let row = reading::ActiveModel { post_id: Set(id), day: Set(day), n: Set(Ord::min(n, READS_MAX)) };
        let sum = Expr::cust("\"post_read\".\"n\" + excluded.\"n\"");
        reading::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([reading::Column::PostId, reading::Column::Day])
                    .value(reading::Column::N, sum)
                    .to_owned(),
            )
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

/// How often a post within sight was opened, by local day.
///
/// # Errors
/// When the database fails.
pub async fn reads(db: &Db, viewer: Viewer, id: i64, days: Span) -> Result<Vec<(i32, i64)>, Error> {
    if Entity::find_by_id(id).filter(within(viewer)).one(db.read()).await?.is_none() {
        return Ok(vec![]);
    }
    let rows = reading::Entity::find()
        .filter(reading::Column::PostId.eq(id))
        .filter(reading::Column::Day.between(days.first, days.last))
        .order_by_asc(reading::Column::Day)
        .all(db.read())
        .await?;
    Ok(rows.into_iter().map(|r| (r.day, r.n)).collect())
}
