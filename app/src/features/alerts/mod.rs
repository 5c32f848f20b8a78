//! `/alerts`: one inbox. Open alerts grouped by kind and site; a group's alerts; one alert with what was done; how right each kind was.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod forms;
mod list;
mod one;
mod precision;

use crate::{
    kit::{format, page, pages, table, told},
    lang::{Lang, tr},
    wall::lines::alert_kind,
};
use domain::{
    clock::local_text,
    ledger::{Group, Groups},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use api::{
    AlertGroups, AlertHandle, AlertList, AlertOne, AlertPeople, AlertPrecision, GROUPS, alert_groups, alert_handle,
    alert_list, alert_one, alert_people, alert_precision,
};
pub use list::page as list_page;
pub use one::page as one_page;
pub use precision::page as precision_page;

/// Ways within the feature.
fn ways() -> AnyView {
    view! {
        <nav class="ways" aria-label=tr("告警", "Alerts")>
            <a href="/alerts" rel="external">{tr("按原因", "By cause")}</a>
            <a href="/alerts/list" rel="external">{tr("全部未关闭", "All open")}</a>
            <a href="/alerts/list?mine=1" rel="external">{tr("指派给我", "Given to me")}</a>
            <a href="/alerts/list?closed=1" rel="external">{tr("已关闭", "Closed")}</a>
            <a href="/alerts/precision" rel="external">{tr("规则准确率", "Precision of rules")}</a>
        </nav>
    }
    .into_any()
}

/// `/alerts`
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let page = move || query.with(|q| q.get("page")).and_then(|p| p.parse().ok()).unwrap_or_default();
    let groups = Resource::new_blocking(page, alert_groups);
    let content = view! {
        <Title text=tr("告警 · 瓶迹", "Alerts · Pingji")/>
        <h1>{tr("告警", "Alerts")}</h1>
        {ways()}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match groups.await {
                    Ok(p) if p.groups.is_empty() => {
                        view! { <p class="empty" role="status">{tr("没有未关闭的告警", "No open alerts")}</p> }.into_any()
                    }
                    Ok(p) => grouped(p),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn grouped(p: Groups) -> AnyView {
    let lang = Lang::current();
    let row = |g: Group| {
        let of = alert_kind(g.kind);
        let href = format!("/alerts/list?kind={}&site={}", g.kind.code(), g.site);
        let cause = view! { {of.icon().view()} " " <a href=href rel="external">{lang.text(g.kind.info().text)}</a> };
        vec![
            cause.into_any(),
            g.site_name.into_any(),
            format::count(g.open).into_any(),
            format::count(g.waiting).into_any(),
            local_text(g.oldest).into_any(),
            local_text(g.newest).into_any(),
        ]
    };
    let columns = [
        (tr("告警类型", "Kind"), "kind"),
        (tr("站点", "Site"), ""),
        (tr("未关闭", "Open"), "num"),
        (tr("待签收", "Waiting"), "num"),
        (tr("最早", "Oldest"), "when"),
        (tr("最新", "Newest"), "when"),
    ];
    view! {
        <p>
            {tr("未关闭 ", "Open ")}<b data-testid="open">{format::count(p.open)}</b>
            {tr(",待签收 ", ", waiting ")}<b data-testid="waiting">{format::count(p.waiting)}</b>
        </p>
        {table::table(tr("按原因分组的告警", "Alerts by cause"), "groups", &columns, p.groups.into_iter().map(row).collect())}
        {pages::pages(p.page, GROUPS, p.all, |page| format!("/alerts?page={page}"))}
    }
    .into_any()
}
