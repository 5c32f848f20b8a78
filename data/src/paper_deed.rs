//! What is done with a document after it was issued: its files are looked up and shown, who is not done is reminded by hand, its deadline put
//! off, who is late told of upward.

use crate::{
    Db, Error,
    attachment::{self, Of},
    org,
    paper::{self, Column, Done, Entity, Model, answer_file, party},
    recipients,
    reference::division,
    sequence,
};
use chrono::NaiveDate;
use domain::{
    attachment::is_token,
    clock,
    org::Kind,
    paper::{Addressed, Choices, Deed, FILES_MAX, PARTIES_MAX, PaperFile, State, TOLD_EVERY},
    scope::{Scope, Viewer},
};
use party::Column as P;
use sea_orm::{Condition, DbBackend, QueryOrder, QuerySelect, Set, entity::prelude::*, sea_query::Expr};
use std::collections::BTreeSet;

/// What stands in the place of a file that is not there any more. It cannot be attached, so that nothing goes out without what it names.
const GONE: &str = "(附件已失效,请勾选删除后重新添加 / no longer there: take it away and add it again)";

/// Files that an account sent, in their order, as a document keeps them; what is not its own is left out. What is not there any more stands there as
/// such, and neither [`attach`] nor [`attach_answer`] takes it.
///
/// # Errors
/// When the database fails.
pub async fn files<C: ConnectionTrait>(db: &C, tokens: &[String], by: i64) -> Result<Vec<PaperFile>, Error> {
    let rows = attachment::Entity::find()
        .filter(attachment::Column::Token.is_in(tokens.iter().map(String::as_str)))
        .all(db)
        .await?;
    let one = |t: &String| {
        let Some(f) = rows.iter().find(|r| r.token == *t) else {
            let gone = || PaperFile { token: t.clone(), name: GONE.to_owned(), bytes: 0, sha256: String::new() };
            return is_token(t).then(gone);
        };
        let own =
            || PaperFile { token: f.token.clone(), name: f.name.clone(), bytes: f.bytes, sha256: f.sha256.clone() };
        (f.by_id == by).then(own)
    };
    Ok(tokens.iter().filter_map(one).take(FILES_MAX).collect())
}

/// Makes files those of a document that was just issued. False where one of them is not there any more, or not the account's own.
///
/// # Errors
/// When the database fails.
pub async fn attach<C: ConnectionTrait>(txn: &C, id: i64, files: &[PaperFile], by: i64) -> Result<bool, Error> {
    let tokens: Vec<String> = files.iter().map(|f| f.token.clone()).collect();
    Ok(attachment::link(txn, Of::Document, id, &tokens, by).await?)
}

/// Adds files to the answer that the viewer's own part of the city has just given. False where one of them is not there any more, or not the
/// account's own.
///
/// # Errors
/// When the database fails.
pub async fn attach_answer<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    id: i64,
    files: &[PaperFile],
    by: i64,
) -> Result<bool, Error> {
    if files.is_empty() {
        return Ok(true);
    }
    let answer = sequence::next(txn, "paper_answer").await?;
    let tokens: Vec<String> = files.iter().map(|f| f.token.clone()).collect();
    if !attachment::link(txn, Of::Answer, answer, &tokens, by).await? {
        return Ok(false);
    }
    let rows = files.iter().zip(0..).map(|(f, place)| answer_file::ActiveModel {
        answer_id: Set(answer),
        place: Set(place),
        paper_id: Set(id),
        party: Set(viewer.scope.to_string()),
        token: Set(f.token.clone()),
        name: Set(f.name.clone()),
        bytes: Set(f.bytes),
        sha256: Set(f.sha256.clone()),
    });
    answer_file::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(true)
}

/// Whether the viewer sees a document, and so its files.
///
/// # Errors
/// When the database fails.
pub async fn shows_files(db: &Db, viewer: Viewer, id: i64) -> Result<bool, Error> {
    Ok(Entity::find_by_id(id).filter(paper::within(viewer)).count(db.read()).await? > 0)
}

