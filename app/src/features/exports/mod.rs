//! `/exports`: an account's exports: how far they are, to be had for a day, to be cancelled.

mod api;
#[cfg(feature = "ssr")]
mod begin;
#[cfg(feature = "ssr")]
mod upload;

pub use api::{
    ExportBegin, ExportCancel, ExportList, ExportUpload, export_begin, export_cancel, export_list, export_upload,
};

use crate::{
    kit::{
        detail::facts,
        format, page, told,
        who::{self, Session},
    },
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    export::{JobLine, JobPage, JobState},
    permission::Permissions,
    upload::{UploadLine, UploadState},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// How often the page looks while an export is under way, or a file on its way to the platform.
const LOOK: Duration = Duration::from_secs(2);
/// How often, while nothing but a next try is waited for.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// When to look again, if something will become of a job.
fn look(jobs: &[JobLine]) -> Option<Duration> {
    let waits = |j: &JobLine| j.upload.as_ref().is_some_and(|u| u.state.is_open());
    let busy = |j: &JobLine| j.state.is_open() || waits(j) && j.upload.as_ref().is_some_and(|u| u.next_at.is_none());
    if jobs.iter().any(busy) { Some(LOOK) } else { jobs.iter().any(waits).then_some(LOOK_AGAIN) }
}

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let session = Session::current();
    let jobs = Resource::new_blocking(|| (), |()| export_list());
    // Looks again as long as one is under way; a page that was left looks no more.
    Effect::new(move |_| {
        let wait = jobs.with(|all| all.as_ref().and_then(|all| all.as_ref().ok()).and_then(|all| look(&all.jobs)));
        if let Some(wait) = wait
            && let Ok(timer) = set_timeout_with_handle(move || jobs.refetch(), wait)
        {
            on_cleanup(move || timer.clear());
        }
    });
    // The file that is to be confirmed stands in the address: looking again takes nothing away from its reader.
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|q| q.get("send")).and_then(|id| id.parse::<i64>().ok()));
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
                    Ok(all) if all.jobs.is_empty() => view! {
                        <section class="notice empty" role="status" data-testid="nothing">
                            <h2>{tr("还没有导出", "No exports yet")}</h2>
                            {somewhere(may)}
                        </section>
                    }.into_any(),
                    Ok(all) => view! { {move || confirm(&all, chosen.get())} }.into_any(),
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

/// The jobs, below the one that is to be sent, if one was chosen that can be.
fn confirm(all: &JobPage, chosen: Option<i64>) -> AnyView {
    let job = all.jobs.iter().find(|j| Some(j.id) == chosen && j.can_be_sent());
    let asked = job.zip(all.platform.as_ref()).map(|(job, (name, address))| {
        let lang = Lang::current();
        let facts = facts(vec![
            (tr("文件", "File"), format!("{} · {}", lang.pick(&job.title, &job.title_en), job.format.to_uppercase())),
            (tr("行数", "Rows"), format::count(job.done)),
            (tr("平台", "Platform"), name.clone()),
            (tr("地址", "Address"), address.clone()),
        ]);
        view! {
            <section class="notice confirm" aria-labelledby="confirm-title" data-testid="confirm">
                <h2 id="confirm-title">{tr("确认上报监管平台", "Send it to the supervision platform?")}</h2>
                {facts}
                <p>{tr("平台接收后不能撤回;上报人和时间记入审计日志。", "What the platform has accepted cannot be taken back. Who sent it and when stands in the audit log.")}</p>
                <form method="post" action="/api/fn/export_upload">
                    <input type="hidden" name="id" value=job.id.to_string()/>
                    <input type="hidden" name="to" value=address.clone()/>
                    <button type="submit" class="button strong" data-testid="send">{tr("确认上报", "Send it")}</button>
                    " "
                    <a class="button" href="/exports">{tr("返回", "Back")}</a>
                </form>
            </section>
        }
    });
    view! { {asked} {table(&all.jobs, all.platform.is_some())} }.into_any()
}

fn table(jobs: &[JobLine], can_send: bool) -> AnyView {
    // Somebody may have sent what another role's page shows no more.
    let sends = can_send || jobs.iter().any(|j| j.upload.is_some());
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
                        {sends.then(|| view! { <th scope="col">{tr("上报监管平台", "Sent to the platform")}</th> })}
                        <th scope="col">{tr("操作", "Actions")}</th>
                    </tr>
                </thead>
                <tbody>{jobs.iter().map(|j| row(j, sends, can_send)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(j: &JobLine, sends: bool, can_send: bool) -> AnyView {
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
            {sends.then(|| view! { <td data-label=tr("上报监管平台", "Sent to the platform") data-testid="upload">{upload(j, can_send)}</td> })}
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

/// Its way to the platform, and the way to begin it.
fn upload(j: &JobLine, can_send: bool) -> AnyView {
    let send = (can_send && j.can_be_sent()).then(|| {
        let word = if j.upload.is_some() { tr("重新上报", "Send again") } else { tr("上报", "Send") };
        view! { <a class="button" href=format!("/exports?send={}", j.id) data-testid="choose">{word}</a> }
    });
    let stands = j.upload.as_ref().map(|u| sending(u, j.bytes));
    if stands.is_none() && send.is_none() {
        return "—".into_any();
    }
    // One box: on a phone the cell is a line of label and value.
    view! { <div>{stands} " " {send}</div> }.into_any()
}

/// How a sending stands: in words, with what the platform said.
fn sending(u: &UploadLine, bytes: i64) -> AnyView {
    let lang = Lang::current();
    let word = lang.text(u.state.info());
    let to = format!("{} · {}", u.platform, local_text(u.ended_at.unwrap_or(u.asked_at)));
    let why = u.why.map(|w| lang.text(w.info()).to_owned()).unwrap_or_default();
    let why = if u.status > 0 && !why.is_empty() { format!("{why} (HTTP {})", u.status) } else { why };
    let said = [why, u.words.clone()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(":");
    match u.state {
        UploadState::Accepted => view! {
            <span class="badge ok">{word}</span> " "
            <span>{tr("回执 ", "Receipt ")} <b class="code" data-testid="receipt">{u.words.clone()}</b></span>
            <br/> <small class="quiet">{to}</small>
        }
        .into_any(),
        UploadState::Sending => {
            let bar = view! {
                <progress max=bytes.max(1).to_string() value=u.sent.min(bytes).to_string() aria-label=word></progress>
            };
            let size = |n: i64| format::count((n + 1_023) / 1_024);
            view! { <span>{word} " " {bar} " " {format!("{} / {} KB", size(u.sent.min(bytes)), size(bytes))}</span> }
                .into_any()
        }
        UploadState::Queued => {
            let next = u.next_at.map(|at| {
                let next = lang.pick(
                    format!("第 {} 次未成,{} 再试", u.tries, local_text(at)),
                    format!("try {} came to nothing, again at {}", u.tries, local_text(at)),
                );
                view! { <br/> <small>{said.clone()}</small> <br/> <small class="quiet">{next}</small> }
            });
            view! { <span>{word}</span> {next} }.into_any()
        }
        UploadState::Refused | UploadState::Failed => view! {
            <span class="badge bad">{word}</span> " " <span data-testid="upload-why">{said}</span>
            <br/> <small class="quiet">{to}</small>
        }
        .into_any(),
    }
}
