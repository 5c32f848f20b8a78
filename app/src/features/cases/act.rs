//! What is done with cases, checked and done.

use crate::{
    Ctx,
    ctx::{again, is_plain, places},
    error::{AppError, done, fail, fail_at, internal},
    kit::form::FormAsk,
};
use chrono::NaiveDate;
use data::{
    attachment::Files,
    case::{Done, Entry, May},
};
use domain::{
    analysis::Span,
    case::{self, Aside, Channel, Document, Evaluation, Filled, From, Reporter, Track},
    clock,
    form::{Fault, Saved, Values},
    list::encode,
    permission::Permission as P,
};

/// Longest and shortest purpose of unmasking, characters.
const PURPOSE: std::ops::RangeInclusive<usize> = 2..=100;

/// What whoever asks may do with cases.
pub fn may(ctx: &Ctx) -> May {
    let may = ctx.who.permissions();
    May {
        account: ctx.who.me().map_or(0, |me| me.id),
        handle: may.has(P::ComplaintHandle),
        approve: may.has(P::ComplaintApprove),
        answer: may.has(P::ComplaintAnswer),
    }
}

/// What the form of an entry is made of.
///
/// # Errors
/// When the record does not answer.
pub async fn ask(ctx: &Ctx) -> Result<FormAsk, AppError> {
    let mut all = places(ctx).await?;
    let word = |code: &str, t: domain::outcome::Text| (code.to_owned(), t.zh.to_owned(), t.en.to_owned());
    all.insert("track".into(), Track::ALL.iter().map(|t| word(t.code(), t.text())).collect());
    let ours = |c: &&Channel| !matches!(c, Channel::Web | Channel::Scan);
    all.insert("channel".into(), Channel::ALL.iter().filter(ours).map(|c| word(c.code(), c.text())).collect());
    let values = Values::from([("key".to_owned(), data::secret::random())]);
    Ok(FormAsk { choices: all, today: clock::local_date(ctx.now), values })
}