/// Whether the viewer sees an answer, by its number, and so its files: whoever issued the document does, the party itself, and its district.
///
/// # Errors
/// When the database fails.
pub async fn shows_answer(db: &Db, viewer: Viewer, answer: i64) -> Result<bool, Error> {
    let file = answer_file::Entity::find().filter(answer_file::Column::AnswerId.eq(answer)).one(db.read()).await?;
    let Some(file) = file else { return Ok(false) };
    let own = Column::Scope.eq(viewer.scope.to_string());
    if Entity::find_by_id(file.paper_id).filter(own).count(db.read()).await? > 0 {
        return Ok(true);
    }
    let seen = party::Entity::find().filter(P::PaperId.eq(file.paper_id)).filter(P::Party.eq(file.party));
    Ok(seen.filter(paper::concerned(viewer)).count(db.read()).await? > 0)
}

/// What a document can be addressed to within the viewer's part of the city.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &Db, viewer: Viewer) -> Result<Choices, Error> {
    let orgs = seen(db, viewer).await?;
    let seats: BTreeSet<i32> = orgs.iter().map(|o| o.division).collect();
    let districts = division::Entity::find().filter(division::Column::Code.is_in(seats));
    let districts = districts.order_by_asc(division::Column::Code).all(db.read()).await?;
    let kind = |o: &org::Model| Kind::from_code(&o.kind).unwrap_or(Kind::Importer);
    Ok(Choices {
        districts: districts.into_iter().map(|d| (d.code, d.name)).collect(),
        orgs: orgs.into_iter().map(|o| (o.id, o.name.clone(), kind(&o))).collect(),
    })
}

/// Organisations that can sign for something: what only brings data in cannot.
async fn seen(db: &Db, viewer: Viewer) -> Result<Vec<org::Model>, Error> {
    let all = org::Entity::find()
        .filter(crate::scope::within(viewer, org::Column::Id))
        .filter(org::Column::Kind.ne(Kind::Importer.code()));
    Ok(all.order_by_asc(org::Column::Name).order_by_asc(org::Column::Id).all(db.read()).await?)
}

/// The parties that a form means, with their names, within the viewer's part of the city; one more than there may be where they are too many.
///
/// # Errors
/// When the database fails.
pub async fn addressees(db: &Db, viewer: Viewer, to: &Addressed) -> Result<Vec<(Scope, String)>, Error> {
    let meant = |o: &org::Model| Kind::from_code(&o.kind).is_some_and(|k| to.means(o.id, k, o.division));
    let mut parties: Vec<Scope> = to.districts.iter().map(|d| Scope::District(*d)).collect();
    parties.sort_unstable();
    parties.dedup();
    let mut districts = recipients::places(db.read(), parties.iter().copied()).await?;
    let mut out: Vec<(Scope, String)> =
        parties.into_iter().filter_map(|p| Some((p, districts.remove(&p)?.0))).filter(|p| !p.1.is_empty()).collect();
    let orgs = seen(db, viewer).await?;
    out.extend(orgs.into_iter().filter(meant).map(|o| (Scope::Org(o.id), o.name)));
    out.truncate(PARTIES_MAX + 1);
    Ok(out)
}

/// Does something with a document that the viewer's own part of the city issued: how it came out, and how many parties were told.
///
/// # Errors
/// When the database fails.
pub async fn run<C: ConnectionTrait>(
    txn: &C,
    viewer: Viewer,
    id: i64,
    (deed, deadline, note): (Deed, Option<NaiveDate>, &str),
    now: i64,
) -> Result<(Done, usize), Error> {
    if deed == Deed::Withdraw {
        return Ok((paper::withdraw(txn, viewer, (id, note), now).await?, 0));
    }
    let own = Entity::find_by_id(id).filter(Column::Scope.eq(viewer.scope.to_string()));
    let postgres = txn.get_database_backend() == DbBackend::Postgres;
    let found = if postgres { own.lock_exclusive().one(txn).await? } else { own.one(txn).await? };
    let Some(m) = found else { return Ok((Done::Unknown, 0)) };
    if m.state()? != State::Issued {
        return Ok((Done::NotNow, 0));
    }
    match (deed, deadline) {
        (Deed::Extend, Some(day)) => extend(txn, m, day, now).await,
        (Deed::Extend | Deed::Withdraw, _) => Ok((Done::NotNow, 0)),
        (Deed::Remind, _) => remind(txn, &m, now).await,
        (Deed::Escalate, _) => escalate(txn, &m, now).await,
    }
}

