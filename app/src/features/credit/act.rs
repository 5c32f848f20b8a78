//! What is done with the credit, checked and done. The record writes its own rows of the audit log.

use super::Shown;
use crate::{
    Ctx,
    ctx::{again, places},
    error::{AppError, done, fail, fail_at, internal},
    kit::form::{FormAsk, taken},
};
use data::credit::{Acted, EntryDone, FiledAs};
use domain::{
    clock,
    credit::{self, AppealPage, EntryAct},
    form::{Fault, Saved, Values},
    permission::Permission as P,
    rules::{RuleKind, RuleSet},
};

async fn rules(ctx: &Ctx) -> Result<RuleSet, AppError> {
    data::rule::current(ctx.db.read()).await.map_err(internal("rules"))
}

/// The rating of an organisation.
///
/// # Errors
/// [`AppError::NotFound`] where there is none within sight.
pub async fn one(ctx: &Ctx, org: i64) -> Result<Shown, AppError> {
    let rules = rules(ctx).await?;
    let page = data::credit::one(&ctx.db, ctx.viewer, &rules, org, ctx.now).await.map_err(internal("rating"))?;
    let page = page.ok_or_else(|| fail(AppError::NotFound))?;
    let what_if = data::credit::what_if(&ctx.db, ctx.viewer, &rules, org, ctx.now).await;
    let what_if = what_if.map_err(internal("what if"))?;
    let alone = what_if.as_ref().and_then(|w| w.alone).map(clock::date_of);
    let may = ctx.who.permissions();
    Ok(Shown { page, what_if, alone, may_appeal: may.has(P::CreditAppeal), may_edit: may.has(P::CreditEdit) })
}

/// An appeal, with only those acts that whoever asks may do.
///
/// # Errors
/// [`AppError::NotFound`] where there is none within sight.
pub async fn appeal(ctx: &Ctx, id: i64) -> Result<AppealPage, AppError> {
    let rules = rules(ctx).await?;
    let found = data::credit::appeal(&ctx.db, ctx.viewer, &rules, id).await.map_err(internal("appeal"))?;
    let mut page = found.ok_or_else(|| fail(AppError::NotFound))?;
    page.acts.retain(|a| may(ctx, *a));
    Ok(page)
}

/// Whether whoever asks may do something with an appeal, as far as his permissions go.
fn may(ctx: &Ctx, act: credit::Act) -> bool {
    ctx.who.permissions().has(if act.is_of_the_enterprise() { P::CreditAppeal } else { P::CreditEdit })
}

/// What an entry is made of.
///
/// # Errors
/// When the record does not answer.
pub async fn ask(ctx: &Ctx) -> Result<FormAsk, AppError> {
    let mut all = places(ctx).await?;
    let rules = rules(ctx).await?;
    let items =
        rules.rows.iter().filter(|r| r.kind == RuleKind::Credit && r.enabled && r.rule_id.starts_with(credit::ENTRY));
    let item = |r: &domain::rules::RuleRow| {
        let (zh, en) = credit::item_text(&rules, &r.rule_id);
        let cost = credit::points(r.value);
        (r.rule_id.clone(), format!("{zh}(扣 {cost} 分)"), format!("{en} ({cost} points)"))
    };
    all.insert("item".into(), items.map(item).collect());
    Ok(FormAsk { choices: all, today: clock::local_date(ctx.now), ..FormAsk::default() })
}

