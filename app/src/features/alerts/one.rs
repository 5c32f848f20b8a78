//! `/alerts/:no`: one alert, why it was raised, and what was done.

use super::api::{AlertPage, alert_one, alert_people};
use crate::{
    kit::{page, told},
    lang::{Lang, tr},
    wall::lines::alert_kind,
};
use domain::{
    clock::local_text,
    ledger::{Listed, Taken},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let no = move || params.with(|p| p.get("no").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(no, |no| async move {
        let one = alert_one(no).await;
        let people = match &one {
            Ok(p) if p.may_handle && p.alert.closed.is_none() => alert_people().await.unwrap_or_default(),
            _ => vec![],
        };
        (one, people)
    });
    let content = view! {
        {page::title(move || format!("{} {} · 瓶迹", tr("告警", "Alert"), no()))}
        {super::ways()}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match one.await {
                    (Ok(found), people) => content(found, people),
                    (Err(crate::error::AppError::NotFound), _) => page::notice(
                        "empty",
                        tr("没有这条告警", "No such alert").into(),
                        tr("请核对编号,或从告警列表进入。", "Check the number, or come from the list.").into(),
                    ),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn content(found: AlertPage, people: Vec<(i64, String)>) -> AnyView {
    let lang = Lang::current();
    let AlertPage { alert, taken, may_handle } = found;
    let closed = alert.closed.is_some();
    let form = may_handle.then(|| {
        let no = alert.no.to_string();
        view! {
            <section aria-labelledby="handle-title">
                <h2 id="handle-title">{tr("处置", "Handle")}</h2>
                <form method="post" action="/api/fn/alert_handle" class="handle">
                    <input type="hidden" name="no[]" value=no.clone()/>
                    {super::forms::fields(format!("/alerts/{no}"), people, closed)}
                </form>
            </section>
        }
    });
    view! {
        <h1>{alert_kind(alert.kind).icon().view()} " " {lang.text(alert.kind.info().text)}</h1>
        {facts(&alert)}
        <section aria-labelledby="taken-title">
            <h2 id="taken-title">{tr("处置记录", "What was done")}</h2>
            {steps(taken)}
        </section>
        {form}
    }
    .into_any()
}

fn facts(a: &Listed) -> AnyView {
    let lang = Lang::current();
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let text = |t: String| t.into_any();
    let cylinder = (!a.tag.is_empty()).then(|| {
        let href = format!("/cylinders/{}/history", told::query_value(&a.tag));
        fact(tr("标签号", "Tag"), view! { <a class="code" href=href rel="external">{a.tag.clone()}</a> }.into_any())
    });
    let numbers = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_else(|| "—".into());
    let state = match (a.closed, a.noted) {
        (Some(at), _) => format!("{} {}", lang.pick("关闭于", "closed"), local_text(at)),
        (None, Some(at)) => format!("{} {}", lang.pick("签收于", "noted"), local_text(at)),
        (None, None) => lang.pick("待签收", "nobody took note").to_owned(),
    };
    // What the detector said: names and figures of its rule row.
    let figures: Vec<(String, String)> = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&a.detail)
        .unwrap_or_default()
        .into_iter()
        .map(|(k, v)| (k, v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
        .collect();
    let evidence = (!figures.is_empty()).then(|| {
        let row = |(k, v)| view! { <tr><th scope="row" class="code">{k}</th><td class="code">{v}</td></tr> };
        view! {
            <h2>{tr("依据", "Evidence")}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=tr("依据", "Evidence")>
                <table class="events"><tbody>{figures.into_iter().map(row).collect_view()}</tbody></table>
            </div>
        }
    });
    view! {
        <dl class="facts">
            {fact(tr("编号", "Number"), text(a.no.to_string()))}
            {fact(tr("时间", "Raised"), text(local_text(a.at)))}
            {fact(tr("站点", "Site"), text(a.site_name.clone()))}
            {cylinder}
            {fact(tr("状态", "State"), text(state))}
            {fact(tr("负责人", "Given to"), text(a.assigned.clone().unwrap_or_else(|| "—".into())))}
            {fact(tr("上报次数", "Escalated"), text(a.level.to_string()))}
            {fact(tr("起因记录号", "Caused by record"), text(numbers(a.cause)))}
            {fact(tr("相关记录号", "Beside record"), text(numbers(a.other)))}
        </dl>
        {evidence}
    }
    .into_any()
}

fn steps(taken: Vec<Taken>) -> AnyView {
    if taken.is_empty() {
        return view! { <p class="empty" role="status">{tr("还没有人处置", "Nothing yet")}</p> }.into_any();
    }
    let lang = Lang::current();
    let row = |t: Taken| {
        let what = t.step.map_or(lang.pick("签收", "took note"), |s| lang.pick(s.zh(), s.en()));
        let finding = t.finding.map(|f| format!(":{}", lang.pick(f.zh(), f.en())));
        let to = t.to.map(|to| format!(" → {to}"));
        view! {
            <li>
                <time>{local_text(t.at)}</time> " " <strong>{what}{finding}{to}</strong> " " {t.by}
                {(!t.reason.is_empty()).then(|| view! { <br/><q>{t.reason}</q> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="taken">{taken.into_iter().map(row).collect_view()}</ol> }.into_any()
}
