//! `/rules/versions`: the history of the rules: who wrote and approved each version, from where on it decided, and what differs
//! between two of them (`?from=…&to=…`).

use super::{
    api::{rule_diff, rule_versions},
    change,
};
use crate::{
    error::AppError,
    kit::{format, page, table},
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    rules::draft::{Change, Done, VersionLine},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let asked = move || {
        let n = |name: &str| query.with(|q| q.get(name).and_then(|v| v.parse::<i64>().ok()));
        n("from").zip(n("to"))
    };
    let all = Resource::new_blocking(asked, |pair| async move {
        let diff = match pair {
            Some((from, to)) => Some((from, to, rule_diff(from, to).await)),
            None => None,
        };
        (rule_versions().await, diff)
    });
    let content = view! {
        <Title text=tr("规则历次版本 · 瓶迹", "Versions of the rules · Pingji")/>
        <div class="title-row">
            <h1>{tr("规则历次版本", "Versions of the rules")}</h1>
            <span class="actions"><a class="button" href="/rules">{tr("现行规则", "Rules in force")}</a></span>
        </div>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match all.await {
                    (Ok(versions), diff) => view! { {diff.map(differs)} {listed(&versions)} }.into_any(),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn differs((from, to, diff): (i64, i64, Result<Vec<Change>, AppError>)) -> AnyView {
    let lang = Lang::current();
    let content = match diff {
        Ok(changes) if changes.is_empty() => {
            view! { <p class="empty" role="status">{tr("两个版本没有差别。", "The two versions are the same.")}</p> }.into_any()
        }
        Ok(changes) => change::table(&changes, None),
        Err(AppError::NotFound) => {
            view! { <p class="empty" role="status">{tr("没有这个版本,请从下表选择。", "No such version: choose below.")}</p> }
                .into_any()
        }
        Err(why) => view! { <p class="told error" role="alert">{why.text()}</p> }.into_any(),
    };
    let title =
        lang.pick(format!("版本 {from} 与版本 {to} 的差别"), format!("What differs between versions {from} and {to}"));
    view! { <section aria-labelledby="diff"><h2 id="diff">{title}</h2>{content}</section> }.into_any()
}

fn listed(versions: &[VersionLine]) -> AnyView {
    let row = |v: &VersionLine| {
        let d = v.draft.as_ref();
        let who = |x: Option<&Done>| {
            x.map_or_else(|| "—".to_owned(), |x| format!("{} {}", x.name, local_text(x.at)).trim().to_owned())
        };
        let diff = (v.version > 1).then(|| {
            let href = format!("/rules/versions?from={}&to={}", v.version - 1, v.version);
            view! { <a href=href>{tr("与上一版本比较", "Against the one before")}</a> }
        });
        vec![
            view! { <a href=format!("/rules?version={}", v.version)>{v.version}</a> }.into_any(),
            d.map_or_else(|| tr("随程序提供", "Shipped with the program").to_owned(), |d| d.note.clone()).into_any(),
            v.from_no.map_or_else(|| "—".to_owned(), format::count).into_any(),
            format::count(v.rows).into_any(),
            d.map_or_else(|| "—".to_owned(), |d| d.author.name.clone()).into_any(),
            who(d.and_then(|d| d.decided.as_ref())).into_any(),
            who(d.and_then(|d| d.published.as_ref())).into_any(),
            diff.into_any(),
        ]
    };
    let columns = [
        (tr("版本", "Version"), "num"),
        (tr("修改原因", "Why"), "detail"),
        (tr("自台账号起判定", "Decides from number"), "num"),
        (tr("规则(条)", "Rules"), "num"),
        (tr("编制人", "By"), ""),
        (tr("批准", "Approved"), ""),
        (tr("发布", "Published"), ""),
        (tr("变动", "Changes"), ""),
    ];
    table::table(tr("历次版本", "Versions"), "versions", &columns, versions.iter().map(row).collect())
}
