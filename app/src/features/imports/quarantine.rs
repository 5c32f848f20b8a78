//! `/imports/:id/quarantine`: rows that could not be taken, each with its reason, to be mended in place or left out.

use super::{import_aside, loading};
use crate::{
    error::AppError,
    kit::{list::Tone, page, told},
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    import::{AsideLine, AsidePage, Mend, NOTE_MAX},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|p| p.get("id").and_then(|i| i.parse::<i64>().ok())).unwrap_or_default();
    let all = move || query.with(|q| q.get("all").is_some_and(|a| a == "1"));
    let after = move || query.with(|q| q.get("after").and_then(|a| a.parse::<i32>().ok())).unwrap_or_default();
    let rows = Resource::new_blocking(
        move || (id(), all(), after()),
        |(id, all, after)| async move { (import_aside(id, all, after).await, all) },
    );
    let content = view! {
        <Title text=tr("隔离行 · 瓶迹", "Quarantine · Pingji")/>
        <p><a href=move || format!("/imports/{}", id())>{tr("← 返回此次导入", "← Back to the import")}</a></p>
        <h1>{tr("隔离行", "Rows in quarantine")}</h1>
        {mended()}
        {told::told()}
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match rows.await {
                    (Ok(p), all) => view(&p, all),
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

/// What became of the row that was mended last, by the words of the address.
fn mended() -> AnyView {
    let (word, line) = use_query_map().with_untracked(|q| (q.get("mended"), q.get("line")));
    let Some(line) = line.and_then(|l| l.parse::<i32>().ok()) else { return ().into_any() };
    let (zh, en, tone) = match word.as_deref() {
        Some("taken") => ("已修正并写入档案", "was mended and taken", "done"),
        Some("known") => ("内容与档案一致,无需再写入", "says what the record says already", "done"),
        Some("still") => ("仍有问题,原因见该行", "is still wrong: see the reason at the row", "error"),
        Some("left_out") => ("已标记为不予导入", "is left out", "done"),
        _ => return ().into_any(),
    };
    let text = Lang::current().pick(format!("第 {line} 行{zh}"), format!("Line {line} {en}"));
    view! { <p class=format!("told {tone}") role="status" data-testid="mended">{text}</p> }.into_any()
}

fn view(p: &AsidePage, all: bool) -> AnyView {
    let id = p.line.id;
    let at = |all: bool| format!("/imports/{id}/quarantine{}", if all { "?all=1" } else { "" });
    let here = |this: bool| (this == all).then_some("page");
    let ways = view! {
        <p>{p.line.file.clone()}</p>
        <nav class="ways" aria-label=tr("筛选", "Filters")>
            <a href=at(false) rel="external" aria-current=here(false)>{tr("待处理", "Open")}</a>
            <a href=at(true) rel="external" aria-current=here(true)>{tr("全部", "All")}</a>
        </nav>
    };
    if p.rows.is_empty() {
        return view! {
            {ways}
            <p class="empty" role="status">
                {tr("没有待处理的行。", "No row is left.")} " "
                <a href="/imports">{tr("查看全部导入", "All imports")}</a>
            </p>
        }
        .into_any();
    }
    let next = p.more.then(|| p.rows.last().map(|r| r.line)).flatten().map(|last| {
        let href = format!("/imports/{id}/quarantine?after={last}{}", if all { "&all=1" } else { "" });
        view! { <p><a href=href rel="external">{tr("后面的行", "Further rows")}</a></p> }
    });
    view! {
        {ways}
        <ol class="asides" data-testid="asides">{p.rows.iter().map(|r| one(p, r)).collect_view()}</ol>
        {next}
    }
    .into_any()
}

fn one(p: &AsidePage, r: &AsideLine) -> AnyView {
    let lang = Lang::current();
    let tone = if r.mend == Mend::Open { Tone::Warn } else { Tone::Ok };
    let by = r.at.map(|at| format!("{} {} {}", r.by, local_text(at), r.note));
    let open = r.mend == Mend::Open;
    view! {
        <li id=format!("row-{}", r.line) data-testid="aside">
            <h2>{tr("行", "Line")} " " {r.line.to_string()} " "
                <span class=format!("badge {}", tone.class())>{lang.text(r.mend.text())}</span>
            </h2>
            <p><strong>{lang.pick(r.reason_zh.clone(), r.reason_en.clone())}</strong></p>
            <p class="quiet">{r.suggestion.clone()}</p>
            {by.map(|by| view! { <p class="quiet">{by}</p> })}
            {if open && !p.head.columns.is_empty() { mend(p, r) } else { cells(p, r) }}
            {open.then(|| leave_out(p, r))}
        </li>
    }
    .into_any()
}

fn name_of(p: &AsidePage, i: usize) -> String {
    p.head
        .columns
        .get(i)
        .filter(|c| !c.is_empty())
        .cloned()
        .unwrap_or_else(|| format!("{} {}", tr("列", "Column"), i + 1))
}

fn cells(p: &AsidePage, r: &AsideLine) -> AnyView {
    let one = |(i, c): (usize, &String)| view! { <div><dt>{name_of(p, i)}</dt><dd>{c.clone()}</dd></div> };
    view! { <dl class="facts">{r.cells.iter().enumerate().map(one).collect_view()}</dl> }.into_any()
}

/// All cells of the row, to be changed where they stand.
fn mend(p: &AsidePage, r: &AsideLine) -> AnyView {
    let width = p.head.columns.len().max(r.cells.len());
    let one = |i: usize| {
        let id = format!("cell-{}-{i}", r.line);
        let value = r.cells.get(i).cloned().unwrap_or_default();
        view! {
            <div class="field">
                <label for=id.clone()>{name_of(p, i)}</label>
                <input id=id name=format!("cells[{i}]") type="text" value=value maxlength="1000" autocomplete="off"/>
            </div>
        }
    };
    view! {
        <form class="form" method="post" action="/api/fn/import_mend">
            <input type="hidden" name="id" value=p.line.id.to_string()/>
            <input type="hidden" name="line" value=r.line.to_string()/>
            <div class="form-fields">{(0..width).map(one).collect_view()}</div>
            <button type="submit">{tr("修正并导入", "Mend and take")}</button>
        </form>
    }
    .into_any()
}

fn leave_out(p: &AsidePage, r: &AsideLine) -> AnyView {
    let id = format!("reason-{}", r.line);
    view! {
        <form class="form inline" method="post" action="/api/fn/import_leave_out">
            <input type="hidden" name="id" value=p.line.id.to_string()/>
            <input type="hidden" name="line" value=r.line.to_string()/>
            <label for=id.clone()>{tr("或不予导入,原因", "Or leave it out, because")}</label>
            <input id=id name="reason" type="text" required maxlength=NOTE_MAX.to_string() autocomplete="off"/>
            <button type="submit" class="quiet">{tr("不予导入", "Leave out")}</button>
        </form>
    }
    .into_any()
}
