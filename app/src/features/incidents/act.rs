//! What is done with accidents and hazards, checked and done. Each leaves its row in the audit log.

use crate::{
    Ctx,
    error::{AppError, done, fail, fail_at, internal},
};
use data::incident::{Done, Entry};
use domain::{
    clock,
    form::{Saved, Values},
    incident::{Act, Asked, NOTE_MAX, Register, amendment, deadline},
};
use serde_json::json;

/// A form as it was sent.
pub struct Sent {
    /// Which register.
    pub register: String,
    /// Which of it.
    pub id: i64,
    /// What is to be done.
    pub act: String,
    /// Why.
    pub note: String,
    /// Last day of a rectification.
    pub due: String,
    /// Figures of an amendment.
    pub values: Values,
    /// Steps that stood there.
    pub seen: i64,
}

impl Sent {
    /// The page with what was entered in its address: whoever must look again types nothing twice.
    fn again(&self, register: Register, why: &str) -> String {
        let address = format!("{}/{}?why={why}", register.path(), self.id);
        let own = [("note", &self.note), ("due", &self.due)];
        let fields = own.into_iter().chain(self.values.iter().map(|(name, value)| (name.as_str(), value)));
        let given = fields.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str()));
        crate::ctx::with_entered(address, given)
    }
}

fn me(ctx: &Ctx) -> i64 {
    ctx.who.me().map_or(0, |me| me.id)
}

/// Enters one.
///
/// # Errors
/// When the record does not answer.
pub async fn enter(ctx: &Ctx, register: Register, values: &Values) -> Result<Saved, AppError> {
    let entered = match domain::incident::read(register, values, clock::local_date(ctx.now)) {
        Ok(entered) => entered,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let known = data::incident::known(&ctx.db, ctx.viewer, &entered).await;
    let cylinder = match known.map_err(internal("entry"))? {
        Ok(cylinder) => cylinder,
        Err(field) => return Ok(Saved::Faults(vec![crate::kit::form::taken(field)])),
    };
    let txn = ctx.begin().await?;
    let entry = data::incident::enter(&txn, &entered, cylinder, me(ctx), ctx.now).await.map_err(internal("entry"))?;
    let id = match entry {
        Entry::New(id) => id,
        // Left without a commit, the transaction takes its number back. The page of the first says that it is the same.
        Entry::Twice(id) => return Ok(Saved::Done(format!("{}/{id}?done=twice", register.path()))),
    };
    let detail = json!({
        "at": clock::rfc3339(entered.at), "kind": entered.kind, "division": entered.division, "org": entered.org,
        "tag": entered.tag, "dead": entered.harm.dead, "serious": entered.harm.serious,
    });
    let action = format!("{}.enter", register.code());
    ctx.commit(txn, &action, &format!("{} {id}", register.code()), detail).await?;
    Ok(Saved::Done(format!("{}/{id}", register.path())))
}

/// Takes a step.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when there is none such within sight;
/// [`AppError::Stale`] when it is in a state in which that cannot be done, or something was done since it was looked at.
pub async fn run(ctx: &Ctx, sent: Sent) -> Result<(), AppError> {
    let field = |name: String| fail(AppError::Field(name));
    let register = Register::from_code(&sent.register).ok_or_else(|| field("register".into()))?;
    let act = Act::from_code(&sent.act).filter(|a| *a != Act::Enter).ok_or_else(|| field("act".into()))?;
    let note = sent.note.trim();
    let fits = note.chars().count() <= NOTE_MAX && !note.chars().any(char::is_control);
    if !fits || (note.is_empty() && act.needs_reason()) {
        return Err(field("note".into()));
    }
    let today = clock::local_date(ctx.now);
    let due = if act == Act::Demand { Some(deadline(sent.due.trim(), today).map_err(field)?) } else { None };
    let amended = if act == Act::Amend { Some(amendment(&sent.values).map_err(field)?) } else { None };
    let asked = Asked { act, note: note.to_owned(), due, amended, seen: sent.seen };
    let txn = ctx.begin().await?;
    let at = (register, sent.id);
    let taken = data::incident::act(&txn, ctx.viewer, at, &asked, (me(ctx), ctx.now)).await;
    match taken.map_err(internal("step"))? {
        Done::Taken => {}
        Done::Unknown => return Err(fail(AppError::NotFound)),
        Done::NotNow | Done::Stale => {
            let stale = AppError::Stale;
            let page = sent.again(register, &stale.word().unwrap_or_default());
            return Err(fail_at(stale, &page));
        }
        Done::Needs(name) => return Err(field(name.into())),
    }
    let action = format!("{}.{}", register.code(), act.code());
    let detail = json!({ "note": asked.note, "due": asked.due });
    ctx.commit(txn, &action, &format!("{} {}", register.code(), sent.id), detail).await?;
    done(&format!("{}/{}?done=saved", register.path(), sent.id));
    Ok(())
}
