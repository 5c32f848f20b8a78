//! `/evaluation`: how the authority keeps its own terms (S0-50: the government's work is evaluated by the same data as the enterprises').

use super::case_evaluation;
use crate::{
    kit::{
        detail::{NONE, facts},
        format, page, table,
    },
    lang::{Lang, tr},
};
use domain::case::{Evaluation, Punctual};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let asked = move || query.with(|q| (q.get("from").unwrap_or_default(), q.get("to").unwrap_or_default()));
    let figures = Resource::new_blocking(asked, |(from, to)| case_evaluation(from, to));
    let content = view! {
        {page::title(move || format!("{} · {}", tr("政府工作评价", "The authority's own work"), tr("瓶迹", "Pingji")))}
        <h1>{tr("政府工作评价", "The authority's own work")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match figures.await {
                    Ok((from, to, e)) => view(from, to, &e),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// Per mille as a percentage of one decimal.
fn percent(per_mille: Option<i64>) -> String {
    per_mille.map_or_else(|| NONE.to_owned(), |r| format!("{}.{} %", r / 10, r % 10))
}

fn lasted(ms: Option<i64>) -> String {
    let Some(ms) = ms else { return NONE.to_owned() };
    let minutes = ms / 60_000;
    match minutes {
        0 => format!("{} {}", ms / 1_000, tr("秒", "s")),
        m if m < 120 => format!("{m} {}", tr("分钟", "min")),
        m => format!("{} {}", m / 60, tr("小时", "h")),
    }
}

fn view(from: String, to: String, e: &Evaluation) -> AnyView {
    let lang = Lang::current();
    let rating = (e.rated > 0).then(|| e.stars * 10 / e.rated);
    let all = vec![
        (tr("收到", "Received"), format::count(e.received)),
        (tr("办结", "Closed"), format::count(e.closed)),
        (
            tr("满意度(1–5)", "Content (1–5)"),
            rating.map_or_else(
                || NONE.to_owned(),
                |r| format!("{}.{} ({} {})", r / 10, r % 10, e.rated, tr("件", "cases")),
            ),
        ),
        (tr("预警", "Alerts"), format::count(e.alerts)),
        (tr("已响应预警", "Alerts responded to"), format::count(e.answered)),
        (tr("预警响应中位时间", "Median response to an alert"), lasted(e.response_ms)),
    ];
    let count = |n: i64| format::count(n).into_any();
    let row = |p: &Punctual| {
        vec![
            lang.text(p.clock.text()).into_any(),
            percent(p.rate()).into_any(),
            count(p.on_time),
            count(p.late),
            count(p.missed),
            count(p.running),
        ]
    };
    let columns = [
        (tr("期限", "Term"), ""),
        (tr("按时率", "On time"), "num"),
        (tr("按时(件)", "On time (cases)"), "num"),
        (tr("超期完成(件)", "Too late (cases)"), "num"),
        (tr("超期未完成(件)", "Overdue (cases)"), "num"),
        (tr("进行中(件)", "Running (cases)"), "num"),
    ];
    let kept = tr("期限遵守情况", "How the terms were kept");
    view! {
        <form class="span" method="get" action="/evaluation">
            <label for="from">{tr("从", "From")}</label>
            <input id="from" type="date" name="from" value=from/>
            <label for="to">{tr("至", "To")}</label>
            <input id="to" type="date" name="to" value=to/>
            <button type="submit" class="button">{tr("查看", "Show")}</button>
        </form>
        {facts(all)}
        <h2>{kept}</h2>
        {if e.clocks.is_empty() {
            view! { <p class="empty" role="status">{tr("这段时间内没有期限届满", "No term ended within these days")}</p> }.into_any()
        } else {
            table::table(kept, "kept", &columns, e.clocks.iter().map(row).collect())
        }}
    }
    .into_any()
}
