//! `/papers/:id/sheet`: the receipt sheet (签收单), as it is printed and filed: A4, in Chinese whatever the reader's language.

use super::api::paper_sheet;
use crate::{
    error::AppError,
    kit::{browser, page},
    lang::tr,
};
use domain::{
    clock,
    paper::{PaperPage, Party, Receipt, State},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let sheet = Resource::new_blocking(id, paper_sheet);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("签收单", "Receipt sheet"), id(), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match sheet.await {
                    Ok(p) => view(&p),
                    Err(AppError::NotFound) => page::missing(tr("没有这份公文", "No such document")),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p class="no-print act">
            <button type="button" class="button strong" on:click=move |_| browser::print()>{tr("打印", "Print")}</button>
            <a href=move || format!("/papers/{}", id())>{tr("返回公文", "Back to the document")}</a>
        </p>
    };
    page::page(content.into_any())
}

fn view(p: &PaperPage) -> AnyView {
    let d = &p.paper;
    let deadline = d.deadline.map_or_else(|| "不设期限".to_owned(), |d| d.to_string());
    let withdrawn =
        (d.state == State::Withdrawn).then(|| view! { <p class="sheet-note">"本公文已撤回:" {p.note.clone()}</p> });
    let late = p.parties.iter().filter(|l| d.is_late(l.receipt, p.today)).count();
    let sums = format!(
        "应签收 {} 家,已签收 {} 家,未签收 {} 家,已回复 {} 家,逾期 {late} 家。",
        d.tally.parties,
        d.tally.signed,
        d.tally.parties - d.tally.signed,
        d.tally.answered,
    );
    let files = (!p.files.is_empty()).then(|| {
        let names = p.files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join("、");
        view! { <div class="wide"><dt>"附件"</dt><dd>{names}</dd></div> }
    });
    let rows = p.parties.iter().enumerate().map(|(n, l)| row(n + 1, l, p)).collect_view();
    view! {
        <article class="receipt-sheet" lang="zh-CN" data-testid="sheet">
            <h1>"公文签收单"</h1>
            {withdrawn}
            <dl>
                <div><dt>"文号"</dt><dd>{d.number.clone()}</dd></div>
                <div><dt>"发文单位"</dt><dd>{d.issuer.clone()}</dd></div>
                <div class="wide"><dt>"标题"</dt><dd>{d.title.clone()}</dd></div>
                <div><dt>"发布时间"</dt><dd>{clock::local_text(d.issued_at)}</dd></div>
                <div><dt>"办理期限"</dt><dd>{deadline}</dd></div>
                {files}
            </dl>
            <div class="sheet-rows" tabindex="0" role="region" aria-label="签收情况">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"序号"</th>
                        <th scope="col">"收文单位"</th>
                        <th scope="col">"签收人"</th>
                        <th scope="col">"签收时间"</th>
                        <th scope="col">"回复时间"</th>
                        <th scope="col">"备注"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            </div>
            <p class="sheet-sums">{sums}</p>
            <p class="sheet-end">"制表日期:" {p.today.to_string()} <span>"经办人(签字):"</span></p>
        </article>
    }
    .into_any()
}

fn row(n: usize, l: &Party, p: &PaperPage) -> AnyView {
    let (by, at) = l.signed.as_ref().map_or_else(Default::default, |(at, by)| (by.clone(), clock::local_text(*at)));
    let answered = l.answered.as_ref().map_or_else(String::new, |(at, _)| clock::local_text(*at));
    let note = match (p.paper.is_late(l.receipt, p.today), l.receipt) {
        (true, _) => "逾期",
        (false, Receipt::Waiting) => "未查看",
        (false, Receipt::Opened) => "已查看未签收",
        (false, Receipt::Signed) if p.paper.answer => "待回复",
        (false, Receipt::Signed | Receipt::Answered) => "",
    };
    view! {
        <tr>
            <td class="number">{n.to_string()}</td>
            <td>{l.name.clone()}</td>
            <td>{by}</td>
            <td class="time">{at}</td>
            <td class="time">{answered}</td>
            <td>{note}</td>
        </tr>
    }
    .into_any()
}