/// Parties that are not done, and were not told lately of the same.
async fn untold<C: ConnectionTrait>(txn: &C, m: &Model, told: P, now: i64) -> Result<Vec<party::Model>, Error> {
    let lately = Condition::any().add(told.is_null()).add(told.lte(now.saturating_sub(TOLD_EVERY)));
    let all = party::Entity::find().filter(P::PaperId.eq(m.id)).filter(paper::undone()).filter(lately);
    Ok(all.order_by_asc(P::Division).order_by_asc(P::Party).all(txn).await?)
}

async fn note<C: ConnectionTrait>(
    txn: &C,
    id: i64,
    (told, at): (P, Option<i64>),
    parties: &[String],
) -> Result<(), Error> {
    for chunk in parties.chunks(5_000) {
        party::Entity::update_many()
            .col_expr(told, Expr::value(at))
            .filter(P::PaperId.eq(id))
            .filter(P::Party.is_in(chunk.iter().map(String::as_str)))
            .exec(txn)
            .await?;
    }
    Ok(())
}

fn names(parties: &[party::Model]) -> Vec<String> {
    parties.iter().map(|p| p.party.clone()).collect()
}

async fn remind<C: ConnectionTrait>(txn: &C, m: &Model, now: i64) -> Result<(Done, usize), Error> {
    let parties = names(&untold(txn, m, P::RemindedAt, now).await?);
    if parties.is_empty() {
        return Ok((Done::NotNow, 0));
    }
    paper::tell(txn, m, &format!("remind-at-{now}"), &parties, "尚未办结,请尽快办理。", now).await?;
    note(txn, m.id, (P::RemindedAt, Some(now)), &parties).await?;
    Ok((Done::Taken, parties.len()))
}

async fn escalate<C: ConnectionTrait>(txn: &C, m: &Model, now: i64) -> Result<(Done, usize), Error> {
    if m.deadline.is_none_or(|d| clock::local_date(now) <= d) {
        return Ok((Done::NotNow, 0));
    }
    let late = untold(txn, m, P::EscalatedAt, now).await?;
    if late.is_empty() {
        return Ok((Done::NotNow, 0));
    }
    paper::upward(txn, m, &format!("escalated-at-{now}"), &late, now).await?;
    note(txn, m.id, (P::EscalatedAt, Some(now)), &names(&late)).await?;
    Ok((Done::Taken, late.len()))
}

/// Puts the deadline off. Who is not done is told, and is reminded and told of anew when the new one comes near.
async fn extend<C: ConnectionTrait>(txn: &C, m: Model, day: NaiveDate, now: i64) -> Result<(Done, usize), Error> {
    if m.deadline.is_some_and(|d| day <= d) || day < clock::local_date(now) {
        return Ok((Done::NotNow, 0));
    }
    Entity::update_many().col_expr(Column::Deadline, Expr::value(day)).filter(Column::Id.eq(m.id)).exec(txn).await?;
    let open = party::Entity::find().filter(P::PaperId.eq(m.id)).filter(paper::undone()).all(txn).await?;
    let parties = names(&open);
    note(txn, m.id, (P::EscalatedAt, None), &parties).await?;
    // What they are told now is reminder enough where the new one is near already.
    if day <= paper::soon(now) {
        note(txn, m.id, (P::RemindedAt, Some(now)), &parties).await?;
    }
    let m = Model { deadline: Some(day), ..m };
    paper::tell(txn, &m, &format!("extended-{day}"), &parties, "期限已延长,请按时办理。", now).await?;
    Ok((Done::Taken, parties.len()))
}
