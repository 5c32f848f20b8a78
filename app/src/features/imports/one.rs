//! `/imports/:id`: one file on its way into the record: its columns, the dry run, the import, the report.

use super::{badge, columns, import_one, loading};
use crate::{
    error::AppError,
    kit::{
        detail::{facts, or_none},
        format, page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    import::{Report, RunLine, RunPage, Stage},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::time::Duration;

/// How often a page looks again while the server works.
const AGAIN: Duration = Duration::from_millis(1_500);

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|p| p.get("id").and_then(|i| i.parse::<i64>().ok())).unwrap_or_default();
    let preset = move || query.with(|q| q.get("preset")).unwrap_or_default();
    let run =
        Resource::new_blocking(move || (id(), preset()), |(id, preset)| async move { (import_one(id).await, preset) });
    let again = move || run.refetch();
    let content = view! {
        <Title text=tr("导入 · 瓶迹", "Import · Pingji")/>
        <p><a href="/imports">{tr("← 全部导入", "← All imports")}</a></p>
        {told::told()}
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match run.await {
                    (Ok(page), preset) => view(&page, &preset, again),
                    (Err(AppError::NotFound), _) => page::notice(
                        "empty",
                        tr("没有这次导入", "No such import").into(),
                        tr("请从导入列表进入。", "Come from the list of imports.").into(),
                    ),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// Looks again while the server works; the view that asked goes when the answer comes, and this with it.
fn watch(again: impl Fn() + Send + Sync + Copy + 'static) {
    Effect::new(move |_| {
        if let Ok(handle) = set_interval_with_handle(again, AGAIN) {
            on_cleanup(move || handle.clear());
        }
    });
}

fn view(p: &RunPage, preset: &str, again: impl Fn() + Send + Sync + Copy + 'static) -> AnyView {
    let line = &p.line;
    if line.stage.is_under_way() {
        watch(again);
    }
    let failed = (!p.failure.is_empty()).then(|| {
        view! { <p class="told error" role="alert" data-testid="failure">{p.failure.clone()}</p> }
    });
    view! {
        <div class="title-row">
            <h1>{line.file.clone()}</h1>
            {badge(line.stage)}
        </div>
        {failed}
        {about(p)}
        {under_way(line)}
        {line.report.as_ref().map(|r| report(r, line))}
        {(line.stage == Stage::Checked).then(|| act(line.id, "import_start", tr("确认导入", "Import"), true))}
        {line.stage.takes_columns().then(|| columns::view(p, preset))}
        {(!line.stage.has_ended()).then(|| act(line.id, "import_cancel", tr("取消", "Cancel"), false))}
    }
    .into_any()
}

fn act(id: i64, function: &'static str, text: &'static str, strong: bool) -> AnyView {
    view! {
        <form class="acts" method="post" action=format!("/api/fn/{function}")>
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" class:quiet=!strong>{text}</button>
        </form>
    }
    .into_any()
}

fn about(p: &RunPage) -> AnyView {
    let (line, lang) = (&p.line, Lang::current());
    let preset = p.presets.iter().find(|x| x.id == line.preset);
    let preset = preset.map_or_else(|| line.preset.clone(), |x| lang.pick(x.zh.clone(), x.en.clone()));
    let by = if line.by.is_empty() { tr("命令行", "Command line").to_owned() } else { line.by.clone() };
    let size =
        if p.bytes > 0 { format!("{} KB", format::count(p.bytes.div_euclid(1_024).max(1))) } else { String::new() };
    facts(vec![
        (tr("表格种类", "Kind of table"), or_none(&preset)),
        (tr("归属单位", "Organisation"), or_none(&line.org)),
        (tr("导入人", "By"), by),
        (tr("开始时间", "Begun"), local_text(line.at)),
        (tr("结束时间", "Ended"), or_none(&line.ended_at.map(local_text).unwrap_or_default())),
        (tr("文件大小", "Size"), or_none(&size)),
        (tr("列数", "Columns"), format::count(i64::try_from(p.head.columns.len()).unwrap_or_default())),
    ])
}

fn under_way(line: &RunLine) -> AnyView {
    if !line.stage.is_under_way() {
        return ().into_any();
    }
    let bar = (line.stage == Stage::Running && line.total > 0).then(|| {
        view! {
            <progress max=line.total.to_string() value=line.done.to_string()
                aria-label=tr("进度", "Progress")></progress>
            " " {format!("{} / {}", format::count(line.done), format::count(line.total))}
        }
    });
    view! {
        <p role="status" data-testid="progress">
            {Lang::current().text(line.stage.text())} "… " {bar} " "
            <a href=format!("/imports/{}", line.id) rel="external">{tr("刷新", "Look again")}</a>
        </p>
    }
    .into_any()
}

fn report(r: &Report, line: &RunLine) -> AnyView {
    let lang = Lang::current();
    let tried = line.stage != Stage::Done;
    let title = if tried {
        tr("试算结果(尚未写入)", "Dry run: nothing is written yet")
    } else {
        tr("导入结果", "Report")
    };
    let figure = |name: &'static str, id: &'static str, n: u32, href: Option<String>| {
        let n = format::count(n.into());
        let value = match href {
            Some(href) => view! { <a href=href data-testid=id>{n}</a> }.into_any(),
            None => view! { <b data-testid=id>{n}</b> }.into_any(),
        };
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let aside = format!("/imports/{}/quarantine?all=1", line.id);
    let flags = (!r.flags.is_empty()).then(|| {
        let row = |f: &domain::import::Flag| {
            view! {
                <tr>
                    <td data-label=tr("原因", "Reason")>{lang.pick(f.zh.clone(), f.en.clone())}</td>
                    <td class="num" data-label=tr("条", "Records")>{format::count(f.count.into())}</td>
                </tr>
            }
        };
        view! {
            <h3>{tr("存疑原因", "Doubts")}</h3>
            <div class="table-scroll" tabindex="0" role="region" aria-label=tr("存疑原因", "Doubts")>
                <table class="events"><tbody>{r.flags.iter().map(row).collect_view()}</tbody></table>
            </div>
        }
    });
    let rows = (tried && !r.aside.is_empty()).then(|| {
        let row = |q: &domain::import::Quarantined| {
            view! {
                <tr>
                    <td class="num" data-label=tr("行", "Line")>{q.line.to_string()}</td>
                    <td data-label=tr("原因", "Reason")>{lang.pick(q.reason_zh.clone(), q.reason_en.clone())}</td>
                    <td data-label=tr("建议", "What to do")>{q.suggestion.clone()}</td>
                </tr>
            }
        };
        view! {
            <h3>{tr("将隔离的行(前 20 行)", "Rows for quarantine (the first 20)")}</h3>
            <div class="table-scroll" tabindex="0" role="region" aria-label=tr("将隔离的行", "Rows for quarantine")>
                <table class="events">
                    <thead><tr>
                        <th scope="col" class="num">{tr("行", "Line")}</th>
                        <th scope="col">{tr("原因", "Reason")}</th>
                        <th scope="col">{tr("建议", "What to do")}</th>
                    </tr></thead>
                    <tbody>{r.aside.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
    });
    let open = (line.open > 0).then(|| {
        let href = format!("/imports/{}/quarantine", line.id);
        let count = format::count(i64::try_from(line.open).unwrap_or(i64::MAX));
        view! { <p><a class="button strong" href=href>{tr("处理隔离行", "Mend rows in quarantine")} " " {count}</a></p> }
    });
    view! {
        <section aria-labelledby="report-title" data-testid="report">
            <h2 id="report-title">{title}</h2>
            <dl class="facts">
                {figure(tr("读取(行)", "Rows read"), "read", r.read, None)}
                {figure(tr("新增(条)", "New records"), "new", r.new, None)}
                {figure(tr("未变(条)", "Unchanged"), "unchanged", r.unchanged, None)}
                {figure(tr("数据存疑(条)", "Flagged"), "flagged", r.flagged, None)}
                {figure(tr("隔离(行)", "Quarantined"), "quarantined", r.quarantined, (!tried).then_some(aside))}
            </dl>
            {open}
            {flags}
            {rows}
            <ul class="quiet">{r.notes.iter().map(|n| view! { <li>{n.clone()}</li> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}