/// Enters one.
///
/// # Errors
/// When the record does not answer.
pub async fn enter(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let entered = match case::read(values, clock::local_date(ctx.now), From::Officer) {
        Ok(entered) => entered,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let known = data::case::known(&ctx.db, ctx.viewer, &entered).await;
    let known = match known.map_err(internal("entry of a case"))? {
        Ok(known) => known,
        Err(field) => return Ok(Saved::Faults(vec![crate::kit::form::taken(field)])),
    };
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let by = (&ctx.actor(), ctx.now);
    let entry = data::case::enter(&ctx.db, &ctx.master, &rules, (&entered, &known), Files::default(), by).await;
    // The code stands in the address once, for the officer to tell it: without it nobody follows the case.
    let first = |all: Vec<case::Receipt>, told: &str| match all.first() {
        Some(r) => format!("/cases/{}?done={told}&code={}", r.id, encode(&r.code)),
        None => "/cases".to_owned(),
    };
    Ok(match entry.map_err(internal("entry of a case"))? {
        Entry::New(all) => Saved::Done(first(all, "saved")),
        Entry::Twice(all) => Saved::Done(first(all, "twice")),
        // No file comes with an officer's form: none of it can be gone.
        Entry::Conflict | Entry::Gone => Saved::Faults(vec![Fault {
            field: "title".into(),
            zh: "这张表单已登记过另一件,请重新打开页面".into(),
            en: "this form entered another one already: open the page anew".into(),
        }]),
    })
}

/// Does something with one.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when there is none such within sight;
/// [`AppError::NotAllowed`] for whom it is not; [`AppError::Stale`] when it is in a state in which that cannot be done.
pub async fn run(ctx: &Ctx, id: i64, values: &Values) -> Result<(), AppError> {
    let back = |why: AppError| {
        let page = again(&format!("/cases/{id}"), &why, values);
        fail_at(why, &page)
    };
    let order = data::case::order(&ctx.db, ctx.viewer, id).await.map_err(internal("case"))?;
    let order = order.ok_or_else(|| fail(AppError::NotFound))?;
    let asked = case::act(values, order).map_err(|faults| {
        let field = faults.into_iter().next().map_or_else(|| "act".to_owned(), |f| f.field);
        back(AppError::Field(field))
    })?;
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let by = (&ctx.actor(), ctx.now);
    let taken = data::case::act(&ctx.db, &rules, ctx.viewer, (id, &asked), may(ctx), by).await;
    match taken.map_err(internal("act on a case"))? {
        Done::Taken(_) | Done::Twice => {
            done(&format!("/cases/{id}?done=saved"));
            Ok(())
        }
        Done::Unknown => Err(fail(AppError::NotFound)),
        Done::Forbidden => Err(fail(AppError::NotAllowed)),
        Done::NotNow | Done::Stale | Done::Gone => Err(back(AppError::Stale)),
        Done::Barred(bar) => Err(back(AppError::Case(bar))),
        Done::Field(name) => Err(back(AppError::Field(name.into()))),
    }
}

/// Who brought one.
///
/// # Errors
/// [`AppError::Field`] where no purpose is given; [`AppError::NotFound`].
pub async fn unmask(ctx: &Ctx, id: i64, purpose: &str) -> Result<Reporter, AppError> {
    let purpose = purpose.trim();
    if !PURPOSE.contains(&purpose.chars().count()) || purpose.chars().any(char::is_control) {
        let given = Values::from([("purpose".to_owned(), purpose.chars().take(200).collect())]);
        let why = AppError::Field("purpose".into());
        let page = again(&format!("/cases/{id}"), &why, &given);
        return Err(fail_at(why, &page));
    }
    let by = (&ctx.actor(), ctx.now);
    let found = data::case::unmask(&ctx.db, &ctx.master, ctx.viewer, id, purpose, by).await;
    let found = found.map_err(internal("who brought a case"))?.ok_or_else(|| fail(AppError::NotFound))?;
    if is_plain() {
        let one = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let whole = Values::from([
            one(super::SHOWN, "yes"),
            one("name", &found.name),
            one("phone", &found.phone),
            one("address", &found.address),
        ]);
        // It stands in no address: the page asks for it by a key, once.
        if let Some(key) = crate::kept::once(may(ctx).account, whole, ctx.now) {
            done(&format!("/cases/{id}?{}={key}#facts", crate::kit::entered::NAME));
        }
    }
    Ok(found)
}

/// Rows that are set aside.
///
/// # Errors
/// When the record does not answer.
pub async fn aside(ctx: &Ctx) -> Result<Vec<Aside>, AppError> {
    let all = data::case_import::aside(&ctx.db, &ctx.master, ctx.viewer, may(ctx).account).await;
    all.map_err(internal("rows set aside"))
}

/// Leaves one out.
///
/// # Errors
/// [`AppError::Field`] without a reason; [`AppError::NotFound`].
pub async fn leave_out(ctx: &Ctx, id: i64, reason: &str) -> Result<(), AppError> {
    let reason = reason.trim();
    if !(1..=200).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(fail(AppError::Field("reason".into())));
    }
    let by = (&ctx.actor(), ctx.now);
    let left = data::case_import::leave_out(&ctx.db, ctx.viewer, id, reason, by).await;
    if !left.map_err(internal("a row set aside"))? {
        return Err(fail(AppError::NotFound));
    }
    done("/cases/import?done=saved");
    Ok(())
}

/// A document of one.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such case, document, or the case is not as far.
pub async fn document(ctx: &Ctx, id: i64, document: &str) -> Result<Filled, AppError> {
    let none = || fail(AppError::NotFound);
    let document = Document::from_code(document).ok_or_else(none)?;
    // The name of the authority stands on its paper.
    let (name, by) = (ctx.name(), ctx.actor());
    let filled = data::case::document(&ctx.db, &ctx.master, ctx.viewer, (id, document), ("", &name), (&by, ctx.now));
    filled.await.map_err(internal("document of a case"))?.flatten().ok_or_else(none)
}

/// How the authority's own work stands.
///
/// # Errors
/// [`AppError::Field`] where a day cannot be read.
pub async fn evaluation(ctx: &Ctx, from: &str, to: &str) -> Result<(String, String, Evaluation), AppError> {
    use chrono::Datelike;
    let today = clock::local_date(ctx.now);
    let year = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today);
    let day = |text: &str, name: &str, or: NaiveDate| match text {
        "" => Ok(or),
        t if t.len() == 10 => t.parse::<NaiveDate>().map_err(|_| fail(AppError::Field(name.into()))),
        _ => Err(fail(AppError::Field(name.into()))),
    };
    let (first, last) = (day(from, "from", year)?, day(to, "to", today)?);
    if last < first || (last - first).num_days() > 3_660 {
        return Err(fail(AppError::Field("to".into())));
    }
    let rules = data::rule::current(ctx.db.read()).await.map_err(internal("rules"))?;
    let days = Span { first: clock::day_of(first), last: clock::day_of(last) };
    let figures = data::case_evaluation::figures(&ctx.db, &rules, ctx.viewer, days, ctx.now).await;
    Ok((first.to_string(), last.to_string(), figures.map_err(internal("evaluation"))?))
}
