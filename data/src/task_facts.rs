//! What is due now, read from the record: what tasks follow from. Cylinders are asked of counters, by station, everything else is open things
//! found by an index.

use crate::{
    Error, account, calendar, call, case, counter, credit, device, incident, operator, org, paper, post, rule_draft,
    site,
};
use chrono::{Datelike, NaiveDate};
use domain::{
    case::{Clock, ROLL, State as CaseState, term_of},
    clock,
    credit::State as AppealState,
    incident::{Act as IncidentAct, Register, State as IncidentState},
    ledger::Metric,
    paper::State as PaperState,
    permission::{Permission, Permissions, Role},
    post::Stage as PostStage,
    rules::{RuleSet, draft::Stage as DraftStage},
    scope::Scope,
    task::{Kind, Terms},
};
use sea_orm::{
    Condition, QueryFilter, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Query},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// What is to be done.
    pub kind: Kind,
    /// Of what.
    pub subject: String,
    /// Last local day.
    pub due: i32,
    /// Whose part of the city is to do it.
    pub holder: Scope,
    /// The district that lies in; 0 for none.
    pub division: i32,
    /// Of what, by name.
    pub about: String,
    /// The page where it is done.
    pub link: String,
    /// How many things; 0 where nothing is counted.
    pub amount: i64,
}

/// Kinds that change with the day alone, or by what no account does: asked by the hour.
pub(crate) const SLOW: [Kind; 6] =
    [Kind::Overdue, Kind::Due, Kind::Licence, Kind::Insurance, Kind::Certificate, Kind::Scale];

/// By what facts are judged.
struct Now<'a> {
    rules: &'a RuleSet,
    terms: Terms,
    today: i32,
    orgs: HashMap<i64, org::Model>,
}

impl Now<'_> {
    /// An organisation as the holder, with the district that it is seated in.
    fn org(&self, id: i64) -> Option<(Scope, i32, &str)> {
        self.orgs.get(&id).map(|o| (Scope::Org(id), o.division, o.name.as_str()))
    }

    /// The authority of a district, or the city's.
    const fn authority(division: i32) -> (Scope, i32) {
        if division > 0 { (Scope::District(division), division) } else { (Scope::City, 0) }
    }
}

/// All facts of now; of the slow kinds only where they are asked for.
///
/// # Errors
/// When the database fails, or a stored value cannot be read.
pub(crate) async fn gather<C: ConnectionTrait>(
    db: &C,
    rules: &RuleSet,
    slow: bool,
    now: i64,
) -> Result<Vec<Fact>, Error> {
    let orgs = org::Entity::find().all(db).await?.into_iter().map(|o| (o.id, o)).collect();
    let n = Now { rules, terms: Terms::of(rules), today: clock::local_day(now), orgs };
    let mut out = vec![];
    if slow {
        cylinders(db, &n, &mut out).await?;
        papers_of_orgs(&n, &mut out);
        people_and_scales(db, &n, &mut out).await?;
    }
    hazards(db, &n, &mut out).await?;
    cases(db, &n, &mut out).await?;
    waiting(db, &n, &mut out).await?;
    let staffed = staffed(db).await?;
    for f in &mut out {
        f.holder = holder(&staffed, f);
    }
    Ok(out)
}

/// Which permissions the accounts of each part of the city hold between them, of those that are enabled.
async fn staffed<C: ConnectionTrait>(db: &C) -> Result<HashSet<(Scope, Permission)>, Error> {
    let role = |c: account::role::Column| Expr::col((account::role::Entity, c));
    let of = |c: account::Column| Expr::col((account::Entity, c));
    let q = Query::select()
        .distinct()
        .expr(of(account::Column::Scope))
        .expr(role(account::role::Column::Role))
        .from(account::Entity)
        .inner_join(
            account::role::Entity,
            role(account::role::Column::AccountId).equals((account::Entity, account::Column::Id)),
        )
        .and_where(of(account::Column::DisabledAt).is_null())
        .to_owned();
    let mut out = HashSet::new();
    for row in db.query_all(&q).await? {
        let (scope, role): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if let (Ok(scope), Some(role)) = (scope.parse::<Scope>(), Role::from_code(&role)) {
            out.extend(Permissions::of(&[role]).within(scope).iter().map(|p| (scope, p)));
        }
    }
    Ok(out)
}