/// Enters a point by hand.
///
/// # Errors
/// When the record does not answer.
pub async fn enter(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let entered = match credit::read_entry(values, clock::local_date(ctx.now)) {
        Ok(e) => e,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let rules = rules(ctx).await?;
    let txn = ctx.begin().await?;
    let made = data::credit::enter(&txn, ctx.viewer, &rules, &entered, &ctx.actor(), ctx.now).await;
    Ok(match made.map_err(internal("entry of the credit"))? {
        EntryDone::Done(..) => {
            txn.commit().await.map_err(data::Error::from).map_err(internal("entry of the credit"))?;
            Saved::Done(format!("/credit/{}?done=saved", entered.org))
        }
        EntryDone::Twice(_) => Saved::Done(format!("/credit/{}?done=twice", entered.org)),
        EntryDone::Unknown(field) => Saved::Faults(vec![taken(field)]),
        EntryDone::NotNow => Saved::Faults(vec![taken("item")]),
    })
}

/// Closes or withdraws an entry.
///
/// # Errors
/// [`AppError::Field`] names the field; [`AppError::NotFound`]; [`AppError::Stale`] where it is closed already.
pub async fn entry_act(ctx: &Ctx, id: i64, act: &str, note: &str) -> Result<(), AppError> {
    let act = EntryAct::from_code(act).ok_or_else(|| fail(AppError::Field("act".into())))?;
    let note = note.trim();
    let fits = (1..=credit::NOTE_MAX).contains(&note.chars().count()) && !note.chars().any(char::is_control);
    if !fits {
        return Err(fail(AppError::Field("note".into())));
    }
    let rules = rules(ctx).await?;
    let txn = ctx.begin().await?;
    let made = data::credit::close_entry(&txn, ctx.viewer, &rules, (id, act), note, &ctx.actor(), ctx.now).await;
    match made.map_err(internal("entry of the credit"))? {
        EntryDone::Done(..) => {
            txn.commit().await.map_err(data::Error::from).map_err(internal("entry of the credit"))?;
            done("/credit/entries?done=saved");
            Ok(())
        }
        EntryDone::Unknown(_) => Err(fail(AppError::NotFound)),
        EntryDone::Twice(_) | EntryDone::NotNow => Err(fail(AppError::Stale)),
    }
}

/// What an appeal is made of.
///
/// # Errors
/// [`AppError::NotFound`] where the text names no point.
pub fn appeal_ask(ctx: &Ctx, point: &str) -> Result<FormAsk, AppError> {
    let point: credit::PointRef = point.parse().map_err(|_| fail(AppError::NotFound))?;
    let values = Values::from([("point".to_owned(), point.to_string())]);
    Ok(FormAsk { today: clock::local_date(ctx.now), values, ..FormAsk::default() })
}

/// Files an appeal.
///
/// # Errors
/// When the record does not answer.
pub async fn file(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let filed = match credit::read_appeal(values) {
        Ok(f) => f,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let rules = rules(ctx).await?;
    let txn = ctx.begin().await?;
    let made = data::credit::file(&txn, ctx.viewer, &rules, &filed, &ctx.actor(), ctx.now).await;
    Ok(match made.map_err(internal("appeal"))? {
        FiledAs::New(id) => {
            txn.commit().await.map_err(data::Error::from).map_err(internal("appeal"))?;
            Saved::Done(format!("/credit/appeals/{id}?done=saved"))
        }
        FiledAs::Before(id) => Saved::Done(format!("/credit/appeals/{id}?done=twice")),
        FiledAs::Unknown => Saved::Faults(vec![taken("point")]),
        FiledAs::Late(days) => Saved::Faults(vec![Fault {
            field: "point".into(),
            zh: format!("已超过申诉期限({days} 天)"),
            en: format!("the time to appeal is over: {days} days"),
        }]),
    })
}

/// Does something with an appeal.
///
/// # Errors
/// [`AppError::Field`] names the field; [`AppError::NotFound`]; [`AppError::NotAllowed`]; [`AppError::Stale`]; [`AppError::Own`] where who
/// decided would decide the review.
pub async fn run(ctx: &Ctx, id: i64, values: &Values) -> Result<(), AppError> {
    let back = |why: AppError| {
        let page = again(&format!("/credit/appeals/{id}"), &why, values);
        fail_at(why, &page)
    };
    let asked = credit::read_act(values).map_err(|faults| {
        back(AppError::Field(faults.into_iter().next().map_or_else(|| "act".to_owned(), |f| f.field)))
    })?;
    if !may(ctx, asked.act) {
        return Err(fail(AppError::NotAllowed));
    }
    let rules = rules(ctx).await?;
    let txn = ctx.begin().await?;
    let made = data::credit::act(&txn, ctx.viewer, &rules, (id, &asked), &ctx.actor(), ctx.now).await;
    match made.map_err(internal("appeal"))? {
        Acted::Taken(_) => {
            txn.commit().await.map_err(data::Error::from).map_err(internal("appeal"))?;
            done(&format!("/credit/appeals/{id}?done=saved"));
            Ok(())
        }
        Acted::Unknown => Err(fail(AppError::NotFound)),
        Acted::NotNow | Acted::Stale => Err(back(AppError::Stale)),
        Acted::Own => Err(back(AppError::Own)),
    }
}
