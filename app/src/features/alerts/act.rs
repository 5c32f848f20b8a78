//! What a form asks to be done with alerts, checked and done.

use crate::{
    Ctx,
    error::{AppError, done, fail, internal},
};
use data::ledger::{By, Handled, Noted};
use domain::{
    ledger::{Act, HANDLED_MAX, reason},
    permission::{Permission as P, Role},
};

/// A form as it was sent.
pub struct Asked {
    /// Ledger numbers of the alerts.
    pub no: Vec<i64>,
    /// What is to be done.
    pub act: String,
    /// To whom they are given.
    pub to: Option<i64>,
    /// What they turned out to be.
    pub finding: Option<String>,
    /// Why.
    pub reason: String,
    /// Page to go on to.
    pub back: String,
}

/// Checks and does it.
///
/// # Errors
/// [`AppError::Field`] names the field that cannot be taken; [`AppError::NotFound`] when none of the alerts could be handled.
pub async fn run(ctx: &Ctx, asked: Asked) -> Result<(), AppError> {
    let field = |name: &str| fail(AppError::Field(name.into()));
    if asked.no.is_empty() || asked.no.len() > HANDLED_MAX {
        return Err(field("no"));
    }
    let any = if asked.act == "note" { note(ctx, &asked.no).await? } else { handle(ctx, &asked).await? };
    if !any {
        return Err(fail(AppError::NotFound));
    }
    let back = domain::account::own_path(&asked.back).unwrap_or("/alerts");
    let joint = if back.contains('?') { '&' } else { '?' };
    done(&format!("{back}{joint}done=saved"));
    Ok(())
}

async fn note(ctx: &Ctx, alerts: &[i64]) -> Result<bool, AppError> {
    let actor = ctx.actor();
    let by = By::Account { id: actor.account, session: actor.session, address: actor.address };
    let mut any = false;
    for no in alerts {
        let noted = (ctx.acknowledge)(ctx.viewer, *no, by.clone()).await.map_err(fail)?;
        any |= noted != Noted::Unknown;
    }
    Ok(any)
}

async fn handle(ctx: &Ctx, asked: &Asked) -> Result<bool, AppError> {
    let field = |name: &str| fail(AppError::Field(name.into()));
    let finding = || {
        let word = serde_json::Value::from(asked.finding.clone());
        serde_json::from_value(word).map_err(|_| field("finding"))
    };
    let act = match asked.act.as_str() {
        "assign" => Act::Assign { to: assignee(ctx, asked.to).await? },
        "escalate" => Act::Escalate,
        "close" => Act::Close { finding: finding()? },
        "remark" => Act::Remark,
        _ => return Err(field("act")),
    };
    let why = reason(&act, &asked.reason).map_err(field)?;
    let done = (ctx.handle)(ctx.viewer, asked.no.clone(), act, why, ctx.actor()).await.map_err(fail)?;
    Ok(done.iter().any(|h| *h != Handled::Unknown))
}

/// Only who may handle alerts and is within sight can be given one.
async fn assignee(ctx: &Ctx, to: Option<i64>) -> Result<i64, AppError> {
    let to = to.ok_or_else(|| fail(AppError::Field("to".into())))?;
    let roles: Vec<Role> = Role::ALL.iter().copied().filter(|r| r.permissions().contains(&P::AlertHandle)).collect();
    let all = data::account::holders(ctx.db.read(), &roles, ctx.viewer.scope)
        .await
        .map_err(internal("who handles alerts"))?;
    all.iter().find(|(id, _)| *id == to).map(|(id, _)| *id).ok_or_else(|| fail(AppError::Field("to".into())))
}