/// Whose a fact is: where nobody of an enterprise could do it, its district's, then the city's. Where nobody anywhere could, it stays where it
/// belongs, for whoever gets an account there.
fn holder(staffed: &HashSet<(Scope, Permission)>, f: &Fact) -> Scope {
    let district = (f.division > 0).then_some(Scope::District(f.division));
    let mut upward =
        [Some(f.holder), district.filter(|_| f.holder != Scope::City), Some(Scope::City)].into_iter().flatten();
    upward.find(|s| staffed.contains(&(*s, f.kind.done_by(*s)))).unwrap_or(f.holder)
}

fn month_end(day: i32) -> (NaiveDate, NaiveDate) {
    let date = clock::date_of(day);
    let first = date.with_day(1).unwrap_or(date);
    let last = first.checked_add_months(chrono::Months::new(1)).and_then(|d| d.pred_opt()).unwrap_or(date);
    (first, last)
}

/// Cylinders past their inspection and due soon, by station: sums of counters.
async fn cylinders<C: ConnectionTrait>(db: &C, n: &Now<'_>, out: &mut Vec<Fact>) -> Result<(), Error> {
    let sites: HashMap<i64, site::Model> = site::Entity::find().all(db).await?.into_iter().map(|s| (s.id, s)).collect();
    let sum = || Expr::cust("CAST(SUM(\"value\") AS bigint)");
    let dated = |metric: Metric| Expr::col(counter::Column::Metric).eq(metric.number());
    let mut late: BTreeMap<i64, i64> = BTreeMap::new();
    // Whatever is past its life is past its due date, too: it is counted by both, and is not inspected any more.
    for (metric, sign) in [(Metric::DueOn, 1), (Metric::LifeEndOn, -1)] {
        let q = Query::select()
            .column(counter::Column::SiteId)
            .expr(sum())
            .from(counter::Entity)
            .and_where(dated(metric))
            .and_where(Expr::col(counter::Column::Day).lt(n.today))
            .group_by_col(counter::Column::SiteId)
            .to_owned();
        for row in db.query_all(&q).await? {
            *late.entry(row.try_get_by_index(0)?).or_default() += sign * row.try_get_by_index::<i64>(1)?;
        }
    }
    let fact = |kind: Kind, site: i64, amount: i64, due: NaiveDate, link: String| {
        let s = sites.get(&site)?;
        let (holder, division, name) = n.org(s.org_id)?;
        let about = if name == s.name { s.name.clone() } else { format!("{name} · {}", s.name) };
        let subject = format!("site:{site}");
        Some(Fact { kind, subject, due: clock::day_of(due), holder, division, about, link, amount })
    };
    let (_, end) = month_end(n.today);
    out.extend(late.into_iter().filter(|l| l.1 > 0).filter_map(|(site, amount)| {
        fact(Kind::Overdue, site, amount, end, format!("/cylinders?site={site}&inspection=overdue&sort=due"))
    }));
    let q = Query::select()
        .columns([counter::Column::SiteId])
        .column(counter::Column::Day)
        .expr(sum())
        .from(counter::Entity)
        .and_where(dated(Metric::DueOn))
        .and_where(Expr::col(counter::Column::Day).gte(n.today))
        .and_where(Expr::col(counter::Column::Day).lte(n.today.saturating_add(n.terms.inspection)))
        .group_by_col(counter::Column::SiteId)
        .group_by_col(counter::Column::Day)
        .to_owned();
    let mut due: BTreeMap<(i64, NaiveDate, NaiveDate), i64> = BTreeMap::new();
    for row in db.query_all(&q).await? {
        let (first, last) = month_end(row.try_get_by_index(1)?);
        *due.entry((row.try_get_by_index(0)?, first, last)).or_default() += row.try_get_by_index::<i64>(2)?;
    }
    out.extend(due.into_iter().filter(|d| d.1 > 0).filter_map(|((site, first, last), amount)| {
        let link = format!("/cylinders?site={site}&due_from={first}&due_to={last}&sort=due");
        fact(Kind::Due, site, amount, last, link)
    }));
    Ok(())
}

