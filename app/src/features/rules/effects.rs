//! What a draft would change of ratings and of terms of open cases: computed when it is asked for, by all facts as they stand.

use super::api::Effects;
use crate::{
    error::AppError,
    kit::{format, table},
    lang::{Lang, tr},
};
use domain::{
    credit::{Grade, Moved, points},
    rules::draft::DraftPage,
};
use leptos::prelude::*;

/// Enterprises named on the page at most.
const NAMED: usize = 200;

/// The section of a draft's page; `None` where it was not asked for.
#[must_use]
pub(super) fn section(p: &DraftPage, effects: Option<Result<Effects, AppError>>) -> AnyView {
    let link = |text: &'static str| {
        let href = format!("/rules/drafts/{}?effects=yes#effects", p.line.id);
        view! { <p><a class="button" href=href data-testid="effects-ask">{text}</a></p> }
    };
    match effects {
        None => link(tr("计算对信用评价和办件期限的影响", "Compute what it changes of ratings and of terms of cases"))
            .into_any(),
        Some(Err(why)) => view! {
            <p class="told error" role="alert">{why.text()}</p>
            {link(tr("重新计算", "Compute again"))}
        }
        .into_any(),
        Some(Ok(e)) => sums(&e),
    }
}

fn sums(e: &Effects) -> AnyView {
    let lang = Lang::current();
    let (c, n) = (&e.credit, format::count);
    let turned = i64::try_from(c.turned.len()).unwrap_or(i64::MAX);
    let credit = lang.pick(
        format!("按今日事实评价 {} 家:分值变化 {} 家,等级变化 {} 家。", n(c.seen), n(c.moved), n(turned)),
        format!(
            "By today's facts, of {} rated: points change for {}, the grade for {}.",
            n(c.seen),
            n(c.moved),
            n(turned)
        ),
    );
    let cases = lang.pick(
        format!("未结办件中,最近期限变化 {} 件;发布后自动重算。", n(e.cases)),
        format!("Of open cases the next term changes for {}; they are reckoned anew after publishing.", n(e.cases)),
    );
    let grades = [Grade::A, Grade::B, Grade::C, Grade::D];
    let grades = grades
        .iter()
        .zip(c.was.iter().zip(&c.is))
        .map(|(g, (was, is))| vec![lang.text(g.text()).into_any(), n(*was).into_any(), n(*is).into_any()]);
    let columns = [(tr("等级", "Grade"), ""), (tr("现在(家)", "Now"), "num"), (tr("修改后(家)", "Then"), "num")];
    let one = |m: &Moved| {
        let side = |(milli, grade): (i64, Grade)| format!("{} {}", lang.text(grade.text()), points(milli));
        vec![
            view! { <a href=format!("/credit/{}", m.org)>{m.name.clone()}</a> }.into_any(),
            side(m.was).into_any(),
            side(m.is).into_any(),
        ]
    };
    let named = [(tr("单位", "Organisation"), ""), (tr("现在", "Now"), ""), (tr("修改后", "Then"), "")];
    let list = (!c.turned.is_empty()).then(|| {
        let rows = c.turned.iter().take(NAMED).map(one).collect();
        let more = c.turned.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| {
            let text = lang.pick(format!("另有 {more} 家未列出"), format!("{more} more are not listed"));
            view! { <p>{text}</p> }
        });
        view! { {table::table(tr("等级变化的单位", "Whose grade changes"), "turned", &named, rows)} {more} }
    });
    view! {
        <p data-testid="credit-moves">{credit}</p>
        {table::table(tr("各等级单位数", "By grade"), "grades", &columns, grades.collect())}
        {list}
        <p data-testid="case-moves">{cases}</p>
    }
    .into_any()
}
