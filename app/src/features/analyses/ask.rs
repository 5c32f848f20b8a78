//! What an analysis is asked by: a GET form, so that each answer has an address.

use crate::{
    error::AppError,
    lang::{Lang, tr},
};
use domain::{
    analysis::{Asked, By, Kind, Period, Sheet},
    clock,
};
use leptos::prelude::*;

/// The form.
pub(super) fn form(k: &'static Kind, asked: &Asked) -> AnyView {
    if !k.dated && !k.by_unit && asked.district.is_none() {
        return ().into_any();
    }
    let lang = Lang::current();
    let path = format!("/analyses/{}", k.code);
    let again = path.clone();
    let day = k.dated.then(|| {
        let label =
            if k.periodic { tr("期间内任一日", "A day of the period") } else { tr("判定日期", "Judged at") };
        view! {
            <label class="field">
                <span>{label}</span>
                <input type="date" name="as_of" value=asked.as_of.clone() min="1900-01-01" max="2199-12-31"/>
            </label>
        }
    });
    let period = k.periodic.then(|| {
        let one = |p: Period| {
            let (zh, en) = p.words();
            view! { <option value=p.code() selected=p == asked.period>{lang.pick(zh, en)}</option> }
        };
        view! {
            <label class="field">
                <span>{tr("期间", "Period")}</span>
                <select name="period">{Period::ALL.map(one).collect_view()}</select>
            </label>
        }
    });
    let by = k.by_unit.then(|| {
        let one = |b: By, text: &'static str| {
            view! { <option value=b.code() selected=b == asked.by>{text}</option> }
        };
        view! {
            <label class="field">
                <span>{tr("统计口径", "Told apart by")}</span>
                <select name="by">
                    {one(By::District, tr("按区县", "District"))}
                    {one(By::Org, tr("按单位", "Organisation"))}
                </select>
            </label>
        }
    });
    let district = asked.district.map(|d| view! { <input type="hidden" name="district" value=d.to_string()/> });
    view! {
        <form class="filters as-of" method="get" action=path role="search" aria-label=tr("统计条件", "What is asked")>
            {district}
            {day}
            {period}
            {by}
            <button type="submit" class="button strong">{tr("统计", "Show")}</button>
            <a class="button" href=again>{tr("回到今天、全部", "Today, everything")}</a>
        </form>
    }
    .into_any()
}

/// What was asked, in words: the day or the period, and the district.
pub(super) fn told(k: &Kind, sheet: &Sheet) -> AnyView {
    let when = match sheet.days {
        Some((first, last)) => format!("{} {first} – {last}", tr("期间", "Period")),
        None if k.dated => format!("{} {}", tr("判定日期", "Judged at"), sheet.as_of),
        None => match sheet.made_at {
            Some(at) => format!("{} {}", tr("统计于", "Made at"), clock::local_text(at)),
            None => tr("当前状态", "As it is now").to_owned(),
        },
    };
    let within = (!sheet.district.is_empty()).then(|| {
        let all = Asked { district: None, page: 0, ..sheet.asked.clone() }.address(k.code);
        view! { " · " <b>{sheet.district.clone()}</b> " " <a href=all>{tr("全部区县", "All districts")}</a> }
    });
    view! { <p class="quiet" data-testid="when">{when} {within}</p> }.into_any()
}

/// The field that an error names.
pub(super) fn field(why: &AppError) -> Option<&'static str> {
    let AppError::Invalid(name) = why else { return None };
    match name.as_str() {
        "as_of" => {
            Some(tr("(日期应如 2026-11-21,年份 1900 至 2199)", "(a day such as 2026-11-21, years 1900 to 2199)"))
        }
        "district" => Some(tr("(该区县不在您的数据范围内)", "(this district is not within what you may see)")),
        "sort" => Some(tr("(没有这一列)", "(there is no such column)")),
        _ => None,
    }
}
