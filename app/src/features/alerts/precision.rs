//! `/alerts/precision`: of each kind of alert, how many turned out to be real: noise shows here, and the rule to be tuned.

use super::api::alert_precision;
use crate::{
    kit::{format, page, table},
    lang::{Lang, tr},
};
use domain::ledger::Precision;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Days that can be asked for.
const DAYS: [i64; 4] = [30, 90, 365, 3_650];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let days = move || query.with(|q| q.get("days").and_then(|d| d.parse::<i64>().ok())).unwrap_or(90);
    let rows = Resource::new_blocking(days, |days| async move { (alert_precision(days).await, days) });
    let content = view! {
        <Title text=tr("规则准确率 · 瓶迹", "Precision of rules · Pingji")/>
        <h1>{tr("规则准确率", "Precision of rules")}</h1>
        {super::ways()}
        <p>{tr(
            "按关闭告警时的核查结果统计:准确率 = 属实 ÷(属实 + 误报)。误报多的规则应当调整。",
            "Of what closed alerts turned out to be: real ÷ (real + false alarms). A rule with many false alarms wants tuning.",
        )}</p>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match rows.await {
                    (Ok(all), days) => view! { {choice(days)} {counted(all)} }.into_any(),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn choice(days: i64) -> AnyView {
    let lang = Lang::current();
    let one = |d: i64| {
        let current = if d == days { Some("page") } else { None };
        let text = lang.pick(format!("近 {d} 天"), format!("last {d} days"));
        view! { <a href=format!("/alerts/precision?days={d}") rel="external" aria-current=current>{text}</a> }
    };
    view! { <nav class="ways" aria-label=tr("时间", "Time")>{DAYS.map(one).collect_view()}</nav> }.into_any()
}

fn counted(all: Vec<Precision>) -> AnyView {
    if all.is_empty() {
        return view! { <p class="empty" role="status">{tr("这段时间没有关闭过告警", "No alert was closed in this time")}</p> }
            .into_any();
    }
    let lang = Lang::current();
    let row = |p: Precision| {
        let share = p.permille().map_or_else(|| "—".to_owned(), |n| format!("{}.{} %", n / 10, n % 10));
        vec![
            lang.text(p.kind.info().text).into_any(),
            format::count(p.real).into_any(),
            format::count(p.false_alarms).into_any(),
            format::count(p.unclear).into_any(),
            share.into_any(),
        ]
    };
    let columns = [
        (tr("告警类型", "Kind"), ""),
        (tr("属实", "Real"), "num"),
        (tr("误报", "False"), "num"),
        (tr("无法查实", "Unclear"), "num"),
        (tr("准确率", "Precision"), "num"),
    ];
    table::table(tr("规则准确率", "Precision of rules"), "precision", &columns, all.into_iter().map(row).collect())
}
