//! `/alerts/list`: alerts one by one, to be picked and handled together.

use super::api::{AlertAsk, AlertsPage, PAGE, alert_list, alert_people};
use crate::{
    kit::{page, table, told},
    lang::{Lang, tr},
    wall::lines::alert_kind,
};
use domain::{clock::local_text, ledger::Listed, outcome::AlertKind};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What the address asks for.
fn asked() -> AlertAsk {
    use_query_map().with(|q| {
        let text = |name: &str| q.get(name).unwrap_or_default();
        let set = |name: &str| !text(name).is_empty() && text(name) != "0";
        AlertAsk {
            closed: set("closed"),
            kind: text("kind"),
            site: text("site").parse().unwrap_or_default(),
            mine: set("mine"),
            waiting: set("waiting"),
            tag: text("tag"),
            before: text("before").parse().unwrap_or_default(),
        }
    })
}

/// The address of a page of this list.
fn address(ask: &AlertAsk, before: i64) -> String {
    let flag = |name: &str, on: bool| on.then(|| format!("{name}=1"));
    let text = |name: &str, value: &str| (!value.is_empty()).then(|| format!("{name}={}", told::query_value(value)));
    let number = |name: &str, n: i64| (n != 0).then(|| format!("{name}={n}"));
    let all: Vec<String> = [
        flag("closed", ask.closed),
        text("kind", &ask.kind),
        number("site", ask.site),
        flag("mine", ask.mine),
        flag("waiting", ask.waiting),
        text("tag", &ask.tag),
        number("before", before),
    ]
    .into_iter()
    .flatten()
    .collect();
    if all.is_empty() { "/alerts/list".into() } else { format!("/alerts/list?{}", all.join("&")) }
}

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let rows = Resource::new_blocking(asked, |ask| async move {
        let rows = alert_list(ask.clone()).await;
        // Who may only read is not asked to whom he would give them.
        let people = match &rows {
            Ok(page) if page.may_handle && !ask.closed => alert_people().await.unwrap_or_default(),
            _ => vec![],
        };
        (rows, people, ask)
    });
    let content = view! {
        <Title text=tr("告警清单 · 瓶迹", "List of alerts · Pingji")/>
        <h1>{tr("告警清单", "List of alerts")}</h1>
        {super::ways()}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match rows.await {
                    (Ok(page), people, ask) => view! { {filter(&ask)} {content(page, people, &ask)} }.into_any(),
                    (Err(why), ..) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn filter(ask: &AlertAsk) -> AnyView {
    let lang = Lang::current();
    let kinds = AlertKind::ALL.iter().map(|k| {
        let chosen = k.code() == ask.kind;
        view! { <option value=k.code() selected=chosen>{lang.text(k.info().text)}</option> }
    });
    view! {
        <form class="form inline" method="get" action="/alerts/list" role="search">
            <label for="kind">{tr("类型", "Kind")}</label>
            <select id="kind" name="kind">
                <option value="">{tr("全部", "All")}</option>
                {kinds.collect_view()}
            </select>
            <label for="tag">{tr("标签号", "Tag")}</label>
            <input id="tag" name="tag" type="search" value=ask.tag.clone() maxlength="64"/>
            <label><input type="checkbox" name="waiting" value="1" checked=ask.waiting/>{tr("只看待签收", "Waiting only")}</label>
            <label><input type="checkbox" name="mine" value="1" checked=ask.mine/>{tr("指派给我", "Given to me")}</label>
            <label><input type="checkbox" name="closed" value="1" checked=ask.closed/>{tr("已关闭", "Closed")}</label>
            {(ask.site != 0).then(|| view! { <input type="hidden" name="site" value=ask.site.to_string()/> })}
            <button type="submit">{tr("筛选", "Filter")}</button>
        </form>
    }
    .into_any()
}

fn content(found: AlertsPage, people: Vec<(i64, String)>, ask: &AlertAsk) -> AnyView {
    if found.alerts.is_empty() {
        return view! {
            <p class="empty" role="status">
                {tr("没有符合条件的告警。", "Nothing matches.")} " "
                <a href="/alerts/list" rel="external">{tr("查看全部未关闭的告警", "Show all open ones")}</a>
            </p>
        }
        .into_any();
    }
    let last = found.alerts.last().map_or(0, |a| a.no);
    let older = (found.alerts.len() as u64 == PAGE)
        .then(|| view! { <p><a href=address(ask, last) rel="external">{tr("更早的告警", "Earlier")}</a></p> });
    let handles = found.may_handle;
    let table = listed(found.alerts, handles);
    let all = if handles {
        view! {
            <form method="post" action="/api/fn/alert_handle" class="handle">
                {table}
                {super::forms::fields(address(ask, ask.before), people, ask.closed)}
            </form>
        }
        .into_any()
    } else {
        table
    };
    view! { {all} {older} }.into_any()
}

fn listed(alerts: Vec<Listed>, handles: bool) -> AnyView {
    let lang = Lang::current();
    let row = |a: Listed| {
        let pick = handles.then(|| {
            let label = format!("{} {}", lang.pick("选择告警", "Pick alert"), a.no);
            view! { <input type="checkbox" name="no[]" value=a.no.to_string() aria-label=label/> }.into_any()
        });
        let state = match (a.closed, a.noted) {
            (Some(at), _) => format!("{} {}", lang.pick("关闭于", "closed"), local_text(at)),
            (None, Some(_)) => lang.pick("已签收", "noted").to_owned(),
            (None, None) => lang.pick("待签收", "waiting").to_owned(),
        };
        let cylinder = (!a.tag.is_empty()).then(|| {
            let href = format!("/cylinders/{}/history", told::query_value(&a.tag));
            view! { <a class="code" href=href rel="external">{a.tag.clone()}</a> }
        });
        let kind = view! {
            {alert_kind(a.kind).icon().view()} " "
            <a href=format!("/alerts/{}", a.no) rel="external">{lang.text(a.kind.info().text)}</a>
        };
        let level = (a.level > 0).then(|| format!(" · {} {}", lang.pick("上报", "escalated"), a.level));
        let cells = vec![
            kind.into_any(),
            local_text(a.at).into_any(),
            a.site_name.into_any(),
            cylinder.into_any(),
            view! { {state}{level} }.into_any(),
            a.assigned.into_any(),
        ];
        pick.into_iter().chain(cells).collect::<Vec<AnyView>>()
    };
    let columns: Vec<table::Column> = handles
        .then_some((tr("选择", "Pick"), ""))
        .into_iter()
        .chain([
            (tr("告警类型", "Kind"), "kind"),
            (tr("时间", "Raised"), "when"),
            (tr("站点", "Site"), ""),
            (tr("标签号", "Tag"), ""),
            (tr("状态", "State"), ""),
            (tr("负责人", "Given to"), ""),
        ])
        .collect();
    table::table(tr("告警", "Alerts"), "alerts", &columns, alerts.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_asked_for() {
        assert_eq!(address(&AlertAsk::default(), 0), "/alerts/list");
        let ask = AlertAsk { closed: true, kind: "CLONE".into(), site: 7, tag: "a&b".into(), ..AlertAsk::default() };
        assert_eq!(address(&ask, 12), "/alerts/list?closed=1&kind=CLONE&site=7&tag=a%26b&before=12");
    }
}
