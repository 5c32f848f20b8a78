//! `/rules/drafts`: drafts of other rules, and where one is begun.

use super::api::rule_drafts;
use crate::{
    kit::{detail::or_none, format, list::Tone, page, table, told},
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    rules::draft::{DraftLine, NOTE_MAX, Stage},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let all = Resource::new_blocking(|| (), |()| rule_drafts());
    let content = view! {
        <Title text=tr("规则草稿 · 瓶迹", "Drafts of rules · Pingji")/>
        <div class="title-row">
            <h1>{tr("规则草稿", "Drafts of rules")}</h1>
            <span class="actions">
                <a class="button" href="/rules">{tr("现行规则", "Rules in force")}</a> " "
                <a class="button" href="/rules/versions">{tr("历次版本", "Versions")}</a>
            </span>
        </div>
        {told::told()}
        <p class="quiet">
            {tr(
                "修改先写入草稿,预览影响后提交,由另一名有批准权限的人员批准,再发布为新版本。",
                "Changes go into a draft. Once what they come to was looked at it is submitted, approved by somebody else, and published as a new version.",
            )}
        </p>
        <form class="form inline" method="post" action="/api/fn/rule_draft_begin" data-testid="begin">
            <label for="note">{tr("修改原因", "Why")}</label>
            <input id="note" name="note" type="text" required maxlength=NOTE_MAX.to_string() autocomplete="off"/>
            <button type="submit">{tr("新建草稿", "Begin a draft")}</button>
        </form>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match all.await {
                    Ok(all) if all.is_empty() => view! {
                        <p class="empty" role="status">
                            {tr("还没有草稿。请在上面写明修改原因并新建。", "No drafts yet. Say above why, and begin one.")}
                        </p>
                    }.into_any(),
                    Ok(all) => listed(&all),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// How far a draft is, as a badge.
#[must_use]
pub(super) fn tone(stage: Stage) -> Tone {
    match stage {
        Stage::Submitted | Stage::Approved => Tone::Warn,
        Stage::Published => Tone::Ok,
        Stage::Drafting | Stage::Discarded => Tone::Plain,
    }
}

fn listed(all: &[DraftLine]) -> AnyView {
    let lang = Lang::current();
    let row = |d: &DraftLine| {
        let who = |x: &Option<domain::rules::draft::Done>| or_none(x.as_ref().map_or("", |d| d.name.as_str()));
        vec![
            view! { <a href=format!("/rules/drafts/{}", d.id)>{d.id}</a> }.into_any(),
            d.note.clone().into_any(),
            view! { <span class=format!("badge {}", tone(d.stage).class())>{lang.text(d.stage.text())}</span> }
                .into_any(),
            d.base.into_any(),
            format::count(d.changes).into_any(),
            d.author.name.clone().into_any(),
            local_text(d.author.at).into_any(),
            who(&d.decided).into_any(),
            d.version
                .map_or_else(|| "—".into_any(), |v| view! { <a href=format!("/rules?version={v}")>{v}</a> }.into_any()),
        ]
    };
    let columns = [
        (tr("编号", "Number"), "code"),
        (tr("修改原因", "Why"), "detail"),
        (tr("状态", "Stage"), ""),
        (tr("基于版本", "Changes version"), "num"),
        (tr("变动(条)", "Rules"), "num"),
        (tr("编制人", "By"), ""),
        (tr("新建时间", "Begun"), "when"),
        (tr("批准人", "Decided by"), ""),
        (tr("成为版本", "Became version"), "num"),
    ];
    table::table(tr("规则草稿", "Drafts of rules"), "drafts", &columns, all.iter().map(row).collect())
}