/// Licences and insurances.
fn papers_of_orgs(n: &Now<'_>, out: &mut Vec<Fact>) {
    let last = n.today.saturating_add(n.terms.licence);
    for o in n.orgs.values().filter(|o| o.kind != "regulator") {
        for (kind, until) in [(Kind::Licence, o.licence_until), (Kind::Insurance, o.insured_until)] {
            if let Some(due) = until.map(clock::day_of).filter(|d| *d <= last) {
                out.push(Fact {
                    kind,
                    subject: format!("org:{}", o.id),
                    due,
                    holder: Scope::Org(o.id),
                    division: o.division,
                    about: o.name.clone(),
                    link: format!("/orgs/{}", o.id),
                    amount: 0,
                });
            }
        }
    }
}

/// Certificates of people, by their code, and the verification of scales.
async fn people_and_scales<C: ConnectionTrait>(db: &C, n: &Now<'_>, out: &mut Vec<Fact>) -> Result<(), Error> {
    let last = clock::date_of(n.today.saturating_add(n.terms.certificate));
    let people = operator::Entity::find().filter(operator::Column::CertUntil.lte(last)).all(db).await?;
    for p in people {
        if let (Some((holder, division, name)), Some(until)) = (n.org(p.org_id), p.cert_until) {
            out.push(Fact {
                kind: Kind::Certificate,
                subject: format!("operator:{}:{}", p.org_id, p.code),
                due: clock::day_of(until),
                holder,
                division,
                about: format!("{name} · {}", p.code),
                link: format!("/orgs/{}", p.org_id),
                amount: 0,
            });
        }
    }
    let scales = device::Entity::find()
        .filter(device::Column::ScaleUntil.lte(last))
        .filter(device::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    let ids: Vec<i64> = scales.iter().map(|d| d.site_id).collect();
    let sites: HashMap<i64, site::Model> = site::Entity::find()
        .filter(site::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|s| (s.id, s))
        .collect();
    for d in scales {
        let Some(s) = sites.get(&d.site_id) else { continue };
        if let (Some((holder, division, _)), Some(until)) = (n.org(s.org_id), d.scale_until) {
            out.push(Fact {
                kind: Kind::Scale,
                subject: format!("device:{}", d.id),
                due: clock::day_of(until),
                holder,
                division,
                about: format!("{} · {}", s.name, d.label),
                link: format!("/orgs/{}", s.org_id),
                amount: 0,
            });
        }
    }
    Ok(())
}

/// Hazards that are to be put right, and those that were and are to be looked at again.
async fn hazards<C: ConnectionTrait>(db: &C, n: &Now<'_>, out: &mut Vec<Fact>) -> Result<(), Error> {
    use incident::{Column as C, step};
    let states = [IncidentState::Demanded, IncidentState::Rectified].map(IncidentState::code);
    let rows = incident::Entity::find()
        .filter(C::Register.eq(Register::Hazard.number()))
        .filter(C::State.is_in(states))
        .all(db)
        .await?;
    let rectified: Vec<i64> =
        rows.iter().filter(|m| m.state == IncidentState::Rectified.code()).map(|m| m.id).collect();
    let (calendar, _) = calendar::load(db).await?;
    let mut when: HashMap<i64, i64> = HashMap::new();
    for chunk in rectified.chunks(1_000) {
        let steps = step::Entity::find()
            .filter(step::Column::IncidentId.is_in(chunk.iter().copied()))
            .filter(step::Column::Act.eq(IncidentAct::Rectify.code()))
            .all(db)
            .await?;
        for s in steps {
            let at = when.entry(s.incident_id).or_insert(s.at);
            *at = Ord::max(s.at, *at);
        }
    }
    for m in rows {
        let about = format!("隐患 {} · {}", m.id, m.place);
        let (subject, link) = (format!("hazard:{}", m.id), format!("/hazards/{}", m.id));
        let authority = Now::authority(m.division);
        if let Some(at) = when.get(&m.id) {
            let day = clock::local_date(*at);
            let set = domain::case::rule(n.rules, Clock::Recheck, day, m.division).and_then(term_of);
            let roll = n.rules.param(ROLL) == Some(1);
            let until = set.and_then(|t| calendar.due(*at, &[t], &[], roll).at);
            let due = until.map_or_else(|| clock::local_day(*at).saturating_add(n.terms.wait), clock::local_day);
            let (holder, division) = authority;
            out.push(Fact { kind: Kind::Recheck, subject, due, holder, division, about, link, amount: 0 });
        } else if let Some(due) = m.due {
            // An enterprise without an account, or a place without an enterprise, is the authority's to see to.
            let (holder, division) = n.org(m.org_id).map_or(authority, |o| (o.0, o.1));
            let due = clock::day_of(due);
            out.push(Fact { kind: Kind::Hazard, subject, due, holder, division, about, link, amount: 0 });
        }
    }
    Ok(())
}

/// Terms of cases that are near their end, and what an enterprise is to answer or repair.
async fn cases<C: ConnectionTrait>(db: &C, n: &Now<'_>, out: &mut Vec<Fact>) -> Result<(), Error> {
    use case::{Column as C, clocks};
    let until = clock::day_start(n.today.saturating_add(n.terms.case).saturating_add(1));
    let near: Vec<(i64, String, i32, i64)> = case::Entity::find()
        .select_only()
        .columns([C::Id, C::Number, C::Division, C::DueAt])
        .filter(C::ClosedAt.is_null())
        .filter(C::DueAt.lt(until))
        .into_tuple()
        .all(db)
        .await?;
    for (id, number, division, at) in near {
        let (holder, division) = Now::authority(division);
        out.push(Fact {
            kind: Kind::Case,
            subject: format!("case:{id}"),
            due: clock::local_day(at),
            holder,
            division,
            about: number,
            link: format!("/cases/{id}"),
            amount: 0,
        });
    }
    let open = case::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::ClosedAt.is_null())
        .filter(C::State.ne(CaseState::Withdrawn.code()))
        .filter(C::OrgId.gt(0))
        .into_query();
    let running = clocks::Entity::find()
        .filter(clocks::Column::Clock.is_in([Clock::Answer, Clock::Repair].map(Clock::code)))
        .filter(clocks::Column::DoneAt.is_null())
        .filter(clocks::Column::CaseId.in_subquery(open))
        .all(db)
        .await?;
    let ids: Vec<i64> = running.iter().map(|k| k.case_id).collect();
    let mut of: HashMap<i64, (String, i64)> = HashMap::new();
    for chunk in ids.chunks(1_000) {
        let q = case::Entity::find().select_only().columns([C::Id, C::Number, C::OrgId]);
        let rows: Vec<(i64, String, i64)> = q.filter(C::Id.is_in(chunk.iter().copied())).into_tuple().all(db).await?;
        of.extend(rows.into_iter().map(|r| (r.0, (r.1, r.2))));
    }
    // Of a case that has both the answer counts with the repair: the one that ends first.
    let mut first: BTreeMap<i64, i64> = BTreeMap::new();
    for k in running {
        if let Some(at) = k.due_at {
            let least = first.entry(k.case_id).or_insert(at);
            *least = Ord::min(at, *least);
        }
    }
    for (id, at) in first {
        let Some((number, org)) = of.get(&id) else { continue };
        let Some((holder, division, _)) = n.org(*org) else { continue };
        out.push(Fact {
            kind: Kind::Answer,
            subject: format!("case:{id}"),
            due: clock::local_day(at),
            holder,
            division,
            about: number.clone(),
            link: format!("/cases/{id}"),
            amount: 0,
        });
    }
    Ok(())
}

