//! `/imports`: files of tables that become records. `/imports/:id` is one of them, `/imports/:id/quarantine` its rows that wait for a
//! person.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod columns;
mod one;
mod quarantine;

pub use api::{
    ImportAside, ImportCancel, ImportCheck, ImportLeaveOut, ImportList, ImportMend, ImportOne, ImportStart,
    import_aside, import_cancel, import_check, import_leave_out, import_list, import_mend, import_one, import_start,
};
pub use one::page as one_page;
pub use quarantine::page as quarantine_page;

use crate::{
    kit::{detail::or_none, format, list::Tone, page, told},
    lang::{Lang, tr},
};
use api::PAGE;
use domain::{
    clock::local_text,
    import::{RunLine, Stage},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// How grave a stage is.
fn tone(stage: Stage) -> Tone {
    match stage {
        Stage::Done => Tone::Ok,
        Stage::Ready | Stage::Checked => Tone::Warn,
        Stage::Failed => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn badge(stage: Stage) -> AnyView {
    let text = Lang::current().text(stage.text());
    view! { <span class=format!("badge {}", tone(stage).class()) data-testid="stage">{text}</span> }.into_any()
}

fn loading() -> AnyView {
    view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }.into_any()
}

/// What became of an upload that was not taken, by the word of the address.
fn refused() -> AnyView {
    let word = use_query_map().with_untracked(|q| q.get("refused")).unwrap_or_default();
    let text = match word.as_str() {
        "none" => tr("请选择要导入的文件", "Choose a file to import"),
        "empty" => tr("文件为空:请检查后重新选择", "The file is empty: check it and choose again"),
        "large" => tr("文件超过 64 MB:请拆分后分次导入", "The file is larger than 64 MB: split it"),
        "many" => tr("有 5 次导入尚未结束:请先完成或取消", "Five imports are not ended: import or cancel one first"),
        "broken" => tr("上传中断,请重试", "The upload broke off: try again"),
        "failed" => tr("服务器未能保存文件,请稍后重试", "The server could not keep the file: try again later"),
        _ => return ().into_any(),
    };
    view! { <p class="told error" role="alert">{text}</p> }.into_any()
}

/// `/imports`
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let before = move || query.with(|q| q.get("before").and_then(|b| b.parse::<i64>().ok())).unwrap_or_default();
    let runs = Resource::new_blocking(before, import_list);
    let content = view! {
        <Title text=tr("导入 · 瓶迹", "Imports · Pingji")/>
        <h1>{tr("导入", "Imports")}</h1>
        {refused()}
        {told::told()}
        {upload()}
        <h2>{tr("历次导入", "Imports so far")}</h2>
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match runs.await {
                    Ok(all) => table(&all),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn upload() -> AnyView {
    view! {
        <form class="form upload" method="post" action="/imports/upload" enctype="multipart/form-data">
            <span class="pick">
                <label for="file">{tr("选择表格文件", "Choose a file")}</label>
                <input id="file" name="file" type="file" required accept=".csv,.txt,.xlsx" aria-describedby="file-hint"/>
            </span>
            <p id="file-hint" class="hint">
                {tr(
                    "CSV 或 XLSX,至多 64 MB;编码可为 UTF-8 或 GBK。上传后先核对列并试算,确认后才写入。",
                    "CSV or XLSX, 64 MB at most, UTF-8 or GBK. Its columns are checked and a dry run is made first; nothing is written before you confirm.",
                )}
            </p>
            <button type="submit">{tr("上传并预览", "Upload and look")}</button>
        </form>
    }
    .into_any()
}

fn table(all: &[RunLine]) -> AnyView {
    if all.is_empty() {
        return view! {
            <p class="empty" role="status">{tr("还没有导入过文件。请在上面选择一个。", "Nothing was imported yet. Choose a file above.")}</p>
        }
        .into_any();
    }
    let older = (all.len() as u64 == PAGE)
        .then(|| all.last().map(|r| format!("/imports?before={}", r.id)))
        .flatten()
        .map(|href| view! { <p><a href=href>{tr("更早的导入", "Earlier")}</a></p> });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=tr("历次导入", "Imports so far")>
            <table class="events" data-testid="runs">
                <thead>
                    <tr>
                        <th scope="col">{tr("文件", "File")}</th>
                        <th scope="col">{tr("状态", "Stage")}</th>
                        <th scope="col">{tr("单位", "Organisation")}</th>
                        <th scope="col">{tr("导入人", "By")}</th>
                        <th scope="col">{tr("时间", "Begun")}</th>
                        <th scope="col" class="num">{tr("读取(行)", "Rows")}</th>
                        <th scope="col" class="num">{tr("新增(条)", "New")}</th>
                        <th scope="col" class="num">{tr("未变(条)", "Unchanged")}</th>
                        <th scope="col" class="num">{tr("存疑(条)", "Flagged")}</th>
                        <th scope="col" class="num">{tr("待处理(行)", "Open")}</th>
                    </tr>
                </thead>
                <tbody>{all.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        {older}
    }
    .into_any()
}

fn row(r: &RunLine) -> AnyView {
    let href = format!("/imports/{}", r.id);
    let figure = |of: fn(&domain::import::Report) -> u32| {
        r.report.as_ref().map_or_else(|| "—".to_owned(), |x| format::count(of(x).into()))
    };
    let by = if r.by.is_empty() { tr("命令行", "Command line").to_owned() } else { r.by.clone() };
    let open = if r.open > 0 {
        let count = format::count(i64::try_from(r.open).unwrap_or(i64::MAX));
        view! { <a href=format!("{href}/quarantine")>{count}</a> }.into_any()
    } else {
        "0".into_any()
    };
    view! {
        <tr>
            <td data-label=tr("文件", "File")><a href=href.clone()>{r.file.clone()}</a></td>
            <td data-label=tr("状态", "Stage")>{badge(r.stage)}</td>
            <td data-label=tr("单位", "Organisation")>{or_none(&r.org)}</td>
            <td data-label=tr("导入人", "By")>{by}</td>
            <td class="when" data-label=tr("时间", "Begun")>{local_text(r.at)}</td>
            <td class="num" data-label=tr("读取(行)", "Rows")>{figure(|x| x.read)}</td>
            <td class="num" data-label=tr("新增(条)", "New")>{figure(|x| x.new)}</td>
            <td class="num" data-label=tr("未变(条)", "Unchanged")>{figure(|x| x.unchanged)}</td>
            <td class="num" data-label=tr("存疑(条)", "Flagged")>{figure(|x| x.flagged)}</td>
            <td class="num" data-label=tr("待处理(行)", "Open")>{open}</td>
        </tr>
    }
    .into_any()
}
