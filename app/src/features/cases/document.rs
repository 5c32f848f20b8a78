//! `/cases/:id/documents/:document`: a document filled in from a case, to be read, printed and issued.

use super::case_document;
use crate::{
    error::AppError,
    kit::{page, told},
    lang::{Lang, tr},
};
use domain::case::{Act, Filled};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let which = move || params.with(|p| p.get("document")).unwrap_or_default();
    let filled = Resource::new_blocking(move || (id(), which()), |(id, which)| case_document(id, which));
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("文书", "Document"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match filled.await {
                    Ok(f) => view(id(), &f),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("还不能出具这份文书", "This document cannot be made yet").into(),
                        tr("办理到相应步骤后才能出具。", "It can be made when the case is as far.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href=move || format!("/cases/{}", id())>{tr("返回", "Back")}</a></p>
    };
    page::page(content.into_any())
}

fn view(id: i64, f: &Filled) -> AnyView {
    let lang = Lang::current();
    let missing = (!f.missing.is_empty()).then(|| {
        let names = f.missing.join(tr("、", ", "));
        view! { <p class="told error" role="note">{tr("待填写:", "Blanks to be filled in: ")}{names}</p> }
    });
    view! {
        <h1>{lang.text(f.document.text())}</h1>
        {missing}
        <pre class="paper" lang="zh-CN">{f.body.clone()}</pre>
        <form method="post" action="/api/fn/case_act" class="handle no-print">
            <p>{tr("用浏览器的打印功能打印。出具后记入办理经过。", "Print it with the browser. That it was issued is kept in the case.")}</p>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="values[act]" value=Act::Issue.code()/>
            <input type="hidden" name="values[word]" value=f.document.code()/>
            <input type="hidden" name="values[seen]" value="0"/>
            <p class="act"><button type="submit">{tr("登记已出具", "Note that it was issued")}</button></p>
        </form>
    }
    .into_any()
}