/// What waits for somebody: documents, calls back, appeals, posts, drafts of the rules.
async fn waiting<C: ConnectionTrait>(db: &C, n: &Now<'_>, out: &mut Vec<Fact>) -> Result<(), Error> {
    let issued = paper::Entity::find().filter(paper::Column::State.eq(PaperState::Issued.code()));
    let only = issued.clone().select_only().column(paper::Column::Id).into_query();
    let parties = paper::party::Entity::find()
        .filter(paper::undone())
        .filter(paper::party::Column::PaperId.in_subquery(only))
        .all(db)
        .await?;
    let mut papers: HashMap<i64, paper::Model> = HashMap::new();
    let mut ids: Vec<i64> = parties.iter().map(|p| p.paper_id).collect();
    ids.sort_unstable();
    ids.dedup();
    for chunk in ids.chunks(1_000) {
        let rows = issued.clone().filter(paper::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
        papers.extend(rows.into_iter().map(|m| (m.id, m)));
    }
    for p in parties {
        let (Some(m), Ok(holder)) = (papers.get(&p.paper_id), p.party.parse::<Scope>()) else { continue };
        let none = clock::local_day(m.issued_at).saturating_add(n.terms.wait);
        out.push(Fact {
            kind: Kind::Paper,
            subject: format!("paper:{}:{}", m.id, p.party),
            due: m.deadline.map_or(none, clock::day_of),
            holder,
            division: p.division,
            about: format!("{} {}", m.number, m.title),
            link: format!("/papers/{}", m.id),
            amount: 0,
        });
    }
    let back = Condition::all().add(call::Column::CalledBack.is_null()).add(call::Column::Callback.is_not_null());
    for m in call::Entity::find().filter(back).all(db).await? {
        let (holder, division) = Now::authority(m.division);
        out.push(Fact {
            kind: Kind::CallBack,
            subject: format!("call:{}", m.id),
            due: clock::local_day(m.callback.unwrap_or(m.at)),
            holder,
            division,
            about: format!("来电 {}", m.id),
            link: format!("/calls/{}", m.id),
            amount: 0,
        });
    }
    let open = [AppealState::Filed, AppealState::Review, AppealState::Asked].map(AppealState::code);
    for a in credit::appeals::Entity::find().filter(credit::appeals::Column::State.is_in(open)).all(db).await? {
        let asked = a.state == AppealState::Asked.code();
        let Some((org, seat, name)) = n.org(a.org_id) else { continue };
        let (kind, holder, division) = if asked { (Kind::Evidence, org, seat) } else { (Kind::Appeal, Scope::City, 0) };
        out.push(Fact {
            kind,
            subject: format!("appeal:{}", a.id),
            due: a.due,
            holder,
            division,
            about: format!("{name} · 申诉 {}", a.id),
            link: format!("/credit/appeals/{}", a.id),
            amount: 0,
        });
    }
    let submitted = post::Entity::find().filter(post::Column::Stage.eq(PostStage::Submitted.code())).all(db).await?;
    for m in submitted {
        let version = post::version::Entity::find_by_id((m.id, m.newest)).one(db).await?;
        let at = version.and_then(|v| v.submitted_at).unwrap_or(m.changed_at);
        let (holder, division) = Now::authority(m.division);
        out.push(Fact {
            kind: Kind::Review,
            subject: format!("post:{}", m.id),
            due: clock::local_day(at).saturating_add(n.terms.wait),
            holder,
            division,
            about: m.title,
            link: format!("/posts/{}", m.id),
            amount: 0,
        });
    }
    let drafts = rule_draft::Entity::find().filter(rule_draft::Column::Stage.eq(DraftStage::Submitted.code()));
    for d in drafts.all(db).await? {
        let at = d.submitted_at.unwrap_or(d.created_at);
        out.push(Fact {
            kind: Kind::Draft,
            subject: format!("draft:{}", d.id),
            due: clock::local_day(at).saturating_add(n.terms.wait),
            holder: Scope::City,
            division: 0,
            about: format!("规则草稿 {}", d.id),
            link: format!("/rules/drafts/{}", d.id),
            amount: 0,
        });
    }
    Ok(())
}
