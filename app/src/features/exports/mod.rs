//! `/exports`: an account's exports: how far they are, to be had for a day, to be cancelled.

mod api;
#[cfg(feature = "ssr")]
mod begin;

pub use api::{ExportBegin, ExportCancel, ExportList, export_begin, export_cancel, export_list};

use crate::{
    kit::{
        format, page, told,
        who::{self, Session},
    },
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    export::{JobLine, JobState},
    permission::Permissions,
};
use leptos::prelude::*;
use leptos_meta::Title;
use std::time::Duration;

/// How often the page looks while an export is under way.
const LOOK: Duration = Duration::from_secs(2);

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let session = Session::current();
    let jobs = Resource::new_blocking(|| (), |()| export_list());
    // Looks again as long as one is under way; a page that was left looks no more.
    Effect::new(move |_| {
        let open = jobs.with(|all| matches!(all, Some(Ok(all)) if all.iter().any(|j| j.state.is_open())));
        if open && let Ok(timer) = set_timeout_with_handle(move || jobs.refetch(), LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
    let content = view! {
        <Title text=tr("导出文件 · 瓶迹", "Exports · Pingji")/>
        <h1>{tr("导出文件", "Exports")}</h1>
        {told::told()}
        <p class="quiet">
            {tr(
                "文件保留 24 小时,仅本人可下载。在列表或分析页上按「导出」开始。",
                "A file is kept for 24 hours, for whoever asked for it. Begin one by «Export» on a list or an analysis.",
            )}
        </p>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let may = if let Some(session) = session { session.permissions().await } else { Permissions::NONE };
                match jobs.await {
                    Ok(all) if all.is_empty() => view! {
                        <section class="notice empty" role="status" data-testid="nothing">
                            <h2>{tr("还没有导出", "No exports yet")}</h2>
                            {somewhere(may)}
                        </section>
                    }.into_any(),
                    Ok(all) => table(&all),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// A list from which something can be exported, to whom it opens.
fn somewhere(may: Permissions) -> AnyView {
    let lists = [("/cylinders", tr("去钢瓶档案", "To the archive")), ("/audit", tr("去审计日志", "To the audit log"))];
    let open = lists.into_iter().filter(|(path, _)| who::opens(may, path));
    view! { <p>{open.map(|(path, text)| view! { <a class="button" href=path>{text}</a> }).collect_view()}</p> }
        .into_any()
}

fn table(jobs: &[JobLine]) -> AnyView {
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=tr("导出文件", "Exports")>
            <table class="events" data-testid="exports">
                <thead>
                    <tr>
                        <th scope="col">{tr("内容", "What")}</th>
                        <th scope="col">{tr("条件", "Narrowed to")}</th>
                        <th scope="col">{tr("判定日期", "Judged at")}</th>
                        <th scope="col">{tr("申请时间", "Asked for")}</th>
                        <th scope="col">{tr("进度", "Progress")}</th>
                        <th scope="col">{tr("保留至", "Kept until")}</th>
                        <th scope="col">{tr("操作", "Actions")}</th>
                    </tr>
                </thead>
                <tbody>{jobs.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(j: &JobLine) -> AnyView {
    let lang = Lang::current();
    let (zh, en) = j.state.words();
    let what = format!("{} · {}", lang.pick(&j.title, &j.title_en), j.format.to_uppercase());
    let filters = j.filters.iter().filter(|f| f.0 != "as_of").map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
    let filters =
        if filters.is_empty() { tr("全部", "everything").to_owned() } else { filters.join(lang.pick(",", ", ")) };
    let action = match j.state {
        JobState::Done => view! {
            <a class="button strong" href=format!("/exports/{}", j.id) rel="external" download="" data-testid="download">{tr("下载", "Download")}</a>
        }
        .into_any(),
        JobState::Queued | JobState::Running => view! {
            <form method="post" action="/api/fn/export_cancel">
                <input type="hidden" name="id" value=j.id.to_string()/>
                <button type="submit" class="button" data-testid="cancel">{tr("取消", "Cancel")}</button>
            </form>
        }
        .into_any(),
        _ => "—".into_any(),
    };
    view! {
        <tr data-state=lang.pick(zh, en)>
            <td data-label=tr("内容", "What")>{what}</td>
            <td data-label=tr("条件", "Narrowed to")>{filters}</td>
            <td class="when" data-label=tr("判定日期", "Judged at")>{j.as_of.to_string()}</td>
            <td class="when" data-label=tr("申请时间", "Asked for")>{local_text(j.created_at)}</td>
            <td data-label=tr("进度", "Progress")>{progress(j)}</td>
            <td class="when" data-label=tr("保留至", "Kept until")>{j.kept_until.map_or_else(|| "—".to_owned(), local_text)}</td>
            <td data-label=tr("操作", "Actions")>{action}</td>
        </tr>
    }
    .into_any()
}

/// How far it is, in words and as a bar.
fn progress(j: &JobLine) -> AnyView {
    let lang = Lang::current();
    let (zh, en) = j.state.words();
    let word = lang.pick(zh, en);
    let rows = |n: i64| lang.pick(format!("{} 行", format::count(n)), format!("{} rows", format::count(n)));
    match j.state {
        JobState::Running => {
            let bar =
                view! { <progress max=j.total.max(1).to_string() value=j.done.to_string() aria-label=word></progress> };
            view! { <span>{word} " " {bar} " " {format!("{} / {}", format::count(j.done), rows(j.total))}</span> }
                .into_any()
        }
        JobState::Done => {
            let size = format!("{} KB", format::count((j.bytes + 1_023) / 1_024));
            view! { <span>{word} " · " {rows(j.done)} " · " {size}</span> }.into_any()
        }
        JobState::Failed => {
            let why = if j.failure == "failed" { String::new() } else { j.failure.clone() };
            view! { <span class="badge bad">{word}</span> " " {why} }.into_any()
        }
        _ => word.into_any(),
    }
}
