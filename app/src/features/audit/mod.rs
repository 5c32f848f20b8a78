//! `/audit`: the audit log.

mod api;

use crate::{
    kit::{export, page, table, told},
    lang::tr,
};
use api::{AuditAsk, PAGE};
use domain::{account::AuditLine, clock::local_text, export::filter_of, list::ListQuery};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use api::{AuditList, audit_list};

/// What the address asks for.
fn asked() -> AuditAsk {
    use_query_map().with(|q| {
        let text = |name: &str| q.get(name).unwrap_or_default();
        AuditAsk {
            before: text("before").parse().unwrap_or_default(),
            login: text("login"),
            action: text("action"),
            from: text("from"),
            to: text("to"),
        }
    })
}

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let rows = Resource::new_blocking(asked, |ask| async move { (audit_list(ask.clone()).await, ask) });
    let content = view! {
        <Title text=tr("审计日志 · 瓶迹", "Audit log · Pingji")/>
        <h1>{tr("审计日志", "Audit log")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match rows.await {
                    (Ok(rows), ask) => {
                        let narrowed = narrowed(&ask);
                        view! {
                            {filter(&ask)}
                            {export::buttons("audit".into(), move || narrowed.clone())}
                            {listed(rows, &ask)}
                        }
                        .into_any()
                    }
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// The same as an export takes it: the whole of what is asked for, not the page of it.
fn narrowed(ask: &AuditAsk) -> String {
    let fields = ask.fields().into_iter().filter(|(_, value)| !value.trim().is_empty());
    filter_of(&fields.fold(ListQuery::default(), |query, (name, value)| query.with(name, value)))
}

fn filter(ask: &AuditAsk) -> AnyView {
    view! {
        <form class="form inline" method="get" action="/audit" role="search">
            <label for="login">{tr("账号", "Account")}</label>
            <input id="login" name="login" type="text" value=ask.login.clone() maxlength="64"/>
            <label for="action">{tr("操作", "Action")}</label>
            <input id="action" name="action" type="text" value=ask.action.clone() maxlength="64"/>
            <label for="from">{tr("自", "From")}</label>
            <input id="from" name="from" type="date" value=ask.from.clone()/>
            <label for="to">{tr("至", "To")}</label>
            <input id="to" name="to" type="date" value=ask.to.clone()/>
            <button type="submit">{tr("筛选", "Filter")}</button>
        </form>
    }
    .into_any()
}

fn listed(rows: Vec<AuditLine>, ask: &AuditAsk) -> AnyView {
    if rows.is_empty() {
        return view! { <p role="status">{tr("没有符合条件的记录", "Nothing matches")}</p> }.into_any();
    }
    let last = rows.last().map_or(0, |r| r.no);
    let more = (rows.len() as u64 == PAGE && last > 1).then(|| {
        let q: Vec<String> = ask.fields().iter().map(|(n, v)| format!("{n}={}", told::query_value(v))).collect();
        let href = format!("/audit?before={last}&{}", q.join("&"));
        view! { <p><a href=href>{tr("更早的记录", "Earlier")}</a></p> }
    });
    let columns = [
        (tr("序号", "No"), "num"),
        (tr("时间", "Time"), "when"),
        (tr("账号", "Account"), ""),
        (tr("地址", "Address"), ""),
        (tr("操作", "Action"), "code"),
        (tr("对象", "Subject"), ""),
        (tr("详情", "Detail"), "detail"),
    ];
    let row = |r: AuditLine| {
        let login = if r.login.is_empty() { "—".to_owned() } else { r.login };
        vec![
            r.no.to_string().into_any(),
            local_text(r.at).into_any(),
            login.into_any(),
            r.address.into_any(),
            r.action.into_any(),
            r.subject.into_any(),
            r.detail.into_any(),
        ]
    };
    let rows = rows.into_iter().map(row).collect();
    view! {
        {table::table(tr("审计记录", "Rows of the log"), "audit", &columns, rows)}
        {more}
    }
    .into_any()
}
